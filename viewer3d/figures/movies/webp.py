"""Movies as WebP, which keep every pixel in two thirds of the size of an APNG.

The form is that of RFC 9649, 2.7: VP8X, ANIM, ANMF. Pillow makes a WebP of each picture, whose bitstreams are
put together here as they are drawn: its own writer keeps all pictures in memory until the last.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer3d.figures.movies.picture_stream import PictureStream, changed_parts
from viewer3d.recipes.xmp import xmp_packet

EXACT: Final = {"lossless": True, "method": 1, "quality": 20}
"""A fifth larger than the smallest that WebP can do, in a third of the time."""

SMALL: Final = {"quality": 90, "method": 2}
"""For notebooks: a quarter of the size."""

ANIMATION: Final = 0x02
XMP: Final = 0x04
"""Flags of what is in a file."""

_NOT_BLENDED: Final = 0x02
"""Flag of a picture that is not blended with the one before."""


def write_webp(file: BinaryIO, stream: PictureStream) -> None:
    """Write a movie as WebP; every pixel is kept.

    Parameters
    ----------
    file : binary file
        Can be sought in.
    stream : PictureStream
    """
    _write(file, stream, EXACT)


def write_preview(file: BinaryIO, stream: PictureStream) -> None:
    """Write a movie as a small WebP that is not exact, for notebooks."""
    _write(file, stream, SMALL)


def _write(file: BinaryIO, stream: PictureStream, options: Mapping[str, Any]) -> None:
    sides = [_three(side - 1) for side in stream.size]
    flags = ANIMATION | (XMP if stream.texts else 0)
    file.write(b"RIFF\0\0\0\0WEBP")
    _write_chunk(file, b"VP8X", bytes([flags, 0, 0, 0]) + b"".join(sides))
    _write_chunk(file, b"ANIM", struct.pack("<IH", 0, 0))  # on black, forever
    for pixels, rows, columns in changed_parts(stream):
        place = (columns.start // 2, rows.start // 2, columns.stop - columns.start - 1, rows.stop - rows.start - 1)
        about = b"".join(_three(number) for number in (*place, stream.milliseconds)) + bytes([_NOT_BLENDED])
        _write_chunk(file, b"ANMF", about + _bitstream(pixels, options))
    if stream.texts:
        _write_chunk(file, b"XMP ", xmp_packet(stream.texts).encode())
    length = file.tell()
    file.seek(4)
    file.write(struct.pack("<I", length - 8))


def _bitstream(pixels: NDArray[np.uint8], options: Mapping[str, Any]) -> bytes:
    # A still WebP without alpha or texts is a header of 12 bytes and one chunk with its name and length.
    webp = io.BytesIO()
    Image.fromarray(pixels).save(webp, "WEBP", **options)
    return webp.getvalue()[12:]


def _three(number: int) -> bytes:
    return struct.pack("<I", number)[:3]


def _write_chunk(file: BinaryIO, name: bytes, content: bytes) -> None:
    file.write(name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2))
