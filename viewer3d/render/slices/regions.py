"""Draw the regions of segmentations and structure sets over a slice: their insides and outlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.view.look import RegionLook
from viewer3d.render.slices.pixels import PanePixels, PlanePixels


@dataclass(frozen=True)
class RegionSlice:
    """Regions of a slice: which, and how they look.

    Attributes
    ----------
    regions : PlacedRegions
    look : RegionLook
    """

    regions: PlacedRegions
    look: RegionLook


def draw_regions(picture: NDArray[np.uint8], pixels: PanePixels | PlanePixels, regions: Sequence[RegionSlice]) -> None:
    """Draw regions over a slice, each over those before it.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        What is below; it is changed.
    pixels : PanePixels or PlanePixels
        Where its pixels lie in the patient.
    regions : sequence of RegionSlice
        Those that are shown, the lowest first.
    """
    index = None
    for one in regions:
        segmentation = one.regions.segmentation
        index = _indices(pixels, segmentation.geometry.inverse)
        inside = np.all(
            [(at >= 0) & (at < n) for at, n in zip(index, segmentation.geometry.shape, strict=True)], axis=0
        )
        for number, layer in enumerate(segmentation.labels):
            labels = np.zeros(pixels.shape, np.int16)
            labels[inside] = layer[tuple(at[inside] for at in index)]
            for region, segment in zip(one.regions.regions, segmentation.segments, strict=True):
                if segment.layer == number and one.look.sees(region.number):
                    _draw(picture, labels == segment.value, one.look, region.color)


def _indices(pixels: PanePixels | PlanePixels, inverse: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    rows, columns = np.indices(pixels.shape)
    matrix = pixels.pane.affine if isinstance(pixels, PanePixels) else pixels.matrix
    if isinstance(pixels, PlanePixels):
        rows, columns = rows + pixels.rows.start, columns + pixels.columns.start
    x, y, z, w = (row[0] * columns + row[1] * rows + row[3] for row in inverse @ matrix)
    return [np.floor(one / w + 0.5).astype(np.int64) for one in (x, y, z)]


def _draw(picture: NDArray[np.uint8], mask: NDArray[np.bool_], look: RegionLook, color: tuple[int, int, int]) -> None:
    core = mask
    for _ in range(look.outline):
        around = np.pad(core, 1, mode="edge")
        core = core & around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    for part, opacity in ((core, look.fill * look.opacity), (mask & ~core, look.opacity)):
        picture[part] = np.rint(picture[part] * (1 - opacity) + np.array(color) * opacity)
