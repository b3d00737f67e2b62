"""Pictures as PNG, by the third edition of its specification (W3C, 2025).

Pillow tries all five filters on every line. Pictures of slices and text are smooth from line to line, so each is taken
from the one above (filter "Up"), which numpy does at once; libdeflate packs what is left. Measured on pictures of
three CT and MR series, beside Pillow's level 1: 0.31 to 0.39 of the time, 0.75 to 1.00 of the size. With isal instead
it would be 0.1 of the time and 1.01 to 1.23 of the size.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_LEVEL: Final = 2
"""Of libdeflate: level 1 takes no less time and up to a tenth more room, level 3 no less room."""

_UP: Final = 2
"""The filter type (9.2): what a byte has more than the one above it, which of the first line is 0."""

_COLOR_TYPES: Final = {1: 0, 3: 2, 4: 6}
"""By channels (11.2.1): grey; red, green and blue; these with alpha."""

_METERS: Final = 1
"""The unit of pixels per metre (11.3.4.3)."""

_LARGEST: Final = 1 << 30
"""Bytes of image data in one chunk: it can have 2 to the power of 31 less one (5.3)."""


def encode_png(pixels: NDArray[np.uint8], texts: Mapping[str, str] | None = None, dpi: float | None = None) -> bytes:
    """Return a picture as a PNG file, which keeps every pixel.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width), (height, width, 3), or (height, width, 4) with alpha
    texts : mapping of str to str, optional
        What the file carries with it, by key, as international text (iTXt).
    dpi : float, optional
        Pixels per inch on paper.

    Returns
    -------
    bytes
    """
    chunks = [*head_chunks(pixels, texts, dpi), *((b"IDAT", part) for part in packed_pixels(pixels)), (b"IEND", b"")]
    return SIGNATURE + b"".join(packed_chunk(name, content) for name, content in chunks)


def head_chunks(
    pixels: NDArray[np.uint8], texts: Mapping[str, str] | None = None, dpi: float | None = None
) -> Iterator[tuple[bytes, bytes]]:
    """Return the chunks before a picture's pixels: their names and contents.

    The arguments are those of :func:`encode_png`.
    """
    height, width = pixels.shape[:2]
    yield b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _COLOR_TYPES[_channels(pixels)], 0, 0, 0)
    if dpi is not None:
        per_meter = round(dpi / 0.0254)
        yield b"pHYs", struct.pack(">IIB", per_meter, per_meter, _METERS)
    for key, text in (texts or {}).items():
        # Not compressed, and no language or other name of the key (11.3.3.4).
        yield b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode()


def packed_pixels(pixels: NDArray[np.uint8]) -> Iterator[bytes]:
    """Return the contents of the chunks that hold a picture's pixels, one unless it is huge."""
    from imagecodecs import deflate_encode  # noqa: PLC0415 (only who writes a file needs it)

    rows = pixels.reshape(pixels.shape[0], -1)
    content = bytearray(rows.shape[0] * (rows.shape[1] + 1))
    lines = np.frombuffer(content, np.uint8).reshape(rows.shape[0], -1)
    lines[:, 0] = _UP
    lines[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
    packed = bytes(deflate_encode(content, _LEVEL))
    return (packed[begin : begin + _LARGEST] for begin in range(0, len(packed), _LARGEST))


def packed_chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk as a file has it: with its length and a check sum (5.3)."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))


def _channels(pixels: NDArray[np.uint8]) -> int:
    return 1 if pixels.ndim == 2 else int(pixels.shape[2])
