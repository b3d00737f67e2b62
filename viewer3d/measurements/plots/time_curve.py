"""The values of all members of a 4-D set at a point or in a region: over time, b-values or echoes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.layers import Overlays, place_layers
from viewer3d.core.members import TIME_DIMENSIONS, as_members, check_member, members_along, varying_dimensions
from viewer3d.core.sampling import Interpolation
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.measurements.plots.point_values import PointValues
from viewer3d.measurements.plots.regions import ValueRegion, fixed_region, segment_of, values_in

AXIS_UNITS: Final = {"b_value": "s/mm2", "inversion_time": "ms", "flip_angle": "degrees", "kvp": "kV"}
"""Units of the numbers that tell members apart, as DICOM has them (PS3.3 C.8.13.5.9, C.8.3.1, C.8.7.2); that of echoes
is not known, which may be numbers or times."""


@dataclass(frozen=True, eq=False)
class CurveAxis:
    """What the values of a 4-D set are plotted against.

    Attributes
    ----------
    members : tuple of int
        The members of the set, from 0, in the order of :attr:`places`.
    places : ndarray of float64, shape (N,)
        Rising, or the same for several (directions of one b-value).
    name : str
        ``"time"``, ``"b-value"``, ``"echo"``, ``"volume"``, ...
    unit : str
        ``"s"`` where it is known when each was measured; empty for numbers.
    """

    members: tuple[int, ...]
    places: NDArray[np.float64]
    name: str
    unit: str = ""

    @property
    def title(self) -> str:
        """The name with its unit."""
        return f"{self.name}, {self.unit}" if self.unit else self.name


@dataclass(frozen=True, eq=False)
class TimeCurve:
    """Values of a 4-D set at a point or in a region, one a member.

    Attributes
    ----------
    axis : CurveAxis
        The members and their times, b-values or echoes.
    values : ndarray of float64, shape (N,)
        At the point, or the mean of the region, in :attr:`unit`; NaN where there is none.
    unit : str
    of : str
        What was taken: ``"point"``, a measurement's name or kind, or a segment's name.
    sd, minimum, maximum : ndarray of float64, shape (N,), or None
        Of the region's values; the SD is divided by their count. None of a point.
    count : ndarray of int64, shape (N,), or None
        How many values these are.
    """

    axis: CurveAxis
    values: NDArray[np.float64]
    unit: str = ""
    of: str = "point"
    sd: NDArray[np.float64] | None = None
    minimum: NDArray[np.float64] | None = None
    maximum: NDArray[np.float64] | None = None
    count: NDArray[np.int64] | None = None

    @property
    def columns(self) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """The table of it: columns by name, arrays of shape (N,).

        Members from 1, places, values, and what else there is.
        """
        unit = f"_{self.unit}" if self.unit else ""
        place = "_".join(
            part for part in (self.axis.name.replace(" ", "_"), self.axis.unit.replace("/", "_per_")) if part
        )
        table: dict[str, NDArray[np.float64] | NDArray[np.int64]] = {
            "member": np.array(self.axis.members, np.int64) + 1,
            place: self.axis.places,
        }
        if self.sd is None or self.minimum is None or self.maximum is None or self.count is None:
            return {**table, f"value{unit}": self.values}
        named = {"mean": self.values, "sd": self.sd, "min": self.minimum, "max": self.maximum}
        return {**table, **{f"{name}{unit}": one for name, one in named.items()}, "count": self.count}


def curve_axis(members: Sequence[Volume], member: int = 0) -> CurveAxis:
    """Return what a curve through a 4-D set is plotted against.

    Parameters
    ----------
    members : sequence of Volume
        All of the set.
    member : int
        From 0: the curve is of the times of its echo, or of what else parts the set.

    Returns
    -------
    CurveAxis
        Seconds after the first where the files say when each was measured, see
        :mod:`viewer3d.dicom.meaning.moments`; else the numbers that tell them apart (b-values, echoes, phases), or
        where those are none, or two things do, their turn from 1.

    Raises
    ------
    ViewError
        When there is one member alone, or none of that number.
    """
    if len(members) < 2:
        raise ViewError("one volume has no curve over time: give all volumes of a 4-D set, as load_all loads them")
    which = [one.which for one in members]
    line = members_along(which, check_member(members, member))
    names = varying_dimensions(which)
    name = names[0] if names and len(line) > 1 else ""
    seconds = [members[n].seconds for n in line]
    if name in TIME_DIMENSIONS and all(one is not None for one in seconds) and len(set(seconds)) == len(line):
        return CurveAxis(*_in_order(line, np.array(seconds, np.float64)), "time", "s")
    numbers = [which[n].get(name) for n in line]
    is_whole_set = len(names) > 1 and len(line) == len(members) and len(set(map(str, numbers))) < len(line)
    if (
        name
        and name not in TIME_DIMENSIONS
        and not is_whole_set
        and all(isinstance(one, int | float) for one in numbers)
    ):
        places = np.array([float(one) for one in numbers if one is not None])
        return CurveAxis(*_in_order(line, places), name.replace("_", "-"), AXIS_UNITS.get(name, ""))
    turns = np.arange(1.0, len(line) + 1)
    return CurveAxis(tuple(line), turns, name if name in TIME_DIMENSIONS else "volume")


def time_curve(
    volumes: Sequence[Volume],
    at: ArrayLike | Measurement | None = None,
    *,
    overlays: Overlays = (),
    segment: int | str | None = None,
    member: int = 0,
    interpolation: Interpolation = "linear",
) -> TimeCurve:
    """Return the values of all volumes of a 4-D set at a point, or their statistics in a region.

    Parameters
    ----------
    volumes : sequence of Volume
        Of one grid and unit, as :func:`viewer3d.load_all` gives them.
    at : array_like of shape (3,) or Measurement, optional
        A point (LPS, mm); or a measurement that holds voxels, of which the mean, SD, least and highest value are taken
        as :func:`viewer3d.measure` takes them. An isocontour is grown in one member, and has these voxels in all.
    overlays : Segmentation, StructureSet, Mesh, path of one, or Layer
        Whose segment the curve is of.
    segment : int or str, optional
        Number or name of that segment or region of interest, whose values are taken as
        :meth:`viewer3d.Segmentation.measure` takes them.
    member : int
        Where two things part the set, times and echoes, whose times the curve has: those of this member, from 0.
        It is also the one that an isocontour is grown in.
    interpolation : {"linear", "nearest"}
        Of a point, see :meth:`viewer3d.Volume.value_at`. The value of a probe is the nearest.

    Raises
    ------
    ViewError
        When there is one volume alone, they are not of one grid and unit, a measurement holds no voxels, or there is
        not one thing to take the curve of.

    Examples
    --------
    >>> volumes = [Volume.from_array(np.full((3, 3, 3), n), np.eye(4), unit="HU", which={"time": n}, seconds=2.5 * n)
    ...            for n in range(3)]
    >>> curve = time_curve(volumes, (1, 1, 1))
    >>> curve.axis.title, curve.axis.places.tolist(), curve.values.tolist()
    ('time, s', [0.0, 2.5, 5.0], [0.0, 1.0, 2.0])
    """
    members = as_members(volumes)
    if (at is None) == (segment is None):
        raise ViewError("a time curve is of a point, a measurement or a segment: give one of them")
    if segment is not None:
        placed = place_layers(members, overlays).regions
        if len(placed) != 1:
            raise ViewError(f"a segment of {len(placed)} segmentations or structure sets: give one as the overlay")
        return curve_in(members, segment_of(placed[0], segment), member)
    if isinstance(at, Measurement):
        if at.kind != "probe":
            return curve_in(members, at, member)
        at, interpolation = at.points[0], "nearest"
    return curve_at(members, np.asarray(at, np.float64), member, interpolation)


def curve_at(
    members: Sequence[Volume], point: NDArray[np.float64], member: int, interpolation: Interpolation
) -> TimeCurve:
    """Return the curve of members of one grid at a world point (LPS, mm), see :func:`time_curve`."""
    if point.shape != (3,) or not np.isfinite(point).all():
        raise ViewError(f"a time curve at {point.tolist()!r:.60}: give a point in LPS mm, or a measurement")
    axis, sampler = curve_axis(members, member), PointValues(members[0].geometry, point, interpolation)
    return TimeCurve(axis, np.array([sampler.of(members[n])[0] for n in axis.members]), members[0].unit)


def curve_in(members: Sequence[Volume], region: ValueRegion, member: int) -> TimeCurve:
    """Return the curve of members of one grid in a measurement or a segment, see :func:`time_curve`."""
    axis = curve_axis(members, member)
    held = fixed_region(members[member], region)
    taken = [values_in(members[n], held) for n in axis.members]
    made = [[float(f(one)) if one.size else np.nan for one in taken] for f in (np.mean, np.std, np.min, np.max)]
    mean, sd, least, most = (np.array(one) for one in made)
    name = region.name or (region.kind if isinstance(region, Measurement) else "")
    counts = np.array([one.size for one in taken], np.int64)
    return TimeCurve(axis, mean, members[0].unit, name, sd, least, most, counts)


def _in_order(line: Sequence[int], places: NDArray[np.float64]) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    order = np.argsort(places, kind="stable")
    return tuple(line[n] for n in order), places[order]
