"""Ready figures for papers and reports, and movies, each of one call.

>>> figures.lightbox(volume, n=20).save("a.pdf")                # doctest: +SKIP
>>> figures.turntable(volume, frames=24).save("a.webp")         # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.figures.axes import imshow
from viewer3d.figures.figure import SUFFIXES, Figure, check_options, from_plain, volume_count
from viewer3d.figures.histogram import histogram
from viewer3d.figures.lightbox import lightbox
from viewer3d.figures.movies.files import MOVIE_FORMATS, check_movie
from viewer3d.figures.movies.movie import Movie
from viewer3d.figures.movies.ready import MOVIES, check_movie_call, cine, make_movie, sweep, times, turntable
from viewer3d.figures.planes import mpr, plane, quad
from viewer3d.figures.projections import directions, mips
from viewer3d.figures.side_by_side import compare, windows
from viewer3d.figures.style import Style

FIGURES: dict[str, Callable[..., Figure]] = {
    one.__name__: one for one in (plane, mpr, quad, lightbox, windows, compare, directions, mips, histogram)
}
"""The figures by name."""


def make(name: str, volumes: Sequence[Volume], arguments: Mapping[str, Any]) -> Figure | Movie:
    """Make a figure or a movie from its name and its arguments, as a :class:`Figure` or :class:`Movie` holds them.

    Parameters
    ----------
    name : str
        One of :data:`FIGURES` or :data:`MOVIES`.
    volumes : sequence of Volume
        As many as it takes.
    arguments : mapping
        Its options by name; windows and states may be as JSON has them.

    Raises
    ------
    ViewError
        When there is no such figure or option, or another number of volumes; and what the figure itself raises.
    """
    return make_movie(name, volumes, arguments) if name in MOVIES else make_figure(name, volumes, arguments)


def make_figure(name: str, volumes: Sequence[Volume], arguments: Mapping[str, Any]) -> Figure:
    """Make a figure alone, see :func:`make`."""
    check_call(name, len(volumes), arguments)
    return FIGURES[name](*volumes, **{option: from_plain(value) for option, value in arguments.items()})


def suffixes_of(name: str) -> tuple[str, ...]:
    """Return what the file of a figure or a movie may end with."""
    return tuple(MOVIE_FORMATS) if name in MOVIES else SUFFIXES


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
    "MOVIES",
    "SUFFIXES",
    "Figure",
    "Movie",
    "Style",
    "check_call",
    "check_movie",
    "check_movie_call",
    "cine",
    "compare",
    "directions",
    "histogram",
    "imshow",
    "lightbox",
    "make",
    "make_figure",
    "make_movie",
    "mips",
    "mpr",
    "plane",
    "quad",
    "suffixes_of",
    "sweep",
    "times",
    "turntable",
    "windows",
]
