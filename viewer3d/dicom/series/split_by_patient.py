"""What parts the files of one series before anything else: other patients, frames of reference, and studies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from viewer3d.core.volume import Which
from viewer3d.dicom.headers.frame import Frame, Frames
from viewer3d.dicom.series.slice_steps import SAME_POSITION, is_one_stack


def split_by_patient(frames: Frames) -> list[tuple[Which, Frames]]:
    """Part the frames of one series by what can never be one volume.

    That are other patients, and other frames of reference, whose positions have nothing to do with each other (PS3.3
    C.7.4.1.1.1); but a plainly even stack whose every slice names a frame of reference of its own is one, because it
    can only have been written so by mistake. Studies part a series only where their frames collide.

    Returns
    -------
    list of (dict, tuple of Frame)
        What tells each part from the others, numbered from 1; nothing when there is only one.
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
    # Two are one when their IDs are the same; where one has none, when their names are.
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
    """Whether a position is in two groups, by another picture than a copy."""
    seen: dict[tuple[int, ...], tuple[int, str]] = {}
    for number, group in enumerate(groups):
        for frame in group:
            if frame.position is None:
                continue
            place = tuple(round(mm / SAME_POSITION) for mm in (*frame.position, *(frame.orientation or ())))
            other, uid = seen.setdefault(place, (number, frame.sop_uid))
            if other != number and (not uid or uid != frame.sop_uid):
                return True
    return False


def _grouped(frames: Frames, key: Callable[[Frame], str]) -> list[Frames]:
    """Group frames by a word, in the order of their lowest SOP Instance UID, whatever the order of the files.

    Those without a word belong to the only others there are; to nobody where there are several.
    """
    groups: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[key(frame)].append(frame)
    if "" in groups and len(groups) == 2:
        return [frames]
    return sorted(map(tuple, groups.values()), key=lambda group: min((f.sop_uid, f.name) for f in group))
