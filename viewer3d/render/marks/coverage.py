"""Compute how much of each pixel a line covers, to draw it smoothly."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_LONGEST_PART = 32
"""Pixels: a line is parted into lengths no longer than this, each looked at in a small box of its own."""

PixelPath = tuple[tuple[float, float], ...]
Coverage = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]


@lru_cache(maxsize=256)  # some 10 MB: an outline stays as it is while slices and windows change below it
def coverage(points: PixelPath, width: float, shape: tuple[int, int]) -> Coverage:
    """Find the pixels that a line touches.

    Parameters
    ----------
    points : tuple of (float, float)
        Columns and rows (whole numbers are pixel centres), two points or more; its ends are round.
    width : float
        In pixels.
    shape : tuple of int
        Height and width of the picture.

    Returns
    -------
    rows, columns : ndarray of int
        Of the pixels.
    share : ndarray of float64
        How much of each is covered, above 0 and up to 1: a pixel whose centre is a distance away from the line is
        covered as one that a straight edge passes there.
    """
    edge = width / 2 + 0.5
    ends = np.array(points, np.float64)
    begins, directions = subdivided(*clipped(ends[:-1], ends[1:] - ends[:-1], edge, shape), _LONGEST_PART)
    sides = np.array(shape[::-1])
    first = np.clip(np.ceil(np.minimum(begins, begins + directions) - edge), 0, sides).astype(int)
    last = np.clip(np.floor(np.maximum(begins, begins + directions) + edge) + 1, 0, sides).astype(int)
    part, number = _repeated(np.maximum(last - first, 0).prod(-1))
    down, across = np.divmod(number, (last - first)[part, 0])
    pixels = first[part] + np.stack([across, down], -1)
    away, direction = pixels - begins[part], directions[part]
    along = np.clip((away * direction).sum(-1) / np.maximum((direction**2).sum(-1), 1e-12), 0, 1)
    share = np.minimum(edge - np.hypot(*(away - along[:, None] * direction).T), 1)
    touched = share > 0
    flat_index, found = np.unique(pixels[touched] @ (1, sides[0]), return_inverse=True)
    shares = np.zeros(len(flat_index))
    np.maximum.at(shares, found, share[touched])
    rows, columns = np.divmod(flat_index, sides[0])
    return rows, columns, shares


def _repeated(counts: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Repeat each index as often as its count says, and number the repeats.

    Counts (2, 1) give (0, 0, 1) and (0, 1, 0).
    """
    things = np.repeat(np.arange(len(counts)), counts)
    return things, np.arange(len(things)) - (np.cumsum(counts) - counts)[things]


def clipped(
    begins: NDArray[np.float64], directions: NDArray[np.float64], edge: float, shape: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Leave out what of straight lines lies further than an edge beyond the picture.

    Parameters
    ----------
    begins, directions : ndarray of float64, shape (N, 2)
        Where each begins and how it goes on to its end: columns and rows.
    edge : float
        In pixels.
    shape : tuple of int
        Height and width of the picture.

    Returns
    -------
    tuple of two ndarrays of float64, shape (M, 2)
        The same of what is left.
    """
    low, high = np.full(2, -edge - 1), np.array(shape[::-1]) + edge
    slopes = np.where(directions == 0, 1e-200, directions)
    one, other = (low - begins) / slopes, (high - begins) / slopes
    first, last = np.maximum(np.minimum(one, other).max(-1), 0), np.minimum(np.maximum(one, other).min(-1), 1)
    seen = first <= last
    begins, directions, first, last = begins[seen], directions[seen], first[seen, None], last[seen, None]
    return begins + first * directions, (last - first) * directions


def subdivided(
    begins: NDArray[np.float64], directions: NDArray[np.float64], longest: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Split straight lines, as :func:`clipped` has them, into equal parts of so many pixels at most."""
    counts = np.maximum(np.ceil(np.hypot(*directions.T) / longest), 1).astype(int)
    line, number = _repeated(counts)
    steps = (directions / counts[:, None])[line]
    return begins[line] + number[:, None] * steps, steps
