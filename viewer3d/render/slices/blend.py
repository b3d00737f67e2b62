"""Blend layers of a slice: two by a table of all pairs of entries, more in float32, rounded once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from viewer3d.render.colors import fill_with, palette
from viewer3d.render.marks.display_list import BLACK, Color
from viewer3d.render.slices.entries import CLEAR, Entries
from viewer3d.render.slices.tiles import ROWS, PanePart, Tiles, runs

Words = NDArray[np.uint32]
"""Colours as they lie in memory: red, green, blue, and a byte that is not used."""

_SHIFTS: Final = (0, 8, 16) if sys.byteorder == "little" else (24, 16, 8)
"""Bits that red, green and blue are shifted by in a word."""

_WHOLE: Final = np.uint32(0xFF << 24)
"""The whole part of a level with 24 binary places."""

_TABLE_ROWS: Final = 128
"""Computed at a time, see :data:`viewer3d.render.slices.tiles.ROWS`."""

_Drawer = Callable[[PanePart], Words]


@dataclass(frozen=True)
class EntryColors:
    """The colour and opacity of each entry of a layer.

    Attributes
    ----------
    colors : str
        Name of the colour map.
    greys, shares : bytes
        Of each entry the grey (uint8) and the share of the opacity (float32), see
        :class:`viewer3d.render.slices.entries.LookSteps`.
    opacity : float
        0 to 1.
    """

    colors: str
    greys: bytes
    shares: bytes
    opacity: float

    @property
    def black(self) -> int:
        """The entry of opaque black, for the voxels without a value of an opaque layer."""
        return len(self.greys)

    @property
    def count(self) -> int:
        """How many entries there are."""
        return self.black + 1

    def is_seen(self) -> NDArray[np.bool_]:
        """Return of which entries, shape (N,), something is added to black."""
        return _table(self)[2]

    def table(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the colours, 0 to 255 and shape (N, 3), and the opacities, 0 to 1 and shape (N,).

        The last one is that of :attr:`black`.
        """
        return _table(self)[:2]


@lru_cache(maxsize=32)  # of 20 KB
def _table(one: EntryColors) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    drawn = palette(one.colors)[np.frombuffer(one.greys, np.uint8)]
    colors = np.vstack([drawn, [BLACK]]).astype(np.float64)
    opacities = np.append(np.frombuffer(one.shares, np.float32) * np.float64(one.opacity), 1.0)
    return colors, opacities, opacities * colors.max(axis=1) > 0


@dataclass(frozen=True, eq=False)
class EntryLayer:
    """The entries of a layer in a pane.

    Attributes
    ----------
    rows, columns : slice
        Of the pane; nothing of the layer is outside of them.
    entries : ndarray of int32, shape (rows, columns)
        Times the stride: of the upper one of two layers :attr:`EntryColors.count` of the lower one, else 1. Those in
        tiles that are not drawn need not be there.
    colors : EntryColors
    """

    rows: slice
    columns: slice
    entries: Entries
    colors: EntryColors

    def within(self, part: PanePart) -> tuple[PanePart, Entries]:
        """Return which rows and columns of a part of the pane the layer is in, and the entries there."""
        top, bottom = max(part[0].start, self.rows.start), min(part[0].stop, self.rows.stop)
        left, right = max(part[1].start, self.columns.start), min(part[1].stop, self.columns.stop)
        bottom, right = max(bottom, top), max(right, left)
        down, across = part[0].start, part[1].start
        box = slice(top - down, bottom - down), slice(left - across, right - across)
        down, across = self.rows.start, self.columns.start
        return box, self.entries[top - down : bottom - down, left - across : right - across]


def blend(picture: NDArray[np.uint8], layers: Sequence[EntryLayer], tiles: Tiles, ground: Color) -> None:
    """Draw layers over a ground, each over those before it.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        All of it is drawn.
    layers : sequence of EntryLayer
    tiles : ndarray of bool
        The tiles in which layers are drawn; the others are the ground.
    ground : tuple of int
        Red, green and blue, 0 to 255.

    Notes
    -----
    A pixel is ``below * (1 - a) + color * a`` of each layer in turn (Porter and Duff's "over", opaque ground), rounded
    once, at the end.
    """
    fill_with(picture, ground)
    rows, columns = (
        slice(min(p.start for p in parts), max(p.stop for p in parts))
        for parts in ([one.rows for one in layers], [one.columns for one in layers])
    )
    write = word_writer(picture)
    draw = _pair_drawer(layers, ground) if len(layers) <= 2 else _plane_drawer(layers, ground)
    for part in runs(tiles, (rows, columns)):
        write(part, draw(part))


def _pair_drawer(layers: Sequence[EntryLayer], ground: Color) -> _Drawer:
    *below, above = layers
    words = _pair_words(below[0].colors if below else None, above.colors, ground).reshape(-1)
    widest = ROWS * max(one.columns.stop for one in layers)
    room = np.empty(widest, np.int32), np.empty(widest, np.uint32)  # memory of its own would be new for each part

    def draw(part: PanePart) -> Words:
        shape = part[0].stop - part[0].start, part[1].stop - part[1].start
        index, drawn = (one[: shape[0] * shape[1]].reshape(shape) for one in room)
        found = [one.within(part) for one in layers]
        if len(found) == 2 and found[0][1].shape == found[1][1].shape == shape:
            np.add(found[0][1], found[1][1], out=index)
        else:
            index[...] = CLEAR
            for box, entries in found:
                index[box] += entries
        return np.take(words, index, out=drawn, mode="wrap")  # none is beyond; numpy buffers what may raise

    return draw


@lru_cache(maxsize=8)  # of 0.5 MB, as a table of 256 greys and a ramp below 256 greys has
def _pair_words(below: EntryColors | None, above: EntryColors, ground: Color) -> Words:
    # Shape (entries above, entries below): what a pixel of two layers is; of one layer there is one entry below. Whole
    # numbers of 24 binary places, for a new table is made at each step of an opacity.
    under = np.array([ground], np.float64)
    if below is not None:
        colors, opacities = below.table()
        under = under * (1 - opacities)[:, None] + colors * opacities[:, None]
    colors, opacities = above.table()
    channels = np.rint(under.T * (1 << 8)).astype(np.uint32)
    rest = np.rint((1 - opacities) * (1 << 16)).astype(np.uint32)[:, None]
    added = np.rint(colors * opacities[:, None] * (1 << 24) + (1 << 23)).astype(np.uint32)
    is_grey = bool((channels == channels[0]).all())
    words = np.empty((len(colors), len(under)), np.uint32)
    for first in range(0, len(words), _TABLE_ROWS):
        band = slice(first, first + _TABLE_ROWS)
        part = words[band]
        shared = rest[band] * channels[0]
        level = np.empty_like(shared)
        part[...] = 0
        for channel, shift in enumerate(_SHIFTS):
            if channel and not is_grey:
                np.multiply(rest[band], channels[channel], out=shared)
            np.add(shared, added[band, channel, None], out=level)
            level &= _WHOLE
            level >>= 24 - shift
            part |= level
    words.flags.writeable = False
    return words


def _plane_drawer(layers: Sequence[EntryLayer], ground: Color) -> _Drawer:
    # Red, green and blue by themselves: numpy multiplies whole planes several times faster than pixels of three.
    tables = []
    for one in layers:
        colors, opacities = one.colors.table()
        added = np.ascontiguousarray((colors * opacities[:, None]).T, np.float32)
        tables.append((one, (1 - opacities).astype(np.float32), added))

    def draw(part: PanePart) -> Words:
        shape = part[0].stop - part[0].start, part[1].stop - part[1].start
        planes = np.empty((3, *shape), np.float32)
        planes[...] = np.array(ground, np.float32)[:, None, None]
        for one, rest, added in tables:
            box, entries = one.within(part)
            index = entries.astype(np.intp)
            planes[:, *box] *= np.take(rest, index)
            for plane, add in zip(planes, added, strict=True):
                plane[box] += np.take(add, index)
        np.rint(planes, out=planes)
        words = np.empty((*shape, 4), np.uint8)
        for channel in range(3):
            words[..., channel] = planes[channel]
        return words.view(np.uint32)[..., 0]

    return draw


def word_writer(picture: NDArray[np.uint8]) -> Callable[[PanePart, Words], None]:
    """Make what writes colours into a picture.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        It may be a part of a larger one.

    Returns
    -------
    function of tuple of slice and ndarray of uint32
        Takes rows and columns, and their colours.
    """
    height, width = picture.shape[:2]
    # Whole words, each over the fourth byte of the one before: a third of the time of three channels. The last column
    # is written by channels, for its fourth byte is of the next pixel.
    whole = None
    if picture.strides[1:] == (3, 1) and width > 1:
        whole = as_strided(picture, (height, width - 1, 4), picture.strides).view(np.uint32)[..., 0]

    def write(part: PanePart, words: Words) -> None:
        rows, columns = part
        first = columns.start
        if whole is not None:
            whole[rows, first : columns.stop - 1] = words[:, :-1]
            first = columns.stop - 1
        rest = words.view(np.uint8).reshape(*words.shape, 4)[:, first - columns.start :]
        for channel in range(3):
            picture[rows, first : columns.stop, channel] = rest[..., channel]

    return write


def clear_squares(entries: Entries, side: int, start: tuple[int, int]) -> None:
    """Clear a layer in every other square of a pane, the first at the left top.

    Parameters
    ----------
    entries : ndarray of int32, shape (height, width)
    side : int
        Of the squares in pixels.
    start : tuple of int
        The row and column of the pane at which entries begin.
    """
    height, width = entries.shape
    for row in range(start[0] // side, (start[0] + height - 1) // side + 1):
        band = entries[max(row * side - start[0], 0) : (row + 1) * side - start[0]]
        for column in range(start[1] // side, (start[1] + width - 1) // side + 1):
            if (row + column) % 2 == 0:
                band[:, max(column * side - start[1], 0) : (column + 1) * side - start[1]] = CLEAR
