"""Figures and movies by name, for the command line and for recipes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from viewer3d.core.layers import Overlays
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.figures.beside import beside
from viewer3d.figures.calls import (
    SET,
    check_options,
    from_plain,
    optional_volumes,
    overlay_arguments,
    volume_names,
)
from viewer3d.figures.curves.profile import profile
from viewer3d.figures.curves.time_curve import time_curve
from viewer3d.figures.dose_volume import dvh
from viewer3d.figures.figure import SUFFIXES, Figure
from viewer3d.figures.histogram import histogram
from viewer3d.figures.lightbox import lightbox
from viewer3d.figures.marked.key_images import key_images
from viewer3d.figures.movies.files import MOVIE_FORMATS
from viewer3d.figures.movies.movie import Movie
from viewer3d.figures.movies.ready import cine, sweep, times, turntable
from viewer3d.figures.planes import mpr, plane, quad
from viewer3d.figures.projections import directions, mips
from viewer3d.figures.regions.comparison import segmentation_comparison
from viewer3d.figures.regions.overlay import overlay
from viewer3d.figures.side_by_side import compare, windows

FIGURES: Final[dict[str, Callable[..., Figure]]] = {
    one.__name__: one
    for one in (
        plane,
        mpr,
        quad,
        lightbox,
        key_images,
        windows,
        compare,
        beside,
        directions,
        mips,
        histogram,
        dvh,
        time_curve,
        profile,
        overlay,
        segmentation_comparison,
    )
}
WITH_TABLE: Final = ("time_curve", "profile")
"""Figures whose values can be written as CSV."""

MOVIES: Final[dict[str, Callable[..., Movie]]] = {one.__name__: one for one in (turntable, cine, sweep, times)}


def make(name: str, volumes: Sequence[Volume], arguments: Mapping[str, Any], overlays: Overlays = ()) -> Figure | Movie:
    """Make a figure or a movie from its name and its arguments.

    Parameters
    ----------
    name : str
        One of :data:`FIGURES` or :data:`MOVIES`.
    volumes : sequence of Volume
        As many as it takes.
    arguments : mapping
        Its options by name, as ``arguments`` of :class:`Figure` and :class:`Movie` are: windows and states may be as
        JSON has them.
    overlays : sequence of Layer or data
        What is drawn over the first volume, from the lowest to the highest.

    Raises
    ------
    ViewError
        When there is no such figure or option, or another number of volumes; and what the figure itself raises.
    """
    making = make_movie if name in MOVIES else make_figure
    return making(name, volumes, arguments, overlays)


def make_figure(name: str, volumes: Sequence[Volume], arguments: Mapping[str, Any], overlays: Overlays = ()) -> Figure:
    """Make a figure from its name and its arguments, see :func:`make`."""
    check_figure_call(name, len(volumes), arguments)
    names = volume_names(FIGURES[name])
    given = {SET: volumes} if names == [SET] else dict(zip(names, volumes, strict=False))
    return FIGURES[name](**given, **_options(FIGURES[name], arguments, overlays))


def make_movie(name: str, volumes: Sequence[Volume], arguments: Mapping[str, Any], overlays: Overlays = ()) -> Movie:
    """Make a movie from its name and its arguments, see :func:`make`."""
    check_movie_call(name, arguments)
    if name == "times":
        return times(volumes, **_options(times, arguments, overlays))
    if len(volumes) != 1:
        raise ViewError(f"{name} takes 1 volume, {len(volumes)} given")
    return MOVIES[name](volumes[0], **_options(MOVIES[name], arguments, overlays))


def check_figure_call(name: str, count: int, arguments: Mapping[str, Any]) -> None:
    """Check what can be said of a call of :func:`make_figure` before there are volumes.

    Raises
    ------
    ViewError
        When there is no such figure or option, an option all figures share is none they can have, or the figure takes
        another number of volumes.
    """
    if name not in FIGURES:
        raise ViewError(f"no figure is named {name!r}: give one of {', '.join(FIGURES)}")
    takes = len(volume_names(FIGURES[name]))
    least = takes - len(optional_volumes(FIGURES[name]))
    if not least <= count <= takes and not takes_set(name):  # that is of one place, or of as many as there are
        range_text = f"{least} to {takes}" if 0 < least < takes else f"{takes}"
        raise ViewError(f"{name} takes {range_text} volume{'s' * (takes > 1)}, {count} given")
    check_options(FIGURES[name], arguments)


def takes_set(name: str) -> bool:
    """Return whether a figure or a movie is of all volumes of a 4-D set."""
    return volume_names((FIGURES | MOVIES)[name]) == [SET]


def check_movie_call(name: str, arguments: Mapping[str, Any]) -> None:
    """Check what can be said of a call of :func:`make_movie` before there are volumes.

    Raises
    ------
    ViewError
        When it has no such option, or takes one that is not given.
    """
    check_options(MOVIES[name], arguments)


def file_suffixes(name: str) -> tuple[str, ...]:
    """Return what the name of the file of a figure or a movie may end with."""
    return tuple(MOVIE_FORMATS) if name in MOVIES else SUFFIXES


def _options(function: Callable[..., Any], arguments: Mapping[str, Any], overlays: Overlays) -> dict[str, Any]:
    options = {option: from_plain(value) for option, value in arguments.items()}
    return {**options, **overlay_arguments(function, overlays)}
