"""Which transfer syntax is read by what: the one table of compressed pixel data (PS3.5 A.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PACKAGE: Final = "imagecodecs"
"""What holds the decoders; it is no part of this process, see :mod:`viewer3d.dicom.pixels.workers`."""


@dataclass(frozen=True)
class Family:
    """A way of compressing, the transfer syntaxes that use it, and what decodes it.

    Attributes
    ----------
    name : str
    syntaxes : tuple of str
        UIDs of the transfer syntaxes.
    decoders : tuple of str
        Names of :data:`~viewer3d.dicom.pixels.decode_worker.DECODERS`: where one refuses a frame, the next is asked.
        None where the frames are not compressed.
    library : str
        What decodes, for people.
    cost : float
        Nanoseconds a pixel on one core of a server of 2024; where none was measured, that of the others.
    """

    name: str
    syntaxes: tuple[str, ...]
    decoders: tuple[str, ...]
    library: str
    cost: float


def _jpegs(*numbers: int) -> tuple[str, ...]:
    return tuple(f"1.2.840.10008.1.2.4.{number}" for number in numbers)


FAMILIES: Final = (
    Family("RLE", ("1.2.840.10008.1.2.5",), ("RLE", "RLE, padded"), "imagecodecs", 3),
    Family("JPEG, 8 and 12 bits", _jpegs(50, 51), ("JPEG",), "libjpeg-turbo", 12),
    Family("JPEG lossless", _jpegs(57, 70), ("JPEG lossless", "JPEG lossless, another"), "liblj92, jpegsof3", 14),
    Family("JPEG-LS", _jpegs(80, 81), ("JPEG-LS",), "CharLS", 17),
    Family("JPEG 2000", _jpegs(90, 91), ("JPEG 2000",), "OpenJPEG", 110),
    Family("HTJ2K", _jpegs(201, 202, 203), ("JPEG 2000",), "OpenJPEG", 30),
    Family("JPEG XL", _jpegs(110, 111, 112), ("JPEG XL",), "libjxl", 60),
    Family("Deflated Image Frame", ("1.2.840.10008.1.2.8.1",), ("deflate",), "zlib", 8),
    Family("Encapsulated Uncompressed", ("1.2.840.10008.1.2.1.98",), (), "nothing", 1),
)
"""The compressions that DICOM files come in."""

FAMILY_OF: Final[Mapping[str, Family]] = {syntax: family for family in FAMILIES for syntax in family.syntaxes}
"""Transfer syntax to its family."""

ENCAPSULATED: Final = frozenset(FAMILY_OF)
"""Transfer syntaxes with an explicit little endian header and frames in fragments."""
