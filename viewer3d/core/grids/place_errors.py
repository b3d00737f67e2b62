"""What makes the places of a grid uncertain besides its voxels: its residual, and interpolation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Affine
from viewer3d.core.vectors import Vector, vector

RECTANGULAR: Final = 1 / 12
"""Variance of a rectangular distribution of width 1 (JCGM 100:2008, 4.3.7)."""

LINEAR: Final = 25 / 12 - 3 * log(2)
"""Variance, in steps squared, by which linear interpolation moves an edge: 0.0039, a standard deviation of 0.062.

An edge that leaves the part f of a voxel inside lies (1/2 - f) steps from that voxel's centre; interpolated between the
means over voxels it is seen at half height (1/2 - f) / (1 - f) steps from it. The square of the difference,
(1/2 - f) f / (1 - f), averaged over f from 0 to 1/2 is this number; from 1/2 to 1 it is its mirror image.
"""

_WHOLE: Final = 1e-4
"""Voxels: an axis along which grids agree so well is not interpolated."""


@dataclass(frozen=True)
class PlaceErrors:
    """What is not exact in where a grid shows things, besides the size of its voxels.

    Attributes
    ----------
    residual_mm : float
        The largest distance of a slice from where the grid has it.
    interpolated : tuple of Vector
        Steps (LPS, mm) between the samples that values were linearly interpolated from, one for each axis of them.
    rounded : tuple of Vector
        Steps between samples of which the nearest was taken.
    """

    residual_mm: float = 0.0
    interpolated: tuple[Vector, ...] = ()
    rounded: tuple[Vector, ...] = ()

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Covariance of a place in LPS (mm2), shape (3, 3)."""
        found = np.eye(3) * (self.residual_mm**2 / 3)
        for steps, variance in ((self.interpolated, LINEAR), (self.rounded, RECTANGULAR)):
            for step in steps:
                found += variance * np.outer(step, step)
        return found

    def moved(self, transform: Affine) -> PlaceErrors:
        """Return those of the same grid after a transform, shape (4, 4), LPS to LPS in mm."""
        turn = transform[:3, :3]
        return replace(
            self,
            interpolated=tuple(vector(turn @ one) for one in self.interpolated),
            rounded=tuple(vector(turn @ one) for one in self.rounded),
        )


def after_resampling(known: PlaceErrors, affine: Affine, to_own: Affine, *, nearest: bool) -> PlaceErrors:
    """Return the errors of a grid that was resampled from another.

    Parameters
    ----------
    known : PlaceErrors
        Of the grid that it was resampled from.
    affine : ndarray, shape (4, 4)
        Of that grid.
    to_own : ndarray, shape (4, 4)
        From voxels of the new grid to voxels of that one.
    nearest : bool
        Whether the nearest voxel was taken; else values were interpolated linearly.
    """
    # An axis whose voxels all fall on voxels of the new grid is copied.
    whole = np.abs(to_own[:3] - np.rint(to_own[:3])).max(1) <= _WHOLE
    steps = tuple(vector(affine[:3, axis]) for axis in range(3) if not whole[axis])
    if nearest:
        return replace(known, rounded=(*known.rounded, *steps))
    return replace(known, interpolated=(*known.interpolated, *steps))


def with_steps(known: PlaceErrors, *steps: ArrayLike) -> PlaceErrors:
    """Return errors of a grid with more steps that were interpolated along, each (3,) in mm."""
    return replace(known, interpolated=(*known.interpolated, *(vector(np.asarray(one)) for one in steps)))
