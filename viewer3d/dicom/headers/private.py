"""Find and decode the private elements that distinguish frames (PS3.5 7.8: blocks and their creators).

The meaning of each is known from the vendors' conformance statements and from dcm2niix (``nii_dicom.cpp``).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from viewer3d.dicom.headers.attributes import Attributes, ValueKind, decode

_GE_ACQUISITION, _GE_PARAMETERS = "GEMS_ACQU_01", "GEMS_PARM_01"
_PHILIPS, _PHILIPS_MR, _PHILIPS_LABELS = (
    "Philips Imaging DD 001",
    "Philips MR Imaging DD 001",
    "Philips MR Imaging DD 005",
)

SIEMENS_MR: Final = "SIEMENS MR HEADER"
"""The private creator of Siemens' elements in group 0019 (public in its conformance statement)."""

UIH: Final = "Image Private Header"
"""The private creator of UIH's elements in group 0065 (public in its conformance statement)."""

PRIVATE_ELEMENTS: Final[dict[tuple[int, int, str], tuple[str, ValueKind]]] = {
    (0x0019, 0x0C, SIEMENS_MR): ("SiemensBValue", "number"),
    (0x0019, 0x0E, SIEMENS_MR): ("SiemensDirection", "FD"),
    (0x0019, 0xBB, _GE_ACQUISITION): ("GEDirectionX", "number"),
    (0x0019, 0xBC, _GE_ACQUISITION): ("GEDirectionY", "number"),
    (0x0019, 0xBD, _GE_ACQUISITION): ("GEDirectionZ", "number"),
    (0x0043, 0x2F, _GE_PARAMETERS): ("GEComponent", "US"),
    (0x0043, 0x39, _GE_PARAMETERS): ("GEBValue", "number"),
    (0x0065, 0x09, UIH): ("UIHBValue", "FD"),
    (0x0065, 0x37, UIH): ("UIHDirection", "FD"),
    (0x2001, 0x03, _PHILIPS): ("PhilipsBValue", "FL"),
    (0x2005, 0x29, _PHILIPS_LABELS): ("PhilipsLabelType", "text"),
    (0x2005, 0xB0, _PHILIPS_MR): ("PhilipsDirectionX", "FL"),
    (0x2005, 0xB1, _PHILIPS_MR): ("PhilipsDirectionY", "FL"),
    (0x2005, 0xB2, _PHILIPS_MR): ("PhilipsDirectionZ", "FL"),
}
"""Group, last two digits of the element and creator, to the key of the value, and its kind where there is no value
representation."""

_GROUPS: Final = frozenset(group for group, _, _ in PRIVATE_ELEMENTS)
_NUMBERS: Final = frozenset((group, number) for group, number, _ in PRIVATE_ELEMENTS)
_FIRST_BLOCK, _LAST_BLOCK = 0x10, 0xFF

_KINDS: Final[dict[str, ValueKind]] = {
    **dict.fromkeys(("CS", "LO", "SH"), "text"),
    **dict.fromkeys(("DS", "IS"), "number"),
    **dict.fromkeys(("US", "SS"), "US"),
    "FD": "FD",
    "FL": "FL",
}


def may_be_wanted(tag: int) -> bool:
    """Return whether an element may be wanted, or may name the creator of a block."""
    group, element = tag >> 16, tag & 0xFFFF
    if group not in _GROUPS:
        return False
    return _FIRST_BLOCK <= element <= _LAST_BLOCK or (group, element & 0xFF) in _NUMBERS


@lru_cache(maxsize=1 << 10)  # the slices of one volume have the same
def private_values(found: tuple[tuple[tuple[int, str], bytes], ...]) -> Attributes:
    """Decode private elements; equal elements give the same dict, which must not be changed.

    Parameters
    ----------
    found : tuple
        Tag and value representation ("?" where there is none) with bytes, little endian and in the order of the file.

    Raises
    ------
    ValueError
        When a value is not of its kind, see :func:`viewer3d.dicom.headers.attributes.decode`.
    """
    creators: dict[tuple[int, int], str] = {}
    values: Attributes = {}
    for (tag, vr), raw in found:
        group, element = tag >> 16, tag & 0xFFFF
        if element <= _LAST_BLOCK:
            creators[group, element] = raw.decode("latin-1").strip("\0 ")
            continue
        known = PRIVATE_ELEMENTS.get((group, element & 0xFF, creators.get((group, element >> 8), "")))
        if known is None:
            continue
        keyword, kind = known
        if (value := decode(raw, _kind(vr, kind))) is not None:
            values[keyword] = value
    return values


def _kind(vr: str, expected: ValueKind) -> ValueKind:
    """Return the kind to decode a value by, from its value representation and the expected kind.

    Raises
    ------
    ValueError
        When only pydicom can decode it.
    """
    if vr in ("?", "UN"):
        return expected
    declared = _KINDS.get(vr)
    if declared == expected:
        return expected
    if declared is None or declared == "US" or expected in ("text", "US"):
        raise ValueError(vr)
    return "number" if declared == "text" else declared


def creator_tags(tags: Iterable[int]) -> list[int]:
    """Return those tags that name the creators of blocks which may have wanted elements."""
    return [tag for tag in tags if tag >> 16 in _GROUPS and _FIRST_BLOCK <= tag & 0xFFFF <= _LAST_BLOCK]


def elements_of(creator_tag: int, creator: str) -> list[tuple[int, str, ValueKind]]:
    """Return tag, keyword and kind of the wanted elements in the block of a creator."""
    group, block = creator_tag >> 16, creator_tag & 0xFF
    return [
        (group << 16 | block << 8 | number, keyword, kind)
        for (its_group, number, its_creator), (keyword, kind) in PRIVATE_ELEMENTS.items()
        if its_group == group and its_creator == creator
    ]
