"""A part of a series that can be a volume, and its frames grouped by position."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from viewer3d.core.series_info import Which
from viewer3d.dicom.headers.frame import Frame, Frames
from viewer3d.dicom.series.slice_steps import SAME_POSITION


@dataclass(frozen=True, eq=False)
class Part:
    """Frames of one series that belong together.

    Attributes
    ----------
    which : dict
        The names and values by which this part differs from the others.
    frames : tuple of Frame
    by : dict
        The names in ``which`` by which frames at one position were distinguished, and the attribute of each in words.
    guess : str
        What the order of frames at one position was taken from, where no attribute says which belong together.
    problem : str
        Why they make no volume, as far as their headers say; empty when they may.
    left_over : bool
        Whether they are what there is of a volume that was not finished.
    """

    which: Which
    frames: Frames
    by: dict[str, str] = field(default_factory=dict)
    guess: str = ""
    problem: str = ""
    left_over: bool = False


def group_frames(frames: Sequence[Frame], keys: Iterable[Hashable]) -> dict[Hashable, Frames]:
    """Group frames by a key for each, in the order in which keys first occur."""
    groups: dict[Hashable, list[Frame]] = defaultdict(list)
    for frame, key in zip(frames, keys, strict=True):
        groups[key].append(frame)
    return {value: tuple(members) for value, members in groups.items()}


def group_by_position(frames: Sequence[Frame]) -> dict[Hashable, Frames]:
    """Group parallel frames by position along their normal, leaving out those without a position.

    Returns
    -------
    dict of int to tuple of Frame
        The number of each position, counted from the lowest, and the frames there; nearer than
        :data:`~viewer3d.dicom.series.slice_steps.SAME_POSITION` to the next is the same position.
    """
    placed = [frame for frame in frames if frame.position is not None and frame.orientation is not None]
    if not placed:
        return {}
    orientation = np.array(placed[0].orientation)
    along = np.array([frame.position for frame in placed]) @ np.cross(orientation[:3], orientation[3:])
    order = np.argsort(along, kind="stable")
    number = np.empty(len(placed), int)
    number[order] = np.concatenate([[0], np.cumsum(np.diff(along[order]) > SAME_POSITION)])
    return group_frames(placed, number.tolist())


def most_at_one_position(frames: Sequence[Frame]) -> int:
    """Return how many frames are at the position that has the most."""
    return max((len(members) for members in group_by_position(frames).values()), default=1)
