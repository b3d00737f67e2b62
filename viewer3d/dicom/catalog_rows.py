"""The rows of a catalog: what can be opened, what lies over it, and what cannot be shown, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.progress import Progress
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.structures import StructureSet
from viewer3d.core.volume import Volume
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.scan import Scan


@dataclass(frozen=True, eq=False)
class CatalogEntry:
    """A volume, a 4-D set or images that can be opened.

    Attributes
    ----------
    title : str
        Series Number and Modality.
    description : str
        Series Description, and by what it differs from other entries of the same series.
    size : str
        Shape in voxels, and how many volumes there are.
    thumbnail : callable
        Returns a small grey picture with square pixels, (rows, columns) uint8; raises as :func:`viewer3d.load` does.
    load : callable
        Takes a :data:`viewer3d.core.progress.Progress` and returns the volumes; raises as :func:`viewer3d.load` does.
    series : str
        Series Instance UID; empty of what is no DICOM.
    stack : int, optional
        Which volume of the series it is, from 1, where it has several; None of a 4-D set.
    is_image : bool
        Whether it is a single image, or images that make no volume: then it is seen in one pane.
    modality : str
        DICOM's code; empty where it is not known.
    frame_of_reference : str
        Frame of Reference UID; empty where none is known, or volumes have others.
    slices : int
        Of one volume.
    is_localizer : bool
        Whether other series are planned on it: Image Type, value 3, is LOCALIZER, or its series has several
        orientations, as a localizer of three planes.
    """

    title: str
    description: str
    size: str
    thumbnail: Callable[[], NDArray[np.uint8]]
    load: Callable[[Progress], Sequence[Volume]]
    series: str = ""
    stack: int | None = None
    is_image: bool = False
    modality: str = ""
    frame_of_reference: str = ""
    slices: int = 0
    is_localizer: bool = False


@dataclass(frozen=True, eq=False)
class CatalogObject:
    """A segmentation or structure set that can be laid over a volume.

    Attributes
    ----------
    title : str
        Series Number and Modality.
    description : str
        Series Description.
    size : str
        How many segments or ROIs it has.
    under : int
        Index of the last entry in its frame of reference, below which it is listed; how many entries there are where
        none is in it.
    thumbnail : callable
        Returns a small grey picture that stands for such an object, (rows, columns) uint8.
    load : callable
        Takes a :data:`viewer3d.core.progress.Progress` and returns the segmentation or structure set; raises as
        :func:`viewer3d.load_segmentation` and :func:`viewer3d.load_structures` do.
    """

    title: str
    description: str
    size: str
    under: int
    thumbnail: Callable[[], NDArray[np.uint8]]
    load: Callable[[Progress], Segmentation | StructureSet]


@dataclass(frozen=True)
class CatalogRefusal:
    """Files, or an object, that cannot be shown.

    Attributes
    ----------
    title : str
        Series Number and Modality; ``"-"`` where no series is known.
    description : str
        Series Description, if there is one, and why it is not shown.
    size : str
        How many files, or what is in the object.
    """

    title: str
    description: str
    size: str


@dataclass(frozen=True)
class Catalog:
    """What can be opened in a folder, what can be laid over it, and what cannot be shown.

    Attributes
    ----------
    entries : tuple of CatalogEntry
        In the order of their Series Numbers; files that are not DICOM after them, by their names.
    first : int
        Index of the entry that was asked for or saved, else of that of DICOM, if there is any, with the most slices.
    objects : tuple of CatalogObject
        In the order of their Series Numbers.
    found : Scan, optional
        What they were made of.
    refused : tuple of CatalogRefusal
        What cannot be shown, and why: those of series in the order of their numbers, then all others.
    """

    entries: tuple[CatalogEntry, ...]
    first: int
    objects: tuple[CatalogObject, ...] = ()
    found: Scan | None = None
    refused: tuple[CatalogRefusal, ...] = ()

    @property
    def rows(self) -> tuple[CatalogEntry | CatalogObject, ...]:
        """The entries, each followed by the objects that are listed below it."""
        rows: list[CatalogEntry | CatalogObject] = []
        for number in range(len(self.entries) + 1):
            rows += self.entries[number : number + 1]
            rows += (one for one in self.objects if one.under == number)
        return tuple(rows)


@dataclass(frozen=True)
class CatalogRequest:
    """Which entry to open first, and how to read all of them.

    Attributes
    ----------
    series, stack, spacing, which
        As :func:`viewer3d.load` takes them.
    how : ReadOptions
        How files are read.
    """

    series: int | str | None = None
    stack: int | None = None
    spacing: tuple[float, float, float] | None = None
    which: dict[str, Any] = field(default_factory=dict)
    how: ReadOptions = field(default_factory=ReadOptions)
    digests: tuple[str, ...] = ()
    """Of the series on which a saved view was made: it is opened first if no series or volume is named."""

    @property
    def is_by_name(self) -> bool:
        """Whether a series or a volume is named."""
        return self.series is not None or self.stack is not None or bool(self.which)
