"""Decide what a derived series takes over from the headers of its source."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Sequence
from copy import copy
from typing import TYPE_CHECKING, Final

from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import FILE_REMEDY, Source
from viewer3d.dicom.headers.by_pydicom import read_with_pydicom
from viewer3d.dicom.headers.frame import Frame
from viewer3d.errors import BadFileError

if TYPE_CHECKING:
    from pydicom import DataElement, Dataset

_GROUPS: Final = frozenset({0x0008, 0x0010, 0x0012, 0x0018, 0x0020, 0x0032, 0x0038, 0x0040, 0x0054})
"""Groups of patient, study, series, equipment and acquisition. How pixels are stored (0028), overlays, curves, icons,
presentation, signatures and private attributes are of the pixels that were, and are not taken over."""

_ENHANCED: Final = 0x9000
"""From this element on are, of some groups, attributes of enhanced objects alone."""

_OF_THE_IMAGES: Final = (
    "SOPClassUID SOPInstanceUID ImageType InstanceCreationDate InstanceCreationTime InstanceCreatorUID ContentDate "
    "ContentTime SeriesDescription SeriesDescriptionCodeSequence ReferencedImageSequence SourceImageSequence "
    "ReferencedSeriesSequence ReferencedInstanceSequence ReferencedPerformedProcedureStepSequence "
    "DerivationDescription DerivationCodeSequence LossyImageCompression SpecificCharacterSet "
    "SliceThickness SpacingBetweenSlices GantryDetectorTilt ReconstructionDiameter InPlanePhaseEncodingDirection "
    "SeriesInstanceUID SeriesNumber InstanceNumber ImagePosition ImageOrientation ImagePositionPatient "
    "ImageOrientationPatient FrameOfReferenceUID SliceLocation PatientOrientation ImagesInAcquisition "
    "TemporalPositionIdentifier NumberOfTemporalPositions TemporalResolution ImageComments "
    "RealWorldValueMappingSequence NumberOfSlices NumberOfTimeSlices NumberOfRRIntervals ImageIndex Units SUVType "
    "SliceProgressionDirection TimeSlotVector TimeSliceVector SliceVector "
)
"""What is of the source's own images, or is written anew."""

_PIXELS_THEMSELVES: Final = ("CorrectedImage", "QualityControlImage")
"""Of group 0028, what stays true whatever the grid."""

_TECHNIQUE: Final = (
    "Modality PatientPosition BodyPartExamined Manufacturer KVP XRayTubeCurrent ExposureTime Exposure "
    "ConvolutionKernel ScanningSequence SequenceVariant ScanOptions MRAcquisitionType RepetitionTime EchoTime "
    "InversionTime EchoTrainLength FlipAngle MagneticFieldStrength DiffusionBValue DiffusionGradientOrientation "
    "DiffusionDirectionality EchoNumbers TriggerTime NumberOfAverages PixelBandwidth ImagingFrequency "
    "ImagedNucleus SpiralPitchFactor RevolutionTime CTDIvol ComplexImageComponent "
    "SeriesType CountsSource CorrectedImage DecayCorrection CollimatorType FrameReferenceTime ActualFrameDuration"
)
"""What stays without the patient: how images were made; no text in which a name is written, no UID, date or time."""

_OF_PATIENT: Final = frozenset({0x0010, 0x0012})
"""Groups of the patient and of a clinical trial (PS3.3 C.7.1.1, C.7.1.3, C.7.2.2 and C.7.2.3)."""

_OF_STUDY: Final = (
    "StudyInstanceUID StudyDate StudyTime StudyID AccessionNumber IssuerOfAccessionNumberSequence StudyDescription "
    "ReferringPhysicianName ReferringPhysicianIdentificationSequence ConsultingPhysicianName "
    "ConsultingPhysicianIdentificationSequence PhysiciansOfRecord PhysiciansOfRecordIdentificationSequence "
    "NameOfPhysiciansReadingStudy PhysiciansReadingStudyIdentificationSequence RequestingService "
    "RequestingServiceCodeSequence ReferencedStudySequence ProcedureCodeSequence "
    "ReasonForPerformedProcedureCodeSequence AdmittingDiagnosesDescription AdmittingDiagnosesCodeSequence "
    "AdmissionID IssuerOfAdmissionIDSequence ServiceEpisodeID ServiceEpisodeDescription "
    "IssuerOfServiceEpisodeIDSequence ReasonForVisit ReasonForVisitCodeSequence TimezoneOffsetFromUTC "
    "SpecificCharacterSet LossyImageCompression LossyImageCompressionRatio LossyImageCompressionMethod "
    "BurnedInAnnotation RecognizableVisualFeatures"
)
"""Attributes of the study (PS3.3 C.7.2.1 and C.7.2.2), and what holds for all that is made of its images."""

_NEEDED_OF_STUDY: Final = (
    "PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime ReferringPhysicianName StudyID "
    "AccessionNumber"
)
"""Attributes of Type 2 of patient and study, which are there and may be empty."""

_WARNED: Final = {"BurnedInAnnotation": "YES", "RecognizableVisualFeatures": "YES", "LossyImageCompression": "01"}
"""What holds for all that is made of images as soon as one of them says it."""

_WITH_LOSS: Final = ("LossyImageCompressionRatio", "LossyImageCompressionMethod")


def read_headers(frames: Sequence[Frame]) -> list[Dataset]:
    """Read the header of each file of some frames once, up to its pixels.

    Raises
    ------
    BadFileError
        When one can no longer be read.
    """
    return [read_header(source) for source in dict.fromkeys(frame.stored.source for frame in frames)]


def read_header(source: Source) -> Dataset:
    """Read the header of a file, up to its pixels.

    Raises
    ------
    BadFileError
        When it can no longer be read.
    """
    read = read_with_pydicom(source)
    if isinstance(read, RefusedFile):
        raise BadFileError(f"{read.name}: {read.reason}; {FILE_REMEDY}")
    return read[1]


def kept_header(headers: Sequence[Dataset], *, identify: bool) -> Dataset:
    """Return the attributes that a derived series takes over: those that all of its source's images share.

    Parameters
    ----------
    headers : sequence of Dataset
        Of all images of the source, see :func:`viewer3d.dicom.write.single_frames.single_frame_headers`; not changed.
    identify : bool
        Whether patient and study are taken over; else nothing is but how the images were made.

    Returns
    -------
    Dataset
        In UTF-8; without what cannot be read or written again.
    """
    from pydicom import Dataset  # noqa: PLC0415 (as everywhere: only who needs it waits for it)

    first, others = headers[0], list({id(one): one for one in headers[1:] if one is not headers[0]}.values())
    if identify:
        tags = [tag for tag in first.keys() if _is_kept(tag)]  # noqa: SIM118 (not decoded)
    else:
        tags = [element.tag for word in _TECHNIQUE.split() if (element := _element(first, word)) is not None]
    kept = Dataset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as for all headers: what breaks its VR is left out
        for tag in tags:
            element = _element(first, tag)
            if element is not None and _is_writable(element) and _is_shared(element, others):
                kept[tag] = copy(element)  # whose value may be set, and not that of a dataset that was given
        _keep_warnings(kept, headers)
    kept.SpecificCharacterSet = "ISO_IR 192"
    return kept


def kept_study(headers: Sequence[Dataset], *, identify: bool) -> Dataset:
    """Return patient and study of a source, for what is no image of its grid.

    Beside them is what holds for all that is made of its images: lossy compression, burned in annotation.

    Parameters
    ----------
    headers : sequence of Dataset
        Of all files of the source; not changed.
    identify : bool
        Whether patient and study are taken over; else they are empty.

    Returns
    -------
    Dataset
        As that of :func:`kept_header`; without a clinical trial that names no sponsor, which it needs.
    """
    from pydicom.datadict import keyword_for_tag  # noqa: PLC0415 (as above)

    kept = kept_header(headers, identify=identify)
    for tag in list(kept.keys()):
        word = keyword_for_tag(tag)
        of_trial = word.startswith("ClinicalTrial") and not kept.get("ClinicalTrialSponsorName")
        if (tag.group not in _OF_PATIENT and word not in _OF_STUDY.split()) or of_trial:
            del kept[tag]
    for word in _NEEDED_OF_STUDY.split():
        if word not in kept:
            setattr(kept, word, None)
    return kept


def attributes_of_images(headers: Sequence[Dataset], words: Sequence[str]) -> list[Dataset]:
    """Return some attributes of each image, as far as it has them.

    Parameters
    ----------
    headers : sequence of Dataset
        As for :func:`kept_header`.
    words : sequence of str
        Keywords.
    """
    from pydicom import Dataset  # noqa: PLC0415 (as above)

    found = []
    for header in headers:
        own = Dataset()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as above
            for word in words:
                element = _element(header, word)
                if element is not None and element.value not in (None, "") and _is_writable(element):
                    own[element.tag] = element
        found.append(own)
    return found


def _is_kept(tag: int) -> bool:
    from pydicom.datadict import keyword_for_tag  # noqa: PLC0415 (as above)

    group, element = tag >> 16, tag & 0xFFFF
    word = keyword_for_tag(tag)
    if word in _PIXELS_THEMSELVES:
        return True
    if group not in _GROUPS or not word or word in _OF_THE_IMAGES.split():
        return False
    return element < _ENHANCED or group not in (0x0020, 0x0040)


def _element(dataset: Dataset, key: int | str) -> DataElement | None:
    """Return an element; None where it is absent or cannot be decoded."""
    try:
        return dataset[key]
    except Exception:  # pydicom decodes a value when it is accessed, and raises any kind of error
        return None


def _is_shared(element: DataElement, others: Iterable[Dataset]) -> bool:
    for other in others:
        same = _element(other, element.tag)
        if same is not element and (same is None or same.value != element.value):
            return False
    return True


def _is_writable(element: DataElement) -> bool:
    from pydicom import Dataset  # noqa: PLC0415 (as above)

    alone = Dataset()
    alone[element.tag] = element
    alone.SpecificCharacterSet = "ISO_IR 192"
    try:
        alone.save_as(io.BytesIO(), implicit_vr=False, little_endian=True)
    except Exception:  # as many kinds as there are broken values
        return False
    return True


def _keep_warnings(kept: Dataset, headers: Sequence[Dataset]) -> None:
    for word, value in _WARNED.items():
        said = [header for header in headers if str(header.get(word) or "") == value]
        if said:
            setattr(kept, word, value)
        if said and word == "LossyImageCompression":
            for other in _WITH_LOSS:
                if (element := _element(said[0], other)) is not None and _is_writable(element):
                    kept[other] = copy(element)
        elif word == "BurnedInAnnotation" and all(header.get(word) == "NO" for header in headers):
            kept.BurnedInAnnotation = "NO"
