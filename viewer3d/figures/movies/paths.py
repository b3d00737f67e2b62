"""What movies pass through: places along a normal, windows between windows, and the way back. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.window import Window
from viewer3d.errors import ViewError

T = TypeVar("T")


MOST_FRAMES: Final = 10_000
"""Of a movie, a quarter of an hour: a recipe may ask for any number, and all states are there before a frame."""


def whole(frames: int) -> int:
    """Return a number of frames.

    Raises
    ------
    ViewError
        When it is none that a movie can have.
    """
    if not isinstance(frames, int | np.integer) or not 2 <= frames <= MOST_FRAMES:
        raise ViewError(f"movie of {frames} frames: give a whole number from 2 to {MOST_FRAMES:,}")
    return int(frames)


def half(frames: int) -> int:
    """Return how many steps it is to the other end when there and back are so many frames.

    Raises
    ------
    ViewError
        When they are no even number.
    """
    if whole(frames) % 2:
        raise ViewError(f"movie of {frames} frames there and back: give an even number, as {frames + 1}")
    return frames // 2


def there_and_back(frames: Sequence[T]) -> list[T]:
    """Go to the last and back to the second, so that none comes twice in a row when all begins again.

    Examples
    --------
    >>> there_and_back([1, 2, 3, 4])
    [1, 2, 3, 4, 3, 2]
    """
    return [*frames, *frames[-2:0:-1]]


def places(geometry: Geometry, normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where slices lie along a normal.

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


def between(windows: Sequence[Window], place: float) -> Window:
    """Return the window at a place in a list of them.

    Between two the width changes by the same factor everywhere, as if one came nearer to a value that stays, and the
    center goes along.

    Parameters
    ----------
    windows : sequence of Window
    place : float
        From 0 to their number less 1; at a whole number it is that window itself.

    Examples
    --------
    >>> between([Window(0, 100), Window(300, 400)], 0.5)
    Window(center=100.0, width=200.0, function='LINEAR')
    """
    number, share = divmod(place, 1)
    if share == 0:
        return windows[int(number)]
    one, other = (windows[int(number) + n].plain for n in (0, 1))
    width = one.width * (other.width / one.width) ** share
    way = share if one.width == other.width else (width - one.width) / (other.width - one.width)
    function = one.function if one.function == other.function else "LINEAR_EXACT"
    return Window(one.center + way * (other.center - one.center), width, function)
