"""Cut a segment and the true one into the slices of a plane: where they differ, and their outlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.contours.outlines import mask_outlines
from viewer3d.core.geometry import Geometry
from viewer3d.core.vectors import Points, vector
from viewer3d.figures.regions.grids import along_axis, upright_grid_around
from viewer3d.figures.regions.telling_slices import telling_slices
from viewer3d.figures.sections import WorldBox
from viewer3d.measurements.common_masks import CommonMasks, SegmentOf, common_masks

Side = Literal["prediction", "truth"]


@dataclass(frozen=True, eq=False)
class PairSlices:
    """The slices of two masks across an axis of the patient.

    Attributes
    ----------
    masks : CommonMasks
        On a grid with an axis along that of the patient.
    axis : int
        Of the patient: 0, 1 or 2.
    along : int
        The grid's axis along it.
    """

    masks: CommonMasks
    axis: int
    along: int

    @classmethod
    def of(cls, prediction: SegmentOf, truth: SegmentOf, axis: int) -> PairSlices:
        """Return the slices of two segments: those of the truth's grid, where it has any across the axis."""
        grid = truth[0].geometry
        along = along_axis(grid, axis)
        if along is None:
            grid, along = upright_grid_around(grid), axis
        return cls(common_masks(prediction, truth, grid), axis, along)

    @property
    def grid(self) -> Geometry:
        """The grid of both masks."""
        return self.masks.grid

    @cached_property
    def places(self) -> NDArray[np.float64]:
        """Where the slices cut the axis, LPS mm."""
        index = np.repeat((np.array(self.grid.shape) - 1)[None] / 2, self.grid.shape[self.along], axis=0)
        index[:, self.along] = np.arange(len(index))
        places: NDArray[np.float64] = self.grid.index_to_world(index)[:, self.axis]
        return places

    @cached_property
    def differing(self) -> NDArray[np.int64]:
        """How many voxels of each slice belong to one of the two alone."""
        return self._counts(self.masks.prediction ^ self.masks.truth)

    @cached_property
    def dice(self) -> NDArray[np.float64]:
        """Dice of each slice; NaN where neither has a voxel."""
        both = self._counts(self.masks.prediction & self.masks.truth)
        sizes = self._counts(self.masks.prediction) + self._counts(self.masks.truth)
        dice = np.full(len(sizes), np.nan)
        np.divide(2 * both, sizes, out=dice, where=sizes > 0)
        return dice

    def most_differing(self, count: int) -> list[int]:
        """Return the slices in which they differ most, spread over the extent.

        Where they are equal, those in which the truth is largest.
        """
        found = telling_slices(self.differing, count)
        if not found:
            return telling_slices(self._counts(self.masks.truth), count)
        return found

    @cached_property
    def box(self) -> WorldBox:
        """The box around both, LPS mm."""
        corners = self.grid.corners
        return vector(corners.min(0)), vector(corners.max(0))

    def outlines(self, side: Side, number: int) -> Sequence[Points]:
        """Return the closed lines around one of them in a slice, each shape (N, 3), LPS mm."""
        mask = self.masks.prediction if side == "prediction" else self.masks.truth
        others = [n for n in range(3) if n != self.along]
        lines = []
        for line in mask_outlines(np.take(mask, number, axis=self.along)):
            index = np.full((len(line), 3), float(number))
            index[:, others] = line
            lines.append(self.grid.index_to_world(index))
        return lines

    def _counts(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        others = tuple(n for n in range(3) if n != self.along)
        counts: NDArray[np.int64] = np.count_nonzero(mask, axis=others)
        return counts
