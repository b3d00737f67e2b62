"""Compare two exports of one study: match their volumes, load pair after pair, and say what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.provenance import Irregular
from viewer3d.core.text import printable
from viewer3d.core.vectors import vector
from viewer3d.core.volume import Volume
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.memory import parse_memory
from viewer3d.dicom.pixels.modality_values import worker_starter
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.choose import series_named
from viewer3d.dicom.series.scan import Scan, Series, scan, with_spacing
from viewer3d.errors import ChoiceError, DicomError, NoVolumeError
from viewer3d.exports.headers import compare_headers
from viewer3d.exports.items import ExportContent, ExportItem, content_of, match_items
from viewer3d.exports.places import AxisMap, GridIndex, axis_map, compare_places
from viewer3d.exports.values import ExportComparison, VolumeComparison, VoxelPair
from viewer3d.exports.voxels import compare_voxels, equal_otherwise
from viewer3d.measurements.comparability.acquisitions import compare_acquisitions


def compare_exports(
    before: DicomInput | Scan | Series,
    after: DicomInput | Scan | Series,
    *,
    series: int | str | Sequence[int | str | None] | None = None,
    stack: int | None = None,
    which: Mapping[str, str | float] | None = None,
    irregular: Irregular = "resample",
    skip_bad: bool = False,
    spacing: tuple[float, float, float] | None = None,
    unit: str | None = None,
    strict: bool = False,
    max_memory: int | str | None = None,
    progress: Progress | None = None,
) -> ExportComparison:
    """Compare two exports of one study: series by series, voxel by voxel and place by place.

    Parameters
    ----------
    before, after
        As for :func:`viewer3d.load`: folders, files, zips, DICOMDIR; also NIfTI and others.
    series : int or str, or two of them, optional
        Series Number or Series Instance UID of the series that are meant, in both, or in the first and in the second.
        Two that were named are taken for the same one, whatever they are called.
    stack : int, optional
        Only volumes of this number in their series or file, from 1 as ``viewer3d list`` numbers them.
    which : mapping, optional
        Only volumes that these names and values tell from others: ``{"echo": 2}``.
    irregular, skip_bad, spacing, unit, strict, max_memory, progress
        As for :func:`viewer3d.load`, for both. Two volumes are held at a time.

    Returns
    -------
    ExportComparison
        What could not be compared is named in it.

    Raises
    ------
    NoVolumeError
        When one of the two has nothing that can be compared.
    NotFoundError, ChoiceError, BadFileError, StackError, LimitError
        As for :func:`viewer3d.load`, where there is but one pair; of several the others are compared, and what cannot
        be read is named.

    Notes
    -----
    Volumes are matched by Series Instance UID and what tells them from others of their series, then by SOP Instance
    UIDs, then by where they are, their size and description. File names, the order of files, instance numbers, transfer
    syntaxes and UIDs have no part in the verdict; nor do windows and other words of headers, which are told.

    Values are equal where they differ by no more than float32 rounds, places where no voxel moved by more than 0.001
    mm. Where values are not those of the same places, all orders of axes are tried: a mirrored or turned copy has the
    same voxels at other places.
    """
    names = (series, series) if series is None or isinstance(series, int | str) else tuple(series)
    if len(names) != 2:
        raise ChoiceError(f"series {series!r:.60}: give one for both, or two")
    founds = [_scanned(where, spacing, progress) for where in (before, after)]
    one, other = (_content(found, name, stack, which) for found, name in zip(founds, names, strict=True))
    options = ReadOptions(irregular, skip_bad=skip_bad, unit=unit, max_memory=max_memory, strict=strict)
    pairs, only_before, only_after = match_items(one.items, other.items)
    if None not in names and len(one.items) == len(other.items) == 1:
        pairs, only_before, only_after = [(one.items[0], other.items[0], "they were named")], [], []
    made: list[VolumeComparison] = []
    unreadable: list[str] = []
    for number, (first, second, how) in enumerate(pairs):
        if progress is not None:
            progress("volumes", number, len(pairs))
        try:
            made.append(_compared(first, second, how, options))
        except DicomError as error:
            if len(pairs) == 1:
                raise
            unreadable.append(str(error))
    lacking, more = Counter(one.others) - Counter(other.others), Counter(other.others) - Counter(one.others)
    return ExportComparison(
        printable(founds[0].where),
        printable(founds[1].where),
        tuple(made),
        (*(item.name for item in only_before), *lacking.elements()),
        (*(item.name for item in only_after), *more.elements()),
        tuple((Counter(one.others) & Counter(other.others)).elements()),
        (*unreadable, *one.damaged, *other.damaged),
    )


def _scanned(where: Any, spacing: tuple[float, float, float] | None, progress: Progress | None) -> Scan:
    found = scan(where, progress=stage_progress(progress, "headers"), seen=worker_starter())
    return found if spacing is None else with_spacing(found, spacing)


def _content(
    found: Scan, name: int | str | None, stack: int | None, which: Mapping[str, str | float] | None
) -> ExportContent:
    content = content_of(found, None if name is None else series_named(found, name))
    if which or stack is not None:
        wanted = {key: _spelled(value) for key, value in (which or {}).items()}
        chosen = tuple(
            item
            for item in content.items
            if stack in (None, item.stack)
            and all(_spelled(item.which.get(key)) == value for key, value in wanted.items())
        )
        content = replace(content, items=chosen, others=())
    if not content.items:
        raise NoVolumeError(f"{found.name}: has no image that can be compared; give another folder, or another choice")
    return content


def _spelled(value: Any) -> str:
    if isinstance(value, str):  # as the shell gives numbers
        with suppress(ValueError):
            value = float(value)
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _compared(first: ExportItem, second: ExportItem, how: str, options: ReadOptions) -> VolumeComparison:
    before = first.load(options)
    if options.max_memory is not None:
        options = replace(options, max_memory=max(1, parse_memory(options.max_memory) - before.voxels.nbytes))
    after = second.load(options)
    along = axis_map(before.geometry, after.geometry)
    voxels = compare_voxels(before.voxels, after.voxels, along)
    if voxels.differing and (otherwise := equal_otherwise(before.voxels, after.voxels, along)) is not None:
        along, voxels = otherwise, compare_voxels(before.voxels, after.voxels, otherwise)
    sides = (first, before), (second, after)
    return VolumeComparison(
        first.name,
        second.name,
        how,
        (len(first.files), len(second.files)),
        voxels,
        compare_places(before.geometry, after.geometry, along),
        _pair(*sides, voxels.first, along),
        _pair(*sides, voxels.largest, along),
        _order(along),
        (before.unit, after.unit),
        compare_headers(first, before, second, after),
        tuple(one for one in compare_acquisitions(before, after)),
    )


def _pair(
    one: tuple[ExportItem, Volume], other: tuple[ExportItem, Volume], index: GridIndex | None, along: AxisMap
) -> VoxelPair | None:
    if index is None:
        return None
    (first, before), (second, after) = one, other
    there = along.second_index(index, after.shape)
    return VoxelPair(
        vector(before.geometry.index_to_world(index)),
        float(before.voxels[index]),
        float(after.voxels[there]),
        _file(first, before, index),
        _file(second, after, there),
    )


def _file(item: ExportItem, volume: Volume, index: GridIndex) -> str:
    """Return the file, column and row of a voxel; nothing where slices were interpolated or left out."""
    i, j, k = index
    if not item.frames or len(item.frames) != volume.shape[2] or volume.shape[:2] != _size(item):
        return ""
    frame = item.frames[k]
    if frame.position is None or not np.allclose(frame.position, volume.geometry.index_to_world((0, 0, k)), atol=0.01):
        return ""
    return printable(f"{frame.name.replace(chr(92), '/').rpartition('/')[2]} column {i + 1} row {j + 1}")


def _size(item: ExportItem) -> tuple[int, int]:
    return item.frames[0].columns, item.frames[0].rows


def _order(along: AxisMap) -> str:
    if along.is_plain:
        return ""
    names = ("columns", "rows", "slices")
    parts = [
        f"{names[axis]} of the first run along {names[own]} of the second{' backwards' if flip else ''}"
        for axis, (own, flip) in enumerate(zip(along.axes, along.flipped, strict=True))
        if own != axis or flip
    ]
    return "; ".join(parts)
