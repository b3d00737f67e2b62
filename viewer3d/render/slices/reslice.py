"""Sample voxels along any plane by vtkImageReslice."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import VTK_FLOAT
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkImagingCore import VTK_RESLICE_LINEAR, VTK_RESLICE_NEAREST, vtkImageReslice

from viewer3d.core.sampling import Interpolation
from viewer3d.core.volume import Volume
from viewer3d.render.image_data import array_grid, index_grid

_COLUMNS_KEPT: Final = 12
"""Columns of voxels that are copied beside the volume about a plane across its rows: each voxel of such a plane lies in
a line of the processor's cache of its own, which holds 16 or 32 of its neighbours too. To copy 24 takes no longer than
9, but from more than 12 a plane is sampled more slowly."""

_MODES: Final[dict[Interpolation, int]] = {"linear": VTK_RESLICE_LINEAR, "nearest": VTK_RESLICE_NEAREST}


class Reslice:
    """Samples one volume wherever matrices put pixels; what VTK needs for it is made once.

    Parameters
    ----------
    volume : Volume
    interpolation : {"linear", "nearest"}
    outside : float
        What samples outside of the volume hold.
    in_float : bool
        Whether samples of an int16 volume are float32, which VTK does not round.
    """

    def __init__(self, volume: Volume, interpolation: Interpolation, outside: float, *, in_float: bool) -> None:
        self._volume = volume
        self._options = _MODES[interpolation], outside, in_float
        self._axes = vtkMatrix4x4()
        self._whole = self._made(index_grid(volume))
        self._columns, self._across = range(0), self._whole

    def _made(self, grid: vtkImageData) -> vtkImageReslice:
        mode, outside, in_float = self._options
        reslice = vtkImageReslice()
        reslice.SetInputData(grid)
        reslice.SetResliceAxes(self._axes)
        reslice.SetInterpolationMode(mode)
        reslice.SetBorder(1)
        reslice.SetBackgroundLevel(outside)
        reslice.SetOutputDimensionality(2)
        reslice.SetOutputOrigin(0.0, 0.0, 0.0)
        if in_float:
            reslice.SetOutputScalarType(VTK_FLOAT)
        return reslice

    def values(self, matrix: NDArray[np.float64], rows: slice, columns: slice) -> NDArray[Any]:
        """Sample the volume at pixels.

        Parameters
        ----------
        matrix : ndarray of float64, shape (4, 4)
            Pixel (column, row, 0, 1) to voxel (i, j, k) in homogeneous coordinates: perspective is allowed.
        rows, columns : slice
            Of the pixels.

        Returns
        -------
        ndarray, shape (rows, columns)
            Valid until the next call.
        """
        reslice = self._reslice_for(matrix)
        self._axes.DeepCopy(matrix.ravel().tolist())
        reslice.SetOutputExtent(columns.start, columns.stop - 1, rows.start, rows.stop - 1, 0, 0)
        reslice.Update()
        sampled: NDArray[Any] = vtk_to_numpy(reslice.GetOutput().GetPointData().GetScalars())  # type: ignore[no-untyped-call]
        return sampled.reshape(rows.stop - rows.start, columns.stop - columns.start)

    def _reslice_for(self, matrix: NDArray[np.float64]) -> vtkImageReslice:
        # Across its rows a volume is sampled from a few of its columns, at the same indices.
        if matrix[0, 0] or matrix[0, 1] or (matrix[3] != (0, 0, 0, 1)).any():
            return self._whole
        below, count = math.floor(matrix[0, 3]), self._volume.shape[0]
        if below < 1 or below + 2 >= count:  # its faces are for the whole volume to say
            return self._whole
        if not {below - 1, below + 2} <= set(self._columns):
            begin = max(0, min(self._first_about(below), count - _COLUMNS_KEPT))
            self._columns = range(begin, min(begin + _COLUMNS_KEPT, count))
            grid = array_grid(np.asfortranarray(self._volume.voxels[begin : self._columns.stop]))
            grid.SetExtent(begin, self._columns.stop - 1, 0, self._volume.shape[1] - 1, 0, self._volume.shape[2] - 1)
            self._across = self._made(grid)
        return self._across

    def _first_about(self, below: int) -> int:
        # Where steps leave the columns that are there, those that come next are taken, and two for a step back.
        if below + 2 in range(self._columns.stop, self._columns.stop + _COLUMNS_KEPT):
            return below - 2
        if below - 1 in range(self._columns.start - _COLUMNS_KEPT, self._columns.start):
            return below + 4 - _COLUMNS_KEPT
        return below - _COLUMNS_KEPT // 2

    def covers(self, matrix: NDArray[np.float64], rows: slice, columns: slice) -> NDArray[np.bool_]:
        """Return which pixels, (rows, columns), a matrix puts into the volume, see :meth:`values`."""
        # Where vtkImageReslice says it samples; few volumes are asked for it, so that others need not load the module.
        from vtkmodules.vtkImagingStencil import vtkImageStencilToImage  # noqa: PLC0415

        reslice = self._reslice_for(matrix)
        reslice.GenerateStencilOutputOn()
        self.values(matrix, rows, columns)
        picture = vtkImageStencilToImage()
        picture.SetInputData(reslice.GetStencilOutput())
        picture.SetOutputScalarTypeToUnsignedChar()
        picture.Update()
        reslice.GenerateStencilOutputOff()
        scalars = vtk_to_numpy(picture.GetOutput().GetPointData().GetScalars())  # type: ignore[no-untyped-call]
        inside: NDArray[np.bool_] = scalars.reshape(rows.stop - rows.start, columns.stop - columns.start) != 0
        return inside
