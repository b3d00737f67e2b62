"""Split frames that no attribute distinguishes into volumes, by the order of times or numbers.

The first frame of each position makes the first volume, the second the second, and so on. That is a guess, which parts
say; where something that is known contradicts it, the part has a problem instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Final

import numpy as np

from viewer3d.dicom.headers.frame import Frame, Frames
from viewer3d.dicom.series.dimensions import (
    INSTANCE_NUMBER,
    dimension_attribute,
    dimension_keywords,
    dimension_values,
    merge_jitter,
    spelled,
)
from viewer3d.dicom.series.part import Part, group_by_position

EVEN_STEPS: Final = 1.5
"""The widest step between trigger times over the narrowest, up to which these are the phases of one heartbeat."""

_TIMES: Final = (
    "FrameReferenceTime",
    "AcquisitionTime",
    "AcquisitionDateTime",
    "FrameAcquisitionDateTime",
    "FrameReferenceDateTime",
)
"""Times of the measurement, which are the same in every copy of an image."""


@dataclass(frozen=True, eq=False)
class _Order:
    """Frames at each position in an order.

    Attributes
    ----------
    name : str
        "time" or "phase".
    spelled : str
        The attributes of the order, in words.
    positions : list of list of Frame
    keys : list of list of tuple of float
        By which they are ordered.
    certain : bool
        Whether frames with another key are other images: a copy may have another number than its original.
    """

    name: str
    spelled: str
    positions: list[list[Frame]]
    keys: list[list[tuple[float, ...]]]
    certain: bool


def split_by_order(frames: Frames, repeats: int) -> list[Part]:
    """Take the frames at each position as the first, second, ... volume, by their times or numbers.

    Parameters
    ----------
    frames : tuple of Frame
        Parallel, and not distinguished by any attribute.
    repeats : int
        How many there are at the position that has the most.

    Returns
    -------
    list of Part
        One part, with a problem if they are not copies, where no order is found.
    """
    positions, keywords = list(group_by_position(frames).values()), dimension_keywords(frames)
    if all(len(members) == repeats for members in positions):
        order = next((found for find in _ORDERS if (found := find(positions)) is not None), None)
        if order is None:
            return [_unsplit(frames, positions, keywords)]
        return _parts(order, repeats, keywords)
    for keyword in (*_TIMES, "InstanceNumber"):
        order = _ordered(positions, "time", [keyword], certain=keyword in _TIMES)
        if order is not None and _is_consecutive(order):
            return _parts(order, min(map(len, positions)), keywords)
    return [_unsplit(frames, positions, keywords)]


def earliest(frames: Frames) -> tuple[float, float]:
    """Return the lowest Instance Number of some frames, and the index of that frame in its file."""
    return min((_number(frame), float(frame.index)) for frame in frames)


def _ordered(positions: list[Frames], name: str, keywords: Sequence[str], *, certain: bool) -> _Order | None:
    """Order the frames at each position by attributes; None where a value is missing or not unique."""
    flat = [frame for members in positions for frame in members]
    columns = [_numbers(keyword, flat) for keyword in keywords]
    key = {id(frame): values for frame, values in zip(flat, zip(*columns, strict=True), strict=True)}
    if any(value == -inf for values in key.values() for value in values):
        return None
    ordered = [sorted(members, key=lambda frame: key[id(frame)]) for members in positions]
    keys = [[key[id(frame)] for frame in members] for members in ordered]
    if any(one == other for values in keys for one, other in pairwise(values)):
        return None
    words = [INSTANCE_NUMBER if keyword == "InstanceNumber" else spelled(keyword, flat) for keyword in keywords]
    return _Order(name, " and ".join(words), ordered, keys, certain)


def _numbers(keyword: str, frames: list[Frame]) -> list[float]:
    values = [_number(f) for f in frames] if keyword == "InstanceNumber" else dimension_values(keyword, frames)
    return [float(value) if isinstance(value, int | float) else -inf for value in values]


def _number(frame: Frame) -> float:
    return float(frame.dimension_values.get("InstanceNumber", -inf))


def _by_heartbeat(positions: list[Frames]) -> _Order | None:
    """Order by Trigger Time where it steps evenly through a heartbeat.

    The trigger times of single images do not: each is of another heartbeat.
    """
    found = _ordered(positions, "phase", ["TriggerTime"], certain=True)
    if found is None or len(positions[0]) < 3:
        return None
    steps = np.diff(np.array(found.keys)[:, :, 0], axis=1)
    return found if (steps.max(axis=1) <= EVEN_STEPS * steps.min(axis=1)).all() else None


def _by_time(positions: list[Frames]) -> _Order | None:
    """Order by the first time of the measurement that all frames have."""
    found = (_ordered(positions, "time", [keyword], certain=True) for keyword in _TIMES)
    return next((order for order in found if order is not None), None)


def _by_time_and_number(positions: list[Frames]) -> _Order | None:
    if not _differs_in("AcquisitionTime", positions):
        return None
    return _ordered(positions, "time", ["AcquisitionTime", "InstanceNumber"], certain=False)


def _by_number(positions: list[Frames]) -> _Order | None:
    return _ordered(positions, "time", ["InstanceNumber"], certain=False)


def _by_content(positions: list[Frames]) -> _Order | None:
    return _ordered(positions, "time", ["ContentTime"], certain=False)


_ORDERS: Final[tuple[Callable[[list[Frames]], _Order | None], ...]] = (
    _by_heartbeat,
    _by_time,
    _by_time_and_number,
    _by_number,
    _by_content,
)


def _is_consecutive(order: _Order) -> bool:
    """Return whether each volume ended before the next began, so that each frame's volume is known."""
    count = max(map(len, order.keys))
    complete = min(map(len, order.keys))
    if complete < (1 if order.certain else 2):
        return False
    ranges = [[keys[n] for keys in order.keys if len(keys) > n] for n in range(count)]
    return all(max(before) < min(after) for before, after in pairwise(ranges))


def _parts(order: _Order, complete: int, keywords: tuple[str, ...]) -> list[Part]:
    """Make a part of the n-th frames of all positions; parts after the complete ones are left over."""
    count = max(map(len, order.positions))
    groups = [tuple(members[n] for members in order.positions if len(members) > n) for n in range(count)]
    problem = _contradiction(order, groups, keywords)
    if problem:
        return [Part({}, tuple(frame for group in groups for frame in group), problem=problem)]
    return [
        Part({order.name: float(n)}, group, {order.name: order.spelled}, order.spelled, left_over=n >= complete)
        for n, group in enumerate(groups)
    ]


def _contradiction(order: _Order, groups: list[Frames], keywords: tuple[str, ...]) -> str:
    """Return why an order cannot be true, or an empty text.

    It cannot where an attribute that is no time or number differs both at one position and within one group.
    """
    for keyword in keywords:
        attribute = dimension_attribute(keyword)
        if not attribute.counts and _differs_in(keyword, groups) and _differs_in(keyword, order.positions):
            return (
                f"{spelled(keyword, groups[0])} differs between images at one position, and between images that would "
                f"belong together by {order.spelled}: which do is not known"
            )
    return ""


def _differs_in(keyword: str, groups: Iterable[Sequence[Frame]]) -> bool:
    """Return whether an attribute has two values or more in any group; a missing one is no value."""
    return any(len({*merge_jitter(keyword, dimension_values(keyword, group))} - {""}) > 1 for group in groups)


def _unsplit(frames: Frames, positions: list[Frames], keywords: tuple[str, ...]) -> Part:
    """Make one part of all frames, with a problem unless those at one position may be copies."""
    several = [members for members in positions if len(members) > 1]
    # A copy may have another number, and the time at which it was made.
    differ = [keyword for keyword in keywords if keyword != "ContentTime" and _differs_in(keyword, several)]
    if not differ and not any(_in_one_file(members) for members in several):
        return Part({}, frames)
    counts = sorted({len(members) for members in positions})
    held = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    words = f" that differ in {', '.join(spelled(keyword, frames) for keyword in differ[:3])}" if differ else ""
    return Part({}, frames, problem=f"{held} images at each position{words}, and nothing tells which belong together")


def _in_one_file(frames: Frames) -> bool:
    """Return whether two of some frames are of one file; these are never copies of each other."""
    return len({frame.stored.source for frame in frames}) < len(frames)
