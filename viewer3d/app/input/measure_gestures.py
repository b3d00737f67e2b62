"""What gestures do to the measurements of a state, as pure functions."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.context import Context, EventPosition, Gesture
from viewer3d.app.input.slice_gestures import panned
from viewer3d.core.vectors import Vector, least_rotation, vector
from viewer3d.core.view.measurement import FEWEST_CORNERS, MOST_CORNERS, Measurement
from viewer3d.core.view.planes import PANES, PLANES, PlaneName
from viewer3d.core.view.state import PATIENT_AXES, ViewState
from viewer3d.render.marks.boxes import PixelBox
from viewer3d.render.marks.measurements import ON_REACH, can_place_label, outline, shown_measurements
from viewer3d.render.marks.metrics import pane_metrics
from viewer3d.render.planes3d.polylines import nearest_on_line

_HANDLE_TOLERANCE = 7
"""Pixels from a handle within which it is meant, and not the line it is on."""

_LINE_TOLERANCE = 5
"""Pixels from a line within which it is meant."""


_LABEL_TOLERANCE = 3
"""Pixels beside a label within which it is meant."""


@dataclass(frozen=True)
class MeasurementHit:
    """What the pointer is over: a handle or a line of a measurement.

    Attributes
    ----------
    number : int
        Of the measurement, from 0.
    handle : int, optional
        Which of its handles; None for its lines.
    """

    number: int
    handle: int | None


def find_hit(state: ViewState, context: Context, position: EventPosition) -> MeasurementHit | None:
    """Return the handle or else the line of a measurement at a position; None where there is none."""
    if position.plane is None or not state.measurements:
        return None
    pane = context.pane(state, position.plane)
    here = np.array(context.to_pane(state, position, position.plane))
    handles, lines = [], []
    for number, one in shown_measurements(context.geometry, state, pane):
        if len(one.handles):
            away = np.hypot(*(pane.to_pixel(one.handles) - here).T)
            handles.append((float(away.min()), MeasurementHit(number, int(away.argmin()))))
        lines_of = outline(one, pane, pane_metrics(state, pane.size).size)
        for points, closed in lines_of[:1] if one.kind == "isocontour" else lines_of:
            away = np.hypot(*(nearest_on_line(points, here, closed=closed) - here))
            lines.append((float(away), MeasurementHit(number, None)))
    for near, found in ((_HANDLE_TOLERANCE, handles), (_LINE_TOLERANCE, lines)):
        distance, hit = min(found, key=lambda one: one[0], default=(np.inf, None))
        if distance <= near:
            return hit
    return None


def drag_measurement(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Move a handle of a measurement, or all of it by one of its lines; a sphere grows by its circle."""
    hit = find_hit(state, context, begin)
    if hit is None or begin.plane is None:
        return state
    offset = context.to_world(state, end, begin.plane) - context.to_world(state, begin, begin.plane)
    one = state.measurements[hit.number]
    if one.kind == "isocontour" and hit.handle is None:  # its sphere grows to where the pointer is
        reached = float(np.linalg.norm(context.to_world(state, end, begin.plane) - one.center))
        return replace_measurement(state, hit.number, one.with_radius(reached))
    moved = one.moved(offset) if hit.handle is None else one.with_handle(hit.handle, offset)
    return replace_measurement(state, hit.number, moved)


@dataclass(frozen=True)
class LabelHit:
    """The label that the pointer is over.

    Attributes
    ----------
    number : int
        Of its measurement, from 0.
    box : PixelBox
        Where it stands, in pixels of its pane.
    """

    number: int
    box: PixelBox


def find_label(state: ViewState, context: Context, position: EventPosition) -> LabelHit | None:
    """Return the label at a position that can be dragged there; None where there is none."""
    if position.plane is None or not state.measurements:
        return None
    pane, far = context.pane(state, position.plane), _LABEL_TOLERANCE
    x, y = context.to_pane(state, position, position.plane)
    for number, placed in reversed(context.placed_labels(state, position.plane)):
        box = placed.box
        wide = PixelBox(box.left - far, box.top - far, box.right + far, box.bottom + far)
        if wide.contains(x, y) and can_place_label(state.measurements[number], pane):
            return LabelHit(number, box)
    return None


def drag_label(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Move the label of a measurement; from then on it stays there beside the measurement."""
    hit = find_label(state, context, begin)
    if hit is None or begin.plane is None:
        return state
    one, box = state.measurements[hit.number], hit.box
    pixel = (box.left + box.right) / 2 + end.x - begin.x, (box.top + box.bottom) / 2 + end.y - begin.y
    away = context.pane(state, begin.plane).to_world(pixel) - one.center
    return replace_measurement(state, hit.number, replace(one, label=(float(away @ one.right), float(away @ one.down))))


def is_dragged_label(state: ViewState, context: Context, position: EventPosition) -> bool:
    """Return whether a position is on a label that a hand has put there."""
    hit = find_label(state, context, position)
    return hit is not None and state.measurements[hit.number].label is not None


def put_label_back(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Put the label at a position back beside its measurement, else those of all measurements."""
    label, hit = find_label(state, context, position), find_hit(state, context, position)
    pointed = next((one.number for one in (hit, label) if one is not None), None)
    if pointed is not None and state.measurements[pointed].label is not None:
        return replace_measurement(state, pointed, replace(state.measurements[pointed], label=None))
    return replace(state, measurements=tuple(replace(one, label=None) for one in state.measurements))


def change_corner(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Remove the corner of a polygon at a position, or add one there to an edge of it."""
    hit = find_hit(state, context, position)
    if hit is None or position.plane is None or state.measurements[hit.number].kind != "polygon":
        return state
    one = state.measurements[hit.number]
    if hit.handle is not None:
        if len(one.points) <= FEWEST_CORNERS:
            return state
        return replace_measurement(state, hit.number, one.without_corner(hit.handle))
    if len(one.points) >= MOST_CORNERS:
        return state
    pixels = context.pane(state, position.plane).to_pixel(one.corners)
    here = np.array(context.to_pane(state, position, position.plane))
    edges = zip(pixels, np.roll(pixels, -1, axis=0), strict=True)
    away = [np.hypot(*(nearest_on_line(edge, here, closed=False) - here)) for edge in edges]
    world = context.to_world(state, position, position.plane)
    return replace_measurement(state, hit.number, one.with_corner(int(np.argmin(away)), world))


def pointed_at_or_last(state: ViewState, context: Context, position: EventPosition) -> int | None:
    """Return the index of the measurement at a position, else of the last; None where there are none."""
    hit = find_hit(state, context, position)
    if hit is not None:
        return hit.number
    return len(state.measurements) - 1 if state.measurements else None


def remove_measurement(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Delete the measurement at a position, else the last."""
    number = pointed_at_or_last(state, context, position)
    return state if number is None else replace_measurement(state, number)


def add_probe(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Add a probe: a measurement of the value that the pointer is over."""
    if position.plane is None:
        return state
    plane = state.plane(position.plane)
    world = vector(context.to_world(state, position, position.plane))
    return state.with_measurement(Measurement("probe", (world,), plane.right, plane.down))


def go_to_measurement(number: int) -> Gesture:
    """Return the gesture that goes to the slice that a measurement lies on, by its index.

    The cursor goes to its centre, and a pane that shows it is shown, with it in sight. Where no plane lies as its slice
    did, because that was oblique, the planes are turned so that one does.
    """

    def go(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        if number >= len(state.measurements):
            return state
        one = state.measurements[number]
        plane = _plane_through(state, context, one)
        if plane is None:
            plane, state = _with_plane_along(state, one)
        state = state.with_cursor(context.clamp_cursor(one.center))
        if plane not in state.panes and plane in PANES[state.view]:
            state = replace(state, enlarged=plane)
        elif plane not in state.panes:
            state = state.with_view(plane)
        pane = context.pane(state, plane)
        away = pane.to_pixel(one.center)
        if (away >= 0).all() and (away < pane.size).all():
            return state
        return panned(state, plane, one.center - pane.to_world(np.array(pane.size) / 2))

    return go


def _plane_through(state: ViewState, context: Context, one: Measurement) -> PlaneName | None:
    """Return the plane that shows a measurement as a whole, rather one that is seen, or as it was drawn."""
    found = []
    for name in PLANES:
        plane = state.plane(name)
        normal = np.array(plane.normal, np.float64)
        far = max(state.slab.thickness, context.slice_step(plane)) / 2 + ON_REACH
        if np.abs((one.corners - one.center) @ normal).max() <= far:
            found.append((name not in state.panes, -round(abs(float(normal @ one.normal)), 6), name))
    return min(found, key=lambda each: each[:2])[2] if found else None


def _with_plane_along(state: ViewState, one: Measurement) -> tuple[PlaneName, ViewState]:
    """Return the plane that is nearest to a measurement, and the state with planes rotated to it."""
    name = max(PLANES, key=lambda each: abs(float(np.dot(PLANES[each].normal, one.normal))))
    upright = np.array(PLANES[name].normal, np.float64)
    R = least_rotation(upright, one.normal if upright @ one.normal >= 0 else -one.normal)
    x, y, z = (vector(R @ np.array(axis)) for axis in PATIENT_AXES)
    return name, replace(state, axes=(x, y, z))


def replace_measurement(state: ViewState, number: int, *instead: Measurement) -> ViewState:
    """Return the state with other measurements, or none, instead of one."""
    before, after = state.measurements[:number], state.measurements[number + 1 :]
    return replace(state, measurements=(*before, *instead, *after))


def nearest_in_plane(world: NDArray[np.float64], one: Vector, right: Vector, down: Vector) -> Vector:
    """Return the point of a plane nearest to a world point; all in LPS mm."""
    away = world - one
    return vector(one + (away @ right) * np.array(right) + (away @ down) * np.array(down))
