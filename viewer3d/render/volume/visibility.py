"""Find what a transfer function makes visible of a volume; every voxel is looked at."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.vectors import Points
from viewer3d.core.volume import cached
from viewer3d.render.couch.carved import Shown
from viewer3d.render.volume.blocks import BYTES_AT_A_TIME, reduce_blocks
from viewer3d.render.volume.transfer import TransferFunction

BLOCK_SIDE: Final = 4
"""Smallest voxel sides in each side of a block: with 2 the grid takes longer to make than it saves in a picture."""

OPACITY_TABLE: Final = 1000
"""VTK looks opacity up in a table of at least so many values over the range of the voxels, and blends neighbours."""

MOST_POINTS: Final = 500_000
"""Blocks that are told apart to aim the camera: of 512 x 512 x 300 voxels such of 6 mm. Their outer ones are exact."""

VISIBLE_OPACITY: Final = 0.1
"""Share of the greatest opacity from which on something is worth aiming the camera at."""

STRAY: Final = 0.0005
"""Share of the visible voxels that may lie beyond the visible bounds: noise and single bright voxels."""

_Box = tuple[slice, slice, slice]
_Mask = NDArray[np.bool_]


def block_sides(volume: Shown) -> tuple[int, int, int]:
    """Return how many voxels along i, j and k make a block.

    They are 1 to :data:`BLOCK_SIDE` each, so that a block is about as long as wide.
    """
    i, j, k = (max(1, round(BLOCK_SIDE * min(volume.spacing) / mm)) for mm in volume.spacing)
    return i, j, k


def visible_blocks(volume: Shown, transfer: TransferFunction) -> _Mask:
    """Return in which blocks of a volume something can be seen.

    Parameters
    ----------
    volume : Volume or CarvedVolume
    transfer : TransferFunction

    Returns
    -------
    ndarray of bool, shape (blocks along i, j, k)
        False where all is transparent: the block's voxels, those that follow it, and all that is between them when
        they are interpolated. Blocks begin at the first voxel, their sides are :func:`block_sides`.
    """
    lowest, highest = cached(volume, _ends)
    blur = (highest - lowest) / OPACITY_TABLE
    first, last = transfer.range_above(0.0)
    seen = _between(cached(volume, _highs), first - blur, np.inf)
    return seen & _between(cached(volume, _lows), -np.inf, last + blur) if last < np.inf else seen


def visible_box(volume: Shown, transfer: TransferFunction) -> _Box | None:
    """Return the box of voxels that holds all visible ones and their neighbours.

    Parameters
    ----------
    volume : Volume or CarvedVolume
    transfer : TransferFunction

    Returns
    -------
    tuple of slice, optional
        Along i, j and k; None when nothing is visible.
    """
    seen = visible_blocks(volume, transfer)
    if not seen.any():
        return None
    i, j, k = (
        # Also what is between a block's voxels and the next ones, and one voxel more for the gradient of the outermost.
        slice(max(0, int(found[0]) * side - 1), min(length, (int(found[-1]) + 1) * side + 2))
        for found, side, length in zip(_indices_along(seen), block_sides(volume), volume.shape, strict=True)
    )
    return i, j, k


def visible_points(volume: Shown, transfer: TransferFunction) -> Points:
    """Return points that fill what a transfer function shows of a volume.

    Parameters
    ----------
    volume : Volume or CarvedVolume
    transfer : TransferFunction

    Returns
    -------
    ndarray of float64, shape (N, 3)
        World (LPS, mm): centres of blocks with a visible voxel, except blocks enclosed by others; the outermost points
        are those of the voxels themselves. The few that lie far off (:data:`STRAY`) are left out. The volume's corners
        when nothing is visible.
    """
    low, high = transfer.range_above(VISIBLE_OPACITY)
    sides = _coarse_sides(volume)
    number = np.uint8 if np.prod(sides) < 256 else np.uint16
    count = reduce_blocks(
        volume.voxels,
        sides,
        np.add,
        convert=lambda part: _between(part, low, high).view(np.uint8).astype(number, copy=False),
    )
    if not count.any():
        return volume.geometry.corners
    kept = _without_strays(count)
    ends = [_ends_along(volume, kept, sides, axis, (low, high)) for axis in range(3)]
    index = np.argwhere(kept & ~_enclosed(kept))
    centres = np.minimum(index * sides + (np.array(sides) - 1) / 2, np.array(volume.shape) - 1)
    low_points, high_points = centres.copy(), centres.copy()
    for axis, (first, last) in enumerate(ends):
        outer = [index[:, axis] == end for end in (index[:, axis].min(), index[:, axis].max())]
        low_points[outer[0], axis], high_points[outer[1], axis] = first, last
        low_points[:, axis] = np.clip(low_points[:, axis], first, last)
        high_points[:, axis] = np.clip(high_points[:, axis], first, last)
    return volume.geometry.index_to_world(np.concatenate([low_points, high_points]))


def _highs(volume: Shown) -> NDArray[Any]:
    return reduce_blocks(volume.voxels, block_sides(volume), np.fmax, overlap=1)


def _lows(volume: Shown) -> NDArray[Any]:
    return reduce_blocks(volume.voxels, block_sides(volume), np.fmin, overlap=1)


def _ends(volume: Shown) -> tuple[float, float]:
    columns, rows, slices = volume.shape
    step = max(1, BYTES_AT_A_TIME // max(1, columns * rows * volume.voxels.dtype.itemsize))
    parts = (volume.voxels[:, :, first : first + step] for first in range(0, slices, step))
    lowest = np.fmin.reduce([np.fmin.reduce(part.reshape(-1, order="F")) for part in parts])
    return float(lowest), float(np.fmax.reduce(cached(volume, _highs), None))


def _between(voxels: NDArray[Any], low: float, high: float) -> _Mask:
    if voxels.dtype.kind == "i":  # whole numbers are compared in a third of the time
        low, high = (end if np.isinf(end) else int(rounded(end)) for end, rounded in ((low, np.floor), (high, np.ceil)))
    seen: _Mask = voxels > low
    return seen & (voxels < high) if high < np.inf else seen


def _indices_along(seen: _Mask) -> list[NDArray[np.intp]]:
    # Along each axis the indices at which something is seen.
    return [np.flatnonzero(seen.any(tuple({0, 1, 2} - {axis}))) for axis in range(3)]


def _coarse_sides(volume: Shown) -> tuple[int, int, int]:
    # Voxels in a block along i, j and k, so that blocks are as long as wide and MOST_POINTS at most.
    spacing = np.array(volume.spacing)
    side = float((spacing.prod() * np.prod(volume.shape) / MOST_POINTS) ** (1 / 3))
    while np.prod(-(-np.array(volume.shape) // (sides := np.maximum(np.rint(side / spacing), 1)))) > MOST_POINTS:
        side *= 1.02
    i, j, k = (int(n) for n in sides)
    return i, j, k


def _without_strays(count: NDArray[Any]) -> _Mask:
    # The blocks with a visible voxel, except those in or beyond which only a STRAY share of the visible voxels lies.
    kept: _Mask = count > 0
    within = np.ones_like(kept)
    for axis in range(3):
        found = np.cumsum(count.sum(tuple({0, 1, 2} - {axis}), dtype=np.int64))
        first, last = np.searchsorted(found, [STRAY * found[-1], (1 - STRAY) * found[-1]], "right")
        beyond = np.moveaxis(within, axis, 0)
        beyond[:first] = beyond[min(last, len(found) - 1) + 1 :] = False
    return kept & within if (kept & within).any() else kept


def _ends_along(
    volume: Shown, kept: _Mask, sides: tuple[int, int, int], axis: int, bounds: tuple[float, float]
) -> tuple[int, int]:
    # The first and last visible voxel along an axis in the outermost of the kept blocks.
    found = _indices_along(kept)
    within = [slice(int(at[0]) * side, (int(at[-1]) + 1) * side) for at, side in zip(found, sides, strict=True)]
    ends = []
    for block, end in ((int(found[axis][0]), 0), (int(found[axis][-1]), -1)):
        start = block * sides[axis]
        within[axis] = slice(start, start + sides[axis])
        seen = _between(volume.voxels[tuple(within)], *bounds).any(tuple({0, 1, 2} - {axis}))
        ends.append(start + int(np.flatnonzero(seen)[end]))
    return ends[0], ends[1]


def _enclosed(mask: _Mask) -> _Mask:
    # The blocks that have others of the mask on all six sides.
    within = mask.copy()
    for axis in range(3):
        line, inner = np.moveaxis(mask, axis, 0), np.moveaxis(within, axis, 0)
        inner[1:] &= line[:-1]
        inner[:-1] &= line[1:]
        inner[[0, -1]] = False
    return within
