"""The places of an archive: what was given, the folders and archives in them, and their files."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

from viewer3d.core.text import printable
from viewer3d.dicom.files.archive_members import MemberSource
from viewer3d.dicom.files.archives import UNPACK_REMEDY
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import DICOMDIR_NAME, FileSource, Source, find_sources, list_folder
from viewer3d.errors import ArchiveError, NotFoundError, Viewer3DError

ARCHIVE_SUFFIXES: Final = (".zip", ".tar")
"""What the names of archives end with that are searched where they lie in a folder."""


@dataclass(frozen=True)
class FolderFiles:
    """The files of one folder, or the members of one archive.

    Attributes
    ----------
    path : str
    stamp : str
        Of names, sizes and times.
    names : tuple of str, optional
        Those of the files of a folder; None of an archive, whose members are numbered.
    refused : list of RefusedFile
        What is neither a file nor a folder, or cannot be accessed.
    """

    path: str
    stamp: str
    names: tuple[str, ...] | None = None
    refused: list[RefusedFile] = field(default_factory=list)

    @cached_property
    def sources(self) -> list[Source]:
        """The files, or the members, which are listed when this is asked for.

        Raises
        ------
        BadFileError, LimitError, ArchiveError
            When it is a broken archive, or one that workers cannot share.
        """
        if self.names is not None:
            return [FileSource(os.path.join(self.path, name)) for name in self.names]  # noqa: PTH118 (a str)
        found = find_sources(self.path)
        self.refused.extend(one for one in found if isinstance(one, RefusedFile))
        if any(isinstance(one, MemberSource) and one.content is not None for one in found):
            raise ArchiveError(
                f"{printable(self.path)}: is a tar compressed as a whole, which workers cannot share; {UNPACK_REMEDY}"
            )
        return [one for one in found if not isinstance(one, RefusedFile)]

    def name_of(self, number: int) -> bytes:
        """Return what the manifest calls a file of it, by its number: its name, or the number."""
        return b"%d" % number if self.names is None else os.fsencode(self.names[number])


def listed_places(places: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str]:
    """Return absolute paths of places, those in lists (``@list.txt``, one a line) among them.

    Raises
    ------
    NotFoundError
        When one is not there.
    ArchiveError
        When there is none.
    """
    given = [places] if isinstance(places, str | os.PathLike) else list(places)
    found: dict[str, None] = {}
    for one in [os.fspath(place) for place in given]:
        names = [one]
        if one.startswith("@") and not os.path.lexists(one):
            try:
                lines = Path(one[1:]).read_bytes().splitlines()
            except OSError as error:
                raise NotFoundError(
                    f"{one[1:]}: the list of places cannot be read ({error.strerror}): give a file with a path a line"
                ) from error
            names = [os.fsdecode(line.strip()) for line in lines if line.strip()]
        for name in names:
            if not os.path.exists(name):  # noqa: PTH110 (a str, of 10,000 lines)
                raise NotFoundError(
                    f"{printable(name)}: no such file or folder; give folders, files, zips or @list.txt"
                )
            found[os.path.abspath(name)] = None  # noqa: PTH100 (a Path would lose bytes of no text on Windows)
    if not found:
        raise ArchiveError("no place is given: give folders, files, zips, or @list.txt with a path a line")
    # A place within another is searched with that one.
    return [one for one in found if not any(parent in found for parent in _parents(one))]


def _parents(path: str) -> Iterator[str]:
    while (above := os.path.dirname(path)) != path:  # noqa: PTH120
        yield above
        path = above


def files_in(place: str, skipped: str, unseen: list[str]) -> Iterator[FolderFiles]:
    """Yield the folders and archives of a place.

    Parameters
    ----------
    place : str
        As :func:`listed_places` returns it.
    skipped : str
        A folder that is not searched: what the run itself has made.
    unseen : list of str
        What could not be listed is added to it.

    Raises
    ------
    BadFileError, LimitError, ArchiveError
        When the place itself is a broken archive, or one that workers cannot share.
    """
    if not os.path.isdir(place):  # noqa: PTH112
        found = FolderFiles(place, _archive_stamp(place))
        found.sources  # noqa: B018 (it raises)
        yield found
        return
    left = [place]
    with suppress(OSError):
        skipped = os.path.realpath(skipped)
    while left:
        folder = left.pop()
        if os.path.basename(folder) == os.path.basename(skipped) and os.path.realpath(folder) == skipped:  # noqa: PTH119
            continue
        entries, folders, refused = list_folder(folder)
        left += reversed(folders)
        names: list[str] = []
        told: list[str] = []
        archives: list[str] = []
        for entry in entries:
            name = entry.name
            if name[-4:].lower() in ARCHIVE_SUFFIXES:
                archives.append(entry.path)
                continue
            try:
                about = entry.stat()
            except OSError:
                refused.append(RefusedFile(printable(entry.path), "it has vanished", unseen=True))
                continue
            names.append(name)
            told.append(f"{name}\0{about.st_size} {about.st_mtime_ns}")
        unseen += [one.name for one in refused if one.unseen]
        told += [f"{one.name}\0{one.reason}" for one in refused]
        yield FolderFiles(folder, _digest("\n".join(told)), tuple(names), refused)
        yield from (FolderFiles(path, _archive_stamp(path)) for path in archives)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _archive_stamp(path: str) -> str:
    """Return a stamp of a file or an archive; of a DICOMDIR also of the files that it names."""
    told = [file_stamp(path)]
    if os.path.basename(path).upper() == DICOMDIR_NAME:  # noqa: PTH119
        with suppress(Viewer3DError):  # listing it says why
            told += [f"{one.path} {file_stamp(one.path)}" for one in find_sources(path) if isinstance(one, FileSource)]
    return _digest("\n".join(told))


def file_stamp(path: str) -> str:
    """Return the size and time of a file."""
    try:
        about = os.stat(path)  # noqa: PTH116 (a str)
    except OSError:
        return "gone"  # which reading reports
    return f"{about.st_size} {about.st_mtime_ns}"


def stamp_of(source: Source) -> str:
    """Return the size and time of a file, or of a member of an archive its size and checksum."""
    if isinstance(source, MemberSource):
        return f"{source.size} {source.entry.crc if source.entry.crc is not None else file_stamp(source.archive)}"
    return file_stamp(source.path) if isinstance(source, FileSource) else ""


@lru_cache(maxsize=1)
def _members(path: str, stamp: str) -> list[Source | RefusedFile]:  # noqa: ARG001 (a changed archive is listed anew)
    return find_sources(path)


def sources_of(path: str, names: bytes) -> Iterator[Source | RefusedFile]:
    """Yield the files of a part again, from the names that the manifest has of them."""
    files = zlib.decompress(names).split(b"\0")
    if os.path.isdir(path):  # noqa: PTH112
        yield from (FileSource(os.path.join(path, os.fsdecode(name))) for name in files)  # noqa: PTH118
        return
    try:
        members = [one for one in _members(path, file_stamp(path)) if not isinstance(one, RefusedFile)]
        yield from (members[int(name)] for name in files)
    except (Viewer3DError, IndexError, ValueError):
        yield RefusedFile(printable(path), "it has changed or vanished since it was searched", damaged=True)
