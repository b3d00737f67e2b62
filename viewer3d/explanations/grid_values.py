"""Find what a file that is not DICOM stores for a voxel: NIfTI, NRRD, MetaImage, VTI and npz."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import SHEAR_TOLERANCE, Geometry
from viewer3d.core.sampling import UprightGrid, upright_grid
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.dicom.files.grid_file import GridFile
from viewer3d.explanations.values import StoredValue, VoxelIndex
from viewer3d.formats.grid_files import read_grid_header
from viewer3d.formats.grid_header import GridHeader

PROBES: Final = 5
"""Voxels along each axis by which a volume is found again among those of a file."""


@dataclass(frozen=True, eq=False)
class GridSource:
    """The volume of a file that a volume was read from.

    Attributes
    ----------
    header : GridHeader
    number : int
        Of the volume in the file, from 0.
    is_flipped : bool
        Whether the file counts slices the other way round: its axes are left-handed.
    upright : UprightGrid, optional
        Onto which a sheared grid was resampled.
    """

    header: GridHeader
    number: int
    is_flipped: bool
    upright: UprightGrid | None

    @cached_property
    def values(self) -> NDArray[Any]:
        """The stored values of the volume, shape (columns, rows, slices)."""
        return self.header.values.read(self.number)[..., 0]

    @property
    def why_unit(self) -> str:
        """Why the values are in the unit of the volume."""
        return f"the file says {self.header.unit}" if self.header.unit else "the file names no unit"

    def stored(self, index: VoxelIndex) -> Iterator[StoredValue]:
        """Yield what was stored for a voxel, and the share of each."""
        header = self.header
        which = f", volume {self.number + 1} of {len(header.which)}" if len(header.which) > 1 else ""
        for i, j, k, weight in self._places(index):
            stored = self.values[i, j, k]
            yield StoredValue(
                series=header.kind,
                file=printable(header.values.path),
                frame=k + 1,
                column=i,
                row=j,
                bits="0x" + np.asarray(stored).astype(self.values.dtype.newbyteorder(">")).tobytes().hex().upper(),
                encoding=f"{self.values.dtype}{which}",
                stored=float(stored),
                slope=header.slope,
                intercept=header.intercept,
                table=None,
                scaled_by=() if (header.slope, header.intercept) == (1, 0) else ("slope and intercept of the file",),
                factor=1.0,
                offset=0.0,
                value=float(stored) * header.slope + header.intercept,
                weight=weight,
            )

    def _places(self, index: VoxelIndex) -> Iterator[tuple[int, int, int, float]]:
        i, j, k = index
        columns, rows, slices = self.header.shape
        if self.upright is None:
            yield i, j, slices - 1 - k if self.is_flipped else k, 1.0
            return
        from viewer3d.explanations.stored import shares_along  # noqa: PLC0415 (few grids are sheared)

        along = slices - 1 - k if self.is_flipped else k
        across, down = i - float(self.upright.column_shifts(k)[j]), j - self.upright.row_shift(k)
        for row, v in shares_along(down, rows):
            for column, u in shares_along(across, columns):
                if u * v:
                    yield column, row, along, u * v


def grid_sources(volume: Volume, grids: Sequence[GridFile]) -> GridSource | None:
    """Return the volume of one of some files that a volume was read from; None where it is of none."""
    for grid in grids:
        header = read_grid_header(grid.path)
        flipped = bool(np.linalg.det(header.affine[:3, :3]) < 0)
        matrix = header.affine.copy()
        if flipped:
            matrix[:3, 3] += matrix[:3, 2] * (header.shape[2] - 1)
            matrix[:3, 2] *= -1
        sheared = Geometry(matrix, header.shape)
        upright = upright_grid(matrix, header.shape) if sheared.shear > SHEAR_TOLERANCE else None
        if volume.provenance is not None and volume.provenance.irregular == "keep":
            upright = None
        if (header.shape if upright is None else upright.shape) != volume.shape:
            continue
        for number in range(len(header.which)):
            source = GridSource(header, number, flipped, upright)
            if _has_values(source, volume):
                return source
    return None


def _has_values(source: GridSource, volume: Volume) -> bool:
    """Return whether some voxels of a volume have the values of a file."""
    axes = [np.unique(np.linspace(0, count - 1, PROBES).astype(int)).tolist() for count in volume.shape]
    for i in axes[0]:
        for j in axes[1]:
            for k in axes[2]:
                if volume.measured is not None:
                    left, right, top, bottom = volume.measured[k].tolist()
                    if not (left <= i < right and top <= j < bottom):
                        continue
                value = sum(one.value * one.weight for one in source.stored((i, j, k)))
                voxel = float(volume.voxels[i, j, k])
                both = np.isnan(value) and np.isnan(voxel)
                if not both and not abs(value - voxel) <= max(0.501, 1e-5 * abs(voxel)):
                    return False
    return True
