"""Values that attributes may have in damaged or odd files."""

from __future__ import annotations

import random
from typing import Any

ODD: tuple[Any, ...] = (
    b"", "", " ", "x", "0", "-1", "1e400", "nan", "inf", "1e-30", "1\\2", "1\\2\\3", "\\\\", "9" * 40, "2147483648",
    b"\0", b"\0" * 16, b"\xff" * 9, "1\\" * 3000, "A" * 20000, "1.5", "-0", "+3", "0x10", "1,5", "\x1b[31m", "a\nb",
)  # fmt: skip
NUMBERS: tuple[Any, ...] = (
    0, 1, 2, 7, 8, 12, 15, 16, 17, 31, 32, 64, 255, 4096, 32767, 32768, 65535, 1 << 31, (1 << 32) - 1, (1, 2),
    (0, 0, 0), 1e300, float("nan"), float("inf"), -1.5,
)  # fmt: skip
DIRECTIONS = (
    "0\\0\\0\\0\\0\\0", "1\\0\\0\\1\\0\\0", "1e300\\0\\0\\0\\1\\0", "0\\1\\0\\0\\0\\-1", "nan\\0\\0\\0\\1\\0",
    "1\\0\\0", "0.99\\0.01\\0\\0\\1\\0.02", "1e-200\\0\\0\\0\\1e-200\\0", "-1\\0\\0\\0\\1\\0", "1\\0\\0\\0\\0.5\\0.5",
)  # fmt: skip
POSITIONS = (
    "0\\0\\0", "1e300\\0\\0", "1e9\\0\\5", "nan\\0\\0", "1\\2", "0\\0\\1e-9", "inf\\0\\0", "0\\0\\1e18", "-0\\-0\\-0",
    "",
)  # fmt: skip
WIDTHS = ("0", "-5", "1e300", "nan", "1", "0.001", "400\\x", "1\\2\\3\\4", "inf")
TIMES = ("", "x", "250000", "-1", "000000", "2359", "235960", "120000.999999", "10:11:12", "1e5")
DATES = ("", "x", "00000000", "99999999", "20200230", "19000101", "2020.01.02", "20200101-20200102")

EDITED: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "SamplesPerPixel"), NUMBERS),
    "PixelRepresentation": (0, 1, 2),
    "NumberOfFrames": ("0", "1", "2", "3", "999999", "-1", "2147483647", "x", "1\\2"),
    "RescaleSlope": ("0", "-1", "0.001", "1e300", "-1e-300", "nan", "3.7", "1e38", "2\\3"),
    "RescaleIntercept": ("1e300", "nan", "0.5", "-99999", "-1e38"),
    "RescaleType": ("HU", "US", "", "OD", "\\", "Z" * 60),
    "ImagePositionPatient": POSITIONS,
    "ImageOrientationPatient": DIRECTIONS,
    "PixelSpacing": ("0\\0", "-1\\1", "1e300\\1", "1e-300\\1e-300", "1", "nan\\1", "0.1\\9", "1e18\\1e18"),
    "SliceThickness": ("0", "-1", "nan", "1e300"),
    "SpacingBetweenSlices": ("0", "-1", "nan", "1e300", "1e-300"),
    "GantryDetectorTilt": ("90", "-30", "nan", "1e300"),
    "PhotometricInterpretation": ("MONOCHROME1", "RGB", "PALETTE COLOR", "", "YBR_FULL", "x" * 20),
    "PlanarConfiguration": (0, 1, 7),
    "Modality": ("CT", "PT", "MR", "SEG", "RTDOSE", "", "NM", "OT"),
    "ImageType": ("ORIGINAL\\PRIMARY\\MOSAIC", "DERIVED", "\\\\\\", "ORIGINAL\\PRIMARY\\LOCALIZER"),
    "SOPClassUID": (
        "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4.1", "1.2.840.10008.5.1.4.1.1.66.4",
        "1.2.840.10008.5.1.4.1.1.481.2", "1.2.840.10008.1.3.10", "1.2.840.10008.5.1.4.1.1.20", "x", "",
    ),
    "WindowWidth": WIDTHS,
    "WindowCenter": WIDTHS,
    "VOILUTFunction": ("LINEAR", "SIGMOID", "LINEAR_EXACT", "x", ""),
    "EchoTime": ("1", "nan", "x", "1\\2"),
    "TriggerTime": ("1", "nan", "x", "1e300"),
    "TemporalPositionIdentifier": ("0", "1", "-1", "x", "99999999999"),
    "InstanceNumber": ("0", "1", "-1", "x", "99999999999", "1\\2"),
    "SeriesNumber": ("", "x", "-1", "99999999999", "1e3"),
    "AcquisitionNumber": ("", "7", "x"),
    "SeriesInstanceUID": ("1.2.3", "", "x", "1.2.3\\4.5"),
    "StudyInstanceUID": ("1.2.3", "", "x"),
    "FrameOfReferenceUID": ("1.2.3", "", "x"),
    "SOPInstanceUID": ("1.2.3", ""),
    "PixelPaddingValue": (0, 65535, 32768, -2000, (1, 2)),
    "PixelPaddingRangeLimit": (0, 65535, 100),
    "SmallestImagePixelValue": (0, 65535),
    "PatientName": ("\x1b]0;x\x07", "A^B^C^D^E^F^G", "=cmd()", "^" * 100, ""),
    "PatientPosition": ("HFS", "FFP", "x", "\x1b[2J", ""),
    "SeriesDescription": ("\x1b[2J", "<svg/onload=1>", "a\nb", "\u202e", "=1+1", ""),
    "SpecificCharacterSet": (
        "ISO_IR 192", "ISO_IR 100", "\\ISO 2022 IR 87", "ISO 2022 IR 149\\x", "GB18030", "bogus", "", "\\\\\\",
        "utf-16",
    ),
    "Units": ("BQML", "CNTS", "GML", "x", ""),
    "DecayCorrection": ("START", "ADMIN", "NONE", "x"),
    "CorrectedImage": ("ATTN", "DECY\\ATTN", "", "x"),
    "PatientWeight": ("0", "-1", "70", "nan", "1e300", "1e-300"),
    "RadionuclideTotalDose": ("0", "-1", "nan", "1e300", "3.7e8"),
    "RadionuclideHalfLife": ("0", "-1", "nan", "1e300", "6586.2"),
    "RadiopharmaceuticalStartTime": TIMES,
    "AcquisitionTime": TIMES,
    "SeriesTime": TIMES,
    "SeriesDate": DATES,
    "AcquisitionDate": DATES,
    "StackID": ("", "2", "x" * 30),
    "InStackPositionNumber": NUMBERS,
    "DimensionIndexValues": NUMBERS,
    "BurnedInAnnotation": ("YES", "x"),
    "LossyImageCompression": ("01", "00", "x"),
}  # fmt: skip
"""Attributes that a picture is made of, and what they may say."""


def odd_value(vr: bytes, chance: random.Random) -> Any:
    """Return a value that an element of a value representation should not have."""
    if vr in (b"US", b"SS", b"UL", b"SL", b"FL", b"FD", b"UV", b"SV") and chance.random() < 0.8:
        return chance.choice(NUMBERS)
    return chance.choice(ODD)
