"""Compare where two grids lie: which axis is which, what moved and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations, product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import SAME_GRID, Geometry
from viewer3d.core.vectors import Vector, vector

GridIndex = tuple[int, int, int]

_WHOLE: Final = 0.01
"""Voxels: a grid off whole steps of another by no more is a part of it, or the other way round."""

_SAME_STEP: Final = 1e-4
"""Relative: spacings that differ by no more are one."""


@dataclass(frozen=True)
class AxisMap:
    """Which axis of a second grid runs along each axis of a first, and where the grids begin.

    Attributes
    ----------
    axes : tuple of int
        For each axis of the first, that of the second.
    flipped : tuple of bool
        For each axis of the first, whether the second runs the other way.
    start : tuple of int
        Voxel of the first at which the second, its axes so arranged, begins.
    """

    axes: GridIndex
    flipped: tuple[bool, bool, bool]
    start: GridIndex = (0, 0, 0)

    @property
    def is_plain(self) -> bool:
        """Whether axes and directions are those of the first."""
        return self.axes == (0, 1, 2) and not any(self.flipped)

    def arranged(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return a view of an array of the second grid with the axes of the first."""
        steps = tuple(slice(None, None, -1 if flip else 1) for flip in self.flipped)
        return np.transpose(array, self.axes)[steps]

    def second_index(self, index: GridIndex, shape: tuple[int, int, int]) -> GridIndex:
        """Return the voxel of the second grid, whose shape is given, at a voxel of the first."""
        found = [0, 0, 0]
        for axis, (own, flip, start) in enumerate(zip(self.axes, self.flipped, self.start, strict=True)):
            at = index[axis] - start
            found[own] = shape[own] - 1 - at if flip else at
        return found[0], found[1], found[2]

    def arranged_grid(self, grid: Geometry) -> tuple[NDArray[np.float64], tuple[int, int, int]]:
        """Return affine and shape of the second grid with the axes of the first, right-handed or not."""
        shape = tuple(grid.shape[axis] for axis in self.axes)
        affine = np.array(grid.affine)
        for axis, (own, flip) in enumerate(zip(self.axes, self.flipped, strict=True)):
            affine[:3, axis] = grid.affine[:3, own] * (-1 if flip else 1)
            if flip:
                affine[:3, 3] += grid.affine[:3, own] * (grid.shape[own] - 1)
        return affine, (shape[0], shape[1], shape[2])


PLAIN: Final = AxisMap((0, 1, 2), (False, False, False))


def axis_map(first: Geometry, second: Geometry) -> AxisMap:
    """Return which axes of two grids run alike in the patient, and where the second begins in the first."""
    along = first.direction.T @ second.direction
    axes = max(permutations(range(3)), key=lambda one: sum(abs(along[d, one[d]]) for d in range(3)))
    flips = [bool(along[d, axes[d]] < 0) for d in range(3)]
    found = AxisMap((axes[0], axes[1], axes[2]), (flips[0], flips[1], flips[2]))
    affine, _ = found.arranged_grid(second)
    start = first.world_to_index(affine[:3, 3])
    if first.shape == tuple(second.shape[axis] for axis in axes) or not _is_part(first, affine, start):
        return found
    begin = np.rint(start).astype(int).tolist()
    return AxisMap(found.axes, found.flipped, (begin[0], begin[1], begin[2]))


def _is_part(first: Geometry, affine: NDArray[np.float64], start: NDArray[np.float64]) -> bool:
    steps = np.linalg.norm(affine[:3, :3] - first.affine[:3, :3], axis=0) / np.asarray(first.spacing)
    return bool((steps < _SAME_STEP).all() and np.abs(start - np.rint(start)).max() < _WHOLE)


def other_maps(first: tuple[int, int, int], second: tuple[int, int, int]) -> Iterator[AxisMap]:
    """Yield all ways in which the axes of one shape can be those of another, the plain one first."""
    for axes in permutations(range(3)):
        if tuple(second[axis] for axis in axes) == first:
            for flips in product((False, True), repeat=3):
                yield AxisMap((axes[0], axes[1], axes[2]), (flips[0], flips[1], flips[2]))


@dataclass(frozen=True)
class PlaceDifference:
    """By how much the voxels of a second grid lie elsewhere than those of a first.

    Attributes
    ----------
    moved_mm : float
        Of the voxel that moved furthest.
    shift : tuple of float, optional
        LPS mm, where all moved alike.
    spacings : tuple of two tuples of float, optional
        Of both, in mm, where they differ.
    turned : float
        Degrees by which the axis that turned most did.
    is_mirrored : bool
        Whether left and right, or other sides, changed places: no turn leads from one to the other.
    shapes : tuple of two tuples of int, optional
        Voxels of both along the axes of the first, where they differ.
    """

    moved_mm: float
    shift: Vector | None = None
    spacings: tuple[Vector, Vector] | None = None
    turned: float = 0.0
    is_mirrored: bool = False
    shapes: tuple[GridIndex, GridIndex] | None = None

    @property
    def is_same(self) -> bool:
        """Whether all voxels are where they were, to a thousandth of a mm, and all are there."""
        return self.moved_mm <= SAME_GRID and self.shapes is None

    @property
    def shapes_text(self) -> str:
        """How many voxels both have, in words; empty where they have as many."""
        if self.shapes is None:
            return ""
        return "{} voxels against {}".format(*(" x ".join(map(str, shape)) for shape in self.shapes))

    def __str__(self) -> str:
        if self.is_same:
            return "the same"
        parts = []
        if self.shapes is not None:
            parts.append(self.shapes_text)
        if self.moved_mm > SAME_GRID:
            where = "" if self.shift is None else f", all by {' '.join(f'{mm:.4g}' for mm in self.shift)} mm (LPS)"
            parts.append(f"moved by {self.moved_mm:.4g} mm{'' if self.shift else ' at most'}{where}")
        if self.is_mirrored:
            parts.append("mirrored")
        if self.turned > 0.01:
            parts.append(f"turned by {self.turned:.3g} degrees")
        if self.spacings is not None:
            one, other = (" x ".join(f"{mm:.6g}" for mm in spacing) for spacing in self.spacings)
            parts.append(f"spacing {one} mm against {other} mm")
        return "; ".join(parts)


def compare_places(first: Geometry, second: Geometry, along: AxisMap) -> PlaceDifference:
    """Compare where voxels lie that an axis map takes to be the same."""
    affine, shape = along.arranged_grid(second)
    shapes = None if shape == first.shape else (first.shape, shape)
    ends = [(0, n - 1) for n in np.minimum(first.shape, shape)]
    corners = np.stack(np.meshgrid(*ends, indexing="ij"), -1).reshape(8, 3)
    there = corners @ affine[:3, :3].T + affine[:3, 3]
    moves = there - first.index_to_world(corners + np.asarray(along.start))
    moved = float(np.linalg.norm(moves, axis=1).max())
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    same = np.abs(steps - first.spacing) <= _SAME_STEP * np.asarray(first.spacing)
    directions = affine[:3, :3] / steps
    cosines = np.clip((directions * first.direction).sum(0), -1, 1)
    is_mirrored = bool(np.linalg.det(directions) < 0)
    is_shift = bool(np.linalg.norm(moves - moves[0], axis=1).max() <= SAME_GRID)
    return PlaceDifference(
        moved,
        vector(moves[0]) if is_shift and moved > SAME_GRID else None,
        None if same.all() else (vector(first.spacing), vector(steps)),
        0.0 if is_mirrored else float(np.degrees(np.arccos(cosines)).max()),
        is_mirrored,
        shapes,
    )
