"""Stored values to modality values, written straight into their place in one array.

Four words for four things (PS3.3 C.11): *stored* values lie in the file, *modality* values follow by slope and
intercept or by a table, *windowed* values are for the eye only, and this module ends at the second.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, groupby, tee
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from viewer3d.core.progress import StageProgress
from viewer3d.dicom.files.sources import BAD_FILE, DatasetSource, FileSource
from viewer3d.dicom.headers.frame import Frame, Stored
from viewer3d.dicom.headers.scaling import check_scaling
from viewer3d.dicom.pixels.decode import (
    Codestreams,
    check_decoder,
    check_length,
    decode_frame,
    is_encapsulated,
    native_values,
    seconds_a_pixel,
)
from viewer3d.errors import BadFileError, LimitError

if TYPE_CHECKING:
    from viewer3d.dicom.pixels.workers import Worker

MAX_BYTES: Final = 64 << 30
"""Ceiling of one volume's voxels: 64 GiB, some 400 times a chest CT; a header that asks for more is lying."""

MAX_PIXELS: Final = 1 << 26
"""Ceiling of one frame: 8192 x 8192, twice the sides of the largest detectors in use."""

UP_TO_16_BITS: Final = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70, 80, 81))
"""JPEG and JPEG-LS: their samples have no more."""

_INT16 = np.iinfo(np.int16)


def read_voxels(frames: Sequence[Frame], *, progress: StageProgress | None = None) -> NDArray[Any]:
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
        int16 when every value is whole and fits, else float32, which holds whole numbers up to 16,777,216 exactly.

    Raises
    ------
    BadFileError
        When a file is truncated, cannot be decoded or contradicts itself; names it.
    LimitError
        Before anything is allocated, when the headers ask for more than :data:`MAX_BYTES`.
    """
    check_scaling(frames)
    for stored in {frame.stored.source: frame.stored for frame in frames}.values():
        _check_stored(stored)
    whole = all(_is_whole(frame) for frame in frames)
    certain = all(_surely_fits(frame) for frame in frames)
    _check(frames, bytes_a_voxel(frames))
    if whole:
        try:
            return _read(frames, np.int16, partial(_put_int16, certain=certain), progress)
        except _DoesNotFitError:
            pass
    return _read(frames, np.float32, _put_float32, progress)


def begin_workers() -> Callable[[Frame], None]:
    """Return what starts workers when it is called with compressed frames, while headers are read."""
    seconds, started = 0.0, 0

    def seen(frame: Frame) -> None:
        nonlocal seconds, started
        cost = seconds_a_pixel(frame.stored)
        if not cost:
            return
        from viewer3d.dicom.pixels.workers import WORKERS, cores, workers_for  # noqa: PLC0415 (most files need none)

        seconds += cost * frame.stored.rows * frame.stored.columns * frame.stored.frames
        if (count := workers_for(seconds)) > started and started < cores():
            started = count
            WORKERS.start(count)

    return seen


def bytes_a_voxel(frames: Sequence[Frame]) -> int:
    """Return how many bytes each voxel of frames may take, from their headers: 2 where all values are sure to fit."""
    return 2 if all(_is_whole(frame) and _surely_fits(frame) for frame in frames) else 4


def _is_whole(frame: Frame) -> bool:
    if frame.stored.keyword != "PixelData":
        return False
    return frame.table is not None or (frame.slope.is_integer() and frame.intercept.is_integer())


def _surely_fits(frame: Frame) -> bool:
    """Whether all the values that the bits can hold become int16."""
    if frame.table is not None:
        return bool(frame.table.entries.max(initial=0) <= _INT16.max)
    if frame.stored.bits_stored > frame.stored.bits_allocated:
        return False  # a damaged header, which is told when the pixels are read; it may say 65,535 bits
    ends = [value * frame.slope + frame.intercept for value in frame.stored.range]
    return min(ends) >= _INT16.min and max(ends) <= _INT16.max


def _check(frames: Sequence[Frame], itemsize: int) -> None:
    stored = frames[0].stored
    if stored.rows * stored.columns > MAX_PIXELS:
        raise LimitError(
            f"{frames[0].name}: {stored.columns} x {stored.rows} pixels, more than the {MAX_PIXELS} a picture may "
            "have; its header is damaged"
        )
    asked = frames[0].rows * frames[0].columns * len(frames) * itemsize
    if asked > MAX_BYTES:
        raise LimitError(
            f"{frames[0].name}: {len(frames)} frames of {frames[0].columns} x {frames[0].rows} need {asked >> 30} GiB, "
            f"more than the {MAX_BYTES >> 30} GiB a volume may have; choose fewer slices"
        )


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
    if stored.bits_allocated > 16 and stored.transfer_syntax in UP_TO_16_BITS:
        raise BadFileError(f"{name}: {stored.bits_allocated} bits allocated, but JPEG has at most 16; {BAD_FILE}")
    if stored.offset is None or stored.length is None:
        return
    held = stored.length
    if isinstance(stored.source, FileSource):
        held = min(held, os.stat(stored.source.path).st_size - stored.offset)  # noqa: PTH116 (a str, 10,000 times)
    check_length(stored, held, partial(_tail, stored))


def _tail(stored: Stored, start: int) -> bytes:
    assert stored.offset is not None
    assert stored.length is not None
    assert not isinstance(stored.source, DatasetSource)  # only bytes have an offset
    with stored.source.open() as file:
        file.seek(stored.offset + start)
        return file.read(stored.length - start)


class _DoesNotFitError(Exception):
    """A modality value beyond int16."""


Put = Callable[[Frame, NDArray[Any], NDArray[Any]], None]
"""Puts the modality values of a frame, given its stored ones, into their place."""


def _read(frames: Sequence[Frame], dtype: DTypeLike, put: Put, progress: StageProgress | None) -> NDArray[Any]:
    """Read frames into one array: compressed ones by workers, all others one after another."""
    voxels = np.empty((len(frames), frames[0].rows, frames[0].columns), dtype)
    coded = [k for k, frame in enumerate(frames) if is_encapsulated(frame.stored)]
    plain = [k for k, frame in enumerate(frames) if not is_encapsulated(frame.stored)]
    report = progress or (lambda _done, _count: None)
    for done, (k, stored) in enumerate(_plain_values(frames, plain, voxels), 1):
        put(frames[k], stored, voxels[k])
        report(done, len(frames))
    if coded:
        _read_coded(frames, coded, voxels, put, lambda done: report(len(plain) + done, len(frames)))
    return voxels.transpose(2, 1, 0)


def _plain_values(
    frames: Sequence[Frame], numbers: Iterable[int], voxels: NDArray[Any]
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield the numbers of frames and their stored values; a number is asked for when the one before is done with.

    Native values of 16 bits are read into their place among the voxels, where they can become modality values as they
    lie, or into memory used over and over where voxels are larger.
    """
    scratch = None if voxels.itemsize == 2 else np.empty(voxels.shape[1:], np.uint16)
    for _, group in groupby(numbers, key=lambda k: id(frames[k].stored)):  # a file of many frames is opened once
        first = next(group)
        stored, members = frames[first].stored, chain([first], group)  # noqa: B031 (the same group goes on)
        if frames[first].tile is not None:
            picture = np.empty((1, stored.rows, stored.columns), np.int16)
            whole = [replace(frames[first], tile=None)]
            yield from _tiles(frames, members, next(_plain_values(whole, [0], picture))[1])
        elif stored.offset is not None and stored.length is not None and stored.bits_allocated == 16:
            assert not isinstance(stored.source, DatasetSource)  # only bytes have an offset
            with stored.source.open(buffering=0) as file:
                for k in members:
                    yield k, _read_native(file, frames[k], voxels[k].view(np.uint16) if scratch is None else scratch)
        else:
            named, asked = tee(members)
            arrays = native_values(stored, (frames[k].index for k in asked))
            yield from zip(named, arrays, strict=True)


def _read_coded(
    frames: Sequence[Frame], coded: Sequence[int], voxels: NDArray[Any], put: Put, report: Callable[[int], None]
) -> None:
    """Decode frames by workers, each frame by one, the tiles of one picture together."""
    from viewer3d.dicom.pixels.workers import deal_out, workers_for  # noqa: PLC0415 (most files need none)

    for stored in {frames[k].stored.source: frames[k].stored for k in coded}.values():
        check_decoder(stored)
    groups: dict[object, list[int]] = {}
    for k in coded:
        groups.setdefault(id(frames[k].stored) if frames[k].tile else k, []).append(k)
    pieces = list(groups.values())
    streams = Codestreams(frames[piece[0]].stored for piece in pieces)

    def work(worker: Worker, number: int) -> None:
        members = pieces[number]
        frame = frames[members[0]]
        # Pixels of the voxels' own size are received where they will lie.
        place = voxels[members[0]].view(np.uint16) if voxels.itemsize == 2 and frame.tile is None else None
        picture = decode_frame(frame.stored, frame.index, streams.of(frame.stored, frame.index), worker, place)
        for k, stored in _tiles(frames, members, picture) if frame.tile else [(members[0], picture)]:
            put(frames[k], stored, voxels[k])

    first = frames[pieces[0][0]].stored
    seconds = len(pieces) * first.rows * first.columns * seconds_a_pixel(first)
    deal_out(work, len(pieces), workers_for(seconds), lambda done, count: report(done * len(coded) // count))


def _tiles(
    frames: Sequence[Frame], members: Iterable[int], picture: NDArray[Any]
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield the numbers of frames that are tiles of one picture, and their stored values."""
    for k in members:
        tile = frames[k].tile
        assert tile is not None
        yield k, picture[tile.top : tile.top + tile.rows, tile.left : tile.left + tile.columns]


def _put_int16(frame: Frame, stored: NDArray[Any], place: NDArray[np.int16], *, certain: bool) -> None:
    """Put whole values: modulo 2**16 sums and products are exact as long as the result fits."""
    if frame.table is not None:
        values = _through_table(frame, stored)
        if not certain and values.max(initial=0) > _INT16.max:
            raise _DoesNotFitError
        place[...] = values
        return
    if not certain:
        ends = [int(v) * int(frame.slope) + int(frame.intercept) for v in (stored.min(), stored.max())]
        if min(ends) < _INT16.min or max(ends) > _INT16.max:
            raise _DoesNotFitError
    modular = place.view(np.uint16)
    if not np.may_share_memory(stored, place):
        np.copyto(modular, stored, casting="unsafe")
    if frame.slope != 1:
        modular *= np.uint16(int(frame.slope) % (1 << 16))
    if frame.intercept != 0:
        modular += np.uint16(int(frame.intercept) % (1 << 16))


def _put_float32(frame: Frame, stored: NDArray[Any], place: NDArray[np.float32]) -> None:
    """Put any values: the sum is made in float64 and rounded once."""
    if frame.table is not None:
        place[...] = _through_table(frame, stored)
        return
    try:
        with np.errstate(over="raise", invalid="raise"):
            values = np.multiply(stored, frame.slope, dtype=np.float64)
            values += frame.intercept
            place[...] = values
    except FloatingPointError:
        raise BadFileError(
            f"{frame.name}: slope {frame.slope:g} and intercept {frame.intercept:g} give values beyond float32; the "
            "header is damaged"
        ) from None


def _through_table(frame: Frame, stored: NDArray[Any]) -> NDArray[Any]:
    """Apply a Modality LUT: below its first value is its first entry, beyond its end the last (PS3.3 C.11.1.1.1)."""
    table = frame.table
    assert table is not None
    entries: NDArray[Any] = table.entries[np.clip(stored.astype(np.int64) - table.first, 0, len(table.entries) - 1)]
    return entries


def _read_native(file: BinaryIO, frame: Frame, place: NDArray[np.uint16]) -> NDArray[Any]:
    """Read one native 16-bit frame into its place, with the bits above Bits Stored set as the sign asks."""
    stored = frame.stored
    assert stored.offset is not None
    file.seek(stored.offset + frame.index * place.nbytes)
    got = file.readinto(place.data.cast("B"))  # type: ignore[attr-defined]  # files and BytesIO have it
    if got != place.nbytes:
        raise BadFileError(
            f"{frame.name}: truncated: {place.nbytes:,} bytes of pixels expected, {got:,} read; {BAD_FILE}"
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
