"""The panel at the left of the desktop window: the layers of what is shown, then series to choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer3d.app.window.layer_list import LayerPart, list_height, part_at
from viewer3d.app.window.list_marks import ROW, WIDTH, eye_marks, slider_share
from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, PLANE_COLORS, Color, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.metrics import CAP_HEIGHT, SMALLEST_TEXT
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.marks.typesetting import shortened

if TYPE_CHECKING:
    from viewer3d.dicom.series.catalog import CatalogEntry, CatalogObject

_LARGEST_TEXT = 14

_ROW_HEIGHT = 5.5
"""Height of a row of series, in text sizes."""

_MOST_LAYERS = 0.5
"""Share of the height that layers take at most where there are series below them."""

_SELECTED: Color = (30, 32, 36)
"""Background of the row that Return would open."""

_EDGE: Color = (38, 40, 44)
"""Line at the right of the panel, coloured as that between panes."""

_BOX: Color = (20, 21, 24)
"""Background of a thumbnail that is not there yet."""

Thumbnail = NDArray[np.uint8]


@dataclass(frozen=True)
class Panel:
    """The state of the panel.

    Attributes
    ----------
    count : int
        Entries and objects of the catalog; 0 where there is none.
    opened : int
        The entry that is shown or being loaded; -1 for none.
    offered : frozenset of int
        Those that are segmentations or structure sets.
    lying : frozenset of int
        Those that were laid over the one that is shown.
    selected : int
        The entry that Return opens.
    first : int
        The entry at the top.
    layers : int
        Layers in the list above the entries; 0 for a volume alone.
    region_rows : int
        Rows of segmentations, structure sets and their regions below the layers.
    marked : int
        Which of these is of the region that the cursor has gone to; -1 for none.
    folded : frozenset of int
        Segmentations and structure sets whose regions have no rows, from 0.
    first_layer : int
        The row of the list at its top, from the highest layer.
    is_wanted : bool
        Whether it is shown where there is anything in it.
    has_keys : bool
        Whether arrows, Return and the like are for the panel and not for the slices.
    """

    count: int = 0
    opened: int = -1
    offered: frozenset[int] = frozenset()
    lying: frozenset[int] = frozenset()
    selected: int = 0
    first: int = 0
    layers: int = 0
    region_rows: int = 0
    marked: int = -1
    folded: frozenset[int] = frozenset()
    first_layer: int = 0
    is_wanted: bool = False
    has_keys: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether it is there: wanted, and not empty."""
        return self.is_wanted and self.has_content

    @property
    def has_content(self) -> bool:
        """Whether there is anything to show in it."""
        return bool(self.count or self.rows)

    @property
    def rows(self) -> int:
        """Rows of the list above the entries."""
        return self.layers + self.region_rows


def toggled_panel(panel: Panel) -> Panel:
    """Return the panel shown, with the keys where there are series to choose; or hidden if it was shown."""
    return replace(panel, is_wanted=not panel.is_wanted, has_keys=not panel.is_wanted and panel.count > 0)


def panel_text_size(size: tuple[int, int]) -> int:
    """Return the size of text in the panel, in pixels, for the size of the desktop window."""
    return max(SMALLEST_TEXT, min(_LARGEST_TEXT, size[1] // 62))


def panel_width(size: tuple[int, int]) -> int:
    """Return the width of the panel in pixels: half of the desktop window at most."""
    return min(WIDTH * panel_text_size(size), size[0] // 2)


def row_height(size: tuple[int, int]) -> int:
    """Return the height of an entry in pixels."""
    return round(_ROW_HEIGHT * panel_text_size(size))


def is_over(panel: Panel, size: tuple[int, int], x: float) -> bool:
    """Return whether a column of the desktop window is in the panel."""
    return panel.is_shown and 0 <= x < panel_width(size)


def layers_height(panel: Panel, size: tuple[int, int]) -> int:
    """Return the height of the list of layers in pixels: with series below it, half of the window at most."""
    most = round(_MOST_LAYERS * size[1]) if panel.count else size[1]
    return min(list_height(panel.rows, panel_text_size(size)), most)


def layer_part_at(panel: Panel, size: tuple[int, int], x: float, y: float) -> LayerPart | None:
    """Return the part of a layer's row at a pixel of the desktop window; None where there is none."""
    if y >= layers_height(panel, size):
        return None
    text, width = panel_text_size(size), panel_width(size)
    return part_at(x, y, rows=panel.layers, first=panel.first_layer, text=text, width=width)


def region_row_at(panel: Panel, size: tuple[int, int], y: float) -> int | None:
    """Return which of the rows of regions is at a row of the desktop window; None where none is."""
    turn = int(y // (ROW * panel_text_size(size))) - 1
    row = panel.first_layer + turn - panel.layers
    return row if turn >= 0 and 0 <= row < panel.region_rows and y < layers_height(panel, size) else None


def opacity_at(size: tuple[int, int], x: float) -> float:
    """Return the opacity that a slider dragged to a column of the desktop window sets."""
    return round(slider_share(x, panel_width(size)), 2)


def entry_at(panel: Panel, size: tuple[int, int], y: float) -> int | None:
    """Return the entry at a row of the desktop window; None where there is none."""
    below = y - layers_height(panel, size)
    entry = panel.first + int(below // row_height(size))
    return entry if below >= 0 and entry < panel.count else None


def visible_entries(panel: Panel, size: tuple[int, int]) -> int:
    """Return how many entries are whole in sight, 1 at least."""
    return max(1, (size[1] - layers_height(panel, size)) // row_height(size))


def with_selection_moved(panel: Panel, size: tuple[int, int], steps: int) -> Panel:
    """Return the panel with an entry selected that is so many further down, and scrolled to it."""
    selected = min(max(panel.selected + steps, 0), max(panel.count - 1, 0))
    first = min(max(panel.first, selected - visible_entries(panel, size) + 1), selected)
    return replace(panel, selected=selected, first=first)


def visible_layers(panel: Panel, size: tuple[int, int]) -> int:
    """Return how many rows of the list are whole in sight, 1 at least."""
    return max(1, int(layers_height(panel, size) / (ROW * panel_text_size(size))) - 1)  # one row is the heading


def with_scroll(panel: Panel, size: tuple[int, int], steps: int) -> Panel:
    """Return the panel with its entries scrolled down by so many."""
    last = max(panel.count - visible_entries(panel, size), 0)
    return replace(panel, first=min(max(panel.first + steps, 0), last))


def with_layers_scrolled(panel: Panel, size: tuple[int, int], steps: int) -> Panel:
    """Return the panel with its list of layers scrolled down by so many rows."""
    last = max(panel.rows - visible_layers(panel, size), 0)
    return replace(panel, first_layer=min(max(panel.first_layer + steps, 0), last))


def with_layer_in_sight(panel: Panel, size: tuple[int, int], number: int) -> Panel:
    """Return the panel with its list of layers scrolled no further than a layer needs to be seen."""
    return _with_row_in_sight(panel, size, panel.layers - 1 - number)


def with_region_marked(panel: Panel, size: tuple[int, int], marked: int) -> Panel:
    """Return the panel with a row of regions marked, and scrolled no further than it needs to be seen."""
    panel = replace(panel, marked=marked)
    return panel if marked < 0 else _with_row_in_sight(panel, size, panel.layers + marked)


def _with_row_in_sight(panel: Panel, size: tuple[int, int], row: int) -> Panel:
    return replace(panel, first_layer=max(min(panel.first_layer, row), row - visible_layers(panel, size) + 1))


def draw_panel(
    panel: Panel,
    size: tuple[int, int],
    entries: Sequence[CatalogEntry | CatalogObject],
    thumbnails: Sequence[Thumbnail | None],
    raster: Rasterizer,
) -> NDArray[np.uint8]:
    """Draw the entries of the panel and return its picture, empty where the layers are.

    Parameters
    ----------
    panel : Panel
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
    width, high, above = panel_width(size), row_height(size), layers_height(panel, size)
    text = panel_text_size(size)
    picture = np.empty((size[1], width, 3), np.uint8)
    picture[...] = EMPTY
    for entry in range(panel.first, min(panel.count, panel.first + (size[1] - above) // high + 1)):
        top = above + (entry - panel.first) * high
        row = picture[top : top + high]
        if panel.has_keys and entry == panel.selected:
            row[...] = _SELECTED
        if entry == panel.opened:
            row[:, :2] = PLANE_COLORS["sagittal"]
        _draw_row(row, entries[entry], thumbnails[entry], panel_text_size(size), raster)
        if entry in panel.offered | panel.lying:
            middle = 0.5 * row_height(size) - 0.5
            raster.draw(row, eye_marks((width - 2.6 * text, width - 0.9 * text), middle, is_open=entry in panel.lying))
    picture[:, -1:] = _EDGE
    return picture


def _draw_row(
    row: NDArray[np.uint8],
    entry: CatalogEntry | CatalogObject,
    thumbnail: Thumbnail | None,
    text: int,
    raster: Rasterizer,
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
