"""What gestures do to the measurements of a state, as pure functions."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.context import Place, Stage
from viewer3d.core.measurement import Measurement
from viewer3d.core.planes import Vector, vector
from viewer3d.core.view import ViewState
from viewer3d.render.marks.measurements import outline, shown
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.planes3d.polylines import nearest_on_line

NEAR_HANDLE = 7
"""Pixels from a handle within which it is meant, and not the line it is on."""

NEAR_OUTLINE = 5
"""Pixels from a line within which it is meant."""


@dataclass(frozen=True)
class Hold:
    """What of a measurement is pointed at.

    Attributes
    ----------
    number : int
        Of the measurement, from 0.
    handle : int, optional
        Which of its handles; None for its lines.
    """

    number: int
    handle: int | None


def find_hold(state: ViewState, stage: Stage, place: Place) -> Hold | None:
    """Find the handle nearest to a place, else the nearest line; None where nothing of a measurement is near."""
    if place.plane is None or not state.measurements:
        return None
    pane = stage.pane(state, place.plane)
    here = np.array(stage.in_pane(state, place, place.plane))
    handles, lines = [], []
    for number, one in shown(stage.geometry, state, pane):
        away = np.hypot(*(pane.to_pixel(one.handles) - here).T)
        handles.append((float(away.min()), Hold(number, int(away.argmin()))))
        for points, closed in outline(one, pane, MarkMetrics(*pane.size).size):
            away = np.hypot(*(nearest_on_line(points, here, closed=closed) - here))
            lines.append((float(away), Hold(number, None)))
    for near, found in ((NEAR_HANDLE, handles), (NEAR_OUTLINE, lines)):
        distance, hold = min(found, key=lambda one: one[0], default=(np.inf, None))
        if distance <= near:
            return hold
    return None


def drag_measurement(state: ViewState, stage: Stage, begin: Place, end: Place) -> ViewState:
    """Move the handle that was taken hold of, or the whole measurement by one of its lines."""
    hold = find_hold(state, stage, begin)
    if hold is None or begin.plane is None:
        return state
    way = stage.world(state, end, begin.plane) - stage.world(state, begin, begin.plane)
    one = state.measurements[hold.number]
    moved = one.moved(way) if hold.handle is None else one.with_handle(hold.handle, way)
    return with_measurements(state, hold.number, moved)


def meant(state: ViewState, stage: Stage, place: Place) -> int | None:
    """Return the number of the measurement pointed at, else of the last; None where there are none."""
    hold = find_hold(state, stage, place)
    if hold is not None:
        return hold.number
    return len(state.measurements) - 1 if state.measurements else None


def remove(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Delete the measurement pointed at, else the last."""
    number = meant(state, stage, place)
    return state if number is None else with_measurements(state, number)


def put_probe(state: ViewState, stage: Stage, place: Place) -> ViewState:
    """Measure the value of what a slice pane is pointed at."""
    if place.plane is None:
        return state
    plane = stage.pane(state, place.plane).plane
    world = vector(stage.world(state, place, place.plane))
    return state.with_measurement(Measurement("probe", (world,), plane.right, plane.down))


def with_measurements(state: ViewState, number: int, *instead: Measurement) -> ViewState:
    """Return the state with others, or none, in the place of one measurement."""
    before, after = state.measurements[:number], state.measurements[number + 1 :]
    return replace(state, measurements=(*before, *instead, *after))


def in_plane(world: NDArray[np.float64], one: Vector, right: Vector, down: Vector) -> Vector:
    """Return the point of the plane through one along right and down that is nearest to a world point (mm)."""
    away = world - one
    return vector(one + (away @ right) * np.array(right) + (away @ down) * np.array(down))
