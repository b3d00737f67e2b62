"""A list over the picture: how its rows stand, which is at a pixel, and the marks of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, Color, DisplayList, Line, Mark, Text
from viewer3d.render.marks.metrics import SMALLEST_TEXT
from viewer3d.render.marks.typesetting import fitted

_LARGEST_TEXT: Final = 14

_LINE_HEIGHT: Final = 1.6
"""From line to line, in text sizes."""

_MOST_SHARE: Final = 0.5
"""Share of the height that a list takes at most; then it scrolls."""

_PANEL_OPACITY: Final = 0.92

_ROW_OPACITY: Final = 0.14
"""Of the bar behind the row that is chosen."""

_UNFOCUSED_OPACITY: Final = 0.06
"""The same where keys do not go to the list."""

_MIDDLE: Final = 0.22
"""Lines by which the middle of a line of text lies above its baseline."""


@dataclass(frozen=True)
class ListLayout:
    """How a list stands in a picture.

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
        The rows that are seen: from which, from 0, and how many.
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
        """Return the number, from 0, of the row of the list that a row of pixels is in; None beside them."""
        line = round((y - self.top) / self.step + _MIDDLE)
        return self.first + line - 2 if 2 <= line < 2 + self.count else None

    def middle(self, number: int) -> float:
        """Return the row of pixels in the middle of a row of the list."""
        return self.top + self.step * (number - self.first + 2 - _MIDDLE)


@dataclass(frozen=True)
class RowList:
    """What a list shows.

    Attributes
    ----------
    title : str
    columns : tuple of float
        Widths of the columns in text sizes; the last one has what is left.
    count : int
        How many rows it has.
    cells : callable
        Takes the number of a row, from 0, and the width of the last column in pixels; returns the texts of its cells,
        one more than there are widths. It is called for rows that are seen.
    color : tuple of int
        Of all cells but the first of a row.
    help : str
        What keys do, below the rows.
    nothing : str
        What stands there instead where there are no rows.
    """

    title: str
    columns: tuple[float, ...]
    count: int
    cells: Callable[[int, float], tuple[str, ...]]
    color: Color = OFF_WHITE
    help: str = ""
    nothing: str = ""


def list_layout(size: tuple[int, int], count: int, first: int | None = None) -> ListLayout:
    """Return how a list of so many rows stands in a picture.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    count : int
    first : int, optional
        The first row that is seen, from 0; without it the last ones are.
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


def row_list_marks(
    size: tuple[int, int],
    listed: RowList,
    first: int | None = None,
    chosen: int | None = None,
    *,
    has_focus: bool = True,
) -> DisplayList:
    """List the marks of a list, at the bottom.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    listed : RowList
    first : int, optional
        As of :func:`list_layout`.
    chosen : int, optional
        The row that is chosen, from 0.
    has_focus : bool
        Whether keys go to the list.
    """
    width, shown = size[0], list_layout(size, listed.count, first)
    text, step, top = shown.text, shown.step, shown.top
    starts = [text * (1 + sum(listed.columns[:n])) for n in range(len(listed.columns) + 1)]
    lines: list[list[tuple[float, str, Color]]] = [[(starts[0], _title(listed, shown), OFF_WHITE)]]
    for number in range(shown.first, shown.first + shown.count):
        color = OFF_WHITE if number == chosen else listed.color
        cells = listed.cells(number, width - starts[-1] - text)
        lines.append([(x, cell, color if n else MUTED) for n, (x, cell) in enumerate(zip(starts, cells, strict=True))])
    last = fitted(listed.help if listed.count else listed.nothing, text, width - 2 * text)
    lines.append([(starts[0], last, MUTED)])
    middle = top + (shown.high - 1) / 2
    marks: list[Mark] = [Line(0, middle, width - 1, middle, shown.high, EMPTY, _PANEL_OPACITY)]
    if chosen is not None and shown.first <= chosen < shown.first + shown.count:
        y, opacity = shown.middle(chosen), _ROW_OPACITY if has_focus else _UNFOCUSED_OPACITY
        marks.append(Line(0, y, width - 1, y, round(step), OFF_WHITE, opacity))
    for row, cells_of_row in enumerate(lines, 1):
        marks += [Text(x, top + step * row, cell, text, color) for x, cell, color in cells_of_row if cell]
    return tuple(marks)


def _title(listed: RowList, shown: ListLayout) -> str:
    if shown.count == listed.count:
        return listed.title
    if shown.first + shown.count == listed.count:
        return f"{listed.title}, the last {shown.count} of {listed.count}"
    return f"{listed.title}, {shown.first + 1} to {shown.first + shown.count} of {listed.count}"
