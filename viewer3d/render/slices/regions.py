"""Draw regions over a slice: the insides of all, then the outlines of all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.mesh import MeshRegion
from viewer3d.core.placing.regions import AnyRegion, PlacedRegions
from viewer3d.core.structures import Roi, StructureSet
from viewer3d.core.view.look import RegionLook
from viewer3d.core.view.planes import PlaneName
from viewer3d.render.marks.display_list import Color
from viewer3d.render.marks.strokes import FULL, Strokes, blend_pixels
from viewer3d.render.slices.contour_lines import RoiContours, along_slices
from viewer3d.render.slices.labels import LabelSampler
from viewer3d.render.slices.mesh_lines import MeshCut
from viewer3d.render.slices.outlines import LabelColors, blend_labels, inner_edges
from viewer3d.render.slices.pixels import PanePixels, PlanePixels
from viewer3d.render.slices.tiles import PanePart

RegionTouch = tuple[str, Color, float]
"""A region that is drawn at a pixel: its name, its colour, and with which opacity."""


@dataclass(frozen=True, eq=False)
class _Outline:
    # The pixels of the outlines of a label layer, and their labels.
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    labels: NDArray[Any]


@dataclass(eq=False)
class _Kept:
    # What a plane showed last: by label layer what was sampled, by that and width the outlines, by region and width the
    # lines of contours, by mesh what the plane cuts of it. Each mesh has a label layer of its own, as meshes overlap.
    key: object = None
    labels: dict[int, tuple[NDArray[Any], PanePart]] = field(default_factory=dict)
    outlines: dict[tuple[int, int], _Outline] = field(default_factory=dict)
    lines: dict[tuple[int, int], tuple[Strokes, bool]] = field(default_factory=dict)
    cuts: dict[int, MeshCut] = field(default_factory=dict)


class RegionSource:
    """Finds regions in slices; what it needs for it is made when it is first needed, and kept.

    Parameters
    ----------
    regions : PlacedRegions
    keeps_labels : bool
        Whether what each plane showed last is kept, for pictures that follow one another.
    """

    def __init__(self, regions: PlacedRegions, *, keeps_labels: bool = False) -> None:
        self.regions = regions
        self._recent: dict[PlaneName, _Kept] | None = {} if keeps_labels else None
        self._samplers: dict[int, LabelSampler] = {}
        self._contours: dict[int, RoiContours] = {}

    def seen(self, pixels: PanePixels | PlanePixels, look: RegionLook) -> SeenRegions:
        """Return the regions as pixels see them with a look; nothing is sampled before it is drawn."""
        if self._recent is None or isinstance(pixels, PlanePixels):
            return SeenRegions(self, pixels, look, _Kept())
        # In a slab a region that is not seen hides none behind it.
        key = pixels, look.segments if pixels.thickness else None
        name = pixels.pane.plane.name
        if name not in self._recent or self._recent[name].key != key:
            self._recent[name] = _Kept(key)
        return SeenRegions(self, pixels, look, self._recent[name])

    def sampler(self, layer: int) -> LabelSampler:
        """Return what samples a label layer."""
        if layer not in self._samplers:
            segmentation = self.regions.segmentation
            self._samplers[layer] = LabelSampler(segmentation.labels[layer], segmentation.geometry)
        return self._samplers[layer]

    def contours(self, roi: Roi, structures: StructureSet) -> RoiContours:
        """Return the contours of a region of interest of the structure set that is placed."""
        if roi.number not in self._contours:
            self._contours[roi.number] = RoiContours.of(roi, structures, self.regions.base)
        return self._contours[roi.number]


@dataclass(frozen=True, eq=False)
class SeenRegions:
    """Regions in a slice, with a look.

    Attributes
    ----------
    source : RegionSource
    pixels : PanePixels or PlanePixels
    look : RegionLook
    kept : _Kept
        What was found in these pixels before.
    """

    source: RegionSource
    pixels: PanePixels | PlanePixels
    look: RegionLook
    kept: _Kept

    def present(self) -> frozenset[int]:
        """Return the numbers of the regions that the pixels show."""
        lines = {region.number for region, strokes, _ in self._lines() if len(strokes.rows)}
        if (meshes := self.source.regions.meshes) is not None:
            return frozenset(lines | {meshes.regions[n].number for n in self._colors() if self._labels(n)[0].any()})
        segmentation, found = self.source.regions.segmentation, set[int]()
        for layer in self._colors():
            labels, part = self._labels(layer)
            counts = np.bincount(labels[part].reshape(-1), minlength=int(np.iinfo(labels.dtype).max) + 1)
            pairs = zip(self.source.regions.regions, segmentation.segments, strict=True)
            found |= {
                one.number
                for one, segment in pairs
                if segment.layer == layer and counts[segment.value] and self.look.sees(one.number)
            }
        return frozenset(found | lines)

    def insides_at(self, row: int, column: int) -> list[RegionTouch]:
        """Return the regions whose insides are blended into a pixel, in order."""
        found = []
        for layer, colors in self._colors().items() if self.look.fill * self.look.opacity else ():
            labels, part = self._labels(layer)
            label = int(labels[row, column])
            is_within = part[0].start <= row < part[0].stop and part[1].start <= column < part[1].stop
            if is_within and label in colors:
                found.append((self._name(layer, label), colors[label], self.look.fill * self.look.opacity))
        return found

    def outlines_at(self, row: int, column: int) -> list[RegionTouch]:
        """Return the regions whose outlines are blended into a pixel, in order."""
        found: list[RegionTouch] = []
        if self.look.outline == 0 or self.look.opacity == 0:
            return found
        lines = self._lines()
        for layer, colors in self._colors({region.number for region, _, has_closed in lines if has_closed}).items():
            edge = self._outline(layer)
            for label in edge.labels[(edge.rows == row) & (edge.columns == column)].tolist():
                found += [(self._name(layer, label), colors[label], self.look.opacity)] if label in colors else []
        for region, line, _ in lines:
            shares = line.shares[(line.rows == row) & (line.columns == column)].tolist()
            found += [(region.name, region.color, self.look.opacity / FULL * share) for share in shares]
        return found

    def _name(self, layer: int, label: int) -> str:
        if (meshes := self.source.regions.meshes) is not None:
            return meshes.regions[layer].name
        pairs = zip(self.source.regions.regions, self.source.regions.segmentation.segments, strict=True)
        return next(one.name for one, segment in pairs if (segment.layer, segment.value) == (layer, label))

    def draw_insides(self, picture: NDArray[np.uint8]) -> None:
        """Blend the insides into a picture, (height, width, 3)."""
        opacity = self.look.fill * self.look.opacity
        if opacity == 0:
            return
        for layer, colors in self._colors().items():
            labels, part = self._labels(layer)
            blend_labels(picture, labels, part, LabelColors.of(colors, labels.dtype), opacity)

    def draw_outlines(self, picture: NDArray[np.uint8]) -> None:
        """Blend the outlines into a picture, (height, width, 3)."""
        if self.look.outline == 0 or self.look.opacity == 0:
            return
        lines = self._lines()
        for layer, colors in self._colors({region.number for region, _, has_closed in lines if has_closed}).items():
            found = self._outline(layer)
            table = LabelColors.of(colors, found.labels.dtype)
            is_seen = np.take(table.is_seen, found.labels)
            where = found.rows[is_seen], found.columns[is_seen]
            blend_pixels(picture, where, table.colors[found.labels[is_seen]].astype(np.float32), self.look.opacity)
        for region, strokes, _ in lines:
            strokes.draw(picture, region.color, self.look.opacity)

    def _colors(self, but: Collection[int] = ()) -> Mapping[int, Mapping[int, Color]]:
        # By label layer the colours of the labels that are seen, but for regions of some numbers.
        regions = self.source.regions
        seen = [self.look.sees(one.number) and one.number not in but for one in regions.regions]
        found: dict[int, dict[int, Color]] = {}
        if regions.meshes is not None:
            pairs = enumerate(zip(regions.meshes.regions, seen, strict=True))
            return {n: {1: one.color} for n, (one, is_seen) in pairs if is_seen and one.is_closed}
        if any(seen):  # else masks need not be made
            for segment in compress(regions.segmentation.segments, seen):
                found.setdefault(segment.layer, {})[segment.value] = segment.color
        return found

    def _labels(self, layer: int) -> tuple[NDArray[Any], PanePart]:
        kept = self.kept.labels
        if layer not in kept and self.source.regions.meshes is not None:
            kept[layer] = self._inside(self.source.regions.meshes.regions[layer], layer)
        if layer not in kept:
            dtype = self.source.regions.segmentation.labels[layer].dtype
            is_seen = LabelColors.of(self._colors().get(layer, {}), dtype).is_seen
            kept[layer] = self.source.sampler(layer).values(self.pixels, is_seen)
        return kept[layer]

    def _inside(self, region: MeshRegion, turn: int) -> tuple[NDArray[Any], PanePart]:
        found = self._cut(region).inside(self.pixels.shape)
        if found is None:  # of its mask
            segment = self.source.regions.segmentation.segments[turn]
            dtype = self.source.regions.segmentation.labels[segment.layer].dtype
            is_seen = LabelColors.of({segment.value: segment.color}, dtype).is_seen
            labels, part = self.source.sampler(segment.layer).values(self.pixels, is_seen)
            found = (labels == segment.value).astype(np.uint8), part
        return found

    def _cut(self, region: MeshRegion) -> MeshCut:
        if region.number not in self.kept.cuts:
            self.kept.cuts[region.number] = MeshCut.of(region, self.pixels)
        return self.kept.cuts[region.number]

    def _outline(self, layer: int) -> _Outline:
        key = layer, self._width
        if key not in self.kept.outlines:
            self.kept.outlines[key] = _outline(*self._labels(layer), self._width)
        return self.kept.outlines[key]

    @property
    def _width(self) -> int:
        # Of outlines, in pixels.
        return max(1, round(self.look.outline * self.pixels.line_scale))

    def _lines(self) -> list[tuple[AnyRegion, Strokes, bool]]:
        # Of a structure set the lines of contours, and whether those of closed contours are among them; of meshes the
        # lines in which the plane cuts them.
        structures, found = self.source.regions.structures, list[tuple[AnyRegion, Strokes, bool]]()
        if (meshes := self.source.regions.meshes) is not None:
            for one in meshes.regions:
                key = one.number, self._width
                if self.look.sees(one.number):
                    if key not in self.kept.lines:
                        self.kept.lines[key] = self._cut(one).strokes(self.pixels.shape, self._width)
                    found.append((one, *self.kept.lines[key]))
        if structures is None:
            return found
        along = along_slices(self.pixels, self.source.regions.base)
        for roi in structures.rois:
            key = roi.number, self._width
            if self.look.sees(roi.number):
                if key not in self.kept.lines:
                    self.kept.lines[key] = self.source.contours(roi, structures).strokes(
                        self.pixels, self._width, along_slices=along
                    )
                found.append((roi, *self.kept.lines[key]))
        return found


def _outline(labels: NDArray[Any], part: PanePart, width: int) -> _Outline:
    # Around the part is room for the edges of what is in it, but not beyond the picture: there is no outline.
    rows, columns = part
    room = width + 1
    top, left = max(rows.start - room, 0), max(columns.start - room, 0)
    box = labels[top : rows.stop + room, left : columns.stop + room]
    if rows.start >= rows.stop or not box.size:
        none = np.empty(0, np.intp)
        return _Outline(none, none, np.empty(0, labels.dtype))
    edges = inner_edges(box, width)
    edges &= box != 0
    row, column = np.divmod(np.flatnonzero(edges), box.shape[1])
    return _Outline(row + top, column + left, box[row, column])


@dataclass(frozen=True)
class RegionSlice:
    """Regions of a slice: what finds them, and how they look.

    Attributes
    ----------
    source : RegionSource
    look : RegionLook
    """

    source: RegionSource
    look: RegionLook

    @property
    def regions(self) -> PlacedRegions:
        """The regions themselves."""
        return self.source.regions


def draw_regions(picture: NDArray[np.uint8], pixels: PanePixels | PlanePixels, regions: Sequence[RegionSlice]) -> None:
    """Draw regions over a slice: the insides of all, and then the outlines of all.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        It is drawn into; it may be a part of a larger picture.
    pixels : PanePixels or PlanePixels
        Where its pixels lie in the patient.
    regions : sequence of RegionSlice

    Notes
    -----
    A pixel is ``below * (1 - a) + color * a`` of each region in turn, rounded each time: ``a`` is the opacity of the
    look, inside times its fill. Regions of one label layer do not overlap; those of several are all seen. An outline
    lies within its region, also where another one begins, and there is none at the border of the picture. Of structures
    the lines of contours are drawn in the slice that they belong to, see
    :class:`viewer3d.render.slices.contour_lines.RoiContours`.
    """
    shown = [one.source.seen(pixels, one.look) for one in regions if one.look.shown]
    for one in shown:
        one.draw_insides(picture)
    for one in shown:
        one.draw_outlines(picture)
