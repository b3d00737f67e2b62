"""Segmentations written as label maps and for 3D Slicer, and read back with their labels, names and colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import viewer3d
from viewer3d import CodedConcept, Segment, Segmentation, load_segmentation
from viewer3d.core.geometry import to_ras
from viewer3d.errors import OutputError

nibabel = pytest.importorskip("nibabel")
nrrd = pytest.importorskip("nrrd")

AFFINE = np.array([[0.0, 0.5, 0, -30], [0, 0, -2, 40], [-1.5, 0, 0, 700], [0, 0, 0, 1]])
"""Left-handed inputs are made right-handed by the value itself; this one is right-handed and lies on no axis."""

NAMES = {1: "Liver", 7: 'Kidney, "left" & <upper>', 300: "Aorta"}
COLORS = {1: (221, 130, 101), 7: (10, 0, 255), 300: (1, 2, 3)}


def organs(*, overlap: bool = False) -> Segmentation:
    first = np.zeros((6, 5, 4), np.int16)
    first[1:3, 1:3, :2], first[4, :, 3] = 1, 300
    second = np.zeros_like(first)
    second[(2 if overlap else 3), 1:3, 1:] = 7
    return Segmentation.from_array([first, second], AFFINE, names=NAMES, colors=COLORS)


def same(found: Segmentation, meant: Segmentation) -> None:
    assert [one.number for one in found.segments] == [one.number for one in meant.segments]
    assert [one.color for one in found.segments] == [one.color for one in meant.segments]
    assert np.allclose(found.geometry.corners, meant.geometry.corners, atol=1e-3)
    for one in meant.segments:
        assert np.array_equal(found.mask(one.number), meant.mask(one.number))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_label_map_keeps_numbers_and_its_names_are_in_it_and_beside_it(suffix: str, tmp_path: Path) -> None:
    made = organs()
    saved = viewer3d.save(made, tmp_path / f"a{suffix}")
    assert saved.files == (tmp_path / f"a{suffix}", tmp_path / "a.labels.txt")
    found = nibabel.load(saved)
    labels = np.asanyarray(found.dataobj)
    assert labels.dtype == np.int16
    assert sorted(np.unique(labels)) == [0, 1, 7, 300]
    assert found.header["intent_code"] == 1002
    assert np.allclose(found.affine, to_ras(made.affine))
    inside = load_segmentation(saved.path)
    same(inside, made)
    beside = load_segmentation(saved.path, names=saved.files[1])
    same(beside, made)
    assert [one.name for one in beside.segments] == ["Liver", "Kidney, 'left' & <upper>", "Aorta"]
    assert [one.name for one in inside.segments][::2] == ["Liver", "Aorta"]


def test_one_byte_a_voxel_where_that_is_enough(tmp_path: Path) -> None:
    labels = np.zeros((3, 3, 3), np.int64)
    labels[1] = 255
    saved = viewer3d.save(Segmentation.from_array(labels, np.eye(4)), tmp_path / "a.nii")
    assert nibabel.load(saved).get_data_dtype() == np.uint8


def test_values_that_are_not_numbers_are_written_as_numbers(tmp_path: Path) -> None:
    layer = np.zeros((3, 3, 3), np.uint8)
    layer[0], layer[1], layer[2] = 1, 2, 9
    segments = (Segment(40_000, "High", (1, 2, 3), value=1), Segment(5, "Five", (4, 5, 6), value=2))
    made = Segmentation((layer,), viewer3d.Geometry(AFFINE, layer.shape), segments)
    for suffix in (".nii.gz", ".seg.nrrd"):
        found = load_segmentation(viewer3d.save(made, tmp_path / f"a{suffix}").path)
        assert {one.number: int(found.mask(one.number).sum()) for one in found.segments} == {5: 9, 40_000: 9}
    assert set(np.unique(np.asanyarray(nibabel.load(tmp_path / "a.nii.gz").dataobj))) == {0, 5, 40_000}


@pytest.mark.parametrize("overlap", [False, True])
def test_slicer_has_a_layer_for_what_overlaps(overlap: bool, tmp_path: Path) -> None:
    made = organs(overlap=overlap)
    saved = viewer3d.save(made, tmp_path / "a.seg.nrrd")
    values, header = nrrd.read(str(saved.path), index_order="F")
    assert values.shape == (2, 6, 5, 4)
    assert header["kinds"] == ["list", "domain", "domain", "domain"]
    assert header["space"] == "left-posterior-superior"
    assert [header[f"Segment{n}_LabelValue"] for n in range(3)] == ["1", "7", "300"]
    assert [header[f"Segment{n}_Layer"] for n in range(3)] == ["0", "1", "0"]
    assert header["Segment1_Extent"] == ("2 2 1 2 1 3" if overlap else "3 3 1 2 1 3")
    found = load_segmentation(saved.path)
    same(found, made)
    assert [one.name for one in found.segments] == list(NAMES.values())
    assert found.notes == ()


def test_one_layer_of_slicer_has_three_dimensions_and_what_the_segments_are(tmp_path: Path) -> None:
    layer = np.zeros((4, 4, 4), np.uint8)
    layer[1:3] = 1
    organ = CodedConcept("123037004", "SCT", "Anatomical Structure")
    segment = Segment(1, "Liver", (221, 130, 101), organ, CodedConcept("10200004", "SCT", "Liver"))
    made = Segmentation((layer,), viewer3d.Geometry(AFFINE, layer.shape), (segment,))
    values, header = nrrd.read(str(viewer3d.save(made, tmp_path / "a.nrrd").path), index_order="F")
    assert np.array_equal(values, layer)
    assert "~SCT^123037004^Anatomical Structure~SCT^10200004^Liver~" in header["Segment0_Tags"]


def test_what_a_format_cannot_hold_is_refused_in_words(tmp_path: Path) -> None:
    sheared = AFFINE.copy()
    sheared[0, 2] = 0.4
    with pytest.raises(OutputError, match=r"overlap \('Liver' and 'Kidney.* in 2 voxels\).*save it as \.seg\.nrrd"):
        viewer3d.save(organs(overlap=True), tmp_path / "a.nii")
    tilted = Segmentation.from_array(organs().labels[0], sheared)
    with pytest.raises(OutputError, match=r"sheared \(cosine 0\.196.*which NIfTI does not hold"):
        viewer3d.save(tilted, tmp_path / "a.nii.gz")
    with pytest.raises(OutputError, match=r"is not saved with the suffix '\.mha', which is for a volume"):
        viewer3d.save(organs(), tmp_path / "a.mha")
    assert list(tmp_path.iterdir()) == []
    same(load_segmentation(viewer3d.save(tilted, tmp_path / "a.seg.nrrd").path), tilted)


@pytest.mark.slow
def test_simpleitk_reads_labels_where_they_are(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    made = organs()
    found = sitk.ReadImage(str(viewer3d.save(made, tmp_path / "a.nii.gz").path))
    labels = sitk.GetArrayFromImage(found).transpose(2, 1, 0)
    for one in made.segments:
        assert np.array_equal(labels == one.number, made.mask(one.number))
    assert np.allclose(found.GetOrigin(), made.affine[:3, 3], atol=1e-3)
    layers = sitk.ReadImage(str(viewer3d.save(made, tmp_path / "a.seg.nrrd").path))
    assert (layers.GetSize(), layers.GetNumberOfComponentsPerPixel()) == ((6, 5, 4), 2)
