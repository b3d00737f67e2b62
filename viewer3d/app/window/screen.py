"""What a viewer shows its picture on: a desktop window, or the area of one beside the panel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.panes import SMALLEST_SIDE, Rect

if TYPE_CHECKING:
    from viewer3d.app.window.desktop import Desktop


class Screen(Protocol):
    """Shows a picture pixel for pixel and processes events."""

    @property
    def is_open(self) -> bool:
        """Whether it is open."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as the user has made it."""

    def process_events(self) -> bool:
        """Process events and return whether the picture must be shown again."""

    def show(self, picture: NDArray[np.uint8], rects: Iterable[Rect]) -> None:
        """Show parts of a picture."""

    def set_title(self, title: str) -> None:
        """Set the title of the desktop window."""

    def close(self) -> None:
        """Close it, if it is open."""


def drawable(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the picture for a screen of a size; a tiny screen shows the corner of a picture."""
    width, height = (max(SMALLEST_SIDE, side) for side in size)
    return width, height


class PictureArea:
    """The area of a desktop window beside the panel at its left, with controls of its own.

    Parameters
    ----------
    desktop : Desktop

    Attributes
    ----------
    panel : ndarray of uint8, shape (height, columns, 3)
        The picture of the panel; without columns while there is none.
    draw_over : callable, optional
        Draws on a picture of the area's size, (height, width, 3) uint8; None while nothing is drawn over it.
    after_events : callable
        Is called when events were processed, before the picture is drawn.
    """

    def __init__(self, desktop: Desktop) -> None:
        self.panel = np.zeros((1, 0, 3), np.uint8)
        self.draw_over: Callable[[NDArray[np.uint8]], None] | None = None
        self.after_events: Callable[[], object] = lambda: None
        self._desktop = desktop
        self._picture = np.zeros((1, 1, 3), np.uint8)
        self._is_panel_due = True

    @property
    def is_open(self) -> bool:
        """Whether the desktop window is open."""
        return self._desktop.is_open

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, height = self._desktop.size
        return max(width - self.panel.shape[1], 1), height

    def process_events(self) -> bool:
        """Process events and return whether the picture must be shown again."""
        exposed = self._desktop.process_events()
        self._is_panel_due |= exposed
        self.after_events()
        return exposed

    def show(self, picture: NDArray[np.uint8], rects: Iterable[Rect]) -> None:
        """Show parts of a picture, with what is drawn over it."""
        self._picture = picture
        if self.draw_over is not None:
            picture = picture.copy()
            self.draw_over(picture)
        if self._is_panel_due:
            self._desktop.show(self.panel, [_whole(self.panel)], is_more=True)
            self._is_panel_due = False
        self._desktop.show(picture, rects, self.panel.shape[1])

    def set_panel(self, panel: NDArray[np.uint8]) -> None:
        """Take another panel, shown with the next picture; where it takes more or less room, at once."""
        before, self.panel, self._is_panel_due = self.panel, panel, True
        if before.shape[1] != panel.shape[1]:
            self.show_again()

    def show_due_panel(self) -> None:
        """Show the panel if it was set and no picture was shown since."""
        if self._is_panel_due:
            self._desktop.show(self.panel, [_whole(self.panel)])
            self._is_panel_due = False

    def show_again(self) -> None:
        """Show panel and picture again, because the panel or what is drawn over the picture has changed."""
        self._is_panel_due = True
        self.show(self._picture, [_whole(self._picture)])

    def set_title(self, title: str) -> None:
        """Set the title of the desktop window."""
        self._desktop.set_title(title)

    def close(self) -> None:
        """Close the window."""
        self._desktop.close()


def _whole(picture: NDArray[np.uint8]) -> Rect:
    return Rect(0, 0, picture.shape[1], picture.shape[0])
