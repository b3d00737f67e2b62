"""Read DICOM structure sets: regions of interest as contours (PS3.3 A.19)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast, get_args

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.digest import digest_of_text
from viewer3d.core.notes.note import Note
from viewer3d.core.provenance import Provenance
from viewer3d.core.segmentation import color_of
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.structures import CLOSED, Contour, ContourType, Roi, StructureSet
from viewer3d.core.text import printable
from viewer3d.dicom.files.sources import FILE_REMEDY, DicomInput
from viewer3d.dicom.headers.read import series_tags
from viewer3d.dicom.headers.values import LARGEST, text
from viewer3d.dicom.objects.dicom_object import STRUCTURE_SET, DicomObject
from viewer3d.dicom.objects.find_objects import FoundObject, check_whole, find_object, reading
from viewer3d.dicom.objects.roi_table import read_rois, roi_colors, roi_types, text_of, whole_number
from viewer3d.errors import BadFileError, LimitError

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_CONTOUR_POINTS: Final = 5_000_000
"""Points of a structure set: a set of 100 organs of a whole body at full resolution has 1,000,000."""

MOST_CONTOURS: Final = 200_000
"""Contours of a structure set: 200 ROIs on 1,000 slices."""

_CONTOUR_DATA: Final = 0x30060050
_PART: Final = 1 << 22
"""Bytes of numbers that are made floats at a time: as text of their own they take ten times as much."""

_SAID_POINTS: Final = "not as many points as it says"


def load_structures(where: DicomInput | DicomObject, series: int | str | None = None) -> StructureSet:
    """Load a DICOM structure set (RTSTRUCT).

    Parameters
    ----------
    where : path, pydicom.Dataset, sequence of them, or DicomObject
        The file, or a folder or archive in which it lies beside others.
    series : int or str, optional
        Series Number, Series Instance UID or SOP Instance UID; needed when there are several.

    Returns
    -------
    StructureSet
        Its ``notes`` tell of contours that were left out or enclose nothing, and of what contradicts itself.

    Raises
    ------
    NotFoundError, NoVolumeError
        When there is no path, no DICOM or no structure set there.
    ChoiceError
        When there are several; lists each with the call to choose it.
    BadFileError
        When the file is truncated or contradicts itself.
    LimitError
        When it has more than :data:`MOST_CONTOUR_POINTS` points or :data:`MOST_CONTOURS` contours.

    Examples
    --------
    >>> plan = load_structures("rtstruct.dcm")      # doctest: +SKIP
    >>> plan.measure("PTV").ml                      # doctest: +SKIP
    98.4
    """
    found = find_object(where, frozenset({STRUCTURE_SET}), "structure set", "load_structures", series)
    with reading(found, "its header"):
        return _read(found)


def _read(found: FoundObject) -> StructureSet:
    dataset, name = found.dataset, found.source.name
    check_whole(dataset, name)
    if "StructureSetROISequence" not in dataset and "ROIContourSequence" not in dataset:
        raise BadFileError(f"{name}: a structure set without ROIs (3006,0020); {FILE_REMEDY}")
    notes: list[Note] = []
    rois = read_rois(dataset, notes)
    contours = _contours(dataset, name, rois, notes)
    if "ROIContourSequence" not in dataset:
        sentence = "There is no ROI Contour Sequence (3006,0039), or the file was cut off before its end."
        notes.append(Note(sentence, "structures.no_contour_sequence"))
    for number in contours.keys() - rois.keys():
        rois[number] = Roi(number, f"ROI {number}", color_of(len(rois)))
        notes.append(
            Note(f"Structure Set ROI Sequence does not list ROI {number}, which has contours.", "structures.unlisted")
        )
    colors = roi_colors(dataset)
    kinds = roi_types(dataset)
    made = [
        replace(
            roi,
            color=colors.get(number) or color_of(turn),
            type=kinds.get(number, ""),
            contours=tuple(contours.get(number, ())),
        )
        for turn, (number, roi) in enumerate(rois.items())
    ]
    notes += _contour_notes(made)
    frames = {one.frame_of_reference for one in made if one.contours} or {one.frame_of_reference for one in made}
    if len(frames) > 1:
        sentence = f"The ROIs are in {len(frames)} frames of reference: each lies only over images of its own."
        notes.append(Note(sentence, "structures.several_frames"))
    tags = series_tags(found.attributes)
    info = SeriesInfo(
        notes=tuple(notes),
        modality="RTSTRUCT",
        description=tags.description or text_of(dataset, "StructureSetLabel"),
        provenance=Provenance(digest_of_text(tags.uid, text(found.attributes, "SOPInstanceUID"))),
        frame_of_reference=frames.pop() if len(frames) == 1 else "",
    )
    return StructureSet(tuple(made), info)


def _contours(dataset: Dataset, name: str, rois: dict[int, Roi], notes: list[Note]) -> dict[int, list[Contour]]:
    """Return the contours of ROI Contour Sequence (3006,0039) by the number of their ROI."""
    found: dict[int, list[Contour]] = {}
    wrong: dict[int, Counter[str]] = {}
    points = count = 0
    for turn, item in enumerate(dataset.get("ROIContourSequence") or ()):
        number = whole_number(item.get("ReferencedROINumber"))
        if number is None:
            sentence = f"Item {turn + 1} of ROI Contour Sequence has no Referenced ROI Number: left out."
            notes.append(Note(sentence, "structures.no_number"))
            continue
        own = found.setdefault(number, [])
        for each in item.get("ContourSequence") or ():
            raw = _raw_data(each)
            points += _count_numbers(raw) // 3
            count += 1
            if points > MOST_CONTOUR_POINTS or count > MOST_CONTOURS:
                raise LimitError(
                    f"{name}: more than {MOST_CONTOUR_POINTS:,} points or {MOST_CONTOURS:,} contours: give a structure "
                    "set with fewer, or its ROIs as a segmentation"
                )
            contour, why = _contour(each, raw)
            if contour is not None:
                own.append(contour)
            if why:
                wrong.setdefault(number, Counter())[why] += 1
    for number, reasons in wrong.items():
        label = rois[number].name if number in rois else f"ROI {number}"
        for why, times in reasons.items():
            is_taken = why == _SAID_POINTS
            done = "taken as they are" if is_taken else "left out"
            kind = "structures.point_count" if is_taken else "structures.contours_left_out"
            notes.append(Note(f"{label}: {_count(times, 'contour')} with {why}: {done}.", kind))
    return found


def _raw_data(item: Dataset) -> bytes | NDArray[np.float64]:
    """Return Contour Data (3006,0050) as it is in the file: pydicom makes an object of each number."""
    if _CONTOUR_DATA not in item:
        return b""
    value = item.get_item(_CONTOUR_DATA).value
    if value is None or isinstance(value, bytes):
        return value or b""
    return np.atleast_1d(np.asarray(value if not isinstance(value, str) else value.split("\\"), np.float64))


def _count_numbers(raw: bytes | NDArray[np.float64]) -> int:
    return raw.count(b"\\") + 1 if isinstance(raw, bytes) else raw.size


def _contour(item: Dataset, raw: bytes | NDArray[np.float64]) -> tuple[Contour | None, str]:
    """Return a contour, and what is wrong with it in words; None where nothing can be made of it."""
    try:
        values = _numbers(raw) if isinstance(raw, bytes) else raw
    except ValueError:
        return None, "coordinates that are no numbers"
    if not values.size:
        return None, "no points"
    if values.size % 3:
        return None, f"{values.size} coordinates, which are no points of three"
    if not np.isfinite(values).all():
        return None, "coordinates that are not finite"
    if np.abs(values).max() > LARGEST:
        return None, "coordinates more than a kilometre away"
    kind = text_of(item, "ContourGeometricType")
    if kind not in get_args(ContourType):
        return None, f"the Contour Geometric Type {printable(kind)[:40] or '(none)'}"
    said = whole_number(item.get("NumberOfContourPoints"))
    thickness = _float(item.get("ContourSlabThickness"))
    made = Contour(values.reshape(-1, 3), cast("ContourType", kind), thickness)
    return made, "" if said in (None, len(made.points)) else _SAID_POINTS


def _numbers(raw: bytes) -> NDArray[np.float64]:
    """Return decimal strings (PS3.5 6.2) as numbers, part by part, for each text takes 50 bytes."""
    raw = raw.rstrip(b" \0")
    if not raw:
        return np.empty(0)
    parts, start = [], 0
    while start < len(raw):
        stop = raw.find(b"\\", start + _PART)
        stop = len(raw) if stop < 0 else stop
        parts.append(np.array(raw[start:stop].split(b"\\"), np.float64))
        start = stop + 1
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _contour_notes(rois: Iterable[Roi]) -> list[Note]:
    """Say which contours enclose nothing."""
    notes = []
    without = [roi.name for roi in rois if not roi.contours]
    if without:
        listed = ", ".join(without[:8]) + (f" and {len(without) - 8} more" if len(without) > 8 else "")
        notes.append(Note(f"{_count(len(without), 'ROI')} without contours: {listed}.", "structures.without_contours"))
    for roi in rois:
        kinds = Counter(one.type for one in roi.contours if one.type not in CLOSED)
        if points := kinds.pop("POINT", 0):
            notes.append(Note(f"{roi.name}: {_count(points, 'point')}, which enclose no volume.", "structures.points"))
        if lines := kinds.total():
            notes.append(
                Note(f"{roi.name}: {_count(lines, 'open contour')}, which enclose no volume.", "structures.open")
            )
        if few := sum(one.type in CLOSED and not one.is_closed for one in roi.contours):
            sentence = f"{roi.name}: {_count(few, 'closed contour')} of fewer than three points, which enclose none."
            notes.append(Note(sentence, "structures.few_points"))
    return notes


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("s" if number != 1 else "")


def _float(value: Any) -> float | None:
    try:
        number = None if value is None or value == "" else float(value)
    except (TypeError, ValueError):
        return None
    return number if number is not None and 0 < number < LARGEST else None
