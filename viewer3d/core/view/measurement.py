"""Measurements that are drawn on a slice, in world mm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.vectors import LARGEST_MM, Vector, are_upright, is_near
from viewer3d.errors import ViewError

MeasurementKind = Literal["distance", "angle", "ellipse", "rectangle", "probe"]

POINTS: dict[MeasurementKind, int] = {"distance": 2, "angle": 3, "ellipse": 2, "rectangle": 2, "probe": 1}
"""How many points make one of each kind: an angle's second is its vertex, an ellipse's and a rectangle's are corners
of the box around it."""

PLANE_TOLERANCE = 1e-3
"""mm: how far the two corners of an ellipse or rectangle may be from one plane; points of a mouse are exact to 1e-9."""


@dataclass(frozen=True)
class Measurement:
    """One distance, angle, region or probe, in world mm.

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
        if len(self.points) != POINTS[self.kind] or not is_near(self.points):
            raise ViewError(
                f"{self.kind} through {self.points}: give {POINTS[self.kind]} points in finite LPS mm "
                f"up to {LARGEST_MM:g}"
            )
        axes = np.array([self.right, self.down])
        if axes.shape != (2, 3) or not are_upright(axes, 1e-6):
            raise ViewError(f"{self.kind} along {self.right} and {self.down}: give two perpendicular unit directions")
        if self.has_area and abs(np.subtract(self.points[1], self.points[0]) @ self.normal) > PLANE_TOLERANCE:
            raise ViewError(f"{self.kind} through {self.points}: give two corners in one plane of right and down")

    @property
    def has_area(self) -> bool:
        """True for an ellipse or rectangle, which has statistics of what lies in it."""
        return self.kind in ("ellipse", "rectangle")

    @property
    def normal(self) -> NDArray[np.float64]:
        """World direction that its slice is perpendicular to, shape (3,), of unit length."""
        return np.cross(self.right, self.down)

    @property
    def center(self) -> NDArray[np.float64]:
        """The mean of its points (mm), shape (3,): of a region its middle."""
        return np.array(self.points, np.float64).mean(0)  # type: ignore[no-any-return]

    @property
    def sides(self) -> tuple[float, float]:
        """Of the box around a region: how long it is along right and along down, in mm."""
        way = np.subtract(self.points[-1], self.points[0])
        return abs(float(way @ self.right)), abs(float(way @ self.down))

    @property
    def handles(self) -> NDArray[np.float64]:
        """World points (mm), shape (N, 3), to drag it by: its points, or a region's four corners in order."""
        points = np.array(self.points, np.float64)
        if not self.has_area:
            return points
        along = np.array(self.right) * ((points[1] - points[0]) @ self.right)
        return np.stack([points[0], points[0] + along, points[1], points[1] - along])

    def moved(self, way: ArrayLike) -> Measurement:
        """Return it moved by a world vector (mm), shape (3,); a region stays in its plane."""
        return replace(self, points=_vectors(np.add(self.points, self._kept(way))))

    def with_handle(self, number: int, way: ArrayLike) -> Measurement:
        """Return it with one handle moved by a world vector (mm), a region about the opposite corner.

        Parameters
        ----------
        number : int
            Of the handle, from 0 in the order of :attr:`handles`.
        way : array_like, shape (3,)
            In mm; of a region, the part within its plane counts.
        """
        handles = self.handles
        handles[number] += self._kept(way)
        return replace(self, points=_vectors(handles[[number - 2, number]] if self.has_area else handles))

    def _kept(self, way: ArrayLike) -> NDArray[np.float64]:
        # What of a way a region can go without leaving its plane.
        away = np.asarray(way, np.float64)
        return away - (away @ self.normal) * self.normal if self.has_area else away


def _vectors(points: NDArray[np.float64]) -> tuple[Vector, ...]:
    return tuple((float(x), float(y), float(z)) for x, y, z in points)
