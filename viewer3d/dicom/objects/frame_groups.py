"""What functional groups say of each frame, read without making an object of every element."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from viewer3d.dicom.headers.attributes import UNDEFINED_LENGTH
from viewer3d.dicom.headers.values import all_values

if TYPE_CHECKING:
    from pydicom import Dataset

GroupValues = dict[int, tuple[float, ...]]
"""Tag of an attribute to its values, of one item of functional groups."""

POSITION: Final = 0x00200032
ORIENTATION: Final = 0x00200037
PIXEL_SPACING: Final = 0x00280030
SLICE_THICKNESS: Final = 0x00180050
BETWEEN_SLICES: Final = 0x00180088
SEGMENT_NUMBER: Final = 0x0062000B

_WANTED: Final[dict[int, tuple[int, ...]]] = {
    0x00209113: (POSITION,),
    0x00209116: (ORIENTATION,),
    0x00289110: (PIXEL_SPACING, SLICE_THICKNESS, BETWEEN_SLICES),
    0x0062000A: (SEGMENT_NUMBER,),
}
"""Sequence to the attributes of its first item (PS3.3 C.7.6.16.2 and C.8.20.3.1)."""

_SHARED, _PER_FRAME = 0x52009229, 0x52009230
_ITEM: Final = 0xFFFEE000
_LONG: Final = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
"""Value representations with a length of four bytes (PS3.5 7.1.2)."""

_explicit = struct.Struct("<HH2sH").unpack_from
_implicit = struct.Struct("<HHI").unpack_from
_uint32 = struct.Struct("<I").unpack_from


def frame_groups(dataset: Dataset) -> tuple[list[GroupValues], GroupValues]:
    """Return what the groups of each frame say, and what the shared ones do.

    Parameters
    ----------
    dataset : pydicom.Dataset
        With Per-Frame Functional Groups.

    Raises
    ------
    Exception
        What pydicom raises at damaged elements.
    """
    shared = _groups(dataset, _SHARED)
    return _groups(dataset, _PER_FRAME), shared[0] if shared else {}


def _groups(dataset: Dataset, tag: int) -> list[GroupValues]:
    if tag not in dataset:
        return []
    element: Any = dataset.get_item(tag)
    raw = element.value  # bytes as long as nobody has accessed it
    if isinstance(raw, bytes) and element.is_little_endian:
        try:
            return [_values(raw, *item, is_implicit=element.is_implicit_VR) for item in _items(raw, 0, len(raw))]
        except (_Unknown, ValueError, struct.error):
            pass  # pydicom reads it, or says what is wrong
    return [_values_by_pydicom(item) for item in dataset[tag].value or ()]


class _Unknown(Exception):  # noqa: N818 (no error: pydicom reads it)
    """A form that is not read here: undefined lengths, or lengths beyond the end."""


def _items(raw: bytes, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where each item of a sequence begins and ends."""
    while at < end:
        group, number, length = _implicit(raw, at)
        if group << 16 | number != _ITEM or length == UNDEFINED_LENGTH or at + 8 + length > end:
            raise _Unknown
        yield at + 8, at + 8 + length
        at += 8 + length


def _elements(raw: bytes, at: int, end: int, *, is_implicit: bool) -> Iterator[tuple[int, int, int]]:
    """Yield the tag of each element of an item, and where its value begins and ends."""
    while at < end:
        if is_implicit:
            group, number, length = _implicit(raw, at)
            at += 8
        else:
            group, number, vr, length = _explicit(raw, at)
            at += 8
            if vr in _LONG:
                (length,) = _uint32(raw, at)
                at += 4
        if length == UNDEFINED_LENGTH or at + length > end:
            raise _Unknown
        yield group << 16 | number, at, at + length
        at += length


def _values(raw: bytes, at: int, end: int, *, is_implicit: bool) -> GroupValues:
    found: GroupValues = {}
    for sequence, start, stop in _elements(raw, at, end, is_implicit=is_implicit):
        if sequence not in _WANTED:
            continue
        first = next(_items(raw, start, stop), None)
        for tag, begin, behind in () if first is None else _elements(raw, *first, is_implicit=is_implicit):
            if tag in _WANTED[sequence] and behind > begin:
                found[tag] = _numbers(raw[begin:behind], tag)
    return found


def _numbers(value: bytes, tag: int) -> tuple[float, ...]:
    if tag == SEGMENT_NUMBER:
        return struct.unpack(f"<{len(value) // 2}H", value)
    return tuple(float(part) for part in value.decode("ascii").strip("\0 ").split("\\"))


def _values_by_pydicom(group: Dataset) -> GroupValues:
    found: GroupValues = {}
    for sequence, attributes in _WANTED.items():
        first: Any = next(iter(group[sequence].value or ()), None) if sequence in group else None
        for tag in attributes if first is not None else ():
            if tag in first and (values := tuple(float(one) for one in all_values(first[tag].value))):
                found[tag] = values
    return found
