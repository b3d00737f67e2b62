"""Identify series: by a hash for recipes, by patient and date for those who ask to name the patient."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

from viewer3d.core.digest import digest_of_text
from viewer3d.core.notes.note import Note
from viewer3d.core.provenance import Provenance
from viewer3d.dicom.files.sources import DatasetSource
from viewer3d.dicom.headers.character_sets import character_set_of, whole_text
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.old_labels import old_labels
from viewer3d.dicom.series.scan import EVERY, Series
from viewer3d.dicom.series.stack import Stack

if TYPE_CHECKING:
    from pydicom import Dataset

NOBODY: Final = Note("The patient was to be named, but the files hold no name, ID or date.", "identity.unnamed")
"""The note of a volume whose files do not name the patient."""

_TAGS: Final = ("SpecificCharacterSet", "PatientName", "PatientID", "StudyDate", "SeriesDate")


def series_digest(series: Series, stack: Stack) -> str:
    """Return the SHA-256 of the Series Instance UID and the label of a stack.

    For series that were joined (``series="*"``) it is that of all the UIDs in the stack and its label.
    """
    if series.uid == EVERY:
        return digest_of_text(EVERY, *sorted({frame.series.uid for frame in stack.frames}), stack.label)
    return digest_of_text(series.uid, stack.label)


def stacks_of_digest(series: Series, digest: str) -> list[Stack]:
    """Return the stacks of a series that have a digest now or had it in an earlier version.

    A stack of an earlier version may be split otherwise now: then it is the one with most of its images.
    """
    now = [stack for stack in series.stacks if series_digest(series, stack) == digest]
    if series.uid == EVERY:
        return now
    for label, frames in old_labels(series.frames):
        if digest_of_text(series.uid, label) == digest:
            meant = {id(frame) for frame in frames}
            held = [sum(id(frame) in meant for frame in stack.frames) for stack in series.stacks]
            now.append(series.stacks[held.index(max(held))])
    return list({id(stack): stack for stack in now}.values())


def provenance_of(series: Series, stack: Stack, how: ReadOptions) -> Provenance:
    """Return where the volume of a stack came from and how it was read."""
    spacing = (*stack.layout.spacing, stack.layout.step_length) if stack.assumed and stack.layout else None
    return Provenance(series_digest(series, stack), how.irregular, how.skip_bad, spacing)


def frame_of_reference_of(stack: Stack) -> str:
    """Return the Frame of Reference UID (0020,0052) that the places of a stack are in.

    It is an attribute of the file, of enhanced ones too: no functional group has it (PS3.3 C.7.4.1 and C.7.6.16.2).

    Returns
    -------
    str
        Empty where no frame names one, where several are named (a stack of which each slice names its own is one by its
        even steps), and where the positions or directions of the images are not those of the files. Frames that name
        none are taken to be in that of the others, with which they were put into one stack.
    """
    named = references_of(stack)
    return named[0] if len(named) == 1 and not {"position", "orientation"} & set(stack.assumed) else ""


def references_of(stack: Stack) -> tuple[str, ...]:
    """Return the Frame of Reference UIDs that the frames of a stack name, each once."""
    return tuple(dict.fromkeys(uid for frame in stack.frames if (uid := frame.series.frame_of_reference)))


def identity_of(frame: Frame) -> tuple[str, ...]:
    """Read the name, ID and date of the patient of a frame; nothing else in this package does.

    Returns
    -------
    tuple of str
        Patient's Name (0010,0010) as "Family, Given", an ideographic spelling of it in brackets ("Yamada, Tarou (山田
        太郎)"), Patient ID (0010,0020) and Study (else Series) Date as "2001-02-03": those the file has.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as for all headers: what breaks its VR is absent
        dataset = _header(frame)
        date = _text(dataset, "StudyDate") or _text(dataset, "SeriesDate")
        name, number = _name(dataset), _text(dataset, "PatientID")
    day = f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 and date.isdigit() else date
    return tuple(line for line in (name, f"ID {number}" if number else "", day) if line)


def _header(frame: Frame) -> Dataset:
    from pydicom import dcmread  # noqa: PLC0415 (0.3 s, and only who is to be named needs it)

    source = frame.stored.source
    if isinstance(source, DatasetSource):
        return source.dataset
    with source.open_header() as file:
        return dcmread(file, stop_before_pixels=True, force=True, specific_tags=list(_TAGS))


def _name(dataset: Dataset) -> str:
    # Up to three groups (PS3.5 6.2, PN): alphabetic, ideographic, phonetic.
    try:
        groups = [_whole(group, dataset) for group in str(dataset.get("PatientName") or "").split("=")]
    except (AttributeError, ValueError, LookupError):  # what pydicom raises at a name in no known character set
        return ""
    letters, written, spoken = (*groups, "", "", "")[:3]
    family, _, given = letters.partition("^")
    first = f"{family}, {given.partition('^')[0]}".strip(" ,")
    others = [" ".join(group.replace("^", " ").split()) for group in (written, spoken)]
    # The phonetic group is left out where there is an alphabetic one.
    shown = [one for one in ((first, others[0]) if first else others) if one]
    return f"{shown[0]} ({shown[1]})" if len(shown) == 2 else "".join(shown)


def _text(dataset: Dataset, keyword: str) -> str:
    try:
        return _whole(str(dataset.get(keyword) or ""), dataset).strip()
    except (ValueError, LookupError):
        return ""


def _whole(text: str, dataset: Dataset) -> str:
    return _printable(whole_text(text, character_set_of(dataset.get("SpecificCharacterSet"))))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
