"""Intervals that hold the truth in 95 % of all cases: how wide they are, and the digits they leave."""

from __future__ import annotations

import math
from typing import Final

NORMAL: Final = 1.959964
"""Half width of the interval that holds 95 % of a normal distribution, in standard deviations."""

_LEAST_FREEDOM: Final = 2.0
"""Degrees of freedom below which a spread of values says nothing of their mean."""

_TWO_DIGITS: Final = 355
"""First three digits of an uncertainty below which it has two digits: one digit would be off by up to a third
(Particle Data Group, Review of Particle Physics, Introduction, 5.3; JCGM 100:2008, 7.2.6 allows two at most)."""

_ROUNDS_UP: Final = 950
"""First three digits from which on one digit rounds to 10."""

_MOST_DECIMALS: Final = 12


def coverage_factor(freedom: float) -> float | None:
    """Return the factor of a 95 % interval for some degrees of freedom; None where they are too few.

    The quantile 0.975 of Student's t (JCGM 100:2008, G.3), by its expansion in 1 / freedom (M. Abramowitz and I. A.
    Stegun, Handbook of Mathematical Functions, 26.7.5): to 3 % from 2 degrees on, to 0.1 % from 5 on.
    """
    if freedom < _LEAST_FREEDOM:
        return None
    if math.isinf(freedom):
        return NORMAL
    z = NORMAL
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom ** (n + 1) for n, term in enumerate(terms))


def decimals_of(uncertainty: float) -> int:
    """Return the decimal place that an uncertainty is rounded to: 1 of 0.42, 2 of 0.12, -1 of 120.

    Parameters
    ----------
    uncertainty : float
        Finite and above 0.
    """
    exponent = math.floor(math.log10(uncertainty))
    first = round(uncertainty / 10.0 ** (exponent - 2))
    if first >= _ROUNDS_UP:
        return -exponent  # 0.96 is 1.0, to the same place as 0.94
    return 1 - exponent if first < _TWO_DIGITS else -exponent


def with_uncertainty(value: float, uncertainty: float | None, decimals: int = 1) -> str:
    """Return a number as text with its uncertainty, both to the place that the uncertainty bears.

    Parameters
    ----------
    value : float
    uncertainty : float or None
        Expanded, in the unit of the value. None or 0 where nothing is known of it: the value stands alone.
    decimals : int
        Of a value that stands alone.

    Returns
    -------
    str

    Examples
    --------
    >>> with_uncertainty(12.4377, 0.4183), with_uncertainty(1234.5, 123.4), with_uncertainty(3.14159, None)
    ('12.4 ± 0.4', '1230 ± 120', '3.1')
    """
    if not uncertainty or not math.isfinite(uncertainty) or not math.isfinite(value):
        return f"{value:.{decimals}f}"
    places = min(decimals_of(uncertainty), _MOST_DECIMALS)
    return f"{to_place(value, places)} ± {to_place(uncertainty, places)}"


def to_place(value: float, places: int) -> str:
    """Return a number rounded to decimals, or to tens and hundreds where they are below 0."""
    text = f"{round(value, places):.{max(places, 0)}f}"
    return text.removeprefix("-") if not float(text) else text
