"""Strips: a picture that takes long is drawn a few rows at a time, so that hands need not wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

STRIP_SECONDS = 0.025
"""What a strip may take: with the slices' own time an event is answered within a twentieth of a second."""

ROWS = (2, 32)
"""Least and most of a strip: pixels are drawn two rows at a time, and after many empty strips there may be bone."""

CHANGES = (0.5, 1.5)
"""How much smaller and larger a strip may be than the one before: one slow moment changes little."""


def in_strips(height: int, draw: Callable[[int, int], None]) -> Iterator[None]:
    """Draw all rows of a picture, a strip at each step.

    Parameters
    ----------
    height : int
        Rows of the picture.
    draw : callable
        Draws the rows from one number up to another.
    """
    rows = 2.0 * ROWS[0]
    # From the middle outwards: rays through the volume's box take long, whatever is in it, and others no time.
    low = high = height // 4 * 2
    while low > 0 or high < height:
        count = 2 * round(rows / 2)  # an odd row costs as much as two
        if height - high >= low:
            first, last = high, min(high + count, height)
            high = last
        else:
            first, last = max(low - count, 0), low
            low = first
        start = time.perf_counter()
        draw(first, last)
        seconds = max(time.perf_counter() - start, 1e-6)
        rows = float(np.clip(rows * np.clip(STRIP_SECONDS / seconds, *CHANGES), *ROWS))
        yield
