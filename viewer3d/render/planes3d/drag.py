"""Compute how far a slice that is dragged by its outline in 3D goes along its normal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEAR_OUTLINE = 6
"""Pixels from an outline within which it is meant."""

FACED = float(np.cos(np.radians(12)))
"""Cosine between a slice's normal and the line of sight from which on the normal is all but a point on the
screen: then up is away from the eye."""

Vec = NDArray[np.float64]


def push_distance(normal: Vec, held: Vec, seen_along: Vec, line_of_sight: tuple[Vec, Vec], rise: float) -> float:
    """Return how many mm along its normal a slice goes when the dragged point follows the pointer.

    Parameters
    ----------
    normal : ndarray of float64, shape (3,)
        Of the slice, of unit length.
    held : ndarray of float64, shape (3,)
        The world point that was taken hold of.
    seen_along : ndarray of float64, shape (3,)
        The direction from the eye to that point, of any length.
    line_of_sight : tuple of ndarray of float64, shape (3,)
        A point on the line of sight through the pointer, and the line's direction, of any length.
    rise : float
        How far the pointer went up, in mm at the depth of that point.
    """
    facing = float(normal @ seen_along) / float(np.linalg.norm(seen_along))
    if abs(facing) > FACED:
        return rise if facing > 0 else -rise
    # Where the line along the normal through the held point comes nearest to the line of sight.
    away, ahead = held - line_of_sight[0], line_of_sight[1] / np.linalg.norm(line_of_sight[1])
    slant = float(normal @ ahead)
    return float(slant * (ahead @ away) - normal @ away) / max(1 - slant**2, 1e-9)
