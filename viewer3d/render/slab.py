"""Slabs: many samples behind each pixel to one value, of those alone that lie in the volume."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.view import Blend

OUTSIDE = -32768
"""What int16 samples outside of the volume hold, as does a voxel of that value; float32 ones hold NaN."""

Samples = NDArray[Any]


def is_inside(samples: Samples) -> NDArray[np.bool_]:
    """Return which samples (int16 or float32, any shape) lie in the volume."""
    inside: NDArray[np.bool_] = samples != OUTSIDE if samples.dtype == np.int16 else ~np.isnan(samples)
    return inside


class Blender:
    """Blends layers of samples, pixel by pixel, one after another.

    Parameters
    ----------
    blend : {"maximum", "minimum", "mean"}
    first : ndarray of int16 or float32
        The first layer; it is copied.
    """

    def __init__(self, blend: Blend, first: Samples) -> None:
        self._blend: Blend = blend
        self._inside = is_inside(first)
        self._dtype = first.dtype
        self._result = first.astype(np.float64 if blend == "mean" else first.dtype)
        self._count = self._inside.astype(np.int32)
        if blend == "mean":
            self._result[~self._inside] = 0

    def add(self, layer: Samples) -> None:
        """Add a layer of the same shape and dtype."""
        if self._blend == "maximum":
            # OUTSIDE is the lowest int16 there is, and fmax passes over NaN.
            np.fmax(self._result, layer, out=self._result)
            return
        inside = is_inside(layer)
        if self._blend == "mean":
            np.add(self._result, layer, out=self._result, where=inside)
        else:
            # What is the first in the volume behind its pixel stands as it is.
            np.minimum(self._result, layer, out=self._result, where=inside & (self._count > 0))
            np.copyto(self._result, layer, where=inside & (self._count == 0))
        self._count += inside

    @property
    def result(self) -> Samples:
        """The samples in the volume blended; outside where no layer has any. An int16 mean is rounded."""
        if self._blend != "mean":
            return self._result
        found = self._count > 0
        mean = np.divide(self._result, self._count, where=found, out=np.zeros_like(self._result))
        mean = np.rint(mean) if self._dtype == np.int16 else mean
        blended: Samples = np.where(found, mean, OUTSIDE if self._dtype == np.int16 else np.nan).astype(self._dtype)
        return blended
