"""Make a DICOM secondary capture (PS3.3 A.8) of a picture, in the study of the series it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.notes.note import Note
from viewer3d.core.text import printable
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.objects.capture import PRIVATE_CREATOR, PRIVATE_GROUP, RECIPE_ELEMENT
from viewer3d.dicom.series.scan import Scan, Series
from viewer3d.dicom.series.stack import Stack
from viewer3d.dicom.write.kept import kept_study, read_headers
from viewer3d.dicom.write.made import IDENTIFIED, LONGEST_STRING, MAKER, MadeObject, describe_identity, software_version
from viewer3d.dicom.write.sources import find_stacks, image_items
from viewer3d.errors import OutputError

if TYPE_CHECKING:
    from pydicom import Dataset

_SINGLE: Final = "1.2.840.10008.5.1.4.1.1.7"
_GRAY_FRAMES: Final = f"{_SINGLE}.2"
_COLOR_FRAMES: Final = f"{_SINGLE}.4"
"""SOP Classes: Secondary Capture Image, Multi-frame Grayscale Byte and Multi-frame True Color (PS3.4 B.5)."""

_MOST_PIXELS: Final = (1 << 16) - 1
"""Along a side: Rows and Columns are of 16 bits."""

_MOST_BYTES: Final = (1 << 32) - 2
"""Of Pixel Data (PS3.5 7.1.1)."""

SERIES_OFFSET_OF_CAPTURES: Final = 3000
"""Is added to the Series Number of the source."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture, or those of a movie, and what is known of it.

    Attributes
    ----------
    frames : ndarray of uint8, shape (frames, height, width) or (frames, height, width, 3)
        Grey, or red, green and blue.
    seconds : tuple of float
        How long each frame of a movie is shown; none of a picture.
    what : str
        What it is, as ``"picture (shot)"``.
    series : tuple of str
        Digests of the series that it was made of, as :attr:`viewer3d.Provenance.series`; the first decides the study.
    geometry : Geometry, optional
        The grid of the first volume that it shows.
    packet : str
        An XMP packet that holds its recipe; may be empty.
    names_patient : bool or None
        Whether it shows who the patient is; None where that is not known.
    """

    frames: NDArray[np.uint8]
    seconds: tuple[float, ...] = ()
    what: str = "picture"
    series: tuple[str, ...] = ()
    geometry: Geometry | None = None
    packet: str = ""
    names_patient: bool | None = None


def make_capture(
    picture: Picture,
    source: DicomInput | Scan | Series,
    name: str,
    *,
    identify: bool = True,
    description: str | None = None,
    number: int | None = None,
) -> MadeObject:
    """Make a secondary capture of a picture, uncompressed; of several frames a multi-frame one.

    Parameters
    ----------
    picture : Picture
    source : path, pydicom.Dataset, sequence of them, Scan or Series
        The series that it shows: patient and study are taken over.
    name : str
        Of the file, in messages.
    identify : bool
        Whether patient, study and references to the source are taken over. Without them all UIDs are new.
    description : str, optional
        Series Description (0008,103E).
    number : int, optional
        Series Number (0020,0011).

    Raises
    ------
    OutputError
        When it is too large for DICOM, or names the patient who is to be left out.
    NotFoundError, ChoiceError, BadFileError
        When the source is not there, is one of several, or cannot be read.
    """
    check_pixels(picture, name)
    if not identify and picture.names_patient:
        raise OutputError(
            f"{name}: the picture shows who the patient is, so that identify=False would leave it in its pixels: draw "
            "it without identify=True (--identify) first"
        )
    stacks, is_own = find_stacks(picture.series, picture.geometry, source, "picture")
    headers = read_headers(stacks[0].frames)
    base = kept_study(headers, identify=identify)
    describe_identity(base, identify=identify)
    _describe_series(base, picture, stacks[0], description, number)
    if identify:
        base.SourceImageSequence = [item for stack in stacks for item in image_items(stack.frames)]
    is_burned = bool(picture.names_patient) or base.get("BurnedInAnnotation") == "YES"
    _describe_pixels(base, picture)
    _describe_annotation(base, picture, is_burned=is_burned)
    if picture.packet:
        block = base.private_block(PRIVATE_GROUP, PRIVATE_CREATOR, create=True)
        block.add_new(RECIPE_ELEMENT, "UT", picture.packet)
    _add_file_meta(base)
    return MadeObject(base, tuple(_notes(picture, identify=identify, is_own=is_own, is_burned=is_burned)))


def check_pixels(picture: Picture, name: str) -> None:
    """Check that a picture fits into a secondary capture.

    Raises
    ------
    OutputError
        When a side or the whole is too large.
    """
    count, height, width = picture.frames.shape[:3]
    if max(height, width) > _MOST_PIXELS:
        raise OutputError(f"{name}: {width} x {height} pixels, and DICOM holds {_MOST_PIXELS} a side: draw it smaller")
    if picture.frames.nbytes > _MOST_BYTES:
        raise OutputError(
            f"{name}: {count} frames take {picture.frames.nbytes:,} bytes, and DICOM holds {_MOST_BYTES:,} of them "
            "uncompressed: give fewer or smaller ones"
        )


def _describe_series(
    base: Dataset, picture: Picture, stack: Stack, description: str | None, number: int | None
) -> None:
    """Add series, equipment and image (PS3.3 C.7.3.1, C.8.6.1 and C.7.6.1)."""
    from pydicom.uid import generate_uid  # noqa: PLC0415 (0.3 s, and only who writes DICOM needs it)

    base.SeriesInstanceUID, base.SOPInstanceUID = generate_uid(prefix=None), generate_uid(prefix=None)
    before = stack.frames[0].series.number or 0
    base.SeriesNumber = number if number is not None else SERIES_OFFSET_OF_CAPTURES + before
    base.InstanceNumber = 1
    base.SeriesDescription = printable(description or f"viewer3d {picture.what}")[:LONGEST_STRING]
    base.Modality = "OT"  # as dcmtk's img2dcm and highdicom: it is no image of a scanner
    base.ConversionType = "WSD"
    base.ImageType = ["DERIVED", "SECONDARY"]
    base.DerivationDescription = f"viewer3d: {picture.what} of a volume of the source images"
    base.PatientOrientation = base.Laterality = None  # of Types 2 and 2C: not known
    for prefix in ("", "SecondaryCaptureDevice"):
        setattr(base, f"{prefix}Manufacturer", MAKER)
        setattr(base, f"{prefix}ManufacturerModelName", MAKER)
    base.SoftwareVersions = base.SecondaryCaptureDeviceSoftwareVersions = software_version()
    if "ContentDate" in base:
        base.SeriesDate, base.SeriesTime = base.ContentDate, base.ContentTime
        base.DateOfSecondaryCapture, base.TimeOfSecondaryCapture = base.ContentDate, base.ContentTime


def _describe_pixels(base: Dataset, picture: Picture) -> None:
    count, height, width = picture.frames.shape[:3]
    in_color = picture.frames.ndim == 4
    base.SOPClassUID = _SINGLE if count == 1 else _COLOR_FRAMES if in_color else _GRAY_FRAMES
    base.SamplesPerPixel = 3 if in_color else 1
    base.PhotometricInterpretation = "RGB" if in_color else "MONOCHROME2"
    if in_color:
        base.PlanarConfiguration = 0
    base.Rows, base.Columns = height, width
    base.BitsAllocated, base.BitsStored, base.HighBit, base.PixelRepresentation = 8, 8, 7, 0
    if count > 1:
        base.NumberOfFrames = count
        milliseconds = [round(1000 * one, 3) for one in picture.seconds] or [100.0] * count
        if len(set(milliseconds)) == 1:
            base.FrameTime = milliseconds[0]
            base.add_new("FrameIncrementPointer", "AT", 0x00181063)
        else:  # of the first frame it is 0: they are times between frames (PS3.3 C.7.6.5)
            base.FrameTimeVector = [0.0, *milliseconds[:-1]]
            base.add_new("FrameIncrementPointer", "AT", 0x00181065)
        if not in_color:
            base.PresentationLUTShape, base.RescaleIntercept, base.RescaleSlope = "IDENTITY", "0", "1"
            base.RescaleType = "US"
    data = np.ascontiguousarray(picture.frames).tobytes()
    base.add_new("PixelData", "OB", data + b"\0" * (len(data) % 2))


def _describe_annotation(base: Dataset, picture: Picture, *, is_burned: bool) -> None:
    """Say whether the pixels name the patient: Burned In Annotation (0028,0301).

    It is left out where that is not known. Multi-frame captures have to say it (PS3.3 C.8.6.3): it is YES then.
    """
    if is_burned:
        base.BurnedInAnnotation = "YES"
    elif picture.names_patient is False:
        base.BurnedInAnnotation = "NO"
    elif len(picture.frames) > 1:
        base.BurnedInAnnotation = "YES"
    elif "BurnedInAnnotation" in base:
        del base.BurnedInAnnotation


def _add_file_meta(base: Dataset) -> None:
    from pydicom.dataset import FileMetaDataset  # noqa: PLC0415 (as above)
    from pydicom.uid import ExplicitVRLittleEndian  # noqa: PLC0415

    base.file_meta = FileMetaDataset()
    base.file_meta.MediaStorageSOPClassUID = base.SOPClassUID
    base.file_meta.MediaStorageSOPInstanceUID = base.SOPInstanceUID
    base.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian


def _notes(picture: Picture, *, identify: bool, is_own: bool, is_burned: bool) -> Sequence[Note]:
    notes = []
    if not picture.packet:
        text = "No recipe is known of the picture: give the path of the file that viewer3d wrote to have it in."
        notes.append(Note(text, "written.no_recipe"))
    if not is_own:
        text = "Nothing says that the picture was made of its source: patient and study are taken to be its."
        notes.append(Note(text, "written.source_assumed"))
    if identify:
        notes.append(IDENTIFIED)
    else:
        text = (
            "Patient, study, dates and references to the source are left out and all UIDs are new: the file fits no "
            "other series any more. What the pixels show is as it was."
        )
        notes.append(Note(text, "written.unidentified"))
    if picture.names_patient is None and not is_burned:
        said = "is YES, as it has to be said" if len(picture.frames) > 1 else "is left out"
        text = f"It is not known whether the pixels name the patient: Burned In Annotation (0028,0301) {said}."
        notes.append(Note(text, "written.burned_in_unknown"))
    elif is_burned:
        text = "Burned In Annotation (0028,0301) is YES: the pixels may hold who the patient is."
        notes.append(Note(text, "written.burned_in"))
    return notes
