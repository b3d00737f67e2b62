"""Points, directions and rotations in the patient (LPS, mm)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = tuple[float, float, float]
"""A point or direction in world (LPS, mm) as frozen values hold it."""

Axes = tuple[Vector, Vector, Vector]
"""Three world directions, orthonormal and right-handed."""

Points = NDArray[np.float64]
"""Points or directions as an array of shape (..., 3): world in mm, or voxel indices."""

PATIENT_AXES: Final[Axes] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
"""The axes of planes that are not oblique: those of the patient."""

AXES_TOLERANCE: Final = 1e-6
"""How far axes may be from orthonormal."""

LARGEST_MM: Final = 1e9
"""mm: a thousand kilometres. The squares and products of what is smaller stay finite."""


def vector(values: ArrayLike) -> Vector:
    """Return three numbers as a tuple of float.

    Parameters
    ----------
    values : array_like, shape (3,)
    """
    x, y, z = map(float, cast("Iterable[Any]", values))  # of a header's many, an array of each would take longer
    return x, y, z


def cross_product(first: Vector, second: Vector) -> Vector:
    """Compute the cross product of two directions, to the bit as ``numpy.cross``, in less time.

    Parameters
    ----------
    first, second : tuple of float
    """
    (a, b, c), (x, y, z) = first, second
    return b * z - c * y, c * x - a * z, a * y - b * x


def is_near(points: ArrayLike) -> bool:
    """Return whether all coordinates are finite and at most :data:`LARGEST_MM` from the patient's origin.

    Parameters
    ----------
    points : array_like, any shape
        Coordinates in mm.
    """
    return bool((np.abs(np.asarray(points, np.float64)) <= LARGEST_MM).all())


def are_upright(axes: ArrayLike, tolerance: float) -> bool:
    """Return whether the rows of a matrix are perpendicular and of unit length, within a tolerance.

    Parameters
    ----------
    axes : array_like, shape (N, 3)
    tolerance : float
        How far the products of the rows may be from those of a unit matrix.
    """
    A = np.asarray(axes, np.float64)
    if not (np.abs(A) <= 2).all():  # products of larger ones may overflow
        return False
    unit = np.eye(len(A))
    # As numpy.allclose has it, at a tenth of its cost: each state that is made asks for it.
    return bool((np.abs(A @ A.T - unit) <= tolerance + 1e-5 * unit).all())


def are_axes(axes: Axes) -> bool:
    """Return whether three directions are perpendicular, of unit length and right-handed."""
    A = np.array(axes, np.float64)
    return A.shape == (3, 3) and are_upright(A, AXES_TOLERANCE) and bool(np.linalg.det(A) >= 0)


def rotation(axis: ArrayLike, angle: float) -> NDArray[np.float64]:
    """Return the matrix that rotates about an axis by an angle (Rodrigues' formula).

    Parameters
    ----------
    axis : array_like, shape (3,)
        A direction of unit length.
    angle : float
        In radians.

    Returns
    -------
    ndarray of float64, shape (3, 3)
    """
    K = _cross_matrix(axis)
    matrix: NDArray[np.float64] = np.eye(3) + np.sin(angle) * K + (1 - np.cos(angle)) * K @ K
    return matrix


def least_rotation(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix that rotates one direction to another by the smallest angle (Rodrigues' formula).

    Parameters
    ----------
    before, after : ndarray of float64, shape (3,)
        Directions of unit length, not opposite to each other.

    Returns
    -------
    ndarray of float64, shape (3, 3)
    """
    K = _cross_matrix(np.cross(before, after))  # of the length of the angle's sine
    matrix: NDArray[np.float64] = np.eye(3) + K + K @ K / (1 + before @ after)
    return matrix


def _cross_matrix(direction: ArrayLike) -> NDArray[np.float64]:
    """Return the matrix, shape (3, 3), that maps a vector to the cross product of a direction and it."""
    x, y, z = np.asarray(direction, np.float64)
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
