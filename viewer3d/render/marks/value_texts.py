"""Write values as texts: a window, and what is pointed at."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.geometry import LETTERS
from viewer3d.core.window import Window, window_decimals


def window_numbers(window: Window) -> tuple[str, str]:
    """Write a window's width and center, with as many decimals as the width is worth."""
    decimals = window_decimals(window)
    # Adding 0.0 makes no difference but to -0.0, which nobody wants to read.
    width, center = (round(v, decimals) + 0.0 for v in (window.width, window.center))
    return f"{width:.{decimals}f}", f"{center:.{decimals}f}"


_FUNCTION_TEXTS = {"SIGMOID": "sigmoid", "TABLE": "VOI LUT"}


def window_texts(window: Window, unit: str) -> tuple[str, str]:
    """Write a window's width, and its center with the unit."""
    width, center = window_numbers(window)
    what = " ".join(part for part in (center, unit, _FUNCTION_TEXTS.get(window.function, "")) if part)
    return f"W {width}", f"L {what}"


def readout_texts(world: ArrayLike, index: ArrayLike, value: float | None, unit: str) -> tuple[str, str, str]:
    """Write what is pointed at: its value, voxel index and position.

    Parameters
    ----------
    world : array_like, shape (3,)
        LPS, in mm.
    index : array_like, shape (3,)
        Of the nearest voxel.
    value : float or None
        There, as the picture has it; None outside of the volume.
    unit : str

    Examples
    --------
    >>> readout_texts((-12.3, 4, 5.67), (10, 20, 30), 42.0, "HU")
    ('42 HU', '10  20  30', 'R 12.3  P 4.0  H 5.7 mm')
    """
    return value_text(value, unit), "" if value is None else index_text(index), point_text(world)


def value_text(value: float | None, unit: str) -> str:
    """Write a value with its unit; None is outside of the volume.

    What is no whole number has four digits.

    Examples
    --------
    >>> value_text(51.0933, "SUVbw"), value_text(None, "HU")
    ('51.09 SUVbw', 'outside')
    """
    if value is None:
        return "outside"
    number = f"{value:.0f}" if float(value).is_integer() else f"{value:.4g}"
    return f"{number} {unit}".strip()


def index_text(index: ArrayLike) -> str:
    """Write the index of a voxel, shape (3,)."""
    return "  ".join(str(int(n)) for n in np.asarray(index))


def point_text(world: ArrayLike) -> str:
    """Write a world point (LPS, mm), shape (3,), by the patient's sides."""
    position = "  ".join(
        f"{LETTERS[a][int(v >= 0)]} {abs(v):.1f}" for a, v in enumerate(np.round(np.asarray(world), 1))
    )
    return f"{position} mm"


def round_down(most: float) -> float:
    """Choose the greatest of ..., 0.5, 1, 2, 5, 10, 20, 50, ... up to a number above 0.

    Examples
    --------
    >>> round_down(65)
    50.0
    """
    ten = 10.0 ** np.floor(np.log10(most))
    return float(max(step * ten for step in (1, 2, 5) if step * ten <= most * (1 + 1e-9)))
