"""What segments measure: their volume and place, and the statistics of a volume's values in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Geometry, on_one_grid
from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.notes.note import Note
from viewer3d.core.placing.frames import check_frame, loaded_transform
from viewer3d.core.sampling import is_measured
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.volume import Volume
from viewer3d.core.voxels import IndexBox
from viewer3d.measurements.uncertainty.counted import counted_uncertainty, segment_mean_uncertainty

PERCENTILES: Final = (5, 25, 50, 75, 95)
"""Those that are given of the values in a segment, in percent."""

PEAK_RADIUS: Final = (3 / (4 * np.pi)) ** (1 / 3) * 10
"""mm: radius of a sphere of 1 cm3, whose mean SUVpeak is (R. Wahl et al., PERCIST, J Nucl Med 2009; 50: 122S)."""

_SUBDIVISIONS: Final = 20
"""Parts of a voxel's side by which it is found how much of it lies in the sphere: the sphere's volume to 0.1 %."""


@dataclass(frozen=True)
class SegmentStatistics:
    """What a segment measures, and the statistics of a volume's values in it.

    What there is no number for is None: all that is of values where no volume was given or none of its voxels has its
    centre in the segment, and what is of uptake where the volume is not in SUV.

    Attributes
    ----------
    number : int
        Of the segment.
    name : str
    voxels : int
        Voxels of its own grid.
    ml : float
        Their volume; of a fractional segment that of the voxels with a fraction of 0.5 and more.
    occupied_ml : float or None
        Of a segment of fractions of occupancy the sum of the fractions times a voxel's volume.
    centroid : tuple of float or None
        Mean of the centres of its voxels (LPS, mm).
    box : tuple of tuple of float or None
        The lowest x, y and z of the centres of its voxels, and the highest (LPS, mm).
    unit : str
        Of the values.
    count : int
        Voxels of the volume whose values were taken.
    mean, sd, min, max : float or None
        Of the values; the SD is divided by their count, as that of :class:`~viewer3d.Region`.
    percentiles : dict of int to float
        5, 25, 50, 75 and 95 %, linear between values; empty where there are none.
    suv_peak : float or None
        The highest mean of a sphere of 1 cm3 whose centre is that of one of the voxels.
    suv_peak_at : tuple of float or None
        Where that is (LPS of the volume, mm).
    tlg : float or None
        Total lesion glycolysis: the mean times ``ml`` (S. Larson et al., Clin Positron Imaging 1999; 2: 159).
    notes : tuple of Note
        What is to be said of the numbers.
    overlay : str
        Of one among several that lie over a volume: what its segmentation or structure set is called.
    polygon_ml : float or None
        Of contours the exact area of their polygons times the thickness of a slab, see
        :meth:`viewer3d.StructureSet.measure`; ``ml`` is that of their mask on the volume's grid.
    ml_uncertainty, mean_uncertainty : float or None
        Expanded uncertainties (95 %) of ``ml`` and ``mean``, in their units, see ``docs/uncertainty.md``. None where
        there is no number, or too few values are independent.
    """

    number: int
    name: str
    voxels: int
    ml: float
    occupied_ml: float | None = None
    centroid: Vector | None = None
    box: tuple[Vector, Vector] | None = None
    unit: str = ""
    count: int = 0
    mean: float | None = None
    sd: float | None = None
    min: float | None = None
    max: float | None = None
    percentiles: Mapping[int, float] = field(default_factory=dict, hash=False)
    suv_peak: float | None = None
    suv_peak_at: Vector | None = None
    tlg: float | None = None
    notes: tuple[Note, ...] = ()
    overlay: str = ""
    polygon_ml: float | None = None
    ml_uncertainty: float | None = None
    mean_uncertainty: float | None = None

    @property
    def suv_max(self) -> float | None:
        """The highest value, where values are uptake."""
        return self.max if self.unit.startswith("SUV") else None

    @property
    def suv_mean(self) -> float | None:
        """The mean, where values are uptake."""
        return self.mean if self.unit.startswith("SUV") else None

    @property
    def mtv(self) -> float | None:
        """Metabolic tumour volume: ``ml``, where values are uptake."""
        return self.ml if self.unit.startswith("SUV") else None


def measure_segment(
    segmentation: Segmentation,
    segment: Segment,
    volume: AnyVolume | None = None,
    *,
    transform: ArrayLike | None = None,
    same_frame: bool = False,
) -> SegmentStatistics:
    """Return what a segment measures, see :meth:`viewer3d.Segmentation.measure`.

    Notes
    -----
    ``voxels``, ``ml``, ``centroid`` and ``box`` are of the segment's own grid. Values are those of the voxels of the
    volume whose centres lie in the segment: measured ones, never interpolated, so that the SD and the extremes are
    those of the image whatever grid the segment was drawn on (3D Slicer's Segment Statistics takes the same). NaN, and
    what was not measured (``volume.measured``, ``volume.padding``), have no part in them.

    SUVpeak weighs each voxel of the volume by the part of it that lies in the sphere, so that the sphere has 1 cm3
    whatever the voxels are; of a sphere that reaches beyond what was measured the mean is of the part within. (IBSI's
    global intensity peak counts whole voxels by their centres: 19 of 4 mm, which are 1.22 cm3.)

    Raises
    ------
    ViewError
        See :func:`viewer3d.core.placing.frames.check_frame`.
    """
    if volume is None:
        return SegmentStatistics(segment.number, segment.name, **_own_measures(segmentation, segment))
    volume = as_volume(volume)
    placed, how = loaded_transform(volume, segmentation, transform)
    notes = check_frame(volume, segmentation, segment.name, transform=placed, how=how, same_frame=same_frame)
    return measure_placed(segmentation, segment, volume, transform=placed, notes=notes)


def measure_placed(
    segmentation: Segmentation,
    segment: Segment,
    volume: Volume,
    *,
    transform: NDArray[np.float64] | None = None,
    notes: tuple[Note, ...] = (),
) -> SegmentStatistics:
    """Return what a segment measures that lies in the world of a volume, or is placed in it by a matrix.

    Parameters
    ----------
    segmentation, segment, volume
        Nothing checks their frames of reference here.
    transform : ndarray of float64, shape (4, 4), optional
        From the world of the segmentation to that of the volume, both LPS in mm.
    notes : tuple of Note
        What is to be said of where it lies.
    """
    own: dict[str, Any] = _own_measures(segmentation, segment)
    mask, box = _mask_on(segmentation, segment, volume.geometry, transform)
    return SegmentStatistics(segment.number, segment.name, **own, **mask_values(volume, mask, box, own, notes))


def segment_values(segmentation: Segmentation, segment: Segment, volume: Volume) -> NDArray[np.float64]:
    """Return the values of a volume in a segment of its world, float64 of shape (N,)."""
    mask, box = _mask_on(segmentation, segment, volume.geometry, None)
    return volume.voxels[box][mask & has_value(volume, box)].astype(np.float64)


def _own_measures(segmentation: Segmentation, segment: Segment) -> dict[str, Any]:
    geometry = segmentation.geometry
    i, j, k = geometry.affine[:3, :3].T
    voxel_ml = float(np.cross(i, j) @ k) / 1000
    box = segmentation.index_box(segment.number)
    part = segmentation.fractions.get(segment.number)
    occupied = None
    if part is not None and part.kind == "OCCUPANCY":
        occupied = int(part.values.sum(dtype=np.int64)) / part.maximum * voxel_ml
    if box is None:
        return {"voxels": 0, "ml": 0.0, "occupied_ml": occupied}
    inside = segmentation.labels[segment.layer][box] == segment.value
    count = int(np.count_nonzero(inside))
    mean = [
        one.start + float(inside.sum(axis=others, dtype=np.int64) @ np.arange(one.stop - one.start)) / count
        for one, others in zip(box, ((1, 2), (0, 2), (0, 1)), strict=True)
    ]
    return {
        "voxels": count,
        "ml": count * voxel_ml,
        "occupied_ml": occupied,
        "centroid": vector(geometry.index_to_world(mean)),
        "box": _world_box(inside, box, geometry),
        "ml_uncertainty": counted_uncertainty(inside, geometry) / 1000,
    }


def _world_box(inside: NDArray[np.bool_], box: IndexBox, geometry: Geometry) -> tuple[Vector, Vector]:
    """Return the lowest and highest coordinates of the centres of voxels."""
    A = geometry.affine[:3, :3]
    start = np.array([part.start for part in box])
    if np.count_nonzero(np.abs(A) > 1e-9 * np.abs(A).max()) == 3:  # upright: the corners of the box are in it
        ends = geometry.index_to_world(np.stack([start, start + np.array(inside.shape) - 1]))
    else:
        # Per row of voxels the outermost two: in between nothing is further out.
        first, last = inside.argmax(0), inside.shape[0] - 1 - inside[::-1].argmax(0)
        j, k = np.nonzero(inside.any(0))
        ends = np.concatenate([geometry.index_to_world(np.stack([i[j, k], j, k], -1) + start) for i in (first, last)])
    return vector(ends.min(0)), vector(ends.max(0))


def _mask_on(
    segmentation: Segmentation, segment: Segment, geometry: Geometry, transform: NDArray[np.float64] | None
) -> tuple[NDArray[np.bool_], IndexBox]:
    """Return which voxels of a grid have their centres in a segment, cut to a box of that grid."""
    box = segmentation.index_box(segment.number)
    nothing = (slice(0, 0),) * 3
    if box is None:
        return np.zeros((0, 0, 0), np.bool_), nothing
    own = segmentation.geometry
    if transform is None and on_one_grid(own, geometry):
        return segmentation.labels[segment.layer][box] == segment.value, box
    if transform is not None:
        own = Geometry(transform @ own.affine, own.shape)
    cut = _reach(box, own, geometry)
    if cut is None:
        return np.zeros((0, 0, 0), np.bool_), nothing
    start = np.array([part.start for part in cut])
    affine = geometry.affine.copy()
    affine[:3, 3] = geometry.index_to_world(start)
    i, j, k = (part.stop - part.start for part in cut)
    placed = Segmentation(segmentation.labels, own, segmentation.segments)
    placed._made.update(segmentation._made)  # boxes by index, which are the same
    return placed.mask(segment.number, Geometry(affine, (i, j, k))), cut


def _reach(box: IndexBox, own: Geometry, other: Geometry) -> IndexBox | None:
    """Return the box of another grid that holds a box of the own one; None where they do not meet."""
    ends = np.array([[part.start - 0.5, part.stop - 0.5] for part in box])
    corners = np.stack(np.meshgrid(*ends, indexing="ij"), -1).reshape(-1, 3)
    index = other.world_to_index(own.index_to_world(corners))
    low = np.maximum(np.floor(index.min(0)), 0).astype(int)
    high = np.minimum(np.ceil(index.max(0)) + 1, other.shape).astype(int)
    if (low >= high).any():
        return None
    i, j, k = (slice(int(first), int(end)) for first, end in zip(low, high, strict=True))
    return i, j, k


def mask_values(
    volume: Volume, mask: NDArray[np.bool_], box: IndexBox, own: dict[str, Any], notes: tuple[Note, ...] = ()
) -> dict[str, Any]:
    """Return the fields of :class:`SegmentStatistics` of a volume's values, for a mask of its grid.

    Parameters
    ----------
    volume : Volume
    mask : ndarray of bool, shape (columns, rows, slices)
        Cut to a box.
    box : tuple of slice
    own : dict
        What ``voxels`` and ``ml`` of the segment are.
    notes : tuple of Note
        What is to be said of where it lies.
    """
    held = mask & has_value(volume, box)
    values = volume.voxels[box][held].astype(np.float64)
    if not values.size:
        text = f"No voxel of the volume has its centre in the segment ({own['voxels']} voxels of its own grid)."
        none = Note(text, "measured.no_voxel")
        return {"unit": volume.unit, "notes": (*notes, none)}
    found: dict[str, Any] = {
        "unit": volume.unit,
        "count": values.size,
        "mean": float(values.mean()),
        "sd": float(values.std()),
        "min": float(values.min()),
        "max": float(values.max()),
        "percentiles": dict(zip(PERCENTILES, np.percentile(values, PERCENTILES).tolist(), strict=True)),
        "notes": notes,
    }
    about = (float(found["mean"]), float(found["sd"]), values.size)
    found["mean_uncertainty"] = segment_mean_uncertainty(volume, box, (mask, held), about)
    if volume.is_in_suv:
        peak, at = _peak(volume, mask, box)
        found |= {"suv_peak": peak, "suv_peak_at": at, "tlg": found["mean"] * own["ml"]}
    return found


def has_value(volume: Volume, box: IndexBox) -> NDArray[np.bool_]:
    """Return which voxels of a box were measured and are numbers, in its shape."""
    values = volume.voxels[box]
    has = np.isfinite(values) if values.dtype.kind == "f" else np.ones(values.shape, np.bool_)
    if volume.padding is not None:
        has &= values != volume.padding
    if volume.measured is not None:
        has &= is_measured(volume.measured, *np.ogrid[box])
    return has


def _peak(volume: Volume, mask: NDArray[np.bool_], box: IndexBox) -> tuple[float | None, Vector | None]:
    """Return the highest mean of a sphere of 1 cm3 around a voxel of a mask, and where it is."""
    shares = _sphere_shares(volume.spacing)
    reach = [side // 2 for side in shares.shape]
    # The box with what the spheres reach to, as far as the volume goes; beyond it nothing was measured.
    wide = [(part.start - r, part.stop + r) for part, r in zip(box, reach, strict=True)]
    cut = tuple(slice(max(a, 0), min(b, n)) for (a, b), n in zip(wide, volume.shape, strict=True))
    i, j, k = cut
    has = has_value(volume, (i, j, k))
    padding = [(one.start - a, b - one.stop) for one, (a, b) in zip(cut, wide, strict=True)]
    values = np.pad(np.where(has, volume.voxels[cut], 0).astype(np.float64), padding)
    weights = np.pad(has.astype(np.float64), padding)
    total = _weighted_sums(values, shares, mask.shape)
    # Where all has a value the spheres weigh the same: that of one voxel is that of all.
    weight = _weighted_sums(weights, shares, (1, 1, 1) if weights.all() else mask.shape)
    centres = mask & (weight > 0)
    if not centres.any():
        return None, None
    means = np.where(centres, total / np.where(weight > 0, weight, 1), -np.inf)
    highest = np.unravel_index(int(means.argmax()), means.shape)
    index = [part.start + int(n) for part, n in zip(box, highest, strict=True)]
    return float(means[highest]), vector(volume.geometry.index_to_world(index))


def _weighted_sums(
    values: NDArray[np.float64], shares: NDArray[np.float64], shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return the sums of values times shares around the first voxels of a box, as many as the shape says."""
    total, part = np.zeros(shape), np.empty(shape)
    for offset in np.argwhere(shares):
        i, j, k = (slice(first, first + count) for first, count in zip(offset, shape, strict=True))
        np.multiply(shares[tuple(offset)], values[i, j, k], out=part)
        total += part
    return total


@lru_cache(maxsize=8)
def _sphere_shares(spacing: Vector) -> NDArray[np.float64]:
    """Return which part of each voxel around a centre lies in the sphere of 1 cm3; odd sides."""
    fine = (np.arange(_SUBDIVISIONS) + 0.5) / _SUBDIVISIONS - 0.5
    away = []
    for mm in spacing:
        reach = int(np.ceil(PEAK_RADIUS / mm + 0.5)) - 1
        away.append(((np.arange(-reach, reach + 1)[:, None] + fine) * mm) ** 2)
    shares = np.zeros([len(one) for one in away])
    for i, x in enumerate(away[0]):
        for j, y in enumerate(away[1]):
            plane = x[:, None] + y[None, :]
            for k, z in enumerate(away[2]):
                shares[i, j, k] = np.mean(plane[:, :, None] + z <= PEAK_RADIUS**2)
    return shares
