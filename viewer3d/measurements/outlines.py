"""Area, perimeter and inside of an outline: a polygon in a plane, by the even-odd rule."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.contours.polygons import edge_pairs, edges_of, moments

Flat = NDArray[np.float64]
"""Points of a plane, shape (..., 2), in mm."""


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
    inside[near] = _inside(flat, points[near], tolerance)
    return inside


def _inside(flat: Flat, points: Flat, tolerance: float) -> NDArray[np.bool_]:
    """Return the same of points, shape (N, 2): each edge is held against those in its rows alone."""
    order = np.argsort(points[:, 1], kind="stable")
    x, y = points[order].T
    x0, y0, x1, y1 = edges_of([flat]).T
    first = np.searchsorted(y, np.minimum(y0, y1) - tolerance)
    end = np.searchsorted(y, np.maximum(y0, y1) + tolerance, side="right")
    parity, touched = np.zeros((2, len(points)), np.bool_)
    for part, edge, point in edge_pairs(first, end - first):
        begin_x, begin_y, way_x, way_y = (one[part][edge] for one in (x0, y0, x1 - x0, y1 - y0))
        away_x, away_y = x[point] - begin_x, y[point] - begin_y
        # Below the higher end and not below the lower one, as neighbouring edges share the row of their corner.
        spanned = (away_y >= np.minimum(way_y, 0)) & (away_y < np.maximum(way_y, 0))
        # On which side of the edge, with a sign that says nothing of its direction: no division by its height.
        beside = (away_x * way_y - away_y * way_x) * np.where(way_y < 0, -1, 1)
        parity ^= (np.bincount(point[spanned & (beside >= 0)], minlength=parity.size) & 1).astype(np.bool_)
        length = np.hypot(way_x, way_y)
        along = away_x * way_x + away_y * way_y
        on_line = (np.abs(beside) <= tolerance * length) & (along >= 0) & (along <= length * length)
        at_corner = np.maximum(np.abs(away_x), np.abs(away_y)) <= tolerance
        touched[point[on_line & (length > 0) | at_corner]] = True
    found = np.empty_like(parity)
    found[order] = parity | touched
    return found
