"""Decide how the values of a volume are stored in 16 bits (Image Pixel module, PS3.3 C.7.6.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError

_SIGNED: Final = np.iinfo(np.int16)
_UNSIGNED: Final = np.iinfo(np.uint16)

_DECIMALS: Final = 15
"""Letters of a Decimal String (PS3.5 6.2) are 16 at most; a slope has no sign."""


@dataclass(frozen=True)
class StoredScale:
    """How values become stored values: ``value = slope * stored``.

    The intercept is always 0, so that 0 stays 0.

    Attributes
    ----------
    slope : float
        As a Decimal String holds it.
    signed : bool
    error : float
        The largest distance between a value and what is read back, in the unit of the volume; 0 where none is rounded.
    """

    slope: float
    signed: bool
    error: float

    @property
    def dtype(self) -> str:
        """The dtype of stored values in a file."""
        return "<i2" if self.signed else "<u2"

    def stored(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return stored values, of the same shape."""
        if self.slope == 1.0:
            return values.astype(self.dtype)
        return np.rint(values.astype(np.float64) / self.slope).astype(self.dtype)


def stored_scale(volumes: Volume | Sequence[Volume], name: str) -> StoredScale:
    """Return how the values of a volume, or of all volumes of a set, are stored.

    int16, and float32 that holds nothing but whole numbers of that range, are stored as they are. Other values are
    rounded to steps: from 0 to the largest in 65,535 where none is negative, else in 32,767 to either side.

    Parameters
    ----------
    volumes : Volume or sequence of Volume
    name : str
        Of what is written, in messages.

    Raises
    ------
    OutputError
        When a value is not finite: DICOM stores whole numbers.
    """
    members = (volumes,) if isinstance(volumes, Volume) else volumes
    if all(one.voxels.dtype == np.int16 for one in members):
        return StoredScale(1.0, signed=True, error=0.0)
    lowest, highest, whole = np.inf, -np.inf, True
    slices = ((k, one.voxels[:, :, k]) for one in members for k in range(one.shape[2]))
    for k, values in slices:  # one at a time: no copy of the whole is made
        low, high = float(values.min()), float(values.max())
        if not np.isfinite(low + high):
            raise OutputError(
                f"{name}: slice {k} has values that are not finite, which DICOM does not hold: replace them first"
            )
        lowest, highest = min(lowest, low), max(highest, high)
        whole = whole and bool((np.rint(values) == values).all())
    if whole and _SIGNED.min <= lowest and highest <= _SIGNED.max:
        return StoredScale(1.0, signed=True, error=0.0)
    signed = lowest < 0
    if whole and not signed and highest <= _UNSIGNED.max:
        return StoredScale(1.0, signed=False, error=0.0)
    steps = _SIGNED.max if signed else _UNSIGNED.max
    # Rounded up in its last digit, so that the largest value stays within the steps.
    slope = float(f"{max(-lowest, highest) / steps * (1 + 1e-8):.{_DECIMALS - 6}g}")
    if slope == 0.0 or not np.isfinite(1 / slope):
        raise OutputError(
            f"{name}: its values are at most {max(-lowest, highest):g}, too small for 16 bits and a slope"
        )
    return StoredScale(slope, signed, slope / 2)
