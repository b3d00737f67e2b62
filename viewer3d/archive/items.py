"""Make the items of an archive of what the manifest knows of its folders, series by series."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from viewer3d import __version__
from viewer3d.archive.folders import GRID_PART, KeptParts, sources_of, stamp_of
from viewer3d.archive.found_overlays import FoundOverlays
from viewer3d.archive.item import Item
from viewer3d.archive.manifest import ItemRow, Manifest, NewItem
from viewer3d.archive.plan import Plan, options_of
from viewer3d.core.digest import digest_of_text
from viewer3d.dicom.files.grid_file import GridFile
from viewer3d.dicom.files.refused import RefusedFile
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
    over = FoundOverlays(manifest, kept) if plan.overlay == "auto" else None
    last = 0
    while rows := manifest.query(
        "SELECT id, series, stamp FROM series WHERE id > ? ORDER BY id LIMIT ?", (last, _AT_ONCE)
    ):
        for last, series, stamp in rows:  # noqa: B007 (it is where the next rows begin)
            parts = manifest.query(
                "SELECT folders.path, parts.folder, parts.kind, parts.stamp, parts.names FROM parts JOIN folders"
                " ON folders.id = parts.folder WHERE parts.series = ? ORDER BY folders.path",
                (series,),
            )
            if not parts:  # it is no longer there
                continue
            now = digest_of_text(*sorted(part[3] for part in parts), *([] if over is None else [over.stamp]))
            if stamp == now:
                known = manifest.items_of(series)
                counted(len(known))
                wanted = {row.key for row in known if wants(row)}  # asked once: it reads files
                if not wanted:
                    for part in parts:
                        kept.pop((series, part[1]), None)
                    continue
                items, new = _items(manifest, plan, kept, series, parts, over)
                manifest.put_items(series, now, new)
            else:
                items, new = _items(manifest, plan, kept, series, parts, over)
                found = manifest.put_items(series, now, new)
                counted(len(found))
                wanted = {row.key for row in found if wants(row)}
            yield from (item for item in items if item.key in wanted)


def _items(  # noqa: PLR0917 (one caller)
    manifest: Manifest,
    plan: Plan,
    kept: KeptParts,
    series: str,
    parts: Sequence[tuple[bytes, int, str, str, bytes]],
    over: FoundOverlays | None,
) -> tuple[list[Item], list[NewItem]]:
    if parts[0][2] == GRID_PART:
        return _items_of_grid(plan, parts[0], series)
    if over is not None:
        over.prepare()  # before the headers that are kept are taken
    frames: list[Frame] = []
    refused: list[RefusedFile] = []
    objects: list[DicomObject] = []
    for path, folder, _, _, names in parts:
        part = kept.pop((series, folder), None)
        if part is not None:
            frames += part.frames
            refused += part.refused
            continue
        for source in sources_of(os.fsdecode(path), names):
            one = source if isinstance(source, RefusedFile) else read_frames(source)
            if isinstance(one, RefusedFile):
                refused.append(one)
            elif isinstance(one, DicomObject):
                objects.append(one)
            else:
                frames += one
    place = os.path.commonpath([os.fsdecode(part[0]) for part in parts])
    beside = _refused_beside(manifest, [part[1] for part in parts])
    if not frames:
        return _item_of_refused(plan, series, place, parts, refused)
    made = make_series(frames, tuple(one for one in refused if one.series is not None))
    beside += [one for one in refused if one.series is None]
    items, new = list[Item](), list[NewItem]()
    keys: set[str] = set()
    for number, stack in enumerate(made.stacks, 1):
        key = item_key(plan, "stack", series_digest(made, stack), _content(stack))
        while key in keys:  # copies without UIDs, which nothing tells apart
            key = digest_of_text(key)
        keys.add(key)
        overlays = () if over is None else over.over(made, stack)
        item = Item(
            key,
            _alone(made, number),
            number,
            None,
            place,
            needed_for(stack, plan) + sum(one.needed for one in overlays),
            overlays=overlays,
            frames=len(stack.frames),
            refused=tuple(beside),
        )
        items.append(item)
        stamp = _stamp([stack])
        if over is not None and overlays:
            stamp = digest_of_text(stamp, over.stamp_of(overlays))
        new.append(_new_item(item, made.uid, made.modality, made.description, stamp))
    return items, new


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


def _item_of_refused(
    plan: Plan,
    series: str,
    place: str,
    parts: Sequence[tuple[bytes, int, str, str, bytes]],
    refused: Sequence[RefusedFile],
) -> tuple[list[Item], list[NewItem]]:
    """Return the item of a series of which no file can be read: it is told, and not left out."""
    tags = next((one.series for one in refused if one.series is not None), None)
    known = None if tags is None else Series(tags, (), tuple(refused[:_MOST_REFUSED]), 0)
    stamp = digest_of_text(*sorted(part[3] for part in parts))
    item = Item(
        item_key(plan, "refused", series),
        known,
        None,
        None,
        place,
        PROCESS_BYTES,
        refused=tuple(refused[:_MOST_REFUSED]),
    )
    modality, description = ("", "") if tags is None else (tags.modality, tags.description)
    return [item], [_new_item(item, "" if tags is None else tags.uid, modality or parts[0][2], description, stamp)]


def _refused_beside(manifest: Manifest, folders: Sequence[int]) -> list[RefusedFile]:
    """Return what could not be read in folders, any of which may be a missing slice of a series there."""
    marks = ", ".join("?" * len(folders))
    found = manifest.query(
        f"SELECT name, reason, damaged, unseen FROM left_out WHERE folder IN ({marks}) AND (damaged OR unseen) LIMIT ?",
        (*folders, _MOST_REFUSED),
    )
    return [RefusedFile(name, reason, None, bool(damaged), bool(unseen)) for name, reason, damaged, unseen in found]


def _items_of_grid(
    plan: Plan, part: tuple[bytes, int, str, str, bytes], series: str
) -> tuple[list[Item], list[NewItem]]:
    """Return the volumes of a file that is not DICOM."""
    path, _, _, stamp, names = part
    found = next(sources_of(os.fsdecode(path), names))
    file = os.fsdecode(path) if isinstance(found, RefusedFile) else getattr(found, "path", os.fsdecode(path))
    try:
        grid = read_grid_header(file).grid_file()
    except Viewer3DError as error:
        refused = RefusedFile(file, " ".join(str(error).split()), damaged=True)
        return _item_of_refused(plan, series, file, [part], [refused])
    items, new = list[Item](), list[NewItem]()
    count = len(grid.which)
    for number in range(1, count + 1):
        key = item_key(plan, "grid", series, str(number))
        item = Item(key, None, number, grid, file, _needed_for_grid(grid), frames=grid.shape[2])
        items.append(item)
        new.append(_new_item(item, "", grid.modality or grid.kind, Path(file).name, stamp))
    return items, new


def _needed_for_grid(grid: GridFile) -> int:
    voxels = int(np.prod(grid.shape, dtype=object))
    return PROCESS_BYTES + int(DRAWN_BYTES * 4 * voxels)
