"""Split the frames of one series by patient, frame of reference and study."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from viewer3d.core.series_info import Which
from viewer3d.dicom.headers.frame import Frame, Frames
from viewer3d.dicom.series.slice_steps import SAME_POSITION, is_one_stack


def split_by_patient(frames: Frames) -> list[tuple[Which, Frames]]:
    """Split the frames of one series into those that can be one volume.

    Two patients are never one volume, and neither are two frames of reference, whose positions are unrelated (PS3.3
    C.7.4.1.1.1); but an even stack in which every slice names its own frame of reference is one, as that can only be a
    mistake of the writer. Studies split a series only where frames of two are at one position.

    Returns
    -------
    list of (dict, tuple of Frame)
        The name and number (from 1) of what differs between the parts, empty if there is only one, and their frames.
    """
    parts: list[tuple[Which, Frames]] = [({}, frames)]
    for name, split in (("patient", _patients), ("frame_of_reference", _references), ("study", _studies)):
        divided = []
        for which, members in parts:
            groups = split(members)
            numbered = enumerate(groups, 1) if len(groups) > 1 else [(0, members)]
            divided += [({**which, name: number} if number else which, group) for number, group in numbered]
        parts = divided
    return parts


def _patients(frames: Frames) -> list[Frames]:
    known = {frame.series.patient for frame in frames}
    if len(known) == 1:
        return [frames]
    # Patients are the same if their IDs are; where one has no ID, if their names are.
    ids = {name: number for number, name in known if number and name}
    return _grouped(frames, lambda frame: frame.series.patient[0] or _by_name(frame, ids))


def _by_name(frame: Frame, ids: dict[str, str]) -> str:
    name = frame.series.patient[1]
    return ids.get(name, f"name {name}" if name else "")


def _references(frames: Frames) -> list[Frames]:
    if len({frame.series.frame_of_reference for frame in frames}) == 1:
        return [frames]
    groups = _grouped(frames, lambda frame: frame.series.frame_of_reference)
    alone = tuple(group[0] for group in groups if len(group) == 1)
    if len(alone) > 1 and is_one_stack(alone):
        return [alone, *(group for group in groups if len(group) > 1)]
    return groups


def _studies(frames: Frames) -> list[Frames]:
    if len({frame.series.study_uid for frame in frames}) == 1:
        return [frames]
    groups = _grouped(frames, lambda frame: frame.series.study_uid)
    if all(len(group) > 1 for group in groups) and _collide(groups):
        return groups
    return [frames]


def _collide(groups: Sequence[Frames]) -> bool:
    """Return whether frames of two groups are at one position and are no copies of one instance."""
    seen: dict[tuple[int, ...], tuple[int, str]] = {}
    for number, group in enumerate(groups):
        for frame in group:
            if frame.position is None:
                continue
            key = tuple(round(mm / SAME_POSITION) for mm in (*frame.position, *(frame.orientation or ())))
            other, uid = seen.setdefault(key, (number, frame.sop_uid))
            if other != number and (not uid or uid != frame.sop_uid):
                return True
    return False


def _grouped(frames: Frames, key: Callable[[Frame], str]) -> list[Frames]:
    """Group frames by a text, in the order of their lowest SOP Instance UID, not that of the files.

    Frames without a text join the other group if there is only one; else they are a group of their own.
    """
    groups: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[key(frame)].append(frame)
    if "" in groups and len(groups) == 2:
        return [frames]
    return sorted(map(tuple, groups.values()), key=lambda group: min((f.sop_uid, f.name) for f in group))
