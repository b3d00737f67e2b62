"""Compose the picture of a slice: sample each layer, then window, colour and blend the values.

Nothing else does that: the scene, figures, ``imshow``, the slices that stand in the 3D pane and
those in a user's own plotter call :func:`compose`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.sampling import Interpolation
from viewer3d.core.view.look import LayerBlend
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.render.colors import GREY, fill_with
from viewer3d.render.marks.display_list import BLACK, Color
from viewer3d.render.slices.blend import EntryColors, EntryLayer, blend, clear_squares
from viewer3d.render.slices.entries import CLEAR, Entries, EntryTable
from viewer3d.render.slices.kept import Kept
from viewer3d.render.slices.pixels import PanePixels, PlanePixels
from viewer3d.render.slices.sample import Sampler, holds_outside
from viewer3d.render.slices.slab import OUTSIDE, is_inside
from viewer3d.render.slices.tiles import PanePart, tile_shape
from viewer3d.render.slices.windowing import color_values, grey_values, value_color

if TYPE_CHECKING:
    from viewer3d.render.color_slices import ColorSlice
    from viewer3d.render.marks.strokes import Strokes
    from viewer3d.render.slices.graphics import GraphicsSlice
    from viewer3d.render.slices.regions import RegionSlice

SQUARES: Final = 8
"""Squares of a checkerboard along the shorter side of a pane."""


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
    opacity : float
        0 to 1, over what lies below.
    ramp : float
        The lowest share of the window, 0 to 1, along which the opacity rises from 0 to ``opacity`` by the values;
        below the window nothing is drawn. 0 makes it the same for all values.
    blend : {"over", "checkerboard", "split"}
        Everywhere in a pane, in every other of :data:`SQUARES` squares along its shorter side, or right of a line.
        Pixels on a plane in 3D are in no pane: there it is everywhere.
    split : float
        Where the line of ``"split"`` stands, 0 to 1 of the pane's width.
    levels : tuple of float
        Values along which there are lines, over all layers of values and whatever the opacity is: each in the colour
        that its value has, and only where the blend draws the layer.
    """

    window: Window
    colors: str = GREY
    inverted: bool = False
    interpolation: Interpolation = "linear"
    opacity: float = 1.0
    ramp: float = 0.0
    blend: LayerBlend = "over"
    split: float = 0.5
    levels: tuple[float, ...] = ()

    @property
    def is_opaque(self) -> bool:
        """Whether nothing is seen through it, as of the base."""
        return self.opacity == 1 and self.ramp == 0 and self.blend == "over"


def slice_look(volume: Volume, state: ViewState, number: int = 0) -> SliceLook:
    """Return how a state shows slices of a volume: one of MONOCHROME1 is white where values are low.

    Parameters
    ----------
    volume : Volume
    state : ViewState
    number : int
        Of the volume's layer, from 0; that one is opaque.
    """
    look = state.layers[number]
    inverted = volume.inverted != look.inverted
    base = SliceLook(look.window, look.colors, inverted, state.interpolation, levels=look.levels)
    if number == 0:
        return base
    return replace(base, opacity=look.opacity, ramp=look.ramp, blend=look.blend, split=look.split)


Recent = dict[PlaneName, Kept]
"""By plane, what was sampled last."""


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
        self._samplers: dict[tuple[Interpolation, bool], Sampler] = {}

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
            See :meth:`viewer3d.render.slices.sample.Sampler.values`; float32 of an int16 volume that has voxels of the
            value that outside has. Those of plane pixels are valid until the next call.
        """
        return self.kept(pixels, interpolation, in_float=self.is_ambiguous).values

    @property
    def is_ambiguous(self) -> bool:
        """Whether some voxel of an int16 volume has the value that samples outside of it have."""
        return self.volume.voxels.dtype == np.int16 and holds_outside(self.volume)

    def kept(
        self, pixels: PanePixels | PlanePixels, interpolation: Interpolation = "linear", *, in_float: bool = False
    ) -> Kept:
        """Sample as :meth:`values` does, in int16 or in float; return the values and what was made of them."""
        sampler = self._sampler(interpolation, in_float=in_float)
        if isinstance(pixels, PlanePixels):
            kept = Kept()
            kept.take(None, sampler.through(pixels.matrix, pixels.rows, pixels.columns), self.covered(pixels))
            return kept
        key = self.volume, pixels, interpolation, in_float
        kept = Kept() if self._recent is None else self._recent.setdefault(pixels.pane.plane.name, Kept())
        if kept.key != key:
            kept.take(key, sampler.values(pixels.pane, pixels.slab), sampler.covered(pixels.pane))
        return kept

    def inside(
        self, pixels: PanePixels | PlanePixels, interpolation: Interpolation, values: NDArray[Any]
    ) -> NDArray[np.bool_]:
        """Return at which pixels, (height, width), the volume is, whatever values were sampled there."""
        if self.volume.voxels.dtype == np.int16 or not holds_outside(self.volume):
            return is_inside(values)
        sampler = self._sampler(interpolation)
        if isinstance(pixels, PlanePixels):
            return sampler.covers_through(pixels.matrix, pixels.rows, pixels.columns)
        return sampler.covers(pixels.pane, pixels.slab)

    def _sampler(self, interpolation: Interpolation, *, in_float: bool = False) -> Sampler:
        key = interpolation, in_float
        if key not in self._samplers:
            self._samplers[key] = Sampler(self.volume, interpolation, in_float=in_float)
        return self._samplers[key]


@dataclass(frozen=True)
class SliceLayer:
    """A layer of a slice: what is sampled, and how it looks.

    Attributes
    ----------
    source : SliceSource
    look : SliceLook
    """

    source: SliceSource
    look: SliceLook


SlicePart: TypeAlias = "SliceLayer | ColorSlice | RegionSlice | GraphicsSlice"

SliceLayers: TypeAlias = "tuple[SlicePart, ...]"
"""What a slice is composed of: layers of values, or colours, and regions, the lowest first, and graphics of files."""


def compose(
    layers: Sequence[SlicePart],
    pixels: PanePixels | PlanePixels,
    ground: Color = BLACK,
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Draw a slice of layers, each over those before it.

    Parameters
    ----------
    layers : sequence of SliceLayer, ColorSlice, RegionSlice or GraphicsSlice
        Those that are shown, the lowest first; regions lie over all others, and graphics over these. A voxel without a
        value (NaN) is black in an opaque first layer, and nothing in all others.
    pixels : PanePixels or PlanePixels
        Where the pixels lie in the patient.
    ground : tuple of int
        Red, green and blue, 0 to 255, of what lies outside of all layers.
    out : ndarray of uint8, shape (height, width, 3), optional
        Where to draw it; it may be a part of a larger picture.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        What was drawn: ``out``, if it was given.

    Notes
    -----
    Each layer of values is ``below * (1 - a) + color * a``, with its opacity ``a`` where it has voxels and 0 elsewhere;
    it is rounded once, after the last one. Lines of levels are drawn over what comes of that; shutters cover both, and
    regions are drawn over it.
    """
    picture: NDArray[np.uint8] = np.empty((*pixels.shape, 3), np.uint8) if out is None else out
    _compose_values([one for one in layers if isinstance(one, SliceLayer)], pixels, ground, picture)
    if others := [one for one in layers if not isinstance(one, SliceLayer)]:
        _draw_others(picture, others, pixels, ground)
    return picture


def _draw_others(
    picture: NDArray[np.uint8],
    others: Sequence[ColorSlice | RegionSlice | GraphicsSlice],
    pixels: PanePixels | PlanePixels,
    ground: Color,
) -> None:
    # Imported on call: most pictures have neither colours nor regions nor graphics of their files.
    from viewer3d.render.color_slices import ColorSlice  # noqa: PLC0415
    from viewer3d.render.slices import graphics as of_files  # noqa: PLC0415
    from viewer3d.render.slices.regions import RegionSlice, draw_regions  # noqa: PLC0415

    for one in others:
        if isinstance(one, ColorSlice):
            one.source.draw(picture, pixels, one.look)
    graphics = of_files.graphics_on(pixels, [one for one in others if isinstance(one, of_files.GraphicsSlice)])
    of_files.draw_shutters(picture, graphics, ground)
    draw_regions(picture, pixels, [one for one in others if isinstance(one, RegionSlice)])
    of_files.draw_graphics(picture, graphics, pixels.text if isinstance(pixels, PanePixels) else None)


def _compose_values(
    layers: Sequence[SliceLayer], pixels: PanePixels | PlanePixels, ground: Color, picture: NDArray[np.uint8]
) -> None:
    visible = [(number, layer) for number, layer in enumerate(layers) if layer.look.opacity > 0]
    if len(visible) == 1 and visible[0][1].look.is_opaque:
        kept = {visible[0][0]: _draw_opaque(visible[0][1], pixels, ground, picture)}
    else:
        kept = _draw_blended(visible, pixels, ground, picture)
    for number, layer in enumerate(layers):
        source, look = layer.source, layer.look
        if look.levels:
            if number not in kept:
                kept[number] = source.kept(pixels, look.interpolation, in_float=source.is_ambiguous)
            _draw_levels(picture, kept[number].lines(number, look.levels, pixels.line_scale), look, pixels)


def _draw_levels(
    picture: NDArray[np.uint8], lines: Sequence[Strokes], look: SliceLook, pixels: PanePixels | PlanePixels
) -> None:
    is_pane = isinstance(pixels, PanePixels)
    for level, line in zip(look.levels, lines, strict=True):
        drawn = line
        if look.blend == "split" and is_pane:
            drawn = line.only(line.columns >= _split_column(look, pixels))
        elif look.blend == "checkerboard" and is_pane:
            side = _square_side(pixels)
            drawn = line.only((line.rows // side + line.columns // side) % 2 == 1)
        drawn.draw(picture, value_color(level, look.window, look.colors, inverted=look.inverted))


def _split_column(look: SliceLook, pixels: PanePixels | PlanePixels) -> int:
    return round(look.split * pixels.shape[1])


def _square_side(pixels: PanePixels | PlanePixels) -> int:
    return max(1, round(min(pixels.shape) / SQUARES))


def _draw_blended(
    layers: Sequence[tuple[int, SliceLayer]],
    pixels: PanePixels | PlanePixels,
    ground: Color,
    picture: NDArray[np.uint8],
) -> dict[int, Kept]:
    # Draws layers by their numbers; returns what was sampled of each.
    blended: list[_Blended] = []
    for number, layer in layers:
        stride = blended[0].colors.count if blended and len(layers) == 2 else 1
        if one := _blended(number, layer, pixels, ground, stride):
            blended.append(one)
    if not blended:
        fill_with(picture, ground)
        return {}
    tiles = np.ones(tile_shape(pixels.shape), np.bool_)
    if ground == BLACK:
        tiles = np.any([one.kept.seen(one.table, one.colors.is_seen()) for one in blended], axis=0)
    drawn = [
        EntryLayer(*one.part, one.kept.entries(one.number, one.table, one.part, tiles, one.finish), one.colors)
        for one in blended
    ]
    blend(picture, drawn, tiles, ground)
    return {one.number: one.kept for one in blended}


def _draw_opaque(
    layer: SliceLayer, pixels: PanePixels | PlanePixels, ground: Color, picture: NDArray[np.uint8]
) -> Kept:
    source, look = layer.source, layer.look
    fill_with(picture, ground)
    in_float = _is_outside_seen(look, pixels, ground) and source.is_ambiguous
    kept = source.kept(pixels, look.interpolation, in_float=in_float)
    part, values = picture[kept.covered], kept.values[kept.covered]
    if look.colors == GREY:
        grey = grey_values(values, look.window, inverted=look.inverted)
        for channel in range(3):  # three strided writes take a third of the time of one broadcast
            part[..., channel] = grey
    else:
        part[...] = color_values(values, look.window, look.colors, inverted=look.inverted)
    if ground != BLACK:
        part[~source.inside(pixels, look.interpolation, kept.values)[kept.covered]] = ground
    return kept


def _is_outside_seen(look: SliceLook, pixels: PanePixels | PlanePixels, ground: Color) -> bool:
    # Whether a voxel of the value that int16 has outside looks other than outside does: it is seldom asked for, and
    # else the voxels need not be looked at.
    is_blended = isinstance(pixels, PanePixels) and pixels.slab.thickness > 0 and pixels.slab.blend != "maximum"
    return (
        is_blended
        or ground != BLACK
        or look.colors != GREY
        or look.inverted
        or float(look.window.apply(float(OUTSIDE))) > 0
    )


@dataclass(frozen=True, eq=False)
class _Blended:
    # A layer that is blended, see Kept.entries.
    number: int
    kept: Kept
    part: PanePart
    table: EntryTable
    colors: EntryColors
    finish: tuple[object, Callable[[Entries], None]] | None


def _blended(
    number: int, layer: SliceLayer, pixels: PanePixels | PlanePixels, ground: Color, stride: int
) -> _Blended | None:
    # What a layer of a number is in the pixels; None where nothing of it is there.
    source, look = layer.source, layer.look
    kept = source.kept(pixels, look.interpolation, in_float=source.is_ambiguous)
    rows, columns = kept.covered
    if look.blend == "split" and isinstance(pixels, PanePixels):
        columns = slice(max(columns.start, _split_column(look, pixels)), columns.stop)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    table = EntryTable(look.window, look.ramp, look.inverted, stride)
    colors = EntryColors(look.colors, table.steps.greys.tobytes(), table.steps.shares.tobytes(), look.opacity)
    part = rows, columns

    def clear(entries: Entries) -> None:
        clear_squares(entries, _square_side(pixels), (rows.start, columns.start))

    def blacken(entries: Entries) -> None:
        inside = source.inside(pixels, look.interpolation, kept.values)[part]
        entries[inside & (entries == CLEAR)] = colors.black

    finish: tuple[object, Callable[[Entries], None]] | None = None
    if look.blend == "checkerboard" and isinstance(pixels, PanePixels):
        finish = look.blend, clear
    elif number == 0 and look.is_opaque and ground != BLACK:
        finish = look.blend, blacken
    return _Blended(number, kept, part, table, colors, finish)
