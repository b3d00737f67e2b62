"""A page: panels with their display lists, from which pixels and vectors are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer3d.figures.style import PAGE_COLORS, POINTS_PER_INCH, Background
from viewer3d.render.colors import fill_with
from viewer3d.render.marks.display_list import Color, DisplayList, Text
from viewer3d.render.marks.note_marks import NO_NOTES, PaneNotes
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.panes import Rect

if TYPE_CHECKING:
    from viewer3d.core.notes.note import Note
    from viewer3d.core.volume import Volume
    from viewer3d.figures.difference import DifferenceColors
    from viewer3d.render.slices.compose import SliceLayers
    from viewer3d.render.slices.pixels import PanePixels
    from viewer3d.render.volume.request import RenderRequest


@dataclass(frozen=True, eq=False)
class DrawnSlice:
    """What the slice of a panel was drawn of.

    Attributes
    ----------
    layers : tuple of SliceLayer, RegionSlice or GraphicsSlice
    names : tuple of str
        Of the layers among them.
    pixels : PanePixels
        Where the panel lies in the patient.
    ground : tuple of int
        Red, green and blue of what lies outside of all layers.
    """

    layers: SliceLayers
    names: tuple[str, ...]
    pixels: PanePixels
    ground: Color


@dataclass(frozen=True, eq=False)
class DrawnVolume:
    """What the 3D rendering of a panel was drawn of.

    Attributes
    ----------
    volume : Volume
    request : RenderRequest
    ground : tuple of int
        Red, green and blue of what is behind the volume.
    """

    volume: Volume
    request: RenderRequest
    ground: Color


@dataclass(frozen=True, eq=False)
class DrawnDifference:
    """What the difference of a panel was drawn of.

    Attributes
    ----------
    before, after : DrawnSlice
        The values of the base of the one are subtracted from those of the other.
    colors : DifferenceColors
    limit : float
        The difference at which colours end.
    """

    before: DrawnSlice
    after: DrawnSlice
    colors: DifferenceColors
    limit: float


Drawn = DrawnSlice | DrawnVolume | DrawnDifference


@dataclass(frozen=True, eq=False)
class PagePanel:
    """One picture on a page.

    Attributes
    ----------
    rect : Rect
        Where it lies, in pixels of the page.
    pixels : ndarray of uint8, shape (height, width, 3)
        What is drawn as pixels in any format.
    marks : tuple of Mark
        What is drawn over it, in its own pixels, as vectors where the format can.
    in_3d : bool
        Whether OpenGL drew the pixels.
    drawn : DrawnSlice, DrawnVolume or DrawnDifference, optional
        What the pixels were drawn of; None of a plot.
    notes : PaneNotes
        What it tells of its data.
    """

    rect: Rect
    pixels: NDArray[np.uint8]
    marks: DisplayList = ()
    in_3d: bool = False
    drawn: Drawn | None = None
    notes: PaneNotes = NO_NOTES


@dataclass(frozen=True, eq=False)
class Page:
    """A figure ready to be drawn.

    Attributes
    ----------
    size : tuple of int
        Width and height in pixels.
    dpi : float
        Pixels per inch on paper.
    background : {"black", "white", "transparent"}
    panels : tuple of Panel
    marks : tuple of Mark
        What stands beside the panels, in pixels of the page; drawn last.
    compared : tuple of Note
        What keeps the numbers of its volumes from being compared.
    table : str
        The values that are plotted, as CSV; empty where there are none to write.
    """

    size: tuple[int, int]
    dpi: float
    background: Background
    panels: tuple[PagePanel, ...]
    marks: DisplayList = ()
    compared: tuple[Note, ...] = ()
    table: str = ""

    @property
    def ground(self) -> Color | None:
        """Colour behind the panels; None when there is none."""
        return PAGE_COLORS[self.background].ground

    @property
    def points(self) -> tuple[float, float]:
        """Width and height on paper, in points of 1/72 inch."""
        width, height = (side / self.dpi * POINTS_PER_INCH for side in self.size)
        return width, height

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is written on it."""
        marks = (*self.marks, *(mark for panel in self.panels for mark in panel.marks))
        return tuple(mark.text for mark in marks if isinstance(mark, Text))

    def pixels(self) -> NDArray[np.uint8]:
        """Draw the page.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3), or (height, width, 4) when it is transparent
        """
        if self.ground is not None:
            return self._drawn_on(self.ground)
        # A pixel that covers a share of the page differs by the remaining share between black and white ground.
        on_black, on_white = (self._drawn_on((grey, grey, grey)) for grey in (0, 255))
        alpha = 255 - (on_white.astype(np.int16) - on_black).max(-1, keepdims=True)
        color = np.minimum(np.rint(on_black * (255 / np.maximum(alpha, 1))), 255)
        return np.concatenate([color, alpha], -1).astype(np.uint8)

    def _drawn_on(self, ground: Color) -> NDArray[np.uint8]:
        picture = np.empty((self.size[1], self.size[0], 3), np.uint8)
        fill_with(picture, ground)
        raster = Rasterizer()
        for panel in self.panels:
            pane = picture[panel.rect.rows, panel.rect.columns]
            pane[...] = panel.pixels
            raster.draw(pane, panel.marks)
        raster.draw(picture, self.marks)
        return picture
