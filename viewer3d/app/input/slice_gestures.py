"""What gestures in slice panes do to a state: pure functions of the state, the stage and the place.

A gesture is ``(state, stage, place) -> state``; a drag is ``(state, stage, begin, end) -> state``, where the state is
that of the moment the button went down, so that a drag and the same drag in many small moves end alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.context import Context, EventPosition, Gesture
from viewer3d.core.planes import PANES, PlaneName, View
from viewer3d.core.vectors import vector
from viewer3d.core.view import Blend, Pointer, SlicePane, ViewState
from viewer3d.core.window import Window, auto_window
from viewer3d.render.colors import GREY, color_maps
from viewer3d.render.marks.crosshair import cross_lines

FORWARD: dict[PlaneName, int] = {"axial": 1, "coronal": -1, "sagittal": -1}
"""Which way along its axis a wheel turned away from oneself goes: to the head, the front and the right."""

PAGE_SLICES = 10
"""Slices that Page Up and Page Down go."""

_ALIGNED = 0.999
"""Cosine from which on a plane's axis is a grid's own: stepping then ends on voxel centres, not between them."""

LINE_TOLERANCE = 6
"""Pixels from a line of the crosshair within which it is meant."""

ZOOM_LIMITS = (0.2, 100.0)
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

_Name = TypeVar("_Name", bound=str)

_NARROWEST = 1e-3
"""Of the span of the values: what a drag narrows a window to and not further (LINEAR stops at 1 anyway)."""


def step_slice(state: ViewState, context: Context, plane: PlaneName, steps: int) -> ViewState:
    """Go so many voxels along a plane's normal, above 0 to the head, the front or the right."""
    normal, step = np.array(state.plane(plane).normal, np.float64), context.slice_step(state.plane(plane))
    cursor = np.array(state.cursor)
    per_mm = context.geometry.inverse[:3, :3] @ normal
    along = int(np.argmax(np.abs(per_mm)))
    sign = FORWARD[plane] * steps
    way = sign * step
    if abs(normal @ context.geometry.direction[:, along]) >= _ALIGNED:
        # From between two slices the first step is to the next one.
        index = context.geometry.world_to_index(cursor)[along] * np.sign(per_mm[along])
        origin = np.ceil(index - 1e-6) if sign < 0 else np.floor(index + 1e-6)
        way = (origin + sign - index) * step
    way = float(np.clip(way, *context.cursor_range(state, plane)))
    return state.with_cursor(context.clamp_cursor(cursor + way * normal))


def step_by(steps: int) -> Gesture:
    """Return the gesture that goes so many slices, in the pane pointed at or else the first slice pane."""

    def step(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        plane = plane_or_first(state, position)
        return state if plane is None else step_slice(state, context, plane, steps)

    return step


def go_to_first(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Go to the slice at the head, the front or the right."""
    return step_by(max(context.geometry.shape) * 4)(state, context, position)


def go_to_last(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Go to the slice at the feet, the back or the left."""
    return step_by(-max(context.geometry.shape) * 4)(state, context, position)


def plane_or_first(state: ViewState, position: EventPosition) -> PlaneName | None:
    """Return the slice pane that is pointed at, else the first that is seen; None where there is none."""
    return position.plane or next((pane for pane in state.panes if pane != "3d"), None)


def set_cursor(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Put the crosshair where a slice pane is pointed at, so that all slices go through there."""
    if position.plane is None:
        return state
    return state.with_cursor(context.clamp_cursor(context.to_world(state, position, position.plane)))


def lines_at(state: ViewState, context: Context, position: EventPosition) -> tuple[PlaneName, ...]:
    """Return the planes whose line of the crosshair is within reach of a place."""
    if position.plane is None:
        return ()
    x, y = context.to_pane(state, position, position.plane)
    lines = cross_lines(state, context.pane(state, position.plane))
    return tuple(line.plane for line in lines if line.distance(x, y) <= LINE_TOLERANCE)


def drag_cursor(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Drag the crosshair's line that was taken hold of, or both where they meet."""
    if begin.plane is None:
        return state
    way = context.to_world(state, end, begin.plane) - context.to_world(state, begin, begin.plane)
    normals = [np.array(state.plane(plane).normal, np.float64) for plane in lines_at(state, context, begin)]
    return state.with_cursor(context.clamp_cursor(np.array(state.cursor) + sum((way @ n) * n for n in normals)))


def drag_window(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Right widens the window, up lowers its level and so brightens, as in Cornerstone."""
    window, per_pixel = state.window.plain, context.value_span / WINDOW_DRAG
    least = 1.0 if window.function == "LINEAR" else _NARROWEST * context.value_span
    width = max(window.width + (end.x - begin.x) * per_pixel, least)
    return state.with_window(Window(window.center + (end.y - begin.y) * per_pixel, width, window.function))


def named_window(digit: int) -> Gesture:
    """Return the gesture that takes the named window of a digit from 1; nothing changes where there is none."""

    def choose(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        return state.with_window(context.windows[digit - 1]) if digit <= len(context.windows) else state

    return choose


def reset_window(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Take the window that everything began with: the files' own, or the usual one for such values."""
    return state.with_window(context.first.window)


def pane_window(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Find a window from the values that the pane pointed at shows."""
    plane = plane_or_first(state, position)
    values = np.empty(0) if plane is None else context.pane_values(state, plane)
    values = context.window_values(values)
    return state.with_window(auto_window(values)) if values.size else state


def invert(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Exchange black and white."""
    return replace(state, inverted=not state.inverted)


def change_slab(way: int) -> Gesture:
    """Return the gesture that takes the next thicker slab (above 0) or the next thinner one."""

    def change(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        now = state.slab.thickness
        beyond = [mm for mm in SLABS if (mm > now if way > 0 else mm < now)]
        if not beyond:
            return state
        return replace(state, slab=replace(state.slab, thickness=min(beyond) if way > 0 else max(beyond)))

    return change


def next_blend(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Blend slabs in the next way; without a slab, begin with one."""
    if not state.slab.thickness:
        return replace(state, slab=replace(state.slab, thickness=FIRST_SLAB))
    return replace(state, slab=replace(state.slab, blend=_next_in(get_args(Blend), state.slab.blend)))


def next_colors(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Take the next colour map, with a value bar where it is not grey."""
    return _colored(state, context, _next_in(tuple(color_maps()), state.colors))


def previous_colors(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Take the colour map before, with a value bar where it is not grey."""
    return _colored(state, context, _next_in(tuple(color_maps())[::-1], state.colors))


def _colored(state: ViewState, context: Context, colors: str) -> ViewState:
    # What opens with low values white, as PET, is white in grey alone.
    inverted = colors == GREY if context.first.inverted else state.inverted
    return replace(state, colors=colors, value_bar=colors != GREY, inverted=inverted)


def toggle_interpolation(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Show each voxel as the box it stands for, or interpolate between voxels again."""
    return replace(state, interpolation="linear" if state.interpolation == "nearest" else "nearest")


def toggle_value_bar(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Show the value bar, or no longer."""
    return replace(state, value_bar=not state.value_bar)


def _next_in(names: tuple[_Name, ...], now: _Name) -> _Name:
    return names[(names.index(now) + 1) % len(names)]


def zoom_at(state: ViewState, context: Context, position: EventPosition, factor: float) -> ViewState:
    """Zoom a slice pane so that what is pointed at stays where it is."""
    if position.plane is None:
        return state
    pane = state.slice_pane(position.plane)
    zoom = float(np.clip(pane.zoom * factor, *ZOOM_LIMITS))
    zoomed = state.with_pane(position.plane, SlicePane(zoom, pane.pan))
    shift = context.to_world(state, position, position.plane) - context.to_world(zoomed, position, position.plane)
    return _panned(zoomed, position.plane, shift)


def zoom_by(factor: float) -> Gesture:
    """Return the gesture that zooms to the pointer by a factor."""
    return lambda state, context, position: zoom_at(state, context, position, factor)


def drag_zoom(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Down comes nearer, as in Cornerstone; what the drag began on stays where it is."""
    return zoom_at(state, context, begin, float(np.exp((end.y - begin.y) / ZOOM_DRAG)))


def drag_pan(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Move what a slice pane shows along with the pointer."""
    if begin.plane is None:
        return state
    shift = context.to_world(state, begin, begin.plane) - context.to_world(state, end, begin.plane)
    return _panned(state, begin.plane, shift)


def _panned(state: ViewState, plane: PlaneName, shift: NDArray[np.float64]) -> ViewState:
    pane = state.slice_pane(plane)
    lies = state.plane(plane)
    right, down = (float(shift @ np.array(way)) for way in (lies.right, lies.down))
    return state.with_pane(plane, SlicePane(pane.zoom, (pane.pan[0] + right, pane.pan[1] + down)))


def toggle_enlarged(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Fill the window with the pane pointed at, or show all panes again."""
    if state.enlarged is not None:
        return replace(state, enlarged=None)
    if position.pane is None or len(PANES[state.view]) == 1:
        return state
    return replace(state, enlarged=position.pane)


def show_view(view: View) -> Gesture:
    """Return the gesture that changes to a layout."""
    return lambda state, context, position: state.with_view(view)


def reset(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Go back to how everything began, but for the layout, the transfer function and what was measured."""
    kept = ("view", "enlarged", "rendering", "pointer", "measurements")
    return replace(context.first, **{name: getattr(state, name) for name in kept})


def set_pointer(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Say in the state what is pointed at, so that its value is written there."""
    if position.plane is None:
        return state if state.pointer is None else replace(state, pointer=None)
    return replace(state, pointer=Pointer(position.plane, vector(context.to_world(state, position, position.plane))))
