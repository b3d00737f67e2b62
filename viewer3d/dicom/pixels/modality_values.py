"""Convert stored values to modality values, written directly into one array.

Terms (PS3.3 C.11): *stored* values are those in the file; *modality* values follow from them by slope and intercept or
by a table. *Windowed* values are for display only, and made elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from viewer3d.core.progress import StageProgress
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.scaling import check_scaling
from viewer3d.dicom.pixels.checks import FrameErrors, check_each, check_frame_sizes, check_stored, collect_error
from viewer3d.dicom.pixels.decode import Codestreams, check_decoder, decode_frame, is_encapsulated, seconds_a_pixel
from viewer3d.dicom.pixels.native import file_values, read_in_order, readers_for, tiles
from viewer3d.errors import BadFileError

if TYPE_CHECKING:
    from viewer3d.dicom.pixels.workers import Worker

_INT16 = np.iinfo(np.int16)


def read_voxels(
    frames: Sequence[Frame],
    *,
    progress: StageProgress | None = None,
    errors: FrameErrors | None = None,
) -> NDArray[Any]:
    """Read the modality values of frames of one size.

    Parameters
    ----------
    frames : sequence of Frame
        In the order of the slices.
    progress : callable, optional
        Called with (frames read, frames in all).
    errors : dict, optional
        Where it is given, frames that cannot be read are not raised: their errors are put there, and their voxels are
        undefined.

    Returns
    -------
    ndarray of int16 or float32, shape (columns, rows, frames), Fortran order
        int16 when every value is whole and fits, else float32, which holds whole numbers up to 16,777,216 exactly.

    Raises
    ------
    BadFileError
        When a file is truncated, cannot be decoded or contradicts itself, or has changed since its header was read;
        names it. With ``errors`` only when the scaling of a frame is not known.
    LimitError
        Before anything is allocated, when the headers ask for more than
        :data:`~viewer3d.dicom.pixels.checks.MAX_BYTES`.
    """
    check_scaling(frames)
    check_each(frames, range(len(frames)), check_stored, errors)
    whole = all(_has_whole_values(frame) for frame in frames)
    certain = all(_surely_fits(frame) for frame in frames)
    check_frame_sizes(frames, bytes_a_voxel(frames))
    if whole:
        try:
            return _VoxelReader(frames, partial(_put_int16, certain=certain), errors).read(np.int16, progress)
        except _DoesNotFitError:
            pass
    return _VoxelReader(frames, _put_float32, errors).read(np.float32, progress)


def keep_slices(voxels: NDArray[Any], frames: Sequence[Frame], kept: Sequence[int]) -> NDArray[Any] | None:
    """Keep the voxels of some frames that were read, moved together in the same memory.

    Parameters
    ----------
    voxels : ndarray, shape (columns, rows, n)
        From :func:`read_voxels`; changed in place.
    frames : sequence of Frame
        The kept ones.
    kept : sequence of int
        Their indices among the n, ascending.

    Returns
    -------
    ndarray, shape (columns, rows, number of kept), or None
        None when by themselves they might be read as another dtype.
    """
    if voxels.dtype != np.int16 and all(map(_has_whole_values, frames)):
        return None
    slices = voxels.transpose(2, 1, 0)
    for index, k in enumerate(kept):
        if index != k:
            slices[index] = slices[k]
    return slices[: len(kept)].transpose(2, 1, 0)


def worker_starter() -> Callable[[Frame], None]:
    """Return a callable that starts workers as compressed frames are found while headers are read."""
    seconds, started = 0.0, 0

    def count_frame(frame: Frame) -> None:
        nonlocal seconds, started
        cost = seconds_a_pixel(frame.stored)
        if not cost:
            return
        from viewer3d.dicom.pixels.distribute import workers_for  # noqa: PLC0415 (most files need none)
        from viewer3d.dicom.pixels.workers import WORKERS, cores  # noqa: PLC0415

        seconds += cost * frame.stored.rows * frame.stored.columns * frame.stored.frames
        if (count := workers_for(seconds)) > started and started < cores():
            started = count
            WORKERS.start(count)

    return count_frame


def bytes_a_voxel(frames: Sequence[Frame]) -> int:
    """Return the bytes that each voxel of frames may take: 2 where all values surely fit int16, else 4."""
    return 2 if all(_has_whole_values(frame) and _surely_fits(frame) for frame in frames) else 4


def _has_whole_values(frame: Frame) -> bool:
    """Return whether all modality values of a frame are whole numbers."""
    if frame.stored.keyword != "PixelData":
        return False
    if frame.table is not None:
        return frame.table.entries.dtype.kind != "f"
    return frame.slope.is_integer() and frame.intercept.is_integer()


def _surely_fits(frame: Frame) -> bool:
    """Return whether all modality values that the bits of a frame allow fit int16."""
    if frame.table is not None:
        return bool(frame.table.entries.max(initial=0) <= _INT16.max)
    if frame.stored.bits_stored > min(frame.stored.bits_allocated, 64):
        return False  # a damaged header, which is reported when the pixels are read; it may say 65,535 bits
    ends = [value * frame.slope + frame.intercept for value in frame.stored.range]
    return min(ends) >= _INT16.min and max(ends) <= _INT16.max


class _DoesNotFitError(Exception):
    """A modality value beyond int16."""


_Put = Callable[[Frame, NDArray[Any], NDArray[Any]], None]
"""Converts the stored values of a frame to modality values, in an output array."""


class _VoxelReader:
    """Reader of frames into one array: compressed ones by workers, all others one after another.

    Parameters
    ----------
    frames : sequence of Frame
    put : callable
        Converts the stored values of a frame into the array.
    errors : dict or None
        Frames in it are not read; errors of others are put there, or raised when it is None.
    """

    def __init__(self, frames: Sequence[Frame], put: _Put, errors: FrameErrors | None) -> None:
        self._frames, self._put, self._errors = frames, put, errors

    def read(self, dtype: DTypeLike, progress: StageProgress | None) -> NDArray[Any]:
        """Return the voxels in a dtype, shape (columns, rows, frames)."""
        frames = self._frames
        voxels = np.empty((len(frames), frames[0].rows, frames[0].columns), dtype)
        wanted = [k for k in range(len(frames)) if k not in (self._errors or ())]
        coded = [k for k in wanted if is_encapsulated(frames[k].stored)]
        plain = [k for k in wanted if not is_encapsulated(frames[k].stored)]
        report = progress or (lambda _done, _count: None)
        before = len(frames) - len(wanted)
        # A file of many frames is not opened for each of them.
        files = [list(group) for _, group in groupby(plain, key=lambda k: id(frames[k].stored))]
        readers = readers_for([frames[members[0]].stored for members in files], voxels.nbytes)
        scratch = [None if voxels.itemsize == 2 else np.empty(voxels.shape[1:], np.uint16) for _ in range(readers)]

        def read_file(number: int, reader: int) -> Iterator[None]:
            for k, stored in self._plain_values(files[number], voxels, scratch[reader]):
                self._put_into(voxels, k, stored)
                yield

        for done in read_in_order(read_file, len(files), readers):
            report(before + done, len(frames))
        if coded:
            before = len(frames) - len(coded)
            self._read_coded(coded, voxels, lambda done: report(before + done, len(frames)))
        if self._errors:
            report(len(frames), len(frames))  # including those that were not read
        return voxels.transpose(2, 1, 0)

    def _put_into(self, voxels: NDArray[Any], k: int, stored: NDArray[Any]) -> None:
        try:
            self._put(self._frames[k], stored, voxels[k])
        except BadFileError as error:
            collect_error(error, [k], self._errors)

    def _plain_values(
        self, members: Sequence[int], voxels: NDArray[Any], scratch: NDArray[np.uint16] | None
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield the numbers of frames of a file and their stored values, valid until the next is read."""
        done = 0
        try:
            for one in file_values(self._frames, members, voxels, scratch):
                yield one
                done += 1
        except BadFileError as error:
            collect_error(error, members[done:], self._errors)

    def _read_coded(self, coded: Sequence[int], voxels: NDArray[Any], report: Callable[[int], None]) -> None:
        """Decode frames by workers; the tiles of one mosaic are decoded together."""
        from viewer3d.dicom.pixels.distribute import distribute_work, workers_for  # noqa: PLC0415 (most files need none)

        frames = self._frames
        check_each(frames, coded, check_decoder, self._errors)
        groups: dict[object, list[int]] = {}
        for k in coded:
            if k not in (self._errors or ()):
                groups.setdefault(id(frames[k].stored) if frames[k].tile else k, []).append(k)
        if not (jobs := list(groups.values())):
            return
        streams = Codestreams(frames[job[0]].stored for job in jobs)

        def work(worker: Worker, number: int) -> None:
            members = jobs[number]
            frame = frames[members[0]]
            # Pixels of the item size of the voxels are received directly into them.
            out = voxels[members[0]].view(np.uint16) if voxels.itemsize == 2 and frame.tile is None else None
            try:
                stream = streams.of(frame.stored, frame.index)
                image = decode_frame(frame.stored, frame.index, stream, worker, out)
            except BadFileError as error:
                collect_error(error, members, self._errors)
                return
            for k, stored in tiles(frames, members, image) if frame.tile else [(members[0], image)]:
                self._put_into(voxels, k, stored)

        first = frames[jobs[0][0]].stored
        seconds = len(jobs) * first.rows * first.columns * seconds_a_pixel(first)
        distribute_work(work, len(jobs), workers_for(seconds), lambda done, count: report(done * len(coded) // count))


def _put_int16(frame: Frame, stored: NDArray[Any], out: NDArray[np.int16], *, certain: bool) -> None:
    """Convert to whole values: modulo 2**16 sums and products are exact as long as the result fits."""
    if frame.table is not None:
        values = _through_table(frame, stored)
        if not certain and values.max(initial=0) > _INT16.max:
            raise _DoesNotFitError
        out[...] = values
        return
    if not certain:
        ends = [int(v) * int(frame.slope) + int(frame.intercept) for v in (stored.min(), stored.max())]
        if min(ends) < _INT16.min or max(ends) > _INT16.max:
            raise _DoesNotFitError
    modular = out.view(np.uint16)
    if not np.may_share_memory(stored, out):
        np.copyto(modular, stored, casting="unsafe")
    if frame.slope != 1:
        modular *= np.uint16(int(frame.slope) % (1 << 16))
    if frame.intercept != 0:
        modular += np.uint16(int(frame.intercept) % (1 << 16))


def _put_float32(frame: Frame, stored: NDArray[Any], out: NDArray[np.float32]) -> None:
    """Convert to any values: computed in float64, then rounded to float32."""
    if frame.table is not None:
        out[...] = _through_table(frame, stored)
        return
    try:
        with np.errstate(over="raise", invalid="raise"):
            values = np.multiply(stored, frame.slope, dtype=np.float64)
            values += frame.intercept
            out[...] = values
    except FloatingPointError:
        raise BadFileError(
            f"{frame.name}: slope {frame.slope:g} and intercept {frame.intercept:g} give values beyond float32; the "
            "header is damaged"
        ) from None


def _through_table(frame: Frame, stored: NDArray[Any]) -> NDArray[Any]:
    """Apply a Modality LUT (PS3.3 C.11.1.1.1); values beyond its ends map to its first or last entry."""
    table = frame.table
    assert table is not None
    entries: NDArray[Any] = table.entries[np.clip(stored.astype(np.int64) - table.first, 0, len(table.entries) - 1)]
    return entries
