"""VTP, the XML file of surfaces of VTK, read and written without VTK.

"VTK File Formats" (docs.vtk.org): arrays are text, or bytes with their length before them, in base64 or raw at the end
of the file, whole or in compressed blocks.
"""

from __future__ import annotations

import base64
import binascii
import lzma
import re
import zlib
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, Final, NamedTuple
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.mesh import Mesh
from viewer3d.core.notes.note import Note
from viewer3d.errors import BadFileError
from viewer3d.formats.meshes.parts import (
    MeshFile,
    MeshPart,
    MeshSpace,
    check_corners,
    fan_triangles,
    joined_meshes,
    space_of,
)

_TYPES: Final = {
    **{f"Int{bits}": f"i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"UInt{bits}": f"u{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"Float{bits}": f"f{bits // 8}" for bits in (32, 64)},
}
MOST_INFLATED: Final = 1_000_000_000
"""Bytes of one compressed array: places of 83 million points. A small file could ask for a thousand times its size."""

_APPENDED: Final = re.compile(rb"<AppendedData[^>]*encoding=\"(raw|base64)\"[^>]*>\s*_")
_APPENDED_END: Final = re.compile(rb"\s*</AppendedData>\s*</VTKFile>\s*$")


def write_vtp(meshes: Sequence[Mesh], file: BinaryIO, space: MeshSpace = "LPS") -> None:
    """Write meshes to a VTP file as one, with the axes in its field data as 3D Slicer has them.

    Parameters
    ----------
    meshes : sequence of Mesh
    file : binary file
    space : {"LPS", "RAS"}
        The axes that the points have, which the file says.
    """
    points, triangles = joined_meshes(meshes)
    said = " ".join(str(code) for code in f"{space}\0".encode("ascii"))
    ends = 3 * np.arange(1, len(triangles) + 1, dtype="<i8")
    places, corners, lasts = (_as_text(one) for one in (points.astype("<f4"), triangles.astype("<i8"), ends))
    text = f"""<?xml version="1.0"?>
<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" header_type="UInt64">
<PolyData>
<FieldData><Array type="String" Name="SPACE" NumberOfTuples="1" format="ascii">{said}</Array></FieldData>
<Piece NumberOfPoints="{len(points)}" NumberOfVerts="0" NumberOfLines="0" NumberOfStrips="0" \
NumberOfPolys="{len(triangles)}">
<Points><DataArray type="Float32" Name="Points" NumberOfComponents="3" format="binary">{places}</DataArray></Points>
<Polys>
<DataArray type="Int64" Name="connectivity" format="binary">{corners}</DataArray>
<DataArray type="Int64" Name="offsets" format="binary">{lasts}</DataArray>
</Polys>
</Piece>
</PolyData>
</VTKFile>
"""
    file.write(text.encode("ascii"))


def _as_text(array: NDArray[Any]) -> str:
    """Return an array as base 64, see :func:`viewer3d.formats.write.output.write_blocks_as_text`."""
    data = array.tobytes()
    return base64.b64encode(len(data).to_bytes(8, "little") + data).decode("ascii")


def read_vtp(name: str, data: bytes) -> MeshFile:
    """Read a VTP file: its polygons; strips, lines and single points are left out.

    Parameters
    ----------
    name : str
        Of the file, in messages.
    data : bytes
        What is in it.

    Raises
    ------
    BadFileError
        When it cannot be read, or an array is shorter than the file says.
    """
    start = _APPENDED.search(data)
    xml = data if start is None else data[: start.start()] + b"</VTKFile>"
    appended = b"" if start is None else _APPENDED_END.sub(b"", data[start.end() :])
    if b"<!" in xml.replace(b"<!--", b""):
        raise BadFileError(f"{name}: declares entities, which no VTP file needs; write it again")
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise BadFileError(f"{name}: is no VTP file ({error}); write it again") from None
    surface = root.find("PolyData")
    if root.tag != "VTKFile" or surface is None:
        raise BadFileError(f"{name}: holds a {root.get('type', root.tag)!s:.40}: a VTP file with PolyData is read")
    arrays = _Arrays(name, root, appended, is_raw=start is not None and start[1] == b"raw")
    parts, notes = [], []
    for piece in surface.findall("Piece"):
        parts.append(arrays.part(piece))
        if any(int(piece.get(f"NumberOf{one}") or 0) for one in ("Verts", "Lines", "Strips")):
            notes = [Note("Its strips, lines and single points were left out.", "mesh.lines_left_out")]
    space = [one for one in surface.findall("FieldData/*") if one.get("Name") == "SPACE"]
    said = "" if not space else bytes(arrays.of(space[0]).astype(np.uint8)).decode("latin-1")
    return MeshFile(tuple(parts), space_of(f"SPACE={said}"), "", tuple(notes))


class _Blocks(NamedTuple):
    """How many bytes the blocks of an array have in the file and inflated, and the header before them."""

    stored: tuple[int, ...]
    sizes: tuple[int, ...]
    header: int


class _Arrays:
    def __init__(self, name: str, root: ElementTree.Element, appended: bytes, *, is_raw: bool) -> None:
        self.name, self.appended, self.is_raw = name, appended, is_raw
        self.order = ">" if root.get("byte_order") == "BigEndian" else "<"
        self.header = np.dtype(self.order + ("u8" if root.get("header_type") == "UInt64" else "u4"))
        compressor = root.get("compressor")
        known: dict[str | None, Callable[[bytes, int], bytes] | None] = {
            None: None,
            "vtkZLibDataCompressor": lambda block, most: zlib.decompressobj().decompress(block, most),
            "vtkLZMADataCompressor": lambda block, most: lzma.LZMADecompressor().decompress(block, most),
        }
        if compressor not in known:
            raise BadFileError(f"{name}: is compressed by {compressor!r:.40}: save it with zlib, or plain")
        self.inflate = known[compressor]

    def part(self, piece: ElementTree.Element) -> MeshPart:
        """Return the polygons of a piece."""
        places = piece.find("Points/DataArray")
        found = {one.get("Name"): self.of(one) for one in piece.findall("Polys/DataArray")}
        points = np.zeros((0, 3)) if places is None else self.of(places).astype(np.float64)
        corners, ends = (found.get(key, np.zeros(0, np.int64)) for key in ("connectivity", "offsets"))
        count, polygons = (int(piece.get(f"NumberOf{key}") or 0) for key in ("Points", "Polys"))
        if len(points.ravel()) != 3 * count or len(ends) != polygons or (polygons and ends[-1] != len(corners)):
            raise self.bad(f"says that it has {count:,} points and {polygons:,} polygons, and has others")
        if corners.dtype.kind == "f" or ends.dtype.kind == "f" or (np.diff(ends.astype(np.int64), prepend=0) < 0).any():
            raise self.bad("its polygons have no whole numbers")
        corners, ends = corners.astype(np.int64), ends.astype(np.int64)
        if (np.diff(ends, prepend=0) == 3).all():
            triangles = corners.reshape(-1, 3)
        else:
            starts = [0, *ends[:-1].tolist()]
            triangles = fan_triangles([corners[a:b].tolist() for a, b in zip(starts, ends.tolist(), strict=True)])
        check_corners(self.name, triangles, count)
        return MeshPart(points.reshape(-1, 3), triangles)

    def of(self, element: ElementTree.Element) -> NDArray[Any]:
        """Return the numbers of an array; those of a text are its characters."""
        kind = element.get("type", "")
        text = element.text or ""
        dtype = np.dtype(self.order + ("u1" if kind == "String" else _TYPES.get(kind, "")))
        try:
            if element.get("format") == "ascii":
                return np.array(text.split(), np.float64).astype(dtype)
            if element.get("format") == "binary":
                raw, at, is_raw = "".join(text.split()).encode("ascii"), 0, False
            else:
                raw, at, is_raw = self.appended, int(element.get("offset", "")), self.is_raw
            data = self._inflated(raw, at) if is_raw else self._inflated_text(raw, at)
            return np.frombuffer(data, dtype)
        except (ValueError, KeyError, IndexError, TypeError, binascii.Error, zlib.error, lzma.LZMAError, EOFError):
            raise self.bad(f"its array {element.get('Name')!r:.40} is truncated or cannot be decoded") from None

    def _inflated(self, raw: bytes, at: int) -> bytes:
        """Return the bytes of an array that begins somewhere in bytes."""
        if at < 0:
            raise ValueError
        blocks = self._layout(lambda count: raw[at : at + count])
        start = at + blocks.header
        return self._joined(raw[start : start + sum(blocks.stored)], blocks)

    def _inflated_text(self, raw: bytes, at: int) -> bytes:
        """Return the same of base64, in which the lengths are encoded apart where the rest is compressed."""

        def decoded(start: int, count: int) -> bytes:
            return base64.b64decode(raw[start : start + -(-count // 3) * 4])[:count]

        blocks = self._layout(lambda count: decoded(at, count))
        if self.inflate is None:
            return self._joined(decoded(at, blocks.header + sum(blocks.stored))[blocks.header :], blocks)
        return self._joined(decoded(at + -(-blocks.header // 3) * 4, sum(blocks.stored)), blocks)

    def _layout(self, first: Callable[[int], bytes]) -> _Blocks:
        """Return how the blocks of an array lie, from its first bytes."""
        item = self.header.itemsize
        if self.inflate is None:
            size = int(np.frombuffer(first(item), self.header)[0])
            return _Blocks((size,), (size,), item)
        count, most, last = (int(one) for one in np.frombuffer(first(3 * item), self.header))
        stored = np.frombuffer(first((3 + count) * item), self.header)[3:]
        if len(stored) != count or count * most > MOST_INFLATED:
            raise ValueError
        sizes = [most] * count
        if last and count:
            sizes[-1] = last
        return _Blocks(tuple(int(one) for one in stored), tuple(sizes), (3 + count) * item)

    def _joined(self, data: bytes, blocks: _Blocks) -> bytes:
        if len(data) != sum(blocks.stored):
            raise ValueError
        if self.inflate is None:
            return data
        found, at = [], 0
        for size, most in zip(blocks.stored, blocks.sizes, strict=True):
            found.append(self.inflate(data[at : at + size], most))
            if len(found[-1]) != most:
                raise ValueError
            at += size
        return b"".join(found)

    def bad(self, what: str) -> BadFileError:
        """Return the error that says what is wrong."""
        return BadFileError(f"{self.name}: {what}; write it again")
