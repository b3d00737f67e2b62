"""Frames to codestreams in every transfer syntax that is read; nothing here is part of the package."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import imagecodecs
import numpy as np

Pixels = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Syntax:
    """How frames are encoded.

    Attributes
    ----------
    uid : str
    encode : callable
        Takes a frame of uint8 or uint16, shape (rows, columns), and its number.
    bits : int
        8 or 12 of the stored values.
    """

    uid: str
    encode: Callable[[Pixels, int], bytes]
    bits: int = 12


def _plain(encode: Callable[..., Any], **options: Any) -> Callable[[Pixels, int], bytes]:
    return lambda frame, _number: bytes(encode(frame, **options))


def rle(frame: Pixels, _number: int = 0) -> bytes:
    """Encode by PS3.5 G: a segment for each byte of the pixels, the most significant first, every run of its row."""
    planes = [
        frame.astype(f">u{frame.itemsize}").view(np.uint8).reshape(*frame.shape, -1)[..., n]
        for n in range(frame.itemsize)
    ]
    segments = [b"".join(_packed_bits(row.tobytes()) for row in plane) for plane in planes]
    segments = [one + bytes(len(one) % 2) for one in segments]
    starts, at = [], 64
    for one in segments:
        starts.append(at)
        at += len(one)
    return struct.pack("<16I", len(segments), *starts, *[0] * (15 - len(segments))) + b"".join(segments)


def _packed_bits(row: bytes) -> bytes:
    made, at = b"", 0
    while at < len(row):
        run = 1
        while at + run < len(row) and run < 128 and row[at + run] == row[at]:
            run += 1
        if run > 2:
            made += bytes((257 - run, row[at]))
            at += run
            continue
        end = at + 1
        while end < len(row) and end - at < 128 and row[end : end + 1] * 3 != row[end : end + 3]:
            end += 1
        made += bytes((end - at - 1,)) + row[at:end]
        at = end
    return made


def jpeg_lossless(frame: Pixels, predictor: int, precision: int = 16) -> bytes:
    """Encode by T.81 annex H with one of the seven predictors (table H.1), all codes of five bits."""
    values = frame.astype(np.int64)
    left, above = np.roll(values, 1, 1), np.roll(values, 1, 0)
    corner = np.roll(above, 1, 1)
    predicted = (
        left, above, corner, left + above - corner, left + ((above - corner) >> 1), above + ((left - corner) >> 1),
        (left + above) >> 1,
    )[predictor - 1].copy()  # fmt: skip
    predicted[0], predicted[:, 0] = left[0], above[:, 0]
    predicted[0, 0] = 1 << (precision - 1)
    differences = ((values - predicted + 32768) % 65536 - 32768).ravel().tolist()
    bits = "".join(_code(-32768 if one == -32768 else one) for one in differences)
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    rows, columns = frame.shape
    return (
        b"\xff\xd8"
        + b"\xff\xc3" + struct.pack(">HBHHB3B", 11, precision, rows, columns, 1, 1, 0x11, 0)
        + b"\xff\xc4" + struct.pack(">HB16B17B", 36, 0, *(17 if n == 4 else 0 for n in range(16)), *range(17))
        + b"\xff\xda" + struct.pack(">HB2B3B", 8, 1, 1, 0, predictor, 0, 0)
        + data + b"\xff\xd9"
    )  # fmt: skip


def _code(difference: int) -> str:
    size = abs(difference).bit_length()
    if size in (0, 16):  # a difference of 32768 has no further bits
        return f"{size:05b}"
    return f"{size:05b}{difference if difference > 0 else difference + (1 << size) - 1:0{size}b}"


def _any_predictor(frame: Pixels, number: int) -> bytes:
    return jpeg_lossless(frame, number % 7 + 1)


def _rpcl(frame: Pixels, _number: int) -> bytes:
    """Encode HTJ2K and say that resolutions come first: of one component, layer and precinct that is the same order."""
    data = bytearray(imagecodecs.htj2k_encode(frame, reversible=True))
    data[data.index(b"\xff\x52") + 5] = 2
    return bytes(data)


def _recompressed(frame: Pixels, _number: int) -> bytes:
    return bytes(imagecodecs.jpegxl_encode_jpeg(imagecodecs.jpeg8_encode(frame, level=90), numthreads=1))


def _deflated(frame: Pixels, _number: int) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(frame.astype(frame.dtype.newbyteorder("<")).tobytes()) + packer.flush()


_J2K = partial(imagecodecs.jpeg2k_encode, codecformat="j2k", numthreads=1)
_JXL = partial(imagecodecs.jpegxl_encode, numthreads=1)

SYNTAXES: dict[str, Syntax] = {
    "RLE": Syntax("1.2.840.10008.1.2.5", rle),
    "JPEG baseline, 8 bits": Syntax("1.2.840.10008.1.2.4.50", _plain(imagecodecs.jpeg8_encode, level=90), bits=8),
    "JPEG extended, 12 bits": Syntax(
        "1.2.840.10008.1.2.4.51", _plain(imagecodecs.jpeg8_encode, level=95, bitspersample=12)
    ),
    "JPEG lossless, all predictors": Syntax("1.2.840.10008.1.2.4.57", _any_predictor),
    "JPEG lossless, first order": Syntax("1.2.840.10008.1.2.4.70", _plain(imagecodecs.ljpeg_encode, bitspersample=16)),
    "JPEG-LS": Syntax("1.2.840.10008.1.2.4.80", _plain(imagecodecs.jpegls_encode)),
    "JPEG-LS, near lossless": Syntax("1.2.840.10008.1.2.4.81", _plain(imagecodecs.jpegls_encode, level=2)),
    "JPEG 2000, lossless": Syntax("1.2.840.10008.1.2.4.90", _plain(_J2K, level=0, reversible=True)),
    "JPEG 2000": Syntax("1.2.840.10008.1.2.4.91", _plain(_J2K, level=60)),
    "HTJ2K, lossless": Syntax("1.2.840.10008.1.2.4.201", _plain(imagecodecs.htj2k_encode, reversible=True)),
    "HTJ2K, lossless, RPCL": Syntax("1.2.840.10008.1.2.4.202", _rpcl),
    "HTJ2K": Syntax("1.2.840.10008.1.2.4.203", _plain(imagecodecs.htj2k_encode, reversible=False)),
    "JPEG XL, lossless": Syntax("1.2.840.10008.1.2.4.110", _plain(_JXL, lossless=True)),
    "JPEG XL, recompressed JPEG": Syntax("1.2.840.10008.1.2.4.111", _recompressed, bits=8),
    "JPEG XL": Syntax("1.2.840.10008.1.2.4.112", _plain(_JXL, lossless=False, level=90)),
    "Deflated Image Frame": Syntax("1.2.840.10008.1.2.8.1", _deflated),
    "Encapsulated Uncompressed": Syntax("1.2.840.10008.1.2.1.98", lambda frame, _number: frame.tobytes()),
}
"""Every transfer syntax of ``viewer3d.dicom.pixels.transfer_syntaxes``, by a name."""
