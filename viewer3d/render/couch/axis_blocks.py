"""Find a volume's dense voxels in blocks along the patient's axes, and return masks to its own grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor
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
from viewer3d.render.volume.blocks import reduce_along

BLOCKS_ACROSS: Final = 170
"""Blocks across the volume: 3 mm of 500, which parts a couch from the skin above it, in a tenth of the time of all."""

PLANES_ALONG: Final = 60
"""Planes of blocks in the same length along the scanner's axis, in all of which a couch looks the same."""

ALIGNED_COSINE: Final = 0.9997
"""Cosine of 1.5 degrees: a grid that is rotated by less has its axes along the patient's, to a block in its length."""

EDGE_TOLERANCE: Final = 1e-6
"""Voxels: what rounding may take from the edge of a block."""

SUBSAMPLES: Final = ((0.25, 0.25), (0.25, -0.25), (-0.25, 0.25), (-0.25, -0.25))
"""Where a block is sampled, from its middle, in its sides."""

OUTSIDE_VALUE: Final = -30000.0
"""Value of what lies outside of a volume: below all that is measured."""


@dataclass(frozen=True, eq=False)
class AxisBlocks:
    """A volume's dense voxels in blocks along the patient's axes.

    Attributes
    ----------
    dense : ndarray of bool, shape (planes, rows, columns)
        Which blocks hold a dense voxel; planes lie across the scanner's axis.
    axes : tuple of int
        Of the patient (0 for x, 1 for y, 2 for z) along planes, rows and columns; all three ascend.
    spacing : ndarray of float64, shape (3,)
        Between planes, rows and columns, in mm.
    to_block : ndarray of float64, shape (4, 4)
        Voxel index (i, j, k, 1) to the index of plane, row and column; a voxel belongs to the nearest block.
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

    def voxel_masks(self, mask: Mask, shape: tuple[int, int, int]) -> Iterator[tuple[tuple[slice, slice, int], Mask]]:
        """Yield a mask of blocks as masks of voxels, slice by slice.

        Parameters
        ----------
        mask : ndarray of bool, shape (planes, rows, columns)
        shape : tuple of int
            Of the volume.

        Yields
        ------
        index : tuple of slice, slice, int
            Some columns, some rows and the slice: all voxels of the mask in this slice lie there.
        part : ndarray of bool, shape (columns, rows)
            Which of these voxels are in the mask.
        """
        if not mask.any():
            return
        i, j, ks = (slice(low, high + 1) for low, high in self.voxel_spans(mask, shape))
        columns, rows = np.arange(i.start, i.stop), np.arange(j.start, j.stop)[:, None]
        part, previous = np.zeros((0, 0), np.bool_), None
        for k in range(ks.start, ks.stop):
            block = np.rint(self.to_block[:3, 2] * k + self.to_block[:3, 3]).tolist()
            if self.is_aligned and block == previous:  # the next slice of the same blocks
                yield (i, j, k), part
                continue
            at, previous = [], block
            for (by_i, by_j, by_k, first), count in zip(self.to_block[:3], mask.shape, strict=True):
                # In an aligned grid it depends on one index alone: a row or a column of numbers is enough.
                parts = [by * side for by, side in ((by_i, columns), (by_j, rows)) if by or not self.is_aligned]
                index = np.rint(sum(parts, np.float64(by_k * k + first))).astype(np.intp)
                at.append(np.clip(index, 0, count - 1))
            # Columns run fastest, as in the volume.
            part = np.broadcast_to(mask[tuple(at)], (rows.size, columns.size)).T
            yield (i, j, k), part

    def middle_values(self, volume: Volume, mask: Mask) -> NDArray[np.float64]:
        """Return the value in the middle of each block of a mask.

        Parameters
        ----------
        volume : Volume
            The one that these are the blocks of.
        mask : ndarray of bool, shape (planes, rows, columns)

        Returns
        -------
        ndarray of float64, shape (blocks in the mask,)
            In the volume's unit.
        """
        M = np.linalg.inv(self.to_block)
        blocks = np.stack(np.unravel_index(np.flatnonzero(mask), mask.shape), -1)
        index = np.rint(blocks @ M[:3, :3].T + M[:3, 3]).astype(np.intp)
        i, j, k = np.clip(index, 0, np.array(volume.shape) - 1).T
        values: NDArray[np.float64] = volume.voxels[i, j, k].astype(np.float64)
        return values

    def voxel_spans(self, mask: Mask, shape: tuple[int, int, int], sparse: float = 0.0) -> list[tuple[int, int]]:
        """Return the first and the last voxel along i, j and k that the blocks of a mask reach.

        Parameters
        ----------
        mask : ndarray of bool, shape (planes, rows, columns)
            Not empty.
        shape : tuple of int
            Of the volume.
        sparse : float
            Planes across an axis with less than this share of the blocks of the fullest do not count.

        Returns
        -------
        list of (int, int)
            Voxel indices.
        """
        M = np.linalg.inv(self.to_block)
        half = np.abs(M[:3, :3]).sum(1) / 2 + EDGE_TOLERANCE
        spans = []
        for axis, (row, length) in enumerate(zip(M[:3], shape, strict=True)):
            if self.is_aligned:
                along = int(np.abs(row[:3]).argmax())
                counts = np.count_nonzero(mask, axis=tuple({0, 1, 2} - {along}))
                middles = row[along] * np.arange(len(counts)) + row[3]
            else:
                middles, counts = np.unique(np.rint(np.argwhere(mask) @ row[:3] + row[3]), return_counts=True)
            full = middles[counts >= max(1, sparse * counts.max())]
            low, high = int(np.ceil(full.min() - half[axis])), int(np.floor(full.max() + half[axis]))
            spans.append((max(low, 0), min(high, length - 1)))
        return spans


def find_axis_blocks(volume: Volume, least: float, along: int = 2) -> AxisBlocks:
    """Return the dense voxels of a volume, in blocks along the patient's axes.

    Parameters
    ----------
    volume : Volume
    least : float
        What exceeds it is dense, in the volume's unit.
    along : int
        The patient's axis along the scanner's: 0 for x, 1 for y, 2 for z.

    Returns
    -------
    AxisBlocks
    """
    rows, columns = sorted({0, 1, 2} - {along}, reverse=True)
    axes = along, rows, columns
    D = np.abs(volume.geometry.direction)
    own = D.argmax(1)[list(axes)]
    size = float((np.array(volume.spacing) * volume.shape)[own[1:]].max())
    if D.max(1).min() >= ALIGNED_COSINE:
        return _blocks_of_voxels(volume, least, axes, own, size)
    return _blocks_of_samples(volume, least, axes, size)


def _wanted_spacing(size: float) -> NDArray[np.float64]:
    # Between planes, rows and columns, in mm.
    return np.array([size / PLANES_ALONG, size / BLOCKS_ACROSS, size / BLOCKS_ACROSS])


def _blocks_of_voxels(
    volume: Volume, least: float, axes: tuple[int, int, int], own: NDArray[np.intp], size: float
) -> AxisBlocks:
    # A block is dense where any of its voxels is, for a shell is thinner. Of the planes in it the middle one counts.
    spacing = np.array(volume.spacing)[own]
    steps = np.maximum(1, _wanted_spacing(size) // spacing).astype(int)
    signs = [volume.geometry.direction[axis, n] for axis, n in zip(axes, own, strict=True)]
    view = volume.voxels.transpose(own)[tuple(slice(None, None, 1 if sign > 0 else -1) for sign in signs)]
    counts = -(-np.array(view.shape) // steps)
    dense = np.empty(counts, np.bool_)
    if view.dtype == np.int16:
        least = floor(least)  # the same are above it; numpy would make floats of all to compare them
    padded = np.zeros(counts[1:] * steps[1:], np.bool_)
    for plane in range(counts[0]):
        values = view[min(plane * steps[0] + steps[0] // 2, view.shape[0] - 1)]
        np.greater(values, least, out=padded[: values.shape[0], : values.shape[1]])
        rows = reduce_along(padded, 0, int(steps[1]), np.logical_or)
        dense[plane] = reduce_along(rows, 1, int(steps[2]), np.logical_or)
    to_block = np.zeros((4, 4))
    to_block[3, 3] = 1
    for axis, (n, step, sign) in enumerate(zip(own, steps, signs, strict=True)):
        first = 0.0 if sign > 0 else view.shape[axis] - 1.0
        to_block[axis, n] = np.sign(sign) / step
        to_block[axis, 3] = (np.copysign(first, 1.0) - (step - 1) / 2) / step
    return AxisBlocks(dense, axes, spacing * steps, to_block, size)


def _blocks_of_samples(volume: Volume, least: float, axes: tuple[int, int, int], size: float) -> AxisBlocks:
    # Twice as many samples across as blocks: a shell is thinner than one.
    low, high = volume.geometry.bounds
    sides, finest = (high - low)[list(axes)], min(volume.spacing)
    counts = np.maximum(1, np.ceil(sides / np.maximum(_wanted_spacing(size), finest))).astype(int)
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
    reslice.SetBackgroundLevel(OUTSIDE_VALUE)
    reslice.SetOutputDimensionality(3)
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.SetOutputSpacing(1, 1, 1)
    reslice.SetOutputExtent(0, int(counts[2]) - 1, 0, int(counts[1]) - 1, 0, int(counts[0]) - 1)
    for rows, columns in SUBSAMPLES:
        shift = np.eye(4)
        shift[1:3, 3] = rows, columns
        M = to_voxel @ shift
        matrix = vtkMatrix4x4()
        matrix.DeepCopy([float(v) for v in M[:, [2, 1, 0, 3]].ravel()])  # VTK counts columns first
        reslice.SetResliceAxes(matrix)
        reslice.Update()
        values: NDArray[Any] = vtk_to_numpy(reslice.GetOutput().GetPointData().GetScalars())  # type: ignore[no-untyped-call]
        dense |= values.reshape(counts) > least
    return AxisBlocks(dense, axes, spacing, np.array(np.linalg.inv(to_voxel), np.float64), size)
