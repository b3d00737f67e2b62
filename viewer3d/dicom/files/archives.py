"""List the members of zip and tar archives; nothing is unpacked to disk.

The directory of an archive is read only here. A member is found by its offset and opens the archive by itself, so that
threads and processes share nothing. To read a header, only the first kilobytes of a member are inflated.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections import Counter
from typing import Any, BinaryIO, Final

from viewer3d.core.files import open_file
from viewer3d.core.text import printable
from viewer3d.dicom.files.archive_members import (
    BZIP2,
    DAMAGE_ERRORS,
    DEFLATED,
    LZMA,
    STORED,
    ZIP_SIGNATURES,
    ArchiveEntry,
    MemberSource,
    reason_of,
)
from viewer3d.dicom.memory import MEMORY_SHARE, format_memory, memory_left
from viewer3d.errors import BadFileError, LimitError

MAX_MEMBER_BYTES: Final = 4 << 30
"""Most bytes of an inflated member: 4 GiB, as much as an element of DICOM can hold (PS3.5 7.1)."""

HEAD_BYTES: Final = 264
"""Bytes at the beginning of a file that show which kind of archive it is, or that it is DICOM."""

UNPACK_REMEDY: Final = "unpack it with another program, and give the folder"

_METHODS: Final = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES encryption"}  # APPNOTE 4.4.5
_ENCRYPTED: Final = 1  # a bit of a member's flags (APPNOTE 4.4.4)
_COMPRESSED_TARS: Final = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
_TAR_MAGIC: Final = slice(257, 262)  # where a tar has "ustar"


def archive_members(path: str) -> list[MemberSource] | None:
    """List the members of an archive.

    Returns
    -------
    list of MemberSource or None
        In the order that a folder of the same files would have; None when the file is neither a zip nor a tar (plain,
        or compressed by gzip, bzip2 or xz).

    Raises
    ------
    BadFileError
        When the archive is broken.
    LimitError
        When a compressed tar is larger than the memory that is left.
    """
    try:
        with _open(path) as file:
            head = file.read(HEAD_BYTES)
            is_zip = zipfile.is_zipfile(file)  # it may begin with a program that unpacks it
    except OSError:
        return None  # the next to open it reports why
    if head[128:132] == b"DICM":
        return None  # a DICOM file, even if it is an archive as well
    kind = archive_kind(head)
    if kind == "zip" or (not kind and is_zip):
        return _zip_members(path)
    if kind == "tar":
        return _tar_members(path, None)
    opener = next((opener for begin, opener in _COMPRESSED_TARS.items() if head.startswith(begin)), None)
    return None if opener is None else _tar_members(path, _inflate(path, opener))


def archive_kind(head: bytes) -> str:
    """Return ``"zip"``, ``"tar"`` or an empty text by the first :data:`HEAD_BYTES` bytes of a file."""
    return "zip" if head.startswith(ZIP_SIGNATURES) else "tar" if head[_TAR_MAGIC] == b"ustar" else ""


def _zip_members(path: str) -> list[MemberSource]:
    try:
        with _open(path) as file, zipfile.ZipFile(file) as archive:
            infos, end = archive.infolist(), archive.start_dir
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, *DAMAGE_ERRORS) as error:
        raise BadFileError(
            f"{printable(path)}: a broken or truncated zip ({reason_of(error)}); fetch it again, or {UNPACK_REMEDY}"
        ) from error
    begins = sorted(info.header_offset for info in infos)
    spans = {begin: after - begin for begin, after in zip(begins, [*begins, end][1:], strict=True)}
    shared = Counter(begins)
    entries = []
    for info in infos:
        if not info.filename.endswith("/"):  # is_dir() does not take a member without a name
            problem = _problem(info) or ("it shares its bytes with another" if shared[info.header_offset] > 1 else "")
            entry = ArchiveEntry(
                info.header_offset,
                info.compress_size,
                info.file_size,
                info.compress_type,
                info.CRC,
                spans[info.header_offset],
                problem,
            )
            entries.append((info.filename, entry))
    return _members(path, entries, None)


def _problem(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _ENCRYPTED:
        return f"encrypted; {UNPACK_REMEDY}"
    if info.compress_type not in (STORED, DEFLATED, BZIP2, LZMA):
        return f"packed by {_METHODS.get(info.compress_type, f'method {info.compress_type}')}; {UNPACK_REMEDY}"
    return _too_large(info.file_size)


def _too_large(size: int) -> str:
    return (
        f"{size:,} bytes, more than the {MAX_MEMBER_BYTES >> 30} GiB a member may have"
        if size > MAX_MEMBER_BYTES
        else ""
    )


def _tar_members(path: str, content: bytes | None) -> list[MemberSource]:
    try:
        with _tar_file(path, content) as file, tarfile.open(fileobj=file, mode="r:") as archive:
            entries = [
                (info.name, ArchiveEntry(info.offset_data, info.size, info.size, problem=_too_large(info.size)))
                for info in archive
                if info.isreg() and not info.issparse()
            ]
    except (tarfile.TarError, RecursionError, *DAMAGE_ERRORS) as error:
        raise BadFileError(
            f"{printable(path)}: a broken or truncated tar ({reason_of(error)}); fetch it again, or {UNPACK_REMEDY}"
        ) from error
    return _members(path, entries, content)


def _tar_file(path: str, content: bytes | None) -> BinaryIO:
    return _open(path) if content is None else io.BytesIO(content)


def _open(path: str) -> BinaryIO:
    return open(path, "rb", opener=open_file)


def _inflate(path: str, opener: Any) -> bytes:
    """Inflate a compressed tar into memory: its members cannot be found one by one."""
    most = int(MEMORY_SHARE * memory_left().bytes)
    data = io.BytesIO()
    try:
        with _open(path) as compressed, opener(compressed, "rb") as file:
            while chunk := file.read(1 << 20):
                if data.write(chunk) and data.tell() > most:
                    raise LimitError(
                        f"{printable(path)}: inflated it takes more than {format_memory(most)}, {MEMORY_SHARE:.0%} of "
                        f"the memory that is left; {UNPACK_REMEDY}"
                    )
                if data.tell() <= len(chunk) and archive_kind(chunk[:HEAD_BYTES]) != "tar":
                    raise BadFileError(f"{printable(path)}: compressed, and no tar; {UNPACK_REMEDY}")
    except DAMAGE_ERRORS as error:
        raise BadFileError(
            f"{printable(path)}: a broken or truncated tar ({reason_of(error)}); fetch it again, or {UNPACK_REMEDY}"
        ) from error
    return data.getvalue()


def _members(path: str, entries: list[tuple[str, ArchiveEntry]], content: bytes | None) -> list[MemberSource]:
    seen: Counter[str] = Counter()
    members = []
    # A folder lists its entries by name, one level after the other.
    for name, entry in sorted(entries, key=lambda one: (one[0].split("/"), one[1].offset)):
        seen[name] += 1
        if name.rpartition("/")[2].upper() != "DICOMDIR":
            members.append(MemberSource(path, name, entry, seen[name], content))
    return members
