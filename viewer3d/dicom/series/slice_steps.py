"""Positions of frames along their normal, and whether frames are one stack at even steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.series.slice_layout import EVEN_TOLERANCE

SAME_POSITION: Final = 0.01
"""mm: frames that are nearer are at one position. No scanner has such small steps, and decimal text is good to 1e-4."""

ORIENTATION_TOLERANCE: Final = 1e-3
"""Cosines within a stack differ by less: scanners write 4 to 6 digits, and 1e-3 is 0.25 mm over 250 mm."""

PIXEL_SPACING_TOLERANCE: Final = 1e-4
"""Relative: 0.05 mm over a row of 500 mm."""

LEAST_POSITIONS: Final = 3
"""So many positions at least show an even step: two are always even."""

_LINE_TOLERANCE: Final = 1.0
"""mm: frames of one stack lie no farther from the line through them."""

Numbers = NDArray[np.float64]


def normal_of(frame: Frame) -> Numbers:
    """Return the unit normal, shape (3,), of a frame that has an orientation: row x column, in LPS."""
    assert frame.orientation is not None
    normal: Numbers = np.cross(frame.orientation[:3], frame.orientation[3:])
    return normal / (np.linalg.norm(normal) or 1.0)


def heights(frames: Iterable[Frame]) -> Numbers:
    """Return the positions of frames along the normal of the first, in mm, shape (n,), in their order."""
    placed = tuple(frames)
    positions: Numbers = np.array([frame.position for frame in placed], np.float64) @ normal_of(placed[0])
    return positions


def distinct(along: Numbers) -> Numbers:
    """Return positions along a normal in ascending order, without those nearer than :data:`SAME_POSITION`."""
    ordered = np.sort(along)
    kept: Numbers = ordered[np.concatenate([[True], np.diff(ordered) > SAME_POSITION])]
    return kept


def is_one_stack(frames: Iterable[Frame]) -> bool:
    """Return whether frames are certainly one stack.

    They are if they have one size, orientation and pixel spacing and lie on one line at even steps, of which single
    ones may be missing.
    """
    placed = tuple(frames)
    if any(frame.position is None or frame.orientation is None or frame.pixel_spacing is None for frame in placed):
        return False
    if len({(frame.columns, frame.rows) for frame in placed}) > 1 or not are_alike(placed):
        return False
    along = distinct(heights(placed))
    return len(along) >= LEAST_POSITIONS and is_even(np.diff(along)) and is_on_a_line(placed)


def are_alike(frames: Iterable[Frame]) -> bool:
    """Return whether frames with a position agree in orientation and pixel spacing."""
    placed = tuple(frames)
    cosines = np.array(list({frame.orientation for frame in placed}))
    spacings = np.array(list({frame.pixel_spacing for frame in placed}))
    spread = float(np.ptp(cosines, axis=0).max())
    return spread <= ORIENTATION_TOLERANCE and bool(
        (spacings.max(0) <= spacings.min(0) * (1 + PIXEL_SPACING_TOLERANCE)).all()
    )


def is_even(gaps: Numbers) -> bool:
    """Return whether gaps between positions are those of even steps, of which some may be missing.

    Most gaps must be the finest one, the others whole multiples of it within twice
    :data:`~viewer3d.dicom.series.slice_layout.EVEN_TOLERANCE`, and no more positions may be missing than there are.

    Parameters
    ----------
    gaps : ndarray, shape (n,)
        Differences of ascending positions, in mm.
    """
    finest = float(np.sort(gaps)[: max(1, len(gaps) // 2)].mean())
    steps = gaps / finest
    # A gap of n steps may be off by what n steps may.
    even = np.abs(steps - np.rint(steps)) <= 2 * EVEN_TOLERANCE * np.maximum(1, np.rint(steps))
    most = int(np.count_nonzero(np.rint(steps) == 1)) * 2 >= len(gaps)
    return bool(even.all()) and most and float(np.rint(steps).sum()) <= 2 * len(gaps)


def is_on_a_line(frames: Iterable[Frame]) -> bool:
    """Return whether the positions of frames lie on one line, within 1 mm."""
    positions = np.array([frame.position for frame in frames], np.float64)
    positions -= positions.mean(0)
    along = np.linalg.svd(positions, full_matrices=False)[2][0]
    beside = positions - np.outer(positions @ along, along)
    return float(np.linalg.norm(beside, axis=1).max()) <= _LINE_TOLERANCE


def is_continued_by(ours: Iterable[Frame], theirs: Iterable[Frame]) -> bool:
    """Return whether two groups of frames with positions are parts of one stack.

    They are if no position is in both, they agree in orientation and pixel spacing and lie on one line, and either
    alternate at even steps or follow each other at a step like their own.
    """
    first, second = tuple(ours), tuple(theirs)
    if not are_alike((*first, *second)) or not is_on_a_line((*first, *second)):
        return False
    along = heights((*first, *second))
    a, b = distinct(along[: len(first)]), distinct(along[len(first) :])
    together = distinct(along)
    if len(together) < len(a) + len(b) or len(together) < LEAST_POSITIONS:
        return False
    low, high = (a, b) if a[0] < b[0] else (b, a)
    if low[-1] > high[0]:
        return is_even(np.diff(together))
    gap, steps = float(high[0] - low[-1]), np.concatenate([np.diff(low), np.diff(high)])
    return bool(0.5 * steps.min() <= gap <= 1.5 * steps.max())
