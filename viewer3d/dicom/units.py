"""What the numbers of a stack mean, and why that may be said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from viewer3d.dicom.frame import Frame

DECLARED: Final = {
    "HU": "HU",
    "BQML": "Bq/ml",
    "CNTS": "counts",
    "PROPCNTS": "proportional to counts",
    "PROPCPS": "proportional to counts/s",
    "GML": "g/ml",
    "CM2ML": "cm2/ml",
    "PCNT": "%",
    "GY": "Gy",
    "US": "",
    "NONE": "",
    "RELATIVE": "relative",
}
"""Rescale Type (PS3.3 C.11.1.1.2), Units of PET (C.8.9.1.1.3) and Dose Units (C.8.8.3) to the unit's usual name."""


def unit_of(frames: Iterable[Frame]) -> tuple[str, str]:
    """Return the unit of the modality values, empty when nobody says, and the reason for it.

    HU is said only of a CT, and only when its rescale says so, or says no type but has the negative intercept that
    Hounsfield units stored without sign need.
    """
    frames = tuple(frames)
    modality = frames[0].series.modality
    declared = {frame.table.kind if frame.table else frame.declared_unit for frame in frames}
    if len(declared) > 1:
        return "", f"the images declare different units: {', '.join(sorted(d or 'none' for d in declared))}"
    (word,) = declared
    if word == "HU" and modality != "CT":
        return "", f"declared as HU, but {modality or 'no modality'} is not CT"
    if word:
        unit = DECLARED.get(word.upper(), word)
        return unit, f"declared as {word}" if unit else f"declared as {word}: unspecified"
    if modality != "CT":
        return "", "no unit is declared"
    if not all(frame.rescaled for frame in frames):
        return "", "no Rescale Slope and Intercept, so it is not certain that these are HU"
    if all(frame.intercept < 0 for frame in frames):
        return "HU", f"CT without a Rescale Type, with intercept {frames[0].intercept:g}"
    return "", f"CT without a Rescale Type, and intercept {frames[0].intercept:g} does not speak for HU"
