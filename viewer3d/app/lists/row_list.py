"""A list over the picture: where its rows stand, and the marks of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, Color, DisplayList, Line, Mark, Text
from viewer3d.render.marks.metrics import CAP_HEIGHT, SMALLEST_TEXT
from viewer3d.render.marks.typesetting import fitted

_LARGEST_TEXT: Final = 14

_LINE_HEIGHT: Final = 1.6
"""From line to line, in text sizes."""

_MOST_SHARE: Final = 0.5
"""Share of the height that a list takes at most; then it has as many rows as fit."""

_OPACITY: Final = 0.92

_BAND: Final = (52, 58, 66)
"""Behind the row that is chosen."""

_BAND_UNFOCUSED: Final = (30, 33, 37)
"""The same where keys do not go to the list."""


@dataclass(frozen=True)
class RowList:
    """What a list shows.

    Attributes
    ----------
    title : str
    columns : tuple of float
        Widths of the columns in text sizes; the last one has what is left.
    rows : tuple of tuple of str
        The cells of each row, one more than there are widths.
    color : tuple of int
        Of all cells but the first of a row.
    help : str
        What keys do, below the rows.
    nothing : str
        What stands there instead where there are no rows.
    """

    title: str
    columns: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]
    color: Color = OFF_WHITE
    help: str = ""
    nothing: str = ""


@dataclass(frozen=True)
class RowListLayout:
    """Where a list stands in a picture.

    Attributes
    ----------
    width : int
        Of the picture, in pixels.
    text : int
        Size of the text.
    top, high : float
        Row of pixels at which it begins, and its height.
    first, count : int
        The first row that is seen, from 0, and how many are.
    """

    width: int
    text: int
    top: float
    high: float
    first: int
    count: int

    @property
    def step(self) -> float:
        """Pixels from line to line."""
        return _LINE_HEIGHT * self.text

    def baseline(self, line: int) -> float:
        """Return the row of pixels that a line stands on: 0 is the title, 1 the first row that is seen."""
        return self.top + self.step * (line + 1)

    def covers(self, x: float, y: float) -> bool:
        """Return whether a pixel of the picture is in the list."""
        return 0 <= x < self.width and self.top <= y < self.top + self.high

    def row_at(self, x: float, y: float) -> int | None:
        """Return the number of the row, from 0, at a pixel of the picture; None where there is none."""
        if not self.covers(x, y):
            return None
        middle = self.baseline(1) - CAP_HEIGHT * self.text / 2
        line = int((y - middle) // self.step + 0.5) if y < middle else round((y - middle) / self.step)
        return self.first + line if 0 <= line < self.count and y >= middle - self.step / 2 else None


def most_rows(size: tuple[int, int]) -> int:
    """Return how many rows of a list are seen at once in a picture of a width and height in pixels."""
    return max(1, int(_MOST_SHARE * size[1] / (_LINE_HEIGHT * _text_size(size))) - 3)


def row_list_layout(size: tuple[int, int], count: int, first: int = 0) -> RowListLayout:
    """Return where a list stands at the bottom of a picture.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    count : int
        How many rows it has.
    first : int
        The first that is to be seen, from 0; no further down than it needs to be.
    """
    text, most = _text_size(size), most_rows(size)
    seen = min(count, most)
    high = round(_LINE_HEIGHT * text * (seen + 2 + 0.6))
    return RowListLayout(size[0], text, size[1] - 5 * text - high, high, min(max(first, 0), count - seen), seen)


def row_list_marks(
    size: tuple[int, int], listed: RowList, first: int = 0, chosen: int | None = None, *, has_focus: bool = False
) -> DisplayList:
    """List the marks of a list.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    listed : RowList
    first : int
        The first row that is seen, from 0.
    chosen : int, optional
        The row that keys are for, from 0.
    has_focus : bool
        Whether keys go to the list.
    """
    place = row_list_layout(size, len(listed.rows), first)
    text, last = place.text, place.first + place.count
    middle = place.top + (place.high - 1) / 2
    marks: list[Mark] = [Line(0, middle, place.width - 1, middle, round(place.high), EMPTY, _OPACITY)]
    if chosen is not None and place.first <= chosen < last:
        level = place.baseline(1 + chosen - place.first) - CAP_HEIGHT * text / 2
        band = _BAND if has_focus else _BAND_UNFOCUSED
        marks.append(Line(text / 2, level, place.width - 1 - text / 2, level, round(place.step), band))
    starts = [text * (1 + sum(listed.columns[:n])) for n in range(len(listed.columns) + 1)]
    title = listed.title
    if place.count < len(listed.rows):
        title = f"{title}, {place.first + 1} to {last} of {len(listed.rows)}"
    lines = [[(starts[0], title, OFF_WHITE)]]
    for cells in listed.rows[place.first : last]:
        colors = (MUTED, *(listed.color,) * len(listed.columns))
        lines.append([*zip(starts, cells, colors, strict=True)])
    lines.append([(starts[0], listed.help if listed.rows else listed.nothing, MUTED)])
    for number, line in enumerate(lines):
        ends = [*(x for x, *_ in line[1:]), place.width]
        for (x, cell, color), end in zip(line, ends, strict=True):
            if cell:
                marks.append(Text(x, place.baseline(number), fitted(cell, text, end - x - text / 2), text, color))
    return tuple(marks)


def _text_size(size: tuple[int, int]) -> int:
    return max(SMALLEST_TEXT, min(_LARGEST_TEXT, size[1] // 60))
