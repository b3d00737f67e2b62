"""Describe what tells the volumes of a set apart, in attributes of single-frame images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer3d.core.members import varying_dimensions
from viewer3d.core.notes.note import Note
from viewer3d.core.volume import Volume
from viewer3d.dicom.meaning.moments import ge_direction
from viewer3d.dicom.series.dimensions import DIMENSION_ATTRIBUTES, ISOTROPIC
from viewer3d.dicom.write.series_attributes import PT, decimal_string
from viewer3d.errors import OutputError

if TYPE_CHECKING:
    from pydicom import Dataset

_OF_DIFFUSION: Final = ("b_value", "direction", "directionality")

_ONE_BY_ONE: Final = "save each to a folder of its own"

_EVEN: Final = 0.01
"""Of the time between two volumes: what others may differ from it and count as even."""


def describe_members(
    bases: Sequence[Dataset], members: Sequence[Volume], sop_class: str, name: str, *, is_own: bool
) -> None:
    """Add to the attributes of each volume what tells it from the others of its set.

    Times become Temporal Position Identifiers (0020,0100) from 1 on (of PET, Frame Reference Time), b-values and
    directions those of PS3.3 C.8.13.5.9, echoes Echo Numbers (0018,0086); what else differs must be in their headers.

    Parameters
    ----------
    bases : sequence of Dataset
        Of each volume; changed in place.
    members : sequence of Volume
    sop_class : str
    name : str
        Of what is written, in messages.
    is_own : bool
        Whether each volume was read from images of its own, whose headers say what it is.

    Raises
    ------
    OutputError
        When nothing tells them apart, or no attribute can say it.
    """
    if len(members) == 1:
        _describe_diffusion(bases[0], members[0])
        return
    names = varying_dimensions([one.which for one in members])
    if not names:
        raise OutputError(
            f"{name}: nothing tells its {len(members)} volumes apart: give times, as with_info(which={{'time': 0}}), "
            f"or {_ONE_BY_ONE}"
        )
    if sop_class == PT and names != ("time",):
        what = " and ".join(map(_in_words, names))
        raise OutputError(f"{name}: a series of PET holds times, and its volumes differ by {what}: {_ONE_BY_ONE}")
    if not is_own:  # the headers are of one volume, and say of no other what it is
        _forget(bases, names)
    if sop_class == PT:
        return
    if "time" in names:
        _describe_times(bases, members)
    if "echo" in names:
        _describe_echoes(bases, members)
    for base, one in zip(bases, members, strict=True):
        _describe_diffusion(base, one)
    for dimension in names:
        if not _is_distinguished(bases, members, dimension):
            raise OutputError(
                f"{name}: its volumes differ by {_in_words(dimension)}, for which a single-frame image has no "
                f"attribute: {_ONE_BY_ONE}"
            )


def _in_words(name: str) -> str:
    return name.replace("_", " ")


def _forget(bases: Sequence[Dataset], names: Sequence[str]) -> None:
    for base in bases:
        for keyword in (keyword for one in names for keyword in _keywords(one) if keyword in base):
            delattr(base, keyword)


def _describe_echoes(bases: Sequence[Dataset], members: Sequence[Volume]) -> None:
    echoes = [float(value) for one in members if isinstance(value := one.which.get("echo"), int | float)]
    order = sorted(set(echoes))
    for base, one in zip(bases, members, strict=True):
        if isinstance(value := one.which.get("echo"), int | float):
            base.EchoNumbers = str(order.index(float(value)) + 1)


def _describe_times(bases: Sequence[Dataset], members: Sequence[Volume]) -> None:
    turns = sorted({float(one.which["time"]) for one in members if "time" in one.which})
    seconds = sorted({one.seconds for one in members if one.seconds is not None})
    steps = np.diff(seconds)
    for base, one in zip(bases, members, strict=True):
        if "time" not in one.which:
            continue
        base.TemporalPositionIdentifier = str(turns.index(float(one.which["time"])) + 1)
        base.NumberOfTemporalPositions = str(len(turns))
        if len(seconds) == len(turns) > 1 and np.ptp(steps) <= _EVEN * steps.mean():
            base.TemporalResolution = decimal_string(float(round(steps.mean() * 1000, 3)))


def _describe_diffusion(base: Dataset, one: Volume) -> None:
    """Add b-value and direction, which vendors have in private attributes that are not taken over."""
    b_value = one.which.get("b_value")
    if base.Modality != "MR" or not isinstance(b_value, int | float):
        return
    base.DiffusionBValue = float(b_value)
    if one.gradient is not None:
        base.DiffusionGradientOrientation = [float(part) for part in one.gradient]
        base.DiffusionDirectionality = "DIRECTIONAL"
        _add_ge_direction(base, one)
    elif not b_value:
        base.DiffusionDirectionality = "NONE"
    elif str(one.which.get("direction", "")).upper() == ISOTROPIC:
        base.DiffusionDirectionality = ISOTROPIC


def _add_ge_direction(base: Dataset, one: Volume) -> None:
    """Add the direction of an image of GE as GE has it, where phase encoding is known.

    dcm2niix takes the public attribute, which is in the patient, for one along GE's axes where the manufacturer is GE,
    and the private ones where there are such.
    """
    encoding = str(base.get("InPlanePhaseEncodingDirection") or "")
    if not str(base.get("Manufacturer") or "").upper().startswith("GE") or not encoding or one.gradient is None:
        return
    direction = one.geometry.direction
    parts = ge_direction(one.gradient, (*direction[:, 0], *direction[:, 1]), encoding)
    block = base.private_block(0x0019, "GEMS_ACQU_01", create=True)
    for element, part in zip((0xBB, 0xBC, 0xBD), parts, strict=True):
        block.add_new(element, "DS", decimal_string(part))


def direction_notes(bases: Sequence[Dataset]) -> tuple[Note, ...]:
    """Return a note on directions that dcm2niix reads otherwise than the standard has them."""
    makers = {str(one.get("Manufacturer") or "") for one in bases if one.get("DiffusionGradientOrientation")}
    for maker in makers:
        is_ge = maker.upper().startswith("GE") and not all(one.get("InPlanePhaseEncodingDirection") for one in bases)
        if is_ge or maker.upper().startswith("UIH"):
            text = (
                "Directions of diffusion are written as the standard has them; dcm2niix expects those of this "
                "manufacturer in private attributes, and reads none or others."
            )
            return (Note(text, "written.directions"),)
    return ()


def _keywords(name: str) -> list[str]:
    """Return the public attributes that a dimension is read from."""
    from pydicom.datadict import tag_for_keyword  # noqa: PLC0415 (0.3 s, and only who writes DICOM needs it)

    return [one for one, attribute in DIMENSION_ATTRIBUTES.items() if attribute.name == name and tag_for_keyword(one)]


def _is_distinguished(bases: Sequence[Dataset], members: Sequence[Volume], name: str) -> bool:
    """Return whether an attribute is another wherever a dimension is."""
    wanted = [str(one.which.get(name)) for one in members]
    words = ["TemporalPositionIdentifier"] if name == "time" else _keywords(name)
    if name in _OF_DIFFUSION:
        words = (
            ["DiffusionBValue"] if name == "b_value" else ["DiffusionGradientOrientation", "DiffusionDirectionality"]
        )
    for keyword in (*words, "ImageType"):
        values: list[Any] = [str(base.get(keyword, "")) for base in bases]
        if len(set(values)) == len(set(zip(values, wanted, strict=True))):
            return True
    return False
