"""Apply what hands and the clock ask of a viewer: states and commands."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from viewer3d.app.beside.screens import CellScreen
from viewer3d.app.commands import COMMANDS, CommandHandler
from viewer3d.app.input.binding import Command
from viewer3d.app.input.cine import Cine, advanced, is_overridden, stopped
from viewer3d.app.input.context import Context
from viewer3d.app.input.interactor import Interactor
from viewer3d.app.input.key_images.gestures import key_image_note
from viewer3d.app.input.layer_gestures import COLOR_NOTE, layer_note, with_color_as_is
from viewer3d.app.input.region_gestures import region_note
from viewer3d.app.input.slice_gestures import reset, set_pointer
from viewer3d.app.listed_measurements import ListedMeasurements
from viewer3d.app.lists.handler import RowListHandler
from viewer3d.app.palette.handler import PaletteHandler
from viewer3d.app.plots.shown_plot import ShownPlot
from viewer3d.app.sessions.keeping import KeepChoice, Keeping
from viewer3d.app.shown_explanation import ShownExplanation
from viewer3d.app.window.controls import HINT, HINT_OF_KEYS, HINT_SECONDS
from viewer3d.app.window.elsewhere import traits_of
from viewer3d.app.window.handles import handle_marks
from viewer3d.app.window.presenter import Presenter
from viewer3d.app.window.screen import PictureScreen
from viewer3d.core.images.image2d import flat_of
from viewer3d.core.view.planes import PaneName
from viewer3d.core.view.state import ViewState
from viewer3d.errors import ViewError
from viewer3d.render.marks.display_list import DisplayList
from viewer3d.render.scene import Scene

if TYPE_CHECKING:
    from viewer3d.app.viewer import Viewer


RESET_STEP: Final = "everything as it was at first"
"""What the history calls the step of the key that shows everything as it was at first."""


class Steering:
    """Changes the state of a viewer as hands and clock ask for, and obeys commands.

    Parameters
    ----------
    viewer : Viewer
        Whose state is changed.
    scene : Scene
    screen : PictureScreen or None
        What shows the picture; None off screen.
    context : Context
        Of the scene, see :func:`viewer3d.app.input.context.make_context`.
    keep : {"keep", "resume", "forget"}
        See :data:`viewer3d.app.sessions.keeping.KeepChoice`; off screen nothing is kept.

    Attributes
    ----------
    viewer : Viewer
    screen : Screen or None
    context : Context
    presenter : Presenter
    interactor : Interactor
    cine : Cine
    listed : ListedMeasurements
    rows : RowListHandler or None
        The list that is shown instead of that of measurements.
    explained : ShownExplanation
    plots : ShownPlot
    keeping : Keeping
    palette : PaletteHandler
    handlers : dict of str to callable
        What commands do, see :data:`viewer3d.app.commands.COMMANDS`; a desktop window that can do more than one viewer
        sets its own.
    """

    def __init__(
        self, viewer: Viewer, scene: Scene, screen: PictureScreen | None, context: Context, keep: KeepChoice
    ) -> None:
        self.viewer, self.screen = viewer, screen
        self.context = replace(context, screen=traits_of(screen))
        self.cine, self.explained, self.plots = Cine(), ShownExplanation(), ShownPlot()
        self.handlers: dict[Command, CommandHandler] = dict(COMMANDS)
        self.presenter = Presenter(scene, screen, self._pane_marks, self._window_marks)
        self.keeping = Keeping(None if screen is None else keep)
        self.interactor = Interactor(lambda: viewer.state, lambda: self.context, self._apply, self.obey)
        self.palette = PaletteHandler(self)
        self.interactor.listed = self.listed = ListedMeasurements(self)
        self.rows: RowListHandler | None = None

    @property
    def note(self) -> str:
        """What is said now of a tool, a command or an error; empty when nothing is said."""
        return self.interactor.prompt or self.presenter.controls.note

    def show_hint(self) -> None:
        """Say for some seconds how to find every command, in a desktop window that says nothing else."""
        controls = self.presenter.controls
        if isinstance(self.screen, CellScreen) and not self.screen.shared.is_shared and not controls.note:
            hint = f"{HINT}; {HINT_OF_KEYS}" if self.context.screen.in_browser else HINT
            controls.show_note(hint, HINT_SECONDS)

    def take_screen(self, screen: PictureScreen) -> None:
        """Show on a screen from now on what was off screen; still nothing is kept of it."""
        self.screen, self.context = screen, replace(self.context, screen=traits_of(screen))
        self.presenter.take_screen(screen)

    def stop(self) -> None:
        """Release the button, put the tool down and stop the cine, before something else is shown."""
        self.interactor.cancel()
        self.palette.close()
        self.cine = stopped(self.cine)

    def begin_scene(self, scene: Scene, context: Context) -> None:
        """Take another scene, with its context."""
        self.palette.close()
        self.presenter.scene, self.context = scene, replace(context, screen=traits_of(self.screen))

    def record(self, before: ViewState, after: ViewState) -> None:
        """Add a change of the state to the history, so that it can be undone."""
        name = RESET_STEP if self.interactor.acting is reset else ""
        self.keeping.record(before, after, self.interactor.gesture, name)

    def keep_changes(self) -> None:
        """Keep what has changed, when it is time for that."""
        if note := self.keeping.tick(self.viewer.state, is_drawing=self.interactor.is_drawing):
            self.presenter.controls.show_note(note)

    def advance_cine(self) -> None:
        """Show the slice or time that the clock asks for."""
        viewer = self.viewer
        self.cine, state = advanced(self.cine, viewer.state, self.context, monotonic())
        if state == viewer.state:
            return
        self.presenter.begin_motion_between(viewer.state, state)
        # A pointer that rests is over another point now.
        viewer.state = state if state.pointer is None else set_pointer(state, self.context, self.interactor.position)

    def _apply(self, state: ViewState) -> None:
        # A state that an event leads to; while the 3D pane moves it is drawn fast.
        before = self.viewer.state
        try:
            self.presenter.scene.check(state)
        except ViewError as error:  # an image that lies in no space has no other planes, whatever key asks for them
            self.presenter.controls.show_note(str(error))
            return
        wanted, state = state, with_color_as_is(before, state, self.context)
        if wanted is not state and wanted != state:
            self.presenter.controls.show_note(COLOR_NOTE)
        self.presenter.begin_motion_between(before, state)
        if is_overridden(self.cine, before, state):
            self.set_cine(stopped(self.cine))
        changes = before, state, self.context
        if note := layer_note(*changes) or region_note(*changes) or key_image_note(before, state):
            self.presenter.controls.show_note(note)
        self.viewer.state = state

    def show_linked(self, state: ViewState) -> None:
        """Show a state that follows from another viewer's, which has it in its own history."""
        before = self.viewer.state
        if flat_of(self.viewer.volume) is not None:  # an image has neither a slab nor other planes to follow with
            state = replace(state, slab=before.slab, axes=before.axes)
        self.presenter.begin_motion_between(before, state)
        with self.keeping.pausing():
            self.viewer.state = state

    def set_cine(self, cine: Cine) -> None:
        """Take another state of the cine, and say what it does."""
        self.cine = cine
        self.presenter.controls.show_note(cine.note)

    def obey(self, command: Command) -> None:
        """Do what a command asks for, and show its note."""
        note = self.handlers[command](self)
        if note is not None:
            self.presenter.controls.show_note(note)

    def _pane_marks(self) -> dict[PaneName, DisplayList]:
        marks = handle_marks(self.viewer.state, self.context, self.interactor.position)
        for name, chosen in self.listed.pane_marks().items():
            marks[name] = (*chosen, *marks.get(name, ()))
        return marks

    def _window_marks(self) -> tuple[str, DisplayList]:
        viewer = self.viewer
        if self.palette.palette is not None:
            return "", self.palette.marks()
        listed = self.listed if self.rows is None else self.rows
        plotted = self.plots.marks(self.presenter.scene, viewer.state)
        shown = (*plotted, *listed.marks(), *self.explained.marks(viewer.size, viewer.state))
        return self.note, (*shown, *self.presenter.named_notes(self.interactor.position))
