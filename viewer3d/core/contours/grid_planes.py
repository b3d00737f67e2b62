"""The planes of contours as a grid has them: in its slices, or across them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.contours.planes import ContourPlanes, common_normal, group_planes, slab_step
from viewer3d.core.contours.regions import TIE, plane_of_slices
from viewer3d.core.geometry import Geometry
from viewer3d.core.notes.note import Note
from viewer3d.core.vectors import Points

_IN_SLICE: Final = 0.25
"""Slices: points of a contour that are no further from their middle lie in the plane of a slice."""


@dataclass(frozen=True, eq=False)
class GridPlanes:
    """The planes that closed contours of one region of interest lie in, as masks of a grid have them.

    Attributes
    ----------
    planes : ContourPlanes
        Places along the normal, in mm: from the first slice of the grid on, or across its slices from the world's
        origin.
    normal : ndarray of float64, shape (3,)
        Of unit length.
    step : float
        mm that a plane stands for where it has no neighbours.
    across : int
        How many contours lie across the slices of the grid; 0: all lie in slices.
    index : tuple of ndarray, shape (points, 2)
        The points of contours by columns and rows of the grid.
    slice_mm : float
        Between slices of the grid.
    slices : int
        How many the grid has.
    notes : tuple of Note
        Sentences without a subject.
    """

    planes: ContourPlanes
    normal: NDArray[np.float64]
    step: float
    across: int
    index: tuple[Points, ...]
    slice_mm: float
    slices: int
    notes: tuple[Note, ...] = ()

    def plane_at(self, place: float) -> int | None:
        """Return the number of the plane that masks have at a place along the normal, or None.

        Parameters
        ----------
        place : float
            In mm, counted as the planes are.
        """
        if not self.across:
            k = int(np.floor(place / self.slice_mm + 0.5 + TIE))
            if not 0 <= k < self.slices:
                return None
            chosen = int(plane_of_slices(self.planes, self.step, self.slice_mm, self.slices)[k])
            return chosen if chosen >= 0 else None
        begins, ends = self.planes.slabs(self.step)
        found = np.flatnonzero((place + TIE * self.step >= begins) & (place + TIE * self.step < ends))
        return int(found[0]) if found.size else None


def planes_on_grid(
    contours: Sequence[Points], grid: Geometry, of_set: Callable[[], float | None], declared: float | None
) -> GridPlanes | None:
    """Return the planes of closed contours on a grid; None where they lie across it in several directions.

    Parameters
    ----------
    contours : sequence of ndarray, shape (points, 3)
        One at least; LPS of the grid, in mm.
    grid : Geometry
    of_set, declared
        See :func:`viewer3d.core.contours.planes.slab_step`.
    """
    slice_mm = float(1 / np.linalg.norm(grid.inverse[2, :3]))
    index, k, across = _index_points(contours, grid)
    normal = common_normal(contours) if across else grid.inverse[2, :3] * slice_mm
    if normal is None:
        return None
    places = np.array([float((one @ normal).mean()) for one in contours]) if across else k * slice_mm
    planes = group_planes(places)
    step, told = slab_step(planes, of_set, declared, slice_mm)
    return GridPlanes(planes, normal, step or slice_mm, across, tuple(index), slice_mm, grid.shape[2], told)


def _index_points(contours: Sequence[Points], grid: Geometry) -> tuple[list[Points], NDArray[np.float64], int]:
    """Return the columns and rows of contours, the slice that each is in, and how many are in none."""
    counts = np.array([len(one) for one in contours])
    begins = np.cumsum(counts) - counts
    index = grid.world_to_index(np.concatenate(contours))
    k = np.add.reduceat(index[:, 2], begins) / counts
    away = np.maximum.reduceat(np.abs(index[:, 2] - np.repeat(k, counts)), begins)
    return np.split(index[:, :2], begins[1:]), k, int(np.count_nonzero(away > _IN_SLICE))
