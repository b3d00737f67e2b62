"""Parse codestreams of JPEG (ITU-T T.81) to find whether they are complete."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LONG_RUN: Final = 32
"""Least zero bytes before the end marker that are suspicious: 256 bits of one symbol."""

LAST_PIXELS: Final = 8
"""Last pixels that are compared: fewer are often alike by chance, with more, missing data is overlooked."""

END_MARKER: Final = b"\xff\xd9"
"""EOI of JPEG and JPEG-LS, EOC of JPEG 2000; it does not occur in coded data."""

_FRAME_HEADERS: Final = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}  # SOFn; SOF55 of JPEG-LS
_LOSSLESS, _TABLES, _SCAN, _RESTARTS = 0xC3, 0xC4, 0xDA, 0xDD  # SOF3, DHT, SOS, DRI


@dataclass(frozen=True)
class MarkerSegment:
    """A marker segment: the second byte of its marker, and the offsets of its parameters."""

    marker: int
    start: int
    end: int


def segments(codestream: bytes) -> list[MarkerSegment]:
    """Return the marker segments up to that of the first scan, included (T.81 B.1.1.4)."""
    found, at = [], 2
    while at + 4 <= len(codestream) and codestream[at] == 0xFF:
        marker, length = codestream[at + 1], int.from_bytes(codestream[at + 2 : at + 4], "big")
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if length < 2 or at + 2 + length > len(codestream):
            break
        found.append(MarkerSegment(marker, at + 4, at + 2 + length))
        if marker == _SCAN:
            break
        at += 2 + length
    return found


def size_of(codestream: bytes) -> tuple[int, int] | None:
    """Return rows and columns by the frame header (T.81 B.2.2, T.87 C.2.2); None where there is none."""
    for one in segments(codestream):
        if one.marker in _FRAME_HEADERS and one.end - one.start >= 6:
            rows, columns = struct.unpack_from(">HH", codestream, one.start + 1)
            return rows, columns
    return None


def zeros_before(codestream: bytes, end: int) -> int:
    """Return how many zero bytes are before an offset."""
    return end - len(codestream[:end].rstrip(b"\0"))


def flat_is_zeros(codestream: bytes) -> bool:
    """Return whether zero bits can be a flat part of an image.

    The first code of a Huffman table is all zeros. Only where it means "no difference" in every table can an image end
    in many zeros; else they would be an endless row of steps or waves.
    """
    firsts = [next(iter(lengths)) for lengths in _tables(codestream).values() if lengths]
    return bool(firsts) and not any(firsts)


def _tables(codestream: bytes) -> dict[int, dict[int, int]]:
    """Return the Huffman tables by class and number: the code length of each symbol, shortest first."""
    tables: dict[int, dict[int, int]] = {}
    for one in segments(codestream):
        at = one.start
        while one.marker == _TABLES and at + 17 <= one.end:  # T.81 B.2.4.2: class and number, 16 counts, the symbols
            counts = codestream[at + 1 : at + 17]
            lengths = [bits for bits, count in enumerate(counts, 1) for _ in range(count)]
            tables[codestream[at]] = dict(zip(codestream[at + 17 : at + 17 + len(lengths)], lengths, strict=False))
            at += 17 + len(lengths)
    return tables


def ends_alike(codestream: bytes, image: NDArray[Any]) -> bool:
    """Return whether the last pixels all differ from their predictions by one number, as after a cut.

    A decoder that runs out of data repeats one code: depending on the predictor that gives a ramp along the row, or a
    copy of the row above. Most images do not end so, and :func:`is_whole` counts the bits of those that do.

    Parameters
    ----------
    codestream : bytes
    image : ndarray of integers, shape (rows, columns)
    """
    last = image[-2:].astype(np.int32)
    scan = next((one for one in segments(codestream) if one.marker == _SCAN), None)
    frame = next((one for one in segments(codestream) if one.marker == _LOSSLESS), None)
    if scan is None or frame is None or scan.end - scan.start != 6 or len(last) < 2 or last.shape[1] <= LAST_PIXELS:
        return last.shape[1] < 3 or not np.ptp(np.diff(last[-1]))
    differences = _differences(last, codestream[frame.start], codestream[scan.start + 3])
    return differences is None or not np.ptp(differences[-1, -LAST_PIXELS:] & 0xFFFF)


def is_whole(codestream: bytes, image: NDArray[Any]) -> bool | None:
    """Return whether a lossless codestream has as many bits as its decoded pixels need.

    A decoder that runs out of data continues with zeros, and one that finds zeros reads them as data until the image
    is full. In the first case there are too few bits, in the second too many.

    Parameters
    ----------
    codestream : bytes
        Of one component, with its end marker.
    image : ndarray of integers, shape (rows, columns)
        Decoded values, of all the bits that the codestream has.

    Returns
    -------
    bool or None
        None when that cannot be counted: not lossless, or with restart intervals.
    """
    found = {one.marker: one for one in segments(codestream)}
    if not found.keys() >= {_LOSSLESS, _SCAN} or _RESTARTS in found:
        return None
    header, scan = found[_LOSSLESS].start, found[_SCAN]
    components, _, table, predictor, _, shift = codestream[scan.start : scan.start + 6]
    lengths = _tables(codestream).get(table >> 4)
    if components != 1 or lengths is None:
        return None
    bits = codestream[header]
    differences = _differences((image.astype(np.int32) & (1 << bits) - 1) >> (shift & 15), bits, predictor)
    if differences is None:
        return None
    counts = np.bincount(_categories()[differences & 0xFFFF].ravel(), minlength=17).tolist()
    if any(count and category not in lengths for category, count in enumerate(counts)):
        return None
    # T.81 H.1.2.2: the code of the category, then as many bits as its number; 16 has none.
    needed = sum(count * (lengths[n] + n % 16) for n, count in enumerate(counts) if count)
    coded = codestream[scan.end : codestream.rfind(END_MARKER)]
    held = 8 * (len(coded) - coded.count(b"\xff\0"))  # the zero behind each FF is no data
    return bool(0 <= held - needed < 8 * LONG_RUN)


def _differences(image: NDArray[np.int32], bits: int, predictor: int) -> NDArray[np.int32] | None:
    """Return each value minus its prediction (T.81 H.1.2.1); None for an unknown predictor."""
    left, above, beyond = image[1:, :-1], image[:-1, 1:], image[:-1, :-1]
    predictions: dict[int, Callable[[], NDArray[np.int32]]] = {
        1: lambda: left,
        2: lambda: above,
        3: lambda: beyond,
        4: lambda: left + above - beyond,
        5: lambda: left + (above - beyond >> 1),
        6: lambda: above + (left - beyond >> 1),
        7: lambda: left + above >> 1,
    }
    if predictor not in predictions:
        return None
    predicted = np.empty_like(image)
    predicted[0, 0] = 1 << bits - 1
    predicted[0, 1:] = image[0, :-1]
    predicted[1:, 0] = image[:-1, 0]
    predicted[1:, 1:] = predictions[predictor]()
    return image - predicted


@cache
def _categories() -> NDArray[np.uint8]:
    """Return the category of each difference modulo 65,536 (T.81 H.1.2.2): the bits of its size."""
    size = np.minimum(np.arange(1 << 16), np.arange(1 << 16, 0, -1))
    categories: NDArray[np.uint8] = np.ceil(np.log2(size + 1)).astype(np.uint8)
    return categories
