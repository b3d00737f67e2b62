"""Where the bytes of one DICOM object are: a file, a member of an archive, or a pydicom dataset in memory.

What stands in the place of a file and is none, or cannot be looked at, is :class:`RefusedFile` with its reason.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Union, cast

from viewer3d.core.opening import kind_of, open_file
from viewer3d.core.text import printable
from viewer3d.dicom.files.archive_members import MemberSource
from viewer3d.dicom.files.archives import archive_members
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.errors import BadFileError, NotFoundError

if TYPE_CHECKING:
    from pydicom import Dataset

DicomInput = Union[str, os.PathLike[str], "Dataset", Iterable[Union[str, os.PathLike[str], "Dataset"]]]
"""Where DICOM may be: a path (a folder, a file, a DICOMDIR or a zip), a dataset, or several of these."""

DICOMDIR_NAME = "DICOMDIR"

FILE_REMEDY = "fetch it again, move it away, or go on without it by skip_bad=True (--skip-bad)"
"""What to do about a file that cannot be read."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file on disk."""

    path: str

    @property
    def name(self) -> str:
        """What messages call it."""
        return printable(self.path)

    def open(self, *, buffering: int = -1) -> BinaryIO:
        """Open the object for reading; without a buffer (0) for one long read."""
        try:
            number = open_file(self.path)  # a str of os.scandir: no Path is made for 10,000 files
            # The same as the other, in less time.
            return cast("BinaryIO", io.FileIO(number)) if buffering == 0 else open(number, "rb", buffering)  # noqa: PTH123
        except OSError as error:
            raise unreadable(self, error) from error

    def open_header(self) -> BinaryIO:
        """Open the object for reading its header."""
        return self.open()

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.stamp[1]

    @property
    def stamp(self) -> tuple[int, int]:
        """When it was last changed, in ns since 1970, and how many bytes it has."""
        about = os.stat(self.path)  # noqa: PTH116 (a str, 10,000 times)
        return about.st_mtime_ns, about.st_size


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


def unreadable(source: FileSource | MemberSource, error: OSError) -> BadFileError:
    """Return the error of a file that the system does not open, or stops to give the bytes of."""
    return BadFileError(f"{source.name}: cannot be read ({error.strerror or error}); {FILE_REMEDY}")


def find_sources(where: DicomInput) -> list[Source | RefusedFile]:
    """Find everything that could be DICOM.

    Parameters
    ----------
    where : path, pydicom.Dataset, or sequence of them
        A folder (searched at any depth), one file, a DICOMDIR, a zip or tar, a dataset, or several of these.

    Returns
    -------
    list of Source or RefusedFile
        In the order of their names, or as they were given, each file once; nothing was opened yet but an archive's or
        a DICOMDIR's table of contents. What cannot be looked at is refused, and the rest is there.

    Raises
    ------
    NotFoundError
        When a path is not there, or something is no place at all.
    BadFileError
        When the only path that is given cannot be looked at, or an archive or DICOMDIR is broken.
    """
    if isinstance(where, str | os.PathLike):
        path = os.fspath(where)
        alone = _sources_at(path)
        if len(alone) == 1 and isinstance(alone[0], RefusedFile) and alone[0].name == printable(path):
            raise BadFileError(f"{path}: {alone[0].reason}; give a file or a folder that can be read")
        return alone
    found: dict[Source | RefusedFile, None] = {}  # a file may be given twice, by itself and in its folder
    datasets: list[Source] = []
    for number, one in enumerate([where] if _is_dataset(where) else _listed(where), 1):
        if isinstance(one, str | os.PathLike):
            found.update(dict.fromkeys(_sources_at(os.fspath(one))))
        elif _is_dataset(one):
            datasets.append(DatasetSource(cast("Dataset", one), number))
        else:
            raise NotFoundError(f"{one!r:.60}: no place; give paths, or datasets that pydicom read")
    return [*found, *datasets]


def name_of(where: DicomInput) -> str:
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


def _sources_at(path: str) -> list[Source | RefusedFile]:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 (of a Path it is the same)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        link = " (it is a link that leads nowhere)" if os.path.islink(path) else ""  # noqa: PTH114
        raise NotFoundError(
            f"{path}: no such file or folder{link}; give a folder of DICOM files, one file, a DICOMDIR or a zip"
        ) from error
    except OSError as error:
        return [RefusedFile(printable(path), _why_not(error, "a path"), unseen=True)]
    if stat.S_ISDIR(mode):
        return _files_below(path)
    if not stat.S_ISREG(mode):
        return [RefusedFile(printable(path), kind_of(mode))]
    if os.path.basename(path).upper() == DICOMDIR_NAME:  # noqa: PTH119
        from viewer3d.dicom.files.dicomdir import referenced_files  # noqa: PLC0415 (rare, and it needs pydicom)

        return [one if isinstance(one, RefusedFile) else FileSource(one) for one in referenced_files(path)]
    members = archive_members(path)
    return [FileSource(path)] if members is None else [*members]


def _files_below(folder: str) -> list[Source | RefusedFile]:
    """List the files below a folder in the order of their names, those in its folders among them.

    Links to files are followed, links to folders are not (no loops). There is no ceiling of depth but that of the
    system for a path.
    """
    found: list[Source | RefusedFile] = []
    try:
        left = _entries(folder)
    except OSError as error:
        return [RefusedFile(printable(folder), _unlisted(error), unseen=True)]
    while left:
        entry = left.pop()
        try:
            if entry.is_dir(follow_symlinks=False) and not getattr(entry, "is_junction", bool)():  # Python 3.12
                left += _entries(entry.path)
            elif entry.is_file():
                if entry.name.upper() != DICOMDIR_NAME:
                    found.append(FileSource(entry.path))
            else:
                found.append(_refused(entry))
        except OSError as error:
            reason = _why_not(error, "a link") if entry.is_symlink() else _unlisted(error)
            found.append(RefusedFile(printable(entry.path), reason, unseen=True))
    return found


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """Return what is in a folder, the last by name first."""
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name, reverse=True)


def _refused(entry: os.DirEntry[str]) -> RefusedFile:
    """Return why something in a folder is neither searched nor read."""
    name = printable(entry.path)
    if entry.is_dir():
        return RefusedFile(name, "a link to a folder, which is not followed: give that folder besides", unseen=True)
    try:
        return RefusedFile(name, kind_of(entry.stat().st_mode))
    except FileNotFoundError:
        gone = "a link that leads nowhere" if entry.is_symlink() else "it has vanished"
        return RefusedFile(name, gone, unseen=True)


def _unlisted(error: OSError) -> str:
    return f"a folder that cannot be listed ({error.strerror})"


def _why_not(error: OSError, what: str) -> str:
    """Return why it is not known what a path or a link leads to."""
    if error.errno == errno.ELOOP:
        return "a link that loops"
    return f"{what} that leads where nothing may be read ({error.strerror})"
