"""Stored values to modality values, written straight into their place in one array.

Four words for four things (PS3.3 C.11): *stored* values lie in the file, *modality* values follow by slope and
intercept or by a table, *windowed* values are for the eye only, and this module ends at the second.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.dicom.decode import stored_values
from viewer3d.dicom.frame import Frame, Stored
from viewer3d.dicom.sources import DatasetSource, FileSource
from viewer3d.errors import BadFileError, LimitError

MAX_BYTES: Final = 64 << 30
"""Ceiling of one volume's voxels: 64 GiB, some 400 times a chest CT; a header that asks for more is lying."""

MAX_PIXELS: Final = 1 << 26
"""Ceiling of one frame: 8192 x 8192, twice the sides of the largest detectors in use."""

_INT16 = np.iinfo(np.int16)


def read_voxels(frames: Sequence[Frame], *, progress: Callable[[int, int], None] | None = None) -> NDArray[Any]:
    """Read the modality values of frames of one size.

    Parameters
    ----------
    frames : sequence of Frame
        In the order of the slices.
    progress : callable, optional
        Called with (frames read, frames in all).

    Returns
    -------
    ndarray of int16 or float32, shape (columns, rows, frames), Fortran order
        int16 when every value is whole and fits, else float32.

    Raises
    ------
    BadFileError
        When a file is truncated, cannot be decoded or contradicts itself; names it.
    LimitError
        Before anything is allocated, when the headers ask for more than :data:`MAX_BYTES`.
    """
    whole = all(_is_whole(frame) for frame in frames)
    certain = all(_surely_fits(frame) for frame in frames)
    _check(frames, 2 if whole and certain else 4)
    shape = (len(frames), frames[0].stored.rows, frames[0].stored.columns)
    if whole:
        voxels = _read_int16(frames, shape, progress, certain=certain)
        if voxels is not None:
            return voxels.transpose(2, 1, 0)
    return _read_float32(frames, shape, progress).transpose(2, 1, 0)


def _is_whole(frame: Frame) -> bool:
    if frame.stored.keyword != "PixelData":
        return False
    return frame.table is not None or (frame.slope.is_integer() and frame.intercept.is_integer())


def _surely_fits(frame: Frame) -> bool:
    """Whether all the values that the bits can hold become int16."""
    if frame.table is not None:
        return bool(frame.table.entries.max(initial=0) <= _INT16.max)
    ends = [value * frame.slope + frame.intercept for value in frame.stored.range]
    return min(ends) >= _INT16.min and max(ends) <= _INT16.max


def _check(frames: Sequence[Frame], itemsize: int) -> None:
    stored = frames[0].stored
    if stored.rows * stored.columns > MAX_PIXELS:
        raise LimitError(
            f"{frames[0].name}: {stored.columns} x {stored.rows} pixels, more than the {MAX_PIXELS} a picture may "
            "have; its header is damaged"
        )
    asked = stored.rows * stored.columns * len(frames) * itemsize
    if asked > MAX_BYTES:
        raise LimitError(
            f"{frames[0].name}: {len(frames)} frames of {stored.columns} x {stored.rows} need {asked >> 30} GiB, more "
            f"than the {MAX_BYTES >> 30} GiB a volume may have; choose fewer slices"
        )
    for one in {frame.stored.source: frame.stored for frame in frames}.values():
        _check_stored(one)


def _check_stored(stored: Stored) -> None:
    name = stored.source.name
    if stored.keyword == "PixelData" and stored.high_bit != stored.bits_stored - 1:
        raise BadFileError(
            f"{name}: High Bit {stored.high_bit} is not Bits Stored {stored.bits_stored} - 1; no reader gets such "
            "values right, ask for the files in another form"
        )
    if stored.bits_allocated not in (8, 16, 32, 64) or not 0 < stored.bits_stored <= stored.bits_allocated:
        raise BadFileError(
            f"{name}: {stored.bits_stored} bits stored in {stored.bits_allocated}; expected 8, 16, 32 or 64 allocated"
        )
    if stored.offset is None or stored.length is None:
        return
    needed = stored.rows * stored.columns * stored.frames * stored.bits_allocated // 8
    held = stored.length
    if isinstance(stored.source, FileSource):
        held = min(held, os.stat(stored.source.path).st_size - stored.offset)  # noqa: PTH116 (a str, 10,000 times)
    if held < needed:
        raise BadFileError(
            f"{name}: truncated: {stored.frames} x {stored.columns} x {stored.rows} pixels need {needed:,} bytes, "
            f"the file holds {max(0, held):,}; fetch it again or move it out of the folder"
        )


def _read_int16(
    frames: Sequence[Frame], shape: tuple[int, int, int], progress: Callable[[int, int], None] | None, *, certain: bool
) -> NDArray[np.int16] | None:
    """Read whole values; None when one turns out not to fit.

    Arithmetic modulo 2**16 is exact as long as the result fits, so stored values are transformed where they lie.
    """
    voxels = np.empty(shape, np.int16)
    for k, stored in _stored_into(frames, voxels.view(np.uint16)):
        frame, place = frames[k], voxels[k]
        if frame.table is not None:
            values = _through_table(frame, stored)
            if not certain and values.max(initial=0) > _INT16.max:
                return None
            place[...] = values
        else:
            if not certain:
                ends = [int(v) * int(frame.slope) + int(frame.intercept) for v in (stored.min(), stored.max())]
                if min(ends) < _INT16.min or max(ends) > _INT16.max:
                    return None
            modular = place.view(np.uint16)
            if not np.may_share_memory(stored, place):
                np.copyto(modular, stored, casting="unsafe")
            if frame.slope != 1:
                modular *= np.uint16(int(frame.slope) % (1 << 16))
            if frame.intercept != 0:
                modular += np.uint16(int(frame.intercept) % (1 << 16))
        if progress is not None:
            progress(k + 1, len(frames))
    return voxels


def _read_float32(
    frames: Sequence[Frame], shape: tuple[int, int, int], progress: Callable[[int, int], None] | None
) -> NDArray[np.float32]:
    """Read any values: the sum is made in float64 and rounded once."""
    voxels = np.empty(shape, np.float32)
    scratch = [np.empty(shape[1:], np.uint16)] * shape[0]
    for k, stored in _stored_into(frames, scratch):
        frame = frames[k]
        if frame.table is not None:
            voxels[k] = _through_table(frame, stored)
        else:
            values = np.multiply(stored, frame.slope, dtype=np.float64)
            values += frame.intercept
            voxels[k] = values
        if progress is not None:
            progress(k + 1, len(frames))
    return voxels


def _through_table(frame: Frame, stored: NDArray[Any]) -> NDArray[Any]:
    """Apply a Modality LUT: below its first value is its first entry, beyond its end the last (PS3.3 C.11.1.1.1)."""
    table = frame.table
    assert table is not None
    entries: NDArray[Any] = table.entries[np.clip(stored.astype(np.int64) - table.first, 0, len(table.entries) - 1)]
    return entries


def _stored_into(
    frames: Sequence[Frame], places: Sequence[NDArray[np.uint16]] | NDArray[np.uint16]
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield each frame's number and stored values; native 16-bit ones are read into ``places[k]`` itself."""
    numbered = list(enumerate(frames))
    for _, group in groupby(numbered, key=lambda item: item[1].stored):
        members = list(group)
        stored = members[0][1].stored
        if stored.offset is not None and stored.length is not None and stored.bits_allocated == 16:
            assert not isinstance(stored.source, DatasetSource)  # only bytes have an offset
            with stored.source.open() as file:
                for k, frame in members:
                    yield k, _read_native(file, frame, places[k])
        else:
            arrays = stored_values(stored, [frame.index for _, frame in members])
            yield from ((k, array) for (k, _), array in zip(members, arrays, strict=True))


def _read_native(file: BinaryIO, frame: Frame, place: NDArray[np.uint16]) -> NDArray[Any]:
    """Read one native 16-bit frame into its place, with the bits above Bits Stored set as the sign asks."""
    stored = frame.stored
    assert stored.offset is not None
    file.seek(stored.offset + frame.index * place.nbytes)
    got = file.readinto(place.data.cast("B"))  # type: ignore[attr-defined]  # files and BytesIO have it
    if got != place.nbytes:
        raise BadFileError(
            f"{frame.name}: truncated: {place.nbytes:,} bytes of pixels expected, {got:,} read; fetch the file again"
        )
    unused = 16 - stored.bits_stored
    if stored.signed:
        signed = place.view(np.int16)
        if unused:
            np.left_shift(signed, unused, out=signed)
            np.right_shift(signed, unused, out=signed)
        return signed
    if unused:
        np.bitwise_and(place, np.uint16((1 << stored.bits_stored) - 1), out=place)
    return place
