"""Checks before pixels are read: sizes, bits, lengths, and that files are unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

from viewer3d.dicom.files.sources import FILE_REMEDY, DatasetSource, FileSource, unreadable
from viewer3d.dicom.headers.frame import Frame, StoredPixels
from viewer3d.dicom.pixels.decode import check_length
from viewer3d.dicom.pixels.transfer_syntaxes import UP_TO_16_BITS
from viewer3d.errors import BadFileError, LimitError

MAX_BYTES: Final = 64 << 30
"""Most bytes of the voxels of a volume: 64 GiB, some 400 times a chest CT; headers that ask for more are damaged."""

MAX_PIXELS: Final = 1 << 26
"""Most pixels of a frame: 8192 x 8192, twice the sides of the largest detectors in use."""

FrameErrors = dict[int, BadFileError]
"""The errors of frames that cannot be read, by the numbers of the frames."""


def check_each(
    frames: Sequence[Frame], numbers: Iterable[int], check: Callable[[StoredPixels], None], errors: FrameErrors | None
) -> None:
    """Check each file of some frames, not each frame."""
    files: dict[object, list[int]] = {}
    for k in numbers:
        files.setdefault(frames[k].stored.source, []).append(k)
    for members in files.values():
        try:
            check(frames[members[-1]].stored)
        except BadFileError as error:
            collect_error(error, members, errors)


def collect_error(error: BadFileError, numbers: Iterable[int], errors: FrameErrors | None) -> None:
    """Put an error of some frames into ``errors``, or raise it when that is None."""
    if errors is None:
        raise error
    errors.update(dict.fromkeys(numbers, error))


def check_frame_sizes(frames: Sequence[Frame], itemsize: int) -> None:
    """Check that frames have no more pixels and bytes than are allowed.

    Raises
    ------
    LimitError
        When they have more.
    """
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


def check_stored(stored: StoredPixels) -> None:
    """Check that a file is unchanged, and that its header describes pixels that can be read.

    Raises
    ------
    BadFileError
        When it is not so.
    """
    name = stored.source.name
    _check_unchanged(stored)
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
        raise BadFileError(f"{name}: {stored.bits_allocated} bits allocated, but JPEG has at most 16; {FILE_REMEDY}")
    if stored.offset is None or stored.length is None:
        return
    held = stored.length
    if isinstance(stored.source, FileSource) and stored.stamp is not None:
        held = min(held, stored.stamp[1] - stored.offset)
    check_length(stored, held, partial(_tail, stored))


def _check_unchanged(stored: StoredPixels) -> None:
    """Refuse a file that was changed since its header was read."""
    if stored.stamp is None or isinstance(stored.source, DatasetSource):
        return
    try:
        stamp = stored.source.stamp
    except OSError as error:
        raise unreadable(stored.source, error) from error
    if stamp != stored.stamp:
        raise BadFileError(f"{stored.source.name}: has changed since its header was read; scan its folder again")


def _tail(stored: StoredPixels, start: int) -> bytes:
    assert stored.offset is not None
    assert stored.length is not None
    assert not isinstance(stored.source, DatasetSource)  # only bytes have an offset
    try:
        with stored.source.open() as file:
            file.seek(stored.offset + start)
            return file.read(stored.length - start)
    except OSError as error:
        raise unreadable(stored.source, error) from error
