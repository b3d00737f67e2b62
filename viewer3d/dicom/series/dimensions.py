"""The attributes that distinguish frames at one position: their names as dimensions, and their values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import floor, hypot, isfinite
from typing import Final

from viewer3d.core.members import TIME_DIMENSIONS
from viewer3d.dicom.headers.attributes import AttributeValue
from viewer3d.dicom.headers.dates import seconds_of_datetime, seconds_since_1900, time_of_day
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.nuclear import FRAME_VECTORS
from viewer3d.dicom.headers.real_world import QUANTITY

DimensionValue = str | float
"""A value that may distinguish frames; an empty text where a frame has none."""


@dataclass(frozen=True)
class DimensionAttribute:
    """An attribute that may distinguish frames at one position.

    Attributes
    ----------
    name : str
        The name of the dimension, a key of :data:`viewer3d.core.volume.Which`.
    spelled : str
        The attribute's name and tag, for people.
    counts : bool
        Whether it is a time or a running number. Such a value may differ from slice to slice of one volume.
    """

    name: str
    spelled: str
    counts: bool = False


DIMENSION_ATTRIBUTES: Final[dict[str, DimensionAttribute]] = {
    QUANTITY: DimensionAttribute("quantity", "Quantity Definition Sequence (0040,9220) or LUT Label (0040,9210)"),
    "EchoTime": DimensionAttribute("echo", "Echo Time (0018,0081)"),
    "EchoNumbers": DimensionAttribute("echo", "Echo Numbers (0018,0086)"),
    "DiffusionBValue": DimensionAttribute("b_value", "Diffusion b-value (0018,9087)"),
    "SiemensBValue": DimensionAttribute("b_value", "Siemens b-value (0019,100C)"),
    "GEBValue": DimensionAttribute("b_value", "GE b-value (0043,1039)"),
    "PhilipsBValue": DimensionAttribute("b_value", "Philips b-value (2001,1003)"),
    "UIHBValue": DimensionAttribute("b_value", "United Imaging b-value (0065,1009)"),
    "DiffusionGradientOrientation": DimensionAttribute("direction", "Diffusion Gradient Orientation (0018,9089)"),
    "SiemensDirection": DimensionAttribute("direction", "Siemens diffusion gradient direction (0019,100E)"),
    "GEDirection": DimensionAttribute("direction", "GE diffusion direction (0019,10BB) to (0019,10BD)"),
    "PhilipsDirection": DimensionAttribute("direction", "Philips diffusion direction (2005,10B0) to (2005,10B2)"),
    "UIHDirection": DimensionAttribute("direction", "United Imaging diffusion gradient direction (0065,1037)"),
    "DiffusionDirectionality": DimensionAttribute("directionality", "Diffusion Directionality (0018,9075)"),
    "InversionTime": DimensionAttribute("inversion_time", "Inversion Time (0018,0082)"),
    "InversionTimes": DimensionAttribute("inversion_time", "Inversion Times (0018,9079)"),
    "FlipAngle": DimensionAttribute("flip_angle", "Flip Angle (0018,1314)"),
    "ComplexImageComponent": DimensionAttribute("component", "Complex Image Component (0008,9208)"),
    "GEComponent": DimensionAttribute("component", "GE image type (0043,102F)"),
    "ASLContext": DimensionAttribute("asl_context", "ASL Context (0018,9257)"),
    "PhilipsLabelType": DimensionAttribute("asl_context", "Philips label type (2005,1429)"),
    "MagnetizationTransfer": DimensionAttribute("magnetization_transfer", "Magnetization Transfer (0018,9020)"),
    "VelocityEncodingDirection": DimensionAttribute("velocity", "Velocity Encoding Direction (0018,9090)"),
    "ConvolutionKernel": DimensionAttribute("kernel", "Convolution Kernel (0018,1210)"),
    "KVP": DimensionAttribute("kvp", "KVP (0018,0060)"),
    "ReceiveCoilName": DimensionAttribute("coil", "Receive Coil Name (0018,1250)"),
    "ContrastBolusAgent": DimensionAttribute("contrast", "Contrast/Bolus Agent (0018,0010)"),
    "ContrastBolusAgentPhase": DimensionAttribute("contrast_phase", "Contrast/Bolus Agent Phase (0018,9344)"),
    "TemporalPositionIdentifier": DimensionAttribute("time", "Temporal Position Identifier (0020,0100)"),
    "NominalPercentageOfCardiacPhase": DimensionAttribute(
        "cardiac_percent", "Nominal Percentage of Cardiac Phase (0020,9241)"
    ),
    "CardiacCyclePosition": DimensionAttribute("cardiac_position", "Cardiac Cycle Position (0018,9236)"),
    "NominalPercentageOfRespiratoryPhase": DimensionAttribute(
        "respiratory_percent", "Nominal Percentage of Respiratory Phase (0020,9245)"
    ),
    "RespiratoryCyclePosition": DimensionAttribute("respiratory_position", "Respiratory Cycle Position (0018,9214)"),
    "NominalRespiratoryTriggerDelayTime": DimensionAttribute(
        "respiratory_delay", "Nominal Respiratory Trigger Delay Time (0020,9255)"
    ),
    "TriggerTime": DimensionAttribute("phase", "Trigger Time (0018,1060)", counts=True),
    "NominalCardiacTriggerDelayTime": DimensionAttribute(
        "phase", "Nominal Cardiac Trigger Delay Time (0020,9153)", counts=True
    ),
    "FrameReferenceTime": DimensionAttribute("time", "Frame Reference Time (0054,1300)", counts=True),
    "TemporalPositionTimeOffset": DimensionAttribute("time", "Temporal Position Time Offset (0020,930D)", counts=True),
    **{
        keyword: DimensionAttribute(name, f"{words} (0054,{element})")
        for (keyword, name), (words, element) in zip(
            FRAME_VECTORS.items(),
            (
                ("Energy Window Vector", "0010"),
                ("Detector Vector", "0020"),
                ("Phase Vector", "0030"),
                ("Rotation Vector", "0050"),
                ("R-R Interval Vector", "0060"),
                ("Time Slot Vector", "0070"),
                ("Angular View Vector", "0090"),
                ("Time Slice Vector", "0100"),
            ),
            strict=True,
        )
    },
    "SeriesNumber": DimensionAttribute("series_number", "Series Number (0020,0011)"),
    "SeriesDescription": DimensionAttribute("description", "Series Description (0008,103E)"),
    "AcquisitionNumber": DimensionAttribute("acquisition", "Acquisition Number (0020,0012)", counts=True),
    "AcquisitionTime": DimensionAttribute("time", "Acquisition Time (0008,0032)", counts=True),
    "AcquisitionDateTime": DimensionAttribute("time", "Acquisition DateTime (0008,002A)", counts=True),
    "FrameAcquisitionDateTime": DimensionAttribute("time", "Frame Acquisition DateTime (0018,9074)", counts=True),
    "FrameReferenceDateTime": DimensionAttribute("time", "Frame Reference DateTime (0018,9151)", counts=True),
    "ContentTime": DimensionAttribute("time", "Content Time (0008,0033)", counts=True),
}
"""By their key in :attr:`Frame.dimension_values`, the most significant first. Times and running numbers come last: they
differ between images whatever these show."""

DIMENSIONS_BEFORE: Final = "SeriesNumber"
"""Dimension Index Values come before this attribute and those after it, and after those before it."""

JITTER: Final = 0.01
"""Relative: measured values that differ by less are one, as scanners do not write the same digits in each slice."""

_JITTERS: Final = frozenset({"EchoTime", "InversionTime", "FlipAngle", "KVP"})

INSTANCE_NUMBER: Final = "Instance Number (0020,0013)"

_OTHERS: Final = (
    "InstanceNumber",
    "AcquisitionDate",
    "ContentDate",
)
_OF_SERIES: Final = ("SeriesNumber", "SeriesDescription")
_KEPT: Final = frozenset({*DIMENSION_ATTRIBUTES, *_OTHERS} - {*_OF_SERIES})
_LIST: Final = "ConvolutionKernel"
_VECTORS: Final = ("DiffusionGradientOrientation", "SiemensDirection", "UIHDirection")
_AXES: Final = {name: tuple(f"{name}{axis}" for axis in "XYZ") for name in ("GEDirection", "PhilipsDirection")}
_RARE: Final = frozenset(
    {*_VECTORS, *(axis for axes in _AXES.values() for axis in axes), "GEBValue", "GEComponent"}
    | {"DiffusionDirectionality"}
)

ISOTROPIC: Final = "ISOTROPIC"
"""The Diffusion Directionality (PS3.3 C.8.13.5.9) of a mean over all directions."""

GE_B_VALUES: Final = 100_000
"""GE adds 10^9 to some b-values (dcm2niix, GE/README.md): what is above this many s/mm2 is a flag."""

_GE_COMPONENTS: Final = {0: "MAGNITUDE", 1: "PHASE", 2: "REAL", 3: "IMAGINARY"}
_DIMENSION: Final = re.compile(r"Dimension Index Value (\d+) of \((\w{4}),(\w{4})\)")
_POINTERS: Final = {
    "0018,0081": "echo",  # Echo Time
    "0018,9082": "echo",  # Effective Echo Time
    "0018,1060": "phase",  # Trigger Time
    "0020,9153": "phase",  # Nominal Cardiac Trigger Delay Time
    "0020,0100": "time",  # Temporal Position Identifier
    "0020,9128": "time",  # Temporal Position Index
    "0020,930D": "time",  # Temporal Position Time Offset
    "0018,9074": "time",  # Frame Acquisition DateTime
    "0018,9151": "time",  # Frame Reference DateTime
}
"""The dimension of a Dimension Index Value where an index is what users expect; of b-values they expect the value."""


def dimension_attribute(keyword: str) -> DimensionAttribute:
    """Return the attribute of a key in :attr:`Frame.dimension_values`."""
    if found := _DIMENSION.fullmatch(keyword):
        number, group, element = found.groups()
        name = _POINTERS.get(f"{group},{element}", f"dimension_{number}")
        return DimensionAttribute(name, keyword, counts=name in TIME_DIMENSIONS)
    return DIMENSION_ATTRIBUTES[keyword]


def dimension(number: int, pointer: int) -> str:
    """Return the key of a Dimension Index Value in :attr:`Frame.dimension_values`.

    Parameters
    ----------
    number : int
        Which of the frame's Dimension Index Values it is, from 1.
    pointer : int
        Tag of the attribute that it indexes (Dimension Index Pointer (0020,9165)).
    """
    return f"Dimension Index Value {number} of ({pointer >> 16:04X},{pointer & 0xFFFF:04X})"


def dimension_keywords(frames: Sequence[Frame]) -> tuple[str, ...]:
    """Return the keys of the attributes that any of some frames has, the most significant first."""
    has = {*_OF_SERIES}.union(*(frame.dimension_values for frame in frames))
    known = [keyword for keyword in DIMENSION_ATTRIBUTES if keyword in has]
    dimensions = sorted(filter(_DIMENSION.fullmatch, has), key=lambda keyword: int(keyword.split()[3]))
    before = known.index(DIMENSIONS_BEFORE)
    return (*known[:before], *dimensions, *known[before:])


def dimension_values(keyword: str, frames: Sequence[Frame]) -> list[DimensionValue]:
    """Return the value of an attribute in each frame: times in seconds, an empty text where there is none."""
    if keyword == "SeriesNumber":
        return ["" if frame.series.number is None else float(frame.series.number) for frame in frames]
    if keyword == "SeriesDescription":
        return [frame.series.description for frame in frames]
    if keyword in _MOMENTS:
        return _moments(keyword, frames)[0]
    return [frame.dimension_values.get(keyword, "") for frame in frames]


def merge_jitter(keyword: str, values: Sequence[DimensionValue]) -> list[DimensionValue]:
    """Return values with those that differ by less than :data:`JITTER` as one, the lowest of them.

    Only values that are measured or reached jitter (echo time, inversion time, flip angle, kVp); others are returned
    as they are. Each is compared with the next lower one.
    """
    if keyword not in _JITTERS:
        return list(values)
    numbers = sorted({value for value in values if isinstance(value, int | float)})
    same: dict[DimensionValue, DimensionValue] = {}
    for before, number in zip([None, *numbers], numbers, strict=False):
        near = before is not None and number - before <= JITTER * max(abs(number), abs(before))
        same[number] = same[before] if near and before is not None else number
    return [same.get(value, value) for value in values]


def spelled(keyword: str, frames: Sequence[Frame]) -> str:
    """Return the name and tag of the attribute from which the values of some frames were read."""
    if keyword in _MOMENTS:
        return _moments(keyword, frames)[1]
    grouped = keyword in _GROUPED and any(frame.spacing_tag.endswith("functional groups") for frame in frames)
    return _GROUPED[keyword] if grouped else dimension_attribute(keyword).spelled


_GROUPED: Final = {
    "EchoTime": "Effective Echo Time (0018,9082)",
    "TemporalPositionIdentifier": "Temporal Position Index (0020,9128)",
    "TriggerTime": "Nominal Cardiac Trigger Delay Time (0020,9153)",
    "AcquisitionNumber": "Frame Acquisition Number (0020,9156)",
}
"""Attributes that have another name in functional groups than in classic files."""

_DATED: Final = {
    "AcquisitionTime": ("AcquisitionDate", "Acquisition Date (0008,0022) and Time (0008,0032)"),
    "ContentTime": ("ContentDate", "Content Date (0008,0023) and Time (0008,0033)"),
}
"""Times (TM) to the attribute that has their date, and both in words."""

_MOMENTS: Final = (*_DATED, "AcquisitionDateTime", "FrameAcquisitionDateTime", "FrameReferenceDateTime")


def _moments(keyword: str, frames: Sequence[Frame]) -> tuple[list[DimensionValue], str]:
    """Return times in seconds, with their dates where all have one, and the attributes in words."""
    texts, words = (
        [str(frame.dimension_values.get(keyword, "")) for frame in frames],
        DIMENSION_ATTRIBUTES[keyword].spelled,
    )
    if keyword not in _DATED:
        found = [seconds_of_datetime(text) for text in texts]
    else:
        date, both = _DATED[keyword]
        dates = [str(frame.dimension_values.get(date, "")) for frame in frames]
        found = [seconds_since_1900(day, text) for day, text in zip(dates, texts, strict=True)]
        if None not in found:
            words = both
        else:
            found = [time_of_day(text) for text in texts]
    known = [value for value in found if value is not None]
    # Where some have no time, or none that can be read, the texts may still distinguish them.
    return (list(known), words) if len(known) == len(found) else (list(texts), words)


def classic_dimension_values(attributes: dict[str, AttributeValue]) -> dict[str, DimensionValue]:
    """Return the dimension values of a file with one frame; of several values the first."""
    values: dict[str, DimensionValue] = {keyword: attributes[keyword][0] for keyword in _KEPT.intersection(attributes)}
    if len(attributes.get(_LIST, ())) > 1:
        values[_LIST] = listed(attributes[_LIST])
    return values if _RARE.isdisjoint(attributes) else _with_rare(values, attributes)


def _with_rare(found: dict[str, DimensionValue], attributes: dict[str, AttributeValue]) -> dict[str, DimensionValue]:
    vectors: dict[str, AttributeValue] = {keyword: attributes[keyword] for keyword in _VECTORS if keyword in attributes}
    for keyword, axes in _AXES.items():
        if all(axis in attributes for axis in axes):
            vectors[keyword] = tuple(float(attributes[axis][0]) for axis in axes)
    for keyword, values in vectors.items():
        found.pop(keyword, None)
        if text := direction(values):
            found[keyword] = text
    if found.get("DiffusionDirectionality") == ISOTROPIC:
        found.setdefault("DiffusionGradientOrientation", ISOTROPIC.lower())
    if "GEDirection" in vectors and "InPlanePhaseEncodingDirection" in attributes:
        found["InPlanePhaseEncodingDirection"] = attributes["InPlanePhaseEncodingDirection"][0]
    if "GEBValue" in found:
        found["GEBValue"] = _ge_b_value(float(found["GEBValue"]), vectors.get("GEDirection"))
    if "GEComponent" in found:
        number = int(found["GEComponent"])
        found["GEComponent"] = _GE_COMPONENTS.get(number, str(number))
    return found


def _ge_b_value(stored: float, direction: AttributeValue | None) -> float:
    """Return the b-value of a GE image.

    Of several b-values GE writes the largest for all, and shorter directions: b goes with the square of the length
    (dcm2niix, nii_dicom_batch.cpp, which rounds it to 5 as well).
    """
    b_value = stored % GE_B_VALUES
    length = 1.0 if direction is None else hypot(*(float(part) for part in direction))
    if not (b_value > 0 and _SHORT_DIRECTION[0] < length < _SHORT_DIRECTION[1]):
        return b_value
    scaled = b_value * length**2
    return max(5.0, 5.0 * floor((scaled + 2.5) / 5))


_SHORT_DIRECTION: Final = (0.03, 0.97)
"""Lengths of directions that say another b-value; others are rounded ones of 0 and 1 (dcm2niix, as above)."""


def listed(values: Sequence[object]) -> str:
    """Write several values as one text."""
    return " ".join(f"{value:g}" if isinstance(value, int | float) else str(value) for value in values)


def direction(values: Sequence[object]) -> str:
    """Write a direction to 4 decimals; an empty text where there is none."""
    return _direction(tuple(values))


@lru_cache(maxsize=1 << 10)  # of all slices of a volume
def _direction(values: tuple[object, ...]) -> str:
    try:
        numbers = [round(float(value), 4) + 0.0 for value in values]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""
    if len(numbers) != 3 or not any(numbers) or not all(map(isfinite, numbers)):  # b = 0 has no direction
        return ""
    return listed(numbers)
