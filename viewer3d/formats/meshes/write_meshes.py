"""Write surfaces of triangles to STL, PLY, OBJ, GLB and VTP files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from viewer3d.core.files import check_folder, check_suffix, write_whole
from viewer3d.core.mesh import Mesh
from viewer3d.core.progress import Progress
from viewer3d.errors import OutputError
from viewer3d.formats.meshes.glb import write_glb
from viewer3d.formats.meshes.obj import write_materials, write_obj
from viewer3d.formats.meshes.ply import write_ply
from viewer3d.formats.meshes.stl import write_stl
from viewer3d.formats.meshes.vtp import write_vtp

MESH_WRITERS: Final[dict[str, Callable[[Sequence[Mesh], BinaryIO], None]]] = {
    ".stl": write_stl,
    ".ply": write_ply,
    ".obj": write_obj,
    ".glb": write_glb,
    ".vtp": write_vtp,
}
"""What writes meshes into an open file, by suffix. OBJ has its colours in a file beside it."""


def write_meshes(
    meshes: Mesh | Sequence[Mesh], path: str | os.PathLike[str], *, progress: Progress | None = None
) -> Path:
    """Write meshes to a file, by its suffix: ``.stl``, ``.ply``, ``.obj``, ``.glb`` or ``.vtp``.

    All are in LPS mm, which headers and comments say (``SPACE=LPS``), but GLB, which is in metres, +Y up, as its
    standard wants. GLB and OBJ keep names and colours (OBJ with a ``.mtl`` beside it), PLY colours of points; several
    meshes become one in STL, PLY and VTP. Coordinates are float32, in OBJ of 9 digits.

    Parameters
    ----------
    meshes : Mesh or sequence of Mesh
    path : path
    progress : callable, optional
        Is called with the stage ``"writing"``.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When there is no mesh, one has no triangle, the suffix is of no such format, or it cannot be written there;
        nothing is half-written.
    """
    target = check_folder(check_suffix(path, MESH_WRITERS, "mesh"))
    given = (meshes,) if isinstance(meshes, Mesh) else tuple(meshes)
    if not given:
        raise OutputError(f"{target}: there is no mesh to write: give one at least")
    for number, one in enumerate(given, 1):
        if not isinstance(one, Mesh):
            raise OutputError(f"{target}: {one!r:.60} is no mesh: give what viewer3d.surface or load_mesh returns")
        if not len(one.triangles):
            raise OutputError(f"{target}: {one.name or f'mesh {number}'} has no triangle: leave it out")
    if progress is not None:
        progress("writing", 0, 1)
    kind = target.suffix.lower()
    if kind == ".obj" and any(one.color is not None for one in given):
        materials = target.with_suffix(".mtl")

        def write_both(file: BinaryIO) -> None:
            write_obj(given, file, materials.name)
            write_whole(materials, lambda beside: write_materials(given, beside))

        write_whole(target, write_both)
    else:
        write_whole(target, lambda file: MESH_WRITERS[kind](given, file))
    if progress is not None:
        progress("writing", 1, 1)
    return target
