"""Keep what a plane showed last of a volume: its values, and what was made of them to blend them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.slices.entries import (
    Entries,
    EntryTable,
    ValueIndex,
    float_entries,
    float_first_seen,
    int16_entries,
    int16_first_seen,
)
from viewer3d.render.slices.tiles import PanePart, Tiles, runs, tile_peaks, tile_shape

if TYPE_CHECKING:
    from viewer3d.render.marks.strokes import Strokes


class Kept:
    """What a plane showed last of a volume: the values, and what was made of them.

    Attributes
    ----------
    key : object
        All that decides the values.
    values : ndarray of int16 or float32, shape (height, width)
    covered : tuple of slice
        The rows and columns outside of which there is nothing of the volume.
    """

    def __init__(self) -> None:
        self.key: object = None
        self.values: NDArray[Any] = np.empty((0, 0), np.int16)
        self.covered: PanePart = (slice(0, 0), slice(0, 0))
        # By the number of a layer what decides its entries, and the tiles in which they were found.
        self._found: dict[int, tuple[object, Tiles]] = {}
        self._index: ValueIndex | None = None
        self._peaks: NDArray[np.int64] | None = None
        self._rooms: dict[object, NDArray[Any]] = {}
        # By the number of a layer its levels and their lines.
        self._lines: dict[int, tuple[tuple[float, ...], tuple[Strokes, ...]]] = {}

    def take(self, key: object, values: NDArray[Any], covered: PanePart) -> None:
        """Take other values; what was made of those before is forgotten."""
        self.key, self.values, self.covered, self._found = key, values, covered, {}
        self._index = self._peaks = None
        self._lines = {}

    def lines(self, number: int, levels: tuple[float, ...], scale: float = 1.0) -> tuple[Strokes, ...]:
        """Find the lines of levels of a layer, where they were not found before.

        Parameters
        ----------
        number : int
            Of the layer.
        levels : tuple of float
        scale : float
            How much wider they are than on a screen; it is the same for all pixels of one key.
        """
        if number not in self._lines or self._lines[number][0] != levels:
            from viewer3d.render.slices.level_lines import level_strokes  # noqa: PLC0415 (few layers have levels)

            self._lines[number] = levels, level_strokes(self.values, self.covered, levels, scale)
        return self._lines[number][1]

    def seen(self, table: EntryTable, is_seen: NDArray[np.bool_]) -> Tiles:
        """Find the tiles of the pane in which something of a layer may be seen.

        Parameters
        ----------
        table : EntryTable
        is_seen : ndarray of bool, shape (N,)
            Of each entry.
        """
        if self.values.dtype == np.int16:
            first = int16_first_seen(table, is_seen)
        else:
            first = float_first_seen(table, self._counted(table), is_seen)
        if self._peaks is None:
            values = self.values[self.covered] if self._index is None else self._index.buckets
            self._peaks = tile_peaks(values, self.covered, self._shape)
        seen: Tiles = self._peaks >= first
        return seen

    def entries(
        self,
        number: int,
        table: EntryTable,
        part: PanePart,
        tiles: Tiles,
        finish: tuple[object, Callable[[Entries], None]] | None = None,
    ) -> Entries:
        """Find the entries of a layer in some tiles, where they were not found before.

        Parameters
        ----------
        number : int
            Of the layer: each has entries of its own, also of the same values.
        table : EntryTable
        part : tuple of slice
            Its rows and columns in the pane: what is covered, or less columns on the left.
        tiles : ndarray of bool
        finish : tuple of object and function, optional
            What is done with the entries of all tiles, and what decides that.

        Returns
        -------
        ndarray of int32, shape (rows, columns)
            It is overwritten by the next ones of the same number.
        """
        rows, columns = part
        entries: Entries = self._room(number, (rows.stop - rows.start, columns.stop - columns.start), np.int32)
        key = table, rows, columns, finish and finish[0]
        if number not in self._found or self._found[number][0] != key:
            self._found[number] = key, np.zeros(tile_shape(self._shape), np.bool_)
        done = self._found[number][1]
        missing = tiles & ~done
        if not missing.any():
            return entries
        missing |= finish is not None
        parts = (
            (slice(a.start - rows.start, a.stop - rows.start), slice(b.start - columns.start, b.stop - columns.start))
            for a, b in runs(missing, part)
        )
        values = self.values[part]
        if values.dtype == np.int16:
            int16_entries(values, table, parts, entries)
        else:
            index = self._counted(table)  # again: another layer may have counted the same values otherwise
            buckets = index.buckets[:, columns.start - self.covered[1].start :]
            float_entries(values, replace(index, buckets=buckets), table, parts, entries)
        if finish is not None:
            finish[1](entries)
        done |= missing
        return entries

    @property
    def _shape(self) -> tuple[int, int]:
        return self.values.shape[0], self.values.shape[1]

    def _counted(self, table: EntryTable) -> ValueIndex:
        if self._index is None or not self._index.fits(table.steps):
            values = self.values[self.covered]
            self._index = ValueIndex.around(table.steps, values, self._room("buckets", values.shape, np.uint16))
            self._peaks = None
        return self._index

    def _room(self, name: object, shape: tuple[int, int], dtype: type) -> NDArray[Any]:
        # The array of a name that there was before, or another where its shape is not that: memory that is new at each
        # step takes as long as what is done with it.
        if name not in self._rooms or self._rooms[name].shape != shape:
            self._rooms[name] = np.empty(shape, dtype)
        return self._rooms[name]
