"""Write volumes as VTI and npz, each by its short header.

VTK's own writers lose directions, or turn them.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from viewer3d.core.notes.note import Note
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError
from viewer3d.formats.npz import NPZ_VERSION
from viewer3d.formats.write.output import (
    Output,
    OutputFile,
    file_dtype,
    members_to_write,
    numbers_text,
    time_between,
    write_blocks_as_text,
)

_VTK_TYPES: Final = {"<i2": "Int16", "<f4": "Float32"}


def write_vti(volumes: Sequence[Volume], target: Path, *, progress: Progress | None = None) -> Output:
    """Plan a VTI file, the image data of VTK, of one volume.

    Places are LPS mm, and its array is named by the unit. Values are deflated, in base 64.

    Raises
    ------
    OutputError
        When there are several volumes.
    """
    volume = _alone(volumes, target, "VTI")
    dtype = file_dtype([volume])
    extent = " ".join(f"0 {count - 1}" for count in volume.shape)
    name = f'"{escape(printable(volume.unit) or "values")}"'
    place = (
        f'Origin="{numbers_text(volume.geometry.origin)}" Spacing="{numbers_text(volume.spacing)}" '
        f'Direction="{numbers_text(volume.geometry.direction.ravel())}"'
    )
    before = (
        '<?xml version="1.0"?>\n'
        '<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64" '
        'compressor="vtkZLibDataCompressor">\n'
        f'<ImageData WholeExtent="{extent}" {place}>\n'
        f'<Piece Extent="{extent}">\n<PointData Scalars={name}>\n'
        f'<DataArray type="{_VTK_TYPES[dtype]}" Name={name} format="binary">\n'
    ).encode()
    told = stage_progress(progress, "writing")

    def write(file: BinaryIO) -> None:
        file.write(before)
        write_blocks_as_text(file, volume.voxels, dtype, progress=told)
        file.write(b"\n</DataArray>\n</PointData>\n</Piece>\n</ImageData>\n</VTKFile>\n")

    return Output((OutputFile(target, write),))


def write_npz(
    volumes: Sequence[Volume], target: Path, *, time_step: float | None = None, progress: Progress | None = None
) -> Output:
    """Plan an archive of numpy of one volume, or of a set of volumes on one grid.

    It has ``voxels``, ``affine`` (index to LPS mm), ``unit``, ``modality`` and ``version``. Of several volumes
    ``voxels`` have a fourth axis, and ``time`` has the seconds of each where they are known.

    Raises
    ------
    OutputError
        When the volumes make no set.
    """
    members = members_to_write(volumes, target)
    first = members[0]
    notes: tuple[Note, ...] = ()
    about: dict[str, Any] = {}
    times = [one.seconds for one in members]
    if len(members) > 1 and time_step is None and None not in times:
        about["time"] = np.array(times, np.float64)
    elif len(members) > 1:
        step, notes = time_between(members, time_step, target)
        about |= {} if step is None else {"time": step * np.arange(len(members))}

    def write(file: BinaryIO) -> None:
        voxels = first.voxels if len(members) == 1 else np.stack([one.voxels for one in members], axis=-1)
        texts = {"unit": np.array(first.unit), "modality": np.array(first.modality)}
        version = np.array(NPZ_VERSION)
        arrays = {"voxels": np.asfortranarray(voxels), "affine": first.affine, **texts, **about, "version": version}
        np.savez(file, **arrays)
        if progress is not None:
            progress("writing", 1, 1)

    return Output((OutputFile(target, write),), notes)


def _alone(volumes: Sequence[Volume], target: Path, what: str) -> Volume:
    members = members_to_write(volumes, target)
    if len(members) > 1:
        raise OutputError(
            f"{target}: {what} holds one volume, and these are {len(members)}: save them one by one, or as .nii, "
            ".nrrd, .mha or .npz"
        )
    return members[0]
