"""Frames of one plane to volumes: those at one position are told apart by what their headers say of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import inf
from typing import Final

import numpy as np

from viewer3d.core.members import TIME_DIMENSIONS
from viewer3d.core.volume import Which
from viewer3d.dicom.headers.frame import Frame, Frames
from viewer3d.dicom.series.dimensions import (
    DIMENSION_ATTRIBUTES,
    INSTANCE_NUMBER,
    DimensionAttribute,
    DimensionValue,
    dimension_attribute,
    dimension_keywords,
    dimension_values,
    spelled,
)
from viewer3d.dicom.series.slice_steps import SAME_POSITION

JITTER: Final = 0.01
"""Of a value that is measured or reached: what differs by less is one, where it is not the same to the digit."""

_JITTERS: Final = frozenset({"EchoTime", "InversionTime", "FlipAngle", "KVP"})

EVEN_STEPS: Final = 1.5
"""The widest step between trigger times over the narrowest, up to which these are the phases of one heartbeat."""

_TIMES: Final = (
    "FrameReferenceTime",
    "AcquisitionTime",
    "AcquisitionDateTime",
    "FrameAcquisitionDateTime",
    "FrameReferenceDateTime",
)
"""When something was measured, which no copy of it changes."""

ABSENT: Final = "none"
"""What a volume is told by whose frames lack what tells the others."""


@dataclass(frozen=True, eq=False)
class Part:
    """Frames that belong together.

    Attributes
    ----------
    which : dict
        What tells them from the other parts.
    frames : tuple of Frame
    by : dict
        The names in ``which`` that frames at one position were told apart by, and the attribute of each in words.
    guess : str
        What the order of frames at one position was taken from, where no attribute says which belong together.
    problem : str
        Why they make no volume, as far as their headers tell; empty when they may.
    left_over : bool
        Whether they are what there is of a volume that was not finished.
    """

    which: Which
    frames: Frames
    by: dict[str, str] = field(default_factory=dict)
    guess: str = ""
    problem: str = ""
    left_over: bool = False


def split_by_dimension(frames: Frames) -> list[Part]:
    """Split the frames of one plane until no part has two at one position, as far as headers allow.

    The first attribute that can split them does
    (:data:`~viewer3d.dicom.series.dimensions.DIMENSION_ATTRIBUTES` has them in this order). Where none is left, the
    frames at each position are taken in the order of their times or numbers; that is a guess, and the part says so.
    Where that order cannot be true, the part has a problem.
    """
    if most_at_one_position(frames) < 2:
        return [Part({}, frames)]
    parts = _split(frames, dimension_keywords(frames))
    return _with_b_values(parts)


def by_position(frames: Sequence[Frame]) -> dict[Hashable, Frames]:
    """Group frames at one position, by their order along the normal; those without a position are left out."""
    placed = [frame for frame in frames if frame.position is not None and frame.orientation is not None]
    if not placed:
        return {}
    orientation = np.array(placed[0].orientation)
    along = np.array([frame.position for frame in placed]) @ np.cross(orientation[:3], orientation[3:])
    order = np.argsort(along, kind="stable")
    number = np.empty(len(placed), int)
    number[order] = np.concatenate([[0], np.cumsum(np.diff(along[order]) > SAME_POSITION)])
    return _group(placed, number.tolist())


def most_at_one_position(frames: Sequence[Frame]) -> int:
    """Return how many frames are at the position with the most."""
    return max((len(members) for members in by_position(frames).values()), default=1)


def _group(frames: Sequence[Frame], keys: Iterable[Hashable]) -> dict[Hashable, Frames]:
    groups: dict[Hashable, list[Frame]] = defaultdict(list)
    for frame, key in zip(frames, keys, strict=True):
        groups[key].append(frame)
    return {value: tuple(members) for value, members in groups.items()}


def _split(frames: Frames, keywords: tuple[str, ...]) -> list[Part]:
    repeats = most_at_one_position(frames)
    if repeats < 2:
        return [Part({}, frames)]
    for number, keyword in enumerate(keywords):
        groups = _groups(frames, keyword, repeats)
        if groups is None:
            continue
        tell = dimension_attribute(keyword)
        unfinished = _unfinished(frames, [group for _, group in groups], tell)
        words = spelled(keyword, frames)
        parts = []
        for turn, (value, (_, group)) in enumerate(zip(_names(tell, keyword, groups), groups, strict=True)):
            for part in _split(group, keywords[number + 1 :]):
                which, by = _besides(tell.name, part)
                which, by = {tell.name: value, **which}, {tell.name: words, **by}
                parts.append(replace(part, which=which, by=by, left_over=turn == unfinished or part.left_over))
        return _counted_through(parts, tell.name)
    return _by_turn(frames, repeats)


def _besides(name: str, part: Part) -> tuple[Which, dict[str, str]]:
    """Return what a part is told by, where a name is told by another attribute as well: "echo" and then "echo_2"."""
    second = f"{name}_2"
    which = {second if own == name else own: value for own, value in part.which.items()}
    return which, {second if own == name else own: words for own, words in part.by.items()}


def _counted_through(parts: list[Part], name: str) -> list[Part]:
    """Return parts told by times within times, or phases within phases, with one number for both, in their order."""
    second = f"{name}_2"
    if name not in TIME_DIMENSIONS or not any(second in part.which for part in parts):
        return parts
    turns = sorted({(float(part.which[name]), float(part.which.get(second, 0))) for part in parts})
    made = []
    for part in parts:
        turn = float(part.which[name]), float(part.which.get(second, 0))
        which = {own: value for own, value in part.which.items() if own != second}
        by = {own: words for own, words in part.by.items() if own != second}
        if second in part.by:
            by[name] = f"{by[name]} and {part.by[second]}"
        made.append(replace(part, which={**which, name: float(turns.index(turn))}, by=by))
    return made


def _groups(frames: Frames, keyword: str, repeats: int) -> list[tuple[DimensionValue, Frames]] | None:
    """Return frames by their value of an attribute, in order; None where it does not tell those at one position apart.

    What differs from slice to slice makes too many groups: it tells nothing.
    """
    values = dimension_values(keyword, frames)
    groups = _group(frames, values)
    if len(groups) < 2:
        return None
    if len(groups) > repeats and keyword in _JITTERS:
        groups = _group(frames, _without_jitter(values))
    if not 2 <= len(groups) <= repeats:
        return None
    if any(most_at_one_position(group) >= repeats for group in groups.values()):
        return None
    words = any(isinstance(value, str) and value for value in groups)
    ordered = sorted(groups.items(), key=lambda item: (_taken(item[1]),) if words else _rank(item[0]))
    return [(value, group) for value, group in ordered if isinstance(value, str | float | int)]


def _rank(value: Hashable) -> tuple[float, float]:
    return (1.0, float(value)) if isinstance(value, int | float) else (0.0, 0.0)


def _taken(frames: Frames) -> tuple[float, float]:
    """Return when the first of some frames was taken, as far as its number says."""
    return min((_number(frame), float(frame.index)) for frame in frames)


def _without_jitter(values: list[DimensionValue]) -> list[DimensionValue]:
    """Return numbers that differ by less than :data:`JITTER` from the one before as one number, the first of them."""
    numbers = sorted({value for value in values if isinstance(value, int | float)})
    same: dict[DimensionValue, DimensionValue] = {}
    for before, number in zip([None, *numbers], numbers, strict=False):
        near = before is not None and number - before <= JITTER * max(abs(number), abs(before))
        same[number] = same[before] if near and before is not None else number
    return [same.get(value, value) for value in values]


def _names(tell: DimensionAttribute, keyword: str, groups: list[tuple[DimensionValue, Frames]]) -> list[DimensionValue]:
    """Return what the parts of one attribute, in their order, are called."""
    if tell.name in TIME_DIMENSIONS:
        return [float(turn) for turn in range(len(groups))]
    if keyword != "EchoTime":
        return [ABSENT if value == "" else value for value, _ in groups]
    # Echoes are told by their own numbers where these are as many as the times.
    own = [{frame.dimension_values.get("EchoNumbers") for frame in group} for _, group in groups]
    numbers = [float(next(iter(each)) or 0) for each in own if len(each) == 1]
    return list(numbers) if len(set(numbers)) == len(groups) else [float(n + 1) for n in range(len(groups))]


def _unfinished(frames: Frames, groups: list[Frames], tell: DimensionAttribute) -> int | None:
    """Return which of some passes was cut short: the last lacks positions that all others have; None where none was.

    Two whole ones at least must be there: of two that differ nobody can say that one is not as it was meant.
    """
    number = {id(frame): n for n, members in enumerate(by_position(frames).values()) for frame in members}
    places = [{number[id(frame)] for frame in group if id(frame) in number} for group in groups]
    full = max(places, key=len)
    short = [n for n, own in enumerate(places) if own != full]
    if len(groups) < 3 or len(short) != 1 or not places[short[0]] < full:
        return None
    ordered = tell.counts or tell.name in TIME_DIMENSIONS
    last = len(groups) - 1 if ordered else max(range(len(groups)), key=lambda n: _taken(groups[n]))
    return last if short == [last] else None


def _by_turn(frames: Frames, repeats: int) -> list[Part]:
    """Take the frames at each position as first, second, ... turn, where times or numbers can tell."""
    positions, keywords = list(by_position(frames).values()), dimension_keywords(frames)
    if all(len(members) == repeats for members in positions):
        order = next((found for clock in _CLOCKS if (found := clock(positions)) is not None), None)
        if order is None:
            return [_unsplit(frames, positions, keywords)]
        return _turns(order, repeats, keywords)
    for keyword in (*_TIMES, "InstanceNumber"):
        order = _ordered(positions, "time", [keyword], certain=keyword in _TIMES)
        if order is not None and _one_after_another(order):
            return _turns(order, min(map(len, positions)), keywords)
    return [_unsplit(frames, positions, keywords)]


@dataclass(frozen=True, eq=False)
class _Order:
    """Frames at each position in an order.

    Attributes
    ----------
    name : str
        "time" or "phase".
    spelled : str
        What the order is by.
    positions : list of list of Frame
    keys : list of list of float
        By which they are ordered.
    certain : bool
        Whether frames with another key are other pictures: a number may also tell a copy from its original.
    """

    name: str
    spelled: str
    positions: list[list[Frame]]
    keys: list[list[tuple[float, ...]]]
    certain: bool


def _ordered(positions: list[Frames], name: str, keywords: Sequence[str], *, certain: bool) -> _Order | None:
    """Order the frames at each position by some attributes; None when one has no value or two have the same."""
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
    """Order by Trigger Time where it steps evenly through a heartbeat, as that of single pictures does not."""
    found = _ordered(positions, "phase", ["TriggerTime"], certain=True)
    if found is None or len(positions[0]) < 3:
        return None
    steps = np.diff(np.array(found.keys)[:, :, 0], axis=1)
    return found if (steps.max(axis=1) <= EVEN_STEPS * steps.min(axis=1)).all() else None


def _by_time(positions: list[Frames]) -> _Order | None:
    """Order by the first of the times of what was measured that all have."""
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


_CLOCKS: Final[tuple[Callable[[list[Frames]], _Order | None], ...]] = (
    _by_heartbeat,
    _by_time,
    _by_time_and_number,
    _by_number,
    _by_content,
)


def _one_after_another(order: _Order) -> bool:
    """Whether each turn ended before the next began, so that it is known which frame belongs to which."""
    turns = max(map(len, order.keys))
    whole = min(map(len, order.keys))
    if whole < (1 if order.certain else 2):
        return False
    ranges = [[keys[n] for keys in order.keys if len(keys) > n] for n in range(turns)]
    return all(max(before) < min(after) for before, after in pairwise(ranges))


def _turns(order: _Order, whole: int, keywords: tuple[str, ...]) -> list[Part]:
    """Make a part of each turn; those after the whole ones are what is left over of an interrupted one."""
    count = max(map(len, order.positions))
    turns = [tuple(members[n] for members in order.positions if len(members) > n) for n in range(count)]
    problem = _contradiction(order, turns, keywords)
    if problem:
        return [Part({}, tuple(frame for turn in turns for frame in turn), problem=problem)]
    return [
        Part({order.name: float(n)}, turn, {order.name: order.spelled}, order.spelled, left_over=n >= whole)
        for n, turn in enumerate(turns)
    ]


def _contradiction(order: _Order, turns: list[Frames], keywords: tuple[str, ...]) -> str:
    """Return why turns cannot be volumes: something known tells frames at one position apart, but in another order."""
    for keyword in keywords:
        tell = dimension_attribute(keyword)
        if not tell.counts and _differs_in(keyword, turns) and _differs_in(keyword, order.positions):
            return (
                f"{spelled(keyword, turns[0])} differs between images at one position, and between images that would "
                f"belong together by {order.spelled}: which do is not known"
            )
    return ""


def _differs_in(keyword: str, groups: Iterable[Sequence[Frame]]) -> bool:
    """Whether an attribute has two values or more in any group; that it lacks is none."""
    alike = _without_jitter if keyword in _JITTERS else list
    return any(len({*alike(dimension_values(keyword, group))} - {""}) > 1 for group in groups)


def _unsplit(frames: Frames, positions: list[Frames], keywords: tuple[str, ...]) -> Part:
    """Leave frames together: they are one volume if those at one position are copies of the same picture."""
    several = [members for members in positions if len(members) > 1]
    # A copy may have another number, and the time at which it was made.
    told = [keyword for keyword in keywords if keyword != "ContentTime" and _differs_in(keyword, several)]
    if not told and not any(_in_one_file(members) for members in several):
        return Part({}, frames)
    counts = sorted({len(members) for members in positions})
    held = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    words = f" that differ in {', '.join(spelled(keyword, frames) for keyword in told[:3])}" if told else ""
    return Part({}, frames, problem=f"{held} images at each position{words}, and nothing tells which belong together")


def _in_one_file(frames: Frames) -> bool:
    """Whether some frames are of one file, where none is the copy of another."""
    return len({frame.stored.source for frame in frames}) < len(frames)


def _with_b_values(parts: list[Part]) -> list[Part]:
    """Add the b-value to what is told by a direction: the one is little without the other."""
    if not any("direction" in part.which for part in parts) or any("b_value" in part.which for part in parts):
        return parts
    keywords = [keyword for keyword, tell in DIMENSION_ATTRIBUTES.items() if tell.name == "b_value"]
    made = []
    for part in parts:
        keyword = next((k for k in keywords if all(k in frame.dimension_values for frame in part.frames)), None)
        values = {frame.dimension_values[keyword] for frame in part.frames} if keyword else set()
        if keyword is None or len(values) != 1:
            return parts
        which: Which = {"b_value": values.pop(), **part.which}
        made.append(replace(part, which=which, by={"b_value": spelled(keyword, part.frames), **part.by}))
    return made
