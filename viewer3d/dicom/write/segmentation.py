"""Make a DICOM segmentation (PS3.3 A.51) by highdicom, which the extra ``dicom`` brings."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import SAME_GRID, Geometry
from viewer3d.core.notes.note import Note
from viewer3d.core.segmentation import CodedConcept, Segment, Segmentation
from viewer3d.core.text import printable
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.pixels.memory_demand import check_bytes
from viewer3d.dicom.series.identity import references_of
from viewer3d.dicom.series.planned_grid import grid_if_any
from viewer3d.dicom.series.scan import Scan, Series, scan
from viewer3d.dicom.series.stack import Stack
from viewer3d.dicom.write.kept import kept_study, read_headers
from viewer3d.dicom.write.made import (
    IDENTIFIED,
    LONGEST_STRING,
    MAKER,
    MadeObject,
    describe_identity,
    import_highdicom,
    leave_out_identity,
    software_version,
)
from viewer3d.dicom.write.sources import stacks_on_grid
from viewer3d.errors import ChoiceError, GeometryError, NotFoundError, OutputError, ViewError

if TYPE_CHECKING:
    from pydicom import Dataset

_CATEGORY: Final = CodedConcept("123037004", "SCT", "Anatomical Structure")
_TYPE: Final = CodedConcept("85756007", "SCT", "Tissue")
"""What a segment is where nothing says it (CID 7150 and 7166): dcmqi and 3D Slicer choose the second as well."""

_UNKNOWN: Final = CodedConcept("261665006", "SCT", "Unknown")
"""The family of an algorithm that no value here names."""

_UNIDENTIFIED: Final = Note(
    "Patient, study and references to images are left out, all UIDs are new, and the Content Date, which a "
    "segmentation needs, is 1900-01-01: it lies over no series any more. Names of segments are as they were.",
    "written.unidentified",
)

_OF_GRID: Final = (
    "SOPClassUID Modality Rows Columns NumberOfFrames ImagePositionPatient ImageOrientationPatient PixelSpacing "
    "SliceThickness SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence"
)
"""What highdicom reads of the images that were segmented, beside patient and study."""

SERIES_OFFSET_OF_SEGMENTATIONS: Final = 2000
"""Is added to the Series Number of the source."""


def make_segmentation(
    segmentation: Segmentation,
    source: DicomInput | Scan | Series,
    name: str,
    *,
    empty_frames: bool = False,
    same_frame: bool = False,
    identify: bool = True,
    description: str | None = None,
) -> MadeObject:
    """Make a binary DICOM segmentation of label layers, on their own grid.

    Parameters
    ----------
    segmentation : Segmentation
    source : path, pydicom.Dataset, sequence of them, Scan or Series
        The images that were segmented: patient, study and frame of reference are theirs. Of several series it is the
        only one in the frame of reference of the segmentation, that it refers to, on whose grid it is, or of its shape.
    name : str
        Of the file, in messages.
    empty_frames : bool
        Whether slices without a voxel of a segment have a frame, which some viewers need: all slices of the source
        where the segmentation is on a part of its grid.
    same_frame : bool
        Whether to trust that the segmentation lies in the frame of reference of the source, where it names none.
    identify : bool
        Whether patient and study are taken over and the images referred to; else all UIDs are new.
    description : str, optional
        Series Description (0008,103E).

    Raises
    ------
    OutputError
        When highdicom is not installed, there is no segment or no voxel, or the grid is sheared.
    NotFoundError, ChoiceError, ViewError, GeometryError
        When the source is not there, is one of several, or is not known to be in the frame of reference.
    LimitError
        When overlapping segments take more memory than allowed.
    """
    hd = import_highdicom(name, "DICOM segmentations")
    if not segmentation.segments:
        raise OutputError(f"{name}: the segmentation has no segment: there is nothing to write")
    if not empty_frames and not any(segmentation.voxels(one.number) for one in segmentation.segments):
        raise OutputError(f"{name}: no segment has a voxel: give empty_frames=True to write frames without any")
    stack, chosen = _source_of(segmentation, source, name, same_frame=same_frame)
    images = [without_faults(header) for header in read_headers(stack.frames)]
    frame_of_reference = segmentation.frame_of_reference or references_of(stack)[0]
    if not identify:
        frame_of_reference = str(hd.UID())
        images = _nameless(images, frame_of_reference)
    written = segmentation
    if empty_frames and (grid := grid_if_any(stack)) is not None:
        written = _on_whole_grid(segmentation, Geometry(grid.affine, grid.shape))
    pixels = _pixels(written, name)
    affine = written.affine[:, [2, 1, 0, 3]]  # of indices (slice, row, column)
    channels = {"SegmentNumber": list(range(1, len(segmentation.segments) + 1))} if pixels.ndim == 4 else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of texts and values of the source's header that break their VR
        try:
            made = hd.seg.Segmentation(
                source_images=images,
                pixel_array=hd.Volume(pixels, affine, "PATIENT", frame_of_reference, channels),
                segmentation_type="BINARY",
                segment_descriptions=[_description(hd, n, one) for n, one in enumerate(segmentation.segments, 1)],
                series_instance_uid=hd.UID(),
                series_number=SERIES_OFFSET_OF_SEGMENTATIONS + (stack.frames[0].series.number or 0),
                sop_instance_uid=hd.UID(),
                instance_number=1,
                manufacturer=MAKER,
                manufacturer_model_name=MAKER,
                software_versions=software_version(),
                device_serial_number="0",
                omit_empty_frames=not empty_frames,
                specific_character_set="ISO_IR 192",
                series_description=(description or printable(segmentation.description) or "Segmentation")[:64],
            )
        except (ValueError, AttributeError, TypeError) as error:  # highdicom's own checks of what it is given
            raise OutputError(
                f"{name}: no segmentation can be made of its source ({' '.join(str(error).split()):.200}): give the "
                "images that it was drawn on, or save it as .seg.nrrd"
            ) from error
    if not identify:
        leave_out_identity(made)
    return MadeObject(made, (*chosen, *_notes(segmentation, identify=identify)))


def _source_of(
    segmentation: Segmentation, source: DicomInput | Scan | Series, name: str, *, same_frame: bool
) -> tuple[Stack, tuple[Note, ...]]:
    """Return the stack of images that a segmentation lies over, and a note where it was one of several."""
    found = scan(source)
    if not found.series:
        raise NotFoundError(f"{found.name}: holds no series of DICOM images: give the one that was segmented")
    named = segmentation.frame_of_reference
    on_grid = {one.uid: on[0] for one in found if (on := stacks_on_grid(one, segmentation.geometry))}
    if not named and not same_frame and not on_grid:
        raise ViewError(
            f"{name}: the segmentation names no frame of reference and is not on the grid of its source, so nothing "
            "says that it lies over it: give same_frame=True (--same-frame) to trust that it does"
        )
    fit = list(found)
    if named:
        fit = [one for one in found if named in references_of(one.stacks[0])]
    if not fit:
        raise GeometryError(
            f"{found.name}: no series there is in the frame of reference of the segmentation: give the images that "
            "were segmented"
        )
    chosen, why = _chosen(fit, segmentation, on_grid)
    if chosen is None:
        listed = "; ".join(str(one) for one in fit[:8])
        raise ChoiceError(
            f"{found.name}: holds {len(fit)} series that could have been segmented ({listed}): give the files of one "
            "(--source), or a series of viewer3d.scan"
        )
    stack = on_grid.get(chosen.uid, chosen.stacks[0])
    if not references_of(stack):
        raise GeometryError(f"{found.name}: {chosen} names no frame of reference, which a segmentation needs")
    notes = (
        (Note(f"Of {len(found)} series its source is {printable(str(chosen))}: {why}.", "written.source_chosen"),)
        if len(found) > 1
        else ()
    )
    return stack, notes


def _chosen(
    fit: Sequence[Series], segmentation: Segmentation, on_grid: Mapping[str, Stack]
) -> tuple[Series | None, str]:
    """Return the one series that was segmented, and what says it; None where nothing says which it is."""
    shape = segmentation.geometry.shape
    for series, why in (
        (fit, "it alone is in its frame of reference"),
        ([one for one in fit if one.uid in segmentation.info.of_series], "the segmentation refers to it"),
        ([one for one in fit if one.uid in on_grid], "the segmentation is on its grid"),
        ([one for one in fit if one.stacks[0].shape == shape], "it alone has as many voxels"),
    ):
        if len(series) == 1:
            return series[0], why
    return None, ""


def _on_whole_grid(segmentation: Segmentation, whole: Geometry) -> Segmentation:
    """Return a segmentation on a grid that its own is a part of; itself where it is none."""
    index = whole.world_to_index(segmentation.geometry.corners)
    own = segmentation.geometry.world_to_index(segmentation.geometry.corners)
    offset = np.rint(index[0] - own[0]).astype(int)
    off = np.abs((index - own - offset) * whole.spacing).max()
    ends = offset + segmentation.geometry.shape
    if off > SAME_GRID or (offset < 0).any() or (ends > whole.shape).any():
        return segmentation
    box = tuple(slice(int(first), int(end)) for first, end in zip(offset, ends, strict=True))
    layers = []
    for one in segmentation.labels:
        layer = np.zeros(whole.shape, one.dtype, order="F")
        layer[box] = one
        layers.append(layer)
    return replace(segmentation, labels=tuple(layers), geometry=whole, fractions={})


def without_faults(header: Dataset) -> Dataset:
    """Return a header without the faults that highdicom fails at, or takes over.

    It fails at an empty Specific Character Set and at enhanced images that say for each frame how far pixels are apart,
    and copies attributes of clinical trials without the sponsor that is needed.
    """
    from pydicom import Dataset  # noqa: PLC0415 (as highdicom)

    copy = Dataset()
    copy.update(header)
    copy.file_meta = header.file_meta
    for word in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID",
                 "StudyDate", "StudyTime"):  # fmt: skip
        if word not in copy:
            setattr(copy, word, None)
    if not copy.get("ClinicalTrialSponsorName"):  # of Type 1: without it there is no such module
        for word in copy.dir("ClinicalTrial"):
            del copy[word]
    if "SpecificCharacterSet" in copy and not copy.SpecificCharacterSet:
        del copy["SpecificCharacterSet"]
    if copy.get("SharedFunctionalGroupsSequence") and copy.get("PerFrameFunctionalGroupsSequence"):
        shared = Dataset()
        shared.update(copy.SharedFunctionalGroupsSequence[0])
        for word in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
            if word not in shared and word in copy.PerFrameFunctionalGroupsSequence[0]:
                shared[word] = copy.PerFrameFunctionalGroupsSequence[0][word]
        copy.SharedFunctionalGroupsSequence = [shared]
    return copy


def _nameless(headers: Sequence[Dataset], frame_of_reference: str) -> list[Dataset]:
    """Return headers without patient and study, of new images in a new frame of reference."""
    from pydicom import Dataset  # noqa: PLC0415 (as highdicom)
    from pydicom.uid import generate_uid  # noqa: PLC0415

    study = kept_study(headers, identify=False)
    describe_identity(study, identify=False)
    study.SeriesInstanceUID, study.FrameOfReferenceUID = generate_uid(prefix=None), frame_of_reference
    found = []
    for header in headers:
        one = Dataset()
        one.file_meta = header.file_meta
        for word in _OF_GRID.split():
            if word in header:
                one[word] = header[word]
        one.update(study)
        one.SOPInstanceUID = generate_uid(prefix=None)
        found.append(one)
    return found


def _pixels(segmentation: Segmentation, name: str) -> NDArray[Any]:
    """Return numbers of segments from 1, shape (slices, rows, columns).

    Where there are several layers they are masks, with a fourth axis of segments.
    """
    turns = {one.number: n for n, one in enumerate(segmentation.segments, 1)}
    columns, rows, slices = segmentation.geometry.shape
    dtype = np.uint8 if len(turns) < 256 else np.uint16
    if len(segmentation.labels) > 1:
        check_bytes(name, columns * rows * slices * len(turns) * 2, None)
        every = np.zeros((slices, rows, columns, len(turns)), np.uint8)
        for one in segmentation.segments:
            every[..., turns[one.number] - 1] = (segmentation.labels[one.layer] == one.value).transpose(2, 1, 0)
        return every
    labels = segmentation.labels[0]
    table = np.zeros(max(int(labels.max(initial=0)), *(one.value for one in segmentation.segments)) + 1, dtype)
    for one in segmentation.segments:
        table[one.value] = turns[one.number]
    return np.ascontiguousarray(table[labels].transpose(2, 1, 0))


def _description(hd: Any, number: int, one: Segment) -> Any:
    automatic = one.algorithm in ("AUTOMATIC", "SEMIAUTOMATIC")
    how = hd.AlgorithmIdentificationSequence("unknown", _code(hd, _UNKNOWN), "unknown")
    return hd.seg.SegmentDescription(
        number,
        (one.name or f"Segment {number}")[:LONGEST_STRING],
        _code(hd, one.category or _CATEGORY),
        _code(hd, one.type or _TYPE),
        one.algorithm if automatic else "MANUAL",
        algorithm_identification=how if automatic else None,
        tracking_uid=hd.UID(),
        tracking_id=(one.name or f"Segment {number}")[:LONGEST_STRING],
        display_color=hd.color.CIELabColor.from_rgb(*one.color),
    )


def _code(hd: Any, concept: CodedConcept) -> Any:
    meaning = (concept.meaning or concept.value)[:LONGEST_STRING]
    return hd.sr.CodedConcept(concept.value or "unknown", concept.scheme or "99VIEWER3D", meaning)


def _notes(segmentation: Segmentation, *, identify: bool) -> list[Note]:
    notes = [IDENTIFIED if identify else _UNIDENTIFIED]
    uncoded = [one.name for one in segmentation.segments if one.category is None or one.type is None]
    if uncoded:
        text = f"No code says what {_listed(uncoded)} is: {_TYPE.meaning} ({_TYPE.value}, SCT) is written."
        notes.append(Note(text, "written.uncoded"))
    moved = [(one.number, n) for n, one in enumerate(segmentation.segments, 1) if one.number != n]
    if moved:
        shown = ", ".join(f"{before} is {after}" for before, after in moved[:8])
        text = f"DICOM numbers segments from 1 without gaps: {shown}{', ...' * (len(moved) > 8)}."
        notes.append(Note(text, "written.numbered"))
    unsaid = [one.name for one in segmentation.segments if not one.algorithm]
    if unsaid:
        notes.append(Note(f"Nothing says how {_listed(unsaid)} was drawn: MANUAL is written.", "written.manual"))
    if segmentation.fractions:
        notes.append(Note("The fractions of segments are not in the file, which has labels.", "written.fractions_lost"))
    return notes


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
