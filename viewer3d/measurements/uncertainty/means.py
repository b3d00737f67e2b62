"""Uncertainty of means: the spread of values, how many are independent, and the region's edge.

Noise of neighbouring voxels is alike: by the reconstruction, and where a grid was resampled. The variance of the mean
of n values is then ``s^2 t / n``, with t the sum of their correlations over all distances (JCGM 100:2008, 5.2.2; n / t
is the number of independent values). The correlations are found from the values themselves, along each axis, up to the
first distance where there is none left (the initial positive sequence: C. J. Geyer, Statist. Sci. 1992; 7: 473). They
and the variance are about the mean of these very values, which makes them too small by the variance of the mean, and
that is put back. ``docs/uncertainty.md`` derives it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.grids.place_errors import RECTANGULAR
from viewer3d.measurements.uncertainty.intervals import coverage_factor

NOISE_REACH: Final = 6
"""Measured voxels over which noise may be alike: what is alike over more is structure, which is no error of a mean.
(Noise of CT with soft kernels is alike over some 2 mm, that of PET over the width of its resolution, 5 to 7 mm.)"""

_LARGEST: Final = 40
"""Voxels along an axis of the part that correlations are found in: of so many they are known to 3 %."""

_LEAST_VALUES: Final = 20
"""Values from which on correlations can be found: of half as many the intervals hold the truth in 9 of 10 cases."""

_LEAST_PAIRS: Final = 8
"""Pairs of values that a correlation is found from."""

_MOST_STRUCTURE: Final = 0.999
"""Part of the variance that may be structure: what is left is noise."""

_TURNS: Final = 8
"""Steps in which the variance of the mean is put back; each changes it by less than the last."""


class NoiseOfMean(NamedTuple):
    """The variance of a mean by noise, and the degrees of freedom that it is known to."""

    variance: float
    freedom: float


class _Alike(NamedTuple):
    """How alike values are along an axis: correlations by distance, each with its share of pairs.

    The structure is the part of the variance that is alike beyond the reach of noise.
    """

    lags: tuple[tuple[float, float], ...]
    structure: float


def noise_of_mean(
    values: NDArray[Any], inside: NDArray[np.bool_], count: int, reach: Sequence[int] = (NOISE_REACH,) * 3
) -> NoiseOfMean | None:
    """Return the variance of the mean of values on a grid that comes of their noise.

    Parameters
    ----------
    values : ndarray, shape (...)
        In a box of the grid, of two or three dimensions; what is not inside may be anything.
    inside : ndarray of bool, of the same shape
        Which of them are of the region.
    count : int
        Values of the region, where these are a part of it.
    reach : sequence of int
        Along each axis, how many voxels apart noise may be alike.

    Returns
    -------
    NoiseOfMean or None
        None where there are fewer than :data:`_LEAST_VALUES`.
    """
    part = tuple(slice(max(0, (n - _LARGEST) // 2), (n + _LARGEST) // 2 + 1) for n in values.shape)
    if np.count_nonzero(inside[part]) >= _LEAST_VALUES:
        values, inside = values[part], inside[part]
    near = int(np.count_nonzero(inside))
    if near < _LEAST_VALUES:
        return None
    away = np.where(inside, values, 0).astype(np.float64)
    away -= float(away.sum()) / near
    away *= inside
    variance = float(np.vdot(away, away)) / near
    if variance <= 0:
        return NoiseOfMean(0.0, float("inf"))
    alike = [_along(away, inside, axis, (variance, near), reach[axis]) for axis in range(values.ndim)]
    structure = max(one.structure for one in alike)
    back, total, squares = _put_back([one.lags for one in alike], near, has_structure=structure > 0)
    return NoiseOfMean(variance * (1 - structure) * back * total / count, near / squares - 1)


def _along(
    away: NDArray[np.float64], inside: NDArray[np.bool_], axis: int, known: tuple[float, int], reach: int
) -> _Alike:
    """Return how alike values are along an axis; known are their variance and count."""
    away, inside = np.moveaxis(away, axis, 0), np.moveaxis(inside, axis, 0)
    variance, total = known
    lags = []
    for lag in range(1, min(reach, len(away) - 1) + 1):
        pairs = int(np.count_nonzero(inside[lag:] & inside[:-lag]))
        if pairs < _LEAST_PAIRS:
            break
        correlation = float((away[lag:] * away[:-lag]).sum()) / pairs / variance
        if correlation <= 0:
            break
        lags.append((correlation, pairs / total))
    if len(lags) < reach or 2 * reach >= len(away):
        return _Alike(tuple(lags), 0.0)
    structure = min(lags[-1][0], _MOST_STRUCTURE)
    return _Alike(tuple((max(one - structure, 0.0) / (1 - structure), share) for one, share in lags), structure)


def _put_back(
    lags: Sequence[tuple[tuple[float, float], ...]], count: float, *, has_structure: bool
) -> tuple[float, float, float]:
    """Return by how much the variance was too small, and the sums of correlations and their squares.

    Beside structure, whose part was taken off, the variance of the mean went with it.
    """
    lost = 0.0
    for _ in range(_TURNS):
        total = squares = 1.0
        for axis in lags:
            true = [((one + lost) / (1 + lost), share) for one, share in axis]
            total *= 1 + 2 * sum(one * share for one, share in true)
            squares *= 1 + 2 * sum(one**2 * share for one, share in true)
        if has_structure:
            break
        lost = min((1 + lost) * total / count, 1.0)
    return 1 + lost, total, squares


def edge_variance_of_mean(edge: NDArray[np.float64], mean: float, variance: float, size: float) -> float:
    """Return the variance of a mean that comes of its region's edge, whose voxels are on either side.

    Parameters
    ----------
    edge : ndarray of float64, shape (N,)
        Values along the edge.
    mean : float
        Of the region.
    variance : float
        Of the region's size, see :mod:`viewer3d.measurements.uncertainty.counted`.
    size : float
        Of the region, in the same unit (mm3, mm2).

    Notes
    -----
    What is won or lost with a part dV of the edge moves the mean by (value there - mean) dV / V, and the parts of the
    edge are independent as those of :mod:`viewer3d.measurements.uncertainty.counted` are.
    """
    return float(np.mean((edge - mean) ** 2)) * variance / size**2 if edge.size and size > 0 else 0.0


def mean_uncertainty(noise: NoiseOfMean | None, edge: float, resolution: float) -> float | None:
    """Return the expanded uncertainty (95 %) of a mean.

    Parameters
    ----------
    noise : NoiseOfMean or None
    edge : float
        Variance that comes of the region's edge.
    resolution : float
        Variance that comes of values in whole steps.

    Returns
    -------
    float or None
        None where too few values are independent. The degrees of freedom of the sum are those of Welch and
        Satterthwaite (JCGM 100:2008, G.4.1).
    """
    if noise is None:
        return None
    total = noise.variance + edge + resolution
    if total <= 0:
        return 0.0
    freedom = noise.freedom * (total / noise.variance) ** 2 if noise.variance > 0 else float("inf")
    factor = coverage_factor(freedom) if noise.freedom >= 1 else None
    return None if factor is None else float(factor * total**0.5)


def resolution_variance(values: NDArray[np.generic], sd: float) -> float:
    """Return the variance of whole numbers where they vary too little for a mean to even them out.

    That is where they vary by less than half a step.
    Of values that vary by more the steps are part of the spread (W. F. Sheppard, Proc. London Math. Soc. 1898; 29:
    353), and of what is not stored in whole numbers the step is not known: 0.
    """
    return RECTANGULAR if values.dtype.kind in "iu" and sd < 0.5 else 0.0
