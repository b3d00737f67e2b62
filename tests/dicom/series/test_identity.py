"""Who the patient is: only where it was asked for; and what is said of pixels that may name them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydicom import Dataset, dcmread

from tests.dicom import made, small
from tests.phantom_files import write_phantom
from viewer3d import load, load_all, phantom, scan
from viewer3d.cli import main
from viewer3d.core.digest import digest_of_text
from viewer3d.core.provenance import Provenance
from viewer3d.dicom.series.identity import NOBODY, series_digest
from viewer3d.phantom import Faults

SMALL: dict[str, Any] = {"shape": (16, 12, 4), "spacing": (9.0, 8.0, 6.0)}
Real = Callable[[str], Path]


def written(folder: Path, faults: Faults | None = None, **tags: object) -> Path:
    """Write the phantom with some tags changed in every file."""
    for path in write_phantom(folder, faults=faults, **SMALL):
        dataset = dcmread(path)
        for keyword, value in tags.items():
            setattr(dataset, keyword, value)
        dataset.save_as(path)
    return folder


def test_nobody_is_named_unless_asked(tmp_path: Path) -> None:
    folder = written(tmp_path / "ct", PatientName="Doe^Jane^^Dr", PatientID="7-42", StudyDate="20010203")
    assert load(folder).identity == ()
    named = load(folder, identify=True)
    assert named.identity == ("Doe, Jane", "ID 7-42", "2001-02-03")
    assert all(word not in repr(named) for word in ("Doe", "7-42", "2001"))
    assert load_all(folder, identify=True)[0].identity == named.identity


def test_a_name_in_other_letters(tmp_path: Path) -> None:
    folder = written(tmp_path / "ct", SpecificCharacterSet="ISO_IR 192", PatientName="Müller^Änne=山田^花子")
    assert load(folder, identify=True).identity[0] == "Müller, Änne (山田 花子)"


def test_datasets_and_a_zip_are_named_too(tmp_path: Path) -> None:
    folder = written(tmp_path / "ct", PatientName="Doe^Jane")
    datasets = [dcmread(path) for path in sorted(folder.iterdir())]
    assert load(datasets, identify=True).identity[0] == "Doe, Jane"


@pytest.mark.parametrize("value", ["", None])
def test_files_that_name_nobody_are_noted(value: str | None, tmp_path: Path) -> None:
    folder = written(tmp_path / "ct", PatientName=value, PatientID=value, StudyDate=value, SeriesDate=value)
    volume = load(folder, identify=True)
    assert volume.identity == ()
    assert NOBODY in volume.notes
    assert NOBODY not in load(folder).notes


def test_a_strange_name_stays_one_line(tmp_path: Path) -> None:
    folder = written(tmp_path / "ct", PatientName="A\x07B^\tC", PatientID="^")
    assert load(folder, identify=True).identity[:2] == ("A B,  C", "ID ^")


@pytest.mark.parametrize(("value", "told"), [("YES", True), ("NO", False), (None, False)])
@pytest.mark.parametrize("compressed", [False, True])
def test_burned_in_text_is_noted(value: str | None, told: bool, compressed: bool, tmp_path: Path) -> None:
    faults = Faults(syntax="RLELossless") if compressed else None
    folder = written(tmp_path / "ct", faults, **({"BurnedInAnnotation": value} if value else {}))
    notes = [note for note in load(folder).notes if "Burned In Annotation (0028,0301) is YES in 4 of 4" in note]
    assert bool(notes) == told


def test_burned_in_text_of_an_enhanced_file_is_noted(tmp_path: Path) -> None:
    path = phantom.write_enhanced(tmp_path / "ct.dcm", **SMALL)
    assert load(path).notes == ()
    dataset = dcmread(path)
    dataset.BurnedInAnnotation = "YES"
    dataset.save_as(path)
    assert "Burned In Annotation" in " ".join(load(path).notes)


def test_a_volume_knows_its_series_by_digest_alone(tmp_path: Path) -> None:
    folder = written(tmp_path / "ct")
    found = scan(folder)
    made = load(folder).provenance
    assert made == Provenance(hashlib.sha256(f"{found[0].uid}\n\n".encode()).hexdigest())
    assert load(folder, irregular="keep", skip_bad=True).provenance == Provenance(made.series, "keep", skip_bad=True)


def test_the_times_of_one_series_have_digests_of_their_own(real: Real) -> None:
    found = scan(real("mr_4d_ge"))
    digests = [series_digest(series, stack) for series in found for stack in series.stacks]
    assert len(set(digests)) == len(digests) == 2
    assert [volume.provenance.series for volume in load_all(found)] == digests  # type: ignore[union-attr]


def test_a_spacing_given_by_hand_is_kept(tmp_path: Path) -> None:
    folder = written(tmp_path / "ct", Faults(without=("ImagePositionPatient",)))
    made = load(folder, spacing=(1.0, 2.0, 3.0)).provenance
    assert made is not None
    assert made.spacing == (9.0, 8.0, 3.0)  # the files have a Pixel Spacing, which stays


UID = "1.2.8.52"
DOSE = {
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.481.2",
    "Modality": "RTDOSE",
    "NumberOfFrames": 4,
    "GridFrameOffsetVector": [0.0, 3.0, 6.0, 9.0],
    "DoseGridScaling": 0.5,
    "DoseUnits": "GY",
}


def classic(**tags: Any) -> list[Dataset]:
    return [small.image(k, (0, 0, 3 * k), **tags) for k in range(4)]


def only_pydicom(uid: str) -> list[Dataset]:
    images = classic(FrameOfReferenceUID=uid)
    for one in images:
        one.add_new(0x00283000, "SQ", [])
    return images


def enhanced(uid: str) -> list[Dataset]:
    dataset = made.enhanced([made.group(k) for k in range(4)], range(4))
    dataset.FrameOfReferenceUID = uid
    return [dataset]


@pytest.mark.parametrize("hand_over", ["files", "datasets"])
@pytest.mark.parametrize(
    "datasets",
    [
        lambda uid: classic(FrameOfReferenceUID=uid),
        only_pydicom,
        enhanced,
        lambda uid: [small.image(0, (0, 0, 0), FrameOfReferenceUID=uid, **DOSE)],
    ],
    ids=["classic", "classic by pydicom", "enhanced", "dose"],
)
def test_the_frame_of_reference_is_read_and_told_by_its_digest(
    datasets: Callable[[str], list[Dataset]], hand_over: str, tmp_path: Path
) -> None:
    images = datasets(UID)
    files = made.save(tmp_path / "a", images)
    read = load(files) if hand_over == "files" else load([dcmread(path) for path in sorted(files.iterdir())])
    assert read.shape[2] == 4
    assert read.frame_of_reference == UID
    told = CliRunner().invoke(main, ["info", str(files)]).output
    assert f"SHA-256 {digest_of_text(UID)}" in told
    assert UID not in told
    assert load(made.save(tmp_path / "b", datasets(""))).frame_of_reference == ""


def test_frames_that_name_none_are_in_that_of_the_others(tmp_path: Path) -> None:
    images = classic(FrameOfReferenceUID=UID)
    del images[2].FrameOfReferenceUID
    volume = load(made.save(tmp_path, images))
    assert volume.frame_of_reference == UID
    assert "1 of 4 images name no frame of reference: they were taken to be in the others'." in volume.notes
    assert not any("name 2 frames" in note for note in volume.notes)


def test_a_stack_of_which_each_slice_names_its_own_has_none(tmp_path: Path) -> None:
    images = classic()
    for k, one in enumerate(images):
        one.FrameOfReferenceUID = f"1.2.8.{k}"
    folder = made.save(tmp_path, images)
    assert load(folder).frame_of_reference == ""
    assert "the images name 4 in (0020,0052)" in CliRunner().invoke(main, ["info", str(folder)]).output


def test_parts_of_a_series_say_their_own(tmp_path: Path) -> None:
    halves = [
        small.image(10 * half + k, (0, 0, 4 * k + 2 * half), FrameOfReferenceUID=f"1.2.8.{half}")
        for half in (0, 1)
        for k in range(4)
    ]
    assert [one.frame_of_reference for one in load_all(made.save(tmp_path, halves))] == ["1.2.8.0", "1.2.8.1"]


def test_places_given_by_hand_are_in_no_frame_of_reference(tmp_path: Path) -> None:
    unplaced = made.save(tmp_path / "a", [small.image(k, None, FrameOfReferenceUID=UID) for k in range(4)])
    assert load(unplaced, spacing=(1, 1, 3)).frame_of_reference == ""
    unscaled = made.save(tmp_path / "b", classic(FrameOfReferenceUID=UID, PixelSpacing=None))
    assert load(unscaled, spacing=(1, 1, 3)).frame_of_reference == UID


@pytest.mark.slow
def test_a_real_ct_and_its_pet_are_in_one_and_its_structures_scan_in_another(real: Real) -> None:
    ct, pet, other = (load(real(name)) for name in ("ct_torso_acrin", "pet_ac_bqml", "ct_rtstruct"))
    assert ct.frame_of_reference
    assert ct.frame_of_reference == pet.frame_of_reference
    assert other.frame_of_reference not in ("", ct.frame_of_reference)
    assert ct.frame_of_reference_digest == pet.frame_of_reference_digest != other.frame_of_reference_digest


def test_the_phantom_is_in_one_in_memory_and_in_files(tmp_path: Path) -> None:
    volume = phantom.volume(**SMALL)
    assert volume.frame_of_reference
    assert load(written(tmp_path / "ct")).frame_of_reference == volume.frame_of_reference
    phantom.write_enhanced(tmp_path / "enhanced.dcm", **SMALL)
    assert load(tmp_path / "enhanced.dcm").frame_of_reference == volume.frame_of_reference
