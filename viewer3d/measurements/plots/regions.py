"""The values of volumes of one grid in a region: in a measurement that holds voxels, or in a segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.placing.regions import PlacedRegions, region_numbers
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.measurements.isocontours import GrownRegion, grown_region
from viewer3d.measurements.planar_regions import region_values
from viewer3d.measurements.segments import has_value, segment_values


@dataclass(frozen=True, eq=False)
class PlacedSegment:
    """A segment, region of interest or mesh that lies over volumes, in their world.

    Attributes
    ----------
    placed : PlacedRegions
        Those it is among.
    number : int
        Its number.
    """

    placed: PlacedRegions
    number: int

    @property
    def name(self) -> str:
        """What it is called."""
        found = next((one.name for one in self.placed.regions if one.number == self.number), "")
        return found or f"segment {self.number}"


ValueRegion = Measurement | PlacedSegment
"""What values can be taken in: a measurement that holds voxels, or a segment."""


def fixed_region(volume: Volume, region: ValueRegion) -> ValueRegion | GrownRegion:
    """Return a region that has the same voxels in all volumes of one grid.

    Of an isocontour these are the voxels that it has in the given volume: grown in each anew it would be another
    region each time.
    """
    if isinstance(region, Measurement) and region.kind == "isocontour":
        return grown_region(volume, region)
    return region


def segment_of(placed: PlacedRegions, which: int | str) -> PlacedSegment:
    """Return a region that is called by number or name.

    Raises
    ------
    ViewError
        When there is none of that name, or several; lists those that there are.
    """
    numbers = region_numbers(placed, which)
    if len(numbers) > 1:
        raise ViewError(f"{placed.name}: {len(numbers)} regions are called {which!r:.60}: give a number")
    return PlacedSegment(placed, numbers[0])


def values_in(volume: Volume, region: ValueRegion | GrownRegion) -> NDArray[np.float64]:
    """Return the values of a volume in a region, float64 of shape (N,), in its unit.

    They are those that :func:`viewer3d.measure` and :meth:`viewer3d.Segmentation.measure` have the statistics of: of a
    measurement the voxels of the nearest slice whose centres lie in it, linear interpolations where its plane is
    oblique; of an isocontour the voxels that it has in this volume; of a segment the voxels whose centres lie in it.
    What was not measured, padding and NaN are not among them.

    Raises
    ------
    ViewError
        When a measurement holds no voxels.
    """
    region = region if isinstance(region, GrownRegion) else fixed_region(volume, region)
    if isinstance(region, GrownRegion):
        held = region.mask & has_value(volume, region.box)
        return volume.voxels[region.box][held].astype(np.float64)
    if isinstance(region, PlacedSegment):
        segmentation = region.placed.segmentation
        return segment_values(segmentation, segmentation.segment(region.number), volume)
    if not region.has_area:
        raise ViewError(
            f"a {region.kind} holds no values: give an ellipse, a rectangle, a freehand, a polygon or an isocontour"
        )
    return region_values(volume, region)
