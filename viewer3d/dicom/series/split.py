"""Frames of one series to parts that belong together, and what tells each part from the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import replace

from viewer3d.core.members import dimension_text
from viewer3d.core.volume import Which
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.series.belonging import owners
from viewer3d.dicom.series.distinguish import Frames, Part, told_apart
from viewer3d.dicom.series.kinds import divide


def split(frames: Frames) -> list[Part]:
    """Split the frames of one series, each file being there once.

    Other patients and frames of reference are parted first (:func:`~viewer3d.dicom.series.belonging.owners`), then
    what lies
    elsewhere or is of another kind (:func:`~viewer3d.dicom.series.kinds.divide`). Frames at one position are told
    apart as :func:`~viewer3d.dicom.series.distinguish.told_apart` does; those without a place may be of each part.
    """
    parts = []
    for owner, own in owners(frames):
        for which, placed, strays in divide(own):
            parts += [
                replace(part, which={**owner, **which, **part.which}, frames=(*part.frames, *strays))
                for part in told_apart(placed)
            ]
    return parts


def label(which: Which) -> str:
    """Return what tells a part in words: "echo 2, time 0"."""
    return ", ".join(dimension_text(name, value) for name, value in which.items())


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
