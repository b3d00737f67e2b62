"""Load surfaces of triangles from STL, PLY, OBJ, GLB and VTP files."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

import numpy as np

from viewer3d.core.files import read_whole
from viewer3d.core.geometry import to_ras
from viewer3d.core.mesh import Mesh, MeshSet
from viewer3d.core.notes.note import Note
from viewer3d.errors import BadFileError, GeometryError, LimitError, NotFoundError, ViewError
from viewer3d.formats.meshes.glb import read_glb
from viewer3d.formats.meshes.obj import read_obj
from viewer3d.formats.meshes.parts import MeshPart, MeshSpace, joined_meshes, mesh_files
from viewer3d.formats.meshes.ply import read_ply
from viewer3d.formats.meshes.stl import read_stl
from viewer3d.formats.meshes.vtp import read_vtp

MeshUnit = Literal["mm", "cm", "m"]
"""Unit of lengths."""

MOST_MESH_BYTES: Final = 4_000_000_000
"""Of a file of meshes: 80 million triangles of STL."""

_CONTRADICTIONS: Final = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RecursionError,
    MemoryError,
    struct.error,
)
"""What numpy and others raise of sizes, types and numbers that a damaged file says."""

_READERS: Final = {".stl": read_stl, ".ply": read_ply, ".obj": read_obj, ".glb": read_glb, ".vtp": read_vtp}
_MM: Final = {"mm": 1.0, "cm": 10.0, "m": 1000.0}


def load_meshes(
    path: str | os.PathLike[str],
    *,
    space: MeshSpace | None = None,
    unit: MeshUnit | None = None,
    frame_of_reference: str = "",
) -> tuple[Mesh, ...]:
    """Load all surfaces of a file: STL, PLY, OBJ, GLB or VTP, told by its suffix.

    Points are LPS unless the file says ``SPACE=RAS`` in its header or comment, as 3D Slicer writes it. They are mm, and
    those of GLB metres, +Y up: (x, y, z) there is (x, -z, y) in LPS.

    Parameters
    ----------
    path : path
    space : {"LPS", "RAS"}, optional
        Which axes the points have, whatever the file says.
    unit : {"mm", "cm", "m"}, optional
        In which unit they are, whatever the file says.
    frame_of_reference : str
        Frame of Reference UID of the images that they belong to, which no such file says.

    Returns
    -------
    tuple of Mesh
        An object of OBJ or GLB each; of other files one. Their notes say what the file did not say.

    Raises
    ------
    NotFoundError
        When there is no file.
    BadFileError
        When it is truncated, contradicts itself, holds points that are no numbers or no triangle at all, or has a
        suffix of another kind.
    LimitError
        When it has more than 4 GB.
    ViewError
        When space or unit is none.

    Examples
    --------
    >>> [one.name for one in load_meshes("organs.glb")]    # doctest: +SKIP
    ['liver', 'spleen']
    """
    if space not in (None, "LPS", "RAS") or unit not in (None, *_MM):
        raise ViewError(f"space {space!r:.20} and unit {unit!r:.20}: give 'LPS' or 'RAS', and 'mm', 'cm' or 'm'")
    place = Path(path)
    read = _READERS.get(place.suffix.lower())
    if read is None:
        raise BadFileError(f"{place}: no mesh is read from {place.suffix!r}: give one of {', '.join(_READERS)}")
    data = _bytes_of(place)
    try:
        with np.errstate(invalid="ignore", over="ignore"):  # what is no number, or too large, is refused below
            found = read(str(place), data)
    except _CONTRADICTIONS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BadFileError(
            f"{place}: what it says of itself cannot be followed ({reason:.80}); write it again"
        ) from error
    notes = list(found.notes)
    if not (axes := space or found.space):
        axes = "LPS"
        notes.append(
            Note("The file does not say which axes its points have: they were taken as LPS.", "mesh.axes_assumed")
        )
    if not (length := unit or found.unit):
        length = "mm"
        notes.append(Note("The file does not say its unit: its points were taken as mm.", "mesh.unit_assumed"))
    parts = [one for one in found.parts if len(one.triangles)]
    if not parts:
        raise BadFileError(f"{place}: holds no triangle: give a file with a surface")
    return tuple(
        _mesh(place, replace(one, points=one.points * _MM[length]), axes, frame_of_reference, notes) for one in parts
    )


def load_mesh(
    path: str | os.PathLike[str],
    *,
    space: MeshSpace | None = None,
    unit: MeshUnit | None = None,
    frame_of_reference: str = "",
) -> Mesh:
    """Load the surface of a file as one mesh: STL, PLY, OBJ, GLB or VTP, told by its suffix.

    Several objects of OBJ or GLB are taken as one, with a note; :func:`load_meshes` gives each.

    Parameters
    ----------
    path : path
    space, unit, frame_of_reference
        As for :func:`load_meshes`.

    Returns
    -------
    Mesh
        LPS, mm.

    Raises
    ------
    NotFoundError, BadFileError, LimitError, ViewError
        As :func:`load_meshes`.

    Examples
    --------
    >>> load_mesh("bone.stl")    # doctest: +SKIP
    Mesh(103522 points, 207040 triangles)
    """
    meshes = load_meshes(path, space=space, unit=unit, frame_of_reference=frame_of_reference)
    if len(meshes) == 1:
        return meshes[0]
    names = ", ".join(one.name or "without a name" for one in meshes[:5]) + (", ..." if len(meshes) > 5 else "")
    points, triangles = joined_meshes(meshes)
    note = Note(
        f"Its {len(meshes)} objects ({names}) were taken as one surface: load_meshes gives each.", "mesh.joined"
    )
    return Mesh(points, triangles, frame_of_reference, Path(path).stem, notes=(*meshes[0].notes, note))


def load_mesh_layer(where: str | os.PathLike[str]) -> MeshSet:
    """Load all surfaces of a file, or of the files of a folder, to lie over images.

    One without a name is called as its file; in a folder each file with a single surface is.

    Raises
    ------
    NotFoundError, BadFileError, LimitError
        As :func:`load_meshes`.
    """
    files = mesh_files(where) or (Path(where),)
    is_folder = Path(where).is_dir()
    return MeshSet(tuple(mesh for path in files for mesh in _named_meshes(path, as_file=is_folder)))


def _named_meshes(path: Path, *, as_file: bool) -> list[Mesh]:
    meshes, stem = load_meshes(path), path.stem
    if len(meshes) == 1:
        return [replace(meshes[0], name=stem if as_file else meshes[0].name or stem)]
    return [replace(one, name=one.name or f"{stem} {n}") for n, one in enumerate(meshes, 1)]


def _bytes_of(place: Path) -> bytes:
    try:
        if place.stat().st_size > MOST_MESH_BYTES:
            raise LimitError(f"{place}: has more than {MOST_MESH_BYTES:,} bytes: give a mesh of fewer triangles")
        return read_whole(place, MOST_MESH_BYTES)
    except FileNotFoundError:
        raise NotFoundError(f"{place}: there is no such file") from None
    except OSError as error:
        raise BadFileError(f"{place}: cannot be read ({(error.strerror or str(error)).lower()})") from None


def _mesh(place: Path, part: MeshPart, space: str, frame: str, notes: Sequence[Note]) -> Mesh:
    if not np.isfinite(part.points).all():
        raise BadFileError(f"{place}: holds points that are no numbers (NaN or infinite); write it again")
    points = to_ras(part.points) if space == "RAS" else part.points
    try:
        return Mesh(points, part.triangles, frame, part.name, part.color, tuple(notes))
    except GeometryError as error:
        raise BadFileError(f"{place}: {error}") from None
