"""The attributes that the loader reads from the top level of a header, and their decoding.

The fast reader and pydicom give the same: a dict from keyword to a tuple of str, int or float. An attribute that is
absent, empty, or not of its VR is not in it.
"""

from __future__ import annotations

import os
import struct
from functools import lru_cache
from hashlib import blake2b
from math import isfinite
from typing import Final, Literal

ValueKind = Literal["text", "number", "integer", "US", "FD", "FL", "token"]
AttributeValue = tuple[str, ...] | tuple[int, ...] | tuple[float, ...]
Attributes = dict[str, AttributeValue]
"""Keyword to values, of those attributes that are present and valid."""

OVERLAYS: Final = 16
"""Groups of overlay planes: 6000, 6002, ... 601E (PS3.3 C.9.2). Only whether there are any is used."""

ATTRIBUTES: Final[dict[int, tuple[str, ValueKind]]] = {
    0x00080005: ("SpecificCharacterSet", "text"),
    0x00080008: ("ImageType", "text"),
    0x00080016: ("SOPClassUID", "text"),
    0x00080018: ("SOPInstanceUID", "text"),
    0x00080022: ("AcquisitionDate", "text"),
    0x00080023: ("ContentDate", "text"),
    0x0008002A: ("AcquisitionDateTime", "text"),
    0x00080032: ("AcquisitionTime", "text"),
    0x00080033: ("ContentTime", "text"),
    0x00080060: ("Modality", "text"),
    0x0008103E: ("SeriesDescription", "text"),
    0x00089208: ("ComplexImageComponent", "text"),
    0x00100010: ("PatientName", "token"),
    0x00100020: ("PatientID", "token"),
    0x00180010: ("ContrastBolusAgent", "text"),
    0x00180050: ("SliceThickness", "number"),
    0x00180060: ("KVP", "number"),
    0x00180081: ("EchoTime", "number"),
    0x00180082: ("InversionTime", "number"),
    0x00180086: ("EchoNumbers", "integer"),
    0x00180088: ("SpacingBetweenSlices", "number"),
    0x00181060: ("TriggerTime", "number"),
    0x00181210: ("ConvolutionKernel", "text"),
    0x00181250: ("ReceiveCoilName", "text"),
    0x00181312: ("InPlanePhaseEncodingDirection", "text"),
    0x00181314: ("FlipAngle", "number"),
    0x00181600: ("ShutterShape", "text"),
    0x00185100: ("PatientPosition", "text"),
    0x00189020: ("MagnetizationTransfer", "text"),
    0x00189075: ("DiffusionDirectionality", "text"),
    0x00189087: ("DiffusionBValue", "FD"),
    0x00189089: ("DiffusionGradientOrientation", "FD"),
    0x00189214: ("RespiratoryCyclePosition", "text"),
    0x00189236: ("CardiacCyclePosition", "text"),
    0x00189257: ("ASLContext", "text"),
    0x00189361: ("MultienergyCTAcquisition", "text"),
    0x0020000D: ("StudyInstanceUID", "text"),
    0x0020000E: ("SeriesInstanceUID", "text"),
    0x00200011: ("SeriesNumber", "integer"),
    0x00200012: ("AcquisitionNumber", "integer"),
    0x00200013: ("InstanceNumber", "integer"),
    0x00200032: ("ImagePositionPatient", "number"),
    0x00200037: ("ImageOrientationPatient", "number"),
    0x00200052: ("FrameOfReferenceUID", "text"),
    0x00200100: ("TemporalPositionIdentifier", "integer"),
    0x00209153: ("NominalCardiacTriggerDelayTime", "FD"),
    0x00209241: ("NominalPercentageOfCardiacPhase", "FL"),
    0x00209245: ("NominalPercentageOfRespiratoryPhase", "FL"),
    0x00280002: ("SamplesPerPixel", "US"),
    0x00280004: ("PhotometricInterpretation", "text"),
    0x00280008: ("NumberOfFrames", "integer"),
    0x00280010: ("Rows", "US"),
    0x00280011: ("Columns", "US"),
    0x00280030: ("PixelSpacing", "number"),
    0x00280100: ("BitsAllocated", "US"),
    0x00280101: ("BitsStored", "US"),
    0x00280102: ("HighBit", "US"),
    0x00280103: ("PixelRepresentation", "US"),
    0x00280120: ("PixelPaddingValue", "US"),
    0x00280301: ("BurnedInAnnotation", "text"),
    0x00281050: ("WindowCenter", "number"),
    0x00281051: ("WindowWidth", "number"),
    0x00281052: ("RescaleIntercept", "number"),
    0x00281053: ("RescaleSlope", "number"),
    0x00281054: ("RescaleType", "text"),
    0x00281056: ("VOILUTFunction", "text"),
    0x00282110: ("LossyImageCompression", "text"),
    0x00282112: ("LossyImageCompressionRatio", "number"),
    0x00282114: ("LossyImageCompressionMethod", "text"),
    0x00541001: ("Units", "text"),
    0x00541300: ("FrameReferenceTime", "number"),
    0x3004000E: ("DoseGridScaling", "number"),
    0x30040002: ("DoseUnits", "text"),
    0x30040004: ("DoseType", "text"),
    0x3004000A: ("DoseSummationType", "text"),
    **{0x60000010 + (n << 17): ("OverlayRows", "US") for n in range(OVERLAYS)},
}
"""Tag to keyword and kind of value. Pixel Padding Value is US or SS: it is read as US, and its sign set later."""

NESTED: Final = frozenset(
    {
        0x00283000,  # Modality LUT Sequence
        0x00283010,  # VOI LUT Sequence
        0x00540016,  # Radiopharmaceutical Information Sequence
        0x3004000C,  # Grid Frame Offset Vector
        0x30060020,  # Structure Set ROI Sequence
        0x300A0010,  # Dose Reference Sequence
        0x52009229,  # Shared Functional Groups Sequence
        0x52009230,  # Per-Frame Functional Groups Sequence
        0x7FE00008,  # Float Pixel Data
        0x7FE00009,  # Double Float Pixel Data
    }
)
"""Attributes that the loader needs and that only pydicom reads."""

PIXEL_DATA: Final = 0x7FE00010

UNDEFINED_LENGTH: Final = 0xFFFFFFFF
"""Length of an element that ends with a delimiter (PS3.5 7.1)."""

_SALT: Final = os.urandom(16)  # new in each process: tokens distinguish patients within it, and nothing else

TILED: Final = frozenset({"MOSAIC", "VFRAME"})
"""Values of Image Type of images that are many slices side by side: those of Siemens, and of UIH."""

MAX_INTEGER: Final = (1 << 31) - 1
"""The largest value of IS (PS3.5 6.2)."""

BINARY: Final[dict[str, tuple[str, int]]] = {"US": ("H", 2), "FL": ("f", 4), "FD": ("d", 8)}
"""Binary kinds: their code for struct, and bytes per number."""


@lru_cache(maxsize=1 << 12)
def decode(raw: bytes, kind: ValueKind) -> AttributeValue | None:
    """Decode the bytes of a little-endian value; None when it is empty.

    Name and ID of the patient become tokens: equal for equal texts, and the text cannot be found from them.

    Results are cached: most values of a slice are those of the slice before.

    Raises
    ------
    ValueError
        When the bytes are not of that kind, or ambiguous: the caller then leaves them to pydicom.
    """
    if kind in BINARY:
        code, size = BINARY[kind]
        if len(raw) % size:
            raise ValueError(raw)
        binary = struct.unpack(f"<{len(raw) // size}{code}", raw)
        if not all(isfinite(value) for value in binary):
            raise ValueError(raw)
        return binary or None
    if kind == "token":
        name = raw.strip(b"\0 ")
        return (blake2b(name, key=_SALT, digest_size=16).hexdigest(),) if name else None
    text = raw.decode("ascii").rstrip("\0 ")  # pydicom decodes other character sets
    if not text.isprintable():
        raise ValueError(raw)  # for one, ESC, which changes the character set
    if not text:
        return None
    parts = text.split("\\")
    if kind == "text":
        return tuple(part.strip() for part in parts)
    if kind == "integer":
        whole = tuple(int(part) for part in parts)
        if max(map(abs, whole)) > MAX_INTEGER:
            raise ValueError(raw)
        return whole
    numbers = tuple(float(part) for part in parts)
    if not all(map(isfinite, numbers)):
        raise ValueError(raw)
    return numbers
