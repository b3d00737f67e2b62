"""The tool bar of a desktop window as it is shown: its buttons, and which the pointer is over."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.interactor import Button, Interactor
from viewer3d.app.window.bar.tool_bar import (
    BarButton,
    BarTable,
    bar_buttons,
    bar_table,
    bar_width,
    button_at,
    draw_bar,
    tip_marks,
)
from viewer3d.app.window.screen import EventHandler
from viewer3d.core.view.state import ViewState
from viewer3d.render.display.device_pixels import ORDINARY, DelayedRasterizer, DevicePixels
from viewer3d.render.marks.display_list import DisplayList
from viewer3d.settings.read import settings_or_built_in


class BarViewer(Protocol):
    """The viewer that buttons are for, as :class:`viewer3d.Viewer`."""

    state: ViewState

    @property
    def interactor(self) -> Interactor:
        """What does what a button stands for."""


class ShownBar:
    """Keeps the tool bar of a window drawn, and does what its buttons stand for.

    Attributes
    ----------
    is_wanted : bool
        Whether it is shown where there is room; at first as the person's file of settings says.
    """

    def __init__(self) -> None:
        self.is_wanted = settings_or_built_in()[0].session.tool_bar
        self._raster = DelayedRasterizer()
        self._table: BarTable | None = None
        self._viewer: BarViewer | None = None
        self._buttons: tuple[BarButton, ...] = ()
        self._known: tuple[object, ...] = ()
        self._hovered: BarButton | None = None

    @property
    def key(self) -> object:
        """What its picture depends on besides the window's size."""
        return self._buttons, self._hovered

    def width(self, size: tuple[int, int]) -> int:
        """Return its width in a window of a width and height in pixels; 0 while it is hidden."""
        return bar_width(size) if self.is_wanted and self._viewer is not None else 0

    def update(self, viewer: BarViewer | None) -> None:
        """Take the viewer that is shown, and what can be done in it now."""
        self._viewer = viewer
        if viewer is None or not self.is_wanted:
            self._buttons, self._hovered, self._known = (), None, ()
            return
        known = viewer.state, viewer.interactor.context, viewer.interactor.tool_starter
        if len(self._known) != len(known) or any(
            one is not other for one, other in zip(known, self._known, strict=True)
        ):
            self._known, before = known, self._buttons
            self._table = self._table or bar_table(viewer.interactor.context.screen)
            self._buttons = bar_buttons(*known, self._table)
            if before != self._buttons and self._hovered is not None:
                action = self._hovered.action
                self._hovered = next((one for one in self._buttons if one.action == action), None)

    def picture(self, size: tuple[int, int], device: DevicePixels = ORDINARY) -> NDArray[np.uint8]:
        """Draw it for a window of a width and height in points; without columns while it is hidden."""
        if not self.width(size):
            return np.zeros((device.length(size[1]), 0, 3), np.uint8)
        self._raster.device = device
        picture = draw_bar(self._buttons, size[1], self._hovered, self._raster)
        return self._raster.finish(picture, self._raster.take())

    def hover(self, size: tuple[int, int], y: float | None) -> None:
        """Take the row of pixels that the pointer is at in the bar; None where it is elsewhere."""
        self._hovered = None if y is None else button_at(self._buttons, size[1], y)

    def press(self, size: tuple[int, int], y: float) -> None:
        """Do what the button at a row of pixels stands for."""
        button = button_at(self._buttons, size[1], y)
        if button is not None and self._viewer is not None:
            self._hovered = None
            self._viewer.interactor.perform(button.action)

    def tip(self, size: tuple[int, int]) -> DisplayList:
        """List the marks beside the bar that name the button under the pointer."""
        return tip_marks(self._buttons, self._hovered, size)


class BarOwner(Protocol):
    """The window that the bar is in: it stands between panel and picture."""

    bar: ShownBar

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the window in pixels."""

    @property
    def panel_columns(self) -> int:
        """How wide the panel is in pixels; 0 without one."""

    @property
    def is_modal(self) -> bool:
        """Whether palette or help is shown over the picture, and takes keys and mouse."""


class BarHandler(EventHandler):
    """Takes the events in the tool bar, and gives all others to what handles the panel and the picture.

    Parameters
    ----------
    owner : BarOwner
    rest : EventHandler
    """

    def __init__(self, owner: BarOwner, rest: EventHandler) -> None:
        self._owner, self._rest = owner, rest
        self._holds = False  # a drag that began elsewhere goes on over the bar

    def press(self, button: Button, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> None:
        """Do what the button of the bar stands for."""
        if not self._is_over(x):
            self._holds = True
            self._rest.press(button, x, y, shift=shift, ctrl=ctrl)
        elif button == "left":
            self._owner.bar.press(self._owner.size, y)

    def move(self, x: float, y: float, *, shift: bool = False) -> None:
        """Name the button of the bar that the pointer is over."""
        if self._is_over(x):
            self._rest.leave()
            self._owner.bar.hover(self._owner.size, y)
        else:
            self._owner.bar.hover(self._owner.size, None)
            self._rest.move(x, y, shift=shift)

    def release(self, button: Button) -> None:
        """Handle a button that is released."""
        self._holds = False
        self._rest.release(button)

    def double_click(self, x: float, y: float) -> None:
        """Handle the second press of a double click, in the bar as a press."""
        if self._is_over(x):
            self.press("left", x, y)
        else:
            self._rest.double_click(x, y)

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        """Do nothing with the wheel in the bar."""
        if not self._is_over(x):
            self._rest.wheel(steps, x, y, ctrl=ctrl)

    def key(self, name: str, character: str = "") -> bool:
        """Handle a key: none is for the bar."""
        return self._rest.key(name, character)

    def leave(self) -> None:
        """Handle the pointer leaving the window."""
        self._owner.bar.hover(self._owner.size, None)
        self._rest.leave()

    def _is_over(self, x: float) -> bool:
        first = self._owner.panel_columns
        is_in = first <= x < first + self._owner.bar.width(self._owner.size)
        return is_in and not self._holds and not self._owner.is_modal
