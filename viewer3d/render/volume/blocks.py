"""Blocks of voxels: many voxels joined to one value, all of them looked at; and a volume of fewer voxels made so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

AT_ONCE: Final = 1 << 21
"""Bytes of voxels that are joined at a time: they stay in a processor's cache, which takes a third of the time."""

Voxels = NDArray[Any]


def reduce_blocks(
    voxels: Voxels,
    sides: tuple[int, int, int],
    join: np.ufunc,
    *,
    reach: int = 0,
    of: Callable[[Voxels], Voxels] | None = None,
) -> Voxels:
    """Join the voxels of each block to one value.

    Parameters
    ----------
    voxels : ndarray, shape (columns, rows, slices)
        Quickest in Fortran order.
    sides : tuple of int
        Voxels in a block along i, j and k; the last blocks may have fewer.
    join : ufunc
        Of two values, in any order: ``np.fmax``, ``np.add``, ...
    reach : int
        Of how many voxels that follow it on every axis a block takes part as well.
    of : callable, optional
        What is joined instead of the voxels: made of some slices at a time, of the same shape.

    Returns
    -------
    ndarray, shape (blocks along i, j, k)
        In Fortran order, of the voxels' dtype or that of what is joined instead.
    """
    count = -(-voxels.shape[2] // sides[2])
    step = max(1, AT_ONCE // max(1, voxels[:, :, : sides[2]].nbytes))
    parts = []
    for first in range(0, count, step):
        last = min(first + step, count)
        part = voxels[:, :, first * sides[2] : last * sides[2] + reach]
        part = part if of is None else of(part)
        for axis in (1, 0, 2):  # whole rows first, that lie together in memory and of which few are left
            part = _along(part, axis, sides[axis], join, reach)
        parts.append(part[:, :, : last - first])
    return np.asfortranarray(np.concatenate(parts, axis=2))


def _along(voxels: Voxels, axis: int, side: int, join: np.ufunc, reach: int) -> Voxels:
    if side + reach == 1:
        return voxels
    blocks = _picked(voxels, axis, slice(0, None, side)).copy(order="K")
    for offset in range(1, side + reach):
        others = _picked(voxels, axis, slice(offset, None, side))
        first = _picked(blocks, axis, slice(0, others.shape[axis]))
        join(first, others, out=first)
    return blocks


def _picked(voxels: Voxels, axis: int, places: slice) -> Voxels:
    return voxels[(slice(None),) * axis + (places,)]


def downsample(
    voxels: Voxels, counts: tuple[int, int, int], join: np.ufunc, of: Callable[[Voxels], Voxels] | None = None
) -> Voxels:
    """Join voxels to fewer that fill the same box: none is left out, some count in two.

    Parameters
    ----------
    voxels : ndarray, shape (columns, rows, slices)
        Quickest in Fortran order.
    counts : tuple of int
        Voxels along i, j and k to be left: as many at most as there are.
    join : ufunc
        Of two values, in any order, of which one may be the same: ``np.fmax`` or ``np.fmin``.
    of : callable, optional
        What is joined instead of the voxels: made of some slices at a time, of the same shape and dtype.

    Returns
    -------
    ndarray, shape ``counts``
        In Fortran order, of the voxels' dtype.
    """
    left = np.empty(counts, voxels.dtype, order="F")
    firsts = [_firsts(*lengths) for lengths in zip(voxels.shape, counts, strict=True)]
    i, j, k = (-(-length // count) for length, count in zip(voxels.shape, counts, strict=True))
    step = max(1, AT_ONCE // max(1, voxels[:, :, :k].nbytes))
    for begin in range(0, counts[2], step):
        slices = firsts[2][begin : begin + step]
        part = voxels[:, :, slices[0] : slices[-1] + k]
        part = part if of is None else of(part)
        part = _grouped(part, 1, firsts[1], j, join)
        part = _grouped(part, 0, firsts[0], i, join)
        left[:, :, begin : begin + step] = _grouped(part, 2, slices - slices[0], k, join)
    return left


def _grouped(voxels: Voxels, axis: int, firsts: NDArray[np.intp], side: int, join: np.ufunc) -> Voxels:
    if (np.diff(firsts) == side).all():
        return _along(voxels, axis, side, join, 0)
    groups = voxels.T.take(firsts, 2 - axis).T  # in the order it lies in memory
    for offset in range(1, side):
        join(groups, voxels.T.take(firsts + offset, 2 - axis).T, out=groups)
    return groups


def _firsts(length: int, count: int) -> NDArray[np.intp]:
    # Where so many groups of equal size begin that reach from the first to the last, no further apart than their size.
    side = -(-length // count)
    return np.arange(count) * (length - side) // max(count - 1, 1)
