"""The pictures of a movie on their way into a file, and what changes from one to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PictureStream:
    """The pictures of a movie, which can be taken once, and what a file says of them.

    Attributes
    ----------
    pictures : iterator of ndarray of uint8, shape (height, width, 3)
        They can be taken once.
    count : int
        How many there are.
    size : tuple of int
        Width and height in pixels.
    rate : float
        Pictures per second.
    texts : mapping of str to str
        What the file carries with it, by key; see :mod:`viewer3d.recipes.embed`.
    """

    pictures: Iterator[NDArray[np.uint8]]
    count: int
    size: tuple[int, int]
    rate: float
    texts: Mapping[str, str]

    @property
    def milliseconds(self) -> int:
        """How long a picture is shown."""
        return round(1000 / self.rate)


def changed_parts(stream: PictureStream) -> Iterator[tuple[NDArray[np.uint8], slice, slice]]:
    """Yield of each picture the part that is not as in the picture before.

    Yields
    ------
    pixels : ndarray of uint8, shape (height, width, 3)
        Of the part; the whole first picture.
    rows, columns : slice
        Where it lies; they begin at even numbers.
    """
    before: NDArray[np.uint8] | None = None
    for picture in stream.pictures:
        rows, columns = _changed(picture, before)
        yield picture[rows, columns], rows, columns
        before = picture


def _changed(picture: NDArray[np.uint8], before: NDArray[np.uint8] | None) -> tuple[slice, slice]:
    if before is None:
        return slice(0, picture.shape[0]), slice(0, picture.shape[1])
    differs = (picture != before).any(2)
    rows, columns = (_span(differs.any(axis)) for axis in (1, 0))
    return rows, columns


def _span(differs: NDArray[np.bool_]) -> slice:
    places = np.flatnonzero(differs)
    return slice(int(places[0]) // 2 * 2, int(places[-1]) + 1) if len(places) else slice(0, 1)
