"""Ready movies, each of one call: ``figures.turntable(volume).save("a.webp")``.

They play in a loop without a jump and without a frame twice: a turntable goes on where it began; slices and windows go
there and back, either end once; times begin again.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.camera import turning_camera
from viewer3d.core.members import as_members, in_order
from viewer3d.core.planes import PlaneName, View
from viewer3d.core.view import ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow, Window
from viewer3d.errors import ViewError
from viewer3d.figures.begin import few_windows
from viewer3d.figures.figure import from_plain
from viewer3d.figures.movies.movie import Movie, movie
from viewer3d.figures.movies.paths import between, half, places, there_and_back, whole
from viewer3d.figures.sections import check_plane
from viewer3d.render.cursor import find_place
from viewer3d.render.scene import first_state
from viewer3d.render.volume.rendering import rendering_of
from viewer3d.render.volume.transfer import choose_preset
from viewer3d.render.window_choice import choose_window

SIZE: Final = (512, 512)

RATE: Final = 12.5
"""Frames per second: 80 ms each, which all formats can say."""

TIMES_RATE: Final = 5.0

FRAMES: Final = 48
"""Of a turntable 7.5 degrees each, a turn in 4 s."""


@movie
def turntable(
    volume: Volume,
    frames: int = FRAMES,
    *,
    view: View | None = None,
    rendering: str | None = None,
    couch_hidden: bool | None = None,
    size: tuple[int, int] = SIZE,
    rate: float = RATE,
    state: ViewState | None = None,
) -> list[ViewState]:
    """Walk once around the volume, about the patient's long axis: from the front to the left, the back and the right.

    Parameters
    ----------
    volume : Volume
    frames : int
        Frame k of them is seen from 360 k / frames degrees.
    view : {"3d", "quad"}, optional
        ``"3d"`` unless there is a state.
    rendering, couch_hidden
        See :func:`viewer3d.screenshot`.
    size : tuple of int
        Width and height in pixels.
    rate : float
        Frames per second.
    state : ViewState, optional
        What is not chosen otherwise, and where the walk begins; without it in front, so far away that nothing is cut
        off on the way.

    Raises
    ------
    ViewError
        When there is no such view, transfer function, size or rate, or nothing that turns.
    """
    first = _begin(volume, state, "3d", view=view)
    if rendering is not None:
        first = replace(first, rendering=choose_preset(volume, rendering).name)
    if couch_hidden is not None:
        first = replace(first, couch_hidden=couch_hidden)
    if "3d" not in first.panes:
        raise ViewError(f"turntable of view {first.shown}: nothing in it turns: give 3d or quad")
    if state is None:
        first = first.with_camera(turning_camera(rendering_of(volume, first).points(volume)))
    return [first.with_camera(first.camera.around(360 * k / frames)) for k in range(whole(frames))]


@movie
def cine(
    volume: Volume,
    plane: PlaneName = "axial",
    frames: int | None = None,
    *,
    view: View | None = None,
    window: AnyWindow | None = None,
    size: tuple[int, int] = SIZE,
    rate: float = RATE,
    state: ViewState | None = None,
) -> list[ViewState]:
    """Go through the slices of a plane, from the head, the front or the right to the other end, and back.

    Parameters
    ----------
    volume : Volume
    plane : {"axial", "coronal", "sagittal"}
    frames : int, optional
        Even: so many there and back; without it every slice of the volume.
    view : str, optional
        A view with this plane; the plane alone unless there is a state.
    window
        See :func:`viewer3d.screenshot`.
    size, rate
        See :func:`turntable`.
    state : ViewState, optional
        What is not chosen otherwise; its planes may be oblique.

    Raises
    ------
    ViewError, WindowError
        When there is no such plane, view, window, size or rate.
    """
    check_plane(plane)
    first = _begin(volume, state, plane, view=view, window=window)
    if plane not in first.panes:
        raise ViewError(f"cine through {plane} slices, and view {first.shown} has none: give {plane} or mpr")
    way = np.array(first.plane(plane).normal)
    positions = places(volume.geometry, way)[:: -1 if plane == "axial" else 1]
    if frames is not None:
        positions = np.linspace(positions[0], positions[-1], half(frames) + 1)
    cursor = np.array(first.cursor)
    states = [first.with_cursor(cursor + (mm - cursor @ way) * way) for mm in positions]
    return there_and_back(states)


@movie
def sweep(
    volume: Volume,
    windows: Sequence[AnyWindow],
    frames: int = FRAMES,
    *,
    view: View | None = None,
    at: ArrayLike | str | None = None,
    size: tuple[int, int] = SIZE,
    rate: float = RATE,
    state: ViewState | None = None,
) -> list[ViewState]:
    """Change the window from one to the next, and back.

    Parameters
    ----------
    volume : Volume
    windows : sequence of Window or str
        Two or more, see :func:`viewer3d.screenshot`; how it goes from one to the next says
        :func:`viewer3d.figures.movies.paths.between`.
    frames : int
        Even: so many there and back.
    view : str, optional
        A view with slices; ``"axial"`` unless there is a state.
    at
        See :func:`viewer3d.screenshot`.
    size, rate
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
    first = _begin(volume, state, "axial", view=view, at=at)
    if first.shown == "3d":
        raise ViewError("sweep of view 3d, which has no slices: give axial, coronal, sagittal, mpr or quad")
    chosen = [choose_window(volume, window) for window in few_windows(windows)]
    on_the_way = np.linspace(0, len(chosen) - 1, half(frames) + 1)
    states = [first.with_window(between(chosen, float(place))) for place in on_the_way]
    return there_and_back(states)


@movie
def times(
    volumes: Sequence[Volume],
    *,
    view: View | None = None,
    window: AnyWindow | None = None,
    at: ArrayLike | str | None = None,
    size: tuple[int, int] = SIZE,
    rate: float = TIMES_RATE,
    state: ViewState | None = None,
) -> list[ViewState]:
    """Show the volumes of a 4-D series one after another, in the order of their times and in one window: a frame each.

    Parameters
    ----------
    volumes : sequence of Volume
        Two or more on one grid, as ``viewer3d.load_all`` gives them.
    view : str, optional
        ``"axial"`` unless there is a state.
    window, at
        See :func:`viewer3d.screenshot`; of the first volume, and the same for all.
    size, rate
        See :func:`turntable`.
    state : ViewState, optional
        What is not chosen otherwise.

    Raises
    ------
    ViewError, WindowError
        When the volumes do not belong together, or there is no such view, window, place, size or rate.
    """
    members = as_members(volumes)
    if len(members) < 2:
        raise ViewError("times of one volume: give two or more on one grid, as viewer3d.load_all gives them")
    first = _begin(members[0], state, "axial", view=view, window=window, at=at)
    return [replace(first, member=number) for number in in_order([one.which for one in members])]


MOVIES: Final[dict[str, Callable[..., Movie]]] = {one.__name__: one for one in (turntable, cine, sweep, times)}
"""The movies by name."""


def check_movie_call(name: str, arguments: Mapping[str, Any]) -> None:
    """Check what can be told of a movie before there are volumes.

    Raises
    ------
    ViewError
        When it has no such option, or takes one that is not given.
    """
    _, *options = inspect.signature(MOVIES[name]).parameters.values()
    known = [option.name for option in options]
    if unknown := [option for option in arguments if option not in known]:
        raise ViewError(f"{name} has no option {unknown[0]!r}: give one of {', '.join(known)}")
    if missing := [one.name for one in options if one.default is one.empty and one.name not in arguments]:
        raise ViewError(f"{name} cannot do without {missing[0]}: give it")


def make_movie(name: str, volumes: Sequence[Volume], arguments: Mapping[str, Any]) -> Movie:
    """Make a movie from its name and its arguments, see :func:`viewer3d.figures.make`."""
    check_movie_call(name, arguments)
    options = {option: from_plain(value) for option, value in arguments.items()}
    if name == "times":
        return times(volumes, **options)
    if len(volumes) != 1:
        raise ViewError(f"{name} takes 1 volume, {len(volumes)} given")
    return MOVIES[name](volumes[0], **options)


def _begin(
    volume: Volume,
    state: ViewState | None,
    default: View,
    *,
    view: View | None,
    window: AnyWindow | None = None,
    at: ArrayLike | str | None = None,
) -> ViewState:
    """Return the state that choices make of a given one, or of the first of the volume in a view by default."""
    if state is None:
        state = first_state(volume, view or default, window)
    elif view is not None:
        state = state.with_view(view)
    if window is not None:
        state = state.with_window(choose_window(volume, window))
    return state if at is None else state.with_cursor(find_place(volume, at))
