"""The panel at the left of the desktop window: the layers of what is shown, then series to choose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from viewer3d.app.window.layer_list import LayerPart, list_height, part_at
from viewer3d.app.window.list_marks import ROW, WIDTH, slider_share
from viewer3d.render.marks.metrics import SMALLEST_TEXT

_LARGEST_TEXT = 14

ROW_HEIGHT: Final = 5.5
"""Height of a row of series, in text sizes."""

_MOST_LAYERS = 0.5
"""Share of the height that layers take at most where there are series below them."""


@dataclass(frozen=True)
class Panel:
    """The state of the panel.

    Attributes
    ----------
    count : int
        Entries and objects of the catalog; 0 where there is none.
    refused : int
        Rows below them of what cannot be shown.
    recent : int
        Rows below those of folders that were opened before.
    can_open : bool
        Whether another folder can be opened in the window: then its last row does that.
    opened : int
        The entry that is shown or being loaded; -1 for none.
    offered : frozenset of int
        Those that are segmentations or structure sets.
    lying : frozenset of int
        Those that were laid over the one that is shown.
    beside : frozenset of int
        Those that stand beside the one that is shown.
    selected : int
        The row, of entries and all below them, that Return is for.
    first : int
        The row of these at the top.
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
    refused: int = 0
    recent: int = 0
    can_open: bool = False
    opened: int = -1
    offered: frozenset[int] = frozenset()
    lying: frozenset[int] = frozenset()
    beside: frozenset[int] = frozenset()
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
        return bool(self.listed or self.rows or self.can_open)

    @property
    def listed(self) -> int:
        """Rows of the list of entries, what cannot be shown and recent folders."""
        return self.count + self.refused + self.recent

    @property
    def rows(self) -> int:
        """Rows of the list above the entries."""
        return self.layers + self.region_rows


def toggled_panel(panel: Panel) -> Panel:
    """Return the panel shown, with the keys where there are series to choose; or hidden if it was shown."""
    return replace(panel, is_wanted=not panel.is_wanted, has_keys=not panel.is_wanted and panel.listed > 0)


def panel_text_size(size: tuple[int, int]) -> int:
    """Return the size of text in the panel, in pixels, for the size of the desktop window."""
    return max(SMALLEST_TEXT, min(_LARGEST_TEXT, size[1] // 62))


def panel_width(size: tuple[int, int]) -> int:
    """Return the width of the panel in pixels: half of the desktop window at most."""
    return min(WIDTH * panel_text_size(size), size[0] // 2)


def row_height(size: tuple[int, int]) -> int:
    """Return the height of an entry in pixels."""
    return round(ROW_HEIGHT * panel_text_size(size))


def is_over(panel: Panel, size: tuple[int, int], x: float) -> bool:
    """Return whether a column of the desktop window is in the panel."""
    return panel.is_shown and 0 <= x < panel_width(size)


def layers_height(panel: Panel, size: tuple[int, int]) -> int:
    """Return the height of the list of layers in pixels: with series below it, half of the window at most."""
    most = round(_MOST_LAYERS * size[1]) if panel.listed or panel.can_open else size[1]
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


def visible_layers(panel: Panel, size: tuple[int, int]) -> int:
    """Return how many rows of the list are whole in sight, 1 at least."""
    return max(1, int(layers_height(panel, size) / (ROW * panel_text_size(size))) - 1)  # one row is the heading


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
