"""Area, perimeter and inside of an outline: a polygon in a plane, by the even-odd rule."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.contours.polygons import contains, moments

Flat = NDArray[np.float64]
"""Points of a plane, shape (..., 2), in mm."""

_SIDES: Final = ((0, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""Ways to look from a point: whatever way an edge goes that it lies on, one of the diagonal ones leads inside."""


def area_of(flat: Flat) -> float:
    """Return the area (mm2) that an outline, shape (N, 2) in mm, goes around an odd number of times."""
    return moments([flat]).area


def perimeter_of(flat: Flat) -> float:
    """Return the length (mm) of an outline, shape (N, 2) in mm, whose last point is joined to its first."""
    return float(np.hypot(*(np.roll(flat, -1, axis=0) - flat).T).sum())


def contains_or_touches(flat: Flat, points: Flat, tolerance: float) -> NDArray[np.bool_]:
    """Return which points lie in an outline or on it.

    Parameters
    ----------
    flat : ndarray, shape (N, 2)
        Corners of the outline.
    points : ndarray, shape (..., 2)
    tolerance : float
        How far from the outline is still on it, in the same unit.

    Returns
    -------
    ndarray of bool, shape (...)
    """
    inside = np.zeros(points.shape[:-1], np.bool_)
    low, high = flat.min(0) - tolerance, flat.max(0) + tolerance
    near = ((points >= low) & (points <= high)).all(-1)
    here = points[near]
    if not len(here):
        return inside
    found = np.zeros(len(here), np.bool_)
    for side in _SIDES:
        left = ~found
        found[left] = contains([flat], here[left] + tolerance * np.array(side))
    # At a sharp corner none of the ways may lead inside.
    order = np.argsort(here[:, 0])
    across = here[order, 0]
    first, end = np.searchsorted(across, flat[:, 0] - tolerance), np.searchsorted(across, flat[:, 0] + tolerance)
    for corner, low_end, high_end in zip(flat, first.tolist(), end.tolist(), strict=True):
        same = order[low_end:high_end]
        found[same[np.abs(here[same, 1] - corner[1]) <= tolerance]] = True
    inside[near] = found
    return inside
