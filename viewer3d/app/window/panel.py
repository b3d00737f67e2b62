"""The panel of series at the left of the desktop window: what it shows and what is selected in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer3d.dicom.series.catalog import CatalogEntry
from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, PLANE_COLORS, Color, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.metrics import CAP_HEIGHT, SMALLEST_TEXT
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.marks.typesetting import shortened

_LARGEST_TEXT = 14

_WIDTH, _ROW_HEIGHT = 19, 5.5
"""Width of the panel and height of a row, in text sizes."""

_SELECTED: Color = (30, 32, 36)
"""Background of the row that Return would open."""

_EDGE: Color = (38, 40, 44)
"""Line at the right of the panel, coloured as that between panes."""

_BOX: Color = (20, 21, 24)
"""Background of a thumbnail that is not there yet."""

Thumbnail = NDArray[np.uint8]


@dataclass(frozen=True)
class SeriesPanel:
    """The state of the panel.

    Attributes
    ----------
    count : int
        Entries of the catalog.
    opened : int
        The entry that is shown or being loaded; -1 for none.
    selected : int
        The entry that Return opens.
    first : int
        The entry at the top.
    is_shown : bool
    has_keys : bool
        Whether arrows, Return and the like are for the panel and not for the slices.
    """

    count: int = 0
    opened: int = -1
    selected: int = 0
    first: int = 0
    is_shown: bool = False
    has_keys: bool = False


def panel_text_size(size: tuple[int, int]) -> int:
    """Return the size of text in the panel, in pixels, for the size of the desktop window."""
    return max(SMALLEST_TEXT, min(_LARGEST_TEXT, size[1] // 62))


def panel_width(size: tuple[int, int]) -> int:
    """Return the width of the panel in pixels: half of the desktop window at most."""
    return min(_WIDTH * panel_text_size(size), size[0] // 2)


def row_height(size: tuple[int, int]) -> int:
    """Return the height of an entry in pixels."""
    return round(_ROW_HEIGHT * panel_text_size(size))


def is_over(panel: SeriesPanel, size: tuple[int, int], x: float) -> bool:
    """Return whether a column of the desktop window is in the panel."""
    return panel.is_shown and 0 <= x < panel_width(size)


def entry_at(panel: SeriesPanel, size: tuple[int, int], y: float) -> int | None:
    """Return the entry at a row of the desktop window; None where there is none."""
    entry = panel.first + int(y // row_height(size))
    return entry if y >= 0 and entry < panel.count else None


def with_selection_moved(panel: SeriesPanel, size: tuple[int, int], steps: int) -> SeriesPanel:
    """Return the panel with an entry selected that is so many further down, and scrolled to it."""
    selected = min(max(panel.selected + steps, 0), max(panel.count - 1, 0))
    visible = max(1, size[1] // row_height(size))
    first = min(max(panel.first, selected - visible + 1), selected)
    return replace(panel, selected=selected, first=first)


def with_scroll(panel: SeriesPanel, size: tuple[int, int], steps: int) -> SeriesPanel:
    """Return the panel scrolled down by so many entries."""
    visible = max(1, size[1] // row_height(size))
    return replace(panel, first=min(max(panel.first + steps, 0), max(panel.count - visible, 0)))


def draw_panel(
    panel: SeriesPanel,
    size: tuple[int, int],
    entries: Sequence[CatalogEntry],
    thumbnails: Sequence[Thumbnail | None],
    raster: Rasterizer,
) -> NDArray[np.uint8]:
    """Draw the panel and return its picture.

    Parameters
    ----------
    panel : SeriesPanel
    size : tuple of int
        Width and height of the desktop window in pixels.
    entries : sequence of Entry
    thumbnails : sequence of ndarray of uint8 or None
        Of each entry; None where there is none yet.
    raster : Rasterizer

    Returns
    -------
    ndarray of uint8, shape (height of the window, width of the panel, 3)
    """
    width, high = panel_width(size), row_height(size)
    picture = np.empty((size[1], width, 3), np.uint8)
    picture[...] = EMPTY
    for entry in range(panel.first, min(panel.count, panel.first + size[1] // high + 1)):
        top = (entry - panel.first) * high
        row = picture[top : top + high]
        if panel.has_keys and entry == panel.selected:
            row[...] = _SELECTED
        if entry == panel.opened:
            row[:, :2] = PLANE_COLORS["sagittal"]
        _draw_row(row, entries[entry], thumbnails[entry], panel_text_size(size), raster)
    picture[:, -1:] = _EDGE
    return picture


def _draw_row(
    row: NDArray[np.uint8], entry: CatalogEntry, thumbnail: Thumbnail | None, text: int, raster: Rasterizer
) -> None:
    pad = text // 2
    side = round(_ROW_HEIGHT * text) - 2 * pad
    box = row[pad : pad + side, 2 * pad : 2 * pad + side]
    box[...] = _BOX
    if thumbnail is not None:
        _paste(box, thumbnail)
    left = side + 4 * pad
    room = int((row.shape[1] - left - pad) / (LETTER_WIDE * text))
    lines = ((entry.title, text, OFF_WHITE), (entry.description, text - 1, MUTED), (entry.size, text - 1, MUTED))
    for n, (line, size, color) in enumerate(line for line in lines if line[0]):
        baseline = pad + (side - 3.4 * text) / 2 + CAP_HEIGHT * text + 1.35 * n * text
        raster.draw(row, (Text(left, baseline, shortened(line, room), size, color),))


def _paste(box: NDArray[np.uint8], thumbnail: Thumbnail) -> None:
    """Draw a picture into the middle of a square, as large as fits."""
    side = min(box.shape[:2])
    if side < 2:
        return
    scale = side / max(thumbnail.shape)
    width, height = (max(1, round(n * scale)) for n in (thumbnail.shape[1], thumbnail.shape[0]))
    small = np.asarray(Image.fromarray(thumbnail).resize((width, height), Image.Resampling.BICUBIC))
    top, left = (side - height) // 2, (side - width) // 2
    box[top : top + height, left : left + width] = small[: box.shape[0] - top, : box.shape[1] - left, None]
