"""Compose the picture of a slice: sample a volume at its pixels, then window and colour the values.

Nothing else does that: the scene, figures, ``imshow``, the slices that stand in the 3D pane and
those in a user's own plotter call :func:`compose`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import Interpolation, Slab, ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.render.colors import GREY
from viewer3d.render.marks.display_list import BLACK, Color
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.sample import Sampler
from viewer3d.render.slices.slab import is_inside
from viewer3d.render.slices.windowing import color_values, grey_values


@dataclass(frozen=True)
class SliceLook:
    """How the values of a volume become the colours of its slices.

    Attributes
    ----------
    window : Window
        From values to grey.
    colors : str
        Name of the colour map.
    inverted : bool
        Whether low values are drawn white.
    interpolation : {"linear", "nearest"}
        Between voxels, or the value of the voxel that holds the point.
    """

    window: Window
    colors: str = GREY
    inverted: bool = False
    interpolation: Interpolation = "linear"


def slice_look(volume: Volume, state: ViewState, number: int = 0) -> SliceLook:
    """Return how a state shows slices of a volume: one of MONOCHROME1 is white where values are low.

    Parameters
    ----------
    volume : Volume
    state : ViewState
    number : int
        Of the volume's layer, from 0.
    """
    look = state.layers[number]
    return SliceLook(look.window, look.colors, volume.inverted != look.inverted, state.interpolation)


@dataclass(frozen=True)
class PanePixels:
    """The pixels of a slice pane, each with the slab behind it.

    Attributes
    ----------
    pane : PaneGeometry
    slab : Slab
    """

    pane: PaneGeometry
    slab: Slab

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.pane.size[1], self.pane.size[0]


@dataclass(frozen=True, eq=False)
class PlanePixels:
    """Pixels that a matrix puts on a plane, as those of a perspective view of it.

    Attributes
    ----------
    matrix : ndarray of float64, shape (4, 4)
        Pixel (column, row, 0, 1) to world (LPS, mm) in homogeneous coordinates.
    rows, columns : slice
        Of the pixels.
    """

    matrix: NDArray[np.float64]
    rows: slice
    columns: slice

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start


Recent = dict[PlaneName, tuple[object, NDArray[Any]]]
"""By plane, what was sampled last and the values, shape (height, width), that were found."""


class SliceSource:
    """Samples a volume for its slices; samplers are made when they are first needed, and kept.

    Parameters
    ----------
    volume : Volume
    recent : dict, optional
        Keeps the values that each plane showed last, so that they are not sampled again. Volumes of one set share it:
        the values of one of them are kept. Without it none are.
    """

    def __init__(self, volume: Volume, recent: Recent | None = None) -> None:
        self.volume = volume
        self._recent = recent
        self._samplers: dict[Interpolation, Sampler] = {}

    def covered(self, pixels: PanePixels | PlanePixels) -> tuple[slice, slice]:
        """Return the rows and columns outside of which there is nothing of the volume."""
        if isinstance(pixels, PanePixels):
            return self._sampler("linear").covered(pixels.pane)
        return slice(0, pixels.shape[0]), slice(0, pixels.shape[1])

    def values(self, pixels: PanePixels | PlanePixels, interpolation: Interpolation = "linear") -> NDArray[Any]:
        """Sample the volume at pixels.

        Parameters
        ----------
        pixels : PanePixels or PlanePixels
        interpolation : {"linear", "nearest"}

        Returns
        -------
        ndarray of the voxels' dtype, shape (height, width)
            See :meth:`viewer3d.render.slices.sample.Sampler.values`. Those of plane pixels are valid until the next
            call.
        """
        sampler = self._sampler(interpolation)
        if isinstance(pixels, PlanePixels):
            return sampler.through(pixels.matrix, pixels.rows, pixels.columns)
        if self._recent is None:
            return sampler.values(pixels.pane, pixels.slab)
        name, key = pixels.pane.plane.name, (self.volume, pixels, interpolation)
        known = self._recent.get(name)
        if known is None or known[0] != key:
            known = self._recent[name] = key, sampler.values(pixels.pane, pixels.slab)
        return known[1]

    def _sampler(self, interpolation: Interpolation) -> Sampler:
        if interpolation not in self._samplers:
            self._samplers[interpolation] = Sampler(self.volume, interpolation)
        return self._samplers[interpolation]


def compose(
    source: SliceSource,
    look: SliceLook,
    pixels: PanePixels | PlanePixels,
    ground: Color = BLACK,
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Draw a slice of a volume.

    Parameters
    ----------
    source : SliceSource
        Of the volume.
    look : SliceLook
    pixels : PanePixels or PlanePixels
        Where the pixels lie in the patient.
    ground : tuple of int
        Red, green and blue, 0 to 255, of what lies outside of the volume.
    out : ndarray of uint8, shape (height, width, 3), optional
        Where to draw it; it may be a part of a larger picture.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        What was drawn: ``out``, if it was given.
    """
    picture: NDArray[np.uint8] = np.empty((*pixels.shape, 3), np.uint8) if out is None else out
    picture[...] = 0 if ground == BLACK else ground  # one number is filled in faster than three
    covered = source.covered(pixels)
    part = picture[covered]
    values = source.values(pixels, look.interpolation)[covered]
    if look.colors == GREY:
        grey = grey_values(values, look.window, inverted=look.inverted)
        for channel in range(3):  # three strided writes take a third of the time of one broadcast
            part[..., channel] = grey
    else:
        part[...] = color_values(values, look.window, look.colors, inverted=look.inverted)
    if ground != BLACK:
        part[~is_inside(values)] = ground
    return picture
