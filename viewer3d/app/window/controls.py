"""The controls: help, notes, lists and handles over the picture, which no screenshot holds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.keys.own_keys import key_groups
from viewer3d.app.window.notes import note_marks
from viewer3d.core.view.planes import PaneName
from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, PLANE_COLORS, DisplayList, Text
from viewer3d.render.marks.metrics import SMALLEST_TEXT
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.panes import Rect

NOTE_SECONDS = 3.0
"""How long a note of what was done is shown."""

DIMMING = 6
"""The picture behind the help is darker by this factor."""

_LARGEST_TEXT = 16
"""Pixels: text of the help, as what follows."""

_LINE_HEIGHT = 1.6
"""From line to line, in text sizes."""

_KEYS_WIDTH = 11.5
"""Width of the column of keys, in text sizes."""

_COLUMN_WIDTH = 33
"""From one column of the help to the next, in text sizes."""

_MOST_COLUMNS = 3

WARNING_SECONDS = 12.0
"""One that nobody asked for stands until it is surely read: three lines, slowly."""


class Controls:
    """Draws help, notes, lists and handles over pictures, and knows which parts have changed."""

    def __init__(self) -> None:
        self._raster = Rasterizer()
        self._note, self._note_until = "", 0.0
        self._has_help = False
        self._pane_marks: Mapping[PaneName, DisplayList] = {}
        self._window_marks: tuple[str, DisplayList] = ("", ())
        self._is_all_due = True

    @property
    def note(self) -> str:
        """The note that is shown now; empty when there is none."""
        return self._note if time.monotonic() <= self._note_until else ""

    @property
    def has_help(self) -> bool:
        """Whether the help is shown."""
        return self._has_help

    def show_note(self, note: str, seconds: float = NOTE_SECONDS) -> None:
        """Show a note for a while."""
        self._note, self._note_until = note, time.monotonic() + seconds

    def toggle_help(self) -> None:
        """Show the help, or hide it."""
        self._has_help, self._is_all_due = not self._has_help, True

    def request_redraw(self) -> None:
        """Show the whole next picture, whatever of it has changed."""
        self._is_all_due = True

    def is_due(self, window_marks: tuple[str, DisplayList]) -> bool:
        """Return whether anything has changed since :meth:`compose`."""
        return self._is_all_due or self._window_marks != window_marks

    def compose(
        self,
        picture: NDArray[np.uint8],
        rects: Mapping[PaneName, Rect],
        changed: Iterable[PaneName],
        pane_marks: Mapping[PaneName, DisplayList],
        window_marks: tuple[str, DisplayList],
    ) -> tuple[NDArray[np.uint8], list[Rect]]:
        """Draw the controls over a copy of a picture.

        Parameters
        ----------
        picture : ndarray of uint8, shape (height, width, 3)
        rects : mapping
            Where each pane lies in the picture.
        changed : iterable of str
            The panes that were drawn again.
        pane_marks : mapping
            What is drawn over single panes, in the pane's pixels.
        window_marks : (str, tuple of Mark)
            A note, and what is drawn over all panes, in the picture's pixels.

        Returns
        -------
        picture : ndarray of uint8, shape (height, width, 3)
        parts : list of Rect
            The parts that differ from what was shown last.
        """
        pane_marks = {} if self._has_help else pane_marks
        note, marks = window_marks
        # The marks of a pane are drawn again with the pane, and the pane when its marks have changed.
        others = {name for name in rects if pane_marks.get(name) != self._pane_marks.get(name)}
        parts = [rects[name] for name in rects if name in others or name in changed]
        if self.is_due(window_marks) or self._has_help or note or marks:
            parts = [Rect(0, 0, picture.shape[1], picture.shape[0])]
        self._is_all_due, self._pane_marks, self._window_marks = False, pane_marks, window_marks
        if self._has_help or note or marks or pane_marks:
            picture = with_help_or_note(picture, self._raster, note, with_help=self._has_help)
        for name, own in pane_marks.items():
            self._raster.draw(picture[rects[name].rows, rects[name].columns], own)
        self._raster.draw(picture, () if self._has_help else marks)
        return picture, parts


def with_help_or_note(
    picture: NDArray[np.uint8], raster: Rasterizer, note: str, *, with_help: bool
) -> NDArray[np.uint8]:
    """Return a copy of a picture with the help or a note over it.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    raster : Rasterizer
    note : str
        Empty for none.
    with_help : bool

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    size = picture.shape[1], picture.shape[0]
    shown = picture // DIMMING if with_help else picture.copy()
    raster.draw(shown, help_marks(size) if with_help else ())
    raster.draw(shown, note_marks(size, note) if note else ())
    return shown


def help_marks(size: tuple[int, int]) -> DisplayList:
    """List the marks of every key and gesture, in as many columns as there is room for.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    """
    width, height = size
    most = int(np.clip(width / (_COLUMN_WIDTH * SMALLEST_TEXT), 1, _MOST_COLUMNS))
    columns = _columns(most)
    longest = max(len(column) for column in columns)
    text = min(_LARGEST_TEXT, height / (_LINE_HEIGHT * (longest + 2)), width / (_COLUMN_WIDTH * len(columns)))
    text = max(SMALLEST_TEXT, int(text))
    left = max(text, (width - _COLUMN_WIDTH * text * len(columns)) / 2 + text)
    top = max(2 * text, (height - _LINE_HEIGHT * text * longest) / 2 + text)
    marks = []
    for n, column in enumerate(columns):
        x = left + n * _COLUMN_WIDTH * text
        for row, (keys, description) in enumerate(column):
            y = top + row * _LINE_HEIGHT * text
            color = OFF_WHITE if description else PLANE_COLORS["sagittal"]
            marks += [Text(x, y, keys, text, color), Text(x + _KEYS_WIDTH * text, y, description, text, MUTED)]
    return tuple(mark for mark in marks if mark.text)


def _columns(most: int) -> list[list[tuple[str, str]]]:
    # Groups stay whole and in their order; a column is no longer than it must be.
    # What has no key is in the palette.
    blocks = [
        [(title, ""), *((one.label, one.description) for one in bindings if one.inputs)]
        for title, bindings in key_groups().items()
    ]
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
