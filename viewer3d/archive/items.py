"""Make the items of an archive of what the manifest knows of its folders, series by series."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from viewer3d import __version__
from viewer3d.archive.folders import GRID_PART, PRESENTATION_PART, KeptParts
from viewer3d.archive.found_overlays import FoundOverlays
from viewer3d.archive.item import Item
from viewer3d.archive.manifest import ItemRow, Manifest, NewItem
from viewer3d.archive.places import sources_of, stamp_of
from viewer3d.archive.plan import Plan, options_of
from viewer3d.core.digest import digest_of_text
from viewer3d.dicom.files.grid_file import GridFile
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import FileSource
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.read import read_frames
from viewer3d.dicom.objects.dicom_object import DicomObject
from viewer3d.dicom.pixels.memory_demand import demand
from viewer3d.dicom.series.identity import series_digest
from viewer3d.dicom.series.scan import Series, make_series
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import Viewer3DError
from viewer3d.formats.grid_files import read_grid_header

PROCESS_BYTES: Final = 235 << 20
"""Bytes of a worker that has loaded and drawn nothing large yet (measured with VTK and its OpenGL)."""

DRAWN_BYTES: Final = 2.5
"""Bytes a byte of voxels while it is loaded, sampled and drawn in 3D (measured: 620 MB, of 300 slices of 512^2)."""

_AT_ONCE: Final = 500
"""Series that are asked of the manifest at once."""


def find_items(
    manifest: Manifest, plan: Plan, kept: KeptParts, wants: Callable[[ItemRow], bool], counted: Callable[[int], object]
) -> Iterator[Item]:
    """Yield the items that are to be worked on; all that are found are written into the manifest.

    Parameters
    ----------
    manifest : Manifest
        After :func:`viewer3d.archive.folders.search`.
    plan : Plan
    kept : dict
        Headers that are still in memory; they are taken out of it.
    wants : callable
        Says of an item that the manifest knows whether it is to be worked on.
    counted : callable
        Is called with the number of items of each series, before the first of them is yielded.
    """
    archive = _Archive(manifest, plan, kept)
    last = 0
    while rows := manifest.query(
        "SELECT id, series, stamp FROM series WHERE id > ? ORDER BY id LIMIT ?", (last, _AT_ONCE)
    ):
        for last, series, stamp in rows:  # noqa: B007 (it is where the next rows begin)
            parts = archive.parts_of(series)
            if not any(part.is_searched for part in parts):  # it is no longer there, or in a place of another run
                continue
            now = digest_of_text(*sorted(part.stamp for part in parts), *archive.stamps_beside)
            if stamp == now:
                known = manifest.items_of(series)
                counted(len(known))
                wanted = {row.key for row in known if wants(row)}  # asked once: it reads files
                if not wanted:
                    archive.drop(parts)
                    continue
                found = archive.items_of(parts)
                manifest.put_items(series, now, [new for _, new in found])
            else:
                found = archive.items_of(parts)
                rows_now = manifest.put_items(series, now, [new for _, new in found])
                counted(len(rows_now))
                wanted = {row.key for row in rows_now if wants(row)}
            yield from (item for item, _ in found if item.key in wanted)


@dataclass(frozen=True)
class _PartRow:
    """What the manifest has of a series in one folder."""

    series: str
    path: str
    folder: int
    kind: str
    stamp: str
    names: bytes
    is_searched: bool


@dataclass
class _Headers:
    """What is read of the files of a series."""

    frames: list[Frame] = field(default_factory=list)
    refused: list[RefusedFile] = field(default_factory=list)
    objects: list[DicomObject] = field(default_factory=list)


_Found = list[tuple[Item, NewItem]]


class _Archive:
    """The series of an archive, as the manifest knows them."""

    def __init__(self, manifest: Manifest, plan: Plan, kept: KeptParts) -> None:
        self._manifest, self._plan, self._kept = manifest, plan, kept

    def parts_of(self, series: str) -> list[_PartRow]:
        """Return where the files of a series are."""
        return self._parts("series = ?", series)

    def _parts(self, where: str, *values: str) -> list[_PartRow]:
        found = self._manifest.query(
            "SELECT series, folders.path, folder, kind, parts.stamp, names, folders.walk = run.walk FROM parts"
            f" JOIN folders ON folders.id = folder JOIN run WHERE {where} ORDER BY series, folders.path",
            values,
        )
        return [_PartRow(series, os.fsdecode(path), *others) for series, path, *others in found]

    def drop(self, parts: Sequence[_PartRow]) -> None:
        """Drop headers that are not needed."""
        for part in parts:
            self._kept.pop((part.series, part.folder), None)

    def _read(self, parts: Sequence[_PartRow]) -> _Headers:
        found = _Headers()
        for part in parts:
            known = self._kept.get((part.series, part.folder))
            if known is not None:
                found.frames += known.frames
                found.refused += known.refused
                continue
            for source in sources_of(part.path, part.names):
                one = source if isinstance(source, RefusedFile) else read_frames(source)
                if isinstance(one, RefusedFile):
                    found.refused.append(one)
                elif isinstance(one, DicomObject):
                    found.objects.append(one)
                else:
                    found.frames += one
        return found

    @cached_property
    def _states(self) -> list[_PartRow]:
        return self._parts("kind = ?", PRESENTATION_PART)

    @cached_property
    def _over(self) -> FoundOverlays | None:
        return FoundOverlays(self._manifest, self._kept) if self._plan.overlay == "auto" else None

    @cached_property
    def stamps_beside(self) -> tuple[str, ...]:
        """What changes with anything that is of no series and yet changes what is made of one."""
        states = (f"{part.series} {part.stamp}" for part in self._states)
        return (*states, *([] if self._over is None else [self._over.stamp]))

    @cached_property
    def _presentations(self) -> dict[str, list[DicomObject]]:
        """The presentation states of each series, which notes tell of."""
        found: dict[str, list[DicomObject]] = defaultdict(list)
        for one in self._read(self._states).objects:
            for uid in one.of_series:
                found[uid].append(one)
        return found

    def items_of(self, parts: Sequence[_PartRow]) -> _Found:
        """Return the items of a series, each with what is written of it."""
        if parts[0].kind == GRID_PART:
            return _items_of_grid(self._plan, parts[0])
        over = self._over
        if over is not None:
            over.prepare()  # before the headers that are kept are taken
        found = self._read(parts)
        self.drop(parts)
        place = _common_place([part.path for part in parts])
        if not found.frames:
            return _item_of_refused(self._plan, place, parts, found.refused)
        try:
            made = make_series(found.frames, tuple(one for one in found.refused if one.series is not None))
        except Exception as error:  # of damaged headers any: it is told of this series, and the others go on
            tags, why = found.frames[0].series, f"{type(error).__name__}: {error}"
            refused = [RefusedFile(place, why, tags, damaged=True)]
            return _item_of_refused(self._plan, place, parts, refused)
        beside = _refused_beside(self._manifest, parts[0].series)
        beside += [one for one in found.refused if one.series is None]
        items: dict[str, tuple[Item, NewItem]] = {}
        for number, stack in enumerate(made.stacks, 1):
            overlays = () if over is None else over.over(made, stack)
            key = item_key(self._plan, parts[0].series, series_digest(made, stack), _content(stack))
            while key in items:  # copies without UIDs, which nothing tells apart
                key = digest_of_text(key)
            item = Item(
                key,
                _alone(made, number),
                number,
                None,
                place,
                needed_for(stack, self._plan) + sum(one.needed for one in overlays),
                objects=tuple(self._presentations.get(made.uid, ())),
                overlays=overlays,
                frames=len(stack.frames),
                refused=tuple(beside),
            )
            stamp = _stamp([stack])
            if over is not None and overlays:
                stamp = digest_of_text(stamp, over.stamp_of(overlays))
            items[key] = item, _new_item(item, made.uid, made.modality, made.description, stamp)
        return list(items.values())


def _common_place(paths: Sequence[str]) -> str:
    try:
        return os.path.commonpath(paths)
    except ValueError:  # of two drives of Windows
        return paths[0]


def item_key(plan: Plan, *identity: str) -> str:
    """Return the key of an item: a digest of what it is, of the plan, and of the version of this package."""
    return digest_of_text(*identity, plan.digest, __version__)


def _content(stack: Stack) -> str:
    """Return the SHA-256 of the SOP Instance UIDs of a stack: another one when images come to it."""
    names = sorted(f"{frame.sop_uid} {frame.index} {frame.tile.number if frame.tile else ''}" for frame in stack.frames)
    return digest_of_text(*names)


def _stamp(stacks: Sequence[Stack]) -> str:
    """Return a digest of the sizes and times of the files of stacks."""
    sources = dict.fromkeys(frame.stored.source for stack in stacks for frame in stack.frames)
    return hashlib.sha256("\n".join(sorted(map(stamp_of, sources))).encode()).hexdigest()[:32]


def _new_item(item: Item, uid: str, modality: str, description: str, stamp: str) -> NewItem:
    return NewItem(item.key, item.place, uid, item.stack, modality, description, item.needed, stamp)


def _alone(series: Series, number: int) -> Series:
    """Return a series with one stack whole, of the others no more than notes on that one need.

    They are counted, named, and compared by the time of their first image. Otherwise a series of 300 times would be
    sent 300 times.
    """
    stacks = [
        stack
        if turn == number
        else replace(stack, frames=stack.frames[:1] * len(stack.frames), layout=None, doubles=(), odd=())
        for turn, stack in enumerate(series.stacks, 1)
    ]
    return replace(series, stacks=tuple(stacks), refused=series.refused[:_MOST_REFUSED])


_MOST_REFUSED: Final = 1000
"""Refused files that an item is sent with: the first is named and all are counted."""


def needed_for(stack: Stack, plan: Plan) -> int:
    """Return the bytes of memory that a worker is expected to need for a stack, by its headers."""
    try:
        kept, besides = demand(stack, options_of(plan))
    except Viewer3DError:  # loading says why
        return PROCESS_BYTES
    return PROCESS_BYTES + max(kept + besides, int(DRAWN_BYTES * kept))


def _item_of_refused(plan: Plan, place: str, parts: Sequence[_PartRow], refused: Sequence[RefusedFile]) -> _Found:
    """Return the item of a series of which no file can be read: it is told, and not left out."""
    tags = next((one.series for one in refused if one.series is not None), None)
    known = None if tags is None else Series(tags, (), tuple(refused[:_MOST_REFUSED]), 0)
    stamp = digest_of_text(*sorted(part.stamp for part in parts))
    item = Item(
        item_key(plan, "refused", parts[0].series),
        known,
        None,
        None,
        place,
        PROCESS_BYTES,
        refused=tuple(refused[:_MOST_REFUSED]),
    )
    modality, description = ("", "") if tags is None else (tags.modality, tags.description)
    uid = "" if tags is None else tags.uid
    return [(item, _new_item(item, uid, modality or parts[0].kind, description, stamp))]


def _refused_beside(manifest: Manifest, series: str) -> list[RefusedFile]:
    """Return what could not be read in the folders of a series: it may be slices that it misses."""
    found = manifest.query(
        "SELECT name, reason, damaged, unseen FROM left_out WHERE (damaged OR unseen)"
        " AND folder IN (SELECT folder FROM parts WHERE series = ?) LIMIT ?",
        (series, _MOST_REFUSED),
    )
    return [RefusedFile(name, reason, None, bool(damaged), bool(unseen)) for name, reason, damaged, unseen in found]


def _items_of_grid(plan: Plan, part: _PartRow) -> _Found:
    """Return the volumes of a file that is not DICOM."""
    found = next(sources_of(part.path, part.names))
    file = found.path if isinstance(found, FileSource) else part.path
    try:
        grid = read_grid_header(file).grid_file()
    except Viewer3DError as error:
        return _item_of_refused(plan, file, [part], [RefusedFile(file, " ".join(str(error).split()), damaged=True)])
    items: _Found = []
    for number in range(1, len(grid.which) + 1):
        key = item_key(plan, "grid", part.series, str(number))
        item = Item(key, None, number, grid, file, _needed_for_grid(grid), frames=grid.shape[2])
        items.append((item, _new_item(item, "", grid.modality or grid.kind, Path(file).name, part.stamp)))
    return items


def _needed_for_grid(grid: GridFile) -> int:
    voxels = int(np.prod(grid.shape, dtype=object))
    return PROCESS_BYTES + int(DRAWN_BYTES * 4 * voxels)
