"""Read NIfTI: NIfTI-1 and -2, compressed or not, in one file or two, and Analyze 7.5, its ancestor.

The fields are those of nifti1.h and nifti2.h (R. W. Cox and others, NIMH); places are RAS there, LPS here.
"""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from viewer3d.core.files import open_file
from viewer3d.core.geometry import Affine, Geometry, to_ras
from viewer3d.core.notes.note import Note
from viewer3d.errors import BadFileError, GeometryError
from viewer3d.formats.grid_header import GridHeader, check_shape, members_of
from viewer3d.formats.side_cars import read_side_cars
from viewer3d.formats.stored_values import Encoding, StoredValues, read_checked

_PAIR: Final = (".hdr", ".img", ".hdr.gz", ".img.gz")

_MM: Final = {1: 1000.0, 2: 1.0, 3: 0.001}
"""NIFTI_UNITS_METER, _MM and _MICRON; 0 is none, and is taken as mm."""
_SECONDS: Final = {8: 1.0, 16: 1e-3, 24: 1e-6}
"""NIFTI_UNITS_SEC, _MSEC and _USEC; others are no times."""

_DTYPES: Final = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
_REFUSED: Final = {
    128: "colours (RGB)",
    2304: "colours (RGBA)",
    1: "single bits",
    1536: "numbers of 128 bits",
    **dict.fromkeys((32, 1792, 2048), "complex numbers"),
}
_INTENT_LABEL: Final = 1002
_STATISTICS: Final = range(2, 25)
"""Intent codes of values (t, z, p, ...), which are no labels."""

FORMS_DIFFER: Final = 0.1
"""mm: a note says that the two places of a file differ where they do so by more at a corner."""

_MOST_EXTENSION: Final = 16 << 20
"""Bytes of extensions that are looked at for names of labels."""


@dataclass(frozen=True)
class _Fields:
    """The fields of a header that say something of the grid.

    Attributes
    ----------
    order : str
        Of bytes, ``"<"`` or ``">"``.
    is_nifti : bool
        False of Analyze 7.5.
    is_single : bool
        Whether the values follow in the same file.
    """

    order: str
    is_nifti: bool
    is_single: bool
    length: int
    dim: tuple[int, ...]
    datatype: int
    intent: int
    pixdim: tuple[float, ...]
    offset: float
    slope: float
    intercept: float
    units: int
    time_offset: float
    qform: int
    sform: int
    quaternion: tuple[float, ...]
    rows: tuple[float, ...]


def is_nifti_pair(path: Path) -> bool:
    """Return whether a file of two, ``.hdr`` and ``.img``, is one of NIfTI or Analyze."""
    if not path.name.lower().endswith(_PAIR):
        return False
    try:
        header, _ = _pair(path)
        return _fields(_start(header, 540)) is not None
    except (OSError, BadFileError, EOFError):
        return False


def read_nifti_header(path: Path) -> GridHeader:
    """Read the header of a NIfTI file, or of a pair of them.

    Raises
    ------
    BadFileError
        When it is no NIfTI, is damaged, holds colours or complex numbers, or has no grid.
    """
    header_path, values_path = _pair(path) if path.name.lower().endswith(_PAIR) else (path, path)
    found = _fields(read_checked(path, "NIfTI", partial(_start, header_path, 540)))
    if found is None:
        raise BadFileError(f"{path}: cannot be read as NIfTI (its first bytes are none of a header); fetch it again")
    if found.datatype in _REFUSED:
        raise BadFileError(f"{path}: holds {_REFUSED[found.datatype]}, which no volume has: convert it to numbers")
    if found.datatype not in _DTYPES or not 1 <= found.dim[0] <= 7:
        raise BadFileError(
            f"{path}: cannot be read as NIfTI (data type {found.datatype}, {found.dim[0]} dimensions); fetch it again"
        )
    shape = check_shape(path, (*found.dim[1 : 1 + found.dim[0]], 1, 1)[: max(3, found.dim[0])])
    offset = int(found.offset) if np.isfinite(found.offset) and 0 <= found.offset < 1 << 62 else 0
    if found.is_single:
        values_path, offset = header_path, max(offset, found.length + 4)
    dtype = np.dtype(found.order + _DTYPES[found.datatype])
    values = StoredValues(str(values_path), dtype, shape, offset, _encoding(values_path))
    if values.encoding == "gzip":
        values = replace(values, offset=0, skip=offset)
    affine, lacks, notes = _place(path, found, shape[:3])
    slope = found.slope if np.isfinite(found.slope) and found.slope != 0 else 1.0
    says = True if found.intent == _INTENT_LABEL else False if found.intent in _STATISTICS else None
    times = _times(found, shape[3])
    beside = read_side_cars(path, members_of(times, shape[3]), affine)
    return GridHeader(
        path,
        "NIfTI" if found.is_nifti else "Analyze",
        values,
        affine,
        lacks,
        slope,
        found.intercept if np.isfinite(found.intercept) and found.slope != 0 and found.is_nifti else 0.0,
        beside.which,
        unit=beside.unit,
        modality=beside.modality,
        notes=(*notes, *beside.notes),
        beside=beside.files,
        gradients=beside.gradients,
        acquisition=beside.acquisition,
        is_timed=times is not None and shape[3] > 1,
        is_label_map=says,
        fields=partial(_extensions, header_path, found),
    )


def _pair(path: Path) -> tuple[Path, Path]:
    """Return the header and the values of a pair of files, in whatever letters their suffixes are."""
    name = path.name
    ending = ".gz" if name.lower().endswith(".gz") else ""
    stem = name[: len(name) - len(ending)]
    is_upper = stem[-3:].isupper()
    both = [path.with_name(stem[:-3] + (one.upper() if is_upper else one)) for one in ("hdr", "img")]
    found = []
    for one in both:
        zipped = one.with_name(f"{one.name}{name[len(stem) :] or '.gz'}")
        there = [each for each in ((zipped, one) if ending else (one, zipped)) if each.is_file()]
        if not there:
            raise BadFileError(f"{path}: is one of two files, and {one.name} is not beside it; fetch both")
        found.append(there[0])
    return found[0], found[1]


def _encoding(path: Path) -> Encoding:
    with open(path, "rb", opener=open_file) as file:
        return "gzip" if file.read(2) == b"\x1f\x8b" else "raw"


def _start(path: Path, count: int, skip: int = 0) -> bytes:
    with open(path, "rb", opener=open_file) as file:
        is_zipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if is_zipped:
            with gzip.GzipFile(fileobj=file) as inflated:
                return inflated.read(skip + count)[skip:]
        file.seek(skip)
        return file.read(count)


def _fields(data: bytes) -> _Fields | None:
    """Return the fields of a header; None where it is none."""
    for order in "<>":
        size = struct.unpack_from(f"{order}i", data)[0] if len(data) >= 348 else 0
        if size == 348:
            return _first_version(order, data)
        if size == 540 and len(data) >= 540 and data[4:7] in (b"n+2", b"ni2"):
            return _second_version(order, data)
    return None


def _first_version(order: str, data: bytes) -> _Fields:
    def at(place: int, form: str) -> tuple[Any, ...]:
        return struct.unpack_from(order + form, data, place)

    magic = data[344:347]
    is_nifti = magic in (b"n+1", b"ni1")
    qform, sform = at(252, "2h") if is_nifti else (0, 0)
    return _Fields(
        order=order,
        is_nifti=is_nifti,
        is_single=magic == b"n+1",
        length=348,
        dim=at(40, "8h"),
        datatype=at(70, "h")[0],
        intent=at(68, "h")[0] if is_nifti else 0,
        pixdim=at(76, "8f"),
        offset=at(108, "f")[0],
        slope=at(112, "f")[0],
        intercept=at(116, "f")[0],
        units=data[123] if is_nifti else 0,
        time_offset=at(136, "f")[0],
        qform=qform,
        sform=sform,
        quaternion=at(256, "6f"),
        rows=at(280, "12f"),
    )


def _second_version(order: str, data: bytes) -> _Fields:
    def at(place: int, form: str) -> tuple[Any, ...]:
        return struct.unpack_from(order + form, data, place)

    qform, sform = at(344, "2i")
    return _Fields(
        order=order,
        is_nifti=True,
        is_single=data[4:7] == b"n+2",
        length=540,
        dim=at(16, "8q"),
        datatype=at(12, "h")[0],
        intent=at(504, "i")[0],
        pixdim=at(104, "8d"),
        offset=float(at(168, "q")[0]),
        slope=at(176, "d")[0],
        intercept=at(184, "d")[0],
        units=at(500, "i")[0],
        time_offset=at(216, "d")[0],
        qform=qform,
        sform=sform,
        quaternion=at(352, "6d"),
        rows=at(400, "12d"),
    )


def _times(found: _Fields, count: int) -> list[float] | None:
    """Return when each volume begins, in seconds; None where the file does not say it."""
    seconds = _SECONDS.get(found.units & 56)
    step = _decimal(found.pixdim[4])
    if seconds is None or not np.isfinite(step) or step <= 0:
        return None
    start = _decimal(found.time_offset) if np.isfinite(found.time_offset) else 0.0
    return [(start + n * step) * seconds for n in range(count)]


def _decimal(number: float) -> float:
    """Return a number of 32 bits as it was meant: 2.2, not 2.200000047683716."""
    return float(str(np.float32(number)))


def _place(path: Path, found: _Fields, shape: tuple[int, ...]) -> tuple[Affine, str, tuple[Note, ...]]:
    """Return the affine to LPS mm, what the file does not say of it, and notes."""
    mm = _MM.get(found.units & 7, 1.0)
    forms = {}
    if found.sform > 0:
        sform = np.vstack([np.reshape(found.rows, (3, 4)), (0, 0, 0, 1)])
        forms["sform"] = sform
    if found.qform > 0:
        forms["qform"] = _of_quaternion(found)
    grids = {}
    for name, affine in forms.items():
        lps = to_ras(affine)  # and from it: it is its own inverse
        lps[:3] *= mm
        if not np.isfinite(lps).all():
            continue
        try:
            grids[name] = Geometry(lps if np.linalg.det(lps[:3, :3]) > 0 else lps @ np.diag([1, 1, -1, 1]), shape)  # type: ignore[arg-type]
        except GeometryError:
            continue
        forms[name] = lps
    if forms and not grids:
        raise BadFileError(f"{path}: has no grid: its {' and '.join(forms)} put voxels nowhere, or all at one place")
    notes = []
    if lost := [name for name in forms if name not in grids]:
        notes.append(
            Note(f"The {lost[0]} of the file is no grid; its {next(iter(grids))} was taken.", "file.bad_place")
        )
    if len(grids) == 2:
        mirrored = (np.linalg.det(forms["sform"][:3, :3]) > 0) != (np.linalg.det(forms["qform"][:3, :3]) > 0)
        ends = np.array(np.meshgrid(*[(0, n - 1) for n in shape], indexing="ij")).reshape(3, -1)
        apart = [forms[name][:3, :3] @ ends + forms[name][:3, 3:] for name in ("sform", "qform")]
        off = float(np.linalg.norm(apart[0] - apart[1], axis=0).max())
        if off > FORMS_DIFFER or mirrored:
            mirror = ", one the mirror image of the other" if mirrored else ""
            text = f"The file has two places, up to {off:.2f} mm apart{mirror}: sform, which was taken, and qform."
            notes.append(Note(text, "file.two_places", moved_mm=off))
    if grids:
        return forms[next(iter(grids))], "", tuple(notes)
    affine = np.eye(4)
    affine[:3, :3] = np.diag([abs(_decimal(n)) if np.isfinite(n) else 0.0 for n in found.pixdim[1:4]]) * mm
    text = (
        "The file does not say where it lies: neither sform nor qform is set. Its axes were taken to lead to the "
        "patient's left, back and head, from 0; which side is left is not known."
    )
    note = Note(text, "file.no_place")
    return affine, "where it lies", (note,)


def _of_quaternion(found: _Fields) -> Affine:
    """Return the affine of the qform (nifti1.h, method 2)."""
    b, c, d, *offset = found.quaternion
    a = np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
    if a < 1e-7:  # a rotation by half a turn: the three are of length 1
        length = np.sqrt(b * b + c * c + d * d) or 1.0
        a, b, c, d = 0.0, b / length, c / length, d / length
    R = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    affine = np.eye(4)
    affine[:3, :3] = R * np.abs(found.pixdim[1:4])
    affine[:3, 2] *= -1 if found.pixdim[0] < 0 else 1
    affine[:3, 3] = offset
    return affine


def _extensions(path: Path, found: _Fields) -> bytes:
    """Return what follows the header before the values: extensions, in which names of labels may be."""
    end = found.offset if found.is_single and np.isfinite(found.offset) else _MOST_EXTENSION
    length = int(min(max(end - found.length, 0), _MOST_EXTENSION))
    return _start(path, length, found.length) if length > 4 and found.is_nifti else b""
