"""The tools of isocontours: a sphere that is dragged, and a threshold that is typed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from viewer3d.app.input.context import Context, EventPosition
from viewer3d.app.input.isocontours.thresholds import first_threshold, isocontour_at, with_threshold
from viewer3d.app.input.tools import ENTER, DrawingTool, NamingTool, Tool
from viewer3d.core.vectors import Vector
from viewer3d.core.view.measurement import Measurement, MeasurementKind
from viewer3d.core.view.state import ViewState
from viewer3d.core.view.threshold import FIRST_THRESHOLD, Threshold
from viewer3d.errors import ViewError

_LONGEST = 12
"""Characters of a threshold that is typed."""


@dataclass(frozen=True)
class SphereTool(DrawingTool):
    """The tool that drags the sphere of an isocontour, from its centre.

    Attributes
    ----------
    threshold : Threshold
        That it grows by.
    """

    kind: MeasurementKind = "isocontour"
    threshold: Threshold = FIRST_THRESHOLD

    @property
    def prompt(self) -> str:
        """What to do next, in words."""
        return f"isocontour from {self.threshold.text}: drag from the middle of a lesion to beyond it - Esc stops"

    def _made(self, points: tuple[Vector, ...]) -> Measurement:
        return replace(super()._made(points), threshold=self.threshold)


@dataclass(frozen=True)
class ThresholdTool(NamingTool):
    """The tool that types the threshold of an isocontour: a number, or one with % of the maximum."""

    @property
    def prompt(self) -> str:
        """The threshold as it is typed so far, in words."""
        return f"threshold of isocontour {self.number + 1}: {self.text}_ - a value, or with % of the maximum; Return"

    def key(self, state: ViewState, name: str, character: str) -> tuple[Tool | None, ViewState] | None:
        """Handle any key: Return sets the threshold if it is one, Escape keeps the earlier one."""
        if name not in ENTER:
            after = super().key(state, name, character)
            if after is None or not isinstance(after[0], ThresholdTool):
                return after
            return replace(after[0], text=after[0].text[:_LONGEST]), after[1]
        there = self.number < len(state.measurements) and state.measurements[self.number].kind == "isocontour"
        typed = parse_threshold(self.text)
        if not there or not self.text.strip():
            return None, state
        return (self, state) if typed is None else (None, with_threshold(state, self.number, typed))


def parse_threshold(text: str) -> Threshold | None:
    """Return the threshold that a text says, as ``"2.5"`` or ``"41 %"``; None where it says none."""
    number = text.strip().replace(",", ".")
    try:
        return Threshold(float(number.rstrip("% ")), of_maximum=number.endswith("%"))
    except (ValueError, ViewError):
        return None


def start_sphere(
    state: ViewState,
    context: Context,
    position: EventPosition,  # noqa: ARG001 (every tool is started with it)
) -> SphereTool | None:
    """Return the tool that drags the sphere of an isocontour; None on an image that lies in no space."""
    return None if context.is_flat else SphereTool(threshold=first_threshold(state, context))


def start_threshold(state: ViewState, context: Context, position: EventPosition) -> ThresholdTool | None:
    """Return the tool that types the threshold of the isocontour pointed at, or of the last, if any."""
    number = isocontour_at(state, context, position)
    return None if number is None else ThresholdTool(number, "")
