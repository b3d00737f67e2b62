"""The private CSA headers of Siemens MR: name and values of their elements, and the slices of the protocol.

The form is undocumented by its maker; it is as in nibabel's documentation ("Siemens format DICOM with CSA header").
"""

from __future__ import annotations

import re
import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

_ENTRY: Final = struct.Struct("<64si4siii")  # name, count of values, VR, type, count of items, a mark
_ITEM: Final = struct.Struct("<4i")
_MOST: Final = 1000  # elements of a header, and items of an element: there are about 100, and 128

_SLICE: Final = re.compile(rb"sSliceArray\.asSlice\[(\d+)\]\.sPosition\.d(Sag|Cor|Tra)\s*=\s*([-+.\deE]+)")
_SIZE: Final = re.compile(rb"sSliceArray\.lSize\s*=\s*(\d+)")
_AXES: Final = {b"Sag": 0, b"Cor": 1, b"Tra": 2}


def csa_values(header: bytes) -> dict[str, tuple[str, ...]]:
    """Read a CSA header, of the newer form ("SV10") or the older one.

    Returns
    -------
    dict
        Name to the values that are not empty; empty when the bytes are no such header.
    """
    newer = header[:4] == b"SV10"
    found: dict[str, tuple[str, ...]] = {}
    try:
        (count,) = struct.unpack_from("<I", header, 8 if newer else 0)
        at = 16 if newer else 8
        extra: int | None = None  # the older form adds the count of the first element's items to every length
        for _ in range(count if count <= _MOST else 0):
            name, _, _, _, items, _ = _ENTRY.unpack_from(header, at)
            at += _ENTRY.size
            extra = items if extra is None else extra
            values = []
            for _ in range(min(items, _MOST)):
                lengths = _ITEM.unpack_from(header, at)
                length = lengths[1] if newer else lengths[0] - extra
                at += _ITEM.size
                if not 0 <= length <= len(header) - at:
                    return found
                values.append(header[at : at + length].split(b"\0")[0].decode("latin-1").strip())
                at += -(-length // 4) * 4
            found[name.split(b"\0")[0].decode("latin-1")] = tuple(value for value in values if value)
    except struct.error:
        pass  # what was whole before the end is kept
    return found


def protocol_slices(header: bytes) -> NDArray[np.float64]:
    """Return the middles of the slices that the protocol in a CSA series header plans, in LPS mm, shape (n, 3).

    What is 0 is not written (so a slice through the magnet's middle has no line); without a protocol n is 0.
    """
    protocol = header[max(0, header.rfind(b"### ASCCONV BEGIN")) :]
    size = _SIZE.search(protocol)
    count = min(int(size[1]), _MOST) if size else 0
    slices = np.zeros((count, 3))
    for number, axis, value in _SLICE.findall(protocol):
        if int(number) < count:
            slices[int(number), _AXES[axis]] = float(value)
    return slices
