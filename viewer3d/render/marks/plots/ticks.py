"""Round values along an axis, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

TICKS = 4
"""Values at a value bar, about."""


def ticks(low: float, high: float, count: int = TICKS) -> list[float]:
    """Choose about so many round values from low to high, 1, 2 or 5 times a power of ten apart.

    Examples
    --------
    >>> ticks(-160, 240)
    [-100.0, 0.0, 100.0, 200.0]
    """
    if not high > low:
        return [float(low)]
    rough = (high - low) / count
    ten = 10.0 ** np.floor(np.log10(rough))
    step = min((f * ten for f in (1, 2, 5, 10)), key=lambda one: abs(np.log(one / rough)))
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    return [float(n * step) + 0.0 for n in np.arange(first, last + 1)]


def tick_texts(values: Sequence[float]) -> list[str]:
    """Write the values at ticks, all with the decimals that their distance takes.

    Examples
    --------
    >>> tick_texts([0.0, 0.5, 1.0])
    ['0.0', '0.5', '1.0']
    """
    if len(values) < 2:
        return [f"{value:.6g}" for value in values]
    step = min(b - a for a, b in pairwise(values))
    decimals = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    return [f"{value:.{decimals}f}" for value in values]
