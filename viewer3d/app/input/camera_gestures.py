"""What gestures in the 3D pane do to the camera and the transfer function, as pure functions."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.app.input.context import Context, EventPosition, Gesture
from viewer3d.app.input.slice_gestures import ZOOM_DRAG
from viewer3d.core.vectors import rotation, vector
from viewer3d.core.view.camera import SIDES, Camera
from viewer3d.core.view.look import STRETCH_LIMITS
from viewer3d.core.view.state import ViewState

_DRAG_ANGLE = np.pi
"""Radians that a drag across the pane's shorter side turns."""

SHIFT_DRAG = 8
"""Pixels of a drag that shift the transfer function by one of its steps."""

STRETCH_DRAG = 200
"""Pixels of a drag that make the transfer function twice as wide."""

STRETCH_SLACK = 24
"""Pixels that a drag up or down may go astray sideways without a change of the width."""

SHIFT_LIMITS = (-500, 500)
"""Tenths of a step: least and most a transfer function is shifted, about the span of its points."""

_BUILT_IN: dict[str, float] = {"rendering_shift": 0.0, "rendering_stretch": 1.0}
"""A transfer function as it is in its table."""

DISTANCE_LIMITS = (0.05, 20.0)
"""Least and most of the first distance that the eye can be away."""


def drag_rotation(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Rotate the camera about its focal point, so that the volume turns with the pointer."""
    if begin.pane != "3d":
        return state
    per_pixel = _DRAG_ANGLE / min(context.rect(state, "3d").size)
    right, up, _ = state.camera.directions
    # First about the horizontal, then about the vertical of the screen.
    rotation_by_drag = rotation(up, -(end.x - begin.x) * per_pixel) @ rotation(right, -(end.y - begin.y) * per_pixel)
    camera = state.camera
    away = np.subtract(camera.position, camera.focal_point)
    return state.with_camera(
        _camera(
            camera, np.array(camera.focal_point) + rotation_by_drag @ away, camera.focal_point, rotation_by_drag @ up
        )
    )


def drag_dolly(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Move the camera nearer with a drag down, or away with a drag up."""
    return dolly(state, context, float(np.exp((end.y - begin.y) / ZOOM_DRAG)))


def drag_camera_pan(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Pan the camera, so that the volume moves with the pointer."""
    if begin.pane != "3d":
        return state
    camera = state.camera
    away = np.subtract(camera.position, camera.focal_point)
    high = 2 * float(np.linalg.norm(away)) * np.tan(np.radians(camera.angle / 2))
    per_pixel = high / min(context.rect(state, "3d").size)
    right, up, _ = camera.directions
    offset = per_pixel * ((begin.x - end.x) * right + (end.y - begin.y) * up)
    return state.with_camera(_camera(camera, camera.position + offset, camera.focal_point + offset, camera.up))


def dolly(state: ViewState, context: Context, factor: float) -> ViewState:
    """Move the camera nearer to its focal point by a factor."""
    camera = state.camera
    away = np.subtract(camera.position, camera.focal_point)
    first = np.linalg.norm(np.subtract(context.first.camera.position, context.first.camera.focal_point))
    distance = np.linalg.norm(away)
    wanted = np.clip(distance / factor, *(first * np.array(DISTANCE_LIMITS)))
    position = camera.focal_point + away * (wanted / distance)
    return state.with_camera(_camera(camera, position, camera.focal_point, camera.up))


def dolly_by(factor: float) -> Gesture:
    """Return the gesture that moves the camera nearer by a factor."""
    return lambda state, context, position: dolly(state, context, factor)


def look_from(side: str) -> Gesture:
    """Return the gesture that looks from one of the patient's sides at the first focal point."""

    def look(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        first = context.first.camera
        toward, up = SIDES[side]
        distance = np.linalg.norm(np.subtract(first.position, first.focal_point))
        return state.with_camera(_camera(first, first.focal_point + distance * np.array(toward), first.focal_point, up))

    return look


def next_transfer_function(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Change to the next transfer function; after the last comes the first."""
    names, base = context.renderings, state.layers[0]
    known = base.rendering if base.rendering in names else context.first.layers[0].rendering
    following = (names.index(known) + 1) % len(names) if known in names else 0
    return state.with_look(0, rendering=names[following], **_BUILT_IN)


def set_transfer_function(name: str) -> Gesture:
    """Return the gesture that sets a transfer function, as it is built in."""
    return lambda state, context, position: state.with_look(
        0, rendering=name, rendering_shift=0.0, rendering_stretch=1.0
    )


def shift_transfer_function(steps: int) -> Gesture:
    """Return the gesture that shifts the transfer function by so many of its steps."""
    return lambda state, context, position: _shifted(state, context, float(steps))


def drag_transfer_function(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Shift the transfer function, with a drag up to lower values, and widen it with one to the right."""
    shifted, aside = _shifted(state, context, (end.y - begin.y) / SHIFT_DRAG), end.x - begin.x
    if abs(aside) <= STRETCH_SLACK:
        return shifted
    doublings = (aside - np.copysign(STRETCH_SLACK, aside)) / STRETCH_DRAG
    stretch = np.clip(state.layers[0].rendering_stretch * 2 ** np.clip(doublings, -99, 99), *STRETCH_LIMITS)
    return shifted.with_look(0, rendering_stretch=round(float(stretch), 2))


def _shifted(state: ViewState, context: Context, steps: float) -> ViewState:
    step = context.shift_step(state.layers[0].rendering)
    tenths = round(10 * (state.layers[0].rendering_shift / step + steps))
    return state.with_look(0, rendering_shift=float(np.clip(tenths, *SHIFT_LIMITS)) * step / 10)


def toggle_couch(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Hide couch and head-holder or show them again, in HU alone."""
    return state.with_look(0, couch_hidden=not state.layers[0].couch_hidden) if context.is_in_hu else state


def toggle_face(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Hide the front of a face or show it again, where one is found."""
    return state.with_look(0, face_hidden=not state.layers[0].face_hidden) if context.has_face() else state


def _camera(like: Camera, position: ArrayLike, focal_point: ArrayLike, up: ArrayLike) -> Camera:
    return Camera(vector(position), vector(focal_point), vector(up), like.angle)
