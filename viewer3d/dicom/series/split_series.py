"""Split the frames of one series into parts that can be volumes, and label the parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import replace

from viewer3d.core.members import dimension_text
from viewer3d.core.series_info import Which
from viewer3d.dicom.headers.frame import Frame, Frames
from viewer3d.dicom.series.part import Part
from viewer3d.dicom.series.split_by_dimension import split_by_dimension
from viewer3d.dicom.series.split_by_kind import split_by_kind
from viewer3d.dicom.series.split_by_patient import split_by_patient


def split_series(frames: Frames) -> list[Part]:
    """Split the frames of one series into parts that can be volumes.

    Each file must be there once. Three functions split one after the other: :func:`split_by_patient`,
    :func:`split_by_kind` and :func:`split_by_dimension`. Frames without a position may be slices of any part, and are
    added to each.
    """
    parts = []
    for patient, own in split_by_patient(frames):
        for which, placed, unplaced in split_by_kind(own):
            parts += [
                replace(part, which={**patient, **which, **part.which}, frames=(*part.frames, *unplaced))
                for part in split_by_dimension(placed)
            ]
    return parts


def label(which: Which) -> str:
    """Write the names and values that identify a part of a series: "echo 2, time 0"."""
    return ", ".join(dimension_text(name, value) for name, value in which.items())


def without_copies(frames: Iterable[Frame]) -> tuple[Frames, dict[Frame, list[Frame]]]:
    """Return frames without copies of a file, and the copies of each.

    A copy is the same instance (SOP Instance UID) at the same position; it must not be taken for another time.
    """
    first: dict[Hashable, Frame] = {}
    copies: dict[Frame, list[Frame]] = defaultdict(list)
    for number, frame in enumerate(frames):
        key = (frame.sop_uid, frame.index, frame.position) if frame.sop_uid else number
        kept = first.setdefault(key, frame)
        if kept is not frame:
            copies[kept].append(frame)
    return tuple(first.values()), copies
