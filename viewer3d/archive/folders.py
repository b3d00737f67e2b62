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
from dataclasses import dataclass, field
from typing import Final

from viewer3d.archive.manifest import Manifest
from viewer3d.archive.places import FolderFiles, files_in, stamp_of
from viewer3d.core.progress import StageProgress
from viewer3d.core.text import printable
from viewer3d.dicom.files.grid_file import GridFile
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.headers.frame import Frame, SeriesTags
from viewer3d.dicom.headers.read import read_frames
from viewer3d.dicom.objects.dicom_object import PRESENTATIONS, DicomObject
from viewer3d.dicom.series.scan import Scan, series_key
from viewer3d.errors import Viewer3DError
from viewer3d.formats.grid_files import with_grids

GRID_PART: Final = "grid"
OBJECT_PART: Final = "object"
PRESENTATION_PART: Final = "presentation"
"""Kinds of parts: a file that is not DICOM, an object that lies over images, one that these are shown by; else the
Modality of a series."""

MOST_KEPT: Final = 20_000
"""Frames whose headers are kept after the search, so that series of small archives are not read twice: 40 MB."""

_COMMIT: Final = 1.0
"""Seconds of search that a killed run may lose."""

_MOST_NAMED: Final = 100
"""Damaged files of one folder that are named one by one; of others there is a number for each reason."""


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
    manifest.query("UPDATE run SET walk = walk + 1")  # SQLite of 2019 has no RETURNING
    ((walk,),) = manifest.query("SELECT walk FROM run")
    kept: KeptParts = {}
    room, count = MOST_KEPT, 0
    for place in places:
        unseen: list[str] = []
        listings = files_in(place, str(manifest.path.parent), unseen)
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


def _read(listing: FolderFiles, room: int) -> tuple[dict[str, FolderPart], list[RefusedFile]]:
    """Read the headers of a folder; those of the first series are kept, as far as there is room."""
    parts: dict[str, FolderPart] = {}
    try:
        sources = listing.sources
    except Viewer3DError as error:  # a broken archive in a folder
        why = " ".join(str(error).removeprefix(f"{printable(listing.path)}: ").split())
        return {}, [RefusedFile(printable(listing.path), why, unseen=True)]
    refused = list(listing.refused)
    no_dicom: list[RefusedFile] = []
    numbers: dict[str, int] = {}

    def add(key: str, kind: str, number: int) -> FolderPart:
        part = parts.setdefault(key, FolderPart(kind))
        part.files.append(listing.name_of(number))
        part.stamps.append(stamp_of(sources[number]))
        return part

    for number, source in enumerate(sources):
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
    manifest.query(
        "INSERT INTO folders(path, stamp, walk) VALUES (?, ?, ?)"
        " ON CONFLICT(path) DO UPDATE SET stamp = excluded.stamp, walk = excluded.walk",
        (path, listing.stamp, walk),
    )
    ((number,),) = manifest.query("SELECT id FROM folders WHERE path = ?", (path,))
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
