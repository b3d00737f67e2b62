"""List value bars and keys of levels: which colour is which value, at the right edge of a slice pane.

The bar of a layer has the colours of its map, as OHIF and 3D Slicer draw it, whatever lies below the layer and shines
through: in a blend a value has no one colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from viewer3d.core.dose.levels import base_text, level_text
from viewer3d.core.window import Window, window_decimals
from viewer3d.render.colors import palette
from viewer3d.render.marks.boxes import PixelBox, mark_box
from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, SHADE, Color, DisplayList, Line, Mark, Ramp, Text
from viewer3d.render.marks.layer_labels import LayerLabel
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.region_key import SWATCH_WIDTH, KeyEntry, level_color, swatch_marks
from viewer3d.render.marks.typesetting import shortened, text_width

BAR_WIDTH = 0.75
"""Of the text size."""

_NUMBER_GAP: Final = 0.5
"""Between a bar and its numbers, of the text size."""

LEAST_HEIGHT = 4.5
"""Of the text size: a lower bar is not drawn, for its numbers would meet."""

MOST_BARS: Final = 6
"""In a pane, of several layers."""

_NAME_COLUMNS: Final = 12
"""Letters of a layer's name over its bar."""

_NAME_GAP: Final = 0.55
"""Between a name and its bar, of the text size."""


def value_bar_marks(
    page: MarkMetrics, window: Window, colors: str, unit: str, *, inverted: bool, top: float, bottom: float
) -> DisplayList:
    """List the marks of a value bar.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    window : Window
        Its ends are those of the bar.
    colors : str
        Name of the colour map.
    unit : str
        Of the values.
    inverted : bool
        Whether low values are white.
    top, bottom : float
        Rows between which there is room.

    Returns
    -------
    tuple of Mark
        The bar, and beside it the values at its ends and in its middle, the uppermost with the unit. Empty when the
        room is too low.
    """
    height = round(bottom - top)
    if height < LEAST_HEIGHT * page.size:
        return ()
    width = max(3, round(BAR_WIDTH * page.size))
    left, first = page.right - width + 1, round(top)
    ramp = Ramp(left, first, width, height, bar_colors(window, colors, inverted=inverted))
    edges = (left - 1, first - 1, left + width, first + height)
    border = tuple(
        Line(*ends, width=1, color=SHADE)
        for ends in (
            (edges[0], edges[1], edges[2], edges[1]), (edges[0], edges[3], edges[2], edges[3]),
            (edges[0], edges[1], edges[0], edges[3]), (edges[2], edges[1], edges[2], edges[3]),
        )
    )  # fmt: skip
    return (*border, ramp, *_numbers(page, window, unit, left, (first, first + height - 1)))


@lru_cache(maxsize=64)  # they stay as they are from slice to slice
def bar_colors(window: Window, colors: str, *, inverted: bool) -> tuple[Color, ...]:
    """Return the colours of 256 even values from a window's lower to its upper end."""
    # A sigmoid window's greys are not even.
    grey = np.rint(255 * window.apply(np.linspace(*window.bounds, 256))).astype(int)
    table = palette(colors)[255 - grey if inverted else grey]
    return tuple((int(r), int(g), int(b)) for r, g, b in table)


def _number_texts(window: Window, unit: str) -> tuple[str, str, str]:
    low, high = window.bounds
    decimals = window_decimals(window)
    first, middle, last = (f"{v + 0.0:.{decimals}f}" for v in np.round([high, (low + high) / 2, low], decimals))
    return f"{first} {unit}" if unit else first, middle, last


def _numbers(page: MarkMetrics, window: Window, unit: str, left: int, ends: tuple[int, int]) -> tuple[Mark, ...]:
    column, top, bottom = left - _NUMBER_GAP * page.size, *ends
    rows = (top + page.cap, (top + bottom + page.cap) / 2, bottom)
    return tuple(
        Text(column, row, text, page.size, align="right")
        for row, text in zip(rows, _number_texts(window, unit), strict=True)
    )


@dataclass(frozen=True)
class _Slot:
    # Where a bar with its name may stand: its right end, and rows.
    right: float
    top: float
    bottom: float


@dataclass(frozen=True)
class _Scale:
    # What says of a layer which colour is which value: its bar, or the key of its levels.
    label: LayerLabel
    is_key: bool

    def width(self, page: MarkMetrics) -> float:
        return _key_width(page, self.label) if self.is_key else _bar_width(page, self.label)

    def least_height(self, page: MarkMetrics) -> float:
        named = page.cap + _NAME_GAP * page.size if self.label.name and not self.is_key else 0
        return (
            named + (len(_key_head(page, self.label)) + 1) * page.step
            if self.is_key
            else named + LEAST_HEIGHT * page.size
        )

    def marks(self, page: MarkMetrics, slot: _Slot) -> DisplayList:
        return _level_key(page, self.label, slot) if self.is_key else _layer_bar(page, self.label, slot)


def layer_bars(page: MarkMetrics, labels: Sequence[LayerLabel], others: DisplayList) -> DisplayList:
    """List the value bars and keys of levels of several layers where they cover nothing else.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    labels : sequence of LayerLabel
        Of the layers that are shown, the base first.
    others : tuple of Mark
        What is drawn besides, the crosshair excepted.

    Returns
    -------
    tuple of Mark
        From the right edge inward two over one another, the upper layer's first. Where there is no room for all, those
        of the active layer and then of the uppermost stay.
    """
    kinds = ((False, "value_bar"), (True, "levels"))
    wanted = [_Scale(one, is_key) for one in labels for is_key, field in kinds if getattr(one.look, field)]
    taken = [mark_box(mark) for mark in others]
    order = sorted(range(len(wanted)), key=lambda n: (wanted[n].label.is_muted, -n))
    for count in range(min(len(wanted), MOST_BARS), 0, -1):
        chosen = [wanted[n] for n in sorted(order[:count], reverse=True)]
        if slots := _slots(page, chosen, taken):
            return tuple(mark for one, slot in zip(chosen, slots, strict=True) for mark in one.marks(page, slot))
    return ()


def _slots(page: MarkMetrics, scales: Sequence[_Scale], taken: Sequence[PixelBox]) -> list[_Slot]:
    """Return where the bars and keys of layers stand; none where not all fit."""
    middle = page.height / 2
    corner = [box.bottom for box in taken if box.left >= page.width / 2 and box.bottom < middle - page.cap]
    halves = (
        (
            max([page.pad + page.cap + 0.8 * page.size, *(end + 0.6 * page.size for end in corner)]),
            middle - 1.6 * page.size,
        ),
        (middle + 1.6 * page.size, page.bottom - 3 * page.size),
    )
    slots: list[_Slot] = []
    right = float(page.right)
    while len(slots) < len(scales):
        widths = [0.0]
        for top, bottom in halves:
            if len(slots) == len(scales):
                break
            scale = scales[len(slots)]
            wide = scale.width(page)
            box = PixelBox(right - wide - 0.8 * page.size, top, right, bottom)
            free = box.left >= page.width / 2 and not any(map(box.common, taken))
            if free and bottom - top >= scale.least_height(page):
                slots.append(_Slot(right, top, bottom))
                widths.append(wide)
        if max(widths) == 0:
            return []
        right -= max(widths) + 1.2 * page.size
    return slots


def _bar_width(page: MarkMetrics, label: LayerLabel) -> float:
    numbers = max(text_width(text, page.size) for text in _number_texts(label.look.window, label.unit))
    bar = max(3, round(BAR_WIDTH * page.size)) + _NUMBER_GAP * page.size
    return max(bar + numbers, text_width(shortened(label.name, _NAME_COLUMNS), page.size))


def _layer_bar(page: MarkMetrics, label: LayerLabel, slot: _Slot) -> DisplayList:
    look, top = label.look, slot.top
    name: DisplayList = ()
    if label.name:
        first = top + page.cap
        name = (Text(slot.right, first, shortened(label.name, _NAME_COLUMNS), page.size, align="right"),)
        top = first + _NAME_GAP * page.size
    moved = MarkMetrics(round(slot.right) + 1 + page.pad, page.height, page.size)  # a page that ends with the bar
    ends = {"top": top, "bottom": slot.bottom}
    return (*name, *value_bar_marks(moved, look.window, look.colors, label.unit, inverted=label.inverted, **ends))


def _key_head(page: MarkMetrics, label: LayerLabel) -> list[str]:
    """Return the lines over the levels of a layer: its name, and what percent are of."""
    look = label.look
    said = base_text(look.level_base, look.level_base_name, label.unit)
    if text_width(said, page.size) > page.width / 2 - 2 * page.size:
        said = said.replace(" (", "\n(")
    return [line for line in (shortened(label.name, _NAME_COLUMNS), *said.split("\n")) if line]


def _key_columns(label: LayerLabel, value: float) -> tuple[str, str]:
    """Return a level in percent, where it is in percent of a value, and in the unit."""
    percent, _, named = level_text(value, label.unit, label.look.level_base).rpartition("  ")
    return percent, named


def _key_widths(page: MarkMetrics, label: LayerLabel) -> tuple[float, float, float]:
    """Return how wide percent, values and lines of a key are, with the gaps before them."""
    rows = [_key_columns(label, value) for value in label.look.levels]
    percents, values = (max(text_width(text, page.size) for text in column) for column in zip(*rows, strict=True))
    return percents, values + (0.8 * page.size if percents else 0), (SWATCH_WIDTH + _NUMBER_GAP) * page.size


def _key_width(page: MarkMetrics, label: LayerLabel) -> float:
    head = (text_width(line, page.size) for line in _key_head(page, label))
    return max(sum(_key_widths(page, label)), *head, 0.0)


def _level_key(page: MarkMetrics, label: LayerLabel, slot: _Slot) -> DisplayList:
    """List the key of a layer's levels: the highest first, of too many the highest."""
    head = _key_head(page, label)
    marks: list[Mark] = []
    row = slot.top + page.cap
    for n, line in enumerate(head):
        color = OFF_WHITE if n == 0 and label.name else MUTED
        marks.append(Text(slot.right, row, line, page.size, color, "right"))
        row += page.step
    room = int((slot.bottom - row + 1) // page.step) + 1
    levels = label.look.levels[::-1]
    shown = levels if len(levels) <= room else levels[: max(room - 1, 1)]
    _, values, lines = _key_widths(page, label)
    right = slot.right - lines
    for value in shown:
        percent, named = _key_columns(label, value)
        entry = KeyEntry("", level_color(label, value), is_line=True)
        marks += swatch_marks(entry, slot.right - SWATCH_WIDTH * page.size, row, page.size)
        marks.append(Text(right, row, named, page.size, align="right"))
        marks += [Text(right - values, row, percent, page.size, align="right")] if percent else []
        row += page.step
    if len(shown) < len(levels) and row <= slot.bottom + 1:
        marks.append(Text(slot.right, row, f"and {len(levels) - len(shown)} more", page.size, MUTED, "right"))
    return tuple(marks)
