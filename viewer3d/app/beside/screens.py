"""The area of a desktop window, shared among the cells of series side by side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.window.elsewhere import ShownOnScreen
from viewer3d.app.window.screen import PictureArea
from viewer3d.render.cells import GROUND, cell_columns, cell_rects, framed_rect, paste
from viewer3d.render.colors import fill_with
from viewer3d.render.display.device_pixels import DevicePixels
from viewer3d.render.panes import Rect
from viewer3d.render.scene import BORDER

if TYPE_CHECKING:
    from viewer3d.app.beside.cells import ViewerCells

ACTIVE: Final = (92, 132, 178)
"""Red, green and blue of the frame around the active cell: a blue that no plane, segment or note has."""


class SharedArea:
    """Shares an area among screens: one has all of it, several stand in rows and columns.

    Parameters
    ----------
    area : PictureArea
    cells : ViewerCells
        The viewers that are shown on the screens.

    Attributes
    ----------
    screens : list of CellScreen
        In reading order.
    active : CellScreen, optional
        The one with a frame.
    """

    def __init__(self, area: PictureArea, cells: ViewerCells) -> None:
        self.area, self.cells = area, cells
        self.screens: list[CellScreen] = []
        self._active: CellScreen | None = None
        self._picture = np.zeros((1, 1, 3), np.uint8)
        self._drawn: object = None

    @property
    def is_shared(self) -> bool:
        """Whether there are several screens."""
        return len(self.screens) > 1

    @property
    def columns(self) -> int:
        """How many cells stand in a row."""
        return cell_columns(max(len(self.screens), 1), self.area.size)

    def rects(self) -> list[Rect]:
        """Return where the screens lie in the area, in pixels."""
        width, height = self.area.size
        if not self.is_shared:
            return [Rect(0, 0, width, height)][: len(self.screens)]
        return cell_rects(len(self.screens), self.columns, (width, height))

    def at(self, x: float, y: float) -> int | None:
        """Return the number of the screen at a pixel of the area, its frame with it; None where there is none."""
        found = (number for number, rect in enumerate(self.rects()) if framed_rect(rect).contains(x, y))
        return next(found, None)

    def add(self) -> CellScreen:
        """Add a screen behind the others: all take other sizes."""
        screen = CellScreen(self)
        self.screens.append(screen)
        return screen

    def remove(self, screen: CellScreen) -> None:
        """Take a screen away: its place goes to the others."""
        self.screens.remove(screen)
        screen.is_open_cell = False
        self.expose()  # also where the others keep their sizes, the picture of all is made anew

    def activate(self, screen: CellScreen) -> None:
        """Draw the frame around another screen."""
        self._active = screen
        self.show_frames()

    def expose(self) -> None:
        """Show all again, because what was shown is gone."""
        self._drawn = None
        for screen in self.screens:
            screen.is_exposed = True

    def show_frames(self) -> None:
        """Show the frames anew where sizes or the active screen have changed since."""
        if not self.is_shared:
            self._drawn = None
            return
        active = self.screens.index(self._active) if self._active in self.screens else 0
        device = self.area.device
        width, height = device.size(self.area.size)
        key = ((width, height, device), len(self.screens), active)
        if key == self._drawn:
            return
        if self._drawn is None or self._picture.shape[:2] != (height, width) or self._drawn[:2] != key[:2]:  # type: ignore[index]
            self._picture = np.empty((height, width, 3), np.uint8)
            fill_with(self._picture, GROUND)
        # Where no cell stands what was there before goes: another cell, or nothing at all.
        grid = cell_rects(-(-len(self.screens) // self.columns) * self.columns, self.columns, self.area.size)
        is_anew = self._drawn is None or self._drawn[:2] != key[:2]  # type: ignore[index]
        parts = [device.rect(framed_rect(one)) for one in grid[len(self.screens) :] if is_anew]
        self._drawn = key
        for number, rect in enumerate(self.rects()):
            parts += [_framed(self._picture, rect, ACTIVE if number == active else BORDER, device)]
        self.area.show(self._picture, parts)

    def show(self, screen: CellScreen, picture: NDArray[np.uint8], rects: Iterable[Rect]) -> None:
        """Show parts of the picture of one of the screens."""
        if not self.is_shared:
            self.area.show(picture, rects)
            return
        self.show_frames()
        rect = self.area.device.rect(self.rects()[self.screens.index(screen)])
        self.area.show(self._picture, [paste(self._picture, rect, picture, part) for part in rects])

    def show_title(self) -> None:
        """Set the title of the desktop window: what is shown, in reading order."""
        titles = [screen.title for screen in self.screens]
        rest = [title.removeprefix("viewer3d ") for title in titles[1:]]
        self.area.set_title(" | ".join([*titles[:1], *rest]))


class CellScreen(ShownOnScreen):
    """The part of an area that a viewer is shown on: a :class:`~viewer3d.app.window.screen.PictureScreen`.

    Parameters
    ----------
    shared : SharedArea

    Attributes
    ----------
    is_open_cell : bool
        False once the cell was closed, when the window goes on.
    title : str
        What is shown.
    is_exposed : bool
        Whether all must be shown again.
    """

    def __init__(self, shared: SharedArea) -> None:
        self.shared = shared
        self.is_open_cell, self.title = True, ""
        self.is_exposed = False

    @property
    def whole(self) -> PictureArea:
        """The area that it is a part of."""
        return self.shared.area

    @property
    def is_open(self) -> bool:
        """Whether the cell and the window are open."""
        return self.is_open_cell and self.shared.area.is_open

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in points."""
        shared = self.shared
        return shared.rects()[shared.screens.index(self)].size if self in shared.screens else (1, 1)

    @property
    def scale(self) -> float:
        """Device pixels along one point."""
        return self.shared.area.scale

    def process_events(self) -> bool:
        """Process the events of the window, on the first screen; return whether all must be shown again."""
        if self.shared.screens[:1] == [self] and self.shared.area.process_events():
            self.shared.expose()
        exposed, self.is_exposed = self.is_exposed, False
        return exposed

    def show(self, picture: NDArray[np.uint8], rects: Iterable[Rect]) -> None:
        """Show parts of a picture."""
        if self in self.shared.screens:
            self.shared.show(self, picture, rects)

    def set_title(self, title: str) -> None:
        """Take part in the title of the desktop window."""
        self.title = title
        self.shared.show_title()

    def close(self) -> None:
        """Close the window, unless the cell alone was closed."""
        if self.is_open_cell:
            self.shared.area.close()


def _framed(picture: NDArray[np.uint8], rect: Rect, color: tuple[int, int, int], device: DevicePixels) -> Rect:
    """Draw the frame of a cell and return its place: what is within stays."""
    place, inner = device.rect(framed_rect(rect)), device.rect(rect)
    part = picture[place.rows, place.columns]
    top, left = inner.top - place.top, inner.left - place.left
    # As wide as what is left around the cell: between pixels of the screen its sides differ.
    for side in (part[:top], part[top + inner.height :], part[:, :left], part[:, left + inner.width :]):
        side[:] = color
    return place
