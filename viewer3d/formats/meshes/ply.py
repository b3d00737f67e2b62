"""PLY, the Stanford polygon format, version 1.0: ASCII and binary of both orders of bytes.

G. Turk, "The PLY Polygon File Format", 1994: a header of lines names elements and their properties, in whose order the
values follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.mesh import Mesh
from viewer3d.core.notes.note import Note
from viewer3d.errors import BadFileError
from viewer3d.formats.meshes.parts import (
    MeshColor,
    MeshFile,
    MeshPart,
    MeshSpace,
    check_corners,
    fan_triangles,
    joined_meshes,
    space_of,
    space_remark,
)

_TYPES: Final = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
_ORDERS: Final = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_COLORS: Final = ("red", "green", "blue")
_CORNERS: Final = ("vertex_indices", "vertex_index")
_HEADER_END: Final = re.compile(rb"\bend_header\r?\n")
_MOST_HEADER: Final = 100_000
_GRAY: Final[MeshColor] = (200, 200, 200)
"""Of points of a mesh without a colour, beside others with one."""


def write_ply(meshes: Sequence[Mesh], file: BinaryIO, space: MeshSpace = "LPS") -> None:
    """Write meshes to a binary PLY file as one; points have the colours of their meshes.

    Parameters
    ----------
    meshes : sequence of Mesh
    file : binary file
    space : {"LPS", "RAS"}
        The axes that the points have, which the file says.
    """
    points, triangles = joined_meshes(meshes)
    is_colored = any(one.color is not None for one in meshes)
    vertex = np.dtype([("place", "<f4", 3), *([("color", "u1", 3)] if is_colored else [])])
    vertices = np.zeros(len(points), vertex)
    vertices["place"] = points
    if is_colored:
        counts = [len(one.points) for one in meshes]
        vertices["color"] = np.repeat([one.color or _GRAY for one in meshes], counts, axis=0)
    faces = np.zeros(len(triangles), [("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, triangles
    lines = [
        "ply",
        "format binary_little_endian 1.0",
        f"comment {space_remark(space)}",
        f"element vertex {len(points)}",
        *(f"property float {axis}" for axis in "xyz"),
        *(f"property uchar {color}" for color in _COLORS if is_colored),
        f"element face {len(triangles)}",
        "property list uchar int vertex_indices",
        "end_header\n",
    ]
    file.write("\n".join(lines).encode("ascii"))
    file.write(vertices.tobytes())
    file.write(faces.tobytes())


@dataclass
class _Element:
    name: str
    count: int
    properties: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, type, and the type of the count of a list, empty of a number."""

    @property
    def has_lists(self) -> bool:
        """Whether any of its properties is a list."""
        return any(of_count for _, _, of_count in self.properties)


def read_ply(name: str, data: bytes) -> MeshFile:
    """Read a PLY file.

    Parameters
    ----------
    name : str
        Of the file, in messages.
    data : bytes
        What is in it.

    Raises
    ------
    BadFileError
        When its header cannot be read, it is shorter than that says, or a face names points that there are not.
    """
    end = _HEADER_END.search(data, 0, _MOST_HEADER)
    if not data.startswith(b"ply") or end is None:
        raise BadFileError(f"{name}: has no header of a PLY file; write it again")
    lines = data[: end.start()].decode("latin-1").splitlines()
    order, elements = _header(name, lines)
    values = _Words(name, data[end.end() :]) if order == "" else _Bytes(name, data[end.end() :], order)
    points, colors, triangles = np.zeros((0, 3)), None, np.zeros((0, 3), np.int64)
    for element in elements:
        if element.name == "vertex":
            table = values.table(element)
            if not {"x", "y", "z"} <= set(table):
                raise BadFileError(f"{name}: its points have no x, y and z; write it again")
            points = np.stack([table[axis].astype(np.float64) for axis in "xyz"], axis=1)
            is_colored = set(_COLORS) <= set(table) and all(table[one].dtype.kind == "u" for one in _COLORS)
            colors = np.stack([table[one] for one in _COLORS], axis=1) if is_colored else None
        elif element.name == "face":
            triangles = values.triangles(element)
        elif element.has_lists:
            for _ in values.rows(element):
                pass
        else:
            values.table(element)
    check_corners(name, triangles, len(points))
    comments = [line for line in lines if line.startswith(("comment", "obj_info"))]
    said = "\n".join(comments)
    color = None if colors is None or not len(colors) or (colors != colors[0]).any() else _color(colors[0])
    notes = (
        (Note("Its points have several colours, which are not kept.", "mesh.colors_left_out"),)
        if colors is not None and color is None
        else ()
    )
    return MeshFile((MeshPart(points, triangles, "", color),), space_of(said), "mm" if "UNIT=mm" in said else "", notes)


def _color(values: NDArray[Any]) -> MeshColor:
    red, green, blue = (int(one) for one in values)
    return red, green, blue


def _header(name: str, lines: Sequence[str]) -> tuple[str, list[_Element]]:
    order, elements = None, list[_Element]()
    try:
        for words in (line.split() for line in lines[1:]):
            match words:
                case ["format", kind, _]:
                    order = _ORDERS[kind]
                case ["element", what, count]:
                    elements.append(_Element(what, int(count)))
                case ["property", "list", of_count, of_value, what]:
                    elements[-1].properties.append((what, _TYPES[of_value], _TYPES[of_count]))
                case ["property", of_value, what]:
                    elements[-1].properties.append((what, _TYPES[of_value], ""))
    except (KeyError, ValueError, IndexError):
        raise BadFileError(f"{name}: its header says {' '.join(words)!r:.60}, which cannot be read") from None
    if order is None or any(one.count < 0 for one in elements):
        raise BadFileError(f"{name}: its header has no format, or a negative count; write it again")
    return order, elements


class _Values:
    """What follows a header, element by element."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.data, self.at = name, data, 0

    def table(self, element: _Element) -> dict[str, NDArray[Any]]:
        """Return the numbers of an element without lists, an array a property."""
        if element.has_lists:
            raise BadFileError(f"{self.name}: its element {element.name!r:.40} has lists, which is not read")
        return self.numbers(element)

    def numbers(self, element: _Element) -> dict[str, NDArray[Any]]:
        """Return the same, of an element that has none."""
        raise NotImplementedError

    def same_sized(self, element: _Element) -> NDArray[Any] | None:
        """Return the corners, shape (M, 3), where all an element has is one list of three a row; else None."""
        raise NotImplementedError

    def number(self, kind: str) -> float:
        """Return the next number."""
        raise NotImplementedError

    def rows(self, element: _Element) -> Iterator[dict[str, list[float]]]:
        """Yield the rows of an element one by one."""
        for _ in range(element.count):
            row = {}
            for what, kind, of_count in element.properties:
                count = int(self.number(of_count)) if of_count else 1
                if not 0 <= count <= len(self.data):
                    raise self.truncated(element)
                row[what] = [self.number(kind) for _ in range(count)]
            yield row

    def triangles(self, element: _Element) -> NDArray[Any]:
        """Return the corners of an element of faces, shape (M, 3); polygons are cut into triangles."""
        known = [what for what, _, of_count in element.properties if of_count and what in _CORNERS]
        if not known:
            raise BadFileError(f"{self.name}: its faces have no {' or '.join(_CORNERS)}; write it again")
        if len(element.properties) == 1 and (found := self.same_sized(element)) is not None:
            return found
        return fan_triangles([[int(one) for one in row[known[0]]] for row in self.rows(element)])

    def truncated(self, element: _Element) -> BadFileError:
        """Return the error that it ends too early."""
        return BadFileError(
            f"{self.name}: ends within its {element.count:,} rows of {element.name!r:.40}: it is truncated; write it "
            "again"
        )


class _Bytes(_Values):
    def __init__(self, name: str, data: bytes, order: str) -> None:
        super().__init__(name, data)
        self.order = order

    def _take(self, dtype: np.dtype[Any], count: int) -> NDArray[Any] | None:
        if count * dtype.itemsize > len(self.data) - self.at:
            return None
        found = np.frombuffer(self.data, dtype, count, self.at)
        self.at += count * dtype.itemsize
        return found

    def numbers(self, element: _Element) -> dict[str, NDArray[Any]]:
        """Return the numbers of an element without lists, an array a property."""
        names = {what: f"f{n}" for n, (what, _, _) in enumerate(element.properties)}
        kinds = [(f"f{n}", self.order + kind) for n, (_, kind, _) in enumerate(element.properties)]
        found = self._take(np.dtype(kinds), element.count) if kinds else None
        if found is None:
            raise self.truncated(element)
        return {what: found[of] for what, of in names.items()}

    def same_sized(self, element: _Element) -> NDArray[Any] | None:
        """Return the corners where all rows are lists of three; else None."""
        _, kind, of_count = element.properties[0]
        start = self.at
        found = self._take(
            np.dtype([("count", self.order + of_count), ("corners", self.order + kind, 3)]), element.count
        )
        if found is None or (found["count"] != 3).any():
            self.at = start
            return None
        return found["corners"].astype(np.int64)

    def number(self, kind: str) -> float:
        """Return the next number."""
        found = self._take(np.dtype(self.order + kind), 1)
        if found is None:
            raise BadFileError(f"{self.name}: ends within its faces: it is truncated; write it again")
        return float(found[0])


class _Words(_Values):
    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(name, data)
        try:
            self.values = np.array(data.split(), np.float64)
        except ValueError:
            raise BadFileError(f"{name}: holds what is no number; write it again") from None

    def numbers(self, element: _Element) -> dict[str, NDArray[Any]]:
        """Return the numbers of an element without lists, an array a property."""
        size = element.count * len(element.properties)
        if size > len(self.values) - self.at or not element.properties:
            raise self.truncated(element)
        table = self.values[self.at : self.at + size].reshape(element.count, -1)
        self.at += size
        return {
            what: table[:, n].astype(np.uint8) if kind == "u1" else table[:, n]
            for n, (what, kind, _) in enumerate(element.properties)
        }

    def same_sized(self, element: _Element) -> NDArray[Any] | None:
        """Return the corners where all rows are lists of three; else None."""
        size = element.count * 4
        if size > len(self.values) - self.at:
            return None
        table = self.values[self.at : self.at + size].reshape(-1, 4)
        if (table[:, 0] != 3).any() or not (np.abs(table) < 2**53).all():
            return None
        self.at += size
        return table[:, 1:].astype(np.int64)

    def number(self, kind: str) -> float:
        """Return the next number."""
        del kind
        if self.at >= len(self.values):
            raise BadFileError(f"{self.name}: ends within its faces: it is truncated; write it again")
        self.at += 1
        found = float(self.values[self.at - 1])
        if not np.isfinite(found):
            raise BadFileError(f"{self.name}: a count or corner of it is no number; write it again")
        return found
