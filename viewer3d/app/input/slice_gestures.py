"""What gestures in slice panes do to a state, as pure functions.

A gesture is ``(state, context, position) -> state``; a drag is ``(state, context, begin, end) -> state``, where the
state is that when the button was pressed, so that a drag and the same drag in many small moves end alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.context import Context, EventPosition, Gesture
from viewer3d.core.vectors import vector
from viewer3d.core.view.look import ImageLook
from viewer3d.core.view.planes import PANES, PlaneName, View
from viewer3d.core.view.state import Blend, Pointer, ViewState
from viewer3d.core.window import Window, auto_window
from viewer3d.render.colors import GREY, color_maps
from viewer3d.render.marks.crosshair import cross_lines

FORWARD: dict[PlaneName, int] = {"axial": 1, "coronal": -1, "sagittal": -1}
"""Direction along the axis when the wheel is turned away from the user: to the head, the front, the right."""

PAGE_SLICES = 10
"""Slices that Page Up and Page Down go."""

_ALIGNED = 0.999
"""Cosine from which on a plane's axis is a grid's own: stepping then ends on voxel centres, not between them."""

LINE_TOLERANCE = 6
"""Pixels from a line of the crosshair within which it is meant."""

PANE_ZOOM_LIMITS = (0.2, 100.0)
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
    """Move the cursor by so many slices, above 0 to the head, the front or the right."""
    normal, step = np.array(state.plane(plane).normal, np.float64), context.slice_step(state.plane(plane))
    cursor = np.array(state.cursor)
    per_mm = context.geometry.inverse[:3, :3] @ normal
    along = int(np.argmax(np.abs(per_mm)))
    sign = FORWARD[plane] * steps
    distance = sign * step
    if abs(normal @ context.geometry.direction[:, along]) >= _ALIGNED:
        # Between two slices, the first step goes to the next one.
        index = context.geometry.world_to_index(cursor)[along] * np.sign(per_mm[along])
        origin = np.ceil(index - 1e-6) if sign < 0 else np.floor(index + 1e-6)
        distance = (origin + sign - index) * step
    distance = float(np.clip(distance, *context.cursor_range(state, plane)))
    return state.with_cursor(context.clamp_cursor(cursor + distance * normal))


def step_by(steps: int) -> Gesture:
    """Return the gesture that goes so many slices in the pane at the pointer, else in the first."""

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
    """Return the slice pane of a position, else the first that is shown; None where there is none."""
    return position.plane or next((pane for pane in state.panes if pane != "3d"), None)


def set_cursor(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Set the cursor to the point of a slice pane that the pointer is over."""
    if position.plane is None:
        return state
    return state.with_cursor(context.clamp_cursor(context.to_world(state, position, position.plane)))


def lines_at(state: ViewState, context: Context, position: EventPosition) -> tuple[PlaneName, ...]:
    """Return the planes whose line of the crosshair is at a position."""
    if position.plane is None or context.is_flat:
        return ()
    x, y = context.to_pane(state, position, position.plane)
    lines = cross_lines(state, context.pane(state, position.plane))
    return tuple(line.plane for line in lines if line.distance(x, y) <= LINE_TOLERANCE)


def drag_cursor(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Move the slice of the crosshair's line that is dragged, or both slices where the lines meet."""
    if begin.plane is None:
        return state
    offset = context.to_world(state, end, begin.plane) - context.to_world(state, begin, begin.plane)
    normals = [np.array(state.plane(plane).normal, np.float64) for plane in lines_at(state, context, begin)]
    return state.with_cursor(context.clamp_cursor(np.array(state.cursor) + sum((offset @ n) * n for n in normals)))


def drag_window(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Change the VOI window: right widens it, up lowers its level and brightens, as in Cornerstone."""
    window, span = state.look.window.without_table, context.active(state).value_span
    per_pixel = span / WINDOW_DRAG
    least = 1.0 if window.function == "LINEAR" else _NARROWEST * span
    width = max(window.width + (end.x - begin.x) * per_pixel, least)
    return state.with_window(Window(window.center + (end.y - begin.y) * per_pixel, width, window.function))


def named_window(digit: int) -> Gesture:
    """Return the gesture that sets the named window of a digit from 1, if there is one."""

    def choose(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        windows = context.active(state).windows
        window = windows[digit - 1] if digit <= len(windows) else None
        return state if window is None else state.with_window(window)

    return choose


def set_window(window: Window) -> Gesture:
    """Return the gesture that sets a window."""
    return lambda state, context, position: state.with_window(window)


def reset_window(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Set the first window again: the files' own, or the usual one for such values."""
    return state.with_window(_first_look(state, context).window)


def _first_look(state: ViewState, context: Context) -> ImageLook:
    # Of the layer that is active now.
    return context.first.layers[state.active]


def pane_window(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Set a window from the values that the pane at the pointer shows."""
    plane = plane_or_first(state, position)
    values = np.empty(0) if plane is None else context.pane_values(state, plane)
    values = context.active(state).window_values(values)
    return state.with_window(auto_window(values)) if values.size else state


def invert(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Exchange black and white."""
    return state.with_look(inverted=not state.look.inverted)


def change_slab(direction: int) -> Gesture:
    """Return the gesture that sets the next thicker slab (above 0) or the next thinner one."""

    def change(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        now = state.slab.thickness
        beyond = [mm for mm in SLABS if (mm > now if direction > 0 else mm < now)]
        if not beyond:
            return state
        return replace(state, slab=replace(state.slab, thickness=min(beyond) if direction > 0 else max(beyond)))

    return change


def next_blend(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Change to the next projection of the slab; without a slab, set the first."""
    if not state.slab.thickness:
        return replace(state, slab=replace(state.slab, thickness=FIRST_SLAB))
    return replace(state, slab=replace(state.slab, blend=_next_in(get_args(Blend), state.slab.blend)))


def next_colors(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Change to the next colour map, with a value bar where it is not grey."""
    return _colored(state, context, _next_in(_color_names(context), state.look.colors))


def previous_colors(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Change to the previous colour map, with a value bar where it is not grey."""
    return _colored(state, context, _next_in(_color_names(context)[::-1], state.look.colors))


def _color_names(context: Context) -> tuple[str, ...]:
    return (*color_maps(), *context.own_colors)


def set_colors(name: str) -> Gesture:
    """Return the gesture that sets a colour map, with a value bar where it is not grey."""
    return lambda state, context, position: _colored(state, context, name)


def _colored(state: ViewState, context: Context, colors: str) -> ViewState:
    # A volume whose first state is inverted, as PET, is inverted in grey alone.
    inverted = colors == GREY if _first_look(state, context).inverted else state.look.inverted
    return state.with_look(colors=colors, value_bar=colors != GREY, inverted=inverted)


def toggle_interpolation(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Change between nearest and linear interpolation."""
    return replace(state, interpolation="linear" if state.interpolation == "nearest" else "nearest")


def toggle_value_bar(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Show the value bar, or hide it."""
    return state.with_look(value_bar=not state.look.value_bar)


def _next_in(names: tuple[_Name, ...], now: _Name) -> _Name:
    # A state may have colours that are neither built in nor this person's: a picture's of another machine.
    return names[(names.index(now) + 1) % len(names)] if now in names else names[0]


def zoom_at(state: ViewState, context: Context, position: EventPosition, factor: float) -> ViewState:
    """Zoom a slice pane by a factor; the point under the pointer stays where it is."""
    if position.plane is None:
        return state
    pane = state.slice_pane(position.plane)
    zoom = float(np.clip(pane.zoom * factor, *PANE_ZOOM_LIMITS))
    zoomed = state.with_pane(position.plane, replace(pane, zoom=zoom))
    shift = context.to_world(state, position, position.plane) - context.to_world(zoomed, position, position.plane)
    return panned(zoomed, position.plane, shift)


def zoom_by(factor: float) -> Gesture:
    """Return the gesture that zooms to the pointer by a factor."""
    return lambda state, context, position: zoom_at(state, context, position, factor)


def drag_zoom(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Zoom with a drag, down to enlarge, as in Cornerstone; the point it began on stays."""
    return zoom_at(state, context, begin, float(np.exp((end.y - begin.y) / ZOOM_DRAG)))


def drag_pan(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Pan a slice pane with the pointer."""
    if begin.plane is None:
        return state
    shift = context.to_world(state, begin, begin.plane) - context.to_world(state, end, begin.plane)
    return panned(state, begin.plane, shift)


def panned(state: ViewState, plane: PlaneName, shift: NDArray[np.float64]) -> ViewState:
    """Return the state with the middle of a slice pane moved by a world vector (mm), shape (3,)."""
    pane = state.slice_pane(plane)
    axes = state.plane(plane)
    right, down = (float(shift @ np.array(direction)) for direction in (axes.right, axes.down))
    return state.with_pane(plane, replace(pane, pan=(pane.pan[0] + right, pane.pan[1] + down)))


def toggle_enlarged(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Show only the pane at the pointer, or all panes again."""
    if state.enlarged is not None:
        return replace(state, enlarged=None)
    if position.pane is None or len(PANES[state.view]) == 1:
        return state
    return replace(state, enlarged=position.pane)


def show_view(view: View) -> Gesture:
    """Return the gesture that changes the view: which panes are shown."""
    return lambda state, context, position: state.with_view(view)


def reset(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Return to the first state; view, transfer functions, what is shown and what is marked stay."""
    kept = ("view", "enlarged", "active", "pointer", "measurements", "key_images")
    layers = tuple(
        replace(first, rendering=look.rendering, shown=look.shown)
        for first, look in zip(context.first.layers, state.layers, strict=True)
    )
    regions = tuple(
        replace(first, shown=look.shown, segments=look.segments, rendering=look.rendering)
        for first, look in zip(context.first.regions, state.regions, strict=True)
    )
    return replace(context.first, layers=layers, regions=regions, **{name: getattr(state, name) for name in kept})


def set_pointer(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Set the point that the pointer is over, whose value the pane shows."""
    if position.plane is None:
        return state if state.pointer is None else replace(state, pointer=None)
    return replace(state, pointer=Pointer(position.plane, vector(context.to_world(state, position, position.plane))))
