"""Where the bytes of one DICOM object are: a file, a member of a zip, or a pydicom dataset in memory."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from viewer3d.errors import BadFileError, NotFoundError

if TYPE_CHECKING:
    from pydicom import Dataset

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
        return self.path

    def open(self, *, buffering: int = -1) -> BinaryIO:
        """Open the object for reading; without a buffer (0) for one long read."""
        try:
            # A str of os.scandir: no Path is made for 10,000 files.
            return open(self.path, "rb", buffering)  # noqa: PTH123
        except OSError as error:
            raise BadFileError(f"{self.name}: {error.strerror}; expected a file that can be read") from error


@dataclass(frozen=True, slots=True)
class ZipSource:
    """A member of a zip archive."""

    archive: str
    member: str

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.archive}:{self.member}"

    def open(self, *, buffering: int = -1) -> BinaryIO:  # noqa: ARG002 (memory needs no buffer)
        """Open the object for reading; it is unpacked into memory."""
        try:
            with zipfile.ZipFile(self.archive) as archive:
                return io.BytesIO(archive.read(self.member))
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise BadFileError(
                f"{self.name}: {error}; expected a zip that can be unpacked without a password"
            ) from error


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """A pydicom dataset in memory."""

    dataset: Dataset = field(repr=False, hash=False)
    number: int

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"dataset {self.number}"


Source = FileSource | ZipSource | DatasetSource


def find_sources(where: str | os.PathLike[str] | Sequence[Dataset]) -> list[Source]:
    """Find everything that could be DICOM.

    Parameters
    ----------
    where : path or sequence of pydicom.Dataset
        A folder (searched at any depth), one file, a DICOMDIR, a zip, or datasets.

    Returns
    -------
    list of Source
        In the order of their names; nothing was opened yet but an archive's or a DICOMDIR's table of contents.

    Raises
    ------
    NotFoundError
        When the path is not there.
    """
    if not isinstance(where, str | os.PathLike):
        return [DatasetSource(dataset, number) for number, dataset in enumerate(where, 1)]
    path = os.fspath(where)
    if Path(path).is_dir():
        return [FileSource(name) for name in _walk(path)]
    if not Path(path).exists():
        raise NotFoundError(
            f"{path}: no such file or folder; give a folder of DICOM files, one file, a DICOMDIR or a zip"
        )
    if Path(path).name.upper() == DICOMDIR_NAME:
        return list(_dicomdir(path))
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return [ZipSource(path, i.filename) for i in archive.infolist() if not i.is_dir()]
    return [FileSource(path)]


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
