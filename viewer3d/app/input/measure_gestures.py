"""What gestures do to the measurements of a state, as pure functions."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.context import Context, EventPosition
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.view.measurement import FEWEST_CORNERS, MOST_CORNERS, Measurement
from viewer3d.core.view.state import ViewState
from viewer3d.render.marks.measurements import outline, shown_measurements
from viewer3d.render.marks.metrics import pane_metrics
from viewer3d.render.planes3d.polylines import nearest_on_line

_HANDLE_TOLERANCE = 7
"""Pixels from a handle within which it is meant, and not the line it is on."""

_LINE_TOLERANCE = 5
"""Pixels from a line within which it is meant."""


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
        for points, closed in outline(one, pane, pane_metrics(state, pane.size).size):
            away = np.hypot(*(nearest_on_line(points, here, closed=closed) - here))
            lines.append((float(away), MeasurementHit(number, None)))
    for near, found in ((_HANDLE_TOLERANCE, handles), (_LINE_TOLERANCE, lines)):
        distance, hit = min(found, key=lambda one: one[0], default=(np.inf, None))
        if distance <= near:
            return hit
    return None


def drag_measurement(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Move a handle of a measurement, or the whole measurement by one of its lines."""
    hit = find_hit(state, context, begin)
    if hit is None or begin.plane is None:
        return state
    offset = context.to_world(state, end, begin.plane) - context.to_world(state, begin, begin.plane)
    one = state.measurements[hit.number]
    moved = one.moved(offset) if hit.handle is None else one.with_handle(hit.handle, offset)
    return replace_measurement(state, hit.number, moved)


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


def replace_measurement(state: ViewState, number: int, *instead: Measurement) -> ViewState:
    """Return the state with other measurements, or none, instead of one."""
    before, after = state.measurements[:number], state.measurements[number + 1 :]
    return replace(state, measurements=(*before, *instead, *after))


def nearest_in_plane(world: NDArray[np.float64], one: Vector, right: Vector, down: Vector) -> Vector:
    """Return the point of a plane nearest to a world point; all in LPS mm."""
    away = world - one
    return vector(one + (away @ right) * np.array(right) + (away @ down) * np.array(down))
