"""Read the values of a grid from a file: raw, inflated or as text, never more than the header says."""

from __future__ import annotations

import bz2
import gzip
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Any, BinaryIO, Final, Literal, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.files import open_file
from viewer3d.errors import BadFileError, Viewer3DError

Encoding = Literal["raw", "gzip", "zlib", "bzip2", "text"]

Content = TypeVar("Content")

_PIECE: Final = 1 << 20
"""Bytes that are read or passed over at once."""

_MOST_DEFLATED: Final = 1032
"""Times that deflate makes data smaller at most (zlib, "Maximum Compression Factor"): a smaller file has less in it."""

_MOST_DIGITS: Final = 40
"""Letters of a number and the blanks around it, in a file of text."""


@dataclass(frozen=True)
class StoredValues:
    """Where the values of a grid lie in a file.

    Attributes
    ----------
    path : str
        Of the file with the values.
    dtype : dtype
        With its order of bytes.
    shape : tuple of int
        Columns, rows, slices and volumes.
    offset : int
        Bytes before them; -1 for those that end with the file.
    encoding : {"raw", "gzip", "zlib", "bzip2", "text"}
    listed : int
        How many of the axes of one volume vary faster than the number of the volume: 3 where one follows another.
    lines : int
        Lines before the values, after the offset.
    skip : int
        Bytes before them once they are inflated.
    """

    path: str
    dtype: np.dtype[Any]
    shape: tuple[int, int, int, int]
    offset: int = 0
    encoding: Encoding = "raw"
    listed: int = 3
    lines: int = 0
    skip: int = 0

    @property
    def nbytes(self) -> int:
        """Bytes of all values."""
        return int(np.prod(self.shape, dtype=object)) * self.dtype.itemsize

    def is_read_whole_for(self, count: int) -> bool:
        """Return whether all volumes are in memory at once where so many are wanted."""
        return count > 1 or self.listed != 3 or self.encoding == "text"

    def read(self, member: int | None = None) -> NDArray[Any]:
        """Read all volumes, or one.

        Parameters
        ----------
        member : int, optional
            Its number, from 0.

        Returns
        -------
        ndarray, shape (columns, rows, slices, volumes)
            In the order of bytes of this machine; of each volume in Fortran order, where they follow one another.

        Raises
        ------
        BadFileError
            When the file cannot be read, is damaged or ends within the values.
        """
        if member is not None and self.is_read_whole_for(1):
            return self.read()[..., member : member + 1]
        count = 1 if member is not None else self.shape[3]
        wanted = self.nbytes // self.shape[3] * count
        first = 0 if member is None else wanted * member
        data = read_checked(self.path, "a grid of values", lambda: self._bytes(first, wanted))
        *axes, _ = self.shape
        stored = [*axes[: self.listed], count, *axes[self.listed :]]
        values = data.view(self.dtype).reshape(stored, order="F")
        values = np.moveaxis(values, self.listed, 3)
        native = self.dtype.newbyteorder("=")
        return values if values.dtype == native else values.astype(native)

    def read_slice(self, k: int, member: int = 0) -> NDArray[Any]:
        """Read one slice: of what is not compressed no more than that, else what lies before it too.

        Parameters
        ----------
        k, member : int
            Its number, and that of the volume, from 0.

        Returns
        -------
        ndarray, shape (columns, rows)
            In the order of bytes of this machine.

        Raises
        ------
        BadFileError
            As :meth:`read` does.
        """
        first, wanted = self._slice_range(k, member)
        if wanted == self.nbytes:
            return np.asarray(self.read(member)[:, :, k, 0])
        data = read_checked(self.path, "a grid of values", lambda: self._bytes(first, wanted))
        columns, rows, _, volumes = self.shape
        stored = [columns, rows]
        if self.listed < 3:
            stored.insert(self.listed, volumes)
        values = data.view(self.dtype).reshape(stored, order="F")
        if self.listed < 3:
            values = np.moveaxis(values, self.listed, 0)[member]
        return values.astype(self.dtype.newbyteorder("="), copy=False)

    def bytes_for_slice(self, k: int, member: int = 0) -> int:
        """Return how many bytes are read or inflated for one slice, see :meth:`read_slice`."""
        first, wanted = self._slice_range(k, member)
        return wanted if self.encoding == "raw" else first + wanted

    def _slice_range(self, k: int, member: int) -> tuple[int, int]:
        """Return the first byte of the values in which a slice is, and how many there are: all, if need be."""
        if self.is_read_whole_for(1) and (self.listed == 3 or self.encoding == "text"):
            return 0, self.nbytes
        together = self.nbytes // self.shape[2] // (self.shape[3] if self.listed == 3 else 1)
        return (self.shape[2] * member * (self.listed == 3) + k) * together, together

    def _bytes(self, first: int, wanted: int) -> NDArray[np.uint8]:
        with open(self.path, "rb", opener=open_file) as file:
            size = os.fstat(file.fileno()).st_size
            offset = size - self.nbytes if self.offset < 0 else self.offset
            self._check_size(size - offset)
            file.seek(max(0, offset))
            for _ in range(self.lines):
                file.readline(_PIECE)
            if self.encoding == "text":
                return self._from_text(file)
            source = _opened(file, self.encoding)
            left = first + self.skip
            if self.encoding == "raw":
                file.seek(left, os.SEEK_CUR)
                left = 0
            while left:
                passed = len(source.read(min(left, _PIECE)))
                if not passed:
                    raise BadFileError(self._short())
                left -= passed
            data = np.empty(wanted, np.uint8)
            done, into = 0, data.data
            while done < wanted:
                got = source.readinto(into[done : done + _PIECE])
                if not got:
                    raise BadFileError(self._short())
                done += got
            if first + wanted == self.nbytes:
                source.read(1)  # at the end of what is inflated its checksum is compared
            return data

    def _check_size(self, there: int) -> None:
        """Refuse a file that is too small for its values before anything is allocated."""
        most = there if self.encoding == "raw" else there * _MOST_DEFLATED
        enough = there > 0 and (self.nbytes <= most or self.encoding in ("text", "bzip2"))
        if not enough or (self.encoding == "text" and there < 2 * int(np.prod(self.shape, dtype=object)) - 1):
            raise BadFileError(self._short())

    def _from_text(self, file: BinaryIO) -> NDArray[np.uint8]:
        count = int(np.prod(self.shape, dtype=object))
        words = file.read(count * _MOST_DIGITS).split()
        if len(words) < count:
            raise BadFileError(self._short())
        values = np.array(words[:count]).astype(np.float64 if self.dtype.kind == "f" else np.int64)
        return values.astype(self.dtype).view(np.uint8)

    def _short(self) -> str:
        shape = " x ".join(str(n) for n in self.shape[: 3 + (self.shape[3] > 1)])
        return f"{self.path}: ends within its values of {shape}: it is truncated, or its header lies; fetch it again"


class _Inflated:
    """A stream of zlib, read piece by piece."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._inflate, self._rest = file, zlib.decompressobj(), b""

    def read(self, count: int) -> bytes:
        """Return at most so many bytes; none at the end."""
        while not self._inflate.eof:
            self._rest = self._inflate.unconsumed_tail or self._file.read(_PIECE)
            found = self._inflate.decompress(self._rest, count)
            if found or not self._rest:
                return found
        return b""

    def readinto(self, into: memoryview) -> int:
        """Fill a buffer as far as there is anything; return how many bytes."""
        found = self.read(len(into))
        into[: len(found)] = found
        return len(found)


def _opened(file: BinaryIO, encoding: Encoding) -> BufferedIOBase:
    if encoding == "gzip":
        return cast("BufferedIOBase", gzip.GzipFile(fileobj=file))
    if encoding == "bzip2":
        return cast("BufferedIOBase", bz2.BZ2File(file))
    return cast("BufferedIOBase", _Inflated(file) if encoding == "zlib" else file)


def read_checked(path: object, what: str, read: Callable[[], Content]) -> Content:
    """Return what a function reads of a file; its errors name the file.

    Raises
    ------
    BadFileError
        When it raises anything that is no error of this package.
    """
    try:
        return read()
    except (Viewer3DError, MemoryError):
        raise
    except Exception as error:  # libraries raise errors of any kind at damaged files
        why = " ".join(str(getattr(error, "strerror", None) or error).split()) or type(error).__name__
        raise BadFileError(f"{path}: cannot be read as {what} ({why:.200}); fetch it again") from error


def read_start(path: str | os.PathLike[str], most: int) -> bytes:
    """Return the first bytes of a file, at most so many.

    Raises
    ------
    OSError
        When it cannot be read, or is no file.
    """
    with open(path, "rb", opener=open_file) as file:
        return file.read(most)
