"""Zip and tar as places where DICOM is: their members, read where they lie; nothing is unpacked to disk.

The directory of an archive is read once. A member is found by where it begins, so that none waits for another and
threads and processes share nothing. Of a compressed member a header takes the first kilobytes alone.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, Protocol

from viewer3d.errors import BadFileError, LimitError
from viewer3d.memory import SHARE, in_words, memory_left
from viewer3d.plain import plain

MAX_MEMBER: Final = 4 << 30
"""Bytes of a member, inflated: 4 GiB, as much as an element of DICOM can hold (PS3.5 7.1)."""

MAX_HEADER: Final = 64 << 20
"""Bytes of a member that are inflated to find its pixels: 64 MiB, some 10,000 functional groups."""

MAX_LZMA: Final = 64 << 20
"""Bytes of the dictionary that LZMA may ask for: that of its highest level."""

HEAD: Final = 264
"""Bytes at the beginning of a file that say which kind of archive it is, or that it is DICOM."""

REMEDY: Final = "; fetch the archive again, or go on without it by skip_bad=True (--skip-bad)"
"""How the errors of members end."""

UNPACK: Final = "unpack it with another program, and give the folder"

_STORED, _DEFLATED, _BZIP2, _LZMA = 0, 8, 12, 14
_METHODS: Final = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES encryption"}  # APPNOTE 4.4.5
_ENCRYPTED: Final = 1  # a bit of a member's flags (APPNOTE 4.4.4)
_LOCAL: Final = struct.Struct("<4s22x2H")  # signature, and the lengths of name and extra field (APPNOTE 4.3.7)
_ZIP_BEGINS: Final = (b"PK\3\4", b"PK\5\6")
_PACKED_TARS: Final = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
_TAR_WORD: Final = slice(257, 262)  # where a tar says what it is
_BLOCK: Final = 1 << 12
_BROKEN: Final = (OSError, EOFError, ValueError, ArithmeticError, struct.error, zlib.error, lzma.LZMAError)
"""What readers of archives raise at damaged bytes, besides their own."""


class Packed(NamedTuple):
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
    method: int = _STORED
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
    place : Packed
    number : int
        1; 2 of the second member of that name.
    content : bytes, optional
        The archive itself where it was compressed as a whole (tar.gz) and had to be inflated.
    """

    archive: str
    member: str
    place: Packed
    number: int = 1
    content: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """What messages call it."""
        again = "" if self.number == 1 else f" (number {self.number} of that name)"
        return plain(f"{self.archive}:{self.member}{again}")

    @property
    def size(self) -> int:
        """How many bytes it has, inflated."""
        return self.place.size

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
            if place.method == _STORED:
                data = packed
            else:
                decoder, begin = _decoder(place.method, packed)
                data = decoder.decompress(packed[begin:], place.size + 1)
        except _BROKEN as error:
            raise _bad(self, _reason(error)) from error
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
            raise _bad(source, _reason(error)) from error
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
        if end > MAX_HEADER:
            raise _bad(self._source, f"no pixels in its first {MAX_HEADER >> 20} MiB")
        try:
            while (wanted := end - len(self._data)) > 0:
                if not (more := self._more(wanted)):
                    raise EOFError("it ends too soon")
                self._data += more
            if end == self._source.size and not self._checked:
                self._checked = True
                self._check_whole()
        except _BROKEN as error:
            raise _bad(self._source, _reason(error)) from error

    def _check_whole(self) -> None:
        place = self._source.place
        if self._more(1):
            raise _bad(self._source, f"it holds more than the {place.size:,} bytes that the archive says")
        if place.crc is not None and zlib.crc32(self._data) != place.crc:
            raise _bad(self._source, "its bytes do not match their checksum")

    def _more(self, wanted: int) -> bytes:
        """Return the next bytes, at most as many as are wanted; none at the end."""
        if self._source.place.method == _STORED:
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


def archive_members(path: str) -> list[MemberSource] | None:
    """List the members of an archive.

    Returns
    -------
    list of MemberSource or None
        In the order that a folder of the same files would have; None when the file is no zip and no tar (which may be
        compressed by gzip, bzip2 or xz).

    Raises
    ------
    BadFileError
        When it is one, and broken.
    LimitError
        When a compressed tar is larger than what memory is left.
    """
    try:
        with Path(path).open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return None  # whoever opens it next says why not
    if head[128:132] == b"DICM":
        return None  # whatever else it is besides
    kind = archive_kind(head)
    if kind == "zip" or (not kind and zipfile.is_zipfile(path)):  # a zip may begin with a program that unpacks it
        return _zip_members(path)
    if kind == "tar":
        return _tar_members(path, None)
    opened = next((opened for begin, opened in _PACKED_TARS.items() if head.startswith(begin)), None)
    return None if opened is None else _tar_members(path, _inflated(path, opened))


def archive_kind(head: bytes) -> str:
    """Return whether a file is ``"zip"`` or ``"tar"`` by its first :data:`HEAD` bytes, or an empty text."""
    return "zip" if head.startswith(_ZIP_BEGINS) else "tar" if head[_TAR_WORD] == b"ustar" else ""


def _zip_members(path: str) -> list[MemberSource]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos, end = archive.infolist(), archive.start_dir
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, *_BROKEN) as error:
        raise BadFileError(
            f"{plain(path)}: a broken or truncated zip ({_reason(error)}); fetch it again, or {UNPACK}"
        ) from error
    begins = sorted(info.header_offset for info in infos)
    room = {begin: after - begin for begin, after in zip(begins, [*begins, end][1:], strict=True)}
    shared = Counter(begins)
    places = []
    for info in infos:
        if not info.is_dir():
            problem = _problem(info) or ("it shares its bytes with another" if shared[info.header_offset] > 1 else "")
            place = Packed(
                info.header_offset,
                info.compress_size,
                info.file_size,
                info.compress_type,
                info.CRC,
                room[info.header_offset],
                problem,
            )
            places.append((info.filename, place))
    return _named(path, places, None)


def _problem(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _ENCRYPTED:
        return f"encrypted; {UNPACK}"
    if info.compress_type not in (_STORED, _DEFLATED, _BZIP2, _LZMA):
        return f"packed by {_METHODS.get(info.compress_type, f'method {info.compress_type}')}; {UNPACK}"
    return _too_large(info.file_size)


def _too_large(size: int) -> str:
    return f"{size:,} bytes, more than the {MAX_MEMBER >> 30} GiB a member may have" if size > MAX_MEMBER else ""


def _tar_members(path: str, content: bytes | None) -> list[MemberSource]:
    try:
        with _tar_file(path, content) as file, tarfile.open(fileobj=file, mode="r:") as archive:
            places = [
                (info.name, Packed(info.offset_data, info.size, info.size, problem=_too_large(info.size)))
                for info in archive
                if info.isreg() and not info.issparse()
            ]
    except (tarfile.TarError, RecursionError, *_BROKEN) as error:
        raise BadFileError(
            f"{plain(path)}: a broken or truncated tar ({_reason(error)}); fetch it again, or {UNPACK}"
        ) from error
    return _named(path, places, content)


def _tar_file(path: str, content: bytes | None) -> BinaryIO:
    return Path(path).open("rb") if content is None else io.BytesIO(content)


def _inflated(path: str, opened: Any) -> bytes:
    """Inflate a compressed tar, which has no place where a member could be found alone, into memory."""
    most = int(SHARE * memory_left().bytes)
    data = io.BytesIO()
    try:
        with opened(path, "rb") as file:
            while piece := file.read(1 << 20):
                if data.write(piece) and data.tell() > most:
                    raise LimitError(
                        f"{plain(path)}: inflated it takes more than {in_words(most)}, {SHARE:.0%} of the memory "
                        f"that is left; {UNPACK}"
                    )
                if data.tell() <= len(piece) and archive_kind(piece[:HEAD]) != "tar":
                    raise BadFileError(f"{plain(path)}: compressed, and no tar; {UNPACK}")
    except _BROKEN as error:
        raise BadFileError(
            f"{plain(path)}: a broken or truncated tar ({_reason(error)}); fetch it again, or {UNPACK}"
        ) from error
    return data.getvalue()


def _named(path: str, places: list[tuple[str, Packed]], content: bytes | None) -> list[MemberSource]:
    seen: Counter[str] = Counter()
    members = []
    # A folder lists its entries by name, one level after the other.
    for name, place in sorted(places, key=lambda one: (one[0].split("/"), one[1].at)):
        seen[name] += 1
        if name.rpartition("/")[2].upper() != "DICOMDIR":
            members.append(MemberSource(path, name, place, seen[name], content))
    return members


def _opened(source: MemberSource) -> tuple[Any, bytes]:
    """Open an archive where the bytes of a member are; return it and those that were read with what is before them."""
    place = source.place
    if place.problem:
        raise BadFileError(f"{source.name}: {place.problem}")
    file: Any = io.FileIO(source.archive) if source.content is None else io.BytesIO(source.content)
    try:
        file.seek(place.at)
        if place.room is None:
            return file, b""
        ahead = file.read(_BLOCK)
        signature, name, extra = _LOCAL.unpack_from(ahead)
        begin = _LOCAL.size + name + extra
        if signature != _ZIP_BEGINS[0] or begin + place.packed > place.room:
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
    if method == _DEFLATED:
        return zlib.decompressobj(-zlib.MAX_WBITS), 0
    if method == _BZIP2:
        return bz2.BZ2Decompressor(), 0
    # Version, length of the properties, and the properties (APPNOTE 5.8.8).
    length, packing, dictionary = struct.unpack_from("<2xHBI", packed)
    if length != 5 or packing >= 9 * 5 * 5 or dictionary > MAX_LZMA:
        raise ValueError("properties of LZMA that nothing writes")
    settings = {"lc": packing % 9, "lp": packing // 9 % 5, "pb": packing // 45, "dict_size": dictionary}
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, **settings}]), 9


def _bad(source: MemberSource, reason: str) -> BadFileError:
    return BadFileError(f"{source.name}: {reason}{REMEDY}")


def _reason(error: BaseException) -> str:
    told = getattr(error, "strerror", None) or " ".join(str(error).split())
    return plain(told or type(error).__name__).rstrip(".")
