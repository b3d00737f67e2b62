"""Decide the unit of the values of a stack, with the reason: HU, Bq/ml, SUV and others."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from viewer3d.dicom.headers.frame import Frame, RealWorldMapping
from viewer3d.dicom.headers.real_world import other_mappings
from viewer3d.dicom.headers.scaling import INTERCEPT, SLOPE
from viewer3d.dicom.meaning.suv import UNIT as SUVBW
from viewer3d.dicom.meaning.suv import activity_factor, declared_suv, suv_factor
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

MEASURES_ELSE: Final = frozenset({"MR", "PT", "NM", "US", "RTDOSE"})
"""Modalities whose values are never in HU, even if that is declared or asked for."""

SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
"""SOP Classes that begin so are screens and scans of paper (PS3.4 B.5), which have no CT Image Module."""


@dataclass(frozen=True)
class Meaning:
    """The unit of the values of a stack, and the reason for it.

    Attributes
    ----------
    unit : str
        Empty when it is not known.
    reason : str
        Why it is known, or why not.
    factor : float
        By what the modality values are multiplied; 1 except for PET and parametric maps.
    offset : float
        What is added then; 0 except for parametric maps.
    given : bool
        Whether the unit was given by hand.
    lacks : str
        Why the values of a PET are not in SUV, if no other unit was asked for.
    """

    unit: str
    reason: str
    factor: float = 1.0
    given: bool = False
    lacks: str = ""
    offset: float = 0.0


def meaning_of(frames: Iterable[Frame], wanted: str | None = None) -> Meaning:
    """Return the unit of the modality values, the reason for it and the factor to come to it.

    Parameters
    ----------
    frames : iterable of Frame
        Of one stack.
    wanted : str, optional
        The unit that is asked for. PET is available in the unit that it declares, in ``"Bq/ml"`` and in ``"SUVbw"``, as
        far as its header has what these take; by default it comes in the last of these. ``"HU"`` declares that values
        without a unit are in HU, and an empty text leaves values without a unit. A parametric map comes in the unit of
        its first Real World Value Mapping, and is available in those of the others.

    Raises
    ------
    StackError
        When the unit is not available; says why.
    """
    frames = tuple(frames)
    unit, reason = unit_of(frames)
    known = {unit: Meaning(unit, reason)}
    if frames[0].series.modality == "PT":
        known |= _pet_meanings(frames, unit, reason)
    for other, (factor, offset) in (other_mappings(frames) if wanted is not None else {}).items():
        reason_then = f'unit="{other}" was given by hand: by another Real World Value Mapping (0040,9096)'
        known[other] = Meaning(other, reason_then, factor, given=True, offset=offset)
    if wanted is None:
        return list(known.values())[-1]
    if wanted in known:
        return replace(known[wanted], lacks="")
    if not wanted:
        return Meaning("", f'unit="" was given by hand; by the files: {unit}, {reason}')
    if wanted == "HU" and not unit and frames[0].series.modality not in MEASURES_ELSE:
        return Meaning("HU", f'unit="HU" was given by hand; the files do not say so: {reason}', given=True)
    last = list(known.values())[-1]
    raise StackError(f"the values cannot be had in {wanted}: they are in {last.unit or 'no unit'} ({last.reason})")


def _pet_meanings(frames: tuple[Frame, ...], unit: str, reason: str) -> dict[str, Meaning]:
    """Return the units in which a PET is available, the most useful last."""
    if unit == "g/ml":
        suv, why = declared_suv(frames)
        return {suv: Meaning(suv, why)}
    if unit not in ("Bq/ml", "counts"):
        return {}
    known = {unit: Meaning(unit, reason)}
    if unit == "counts" and (scale := activity_factor(frames))[0]:
        known["Bq/ml"] = Meaning("Bq/ml", scale[1], scale[0])
    factor, why = suv_factor(frames, unit)
    if factor:
        return known | {SUVBW: Meaning(SUVBW, why, factor)}
    last = list(known.values())[-1]
    return known | {last.unit: replace(last, reason=f"{last.reason}; not {SUVBW}: {why}", lacks=why)}


def unit_of(frames: Iterable[Frame]) -> tuple[str, str]:
    """Return the unit of the modality values, empty if it is not known, and the reason.

    Only a CT is in HU: if its Rescale Type says so; without one by the CT Image Module (PS3.3 C.8.2.1), whose
    output units are HU where Image Type is ORIGINAL and not LOCALIZER and there is no multi-energy acquisition, or, of
    derived images, by the negative intercept that Hounsfield units stored without sign need.
    """
    alike: dict[Hashable, Frame] = {}
    for frame in frames:
        key = (
            frame.declared_unit, frame.image_type, frame.scaled_by, frame.rescaled, frame.intercept < 0, frame.flaw,
            frame.multi_energy, frame.table and frame.table.kind, frame.sop_class, frame.mappings[:1],
        )  # fmt: skip
        if key not in alike:
            alike[key] = frame
    found = [_unit_of(frame) for frame in alike.values()]
    units = sorted({unit or "none" for unit, _ in found})
    if len(units) == 1:
        return found[0]
    declared = sorted({_declared(frame) or "none" for frame in alike.values()})
    if len(declared) > 1:
        return "", f"the images declare different units: {', '.join(declared)}"
    return "", f"the images have different units: {', '.join(units)} ({'; '.join(sorted({why for _, why in found}))})"


def _declared(frame: Frame) -> str:
    return frame.table.kind if frame.table else frame.declared_unit


def _unit_of(frame: Frame) -> tuple[str, str]:
    """Return the unit of one frame's modality values and the reason."""
    word, modality = _declared(frame), frame.series.modality
    if frame.flaw:
        return "", frame.flaw
    if frame.mappings:
        return _of_mapping(frame.mappings[0])
    if word == "HU" and modality != "CT":
        return "", f"declared as HU, but {modality or 'no modality'} is not CT"
    if word and modality == "PT" and not frame.scaled_by and not frame.table and frame.stored.keyword == "PixelData":
        return "", f"declared as {word}, but there is no Rescale Slope to come to it (PS3.3 C.8.9.4: required)"
    if word:
        unit = DECLARED.get(word.upper(), word)
        return unit, f"declared as {word}" if unit else f"declared as {word}: unspecified"
    return _hounsfield(frame) if modality == "CT" else ("", "no unit is declared")


def _of_mapping(mapping: RealWorldMapping) -> tuple[str, str]:
    called = f" {mapping.label}" if mapping.label else ""
    how = f"by the Real World Value Mapping{called} (0040,9096)"
    return mapping.unit, f"{how}: {mapping.spelled or 'no Measurement Units Code (0040,08EA)'}"


def _hounsfield(frame: Frame) -> tuple[str, str]:
    """Return whether the values of a CT without a Rescale Type are HU, and why."""
    kind = tuple(part.upper() for part in frame.image_type[:3])
    if not frame.rescaled:
        lacking = [name for name in (SLOPE, INTERCEPT) if name not in frame.scaled_by] if frame.scaled_by else []
        said = f"{lacking[0]} is missing" if lacking else "no Rescale Slope and Intercept"
        return "", f"{said}, so it is not certain that these are HU"
    if "LOCALIZER" in kind[2:]:
        return "", "a localizer (Image Type value 3): its values need not be HU"
    if frame.multi_energy:
        return "", "Multi-energy CT Acquisition (0018,9361) is YES and there is no Rescale Type: values need not be HU"
    if kind[:1] == ("ORIGINAL",) and not frame.sop_class.startswith(SECONDARY_CAPTURE):
        return "HU", (
            "by the CT Image Module (PS3.3 C.8.2.1): Image Type is ORIGINAL and not LOCALIZER, and there is a Rescale "
            "Slope and Intercept without another Rescale Type"
        )
    what = f"{kind[0]} images" if kind else "images without an Image Type"
    if frame.intercept < 0:
        return "HU", f"CT without a Rescale Type, {what} with intercept {frame.intercept:g}"
    return "", f"CT without a Rescale Type, {what}, and intercept {frame.intercept:g} does not speak for HU"
