"""The shelf: what can be opened at a place, and how. Of all that is for the window, only this knows of DICOM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.members import COUNTED, things, told, turn_of
from viewer3d.core.task import Progress
from viewer3d.core.volume import Volume, Which
from viewer3d.dicom.load import out_of_memory, read_stacks
from viewer3d.dicom.meaning.explain import apart_note
from viewer3d.dicom.pixels.modality_values import begin_workers
from viewer3d.dicom.read_options import Reading
from viewer3d.dicom.series.scan import Scan, scan, with_spacing
from viewer3d.dicom.series.sets import StackSet, choose_set, find_sets, middle_picture, set_of_digests
from viewer3d.dicom.series.stack import Stack

PLURALS = {"echo": "echoes", "b_value": "b-values", "inversion_time": "inversion times", "flip_angle": "flip angles"}


@dataclass(frozen=True, eq=False)
class Entry:
    """What can be opened: a volume, or a 4-D set.

    Attributes
    ----------
    title : str
        Series Number and Modality.
    description : str
        Series Description, and what tells it from others of the same series.
    size : str
        In voxels, and how many volumes there are.
    thumbnail : callable
        Returns a small picture of it, grey with square pixels, uint8; raises as :func:`viewer3d.load` does.
    load : callable
        Returns its volumes; raises as :func:`viewer3d.load` does.
    """

    title: str
    description: str
    size: str
    thumbnail: Callable[[], NDArray[np.uint8]]
    load: Callable[[Progress], Sequence[Volume]]


@dataclass(frozen=True)
class Shelf:
    """All that can be opened at a place.

    Attributes
    ----------
    entries : tuple of Entry
        In the order of the Series Numbers.
    first : int
        The one that is meant, or else the one with the most slices.
    """

    entries: tuple[Entry, ...]
    first: int


@dataclass(frozen=True)
class Wish:
    """Which volume of a place is meant, as :func:`viewer3d.load` is told, and how all are to be read."""

    series: int | str | None = None
    stack: int | None = None
    spacing: tuple[float, float, float] | None = None
    which: dict[str, Any] = field(default_factory=dict)
    how: Reading = field(default_factory=Reading)
    digests: tuple[str, ...] = ()
    """Of the series that a saved view was made on: it is meant where nothing else is named."""

    @property
    def is_by_name(self) -> bool:
        """Whether a series or a volume is named."""
        return self.series is not None or self.stack is not None or bool(self.which)


def find_shelf(where: Any, wish: Wish, progress: Progress) -> Shelf:
    """Find what can be opened at a place, or in what :func:`viewer3d.scan` found, reading headers only.

    Raises
    ------
    NotFoundError, NoVolumeError, ChoiceError, StackError
        As :func:`viewer3d.load`, but for several volumes that could be meant: all of them are entries.
    """
    found = (
        where if isinstance(where, Scan) else scan(where, progress=partial(progress, "headers"), seen=begin_workers())
    )
    found = found if wish.spacing is None else with_spacing(found, wish.spacing)
    sets = find_sets(found)
    saved = None if wish.is_by_name else set_of_digests(found, wish.digests)
    meant = saved or choose_set(found, wish.series, wish.stack, wish.which)
    numbers = [n for n, one in enumerate(sets) if one.stacks == meant.stacks]
    if not numbers:  # one member of a set, or a single image: it was asked for by name
        sets, numbers = [meant, *sets], [0]
    return Shelf(tuple(_entry(found, one, wish.how) for one in sets), numbers[0])


def _entry(found: Scan, one: StackSet, how: Reading) -> Entry:
    series, (stack, *_) = one.series, one.stacks
    number = "-" if series.number is None else str(series.number)
    which = [member.which for member in one.stacks]
    parted = things(which)
    all_turns = [other.which for other in (*one.stacks, *_apart(one))]
    counts = [f"{_count(which, name, all_turns)} {PLURALS.get(name, f'{name}s')}" for name in parted]
    common = [_common(name, value, all_turns) for name, value in stack.which.items() if name not in parted]
    return Entry(
        title=f"{number}  {series.modality}".rstrip(),
        description=", ".join(part for part in (series.description, *common) if part),
        size=", ".join([" x ".join(str(n) for n in stack.shape), *counts]),
        thumbnail=lambda: _square(*middle_picture(one)),
        load=lambda progress: _read(found, one, how, progress),
    )


def _apart(one: StackSet) -> list[Stack]:
    # Other times of the same, on another grid.
    def kind(stack: Stack) -> Which:
        return {name: value for name, value in stack.which.items() if name not in COUNTED}

    counted = [stack for stack in one.series.volumes if set(COUNTED) & set(stack.which)]
    kinds = [kind(stack) for stack in one.stacks if set(COUNTED) & set(stack.which)]
    return [stack for stack in counted if stack not in one.stacks and kind(stack) in kinds]


def _count(which: Sequence[Which], name: str, all_turns: Sequence[Which]) -> str:
    count = len({member[name] for member in which if name in member})
    turns = [member[name] for member in all_turns if name in member]
    total = len(set(turns)) if name in COUNTED else count
    return str(count) if total == count else f"{count} of {total}"


def _common(name: str, value: str | float, all_turns: Sequence[Which]) -> str:
    turns = [member[name] for member in all_turns if name in member]
    if name in COUNTED and len(set(turns)) > 1:
        number, count = turn_of(turns, value)
        return f"{name} {number} of {count}"
    return told(name, value)


def _read(found: Scan, one: StackSet, how: Reading, progress: Progress) -> list[Volume]:
    try:
        volumes = read_stacks(found, one.choices, how, progress=progress)
    except MemoryError as error:
        raise out_of_memory(str(one.series)) from error
    notes = tuple(apart_note(stack, one.stacks) for stack in _apart(one)) if len(volumes) > 1 else ()
    return [replace(volume, notes=(*volume.notes, *notes)) for volume in volumes] if notes else volumes


def _square(picture: NDArray[np.uint8], spacing: tuple[float, float]) -> NDArray[np.uint8]:
    """Return a picture with square pixels and sides of 128 at most."""
    from PIL import Image  # noqa: PLC0415

    sides = np.array([picture.shape[1] * spacing[0], picture.shape[0] * spacing[1]])
    width, height = np.maximum(1, np.rint(128 * sides / sides.max())).astype(int)
    return np.asarray(Image.fromarray(picture).resize((int(width), int(height)), Image.Resampling.BICUBIC))
