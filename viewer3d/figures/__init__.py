"""Ready figures for papers and reports, and movies, each of one call.

>>> figures.lightbox(volume, n=20).save("a.pdf")                # doctest: +SKIP
>>> figures.turntable(volume, frames=24).save("a.webp")         # doctest: +SKIP
"""

from __future__ import annotations

from viewer3d.figures.axes import imshow
from viewer3d.figures.beside import beside
from viewer3d.figures.curves.profile import profile
from viewer3d.figures.curves.time_curve import time_curve
from viewer3d.figures.dose_volume import dvh
from viewer3d.figures.figure import Figure
from viewer3d.figures.histogram import histogram
from viewer3d.figures.lightbox import lightbox
from viewer3d.figures.marked.key_images import key_images
from viewer3d.figures.movies.movie import Movie
from viewer3d.figures.movies.ready import cine, sweep, times, turntable
from viewer3d.figures.planes import mpr, plane, quad
from viewer3d.figures.projections import directions, mips
from viewer3d.figures.regions.comparison import segmentation_comparison
from viewer3d.figures.regions.overlay import overlay
from viewer3d.figures.side_by_side import compare, windows
from viewer3d.figures.style import Style, StyleOptions

__all__ = [
    "Figure",
    "Movie",
    "Style",
    "StyleOptions",
    "beside",
    "cine",
    "compare",
    "directions",
    "dvh",
    "histogram",
    "imshow",
    "key_images",
    "lightbox",
    "mips",
    "mpr",
    "overlay",
    "plane",
    "profile",
    "quad",
    "segmentation_comparison",
    "sweep",
    "time_curve",
    "times",
    "turntable",
    "windows",
]


def __dir__() -> list[str]:
    return list(__all__)
