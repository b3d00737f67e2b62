"""What the numbers of a stack mean, and why that may be said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from viewer3d.dicom.frame import Frame
from viewer3d.dicom.suv import UNIT, suv_factor
from viewer3d.errors import StackError

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


@dataclass(frozen=True)
class Meaning:
    """What the values of a stack are.

    Attributes
    ----------
    unit : str
        Empty when nobody says.
    reason : str
        Why that may be said.
    factor : float
        What the modality values are to be multiplied with; 1 but for SUV.
    """

    unit: str
    reason: str
    factor: float = 1.0


def meaning_of(frames: Iterable[Frame], wanted: str | None = None) -> Meaning:
    """Return unit, reason and factor of the modality values.

    Parameters
    ----------
    frames : iterable of Frame
        Of one stack.
    wanted : str, optional
        The unit to come to: PET in Bq/ml can be had in ``"SUVbw"`` where its header has all that takes.

    Raises
    ------
    StackError
        When the unit that is wanted cannot be had; says why.
    """
    frames = tuple(frames)
    unit, reason = unit_of(frames)
    meaning = Meaning(unit, reason)
    if unit == "Bq/ml" and frames[0].series.modality == "PT" and wanted != unit:
        factor, why = suv_factor(frames)
        meaning = Meaning(UNIT, why, factor) if factor else Meaning(unit, f"{reason}; not {UNIT}: {why}")
    if wanted not in (None, meaning.unit):
        raise StackError(f"the values cannot be had in {wanted}: they are in {unit or 'no unit'} ({meaning.reason})")
    return meaning


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
