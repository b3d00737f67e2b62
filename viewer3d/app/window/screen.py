"""What a viewer is seen on: a window, or the part of one beside a panel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.panes import SMALLEST_SIDE, Rect

if TYPE_CHECKING:
    from viewer3d.app.window.desktop import Desktop


class Screen(Protocol):
    """Shows a picture pixel for pixel, and tells of what happened to it."""

    @property
    def is_open(self) -> bool:
        """Whether it is there."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as the person has made it."""

    def turn(self) -> bool:
        """Tell of all that has happened since the last turn; returns whether the picture must be shown anew."""

    def show(self, picture: NDArray[np.uint8], rects: Iterable[Rect]) -> None:
        """Show parts of a picture."""

    def name(self, title: str) -> None:
        """Write a title over it."""

    def close(self) -> None:
        """Close it; nothing happens when it is closed already."""


def drawable(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the picture for a window of any size: of a tiny one the corner of a small picture is seen."""
    width, height = (max(SMALLEST_SIDE, side) for side in size)
    return width, height


class Part:
    """The part of a window that lies beside a panel at its left, with something over what is shown there.

    Parameters
    ----------
    desktop : Desktop

    Attributes
    ----------
    side : ndarray of uint8, shape (height, columns, 3)
        The panel; of no columns while there is none.
    cover : callable, optional
        Draws on a picture of the part's size, (height, width, 3) uint8; None while nothing lies over it.
    """

    def __init__(self, desktop: Desktop) -> None:
        self.side = np.zeros((1, 0, 3), np.uint8)
        self.cover: Callable[[NDArray[np.uint8]], None] | None = None
        self._desktop = desktop
        self._picture = np.zeros((1, 1, 3), np.uint8)
        self._is_side_due = True

    @property
    def is_open(self) -> bool:
        """Whether the window is there."""
        return self._desktop.is_open

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, height = self._desktop.size
        return max(width - self.side.shape[1], 1), height

    def turn(self) -> bool:
        """Tell of all that has happened since the last turn; returns whether the picture must be shown anew."""
        exposed = self._desktop.turn()
        self._is_side_due |= exposed
        return exposed

    def show(self, picture: NDArray[np.uint8], rects: Iterable[Rect]) -> None:
        """Show parts of a picture, with what lies over it."""
        self._picture = picture
        if self.cover is not None:
            picture = picture.copy()
            self.cover(picture)
        self._desktop.show(picture, rects, self.side.shape[1])
        if self._is_side_due:
            self._desktop.show(self.side, [_whole(self.side)])
            self._is_side_due = False

    def show_again(self) -> None:
        """Show panel and picture once more, because the one or what lies over the other has changed."""
        self._is_side_due = True
        self.show(self._picture, [_whole(self._picture)])

    def name(self, title: str) -> None:
        """Write a title over the window."""
        self._desktop.name(title)

    def close(self) -> None:
        """Close the window."""
        self._desktop.close()


def _whole(picture: NDArray[np.uint8]) -> Rect:
    return Rect(0, 0, picture.shape[1], picture.shape[0])
