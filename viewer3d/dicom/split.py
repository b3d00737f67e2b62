"""Frames of one series to parts that belong together, and what tells each part from the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from viewer3d.dicom.belonging import owners
from viewer3d.dicom.frame import Frame
from viewer3d.dicom.kinds import divide
from viewer3d.dicom.nuclear import NUCLEAR
from viewer3d.dicom.steps import SAME_POSITION
from viewer3d.members import COUNTED, told
from viewer3d.volume import Which

Frames = tuple[Frame, ...]
SPLITTERS: Final = {
    "EchoTime": "echo",
    "EchoNumbers": "echo",
    "DiffusionBValue": "b_value",
    "TemporalPositionIdentifier": "time",
    "TriggerTime": "phase",
    "AcquisitionNumber": "acquisition",
    "AcquisitionTime": "time",
    "ContentTime": "time",
    **NUCLEAR,
}
"""Attributes that may tell frames at one position apart, the most telling first, and what a part is then told by."""


@dataclass(frozen=True, eq=False)
class Part:
    """Frames that belong together.

    Attributes
    ----------
    which : dict
        What tells them from the other parts.
    frames : tuple of Frame
    """

    which: Which
    frames: Frames


def split(frames: Frames) -> list[Part]:
    """Split the frames of one series, each file being there once.

    Other patients and frames of reference are parted first (:func:`~viewer3d.dicom.belonging.owners`), then what lies
    elsewhere or is of another kind (:func:`~viewer3d.dicom.kinds.divide`). Frames at one position are told apart by
    the first attribute of :data:`SPLITTERS` that can; those without a place may be of each part.
    """
    parts = []
    for owner, own in owners(frames):
        for which, placed, strays in divide(own):
            parts += [
                Part({**owner, **which, **part.which}, (*part.frames, *strays))
                for part in _split_by_tells(placed, tuple(SPLITTERS))
            ]
    return parts


def label(which: Which) -> str:
    """Return what tells a part in words: "echo 2, time 0"."""
    return ", ".join(told(name, value) for name, value in which.items())


def without_copies(frames: Iterable[Frame]) -> tuple[Frames, dict[Frame, list[Frame]]]:
    """Set copies of a file apart, so that none passes for another time: the same instance at the same position."""
    first: dict[Hashable, Frame] = {}
    copies: dict[Frame, list[Frame]] = defaultdict(list)
    for number, frame in enumerate(frames):
        key = (frame.sop_uid, frame.index, frame.position) if frame.sop_uid else number
        kept = first.setdefault(key, frame)
        if kept is not frame:
            copies[kept].append(frame)
    return tuple(first.values()), copies


def _group(frames: Iterable[Frame], key: Callable[[Frame], Hashable]) -> dict[Hashable, Frames]:
    groups: dict[Hashable, list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[key(frame)].append(frame)
    return {value: tuple(members) for value, members in groups.items()}


def _split_by_tells(frames: Frames, splitters: tuple[str, ...]) -> list[Part]:
    """Split frames until no two of a part are at one position, as far as attributes tell them apart."""
    repeats = most_at_one_position(frames)
    if repeats < 2:
        return [Part({}, frames)]
    for number, keyword in enumerate(splitters):
        groups = _group(frames, partial(_tell, keyword))
        # Times that differ from slice to slice make too many parts: those tell nothing.
        if 2 <= len(groups) <= repeats and all(most_at_one_position(group) < repeats for group in groups.values()):
            ordered = sorted(groups.items(), key=lambda item: (str(type(item[0])), item[0]))
            name = SPLITTERS[keyword]
            return [
                Part({name: value, **part.which}, part.frames)
                for value, group in zip(_numbers(name, keyword, ordered), [group for _, group in ordered], strict=True)
                for part in _split_by_tells(group, splitters[number + 1 :])
            ]
    return _split_by_turn(frames, repeats)


def _numbers(name: str, keyword: str, ordered: list[tuple[Hashable, Frames]]) -> list[str | float]:
    """Return what the parts of one attribute, in the order of its values, are called."""
    if name in COUNTED:
        return [float(turn) for turn in range(len(ordered))]
    if keyword != "EchoTime":
        return [value if isinstance(value, int | float) else str(value) for value, _ in ordered]
    # Echoes are told by their own numbers where these are as many as the times.
    own = [{frame.tells.get("EchoNumbers") for frame in group} for _, group in ordered]
    numbers = [float(next(iter(each)) or 0) for each in own if len(each) == 1]
    return list(numbers) if len(set(numbers)) == len(ordered) else [float(n + 1) for n in range(len(ordered))]


def _split_by_turn(frames: Frames, repeats: int) -> list[Part]:
    """Split frames whose every position was taken equally often into first, second, ... turn, by time and number."""
    turns: list[list[Frame]] = [[] for _ in range(repeats)]
    for members in by_position(frames).values():
        # Where positions differ in number there are no turns to speak of.
        if len(members) != repeats or any("InstanceNumber" not in frame.tells for frame in members):
            return [Part({}, frames)]
        for turn, frame in zip(turns, sorted(members, key=_turn_key), strict=True):
            turn.append(frame)
    return [Part({"time": float(number)}, tuple(turn)) for number, turn in enumerate(turns)]


def _turn_key(frame: Frame) -> tuple[str, float]:
    return str(frame.tells.get("AcquisitionTime", "")), float(frame.tells["InstanceNumber"])


def _tell(keyword: str, frame: Frame) -> str | float:
    return frame.tells.get(keyword, "")


def by_position(frames: Frames) -> dict[Hashable, Frames]:
    """Group frames at one position; those without a position are each alone."""
    placed = [frame for frame in frames if frame.position is not None and frame.orientation is not None]
    if not placed:
        return {}
    orientation = np.array(placed[0].orientation)
    along = np.array([frame.position for frame in placed]) @ np.cross(orientation[:3], orientation[3:])
    order = np.argsort(along, kind="stable")
    number = np.empty(len(placed), int)
    number[order] = np.concatenate([[0], np.cumsum(np.diff(along[order]) > SAME_POSITION)])
    numbers = iter(number.tolist())
    return _group(placed, lambda _frame: next(numbers))


def most_at_one_position(frames: Frames) -> int:
    """Return how many frames are at the position with the most."""
    return max((len(members) for members in by_position(frames).values()), default=1)
