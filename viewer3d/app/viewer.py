"""Viewer: one volume or 4-D set, one state, and the window in which a person changes it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.actions import Command
from viewer3d.app.chrome import chrome, crop_marks
from viewer3d.app.cine import Cine, paced, played, switched, taken_over
from viewer3d.app.deeds import put_out
from viewer3d.app.glass import Glass
from viewer3d.app.hands import Hands
from viewer3d.app.measurement_list import list_marks
from viewer3d.app.prompt import live_beside_prompt, stay
from viewer3d.app.screen import Screen
from viewer3d.app.staging import first_stage
from viewer3d.app.transitions import plane_of, point_at
from viewer3d.errors import ViewError
from viewer3d.members import as_members, check_member
from viewer3d.planes import PaneName, View
from viewer3d.render.marks import DisplayList
from viewer3d.render.output import write_picture
from viewer3d.render.panes import SMALLEST_SIDE
from viewer3d.render.place import check_place
from viewer3d.render.recipes import shot_recipe
from viewer3d.render.rendering import rendering_of
from viewer3d.render.scene import Scene, first_state
from viewer3d.render.volume_pane import Quality
from viewer3d.results import Results
from viewer3d.view import ViewState
from viewer3d.volume import Volume

if TYPE_CHECKING:
    from viewer3d.app.desktop import Desktop

REST_SECONDS = 0.2
"""After the last motion the 3D pane is drawn in full quality."""


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
        What to begin with, instead of the view.
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
            _check_state(members, state)
        self._scene = Scene(members, size)
        self._first = first_state(members[0], "quad").with_view(view)
        self._state = state or self._first
        self._stage = first_stage(self._scene, self._first)
        self._hands = Hands(lambda: self._state, lambda: self._stage, self._moved, self._obey)
        self._callbacks: dict[str, list[Callable[[ViewState], object]]] = {"cursor": [], "window": []}
        self._glass, self._cine = Glass(), Cine()
        self._listed = False
        self._dirty = True
        self._rest_at = 0.0
        self._quality: Quality = "still"
        self._desktop: Desktop | None = None
        if screen is None and not off_screen:
            from viewer3d.app.desktop import Desktop  # noqa: PLC0415 (off screen no window's code is needed)

            self._desktop = Desktop(self._scene.size)
        self._screen = screen or self._desktop
        if self._screen is not None:
            self._screen.name(_title(members[0]))

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
        before, self._state = self._state, state
        self._dirty = True
        for what, functions in self._callbacks.items():
            if getattr(before, what) != getattr(state, what):
                for function in functions:
                    function(state)

    def on_cursor(self, function: Callable[[ViewState], object]) -> None:
        """Call a function with every state whose cursor is another than that before."""
        self._callbacks["cursor"].append(function)

    def on_window(self, function: Callable[[ViewState], object]) -> None:
        """Call a function with every state whose window is another than that before."""
        self._callbacks["window"].append(function)

    def render(self) -> None:
        """Draw the state, in full quality, and show it."""
        self._draw("still")

    def resize(self, size: tuple[int, int]) -> None:
        """Take another size; a few pixels will do."""
        self._scene.resize(drawable(size))
        self._stage = replace(self._stage, size=self._scene.size)
        self._dirty = True
        self._glass.renew()

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
        self._dirty = True
        self._glass.renew()
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
        self._scene = scene
        self._first = first_state(scene.volumes[0], "quad").with_view(self._state.view)
        self._stage = first_stage(scene, self._first)
        self._cine = replace(self._cine, through=None)
        if self._screen is not None:
            self._screen.name(_title(scene.volumes[0]))
        self._begin_quickly()
        self._glass.renew()
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
        desktop.open(self._hands)
        self._begin_quickly()
        if live_beside_prompt(self):
            return self
        stay(self)
        self._hands.drop()
        return replace(self._state, pointer=None)

    def turn(self) -> bool:
        """Take what has happened and show what has changed; returns whether there was anything to do."""
        screen, now = self._screen, time.monotonic()
        if screen is not None:
            if screen.turn():
                self._glass.renew()
            if not screen.is_open:
                return False
            if drawable(screen.size) != self.size:
                self._begin_quickly()
                self.resize(screen.size)
        self._play(now)
        resting = now >= self._rest_at and not self._hands.is_holding
        if self._dirty or (screen is not None and self._glass.is_due(self._above())):
            self._draw("moving")
            return True
        if self._quality == "moving" and resting:
            if self._scene.refine():  # a strip of it: hands are looked for before the next
                self._draw("still")
            return True
        self._scene.prepare_motion()
        return False

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

    def _draw(self, quality: Quality) -> None:
        changed = self._scene.apply(self._state, quality)
        self._quality, self._dirty = quality, False
        if self._screen is None or not self._screen.is_open:
            return
        rects = self._scene.rects()
        picture, parts = self._glass.lay(self._scene.picture, rects, changed, self._over(), self._above())
        if parts:
            self._screen.show(picture, parts)

    def _over(self) -> dict[PaneName, DisplayList]:
        """Return what is drawn over each pane in the window and in no screenshot, in the pane's pixels."""
        place, panes = self._hands.place, self._state.panes
        over: dict[PaneName, DisplayList] = {}
        if "3d" in panes:
            over["3d"] = crop_marks(self._state, self._stage.rect(self._state, "3d").size)
        if place.plane in panes:
            over[place.plane] = chrome(self._state, self._stage, place)
        return {name: marks for name, marks in over.items() if marks}

    def _above(self) -> tuple[str, DisplayList]:
        """Return the note and the list that are above all panes."""
        listed = list_marks(self.size, self._state.measurements, self.results) if self._listed else ()
        return self._hands.prompt or self._glass.note, listed

    def _moved(self, state: ViewState) -> None:
        # By hand: while the 3D pane moves it is drawn fast.
        if _seen_in_3d(state) != _seen_in_3d(self._state):
            self._begin_quickly()
        if taken_over(self._cine, self._state, state):
            self._run(replace(self._cine, through=None))
        self.state = state

    def _begin_quickly(self) -> None:
        # What is drawn in 3D in the next moment is drawn fast.
        self._rest_at = time.monotonic() + REST_SECONDS

    def _play(self, now: float) -> None:
        self._cine, state = played(self._cine, self._state, self._stage, now)
        if state == self._state:
            return
        if state.member != self._state.member:
            self._begin_quickly()
        # What is pointed at goes along under a pointer that rests.
        self.state = state if state.pointer is None else point_at(state, self._stage, self._hands.place)

    def _run(self, cine: Cine) -> None:
        self._cine = cine
        self._glass.tell(cine.words)

    def _obey(self, command: Command) -> None:
        if command == "help" or (command == "close" and self._glass.has_help):
            self._glass.switch_help()
        elif command == "close":
            if self._screen is not None:
                self._screen.close()
        elif command == "list measurements":
            self._listed = not self._listed
        elif command == "cine slices":
            self._run(switched(self._cine, plane_of(self._state, self._hands.place), time.monotonic()))
        elif command == "cine time":
            self._run(switched(self._cine, "time" if len(self.volumes) > 1 else None, time.monotonic()))
        elif command in ("faster", "slower"):
            self._run(paced(self._cine, 1 if command == "faster" else -1))
        elif command == "series":
            self._glass.tell("no other series here: `viewer3d show FOLDER` has those of a folder")
        else:
            self._glass.tell(put_out(self, command))


def _seen_in_3d(state: ViewState) -> tuple[object, ...]:
    rendering = (state.rendering, state.rendering_shift, state.crop, state.couch_hidden)
    slices = (state.cursor, state.axes) if state.planes_shown else None
    return state.camera, state.shown, state.member, rendering, slices


def drawable(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the picture for a window of any size: of a tiny one the corner of a small picture is seen."""
    width, height = (max(SMALLEST_SIDE, side) for side in size)
    return width, height


def _title(volume: Volume) -> str:
    return " ".join(part for part in ("viewer3d", volume.modality, volume.description) if part)


def _check_state(members: Sequence[Volume], state: ViewState) -> None:
    rendering_of(members[0], state)
    check_member(members, state.member)
    with suppress(ViewError):
        check_place(members[0], state.cursor)
        return
    raise ViewError(
        f"the state is of another volume: its cursor {state.cursor} lies outside of this one; load the series it was "
        "saved with"
    )
