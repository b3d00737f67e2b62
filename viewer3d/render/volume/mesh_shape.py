"""Closed meshes: which triangles belong together, the volume they enclose, and how it is set."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.vectors import Points

Triangles = NDArray[np.int32]
"""Numbers of the points at the corners of each, shape (M, 3), anticlockwise as seen from outside."""

VOLUME_TOLERANCE: Final = 1e-4
"""Share of its volume to which each shell is set."""

_MOST_STEPS: Final = 12
"""Of Newton's method: two do for a smooth shell, six for that of a single voxel."""


def volume_gradients(points: Points, triangles: Triangles) -> NDArray[np.float64]:
    """Return how the volume within a mesh grows as each of its points moves.

    Parameters
    ----------
    points : ndarray of float64, shape (N, 3)
        In mm.
    triangles : ndarray of int32, shape (M, 3)

    Returns
    -------
    ndarray of float64, shape (N, 3)
        In mm2, of closed meshes: a third of the area of the triangles at each point, along their mean normal, outwards.
    """
    first, second, third = (points[triangles[:, n]] for n in range(3))
    across = np.cross(second - first, third - first) / 6
    sums = np.zeros((3, len(points)))
    for corner in range(3):
        for axis in range(3):
            sums[axis] += np.bincount(triangles[:, corner], across[:, axis], len(points))
    return sums.T


def unit_vectors(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return vectors of shape (N, 3) at unit length; those without length stay 0."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    units: NDArray[np.float64] = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return units


def mesh_shells(triangles: Triangles, count: int) -> NDArray[np.intp]:
    """Return the number of the connected part that each point of a mesh is in.

    Parameters
    ----------
    triangles : ndarray of int32, shape (M, 3)
    count : int
        Of the points.

    Returns
    -------
    ndarray of int, shape (count,)
        From 0.

    Notes
    -----
    Each round ties the roots at the corners of a triangle to the least of them, then all points to their roots
    (Y. Shiloach and U. Vishkin, J Algorithms 1982; 3: 57): so few rounds do, however long a part is.
    """
    roots = np.arange(count, dtype=np.int32)
    while True:
        corners = roots[triangles]
        least = corners.min(axis=1)
        apart = np.flatnonzero((corners != least[:, None]).any(axis=1))
        if not apart.size:
            return np.unique(roots, return_inverse=True)[1]
        for corner in range(3):
            np.minimum.at(roots, corners[apart, corner], least[apart])
        while not np.array_equal(further := roots[roots], roots):
            roots = further


def with_volumes(
    points: Points, triangles: Triangles, shells: NDArray[np.intp], volumes: NDArray[np.float64]
) -> Points:
    """Move each shell of a mesh along its normals until it encloses a given volume, and return the points.

    Parameters
    ----------
    points : ndarray of float64, shape (N, 3)
        In mm, about the origin: far from it the sums would lose their last digits.
    triangles : ndarray of int32, shape (M, 3)
    shells : ndarray of int, shape (N,)
        As of :func:`mesh_shells`.
    volumes : ndarray of float64, shape (shells,)
        In mm3; negative for a shell around a hole, whose triangles face inwards.

    Returns
    -------
    ndarray of float64, shape (N, 3)
        A shell that collapses on the way, or moves by more than its own size, stays as it was.

    Notes
    -----
    The volume is a third of the sum of points times :func:`volume_gradients`, and grows by the sum of the lengths of
    these as all points move outwards by 1 mm: Newton's method for the distance.
    """
    moved, todo = points, triangles
    sizes = np.cbrt(np.abs(volumes))
    paths, lacks = np.zeros(len(volumes)), np.ones(len(volumes), np.bool_)
    for _ in range(_MOST_STEPS):
        gradients = volume_gradients(moved, todo)
        lacking = volumes - np.bincount(shells, np.einsum("ij,ij->i", gradients, moved), len(volumes)) / 3
        lacks &= np.abs(lacking) > VOLUME_TOLERANCE * np.abs(volumes)
        if not lacks.any():
            break
        growth = np.bincount(shells, np.sqrt(np.einsum("ij,ij->i", gradients, gradients)), len(volumes))
        steps = np.divide(lacking, growth, out=np.zeros_like(growth), where=lacks & (growth > 0))
        paths += steps
        moved = moved + steps[shells][:, None] * unit_vectors(gradients)
        todo = todo[lacks[shells[todo[:, 0]]]]  # mostly that of a voxel or two beside a large shell
    lost = (np.abs(paths) > sizes) | ~np.isfinite(paths)
    return np.where(lost[shells][:, None], points, moved) if lost.any() else moved
