"""Painter: keeps what a screen shows what a state says, fast while it moves and in full quality at rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from viewer3d.app.window.overlay import Glass
from viewer3d.app.window.screen import Screen
from viewer3d.core.planes import PaneName
from viewer3d.core.view import ViewState
from viewer3d.render.marks.display_list import DisplayList
from viewer3d.render.scene import Scene, prepare_motion, refine_still
from viewer3d.render.volume.pane import Quality

REST_SECONDS = 0.2
"""After the last motion the 3D pane is drawn in full quality."""

Over = Callable[[], Mapping[PaneName, DisplayList]]
"""Returns what lies over each pane in the window and in no screenshot, in the pane's pixels."""

Above = Callable[[], tuple[str, DisplayList]]
"""Returns the note and the marks that are above all panes."""


class Painter:
    """Draws states of a scene, and shows on a screen what of it has changed.

    Parameters
    ----------
    scene : Scene
    screen : Screen or None
        None to draw only.
    over : callable
    above : callable

    Attributes
    ----------
    scene : Scene
    glass : Glass
    """

    def __init__(self, scene: Scene, screen: Screen | None, over: Over, above: Above) -> None:
        self.scene, self.glass = scene, Glass()
        self._screen, self._over, self._above = screen, over, above
        self._is_due = True
        self._rest_at = 0.0
        self._quality: Quality = "still"

    def hurry(self) -> None:
        """Draw in 3D fast for a moment: something moves."""
        self._rest_at = time.monotonic() + REST_SECONDS

    def soil(self) -> None:
        """Let the state be drawn at the next turn, because it is another."""
        self._is_due = True

    def renew(self) -> None:
        """Let all be drawn and shown at the next turn, whatever has changed."""
        self._is_due = True
        self.glass.renew()

    def turn(self, state: ViewState, *, is_holding: bool) -> bool:
        """Draw what is due; returns whether anything was.

        Parameters
        ----------
        state : ViewState
        is_holding : bool
            Whether a button is down: then nothing rests.
        """
        is_resting = time.monotonic() >= self._rest_at and not is_holding
        if self._is_due or (self._screen is not None and self.glass.is_due(self._above())):
            self.draw(state, "moving")
            return True
        if self._quality == "moving" and is_resting:
            if refine_still(self.scene):  # a strip of it: hands are looked for before the next
                self.draw(state, "still")
            return True
        prepare_motion(self.scene)
        return False

    def draw(self, state: ViewState, quality: Quality) -> None:
        """Draw a state and show it."""
        changed = self.scene.apply(state, quality)
        self._quality, self._is_due = quality, False
        if self._screen is None or not self._screen.is_open:
            return
        rects = self.scene.rects()
        picture, parts = self.glass.lay(self.scene.picture, rects, changed, self._over(), self._above())
        if parts:
            self._screen.show(picture, parts)


def seen_in_3d(state: ViewState) -> tuple[object, ...]:
    """Return all that decides the 3D pane of a state."""
    rendering = (state.rendering, state.rendering_shift, state.crop, state.couch_hidden)
    slices = (state.cursor, state.axes) if state.planes_shown else None
    return state.camera, state.shown, state.member, rendering, slices
