"""Read members of zip and tar archives: whole and checked, or only as far as their header needs."""

from __future__ import annotations

import bz2
import io
import lzma
import os
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, NamedTuple, Protocol

from viewer3d.core.files import open_file
from viewer3d.core.text import printable
from viewer3d.errors import BadFileError

MAX_HEADER_BYTES: Final = 64 << 20
"""Bytes of a member that are inflated at most to find its pixels: 64 MiB, some 10,000 functional groups."""

MAX_LZMA_DICTIONARY: Final = 64 << 20
"""Largest dictionary, in bytes, that LZMA may ask for: that of its highest level."""

MEMBER_REMEDY: Final = "; fetch the archive again, or go on without it by skip_bad=True (--skip-bad)"
"""The end of errors about members of archives: what the user can do."""

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
_LOCAL: Final = struct.Struct("<4s22x2H")  # signature, and the lengths of name and extra field (APPNOTE 4.3.7)
ZIP_SIGNATURES: Final = (b"PK\3\4", b"PK\5\6")
_BLOCK: Final = 1 << 12
DAMAGE_ERRORS: Final = (OSError, EOFError, ValueError, ArithmeticError, struct.error, zlib.error, lzma.LZMAError)
"""Errors that readers of archives raise at damaged bytes, besides their own."""


class ArchiveEntry(NamedTuple):
    """The location of a member in its archive, its size and its compression.

    Attributes
    ----------
    offset : int
        First byte of its local header (zip) or of its content (tar).
    compressed_size, size : int
        Bytes that it takes in the archive, and inflated.
    method : int
        Compression method (APPNOTE 4.4.5); 0 is none.
    crc : int or None
        CRC-32 of its content; None in a tar, which has no checksums.
    span : int or None
        Bytes from its local header to the next entry of the archive; None in a tar, whose members have no header.
    problem : str
        Why it cannot be read; empty when it can.
    """

    offset: int
    compressed_size: int
    size: int
    method: int = STORED
    crc: int | None = None
    span: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class MemberSource:
    """A member of a zip or tar archive.

    Attributes
    ----------
    archive, member : str
        Path of the archive, and name of the member in it.
    entry : ArchiveEntry
    number : int
        1; 2 for the second member of that name.
    content : bytes, optional
        The inflated archive, where it was compressed as a whole (tar.gz).
    """

    archive: str
    member: str
    entry: ArchiveEntry
    number: int = 1
    content: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Its name in messages."""
        again = "" if self.number == 1 else f" (number {self.number} of that name)"
        return printable(f"{self.archive}:{self.member}{again}")

    @property
    def size(self) -> int:
        """Its size in bytes, inflated."""
        return self.entry.size

    @property
    def stamp(self) -> tuple[int, int] | None:
        """Time of the last change (ns) and size (bytes) of a tar on disk; None for a zip.

        Members of a zip have a checksum.
        """
        if self.entry.crc is not None or self.content is not None:
            return None
        about = os.stat(self.archive)  # noqa: PTH116 (a str)
        return about.st_mtime_ns, about.st_size

    def open(self, *, buffering: int = -1) -> BinaryIO:  # noqa: ARG002 (memory needs no buffer)
        """Inflate the object into memory, check it against its size and checksum, and open it.

        Raises
        ------
        BadFileError
            When it is broken, encrypted, or not of the size and checksum that the archive states.
        """
        entry = self.entry
        try:
            file, packed = _open_at(self)
            with io.BufferedReader(file) as whole:  # a raw file gives 2 GiB at once at most
                packed += whole.read(entry.compressed_size - len(packed))
            if entry.method == STORED:
                data = packed
            else:
                decoder, begin = _decoder(entry.method, packed)
                data = decoder.decompress(packed[begin:], entry.size + 1)
        except DAMAGE_ERRORS as error:
            raise _error(self, reason_of(error)) from error
        if len(packed) < entry.compressed_size or len(data) != entry.size:
            raise _error(
                self, f"it holds {len(data):,} bytes{' or more' * (len(data) > entry.size)}, not {entry.size:,}"
            )
        if entry.crc is not None and zlib.crc32(data) != entry.crc:
            raise _error(self, "its bytes do not match their checksum")
        return io.BytesIO(data)

    def open_header(self) -> BinaryIO:
        """Open the object for reading its header; only what is read is inflated.

        Raises
        ------
        BadFileError
            When it cannot be read; some damage shows only later, while it is inflated.
        """
        return _MemberFile(self)  # type: ignore[return-value]  # it has all of BinaryIO that is used to read


class _Decoder(Protocol):
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _MemberFile(io.RawIOBase):
    """A member as a file that is inflated as it is read; the bytes so far are kept for seeking."""

    def __init__(self, source: MemberSource) -> None:
        super().__init__()
        self._source, self._position = source, 0
        self._data = bytearray()
        try:
            self._file, self._ahead = _open_at(source)
        except OSError as error:
            raise _error(source, reason_of(error)) from error
        self._left = source.entry.compressed_size
        self._decoder: Any = None
        self._checked = False
        self._fed = b""

    def read(self, size: int | None = -1) -> bytes:
        end = self._source.size if size is None or size < 0 else min(self._position + size, self._source.size)
        self._inflate_to(end)
        data = bytes(self._data[self._position : end])
        self._position = max(self._position, end)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._source.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        if not self.closed:
            getattr(self, "_file", io.BytesIO()).close()
        super().close()

    def _inflate_to(self, end: int) -> None:
        if end > MAX_HEADER_BYTES:
            raise _error(self._source, f"no pixels in its first {MAX_HEADER_BYTES >> 20} MiB")
        try:
            while (wanted := end - len(self._data)) > 0:
                if not (more := self._inflate_more(wanted)):
                    raise EOFError("it ends too soon")
                self._data += more
            if end == self._source.size and not self._checked:
                self._checked = True
                self._check_whole()
        except DAMAGE_ERRORS as error:
            raise _error(self._source, reason_of(error)) from error

    def _check_whole(self) -> None:
        entry = self._source.entry
        if self._inflate_more(1):
            raise _error(self._source, f"it holds more than the {entry.size:,} bytes that the archive says")
        if entry.crc is not None and zlib.crc32(self._data) != entry.crc:
            raise _error(self._source, "its bytes do not match their checksum")

    def _inflate_more(self, wanted: int) -> bytes:
        """Return the next bytes, at most as many as wanted; none at the end."""
        if self._source.entry.method == STORED:
            fed = self._fed or self._read_compressed(max(wanted, _BLOCK))
            self._fed = fed[wanted:]
            return fed[:wanted]
        if self._decoder is None:
            packed = self._read_compressed(_BLOCK)
            self._decoder, begin = _decoder(self._source.entry.method, packed)
            self._fed = packed[begin:]
        while not self._decoder.eof:
            data: bytes = self._decoder.decompress(self._fed, wanted)
            self._fed = getattr(self._decoder, "unconsumed_tail", b"")
            if data:
                return data
            if not self._fed and not (more := self._read_compressed(_BLOCK)):
                return b""
            self._fed = self._fed or more
        return b""

    def _read_compressed(self, size: int) -> bytes:
        data, self._ahead = self._ahead or self._file.read(min(size, self._left)), b""
        self._left -= len(data)
        return data


def _open_at(source: MemberSource) -> tuple[Any, bytes]:
    """Open an archive at the bytes of a member; return it and those bytes that were read already."""
    entry = source.entry
    if entry.problem:
        raise BadFileError(f"{source.name}: {entry.problem}")
    file: Any = io.FileIO(source.archive, opener=open_file) if source.content is None else io.BytesIO(source.content)
    try:
        file.seek(entry.offset)
        if entry.span is None:
            return file, b""
        ahead = file.read(_BLOCK)
        signature, name, extra = _LOCAL.unpack_from(ahead)
        begin = _LOCAL.size + name + extra
        if signature != ZIP_SIGNATURES[0] or begin + entry.compressed_size > entry.span:
            raise _error(source, "it is not where the archive says")
        if begin > len(ahead):
            file.seek(entry.offset + begin)
    except struct.error as error:
        file.close()
        raise _error(source, "it is not where the archive says") from error
    except BaseException:
        file.close()
        raise
    return file, ahead[begin : begin + entry.compressed_size]


def _decoder(method: int, packed: bytes) -> tuple[_Decoder, int]:
    """Return the decompressor of a member, and the offset in its bytes where its data begins."""
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


def _error(source: MemberSource, reason: str) -> BadFileError:
    return BadFileError(f"{source.name}: {reason}{MEMBER_REMEDY}")


def reason_of(error: BaseException) -> str:
    """Return the text of an error on one line."""
    text = getattr(error, "strerror", None) or " ".join(str(error).split())
    return printable(text or type(error).__name__).rstrip(".")
