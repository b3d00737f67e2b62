"""A segmentation as a DICOM file by highdicom: its voxels, names, colours and codes, and what it is refused for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

import viewer3d
from tests.dicom.write.dciodvfy import errors_of
from tests.phantom_files import write_phantom
from viewer3d import Segmentation, load, load_segmentation, phantom
from viewer3d.core.segmentation import CodedConcept
from viewer3d.errors import ChoiceError, GeometryError, OutputError, ViewError
from viewer3d.phantom import Faults

pytestmark = pytest.mark.slow
pytest.importorskip("highdicom")

SMALL: dict[str, Any] = {"shape": (14, 12, 6), "spacing": (20.0, 22.0, 40.0)}


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    write_phantom(tmp_path / "ct", **SMALL)
    return tmp_path / "ct"


def labelled(ct: Path, labels: Any = None, **about: Any) -> Segmentation:
    volume = load(ct)
    made = np.zeros(volume.shape, np.uint8)
    made[2:5, 3:6, 1:3], made[8:11, 2:9, 2:5] = 1, 5
    frame = {"frame_of_reference": volume.frame_of_reference} | about
    return Segmentation.from_array(
        made if labels is None else labels,
        volume.affine,
        names={1: "Leber", 5: "Kopf"},
        colors={1: (200, 30, 40)},
        **frame,
    )


@pytest.mark.parametrize("empty_frames", [False, True])
def test_without_identity_nothing_leads_to_the_source(ct: Path, tmp_path: Path, empty_frames: bool) -> None:
    made = labelled(ct)
    saved = viewer3d.save(made, tmp_path / "seg.dcm", source=ct, identify=False, empty_frames=empty_frames)
    content, source = saved.path.read_bytes(), pydicom.dcmread(next(ct.iterdir()))
    for word in ("PatientName", "PatientID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        assert str(source[word].value).encode() not in content, word
    for path in ct.iterdir():
        assert pydicom.dcmread(path).SOPInstanceUID.encode() not in content
    file = pydicom.dcmread(saved.path)
    assert (file.PatientID, file.PatientIdentityRemoved, file.ContentDate) == ("", "YES", "19000101")
    assert [note for note in saved.notes if "all UIDs are new" in note]
    found = load_segmentation(saved.path)
    for one in made.segments:
        assert np.array_equal(found.mask(one.name, made.geometry), made.mask(one.name))
    with pytest.raises(ViewError):  # it lies over nothing any more
        viewer3d.screenshot(load(ct), tmp_path / "a.png", view="axial", overlays=[found])


def assert_same(found: Segmentation, made: Segmentation) -> None:
    assert [one.name for one in found.segments] == [one.name for one in made.segments]
    for one in made.segments:
        assert np.array_equal(found.mask(one.name, made.geometry), made.mask(one.name))
        assert np.abs(np.subtract(found.segment(one.name).color, one.color)).max() <= 1
        assert found.voxels(one.name) == made.voxels(one.name)
    assert found.frame_of_reference == made.frame_of_reference


def test_names_colours_and_voxels_come_back(ct: Path, tmp_path: Path) -> None:
    made = labelled(ct)
    liver = replace(
        made.segments[0],
        category=CodedConcept("123037004", "SCT", "Anatomical Structure"),
        type=CodedConcept("10200004", "SCT", "Liver"),
        algorithm="AUTOMATIC",
    )
    made = Segmentation(made.labels, made.geometry, (liver, made.segments[1]), made.info)
    saved = viewer3d.save(made, tmp_path / "a.dcm", source=ct)
    found = load_segmentation(saved.path)
    assert_same(found, made)
    assert (found.segment("Leber").type, found.segment("Leber").algorithm) == (liver.type, "AUTOMATIC")
    assert found.segment("Kopf").number == 2
    assert [note for note in saved.notes if "No code says what Kopf is: Tissue (85756007, SCT)" in note]
    assert [note for note in saved.notes if "5 is 2" in note]
    assert [note for note in saved.notes if "how Kopf was drawn: MANUAL is written" in note]
    assert [note for note in saved.notes if "holds patient and study" in note]
    read = pydicom.dcmread(saved.path)
    source = pydicom.dcmread(next(ct.iterdir()))
    assert (read.PatientID, read.StudyInstanceUID) == (source.PatientID, source.StudyInstanceUID)
    assert read.SegmentationType == "BINARY"
    assert read.NumberOfFrames == 2 + 3


def test_empty_frames_are_kept_on_request(ct: Path, tmp_path: Path) -> None:
    made = labelled(ct)
    saved = viewer3d.save(made, tmp_path / "a.dcm", source=ct, empty_frames=True)
    assert pydicom.dcmread(saved.path).NumberOfFrames == 2 * 6
    found = load_segmentation(saved.path)
    assert_same(found, made)
    assert found.geometry.shape == made.geometry.shape


def test_segments_that_overlap_stay_so(ct: Path, tmp_path: Path) -> None:
    layers = [np.zeros((14, 12, 6), np.uint8) for _ in range(2)]
    layers[0][2:9, 3:6, 1:3], layers[1][4:11, 2:9, 2:5] = 1, 5
    made = labelled(ct, layers)
    found = load_segmentation(viewer3d.save(made, tmp_path / "a.dcm", source=ct).path)
    assert_same(found, made)
    assert (found.mask("Leber") & found.mask("Kopf")).any()


def test_another_grid_than_that_of_the_images(ct: Path, tmp_path: Path) -> None:
    a = np.radians(25)
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    grid = phantom.volume(shape=(20, 18, 7), spacing=(13.0, 14.0, 30.0), direction=turn).geometry
    labels = np.zeros(grid.shape, np.uint8)
    labels[5:9, 6:12, 2:5] = 1
    made = Segmentation.from_array(labels, grid.affine, frame_of_reference=load(ct).frame_of_reference)
    assert_same(load_segmentation(viewer3d.save(made, tmp_path / "a.dcm", source=ct).path), made)


def test_what_does_not_lie_over_its_source_is_refused(ct: Path, tmp_path: Path) -> None:
    made, path = labelled(ct), tmp_path / "a.dcm"
    with pytest.raises(OutputError, match="give source=PATH"):
        viewer3d.save(made, path)
    alone = labelled(ct, frame_of_reference="")
    moved = np.array(alone.affine)
    moved[:3, 3] += 1.0
    elsewhere = Segmentation.from_array(alone.labels[0], moved)
    with pytest.raises(ViewError, match=r"names no frame of reference.*give same_frame=True"):
        viewer3d.save(elsewhere, path, source=ct)
    with pytest.raises(GeometryError, match="no series there is in the frame of reference of the segmentation"):
        viewer3d.save(labelled(ct, frame_of_reference="1.2.3"), path, source=ct)
    with pytest.raises(OutputError, match="no segment has a voxel: give empty_frames=True"):
        viewer3d.save(labelled(ct, np.zeros((14, 12, 6), np.uint8)), path, source=ct)
    write_phantom(tmp_path / "two", **SMALL, faults=Faults(second_series=True))
    odd = Segmentation.from_array(np.ones((3, 3, 3), np.uint8), np.eye(4), frame_of_reference=made.frame_of_reference)
    with pytest.raises(ChoiceError, match="holds 2 series that could have been segmented"):
        viewer3d.save(odd, path, source=tmp_path / "two")
    assert not path.exists()
    trusted = viewer3d.save(elsewhere, path, source=ct, same_frame=True)
    assert load_segmentation(trusted.path).frame_of_reference == made.frame_of_reference
    on_its_grid = viewer3d.save(alone, path, source=ct)
    assert load_segmentation(on_its_grid.path).frame_of_reference == made.frame_of_reference
    assert_same(load_segmentation(viewer3d.save(made, path, source=tmp_path / "two").path), made)


def test_without_highdicom_the_error_has_the_command(ct: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "highdicom", None)
    with pytest.raises(OutputError, match=r"need highdicom: pip install 'viewer3d\[dicom\]'"):
        viewer3d.save(labelled(ct), tmp_path / "a.dcm", source=ct)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ct_seg_liver", "ct_torso_acrin", "mr_sag_hfs", "pet_ac_bqml", "mr_enh_philips"])
@pytest.mark.parametrize("identify", [True, False])
def test_dciodvfy_finds_no_error_that_the_source_does_not_have(
    real: Callable[[str], Path], name: str, identify: bool, tmp_path: Path
) -> None:
    volume = load(real(name), **({"stack": 1} if name == "mr_enh_philips" else {}))
    labels = (volume.voxels > np.percentile(volume.voxels, 80)).astype(np.uint8)
    made = Segmentation.from_array(labels, volume.affine, frame_of_reference=volume.frame_of_reference)
    saved = viewer3d.save(made, tmp_path / "a.dcm", source=real(name), identify=identify)
    source = next(path for path in sorted(real(name).rglob("*")) if path.is_file())
    assert errors_of(saved.path) - errors_of(source) == set()
    back = load_segmentation(saved.path)
    assert (back.frame_of_reference == made.frame_of_reference) == identify
    assert_same(replace(back, info=replace(back.info, frame_of_reference=made.frame_of_reference)), made)
    import highdicom

    found = highdicom.seg.segread(saved.path).get_volume(combine_segments=True)
    assert int(found.array.sum()) == int(labels.sum())
