"""What gestures do to the directions of the planes: the crosshair's handles rotate them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.context import Context, EventPosition
from viewer3d.core.vectors import Axes, rotation
from viewer3d.core.view.planes import PLANES, Plane, PlaneName
from viewer3d.core.view.state import PATIENT_AXES, ViewState
from viewer3d.render.marks.crosshair import cross_lines, handles
from viewer3d.render.marks.metrics import pane_metrics

HANDLE_TOLERANCE = 9
"""Pixels from a handle within which it is meant."""


def is_on_handle(state: ViewState, context: Context, position: EventPosition) -> bool:
    """Return whether a position is on a handle of the crosshair."""
    if position.plane is None:
        return False
    here = context.to_pane(state, position, position.plane)
    points = rotation_handles(state, context, position.plane)
    return any(np.hypot(*np.subtract(point, here)) <= HANDLE_TOLERANCE for point in points)


def rotation_handles(state: ViewState, context: Context, plane: PlaneName) -> tuple[tuple[float, float], ...]:
    """Return the pixels of the handles of the crosshair in a slice pane."""
    if context.is_flat:
        return ()
    pane = context.pane(state, plane)
    inset = pane_metrics(state, pane.size).inset
    return tuple(point for line in cross_lines(state, pane) for point in handles(line, pane.size, inset))


def drag_planes(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Rotate the other two planes about the pane's normal, through the cursor."""
    if begin.plane is None:
        return state
    pane = context.pane(state, begin.plane)
    middle = pane.to_pixel(state.cursor)
    from_x, from_y = np.subtract(context.to_pane(state, begin, begin.plane), middle)
    to_x, to_y = np.subtract(context.to_pane(state, end, begin.plane), middle)
    angle = float(np.arctan2(to_y, to_x) - np.arctan2(from_y, from_x))
    # Rows go down, so that an angle above 0 rotates right to down: about the line of sight.
    return _rotated(state, context, rotation(np.cross(pane.plane.right, pane.plane.down), angle))


def reset_planes(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Set the planes back to axial, coronal and sagittal, and no pane turned or mirrored."""
    return _with_axes(state.unturned(), context, PATIENT_AXES)


def _rotated(state: ViewState, context: Context, matrix: NDArray[np.float64]) -> ViewState:
    """Rotate all planes about the cursor by a rotation matrix, shape (3, 3)."""
    axes = np.array(state.axes) @ matrix.T
    # The nearest perpendicular axes: rounding of many small rotations must not add up.
    U, _, V = np.linalg.svd(axes)
    first, second, third = (tuple(row) for row in (U @ V).tolist())
    return _with_axes(state, context, (first, second, third))


def _with_axes(state: ViewState, context: Context, axes: Axes) -> ViewState:
    after = replace(state, axes=axes)
    away = np.subtract(state.cursor, context.geometry.center)
    for name in PLANES:
        before_plane, after_plane, pane = state.plane(name), after.plane(name), state.slice_pane(name)
        # Where the lines meet, from the pane's middle, as before.
        meets = [
            float(away @ direction) - pan for direction, pan in zip(_directions(before_plane), pane.pan, strict=True)
        ]
        right, down = (
            float(away @ direction) - at for direction, at in zip(_directions(after_plane), meets, strict=True)
        )
        after = after.with_pane(name, replace(pane, pan=(right, down)))
    return after


def _directions(plane: Plane) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.array(plane.right, np.float64), np.array(plane.down, np.float64)
