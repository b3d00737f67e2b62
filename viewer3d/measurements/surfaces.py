"""Surfaces of masks as elements with an area and a place, and how far those of two masks are apart.

The definition is that of S. Nikolov et al., "Clinically applicable segmentation of head and neck anatomy for
radiotherapy" (J Med Internet Res 2021; 23: e26151) and of DeepMind's ``surface-distance``, which the field takes as its
reference for the surface Dice: an element stands at each corner of voxels around which some of the eight voxels are
inside and some are not, and has the area of the triangles that marching cubes put there. Distances are between places
of elements; areas are the weights of shares, means and percentiles. What counts border voxels instead (MedPy, MONAI,
SimpleITK) gives other numbers, the more so the less the voxels are cubes (G. Podobnik and T. Vrtovec,
arXiv 2410.02630).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]

_FACES: Final = ((0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5))
"""Corners of a cell around each of its faces; bit 0 of a corner's number is along i, bit 1 along j, bit 2 along k."""

_LEAF: Final = 64
"""Points that are looked at together: fewer cost calls, more cost distances that none needs."""


@dataclass(frozen=True, eq=False)
class SurfaceElements:
    """The surface of a mask.

    Attributes
    ----------
    corners : ndarray of int32, shape (n, 3)
        Where each element is: (i, j, k) is the corner between voxels i - 1 and i, j - 1 and j, k - 1 and k.
    codes : ndarray of uint8, shape (n,)
        Which of the eight voxels around it are inside, see :func:`element_areas`.
    """

    corners: NDArray[np.int32]
    codes: NDArray[np.uint8]


def surface_elements(mask: NDArray[np.bool_]) -> SurfaceElements:
    """Return the surface elements of a mask, beyond whose edges nothing is inside.

    Parameters
    ----------
    mask : ndarray of bool, shape (columns, rows, slices)
    """
    columns, rows, slices = mask.shape
    padded = np.zeros((columns + 2, rows + 2), np.uint8, order="F")
    below = np.zeros((columns + 1, rows + 1), np.uint8, order="F")
    corners, codes = [np.empty((0, 3), np.int32)], [np.empty(0, np.uint8)]
    for k in range(slices + 1):  # a slice at a time: no more memory than that of the surface
        padded[1:-1, 1:-1] = mask[:, :, k] if k < slices else 0
        above = padded[:-1, :-1] | padded[1:, :-1] << 1 | padded[:-1, 1:] << 2 | padded[1:, 1:] << 3
        around = below | above << 4
        i, j = np.nonzero((around != 0) & (around != 255))
        corners.append(np.stack([i, j, np.full(i.size, k)], -1).astype(np.int32))
        codes.append(around[i, j])
        below = above
    return SurfaceElements(np.concatenate(corners), np.concatenate(codes))


def element_areas(steps: _Floats) -> _Floats:
    """Return the area of a surface element by which voxels around it are inside.

    Parameters
    ----------
    steps : ndarray, shape (3, 3)
        Its columns are the steps from a voxel to the next along i, j and k, in mm.

    Returns
    -------
    ndarray of float64, shape (256,)
        In mm2. Bit ``i + 2 j + 4 k`` of the index tells whether the voxel on that side is inside.

    Notes
    -----
    The surface goes through the middles between voxels inside and outside (W. Lorensen and H. Cline, "Marching cubes",
    SIGGRAPH 1987). Which of inside and outside has fewer of the eight is cut off corner by corner where a face leaves
    it open. Polygons are triangles from that of their corners from which these are largest in a cube: so all areas are
    those of ``surface-distance``.
    """
    areas = np.zeros(256)
    for code in range(1, 255):
        for triangles in _triangles(code):
            sides = triangles @ steps.T
            normals = np.cross(sides[:, 1] - sides[:, 0], sides[:, 2] - sides[:, 0])
            areas[code] += float(np.linalg.norm(normals, axis=1).sum()) / 2
    return areas


@cache
def _triangles(code: int) -> tuple[_Floats, ...]:
    """Return the triangles of each polygon in a cell of side 1, shape (triangles, 3, 3)."""
    fewer = code if code.bit_count() <= 4 else 255 - code
    found = []
    for polygon in _polygons(fewer):
        fans = []
        for first in range(len(polygon)):
            points = np.roll(polygon, -first, 0)
            fans.append(np.stack([np.stack([points[0], a, b]) for a, b in pairwise(points[1:])]))
        areas = [np.linalg.norm(np.cross(fan[:, 1] - fan[:, 0], fan[:, 2] - fan[:, 0]), axis=1).sum() for fan in fans]
        found.append(fans[int(np.argmax(np.round(areas, 9)))])  # of equal ones the first, whatever rounding says
    return tuple(found)


def _polygons(code: int) -> Iterator[_Floats]:
    """Yield the closed polygons that part the inside of a cell of side 1 from its outside."""
    inside = [bool(code >> corner & 1) for corner in range(8)]
    beside: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for face in _FACES:
        edges = [(min(pair), max(pair)) for pair in zip(face, face[1:] + face[:1], strict=True)]
        crossed = [edge for edge in edges if inside[edge[0]] != inside[edge[1]]]
        pairs = [(crossed[0], crossed[1])] if len(crossed) == 2 else []
        if len(crossed) == 4:
            pairs = [(edges[n - 1], edges[n]) for n in range(4) if inside[face[n]]]
        for one, other in pairs:
            beside.setdefault(one, []).append(other)
            beside.setdefault(other, []).append(one)
    while beside:
        edge: tuple[int, int] | None = min(beside)
        points = []
        while edge is not None:
            ends = np.array([[corner & 1, corner >> 1 & 1, corner >> 2 & 1] for corner in edge], np.float64)
            points.append(ends.mean(0))
            edge = next((other for other in beside.pop(edge) if other in beside), None)
        yield np.stack(points)


def distances_between(one: SurfaceElements, other: SurfaceElements, steps: _Floats) -> _Floats:
    """Return the distance from each element of a surface to the nearest of another on the same grid.

    Parameters
    ----------
    one, other : SurfaceElements
    steps : ndarray, shape (3, 3)
        As of :func:`element_areas`.

    Returns
    -------
    ndarray of float64, shape (n,)
        In mm; infinite where the other has none.
    """
    if not len(other.corners):
        return np.full(len(one.corners), np.inf)
    # Where both have an element there is nothing to search: mostly that is the larger part.
    size = np.maximum(one.corners.max(0, initial=0), other.corners.max(0)).astype(np.int64) + 1
    flat = [part.corners.astype(np.int64) @ np.array([1, size[0], size[0] * size[1]]) for part in (one, other)]
    apart = np.flatnonzero(~np.isin(flat[0], flat[1]))
    found = np.zeros(len(one.corners))
    found[apart] = nearest_distances(one.corners[apart] @ steps.T, other.corners @ steps.T)
    return found


def nearest_distances(points: _Floats, others: _Floats) -> _Floats:
    """Return the distance from each point to the nearest of others.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
    others : ndarray, shape (m, 3)
        At least one.

    Returns
    -------
    ndarray of float64, shape (n,)
        Exact in any axes, sheared grids too, which a distance transform along rows and columns is not.

    Notes
    -----
    Both are divided into boxes of neighbours (J. Bentley's k-d tree, Commun ACM 1975; 18: 509). Of a box of points the
    nearest box of others gives a bound, and only what is not beyond it is searched.
    """
    found = np.zeros(len(points))
    leaves = _leaves(others)
    low = np.stack([others[leaf].min(0) for leaf in leaves])
    high = np.stack([others[leaf].max(0) for leaf in leaves])
    for group in _leaves(points) if len(points) else []:
        own = points[group]
        gaps = np.maximum(low - own.max(0), own.min(0) - high)
        least = (np.maximum(gaps, 0) ** 2).sum(1)
        first = int(least.argmin())
        best = _nearest(own, others[leaves[first]])
        near = np.flatnonzero(least < best.max() ** 2)
        near = near[near != first]
        if near.size:
            best = np.minimum(best, _nearest(own, others[np.concatenate([leaves[n] for n in near])]))
        found[group] = best
    return found


def _leaves(points: _Floats) -> list[NDArray[np.intp]]:
    """Return the indices of points in boxes of neighbours."""
    todo, leaves = [np.arange(len(points))], []
    while todo:
        part = todo.pop()
        if part.size <= _LEAF:
            leaves.append(part)
            continue
        own = points[part]
        along = own[:, int(np.argmax(own.max(0) - own.min(0)))]
        order = np.argpartition(along, part.size // 2)
        todo += [part[order[: part.size // 2]], part[order[part.size // 2 :]]]
    return leaves


_AT_A_TIME: Final = 1 << 11
"""Others that are compared at a time: 1 MB of distances for a box of points, which stays in a core's cache."""


def _nearest(points: _Floats, others: _Floats) -> _Floats:
    best = np.full(len(points), np.inf)
    middle = points.mean(0)
    own = points - middle
    # |p - q|2 less |p|2, which is the same for all q; the distance itself is then taken without cancellation.
    weights = np.concatenate([-2 * own, np.ones((len(own), 1))], 1)
    for start in range(0, len(others), _AT_A_TIME):
        part = others[start : start + _AT_A_TIME] - middle
        chosen = part[(weights @ np.concatenate([part.T, (part**2).sum(1)[None]])).argmin(1)]
        best = np.minimum(best, np.linalg.norm(own - chosen, axis=1))
    return best
