"""The commands that take a change back and do it again, and the one that takes what was kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from viewer3d.app.input.context import Context
from viewer3d.app.input.slice_gestures import set_pointer
from viewer3d.app.sessions.change_words import changed_measurements, step_words
from viewer3d.app.sessions.history import History, HistoryStep, redo, undo
from viewer3d.core.vectors import vector
from viewer3d.core.view.state import ViewState
from viewer3d.render.marks.measurements import shown_measurements

if TYPE_CHECKING:
    from viewer3d.app.steering import Steering


def undo_change(steering: Steering) -> str:
    """Take the latest step back, or what is being drawn, and return a note of it."""
    was_drawing = steering.interactor.is_drawing
    steering.interactor.cancel()
    if was_drawing:
        return "undone: what was being drawn"
    step = _go(steering, undo, is_undone=True)
    return "nothing to undo" if step is None else f"undone: {step_words(step)}"


def redo_change(steering: Steering) -> str:
    """Do again what was undone last and return a note of it."""
    steering.interactor.cancel()
    step = _go(steering, redo, is_undone=False)
    return "nothing to do again" if step is None else f"done again: {step_words(step)}"


def _go(
    steering: Steering,
    through: Callable[[History, ViewState], tuple[History, ViewState, HistoryStep | None]],
    *,
    is_undone: bool,
) -> HistoryStep | None:
    # Shows the state after one step of the history, and returns the step; None where there is none.
    keeping, state = steering.keeping, steering.viewer.state
    keeping.history, state, step = through(keeping.history, state)
    if step is not None:
        keeping.follow_step(step.name, is_undone=is_undone)
        _show(steering, going_to_measurements(state, steering.context, step))
    return step


def take_kept(steering: Steering) -> str:
    """Take what was kept of the series, as a step that can be undone, and return a note of it."""
    steering.interactor.cancel()
    keeping, before = steering.keeping, steering.viewer.state
    state, note, name = keeping.take(steering.presenter.scene, before)
    if name:
        _show(steering, state)
        keeping.record(before, steering.viewer.state, None, name)
    return note


def going_to_measurements(state: ViewState, context: Context, step: HistoryStep) -> ViewState:
    """Return the state with its slices where a step changed a measurement, if that is not seen.

    Parameters
    ----------
    state : ViewState
        After the step was undone or done again.
    context : Context
    step : HistoryStep
    """
    change = next((one for one in step.changes if one.path == ("measurements",)), None)
    if change is None or any(len(one.path) == 1 and one.path[0] == "cursor" for one in step.changes):
        return state
    gone, come = changed_measurements(change.before, change.after)
    meant = [change.before[number] for number in gone] + [change.after[number] for number in come]
    if not meant:
        return state
    # Also of what is gone now one sees that it is.
    candidates = replace(state, measurements=tuple(meant))
    planes = [pane for pane in state.panes if pane != "3d"]
    if any(shown_measurements(context.geometry, candidates, context.pane(state, plane)) for plane in planes):
        return state
    there = next((one for one in meant if one in state.measurements), meant[0])
    return state.with_cursor(vector(context.clamp_cursor(there.center)))


def _show(steering: Steering, state: ViewState) -> None:
    if state.pointer is not None:  # the point under a pointer that did not move may be another one
        at = steering.interactor.position
        state = set_pointer(state, steering.context, steering.context.locate(state, at.x, at.y))
    steering.presenter.begin_motion_between(steering.viewer.state, state)
    with steering.keeping.pausing():
        steering.viewer.state = state
