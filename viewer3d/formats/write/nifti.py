"""Write NIfTI-1, voxels as they are and places by sform and qform, both with the code 1 (scanner).

The header is that of nifti1.h (NIfTI-1.1, nifti.nimh.nih.gov), 348 bytes; places are RAS in mm. Texts of it stay empty.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry, to_ras
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError
from viewer3d.formats.write.bids import diffusion_files, sidecar_file, stem_of
from viewer3d.formats.write.labels import label_table_file, merged_labels
from viewer3d.formats.write.output import (
    Compression,
    Output,
    OutputFile,
    check_upright,
    file_dtype,
    members_to_write,
    time_between,
    write_arrays,
)

if TYPE_CHECKING:
    from viewer3d.core.segmentation import Segment, Segmentation

_DATATYPES: Final = {"|u1": 2, "<i2": 4, "<i4": 8, "<f4": 16}
"""DT_UINT8, DT_INT16, DT_INT32 and DT_FLOAT32."""

_MOST: Final = 32_767
"""Voxels along an axis, and volumes: dim are of 16 bits."""

_HEADER: Final = "<i10s18sihcB8h3f4h8f3fh2b4f2i80s24s2h6f12f16s4s"
_MM, _SECONDS = 2, 8
_SCANNER: Final = 1
_LABELS: Final = 1002
"""NIFTI_INTENT_LABEL."""

_CODE_OF_NAMES: Final = 0
"""Of the extension with a table of names, as TotalSegmentator writes it."""


def write_nifti(
    volumes: Sequence[Volume],
    target: Path,
    *,
    time_step: float | None = None,
    sidecar: bool = True,
    progress: Progress | None = None,
) -> Output:
    """Plan a NIfTI file of one volume, or of a set of volumes on one grid.

    Parameters
    ----------
    volumes : sequence of Volume
        In the order they have in the file.
    target : Path
        ``.nii`` or ``.nii.gz``.
    time_step : float, optional
        Seconds between the volumes; without it as the files say.
    sidecar : bool
        Whether a ``.json`` in BIDS's words goes beside it. Of diffusion ``.bval`` and ``.bvec`` always do.
    progress : callable, optional

    Raises
    ------
    OutputError
        When the volumes make no set, are too large for the header, or their times are uneven.
    """
    members = members_to_write(volumes, target)
    step, notes = time_between(members, time_step, target)
    dtype = file_dtype(members)
    header = nifti_header(members[0].geometry, dtype, len(members), step, target=target)
    arrays = [one.voxels for one in members]
    files, more = diffusion_files(members, stem_of(target))
    side = (sidecar_file(members, stem_of(target), step),) if sidecar else ()
    whole = _file(target, header, arrays, dtype, progress)
    return Output((whole, *files, *side), (*notes, *more))


def write_label_nifti(segmentation: Segmentation, target: Path, *, progress: Progress | None = None) -> Output:
    """Plan a NIfTI label map, and a table of its names beside it.

    The names are in an extension of its header as well.

    Raises
    ------
    OutputError
        When segments overlap, or the grid is sheared.
    """
    check_upright(segmentation.geometry, target, "NIfTI")
    labels, dtype, notes = merged_labels(segmentation, target)
    extension = _extension(segmentation.segments)
    header = nifti_header(segmentation.geometry, dtype, 1, None, target=target, extension=extension, intent=_LABELS)
    table = label_table_file(segmentation, stem_of(target))
    return Output((_file(target, header, [labels], dtype, progress), table), notes)


def _file(
    target: Path, header: bytes, arrays: Sequence[NDArray[Any]], dtype: str, progress: Progress | None
) -> OutputFile:
    compression: Compression | None = "gzip" if target.name.lower().endswith(".gz") else None
    told = stage_progress(progress, "writing")

    def write(file: BinaryIO) -> None:
        write_arrays(file, arrays, dtype, before=header, compression=compression, progress=told)

    return OutputFile(target, write)


def nifti_header(
    geometry: Geometry,
    dtype: str,
    count: int,
    step: float | None,
    *,
    target: Path,
    extension: bytes = b"",
    intent: int = 0,
) -> bytes:
    """Return all bytes before the values.

    Parameters
    ----------
    geometry : Geometry
        Without shear.
    dtype : str
        Of the values: ``"|u1"``, ``"<i2"``, ``"<i4"`` or ``"<f4"``.
    count : int
        Volumes.
    step : float or None
        Seconds between them.
    target : Path
        In messages.
    extension : bytes
        With its size and code.
    intent : int

    Raises
    ------
    OutputError
        When the grid is too large for it.
    """
    if max(*geometry.shape, count) > _MOST:
        size = " x ".join(map(str, (*geometry.shape, *((count,) if count > 1 else ()))))
        raise OutputError(f"{target}: {size} is more than {_MOST:,} along an axis, which NIfTI has at most: give .nrrd")
    affine = to_ras(geometry.affine)
    dim = (3 if count == 1 else 4, *geometry.shape, count, 1, 1, 1)
    # qfac 1: a volume is right-handed, and two of the axes of LPS change their signs.
    pixdim = (1.0, *geometry.spacing, step or 1.0, 1.0, 1.0, 1.0)
    units = _MM if step is None else _MM | _SECONDS
    bits = 8 * np.dtype(dtype).itemsize
    header = struct.pack(
        _HEADER,
        *(348, b"", b"", 0, 0, b"r", 0, *dim),
        *(0.0, 0.0, 0.0, intent, _DATATYPES[dtype], bits, 0, *pixdim),
        *(352.0 + len(extension), 1.0, 0.0, 0, 0, units),  # slope 1, intercept 0: values are what they are
        *(0.0, 0.0, 0.0, 0.0, 0, 0, b"", b"", _SCANNER, _SCANNER),
        *quaternion(affine[:3, :3] / geometry.spacing),
        *affine[:3, 3],
        *affine[:3].ravel(),
        *(b"", b"n+1\0"),
    )
    return header + bytes((bool(extension), 0, 0, 0)) + extension


def quaternion(rotation: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return b, c, d of the unit quaternion of a rotation, whose a is not negative.

    Parameters
    ----------
    rotation : ndarray of float64, shape (3, 3)
        Orthogonal, of determinant 1.

    Notes
    -----
    It is the eigenvector of the largest eigenvalue of a symmetric matrix (I. Y. Bar-Itzhack, J. Guidance 23(6), 2000),
    which loses no digits at turns by 180 degrees, as LPS to RAS is one.
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = rotation
    lower = np.array(
        [
            [xx - yy - zz, 0, 0, 0],
            [yx + xy, yy - xx - zz, 0, 0],
            [zx + xz, zy + yz, zz - xx - yy, 0],
            [zy - yz, xz - zx, yx - xy, xx + yy + zz],
        ]
    )
    _, vectors = np.linalg.eigh(lower, "L")
    b, c, d, a = vectors[:, -1] * (-1 if vectors[3, -1] < 0 else 1)
    if a < 1e-9:  # a turn by 180 degrees: both signs are one, and the first of b, c, d that is there is made positive
        b, c, d = np.array((b, c, d)) * np.sign(next(part for part in (b, c, d) if abs(part) > 1e-9))
    return float(b), float(c), float(d)


def _extension(segments: Sequence[Segment]) -> bytes:
    """Return a table of names and colours, in the form of Caret's label table."""
    from html import escape  # noqa: PLC0415 (volumes have no names to escape)

    rows = []
    for one in segments:
        red, green, blue = (f"{part / 255:.6f}" for part in one.color)
        named = escape(one.name).replace("\n", " ")
        color = f'Red="{red}" Green="{green}" Blue="{blue}" Alpha="1"'
        rows.append(f'<Label Key="{one.number}" {color}>{named}</Label>')
    table = "".join(("<LabelTable>", *rows, "</LabelTable>"))
    text = f'<?xml version="1.0" encoding="UTF-8"?><CaretExtension><VolumeInformation>{table}'.encode()
    text += b"</VolumeInformation></CaretExtension>"
    size = -(-(8 + len(text)) // 16) * 16
    return struct.pack("<2i", size, _CODE_OF_NAMES) + text.ljust(size - 8, b"\0")
