"""Divide a pane into tiles, of which those need not be looked at in which all is black.

Beside a patient is air: half of a pane is black over black, and a blend of layers costs as much as what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

ROWS: Final = 64
"""Of a tile. So many are worked on at a time: what numpy holds for them meanwhile stays in a processor's cache; of a
whole pane it would be memory that the system hands out anew each time, which takes longer than the work."""

COLUMNS: Final = 32
"""Of a tile."""

Tiles = NDArray[np.bool_]
"""Some of the tiles of a pane, shape (bands, tiles), counted from its top and left."""

PanePart = tuple[slice, slice]
"""Rows and columns."""


def tile_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """Return how many tiles a pane of some height and width has in a column and in a row."""
    return -(-shape[0] // ROWS), -(-shape[1] // COLUMNS)


def runs(tiles: Tiles, within: PanePart) -> Iterator[PanePart]:
    """Yield the parts of a pane that tiles cover, those beside each other together.

    Parameters
    ----------
    tiles : ndarray of bool
    within : tuple of slice
        Rows and columns of the pane; what is beyond them is left out.
    """
    rows, columns = within
    edged = np.zeros((tiles.shape[0], tiles.shape[1] + 2), np.int8)
    edged[:, 1:-1] = tiles
    bands, edges = np.nonzero(edged[:, 1:] != edged[:, :-1])
    found = zip(bands[::2].tolist(), edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    for band, begin, end in found:
        lines = slice(max(band * ROWS, rows.start), min((band + 1) * ROWS, rows.stop))
        part = slice(max(begin * COLUMNS, columns.start), min(end * COLUMNS, columns.stop))
        if lines.start < lines.stop and part.start < part.stop:
            yield lines, part


def tile_peaks(values: NDArray[Any], within: PanePart, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Find the highest value in each tile of a pane.

    Parameters
    ----------
    values : ndarray of int16 or uint16, shape (height, width)
    within : tuple of slice
        The rows and columns of the pane that they are in.
    shape : tuple of int
        Height and width of the pane.

    Returns
    -------
    ndarray of int64, shape (bands, tiles)
        Of an int16 value 32,768 more than it; -1 where there is none.
    """
    rows, columns = within
    found = np.full(tile_shape(shape), -1, np.int64)
    first = columns.start // COLUMNS
    starts = np.arange(first * COLUMNS, columns.stop, COLUMNS)
    starts = np.maximum(starts - columns.start, 0)
    zero = 32768 if values.dtype == np.int16 else 0
    for band in range(rows.start // ROWS, -(-rows.stop // ROWS)):
        part = values[max(band * ROWS - rows.start, 0) : (band + 1) * ROWS - rows.start]
        highest = np.maximum.reduceat(part.max(axis=0), starts)
        found[band, first : first + len(starts)] = highest.astype(np.int64) + zero
    return found
