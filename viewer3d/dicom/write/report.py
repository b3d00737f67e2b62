"""Make a DICOM measurement report (TID 1500) with places in the patient, by highdicom."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from viewer3d.core.notes.note import Note
from viewer3d.core.segmentation import CodedConcept
from viewer3d.core.text import printable
from viewer3d.core.vectors import Points
from viewer3d.core.volume import Volume
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.headers.frame import Frames
from viewer3d.dicom.objects.dicom_object import DicomObject
from viewer3d.dicom.objects.segment_table import read_segments
from viewer3d.dicom.series.identity import references_of
from viewer3d.dicom.series.scan import Scan, Series
from viewer3d.dicom.series.stack import Stack
from viewer3d.dicom.write.kept import kept_study, read_header, read_headers
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
from viewer3d.dicom.write.report_codes import OWN_SCHEME, SOURCE_OF_MEASUREMENT
from viewer3d.dicom.write.sources import find_source_stacks, frames_at
from viewer3d.errors import OutputError

if TYPE_CHECKING:
    from pydicom import Dataset

SERIES_OFFSET_OF_REPORTS: Final = 4000
"""Is added to the Series Number of the source."""

_DEVICE: Final = "2.25.289346524695134798485180784179386030481"
"""Device Observer UID of this package: a UUID of version 5 of its name (PS3.5 B.2)."""

"""Content Date and Time, which a report needs, where nobody is to be known by it."""


@dataclass(frozen=True, eq=False)
class ReportPlace:
    """Points in the patient (PS3.3 C.18.9).

    Attributes
    ----------
    kind : {"POINT", "POLYLINE", "POLYGON", "ELLIPSE"}
        A polygon ends where it begins; an ellipse has the ends of its major and then of its minor axis.
    points : ndarray of float64, shape (points, 3)
        LPS, mm; a file holds float32.
    purpose : CodedConcept
        What they are to a number.
    """

    kind: Literal["POINT", "POLYLINE", "POLYGON", "ELLIPSE"]
    points: Points
    purpose: CodedConcept = SOURCE_OF_MEASUREMENT


@dataclass(frozen=True, eq=False)
class ReportNumber:
    """One number of a report.

    Attributes
    ----------
    name, unit : CodedConcept
        Of what it is, and in which unit (UCUM).
    value : float
    derivation : CodedConcept, optional
        How it comes of many values, as their mean.
    places : tuple of ReportPlace
        What it was measured at.
    uncertainty : float, optional
        Half width of its 95 % interval, in the same unit: TID 310 has it as ranges of upper and lower measurement
        uncertainty (PS3.16, CID 225).
    """

    name: CodedConcept
    value: float
    unit: CodedConcept
    derivation: CodedConcept | None = None
    places: tuple[ReportPlace, ...] = ()
    uncertainty: float | None = None


@dataclass(frozen=True, eq=False)
class ReportItem:
    """What is measured of one finding.

    Attributes
    ----------
    name : str
        Tracking Identifier.
    numbers : tuple of ReportNumber
    finding : CodedConcept, optional
    region : ReportPlace, optional
        A polygon or ellipse that the numbers are of.
    segment : tuple of str and int, optional
        SOP Instance UID of the segmentation and number of the segment that they are of.
    """

    name: str
    numbers: tuple[ReportNumber, ...]
    finding: CodedConcept | None = None
    region: ReportPlace | None = None
    segment: tuple[str, int] | None = None


@dataclass(frozen=True, eq=False)
class Report:
    """All that goes into a measurement report.

    Attributes
    ----------
    items : tuple of ReportItem
    volume : Volume
        The one that was measured.
    objects : tuple of DicomObject
        The segmentations that items refer to.
    description : str
        Series Description (0008,103E).
    number : int, optional
        Series ReportNumber (0020,0011).
    """

    items: tuple[ReportItem, ...]
    volume: Volume
    objects: tuple[DicomObject, ...] = ()
    description: str = "Measurements"
    number: int | None = None


def make_report(
    report: Report,
    source: DicomInput | Scan | Series,
    name: str,
    *,
    identify: bool = True,
    same_frame: bool = False,
) -> MadeObject:
    """Make a Comprehensive 3D SR (PS3.3 A.35.13) of measurements.

    Parameters
    ----------
    report : Report
    source : path, pydicom.Dataset, sequence of them, Scan or Series
        The series that was measured: patient, study and frame of reference are its, its images are referred to.
    name : str
        Of the file, in messages.
    identify : bool
        Whether patient, study and references are taken over. Without them all UIDs are new.
    same_frame : bool
        Whether to trust that a volume that names no frame of reference lies in that of the source.

    Raises
    ------
    OutputError
        When highdicom is not installed, there is nothing to write, or no frame of reference is known.
    NotFoundError, ChoiceError, GeometryError, BadFileError
        When the source is not there, is one of several, lies elsewhere or cannot be read.
    """
    hd = import_highdicom(name, "DICOM reports")
    if not report.items:
        raise OutputError(f"{name}: there are no measurements with a number: there is nothing to write")
    (stack,), is_own = find_source_stacks((report.volume,), source)
    frame_of_reference = _frame_of_reference(report.volume, stack, name, same_frame=same_frame)
    headers = read_headers(stack.frames)
    evidence = _evidence(headers, report.objects, identify=identify)
    maker = _Maker(hd, stack, frame_of_reference if identify else str(hd.UID()), report.objects if identify else ())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of texts and values of the source's header that break their VR
        try:
            made = _document(hd, report, maker, evidence, stack)
        except (ValueError, TypeError) as error:  # highdicom's own checks of what it is given
            raise OutputError(
                f"{name}: no report can be made of its source ({' '.join(str(error).split()):.200}): give the images "
                "that were measured, or save the measurements as .json"
            ) from error
    if not identify:
        leave_out_identity(made)
    return MadeObject(made, tuple(_notes(report, identify=identify, is_own=is_own)))


def _frame_of_reference(volume: Volume, stack: Stack, name: str, *, same_frame: bool) -> str:
    """Return the Frame of Reference UID of the places of a report."""
    named = references_of(stack)
    if volume.frame_of_reference:
        return volume.frame_of_reference
    if not named:
        raise OutputError(
            f"{name}: neither the volume nor its source names a frame of reference, which places in a report need: "
            "save the measurements as .json or .csv"
        )
    if not same_frame:
        raise OutputError(
            f"{name}: the volume names no frame of reference, so nothing says that its places are those of the source: "
            "give same_frame=True to trust that they are"
        )
    return named[0]


def _evidence(headers: Sequence[Dataset], objects: Sequence[DicomObject], *, identify: bool) -> list[Dataset]:
    """Return the instances that a report is of: with patient and study, and who they are."""
    from pydicom import Dataset  # noqa: PLC0415 (as highdicom)
    from pydicom.uid import generate_uid  # noqa: PLC0415

    study = kept_study(headers, identify=identify)
    describe_identity(study, identify=identify)
    listed = [*headers, *(read_header(one.source) for one in objects)] if identify else [headers[0]]
    found = []
    for header in listed:
        one = Dataset()
        one.update(study)
        for word in ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality"):
            is_kept = identify or word in ("SOPClassUID", "Modality")
            setattr(one, word, header.get(word) if is_kept else generate_uid(prefix=None))
        if identify and header.get("StudyInstanceUID"):  # an object may be in another study than the images
            one.StudyInstanceUID = header.StudyInstanceUID
        found.append(one)
    return found


def _document(hd: Any, report: Report, maker: _Maker, evidence: list[Dataset], stack: Stack) -> Dataset:
    attributes = hd.sr.DeviceObserverIdentifyingAttributes(
        uid=_DEVICE, name=MAKER, manufacturer_name=MAKER, model_name=MAKER
    )
    device = hd.sr.ObserverContext(_code(hd, CodedConcept("121007", "DCM", "Device")), attributes)
    content = hd.sr.MeasurementReport(
        hd.sr.ObservationContext(observer_device_context=device),
        _code(hd, CodedConcept("363679005", "SCT", "Imaging procedure")),
        [maker.group(one) for one in report.items],
        title=_code(hd, CodedConcept("126000", "DCM", "Imaging Measurement Report")),
    )
    before = stack.frames[0].series.number or 0
    made: Dataset = hd.sr.Comprehensive3DSR(
        evidence,
        content,
        series_instance_uid=hd.UID(),
        series_number=report.number if report.number is not None else SERIES_OFFSET_OF_REPORTS + before,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer=MAKER,
        is_complete=True,
        manufacturer_model_name=MAKER,
        software_versions=software_version(),
        device_serial_number="0",
        coding_schemes=[
            hd.coding_schemes.CodingSchemeIdentificationItem(OWN_SCHEME, name=MAKER, responsible_organization=MAKER)
        ],
        series_description=printable(report.description)[:LONGEST_STRING],
        specific_character_set="ISO_IR 192",
    )
    return made


@dataclass(frozen=True, eq=False)
class _Maker:
    """What makes the groups of a report: highdicom, the images, and the frame of reference of places."""

    hd: Any
    stack: Stack
    frame_of_reference: str
    objects: tuple[DicomObject, ...]

    @property
    def refers(self) -> bool:
        """Whether groups refer to images: those of a report without identity do not."""
        return self.frame_of_reference in references_of(self.stack)

    def group(self, item: ReportItem) -> Any:
        """Return a Measurement Group: of a planar region (TID 1410), a segment (1411) or neither (1501)."""
        sr = self.hd.sr
        tracking = sr.TrackingIdentifier(uid=self.hd.UID(), identifier=printable(item.name))
        finding = None if item.finding is None else _code(self.hd, item.finding)
        reached = [place.points for one in item.numbers for place in one.places]
        if item.region is not None:
            sources = self._images(sr.SourceImageForMeasurement, item.region.points)
            region = sr.ImageRegion3D(item.region.kind, item.region.points, self.frame_of_reference)
            return sr.PlanarROIMeasurementsAndQualitativeEvaluations(
                tracking, referenced_region=region, finding_type=finding,
                measurements=[self._number(one, sources) for one in item.numbers],
            )  # fmt: skip
        by_uid = {one.sop_uid: one for one in self.objects}
        if item.segment is not None and item.segment[0] in by_uid:
            header = read_header(by_uid[item.segment[0]].source)
            series = sr.SourceSeriesForSegmentation(self.stack.frames[0].series.uid)
            segment = sr.ReferencedSegment(
                str(header.SOPClassUID), item.segment[0], item.segment[1], source_series=series
            )
            of_type = read_segments(header)[0][item.segment[1]].type
            # TID 1419, which such groups have, knows no places.
            numbers = [self._number(replace(one, places=()), []) for one in item.numbers]
            return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
                tracking, referenced_segment=segment, measurements=numbers,
                finding_type=finding if of_type is None else _code(self.hd, of_type),
            )  # fmt: skip
        numbers = [self._number(one, []) for one in item.numbers]
        points = np.concatenate(reached) if reached else np.empty((0, 3))
        images = self._images(sr.SourceImageForMeasurementGroup, points)
        return sr.MeasurementsAndQualitativeEvaluations(
            tracking, finding_type=finding, measurements=numbers, source_images=images or None
        )

    def _number(self, number: ReportNumber, images: list[Any]) -> Any:
        sr = self.hd.sr
        places = [
            sr.CoordinatesForMeasurement3D(
                one.kind, one.points, self.frame_of_reference, purpose=_code(self.hd, one.purpose)
            )
            for one in number.places
        ]
        return sr.Measurement(
            _code(self.hd, number.name),
            float(number.value),
            _code(self.hd, number.unit),
            derivation=None if number.derivation is None else _code(self.hd, number.derivation),
            referenced_images=images or None,
            referenced_coordinates=places or None,
            properties=self._uncertainty(number),
        )

    def _uncertainty(self, number: ReportNumber) -> Any:
        """Return the ranges of a number's uncertainty, in its unit; None where there is none."""
        if number.uncertainty is None:
            return None
        known = float(number.uncertainty)
        ranges = self.hd.sr.MeasurementProperties(
            upper_measurement_uncertainty=known, lower_measurement_uncertainty=known
        )
        for one in ranges:  # highdicom says that they have no unit
            one.MeasuredValueSequence[0].MeasurementUnitsCodeSequence = [_code(self.hd, number.unit)]
        return ranges

    def _images(self, kind: Any, points: Points) -> list[Any]:
        """Return references to the images that points lie in; none where they lie between."""
        if not self.refers or not len(points):
            return []
        frames: Frames = self.stack.frames
        found: dict[str, list[int]] = {}
        for n in frames_at(frames, points):
            found.setdefault(frames[n].sop_uid, []).append(n)
        return [
            kind(
                frames[numbers[0]].sop_class,
                uid,
                [frames[n].index + 1 for n in numbers] if frames[numbers[0]].stored.frames > 1 else None,
            )
            for uid, numbers in found.items()
        ]


def _code(hd: Any, concept: CodedConcept) -> Any:
    return hd.sr.CodedConcept(concept.value, concept.scheme, (concept.meaning or concept.value)[:LONGEST_STRING])


def _notes(report: Report, *, identify: bool, is_own: bool) -> list[Note]:
    notes = []
    if not is_own:
        text = "The volume was not read from its source: patient and study are taken to be its."
        notes.append(Note(text, "written.source_assumed"))
    if identify:
        notes.append(IDENTIFIED)
    else:
        text = (
            "Patient, study and references to images are left out, all UIDs are new, and the Content Date, which a "
            "report needs, is 1900-01-01: places fit no series any more. Names of measurements are as they were."
        )
        notes.append(Note(text, "written.unidentified"))
    segments = {one.sop_uid for one in report.objects} if identify else set()
    shown = [one for one in report.items if one.segment is None or one.segment[0] not in segments]
    if len(shown) < len(report.items):
        text = "Centres and places of peaks are not in a report that refers to segments, which have them."
        notes.append(Note(text, "written.centres_left_out"))
    if any(one.region or any(number.places for number in one.numbers) for one in shown):
        notes.append(
            Note("DICOM holds places as float32: 0.00003 mm at half a metre.", "written.places_rounded", moved_mm=3e-5)
        )
    return notes
