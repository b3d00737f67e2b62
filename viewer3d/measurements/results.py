"""Results of measurements: lengths in mm, angles in degrees, and statistics of regions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.sampling import is_measured
from viewer3d.core.vectors import Points
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume
from viewer3d.measurements.uncertainty.intervals import with_uncertainty
from viewer3d.measurements.uncertainty.regions import GridValues, region_mean_uncertainty
from viewer3d.measurements.uncertainty.shapes import (
    angle_uncertainty,
    area_uncertainty,
    length_uncertainty,
    place_covariance,
)

_ALIGNED = 1 - 1e-6
"""Cosine from which on a slice is one of the grid's own: 0.08 degrees, where 6-digit DICOM cosines are off by 1e-4."""

_ON_EDGE = 1e-6
"""mm by which, and part of a voxel by which, what lies on an edge may miss it: rounding decides nothing."""

_BLOCK = 200_000
"""Points of an oblique slice that are sampled at once: some 50 MB."""

_MOST_RESULTS = 512
"""Results kept: one for each measurement of a state, and for each step while one is dragged."""


@dataclass(frozen=True)
class Length:
    """The result of a distance.

    Attributes
    ----------
    length : float
        In mm.
    uncertainty : float or None
        Expanded uncertainty in mm: the true length is within it in 95 % of all cases, see ``docs/uncertainty.md``.
        None where it is not known.
    """

    length: float
    uncertainty: float | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The result as lines of text."""
        return (f"{with_uncertainty(self.length, self.uncertainty)} mm",)


@dataclass(frozen=True)
class Angle:
    """The result of an angle.

    Attributes
    ----------
    angle : float or None
        At the second point, 0 to 180 degrees; None when one of the others lies on it.
    uncertainty : float or None
        Expanded uncertainty (95 %) in degrees; None where there is no angle or it is not known.
    """

    angle: float | None
    uncertainty: float | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The result as lines of text."""
        return ("no angle" if self.angle is None else f"{with_uncertainty(self.angle, self.uncertainty)}°",)


@dataclass(frozen=True)
class Region:
    """The result of an ellipse or a rectangle.

    Attributes
    ----------
    area : float
        Of the shape itself, in mm2, whatever voxels lie in it.
    count : int
        Values that the statistics are of, see :func:`measure`.
    mean, sd, minimum, maximum : float or None
        Of these values, in the unit; None when there are none. The SD is that of the values themselves (divided by
        their count, as numpy and Cornerstone do it; SimpleITK divides by one less).
    unit : str
        Of the volume's values.
    area_uncertainty : float or None
        Expanded uncertainty (95 %) of the area, in mm2.
    mean_uncertainty : float or None
        Expanded uncertainty (95 %) of the mean, in the unit: of the noise that the values have, and of the region's
        edge. None where too few values are independent.
    """

    area: float
    count: int
    mean: float | None
    sd: float | None
    minimum: float | None
    maximum: float | None
    unit: str
    area_uncertainty: float | None = None
    mean_uncertainty: float | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The result as lines of text."""
        area = f"area {with_uncertainty(self.area, self.area_uncertainty)} mm2"
        if self.mean is None or self.sd is None or self.minimum is None or self.maximum is None:
            return "no voxel inside", area
        places = _places(self.minimum, self.maximum)
        mean = with_uncertainty(self.mean, self.mean_uncertainty, max(places, 1))
        sd = f"{self.sd:.{max(places, 1)}f}"
        return (
            f"mean {mean}  SD {sd} {self.unit}".rstrip(),
            f"min {self.minimum:.{places}f}  max {self.maximum:.{places}f}",
            area,
        )


@dataclass(frozen=True)
class ProbeValue:
    """The result of a probe.

    Attributes
    ----------
    value : float or None
        Of the voxel that the point lies in; None outside of the volume, and where it has no number (NaN) or was not
        measured.
    unit : str
        Of the volume's values.
    """

    value: float | None
    unit: str

    @property
    def texts(self) -> tuple[str, ...]:
        """The result as lines of text."""
        return ("no value",) if self.value is None else (f"{self.value:.{_places(self.value)}f} {self.unit}".rstrip(),)


MeasurementResult = Length | Angle | Region | ProbeValue


def measure(volume: Volume, measurement: Measurement) -> MeasurementResult:
    """Return the numbers of one measurement.

    Parameters
    ----------
    volume : Volume
        The one it was drawn on, or any other in the same patient coordinates.
    measurement : Measurement

    Returns
    -------
    Length, Angle, Region or Value
        A frozen value; what there is no number for is None.

    Notes
    -----
    The value of a probe is that of the voxel that holds the point, whatever a picture shows between voxels.

    The values of an ellipse or rectangle are:

    - where its plane is one of the grid's own (to :data:`_ALIGNED`): the voxels of the nearest slice whose centres lie
      in the shape or on its edge, each once. Half way between two slices it is that of the even number.
    - where its plane is oblique to the grid: linear interpolations on a lattice in the plane, along right and down,
      with the smallest of the voxel's spacings, one point of it in the middle of the shape. They are smoother than
      voxels, so their SD is less.

    NaN, what lies outside of the volume and what was not measured (``volume.measured``, ``volume.padding``) have no
    part in them; the outer half of the outer voxels is inside. A slab that a slice is shown with has none either: the
    values are those of the plane.

    Examples
    --------
    >>> import numpy as np
    >>> volume = Volume.from_array(np.full((9, 9, 9), 7), np.eye(4), unit="HU")
    >>> region = measure(volume, Measurement("rectangle", ((2, 2, 4), (4, 5, 4)), (1, 0, 0), (0, 1, 0)))
    >>> region.area, region.count, region.mean, region.sd
    (6.0, 12, 7.0, 0.0)
    >>> measure(volume, Measurement("distance", ((2, 2, 4), (2, 8, 4)), (1, 0, 0), (0, 1, 0))).texts
    ('6.0 ± 0.8 mm',)
    """
    points = np.array(measurement.points, np.float64)
    if measurement.kind == "distance":
        covariance = place_covariance(volume.geometry, volume.info.place_errors)
        return Length(float(np.linalg.norm(points[1] - points[0])), length_uncertainty(points, covariance))
    if measurement.kind == "angle":
        covariance = place_covariance(volume.geometry, volume.info.place_errors)
        return Angle(_angle(points[0] - points[1], points[2] - points[1]), angle_uncertainty(points, covariance))
    if measurement.kind == "probe":
        value = volume.value_at(points[0], "nearest")
        return ProbeValue(None if value is None or not np.isfinite(value) else value, volume.unit)
    return _region(volume, measurement)


class MeasurementCache:
    """Measures on one volume and keeps the results.

    Parameters
    ----------
    volume : Volume
    layer : str
        Name of the layer whose values these are, where they are not those of the base.

    Attributes
    ----------
    volume : Volume
    layer : str
    """

    def __init__(self, volume: Volume, layer: str = "") -> None:
        self.volume, self.layer = volume, layer
        self._known: dict[Measurement, MeasurementResult] = {}

    def of(self, measurement: Measurement) -> MeasurementResult:
        """Return the result of :func:`measure`, cached."""
        if measurement not in self._known:
            if len(self._known) >= _MOST_RESULTS:
                self._known.clear()
            self._known[measurement] = measure(self.volume, measurement)
        return self._known[measurement]

    def texts(self, measurement: Measurement) -> tuple[str, ...]:
        """Return the result as lines of text; of values, the first names the layer where there is one to name."""
        result = self.of(measurement)
        if not self.layer or not isinstance(result, Region | ProbeValue):
            return result.texts
        first, *others = result.texts
        return (f"{self.layer}: {first}", *others)


def _angle(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    if not one.any() or not other.any():
        return None
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(one, other)), one @ other)))


def _region(volume: Volume, shape: Measurement) -> Region:
    width, height = shape.sides
    share = np.pi / 4 if shape.kind == "ellipse" else 1.0
    covariance = place_covariance(volume.geometry, volume.info.place_errors)
    axes = np.array([shape.right, shape.down])
    area, area_known = width * height * share, area_uncertainty(shape.sides, axes, covariance, share)
    cosines = np.abs(shape.normal @ volume.geometry.direction)
    axis = int(np.argmax(cosines))
    if cosines[axis] >= _ALIGNED:
        parts = [_slice_values(volume, shape, axis)]
    else:
        parts = [_sampled(volume, shape, points, inside) for points, inside in _lattice(volume, shape)]
    values = np.concatenate([np.empty(0), *(one.values[one.inside] for one in parts)])
    if not values.size:
        return Region(area, 0, None, None, None, None, volume.unit, area_known)
    mean, sd, least, most = (float(number) for number in (values.mean(), values.std(), values.min(), values.max()))
    mean_known = region_mean_uncertainty(volume, shape, parts[len(parts) // 2], (mean, sd, values.size), covariance)
    return Region(area, values.size, mean, sd, least, most, volume.unit, area_known, mean_known)


def _inside(shape: Measurement, points: Points) -> NDArray[np.bool_]:
    """Return which points of a shape's plane, (..., 3) in mm, lie in it or on its edge."""
    away = points - shape.center
    u, v = away @ np.array(shape.right), away @ np.array(shape.down)
    half_u, half_v = (side / 2 + _ON_EDGE for side in shape.sides)
    if shape.kind == "ellipse":
        return np.asarray((u / half_u) ** 2 + (v / half_v) ** 2 <= 1)
    return np.asarray((np.abs(u) <= half_u) & (np.abs(v) <= half_v))


def _slice_values(volume: Volume, shape: Measurement, axis: int) -> GridValues:
    """Return the values of the nearest slice around a shape, and those whose voxels' centres lie in it."""
    geometry = volume.geometry
    index = geometry.world_to_index(shape.handles)
    low = np.maximum(np.ceil(index.min(0) - _ON_EDGE), 0).astype(int)
    high = np.minimum(np.floor(index.max(0) + _ON_EDGE) + 1, geometry.shape).astype(int)
    depth = float(geometry.world_to_index(shape.center)[axis])
    low[axis] = np.clip(np.rint(np.round(depth, 6)), 0, geometry.shape[axis] - 1)
    high[axis] = low[axis] + 1
    within = -0.5 - _ON_EDGE <= depth <= geometry.shape[axis] - 0.5 + _ON_EDGE
    if not within or (low >= high).any():
        return GridValues(np.empty((0, 0)), np.empty((0, 0), np.bool_))
    ranges = [np.arange(first, end) for first, end in zip(low, high, strict=True)]
    centres = geometry.index_to_world(np.stack(np.meshgrid(*ranges, indexing="ij"), -1))
    values = volume.voxels[tuple(slice(first, end) for first, end in zip(low, high, strict=True))].astype(np.float64)
    inside = _inside(shape, centres) & np.isfinite(values)
    if volume.padding is not None:
        inside &= values != volume.padding
    if volume.measured is not None:
        inside &= is_measured(volume.measured, *np.ix_(*ranges))
    steps = tuple(geometry.affine[:3, a] for a in range(3) if a != axis)
    return GridValues(values.squeeze(axis), inside.squeeze(axis), steps)


def _lattice(volume: Volume, shape: Measurement) -> Iterator[tuple[Points, NDArray[np.bool_]]]:
    """Yield parts of a lattice around a shape, as far as the volume may reach.

    Each is world points (mm), shape (M, N, 3), and which of them lie in the shape, (M, N).
    """
    step = min(volume.spacing)
    corners = volume.geometry.corners - shape.center
    lines = []
    for direction, side in zip((shape.right, shape.down), shape.sides, strict=True):
        reach = corners @ np.array(direction)
        low, high = max(-side / 2 - _ON_EDGE, reach.min()), min(side / 2 + _ON_EDGE, reach.max())
        lines.append(step * np.arange(np.ceil(low / step), np.floor(high / step) + 1))
    across, downward = lines
    for part in np.array_split(downward, max(1, across.size * downward.size // _BLOCK)):
        u, v = np.meshgrid(across, part, indexing="ij")
        points = shape.center + u[..., None] * np.array(shape.right) + v[..., None] * np.array(shape.down)
        yield points, _inside(shape, points)


def _sampled(volume: Volume, shape: Measurement, points: Points, inside: NDArray[np.bool_]) -> GridValues:
    """Return linear interpolations at the world points (mm), (M, N, 3), that are inside and measured."""
    index = volume.geometry.world_to_index(points[inside])
    last = np.array(volume.shape) - 1
    whole = ((index >= -0.5) & (index <= last + 0.5)).all(-1)
    index = np.clip(index, 0, last)
    first = np.minimum(np.floor(index).astype(int), np.maximum(last - 1, 0))
    share = index - first
    values = np.zeros(len(index))
    for corner in np.ndindex(2, 2, 2):
        weight = np.where(corner, share, 1 - share).prod(-1)
        i, j, k = np.minimum(first + corner, last).T
        # A neighbour that has no part in a value does not make it NaN.
        values += np.where(weight > 0, weight * volume.voxels[i, j, k], 0)
        if volume.measured is not None:
            whole &= (weight <= 0) | is_measured(volume.measured, i, j, k)
        if volume.padding is not None:
            whole &= (weight <= 0) | (volume.voxels[i, j, k] != volume.padding)
    held = inside.copy()
    held[inside] = whole & np.isfinite(values)
    grid = np.zeros(inside.shape)
    grid[inside] = values
    step = min(volume.spacing)
    return GridValues(grid, held, (step * np.array(shape.right), step * np.array(shape.down)))


def _places(*values: float) -> int:
    """Return the decimals of written values: none for whole ones, else four digits of the largest."""
    if all(value.is_integer() for value in values):
        return 0
    largest = max(abs(value) for value in values)
    return int(np.clip(3 - np.floor(np.log10(largest)), 0, 6))
