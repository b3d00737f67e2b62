"""What is asked of a pydicom dataset besides its values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viewer3d.dicom.headers import fast

if TYPE_CHECKING:
    from pydicom import Dataset


def odd_element(dataset: Dataset) -> str:
    """Return the tag of a last element without a value representation where there must be one, or an empty text.

    pydicom takes its VR and length for a length of four bytes, which then reaches beyond the end of the file.
    """
    implicit, _ = dataset.original_encoding
    tags = sorted(dataset.keys())
    try:
        element = None if implicit or not tags else dataset.get_item(tags[-1])
    except Exception:  # pydicom tells so of one it took for a VR after all
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
        return "1.2.840.10008.1.2.2"
    return fast.IMPLICIT_LITTLE_ENDIAN if implicit else fast.EXPLICIT_LITTLE_ENDIAN


def class_name(uid: str) -> str:
    """Return the name of a SOP Class."""
    from pydicom.config import IGNORE  # noqa: PLC0415 (only for what is refused)
    from pydicom.uid import UID  # noqa: PLC0415

    return UID(uid, validation_mode=IGNORE).name or "no SOP Class"
