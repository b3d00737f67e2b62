"""A volume's voxels as VTK and pyvista know them, in the memory they already have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData

from viewer3d.volume import Volume

if TYPE_CHECKING:
    import pyvista

VALUES = "values"
"""Name of the scalars of a volume without a unit; else they are named by the unit."""


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
    grid = vtkImageData()
    grid.SetDimensions(*volume.shape)
    # Fortran order means i runs fastest, which is VTK's order: ravel gives a view and numpy_to_vtk shares it.
    scalars = numpy_to_vtk(np.ravel(volume.voxels, order="F"))  # type: ignore[no-untyped-call]
    scalars.SetName(volume.unit or VALUES)
    grid.GetPointData().SetScalars(scalars)
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
    """
    import pyvista  # noqa: PLC0415 (0.4 s that only a user of pyvista should pay)

    return pyvista.ImageData(to_vtk(volume))  # type: ignore[arg-type]
