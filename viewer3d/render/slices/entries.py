"""Number the values of a layer by what its look makes of them, for tables of colours and blends.

A look gives every value a grey of 256 and, where its opacity rises, a share of that opacity. Each pair that there is
has a number, its *entry*; entry 0 is nothing to be seen. Entries depend on the window and the ramp, not on colours and
opacity: those are of the tables that are looked up by entries, see :mod:`viewer3d.render.slices.blend`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.window import Window
from viewer3d.render.slices.slab import OUTSIDE
from viewer3d.render.slices.tiles import ROWS, PanePart
from viewer3d.render.slices.windowing import grey_table, grey_values

CLEAR: Final = 0
"""The entry of what is not drawn: outside of the volume, no number (NaN), or below a ramp."""

RISES: Final = 256
"""Steps in which opacity rises along a ramp: half of one changes no channel by more than half a level."""

_UNSURE: Final = -1
"""Stands in a table for a bucket in which the grey changes: its pixels are looked at one by one."""

_LAST: Final = 65535
"""The highest bucket; bucket 0 is NaN."""

_ROOM: Final = 4
"""How many times the next power of two above a window's width the range is wide that float values are counted in, so
that most changes of the window count them as before. It is at most 8 windows wide: a 256th of the window has 32 buckets
then, and some one in 16 of them is unsure."""

_SURE: Final = 1e-12
"""Of the values of a window: what rounding may move the value at which a grey changes by."""

Entries = NDArray[np.int32]
"""Entries of pixels, times a number that leaves room to add those of the layer below: the *stride*."""


@dataclass(frozen=True, eq=False)
class LookSteps:
    """The steps of a look: from which value on it gives another entry, and what entries are.

    Attributes
    ----------
    starts : ndarray of float64, shape (M,)
        Growing, in the unit of the values.
    entries : ndarray of int32, shape (M + 1,)
        Below the first start, from the first on, and so forth.
    is_grey : ndarray of bool, shape (M,)
        Whether the grey changes at a start, and not only the opacity.
    greys : ndarray of uint8, shape (N,)
        Of each entry.
    shares : ndarray of float32, shape (N,)
        Of each entry, how much of the layer's opacity it has, 0 to 1.
    """

    starts: NDArray[np.float64]
    entries: Entries
    is_grey: NDArray[np.bool_]
    greys: NDArray[np.uint8]
    shares: NDArray[np.float32]


@lru_cache(maxsize=64)  # of some 10 KB
def look_steps(window: Window, ramp: float = 0.0, *, inverted: bool = False) -> LookSteps:
    """Return the steps of a window and a ramp.

    Parameters
    ----------
    window : Window
    ramp : float
        The lowest share of the window, 0 to 1, along which the opacity rises; below the window nothing is drawn. 0: no
        ramp, and all that has a value is drawn. It goes by the values, also where greys are inverted.
    inverted : bool
        Show low values white.
    """
    low, high = window.bounds
    if window.function == "TABLE":
        values, table = np.array(window.table, np.float64).T
        unit = _steps((values[1:] - low) / (high - low), table.astype(np.uint8), ramp, inverted=inverted)
        starts = low + (high - low) * unit.starts
        starts[unit.is_grey] = values[1:]  # without what was rounded
    else:
        unit = _line_steps(window.function == "SIGMOID", ramp, inverted)
        starts = low + (high - low) * unit.starts
    if ramp > 0:  # the lower end itself has no opacity yet: the ramp begins with the next value that there is
        starts[np.argmin(unit.is_grey)] = np.nextafter(low, np.inf)
    return replace(unit, starts=np.maximum.accumulate(starts))


@lru_cache(maxsize=16)
def _line_steps(is_sigmoid: bool, ramp: float, inverted: bool) -> LookSteps:  # noqa: FBT001 (keys of the cache)
    # Those of a window from 0 to 1, to rounding: those of all others are as far apart.
    share = (np.arange(255) + 0.5) / 255  # grey 0 is rounded to below the first half
    starts = 0.5 - np.log(1 / share - 1) / 4 if is_sigmoid else share  # PS3.3 C.11.2.1.3.1, the other way round
    return _steps(starts, np.arange(256, dtype=np.uint8), ramp, inverted=inverted)


def _steps(starts: NDArray[np.float64], greys: NDArray[np.uint8], ramp: float, *, inverted: bool) -> LookSteps:
    # Of starts of greys as shares of a window, 0 its lower and 1 its upper end, and the greys below and between them.
    if inverted:
        greys = 255 - greys
    if ramp == 0:
        all_greys = np.insert(np.arange(256, dtype=np.uint8), 0, 0)
        shares = np.insert(np.ones(256, np.float32), 0, 0)
        return LookSteps(starts, greys + np.int32(1), np.ones(len(starts), np.bool_), all_greys, shares)
    both = np.concatenate([starts, ramp * np.arange(RISES + 1) / RISES])
    order = np.argsort(both, kind="stable")
    is_grey = order < len(starts)
    # Of each part between two starts: its grey, and how many of the ramp's starts lie below.
    grey = greys[np.insert(np.cumsum(is_grey), 0, 0)].astype(np.int64)
    risen = np.insert(np.cumsum(~is_grey), 0, 0)
    pairs, entries = np.unique(np.where(risen == 0, -1, grey * (RISES + 2) + risen), return_inverse=True)
    grey, risen = np.divmod(pairs[1:], RISES + 2)
    shares = np.where(risen > RISES, 1.0, (risen - 0.5) / RISES)
    return LookSteps(
        both[order],
        entries.astype(np.int32),
        is_grey,
        np.insert(grey, 0, 0).astype(np.uint8),
        np.insert(shares, 0, 0).astype(np.float32),
    )


@dataclass(frozen=True, eq=False)
class ValueIndex:
    """Float values counted in buckets, from which the entries of any window within a range are looked up.

    Attributes
    ----------
    low, scale : float32
        The range's lowest value, and buckets to a unit.
    buckets : ndarray of uint16, shape (height, width)
        Of each value; 0 for NaN.
    """

    low: np.float32
    scale: np.float32
    buckets: NDArray[np.uint16]

    @classmethod
    def around(cls, steps: LookSteps, values: NDArray[np.float32], out: NDArray[np.uint16]) -> ValueIndex:
        """Count values in a range around the steps of a look, into an array of their shape."""
        begin, scale = _range(steps)
        for first in range(0, len(values), ROWS):
            band = slice(first, first + ROWS)
            out[band] = _buckets(values[band], begin, scale)
        return cls(begin, scale, out)

    def fits(self, steps: LookSteps) -> bool:
        """Return whether the buckets are those that a look would count the values in."""
        return (self.low, self.scale) == _range(steps)


def _range(steps: LookSteps) -> tuple[np.float32, np.float32]:
    # The lowest value that is counted, and buckets to a unit. The look alone decides them, not what was drawn before:
    # the opacity along a ramp is that of a bucket, and the same picture is to be the same bytes.
    first, last = (float(steps.starts[n]) for n in (0, -1)) if steps.starts.size else (0.0, 1.0)
    # A window as narrow as float32 can tell apart has some width too.
    width = max(last - first, 1e-5 * max(abs(first), abs(last)), 1e-30)
    unit = 2.0 ** np.ceil(np.log2(width))
    middle, most = round((first + last) / 2 / unit) * unit, float(np.finfo(np.float32).max)
    low, high = (float(np.clip(middle + side * unit * _ROOM / 2, -most, most)) for side in (-1, 1))
    return np.float32(low), np.float32((_LAST - 2) / (high - low))


def _buckets(values: NDArray[np.float32], low: np.float32, scale: np.float32) -> NDArray[np.uint16]:
    # A higher value is never in a lower bucket: each step keeps the order, rounded or not.
    with np.errstate(over="ignore", invalid="ignore"):
        place = np.subtract(values, low)
        place *= scale
        place += np.float32(1)
        np.clip(place, np.float32(1), np.float32(_LAST), out=place)
        return np.fmax(place, np.float32(0), out=place).astype(np.uint16)


@dataclass(frozen=True)
class EntryTable:
    """What decides the entries of values.

    Attributes
    ----------
    window : Window
    ramp : float
        See :func:`look_steps`.
    inverted : bool
    stride : int
        What entries are times.
    """

    window: Window
    ramp: float = 0.0
    inverted: bool = False
    stride: int = 1

    @property
    def steps(self) -> LookSteps:
        """The steps of the window and the ramp."""
        return look_steps(self.window, self.ramp, inverted=self.inverted)


def int16_entries(values: NDArray[np.int16], table: EntryTable, parts: Iterable[PanePart], out: Entries) -> None:
    """Find the entries of whole values in parts of an array; those that are outside are clear.

    Parameters
    ----------
    values : ndarray of int16, shape (height, width)
        Outside is :data:`viewer3d.render.slices.slab.OUTSIDE`.
    table : EntryTable
    parts : iterable of tuple of slice
        Rows and columns.
    out : ndarray of int32, shape (height, width)
    """
    entries = _int16_entries(table)
    for part in parts:
        out[part] = np.take(entries, values[part].view(np.uint16))


def int16_first_seen(table: EntryTable, is_seen: NDArray[np.bool_]) -> int:
    """Return a place below which no int16 value has an entry that is seen: its value and 32,768 more.

    Parameters
    ----------
    table : EntryTable
    is_seen : ndarray of bool, shape (N,)
        Of each entry.
    """
    start = _first_seen(table.steps, is_seen)
    return 1 if start is None else int(np.clip(np.ceil(start) - 1, -32767, 32768)) + 32768


def float_first_seen(table: EntryTable, index: ValueIndex, is_seen: NDArray[np.bool_]) -> int:
    """Return a bucket below which no float value has an entry that is seen."""
    return _first_bucket_seen(table, index.low, index.scale, is_seen.tobytes())


@lru_cache(maxsize=32)
def _first_bucket_seen(table: EntryTable, low: np.float32, scale: np.float32, is_seen: bytes) -> int:
    start = _first_seen(table.steps, np.frombuffer(is_seen, np.bool_))
    return 1 if start is None else max(int(_around(np.array([start]), table, low, scale).min()), 1)


def _first_seen(steps: LookSteps, is_seen: NDArray[np.bool_]) -> float | None:
    # The start of the lowest values that are seen: None where those are the lowest of all, infinite where none are.
    found = is_seen[steps.entries]
    if not found.any():
        return np.inf
    first = int(np.argmax(found))
    return None if first == 0 else float(steps.starts[first - 1])


@lru_cache(maxsize=8)  # of 256 KB
def _int16_entries(table: EntryTable) -> Entries:
    # In the order of values seen as uint16.
    greys = grey_table(table.window, inverted=table.inverted)
    if table.ramp == 0:
        entries = greys.astype(np.int32)
        entries += 1
    else:
        first = np.clip(np.ceil(table.steps.starts), -32768, 32768).astype(np.int64) + 32768
        parts = np.repeat(np.arange(len(table.steps.entries)), np.diff(first, prepend=0, append=1 << 16))
        entries = _exact(table.steps, np.roll(parts, 32768), greys)
    entries[np.uint16(OUTSIDE & 0xFFFF)] = CLEAR
    entries *= table.stride
    entries.flags.writeable = False
    return entries


def float_entries(
    values: NDArray[np.float32], index: ValueIndex, table: EntryTable, parts: Iterable[PanePart], out: Entries
) -> None:
    """Find the entries of float values that were counted, as :func:`int16_entries` does; NaN is clear.

    Greys are those of :func:`viewer3d.render.slices.windowing.grey_values` to the last one.
    """
    entries, sure = _bucket_entries(table, index.low, index.scale)
    unsure = [np.empty(0, np.int64)]
    width = values.shape[1]
    for rows, columns in parts:
        found = np.take(entries, index.buckets[rows, columns])
        out[rows, columns] = found
        flat = np.flatnonzero(found == _UNSURE)
        if flat.size:
            row = flat // found.shape[1]
            unsure.append(flat + (row * (width - found.shape[1]) + (rows.start * width + columns.start)))
    where = np.divmod(np.concatenate(unsure), width)
    if not where[0].size:
        return
    few, places = values[where], index.buckets[where]
    greys = grey_values(few, table.window, inverted=table.inverted)
    if table.ramp == 0:
        exact = greys.astype(np.int32) + 1
    elif sure is None:
        exact = _exact(table.steps, np.searchsorted(table.steps.starts, few, side="right"), greys)
    else:  # what is at the end of the bucket, or at its beginning, whichever has the grey
        exact = sure[places]
        other = np.flatnonzero(table.steps.greys[exact] != greys)
        exact[other] = sure[places[other] - 1]
        other = other[table.steps.greys[exact[other]] != greys[other]]
        between = np.searchsorted(table.steps.starts, few[other], side="right")
        exact[other] = _exact(table.steps, between, greys[other])
    out[where] = exact * table.stride


@lru_cache(maxsize=8)  # of 512 KB
def _bucket_entries(table: EntryTable, low: np.float32, scale: np.float32) -> tuple[Entries, Entries | None]:
    # Of each bucket, times the stride, or that it is unsure; and, without a stride, what is at its end, where one is as
    # good as another in the same grey.
    steps, bounds = table.steps, np.array(table.window.bounds)
    with np.errstate(over="ignore"):  # of a window beyond all float32 there are
        at = _buckets(steps.starts.astype(np.float32), low, scale).astype(np.int64)
        sure = np.repeat(steps.entries, np.diff(at, prepend=0, append=1 << 16))
        # On a short ramp a bucket is more than a small part of a rise: all starts matter, not only those of greys.
        is_short = 0 < table.ramp * (bounds[1] - bounds[0]) * float(scale) < 4 * RISES
        matter = steps.starts if is_short else steps.starts[steps.is_grey]
        if table.ramp > 0 and not is_short:
            # The lower end is what most of a PET has: not drawn, and no closer look is needed.
            sure[_buckets(bounds[:1].astype(np.float32), low, scale)] = CLEAR
        entries = sure * np.int32(table.stride)
    entries[_around(matter, table, low, scale).ravel()] = _UNSURE
    entries[0] = CLEAR
    entries.flags.writeable = False
    return entries, None if is_short else sure


def _around(starts: NDArray[np.float64], table: EntryTable, low: np.float32, scale: np.float32) -> NDArray[np.uint16]:
    # The buckets of values that rounding may take for starts, shape (9, N).
    off = _SURE * np.abs(table.window.bounds).sum()
    with np.errstate(over="ignore"):
        near = (starts + np.array([[-off], [0], [off]])).astype(np.float32)
        below, above = (np.nextafter(near, np.float32(end)) for end in (-np.inf, np.inf))
        return _buckets(np.concatenate([below, near, above]).ravel(), low, scale).reshape(9, -1)


def _exact(steps: LookSteps, parts: NDArray[np.int64], greys: NDArray[np.uint8]) -> Entries:
    # The entries of parts between starts, shape (N,); where rounding put a value on the wrong side of a start, its true
    # grey says so, and the nearest part of that grey is taken.
    entries = steps.entries[parts]
    wrong = np.flatnonzero((steps.greys[entries] != greys) & (entries != CLEAR))
    if not wrong.size:
        return entries
    cases, which = np.unique(parts[wrong] * 256 + greys[wrong], return_inverse=True)
    mended = np.empty(len(cases), np.int32)
    for n, (part, grey) in enumerate(zip(*np.divmod(cases, 256), strict=True)):
        same = np.flatnonzero((steps.greys[steps.entries] == grey) & (steps.entries != CLEAR))
        mended[n] = steps.entries[same[np.argmin(np.abs(same - part))] if same.size else part]
    entries[wrong] = mended[which]
    return entries
