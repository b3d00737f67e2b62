"""Split parallel frames into the volumes of a 4-D series: by echo time, b-value, time and the like."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Final

from viewer3d.core.members import TIME_DIMENSIONS
from viewer3d.core.series_info import Which
from viewer3d.dicom.headers.frame import Frames
from viewer3d.dicom.series.dimensions import (
    DIMENSION_ATTRIBUTES,
    DimensionAttribute,
    DimensionValue,
    dimension_attribute,
    dimension_keywords,
    dimension_values,
    merge_jitter,
    spelled,
)
from viewer3d.dicom.series.part import Part, group_by_position, group_frames, most_at_one_position
from viewer3d.dicom.series.split_by_order import earliest, split_by_order

ABSENT: Final = "none"
"""The value of a volume whose frames lack the attribute by which the others differ."""


def split_by_dimension(frames: Frames) -> list[Part]:
    """Split the frames of one plane until no part has two at one position, as far as headers allow.

    The first attribute that can split them does
    (:data:`~viewer3d.dicom.series.dimensions.DIMENSION_ATTRIBUTES` has them in this order). Where none is left, the
    frames at each position are taken in the order of their times or numbers
    (:func:`~viewer3d.dicom.series.split_by_order.split_by_order`); that is a guess, and the part says so.
    """
    if most_at_one_position(frames) < 2:
        return [Part({}, frames)]
    parts = _split(frames, dimension_keywords(frames))
    return _with_b_values(parts)


def _split(frames: Frames, keywords: tuple[str, ...]) -> list[Part]:
    repeats = most_at_one_position(frames)
    if repeats < 2:
        return [Part({}, frames)]
    for number, keyword in enumerate(keywords):
        groups = _groups(frames, keyword, repeats)
        if groups is None:
            continue
        attribute = dimension_attribute(keyword)
        unfinished = _unfinished(frames, [group for _, group in groups], attribute)
        words = spelled(keyword, frames)
        parts = []
        for n, (value, (_, group)) in enumerate(zip(_names(attribute, keyword, groups), groups, strict=True)):
            for part in _split(group, keywords[number + 1 :]):
                which, by = _renamed(attribute.name, part)
                which, by = {attribute.name: value, **which}, {attribute.name: words, **by}
                parts.append(replace(part, which=which, by=by, left_over=n == unfinished or part.left_over))
        return _numbered_through(parts, attribute.name)
    return split_by_order(frames, repeats)


def _renamed(name: str, part: Part) -> tuple[Which, dict[str, str]]:
    """Return the names of a part with a name that is taken written as a second one: "echo" as "echo_2"."""
    second = f"{name}_2"
    which = {second if own == name else own: value for own, value in part.which.items()}
    return which, {second if own == name else own: words for own, words in part.by.items()}


def _numbered_through(parts: list[Part], name: str) -> list[Part]:
    """Return parts with one number for times within times, or phases within phases, in their order."""
    second = f"{name}_2"
    if name not in TIME_DIMENSIONS or not any(second in part.which for part in parts):
        return parts
    times = sorted({(float(part.which[name]), float(part.which.get(second, 0))) for part in parts})
    made = []
    for part in parts:
        time = float(part.which[name]), float(part.which.get(second, 0))
        which = {own: value for own, value in part.which.items() if own != second}
        by = {own: words for own, words in part.by.items() if own != second}
        if second in part.by:
            by[name] = f"{by[name]} and {part.by[second]}"
        made.append(replace(part, which={**which, name: float(times.index(time))}, by=by))
    return made


def _groups(frames: Frames, keyword: str, repeats: int) -> list[tuple[DimensionValue, Frames]] | None:
    """Group frames by an attribute, in order; None where it cannot split those at one position.

    An attribute that differs from slice to slice makes more groups than there are frames at one position: it is of no
    use.
    """
    values = dimension_values(keyword, frames)
    groups = group_frames(frames, values)
    if len(groups) < 2:
        return None
    if len(groups) > repeats and (merged := merge_jitter(keyword, values)) != values:
        groups = group_frames(frames, merged)
    if not 2 <= len(groups) <= repeats:
        return None
    if any(most_at_one_position(group) >= repeats for group in groups.values()):
        return None
    words = any(isinstance(value, str) and value for value in groups)
    ordered = sorted(groups.items(), key=lambda item: (earliest(item[1]),) if words else _rank(item[0]))
    return [(value, group) for value, group in ordered if isinstance(value, str | float | int)]


def _rank(value: Hashable) -> tuple[float, float]:
    return (1.0, float(value)) if isinstance(value, int | float) else (0.0, 0.0)


def _names(
    attribute: DimensionAttribute, keyword: str, groups: list[tuple[DimensionValue, Frames]]
) -> list[DimensionValue]:
    """Return the value by which each group of frames is named, in their order."""
    if attribute.name in TIME_DIMENSIONS:
        return [float(number) for number in range(len(groups))]
    if keyword != "EchoTime":
        return [ABSENT if value == "" else value for value, _ in groups]
    # Echoes have their own numbers where these are as many as the echo times.
    own = [{frame.dimension_values.get("EchoNumbers") for frame in group} for _, group in groups]
    numbers = [float(next(iter(each)) or 0) for each in own if len(each) == 1]
    return list(numbers) if len(set(numbers)) == len(groups) else [float(n + 1) for n in range(len(groups))]


def _unfinished(frames: Frames, groups: list[Frames], attribute: DimensionAttribute) -> int | None:
    """Return the index of the group whose acquisition was interrupted, or None.

    It is the last one, where it lacks positions that all others have. Two complete ones at least must be there: of two
    that differ nobody can say that one is not as it was meant.
    """
    number = {id(frame): n for n, members in enumerate(group_by_position(frames).values()) for frame in members}
    positions = [{number[id(frame)] for frame in group if id(frame) in number} for group in groups]
    full = max(positions, key=len)
    short = [n for n, own in enumerate(positions) if own != full]
    if len(groups) < 3 or len(short) != 1 or not positions[short[0]] < full:
        return None
    ordered = attribute.counts or attribute.name in TIME_DIMENSIONS
    last = len(groups) - 1 if ordered else max(range(len(groups)), key=lambda n: earliest(groups[n]))
    return last if short == [last] else None


def _with_b_values(parts: list[Part]) -> list[Part]:
    """Add the b-value to the names of parts that differ in direction, which means little without it."""
    if not any("direction" in part.which for part in parts) or any("b_value" in part.which for part in parts):
        return parts
    keywords = [keyword for keyword, attribute in DIMENSION_ATTRIBUTES.items() if attribute.name == "b_value"]
    made = []
    for part in parts:
        keyword = next((k for k in keywords if all(k in frame.dimension_values for frame in part.frames)), None)
        values = {frame.dimension_values[keyword] for frame in part.frames} if keyword else set()
        if keyword is None or len(values) != 1:
            return parts
        which: Which = {"b_value": values.pop(), **part.which}
        made.append(replace(part, which=which, by={"b_value": spelled(keyword, part.frames), **part.by}))
    return made
