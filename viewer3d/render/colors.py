"""Read the colour maps of slices: from the grey that a window gives to a colour."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from viewer3d.core.view.own_looks import is_in_full, parse_colors
from viewer3d.errors import ViewError
from viewer3d.settings.names import own_colors

GREY = "grey"
"""The colour map that leaves grey as it is."""


class ColorMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of ``presets/colors.toml``: points to go between, or all 256 colours in hexadecimal."""

    name: str
    title: str
    points: tuple[tuple[int, int, int, int], ...] = ()
    table: str = ""


class _ColorFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    map: list[ColorMap]


@cache
def color_maps() -> dict[str, ColorMap]:
    """Return the colour maps by name, in the order of their file."""
    text = (Path(__file__).parents[1] / "presets" / "colors.toml").read_bytes()
    return {row.name: row for row in msgspec.toml.decode(text, type=_ColorFile).map}


@cache
def palette(name: str) -> NDArray[np.uint8]:
    """Return the 256 colours of a colour map.

    Parameters
    ----------
    name : str
        Of a colour map, see :func:`color_maps`, or one in full (:mod:`viewer3d.core.view.own_looks`).

    Returns
    -------
    ndarray of uint8, shape (256, 3)
        Red, green and blue, from black's to white's. Read-only.

    Raises
    ------
    ViewError
        When there is none of that name; the message lists them.
    """
    if is_in_full(name):
        own = parse_colors(name)
        points = tuple((at, *bytes.fromhex(color[1:])) for at, color in own.points)
        table = _table(ColorMap(own.name, own.name, points))
    elif name in color_maps():
        table = _table(color_maps()[name])
    else:
        names = ", ".join([*color_maps(), *own_colors()])
        raise ViewError(f"no colour map is named {name!r}: give one of {names}")
    table.flags.writeable = False
    return table


def _table(row: ColorMap) -> NDArray[np.uint8]:
    if row.table:
        return np.array(list(bytes.fromhex(row.table)), np.uint8).reshape(256, 3)
    points = np.array(row.points)
    colors = np.stack([np.interp(np.arange(256), points[:, 0], points[:, 1 + n]) for n in range(3)], -1)
    table: NDArray[np.uint8] = np.rint(colors).astype(np.uint8)
    return table


def fill_with(picture: NDArray[np.uint8], color: tuple[int, int, int]) -> None:
    """Fill a picture, or a part of one, with a colour.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    color : tuple of int
        Red, green and blue, 0 to 255.
    """
    if color[0] == color[1] == color[2]:
        picture[...] = color[0]
    else:  # whole rows are filled in sixty times faster than pixels
        picture[:1] = color
        picture[1:] = picture[:1]
