"""What segments measure, against values known in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from viewer3d.core.geometry import Geometry
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.vectors import rotation
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.measurements.segments import PEAK_RADIUS

FRAME = "1.2.3"


def grid(spacing: tuple[float, float, float], shape: tuple[int, int, int], angle: float = 0.0) -> Geometry:
    affine = np.eye(4)
    affine[:3, :3] = rotation((0, 0.6, 0.8), angle) @ np.diag(spacing)
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape) - 1) / 2
    return Geometry(affine, shape)


def points(geometry: Geometry) -> np.ndarray[Any, Any]:
    return geometry.index_to_world(np.stack(np.meshgrid(*map(np.arange, geometry.shape), indexing="ij"), -1))


def ball(geometry: Geometry, radius: float, centre: tuple[float, float, float] = (0, 0, 0)) -> Segmentation:
    mask = np.linalg.norm(points(geometry) - centre, axis=-1) <= radius
    return Segmentation.from_array(mask, geometry.affine, names=["Ball"], frame_of_reference=FRAME)


def volume(geometry: Geometry, values: Any, unit: str = "HU", **about: Any) -> Volume:
    array = np.broadcast_to(np.asarray(values), geometry.shape)
    return Volume.from_array(array, geometry.affine, unit=unit, **{"frame_of_reference": FRAME, **about})


@pytest.mark.parametrize("angle", [0.0, 0.5])
def test_a_ball_has_the_volume_centre_and_box_of_a_ball(angle: float) -> None:
    found = ball(grid((0.8, 0.9, 1.1), (61, 55, 46), angle), 15, (1, -2, 3)).measure("Ball")
    assert found.ml == pytest.approx(4 / 3 * np.pi * 1.5**3, rel=5e-3)
    assert found.centroid == pytest.approx((1, -2, 3), abs=0.05)
    assert found.box is not None
    np.testing.assert_allclose(found.box, [(-14, -17, -12), (16, 13, 18)], atol=1.1)  # a voxel
    assert (found.count, found.mean, found.percentiles, found.suv_max) == (0, None, {}, None)


def test_statistics_are_those_of_the_voxels() -> None:
    geometry = grid((1, 1, 2), (20, 20, 10))
    values = np.random.default_rng(1).normal(50, 20, geometry.shape).astype(np.float32)
    segment = ball(geometry, 7)
    inside = values[segment.mask(1)].astype(float)
    found = segment.measure(1, volume(geometry, values))
    assert (found.count, found.voxels, found.unit) == (inside.size, inside.size, "HU")
    assert found.mean == pytest.approx(inside.mean())
    assert found.sd == pytest.approx(inside.std())
    assert (found.min, found.max) == (inside.min(), inside.max())
    assert found.percentiles[50] == pytest.approx(np.median(inside))
    assert list(found.percentiles) == [5, 25, 50, 75, 95]


def test_nan_padding_and_what_was_not_measured_have_no_part() -> None:
    geometry = grid((1, 1, 1), (9, 9, 9))
    values = np.full(geometry.shape, 10.0)
    values[4, 4, 4], values[4, 5, 4], values[5, 4, 4] = np.nan, -3000, 999
    measured = np.tile([0, 9, 0, 9], (9, 1))
    measured[4] = 0, 5, 0, 9  # column 5 of slice 4 was filled in
    found = ball(geometry, 3).measure(1, volume(geometry, values, background=-3000.0, measured=measured))
    assert (found.mean, found.sd, found.max) == (10, 0, 10)
    inside = ball(geometry, 3).mask(1)
    assert found.count == inside.sum() - 2 - inside[5:, :, 4].sum()


@pytest.mark.parametrize("angle", [0.0, 0.3])
def test_on_another_grid_the_volumes_own_voxels_are_taken(angle: float) -> None:
    segment = ball(grid((0.7, 0.7, 0.9), (70, 70, 60)), 14)
    coarse = grid((2.1, 1.9, 3.1), (24, 26, 16), angle)
    values = points(coarse)[..., 0] * 10
    found = segment.measure(1, volume(coarse, values))
    mask = segment.mask(1, coarse)
    assert found.count == mask.sum() < found.voxels
    assert found.mean == pytest.approx(values[mask].mean(), abs=1e-4)
    assert found.sd == pytest.approx(values[mask].std(), abs=1e-3)
    assert found.max == pytest.approx(values[mask].max(), abs=1e-3)


def test_a_segment_between_the_voxels_has_no_value_and_says_so() -> None:
    segment = ball(grid((0.5, 0.5, 0.5), (9, 9, 9)), 1)
    away = grid((20, 20, 20), (2, 2, 2))  # whose centres are 10 mm from the ball
    found = segment.measure(1, volume(away, 5))
    assert (found.count, found.mean, found.ml > 0) == (0, None, True)
    assert "No voxel of the volume has its centre in the segment" in found.notes[-1]


def test_frames_of_reference_are_checked_as_those_of_layers() -> None:
    geometry = grid((1, 1, 1), (9, 9, 9))
    segment = ball(geometry, 3)
    other = volume(geometry, 7, frame_of_reference="9.9")
    with pytest.raises(ViewError, match="Ball: its frame of reference is another"):
        segment.measure(1, other)
    assert segment.measure(1, other, same_frame=True).mean == 7
    with pytest.raises(ViewError, match="last row 0 0 0 1"):
        segment.measure(1, other, transform=np.eye(3))
    unsaid = volume(geometry, 7, frame_of_reference="")
    assert "does not say its frame of reference" in segment.measure(1, unsaid).notes[0]


def test_a_transform_leads_to_the_volume() -> None:
    geometry = grid((1, 1, 1), (21, 21, 21))
    values = points(geometry)[..., 1]
    moved = np.eye(4)
    moved[1, 3] = 5
    found = ball(geometry, 3).measure(1, volume(geometry, values, frame_of_reference="9.9"), transform=moved)
    assert (found.mean, found.min, found.max) == (5, 2, 8)
    assert found.centroid == pytest.approx((0, 0, 0), abs=1e-9)  # in the segmentation's own world


@pytest.mark.parametrize("spacing", [(2.0, 2.0, 3.0), (4.7, 4.7, 3.27), (5.5, 5.5, 2.0)])
def test_suvpeak_is_the_mean_of_a_sphere_of_1_cm3(spacing: tuple[float, float, float]) -> None:
    """Of a hot voxel it is the part of the sphere that it fills; of a slope the value at the outermost centre."""
    geometry = grid(spacing, (25, 25, 25))
    hot = np.zeros(geometry.shape)
    hot[12, 12, 12] = 100
    segment = ball(geometry, 14)
    found = segment.measure(1, volume(geometry, hot, "SUVbw", modality="PT"))
    assert found.suv_peak == pytest.approx(100 * np.prod(spacing) / 1000, rel=5e-3)
    assert found.suv_max == 100
    slope = 20 + points(geometry)[..., 2]
    found = segment.measure(1, volume(geometry, slope, "SUVbw", modality="PT"))
    last = points(geometry)[segment.mask(1)][:, 2].max()
    assert found.suv_peak == pytest.approx(20 + last, rel=1e-6)
    assert found.suv_peak_at is not None
    assert found.suv_peak_at[2] == pytest.approx(last)
    assert pytest.approx(1000) == 4 / 3 * np.pi * PEAK_RADIUS**3


def test_suvpeak_looks_beyond_the_segment_and_not_beyond_the_volume() -> None:
    geometry = grid((3, 3, 3), (9, 9, 9))
    mask = np.zeros(geometry.shape, bool)
    mask[0, 4, 4] = True
    values = np.full(geometry.shape, 6.0)
    values[0, 4, 4] = 2
    segment = Segmentation.from_array(mask, geometry.affine, frame_of_reference=FRAME)
    found = segment.measure(1, volume(geometry, values, "SUVbw", modality="PT"))
    assert found.suv_max == 2
    assert found.suv_peak is not None
    inside = 27 / (1000 / 2 + np.pi * PEAK_RADIUS**2 * 1.5)  # the voxel's part of the sphere that is in the volume
    assert found.suv_peak == pytest.approx(6 - 4 * inside, rel=0.02)


def test_uptake_of_a_segment() -> None:
    geometry = grid((4, 4, 4), (20, 20, 20))
    values = np.where(np.linalg.norm(points(geometry), axis=-1) <= 20, 8.0, 1.0)
    found = ball(geometry, 20).measure(1, volume(geometry, values, "SUVbw", modality="PT"))
    assert (found.suv_max, found.suv_mean, found.mtv) == (8, 8, found.ml)
    assert found.tlg == pytest.approx(8 * found.ml)
    assert found.suv_peak == pytest.approx(8)
    activity = ball(geometry, 20).measure(1, volume(geometry, values, "Bq/ml", modality="PT"))
    assert (activity.suv_peak, activity.tlg, activity.mtv, activity.suv_max) == (None, None, None, None)
