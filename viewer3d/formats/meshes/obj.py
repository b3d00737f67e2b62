"""OBJ of Wavefront, with its materials (``.mtl``): objects with names and colours, as text.

Wavefront Technologies, "Advanced Visualizer Manual", appendix B1: ``v`` is a point, ``f`` a face whose corners count
from 1, or back from the last point where they are negative.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import numpy as np

from viewer3d.core.files import read_whole
from viewer3d.core.mesh import Mesh
from viewer3d.core.text import printable
from viewer3d.core.vectors import Points
from viewer3d.formats.meshes.obj_lines import line_blocks, read_faces, read_points
from viewer3d.formats.meshes.parts import (
    MeshColor,
    MeshFile,
    MeshPart,
    MeshSpace,
    check_corners,
    space_of,
    space_remark,
)

_MOST_AT_ONCE: Final = 200_000
"""Lines that are written together."""
_MOST_MATERIALS: Final = 10_000_000
"""Bytes of a file of materials."""


class _Object(NamedTuple):
    """Faces of one name and material: their lines, and how many points come before each of these."""

    title: str
    color: MeshColor | None
    faces: list[bytes]
    before: list[int]


def material_names(meshes: Sequence[Mesh]) -> list[str]:
    """Return a name without spaces for the material of each mesh; no two are the same."""
    return [f"{number}_{_one_word(one.name)}".rstrip("_") for number, one in enumerate(meshes, 1)]


def write_obj(meshes: Sequence[Mesh], file: BinaryIO, space: MeshSpace = "LPS", materials: str = "") -> None:
    """Write meshes to an OBJ file, an object each.

    Parameters
    ----------
    meshes : sequence of Mesh
    file : binary file
    space : {"LPS", "RAS"}
        The axes that the points have, which the file says.
    materials : str
        Name of the file of materials beside it, which :func:`write_materials` writes; empty where there is none.
    """
    file.write(f"# {space_remark(space)}\n".encode())
    if materials:
        file.write(f"mtllib {materials}\n".encode())
    start = 1
    for number, (mesh, material) in enumerate(zip(meshes, material_names(meshes), strict=True), 1):
        file.write(f"o {printable(mesh.name) or f'surface {number}'}\n".encode())
        _write_rows(file, "v %.9g %.9g %.9g\n", mesh.points)
        if materials and mesh.color is not None:
            file.write(f"usemtl {material}\n".encode())
        _write_rows(file, "f %d %d %d\n", mesh.triangles.astype(np.int64) + start)
        start += len(mesh.points)


def write_materials(meshes: Sequence[Mesh], file: BinaryIO) -> None:
    """Write the colours of meshes as the materials of an OBJ file."""
    file.write(b"# viewer3d\n")
    for mesh, material in zip(meshes, material_names(meshes), strict=True):
        if mesh.color is not None:
            red, green, blue = (part / 255 for part in mesh.color)
            file.write(f"newmtl {material}\nKd {red:.6f} {green:.6f} {blue:.6f}\nillum 1\n".encode())


def read_obj(name: str, data: bytes) -> MeshFile:
    """Read an OBJ file; its materials are read where they are in its folder.

    Parameters
    ----------
    name : str
        Path of the file.
    data : bytes
        What is in it.

    Raises
    ------
    BadFileError
        When a line cannot be read, or a face names a point that there is not.
    """
    remarks, title, color = list[str](), "", None
    points, colors, count = list[bytes](), dict[str, MeshColor](), 0
    objects: list[_Object] = []
    current: _Object | None = None
    for kind, line in _lines(data):
        if kind == "v":
            points.append(line)
            count += line.count(b"\n")
        elif kind == "f":
            if current is None:
                current = _Object(title, color, [], [])
                objects.append(current)
            current.faces.append(line)
            current.before.append(count)
        else:
            words = line.decode("utf-8", "replace").strip()
            if kind in ("o", "g"):
                title, current = words[2:].strip(), None
            elif kind == "usemtl":
                color, current = colors.get(" ".join(words.split()[1:])), None
            elif kind == "mtllib":
                colors |= _materials(Path(name).parent, words[7:].strip())
            elif kind.startswith("#"):
                remarks.append(words)
    places = read_points(name, b"".join(points))
    parts = tuple(_part(name, places, one) for one in objects)
    said = "\n".join(remarks)
    return MeshFile(parts, space_of(said), "mm" if "UNIT=mm" in said else "")


def _lines(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield lines with their first words; points and faces that follow each other are together."""
    for kind, block in line_blocks(data):
        if kind:
            yield kind, block
            continue
        for line in block.decode("utf-8", "replace").splitlines():
            if words := line.split(maxsplit=1):
                yield words[0], f"{line.strip()}\n".encode()


def _part(name: str, points: Points, one: _Object) -> MeshPart:
    triangles = read_faces(name, one.faces, one.before)
    check_corners(name, triangles, len(points))
    used = np.zeros(len(points), np.bool_)
    used[triangles] = True
    if used.all():
        return MeshPart(points, triangles, one.title, one.color)
    return MeshPart(points[used], (np.cumsum(used) - 1)[triangles], one.title, one.color)


def _materials(folder: Path, name: str) -> dict[str, MeshColor]:
    """Return the colours of the materials of a file in a folder; none where it is not there, or elsewhere."""
    if not name or Path(name).name != name:
        return {}
    try:
        text = read_whole(folder / name, _MOST_MATERIALS).decode("utf-8", "replace")
    except (OSError, ValueError):  # the latter of a name with a null character
        return {}
    found, material = dict[str, MeshColor](), ""
    for words in (line.split() for line in text.splitlines()):
        if words[:1] == ["newmtl"]:
            material = " ".join(words[1:])
        elif words[:1] == ["Kd"] and len(words) >= 4:
            try:
                red, green, blue = (round(255 * min(max(float(word), 0.0), 1.0)) for word in words[1:4])
            except ValueError:
                continue
            found[material] = red, green, blue
    return found


def _write_rows(file: BinaryIO, form: str, rows: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
    for start in range(0, len(rows), _MOST_AT_ONCE):
        some = rows[start : start + _MOST_AT_ONCE]
        file.write((form * len(some) % tuple(some.ravel().tolist())).encode())


def _one_word(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "_", name)[:40]
