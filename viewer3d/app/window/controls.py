"""The controls: help, notes, lists and handles over the picture, which no screenshot holds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.keys.screen_traits import ON_DESKTOP, ScreenTraits
from viewer3d.app.window.help_pages import HelpPage, help_layout, help_marks
from viewer3d.app.window.notes import note_marks
from viewer3d.core.view.planes import PaneName
from viewer3d.render.display.device_pixels import ORDINARY, DevicePixels
from viewer3d.render.marks.display_list import DisplayList
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.panes import Rect

NOTE_SECONDS = 3.0
"""How long a note of what was done is shown."""

DIMMING = 6
"""The picture behind the help is darker by this factor."""

HINT = "? shows keys and gestures, / finds every command"
"""What the desktop window says when it has opened."""

HINT_OF_KEYS = "Alt does what Ctrl does"
"""What it says besides in a browser."""

HINT_SECONDS = 6.0

WARNING_SECONDS = 12.0
"""One that nobody asked for stands until it is surely read: three lines, slowly."""


class Controls:
    """Draws help, notes, lists and handles over pictures, and knows which parts have changed.

    Parameters
    ----------
    screen : ScreenTraits
        Of what they are shown on.
    """

    def __init__(self, screen: ScreenTraits = ON_DESKTOP) -> None:
        self.screen = screen
        self._raster = Rasterizer()
        self._note, self._note_until = "", 0.0
        self._has_help, self._help_page = False, 0
        self._pane_marks: Mapping[PaneName, DisplayList] = {}
        self._window_marks: tuple[str, DisplayList] = ("", ())
        self._is_all_due = True
        self._rects: Mapping[PaneName, Rect] = {}

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
        """Show the first page of the help, or hide it."""
        self._has_help, self._help_page, self._is_all_due = not self._has_help, 0, True

    def turn_help(self, pages: int, size: tuple[int, int]) -> None:
        """Show a page of the help that is so many further on, in a picture of a width and height in pixels."""
        page = min(max(self._help_page + pages, 0), len(help_layout(size, self.screen).pages) - 1)
        self._is_all_due |= page != self._help_page
        self._help_page = page

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
        *,
        device: DevicePixels = ORDINARY,
    ) -> tuple[NDArray[np.uint8], list[Rect]]:
        """Draw the controls over a copy of a picture.

        Parameters
        ----------
        picture : ndarray of uint8, shape (height, width, 3)
        rects : mapping
            Where each pane lies in the picture, in points.
        changed : iterable of str
            The panes that were drawn again.
        pane_marks : mapping
            What is drawn over single panes, in the pane's points.
        window_marks : (str, tuple of Mark)
            A note, and what is drawn over all panes, in the picture's points.
        device : DevicePixels
            How points become pixels of the picture.

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
        places = {name: device.rect(rect) for name, rect in rects.items()}
        parts = [places[name] for name in rects if name in others or name in changed]
        # In another layout the lines between panes are elsewhere.
        if self.is_due(window_marks) or self._has_help or note or marks or rects != self._rects:
            parts = [Rect(0, 0, picture.shape[1], picture.shape[0])]
        self._is_all_due, self._pane_marks, self._window_marks, self._rects = False, pane_marks, window_marks, rects
        if self._has_help or note or marks or pane_marks:
            shown = HelpPage(self._help_page, self.screen) if self._has_help else None
            picture = with_help_or_note(picture, self._raster, note, shown, device=device)
        for name, own in pane_marks.items():
            self._raster.draw(picture[places[name].rows, places[name].columns], device.marks(own))
        self._raster.draw(picture, () if self._has_help else device.marks(marks))
        return picture, parts


def with_help_or_note(
    picture: NDArray[np.uint8],
    raster: Rasterizer,
    note: str,
    page: HelpPage | None = None,
    *,
    device: DevicePixels = ORDINARY,
) -> NDArray[np.uint8]:
    """Return a copy of a picture with the help or a note over it.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    raster : Rasterizer
    note : str
        Empty for none.
    page : HelpPage, optional
        Of the help; without it there is none.
    device : DevicePixels
        How points become pixels of the picture.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    size = device.points((picture.shape[1], picture.shape[0]))
    shown = picture.copy() if page is None else picture // DIMMING
    raster.draw(shown, () if page is None else device.marks(help_marks(size, page.number, page.screen)))
    raster.draw(shown, device.marks(note_marks(size, note)) if note else ())
    return shown
