"""Split parallel frames into regions that are far from each other."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.series_info import Which
from viewer3d.dicom.headers.frame import Frames
from viewer3d.dicom.series.slice_steps import distinct, heights

FAR_STEPS: Final = 10
"""Relative to the usual step: a wider gap may separate two regions; a few missing slices leave a narrower one."""

FAR: Final = 20.0
"""mm: the gap must also be wider than this, so that a dozen missing thin slices separate nothing."""

BESIDE: Final = 0.5
"""Relative to the size of an image: images so far beside each other at one height show two regions, not two times."""


def split_by_region(frames: Frames) -> list[tuple[Which, Frames]]:
    """Split parallel frames into regions beside each other, and into regions along their normal.

    Returns
    -------
    list of (dict, tuple of Frame)
        The number of each region from 1, empty if there is only one, and its frames.
    """
    if any(frame.position is None or frame.orientation is None for frame in frames):
        return [({}, frames)]
    parts = [part for beside in _side_by_side(frames) for part in _along(beside)]
    if len(parts) == 1:
        return [({}, frames)]
    return [({"region": float(number)}, part) for number, part in enumerate(parts, 1)]


def _side_by_side(frames: Frames) -> list[Frames]:
    """Split frames at one height whose images lie half their size or more beside each other."""
    along = heights(frames)
    if len(distinct(along)) == len(frames):
        return [frames]
    first = frames[0]
    assert first.orientation is not None
    axes = np.array(first.orientation).reshape(2, 3)
    sizes = np.array([first.columns, first.rows]) * (first.pixel_spacing or (1.0, 1.0))[::-1]
    with np.errstate(all="ignore"):
        beside = np.array([frame.position for frame in frames]) @ axes.T / sizes
    if not np.isfinite(beside).all() or np.ptp(beside, axis=0).max() < BESIDE:  # images without a size are damaged
        return [frames]
    leaders: list[NDArray[np.float64]] = []
    numbers = []
    for own in beside:
        near = [count for count, leader in enumerate(leaders) if np.abs(own - leader).max() < BESIDE]
        if not near:
            leaders.append(own)
        numbers.append(near[0] if near else len(leaders) - 1)
    groups = _by_number(frames, numbers)
    # Slices of a tilted gantry drift as well, but then no height is in two groups.
    shared = sum(len(distinct(heights(group))) for group in groups) > len(distinct(along))
    return sorted(groups, key=lambda group: group[0].position or ()) if shared else [frames]


def _along(frames: Frames) -> list[Frames]:
    """Split parallel frames into regions along their normal, the lowest first.

    A gap separates two regions if it is :data:`FAR_STEPS` times the usual one and :data:`FAR` wide, and not less than
    the length of the shorter of the two; else it is a stack in which slices are missing.
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
    return _by_number(frames, np.searchsorted(borders, along).tolist())


def _by_number(frames: Frames, numbers: list[int]) -> list[Frames]:
    """Group frames by a number for each, the lowest first."""
    return [
        tuple(frame for frame, number in zip(frames, numbers, strict=True) if number == wanted)
        for wanted in sorted(set(numbers))
    ]
