"""Define the marks over a pane, as values that any renderer can draw: in pixels, or as vectors.

A display list is a tuple of marks in the pixels of a pane (whole numbers are pixel centres), drawn in their order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from viewer3d.core.view.planes import PlaneName

Color = tuple[int, int, int]
Align = Literal["left", "middle", "right"]

OFF_WHITE: Color = (232, 230, 225)
"""Off-white: pure white glares beside the greys of a slice."""

SHADE: Color = (8, 9, 11)
"""The thin outline that keeps text and bars readable on bright bone."""

EMPTY: Color = (11, 12, 14)
"""Behind the 3D pane, drawn or not: near black, so that shadows still stand out from it."""

LIGHT = 128
"""Grey from which on a ground is light."""

MUTED: Color = (160, 162, 166)
"""For sentences in an empty pane."""

WHITE: Color = (255, 255, 255)

BLACK: Color = (0, 0, 0)

GREYISH = 16
"""Between the highest and the lowest of red, green and blue of a colour that is grey to the eye."""

PLANE_COLORS: dict[PlaneName, Color] = {
    # Red, green and yellow as in 3D Slicer (243 74 51, 110 176 75, 237 213 76), a little calmer.
    "axial": (230, 96, 82),
    "coronal": (118, 182, 96),
    "sagittal": (228, 200, 92),
}


@dataclass(frozen=True)
class Text:
    """A line of text.

    Attributes
    ----------
    x, y : float
        Where its left end, middle or right end stands on the baseline, in pixels.
    text : str
    size : int
        Of the font, in pixels.
    color : tuple of int
        Red, green and blue, 0 to 255.
    align : {"left", "middle", "right"}
    outline : tuple of int, optional
        Red, green and blue of the thin line around it that keeps it readable on anything; None on an even ground.
    """

    x: float
    y: float
    text: str
    size: int
    color: Color = OFF_WHITE
    align: Align = "left"
    outline: Color | None = SHADE


@dataclass(frozen=True)
class Line:
    """A straight line, both ends included.

    Attributes
    ----------
    x0, y0, x1, y1 : float
        Its ends, in pixels.
    width : int
        In pixels.
    color : tuple of int
        Red, green and blue, 0 to 255.
    opacity : float
        0 to 1.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    width: int = 1
    color: Color = OFF_WHITE
    opacity: float = 1.0


@dataclass(frozen=True)
class Path:
    """A smooth line through many points, open or closed.

    Attributes
    ----------
    points : tuple of (float, float)
        Columns and rows, two points or more.
    closed : bool
        Whether the last is joined to the first.
    width : int
        In pixels.
    color : tuple of int
        Red, green and blue, 0 to 255.
    opacity : float
        0 to 1.
    """

    points: tuple[tuple[float, float], ...]
    closed: bool = False
    width: int = 1
    color: Color = OFF_WHITE
    opacity: float = 1.0


@dataclass(frozen=True)
class Area:
    """A polygon filled with one colour.

    Attributes
    ----------
    points : tuple of (float, float)
        Columns and rows of its corners, three or more.
    color : tuple of int
        Red, green and blue, 0 to 255.
    opacity : float
        0 to 1.
    """

    points: tuple[tuple[float, float], ...]
    color: Color
    opacity: float = 1.0


@dataclass(frozen=True)
class Ramp:
    """An upright bar filled with colours from its bottom to its top.

    Attributes
    ----------
    left, top : int
        Its first column and row.
    width, height : int
        Columns and rows in it.
    colors : tuple of (int, int, int)
        From the bottom to the top, evenly.
    """

    left: int
    top: int
    width: int
    height: int
    colors: tuple[Color, ...]


Mark = Text | Line | Path | Area | Ramp
DisplayList = tuple[Mark, ...]


def on_ground(marks: DisplayList, ground: Color) -> DisplayList:
    """Return marks that are legible on a background: on a light one dark, text with a white outline."""
    return marks if min(ground) < LIGHT else tuple(map(_darkened, marks))


def _darkened(mark: Mark) -> Mark:
    if isinstance(mark, Ramp):
        return mark
    red, green, blue = mark.color
    is_grey = max(mark.color) - min(mark.color) <= GREYISH
    color = (255 - red, 255 - green, 255 - blue) if is_grey else mark.color
    if isinstance(mark, Text):
        return replace(mark, color=color, outline=mark.outline and WHITE)
    return replace(mark, color=color)
