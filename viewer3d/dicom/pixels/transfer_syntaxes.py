"""Transfer syntaxes: native or compressed, and what decodes each (PS3.5 8, 10 and A)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

IMPLICIT_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"
EXPLICIT_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"
EXPLICIT_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"

DEFLATED_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1.99"
"""Deflated Explicit VR Little Endian: the whole dataset is deflated, its pixels are native (PS3.5 A.5)."""

NATIVE: Final = frozenset({IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN})
"""Transfer syntaxes whose pixels are not compressed and are read from the file as they are."""

RLE: Final = "1.2.840.10008.1.2.5"
"""RLE Lossless (PS3.5 G)."""

PACKAGE: Final = "imagecodecs"
"""The package that has the decoders; it is never loaded by this process, see :mod:`viewer3d.dicom.pixels.workers`."""


@dataclass(frozen=True)
class Family:
    """Transfer syntaxes that are compressed alike, and what decodes them.

    Attributes
    ----------
    name : str
    syntaxes : tuple of str
        UIDs of the transfer syntaxes.
    decoders : tuple of str
        Names of :data:`~viewer3d.dicom.pixels.decode_worker.DECODERS`: where one refuses a frame, the next is tried.
        Empty where the frames are not compressed.
    library : str
        The library that decodes, as it is shown to users.
    cost : float
        Nanoseconds per pixel on one core of a server of 2024; a guess where none was measured.
    """

    name: str
    syntaxes: tuple[str, ...]
    decoders: tuple[str, ...]
    library: str
    cost: float


def _jpegs(*numbers: int) -> tuple[str, ...]:
    """Return the UIDs of JPEG transfer syntaxes by their last numbers."""
    return tuple(f"1.2.840.10008.1.2.4.{number}" for number in numbers)


_LOSSY_JPEG = _jpegs(50, 51)  # Baseline and Extended
_LOSSLESS_JPEG = _jpegs(57, 70)
_JPEG_LS = _jpegs(80, 81)
_JPEG_2000 = _jpegs(90, 91)
_HTJ2K = _jpegs(201, 202, 203)

FAMILIES: Final = (
    Family("RLE", (RLE,), ("RLE", "RLE, padded"), "imagecodecs", 3),
    Family("JPEG, 8 and 12 bits", _LOSSY_JPEG, ("JPEG",), "libjpeg-turbo", 12),
    Family("JPEG lossless", _LOSSLESS_JPEG, ("JPEG lossless", "JPEG lossless, another"), "liblj92, jpegsof3", 14),
    Family("JPEG-LS", _JPEG_LS, ("JPEG-LS",), "CharLS", 17),
    Family("JPEG 2000", _JPEG_2000, ("JPEG 2000",), "OpenJPEG", 110),
    Family("HTJ2K", _HTJ2K, ("JPEG 2000",), "OpenJPEG", 30),
    Family("JPEG XL", _jpegs(110, 111, 112), ("JPEG XL",), "libjxl", 60),
    Family("Deflated Image Frame", ("1.2.840.10008.1.2.8.1",), ("deflate",), "zlib", 8),
    Family("Encapsulated Uncompressed", ("1.2.840.10008.1.2.1.98",), (), "nothing", 1),
)
"""The compressions that DICOM files come in."""

FAMILY_OF: Final[Mapping[str, Family]] = {syntax: family for family in FAMILIES for syntax in family.syntaxes}
"""Transfer syntax to its family."""

ENCAPSULATED: Final = frozenset(FAMILY_OF)
"""Transfer syntaxes with an explicit little endian header and frames in fragments."""

LOSSY_JPEG: Final = frozenset(_LOSSY_JPEG)
"""JPEG by cosine transform: transfer syntaxes without a lossless mode."""

JPEG: Final = frozenset(_LOSSY_JPEG + _LOSSLESS_JPEG)
JPEG_LS: Final = frozenset(_JPEG_LS)
JPEG_2000: Final = frozenset(_JPEG_2000 + _HTJ2K)
"""Transfer syntaxes whose codestreams are read by the same rules; HTJ2K has the headers of JPEG 2000."""

UP_TO_16_BITS: Final = JPEG | JPEG_LS
"""Transfer syntaxes whose samples have at most 16 bits."""

VIDEO: Final = frozenset(one for uid in _jpegs(*range(100, 109)) for one in (uid, f"{uid}.1"))
"""MPEG-2, MPEG-4 and HEVC (PS3.5 8.2.5 to 8.2.8, 8.2.11), also in fragments: frames are coded by what changes."""
