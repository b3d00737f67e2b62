"""Compute the points of the curves that graphic annotations are: circles, ellipses and smooth lines."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Points2 = NDArray[np.float64]
"""Columns and rows, shape (N, 2)."""

CIRCLE_POINTS: Final = 128
"""Of a circle or ellipse: the chords miss it by 0.0003 of its radius."""

BETWEEN: Final = 8
"""Parts of a smooth line between two of its points."""


def circle_points(center: Points2, on_it: Points2, aspect: float = 1.0) -> Points2:
    """Return points of a circle, which is round in the patient.

    Parameters
    ----------
    center, on_it : ndarray, shape (2,)
        Its centre and a point of it, column and row.
    aspect : float
        Height of a pixel over its width.

    Returns
    -------
    ndarray of float64, shape (:data:`CIRCLE_POINTS`, 2)
    """
    away = (on_it - center) * (1, aspect)
    radius = float(np.hypot(*away))
    return np.asarray(center + radius * _turn() / (1, aspect), np.float64)


def ellipse_points(ends: Points2) -> Points2:
    """Return points of an ellipse by the ends of its major and of its minor axis, shape (4, 2)."""
    middle = ends.mean(0)
    one, other = (ends[1] - ends[0]) / 2, (ends[3] - ends[2]) / 2
    turn = _turn()
    return np.asarray(middle + turn[:, :1] * one + turn[:, 1:] * other, np.float64)


def smooth_points(points: Points2, *, closed: bool) -> Points2:
    """Return a smooth line through points: a Catmull-Rom spline.

    The Standard leaves the form of the curve to who draws it (PS3.3 C.10.5.1.2); this one goes through all its points.

    Parameters
    ----------
    points : ndarray, shape (N, 2)
    closed : bool
        Whether it goes on from the last to the first, which then are two points.
    """
    if len(points) < 3:
        return points
    around = (points[-1], points[0], points[1]) if closed else (2 * points[0] - points[1], 2 * points[-1] - points[-2])
    whole = np.concatenate([[around[0]], points, around[1:]])
    before, start, end, after = (whole[k : len(whole) - 3 + k, None] for k in range(4))
    t = np.linspace(0, 1, BETWEEN, endpoint=False)[None, :, None]
    curve = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    flat = curve.reshape(-1, 2)
    return flat if closed else np.concatenate([flat, points[-1:]])


def _turn() -> Points2:
    angle = np.linspace(0, 2 * np.pi, CIRCLE_POINTS, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], -1)
