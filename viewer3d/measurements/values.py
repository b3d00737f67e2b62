"""Results of measurements, as values: lengths in mm, angles in degrees, statistics of regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from viewer3d.core.vectors import Vector
from viewer3d.core.view.threshold import Threshold
from viewer3d.measurements.image_results import ImageResult
from viewer3d.measurements.uncertainty.intervals import with_uncertainty

OUTSIDE_VOLUME: Final = "reaches outside the volume"
"""The last line of the text of what does not lie in the volume as a whole; a probe says it in its only one."""

LEAKS: Final = "reaches the edge of the sphere"
"""Told of a region that would go on beyond the sphere it is grown in."""


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
    outside : bool
        Whether an end lies outside of the volume.
    """

    length: float
    uncertainty: float | None = None
    outside: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """The result as lines of text."""
        return (f"{with_uncertainty(self.length, self.uncertainty)} mm", *_where(self.outside))


@dataclass(frozen=True)
class Bidirectional:
    """The result of a bidirectional: the two diameters of a lesion on one slice, as RECIST 1.1 has them.

    A target lesion counts with its longest diameter, a lymph node with the longest one perpendicular to that
    (E. A. Eisenhauer et al., Eur J Cancer 2009; 45: 228).

    Attributes
    ----------
    long, short : float
        The longer and the shorter diameter in mm, whichever was drawn first.
    long_uncertainty, short_uncertainty : float or None
        Expanded uncertainty (95 %) in mm; None where it is not known.
    outside : bool
        Whether an end lies outside of the volume.
    """

    long: float
    short: float
    long_uncertainty: float | None = None
    short_uncertainty: float | None = None
    outside: bool = False

    @property
    def product(self) -> float:
        """Long times short in mm2, which is what the criteria of the WHO add up."""
        return self.long * self.short

    @property
    def texts(self) -> tuple[str, ...]:
        """The result as lines of text."""
        return (
            f"long {with_uncertainty(self.long, self.long_uncertainty)} mm",
            f"short {with_uncertainty(self.short, self.short_uncertainty)} mm",
            *_where(self.outside),
        )


@dataclass(frozen=True)
class Remark:
    """The result of an arrow or a text: there is no number, and its name says what it says.

    Attributes
    ----------
    outside : bool
        Whether one of its points lies outside of the volume.
    """

    outside: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """The result as lines of text: none, unless it lies outside."""
        return _where(self.outside)


@dataclass(frozen=True)
class Angle:
    """The result of an angle.

    Attributes
    ----------
    angle : float or None
        At the second point, 0 to 180 degrees; None when one of the others lies on it.
    uncertainty : float or None
        Expanded uncertainty (95 %) in degrees; None where there is no angle or it is not known.
    outside : bool
        Whether one of its points lies outside of the volume.
    """

    angle: float | None
    uncertainty: float | None = None
    outside: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """The result as lines of text."""
        angle = "no angle" if self.angle is None else f"{with_uncertainty(self.angle, self.uncertainty)}°"
        return (angle, *_where(self.outside))


@dataclass(frozen=True)
class Region:
    """The result of an ellipse, a rectangle, a freehand or a polygon.

    Attributes
    ----------
    area : float
        Of the shape itself, in mm2, whatever voxels lie in it. Of an outline that crosses itself, what it goes around
        an odd number of times is inside.
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
    perimeter : float or None
        Length of the outline of a freehand or polygon, in mm; None of an ellipse and a rectangle.
    outside : bool
        Whether the shape reaches outside of the volume, so that the values are of a part of it.
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
    perimeter: float | None = None
    outside: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """The result as lines of text."""
        area = (
            f"area {with_uncertainty(self.area, self.area_uncertainty)} mm2",
            *(() if self.perimeter is None else (f"perimeter {self.perimeter:.1f} mm",)),
            *_where(self.outside),
        )
        if self.mean is None or self.sd is None or self.minimum is None or self.maximum is None:
            return "no voxel inside", *area
        places = _places(self.minimum, self.maximum)
        mean = with_uncertainty(self.mean, self.mean_uncertainty, max(places, 1))
        sd = f"{self.sd:.{max(places, 1)}f}"
        return (
            f"mean {mean}  SD {sd} {self.unit}".rstrip(),
            f"min {self.minimum:.{places}f}  max {self.maximum:.{places}f}",
            *area,
        )


@dataclass(frozen=True)
class Isocontour:
    """The result of a region that is grown in a sphere by a threshold.

    What there is no number for is None: all but volume and count where no voxel is in it, and what is of uptake where
    the volume is not in SUV.

    Attributes
    ----------
    rule : Threshold
        What the threshold is made by.
    unit : str
        Of the volume's values.
    radius : float
        Of the sphere, in mm.
    ml : float
        Volume of its voxels: of uptake the metabolic tumour volume (MTV).
    count : int
        Of its voxels, each with its value.
    threshold : float or None
        The lowest value that belongs to it, in the unit; None where the sphere has no values, or their highest is 0 or
        less and a part of it was asked for.
    sphere_maximum : float or None
        The highest value in the sphere.
    maximum, minimum, mean, sd : float or None
        Of its values, in the unit; the SD is divided by their count, as that of :class:`Region`.
    peak : float or None
        SUVpeak: the highest mean of a sphere of 1 cm3 around the centre of one of its voxels.
    peak_at : tuple of float or None
        Where that is (LPS, mm).
    tlg : float or None
        Total lesion glycolysis: the mean times :attr:`ml`.
    ml_uncertainty, mean_uncertainty : float or None
        Expanded uncertainties (95 %), as those of a segment: of counting voxels, and of noise and edge. What another
        threshold would come to is not in them.
    leaks : bool
        Whether it would go on beyond the sphere: then the sphere is a part of the result.
    outside : bool
        Whether the sphere reaches outside of the volume.
    is_uptake : bool
        Whether the values are standardized uptake values.
    """

    rule: Threshold
    unit: str
    radius: float
    ml: float
    count: int
    threshold: float | None = None
    sphere_maximum: float | None = None
    maximum: float | None = None
    minimum: float | None = None
    mean: float | None = None
    sd: float | None = None
    peak: float | None = None
    peak_at: Vector | None = None
    tlg: float | None = None
    ml_uncertainty: float | None = None
    mean_uncertainty: float | None = None
    leaks: bool = False
    outside: bool = False
    is_uptake: bool = False

    @property
    def mtv(self) -> float | None:
        """Metabolic tumour volume: :attr:`ml`, where values are uptake."""
        return self.ml if self.is_uptake else None

    @property
    def texts(self) -> tuple[str, ...]:
        """The result as lines of text."""
        if self.mean is None or self.maximum is None or self.minimum is None:
            return (self._why_nothing, *_where(self.outside))
        places = _places(self.minimum, self.maximum)
        mean = with_uncertainty(self.mean, self.mean_uncertainty, max(places, 1))
        volume = f"{'MTV' if self.is_uptake else 'volume'} {with_uncertainty(self.ml, self.ml_uncertainty)} ml"
        uptake = "" if self.peak is None or self.tlg is None else f"peak {self.peak:.{places}f}  TLG {self.tlg:.1f}"
        return (
            f"max {self.maximum:.{places}f}  mean {mean} {self.unit}".rstrip(),
            *((uptake,) if uptake else ()),
            volume,
            self._from_value(places),
            *((LEAKS,) if self.leaks else ()),
            *_where(self.outside),
        )

    def _from_value(self, places: int) -> str:
        if self.threshold is None or not self.rule.of_maximum:
            return f"from {self.rule.text}"
        return f"from {self.threshold:.{places}f} ({self.rule.value:g} % of max)"

    @property
    def _why_nothing(self) -> str:
        if self.sphere_maximum is None:
            return "no voxel inside"
        if self.threshold is None:
            return f"no {self.rule.value:g} % of a maximum of {self.sphere_maximum:g}: give a value"
        return f"nothing from {self.rule.text}: max {self.sphere_maximum:.{_places(self.sphere_maximum)}f}"


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
    outside : bool
        Whether the point lies outside of the volume.
    """

    value: float | None
    unit: str
    outside: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """The result as lines of text."""
        if self.value is None:
            return ("no value: outside the volume" if self.outside else "no value",)
        return (f"{self.value:.{_places(self.value)}f} {self.unit}".rstrip(),)


VolumeResult = Length | Angle | Bidirectional | Region | ProbeValue | Remark | Isocontour
"""What is measured in a volume."""

MeasurementResult = VolumeResult | ImageResult
"""What is measured in a volume, or on an image that lies in no space."""


def _where(outside: bool) -> tuple[str, ...]:  # noqa: FBT001 (a field of each result)
    return (OUTSIDE_VOLUME,) if outside else ()


def _places(*values: float) -> int:
    """Return the decimals of written values: none for whole ones, else four digits of the largest."""
    if all(value.is_integer() for value in values):
        return 0
    largest = max(abs(value) for value in values)
    return int(np.clip(3 - np.floor(np.log10(largest)), 0, 6))
