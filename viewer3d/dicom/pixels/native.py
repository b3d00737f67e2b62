"""Read frames that are not compressed: those of 16 bits straight from their file, others by pydicom."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.dicom.files.sources import FILE_REMEDY, DatasetSource, FileSource, unreadable
from viewer3d.dicom.headers.frame import Frame, StoredPixels
from viewer3d.dicom.pixels.decode import native_values
from viewer3d.dicom.pixels.workers import cores
from viewer3d.errors import BadFileError

_READERS: Final = 2
"""Threads that read files: most of the time goes into the system's copy, which two share well and more do not."""

_WORTH_READERS: Final = 8 << 20
"""Bytes of voxels from which a second thread saves more than it costs to start."""


def readers_for(files: Sequence[StoredPixels], size: int) -> int:
    """Return how many threads to read files with.

    Parameters
    ----------
    files : sequence of StoredPixels
    size : int
        Bytes of the voxels.

    Returns
    -------
    int
        1 where there is little to read, or a file is not read straight: pydicom is for one thread.
    """
    straight = all(_is_straight(stored) and isinstance(stored.source, FileSource) for stored in files)
    return max(1, min(_READERS, cores(), len(files))) if straight and size >= _WORTH_READERS else 1


def read_in_order(read_file: Callable[[int, int], Iterator[None]], count: int, readers: int) -> Iterator[int]:
    """Read the files 0 to count - 1, each begun after those before it.

    Parameters
    ----------
    read_file : callable
        Given the number of a file and of the reader; yields after each frame.
    count : int
        Of files.
    readers : int
        This thread, and threads of their own.

    Yields
    ------
    int
        How many frames have been read, in this thread.

    Raises
    ------
    Exception
        The error of the file of the lowest number, as one thread alone would meet it.
    """
    numbers = iter(range(count))
    errors: dict[int, BaseException] = {}
    done = [0] * readers
    ended = threading.Event()

    def frames_of(reader: int) -> Iterator[None]:
        for number in numbers:
            try:
                for _ in read_file(number, reader):
                    done[reader] += 1
                    yield
            except Exception as error:
                errors[number] = error
            if errors or ended.is_set():
                return

    def run(reader: int) -> None:
        for _ in frames_of(reader):
            pass

    threads = [threading.Thread(target=run, args=(reader,), daemon=True) for reader in range(1, readers)]
    try:
        for thread in threads:
            thread.start()
        for _ in frames_of(0):
            yield sum(done)
    finally:
        ended.set()  # after an interrupt, or an error of the caller
        for thread in threads:
            if thread.ident is not None:
                thread.join()
    if errors:
        raise errors[min(errors)]
    if threads:
        yield sum(done)


def _is_straight(stored: StoredPixels) -> bool:
    return stored.offset is not None and stored.length is not None and stored.bits_allocated == 16


def file_values(
    frames: Sequence[Frame], members: Sequence[int], voxels: NDArray[Any], scratch: NDArray[np.uint16] | None
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield the numbers and stored values of frames of one file that is not compressed.

    Native values of 16 bits are read directly into the voxels and converted there, or into scratch memory where voxels
    are larger.
    """
    first = frames[members[0]]
    stored = first.stored
    if first.tile is not None:
        mosaic = np.empty((1, stored.rows, stored.columns), np.int16)
        ((_, whole),) = file_values([replace(first, tile=None)], [0], mosaic, None)
        yield from tiles(frames, members, whole)
    elif _is_straight(stored):
        assert not isinstance(stored.source, DatasetSource)  # only bytes have an offset
        with stored.source.open(buffering=0) as file:
            for k in members:
                yield k, _read_native(file, frames[k], voxels[k].view(np.uint16) if scratch is None else scratch)
    else:
        yield from zip(members, native_values(stored, (frames[k].index for k in members)), strict=True)


def tiles(frames: Sequence[Frame], members: Iterable[int], image: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield the numbers and stored values of frames that are tiles of one image."""
    for k in members:
        tile = frames[k].tile
        assert tile is not None
        yield k, image[tile.top : tile.top + tile.rows, tile.left : tile.left + tile.columns]


def _read_native(file: BinaryIO, frame: Frame, out: NDArray[np.uint16]) -> NDArray[Any]:
    """Read one native 16-bit frame into an array, with the bits above Bits Stored set as the sign asks."""
    stored = frame.stored
    assert stored.offset is not None
    assert not isinstance(stored.source, DatasetSource)
    try:
        file.seek(stored.offset + frame.index * out.nbytes)
        got = file.readinto(out.data.cast("B"))  # type: ignore[attr-defined]  # files and BytesIO have it
    except OSError as error:
        raise unreadable(stored.source, error) from error
    if got != out.nbytes:
        raise BadFileError(
            f"{frame.name}: truncated: {out.nbytes:,} bytes of pixels expected, {got:,} read; {FILE_REMEDY}"
        )
    unused = 16 - stored.bits_stored
    if stored.signed:
        signed = out.view(np.int16)
        if unused:
            np.left_shift(signed, unused, out=signed)
            np.right_shift(signed, unused, out=signed)
        return signed
    if unused:
        np.bitwise_and(out, np.uint16((1 << stored.bits_stored) - 1), out=out)
    return out
