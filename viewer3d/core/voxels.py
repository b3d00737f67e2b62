"""Arrays made voxels: of one of two dtypes, in Fortran order and read-only."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

WHOLE_IN_FLOAT32: Final = 1 << 24
"""float32 holds every whole number up to this one."""


def as_voxels(values: ArrayLike) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return values as voxels, read-only, and notes on what that changed.

    Parameters
    ----------
    values : array_like, any shape and real dtype
        Shared where dtype and order already fit; then the array, and what it is a view of, are read-only from here on.

    Returns
    -------
    tuple of ndarray of int16 or float32 in Fortran order, and tuple of str
        int16 where that holds all values, else float32.
    """
    voxels = np.asanyarray(values)
    notes: tuple[str, ...] = ()
    if voxels.dtype not in (np.int16, np.float32):
        fits = voxels.dtype.kind in "iub" and _fits_int16(voxels)
        if voxels.dtype.kind in "iu" and not fits:
            notes = rounding_notes(max(abs(int(voxels.max())), abs(int(voxels.min()))))
        voxels = voxels.astype(np.int16 if fits else np.float32)
    voxels = np.asfortranarray(voxels).view()
    voxels.flags.writeable = False
    if isinstance(values, np.ndarray) and np.may_share_memory(voxels, values):
        _lock(values)
    return voxels, notes


def rounding_notes(most: float) -> tuple[str, ...]:
    """Return a note where whole numbers of this size do not fit into the 24 bits of float32."""
    if most < WHOLE_IN_FLOAT32:
        return ()
    return (
        f"Values reach {most:,.0f}: whole numbers beyond {WHOLE_IN_FLOAT32:,} are kept in 24 bits (float32) and are "
        f"off by up to {np.spacing(np.float32(most)) / 2:,.0f}.",
    )


def _lock(array: Any) -> None:
    # And all that it is a view of: else its owner could change what was hashed and drawn already.
    while isinstance(array, np.ndarray):
        array.flags.writeable = False
        array = array.base


def _fits_int16(values: NDArray[Any]) -> bool:
    limits = np.iinfo(np.int16)
    return not values.size or bool(values.min() >= limits.min and values.max() <= limits.max)
