"""Values of a grid's voxels: evenly spread samples, the value at a point, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from math import floor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SAMPLE_SIZE: Final = 200_000
"""Voxels in a sample: the 0.5th percentile of as many random ones is off by 0.016 of a percentile, the square root of
p (1 - p) / n; of evenly spread ones by less."""

_RUN: Final = 4
"""Neighbours along a row that are taken together: they come from memory at once."""

_STEPS: Final = (0.7548776662466927, 0.5698402909980532)
"""1/p and 1/p^2 of the root of p^3 = p + 1: multiples of them fill a square evenly whatever its sides, see M. Roberts,
"The unreasonable effectiveness of quasirandom sequences" (2018), and H. Niederreiter (1992), chapter 3."""

_ON_CENTRE: Final = 2.0**-17
"""Voxels: a point no further from a voxel's centre has its value alone, and none of its neighbours', whatever rounding
makes of it. It is the tolerance of the pictures' own sampling (VTK, ``vtkInterpolationMath.h``)."""

Index = NDArray[np.intp]
Measured = NDArray[np.int32]
"""Of each slice of a grid the rectangle that was measured: first column, end of columns, first row, end of rows, shape
(slices, 4). The ends are not in it."""


@lru_cache(maxsize=2)  # 5 MB of a large volume
def even_indices(shape: tuple[int, int, int], count: int) -> tuple[Index, Index, Index]:
    """Return voxel indices that lie evenly in a grid, in short runs along rows; always the same ones.

    A stride through memory would see few columns where it shares a factor with them. Here every slice has its share,
    and columns and rows are the multiples of two irrational numbers.

    Parameters
    ----------
    shape : tuple of int
        Columns, rows and slices.
    count : int
        About how many.

    Returns
    -------
    tuple of three ndarray of intp, shape (N,)
        Columns, rows and slices, in the order of slices; read-only.
    """
    columns, rows, slices = shape
    points = max(1, count // _RUN)
    number = np.arange(points, dtype=np.uint64)
    # Whole numbers of 32 bits in place of fractions: the same voxels on every machine.
    first, row = (
        (((number * np.uint64(step * 2**32) + np.uint64(1 << 31)) & np.uint64(0xFFFFFFFF)) * np.uint64(side)) >> 32
        for step, side in zip(_STEPS, (columns, rows), strict=True)
    )
    along = ((2 * number + 1) * np.uint64(slices)) // np.uint64(2 * points)
    run = np.arange(_RUN, dtype=np.uint64)
    found = (((first[:, None] + run) % np.uint64(columns)).ravel(), np.repeat(row, _RUN), np.repeat(along, _RUN))
    i, j, k = (np.asarray(one, np.intp) for one in found)
    for one in (i, j, k):
        one.flags.writeable = False
    return i, j, k


def sampled(voxels: NDArray[Any], measured: Measured | None = None, count: int = SAMPLE_SIZE) -> NDArray[Any]:
    """Return the values of about so many voxels that lie evenly in a grid, of those that were measured.

    Parameters
    ----------
    voxels : ndarray, shape (columns, rows, slices), Fortran order
    measured : ndarray of int, shape (slices, 4), optional
        See :data:`Measured`; without it all were measured.
    count : int
        Of a grid that has no more voxels, all are taken.

    Returns
    -------
    ndarray of the same dtype, shape (N,)
    """
    flat = voxels.reshape(-1, order="F")
    if flat.size <= count:
        return flat if measured is None else flat[measured_mask(measured, voxels.shape).reshape(-1, order="F")]
    columns, rows, slices = voxels.shape
    i, j, k = even_indices((columns, rows, slices), count)
    if measured is not None:
        inside = is_measured(measured, i, j, k)
        i, j, k = i[inside], j[inside], k[inside]
    found: NDArray[Any] = flat[i + columns * (j + rows * k)]
    return found


def value_between(voxels: NDArray[Any], index: Sequence[float], measured: Measured | None = None) -> float | None:
    """Return the value that is linear between the eight voxels around a point.

    Parameters
    ----------
    voxels : ndarray of int16 or float32, shape (columns, rows, slices)
    index : sequence of float
        Column, row and slice of the point, in the grid.
    measured : ndarray of int, shape (slices, 4), optional
        See :data:`Measured`; without it all were measured.

    Returns
    -------
    float or None
        Of int16 rounded to a whole number, halves upwards, as pictures have it. The outer half of the outer voxels has
        the value of their centres. None where one of the voxels that has a part in it was not measured.
    """
    axes = []
    for at, count in zip(index, voxels.shape, strict=True):
        inside = min(max(float(at), 0.0), count - 1.0)
        first = floor(inside + _ON_CENTRE)
        share = inside - first
        axes.append([(first, 1.0)] if share <= _ON_CENTRE else [(first, 1 - share), (first + 1, share)])
    value = 0.0
    for (i, u), (j, v), (k, w) in product(*axes):
        if measured is not None and not is_measured(measured, i, j, k):
            return None
        value += u * v * w * float(voxels[i, j, k])
    return float(floor(value + 0.5)) if voxels.dtype == np.int16 else value


def value_nearest(voxels: NDArray[Any], index: Sequence[float], measured: Measured | None = None) -> float | None:
    """Return the value of the voxel that holds a point, as :func:`value_between` does."""
    i, j, k = (
        min(max(floor(at + 0.5 + _ON_CENTRE), 0), count - 1) for at, count in zip(index, voxels.shape, strict=True)
    )
    if measured is not None and not is_measured(measured, i, j, k):
        return None
    return float(voxels[i, j, k])


def measured_values(voxels: NDArray[Any], measured: Measured | None) -> NDArray[Any]:
    """Return the values of all measured voxels, shape (N,), in memory order; a view where all were."""
    if measured is None:
        return voxels.reshape(-1, order="F")
    parts = [voxels[i0:i1, j0:j1, k].ravel(order="F") for k, (i0, i1, j0, j1) in enumerate(measured.tolist())]
    return np.concatenate(parts)


def is_measured(measured: Measured, i: Any, j: Any, k: Any) -> NDArray[np.bool_]:
    """Return which voxels were measured, as bool of the shape that the indices broadcast to."""
    first_column, end_column, first_row, end_row = (measured[k, n] for n in range(4))
    return np.asarray((i >= first_column) & (i < end_column) & (j >= first_row) & (j < end_row))


def measured_mask(measured: Measured, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return a mask, bool of the grid's shape, of the measured voxels: for small grids."""
    i, j, k = np.ogrid[: shape[0], : shape[1], : shape[2]]
    return is_measured(measured, i, j, k)


def measured_count(measured: Measured) -> int:
    """Return how many voxels of a grid were measured."""
    sides = np.maximum(measured[:, 1::2].astype(np.int64) - measured[:, ::2], 0)
    return int(sides.prod(1).sum())
