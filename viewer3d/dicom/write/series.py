"""Make a derived series of images of a volume, with the headers of the series it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.series.identity import references_of
from viewer3d.dicom.series.scan import Scan, Series
from viewer3d.dicom.series.stack import Stack
from viewer3d.dicom.write.kept import attributes_of_frames, kept_header, read_headers
from viewer3d.dicom.write.made import LONGEST_STRING, describe_identity
from viewer3d.dicom.write.sources import find_source, nearest_frames, source_items
from viewer3d.dicom.write.stored import StoredScale, stored_scale
from viewer3d.errors import OutputError

if TYPE_CHECKING:
    from pydicom import Dataset

_CT, _MR, _PT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.128"
_CLASSES: Final = {
    **dict.fromkeys((_CT, f"{_CT}.1", f"{_CT}.2"), _CT),
    **dict.fromkeys((_MR, f"{_MR}.1", f"{_MR}.4"), _MR),
    _PT: _PT,
}
"""SOP Classes of a source (single-frame, enhanced, legacy converted) and the class of what is derived (PS3.4 B.5).
Enhanced PET says how it was corrected in other words, which are not translated."""

_OF_PET_FRAMES: Final = ("DecayFactor", "FrameReferenceTime", "ActualFrameDuration")
"""Attributes of PET that belong to each image: a slice has those of the image nearest to it."""

_PET_UNITS: Final = {
    "Bq/ml": ("BQML", ""), "counts": ("CNTS", ""), "proportional to counts": ("PROPCNTS", ""),
    "proportional to counts/s": ("PROPCPS", ""), "g/ml": ("GML", ""), "cm2/ml": ("CM2ML", ""), "%": ("PCNT", ""),
    "SUVbw": ("GML", "BW"), "SUVlbm": ("GML", "LBM"), "SUVibw": ("GML", "IBW"), "": ("NONE", ""),
}  # fmt: skip
"""Units as viewer3d writes them, and Units (0054,1001) and SUV Type (0054,1006) of PET (PS3.3 C.8.9.1)."""

_EMPTY: Final = {
    "": "PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime ReferringPhysicianName StudyID "
    "AccessionNumber Manufacturer PositionReferenceIndicator",
    _CT: "KVP AcquisitionNumber",
    _MR: "ScanOptions MRAcquisitionType RepetitionTime EchoTime EchoTrainLength",
    _PT: "CorrectedImage CollimatorType AcquisitionDate AcquisitionTime",
}
"""Attributes of Type 2, which are there and may be empty: of all images (PS3.3 A.3, A.4 and A.21), and of a class."""

_NEEDED: Final[dict[str, dict[str, Any]]] = {
    _CT: {"Modality": "CT"},
    _MR: {"Modality": "MR", "ScanningSequence": "RM", "SequenceVariant": "NONE"},
    _PT: {
        "Modality": "PT",
        "CountsSource": "EMISSION",
        "DecayCorrection": "NONE",
        "FrameReferenceTime": "0",
        "ActualFrameDuration": "0",
        "SeriesDate": "19000101",
        "SeriesTime": "000000",
    },
}
"""Attributes of Type 1 that a source may lack, or its images not share, and what is written then: research mode (RM) of
MR, no decay correction, a date that is none."""

_LONGEST_TEXT: Final = 1024
"""Letters of a Short Text (PS3.5 6.2)."""

SERIES_OFFSET: Final = 1000
"""Is added to the Series Number of the source, so that the derived series is listed behind those of the scanner."""


@dataclass(frozen=True, eq=False)
class DerivedSeries:
    """The files of a derived series, in the order of their slices.

    Attributes
    ----------
    files : tuple of (str, callable)
        The name of each, and what writes it into an open file.
    notes : tuple of str
        What was decided, and what the files do not hold.
    """

    files: tuple[tuple[str, Callable[[BinaryIO], object]], ...]
    notes: tuple[str, ...]


def plan_derived_series(
    volume: Volume,
    source: DicomInput | Scan | Series,
    name: str,
    *,
    identify: bool = True,
    description: str | None = None,
    number: int | None = None,
    progress: Progress | None = None,
) -> DerivedSeries:
    """Plan the single-frame images (PS3.3 A.3, A.4, A.21) of a volume as a new, derived series.

    Parameters
    ----------
    volume : Volume
    source : path, pydicom.Dataset, sequence of them, Scan or Series
        The series that the volume is of: what all of its images share of patient, study, equipment and acquisition is
        taken over.
    name : str
        Of what is written, in messages.
    identify : bool
        Whether patient, study and references to the source are taken over. Without them all UIDs are new.
    description : str, optional
        Series Description (0008,103E).
    number : int, optional
        Series Number (0020,0011).
    progress : callable, optional

    Raises
    ------
    OutputError
        When the source is no CT, MR or PET, or values or their unit cannot be held.
    NotFoundError, ChoiceError, GeometryError, BadFileError
        As :func:`viewer3d.dicom.write.sources.find_source`, and when a file cannot be read.
    """
    stack, is_own = find_source(volume, source)
    of_source = stack.frames[0].sop_class
    sop_class = _CLASSES.get(of_source)
    if sop_class is None:
        raise OutputError(
            f"{name}: its source holds {stack.frames[0].series.modality or 'images'} that are no CT, MR or PET images: "
            "only of these a derived series is written; save it as .nii.gz or .nrrd"
        )
    scale = stored_scale(volume, name)
    headers = read_headers(stack.frames)
    base = kept_header(headers, identify=identify, is_enhanced=of_source != sop_class)
    _complete(base, sop_class)
    _describe_series(base, volume, stack, description, number, identify=identify)
    _describe_image_type(base, headers[0], sop_class)
    _describe_unit(base, volume, scale, sop_class, name)
    _describe_pixels(base, volume, scale, sop_class)
    _describe_windows(base, volume)
    if sop_class == _PT:
        _complete_pet(base, headers, volume.shape[2], identify=identify)
    own = _own_attributes(volume, stack, headers, sop_class, identify=identify)
    notes = (*_notes(volume, scale, is_own=is_own), *_identity_notes(base, identify=identify))
    told = stage_progress(progress, "writing")

    def writer(k: int) -> Callable[[BinaryIO], object]:
        def write(file: BinaryIO) -> None:
            _image(base, own[k], volume, scale, k).save_as(file, enforce_file_format=True)
            if told is not None:
                told(k + 1, volume.shape[2])

        return write

    return DerivedSeries(tuple((f"IM{k + 1:04d}.dcm", writer(k)) for k in range(volume.shape[2])), notes)


def _own_attributes(
    volume: Volume, stack: Stack, headers: list[Dataset], sop_class: str, *, identify: bool
) -> list[Dataset]:
    """Return for each slice what it has of the images it lies in: references, and of PET times."""
    from pydicom import Dataset  # noqa: PLC0415 (0.3 s, and only who writes DICOM needs it)

    own = [Dataset() for _ in range(volume.shape[2])]
    if identify:
        for one, items in zip(own, source_items(stack.frames, volume.geometry), strict=True):
            if items:
                one.SourceImageSequence = items
    if sop_class == _PT:
        of_frames = attributes_of_frames(headers, stack.frames, _OF_PET_FRAMES)
        for one, nearest in zip(own, nearest_frames(stack.frames, volume.geometry), strict=True):
            one.update(of_frames[nearest])
    return own


def _complete(base: Dataset, sop_class: str) -> None:
    """Add what an image of a class must have."""
    for word in (*_EMPTY[""].split(), *_EMPTY[sop_class].split()):
        if word not in base:
            setattr(base, word, None)
    for word, value in _NEEDED[sop_class].items():
        if base.get(word) in (None, ""):
            setattr(base, word, value)
    base.SOPClassUID = sop_class


def _describe_series(
    base: Dataset, volume: Volume, stack: Stack, description: str | None, number: int | None, *, identify: bool
) -> None:
    from pydicom.uid import generate_uid  # noqa: PLC0415 (0.3 s, and only who writes DICOM needs it)

    changes = ", ".join(dict.fromkeys(volume.provenance.changes)) if volume.provenance else ""
    if description is None:
        before = printable(volume.description) if identify else ""
        description = f"{before[: LONGEST_STRING - len(changes or 'derived') - 3]} ({changes or 'derived'})".strip()
    base.SeriesDescription = description[:LONGEST_STRING]
    before_it = stack.frames[0].series.number
    base.SeriesNumber = number if number is not None else SERIES_OFFSET + (before_it or 0)
    base.SeriesInstanceUID = generate_uid(prefix=None)
    describe_identity(base, identify=identify)
    if identify and base.Modality != "PT":  # its decay correction counts from there
        base.SeriesDate, base.SeriesTime = base.ContentDate, base.ContentTime
    named = references_of(stack)
    known = volume.frame_of_reference or (named[0] if len(named) == 1 else "")
    base.FrameOfReferenceUID = known if identify and known else generate_uid(prefix=None)
    base.DerivationDescription = f"viewer3d: {changes or 'written from a volume'}"[:_LONGEST_TEXT]


def _describe_image_type(base: Dataset, header: Dataset, sop_class: str) -> None:
    before = [str(one) for one in header.get("ImageType") or []]
    if sop_class == _CT:  # the third is AXIAL of all that is no localizer (PS3.3 C.8.2.1.1.1)
        rest = ["AXIAL"]
    elif sop_class == _MR:
        rest = before[2:] or ["OTHER"]
    else:
        rest = []
    # Of PET the second is always PRIMARY (PS3.3 C.8.9.4.1.1).
    base.ImageType = ["DERIVED", "PRIMARY" if sop_class == _PT else "SECONDARY", *rest]


def _describe_unit(base: Dataset, volume: Volume, scale: StoredScale, sop_class: str, name: str) -> None:
    if sop_class == _PT:
        if volume.unit not in _PET_UNITS:
            raise OutputError(
                f"{name}: values in {printable(volume.unit)}, for which PET has no word (PS3.3 C.8.9.1): give one of "
                f"{', '.join(filter(None, _PET_UNITS))}"
            )
        base.Units, suv = _PET_UNITS[volume.unit]
        if suv:
            base.SUVType = suv
    elif sop_class == _CT or scale.slope != 1.0 or volume.unit:
        base.RescaleType = printable(volume.unit)[:LONGEST_STRING] or "US"
    if sop_class == _PT or "RescaleType" in base:
        base.RescaleSlope, base.RescaleIntercept = decimal_string(scale.slope), "0"


def _describe_pixels(base: Dataset, volume: Volume, scale: StoredScale, sop_class: str) -> None:
    columns, rows, _ = volume.shape
    across, down, through = volume.spacing
    base.SamplesPerPixel = 1
    base.PhotometricInterpretation = "MONOCHROME1" if volume.inverted and sop_class != _PT else "MONOCHROME2"
    base.Rows, base.Columns = rows, columns
    base.BitsAllocated, base.BitsStored, base.HighBit = 16, 16, 15
    base.PixelRepresentation = int(scale.signed)
    base.PixelSpacing = [decimal_string(down), decimal_string(across)]
    base.SliceThickness = decimal_string(through)
    if sop_class == _MR:
        base.SpacingBetweenSlices = decimal_string(through)
    direction = volume.geometry.direction
    base.ImageOrientationPatient = [decimal_string(part) for part in (*direction[:, 0], *direction[:, 1])]
    if volume.background is not None:
        background = volume.background / scale.slope
        limits = np.iinfo(scale.dtype)
        if background == round(background) and limits.min <= background <= limits.max:
            base.add_new("PixelPaddingValue", "SS" if scale.signed else "US", int(background))


def _describe_windows(base: Dataset, volume: Volume) -> None:
    """Add windows as VOI attributes: the files' own of one function, else the default."""
    found: list[Window] = [one.without_table for one in volume.windows or (volume.default_window,)]
    alike = [one for one in found if one.function == found[0].function]
    base.WindowCenter = [decimal_string(one.center) for one in alike]
    base.WindowWidth = [decimal_string(one.width) for one in alike]
    if found[0].function != "LINEAR":
        base.VOILUTFunction = found[0].function


def _complete_pet(base: Dataset, headers: list[Dataset], slices: int, *, identify: bool) -> None:
    base.NumberOfSlices = slices
    kind = [str(one) for one in base.get("SeriesType") or []]
    base.SeriesType = ["WHOLE BODY" if kind[:1] == ["WHOLE BODY"] else "STATIC", "IMAGE"]
    for word in (
        "RadiopharmaceuticalInformationSequence",
        "PatientOrientationCodeSequence",
        "PatientGantryRelationshipCodeSequence",
    ):
        if word not in base:
            setattr(base, word, [])
    if not identify:
        return
    began = [(str(one.get("AcquisitionDate") or ""), str(one.get("AcquisitionTime") or "")) for one in headers]
    if all(date and time for date, time in began):
        base.AcquisitionDate, base.AcquisitionTime = min(began)


def _image(base: Dataset, own: Dataset, volume: Volume, scale: StoredScale, k: int) -> Dataset:
    """Return the image of a slice, with its pixels: what all have, and what is its own."""
    from pydicom import Dataset  # noqa: PLC0415 (as above)
    from pydicom.dataset import FileMetaDataset  # noqa: PLC0415
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid  # noqa: PLC0415

    image = Dataset()
    image.update(base)
    image.update(own)
    image.SOPInstanceUID = generate_uid(prefix=None)
    image.InstanceNumber = k + 1
    position = volume.affine[:3, 3] + k * volume.affine[:3, 2]
    image.ImagePositionPatient = [decimal_string(part) for part in position]
    if image.Modality == "PT":
        image.ImageIndex = k + 1
    stored = scale.stored(volume.voxels[:, :, k].T)
    image.add_new("PixelData", "OW", np.ascontiguousarray(stored).tobytes())
    image.file_meta = FileMetaDataset()
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return image


def _notes(volume: Volume, scale: StoredScale, *, is_own: bool) -> Iterator[str]:
    if scale.error:
        unit = f" {printable(volume.unit)}" if volume.unit else ""
        yield f"Values are stored in 16 bits: they differ by at most {scale.error:.3g}{unit} from those of the volume."
    if not is_own:
        yield "The volume was not read from its source: patient, study and frame of reference are taken to be its."
    if volume.measured is not None:
        yield "DICOM has no place for which voxels were measured: those that were filled in are as the others."
    if volume.graphics is not None:
        yield "What is drawn over the images (overlay planes, shutters, a presentation state) is not written."


def _identity_notes(base: Dataset, *, identify: bool) -> Iterator[str]:
    if identify:
        yield "The files hold patient and study of their source: identify=False leaves them out."
        return
    yield (
        "Patient, study, dates and references to the source are left out and all UIDs are new: the files fit no other "
        "series any more. What the pixels show is as it was."
    )
    if base.get("BurnedInAnnotation") == "YES":
        yield "Burned In Annotation (0028,0301) of the source is YES: its pixels may hold who the patient is."
    if base.Modality == "PT":
        yield "A PET image needs a Series Date (0008,0021): it is 1900-01-01, and SUV cannot be computed of it."


def decimal_string(value: float) -> str:
    """Return a number as a Decimal String (PS3.5 6.2), of at most 16 letters."""
    from pydicom.valuerep import format_number_as_ds  # noqa: PLC0415 (as above)

    return format_number_as_ds(float(value) + 0.0)
