"""What lies and looks like a couch or a holder, told by its shape and place alone.

Of the shells that are thin, wide and alike from slice to slice it is those with nothing of a body below them: what is
closed as a skull or a hollow cylinder is none, and what only lies on a couch stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.couch.masks import Mask, connected_regions, grown, opened, without_dips
from viewer3d.render.couch.shells import ALIKE, LONG, Values, extent_of, find_shells, sides_of

FEWEST: Final = 5
"""Planes: of fewer it is chance that they look the same."""

WIDE: Final = 0.3
"""Of the width: couches are wider and the walls of holders higher, tubes and cables are not; nor are slices of which
none could be seen."""

BODY: Final = 0.06
"""Of the width: what is thicker is of a body, 30 mm of 500."""

BELOW: Final = 0.02
"""Of a couch's columns: below so many there may be what is thick, and it is none beyond."""

OVER: Final = 0.3
"""Of its columns: what has a body over so many bears it."""

PLAIN: Final = 2
"""Times what lies anyhow else: where more bears the body, the shape alone says which way is down."""

COVERED: Final = 0.95
"""Of a thick region: with so much below a couch, it is of the couch's works."""

CLOSED: Final = 0.2
"""Of its middle columns: where more are open below a roof, it is a ring: a skull or a hollow cylinder."""

ShellKind = Literal["bears", "beside", "other"]
"""How a shell lies to a body, see :func:`_kind`."""


@dataclass(frozen=True)
class Down:
    """Which way things fall in an array of planes.

    Attributes
    ----------
    axis : int
        1 along its rows' index, 2 along its columns'.
    rises : bool
        Whether the index rises on the way down.
    """

    axis: int
    rises: bool

    def upright(self, mask: Mask) -> Mask:
        """Return a view of an array with what is down at the end of axis 1; the same again gives the array back."""
        if self.axis == 2:
            mask = mask.swapaxes(1, 2)
        return mask if self.rises else mask[:, ::-1]

    def as_it_was(self, mask: Mask) -> Mask:
        """Return the view that :meth:`upright` was made of."""
        mask = mask if self.rises else mask[:, ::-1]
        return mask.swapaxes(1, 2) if self.axis == 2 else mask


ALL_WAYS: Final = tuple(Down(axis, rises) for axis in (1, 2) for rises in (True, False))


def find_couch(
    dense: Mask, spacing: NDArray[np.float64], size: float, values: Values, ways: tuple[Down, ...] = ALL_WAYS
) -> Mask:
    """Find what lies and looks like a couch or a holder.

    Parameters
    ----------
    dense : ndarray of bool, shape (planes, rows, columns)
        What is denser than foam and lung; planes lie across the scanner's axis.
    spacing : ndarray of float64, shape (3,)
        In mm.
    size : float
        Of the picture, in mm: the longer side of a slice.
    values : callable
        Returns the HU of blocks.
    ways : tuple of Down
        The one way that may be down; of several one alone must make a couch of it.

    Returns
    -------
    ndarray of bool, shape (planes, rows, columns)
        The couch, all that it covers from the body, and the blur around it. Nothing where there is no body, the volume
        is short, or anything else leaves a doubt.
    """
    nothing = np.zeros_like(dense)
    long, high, wide = spacing * dense.shape
    if dense.shape[0] < FEWEST or long < ALIKE * size or min(high, wide) < WIDE * size:
        return nothing
    body = opened(dense, sides_of(BODY * size, spacing))
    if not body.any():
        return nothing
    longest = int(min(LONG * size / spacing[0], dense.shape[0] * 2 / 3))
    shells_across = {axis: find_shells(dense, spacing, size, values, 3 - axis) for axis in {down.axis for down in ways}}
    found = []
    for down in ways:
        shells, above = shells_across[down.axis], down.upright(body)
        if not shells:
            continue
        kinds = [_kind(down.upright(shell), above) for shell in shells]
        couch = _union(shells, kinds, ("bears", "beside"))
        if extent_of(couch, spacing) < WIDE * size:
            continue
        if len(ways) == 1 or _is_plain(shells, kinds):
            found.append(down.as_it_was(_taken(down.upright(dense), down.upright(couch), above, longest)))
    return found[0] if len(found) == 1 else nothing


def _union(shells: list[Mask], kinds: list[ShellKind], wanted: tuple[ShellKind, ...]) -> Mask:
    chosen = [shell for shell, kind in zip(shells, kinds, strict=True) if kind in wanted]
    return np.logical_or.reduce(chosen) if chosen else np.zeros_like(shells[0])


def _is_plain(shells: list[Mask], kinds: list[ShellKind]) -> bool:
    # Whether the shape alone says that this way is down: more bears the body than lies anyhow else.
    bears, other = (np.count_nonzero(_union(shells, kinds, (kind,))) for kind in ("bears", "other"))
    return bool(bears > PLAIN * other)


def _kind(shell: Mask, body: Mask) -> ShellKind:
    # Whether a shell lies below a body, or beside or around one with none below it; all else is no couch.
    columns, last, lowest = shell.any(1), _lowest(shell), _lowest(body)
    count = np.count_nonzero(columns)
    if np.count_nonzero(columns & (lowest > last + 1)) > BELOW * count or _is_closed(shell):
        return "other"
    over = np.count_nonzero(columns & (lowest >= 0) & (lowest <= last + 1))
    return "bears" if over > OVER * count else "beside"


def _is_closed(shell: Mask) -> bool:
    # Whether it is as high as wide and has a roof over its middle.
    rows, columns = (np.flatnonzero(shell.any(axes)) for axes in ((0, 2), (0, 1)))
    high, wide = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    if high <= wide / 2:
        return False
    quarter = wide // 4
    middle = shell[:, :, columns[0] + quarter : columns[-1] + 1 - quarter]
    there = middle.any(1)
    first, last = middle.argmax(1), _lowest(middle)
    open_below = np.count_nonzero(middle, axis=1) < (last - first + 1) / 2
    roofed = there & open_below & (first < rows[0] + high / 3)
    return bool(np.count_nonzero(roofed) > CLOSED * np.count_nonzero(there))


def _lowest(mask: Mask) -> NDArray[np.intp]:
    # The last row of each column of each plane that is in a mask; -1 for none.
    last = mask.shape[1] - 1 - mask[:, ::-1].argmax(1)
    lowest: NDArray[np.intp] = np.where(mask.any(1), last, -1)
    return lowest


def _tops(mask: Mask) -> NDArray[np.intp]:
    # The first row of each column of each plane that is in a mask; beyond all rows for none.
    tops: NDArray[np.intp] = np.where(mask.any(1), mask.argmax(1), mask.shape[1] + 2)
    return tops


def _taken(dense: Mask, couch: Mask, body: Mask, longest: int) -> Mask:
    # The couch and all below it, and the blur around it where nothing lies on it.
    rows = np.arange(dense.shape[1])[:, None]
    below_body = couch & (rows > _lowest(_without_works(body, couch))[:, None, :])
    top = _tops(below_body)
    # What rises over the couch for a shorter length lies on it: the couch goes on below.
    level = without_dips(top, longest)[:, None, :]
    on_it = (rows >= top[:, None, :]) & (rows < level)
    couch, top = couch & ~on_it, _tops(below_body & ~on_it)
    near = grown(couch, (1, 2))
    near &= ~grown(dense & ~near, (0, 1, 2))
    nearby = grown(dense, (0,))
    touched = np.zeros_like(top, dtype=np.bool_)
    for above in (2, 3):
        at = np.clip(top - above, 0, dense.shape[1] - 1)
        touched |= np.take_along_axis(nearby, at[:, None, :], 1)[:, 0] & (top >= above)
    first = np.where(touched, top + 1, top - 1)
    # A limb that is pressed into what is soft goes on below the shell: it stays down to its end.
    shell_end, end = (_tops(~mask & (rows >= top[:, None, :])) for mask in (couch, dense))
    first = np.where(touched & (end > shell_end), end, first)
    taken: Mask = rows >= first[:, None, :]
    taken |= couch & ~body & (rows < top[:, None, :])
    taken |= near
    return taken


def _without_works(body: Mask, couch: Mask) -> Mask:
    # What is thick and all below a couch is what moves it, not of a body.
    if not couch.any():
        return body
    first = max(int(np.flatnonzero(couch.any((0, 2)))[0]) - 1, 0)
    lower, covered = body[:, first:], np.logical_or.accumulate(couch[:, first:], axis=1)
    covered &= lower
    if not covered.any():
        return body
    labels, _ = connected_regions(lower)
    count = int(labels.max()) + 1
    works = np.bincount(labels[covered], minlength=count) >= COVERED * np.bincount(labels[lower], minlength=count)
    works[0] = False
    works[labels[:, 0]] = False  # it goes on above
    kept = body.copy()
    kept[:, first:] &= ~works[labels]
    return kept
