"""Compressed Part 10 files in every transfer syntax that imagecodecs encodes, also those that pydicom does not know."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import imagecodecs
import numpy as np
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info

from tests.dicom.made import enhanced, group, image

Pixels = np.ndarray[Any, Any]
Offsets = Literal["none", "basic", "extended"]
ROWS, COLUMNS = 48, 40
UIDS: Final = "1.2.840.10008.1.2"


@dataclass(frozen=True)
class Coding:
    """One way to write a transfer syntax.

    Attributes
    ----------
    syntax : str
        UID of the transfer syntax.
    encode : callable
        Called with stored values of the sign that the header says, and Bits Stored; returns the codestream.
    decode : callable or None
        Returns what the codec itself makes of a codestream, bits as they come; None where nothing is lost.
    bits : tuple of int
        Bits Stored that it can be written with.
    signed : bool
        Whether values below zero can be written.
    """

    syntax: str
    encode: Callable[[Pixels, int], bytes]
    decode: Callable[[bytes], Pixels] | None = None
    bits: tuple[int, ...] = (8, 12, 16)
    signed: bool = True


def _words(values: Pixels, bits: int) -> Pixels:
    """Return the bits of values that a codestream without a sign holds: Bits Stored, in the fewest bytes."""
    words = values.view(f"u{values.itemsize}") & ((1 << bits) - 1)
    return words.astype(np.uint8 if bits <= 8 else np.uint16)


def _jpeg(values: Pixels, bits: int) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(_words(values, bits), level=95, bitspersample=bits))


def _deflated(values: Pixels, _bits: int) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(values.tobytes()) + packer.flush()


def _lossless_xl(values: Pixels, bits: int) -> bytes:
    return bytes(imagecodecs.jpegxl_encode(_words(values, bits), lossless=True, bitspersample=bits))


CODINGS: Final = {
    "JPEG baseline": Coding(f"{UIDS}.4.50", _jpeg, imagecodecs.jpeg8_decode, (8,), signed=False),
    "JPEG extended": Coding(f"{UIDS}.4.51", _jpeg, imagecodecs.jpeg8_decode, (8, 12), signed=False),
    "JPEG lossless": Coding(f"{UIDS}.4.70", lambda v, b: imagecodecs.ljpeg_encode(_words(v, b), bitspersample=b)),
    "JPEG-LS": Coding(f"{UIDS}.4.80", lambda v, b: imagecodecs.jpegls_encode(_words(v, b))),
    "JPEG-LS near": Coding(
        f"{UIDS}.4.81", lambda v, b: imagecodecs.jpegls_encode(_words(v, b), level=2), imagecodecs.jpegls_decode
    ),
    "JPEG 2000": Coding(
        f"{UIDS}.4.90",
        lambda v, b: imagecodecs.jpeg2k_encode(v, level=0, codecformat="j2k", reversible=True, bitspersample=b),
    ),
    "JPEG 2000 lossy": Coding(
        f"{UIDS}.4.91",
        lambda v, b: imagecodecs.jpeg2k_encode(v, level=60, codecformat="j2k", reversible=False, bitspersample=b),
        imagecodecs.jpeg2k_decode,
    ),
    "JPEG XL lossless": Coding(f"{UIDS}.4.110", _lossless_xl),
    "JPEG XL recompressed": Coding(
        f"{UIDS}.4.111",
        lambda v, b: imagecodecs.jpegxl_encode_jpeg(_jpeg(v, b)),
        imagecodecs.jpegxl_decode,
        (8,),
        signed=False,
    ),
    "JPEG XL": Coding(
        f"{UIDS}.4.112",
        lambda v, b: imagecodecs.jpegxl_encode(_words(v, b), level=90, bitspersample=b),
        imagecodecs.jpegxl_decode,
        signed=False,
    ),
    "JPEG XL, without loss": Coding(f"{UIDS}.4.112", _lossless_xl),
    "HTJ2K lossless": Coding(f"{UIDS}.4.201", lambda v, _b: imagecodecs.htj2k_encode(v, reversible=True)),
    "HTJ2K lossless RPCL": Coding(
        f"{UIDS}.4.202", lambda v, _b: imagecodecs.htj2k_encode(v, reversible=True, tlm=True)
    ),
    "HTJ2K": Coding(
        f"{UIDS}.4.203",
        lambda v, _b: imagecodecs.htj2k_encode(v, level=0.001, reversible=False),
        imagecodecs.jpeg2k_decode,
    ),
    "RLE": Coding(f"{UIDS}.5", lambda v, _b: rle(v)),
    "Encapsulated Uncompressed": Coding(f"{UIDS}.1.98", lambda v, _b: v.tobytes()),
    "Deflated Image Frame": Coding(f"{UIDS}.8.1", _deflated),
}
"""Ways to write compressed pixel data, by name."""


def rle(values: Pixels) -> bytes:
    """Encode by PS3.5 G: the most significant bytes first, each segment of an even length."""
    planes = [values.view(np.uint8).reshape(*values.shape, -1)[..., k] for k in reversed(range(values.itemsize))]
    segments = [bytes(imagecodecs.packbits_encode(np.ascontiguousarray(plane))) for plane in planes]
    segments = [one + bytes(len(one) % 2) for one in segments]
    starts = [64 + sum(map(len, segments[:k])) for k in range(len(segments))]
    return struct.pack("<16I", len(segments), *starts, *[0] * (15 - len(segments))) + b"".join(segments)


def pictures(frames: int, bits: int, *, signed: bool = False, allocated: int = 0, margin: float = 0.0) -> Pixels:
    """Return frames of waves and noise, no two of them alike.

    Parameters
    ----------
    frames, bits : int
    signed : bool
    allocated : int
        Bits Allocated, 8 or 16; by default the fewest that hold the values.
    margin : float
        Part of the range that is kept free at both ends, where a lossy codec may go beyond what it was given.

    Returns
    -------
    ndarray of integers, shape (frames, 48, 40)
        Without a margin the lowest and the highest value that the bits hold are in each frame.
    """
    y, x = np.mgrid[:ROWS, :COLUMNS]
    waves = [np.sin((x + 7 * k) / 5) * np.cos(y / (7 + k)) for k in range(frames)]
    noise = np.random.default_rng(bits).normal(0, 0.02, (frames, ROWS, COLUMNS))
    unit = np.clip((np.array(waves) + noise + 1) / 2, 0, 1) * (1 - 2 * margin) + margin
    if not margin:
        unit[:, 0, :2] = 0, 1
    lowest = -(1 << bits - 1) if signed else 0
    kind = f"{'i' if signed else 'u'}{(allocated or (8 if bits <= 8 else 16)) // 8}"
    return np.ascontiguousarray(np.rint(unit * ((1 << bits) - 1)) + lowest, dtype=kind)


def codestreams(coding: Coding, values: Pixels, bits: int) -> list[bytes]:
    """Encode frames one by one."""
    return [bytes(coding.encode(np.ascontiguousarray(one), bits)) for one in values]


def true_values(coding: Coding, values: Pixels, streams: Sequence[bytes], bits: int) -> Pixels:
    """Return what must be read: what was encoded, or what the codec itself makes of it where it loses something."""
    if coding.decode is None:
        return values.astype(int)
    decoded = np.array([coding.decode(one) for one in streams]).astype(int) & (1 << bits) - 1
    half = 1 << bits - 1
    return (decoded ^ half) - half if values.dtype.kind == "i" else decoded


def dataset_of(values: Pixels, bits: int, k: int = 0) -> Dataset:
    """Describe frames by a header: one as the k-th slice of a classic series, several as an enhanced image."""
    many = len(values) > 1
    ds = enhanced([group(n) for n in range(len(values))], [0] * len(values)) if many else image(k + 1, k, 0)
    ds.Rows, ds.Columns = values.shape[1:]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8 * values.itemsize, bits, bits - 1
    ds.PixelRepresentation = int(values.dtype.kind == "i")
    return ds


def encapsulated(ds: Dataset, streams: Sequence[bytes], *, offsets: Offsets = "none", fragments: int = 1) -> Dataset:
    """Put codestreams into a dataset as the fragments of its pixel data (PS3.5 A.4).

    Parameters
    ----------
    ds : Dataset
    streams : sequence of bytes
        One a frame.
    offsets : str
        An empty Basic Offset Table, a full one, or an Extended Offset Table (PS3.3 C.7.6.3.1.8).
    fragments : int
        Into how many each frame is cut; an Extended Offset Table allows one.
    """
    cut = [_cut(one, fragments) for one in streams]
    lengths = [sum(8 + len(part) for part in parts) for parts in cut]
    starts = [sum(lengths[:k]) for k in range(len(lengths))]
    table = struct.pack(f"<{len(starts)}I", *starts) if offsets == "basic" else b""
    ds.PixelData = b"".join(map(_item, [table, *(part for parts in cut for part in parts)]))
    if offsets == "extended":
        ds.ExtendedOffsetTable = struct.pack(f"<{len(starts)}Q", *starts)
        ds.ExtendedOffsetTableLengths = struct.pack(f"<{len(starts)}Q", *map(len, streams))
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    return ds


def _cut(stream: bytes, fragments: int) -> list[bytes]:
    size = -(-len(stream) // fragments)
    size += size % 2
    parts = [stream[at : at + size] for at in range(0, len(stream), size)]
    return [part + bytes(len(part) % 2) for part in parts]


def _item(value: bytes) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(value)) + value


def save(ds: Dataset, syntax: str, path: Path) -> Path:
    """Write a Part 10 file; pydicom writes none in a transfer syntax that it does not know."""
    ds.file_meta.TransferSyntaxUID = syntax
    meta, body = DicomBytesIO(), DicomBytesIO()
    body.is_little_endian, body.is_implicit_VR = True, False
    write_file_meta_info(meta, ds.file_meta)
    write_dataset(body, ds)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(128) + b"DICM" + meta.getvalue() + body.getvalue())
    return path


def write(
    path: Path,
    name: str,
    values: Pixels,
    bits: int,
    *,
    k: int = 0,
    offsets: Offsets = "none",
    fragments: int = 1,
) -> Pixels:
    """Write one file of frames, and return the values that must be read from it.

    Parameters
    ----------
    path : Path
    name : str
        One of :data:`CODINGS`.
    values : ndarray of integers, shape (frames, rows, columns)
        From :func:`pictures`.
    bits : int
        Bits Stored.
    k : int
        Which slice of its series a single frame is; they lie 2.5 mm apart.
    offsets, fragments
        As for :func:`encapsulated`.
    """
    coding = CODINGS[name]
    streams = codestreams(coding, values, bits)
    ds = encapsulated(dataset_of(values, bits, k), streams, offsets=offsets, fragments=fragments)
    save(ds, coding.syntax, path)
    return true_values(coding, values, streams, bits)


def write_series(folder: Path, name: str, slices: int, bits: int = 12, *, signed: bool = False) -> Pixels:
    """Write a classic series of single frames, and return the values that must be read, slice by slice."""
    values = pictures(slices, bits, signed=signed, allocated=16 if bits > 8 else 8, margin=0.05)
    return np.concatenate([write(folder / f"{k:04}.dcm", name, values[k : k + 1], bits, k=k) for k in range(slices)])
