"""Ready figures for papers and reports, each of one call: ``figures.lightbox(volume, n=20).save("a.pdf")``."""

from __future__ import annotations

from viewer3d.figures.axes import imshow
from viewer3d.figures.beside import compare, windows
from viewer3d.figures.figure import Figure
from viewer3d.figures.histogram import histogram
from viewer3d.figures.lightbox import lightbox
from viewer3d.figures.planes import mpr, plane, quad
from viewer3d.figures.projections import directions, mips
from viewer3d.figures.style import Style

__all__ = [
    "Figure",
    "Style",
    "compare",
    "directions",
    "histogram",
    "imshow",
    "lightbox",
    "mips",
    "mpr",
    "plane",
    "quad",
    "windows",
]
