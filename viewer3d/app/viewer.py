"""Viewer: one volume, one state, and the window in which a person changes it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.actions import Command
from viewer3d.app.chrome import chrome, crop_marks
from viewer3d.app.hands import Hands
from viewer3d.app.measurement_list import copy_list, list_marks, save_list
from viewer3d.app.overlay import overlaid
from viewer3d.app.stage import Stage
from viewer3d.errors import Viewer3DError, ViewError
from viewer3d.files import free_paths, write_whole
from viewer3d.planes import PaneName, View
from viewer3d.render.ink import Ink
from viewer3d.render.marks import DisplayList
from viewer3d.render.output import write_picture
from viewer3d.render.panes import SMALLEST_SIDE, Rect
from viewer3d.render.place import check_place
from viewer3d.render.recipes import shot_recipe
from viewer3d.render.rendering import rendering_of
from viewer3d.render.scene import Scene, first_state
from viewer3d.render.transfer import choose_preset, presets, transfer_of
from viewer3d.render.volume_pane import Quality
from viewer3d.view import ViewState
from viewer3d.volume import Volume
from viewer3d.window import named_windows

if TYPE_CHECKING:
    from viewer3d.app.desktop import Desktop

REST_SECONDS = 0.2
"""After the last motion the 3D pane is drawn in full quality."""

NOTE_SECONDS = 3.0
"""A note of what was done stands so long."""

IDLE_SECONDS = 0.004
"""Between two looks for events when nothing happens: a two-hundredth of a second is not felt."""

SPAN_PERCENTILES = (0.5, 99.5)
"""The values between them are those that dragging the window is scaled to."""


class Viewer:
    """Shows a volume in a window, or draws what a window would show.

    Parameters
    ----------
    volume : Volume
    view : {"quad", "mpr", "axial", "coronal", "sagittal", "3d"}
    size : tuple of int
        Width and height in pixels.
    off_screen : bool
        Open no window.
    state : ViewState, optional
        What to begin with, instead of the view.

    Raises
    ------
    RenderError
        When a window is wanted and there is no display.
    ViewError
        When the state is of another volume.

    Examples
    --------
    >>> viewer = Viewer(volume, view="mpr", off_screen=True)           # doctest: +SKIP
    >>> viewer.state = viewer.state.with_cursor((12.5, -80, 40))       # doctest: +SKIP
    >>> picture = viewer.screenshot()                                  # doctest: +SKIP
    """

    def __init__(
        self,
        volume: Volume,
        view: View = "quad",
        size: tuple[int, int] = (1200, 900),
        off_screen: bool = False,  # noqa: FBT001, FBT002 (as pyvista names and places it)
        *,
        state: ViewState | None = None,
    ) -> None:
        if state is not None:
            _check_state(volume, state)
        self._scene = Scene(volume, size)
        self._first = first_state(volume, "quad").with_view(view)
        self._state = state or self._first
        self._stage = _stage(self._scene, self._first)
        self._hands = Hands(lambda: self._state, lambda: self._stage, self._moved, self._obey)
        self._callbacks: dict[str, list[Callable[[ViewState], object]]] = {"cursor": [], "window": []}
        self._ink = Ink()
        self._help, self._note = False, ("", 0.0)
        self._listed = False
        self._drawn_over: dict[PaneName, DisplayList] = {}
        self._drawn_above: tuple[str, DisplayList] = ("", ())
        self._dirty, self._all = True, True
        self._rest_at = 0.0
        self._quality: Quality = "still"
        self._desktop: Desktop | None = None
        if not off_screen:
            from viewer3d.app.desktop import Desktop  # noqa: PLC0415 (off screen no window's code is needed)

            self._desktop = Desktop(self._scene.size, _title(volume))

    @property
    def volume(self) -> Volume:
        """What is shown."""
        return self._scene.volume

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
        self._scene.resize(_drawable(size))
        self._stage = replace(self._stage, size=self._scene.size)
        self._dirty = self._all = True

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
        self._dirty = self._all = True
        pixels = self._scene.screenshot()
        if path is not None:
            write_picture(pixels, path, shot_recipe(self.volume, state, self.size).texts)
        return pixels

    def show(self) -> ViewState:
        """Open the window and stay until it is closed.

        Returns
        -------
        ViewState
            What was seen last.

        Raises
        ------
        ViewError
            When the viewer is off screen.
        """
        desktop = self._desktop
        if desktop is None:
            raise ViewError("this viewer is off screen and has no window to show: make it with off_screen=False")
        desktop.open(self._hands)
        self._rest_at = time.monotonic() + REST_SECONDS  # the first picture is a quick one
        try:
            while desktop.is_open:
                if not self.turn():
                    time.sleep(IDLE_SECONDS)
        finally:
            self.close()
        self._hands.drop()
        return replace(self._state, pointer=None)

    def turn(self) -> bool:
        """Take what has happened and show what has changed; returns whether there was anything to do."""
        desktop, now = self._desktop, time.monotonic()
        if desktop is not None:
            if desktop.turn():
                self._all = True
            if not desktop.is_open:
                return False
            if _drawable(desktop.size) != self.size:
                self._rest_at = now + REST_SECONDS
                self.resize(desktop.size)
        if self._note[0] and now > self._note[1]:
            self._note, self._all = ("", 0.0), True
        if self._drawn_above != self._above():
            self._all = True
        resting = now >= self._rest_at and not self._hands.is_holding
        if self._dirty or self._all:
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
        if self._desktop is not None:
            self._desktop.close()
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
        desktop = self._desktop
        if desktop is None or not desktop.is_open:
            self._all = False
            return
        picture, rects = self._scene.picture, self._scene.rects()
        over = {} if self._help else self._over()
        self._drawn_above = note, above = self._above()
        # What is over a pane is drawn anew with it, and a pane anew when what was over it is another.
        others = {name for name in rects if over.get(name) != self._drawn_over.get(name)}
        parts = [rects[name] for name in rects if name in others or name in changed]
        if self._all or self._help or note or above:
            parts = [Rect(0, 0, *self.size)]
        if self._help or note or above or over:
            picture = overlaid(picture, self._ink, note, with_help=self._help)
        for name, marks in over.items():
            self._ink.draw(picture[rects[name].rows, rects[name].columns], marks)
        self._ink.draw(picture, above if not self._help else ())
        self._all, self._drawn_over = False, over
        if parts:
            desktop.show(picture, parts)

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
        measurements, results = self._state.measurements, self._scene.results
        listed = list_marks(self.size, measurements, results) if self._listed else ()
        return self._hands.prompt or self._note[0], listed

    def _moved(self, state: ViewState) -> None:
        # By hand: while the 3D pane moves it is drawn fast.
        if _seen_in_3d(state) != _seen_in_3d(self._state):
            self._rest_at = time.monotonic() + REST_SECONDS
        self.state = state

    def _obey(self, command: Command) -> None:
        if command == "help":
            self._help, self._all = not self._help, True
        elif command == "close":
            if self._help:
                self._help, self._all = False, True
            elif self._desktop is not None:
                self._desktop.close()
        elif command == "list measurements":
            self._listed = not self._listed
        else:
            try:
                note = self._put_out(command)
            except (Viewer3DError, OSError) as error:
                note = f"not {'copied' if command == 'copy measurements' else 'saved'}: {error}"
            self._note, self._all = (note, time.monotonic() + NOTE_SECONDS), True

    def _put_out(self, command: Command) -> str:
        # Saves or copies; returns a note of what was done.
        measurements = self._state.measurements
        if command == "copy measurements":
            return copy_list(measurements, self._scene.results)
        if command == "save measurements":
            return save_list(self.volume, measurements, Path.cwd())
        (path,) = free_paths(Path.cwd(), "viewer3d", (".png" if command == "save picture" else ".json",))
        if command == "save picture":
            self.screenshot(path)
        else:
            text = replace(self._state, pointer=None).to_json()
            write_whole(path, lambda file: file.write(text.encode()))
        return f"saved {path}"


def _seen_in_3d(state: ViewState) -> tuple[object, ...]:
    slices = (state.cursor, state.axes) if state.planes_shown else None
    look = (state.rendering, state.rendering_shift, state.crop, state.couch_hidden)
    return state.camera, state.shown, look, slices, state.member


def _drawable(size: tuple[int, int]) -> tuple[int, int]:
    # Of a window of a few pixels the corner of a small picture is seen.
    width, height = (max(SMALLEST_SIDE, side) for side in size)
    return width, height


def _title(volume: Volume) -> str:
    return " ".join(part for part in ("viewer3d", volume.modality, volume.description) if part)


def _check_state(volume: Volume, state: ViewState) -> None:
    rendering_of(volume, state)
    with suppress(ViewError):
        check_place(volume, state.cursor)
        return
    raise ViewError(
        f"the state is of another volume: its cursor {state.cursor} lies outside of this one; load the series it was "
        "saved with"
    )


def _stage(scene: Scene, first: ViewState) -> Stage:
    volume = scene.volume
    sample = volume.sample()
    finite = sample[np.isfinite(sample)]
    low, high = np.percentile(finite, SPAN_PERCENTILES) if finite.size else (0.0, 0.0)
    in_hu = volume.unit == "HU"
    return Stage(
        geometry=volume.geometry,
        size=scene.size,
        first=replace(first, rendering=choose_preset(volume).name),
        value_span=float(high - low) or 1.0,
        windows=tuple(named_windows().values()) if in_hu else (),
        renderings=tuple(name for name, row in presets().items() if (row.scale == "HU") == in_hu),
        is_in_hu=in_hu,
        shift_step=cache(lambda rendering: transfer_of(volume, choose_preset(volume, rendering)).step),
        extent=lambda state: rendering_of(volume, state).extent(volume),
        seen=scene.seen,
    )
