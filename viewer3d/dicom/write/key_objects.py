"""Make a DICOM Key Object Selection (PS3.3 A.35.4) of the images that key images show, by highdicom."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer3d.core.text import printable
from viewer3d.core.vectors import Vector
from viewer3d.core.volume import Volume
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.headers.frame import Frame, Frames
from viewer3d.dicom.series.scan import Scan, Series
from viewer3d.dicom.write.kept import kept_study, read_headers
from viewer3d.dicom.write.made import (
    IDENTIFIED,
    LONGEST_STRING,
    MAKER,
    MadeObject,
    describe_identity,
    import_highdicom,
    software_version,
)
from viewer3d.dicom.write.sources import find_source_stacks
from viewer3d.errors import OutputError

if TYPE_CHECKING:
    from pydicom import Dataset

SERIES_OFFSET_OF_KEY_OBJECTS: Final = 5000
"""Is added to the Series Number of the source."""

_PARALLEL: Final = 1 - 1e-6
"""Cosine between the normals of a slice and of images from which on it is one of them: 0.08 degrees, where cosines of
six digits are off by 1e-4."""


@dataclass(frozen=True)
class KeyObject:
    """A slice that was marked.

    Attributes
    ----------
    number : int
        Which it is of those that were marked, from 1.
    text : str
        What is said of it; may be empty.
    place, normal : tuple of float
        A point on it (LPS, mm), and the direction that it is perpendicular to.
    member : int
        Which volume of the set it is of, from 0.
    """

    number: int
    text: str
    place: Vector
    normal: Vector
    member: int = 0


def make_key_objects(
    keys: Sequence[KeyObject],
    volumes: Sequence[Volume],
    source: DicomInput | Scan | Series,
    name: str,
    *,
    description: str | None = None,
    number: int | None = None,
) -> tuple[MadeObject, tuple[int, ...]]:
    """Make a Key Object Selection Document (TID 2010) that refers to images of a series, "Of Interest".

    Parameters
    ----------
    keys : sequence of KeyObject
        In their order.
    volumes : sequence of Volume
        Those of the set that they are of.
    source : path, pydicom.Dataset, sequence of them, Scan or Series
        The series that these are of: patient and study are its, its images are referred to.
    name : str
        Of the file, in messages.
    description : str, optional
        Series Description (0008,103E).
    number : int, optional
        Series Number (0020,0011).

    Returns
    -------
    tuple of MadeObject and tuple of int
        The document, and the numbers, from 0, of those that are no image of the series and not in it.

    Raises
    ------
    OutputError
        When highdicom is not installed, none is an image of the series, or highdicom refuses the source.
    NotFoundError, ChoiceError, GeometryError, BadFileError
        When the source is not there, is one of several, lies elsewhere or cannot be read.
    """
    hd = import_highdicom(name, "DICOM key object selections")
    stacks, _ = find_source_stacks(volumes, source)
    found = [image_at(stacks[one.member].frames, one) for one in keys]
    images = [frame for frame in found if frame is not None]
    if not images:
        raise OutputError(
            f"{name}: none of {len(keys)} key images is an image of the series, as no slab, oblique slice or other "
            "plane is: save a page of them, viewer3d figure key-images"
        )
    wanted = {one.stored.source: one for one in images}
    headers = read_headers(list(wanted.values()))
    evidence = _evidence(headers)
    told = [f"{one.number}: {one.text}" for one, frame in zip(keys, found, strict=True) if frame and one.text]
    before = images[0].series.number or 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of texts and values of the source's header that break their VR
        try:
            content = hd.ko.KeyObjectSelection(
                hd.sr.CodedConcept("113000", "DCM", "Of Interest"),
                evidence,
                description=printable("; ".join(told)) or None,
            )
            _add_frame_numbers(content, images)
            made: Dataset = hd.ko.KeyObjectSelectionDocument(
                evidence,
                content,
                series_instance_uid=hd.UID(),
                series_number=number if number is not None else SERIES_OFFSET_OF_KEY_OBJECTS + before,
                sop_instance_uid=hd.UID(),
                instance_number=1,
                manufacturer=MAKER,
                manufacturer_model_name=MAKER,
                software_versions=software_version(),
                device_serial_number="0",
                series_description=printable(description or "Key images")[:LONGEST_STRING],
                specific_character_set="ISO_IR 192",
            )
        except (ValueError, TypeError, AttributeError) as error:  # highdicom's own checks of what it is given
            raise OutputError(
                f"{name}: no selection can be made of its source ({' '.join(str(error).split()):.200}): give the "
                "images that were marked"
            ) from error
    left = tuple(n for n, frame in enumerate(found) if frame is None)
    return MadeObject(made, (IDENTIFIED,)), left


def image_at(frames: Frames, key: KeyObject) -> Frame | None:
    """Return the frame that a slice is; None where it lies aslant, or further than half a step from any.

    Parameters
    ----------
    frames : tuple of Frame
        Of a stack.
    key : KeyObject
    """
    if any(frame.position is None or frame.orientation is None for frame in frames):
        return None
    orientation = np.array(frames[0].orientation, np.float64)
    normal = np.cross(orientation[:3], orientation[3:])
    normal /= np.linalg.norm(normal)
    if abs(float(normal @ np.array(key.normal))) < _PARALLEL:
        return None
    along = np.array([frame.position for frame in frames], np.float64) @ normal
    away = np.abs(along - np.array(key.place) @ normal)
    steps = np.diff(np.unique(np.round(along, 3)))
    step = float(np.median(steps)) if steps.size else float(frames[0].thickness or 1.0)
    nearest = int(away.argmin())
    return frames[nearest] if away[nearest] <= step / 2 * (1 + 1e-3) else None


def _evidence(headers: Sequence[Dataset]) -> list[Dataset]:
    """Return the instances that are referred to: with patient and study, and who they are."""
    from pydicom import Dataset  # noqa: PLC0415 (as highdicom)

    study = kept_study(headers, identify=True)
    describe_identity(study, identify=True)
    found = []
    for header in headers:
        one = Dataset()
        one.update(study)
        for word in ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality", "Rows", "Columns"):
            if word in header:
                setattr(one, word, header.get(word))
        for word in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID"):
            if word not in one:
                setattr(one, word, None)
        for word in ("StudyDate", "StudyTime"):
            if word not in one:
                setattr(one, word, None)
        found.append(one)
    return found


def _add_frame_numbers(content: Any, images: Sequence[Frame]) -> None:
    """Say which frames of multi-frame images are meant: Referenced Frame Number (0008,1160)."""
    numbers: dict[str, list[int]] = {}
    for frame in images:
        if frame.stored.frames > 1:
            numbers.setdefault(frame.sop_uid, []).append(frame.index + 1)
    for item in content[0].ContentSequence:
        for reference in item.get("ReferencedSOPSequence", ()):
            if meant := sorted(set(numbers.get(reference.ReferencedSOPInstanceUID, ()))):
                reference.ReferencedFrameNumber = meant if len(meant) > 1 else meant[0]
