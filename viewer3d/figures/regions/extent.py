"""Find where overlays lie along an axis of the patient, and how much of each is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.layers import PlacedLayer
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.vectors import Points
from viewer3d.core.view.look import ImageLook
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.voxels import box_of_mask
from viewer3d.figures.regions.grids import along_axis
from viewer3d.figures.sections import WorldBox
from viewer3d.render.colors import GREY

_MOST: Final = 2_000_000
"""Voxels whose places are computed one by one, of a grid that lies along no axis of the patient."""


@dataclass(frozen=True, eq=False)
class Extent:
    """Where something lies.

    Attributes
    ----------
    places : ndarray of float64, shape (N,)
        Along the axis, LPS mm, ascending, from end to end.
    amounts : ndarray of float64, shape (N,)
        The share of it that is there: of what is in few slices it is high.
    box : WorldBox
        Around it, LPS mm.
    """

    places: NDArray[np.float64]
    amounts: NDArray[np.float64]
    box: WorldBox

    def at(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of it at places along the axis."""
        found: NDArray[np.float64] = np.interp(places, self.places, self.amounts, left=0.0, right=0.0)
        return found


def overlay_extents(
    layers: Sequence[PlacedLayer], regions: Sequence[PlacedRegions], state: ViewState, axis: int
) -> list[Extent]:
    """Return where each overlay lies that a state shows, of segments and structures each by itself.

    Parameters
    ----------
    layers : sequence of PlacedLayer
        The base, which does not count, and those over it. One in colours lies where it has lines of levels, or where
        its values are in the upper half of its window; one in greys wherever it has voxels.
    regions : sequence of PlacedRegions
    state : ViewState
        With looks of all.
    axis : int
        Of the patient: 0, 1 or 2.
    """
    found: list[Extent | None] = []
    for layer, look in zip(layers[1:], state.layers[1:], strict=True):
        volume = layer.members[look.member]
        found += [_extent(_shown_voxels(volume, look), volume.geometry, axis)] if look.shown else []
    for placed, seen in zip(regions, state.regions, strict=True):
        segmentation = placed.segmentation if seen.shown else None
        for one in segmentation.segments if segmentation is not None else ():
            box = segmentation.index_box(one.number) if segmentation is not None and seen.sees(one.number) else None
            if box is not None and segmentation is not None:
                mask = segmentation.labels[one.layer][box] == one.value
                found.append(_extent(mask, _part(segmentation.geometry, box), axis))
    return [one for one in found if one is not None]


def _shown_voxels(volume: Volume, look: ImageLook) -> NDArray[np.bool_]:
    if look.colors == GREY and not look.levels:
        return np.ones(volume.shape, np.bool_, order="F")
    low, high = look.window.bounds
    voxels: NDArray[Any] = volume.voxels if volume.voxels.ndim == 3 else volume.voxels.max(-1)
    return voxels >= (look.levels[0] if look.levels else (low + high) / 2)


def _part(geometry: Geometry, box: tuple[slice, slice, slice]) -> Geometry:
    affine = geometry.affine.copy()
    affine[:3, 3] = geometry.index_to_world([part.start for part in box])
    i, j, k = (part.stop - part.start for part in box)
    return Geometry(affine, (i, j, k))


def _extent(mask: NDArray[np.bool_], geometry: Geometry, axis: int) -> Extent | None:
    if not mask.any():
        return None
    along = along_axis(geometry, axis)
    if along is None:
        step = max(geometry.spacing)
        places, amounts = _binned(mask, geometry, axis, step)
    else:
        step = geometry.spacing[along]
        amounts = np.count_nonzero(mask, axis=tuple(n for n in range(3) if n != along)).astype(np.float64)
        index = np.zeros((len(amounts), 3))
        index[:, along] = np.arange(len(amounts))
        places = geometry.index_to_world(index)[:, axis]
    order = np.argsort(places)
    # Slices reach half a step beyond their middles.
    places, amounts = np.pad(places[order], 1, mode="edge"), np.pad(amounts[order] / amounts.sum(), 1, mode="edge")
    places[[0, -1]] += -step / 2, step / 2
    return Extent(places, amounts, _box(mask, geometry))


def _binned(
    mask: NDArray[np.bool_], geometry: Geometry, axis: int, step: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    every = max(1, int(np.ceil((np.count_nonzero(mask) / _MOST) ** (1 / 3))))
    index = np.argwhere(mask[::every, ::every, ::every]) * every
    index = index if len(index) else np.argwhere(mask)[:1]
    world: Points = geometry.index_to_world(index)
    number = np.round(world[:, axis] / step).astype(np.int64)
    first = int(number.min())
    counts = np.bincount(number - first).astype(np.float64)
    places: NDArray[np.float64] = step * (first + np.arange(len(counts), dtype=np.float64))
    return places, counts


def _box(mask: NDArray[np.bool_], geometry: Geometry) -> WorldBox:
    held = box_of_mask(mask)
    assert held is not None
    ends = [(side.start - 0.5, side.stop - 0.5) for side in held]
    corners = geometry.index_to_world(np.stack(np.meshgrid(*ends, indexing="ij"), -1).reshape(-1, 3))
    low, high = corners.min(0).tolist(), corners.max(0).tolist()
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])
