"""One volume of an archive: what a worker is given, and what identifies it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from viewer3d.archive.folder_names import folders_of_series
from viewer3d.archive.overlays import OverlaySource
from viewer3d.archive.plan import Plan, options_of
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.dicom.files.grid_file import GridFile
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.load import out_of_memory, read_stack
from viewer3d.dicom.objects.dicom_object import DicomObject
from viewer3d.dicom.series.scan import Scan, Series
from viewer3d.errors import NoVolumeError

if TYPE_CHECKING:
    from viewer3d.dicom.series.stack import Stack


@dataclass(frozen=True, eq=False)
class Item:
    """One volume of an archive: a stack of a series, or a volume of a file that is not DICOM.

    It is what a worker is sent: headers and paths, no voxels.

    Attributes
    ----------
    key : str
        64 hexadecimal digits: the SHA-256 of what the volume is, of the plan and of this package's version. The path is
        not in it, so that it stays when the archive moves.
    series : Series or None
        The series with this stack, of DICOM.
    stack : int or None
        Which stack of the series, or which volume of the file, from 1 as :func:`viewer3d.load` takes it; None of a
        series of which no file can be read.
    grid : GridFile or None
        The file, of what is not DICOM.
    place : str
        The folder, the file or the archive that it is in.
    needed : int
        Bytes of memory that a worker is expected to need for it, by its headers.
    objects : tuple of DicomObject
        Objects that were found beside it, as presentation states are.
    overlays : tuple of OverlaySource
        What belongs over it in the archive, where the plan asks for that; see :mod:`viewer3d.archive.overlays`.
    frames : int
        How many images it has; of a file that is not DICOM how many slices.
    """

    key: str
    series: Series | None
    stack: int | None
    grid: GridFile | None
    place: str
    needed: int
    objects: tuple[DicomObject, ...] = ()
    overlays: tuple[OverlaySource, ...] = ()
    frames: int = 0
    refused: tuple[RefusedFile, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        if self.series is None:
            return Path(printable(self.place)).name if self.grid is None else str(self.grid)
        return str(self.series) if self.stack is None else f"{self.series}, stack {self.stack}"

    @property
    def folders(self) -> set[str]:
        """The folders that its files lie in, as messages write them."""
        place = printable(self.place)
        return {place} | (set() if self.series is None else folders_of_series(self.series))

    def load(self, plan: Plan, *, progress: Progress | None = None) -> Volume:
        """Load the volume as a plan asks for it; it is that of :func:`viewer3d.load`.

        Parameters
        ----------
        plan : Plan
        progress : callable, optional
            As for :func:`viewer3d.load`.

        Raises
        ------
        NoVolumeError, BadFileError, StackError, LimitError
            As :func:`viewer3d.load`.
        """
        options = options_of(plan)
        if self.grid is not None:
            counted = stage_progress(progress, "volumes")
            if counted is not None:
                counted(0, 1)
            try:
                return self.grid.load([(self.stack or 1) - 1], options, None)[0]
            except MemoryError as error:
                raise out_of_memory(self.grid.name) from error
        stack, series = self._stack, self.series
        if series is None or stack is None:
            reasons = dict.fromkeys(one.reason for one in self.refused)
            raise NoVolumeError(f"{self}: none of its {len(self.refused)} files can be read ({'; '.join(reasons)})")
        found = Scan(self.place, (series,), self.refused, lone_file=False, objects=self.objects)
        return read_stack(found, series, stack, options, progress=progress)

    @property
    def _stack(self) -> Stack | None:
        return None if self.series is None or self.stack is None else self.series.stacks[self.stack - 1]
