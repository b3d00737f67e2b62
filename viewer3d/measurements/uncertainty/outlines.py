"""Uncertainty of the area of an outline, and of the mean in it, whose corners are set on voxels.

Each corner is known to the voxel it lies in, as an end is (:mod:`viewer3d.measurements.uncertainty.shapes`), and what
follows is the law of propagation (JCGM 100:2008, 5.1.2). Corners that lie closer to each other than voxels are off
together, not each by itself: a hand that draws without lifting sets no more of them than its line has voxels.
``docs/uncertainty.md`` derives it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.view.measurement import Measurement
from viewer3d.measurements.outlines import Flat, perimeter_of
from viewer3d.measurements.uncertainty.intervals import NORMAL


def pixel_area(geometry: Geometry, normal: NDArray[np.float64]) -> float:
    """Return the area (mm2) of the section of a voxel and a plane, on average."""
    return float(np.prod(geometry.spacing)) / geometry.step(normal)


def corners_together(flat: Flat, pixel: float) -> float:
    """Return how many corners of an outline are off together: 1 where no two lie in one voxel.

    Parameters
    ----------
    flat : ndarray, shape (N, 2)
        In mm.
    pixel : float
        Area of a voxel's section (mm2).

    Notes
    -----
    Of all directions on average a line passes 4 / pi squares on the length of a side (Cauchy's formula).
    """
    passed = perimeter_of(flat) / pixel**0.5 * 4 / np.pi
    return float(max(1.0, len(flat) / passed)) if passed > 0 else float(len(flat))


def outline_area_uncertainty(shape: Measurement, geometry: Geometry, covariance: NDArray[np.float64]) -> float:
    """Return the expanded uncertainty (95 %) of the area of a freehand or polygon, in mm2.

    Parameters
    ----------
    shape : Measurement
    geometry : Geometry
        Of the volume that it was drawn on.
    covariance : ndarray, shape (3, 3)
        Of each of its corners (mm2).

    Notes
    -----
    The area is half the sum of the cross products of neighbouring corners: a corner that is moved by d changes it by
    half the cross product of d and the way between its two neighbours. Of n corners all by themselves the products of
    two moved ones add n times half the determinant of the covariance.
    """
    flat = shape.flat
    axes = np.array([shape.right, shape.down])
    C = axes @ covariance @ axes.T
    between = np.roll(flat, -1, axis=0) - np.roll(flat, 1, axis=0)
    slopes = np.stack([between[:, 1], -between[:, 0]], -1) / 2
    together = corners_together(flat, pixel_area(geometry, shape.normal))
    first = together * float(np.einsum("ni,ij,nj->", slopes, C, slopes))
    second = len(flat) / together * float(np.linalg.det(C)) / 2
    return float(NORMAL * max(first + second, 0.0) ** 0.5)


def outline_edge_slopes(flat: Flat, contrast: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a moved corner adds to the integral of a contrast over the inside, shape (N, 2), per mm.

    Parameters
    ----------
    flat : ndarray, shape (N, 2)
        Corners in mm.
    contrast : ndarray, shape (N, K)
        On the edge that begins with each corner, in the middles of K parts of it.

    Notes
    -----
    An edge whose one end is moved by d sweeps over its length, at its other end nothing and between in proportion.
    """
    ways = np.roll(flat, -1, axis=0) - flat
    across = np.stack([ways[:, 1], -ways[:, 0]], -1)  # as long as the edge
    parts = contrast.shape[1]
    share = (np.arange(parts) + 0.5) / parts
    begins = (contrast * (1 - share)).mean(1)[:, None] * across
    ends = (contrast * share).mean(1)[:, None] * across
    slopes: NDArray[np.float64] = begins + np.roll(ends, 1, axis=0)
    return slopes
