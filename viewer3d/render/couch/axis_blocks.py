"""A volume's dense voxels in blocks along the patient's axes, and masks of blocks back on its own grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkImagingCore import vtkImageReslice

from viewer3d.core.geometry import Affine
from viewer3d.core.volume import Volume
from viewer3d.render.couch.masks import Mask
from viewer3d.render.image_data import index_grid

BLOCKS: Final = 170
"""Blocks across the volume: 3 mm of 500, which parts a couch from the skin above it, in a tenth of the time of all."""

PLANES: Final = 60
"""Planes of blocks in the same length along the scanner's axis, of which a couch looks the same in all."""

UPRIGHT: Final = 0.9997
"""Cosine of 1.5 degrees: a grid that is turned by less has its axes along the patient's, to a block in its length."""

TOLERANCE: Final = 1e-6
"""Of a voxel: what rounding may take from the edge of a block."""

QUARTERS: Final = ((0.25, 0.25), (0.25, -0.25), (-0.25, 0.25), (-0.25, -0.25))
"""Where a block is sampled, from its middle, in its sides."""

FAR_BELOW: Final = -30000.0
"""What lies outside of a volume, in its values: below all that is measured."""


@dataclass(frozen=True, eq=False)
class AxisBlocks:
    """A volume's dense voxels in blocks along the patient's axes.

    Attributes
    ----------
    dense : ndarray of bool, shape (planes, rows, columns)
        Which blocks hold a dense voxel; planes are across the scanner's axis.
    axes : tuple of int
        Of the patient (0 for x, 1 for y, 2 for z) along planes, rows and columns; all three ascend.
    spacing : ndarray of float64, shape (3,)
        Between planes, rows and columns, in mm.
    to_block : ndarray of float64, shape (4, 4)
        Voxel index (i, j, k, 1) to the index of plane, row and column; what is nearest to a block is its own.
    size : float
        The longer side of the volume's slices that lie nearest to across the scanner's axis, in mm.
    """

    dense: Mask
    axes: tuple[int, int, int]
    spacing: NDArray[np.float64]
    to_block: Affine
    size: float

    @property
    def is_aligned(self) -> bool:
        """Whether each axis of the volume's grid is along one of the patient's."""
        return int(np.count_nonzero(self.to_block[:3, :3])) == 3

    def masks(self, mask: Mask, shape: tuple[int, int, int]) -> Iterator[tuple[tuple[slice, slice, int], Mask]]:
        """Yield a mask of blocks on a volume's grid, slice by slice.

        Parameters
        ----------
        mask : ndarray of bool, shape (planes, rows, columns)
        shape : tuple of int
            Of the volume.

        Yields
        ------
        where : tuple of slice, slice, int
            Some columns, some rows and the slice: all voxels of the mask in this slice lie there.
        part : ndarray of bool, shape (columns, rows)
            Which of these voxels are in the mask.
        """
        if not mask.any():
            return
        i, j, ks = (slice(low, high + 1) for low, high in self.spans(mask, shape))
        columns, rows = np.arange(i.start, i.stop), np.arange(j.start, j.stop)[:, None]
        part, there = np.zeros((0, 0), np.bool_), None
        for k in range(ks.start, ks.stop):
            block = np.rint(self.to_block[:3, 2] * k + self.to_block[:3, 3]).tolist()
            if self.is_aligned and block == there:  # the next slice of the same blocks
                yield (i, j, k), part
                continue
            at, there = [], block
            for (by_i, by_j, by_k, first), count in zip(self.to_block[:3], mask.shape, strict=True):
                # In an upright grid it depends on one index alone: a row or a column of numbers is all there is to do.
                parts = [by * side for by, side in ((by_i, columns), (by_j, rows)) if by or not self.is_aligned]
                index = np.rint(sum(parts, np.float64(by_k * k + first))).astype(np.intp)
                at.append(np.clip(index, 0, count - 1))
            # Columns run fastest, as in the volume.
            part = np.broadcast_to(mask[tuple(at)], (rows.size, columns.size)).T
            yield (i, j, k), part

    def values(self, volume: Volume, mask: Mask) -> NDArray[np.float64]:
        """Return the value in the middle of each block of a mask, of the volume these are the blocks of."""
        M = np.linalg.inv(self.to_block)
        index = np.rint(np.argwhere(mask) @ M[:3, :3].T + M[:3, 3]).astype(np.intp)
        i, j, k = np.clip(index, 0, np.array(volume.shape) - 1).T
        values: NDArray[np.float64] = volume.voxels[i, j, k].astype(np.float64)
        return values

    def spans(self, mask: Mask, shape: tuple[int, int, int], sparse: float = 0.0) -> list[tuple[int, int]]:
        """Return the first and the last index along i, j and k that the blocks of a mask reach.

        Parameters
        ----------
        mask : ndarray of bool, shape (planes, rows, columns)
            Not empty.
        shape : tuple of int
            Of the volume.
        sparse : float
            Planes across an axis with less than this part of the blocks of the fullest do not count.
        """
        M = np.linalg.inv(self.to_block)
        half = np.abs(M[:3, :3]).sum(1) / 2 + TOLERANCE
        spans = []
        for axis, (way, length) in enumerate(zip(M[:3], shape, strict=True)):
            if self.is_aligned:
                along = int(np.abs(way[:3]).argmax())
                counts = np.count_nonzero(mask, axis=tuple({0, 1, 2} - {along}))
                middles = way[along] * np.arange(len(counts)) + way[3]
            else:
                middles, counts = np.unique(np.rint(np.argwhere(mask) @ way[:3] + way[3]), return_counts=True)
            full = middles[counts >= max(1, sparse * counts.max())]
            low, high = int(np.ceil(full.min() - half[axis])), int(np.floor(full.max() + half[axis]))
            spans.append((max(low, 0), min(high, length - 1)))
        return spans


def find_axis_blocks(volume: Volume, least: float, along: int = 2) -> AxisBlocks:
    """Find the dense voxels of a volume, in blocks along the patient's axes.

    Parameters
    ----------
    volume : Volume
    least : float
        What exceeds it is dense, in the volume's unit.
    along : int
        The patient's axis along the scanner's.
    """
    rows, columns = sorted({0, 1, 2} - {along}, reverse=True)
    axes = along, rows, columns
    D = np.abs(volume.geometry.direction)
    own = D.argmax(1)[list(axes)]
    size = float((np.array(volume.spacing) * volume.shape)[own[1:]].max())
    if D.max(1).min() >= UPRIGHT:
        return _in_blocks(volume, least, axes, own, size)
    return _sampled(volume, least, axes, size)


def _wished(size: float) -> NDArray[np.float64]:
    return np.array([size / PLANES, size / BLOCKS, size / BLOCKS])


def _in_blocks(
    volume: Volume, least: float, axes: tuple[int, int, int], own: NDArray[np.intp], size: float
) -> AxisBlocks:
    # A block is dense where any voxel of it is: a shell is thinner. Of the planes in it, one is looked at.
    spacing = np.array(volume.spacing)[own]
    steps = np.maximum(1, _wished(size) // spacing).astype(int)
    signs = [volume.geometry.direction[axis, n] for axis, n in zip(axes, own, strict=True)]
    view = volume.voxels.transpose(own)[tuple(slice(None, None, 1 if sign > 0 else -1) for sign in signs)]
    counts = -(-np.array(view.shape) // steps)
    dense = np.empty(counts, np.bool_)
    padded = np.zeros(counts[1:] * steps[1:], np.bool_)
    for plane in range(counts[0]):
        values = view[min(plane * steps[0] + steps[0] // 2, view.shape[0] - 1)]
        np.greater(values, least, out=padded[: values.shape[0], : values.shape[1]])
        dense[plane] = _any_of(_any_of(padded, steps[1], 0), steps[2], 1)
    to_block = np.zeros((4, 4))
    to_block[3, 3] = 1
    for axis, (n, step, sign) in enumerate(zip(own, steps, signs, strict=True)):
        first = 0.0 if sign > 0 else view.shape[axis] - 1.0
        to_block[axis, n] = np.sign(sign) / step
        to_block[axis, 3] = (np.copysign(first, 1.0) - (step - 1) / 2) / step
    return AxisBlocks(dense, axes, spacing * steps, to_block, size)


def _any_of(mask: Mask, step: int, axis: int) -> Mask:
    joined = mask[(slice(None),) * axis + (slice(0, None, step),)]
    for at in range(1, step):
        joined = joined | mask[(slice(None),) * axis + (slice(at, None, step),)]
    return joined


def _sampled(volume: Volume, least: float, axes: tuple[int, int, int], size: float) -> AxisBlocks:
    # Twice as many samples across as blocks: a shell is thinner than one.
    low, high = volume.geometry.bounds
    sides, finest = (high - low)[list(axes)], min(volume.spacing)
    counts = np.maximum(1, np.ceil(sides / np.maximum(_wished(size), finest))).astype(int)
    spacing = sides / counts
    to_world = np.zeros((4, 4))
    to_world[3, 3] = 1
    for axis, (n, step) in enumerate(zip(axes, spacing, strict=True)):
        to_world[n, axis], to_world[n, 3] = step, low[n] + step / 2
    to_voxel = volume.geometry.inverse @ to_world
    dense = np.zeros(counts, np.bool_)
    reslice = vtkImageReslice()
    reslice.SetInputData(index_grid(volume))
    reslice.SetInterpolationModeToLinear()
    reslice.SetBackgroundLevel(FAR_BELOW)
    reslice.SetOutputDimensionality(3)
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.SetOutputSpacing(1, 1, 1)
    reslice.SetOutputExtent(0, int(counts[2]) - 1, 0, int(counts[1]) - 1, 0, int(counts[0]) - 1)
    for shift in QUARTERS:
        moved = to_voxel @ _shifted(shift)
        matrix = vtkMatrix4x4()
        matrix.DeepCopy([float(v) for v in moved[:, [2, 1, 0, 3]].ravel()])  # VTK counts columns first
        reslice.SetResliceAxes(matrix)
        reslice.Update()
        values: NDArray[Any] = vtk_to_numpy(reslice.GetOutput().GetPointData().GetScalars())  # type: ignore[no-untyped-call]
        dense |= values.reshape(counts) > least
    return AxisBlocks(dense, axes, spacing, np.array(np.linalg.inv(to_voxel), np.float64), size)


def _shifted(shift: tuple[float, float]) -> Affine:
    moved = np.eye(4)
    moved[1:3, 3] = shift
    return moved
