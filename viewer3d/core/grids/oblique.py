"""Values of a volume on a grid that is turned against its own, tile by tile and in several threads."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import ceil, floor
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Affine, Geometry
from viewer3d.core.grids.rectangles import inner_rectangle, inner_rectangles
from viewer3d.core.grids.samplers import ON_CENTRE, REACH, Sampling, blurred, each, rounded, shrunk
from viewer3d.core.sampling import Index, Measured, is_measured
from viewer3d.core.volume import Volume

_TILE: Final = (64, 32, 16)
"""Columns, rows and slices that are made at once: what that takes stays in a processor's cache, and a tile needs no
more than some twice as many voxels of the volume, however it lies."""

_MOST_AROUND: Final = 6
"""Voxels of the volume about a tile, for each of its own, up to which neighbours are put side by side first: that takes
a nanosecond a voxel, and saves some twelve for each value."""

_Mask = NDArray[np.bool_]
_Floats = NDArray[np.float64]


class _Corners(NamedTuple):
    """Where values lie between voxels.

    Attributes
    ----------
    before : tuple of three ndarray of float64
        Whole: the voxel at or before each along i, j and k.
    share : tuple of three ndarray of float32
        What the next one has of it; 0 where it is not looked at.
    """

    before: tuple[_Floats, ...]
    share: tuple[NDArray[np.float32], ...]


def sample_oblique(
    volume: Volume, to_own: Affine, target: Geometry, how: Sampling
) -> tuple[NDArray[Any], Measured | None]:
    """Resample between grids that are turned against each other, from the eight voxels around.

    Parameters
    ----------
    volume : Volume
    to_own : ndarray of float64, shape (4, 4)
        Index of the target to that of the volume.
    target : Geometry
    how : Sampling

    Returns
    -------
    values : ndarray, shape (columns, rows, slices)
        Of the dtype asked for.
    measured : ndarray of int32, shape (slices, 4), or None
        See :data:`viewer3d.core.sampling.Measured`; None where all lie in the volume and were measured.
    """
    source = blurred(volume.voxels, how.sigma) if any(how.sigma) else volume.voxels
    own = shrunk(volume.measured, volume.shape, [ceil(REACH * one) for one in how.sigma])
    columns, rows, slices = target.shape
    out = np.full((slices, rows, columns), how.fill, how.dtype)
    held = None if own is None else np.zeros((slices, rows, columns), np.bool_)
    numbers = [np.arange(count, dtype=np.float64) for count in target.shape]
    steps = [[to_own[axis, along] * numbers[along] for along in range(3)] for axis in range(3)]
    for axis in range(3):
        steps[axis][2] += to_own[axis, 3]
    strips = list(product(range(0, slices, _TILE[2]), range(0, rows, _TILE[1])))

    def make(number: int) -> None:
        k, j = (slice(first, first + size) for first, size in zip(strips[number], _TILE[:0:-1], strict=True))
        for first in range(0, columns, _TILE[0]):
            i = slice(first, first + _TILE[0])
            found = _tile([[one[part] for one, part in zip(of, (i, j, k), strict=True)] for of in steps], source, how)
            if found is None:
                continue
            values, mask, corners = found
            np.copyto(out[k, j, i], values, casting="unsafe", where=True if mask is None else mask)
            if own is not None and held is not None:
                held[k, j, i] = _all_measured(own, corners) & (True if mask is None else mask)

    each(make, len(strips))
    if held is not None:
        inner = np.array([inner_rectangle(one) for one in held], np.int32)
    else:
        inner = inner_rectangles(steps, source.shape, ON_CENTRE)
        if (inner == (0, columns, 0, rows)).all():
            return out.transpose(2, 1, 0), None
    return out.transpose(2, 1, 0), inner


def _tile(
    steps: Sequence[Sequence[_Floats]], source: NDArray[Any], how: Sampling
) -> tuple[NDArray[Any], _Mask | None, _Corners] | None:
    """Return the values of a tile, which of them are in the volume (None for all), and where they lie.

    None is returned where no value is in the volume.

    Parameters
    ----------
    steps : three sequences of three ndarray of float64
        For each axis of the source, what the columns, rows and slices of the tile add up to its index.
    source : ndarray, shape (columns, rows, slices)
        In Fortran order.
    how : Sampling
    """
    ends = [_ends(of) for of in steps]
    limits = [(-0.5 - ON_CENTRE, count - 0.5 + ON_CENTRE) for count in source.shape]
    if any(high < least or low > most for (low, high), (least, most) in zip(ends, limits, strict=True)):
        return None
    mask: _Mask | None = None
    before: list[_Floats] = []
    shares: list[NDArray[np.float32]] = []
    nearest = how.interpolation == "nearest"
    for of, (low, high), (least, most), count in zip(steps, ends, limits, source.shape, strict=True):
        across, down, through = of
        at = (through[:, None, None] + down[:, None]) + across
        if low < 0 or high > count - 1:
            inside = (at >= least) & (at <= most)
            mask = inside if mask is None else mask & inside
            np.clip(at, 0, count - 1, out=at)
        whole = at + (0.5 + ON_CENTRE if nearest else ON_CENTRE)
        np.floor(whole, out=whole)
        before.append(whole)
        if not nearest:
            at -= whole
            share = at.astype(np.float32)
            share[share <= ON_CENTRE] = 0
            shares.append(share)
    if mask is not None and not mask.any():
        return None
    corners = _Corners(tuple(before), tuple(shares))
    if nearest:
        return source.reshape(-1, order="F").take(_flat_index(before, source.shape)), mask, corners
    # The voxels at both ends of each axis and between them; the next one after the last is looked at as well.
    box = tuple(
        slice(min(max(floor(low), 0), count - 1), min(max(floor(high), 0) + 2, count))
        for (low, high), count in zip(ends, source.shape, strict=True)
    )
    return rounded(_between(source, box, corners), how.dtype), mask, corners


def _ends(steps: Sequence[_Floats]) -> tuple[float, float]:
    """Return the least and greatest sum of numbers, one of each of several even rows."""
    ends = [sorted((float(one[0]), float(one[-1]))) for one in steps]
    return sum(low for low, _ in ends), sum(high for _, high in ends)


def _between(source: NDArray[Any], box: tuple[slice, ...], corners: _Corners) -> NDArray[np.float32]:
    around = source[box]
    if around.size <= _MOST_AROUND * corners.share[0].size:
        pairs = _pairs(around)
        # What is not finite has no part where its share is 0, and 0 times it is not 0.
        if around.dtype.kind != "f" or np.isfinite(pairs).all():
            first = [part.start for part in box]
            start = _flat_index(corners.before, around.shape, first)
            return _between_pairs(pairs, start, around.shape, corners.share)
    strides = (1, source.shape[0], source.shape[0] * source.shape[1])
    parts = [(share, (share > 0) * stride) for share, stride in zip(corners.share, strides, strict=True)]
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite makes what is not
        return _between_eight(source.reshape(-1, order="F"), _flat_index(corners.before, source.shape), parts)


def _flat_index(before: Sequence[_Floats], shape: Sequence[int], first: Sequence[int] = (0, 0, 0)) -> Index:
    """Return numbers of voxels in a box in Fortran order; floats are exact up to 2**53."""
    columns, rows, _ = shape
    index = before[2] * (columns * rows)
    index += before[1] * columns
    index += before[0]
    index -= first[0] + columns * (first[1] + rows * first[2])
    return index.astype(np.intp)


def _pairs(around: NDArray[Any]) -> NDArray[np.complex64]:
    """Return each voxel and the step to the next along i, as two parts of a number, in Fortran order.

    Beyond the last voxel are as many zeros as neighbours along j and k are away.
    """
    columns, rows, slices = around.shape
    found = np.empty(around.size + columns * rows + columns + 1, np.complex64)
    found[around.size :] = 0
    parts = found[: around.size].view(np.float32).reshape(slices, rows, columns, 2)
    parts[..., 0] = around.transpose(2, 1, 0)
    with np.errstate(all="ignore"):  # what is not finite is looked for afterwards
        np.subtract(parts[..., 1:, 0], parts[..., :-1, 0], out=parts[..., :-1, 1])
    parts[..., -1, 1] = 0
    return found


def _between_pairs(
    pairs: NDArray[np.complex64], start: Index, shape: Sequence[int], shares: Sequence[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Return values between voxels that lie side by side with the steps to their neighbours."""
    u, v, w = shares
    columns, rows, _ = shape
    taken = np.empty(start.shape, np.complex64)
    value, step = taken.view(np.float32)[..., ::2], taken.view(np.float32)[..., 1::2]

    def row(away: int) -> NDArray[np.float32]:
        pairs[away:].take(start, out=taken, mode="clip")  # no index is out of range; "raise" would copy
        found = step * u
        found += value
        return found

    def mixed(low: NDArray[np.float32], high: NDArray[np.float32], share: NDArray[np.float32]) -> NDArray[np.float32]:
        high -= low
        high *= share
        low += high
        return low

    area = columns * rows
    return mixed(mixed(row(0), row(columns), v), mixed(row(area), row(area + columns), v), w)


def _between_eight(
    flat: NDArray[Any], start: Index, parts: Sequence[tuple[NDArray[np.float32], Index]]
) -> NDArray[np.float32]:
    """Return values between voxels, of which none is looked at that has no share."""
    (u, di), (v, dj), (w, dk) = parts

    def row(first: Index) -> NDArray[np.float32]:
        low: NDArray[np.float32] = flat.take(first).astype(np.float32)
        return low + (flat.take(first + di) - low) * u

    def plane(first: Index) -> NDArray[np.float32]:
        low = row(first)
        return low + (row(first + dj) - low) * v

    low = plane(start)
    return low + (plane(start + dk) - low) * w


def _all_measured(own: Measured, corners: _Corners) -> _Mask:
    i0, j0, k0 = (one.astype(np.intp) for one in corners.before)
    i1, j1, k1 = i0, j0, k0
    if corners.share:
        i1, j1, k1 = (a + (share > 0) for a, share in zip((i0, j0, k0), corners.share, strict=True))
    return np.asarray(
        is_measured(own, i0, j0, k0)
        & is_measured(own, i1, j1, k0)
        & is_measured(own, i0, j0, k1)
        & is_measured(own, i1, j1, k1)
    )
