"""Reel: frames on their way into a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PictureStream:
    """Frames and what a file says of them.

    Attributes
    ----------
    frames : iterator of ndarray of uint8, shape (height, width, 3)
        They can be taken once.
    count : int
        How many there are.
    size : tuple of int
        Width and height in pixels.
    rate : float
        Frames per second.
    texts : mapping of str to str
        What the file carries with it, by key; see :mod:`viewer3d.recipes.embed`.
    """

    frames: Iterator[NDArray[np.uint8]]
    count: int
    size: tuple[int, int]
    rate: float
    texts: Mapping[str, str]

    @property
    def milliseconds(self) -> int:
        """How long a frame stays."""
        return round(1000 / self.rate)


def changed_part(frame: NDArray[np.uint8], before: NDArray[np.uint8] | None) -> tuple[slice, slice]:
    """Return the rows and columns of a frame that are not as before, from even ones on: all when nothing was before."""
    if before is None:
        return slice(0, frame.shape[0]), slice(0, frame.shape[1])
    differs = (frame != before).any(2)
    rows, columns = (_span(differs.any(axis)) for axis in (1, 0))
    return rows, columns


def _span(differs: NDArray[np.bool_]) -> slice:
    places = np.flatnonzero(differs)
    return slice(int(places[0]) // 2 * 2, int(places[-1]) + 1) if len(places) else slice(0, 1)
