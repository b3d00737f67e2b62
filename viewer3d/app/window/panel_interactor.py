"""Events of a window with a panel: some change the panel, all others go to the picture beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from viewer3d.app.input.interactor import Button
from viewer3d.app.window.panel import SeriesPanel, entry_at, is_over, panel_width, with_scroll, with_selection_moved

_STEPS = {"Up": -1, "Down": 1, "Prior": -5, "Next": 5, "Home": -(10**6), "End": 10**6}
"""By how many entries the keys move the selection down."""

_CLOSING = ("q", "Escape")


class EventHandler(Protocol):
    """What takes the events of a desktop window, as :class:`viewer3d.app.input.interactor.Interactor`."""

    def press(self, button: Button, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> None:
        """Handle a button that is pressed at a pixel."""

    def move(self, x: float, y: float, *, shift: bool = False) -> None:
        """Handle a motion of the pointer to a pixel."""

    def release(self, button: Button) -> None:
        """Handle a button that is released."""

    def double_click(self, x: float, y: float) -> None:
        """Handle the second press of a double click."""

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        """Handle steps of the wheel, above 0 when it is turned away from the user."""

    def key(self, name: str, character: str = "") -> bool:
        """Handle a key as VTK names it, with what it types; return whether it has a meaning."""

    def leave(self) -> None:
        """Handle the pointer leaving the window."""


class PanelOwner(Protocol):
    """What the events are for: a panel, and what handles those of the picture beside it."""

    panel: SeriesPanel

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the desktop window in pixels."""

    @property
    def picture_handler(self) -> EventHandler:
        """What handles the events of the picture beside the panel."""

    def choose(self, entry: int) -> None:
        """Open an entry of the catalog."""

    def stop_loading(self) -> bool:
        """Stop what is being loaded and return whether anything was."""

    def dismiss_message(self) -> bool:
        """Hide the message and return whether there was one."""


class CloseKeys:
    """Handles nothing but the keys that close the window, while there is no picture yet.

    Parameters
    ----------
    close : callable
    """

    def __init__(self, close: Callable[[], object]) -> None:
        self._close = close

    def press(self, button: Button, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> None:
        """Do nothing."""

    def move(self, x: float, y: float, *, shift: bool = False) -> None:
        """Do nothing."""

    def release(self, button: Button) -> None:
        """Do nothing."""

    def double_click(self, x: float, y: float) -> None:
        """Do nothing."""

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        """Do nothing."""

    def key(self, name: str, character: str = "") -> bool:  # noqa: ARG002
        """Close the window by the keys that do so everywhere; return whether it was one of them."""
        if name not in _CLOSING:
            return False
        self._close()
        return True

    def leave(self) -> None:
        """Do nothing."""


class PanelInteractor:
    """Gives each event to the panel or to the picture beside it.

    Parameters
    ----------
    owner : PanelOwner
    """

    def __init__(self, owner: PanelOwner) -> None:
        self._owner = owner
        self._is_holding = self._was_over = False

    def press(self, button: Button, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> None:
        """Handle a button that is pressed: in the panel it opens an entry."""
        if not self._is_over(x):
            self._is_holding = True
            self._release_keys()
            self._owner.picture_handler.press(button, self._column(x), y, shift=shift, ctrl=ctrl)
            return
        entry = entry_at(self._owner.panel, self._owner.size, y)
        if button == "left" and entry is not None:
            self._owner.choose(entry)

    def move(self, x: float, y: float, *, shift: bool = False) -> None:
        """Handle a motion of the pointer: over the panel it selects an entry, and the panel gets the keys."""
        before, self._was_over = self._was_over, self._is_over(x) and not self._is_holding
        if not self._was_over:
            if before:
                self._release_keys()
            self._owner.picture_handler.move(self._column(x), y, shift=shift)
            return
        self._owner.picture_handler.leave()
        panel = self._owner.panel
        entry = entry_at(panel, self._owner.size, y)
        self._owner.panel = replace(panel, selected=panel.selected if entry is None else entry, has_keys=True)

    def release(self, button: Button) -> None:
        """Handle a button that is released."""
        self._is_holding = False
        self._owner.picture_handler.release(button)

    def double_click(self, x: float, y: float) -> None:
        """Handle the second press of a double click, which the panel ignores."""
        if not self._is_over(x):
            self._owner.picture_handler.double_click(self._column(x), y)

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        """Handle steps of the wheel: over the panel they scroll it."""
        if self._is_over(x):
            self._owner.panel = with_scroll(self._owner.panel, self._owner.size, -steps)
        else:
            self._release_keys()
            self._owner.picture_handler.wheel(steps, self._column(x), y, ctrl=ctrl)

    def key(self, name: str, character: str = "") -> bool:
        """Handle a key: of the panel if it has the keys, else of the picture; return whether it has a meaning."""
        panel = self._owner.panel
        if name == "Tab" and panel.count:
            self._owner.panel = replace(panel, is_shown=not panel.is_shown, has_keys=not panel.is_shown)
        elif panel.has_keys and name in _STEPS:
            self._owner.panel = with_selection_moved(panel, self._owner.size, _STEPS[name])
        elif panel.has_keys and name in {"Return", "KP_Enter"}:
            self._owner.choose(panel.selected)
        elif name == "Escape" and (self._owner.stop_loading() or self._owner.dismiss_message()):
            return True
        elif panel.has_keys and name == "Escape":
            self._owner.panel = replace(panel, is_shown=False, has_keys=False)
        else:
            return self._owner.picture_handler.key(name, character)
        return True

    def leave(self) -> None:
        """Handle the pointer leaving the window."""
        self._was_over = False
        self._owner.picture_handler.leave()

    def _column(self, x: float) -> float:
        return x - panel_width(self._owner.size) if self._owner.panel.is_shown else x

    def _is_over(self, x: float) -> bool:
        return is_over(self._owner.panel, self._owner.size, x)

    def _release_keys(self) -> None:
        if self._owner.panel.has_keys:
            self._owner.panel = replace(self._owner.panel, has_keys=False)
