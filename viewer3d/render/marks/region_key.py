"""List a key: a swatch of colour and a name for each region or line that slices show."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from viewer3d.core.dose.levels import base_text, level_text
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.view.look import RegionLook
from viewer3d.render.marks.boxes import PixelBox, mark_box
from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, Area, Color, DisplayList, Mark, Path, Text
from viewer3d.render.marks.layer_labels import LayerLabel
from viewer3d.render.marks.metrics import CAP_HEIGHT, MarkMetrics
from viewer3d.render.marks.typesetting import fitted, text_width
from viewer3d.render.slices.windowing import value_color

SWATCH_WIDTH: Final = 1.3
"""Of a swatch, in text sizes; it is as high as a capital."""

_SWATCH_GAP: Final = 0.55
"""Between a swatch and its name, in text sizes."""

_COLUMN_GAP: Final = 1.4
"""Between columns, in text sizes."""

WIDEST_NAME: Final = 17.0
"""Text sizes: longer names are shortened, so that one of them does not take the columns of others."""

KEY_STEP: Final = 1.45
"""Distance of rows, in text sizes."""


@dataclass(frozen=True)
class KeyEntry:
    """A row of a key.

    Attributes
    ----------
    name : str
    color : tuple of int, optional
        Red, green and blue, 0 to 255; None of a heading, which stands over rows of one segmentation.
    fill : float
        Opacity of the inside of its swatch, 0 to 1: as the region's inside has.
    line : float
        Opacity of the border of its swatch, 0 to 1: as the region's outline has.
    is_line : bool
        Whether it is a line and has no inside, as a level of a dose is.
    """

    name: str
    color: Color | None
    fill: float = 0.0
    line: float = 1.0
    is_line: bool = False


def region_entries(
    regions: Sequence[PlacedRegions], looks: Sequence[RegionLook], present: Sequence[Collection[int]] | None = None
) -> tuple[KeyEntry, ...]:
    """Return the rows of the regions that are seen, in the order of their files.

    Parameters
    ----------
    regions : sequence of PlacedRegions
    looks : sequence of RegionLook
        One of each.
    present : sequence of collection of int, optional
        Of each the numbers of the regions that there are in what is drawn; without it all.

    Returns
    -------
    tuple of KeyEntry
        Where several have regions that are seen, the name of each stands over its own.
    """
    groups: list[tuple[str, list[KeyEntry]]] = []
    for number, (placed, look) in enumerate(zip(regions, looks, strict=True)):
        there = None if present is None else present[number]
        rows = [
            KeyEntry(one.name, one.color, look.fill * look.opacity, look.opacity if look.outline else 0.0)
            for one in placed.regions
            if look.sees(one.number) and (there is None or one.number in there)
        ]
        if rows and look.opacity > 0 and (look.outline or look.fill):
            groups.append((placed.name, rows))
    if len(groups) == 1:
        return tuple(groups[0][1])
    return tuple(row for name, rows in groups for row in (KeyEntry(name, None), *rows))


def level_entries(labels: Sequence[LayerLabel]) -> tuple[KeyEntry, ...]:
    """Return the rows of the levels of layers, the highest first, under what percent are of.

    Parameters
    ----------
    labels : sequence of LayerLabel
        Of the layers that are shown, the base first.
    """
    rows: list[KeyEntry] = []
    for one in reversed(labels):
        look = one.look
        if look.levels:
            said = base_text(look.level_base, look.level_base_name, one.unit)
            heading = ", ".join(part for part in (one.name, said) if part)
            rows += [KeyEntry(heading, None)] if heading else []
            rows += [
                KeyEntry(level_text(value, one.unit, look.level_base), level_color(one, value), is_line=True)
                for value in reversed(look.levels)
            ]
    return tuple(rows)


def level_color(label: LayerLabel, value: float) -> Color:
    """Return the colour in which slices draw the line of a level."""
    look = label.look
    return value_color(value, look.window, look.colors, inverted=label.inverted)


@dataclass(frozen=True)
class RegionKey:
    """A key laid out in rows and columns.

    Attributes
    ----------
    entries : tuple of KeyEntry
        In the order in which they are read: down, then on to the next column.
    size : int
        Of text, in pixels.
    width : float
        Of the room, in pixels.
    most_rows : int
        Rows that there is room for.
    """

    entries: tuple[KeyEntry, ...]
    size: int
    width: float
    most_rows: int

    @cached_property
    def columns(self) -> int:
        """How many columns there are: as many as are needed, or as fit."""
        return -(-len(self._shown) // self.rows) if self.rows else 0

    @cached_property
    def rows(self) -> int:
        """How many rows there are."""
        if not self.entries or self._most_columns == 0:
            return 0
        return min(self.most_rows, -(-len(self.entries) // self._most_columns))

    @property
    def height(self) -> int:
        """Of its rows, in pixels."""
        return round(KEY_STEP * self.size * self.rows)

    @cached_property
    def left_out(self) -> int:
        """How many regions there is no room for."""
        return sum(one.color is not None for one in self.entries[len(self._kept) :])

    @cached_property
    def _name_width(self) -> float:
        widest = max((text_width(one.name, self.size) for one in self.entries), default=0.0)
        room = self.width - (SWATCH_WIDTH + _SWATCH_GAP) * self.size
        return min(widest, WIDEST_NAME * self.size, room)

    @cached_property
    def _column_width(self) -> float:
        return (SWATCH_WIDTH + _SWATCH_GAP + _COLUMN_GAP) * self.size + self._name_width

    @cached_property
    def _most_columns(self) -> int:
        if self._name_width < self.size:
            return 0
        return max(1, int((self.width + _COLUMN_GAP * self.size) / self._column_width))

    @cached_property
    def _kept(self) -> tuple[KeyEntry, ...]:
        room = self.rows * self._most_columns
        if len(self.entries) <= room:
            return self.entries
        kept = self.entries[: max(room - 1, 0)]
        return kept[:-1] if kept and kept[-1].color is None else kept  # a heading without its rows says nothing

    @cached_property
    def _shown(self) -> tuple[KeyEntry, ...]:
        if len(self._kept) == len(self.entries):
            return self._kept
        return (*self._kept, KeyEntry(f"and {self.left_out} more", None))

    def box(self, left: float, top: float) -> PixelBox:
        """Return the box that it takes from a left upper corner on."""
        wide = self.columns * self._column_width - _COLUMN_GAP * self.size
        return PixelBox(left, top, left + wide, top + self.height)

    def marks(self, left: float, top: float) -> DisplayList:
        """List its marks, from a left upper corner on."""
        marks: list[Mark] = []
        cap, step = CAP_HEIGHT * self.size, KEY_STEP * self.size
        for n, entry in enumerate(self._shown):
            column, row = divmod(n, self.rows)
            x, y = left + column * self._column_width, round(top + row * step + (step + cap) / 2)
            at, muted = x, entry.color is None
            if entry.color is not None:
                marks += swatch_marks(entry, x, y, self.size)
                at += (SWATCH_WIDTH + _SWATCH_GAP) * self.size
            room = self._name_width + left + column * self._column_width
            room += (SWATCH_WIDTH + _SWATCH_GAP) * self.size - at
            name = fitted(entry.name, self.size, room)
            marks.append(Text(at, y, name, self.size, MUTED if muted else OFF_WHITE))
        return tuple(marks)


_PANE_WIDTH: Final = 11.0
"""Of the key in a pane, in text sizes: names are shortened to it."""


def pane_key_rows(page: MarkMetrics, others: DisplayList) -> tuple[float, int]:
    """Return where the key in the upper left of a pane begins, and how many rows there is room for.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    others : tuple of Mark
        What is written otherwise: the key stands below what is in that corner, and above the letter in the middle.
    """
    bottom = page.height / 2 - 1.6 * page.size
    boxes = [mark_box(mark) for mark in others if isinstance(mark, Text)]
    taken = [box.bottom for box in boxes if box.left < page.pad + _PANE_WIDTH * page.size and box.bottom < bottom]
    top = max(taken, default=float(page.pad)) + 0.4 * page.size
    return top, 0 if page.is_small else max(0, int((bottom - top) / (KEY_STEP * page.size)))


def pane_key(page: MarkMetrics, entries: tuple[KeyEntry, ...], others: DisplayList) -> DisplayList:
    """List the key in the upper left of a pane, see :func:`pane_key_rows`."""
    top, rows = pane_key_rows(page, others)
    key = RegionKey(entries, page.size, _PANE_WIDTH * page.size, rows)
    return key.marks(page.pad, top) if key.rows else ()


def swatch_marks(entry: KeyEntry, left: float, bottom: float, size: int) -> DisplayList:
    """List the swatch of an entry that has a colour, as wide as :data:`SWATCH_WIDTH` and on a row of text.

    Parameters
    ----------
    entry : KeyEntry
    left, bottom : float
        Where it begins, and the baseline of its row.
    size : int
        Of text, in pixels.
    """
    assert entry.color is not None
    pen = max(1, round(size / 7))  # as wide as an outline of 2 pixels beside text of the usual size
    x0, x1 = round(left), round(left + SWATCH_WIDTH * size) - 1
    y0, y1 = round(bottom - CAP_HEIGHT * size), round(bottom) - 1
    if entry.is_line:
        middle = (y0 + y1) / 2
        return (Path(((x0, middle), (x1, middle)), width=pen, color=entry.color, opacity=entry.line),)
    corners, edges = (  # whole numbers are middles of pixels
        ((x0 + inner, y0 + inner), (x1 - inner, y0 + inner), (x1 - inner, y1 - inner), (x0 + inner, y1 - inner))
        for inner in (pen / 2 - 0.5, -0.5)
    )
    inside = (Area(corners if entry.line else edges, entry.color, entry.fill),) if entry.fill else ()
    border = (Path(corners, closed=True, width=pen, color=entry.color, opacity=entry.line),) if entry.line else ()
    return (*inside, *border)
