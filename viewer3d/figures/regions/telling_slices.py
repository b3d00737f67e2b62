"""Choose the slices that show most of what a figure is about, and none beside another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

SPREAD: Final = 0.75
"""Least distance of two slices, of what it were if they lay evenly: neighbours look alike."""

EVENNESS: Final = 0.5
"""Score, of the highest, that being off an even place by the whole extent costs."""


def telling_slices(scores: ArrayLike, count: int) -> list[int]:
    """Return the numbers of slices with high scores that lie apart.

    Parameters
    ----------
    scores : array_like, shape (N,)
        How much each slice shows; those with 0 are never chosen.
    count : int
        How many are wanted; less where there are less that lie apart.

    Returns
    -------
    list of int
        In ascending order; two are at least :data:`SPREAD` of the extent divided by their count apart. Their sum of
        scores is the highest, less a little for each that is off the places at which they were even.

    Examples
    --------
    >>> telling_slices([0, 1, 5, 6, 5, 1, 1, 4, 0], 2), telling_slices([1] * 12, 3)
    ([3, 7], [1, 5, 9])
    """
    values = np.asarray(scores, np.float64)
    shown = np.flatnonzero(values > 0)
    for wanted in range(min(max(count, 0), shown.size), 0, -1):
        if chosen := _chosen(values / values.max(), wanted, int(shown[0]), int(shown[-1]) + 1):
            return chosen
    return []


def _chosen(values: NDArray[np.float64], count: int, first: int, end: int) -> list[int]:
    """Return so many slices of values from 0 to 1; none where not so many lie apart."""
    gap = max(1, round(SPREAD * (end - first) / count))
    places = np.arange(len(values)) + 0.5
    # best[m][n]: the highest sum of m slices all before n.
    best = np.full((count + 1, len(values) + 1), -np.inf)
    best[0] = 0
    for m, even in enumerate(spread(first, end, count), 1):
        worth = np.where(values > 0, values - EVENNESS * np.abs(places - even) / (end - first), -np.inf)
        for n, one in enumerate(worth.tolist()):
            best[m, n + 1] = max(best[m, n], best[m - 1, max(n + 1 - gap, 0) if m > 1 else 0] + one)
    if not np.isfinite(best[count, -1]):
        return []
    chosen, n = [], len(values)
    for m in range(count, 0, -1):
        n = int(np.argmax(best[m, : n + 1]))  # the earliest that has the highest sum: the slice before it is taken
        chosen.append(n - 1)
        n = max(n - gap, 0)
    return chosen[::-1]


def spread(low: float, high: float, count: int) -> Sequence[float]:
    """Return places in the middles of equal parts of a range."""
    return [float(low + (high - low) * (n + 0.5) / count) for n in range(count)]
