"""Find shells: what is thin, wide and alike from slice to slice.

Couches and holders are, anatomy is not: a limb is thick, ribs and skin change from slice to slice, and lung lies beside
the wall of a chest. All lengths are shares of the picture's width, so that a bed for mice is found as a couch is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.couch.masks import Mask, connected_regions, dilated, opened, without_gaps

ALIKE_LENGTH: Final = 0.2
"""Share of the width: 100 mm of 500, 46 of a head's 230. Over any such length a couch looks the same, though it may
slope by its own thickness; in a shorter volume all looks the same."""

MIN_LENGTH: Final = 0.4
"""Share of the width: couches and holders are longer, 200 mm of 500, except where the volume ends."""

WHOLE_LENGTH: Final = 0.9
"""Share of the volume's length: what is so long is as long as can be seen."""

MAX_THICKNESS: Final = 0.045
"""Share of the width: shells and boards of couches are thinner, 22 mm of 500 and 10 mm of a head's 230."""

MIN_FLATNESS: Final = 12
"""Width over thickness: a couch has more, 400 mm over 20 as well as 80 over 6; a hand lying flat has not."""

MIN_PART: Final = 0.1
"""Share of the width: a couch is found in no smaller parts, where a body lies on it or a grid is coarse."""

MAX_FRAYED: Final = 0.3
"""Share of what is beside it: of couches' 0.0 to 0.2 is dense here and there, of thin walls of chests 0.4 to 0.8."""

MIN_LUNG_HU: Final = -890.0
"""HU: of what is not dense, lung is denser (-850 at rest); air, foam and folds of cloth between them are not."""

MAX_LUNG: Final = 0.25
"""Share of what is not dense and near: of couches' 0.02 to 0.1 is as dense as lung, of walls of chests 0.5 and more."""

NEIGHBORHOOD: Final = 5
"""Blocks around a shell that are searched for what is beside it."""

LUNG_PLANES: Final = 16
"""Planes that are searched for lung beside a shell."""

MAX_REGIONS: Final = 40
"""Regions that are looked at, the largest first: a couch is among them, or it is small."""

BlockValues = Callable[[Mask], NDArray[np.float64]]
"""Returns the value of each block of a mask, in their order."""


def find_shells(dense: Mask, spacing: NDArray[np.float64], size: float, values: BlockValues, across: int) -> list[Mask]:
    """Return all that is thin, not narrow, and the same over a length, whichever direction is down.

    Parameters
    ----------
    dense : ndarray of bool, shape (planes, rows, columns)
        Planes lie across the scanner's axis.
    spacing : ndarray of float64, shape (3,)
        Between planes, rows and columns, in mm.
    size : float
        Width of the picture in mm: the longer side of a slice.
    values : callable
        Returns the HU of each block of a mask.
    across : int
        The axis across which a shell may step from row to row: 1 for rows, 2 for columns.

    Returns
    -------
    list of ndarray of bool, shape (planes, rows, columns)
    """
    length = min(int(np.ceil(ALIKE_LENGTH * size / spacing[0])), dense.shape[0])
    # Beyond the ends all is taken to go on as there, so that what slopes is alike over half the length alone at an end.
    longer = np.pad(without_gaps(dense, 0), ((length // 2, length // 2), (0, 0), (0, 0)), "edge")
    same = opened(longer, {0: length})[length // 2 : length // 2 + dense.shape[0]]
    if not same.any():
        return []
    thin = same & ~dilated(opened(same, square_sides(MAX_THICKNESS * size, spacing)), (1, 2))
    # The steps of a slope are of one shell; what lies on it is not.
    labels, extents = connected_regions(dilated(thin, (across,)))
    shells = []
    for n, ends in enumerate(extents[:MAX_REGIONS], 1):
        extent = (ends[:, 1] - ends[:, 0] + 1) * spacing
        least = min(MIN_LENGTH * size, WHOLE_LENGTH * spacing[0] * dense.shape[0])
        if extent[1:].max() < MIN_PART * size or extent[0] < least:
            continue
        box = tuple(slice(max(first - NEIGHBORHOOD, 0), last + NEIGHBORHOOD + 1) for first, last in ends)
        shell = (labels[box] == n) & thin[box]
        if not _is_flat(shell, spacing) or _is_frayed(shell, dense[box], same[box]):
            continue
        whole = np.zeros_like(dense)
        beside = _beside(shell, dense[box])
        whole[box] = beside
        if not _is_lung(beside, values(whole)):
            whole[box] = shell
            shells.append(whole)
    return shells


def _is_frayed(shell: Mask, dense: Mask, same: Mask) -> bool:
    # Whether what is beside it is dense in some planes and in others not.
    around = dilated(shell, (1, 2)) & ~shell
    return bool(np.count_nonzero(around & dense & ~same) > MAX_FRAYED * np.count_nonzero(around))


def _beside(shell: Mask, dense: Mask) -> Mask:
    # What is not dense and two to four blocks away, in some of the planes: they are alike.
    near = beside = dilated(shell, (1, 2))
    for _ in range(3):
        beside = dilated(beside, (1, 2))
    some = np.zeros((len(dense), 1, 1), np.bool_)
    some[:: max(1, len(dense) // LUNG_PLANES)] = True
    return beside & ~near & ~dilated(dense, (1, 2)) & some


def _is_lung(beside: Mask, values: NDArray[np.float64]) -> bool:
    # Whether lung is there, which makes a shell the wall of a chest; noise goes with the mean over planes.
    _, rows, columns = np.nonzero(beside)
    cells = rows * beside.shape[2] + columns
    counts, sums = np.bincount(cells), np.bincount(cells, values)
    is_any = counts > 0
    return bool(is_any.any() and np.mean(sums[is_any] > MIN_LUNG_HU * counts[is_any]) > MAX_LUNG)


def _is_flat(shell: Mask, spacing: NDArray[np.float64]) -> bool:
    # Its area over what it takes of rows and columns: the thickness of a sheet, half of a limb's.
    thickness = np.count_nonzero(shell) * spacing[1] / (np.count_nonzero(shell.any(1)) + np.count_nonzero(shell.any(2)))
    return bool(MIN_FLATNESS * thickness <= extent_across(shell, spacing))


def extent_across(mask: Mask, spacing: NDArray[np.float64]) -> float:
    """Return how far a mask reaches across the scanner's axis: the longer of height and width.

    Parameters
    ----------
    mask : ndarray of bool, shape (planes, rows, columns)
    spacing : ndarray of float64, shape (3,)
        In mm.

    Returns
    -------
    float
        In mm.
    """
    rows, columns = (np.flatnonzero(mask.any(axes)) for axes in ((0, 2), (0, 1)))
    if not rows.size:
        return 0.0
    return float(max(np.ptp(rows) * spacing[1], np.ptp(columns) * spacing[2]))


def square_sides(length: float, spacing: NDArray[np.float64]) -> dict[int, int]:
    """Return the sides of a square across the scanner's axis in blocks.

    Parameters
    ----------
    length : float
        Of a side, in mm.
    spacing : ndarray of float64, shape (3,)
        In mm.

    Returns
    -------
    dict of int to int
        By axis, as :func:`viewer3d.render.couch.masks.opened` takes them.
    """
    return {axis: max(1, int(np.ceil(length / spacing[axis]))) for axis in (1, 2)}
