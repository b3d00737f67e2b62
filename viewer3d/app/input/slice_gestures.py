"""What gestures in slice panes do to a state: pure functions of the state, the stage and the place.

A gesture is ``(state, stage, place) -> state``; a drag is ``(state, stage, begin, end) -> state``, where the state is
that of the moment the button went down, so that a drag and the same drag in many small moves end alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.context import Gesture, Place, Stage
from viewer3d.core.planes import PANES, PlaneName, View, vector
from viewer3d.core.view import Blend, Pointer, SlicePane, ViewState
from viewer3d.core.window import Window, auto_window
from viewer3d.render.colors import GREY, color_maps
from viewer3d.render.marks.crosshair import cross_lines

FORWARD: dict[PlaneName, int] = {"axial": 1, "coronal": -1, "sagittal": -1}
"""Which way along its axis a wheel turned away from oneself goes: to the head, the front and the right."""

PAGE = 10
"""Slices that Page Up and Page Down go."""

ALIGNED = 0.999
"""Cosine from which on a plane's axis is a grid's own: stepping then ends on voxel centres, not between them."""

NEAR_LINE = 6
"""Pixels from a line of the crosshair within which it is meant."""

ZOOMS = (0.2, 100.0)
"""Least and most a pane can be zoomed."""

ZOOM_STEP = 1.15
"""Of one click of the wheel or one press of a key."""

ZOOM_DRAG = 300
"""Pixels of a drag that zoom by e, 2.7 times."""

WINDOW_DRAG = 1024
"""Pixels of a drag that change width or level by all that the volume holds."""

SLABS = (0.0, 2.0, 3.0, 5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0)
"""Thicknesses in mm that the keys go through."""

FIRST_SLAB = 10.0
"""mm: the slab that one begins with."""

Name = TypeVar("Name", bound=str)

NARROWEST = 1e-3
"""Of the span of the values: what a drag narrows a window to and not further (LINEAR stops at 1 anyway)."""


def step_slice(state: ViewState, stage: Stage, plane: PlaneName, steps: int) -> ViewState:
    """Go so many voxels along a plane's normal, above 0 to the head, the front or the right."""
    normal, step = np.array(state.plane(plane).normal, np.float64), stage.step(state.plane(plane))
    cursor = np.array(state.cursor)
    per_mm = stage.geometry.inverse[:3, :3] @ normal
    along = int(np.argmax(np.abs(per_mm)))
    sign = FORWARD[plane] * steps
    way = sign * step
    if abs(normal @ stage.geometry.direction[:, along]) >= ALIGNED:
        # From between two slices the first step is to the next one.
        index = stage.geometry.world_to_index(cursor)[along] * np.sign(per_mm[along])
        origin = np.ceil(index - 1e-6) if sign < 0 else np.floor(index + 1e-6)
        way = (origin + sign - index) * step
    way = float(np.clip(way, *stage.reach(state, plane)))
    return state.with_cursor(stage.within(cursor + way * normal))


def stepping(steps: int) -> Gesture:
    """Return the gesture that goes so many slices, in the pane pointed at or else the first slice pane."""

    def step(state: ViewState, stage: Stage, place: Place) -> ViewState:
        plane = plane_of(state, place)
        return state if plane is None else step_slice(state, stage, plane, steps)

    return step


def to_first(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Go to the slice at the head, the front or the right."""
    return stepping(max(stage.geometry.shape) * 4)(state, stage, place)


def to_last(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Go to the slice at the feet, the back or the left."""
    return stepping(-max(stage.geometry.shape) * 4)(state, stage, place)


def plane_of(state: ViewState, place: Place) -> PlaneName | None:
    """Return the slice pane that is pointed at, else the first that is seen; None where there is none."""
    return place.plane or next((pane for pane in state.panes if pane != "3d"), None)


def put_cursor(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Put the crosshair where a slice pane is pointed at, so that all slices go through there."""
    if place.plane is None:
        return state
    return state.with_cursor(stage.within(stage.world(state, place, place.plane)))


def near_lines(state: ViewState, stage: Stage, place: Place) -> tuple[PlaneName, ...]:
    """Return the planes whose line of the crosshair is within reach of a place."""
    if place.plane is None:
        return ()
    x, y = stage.in_pane(state, place, place.plane)
    lines = cross_lines(state, stage.pane(state, place.plane))
    return tuple(line.plane for line in lines if line.distance(x, y) <= NEAR_LINE)


def drag_cursor(state: ViewState, stage: Stage, begin: Place, end: Place) -> ViewState:
    """Drag the crosshair's line that was taken hold of, or both where they meet."""
    if begin.plane is None:
        return state
    way = stage.world(state, end, begin.plane) - stage.world(state, begin, begin.plane)
    normals = [np.array(state.plane(plane).normal, np.float64) for plane in near_lines(state, stage, begin)]
    return state.with_cursor(stage.within(np.array(state.cursor) + sum((way @ n) * n for n in normals)))


def drag_window(state: ViewState, stage: Stage, begin: Place, end: Place) -> ViewState:
    """Right widens the window, up lowers its level and so brightens, as in Cornerstone."""
    window, per_pixel = state.window.plain, stage.value_span / WINDOW_DRAG
    least = 1.0 if window.function == "LINEAR" else NARROWEST * stage.value_span
    width = max(window.width + (end.x - begin.x) * per_pixel, least)
    return state.with_window(Window(window.center + (end.y - begin.y) * per_pixel, width, window.function))


def named_window(digit: int) -> Gesture:
    """Return the gesture that takes the named window of a digit from 1; nothing changes where there is none."""

    def choose(state: ViewState, stage: Stage, place: Place) -> ViewState:
        return state.with_window(stage.windows[digit - 1]) if digit <= len(stage.windows) else state

    return choose


def own_window(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Take the window that everything began with: the files' own, or the usual one for such values."""
    return state.with_window(stage.first.window)


def seen_window(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Find a window from the values that the pane pointed at shows."""
    plane = plane_of(state, place)
    values = np.empty(0) if plane is None else stage.seen(state, plane)
    values = stage.window_values(values)
    return state.with_window(auto_window(values)) if values.size else state


def invert(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Exchange black and white."""
    return replace(state, inverted=not state.inverted)


def thicken(way: int) -> Gesture:
    """Return the gesture that takes the next thicker slab (above 0) or the next thinner one."""

    def change(state: ViewState, stage: Stage, place: Place) -> ViewState:
        now = state.slab.thickness
        beyond = [mm for mm in SLABS if (mm > now if way > 0 else mm < now)]
        if not beyond:
            return state
        return replace(state, slab=replace(state.slab, thickness=min(beyond) if way > 0 else max(beyond)))

    return change


def next_blend(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Blend slabs in the next way; without a slab, begin with one."""
    if not state.slab.thickness:
        return replace(state, slab=replace(state.slab, thickness=FIRST_SLAB))
    return replace(state, slab=replace(state.slab, blend=_following(get_args(Blend), state.slab.blend)))


def next_colors(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Take the next colour map, with a value bar where it is not grey."""
    return _colored(state, stage, _following(tuple(color_maps()), state.colors))


def previous_colors(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Take the colour map before, with a value bar where it is not grey."""
    return _colored(state, stage, _following(tuple(color_maps())[::-1], state.colors))


def _colored(state: ViewState, stage: Stage, colors: str) -> ViewState:
    # What opens with low values white, as PET, is white in grey alone.
    inverted = colors == GREY if stage.first.inverted else state.inverted
    return replace(state, colors=colors, value_bar=colors != GREY, inverted=inverted)


def switch_interpolation(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Show each voxel as the box it stands for, or interpolate between voxels again."""
    return replace(state, interpolation="linear" if state.interpolation == "nearest" else "nearest")


def switch_value_bar(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Show the value bar, or no longer."""
    return replace(state, value_bar=not state.value_bar)


def _following(names: tuple[Name, ...], now: Name) -> Name:
    return names[(names.index(now) + 1) % len(names)]


def zoom_at(state: ViewState, stage: Stage, place: Place, factor: float) -> ViewState:
    """Zoom a slice pane so that what is pointed at stays where it is."""
    if place.plane is None:
        return state
    pane = state.slice_pane(place.plane)
    zoom = float(np.clip(pane.zoom * factor, *ZOOMS))
    zoomed = state.with_pane(place.plane, SlicePane(zoom, pane.pan))
    slip = stage.world(state, place, place.plane) - stage.world(zoomed, place, place.plane)
    return _panned(zoomed, place.plane, slip)


def zooming(factor: float) -> Gesture:
    """Return the gesture that zooms to the pointer by a factor."""
    return lambda state, stage, place: zoom_at(state, stage, place, factor)


def drag_zoom(state: ViewState, stage: Stage, begin: Place, end: Place) -> ViewState:
    """Down comes nearer, as in Cornerstone; what the drag began on stays where it is."""
    return zoom_at(state, stage, begin, float(np.exp((end.y - begin.y) / ZOOM_DRAG)))


def drag_pan(state: ViewState, stage: Stage, begin: Place, end: Place) -> ViewState:
    """Move what a slice pane shows along with the pointer."""
    if begin.plane is None:
        return state
    slip = stage.world(state, begin, begin.plane) - stage.world(state, end, begin.plane)
    return _panned(state, begin.plane, slip)


def _panned(state: ViewState, plane: PlaneName, slip: NDArray[np.float64]) -> ViewState:
    pane = state.slice_pane(plane)
    lies = state.plane(plane)
    right, down = (float(slip @ np.array(way)) for way in (lies.right, lies.down))
    return state.with_pane(plane, SlicePane(pane.zoom, (pane.pan[0] + right, pane.pan[1] + down)))


def enlarge(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Fill the window with the pane pointed at, or show all panes again."""
    if state.enlarged is not None:
        return replace(state, enlarged=None)
    if place.pane is None or len(PANES[state.view]) == 1:
        return state
    return replace(state, enlarged=place.pane)


def showing(view: View) -> Gesture:
    """Return the gesture that changes to a layout."""
    return lambda state, stage, place: state.with_view(view)


def reset(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Go back to how everything began, but for the layout, the transfer function and what was measured."""
    kept = ("view", "enlarged", "rendering", "pointer", "measurements")
    return replace(stage.first, **{name: getattr(state, name) for name in kept})


def point_at(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Say in the state what is pointed at, so that its value is written there."""
    if place.plane is None:
        return state if state.pointer is None else replace(state, pointer=None)
    return replace(state, pointer=Pointer(place.plane, vector(stage.world(state, place, place.plane))))
