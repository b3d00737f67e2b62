"""Describe a derived series: its series, unit, pixels and windows, as its class of images needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer3d.core.notes.note import facts_text
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.dicom.series.identity import references_of
from viewer3d.dicom.series.stack import Stack
from viewer3d.dicom.write.made import LONGEST_STRING, describe_identity
from viewer3d.dicom.write.stored import StoredScale
from viewer3d.errors import OutputError

if TYPE_CHECKING:
    from pydicom import Dataset

CT: Final = "1.2.840.10008.5.1.4.1.1.2"
MR: Final = "1.2.840.10008.5.1.4.1.1.4"
PT: Final = "1.2.840.10008.5.1.4.1.1.128"
"""SOP Classes of single-frame images (PS3.4 B.5)."""

SINGLE_FRAME_CLASSES: Final = {
    **dict.fromkeys((CT, f"{CT}.1", f"{CT}.2"), CT),
    **dict.fromkeys((MR, f"{MR}.1", f"{MR}.4"), MR),
    **dict.fromkeys((PT, "1.2.840.10008.5.1.4.1.1.130", f"{PT}.1"), PT),
}
"""SOP Classes of a source (single-frame, enhanced, legacy converted) and the class of what is derived (PS3.4 B.5)."""

_PET_UNITS: Final = {
    "Bq/ml": ("BQML", ""), "counts": ("CNTS", ""), "proportional to counts": ("PROPCNTS", ""),
    "proportional to counts/s": ("PROPCPS", ""), "g/ml": ("GML", ""), "cm2/ml": ("CM2ML", ""), "%": ("PCNT", ""),
    "SUVbw": ("GML", "BW"), "SUVlbm": ("GML", "LBM"), "SUVibw": ("GML", "IBW"), "": ("NONE", ""),
}  # fmt: skip
"""Units as viewer3d writes them, and Units (0054,1001) and SUV Type (0054,1006) of PET (PS3.3 C.8.9.1)."""

_EMPTY: Final = {
    "": "PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime ReferringPhysicianName StudyID "
    "AccessionNumber Manufacturer PositionReferenceIndicator",
    CT: "KVP AcquisitionNumber",
    MR: "ScanOptions MRAcquisitionType RepetitionTime EchoTime EchoTrainLength",
    PT: "CorrectedImage CollimatorType AcquisitionDate AcquisitionTime",
}
"""Attributes of Type 2, which are there and may be empty: of all images (PS3.3 A.3, A.4 and A.21), and of a class."""

_NEEDED: Final[dict[str, dict[str, Any]]] = {
    CT: {"Modality": "CT"},
    MR: {"Modality": "MR", "ScanningSequence": "RM", "SequenceVariant": "NONE"},
    PT: {
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

_LONGEST_COMMENT: Final = 10240
"""Letters of Image Comments (0020,4000), an LT (PS3.5 6.2)."""

_LONGEST_TEXT: Final = 1024
"""Letters of a Short Text (PS3.5 6.2)."""

SERIES_OFFSET: Final = 1000
"""Is added to the Series Number of the source, so that the derived series is listed behind those of the scanner."""


def add_required(base: Dataset, sop_class: str) -> None:
    """Add what an image of a class must have, empty where it is not known."""
    for word in (*_EMPTY[""].split(), *_EMPTY[sop_class].split()):
        if word not in base:
            setattr(base, word, None)
    for word, value in _NEEDED[sop_class].items():
        if base.get(word) in (None, ""):
            setattr(base, word, value)
    base.SOPClassUID = sop_class


def describe_series(
    base: Dataset, volume: Volume, stack: Stack, description: str | None, number: int | None, *, identify: bool
) -> None:
    """Add the attributes of the new series, under new UIDs."""
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
    if facts := facts_text(volume.notes):
        base.ImageComments = f"viewer3d notes: {facts}"[:_LONGEST_COMMENT]


def describe_image_type(base: Dataset, header: Dataset, sop_class: str) -> None:
    """Add Image Type (0008,0008): derived, with what the source says of its own."""
    before = [str(one) for one in header.get("ImageType") or []]
    if sop_class == CT:  # the third is AXIAL of all that is no localizer (PS3.3 C.8.2.1.1.1)
        rest = ["AXIAL"]
    elif sop_class == MR:
        rest = before[2:] or ["OTHER"]
    else:
        rest = []
    # Of PET the second is always PRIMARY (PS3.3 C.8.9.4.1.1).
    base.ImageType = ["DERIVED", "PRIMARY" if sop_class == PT else "SECONDARY", *rest]


def check_unit(volume: Volume, sop_class: str, name: str) -> None:
    """Check that the unit of values is one that images of a class can have.

    Raises
    ------
    OutputError
        When it is none of those of PET.
    """
    if sop_class == PT and volume.unit not in _PET_UNITS:
        raise OutputError(
            f"{name}: values in {printable(volume.unit)}, for which PET has no word (PS3.3 C.8.9.1): give one of "
            f"{', '.join(filter(None, _PET_UNITS))}"
        )


def describe_unit(base: Dataset, volume: Volume, scale: StoredScale, sop_class: str) -> None:
    """Add the unit of values and how they are rescaled."""
    if sop_class == PT:
        base.Units, suv = _PET_UNITS[volume.unit]
        if suv:
            base.SUVType = suv
    elif sop_class == CT or scale.slope != 1.0 or volume.unit:
        base.RescaleType = printable(volume.unit)[:LONGEST_STRING] or "US"
    if sop_class == PT or "RescaleType" in base:
        base.RescaleSlope, base.RescaleIntercept = decimal_string(scale.slope), "0"


def describe_pixels(base: Dataset, volume: Volume, scale: StoredScale, sop_class: str) -> None:
    """Add how pixels are stored, and the directions and distances of their grid."""
    columns, rows, _ = volume.shape
    across, down, through = volume.spacing
    base.SamplesPerPixel = 1
    base.PhotometricInterpretation = "MONOCHROME1" if volume.inverted and sop_class != PT else "MONOCHROME2"
    base.Rows, base.Columns = rows, columns
    base.BitsAllocated, base.BitsStored, base.HighBit = 16, 16, 15
    base.PixelRepresentation = int(scale.signed)
    base.PixelSpacing = [decimal_string(down), decimal_string(across)]
    base.SliceThickness = decimal_string(through)
    if sop_class == MR:
        base.SpacingBetweenSlices = decimal_string(through)
    direction = volume.geometry.direction
    base.ImageOrientationPatient = [decimal_string(part) for part in (*direction[:, 0], *direction[:, 1])]
    if volume.background is not None:
        background = volume.background / scale.slope
        limits = np.iinfo(scale.dtype)
        if background == round(background) and limits.min <= background <= limits.max:
            base.add_new("PixelPaddingValue", "SS" if scale.signed else "US", int(background))


def describe_windows(base: Dataset, volume: Volume) -> None:
    """Add windows as VOI attributes: the files' own of one function, else the default."""
    found: list[Window] = [one.without_table for one in volume.windows or (volume.default_window,)]
    alike = [one for one in found if one.function == found[0].function]
    base.WindowCenter = [decimal_string(one.center) for one in alike]
    base.WindowWidth = [decimal_string(one.width) for one in alike]
    if found[0].function != "LINEAR":
        base.VOILUTFunction = found[0].function


def decimal_string(value: float) -> str:
    """Return a number as a Decimal String (PS3.5 6.2), of at most 16 letters."""
    from pydicom.valuerep import format_number_as_ds  # noqa: PLC0415 (as above)

    return format_number_as_ds(float(value) + 0.0)
