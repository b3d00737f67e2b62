"""Ready figures for papers and reports, each of one call: ``figures.lightbox(volume, n=20).save("a.pdf")``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from viewer3d.errors import ViewError
from viewer3d.figures.axes import imshow
from viewer3d.figures.beside import compare, windows
from viewer3d.figures.figure import SUFFIXES, Figure, check_options, from_plain, volume_count
from viewer3d.figures.histogram import histogram
from viewer3d.figures.lightbox import lightbox
from viewer3d.figures.planes import mpr, plane, quad
from viewer3d.figures.projections import directions, mips
from viewer3d.figures.style import Style
from viewer3d.volume import Volume

FIGURES: dict[str, Callable[..., Figure]] = {
    one.__name__: one for one in (plane, mpr, quad, lightbox, windows, compare, directions, mips, histogram)
}
"""The figures by name."""


def make(name: str, volumes: Sequence[Volume], arguments: Mapping[str, Any]) -> Figure:
    """Make a figure from its name and its arguments, as a :class:`Figure` holds them.

    Parameters
    ----------
    name : str
        One of :data:`FIGURES`.
    volumes : sequence of Volume
        As many as it takes.
    arguments : mapping
        Its options by name; windows and states may be as JSON has them.

    Raises
    ------
    ViewError
        When there is no such figure or option, or another number of volumes; and what the figure itself raises.
    """
    check_call(name, len(volumes), arguments)
    return FIGURES[name](*volumes, **{option: from_plain(value) for option, value in arguments.items()})


def check_call(name: str, volumes: int, arguments: Mapping[str, Any]) -> None:
    """Check what can be told of a call of :func:`make` before there are volumes.

    Raises
    ------
    ViewError
        When there is no such figure or option, an option all figures share is none they can have, or the figure takes
        another number of volumes.
    """
    if name not in FIGURES:
        raise ViewError(f"no figure is named {name!r}: give one of {', '.join(FIGURES)}")
    if volumes != (takes := volume_count(FIGURES[name])):
        raise ViewError(f"{name} takes {takes} volume{'s' * (takes > 1)}, {volumes} given")
    check_options(FIGURES[name], arguments)


__all__ = [
    "FIGURES",
    "SUFFIXES",
    "Figure",
    "Style",
    "check_call",
    "compare",
    "directions",
    "histogram",
    "imshow",
    "lightbox",
    "make",
    "mips",
    "mpr",
    "plane",
    "quad",
    "windows",
]
