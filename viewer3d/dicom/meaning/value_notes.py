"""Notes on the values of a stack, and rows of ``viewer3d info`` on them and their frame of reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.digest import digest_of_text
from viewer3d.core.notes.note import Note
from viewer3d.core.voxels import rounding_notes
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.real_world import PARAMETRIC_MAP, other_mappings
from viewer3d.dicom.headers.scaling import INTERCEPT, SLOPE, scaling_flaws
from viewer3d.dicom.meaning.units import Meaning
from viewer3d.dicom.series.identity import frame_of_reference_of, references_of
from viewer3d.dicom.series.stack import Stack

UNIT_EXPECTED: Final = ("CT", "PT", "RTDOSE")
"""Modalities whose values should have a unit; those of an MR usually have none."""

AS_IF_HU: Final = 'windows and presets of CT are offered as if they were HU; unit="HU" (--unit HU) says that they are'


DRAW_OWN: Final = 'presentation="own" (--presentation own)'
"""What draws overlay planes and shutters of images."""


@dataclass(frozen=True)
class Decision:
    """A decision about a stack, and its reason: a row of ``viewer3d info``."""

    topic: str
    value: str
    reason: str


def value_notes(modality: str, frames: Sequence[Frame], meaning: Meaning, *, are_drawn: bool = False) -> list[Note]:
    """Return a note on each thing to know about the values, and about overlays unless they are drawn."""
    notes, count = [], len(frames)
    if not meaning.unit and modality in UNIT_EXPECTED:
        text = f"The values have no unit: {meaning.reason}{f'; {AS_IF_HU}' if modality == 'CT' else ''}."
        notes.append(Note(text, "values.no_unit", frames=count))
    notes += _mapping_notes(frames, meaning)
    if meaning.factor != 1 or meaning.given:
        kind = "values.unit_given" if meaning.given else "values.converted"
        notes.append(Note(f"The values are {meaning.unit}: {meaning.reason}.", kind, frames=count))
    elif meaning.lacks:
        text = f"The values are in {meaning.unit} and not in SUVbw: {meaning.lacks}."
        notes.append(Note(text, "values.not_suv", frames=count))
    notes += _dose_notes(frames)
    by = {name for names in {frame.scaled_by for frame in frames} for name in names}
    for name, other, neutral in ((INTERCEPT, SLOPE, 0), (SLOPE, INTERCEPT, 1)):
        if other in by and name not in by:
            text = f"{name} is missing in all images and was taken as {neutral}."
            notes.append(Note(text, "values.rescale_assumed", frames=count))
    if lossy := [frame.lossy for frame in frames if frame.lossy]:
        text = (
            f"The pixels of {_of_all(len(lossy), frames)} were compressed with loss ({lossy[0]}): fine detail and "
            "values may differ from what was measured."
        )
        ratio = max((frame.lossy_ratio for frame in frames if frame.lossy_ratio), default=None)
        notes.append(Note(text, "values.lossy", frames=len(lossy), ratio=ratio))
    if not are_drawn and (hidden := [frame.not_drawn for frame in frames if frame.not_drawn]):
        what = " and ".join(dict.fromkeys(part for each in hidden for part in each))
        all_of = _of_all(len(hidden), frames).capitalize()
        text = f"{all_of} have {what}, which pictures here do not show: {DRAW_OWN} draws them."
        notes.append(Note(text, "not_shown.planes", frames=len(hidden)))
    return notes


def _mapping_notes(frames: Sequence[Frame], meaning: Meaning) -> list[Note]:
    """Return what the values of a parametric map are, and by which of its mappings."""
    if frames[0].sop_class != PARAMETRIC_MAP:
        return []
    mappings, count = frames[0].mappings, len(frames)
    if not mappings:
        text = "The parametric map has no Real World Value Mapping that can be used: its values are as stored."
        return [Note(text, "values.mapping_missing", frames=count)]
    taken = next((one for one in mappings if meaning.given and one.unit == meaning.unit), mappings[0])
    notes = []
    if taken.name:
        unit = f" in {meaning.unit}" if meaning.unit else ""
        notes.append(Note(f"The values are {taken.name}{unit}.", "values.mapping", frames=count))
    if others := [one for one in mappings if one is not taken]:
        listed = ", ".join(f"{one.label or one.name or 'unnamed'} in {one.unit or 'no unit'}" for one in others)
        ways = " or ".join(f'unit="{unit}"' for unit in other_mappings(frames) if unit != taken.unit)
        can = f"; {ways} takes another" if ways else ""
        which = taken.label or taken.name or "the first"
        text = f"Of {len(mappings)} Real World Value Mappings {which} is taken, and not {listed}{can}."
        notes.append(Note(text, "values.mapping_chosen", frames=count))
    return notes


def mapped_range_note(voxels: NDArray[Any], frames: Sequence[Frame]) -> list[Note]:
    """Return a note if voxels have values that the mapping of a parametric map is not for.

    Parameters
    ----------
    voxels : ndarray, shape (columns, rows, n)
        Of the frames, in the unit.
    frames : sequence of Frame
        Whose slope and intercept lead to that unit.
    """
    beyond = touched = 0
    for k, frame in enumerate(frames):
        if frame.mappings and (stored := frame.mappings[0].ends):
            low, high = sorted(one * frame.slope + frame.intercept for one in stored)
            room = 1e-6 * max(abs(low), abs(high))  # of float32
            here = int(np.count_nonzero((voxels[:, :, k] < low - room) | (voxels[:, :, k] > high + room)))
            beyond, touched = beyond + here, touched + bool(here)
    if not beyond:
        return []
    text = (
        f"{beyond:,} voxels have values beyond the Real World Value First and Last Value Mapped (0040,9216) and "
        "(0040,9211): what the mapping makes of them may mean nothing."
    )
    return [Note(text, "values.beyond_mapping", frames=touched)]


_OF_PLANS: Final = ("PLAN", "MULTI_PLAN", "PLAN_OVERVIEW")
"""Dose Summation Types (PS3.3 C.8.8.3) of the dose of all that a plan delivers."""


def _dose_notes(frames: Sequence[Frame]) -> list[Note]:
    """Return a note where values are no physical dose, or not that of a whole plan."""
    notes = []
    for kind, total in sorted({frame.dose for frame in frames if frame.dose}):
        count = sum(frame.dose == (kind, total) for frame in frames)
        if kind == "ERROR":
            text = "The values are errors of a dose and no dose: Dose Type (3004,0004) is ERROR."
            notes.append(Note(text, "values.dose_error", frames=count))
        elif kind == "EFFECTIVE":
            text = "The dose is weighted by its biological effect: Dose Type (3004,0004) is EFFECTIVE."
            notes.append(Note(text, "values.dose_effective", frames=count))
        if not total:
            text = "It is not said what the dose is the sum of: there is no Dose Summation Type (3004,000A)."
            notes.append(Note(text, "values.dose_sum_unknown", frames=count))
        elif total not in _OF_PLANS:
            text = (
                f"The dose is not that of a whole plan: Dose Summation Type (3004,000A) is {total}; percent of a "
                "prescription would be of another sum."
            )
            notes.append(Note(text, "values.dose_partial", frames=count))
    return notes


def rounding_note(voxels: NDArray[Any], frames: Sequence[Frame]) -> list[Note]:
    """Return a note if integer values are too large for the 24 bits that float32 keeps."""
    if voxels.dtype != np.float32 or any(frame.stored.bits_stored <= 16 for frame in frames):
        return []
    if not all(f.stored.keyword == "PixelData" and f.slope.is_integer() and f.intercept.is_integer() for f in frames):
        return []
    return list(rounding_notes(max(abs(float(voxels.max())), abs(float(voxels.min())))))


def value_rows(frames: Sequence[Frame]) -> list[Decision]:
    """Return rows about lossy compression and about overlays and shutters that are not drawn."""
    rows = []
    if lossy := [frame.lossy for frame in frames if frame.lossy]:
        reason = f"{_of_all(len(lossy), frames)}: Lossy Image Compression (0028,2110), or the transfer syntax"
        rows.append(Decision("compression", f"with loss, {lossy[0]}", reason))
    for kind, total in sorted({frame.dose for frame in frames if frame.dose}):
        reason = "Dose Summation Type (3004,000A) and Dose Type (3004,0004)"
        rows.append(Decision("dose", ", ".join(filter(None, (total, kind))) or "of no type", reason))
    if hidden := [frame.not_drawn for frame in frames if frame.not_drawn]:
        what = ", ".join(dict.fromkeys(part for each in hidden for part in each))
        reason = f"{_of_all(len(hidden), frames)}: pictures show the pixels alone, unless {DRAW_OWN}"
        rows.append(Decision("not drawn", what, reason))
    return rows


def _of_all(count: int, frames: Sequence[Frame]) -> str:
    return "all images" if count == len(frames) else f"{count} of {len(frames)} images"


def rescale_row(frames: Sequence[Frame]) -> Decision:
    """Return a row about how stored values become modality values."""
    first = frames[0]
    if flaws := scaling_flaws(frames):
        frame, flaw = next(iter(flaws.items()))
        return Decision("values", "cannot be told", f"{_of_all(len(flaws), frames)}, the first {frame.name}: {flaw}")
    if first.table is not None:
        return Decision("values", "by table", f"Modality LUT of {len(first.table.entries)} entries")
    slopes = sorted({frame.slope for frame in frames})
    intercepts = sorted({frame.intercept for frame in frames})
    texts = [
        f"{values[0]:g}" if len(values) == 1 else f"{values[0]:g} to {values[-1]:g} ({len(values)} different)"
        for values in (slopes, intercepts)
    ]
    source = "each slice its own" if len(slopes) > 1 or len(intercepts) > 1 else "the same for all slices"
    if not first.scaled_by:
        return Decision("values", "as stored", "no Rescale Slope and Intercept")
    names = " and ".join(name.split(" (")[0] for name in first.scaled_by).replace("and Rescale", "and")
    return Decision("values", f"stored x {texts[0]}, plus {texts[1]}", f"{names}, {source}")


def frame_of_reference_row(stack: Stack) -> Decision:
    """Return the row about the frame of reference, by a digest: what lies in one can lie over the other."""
    if uid := frame_of_reference_of(stack):
        return Decision("frame of reference", f"SHA-256 {digest_of_text(uid)}", "Frame of Reference UID (0020,0052)")
    named = len(references_of(stack))
    if named > 1:
        return Decision("frame of reference", "none", f"the images name {named} in (0020,0052)")
    reason = "the places are not those of the files" if named else "no Frame of Reference UID (0020,0052)"
    return Decision("frame of reference", "none", reason)
