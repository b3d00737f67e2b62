"""The camera of the 3D pane, and cameras that fit points into a pane."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.vectors import Vector, is_near, vector
from viewer3d.errors import ViewError

CAMERA_MARGIN = 1.14
"""The 3D pane's shorter side is so many times what is seen in it: letters stand in the rest."""


SIDES: dict[str, tuple[Vector, Vector]] = {
    # Where the eye is from what it looks at, and what is up then. From the feet as in an axial slice: the front up.
    "A": ((0, -1, 0), (0, 0, 1)),
    "P": ((0, 1, 0), (0, 0, 1)),
    "L": ((1, 0, 0), (0, 0, 1)),
    "R": ((-1, 0, 0), (0, 0, 1)),
    "H": ((0, 0, 1), (0, -1, 0)),
    "F": ((0, 0, -1), (0, -1, 0)),
}
"""The patient's sides as the eye sees them."""

DISCS = 32
"""Into so many discs a body is sliced to find how far around it reaches."""


@dataclass(frozen=True)
class Camera:
    """The camera of the 3D pane, in world mm.

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
        if not is_near([*way, *self.up]) or not np.linalg.norm(np.cross(way, self.up)) > 0:
            raise ViewError(f"camera at {self.position} looking at {self.focal_point}, up {self.up}: no such view")
        if not 0 < self.angle < 180:
            raise ViewError(f"camera angle {self.angle} degrees: give one between 0 and 180")

    def around(self, degrees: float) -> Camera:
        """Return the camera rotated about the patient's long axis: 90 degrees lead from front to left."""
        sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
        # What a point moves by: nothing at 0 degrees, to the last bit.
        way = np.array([[cosine - 1, -sine, 0], [sine, cosine - 1, 0], [0, 0, 0]])
        position = self.position + way @ np.subtract(self.position, self.focal_point)
        return replace(self, position=vector(position), up=vector(self.up + way @ self.up))

    @property
    def directions(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """World directions of unit length, each of shape (3,): right, up and forward."""
        way = np.subtract(self.focal_point, self.position)
        way = way / np.linalg.norm(way)
        right = np.cross(way, self.up)
        right /= np.linalg.norm(right)
        return right, np.cross(right, way), way

    def rays(self, size: tuple[int, int]) -> NDArray[np.float64]:
        """Return the matrix R, shape (3, 3): from the camera, pixel (x, y) lies along ``R @ (x, y, 1)``.

        Parameters
        ----------
        size : tuple of int
            Width and height of the pane in pixels.

        Returns
        -------
        ndarray of float64
            In world mm for 1 mm of depth, which is counted along the forward direction.
        """
        right, up, way = self.directions
        slope = np.tan(np.radians(self.angle / 2)) / (min(size) / 2)
        middle = way - slope * ((size[0] - 1) / 2 * right - (size[1] - 1) / 2 * up)
        return np.stack([slope * right, -slope * up, middle], axis=-1)

    def depth(self, world: ArrayLike) -> NDArray[np.float64]:
        """Return the depth in mm of world points, shape (..., 3), before the camera: below 0 behind it."""
        depth: NDArray[np.float64] = np.subtract(world, self.position) @ self.directions[2]
        return depth

    def to_pixel(self, world: ArrayLike, size: tuple[int, int]) -> NDArray[np.float64]:
        """Return the pixels (column, row), shape (..., 2), where world points before the camera are seen.

        Parameters
        ----------
        world : array_like, shape (..., 3)
            In mm.
        size : tuple of int
            Width and height of the pane in pixels.
        """
        pixels = np.subtract(world, self.position) @ np.linalg.inv(self.rays(size)).T
        seen: NDArray[np.float64] = pixels[..., :2] / pixels[..., 2:]
        return seen


def front_camera(points: ArrayLike, angle: float = 30.0) -> Camera:
    """Look at points from the patient's front and a little from above, so that they fill the pane.

    Parameters
    ----------
    points : array_like, shape (N, 3)
        World points of what is to be seen, in mm: the corners of a box, or a sample of what is visible in it.
    angle : float
        Opening angle along the shorter side of the pane, in degrees.
    """
    above = np.radians(15)
    camera = fitted_camera(points, (0, -np.cos(above), np.sin(above)), (0, np.sin(above), np.cos(above)), angle=angle)
    return replace(camera, up=(0.0, 0.0, 1.0))


def side_camera(points: ArrayLike, side: str, shape: tuple[float, float] = (1, 1)) -> Camera:
    """Look at points straight from one of the patient's sides, so that they fill the pane.

    Parameters
    ----------
    points : array_like, shape (N, 3)
        As for :func:`front_camera`.
    side : {"A", "P", "L", "R", "H", "F"}
    shape : tuple of float
        Width and height of the pane, in any unit.
    """
    return fitted_camera(points, *SIDES[side], shape)


def fitted_camera(
    points: ArrayLike, toward: ArrayLike, up: ArrayLike, shape: tuple[float, float] = (1, 1), angle: float = 30.0
) -> Camera:
    """Look at points from a direction, so that they fill the pane.

    Parameters
    ----------
    points : array_like, shape (N, 3)
        As for :func:`front_camera`.
    toward, up : array_like, shape (3,)
        Where the eye is from what it looks at, and what is up on the screen: perpendicular, of unit length.
    shape : tuple of float
        Width and height of the pane, in any unit.
    angle : float
        Opening angle along the shorter side of the pane, in degrees.
    """
    points = np.asarray(points, np.float64)
    centre = (points.min(0) + points.max(0)) / 2
    away = points - centre
    toward, up = np.asarray(toward, np.float64), np.asarray(up, np.float64)
    depth = away @ toward
    slope = np.tan(np.radians(angle / 2)) / CAMERA_MARGIN
    # A point is in the pane when it is no further aside than the opening is wide at its depth.
    ways = (np.cross(up, toward), shape[0]), (up, shape[1])
    distance = max(float((np.abs(away @ way) / (slope * side / min(shape)) + depth).max()) for way, side in ways)
    return Camera(vector(centre + max(distance, 1.0) * toward), vector(centre), vector(up), angle)


def turning_camera(points: ArrayLike, angle: float = 30.0) -> Camera:
    """Look at points as :func:`front_camera` does, so far away that a full turn keeps them in the pane.

    Parameters
    ----------
    points : array_like, shape (N, 3)
        World points of what is to be seen, in mm.
    angle : float
        Opening angle along the shorter side of the pane, in degrees.
    """
    points = np.asarray(points, np.float64)
    low, high = points.min(0), points.max(0)
    centre = (low + high) / 2
    # What the points pass through in a turn: rings around each of a pile of discs that holds them.
    ends = np.linspace(low[2], high[2], DISCS + 1)
    disc = np.clip(np.searchsorted(ends, points[:, 2], "right") - 1, 0, DISCS - 1)
    radii = np.zeros(DISCS)
    np.maximum.at(radii, disc, np.hypot(*(points[:, :2] - centre[:2]).T))
    turn = np.linspace(0, 2 * np.pi, 4 * DISCS, endpoint=False)
    radii /= np.cos(turn[1] / 2)  # a polygon around the ring, not within it
    ring = np.stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)], -1)
    pile = [centre * (1, 1, 0) + radius * ring + (0, 0, z) for n, radius in enumerate(radii) for z in ends[n : n + 2]]
    return front_camera(np.concatenate(pile), angle)
