"""Cut meshes by planes: the lines in a plane, whether a point is inside, and the mask on a grid.

What is inside is told by the even-odd rule, as of polygons: a shell within another is a hole.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.contours.polygons import fill_edges
from viewer3d.core.geometry import Geometry
from viewer3d.core.mesh import Mesh
from viewer3d.core.vectors import Points
from viewer3d.errors import LimitError

MOST_CUTS: Final = 1 << 24
"""Triangles times slices that cut them: 10 s. Of triangles that are no larger than voxels it is their number."""

_MOST_LAYERS: Final = 1 << 12
"""Layers that an :class:`Interior` has: of a million triangles of even size there are some 700."""


def plane_cut(mesh: Mesh, point: ArrayLike, normal: ArrayLike) -> NDArray[np.float64]:
    """Return the straight lines in which a plane cuts the triangles of a mesh.

    Parameters
    ----------
    mesh : Mesh
    point, normal : array_like, shape (3,)
        A world point (LPS, mm) on the plane, and what is at right angles to it.

    Returns
    -------
    ndarray of float64, shape (N, 2, 3)
        Their ends. Those of a closed mesh close: two triangles with one edge have one and the same end there.
    """
    return _lines(mesh.points, mesh.triangles, (mesh.points - np.asarray(point)) @ np.asarray(normal, np.float64))


def encloses(mesh: Mesh, point: ArrayLike) -> bool:
    """Return whether a world point (LPS, mm) lies in a closed mesh."""
    place = np.asarray(point, np.float64)
    low, high = mesh.bounds
    if not ((place >= low) & (place <= high)).all():  # NaN of no points holds in no comparison
        return False
    return _is_between(plane_cut(mesh, place, (0.0, 0.0, 1.0)), place)


def _is_between(lines: NDArray[np.float64], place: NDArray[np.float64]) -> bool:
    """Return whether a point is inside of closed lines in its plane across z."""
    ends = lines[:, :, :2] - place[:2]
    crossing = ends[(ends[:, 0, 1] >= 0) != (ends[:, 1, 1] >= 0)]
    (x0, y0), (x1, y1) = (crossing[:, n].T for n in range(2))
    return bool(np.count_nonzero(x0 - y0 * (x1 - x0) / (y1 - y0) > 0) % 2)


class Interior:
    """Tells whether points lie in a closed mesh: its triangles are sorted by height once.

    Of a million triangles some thousands are then asked for a point, which takes 0.3 ms instead of 42. To sort them
    takes as long as to ask all of them once or twice.

    Parameters
    ----------
    mesh : Mesh
        A closed one.
    """

    def __init__(self, mesh: Mesh) -> None:
        self._mesh, self._bounds = mesh, mesh.bounds
        heights = mesh.points[:, 2]
        first, second, third = (heights[mesh.triangles[:, n]] for n in range(3))
        low, high = (pick(pick(first, second), third) for pick in (np.minimum, np.maximum))
        count, total = len(low), float((high - low).sum())
        self._base = float(low.min(initial=np.inf)) if count else 0.0
        extent = float(high.max()) - self._base if count else 0.0
        # Layers about as thick as a triangle is high: each is then in two of them.
        layers = min(int(count * extent / total), _MOST_LAYERS) if total > 0 else 1
        self._per_mm = max(layers, 1) / extent if extent > 0 else 0.0
        begin, end = (((one - self._base) * self._per_mm).astype(np.int32) for one in (low, high))
        spans = end - begin + 1
        self._triangles = np.repeat(np.arange(count, dtype=np.int32), spans)
        layer = np.arange(len(self._triangles), dtype=np.int32)
        layer -= np.repeat((np.cumsum(spans) - spans - begin).astype(np.int32), spans)
        order = np.argsort(layer.astype(np.uint16), kind="stable")  # of 16 bits it sorts by counting
        self._triangles = self._triangles[order]
        self._ends = np.concatenate([[0], np.cumsum(np.bincount(layer, minlength=1))])

    def holds(self, point: ArrayLike) -> bool:
        """Return whether a world point (LPS, mm) lies in the mesh."""
        place = np.asarray(point, np.float64)
        low, high = self._bounds
        if not ((place >= low) & (place <= high)).all():  # NaN of no points holds in no comparison
            return False
        layer = min(int((place[2] - self._base) * self._per_mm), len(self._ends) - 2)
        corners = self._mesh.triangles[self._triangles[self._ends[layer] : self._ends[layer + 1]]]
        # Points keep their order, which decides along which way an edge is cut.
        used, numbers = np.unique(corners, return_inverse=True)
        points = self._mesh.points[used]
        return _is_between(_lines(points, numbers.reshape(-1, 3).astype(np.int32), points[:, 2] - place[2]), place)


def mesh_mask(mesh: Mesh, grid: Geometry) -> NDArray[np.bool_]:
    """Return which voxels of a grid have their centre in a closed mesh.

    Returns
    -------
    ndarray of bool, shape (columns, rows, slices), Fortran order

    Raises
    ------
    LimitError
        When slices cut triangles more than :data:`MOST_CUTS` times.
    """
    mask: NDArray[np.bool_] = np.zeros(grid.shape, np.bool_, order="F")
    places, (columns, rows, slices) = grid.world_to_index(mesh.points), grid.shape
    heights = places[:, 2][mesh.triangles]
    # A slice cuts a triangle that has a corner below it and another that is not.
    first = np.clip(np.floor(heights.min(1)) + 1, 0, slices).astype(np.int64)
    counts = np.clip(np.floor(heights.max(1)) + 1, 0, slices).astype(np.int64) - first
    if int(counts.sum()) > MOST_CUTS:
        raise LimitError(f"slices cut its triangles {int(counts.sum()):,} times, more than {MOST_CUTS:,}")
    triangle = np.repeat(np.arange(len(counts)), counts)
    slice_ = np.arange(triangle.size) - np.repeat(np.cumsum(counts) - counts - first, counts)
    order = np.argsort(slice_, kind="stable")
    triangle, bounds = triangle[order], np.searchsorted(slice_[order], np.arange(slices + 1))
    for k in range(slices):
        chosen = mesh.triangles[triangle[bounds[k] : bounds[k + 1]]]
        lines = _lines(places, chosen, places[:, 2], float(k))
        inside, left, top = fill_edges(lines[:, :, :2].reshape(-1, 4), (columns, rows))
        mask[left : left + inside.shape[1], top : top + inside.shape[0], k] = inside.T
    return mask


def _lines(
    points: Points, triangles: NDArray[np.int32], heights: NDArray[np.float64], level: float = 0.0
) -> NDArray[np.float64]:
    """Return the ends, (N, 2, 3), of the lines in triangles along which heights have a level."""
    is_above = heights >= level
    one, two, three = (is_above[triangles[:, n]] for n in range(3))
    cut = np.flatnonzero((one != two) | (two != three))
    corners, own = triangles[cut], np.stack([one, two, three], axis=1)[cut]
    # The corner that is alone on its side: both lines from it to the others cross the level.
    alone = np.argmax(own != (own.sum(1) >= 2)[:, None], axis=1)
    begin = np.take_along_axis(corners, alone[:, None], 1)
    others = np.stack([np.take_along_axis(corners, ((alone + n) % 3)[:, None], 1)[:, 0] for n in (1, 2)], axis=1)
    # From the lower number to the higher, whichever triangle asks: so two triangles find the same point.
    low, high = np.minimum(begin, others), np.maximum(begin, others)
    share = (level - heights[low]) / (heights[high] - heights[low])
    return points[low] + share[:, :, None] * (points[high] - points[low])
