"""What measurements come to on a volume: lengths in mm, angles in degrees, statistics of regions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.images.image2d import flat_of
from viewer3d.core.view.measurement import WRITTEN, Measurement
from viewer3d.core.volume import Volume
from viewer3d.measurements.cache import MeasurementCache as MeasurementCache  # noqa: PLC0414 (found here as well)
from viewer3d.measurements.extent import reaches_outside
from viewer3d.measurements.uncertainty.shapes import angle_uncertainty, length_uncertainty, place_covariance
from viewer3d.measurements.values import Angle as Angle  # noqa: PLC0414 (results, so found here as well)
from viewer3d.measurements.values import Bidirectional as Bidirectional  # noqa: PLC0414 (as above)
from viewer3d.measurements.values import Isocontour as Isocontour  # noqa: PLC0414 (as above)
from viewer3d.measurements.values import Length as Length  # noqa: PLC0414 (as above)
from viewer3d.measurements.values import MeasurementResult as MeasurementResult  # noqa: PLC0414 (as above)
from viewer3d.measurements.values import ProbeValue as ProbeValue  # noqa: PLC0414 (as above)
from viewer3d.measurements.values import Region as Region  # noqa: PLC0414 (as above)
from viewer3d.measurements.values import Remark as Remark  # noqa: PLC0414 (as above)


def measure(volume: Volume, measurement: Measurement) -> MeasurementResult:
    """Return the numbers of one measurement.

    Parameters
    ----------
    volume : Volume
        The one it was drawn on, or any other in the same patient coordinates.
    measurement : Measurement

    Returns
    -------
    Length, Angle, Bidirectional, Region, Isocontour, ProbeValue, Remark or ImageResult
        A frozen value, the last of an image that lies in no space; what there is no number for is None. Each says
        whether it reaches ``outside`` of the volume.

    Notes
    -----
    The value of a probe is that of the voxel that holds the point, whatever a picture shows between voxels.

    The values of an ellipse, rectangle, freehand or polygon are:

    - where its plane is one of the grid's own (to :data:`_ALIGNED`): the voxels of the nearest slice whose centres lie
      in the shape or on its edge, each once. Half way between two slices it is that of the even number.
    - where its plane is oblique to the grid: linear interpolations on a lattice in the plane, along right and down,
      with the smallest of the voxel's spacings, one point of it in the middle of the shape. They are smoother than
      voxels, so their SD is less.

    An isocontour is of the voxels with their centre in its sphere or on it, at or above its threshold, that are
    connected by faces to the highest of them (:mod:`viewer3d.measurements.isocontours`).

    NaN, what lies outside of the volume and what was not measured (``volume.measured``, ``volume.padding``) have no
    part in them; the outer half of the outer voxels is inside. A slab that a slice is shown with has none either: the
    values are those of the plane. Of an outline that crosses itself, what it goes around an odd number of times is
    inside (the even-odd rule), for its area too.

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
    if (flat := flat_of(volume)) is not None:
        from viewer3d.measurements.image_results import on_image  # noqa: PLC0415 (few are measured on images)

        if measurement.kind == "isocontour":
            from viewer3d.measurements.isocontours import grown_region, measure_isocontour  # noqa: PLC0415 (as above)

            grown = measure_isocontour(flat.plain, measurement, grown_region(flat, measurement))
            return on_image(flat, measurement, grown)
        return on_image(flat, measurement, measure(flat.plain, measurement))
    if measurement.kind == "isocontour":
        from viewer3d.measurements.isocontours import measure_isocontour  # noqa: PLC0415 (few are grown)

        return measure_isocontour(volume, measurement)
    if measurement.has_area:
        from viewer3d.measurements.planar_regions import measure_region  # noqa: PLC0415 (as above)

        return measure_region(volume, measurement)
    points = np.array(measurement.points, np.float64)
    outside = reaches_outside(volume.geometry, measurement)
    if measurement.kind in WRITTEN:
        return Remark(outside)
    if measurement.kind == "probe":
        value = volume.value_at(points[0], "nearest")
        return ProbeValue(None if value is None or not np.isfinite(value) else value, volume.unit, outside)
    covariance = place_covariance(volume.geometry, volume.info.place_errors)
    if measurement.kind == "angle":
        known = angle_uncertainty(points, covariance)
        return Angle(_angle(points[0] - points[1], points[2] - points[1]), known, outside)
    axes = [
        (float(np.linalg.norm(end - begin)), length_uncertainty(np.stack([begin, end]), covariance))
        for begin, end in points.reshape(-1, 2, 3)
    ]
    if measurement.kind == "distance":
        return Length(*axes[0], outside)
    (short, short_known), (long, long_known) = sorted(axes)
    return Bidirectional(long, short, long_known, short_known, outside)


def _angle(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    if not one.any() or not other.any():
        return None
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(one, other)), one @ other)))
