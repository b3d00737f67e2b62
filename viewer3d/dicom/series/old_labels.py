"""The labels that stacks had in earlier versions, whose hashes old recipes hold.

Series were then split and labelled by simpler rules, which are kept here as they were, so that the stack that holds the
same images is found. Nothing is loaded by these rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import letters
from viewer3d.core.series_info import Which
from viewer3d.dicom.headers.frame import Frame, Frames
from viewer3d.dicom.series.split_series import label

Named = list[tuple[Which, Frames]]

SPLITTERS: Final = {
    "EchoTime": "echo",
    "EchoNumbers": "echo",
    "DiffusionBValue": "b_value",
    "TemporalPositionIdentifier": "time",
    "TriggerTime": "phase",
    "AcquisitionNumber": "acquisition",
    "AcquisitionTime": "time",
    "ContentTime": "time",
}
"""The attributes by which frames at one position were distinguished, and the name of each in labels."""

_COUNTED: Final = ("time", "phase")
_PLANE_TOLERANCE: Final = 5e-2  # cosines
_SAME_POSITION: Final = 0.01  # mm
_AXES: Final = {"H": "axial", "F": "axial", "A": "coronal", "P": "coronal", "L": "sagittal", "R": "sagittal"}


def old_labels(frames: Iterable[Frame]) -> list[tuple[str, Frames]]:
    """Return the old labels of the parts of one series, and their frames; each study was then a series."""
    studies = _group(_without_copies(frames), lambda frame: frame.series.study_uid)
    return [(label(which), part) for members in studies.values() for which, part in _split(members)]


def _split(frames: Frames) -> Named:
    groups = _group(frames, _kind)
    names = _kind_names(list(groups))
    parts: Named = []
    for kind, group in groups.items():
        planes = _planes(group)
        for plane in planes:
            which: Which = {**names[kind], **({"plane": _plane_name(plane)} if len(planes) > 1 else {})}
            parts += [({**which, **more}, part) for more, part in _by_attribute(plane, tuple(SPLITTERS))]
    return parts


def _without_copies(frames: Iterable[Frame]) -> Frames:
    first: dict[Hashable, Frame] = {}
    for number, frame in enumerate(frames):
        first.setdefault((frame.sop_uid, frame.index, frame.position) if frame.sop_uid else number, frame)
    return tuple(first.values())


def _group(frames: Iterable[Frame], key: Callable[[Frame], Hashable]) -> dict[Hashable, Frames]:
    groups: dict[Hashable, list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[key(frame)].append(frame)
    return {value: tuple(members) for value, members in groups.items()}


def _kind(frame: Frame) -> tuple[str, str, str]:
    size = f"{frame.stored.columns} x {frame.stored.rows}"
    return (
        " ".join(frame.image_type[2:]) or "no image type",
        size,
        str(frame.dimension_values.get("StackID", "")) or "none",
    )


def _kind_names(kinds: list[Hashable]) -> dict[Hashable, Which]:
    columns = zip(*(kind for kind in kinds if isinstance(kind, tuple)), strict=True)
    differ = [(name, len(set(column)) > 1) for name, column in zip(("kind", "size", "stack_id"), columns, strict=True)]
    return {
        kind: {name: value for (name, differs), value in zip(differ, kind, strict=True) if differs}
        for kind in kinds
        if isinstance(kind, tuple)
    }


def _planes(frames: Frames) -> list[Frames]:
    leaders: list[NDArray[np.float64]] = []

    def number(frame: Frame) -> int:
        if frame.orientation is None:
            return -1
        own = np.array(frame.orientation)
        near = [count for count, leader in enumerate(leaders) if np.abs(own - leader).max() < _PLANE_TOLERANCE]
        if not near:
            leaders.append(own)
        return near[0] if near else len(leaders) - 1

    return list(_group(frames, number).values())


def _plane_name(frames: Frames) -> str:
    orientation = frames[0].orientation
    across = None if orientation is None else np.cross(orientation[:3], orientation[3:])
    if across is None or not across.any():
        return "no orientation"
    normal = letters(across)
    return _AXES[normal[0]] + (" oblique" if len(normal) > 1 else "")


def _by_attribute(frames: Frames, splitters: tuple[str, ...]) -> Named:
    most = _most(frames)
    if most < 2:
        return [({}, frames)]
    for number, keyword in enumerate(splitters):
        groups = _group(frames, partial(_value, keyword))
        if 2 <= len(groups) <= most and all(_most(group) < most for group in groups.values()):
            ordered = sorted(groups.items(), key=lambda item: (str(type(item[0])), item[0]))
            name = SPLITTERS[keyword]
            values = _values(name, keyword, ordered)
            return [
                ({name: value, **which}, part)
                for value, (_, group) in zip(values, ordered, strict=True)
                for which, part in _by_attribute(group, splitters[number + 1 :])
            ]
    return _by_number(frames, most)


def _value(keyword: str, frame: Frame) -> str | float:
    # The time of a frame in functional groups had the name of the classic attribute.
    grouped = frame.dimension_values.get("FrameAcquisitionDateTime", "") if keyword == "AcquisitionTime" else ""
    return frame.dimension_values.get(keyword, grouped)


def _values(name: str, keyword: str, ordered: list[tuple[Hashable, Frames]]) -> list[str | float]:
    if name in _COUNTED:
        return [float(number) for number in range(len(ordered))]
    if keyword != "EchoTime":
        return [value if isinstance(value, int | float) else str(value) for value, _ in ordered]
    own = [{frame.dimension_values.get("EchoNumbers") for frame in group} for _, group in ordered]
    numbers = [float(next(iter(each)) or 0) for each in own if len(each) == 1]
    return list(numbers) if len(set(numbers)) == len(ordered) else [float(n + 1) for n in range(len(ordered))]


def _by_number(frames: Frames, most: int) -> Named:
    volumes: list[list[Frame]] = [[] for _ in range(most)]
    for members in _by_position(frames).values():
        if len(members) != most or any("InstanceNumber" not in frame.dimension_values for frame in members):
            return [({}, frames)]
        key = [
            (str(frame.dimension_values.get("AcquisitionTime", "")), float(frame.dimension_values["InstanceNumber"]))
            for frame in members
        ]
        for volume, at in zip(volumes, sorted(range(most), key=key.__getitem__), strict=True):
            volume.append(members[at])
    return [({"time": float(number)}, tuple(volume)) for number, volume in enumerate(volumes)]


def _by_position(frames: Frames) -> dict[Hashable, Frames]:
    placed = [frame for frame in frames if frame.position is not None and frame.orientation is not None]
    if not placed:
        return {}
    orientation = np.array(placed[0].orientation)
    along = np.array([frame.position for frame in placed]) @ np.cross(orientation[:3], orientation[3:])
    order = np.argsort(along, kind="stable")
    number = np.empty(len(placed), int)
    number[order] = np.concatenate([[0], np.cumsum(np.diff(along[order]) > _SAME_POSITION)])
    numbers = iter(number.tolist())
    return _group(placed, lambda _frame: next(numbers))


def _most(frames: Frames) -> int:
    return max((len(members) for members in _by_position(frames).values()), default=1)
