"""The catalog of a folder: volumes, 4-D sets and what lies over them, and how each is loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.members import TIME_DIMENSIONS, dimension_text, position_among, varying_dimensions
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.provenance import OWN
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.series_info import Which
from viewer3d.core.structures import StructureSet
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.dicom.catalog_rows import Catalog as Catalog  # noqa: PLC0414 (what it builds is found here as well)
from viewer3d.dicom.catalog_rows import CatalogEntry as CatalogEntry  # noqa: PLC0414 (as above)
from viewer3d.dicom.catalog_rows import CatalogObject as CatalogObject  # noqa: PLC0414 (as above)
from viewer3d.dicom.catalog_rows import CatalogRefusal as CatalogRefusal  # noqa: PLC0414 (as above)
from viewer3d.dicom.catalog_rows import CatalogRequest as CatalogRequest  # noqa: PLC0414 (as above)
from viewer3d.dicom.files.grid_file import GridFile
from viewer3d.dicom.images.find_images import ImageSet, find_images, meant_images
from viewer3d.dicom.images.image_entries import image_entry, kind_of_frames
from viewer3d.dicom.images.refusals import refused_rows
from viewer3d.dicom.load import out_of_memory, read_stacks
from viewer3d.dicom.meaning.stack_notes import other_grid_note
from viewer3d.dicom.objects.dicom_object import DicomObject
from viewer3d.dicom.objects.segmentation import read_segmentation
from viewer3d.dicom.objects.structures import load_structures
from viewer3d.dicom.pixels.modality_values import worker_starter
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.identity import frame_of_reference_of
from viewer3d.dicom.series.scan import Scan, scan, with_spacing
from viewer3d.dicom.series.stack_sets import (
    StackSet,
    choose_set,
    find_sets,
    is_localizer,
    middle_picture,
    other_grids_of,
    set_of_digests,
)
from viewer3d.errors import ChoiceError, Viewer3DError

_READERS: Final[dict[str, Callable[[DicomObject], Segmentation | StructureSet]]] = {
    "segmentation": read_segmentation,
    "structure set": load_structures,
}
"""Kinds of objects that are offered, and what reads each."""


def _object_picture() -> NDArray[np.uint8]:
    """Return a picture that stands for an object: a bright outline about a dim inside."""
    rows, columns = np.mgrid[-1:1:64j, -1:1:64j]
    radius = np.hypot(rows / 0.72, columns / 0.9) + 0.12 * np.sin(3 * np.arctan2(rows, columns))
    return np.select([radius < 0.86, radius < 1.0], [70, 190], 20).astype(np.uint8)


_OBJECT_PICTURE: Final = _object_picture()

_NO_PICTURE: Final = np.full((64, 64), 20, np.uint8)

_MOST_FOR_THUMBNAIL: Final = 256 << 20
"""Bytes of a compressed file that are inflated for its thumbnail: some 300 MB take a second."""

_PLURALS = {"echo": "echoes", "b_value": "b-values", "inversion_time": "inversion times", "flip_angle": "flip angles"}


def build_catalog(source: Any, request: CatalogRequest, progress: Progress) -> Catalog:
    """Find what can be opened in a folder, a file or a scan, reading headers only.

    Parameters
    ----------
    source : path, list of paths or datasets, Scan or Series
        What :func:`viewer3d.scan` takes, or what it found.
    request : CatalogRequest
    progress : callable
        See :data:`viewer3d.core.progress.Progress`; its stage is ``"headers"``.

    Raises
    ------
    NotFoundError, NoVolumeError, ChoiceError, StackError
        As :func:`viewer3d.load`, except where several volumes could be meant: all of them are entries.
    """
    if isinstance(source, Scan):
        found = source
    else:
        found = scan(source, progress=stage_progress(progress, "headers"), seen=worker_starter())
    found = found if request.spacing is None else with_spacing(found, request.spacing)
    if found.grids and not any(one.volumes for one in found):
        entries = _grid_entries(found, request)
        first = _saved_grid(found, request, _largest(found.grids))
        return Catalog(tuple(entries), first, found=found, refused=refused_rows(found, _READERS))
    sets, images = find_sets(found), find_images(found)
    saved = None if request.is_by_name else set_of_digests(found, request.digests)
    is_saved = saved is not None and saved.stacks[0].layout is not None  # images have rows of their own
    shown = None if is_saved else meant_images(found, images, request)
    sets += [StackSet(*one.choice) for one in images if one.is_volume_alone]
    meant: StackSet | ImageSet
    if shown is not None and not shown.is_volume_alone:
        meant = shown
    else:
        wanted = saved if is_saved else None if shown is None else StackSet(*shown.choice)
        meant = wanted or choose_set(found, request.series, request.stack, request.which)
        known = [one for one in sets if one.stacks == meant.stacks]
        if not known:  # one member of a set: it was asked for by name
            sets = [meant, *sets]
        meant = known[0] if known else meant
    listed: list[StackSet | ImageSet] = [*sets, *(one for one in images if not one.is_volume_alone)]
    listed.sort(key=_series_order)
    entries, first, ends = _entries(found, listed, meant, request.how)
    if found.grids:
        beside = CatalogRequest(how=replace(request.how, presentation=None), digests=request.digests)
        is_kept = is_saved or request.is_by_name
        first = first if is_kept else _saved_grid(found, beside, first - len(entries)) + len(entries)
        entries += _grid_entries(found, beside)
    objects = tuple(_objects(found, ends, len(entries)))
    return Catalog(tuple(entries), first, objects, found, refused_rows(found, _READERS))


def _series_order(one: StackSet | ImageSet) -> tuple[str, bool, int]:
    tags = one.tags if isinstance(one, ImageSet) else one.series.tags
    return tags.study_uid, tags.number is None, tags.number or 0


def _entries(
    found: Scan, listed: Sequence[StackSet | ImageSet], meant: StackSet | ImageSet, how: ReadOptions
) -> tuple[list[CatalogEntry], int, list[tuple[StackSet, int]]]:
    """Return the rows, the number of the one that is meant, and where those of each set end."""
    # A presentation state that is asked for is for what is opened first.
    others = how if how.presentation == OWN else replace(how, presentation=None)
    entries, first, ends = list[CatalogEntry](), 0, list[tuple[StackSet, int]]()
    for one in listed:
        if one is meant:
            first = len(entries)
        if isinstance(one, ImageSet):
            entries.append(image_entry(one, others))
            continue
        entries.append(_entry(found, one, how if one is meant else others))
        entries += _presented_entries(found, one, how)
        ends.append((one, len(entries)))
    return entries, first, ends


def _grid_entries(found: Scan, request: CatalogRequest) -> list[CatalogEntry]:
    """Return an entry for each file of a place that is not DICOM."""
    from viewer3d.formats.grid_files import choose_members  # noqa: PLC0415 (a door: most places hold none)

    entries = []
    for grid in found.grids:
        numbers = choose_members(grid, request.series, request.stack, request.which or None, alone=False)
        read = partial(_read_grid, grid, numbers, request)
        count = f", {len(numbers)} volumes" if len(numbers) > 1 else ""
        entries.append(
            CatalogEntry(
                title=grid.modality or grid.kind,
                description=_grid_text(grid, numbers[0]),
                size=f"{' x '.join(map(str, grid.shape))}{count}",
                thumbnail=partial(_grid_thumbnail, grid, numbers[0], request),
                load=read,
                modality=grid.modality,
                slices=grid.shape[2],
            )
        )
    return entries


def _grid_text(grid: GridFile, number: int) -> str:
    """Return the name of a file, and why there is no thumbnail of it."""
    name, needed = os.path.basename(grid.path), grid.bytes_for_slice(number)  # noqa: PTH119 (a str, as all paths here)
    return f"{name} (no picture: it takes {-(-needed >> 20)} MB)" if needed > _MOST_FOR_THUMBNAIL else name


def _largest(grids: Sequence[GridFile]) -> int:
    sizes = [int(np.prod(grid.shape, dtype=object)) for grid in grids]
    return sizes.index(max(sizes))


def _saved_grid(found: Scan, request: CatalogRequest, otherwise: int) -> int:
    """Return the number of the file that a view was saved with, of several; where none is, another number."""
    if len(found.grids) < 2 and not found.series:
        return otherwise
    from viewer3d.formats.grid_files import grid_of_digests  # noqa: PLC0415 (as above)

    one = grid_of_digests(found.grids, request.digests, request.how, request.spacing)
    return otherwise if one is None else found.grids.index(one)


def _read_grid(grid: GridFile, numbers: Sequence[int], request: CatalogRequest, progress: Progress) -> list[Volume]:
    if request.how.presentation is not None:
        raise ChoiceError(f"{grid.name}: is {grid.kind}, which no presentation state is of: leave presentation out")
    progress("volumes", 0, len(numbers))
    try:
        return grid.load(numbers, request.how, request.spacing)
    except MemoryError as error:
        raise out_of_memory(grid.name) from error


def _grid_thumbnail(grid: GridFile, number: int, request: CatalogRequest) -> NDArray[np.uint8]:
    """Return the middle slice of a file, which alone is read where the file is not compressed."""
    if grid.bytes_for_slice(number) > _MOST_FOR_THUMBNAIL:
        return _NO_PICTURE
    values = grid.middle_slice(number)
    unit = grid.unit if request.how.unit is None else request.how.unit
    slice_ = Volume.from_array(values[:, :, None], np.eye(4), unit=unit, modality=grid.modality)
    share = np.nan_to_num(slice_.auto_window.apply(slice_.voxels[:, :, 0].T))
    return _thumbnail(np.rint(255 * share).astype(np.uint8), grid.spacing[:2])


def _objects(found: Scan, ends: Sequence[tuple[StackSet, int]], count: int) -> Iterator[CatalogObject]:
    frames = [{frame_of_reference_of(stack) for stack in one.stacks} for one, _ in ends]
    for one in found.objects:
        if one.kind not in _READERS:
            continue
        fitting = [n for n, uids in enumerate(frames) if uids & set(one.frames_of_reference)]
        number = "-" if one.tags.number is None else str(one.tags.number)
        yield CatalogObject(
            title=f"{number}  {one.tags.modality}".rstrip(),
            description=one.tags.description,
            size=one.size,
            under=ends[fitting[-1]][1] - 1 if fitting else count,
            thumbnail=lambda: _OBJECT_PICTURE,
            load=partial(_read_object, one),
        )


def _read_object(one: DicomObject, progress: Progress) -> Segmentation | StructureSet:
    progress("regions", 0, 0)
    return _READERS[one.kind](one)


def _entry(found: Scan, one: StackSet, how: ReadOptions) -> CatalogEntry:
    series, (stack, *_) = one.series, one.stacks
    kind = "" if stack.is_volume or stack.left_over or len(stack.frames) > 1 else kind_of_frames(stack.frames)
    number = "-" if series.number is None else str(series.number)
    which = [member.which for member in one.stacks]
    varying = varying_dimensions(which)
    all_which = [other.which for other in (*one.stacks, *other_grids_of(one))]
    counts = [f"{_count(which, name, all_which)} {_PLURALS.get(name, f'{name}s')}" for name in varying]
    frames = {frame_of_reference_of(each) for each in one.stacks}
    common = [_common(name, value, all_which) for name, value in stack.which.items() if name not in varying]
    return CatalogEntry(
        title=f"{number}  {series.modality}".rstrip(),
        description=", ".join(part for part in (series.description, *common, kind) if part),
        size=", ".join([" x ".join(str(n) for n in stack.shape), *counts]),
        thumbnail=lambda: _thumbnail(*middle_picture(one)),
        load=lambda progress: _read(found, one, how, progress),
        series=series.uid,
        stack=series.stacks.index(stack) + 1 if len(series.stacks) > 1 and len(one.stacks) == 1 else None,
        is_image=bool(kind),
        modality=series.modality,
        frame_of_reference=frames.pop() if len(frames) == 1 else "",
        slices=stack.shape[2],
        is_localizer=is_localizer(one),
    )


def _presented_entries(found: Scan, one: StackSet, how: ReadOptions) -> Iterator[CatalogEntry]:
    """Yield an entry for each presentation state that refers to images of a set, by which these are shown."""
    if not found.objects:
        return
    from viewer3d.dicom.objects.choose_presentation import choose_presentation, presentations_in  # noqa: PLC0415 (few)

    for listed in presentations_in(found, one.series):
        try:
            state = choose_presentation(found, listed)
        except Viewer3DError:  # it cannot be read, which asking for it by name tells
            continue
        if any(state.refers_to(frame) for stack in one.stacks for frame in stack.frames):
            entry = _entry(found, one, replace(how, presentation=listed))
            yield replace(entry, description=f"{printable(state.name)}, {entry.description}".rstrip(" ,"))


def _count(which: Sequence[Which], name: str, all_which: Sequence[Which]) -> str:
    count = len({member[name] for member in which if name in member})
    values = [member[name] for member in all_which if name in member]
    total = len(set(values)) if name in TIME_DIMENSIONS else count
    return str(count) if total == count else f"{count} of {total}"


def _common(name: str, value: str | float, all_which: Sequence[Which]) -> str:
    values = [member[name] for member in all_which if name in member]
    if name in TIME_DIMENSIONS and len(set(values)) > 1:
        number, count = position_among(values, value)
        return f"{name} {number} of {count}"
    return dimension_text(name, value)


def _read(found: Scan, one: StackSet, how: ReadOptions, progress: Progress) -> list[Volume]:
    try:
        volumes = read_stacks(found, one.choices, how, progress=progress)
    except MemoryError as error:
        raise out_of_memory(str(one.series)) from error
    notes = tuple(other_grid_note(stack, one.stacks) for stack in other_grids_of(one)) if len(volumes) > 1 else ()
    return [volume.with_info(notes=(*volume.notes, *notes)) for volume in volumes] if notes else volumes


def _thumbnail(picture: NDArray[np.uint8], spacing: tuple[float, float]) -> NDArray[np.uint8]:
    """Return a grey picture, (rows, columns) uint8, with square pixels and sides of 128 at most."""
    from PIL import Image  # noqa: PLC0415

    sides = np.array([picture.shape[1] * spacing[0], picture.shape[0] * spacing[1]])
    width, height = np.maximum(1, np.rint(128 * sides / sides.max())).astype(int)
    return np.asarray(Image.fromarray(picture).resize((int(width), int(height)), Image.Resampling.BICUBIC))
