"""Grids and files of NIfTI, NRRD, MetaImage, VTI and npz for tests, written by hand or by other libraries."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

RAS = np.diag([-1.0, -1, 1, 1])

AXIAL = np.array([[0.8, 0, 0, -20], [0, 0.9, 0, -30], [0, 0, 2.5, 40], [0, 0, 0, 1]])
SAGITTAL = np.array([[0, 0, 2.5, -20], [0.8, 0, 0, -30], [0, -0.9, 0, 40], [0, 0, 0, 1]])


def _oblique() -> Any:
    a, b, c = 0.3, -0.4, 0.7
    X = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    Y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    Z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = X @ Y @ Z @ np.diag([0.8, 0.9, 2.5])
    affine[:3, 3] = 11.25, -7.5, 130.75
    return affine


OBLIQUE = _oblique()
LEFT_HANDED = OBLIQUE @ np.diag([1, 1, -1, 1])
PLACES = {"axial": AXIAL, "sagittal": SAGITTAL, "oblique": OBLIQUE, "left-handed": LEFT_HANDED}

VALUES = np.random.default_rng(14).integers(-800, 3000, (5, 4, 3)).astype(np.int16)


def corners(affine: Any, shape: Any) -> Any:
    """The centres of the eight outer voxels, with the index of each."""
    index = np.stack(np.meshgrid(*[(0, n - 1) for n in shape], indexing="ij"), -1).reshape(-1, 3)
    return index, index @ np.asarray(affine)[:3, :3].T + np.asarray(affine)[:3, 3]


def assert_voxels_lie(volume: Any, values: Any, affine: Any, atol: float = 1e-3) -> None:
    """Each voxel of the file is at the place that the file gives it, and has its value there."""
    index = np.stack(np.meshgrid(*map(np.arange, values.shape), indexing="ij"), -1).reshape(-1, 3)
    world = index @ np.asarray(affine)[:3, :3].T + np.asarray(affine)[:3, 3]
    own = volume.geometry.world_to_index(world)
    whole = np.rint(own).astype(int)
    assert np.abs(volume.geometry.index_to_world(whole) - world).max() < atol
    np.testing.assert_array_equal(volume.voxels[tuple(whole.T)], values.reshape(-1))
    assert volume.voxels.size == values.size


def nifti_bytes(values: Any, lps: Any = AXIAL, *, version: int = 1, order: str = "<", **fields: Any) -> bytes:
    """A NIfTI file written field by field, sform = qform's code as given, values in Fortran order."""
    codes = {"u1": 2, "i2": 4, "i4": 8, "f4": 16, "f8": 64, "i1": 256, "u2": 512, "u4": 768, "i8": 1024, "u8": 1280}
    code = fields.get("datatype", codes.get(values.dtype.str[1:], 4))
    dim = [values.ndim, *values.shape, *[1] * (7 - values.ndim)]
    dim = fields.get("dim", dim)
    ras = RAS @ np.asarray(lps)
    zooms = [1.0, *fields.get("zooms", np.linalg.norm(ras[:3, :3], axis=0)), *fields.get("steps", (0, 0, 0, 0))]
    slope, inter = fields.get("slope", 0.0), fields.get("inter", 0.0)
    offset = 352 if version == 1 else 544
    sform, qform = fields.get("sform", 1), fields.get("qform", 0)
    units, toffset = fields.get("units", 2 | 8), fields.get("toffset", 0.0)
    quaternion, rows = fields.get("quaternion", (0.0,) * 6), fields.get("rows", ras[:3].ravel())
    zooms[0] = fields.get("qfac", 1.0)
    data = bytearray(offset)
    put = struct.pack_into
    if version == 1:
        put(f"{order}i", data, 0, 348)
        put(f"{order}8h", data, 40, *dim)
        put(f"{order}4h", data, 68, fields.get("intent", 0), code, 8 * values.dtype.itemsize, 0)
        put(f"{order}8f", data, 76, *zooms[:8])
        put(f"{order}3f", data, 108, fields.get("offset", offset), slope, inter)
        data[123] = units
        put(f"{order}f", data, 136, toffset)
        put(f"{order}2h", data, 252, qform, sform)
        put(f"{order}6f", data, 256, *quaternion)
        put(f"{order}12f", data, 280, *rows)
        data[344:348] = fields.get("magic", b"n+1\0")
    else:
        put(f"{order}i", data, 0, 540)
        data[4:12] = b"n+2\0\r\n\032\n"
        put(f"{order}2h", data, 12, code, 8 * values.dtype.itemsize)
        put(f"{order}8q", data, 16, *dim)
        put(f"{order}8d", data, 104, *zooms[:8])
        put(f"{order}q", data, 168, offset)
        put(f"{order}2d", data, 176, slope, inter)
        put(f"{order}d", data, 216, toffset)
        put(f"{order}2i", data, 344, qform, sform)
        put(f"{order}6d", data, 352, *quaternion)
        put(f"{order}12d", data, 400, *rows)
        put(f"{order}2i", data, 500, units, 0)
    return bytes(data) + values.astype(values.dtype.newbyteorder(order)).tobytes(order="F")


def nrrd_bytes(values: Any, lps: Any = AXIAL, *, space: str | None = "left-posterior-superior", **fields: Any) -> bytes:
    """An NRRD file with raw values, or its header alone where it names a file of them."""
    signs = {"r": -1.0, "l": 1.0, "a": -1.0, "p": 1.0, "s": 1.0}
    letters = "".join(word[0] for word in space.split("-")) if "-" in (space or "lps") else (space or "lps").lower()
    own = np.diag([*(signs[one] for one in letters), 1.0]) @ np.asarray(lps)
    vectors = ["(" + ",".join(map(repr, map(float, own[:3, k]))) + ")" for k in range(3)]
    names = {"i2": "short", "u1": "uchar", "f4": "float", "f8": "double", "u2": "ushort", "i4": "int"}
    about = {
        "type": names[values.dtype.str[1:]],
        "dimension": str(values.ndim),
        "space": space,
        "sizes": " ".join(map(str, values.shape)),
        "space directions": " ".join(vectors),
        "endian": "little" if values.dtype.byteorder in "<=|" else "big",
        "encoding": "raw",
        "space origin": "(" + ",".join(map(repr, map(float, own[:3, 3]))) + ")",
    }
    about |= fields
    lines = "".join(f"{name}: {value}\n" for name, value in about.items() if value is not None)
    head = f"NRRD0004\n# a comment\n{lines}\n".encode()
    return head if "data file" in fields else head + values.tobytes(order="F")


def mha_bytes(values: Any, lps: Any = AXIAL, *, compressed: bool = False, **fields: Any) -> bytes:
    """A MetaImage, or its header alone where ``ElementDataFile`` names a file."""
    spacing = np.linalg.norm(np.asarray(lps)[:3, :3], axis=0)
    D = np.asarray(lps)[:3, :3] / spacing
    kinds = {"i2": "MET_SHORT", "u1": "MET_UCHAR", "f4": "MET_FLOAT", "f8": "MET_DOUBLE", "u2": "MET_USHORT"}
    data = values.tobytes(order="F")
    data = zlib.compress(data) if compressed else data
    about = {
        "ObjectType": "Image",
        "NDims": str(values.ndim),
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": str(values.dtype.byteorder == ">"),
        "CompressedData": str(compressed),
        "TransformMatrix": " ".join(map(repr, D.T.ravel().tolist())),
        "Offset": " ".join(map(repr, np.asarray(lps)[:3, 3].tolist())),
        "ElementSpacing": " ".join(map(repr, spacing.tolist())),
        "DimSize": " ".join(map(str, values.shape)),
        "ElementType": kinds[values.dtype.str[1:]],
        "ElementDataFile": "LOCAL",
    }
    about |= fields
    last = about.pop("ElementDataFile")
    lines = "".join(f"{name} = {value}\n" for name, value in about.items() if value is not None)
    head = f"{lines}ElementDataFile = {last}\n".encode()
    return head + data if last == "LOCAL" else head


def written(path: Path, data: bytes) -> Path:
    """Write bytes, and return the path."""
    path.write_bytes(data)
    return path
