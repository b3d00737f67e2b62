"""Choose the block of voxels that rays are cast through, and extract it from a volume."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.volume import Volume
from viewer3d.render.volume.blocks import downsample
from viewer3d.render.volume.transfer import TransferFunction
from viewer3d.render.volume.visibility import visible_box

MAX_TEXTURE_SIDE = 2048
"""Voxels along one side that every OpenGL since 4.1 holds; of a longer side two or three are joined to one."""

BLOCK_MULTIPLE: Final = 48
"""Voxels: the sides of what is loaded are multiples of so many, and so of all sides of blocks (1 to 4)."""

Block = tuple[slice, slice, slice]
"""First, last and how many voxels are joined to one along i, j and k; all three numbers are given."""


def visible_block(volume: Volume, transfer: TransferFunction) -> Block:
    """Return the block of voxels that holds what is visible; all when nothing is.

    Where it is longer than a texture its voxels are joined. It ends on multiples of :data:`BLOCK_MULTIPLE` voxels, so
    that it seldom changes while a transfer function is shifted.

    Parameters
    ----------
    volume : Volume
    transfer : TransferFunction

    Returns
    -------
    tuple of slice
        First, last and how many voxels are joined to one, along i, j and k.
    """
    box = visible_box(volume, transfer) or tuple(slice(0, length) for length in volume.shape)
    i, j, k = (
        slice(start, stop, -(-(stop - start) // MAX_TEXTURE_SIDE))
        for start, stop in (
            (side.start // BLOCK_MULTIPLE * BLOCK_MULTIPLE, min(-(-side.stop // BLOCK_MULTIPLE) * BLOCK_MULTIPLE, n))
            for side, n in zip(box, volume.shape, strict=True)
        )
    )
    return i, j, k


def extract_block(volume: Volume, block: Block, transfer: TransferFunction) -> Volume:
    """Return the voxels of a block as a volume of their own; nothing is copied when that is all of them.

    Parameters
    ----------
    volume : Volume
    block : tuple of slice
    transfer : TransferFunction
        Of voxels that are joined to one the most opaque stands for all, so that nothing visible is lost.

    Returns
    -------
    Volume
        Its outer faces are the block's.
    """
    starts, lengths, steps = np.array([(side.start, side.stop - side.start, side.step) for side in block]).T
    voxels = volume.voxels[tuple(slice(side.start, side.stop) for side in block)]
    i, j, k = (int(n) for n in -(-lengths // steps))
    if (steps > 1).any():
        voxels = _most_opaque(voxels, (i, j, k), transfer)
    scale = lengths / (i, j, k)
    affine = volume.affine.copy()
    affine[:3, 3] = volume.geometry.index_to_world(starts + (scale - 1) / 2)
    affine[:3, :3] *= scale
    return Volume(np.asfortranarray(voxels), Geometry(affine, (i, j, k)), volume.unit)


def _most_opaque(voxels: NDArray[Any], counts: tuple[int, int, int], transfer: TransferFunction) -> NDArray[Any]:
    peak = transfer.most_opaque
    if peak == np.inf:
        return downsample(voxels, counts, np.fmax)
    # Where none is below (or above) the peak stands an end that no voxel has, so that a voxel that is there wins.
    lowest, highest = (-32768, 32767) if voxels.dtype == np.int16 else (np.nan, np.nan)
    none_below, none_above = voxels.dtype.type(lowest), voxels.dtype.type(highest)
    below = downsample(voxels, counts, np.fmax, lambda part: np.where(part <= peak, part, none_below))
    above = downsample(voxels, counts, np.fmin, lambda part: np.where(part >= peak, part, none_above))
    is_below, is_above = (
        ~np.isnan(end) if np.isnan(none) else end != none for end, none in ((below, none_below), (above, none_above))
    )
    is_denser = transfer.opacities_of(above) > transfer.opacities_of(below)
    return np.where(is_above & (is_denser | ~is_below), above, below)
