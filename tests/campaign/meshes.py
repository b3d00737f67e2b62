"""Files of meshes, damaged or lying: loaded, and laid over a CT in the shell."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner

import viewer3d
from tests.campaign.damage import damaged
from tests.campaign.outcomes import Outcome
from tests.campaign.rooms import Room, put_copies, replace_file
from viewer3d.cli import main

SOURCES = ("a.stl", "b.stl", "a.ply", "b.ply", "a.obj", "a.glb", "a.vtp", "b.vtp")
WORDS = (b"0", b"-1", b"1e300", b"nan", b"inf", b"99999999999", b"4294967296", b"", b"x", b'"', b"1/2/3", b"-7//2")
NUMBERS = (0, 1, 2, 255, 2**16, 2**31 - 1, 2**31, 2**32 - 1)


def write(place: Path) -> None:
    """Write a CT and a file of each kind."""
    from tests.formats.meshes.test_meshes import box
    from viewer3d import phantom

    phantom.write(place / "ct", shape=(24, 20, 4), spacing=(16, 14, 60))
    middle = np.array(viewer3d.load(place / "ct").geometry.center)
    meshes = [box(middle - 60 * n, (120, 90, 80), name=f"Part {n}", color=(200, 90, 40 * n)) for n in (1, 2)]
    over = place / "over"
    over.mkdir()
    for suffix in (".stl", ".ply", ".obj", ".glb", ".vtp"):
        viewer3d.save(meshes, over / f"a{suffix}")
    one = meshes[0]
    points, faces = one.points.tolist(), one.triangles.tolist()
    lines = ["solid a"]
    for corners in one.points[one.triangles].tolist():
        vertices = ["vertex {} {} {}".format(*place) for place in corners]
        lines += ["facet normal 0 0 0", "outer loop", *vertices, "endloop", "endfacet"]
    _write(over / "b.stl", [*lines, "endsolid a"])
    places = ["{} {} {}".format(*place) for place in points]
    lines = ["ply", "format ascii 1.0", f"element vertex {len(points)}"]
    lines += [f"property float {axis}" for axis in "xyz"]
    lines += [f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header"]
    _write(over / "b.ply", [*lines, *places, *("3 {} {} {}".format(*face) for face in faces)])
    numbers = " ".join(map(str, one.triangles.ravel().tolist()))
    ends = " ".join(str(3 * n) for n in range(1, len(faces) + 1))
    array = '<DataArray type="{}" Name="{}" NumberOfComponents="{}" format="ascii">{}</DataArray>'
    lines = ['<?xml version="1.0"?>', '<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian">', "<PolyData>"]
    lines += [f'<Piece NumberOfPoints="{len(points)}" NumberOfPolys="{len(faces)}">', "<Points>"]
    lines += [array.format("Float32", "Points", 3, " ".join(places)), "</Points>", "<Polys>"]
    lines += [array.format("Int64", "connectivity", 1, numbers), array.format("Int64", "offsets", 1, ends)]
    _write(over / "b.vtp", [*lines, "</Polys>", "</Piece>", "</PolyData>", "</VTKFile>"])


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join([*lines, ""]))


def case(room: Room) -> tuple[Outcome, str]:
    """Damage a file of a mesh, and load it or draw it over a CT."""
    chance = room.chance
    whole = room.series("meshes", write)
    room.source = chance.choice(SOURCES)
    put_copies(whole / "over", room.folder)
    target = room.folder / room.source
    data = target.read_bytes()
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        data, how = _changed(room.source, data, chance)
        room.how.append(how)
    replace_file(target, data)
    if chance.random() < 0.4:
        room.how.append("over a CT")
        return _laid(target, whole / "ct", room)
    try:
        meshes = viewer3d.load_meshes(target)
        one = viewer3d.load_mesh(target)
    except viewer3d.Viewer3DError as error:
        said = str(error)
    else:
        said = ""
    if said:
        assert "\n" not in said, "several lines"
        return Outcome.ERROR, said
    for mesh in (*meshes, one):
        assert len(mesh.triangles), "a mesh of nothing"
        assert np.isfinite(mesh.points).all(), "points that are no numbers"
        assert isinstance(mesh.is_closed, bool)
    usual = viewer3d.load_meshes(whole / "over" / room.source)
    same = len(meshes) == len(usual) and all(a.digest == b.digest for a, b in zip(meshes, usual, strict=True))
    return (Outcome.RIGHT, "") if same else (Outcome.OTHER, "another mesh")


def _laid(target: Path, ct: Path, room: Room) -> tuple[Outcome, str]:
    out = room.folder / "out.png"
    look = room.chance.choice(("same_frame", "same_frame,fill=0.5", "same_frame,segments=1,outline=1"))
    view = room.chance.choice(("axial", "mpr"))
    words: list[Any] = ["shot", ct, "-o", out, "--view", view, "--size", "60x48", "--overlay", target, "--look", look]
    result = CliRunner().invoke(main, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in (0, 2), f"exit code {result.exit_code}: {result.stderr}"
    if result.exit_code == 2:
        assert result.stderr.startswith("viewer3d: "), result.stderr
        assert len(result.stderr.splitlines()) == 1, f"several lines: {result.stderr}"
        assert not out.exists()
        return Outcome.ERROR, result.stderr.strip()
    assert out.exists()
    return Outcome.OTHER, "a picture"


def _changed(name: str, data: bytes, chance: random.Random) -> tuple[bytes, str]:
    if data and chance.random() < 0.6:
        if name in ("b.stl", "b.ply", "a.obj", "b.vtp") or (name in ("a.ply", "a.vtp") and chance.random() < 0.7):
            return _with_word(data, chance)
        return _with_number(data, chance)
    return damaged(data, chance)


def _with_word(data: bytes, chance: random.Random) -> tuple[bytes, str]:
    """Put another word into one of the lines of text."""
    lines = data.split(b"\n")
    number = chance.randrange(min(len(lines), 60))
    words = lines[number].replace(b'"', b' " ').split(b" ")
    at = chance.randrange(len(words))
    way = chance.choice(("replaced", "dropped", "line dropped", "line twice"))
    if way == "replaced":
        words[at] = chance.choice(WORDS)
    elif way == "dropped":
        del words[at]
    lines[number : number + 1] = {"line dropped": [], "line twice": [lines[number]] * 2}.get(way, [b" ".join(words)])
    return b"\n".join(lines), f"line {number}, word {at} {way}"


def _with_number(data: bytes, chance: random.Random) -> tuple[bytes, str]:
    """Put another number of 4 bytes where one of the header, or of what follows, may be."""
    at = chance.choice((8, 12, 80, 4 * chance.randrange(max(1, len(data) // 4))))
    number = chance.choice(NUMBERS)
    return data[:at] + struct.pack("<I", number) + data[at + 4 :], f"bytes {at} = {number}"
