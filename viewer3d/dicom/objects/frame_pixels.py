"""The stored pixels of all frames of a segmentation: as bits, packed, or as whole numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.dicom.files.sources import FILE_REMEDY, DatasetSource, unreadable
from viewer3d.dicom.headers.frame import StoredPixels
from viewer3d.dicom.pixels.decode import (
    MOST_PADDING,
    Codestreams,
    check_decoder,
    decode_frame,
    is_encapsulated,
    native_values,
    read_dataset,
    seconds_a_pixel,
)
from viewer3d.dicom.pixels.transfer_syntaxes import DEFLATED_LITTLE_ENDIAN, FAMILY_OF, NATIVE
from viewer3d.errors import BadFileError

if TYPE_CHECKING:
    from viewer3d.dicom.pixels.workers import Worker

_BYTE: Final = 8
"""Frames whose bits end at the end of a byte, however many pixels they have."""

_LITTLE_ENDIAN: Final = NATIVE | {DEFLATED_LITTLE_ENDIAN}

_BITWISE: Final = ("RLE", "Deflated Image Frame", "Encapsulated Uncompressed")
"""Compressions of bytes, which keep the bits of a frame packed (PS3.5 8.2 and A.4)."""


def packed_frames(stored: StoredPixels) -> NDArray[np.uint8]:
    """Read the pixels of frames of single bits.

    Parameters
    ----------
    stored : StoredPixels
        With Bits Allocated of 1.

    Returns
    -------
    ndarray of uint8, shape (frames, bytes)
        Eight pixels a byte, the first in the lowest bit (PS3.5 8.1.1); each frame begins with a byte, and the bits
        behind its last pixel are 0.

    Raises
    ------
    BadFileError
        When there are fewer bits than the header says, or they cannot be decoded.
    """
    pixels = stored.rows * stored.columns
    if is_encapsulated(stored):
        packed = _packed_streams(stored)
    elif stored.transfer_syntax in _LITTLE_ENDIAN:
        packed = _split_bits(_native_bytes(stored), stored.frames, pixels)
    else:
        return np.stack([pack_bits(one != 0) for one in native_values(stored, range(stored.frames))])
    if pixels % _BYTE:
        packed[:, -1] &= np.uint8((1 << pixels % _BYTE) - 1)
    return packed


def pack_bits(values: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return booleans of one frame as packed bits, shape (bytes,), the first in the lowest bit."""
    return np.packbits(values.reshape(-1), bitorder="little")


def frame_values(stored: StoredPixels) -> NDArray[Any]:
    """Read the pixels of frames of whole numbers of 8 or 16 bits.

    Returns
    -------
    ndarray of uint8 or uint16, shape (frames, rows, columns)

    Raises
    ------
    BadFileError
        When there are fewer than the header says, or they cannot be decoded.
    """
    dtype = np.dtype(np.uint8 if stored.bits_allocated == _BYTE else np.uint16)
    shape = (stored.frames, stored.rows, stored.columns)
    if is_encapsulated(stored):
        return _decoded(stored, dtype)
    if stored.transfer_syntax in _LITTLE_ENDIAN:
        data = _native_bytes(stored)
        return np.frombuffer(data, dtype.newbyteorder("<"), int(np.prod(shape))).reshape(shape)
    return np.stack([one.astype(dtype) for one in native_values(stored, range(stored.frames))])


def _split_bits(data: bytes, frames: int, pixels: int) -> NDArray[np.uint8]:
    """Return bits of frames that follow each other without a gap, each frame at the begin of a byte."""
    held = np.frombuffer(data, np.uint8)
    size = -(-pixels // _BYTE)
    if pixels % _BYTE == 0:
        return held[: frames * size].reshape(frames, size)
    packed = np.empty((frames, size), np.uint8)
    for first in range(0, frames, _BYTE):  # every eighth frame begins with a byte
        count = min(_BYTE, frames - first)
        start = first * pixels // _BYTE
        bits = np.unpackbits(held[start:], count=count * pixels, bitorder="little")
        packed[first : first + count] = np.packbits(bits.reshape(count, pixels), axis=1, bitorder="little")
    return packed


def _native_bytes(stored: StoredPixels) -> bytes:
    """Return the bytes of native pixels, as many as the header asks for."""
    needed = -(-stored.rows * stored.columns * stored.frames * stored.bits_allocated // _BYTE)
    if stored.offset is None or stored.length is None or isinstance(stored.source, DatasetSource):
        value = read_dataset(stored)[stored.keyword].value
        data = bytes(value if isinstance(value, bytes) else value.read())
    else:
        try:
            with stored.source.open(buffering=0) as file:
                file.seek(stored.offset)
                data = file.read(min(stored.length, needed + MOST_PADDING + 1))
        except OSError as error:
            raise unreadable(stored.source, error) from error
    asked = f"{stored.frames} x {stored.columns} x {stored.rows} pixels of {stored.bits_allocated} bits"
    if len(data) < needed:
        held = f"the file holds {len(data):,}; {FILE_REMEDY}"
        raise BadFileError(f"{stored.source.name}: truncated: {asked} need {needed:,} bytes, {held}")
    even = needed + needed % 2
    if len(data) > even and (len(data) > needed + MOST_PADDING or any(data[even:])):
        raise BadFileError(
            f"{stored.source.name}: Rows, Columns and Number of Frames do not fit its pixel data: {asked} need "
            f"{needed:,} bytes, the file holds more; {FILE_REMEDY}"
        )
    return data


def _packed_streams(stored: StoredPixels) -> NDArray[np.uint8]:
    """Decode frames of single bits, which codecs of images give as a byte a pixel."""
    pixels = stored.rows * stored.columns
    size = -(-pixels // _BYTE)
    if FAMILY_OF[stored.transfer_syntax].name in _BITWISE:
        bytes_of = replace(stored, rows=1, columns=size, bits_allocated=8, bits_stored=8, high_bit=7)
        try:
            return _decoded(bytes_of, np.dtype(np.uint8)).reshape(stored.frames, size)
        except BadFileError:
            if stored.frames * pixels <= size:  # one pixel: both are the same
                raise
    one_byte = replace(stored, bits_allocated=8, bits_stored=8, high_bit=7)
    values = _decoded(one_byte, np.dtype(np.uint8))
    return np.stack([pack_bits(one != 0) for one in values])


def _decoded(stored: StoredPixels, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Decode all frames by workers into one array, shape (frames, rows, columns)."""
    from viewer3d.dicom.pixels.distribute import distribute_work, workers_for  # noqa: PLC0415 (few are compressed)

    check_decoder(stored)
    values = np.empty((stored.frames, stored.rows, stored.columns), dtype)
    streams = Codestreams([stored] * stored.frames)

    def work(worker: Worker, number: int) -> None:
        found = decode_frame(stored, number, streams.of(stored, number), worker)
        if found.size and (found.min() < 0 or found.max() > np.iinfo(dtype).max):
            raise BadFileError(f"{stored.name_of(number)}: has labels that do not fit its bits; {FILE_REMEDY}")
        values[number] = found

    seconds = stored.frames * stored.rows * stored.columns * seconds_a_pixel(stored)
    distribute_work(work, stored.frames, workers_for(seconds))
    return values
