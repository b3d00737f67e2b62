"""Tools: what the hands hold for a while, and what becomes of a state meanwhile. Frozen values, as states are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from viewer3d.app.input.context import Place, Stage
from viewer3d.app.input.measure_gestures import in_plane, meant, with_measurements
from viewer3d.core.measurement import POINTS, Measurement, MeasurementKind
from viewer3d.core.planes import PlaneName, Vector, vector
from viewer3d.core.view import ViewState

ONE_POINT = 3
"""Pixels: the next point of a measurement is further than this from the last, so a click sets one and a drag two."""

LONGEST_NAME = 60
"""Letters of a name."""


@dataclass(frozen=True)
class Drawing:
    """A measurement that is being drawn, point by point.

    Attributes
    ----------
    kind : {"distance", "angle", "ellipse", "rectangle", "probe"}
    plane : {"axial", "coronal", "sagittal"}, optional
        The slice pane that has its first point; None before there is one.
    right, down : tuple of float
        World directions of the slice it lies on, however the pane is turned later.
    points : tuple of tuple of float
        Those that are set, in LPS mm.
    number : int
        Of the measurement among those of the state, from 0.
    """

    kind: MeasurementKind
    plane: PlaneName | None = None
    right: Vector = (1.0, 0.0, 0.0)
    down: Vector = (0.0, 1.0, 0.0)
    points: tuple[Vector, ...] = ()
    number: int = 0

    @property
    def prompt(self) -> str:
        """What to do next."""
        how = "three clicks" if self.kind == "angle" else "drag"
        return f"{self.kind}: {how} in a slice - Esc stops"

    @property
    def is_done(self) -> bool:
        """Whether all of its points are set."""
        return len(self.points) == POINTS[self.kind]

    def begun(self, state: ViewState, stage: Stage, place: Place) -> Drawing:
        """Return it with its first point, where a slice pane is pointed at."""
        if self.plane is not None or place.plane is None:
            return self
        plane = stage.pane(state, place.plane).plane
        world = vector(stage.world(state, place, place.plane))
        return Drawing(self.kind, place.plane, plane.right, plane.down, (world,), len(state.measurements))

    def further(self, state: ViewState, stage: Stage, place: Place) -> Drawing:
        """Return it with one more point, unless a place is that of its last one."""
        if self.plane is None or self.plane not in state.panes:
            return self
        last = stage.pane(state, self.plane).to_pixel(self.points[-1])
        away = np.subtract(stage.in_pane(state, place, self.plane), last)
        if np.abs(away).max() <= ONE_POINT:
            return self
        return replace(self, points=(*self.points, self._point(state, stage, place, self.plane)))

    def seen(self, state: ViewState, stage: Stage, place: Place) -> ViewState:
        """Return the state with the measurement in it, the points that are not set yet at a place."""
        if self.plane is None or self.plane not in state.panes:
            return state
        rest = POINTS[self.kind] - len(self.points)
        points = self.points + (self._point(state, stage, place, self.plane),) * rest
        return with_measurements(state, self.number, Measurement(self.kind, points, self.right, self.down))

    def drag(self, state: ViewState, stage: Stage, begin: Place, end: Place) -> ViewState:
        """Do what :meth:`seen` does, as a drag."""
        return self.seen(state, stage, end)

    def key(self, state: ViewState, name: str, character: str) -> tuple[Tool | None, ViewState] | None:
        """Take a key: Escape, and what deletes, leaves the tool and what is not complete."""
        return (None, self.dropped(state)) if name in ("Escape", "Delete", "BackSpace") else None

    def dropped(self, state: ViewState) -> ViewState:
        """Return the state without the measurement, which is not complete."""
        return state if self.plane is None else with_measurements(state, self.number)

    def _point(self, state: ViewState, stage: Stage, place: Place, plane: PlaneName) -> Vector:
        return in_plane(stage.world(state, place, plane), self.points[0], self.right, self.down)


@dataclass(frozen=True)
class Naming:
    """A measurement that is being named.

    Attributes
    ----------
    number : int
        Of the measurement, from 0.
    text : str
        What is typed.
    """

    number: int
    text: str

    @property
    def prompt(self) -> str:
        """What is typed so far."""
        return f"name of measurement {self.number + 1}: {self.text}_"

    def key(self, state: ViewState, name: str, character: str) -> tuple[Tool | None, ViewState] | None:
        """Take a key, whatever else it means: Return gives the name, Escape leaves the earlier one."""
        if name == "Escape" or self.number >= len(state.measurements):
            return None, state
        if name in ("Return", "KP_Enter"):
            one = replace(state.measurements[self.number], name=self.text.strip())
            return None, with_measurements(state, self.number, one)
        if name == "BackSpace":
            return replace(self, text=self.text[:-1]), state
        typed = character if len(character) == 1 and character.isprintable() else ""
        return replace(self, text=(self.text + typed)[:LONGEST_NAME]), state

    def dropped(self, state: ViewState) -> ViewState:
        """Return the state as it is: the name is the earlier one."""
        return state


Tool = Drawing | Naming

Take = Callable[[ViewState, Stage, Place], Tool | None]
"""What a key does that takes a tool in hand: the state, the stage and the place pointed at, to the tool."""


def drawing(kind: MeasurementKind) -> Take:
    """Return what takes the tool in hand that draws a kind of measurement."""
    return lambda state, stage, place: Drawing(kind)


def naming(state: ViewState, stage: Stage, place: Place) -> Naming | None:
    """Begin to name the measurement pointed at, else the last; None where there are none."""
    number = meant(state, stage, place)
    return None if number is None else Naming(number, state.measurements[number].name)
