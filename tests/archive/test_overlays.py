"""What belongs over volumes is found by study and frame of reference, and laid over them."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

import viewer3d
from tests.archive.items import sources_over
from viewer3d import phantom
from viewer3d.archive import overlays
from viewer3d.archive.overlays import OverlayIndex, OverlaySource, lay_over
from viewer3d.core.layers import PlacedLayer
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.scan import Scan


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with all that can lie over a CT, in folders of its own."""
    place = tmp_path_factory.mktemp("study")
    phantom.write(place / "ct", shape=(24, 20, 16))
    geometry = viewer3d.load(place / "ct").geometry
    phantom.write_pet(place / "pet", shape=(12, 10, 8))
    phantom.write_dose(place / "dose.dcm", shape=(8, 8, 8), spacing=(15, 15, 15))
    (place / "more").mkdir()
    phantom.write_structures(place / "more" / "rs.dcm", geometry)
    phantom.write_probabilities(place / "more" / "seg.dcm", geometry)
    phantom.write_plan(place / "more" / "plan.dcm")
    return place


@pytest.fixture(scope="module")
def found(study: Path) -> Scan:
    return viewer3d.scan(study)


def titles(sources: tuple[OverlaySource, ...]) -> list[str]:
    return [one.title.split(" ")[2] for one in sources]


def test_each_modality_has_what_belongs_over_it(found: Scan) -> None:
    assert titles(sources_over(found, "CT")) == ["PT", "RTDOSE", "RTSTRUCT", "SEG"]
    assert titles(sources_over(found, "PT")) == ["RTSTRUCT", "SEG"]
    assert titles(sources_over(found, "RTDOSE")) == ["RTSTRUCT", "SEG"]


def test_the_order_of_scanning_changes_nothing(study: Path, found: Scan) -> None:
    parts = [viewer3d.scan(study / name) for name in ("more", "dose.dcm", "pet", "ct", "more")]  # one folder twice
    index = OverlayIndex()
    for part in parts:
        index.add(part)
    ct = next(one for one in found if one.modality == "CT")
    sources = index.over(ct, ct.volumes[0])
    assert [one.uid for one in sources] == [one.uid for one in sources_over(found, "CT")]
    assert len(pickle.dumps(sources)) < 50_000


def test_another_study_or_frame_does_not_belong(found: Scan) -> None:
    ct = next(one for one in found if one.modality == "CT")
    index = OverlayIndex()
    index.add(found)
    other = replace(ct, tags=replace(ct.tags, study_uid="1.2.3"))
    assert index.over(other, ct.volumes[0]) == ()
    unknown = replace(ct, tags=replace(ct.tags, study_uid=""))
    assert len(index.over(unknown, ct.volumes[0])) == 4
    tags = replace(ct.tags, frame_of_reference="1.2.3.4")
    moved = replace(ct.volumes[0], frames=tuple(replace(frame, series=tags) for frame in ct.volumes[0].frames))
    assert index.over(ct, moved) == ()


def test_at_most_so_many_regions_are_laid_over_a_volume(found: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlays, "MOST_REGIONS", 1)
    assert titles(sources_over(found, "CT")) == ["PT", "RTDOSE", "RTSTRUCT"]


def test_of_several_pet_series_that_with_suv_is_taken(found: Scan) -> None:
    ct, pet = (next(one for one in found if one.modality == name) for name in ("CT", "PT"))
    without = [replace(frame, activity=None) for frame in pet.volumes[0].frames]
    counts = replace(
        pet,
        tags=replace(pet.tags, uid="1.1", number=1),
        stacks=(replace(pet.volumes[0], frames=tuple(without)),),
    )
    for order in ((counts, pet), (pet, counts)):
        index = OverlayIndex()
        index.add(Scan("", order, (), lone_file=False))
        (source,) = index.over(ct, ct.volumes[0])
        assert source.title == str(pet)


def test_they_are_laid_over_in_their_order(study: Path, found: Scan) -> None:
    ct = viewer3d.load(study / "ct")
    placed, notes = lay_over(ct, sources_over(found, "CT"), ReadOptions())
    assert [one.name for one in placed] == ["PET", "dose", "Synthetic plan, structures", "Synthetic probabilities"]
    assert notes == ()
    assert [isinstance(one, PlacedRegions) for one in placed] == [False, False, True, True]
    assert viewer3d.screenshot(ct, view="mpr", size=(90, 30), overlays=placed).any()


def test_one_that_cannot_be_read_or_placed_is_noted(study: Path, found: Scan, tmp_path: Path) -> None:
    ct = viewer3d.load(study / "ct")
    sources = sources_over(found, "CT")
    gone = replace(sources[2], object=replace(found.objects[0], source=viewer3d.FileSource(str(tmp_path / "gone.dcm"))))
    placed, notes = lay_over(ct, (sources[0], gone, sources[3]), ReadOptions())
    assert [one.name for one in placed] == ["PET", "Synthetic probabilities"]
    assert len(notes) == 1
    assert notes[0].startswith("series 5 RTSTRUCT Synthetic plan, structures is not laid over it: ")
    elsewhere = ct.with_info(frame_of_reference="1.2.3")
    placed, notes = lay_over(elsewhere, sources, ReadOptions())
    assert placed == ()
    assert len(notes) == 4
    assert all("frame of reference" in note for note in notes)


def test_another_patient_is_noted(study: Path, found: Scan) -> None:
    ct = viewer3d.load(study / "ct")
    (pet,) = sources_over(found, "CT")[:1]
    for patient, other, noted in (
        (("1", "a"), ("2", "a"), True),
        (("1", "a"), ("1", "b"), False),
        (("", "a"), ("2", "b"), True),
        (("1", "a"), ("", ""), False),
    ):
        source = replace(pet, tags=replace(pet.tags, patient=other))
        _, notes = lay_over(ct, (source,), ReadOptions(), replace(pet.tags, patient=patient))
        assert [note.split(" names")[0] for note in notes] == [source.title] * noted


def test_who_it_is_is_told_by_the_volume_alone(study: Path, found: Scan) -> None:
    ct = viewer3d.load(study / "ct", identify=True)
    (pet,), _ = lay_over(ct, sources_over(found, "CT")[:1], ReadOptions(identify=True))
    assert isinstance(pet, PlacedLayer)
    assert pet.volume.identity == ()
