"""What the window shows over the picture and no screenshot holds: the help, and a note of what was just done."""

from __future__ import annotations

from textwrap import wrap

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.actions import ACTIONS, GROUPS
from viewer3d.render.ink import Ink
from viewer3d.render.labels import LETTER_WIDE
from viewer3d.render.lettering import SMALLEST_TEXT
from viewer3d.render.marks import EMPTY, INK, MUTED, PLANE_COLORS, DisplayList, Line, Text

DIM = 6
"""The picture behind the help is so many times darker."""

LARGEST_TEXT = 16

PANEL_OPACITY = 0.85
"""Of what is behind a note: it is read over a readout too."""

LINE = 1.6
"""From line to line, of the text size."""

KEYS_WIDE = 11.5
"""Where the words begin, right of the keys, of the text size."""

COLUMN_WIDE = 34
"""From one column of the help to the next, of the text size."""


def help_marks(size: tuple[int, int]) -> DisplayList:
    """List every key and gesture, in one column or two.

    Parameters
    ----------
    size : tuple of int
        Width and height of the window in pixels.
    """
    width, height = size
    blocks = [[(title, ""), *((a.written, a.words) for a in ACTIONS if a.where in wheres)] for title, wheres in GROUPS]
    # What slices have in the first column, all else in the second.
    columns = [[*above, ("", ""), *below] for above, below in (blocks[:2], blocks[2:])]
    if width < 2 * COLUMN_WIDE * SMALLEST_TEXT:
        columns = [[*columns[0], ("", ""), *columns[1]]]
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


def note_marks(size: tuple[int, int], note: str) -> DisplayList:
    """Write a note at the bottom of the window, in its middle, on a dark panel; a long one in lines."""
    width, height = size
    text = max(SMALLEST_TEXT, min(LARGEST_TEXT, height // 60))
    lines = wrap(note, max(8, int((width - 4 * text) / (LETTER_WIDE * text))))
    half = LETTER_WIDE * text * max(map(len, lines), default=0) / 2 + text
    middle, high = (width - 1) / 2, round(LINE * text * len(lines)) + text // 2
    first = height - 3 * text - LINE * text * (len(lines) - 1)
    row = first - text + (high - 1) / 2
    return (
        Line(middle - half, row, middle + half, row, high, EMPTY, PANEL_OPACITY),
        *(Text(middle, first + n * LINE * text, line, text, align="middle") for n, line in enumerate(lines)),
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
