"""Read the colours of frames: decoded, brought to red, green and blue of 8 bits."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.progress import StageProgress
from viewer3d.dicom.files.sources import FILE_REMEDY
from viewer3d.dicom.headers.frame import Frame, StoredPixels
from viewer3d.dicom.pixels.codestreams import breaks_off, codestream_flaw, without_padding_byte
from viewer3d.dicom.pixels.decode import (
    Codestreams,
    check_decoder,
    is_encapsulated,
    read_dataset,
    uncompressed_values,
)
from viewer3d.dicom.pixels.decode_worker import FrameError
from viewer3d.dicom.pixels.modality_values import read_voxels
from viewer3d.dicom.pixels.stored_value import BIG_ENDIAN
from viewer3d.dicom.pixels.transfer_syntaxes import FAMILY_OF, JPEG_2000, LOSSY_JPEG
from viewer3d.errors import BadFileError, DecoderError

if TYPE_CHECKING:
    from pydicom import Dataset

    from viewer3d.dicom.pixels.workers import Worker

CHANNELS: Final = 3

PALETTE: Final = "PALETTE COLOR"

DECODED_AS: Final = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
"""Photometric Interpretations of three samples that are read (PS3.3 C.7.6.3.1.2)."""

ByteOrder = Literal["<", ">"]
"""Of bytes, as numpy has it: pydicom leaves tables of words as they are in the file."""

_PARTS: Final = ("Red", "Green", "Blue")


def read_colors(frames: Sequence[Frame], *, progress: StageProgress | None = None) -> NDArray[np.uint8]:
    """Read frames of one size as red, green and blue.

    Parameters
    ----------
    frames : sequence of Frame
        Those of :attr:`viewer3d.RefusedFile.frames`.
    progress : callable, optional
        Called with (frames read, frames in all).

    Returns
    -------
    ndarray of uint8, shape (frames, rows, columns, 3)
        What has more than 8 bits a sample keeps the highest 8.

    Raises
    ------
    BadFileError
        When a file is damaged, or its colours are of a kind that is not read.
    DecoderError
        When there is no decoder for it here.
    """
    first = frames[0]
    colors = np.empty((len(frames), first.rows, first.columns, CHANNELS), np.uint8)
    done = 0
    for stored, numbers in _by_file(frames):
        indices = [frames[n].index for n in numbers]
        for n, picture in zip(numbers, _file_colors(stored, indices, frames[numbers[0]]), strict=True):
            colors[n] = picture
            done += 1
            if progress is not None:
                progress(done, len(frames))
    return colors


def _by_file(frames: Sequence[Frame]) -> Iterator[tuple[StoredPixels, list[int]]]:
    files: dict[int, tuple[StoredPixels, list[int]]] = {}
    for number, frame in enumerate(frames):
        files.setdefault(id(frame.stored), (frame.stored, []))[1].append(number)
    yield from files.values()


def _file_colors(stored: StoredPixels, indices: Sequence[int], first: Frame) -> Iterator[NDArray[np.uint8]]:
    """Yield the colours of frames of one file, (rows, columns, 3)."""
    name = stored.source.name
    if stored.photometric == PALETTE and stored.samples == 1:
        tables = _palette(read_dataset(stored), stored)
        for index in indices:
            plain = replace(first, index=index, slope=1.0, intercept=0.0, table=None, scaled_by=(), flaw="")
            yield tables.colors(read_voxels([plain])[:, :, 0].T)
        return
    if stored.samples != CHANNELS or stored.photometric not in DECODED_AS:
        raise BadFileError(f"{name}: colour {stored.photometric} of {stored.samples} samples is not read; ask for RGB")
    if stored.bits_allocated not in (8, 16) or not 8 <= stored.bits_stored <= stored.bits_allocated:
        raise BadFileError(
            f"{name}: colour of {stored.bits_stored} bits stored in {stored.bits_allocated}; expected 8 or 16"
        )
    samples = _coded(stored, indices) if is_encapsulated(stored) else _native(stored, indices)
    for found, photometric in samples:
        yield _as_rgb(_of_8_bits(found, stored), photometric)


def _native(stored: StoredPixels, indices: Sequence[int]) -> Iterator[tuple[NDArray[Any], str]]:
    """Yield the samples of uncompressed frames, (rows, columns, 3), and what they are."""
    from pydicom.pixels.utils import iter_pixels  # noqa: PLC0415 (0.3 s, and few files are of colour)
    from pydicom.uid import UID  # noqa: PLC0415

    uid = UID(stored.transfer_syntax)
    if not uid.is_transfer_syntax or uid.is_encapsulated:
        raise DecoderError(
            f"{stored.source.name}: transfer syntax {uid.name} ({uid}) has no decoder here; convert the files to an "
            "uncompressed one"
        )
    photometric = "YBR_FULL" if stored.photometric.startswith("YBR") else "RGB"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of padding, and raises at what is cut
        try:
            for found in iter_pixels(read_dataset(stored), indices=list(indices), raw=True):
                yield found, photometric
        except (MemoryError, BadFileError):
            raise
        except Exception as error:
            raise _unread(stored, error) from error


def _coded(stored: StoredPixels, indices: Sequence[int]) -> Iterator[tuple[NDArray[Any], str]]:
    """Yield the samples of compressed frames, (rows, columns, 3), and what they are."""
    from viewer3d.dicom.pixels.distribute import distribute_work  # noqa: PLC0415 (few files are compressed)

    check_decoder(stored)
    is_planar = _planar(stored)
    streams = Codestreams([stored] * len(indices))
    shape = (stored.rows, stored.columns, CHANNELS)
    for index in indices:
        found: list[NDArray[Any]] = []

        def work(worker: Worker, _number: int, index: int = index, found: list[NDArray[Any]] = found) -> None:
            found.append(_decoded(stored, index, streams.of(stored, index), worker))

        distribute_work(work, 1, 1)
        samples = found[0]
        if is_planar:
            yield samples.reshape(CHANNELS, stored.rows, stored.columns).transpose(1, 2, 0), _decoded_as(stored)
        else:
            yield samples.reshape(shape), _decoded_as(stored)


def _decoded(stored: StoredPixels, index: int, codestream: bytes, worker: Worker) -> NDArray[Any]:
    """Decode a frame of colour, as :func:`viewer3d.dicom.pixels.decode.decode_frame` does one of values.

    Returns
    -------
    ndarray, shape (rows, 3 * columns)
        The samples of a pixel side by side.
    """
    name = stored.name_of(index)
    if flaw := codestream_flaw(codestream, stored):
        raise BadFileError(f"{name}: truncated or damaged: {flaw}; {FILE_REMEDY}")
    wide = replace(stored, columns=CHANNELS * stored.columns, samples=1)
    family = FAMILY_OF[stored.transfer_syntax]
    if not family.decoders:
        return uncompressed_values(wide, name, codestream)
    kind = "YBR" if stored.photometric.startswith("YBR") else "RGB"
    decoders = {"RLE": ["RLE, colour"], "JPEG": [f"JPEG, {kind}"]}.get(family.decoders[0], list(family.decoders))

    def decoded(data: bytes) -> NDArray[Any]:
        try:
            return worker.decode(wide, decoders[0], data)
        except FrameError:
            if not worker.alive or len(decoders) == 1:
                raise
            return worker.decode(wide, decoders[1], data)

    try:
        try:
            samples = decoded(codestream)
        except FrameError:
            if (shorter := without_padding_byte(codestream, stored)) is None or not worker.alive:
                raise
            samples = decoded(shorter)
        broken = breaks_off(codestream, samples[:, ::CHANNELS], stored, decoded)
    except FrameError as error:
        raise BadFileError(f"{name}: its pixel data cannot be decoded ({error}); {FILE_REMEDY}") from error
    if broken:
        raise BadFileError(
            f"{name}: truncated or damaged: its compressed data breaks off before the last pixels; {FILE_REMEDY}"
        )
    return samples


def _planar(stored: StoredPixels) -> bool:
    """Return whether the planes of an uncompressed or deflated frame lie behind each other (0028,0006)."""
    if FAMILY_OF[stored.transfer_syntax].name not in ("Deflated Image Frame", "Encapsulated Uncompressed"):
        return False  # the decoders of all others give the channels side by side
    return bool(read_dataset(stored).get("PlanarConfiguration"))


def _decoded_as(stored: StoredPixels) -> str:
    """Return what decoded samples are: JPEG and JPEG 2000 decoders undo the transform of the codestream."""
    if stored.transfer_syntax in LOSSY_JPEG | JPEG_2000:
        return "RGB" if stored.photometric != "YBR_FULL" or stored.transfer_syntax in LOSSY_JPEG else "YBR_FULL"
    return "YBR_FULL" if stored.photometric.startswith("YBR") else "RGB"


def _of_8_bits(samples: NDArray[Any], stored: StoredPixels) -> NDArray[np.uint8]:
    unsigned = samples.view(f"u{samples.dtype.itemsize}") if samples.dtype.kind == "i" else samples
    if stored.bits_stored > 8:
        unsigned = unsigned >> (stored.bits_stored - 8)
    return unsigned.astype(np.uint8, copy=False)


def _as_rgb(samples: NDArray[np.uint8], photometric: str) -> NDArray[np.uint8]:
    """Return red, green and blue of samples; of YBR by PS3.3 C.7.6.3.1.2, rounded."""
    if photometric == "RGB":
        return samples
    luma, blue, red = (samples[..., n].astype(np.float32) for n in range(CHANNELS))
    blue, red = blue - 128, red - 128
    parts = (luma + 1.402 * red, luma - 0.114 * 1.772 / 0.587 * blue - 0.299 * 1.402 / 0.587 * red, luma + 1.772 * blue)
    return np.stack([np.clip(np.rint(part), 0, 255).astype(np.uint8) for part in parts], axis=-1)


class _Palette:
    """The tables of a palette (PS3.3 C.7.6.3.1.5).

    Parameters
    ----------
    first : int
        The stored value of the first entry.
    tables : ndarray of uint8, shape (entries, 3)
    """

    def __init__(self, first: int, tables: NDArray[np.uint8]) -> None:
        self._first, self._tables = first, tables

    def colors(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Return the colours of stored values; those beyond the ends have the first or last entry."""
        places = np.clip(values.astype(np.int64) - self._first, 0, len(self._tables) - 1)
        found: NDArray[np.uint8] = self._tables[places]
        return found


def _palette(dataset: Dataset, stored: StoredPixels) -> _Palette:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            count, first, bits = (int(one) for one in dataset.RedPaletteColorLookupTableDescriptor)
            if first > 0x7FFF and stored.signed:
                first -= 1 << 16
            order: ByteOrder = ">" if stored.transfer_syntax == BIG_ENDIAN else "<"
            tables = np.stack([_entries(dataset, part, count or 1 << 16, bits, order) for part in _PARTS], axis=-1)
            # All three are in one scale: a dark blue of 16 bits is none of 8. Some say 16 bits of entries that have 8.
            shift = 8 if bits == 16 and tables.max() > 0xFF else 0
            return _Palette(first, (tables >> shift).astype(np.uint8))
        except Exception as error:
            raise _unread(stored, error) from error


def _entries(dataset: Dataset, part: str, count: int, bits: int, order: ByteOrder) -> NDArray[np.int64]:
    data = dataset.get(f"{part}PaletteColorLookupTableData")
    if data is None:
        from pydicom.pixels.processing import _expand_segmented_lut  # noqa: PLC0415 (few palettes are in segments)

        held = dataset[f"Segmented{part}PaletteColorLookupTableData"].value
        segments = np.frombuffer(held, f"{order}u{bits // 8}")
        code = "B" if bits == 8 else "H"
        entries = np.array(_expand_segmented_lut(tuple(segments.tolist()), f"<{len(segments)}{code}"))
    else:
        # Eight bits may be stored in words of 16, and words of 8 bits in bytes, which are filled up to an even number.
        is_bytes = len(data) == count + count % 2 and len(data) < 2 * count
        entries = np.frombuffer(data, np.uint8 if is_bytes else f"{order}u2", -1 if is_bytes else len(data) // 2)
    if len(entries) < count:
        raise ValueError(f"{part} has {len(entries)} entries where {count} are said")
    return entries[:count].astype(np.int64)


def _unread(stored: StoredPixels, error: Exception) -> BadFileError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return BadFileError(f"{stored.source.name}: its colours cannot be read ({reason:.200}); {FILE_REMEDY}")
