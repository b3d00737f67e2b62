"""Read MetaImage: ``.mha`` (one file) and ``.mhd`` (a header, and a file of values).

The fields are those of ITK's MetaIO ("MetaIO/Documentation"); places are LPS mm, as ITK has them. The matrix lists the
directions axis by axis: first the three numbers of the columns' axis.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import numpy as np

from viewer3d.core.geometry import Affine, letters
from viewer3d.core.notes.note import Note
from viewer3d.errors import BadFileError
from viewer3d.formats.grid_header import GridHeader, check_shape, members_of
from viewer3d.formats.nrrd import values_file
from viewer3d.formats.stored_values import StoredValues, read_checked, read_start

_MOST_HEADER: Final = 1 << 20

_LINE: Final = re.compile(rb"[ \t]*([A-Za-z_0-9 ]+?)[ \t]*=[ \t]*([^\r\n]*)\r?\n?")

_TYPES: Final = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
"""MET_LONG has 4 bytes in MetaIO, on every machine."""

_ANATOMY: Final = {"L": "R", "R": "L", "P": "A", "A": "P", "H": "I", "F": "S"}
"""Letters of AnatomicalOrientation are those an axis comes from: of one that leads to the left, R."""


def read_metaimage_header(path: Path) -> GridHeader:
    """Read the header of a MetaImage.

    Raises
    ------
    BadFileError
        When it is none, is damaged, has several numbers a voxel, no grid, or its values lie outside of its folder.
    """
    fields, end = _fields(path)
    sizes = _numbers(path, fields, "DimSize")
    count = _numbers(path, fields, "NDims", (float(len(sizes)),))
    if len(count) != 1 or count[0] != len(sizes) or any(n != int(n) for n in sizes):
        raise BadFileError(f"{path}: its DimSize is not {fields.get('NDims', '')!r:.20} counts; fetch it again")
    shape = check_shape(path, [int(n) for n in sizes])
    channels = fields.get("ElementNumberOfChannels", "1")
    if channels != "1" or fields.get("ElementType", "") not in _TYPES:
        kind = fields.get("ElementType", "nothing")
        raise BadFileError(f"{path}: holds {channels:.20} x {kind!r:.40} a voxel, and a volume one number: convert it")
    affine, lacks, notes = _place(path, fields, len(sizes))
    return GridHeader(
        path,
        "MetaImage",
        _stored(path, fields, end, shape),
        affine,
        lacks,
        which=members_of(None, shape[3]),
        modality={"MET_MOD_CT": "CT", "MET_MOD_MR": "MR", "MET_MOD_PET": "PT"}.get(fields.get("Modality", ""), ""),
        notes=notes,
    )


def _fields(path: Path) -> tuple[dict[str, str], int]:
    """Return the fields of a header, of which ElementDataFile is the last, and the bytes it has."""
    head = read_checked(path, "MetaImage", lambda: read_start(path, _MOST_HEADER))
    fields: dict[str, str] = {}
    at = 0
    while "ElementDataFile" not in fields:
        line = _LINE.match(head, at)
        if line is None:
            raise BadFileError(f"{path}: cannot be read as MetaImage (it has no ElementDataFile); fetch it again")
        fields[line[1].decode("ascii")] = line[2].decode("utf-8", "replace").strip()
        at = line.end()
    return fields, at


def _numbers(
    path: Path, fields: dict[str, str], name: str, default: tuple[float, ...] | None = None
) -> tuple[float, ...]:
    if name not in fields and default is not None:
        return default
    try:
        return tuple(float(word) for word in fields[name].split())
    except (KeyError, ValueError):
        raise BadFileError(f"{path}: its {name} is no row of numbers ({fields.get(name, '')!r:.60})") from None


def _stored(path: Path, fields: dict[str, str], end: int, shape: tuple[int, int, int, int]) -> StoredValues:
    name = fields["ElementDataFile"]
    home, start = (path, end) if name.upper() == "LOCAL" else (values_file(path, name), 0)
    big = "TRUE" in (fields.get(one, "").upper() for one in ("BinaryDataByteOrderMSB", "ElementByteOrderMSB"))
    is_text = fields.get("BinaryData", "True").upper() == "FALSE"
    is_deflated = fields.get("CompressedData", "False").upper() == "TRUE"
    dtype = np.dtype((">" if big else "<") + _TYPES[fields["ElementType"]])
    skipped = _numbers(path, fields, "HeaderSize", (0.0,))
    if len(skipped) != 1 or not -1 <= skipped[0] < 1 << 62 or (skipped[0] < 0 and (is_text or is_deflated)):
        raise BadFileError(f"{path}: its HeaderSize {fields['HeaderSize']!r:.40} is none; write it again")
    offset = -1 if skipped[0] < 0 else start + int(skipped[0])
    return StoredValues(str(home), dtype, shape, offset, "text" if is_text else "zlib" if is_deflated else "raw")


def _place(path: Path, fields: dict[str, str], dimensions: int) -> tuple[Affine, str, tuple[Note, ...]]:
    """Return the affine to LPS mm, what the file does not say of it, and notes."""
    notes = []
    names = ("TransformMatrix", "Orientation", "Rotation"), ("Offset", "Position", "Origin")
    matrix_name, offset_name = (next((one for one in each if one in fields), "") for each in names)
    spacing_name = "ElementSpacing" if "ElementSpacing" in fields else "ElementSize"
    spacing = _numbers(path, fields, spacing_name, (1.0,) * dimensions)
    offset = _numbers(path, fields, offset_name, (0.0,) * dimensions)
    matrix = _numbers(path, fields, matrix_name, tuple(np.eye(dimensions).ravel()))
    if (len(spacing), len(offset), len(matrix)) != (dimensions, dimensions, dimensions**2):
        raise BadFileError(
            f"{path}: of {dimensions} dimensions it has {len(spacing)} spacings, an offset of {len(offset)} and a "
            f"matrix of {len(matrix)} numbers; write it again"
        )
    D = np.reshape(matrix, (dimensions, dimensions)).T
    if dimensions > 3 and (D[3, :3].any() or D[:3, 3].any()):
        raise BadFileError(f"{path}: its fourth axis leads through space: a volume has three axes there")
    affine = np.eye(4)
    affine[:3, :3] = D[:3, :3] * spacing[:3]
    affine[:3, 3] = offset[:3]
    lacks = "" if matrix_name else "where it lies"
    if not matrix_name:
        text = (
            "The file does not say how it lies: it has no TransformMatrix. Its axes were taken to lead to the patient's"
            " left, back and head; which side is left is not known."
        )
        notes.append(Note(text, "file.no_place"))
    if spacing_name not in fields:
        notes.append(Note("The file does not say how far its voxels are apart: 1 mm was taken.", "file.no_spacing"))
    said = fields.get("AnatomicalOrientation", "").upper()
    steps = affine[:3, :3].T
    if matrix_name and re.fullmatch("[LRAPSI]{3}", said) and np.isfinite(steps).all() and steps.any(1).all():
        own = "".join(_ANATOMY[letters(step)[0]] for step in steps)
        if own != said:
            text = (
                f"The file says AnatomicalOrientation {said}, and its TransformMatrix is {own}: the matrix was taken."
            )
            notes.append(Note(text, "file.orientation_conflict"))
    return affine, lacks, tuple(notes)
