"""Values of a grid's voxels: samples, the value at a point, what was measured, sheared grids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import ceil, floor
from typing import Any, Final, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from viewer3d.errors import ViewError

Interpolation = Literal["linear", "nearest"]

SAMPLE_SIZE: Final = 200_000
"""Voxels in a sample: the 0.5th percentile of as many random ones is off by 0.016 of a percentile, the square root of
p (1 - p) / n; of evenly spread ones by less."""

_RUN: Final = 4
"""Neighbours along a row that are taken together: they come from memory at once."""

_STEPS: Final = (0.7548776662466927, 0.5698402909980532)
"""1/p and 1/p^2 of the root of p^3 = p + 1: multiples of them fill a square evenly whatever its sides, see M. Roberts,
"The unreasonable effectiveness of quasirandom sequences" (2018), and H. Niederreiter (1992), chapter 3."""

_ON_CENTRE: Final = 2.0**-17
"""Voxels: a point no further from a voxel's centre has its value alone, and none of its neighbours', whatever rounding
makes of it. It is the tolerance of the pictures' own sampling (VTK, ``vtkInterpolationMath.h``)."""

MOST_SHEARED: Final = 2
"""Most times the voxels of a sheared grid that an upright one may have: an affine registration of two patients leans by
some degrees, which are some percent; what doubles the grid is a wrong matrix."""

_AIR_HU: Final = -1000.0
"""HU of air, by definition of the unit."""

Index = NDArray[np.intp]
Measured = NDArray[np.int32]
"""Of each slice of a grid the rectangle that was measured: first column, end of columns, first row, end of rows, shape
(slices, 4). The ends are not in it."""


def check_interpolation(interpolation: str) -> Interpolation:
    """Return the name of an interpolation.

    Raises
    ------
    ViewError
        When there is no such one.
    """
    if interpolation not in get_args(Interpolation):
        choices = " or ".join(get_args(Interpolation))
        raise ViewError(f"no interpolation is named {interpolation!r}: give {choices}")
    return cast("Interpolation", interpolation)


@lru_cache(maxsize=2)  # 5 MB of a large volume
def even_indices(shape: tuple[int, int, int], count: int) -> tuple[Index, Index, Index]:
    """Return voxel indices that lie evenly in a grid, in short runs along rows; always the same ones.

    A stride through memory would see few columns where it shares a factor with them. Here every slice has its share,
    and columns and rows are the multiples of two irrational numbers.

    Parameters
    ----------
    shape : tuple of int
        Columns, rows and slices.
    count : int
        About how many.

    Returns
    -------
    tuple of three ndarray of intp, shape (N,)
        Columns, rows and slices, in the order of slices; read-only.
    """
    first, row, along = _runs(shape, count)
    i = ((first[:, None] + np.arange(_RUN)) % shape[0]).ravel()
    j, k = np.repeat(row, _RUN), np.repeat(along, _RUN)
    for one in (i, j, k):
        one.flags.writeable = False
    return i, j, k


def _runs(shape: tuple[int, int, int], count: int) -> tuple[Index, Index, Index]:
    """Return column, row and slice that each run of :func:`even_indices` begins at."""
    columns, rows, slices = shape
    points = max(1, count // _RUN)
    number = np.arange(points, dtype=np.uint64)
    # Whole numbers of 32 bits in place of fractions: the same voxels on every machine.
    first, row = (
        ((number * np.uint64(step * 2**32) + np.uint64(1 << 31)) & np.uint64(0xFFFFFFFF)) * np.uint64(side) >> 32
        for step, side in zip(_STEPS, (columns, rows), strict=True)
    )
    along = ((2 * number + 1) * np.uint64(slices)) // np.uint64(2 * points)
    return first.astype(np.intp), row.astype(np.intp), along.astype(np.intp)


@lru_cache(maxsize=2)  # 1.6 MB of a large volume
def _even_places(shape: tuple[int, int, int], count: int) -> Index:
    """Return where the voxels of :func:`even_indices` lie in memory, in Fortran order; read-only."""
    (columns, rows, _), (first, row, along) = shape, _runs(shape, count)
    places = np.empty((len(first), _RUN), np.intp)
    for n in range(_RUN):
        np.remainder(first + n, columns, out=places[:, n])
    places += (columns * (row + rows * along))[:, None]
    flat = places.reshape(-1)
    flat.flags.writeable = False
    return flat


def sampled(voxels: NDArray[Any], measured: Measured | None = None, count: int = SAMPLE_SIZE) -> NDArray[Any]:
    """Return the values of about so many voxels that lie evenly in a grid, of those that were measured.

    Parameters
    ----------
    voxels : ndarray, shape (columns, rows, slices), Fortran order
    measured : ndarray of int, shape (slices, 4), optional
        See :data:`Measured`; without it all were measured.
    count : int
        Of a grid that has no more voxels, all are taken.

    Returns
    -------
    ndarray of the same dtype, shape (N,)
    """
    flat = voxels.reshape(-1, order="F")
    if flat.size <= count:
        return flat if measured is None else flat[measured_mask(measured, voxels.shape).reshape(-1, order="F")]
    columns, rows, slices = voxels.shape
    if measured is None:
        places = _even_places((columns, rows, slices), count)
    else:
        i, j, k = even_indices((columns, rows, slices), count)
        inside = is_measured(measured, i, j, k)
        i, j, k = i[inside], j[inside], k[inside]
        places = i + columns * (j + rows * k)
    found: NDArray[Any] = flat[places]
    return found


def counted_percentiles(values: NDArray[Any], counts: Index, shares: Sequence[float]) -> list[float]:
    """Find percentiles of whole numbers that were counted, to the bit as ``numpy.percentile`` does.

    Parameters
    ----------
    values : ndarray of int, shape (N,)
        Each once, rising; at least one.
    counts : ndarray of int, shape (N,)
        How often there is each of them, as ``numpy.unique`` counts.
    shares : sequence of float
        In percent.
    """
    ends = np.cumsum(counts)
    found = []
    for share in shares:
        at = (int(ends[-1]) - 1) * (share / 100)
        below = floor(at)
        pair = np.searchsorted(ends, (below, min(below + 1, int(ends[-1]) - 1)), "right")
        low, high = map(float, values[pair])
        way = at - below
        found.append(high - (high - low) * (1 - way) if way >= 0.5 else low + (high - low) * way)
    return found


def value_between(voxels: NDArray[Any], index: Sequence[float], measured: Measured | None = None) -> float | None:
    """Return the value that is linear between the eight voxels around a point.

    Parameters
    ----------
    voxels : ndarray of int16 or float32, shape (columns, rows, slices)
    index : sequence of float
        Column, row and slice of the point, in the grid.
    measured : ndarray of int, shape (slices, 4), optional
        See :data:`Measured`; without it all were measured.

    Returns
    -------
    float or None
        Of int16 rounded to a whole number, halves upwards, as pictures have it. The outer half of the outer voxels has
        the value of their centres. None where one of the voxels that has a part in it was not measured.
    """
    axes = []
    for at, count in zip(index, voxels.shape, strict=True):
        inside = min(max(float(at), 0.0), count - 1.0)
        first = floor(inside + _ON_CENTRE)
        share = inside - first
        axes.append([(first, 1.0)] if share <= _ON_CENTRE else [(first, 1 - share), (first + 1, share)])
    value = 0.0
    for (i, u), (j, v), (k, w) in product(*axes):
        if measured is not None and not is_measured(measured, i, j, k):
            return None
        value += u * v * w * float(voxels[i, j, k])
    return float(floor(value + 0.5)) if voxels.dtype == np.int16 else value


def value_nearest(voxels: NDArray[Any], index: Sequence[float], measured: Measured | None = None) -> float | None:
    """Return the value of the voxel that holds a point, as :func:`value_between` does."""
    i, j, k = (
        min(max(floor(at + 0.5 + _ON_CENTRE), 0), count - 1) for at, count in zip(index, voxels.shape, strict=True)
    )
    if measured is not None and not is_measured(measured, i, j, k):
        return None
    return float(voxels[i, j, k])


def measured_values(voxels: NDArray[Any], measured: Measured | None) -> NDArray[Any]:
    """Return the values of all measured voxels, shape (N,), in memory order; a view where all were."""
    if measured is None:
        return voxels.reshape(-1, order="F")
    parts = [voxels[i0:i1, j0:j1, k].ravel(order="F") for k, (i0, i1, j0, j1) in enumerate(measured.tolist())]
    return np.concatenate(parts)


def is_measured(measured: Measured, i: Any, j: Any, k: Any) -> NDArray[np.bool_]:
    """Return which voxels were measured, as bool of the shape that the indices broadcast to."""
    first_column, end_column, first_row, end_row = (measured[k, n] for n in range(4))
    return np.asarray((i >= first_column) & (i < end_column) & (j >= first_row) & (j < end_row))


def measured_mask(measured: Measured, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return a mask, bool of the grid's shape, of the measured voxels: for small grids."""
    i, j, k = np.ogrid[: shape[0], : shape[1], : shape[2]]
    return is_measured(measured, i, j, k)


def measured_count(measured: Measured) -> int:
    """Return how many voxels of a grid were measured."""
    sides = np.maximum(measured[:, 1::2].astype(np.int64) - measured[:, ::2], 0)
    return int(sides.prod(1).sum())


def fill_value(voxels: NDArray[Any], background: float | None, *, is_ct: bool = False) -> float:
    """Find the value for voxels that were not measured: that of the background of the series.

    Parameters
    ----------
    voxels : ndarray, any shape and dtype
        Those of the slices, in their unit.
    background : float, optional
        Pixel Padding Value (0028,0120) in that unit; it is used where some voxels have it.
    is_ct : bool
        Air is -1000 in CT; no signal, activity or flow is 0 otherwise. It is clipped to the range of the voxels.
    """
    if background is not None and (voxels == background).any():
        return background
    low, high = (float(np.nanmin(voxels)), float(np.nanmax(voxels))) if voxels.size else (0.0, 0.0)
    nothing = _AIR_HU if is_ct else 0.0
    return min(max(nothing, low), high)


@dataclass(frozen=True, eq=False)
class UprightGrid:
    """The grid of right angles that holds a sheared one; its slices lie in the planes of the other's.

    Attributes
    ----------
    affine : ndarray of float64, shape (4, 4)
        Voxel index to LPS mm, in that of the sheared affine's world.
    shape : tuple of int
        Columns, rows and slices; as many slices as the sheared one has.
    lean : ndarray of float64, shape (3,)
        Columns that each further row is shifted by, and columns and rows that each further slice is.
    start : ndarray of float64, shape (2,)
        The least of these shifts along columns and rows.
    """

    affine: NDArray[np.float64]
    shape: tuple[int, int, int]
    lean: NDArray[np.float64]
    start: NDArray[np.float64]

    def row_shift(self, k: int) -> float:
        """Return by how many rows a slice of the sheared grid lies after the first row."""
        return float(self.lean[2] * k - self.start[1])

    def column_shifts(self, k: int) -> NDArray[np.float64]:
        """Return by how many columns each row of the upright grid lies after the first column."""
        rows = np.arange(self.shape[1]) - self.row_shift(k)
        return np.asarray(self.lean[0] * rows + self.lean[1] * k - self.start[0])


def upright_grid(affine: NDArray[np.float64], shape: tuple[int, int, int]) -> UprightGrid:
    """Return the grid of right angles that holds a sheared one.

    Its first axis is that of the rows, its second lies in the plane of the slices: the matrix of the axes is a rotation
    times an upper triangular one (QR decomposition, G. Golub, C. Van Loan, Matrix Computations, 5.2), whose diagonal is
    the spacing and whose rest the shear. So no slice is interpolated with another.
    """
    Q, R = np.linalg.qr(affine[:3, :3])
    signs = np.sign(np.diag(R))
    Q, R = Q * signs, R * signs[:, None]
    spacing = np.diag(R)
    lean = np.array([R[0, 1] / spacing[0], R[0, 2] / spacing[0], R[1, 2] / spacing[1]])
    columns, rows, slices = shape
    ends = np.array([(j, k) for j in (0, rows - 1) for k in (0, slices - 1)])
    shifts = np.stack([lean[0] * ends[:, 0] + lean[1] * ends[:, 1], lean[2] * ends[:, 1]], 1)
    extra = np.ceil(np.ptp(shifts, axis=0) - _ON_CENTRE).astype(int)
    upright = np.eye(4)
    upright[:3, :3] = Q * spacing
    upright[:3, 3] = affine[:3, 3] + upright[:3, :2] @ shifts.min(0)
    return UprightGrid(upright, (columns + int(extra[0]), rows + int(extra[1]), slices), lean, shifts.min(0))


def resample_upright(
    voxels: NDArray[Any], grid: UprightGrid, fill: float, measured: Measured | None = None
) -> tuple[NDArray[Any], Measured]:
    """Interpolate the slices of a sheared grid linearly at the voxels of the upright one.

    Parameters
    ----------
    voxels : ndarray of int16 or float32, shape (columns, rows, slices)
        Of the sheared grid.
    grid : UprightGrid
        From :func:`upright_grid`.
    fill : float
        Value of voxels beyond the sheared grid.
    measured : ndarray of int, shape (slices, 4), optional
        See :data:`Measured`; without it all were measured.

    Returns
    -------
    voxels : ndarray of the same dtype, shape ``grid.shape``, Fortran order
        int16 is rounded.
    measured : ndarray of int32, shape (slices, 4)
        A rectangle of each slice that lies between measured voxels; some beside it may do so too.
    """
    columns, rows, slices = grid.shape
    width, height = voxels.shape[:2]
    out = np.full((slices, rows, columns), fill, voxels.dtype)
    inner = np.zeros((slices, 4), np.int32)
    whole = voxels.dtype.kind == "i"
    for k in range(slices):
        j = np.arange(rows) - grid.row_shift(k)
        i = np.arange(columns) - grid.column_shifts(k)[:, None]
        image = voxels[:, :, k].T.astype(np.float32)
        (j0, j1, v), (i0, i1, u) = _between(j, height), _between(i, width)
        mixed = image[j0] * (1 - v[:, None]) + image[j1] * v[:, None]
        value = np.take_along_axis(mixed, i0, 1) * (1 - u) + np.take_along_axis(mixed, i1, 1) * u
        held = (i >= -0.5) & (i < width - 0.5) & ((j >= -0.5) & (j < height - 0.5))[:, None]
        out[k][held] = np.floor(value[held] + 0.5) if whole else value[held]
        inner[k] = _inner(grid, k, (0, width, 0, height) if measured is None else measured[k].tolist())
    return out.transpose(2, 1, 0), inner


def _between(at: NDArray[Any], count: int) -> tuple[Index, Index, NDArray[np.float32]]:
    """Return the voxels before and after places along an axis, and the share of the latter."""
    inside = at.clip(0, count - 1)
    before = np.floor(inside + _ON_CENTRE).astype(np.intp)
    share = (inside - before).clip(0)
    share[share <= _ON_CENTRE] = 0
    return before, np.minimum(before + 1, count - 1), share.astype(np.float32)


def _inner(grid: UprightGrid, k: int, measured: Sequence[int]) -> tuple[int, int, int, int]:
    """Return the rectangle of a slice that lies between centres of measured voxels; zeros for none."""
    first_column, end_column, first_row, end_row = measured
    down = grid.row_shift(k)
    top, bottom = ceil(first_row + down - _ON_CENTRE), floor(end_row - 1 + down + _ON_CENTRE) + 1
    across = grid.column_shifts(k)[top:bottom]
    if not across.size:
        return 0, 0, 0, 0
    left, right = (
        ceil(first_column + across.max() - _ON_CENTRE),
        floor(end_column - 1 + across.min() + _ON_CENTRE) + 1,
    )
    return (left, right, top, bottom) if left < right else (0, 0, 0, 0)
