"""Find what lies and looks like a couch or a holder, by its shape and position alone.

Of the shells that are thin, wide and alike from slice to slice it is those with nothing of a body below them. What is
closed as a skull or a hollow cylinder is none, and what only lies on a couch stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.couch.masks import Mask, connected_regions, dilated, opened, without_dips
from viewer3d.render.couch.shells import ALIKE_LENGTH, MIN_LENGTH, BlockValues, extent_across, find_shells, square_sides

MIN_PLANES: Final = 5
"""Planes: with fewer it is chance that they look the same."""

MIN_WIDTH: Final = 0.3
"""Share of the width: couches are wider and the walls of holders higher, tubes and cables are not. In smaller slices
none could be seen."""

MIN_BODY: Final = 0.06
"""Share of the width: what is thicker is of a body, 30 mm of 500."""

MAX_BODY_BELOW: Final = 0.02
"""Share of a couch's columns that may have something thick below them; with more it is no couch."""

MIN_BODY_OVER: Final = 0.3
"""Share of its columns: what has a body over more of them bears it."""

PLAIN_RATIO: Final = 2
"""Where so many times more bears the body than lies otherwise, the shape alone says which direction is down."""

MIN_COVERED: Final = 0.95
"""Share of a thick region: with so much of it below a couch, it is of the couch's mechanism."""

MAX_ROOFED: Final = 0.2
"""Share of its middle columns: where more are open below a roof, it is a ring, as a skull or a hollow cylinder."""

ShellKind = Literal["bears", "beside", "other"]
"""How a shell lies to a body, see :func:`_shell_kind`."""


@dataclass(frozen=True)
class DownDirection:
    """The direction in which things fall in an array of planes.

    Attributes
    ----------
    axis : int
        1 along its rows' index, 2 along its columns'.
    rises : bool
        Whether the index rises on the way down.
    """

    axis: int
    rises: bool

    def oriented(self, mask: Mask) -> Mask:
        """Return a view of an array in which the index along axis 1 rises on the way down.

        Parameters
        ----------
        mask : ndarray of bool, shape (planes, rows, columns)
        """
        if self.axis == 2:
            mask = mask.swapaxes(1, 2)
        return mask if self.rises else mask[:, ::-1]

    def restored(self, mask: Mask) -> Mask:
        """Return the array that :meth:`oriented` made a view of.

        Parameters
        ----------
        mask : ndarray of bool, three-dimensional
        """
        mask = mask if self.rises else mask[:, ::-1]
        return mask.swapaxes(1, 2) if self.axis == 2 else mask


ALL_DIRECTIONS: Final = tuple(DownDirection(axis, rises) for axis in (1, 2) for rises in (True, False))


def find_couch(
    dense: Mask,
    spacing: NDArray[np.float64],
    size: float,
    values: BlockValues,
    directions: tuple[DownDirection, ...] = ALL_DIRECTIONS,
) -> Mask:
    """Return what lies and looks like a couch or a holder.

    Parameters
    ----------
    dense : ndarray of bool, shape (planes, rows, columns)
        What is denser than foam and lung; planes lie across the scanner's axis.
    spacing : ndarray of float64, shape (3,)
        Between planes, rows and columns, in mm.
    size : float
        Width of the picture in mm: the longer side of a slice.
    values : callable
        Returns the HU of each block of a mask.
    directions : tuple of DownDirection
        Those that may be down; if there are several, a couch must be found in exactly one.

    Returns
    -------
    ndarray of bool, shape (planes, rows, columns)
        The couch, all that it hides from the body, and the blur around it. Nothing where there is no body, the volume
        is short, or anything else leaves a doubt.
    """
    nothing = np.zeros_like(dense)
    long, high, wide = spacing * dense.shape
    if dense.shape[0] < MIN_PLANES or long < ALIKE_LENGTH * size or min(high, wide) < MIN_WIDTH * size:
        return nothing
    body = opened(dense, square_sides(MIN_BODY * size, spacing))
    if not body.any():
        return nothing
    longest = int(min(MIN_LENGTH * size / spacing[0], dense.shape[0] * 2 / 3))
    shells_across = {
        axis: find_shells(dense, spacing, size, values, 3 - axis) for axis in {down.axis for down in directions}
    }
    found = []
    for down in directions:
        shells, above = shells_across[down.axis], down.oriented(body)
        if not shells:
            continue
        kinds = [_shell_kind(down.oriented(shell), above) for shell in shells]
        couch = _union(shells, kinds, ("bears", "beside"))
        if extent_across(couch, spacing) < MIN_WIDTH * size:
            continue
        if len(directions) == 1 or _is_plain(shells, kinds):
            found.append(down.restored(_couch_and_below(down.oriented(dense), down.oriented(couch), above, longest)))
    return found[0] if len(found) == 1 else nothing


def _union(shells: list[Mask], kinds: list[ShellKind], wanted: tuple[ShellKind, ...]) -> Mask:
    chosen = [shell for shell, kind in zip(shells, kinds, strict=True) if kind in wanted]
    return np.logical_or.reduce(chosen) if chosen else np.zeros_like(shells[0])


def _is_plain(shells: list[Mask], kinds: list[ShellKind]) -> bool:
    # Whether the shape alone says that this direction is down: more bears the body than lies otherwise.
    bears, other = (np.count_nonzero(_union(shells, kinds, (kind,))) for kind in ("bears", "other"))
    return bool(bears > PLAIN_RATIO * other)


def _shell_kind(shell: Mask, body: Mask) -> ShellKind:
    # Whether a shell lies below a body, or beside or around one with nothing of it below; all else is no couch.
    last, lowest = _lowest(shell), _lowest(body)
    columns = last >= 0
    count = np.count_nonzero(columns)
    if np.count_nonzero(columns & (lowest > last + 1)) > MAX_BODY_BELOW * count or _is_closed(shell):
        return "other"
    over = np.count_nonzero(columns & (lowest >= 0) & (lowest <= last + 1))
    return "bears" if over > MIN_BODY_OVER * count else "beside"


def _is_closed(shell: Mask) -> bool:
    # Whether it is as high as wide and has a roof over its middle.
    rows, columns = (np.flatnonzero(shell.any(axes)) for axes in ((0, 2), (0, 1)))
    high, wide = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    if high <= wide / 2:
        return False
    quarter = wide // 4
    middle = shell[:, :, columns[0] + quarter : columns[-1] + 1 - quarter]
    is_shell = middle.any(1)
    first, last = middle.argmax(1), _lowest(middle)
    open_below = np.count_nonzero(middle, axis=1) < (last - first + 1) / 2
    roofed = is_shell & open_below & (first < rows[0] + high / 3)
    return bool(np.count_nonzero(roofed) > MAX_ROOFED * np.count_nonzero(is_shell))


_Rows = NDArray[np.int16]
"""Numbers of rows: masks of blocks have some hundreds, and more planes of short numbers are compared at once."""


def _lowest(mask: Mask) -> _Rows:
    # The last row of each column of each plane that is in a mask; -1 for none.
    return _highest_number(mask, np.arange(1, mask.shape[1] + 1)) - np.int16(1)


def _tops(mask: Mask) -> _Rows:
    # The first row of each column of each plane that is in a mask; beyond all rows for none.
    count = mask.shape[1]
    found = _highest_number(mask, np.arange(count, 0, -1))
    return np.where(found > 0, count - found, np.int16(count + 2))


def _highest_number(mask: Mask, numbers: NDArray[np.intp]) -> _Rows:
    # Of each column of each plane the highest number of its rows that are in a mask; 0 for none. numpy's argmax along
    # an axis that is not the last takes seven times as long.
    short = numbers.astype(np.min_scalar_type(len(numbers)))
    highest: NDArray[Any] = np.maximum.reduce(mask * short[:, None], axis=1)
    return highest.astype(np.int16)


def _couch_and_below(dense: Mask, couch: Mask, body: Mask, longest: int) -> Mask:
    # The couch and all below it, and the blur around it where nothing lies on it: what becomes air.
    rows = np.arange(dense.shape[1], dtype=np.int16)[:, None]
    below_body = couch & (rows > _lowest(_without_mechanism(body, couch))[:, None, :])
    top = _tops(below_body)
    # What rises over the couch for a shorter length lies on it: the couch goes on below.
    level = without_dips(top, longest)[:, None, :]
    on_it = (rows >= top[:, None, :]) & (rows < level)
    couch, top = couch & ~on_it, _tops(below_body & ~on_it)
    near = dilated(couch, (1, 2))
    near &= ~dilated(dense & ~near, (0, 1, 2))
    nearby = dilated(dense, (0,))
    touched = np.zeros_like(top, dtype=np.bool_)
    for above in (2, 3):
        at = np.clip(top - above, 0, dense.shape[1] - 1).astype(np.intp)
        touched |= np.take_along_axis(nearby, at[:, None, :], 1)[:, 0] & (top >= above)
    first = np.where(touched, top + 1, top - 1)
    # A limb that is pressed into what is soft goes on below the shell: it stays down to its end.
    shell_end, end = (_tops(~mask & (rows >= top[:, None, :])) for mask in (couch, dense))
    first = np.where(touched & (end > shell_end), end, first)
    taken: Mask = rows >= first[:, None, :]
    taken |= couch & ~body & (rows < top[:, None, :])
    taken |= near
    return taken


def _without_mechanism(body: Mask, couch: Mask) -> Mask:
    # What is thick and all below a couch is the mechanism that moves it, not of a body.
    if not couch.any():
        return body
    first = max(int(np.flatnonzero(couch.any((0, 2)))[0]) - 1, 0)
    lower, covered = body[:, first:], np.logical_or.accumulate(couch[:, first:], axis=1)
    covered &= lower
    if not covered.any():
        return body
    labels, _ = connected_regions(lower)
    count = int(labels.max()) + 1
    mechanism = np.bincount(labels[covered], minlength=count) >= MIN_COVERED * np.bincount(
        labels[lower], minlength=count
    )
    mechanism[0] = False
    mechanism[labels[:, 0]] = False  # they go on above
    kept = body.copy()
    kept[:, first:] &= ~mechanism[labels]
    return kept
