"""Whether a measurement lies in a volume as a whole."""

from __future__ import annotations

from typing import Final

import numpy as np

from viewer3d.core.geometry import Geometry
from viewer3d.core.view.measurement import Measurement

_ON_EDGE: Final = 1e-6
"""Part of a voxel by which what lies on the border of the volume may miss it: rounding decides nothing."""


def reaches_outside(geometry: Geometry, measurement: Measurement, *, is_flat: bool = False) -> bool:
    """Return whether a measurement reaches outside of a volume, whose outer voxels are inside as a whole.

    Parameters
    ----------
    geometry : Geometry
        Of the volume.
    measurement : Measurement
        Of an ellipse the ellipse itself counts and not its box, of an isocontour its sphere; of all else the points,
        between which are straight lines.
    is_flat : bool
        Whether the volume is of frames that lie in no space: then a sphere is a disc in one of them.
    """
    index = geometry.world_to_index(measurement.corners)
    # How far a sphere reaches along each index: by the rows of the matrix from mm to index.
    reach = measurement.radius * np.linalg.norm(geometry.inverse[:3, :3], axis=1)
    reach = reach * (1, 1, 0) if is_flat else reach
    low, high = index.min(0) - reach, index.max(0) + reach
    if measurement.kind == "ellipse":
        # Half axes along each axis of the grid: what an ellipse reaches is the root of the sum of their squares.
        halves = (index[1] - index[0]) / 2, (index[3] - index[0]) / 2
        reached = np.hypot(*halves)
        low, high = index.mean(0) - reached, index.mean(0) + reached
    last = np.array(geometry.shape) - 0.5
    return bool((low < -0.5 - _ON_EDGE).any() or (high > last + _ON_EDGE).any())
