"""Record when each part of a picture has changed, for clients that have seen it at different times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.marks.display_list import EMPTY
from viewer3d.render.panes import Rect

BLOCK: Final = 16
"""Side of the squares, in pixels, of which each has changed or not: two blocks of JPEG."""

_WORDS: Final = BLOCK * 3 // 8
"""Words of 64 bits in a row of a block: they are compared instead of bytes."""

_FEWEST_SAVED: Final = 24
"""Blocks that a cut must leave out: for fewer, another picture takes more bytes and time than it saves."""


class ChangingPicture:
    """A picture, and for each block of it when it changed last.

    Attributes
    ----------
    serial : int
        Goes up with every change.
    changed : ndarray of int64, shape (rows, columns) of blocks
        The serial with which each block changed.
    """

    def __init__(self, size: tuple[int, int] = (1, 1)) -> None:
        self.serial = 0
        self.resize(size)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._width, self._height

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The picture, shape (height, width, 3)."""
        return self._padded.reshape(self._padded.shape[0], -1, 3)[: self._height, : self._width]

    def resize(self, size: tuple[int, int]) -> None:
        """Take another width and height in pixels; all of it has changed then, and is empty."""
        self._width, self._height = size
        rows, columns = (-(-side // BLOCK) for side in (self._height, self._width))
        self._padded = np.empty((rows * BLOCK, columns * BLOCK * 3), np.uint8)
        self._padded.reshape(-1, 3)[:] = EMPTY
        self.serial += 1
        self.changed = np.full((rows, columns), self.serial)

    def put(self, picture: NDArray[np.uint8], rects: Iterable[Rect], left: int = 0) -> bool:
        """Take parts of a picture, as far as they lie in this one, and return whether that changed anything.

        Parameters
        ----------
        picture : ndarray of uint8, shape (height, width, 3)
        rects : iterable of Rect
            The parts, in pixels of the picture.
        left : int
            The column of this picture at which the other begins.
        """
        serial = self.serial + 1
        for rect in rects:
            self._put(picture, rect, left, serial)
        return self.serial == serial

    def _put(self, picture: NDArray[np.uint8], rect: Rect, left: int, serial: int) -> None:
        part = picture[rect.rows, rect.columns]
        x, y = left + rect.left, rect.top
        part = part[: max(self._height - y, 0), : max(self._width - x, 0)]
        rows, columns = part.shape[:2]
        if not rows or not columns:
            return
        top, bottom = y // BLOCK, -(-(y + rows) // BLOCK)
        first, last = x // BLOCK, -(-(x + columns) // BLOCK)
        place = slice(top * BLOCK, bottom * BLOCK), slice(first * BLOCK * 3, last * BLOCK * 3)
        before = self._padded[place]
        now = before.copy()
        into_x, into_y = x - first * BLOCK, y - top * BLOCK
        now.reshape(now.shape[0], -1, 3)[into_y : into_y + rows, into_x : into_x + columns] = part
        other = now.view(np.uint64) != before.view(np.uint64)
        in_rows = np.logical_or.reduce(other.reshape(bottom - top, BLOCK, -1), axis=1)
        other = in_rows.reshape(bottom - top, last - first, _WORDS).any(axis=2)
        if other.any():
            before[...] = now
            self.changed[top:bottom, first:last][other] = serial
            self.serial = serial

    def rects(self, blocks: NDArray[np.bool_]) -> list[Rect]:
        """Return few rectangles of pixels that hold all of some blocks, which is (rows, columns) bool."""
        found: list[Rect] = []
        _cut(blocks, 0, 0, found)
        width, height = self.size
        return [_in_pixels(one, width, height) for one in found]


def blocks_in(shape: tuple[int, int], rects: Iterable[Rect]) -> NDArray[np.bool_]:
    """Return which blocks, (rows, columns), lie in rectangles of pixels that begin and end with blocks."""
    blocks = np.zeros(shape, bool)
    for one in rects:
        rows = slice(one.top // BLOCK, -(-(one.top + one.height) // BLOCK))
        blocks[rows, one.left // BLOCK : -(-(one.left + one.width) // BLOCK)] = True
    return blocks


def _in_pixels(rect: Rect, width: int, height: int) -> Rect:
    left, top = rect.left * BLOCK, rect.top * BLOCK
    return Rect(left, top, min(rect.width * BLOCK, width - left), min(rect.height * BLOCK, height - top))


def _cut(blocks: NDArray[np.bool_], top: int, left: int, found: list[Rect]) -> None:
    rows, columns = np.flatnonzero(blocks.any(axis=1)), np.flatnonzero(blocks.any(axis=0))
    if not len(rows):
        return
    height, width = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
    row, saved_rows = _widest_gap(rows)
    column, saved_columns = _widest_gap(columns)
    if max(saved_rows * width, saved_columns * height) < _FEWEST_SAVED:
        found.append(Rect(left + int(columns[0]), top + int(rows[0]), width, height))
    elif saved_rows * width >= saved_columns * height:
        _cut(blocks[:row], top, left, found)
        _cut(blocks[row:], top + row, left, found)
    else:
        _cut(blocks[:, :column], top, left, found)
        _cut(blocks[:, column:], top, left + column, found)


def _widest_gap(used: NDArray[np.intp]) -> tuple[int, int]:
    """Return the first number after the widest gap in rising numbers, and how many are missing there."""
    if len(used) < 2:
        return 0, 0
    gaps = np.diff(used)
    widest = int(gaps.argmax())
    return int(used[widest + 1]), int(gaps[widest]) - 1
