"""How far a hand that drags a slice by its outline in 3D pushes it along its normal. Numbers only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEAR_OUTLINE = 6
"""Pixels from an outline within which it is meant."""

FACED = float(np.cos(np.radians(12)))
"""Cosine between a slice's normal and the way one looks at it from which on the normal is all but a point on the
screen: then up is away from the eye."""

Vec = NDArray[np.float64]


def pushed(normal: Vec, held: Vec, seen_along: Vec, sight: tuple[Vec, Vec], rise: float) -> float:
    """Return how many mm along its normal a slice goes when the point that is held goes to the pointer.

    Parameters
    ----------
    normal : ndarray of float64, shape (3,)
        Of the slice, of unit length.
    held : ndarray of float64, shape (3,)
        The world point that was taken hold of.
    seen_along : ndarray of float64, shape (3,)
        The way from the eye to that point, of any length.
    sight : tuple of ndarray of float64, shape (3,)
        A point on the line of sight through the pointer, and the line's direction, of any length.
    rise : float
        How far the pointer went up, in mm at the depth of that point.
    """
    facing = float(normal @ seen_along) / float(np.linalg.norm(seen_along))
    if abs(facing) > FACED:
        return rise if facing > 0 else -rise
    # Where the line along the normal through the held point comes nearest to the line of sight.
    away, ahead = held - sight[0], sight[1] / np.linalg.norm(sight[1])
    slant = float(normal @ ahead)
    return float(slant * (ahead @ away) - normal @ away) / max(1 - slant**2, 1e-9)
