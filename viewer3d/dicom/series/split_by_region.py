"""Parallel frames to those of regions far apart."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.volume import Which
from viewer3d.dicom.headers.frame import Frames
from viewer3d.dicom.series.slice_steps import distinct, heights

FAR_STEPS: Final = 10
"""Of the usual step: a wider gap may part two regions; some slices that are missing leave a narrower one."""

FAR: Final = 20.0
"""mm: and so far apart they must be, so that a dozen thin slices that are missing part nothing."""

BESIDE: Final = 0.5
"""Of the size of a picture: pictures so far beside each other at one height show two things, not one at two times."""


def split_by_region(frames: Frames) -> list[tuple[Which, Frames]]:
    """Part parallel frames into those of regions far apart: beside each other, and along the normal.

    Returns
    -------
    list of (dict, tuple of Frame)
        What tells each region, numbered from 1, and its frames; nothing when there is only one.
    """
    if any(frame.position is None or frame.orientation is None for frame in frames):
        return [({}, frames)]
    parts = [part for beside in _side_by_side(frames) for part in _along(beside)]
    if len(parts) == 1:
        return [({}, frames)]
    return [({"region": float(number)}, part) for number, part in enumerate(parts, 1)]


def _side_by_side(frames: Frames) -> list[Frames]:
    """Part frames at one height whose pictures lie half their size or more beside each other."""
    along = heights(frames)
    if len(distinct(along)) == len(frames):
        return [frames]
    first = frames[0]
    assert first.orientation is not None
    axes = np.array(first.orientation).reshape(2, 3)
    sizes = np.array([first.columns, first.rows]) * (first.pixel_spacing or (1.0, 1.0))[::-1]
    with np.errstate(all="ignore"):
        beside = np.array([frame.position for frame in frames]) @ axes.T / sizes
    if not np.isfinite(beside).all() or np.ptp(beside, axis=0).max() < BESIDE:  # pictures of no size are damaged
        return [frames]
    leaders: list[NDArray[np.float64]] = []
    numbers = []
    for own in beside:
        near = [count for count, leader in enumerate(leaders) if np.abs(own - leader).max() < BESIDE]
        if not near:
            leaders.append(own)
        numbers.append(near[0] if near else len(leaders) - 1)
    groups = _dealt(frames, numbers)
    # Slices of a tilted gantry drift as well, but then no height is in two groups.
    shared = sum(len(distinct(heights(group))) for group in groups) > len(distinct(along))
    return sorted(groups, key=lambda group: group[0].position or ()) if shared else [frames]


def _along(frames: Frames) -> list[Frames]:
    """Part parallel frames into those of regions far apart along their normal, the lowest first.

    A gap parts two regions when it is :data:`FAR_STEPS` times the usual one and :data:`FAR` wide, and no narrower than
    the shorter of the two is long: less is a stack in which slices are missing.
    """
    along = heights(frames)
    ordered = distinct(along)
    gaps = np.diff(ordered)
    if len(gaps) < 2:
        return [frames]
    usual = float(np.sort(gaps)[(len(gaps) - 1) // 2])
    wide = np.flatnonzero((gaps > FAR_STEPS * usual) & (gaps > FAR))
    ends = [-1, *wide.tolist(), len(gaps)]
    lengths = [float(ordered[end] - ordered[begin + 1]) for begin, end in pairwise(ends)]
    borders = [
        (ordered[gap] + ordered[gap + 1]) / 2
        for number, gap in enumerate(wide)
        if gaps[gap] >= min(lengths[number], lengths[number + 1])
    ]
    if not borders:
        return [frames]
    return _dealt(frames, np.searchsorted(borders, along).tolist())


def _dealt(frames: Frames, numbers: list[int]) -> list[Frames]:
    """Return the frames of each number, the lowest first."""
    return [
        tuple(frame for frame, number in zip(frames, numbers, strict=True) if number == wanted)
        for wanted in sorted(set(numbers))
    ]
