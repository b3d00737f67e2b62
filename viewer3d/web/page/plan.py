"""Decide which slices a page has, and how they are encoded, so that it is no larger than it may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

LOSSLESS: Final = 100
"""The quality at which every pixel is kept."""

LADDER: Final = (
    *((0.0, quality) for quality in (LOSSLESS, 90, 80)),
    *((step, 80) for step in (1.0, 1.5, 2.0, 2.5)),
    *((step, 75) for step in (3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 8.0, 9.0, 10.0, 12.0, 15.0, 20.0)),
)
"""Steps between slices in mm (0: all of them) and qualities of WebP, the best first.

At 75 pixels of slices differ by 1 to 2 grey levels of 255 on average; below that the grain of CT is smoothed away, so
that slices are left out rather.
"""

_FILLED: Final = 0.97
"""Part of the room that an estimate may fill."""

_NEVER_SMALLER: Final = 3.0
"""How much larger than the room pictures are at 80 that cannot fit without loss: without it slices take 2 to 4 times as
much, and even flat colours no third."""


@dataclass(frozen=True)
class Detail:
    """How much of the slices a page holds.

    Attributes
    ----------
    step : float
        Slices nearer to each other than this are left out, in mm; with 0 none is.
    quality : int
        Of WebP, to 99; :data:`LOSSLESS` keeps every pixel.
    """

    step: float = 0.0
    quality: int = LOSSLESS


@dataclass(frozen=True)
class PaneSlices:
    """The slices that a plane of a volume has.

    Attributes
    ----------
    name : str
        Of the plane.
    count : int
    spacing : float
        From one to the next, in mm.
    first : int
        The slice that is shown first, counted from 0; it is never left out.
    """

    name: str
    count: int
    spacing: float
    first: int

    def stride(self, detail: Detail) -> int:
        """Return of how many slices one is kept: 1 for all, 2 for every second, ...

        Examples
        --------
        >>> PaneSlices("axial", 512, 0.98, 256).stride(Detail(step=2.0))
        2
        """
        return max(1, int((detail.step + 0.05 * self.spacing) // self.spacing))

    def kept(self, detail: Detail) -> range:
        """Return the numbers of the slices that are kept, counted from 0."""
        stride = self.stride(detail)
        return range(self.first % stride, self.count, stride)


def details(panes: Sequence[PaneSlices], cost: Callable[[PaneSlices, int], float], room: float) -> Iterator[Detail]:
    """Yield what may fit into the room, the best first.

    Parameters
    ----------
    panes : sequence of PaneSlices
    cost : callable
        Bytes that a slice of a pane takes at a quality, in all windows, on average.
    room : float
        Bytes for all of them.
    """

    def size(detail: Detail) -> float:
        return sum(len(one.kept(detail)) * cost(one, detail.quality) for one in panes)

    far_too_many = size(Detail(0.0, 80)) > _NEVER_SMALLER * room
    for detail in (Detail(step, quality) for step, quality in LADDER):
        if detail.quality == LOSSLESS and far_too_many:
            continue  # what is slow to encode is not tried
        if size(detail) <= room * _FILLED:
            yield detail
