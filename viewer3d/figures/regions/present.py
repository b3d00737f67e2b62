"""Find the regions that planes pass through, for the keys of figures."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.contours.mesh_cuts import plane_cut
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.core.vectors import Points, Vector
from viewer3d.core.view.planes import Plane
from viewer3d.core.voxels import IndexBox


def regions_present(
    regions: PlacedRegions, planes: Iterable[tuple[Plane, Vector]], thickness: float = 0.0
) -> frozenset[int]:
    """Return the numbers of the regions that planes pass through.

    Parameters
    ----------
    regions : PlacedRegions
    planes : iterable of (Plane, point)
        Each with a world point (LPS, mm) on it.
    thickness : float
        Of the slab around each, in mm.
    """
    found: set[int] = set()
    segmentation = regions.segmentation
    steps = segmentation.geometry.affine[:3, :3]
    boxes = {one.number: segmentation.index_box(one.number) for one in segmentation.segments}
    for plane, point in planes:
        normal = np.array(plane.normal)
        # A plane between two slices shows the nearer one, and one at the edge of an open contour's shows that.
        reach = thickness / 2 + float(np.abs(normal @ steps).sum()) / 2
        near = []
        for one in segmentation.segments:
            box = boxes[one.number]
            if box is not None and one.number not in found and _is_passed(segmentation, box, normal, point, thickness):
                near.append((one, box))
        found |= _sampled(segmentation, near, plane, point, thickness)
        if (structures := regions.structures) is not None:
            for roi in structures.rois:
                lines = [line.points for line in roi.contours if not line.is_closed]
                if any((np.abs((points - point) @ normal) <= reach).any() for points in lines):
                    found.add(roi.number)
        if (meshes := regions.meshes) is not None:  # thin ones may hold no voxel's centre, open ones none
            found |= {one.number for one in meshes.regions if len(plane_cut(one.mesh, point, normal))}
    return frozenset(found)


def _is_passed(
    segmentation: Segmentation, box: IndexBox, normal: NDArray[np.float64], point: Vector, thickness: float
) -> bool:
    away = (_corners(segmentation, box) - point) @ normal
    return bool(away.min() <= thickness / 2 and away.max() >= -thickness / 2)


def _corners(segmentation: Segmentation, box: IndexBox) -> Points:
    ends = [(part.start - 0.5, part.stop - 0.5) for part in box]
    return segmentation.geometry.index_to_world(np.stack(np.meshgrid(*ends, indexing="ij"), -1).reshape(-1, 3))


def _sampled(
    segmentation: Segmentation, near: list[tuple[Segment, IndexBox]], plane: Plane, point: Vector, thickness: float
) -> set[int]:
    """Return the numbers of those segments near a plane that have a voxel on it or in the slab around it."""
    if not near:
        return set()
    geometry = segmentation.geometry
    step = float(np.linalg.norm(geometry.affine[:3, :3], axis=0).min())
    right, down, normal = (np.array(one) for one in (plane.right, plane.down, plane.normal))
    corners = np.concatenate([_corners(segmentation, box) for _, box in near]) - point
    spans = [_span(corners @ side, step) for side in (right, down)]
    along, across = np.meshgrid(*spans, indexing="ij")
    flat = along[..., None] * right + across[..., None] * down + point
    found: set[int] = set()
    for offset in _offsets(thickness, step):
        index = np.floor(geometry.world_to_index(flat + offset * normal) + 0.5).astype(np.int64)
        index = index[((index >= 0) & (index < geometry.shape)).all(-1)]
        for number, layer in enumerate(segmentation.labels):
            counts = np.bincount(layer[tuple(index.T)])
            found |= {
                one.number for one, _ in near if one.layer == number and one.value < counts.size and counts[one.value]
            }
    return found


def _span(places: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    # Half a step apart, so that no voxel is passed over whichever way its sides lie.
    return np.arange(float(places.min()), float(places.max()) + step, step / 2)


def _offsets(thickness: float, step: float) -> NDArray[np.float64]:
    return np.linspace(-thickness / 2, thickness / 2, 1 + int(np.ceil(thickness / step)))
