"""The panel of series at the left of the window: what it shows and what is chosen in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer3d.dicom.series.catalog import Entry
from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, PLANE_COLORS, Color, Text
from viewer3d.render.marks.metrics import CAP_HEIGHT, SMALLEST_TEXT
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.marks.typesetting import shortened

LARGEST_TEXT = 14

WIDE, HIGH = 19, 5.5
"""Width of the panel and height of a row, of the text size."""

SELECTED: Color = (30, 32, 36)
"""Behind the row that Return would open."""

EDGE: Color = (38, 40, 44)
"""Of the line at the panel's right: that between panes."""

BOX: Color = (20, 21, 24)
"""Where a thumbnail is to come."""

LETTER_WIDE = 0.53
"""Width of a letter, of the text size: most lines come out shorter."""

Thumbnail = NDArray[np.uint8]


@dataclass(frozen=True)
class Panel:
    """What the panel shows.

    Attributes
    ----------
    count : int
        Entries on the shelf.
    opened : int
        The entry that is seen, or being loaded; -1 for none.
    selected : int
        The entry that Return opens.
    first : int
        The entry at the top.
    is_shown : bool
    has_keys : bool
        Whether the keys that move about are for the panel, not for the slices.
    """

    count: int = 0
    opened: int = -1
    selected: int = 0
    first: int = 0
    is_shown: bool = False
    has_keys: bool = False


def text_size(size: tuple[int, int]) -> int:
    """Return the size of text in the panel of a window of a size, in pixels."""
    return max(SMALLEST_TEXT, min(LARGEST_TEXT, size[1] // 62))


def panel_width(size: tuple[int, int]) -> int:
    """Return the columns that the panel takes: half of the window at most."""
    return min(WIDE * text_size(size), size[0] // 2)


def row_height(size: tuple[int, int]) -> int:
    """Return the rows of pixels that an entry takes."""
    return round(HIGH * text_size(size))


def is_over(panel: Panel, size: tuple[int, int], x: float) -> bool:
    """Whether a column of the window is the panel's."""
    return panel.is_shown and 0 <= x < panel_width(size)


def entry_at(panel: Panel, size: tuple[int, int], y: float) -> int | None:
    """Return the entry that a row of the window is in."""
    entry = panel.first + int(y // row_height(size))
    return entry if y >= 0 and entry < panel.count else None


def moved(panel: Panel, size: tuple[int, int], steps: int) -> Panel:
    """Select another entry, so many further down, and bring it into sight."""
    selected = min(max(panel.selected + steps, 0), max(panel.count - 1, 0))
    seen = max(1, size[1] // row_height(size))
    first = min(max(panel.first, selected - seen + 1), selected)
    return replace(panel, selected=selected, first=first)


def scrolled(panel: Panel, size: tuple[int, int], steps: int) -> Panel:
    """Begin so many entries further down."""
    seen = max(1, size[1] // row_height(size))
    return replace(panel, first=min(max(panel.first + steps, 0), max(panel.count - seen, 0)))


def draw_panel(
    panel: Panel,
    size: tuple[int, int],
    entries: Sequence[Entry],
    thumbnails: Sequence[Thumbnail | None],
    raster: Rasterizer,
) -> NDArray[np.uint8]:
    """Draw the panel.

    Parameters
    ----------
    panel : Panel
    size : tuple of int
        Width and height of the window in pixels.
    entries : sequence of Entry
    thumbnails : sequence of ndarray of uint8 or None
        Of each entry; None where there is none yet.
    raster : Rasterizer

    Returns
    -------
    ndarray of uint8, shape (window's height, panel's width, 3)
    """
    width, high = panel_width(size), row_height(size)
    picture = np.empty((size[1], width, 3), np.uint8)
    picture[...] = EMPTY
    for entry in range(panel.first, min(panel.count, panel.first + size[1] // high + 1)):
        top = (entry - panel.first) * high
        row = picture[top : top + high]
        if panel.has_keys and entry == panel.selected:
            row[...] = SELECTED
        if entry == panel.opened:
            row[:, :2] = PLANE_COLORS["sagittal"]
        _draw_row(row, entries[entry], thumbnails[entry], text_size(size), raster)
    picture[:, -1:] = EDGE
    return picture


def _draw_row(row: NDArray[np.uint8], entry: Entry, thumbnail: Thumbnail | None, text: int, raster: Rasterizer) -> None:
    pad = text // 2
    side = round(HIGH * text) - 2 * pad
    box = row[pad : pad + side, 2 * pad : 2 * pad + side]
    box[...] = BOX
    if thumbnail is not None:
        _put(box, thumbnail)
    left = side + 4 * pad
    room = int((row.shape[1] - left - pad) / (LETTER_WIDE * text))
    lines = ((entry.title, text, OFF_WHITE), (entry.description, text - 1, MUTED), (entry.size, text - 1, MUTED))
    for n, (line, size, color) in enumerate(line for line in lines if line[0]):
        baseline = pad + (side - 3.4 * text) / 2 + CAP_HEIGHT * text + 1.35 * n * text
        raster.draw(row, (Text(left, baseline, shortened(line, room), size, color),))


def _put(box: NDArray[np.uint8], thumbnail: Thumbnail) -> None:
    """Draw a picture into a square, as large as fits."""
    side = min(box.shape[:2])
    if side < 2:
        return
    scale = side / max(thumbnail.shape)
    width, height = (max(1, round(n * scale)) for n in (thumbnail.shape[1], thumbnail.shape[0]))
    small = np.asarray(Image.fromarray(thumbnail).resize((width, height), Image.Resampling.BICUBIC))
    top, left = (side - height) // 2, (side - width) // 2
    box[top : top + height, left : left + width] = small[: box.shape[0] - top, : box.shape[1] - left, None]
