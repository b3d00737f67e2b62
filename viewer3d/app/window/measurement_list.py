"""The list of measurements that is shown over the picture: its marks, and which row is at a pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from viewer3d.core.view.measurement import Measurement
from viewer3d.measurements.cache import MeasurementCache
from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, DisplayList, Line, Mark, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.measurements import COLOR
from viewer3d.render.marks.metrics import SMALLEST_TEXT
from viewer3d.render.marks.typesetting import fitted, shortened

NOTHING = "nothing is measured yet: press d, n, e, w, p, E, Q or X in a slice"

_HELP = "click, arrows + Return go there   F2 names   Delete deletes   Ctrl + c copies   Ctrl + e saves   M closes"

_LARGEST_TEXT = 14

_LINE_HEIGHT = 1.6
"""From line to line, in text sizes."""

_COLUMNS = (2.5, 7.5, 11)
"""Widths of the columns of number, kind and name, in text sizes."""

_MOST_SHARE = 0.5
"""Share of the height that the list takes at most; then it scrolls."""

_PANEL_OPACITY = 0.92

_ROW_OPACITY: Final = 0.14
"""Of the bar behind the row that is chosen."""

_MIDDLE: Final = 0.22
"""Lines by which the middle of a line of text lies above its baseline."""


@dataclass(frozen=True)
class ListLayout:
    """How the list stands in a picture.

    Attributes
    ----------
    text : int
        Size of text in pixels.
    step : float
        From line to line, in pixels; the title is the first.
    top : float
        Row of pixels at which its panel begins.
    high : int
        Pixels that the panel is high.
    first, count : int
        The measurements that have rows: from which, from 0, and how many.
    """

    text: int
    step: float
    top: float
    high: int
    first: int
    count: int

    def contains(self, y: float) -> bool:
        """Return whether a row of pixels is in the panel, which is as wide as the picture."""
        return self.top <= y < self.top + self.high

    def number_at(self, y: float) -> int | None:
        """Return the measurement whose row a row of pixels is in, from 0; None beside them."""
        line = round((y - self.top) / self.step + _MIDDLE)
        return self.first + line - 2 if 2 <= line < 2 + self.count else None


def list_layout(size: tuple[int, int], count: int, first: int | None = None) -> ListLayout:
    """Return how the list of so many measurements stands in a picture.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    count : int
    first : int, optional
        The first that has a row, from 0; without it the last ones have rows.
    """
    height = size[1]
    text = max(SMALLEST_TEXT, min(_LARGEST_TEXT, height // 60))
    step = _LINE_HEIGHT * text
    most = max(1, int(_MOST_SHARE * height / step) - 3)
    last = max(0, count - most)
    begin = last if first is None else min(max(first, 0), last)
    rows = min(count, most)
    high = round(step * (rows + 2.6))
    return ListLayout(text, step, height - 5 * text - high, high, begin, rows)


def list_marks(
    size: tuple[int, int],
    measurements: tuple[Measurement, ...],
    results: MeasurementCache,
    first: int | None = None,
    chosen: int | None = None,
) -> DisplayList:
    """List the marks of a list of measurements, with kinds, names and numbers, at the bottom.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    measurements : tuple of Measurement
    results : Results
        Those of the volume that was measured.
    first : int, optional
        As of :func:`list_layout`.
    chosen : int, optional
        The measurement whose row is chosen, from 0.
    """
    width, shown = size[0], list_layout(size, len(measurements), first)
    text, step, top = shown.text, shown.step, shown.top
    starts = [text, *(text * (1 + sum(_COLUMNS[: n + 1])) for n in range(len(_COLUMNS)))]
    room = int((width - starts[-1] - text) / (LETTER_WIDE * text))
    lines: list[list[tuple[float, str, tuple[int, int, int]]]]
    lines = [[(starts[0], _title(shown, len(measurements)), OFF_WHITE)]]
    for number in range(shown.first, shown.first + shown.count):
        one = measurements[number]
        cells = (str(number + 1), one.kind, _cut(one.name, _COLUMNS[2]), _fitted(results.texts(one), room))
        color = OFF_WHITE if number == chosen else COLOR
        lines.append([(x, cell, color if n else MUTED) for n, (x, cell) in enumerate(zip(starts, cells, strict=True))])
    lines.append([(starts[0], fitted(_HELP if measurements else NOTHING, text, width - 2 * text), MUTED)])
    middle = top + (shown.high - 1) / 2
    marks: list[Mark] = [Line(0, middle, width - 1, middle, shown.high, EMPTY, _PANEL_OPACITY)]
    if chosen is not None and shown.first <= chosen < shown.first + shown.count:
        y = top + step * (chosen - shown.first + 2 - _MIDDLE)
        marks.append(Line(0, y, width - 1, y, round(step), OFF_WHITE, _ROW_OPACITY))
    for row, cells_of_row in enumerate(lines, 1):
        marks += [Text(x, top + step * row, cell, text, color) for x, cell, color in cells_of_row if cell]
    return tuple(marks)


def _title(shown: ListLayout, count: int) -> str:
    if shown.count == count:
        return "Measurements"
    if shown.first + shown.count == count:
        return f"Measurements, the last {shown.count} of {count}"
    return f"Measurements, {shown.first + 1} to {shown.first + shown.count} of {count}"


def _cut(name: str, wide: float) -> str:
    return shortened(name, int(wide / LETTER_WIDE) - 1)


def _fitted(texts: tuple[str, ...], room: int) -> str:
    # As many as there is room for, the first in any case.
    joined = texts[0] if texts else ""
    for text in texts[1:]:
        longer = f"{joined}   {text}"
        if len(longer) > room:
            break
        joined = longer
    return joined
