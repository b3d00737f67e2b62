"""Convert colours between sRGB and linear light (IEC 61966-2-1)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722])
"""Shares of linear red, green and blue in relative luminance (IEC 61966-2-1, WCAG 2.2)."""


def to_linear(values: ArrayLike) -> NDArray[np.float64]:
    """Return the light of values of sRGB, both 0 to 1 and of one shape."""
    share = np.asarray(values, np.float64)
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def from_linear(light: ArrayLike) -> NDArray[np.float64]:
    """Return the values of sRGB, 0 to 1, of light; what is beyond 0 or 1 counts as that."""
    light = np.clip(np.asarray(light, np.float64), 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def luminance(color: ArrayLike) -> float:
    """Return the relative luminance, 0 to 1, of red, green and blue in sRGB, 0 to 255 each."""
    return float(LUMINANCE @ to_linear(np.asarray(color, np.float64) / 255))
