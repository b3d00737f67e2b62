"""Split encapsulated pixel data into one codestream per frame (PS3.5 A.4), and find truncated ones."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.dicom.files.sources import DatasetSource
from viewer3d.dicom.headers.frame import StoredPixels
from viewer3d.dicom.pixels.jpeg import END_MARKER, LONG_RUN, ends_alike, flat_is_zeros, is_whole, size_of, zeros_before
from viewer3d.dicom.pixels.transfer_syntaxes import JPEG, JPEG_2000, JPEG_LS, RLE

_ITEM_HEAD: Final = struct.Struct("<II")
_ITEM, _END = 0xE000FFFE, 0xE0DDFFFE  # their tags, as one little-endian number
_RLE_HEADER: Final = 64  # bytes
_HEAD: Final = 8  # bytes that show what a fragment begins with
_STARTS: Final = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51")  # SOI and another marker; SOC and SIZ
_OTHERS: Final = b"\x55\xaa" * (LONG_RUN // 8)
_TOO_SOON: Final = "its compressed pixels end too soon"


class BrokenError(Exception):
    """Damaged encapsulated pixel data; the text is the reason, without the name of the file."""


def split_codestreams(data: bytes, stored: StoredPixels) -> list[tuple[slice, ...]]:
    """Find the codestream of each frame.

    Parameters
    ----------
    data : bytes
        The items of the pixel data, the Basic Offset Table first; bytes behind their end are ignored.
    stored : StoredPixels

    Returns
    -------
    list of tuple of slice
        For each frame, the parts of the data that are its fragments.

    Raises
    ------
    BrokenError
        When the items are truncated, or nothing assigns the fragments to frames.
    """
    # A dataset in memory has no delimiter behind its last item.
    table, *fragments = _items(data, delimited=not isinstance(stored.source, DatasetSource))
    held, count = [one for one in fragments if one.stop > one.start], stored.frames
    if len(held) == count:
        return [(one,) for one in held]
    if len(held) < count:
        raise BrokenError(f"there are {len(held)} compressed fragments for {count} frames")
    starts = [n for n, one in enumerate(held) if _begins(data[one.start : one.start + _HEAD], stored)]
    if starts and starts[0] == 0 and len(starts) > count:
        raise BrokenError(f"there are {len(starts)} compressed pictures for {count} frames")
    if count == 1:
        return [tuple(held)]
    offsets = list(struct.unpack_from(f"<{(table.stop - table.start) // 4}I", data, table.start))
    if len(offsets) == count:
        owners = [bisect_right(offsets, one.start - held[0].start) - 1 for one in held]
    elif len(starts) == count and starts[0] == 0:
        owners = [bisect_right(starts, n) - 1 for n in range(len(held))]
    else:
        raise BrokenError(
            f"there are {len(held)} compressed fragments for {count} frames, and no offset table says whose they are"
        )
    return [tuple(one for one, owner in zip(held, owners, strict=True) if owner == n) for n in range(count)]


def _begins(head: bytes, stored: StoredPixels) -> bool:
    """Return whether a fragment is the first of its frame, by its first bytes."""
    if stored.transfer_syntax != RLE:
        return head.startswith(_STARTS)
    # PS3.5 G.5: the number of segments, then where the first one begins.
    return len(head) == _HEAD and struct.unpack_from("<I", head, 4)[0] == _RLE_HEADER


def _items(data: bytes, *, delimited: bool) -> list[slice]:
    """Return the part of the data of each item; the first is the offset table."""
    found: list[slice] = []
    at, tag = 0, _ITEM
    while tag != _END and at + _ITEM_HEAD.size <= len(data):
        tag, length = _ITEM_HEAD.unpack_from(data, at)
        at += _ITEM_HEAD.size
        if tag == _ITEM:
            found.append(slice(at, at + length))
            at += length
        if tag not in (_ITEM, _END) and len(found) < 1:
            raise BrokenError("its pixel data is not in compressed fragments, which its transfer syntax asks for")
        if tag not in (_ITEM, _END) or at > len(data):
            raise BrokenError(_TOO_SOON)
    if not found or (delimited and tag != _END):
        raise BrokenError(_TOO_SOON)
    return found


def codestream_flaw(codestream: bytes, stored: StoredPixels) -> str:
    """Return why a codestream is truncated or of another frame; empty when nothing shows that.

    Decoders fill missing data silently, and read an image of another width as a sheared one: so the size in the
    codestream, its end and the zeros before it are checked here. The decoder of RLE checks these itself.
    """
    if stored.transfer_syntax in JPEG_2000:
        return _flaw_of_jpeg2000(codestream, stored)
    if stored.transfer_syntax not in JPEG | JPEG_LS:
        return ""
    size = size_of(codestream)
    if size is not None and (why := _other_size(size, stored)):
        return why
    end = codestream.rfind(END_MARKER)
    if end < 0:
        return "its compressed data breaks off: there is no end marker"
    zeros = zeros_before(codestream, end)
    if stored.transfer_syntax in JPEG and zeros >= LONG_RUN and not flat_is_zeros(codestream):
        return f"its compressed data breaks off into {zeros} zeros"
    return ""


def breaks_off(
    codestream: bytes,
    image: NDArray[Any],
    stored: StoredPixels,
    decoded: Callable[[bytes], NDArray[Any]],
    *,
    doubted: bool = False,
) -> bool:
    """Return whether a JPEG codestream ends before the last pixel, judged by the decoded pixels.

    Only suspicious ones are examined: those with zeros at the end, or with last pixels without detail, as decoders
    make them when data is missing.

    Parameters
    ----------
    codestream : bytes
    image : ndarray, shape (rows, columns)
        Its decoded pixels.
    stored : StoredPixels
    decoded : callable
        Decodes a codestream, without output to the terminal where it is damaged.
    doubted : bool
        Whether another decoder has refused it: then it is always examined.
    """
    if stored.transfer_syntax not in JPEG:
        return False
    end = codestream.rfind(END_MARKER)
    zeros = zeros_before(codestream, end) >= LONG_RUN
    if not (zeros or doubted or ends_alike(codestream, image)):
        return False
    whole = is_whole(codestream, image)
    if whole is not None:
        return not whole
    # The bits of lossy JPEG cannot be counted from its pixels. If the zeros are data, other bytes in their place change
    # the pixels; if all data comes before the end marker, other bytes before it do not.
    part = LONG_RUN // 4
    middle = slice(end - 2 * part, end - part) if zeros else slice(end, end)
    changed = codestream[: middle.start] + _OTHERS + codestream[middle.stop :]
    return np.array_equal(decoded(codestream), decoded(changed)) == zeros


def without_padding_byte(codestream: bytes, stored: StoredPixels) -> bytes | None:
    """Return a JPEG-LS codestream without one zero byte before its end marker; None when it has none.

    The sample of NEMA has it, to make the length even. PS3.5 A.4 pads behind the marker, T.87 allows nothing before it;
    without that byte the strict decoder still refuses damaged data.
    """
    end = codestream.rfind(END_MARKER)
    if stored.transfer_syntax not in JPEG_LS or zeros_before(codestream, end) != 1:
        return None
    return codestream[: end - 1] + codestream[end:]


def _other_size(size: tuple[int, int], stored: StoredPixels) -> str:
    rows, columns = size
    if columns == stored.columns and rows in (stored.rows, 0):  # 0: a DNL marker behind the first scan has it
        return ""
    return f"its compressed picture is {columns} x {rows}, Columns and Rows say {stored.columns} x {stored.rows}"


def _flaw_of_jpeg2000(codestream: bytes, stored: StoredPixels) -> str:
    """Return what is wrong with the size of a JPEG 2000 codestream or with the zeros at its end.

    A byte of zero is an empty packet (T.800 B.10.3), and the number of packets is limited.
    """
    start = codestream.find(_STARTS[1])  # a few files wrap it in the boxes of JP2
    if start < 0 or start + 40 > len(codestream):
        return ""
    right, bottom, left, top = struct.unpack_from(">4I", codestream, start + 8)
    if why := _other_size((bottom - top, right - left), stored):
        return why
    end = codestream.rfind(END_MARKER)
    zeros = zeros_before(codestream, len(codestream) if end < 0 else end)
    most = _most_packets(codestream, start)
    if most is not None and zeros > most + 1:  # and one to make the length even
        return f"its compressed data breaks off into {zeros} zeros"
    return ""


def _most_packets(codestream: bytes, start: int) -> int | None:
    """Return the largest number of packets: layers x resolutions x precincts of all tiles (T.800 B.12)."""
    cod = codestream.find(b"\xff\x52", start)
    if cod < 0 or cod + 14 > len(codestream):
        return None
    style = codestream[cod + 4]
    (layers,) = struct.unpack_from(">H", codestream, cod + 6)
    levels = codestream[cod + 9]
    right, bottom, left, top, wide, high = struct.unpack_from(">6I", codestream, start + 8)
    if not wide or not high or levels > 32:
        return None
    tiles = -(-right // wide) * -(-bottom // high)
    cut = 1 if tiles > 1 or left or top else 0  # a tile that begins within a precinct has part of another one
    sizes = codestream[cod + 14 : cod + 15 + levels] if style & 1 else b"\xff" * (levels + 1)
    precincts = 0
    for resolution, size in enumerate(sizes):
        shrunk = levels - resolution
        columns, rows = _halved(min(right, wide), shrunk), _halved(min(bottom, high), shrunk)
        precincts += (_halved(columns, size & 15) + cut) * (_halved(rows, size >> 4) + cut)
    return int(tiles * layers * precincts)


def _halved(length: int, times: int) -> int:
    return -(-length >> times)  # each time rounded up
