"""Find the lines along which the values of a slice are a level, as isodose lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.marks.strokes import Segments, Strokes, strokes
from viewer3d.render.slices.slab import OUTSIDE
from viewer3d.render.slices.tiles import PanePart

LEVEL_WIDTH: Final = 2.0
"""Pixels of a line."""

_TOP, _RIGHT, _BOTTOM, _LEFT = range(4)
"""The sides of a square of four pixels, whose corners count 1, 2, 4 and 8 from the left top on, clockwise."""

_SIDES: Final = {
    1: (_LEFT, _TOP),
    2: (_TOP, _RIGHT),
    3: (_LEFT, _RIGHT),
    4: (_RIGHT, _BOTTOM),
    6: (_TOP, _BOTTOM),
    7: (_LEFT, _BOTTOM),
}
"""Which two sides a line passes, by the corners that are above the level; of the others it is the same."""

_PAIRS: Final = np.array([_SIDES.get(case, _SIDES.get(15 - case, (-1, -1))) for case in range(16)])

_SADDLES: Final = (5, 10)
"""Two opposite corners are above: two lines, which part the two corners that are above, or the two that are below."""


def isolines(values: NDArray[Any], level: float) -> Segments:
    """Return the lines along which values are a level, by marching squares.

    Parameters
    ----------
    values : ndarray of int16 or float32, shape (height, width)
        Of the centres of pixels; what is :data:`OUTSIDE` or not finite has no lines beside it.
    level : float
        Pixels of that value are above it.

    Returns
    -------
    ndarray of float64, shape (N, 2, 2)
        A straight line in each square of four pixels that it passes, two where the level is above and below at opposite
        corners: these are parted as bilinear interpolation has them (Nielson and Hamann 1991, "The asymptotic
        decider"). Columns and rows of their ends, whole numbers at pixel centres.
    """
    is_whole = values.dtype == np.int16
    # A whole level is compared in int16, which takes a fraction of the time.
    least = np.int16(np.clip(np.ceil(level), OUTSIDE + 1, 32767)) if is_whole else np.float32(level)
    if is_whole and level > np.iinfo(np.int16).max:
        return np.empty((0, 2, 2))
    above = values >= least
    first = above[:-1, :-1]
    crossed = (first ^ above[:-1, 1:]) | (first ^ above[1:, :-1]) | (first ^ above[1:, 1:])
    row, column = np.divmod(np.flatnonzero(crossed), max(values.shape[1] - 1, 1))
    corners = np.array([values[row + down, column + across] for across, down in ((0, 0), (1, 0), (1, 1), (0, 1))])
    known = (corners != OUTSIDE).all(0) if is_whole else np.isfinite(corners).all(0)
    row, column, corners = row[known], column[known], corners[:, known].astype(np.float64)
    case = (corners >= float(least)).T @ (1, 2, 4, 8)
    pairs = _PAIRS[case]
    saddles = np.flatnonzero(np.isin(case, _SADDLES))
    if saddles.size:
        parts_top_left = (case[saddles] == _SADDLES[0]) != (_saddle_values(corners[:, saddles]) >= level)
        pairs[saddles] = np.where(parts_top_left[:, None], (_LEFT, _TOP), (_TOP, _RIGHT))
        others = np.where(parts_top_left[:, None], (_RIGHT, _BOTTOM), (_LEFT, _BOTTOM))
        pairs = np.concatenate([pairs, others])
        row, column = (np.append(one, one[saddles]) for one in (row, column))
        corners = np.concatenate([corners, corners[:, saddles]], axis=1)
    start = np.stack([column, row], axis=-1).astype(np.float64)
    return start[:, None] + np.stack([_on_sides(corners, pairs[:, end], level) for end in (0, 1)], axis=1)


def _saddle_values(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where bilinear interpolation has its saddle the value there."""
    a, b, c, d = corners
    value: NDArray[np.float64] = (a * c - b * d) / (a + c - b - d)
    return value


def _on_sides(corners: NDArray[np.float64], sides: NDArray[np.intp], level: float) -> NDArray[np.float64]:
    """Return at which places of a square, (N, 2), sides of it have the level."""
    # Top and bottom are followed to the right, left and right down: two squares find the same place on their side.
    number = np.arange(len(sides))
    begin = corners[np.array([0, 1, 3, 0])[sides], number]
    end = corners[np.array([1, 2, 2, 3])[sides], number]
    share = np.clip((level - begin) / (end - begin), 0, 1)
    is_level = (sides == _TOP) | (sides == _BOTTOM)
    across = np.where(is_level, share, sides == _RIGHT)
    down = np.where(is_level, sides == _BOTTOM, share)
    return np.stack([across, down], axis=-1)


def level_strokes(
    values: NDArray[Any], part: PanePart, levels: Sequence[float], scale: float = 1.0
) -> tuple[Strokes, ...]:
    """Find the pixels of the lines of levels, of each level by themselves.

    Parameters
    ----------
    values : ndarray of int16 or float32, shape (height, width)
    part : tuple of slice
        Rows and columns in which there are values.
    levels : sequence of float
    scale : float
        Of their width, :data:`LEVEL_WIDTH`.
    """
    rows, columns = part
    start, width = (columns.start, rows.start), LEVEL_WIDTH * scale
    return tuple(strokes(isolines(values[part], one) + start, width, values.shape[:2]) for one in levels)
