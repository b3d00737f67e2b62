"""Viewer: one volume or 4-D set, one state, and the window in which a person changes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.deeds import put_out
from viewer3d.app.input.bindings import Command
from viewer3d.app.input.cine import Cine, asked, played, stopped, taken_over
from viewer3d.app.input.interactor import Hands
from viewer3d.app.input.slice_gestures import point_at
from viewer3d.app.prompt import live_beside_prompt, stay
from viewer3d.app.staging import check_state, first_stage, title_of
from viewer3d.app.window.handles import chrome_of_panes
from viewer3d.app.window.measurement_list import list_marks
from viewer3d.app.window.overlay import WARNING_SECONDS
from viewer3d.app.window.presenter import Painter, seen_in_3d
from viewer3d.app.window.screen import Screen, drawable
from viewer3d.core.members import as_members
from viewer3d.core.origin import other_series_note, series_of
from viewer3d.core.planes import PaneName, View
from viewer3d.core.view import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import Viewer3DError, ViewError
from viewer3d.measurements.results import Results
from viewer3d.recipes.drawn import shot_recipe
from viewer3d.render.marks.display_list import DisplayList
from viewer3d.render.output import write_picture
from viewer3d.render.scene import Scene, first_state

if TYPE_CHECKING:
    from viewer3d.app.window.desktop import Desktop


class Viewer:
    """Shows a volume in a window, or draws what a window would show.

    Parameters
    ----------
    volume : Volume or sequence of Volume
        Several belong together: times, echoes or b-values on one grid, as ``load_all`` gives them.
    view : {"quad", "mpr", "axial", "coronal", "sagittal", "3d"}
    size : tuple of int
        Width and height in pixels.
    off_screen : bool
        Open no window.
    state : ViewState, optional
        What to begin with, instead of the view. That it was saved with another series is told in the window.
    screen : Screen, optional
        What it is to be seen on, instead of a window of its own.

    Raises
    ------
    RenderError
        When a window is wanted and there is no display.
    ViewError
        When the state is of another volume, or volumes do not belong together.

    Examples
    --------
    >>> viewer = Viewer(volume, view="mpr", off_screen=True)           # doctest: +SKIP
    >>> viewer.state = viewer.state.with_cursor((12.5, -80, 40))       # doctest: +SKIP
    >>> picture = viewer.screenshot()                                  # doctest: +SKIP
    """

    def __init__(
        self,
        volume: Volume | Sequence[Volume],
        view: View = "quad",
        size: tuple[int, int] = (1200, 900),
        off_screen: bool = False,  # noqa: FBT001, FBT002 (as pyvista names and places it)
        *,
        state: ViewState | None = None,
        screen: Screen | None = None,
    ) -> None:
        members = as_members(volume)
        if state is not None:
            check_state(members, state)
        self._scene = Scene(members, size)
        self._series = series_of(members)
        self._first = self._own(first_state(members[0], "quad").with_view(view))
        self._state = self._own(state or self._first)
        self._stage = first_stage(self._scene, self._first)
        self._hands = Hands(lambda: self._state, lambda: self._stage, self._moved, self._obey)
        self._callbacks: dict[str, list[Callable[[ViewState], object]]] = {"cursor": [], "window": []}
        self._cine, self._listed = Cine(), False
        self._desktop: Desktop | None = None
        if screen is None and not off_screen:
            from viewer3d.app.window.desktop import Desktop  # noqa: PLC0415 (off screen no window's code is needed)

            self._desktop = Desktop(self._scene.size)
        self._screen = screen or self._desktop
        if self._screen is not None:
            self._screen.name(title_of(members[0]))
        self._painter = Painter(self._scene, self._screen, self._over, self._above)
        if state is not None:
            self._painter.glass.tell(other_series_note(members, state), WARNING_SECONDS)

    @property
    def volume(self) -> Volume:
        """What is shown; of a 4-D set the member that was drawn last."""
        return self._scene.volume

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """All that is shown without another being loaded: the 4-D set, or the one volume."""
        return self._scene.volumes

    @property
    def results(self) -> Results:
        """What measurements come to."""
        return self._scene.results

    @property
    def is_open(self) -> bool:
        """Whether there is a window, not closed by the person or the program."""
        return self._screen is not None and self._screen.is_open

    @property
    def files(self) -> tuple[int, ...]:
        """Numbers of the files that can be read when something has happened to the window."""
        return () if self._desktop is None else self._desktop.files

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels."""
        return self._scene.size

    @property
    def hands(self) -> Hands:
        """What can be done by hand, for those who bring events of their own."""
        return self._hands

    @property
    def state(self) -> ViewState:
        """What is seen; set it to see something else, drawn at the next :meth:`render`."""
        return self._state

    @state.setter
    def state(self, state: ViewState) -> None:
        if not isinstance(state, ViewState):
            raise ViewError(f"a viewer's state is a ViewState, not {type(state).__name__}: use viewer.state.with_...")
        before, self._state = self._state, self._own(state)
        self._painter.soil()
        for what, functions in self._callbacks.items():
            if getattr(before, what) != getattr(state, what):
                for function in functions:
                    function(self._state)

    @property
    def last_state(self) -> ViewState:
        """What was seen when all hands let go: nothing is pointed at, and no measurement half drawn."""
        self._hands.drop()
        return replace(self._state, pointer=None)

    def on_cursor(self, function: Callable[[ViewState], object]) -> None:
        """Call a function with every state whose cursor is another than that before."""
        self._callbacks["cursor"].append(function)

    def on_window(self, function: Callable[[ViewState], object]) -> None:
        """Call a function with every state whose window is another than that before."""
        self._callbacks["window"].append(function)

    def render(self) -> None:
        """Draw the state, in full quality, and show it."""
        self._painter.draw(self._state, "still")

    def resize(self, size: tuple[int, int]) -> None:
        """Take another size; a few pixels will do."""
        self._scene.resize(drawable(size))
        self._stage = replace(self._stage, size=self._scene.size)
        self._painter.renew()

    def screenshot(self, path: str | os.PathLike[str] | None = None) -> NDArray[np.uint8]:
        """Return the picture of the state, without what is pointed at: the bytes that ``viewer3d.screenshot`` gives.

        Parameters
        ----------
        path : path-like, optional
            Where to write it; the file carries the recipe.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3)
        """
        state = replace(self._state, pointer=None)
        self._scene.apply(state)
        self._painter.renew()
        pixels = self._scene.screenshot()
        if path is not None:
            write_picture(pixels, path, shot_recipe(self.volumes, state, self.size).texts)
        return pixels

    def exchange(self, volume: Volume | Sequence[Volume]) -> None:
        """Show another volume, or another 4-D set, from its own first state; layout and callbacks stay.

        Raises
        ------
        ViewError
            When volumes do not belong together.
        """
        scene = Scene(volume, self.size)
        self._hands.drop()
        self._scene.close()
        self._scene = self._painter.scene = scene
        self._series = series_of(scene.volumes)
        self._first = self._own(first_state(scene.volumes[0], "quad").with_view(self._state.view))
        self._stage = first_stage(scene, self._first)
        self._cine = stopped(self._cine)
        if self._screen is not None:
            self._screen.name(title_of(scene.volumes[0]))
        self._painter.renew()
        self.state = self._first

    def show(self) -> ViewState | Viewer:
        """Open the window and stay until it is closed; at the prompt of IPython return at once.

        Returns
        -------
        ViewState or Viewer
            What was seen last; at the prompt of IPython the viewer itself, whose state can be set from there.

        Raises
        ------
        ViewError
            When the viewer is off screen, or in a notebook, where there is no prompt for a window to live beside.
        """
        desktop = self._desktop
        if desktop is None:
            raise ViewError("this viewer is off screen and has no window to show: make it with off_screen=False")
        is_beside_prompt = live_beside_prompt(self)
        desktop.open(self._hands)
        if is_beside_prompt:
            return self
        stay(self)
        return self.last_state

    def turn(self) -> bool:
        """Take what has happened and show what has changed; returns whether there was anything to do."""
        screen = self._screen
        if screen is not None:
            try:
                if screen.turn():
                    self._painter.renew()
            except Viewer3DError as error:  # what was asked for by hand cannot be: all else goes on
                self._painter.glass.tell(str(error))
            if not screen.is_open:
                return False
            if drawable(screen.size) != self.size:
                self._painter.hurry()
                self.resize(screen.size)
        self._play()
        return self._painter.turn(self._state, is_holding=self._hands.is_holding)

    def close(self) -> None:
        """Close the window and free what it holds."""
        if self._screen is not None:
            self._screen.close()
        self._scene.close()

    def __enter__(self) -> Viewer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _own(self, state: ViewState) -> ViewState:
        # What is seen here is of this series, wherever its state was made.
        return state if state.series == self._series else replace(state, series=self._series)

    def _over(self) -> dict[PaneName, DisplayList]:
        return chrome_of_panes(self._state, self._stage, self._hands.place)

    def _above(self) -> tuple[str, DisplayList]:
        listed = list_marks(self.size, self._state.measurements, self.results) if self._listed else ()
        return self._hands.prompt or self._painter.glass.note, listed

    def _moved(self, state: ViewState) -> None:
        # By hand: while the 3D pane moves it is drawn fast.
        if seen_in_3d(state) != seen_in_3d(self._state):
            self._painter.hurry()
        if taken_over(self._cine, self._state, state):
            self._run(stopped(self._cine))
        self.state = state

    def _play(self) -> None:
        self._cine, state = played(self._cine, self._state, self._stage, monotonic())
        if state == self._state:
            return
        if seen_in_3d(state) != seen_in_3d(self._state):
            self._painter.hurry()
        # What is pointed at goes along under a pointer that rests.
        self.state = state if state.pointer is None else point_at(state, self._stage, self._hands.place)

    def _run(self, cine: Cine) -> None:
        self._cine = cine
        self._painter.glass.tell(cine.words)

    def _obey(self, command: Command) -> None:
        if command == "help" or (command == "close" and self._painter.glass.has_help):
            self._painter.glass.switch_help()
        elif command == "close":
            if self._screen is not None:
                self._screen.close()
        elif command == "list measurements":
            self._listed = not self._listed
        elif command in ("cine slices", "cine time", "faster", "slower"):
            self._run(asked(self._cine, command, self._state, self._stage, self._hands.place, now=monotonic()))
        elif command == "series":
            self._painter.glass.tell("no other series here: `viewer3d show FOLDER` has those of a folder")
        else:
            self._painter.glass.tell(put_out(self, command))
