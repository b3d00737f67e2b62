"""The grid of the volume that a stack gives, computed from its headers alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Affine
from viewer3d.dicom.pixels.resample import plan_grid
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import StackError


@dataclass(frozen=True, eq=False)
class PlannedGrid:
    """The grid that :func:`viewer3d.load` gives a stack by default (irregular slices are resampled).

    Attributes
    ----------
    affine : ndarray, shape (4, 4)
        Voxel index to LPS mm, without shear.
    shape : tuple of int
        Columns, rows and slices.
    resampled : bool
        Whether the values are interpolated onto it, because no affine describes the positions of the slices.
    """

    affine: Affine
    shape: tuple[int, int, int]
    resampled: bool

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Between columns, rows and slices, in mm."""
        x, y, z = (float(mm) for mm in np.linalg.norm(self.affine[:3, :3], axis=0))
        return x, y, z

    @property
    def extent(self) -> NDArray[np.float64]:
        """From outer edge to outer edge of the voxels along columns, rows and slices, in mm, shape (3,)."""
        extent: NDArray[np.float64] = np.array(self.spacing) * self.shape
        return extent


def planned_grid(stack: Stack) -> PlannedGrid | None:
    """Return the grid that loading a stack gives; None where the positions of frames are not known.

    Raises
    ------
    StackError
        When an even grid would be far larger than the slices, see :func:`viewer3d.dicom.pixels.resample.plan_grid`.
    """
    layout = stack.layout
    if layout is None:
        return None
    if layout.regular:
        return PlannedGrid(layout.affine, stack.shape, resampled=False)
    grid = plan_grid(layout, *stack.shape[:2])
    return PlannedGrid(grid.affine, grid.shape, resampled=True)


def grid_if_any(stack: Stack) -> PlannedGrid | None:
    """Return the grid that loading a stack gives, or None where there is none.

    :func:`planned_grid` raises instead where an even grid would be too large.
    """
    try:
        return planned_grid(stack)
    except StackError:
        return None


def loaded_shape(stack: Stack) -> tuple[int, int, int]:
    """Return the columns, rows and slices that loading gives; those of the images if it gives no volume."""
    planned = grid_if_any(stack)
    return stack.shape if planned is None else planned.shape
