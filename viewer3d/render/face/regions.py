"""Find segments, regions of interest and meshes that would show a face which is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viewer3d.core.mesh import MeshRegion
from viewer3d.core.placing.regions import AnyRegion, PlacedRegions
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.view.look import RegionLook
from viewer3d.core.volume import cached
from viewer3d.errors import ViewError
from viewer3d.render.face.cut import FaceCut


def shows_face(cut: FaceCut, placed: PlacedRegions, region: AnyRegion) -> bool:
    """Return whether a region has anything where a face is cut away, as the patient's outer contour has.

    Parameters
    ----------
    cut : FaceCut
    placed : PlacedRegions
        In the world of the volume with the face.
    region : Segment, Roi or MeshRegion
        One of its regions.
    """
    if isinstance(region, MeshRegion):
        return bool(cut.contains(np.asarray(region.mesh.points, np.float64)).any())
    segments = placed.segmentation.segments
    number = segments[placed.regions.index(region)].number  # masks of contours may have other numbers
    return cached(placed.segmentation, _Reach(cut, number))


def check_regions(cut: FaceCut, regions: Sequence[PlacedRegions], looks: Sequence[RegionLook]) -> None:
    """Check that no region that is shown would show a face which is hidden.

    Raises
    ------
    ViewError
        When one would; names it.
    """
    for placed, look in zip(regions, looks, strict=True):
        for region in placed.regions:
            if look.sees(region.number) and shows_face(cut, placed, region):
                raise ViewError(
                    f"face_hidden: {placed.name}: {region.name!r:.60} reaches into the face that is to be hidden, and "
                    "its silhouette would show it: choose other segments, or leave it out"
                )


@dataclass(frozen=True)
class _Reach:
    # Whether a segment has voxels where a face is cut away; equal ones find the same, so that it is kept.
    cut: FaceCut
    number: int

    def __call__(self, segmentation: Segmentation) -> bool:
        if segmentation.index_box(self.number) is None:
            return False
        segment = segmentation.segment(self.number)
        labels = segmentation.labels[segment.layer]
        masks = self.cut.voxel_masks(segmentation.geometry)
        return any(bool((labels[index] == segment.value)[part].any()) for index, part in masks)
