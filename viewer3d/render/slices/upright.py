"""Sample voxels along the axes of their grid in numpy, as vtkImageReslice does to the bit.

VTK takes 0.1 s to import and samples four times faster once it is there: the first pictures of a process are drawn
sooner without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from viewer3d.core.sampling import Interpolation

_PARTS: Final = 65536.0
"""Parts of a voxel to which vtkImageReslice rounds positions and sums (vtkInterpolationMath in VTK's
Imaging/Core/vtkImageInterpolatorInternals.h)."""

_ROWS_AT_ONCE: Final = 32
"""Rows of pixels that are interpolated at once: what is between fits into the processor's cache."""


def is_upright(matrix: NDArray[np.float64]) -> bool:
    """Return whether a matrix of pixels to voxels, (4, 4), puts rows and columns along axes of the grid."""
    along = matrix[:3, :2] != 0
    return bool((along.sum(axis=0) == 1).all() and (along.sum(axis=1) <= 1).all() and (matrix[3] == (0, 0, 0, 1)).all())


def sample_upright(
    voxels: NDArray[Any],
    matrix: NDArray[np.float64],
    rows: slice,
    columns: slice,
    *,
    interpolation: Interpolation,
    outside: float,
    dtype: DTypeLike,
) -> NDArray[Any] | None:
    """Sample voxels at pixels.

    Parameters
    ----------
    voxels : ndarray of int16 or float32, shape (i, j, k)
    matrix : ndarray of float64, shape (4, 4)
        Pixel (column, row, 0, 1) to voxel (i, j, k), see :func:`is_upright`.
    rows, columns : slice
        Of the pixels.
    interpolation : {"linear", "nearest"}
    outside : float
        What samples outside of the volume hold; the outer half of the outer voxels is inside.
    dtype : dtype
        Of the samples: int16 is rounded to whole numbers, float32 is not.

    Returns
    -------
    ndarray of dtype, shape (rows, columns), or None
        What :class:`viewer3d.render.slices.reslice.Reslice` gives, bit for bit. None where that is for VTK to say:
        where interpolated voxels are not finite, and where the nearest voxel is asked for on a face of the grid.
    """
    across, down = (int(np.flatnonzero(matrix[:3, n])[0]) for n in (0, 1))
    through = 3 - across - down
    nearest = interpolation == "nearest"
    numbers = np.arange(columns.start, columns.stop), np.arange(rows.start, rows.stop), np.zeros(1)
    ways = zip((across, down, through), numbers, (0, 1, 2), strict=True)
    x, y, z = (
        _along(matrix[axis, 3] + matrix[axis, way] * pixels, voxels.shape[axis], nearest=nearest)
        for axis, pixels, way in ways
    )
    if nearest and (x.on_face or y.on_face or z.on_face):
        return None
    samples = np.full((len(numbers[1]), len(numbers[0])), outside, dtype)
    if not (len(x.low) and len(y.low) and len(z.low)):
        return samples
    picture = samples[y.inside, x.inside]
    planes = [_plane(voxels, through, int(z.low[0]), turned=across > down)]
    if nearest:
        picture[...] = planes[0][y.low[:, None], x.low]
        return samples
    if z.share[0]:
        planes.append(_plane(voxels, through, int(z.high[0]), turned=across > down))
    with np.errstate(invalid="ignore"):  # of infinite voxels
        lines = [_lerped(plane[:, x.low], plane[:, x.high], x.share) for plane in planes]
        for begin in range(0, len(y.low), _ROWS_AT_ONCE):
            part = slice(begin, begin + _ROWS_AT_ONCE)
            at_z = [_lerped(line[y.low[part]], line[y.high[part]], y.share[part, None]) for line in lines]
            values = at_z[0] if len(at_z) == 1 else _lerped(at_z[0], at_z[1], z.share[0])
            if samples.dtype == np.int16:
                picture[part] = _rounded(values)
            elif voxels.dtype == np.int16 or np.isfinite(values).all():
                picture[part] = values
            else:
                return None
    return samples


def _lerped(low: NDArray[Any], high: NDArray[Any], share: Any) -> NDArray[np.float64]:
    values: NDArray[np.float64] = low * (1 - share)
    values += high * share
    return values


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    values += 0.5
    values *= _PARTS
    np.rint(values, out=values)
    values /= _PARTS
    return np.floor(values, out=values)


@dataclass(frozen=True)
class _Along:
    # The pixels along one axis that are inside: the voxels on both sides of each, and the share of the higher.
    low: NDArray[np.intp]
    high: NDArray[np.intp]
    share: NDArray[np.float64]
    inside: slice
    on_face: bool


def _along(at: NDArray[np.float64], count: int, *, nearest: bool) -> _Along:
    at = np.rint(at * _PARTS) / _PARTS
    inside = np.flatnonzero((at >= -0.5) & (at <= count - 0.5))
    if not len(inside):
        nothing = np.empty(0, np.intp)
        return _Along(nothing, nothing, np.empty(0), slice(0, 0), on_face=False)
    part = slice(int(inside[0]), int(inside[-1]) + 1)
    below = np.floor(at[part] + 0.5 if nearest else at[part])
    low = np.clip(below, 0, count - 1).astype(np.intp)
    high = np.clip(below + 1, 0, count - 1).astype(np.intp)
    on_face = bool((np.abs(at[part] - (count - 1) / 2) == count / 2).any())
    return _Along(low, high, at[part] - below, part, on_face)


def _plane(voxels: NDArray[Any], axis: int, number: int, *, turned: bool) -> NDArray[Any]:
    # Lines of pixels are its rows. numpy.take would copy the volume first.
    index: list[Any] = [slice(None)] * 3
    index[axis] = number
    values = voxels[tuple(index)]
    return np.ascontiguousarray(values if turned else values.T)
