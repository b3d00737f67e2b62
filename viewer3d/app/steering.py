"""Apply what hands and the clock ask of a viewer: states and commands."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from viewer3d.app.input.bindings import Command
from viewer3d.app.input.cine import Cine, advanced, after_command, is_overridden, stopped
from viewer3d.app.input.context import Context
from viewer3d.app.input.interactor import Interactor
from viewer3d.app.input.layer_gestures import layer_note
from viewer3d.app.input.region_gestures import region_note
from viewer3d.app.input.slice_gestures import set_pointer
from viewer3d.app.saving import save_or_copy
from viewer3d.app.shown_lists import ShownLists
from viewer3d.app.window.handles import handle_marks
from viewer3d.app.window.presenter import Presenter
from viewer3d.app.window.screen import Screen
from viewer3d.core.view.planes import PaneName
from viewer3d.core.view.state import ViewState
from viewer3d.render.marks.display_list import DisplayList
from viewer3d.render.scene import Scene

if TYPE_CHECKING:
    from viewer3d.app.viewer import Viewer


class Steering:
    """Changes the state of a viewer as hands and clock ask for, and obeys commands.

    Parameters
    ----------
    viewer : Viewer
        Whose state is changed.
    scene : Scene
    screen : Screen or None
        What shows the picture; None off screen.
    context : Context
        Of the scene, see :func:`viewer3d.app.input.context.make_context`.

    Attributes
    ----------
    context : Context
    presenter : Presenter
    interactor : Interactor
    """

    def __init__(self, viewer: Viewer, scene: Scene, screen: Screen | None, context: Context) -> None:
        self.context = context
        self._viewer, self._screen = viewer, screen
        self._cine, self._lists = Cine(), ShownLists()
        self.presenter = Presenter(scene, screen, self._pane_marks, self._window_marks)
        self.interactor = Interactor(lambda: viewer.state, lambda: self.context, self._apply, self._obey)

    @property
    def note(self) -> str:
        """What is said now of a tool, a command or an error; empty when nothing is said."""
        return self.interactor.prompt or self.presenter.controls.note

    def stop(self) -> None:
        """Release the button, put the tool down and stop the cine, before something else is shown."""
        self.interactor.cancel()
        self._cine = stopped(self._cine)

    def begin_scene(self, scene: Scene, context: Context) -> None:
        """Take another scene, with its context."""
        self.presenter.scene, self.context = scene, context

    def advance_cine(self) -> None:
        """Show the slice or time that the clock asks for."""
        viewer = self._viewer
        self._cine, state = advanced(self._cine, viewer.state, self.context, monotonic())
        if state == viewer.state:
            return
        self.presenter.begin_motion_between(viewer.state, state)
        # A pointer that rests is over another point now.
        viewer.state = state if state.pointer is None else set_pointer(state, self.context, self.interactor.position)

    def _apply(self, state: ViewState) -> None:
        # A state that an event leads to; while the 3D pane moves it is drawn fast.
        before = self._viewer.state
        self.presenter.begin_motion_between(before, state)
        if is_overridden(self._cine, before, state):
            self._set_cine(stopped(self._cine))
        changes = before, state, self.context
        if note := layer_note(*changes) or region_note(*changes):
            self.presenter.controls.show_note(note)
        self._viewer.state = state

    def _set_cine(self, cine: Cine) -> None:
        self._cine = cine
        self.presenter.controls.show_note(cine.note)

    def _obey(self, command: Command) -> None:
        viewer, controls, position = self._viewer, self.presenter.controls, self.interactor.position
        note = self._lists.obey(command, self.presenter.scene, viewer.state, position, viewer.files)
        if note is not None:
            controls.show_note(note)
        elif command == "help" or (command == "close" and controls.has_help):
            controls.toggle_help()
        elif command == "close":
            if self._screen is not None:
                self._screen.close()
        elif command in ("cine slices", "cine time", "faster", "slower"):
            cine = after_command(self._cine, command, viewer.state, self.context, position, now=monotonic())
            self._set_cine(cine)
        else:
            controls.show_note(save_or_copy(viewer, command))

    def _pane_marks(self) -> dict[PaneName, DisplayList]:
        return handle_marks(self._viewer.state, self.context, self.interactor.position)

    def _window_marks(self) -> tuple[str, DisplayList]:
        viewer = self._viewer
        listed = self._lists.marks(viewer.size, viewer.state, viewer.results)
        return self.note, (*listed, *self.presenter.named_notes(self.interactor.position))
