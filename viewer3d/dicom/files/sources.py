"""Sources of DICOM objects: files, members of archives, and pydicom datasets in memory.

What is no regular file, or cannot be accessed, becomes a :class:`RefusedFile` with its reason.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Union, cast

from viewer3d.core.files import kind_of, open_file
from viewer3d.core.text import printable
from viewer3d.dicom.files.archive_members import MemberSource
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.errors import BadFileError, NotFoundError

if TYPE_CHECKING:
    from pydicom import Dataset

DicomInput = Union[str, os.PathLike[str], "Dataset", Iterable[Union[str, os.PathLike[str], "Dataset"]]]
"""What DICOM can be read from: a path (a folder, a file, a DICOMDIR or an archive), a dataset, or several of these."""

DICOMDIR_NAME = "DICOMDIR"

FILE_REMEDY = "fetch it again, move it away, or go on without it by skip_bad=True (--skip-bad)"
"""The end of errors about files that cannot be read: what the user can do."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file on disk."""

    path: str

    @property
    def name(self) -> str:
        """Its name in messages."""
        return printable(self.path)

    def open(self, *, buffering: int = -1) -> BinaryIO:
        """Open the object for reading; ``buffering=0`` suits one long read."""
        try:
            number = open_file(self.path)  # a str of os.scandir: no Path is made for 10,000 files
            # FileIO is what open() gives without a buffer, in less time.
            return cast("BinaryIO", io.FileIO(number)) if buffering == 0 else open(number, "rb", buffering)  # noqa: PTH123
        except OSError as error:
            raise unreadable(self, error) from error

    def open_header(self) -> BinaryIO:
        """Open the object for reading its header."""
        return self.open()

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.stamp[1]

    @property
    def stamp(self) -> tuple[int, int]:
        """Time of its last change in ns since 1970, and its size in bytes."""
        about = os.stat(self.path)  # noqa: PTH116 (a str, 10,000 times)
        return about.st_mtime_ns, about.st_size


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """A pydicom dataset in memory."""

    dataset: Dataset = field(repr=False, hash=False)
    number: int

    @property
    def name(self) -> str:
        """Its name in messages."""
        return f"dataset {self.number}"


Source = FileSource | MemberSource | DatasetSource


def unreadable(source: FileSource | MemberSource, error: OSError) -> BadFileError:
    """Return the error about a file that the system fails to open or to read."""
    return BadFileError(f"{source.name}: cannot be read ({error.strerror or error}); {FILE_REMEDY}")


def find_sources(where: DicomInput) -> list[Source | RefusedFile]:
    """Find all files, members and datasets that could be DICOM.

    Parameters
    ----------
    where : path, pydicom.Dataset, or sequence of them
        A folder (searched at any depth), one file, a DICOMDIR, a zip or tar, a dataset, or several of these.

    Returns
    -------
    list of Source or RefusedFile
        In the order of their names, or as they were given, without repetition; only the tables of contents of archives
        and DICOMDIRs were opened. What cannot be accessed is refused; that does not stop the others.

    Raises
    ------
    NotFoundError
        When a path does not exist, or something is neither a path nor a dataset.
    BadFileError
        When the only path that is given cannot be accessed, or an archive or DICOMDIR is broken.
    """
    if isinstance(where, str | os.PathLike):
        path = os.fspath(where)
        alone = _sources_at(path)
        if len(alone) == 1 and isinstance(alone[0], RefusedFile) and alone[0].name == printable(path):
            raise BadFileError(f"{path}: {alone[0].reason}; give a file or a folder that can be read")
        return alone
    found: dict[Source | RefusedFile, None] = {}  # a file may be given twice, by itself and in its folder
    datasets: list[Source] = []
    for number, one in enumerate([where] if _is_dataset(where) else _as_iterable(where), 1):
        if isinstance(one, str | os.PathLike):
            found.update(dict.fromkeys(_sources_at(os.fspath(one))))
        elif _is_dataset(one):
            datasets.append(DatasetSource(cast("Dataset", one), number))
        else:
            raise NotFoundError(f"{one!r:.60}: no place; give paths, or datasets that pydicom read")
    return [*found, *datasets]


def name_of(where: DicomInput) -> str:
    """Return the name of an input in messages."""
    if isinstance(where, str | os.PathLike):
        return os.fspath(where)
    paths = [] if _is_dataset(where) else [one for one in where if isinstance(one, str | os.PathLike)]
    if not paths:
        return "the datasets"
    first = os.fspath(paths[0])
    return first if len(paths) == 1 else f"{first} and {len(paths) - 1} more"


def _is_dataset(one: object) -> bool:
    return hasattr(one, "private_block")  # without importing pydicom


def _as_iterable(where: object) -> Iterable[object]:
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
        return [RefusedFile(printable(path), _unreachable_reason(error, "a path"), unseen=True)]
    if stat.S_ISDIR(mode):
        return _files_below(path)
    if not stat.S_ISREG(mode):
        return [RefusedFile(printable(path), kind_of(mode))]
    if os.path.basename(path).upper() == DICOMDIR_NAME:  # noqa: PTH119
        from viewer3d.dicom.files.dicomdir import referenced_files  # noqa: PLC0415 (rare, and it needs pydicom)

        return [one if isinstance(one, RefusedFile) else FileSource(one) for one in referenced_files(path)]
    from viewer3d.dicom.files.archives import archive_members  # noqa: PLC0415 (folders need no library that unpacks)

    members = archive_members(path)
    return [FileSource(path)] if members is None else [*members]


def _files_below(folder: str) -> list[Source | RefusedFile]:
    """List the files below a folder, at any depth, in the order of their names.

    Links to files are followed, links to folders are not (no loops). Depth is limited only by the longest path of the
    system.
    """
    found: list[Source | RefusedFile] = []
    try:
        left = _entries(folder)
    except OSError as error:
        return [RefusedFile(printable(folder), _unlisted_reason(error), unseen=True)]
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
            reason = _unreachable_reason(error, "a link") if entry.is_symlink() else _unlisted_reason(error)
            found.append(RefusedFile(printable(entry.path), reason, unseen=True))
    return found


def list_folder(folder: str) -> tuple[list[os.DirEntry[str]], list[str], list[RefusedFile]]:
    """List one folder, as :func:`find_sources` takes what is in it.

    Returns
    -------
    tuple of list of os.DirEntry, list of str and list of RefusedFile
        Its files, the paths of the folders in it, each in the order of their names, and what is neither or cannot be
        accessed. Of a folder that cannot be listed that alone.
    """
    files: list[os.DirEntry[str]] = []
    folders: list[str] = []
    refused: list[RefusedFile] = []
    try:
        entries = _entries(folder)
    except OSError as error:
        return [], [], [RefusedFile(printable(folder), _unlisted_reason(error), unseen=True)]
    for entry in reversed(entries):
        try:
            if entry.is_dir(follow_symlinks=False) and not getattr(entry, "is_junction", bool)():  # as below
                folders.append(entry.path)
            elif entry.is_file():
                files += [entry] * (entry.name.upper() != DICOMDIR_NAME)
            else:
                refused.append(_refused(entry))
        except OSError as error:
            refused.append(RefusedFile(printable(entry.path), _unreachable_reason(error, "a link"), unseen=True))
    return files, folders, refused


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """Return the entries of a folder, the last by name first."""
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name, reverse=True)


def _refused(entry: os.DirEntry[str]) -> RefusedFile:
    """Return an entry of a folder that is neither searched nor read, with the reason."""
    name = printable(entry.path)
    if entry.is_dir():
        return RefusedFile(name, "a link to a folder, which is not followed: give that folder besides", unseen=True)
    try:
        return RefusedFile(name, kind_of(entry.stat().st_mode))
    except FileNotFoundError:
        gone = "a link that leads nowhere" if entry.is_symlink() else "it has vanished"
        return RefusedFile(name, gone, unseen=True)


def _unlisted_reason(error: OSError) -> str:
    return f"a folder that cannot be listed ({error.strerror})"


def _unreachable_reason(error: OSError, what: str) -> str:
    """Return why the target of a path or link is not known."""
    if error.errno == errno.ELOOP:
        return "a link that loops"
    return f"{what} that leads where nothing may be read ({error.strerror})"
