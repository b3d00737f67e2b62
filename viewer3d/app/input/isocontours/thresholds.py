"""What gestures do to the thresholds of isocontours, as pure functions."""

from __future__ import annotations

from dataclasses import replace

from viewer3d.app.input.context import Context, EventPosition, Gesture
from viewer3d.app.input.measure_gestures import find_hit, find_label, replace_measurement
from viewer3d.core.view.state import ViewState
from viewer3d.core.view.threshold import FIRST_THRESHOLD, USUAL_THRESHOLDS, Threshold


def isocontour_at(state: ViewState, context: Context, position: EventPosition) -> int | None:
    """Return the index of the isocontour at a position, else of the last; None where there is none."""
    pointed = (find_hit(state, context, position), find_label(state, context, position))
    hits = [one.number for one in pointed if one is not None]
    every = [number for number, one in enumerate(state.measurements) if one.kind == "isocontour"]
    return next((number for number in hits if number in every), every[-1] if every else None)


def first_threshold(state: ViewState, context: Context) -> Threshold:
    """Return the threshold that a new isocontour begins with: that of the last one.

    Without one 41 % of the maximum; in HU, where a part of a maximum says nothing, the level of the window.
    """
    for one in reversed(state.measurements):
        if one.threshold is not None:
            return one.threshold
    if context.active(state).unit == "HU":
        return Threshold(float(round(state.look.window.center)))
    return FIRST_THRESHOLD


def offered_thresholds(state: ViewState, context: Context) -> tuple[Threshold, ...]:
    """Return the usual thresholds that say something of the active layer: fixed ones where it is in SUV."""
    is_uptake = context.active(state).unit.upper().startswith("SUV")
    return tuple(one for one in USUAL_THRESHOLDS if one.of_maximum or is_uptake)


def set_threshold(threshold: Threshold) -> Gesture:
    """Return the gesture that sets the threshold of the isocontour pointed at, or of the last."""

    def change(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        number = isocontour_at(state, context, position)
        return state if number is None else with_threshold(state, number, threshold)

    return change


def next_threshold(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Set the next usual threshold of the isocontour pointed at, or of the last."""
    number = isocontour_at(state, context, position)
    if number is None:
        return state
    offered, now = offered_thresholds(state, context), state.measurements[number].threshold
    following = offered[(offered.index(now) + 1) % len(offered)] if now in offered else offered[0]
    return with_threshold(state, number, following)


def with_threshold(state: ViewState, number: int, threshold: Threshold) -> ViewState:
    """Return the state with another threshold of one of its isocontours."""
    return replace_measurement(state, number, replace(state.measurements[number], threshold=threshold))
