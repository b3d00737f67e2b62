"""Sample voxels along any plane by vtkImageReslice."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import VTK_FLOAT
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkImagingCore import VTK_RESLICE_LINEAR, VTK_RESLICE_NEAREST, vtkImageReslice

from viewer3d.core.view.state import Interpolation
from viewer3d.core.volume import Volume
from viewer3d.render.image_data import index_grid

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
        self._axes = vtkMatrix4x4()
        self._reslice = vtkImageReslice()
        self._reslice.SetInputData(index_grid(volume))
        self._reslice.SetResliceAxes(self._axes)
        self._reslice.SetInterpolationMode(_MODES[interpolation])
        self._reslice.SetBorder(1)
        self._reslice.SetBackgroundLevel(outside)
        self._reslice.SetOutputDimensionality(2)
        self._reslice.SetOutputOrigin(0.0, 0.0, 0.0)
        if in_float:
            self._reslice.SetOutputScalarType(VTK_FLOAT)

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
        self._axes.DeepCopy(matrix.ravel().tolist())
        self._reslice.SetOutputExtent(columns.start, columns.stop - 1, rows.start, rows.stop - 1, 0, 0)
        self._reslice.Update()
        sampled: NDArray[Any] = vtk_to_numpy(self._reslice.GetOutput().GetPointData().GetScalars())  # type: ignore[no-untyped-call]
        return sampled.reshape(rows.stop - rows.start, columns.stop - columns.start)

    def covers(self, matrix: NDArray[np.float64], rows: slice, columns: slice) -> NDArray[np.bool_]:
        """Return which pixels, (rows, columns), a matrix puts into the volume, see :meth:`values`."""
        # Where vtkImageReslice says it samples; few volumes are asked for it, so that others need not load the module.
        from vtkmodules.vtkImagingStencil import vtkImageStencilToImage  # noqa: PLC0415

        self._reslice.GenerateStencilOutputOn()
        self.values(matrix, rows, columns)
        picture = vtkImageStencilToImage()
        picture.SetInputData(self._reslice.GetStencilOutput())
        picture.SetOutputScalarTypeToUnsignedChar()
        picture.Update()
        self._reslice.GenerateStencilOutputOff()
        scalars = vtk_to_numpy(picture.GetOutput().GetPointData().GetScalars())  # type: ignore[no-untyped-call]
        inside: NDArray[np.bool_] = scalars.reshape(rows.stop - rows.start, columns.stop - columns.start) != 0
        return inside
