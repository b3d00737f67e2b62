"""What a writer gives: the files of one call, and notes; and voxels as bytes of a file."""

from __future__ import annotations

import base64
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.files import NO_ROOM
from viewer3d.core.geometry import SHEAR_TOLERANCE, Geometry
from viewer3d.core.members import as_members, varying_dimensions
from viewer3d.core.notes.note import Note
from viewer3d.core.progress import StageProgress
from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError

Compression = Literal["gzip", "zlib"]

DEFLATE_LEVEL: Final = 3
"""Of isal: a CT of 300 x 512 x 512 takes a twentieth of the time of zlib's level 6 and 1.9 % more room (0.42 s and
94.2 MB, beside 8.3 s and 92.4 MB); its levels 1 and 2 are no faster and 2 to 6 % larger, and zlib's level 1 takes 4.5
times as long."""

_WINDOW_BITS: Final = {"gzip": 31, "zlib": 15}
"""As zlib has them: 15 for its own header, 16 more for that of gzip."""

_CHUNK: Final = 4 << 20
"""Bytes that are compressed or written at once; progress is told after each."""

_KEEP_SIZE: Final = 1
"""FALLOC_FL_KEEP_SIZE of fallocate(2)."""

UNEVEN: Final = 0.01
"""Of the time between two volumes: what others may differ from it and count as even."""


@dataclass(frozen=True, eq=False)
class OutputFile:
    """One file that is to be written.

    Attributes
    ----------
    path : Path
    write : callable
        Writes all that is to be in it into an open file.
    """

    path: Path
    write: Callable[[BinaryIO], object]


@dataclass(frozen=True, eq=False)
class Output:
    """The files that hold one thing, the one that was asked for first.

    Attributes
    ----------
    files : tuple of OutputFile
    notes : tuple of Note
        A sentence for each thing that the files do not hold, or that was decided.
    folder : Path, optional
        The new folder that the files are alone in; None where they go beside others.
    """

    files: tuple[OutputFile, ...]
    notes: tuple[Note, ...] = ()
    folder: Path | None = None


def write_arrays(
    file: BinaryIO,
    arrays: Sequence[NDArray[Any]],
    dtype: str,
    *,
    before: bytes = b"",
    compression: Compression | None = None,
    progress: StageProgress | None = None,
) -> None:
    """Write arrays one after another, in Fortran order.

    Parameters
    ----------
    file : binary file
    arrays : sequence of ndarray, shape (columns, rows, slices)
        Of one shape; those in Fortran order are not copied as a whole.
    dtype : str
        With the order of bytes, as ``"<i2"``.
    before : bytes
        Is written before them, compressed as they are.
    compression : {"gzip", "zlib"}, optional
        With a header of gzip or zlib; nothing in it names the file or the time.
    progress : callable, optional
        Called with how many slices are written, and how many there are.
    """
    packer: Any = None
    if compression is not None:
        from isal import isal_zlib  # noqa: PLC0415 (only what is compressed needs it)

        packer = isal_zlib.compressobj(DEFLATE_LEVEL, isal_zlib.DEFLATED, _WINDOW_BITS[compression])
    else:
        reserve_room(file, len(before) + sum(one.size for one in arrays) * np.dtype(dtype).itemsize)
    if before:
        file.write(before if packer is None else packer.compress(before))
    total, done = sum(one.shape[-1] for one in arrays), 0
    for slab in _slabs(arrays):
        data = np.ravel(slab, order="F").astype(dtype, copy=False).view(np.uint8).data
        file.write(data if packer is None else packer.compress(data))
        done += slab.shape[-1]
        if progress is not None:
            progress(done, total)
    if packer is not None:
        file.write(packer.flush())


def reserve_room(file: BinaryIO, size: int) -> None:
    """Reserve room for a file on its disk, where the system and the disk can; its size stays.

    So a disk that is too full is told before anything is written. Blocks that are there already also take less time to
    write: 20 ms of CPU instead of 32 for 150 MB (Linux 6, ext4).

    Parameters
    ----------
    file : binary file
    size : int
        Bytes, all of which are to be written.

    Raises
    ------
    OSError
        When there is not so much room.
    """
    if not sys.platform.startswith("linux") or sys.maxsize < 1 << 32:
        return
    import ctypes  # noqa: PLC0415 (numpy has loaded it)

    try:
        number = file.fileno()
        # os.posix_fallocate would write a byte into each block where a disk cannot do it: minutes over a network.
        reserve = ctypes.CDLL(None, use_errno=True).fallocate
    except (OSError, AttributeError, io.UnsupportedOperation):
        return  # no file of the system, or a library of C without it
    # Other errors mean that the disk cannot reserve room.
    reserve.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    if reserve(number, _KEEP_SIZE, 0, size) and (code := ctypes.get_errno()) in NO_ROOM:
        raise OSError(code, os.strerror(code))


def write_blocks_as_text(
    file: BinaryIO, array: NDArray[Any], dtype: str, *, progress: StageProgress | None = None
) -> None:
    """Write an array as XML files of VTK hold it: in blocks, deflated by zlib, as base 64.

    The sizes of the blocks are before them.
    It is text within its element: what is appended at the end of the file, as VTK's own default is, no VTK reads whose
    expat is one of 2.6 or later, as Linux distributions have it (gitlab.kitware.com/vtk/vtk/-/issues/19258).

    Parameters
    ----------
    file : binary file
    array : ndarray, shape (columns, rows, slices)
        In Fortran order it is not copied as a whole.
    dtype : str
        With the order of bytes, as ``"<i2"``.
    progress : callable, optional
        Called with how many slices are written, and how many there are.
    """
    from isal import isal_zlib  # noqa: PLC0415 (only what is compressed needs it)

    packed, sizes = list[bytes](), list[int]()
    for slab in _slabs([array]):
        data = np.ravel(slab, order="F").astype(dtype, copy=False).tobytes()
        packed.append(isal_zlib.compress(data, DEFLATE_LEVEL))
        sizes.append(len(data))
        if progress is not None:
            progress(sum(sizes) * array.shape[-1] // array.nbytes, array.shape[-1])
    last = sizes[-1] if sizes[-1] != sizes[0] else 0  # 0 says that it is as large as the others
    header = np.array([len(sizes), sizes[0], last, *map(len, packed)], "<u8").tobytes()
    file.write(base64.b64encode(header))
    rest = b""
    for block in packed:
        whole = rest + block
        end = len(whole) // 3 * 3
        file.write(base64.b64encode(memoryview(whole)[:end]))
        rest = whole[end:]
    file.write(base64.b64encode(rest))


def _slabs(arrays: Sequence[NDArray[Any]]) -> Iterator[NDArray[Any]]:
    for array in arrays:
        step = max(1, _CHUNK // max(1, array[..., 0].nbytes))
        for first in range(0, array.shape[-1], step):
            yield array[..., first : first + step]


def file_dtype(members: Sequence[Volume]) -> str:
    """Return the dtype that volumes have in a file: that of all, or float32 where they differ."""
    return "<i2" if all(one.voxels.dtype == np.int16 for one in members) else "<f4"


def members_to_write(volumes: Sequence[Volume], target: Path) -> tuple[Volume, ...]:
    """Return the volumes of a set that go into one file.

    Raises
    ------
    OutputError
        When they are not on one grid and in one unit.
    """
    members = as_members(volumes)
    if len(members) > 1 and any("time" in one.which for one in members):
        turns = [float(one.which.get("time", 0.0)) for one in members]
        others = [name for name in varying_dimensions([one.which for one in members]) if name != "time"]
        if turns != sorted(turns) and not others:
            raise OutputError(f"{target}: the volumes are not in the order of their times: sort them first")
    return members


def time_between(members: Sequence[Volume], given: float | None, target: Path) -> tuple[float | None, tuple[Note, ...]]:
    """Return the seconds between the volumes of a set, and what is to be said of them.

    Parameters
    ----------
    members : sequence of Volume
    given : float, optional
        Seconds that the caller gives.
    target : Path
        In messages.

    Raises
    ------
    OutputError
        When the times are known and uneven, and none are given, or the given one is none.
    """
    if given is not None:
        if not 0 < given < np.inf:
            raise OutputError(f"{target}: time_step={given!r:.40} is no time between volumes: give seconds above 0")
        if len(members) == 1:
            raise OutputError(f"{target}: time_step is between volumes, and there is one: leave it out")
        return float(given), ()
    if len(members) == 1 or varying_dimensions([one.which for one in members]) != ("time",):
        return None, ()
    times = [one.seconds for one in members if one.seconds is not None]
    if len(times) < len(members):
        text = "The time between the volumes is not known and not in the file: give time_step (seconds) to say it."
        note = Note(text, "written.no_time")
        return None, (note,)
    steps = np.diff(times)
    middle = float(np.sort(steps)[len(steps) // 2])
    if middle <= 0 or np.abs(steps - middle).max() > UNEVEN * middle:
        raise OutputError(
            f"{target}: the volumes are {steps.min():.6g} to {steps.max():.6g} s apart, and the format has one step: "
            "give time_step (seconds) to say it all the same, or save them one by one"
        )
    return round(float(np.mean(steps)), 6), ()


def check_upright(geometry: Geometry, target: Path, what: str) -> None:
    """Check that the axes of a grid are at right angles, which readers of a format take for granted.

    Raises
    ------
    OutputError
        When they are not.
    """
    if geometry.shear > SHEAR_TOLERANCE:
        raise OutputError(
            f"{target}: the grid is sheared (cosine {geometry.shear:.4f} between two axes), which {what} does not hold "
            "or its readers drop: save it as .seg.nrrd, or put it on an upright grid first"
        )


def numbers_text(values: Sequence[float] | NDArray[np.float64]) -> str:
    """Return numbers as text with spaces between them, each as short as it can be without loss."""
    return " ".join(repr(float(value) + 0.0) for value in values)
