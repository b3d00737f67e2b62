"""Lossless JPEG by the letter of T.81: the bits that a picture takes, for every predictor, without a decoder."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from viewer3d.dicom.pixels.jpeg import flat_is_zeros, is_whole, segments, size_of, zeros_before

Pixels = np.ndarray[Any, Any]
ROWS, COLUMNS, BITS = 13, 17, 12


def predicted(pixels: Pixels, row: int, column: int, predictor: int) -> int:
    if row == 0 and column == 0:
        return 1 << (BITS - 1)
    if row == 0:
        return int(pixels[0, column - 1])
    if column == 0:
        return int(pixels[row - 1, 0])
    a, b, c = (int(pixels[r, k]) for r, k in ((row, column - 1), (row - 1, column), (row - 1, column - 1)))
    return {1: a, 2: b, 3: c, 4: a + b - c, 5: a + (b - c >> 1), 6: b + (a - c >> 1), 7: a + b >> 1}[predictor]


def encode(pixels: Pixels, predictor: int) -> bytes:
    """Encode with a table that has a code of 5 bits for each of the 17 categories, by plain loops."""
    bits = ""
    for row in range(ROWS):
        for column in range(COLUMNS):
            away = int(pixels[row, column]) - predicted(pixels, row, column, predictor)
            size = abs(away).bit_length()
            bits += f"{size:05b}" + (f"{away if away > 0 else away + (1 << size) - 1:0{size}b}" if size else "")
    bits += "1" * (-len(bits) % 8)
    coded = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    table = b"\xff\xc4" + struct.pack(">HB", 19 + 17, 0) + bytes([0] * 4 + [17] + [0] * 11) + bytes(range(17))
    header = b"\xff\xc3" + struct.pack(">HBHHB3B", 11, BITS, ROWS, COLUMNS, 1, 1, 0x11, 0)
    scan = b"\xff\xda" + struct.pack(">HB5B", 8, 1, 1, 0, predictor, 0, 0)
    return b"\xff\xd8" + header + table + scan + coded + b"\xff\xd9"


@pytest.mark.parametrize("predictor", range(1, 8))
def test_the_bits_of_every_predictor_are_counted(predictor: int) -> None:
    pixels = np.random.default_rng(predictor).integers(0, 1 << BITS, (ROWS, COLUMNS)).astype(np.uint16)
    data = encode(pixels, predictor)
    assert is_whole(data, pixels)
    assert is_whole(data, pixels.astype(np.int16))  # what a signed file makes of the same bits
    assert is_whole(data[:-4] + data[-2:], pixels) is False
    assert is_whole(data[:-2] + bytes(60) + data[-2:], pixels) is False
    assert is_whole(encode(np.full_like(pixels, 5), predictor), pixels) is False


def test_what_is_not_lossless_is_not_counted() -> None:
    pixels = np.zeros((ROWS, COLUMNS), np.uint16)
    data = encode(pixels, 1)
    assert is_whole(data.replace(b"\xff\xc3", b"\xff\xc0", 1), pixels) is None
    assert is_whole(data[:2] + b"\xff\xdd\0\4\0\1" + data[2:], pixels) is None  # restart intervals
    assert is_whole(b"\xff\xd8\xff\xd9", pixels) is None


def test_segments_end_at_the_scan_and_at_damage() -> None:
    data = encode(np.zeros((ROWS, COLUMNS), np.uint16), 1)
    assert [one.marker for one in segments(data)] == [0xC3, 0xC4, 0xDA]
    assert size_of(data) == (ROWS, COLUMNS)
    assert segments(data[:2] + b"\xff" + data[2:])[0].marker == 0xC3  # a fill byte
    assert segments(data[:20]) == segments(data)[:1]
    assert segments(b"") == []
    assert size_of(b"\xff\xd8\xff\xd9") is None


def test_zeros_are_flat_where_the_first_code_says_so() -> None:
    data = encode(np.zeros((ROWS, COLUMNS), np.uint16), 1)
    assert flat_is_zeros(data)
    at = data.index(bytes(range(17)))
    assert not flat_is_zeros(data[:at] + bytes([3, *range(1, 17)]) + data[at + 17 :])
    assert not flat_is_zeros(b"\xff\xd8\xff\xd9")
    assert zeros_before(b"a\0\0\xff\xd9", 3) == 2
    assert zeros_before(b"", 0) == 0
