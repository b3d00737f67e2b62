"""GLB, the binary container of glTF 2.0: metres, +Y up, with names and colours.

Khronos Group, "glTF 2.0 Specification" (ISO/IEC 12113:2022). A point (x, y, z) in LPS mm is (x, z, -y) / 1000 there,
which mirrors nothing: the patient stands, and faces +Z.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.graphics.srgb import from_linear, to_linear
from viewer3d.core.mesh import Mesh
from viewer3d.core.text import printable
from viewer3d.errors import BadFileError, OutputError
from viewer3d.formats.meshes.parts import MeshColor, MeshFile, MeshPart, check_corners

_MAGIC: Final = b"glTF"
_JSON: Final = 0x4E4F534A
_BIN: Final = 0x004E4942
_FLOAT: Final = 5126
_INDEX_TYPES: Final = {5121: "<u1", 5123: "<u2", 5125: "<u4"}
_ARRAY_BUFFER: Final = 34962
_ELEMENT_BUFFER: Final = 34963
_TRIANGLES: Final = 4
_MOST_BYTES: Final = 2**32 - 2**24
"""Of the arrays of a GLB file, whose length is a number of 32 bits."""
_MOST_DEPTH: Final = 64
"""Of nodes within nodes."""

TO_GLTF: Final = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Axes of glTF of a direction in LPS."""


def write_glb(meshes: Sequence[Mesh], file: BinaryIO) -> None:
    """Write meshes to a GLB file, a node with its name and a material of its colour each.

    Parameters
    ----------
    meshes : sequence of Mesh
    file : binary file

    Raises
    ------
    OutputError
        When they need more bytes than a GLB file can have (4 GiB).
    """
    if (size := sum(24 * len(one.points) + 12 * len(one.triangles) for one in meshes)) > _MOST_BYTES:
        raise OutputError(f"{size:,} bytes of triangles: a GLB file has 4 GiB at most: reduce them, or give .ply")
    blocks: list[NDArray[Any]] = []
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "viewer3d"},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(meshes)))}],
        **{key: [] for key in ("nodes", "meshes", "materials", "accessors", "bufferViews")},
    }
    at = 0
    for number, mesh in enumerate(meshes):
        places = (mesh.points @ TO_GLTF.T / 1000).astype("<f4")
        name = printable(mesh.name) or f"surface {number + 1}"
        for values, target in (
            (places, _ARRAY_BUFFER),
            (_normals(mesh).astype("<f4"), _ARRAY_BUFFER),
            (mesh.triangles.astype("<u4").ravel(), _ELEMENT_BUFFER),
        ):
            view = {"buffer": 0, "byteOffset": at, "byteLength": values.nbytes, "target": target}
            is_index = target == _ELEMENT_BUFFER
            document["accessors"].append(
                {
                    "bufferView": len(document["bufferViews"]),
                    "componentType": 5125 if is_index else _FLOAT,
                    "count": len(values),
                    "type": "SCALAR" if is_index else "VEC3",
                }
            )
            document["bufferViews"].append(view)
            blocks.append(values)
            at += values.nbytes
        first = 3 * number
        document["accessors"][first] |= {"min": places.min(0).tolist(), "max": places.max(0).tolist()}
        primitive = {"attributes": {"POSITION": first, "NORMAL": first + 1}, "indices": first + 2, "mode": _TRIANGLES}
        document["meshes"].append({"name": name, "primitives": [primitive | {"material": number}]})
        document["nodes"].append({"name": name, "mesh": number})
        document["materials"].append(_material(name, mesh.color))
    document["buffers"] = [{"byteLength": at}]
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    length = 12 + 8 + len(text) + 8 + at
    file.write(struct.pack("<4sII", _MAGIC, 2, length))
    file.write(struct.pack("<II", len(text), _JSON) + text)
    file.write(struct.pack("<II", at, _BIN))
    for values in blocks:
        file.write(values.tobytes())


def _material(name: str, color: MeshColor | None) -> dict[str, Any]:
    factor = [round(float(to_linear(part / 255)), 6) for part in color or (200, 200, 200)]
    shading = {"baseColorFactor": [*factor, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.7}
    return {"name": name, "pbrMetallicRoughness": shading}


def _normals(mesh: Mesh) -> NDArray[np.float64]:
    """Return a unit normal at each point, in the axes of glTF: the mean of its triangles by area."""
    first, second, third = (mesh.points[mesh.triangles[:, n]] for n in range(3))
    across = np.cross(second - first, third - first)
    sums = np.zeros((len(mesh.points), 3))
    for axis in range(3):
        for corner in range(3):
            sums[:, axis] += np.bincount(mesh.triangles[:, corner], across[:, axis], len(sums))
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    up = np.array([0.0, 0.0, 1.0])  # of a point that has none
    normals = np.where(lengths > 0, np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0), up)
    return np.asarray(normals @ TO_GLTF.T)


def read_glb(name: str, data: bytes) -> MeshFile:
    """Read a GLB file: the triangles of the nodes of its scene, each where its transforms put it.

    Parameters
    ----------
    name : str
        Of the file, in messages.
    data : bytes
        What is in it.

    Returns
    -------
    MeshFile
        Its points are in LPS where the file does not say otherwise, and in metres.

    Raises
    ------
    BadFileError
        When it is truncated, its numbers contradict each other, or it needs what is not read: other files,
        compression, lines or points.
    """
    document, binary = _chunks(name, data)
    try:
        parts = tuple(_Reader(name, document, binary).parts())
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BadFileError(f"{name}: its description contradicts itself ({error!r:.60}); write it again") from None
    return MeshFile(parts, "", "m")


def _chunks(name: str, data: bytes) -> tuple[dict[str, Any], bytes]:
    if len(data) < 20 or data[:4] != _MAGIC:
        raise BadFileError(f"{name}: is no GLB file; a .gltf is not read: save it as GLB")
    version, length, size, kind = struct.unpack_from("<IIII", data, 4)
    if version != 2 or kind != _JSON:
        raise BadFileError(f"{name}: is GLB of version {version}, which is not read: save it as glTF 2.0")
    if length > len(data) or 20 + size > len(data):
        raise BadFileError(f"{name}: has {len(data):,} bytes of {max(length, 20 + size):,}: it is truncated")
    try:
        document = json.loads(data[20 : 20 + size])
    except (ValueError, RecursionError):
        raise BadFileError(f"{name}: its description is no JSON; write it again") from None
    if not isinstance(document, dict):
        raise BadFileError(f"{name}: its description is no JSON object; write it again")
    if wanted := document.get("extensionsRequired"):
        raise BadFileError(f"{name}: needs {wanted!s:.60}, which is not read: save it without compression")
    at = 20 + size
    if at + 8 > len(data):
        return document, b""
    size, kind = struct.unpack_from("<II", data, at)
    if at + 8 + size > len(data):
        raise BadFileError(f"{name}: ends within its {size:,} bytes of data: it is truncated; write it again")
    return document, data[at + 8 : at + 8 + size] if kind == _BIN else b""


class _Reader:
    def __init__(self, name: str, document: dict[str, Any], binary: bytes) -> None:
        self.name, self.document, self.binary = name, document, binary

    def parts(self) -> list[MeshPart]:
        """Return the triangles of all nodes of the scene; where none is named, of all nodes that no other has."""
        nodes = self.document.get("nodes", [])
        scenes = self.document.get("scenes")
        if scenes:
            roots = scenes[self.document.get("scene", 0)].get("nodes", [])
        else:
            below = {child for node in nodes for child in node.get("children", ())}
            roots = [number for number in range(len(nodes)) if number not in below]
        found: list[MeshPart] = []
        left = [(int(number), np.eye(4), 0) for number in reversed(roots)]
        seen: set[int] = set()
        while left:
            number, above, depth = left.pop()
            if number in seen or depth > _MOST_DEPTH:
                raise BadFileError(f"{self.name}: its nodes lie within each other in a circle; write it again")
            seen.add(number)
            node = nodes[number]
            matrix = above @ _matrix(node)
            if "mesh" in node:
                found += self._of_mesh(self.document["meshes"][node["mesh"]], node, matrix)
            left += [(int(child), matrix, depth + 1) for child in reversed(node.get("children", []))]
        return found

    def _of_mesh(self, mesh: dict[str, Any], node: dict[str, Any], matrix: NDArray[np.float64]) -> list[MeshPart]:
        found = []
        for primitive in mesh["primitives"]:
            if primitive.get("mode", _TRIANGLES) != _TRIANGLES:
                raise BadFileError(f"{self.name}: holds lines, points or strips: save it as triangles")
            points = self._values(primitive["attributes"]["POSITION"], "VEC3").astype(np.float64)
            if "indices" in primitive:
                triangles = self._values(primitive["indices"], "SCALAR").astype(np.int64).reshape(-1, 3)
            else:
                triangles = np.arange(len(points)).reshape(-1, 3)
            check_corners(self.name, triangles, len(points))
            if np.linalg.det(matrix[:3, :3]) < 0:  # a node that mirrors turns its triangles inside out
                triangles = triangles[:, ::-1]
            places = (points @ matrix[:3, :3].T + matrix[:3, 3]) @ TO_GLTF
            title = str(node.get("name") or mesh.get("name") or "")
            found.append(MeshPart(places, triangles, title, self._color(primitive)))
        return found

    def _color(self, primitive: dict[str, Any]) -> MeshColor | None:
        if "material" not in primitive:
            return None
        shading = self.document["materials"][primitive["material"]].get("pbrMetallicRoughness", {})
        if "baseColorFactor" not in shading:
            return None
        red, green, blue = (round(255 * float(from_linear(float(part)))) for part in shading["baseColorFactor"][:3])
        return red, green, blue

    def _values(self, number: int, kind: str) -> NDArray[Any]:
        accessor = self.document["accessors"][number]
        columns = 3 if kind == "VEC3" else 1
        known = {_FLOAT: "<f4"} if kind == "VEC3" else _INDEX_TYPES
        if accessor["type"] != kind or accessor["componentType"] not in known or "sparse" in accessor:
            raise BadFileError(f"{self.name}: has points or triangles in a form that is not read: save it plain")
        dtype = np.dtype((known[accessor["componentType"]], (columns,)))
        view = self.document["bufferViews"][accessor["bufferView"]]
        if "uri" in self.document["buffers"][view["buffer"]] or view["buffer"] != 0:
            raise BadFileError(f"{self.name}: has its data in another file: save it as one GLB")
        count, step = int(accessor["count"]), int(view.get("byteStride", dtype.itemsize))
        start = int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0))
        end = start + step * (count - 1) + dtype.itemsize
        if count < 1 or start < 0 or step < dtype.itemsize or end > len(self.binary):
            raise BadFileError(
                f"{self.name}: says that it has {count:,} values, which do not fit its data; it may be "
                "truncated: write it again"
            )
        return np.ndarray((count, columns), dtype.base, self.binary, start, (step, dtype.base.itemsize))


def _matrix(node: dict[str, Any]) -> NDArray[np.float64]:
    """Return the transform of a node: its matrix, by columns, or translation after rotation after scale."""
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    x, y, z, w = (float(part) for part in node.get("rotation", (0, 0, 0, 1)))
    matrix = np.eye(4)
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix[:3, :3] = rotation * np.array(node.get("scale", (1, 1, 1)), np.float64)
    matrix[:3, 3] = node.get("translation", (0, 0, 0))
    return matrix
