"""Movies as APNG: a PNG whose first picture any program shows.

The form is that of the PNG specification, third edition: acTL, fcTL and fdAT. Pillow makes a PNG of each picture,
whose chunks are put together here as they are drawn: its own writer keeps all pictures in memory until the last.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer3d.figures.movies.picture_stream import PictureStream, changed_parts
from viewer3d.recipes.embed import save_options
from viewer3d.render.output import FORMATS

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
FOREVER: Final = 0
"""How often the movie is played."""


def write_apng(file: BinaryIO, stream: PictureStream) -> None:
    """Write a movie as APNG; every pixel is kept.

    Parameters
    ----------
    file : binary file
    stream : PictureStream
    """
    file.write(SIGNATURE)
    number = 0
    for index, (pixels, rows, columns) in enumerate(changed_parts(stream)):
        is_first = index == 0
        chunks = _chunks(pixels, save_options("PNG", stream.texts) if is_first else {})
        if is_first:
            for name, content in chunks:
                if name not in (b"IDAT", b"IEND"):
                    _write(file, name, content)
            _write(file, b"acTL", struct.pack(">II", stream.count, FOREVER))
        place = (columns.stop - columns.start, rows.stop - rows.start, columns.start, rows.start)
        _write(file, b"fcTL", struct.pack(">IIIIIHHBB", number, *place, stream.milliseconds, 1000, 0, 0))
        number += 1
        for content in (content for name, content in chunks if name == b"IDAT"):
            if is_first:
                _write(file, b"IDAT", content)
            else:
                _write(file, b"fdAT", struct.pack(">I", number) + content)
                number += 1
    _write(file, b"IEND", b"")


def _chunks(pixels: NDArray[np.uint8], options: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """Make a PNG, and return its chunks: their names and contents."""
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG", **FORMATS[".png"][1], **options)
    content, place, chunks = png.getvalue(), len(SIGNATURE), []
    while place < len(content):
        length, name = struct.unpack_from(">I4s", content, place)
        chunks.append((name, content[place + 8 : place + 8 + length]))
        place += 12 + length  # a check sum comes last
    return chunks


def _write(file: BinaryIO, name: bytes, content: bytes) -> None:
    file.write(struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content)))
