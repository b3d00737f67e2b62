"""Headers: elements and bytes of real Part 10 files, damaged; the series is scanned, listed, loaded and drawn."""

from __future__ import annotations

import math
import random
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydicom.datadict import tag_for_keyword

from tests.campaign.damage import damaged
from tests.campaign.elements import ITEM, LONG, PIXELS, UNDEFINED, Element, Parts, vr_of
from tests.campaign.judging import compared, truth
from tests.campaign.outcomes import Outcome
from tests.campaign.rooms import Room, put_copies, replace_file
from tests.campaign.series import SERIES
from tests.campaign.values import EDITED, odd_value

VRS = (
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"OB", b"OW", b"PN", b"SH",
    b"SL", b"SQ", b"SS", b"ST", b"SV", b"TM", b"UC", b"UI", b"UL", b"UN", b"UR", b"US", b"UT", b"ZZ", b"\0\0", b"  ",
)  # fmt: skip
LENGTHS = (0, 1, 2, 6, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, UNDEFINED)
DEEP = (3, 60, 1100)
"""Sequences within sequences: the last is more than Python's calls go deep."""


def case(room: Room) -> tuple[Outcome, str]:
    """Damage some files of a series, and load it."""
    room.source = room.chance.choice(tuple(SERIES))
    return damaged_series(room, room.series(room.source, SERIES[room.source]))


def damaged_series(room: Room, whole: Path) -> tuple[Outcome, str]:
    """Damage some files of a series that lies in a folder, and load it."""
    chance = room.chance
    place = room.folder / "series"
    place.mkdir()
    files = put_copies(whole, place)
    for path in chance.sample(files, min(len(files), chance.choice((1, 1, 1, 3)))):
        data = path.read_bytes()
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            data, how = mutated(data, chance)
            room.how.append(how)
        replace_file(path, data)
    alone = chance.random() < 0.1
    keywords: dict[str, Any] = {"irregular": chance.choice(("resample", "resample", "error", "keep"))}
    if chance.random() < 0.3:
        keywords["skip_bad"] = True
    if chance.random() < 0.1:
        keywords["identify"] = True
    true = whole / path.name if alone else whole
    truth(true, keywords)
    outcome, text = compared(path if alone else place, true, keywords)
    if set(room.how) == {"pixels"} and room.source != "CT, two series":  # copies that differ are no copies
        assert "voxels of" in text or outcome == Outcome.RIGHT, f"only pixels were damaged: {text}"
    return outcome, text


def mutated(data: bytes, chance: random.Random) -> tuple[bytes, str]:
    """Damage a file somehow; return what was done."""
    try:
        parts = Parts.of(data)
        elements = parts.elements()
    except (ValueError, IndexError, RecursionError, struct.error, zlib.error):
        return damaged(data, chance)  # it is damaged too much already for what follows
    way = chance.choice(WAYS)
    if not elements or way is None:
        return damaged(data, chance)
    if way is pixels and (elements[-1].tag != PIXELS or elements[-1].length in (0, UNDEFINED)):
        way = emptied  # they are compressed, or there are none
    return way(parts, elements, chance).whole(), way.__name__


# --- ways ---------------------------------------------------------------------------------------------------------


def edited(parts: Parts, elements: Sequence[Element], chance: random.Random) -> Parts:
    """Give an attribute that a picture is made of another value, wherever it is; add it where it is not."""
    keyword = chance.choice(tuple(EDITED))
    tag = tag_for_keyword(keyword)
    assert tag is not None
    there = [one for one in elements if one.tag == tag]
    vr = there[0].vr if there else vr_of(tag)
    made = parts.written(tag, vr, encoded(chance.choice(EDITED[keyword]), vr, parts.order))
    if there:
        return parts.edited(chance.choice(there), made)
    before = next((one for one in elements if not one.owners and one.tag > tag), elements[0])
    return parts.edited(Element(before.start, before.start, before.start, tag, vr, 0), made)


def emptied(parts: Parts, elements: Sequence[Element], chance: random.Random) -> Parts:
    """Give any element a value that is none: empty, huge, text for numbers, of another multiplicity."""
    one = chance.choice(elements)
    made = encoded(odd_value(one.vr, chance), one.vr, parts.order)
    return parts.edited(one, parts.written(one.tag, one.vr, made))


def deleted(parts: Parts, elements: Sequence[Element], chance: random.Random) -> Parts:
    return parts.edited(chance.choice(elements), b"", honest=chance.random() < 0.8)


def doubled(parts: Parts, elements: Sequence[Element], chance: random.Random) -> Parts:
    """Have an element twice, the second time next to it or in the place of another."""
    one = chance.choice(elements)
    copy = parts.data[one.start : one.end]
    other = chance.choice((one, chance.choice(elements)))
    return parts.edited(other, copy + parts.data[other.start : other.end], honest=chance.random() < 0.8)


def another_vr(parts: Parts, elements: Sequence[Element], chance: random.Random) -> Parts:
    """Write another value representation before a value, with the length that belongs to it or the one before."""
    one, vr = chance.choice(elements), chance.choice(VRS)
    value = parts.data[one.value : one.end]
    if chance.random() < 0.5 and not parts.implicit and one.vr:
        head = bytearray(parts.data[one.start : one.value])
        head[4:6] = vr
        return parts.edited(one, bytes(head) + value)
    return parts.edited(one, parts.written(one.tag, vr, value))


def another_length(parts: Parts, elements: Sequence[Element], chance: random.Random) -> Parts:
    """Say another length than a value has."""
    one = chance.choice(elements)
    value = parts.data[one.value : one.end]
    length = chance.choice((*LENGTHS, len(value) + 1, len(value) + 2, len(value) - 2, len(value) * 2))
    return parts.edited(one, parts.written(one.tag, one.vr, value, length))


def another_tag(parts: Parts, elements: Sequence[Element], chance: random.Random) -> Parts:
    """Call a value by another attribute's tag, or by none."""
    one, other = chance.choice(elements), chance.choice(elements)
    tag = chance.choice((other.tag, ITEM, 0xFFFEE00D, 0xFFFEE0DD, 0, 0xFFFFFFFF, PIXELS, one.tag ^ 0x10000))
    return parts.edited(one, parts.written(tag, one.vr or b"UN", parts.data[one.value : one.end]))


def broken_sequence(parts: Parts, elements: Sequence[Element], chance: random.Random) -> Parts:
    """Break an item or a sequence, or put in sequences within sequences."""
    some = [one for one in elements if one.vr == b"SQ" or one.tag == ITEM]
    if not some or chance.random() < 0.3:
        one = chance.choice(elements)
        inner = b""
        for _ in range(chance.choice(DEEP)):
            item = parts.written(ITEM, b"", inner, UNDEFINED) + parts.written(0xFFFEE00D, b"", b"")
            inner = parts.written(0x00081140, b"SQ", item, UNDEFINED) + parts.written(0xFFFEE0DD, b"", b"")
        return parts.edited(one, inner + parts.data[one.start : one.end])
    one = chance.choice(some)
    return parts.edited(one, damaged(parts.data[one.start : one.end], chance)[0], honest=chance.random() < 0.5)


def another_charset(parts: Parts, elements: Sequence[Element], chance: random.Random) -> Parts:
    """Name another character set, with bytes in a text that it cannot hold."""
    charset = chance.choice(EDITED["SpecificCharacterSet"]).encode()
    texts = [one for one in elements if one.vr in (b"LO", b"PN", b"SH", b"LT", b"ST", b"UT", b"CS")]
    if texts:
        one = chance.choice(texts)
        junk = chance.choice((b"\xff\xfe", b"\x1b$B", b"\x1b\x1b[2J\x07", b"\xe4\xf6\xfc", b"a\0b\nc", b"\xed\xa0\x80"))
        parts = parts.edited(one, parts.written(one.tag, one.vr, (junk + parts.data[one.value : one.end])[:0xFFFE]))
    made = parts.written(0x00080005, b"CS", charset + b" " * (len(charset) % 2))
    elements = parts.elements()
    there = next((one for one in elements if one.tag == 0x00080005), None)
    return parts.edited(there or replace_start(elements[0]), made)


def replace_start(one: Element) -> Element:
    """Return the empty place before an element."""
    return Element(one.start, one.start, one.start, one.tag, one.vr, 0)


def another_head(parts: Parts, elements: Sequence[Element], chance: random.Random) -> Parts:
    """Damage preamble and file meta information: its group length, the transfer syntax, all."""
    head = bytearray(parts.head)
    way = chance.randrange(4)
    if way == 0:
        head[140:144] = struct.pack("<I", chance.choice((0, 1, len(head) - 143, 0xFFFF, 0xFFFFFFFF)))
    elif way == 1:
        at = head.index(b"\2\0\x10\0UI") + 8
        size = struct.unpack_from("<H", head, at - 2)[0]
        other = chance.choice(SYNTAXES).encode()
        head[at : at + size] = other[:size].ljust(size, b"\0")
    elif way == 2:
        head = head[132:] if chance.random() < 0.5 else head[:132]
    else:
        head[128:] = damaged(bytes(head[128:]), chance)[0]
    return Parts(bytes(head), parts.data, parts.order, parts.implicit, parts.deflated)


SYNTAXES = (
    "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.100", "1.2.3", "",
)  # fmt: skip


def pixels(parts: Parts, elements: Sequence[Element], chance: random.Random) -> Parts:
    """Overwrite stored values only."""
    one = elements[-1]
    data = bytearray(parts.data)
    for _ in range(chance.choice((1, 50))):
        data[chance.randrange(one.value, one.end)] = chance.randrange(256)
    return Parts(parts.head, bytes(data), parts.order, parts.implicit, parts.deflated)


Way = Callable[[Parts, Sequence[Element], random.Random], Parts]
WAYS: tuple[Way | None, ...] = (
    edited, edited, edited, edited, emptied, emptied, deleted, doubled, another_vr, another_length, another_tag,
    broken_sequence, another_charset, another_head, pixels, None, None, None,
)  # fmt: skip
"""None is damage to bytes that knows of no elements."""


def encoded(value: Any, vr: bytes, order: str) -> bytes:
    """Return a value as bytes of a value representation; text where it is no number."""
    codes = {b"US": "H", b"SS": "h", b"UL": "I", b"SL": "i", b"FL": "f", b"FD": "d", b"UV": "Q", b"SV": "q"}
    values = value if isinstance(value, tuple) else (value,)
    if vr in codes and all(isinstance(one, int | float) for one in values):
        code = codes[vr]
        if code in "fd":
            return b"".join(_packed(order + code, float(one)) for one in values)
        size = struct.calcsize(code)
        whole = [int(one) % (1 << 8 * size) if math.isfinite(one) else (1 << 8 * size) - 1 for one in values]
        return b"".join(one.to_bytes(size, "little" if order == "<" else "big") for one in whole)
    if isinstance(value, bytes):
        return value
    text = "\\".join(str(one) for one in values).encode(errors="replace")[: 0xFFFE if vr not in LONG else None]
    return text + (b"\0" if vr == b"UI" else b" ") * (len(text) % 2)


def _packed(code: str, number: float) -> bytes:
    try:
        return struct.pack(code, number)
    except OverflowError:
        return struct.pack(code, float("inf"))
