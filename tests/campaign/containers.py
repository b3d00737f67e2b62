"""Containers: zip, tar, compressed tar and DICOMDIR of a series, damaged, lying, or made to do harm."""

from __future__ import annotations

import gzip
import io
import random
import struct
import subprocess
import sys
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.campaign.damage import damaged
from tests.campaign.headers import mutated
from tests.campaign.judging import compared
from tests.campaign.outcomes import Outcome
from tests.campaign.rooms import Room, replace_file
from tests.campaign.series import SERIES

ZIPS = {"zip, stored": 0, "zip, deflated": 8, "zip, bzip2": 12, "zip, LZMA": 14}
TARS = {"tar": "w", "tar.gz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}
SOURCES = (*ZIPS, *TARS, "DICOMDIR")
LARGE = 80 << 20
"""Bytes that a bomb inflates to: more than may be inflated to find the pixels of a member."""

LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
FIELDS = {
    LOCAL: ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)),
    CENTRAL: ((6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (34, 2), (42, 4)),
    END: ((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)),
}
"""Where the numbers of a record are, and how many bytes they have (APPNOTE 4.3)."""

NAMES = (
    "../../a.dcm",
    "/etc/passwd",
    "C:\\a.dcm",
    "",
    "a/" * 300,
    "\x1b[2J\n",
    "a\0b",
    "\udcff",
    "DICOMDIR",
    "CON",
    ".",
)


def case(room: Room) -> tuple[Outcome, str]:
    """Damage a container of a series, and load it."""
    chance = room.chance
    room.source = chance.choice(SOURCES)
    whole = room.series("CT", SERIES["CT"])
    if room.source == "DICOMDIR":
        where = _disc(room, whole)
    else:
        where = room.folder / ("series.zip" if room.source in ZIPS else "series.tar")
        write = _zip if room.source in ZIPS else _tar
        where.write_bytes(write(room, {path.name: path.read_bytes() for path in sorted(whole.iterdir())}))
        if chance.random() < 0.2:  # found in a folder, not asked for by name
            where = room.folder
    keywords = {"skip_bad": True} if chance.random() < 0.3 else {}
    return compared(where, whole, keywords)


# --- zip ----------------------------------------------------------------------------------------------------------


def _zip(room: Room, files: dict[str, bytes]) -> bytes:
    method, chance = ZIPS[room.source], room.chance
    way = chance.choice(("bytes", "bytes", "fields", "fields", "fields", "twice", "bomb", "names", "overlap", "nested"))
    room.how.append(way)
    members = list(files.items())
    if way == "twice":
        name, data = chance.choice(members)
        members.append((name, chance.choice((data, damaged(data, chance)[0]))))
    elif way == "bomb":
        members.insert(chance.randrange(len(members) + 1), ("bomb.dcm", _bomb(chance)))
        method = method or 8
    elif way == "names":
        members = [(chance.choice((name, *NAMES)), data) for name, data in members]
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w", method) as archive:
        warnings.simplefilter("ignore")
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name.encode(errors="replace").decode()), data, method)
        if way == "nested":
            archive.writestr("inner.zip", packed.getvalue())
            archive.writestr("inner.tar", bytes(512))
    whole = packed.getvalue()
    if way == "bytes":
        return damaged(whole, chance)[0] if chance.random() < 0.6 else _damaged_end(whole, chance)
    if way == "fields":
        for _ in range(chance.choice((1, 1, 2, 5))):
            whole = _other_field(whole, chance)
    return _overlapping(whole, chance) if way == "overlap" else whole


def _bomb(chance: random.Random) -> bytes:
    return chance.choice((b"", bytes(128) + b"DICM" + b"\2\0\0\0UL\4\0\xff\xff\xff\x7f")) + bytes(LARGE)


def _damaged_end(whole: bytes, chance: random.Random) -> bytes:
    """Damage the directory of a zip, which is at its end."""
    at = max(0, len(whole) - chance.choice((22, 60, 400)))
    return whole[:at] + damaged(whole[at:], chance)[0]


def _other_field(whole: bytes, chance: random.Random) -> bytes:
    signature = chance.choice(tuple(FIELDS))
    places = [n for n in range(len(whole) - 3) if whole[n : n + 4] == signature]
    if not places:
        return whole
    at = chance.choice(places)
    offset, size = chance.choice(FIELDS[signature])
    old = int.from_bytes(whole[at + offset : at + offset + size], "little")
    other = chance.choice((0, 1, old + 1, old - 1, 2 * old, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFE, chance.randrange(1 << 32)))
    return whole[: at + offset] + (other % (1 << 8 * size)).to_bytes(size, "little") + whole[at + offset + size :]


def _overlapping(whole: bytes, chance: random.Random) -> bytes:
    """Name the same members many times in the directory."""
    end = whole.rindex(END)
    start = whole.index(CENTRAL)
    times = chance.choice((2, 50))
    count = struct.unpack_from("<H", whole, end + 10)[0] * times
    directory = whole[start:end] * times
    return whole[:start] + directory + struct.pack("<4s4H2IH", END, 0, 0, count, count, len(directory), start, 0)


# --- tar ----------------------------------------------------------------------------------------------------------


def _tar(room: Room, files: dict[str, bytes]) -> bytes:
    chance = room.chance
    way = chance.choice(("bytes", "bytes", "inside", "fields", "fields", "kinds", "bomb", "twice", "pax"))
    room.how.append(way)
    plain = io.BytesIO()
    with tarfile.open(
        fileobj=plain, mode="w", format=tarfile.PAX_FORMAT if way == "pax" else tarfile.GNU_FORMAT
    ) as archive:
        for name, data in files.items():
            for _ in range(2 if way == "twice" and chance.random() < 0.5 else 1):
                archive.addfile(_member(name, len(data), way, chance), io.BytesIO(data))
        if way == "bomb":
            data = _bomb(chance)
            archive.addfile(_member("bomb.dcm", len(data), "", chance), io.BytesIO(data))
    whole = plain.getvalue()
    if way == "fields":
        whole = _other_header(whole, chance)
    if way == "inside" or (way == "bytes" and room.source == "tar"):
        whole = damaged(whole, chance)[0]
    whole = _PACK[room.source](whole)
    return damaged(whole, chance)[0] if way == "bytes" and room.source != "tar" else whole


def _member(name: str, size: int, way: str, chance: random.Random) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    if way == "kinds" and chance.random() < 0.5:
        kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE)
        info.type, info.linkname, info.size = chance.choice(kinds), chance.choice(("/etc/passwd", "..", name)), 0
    if way == "pax":
        key = chance.choice(
            ("size", "path", "GNU.sparse.map", "GNU.sparse.major", "GNU.sparse.size", "linkpath", "mtime")
        )
        info.pax_headers = {key: chance.choice(("-1", "1", "x", "9" * 30, "0,99999999999", "../..", "nan", ""))}
    return info


def _other_header(whole: bytes, chance: random.Random) -> bytes:
    """Change a field of a member's header, and its checksum with it."""
    places = [n for n in range(0, len(whole), 512) if whole[n + 257 : n + 262] == b"ustar"]
    at = chance.choice(places)
    header = bytearray(whole[at : at + 512])
    offset, size = chance.choice(((0, 100), (124, 12), (124, 12), (136, 12), (156, 1), (157, 100), (345, 155)))
    values = (
        b"",
        b"\xff" * size,
        b"7" * size,
        b"-1",
        b"\x80" + b"\0" * (size - 2) + b"\x7f",
        chance.randbytes(size),
        b"S",
        b"L",
        b"x",
    )
    header[offset : offset + size] = chance.choice(values)[:size].ljust(size, b"\0")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return whole[:at] + bytes(header) + whole[at + 512 :]


def _xz(data: bytes) -> bytes:
    import lzma

    return lzma.compress(data, preset=1)


def _bz2(data: bytes) -> bytes:
    import bz2

    return bz2.compress(data, 1)


_PACK: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": partial(gzip.compress, compresslevel=1, mtime=0),
    "tar.bz2": _bz2,
    "tar.xz": _xz,
}


# --- DICOMDIR -----------------------------------------------------------------------------------------------------

_MAKE = (
    "import sys; from pydicom.fileset import FileSet; m = FileSet(); [m.add(file) for file in sys.argv[2:]]; "
    "m.write(sys.argv[1])"
)
"""In a process of its own, because pydicom leaves a folder to the interpreter's end."""

REFERENCES = (
    "..",
    "../../..",
    "/etc/passwd",
    "IM0001",
    "im0001",
    "dev/null",
    "x" * 300,
    "\\\\",
    "",
    "PT000000\\..\\..",
)


def _make_disc(files: list[Path], place: Path) -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", _MAKE, place, *files], check=True)


def _disc(room: Room, whole: Path) -> Path:
    """Return a DICOMDIR that is damaged, or whose files are."""
    chance = room.chance
    disc = room.series("disc", partial(_make_disc, sorted(whole.iterdir())))
    place = room.folder / "disc"
    for path in sorted(disc.rglob("*")):
        if path.is_dir():
            target = place / path.relative_to(disc)
            target.mkdir(parents=True, exist_ok=True)
    for path in sorted(one for one in disc.rglob("*") if one.is_dir()):
        put_files(path, place / path.relative_to(disc))
    put_files(disc, place)
    index = place / "DICOMDIR"
    data = index.read_bytes()
    way = chance.choice(("bytes", "elements", "elements", "references", "gone"))
    room.how.append(way)
    if way == "gone":
        chance.choice(sorted(one for one in place.rglob("*") if one.is_file() and one != index)).unlink()
    elif way == "references":
        replace_file(index, _other_references(data, chance))
    else:
        replace_file(index, damaged(data, chance)[0] if way == "bytes" else mutated(data, chance)[0])
    return index


def put_files(source: Path, target: Path) -> None:
    """Link the files of one folder, and none below it, into another."""
    for path in source.iterdir():
        if path.is_file():
            (target / path.name).hardlink_to(path)


def _other_references(data: bytes, chance: random.Random) -> bytes:
    from tests.campaign.elements import Parts

    parts = Parts.of(data)
    there = [one for one in parts.elements() if one.tag in (0x00041500, 0x00041400, 0x00041420, 0x00041430)]
    one = chance.choice(there)
    if one.tag == 0x00041500:
        value = chance.choice(REFERENCES).encode()
        return parts.edited(one, parts.written(one.tag, b"CS", value + b" " * (len(value) % 2))).whole()
    number = struct.pack("<I", chance.choice((0, 1, 0xFFFFFFFF, zlib.crc32(data), 400)))
    return parts.edited(one, parts.written(one.tag, b"UL" if one.vr == b"UL" else b"CS", number)).whole()
