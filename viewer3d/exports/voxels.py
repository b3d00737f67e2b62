"""Compare the values of two grids voxel by voxel: how many differ, by how much and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.exports.places import AxisMap, GridIndex, other_maps

ROUNDING: Final = 4 * float(np.finfo(np.float32).eps)
"""Relative: values that differ by no more are one, rounded by another rescale: voxels are float32 where not whole."""

_AT_ONCE: Final = 1 << 21
"""Voxels compared at once, so that what is in between stays in a few MB."""

_PROBES: Final = 4096
"""Voxels that tell whether two arrays may be equal before all are looked at."""


@dataclass(frozen=True)
class VoxelDifference:
    """What differs between the values of two grids.

    Attributes
    ----------
    compared : int
        Voxels that are in both.
    differing : int
        How many have other values.
    rounded : int
        How many differ by the rounding of a float32 alone; they count as equal.
    most : float
        The largest difference, without sign, in the unit; NaN where one of two values is none.
    mean : float
        Mean difference, without sign, over those that differ.
    first, largest : tuple of int, optional
        Voxel of the first grid at which values differ first, in the order of slices, rows and columns, and most.
    """

    compared: int
    differing: int = 0
    rounded: int = 0
    most: float = 0.0
    mean: float = 0.0
    first: GridIndex | None = None
    largest: GridIndex | None = None


def common_parts(
    first: NDArray[Any], second: NDArray[Any], along: AxisMap
) -> tuple[NDArray[Any], NDArray[Any], tuple[int, int, int]]:
    """Return views of two arrays on the voxels that both have, and where those begin in the first."""
    other = along.arranged(second)
    low = [max(0, start) for start in along.start]
    high = [min(n, start + m) for n, m, start in zip(first.shape, other.shape, along.start, strict=True)]
    own = tuple(slice(a, max(a, b)) for a, b in zip(low, high, strict=True))
    theirs = tuple(slice(a - s, max(a, b) - s) for a, b, s in zip(low, high, along.start, strict=True))
    return first[own], other[theirs], (low[0], low[1], low[2])


def compare_voxels(first: NDArray[Any], second: NDArray[Any], along: AxisMap) -> VoxelDifference:
    """Compare two arrays of voxels, whose axes a map leads to each other, where both have voxels.

    Parameters
    ----------
    first, second : ndarray, shape (columns, rows, slices)
    along : AxisMap
    """
    one, other, begin = common_parts(first, second, along)
    differing = rounded = 0
    most, total, unknown = 0.0, 0.0, False
    first_at: GridIndex | None = None
    largest_at: GridIndex | None = None
    step = max(1, _AT_ONCE // max(1, one.shape[0] * one.shape[1]))
    for k in range(0, one.shape[2], step):
        apart, is_none = _distances(one[..., k : k + step], other[..., k : k + step])
        if apart is None:
            continue
        scale = np.maximum(np.abs(one[..., k : k + step]), np.abs(other[..., k : k + step]), dtype=np.float64)
        small = (apart > 0) & (apart <= ROUNDING * scale) & np.isfinite(scale)
        rounded += int(np.count_nonzero(small))
        apart[small] = 0
        differs = (apart > 0) | is_none
        count = int(np.count_nonzero(differs))
        if not count:
            continue
        if first_at is None:
            first_at = _place(differs.T.ravel().argmax(), differs.shape, (begin[0], begin[1], begin[2] + k))
        differing += count
        total += float(apart[~is_none].sum())
        peak = float(apart[~is_none].max(initial=0.0))
        if (is_none.any() and not unknown) or (not unknown and peak > most):
            wanted = is_none if is_none.any() else apart
            largest_at = _place(wanted.T.ravel().argmax(), differs.shape, (begin[0], begin[1], begin[2] + k))
        most, unknown = max(most, peak), unknown or bool(is_none.any())
    mean = total / differing if differing else 0.0
    return VoxelDifference(one.size, differing, rounded, float("nan") if unknown else most, mean, first_at, largest_at)


def _distances(one: NDArray[Any], other: NDArray[Any]) -> tuple[NDArray[np.float64] | None, NDArray[np.bool_]]:
    """Return how far apart values are, and where one of two is none; None where all are equal."""
    nothing = np.zeros(0, np.bool_)
    if np.array_equal(one, other):
        return None, nothing
    apart = np.abs(np.subtract(one, other, dtype=np.float64))
    is_none = np.isnan(one) != np.isnan(other)
    apart[np.isnan(apart)] = 0  # both are none, or infinite alike; where one is, the mask says it
    return apart, is_none


def _place(number: Any, shape: tuple[int, ...], begin: GridIndex) -> GridIndex:
    k, j, i = (int(one) for one in np.unravel_index(int(number), shape[::-1]))
    return begin[0] + i, begin[1] + j, begin[2] + k


def equal_otherwise(first: NDArray[Any], second: NDArray[Any], tried: AxisMap) -> AxisMap | None:
    """Return the axes along which two arrays are equal though they are not along those of their places.

    None where there are none, or where the values are all one, so that nothing tells.
    """
    if not first.size or first.min() == first.max():
        return None
    for along in other_maps(_shape(first), _shape(second)):
        other = along.arranged(second)
        if along != tried and _may_be_equal(first, other) and not compare_voxels(first, second, along).differing:
            return along
    return None


def _shape(array: NDArray[Any]) -> tuple[int, int, int]:
    i, j, k = array.shape
    return i, j, k


def _may_be_equal(first: NDArray[Any], other: NDArray[Any]) -> bool:
    at = np.unique(np.linspace(0, first.size - 1, _PROBES).astype(np.int64))
    index = np.unravel_index(at, first.shape)
    return bool(np.allclose(first[index], other[index], rtol=ROUNDING, atol=0, equal_nan=True))
