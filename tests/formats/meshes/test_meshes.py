"""Meshes written and read again: by this package, by VTK's readers and by trimesh."""

from __future__ import annotations

import importlib
import json
import struct
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import viewer3d
from viewer3d.core.geometry import to_ras
from viewer3d.core.mesh import Mesh
from viewer3d.errors import BadFileError, NotFoundError, OutputError, ViewError
from viewer3d.formats.load_overlay import load_overlay
from viewer3d.formats.meshes.load_mesh import load_mesh, load_meshes
from viewer3d.formats.meshes.parts import mesh_files
from viewer3d.formats.meshes.write_meshes import write_meshes
from viewer3d.render.volume.surface_actor import surface_data

SUFFIXES = (".stl", ".ply", ".obj", ".glb", ".vtp")


def box(low=(10.0, -30.0, 100.0), sides=(4.0, 6.0, 10.0), **about) -> Mesh:
    """A closed box, whose sides tell axes and directions apart."""
    corners = np.stack(np.meshgrid(*[(0, 1)] * 3, indexing="ij"), -1).reshape(8, 3)
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    triangles = [(a, b, c) for face in faces for a, b, c in ((face[0], *face[1:3]), (face[0], *face[2:]))]
    return Mesh(corners * sides + low, triangles, **about)


BOX = box(name="Liver", color=(221, 130, 101))
OTHER = box((-50, 0, 0), (1, 2, 3), name="Spleen, left", color=(157, 108, 162))


def same_places(mesh: Mesh, other: Mesh, tolerance: float = 1e-4) -> bool:
    """Whether two meshes have the same triangles in the same places, in the same order."""
    return np.abs(mesh.points[mesh.triangles] - other.points[other.triangles]).max() < tolerance


def test_a_box_is_closed_and_has_its_volume():
    assert BOX.is_closed
    assert BOX.ml == pytest.approx(0.24, rel=1e-12)
    assert Mesh(BOX.points, BOX.triangles[:, ::-1]).ml == pytest.approx(-0.24)
    assert not Mesh(BOX.points, BOX.triangles[1:]).is_closed
    assert not Mesh([], []).is_closed


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str):
    path = write_meshes(BOX, tmp_path / f"box{suffix}")
    mesh = load_mesh(path, frame_of_reference="1.2.3")
    assert same_places(mesh, BOX)
    assert (len(mesh.points), mesh.is_closed, mesh.frame_of_reference) == (8, True, "1.2.3")
    assert mesh.ml == pytest.approx(BOX.ml, rel=1e-6)
    assert mesh.name == ("Liver" if suffix in (".obj", ".glb") else "")
    assert mesh.color == (BOX.color if suffix in (".obj", ".glb", ".ply") else None)
    assert not any("axes" in note for note in mesh.notes) or suffix == ".glb"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_several_are_objects_of_a_file_or_one(tmp_path: Path, suffix: str):
    path = write_meshes([BOX, OTHER], tmp_path / f"two{suffix}")
    found = load_meshes(path)
    if suffix in (".obj", ".glb"):
        assert [(one.name, one.color) for one in found] == [("Liver", BOX.color), ("Spleen, left", OTHER.color)]
        assert same_places(found[0], BOX)
        assert same_places(found[1], OTHER)
    mesh = load_mesh(path)
    assert mesh.ml == pytest.approx(0.246, rel=1e-5)
    assert any("2 objects (Liver, Spleen, left)" in note for note in mesh.notes) == (suffix in (".obj", ".glb"))
    if suffix == ".ply":
        assert "several colours" in mesh.notes[0]


READERS = {
    ".stl": ("vtkIOGeometry", "vtkSTLReader"),
    ".obj": ("vtkIOGeometry", "vtkOBJReader"),
    ".ply": ("vtkIOPLY", "vtkPLYReader"),
    ".vtp": ("vtkIOXML", "vtkXMLPolyDataReader"),
}


@pytest.mark.parametrize("suffix", READERS)
def test_vtk_reads_the_same(tmp_path: Path, suffix: str):
    module, name = READERS[suffix]
    reader = getattr(importlib.import_module(f"vtkmodules.{module}"), name)()
    reader.SetFileName(str(write_meshes([BOX, OTHER], tmp_path / f"two{suffix}")))
    reader.Update()
    data = reader.GetOutput()
    assert data.GetNumberOfPolys() == 24
    np.testing.assert_allclose(data.GetBounds(), [-50, 14, -30, 2, 0, 110], atol=1e-4)
    if suffix == ".vtp":
        assert data.GetFieldData().GetAbstractArray("SPACE").GetValue(0) == "LPS"
    if suffix == ".ply":
        assert data.GetPointData().GetScalars().GetTuple3(0) == BOX.color


def test_headers_say_the_axes(tmp_path: Path):
    for suffix in (".stl", ".ply", ".obj"):
        assert b"SPACE=LPS" in write_meshes(BOX, tmp_path / f"box{suffix}").read_bytes()[:80]
    assert not (tmp_path / "box.stl").read_bytes().startswith(b"solid")


def test_glb_is_in_metres_with_y_up(tmp_path: Path):
    data = write_meshes(BOX, tmp_path / "box.glb").read_bytes()
    size = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + size])
    position = document["accessors"][0]
    np.testing.assert_allclose(position["min"], [0.010, 0.100, 0.024], atol=1e-7)  # (x, z, -y) / 1000
    np.testing.assert_allclose(position["max"], [0.014, 0.110, 0.030], atol=1e-7)
    assert document["nodes"][0]["name"] == "Liver"
    factor = document["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"]
    np.testing.assert_allclose(factor, [0.723055, 0.223228, 0.130136, 1], atol=1e-5)  # IEC 61966-2-1
    assert len(data) % 4 == 0
    assert struct.unpack_from("<I", data, 8)[0] == len(data)


@pytest.mark.slow  # only then CI has the peers
@pytest.mark.parametrize("suffix", [one for one in SUFFIXES if one != ".vtp"])  # which it does not read
def test_trimesh_reads_the_same(tmp_path: Path, suffix: str):
    trimesh = pytest.importorskip("trimesh", reason="trimesh is not installed: pip install '.[bench]'")
    path = write_meshes(BOX, tmp_path / f"box{suffix}")
    found = trimesh.load(path, force="mesh")
    assert found.is_watertight
    assert found.volume == pytest.approx(240e-9 if suffix == ".glb" else 240, rel=1e-5)


ASCII_STL = "solid a SPACE=RAS\n" + "".join(
    "facet normal 0 0 1\nouter loop\n"
    + "".join(f"vertex {x} {y} {z}\n" for x, y, z in BOX.points[corners])
    + "endloop\nendfacet\n"
    for corners in BOX.triangles
)


def test_ascii_stl_is_read_and_its_axes(tmp_path: Path):
    path = tmp_path / "a.stl"
    path.write_text(ASCII_STL + "endsolid a\n")
    mesh = load_mesh(path)
    np.testing.assert_allclose(mesh.bounds, np.sort(to_ras(BOX.bounds), axis=0))
    assert (len(mesh.points), mesh.is_closed) == (8, True)
    assert mesh.ml == pytest.approx(BOX.ml)
    assert mesh.notes == ("The file does not say its unit: its points were taken as mm.",)
    np.testing.assert_allclose(load_mesh(path, space="LPS", unit="cm").bounds, 10 * BOX.bounds)


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_ply_of_all_orders_is_read(tmp_path: Path, kind: str):
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    order = ">" if kind.endswith("big_endian") else "<"
    header = (
        f"ply\nformat {kind} 1.0\ncomment SPACE=RAS\nelement vertex 8\nproperty double x\nproperty double y\n"
        "property double z\nproperty float quality\nelement face 6\nproperty list uchar int vertex_index\n"
        "property uchar part\nelement edge 1\nproperty int a\nproperty int b\nend_header\n"
    )
    if kind == "ascii":
        rows = [" ".join(map(str, (*point, 0.5))) for point in BOX.points.tolist()]
        rows += [" ".join(map(str, (4, *quad, 7))) for quad in quads] + ["0 1"]
        body = "\n".join(rows).encode()
    else:
        body = b"".join(struct.pack(f"{order}3df", *point, 0.5) for point in BOX.points)
        body += b"".join(struct.pack(f"{order}B4iB", 4, *quad, 7) for quad in quads) + struct.pack(f"{order}2i", 0, 1)
    path = tmp_path / "a.ply"
    path.write_bytes(header.encode() + body)
    mesh = load_mesh(path)
    np.testing.assert_allclose(mesh.points, to_ras(BOX.points))
    np.testing.assert_array_equal(mesh.triangles, BOX.triangles)


@pytest.mark.parametrize("mode", ["ascii", "binary", "appended", "raw"])
@pytest.mark.parametrize("packed", ["plain", "zlib", "lzma"])
def test_vtp_of_vtk_is_read(tmp_path: Path, mode: str, packed: str):
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    from viewer3d.render.volume.surface_actor import surface_data

    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(surface_data(BOX))
    writer.SetFileName(str(tmp_path / "a.vtp"))
    {"ascii": writer.SetDataModeToAscii, "binary": writer.SetDataModeToBinary}.get(mode, writer.SetDataModeToAppended)()
    writer.SetEncodeAppendedData(mode != "raw")
    kinds = {"plain": writer.SetCompressorTypeToNone, "lzma": writer.SetCompressorTypeToLZMA}
    kinds.get(packed, writer.SetCompressorTypeToZLib)()
    writer.Write()
    mesh = load_mesh(tmp_path / "a.vtp")
    assert same_places(mesh, BOX)
    assert "axes" in mesh.notes[0]
    assert "unit" in mesh.notes[1]


def test_obj_of_others_is_read(tmp_path: Path):
    text = "# made by hand\nmtllib a.mtl\n" + "".join(f"v {x} {y} {z} 1.0\n" for x, y, z in BOX.points)
    text += "g side one\nusemtl red\nf 1/1/1 2//2 4 3\nf -4 -2 -1 -3\ng empty\n"
    (tmp_path / "a.obj").write_text(text)
    (tmp_path / "a.mtl").write_text("newmtl red\nKd 1 0.5 0\n")
    mesh = load_mesh(tmp_path / "a.obj")
    assert (mesh.name, mesh.color, len(mesh.triangles)) == ("side one", (255, 128, 0), 4)
    assert same_places(mesh, Mesh(BOX.points, BOX.triangles[:4]))
    (tmp_path / "a.obj").write_text(text.replace("mtllib a.mtl", "mtllib ../a.mtl"))
    assert load_mesh(tmp_path / "a.obj").color is None


def glb(document: dict, binary: bytes = b"") -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    length = 28 + len(text) + len(binary)
    head = struct.pack("<4sIIII", b"glTF", 2, length, len(text), 0x4E4F534A)
    return head + text + struct.pack("<II", len(binary), 0x004E4942) + binary


def parted(data: bytes) -> tuple[dict, bytes]:
    size = struct.unpack_from("<I", data, 12)[0]
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def test_nodes_of_glb_move_their_meshes(tmp_path: Path):
    document, binary = parted(write_meshes(BOX, tmp_path / "a.glb").read_bytes())
    half = np.sqrt(0.5)
    document["nodes"] = [
        {"children": [1], "translation": [1, 0, 0]},
        {"mesh": 0, "name": "inner", "scale": [2, 2, -2], "rotation": [0, half, 0, half]},
    ]
    (tmp_path / "b.glb").write_bytes(glb(document, binary))
    mesh = load_mesh(tmp_path / "b.glb")
    # Of glTF (X, Y, Z): scaled (2X, 2Y, -2Z), turned by 90 degrees about Y to (-2Z, 2Y, -2X), then moved along X.
    x, y, z = BOX.points.T
    np.testing.assert_allclose(mesh.points, np.stack([1000 + 2 * y, 2 * x, 2 * z], 1), atol=1e-3)
    assert mesh.ml == pytest.approx(8 * BOX.ml, rel=1e-4)  # a mirroring node turns nothing inside out


def test_a_mesh_of_nothing_is_not_written(tmp_path: Path):
    for meshes, message in (
        (Mesh([], [], name="Liver"), "Liver has no triangle"),
        ([], "no mesh to write"),
        ([BOX, Mesh(BOX.points, [])], "mesh 2 has no triangle"),
        (["a"], "is no mesh"),
    ):
        with pytest.raises(OutputError, match=message):
            write_meshes(meshes, tmp_path / "a.stl")
    with pytest.raises(OutputError, match=r"suffix '.dae': give one of .stl"):
        write_meshes(BOX, tmp_path / "a.dae")
    with pytest.raises(OutputError, match="there is no folder"):
        write_meshes(BOX, tmp_path / "none" / "a.stl")
    assert list(tmp_path.iterdir()) == []


def test_where_the_materials_cannot_be_written_nothing_is(tmp_path: Path):
    (tmp_path / "a.mtl").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_meshes(BOX, tmp_path / "a.obj")
    assert [one.name for one in tmp_path.iterdir()] == ["a.mtl"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_truncated_files_are_refused(tmp_path: Path, suffix: str):
    data = write_meshes(Mesh(BOX.points, BOX.triangles), tmp_path / f"a{suffix}").read_bytes()
    path = tmp_path / f"b{suffix}"
    for part in (0.0, 0.02, 0.3, 0.6, 0.9):
        path.write_bytes(data[: int(part * len(data))])
        if suffix == ".obj" and part >= 0.9:
            continue  # text that ends after a line is whole
        with pytest.raises(BadFileError, match=f"b{suffix}: "):
            load_mesh(path)


NOTHING = "ply\nformat ascii 1.0\nelement vertex {}\nproperty float x\nproperty float y\nproperty float z\n"
FACES = "element face {}\nproperty list uchar int vertex_indices\nend_header\n"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        (
            "a.stl",
            b" " * 80 + struct.pack("<I", 4_000_000_000) + bytes(50),
            "4,000,000,000 triangles, and has room for 1",
        ),
        ("a.stl", b" " * 80 + struct.pack("<I", 0), "holds no triangle"),
        ("a.stl", b" " * 80 + struct.pack("<I", 1) + np.full(9 + 3, np.nan, "<f4").tobytes() + b"\0\0", "no numbers"),
        (
            "a.stl",
            b"solid a\nfacet\nouter loop\nvertex 0 0 0\nvertex 0 1 0\nvertex 0 0 x\nendloop\nendfacet\nendsolid",
            "three numbers",
        ),
        ("a.stl", ASCII_STL.encode(), "ends within its triangles"),
        ("a.ply", (NOTHING + FACES).format(10**12, 1).encode() + b"0 0 0", "ends within its 1,000,000,000,000 rows"),
        ("a.ply", (NOTHING + FACES).format(1, 10**12).encode() + b"0 0 0 3 0 0 0", "ends within its faces"),
        ("a.ply", (NOTHING + FACES).format(1, 1).encode() + b"0 0 0 3 0 0 9", "names point 9 of 1"),
        ("a.ply", (NOTHING + FACES).format(1, 1).encode() + b"0 nan 0 3 0 0 0", "no numbers"),
        ("a.ply", (NOTHING + FACES).format(1, 1).encode() + b"0 0 0 nan 0 0 0", "no number"),
        ("a.ply", (NOTHING + FACES).format(-1, 1).encode(), "negative count"),
        ("a.ply", (NOTHING + FACES).format("many", 1).encode(), "element vertex many"),
        ("a.ply", b"ply\nformat ascii 1.0\nelement vertex 99999999999\nend_header\n", "ends within"),
        ("a.ply", b"solid", "no header"),
        ("a.obj", b"v 1 2\n", "line 'v 1 2'"),
        ("a.obj", b"v 1 2 3\nf 1 2 3\n", "names point 2 of 1"),
        ("a.obj", b"v 1 2 3\nf 0 0 0\n", "line 'f 0 0 0'"),
        ("a.obj", b"v 1 2 inf\nf 1 1 1\n", "no numbers"),
        ("a.obj", b"v 1 2 1e12\nf 1 1 1\n", "beyond 1e"),
        ("a.obj", b"v 1 2 3\n", "holds no triangle"),
        ("a.glb", b"{}", "no GLB file"),
        ("a.glb", glb({}), "holds no triangle"),
        ("a.glb", glb({"extensionsRequired": ["KHR_draco_mesh_compression"]}), "KHR_draco"),
        ("a.glb", glb({"nodes": [{"children": [1]}, {"children": [0]}], "scenes": [{"nodes": [0]}]}), "in a circle"),
        ("a.glb", glb({"nodes": [{"mesh": 7}], "meshes": []}), "contradicts itself"),
        ("a.glb", glb({"nodes": 5}), "contradicts itself"),
        ("a.vtp", b'<!DOCTYPE a [<!ENTITY b "c">]><VTKFile/>', "entities"),
        ("a.vtp", b"<VTKFile type='ImageData'/>", "holds a ImageData"),
        ("a.vtp", b"no xml", "no VTP file"),
        ("a.dae", b"", "no mesh is read from '.dae'"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, name: str, data: bytes, message: str):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadFileError, match=message):
        load_mesh(tmp_path / name)


def test_lying_counts_of_glb_are_refused(tmp_path: Path):
    document, binary = parted(write_meshes(BOX, tmp_path / "a.glb").read_bytes())
    for number, count in ((0, 10**15), (2, 10**15), (0, -1), (2, 35)):
        document["accessors"][number]["count"], before = count, document["accessors"][number]["count"]
        (tmp_path / "b.glb").write_bytes(glb(document, binary))
        with pytest.raises(BadFileError, match=r"do not fit its data|contradicts itself"):
            load_mesh(tmp_path / "b.glb")
        document["accessors"][number]["count"] = before


def test_a_small_vtp_does_not_become_large(tmp_path: Path):
    import base64
    import zlib

    block = zlib.compress(bytes(10**7))
    head = struct.pack("<4I", 10**6, 10**7, 0, len(block))
    text = (base64.b64encode(head) + base64.b64encode(block)).decode()
    (tmp_path / "a.vtp").write_text(
        '<VTKFile type="PolyData" compressor="vtkZLibDataCompressor"><PolyData><Piece NumberOfPoints="1" '
        f'NumberOfPolys="0"><Points><DataArray type="Float32" format="binary">{text}</DataArray></Points></Piece>'
        "</PolyData></VTKFile>"
    )
    with pytest.raises(BadFileError, match="truncated or cannot be decoded"):
        load_mesh(tmp_path / "a.vtp")


def test_what_is_not_there_or_means_nothing_is_said(tmp_path: Path):
    with pytest.raises(NotFoundError, match="no such file"):
        load_mesh(tmp_path / "none.stl")
    with pytest.raises(ViewError, match="give 'LPS' or 'RAS'"):
        load_mesh(tmp_path / "none.stl", space="RPS")
    (tmp_path / "folder.stl").mkdir()
    with pytest.raises(BadFileError, match="cannot be read"):
        load_mesh(tmp_path / "folder.stl")


def test_flat_triangles_are_left_out_of_stl(tmp_path: Path):
    flat = Mesh(BOX.points, [*BOX.triangles.tolist(), (1, 1, 2)])
    mesh = load_mesh(write_meshes(flat, tmp_path / "a.stl"))
    assert len(mesh.triangles) == 12
    assert mesh.notes[0].startswith("1 triangles had two corners in one place")


def test_save_takes_meshes_and_says_what_is_lost(tmp_path: Path):
    saved = viewer3d.save([BOX, OTHER], tmp_path / "a.obj")
    assert [one.name for one in saved.files] == ["a.obj", "a.mtl"]
    assert saved.notes == ()
    assert [one.color for one in load_meshes(saved)] == [BOX.color, OTHER.color]
    saved = viewer3d.save([BOX, OTHER], tmp_path / "a.stl")
    assert saved.notes == ("a.stl: its 2 meshes are one and colours are left out; .glb and .obj keep them.",)
    told: list[tuple[str, int, int]] = []
    viewer3d.save(BOX, tmp_path / "a.ply", progress=lambda *what: told.append(what))
    assert told == [("writing", 0, 1), ("writing", 1, 1)]
    with pytest.raises(OutputError, match=r"a mesh is not saved with the suffix '.nii', which is for a volume"):
        viewer3d.save(BOX, tmp_path / "a.nii")


def test_suffixes_of_files_of_meshes_are_those_that_are_read():
    from viewer3d.formats.meshes import load_mesh as module
    from viewer3d.formats.meshes.parts import MESH_SUFFIXES

    assert tuple(module._READERS) == MESH_SUFFIXES


def test_a_file_laid_over_images_is_called_as_it_is_named(tmp_path: Path):
    write_meshes([BOX, OTHER], tmp_path / "two.glb")
    write_meshes([BOX], tmp_path / "bone.stl")
    two, one = (load_overlay(tmp_path / name) for name in ("two.glb", "bone.stl"))
    assert [region.name for region in two.regions] == ["Liver", "Spleen, left"]
    assert [region.color for region in two.regions] == [BOX.color, OTHER.color]
    assert [region.name for region in one.regions] == ["bone"]
    assert one.modality == "M3D"
    with pytest.raises(ViewError, match="has meshes"):
        load_overlay(tmp_path / "bone.stl", 3)


def test_points_that_are_signalling_nan_are_refused_in_words(tmp_path: Path):
    write_meshes([BOX], tmp_path / "a.stl")
    data = bytearray((tmp_path / "a.stl").read_bytes())
    data[96:100] = struct.pack("<I", 0x7F800001)  # the x of a corner
    (tmp_path / "a.stl").write_bytes(data)
    with pytest.raises(BadFileError, match="no numbers"):
        load_mesh(tmp_path / "a.stl")


@pytest.mark.parametrize(
    ("old", "new"), [(b"Float32", b""), (b'offset="', b'offset="9'), (b'NumberOfPoints="', b'NumberOfPoints=" inf')]
)
def test_headers_that_say_nothing_that_can_be_followed_are_a_clear_error(tmp_path: Path, old: bytes, new: bytes):
    writer = importlib.import_module("vtkmodules.vtkIOXML").vtkXMLPolyDataWriter()
    writer.SetInputData(surface_data(BOX))
    writer.SetFileName(str(tmp_path / "a.vtp"))  # appended to its end
    writer.Write()
    data = (tmp_path / "a.vtp").read_bytes()
    assert old in data
    (tmp_path / "a.vtp").write_bytes(data.replace(old, new))
    with pytest.raises(BadFileError, match=r"a\.vtp"):
        load_mesh(tmp_path / "a.vtp")


def test_a_folder_of_meshes_is_one_layer(tmp_path: Path):
    write_meshes(BOX, tmp_path / "b liver.stl")
    write_meshes(OTHER, tmp_path / "a spleen.ply")
    write_meshes([BOX, OTHER], tmp_path / "two.obj")  # and two.mtl
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("of a patient")
    layer = load_overlay(tmp_path)
    assert [one.name for one in layer.meshes] == ["a spleen", "b liver", "Liver", "Spleen, left"]
    assert same_places(layer.meshes[1], BOX)
    assert layer.regions[0].color == OTHER.color
    with pytest.raises(ViewError, match="has meshes, which have no series"):
        load_overlay(tmp_path, 3)
    (tmp_path / "deeper").mkdir()
    assert mesh_files(tmp_path) == ()  # what lies there may be anything
    (tmp_path / "deeper").rmdir()
    for other in ("IM0001", "a.dcm", "ct.nii.gz"):
        (tmp_path / other).write_bytes(b"x")
        assert mesh_files(tmp_path) == (), other
        (tmp_path / other).unlink()
    assert len(mesh_files(tmp_path)) == 3
    assert mesh_files(tmp_path / "none") == mesh_files([]) == ()


def test_xml_of_vtk_is_xml(tmp_path: Path):
    # What is appended to it as bytes or behind its end is none, and is refused where expat is one of 2.6 or later.
    write_meshes(BOX, tmp_path / "a.vtp")
    viewer3d.save(viewer3d.Volume.from_array(np.arange(24).reshape(2, 3, 4), np.eye(4)), tmp_path / "a.vti")
    for name in ("a.vtp", "a.vti"):
        root = ElementTree.fromstring((tmp_path / name).read_bytes())
        assert {one.get("format") for one in root.iter("DataArray")} == {"binary"}
        assert root.find("AppendedData") is None


@pytest.mark.parametrize("suffix", [".stl", ".ply", ".obj", ".vtp"])
def test_ras_is_written_by_name_and_read_where_it_was(tmp_path: Path, suffix: str):
    path = viewer3d.save([BOX, OTHER], tmp_path / f"a{suffix}", space="RAS").path
    assert b"SPACE=RAS" in path.read_bytes() or suffix == ".vtp"
    there = np.concatenate([one.points for one in load_meshes(path)])
    expected = np.concatenate([BOX.points, OTHER.points])
    np.testing.assert_allclose(sorted(there.tolist()), sorted(expected.tolist()), atol=1e-5)
    assert sum(one.ml for one in load_meshes(path)) == pytest.approx(BOX.ml + OTHER.ml, rel=1e-5)  # outwards still
    as_they_are = np.concatenate([one.points for one in load_meshes(path, space="LPS")])
    np.testing.assert_allclose(as_they_are.min(0), to_ras(expected).min(0), atol=1e-5)


def test_axes_that_a_file_of_meshes_cannot_have_are_refused(tmp_path: Path):
    with pytest.raises(OutputError, match="GLB has axes of its own"):
        viewer3d.save(BOX, tmp_path / "a.glb", space="RAS")
    with pytest.raises(OutputError, match="give 'LPS' or 'RAS'"):
        viewer3d.save(BOX, tmp_path / "a.stl", space="LAS")
    assert not list(tmp_path.iterdir())
