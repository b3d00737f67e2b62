"""The parts of rows in the panel's list: columns, an eye, a slider."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, Area, Color, DisplayList, Line, Path
from viewer3d.render.marks.metrics import CAP_HEIGHT

ROW: Final = 2.2
"""Height of a row and of the heading, in text sizes."""

WIDTH: Final = 19
"""Width of the panel, in the units of the columns below: a text size where there is room."""

EYE, SWATCH, NAME, SLIDER, NUMBER = (0.7, 2.4), (3.0, 4.4), (5.0, 10.2), (10.7, 15.5), (16.0, 18.5)
"""Where the parts of a row begin and end."""

_TRACK = 0.3
"""Opacity of a slider where it is not filled."""


def slider_share(x: float, width: int) -> float:
    """Return how far along its slider a column of the panel is, 0 to 1."""
    first, last = (column * width / WIDTH for column in SLIDER)
    return float(np.clip((x - first) / (last - first), 0, 1))


def baseline(place: int, text: int) -> float:
    """Return the row of pixels that the text of a line of the list stands on, the heading being line 0."""
    return (place + 0.5) * ROW * text + CAP_HEIGHT * text / 2


def slider_marks(share: float, unit: float, middle: float, text: int, color: Color) -> DisplayList:
    """List the marks of a slider: its track, what of it is filled, and its thumb.

    Parameters
    ----------
    share : float
        How far along it the thumb is, 0 to 1.
    unit : float
        Pixels in a unit of the columns.
    middle : float
        Row of its middle.
    text : int
        Size of the text in pixels.
    color : tuple of int
        Of what is filled.
    """
    first, last = (column * unit for column in SLIDER)
    at, thumb = first + share * (last - first), 0.45 * text
    return (
        Line(first, middle, last, middle, 2, OFF_WHITE, _TRACK),
        *((Line(first, middle, at, middle, 2, color),) if at > first else ()),
        Line(at, middle - thumb, at, middle + thumb, 3, OFF_WHITE),
    )


def eye_marks(ends: tuple[float, float], middle: float, *, is_open: bool) -> DisplayList:
    """List the marks of an eye: two lids and a pupil; the lower lid with lashes where it is closed.

    Parameters
    ----------
    ends : tuple of float
        Columns of pixels at which it begins and ends.
    middle : float
        Row of its middle.
    is_open : bool
    """
    left, right = ends
    half, center = (right - left) / 2, (left + right) / 2
    across = np.linspace(-1, 1, 13)
    lid = 0.55 * half * (1 - across**2)
    color, opacity = (OFF_WHITE, 1.0) if is_open else (MUTED, 0.7)

    def line(heights: NDArray[np.float64]) -> Path:
        points = zip(center + half * across, middle + heights, strict=True)
        return Path(tuple((float(x), float(y)) for x, y in points), color=color, opacity=opacity)

    if is_open:
        around = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        radius = 0.3 * half
        pupil = tuple((float(center + radius * np.cos(a)), float(middle + radius * np.sin(a))) for a in around)
        return line(-lid), line(lid), Area(pupil, color)
    lashes = [
        Line(
            center + x * half, middle + y * half, center + 1.25 * x * half, middle + (y + 0.4) * half, 1, color, opacity
        )
        for x, y in ((-0.62, 0.34), (0.0, 0.55), (0.62, 0.34))
    ]
    return line(lid), *lashes
