"""The tools that stay active over several events: drawing and naming measurements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from viewer3d.app.input.context import Context, EventPosition
from viewer3d.app.input.measure_gestures import nearest_in_plane, pointed_at_or_last, replace_measurement
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.view.measurement import POINTS, Measurement, MeasurementKind
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import ViewState

SAME_POINT = 3
"""Pixels: the next point of a measurement is further than this from the last, so a click sets one and a drag two."""

LONGEST_NAME = 60
"""Letters of a name."""


@dataclass(frozen=True)
class DrawingTool:
    """The tool that draws a measurement, point by point.

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
        """What to do next, in words."""
        how = "three clicks" if self.kind == "angle" else "drag"
        return f"{self.kind}: {how} in a slice - Esc stops"

    @property
    def is_done(self) -> bool:
        """Whether all of its points are set."""
        return len(self.points) == POINTS[self.kind]

    def with_first_point(self, state: ViewState, context: Context, position: EventPosition) -> DrawingTool:
        """Return the tool with its first point, if a position is in a slice pane."""
        if self.plane is not None or position.plane is None:
            return self
        plane = context.pane(state, position.plane).plane
        world = vector(context.to_world(state, position, position.plane))
        return DrawingTool(self.kind, position.plane, plane.right, plane.down, (world,), len(state.measurements))

    def with_next_point(self, state: ViewState, context: Context, position: EventPosition) -> DrawingTool:
        """Return the tool with one more point, unless a position is that of its last point."""
        if self.plane is None or self.plane not in state.panes:
            return self
        last = context.pane(state, self.plane).to_pixel(self.points[-1])
        away = np.subtract(context.to_pane(state, position, self.plane), last)
        if np.abs(away).max() <= SAME_POINT:
            return self
        return replace(self, points=(*self.points, self._point(state, context, position, self.plane)))

    def preview(self, state: ViewState, context: Context, position: EventPosition) -> ViewState:
        """Return the state with the measurement, the points that are not set yet at a position."""
        if self.plane is None or self.plane not in state.panes:
            return state
        rest = POINTS[self.kind] - len(self.points)
        points = self.points + (self._point(state, context, position, self.plane),) * rest
        return replace_measurement(state, self.number, Measurement(self.kind, points, self.right, self.down))

    def drag(self, state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
        """Return what :meth:`preview` does, as a drag."""
        return self.preview(state, context, end)

    def key(self, state: ViewState, name: str, character: str) -> tuple[Tool | None, ViewState] | None:
        """Handle a key: Escape and those that delete end the tool; None where the key is for others."""
        return (None, self.cancelled(state)) if name in ("Escape", "Delete", "BackSpace") else None

    def cancelled(self, state: ViewState) -> ViewState:
        """Return the state without the incomplete measurement."""
        return state if self.plane is None else replace_measurement(state, self.number)

    def _point(self, state: ViewState, context: Context, position: EventPosition, plane: PlaneName) -> Vector:
        return nearest_in_plane(context.to_world(state, position, plane), self.points[0], self.right, self.down)


@dataclass(frozen=True)
class NamingTool:
    """The tool that names a measurement.

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
        """The name as it is typed so far, in words."""
        return f"name of measurement {self.number + 1}: {self.text}_"

    def key(self, state: ViewState, name: str, character: str) -> tuple[Tool | None, ViewState] | None:
        """Handle any key: Return sets the name, Escape keeps the earlier one."""
        if name == "Escape" or self.number >= len(state.measurements):
            return None, state
        if name in ("Return", "KP_Enter"):
            one = replace(state.measurements[self.number], name=self.text.strip())
            return None, replace_measurement(state, self.number, one)
        if name == "BackSpace":
            return replace(self, text=self.text[:-1]), state
        typed = character if len(character) == 1 and character.isprintable() else ""
        return replace(self, text=(self.text + typed)[:LONGEST_NAME]), state

    def cancelled(self, state: ViewState) -> ViewState:
        """Return the state unchanged: the measurement keeps its earlier name."""
        return state


Tool = DrawingTool | NamingTool

ToolStarter = Callable[[ViewState, Context, EventPosition], Tool | None]
"""What a key does that starts a tool: takes the state, the context and the position; returns the tool."""


def start_drawing(kind: MeasurementKind) -> ToolStarter:
    """Return what starts the tool that draws a kind of measurement."""
    return lambda state, context, position: DrawingTool(kind)


def start_naming(state: ViewState, context: Context, position: EventPosition) -> NamingTool | None:
    """Return the tool that names the measurement at a position, else the last; None without any."""
    number = pointed_at_or_last(state, context, position)
    return None if number is None else NamingTool(number, state.measurements[number].name)
