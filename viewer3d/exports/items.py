"""List what can be compared in an export, and match it with what is in another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.series_info import Which
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.dicom.files.grid_file import GridFile
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.load import read_stack
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.scan import Scan, Series
from viewer3d.dicom.series.stack import Stack
from viewer3d.formats.grid_files import grids_meant

_SAME_PLACE: Final = 1.0
"""mm: grids whose middles and sides differ by no more are taken for one when series are matched."""

_ENOUGH: Final = 5
"""Points from which on two volumes are taken for the same one, see :func:`_likeness`."""


@dataclass(frozen=True, eq=False)
class ExportItem:
    """A volume or a single image of an export.

    Attributes
    ----------
    name : str
        As messages call it; text from headers, printable.
    modality, description, uid : str
        Of its series; empty where there is none.
    number : int, optional
        Series Number.
    stack : int
        Its number in its series or file, from 1, as ``viewer3d list`` numbers them.
    which : dict
        What tells it from the others of its series.
    frames : tuple of Frame
        In the order of its slices; none of what is not DICOM.
    files : tuple of str
        Names, without folders.
    middle, sides : ndarray of float64, shape (3,)
        LPS mm of its middle, and lengths of its sides in ascending order.
    load : callable
        Takes how to read, and reads it.
    """

    name: str
    modality: str
    description: str
    uid: str
    number: int | None
    stack: int
    which: Which
    frames: tuple[Frame, ...]
    files: tuple[str, ...]
    middle: NDArray[np.float64]
    sides: NDArray[np.float64]
    load: Callable[[ReadOptions], Volume]


@dataclass(frozen=True, eq=False)
class ExportContent:
    """What there is in an export.

    Attributes
    ----------
    items : tuple of ExportItem
        What can be compared.
    others : tuple of str
        What cannot, and is looked for in the other export by its name: segmentations and other objects, images that
        make no volume.
    damaged : tuple of str
        Files that cannot be read, and why.
    """

    items: tuple[ExportItem, ...]
    others: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


def content_of(found: Scan, series: Sequence[Series] | None = None) -> ExportContent:
    """Return what there is in a scan.

    Parameters
    ----------
    found : Scan
    series : sequence of Series, optional
        Those that are meant; without it all, and files that are not DICOM where there is no volume of DICOM.
    """
    if series is None and (grids := grids_meant(found)):
        return ExportContent(tuple(_grid_item(grid, n) for grid in grids for n in range(len(grid.which))))
    items: list[ExportItem] = []
    others: list[str] = []
    for one in found.series if series is None else series:
        for number, stack in enumerate(one.stacks, 1):
            if stack.layout is None:
                others.append(printable(f"{one}: {stack.problem}"))
            else:
                items.append(_stack_item(found, one, stack, number))
    if series is None:
        others += [f"{one.kind}: {printable(str(one))}" for one in found.objects]
    damaged = tuple(printable(f"{_last(one.name)}: {one.reason}") for one in found.all_refused if one.damaged)
    return ExportContent(tuple(items), tuple(others), damaged)


def _stack_item(found: Scan, series: Series, stack: Stack, number: int) -> ExportItem:
    assert stack.layout is not None  # items_of has checked
    label = f", {stack.label}" if stack.label else ""
    affine = stack.layout.affine
    return ExportItem(
        printable(f"{series}{label}"),
        series.modality,
        series.description,
        series.uid,
        series.number,
        number,
        stack.which,
        stack.frames,
        tuple(dict.fromkeys(_last(frame.stored.source.name) for frame in stack.frames)),
        *_box(affine, stack.shape),
        partial(_read_stack, found, series, stack),
    )


def _read_stack(found: Scan, series: Series, stack: Stack, options: ReadOptions) -> Volume:
    return read_stack(found, series, stack, options)


def _grid_item(grid: GridFile, number: int) -> ExportItem:
    which = grid.which[number]
    told = "".join(f", {name} {value}" for name, value in which.items())
    names = tuple(_last(one) for one in grid.files)

    def load(options: ReadOptions) -> Volume:
        return grid.load([number], options, None)[0]

    return ExportItem(
        printable(f"{grid.kind} {_last(grid.path)}{told}"), grid.modality, "", "", None, number + 1, which, (), names,
        *_box(grid.affine, grid.shape), load,
    )  # fmt: skip


def _box(affine: NDArray[np.float64], shape: tuple[int, int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    ends = np.asarray(shape, np.float64) - 1
    with np.errstate(all="ignore"):  # numbers of a damaged header are any
        return affine[:3, :3] @ (ends / 2) + affine[:3, 3], np.sort(np.linalg.norm(affine[:3, :3], axis=0) * ends)


def _last(name: str) -> str:
    return printable(name.replace("\\", "/").rstrip("/").rpartition("/")[2])


def match_items(
    first: Sequence[ExportItem], second: Sequence[ExportItem]
) -> tuple[list[tuple[ExportItem, ExportItem, str]], list[ExportItem], list[ExportItem]]:
    """Match the items of two exports: by UIDs, else by place, size and description, the most alike first.

    Returns
    -------
    pairs : list of (ExportItem, ExportItem, str)
        In the order of the first export, each with what it was matched by.
    only_first, only_second : list of ExportItem
    """
    marks = [(*_likeness(one, other), n, m) for n, one in enumerate(first) for m, other in enumerate(second)]
    pairs: dict[int, tuple[int, str]] = {}
    taken: set[int] = set()
    for points, how, n, m in sorted(marks, key=lambda mark: (-mark[0], mark[2], mark[3])):
        if points >= _ENOUGH and n not in pairs and m not in taken:
            pairs[n] = m, how
            taken.add(m)
    left = [n for n in range(len(first)) if n not in pairs]
    right = [m for m in range(len(second)) if m not in taken]
    if len(left) == len(right) == 1 and _may_be_one(first[left[0]], second[right[0]]):
        pairs[left.pop()] = right.pop(), "nothing else is left"
    matched = [(first[n], second[pairs[n][0]], pairs[n][1]) for n in sorted(pairs)]
    return matched, [first[n] for n in left], [second[m] for m in right]


def _may_be_one(one: ExportItem, other: ExportItem) -> bool:
    return not one.modality or not other.modality or one.modality == other.modality


def _likeness(one: ExportItem, other: ExportItem) -> tuple[int, str]:
    """Return points for how alike two items are, and what they are alike in."""
    if not _may_be_one(one, other):
        return 0, ""
    is_same_member = one.which == other.which
    if one.uid and one.uid == other.uid and is_same_member:
        return 1000, "Series Instance UID"
    if {frame.sop_uid for frame in one.frames} & {frame.sop_uid for frame in other.frames}:
        return 500 + is_same_member, "SOP Instance UIDs"
    alike: dict[str, int] = {}
    apart: Any = np.abs(np.concatenate([one.middle - other.middle, one.sides - other.sides]))
    alike["place and size"] = 6 * bool((apart <= _SAME_PLACE).all())
    alike["size"] = 3 * bool((apart[3:] <= _SAME_PLACE).all() and not alike["place and size"])
    alike["description"] = 4 * bool(one.description and one.description == other.description)
    alike["number"] = int(one.number is not None and one.number == other.number)
    points = sum(alike.values())
    if not points:
        return 0, ""
    return points + 2 * is_same_member, ", ".join(name for name, mark in alike.items() if mark)
