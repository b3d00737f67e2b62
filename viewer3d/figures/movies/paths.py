"""The steps of movies: positions along a normal, windows between windows, and back again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.window import Window
from viewer3d.errors import ViewError

_T = TypeVar("_T")

MOST_PICTURES: Final = 10_000
"""Of a movie, a quarter of an hour: a recipe may ask for any number, and all states are there before a picture."""


def checked_count(frames: int, what: str = "movie") -> int:
    """Return the number of pictures of a movie, or of what else turns, checked.

    Raises
    ------
    ViewError
        When it is none that a movie can have.
    """
    if not isinstance(frames, int | np.integer) or not 2 <= frames <= MOST_PICTURES:
        raise ViewError(f"{what} of {frames} frames: give a whole number from 2 to {MOST_PICTURES:,}")
    return int(frames)


def steps_to_the_end(frames: int) -> int:
    """Return the number of steps to the other end, for so many pictures there and back.

    Raises
    ------
    ViewError
        When they are no even number.
    """
    if checked_count(frames) % 2:
        raise ViewError(f"movie of {frames} frames there and back: give an even number, as {frames + 1}")
    return frames // 2


def there_and_back(items: Sequence[_T]) -> list[_T]:
    """List items to the last and back to the second, so that a loop shows none twice in a row.

    Examples
    --------
    >>> there_and_back([1, 2, 3, 4])
    [1, 2, 3, 4, 3, 2]
    """
    return [*items, *items[-2:0:-1]]


def slice_positions(geometry: Geometry, normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the positions of slices along a normal, in mm.

    Parameters
    ----------
    geometry : Geometry
    normal : ndarray, shape (3,)
        A world direction of length 1.

    Returns
    -------
    ndarray of float64
        In mm, growing: a voxel apart, the outer ones half a voxel inside; of planes along the grid its own slices.
    """
    ends = geometry.corners @ normal
    low, high = float(ends.min()), float(ends.max())
    step = 1 / float(np.abs(geometry.inverse[:3, :3] @ normal).max())
    count = max(1, round((high - low) / step))
    return low + (np.arange(count, dtype=np.float64) + 0.5) * np.float64((high - low) / count)


def interpolated_window(windows: Sequence[Window], position: float) -> Window:
    """Return the window at a position in a list of windows, interpolated between two.

    Between two the width changes by the same factor everywhere, as if one came nearer to a value that stays, and the
    center goes along.

    Parameters
    ----------
    windows : sequence of Window
    position : float
        From 0 to their number less 1; at a whole number it is that window itself.

    Examples
    --------
    >>> interpolated_window([Window(0, 100), Window(300, 400)], 0.5)
    Window(center=100.0, width=200.0, function='LINEAR')
    """
    number, share = divmod(position, 1)
    if share == 0:
        return windows[int(number)]
    one, other = (windows[int(number) + n].without_table for n in (0, 1))
    width = one.width * (other.width / one.width) ** share
    part = share if one.width == other.width else (width - one.width) / (other.width - one.width)
    function = one.function if one.function == other.function else "LINEAR_EXACT"
    return Window(one.center + part * (other.center - one.center), width, function)
