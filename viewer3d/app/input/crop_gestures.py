"""The crop box of the 3D pane: its faces, its edges, and the drags that move faces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.context import Context, EventPosition
from viewer3d.app.input.rotate_gestures import HANDLE_TOLERANCE
from viewer3d.core.vectors import vector
from viewer3d.core.view.state import Box, ViewState

BoxFace = tuple[int, int]
"""The axis a face of a box is perpendicular to, 0 to 2, and which end of it: 0 the lowest, 1 the highest."""

THINNEST = 2.0
"""mm: no face comes nearer to the one across."""

_LEAST_SINE = 0.2
"""Sine between an axis and the line of sight: with less, a small drag would move a face far away."""

_NEAR_SHARE = 0.05
"""Share of the distance from camera to focal point: what of the box is nearer is not drawn."""

BoxEdge = tuple[float, float, float, float]


def toggle_crop(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Crop to a box around all that is visible, or crop no longer."""
    return replace(state, crop=context.visible_extent(state) if state.crop is None else None)


def face_handles(state: ViewState, size: tuple[int, int]) -> dict[BoxFace, tuple[float, float]]:
    """Return the pixels of the handles of the faces that can be moved.

    Parameters
    ----------
    state : ViewState
    size : tuple of int
        Width and height of the 3D pane in pixels.

    Returns
    -------
    dict
        Column and row in the pane of the middle of each; empty without a box. Faces whose axis is nearly along the
        line of sight are left out: they cannot be dragged on the screen.
    """
    if state.crop is None:
        return {}
    handles = {}
    for axis in range(3):
        for end in range(2):
            middle = _middle(state.crop, (axis, end))
            offset = middle - state.camera.position
            sine = np.linalg.norm(np.delete(offset, axis)) / max(float(np.linalg.norm(offset)), 1e-9)
            if sine >= _LEAST_SINE and state.camera.depth(middle) > _near_depth(state):
                column, row = state.camera.to_pixel(middle, size)
                handles[axis, end] = (float(column), float(row))
    return handles


def face_at(state: ViewState, context: Context, position: EventPosition) -> BoxFace | None:
    """Return the face whose handle is at a position, the nearest one; None where there is none."""
    if position.pane != "3d":
        return None
    here = context.to_pane(state, position, "3d")
    handles = face_handles(state, context.rect(state, "3d").size)
    away = {face: float(np.hypot(*np.subtract(pixel, here))) for face, pixel in handles.items()}
    nearest = min(away, key=lambda face: away[face], default=None)
    return nearest if nearest is not None and away[nearest] <= HANDLE_TOLERANCE else None


def drag_face(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Move a face of the crop box along its axis, so that its handle stays under the pointer."""
    face = face_at(state, context, begin)
    if face is None or state.crop is None:
        return state
    size = context.rect(state, "3d").size
    column, row = face_handles(state, size)[face]
    ray = state.camera.rays(size) @ (column + end.x - begin.x, row + end.y - begin.y, 1)
    position = _nearest_on_axis(np.array(state.camera.position), ray, _middle(state.crop, face), face[0])
    return replace(
        state, crop=_with_face(state.crop, face, float(np.clip(position, *_face_range(state.crop, context, face))))
    )


def box_edges(state: ViewState, size: tuple[int, int]) -> tuple[list[BoxEdge], list[BoxEdge]]:
    """Return the edges of the crop box as lines in the 3D pane.

    Parameters
    ----------
    state : ViewState
    size : tuple of int
        Width and height of the 3D pane in pixels.

    Returns
    -------
    behind, front : list of tuple of float
        Column and row of both ends of each edge, of those at the back of the box and of those at its front.
    """
    behind: list[BoxEdge] = []
    front: list[BoxEdge] = []
    if state.crop is None:
        return behind, front
    ends, eye = np.array([state.crop.low, state.crop.high]), np.array(state.camera.position)
    faces_eye = np.stack([eye < ends[0], eye > ends[1]])
    for axis in range(3):
        one, other = (n for n in range(3) if n != axis)
        for a in range(2):
            for b in range(2):
                corners = ends.copy()
                corners[:, one], corners[:, other] = ends[a, one], ends[b, other]
                pixels = _visible_part(state, corners, size)
                if pixels is not None:
                    is_front = faces_eye[a, one] or faces_eye[b, other]
                    (front if is_front else behind).append(pixels)
    return behind, front


def _visible_part(state: ViewState, ends: NDArray[np.float64], size: tuple[int, int]) -> BoxEdge | None:
    depths, least = state.camera.depth(ends), _near_depth(state)
    if depths.max() <= least:
        return None
    if depths.min() < least:
        back = int(np.argmin(depths))
        ends[back] += (ends[1 - back] - ends[back]) * (least - depths[back]) / (depths[1 - back] - depths[back])
    (x0, y0), (x1, y1) = state.camera.to_pixel(ends, size).tolist()
    return x0, y0, x1, y1


def _near_depth(state: ViewState) -> float:
    return _NEAR_SHARE * float(np.linalg.norm(np.subtract(state.camera.focal_point, state.camera.position)))


def _middle(box: Box, face: BoxFace) -> NDArray[np.float64]:
    axis, end = face
    middle = np.add(box.low, box.high) / 2
    middle[axis] = (box.low, box.high)[end][axis]
    return middle


def _face_range(box: Box, context: Context, face: BoxFace) -> tuple[float, float]:
    # A face can be moved up to the opposite one, and to the end of the volume if it is not beyond already.
    axis, end = face
    low, high = box.low[axis], box.high[axis]
    least, most = context.geometry.bounds[:, axis].tolist()
    if end == 0:
        return min(least, low), max(high - THINNEST, low)
    return min(low + THINNEST, high), max(most, high)


def _with_face(box: Box, face: BoxFace, position: float) -> Box:
    axis, end = face
    corners = [list(box.low), list(box.high)]
    corners[end][axis] = position
    return Box(*map(vector, corners))


def _nearest_on_axis(
    eye: NDArray[np.float64], ray: NDArray[np.float64], middle: NDArray[np.float64], axis: int
) -> float:
    # Where the line through a middle along an axis is nearest to a ray from the camera.
    away, along = middle - eye, ray[axis]
    square = float(ray @ ray)
    across = max(square - along**2, 1e-12 * square)
    offset = float((along * (away @ ray) - square * away[axis]) / across)
    if (away @ ray) + offset * along <= 0:
        # Beyond the vanishing point of the axis: infinitely far away.
        return float(np.copysign(np.inf, along))
    return float(middle[axis] + offset)
