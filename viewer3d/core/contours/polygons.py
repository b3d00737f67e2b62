"""Polygons of one plane: the points of a grid in them, their area and centroid, by the even-odd rule.

All polygons are taken together: a point lies inside where a ray from it crosses their edges an odd number of times. So
a polygon within another is a hole, one that crosses itself has what its boundary winds about once, and a keyhole needs
no care (PS3.3 C.8.8.6.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.vectors import Points
from viewer3d.errors import LimitError

_ON_CENTRE: Final = 2.0**-17
"""Voxels: a point that is no further from the column or row of a voxel's centre lies on it. Many contours go through
centres, as they were drawn on their grid, and how files round (to 1e-6 mm) must not decide which side those are on."""

_BESIDE: Final = 2.0**-30
"""Voxels that boundaries are shifted by, so that rounding along edges (1e-13) does not decide either."""

MOST_CROSSINGS: Final = 1 << 27
"""Crossings of edges with rows of a grid or with levels: 2 s to fill, 20 s to measure. Organs have less than 2**24."""

_PART: Final = 1 << 20
"""Crossings that are found at a time, in about 60 MB."""

_SAME: Final = 1e-11
"""Of the extent of polygons: lines that are no further apart are one."""

_MOST_SPLITS: Final = 10_000
"""Crossings of edges with each other that are found exactly: 1 s."""


def edges_of(polygons: Sequence[Points]) -> NDArray[np.float64]:
    """Return all edges as rows x0, y0, x1, y1, the last point of each polygon joined to its first."""
    start = np.concatenate(polygons)
    end = np.empty_like(start)
    end[:-1] = start[1:]
    counts = np.array([len(one) for one in polygons])
    last = np.cumsum(counts)
    end[last - 1] = start[last - counts]
    return np.concatenate([start, end], axis=1)


def _check_crossings(count: int) -> None:
    if count > MOST_CROSSINGS:
        raise LimitError(
            f"contours cross the rows or levels of their planes {count:,} times, more than {MOST_CROSSINGS:,}: give "
            "contours with fewer points"
        )


def fill(polygons: Sequence[Points], shape: tuple[int, int]) -> tuple[NDArray[np.bool_], int, int]:
    """Return which points of a grid lie in polygons, by the even-odd rule.

    Parameters
    ----------
    polygons : sequence of ndarray, shape (points, 2)
        x and y in voxels of the grid, whose points have whole numbers. Each is closed: its last point is not its first.
    shape : tuple of int
        Points of the grid along x and y.

    Returns
    -------
    tuple of ndarray of bool, shape (y, x), and int, int
        A box of the grid that holds all that is inside, and the x and y it begins with.

    Raises
    ------
    LimitError
        When edges cross rows more than :data:`MOST_CROSSINGS` times.
    """
    return fill_edges(edges_of(polygons), shape)


def fill_edges(edges: NDArray[np.float64], shape: tuple[int, int]) -> tuple[NDArray[np.bool_], int, int]:
    """Return which points of a grid lie between edges, as :func:`fill` does; their order does not matter.

    Parameters
    ----------
    edges : ndarray, shape (N, 4)
        Rows x0, y0, x1, y1 in voxels of the grid. They close: each end is one of an even number of edges.
    shape : tuple of int
        Points of the grid along x and y.

    Returns
    -------
    tuple of ndarray of bool, shape (y, x), and int, int
        A box of the grid that holds all that is inside, and the x and y it begins with.

    Raises
    ------
    LimitError
        When edges cross rows more than :data:`MOST_CROSSINGS` times.
    """
    if not len(edges):
        return np.zeros((0, 0), np.bool_), 0, 0
    whole = np.rint(edges)
    x0, y0, x1, y1 = (np.where(np.abs(edges - whole) <= _ON_CENTRE, whole, edges) - _BESIDE).T
    first = np.ceil(np.clip(np.minimum(y0, y1), 0, shape[1])).astype(np.int64)
    end = np.ceil(np.clip(np.maximum(y0, y1), 0, shape[1])).astype(np.int64)
    left = int(np.ceil(np.clip(min(x0.min(), x1.min()), 0, shape[0])))
    right = int(np.ceil(np.clip(max(x0.max(), x1.max()), 0, shape[0])))
    counts = end - first
    crossed = np.flatnonzero(counts)
    if left == right or not crossed.size:
        return np.zeros((0, 0), np.bool_), 0, 0
    x0, y0, x1, y1, first, counts = (one[crossed] for one in (x0, y0, x1, y1, first, counts))
    _check_crossings(int(counts.sum()))
    low, high, width = int(first.min()), int((first + counts).max()), right - left + 1
    slope = (x1 - x0) / (y1 - y0)
    parity = np.zeros((high - low) * width, np.uint8)
    for part, edge, row in edge_pairs(first, counts):
        x = x0[part][edge] + (row - y0[part][edge]) * slope[part][edge]
        column = np.ceil(np.clip(x, left, right)).astype(np.int64) - left
        found = np.bincount((row - low) * width + column, minlength=parity.size)
        parity ^= (found & 1).astype(np.uint8)
    rows = parity.reshape(high - low, width)
    return np.bitwise_xor.accumulate(rows, axis=1)[:, :-1].view(np.bool_), left, low


def contains(polygons: Sequence[Points], points: Points) -> NDArray[np.bool_]:
    """Return which points lie in polygons, by the even-odd rule.

    Parameters
    ----------
    polygons : sequence of ndarray, shape (points, 2)
    points : ndarray, shape (N, 2)

    Returns
    -------
    ndarray of bool, shape (N,)

    Raises
    ------
    LimitError
        When edges pass points more than :data:`MOST_CROSSINGS` times.
    """
    order = np.argsort(points[:, 1], kind="stable")
    x, y = points[order].T
    x0, y0, x1, y1 = edges_of(polygons).T
    first, end = np.searchsorted(y, np.minimum(y0, y1)), np.searchsorted(y, np.maximum(y0, y1))
    passed = np.flatnonzero(end > first)
    x0, y0, x1, y1, first, end = (one[passed] for one in (x0, y0, x1, y1, first, end))
    _check_crossings(int((end - first).sum()))
    parity = np.zeros(len(points), np.bool_)
    for part, edge, point in edge_pairs(first, end - first):
        share = (y[point] - y0[part][edge]) / (y1 - y0)[part][edge]
        beyond = x[point] >= x0[part][edge] + share * (x1 - x0)[part][edge]
        parity ^= (np.bincount(point[beyond], minlength=parity.size) & 1).astype(np.bool_)
    inside = np.empty_like(parity)
    inside[order] = parity
    return inside


def edge_pairs(
    first: NDArray[np.int64], counts: NDArray[np.int64]
) -> Iterator[tuple[slice, NDArray[np.int64], NDArray[np.int64]]]:
    """Yield parts of edges, and of each crossing the edge within the part and the row that is crossed."""
    total = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = int(total[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(total, before + _PART, side="right")))
        own = counts[start:stop]
        edge = np.repeat(np.arange(stop - start), own)
        begin = first[start:stop] - (np.cumsum(own) - own)
        yield slice(start, stop), edge, np.arange(edge.size) + begin[edge]
        start = stop


@dataclass(frozen=True)
class Moments:
    """The area of polygons and the integrals of x and y over it.

    Attributes
    ----------
    area : float
    x, y : float
        Integrals of x and y: divided by the area, the centroid.
    exact : bool
        False where edges cross each other too often to follow each crossing.
    crossings, splits : int
        How often edges spanned levels, and crossed each other; with what was spent before.
    """

    area: float
    x: float
    y: float
    exact: bool = True
    crossings: int = 0
    splits: int = 0


NO_AREA: Final = Moments(0.0, 0.0, 0.0)


def moments(polygons: Sequence[Points], before: Moments = NO_AREA) -> Moments:
    """Return the exact area that polygons enclose by the even-odd rule, and its first moments.

    The plane is cut at the y of all points. Between two levels edges are straight lines side by side, and every other
    space between two of them is inside: trapezoids. Where lines cross in between it is cut there as well.

    Parameters
    ----------
    polygons : sequence of ndarray, shape (points, 2)
    before : Moments
        Of the plane before, whose crossings and splits count as well: what all planes may take is limited.

    Raises
    ------
    LimitError
        When edges span levels more than :data:`MOST_CROSSINGS` times.
    """
    nothing = replace(before, area=0.0, x=0.0, y=0.0, exact=True)
    if not polygons:
        return nothing
    edges = edges_of(polygons)
    middle = edges[:, :2].mean(0)  # about the middle rounding is least
    edges = edges - np.tile(middle, 2)
    edges = edges[edges[:, 1] != edges[:, 3]]
    edges = np.where((edges[:, 1] < edges[:, 3])[:, None], edges, edges[:, [2, 3, 0, 1]])
    if not len(edges):
        return nothing
    levels = np.unique(edges[:, [1, 3]])
    first, end = np.searchsorted(levels, edges[:, 1]), np.searchsorted(levels, edges[:, 3])
    crossings = before.crossings + int((end - first).sum())
    _check_crossings(crossings)
    same = _SAME * float(np.abs(edges).max())
    total, splits = np.zeros(3), before.splits
    for begin, stop in _strip_ranges(first, end, len(levels)):
        here = np.flatnonzero((first < stop) & (end > begin))
        own_first = np.maximum(first[here], begin)
        own_counts = np.minimum(end[here], stop) - own_first
        edge = np.repeat(here, own_counts)
        starts = np.cumsum(own_counts) - own_counts
        strip = np.arange(edge.size) - np.repeat(starts - own_first, own_counts)
        x0, y0, x1, y1 = edges[edge].T
        slope = (x1 - x0) / (y1 - y0)
        low, high = levels[strip], levels[strip + 1]
        # The ends of an edge are taken as they are: those of two edges that meet must not differ by rounding.
        a = np.where(low == y0, x0, x0 + (low - y0) * slope)
        b = np.where(high == y1, x1, x0 + (high - y0) * slope)
        found, used = _strip_sums(strip, _Lines(low, high, a, b), same, _MOST_SPLITS - splits)
        total += found
        splits += used
    area, x, y = total.tolist()
    at_x, at_y = middle.tolist()
    return Moments(area, x + at_x * area, y + at_y * area, splits < _MOST_SPLITS, crossings, splits)


def _strip_ranges(first: NDArray[np.int64], end: NDArray[np.int64], levels: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of strips in which lines are about as many as are worked on at a time."""
    lines = np.zeros(levels, np.int64)
    np.add.at(lines, first, 1)
    np.add.at(lines, end, -1)
    total = np.cumsum(np.cumsum(lines))
    start = 0
    while start < levels - 1:
        before = int(total[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(total, before + _PART, side="right")))
        yield start, min(stop, levels - 1)
        start = stop


@dataclass(frozen=True, eq=False)
class _Lines:
    """Parts of edges within strips: each goes from x `a` at y `low` to x `b` at y `high`."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    a: NDArray[np.float64]
    b: NDArray[np.float64]

    def __getitem__(self, which: NDArray[Any] | slice) -> _Lines:
        return _Lines(self.low[which], self.high[which], self.a[which], self.b[which])

    def sums(self, rank: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return area and moments of what lies left of lines, those of odd rank less those of even rank."""
        a, b, height = self.a, self.b, self.high - self.low
        signed = height * np.where(rank & 1, 1.0, -1.0)
        area = signed * (a + b) / 2
        x = signed * (a * a + a * b + b * b) / 6
        y = area * self.low + signed * height * (a + 2 * b) / 6
        return np.array([area.sum(), x.sum(), y.sum()])


def _strip_sums(strip: NDArray[np.int64], lines: _Lines, same: float, splits: int) -> tuple[NDArray[np.float64], int]:
    """Return area and moments of strips, and how often strips were split where lines cross."""
    order = np.lexsort((lines.a + lines.b, strip))
    strip, lines = strip[order], lines[order]
    starts = np.diff(strip, prepend=-1) != 0
    begins, number = np.flatnonzero(starts), np.cumsum(starts) - 1
    rank = np.arange(strip.size) - begins[number]
    a, b = lines.a, lines.b
    crossing = (number[1:] == number[:-1]) & ((a[1:] < a[:-1] - same) | (b[1:] < b[:-1] - same))
    total, used = np.zeros(3), 0
    ends, plain = np.append(begins[1:], strip.size), np.ones(begins.size, np.bool_)
    for one in np.unique(number[1:][crossing]).tolist():
        if used >= splits:
            break  # what is left is summed as if its lines crossed in the middle
        found, count = _split_sums(lines[begins[one] : ends[one]], same, splits - used)
        total += found
        used += count
        plain[one] = False
    kept = plain[number]
    return total + lines[kept].sums(rank[kept]), used


def _split_sums(lines: _Lines, same: float, splits: int) -> tuple[NDArray[np.float64], int]:
    """Return area and moments of a strip whose lines cross, split at one crossing after the other."""
    total, used = np.zeros(3), 0
    low, high, a, b = lines.low, lines.high, lines.a, lines.b
    rank = np.arange(len(a))
    while used < splits:
        order = np.argsort(a, kind="stable")
        together = np.cumsum(np.diff(a[order], prepend=a[order[0]]) > same)  # lines that meet here, by where they go
        order = order[np.lexsort((b[order], together))]
        a, b = a[order], b[order]
        apart, swapped = np.maximum(a[1:] - a[:-1], 0), b[:-1] - b[1:]
        crossing = np.flatnonzero(swapped > same)
        if not crossing.size:
            break
        # The lowest crossing of all is one of two neighbours.
        share = float((apart[crossing] / (apart[crossing] + swapped[crossing])).min())
        cut, at = low + share * (high - low), a + share * (b - a)
        total += _Lines(low, cut, a, at).sums(rank)
        low, a, used = cut, at, used + 1
    order = np.argsort(a + b, kind="stable")
    return total + _Lines(low, high, a[order], b[order]).sums(rank), used


def simplified(points: NDArray[np.float64], tolerance: float) -> NDArray[np.intp]:
    """Return which points of a line are kept, both ends among them, in order.

    Parameters
    ----------
    points : ndarray, shape (N, D)
        Two or more.
    tolerance : float
        How far a point that is left out may be from the straight line between the kept ones on either side of it.

    Notes
    -----
    The point that is furthest from the line between two kept ones is kept, until none is further than the tolerance
    (U. Ramer, Comput. Graph. Image Process. 1972; 1: 244; D. H. Douglas and T. K. Peucker, Cartographica 1973; 10:
    112).
    """
    kept = np.zeros(len(points), np.bool_)
    kept[[0, -1]] = True
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        away, way = points[first + 1 : last] - points[first], points[last] - points[first]
        share = np.clip(away @ way / max(float(way @ way), 1e-300), 0, 1)
        beside = np.linalg.norm(away - share[:, None] * way, axis=1)
        furthest = int(beside.argmax())
        if beside[furthest] > tolerance:
            middle = first + 1 + furthest
            kept[middle] = True
            spans += [(first, middle), (middle, last)]
    return np.flatnonzero(kept)
