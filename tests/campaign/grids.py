"""Files of NIfTI, NRRD, MetaImage, VTI and npz, damaged or lying, alone or in their folder."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from tests.campaign.damage import damaged
from tests.campaign.judging import compared
from tests.campaign.outcomes import Outcome
from tests.campaign.rooms import Room, put_copies, replace_file

SHAPE = (12, 10, 6)
SOURCES = (
    *("a.nii", "a.nii.gz", "b.nii", "c.nii", "d.hdr", "d.img", "time.nii.gz", "a.nrrd", "b.nrrd", "c.nhdr", "c.raw"),
    *("a.mha", "b.mha", "e.mhd", "e.zraw", "a.vti", "b.vti", "a.npz", "b.npz"),
)

NUMBERS = (
    b"0",
    b"-1",
    b"1e300",
    b"nan",
    b"inf",
    b"99999999999",
    b"4294967296",
    b"0.0001",
    b"",
    b"(",
    b"../c.raw",
    b"x",
)

FIELDS = ((0, "i"), (40, "8h"), (68, "4h"), (76, "8f"), (108, "3f"), (123, "b"), (136, "f"), (252, "2h"), (256, "18f"))
"""Where the numbers of a NIfTI-1 header are."""

EXTREMES = (0, -1, 1, 2, 7, 127, 255, 32767, -32768, 16, 64, 128, 512, 1792)
FLOATS = (0.0, -1.0, float("nan"), float("inf"), 1e38, 1e-38, 352.0, 0.5, -3e9)


def write(place: Path) -> None:
    """Write a file of each kind, all on one grid but those of several volumes."""
    from tests.formats.grid_cases import OBLIQUE, mha_bytes, nifti_bytes, nrrd_bytes
    from tests.formats.test_load import vti_bytes

    values = (np.indices(SHAPE).sum(0) * 37 % 400 - 100).astype(np.int16)
    data = nifti_bytes(values, OBLIQUE)
    files = {
        "a.nii": data,
        "a.nii.gz": gzip.compress(data, mtime=0),
        "b.nii": nifti_bytes(values, OBLIQUE, version=2, slope=0.5, inter=3),
        "c.nii": nifti_bytes(values, OBLIQUE, order=">", sform=0, qform=1, quaternion=(0.1, 0.2, 0.3, 4, 5, 6)),
        "d.hdr": nifti_bytes(values, OBLIQUE, magic=b"ni1\0", offset=0)[:348],
        "d.img": data[352:],
        "time.nii.gz": gzip.compress(nifti_bytes(np.stack([values, values + 1], -1), steps=(2, 0, 0, 0)), mtime=0),
        "a.nrrd": nrrd_bytes(values, OBLIQUE),
        "b.nrrd": nrrd_bytes(values, OBLIQUE, encoding="gzip")[: -values.nbytes] + gzip.compress(values.tobytes("F")),
        "c.nhdr": nrrd_bytes(values, OBLIQUE, **{"data file": "c.raw"}),
        "c.raw": values.tobytes("F"),
        "a.mha": mha_bytes(values, OBLIQUE),
        "b.mha": mha_bytes(values, OBLIQUE, compressed=True),
        "e.mhd": mha_bytes(values, OBLIQUE, compressed=True, ElementDataFile="e.zraw"),
        "e.zraw": zlib.compress(values.tobytes("F")),
        "a.vti": vti_bytes(values, OBLIQUE),
        "b.vti": vti_bytes(values, OBLIQUE, "zlib64"),
    }
    for name, save in (("a.npz", np.savez), ("b.npz", np.savez_compressed)):
        stream = io.BytesIO()
        save(stream, voxels=values, affine=OBLIQUE, unit="HU")
        files[name] = stream.getvalue()
    for name, content in files.items():
        (place / name).write_bytes(content)


def case(room: Room) -> tuple[Outcome, str]:
    """Damage a file with a grid, and load it by its path or in its folder."""
    chance = room.chance
    whole = room.series("grids", write)
    room.source = chance.choice(SOURCES)
    put_copies(whole, room.folder)
    target = room.folder / room.source
    data = target.read_bytes()
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        data, how = _changed(room.source, data, chance)
        room.how.append(how)
    replace_file(target, data)
    name = {"c.raw": "c.nhdr", "e.zraw": "e.mhd"}.get(room.source, room.source)
    keywords: dict[str, Any] = {"irregular": chance.choice(("resample", "resample", "keep", "error"))}
    if chance.random() < 0.1:
        room.how.append("in its folder")
        return compared(room.folder, whole, keywords)
    return compared(room.folder / name, whole / name, keywords)


def _changed(name: str, data: bytes, chance: random.Random) -> tuple[bytes, str]:
    if name.endswith(".gz") and chance.random() < 0.8:
        inner, how = _changed(name.removesuffix(".gz"), _inflated(data), chance)
        return gzip.compress(inner, mtime=0), how
    if name.endswith((".nii", ".hdr")) and chance.random() < 0.7 and len(data) >= 348:
        return _with_field(data, chance)
    if name.endswith((".nrrd", ".nhdr", ".mha", ".mhd", ".vti")) and chance.random() < 0.7:
        return _with_word(data, chance)
    return damaged(data, chance)


def _inflated(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return data


def _with_field(data: bytes, chance: random.Random) -> tuple[bytes, str]:
    place, form = chance.choice(FIELDS)
    kind = form[-1]
    number = chance.randrange(int(form[:-1] or 1))
    size = struct.calcsize(kind)
    value: float = chance.choice(FLOATS) if kind == "f" else chance.choice(EXTREMES)
    value = value if kind != "b" else chance.choice((0, 1, 2, 3, 8, 16, 24, 32, 127))
    changed = bytearray(data)
    struct.pack_into(f"<{kind}", changed, place + number * size, value)
    return bytes(changed), f"field {place}[{number}] = {value}"


def _with_word(data: bytes, chance: random.Random) -> tuple[bytes, str]:
    """Put another word into one of the lines of a header."""
    head, *rest = data.split(b"\n\n", 1) if data.startswith(b"NRRD") else [data]
    lines = head.split(b"\n")
    text = [n for n, line in enumerate(lines[:40]) if line.isascii() and len(line) < 400]
    if not text:
        return damaged(data, chance)
    number = chance.choice(text)
    words = lines[number].replace(b'"', b' " ').split(b" ")
    at = chance.randrange(len(words))
    word = chance.choice(NUMBERS)
    way = chance.choice(("replaced", "dropped", "line dropped", "line twice"))
    if way == "replaced":
        words[at] = word
    elif way == "dropped":
        del words[at]
    lines[number : number + 1] = {"line dropped": [], "line twice": [lines[number]] * 2}.get(way, [b" ".join(words)])
    return b"\n\n".join([b"\n".join(lines), *rest]), f"line {number}, word {at} {way}"
