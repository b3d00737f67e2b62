"""The icons of the tool bar, as lines in a square of 16 units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from viewer3d.render.marks.display_list import Area, Color, DisplayList, Path

_UNITS: Final = 16

_Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Stroke:
    """A line of an icon, or a filled part of it.

    Attributes
    ----------
    points : tuple of (float, float)
        In units of an icon, from its left and top.
    closed : bool
        Whether the last point is joined to the first.
    filled : bool
        Whether what is within is filled.
    """

    points: _Points
    closed: bool = False
    filled: bool = False


def _round(x: float, y: float, across: float, down: float, ends: tuple[float, float] = (0, 360)) -> _Points:
    angles = np.radians(np.linspace(*ends, 25))
    return tuple((float(x + across * np.cos(a)), float(y + down * np.sin(a))) for a in angles)


def _box(left: float, top: float, right: float, bottom: float) -> Stroke:
    return Stroke(((left, top), (right, top), (right, bottom), (left, bottom)), closed=True)


def _lines(*points: _Points) -> tuple[Stroke, ...]:
    return tuple(map(Stroke, points))


ICONS: Final[dict[str, tuple[Stroke, ...]]] = {
    "window": (Stroke(_round(8, 8, 6, 6)), Stroke(_round(8, 8, 6, 6, (90, 270)), closed=True, filled=True)),
    "colours": (
        _box(2, 5, 14, 11),
        Stroke(((2, 5), (6, 5), (6, 11), (2, 11)), closed=True, filled=True),
        *_lines(((10, 5), (10, 11))),
    ),
    "overlay": (_box(2, 2, 10, 10), _box(6, 6, 14, 14)),
    "layer": (
        Stroke(((8, 2), (14, 5.5), (8, 9), (2, 5.5)), closed=True),
        *_lines(((2, 8.5), (8, 12), (14, 8.5)), ((2, 11.5), (8, 15), (14, 11.5))),
    ),
    "regions": (Stroke(((5, 2), (11, 3), (14, 8), (10, 13), (4, 12), (2, 7)), closed=True),),
    "distance": _lines(((3, 13), (13, 3)), ((1, 11), (5, 15)), ((11, 1), (15, 5))),
    "angle": _lines(((12, 2), (3, 13), (14, 13)), _round(3, 13, 6, 6, (-50, 0))),
    "ellipse": (Stroke(_round(8, 8, 6.5, 4.5)),),
    "rectangle": (_box(2, 4, 14, 12),),
    "probe": (*_lines(((8, 1), (8, 6)), ((8, 10), (8, 15)), ((1, 8), (6, 8)), ((10, 8), (15, 8))),),
    "freehand": _lines(((3, 9), (2.5, 5), (6, 2.5), (9, 5), (13, 4), (14, 8), (11, 10), (11.5, 13), (7, 13.5), (3, 9))),
    "polygon": (Stroke(((8, 2), (14, 6.5), (12, 13.5), (4, 13.5), (2, 6.5)), closed=True),),
    "diameters": _lines(((2, 12), (14, 4)), ((6, 4), (10, 12))),
    "arrow": _lines(((14, 2), (3, 13)), ((3, 7.5), (3, 13), (8.5, 13))),
    "text": _lines(((3, 5), (3, 3), (13, 3), (13, 5)), ((8, 3), (8, 13)), ((6, 13), (10, 13))),
    "three": (_box(1.5, 3, 14.5, 13), *_lines(((6, 3), (6, 13)), ((10.3, 3), (10.3, 13)))),
    "four": (_box(2, 2, 14, 14), *_lines(((8, 2), (8, 14)), ((2, 8), (14, 8)))),
    "panel": (_box(2, 3, 14, 13), Stroke(((2, 3), (6, 3), (6, 13), (2, 13)), closed=True, filled=True)),
    "cine": (Stroke(((4, 2), (13, 8), (4, 14)), closed=True),),
    "undo": _lines(((6, 3), (2.5, 6.5), (6, 10)), ((2.5, 6.5), (10, 6.5), (13, 9), (13, 11), (11, 13.5), (6, 13.5))),
    "redo": _lines(((10, 3), (13.5, 6.5), (10, 10)), ((13.5, 6.5), (6, 6.5), (3, 9), (3, 11), (5, 13.5), (10, 13.5))),
    "picture": (
        Stroke(((1.5, 5), (5, 5), (6, 3), (10, 3), (11, 5), (14.5, 5), (14.5, 13), (1.5, 13)), closed=True),
        Stroke(_round(8, 9, 2.6, 2.6)),
    ),
    "key image": (
        Stroke(
            (
                (8, 1.5),
                (10, 6),
                (15, 6.3),
                (11.2, 9.5),
                (12.5, 14.3),
                (8, 11.6),
                (3.5, 14.3),
                (4.8, 9.5),
                (1, 6.3),
                (6, 6),
            ),
            closed=True,
        ),
    ),
    "search": (Stroke(_round(7, 7, 4.5, 4.5)), *_lines(((10.3, 10.3), (14.5, 14.5)))),
}
"""The strokes of each icon by its name; what is no name here is written, as ``3D``."""


def icon_marks(name: str, x: float, y: float, side: float, color: Color) -> DisplayList:
    """List the marks of an icon.

    Parameters
    ----------
    name : str
        One of :data:`ICONS`.
    x, y : float
        Its left and top, in pixels.
    side : float
        Its width and height, in pixels.
    color : tuple of int
        Red, green and blue, 0 to 255.
    """
    unit, marks = side / _UNITS, []
    for stroke in ICONS[name]:
        points = tuple((x + unit * across, y + unit * down) for across, down in stroke.points)
        filled = stroke.filled
        marks.append(Area(points, color, 0.7) if filled else Path(points, closed=stroke.closed, width=1, color=color))
    return tuple(marks)
