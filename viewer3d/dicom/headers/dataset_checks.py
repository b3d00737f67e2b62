"""Checks around pydicom: of a file's first bytes before it reads them, and of the dataset after."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from viewer3d.dicom.pixels.transfer_syntaxes import EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN

if TYPE_CHECKING:
    from pydicom import Dataset

META_BYTES: Final = 1 << 12
"""Bytes that contain the preamble and File Meta Information of any real file."""

_ELEMENT: Final = struct.Struct("<HH2sHI")
"""Explicit little endian: group, element, value representation, and its length of two or (behind them) four bytes."""


def has_commands(head: bytes) -> bool:
    """Return whether elements of group 0 follow the File Meta Information; files have none (PS3.10 7.1).

    pydicom reads all of them before it can be stopped, which in a file of zeros takes minutes.
    """
    at = 132 if head[128:132] == b"DICM" else 0
    while at + 12 <= len(head):
        group, _, vr, short, long = _ELEMENT.unpack_from(head, at)
        if group != 2:
            return bool(group == 0)
        at += 12 + long if vr in (b"OB", b"UN") else 8 + short
    return False


def odd_element(dataset: Dataset) -> str:
    """Return the tag of a last element that lacks its value representation; empty when it has one.

    pydicom takes its VR and length for a length of four bytes, which then reaches beyond the end of the file.
    """
    implicit, _ = dataset.original_encoding
    tags = sorted(dataset.keys())
    try:
        element = None if implicit or not tags else dataset.get_item(tags[-1])
    except Exception:  # pydicom raises when it took the bytes for a VR after all
        return str(tags[-1])
    if element is None or element.VR or not isinstance(element.value, bytes):
        return ""
    return str(element.tag) if len(element.value) < getattr(element, "length", 0) else ""


def transfer_syntax_of(dataset: Dataset) -> str:
    """Return the transfer syntax; where the file does not say, the one its bytes were read as."""
    meta = getattr(dataset, "file_meta", None)
    if meta is not None and meta.get("TransferSyntaxUID"):
        return str(meta.TransferSyntaxUID)
    implicit, little = dataset.original_encoding
    if little is False:
        return EXPLICIT_BIG_ENDIAN
    return IMPLICIT_LITTLE_ENDIAN if implicit else EXPLICIT_LITTLE_ENDIAN


def class_name(uid: str) -> str:
    """Return the name of a SOP Class."""
    from pydicom.config import IGNORE  # noqa: PLC0415 (only for what is refused)
    from pydicom.uid import UID  # noqa: PLC0415

    return UID(uid, validation_mode=IGNORE).name or "no SOP Class"
