"""Find the series in a folder, file, DICOMDIR, zip or list of datasets, reading headers only."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast, overload

from viewer3d.core.progress import StageProgress
from viewer3d.core.text import printable
from viewer3d.dicom.files.grid_file import GridFile
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import DicomInput, FileSource, find_sources, name_of
from viewer3d.dicom.headers.frame import Frame, SeriesTags
from viewer3d.dicom.headers.read import read_frames
from viewer3d.dicom.objects.dicom_object import DicomObject
from viewer3d.dicom.series.duplicates import check_duplicates
from viewer3d.dicom.series.stack import Stack, assume_spacing, make_stacks
from viewer3d.errors import StackError

EVERY: Final = "*"
"""Instead of a Series Number or UID: all images that were found, as one series; see :func:`join_series`."""


@dataclass(frozen=True, repr=False)
class Series:
    """One series that was found.

    Attributes
    ----------
    tags : SeriesTags
        Its attributes, from the first of its files.
    stacks : tuple of Stack
        Its parts, the largest first; most series have one.
    refused : tuple of RefusedFile
        Its files that are in no stack, and why.
    files : int
        How many of its files are in a stack.
    """

    tags: SeriesTags
    stacks: tuple[Stack, ...]
    refused: tuple[RefusedFile, ...]
    files: int

    @property
    def uid(self) -> str:
        """Series Instance UID (0020,000E); ``"*"`` of series that were joined."""
        return self.tags.uid

    @property
    def number(self) -> int | None:
        """Series Number (0020,0011), which need not be unique."""
        return self.tags.number

    @property
    def modality(self) -> str:
        """Modality (0008,0060)."""
        return self.tags.modality

    @property
    def description(self) -> str:
        """Series Description (0008,103E)."""
        return self.tags.description

    @property
    def frames(self) -> tuple[Frame, ...]:
        """All its frames, including copies and those without a position."""
        frames: dict[int, Frame] = {}
        for stack in self.stacks:
            others = (*(frame for frame, _ in stack.odd), *(other for _, other in stack.doubles))
            frames.update((id(frame), frame) for frame in (*stack.frames, *others))
        return tuple(frames.values())

    @property
    def volumes(self) -> tuple[Stack, ...]:
        """The stacks that are volumes."""
        return tuple(stack for stack in self.stacks if stack.is_volume)

    def __repr__(self) -> str:
        return f"<{self.line}>"

    @property
    def line(self) -> str:
        """Number, modality, description and the size of the volumes of the series, in one line."""
        from viewer3d.dicom.series.planned_grid import loaded_shape  # noqa: PLC0415 (it builds on stacks, as this does)

        sizes = Counter(loaded_shape(stack) for stack in self.volumes)
        parts = [
            f"{'' if count == 1 else f'{count} volumes of '}{' x '.join(str(n) for n in shape)}"
            for shape, count in sizes.items()
        ]
        if images := sum(len(stack.frames) for stack in self.stacks if not stack.is_volume):
            parts.append(f"{images} image{'s' * (images > 1)} that make no volume")
        return f"{self}: {', '.join(parts) or 'nothing that can be loaded'}"

    def __str__(self) -> str:
        number = "series without a number" if self.number is None else f"series {self.number}"
        return " ".join(part for part in (number, self.modality, self.description) if part)


@dataclass(frozen=True, repr=False)
class Scan(Sequence[Series]):
    """The series that were found, in the order of their numbers.

    Attributes
    ----------
    where : str
        What was searched, as it was given.
    series : tuple of Series
    refused : tuple of RefusedFile
        Files that belong to no series: not DICOM, damaged, or without pixels.
    lone_file : bool
        Whether it was one file: then its only image was asked for by name.
    objects : tuple of DicomObject
        What lies over images, as segmentations do, in the order of their Series Numbers.
    grids : tuple of GridFile
        Files of NIfTI, NRRD and others that are no DICOM, in the order of their names.
    """

    where: str
    series: tuple[Series, ...]
    refused: tuple[RefusedFile, ...]
    lone_file: bool
    objects: tuple[DicomObject, ...] = ()
    grids: tuple[GridFile, ...] = ()

    def __len__(self) -> int:
        return len(self.series)

    @overload
    def __getitem__(self, index: int) -> Series: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Series, ...]: ...
    def __getitem__(self, index: int | slice) -> Series | tuple[Series, ...]:
        return self.series[index]

    def __iter__(self) -> Iterator[Series]:
        return iter(self.series)

    @property
    def name(self) -> str:
        """What was searched, as messages write it: on one line without control characters."""
        return printable(self.where)

    def __repr__(self) -> str:
        refused = len(self.all_refused)
        left_out = f", {refused} file{'s' * (refused > 1)} left out" if refused else ""
        lines = [*(series.line for series in self), *(f"{one}: {one.kind}, {one.size}" for one in self.objects)]
        lines += [f"{one}: {one.size}" for one in self.grids]
        return "\n".join([f"{self.name}: {len(self)} series{left_out}", *(f"  {line}" for line in lines)])

    def series_of(self, one: DicomObject) -> tuple[Series, ...]:
        """Return the series that an object lies over: those of its frame of reference, or that it refers to."""
        if one.of_series:
            return tuple(series for series in self if series.uid in one.of_series)
        frames = set(one.frames_of_reference) - {""}
        return tuple(
            series
            for series in self
            if any(frame.series.frame_of_reference in frames for stack in series.stacks for frame in stack.frames)
        )

    @property
    def all_refused(self) -> tuple[RefusedFile, ...]:
        """Every file that was refused, those of the series included."""
        return (*self.refused, *(refused for series in self for refused in series.refused))

    @property
    def refused_reasons(self) -> Counter[str]:
        """How many files were refused for each reason."""
        return Counter(refused.reason for refused in self.all_refused)


def scan(
    where: DicomInput | Scan | Series,
    *,
    progress: StageProgress | None = None,
    seen: Callable[[Frame], object] | None = None,
) -> Scan:
    """Find the series in a folder, file, archive or list, reading headers only.

    The pixels of two images at one position that headers do not distinguish are read as well: if they are no copies,
    they make no volume. Files of NIfTI, NRRD, MetaImage, VTI and npz beside them are in ``grids``.

    Parameters
    ----------
    where : path, pydicom.Dataset, or sequence of them
        A folder (searched at any depth), one file, a DICOMDIR, a zip, a dataset that pydicom read, or several of these;
        a scan is returned as it is, and a series of a scan as a scan of that series.
    progress : callable, optional
        Called with (headers read, headers in all).
    seen : callable, optional
        Called with the first frame of each file that has one, as soon as its header is read.

    Returns
    -------
    Scan
        A sequence of :class:`Series`; it may be empty, and ``refused`` then says what was there instead.

    Raises
    ------
    NotFoundError
        When a path does not exist, or it is nothing that can be searched.
    """
    if isinstance(where, Scan):
        return where
    if isinstance(where, Series):
        return Scan(str(where), (where,), (), lone_file=False)
    if isinstance(where, Iterator):  # of Path.glob: it is iterated twice
        where = list(cast("Iterator[str]", where))
    from viewer3d.formats import grid_files  # noqa: PLC0415 (a door: what is no DICOM is read there)

    if grid_files.is_grid_file(where):  # to read it as DICOM would say less of what is wrong with it
        path = os.fspath(cast("str", where))
        return Scan(path, (), (), lone_file=True, grids=(grid_files.read_grid_header(path).grid_file(),))
    sources = find_sources(where)
    frames: dict[int, list[Frame]] = defaultdict(list)  # by the object: files of one series share their tags
    refused: list[RefusedFile] = []
    objects: list[DicomObject] = []
    for number, source in enumerate(sources, 1):
        found = source if isinstance(source, RefusedFile) else read_frames(source)
        if isinstance(found, RefusedFile):
            refused.append(found)
        elif isinstance(found, DicomObject):
            objects.append(found)
        else:
            frames[id(found[0].series)].extend(found)
            if seen is not None:
                seen(found[0])
        if progress is not None:
            progress(number, len(sources))
    alone = sum(not isinstance(source, RefusedFile) for source in sources) == 1
    gathered = _gather(name_of(where), list(frames.values()), refused, lone_file=alone)
    objects.sort(key=lambda one: (one.tags.study_uid, one.tags.number is None, one.tags.number or 0, one.tags.uid))
    return grid_files.with_grids(replace(gathered, objects=tuple(objects)) if objects else gathered)


def join_series(found: Scan) -> Series:
    """Join all series of a scan, for stacks in which every slice has its own Series Instance UID.

    Images of another kind, plane, patient or frame of reference are a stack of their own, as in any series.
    """
    first = found.series[0].tags
    numbers = {series.number for series in found}
    frames = [frame for series in found for frame in series.frames]
    refused = tuple(refused for series in found for refused in series.refused)
    tags = replace(first, uid=EVERY, number=first.number if len(numbers) == 1 else None)
    return Series(tags, make_stacks(frames), refused, sum(series.files for series in found))


def with_spacing(found: Scan, spacing: tuple[float, float, float]) -> Scan:
    """Give images without positions or pixel spacing those of a spacing given by hand.

    Raises
    ------
    StackError
        When the spacing is not three numbers above 0, or no image lacks a position or pixel spacing.
    """
    if len(spacing) != 3 or not all(0 < mm < float("inf") for mm in spacing):
        raise StackError(f"spacing {spacing}: give three numbers above 0, between columns, rows and slices in mm")
    if all(stack.layout is not None and not stack.odd for series in found for stack in series.stacks):
        raise StackError(f"{found.where}: the images say where they are; leave spacing out")
    placed = tuple(
        replace(
            series,
            stacks=tuple(
                s if s.layout is not None and not s.odd else assume_spacing(s, spacing) for s in series.stacks
            ),
        )
        for series in found
    )
    return replace(found, series=placed)


def input_paths(found: Scan) -> Iterator[str]:
    """Yield the paths of the files or archives that a scan has read."""
    yield from (path for grid in found.grids for path in grid.files)
    seen: set[str] = set()
    for series in found:
        for stack in series.stacks:
            for frame in (*stack.frames, *(other for _, other in stack.doubles), *(one for one, _ in stack.odd)):
                source = frame.stored.source
                path = source.path if isinstance(source, FileSource) else getattr(source, "archive", "")
                if path and path not in seen:
                    seen.add(path)
                    yield path


def _gather(where: str, frames: list[list[Frame]], refused: list[RefusedFile], *, lone_file: bool) -> Scan:
    by_key: dict[Hashable, list[Frame]] = defaultdict(list)
    for alike in frames:
        by_key[series_key(alike[0].series)] += alike
    series = []
    for key, members in by_key.items():
        own = tuple(r for r in refused if r.series is not None and series_key(r.series) == key)
        series.append(make_series(members, own))
    series.sort(key=lambda s: (s.tags.study_uid, s.number is None, s.number or 0, s.uid))
    homeless = tuple(r for r in refused if r.series is None or series_key(r.series) not in by_key)
    return Scan(where, tuple(series), homeless, lone_file)


def make_series(frames: Sequence[Frame], refused: tuple[RefusedFile, ...] = ()) -> Series:
    """Make a series of all its frames, and of its files that have none.

    The pixels of two images at one position that headers do not distinguish are read.
    """
    files = len({frame.stored.source for frame in frames})
    stacks = tuple(check_duplicates(stack) for stack in make_stacks(frames))
    return Series(frames[0].series, stacks, refused, files)


def series_key(tags: SeriesTags) -> Hashable:
    """Return a key that is the same for all files of one series.

    It is the Series Instance UID, which is unique worldwide: files of one series may disagree on its number, its
    description and even (SimpleITK writes such files) the study. Without a UID it is study, number and modality.
    """
    return tags.uid or (tags.study_uid, tags.number, tags.modality)
