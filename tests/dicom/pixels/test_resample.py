"""Slices no affine can hold, onto an even and upright grid: against the sum written out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.sampling import fill_value, measured_mask
from viewer3d.dicom.pixels.resample import measured_of, plan_grid, resample
from viewer3d.dicom.series.slice_layout import SliceLayout
from viewer3d.errors import StackError

X, Y, Z = np.eye(3)


def layout(heights: list[float], lean: float = 0.0) -> SliceLayout:
    positions = np.array([(10, 20 + lean * h, 30 + h) for h in heights], np.float64)
    return SliceLayout(X, Y, Z, (2.0, 1.5), positions)


def ramp(positions: np.ndarray, columns: int = 6, rows: int = 9) -> np.ndarray:
    """A field linear in world, which linear interpolation keeps: 3 x - 2 y + 5 z."""
    i, j = np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij")
    slices = [3 * (p[0] + 2.0 * i) - 2 * (p[1] + 1.5 * j) + 5 * p[2] for p in positions]
    return np.asfortranarray(np.stack(slices, -1).astype(np.float32))


@pytest.mark.parametrize(
    ("heights", "slices"),
    [([0, 5, 10, 20], 5), ([0, 1, 3, 4.5], 6), ([0, 2, 5], 4), ([0, 3, 6, 9], 4), ([0, 5.001, 9.999, 20], 5)],
)
def test_a_linear_field_stays_what_it_is(heights: list[float], slices: int) -> None:
    plan = layout(heights)
    grid = plan_grid(plan, 6, 9)
    out = resample(ramp(plan.positions), grid)
    assert out.shape == grid.shape == (6, 9, slices)
    assert grid.affine[2, 2] <= np.diff(heights).min() + 1e-2
    index = np.argwhere(np.ones(out.shape))
    world = index @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    assert np.allclose(out[tuple(index.T)], world @ (3, -2, 5), atol=1e-3)


@pytest.mark.parametrize("lean", [0.3, -0.45, 0.5])
def test_a_leaning_stack_is_moved_in_its_planes(lean: float) -> None:
    plan = layout([0, 4, 8, 12], lean)
    grid = plan_grid(plan, 6, 9)
    out = resample(ramp(plan.positions), grid)
    assert out.shape[1] == 9 + int(np.ceil(abs(lean) * 12 / 1.5 - 0.01))
    index = np.argwhere(np.ones(out.shape))
    world = index @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    true = world @ (3, -2, 5)
    lowest = plan.positions[:, 1][index[:, 2]]
    inside = (world[:, 1] >= lowest) & (world[:, 1] <= lowest + 8 * 1.5)
    got = out[tuple(index.T)]
    assert np.allclose(got[inside], true[inside], atol=1e-3)
    beyond = (world[:, 1] < lowest - 0.76) | (world[:, 1] > lowest + 8 * 1.5 + 0.76)
    assert beyond.any()
    assert (got[beyond] == ramp(plan.positions).min()).all()


def test_whole_values_stay_whole() -> None:
    plan = layout([0, 1, 3])
    voxels = np.asfortranarray(np.array([0, 1, 2], np.int16).reshape(1, 1, 3))
    out = resample(voxels, plan_grid(plan, 1, 1))
    assert out.dtype == np.int16
    assert out.ravel().tolist() == [0, 1, 2, 2]  # 1.5 to the even neighbour


def test_one_fine_gap_must_not_fill_the_memory() -> None:
    with pytest.raises(StackError, match=r"0\.1 mm apart and others up to 50 mm"):
        plan_grid(layout([0, 0.1, 50, 100]), 6, 9)


@pytest.mark.parametrize("heights", [[0, 4, 8, 12], [0, 4, 12, 14]])
@pytest.mark.parametrize("lean", [0.0, 0.3, -0.45])
def test_what_was_measured_is_where_slices_reach(heights: list[float], lean: float) -> None:
    plan = layout(heights, lean)
    grid = plan_grid(plan, 6, 9)
    measured = measured_of(grid, 6, 9)
    if lean == 0:
        assert measured is None
        return
    assert measured is not None
    mask = measured_mask(measured, grid.shape)
    index = np.argwhere(np.ones(grid.shape))
    world = index @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    along = world[:, 2] - plan.positions[0, 2]
    before = np.clip(np.searchsorted(plan.along, along + 1e-6, side="right") - 1, 0, len(heights) - 1)
    after = np.clip(np.searchsorted(plan.along, along - 1e-6), 0, len(heights) - 1)
    true = np.ones(len(index), bool)
    for slices in (before, after):
        lowest = plan.positions[slices, 1]
        true &= (world[:, 1] >= lowest - 0.7501) & (world[:, 1] <= lowest + 8 * 1.5 + 0.7501)
    assert np.array_equal(mask[tuple(index.T)], true)
    assert 0.3 < mask.mean() < 1
    out = resample(ramp(plan.positions), grid, -77.0)
    assert (out[~mask] == -77).all()
    assert (out[mask] > -77).all()


@pytest.mark.parametrize(
    ("values", "background", "is_ct", "fill"),
    [
        ([-2000, -1000, 40], -2000.0, True, -2000),  # the series' own padding
        ([-1024, -1000, 40], -2000.0, True, -1000),  # padding that it does not have
        ([-2000, -1000, 40], None, True, -1000),
        ([0, 24, 1064], None, True, 0),  # a CT without a unit: its air is the lowest
        ([0, 100, 900], None, False, 0),
        ([-4096, 0, 4095], None, False, 0),  # flow: not the strongest
        ([100, 900], None, False, 100),
        ([-900, -100], None, False, -100),
    ],
)
def test_it_is_filled_with_what_the_series_has_where_there_is_nothing(
    values: list[int], background: float | None, is_ct: bool, fill: float
) -> None:
    assert fill_value(np.array(values, np.int16), background, is_ct=is_ct) == fill
