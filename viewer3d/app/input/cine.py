"""Cine: through slices or times by the clock. Pure functions of the state and the time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from viewer3d.app.input.context import Gesture, Place, Stage
from viewer3d.app.input.slice_gestures import plane_of, step_slice
from viewer3d.core.members import Along, neighbour
from viewer3d.core.planes import PlaneName
from viewer3d.core.view import ViewState

Through = PlaneName | Literal["time"]
"""What a cine goes through: the slices of a plane, or the times of a 4-D set (or what parts it instead)."""

RATES = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 60)
"""Pictures a second that can be chosen."""

FIRST_SLICES, FIRST_TIMES = 20, 10
"""Pictures a second until others are chosen."""


@dataclass(frozen=True)
class Cine:
    """What goes by itself, and how fast.

    Attributes
    ----------
    through : str, optional
        A plane or ``"time"``; None while it stands still.
    slices, times : int
        Slices and times a second.
    due : float
        When the next picture is to be seen, in seconds of a clock that only goes on.
    """

    through: Through | None = None
    slices: int = FIRST_SLICES
    times: int = FIRST_TIMES
    due: float = 0.0

    @property
    def rate(self) -> int:
        """Pictures a second of what it goes through."""
        return self.times if self.through == "time" else self.slices

    @property
    def words(self) -> str:
        """What it does, for people."""
        if self.through is None:
            return "cine stopped"
        what = "times" if self.through == "time" else f"{self.through} slices"
        return f"cine: {self.rate} {what} a second   ( slower   ) faster"


def asked(
    cine: Cine,
    what: Literal["cine slices", "cine time", "faster", "slower"],
    state: ViewState,
    stage: Stage,
    place: Place,
    *,
    now: float,
) -> Cine:
    """Begin to go through the slices of the pane pointed at, or the times; stop what goes; or change its rate."""
    if what in ("faster", "slower"):
        return paced(cine, 1 if what == "faster" else -1)
    times: Through | None = "time" if len(stage.which) > 1 else None
    return switched(cine, plane_of(state, place) if what == "cine slices" else times, now)


def switched(cine: Cine, through: Through | None, now: float) -> Cine:
    """Begin to go through something, or stop where it is gone through already."""
    if through is None or cine.through == through:
        return stopped(cine)
    begun = replace(cine, through=through)
    return replace(begun, due=now + 1 / begun.rate)


def stopped(cine: Cine) -> Cine:
    """Stand still; the rates stay."""
    return replace(cine, through=None)


def paced(cine: Cine, steps: int) -> Cine:
    """Take the next faster rate of :data:`RATES`, or with steps below 0 a slower one; nothing where it stands still."""
    if cine.through is None:
        return cine
    rate = RATES[int(np.clip(RATES.index(cine.rate) + steps, 0, len(RATES) - 1))]
    return replace(cine, times=rate) if cine.through == "time" else replace(cine, slices=rate)


def played(cine: Cine, state: ViewState, stage: Stage, now: float) -> tuple[Cine, ViewState]:
    """Return what is to be seen now: the next picture when it is due, one and no more however late it is.

    Nothing is left out, and nothing waits in a queue: where drawing takes longer than a picture may, cine is slower.
    """
    if cine.through is None or now < cine.due:
        return cine, state
    later = replace(cine, due=max(cine.due + 1 / cine.rate, now))
    if cine.through == "time":
        return later, _next_time(state, stage)
    return later, _next_slice(state, stage, cine.through)


def taken_over(cine: Cine, before: ViewState, after: ViewState) -> bool:
    """Whether what was done by hand moved what the cine moves: then it is to stop."""
    if cine.through is None:
        return False
    if cine.through == "time":
        return before.member != after.member
    way = np.subtract(after.cursor, before.cursor) @ np.array(after.plane(cine.through).normal)
    return bool(abs(way) > 1e-6) or before.axes != after.axes


def to_member(steps: int, along: Along) -> Gesture:
    """Return the gesture that goes to another volume of a 4-D set, see :func:`viewer3d.core.members.neighbour`."""

    def go(state: ViewState, stage: Stage, _place: Place) -> ViewState:
        return replace(state, member=neighbour(stage.which, state.member, steps, along))

    return go


def _next_slice(state: ViewState, stage: Stage, plane: PlaneName) -> ViewState:
    # From the head to the feet, the front to the back and the right to the left, and from the last to the first.
    on = step_slice(state, stage, plane, -1)
    if np.allclose(on.cursor, state.cursor, atol=1e-6):
        on = step_slice(state, stage, plane, 4 * max(stage.geometry.shape))
    return on


def _next_time(state: ViewState, stage: Stage) -> ViewState:
    member = neighbour(stage.which, state.member, 1, "first")
    if member == state.member:
        member = neighbour(stage.which, state.member, -len(stage.which), "first")
    return replace(state, member=member)
