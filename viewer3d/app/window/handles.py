"""The handles over the panes: slider, crosshair, crop box and measurements. No screenshot holds them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.context import Context, EventPosition
from viewer3d.app.input.crop_gestures import box_edges, face_handles
from viewer3d.app.input.layer_gestures import GRIP_ROW, split_columns
from viewer3d.app.input.measure_gestures import find_hit, find_label
from viewer3d.app.input.rotate_gestures import rotation_handles
from viewer3d.app.input.slider import slider_row, slider_track
from viewer3d.core.view.planes import PaneName, PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.render.marks.display_list import OFF_WHITE, SHADE, DisplayList, Line, Mark, Path
from viewer3d.render.marks.measurements import outline, shown_measurements
from viewer3d.render.marks.metrics import pane_metrics

THUMB = 9
"""Pixels of the slider's thumb, above and below its middle."""

HANDLE = 4.5
"""Pixels: radius of a handle."""

FRAME = 3
"""Pixels from the middle of a measurement's handle to the frame around it."""

FRONT, BACK = 0.6, 0.2
"""Opacity of a box's edges that are before what it holds, and behind it."""


def handle_marks(state: ViewState, context: Context, position: EventPosition) -> dict[PaneName, DisplayList]:
    """List the marks of the handles over each pane, in the pane's pixels."""
    over: dict[PaneName, DisplayList] = {}
    for name in state.panes:
        if name == "3d":
            over[name] = crop_marks(state, context.rect(state, name).size)
        else:
            over[name] = split_marks(state, context, name)
    if position.plane in state.panes:
        over[position.plane] += slice_handle_marks(state, context, position)
    return {name: marks for name, marks in over.items() if marks}


def slice_handle_marks(state: ViewState, context: Context, position: EventPosition) -> DisplayList:
    """List the marks of the handles over the slice pane at the pointer, in its pixels."""
    plane = position.plane
    if plane is None:
        return ()
    measured = _measurement_handles(state, context, position, plane)
    if pane_metrics(state, context.rect(state, plane).size).is_small:
        return measured
    return (*_slider(state, context, plane), *_handles(state, context, plane), *measured)


def _slider(state: ViewState, context: Context, plane: PlaneName) -> DisplayList:
    width, height = context.rect(state, plane).size
    (top, bottom), row = slider_track(height), slider_row(state, context, plane)
    # As wide as the margin that all texts leave free, so that it covers none.
    wide = pane_metrics(state, (width, height)).pad - 4
    column = width - 2 - wide / 2
    return (
        Line(column, top, column, bottom, 2, OFF_WHITE, 0.25),
        Line(column, row - THUMB - 1, column, row + THUMB + 1, wide + 2, SHADE, 0.8),
        Line(column, row - THUMB, column, row + THUMB, wide, OFF_WHITE, 0.9),
    )


def _handles(state: ViewState, context: Context, plane: PlaneName) -> DisplayList:
    return tuple(mark for x, y in rotation_handles(state, context, plane) for mark in _handle(x, y))


def crop_marks(state: ViewState, size: tuple[int, int]) -> DisplayList:
    """List the marks of the crop box and the handles of its faces; none without a box.

    Parameters
    ----------
    state : ViewState
    size : tuple of int
        Width and height of the 3D pane in pixels.
    """
    hidden, seen = box_edges(state, size)
    width = pane_metrics(state, size).line
    edges = [
        Line(*edge, width, OFF_WHITE, opacity) for edges, opacity in ((hidden, BACK), (seen, FRONT)) for edge in edges
    ]
    handles = face_handles(state, size).values()
    return (*edges, *(mark for x, y in handles for mark in (*_handle(x, y), *_filling(x, y))))


def split_marks(state: ViewState, context: Context, plane: PlaneName) -> DisplayList:
    """List the marks of the handles of the lines at which split overlays of a slice pane begin."""
    height = context.rect(state, plane).height
    marks: list[Mark] = []
    for column in sorted(set(split_columns(state, context, plane).values())):
        marks += (*_handle(column, GRIP_ROW * height), *_filling(column, GRIP_ROW * height))
    return tuple(marks)


def _handle(x: float, y: float) -> DisplayList:
    ring = _diamond(x, y, HANDLE)
    return Path(ring, closed=True, width=3, color=SHADE), Path(ring, closed=True, color=OFF_WHITE)


def _filling(x: float, y: float) -> DisplayList:
    # A handle stands out from bone only when it is full.
    return (Path(_diamond(x, y, HANDLE / 2), closed=True, width=3, color=OFF_WHITE),)


def _diamond(x: float, y: float, radius: float) -> tuple[tuple[float, float], ...]:
    return (x - radius, y), (x, y - radius), (x + radius, y), (x, y + radius)


def _measurement_handles(state: ViewState, context: Context, position: EventPosition, plane: PlaneName) -> DisplayList:
    hit = find_hit(state, context, position)
    if hit is None:
        return _label_frame(state, context, position)
    return tuple(_frames(context.pane(state, plane).to_pixel(state.measurements[hit.number].handles), hit.handle))


def _frames(handles: NDArray[np.float64], held: int | None) -> list[Path]:
    marks: list[Path] = []
    for number, (x, y) in enumerate(handles):
        # A frame, not a spot: what is measured stays in sight.
        half = FRAME + 1 if number == held else FRAME
        corners = tuple((round(x) + a * half, round(y) + b * half) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)))
        marks += [Path(corners, closed=True, width=3, color=SHADE), Path(corners, closed=True, color=OFF_WHITE)]
    return marks


def _label_frame(state: ViewState, context: Context, position: EventPosition) -> DisplayList:
    # What tells that a label can be dragged.
    hit = find_label(state, context, position)
    if hit is None:
        return ()
    box, free = hit.box, FRAME + 1
    left, top, right, bottom = (
        round(one) for one in (box.left - free, box.top - free, box.right + free, box.bottom + free)
    )
    corners = (left, top), (right, top), (right, bottom), (left, bottom)
    return (Path(corners, closed=True, color=OFF_WHITE, opacity=0.5),)


def chosen_marks(state: ViewState, context: Context, number: int) -> dict[PaneName, DisplayList]:
    """List what marks a measurement that is chosen in the list, in the pixels of each pane that shows it."""
    over: dict[PaneName, DisplayList] = {}
    for name in state.panes:
        if name == "3d":
            continue
        pane = context.pane(state, name)
        if number not in dict(shown_measurements(context.geometry, state, pane)):
            continue
        page = pane_metrics(state, pane.size)
        one = state.measurements[number]
        wide = max(1, round(page.size / 10))
        lines = outline(one, pane, page.size)
        marks: list[Mark] = [Path(points, closed, wide + 2, SHADE) for points, closed in lines]
        marks += [Path(points, closed, wide, OFF_WHITE) for points, closed in lines]
        marks += _frames(pane.to_pixel(one.handles), None)
        over[name] = tuple(marks)
    return over
