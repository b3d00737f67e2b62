"""Rectangles of slices that lie in a volume as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.sampling import Index

_ROUNDING: Final = 1e-9
"""Voxels: what rounding may make of where a line of voxels leaves a volume."""


def inner_rectangle(held: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return a rectangle of an image that is held as a whole.

    Sides are taken off where least of them is held.

    Parameters
    ----------
    held : ndarray of bool, shape (rows, columns)

    Returns
    -------
    tuple of four int
        First column, end of columns, first row, end of rows; zeros for none.
    """
    rows, columns = held.shape
    if held.all():
        return 0, columns, 0, rows
    sums = np.zeros((rows + 1, columns + 1), np.int64)
    sums[1:, 1:] = held.cumsum(0, dtype=np.int64).cumsum(1)
    found_rows, found_columns = np.flatnonzero(held.any(1)), np.flatnonzero(held.any(0))
    if not found_rows.size:
        return 0, 0, 0, 0
    top, bottom = int(found_rows[0]), int(found_rows[-1]) + 1
    left, right = int(found_columns[0]), int(found_columns[-1]) + 1

    def part(j0: int, j1: int, i0: int, i1: int) -> float:
        count = int(sums[j1, i1] - sums[j0, i1] - sums[j1, i0] + sums[j0, i0])
        return count / ((j1 - j0) * (i1 - i0))

    while top < bottom and left < right and part(top, bottom, left, right) < 1:
        sides = [
            part(top, top + 1, left, right),
            part(bottom - 1, bottom, left, right),
            part(top, bottom, left, left + 1),
            part(top, bottom, right - 1, right),
        ]
        worst = sides.index(min(sides))
        top, bottom, left, right = top + (worst == 0), bottom - (worst == 1), left + (worst == 2), right - (worst == 3)
    return (left, right, top, bottom) if top < bottom and left < right else (0, 0, 0, 0)


def inner_rectangles(
    steps: Sequence[Sequence[NDArray[np.float64]]], shape: Sequence[int], tolerance: float
) -> NDArray[np.int32]:
    """Return of each slice of a grid a rectangle that lies in a volume as a whole.

    As :func:`inner_rectangle` finds it, for all slices at once: the volume is convex, and so what a line of voxels has
    in it is known by its two ends.

    Parameters
    ----------
    steps : three sequences of three ndarray of float64
        For each axis of the volume, what the columns, rows and slices of the grid add up to its index.
    shape : tuple of int
        Of the volume.
    tolerance : float
        Voxels that a centre may lie beyond its sides.

    Returns
    -------
    ndarray of int32, shape (slices, 4)
        First column, end of columns, first row, end of rows; zeros for none.
    """
    along_rows = _spans([(i, j, k) for i, j, k in steps], shape, tolerance)
    along_columns = _spans([(j, i, k) for i, j, k in steps], shape, tolerance)
    (left, right), (top, bottom) = _reach(*along_columns), _reach(*along_rows)
    slices = np.arange(len(left))
    sides = np.stack([top, bottom, left, right])
    todo = slices[(top < bottom) & (left < right)]
    sides[:, (top >= bottom) | (left >= right)] = 0
    while todo.size:
        top, bottom, left, right = sides[:, todo]
        shares = np.stack(
            [
                *(_share(along_rows, todo, row, left, right) for row in (top, bottom - 1)),
                *(_share(along_columns, todo, column, top, bottom) for column in (left, right - 1)),
            ]
        )
        worst = shares.argmin(0)
        partly = shares.min(0) < 1  # of something convex all is held where its sides are
        todo, worst = todo[partly], worst[partly]
        sides[worst, todo] += np.where(worst % 2, -1, 1)
        gone = (sides[0, todo] >= sides[1, todo]) | (sides[2, todo] >= sides[3, todo])
        sides[:, todo[gone]] = 0
        todo = todo[~gone]
    return sides[[2, 3, 0, 1]].T.astype(np.int32)


def _spans(
    steps: Sequence[tuple[NDArray[np.float64], ...]], shape: Sequence[int], tolerance: float
) -> tuple[Index, Index]:
    """Return the first and the end of what each line of voxels has in a volume, shape (slices, lines)."""
    count = steps[0][0].size
    first = np.zeros((steps[0][2].size, steps[0][1].size))
    last = np.full_like(first, count - 1)
    for (along, across, through), size in zip(steps, shape, strict=True):
        begin = through[:, None] + across
        step = along[1] - along[0] if count > 1 else 0.0
        ends = (-0.5 - tolerance - begin, size - 0.5 + tolerance - begin)
        if abs(step) * count < _ROUNDING:
            last[(ends[0] > 0) | (ends[1] < 0)] = -1
            continue
        low, high = (one / step for one in (ends if step > 0 else ends[::-1]))
        first, last = np.maximum(first, np.ceil(low - _ROUNDING)), np.minimum(last, np.floor(high + _ROUNDING))
    end = np.maximum(last + 1, first)
    return first.clip(0, count).astype(np.intp), end.clip(0, count).astype(np.intp)


def _reach(first: Index, end: Index) -> tuple[Index, Index]:
    """Return of each slice the first line that has something, and the end of these."""
    has = first < end
    lines = has.shape[1]
    begin = np.where(has.any(1), has.argmax(1), 0)
    stop = np.where(has.any(1), lines - has[:, ::-1].argmax(1), 0)
    return begin, stop


def _share(spans: tuple[Index, Index], slices: Index, line: Index, low: Index, high: Index) -> NDArray[np.float64]:
    """Return the share of a line of each slice that is held between two ends."""
    first, end = (one[slices, line] for one in spans)
    return np.asarray((np.minimum(end, high) - np.maximum(first, low)).clip(0) / (high - low))
