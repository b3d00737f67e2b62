"""How often each value is there: bins that fit what is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.errors import ViewError

MOST_BINS: Final = 256

FEWEST_BINS: Final = 16
"""Where there are so many values that differ."""

OUTER_SHARE: Final = 1e-3
"""Share of the values at either end that may lie beyond the axis: single outliers do not squeeze all others."""

_SHARES: Final = (OUTER_SHARE, 0.25, 0.75, 1 - OUTER_SHARE)

_SAMPLE: Final = 50_000
"""Fractions that quartiles are found from: they are off by 0.2 of a percentile."""

_LARGEST_WHOLE: Final = 2.0**53
"""Up to which float64 holds all whole numbers: beyond it none is told from its neighbours."""

_MOST_COUNTED: Final = 1 << 20
"""Whole numbers apart that are counted one by one."""


@dataclass(frozen=True, eq=False)
class ValueHistogram:
    """How often values are there.

    Attributes
    ----------
    counts : ndarray of int64, shape (N,)
        In each bin; the lower edge is in it, of the last the upper one too.
    edges : ndarray of float64, shape (N + 1,)
        In :attr:`unit`. Of whole numbers all lie half way between two of them, so that no value is on an edge and all
        bins hold equally many.
    unit : str
    below, above : int
        How many lie beyond the first and the last edge.
    of : str
        What was counted: ``"axial"``, a region's name, ...
    """

    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    unit: str = ""
    below: int = 0
    above: int = 0
    of: str = ""

    @property
    def total(self) -> int:
        """How many values there are, beyond the edges too."""
        return int(self.counts.sum()) + self.below + self.above

    @property
    def columns(self) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """The table of it: columns by name, arrays of shape (N,).

        The edges of each bin, and its count.
        """
        unit = f"_{self.unit}" if self.unit else ""
        return {f"from{unit}": self.edges[:-1], f"to{unit}": self.edges[1:], "count": self.counts}


def value_histogram(values: ArrayLike, *, unit: str = "", within: Sequence[float] = (), of: str = "") -> ValueHistogram:
    """Count values in bins of equal width.

    Parameters
    ----------
    values : array_like, any shape
        Those that are not finite are left out.
    unit : str
    within : sequence of float
        Values that the axis holds too, as far as the values reach: the ends of a window.
    of : str
        What they are of.

    Returns
    -------
    ValueHistogram
        Bins as wide as D. Freedman and P. Diaconis have them, twice the distance of the quartiles divided by the cube
        root of the count (On the histogram as a density estimator, Z. Wahrscheinlichkeitstheorie 1981; 57: 453), but
        :data:`FEWEST_BINS` to :data:`MOST_BINS` of them. Of whole numbers (int16, or all of them whole and up to
        2**53) a bin holds equally many, one at least.

    Raises
    ------
    ViewError
        When there are no finite values.

    Examples
    --------
    >>> found = value_histogram([0, 1, 1, 2, 2, 2], unit="HU")
    >>> found.edges.tolist(), found.counts.tolist()
    ([-0.5, 0.5, 1.5, 2.5], [1, 2, 3])
    """
    given = np.ravel(np.asarray(values))
    is_whole = given.dtype.kind in "iu"
    if not is_whole:
        given = given[np.isfinite(given)]
        is_whole = given.size > 0 and bool(((given == np.floor(given)) & (np.abs(given) <= _LARGEST_WHOLE)).all())
    if not given.size:
        raise ViewError("there are no values to count: what is seen holds none")
    if is_whole:
        return _whole_histogram(given.astype(np.int64), unit, within, of)
    sample = np.sort(given[:: max(1, given.size // _SAMPLE)])
    found = np.quantile(sample, _SHARES, method="nearest").tolist()
    low, high, width = _range_and_width((float(given.min()), *found, float(given.max())), given.size, within)
    if not high > low:
        low, high, width = low - 0.5, low + 0.5, 1.0
    bins = int(np.clip(np.ceil((high - low) / width), FEWEST_BINS, MOST_BINS))
    counts, edges = np.histogram(given.astype(np.float64), bins, (low, high))
    below, above = int(np.count_nonzero(given < low)), int(np.count_nonzero(given > high))
    return ValueHistogram(counts.astype(np.int64), edges.astype(np.float64), unit, below, above, of)


def _whole_histogram(given: NDArray[np.int64], unit: str, within: Sequence[float], of: str) -> ValueHistogram:
    """Count whole numbers: each once, and what bins hold after."""
    least, most = int(given.min()), int(given.max())
    if most - least < _MOST_COUNTED:
        each = np.bincount(given - least)
        values = np.arange(least, most + 1)
    else:
        values, each = np.unique(given, return_counts=True)
    ends = np.cumsum(each)
    places = np.searchsorted(ends, np.rint(np.array(_SHARES) * (given.size - 1)), "right")
    low, high, width = _range_and_width((least, *values[places].tolist(), most), given.size, within)
    low, high = float(np.floor(low)), float(np.ceil(high))
    width = max(1.0, float(np.rint(width)), float(np.ceil((high - low + 1) / MOST_BINS)))
    edges = np.array(low - 0.5 + width * np.arange(int(np.ceil((high - low + 1) / width)) + 1), np.float64)
    counts, _ = np.histogram(values, edges, weights=each)
    below, above = int(each[values < edges[0]].sum()), int(each[values > edges[-1]].sum())
    return ValueHistogram(counts.astype(np.int64), edges, unit, below, above, of)


def _range_and_width(found: Sequence[float], count: int, within: Sequence[float]) -> tuple[float, float, float]:
    """Return both ends of the axis and how wide bins are to be.

    Parameters
    ----------
    found : sequence of float
        The least value, those of :data:`_SHARES`, and the highest.
    count : int
        Values in all.
    within : sequence of float
        See :func:`value_histogram`.
    """
    least, low, first, third, high, most = found
    low = min([low, *(max(one, least) for one in within if one <= most)])
    high = max([high, *(min(one, most) for one in within if one >= least)])
    freedman = 2 * (third - first) / np.cbrt(count)
    return low, high, float(np.clip(freedman, (high - low) / MOST_BINS, (high - low) / FEWEST_BINS))
