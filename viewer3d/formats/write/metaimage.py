"""Write MetaImage: one file (``.mha``), or a header and its values (``.mhd``), deflated on request.

VTK's own writer turns directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from viewer3d.core.notes.note import Note
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.formats.write.detached import values_path
from viewer3d.formats.write.output import (
    Output,
    OutputFile,
    file_dtype,
    members_to_write,
    numbers_text,
    time_between,
    write_arrays,
)

_TYPES: Final = {"<i2": "MET_SHORT", "<f4": "MET_FLOAT"}
_MODALITIES: Final = {"CT": "MET_MOD_CT", "MR": "MET_MOD_MR", "PT": "MET_MOD_PET"}

_DIGITS: Final = 20
"""Of the number of deflated bytes, which is put into the header when they are written: as many as 64 bits need."""

_SIZE: Final = b"CompressedDataSize = " + b"0" * _DIGITS


def write_metaimage(
    volumes: Sequence[Volume],
    target: Path,
    *,
    time_step: float | None = None,
    compress: bool = False,
    progress: Progress | None = None,
) -> Output:
    """Plan a MetaImage of one volume, or of a set of volumes on one grid.

    Parameters
    ----------
    volumes : sequence of Volume
        In the order they have in the file.
    target : Path
        ``.mha``, or ``.mhd`` with the values beside it in ``.raw`` or, deflated, ``.zraw``.
    time_step : float, optional
        Seconds between the volumes; without it as the files say.
    compress : bool
        Whether values are deflated (CompressedData), as ITK does on request.
    progress : callable, optional

    Raises
    ------
    OutputError
        When the volumes make no set, their times are uneven, or the values cannot be beside the header.

    Notes
    -----
    TransformMatrix lists the directions of the axes one after another (MetaIO, itk.org/Wiki/MetaIO/Documentation).
    """
    members = members_to_write(volumes, target)
    step, notes = time_between(members, time_step, target)
    first, dtype = members[0], file_dtype(members)
    told, arrays = stage_progress(progress, "writing"), [one.voxels for one in members]
    is_detached = target.suffix.lower() == ".mhd"
    values = values_path(target, ".zraw" if compress else ".raw") if is_detached else target
    text = _header(members, dtype, step, compress=compress, values=values.name if is_detached else "LOCAL")
    unit = (
        (Note(f"MetaImage has no field for the unit of values: {printable(first.unit)}.", "written.unit_lost"),)
        if first.unit
        else ()
    )

    def write_values(file: BinaryIO) -> int:
        start = file.tell()
        write_arrays(file, arrays, dtype, compression="zlib" if compress else None, progress=told)
        return file.tell() - start

    def write(file: BinaryIO) -> None:
        head, mark, _ = text.partition(_SIZE)
        file.write(text)
        size = write_values(file)
        if mark:
            file.seek(len(head))
            file.write(_SIZE.replace(b"0" * _DIGITS, b"%*d" % (_DIGITS, size)))

    if not is_detached:
        return Output((OutputFile(target, write),), (*notes, *unit))
    header = OutputFile(target, lambda file: file.write(text))
    return Output((header, OutputFile(values, write_values)), (*notes, *unit))


def _header(members: Sequence[Volume], dtype: str, step: float | None, *, compress: bool, values: str) -> bytes:
    first, count = members[0], len(members)
    axes = 3 if count == 1 else 4
    matrix = np.eye(axes)
    matrix[:3, :3] = first.geometry.direction.T
    fields = {
        "ObjectType": "Image",
        "NDims": str(axes),
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": str(compress),
        # Of values in a file of their own ITK takes all, and this one is complete before they are.
        **({"CompressedDataSize": "0" * _DIGITS} if compress and values == "LOCAL" else {}),
        "TransformMatrix": numbers_text(matrix.ravel()),
        "Offset": numbers_text((*first.geometry.origin, 0.0)[:axes]),
        "CenterOfRotation": numbers_text([0.0] * axes),
        "ElementSpacing": numbers_text((*first.spacing, step or 1.0)[:axes]),
        "DimSize": " ".join(map(str, (*first.shape, count)[:axes])),
        "Modality": _MODALITIES.get(first.modality, ""),
        "ElementType": _TYPES[dtype],
        "ElementDataFile": values,
    }
    return "".join(f"{name} = {value}\n" for name, value in fields.items() if value).encode()
