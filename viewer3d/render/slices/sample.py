"""Sample a volume at the pixels of a slice pane, blended over a slab. No OpenGL is needed."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.sampling import Interpolation
from viewer3d.core.view.state import Slab
from viewer3d.core.volume import Volume, cached
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.peaks import Extreme, Lines, Peaks
from viewer3d.render.slices.pixels import part_around
from viewer3d.render.slices.slab import OUTSIDE, Blender, SlabPlane, is_straight, slab_planes
from viewer3d.render.slices.tiles import PanePart
from viewer3d.render.slices.upright import is_upright, sample_upright

if TYPE_CHECKING:
    from viewer3d.render.slices.reslice import Reslice

ONE_PLANE = Slab()

_WITHOUT_VTK: Final = 8
"""Planes of a volume that are sampled without VTK, at some 5 ms each, before it is worth its 0.1 s of imports."""


class Sampler:
    """Samples one volume at the pixels of panes; what VTK needs for it is made once.

    Parameters
    ----------
    volume : Volume
        Of any direction: a plane is carried into the grid's own index space.
    interpolation : {"linear", "nearest"}
        Between voxels, or the value of the voxel that holds the point.
    in_float : bool
        Whether samples of an int16 volume are float32, of whole numbers: no voxel is outside then, whatever its value.
    """

    def __init__(self, volume: Volume, interpolation: Interpolation = "linear", *, in_float: bool = False) -> None:
        self._volume = volume
        self._rounded = in_float and volume.voxels.dtype == np.int16
        self._dtype = np.dtype(np.float32) if in_float else volume.voxels.dtype
        self._outside = OUTSIDE if self._dtype == np.int16 else np.nan
        self._to_index = volume.geometry.inverse
        self._corners = volume.geometry.corners
        self._interpolation: Interpolation = interpolation
        self._sampled_without_vtk = 0
        self._last: tuple[PaneGeometry | None, PanePart] = None, (slice(0, 0), slice(0, 0))

    @cached_property
    def _reslice(self) -> Reslice:
        from viewer3d.render.slices.reslice import Reslice  # noqa: PLC0415 (it imports VTK)

        return Reslice(self._volume, self._interpolation, self._outside, in_float=self._rounded)

    def covered(self, pane: PaneGeometry) -> tuple[slice, slice]:
        """Return the rows and columns of a pane outside of which there is nothing of the volume."""
        last = self._last
        if last[0] is not pane:  # asked for twice of a pane: with its values, and for what is drawn
            last = self._last = pane, part_around(self._corners, pane)
        return last[1]

    def values(self, pane: PaneGeometry, slab: Slab = ONE_PLANE) -> NDArray[Any]:
        """Sample the volume at the centres of a pane's pixels.

        Parameters
        ----------
        pane : PaneGeometry
            Where the pixels are.
        slab : Slab
            How thick the slice is: what lies in it behind each pixel is blended, see
            :func:`viewer3d.render.slices.slab.slab_planes`.

        Returns
        -------
        ndarray of the voxels' dtype (float32 of a sampler in float), shape (height, width)
            In the volume's unit; int16 is rounded to whole numbers. The outer half of the outer voxels counts as
            inside and has the value of their centres; outside is :data:`OUTSIDE` or NaN.
        """
        width, height = pane.size
        values = np.full((height, width), self._outside, self._dtype)
        rows, columns = self.covered(pane)
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return values
        nearest = self._interpolation == "nearest"
        chosen = slab_planes(self._volume.geometry, pane.plane, pane.origin, slab, nearest=nearest)
        if len(chosen) == 1:
            values[rows, columns] = self._sampled(pane, chosen[0].offset, rows, columns)
        elif chosen and slab.blend != "mean" and not nearest and not is_straight(self._volume.geometry, pane.plane):
            values[rows, columns] = self._peaks(pane, chosen, slab.blend, rows, columns)
        elif chosen:
            # vtkImageReslice has slabs of its own, but counts the outermost voxels again for samples beyond them.
            first, *others = chosen
            blender = Blender(slab.blend, self._sampled(pane, first.offset, rows, columns), first.weight)
            for one in others:
                blender.add(self._sampled(pane, one.offset, rows, columns), one.weight)
            values[rows, columns] = np.rint(blender.result) if self._rounded else blender.result
        return self._as_rounded(values)

    def covers(self, pane: PaneGeometry, slab: Slab = ONE_PLANE) -> NDArray[np.bool_]:
        """Return which pixels of a pane have something of the volume behind them, (height, width).

        It goes by places and not by values: a voxel may hold any, and NaN as well.
        """
        width, height = pane.size
        found = np.zeros((height, width), np.bool_)
        rows, columns = self.covered(pane)
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return found
        nearest = self._interpolation == "nearest"
        for one in slab_planes(self._volume.geometry, pane.plane, pane.origin, slab, nearest=nearest):
            found[rows, columns] |= self.covers_through(_shifted(pane, one.offset), rows, columns)
        return found

    def covers_through(self, matrix: NDArray[np.float64], rows: slice, columns: slice) -> NDArray[np.bool_]:
        """Return which pixels, (rows, columns), a matrix puts into the volume, see :meth:`through`."""
        return self._reslice.covers(self._to_index @ matrix, rows, columns)

    def _peaks(
        self, pane: PaneGeometry, chosen: tuple[SlabPlane, ...], blend: Extreme, rows: slice, columns: slice
    ) -> NDArray[Any]:
        peaks = Peaks(blend, self._sampled(pane, chosen[0].offset, rows, columns))
        for one in chosen[1:]:
            peaks.add(self._sampled(pane, one.offset, rows, columns))
        matrix = self._to_index @ pane.affine
        matrix[:, 3] += matrix[:, :2] @ (columns.start, rows.start)
        direction = self._to_index[:3, :3] @ np.asarray(pane.plane.normal, np.float64)
        peaks.refine(self._volume, Lines(matrix, direction, np.array([one.offset for one in chosen], np.float32)))
        return peaks.values

    def _sampled(self, pane: PaneGeometry, offset: float, rows: slice, columns: slice) -> NDArray[Any]:
        return self.through(_shifted(pane, offset), rows, columns)

    def through(self, matrix: NDArray[np.float64], rows: slice, columns: slice) -> NDArray[Any]:
        """Sample the volume wherever a matrix puts pixels.

        Parameters
        ----------
        matrix : ndarray of float64, shape (4, 4)
            Pixel (column, row, 0, 1) to world (LPS, mm) in homogeneous coordinates: perspective is allowed.
        rows, columns : slice
            Of the pixels.

        Returns
        -------
        ndarray, shape (rows, columns)
            As :meth:`values` gives them; valid until the next call.
        """
        matrix = self._to_index @ matrix
        if "vtkmodules.vtkImagingCore" not in sys.modules and self._sampled_without_vtk < _WITHOUT_VTK:
            sampled = self._without_vtk(matrix, rows, columns)
            if sampled is not None:
                return self._as_rounded(sampled)
        return self._as_rounded(self._reslice.values(matrix, rows, columns))

    def _without_vtk(self, matrix: NDArray[np.float64], rows: slice, columns: slice) -> NDArray[Any] | None:
        if not is_upright(matrix):
            return None
        self._sampled_without_vtk += 1
        return sample_upright(
            self._volume.voxels,
            matrix,
            rows,
            columns,
            interpolation=self._interpolation,
            outside=self._outside,
            dtype=self._dtype,
        )

    def _as_rounded(self, values: NDArray[Any]) -> NDArray[Any]:
        return np.floor(values + np.float32(0.5)) if self._rounded else values


def _shifted(pane: PaneGeometry, offset: float) -> NDArray[np.float64]:
    affine = pane.affine
    affine[:3, 3] += np.multiply(pane.plane.normal, offset)
    return affine


def holds_outside(volume: Volume) -> bool:
    """Return whether a voxel has the value that samples outside of a volume have; it is looked at once."""
    return cached(volume, _holds_outside)


def _holds_outside(volume: Volume) -> bool:
    lowest = volume.voxels.min(initial=0)  # a millisecond for 15 million voxels, and NaN where one is
    return bool(lowest == OUTSIDE if volume.voxels.dtype == np.int16 else np.isnan(lowest))
