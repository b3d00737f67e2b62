"""Values at many points at once, of one volume or of all members of a set on one grid."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.sampling import Interpolation, check_interpolation, is_measured
from viewer3d.core.volume import Volume

_ON_CENTRE: Final = 2.0**-17
"""Voxels: as :data:`viewer3d.core.sampling._ON_CENTRE`, so that a curve has the very values of the readout."""


class PointValues:
    """Samples volumes of one grid at points; where these lie in it is found once.

    Parameters
    ----------
    geometry : Geometry
        Of the volumes.
    points : array_like, shape (N, 3)
        World points (LPS, mm).
    interpolation : {"linear", "nearest"}
        As for :meth:`viewer3d.Volume.value_at`, whose values these are.

    Raises
    ------
    ViewError
        When there is no such interpolation.
    """

    def __init__(self, geometry: Geometry, points: ArrayLike, interpolation: Interpolation = "linear") -> None:
        index = geometry.world_to_index(np.asarray(points, np.float64).reshape(-1, 3))
        last = np.array(geometry.shape) - 1
        self._inside = ((index >= -0.5) & (index <= last + 0.5)).all(-1)
        index = np.clip(index, 0, last)
        if check_interpolation(interpolation) == "nearest":
            nearest = np.minimum(np.floor(index + 0.5 + _ON_CENTRE).astype(np.intp), last)
            self._corners, self._weights = nearest.T[:, None], np.ones((1, len(index)))
            return
        first = np.floor(index + _ON_CENTRE).astype(np.intp)
        share = index - first
        share[share <= _ON_CENTRE] = 0.0
        steps = np.array(list(product((0, 1), repeat=3)))[:, None]
        weights = np.where(steps, share, 1 - share).prod(-1)
        kept = weights.any(-1)
        self._corners = np.moveaxis(np.minimum(first + steps[kept], last), -1, 0)
        self._weights = weights[kept]

    def of(self, volume: Volume) -> NDArray[np.float64]:
        """Return the values of a volume at the points, float64 of shape (N,), in its unit.

        NaN outside of the volume, and where a voxel that has a part in the value was not measured or holds NaN. Linear
        between whole numbers they are rounded to whole numbers, as pictures have it.
        """
        i, j, k = self._corners
        values = volume.voxels[i, j, k].astype(np.float64)
        if volume.measured is not None:
            values[~is_measured(volume.measured, i, j, k)] = np.nan
        # A neighbour that has no part in a value does not make it NaN.
        found: NDArray[np.float64] = np.where(self._weights > 0, self._weights * values, 0.0).sum(0)
        found[~self._inside] = np.nan
        return np.floor(found + 0.5) if volume.voxels.dtype == np.int16 else found
