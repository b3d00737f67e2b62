"""Convert colours between sRGB and linear light (IEC 61966-2-1)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

_MIXTURES: Final = 41
"""Of a colour with black or white that are tried, the colour itself included: steps too small to be seen."""

LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722])
"""Shares of linear red, green and blue in relative luminance (IEC 61966-2-1, WCAG 2.2)."""

MIDDLE_LUMINANCE: Final = 0.18
"""Of what has about the same contrast with black as with white."""


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


def contrast(one: ArrayLike, other: ArrayLike) -> float:
    """Return the contrast ratio, 1 to 21, of two colours in sRGB, 0 to 255 each (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def legible_color(color: tuple[int, int, int], ground: tuple[int, int, int], least: float) -> tuple[int, int, int]:
    """Return a colour that is seen on a ground: mixed with black or white as far as it takes.

    Parameters
    ----------
    color, ground : tuple of int
        Red, green and blue in sRGB, 0 to 255 each.
    least : float
        The contrast that it must have: 3 for lines, 4.5 for text (WCAG 2.2, 1.4.11 and 1.4.3).
    """
    end = np.zeros(3) if luminance(ground) > MIDDLE_LUMINANCE else np.full(3, 255.0)
    for share in np.linspace(0, 1, _MIXTURES):
        mixed = (1 - share) * np.array(color) + share * end
        if contrast(mixed, ground) >= least:
            break
    r, g, b = (round(part) for part in mixed.tolist())
    return r, g, b
