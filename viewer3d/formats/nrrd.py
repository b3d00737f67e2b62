"""Read NRRD, attached and detached: the header's fields by pynrrd, the values by this package.

The fields are those of the format's definition, G. Kindlmann, "Definition of NRRD File Format" (teem).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Affine
from viewer3d.core.notes.note import Note
from viewer3d.errors import BadFileError, DecoderError
from viewer3d.formats.grid_header import GridHeader, check_shape, members_of, short_word
from viewer3d.formats.stored_values import Encoding, StoredValues, read_checked, read_start

_MOST_HEADER: Final = 4 << 20
"""Bytes: a header of 3D Slicer with 200 segments has 100 KB."""

_TYPES: Final = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("longlong", "long long", "long long int", "signed long long", "int64", "int64_t"), "i8"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"), "u8"),
    "float": "f4",
    "double": "f8",
}

_ENCODINGS: Final[dict[str, Encoding]] = {
    **dict.fromkeys(("raw",), "raw"),
    **dict.fromkeys(("gzip", "gz"), "gzip"),
    **dict.fromkeys(("bzip2", "bz2"), "bzip2"),
    **dict.fromkeys(("txt", "text", "ascii"), "text"),
}

_MM: Final = {"mm": 1.0, "millimeter": 1.0, "cm": 10.0, "m": 1000.0, "meter": 1000.0, "um": 1e-3, "micron": 1e-3}
_MM["µm"] = 1e-3
_SECONDS: Final = {"s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6}

_VALUES_OF_MORE: Final = ("color", "complex", "matrix", "quaternion", "vector", "normal", "gradient", "tensor")
"""Parts of the names of kinds of an axis along which lie the parts of one value."""


def read_nrrd_header(path: Path) -> GridHeader:
    """Read the header of an NRRD file.

    Raises
    ------
    DecoderError
        When pynrrd is not installed.
    BadFileError
        When it is no NRRD, is damaged, has no grid, or its values lie outside of its folder.
    """
    fields, end = _fields(path)
    sizes = [int(n) for n in np.atleast_1d(fields.get("sizes", ()))]
    affine, listed, lacks, notes = _place(path, fields, len(sizes))
    kinds = [str(kind).lower() for kind in fields.get("kinds", ())] or [""] * len(sizes)
    for axis in [*listed, *(range(len(sizes)) if not listed else ())][:1] if len(sizes) > 3 else ():
        if axis < len(kinds) and any(word in kinds[axis] for word in _VALUES_OF_MORE):
            raise BadFileError(
                f"{path}: holds values of {sizes[axis]} parts each ({kinds[axis]}), which no volume has: give one part"
            )
    volumes = sizes[listed[0]] if listed else 1
    shape = check_shape(path, [*(n for axis, n in enumerate(sizes) if axis not in listed), volumes])
    stored = _stored(path, fields, end, (*shape[:3], volumes), listed[0] if listed else 3)
    units = [str(unit).lower() for unit in fields.get("units", ())]
    times = None
    if listed and kinds[listed[0]] == "time" and (steps := fields.get("spacings")) is not None:
        seconds = _SECONDS.get(units[listed[0]] if listed[0] < len(units) else "")
        step = float(steps[listed[0]])
        times = None if seconds is None or not 0 < step < np.inf else [n * step * seconds for n in range(volumes)]
    says = True if "Segment0_ID" in fields or "Segment0_Name" in fields else None
    return GridHeader(
        path,
        "NRRD",
        stored,
        affine,
        lacks,
        which=members_of(times, volumes),
        unit=short_word(fields.get("sample units")),
        modality=short_word(fields.get("modality")),
        notes=notes,
        is_timed=times is not None,
        is_label_map=says,
        fields=fields,
    )


def _fields(path: Path) -> tuple[dict[str, Any], int]:
    """Return the fields of a header, and the bytes it has."""
    try:
        import nrrd  # noqa: PLC0415 (90 ms, and only NRRD needs it)
    except ImportError:
        raise DecoderError(f"{path}: NRRD needs pynrrd: pip install pynrrd") from None
    head = read_checked(path, "NRRD", lambda: read_start(path, _MOST_HEADER))
    if not head.startswith(b"NRRD000"):
        raise BadFileError(f"{path}: cannot be read as NRRD (its first letters are none of one); fetch it again")
    ends = [at + len(mark) for mark in (b"\n\n", b"\r\n\r\n") if (at := head.find(mark)) >= 0]
    end = min(ends) if ends else len(head)
    if not ends and len(head) == _MOST_HEADER:
        raise BadFileError(f"{path}: cannot be read as NRRD (its header has no end); fetch it again")

    def parse() -> dict[str, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of fields that are given twice: the last one holds
            return dict(nrrd.read_header(io.BytesIO(head[:end])))

    fields = read_checked(path, "NRRD", parse)
    if missing := [one for one in ("sizes", "type", "encoding") if one not in fields]:
        raise BadFileError(f"{path}: cannot be read as NRRD (it has no {' and no '.join(missing)}); fetch it again")
    return fields, end


def _stored(
    path: Path, fields: dict[str, Any], end: int, shape: tuple[int, int, int, int], listed: int
) -> StoredValues:
    kind, encoding = str(fields["type"]).lower(), str(fields["encoding"]).lower()
    if kind not in _TYPES or encoding not in _ENCODINGS:
        raise BadFileError(
            f"{path}: its values are {kind!r:.40} in {encoding!r:.40}, which is not read: write it again"
        )
    order = "<" if str(fields.get("endian", "little")).lower() == "little" else ">"
    if "endian" not in fields and np.dtype(_TYPES[kind]).itemsize > 1 and _ENCODINGS[encoding] != "text":
        raise BadFileError(f"{path}: does not say the order of its bytes (endian); write it again")
    name = fields.get("data file", fields.get("datafile"))
    home = path if name is None else values_file(path, str(name))
    lines, skip = (int(fields.get(one, fields.get(one.replace(" ", ""), 0))) for one in ("line skip", "byte skip"))
    start = end if name is None else 0
    if skip < -1 or lines < 0 or (skip == -1 and encoding != "raw"):
        raise BadFileError(f"{path}: skips {lines} lines and {skip} bytes, which is nowhere; write it again")
    code = _ENCODINGS[encoding]
    raw = code in ("raw", "text")
    offset = -1 if skip < 0 else start + skip if raw and not lines else start
    inner = 0 if skip < 0 or (raw and not lines) else skip
    return StoredValues(str(home), np.dtype(order + _TYPES[kind]), shape, offset, code, listed, lines, inner)


def values_file(path: Path, name: str) -> Path:
    """Return the file of the values that a header names, which must lie in its folder or below.

    Raises
    ------
    BadFileError
        When it lies elsewhere, is not there, or the header names several.
    """
    if name.split(maxsplit=1)[:1] == ["LIST"] or "%" in name:
        raise BadFileError(f"{path}: has its values in several files, which is not read: write it as one file")
    folder = path.parent.resolve()
    try:
        found = (folder / name).resolve()
        is_there = found.is_file()
    except (OSError, ValueError):
        raise BadFileError(f"{path}: names no file of its values ({name!r:.80}); fetch it again") from None
    if not found.is_relative_to(folder):
        raise BadFileError(
            f"{path}: says that its values lie outside of its folder ({name!r:.120}): that is not read; put "
            "them beside it, and their name into the header"
        )
    if not is_there:
        raise BadFileError(f"{path}: its values are in {name!r:.120}, which is not beside it; fetch both")
    return path.parent / found.relative_to(folder)


def _place(
    path: Path, fields: dict[str, Any], dimensions: int
) -> tuple[Affine, tuple[int, ...], str, tuple[Note, ...]]:
    """Return the affine to LPS mm, the axis of a list, what the file does not say, and notes."""
    directions: Any = fields.get("space directions")
    origin: Any = fields.get("space origin")
    if directions is None:
        return _unplaced(path, fields, dimensions)
    rows = [np.full(3, np.nan) if row is None else np.asarray(row, np.float64) for row in directions]
    if dimensions == len(rows) == 4 and all(row.shape == (4,) for row in rows) and np.shape(origin) == (4,):
        rows, origin = _without_time(rows), np.asarray(origin)[:3]
    if len(rows) != dimensions or any(row.shape != (3,) for row in rows):
        raise BadFileError(f"{path}: its {dimensions} axes do not lie in a space of three: give one that has x, y, z")
    in_space = [axis for axis, row in enumerate(rows) if np.isfinite(row).all()]
    listed = tuple(axis for axis in range(dimensions) if axis not in in_space)
    if len(in_space) != 3 or len(listed) > 1:
        raise BadFileError(f"{path}: {len(in_space)} of its {dimensions} axes lie in space: a volume has three")
    affine = np.eye(4)
    affine[:3, :3] = np.array([rows[axis] for axis in in_space]).T
    notes: list[Note] = []
    if origin is None or not np.isfinite(np.asarray(origin, np.float64)).all():
        notes.append(Note("The file does not say where its first voxel lies: it was put at 0.", "file.no_origin"))
    elif np.shape(origin) != (3,):
        raise BadFileError(f"{path}: its space origin has {np.size(origin)} numbers: one in LPS mm has three")
    else:
        affine[:3, 3] = np.asarray(origin, np.float64)
    units = [str(unit).lower() for unit in fields.get("space units", ())]
    affine[:3] *= np.array([[_MM.get(unit, 1.0)] for unit in units] or 1.0) if len(units) in (0, 3) else 1.0
    if "space" not in fields:
        text = "The file does not say which way its space goes: it was taken as LPS, as ITK writes it."
        notes.append(Note(text, "file.space_assumed"))
    return _signs(path, fields) @ affine, listed, "", tuple(notes)


def _without_time(rows: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Return directions in space alone of axes in space and time: of one that leads through time none."""
    is_time = [not row[:3].any() for row in rows]
    if any(not alone and row[3] for alone, row in zip(is_time, rows, strict=True)):
        return rows
    return [np.full(3, np.nan) if alone else row[:3] for alone, row in zip(is_time, rows, strict=True)]


def _signs(path: Path, fields: dict[str, Any]) -> NDArray[np.float64]:
    space = str(fields.get("space", "lps")).lower().replace("-", " ").replace("_", " ").removesuffix(" time")
    letters = "".join(word[0] for word in space.split()) if " " in space else space
    if letters not in ("lps", "ras", "las"):
        raise BadFileError(f"{path}: its space is {space or 'not said'!r}: give one in LPS, RAS or LAS")
    return np.diag([*(1.0 if own == lps else -1.0 for own, lps in zip(letters, "lps", strict=True)), 1.0])


def _unplaced(
    path: Path, fields: dict[str, Any], dimensions: int
) -> tuple[Affine, tuple[int, ...], str, tuple[Note, ...]]:
    """Return a grid at 0 of spacings alone, of which no orientation is known."""
    kinds = [str(kind).lower() for kind in fields.get("kinds", ())]
    others = tuple(n for n, kind in enumerate(kinds) if kind not in ("domain", "space", "none", "???"))
    listed = others if dimensions == 4 and len(others) == 1 else (3,) if dimensions == 4 else ()
    spacings: Sequence[Any] = fields.get("spacings", np.full(dimensions, np.nan))
    if dimensions - len(listed) != 3 or len(spacings) != dimensions:
        raise BadFileError(f"{path}: has {dimensions} axes, and spacings of {len(spacings)}: a volume has three")
    found = [abs(float(mm)) for axis, mm in enumerate(spacings) if axis not in listed]
    affine = np.diag([*(mm if np.isfinite(mm) else 0.0 for mm in found), 1.0])
    what = "it has spacings and no space directions"
    if not np.isfinite(found).all():
        affine, what = np.eye(4), "it has neither spacings nor space directions; 1 mm was taken between voxels"
    text = (
        f"The file does not say where it lies: {what}. Its axes were taken to lead to the patient's left, back and "
        "head, from 0; which side is left is not known."
    )
    note = Note(text, "file.no_place")
    return affine, listed, "where it lies", (note,)
