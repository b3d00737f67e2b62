"""Voxels of which some are cut away: made part by part as they are read, without a copy of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry, OnGrid
from viewer3d.core.volume import Volume
from viewer3d.render.couch.masks import Mask


@dataclass(frozen=True, eq=False)
class CarvedVoxels:
    """Voxels with air where something is cut away, made part by part as they are read.

    Attributes
    ----------
    source : ndarray or CarvedVoxels, shape (columns, rows, slices)
        With all.
    columns, rows : slice
        Where something is cut away in any slice.
    masks : dict of int to ndarray of bool
        Of each slice with something to cut away, which voxels of these columns and rows are.
    air : float
        What they become; the dtype of the voxels has it.
    """

    source: NDArray[Any] | CarvedVoxels
    columns: slice
    rows: slice
    masks: dict[int, Mask]
    air: float

    @property
    def shape(self) -> tuple[int, ...]:
        """Columns, rows and slices."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the voxels."""
        return self.source.dtype

    @property
    def is_changed(self) -> bool:
        """Whether any voxel is cut away."""
        if isinstance(self.source, CarvedVoxels) and self.source.is_changed:
            return True
        return any(mask.any() for mask in self.masks.values())

    def part(self, index: tuple[slice, ...]) -> CarvedVoxels:
        """Return a part of the voxels, given by slices without steps; none is read."""
        i, j, k = (range(*side.indices(length)) for side, length in zip(index, self.shape, strict=True))
        (columns, in_columns), (rows, in_rows) = _overlap(i, self.columns), _overlap(j, self.rows)
        masks = {at: self.masks[number][in_columns, in_rows] for at, number in enumerate(k) if number in self.masks}
        source = self.source.part(index) if isinstance(self.source, CarvedVoxels) else self.source[index]
        return CarvedVoxels(source, columns, rows, masks, self.air)

    def __getitem__(self, index: tuple[slice, ...]) -> NDArray[Any]:
        """Return a part of the voxels, given by slices without steps, as an array of its own in Fortran order."""
        part = self.part(index)
        source = part.source
        voxels = source[:, :, :] if isinstance(source, CarvedVoxels) else source.copy(order="F")
        air = voxels.dtype.type(part.air)
        for k, mask in part.masks.items():
            np.copyto(voxels[part.columns, part.rows, k], air, where=mask)
        return voxels


@dataclass(frozen=True, eq=False)
class CarvedVolume(OnGrid):
    """A volume of which some voxels are cut away, for what reads voxels part by part.

    Attributes
    ----------
    voxels : CarvedVoxels
    geometry : Geometry
    unit : str
        As of the volume.
    """

    voxels: CarvedVoxels
    geometry: Geometry
    unit: str
    _made: dict[Callable[..., Any], Any] = field(default_factory=dict, repr=False, init=False)


Shown = Volume | CarvedVolume
"""What is shown in 3D: all of a volume, or the same without what is cut away."""


def _overlap(side: range, cut: slice) -> tuple[slice, slice]:
    # What two spans have in common: counted from the beginning of the one, and from that of the other.
    start, stop = max(side.start, cut.start), max(side.start, cut.start, min(side.stop, cut.stop))
    return slice(start - side.start, stop - side.start), slice(start - cut.start, stop - cut.start)
