"""Shells: what is thin, wide and alike from slice to slice, as couches and holders are and anatomy is not.

A limb is thick, ribs and skin change from slice to slice, and lung lies beside the wall of a chest. All lengths are
parts of the picture's width, so that a bed for mice is found as a couch is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.couch.masks import Mask, connected_regions, grown, opened, without_gaps

ALIKE: Final = 0.2
"""Of the width: 100 mm of 500, 46 of a head's 230. Over any such length a couch looks the same, though it may slope
by its own thickness; in a shorter volume all looks the same."""

LONG: Final = 0.4
"""Of the width: couches and holders are longer, 200 mm of 500, but where the volume ends."""

WHOLE: Final = 0.9
"""Of the volume's length: what is so long is as long as can be seen."""

THICK: Final = 0.045
"""Of the width: shells and boards of couches are thinner, 22 mm of 500 and 10 mm of a head's 230."""

FLAT: Final = 12
"""Times its thickness: a couch is wider, 400 mm of 20 as well as 80 of 6; a hand lying flat is not."""

PIECE: Final = 0.1
"""Of the width: what is found of a couch comes in no smaller pieces, where a body lies on it or a grid is coarse."""

FRAYED: Final = 0.3
"""Of what is beside it: 0.0 to 0.2 of couches' is dense here and there, 0.4 to 0.8 of thin walls of chests."""

LUNG: Final = -890.0
"""HU: of what is not dense, lung is denser (-850 at rest), air, foam and folds of cloth between them are not."""

LINED: Final = 0.25
"""Of what is not dense and near: 0.02 to 0.1 of couches' is as lung, 0.5 and more of walls of chests."""

ROOM: Final = 5
"""Blocks around a shell in which is looked at what is beside it."""

SOME: Final = 16
"""Planes in which it is looked for lung beside a shell."""

MOST: Final = 40
"""Regions that are looked at, the largest first: a couch is among them, or it is small."""

Values = Callable[[Mask], NDArray[np.float64]]
"""Returns the value of each block of a mask, in their order."""


def find_shells(dense: Mask, spacing: NDArray[np.float64], size: float, values: Values, across: int) -> list[Mask]:
    """Find all that is thin, not narrow, and the same over a length, whichever way is down.

    Parameters
    ----------
    dense : ndarray of bool, shape (planes, rows, columns)
        Planes lie across the scanner's axis.
    spacing : ndarray of float64, shape (3,)
        In mm.
    size : float
        Of the picture, in mm: the longer side of a slice.
    values : callable
        Returns the HU of blocks.
    across : int
        The axis across which a shell may step from row to row: 1 for rows, 2 for columns.

    Returns
    -------
    list of ndarray of bool
        Each of the array's shape.
    """
    length = min(int(np.ceil(ALIKE * size / spacing[0])), dense.shape[0])
    # Beyond the ends it is taken to go on as there: what slopes is for half the length only where it is at an end.
    longer = np.pad(without_gaps(dense, 0), ((length // 2, length // 2), (0, 0), (0, 0)), "edge")
    same = opened(longer, {0: length})[length // 2 : length // 2 + dense.shape[0]]
    if not same.any():
        return []
    thin = same & ~grown(opened(same, sides_of(THICK * size, spacing)), (1, 2))
    labels, extents = connected_regions(
        grown(thin, (across,))
    )  # steps of a slope are of one shell; what lies on it is not
    shells = []
    for n, ends in enumerate(extents[:MOST], 1):
        extent = (ends[:, 1] - ends[:, 0] + 1) * spacing
        if extent[1:].max() < PIECE * size or extent[0] < min(LONG * size, WHOLE * spacing[0] * dense.shape[0]):
            continue
        box = tuple(slice(max(first - ROOM, 0), last + ROOM + 1) for first, last in ends)
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
    around = grown(shell, (1, 2)) & ~shell
    return bool(np.count_nonzero(around & dense & ~same) > FRAYED * np.count_nonzero(around))


def _beside(shell: Mask, dense: Mask) -> Mask:
    # What is not dense and two to four blocks away, in some of the planes: they are alike.
    near = beside = grown(shell, (1, 2))
    for _ in range(3):
        beside = grown(beside, (1, 2))
    some = np.zeros((len(dense), 1, 1), np.bool_)
    some[:: max(1, len(dense) // SOME)] = True
    return beside & ~near & ~grown(dense, (1, 2)) & some


def _is_lung(beside: Mask, values: NDArray[np.float64]) -> bool:
    # Whether lung is there, which makes a shell the wall of a chest; noise goes with the mean over planes.
    _, rows, columns = np.nonzero(beside)
    cells = rows * beside.shape[2] + columns
    counts, sums = np.bincount(cells), np.bincount(cells, values)
    there = counts > 0
    return bool(there.any() and np.mean(sums[there] > LUNG * counts[there]) > LINED)


def _is_flat(shell: Mask, spacing: NDArray[np.float64]) -> bool:
    # Its area over what it takes of rows and columns: the thickness of a sheet, half of a limb's.
    thickness = np.count_nonzero(shell) * spacing[1] / (np.count_nonzero(shell.any(1)) + np.count_nonzero(shell.any(2)))
    return bool(FLAT * thickness <= extent_of(shell, spacing))


def extent_of(mask: Mask, spacing: NDArray[np.float64]) -> float:
    """Return how far a mask reaches across the scanner's axis, in mm: the longer way."""
    rows, columns = (np.flatnonzero(mask.any(axes)) for axes in ((0, 2), (0, 1)))
    if not rows.size:
        return 0.0
    return float(max(np.ptp(rows) * spacing[1], np.ptp(columns) * spacing[2]))


def sides_of(length: float, spacing: NDArray[np.float64]) -> dict[int, int]:
    """Return a square's sides in blocks, across the scanner's axis, of a length in mm."""
    return {axis: max(1, int(np.ceil(length / spacing[axis]))) for axis in (1, 2)}
