"""Where the bytes of one DICOM object are: a file, a member of an archive, or a pydicom dataset in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Union, cast

from viewer3d.dicom.archives import archive_members
from viewer3d.dicom.packed import MemberSource
from viewer3d.errors import BadFileError, NotFoundError
from viewer3d.plain import plain

if TYPE_CHECKING:
    from pydicom import Dataset

Place = Union[str, os.PathLike[str], "Dataset", Iterable[Union[str, os.PathLike[str], "Dataset"]]]
"""Where DICOM may be: a path (a folder, a file, a DICOMDIR or a zip), a dataset, or several of these."""

DICOMDIR_NAME = "DICOMDIR"

BAD_FILE = "fetch it again, move it away, or go on without it by skip_bad=True (--skip-bad)"
"""What to do about a file that cannot be read."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file on disk."""

    path: str

    @property
    def name(self) -> str:
        """What messages call it."""
        return plain(self.path)

    def open(self, *, buffering: int = -1) -> BinaryIO:
        """Open the object for reading; without a buffer (0) for one long read."""
        try:
            # A str of os.scandir: no Path is made for 10,000 files.
            return open(self.path, "rb", buffering)  # noqa: PTH123
        except OSError as error:
            raise BadFileError(f"{self.name}: {error.strerror}; expected a file that can be read") from error

    def open_header(self) -> BinaryIO:
        """Open the object for reading its header."""
        return self.open()

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return os.stat(self.path).st_size  # noqa: PTH116 (a str, 10,000 times)


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """A pydicom dataset in memory."""

    dataset: Dataset = field(repr=False, hash=False)
    number: int

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"dataset {self.number}"


Source = FileSource | MemberSource | DatasetSource


def find_sources(where: Place) -> list[Source]:
    """Find everything that could be DICOM.

    Parameters
    ----------
    where : path, pydicom.Dataset, or sequence of them
        A folder (searched at any depth), one file, a DICOMDIR, a zip or tar, a dataset, or several of these.

    Returns
    -------
    list of Source
        In the order of their names, or as they were given, each file once; nothing was opened yet but an archive's or
        a DICOMDIR's table of contents.

    Raises
    ------
    NotFoundError
        When a path is not there, or something is no place at all.
    """
    if isinstance(where, str | os.PathLike):
        return _sources_at(os.fspath(where))
    found: dict[Source, None] = {}  # a file may be given twice, by itself and in its folder
    datasets: list[Source] = []
    for number, one in enumerate([where] if _is_dataset(where) else _listed(where), 1):
        if isinstance(one, str | os.PathLike):
            found.update(dict.fromkeys(_sources_at(os.fspath(one))))
        elif _is_dataset(one):
            datasets.append(DatasetSource(cast("Dataset", one), number))
        else:
            raise NotFoundError(f"{one!r:.60}: no place; give paths, or datasets that pydicom read")
    return [*found, *datasets]


def name_of(where: Place) -> str:
    """Return what messages call a place."""
    if isinstance(where, str | os.PathLike):
        return os.fspath(where)
    places = [] if _is_dataset(where) else [one for one in where if isinstance(one, str | os.PathLike)]
    if not places:
        return "the datasets"
    first = os.fspath(places[0])
    return first if len(places) == 1 else f"{first} and {len(places) - 1} more"


def _is_dataset(one: object) -> bool:
    return hasattr(one, "private_block")  # pydicom is not loaded to find out


def _listed(where: object) -> Iterable[object]:
    if not isinstance(where, Iterable):
        raise NotFoundError(f"{where!r:.60}: no place; give a path, datasets, or a list of them")
    return where


def _sources_at(path: str) -> list[Source]:
    if Path(path).is_dir():
        return [FileSource(name) for name in _walk(path)]
    if not Path(path).exists():
        raise NotFoundError(
            f"{path}: no such file or folder; give a folder of DICOM files, one file, a DICOMDIR or a zip"
        )
    if Path(path).name.upper() == DICOMDIR_NAME:
        return list(_dicomdir(path))
    members = archive_members(path)
    return [FileSource(path)] if members is None else list(members)


def _walk(folder: str) -> Iterator[str]:
    """Yield the files below a folder in the order of their names; links to folders are not followed (no loops)."""
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise BadFileError(f"{folder}: {error.strerror}; expected a folder that can be listed") from error
    for entry in ordered:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)
        elif entry.name.upper() != DICOMDIR_NAME and entry.is_file():
            yield entry.path


def _dicomdir(path: str) -> Iterator[Source]:
    """Yield the files a DICOMDIR refers to (PS3.3 F.3: Referenced File ID, relative to its own folder)."""
    from pydicom import dcmread  # noqa: PLC0415 (0.3 s, and only a DICOMDIR needs it)

    try:
        records = dcmread(path).DirectoryRecordSequence
    except Exception as error:
        raise BadFileError(f"{path}: not a DICOMDIR that can be read ({error}); give its folder instead") from error
    for record in records:
        if parts := record.get("ReferencedFileID"):
            parts = [parts] if isinstance(parts, str) else parts
            yield FileSource(str(Path(path).parent.joinpath(*parts)))
