"""Camera: the eye of the 3D pane, and where it first stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.errors import ViewError
from viewer3d.planes import Vector

CAMERA_MARGIN = 1.14
"""The 3D pane's shorter side is so many times what is seen in it: letters stand in the rest."""


@dataclass(frozen=True)
class Camera:
    """The eye of the 3D pane, in world mm.

    Attributes
    ----------
    position, focal_point : tuple of float
        Where the eye is and what it looks at.
    up : tuple of float
        The world direction that is up on the screen.
    angle : float
        Opening angle along the shorter side of the pane, in degrees.
    """

    position: Vector
    focal_point: Vector
    up: Vector = (0.0, 0.0, 1.0)
    angle: float = 30.0

    def __post_init__(self) -> None:
        way = np.subtract(self.focal_point, self.position)
        if not np.isfinite([*way, *self.up]).all() or not np.linalg.norm(np.cross(way, self.up)) > 0:
            raise ViewError(f"camera at {self.position} looking at {self.focal_point}, up {self.up}: no such view")
        if not 0 < self.angle < 180:
            raise ViewError(f"camera angle {self.angle} degrees: give one between 0 and 180")


def front_camera(points: ArrayLike, angle: float = 30.0) -> Camera:
    """Look at points from the patient's front and a little from above, so that they fill the pane.

    Parameters
    ----------
    points : array_like, shape (N, 3)
        World points of what is to be seen, in mm: the corners of a box, or a sample of what is visible in it.
    angle : float
        Opening angle along the shorter side of the pane, in degrees.
    """
    points = np.asarray(points, np.float64)
    centre = (points.min(0) + points.max(0)) / 2
    above = np.radians(15)
    toward = np.array([0.0, -np.cos(above), np.sin(above)])
    up = np.array([0.0, np.sin(above), np.cos(above)])
    slope = np.tan(np.radians(angle / 2)) / CAMERA_MARGIN
    away = points - centre
    # A point is in the pane when it is no further aside than the opening is wide at its depth.
    aside, depth = np.maximum(np.abs(away[:, 0]), np.abs(away @ up)), away @ toward
    distance = max(float((aside / slope + depth).max()), 1.0)
    return Camera(_vector(centre + distance * toward), _vector(centre), _vector((0, 0, 1)), angle)


def _vector(values: ArrayLike) -> Vector:
    x, y, z = (float(v) for v in np.asarray(values, np.float64))
    return x, y, z
