"""Read one stored value of a frame, and the word that the file has for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.dicom.headers.frame import Frame, StoredPixels
from viewer3d.dicom.pixels.decode import is_encapsulated, native_values, read_dataset
from viewer3d.dicom.pixels.modality_values import read_voxels
from viewer3d.dicom.pixels.transfer_syntaxes import FAMILY_OF

BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
"""Explicit VR Big Endian (PS3.5 A.3), which is retired."""


@dataclass(eq=False)
class StoredPixelReader:
    """Reads stored values of frames; keeps the frames that it has read.

    Frames that are not compressed are read by pydicom, and not by what reads whole series.
    """

    _frames: dict[int, NDArray[Any]] = field(default_factory=dict)
    _words: dict[int, bytes] = field(default_factory=dict)

    def value(self, frame: Frame, column: int, row: int) -> float:
        """Return the stored value of a pixel of a frame, as a slice of a mosaic is one.

        Raises
        ------
        BadFileError
            When the file cannot be read or decoded.
        """
        if id(frame) not in self._frames:
            self._frames[id(frame)] = _stored_values(frame)
        return float(self._frames[id(frame)][row, column])

    def word(self, frame: Frame, column: int, row: int) -> str:
        """Return the word of the file for a pixel, in hexadecimal.

        Bits beyond Bits Stored are as they are. It is empty where pixels are compressed, or do not fill whole bytes.
        """
        stored = frame.stored
        if is_encapsulated(stored) or stored.bits_allocated % 8:
            return ""
        if id(stored) not in self._words:
            self._words[id(stored)] = read_dataset(stored)[stored.keyword].value
        tile = frame.tile
        column, row = (column + tile.left, row + tile.top) if tile else (column, row)
        size = stored.bits_allocated // 8
        begin = ((frame.index * stored.rows + row) * stored.columns + column) * size
        bytes_of_word = self._words[id(stored)][begin : begin + size]
        word = int.from_bytes(bytes_of_word, "big" if stored.transfer_syntax == BIG_ENDIAN else "little")
        return f"0x{word:0{2 * size}X}"


def _stored_values(frame: Frame) -> NDArray[Any]:
    """Return the stored values of a frame, shape (rows, columns)."""
    if is_encapsulated(frame.stored):
        plain = replace(frame, slope=1.0, intercept=0.0, table=None, scaled_by=(), flaw="")
        return read_voxels([plain])[:, :, 0].T
    image = next(native_values(frame.stored, [frame.index])).copy()
    tile = frame.tile
    return image[tile.top : tile.top + tile.rows, tile.left : tile.left + tile.columns] if tile else image


def modality_value(frame: Frame, stored: float) -> tuple[float, float | None]:
    """Return the modality value of a stored one, and the entry of its Modality LUT (PS3.3 C.11.1)."""
    if frame.table is None:
        return stored * frame.slope + frame.intercept, None
    place = int(np.clip(int(stored) - frame.table.first, 0, len(frame.table.entries) - 1))
    entry = float(frame.table.entries[place])
    return entry, entry


def encoding_text(stored: StoredPixels) -> str:
    """Return how a file stores its pixels, in words: "12 of 16 bits, unsigned, JPEG-LS"."""
    if stored.keyword != "PixelData":
        return f"{stored.bits_allocated}-bit float"
    sign = "signed" if stored.signed else "unsigned"
    family = FAMILY_OF.get(stored.transfer_syntax)
    packed = f", {family.name}" if family is not None else ""
    return f"{stored.bits_stored} of {stored.bits_allocated} bits, high bit {stored.high_bit}, {sign}{packed}"
