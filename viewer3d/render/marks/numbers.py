"""Choose round numbers."""

from __future__ import annotations

import numpy as np


def round_down(most: float) -> float:
    """Choose the greatest of ..., 0.5, 1, 2, 5, 10, 20, 50, ... up to a number above 0.

    Examples
    --------
    >>> round_down(65)
    50.0
    """
    ten = 10.0 ** np.floor(np.log10(most))
    return float(max(step * ten for step in (1, 2, 5) if step * ten <= most * (1 + 1e-9)))
