"""Read a header by pydicom: what the fast reader gives, and the dataset up to its pixels."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Final

from viewer3d.core.text import one_line
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import DatasetSource, Source
from viewer3d.dicom.headers import private
from viewer3d.dicom.headers.attributes import (
    ATTRIBUTES,
    PIXEL_DATA,
    UNDEFINED_LENGTH,
    Attributes,
    AttributeValue,
    ValueKind,
    decode,
)
from viewer3d.dicom.headers.character_sets import character_set_of, whole_text
from viewer3d.dicom.headers.dataset_checks import META_BYTES, has_commands, odd_element, transfer_syntax_of
from viewer3d.dicom.headers.frame import PixelKeyword
from viewer3d.dicom.headers.values import text
from viewer3d.dicom.pixels.transfer_syntaxes import NATIVE
from viewer3d.errors import BadFileError

if TYPE_CHECKING:
    from pydicom import Dataset

PIXEL_TAGS: Final[dict[int, PixelKeyword]] = {
    0x7FE00008: "FloatPixelData",
    0x7FE00009: "DoubleFloatPixelData",
    PIXEL_DATA: "PixelData",
}

MOST_ELEMENTS: Final = 100_000
"""Most elements of a header outside of sequences: a file of zeros has one in every eight bytes."""


def read_with_pydicom(source: Source) -> tuple[Attributes, Dataset] | RefusedFile:
    """Read the same attributes as the fast reader by pydicom, and the dataset up to its pixels.

    Returns
    -------
    tuple of dict and pydicom.Dataset, or RefusedFile
        RefusedFile when it is not DICOM or its header cannot be read.
    """
    from pydicom.filereader import read_partial  # noqa: PLC0415 (0.3 s, and the fast reader reads most files)

    if isinstance(source, DatasetSource):
        return attributes_of(source.dataset), source.dataset
    pixels: list[tuple[int, int, int]] = []
    with source.open_header() as file:
        stamp = source.stamp
        head = file.read(META_BYTES)
        file.seek(0)
        if head[128:132] != b"DICM" and head[:2] not in (b"\x08\0", b"\x02\0", b"\0\x08"):
            from viewer3d.dicom.files.archives import archive_kind  # noqa: PLC0415 (only what is no DICOM needs it)

            kind = archive_kind(head)
            return RefusedFile(
                source.name, f"a {kind} archive inside, not opened: give it alone" if kind else "not DICOM"
            )
        if has_commands(head):
            return RefusedFile(source.name, "damaged: its header begins with commands or zeros", damaged=True)
        elements = 0

        def at_pixels(tag: int, _vr: str | None, length: int) -> bool:
            nonlocal elements
            elements += 1
            if elements > MOST_ELEMENTS:
                raise ValueError(f"more than {MOST_ELEMENTS:,} elements")
            if tag in PIXEL_TAGS:
                pixels.append((tag, length, file.tell()))
            return tag in PIXEL_TAGS

        try:
            dataset = read_partial(file, stop_when=at_pixels, force=True)
        except BadFileError:
            raise
        except Exception as error:
            reason = f"damaged: its header cannot be read ({error or type(error).__name__})"
            return RefusedFile(source.name, reason, damaged=True)
    if "SOPClassUID" not in dataset and not pixels and head[128:132] != b"DICM":
        return RefusedFile(source.name, "not DICOM")
    odd = "" if pixels else odd_element(dataset)  # must be found before values are accessed
    attributes = attributes_of(dataset) | ({"odd_element": (odd,)} if odd else {})
    if stamp is not None:
        attributes["stamp"] = stamp
    if pixels:
        tag, length, offset = pixels[0]
        native = text(attributes, "TransferSyntaxUID") in NATIVE and length != UNDEFINED_LENGTH
        attributes |= {"pixel_tag": (tag,), "offset": (offset,), "length": (length,) if native else ()}
    return attributes, dataset


def attributes_of(dataset: Dataset) -> Attributes:
    """Return the attributes of a dataset, as :func:`viewer3d.dicom.headers.fast.read_attributes` does."""
    found: Attributes = {}
    for tag, (keyword, kind) in ATTRIBUTES.items():
        if tag in dataset and (value := _value(dataset, tag, kind)) is not None:
            found[keyword] = value
    for creator in private.creator_tags(dataset.keys()):
        named = _value(dataset, creator, "text") or ("",)
        for tag, keyword, kind in private.elements_of(creator, str(named[0]).strip("\0 ")):
            if tag in dataset and (value := _value(dataset, tag, kind)) is not None:
                found[keyword] = value
    found["TransferSyntaxUID"] = (transfer_syntax_of(dataset),)
    for tag, keyword in PIXEL_TAGS.items():
        if keyword in dataset:
            found |= {"pixel_tag": (tag,), "offset": (0,), "length": ()}
    return found


def _value(dataset: Dataset, tag: int, kind: ValueKind) -> AttributeValue | None:
    if kind == "token":
        return _token(dataset, tag)
    try:
        value = dataset[tag].value
    except Exception:
        return None
    if value is None or value == "":
        return None
    if isinstance(value, bytes):  # a private element without a known value representation
        return _decoded(value, kind)
    parts = list(value) if isinstance(value, list | tuple) or hasattr(value, "insert") else [value]
    try:
        if kind == "text":
            used = character_set_of(dataset.get("SpecificCharacterSet"))
            return tuple(one_line(whole_text(str(part), used)).strip() for part in parts)
        if kind in ("number", "FD", "FL"):
            numbers = tuple(float(part) for part in parts)
            return numbers if all(map(isfinite, numbers)) else None  # DS has no nan or inf (PS3.5 6.2)
        return tuple(int(part) & 0xFFFF if kind == "US" else int(part) for part in parts)
    except Exception:  # a sequence in place of a text raises any kind of error
        return None


def _token(dataset: Dataset, tag: int) -> AttributeValue | None:
    """Return the token of a text, made of the bytes in the file, whatever their character set."""
    from pydicom.charset import convert_encodings, encode_string  # noqa: PLC0415 (pydicom has been imported)

    try:
        element = dataset.get_item(tag)
        raw = element.value if element is not None else None
        if raw is not None and not isinstance(raw, bytes):  # the value was accessed before
            raw = getattr(raw, "original_string", raw)
        if raw is not None and not isinstance(raw, bytes):
            raw = encode_string(str(raw), convert_encodings(dataset.get("SpecificCharacterSet") or "ISO_IR 6"))
        return decode(raw, "token") if raw else None
    except Exception:
        return None


def _decoded(raw: bytes, kind: ValueKind) -> AttributeValue | None:
    try:
        return decode(raw, kind)
    except ValueError:
        return None
