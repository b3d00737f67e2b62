"""The movies ``turntable``, ``cine``, ``sweep`` and ``times``.

They play in a loop without a jump and without a frame twice: a turntable goes on where it began; slices and windows go
there and back, either end once; times begin again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.inputs import AnyVolume, as_volume, as_volume_set
from viewer3d.core.layers import Overlays, PlacedLayer, place_layers
from viewer3d.core.members import as_members, ordered_members, varying_dimensions
from viewer3d.core.view.camera import turning_camera
from viewer3d.core.view.planes import PlaneName, View
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow, Window
from viewer3d.errors import ViewError
from viewer3d.figures.default_windows import few_windows
from viewer3d.figures.movies.movie import movie
from viewer3d.figures.movies.paths import (
    checked_count,
    interpolated_window,
    slice_positions,
    steps_to_the_end,
    there_and_back,
)
from viewer3d.figures.sections import check_plane
from viewer3d.render.cursor import find_place
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.layer_stack import LayerStack
from viewer3d.render.volume.transfer import choose_preset
from viewer3d.render.volume.volume_look import volume_look
from viewer3d.render.window_choice import choose_window

SIZE: Final = (512, 512)

RATE: Final = 12.5
"""Frames per second: 80 ms each, which all formats can say."""

TIMES_RATE: Final = 5.0

FRAMES: Final = 48
"""Of a turntable 7.5 degrees each, a turn in 4 s."""


@movie
def turntable(
    volume: AnyVolume,
    frames: int = FRAMES,
    *,
    view: View | None = None,
    rendering: str | None = None,
    couch_hidden: bool | None = None,
    face_hidden: bool | None = None,
    size: tuple[int, int] = SIZE,
    rate: float = RATE,
    overlays: Overlays = (),
    state: ViewState | None = None,
) -> list[ViewState]:
    """Turn once around the volume, about the patient's long axis: front, left, back, right.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    frames : int
        Frame k of them is seen from 360 k / frames degrees.
    view : {"3d", "quad"}, optional
        ``"3d"`` unless there is a state.
    rendering, couch_hidden, face_hidden
        See :func:`viewer3d.screenshot`.
    size : tuple of int
        Width and height in pixels.
    rate : float
        Frames per second.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest, see :func:`viewer3d.screenshot`. Choices of window,
        colours and the like are those of the volume.
    state : ViewState, optional
        What is not chosen otherwise, and where the walk begins; without it in front, so far away that nothing is cut
        off on the way.

    Raises
    ------
    ViewError
        When there is no such view, transfer function, size or rate, or nothing that turns.
    """
    volume = as_volume(volume)
    first = _begin(volume, state, "3d", view=view, overlays=overlays)
    if rendering is not None:
        first = first.with_look(0, rendering=choose_preset(volume, rendering).name)
    if couch_hidden is not None:
        first = first.with_look(0, couch_hidden=couch_hidden)
    if face_hidden is not None:
        first = first.with_look(0, face_hidden=face_hidden)
    if "3d" not in first.panes:
        raise ViewError(f"turntable of view {first.shown}: nothing in it turns: give 3d or quad")
    if state is None:
        first = first.with_camera(turning_camera(volume_look(volume, first).points(volume)))
    return [first.with_camera(first.camera.around(360 * k / frames)) for k in range(checked_count(frames))]


@movie
def cine(
    volume: AnyVolume,
    plane: PlaneName = "axial",
    frames: int | None = None,
    *,
    view: View | None = None,
    window: AnyWindow | None = None,
    size: tuple[int, int] = SIZE,
    rate: float = RATE,
    overlays: Overlays = (),
    state: ViewState | None = None,
) -> list[ViewState]:
    """Show the slices of a plane, from the head, the front or the right to the other end, and back.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    plane : {"axial", "coronal", "sagittal"}
    frames : int, optional
        Even: so many there and back; without it every slice of the volume.
    view : str, optional
        A view with this plane; the plane alone unless there is a state.
    window
        See :func:`viewer3d.screenshot`.
    size, rate, overlays
        See :func:`turntable`.
    state : ViewState, optional
        What is not chosen otherwise; its planes may be oblique.

    Raises
    ------
    ViewError, WindowError
        When there is no such plane, view, window, size or rate.
    """
    volume, plane = as_volume(volume), check_plane(plane)
    first = _begin(volume, state, plane, view=view, overlays=overlays, window=window)
    if plane not in first.panes:
        raise ViewError(f"cine through {plane} slices, and view {first.shown} has none: give {plane} or mpr")
    normal = np.array(first.plane(plane).normal)
    positions = slice_positions(volume.geometry, normal)[:: -1 if plane == "axial" else 1]
    if frames is not None:
        positions = np.linspace(positions[0], positions[-1], steps_to_the_end(frames) + 1)
    cursor = np.array(first.cursor)
    states = [first.with_cursor(cursor + (mm - cursor @ normal) * normal) for mm in positions]
    return there_and_back(states)


@movie
def sweep(
    volume: AnyVolume,
    windows: Sequence[AnyWindow],
    frames: int = FRAMES,
    *,
    view: View | None = None,
    at: ArrayLike | str | None = None,
    size: tuple[int, int] = SIZE,
    rate: float = RATE,
    overlays: Overlays = (),
    state: ViewState | None = None,
) -> list[ViewState]:
    """Change the window from one to the next, and back.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    windows : sequence of Window or str
        Two or more, see :func:`viewer3d.screenshot`; how it goes from one to the next says
        :func:`viewer3d.figures.movies.paths.interpolated_window`.
    frames : int
        Even: so many there and back.
    view : str, optional
        A view with slices; ``"axial"`` unless there is a state.
    at : array_like of shape (3,), or str, optional
        World point (LPS, mm) or word, see :func:`viewer3d.screenshot`.
    size, rate, overlays
        See :func:`turntable`.
    state : ViewState, optional
        What is not chosen otherwise.

    Raises
    ------
    ViewError, WindowError
        When there is no such view, window, place, size or rate.
    """
    if isinstance(windows, str | Window) or len(windows) < 2:
        raise ViewError(f"sweep through {windows!r:.60}: give two windows or more, as in ['brain', 'bone']")
    volume = as_volume(volume)
    first = _begin(volume, state, "axial", view=view, overlays=overlays, at=at)
    if first.shown == "3d":
        raise ViewError("sweep of view 3d, which has no slices: give axial, coronal, sagittal, mpr or quad")
    chosen = [choose_window(volume, window) for window in few_windows(windows)]
    positions = np.linspace(0, len(chosen) - 1, steps_to_the_end(frames) + 1)
    states = [first.with_look(0, window=interpolated_window(chosen, float(position))) for position in positions]
    return there_and_back(states)


@movie
def times(
    volumes: AnyVolume,
    *,
    view: View | None = None,
    window: AnyWindow | None = None,
    at: ArrayLike | str | None = None,
    size: tuple[int, int] = SIZE,
    rate: float = TIMES_RATE,
    overlays: Overlays = (),
    state: ViewState | None = None,
) -> list[ViewState]:
    """Show the volumes of a 4-D series in the order of their times, all in one window.

    An overlay that is a set of as many volumes, told apart by the same (time, phase, ...), runs along, each of its
    volumes with that of its turn; any other stays as its look says.

    Parameters
    ----------
    volumes : sequence of Volume, or what :func:`viewer3d.load_all` takes
        Two or more on one grid, as ``viewer3d.load_all`` gives them.
    view : str, optional
        ``"axial"`` unless there is a state.
    window
        See :func:`viewer3d.screenshot`; of the first volume, and the same for all.
    at : array_like of shape (3,), or str, optional
        World point (LPS, mm) or word, see :func:`viewer3d.screenshot`.
    size, rate, overlays
        See :func:`turntable`.
    state : ViewState, optional
        What is not chosen otherwise.

    Raises
    ------
    ViewError, WindowError
        When the volumes do not belong together, or there is no such view, window, place, size or rate.
    """
    members = as_members(as_volume_set(volumes))
    if len(members) < 2:
        raise ViewError("times of one volume: give two or more on one grid, as viewer3d.load_all gives them")
    first = _begin(members, state, "axial", view=view, overlays=overlays, window=window, at=at)
    layers = place_layers(members, overlays).layers
    order = {number: _order(layer) for number, layer in enumerate(layers) if _runs_along(layers[0], layer)}
    return [_at_time(first, {number: turns[n] for number, turns in order.items()}) for n in range(len(members))]


def _order(layer: PlacedLayer) -> list[int]:
    return ordered_members([one.which for one in layer.members])


def _runs_along(base: PlacedLayer, layer: PlacedLayer) -> bool:
    """Return whether a layer is a set of as many members as the base, which differ in the same."""
    first, second = ([one.which for one in each.members] for each in (base, layer))
    return len(first) == len(second) and varying_dimensions(first) == varying_dimensions(second)


def _at_time(state: ViewState, members: Mapping[int, int]) -> ViewState:
    for number, member in members.items():
        state = state.with_look(number, member=member)
    return state


def _begin(
    volume: Volume | Sequence[Volume],
    state: ViewState | None,
    default: View,
    *,
    view: View | None,
    overlays: Overlays,
    window: AnyWindow | None = None,
    at: ArrayLike | str | None = None,
) -> ViewState:
    """Return the given or first state with the choices of a call, and with a look for each layer."""
    stack = LayerStack(volume, overlays)
    base = stack.layers[0].volume
    if state is None:
        state = first_state(base, view or default, window, at=at)
    else:
        if view is not None:
            state = state.with_view(view)
        if window is not None:
            state = state.with_look(0, window=choose_window(base, window))
        if at is not None:
            state = state.with_cursor(find_place(base, at))
    state = with_first_looks(state, stack.placed)
    stack.check(state)
    return state
