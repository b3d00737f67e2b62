"""Compute the crosshair: where the other two planes cut a slice pane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer3d.core.vectors import cross_product
from viewer3d.core.view.planes import PLANES, PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.render.panes import PaneGeometry

HANDLE_SHARE = 0.32
"""How far a handle is from where the lines meet, of the pane's shorter side."""


@dataclass(frozen=True)
class CrossLine:
    """One line of the crosshair: the cut of another plane.

    Attributes
    ----------
    plane : {"axial", "coronal", "sagittal"}
        The plane that is cut.
    x, y : float
        Where both lines meet, in pixels of the pane.
    along_x, along_y : float
        Its direction in the pane, of unit length: down, or to the right when it is level.
    """

    plane: PlaneName
    x: float
    y: float
    along_x: float
    along_y: float

    def distance(self, x: float, y: float) -> float:
        """Return how far a pixel is from the line, in pixels."""
        return abs((x - self.x) * self.along_y - (y - self.y) * self.along_x)

    def point(self, pixels: float) -> tuple[float, float]:
        """Return the pixel so far along the line from where the lines meet."""
        return self.x + pixels * self.along_x, self.y + pixels * self.along_y

    def span(self, width: int, height: int, inset: float) -> tuple[float, float] | None:
        """Return where along the line a pane without its inset begins and ends; None where it misses the pane.

        A line beside an edge, nearer than the inset, keeps it at its ends alone: the outermost slices are there, and
        the letters of that edge stand over the line.
        """
        level = abs(self.along_x) >= abs(self.along_y)
        ends = (inset, 0.0) if level else (0.0, inset)
        return self._span(width, height, (inset, inset)) or self._span(width, height, ends)

    def _span(self, width: int, height: int, insets: tuple[float, float]) -> tuple[float, float] | None:
        first, last = -np.inf, np.inf
        sides = ((self.x, self.along_x, width, insets[0]), (self.y, self.along_y, height, insets[1]))
        for at, along, side, inset in sides:
            low, high = inset - at, side - 1 - inset - at
            if along == 0:
                if not low <= 0 <= high:
                    return None
                continue
            ends = sorted((low / along, high / along))
            first, last = max(first, ends[0]), min(last, ends[1])
        return (float(first), float(last)) if first < last else None


def cross_lines(state: ViewState, pane: PaneGeometry) -> tuple[CrossLine, CrossLine]:
    """Find the lines in which the other two planes cut that of a pane, the more upright one first.

    Parameters
    ----------
    state : ViewState
        Its cursor is where they meet, its axes say how the planes lie.
    pane : PaneGeometry
        Of the pane.
    """
    x, y = (float(v) for v in pane.to_pixel(state.cursor))
    base = PLANES[pane.plane.name]
    by_axis = {plane.axis: plane.name for plane in PLANES.values()}
    lines = []
    ways = (base.right, base.down)
    for way in ways[::-1] if pane.plane.turned % 2 else ways:
        name = by_axis[int(np.argmax(np.abs(way)))]
        # Both normals lie across their planes, so their product lies along the cut; 0.0 for -0.0.
        cut = np.array(cross_product(pane.plane.normal, state.plane(name).normal))
        along = np.array([cut @ pane.plane.right, cut @ pane.plane.down]) + 0.0
        lines.append((name, along / np.linalg.norm(along)))
    return tuple(  # type: ignore[return-value]  # two, for there are two ways
        CrossLine(name, x, y, *(float(v) for v in (along if _is_onward(along) else -along + 0.0)))
        for name, along in lines
    )


def _is_onward(along: np.ndarray) -> bool:
    return bool(along[1] > 1e-9 or (abs(along[1]) <= 1e-9 and along[0] > 0))


def handles(line: CrossLine, size: tuple[int, int], inset: float) -> tuple[tuple[float, float], ...]:
    """Return the pixels of the handles that turn a line: one on either side, where there is room.

    Parameters
    ----------
    line : CrossLine
    size : tuple of int
        Width and height of the pane in pixels.
    inset : float
        Pixels at the pane's edges that the line leaves free.
    """
    span = line.span(*size, inset)
    if span is None:
        return ()
    away = HANDLE_SHARE * min(size)
    return tuple(line.point(sign * away) for sign in (-1, 1) if span[0] <= sign * away <= span[1])
