"""The viewer: a volume or 4-D set, its state, and the desktop window in which it is changed."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from threading import get_ident

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.beside.views import SideBySideViews
from viewer3d.app.callbacks import Callbacks
from viewer3d.app.input.context import make_context
from viewer3d.app.input.interactor import Interactor
from viewer3d.app.on_screen import OnScreen
from viewer3d.app.opening import begin_note, begin_view, checked_state, state_with_overlays, title_of, with_looks_kept
from viewer3d.app.saving import OpenedFiles, table_rows
from viewer3d.app.sessions.keeping import KeepChoice
from viewer3d.app.steering import Steering
from viewer3d.app.window.controls import WARNING_SECONDS
from viewer3d.app.window.screen import PictureScreen, device_of, drawable
from viewer3d.core.layers import Overlays, PlacedLayer, PlacedLayers
from viewer3d.core.notes.note import Note
from viewer3d.core.view.planes import View
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import Viewer3DError, ViewError
from viewer3d.measurements.cache import MeasurementCache
from viewer3d.measurements.table import TableRow
from viewer3d.render.display.device_pixels import as_picture
from viewer3d.render.scene import Scene
from viewer3d.render.shot import write_shot

__all__ = ["Viewer"]


class Viewer(OnScreen, SideBySideViews, Callbacks):
    """Shows a volume in a desktop window or a cell of a notebook, or draws what a window would show.

    Parameters
    ----------
    volume : Volume or sequence of Volume
        Several belong together: times, echoes or b-values on one grid, as ``load_all`` gives them.
    view : {"quad", "mpr", "axial", "coronal", "sagittal", "3d"}
    size : tuple of int
        Width and height in pixels.
    off_screen : bool
        Open no desktop window. In the kernel of a notebook there is none anyway: cells show it, see :meth:`widget`.
    state : ViewState, optional
        What to begin with, instead of the view; the window says where it was saved with another series. Overlays that
        it has no look for get their first one.
    screen : Screen, optional
        What shows it and sends events, instead of a desktop window of its own: the window of another toolkit, see
        docs/embedding.md. Nothing is seen before :meth:`open` or :meth:`show`.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest, see :class:`viewer3d.Layer`.
    keep : {"keep", "resume", "forget"}
        In a window: whether what was kept of the series is offered, taken at once, or deleted, with nothing kept any
        more. Off screen nothing is kept or read.

    Raises
    ------
    RenderError
        When a desktop window is wanted and there is no display; a notebook needs none.
    ViewError
        When the state is of another volume, volumes do not belong together, or an overlay cannot be placed.

    Examples
    --------
    >>> viewer = Viewer(volume, view="mpr", off_screen=True)           # doctest: +SKIP
    >>> viewer.state = viewer.state.with_cursor((12.5, -80, 40))       # doctest: +SKIP
    """

    def __init__(
        self,
        volume: Volume | Sequence[Volume],
        view: View = "quad",
        size: tuple[int, int] = (1200, 900),
        off_screen: bool = False,  # noqa: FBT001, FBT002 (as pyvista names and places it)
        *,
        state: ViewState | None = None,
        screen: PictureScreen | None = None,
        overlays: Overlays = (),
        keep: KeepChoice = "keep",
    ) -> None:
        super().__init__()
        self._scene = Scene(volume, size, overlays=overlays)
        state = None if state is None else checked_state(self._scene, state)
        self._first = begin_view(self.placed, view, state)
        self._state = state or self._first
        self._is_ended, self.files = False, OpenedFiles()
        self._begin_screen(screen, self._scene.size, off_screen=off_screen)
        self._steering = Steering(self, self._scene, self._screen, make_context(self._scene, self._first), keep)
        self._state, kept = self._steering.keeping.enter(self._scene, self._first, self._state)
        self._begin_scene(begin_note(self.placed, state), kept)
        self._steering.show_hint()
        self._state = self._own(self._state)
        if self._panel is not None:
            self._panel.cells.begin(self)

    @property
    def volume(self) -> Volume:
        """The volume that is shown; of a 4-D set the member that was drawn last."""
        return self._scene.volume

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """All members of the 4-D set, or the one volume."""
        return self._scene.volumes

    @property
    def placed(self) -> PlacedLayers:
        """All that is shown: the layers, and the segmentations and structure sets over them."""
        return self._scene.placed

    @property
    def layers(self) -> tuple[PlacedLayer, ...]:
        """The volume or 4-D set and what lies over it, in the order of the looks of the state."""
        return self._scene.layers

    @property
    def results(self) -> MeasurementCache:
        """The results of measurements on the active layer, as the state has it."""
        return self._scene.results_of(self._state)

    @property
    def measurements(self) -> list[TableRow]:
        """The table of what is measured: a dict a measurement, see :mod:`viewer3d.measurements.table`."""
        return self._table_of(self._state)

    @property
    def not_shown(self) -> tuple[Note, ...]:
        """What the picture that was drawn last does not show of the data, each once; see docs/notes.md."""
        return self._scene.not_shown

    @property
    def note(self) -> str:
        """What the desktop window says now of a tool, a command or an error; empty when it says nothing."""
        return self._steering.note

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels; on a screen of high density in points."""
        return self._scene.size

    @property
    def interactor(self) -> Interactor:
        """What handles the events of the desktop window, for programs that have events of their own."""
        return self._steering.interactor

    @property
    def steering(self) -> Steering:
        """What applies states and commands, for what holds several viewers in one window."""
        return self._steering

    @property
    def state(self) -> ViewState:
        """What is shown; set it to show something else, drawn at the next :meth:`render`."""
        return self._state

    @state.setter
    def state(self, state: ViewState) -> None:
        if not isinstance(state, ViewState):
            raise ViewError(f"a viewer's state is a ViewState, not {type(state).__name__}: use viewer.state.with_...")
        before, self._state = self._state, self._own(state)
        self._steering.presenter.request_draw()
        if before != self._state:
            self._steering.record(before, self._state)
            self._notify((before, self._state))

    def render(self) -> None:
        """Draw the state, in full quality, and show it."""
        self._steering.presenter.draw(self._state, "still")

    def resize(self, size: tuple[int, int], scale: float | None = None) -> None:
        """Change the size of the picture, in points, and how many pixels are along one where that is given."""
        self._scene.resize(drawable(size), scale or self._scene.device.scale)
        self._steering.context = replace(self._steering.context, size=self._scene.size)
        self._steering.presenter.request_redraw()

    def screenshot(self, path: str | os.PathLike[str] | None = None) -> NDArray[np.uint8]:
        """Return the picture of the state without the pointer, as ``viewer3d.screenshot`` draws it.

        Parameters
        ----------
        path : path-like, optional
            Where to write it; the file carries the recipe.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3)
        """
        state = replace(self._state, pointer=None)
        with as_picture(self._scene):
            self._scene.apply(state)
            self._steering.presenter.request_redraw()
            pixels = self._scene.screenshot()
            if path is not None:
                write_shot(pixels, path, self.placed, state, self.not_shown)
        return pixels

    def exchange(
        self,
        volume: Volume | Sequence[Volume],
        *,
        overlays: Overlays = (),
        note: str = "",
        view: View | None = None,
    ) -> None:
        """Show another volume or 4-D set from its own first state; callbacks stay.

        In a window, one that was shown before comes back as it was left, with what can be undone.

        Parameters
        ----------
        volume : Volume or sequence of Volume
        overlays : sequence of Layer or data
            What is drawn over it.
        note : str
            What the window says of it.
        view : str, optional
            Without it the layout stays.

        Raises
        ------
        ViewError
            When volumes do not belong together, or an overlay cannot be placed.
        """
        scene = Scene(volume, self.size, overlays=overlays)
        self._steering.stop()
        self._steering.keeping.leave(self._state)
        self._scene.close()
        placed, self._scene = self._scene.placed, scene
        before, self._first = self._state, begin_view(scene.placed, view or self._state.view, self._state)
        state, kept = self._steering.keeping.enter(scene, self._first, self._first)
        self._begin_scene(note or begin_note(scene.placed, None), kept)
        with self._steering.keeping.beginning():
            self.state = with_looks_kept(state, scene.placed, before, placed)

    def set_overlays(self, overlays: Overlays, *, note: str = "") -> None:
        """Draw something else over the volume that is shown; the view stays, and so do looks of what stays.

        Parameters
        ----------
        overlays : sequence of Layer or data
            From the lowest to the highest, as ``[*viewer.placed.overlays, segmentation]``.
        note : str
            What the window says of it.

        Raises
        ------
        ViewError
            When an overlay cannot be placed: then all stays as it was.
        """
        before = self._scene.placed
        self._steering.interactor.cancel()
        self._scene.set_overlays(overlays)
        state, self._first = state_with_overlays(self._state, self._first, before, self._scene.placed)
        self._begin_scene(note)
        with self._steering.keeping.restacking(before, self._scene.placed, self._first):
            self.state = state

    def process_events(self) -> bool:
        """Process events, show what has changed, and return whether there was anything to do."""
        screen = self._screen
        if screen is not None:
            self._loop_thread = get_ident()
            self._call_back()  # for what other threads have set
            try:
                if screen.process_events():
                    self._steering.presenter.request_redraw()
            except Viewer3DError as error:  # what the user asked for cannot be done: all else goes on
                self._steering.presenter.controls.show_note(str(error))
            if not screen.is_open:
                self._end()
                return False
            if (drawable(screen.size), device_of(screen)) != (self.size, self._scene.device):
                self._steering.presenter.begin_motion()
                self.resize(screen.size, device_of(screen).scale)
        self._steering.advance_cine()
        self._steering.keep_changes()
        worked = self._steering.presenter.update(self._state, is_holding=self._steering.interactor.is_holding)
        return (self._panel is not None and self._panel.finish_events()) or worked

    def suspend(self) -> None:
        """Free what drawing holds until the next picture; state, history and callbacks stay."""
        self._scene.close()
        self._loop_thread = None  # nobody processes events: who sets a state calls back

    def close(self) -> None:
        """Close the desktop window and free what it holds; state and measurements can still be read."""
        if self._panel is not None:
            self._panel.close_others()
        if self._screen is not None:
            self._screen.close()
        self._scene.close()
        self._end()

    def __enter__(self) -> Viewer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin_scene(self, *notes: str) -> None:
        # What follows from what the scene shows and its first state.
        self._series = self._first.series
        self._steering.begin_scene(self._scene, make_context(self._scene, self._first))
        if self._screen is not None:
            self._screen.set_title(title_of(self._scene.placed))
        self._steering.presenter.request_redraw()
        self._steering.presenter.controls.show_note("; ".join(filter(None, notes)), WARNING_SECONDS)

    def _own(self, state: ViewState) -> ViewState:
        # What is seen here is of this series, wherever its state was made.
        return state if state.series == self._series else replace(state, series=self._series)

    def _end(self) -> None:
        """Drop pointer and incomplete measurement from the state and call back, once, after the closing."""
        if self._is_ended:
            return
        self._is_ended = True
        self._steering.interactor.cancel()
        self.state = replace(self._state, pointer=None)
        if note := self._steering.keeping.close(self._state):
            with suppress(OSError, ValueError):  # as in _report
                sys.stderr.write(f"viewer3d: {note}\n")
        self._loop_thread = None
        self._notify(None)

    def _table_of(self, state: ViewState) -> list[TableRow]:
        return table_rows(state.measurements, self._scene.results_of(state))

    def _report(self, callback: str, error: Exception) -> None:
        self._steering.presenter.controls.show_note(f"{callback}: {type(error).__name__}: {error}")
        with suppress(OSError, ValueError):  # standard error may be closed or full
            traceback.print_exception(error)
