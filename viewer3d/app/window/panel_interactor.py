"""Hands over a window with a panel: what is meant for the panel goes there, all else to the hands on the slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from viewer3d.app.input.interactor import Button
from viewer3d.app.window.panel import Panel, entry_at, is_over, moved, panel_width, scrolled

STEPS = {"Up": -1, "Down": 1, "Prior": -5, "Next": 5, "Home": -(10**6), "End": 10**6}
"""How many entries the keys go down."""


CLOSING = ("q", "Escape")


class Feeling(Protocol):
    """What feels all that hands do to a window, see :class:`viewer3d.app.input.interactor.Hands`."""

    def press(self, button: Button, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> None:
        """Take a button that goes down at a pixel of the window."""

    def move(self, x: float, y: float, *, shift: bool = False) -> None:
        """Take the pointer's next place."""

    def release(self, button: Button) -> None:
        """Take a button that comes up."""

    def double(self, x: float, y: float) -> None:
        """Take the second press of a double click."""

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        """Take clicks of the wheel, above 0 when it turns away from the hand."""

    def key(self, name: str, character: str = "") -> bool:
        """Take a key as VTK names it, and what it writes; returns whether it means anything."""

    def leave(self) -> None:
        """Take the pointer's leaving the window."""


class Shown(Protocol):
    """What the hands are over: a panel, and beside it what they are to feel."""

    panel: Panel

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the window in pixels."""

    @property
    def beside(self) -> Feeling:
        """The hands on what lies beside the panel."""

    def choose(self, entry: int) -> None:
        """Open an entry."""

    def stop(self) -> bool:
        """Stop what is being loaded; returns whether anything was."""

    def hush(self) -> bool:
        """Take a message away; returns whether there was one."""


class NoHands:
    """Feels nothing but that the window is to be closed: there is no picture yet.

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

    def double(self, x: float, y: float) -> None:
        """Do nothing."""

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        """Do nothing."""

    def key(self, name: str, character: str = "") -> bool:  # noqa: ARG002
        """Close the window by the keys that do so everywhere."""
        if name not in CLOSING:
            return False
        self._close()
        return True

    def leave(self) -> None:
        """Do nothing."""


class PanelHands:
    """Deals out what hands do.

    Parameters
    ----------
    shown : Shown
    """

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._is_holding = self._was_over = False

    def press(self, button: Button, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> None:
        """Take a button that goes down: in the panel it chooses."""
        if not self._is_over(x):
            self._is_holding = True
            self._give_keys_back()
            self._shown.beside.press(button, self._column(x), y, shift=shift, ctrl=ctrl)
            return
        entry = entry_at(self._shown.panel, self._shown.size, y)
        if button == "left" and entry is not None:
            self._shown.choose(entry)

    def move(self, x: float, y: float, *, shift: bool = False) -> None:
        """Take the pointer's next place: what it points at in the panel is selected, and the panel has the keys."""
        before, self._was_over = self._was_over, self._is_over(x) and not self._is_holding
        if not self._was_over:
            if before:
                self._give_keys_back()
            self._shown.beside.move(self._column(x), y, shift=shift)
            return
        self._shown.beside.leave()
        panel = self._shown.panel
        entry = entry_at(panel, self._shown.size, y)
        self._shown.panel = replace(panel, selected=panel.selected if entry is None else entry, has_keys=True)

    def release(self, button: Button) -> None:
        """Take a button that comes up."""
        self._is_holding = False
        self._shown.beside.release(button)

    def double(self, x: float, y: float) -> None:
        """Take the second press of a double click: the panel needs but one."""
        if not self._is_over(x):
            self._shown.beside.double(self._column(x), y)

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        """Take clicks of the wheel: over the panel it is scrolled."""
        if self._is_over(x):
            self._shown.panel = scrolled(self._shown.panel, self._shown.size, -steps)
        else:
            self._give_keys_back()
            self._shown.beside.wheel(steps, self._column(x), y, ctrl=ctrl)

    def key(self, name: str, character: str = "") -> bool:
        """Take a key."""
        panel = self._shown.panel
        if name == "Tab" and panel.count:
            self._shown.panel = replace(panel, is_shown=not panel.is_shown, has_keys=not panel.is_shown)
        elif panel.has_keys and name in STEPS:
            self._shown.panel = moved(panel, self._shown.size, STEPS[name])
        elif panel.has_keys and name in {"Return", "KP_Enter"}:
            self._shown.choose(panel.selected)
        elif name == "Escape" and (self._shown.stop() or self._shown.hush()):
            return True
        elif panel.has_keys and name == "Escape":
            self._shown.panel = replace(panel, is_shown=False, has_keys=False)
        else:
            return self._shown.beside.key(name, character)
        return True

    def leave(self) -> None:
        """Take the pointer's leaving the window."""
        self._was_over = False
        self._shown.beside.leave()

    def _column(self, x: float) -> float:
        return x - panel_width(self._shown.size) if self._shown.panel.is_shown else x

    def _is_over(self, x: float) -> bool:
        return is_over(self._shown.panel, self._shown.size, x)

    def _give_keys_back(self) -> None:
        if self._shown.panel.has_keys:
            self._shown.panel = replace(self._shown.panel, has_keys=False)
