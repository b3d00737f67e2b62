"""The help: every key and gesture in columns, on as many pages as the window needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from viewer3d.app.input.keys.own_keys import key_groups
from viewer3d.app.input.keys.screen_keys import help_lines
from viewer3d.app.input.keys.screen_traits import ON_DESKTOP, ScreenTraits
from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, PLANE_COLORS, DisplayList, Text
from viewer3d.render.marks.metrics import SMALLEST_TEXT
from viewer3d.render.marks.typesetting import fitted, text_width

if TYPE_CHECKING:
    from viewer3d.app.input.interactor import Button

_SMALLEST, _LARGEST = 12, 16
"""Pixels: text of the help where it stands on one page; on several it has the smaller, or a pixel less for fewer."""

_READABLE: Final = 32
"""Text sizes: a narrower window has the smallest text there is, and lines are cut."""

_LINE_HEIGHT: Final = 1.6
"""From line to line, in text sizes."""

_MOST_COLUMNS: Final = 3

_GAP, _BETWEEN = 1.2, 2.0
"""Between keys and what they do, and between columns, in text sizes."""

_FOOT: Final = 2.5
"""Lines that the last line of a page takes at the bottom, with the room above it."""

_LAST_LINE: Final = "? or Esc closes     / finds every command by a few letters"

_TURNING: Final = {"Up": -1, "Left": -1, "Prior": -1, "Home": -1000, "Down": 1, "Right": 1, "Next": 1, "End": 1000}
"""By how many pages keys turn on."""

_HelpLine = tuple[str, str]
"""Keys and what they do; of a heading its title, and nothing."""

_Block = tuple[_HelpLine, ...]
"""A heading and the lines below it."""


@dataclass(frozen=True)
class HelpColumn:
    """A column of the help.

    Attributes
    ----------
    lines : tuple of (str, str)
        Keys and what they do; of a heading its title and nothing.
    keys, width : float
        Pixels from its left end to what keys do, and to its right end.
    """

    lines: tuple[_HelpLine, ...]
    keys: float
    width: float


@dataclass(frozen=True)
class HelpLayout:
    """How the help stands in a window.

    Attributes
    ----------
    text : int
        Size of text in pixels.
    pages : tuple of tuple of HelpColumn
        The columns of each page.
    """

    text: int
    pages: tuple[tuple[HelpColumn, ...], ...]

    def width(self, page: int) -> float:
        """Return how wide a page is in pixels."""
        return _total(self.pages[page], self.text)


@dataclass(frozen=True)
class HelpPage:
    """A page of the help as it is shown.

    Attributes
    ----------
    number : int
        From 0; beyond the last the last is shown.
    screen : ScreenTraits
        What it is shown on.
    """

    number: int = 0
    screen: ScreenTraits = ON_DESKTOP


class HelpHandler:
    """Turns the pages of the help while it is shown; a click closes it.

    Parameters
    ----------
    turn : callable
        Takes by how many pages to turn on.
    close : callable
        Hides the help.
    """

    def __init__(self, turn: Callable[[int], object], close: Callable[[], object]) -> None:
        self._turn, self._close = turn, close

    def key(self, name: str, character: str = "") -> bool:
        """Turn pages or close the help, and return whether it was a key that does so."""
        if name == "Escape":  # before anything below it takes that
            self._close()
            return True
        if name not in _TURNING:
            return False
        self._turn(_TURNING[name])
        return True

    def press(self, button: Button, x: float, y: float) -> None:
        """Close the help."""
        self._close()

    def move(self, x: float, y: float) -> None:
        """Do nothing."""

    def wheel(self, steps: int) -> None:
        """Turn a page a step."""
        self._turn(-steps)


def help_layout(size: tuple[int, int], screen: ScreenTraits = ON_DESKTOP) -> HelpLayout:
    """Return how the help stands in a picture of a size in pixels: on one page if it can be read so."""
    return _layout_of(_blocks(screen), size)


@lru_cache(maxsize=4)
def _layout_of(blocks: tuple[_Block, ...], size: tuple[int, int]) -> HelpLayout:
    width, height = size
    for text in range(_LARGEST, _SMALLEST - 1, -1):
        most, widths = _rows(height, text), _widths(blocks, text)
        for rows in range(min(max(map(len, blocks)), most), most + 1):  # the first are the shortest columns
            page = _columns(blocks, rows, widths, text)
            if len(page) <= _MOST_COLUMNS and _total(page, text) <= width - 2 * text:
                return HelpLayout(text, (page,))
    sizes = (_SMALLEST, _SMALLEST - 1) if width >= _READABLE * _SMALLEST else (SMALLEST_TEXT,)
    return min((_on_pages(blocks, size, text) for text in sizes), key=lambda one: len(one.pages))


def _on_pages(blocks: tuple[_Block, ...], size: tuple[int, int], text: int) -> HelpLayout:
    width, height = size
    pages: list[tuple[HelpColumn, ...]] = [()]
    for column in _columns(blocks, _rows(height, text), _widths(blocks, text), text):
        longer = (*pages[-1], column)
        if pages[-1] and (len(longer) > _MOST_COLUMNS or _total(longer, text) > width - 2 * text):
            pages.append((column,))
        else:
            pages[-1] = longer
    return HelpLayout(text, tuple(pages))


def help_marks(size: tuple[int, int], page: int = 0, screen: ScreenTraits = ON_DESKTOP) -> DisplayList:
    """List the marks of a page of the help.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    page : int
        From 0; beyond the last the last is shown.
    screen : ScreenTraits
        What it is shown on.
    """
    shown, (width, height) = help_layout(size, screen), size
    text, count = shown.text, len(shown.pages)
    page = min(max(page, 0), count - 1)
    longest = max(len(column.lines) for one in shown.pages for column in one)
    x = max(text, (width - max(shown.width(n) for n in range(count))) / 2)
    top = max(1.6 * text, (height - _LINE_HEIGHT * text * (longest + _FOOT)) / 2 + text)
    marks: list[Text] = []
    for column in shown.pages[page]:
        for row, (keys, does) in enumerate(column.lines):
            y = top + row * _LINE_HEIGHT * text
            color = OFF_WHITE if does else PLANE_COLORS["sagittal"]
            room = min(column.width, width - 2 * text) - column.keys + 1
            marks += [Text(x, y, keys, text, color), Text(x + column.keys, y, fitted(does, text, room), text, MUTED)]
        x += column.width + _BETWEEN * text
    said: tuple[str, ...] = (_LAST_LINE,)
    if count > 1:
        turns = f"page {page + 1} of {count}: wheel, Page Up, Page Down"
        said = (f"{turns}     {_LAST_LINE}", turns)
    room = width - 2 * text
    last = next((one for one in said if text_width(one, text) <= room), fitted(said[-1], text, room))
    marks.append(Text(width / 2, height - text, last, text, OFF_WHITE, "middle"))
    return tuple(mark for mark in marks if mark.text)


def _blocks(screen: ScreenTraits) -> tuple[_Block, ...]:
    return tuple(((title, ""), *lines) for title, lines in help_lines(key_groups(), screen))


def _widths(blocks: tuple[_Block, ...], text: int) -> dict[_HelpLine, tuple[float, float]]:
    return {line: (text_width(line[0], text), text_width(line[1], text)) for block in blocks for line in block}


def _columns(
    blocks: tuple[_Block, ...], rows: int, widths: dict[_HelpLine, tuple[float, float]], text: int
) -> tuple[HelpColumn, ...]:
    columns = []
    for lines in _filled(blocks, rows):
        keys = max(widths[line][0] for line in lines if line[1]) + _GAP * text
        columns.append(HelpColumn(lines, keys, keys + max(widths[line][1] for line in lines if line[1])))
    return tuple(columns)


def _total(columns: Sequence[HelpColumn], text: int) -> float:
    return sum(column.width for column in columns) + _BETWEEN * text * (len(columns) - 1)


def _rows(height: int, text: int) -> int:
    return max(4, int(height / (_LINE_HEIGHT * text) - _FOOT - 0.5))


def _filled(blocks: tuple[_Block, ...], rows: int) -> tuple[tuple[_HelpLine, ...], ...]:
    """Return columns of so many lines: groups are whole where they fit into one, and keep their order."""
    columns: list[list[_HelpLine]] = [[]]
    for block in blocks:
        gap = [("", "")] if columns[-1] else []
        if len(columns[-1]) + len(gap) + len(block) <= rows:
            columns[-1] += [*gap, *block]
            continue
        heading, rest = block[0], block[1:]
        while rest:
            columns.append([heading, *rest[: rows - 1]])
            heading, rest = (f"{block[0][0]}, on", ""), rest[rows - 1 :]
    return tuple(tuple(column) for column in columns if column)
