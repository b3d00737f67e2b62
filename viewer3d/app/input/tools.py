"""The tools that stay active over several events: drawing and naming measurements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from viewer3d.app.input.context import Context, EventPosition
from viewer3d.app.input.key_images.naming import KeyNamingTool
from viewer3d.app.input.measure_gestures import nearest_in_plane, pointed_at_or_last, replace_measurement
from viewer3d.core.contours.polygons import simplified
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.view.measurement import (
    FEWEST_CORNERS,
    MOST_CORNERS,
    POINTS,
    WRITTEN,
    Measurement,
    MeasurementKind,
    crossed_axes,
)
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import ViewState

SAME_POINT = 3
"""Pixels: the next point of a measurement is further than this from the last, so a click sets one and a drag two."""

CLOSING: Final = 7
"""Pixels from the first corner of a polygon within which a click closes it: as wide as a handle is."""

FREEHAND_STEP: Final = 1.5
"""Pixels between two points of a line that is drawn freehand."""

FREEHAND_TOLERANCE: Final = 0.5
"""Pixels by which a line drawn freehand is simplified: what no picture of the size shows."""

_LONGEST_PATH: Final = 2000
"""Points of a line being drawn, before it is simplified for the first time."""

LONGEST_NAME = 60
"""Letters of a name."""

LONGEST_REMARK: Final = 120
"""Letters of an arrow and a text."""

_CLICKS: Final[dict[MeasurementKind, int]] = {**POINTS, "bidirectional": 3}
"""Points that a hand sets: of the short axis of a bidirectional one end, the other one lies opposite."""

_HOW: Final[dict[MeasurementKind, str]] = {
    "angle": "three clicks",
    "bidirectional": "drag along the longest diameter, then click at the end of the shorter one",
    "polygon": "clicks; a double click, Return or the first corner closes it; Backspace takes one back,",
    "freehand": "drag around it",
    "arrow": "drag from what it shows, then type",
    "text": "click at its place, then type,",
}
"""How a kind is drawn, in words; all others by a drag."""

ENTER: Final = ("Return", "KP_Enter")
"""Keys that end what is drawn or typed."""


@dataclass(frozen=True)
class DrawingTool:
    """The tool that draws a measurement, point by point.

    Attributes
    ----------
    kind : str
        As of :class:`~viewer3d.core.view.measurement.Measurement`.
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
        return f"{self.kind}: {_HOW.get(self.kind, 'drag')} in a slice - Esc stops"

    @property
    def is_done(self) -> bool:
        """Whether all of its points are set."""
        return len(self.points) == _CLICKS[self.kind]

    @property
    def next_tool(self) -> Tool | None:
        """The tool that follows when it is done: that which writes the text of an arrow or a text."""
        return NamingTool(self.number, "", self.kind) if self.kind in WRITTEN else None

    def with_first_point(self, state: ViewState, context: Context, position: EventPosition) -> DrawingTool:
        """Return the tool with its first point, if a position is in a slice pane."""
        if self.plane is not None or position.plane is None:
            return self
        plane = state.plane(position.plane)  # however its pane is turned
        world = vector(context.to_world(state, position, position.plane))
        number = len(state.measurements)
        return replace(self, plane=position.plane, right=plane.right, down=plane.down, points=(world,), number=number)

    def with_next_point(self, state: ViewState, context: Context, position: EventPosition) -> DrawingTool:
        """Return the tool with one more point, unless a position is that of its last point."""
        if self.is_done or self._is_at(state, context, position, -1, SAME_POINT):
            return self
        return replace(self, points=(*self.points, *self._point(state, context, position)))

    def with_path(self, state: ViewState, context: Context, position: EventPosition) -> DrawingTool:
        """Return the tool after the pointer went on to a position with the button down."""
        return self

    def preview(self, state: ViewState, context: Context, position: EventPosition) -> ViewState:
        """Return the state with the measurement, the points that are not set yet at a position."""
        if self.plane is None or self.plane not in state.panes:
            return state
        points = self._completed(state, context, position)
        if not points:
            return self.cancelled(state)
        return replace_measurement(state, self.number, self._made(points))

    def _made(self, points: tuple[Vector, ...]) -> Measurement:
        """Return the measurement through points."""
        return Measurement(self.kind, points, self.right, self.down)

    def drag(self, state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
        """Return what :meth:`preview` does, as a drag."""
        return self.preview(state, context, end)

    def key(self, state: ViewState, name: str, character: str) -> tuple[Tool | None, ViewState] | None:
        """Handle a key: Escape and those that delete end the tool; None where the key is for others."""
        return (None, self.cancelled(state)) if name in ("Escape", "Delete", "BackSpace") else None

    def cancelled(self, state: ViewState) -> ViewState:
        """Return the state without the incomplete measurement."""
        return state if self.plane is None else replace_measurement(state, self.number)

    def _completed(self, state: ViewState, context: Context, position: EventPosition) -> tuple[Vector, ...]:
        """Return the points of the measurement, the rest of them at a position; none where it is none."""
        points = self.points + self._point(state, context, position) * (_CLICKS[self.kind] - len(self.points))
        if self.kind == "bidirectional":
            return crossed_axes(points[:2], points[2], np.cross(self.right, self.down))
        return points

    def _point(self, state: ViewState, context: Context, position: EventPosition) -> tuple[Vector, ...]:
        """Return the point of its plane that a position is at; none without a pane."""
        if self.plane is None or self.plane not in state.panes:
            return ()
        world = context.to_world(state, position, self.plane)
        return (nearest_in_plane(world, self.points[0], self.right, self.down),)

    def _is_at(self, state: ViewState, context: Context, position: EventPosition, number: int, near: float) -> bool:
        """Return whether a position is so near (pixels) to one of its points, or its pane is not seen."""
        if self.plane is None or self.plane not in state.panes:
            return True
        pixel = context.pane(state, self.plane).to_pixel(self.points[number])
        return bool(np.abs(np.subtract(context.to_pane(state, position, self.plane), pixel)).max() <= near)


@dataclass(frozen=True)
class PolygonTool(DrawingTool):
    """The tool that draws a polygon, corner by corner.

    Attributes
    ----------
    is_closed : bool
        Whether it has all its corners.
    """

    kind: MeasurementKind = "polygon"
    is_closed: bool = False

    @property
    def is_done(self) -> bool:
        """Whether all of its points are set."""
        return self.is_closed

    def with_next_point(self, state: ViewState, context: Context, position: EventPosition) -> PolygonTool:
        """Return the tool with one more corner; at its first or last one it is closed."""
        if self._closes(state, context, position):
            return replace(self, is_closed=True)
        if self._is_at(state, context, position, -1, SAME_POINT):
            return self
        points = (*self.points, *self._point(state, context, position))
        return replace(self, points=points, is_closed=len(points) >= MOST_CORNERS)

    def key(self, state: ViewState, name: str, character: str) -> tuple[Tool | None, ViewState] | None:
        """Handle a key: Return closes it, BackSpace takes a corner back, Escape and Delete end the tool."""
        if name in ENTER and self.plane is not None:
            if len(self.points) < FEWEST_CORNERS:
                return self, state
            made = Measurement(self.kind, self.points, self.right, self.down)
            return None, replace_measurement(state, self.number, made)
        if name == "BackSpace" and len(self.points) > 1:
            return replace(self, points=self.points[:-1]), state
        return super().key(state, name, character)

    def _completed(self, state: ViewState, context: Context, position: EventPosition) -> tuple[Vector, ...]:
        if self.is_closed or self._closes(state, context, position):
            return self.points
        rest = max(1, FEWEST_CORNERS - len(self.points))
        return self.points + self._point(state, context, position) * rest

    def _closes(self, state: ViewState, context: Context, position: EventPosition) -> bool:
        # Whether a click there closes it: at its first corner, and as the second of a double click at its last one.
        if len(self.points) < FEWEST_CORNERS:
            return False
        near = ((0, CLOSING), (-1, SAME_POINT))
        return any(self._is_at(state, context, position, number, far) for number, far in near)


@dataclass(frozen=True)
class FreehandTool(DrawingTool):
    """The tool that draws a line around something while the button is down.

    Attributes
    ----------
    is_ended : bool
        Whether the button was released.
    """

    kind: MeasurementKind = "freehand"
    is_ended: bool = False

    @property
    def is_done(self) -> bool:
        """Whether the button was released on a line that encloses something."""
        return self.is_ended

    def with_next_point(self, state: ViewState, context: Context, position: EventPosition) -> FreehandTool:
        """Return the tool with its line ended; one that encloses nothing is begun anew."""
        ended = self.with_path(state, context, position)
        if len(ended._simplified(state, context)) < FEWEST_CORNERS:
            return FreehandTool()
        return replace(ended, is_ended=True)

    def with_path(self, state: ViewState, context: Context, position: EventPosition) -> FreehandTool:
        """Return the tool with a position on its line, if it is some way from the last one."""
        if self._is_at(state, context, position, -1, FREEHAND_STEP):
            return self
        longer = replace(self, points=(*self.points, *self._point(state, context, position)))
        if len(longer.points) <= _LONGEST_PATH:
            return longer
        return replace(longer, points=longer._simplified(state, context))

    def _completed(self, state: ViewState, context: Context, position: EventPosition) -> tuple[Vector, ...]:
        kept = self._simplified(state, context)
        return kept if len(kept) >= FEWEST_CORNERS else ()

    def _simplified(self, state: ViewState, context: Context) -> tuple[Vector, ...]:
        """Return the points of the line that a picture shows, as many as a measurement has at most."""
        if self.plane is None or self.plane not in state.panes:
            return ()
        tolerance = FREEHAND_TOLERANCE * context.pane(state, self.plane).mm_per_pixel
        kept = simplified(np.array(self.points), tolerance)
        while len(kept) > MOST_CORNERS:
            tolerance *= 2
            kept = simplified(np.array(self.points), tolerance)
        return tuple(self.points[number] for number in kept)


@dataclass(frozen=True)
class NamingTool:
    """The tool that names a measurement, and writes what an arrow or a text says.

    Attributes
    ----------
    number : int
        Of the measurement, from 0.
    text : str
        What is typed.
    kind : str, optional
        Of an arrow or a text that was just drawn.
    """

    number: int
    text: str
    kind: MeasurementKind | None = None

    @property
    def prompt(self) -> str:
        """The name as it is typed so far, in words."""
        if self.kind is None:
            return f"name of measurement {self.number + 1}: {self.text}_"
        return f"{self.kind}: {self.text}_ - Return ends"

    def key(self, state: ViewState, name: str, character: str) -> tuple[Tool | None, ViewState] | None:
        """Handle any key: Return sets the name, Escape keeps the earlier one."""
        if name == "Escape" or self.number >= len(state.measurements):
            return None, self.cancelled(state)
        if name in ENTER:
            one = replace(state.measurements[self.number], name=self.text.strip())
            return None, self.cancelled(replace_measurement(state, self.number, one))
        if name == "BackSpace":
            return replace(self, text=self.text[:-1]), state
        typed = character if len(character) == 1 and character.isprintable() else ""
        longest = LONGEST_NAME if self.kind is None else LONGEST_REMARK
        return replace(self, text=(self.text + typed)[:longest]), state

    def cancelled(self, state: ViewState) -> ViewState:
        """Return the state with the measurement's earlier name; a text without letters is removed."""
        if self.number >= len(state.measurements):
            return state
        one = state.measurements[self.number]
        return replace_measurement(state, self.number) if one.kind == "text" and not one.name else state


Tool = DrawingTool | NamingTool | KeyNamingTool

ToolStarter = Callable[[ViewState, Context, EventPosition], Tool | None]
"""What a key does that starts a tool: takes the state, the context and the position; returns the tool."""


def start_drawing(kind: MeasurementKind) -> ToolStarter:
    """Return what starts the tool that draws a kind of measurement."""
    tools: dict[MeasurementKind, DrawingTool] = {"polygon": PolygonTool(), "freehand": FreehandTool()}
    tool = tools.get(kind) or DrawingTool(kind)
    return lambda state, context, position: tool


def naming_of(number: int) -> ToolStarter:
    """Return what starts the tool that names one measurement, by its index."""

    def start(state: ViewState, context: Context, position: EventPosition) -> NamingTool | None:
        if number >= len(state.measurements):
            return None
        one = state.measurements[number]
        return NamingTool(number, one.name, one.kind if one.kind in WRITTEN else None)

    return start


def start_naming(state: ViewState, context: Context, position: EventPosition) -> Tool | None:
    """Return the tool that names the measurement at a position, else the last; None without any."""
    number = pointed_at_or_last(state, context, position)
    return None if number is None else naming_of(number)(state, context, position)
