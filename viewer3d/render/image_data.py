"""Lend the voxels of a volume to VTK and pyvista without a copy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData

from viewer3d.core.text import printable
from viewer3d.core.volume import Volume

if TYPE_CHECKING:
    import pyvista

VALUES = "values"
"""Name of the scalars of a volume without a unit; else they are named by the unit."""


def array_grid(values: NDArray[Any]) -> vtkImageData:
    """Lend an array to VTK as the values of points in index space: origin 0, spacing 1, no direction.

    Parameters
    ----------
    values : ndarray, shape (columns, rows, slices)
        Of a dtype that VTK has; one that is not in Fortran order is copied.

    Returns
    -------
    vtkImageData
        Its scalars are the array itself, and they keep it alive.
    """
    grid = vtkImageData()
    grid.SetDimensions(*values.shape)
    # Fortran order means i runs fastest, which is VTK's order: ravel gives a view and numpy_to_vtk shares it.
    grid.GetPointData().SetScalars(numpy_to_vtk(np.ravel(values, order="F")))  # type: ignore[no-untyped-call]
    return grid


def index_grid(volume: Volume) -> vtkImageData:
    """Lend a volume's voxels to VTK in index space: origin 0, spacing 1, no direction.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    vtkImageData
        Its scalars are the voxels themselves, not a copy, and they keep the array alive.
    """
    grid = array_grid(volume.voxels)
    grid.GetPointData().GetScalars().SetName(printable(volume.unit) or VALUES)
    return grid


def cell_grid(volume: Volume) -> vtkImageData:
    """Lend a volume's voxels to VTK as cells, in mm along the axes of the grid.

    The origin is the centre of the first voxel.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    vtkImageData
        Reaches to the outer faces of the outer voxels, where values in points end at their centres. Its scalars are the
        voxels themselves, not a copy.
    """
    grid = index_grid(volume)
    scalars = grid.GetPointData().GetScalars()
    grid.GetPointData().SetScalars(None)
    grid.SetDimensions(*(count + 1 for count in volume.shape))
    grid.SetSpacing(*volume.spacing)
    grid.SetOrigin(*(-mm / 2 for mm in volume.spacing))
    grid.GetCellData().SetScalars(scalars)
    return grid


def padded_grid(volume: Volume) -> vtkImageData:
    """Copy a volume's voxels to VTK with the outer ones twice, in mm along the axes of the grid.

    The origin is the centre of the first voxel.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    vtkImageData
        With a voxel more on each side, for what knows values in points only: what lies beyond the outer voxels' faces
        is to be cropped.
    """
    grid = array_grid(np.asfortranarray(np.pad(volume.voxels, 1, mode="edge")))
    grid.SetSpacing(*volume.spacing)
    grid.SetOrigin(*(-mm for mm in volume.spacing))
    return grid


def to_vtk(volume: Volume) -> vtkImageData:
    """Lend a volume's voxels to VTK in the patient: with its spacing, origin and direction, in LPS mm.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    vtkImageData
        Its scalars, named by the volume's unit (or :data:`VALUES`), are the voxels themselves, not a copy.
    """
    grid = index_grid(volume)
    grid.SetSpacing(*volume.geometry.spacing)
    grid.SetOrigin(*volume.geometry.origin)
    grid.SetDirectionMatrix(*(float(v) for v in volume.geometry.direction.ravel()))
    return grid


def to_pyvista(volume: Volume) -> pyvista.ImageData:
    """Lend a volume's voxels to pyvista: with its spacing, origin and direction, in LPS mm.

    Parameters
    ----------
    volume : Volume

    Returns
    -------
    pyvista.ImageData
        Its active scalars, named by the volume's unit (or :data:`VALUES`), are the voxels themselves, not a copy.
        :func:`lent_volume` gives the volume again.
    """
    import pyvista  # noqa: PLC0415 (0.4 s that only a user of pyvista should pay)

    grid = to_vtk(volume)
    # The scalars hold a twin: the volume keeps its grid, and what holds each other through VTK is never freed.
    grid.GetPointData().GetScalars().viewer3d_volume = replace(volume)
    return pyvista.ImageData(grid)  # type: ignore[arg-type]


def lent_volume(grid: vtkImageData) -> Volume | None:
    """Return the volume that a grid of :func:`to_pyvista` was made of.

    Parameters
    ----------
    grid : vtkImageData
        A shallow copy of such a grid has the volume as well.

    Returns
    -------
    Volume or None
        None for a grid that was made by others, or changed since.
    """
    volume: Volume | None = getattr(grid.GetPointData().GetScalars(), "viewer3d_volume", None)
    if volume is None:
        return None
    own = to_vtk(volume)
    is_there = all(
        np.array_equal(getattr(grid, name)(), getattr(own, name)()) for name in ("GetExtent", "GetOrigin", "GetSpacing")
    ) and np.array_equal(_direction(grid), _direction(own))
    return volume if is_there else None


def _direction(grid: vtkImageData) -> list[float]:
    return [grid.GetDirectionMatrix().GetElement(row, column) for row in range(3) for column in range(3)]
