"""``load`` reads NIfTI, NRRD, MetaImage, VTI and npz beside DICOM: every voxel where the file says, or a clear word."""

from __future__ import annotations

import base64
import bz2
import gzip
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from tests.formats.grid_cases import (
    AXIAL,
    LEFT_HANDED,
    OBLIQUE,
    PLACES,
    VALUES,
    assert_voxels_lie,
    mha_bytes,
    nifti_bytes,
    nrrd_bytes,
    written,
)
from viewer3d import load, load_all, scan
from viewer3d.errors import BadFileError, ChoiceError, DecoderError, LimitError, StackError


def vti_bytes(values: Any, lps: Any = AXIAL, form: str = "raw", **fields: Any) -> bytes:
    spacing = np.linalg.norm(np.asarray(lps)[:3, :3], axis=0)
    D = np.asarray(lps)[:3, :3] / spacing
    kind = {"i2": "Int16", "f4": "Float32", "u1": "UInt8"}[values.dtype.str[1:]]
    data, word = values.tobytes(order="F"), np.dtype("<u8")
    parts = [data[at : at + 64] for at in range(0, len(data), 64)] if form.startswith("zlib") else []
    packed = [zlib.compress(part) for part in parts]
    ends = np.array([len(parts), 64, len(parts[-1]) % 64, *map(len, packed)] if parts else [len(data)], word).tobytes()
    about = {
        "raw": ("raw", ends + data),
        "base64": ("base64", base64.b64encode(ends + data)),
        "zlib": ("raw", ends + b"".join(packed)),
        "zlib64": ("base64", base64.b64encode(ends) + base64.b64encode(b"".join(packed))),
    }
    extent = fields.get("extent", [n for count in values.shape for n in (0, count - 1)])
    origin = np.asarray(lps)[:3, 3] - np.asarray(lps)[:3, :3] @ np.array(extent[::2])
    words = lambda row: " ".join(map(repr, np.ravel(row).tolist()))  # noqa: E731
    direction = "" if fields.get("bare") else f'Direction="{words(D)}"'
    compressor = f' compressor="{fields.get("compressor", "vtkZLibDataCompressor")}"' if parts else ""
    array = f'<DataArray type="{kind}" Name="{fields.get("name", "HU")}"'
    if form == "ascii":
        inner, rest = f'{array} format="ascii">\n{words(values.ravel("F"))}\n</DataArray>', b""
    elif form == "inline":
        inner = f'{array} format="binary">\n{base64.b64encode(ends + data).decode()}\n</DataArray>'
        rest = b""
    else:
        encoding, body = about[form]
        inner = f'{array} format="appended" offset="0"/>'
        rest = f'<AppendedData encoding="{encoding}">\n _'.encode() + body + b"\n</AppendedData>"
    head = (
        f'<?xml version="1.0"?>\n<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" '
        f'header_type="UInt64"{compressor}>\n<ImageData WholeExtent="{" ".join(map(str, extent))}" '
        f'Origin="{words(origin)}" Spacing="{words(spacing)}" {direction}>\n'
        f'<Piece Extent="{" ".join(map(str, extent))}"><PointData Scalars="{fields.get("active", "HU")}">{inner}'
        "</PointData><CellData></CellData></Piece></ImageData>"
    )
    return head.encode() + rest + b"</VTKFile>"


def as_npz(path: Path, values: Any, lps: Any, **fields: Any) -> Path:
    np.savez(path, voxels=values, affine=lps, **fields)
    return path


def pair(folder: Path, values: Any, lps: Any) -> Path:
    data = nifti_bytes(values, lps, magic=b"ni1\0", offset=0)
    written(folder / "a.img", data[352:])
    return written(folder / "a.hdr", data[:348])


def detached(folder: Path, values: Any, lps: Any, name: str = "a.raw") -> Path:
    written(folder / "a.raw", b"three\nlines\nfirst\n..." + values.tobytes(order="F"))
    return written(folder / "a.nhdr", nrrd_bytes(values, lps, **{"data file": name, "line skip": 3, "byte skip": 3}))


def compressed_nrrd(values: Any, lps: Any, encoding: str) -> bytes:
    head = nrrd_bytes(values, lps, encoding=encoding)
    head = head[: -values.nbytes]
    data = values.tobytes(order="F")
    text = " ".join(map(str, values.ravel("F").tolist())).encode()
    return head + {"gzip": gzip.compress(data), "bzip2": bz2.compress(data), "ascii": text}[encoding]


def mhd(folder: Path, values: Any, lps: Any) -> Path:
    written(folder / "a.zraw", zlib.compress(values.tobytes(order="F")))
    return written(folder / "a.mhd", mha_bytes(values, lps, compressed=True, ElementDataFile="a.zraw"))


BIG = VALUES.astype(">i2")
WRITERS: dict[str, Callable[[Path, Any], Path]] = {
    "NIfTI": lambda folder, lps: written(folder / "a.nii", nifti_bytes(VALUES, lps)),
    "NIfTI, big endian": lambda folder, lps: written(folder / "A.NII", nifti_bytes(VALUES, lps, order=">")),
    "NIfTI, gzip": lambda folder, lps: written(folder / "a.nii.gz", gzip.compress(nifti_bytes(VALUES, lps))),
    "NIfTI-2": lambda folder, lps: written(folder / "a.nii", nifti_bytes(VALUES, lps, version=2)),
    "NIfTI, two files": lambda folder, lps: pair(folder, VALUES, lps),
    "NRRD": lambda folder, lps: written(folder / "a.nrrd", nrrd_bytes(VALUES, lps)),
    "NRRD, RAS": lambda folder, lps: written(folder / "a.nrrd", nrrd_bytes(BIG, lps, space="RAS")),
    "NRRD, LAS": lambda folder, lps: written(
        folder / "a.nrrd", nrrd_bytes(VALUES, lps, space="left-anterior-superior")
    ),
    "NRRD, gzip": lambda folder, lps: written(folder / "a.nrrd", compressed_nrrd(VALUES, lps, "gzip")),
    "NRRD, bzip2": lambda folder, lps: written(folder / "a.nrrd", compressed_nrrd(VALUES, lps, "bzip2")),
    "NRRD, text": lambda folder, lps: written(folder / "a.nrrd", compressed_nrrd(VALUES, lps, "ascii")),
    "NRRD, detached": lambda folder, lps: detached(folder, VALUES, lps),
    "MHA": lambda folder, lps: written(folder / "a.mha", mha_bytes(VALUES, lps)),
    "MHA, big endian": lambda folder, lps: written(folder / "a.mha", mha_bytes(BIG, lps)),
    "MHA, deflated": lambda folder, lps: written(folder / "a.mha", mha_bytes(VALUES, lps, compressed=True)),
    "MHD": lambda folder, lps: mhd(folder, VALUES, lps),
    **{
        f"VTI, {form}": lambda folder, lps, form=form: written(folder / "a.vti", vti_bytes(VALUES, lps, form))  # type: ignore[misc]
        for form in ("raw", "base64", "zlib", "zlib64", "ascii", "inline")
    },
    "VTI, cut out": lambda folder, lps: written(folder / "a.vti", vti_bytes(VALUES, lps, extent=[3, 7, 2, 5, -1, 1])),
    "npz": lambda folder, lps: as_npz(folder / "a.npz", VALUES, lps),
    "npz, Fortran": lambda folder, lps: as_npz(folder / "a.npz", np.asfortranarray(VALUES), lps),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", WRITERS)
def test_every_voxel_lies_where_the_file_says(tmp_path: Path, kind: str, place: str) -> None:
    path = WRITERS[kind](tmp_path, PLACES[place])
    volume = load(path)
    assert_voxels_lie(volume, VALUES, PLACES[place])
    assert volume.voxels.dtype == np.int16
    assert np.linalg.det(volume.affine[:3, :3]) > 0
    assert (volume.modality, volume.frame_of_reference, volume.notes) == ("", "", ())
    assert volume.unit == ("HU" if kind.startswith("VTI") else "")
    assert load(path, unit="HU").unit == "HU"
    if kind.endswith("two files"):
        assert load(tmp_path / "a.img").digest == volume.digest


DTYPES = {"u1": np.int16, "i1": np.int16, "u2": np.float32, "i4": np.float32, "f4": np.float32, "f8": np.float32}


@pytest.mark.parametrize("kind", DTYPES)
def test_int16_where_it_holds_all_and_float32_else(tmp_path: Path, kind: str) -> None:
    ends = {"u1": (0, 255), "i1": (-128, 127), "u2": (0, 65535), "i4": (-9, 1 << 25), "f4": (-0.5, 2), "f8": (-0.5, 2)}
    values = np.linspace(*ends[kind], 24).reshape(2, 3, 4).astype(kind)
    volume = load(written(tmp_path / "a.nii", nifti_bytes(values)))
    assert volume.voxels.dtype == DTYPES[kind]
    np.testing.assert_array_equal(volume.voxels, values.astype(DTYPES[kind]))
    assert bool(volume.notes) == (kind == "i4")  # 2 ** 25 is beyond the whole numbers of float32


@pytest.mark.parametrize(
    ("slope", "inter", "dtype"),
    [
        (2.0, -1024.0, np.int16),
        (0.5, 1.0, np.float32),
        (0.0, 7.0, None),
        (np.nan, np.nan, None),
        (1e3, 0.0, np.float32),
    ],
)
def test_values_are_scaled(tmp_path: Path, slope: float, inter: float, dtype: Any) -> None:
    volume = load(written(tmp_path / "a.nii.gz", gzip.compress(nifti_bytes(VALUES, slope=slope, inter=inter))))
    expected = VALUES if dtype is None else (VALUES.astype(np.float64) * slope + inter)
    assert volume.voxels.dtype == (dtype or np.int16)
    np.testing.assert_array_equal(volume.voxels, expected.astype(volume.voxels.dtype))


def test_sform_is_taken_over_qform_with_a_note_where_they_differ(tmp_path: Path) -> None:
    turned = (0.0, 0.0, 1.0, 20.0, 30.0, 40.0)  # half a turn about the head axis: LPS as it is
    alone = load(written(tmp_path / "q.nii", nifti_bytes(VALUES, AXIAL, sform=0, qform=1, quaternion=turned)))
    assert_voxels_lie(alone, VALUES, AXIAL)
    both = load(written(tmp_path / "b.nii", nifti_bytes(VALUES, AXIAL, sform=1, qform=1, quaternion=turned)))
    assert both.notes == ()
    moved = (*turned[:5], 40.5)
    apart = load(written(tmp_path / "c.nii", nifti_bytes(VALUES, AXIAL, sform=1, qform=1, quaternion=moved)))
    assert_voxels_lie(apart, VALUES, AXIAL)
    (note,) = apart.notes
    assert "up to 0.50 mm apart: sform, which was taken" in note
    mirrored = written(tmp_path / "d.nii", nifti_bytes(VALUES, AXIAL, sform=1, qform=1, quaternion=turned, qfac=-1.0))
    assert "mirror image" in load(mirrored).notes[0]


def test_a_qform_with_qfac_is_left_handed(tmp_path: Path) -> None:
    turned = (0.0, 0.0, 1.0, 20.0, 30.0, 40.0)
    volume = load(written(tmp_path / "a.nii", nifti_bytes(VALUES, sform=0, qform=2, quaternion=turned, qfac=-1.0)))
    assert_voxels_lie(volume, VALUES, AXIAL @ np.diag([1, 1, -1, 1]))


def test_a_file_that_lies_nowhere_is_put_at_0(tmp_path: Path) -> None:
    nowhere = {"space directions": None, "space": None, "space origin": None, "spacings": "0.8 0.9 2.5"}
    files = [
        written(tmp_path / "a.nii", nifti_bytes(VALUES, sform=0)),
        written(tmp_path / "b.nrrd", nrrd_bytes(VALUES, **nowhere)),
        written(tmp_path / "c.mha", mha_bytes(VALUES, TransformMatrix=None, Offset=None)),
        written(tmp_path / "d.vti", vti_bytes(VALUES, np.diag([0.8, 0.9, 2.5, 1]), bare=True)),
    ]  # fmt: skip
    np.savez(tmp_path / "e.npz", voxels=VALUES, spacing=(0.8, 0.9, 2.5))
    for path in (*files, tmp_path / "e.npz"):
        volume = load(path)
        assert_voxels_lie(volume, VALUES, np.diag([0.8, 0.9, 2.5, 1]))
        assert "which side is left is not known" in volume.notes[0]
        assert load(path, spacing=(1, 2, 3)).spacing == (1, 2, 3)
    placed = written(tmp_path / "f.nii", nifti_bytes(VALUES))
    with pytest.raises(StackError, match="says where its voxels are; leave spacing out"):
        load(placed, spacing=(1, 2, 3))


@pytest.mark.parametrize(("units", "factor"), [(1, 1e-3), (3, 1e3), (0, 1)])
def test_units_of_space(tmp_path: Path, units: int, factor: float) -> None:
    lps = np.diag([factor, factor, factor, 1]) @ OBLIQUE
    volume = load(written(tmp_path / "a.nii", nifti_bytes(VALUES, lps, units=units)))
    assert_voxels_lie(volume, VALUES, OBLIQUE)


@pytest.mark.parametrize(("units", "step"), [(2 | 8, 2.2), (2 | 16, 2200.0), (2 | 24, 2.2e6)])
def test_a_4d_file_gives_its_times_in_seconds(tmp_path: Path, units: int, step: float) -> None:
    values = np.stack([VALUES, VALUES + 1, VALUES - 1], -1)
    data = nifti_bytes(values, LEFT_HANDED, units=units, steps=(step, 0, 0, 0))
    for path in (written(tmp_path / "a.nii", data), written(tmp_path / "a.nii.gz", gzip.compress(data))):
        members = load_all(path)
        assert [one.which for one in members] == [{"time": 0.0}, {"time": 2.2}, {"time": 4.4}]
        assert members[1].geometry is members[0].geometry
        for number, one in enumerate(members):
            assert_voxels_lie(one, values[..., number], LEFT_HANDED)
            alone = load(path, which={"time": 2.2 * number})
            assert (alone.digest, alone.provenance) == (one.digest, one.provenance)
        assert load(path, stack=3).which == {"time": 4.4}
        with pytest.raises(ChoiceError, match=r"(?s)holds 3 volumes; choose one.*--which time=2.2"):
            load(path)
        for wrong in ({"stack": 4}, {"which": {"time": 9}}, {"which": {"echo": 1}}, {"series": 2}):
            with pytest.raises(ChoiceError):
                load(path, **wrong)  # type: ignore[arg-type]


def test_an_nrrd_with_a_list_of_volumes(tmp_path: Path) -> None:
    values = np.stack([VALUES, VALUES + 1])
    directions = "none " + " ".join("(" + ",".join(map(str, AXIAL[:3, k])) + ")" for k in range(3))
    fields = {"space directions": directions, "kinds": "list domain domain domain"}
    members = load_all(written(tmp_path / "a.nrrd", nrrd_bytes(values, **fields)))
    for number, one in enumerate(members):
        assert_voxels_lie(one, values[number], AXIAL)
    colors = nrrd_bytes(values, **{**fields, "kinds": "vector domain domain domain"})
    with pytest.raises(BadFileError, match="values of 2 parts each"):
        load(written(tmp_path / "b.nrrd", colors))


def test_what_lies_beside_a_nifti(tmp_path: Path) -> None:
    values = np.stack([VALUES, VALUES + 1, VALUES - 1], -1)
    path = written(tmp_path / "a.nii.gz", gzip.compress(nifti_bytes(values, steps=(2.0, 0, 0, 0))))
    (tmp_path / "a.json").write_text('{"Modality": "MR", "EchoTime": 0.08}')
    (tmp_path / "a.bval").write_text("0 1000 1000\n")
    members = load_all(path)
    assert [one.which for one in members] == [{"time": 2.0 * n, "b_value": 1000.0 * (n > 0)} for n in range(3)]
    assert {one.modality for one in members} == {"MR"}
    assert_voxels_lie(load(path, which={"b_value": 0}), VALUES, AXIAL)
    assert len(scan(path).grids[0].files) == 3
    for json_text, b_values in (("[1, 2]", "0 1"), ("{", "0 x 1"), ('{"Modality": "a name"}', "0 nan 1")):
        (tmp_path / "a.json").write_text(json_text)
        (tmp_path / "a.bval").write_text(b_values)
        first, *_ = load_all(path)
        assert (first.modality, first.which) == ("", {"time": 0.0})


def test_values_that_may_be_hu_are_told(tmp_path: Path) -> None:
    ct = VALUES.copy()
    ct[0] = -1024
    path = written(tmp_path / "a.nii", nifti_bytes(ct))
    (note,) = load(path).notes
    assert "its values go from -1024 to" in note
    assert "--unit HU" in note
    assert load(path, unit="HU").notes == load(path, unit="").notes == ()
    (tmp_path / "a.json").write_text('{"Modality": "MR"}')
    assert load(path).notes == ()


def test_an_nrrd_says_unit_and_modality(tmp_path: Path) -> None:
    fields = {"sample units": '"HU"', "modality:": "=CT"}
    data = nrrd_bytes(VALUES, **fields).replace(b"modality:: =CT", b"modality:=CT")
    volume = load(written(tmp_path / "a.nrrd", data))
    assert (volume.unit, volume.modality) == ("HU", "CT")
    values = np.stack([VALUES, VALUES + 1], -1)
    directions = " ".join("(" + ",".join(map(str, AXIAL[:3, k])) + ")" for k in range(3)) + " none"
    fields = {"space directions": directions, "kinds": "domain domain domain time"}
    fields |= {"spacings": "nan nan nan 2.5", "units": '"" "" "" "s"'}
    members = load_all(written(tmp_path / "b.nrrd", nrrd_bytes(values, **fields)))
    assert [one.which for one in members] == [{"time": 0.0}, {"time": 2.5}]
    assert_voxels_lie(members[1], VALUES + 1, AXIAL)


SHEARED = AXIAL.copy()
SHEARED[1, 2] = 0.4


@pytest.mark.parametrize("kind", ["NIfTI", "NRRD", "npz"])
def test_a_sheared_grid_is_resampled_kept_or_refused(tmp_path: Path, kind: str) -> None:
    path = WRITERS[kind](tmp_path, SHEARED)
    volume = load(path)
    assert volume.geometry.shear < 1e-4
    assert "not at right angles" in volume.notes[0]
    for index in [(2, 1, 0), (2, 2, 1), (1, 2, 2)]:
        assert volume.value_at((SHEARED @ [*index, 1])[:3]) == pytest.approx(VALUES[index], abs=1500)
    flat = load(as_npz(tmp_path / "flat.npz", np.broadcast_to(np.arange(5)[:, None, None] * 100, (5, 4, 3)), SHEARED))
    assert flat.value_at((SHEARED @ [2, 1, 1, 1])[:3]) == pytest.approx(200)
    kept = load(path, irregular="keep")
    np.testing.assert_array_equal(kept.voxels, VALUES)
    assert "mm from where it says" in kept.notes[0]
    with pytest.raises(StackError, match="not at right angles"):
        load(path, irregular="error")


def test_a_metaimage_whose_letters_are_of_another_matrix_is_noted(tmp_path: Path) -> None:
    same = load(written(tmp_path / "a.mha", mha_bytes(VALUES, AnatomicalOrientation="RAI")))
    other = load(written(tmp_path / "b.mha", mha_bytes(VALUES, AnatomicalOrientation="LPI", Modality="MET_MOD_MR")))
    assert (same.notes, other.modality) == ((), "MR")
    assert "AnatomicalOrientation LPI, and its TransformMatrix is RAI" in other.notes[0]
    assert_voxels_lie(other, VALUES, AXIAL)


def test_an_npz_says_unit_modality_and_times(tmp_path: Path) -> None:
    values = np.asfortranarray(np.stack([VALUES, VALUES + 1], -1))
    path = as_npz(tmp_path / "a.npz", values, OBLIQUE, unit="Bq/ml", modality="PT", time=(0.5, 3), version=1)
    first, second = load_all(path)
    assert (first.unit, first.modality, first.which, second.which) == ("Bq/ml", "PT", {"time": 0.5}, {"time": 3})
    assert_voxels_lie(second, values[..., 1], OBLIQUE)
    assert "in Bq/ml; that was overruled" in load(path, stack=1, unit="SUVbw").notes[0]
    with pytest.raises(BadFileError, match="is of a later version"):
        load(as_npz(tmp_path / "b.npz", VALUES, OBLIQUE, version=2))


def test_what_is_in_a_folder(tmp_path: Path) -> None:
    one = written(tmp_path / "a.nii", nifti_bytes(VALUES))
    assert load(tmp_path).digest == load(one).digest
    assert [grid.path for grid in scan(tmp_path).grids] == [str(one)]
    WRITERS["MHD"](tmp_path, OBLIQUE)
    written(tmp_path / "bad.nrrd", b"NRRD0004\n\n")
    found = scan(tmp_path)
    assert ([grid.kind for grid in found.grids], len(found.refused)) == (["MetaImage", "NIfTI"], 1)
    assert "a.nii: 5 x 4 x 3" in repr(found)
    with pytest.raises(ChoiceError, match=r"(?s)holds 2 files with volumes.*a.mhd  MetaImage"):
        load(tmp_path)
    origins = [volume.geometry.origin for volume in load_all(tmp_path)]
    assert origins == [(11.25, -7.5, 130.75), load(one).geometry.origin]
    viewer3d.phantom.write(tmp_path / "ct", shape=(12, 10, 4))
    assert load(tmp_path).modality == "CT"
    assert len(scan(tmp_path).grids) == 2


def test_neither_import_nor_a_file_of_nifti_loads_what_only_others_need(tmp_path: Path) -> None:
    path = written(tmp_path / "a.nii", nifti_bytes(VALUES))
    script = (
        f"import sys, viewer3d\nviewer3d.load({str(path)!r})\n"
        "print([name for name in ('nibabel', 'nrrd', 'pydicom', 'pyvista', 'vtkmodules') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nrrd_without_pynrrd_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = WRITERS["NRRD"](tmp_path, AXIAL)
    monkeypatch.setitem(sys.modules, "nrrd", None)
    with pytest.raises(DecoderError, match="pip install pynrrd"):
        load(path)


ZERO = np.zeros((3, 4)).ravel()
GZIPPED = gzip.compress(nifti_bytes(VALUES))
BOMB = gzip.compress(nifti_bytes(np.zeros((1, 1, 1), np.int16), dim=[3, 2000, 2000, 2000, 1, 1, 1, 1]) + bytes(1 << 20))
WRONG: dict[str, tuple[str, bytes, str]] = {
    "cut": ("a.nii", nifti_bytes(VALUES)[:-1], "ends within its values of 5 x 4 x 3"),
    "cut in the header": ("a.nii", nifti_bytes(VALUES)[:200], "none of a header"),
    "gzip, cut": ("a.nii.gz", GZIPPED[:-40], "cannot be read|ends within"),
    "gzip, damaged": ("a.nii.gz", GZIPPED[:-8] + b"wrong!!!", "cannot be read"),
    "empty": ("a.nii", b"", "none of a header"),
    "text": ("a.nii.gz", b"Dear colleague,\n" * 99, "none of a header"),
    "NaN": ("a.nii", nifti_bytes(VALUES, rows=np.full(12, np.nan)), "has no grid: its sform"),
    "zero": ("a.nii", nifti_bytes(VALUES, rows=ZERO), "has no grid: its sform"),
    "no spacing": ("a.nii", nifti_bytes(VALUES, sform=0, zooms=(0, 1, 1)), "a spacing of 0"),
    "no dimensions": ("a.nii", nifti_bytes(VALUES, dim=[3, 0, 1, 1, 1, 1, 1, 1]), "each count is 1 at least"),
    "negative": ("a.nii", nifti_bytes(VALUES, dim=[3, -5, 1, 1, 1, 1, 1, 1]), "each count is 1 at least"),
    "five dimensions": ("a.nii", nifti_bytes(VALUES, dim=[5, 1, 1, 1, 1, 60, 1, 1]), "and several on one grid four"),
    "lying": ("a.nii", nifti_bytes(VALUES, dim=[3, 900, 900, 3, 1, 1, 1, 1]), "ends within"),
    "colours": ("a.nii", nifti_bytes(VALUES, datatype=128), r"holds colours \(RGB\)"),
    "complex": ("a.nii", nifti_bytes(VALUES, datatype=32), "holds complex numbers"),
    "unknown type": ("a.nii", nifti_bytes(VALUES, datatype=77), "data type 77"),
    "NRRD, cut": ("a.nrrd", nrrd_bytes(VALUES)[:-5], "ends within"),
    "NRRD, outside": ("a.nhdr", nrrd_bytes(VALUES, **{"data file": "../../etc/passwd"}), "outside of its folder"),
    "NRRD, absolute": ("a.nhdr", nrrd_bytes(VALUES, **{"data file": "/etc/passwd"}), "outside of its folder"),
    "NRRD, list": ("a.nhdr", nrrd_bytes(VALUES, **{"data file": "LIST"}), "several files"),
    "NRRD, gone": ("a.nhdr", nrrd_bytes(VALUES, **{"data file": "b.raw"}), "not beside it"),
    "NRRD, space": ("a.nrrd", nrrd_bytes(VALUES).replace(b"left-posterior-superior", b"scanner-xyz"), "its space is"),
    "NRRD, type": ("a.nrrd", nrrd_bytes(VALUES, type="block"), "which is not read"),
    "NRRD, text": ("a.nrrd", nrrd_bytes(VALUES, encoding="ascii"), "cannot be read|ends within"),
    "NRRD, NaN": ("a.nrrd", nrrd_bytes(VALUES, OBLIQUE * np.nan), "of its 3 axes lie in space"),
    "MHA, outside": ("a.mhd", mha_bytes(VALUES, ElementDataFile="../b.raw"), "outside of its folder"),
    "MHA, channels": ("a.mha", mha_bytes(VALUES, ElementNumberOfChannels="3"), "and a volume one number"),
    "MHA, zero": ("a.mha", mha_bytes(VALUES, ElementSpacing="0 1 1"), "a spacing of 0"),
    "MHA, NaN": ("a.mha", mha_bytes(VALUES, Offset="nan 0 0"), "has no grid"),
    "MHA, words": ("a.mha", mha_bytes(VALUES, Offset="here"), "its Offset is no row of numbers"),
    "MHA, zlib": ("a.mha", mha_bytes(VALUES, CompressedData="True"), "cannot be read"),
    "MHA, text": ("a.mha", b"Dear colleague", "has no ElementDataFile"),
    "VTI, cut": ("a.vti", vti_bytes(VALUES, form="zlib64")[:-90], "cannot be read|ends within"),
    "VTI, lz4": ("a.vti", vti_bytes(VALUES, form="zlib", compressor="vtkLZ4DataCompressor"), "vtkZLibDataCompressor"),
    "VTI, lying": ("a.vti", vti_bytes(VALUES, form="base64").replace(b"0 4 0 3 0 2", b"0 4 0 3 0 1"), "not as many"),
    "VTI, active": ("a.vti", vti_bytes(VALUES, active="other"), "active array 'other'"),
    "VTI, text": ("a.vti", b"<VTKFile>", "is no VTKFile of ImageData"),
    "npz, text": ("a.npz", b"Dear colleague", "cannot be read as npz"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, kind: str) -> None:
    name, data, message = WRONG[kind]
    with pytest.raises(BadFileError, match=message) as caught:
        load(written(tmp_path / name, data))
    assert str(caught.value).startswith(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_what_is_larger_than_allowed_is_not_inflated(tmp_path: Path) -> None:
    path = written(tmp_path / "a.nii.gz", BOMB)
    with pytest.raises(BadFileError, match="ends within"):  # so small a file cannot hold them
        load(path, max_memory="100G")
    with pytest.raises(LimitError, match="that max_memory"):
        load(path, max_memory="1G")
    np.savez_compressed(tmp_path / "b.npz", voxels=np.zeros((100, 100, 100)), affine=np.eye(4))
    with pytest.raises(LimitError):
        load(tmp_path / "b.npz", max_memory="5M")
    more = nifti_bytes(VALUES) + bytes(1 << 23)  # what follows the values is left there
    assert_voxels_lie(load(written(tmp_path / "c.nii.gz", gzip.compress(more)), max_memory="1M"), VALUES, AXIAL)


def test_npz_that_holds_no_volume(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=VALUES)
    np.savez(tmp_path / "b.npz", voxels=np.array([{}], object), affine=np.eye(4))
    np.savez(tmp_path / "c.npz", voxels=VALUES, affine=np.eye(3))
    np.savez(tmp_path / "d.npz", voxels=VALUES.astype(complex), affine=np.eye(4))
    for name, message in (("a", "no array voxels"), ("b", "array"), ("c", "give 4 x 4"), ("d", "complex128")):
        with pytest.raises(BadFileError, match=message):
            load(tmp_path / f"{name}.npz")


def test_a_link_out_of_the_folder_is_outside(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    written(tmp_path / "a.raw", VALUES.tobytes(order="F"))
    (inner / "a.raw").symlink_to(tmp_path / "a.raw")
    with pytest.raises(BadFileError, match="outside of its folder"):
        load(written(inner / "a.nhdr", nrrd_bytes(VALUES, **{"data file": "a.raw"})))
