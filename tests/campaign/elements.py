"""The elements of a Part 10 file by their bytes (PS3.5 7.1), so that each part of one can be given another value."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from pydicom.datadict import dictionary_VR

LONG: Final = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
"""Value representations with a length of four bytes (PS3.5 7.1.2)."""

UNDEFINED: Final = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXELS: Final = 0x7FE00010
DEFLATED: Final = b"1.2.840.10008.1.2.1.99"
BIG: Final = b"1.2.840.10008.1.2.2"
IMPLICIT: Final = b"1.2.840.10008.1.2"


@dataclass(frozen=True)
class Element:
    """Where an element, or an item, is in the bytes of a dataset.

    Attributes
    ----------
    start, value, end : int
        Of its header, its value, and behind it.
    tag : int
    vr : bytes
        Empty of items.
    length : int
        As it is written.
    owners : tuple of (int, bool)
        Places of the lengths that count its bytes, and whether each has two bytes or four.
    """

    start: int
    value: int
    end: int
    tag: int
    vr: bytes
    length: int
    owners: tuple[tuple[int, int], ...] = ()

    @property
    def size(self) -> int:
        """Of its length, in bytes; an item, UN and their like have four."""
        return 2 if self.vr and self.vr not in LONG and self.value - self.start == 8 else 4


@dataclass(frozen=True)
class Parts:
    """A file taken apart.

    Attributes
    ----------
    head : bytes
        Preamble and file meta information.
    data : bytes
        The dataset, inflated.
    order : str
        ``"<"`` or ``">"``.
    implicit, deflated : bool
    """

    head: bytes
    data: bytes
    order: str = "<"
    implicit: bool = False
    deflated: bool = False

    @classmethod
    def of(cls, file: bytes) -> Parts:
        """Take a whole file apart."""
        (length,) = struct.unpack_from("<I", file, 140)  # (0002,0000) is the first
        head, data = file[: 144 + length], file[144 + length :]
        at = head.index(b"\2\0\x10\0UI") + 8
        syntax = head[at : at + struct.unpack_from("<H", head, at - 2)[0]].rstrip(b"\0")
        if syntax == DEFLATED:
            return cls(head, zlib.decompressobj(-zlib.MAX_WBITS).decompress(data), deflated=True)
        return cls(head, data, ">" if syntax == BIG else "<", syntax == IMPLICIT)

    def whole(self) -> bytes:
        """Put the file together."""
        if not self.deflated:
            return self.head + self.data
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        data = packer.compress(self.data) + packer.flush()
        return self.head + data + bytes(len(data) % 2)

    def elements(self) -> list[Element]:
        """Return the elements of the dataset and of its items, the items too, in their order."""
        return list(self._walk(0, len(self.data), ()))

    def edited(self, element: Element, replacement: bytes, *, honest: bool = True) -> Parts:
        """Put bytes in the place of an element; lengths that count it are made right where it is to be honest."""
        data = bytearray(self.data)
        grown = len(replacement) - (element.end - element.start)
        for place, size in element.owners if honest else ():
            code = self.order + ("H" if size == 2 else "I")
            (length,) = struct.unpack_from(code, data, place)
            struct.pack_into(code, data, place, (length + grown) % (1 << 8 * size))
        data[element.start : element.end] = replacement
        return replace(self, data=bytes(data))

    def written(self, tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
        """Return an element; its length may be another than its value's."""
        told = len(value) if length is None else length
        head = struct.pack(self.order + "HH", tag >> 16, tag & 0xFFFF)
        if self.implicit or not vr:
            return head + struct.pack(self.order + "I", told % (1 << 32)) + value
        if vr in LONG:
            return head + vr + b"\0\0" + struct.pack(self.order + "I", told % (1 << 32)) + value
        return head + vr[:2] + struct.pack(self.order + "H", told % (1 << 16)) + value

    def _walk(self, at: int, end: int, owners: tuple[tuple[int, int], ...]) -> Iterator[Element]:
        while at + 8 <= end:
            element = self._element(at, end, owners)
            if element.tag in (ITEM_END, SEQUENCE_END):
                return
            yield element
            if self._has_items(element):
                yield from self._items(element)
            at = element.end

    def _items(self, sequence: Element) -> Iterator[Element]:
        owners = self._counted_by(sequence)
        at = sequence.value
        while at + 8 <= sequence.end:
            item = self._element(at, sequence.end, owners)
            if item.tag != ITEM:
                return
            yield item
            yield from self._walk(item.value, item.end, self._counted_by(item))
            at = item.end

    def _counted_by(self, element: Element) -> tuple[tuple[int, int], ...]:
        own = () if element.length == UNDEFINED else ((element.value - element.size, element.size),)
        return (*element.owners, *own)

    def _element(self, at: int, end: int, owners: tuple[tuple[int, int], ...]) -> Element:
        group, number = struct.unpack_from(self.order + "HH", self.data, at)
        tag, vr = group << 16 | number, b""
        if group == 0xFFFE:
            value, length = at + 8, struct.unpack_from(self.order + "I", self.data, at + 4)[0]
        elif self.implicit:
            value, length = at + 8, struct.unpack_from(self.order + "I", self.data, at + 4)[0]
            vr = vr_of(tag)
        else:
            vr = self.data[at + 4 : at + 6]
            value = at + (12 if vr in LONG else 8)
            code, place = ("I", at + 8) if vr in LONG else ("H", at + 6)
            (length,) = struct.unpack_from(self.order + code, self.data, place)
        element = Element(at, value, min(value + length, end), tag, vr, length, owners)
        return replace(element, end=self._end(element, end)) if length == UNDEFINED else element

    def _has_items(self, element: Element) -> bool:
        return element.vr == b"SQ" and element.tag != PIXELS

    def _end(self, element: Element, end: int) -> int:
        """Return where an element of undefined length ends: behind its delimiter."""
        at = element.value
        while at + 8 <= end:
            inner = self._element(at, end, ())
            at = inner.end
            if inner.tag == (ITEM_END if element.tag == ITEM else SEQUENCE_END):
                break
        return at


def vr_of(tag: int) -> bytes:
    """Return the value representation of a tag by PS3.6, the first where there are several."""
    try:
        return dictionary_VR(tag).split()[0].encode()
    except KeyError:
        return b"UN"
