"""Codestreams: compressed frames of every transfer syntax, their fragments and their offset tables, damaged."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread

from tests.campaign.damage import damaged, flipped, numbered, overwritten
from tests.campaign.elements import PIXELS, Parts
from tests.campaign.encoders import SYNTAXES, Syntax
from tests.campaign.judging import compared, truth
from tests.campaign.outcomes import Outcome
from tests.campaign.rooms import Room, put_copies, replace_file
from viewer3d import phantom
from viewer3d.phantom import Faults

SHAPE = (40, 36, 3)
"""JPEG 2000 takes no much smaller pictures."""

LAYOUTS = ("a file a frame", "frames", "fragments")
"""Three classic images; three frames in a file, with a Basic Offset Table; the same in several fragments each."""

DEFLATED = "deflated dataset"
"""Not of the pixels alone: Deflated Explicit VR Little Endian (PS3.5 A.5)."""

SOURCES = (*SYNTAXES, DEFLATED)
ITEM, END = b"\xfe\xff\0\xe0", b"\xfe\xff\xdd\xe0" + bytes(4)


def case(room: Room) -> tuple[Outcome, str]:
    """Damage the compressed pixels of a file of a series, and load it."""
    chance = room.chance
    room.source = chance.choice(SOURCES)
    layout = chance.choice(LAYOUTS)
    if room.source == DEFLATED:
        whole = room.series(DEFLATED, partial(phantom.write, shape=SHAPE, faults=Faults(syntax=DEFLATED_SYNTAX)))
    else:
        whole = room.series(f"{room.source}, {layout}", partial(write, SYNTAXES[room.source], layout))
    place = room.folder / "series"
    place.mkdir()
    path = chance.choice(put_copies(whole, place))
    data, how = mutated(path.read_bytes(), room, chance)
    room.how += [layout, how]
    replace_file(path, data)
    keywords: dict[str, Any] = {"skip_bad": True} if chance.random() < 0.2 else {}
    truth(whole, keywords)
    return compared(place, whole, keywords)


DEFLATED_SYNTAX: Any = "DeflatedExplicitVRLittleEndian"


# --- undamaged ----------------------------------------------------------------------------------------------------


def write(syntax: Syntax, layout: str, place: Path) -> None:
    """Write the phantom in a transfer syntax into a folder that is there."""
    if layout == "a file a frame":
        paths = phantom.write(place, shape=SHAPE)
    else:
        paths = [phantom.write_enhanced(place / "frames.dcm", shape=SHAPE)]
    for number, path in enumerate(paths):
        dataset = dcmread(path)
        frames = dataset.pixel_array.reshape(-1, SHAPE[1], SHAPE[0]).astype(np.uint16)
        if syntax.bits == 8:
            frames = (frames >> 4).astype(np.uint8)
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8 * frames.itemsize, syntax.bits, syntax.bits - 1
        codestreams = [syntax.encode(frame, number + n) for n, frame in enumerate(frames)]
        dataset.PixelData = Fragments.of(codestreams, 3 if layout == "fragments" else 1).to_bytes()
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.5"  # pydicom does not know all that there are
        dataset.save_as(path, enforce_file_format=True)
        path.write_bytes(with_syntax(path.read_bytes(), syntax.uid))


def with_syntax(file: bytes, uid: str) -> bytes:
    """Return a file whose head says another transfer syntax."""
    told = uid.encode() + bytes(len(uid) % 2)
    at = file.index(b"\2\0\x10\0UI")
    (old,) = struct.unpack_from("<H", file, at + 6)
    made = bytearray(file)
    made[at + 6 : at + 8 + old] = struct.pack("<H", len(told)) + told
    struct.pack_into("<I", made, 140, struct.unpack_from("<I", file, 140)[0] + len(told) - old)
    return bytes(made)


@dataclass(frozen=True)
class Fragments:
    """Encapsulated pixel data (PS3.5 A.4).

    Attributes
    ----------
    offsets : tuple of int
        The Basic Offset Table.
    items : tuple of bytes
    """

    offsets: tuple[int, ...]
    items: tuple[bytes, ...]

    @classmethod
    def of(cls, codestreams: list[bytes], pieces: int) -> Fragments:
        """Lay each codestream into so many fragments of even length."""
        items: list[bytes] = []
        offsets: list[int] = []
        for one in codestreams:
            offsets.append(sum(len(item) + 8 for item in items))
            whole = one + bytes(len(one) % 2)
            size = -(-len(whole) // pieces)
            size += size % 2
            items += [whole[at : at + size] for at in range(0, len(whole), size)]
        return cls(tuple(offsets), tuple(items))

    @classmethod
    def read(cls, data: bytes) -> Fragments:
        """Read undamaged items."""
        items, at = [], 0
        while data[at : at + 4] == ITEM:
            (length,) = struct.unpack_from("<I", data, at + 4)
            items.append(data[at + 8 : at + 8 + length])
            at += 8 + length
        return cls(struct.unpack(f"<{len(items[0]) // 4}I", items[0]), tuple(items[1:]))

    def to_bytes(self) -> bytes:
        """Write table, items and delimiter."""
        table = struct.pack(f"<{len(self.offsets)}I", *self.offsets)
        return b"".join(ITEM + struct.pack("<I", len(item)) + item for item in (table, *self.items)) + END


# --- damaged ------------------------------------------------------------------------------------------------------


def mutated(file: bytes, room: Room, chance: random.Random) -> tuple[bytes, str]:
    """Damage the pixels of a file; return what was done."""
    parts = Parts.of(file)
    if parts.deflated:
        at = len(parts.head)
        data, how = damaged(file[at:], chance)
        return file[:at] + data, how
    element = next(one for one in parts.elements() if one.tag == PIXELS and not one.owners)
    fragments = Fragments.read(parts.data[element.value : element.end])
    if chance.random() < 0.1:
        return header_lies(parts, room, chance), header_lies.__name__
    way = chance.choice(WAYS)
    data = way(fragments, chance)
    head = parts.data[: element.value]
    return parts.head + head + data + parts.data[element.end :], way.__name__


def _one(fragments: Fragments, chance: random.Random, change: Callable[[bytes, random.Random], bytes]) -> bytes:
    """Damage the bytes of one item; its length is right."""
    number = chance.randrange(len(fragments.items))
    items = [change(item, chance) if n == number else item for n, item in enumerate(fragments.items)]
    return replace(fragments, items=tuple(items)).to_bytes()


def bytes_anywhere(fragments: Fragments, chance: random.Random) -> bytes:
    return _one(fragments, chance, lambda item, chance: damaged(item, chance)[0])


def first_bytes(fragments: Fragments, chance: random.Random) -> bytes:
    """Damage what describes the picture: of all of these it lies in the first hundred bytes."""

    def change(item: bytes, chance: random.Random) -> bytes:
        size = chance.choice((12, 32, 100))
        way = chance.choice((flipped, numbered, overwritten))
        return way(item[:size], chance) + item[size:]

    return _one(fragments, chance, change)


def one_bit(fragments: Fragments, chance: random.Random) -> bytes:
    """Flip one bit, anywhere with the same probability."""

    def change(item: bytes, chance: random.Random) -> bytes:
        at = chance.randrange(len(item))
        return item[:at] + bytes((item[at] ^ 1 << chance.randrange(8),)) + item[at + 1 :]

    return _one(fragments, chance, change)


def markers(fragments: Fragments, chance: random.Random) -> bytes:
    """Change a marker or the number behind it: JPEG's and JPEG 2000's begin with 255."""

    def change(item: bytes, chance: random.Random) -> bytes:
        places = [n for n in range(len(item) - 4) if item[n] == 0xFF and item[n + 1]]
        if not places:
            return flipped(item, chance)
        at = chance.choice(places)
        marker = bytes((0xFF, chance.randrange(256))) if chance.random() < 0.4 else item[at : at + 2]
        told = chance.choice((item[at + 2 : at + 4], chance.randbytes(2), b"\0\0", b"\0\1", b"\xff\xff"))
        return item[:at] + marker + told + item[at + 4 :]

    return _one(fragments, chance, change)


def cut_short(fragments: Fragments, chance: random.Random) -> bytes:
    """End a codestream anywhere, as it is, in zeros or with an end marker."""

    def change(item: bytes, chance: random.Random) -> bytes:
        at = chance.randrange(len(item))
        lost = len(item) - at
        return item[:at] + chance.choice((b"", bytes(lost), bytes(max(0, lost - 2)) + b"\xff\xd9", b"\xff\xd9"))

    return _one(fragments, chance, change)


def other_order(fragments: Fragments, chance: random.Random) -> bytes:
    """Swap, repeat or leave out fragments; the offsets stay."""
    items = list(fragments.items)
    way = chance.randrange(4)
    if way == 0:
        chance.shuffle(items)
    elif way == 1:
        items.insert(chance.randrange(len(items) + 1), chance.choice(items))
    elif way == 2:
        del items[chance.randrange(len(items))]
    else:
        items *= chance.choice((2, 20, 500))
    return replace(fragments, items=tuple(items)).to_bytes()


def other_pieces(fragments: Fragments, chance: random.Random) -> bytes:
    """Lay the fragments as others: split, joined, empty ones between."""
    items = list(fragments.items)
    way = chance.randrange(3)
    number = chance.randrange(len(items))
    if way == 0:
        at = chance.randrange(len(items[number]))
        items[number : number + 1] = [items[number][:at], items[number][at:]]
    elif way == 1:
        items = [b"".join(items)]
    else:
        items[number:number] = [b""] * chance.choice((1, 3, 1000))
    return replace(fragments, items=tuple(items)).to_bytes()


def lying_offsets(fragments: Fragments, chance: random.Random) -> bytes:
    """Say other offsets, more or fewer of them."""
    offsets = list(fragments.offsets)
    way = chance.randrange(5)
    if way == 0:
        offsets[chance.randrange(len(offsets))] = chance.choice((0, 1, 7, 0xFFFFFFFF, chance.randrange(1 << 32)))
    elif way == 1:
        offsets = offsets[::-1]
    elif way == 2:
        offsets = offsets * chance.choice((2, 1000))
    elif way == 3:
        offsets = []
    else:
        offsets = [one + chance.choice((-8, 1, 8, 4)) & 0xFFFFFFFF for one in offsets]
    return replace(fragments, offsets=tuple(offsets)).to_bytes()


def lying_lengths(fragments: Fragments, chance: random.Random) -> bytes:
    """Damage the heads of the items, or the delimiter."""
    data = bytearray(fragments.to_bytes())
    heads, at = [], 0
    for size in (4 * len(fragments.offsets), *map(len, fragments.items)):
        heads.append(at)
        at += 8 + size
    place = chance.choice((*heads, at))
    if chance.random() < 0.3:
        data[place : place + 4] = chance.choice((b"\xfe\xff\x0d\xe0", END[:4], ITEM, bytes(4), b"\xff" * 4))
    else:
        (length,) = struct.unpack_from("<I", data, place + 4)
        told = chance.choice((0, 1, length - 1, length + 1, length + 8, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE))
        struct.pack_into("<I", data, place + 4, told % (1 << 32))
    return bytes(data if chance.random() < 0.8 else data[: chance.randrange(len(data))])


def foreign(fragments: Fragments, chance: random.Random) -> bytes:
    """Put something else in the place of a codestream: nothing, noise, another compression's."""
    frame = np.random.default_rng(chance.randrange(1 << 32)).integers(0, 200, (SHAPE[1], SHAPE[0]), np.uint16)
    name = chance.choice(tuple(SYNTAXES))
    other = SYNTAXES[name].encode(frame.astype(np.uint8) if SYNTAXES[name].bits == 8 else frame, 0)
    given = chance.choice((b"", b"\0", bytes(1000), chance.randbytes(1000), b"\xff\xd8\xff\xd9", other, other, other))
    return _one(fragments, chance, lambda _item, _chance: given)


def header_lies(parts: Parts, room: Room, chance: random.Random) -> bytes:
    """Say another size, depth, number of frames or transfer syntax than the codestream has."""
    keyword = chance.choice(("Rows", "Columns", "BitsAllocated", "BitsStored", "NumberOfFrames", "syntax", "sign"))
    room.how.append(keyword)
    if keyword == "syntax":
        return with_syntax(parts.whole(), chance.choice([one.uid for one in SYNTAXES.values()]))
    tag = {
        "Rows": 0x00280010, "Columns": 0x00280011, "BitsAllocated": 0x00280100, "BitsStored": 0x00280101,
        "NumberOfFrames": 0x00280008, "sign": 0x00280103,
    }[keyword]  # fmt: skip
    there = next((one for one in parts.elements() if one.tag == tag and not one.owners), None)
    if there is None:
        return parts.whole()
    if keyword == "NumberOfFrames":
        return parts.edited(
            there, parts.written(tag, b"IS", chance.choice((b"1 ", b"2 ", b"4 ", b"9999", b"0 ")))
        ).whole()
    numbers = {"sign": (1,), "BitsAllocated": (1, 8, 16, 32, 64), "BitsStored": (1, 8, 10, 16)}
    number = chance.choice(numbers.get(keyword, (1, 20, SHAPE[0] - 1, SHAPE[1] + 1, 2 * SHAPE[0], 8000)))
    return parts.edited(there, parts.written(tag, b"US", struct.pack("<H", number))).whole()


WAYS: tuple[Callable[[Fragments, random.Random], bytes], ...] = (
    bytes_anywhere, bytes_anywhere, bytes_anywhere, first_bytes, first_bytes, first_bytes, one_bit, one_bit, markers,
    markers, cut_short, cut_short, other_order, other_pieces, lying_offsets, lying_lengths, foreign,
)  # fmt: skip
