"""Find the point of a polyline that is nearest to a pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def nearest_on_line(points: ArrayLike, pixel: ArrayLike, *, closed: bool) -> NDArray[np.float64]:
    """Return the point, shape (2,), that is nearest to a pixel on the straight lines between points.

    Parameters
    ----------
    points : array_like, shape (N, 2)
        Two or more.
    pixel : array_like, shape (2,)
    closed : bool
        Whether the last is joined to the first.
    """
    ends, here = np.asarray(points, np.float64), np.asarray(pixel, np.float64)
    ends = np.concatenate([ends, ends[:1]]) if closed else ends
    begins, ways = ends[:-1], ends[1:] - ends[:-1]
    along = np.sum((here - begins) * ways, axis=1) / np.maximum(np.sum(ways**2, axis=1), 1e-12)
    places = begins + np.clip(along, 0, 1)[:, None] * ways
    nearest: NDArray[np.float64] = places[np.argmin(np.hypot(*(places - here).T))]
    return nearest
