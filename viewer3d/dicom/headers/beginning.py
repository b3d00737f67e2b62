"""The beginning of a file: what can be told of it before anything is read by its elements."""

from __future__ import annotations

import struct
from typing import Final

META: Final = 1 << 12
"""Bytes that hold preamble and File Meta Information of any real file."""

_ELEMENT: Final = struct.Struct("<HH2sHI")
"""Explicit little endian: group, element, value representation, and its length of two or (behind them) four bytes."""


def has_commands(head: bytes) -> bool:
    """Whether elements of group 0 follow the File Meta Information, of which files have none (PS3.10 7.1).

    pydicom reads all of them before it can be stopped, which in a file of zeros takes minutes.
    """
    at = 132 if head[128:132] == b"DICM" else 0
    while at + 12 <= len(head):
        group, _, vr, short, long = _ELEMENT.unpack_from(head, at)
        if group != 2:
            return bool(group == 0)
        at += 12 + long if vr in (b"OB", b"UN") else 8 + short
    return False
