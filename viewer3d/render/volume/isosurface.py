"""Make the surface of a volume at a value, or of a segment or region of interest, as a mesh to keep."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkDoubleArray
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkFiltersCore import (
    vtkDecimatePro,
    vtkFlyingEdges3D,
    vtkImplicitPolyDataDistance,
    vtkWindowedSincPolyDataFilter,
)

from viewer3d.core.geometry import Geometry
from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.mesh import Mesh
from viewer3d.core.notes.note import Note
from viewer3d.core.placing.regions import segment_in_world
from viewer3d.core.progress import Progress
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.structures import StructureSet
from viewer3d.core.vectors import Points
from viewer3d.core.volume import Volume
from viewer3d.errors import LimitError, ViewError
from viewer3d.render.face.removal import without_couch_and_face
from viewer3d.render.image_data import array_grid
from viewer3d.render.volume.label_surface import label_surface, mesh_arrays, mesh_data
from viewer3d.render.volume.largest_part import largest_of_segment, largest_part
from viewer3d.render.volume.mesh_shape import Triangles, mesh_shells, volume_gradients, with_volumes

MOST_ISO_POINTS: Final = 20_000_000
"""Of a surface: 40 million triangles and 2 GB of STL. A level in the noise of air would have more."""

MOST_REDUCTION: Final = 0.99
"""Share of the triangles that may be left out."""

_SHIFT: Final = 1e-3
"""Of the way to the next lower value: where voxels have the level itself, the surface is looked for so far below it.

Else it would pass through their centres, where the corners of several triangles are one point. It moves the surface by
a thousandth of a voxel at most.
"""

_FEATURE_ANGLE: Final = 60.0
"""Degrees: edges sharper than this are kept by decimation, as 3D Slicer has it (its ``FeatureAngle``)."""

_SINC_ITERATIONS: Final = 20
"""Of the smoothing: "ten or twenty are all that is usually necessary" (VTK's documentation of the filter)."""

_MOST_SMOOTHED: Final = 0.5
"""Voxels that smoothing moves a point by at most, along each axis: thin plates of bone would else go by centimetres."""


def surface(
    data: AnyVolume | Segmentation | StructureSet,
    value: float | str,
    *,
    smoothing: float | None = None,
    reduction: float = 0.0,
    largest: bool = False,
    couch_hidden: bool = False,
    face_hidden: bool = False,
    like: Volume | Geometry | None = None,
    transform: ArrayLike | str | os.PathLike[str] | None = None,
    same_frame: bool = False,
    progress: Progress | None = None,
) -> Mesh:
    """Return the closed surface of a volume at a value, or of a segment or region of interest.

    Parameters
    ----------
    data : Volume, Segmentation or StructureSet, or what :func:`viewer3d.load` takes
    value : float, int or str
        Of a volume the value that the surface is at, in its unit (300 HU: bone): what has at least this lies within.
        Else the number or name of the segment or region of interest.
    smoothing : float, optional
        Of a volume 0 (none, the default) to 1, as 3D Slicer counts it: each part then encloses what it did before,
        as far as half a voxel allows it.
        Segments are smoothed always, see Notes.
    reduction : float
        Which share of the triangles to leave out, at most 0.99: with 0.9 about a tenth is left. It stays closed.
    largest : bool
        Whether to keep the part that encloses most alone, with its cavities, as for printing. Parts hang together by
        faces of voxels.
    couch_hidden : bool
        Of a CT, whether to leave out what lies and looks like a couch or holder, as the 3D pane does; a note says how
        much that was.
    face_hidden : bool
        Of a CT or MR of a head, whether to leave out the front of a face, see :func:`viewer3d.screenshot`.
    like : Volume or Geometry, optional
        In whose world the region is to lie, which must be its own unless `transform` or `same_frame` is given; contours
        of a structure set need it, and become a mask on its grid.
    transform : array_like, shape (4, 4), or path, optional
        From the world of a segmentation or structure set to that of `like`, see :class:`viewer3d.Layer`.
    same_frame : bool
        Whether to trust that they are in the frame of reference of `like`, whatever they say.
    progress : callable, optional
        Is called with the stage ``"surface"``.

    Returns
    -------
    Mesh
        In LPS mm, in the frame of reference of the data, or of `like`: closed, where the volume ends too, with
        triangles anticlockwise as seen from outside. Notes say by how much smoothing and reduction changed the volume,
        and the largest distance between both surfaces.

    Raises
    ------
    ViewError
        When nothing of the volume has that value or all is below it, an argument means nothing, or a region is not in
        the world of `like`.
    SegmentError, StructureError
        When there is no such segment or region of interest.
    LimitError
        When the surface has more than 20 million points, as of a level in noise.

    Notes
    -----
    Of a volume: flying edges (W. Schroeder, R. Maynard, B. Geveci, LDAV 2015), which interpolates linearly between the
    centres of voxels, in index space and then placed by the affine, so it is right on oblique grids. Beyond the centres
    of the outer voxels values stay the same up to their outer faces, where the surface is capped. Smoothing is a
    windowed sinc filter (G. Taubin, T. Zhang, G. Golub, ECCV 1996) with the pass band 10 ** (-4 * smoothing), after
    which each part is moved along its normals until it has its volume again, no point by more than half a voxel along
    each axis. Reduction is progressive decimation that
    keeps the topology (W. Schroeder, J. Zarge, W. Lorensen, SIGGRAPH 1992). Of a segment the surface is what the 3D
    pane shows: smoothed, around as much as its voxels.

    Examples
    --------
    >>> import numpy as np
    >>> i, j, k = np.meshgrid(*[np.arange(24.0)] * 3, indexing="ij")
    >>> ball = Volume.from_array(10 - np.sqrt((i - 12) ** 2 + (j - 12) ** 2 + (k - 12) ** 2), np.eye(4))
    >>> mesh = surface(ball, 0)
    >>> mesh.is_closed, round(mesh.ml, 2)  # 4/3 pi 10 mm ** 3 is 4.19 ml
    (True, 4.16)
    """
    check_surface_options(smoothing, reduction)
    _report(progress, 0)
    if isinstance(data, Segmentation | StructureSet):
        if smoothing is not None:
            raise ViewError("surfaces of segments are smoothed always: leave smoothing out")
        if couch_hidden or face_hidden:
            raise ViewError(
                "segments hold no couch, and no face is found in them: leave couch_hidden and face_hidden out"
            )
        which = value if isinstance(value, str) else int(value)
        there = segment_in_world(data, which, like, transform=transform, same_frame=same_frame)
        exact = changed = _segment_surface(*there, largest=largest)
    else:
        if like is not None or transform is not None or same_frame:
            raise ViewError("a volume has a place and a grid of its own: leave like, transform and same_frame out")
        volume = as_volume(data)
        shown, notes = without_couch_and_face(volume, couch_hidden=couch_hidden, face_hidden=face_hidden)
        exact = _isosurface(shown, _level(value), largest=largest)
        exact = replace(exact, notes=(*notes, *exact.notes))
        _report(progress, 1)
        changed = _smoothed(exact, smoothing, volume.affine[:3, :3]) if smoothing else exact
    _report(progress, 2)
    if reduction:
        changed = _reduced(changed, reduction)
    _report(progress, 3)
    if changed is not exact:
        done = [f"smoothed by {smoothing:g}"] if smoothing else []
        done += [f"reduced from {len(exact.triangles):,} to {len(changed.triangles):,} triangles"] if reduction else []
        note = _change_note(exact, changed, " and ".join(done))
        changed = replace(changed, notes=(*changed.notes, note))
    _report(progress, 4)
    return changed


def _report(progress: Progress | None, done: int) -> None:
    if progress is not None:
        progress("surface", done, 4)


def check_surface_options(smoothing: float | None, reduction: float) -> None:
    """Check that smoothing and reduction are shares.

    Raises
    ------
    ViewError
        When one is not.
    """
    if smoothing is not None and not 0 <= smoothing <= 1:
        raise ViewError(f"smoothing {smoothing!r:.40}: give a number from 0 (none) to 1")
    if not 0 <= reduction <= MOST_REDUCTION:
        raise ViewError(f"reduction {reduction!r:.40}: give the share to leave out, 0 to {MOST_REDUCTION}")


def _level(value: float | str) -> float:
    try:
        level = float(value)
    except (TypeError, ValueError):
        level = np.nan
    if not np.isfinite(level):
        raise ViewError(f"value {value!r:.40}: of a volume give a number in its unit, as 300")
    return level


def _segment_surface(there: Segmentation, number: int, notes: tuple[Note, ...], *, largest: bool) -> Mesh:
    if largest and there.voxels(number):
        there, told = largest_of_segment(there, there.segment(number))
        notes += told
    found = label_surface(there, number)
    if not len(found.mesh.triangles):
        raise ViewError(f"{found.mesh.name}: has no voxel, and so no surface")
    return replace(found.mesh, notes=(*notes, Note(found.note, "surface.coarse")) if found.note else notes)


def _isosurface(volume: Volume, level: float, *, largest: bool) -> Mesh:
    box = _inside_box(volume.voxels, level)
    if box is None:
        low, high = float(volume.voxels.min()), float(volume.voxels.max())
        raise ViewError(
            f"nothing of the volume has at least {level:g} {volume.unit}".rstrip()
            + f": its values are {low:g} to {high:g}; give one between them"
        )
    crop = volume.voxels[box]
    count = _crossings(crop, level)
    if count > MOST_ISO_POINTS:
        raise LimitError(
            f"the surface at {level:g} has about {2 * count:,} triangles, more than {2 * MOST_ISO_POINTS:,}: give a "
            "value out of the noise, or a smaller or coarser volume"
        )
    ends = [(side.start == 0, side.stop == n) for side, n in zip(box, volume.shape, strict=True)]
    padded = np.pad(crop, [(2 * low, 2 * high) for low, high in ends], mode="edge")
    clear, outside = _clear_level(crop, level)
    if np.isnan(padded).any():
        padded = np.where(np.isnan(padded), padded.dtype.type(outside), padded)
    if any(map(any, ends)):
        padded = _capped(padded, ends, outside)
    index, triangles = _flying_edges_at(padded, clear)
    notes: tuple[Note, ...] = ()
    if largest:
        index, triangles, notes = largest_part(padded >= clear, index, triangles)
    for axis, (low, _) in enumerate(ends):
        along = index[:, axis]
        last = crop.shape[axis] - 1
        along -= 2 * low
        # What lies up to a voxel beyond the centre of an outer one is brought to its face, half as far.
        np.copyto(along, np.maximum(along / 2, -0.5), where=along < 0)
        np.copyto(along, np.minimum(last + (along - last) / 2, last + 0.5), where=along > last)
        along += box[axis].start
    if any(map(any, ends)):
        index, triangles = _without_collapsed(index, triangles)
    points = index @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    return Mesh(points, triangles, volume.frame_of_reference, f"{level:g} {volume.unit}".rstrip(), notes=notes)


def _inside_box(voxels: NDArray[Any], level: float) -> tuple[slice, slice, slice] | None:
    """Return the box of what has at least a value, with a voxel more on each side where there is one."""
    slices = np.zeros(voxels.shape[2], bool)
    plane = np.zeros(voxels.shape[:2], bool)
    for k in range(voxels.shape[2]):  # a slice at a time: the whole mask may not fit beside the voxels
        inside = voxels[:, :, k] >= level
        plane |= inside
        slices[k] = inside.any()
    found = [np.flatnonzero(one) for one in (plane.any(1), plane.any(0), slices)]
    if not len(found[0]):
        return None
    i, j, k_ = (
        slice(max(int(one[0]) - 1, 0), min(int(one[-1]) + 2, n)) for one, n in zip(found, voxels.shape, strict=True)
    )
    return i, j, k_


def _crossings(values: NDArray[Any], level: float) -> int:
    """Return how many neighbours are parted by the surface: flying edges puts a point between them."""
    count, before = 0, None
    for k in range(values.shape[2]):
        inside = values[:, :, k] >= level
        count += int(np.count_nonzero(inside[1:] != inside[:-1])) + int(
            np.count_nonzero(inside[:, 1:] != inside[:, :-1])
        )
        count += 0 if before is None else int(np.count_nonzero(inside != before))
        before = inside
    return count


def _clear_level(values: NDArray[Any], level: float) -> tuple[float, float]:
    """Return a level that no voxel has, see :data:`_SHIFT`, and the next lower value."""
    below, has_level = -np.inf, False
    for k in range(values.shape[2]):
        one = values[:, :, k]
        has_level = has_level or bool((one == level).any())
        lower = one[one < level]
        below = max(below, float(lower.max())) if lower.size else below
    step = level - below if np.isfinite(below) else max(abs(level), 1.0)
    return (level - _SHIFT * step if has_level else level), level - step


def _capped(padded: NDArray[Any], ends: list[tuple[bool, bool]], outside: float) -> NDArray[Any]:
    """Return values whose outermost layer, where it was added, is below the level."""
    capped = np.asfortranarray(padded, np.float32) if outside < np.iinfo(np.int16).min else np.asfortranarray(padded)
    capped = capped if capped.flags.writeable else capped.copy(order="F")
    value = capped.dtype.type(np.floor(outside) if capped.dtype.kind == "i" else outside)
    for axis, (low, high) in enumerate(ends):
        layers = np.moveaxis(capped, axis, 0)
        if low:
            layers[0] = value
        if high:
            layers[-1] = value
    return capped


def _flying_edges_at(values: NDArray[Any], level: float) -> tuple[Points, Triangles]:
    edges = vtkFlyingEdges3D()
    edges.SetInputData(array_grid(np.asfortranarray(values)))
    edges.SetValue(0, level)
    edges.ComputeNormalsOff()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    index, triangles = mesh_arrays(edges.GetOutput())
    return index, np.ascontiguousarray(triangles)


def _without_collapsed(index: Points, triangles: Triangles) -> tuple[Points, Triangles]:
    """Return a mesh whose equal points are one, without the triangles that have two of them.

    Along the edges of the volume's box the strips between two caps have no width.
    """
    on_edge = ((index % 1) == 0.5).sum(1) >= 2  # there are fewer of these, and no others are equal
    number = np.arange(len(index))
    candidates = np.flatnonzero(on_edge)
    if len(candidates):
        _, first, inverse = np.unique(index[candidates], axis=0, return_index=True, return_inverse=True)
        number[candidates] = candidates[first][inverse.reshape(-1)]
    corners = number[triangles]
    kept = corners[(corners != np.roll(corners, 1, axis=1)).all(axis=1)]
    used, renumbered = np.unique(kept, return_inverse=True)
    return index[used], renumbered.reshape(-1, 3).astype(np.int32)


def _smoothed(mesh: Mesh, smoothing: float, axes: NDArray[np.float64]) -> Mesh:
    """Return a smoothed mesh; the columns of the axes are the steps of a voxel, in mm."""
    middle = mesh.points.mean(0)
    raw = mesh.points - middle
    sinc = vtkWindowedSincPolyDataFilter()
    sinc.SetInputData(_poly_data(raw, mesh.triangles))
    sinc.SetPassBand(10 ** (-4 * smoothing))
    sinc.SetNumberOfIterations(_SINC_ITERATIONS)
    sinc.BoundarySmoothingOff()
    sinc.FeatureEdgeSmoothingOff()
    sinc.NonManifoldSmoothingOn()
    sinc.NormalizeCoordinatesOn()
    sinc.Update()
    smooth = mesh_arrays(sinc.GetOutput())[0]
    shells = mesh_shells(mesh.triangles, len(raw))
    volumes = np.bincount(shells, np.einsum("ij,ij->i", volume_gradients(raw, mesh.triangles), raw)) / 3
    points = with_volumes(smooth, mesh.triangles, shells, volumes)
    moves = np.clip((points - raw) @ np.linalg.inv(axes).T, -_MOST_SMOOTHED, _MOST_SMOOTHED)
    points = raw + moves @ axes.T
    return replace(mesh, points=points + middle)


def _reduced(mesh: Mesh, reduction: float) -> Mesh:
    middle = mesh.points.mean(0)
    decimate = vtkDecimatePro()
    decimate.SetInputData(_poly_data(mesh.points - middle, mesh.triangles))
    decimate.SetTargetReduction(reduction)
    decimate.PreserveTopologyOn()
    decimate.SplittingOff()
    decimate.BoundaryVertexDeletionOff()
    decimate.SetFeatureAngle(_FEATURE_ANGLE)
    decimate.Update()
    points, triangles = mesh_arrays(decimate.GetOutput())
    return replace(mesh, points=points + middle, triangles=triangles)


def _poly_data(points: Points, triangles: Triangles) -> vtkPolyData:
    cells = vtkCellArray()
    cells.SetData(3, numpy_to_vtk(triangles.ravel(), deep=True))  # type: ignore[no-untyped-call]
    return mesh_data(points, cells)


def _change_note(exact: Mesh, changed: Mesh, done: str) -> Note:
    """Return the sentence that says what smoothing and reduction changed."""
    distance = max(_distance(exact, changed), _distance(changed, exact))
    share = round(100 * (changed.ml / exact.ml - 1), 2) + 0.0  # no -0
    said = f"its volume changed by {share:+.2f} %, the largest distance between both surfaces is {distance:.2f} mm."
    return Note(f"{done.capitalize()}: {said}", "surface.changed", moved_mm=distance)


def _distance(mesh: Mesh, other: Mesh) -> float:
    """Return the largest distance of points of a mesh to the triangles of another, in mm."""
    middle = other.points.mean(0)
    to_other = vtkImplicitPolyDataDistance()
    to_other.SetInput(_poly_data(other.points - middle, other.triangles))
    found = vtkDoubleArray()
    places = numpy_to_vtk(mesh.points - middle, deep=True)  # type: ignore[no-untyped-call]
    to_other.FunctionValue(places, found)
    return float(np.abs(vtk_to_numpy(found)).max())  # type: ignore[no-untyped-call]
