"""The layout of a page: panes of one scale in rows and columns, and the size of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, cast, get_args

import numpy as np

from viewer3d.errors import ViewError
from viewer3d.figures.pages.foot_notes import FootNotes
from viewer3d.figures.style import Style
from viewer3d.render.marks.metrics import SMALLEST_TEXT
from viewer3d.render.marks.region_key import KEY_STEP, KeyEntry, RegionKey
from viewer3d.render.panes import Rect, check_size

_TEXT_SHARE: Final = 0.03
"""Text size as a part of the mean (geometric) of the page's side and the smallest pane's: 15 points over a page of
180 mm that is one pane, 7 where it is three side by side or a lightbox of five."""

GAP_SHARE: Final = 0.005
"""Between panes, of the page's width; more where text is large beside it."""

LABEL_MARGIN: Final = 1.7
"""Between the content of a pane and its edges, in text sizes: room for labels."""

NARROW_LABEL_MARGIN: Final = 0.3
"""The same in panes with few labels."""

STRIP_WIDTH: Final = 5.0
"""Of the strip beside the panes that holds value bars, in text sizes."""

PAGE_SHAPE: Final = 1.4
"""Width by height of a page of many panes that has no size."""

HIGH_WASTE: Final = 2
"""Cost of a page that is too high, relative to one that is too low."""

BLANK_WASTE: Final = 4
"""Cost of blank panes, relative to a page of another shape."""

SIDE_LETTERS_ONLY_BELOW: Final = 11
"""Text sizes: a pane with a shorter side than this has room for the letters of its sides alone."""

KEY_SHARE: Final = 0.4
"""Of the height of the panes, and of a page that has a size: a key is no higher."""

SMALLEST_PANE: Final = 8
"""Pixels: a pane of less shows nothing."""


Arrangement = Literal["row", "column"]
"""Side by side, or one below the other."""


@dataclass(frozen=True)
class PageLayout:
    """The rectangles of the panes on a page.

    Attributes
    ----------
    size : tuple of int
        Of the page in pixels.
    cells : tuple of tuple of Rect
        The panes, row by row.
    mm_per_pixel : float
        In all panes.
    text : int
        Size of text in pixels.
    strip : Rect
        What is free right of the panes; of no width where nothing is.
    key : RegionKey, optional
        What stands below them.
    notes : FootNotes, optional
        What stands below all.
    """

    size: tuple[int, int]
    cells: tuple[tuple[Rect, ...], ...]
    mm_per_pixel: float
    text: int
    strip: Rect
    key: RegionKey | None = None
    notes: FootNotes | None = None

    @property
    def panes(self) -> list[Rect]:
        """The panes in reading order."""
        return [rect for row in self.cells for rect in row]


def lay_out_page(
    columns: Sequence[float],
    rows: Sequence[float],
    style: Style,
    *,
    margin: float = LABEL_MARGIN,
    strip: bool = False,
    key: tuple[KeyEntry, ...] = (),
    notes: Sequence[str] = (),
) -> PageLayout:
    """Lay out panes of one scale on a page, in rows and columns.

    Parameters
    ----------
    columns, rows : sequence of float
        What panes have to show, in mm: the width of each column and the height of each row.
    style : Style
        Where it has no size, the page is as high as the panes need.
    margin : float
        Free on each side of that, in text sizes; in panes too small for labels a twentieth of them.
    strip : bool
        Whether room is left for value bars right of the panes.
    key : tuple of KeyEntry
        What the key below the panes names; of many as many as there is room for, see :data:`KEY_SHARE`.
    notes : sequence of str
        Sentences below all.

    Raises
    ------
    ViewError
        When the page would be too large, or too small for so many panes.
    """
    width = style.page_width
    wide, high = float(sum(columns)), float(sum(rows))
    height = style.size[1] if style.size else round(width * high / wide)
    smallest = min(min(columns) / wide * width, min(rows) / high * height)
    text = page_text_size(style, smallest, (width, height))
    gap = max(1, round(GAP_SHARE * width))
    free = 2 * margin * text if smallest >= SIDE_LETTERS_ONLY_BELOW * text else 0.1 * smallest
    aside = round(STRIP_WIDTH * text) if strip else 0
    room = width - aside - gap * (len(columns) - 1)
    scale = wide / max(room - free * len(columns), 1)
    if style.size is None:
        height = round(high / scale + free * len(rows)) + gap * (len(rows) - 1)
    named = _page_key(key, text, width, height) if key else None
    tallest = height if style.size else None
    noted = FootNotes.on_page(notes, text, width - 2 * _key_pad(text), tallest) if notes else None
    foot = named.height + 2 * _key_pad(text) if named else 0
    foot += _notes_height(noted, text)
    if style.size is None:
        height += foot
    size = check_size((width, height))
    height -= foot
    tall = height - gap * (len(rows) - 1)
    scale = max(scale, high / max(tall - free * len(rows), 1))
    lefts = _spans([side / scale + free for side in columns], room, gap)
    tops = _spans([side / scale + free for side in rows], tall, gap)
    cells = tuple(tuple(Rect(x, y, w, h) for x, w in lefts) for y, h in tops)
    if min(min(rect.size) for row in cells for rect in row) < SMALLEST_PANE:
        raise ViewError(f"figure of {width} x {height} pixels is too small for {len(columns)} x {len(rows)} panes")
    return PageLayout(size, cells, scale, text, Rect(width - aside, 0, aside, height), named, noted)


def _page_key(entries: tuple[KeyEntry, ...], text: int, width: int, height: int) -> RegionKey | None:
    pad = _key_pad(text)
    most = int((KEY_SHARE * height - 2 * pad) / (KEY_STEP * text))
    key = RegionKey(entries, text, width - 2 * pad, most)
    return key if key.rows > 0 else None


def _key_pad(text: int) -> int:
    return round(0.6 * text)


def key_place(layout: PageLayout) -> tuple[float, float]:
    """Return where the key of a page begins: its left upper corner, in pixels."""
    pad = _key_pad(layout.text)
    high = layout.key.height if layout.key else 0
    return pad, layout.size[1] - pad - high - _notes_height(layout.notes, layout.text)


def notes_place(layout: PageLayout) -> tuple[float, float]:
    """Return where the notes of a page begin: their left upper corner, in pixels."""
    pad = _key_pad(layout.text)
    return pad, layout.size[1] - _notes_height(layout.notes, layout.text) + pad / 2


def _notes_height(notes: FootNotes | None, text: int) -> int:
    return notes.height + _key_pad(text) if notes else 0


def check_arrangement(layout: str) -> Arrangement:
    """Return the name of an arrangement of panes.

    Raises
    ------
    ViewError
        When there is none of this name.
    """
    if layout not in get_args(Arrangement):
        raise ViewError(f"no layout is named {layout!r}: give one of {', '.join(get_args(Arrangement))}")
    return cast("Arrangement", layout)


def arranged(sides: Sequence[tuple[float, float]], arrangement: Arrangement) -> tuple[Sequence[float], Sequence[float]]:
    """Return the widths of columns and heights of rows, in mm, for panes in one row or one column."""
    wide, high = [width for width, _ in sides], [height for _, height in sides]
    return (wide, [max(high)]) if arrangement == "row" else ([max(wide)], high)


def page_text_size(style: Style, smallest: float, page: tuple[int, int]) -> int:
    """Return the size of text in pixels, from the shorter side of the smallest pane and the page's size."""
    natural = _TEXT_SHARE * np.sqrt(smallest * np.sqrt(page[0] * page[1]))
    return max(1, style.text_pixels(max(SMALLEST_TEXT, float(natural))))


def tiled(count: int, sides: tuple[float, float], style: Style) -> tuple[list[float], list[float]]:
    """Return widths of columns and heights of rows, in mm, for panes of one size that fill a page best."""
    columns = best_columns(count, sides, style)
    return [sides[0]] * columns, [sides[1]] * -(-count // columns)


def best_columns(count: int, pane: tuple[float, float], style: Style) -> int:
    """Choose the number of columns in which panes of one size fill a page best.

    Parameters
    ----------
    count : int
    pane : tuple of float
        Width and height of what each has to show, in mm.
    style : Style
        Without a size the page is to be about :data:`PAGE_SHAPE` times as wide as high.
    """
    shape = style.size[0] / style.size[1] if style.size else PAGE_SHAPE

    def waste(columns: int) -> float:
        rows = -(-count // columns)
        off = float(np.log(columns * pane[0] / (rows * pane[1]) / shape))
        return max(off, -HIGH_WASTE * off) + BLANK_WASTE * (rows * columns - count) / count

    return min(range(1, count + 1), key=waste)


def _spans(sides: Sequence[float], room: int, gap: int) -> list[tuple[int, int]]:
    # Start and length of each; room that the content does not need is shared in proportion to it.
    ends = np.rint(np.cumsum([0.0, *sides]) / sum(sides) * room).astype(int).tolist()
    return [(low + gap * n, high - low) for n, (low, high) in enumerate(pairwise(ends))]
