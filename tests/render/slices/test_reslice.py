"""Planes across the rows of a volume are sampled from a copy of a few columns, and nothing shows it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer3d import Volume
from viewer3d.core.view.state import Interpolation
from viewer3d.render.slices.reslice import Reslice

SHAPE = (40, 7, 5)
ROWS, COLUMNS = slice(0, 5), slice(0, 7)


def ramp(dtype: Any) -> Volume:
    i, j, k = np.indices(SHAPE)
    return Volume.from_array(np.asfortranarray((100 * i + 10 * j + k).astype(dtype)), np.eye(4), unit="HU")


def across(column: float) -> NDArray[np.float64]:
    """Return pixels to voxels of a plane at a column: pixel (column, row) is voxel (column, j, k)."""
    return np.array([[0, 0, 1, column], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]])


@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
@pytest.mark.parametrize(("dtype", "outside"), [(np.int16, -32768), (np.float32, np.nan)])
def test_each_plane_has_the_values_of_its_column(dtype: Any, outside: float, interpolation: Interpolation) -> None:
    reslice = Reslice(ramp(dtype), interpolation, outside, in_float=False)
    k, j = np.mgrid[ROWS, COLUMNS]
    chance = np.random.default_rng(1)
    forward = np.arange(-4, 4 * SHAPE[0] + 4) / 4
    for column in (*forward, *chance.permutation(forward)):
        found = reslice.values(across(column), ROWS, COLUMNS)
        if column in (-0.5, SHAPE[0] - 0.5) and interpolation == "nearest":
            continue  # on a face
        at = np.floor(column + 0.5) if interpolation == "nearest" else np.clip(column, 0, SHAPE[0] - 1)
        expected = 100 * at + 10 * j + k if -0.5 <= column <= SHAPE[0] - 0.5 else np.full(j.shape, outside)
        expected = np.floor(expected + 0.5) if dtype == np.int16 else expected
        np.testing.assert_array_equal(found, expected)
        inside = reslice.covers(across(column), ROWS, COLUMNS)
        assert inside.all() if np.isfinite(expected).all() and (expected != -32768).all() else not inside.any()


def test_planes_near_each_other_copy_no_columns_again() -> None:
    reslice = Reslice(ramp(np.int16), "linear", -32768, in_float=False)
    reslice.values(across(20.0), ROWS, COLUMNS)
    columns = reslice._across
    for column in (18.5, 19.0, 20.4, 21.9):
        reslice.values(across(column), ROWS, COLUMNS)
        assert reslice._across is columns
    reslice.values(across(30.0), ROWS, COLUMNS)
    assert reslice._across is not columns


@pytest.mark.parametrize("way", [1, -1])
def test_where_steps_go_on_columns_are_copied_ahead(way: int) -> None:
    reslice = Reslice(ramp(np.int16), "linear", -32768, in_float=False)
    copied: list[object] = []
    for number in range(20):
        column = 20 + way * (number - 10)
        values = reslice.values(across(column), ROWS, COLUMNS)
        assert values[0, 0] == 100 * column
        if not copied or copied[-1] is not reslice._across:
            copied.append(reslice._across)
    assert len(copied) <= 5  # four columns are read at a place, the others are for steps
