"""The planes that slices are cut along, how each lies on the screen, and which panes a view has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = tuple[float, float, float]
LARGEST = 1e9
"""mm: a thousand kilometres. The squares and products of what is smaller stay finite."""

PlaneName = Literal["axial", "coronal", "sagittal"]
PaneName = Literal["axial", "coronal", "sagittal", "3d"]
Axes = tuple[Vector, Vector, Vector]
View = Literal["axial", "coronal", "sagittal", "3d", "mpr", "quad"]


@dataclass(frozen=True)
class Plane:
    """How a slice plane lies in the patient and on the screen.

    Attributes
    ----------
    name : str
    right, down : tuple of float
        World (LPS) directions of the screen's right and down.
    axis : int
        The axis the plane is perpendicular to: 0 for x, 1 for y, 2 for z.
    normal : tuple of float
        That axis as a world direction, to the patient's left, back or head.
    """

    name: PlaneName
    right: Vector
    down: Vector
    axis: int
    normal: Vector

    def turned(self, axes: Axes) -> Plane:
        """Return the plane as it lies when x, y and z are turned to three other world directions.

        Its normal becomes one of them, and right and down go along by the least turn that takes the one normal to the
        other: a plane whose normal stays is seen as before.
        """
        before, after = np.array(self.normal, np.float64), np.array(axes[self.axis], np.float64)
        if before @ after > 0:
            R = _least_turn(before, after)
        else:  # more than half a turn over: first about what is down, as one turns a page
            R = _least_turn(-before, after) @ (2 * np.outer(self.down, self.down) - np.eye(3))
        right, down = (tuple((R @ way).tolist()) for way in np.array([self.right, self.down], np.float64))
        return Plane(self.name, right, down, self.axis, axes[self.axis])


def vector(values: ArrayLike) -> Vector:
    """Return three numbers as a frozen value holds them: a tuple of floats."""
    x, y, z = (float(v) for v in np.asarray(values, np.float64))
    return x, y, z


def _least_turn(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    # Rodrigues' formula with the sine and cosine that two unit directions have between them.
    x, y, z = np.cross(before, after)
    K = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn: NDArray[np.float64] = np.eye(3) + K + K @ K / (1 + before @ after)
    return turn


PLANES: dict[PlaneName, Plane] = {
    # The radiological convention: axial seen from the feet, coronal from the front, sagittal from the left.
    "axial": Plane("axial", (1, 0, 0), (0, 1, 0), 2, (0, 0, 1)),
    "coronal": Plane("coronal", (1, 0, 0), (0, 0, -1), 1, (0, 1, 0)),
    "sagittal": Plane("sagittal", (0, 1, 0), (0, 0, -1), 0, (1, 0, 0)),
}

PANES: dict[View, tuple[PaneName, ...]] = {
    "axial": ("axial",),
    "coronal": ("coronal",),
    "sagittal": ("sagittal",),
    "3d": ("3d",),
    "mpr": ("axial", "coronal", "sagittal"),
    "quad": ("axial", "3d", "coronal", "sagittal"),
}
"""The panes of each view, in reading order."""


def are_upright(axes: ArrayLike, tolerance: float) -> bool:
    """Whether the rows of a matrix are perpendicular and of unit length, to within a tolerance of their products."""
    A = np.asarray(axes, np.float64)
    if not (np.abs(A) <= 2).all():  # products of larger ones may overflow
        return False
    return bool(np.allclose(A @ A.T, np.eye(len(A)), atol=tolerance))


def is_near(points: ArrayLike) -> bool:
    """Whether all coordinates (mm) are finite and within :data:`LARGEST` of the patient's origin."""
    return bool((np.abs(np.asarray(points, np.float64)) <= LARGEST).all())
