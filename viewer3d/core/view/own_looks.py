"""Colour maps and transfer functions that are not built in, as text that says all that they are.

A state, a recipe and a line of the shell name a colour map or transfer function. One of a person's own is written with
what it means after its name, as ``fire: 0#000000 128#ff0000 255#ffffff``: so it is the same on every machine, whatever
is called by that name there. No built-in name has a colon.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast, get_args

import numpy as np

from viewer3d.errors import ViewError

TransferScale: TypeAlias = Literal["HU", "SUV", "percentile"]
"""What the values of a transfer function's points are: percentiles are those of the voxels that are no background."""

TransferBlend: TypeAlias = Literal["composite", "maximum"]
"""Whether light goes through matter, or the highest value behind each pixel is shown."""

MOST_OWN_POINTS: Final = 256
"""Of a colour map, which has so many greys, and of a transfer function."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
_COLOR: Final = re.compile(r"#[0-9a-f]{6}")

NAME_RULE: Final = "lower-case letters, digits, dots and dashes, 40 at most, a letter or digit first"


def check_own_name(name: str) -> None:
    """Check the name of something of a person's own.

    Raises
    ------
    ViewError
        When it is none; the message says what names are made of.
    """
    if not _NAME.fullmatch(name):
        raise ViewError(f"name {name!r:.60}: give {NAME_RULE}")


def plain_name(name: str) -> str:
    """Return a name as it is compared: small letters, dashes for spaces and underscores."""
    return name.strip().lower().replace("_", "-").replace(" ", "-")


@cache
def preset_file(table: str) -> str:
    """Return the text of a file of ``presets/``: ``"windows"``, ``"colors"`` or ``"rendering"``."""
    return (Path(__file__).parents[2] / "presets" / f"{table}.toml").read_text("utf-8")


def is_built_in(name: str, table: str) -> bool:
    """Return whether a row of a file of ``presets/`` has a name.

    A picture has no other use for TOML, which takes 10 ms to load, and these files have one thing a line.
    """
    return f'\nname = "{name}"\n' in preset_file(table)


def is_in_full(text: str) -> bool:
    """Return whether text is a colour map or transfer function with what it means, not a name alone."""
    return ":" in text


def short_name(text: str) -> str:
    """Return the name of a colour map or transfer function, without what it means.

    Examples
    --------
    >>> short_name("fire: 0#000000 255#ff0000"), short_name("viridis")
    ('fire', 'viridis')
    """
    return text.partition(":")[0]


@dataclass(frozen=True)
class OwnColors:
    """A colour map of slices.

    Parameters
    ----------
    name : str
    points : tuple of (int, str)
        Positions from 0 to 255, the grey that a window gives, growing, the first 0 and the last 255, and the colour at
        each, as ``#ff8000``; between them all is linear.

    Raises
    ------
    ViewError
        When it is none; the message says what was expected.
    """

    name: str
    points: tuple[tuple[int, str], ...]

    def __post_init__(self) -> None:
        check_own_name(self.name)
        positions = [position for position, _ in self.points]
        if not 2 <= len(positions) <= MOST_OWN_POINTS or positions != sorted(set(positions)):
            raise ViewError(f"colours {self.name}: give 2 to {MOST_OWN_POINTS} points, each further on than the last")
        if positions[0] != 0 or positions[-1] != 255:
            raise ViewError(
                f"colours {self.name}: points from {positions[0]} to {positions[-1]}; give the first at 0 (black), "
                "the last at 255 (white)"
            )
        _check_colors(self.name, [color for _, color in self.points])

    @property
    def text(self) -> str:
        """The name and what it means, which :func:`parse_colors` reads."""
        return f"{self.name}: {' '.join(f'{position}{color}' for position, color in self.points)}"


@dataclass(frozen=True)
class OwnTransfer:
    """A transfer function of the 3D pane; its fields are those of ``presets/rendering.toml``.

    Parameters
    ----------
    name : str
    scale : {"HU", "SUV", "percentile"}
    blend : {"composite", "maximum"}
    points : tuple of (float, str, float)
        Value in the scale, growing; colour, as ``#ff8000``; opacity of 1 mm, 0 to 1. Three or more.
    step : float
        Between samples along a ray, in voxels' smallest sides: 0.1 to 2.
    ambient, diffuse, specular, specular_power : float
        How matter is lit: 0 to 1, and 1 to 128.

    Raises
    ------
    ViewError
        When it is none; the message says what was expected.
    """

    name: str
    scale: TransferScale
    blend: TransferBlend
    points: tuple[tuple[float, str, float], ...]
    step: float = 1.0
    ambient: float = 0.2
    diffuse: float = 0.8
    specular: float = 0.1
    specular_power: float = 12.0

    def __post_init__(self) -> None:
        check_own_name(self.name)
        what = f"transfer function {self.name}"
        if self.scale not in get_args(TransferScale) or self.blend not in get_args(TransferBlend):
            raise ViewError(
                f"{what}: scale {self.scale!r:.20} and blend {self.blend!r:.20}; give one of "
                f"{', '.join(get_args(TransferScale))}, and one of {', '.join(get_args(TransferBlend))}"
            )
        values = np.array([point[0] for point in self.points], np.float64)
        if not 3 <= len(values) <= MOST_OWN_POINTS or not np.isfinite(values).all() or (np.diff(values) <= 0).any():
            raise ViewError(f"{what}: give 3 to {MOST_OWN_POINTS} points with finite values, each higher than the last")
        if self.scale == "percentile" and not (values[0] >= 0 and values[-1] <= 100):
            raise ViewError(f"{what}: percentiles from {values[0]:g} to {values[-1]:g}; give values from 0 to 100")
        opacities = [point[2] for point in self.points]
        if not all(0 <= one <= 1 for one in opacities) or not max(opacities) > min(opacities):
            raise ViewError(f"{what}: give opacities from 0 to 1 that are not all the same")
        _check_colors(self.name, [point[1] for point in self.points])
        for name, (least, most) in _LIGHT.items():
            if not least <= (value := getattr(self, name)) <= most:
                raise ViewError(f"{what}: {name} {value:g}; give {least:g} to {most:g}")

    @property
    def text(self) -> str:
        """The name and what it means, which :func:`parse_transfer` reads."""
        defaults = {one.name: one.default for one in fields(self)}
        light = [f"{name} {value:.12g}" for name in _LIGHT if (value := getattr(self, name)) != defaults[name]]
        points = [f"{value:.12g}{color}/{opacity:.12g}" for value, color, opacity in self.points]
        return f"{self.name}: {' '.join([self.scale, self.blend, *light, *points])}"


_LIGHT: Final = {
    "step": (0.1, 2.0),
    "ambient": (0.0, 1.0),
    "diffuse": (0.0, 1.0),
    "specular": (0.0, 1.0),
    "specular_power": (1.0, 128.0),
}
"""The numbers of a transfer function and their ends: finer steps take minutes, coarser ones miss what is thin."""

_COLORS_FORM: Final = "fire: 0#000000 128#ff0000 255#ffffff"
_TRANSFER_FORM: Final = "my-bone: HU composite 150#7a3b2a/0 600#f0ddbf/0.8 3000#ffffff/1"


@cache
def parse_colors(text: str) -> OwnColors:
    """Read the text of a colour map, see :attr:`OwnColors.text`.

    Raises
    ------
    ViewError
        When it is none; the message shows one.

    Examples
    --------
    >>> parse_colors("fire: 0#000000 255#ff0000").points
    ((0, '#000000'), (255, '#ff0000'))
    """
    name, _, words = text.partition(":")
    try:
        points = tuple((int(word.partition("#")[0]), f"#{word.partition('#')[2]}") for word in words.split())
    except ValueError:
        raise ViewError(f"colours {text!r:.80}: give points of position and colour, as in {_COLORS_FORM!r}") from None
    return OwnColors(name, points)


@cache
def parse_transfer(text: str) -> OwnTransfer:
    """Read the text of a transfer function, see :attr:`OwnTransfer.text`.

    Raises
    ------
    ViewError
        When it is none; the message shows one.
    """
    name, _, rest = text.partition(":")
    words = rest.split()
    try:
        scale, blend, *parts = words
        light = [word for word in parts if "#" not in word]
        numbers = {key: float(value) for key, value in zip(light[::2], light[1::2], strict=True)}
        points = tuple(_transfer_point(word) for word in parts if "#" in word)
    except ValueError:
        numbers, points, scale, blend = {"": 0.0}, (), "", ""
    if not numbers.keys() <= _LIGHT.keys():
        raise ViewError(
            f"transfer function {text!r:.80}: give scale, blend and points of value, colour and opacity, as in "
            f"{_TRANSFER_FORM!r}"
        )
    return OwnTransfer(name, cast(TransferScale, scale), cast(TransferBlend, blend), points, **numbers)


def _transfer_point(word: str) -> tuple[float, str, float]:
    value, _, rest = word.partition("#")
    color, _, opacity = rest.partition("/")
    return float(value), f"#{color}", float(opacity)


def _check_colors(name: str, colors: list[str]) -> None:
    for color in colors:
        if not _COLOR.fullmatch(color):
            raise ViewError(f"{name}: colour {color!r:.20}; give red, green and blue in hexadecimal, as #ff8000")
