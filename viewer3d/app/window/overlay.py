"""The glass before the picture: what the window shows over it and no screenshot holds, and what of it has changed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.window.help import overlaid
from viewer3d.core.planes import PaneName
from viewer3d.render.marks.display_list import DisplayList
from viewer3d.render.marks.raster import Ink
from viewer3d.render.panes import Rect

NOTE_SECONDS = 3.0
"""A note of what was done stands so long."""

WARNING_SECONDS = 12.0
"""One that nobody asked for stands until it is surely read: three lines, slowly."""


class Glass:
    """Lays help, notes, lists and handles over pictures, and remembers what lies there."""

    def __init__(self) -> None:
        self._ink = Ink()
        self._note, self._note_until = "", 0.0
        self._has_help = False
        self._over: Mapping[PaneName, DisplayList] = {}
        self._above: tuple[str, DisplayList] = ("", ())
        self._is_all_due = True

    @property
    def note(self) -> str:
        """What is to be told now; empty when nothing is."""
        return self._note if time.monotonic() <= self._note_until else ""

    @property
    def has_help(self) -> bool:
        """Whether the help is shown."""
        return self._has_help

    def tell(self, note: str, seconds: float = NOTE_SECONDS) -> None:
        """Show a note for a while."""
        self._note, self._note_until = note, time.monotonic() + seconds

    def switch_help(self) -> None:
        """Show the help, or put it away."""
        self._has_help, self._is_all_due = not self._has_help, True

    def renew(self) -> None:
        """Let all be shown at the next picture, whatever has changed."""
        self._is_all_due = True

    def is_due(self, above: tuple[str, DisplayList]) -> bool:
        """Whether the window is to be shown anew, though the picture is the same: see :meth:`lay`."""
        return self._is_all_due or self._above != above

    def lay(
        self,
        picture: NDArray[np.uint8],
        rects: Mapping[PaneName, Rect],
        changed: Iterable[PaneName],
        over: Mapping[PaneName, DisplayList],
        above: tuple[str, DisplayList],
    ) -> tuple[NDArray[np.uint8], list[Rect]]:
        """Lay what there is over a picture.

        Parameters
        ----------
        picture : ndarray of uint8, shape (height, width, 3)
            It stays as it is.
        rects : mapping
            Where each pane lies in it.
        changed : iterable of str
            The panes that were drawn again.
        over : mapping
            What lies over single panes, in their own pixels.
        above : (str, tuple of Mark)
            A note, and what lies over all panes.

        Returns
        -------
        picture : ndarray of uint8, shape (height, width, 3)
        parts : list of Rect
            Those that are not what was shown last.
        """
        over = {} if self._has_help else over
        note, marks = above
        # What is over a pane is drawn anew with it, and a pane anew when what was over it is another.
        others = {name for name in rects if over.get(name) != self._over.get(name)}
        parts = [rects[name] for name in rects if name in others or name in changed]
        if self.is_due(above) or self._has_help or note or marks:
            parts = [Rect(0, 0, picture.shape[1], picture.shape[0])]
        self._is_all_due, self._over, self._above = False, over, above
        if self._has_help or note or marks or over:
            picture = overlaid(picture, self._ink, note, with_help=self._has_help)
        for name, own in over.items():
            self._ink.draw(picture[rects[name].rows, rects[name].columns], own)
        self._ink.draw(picture, () if self._has_help else marks)
        return picture, parts
