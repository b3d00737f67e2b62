"""STL, binary and ASCII: triangles with the places of their corners, and nothing else.

3D Systems, "StereoLithography Interface Specification", 1989: 80 bytes of header, the count, and 50 bytes a triangle.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import BinaryIO, Final

import numpy as np

from viewer3d.core.mesh import Mesh
from viewer3d.core.notes.note import Note
from viewer3d.errors import BadFileError
from viewer3d.formats.meshes.parts import (
    MeshFile,
    MeshPart,
    MeshSpace,
    joined_meshes,
    merged_points,
    space_of,
    space_remark,
)

_HEADER: Final = 80
_TRIANGLE: Final = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_MOST_AT_ONCE: Final = 500_000
"""Triangles that are written together: 25 MB."""


def write_stl(meshes: Sequence[Mesh], file: BinaryIO, space: MeshSpace = "LPS") -> None:
    """Write meshes to a binary STL file as one; it holds neither names nor colours.

    Parameters
    ----------
    meshes : sequence of Mesh
    file : binary file
    space : {"LPS", "RAS"}
        The axes that the points have, which the file says.
    """
    points, triangles = joined_meshes(meshes)
    places = points.astype("<f4")
    file.write(
        space_remark(space).encode("ascii").ljust(_HEADER, b" ")
    )  # must not begin with "solid", which says ASCII
    file.write(struct.pack("<I", len(triangles)))
    for start in range(0, len(triangles), _MOST_AT_ONCE):
        corners = places[triangles[start : start + _MOST_AT_ONCE]]
        records = np.zeros(len(corners), _TRIANGLE)
        first, second, third = (corners[:, n].astype(np.float64) for n in range(3))
        across = np.cross(second - first, third - first)
        lengths = np.linalg.norm(across, axis=1, keepdims=True)
        records["normal"] = np.divide(across, lengths, out=np.zeros_like(across), where=lengths > 0)
        records["corners"] = corners
        file.write(records.tobytes())


def read_stl(name: str, data: bytes) -> MeshFile:
    """Read an STL file; equal points are merged.

    Parameters
    ----------
    name : str
        Of the file, in messages.
    data : bytes
        What is in it.

    Raises
    ------
    BadFileError
        When it has another length than its count of triangles says, or is none.
    """
    count = struct.unpack_from("<I", data, _HEADER)[0] if len(data) >= _HEADER + 4 else -1
    has = len(data) - _HEADER - 4
    if has == count * _TRIANGLE.itemsize:
        header = data[:_HEADER].decode("latin-1")
        records = np.frombuffer(data, _TRIANGLE, count, _HEADER + 4)
        return _merged(records["corners"].reshape(-1, 3), header)
    if data[:512].lstrip()[:5].lower() == b"solid" and b"facet" in data[:2048]:
        return _ascii(name, data)
    room = max(has, 0) // _TRIANGLE.itemsize
    raise BadFileError(
        f"{name}: says that it has {max(count, 0):,} triangles, and has room for {room:,}: "
        "it is truncated or no STL file; write it again"
    )


def _ascii(name: str, data: bytes) -> MeshFile:
    words = data.split()
    at = [n for n, word in enumerate(words) if word == b"vertex"]
    if b"endsolid" not in words or len(at) % 3 or (at and at[-1] + 3 >= len(words)):
        raise BadFileError(f"{name}: ends within its triangles; write it again")
    try:
        numbers = [float(word) for n in at for word in words[n + 1 : n + 4]]
    except ValueError:
        raise BadFileError(f"{name}: a vertex of it has no three numbers; write it again") from None
    title = data.lstrip().split(b"\n", 1)[0].decode("latin-1")
    return _merged(np.array(numbers, np.float64).reshape(-1, 3), title)


def _merged(corners: np.ndarray[tuple[int, ...], np.dtype[np.floating]], header: str) -> MeshFile:
    points, number = merged_points(corners.astype(np.float64))
    triangles = number.reshape(-1, 3)
    is_flat = (triangles == np.roll(triangles, 1, axis=1)).any(axis=1)
    lost = int(is_flat.sum())
    notes = (
        (Note(f"{lost:,} triangles had two corners in one place and were left out.", "mesh.flat_left_out"),)
        if lost
        else ()
    )
    unit = "mm" if "UNIT=mm" in header else ""
    return MeshFile((MeshPart(points, triangles[~is_flat]),), space_of(header), unit, notes)
