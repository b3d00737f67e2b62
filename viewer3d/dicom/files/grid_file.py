"""A file that is not DICOM and holds a grid of values: what its header says, and what loads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Affine
from viewer3d.core.notes.note import Note
from viewer3d.core.series_info import Which
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume

if TYPE_CHECKING:
    from viewer3d.dicom.read_options import ReadOptions

GridLoader = Callable[[Sequence[int], "ReadOptions", "tuple[float, float, float] | None"], list[Volume]]
"""Takes which of its volumes are meant, counted from 0, how to read, and a spacing in mm for what has no place."""


@dataclass(frozen=True, eq=False)
class GridFile:
    """A file of NIfTI, NRRD, MetaImage, VTK or numpy with one volume or several on one grid.

    Attributes
    ----------
    path : str
    kind : str
        ``"NIfTI"``, ``"NRRD"``, ``"MetaImage"``, ``"VTI"``, ``"npz"``.
    shape : tuple of int
        Columns, rows and slices.
    affine : ndarray of float64, shape (4, 4)
        Voxel index to LPS mm as the file has it: it may be left-handed or sheared.
    which : tuple of dict
        What tells each of its volumes from the others: ``{"time": 2.5}``; of one alone an empty one.
    unit, modality : str
        Empty where the file does not say it.
    notes : tuple of Note
        What was irregular.
    files : tuple of str
        All that are read: the header, and the file of its values.
    load : callable
        Reads volumes of it; raises as :func:`viewer3d.load` does.
    middle_slice : callable
        Reads the slice in the middle of one of its volumes, which is counted from 0: an array of shape (columns, rows),
        in the unit. Of a file that is not compressed no more is read.
    bytes_for_slice : callable
        Returns the bytes that are read or inflated for it.
    """

    path: str
    kind: str
    shape: tuple[int, int, int]
    affine: Affine
    which: tuple[Which, ...]
    unit: str
    modality: str
    notes: tuple[Note, ...]
    files: tuple[str, ...]
    load: GridLoader = field(repr=False)
    middle_slice: Callable[[int], NDArray[Any]] = field(repr=False)
    bytes_for_slice: Callable[[int], int] = field(repr=False)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxel centres along columns, rows and slices, in mm."""
        with np.errstate(all="ignore"):  # numbers of a damaged header are any
            x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)

    @property
    def size(self) -> str:
        """Its shape in words, and how many volumes it has."""
        count = len(self.which)
        return f"{' x '.join(map(str, self.shape))}{f', {count} volumes' if count > 1 else ''}"

    @property
    def name(self) -> str:
        """Its path in messages."""
        return printable(self.path)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
