"""Segmentations, structure sets and meshes in the world of a base, with the masks of their regions.

A *region* is a segment of a segmentation, a region of interest of a structure set or a mesh: it has an inside, a name
and a colour.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.contours.mesh_cuts import Interior, mesh_mask
from viewer3d.core.geometry import Affine, Geometry
from viewer3d.core.mesh import MeshRegion, MeshSet
from viewer3d.core.notes.note import Note
from viewer3d.core.option_names import called, numbered_list
from viewer3d.core.placing.frames import check_frame, loaded_transform
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.structures import Roi, StructureSet
from viewer3d.core.vectors import Points, Vector, vector
from viewer3d.core.view.look import RegionLook
from viewer3d.core.volume import Volume
from viewer3d.core.voxels import box_of_mask
from viewer3d.errors import GeometryError, LimitError, StructureError, ViewError

AnyRegions = Segmentation | StructureSet | MeshSet
"""What has regions."""

AnyRegion = Segment | Roi | MeshRegion
"""One of them: it has number, name, color and type."""

_FEW: Final = 255
"""Regions that a label layer of one byte a voxel can tell apart."""


@dataclass(frozen=True, eq=False)
class PlacedRegions:
    """Regions that lie in the world of a base.

    Attributes
    ----------
    data : Segmentation, StructureSet or MeshSet
        In the world of the base (LPS, mm).
    given : Segmentation, StructureSet or MeshSet
        The same as it was given.
    name : str
        What it is called in pictures.
    base : Geometry
        The grid of the base, on which contours and meshes become masks.
    transform : ndarray of float64, shape (4, 4), optional
        What it was placed by, where that was given.
    same_frame : bool
        Whether it was trusted to be in the base's frame of reference.
    look : mapping
        As :class:`viewer3d.Layer` has it.
    notes : tuple of Note
        What is to be said of where it lies.
    """

    data: AnyRegions
    given: AnyRegions
    name: str
    base: Geometry
    transform: Affine | None = None
    same_frame: bool = False
    look: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    _made: dict[str, Any] = field(default_factory=dict, repr=False, init=False)

    @property
    def regions(self) -> tuple[AnyRegion, ...]:
        """The segments, regions of interest or meshes, in the order of the file."""
        return regions_of(self.data)

    @property
    def structures(self) -> StructureSet | None:
        """The structure set; None of what is none."""
        return self.data if isinstance(self.data, StructureSet) else None

    @property
    def meshes(self) -> MeshSet | None:
        """The meshes; None of what are none."""
        return self.data if isinstance(self.data, MeshSet) else None

    @property
    def segmentation(self) -> Segmentation:
        """The segmentation, or the masks of contours or meshes on the base's grid; they are made once.

        The segments are those of :attr:`regions`, in their order, with the numbers of the regions of interest from 1 on
        (a segment's number is never 0). One whose contours lie in planes of several directions
        or are too many has no voxel, and neither has a mesh that is not closed; a note says so.
        """
        if isinstance(self.data, Segmentation):
            return self.data
        if "masks" not in self._made:
            self._made["masks"] = _rasterized(self.data, self.base)
        found: Segmentation = self._made["masks"]
        return found

    def prepare(self) -> None:
        """Make now, once, what is made when it is first asked for: masks of contours, and volumes."""
        assert self.segmentation is not None
        for one in self.regions:
            self.ml(one.number)

    def middle(self, number: int) -> Vector | None:
        """Return a point in the middle of a region's largest slice (LPS, mm); None where it has none.

        It is the centre of that voxel of the region that is nearest to the centroid of its largest slice, so that it
        lies in the region, whatever its shape; of contours and meshes without a voxel it is the mean of their points.
        """
        segmentation = self.segmentation
        box = segmentation.index_box(number)
        if box is None:
            parts: list[Points] = []
            if self.structures is not None:
                parts = [one.points for one in self.structures.roi(number).contours]
            elif self.meshes is not None:
                parts = [one.mesh.points for one in self.meshes.regions if one.number == number]
            return vector(np.concatenate(parts).mean(0)) if sum(map(len, parts)) else None
        segment = segmentation.segment(number)
        inside = segmentation.labels[segment.layer][box] == segment.value
        slice_ = int(np.argmax(inside.sum((0, 1))))
        places = np.argwhere(inside[:, :, slice_])
        nearest = places[np.argmin(((places - places.mean(0)) ** 2).sum(1))]
        index = np.add([one.start for one in box], [*nearest, slice_])
        return vector(segmentation.geometry.index_to_world(index))

    def ml(self, number: int) -> float | None:
        """Return the volume of a region as it was given, in ml; None of fractions and of what has no volume.

        That is its voxels times their volume, or the exact area of its polygons times their slabs, see
        :meth:`viewer3d.StructureSet.measure`, or what its triangles enclose; it is measured once.
        """
        key = f"ml {number}"
        if key not in self._made:
            self._made[key] = _ml(self.given, number)
        found: float | None = self._made[key]
        return found

    def at(self, world: ArrayLike) -> list[AnyRegion]:
        """Return the regions in which a world point lies, in the order of the file.

        Parameters
        ----------
        world : array_like, shape (3,)
            LPS, in mm.

        Returns
        -------
        list of Segment, Roi or MeshRegion
            A region of interest is where its mask on the base's grid is; a mesh that is closed, where its triangles
            enclose the point.
        """
        if self.meshes is not None:
            return [one for one in self.meshes.regions if one.is_closed and self._interior(one).holds(world)]
        return list(self.segmentation.segments_at(world))

    def _interior(self, region: MeshRegion) -> Interior:
        """Return what tells which points lie in a mesh, made when the first is asked for."""
        key = f"interior {region.number}"
        if key not in self._made:
            self._made[key] = Interior(region.mesh)
        found: Interior = self._made[key]
        return found


def regions_of(data: AnyRegions) -> tuple[AnyRegion, ...]:
    """Return the segments, regions of interest or meshes, in the order of the file."""
    if isinstance(data, MeshSet):
        return data.regions
    return data.segments if isinstance(data, Segmentation) else data.rois


def named_regions(wanted: Any) -> list[int | str]:
    """Return numbers and names from what was given: one, or several of them.

    Raises
    ------
    ViewError
        When it is neither.
    """
    alone = isinstance(wanted, int | str | np.integer)
    several = isinstance(wanted, Iterable) and not isinstance(wanted, Mapping | bytes)
    found: list[int | str] = []
    for one in [wanted] if alone else wanted if several else [None]:
        if isinstance(one, bool) or not isinstance(one, int | str | np.integer):
            raise ViewError(f"segments {wanted!r:.60} of a look: give names or numbers")
        found.append(one if isinstance(one, str) else int(one))
    return found


def region_numbers(placed: PlacedRegions, wanted: int | str | Iterable[int | str]) -> tuple[int, ...]:
    """Return the numbers of regions that are called by number or name; several of one name are all meant.

    Raises
    ------
    ViewError
        When there is none; lists those that there are.
    """
    numbers = []
    for one in named_regions(wanted):
        if not (found := called(placed.regions, one)):
            what = "mesh" if placed.meshes is not None else "segment" if placed.structures is None else "ROI"
            listed = numbered_list(placed.regions, "it has none")
            raise ViewError(f"{placed.name}: there is no {what} {one!r:.60}: give numbers or names of: {listed}")
        numbers += [region.number for region in found]
    return tuple(numbers)


def seen_numbers(placed: PlacedRegions, look: RegionLook) -> frozenset[int]:
    """Return the numbers of the regions that a look shows."""
    numbers = frozenset(one.number for one in placed.regions) if look.shown else frozenset()
    return numbers if look.segments is None else numbers & frozenset(look.segments)


def segment_in_world(
    data: Segmentation | StructureSet,
    which: int | str,
    base: Volume | Geometry | None,
    *,
    transform: ArrayLike | str | os.PathLike[str] | None = None,
    same_frame: bool = False,
) -> tuple[Segmentation, int, tuple[Note, ...]]:
    """Return a region as a segment in the world of a base, its number, and notes on how it came there.

    Parameters
    ----------
    data : Segmentation or StructureSet
    which : int or str
        Number or name of the segment or region of interest.
    base : Volume or Geometry, optional
        In whose world it is to lie; contours need it, and become a mask on its grid. Of a volume the frame of reference
        is checked; a geometry has none.
    transform, same_frame
        See :class:`viewer3d.Layer`.

    Raises
    ------
    SegmentError, StructureError
        When there is no such region.
    ViewError
        When it is not in the world of the base and nothing says how it lies in it, or there is no base.
    """
    if transform is not None and same_frame:
        raise ViewError("both a transform and same_frame were given: give the transform alone")
    region = data.roi(which) if isinstance(data, StructureSet) else data.segment(which)
    name = region.name or f"segment {region.number}"
    frame = region.frame_of_reference if isinstance(region, Roi) else data.frame_of_reference
    if base is None:
        if isinstance(data, StructureSet):
            raise ViewError(f"{name}: contours have no grid: give like=volume, on whose grid they become a mask")
        if transform is not None or same_frame:
            raise ViewError(f"{name}: a transform and same_frame lead to the world of a volume: give it, like=volume")
        return data, region.number, ()
    notes: tuple[Note, ...] = ()
    own = data.with_info(frame_of_reference=frame)
    target = base if isinstance(base, Volume) else own.with_info(frame_of_reference="")  # a grid is of no frame
    matrix, how = loaded_transform(target, own, transform)
    if isinstance(base, Volume):
        notes = check_frame(base, own, name, transform=matrix, how=how, same_frame=same_frame)
    is_led = matrix is not None or same_frame
    frame = base.frame_of_reference if isinstance(base, Volume) else "" if is_led else frame
    if isinstance(data, StructureSet):
        grid = base.geometry if isinstance(base, Volume) else base
        found = data.rasterize(region.number, grid, transform=matrix)
        about: Any = {"names": {1: region.name}, "colors": {1: region.color}, "frame_of_reference": frame}
        return Segmentation.from_array(found.voxels, grid.affine, **about), 1, (*notes, *found.notes)
    if matrix is not None:
        data = cast("Segmentation", moved_regions(data, matrix, name))
    return data.with_info(frame_of_reference=frame), region.number, notes


def moved_regions(data: AnyRegions, transform: Affine, name: str) -> AnyRegions:
    """Return regions carried by a transform.

    Parameters
    ----------
    data : Segmentation, StructureSet or MeshSet
    transform : ndarray of float64, shape (4, 4)
        From their LPS mm to other LPS mm; a segmentation's grid may be sheared by it.
    name : str
        Of the data, in messages.

    Raises
    ------
    ViewError
        When no grid comes of it.
    """
    if isinstance(data, Segmentation):
        try:
            return replace(data, geometry=Geometry(transform @ data.geometry.affine, data.geometry.shape))
        except GeometryError as error:
            raise ViewError(f"{name}: its transform leaves no grid ({error})") from None
    if isinstance(data, MeshSet):
        return data.moved(transform)
    return replace(data, rois=tuple(_moved_roi(roi, transform) for roi in data.rois))


def _moved_roi(roi: Roi, transform: Affine) -> Roi:
    def moved(points: Points) -> Points:
        return points @ transform[:3, :3].T + transform[:3, 3]

    return replace(roi, contours=tuple(replace(one, points=moved(one.points)) for one in roi.contours))


def points_of(data: AnyRegions) -> Points:
    """Return points whose bounds all regions lie in, shape (N, 3), LPS mm; none of a set without contours."""
    if isinstance(data, Segmentation):
        return data.geometry.corners
    if isinstance(data, MeshSet):
        return data.points
    parts = [contour.points for roi in data.rois for contour in roi.contours]
    return np.concatenate(parts) if parts else np.zeros((0, 3))


def _rasterized(data: StructureSet | MeshSet, grid: Geometry) -> Segmentation:
    layers: list[NDArray[Any]] = []
    segments: list[Segment] = []
    notes: list[Note] = []
    regions = regions_of(data)
    dtype = np.uint8 if len(regions) <= _FEW else np.int16
    free = count(1 + max((one.number for one in regions), default=0))
    masks = _mesh_masks(data, grid, notes) if isinstance(data, MeshSet) else _masks(data, grid, notes)
    for value, (region, mask) in enumerate(zip(regions, masks, strict=True), 1):
        layer = 0
        box = None if mask is None else box_of_mask(mask)
        if mask is not None and box is not None:
            inside = mask[box]
            layer = next((n for n, one in enumerate(layers) if not one[box][inside].any()), len(layers))
            if layer == len(layers):
                layers.append(np.zeros(grid.shape, dtype, order="F"))
            layers[layer][box][inside] = value
        number = region.number if region.number > 0 else next(free)  # no segment has the number 0, and ROIs may
        segments.append(Segment(number, region.name, region.color, layer=layer, value=value))
    own = SeriesInfo(frame_of_reference=data.frame_of_reference) if isinstance(data, MeshSet) else data.info
    info = own if not notes else replace(own, notes=(*data.notes, *notes))
    return Segmentation(tuple(layers) or (np.zeros(grid.shape, dtype, order="F"),), grid, tuple(segments), info)


def _masks(structures: StructureSet, grid: Geometry, notes: list[Note]) -> Iterator[NDArray[np.bool_] | None]:
    for roi in structures.rois:
        try:
            found = structures.rasterize(roi.number, grid) if roi.closed else None
        except (StructureError, LimitError) as error:
            notes.append(Note(f"{roi.name} has no mask: {error}.", "masks.none"))
            found = None
        notes += () if found is None else found.notes
        yield None if found is None else found.voxels


def _mesh_masks(meshes: MeshSet, grid: Geometry, notes: list[Note]) -> Iterator[NDArray[np.bool_] | None]:
    for one in meshes.regions:
        mask = None
        try:
            if one.is_closed:
                mask = mesh_mask(one.mesh, grid)
            else:
                notes.append(Note(f"{one.name} has no mask: its surface is not closed.", "masks.none"))
        except LimitError as error:
            notes.append(Note(f"{one.name} has no mask: {error}.", "masks.none"))
        yield mask


def _ml(data: AnyRegions, number: int) -> float | None:
    if isinstance(data, StructureSet):
        return data.measure(number).ml
    if isinstance(data, MeshSet):
        return next(one.ml for one in data.regions if one.number == number)
    voxel = abs(float(np.linalg.det(data.affine[:3, :3]))) / 1000
    return None if number in data.fractions else data.voxels(number) * voxel
