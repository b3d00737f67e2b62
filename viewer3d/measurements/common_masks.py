"""Bring the masks of two segments onto one grid, where they are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.errors import LimitError

_MOST_VOXELS: Final = 1 << 30
"""Voxels of the box around both: with more, a segment would take over 2 GB."""

SegmentOf = tuple[Segmentation, Segment | None]
"""A segmentation, and the segment of it that is meant; None where it has no such one."""


@dataclass(frozen=True, eq=False)
class CommonMasks:
    """The masks of a segment and of the true one, on one grid.

    Attributes
    ----------
    grid : Geometry
        The smallest box of a grid, continued, that holds both; one voxel where neither has any.
    prediction, truth : ndarray of bool, shape (columns, rows, slices)
        In Fortran order.
    """

    grid: Geometry
    prediction: NDArray[np.bool_]
    truth: NDArray[np.bool_]


def common_masks(prediction: SegmentOf, truth: SegmentOf, axes: Geometry) -> CommonMasks:
    """Return the masks of two segments on one grid, each sampled there, nearest voxel.

    Parameters
    ----------
    prediction, truth : (Segmentation, Segment or None)
    axes : Geometry
        The grid, which is continued as far as either goes.

    Raises
    ------
    LimitError
        When a box around both has more than 2**30 voxels.
    """
    grid = _grid_around((prediction, truth), axes)
    masks = []
    for segmentation, segment in (prediction, truth):
        nothing = segment is None or segmentation.index_box(segment.number) is None
        masks.append(
            np.zeros(grid.shape, np.bool_, order="F")
            if nothing or segment is None
            else segmentation.mask(segment.number, grid)
        )
    return CommonMasks(grid, masks[0], masks[1])


def _grid_around(parts: Sequence[SegmentOf], axes: Geometry) -> Geometry:
    ends = []
    for segmentation, segment in parts:
        box = None if segment is None else segmentation.index_box(segment.number)
        if box is not None:
            faces = np.array([[part.start - 0.5, part.stop - 0.5] for part in box])
            corners = np.stack(np.meshgrid(*faces, indexing="ij"), -1).reshape(-1, 3)
            index = axes.world_to_index(segmentation.geometry.index_to_world(corners))
            ends.append((np.floor(index.min(0)), np.ceil(index.max(0)) + 1))
    if not ends:
        return Geometry(axes.affine, (1, 1, 1))
    low, high = np.min([first for first, _ in ends], 0), np.max([last for _, last in ends], 0)
    if float(np.prod(high - low)) > _MOST_VOXELS:
        raise LimitError(
            f"a box around both has {np.prod(high - low):.2g} voxels of the truth's grid, more than "
            f"{_MOST_VOXELS:.2g}: give the coarser one as truth, or cut them"
        )
    affine = axes.affine.copy()
    affine[:3, 3] = axes.index_to_world(low)
    i, j, k = (int(count) for count in high - low)
    return Geometry(affine, (i, j, k))
