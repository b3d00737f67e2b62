"""Sample labels at the pixels of a slice, nearest: each has that of the voxel that holds it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkImagingCore import VTK_RESLICE_NEAREST, vtkImageReslice

from viewer3d.core.geometry import Geometry
from viewer3d.core.view.state import Slab
from viewer3d.render.image_data import array_grid
from viewer3d.render.slices.pixels import PanePixels, PlanePixels, part_around
from viewer3d.render.slices.slab import slab_planes
from viewer3d.render.slices.tiles import PanePart

_ON_FACE: Final = 2.0**-17
"""Voxels: of a point on the face between two the upper one counts, as it does for masks on other grids."""


class LabelSampler:
    """Samples one label layer; what VTK needs for it is made once.

    Parameters
    ----------
    labels : ndarray of uint8 or int16, shape (columns, rows, slices)
        In Fortran order.
    geometry : Geometry
        Where their grid is; it may be sheared.
    """

    def __init__(self, labels: NDArray[Any], geometry: Geometry) -> None:
        self._geometry, self._dtype = geometry, labels.dtype
        self._corners, self._to_index = geometry.corners, geometry.inverse
        self._axes = vtkMatrix4x4()
        self._reslice = vtkImageReslice()
        self._reslice.SetInputData(array_grid(labels))
        self._reslice.SetResliceAxes(self._axes)
        self._reslice.SetInterpolationMode(VTK_RESLICE_NEAREST)
        self._reslice.SetBorder(1)
        self._reslice.SetBackgroundLevel(0)
        self._reslice.SetOutputDimensionality(2)
        self._reslice.SetOutputOrigin(0.0, 0.0, 0.0)

    def values(self, pixels: PanePixels | PlanePixels, is_seen: NDArray[np.bool_]) -> tuple[NDArray[Any], PanePart]:
        """Sample the labels at the centres of pixels.

        Parameters
        ----------
        pixels : PanePixels or PlanePixels
            Of a slab each pixel has the first label behind it, as seen from before the screen.
        is_seen : ndarray of bool, shape (labels,)
            Which labels count in a slab: one that is not seen hides none.

        Returns
        -------
        tuple of ndarray of the labels' dtype, shape (height, width), and tuple of slice
            0 where there is none; and the rows and columns that hold all others.
        """
        labels = np.zeros(pixels.shape, self._dtype)
        if isinstance(pixels, PlanePixels):
            labels[...] = self._through(pixels.matrix, pixels.rows, pixels.columns)
            return labels, part_of(labels)
        pane = pixels.pane
        rows, columns = part_around(self._corners, pane)
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return labels, (slice(0, 0), slice(0, 0))
        slab = Slab(pixels.slab.thickness, "maximum")
        away = float(np.cross(pane.plane.right, pane.plane.down) @ np.array(pane.plane.normal, np.float64))
        chosen = slab_planes(self._geometry, pane.plane, pane.origin, slab, nearest=True)
        part = labels[rows, columns]
        seen = np.where(is_seen, np.arange(len(is_seen)), 0).astype(self._dtype)
        for n, one in enumerate(sorted(chosen, key=lambda plane: plane.offset * away)):
            affine = pane.affine
            affine[:3, 3] += np.multiply(pane.plane.normal, one.offset)
            found = self._through(affine, rows, columns)
            if len(chosen) > 1 and not is_seen[1 : int(found.max(initial=0)) + 1].all():
                found = np.take(seen, found, mode="clip")
            np.copyto(part, found, where=True if n == 0 else part == 0)
        return labels, part_of(labels)

    def _through(self, matrix: NDArray[np.float64], rows: slice, columns: slice) -> NDArray[Any]:
        # Valid until the next call.
        to_index = self._to_index @ matrix
        to_index[:3] += _ON_FACE * to_index[3]
        self._axes.DeepCopy(to_index.ravel().tolist())
        self._reslice.SetOutputExtent(columns.start, columns.stop - 1, rows.start, rows.stop - 1, 0, 0)
        self._reslice.Update()
        sampled: NDArray[Any] = vtk_to_numpy(self._reslice.GetOutput().GetPointData().GetScalars())  # type: ignore[no-untyped-call]
        return sampled.reshape(rows.stop - rows.start, columns.stop - columns.start)


def part_of(labels: NDArray[Any]) -> PanePart:
    """Return the smallest rows and columns that hold all that is not 0."""
    rows = np.flatnonzero(labels.any(1))
    if not rows.size:
        return slice(0, 0), slice(0, 0)
    columns = np.flatnonzero(labels[rows[0] : rows[-1] + 1].any(0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
