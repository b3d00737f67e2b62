"""Write surfaces of triangles to STL, PLY, OBJ, GLB and VTP files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final, get_args

from viewer3d.core.files import check_folder, check_suffix, write_together
from viewer3d.core.geometry import to_ras
from viewer3d.core.mesh import Mesh
from viewer3d.core.notes.note import Note
from viewer3d.core.progress import Progress
from viewer3d.errors import OutputError
from viewer3d.formats.meshes.glb import write_glb
from viewer3d.formats.meshes.obj import write_materials, write_obj
from viewer3d.formats.meshes.parts import MeshSpace
from viewer3d.formats.meshes.ply import write_ply
from viewer3d.formats.meshes.stl import write_stl
from viewer3d.formats.meshes.vtp import write_vtp
from viewer3d.formats.write.output import Output, OutputFile

MESH_WRITERS: Final[dict[str, Callable[..., None]]] = {
    ".stl": write_stl,
    ".ply": write_ply,
    ".obj": write_obj,
    ".glb": write_glb,
    ".vtp": write_vtp,
}
"""What writes meshes into an open file, by suffix. OBJ has its colours in a file beside it."""


def write_meshes(
    meshes: Mesh | Sequence[Mesh],
    path: str | os.PathLike[str],
    *,
    space: MeshSpace = "LPS",
    progress: Progress | None = None,
) -> Path:
    """Write meshes to a file, by its suffix, as :func:`plan_meshes` says; nothing is half-written.

    Raises
    ------
    OutputError
        As :func:`plan_meshes`; also when the suffix is of no such format, or it cannot be written there.
    """
    target = check_folder(check_suffix(path, MESH_WRITERS, "mesh"))
    output = plan_meshes(meshes, target, space=space, progress=progress)
    return write_together([(one.path, one.write) for one in output.files])[0]


def plan_meshes(
    meshes: Mesh | Sequence[Mesh], target: Path, *, space: MeshSpace = "LPS", progress: Progress | None = None
) -> Output:
    """Plan a file of meshes, by its suffix: ``.stl``, ``.ply``, ``.obj``, ``.glb`` or ``.vtp``.

    All are in LPS or RAS mm, which headers and comments say (``SPACE=LPS``), but GLB, which is in metres, +Y up, as its
    standard wants. GLB and OBJ keep names and colours (OBJ with a ``.mtl`` beside it), PLY colours of points; several
    meshes become one in STL, PLY and VTP. Coordinates are float32, in OBJ of 9 digits.

    Parameters
    ----------
    meshes : Mesh or sequence of Mesh
    target : Path
    space : {"LPS", "RAS"}
        Which axes the points have in the file, which says it: RAS for programs that take all meshes as such.
    progress : callable, optional
        Is called with the stage ``"writing"``.

    Returns
    -------
    Output
        With a note on what the format does not hold of these meshes.

    Raises
    ------
    OutputError
        When there is no mesh, or one has no triangle; or GLB, which has axes of its own, is to have others.
    """
    given = (meshes,) if isinstance(meshes, Mesh) else tuple(meshes)
    kind = target.suffix.lower()
    if space not in get_args(MeshSpace):
        raise OutputError(f"{target}: space={space!r:.40}: give 'LPS' or 'RAS'")
    if kind == ".glb" and space != "LPS":
        raise OutputError(
            f"{target}: GLB has axes of its own, +Y up: leave space out, or give .stl, .ply, .obj or .vtp"
        )
    if not given:
        raise OutputError(f"{target}: there is no mesh to write: give one at least")
    for number, one in enumerate(given, 1):
        if not isinstance(one, Mesh):
            raise OutputError(f"{target}: {one!r:.60} is no mesh: give what viewer3d.surface or load_mesh returns")
        if not len(one.triangles):
            raise OutputError(f"{target}: {one.name or f'mesh {number}'} has no triangle: leave it out")
    if space == "RAS":
        given = tuple(replace(one, points=to_ras(one.points)) for one in given)
    materials = target.with_suffix(".mtl")
    is_colored = any(one.color is not None for one in given)
    beside: tuple[OutputFile, ...] = ()
    if kind == ".obj" and is_colored:
        beside = (OutputFile(materials, lambda file: write_materials(given, file)),)

    def write(file: BinaryIO) -> None:
        if progress is not None:
            progress("writing", 0, 1)
        if kind == ".glb":
            write_glb(given, file)
        elif beside:
            write_obj(given, file, space, materials.name)
        else:
            MESH_WRITERS[kind](given, file, space)
        if progress is not None:
            progress("writing", 1, 1)

    lost = [] if kind in (".obj", ".glb") or len(given) == 1 else [f"its {len(given)} meshes are one"]
    lost += ["colours are left out"] if is_colored and kind in (".stl", ".vtp") else []
    notes = (
        (Note(f"{target.name}: {' and '.join(lost)}; .glb and .obj keep them.", "written.mesh_parts_lost"),)
        if lost
        else ()
    )
    return Output((OutputFile(target, write), *beside), notes)
