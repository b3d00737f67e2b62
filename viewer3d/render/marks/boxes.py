"""Compute the boxes that marks take, so that none covers another."""

from __future__ import annotations

from dataclasses import dataclass

from viewer3d.render.marks.display_list import Area, Line, Mark, Ramp, Text
from viewer3d.render.marks.metrics import CAP_HEIGHT
from viewer3d.render.marks.raster import SHARES
from viewer3d.render.marks.typesetting import text_width

_DESCENT = 0.22
"""How far a letter reaches below the baseline, of the text size: as g and p of Aileron do."""


@dataclass(frozen=True)
class PixelBox:
    """An upright box of pixels.

    Attributes
    ----------
    left, top, right, bottom : float
        Columns and rows of its edges.
    """

    left: float
    top: float
    right: float
    bottom: float

    def common(self, other: PixelBox) -> float:
        """Return the area that two boxes share, in square pixels."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(across, 0) * max(down, 0)

    def contains(self, column: float, row: float) -> bool:
        """Return whether a pixel lies in it."""
        return self.left <= column < self.right and self.top <= row < self.bottom

    def within(self, other: PixelBox) -> PixelBox:
        """Return the box moved into another one that is as large or larger."""
        x = max(other.left - self.left, 0) + min(other.right - self.right, 0)
        y = max(other.top - self.top, 0) + min(other.bottom - self.bottom, 0)
        return PixelBox(self.left + x, self.top + y, self.right + x, self.bottom + y)


def mark_box(mark: Mark) -> PixelBox:
    """Return the box that a mark takes, without a text's outline."""
    if isinstance(mark, Text):
        wide = text_width(mark.text, mark.size)
        left = mark.x - SHARES[mark.align] * wide
        return PixelBox(left, mark.y - CAP_HEIGHT * mark.size, left + wide, mark.y + _DESCENT * mark.size)
    if isinstance(mark, Ramp):
        return PixelBox(mark.left, mark.top, mark.left + mark.width, mark.top + mark.height)
    points: tuple[tuple[float, float], ...]
    points = ((mark.x0, mark.y0), (mark.x1, mark.y1)) if isinstance(mark, Line) else mark.points
    half = 0 if isinstance(mark, Area) else mark.width / 2
    columns, rows = zip(*points, strict=True)
    return PixelBox(min(columns) - half, min(rows) - half, max(columns) + half, max(rows) + half)
