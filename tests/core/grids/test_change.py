"""Crop, reorient and mask: every voxel that stays is where it was, and the new volume says what was done."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.core.geometry import Geometry
from viewer3d.core.provenance import Provenance
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.volume import Volume
from viewer3d.errors import GeometryError, LimitError, SegmentError, ViewError

SHAPE = (14, 11, 9)
AXES = {
    "axial": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "sagittal": [[0, 0, -1], [1, 0, 0], [0, -1, 0]],
    "coronal": [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
    "prone": [[-1, 0, 0], [0, -1, 0], [0, 0, 1]],
}


def affine_of(grid: str) -> np.ndarray:
    affine = np.eye(4)
    if grid == "oblique":
        axes, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
        affine[:3, :3] = axes * np.sign(np.linalg.det(axes))
    else:
        affine[:3, :3] = AXES[grid]
    affine[:3, :3] *= (0.7, 1.1, 2.5)
    affine[:3, 3] = (-31.5, 12.25, 107.1)
    return affine


GRIDS = [*AXES, "oblique"]


def volume_of(grid: str, dtype: type = np.int16) -> Volume:
    values = np.random.default_rng(1).permutation(np.prod(SHAPE)).reshape(SHAPE).astype(dtype) - dtype(700)
    unit, modality = ("HU", "CT") if dtype is np.int16 else ("SUVbw", "PT")
    made = Provenance("a" * 64)
    return Volume.from_array(
        values, affine_of(grid), unit=unit, modality=modality, frame_of_reference="1.2.3", provenance=made
    )


def assert_same_places(part: Volume, whole: Volume) -> None:
    """Every voxel of the part lies on one of the whole, within 1e-6 mm, and has its value."""
    at = np.argwhere(np.ones(part.shape, bool))
    world = part.geometry.index_to_world(at)
    index = np.rint(whole.geometry.world_to_index(world)).astype(int)
    assert np.abs(whole.geometry.index_to_world(index) - world).max() < 1e-6
    assert np.array_equal(part.voxels[tuple(at.T)], whole.voxels[tuple(index.T)])
    assert part.voxels.dtype == whole.voxels.dtype


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("grid", GRIDS)
def test_a_box_in_mm_keeps_all_voxels_that_it_touches(grid: str, dtype: type) -> None:
    volume = volume_of(grid, dtype)
    corners = volume.geometry.index_to_world([[2, 3, 4], [6, 7, 5]])
    part = volume.crop(corners)
    assert_same_places(part, volume)
    if grid != "oblique":
        assert part.shape == (5, 5, 2)
    assert part.geometry.contains(corners[0])
    assert part.geometry.contains(corners[1])
    assert (part.unit, part.frame_of_reference) == (volume.unit, "1.2.3")
    assert part.notes[-1].startswith("Cropped from 14 x 11 x 9 to ")
    assert part.provenance == replace(volume.provenance or Provenance(""), changes=("cropped",))
    assert volume.notes == ()


def test_a_margin_lies_around_the_box_as_far_as_there_are_voxels() -> None:
    volume = volume_of("axial")
    part = volume.crop((slice(3, 5), slice(0, 4), slice(4, 5)), margin=2.2)
    assert part.shape == (9, 6, 3)  # 2.2 mm touch 4 voxels of 0.7 mm (3 are there), 2 of 1.1 and 1 of 2.5
    assert part.geometry.origin == pytest.approx(volume.geometry.index_to_world((0, 0, 3)), abs=1e-9)


@pytest.mark.parametrize("grid", GRIDS)
def test_it_is_cropped_to_segments_on_their_own_grid(grid: str) -> None:
    volume = volume_of(grid)
    labels = np.zeros(SHAPE, np.uint8)
    labels[3:6, 2:8, 5:7] = 1
    labels[4:9, 2:3, 5:6] = 2
    same = Segmentation.from_array(labels, volume.affine, frame_of_reference="1.2.3")
    assert volume.crop(to=same).shape == (6, 6, 2)
    fine = volume.affine @ np.diag([0.5, 0.5, 0.5, 1])
    fine[:3, 3] = volume.geometry.index_to_world((-0.25, -0.25, -0.25))
    twice = Segmentation.from_array(labels.repeat(2, 0).repeat(2, 1).repeat(2, 2), fine, frame_of_reference="1.2.3")
    assert volume.crop(to=twice).shape == (6, 6, 2)
    assert_same_places(volume.crop(to=twice, margin=1), volume)


def test_without_a_box_it_is_cropped_to_what_is_not_background() -> None:
    values = np.full(SHAPE, -1000, np.int16)
    values[4:7, 5:6, 2:8] = 40
    air = Volume.from_array(values, np.diag([1, 1, 2, 1]), unit="HU")
    assert air.crop().shape == (3, 1, 6)
    assert air.crop(margin=1).shape == (5, 3, 8)
    with pytest.raises(GeometryError, match="all is background"):
        Volume.from_array(values * 0 - 1000, np.eye(4), unit="HU").crop(margin=5)


def test_what_cannot_be_cropped_is_refused_in_words() -> None:
    volume = volume_of("axial")
    empty = Segmentation.from_array(np.zeros(SHAPE, int), volume.affine, names={1: "a"}, frame_of_reference="1.2.3")
    elsewhere = Segmentation.from_array(np.ones((2, 2, 2), int), np.eye(4), frame_of_reference="9.9")
    for error, says, box, options in [
        (GeometryError, "outside of the volume", [[500, 0, 0], [600, 1, 1]], {}),
        (GeometryError, "two opposite corners", [1, 2, 3], {}),
        (GeometryError, "holds no voxel", (slice(5, 5), slice(None), slice(None)), {}),
        (GeometryError, "steps of 1", (slice(0, 5, 2), slice(None), slice(None)), {}),
        (GeometryError, "at least 0", None, {"margin": -1}),
        (GeometryError, "give one", [[0, 0, 0], [1, 1, 1]], {"to": empty}),
        (SegmentError, "no voxels", None, {"to": empty}),
        (SegmentError, "no segmentation", None, {"to": "liver"}),
        (ViewError, "frame of reference", None, {"to": elsewhere}),
        (LimitError, "max_memory", (slice(0, 5), slice(None), slice(None)), {"max_memory": 100}),
    ]:
        with pytest.raises(error, match=says):
            volume.crop(box, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("grid", GRIDS)
def test_axes_lead_where_they_are_told_as_nibabel_has_it(grid: str) -> None:
    import nibabel

    volume = volume_of(grid)
    for code in ("LPS", "RAS", "SPR", "PIR", "ALS", "IPL"):
        turned = volume.reoriented(code)
        assert_same_places(turned, volume)
        assert turned.voxels.size == volume.voxels.size
        if grid != "oblique":
            to_ras = np.diag([-1, -1, 1, 1]) @ turned.affine
            assert "".join(nibabel.aff2axcodes(to_ras)) == code
    back = volume.reoriented("SPR").reoriented("LPS")
    assert np.array_equal(back.voxels, volume.reoriented("LPS").voxels)


def test_a_volume_that_leads_there_already_is_itself() -> None:
    volume = volume_of("axial")
    assert volume.reoriented("lph") is volume
    assert volume.crop((slice(None), slice(None), slice(None))) is volume


@pytest.mark.parametrize(
    ("code", "says"),
    [("LIA", "left-handed.* LIP or RIA"), ("LAS", "left-handed.* LAI or RAS"), ("LLS", "one letter"), ("", "one")],
)
def test_left_handed_and_senseless_orientations_are_refused(code: str, says: str) -> None:
    with pytest.raises(GeometryError, match=says):
        volume_of("axial").reoriented(code)


def test_what_was_measured_is_turned_with_the_voxels() -> None:
    """As of a tilted gantry: each slice is measured in rows that shift."""
    measured = np.array([[2, 12, k // 2, 6 + k // 2] for k in range(SHAPE[2])], np.int32)
    inside = np.zeros(SHAPE, bool)
    for k, (i0, i1, j0, j1) in enumerate(measured):
        inside[i0:i1, j0:j1, k] = True
    volume = replace(volume_of("axial"), measured=measured, voxels=inside.astype(np.int16))
    for code in ("LPS", "RAS", "SPR", "PIR", "ALS", "IPL", "ASR"):
        turned = volume.reoriented(code)
        assert turned.measured is not None or code == "LPS"
        kept = np.zeros(turned.shape, bool)
        for k, (i0, i1, j0, j1) in enumerate(turned.measured if turned.measured is not None else []):
            kept[i0:i1, j0:j1, k] = True
        if code in ("RAS", "SPR", "PIR", "ALS", "ASR", "LPS"):
            assert np.array_equal(kept, turned.voxels > 0) or code[2] in "LR"
        assert not (kept & (turned.voxels == 0)).any()
        assert kept.sum() > 0.3 * inside.sum()
    part = volume.crop((slice(4, 14), slice(3, 8), slice(2, 5)))
    assert part.measured is not None
    assert part.measured.tolist() == [[0, 8, 0, 4], [0, 8, 0, 4], [0, 8, 0, 5]]


@pytest.mark.parametrize("grid", GRIDS)
def test_outside_of_segments_is_the_background(grid: str) -> None:
    volume = volume_of(grid)
    labels = np.zeros(SHAPE, np.uint8)
    labels[3:6, 2:8, 5:7], labels[8:9, 2:3, 5:6] = 1, 2
    both = Segmentation.from_array(labels, volume.affine, names=["Liver", "Cyst"], frame_of_reference="1.2.3")
    masked = volume.mask(both)
    assert np.array_equal(masked.voxels, np.where(labels > 0, volume.voxels, -700))  # air, within its range
    liver = volume.mask(both, -1024, segments="Liver")
    assert np.array_equal(liver.voxels, np.where(labels == 1, volume.voxels, -1024))
    assert liver.voxels.dtype == np.int16
    assert liver.notes[-1] == "Masked: voxels outside of Liver have the value -1024 HU."
    assert volume.mask(both, np.nan).voxels.dtype == np.float32
    assert np.isnan(volume.mask(both, np.nan).voxels[0, 0, 0])
    assert masked.geometry.affine.tolist() == volume.affine.tolist()
    assert masked.provenance is not None
    assert masked.crop(to=both).provenance.changes == ("masked", "cropped")  # type: ignore[union-attr]


def test_segments_on_another_grid_mask_by_centres() -> None:
    volume = volume_of("axial", np.float32)
    grid = Geometry(np.array([[3.0, 0, 0, -33], [0, 3, 0, 11], [0, 0, 3, 106], [0, 0, 0, 1]]), (5, 6, 9))
    labels = np.zeros(grid.shape, np.uint8)
    labels[1:3, 2:4, 3:6] = 1
    other = Segmentation.from_array(labels, grid.affine, frame_of_reference="1.2.3")
    kept = volume.mask(other, -1e6).voxels > -1e6
    assert np.array_equal(kept, other.mask(1, volume.geometry))
    with pytest.raises(SegmentError, match="no segment 'Spleen'"):
        volume.mask(other, segments="Spleen")
    with pytest.raises(ViewError, match="frame of reference"):
        volume.mask(other.with_info(frame_of_reference="4.5"))
    assert "taken to be" in volume.mask(other.with_info(frame_of_reference="4.5"), same_frame=True).notes[0]
    with pytest.raises(LimitError, match="more than the"):
        volume.mask(other, max_memory=1000)
