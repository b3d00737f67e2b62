"""Sample labels at the pixels of a slice, nearest: each has that of the voxel that holds it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkImagingCore import VTK_RESLICE_NEAREST, vtkImageReslice

from viewer3d.core.geometry import Geometry
from viewer3d.core.vectors import Points
from viewer3d.core.view.state import Slab
from viewer3d.render.image_data import array_grid
from viewer3d.render.slices.pixels import PanePixels, PlanePixels, part_around
from viewer3d.render.slices.slab import slab_planes
from viewer3d.render.slices.tiles import PanePart

_ON_FACE: Final = 2.0**-17
"""Voxels: of a point on the face between two the upper one counts, as it does for masks on other grids."""

_AROUND: Final = 0.51
"""Voxels around the centres of the outer voxels that have a label: what is further away is not looked at."""


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
        self._to_index, self._ends = geometry.inverse, _labelled_edges(labels, geometry)
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
        ends = _within(self._ends, (self._ends - pixels.point) @ pixels.normal, pixels.thickness / 2)
        rows, columns = part_around(ends, pane) if len(ends) else (slice(0, 0), slice(0, 0))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return labels, (slice(0, 0), slice(0, 0))
        slab = Slab(pixels.slab.thickness, "maximum")
        away = float(np.cross(pane.plane.right, pane.plane.down) @ np.array(pane.plane.normal, np.float64))
        away = -away if pane.plane.mirrored else away  # a mirror shows the same side
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


def _labelled_edges(labels: NDArray[Any], geometry: Geometry) -> Points:
    """Return the ends of the edges of a box that holds all labels, LPS mm, (12, 2, 3) or none."""
    columns, rows, slices = labels.shape
    found = np.zeros((columns, rows), labels.dtype, order="F")
    filled = np.zeros(slices, np.bool_)
    for k in range(slices):
        filled[k] = labels[:, :, k].any()
        if filled[k]:
            found |= labels[:, :, k]
    if not filled.any():
        return np.zeros((0, 2, 3))
    low, high = np.array([np.flatnonzero(one)[[0, -1]] for one in (found.any(1), found.any(0), filled)], float).T
    ends = np.stack(np.meshgrid(*np.stack([low - _AROUND, high + _AROUND]).T, indexing="ij"), -1).reshape(8, 3)
    edges = [(a, a | 1 << axis) for axis in range(3) for a in range(8) if not a & 1 << axis]
    return geometry.index_to_world(ends[edges])


def _within(ends: Points, heights: NDArray[np.float64], half: float) -> Points:
    """Return the ends, shape (N, 3), of what of edges lies within a height of a plane.

    Parameters
    ----------
    ends : ndarray, shape (edges, 2, 3)
    heights : ndarray, shape (edges, 2)
    half : float
        In mm.
    """
    begin, rise = heights[:, 0], heights[:, 1] - heights[:, 0]
    slope = np.where(np.abs(rise) < 1e-9, 1e-9, rise)
    one, other = (-half - begin) / slope, (half - begin) / slope
    first, last = np.maximum(np.minimum(one, other), 0), np.minimum(np.maximum(one, other), 1)
    shares = np.stack([first, last], axis=-1)[first <= last]
    kept = ends[first <= last]
    return (kept[:, :1] + shares[..., None] * (kept[:, 1:] - kept[:, :1])).reshape(-1, 3)


def part_of(labels: NDArray[Any]) -> PanePart:
    """Return the smallest rows and columns that hold all that is not 0."""
    rows = np.flatnonzero(labels.any(1))
    if not rows.size:
        return slice(0, 0), slice(0, 0)
    columns = np.flatnonzero(labels[rows[0] : rows[-1] + 1].any(0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
