"""Values of a volume on a grid that is parallel to its own, slice by slice and in several threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from math import ceil
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.digest import MOST_THREADS
from viewer3d.core.geometry import Affine, Geometry
from viewer3d.core.grids.change import reordered_measured
from viewer3d.core.sampling import Index, Interpolation, Measured
from viewer3d.core.volume import Volume

ON_CENTRE: Final = 2.0**-17
"""Voxels: as :data:`viewer3d.core.sampling._ON_CENTRE`, so that rounding does not decide what has a part in a value."""

REACH: Final = 3.0
"""Standard deviations at which the Gaussian ends: 0.3 % of it lie beyond."""


class Sampling(NamedTuple):
    """How values are made.

    Attributes
    ----------
    interpolation : {"linear", "nearest"}
    sigma : tuple of float
        Of the Gaussian before it, in voxels along i, j and k; 0 for none.
    fill : float
        The value outside of the volume.
    dtype : dtype
    """

    interpolation: Interpolation
    sigma: tuple[float, float, float]
    fill: float
    dtype: np.dtype[Any]


class _Taps(NamedTuple):
    """Along an axis, the voxels that have a part in each value and their weights.

    Attributes
    ----------
    indices : ndarray of intp, shape (taps, values)
    weight : ndarray of float32, shape (taps, values)
    held : slice
        The values whose centres lie in the grid; they alone have taps.
    """

    indices: Index
    weight: NDArray[np.float32]
    held: slice

    @property
    def is_identity(self) -> bool:
        """Whether each value is that of one voxel, in the same order, all of them."""
        return len(self.indices) == 1 and np.array_equal(self.indices[0], np.arange(self.indices.shape[1]))


def _taps(at: NDArray[np.float64], count: int, sigma: float, interpolation: str) -> _Taps:
    inside = np.flatnonzero((at >= -0.5 - ON_CENTRE) & (at <= count - 0.5 + ON_CENTRE))
    held = slice(int(inside[0]), int(inside[-1]) + 1) if inside.size else slice(0, 0)
    at = at[held].clip(0, count - 1)
    if interpolation == "nearest":
        nearest = np.floor(at + 0.5 + ON_CENTRE).astype(np.intp).clip(0, count - 1)
        return _Taps(nearest[None], np.ones((1, at.size), np.float32), held)
    before = np.floor(at + ON_CENTRE).astype(np.intp)
    share = (at - before).clip(0)
    share[share <= ON_CENTRE] = 0
    kernel = _gaussian(sigma)
    radius = len(kernel) // 2
    weight = np.zeros((len(kernel) + 1, at.size))
    weight[:-1] += kernel[:, None] * (1 - share)
    weight[1:] += kernel[:, None] * share
    index = (before + np.arange(-radius, radius + 2)[:, None]).clip(0, count - 1)
    # What has no part is not looked at: it may be NaN, or not measured.
    index = np.where(weight > 0, index, index[weight.argmax(0), np.arange(at.size)])
    used = weight.any(1)
    return _Taps(index[used], weight[used].astype(np.float32), held)


def _gaussian(sigma: float) -> NDArray[np.float64]:
    if not sigma:
        return np.ones(1)
    at = np.arange(-ceil(REACH * sigma), ceil(REACH * sigma) + 1)
    kernel: NDArray[np.float64] = np.exp(-0.5 * (at / sigma) ** 2)
    kernel /= kernel.sum()
    return kernel


def _mixed(image: NDArray[Any], taps: _Taps, axis: int) -> NDArray[Any]:
    """Return an image (rows, columns) mixed along an axis; as it is where nothing is mixed."""
    if taps.is_identity and taps.indices.shape[1] == image.shape[axis]:
        return image
    if len(taps.indices) == 1:
        only: NDArray[Any] = image.take(taps.indices[0], axis)
        return only
    found: NDArray[Any] = np.zeros((), np.float32)
    for index, weight in zip(taps.indices, taps.weight, strict=True):
        found = found + image.take(index, axis) * (weight if axis == 1 else weight[:, None])
    return found


def sample_parallel(
    volume: Volume, to_own: Affine, target: Geometry, order: Sequence[int], how: Sampling
) -> tuple[NDArray[Any], Measured | None]:
    """Resample between grids whose axes are parallel: slice by slice, one axis after another."""
    axes = np.argsort(order).tolist()  # of each axis of the target, the own one along it
    source = volume.voxels.transpose(axes)
    taps = []
    for along, axis in enumerate(axes):
        at = to_own[axis, along] * np.arange(target.shape[along]) + to_own[axis, 3]
        taps.append(_taps(at, volume.shape[axis], how.sigma[axis], how.interpolation))
    i, j, k = taps
    columns, rows, slices = target.shape
    out = np.full((slices, rows, columns), how.fill, how.dtype)

    def make(number: int) -> None:
        parts = [(n, w) for n, w in zip(k.indices[:, number], k.weight[:, number], strict=True) if w]
        image = source[:, :, parts[0][0]].T
        if how.interpolation == "linear":
            image = sum(source[:, :, n].T * np.float32(w) for n, w in parts)  # type: ignore[assignment]
        # What an axis makes fewer is done first.
        first, second = ((j, 0), (i, 1)) if j.indices.shape[1] < image.shape[0] else ((i, 1), (j, 0))
        image = _mixed(_mixed(image, *first), *second)
        out[k.held.start + number, j.held, i.held] = rounded(image, how.dtype)

    each(make, k.indices.shape[1])
    whole = all(one.held == slice(0, count) for one, count in zip(taps, target.shape, strict=True))
    if whole and volume.measured is None:
        return out.transpose(2, 1, 0), None
    own = volume.measured
    inner = None if own is None else reordered_measured(own, volume.shape, axes, (False, False, False))
    return out.transpose(2, 1, 0), _measured_by_taps(taps, inner, slices)


def _measured_by_taps(taps: Sequence[_Taps], inner: Measured | None, slices: int) -> NDArray[np.int32]:
    """Return of each slice the rectangle whose values have only measured voxels in them."""
    i, j, k = taps
    found = np.zeros((slices, 4), np.int32)
    for number in range(k.indices.shape[1]):
        used = k.indices[:, number][k.weight[:, number] > 0]
        ends: list[int] = []
        for which, axis in enumerate((i, j)):
            first, end = 0, int(axis.indices.max(initial=0)) + 1
            if inner is not None:
                sides = inner[used.min() : used.max() + 1, 2 * which : 2 * which + 2]
                first, end = int(sides[:, 0].max()), int(sides[:, 1].min())
            if axis.indices.size:
                good = np.flatnonzero((axis.indices.min(0) >= first) & (axis.indices.max(0) < end))
                ends += [axis.held.start + int(good[0]), axis.held.start + int(good[-1]) + 1] if good.size else [0, 0]
            else:
                ends += [0, 0]
        if ends[0] < ends[1] and ends[2] < ends[3]:
            found[k.held.start + number] = ends
    return found


def blurred(voxels: NDArray[Any], sigma: Sequence[float]) -> NDArray[np.float32]:
    """Return voxels after a Gaussian, whose standard deviations are in voxels, in Fortran order."""
    i, j, k = (_taps(np.arange(float(n)), n, one, "linear") for n, one in zip(voxels.shape, sigma, strict=True))
    out = np.empty(voxels.shape[::-1], np.float32)

    def make(number: int) -> None:
        parts = zip(k.indices[:, number], k.weight[:, number], strict=True)
        image = sum(voxels[:, :, n].T * np.float32(w) for n, w in parts if w)
        out[number] = _mixed(_mixed(np.asarray(image), j, 0), i, 1)

    each(make, voxels.shape[2])
    return out.transpose(2, 1, 0)


def shrunk(measured: Measured | None, shape: Sequence[int], reach: Sequence[int]) -> Measured | None:
    """Return the rectangles whose voxels have only measured ones around them, as far as a filter reaches."""
    if measured is None or not any(reach):
        return measured
    found = np.zeros_like(measured)
    for k in range(len(measured)):
        near = measured[max(0, k - reach[2]) : k + reach[2] + 1]
        ends = [near[:, 0].max(), near[:, 1].min(), near[:, 2].max(), near[:, 3].min()]
        for axis in range(2):  # beyond the edge of the grid its last voxel is repeated
            ends[2 * axis] += reach[axis] if ends[2 * axis] > 0 else 0
            ends[2 * axis + 1] -= reach[axis] if ends[2 * axis + 1] < shape[axis] else 0
        found[k] = ends if ends[0] < ends[1] and ends[2] < ends[3] else 0
    return found


def rounded(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return values in a dtype; of int16 halves are rounded upwards, as pictures have them."""
    if dtype.kind == "i" and values.dtype.kind == "f":
        return np.floor(values + np.float32(0.5))
    return values


def each(make: Callable[[int], None], count: int) -> None:
    """Make all parts, several at a time: numpy lets go of Python's lock."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 (5 ms, and few are resampled)

    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as threads:
        for _ in threads.map(make, range(count)):
            pass
