"""Decode pixel data to stored values: compressed frames by workers, all others by pydicom."""

from __future__ import annotations

import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.dicom.files.sources import FILE_REMEDY, DatasetSource, unreadable
from viewer3d.dicom.headers.frame import StoredPixels
from viewer3d.dicom.pixels.codestreams import (
    BrokenError,
    breaks_off,
    codestream_flaw,
    split_codestreams,
    without_padding_byte,
)
from viewer3d.dicom.pixels.decode_worker import FrameError
from viewer3d.dicom.pixels.transfer_syntaxes import FAMILY_OF, PACKAGE
from viewer3d.errors import BadFileError, DecoderError

if TYPE_CHECKING:
    from pydicom import Dataset

    from viewer3d.dicom.pixels.workers import Worker

MOST_PADDING: Final = 512
"""Most zero bytes behind native pixels that are padding to a block of a disk; more may be rows."""


def seconds_a_pixel(stored: StoredPixels) -> float:
    """Return the approximate time to decode a pixel, in seconds; 0 where it is not compressed."""
    family = FAMILY_OF.get(stored.transfer_syntax)
    return 0.0 if family is None else family.cost * 1e-9


def is_encapsulated(stored: StoredPixels) -> bool:
    """Return whether the frames of a file are in fragments, which :class:`Codestreams` reads."""
    return stored.transfer_syntax in FAMILY_OF


def check_decoder(stored: StoredPixels) -> None:
    """Check that the decoder of a transfer syntax is installed.

    Raises
    ------
    DecoderError
        When it is not; has the install command.
    """
    family = FAMILY_OF[stored.transfer_syntax]
    if family.decoders and find_spec(PACKAGE) is None:
        raise DecoderError(f"{stored.source.name}: {family.name} needs a decoder: pip install {PACKAGE}")


class Codestreams:
    """Reader of the codestreams of frames; reads each file only at its first frame.

    The bytes of a file are kept until its last frame was asked for.

    Parameters
    ----------
    frames : iterable of StoredPixels
        The stored pixels of each frame that will be asked for: those of a file as often as it has such frames.
    """

    def __init__(self, frames: Iterable[StoredPixels]) -> None:
        self._left = Counter(id(stored) for stored in frames)
        self._read: dict[int, tuple[bytes, list[tuple[slice, ...]]] | BadFileError] = {}
        self._lock = threading.Lock()

    def of(self, stored: StoredPixels, index: int) -> bytes:
        """Return the codestream of a frame; safe to call from several threads.

        Raises
        ------
        BadFileError
            When it cannot be read, or nothing assigns the fragments to frames.
        """
        if stored.frames == 1 and not isinstance(stored.source, DatasetSource):
            data, fragments = _read(stored)
        else:
            with self._lock:  # a deferred dataset of pydicom may read from one open file
                if id(stored) not in self._read:
                    self._read[id(stored)] = _read_or_why_not(stored)
                found = self._read[id(stored)]
                self._left[id(stored)] -= 1
                if self._left[id(stored)] <= 0:
                    del self._read[id(stored)]
            if isinstance(found, BadFileError):
                raise found
            data, fragments = found
        return b"".join(data[one] for one in fragments[index])


def _read(stored: StoredPixels) -> tuple[bytes, list[tuple[slice, ...]]]:
    try:
        data = _pixel_items(stored)
        return data, split_codestreams(data, stored)
    except BrokenError as error:
        raise BadFileError(f"{stored.source.name}: truncated or damaged: {error}; {FILE_REMEDY}") from error


def _read_or_why_not(stored: StoredPixels) -> tuple[bytes, list[tuple[slice, ...]]] | BadFileError:
    try:
        return _read(stored)
    except BadFileError as error:
        return error


def _pixel_items(stored: StoredPixels) -> bytes:
    """Read the value of encapsulated pixel data; of a file also the bytes behind it."""
    if stored.offset is None or isinstance(stored.source, DatasetSource):
        value = read_dataset(stored)[stored.keyword].value
        return bytes(value if isinstance(value, bytes) else value.read())
    try:
        with stored.source.open(buffering=0) as file:
            file.seek(stored.offset)
            return file.read()
    except OSError as error:
        raise unreadable(stored.source, error) from error


def decode_frame(
    stored: StoredPixels, index: int, codestream: bytes, worker: Worker, out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Decode one frame by a worker.

    Parameters
    ----------
    stored : StoredPixels
        How its pixels are stored in the file.
    index : int
        Its number in the file, from 0.
    codestream : bytes
        From :class:`Codestreams`.
    worker : Worker
    out : ndarray, shape (rows, columns), optional
        Array for the result; it is used where the decoded pixels are of its item size.

    Returns
    -------
    ndarray, shape (rows, columns)
        Stored values in an integer type of the file's own sign.

    Raises
    ------
    BadFileError
        When the codestream is truncated, of another frame, or cannot be decoded; names file and frame.
    """
    name = stored.name_of(index)
    if flaw := codestream_flaw(codestream, stored):
        raise BadFileError(f"{name}: truncated or damaged: {flaw}; {FILE_REMEDY}")
    family = FAMILY_OF[stored.transfer_syntax]
    if not family.decoders:
        return clear_unused_bits(uncompressed_values(stored, name, codestream), stored)

    doubted = False

    def decoded(data: bytes, target: NDArray[Any] | None = None) -> NDArray[Any]:
        nonlocal doubted
        first, *others = family.decoders
        try:
            return worker.decode(stored, first, data, target)
        except FrameError:
            if not worker.alive or not others:
                raise
            doubted = True
            return worker.decode(stored, others[0], data, target)

    try:
        try:
            array = decoded(codestream, out)
        except FrameError:
            if (shorter := without_padding_byte(codestream, stored)) is None or not worker.alive:
                raise
            array = decoded(shorter, out)
        broken = breaks_off(codestream, array, stored, decoded, doubted=doubted)
    except FrameError as error:
        raise BadFileError(f"{name}: its pixel data cannot be decoded ({error}); {FILE_REMEDY}") from error
    if broken:
        raise BadFileError(
            f"{name}: truncated or damaged: its compressed data breaks off before the last pixels; {FILE_REMEDY}"
        )
    return clear_unused_bits(array, stored)


def uncompressed_values(stored: StoredPixels, name: str, data: bytes) -> NDArray[Any]:
    """Return the pixels of a frame that is uncompressed in its fragments (PS3.5 A.4.11)."""
    dtype, count = np.dtype(f"<u{stored.bits_allocated // 8}"), stored.rows * stored.columns
    if len(data) not in (count * dtype.itemsize, count * dtype.itemsize + count * dtype.itemsize % 2):
        raise BadFileError(
            f"{name}: truncated or damaged: its frame needs {count * dtype.itemsize:,} bytes and has {len(data):,}; "
            f"{FILE_REMEDY}"
        )
    return np.frombuffer(bytearray(data), dtype, count).reshape(stored.rows, stored.columns)


def clear_unused_bits(values: NDArray[Any], stored: StoredPixels) -> NDArray[Any]:
    """Clear the bits above Bits Stored, or extend the sign into them, and set the type's sign.

    These bits may hold an overlay (PS3.5 8.1.1).

    Parameters
    ----------
    values : ndarray of an integer type, any shape
        As decoded: their type need not have the sign that the header says. Changed in place where possible.
    stored : StoredPixels

    Returns
    -------
    ndarray, same shape
        Stored values in an integer type with the sign of the header.
    """
    if stored.keyword != "PixelData" or values.dtype.kind not in "ui":
        return values
    if not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    unused = values.dtype.itemsize * 8 - stored.bits_stored
    if stored.signed and unused < 0:
        return values.astype(np.int32)  # a codestream of fewer bits than the header says has no sign of its own
    signed: NDArray[Any] = values.view(f"{'i' if stored.signed else 'u'}{values.dtype.itemsize}")
    if unused <= 0:
        return signed
    if not signed.flags.writeable:
        signed = signed.copy()
    if stored.signed:
        np.left_shift(signed, unused, out=signed)
        np.right_shift(signed, unused, out=signed)
    else:
        np.bitwise_and(signed, signed.dtype.type((1 << stored.bits_stored) - 1), out=signed)
    return signed


def native_values(stored: StoredPixels, indices: Iterable[int]) -> Iterator[NDArray[Any]]:
    """Read frames of one file whose pixels are not compressed, by pydicom.

    Parameters
    ----------
    stored : StoredPixels
        How their pixels are stored in the file.
    indices : iterable of int
        Numbers of the frames, from 0; at least one. Taken one by one, each after the frame before was yielded.

    Yields
    ------
    ndarray, shape (rows, columns)
        Stored values in the file's own integer or float type.

    Raises
    ------
    DecoderError
        When the transfer syntax is not supported.
    BadFileError
        When the pixel data cannot be read.
    """
    from pydicom.pixels.utils import iter_pixels  # noqa: PLC0415 (0.3 s, and few files need it)

    _check_native(stored)
    with warnings.catch_warnings():
        # pydicom warns of padding and of lengths that it tolerates, and raises at others.
        warnings.simplefilter("ignore")
        try:
            dataset = read_dataset(stored)
            value: bytes = dataset[stored.keyword].value
            check_length(stored, len(value), lambda start: value[start:])
            for array in iter_pixels(dataset, indices=indices, raw=True, correct_unused_bits=True):
                yield clear_unused_bits(array, stored)
        except (MemoryError, BadFileError):
            raise
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise BadFileError(
                f"{stored.source.name}: its pixel data cannot be read ({reason}); {FILE_REMEDY}"
            ) from error


def _check_native(stored: StoredPixels) -> None:
    """Refuse a transfer syntax that is not supported, by its name."""
    from pydicom.uid import UID  # noqa: PLC0415 (see native_values)

    uid = UID(stored.transfer_syntax)
    if not uid.is_transfer_syntax or uid.is_encapsulated:
        called = f"{uid.name} ({uid})" if uid else "none"
        raise DecoderError(
            f"{stored.source.name}: transfer syntax {called} has no decoder here; convert the files to an "
            "uncompressed one"
        )


def check_length(stored: StoredPixels, held: int, tail: Callable[[int], bytes]) -> None:
    """Refuse native pixel data of another length than the header says, but for a little padding.

    Parameters
    ----------
    stored : StoredPixels
    held : int
        Length of the pixel data in bytes.
    tail : callable
        Returns the bytes of the pixel data from an offset to its end.

    Raises
    ------
    BadFileError
        Names the file and both lengths: with rows of another length the image would be sheared.
    """
    size = f"{stored.frames} x {stored.columns} x {stored.rows} pixels"
    needed = -(-stored.rows * stored.columns * stored.frames * stored.bits_allocated // 8)
    if held < needed:
        raise BadFileError(
            f"{stored.source.name}: truncated: {size} need {needed:,} bytes, the file holds {max(0, held):,}; "
            f"{FILE_REMEDY}"
        )
    even = needed + needed % 2
    if held > even and (held > needed + MOST_PADDING or any(tail(even))):
        raise BadFileError(
            f"{stored.source.name}: Rows, Columns and Number of Frames do not fit its pixel data: {size} need "
            f"{needed:,} bytes, the file holds {held:,}; {FILE_REMEDY}"
        )


def read_dataset(stored: StoredPixels) -> Dataset:
    """Read a whole file by pydicom, with the transfer syntax of its header.

    Raises
    ------
    BadFileError
        When it cannot be read, or has no pixel data.
    """
    from pydicom import dcmread  # noqa: PLC0415 (see native_values)
    from pydicom.dataset import FileMetaDataset  # noqa: PLC0415
    from pydicom.uid import UID  # noqa: PLC0415

    if isinstance(stored.source, DatasetSource):
        dataset = _shallow(stored.source.dataset)
    else:
        with stored.source.open() as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                dataset = dcmread(file, force=True)
            except Exception as error:
                raise BadFileError(f"{stored.source.name}: cannot be read ({error}); {FILE_REMEDY}") from error
    try:
        empty = stored.keyword not in dataset or not dataset[stored.keyword].value
    except Exception as error:
        raise BadFileError(f"{stored.source.name}: cannot be read ({error}); {FILE_REMEDY}") from error
    if empty:
        raise BadFileError(f"{stored.source.name}: its pixel data is empty; {FILE_REMEDY}")
    if not getattr(dataset, "file_meta", None) or not dataset.file_meta.get("TransferSyntaxUID"):
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = UID(stored.transfer_syntax)
    return dataset


def _shallow(own: Dataset) -> Dataset:
    """Return a shallow copy of a dataset of the user, so that theirs is not changed."""
    from pydicom import Dataset  # noqa: PLC0415 (see native_values)

    dataset = Dataset(own)
    # Values deferred by dcmread(..., defer_size=...) are read from the file when they are accessed.
    for name in ("filename", "fileobj_type", "timestamp", "buffer"):
        if hasattr(own, name):
            setattr(dataset, name, getattr(own, name))
    return dataset
