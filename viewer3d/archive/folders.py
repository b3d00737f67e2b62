"""Find what is in the places of an archive, folder by folder: which series has files where.

A folder is read again only when the names, sizes or times of its files have changed.
"""

from __future__ import annotations

import hashlib
import os
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from viewer3d.archive.manifest import Manifest
from viewer3d.core.progress import StageProgress
from viewer3d.core.text import printable
from viewer3d.dicom.files.archive_members import MemberSource
from viewer3d.dicom.files.archives import UNPACK_REMEDY
from viewer3d.dicom.files.grid_file import GridFile
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import FileSource, Source, find_sources, list_folder
from viewer3d.dicom.headers.frame import Frame, SeriesTags
from viewer3d.dicom.headers.read import read_frames
from viewer3d.dicom.objects.dicom_object import PRESENTATIONS, DicomObject
from viewer3d.dicom.series.scan import Scan, series_key
from viewer3d.errors import ArchiveError, NotFoundError, Viewer3DError
from viewer3d.formats.grid_files import with_grids

GRID_PART: Final = "grid"
OBJECT_PART: Final = "object"
PRESENTATION_PART: Final = "presentation"
"""Kinds of parts: a file that is not DICOM, an object that lies over images, one that these are shown by; else the
Modality of a series."""

ARCHIVE_SUFFIXES: Final = (".zip", ".tar")
"""What the names of archives end with that are searched where they lie in a folder."""

MOST_KEPT: Final = 20_000
"""Frames whose headers are kept after the search, so that series of small archives are not read twice: 40 MB."""

_COMMIT: Final = 1.0
"""Seconds of search that a killed run may lose."""

_MOST_NAMED: Final = 100
"""Damaged files of one folder that are named one by one; of others there is a number for each reason."""


@dataclass(frozen=True)
class FolderFiles:
    """The files of one folder, or the members of one archive.

    Attributes
    ----------
    path : str
    sources : list of Source
    stamp : str
        Of names, sizes and times.
    refused : list of RefusedFile
        What is neither a file nor a folder, or cannot be accessed.
    """

    path: str
    sources: list[Source]
    stamp: str
    refused: list[RefusedFile] = field(default_factory=list)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder whose files are named; else they are numbered."""
        return all(isinstance(one, FileSource) and os.path.dirname(one.path) == self.path for one in self.sources)  # noqa: PTH120


@dataclass
class FolderPart:
    """What a folder has of one series, or one file that is not DICOM."""

    kind: str
    files: list[bytes] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    refused: list[RefusedFile] = field(default_factory=list)


KeptParts = dict[tuple[str, int], FolderPart]
"""Parts whose headers are still in memory, by the series and the number of the folder."""


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


def search(manifest: Manifest, places: Sequence[str], progress: StageProgress | None = None) -> KeptParts:
    """Bring what the manifest knows of the places up to date.

    Parameters
    ----------
    manifest : Manifest
    places : sequence of str
        As :func:`listed_places` returns them.
    progress : callable, optional
        Called with how many folders were searched, and 0: how many there are is not known.

    Returns
    -------
    dict
        Parts whose headers were read and are still in memory.
    """
    ((walk,),) = manifest.query("UPDATE run SET walk = walk + 1 RETURNING walk")
    kept: KeptParts = {}
    room, count = MOST_KEPT, 0
    for place in places:
        unseen: list[str] = []
        listings = _listings(place, str(manifest.path.parent), unseen)
        for batch in _batches(manifest, listings):
            count += 1
            known = manifest.query("SELECT id, stamp FROM folders WHERE path = ?", (os.fsencode(batch.path),))
            if known and known[0][1] == batch.stamp:
                manifest.query("UPDATE folders SET walk = ? WHERE id = ?", (walk, known[0][0]))
            else:
                parts, refused = _read(batch, room)
                number = _put(manifest, batch, walk, parts, refused)
                room -= sum(len(part.frames) for part in parts.values())
                kept.update({(series, number): part for series, part in parts.items() if part.frames})
            if progress is not None:
                progress(count, 0)
        _forget_others(manifest, place, walk, unseen)
    return kept


def _batches(manifest: Manifest, listings: Iterator[FolderFiles]) -> Iterator[FolderFiles]:
    """Yield listings within transactions that are written every second."""
    left = next(listings, None)
    while left is not None:
        end = time.monotonic() + _COMMIT
        with manifest.transaction():
            while left is not None:
                yield left
                left = next(listings, None)
                if time.monotonic() >= end:
                    break


def _listings(place: str, skipped: str, unseen: list[str]) -> Iterator[FolderFiles]:
    """Yield the folders and archives of a place; add to `unseen` what could not be listed."""
    if not os.path.isdir(place):  # noqa: PTH112
        yield _listing_of_file(place)
        return
    left = [place]
    with suppress(OSError):
        skipped = os.path.realpath(skipped)
    while left:
        folder = left.pop()
        if os.path.basename(folder) == os.path.basename(skipped) and os.path.realpath(folder) == skipped:  # noqa: PTH119
            continue  # what the run itself has made
        entries, folders, refused = list_folder(folder)
        left += reversed(folders)
        sources: list[Source] = []
        digest = hashlib.sha256()
        archives: list[str] = []
        for entry in entries:
            if entry.name.lower().endswith(ARCHIVE_SUFFIXES):
                archives.append(entry.path)
                continue
            try:
                about = entry.stat()
            except OSError:
                refused.append(RefusedFile(printable(entry.path), "it has vanished", unseen=True))
                continue
            digest.update(os.fsencode(entry.name) + b"\0%d %d\n" % (about.st_size, about.st_mtime_ns))
            sources.append(FileSource(entry.path))
        unseen += [one.name for one in refused if one.unseen]
        for one in refused:
            digest.update(f"{one.name}\0{one.reason}\n".encode())
        yield FolderFiles(folder, sources, digest.hexdigest(), refused)
        for path in archives:
            try:
                yield _listing_of_file(path)
            except Viewer3DError as error:
                unseen.append(printable(path))
                yield FolderFiles(path, [], "", [RefusedFile(printable(path), _reason(error, path), unseen=True)])


def _reason(error: Viewer3DError, path: str) -> str:
    return " ".join(str(error).removeprefix(f"{printable(path)}: ").split())


def _listing_of_file(path: str) -> FolderFiles:
    sources, refused = list[Source](), list[RefusedFile]()
    for one in find_sources(path):
        (refused if isinstance(one, RefusedFile) else sources).append(one)  # type: ignore[arg-type]
    if any(isinstance(one, MemberSource) and one.content is not None for one in sources):
        raise ArchiveError(
            f"{printable(path)}: is a tar compressed as a whole, which workers cannot share; {UNPACK_REMEDY}"
        )
    digest = hashlib.sha256(_stamp_of(path).encode())
    for one in sources:
        if isinstance(one, FileSource) and one.path != path:  # of a DICOMDIR
            digest.update(f"{os.path.relpath(one.path, path)} {_stamp_of(one.path)}\n".encode(errors="surrogateescape"))
    return FolderFiles(path, sources, digest.hexdigest(), refused)


def _stamp_of(path: str) -> str:
    try:
        about = os.stat(path)  # noqa: PTH116 (a str)
    except OSError:
        return "gone"  # which reading reports
    return f"{about.st_size} {about.st_mtime_ns}"


def stamp_of(source: Source) -> str:
    """Return the size and time of a file, or of a member of an archive its size and checksum."""
    if isinstance(source, MemberSource):
        return f"{source.size} {source.entry.crc if source.entry.crc is not None else _stamp_of(source.archive)}"
    return _stamp_of(source.path) if isinstance(source, FileSource) else ""


def _read(listing: FolderFiles, room: int) -> tuple[dict[str, FolderPart], list[RefusedFile]]:
    """Read the headers of a folder; those of the first series are kept, as far as there is room."""
    parts: dict[str, FolderPart] = {}
    refused = list(listing.refused)
    no_dicom: list[RefusedFile] = []
    by_name = listing.is_folder
    numbers: dict[str, int] = {}

    def add(key: str, kind: str, number: int) -> FolderPart:
        source = listing.sources[number]
        part = parts.setdefault(key, FolderPart(kind))
        name = os.fsencode(os.path.basename(source.path)) if by_name else b"%d" % number  # type: ignore[union-attr]  # noqa: PTH119
        part.files.append(name)
        part.stamps.append(stamp_of(source))
        return part

    for number, source in enumerate(listing.sources):
        try:
            found = read_frames(source)
        except Exception as error:  # of damaged headers any: it is told of this file, and the others are read
            found = RefusedFile(source.name, f"its header cannot be read ({type(error).__name__})", damaged=True)
        if isinstance(found, DicomObject):
            kind = PRESENTATION_PART if found.kind == PRESENTATIONS else OBJECT_PART
            add(f"{OBJECT_PART} {found.sop_uid or found.file}", kind, number)
        elif isinstance(found, RefusedFile):
            if found.series is not None and not found.reason.startswith("no pixels"):  # no image at all
                add(name_of_series(found.series), found.series.modality, number).refused.append(found)
            (no_dicom if found.reason == "not DICOM" else refused).append(found)
            numbers[found.name] = number
        else:
            part = add(name_of_series(found[0].series), found[0].series.modality, number)
            if room > 0:
                part.frames += found
                room -= len(found)
            elif part.frames:
                part.frames.clear()  # a part is kept whole or not at all
    scanned = with_grids(Scan(listing.path, (), tuple(no_dicom), lone_file=False))
    for grid in scanned.grids:
        for path in grid.files[:1]:
            if (number := numbers.get(printable(path), -1)) >= 0:
                add(_name_of_grid(grid), GRID_PART, number)
    return parts, [*refused, *scanned.refused]


def name_of_series(tags: SeriesTags) -> str:
    """Return what files of one series have in common, as one text."""
    key = series_key(tags)
    return key if isinstance(key, str) else "no UID " + "/".join(map(str, key if isinstance(key, tuple) else (key,)))


def _name_of_grid(grid: GridFile) -> str:
    """Return the SHA-256 of a file and of those that belong to it, so that its path does not matter."""
    digest = hashlib.sha256()
    for path in grid.files:
        try:
            with open(path, "rb") as file:  # noqa: PTH123 (a str)
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError:
            digest.update(os.fsencode(path))  # reading it says why
    return f"{GRID_PART} {digest.hexdigest()}"


def _put(
    manifest: Manifest, listing: FolderFiles, walk: int, parts: dict[str, FolderPart], refused: Sequence[RefusedFile]
) -> int:
    """Write what was read of a folder; return its number."""
    path = os.fsencode(listing.path)
    ((number,),) = manifest.query(
        "INSERT INTO folders(path, stamp, walk) VALUES (?, ?, ?)"
        " ON CONFLICT(path) DO UPDATE SET stamp = excluded.stamp, walk = excluded.walk RETURNING id",
        (path, listing.stamp, walk),
    )
    manifest.query("DELETE FROM parts WHERE folder = ?", (number,))
    manifest.query("DELETE FROM left_out WHERE folder = ?", (number,))
    rows = [
        (key, number, part.kind, _digest(part.stamps), zlib.compress(b"\0".join(part.files), 1))
        for key, part in parts.items()
    ]
    manifest.insert("INSERT INTO parts(series, folder, kind, stamp, names) VALUES (?, ?, ?, ?, ?)", rows)
    manifest.insert(
        "INSERT OR IGNORE INTO series(series) VALUES (?)",
        [(key,) for key, part in parts.items() if part.kind not in (OBJECT_PART, PRESENTATION_PART)],
    )
    manifest.insert(
        "INSERT INTO left_out(folder, name, reason, count, damaged, unseen) VALUES (?, ?, ?, ?, ?, ?)",
        [(number, *row) for row in _left_out(refused)],
    )
    return number  # type: ignore[no-any-return]


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()[:32]


def _left_out(refused: Sequence[RefusedFile]) -> Iterator[tuple[str, str, int, bool, bool]]:
    """Yield a row for each damaged file, and one for each other reason with its first file."""
    others: dict[tuple[str, bool, bool], list[str]] = defaultdict(list)
    named = 0
    for one in refused:
        if (one.damaged or one.unseen) and named < _MOST_NAMED:
            named += 1
            yield one.name, one.reason, 1, one.damaged, one.unseen
        else:
            others[one.reason, one.damaged, one.unseen].append(one.name)
    for (reason, damaged, unseen), names in others.items():
        yield names[0], reason, len(names), damaged, unseen


def _forget_others(manifest: Manifest, place: str, walk: int, unseen: Sequence[str]) -> None:
    """Drop the folders of a place that are gone, but none where nothing could be listed."""
    path = os.fsencode(place)
    inside = path.rstrip(os.sep.encode()) + os.sep.encode()
    gone = manifest.query(
        "SELECT id, path FROM folders WHERE walk < ? AND (path = ? OR (path >= ? AND path < ?))",
        (walk, path, inside, inside[:-1] + bytes([inside[-1] + 1])),
    )
    hidden = tuple(f"{name}{os.sep}" for name in unseen)
    rows = [(number,) for number, where in gone if not f"{printable(os.fsdecode(where))}{os.sep}".startswith(hidden)]
    with manifest.transaction():
        for table, column in (("folders", "id"), ("parts", "folder"), ("left_out", "folder")):
            manifest.insert(f"DELETE FROM {table} WHERE {column} = ?", rows)


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
        members = [one for one in _members(path, _stamp_of(path)) if not isinstance(one, RefusedFile)]
        yield from (members[int(name)] for name in files)
    except (Viewer3DError, IndexError, ValueError):
        yield RefusedFile(printable(path), "it has changed or vanished since it was searched", damaged=True)
