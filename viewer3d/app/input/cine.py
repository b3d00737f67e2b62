"""Cine: slices or times shown one after another by the clock, as pure functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from viewer3d.app.input.context import Context, EventPosition, Gesture
from viewer3d.app.input.slice_gestures import plane_or_first, step_slice
from viewer3d.core.members import Along, next_member
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import ViewState

Through = PlaneName | Literal["time"]
"""What a cine shows: the slices of a plane, or the times of a 4-D set (or what varies instead)."""

_RATES = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 60)
"""Pictures a second that can be chosen."""

FIRST_SLICES, FIRST_TIMES = 20, 10
"""Pictures a second until others are chosen."""


@dataclass(frozen=True)
class Cine:
    """The state of the cine: what it shows one after another, and how fast.

    Attributes
    ----------
    through : str, optional
        A plane or ``"time"``; None while it is stopped.
    slices, times : int
        Slices and times a second.
    due : float
        When the next picture is due, in seconds of :func:`time.monotonic`.
    """

    through: Through | None = None
    slices: int = FIRST_SLICES
    times: int = FIRST_TIMES
    due: float = 0.0

    @property
    def rate(self) -> int:
        """Pictures a second of what it shows."""
        return self.times if self.through == "time" else self.slices

    @property
    def note(self) -> str:
        """What the cine does, in words."""
        if self.through is None:
            return "cine stopped"
        what = "times" if self.through == "time" else f"{self.through} slices"
        return f"cine: {self.rate} {what} a second   ( slower   ) faster"


def after_command(
    cine: Cine,
    what: Literal["cine slices", "cine time", "faster", "slower"],
    state: ViewState,
    context: Context,
    position: EventPosition,
    *,
    now: float,
) -> Cine:
    """Start or stop the cine, or change its rate, as a command says."""
    if what in ("faster", "slower"):
        return with_faster_rate(cine, 1 if what == "faster" else -1)
    times: Through | None = "time" if _is_set(context, _layer_of_times(state, context)) else None
    return toggled(cine, plane_or_first(state, position) if what == "cine slices" else times, now)


def toggled(cine: Cine, through: Through | None, now: float) -> Cine:
    """Start the cine through something, or stop it if it runs through that."""
    if through is None or cine.through == through:
        return stopped(cine)
    begun = replace(cine, through=through)
    return replace(begun, due=now + 1 / begun.rate)


def stopped(cine: Cine) -> Cine:
    """Stop the cine; its rates stay."""
    return replace(cine, through=None)


def with_faster_rate(cine: Cine, steps: int) -> Cine:
    """Change to a faster rate by so many steps, below 0 to a slower one."""
    if cine.through is None:
        return cine
    rate = _RATES[int(np.clip(_RATES.index(cine.rate) + steps, 0, len(_RATES) - 1))]
    return replace(cine, times=rate) if cine.through == "time" else replace(cine, slices=rate)


def advanced(cine: Cine, state: ViewState, context: Context, now: float) -> tuple[Cine, ViewState]:
    """Return the cine and the state at a time: at most one picture further.

    Nothing is left out, and nothing waits in a queue: where drawing takes longer than a picture may, cine is slower.
    """
    if cine.through is None or now < cine.due:
        return cine, state
    later = replace(cine, due=max(cine.due + 1 / cine.rate, now))
    if cine.through == "time":
        return later, _next_time(state, context)
    return later, _next_slice(state, context, cine.through)


def is_overridden(cine: Cine, before: ViewState, after: ViewState) -> bool:
    """Return whether the user has moved what the cine moves, so that it is to stop."""
    if cine.through is None:
        return False
    if cine.through == "time":
        return [look.member for look in before.layers] != [look.member for look in after.layers]
    distance = np.subtract(after.cursor, before.cursor) @ np.array(after.plane(cine.through).normal)
    return bool(abs(distance) > 1e-6) or before.axes != after.axes


def go_to_member(steps: int, along: Along) -> Gesture:
    """Return the gesture that shows another member of the active 4-D set, else of the lowest one."""

    def go(state: ViewState, context: Context, _position: EventPosition) -> ViewState:
        return _with_member(state, context, steps, along)

    return go


def _layer_of_times(state: ViewState, context: Context) -> int:
    sets = [number for number in range(len(context.layers)) if _is_set(context, number)]
    return state.active if state.active in sets or not sets else sets[0]


def _is_set(context: Context, number: int) -> bool:
    return len(context.layers[number].which) > 1


def _with_member(state: ViewState, context: Context, steps: int, along: Along) -> ViewState:
    number = _layer_of_times(state, context)
    which, member = context.layers[number].which, state.layers[number].member
    return state.with_look(number, member=next_member(which, member, steps, along))


def _next_slice(state: ViewState, context: Context, plane: PlaneName) -> ViewState:
    # From head to feet, front to back or right to left; after the last slice comes the first.
    on = step_slice(state, context, plane, -1)
    if np.allclose(on.cursor, state.cursor, atol=1e-6):
        on = step_slice(state, context, plane, 4 * max(context.geometry.shape))
    return on


def _next_time(state: ViewState, context: Context) -> ViewState:
    on = _with_member(state, context, 1, "first")
    if on == state:
        which = context.layers[_layer_of_times(state, context)].which
        on = _with_member(state, context, -len(which), "first")
    return on
