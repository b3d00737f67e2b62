"""Measurement: what was drawn on a slice to measure it, in world mm, so that it stays where the anatomy is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from viewer3d.errors import ViewError
from viewer3d.planes import Vector

MeasurementKind = Literal["distance", "angle", "ellipse", "rectangle", "probe"]

POINTS: dict[MeasurementKind, int] = {"distance": 2, "angle": 3, "ellipse": 2, "rectangle": 2, "probe": 1}
"""How many points make one of each kind: an angle's second is its vertex, an ellipse's and a rectangle's are corners
of the box around it."""


@dataclass(frozen=True)
class Measurement:
    """One measurement.

    Attributes
    ----------
    kind : {"distance", "angle", "ellipse", "rectangle", "probe"}
    points : tuple of tuple of float
        World points (LPS, mm), as many as :data:`POINTS` says.
    right, down : tuple of float
        World directions of the slice it was drawn on: of unit length and perpendicular. The sides of a rectangle and
        the axes of an ellipse lie along them.
    name : str
        What a person calls it.
    """

    kind: MeasurementKind
    points: tuple[Vector, ...]
    right: Vector
    down: Vector
    name: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(MeasurementKind):
            raise ViewError(f"no measurement is a {self.kind!r}: give one of {', '.join(get_args(MeasurementKind))}")
        if len(self.points) != POINTS[self.kind] or not np.isfinite(self.points).all():
            raise ViewError(f"{self.kind} through {self.points}: give {POINTS[self.kind]} points in finite LPS mm")
        axes = np.array([self.right, self.down])
        if axes.shape != (2, 3) or not np.allclose(axes @ axes.T, np.eye(2), atol=1e-6):
            raise ViewError(f"{self.kind} along {self.right} and {self.down}: give two perpendicular unit directions")
