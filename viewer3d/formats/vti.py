"""Read VTI, the image data of VTK in XML, without VTK.

Values are read that are bytes, base 64 or text, deflated by zlib or not. The layout is that of "VTK XML file formats"
(docs.vtk.org); ``Direction`` is a matrix row by row, whose columns are the axes, and places are taken to be LPS mm, as
this package writes them and ITK has them.
"""

from __future__ import annotations

import base64
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.files import open_file
from viewer3d.core.geometry import Affine
from viewer3d.core.notes.note import Note
from viewer3d.errors import BadFileError
from viewer3d.formats.grid_header import GridHeader, check_shape
from viewer3d.formats.stored_values import StoredValues, read_checked, read_start

_MOST_HEADER: Final = 1 << 20
"""Bytes before the first values."""

_TYPES: Final = {
    **{f"Int{8 * n}": f"i{n}" for n in (1, 2, 4, 8)},
    **{f"UInt{8 * n}": f"u{n}" for n in (1, 2, 4, 8)},
    "Float32": "f4",
    "Float64": "f8",
}

UNIT_NAMES: Final = ("HU", "Bq/ml", "counts", "g/ml", "Gy", "SUVbw", "SUVlbm", "SUVbsa", "SUVibw")
"""Names of arrays that are units, as this package writes them; others are names."""

_ATTRIBUTE: Final = re.compile(rb'([A-Za-z_]+)\s*=\s*"([^"]{0,4096})"')


@dataclass(frozen=True)
class _EncodedValues(StoredValues):
    """Values that are in base 64 or in deflated blocks, from the offset on.

    Attributes
    ----------
    word : str
        Type of the numbers before the values, of which there is one or, of blocks, several.
    is_base64, is_deflated : bool
    """

    word: str = "<u4"
    is_base64: bool = False
    is_deflated: bool = False

    def is_read_whole_for(self, count: int) -> bool:  # noqa: ARG002 (as the other has it)
        """Return whether all volumes are in memory at once; there is one."""
        return True

    def read(self, member: int | None = None) -> NDArray[Any]:  # noqa: ARG002 (there is one)
        """Read the volume; see :meth:`StoredValues.read`."""
        data = read_checked(self.path, "VTI", self._values)
        return data.view(self.dtype).reshape(self.shape, order="F").astype(self.dtype.newbyteorder("="), copy=False)

    def _values(self) -> NDArray[np.uint8]:
        with open(self.path, "rb", opener=open_file) as file:
            self._check_size(os.fstat(file.fileno()).st_size - self.offset)
            file.seek(self.offset)
            # What no compressor makes larger: a thirtieth more, and the sizes of blocks of 1 KB at least.
            rest = file.read(2 * self.nbytes + (1 << 20))
        if self.is_base64:
            rest = re.split(rb"[<_]", rest.lstrip(), maxsplit=1)[0].replace(b"\n", b"").replace(b" ", b"")
        return self._blocks(rest) if self.is_deflated else self._plain(rest)

    def _check_size(self, there: int) -> None:
        if there * (1032 if self.is_deflated else 1) < self.nbytes:  # see viewer3d.formats.stored_values
            raise BadFileError(self._short())

    def _decoded(self, text: bytes, count: int) -> tuple[bytes, bytes]:
        """Return the first bytes of what follows, and the rest after them."""
        length = -(-count // 3) * 4 if self.is_base64 else count
        if len(text) < length:
            raise BadFileError(self._short())
        return (base64.b64decode(text[:length], validate=True) if self.is_base64 else text[:length]), text[length:]

    def _plain(self, rest: bytes) -> NDArray[np.uint8]:
        wide = np.dtype(self.word).itemsize
        data, _ = self._decoded(rest, wide + self.nbytes)
        if int(np.frombuffer(data, self.word, 1)[0]) != self.nbytes:
            raise BadFileError(f"{self.path}: its values are not as many as its extent says; fetch it again")
        return np.frombuffer(data, np.uint8)[wide : wide + self.nbytes].copy()

    def _blocks(self, rest: bytes) -> NDArray[np.uint8]:
        wide = np.dtype(self.word).itemsize
        first, _ = self._decoded(rest, 3 * wide)
        count, size, last = (int(n) for n in np.frombuffer(first, self.word, 3))
        sizes = [size] * (count - bool(last)) + [last] * bool(last) if 0 < count <= self.nbytes else []
        if sum(sizes) != self.nbytes:
            raise BadFileError(f"{self.path}: its values are not as many as its extent says; fetch it again")
        head, rest = self._decoded(rest, (3 + count) * wide)
        packed_sizes = [int(n) for n in np.frombuffer(head, self.word, count, 3 * wide)]
        packed, _ = self._decoded(rest, sum(packed_sizes))
        out, done, at = np.empty(self.nbytes, np.uint8), 0, 0
        for length, packed_length in zip(sizes, packed_sizes, strict=True):
            block = zlib.decompressobj().decompress(packed[at : at + packed_length], length)
            if len(block) != length:
                raise BadFileError(self._short())
            out[done : done + length] = np.frombuffer(block, np.uint8)
            done, at = done + length, at + packed_length
        return out


def read_vti_header(path: Path) -> GridHeader:
    """Read the header of a VTI file.

    Raises
    ------
    BadFileError
        When it is none, is damaged, has no values at points, several a point, or a compression that is not read.
    """
    head = read_checked(path, "VTI", lambda: read_start(path, _MOST_HEADER))
    file, image = _tag(head, b"VTKFile"), _tag(head, b"ImageData")
    if file is None or image is None or file.get("type") != "ImageData":
        raise BadFileError(f"{path}: cannot be read as VTI (it is no VTKFile of ImageData); fetch it again")
    array, data_at = _array(path, head)
    extent = [int(n) for n in _numbers(path, image, "WholeExtent", 6)]
    shape = check_shape(path, [b - a + 1 for a, b in zip(extent[::2], extent[1::2], strict=True)])
    kind = array.get("type", "")
    if kind not in _TYPES or array.get("NumberOfComponents", "1") not in ("1", "0"):
        parts = array.get("NumberOfComponents", "1")
        raise BadFileError(f"{path}: holds {parts:.20} x {kind!r:.40} a point, and a volume one number: convert it")
    order = ">" if file.get("byte_order") == "BigEndian" else "<"
    compressor = file.get("compressor", "")
    if compressor not in ("", "vtkZLibDataCompressor"):
        raise BadFileError(f"{path}: is compressed by {compressor!r:.60}: write it with vtkZLibDataCompressor, or none")
    name = array.get("Name", "")
    affine, lacks, notes = _place(path, image, extent)
    word = order + ("u8" if file.get("header_type") == "UInt64" else "u4")
    dtype = np.dtype(order + _TYPES[kind])
    values = _stored(path, head, array, data_at, dtype=dtype, shape=shape, word=word, is_deflated=bool(compressor))
    unit = name if name in UNIT_NAMES else ""
    return GridHeader(path, "VTI", values, affine, lacks, unit=unit, notes=notes)


def _tag(head: bytes, name: bytes) -> dict[str, str] | None:
    found = re.search(rb"<" + name + rb"\b([^>]{0,16384})>", head)
    if found is None:
        return None
    return {key.decode(): value.decode("utf-8", "replace") for key, value in _ATTRIBUTE.findall(found[1])}


def _array(path: Path, head: bytes) -> tuple[dict[str, str], int]:
    """Return the attributes of the array that is meant, and where what it holds begins."""
    if len(re.findall(rb"<Piece\b", head)) > 1:
        raise BadFileError(f"{path}: is in several pieces, which are not read: write it as one")
    part = re.search(rb"<PointData\b([^>]{0,16384})>(.*?)(</PointData|\Z)", head, re.DOTALL)
    found = [] if part is None else list(re.finditer(rb"<DataArray\b([^>]{0,16384})>", head[: part.end(2)]))
    found = [one for one in found if part is not None and one.start() >= part.start(2)]
    if part is None or not found:
        raise BadFileError(f"{path}: has no values at points: a volume has one number at each")
    arrays = [
        ({key.decode(): value.decode("utf-8", "replace") for key, value in _ATTRIBUTE.findall(one[1])}, one.end())
        for one in found
    ]
    active = dict(_ATTRIBUTE.findall(part[1])).get(b"Scalars", b"").decode("utf-8", "replace")
    if len(arrays) > 1 and not active:
        names = ", ".join(one.get("Name", "?") for one, _ in arrays)
        raise BadFileError(f"{path}: has several arrays ({names:.200}), none of them active (Scalars): write one")
    meant = arrays[:1] if not active else [one for one in arrays if one[0].get("Name") == active]
    if not meant:
        raise BadFileError(f"{path}: its active array {active!r:.80} is not among the first in it: write it with one")
    return meant[0]


def _numbers(path: Path, tag: dict[str, str], name: str, count: int, default: str = "") -> list[float]:
    try:
        found = [float(word) for word in tag.get(name, default).split()]
    except ValueError:
        found = []
    if len(found) != count or (count == 6 and not all(abs(n) < 1 << 40 for n in found)):
        raise BadFileError(f"{path}: its {name} is not {count} numbers ({tag.get(name, '')!r:.60}); fetch it again")
    return found


def _place(path: Path, image: dict[str, str], extent: list[int]) -> tuple[Affine, str, tuple[Note, ...]]:
    origin = np.array(_numbers(path, image, "Origin", 3, "0 0 0"))
    spacing = np.array(_numbers(path, image, "Spacing", 3, "1 1 1"))
    D = np.reshape(_numbers(path, image, "Direction", 9, "1 0 0 0 1 0 0 0 1"), (3, 3))
    affine = np.eye(4)
    affine[:3, :3] = D * spacing
    affine[:3, 3] = origin + affine[:3, :3] @ np.array(extent[::2])
    if "Direction" in image:
        return affine, "", ()
    sentence = (
        "The file does not say how it lies: it has no Direction. Its axes were taken to lead to the patient's left, "
        "back and head; which side is left is not known."
    )
    note = Note(sentence, "file.no_place")
    return affine, "where it lies", (note,)


def _stored(
    path: Path,
    head: bytes,
    array: dict[str, str],
    data_at: int,
    *,
    dtype: np.dtype[Any],
    shape: tuple[int, int, int, int],
    word: str,
    is_deflated: bool,
) -> StoredValues:
    form, is_base64 = array.get("format", ""), True
    if form == "ascii":
        return StoredValues(str(path), dtype, shape, data_at, "text")
    if form == "appended":
        appended = re.search(rb"<AppendedData\b([^>]{0,400})>\s*_", head)
        if appended is None or not array.get("offset", "").isdecimal():
            raise BadFileError(f"{path}: its values are nowhere in it (AppendedData); fetch it again")
        data_at = appended.end() + int(array["offset"])
        is_base64 = dict(_ATTRIBUTE.findall(appended[1])).get(b"encoding") != b"raw"
    elif form != "binary":
        raise BadFileError(f"{path}: its values are in the format {form!r:.40}, which is not read; write it again")
    if is_base64 or is_deflated:
        return _EncodedValues(
            str(path), dtype, shape, data_at, word=word, is_base64=is_base64, is_deflated=is_deflated
        )  # fmt: skip
    return StoredValues(str(path), dtype, shape, data_at + np.dtype(word).itemsize)
