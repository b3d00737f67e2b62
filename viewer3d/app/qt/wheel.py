"""Steps of a wheel and gestures of a touch pad, from the fine deltas that Qt sends."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Final, Literal

from qtpy.QtCore import Qt

from viewer3d.app.window.screen import EventHandler

IS_MAC: Final = sys.platform == "darwin"

UNITS_A_STEP: Final = 120
"""Eighths of a degree: what a wheel with notches sends for each (``QWheelEvent.angleDelta``)."""

PIXELS_A_STEP: Final = 30
"""Pixels that two fingers move on a touch pad for one slice: a swipe of some 300 goes through ten."""

PINCH_A_STEP: Final = 0.12
"""Part by which two fingers part for one step of the zoom, which enlarges by a tenth or so."""


@dataclass
class Wheel:
    """Adds up the deltas of wheels and touch pads, and sends whole steps.

    A touch pad that is swiped up and down goes through the slices as a wheel does; swiped to the sides, or with Shift,
    it moves the picture, until the fingers are lifted.
    """

    _steps: float = 0.0
    _pinch: float = 0.0
    _swipe: Literal["steps", "pan"] | None = None
    _pan: tuple[float, float, float, float] | None = None  # where a pan began, and how far it is

    def turn(self, event: Any, handler: EventHandler, x: float, y: float) -> None:
        """Handle a ``QWheelEvent`` at a pixel."""
        phase, pixels, held = event.phase(), event.pixelDelta(), event.modifiers()
        if phase in (Qt.ScrollBegin, Qt.ScrollEnd):
            self.end(handler)
        is_pad = phase != Qt.NoScrollPhase and not pixels.isNull()
        if not is_pad:
            # With Alt, and on some systems with Shift, Qt has a wheel turn to the side.
            angle = event.angleDelta()
            self._add((angle.y() or angle.x()) / UNITS_A_STEP, event, handler, x, y)
            return
        if phase == Qt.ScrollMomentum and self._swipe is None:
            return  # what a lifted finger leaves behind moves nothing
        if self._swipe is None:
            is_sideways = abs(pixels.x()) > abs(pixels.y()) or bool(held & Qt.ShiftModifier)
            self._swipe = "pan" if is_sideways else "steps"
        if self._swipe == "steps":
            self._add(pixels.y() / PIXELS_A_STEP, event, handler, x, y)
            return
        if self._pan is None:
            handler.press("middle", x, y)
            self._pan = (x, y, 0.0, 0.0)
        left, top, right, down = self._pan
        self._pan = (left, top, right + pixels.x(), down + pixels.y())
        handler.move(left + self._pan[2], top + self._pan[3])

    def pinch(self, event: Any, handler: EventHandler, x: float, y: float) -> bool:
        """Handle a ``QNativeGestureEvent`` and return whether it is one that zooms."""
        if event.gestureType() != Qt.ZoomNativeGesture:
            return False
        self._pinch += event.value() / PINCH_A_STEP
        whole = int(self._pinch)
        self._pinch -= whole
        if whole:
            handler.wheel(whole, x, y, ctrl=True)
        return True

    def end(self, handler: EventHandler) -> None:
        """End a swipe."""
        if self._pan is not None:
            handler.release("middle")
        self._swipe, self._pan = None, None

    def _add(self, steps: float, event: Any, handler: EventHandler, x: float, y: float) -> None:
        if steps * self._steps < 0:
            self._steps = 0.0  # what is left of the other way is forgotten
        self._steps += steps
        whole = int(self._steps + (1e-6 if self._steps > 0 else -1e-6))
        self._steps -= whole
        if whole:
            handler.wheel(whole, x, y, ctrl=is_ctrl(event.modifiers()))


def is_ctrl(held: Any) -> bool:
    """Return whether Ctrl is held; on macOS, where Qt calls Command so, Control does as well."""
    return bool(held & (Qt.ControlModifier | Qt.MetaModifier if IS_MAC else Qt.ControlModifier))


def own_key(event: Any) -> tuple[bool, bool]:
    """Return whether a key is for the viewer and not for menus, and whether Ctrl is held with it."""
    held, text = event.modifiers(), event.text()
    ctrl, has_alt = is_ctrl(held), bool(held & Qt.AltModifier)
    if has_alt and (ctrl or IS_MAC) and text and text.isprintable():
        return True, False  # Windows reports AltGr as Ctrl and Alt; on macOS Option types the signs of many keyboards
    return not has_alt and (IS_MAC or not held & Qt.MetaModifier), ctrl
