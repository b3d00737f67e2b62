"""What files of all kinds of mesh have in common: parts with names and colours, and remarks on axes."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.notes.note import Note
from viewer3d.core.vectors import Points
from viewer3d.errors import BadFileError

if TYPE_CHECKING:
    from viewer3d.core.mesh import Mesh

MeshColor = tuple[int, int, int]
"""Red, green and blue, 0 to 255 each (sRGB)."""

MESH_SUFFIXES: Final = (".stl", ".ply", ".obj", ".glb", ".vtp")
"""Of files of meshes."""

MeshSpace = Literal["LPS", "RAS"]
"""Axes of points: to the patient's left, back and head, or right to the other two signs of the first two."""


def space_remark(space: MeshSpace) -> str:
    """Return what written files say of their axes.

    3D Slicer looks for ``SPACE=`` in headers and comments (``vtkMRMLModelStorageNode``), and takes a file without it as
    LPS, too.
    """
    return f"viewer3d; SPACE={space}; UNIT=mm"


_SPACE: Final = re.compile(r"SPACE\s*=\s*(LPS|RAS)", re.IGNORECASE)


def is_mesh_file(where: object) -> bool:
    """Return whether a place is a file whose suffix is that of a mesh."""
    if not isinstance(where, str | os.PathLike):
        return False
    place = Path(where)
    return place.suffix.lower() in MESH_SUFFIXES and place.is_file()


def mesh_files(where: object) -> tuple[Path, ...]:
    """Return the files of meshes that a place is: a file, or a folder of them by name; of others none.

    In a folder there is no other folder, nothing that may be DICOM and no volume beside them.
    """
    if not isinstance(where, str | os.PathLike):
        return ()
    place = Path(where)
    try:
        if is_mesh_file(place):
            return (place,)
        if not place.is_dir():
            return ()
        entries = [one for one in sorted(place.iterdir()) if not one.name.startswith(".")]
        found = tuple(one for one in entries if is_mesh_file(one))
        others = [one for one in entries if one not in found] if found else []
    except OSError:  # a folder that may not be listed, which reading it says
        return ()
    from viewer3d.formats.grid_files import suffix_of  # noqa: PLC0415 (a mesh alone needs nothing of volumes)

    mixed = any(one.is_dir() or one.suffix.lower() in ("", ".dcm", ".ima") or suffix_of(one) for one in others)
    return () if mixed else found


@dataclass(frozen=True, eq=False)
class MeshPart:
    """One object of a file.

    Attributes
    ----------
    points : ndarray of float64, shape (N, 3)
        As the file has them, in its axes and unit.
    triangles : ndarray of int, shape (M, 3)
    name : str
    color : tuple of int, optional
        Red, green and blue, 0 to 255.
    """

    points: Points
    triangles: NDArray[Any]
    name: str = ""
    color: MeshColor | None = None


@dataclass(frozen=True, eq=False)
class MeshFile:
    """What a file of meshes holds.

    Attributes
    ----------
    parts : tuple of MeshPart
    space : {"LPS", "RAS", ""}
        Which axes it says its points have; empty where it says nothing.
    unit : {"mm", "m", ""}
        Likewise.
    notes : tuple of Note
    """

    parts: tuple[MeshPart, ...]
    space: str = ""
    unit: str = ""
    notes: tuple[Note, ...] = ()


def space_of(text: str) -> str:
    """Return which axes a header or comment names, ``"LPS"`` or ``"RAS"``; empty where none."""
    found = _SPACE.search(text)
    return found[1].upper() if found else ""


def fan_triangles(polygons: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Return the triangles of polygons, shape (M, 3), each from its polygon's first corner."""
    found = [(one[0], one[n], one[n + 1]) for one in polygons for n in range(1, len(one) - 1)]
    return np.array(found, np.int64).reshape(-1, 3)


def check_corners(name: str, triangles: NDArray[Any], count: int) -> None:
    """Check that the corners of triangles are points that there are.

    Raises
    ------
    BadFileError
        When one is not.
    """
    if triangles.size and not 0 <= int(triangles.min()) <= int(triangles.max()) < count:
        raise BadFileError(
            f"{name}: a triangle names point {triangles.max() if triangles.max() >= count else triangles.min()} of "
            f"{count}; write it again"
        )


def merged_points(points: Points) -> tuple[Points, NDArray[np.int64]]:
    """Return points without repetition, in the order of their first, and which of them each was.

    Parameters
    ----------
    points : ndarray, shape (N, 3)

    Returns
    -------
    ndarray, shape (K, 3), and ndarray of int, shape (N,)
        Equal points are one; near ones are not.
    """
    places = points + 0.0  # -0 is 0
    order = np.lexsort(places.T[::-1])
    in_order = places[order]
    is_new = np.ones(len(order), bool)
    is_new[1:] = (in_order[1:] != in_order[:-1]).any(axis=1)
    group = np.cumsum(is_new) - 1
    first = np.minimum.reduceat(order, np.flatnonzero(is_new)) if len(order) else order
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    number = np.empty(len(order), np.int64)
    number[order] = rank[group]
    return points[np.sort(first)], number


def joined_meshes(meshes: Sequence[Mesh]) -> tuple[Points, NDArray[np.int32]]:
    """Return the points, shape (N, 3), and triangles, shape (M, 3), of several meshes as one."""
    starts = np.cumsum([0, *(len(one.points) for one in meshes)])
    triangles = [one.triangles + np.int32(start) for one, start in zip(meshes, starts, strict=False)]
    return np.concatenate([one.points for one in meshes]), np.concatenate(triangles)
