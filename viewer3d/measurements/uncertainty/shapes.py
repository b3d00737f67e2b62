"""Uncertainty of lengths, angles and areas of shapes, whose ends are set on voxels.

An end is known to the voxel it lies in: a rectangular distribution over the voxel's box, whose covariance is
``A A' / 12`` for the affine's 3 x 3 part A, whatever way the slice goes. What the grid's own places are uncertain by
(:class:`~viewer3d.core.grids.place_errors.PlaceErrors`) adds to it. From there on it is the law of propagation (JCGM
100:2008, 5.1 and 5.2), with the terms of second order where they matter: at short lengths and small angles.
``docs/uncertainty.md`` derives it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.grids.place_errors import RECTANGULAR, PlaceErrors
from viewer3d.core.vectors import Points
from viewer3d.measurements.uncertainty.intervals import NORMAL

_KURTOSIS: Final = 1.8
"""Fourth moment of a rectangular distribution over its variance squared."""


def place_covariance(geometry: Geometry, errors: PlaceErrors) -> NDArray[np.float64]:
    """Return the covariance (mm2), shape (3, 3), of a point that was set on a grid, in LPS."""
    A = geometry.affine[:3, :3]
    found: NDArray[np.float64] = RECTANGULAR * (A @ A.T) + errors.covariance
    return found


def length_uncertainty(points: Points, covariance: NDArray[np.float64]) -> float:
    """Return the expanded uncertainty (95 %) of the distance between two points, in mm.

    Parameters
    ----------
    points : ndarray, shape (2, 3)
        LPS in mm.
    covariance : ndarray, shape (3, 3)
        Of each end (mm2), see :func:`place_covariance`.

    Notes
    -----
    With the difference D of the ends, of covariance C = 2 x that of one, along u = D / |D| the variance is u' C u. What
    is across makes the true distance longer by e' e / (2 |D|): the mean of its square is (tr(P)^2 + 2 tr(P^2)) /
    (4 |D|^2), with P the part of C across u (JCGM 100:2008, 5.1.2, note). Never more than all of C.
    """
    both = 2 * covariance
    way = points[1] - points[0]
    length = float(np.sqrt(way @ way))
    total = float(np.trace(both))
    if length**2 <= total / 100:
        return float(NORMAL * total**0.5)
    along = way / length
    across = np.eye(3) - np.outer(along, along)
    P = across @ both @ across
    second = (float(np.trace(P)) ** 2 + 2 * float(np.sum(P * P))) / (4 * length**2)
    return float(NORMAL * min(float(along @ both @ along) + second, total) ** 0.5)


def angle_uncertainty(points: Points, covariance: NDArray[np.float64]) -> float | None:
    """Return the expanded uncertainty (95 %) of the angle at the second of three points, in degrees.

    Parameters
    ----------
    points : ndarray, shape (3, 3)
        LPS in mm.
    covariance : ndarray, shape (3, 3)
        Of each point (mm2).

    Returns
    -------
    float or None
        At most 180; None where there is no angle.

    Notes
    -----
    The sensitivities are differences over one standard deviation times the root of the kurtosis to either side, along
    the principal axes of each point: they give the variance to second order, and the mean, by which an angle near 0 or
    180 degrees is off to one side (JCGM 100:2008, 5.1.3 and 5.1.2, note).
    """
    values, vectors = np.linalg.eigh(covariance)
    steps = (vectors * np.sqrt(np.maximum(values, 0) * _KURTOSIS)).T
    moves = np.zeros((3, 3, 2, 3, 3))
    for point in range(3):
        moves[point, :, 0, point], moves[point, :, 1, point] = steps, -steps
    angles = angles_of(points + moves.reshape(-1, 3, 3)).reshape(9, 2)
    middle = float(angles_of(points[None])[0])
    if not np.isfinite(middle) or not np.isfinite(angles).all():
        return None
    first = (angles[:, 0] - angles[:, 1]) / (2 * _KURTOSIS**0.5)
    second = (angles.sum(1) - 2 * middle) / _KURTOSIS
    variance = float((first**2).sum() + (second**2).sum() * (_KURTOSIS - 1) / 4)
    return float(min(NORMAL * (variance + float(second.sum() / 2) ** 2) ** 0.5, 180.0))


def angles_of(points: Points) -> NDArray[np.float64]:
    """Return the angles (degrees) at the second of three points, (N, 3, 3); NaN where there is none."""
    one, other = points[:, 0] - points[:, 1], points[:, 2] - points[:, 1]
    across = np.linalg.norm(np.cross(one, other), axis=1)
    along = (one * other).sum(1)
    angles = np.degrees(np.arctan2(across, along))
    nowhere = ~(one.any(1) & other.any(1))
    angles[nowhere] = np.nan
    return angles  # type: ignore[no-any-return]


def area_uncertainty(
    sides: tuple[float, float], axes: NDArray[np.float64], covariance: NDArray[np.float64], share: float
) -> float:
    """Return the expanded uncertainty (95 %) of the area of a rectangle or ellipse, in mm2.

    Parameters
    ----------
    sides : tuple of float
        Of the box around it, along right and down, in mm.
    axes : ndarray, shape (2, 3)
        Right and down.
    covariance : ndarray, shape (3, 3)
        Of each of the two corners (mm2).
    share : float
        Of the box that it fills: 1, or pi / 4 of an ellipse.

    Notes
    -----
    Each side is the distance of two corners along its axis, and the area their product.
    """
    C = 2 * axes @ covariance @ axes.T
    width, height = sides
    first = height**2 * C[0, 0] + width**2 * C[1, 1] + 2 * width * height * C[0, 1]
    return float(NORMAL * share * max(first + C[0, 0] * C[1, 1] + C[0, 1] ** 2, 0.0) ** 0.5)
