"""Read slope, intercept and dose scaling of a header, or the reason why they are not known.

PS3.3 C.11.1 (Modality LUT), C.7.6.16.2.9 (Pixel Value Transformation), C.8.8.3 (RT Dose).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Final

from viewer3d.dicom.files.sources import FILE_REMEDY
from viewer3d.dicom.headers.attributes import Attributes, AttributeValue
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.values import all_values
from viewer3d.errors import BadFileError

if TYPE_CHECKING:
    from pydicom import Dataset

SLOPE: Final = "Rescale Slope (0028,1053)"
INTERCEPT: Final = "Rescale Intercept (0028,1052)"
DOSE: Final = "Dose Grid Scaling (3004,000E)"
TABLE: Final = "Modality LUT Sequence (0028,3000)"

RawValue = AttributeValue | str | None
"""Numbers, a text that is no number, or None."""

_KEYWORDS: Final = {"RescaleSlope": SLOPE, "RescaleIntercept": INTERCEPT, "DoseGridScaling": DOSE}
_IS_DOSE, _OF_DOSES = ("RTDOSE",), ("1.2.840.10008.5.1.4.1.1.481.2",)  # Modality; SOP Class (PS3.4 B.5)
_LACKING: Final = ""  # stands for a required attribute that is absent
_LONGEST: Final = 24  # letters of a value that a message shows


@dataclass(frozen=True, slots=True)
class Scaling:
    """How the stored values of a frame become modality values.

    Attributes
    ----------
    slope, intercept : float
        1 and 0 where there is none.
    by : tuple of str
        The attributes it comes from, as in messages.
    flaw : str
        Why it is not known; empty when it is.
    """

    slope: float
    intercept: float
    by: tuple[str, ...]
    flaw: str


def classic_scaling(attributes: Attributes, dataset: Dataset | None) -> Scaling:
    """Return the scaling of a classic header.

    Parameters
    ----------
    attributes : dict
        Those that were read; without those that are no numbers.
    dataset : Dataset, optional
        The source of those. Headers that the fast reader has read have none.
    """
    values: list[RawValue] = [attributes.get("RescaleSlope"), attributes.get("RescaleIntercept")]
    dose: RawValue = attributes.get("DoseGridScaling")
    if dataset is not None:
        values = [one or raw_text(dataset, keyword) or None for one, keyword in zip(values, _KEYWORDS, strict=False)]
        dose = dose or raw_text(dataset, "DoseGridScaling") or None
    if dose is None and (attributes.get("Modality") == _IS_DOSE or attributes.get("SOPClassUID") == _OF_DOSES):
        dose = _LACKING
    return _scaling_of(values[0], values[1], dose)


def grouped_scaling(find: Callable[[str], Dataset | None], dataset: Dataset) -> Scaling:
    """Return the scaling of a frame of an enhanced file, by its functional groups or the file's top level.

    Parameters
    ----------
    find : callable
        Returns the first item of a functional group, by the keyword of its sequence.
    dataset : Dataset
        The whole file. A few writers put slope and intercept at its top level, as in classic files.
    """
    item = find("PixelValueTransformationSequence")
    values = [
        (numbers_or_text(item, keyword) if item is not None else None) or numbers_or_text(dataset, keyword)
        for keyword in ("RescaleSlope", "RescaleIntercept")
    ]
    return _scaling_of(values[0], values[1], None)


def numbers_or_text(dataset: Dataset, keyword: str) -> tuple[float, ...] | str | None:
    """Return the numbers of an attribute, or its text when it has none; None when it is empty."""
    try:
        numbers = tuple(float(part) for part in all_values(dataset.get(keyword)))
    except Exception:  # pydicom raises any kind of error at a value that breaks its VR
        numbers = ()
    if numbers and all(map(isfinite, numbers)):
        return numbers
    return raw_text(dataset, keyword) or None


def raw_text(dataset: Dataset, keyword: str) -> str:
    """Return the value of an attribute as a shortened text; empty when it is absent or empty."""
    try:
        element = dataset.get_item(keyword)
        value = None if element is None else element.value
    except Exception:
        return ""
    text = value.decode("latin-1") if isinstance(value, bytes) else "\\".join(str(part) for part in all_values(value))
    return "".join(letter if letter.isprintable() else "?" for letter in text.strip(" \0"))[:_LONGEST]


@lru_cache(maxsize=1 << 12)  # most slices have the scaling of the slice before
def _scaling_of(slope: RawValue, intercept: RawValue, dose: RawValue) -> Scaling:
    """Return the scaling from the values of its three attributes."""
    found: dict[str, float] = {}
    flaw = ""
    for name, value in zip(_KEYWORDS.values(), (slope, intercept, dose), strict=True):
        if value is None:
            continue
        if value == _LACKING:
            flaw = flaw or f"{name} is missing, so its values are no dose"
        elif isinstance(value, str):
            flaw = flaw or f"{name} is {value!r}, not a number"
        elif len(set(value)) > 1:
            flaw = flaw or f"{name} is {' and '.join(map(str, value))}: one number was expected"
        found[name] = 1.0 if isinstance(value, str) else float(value[0])
    scale = found.get(DOSE, found.get(SLOPE, 1.0))
    if not flaw and (scale == 0 or (DOSE in found and scale < 0)):
        flaw = f"{DOSE if DOSE in found else SLOPE} is {scale:g}, which is no scale"
    return Scaling(scale, found.get(INTERCEPT, 0.0), tuple(found), flaw)


def is_rescaled(by: tuple[str, ...]) -> bool:
    """Return whether a scaling comes from slope and intercept, or from a dose scaling."""
    return DOSE in by or (SLOPE in by and INTERCEPT in by)


def scaling_flaws(frames: Iterable[Frame]) -> dict[Frame, str]:
    """Return the frames of a stack whose scaling is unknown or unlike that of others, and why."""
    frames = tuple(frames)
    described = {(frame.table is not None, frame.scaled_by, frame.flaw) for frame in frames}
    if len(described) == 1 and not any(flaw for _, _, flaw in described):
        return {}  # nearly always
    needed = {name for tabled, by, _ in described for name in ((TABLE,) if tabled else by)}
    found = {}
    for frame in frames:
        lacking = () if frame.table is not None else [n for n in needed if n != TABLE and n not in frame.scaled_by]
        if frame.flaw and frame.table is None:
            found[frame] = frame.flaw
        elif lacking:
            found[frame] = f"{lacking[0]} is missing, which other images of the series have"
        elif TABLE in needed and frame.table is None and not frame.scaled_by:
            found[frame] = f"{TABLE} is missing, which other images of the series have"
    return found


def check_scaling(frames: Iterable[Frame]) -> None:
    """Refuse frames whose scaling is not known.

    Raises
    ------
    BadFileError
        Names the file of the first such frame, the attribute and its value.
    """
    for frame, flaw in scaling_flaws(frames).items():
        raise BadFileError(f"{frame.name}: {flaw}; {FILE_REMEDY}")
