"""Read npz, an archive of numpy, with a volume in it.

It has ``voxels`` (columns, rows, slices and, of several volumes, their number) and ``affine`` (voxel index to LPS mm),
or ``spacing`` instead; it may have ``unit``, ``modality``, ``time`` (of each volume, in seconds) and ``version``.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.files import open_file
from viewer3d.core.geometry import Affine
from viewer3d.core.notes.note import Note
from viewer3d.errors import BadFileError
from viewer3d.formats.grid_header import GridHeader, check_shape, members_of, short_word
from viewer3d.formats.stored_values import StoredValues, read_checked

_MOST_BESIDE: Final = 1 << 20
"""Bytes of an array beside the voxels."""

NPZ_VERSION: Final = 1
"""Of the fields; a later one may mean others."""


@dataclass(frozen=True)
class _ArchivedValues(StoredValues):
    """Values of an array in an archive, of which the header was read."""

    is_fortran: bool = True

    def read(self, member: int | None = None) -> NDArray[Any]:
        """Read all volumes, or one; see :meth:`StoredValues.read`."""

        def whole() -> NDArray[Any]:
            data = np.empty(self.nbytes, np.uint8)
            done, into = 0, data.data
            with (
                open(self.path, "rb", opener=open_file) as file,
                zipfile.ZipFile(file) as archive,
                archive.open("voxels.npy") as stream,
            ):
                _array_header(self.path, stream, archive.getinfo("voxels.npy").file_size)
                while done < self.nbytes:
                    got = cast("BufferedIOBase", stream).readinto(into[done : done + (1 << 20)])
                    if not got:
                        raise EOFError("it ends within its voxels")
                    done += got
                stream.read(1)  # at the end the checksum is compared
            shape = self.shape if self.shape[3] > 1 else self.shape[:3]
            array = data.view(self.dtype).reshape(shape, order="F" if self.is_fortran else "C")
            native = array.astype(self.dtype.newbyteorder("="), copy=False)
            return native if native.ndim == 4 else native[..., np.newaxis]

        values = read_checked(self.path, "npz", whole)
        return values if member is None else values[..., member : member + 1]

    def is_read_whole_for(self, count: int) -> bool:  # noqa: ARG002 (as the other has it)
        """Return whether all volumes are in memory at once, which they always are."""
        return True


def read_npz_header(path: Path) -> GridHeader:
    """Read all but the voxels of an archive.

    Raises
    ------
    BadFileError
        When it is none, is damaged, has no voxels, or arrays of another shape.
    """
    return read_checked(path, "npz", lambda: _header(path))


def _header(path: Path) -> GridHeader:
    with open(path, "rb", opener=open_file) as file, zipfile.ZipFile(file) as archive:
        names = {one.removesuffix(".npy") for one in archive.namelist()}
        if "voxels" not in names:
            held = ", ".join(sorted(names)[:6]) or "nothing"
            raise BadFileError(
                f"{path}: holds no array voxels, but {held:.200}: give Volume.from_array(array, affine) of it"
            )
        with archive.open("voxels.npy") as stream:
            sizes, is_fortran, dtype = _array_header(path, stream, archive.getinfo("voxels.npy").file_size)
        others = {name: _small(path, archive, name) for name in sorted(names & set(_BESIDE))}
    if dtype.kind not in "iufb":
        raise BadFileError(f"{path}: its voxels are {dtype}, which no volume has: write real numbers")
    if others.get("version", np.array(NPZ_VERSION)).item() != NPZ_VERSION:
        raise BadFileError(f"{path}: is of a later version ({others['version']}): update viewer3d")
    shape = check_shape(path, sizes)
    values = _ArchivedValues(str(path), dtype, shape, is_fortran=is_fortran)
    affine, lacks, notes = _place(path, others)
    times = others.get("time")
    known = times is not None and times.shape == (shape[3],)
    return GridHeader(
        path,
        "npz",
        values,
        affine,
        lacks,
        which=members_of([float(one) for one in times] if known and times is not None else None, shape[3]),
        is_timed=known and shape[3] > 1,
        unit=short_word(others.get("unit")),
        modality=short_word(others.get("modality")),
        notes=notes,
    )


_BESIDE: Final = ("affine", "unit", "modality", "spacing", "time", "version")


def _array_header(path: object, stream: Any, size: int) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the header of an array; its values must be as many as it says."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, is_fortran, dtype = read(stream)
    if dtype.hasobject or int(np.prod(shape, dtype=object)) * dtype.itemsize != size - stream.tell():
        raise BadFileError(f"{path}: its header says an array of {shape} x {dtype}, which it does not hold")
    return shape, bool(is_fortran), dtype


def _small(path: Path, archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    about = archive.getinfo(f"{name}.npy")
    if about.file_size > _MOST_BESIDE:
        raise BadFileError(f"{path}: its {name} has {about.file_size} bytes, which none has; write it again")
    with archive.open(about) as stream:
        _array_header(path, stream, about.file_size)
    with archive.open(about) as stream:
        return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))


def _place(path: Path, others: dict[str, NDArray[Any]]) -> tuple[Affine, str, tuple[Note, ...]]:
    if "affine" in others:
        affine = np.array(others["affine"], np.float64)
        if affine.shape != (4, 4):
            raise BadFileError(f"{path}: its affine has shape {affine.shape}: give 4 x 4, voxel index to LPS mm")
        return affine, "", ()
    spacing = np.array(others.get("spacing", np.ones(3)), np.float64)
    if spacing.shape != (3,):
        raise BadFileError(f"{path}: its spacing has shape {spacing.shape}: give three numbers in mm")
    what = "a spacing and no affine" if "spacing" in others else "neither affine nor spacing; 1 mm was taken"
    text = (
        f"The file does not say where it lies: it has {what}. Its axes were taken to lead to the patient's left, back "
        "and head, from 0; which side is left is not known."
    )
    note = Note(text, "file.no_place")
    return np.diag([*spacing, 1.0]), "where it lies", (note,)
