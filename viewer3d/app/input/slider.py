"""The slider at the right edge of a slice pane: where its slice lies in the volume."""

from __future__ import annotations

import numpy as np

from viewer3d.app.input.context import Context, EventPosition
from viewer3d.app.input.slice_gestures import FORWARD
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import ViewState

ZONE = 12
"""Pixels at the right edge that take hold of the slider: what a hand hits without aiming."""

ENDS = 0.1
"""Of the pane's height, left free above and below the track."""


def on_slider(state: ViewState, context: Context, position: EventPosition) -> bool:
    """Return whether a position is on the slider of its pane."""
    if position.plane is None:
        return False
    x, y = context.to_pane(state, position, position.plane)
    width, height = context.rect(state, position.plane).size
    top, bottom = slider_track(height)
    return x >= width - ZONE and top - ZONE <= y <= bottom + ZONE


def slider_track(height: int) -> tuple[float, float]:
    """Return the first and last row of a pane that its slider can stand at."""
    return ENDS * (height - 1), (1 - ENDS) * (height - 1)


def slider_row(state: ViewState, context: Context, plane: PlaneName) -> float:
    """Return the row of a pane that its slider stands at: the head, front and right are above."""
    back, on = context.cursor_range(state, plane)
    share = -back / (on - back) if on > back else 0.5
    top, bottom = slider_track(context.rect(state, plane).height)
    return bottom + (top - bottom) * (share if FORWARD[plane] > 0 else 1 - share)


def drag_slider(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Move the cursor to the slice that the slider is dragged to."""
    plane = begin.plane
    if plane is None:
        return state
    top, bottom = slider_track(context.rect(state, plane).height)
    row = context.to_pane(state, EventPosition(end.x, end.y, plane), plane)[1]
    share = float(np.clip((bottom - row) / (bottom - top), 0, 1))
    back, on = context.cursor_range(state, plane)
    distance = back + (on - back) * (share if FORWARD[plane] > 0 else 1 - share)
    return state.with_cursor(context.clamp_cursor(state.cursor + distance * np.array(state.plane(plane).normal)))
