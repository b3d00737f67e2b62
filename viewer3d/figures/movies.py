"""Ready movies, each of one call: ``figures.turntable(volume).save("a.webp")``.

They play in a loop without a jump and without a frame twice: a turntable goes on where it began; slices and windows go
there and back, either end once; times begin again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.errors import ViewError
from viewer3d.figures.movie import Movie
from viewer3d.geometry import Geometry
from viewer3d.planes import PANES, PLANES, Plane, PlaneName, View
from viewer3d.render.scene import check_place, first_state
from viewer3d.render.transfer import AUTO
from viewer3d.render.window_choice import choose_window
from viewer3d.view import ViewState
from viewer3d.volume import Volume
from viewer3d.window import Window

SIZE: Final = (512, 512)

RATE: Final = 12.5
"""Frames per second: 80 ms each, which all formats can say."""

FRAMES: Final = 48
"""Of a turntable 7.5 degrees each, a turn in 4 s."""

SAME_GRID: Final = 1e-3
"""mm: the grids of the times of a series differ by less."""


def turntable(
    volume: Volume,
    frames: int = FRAMES,
    *,
    view: View | None = None,
    window: Window | str | None = None,
    rendering: str | None = None,
    size: tuple[int, int] = SIZE,
    rate: float = RATE,
    state: ViewState | None = None,
) -> Movie:
    """Walk once around the volume, about the patient's long axis: from the front to the left, the back and the right.

    Parameters
    ----------
    volume : Volume
    frames : int
        Frame k of them is seen from 360 k / frames degrees.
    view : {"3d", "quad"}, optional
        ``"3d"`` unless there is a state.
    window, rendering
        See :func:`viewer3d.screenshot`.
    size : tuple of int
        Width and height in pixels.
    rate : float
        Frames per second.
    state : ViewState, optional
        The first frame, instead of view, window and rendering.

    Raises
    ------
    ViewError, WindowError
        When there is no such view, window, transfer function, size or rate.
    """
    first = _begin(volume, "3d", state, view=view, window=window, rendering=rendering)
    if "3d" not in first.panes:
        raise ViewError(f"turntable of view {first.shown}: nothing in it turns: give 3d or quad")
    states = [first.with_camera(first.camera.around(360 * k / frames)) for k in range(_count(frames))]
    arguments = _plain(frames=frames, view=view, window=window, rendering=rendering, size=size, rate=rate, state=state)
    return Movie("turntable", arguments, (volume,), tuple(states), size, rate)


def cine(
    volume: Volume,
    plane: PlaneName = "axial",
    frames: int | None = None,
    *,
    view: View | None = None,
    window: Window | str | None = None,
    size: tuple[int, int] = SIZE,
    rate: float = RATE,
    state: ViewState | None = None,
) -> Movie:
    """Go through the slices of a plane, from the feet, the front or the right to the other end, and back.

    Parameters
    ----------
    volume : Volume
    plane : {"axial", "coronal", "sagittal"}
    frames : int, optional
        Even, for so many there and back; without it every slice of the volume.
    view : str, optional
        A view with this plane; the plane alone unless there is a state.
    window, size, rate
        See :func:`turntable`.
    state : ViewState, optional
        All but the place, instead of view and window; its planes may be oblique.

    Raises
    ------
    ViewError, WindowError
        When there is no such plane, view, window, size or rate.
    """
    if plane not in PLANES:
        raise ViewError(f"no plane is named {plane!r}: give one of {', '.join(PLANES)}")
    first = _begin(volume, plane, state, view=view, window=window)
    if plane not in first.panes:
        raise ViewError(f"cine of the {plane} plane in view {first.shown}, which has none: give view {plane} or mpr")
    way = first.plane(plane)
    positions = _positions(volume.geometry, way)
    if frames is not None:
        positions = np.linspace(positions[0], positions[-1], _half(frames) + 1)
    here = float(np.dot(first.cursor, way.normal))
    states = [first.with_cursor(np.add(first.cursor, np.multiply(way.normal, mm - here))) for mm in positions]
    arguments = _plain(plane=plane, frames=frames, view=view, window=window, size=size, rate=rate, state=state)
    return Movie("cine", arguments, (volume,), _there_and_back(states), size, rate)


def sweep(
    volume: Volume,
    windows: Sequence[Window | str],
    frames: int = FRAMES,
    *,
    view: View | None = None,
    at: ArrayLike | None = None,
    size: tuple[int, int] = SIZE,
    rate: float = RATE,
    state: ViewState | None = None,
) -> Movie:
    """Change the window from one to the next, and back.

    Parameters
    ----------
    volume : Volume
    windows : sequence of Window or str
        Two or more, see :func:`viewer3d.screenshot`. Between two of them the width changes by the same factor from
        frame to frame, and what it has got of its way the centre has of its own.
    frames : int
        Even: there and back.
    view : str, optional
        A view with slices; ``"mpr"`` unless there is a state.
    at : array_like, shape (3,), optional
        The point the slices go through, in LPS mm; without it the middle of the volume.
    size, rate
        See :func:`turntable`.
    state : ViewState, optional
        All but the window, instead of view and place.

    Raises
    ------
    ViewError, WindowError
        When there is no such view, window, place, size or rate.
    """
    chosen = [choose_window(volume, window) for window in windows]
    if len(chosen) < 2 or isinstance(windows, str):
        raise ViewError(f"sweep through {windows!r}: give two windows or more, as in ('brain', 'bone')")
    first = _begin(volume, "mpr", state, view=view, at=at)
    if first.shown == "3d":
        raise ViewError("sweep of view 3d: windows are those of slices: give mpr, quad, axial, coronal or sagittal")
    places = np.linspace(0, len(chosen) - 1, _half(frames) + 1)
    states = [first.with_window(_between(chosen, float(place))) for place in places]
    arguments = _plain(windows=windows, frames=frames, view=view, at=at, size=size, rate=rate, state=state)
    return Movie("sweep", arguments, (volume,), _there_and_back(states), size, rate)


def times(
    volumes: Sequence[Volume],
    *,
    view: View | None = None,
    window: Window | str | None = None,
    at: ArrayLike | None = None,
    size: tuple[int, int] = SIZE,
    rate: float = RATE,
    state: ViewState | None = None,
) -> Movie:
    """Show the volumes of a 4-D series one after another, in one window: a frame each.

    Parameters
    ----------
    volumes : sequence of Volume
        Two or more on one grid, as ``viewer3d.load_all`` gives them.
    view : str, optional
        ``"mpr"`` unless there is a state.
    window : Window or str, optional
        See :func:`viewer3d.screenshot`; the same for all, by default that of the first volume.
    at, size, rate
        See :func:`sweep`.
    state : ViewState, optional
        All but the volume, instead of view, window and place.

    Raises
    ------
    ViewError, WindowError
        When the volumes are on several grids, or there is no such view, window, place, size or rate.
    """
    if len(volumes) < 2:
        raise ViewError(f"times of {len(volumes)} volume: give two or more, as viewer3d.load_all gives them")
    first = _begin(volumes[0], "mpr", state, view=view, window=window, at=at)
    for number, volume in enumerate(volumes[1:], 1):
        if not _on_one_grid(volumes[0].geometry, volume.geometry):
            raise ViewError(f"times of volumes 0 and {number}, which lie on two grids: give those of one 4-D series")
    states = [replace(first, member=number) for number in range(len(volumes))]
    arguments = _plain(view=view, window=window, at=at, size=size, rate=rate, state=state)
    return Movie("times", arguments, tuple(volumes), tuple(states), size, rate)


def _begin(volume: Volume, default: View, state: ViewState | None, **choices: Any) -> ViewState:
    """Return the state that a movie begins with: the one that was given, or what was chosen."""
    if state is not None:
        if given := [name for name, choice in choices.items() if choice is not None]:
            raise ViewError(f"both a state and {given[0]} were given: put it into the state, or leave one out")
        return state
    shown, rendering = choices["view"] or default, choices.get("rendering") or AUTO
    if shown not in PANES:
        raise ViewError(f"no view is named {shown!r}: give one of {', '.join(PANES)}")
    first = first_state(volume, shown, choices.get("window"), rendering)
    at = choices.get("at")
    return first if at is None else first.with_cursor(check_place(volume, at))


def _count(frames: int) -> int:
    if frames < 2 or frames != int(frames):
        raise ViewError(f"movie of {frames} frames: give a whole number, 2 or more")
    return int(frames)


def _half(frames: int) -> int:
    if _count(frames) % 2:
        raise ViewError(f"movie of {frames} frames: there and back takes an even number: give {frames + 1}")
    return frames // 2


def _there_and_back(states: Sequence[ViewState]) -> tuple[ViewState, ...]:
    return (*states, *states[-2:0:-1])


def _positions(geometry: Geometry, plane: Plane) -> NDArray[np.float64]:
    """Return where slices of a plane lie along its normal, in mm: a voxel apart, the outer ones half a voxel inside."""
    ends = geometry.corners @ plane.normal
    low, high = float(ends.min()), float(ends.max())
    step = 1 / float(np.abs(geometry.inverse[:3, :3] @ plane.normal).max())
    count = max(1, round((high - low) / step))
    return low + (np.arange(count) + 0.5) * (high - low) / count


def _between(windows: Sequence[Window], place: float) -> Window:
    """Return the window at a place in a list: of a whole number itself."""
    number, share = divmod(place, 1)
    one = windows[int(number)]
    if share == 0:
        return one
    other = windows[int(number) + 1]
    width = one.width * (other.width / one.width) ** share
    way = share if one.width == other.width else (width - one.width) / (other.width - one.width)
    function = one.function if one.function == other.function else "LINEAR_EXACT"
    return Window(one.center + way * (other.center - one.center), width, function)


def _on_one_grid(one: Geometry, other: Geometry) -> bool:
    return one.shape == other.shape and bool(np.abs(one.affine - other.affine).max() <= SAME_GRID)


def _plain(**arguments: Any) -> dict[str, Any]:
    """Return arguments as JSON has them."""
    return {name: _plain_value(value) for name, value in arguments.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Window):
        return asdict(value)
    if isinstance(value, ViewState):
        return json.loads(value.to_json())
    if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str):
        return [_plain_value(one) for one in value]
    return value.item() if isinstance(value, np.generic) else value
