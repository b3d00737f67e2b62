"""Make colours of values in plain numbers: window, inversion, colour map, blend.

The formulae are those of PS3.3 C.11.2.1.2 and of Porter and Duff's "over", written again for one pixel: what draws has
tables for whole panes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Final

import numpy as np

from viewer3d.core.window import Window
from viewer3d.explanations.values import LayerShare, rgb
from viewer3d.render.colors import palette
from viewer3d.render.marks.display_list import BLACK, Color
from viewer3d.render.slices.compose import SliceLook
from viewer3d.render.slices.entries import EntryTable, ValueIndex, float_entries, int16_entries, look_steps

BLEND_PLACES: Final = 24
"""Binary places in which two layers are blended."""


def share_of(value: float, window: Window) -> float:
    """Return what a window makes of a value, 0 (black) to 1 (white): PS3.3 C.11.2.1.2 and C.11.2.1.3.

    Parameters
    ----------
    value : float
        In the unit of the window.
    window : Window
    """
    if window.function == "TABLE":
        below = [grey for start, grey in window.table if value >= start]
        return (below[-1] if below else window.table[0][1]) / 255
    if window.function == "SIGMOID":
        power = -4 * (value - window.center) / window.width
        return 0.0 if power > 700 else 1 / (1 + exp(power))
    is_linear = window.function == "LINEAR"
    center = window.center - 0.5 if is_linear else window.center
    width = window.width - 1 if is_linear else window.width
    if width == 0:
        return float(value > center)
    return min(max((value - center) / width + 0.5, 0.0), 1.0)


def grey_of(value: float, window: Window, *, inverted: bool) -> int:
    """Return the grey of a value, 0 to 255, halves to the even one."""
    share = share_of(value, window)
    return round(255 * (1 - share if inverted else share))


def mapped_color(grey: int, colors: str) -> Color:
    """Return the colour of a grey in a colour map."""
    return rgb(palette(colors)[grey])


def ramp_share(value: float, look: SliceLook, *, is_whole: bool) -> float:
    """Return the share of its opacity that a layer has at a value, along the ramp of its look.

    It rises in 256 steps, which are those of the tables that draw: of values that are no whole numbers a step may begin
    a little earlier or later than its exact value.
    """
    table = EntryTable(look.window, look.ramp, look.inverted)
    out, part = np.zeros((1, 1), np.int32), (slice(0, 1), slice(0, 1))
    if is_whole:
        int16_entries(np.array([[value]], np.int16), table, [part], out)
    else:
        values = np.array([[value]], np.float32)
        index = ValueIndex.around(look_steps(look.window, look.ramp, inverted=look.inverted), values, _bucket())
        float_entries(values, index, table, [part], out)
    return float(table.steps.shares[out[0, 0]])


def _bucket() -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    return np.zeros((1, 1), np.uint16)


@dataclass(frozen=True)
class Stacked:
    """Layers with what each leaves, and the colour in the end.

    Attributes
    ----------
    layers : tuple of LayerShare
    color : tuple of int
    """

    layers: tuple[LayerShare, ...]
    color: Color


def stacked(layers: Sequence[LayerShare], in_pane: Sequence[bool], ground: Color) -> Stacked:
    """Blend layers over a ground, each over those before it, and round once.

    Parameters
    ----------
    layers : sequence of LayerShare
        With their colours and opacities; the lowest first.
    in_pane : sequence of bool
        Which of them are anywhere in the pane: their number decides how they are blended.
    ground : tuple of int
        Red, green and blue.

    Notes
    -----
    One layer of full opacity is its colour. Two are blended in whole numbers of 24 binary places: ``(below * 256 *
    (1 - a) * 65,536 + color * a * 2^24 + 2^23) / 2^24``, each factor rounded. Three and more are blended in float32.
    """
    left: list[LayerShare] = []
    below = np.array(ground, np.float64)
    for one in layers:
        below = below * (1 - one.opacity) + np.array(one.color or BLACK) * one.opacity
        red, green, blue = below.tolist()
        left.append(replace(one, left=(red, green, blue)))
    there = [one for one, is_there in zip(layers, in_pane, strict=True) if is_there]
    if not there:
        return Stacked(tuple(left), ground)
    return Stacked(tuple(left), _pair(there, ground) if len(there) <= 2 else _many(there, ground))


def _pair(there: Sequence[LayerShare], ground: Color) -> Color:
    *lower, upper = there
    found = []
    for channel in range(3):
        under = float(ground[channel])
        for one in lower:
            under = under * (1 - one.opacity) + (one.color or BLACK)[channel] * one.opacity
        rest = round((1 - upper.opacity) * (1 << 16))
        added = round((upper.color or BLACK)[channel] * upper.opacity * (1 << BLEND_PLACES) + (1 << BLEND_PLACES - 1))
        found.append((round(under * (1 << 8)) * rest + added) >> BLEND_PLACES)
    return rgb(found)


def _many(there: Sequence[LayerShare], ground: Color) -> Color:
    level = np.array(ground, np.float32)
    for one in there:
        level *= np.float32(1 - one.opacity)
        level += (np.array(one.color or BLACK, np.float64) * one.opacity).astype(np.float32)
    return rgb(np.rint(level).tolist())


def over(below: Color, color: Color, opacity: float) -> Color:
    """Return a colour over another as lines are blended: in float32, rounded to the nearest level."""
    rest = np.float32(1) - np.float32(opacity)
    above = np.array(color, np.float32)
    return rgb(np.rint((np.array(below, np.float32) - above) * rest + above).tolist())


def over_inside(below: Color, color: Color, opacity: float) -> Color:
    """Return a colour over another as insides of regions are blended: in 8 binary places."""
    rest = round(256 * (1 - opacity))
    return rgb([(one * rest + other * (256 - rest) + 128) >> 8 for one, other in zip(below, color, strict=True)])
