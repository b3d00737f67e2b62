"""What the window shows over the picture and no screenshot holds: the help, and a note of what was just done."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.bindings import GROUPS
from viewer3d.render.marks.display_list import EMPTY, INK, MUTED, PLANE_COLORS, DisplayList, Line, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.raster import Ink
from viewer3d.render.marks.text_size import SMALLEST_TEXT
from viewer3d.render.marks.typesetting import columns_of, wrapped

DIM = 6
"""The picture behind the help is so many times darker."""

LARGEST_TEXT = 16

PANEL_OPACITY = 0.85
"""Of what is behind a note: it is read over a readout too."""

LINE = 1.6
"""From line to line, of the text size."""

KEYS_WIDE = 11.5
"""Where the words begin, right of the keys, of the text size."""

COLUMN_WIDE = 33
"""From one column of the help to the next, of the text size."""

MOST_COLUMNS = 3
"""Of the help."""


def help_marks(size: tuple[int, int]) -> DisplayList:
    """List every key and gesture, in as many columns as there is room for.

    Parameters
    ----------
    size : tuple of int
        Width and height of the window in pixels.
    """
    width, height = size
    most = int(np.clip(width / (COLUMN_WIDE * SMALLEST_TEXT), 1, MOST_COLUMNS))
    columns = _columns(most)
    longest = max(len(column) for column in columns)
    text = min(LARGEST_TEXT, height / (LINE * (longest + 2)), width / (COLUMN_WIDE * len(columns)))
    text = max(SMALLEST_TEXT, int(text))
    left = max(text, (width - COLUMN_WIDE * text * len(columns)) / 2 + text)
    top = max(2 * text, (height - LINE * text * longest) / 2 + text)
    marks = []
    for n, column in enumerate(columns):
        x = left + n * COLUMN_WIDE * text
        for row, (keys, words) in enumerate(column):
            y = top + row * LINE * text
            color = INK if words else PLANE_COLORS["sagittal"]
            marks += [Text(x, y, keys, text, color), Text(x + KEYS_WIDE * text, y, words, text, MUTED)]
    return tuple(mark for mark in marks if mark.text)


def _columns(most: int) -> list[list[tuple[str, str]]]:
    # Groups stay whole and in their order; a column is no longer than it must be.
    blocks = [[(title, ""), *((one.written, one.words) for one in actions)] for title, actions in GROUPS.items()]
    room = max(len(block) for block in blocks)
    while len(columns := _filled(blocks, room)) > most:
        room += 1
    return columns


def _filled(blocks: list[list[tuple[str, str]]], room: int) -> list[list[tuple[str, str]]]:
    columns = [list(blocks[0])]
    for block in blocks[1:]:
        if len(columns[-1]) + 1 + len(block) <= room:
            columns[-1] += [("", ""), *block]
        else:
            columns.append(list(block))
    return columns


def note_marks(size: tuple[int, int], note: str, *, alone: bool = False) -> DisplayList:
    """Write a note at the bottom of the window, in its middle, on a dark panel; a long one in lines.

    Parameters
    ----------
    size : tuple of int
        Width and height of the window in pixels.
    note : str
    alone : bool
        Whether there is nothing else to see: then it stands in the middle, and says which key closes the window.
    """
    width, height = size
    text = max(SMALLEST_TEXT, min(LARGEST_TEXT, height // 60))
    room = max(8, int((width - 4 * text) / (LETTER_WIDE * text)))
    lines = wrapped(note, room, plain_words=True)
    half = LETTER_WIDE * text * max(map(columns_of, lines)) / 2 + text
    middle, high = (width - 1) / 2, round(LINE * text * len(lines)) + text // 2
    last = height // 2 if alone else height - 3 * text
    first = last - LINE * text * (len(lines) - 1)
    row = first - text + (high - 1) / 2
    return (
        Line(middle - half, row, middle + half, row, high, EMPTY, PANEL_OPACITY),
        *(Text(middle, first + n * LINE * text, line, text, align="middle") for n, line in enumerate(lines)),
        *((Text(middle, last + 2 * LINE * text, "q closes", text - 2, MUTED, "middle"),) if alone else ()),
    )


def overlaid(picture: NDArray[np.uint8], ink: Ink, note: str, *, with_help: bool) -> NDArray[np.uint8]:
    """Return a copy of a picture with help or a note over it.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    ink : Ink
    note : str
        Empty for none.
    with_help : bool
    """
    size = picture.shape[1], picture.shape[0]
    shown = picture // DIM if with_help else picture.copy()
    ink.draw(shown, help_marks(size) if with_help else ())
    ink.draw(shown, note_marks(size, note) if note else ())
    return shown
