"""The presenter: it shows the current state on a screen, fast in motion and in full quality at rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from viewer3d.app.input.context import EventPosition
from viewer3d.app.window.controls import Controls
from viewer3d.app.window.elsewhere import request_events, traits_of
from viewer3d.app.window.note_hover import hover_marks
from viewer3d.app.window.screen import PictureScreen
from viewer3d.core.view.look import NOT_RENDERED
from viewer3d.core.view.planes import PaneName
from viewer3d.core.view.state import ViewState
from viewer3d.render.marks.display_list import DisplayList
from viewer3d.render.panes3d.volume_pane import Quality
from viewer3d.render.scene import (
    Scene,
    apply_slices,
    prepare_interactive,
    refine_still,
    signs_of,
    waits_for_3d,
)

_REST_SECONDS = 0.2
"""So long after the last motion the 3D pane is drawn in full quality."""

_PAUSE_SECONDS = 0.1
"""So long after the last motion it is drawn sharper, as full quality may take seconds."""

PaneMarks = Callable[[], Mapping[PaneName, DisplayList]]
"""Returns what is drawn over each pane on the screen and in no screenshot, in the pane's pixels."""

WindowMarks = Callable[[], tuple[str, DisplayList]]
"""Returns the note and the marks that are drawn over all panes."""


class Presenter:
    """Draws states of a scene, and shows on a screen what has changed.

    Parameters
    ----------
    scene : Scene
    screen : PictureScreen or None
        None to draw only.
    pane_marks : callable
        See :data:`PaneMarks`.
    window_marks : callable
        See :data:`WindowMarks`.

    Attributes
    ----------
    scene : Scene
    controls : Controls
    """

    def __init__(
        self, scene: Scene, screen: PictureScreen | None, pane_marks: PaneMarks, window_marks: WindowMarks
    ) -> None:
        self.scene, self.controls = scene, Controls(traits_of(screen))
        self._screen, self._pane_marks, self._window_marks = screen, pane_marks, window_marks
        self._is_due = True
        self._rest_at = 0.0
        self._quality: Quality = "still"
        self._waiting: object = None

    def take_screen(self, screen: PictureScreen) -> None:
        """Show all on a screen from now on."""
        note, self.controls = self.controls.note, Controls(traits_of(screen))
        self._screen = screen
        self.controls.show_note(note)
        self.request_redraw()

    def begin_motion(self) -> None:
        """Draw the 3D pane fast for a moment, because something moves."""
        self._rest_at = time.monotonic() + _REST_SECONDS

    def begin_motion_between(self, before: ViewState, after: ViewState) -> None:
        """Draw the 3D pane fast for a moment if it shows something else in another state."""
        if volume_view(before) != volume_view(after):
            self.begin_motion()

    def request_draw(self) -> None:
        """Draw at the next :meth:`update`, because the state has changed; any thread may ask."""
        self._is_due = True
        request_events(self._screen)

    def request_redraw(self) -> None:
        """Draw and show everything at the next :meth:`update`, whatever has changed."""
        self._is_due = True
        self.controls.request_redraw()
        request_events(self._screen)

    def update(self, state: ViewState, *, is_holding: bool) -> bool:
        """Draw what is due and return whether anything was.

        Parameters
        ----------
        state : ViewState
        is_holding : bool
            Whether a button is down, which counts as motion.
        """
        rests = time.monotonic() - self._rest_at
        is_pausing, is_resting = (not is_holding and rests >= -more for more in (_REST_SECONDS - _PAUSE_SECONDS, 0.0))
        if self._is_due or (self._screen is not None and self.controls.is_due(self._window_marks())):
            if not self._show_slices_first(state):
                self.draw(state, "interactive")
            return True
        if self._quality == "interactive" and is_pausing and not is_resting:
            self.draw(state, "sharper")
            return True
        if self._quality != "still" and is_resting:
            if refine_still(self.scene):  # a strip of the 3D pane: events are processed before the next
                self.draw(state, "still")
            return True
        prepare_interactive(self.scene)
        return False

    def named_notes(self, position: EventPosition) -> DisplayList:
        """List the notes whose signs the pointer is at, in the picture's pixels; none where it is elsewhere."""
        if position.pane is None or not any(one.marks for one in signs_of(self.scene).values()):
            return ()
        return hover_marks(signs_of(self.scene), self.scene.rects(), self.scene.size, (position.x, position.y))

    def draw(self, state: ViewState, quality: Quality) -> None:
        """Draw a state and show it."""
        changed = self.scene.apply(state, quality)
        self._quality, self._is_due, self._waiting = quality, False, None
        if self._is_seen:
            self._show(changed)

    def _show_slices_first(self, state: ViewState) -> bool:
        # A first picture in 3D takes up to seconds, during which all stands still: slices are seen before it, and again
        # whenever the window has another size meanwhile.
        waiting = self.scene.size, self.scene.device, state.shown
        if not self._is_seen or waiting == self._waiting or not waits_for_3d(self.scene, state):
            return False
        self._show(apply_slices(self.scene, state))
        self._is_due, self._waiting = True, waiting
        return True

    @property
    def _is_seen(self) -> bool:
        return self._screen is not None and self._screen.is_open

    def _show(self, changed: tuple[PaneName, ...]) -> None:
        assert self._screen is not None  # who calls has asked
        rects = self.scene.rects()
        picture, parts = self.controls.compose(
            self.scene.picture, rects, changed, self._pane_marks(), self._window_marks(), device=self.scene.device
        )
        if parts:
            self._screen.show(picture, parts)


def volume_view(state: ViewState) -> tuple[object, ...]:
    """Return all of a state that decides what the 3D pane shows."""
    rendered = [look for number, look in enumerate(state.layers) if number == 0 or look.rendering != NOT_RENDERED]
    renderings = [
        *((one.rendering, one.rendering_shift, one.rendering_stretch) for one in rendered),
        *((one.couch_hidden, one.face_hidden, one.member, one.shown) for one in rendered),
    ]
    surfaces = [
        (one.shown, one.segments, one.opacity > 0) if one.rendering != NOT_RENDERED else None for one in state.regions
    ]
    # How slices look counts only where some stand in it.
    ways = state.cursor, state.axes, state.slab, state.interpolation, state.layers, state.regions
    slices = ways if state.planes_shown else None
    return state.camera, state.shown, state.crop, renderings, surfaces, slices
