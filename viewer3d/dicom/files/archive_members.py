"""Members of archives, read where they lie: whole and checked, or inflated as far as they are read."""

from __future__ import annotations

import bz2
import io
import lzma
import os
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, NamedTuple, Protocol

from viewer3d.core.opening import open_file
from viewer3d.core.text import printable
from viewer3d.errors import BadFileError

MAX_HEADER_BYTES: Final = 64 << 20
"""Bytes of a member that are inflated to find its pixels: 64 MiB, some 10,000 functional groups."""

MAX_LZMA_DICTIONARY: Final = 64 << 20
"""Bytes of the dictionary that LZMA may ask for: that of its highest level."""

MEMBER_REMEDY: Final = "; fetch the archive again, or go on without it by skip_bad=True (--skip-bad)"
"""How the errors of members end."""

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
_LOCAL: Final = struct.Struct("<4s22x2H")  # signature, and the lengths of name and extra field (APPNOTE 4.3.7)
ZIP_SIGNATURES: Final = (b"PK\3\4", b"PK\5\6")
_BLOCK: Final = 1 << 12
DAMAGE_ERRORS: Final = (OSError, EOFError, ValueError, ArithmeticError, struct.error, zlib.error, lzma.LZMAError)
"""What readers of archives raise at damaged bytes, besides their own."""


class ArchiveEntry(NamedTuple):
    """Where a member lies in its archive, and how.

    Attributes
    ----------
    at : int
        Where its local header (zip) or its bytes (tar) begin.
    packed, size : int
        Bytes that it takes in the archive, and inflated.
    method : int
        How it is compressed (APPNOTE 4.4.5); 0 is not at all.
    crc : int or None
        CRC-32 of what is in it; None of a tar, which has none.
    room : int or None
        Bytes from its local header to what comes next in the archive; None of a tar, whose members have no header.
    problem : str
        Why it cannot be read at all.
    """

    at: int
    packed: int
    size: int
    method: int = STORED
    crc: int | None = None
    room: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class MemberSource:
    """A member of a zip or tar archive.

    Attributes
    ----------
    archive, member : str
        The archive's path, and what the member is called in it.
    place : ArchiveEntry
    number : int
        1; 2 of the second member of that name.
    content : bytes, optional
        The archive itself where it was compressed as a whole (tar.gz) and had to be inflated.
    """

    archive: str
    member: str
    place: ArchiveEntry
    number: int = 1
    content: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """What messages call it."""
        again = "" if self.number == 1 else f" (number {self.number} of that name)"
        return printable(f"{self.archive}:{self.member}{again}")

    @property
    def size(self) -> int:
        """How many bytes it has, inflated."""
        return self.place.size

    @property
    def stamp(self) -> tuple[int, int] | None:
        """When a tar on disk was last changed (ns) and its size in bytes; None of a zip, whose members are checked."""
        if self.place.crc is not None or self.content is not None:
            return None
        about = os.stat(self.archive)  # noqa: PTH116 (a str)
        return about.st_mtime_ns, about.st_size

    def open(self, *, buffering: int = -1) -> BinaryIO:  # noqa: ARG002 (memory needs no buffer)
        """Open the object for reading: it is inflated into memory, and must be what the archive says it is.

        Raises
        ------
        BadFileError
            When it is broken, encrypted or not what the archive says.
        """
        place = self.place
        try:
            file, packed = _opened(self)
            with io.BufferedReader(file) as whole:  # a raw file gives 2 GiB at once at most
                packed += whole.read(place.packed - len(packed))
            if place.method == STORED:
                data = packed
            else:
                decoder, begin = _decoder(place.method, packed)
                data = decoder.decompress(packed[begin:], place.size + 1)
        except DAMAGE_ERRORS as error:
            raise _bad(self, reason_of(error)) from error
        if len(packed) < place.packed or len(data) != place.size:
            raise _bad(self, f"it holds {len(data):,} bytes{' or more' * (len(data) > place.size)}, not {place.size:,}")
        if place.crc is not None and zlib.crc32(data) != place.crc:
            raise _bad(self, "its bytes do not match their checksum")
        return io.BytesIO(data)

    def open_header(self) -> BinaryIO:
        """Open the object for reading its header: no more of it is inflated than is read.

        Raises
        ------
        BadFileError
            When it cannot be read; when that shows only while it is inflated, then.
        """
        return _Beginning(self)  # type: ignore[return-value]  # it has all of BinaryIO that is used to read


class _Decoder(Protocol):
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _Beginning(io.RawIOBase):
    """A member as a file that is inflated as far as it is read; what was, is kept, so that one can go back."""

    def __init__(self, source: MemberSource) -> None:
        super().__init__()
        self._source, self._at = source, 0
        self._data = bytearray()
        try:
            self._file, self._ahead = _opened(source)
        except OSError as error:
            raise _bad(source, reason_of(error)) from error
        self._left = source.place.packed
        self._decoder: Any = None
        self._checked = False
        self._fed = b""

    def read(self, size: int | None = -1) -> bytes:
        end = self._source.size if size is None or size < 0 else min(self._at + size, self._source.size)
        self._grow(end)
        data = bytes(self._data[self._at : end])
        self._at = max(self._at, end)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._source.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        if not self.closed:
            getattr(self, "_file", io.BytesIO()).close()
        super().close()

    def _grow(self, end: int) -> None:
        if end > MAX_HEADER_BYTES:
            raise _bad(self._source, f"no pixels in its first {MAX_HEADER_BYTES >> 20} MiB")
        try:
            while (wanted := end - len(self._data)) > 0:
                if not (more := self._more(wanted)):
                    raise EOFError("it ends too soon")
                self._data += more
            if end == self._source.size and not self._checked:
                self._checked = True
                self._check_whole()
        except DAMAGE_ERRORS as error:
            raise _bad(self._source, reason_of(error)) from error

    def _check_whole(self) -> None:
        place = self._source.place
        if self._more(1):
            raise _bad(self._source, f"it holds more than the {place.size:,} bytes that the archive says")
        if place.crc is not None and zlib.crc32(self._data) != place.crc:
            raise _bad(self._source, "its bytes do not match their checksum")

    def _more(self, wanted: int) -> bytes:
        """Return the next bytes, at most as many as are wanted; none at the end."""
        if self._source.place.method == STORED:
            fed = self._fed or self._packed(max(wanted, _BLOCK))
            self._fed = fed[wanted:]
            return fed[:wanted]
        if self._decoder is None:
            packed = self._packed(_BLOCK)
            self._decoder, begin = _decoder(self._source.place.method, packed)
            self._fed = packed[begin:]
        while not self._decoder.eof:
            data: bytes = self._decoder.decompress(self._fed, wanted)
            self._fed = getattr(self._decoder, "unconsumed_tail", b"")
            if data:
                return data
            if not self._fed and not (more := self._packed(_BLOCK)):
                return b""
            self._fed = self._fed or more
        return b""

    def _packed(self, size: int) -> bytes:
        data, self._ahead = self._ahead or self._file.read(min(size, self._left)), b""
        self._left -= len(data)
        return data


def _opened(source: MemberSource) -> tuple[Any, bytes]:
    """Open an archive where the bytes of a member are; return it and those that were read with what is before them."""
    place = source.place
    if place.problem:
        raise BadFileError(f"{source.name}: {place.problem}")
    file: Any = io.FileIO(source.archive, opener=open_file) if source.content is None else io.BytesIO(source.content)
    try:
        file.seek(place.at)
        if place.room is None:
            return file, b""
        ahead = file.read(_BLOCK)
        signature, name, extra = _LOCAL.unpack_from(ahead)
        begin = _LOCAL.size + name + extra
        if signature != ZIP_SIGNATURES[0] or begin + place.packed > place.room:
            raise _bad(source, "it is not where the archive says")
        if begin > len(ahead):
            file.seek(place.at + begin)
    except struct.error as error:
        file.close()
        raise _bad(source, "it is not where the archive says") from error
    except BaseException:
        file.close()
        raise
    return file, ahead[begin : begin + place.packed]


def _decoder(method: int, packed: bytes) -> tuple[_Decoder, int]:
    """Return what inflates a member, and where in its bytes that begins."""
    if method == DEFLATED:
        return zlib.decompressobj(-zlib.MAX_WBITS), 0
    if method == BZIP2:
        return bz2.BZ2Decompressor(), 0
    # Version, length of the properties, and the properties (APPNOTE 5.8.8).
    length, packing, dictionary = struct.unpack_from("<2xHBI", packed)
    if length != 5 or packing >= 9 * 5 * 5 or dictionary > MAX_LZMA_DICTIONARY:
        raise ValueError("properties of LZMA that nothing writes")
    settings = {"lc": packing % 9, "lp": packing // 9 % 5, "pb": packing // 45, "dict_size": dictionary}
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, **settings}]), 9


def _bad(source: MemberSource, reason: str) -> BadFileError:
    return BadFileError(f"{source.name}: {reason}{MEMBER_REMEDY}")


def reason_of(error: BaseException) -> str:
    """Return what an error says, in plain words on one line."""
    told = getattr(error, "strerror", None) or " ".join(str(error).split())
    return printable(told or type(error).__name__).rstrip(".")
