"""Interpolate slices of a tilted gantry or with uneven steps onto a regular grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.grids.place_errors import PlaceErrors, with_steps
from viewer3d.core.provenance import Irregular
from viewer3d.core.sampling import Measured, fill_value
from viewer3d.dicom.series.slice_layout import EVEN_TOLERANCE, SliceLayout
from viewer3d.errors import StackError

MAX_GROWTH: Final = 8
"""Most times the voxels of the slices that a regular grid may have: one very small gap must not fill the memory."""

SHIFT_TOLERANCE: Final = 0.01
"""Share of a pixel: slices with a smaller in-plane shift are not moved."""


@dataclass(frozen=True, eq=False)
class RegularGrid:
    """The even grid without shear that contains every slice of a stack.

    Attributes
    ----------
    affine : ndarray, shape (4, 4)
        Voxel index to LPS mm.
    shape : tuple of int
        Columns, rows and slices.
    shifts : ndarray, shape (n, 2)
        Columns and rows from the first voxel of the grid to that of each slice; never negative.
    heights : ndarray, shape (n,)
        Position of each slice along the third axis, in slices of the grid.
    """

    affine: NDArray[np.float64]
    shape: tuple[int, int, int]
    shifts: NDArray[np.float64]
    heights: NDArray[np.float64]


def plan_grid(layout: SliceLayout, columns: int, rows: int) -> RegularGrid:
    """Plan the grid: axes along rows, columns and normal, spacing that of the two nearest slices.

    Raises
    ------
    StackError
        When the grid would have more than :data:`MAX_GROWTH` times the voxels of the slices.
    """
    along, count = layout.along, len(layout.positions)
    length, finest = float(along[-1]), float(layout.gaps.min())
    if layout.even:
        slices = count
    else:
        # Where gaps are whole multiples of the finest one (a slice is missing), every slice stays in its position.
        steps = length / finest
        slices = 1 + (round(steps) if abs(steps - round(steps)) <= EVEN_TOLERANCE * count else int(np.ceil(steps)))
    step = length / (slices - 1)
    beside = (layout.positions - layout.positions[0]) @ np.stack([layout.row, layout.column], 1)
    shifts = beside / layout.spacing
    shifts[np.abs(shifts) < SHIFT_TOLERANCE] = 0.0
    lowest = shifts.min(0)
    extra = np.ceil(np.ptp(shifts, axis=0) - SHIFT_TOLERANCE)
    if (columns + extra[0]) * (rows + extra[1]) * slices > MAX_GROWTH * columns * rows * count:
        shape = (columns + extra[0], rows + extra[1], slices)
        raise StackError(
            f"an even grid would need {' x '.join(f'{n:g}' for n in shape)} voxels for {count} slices, because two are "
            f"{finest:g} mm apart and others up to {float(layout.gaps.max()):g} mm; load fewer slices"
        )
    shape = (columns + int(extra[0]), rows + int(extra[1]), slices)
    affine = np.eye(4)
    affine[:3, 0] = layout.row * layout.spacing[0]
    affine[:3, 1] = layout.column * layout.spacing[1]
    affine[:3, 2] = layout.normal * step
    affine[:3, 3] = layout.positions[0] + affine[:3, :2] @ lowest
    return RegularGrid(affine, shape, shifts - lowest, along / step)


def measured_of(grid: RegularGrid, columns: int, rows: int) -> Measured | None:
    """Find the measured part of each slice of the grid, see :data:`~viewer3d.core.sampling.Measured`.

    Parameters
    ----------
    grid : RegularGrid
    columns, rows : int
        Those of the acquired slices.

    Returns
    -------
    ndarray of int32, shape (slices, 4), or None
        First column, end column, first row and end row of each slice; None when all was measured.
    """
    ends = np.array([columns, rows])
    # The outer half pixel still belongs to the slice.
    first = np.ceil(grid.shifts - 0.5).clip(0).astype(np.int32)
    last = np.minimum(np.floor(ends - 0.5 + grid.shifts).astype(np.int32) + 1, grid.shape[:2])
    measured = np.empty((grid.shape[2], 4), np.int32)
    for k in range(grid.shape[2]):
        (before, after), weight = _neighbours(grid, k)
        part = [n for n, share in ((before, 1 - weight), (after, weight)) if share > 0]
        measured[k, ::2], measured[k, 1::2] = first[part].max(0), last[part].min(0)
    measured[(measured[:, ::2] >= measured[:, 1::2]).any(1)] = 0
    return None if (measured == (0, grid.shape[0], 0, grid.shape[1])).all() else measured


def place_errors_of(layout: SliceLayout, irregular: Irregular) -> PlaceErrors:
    """Return what is not exact in where a grid has the slices of a stack, besides the size of its voxels.

    Even slices are as far off as they stray from even steps; of those that are kept as they are, from the upright fit.
    Where they are resampled, they are where they were measured, and interpolated: moved in their planes along rows or
    columns, and across them between uneven steps, of which the widest counts.
    """
    if layout.regular:
        return PlaceErrors(layout.residual)
    if irregular == "keep":
        return PlaceErrors(layout.upright_fit[1])
    beside = np.abs((layout.positions - layout.positions[0]) @ np.stack([layout.row, layout.column], 1)).max(0)
    ways = (layout.row * layout.spacing[0], layout.column * layout.spacing[1])
    moved = [way for way, mm, size in zip(ways, beside, layout.spacing, strict=True) if mm >= SHIFT_TOLERANCE * size]
    across = [] if layout.even else [layout.normal * layout.gaps.max()]
    return with_steps(PlaceErrors(layout.residual if layout.even else 0.0), *moved, *across)


def _neighbours(grid: RegularGrid, k: int) -> tuple[tuple[int, int], float]:
    """Return the acquired slices before and after a slice of the grid, and the weight of the latter."""
    after = int(np.clip(np.searchsorted(grid.heights, k), 1, len(grid.heights) - 1))
    before = after - 1
    weight = float((k - grid.heights[before]) / (grid.heights[after] - grid.heights[before]))
    return (before, after), round(min(max(weight, 0.0), 1.0), 6)  # a slice that is on the grid is copied


def resample(voxels: NDArray[Any], grid: RegularGrid, fill: float | None = None) -> NDArray[Any]:
    """Interpolate slices linearly onto a regular grid.

    Parameters
    ----------
    voxels : ndarray, shape (columns, rows, n)
        The acquired slices.
    grid : RegularGrid
        From :func:`plan_grid` of the same slices.
    fill : float, optional
        Value of voxels that were not measured, see :func:`measured_of`; by default the one that :func:`fill_value`
        finds.

    Returns
    -------
    ndarray of the same dtype, shape ``grid.shape``, Fortran order
    """
    columns, rows, slices = grid.shape
    out = np.empty((slices, rows, columns), voxels.dtype)
    whole = voxels.dtype.kind == "i"
    measured = measured_of(grid, *voxels.shape[:2])
    if measured is not None and fill is None:
        fill = fill_value(voxels, None)
    shifted: dict[int, NDArray[np.float32]] = {}
    for k in range(slices):
        (before, after), weight = _neighbours(grid, k)
        for n in (before, after):
            if n not in shifted:
                shifted[n] = _shift_slice(voxels[:, :, n].T, grid.shifts[n], (rows, columns))
        for n in [n for n in shifted if n < before]:
            del shifted[n]
        mixed = shifted[before] * np.float32(1 - weight) + shifted[after] * np.float32(weight)
        out[k] = np.rint(mixed) if whole else mixed
        if measured is not None:
            first_column, end_column, first_row, end_row = measured[k]
            out[k, :first_row], out[k, end_row:] = fill, fill
            out[k, :, :first_column], out[k, :, end_column:] = fill, fill
    return out.transpose(2, 1, 0)


def _shift_slice(image: NDArray[Any], shift: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Shift a slice to the rows and columns of the grid by interpolation; its edges are repeated."""
    out: NDArray[np.float32] = image.astype(np.float32)
    for axis, (by, size) in enumerate(zip(shift[::-1], shape, strict=True)):
        out = _shift_along(out, float(by), size, axis)
    return out


def _shift_along(image: NDArray[np.float32], by: float, size: int, axis: int) -> NDArray[np.float32]:
    """Shift an image along an axis by some pixels, to another size."""
    count = image.shape[axis]
    at = np.arange(size) - by
    low = np.clip(np.floor(at).astype(int), 0, count - 1)
    high = np.clip(low + 1, 0, count - 1)
    part = np.clip(at - low, 0, 1).astype(np.float32)
    part = part[:, None] if axis == 0 else part[None, :]
    moved: NDArray[np.float32] = np.take(image, low, axis) * (1 - part) + np.take(image, high, axis) * part
    return moved
