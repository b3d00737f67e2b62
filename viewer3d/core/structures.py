"""Structure sets: regions of interest as contours in the patient, their masks and volumes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.contours.grid_planes import GridPlanes, planes_on_grid
from viewer3d.core.contours.planes import ContourPlanes, common_normal, group_planes, slab_step, sure_step
from viewer3d.core.contours.regions import (
    ContourRule,
    ContourSlabs,
    GridContours,
    fill_across,
    fill_slices,
    plane_moments,
)
from viewer3d.core.digest import begin_digest, digest_of_text
from viewer3d.core.geometry import Geometry
from viewer3d.core.notes.note import Note
from viewer3d.core.option_names import called, check_option_names, numbered_list
from viewer3d.core.placing.frames import check_frame, check_transform
from viewer3d.core.series_info import INFO_FIELDS, Described, SeriesInfo
from viewer3d.core.text import printable
from viewer3d.core.vectors import Points, Vector, vector
from viewer3d.core.volume import Volume
from viewer3d.errors import StructureError

ContourType = Literal["POINT", "OPEN_PLANAR", "OPEN_NONPLANAR", "CLOSED_PLANAR", "CLOSEDPLANAR_XOR"]
"""Contour Geometric Type (3006,0042), see PS3.3 C.8.8.6.1."""

CLOSED: Final = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
"""Types that enclose an area."""


@dataclass(frozen=True, eq=False)
class Contour:
    """One contour of a region of interest.

    Attributes
    ----------
    points : ndarray of float64, shape (points, 3)
        LPS, in mm, read-only. A closed contour goes on from its last point to its first.
    type : {"POINT", "OPEN_PLANAR", "OPEN_NONPLANAR", "CLOSED_PLANAR", "CLOSEDPLANAR_XOR"}
        Contour Geometric Type (3006,0042).
    thickness : float, optional
        Contour Slab Thickness (3006,0044), in mm.
    """

    points: Points
    type: ContourType = "CLOSED_PLANAR"
    thickness: float | None = None

    def __post_init__(self) -> None:
        points = np.array(self.points, np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or not len(points) or not np.isfinite(points).all():
            raise StructureError(f"contour points of shape {points.shape}: give finite x, y, z (LPS, mm) of at least 1")
        points.flags.writeable = False
        object.__setattr__(self, "points", points)

    @property
    def is_closed(self) -> bool:
        """Whether it encloses an area: of a closed type, with at least three points."""
        return self.type in CLOSED and len(self.points) >= 3


@dataclass(frozen=True, eq=False)
class Roi:
    """A region of interest: what it is, and its contours.

    Attributes
    ----------
    number : int
        ROI Number (3006,0022).
    name : str
        ROI Name (3006,0026).
    color : tuple of int
        ROI Display Color (3006,002A): red, green and blue, 0 to 255 each.
    type : str
        RT ROI Interpreted Type (3006,00A4): ``"PTV"``, ``"ORGAN"``, ``"EXTERNAL"``, ...; empty where not known.
    contours : tuple of Contour
        In the order of the file; none is common.
    frame_of_reference : str
        Referenced Frame of Reference UID (3006,0024): in whose coordinates the contours are.
    algorithm : str
        ROI Generation Algorithm (3006,0036): ``"AUTOMATIC"``, ``"SEMIAUTOMATIC"``, ``"MANUAL"``; empty where not known.
    """

    number: int
    name: str
    color: tuple[int, int, int]
    type: str = ""
    contours: tuple[Contour, ...] = ()
    frame_of_reference: str = field(default="", repr=False)
    algorithm: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", printable(self.name))
        object.__setattr__(self, "type", printable(self.type))
        object.__setattr__(self, "color", tuple(int(part) for part in self.color))
        object.__setattr__(self, "contours", tuple(self.contours))
        if len(self.color) != 3 or not all(0 <= part <= 255 for part in self.color):
            raise StructureError(f"ROI {self.number}: color {self.color} is not red, green and blue, 0 to 255 each")

    @property
    def closed(self) -> tuple[Contour, ...]:
        """The contours that enclose an area."""
        return tuple(one for one in self.contours if one.is_closed)

    def __repr__(self) -> str:
        return f"Roi({self.number}, {self.name!r}, {self.type or 'no type'}, {len(self.contours)} contours)"


@dataclass(frozen=True, eq=False)
class RoiMask:
    """Which voxels of a grid lie in a region of interest, and what is to be said of it.

    Attributes
    ----------
    voxels : ndarray of bool, shape (columns, rows, slices)
        In Fortran order.
    notes : tuple of Note
        Contours beyond the grid or between its slices, holes and what else a reader should know.
    """

    voxels: NDArray[np.bool_]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class RoiMeasures:
    """What the polygons of a region of interest measure, whatever grid they are seen on.

    Attributes
    ----------
    number : int
    name : str
    contours : int
        Those that enclose an area.
    planes : int
        In how many planes they lie.
    ml : float or None
        The exact area of their polygons, by the even-odd rule, times the thickness of the slab that each plane stands
        for. None where that thickness is not known, or the contours lie in planes of several directions.
    centroid : tuple of float or None
        Of these slabs (LPS, mm).
    step : float or None
        The thickness of a slab, in mm.
    notes : tuple of Note
    """

    number: int
    name: str
    contours: int
    planes: int
    ml: float | None = None
    centroid: Vector | None = None
    step: float | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, eq=False)
class StructureSet(Described):
    """Regions of interest of a patient, as contours.

    Parameters
    ----------
    rois : sequence of Roi
        In the order of the file.
    info : SeriesInfo
        What is known of its series; its fields are readable here as well: ``structures.notes``. Its
        ``frame_of_reference`` is that of all ROIs, also where it is not given, and empty where they differ.

    Raises
    ------
    StructureError
        When two ROIs have one number.
    """

    rois: tuple[Roi, ...]
    info: SeriesInfo = field(default_factory=lambda: SeriesInfo(modality="RTSTRUCT"))
    _made: dict[Any, Any] = field(default_factory=dict, repr=False, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rois", tuple(self.rois))
        for number, count in Counter(one.number for one in self.rois).items():
            if count > 1:
                raise StructureError(f"{count} ROIs have the number {number}: give each its own")
        frames = {one.frame_of_reference for one in self.rois}
        if not self.info.frame_of_reference and len(frames) == 1:
            object.__setattr__(self, "info", replace(self.info, frame_of_reference=frames.pop()))

    def roi(self, which: int | str) -> Roi:
        """Return a region of interest by its number or its name.

        Raises
        ------
        StructureError
            When there is none, or several have the name; lists those that are there.
        """
        found = called(self.rois, which)
        if len(found) == 1:
            return found[0]
        what = f"{len(found)} ROIs are called {which!r:.60}" if found else f"no ROI {which!r:.60}"
        raise StructureError(f"{what}: give the number of one of: {numbered_list(self.rois, 'the set is empty')}")

    def mask(
        self,
        which: int | str,
        geometry: Geometry | Volume,
        rule: ContourRule = "xor",
        *,
        transform: ArrayLike | None = None,
        same_frame: bool = False,
    ) -> NDArray[np.bool_]:
        """Return which voxels of a grid lie in a region of interest; :meth:`rasterize` also has notes.

        Returns
        -------
        ndarray of bool, shape (columns, rows, slices), Fortran order
        """
        return self.rasterize(which, geometry, rule, transform=transform, same_frame=same_frame).voxels

    def rasterize(
        self,
        which: int | str,
        geometry: Geometry | Volume,
        rule: ContourRule = "xor",
        *,
        transform: ArrayLike | None = None,
        same_frame: bool = False,
    ) -> RoiMask:
        """Return which voxels of a grid lie in a region of interest, and what is to be said of it.

        A voxel belongs to it when its centre lies in the polygons of the plane nearest to it, within the slab that
        plane stands for. On the grid that contours were drawn on, each slice has its own.

        Parameters
        ----------
        which : int or str
            Number or name of the ROI.
        geometry : Geometry or Volume
            The grid. Of a volume the frame of reference is checked; of a geometry nothing checks it.
        rule : {"xor", "or"}
            What contours of one plane within each other come to: a hole (the default, PS3.3 C.8.8.6.3), or all that
            lies in any of them. Contours of the type CLOSEDPLANAR_XOR are always of the first kind.
        transform : array_like, shape (4, 4), optional
            From the world of the structures to that of the grid, both LPS in mm.
        same_frame : bool
            Whether to trust that structures and volume are in one frame of reference, whatever they say.

        Raises
        ------
        StructureError
            When there is no such ROI, or its contours lie in planes of several directions.
        ViewError
            When the volume is of another frame of reference and nothing says how they lie.
        LimitError
            When contours have too many points to be filled in a few seconds.
        """
        roi = self.roi(which)
        if rule not in ("xor", "or"):
            raise StructureError(f"rule {rule!r:.40}: give 'xor' (a contour in another is a hole) or 'or'")
        placed = None if transform is None else check_transform(transform)
        notes: tuple[Note, ...] = ()
        if isinstance(geometry, Volume):
            own = self.with_info(frame_of_reference=roi.frame_of_reference)
            notes = check_frame(geometry, own, roi.name, transform=placed, same_frame=same_frame)
        grid = geometry.geometry if isinstance(geometry, Volume) else geometry
        closed = roi.closed
        mask: NDArray[np.bool_] = np.zeros(grid.shape, np.bool_, order="F")
        if not closed:
            none = Note(f"{roi.name} has no closed contour: no voxel lies in it.", "masks.no_contour")
            return RoiMask(mask, (*notes, none))
        points = [one.points if placed is None else one.points @ placed[:3, :3].T + placed[:3, 3] for one in closed]
        always = [one.type == "CLOSEDPLANAR_XOR" for one in closed]
        found = self._planes_on(roi, points, grid)
        if found is None:
            raise StructureError(f"{roi.name}: its contours lie in several directions: no plane has the next to it")
        planes, told, step = found.planes, found.notes, found.step
        if found.across:
            fill_across(mask, points, ContourSlabs(planes, found.normal, step, always), grid, rule)
            text = f"{found.across} of {len(closed)} contours lie across the slices: voxels take the nearest plane's."
            told += (Note(text, "masks.across"),)
        else:
            told += fill_slices(mask, GridContours(found.index, always, planes, step), found.slice_mm, rule)
        notes += tuple(one.with_text(f"{roi.name}: {one}") for one in told)
        return RoiMask(mask, notes)

    def measure(self, which: int | str, geometry: Geometry | None = None) -> RoiMeasures:
        """Return the exact volume of a region of interest, that of its polygons.

        Parameters
        ----------
        which : int or str
            Number or name of the ROI.
        geometry : Geometry, optional
            Of the series that it was drawn on, whose slices are as thick as the slab of a contour where contours do not
            tell: those of a single plane.
        """
        roi = self.roi(which)
        closed = roi.closed
        normal = common_normal([one.points for one in closed])
        if normal is None:
            why = "has no closed contour" if not closed else "its contours have no area or lie in several directions"
            none = Note(f"{roi.name}: no volume: {why}.", "contours.no_volume")
            return RoiMeasures(roi.number, roi.name, len(closed), 0, notes=(none,))
        planes = group_planes(np.array([float((one.points @ normal).mean()) for one in closed]))
        slice_mm = None if geometry is None else float(1 / np.linalg.norm(geometry.inverse[2, :3]))
        step, notes = slab_step(planes, self._common_step, _thickness(closed), slice_mm)
        told = tuple(one.with_text(f"{roi.name}: {one}") for one in notes)
        if step is None:
            return RoiMeasures(roi.number, roi.name, len(closed), len(planes.offsets), notes=told)
        mm3, centroid, exact = plane_moments([one.points for one in closed], planes, normal, step)
        if not exact:
            text = f"{roi.name}: its contours cross themselves so often that their area is not exact."
            told += (Note(text, "contours.inexact"),)
        at = None if centroid is None else vector(centroid)
        return RoiMeasures(roi.number, roi.name, len(closed), len(planes.offsets), mm3 / 1000, at, step, told)

    @property
    def digest(self) -> str:
        """SHA-256 of the contours of all ROIs and of which ROI has which; cached."""
        if "digest" not in self._made:
            parts = []
            for roi in self.rois:
                parts.append(f"{roi.number} {len(roi.contours)}")
                parts += [f"{one.type} {len(one.points)}" for one in roi.contours]
                points = [one.points for one in roi.contours] or [np.zeros((0, 3))]
                parts.append(begin_digest(np.concatenate(points))())
            self._made["digest"] = digest_of_text(*parts)
        found: str = self._made["digest"]
        return found

    def with_info(self, **about: Any) -> StructureSet:
        """Return the same ROIs with other fields of :class:`SeriesInfo`, as ``with_info(notes=())``."""
        check_option_names("StructureSet.with_info", about, INFO_FIELDS)
        return replace(self, info=replace(self.info, **about))

    def _planes_on(self, roi: Roi, points: Sequence[Points], geometry: Geometry) -> GridPlanes | None:
        return planes_on_grid(points, geometry, self._common_step, _thickness(roi.closed))

    def _common_step(self) -> float | None:
        """Return the commonest distance between planes of all ROIs, in mm."""
        if "step" not in self._made:
            gaps = [np.diff(_own_planes(one.closed).offsets) for one in self.rois]
            self._made["step"] = sure_step(np.concatenate([np.zeros(0), *gaps]))
        found: float | None = self._made["step"]
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_made": {}}

    def __repr__(self) -> str:
        names = ", ".join(one.name for one in self.rois[:3]) + (", ..." if len(self.rois) > 3 else "")
        return f"StructureSet({len(self.rois)} ROIs ({names}), {len(self.notes)} notes)"


def roi_planes(structures: StructureSet, which: int | str, geometry: Geometry) -> GridPlanes | None:
    """Return the planes of the closed contours of a region of interest, as masks of a grid have them.

    Parameters
    ----------
    structures : StructureSet
    which : int or str
        Number or name of the ROI.
    geometry : Geometry
        The grid, in the same frame of reference.

    Returns
    -------
    GridPlanes or None
        Of contours in the order of :attr:`Roi.closed`. None where there are none, or they lie in planes of several
        directions.
    """
    roi = structures.roi(which)
    points = [one.points for one in roi.closed]
    return structures._planes_on(roi, points, geometry) if points else None


def _thickness(closed: Sequence[Contour]) -> float | None:
    """Return the thickness of a slab, where all contours say the same."""
    found = {one.thickness for one in closed}
    return found.pop() if len(found) == 1 else None


def _own_planes(closed: Sequence[Contour]) -> ContourPlanes:
    normal = common_normal([one.points for one in closed])
    offsets = [] if normal is None else [float((one.points @ normal).mean()) for one in closed]
    return group_planes(np.array(offsets))
