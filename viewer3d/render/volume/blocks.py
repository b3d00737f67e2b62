"""Reduce blocks of voxels to one value each, and volumes to fewer voxels, so that every voxel counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

BYTES_AT_A_TIME: Final = 1 << 21
"""Voxels that are reduced at a time: they stay in a processor's cache, which takes a third of the time."""

Voxels = NDArray[Any]


class Readable(Protocol):
    """Voxels that are read part by part: an array, or what makes each part as it is read."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Columns, rows and slices."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the voxels."""

    def __getitem__(self, index: tuple[slice, ...], /) -> Voxels: ...


def reduce_blocks(
    voxels: Readable,
    sides: tuple[int, int, int],
    reduce: np.ufunc,
    *,
    overlap: int = 0,
    convert: Callable[[Voxels], Voxels] | None = None,
) -> Voxels:
    """Reduce the voxels of each block to one value.

    Parameters
    ----------
    voxels : ndarray or alike, shape (columns, rows, slices)
        Quickest in Fortran order.
    sides : tuple of int
        Voxels in a block along i, j and k; the last blocks may have fewer.
    reduce : ufunc
        Of two values, in any order: ``np.fmax``, ``np.add``, ...
    overlap : int
        How many voxels that follow a block on every axis count for it as well.
    convert : callable, optional
        Returns what is reduced instead of some slices of voxels, of the same shape.

    Returns
    -------
    ndarray, shape (blocks along i, j, k)
        In Fortran order, of the voxels' dtype or that of what they are converted to.
    """
    count = -(-voxels.shape[2] // sides[2])
    step = max(1, BYTES_AT_A_TIME // _bytes_of(voxels, sides[2]))
    parts = []
    for first in range(0, count, step):
        last = min(first + step, count)
        part = voxels[:, :, first * sides[2] : last * sides[2] + overlap]
        part = part if convert is None else convert(part)
        for axis in (1, 0, 2):  # whole rows first, that lie together in memory and of which few are left
            part = reduce_along(part, axis, sides[axis], reduce, overlap)
        parts.append(part[:, :, : last - first])
    return np.asfortranarray(np.concatenate(parts, axis=2))


def reduce_along(voxels: Voxels, axis: int, side: int, reduce: np.ufunc, overlap: int = 0) -> Voxels:
    """Reduce voxels along one axis.

    Parameters
    ----------
    voxels : ndarray
    axis : int
    side : int
        How many voxels are reduced to one; the last may be of fewer.
    reduce : ufunc
        Of two values, in any order.
    overlap : int
        How many voxels that follow count as well.

    Returns
    -------
    ndarray
        Of the voxels' dtype; the voxels themselves where there is nothing to reduce.
    """
    if side + overlap == 1:
        return voxels
    reduced = _along(voxels, axis, slice(0, None, side)).copy(order="K")
    for offset in range(1, side + overlap):
        others = _along(voxels, axis, slice(offset, None, side))
        first = _along(reduced, axis, slice(0, others.shape[axis]))
        reduce(first, others, out=first)
    return reduced


def _along(voxels: Voxels, axis: int, chosen: slice) -> Voxels:
    return voxels[(slice(None),) * axis + (chosen,)]


def downsample(
    voxels: Readable, counts: tuple[int, int, int], reduce: np.ufunc, convert: Callable[[Voxels], Voxels] | None = None
) -> Voxels:
    """Reduce voxels to fewer that fill the same box: none is left out, some count in two.

    Parameters
    ----------
    voxels : ndarray or alike, shape (columns, rows, slices)
        Quickest in Fortran order.
    counts : tuple of int
        Voxels along i, j and k to be left: as many at most as there are.
    reduce : ufunc
        Of two values, in any order, of which one may be the same: ``np.fmax`` or ``np.fmin``.
    convert : callable, optional
        Returns what is reduced instead of some slices of voxels, of the same shape and dtype.

    Returns
    -------
    ndarray, shape ``counts``
        In Fortran order, of the voxels' dtype.
    """
    left = np.empty(counts, voxels.dtype, order="F")
    firsts = [_group_starts(*lengths) for lengths in zip(voxels.shape, counts, strict=True)]
    i, j, k = (-(-length // count) for length, count in zip(voxels.shape, counts, strict=True))
    step = max(1, BYTES_AT_A_TIME // _bytes_of(voxels, k))
    for begin in range(0, counts[2], step):
        slices = firsts[2][begin : begin + step]
        part = voxels[:, :, slices[0] : slices[-1] + k]
        part = part if convert is None else convert(part)
        part = _reduce_groups(part, 1, firsts[1], j, reduce)
        part = _reduce_groups(part, 0, firsts[0], i, reduce)
        left[:, :, begin : begin + step] = _reduce_groups(part, 2, slices - slices[0], k, reduce)
    return left


def _bytes_of(voxels: Readable, slices: int) -> int:
    columns, rows, count = voxels.shape
    return max(1, columns * rows * min(slices, count) * voxels.dtype.itemsize)


def _reduce_groups(voxels: Voxels, axis: int, firsts: NDArray[np.intp], side: int, reduce: np.ufunc) -> Voxels:
    if (np.diff(firsts) == side).all():
        return reduce_along(voxels, axis, side, reduce)
    groups = voxels.T.take(firsts, 2 - axis).T  # in the order it lies in memory
    for offset in range(1, side):
        reduce(groups, voxels.T.take(firsts + offset, 2 - axis).T, out=groups)
    return groups


def _group_starts(length: int, count: int) -> NDArray[np.intp]:
    # Where so many groups of equal size begin that reach from the first to the last, no further apart than their size.
    side = -(-length // count)
    return np.arange(count) * (length - side) // max(count - 1, 1)
