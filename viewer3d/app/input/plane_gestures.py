"""What gestures do to the slices in the 3D pane: show them, and drag them by their outlines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.context import Context, EventPosition
from viewer3d.core.view.state import ViewState
from viewer3d.render.planes3d.cuts import cuts_of
from viewer3d.render.planes3d.drag import NEAR_OUTLINE, push_distance
from viewer3d.render.planes3d.polylines import nearest_on_line
from viewer3d.render.planes3d.visible_cuts import SeenCut, seen_cuts


def toggle_planes(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Show the slices in the 3D pane, or hide them."""
    return replace(state, planes_shown=not state.planes_shown)


def is_on_outline(state: ViewState, context: Context, position: EventPosition) -> bool:
    """Return whether a position is on the outline of a slice in the 3D pane."""
    return _outline_at(state, context, position) is not None


def drag_outline(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Move a slice along its normal, so that its outline stays under the pointer."""
    held = _outline_at(state, context, begin)
    if held is None:
        return state
    cut, point = held
    camera, normal = state.camera, np.array(cut.plane.normal, np.float64)
    rays, eye = camera.rays(context.rect(state, "3d").size), np.array(camera.position)
    near = float(cut.nearness @ (*point, 1))
    first = rays @ (*point, 1)
    x, y = point[0] + end.x - begin.x, point[1] + end.y - begin.y
    rise = (begin.y - end.y) * float(np.linalg.norm(rays[:, 1])) / near
    distance = push_distance(normal, eye + first / near, first, (eye, rays @ (x, y, 1)), rise)
    back, on = context.cursor_range(state, cut.plane.name)
    return state.with_cursor(context.clamp_cursor(state.cursor + float(np.clip(distance, back, on)) * normal))


def _outline_at(
    state: ViewState, context: Context, position: EventPosition
) -> tuple[SeenCut, NDArray[np.float64]] | None:
    # The slice whose outline is nearest to a position, and the outline's pixel there.
    if position.pane != "3d" or not state.planes_shown:
        return None
    here = context.to_pane(state, position, "3d")
    seen = seen_cuts(cuts_of(context.geometry, state), state.camera, context.rect(state, "3d").size)
    points = [(cut, nearest_on_line(cut.outline, here, closed=True)) for cut in seen]
    near = [(float(np.hypot(*(point - here))), n) for n, (_, point) in enumerate(points)]
    distance, nearest = min(near, default=(np.inf, 0))
    return points[nearest] if distance <= NEAR_OUTLINE else None
