"""Explain a pixel of a slice: its layers, how they are blended, and what is drawn over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

import numpy as np

from viewer3d.core.images.image2d import LIES_NOWHERE, flat_of
from viewer3d.core.vectors import vector
from viewer3d.core.view.slab import Slab
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.explanations.display import grey_of, mapped_color, over, over_inside, ramp_share, stacked
from viewer3d.explanations.sample import PixelRay, blended
from viewer3d.explanations.values import Cover, Explanation, LayerShare, PicturePlace, rgb
from viewer3d.explanations.words import digits, rgb_text
from viewer3d.figures.difference import DifferenceColors
from viewer3d.figures.pages.page import DrawnDifference, DrawnSlice
from viewer3d.render.color_slices import ColorSlice
from viewer3d.render.marks.display_list import BLACK, PLANE_COLORS, WHITE, Color, DisplayList, Mark, Ramp, Text
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.marks.strokes import FULL
from viewer3d.render.slices.compose import SQUARES, SliceLayer, SliceLayers, SliceLook, SliceSource
from viewer3d.render.slices.graphics import GraphicsSlice, draw_graphics, draw_shutters, graphics_on
from viewer3d.render.slices.pixels import PanePixels
from viewer3d.render.slices.regions import RegionSlice, RegionTouch, SeenRegions
from viewer3d.render.slices.slab import Blender, is_inside, slab_planes

OUTSIDE_OF_VOLUME: Final = "outside of the volume"


@dataclass(frozen=True, eq=False)
class SlicePixel:
    """A pixel of a slice, with all that decides its colour.

    Attributes
    ----------
    parts : tuple of SliceLayer, RegionSlice or GraphicsSlice
        What the slice is composed of.
    names : tuple of str
        Of the layers among them.
    pixels : PanePixels
        Where the pane lies.
    column, row : int
        Of the pixel in the pane.
    ground : tuple of int
        Red, green and blue of what lies outside of all layers.
    """

    parts: SliceLayers
    names: tuple[str, ...]
    pixels: PanePixels
    column: int
    row: int
    ground: Color = BLACK


def pixel_of(drawn: DrawnSlice, column: int, row: int) -> SlicePixel:
    """Return a pixel of what a panel was drawn of."""
    return SlicePixel(drawn.layers, drawn.names, drawn.pixels, column, row, drawn.ground)


@dataclass(frozen=True)
class SliceColor:
    """Why a pixel of a slice has its colour.

    Attributes
    ----------
    layers : tuple of LayerShare
    values : tuple of int
        The colour of the layers alone.
    covers : tuple of Cover
    """

    layers: tuple[LayerShare, ...]
    values: Color
    covers: tuple[Cover, ...]

    @property
    def color(self) -> Color:
        """The colour in the end."""
        return self.covers[-1].left if self.covers else self.values


WithSources = Callable[[Volume, LayerShare], LayerShare]
"""Adds to the voxels of a layer what files store."""


def explain_slice(one: SlicePixel, with_sources: WithSources | None = None) -> SliceColor:
    """Return why a pixel of a slice has its colour.

    Parameters
    ----------
    one : SlicePixel
    with_sources : callable, optional
        Adds what files store.

    Raises
    ------
    ViewError
        When the slice is of an image that lies in no space: what is told are places and voxels.
    """
    sources = [part.source for part in one.parts if isinstance(part, SliceLayer)]
    if any(isinstance(part, ColorSlice) for part in one.parts) or any(flat_of(source.volume) for source in sources):
        raise ViewError(f"{LIES_NOWHERE}: why a pixel has its colour is told of volumes; a probe reads the image's")
    layers = [part for part in one.parts if isinstance(part, SliceLayer)]
    found = [_layer_part(one, number, layer) for number, layer in enumerate(layers)]
    in_pane = [_is_in_pane(one, layer) for layer in layers]
    made = stacked(found, in_pane, one.ground)
    shown = made.layers
    if with_sources is not None:
        shown = tuple(with_sources(layer.source.volume, part) for layer, part in zip(layers, shown, strict=True))
    covers: list[Cover] = []
    color = made.color
    for add in (_levels, _shutters, _insides, _outlines, _graphics):
        covers += add(one, color)
        color = covers[-1].left if covers else color
    return SliceColor(shown, made.color, tuple(covers))


def _layer_part(one: SlicePixel, number: int, layer: SliceLayer) -> LayerShare:
    source, look, slab = layer.source, layer.look, one.pixels.slab
    volume = source.volume
    pane_range = partial(_pane_range, source, one.pixels)
    at = blended(PixelRay(volume, one.pixels.pane, (one.column, one.row), slab, look.interpolation, pane_range))
    part = LayerShare(
        name=one.names[number],
        unit=volume.unit,
        why_unit="",
        dtype=str(volume.voxels.dtype),
        interpolation=look.interpolation,
        slab=slab.blend if slab.thickness else "plane",
        thickness=slab.thickness,
        samples=at.samples,
        count=at.count,
        value=at.value,
        window=look.window,
        inverted=look.inverted,
        colors=look.colors,
        grey=None,
        color=None,
        opacity=0.0,
        left=(),
        notes=at.notes,
    )
    unseen = _why_unseen(one, look)
    if at.value is None:
        held = any(sample.voxels for sample in at.samples)
        if held and number == 0 and look.is_opaque:
            return replace(part, grey=0, color=BLACK, opacity=1.0, why_unseen="no number: black")
        return replace(part, why_unseen="no number" if held else OUTSIDE_OF_VOLUME)
    if unseen:
        return replace(part, why_unseen=unseen)
    grey = grey_of(at.value, look.window, inverted=look.inverted)
    is_whole = volume.voxels.dtype == np.int16 and not source.is_ambiguous
    share = ramp_share(at.value, look, is_whole=is_whole) if look.ramp else 1.0
    if share == 0:
        return replace(part, grey=grey, why_unseen="below the ramp of its opacity")
    return replace(part, grey=grey, color=mapped_color(grey, look.colors), opacity=share * look.opacity)


def _why_unseen(one: SlicePixel, look: SliceLook) -> str:
    height, width = one.pixels.shape
    if look.opacity == 0:
        return "its opacity is 0"
    if look.blend == "split" and one.column < round(look.split * width):
        return "left of the line that splits the pane"
    side = max(1, round(min(height, width) / SQUARES))
    if look.blend == "checkerboard" and (one.row // side + one.column // side) % 2 == 0:
        return "in a square of the checkerboard that shows what is below"
    return ""


def _is_in_pane(one: SlicePixel, layer: SliceLayer) -> bool:
    rows, columns = layer.source.covered(one.pixels)
    first = columns.start
    if layer.look.blend == "split":
        first = max(first, round(layer.look.split * one.pixels.shape[1]))
    return layer.look.opacity > 0 and rows.start < rows.stop and first < columns.stop


def _pane_range(source: SliceSource, pixels: PanePixels) -> float:
    """Return how far apart the extremes of samples of an oblique slab are in a whole pane."""
    pane, slab = pixels.pane, pixels.slab
    blender: Blender | None = None
    for plane in slab_planes(source.volume.geometry, pane.plane, pane.origin, slab):
        origin = vector(np.add(pane.origin, np.multiply(pane.plane.normal, plane.offset)))
        values = source.values(PanePixels(replace(pane, origin=origin), Slab()))
        if blender is None:
            blender = Blender(slab.blend, values)
        else:
            blender.add(values)
    assert blender is not None
    found = blender.result[is_inside(blender.result)]
    return float(found.max()) - float(found.min()) if found.size else 0.0


def _levels(one: SlicePixel, color: Color) -> list[Cover]:
    found: list[Cover] = []
    layers = [part for part in one.parts if isinstance(part, SliceLayer)]
    for number, layer in enumerate(layers):
        look, source = layer.look, layer.source
        if not look.levels or (_why_unseen(one, replace(look, opacity=1.0))):
            continue
        kept = source.kept(one.pixels, look.interpolation, in_float=source.is_ambiguous)
        lines = kept.lines(number, look.levels, one.pixels.line_scale)
        for level, line in zip(look.levels, lines, strict=True):
            drawn = mapped_color(grey_of(level, look.window, inverted=look.inverted), look.colors)
            for share in line.shares[(line.rows == one.row) & (line.columns == one.column)].tolist():
                color = over(color, drawn, 1.0 / FULL * share)
                name = f"{level:g} {layer.source.volume.unit} of {one.names[number]}".replace("  ", " ")
                found.append(Cover("level", name, drawn, share / FULL, color))
    return found


def _insides(one: SlicePixel, color: Color) -> list[Cover]:
    return _touches(one, color, "region inside", SeenRegions.insides_at, over_inside)


def _outlines(one: SlicePixel, color: Color) -> list[Cover]:
    return _touches(one, color, "region outline", SeenRegions.outlines_at, over)


def _touches(
    one: SlicePixel,
    color: Color,
    what: Literal["region inside", "region outline"],
    touches_at: Callable[[SeenRegions, int, int], list[RegionTouch]],
    blend: Callable[[Color, Color, float], Color],
) -> list[Cover]:
    """Return what of the shown regions is blended into a pixel, and the colour after each."""
    found = []
    for region in one.parts:
        if isinstance(region, RegionSlice) and region.look.shown:
            for name, drawn, opacity in touches_at(region.source.seen(one.pixels, region.look), one.row, one.column):
                color = blend(color, drawn, opacity)
                found.append(Cover(what, name, drawn, opacity, color))
    return found


def _shutters(one: SlicePixel, color: Color) -> list[Cover]:
    return _drawn(one, color, "shutter of the files")


def _graphics(one: SlicePixel, color: Color) -> list[Cover]:
    return _drawn(one, color, "overlay plane, graphic or text of the files")


def _drawn(one: SlicePixel, color: Color, what: str) -> list[Cover]:
    """Return what of the files' own graphics is drawn at a pixel, by drawing it on two grounds."""
    graphics = [part for part in one.parts if isinstance(part, GraphicsSlice)]
    placed = graphics_on(one.pixels, graphics)
    if not placed:
        return []
    left = []
    for ground in (BLACK, (255, 255, 255), color):
        picture = np.empty((*one.pixels.shape, 3), np.uint8)
        picture[...] = ground
        if what.startswith("shutter"):
            draw_shutters(picture, placed, one.ground)
        else:
            draw_graphics(picture, placed)
        left.append(rgb(picture[one.row, one.column]))
    opacity = 1 - (left[1][0] - left[0][0]) / 255
    return [Cover("graphic", what, None, opacity, left[2])] if opacity > 0 else []


def mark_covers(
    marks: DisplayList, shape: tuple[int, int], pixel: tuple[int, int], below: Color, identity: Sequence[str] = ()
) -> list[Cover]:
    """Return the marks that cover a pixel, in the order in which they are drawn.

    Parameters
    ----------
    marks : tuple of Mark
        Of the pane.
    shape : tuple of int
        Height and width of the pane.
    pixel : tuple of int
        Column and row.
    below : tuple of int
        Red, green and blue of the pixel without them.
    identity : sequence of str
        Lines that name the patient: they are told as such, and not repeated.
    """
    column, row = pixel
    raster, picture = Rasterizer(), np.zeros((*shape, 3), np.uint8)

    def drawn(some: DisplayList, ground: Color) -> Color:
        picture[row, column] = ground  # of one pixel alone the ground counts
        raster.draw(picture, some)
        return rgb(picture[row, column])

    if all(drawn(marks, ground) == ground for ground in (BLACK, WHITE)):
        return []
    found = []
    for mark in marks:
        on_black, on_white = (drawn((mark,), ground) for ground in (BLACK, WHITE))
        opacity = max(1 - (white - black) / 255 for black, white in zip(on_black, on_white, strict=True))
        if (on_black, on_white) == (BLACK, WHITE):
            continue
        below = drawn((mark,), below)
        color = None if isinstance(mark, Ramp) else mark.color
        found.append(Cover("mark", _name_of(mark, identity), color, opacity, below))
    return found


def _name_of(mark: Mark, identity: Sequence[str]) -> str:
    if isinstance(mark, Text):
        return "a text that names the patient" if mark.text in identity else f"the text {mark.text!r}"
    if isinstance(mark, Ramp):
        return "a value bar"
    planes = [name for name, color in PLANE_COLORS.items() if color == mark.color]
    return f"a line in the colour of the {planes[0]} plane" if planes else "a line or an area"


STEPS: Final = 128
"""Steps of colours on either side of equal."""


def explain_difference(
    drawn: DrawnDifference,
    place: PicturePlace,
    pixel: tuple[int, int],
    color: Color,
    with_sources: WithSources | None = None,
) -> Explanation:
    """Return why a pixel of a difference has its colour.

    Parameters
    ----------
    drawn : DrawnDifference
    place : PicturePlace
    pixel : tuple of int
        Column and row in the panel.
    color : tuple of int
        Red, green and blue as drawn: of hatching, where one volume alone has a value.
    with_sources : callable, optional
        Adds what files store.
    """
    both = [explain_slice(pixel_of(one, *pixel), with_sources).layers[0] for one in (drawn.before, drawn.after)]
    before, after = (replace(one, color=None, opacity=0.0, why_unseen="") for one in both)
    layers: tuple[LayerShare, ...] = (before, replace(after, name=f"{after.name}, the second"))
    ground = drawn.before.ground
    if before.value is None or after.value is None:
        nothing = before.value is None and after.value is None
        what = "neither volume has a value here" if nothing else "one volume alone has a value here: hatched"
        shown = ground if nothing else color
        return Explanation(place, layers, ground, shown, (), shown, notes=(what,))
    difference = np.float32(after.value) - np.float32(before.value)
    share = float(np.clip(difference / np.float32(drawn.limit), -1, 1))
    step = round((np.float32(share) + 1) * STEPS)
    made = _color_of_step(drawn.colors, step)
    note = (
        f"difference {digits(float(difference))} {before.unit}, the second less the first; colours end at "
        f"{digits(drawn.limit)}: step {step} of {2 * STEPS}, {rgb_text(made)}"
    )
    return Explanation(place, layers, ground, made, (), made, notes=(note,))


def _color_of_step(colors: DifferenceColors, step: int) -> Color:
    """Return the colour of a step, which is linear between the points of the colours."""
    at = step / STEPS - 1
    points = [place for place, _ in colors.points]
    return rgb([round(float(np.interp(at, points, [one[n] for _, one in colors.points]))) for n in range(3)])
