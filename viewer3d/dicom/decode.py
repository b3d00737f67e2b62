"""Compressed, big endian and other pixel data to stored values, by pydicom and its decoder plug-ins."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import tee
from typing import TYPE_CHECKING, Any, Final

from numpy.typing import NDArray

from viewer3d.dicom.codestreams import BrokenError, breaks_off, encapsulated, flaw_of, split_codestreams, without_pad
from viewer3d.dicom.fast import ENCAPSULATED
from viewer3d.dicom.frame import Stored
from viewer3d.dicom.sources import BAD_FILE, DatasetSource
from viewer3d.errors import BadFileError, DecoderError

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.pixels.decoders.base import Decoder


@dataclass(frozen=True)
class Family:
    """A way of compressing, the transfer syntaxes that use it, and the packages that decode it.

    Attributes
    ----------
    cost : float
        Nanoseconds a pixel on one core of a server of 2024, by the decoder that is taken here; where none was
        measured, that of the others.
    """

    name: str
    syntaxes: tuple[str, ...]
    packages: str
    cost: float


FAMILIES: Final = (
    Family("RLE", ("1.2.840.10008.1.2.5",), "pydicom", 16),
    Family("JPEG", ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"), "python-gdcm", 16),
    Family("JPEG lossless", ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"), "python-gdcm", 16),
    Family("JPEG-LS", ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"), "pyjpegls", 17),
    Family("JPEG 2000", ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"), "pylibjpeg pylibjpeg-openjpeg", 110),
    Family(
        "HTJ2K",
        ("1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"),
        "pylibjpeg pylibjpeg-openjpeg",
        16,
    ),
)
"""The compressions that DICOM files come in (PS3.5 A.4)."""

PREFERRED: Final = {
    "1.2.840.10008.1.2.5": "pydicom",  # 4.2 ms a slice; pylibjpeg-rle 0.8, but it panics on damaged data
    "1.2.840.10008.1.2.4.80": "pyjpegls",  # 4.4 ms a slice; gdcm 6.8
    "1.2.840.10008.1.2.4.81": "pyjpegls",
    "1.2.840.10008.1.2.4.91": "pylibjpeg",  # lossy: one decoder in all ways, so that all give the same values
}
"""Transfer syntax to the plug-in that is fastest of those that survive damaged data, where pydicom's own is not."""

PREFERRED_ON_ONE_CORE: Final = PREFERRED | {
    "1.2.840.10008.1.2.4.90": "pylibjpeg",  # 30 ms a slice; gdcm 34, or 20 on two cores, which it takes when it can
}
"""The same where the other cores have slices of their own."""

RLE_EXCESS: Final = re.compile(r"padding - (\d+) vs\. (\d+) bytes")
"""What pydicom warns of, and goes on, when RLE holds more pixels than Rows and Columns say: a sheared picture."""

MOST_PADDING: Final = 512
"""Zero bytes behind native pixels that are padding to a block of a disk; more may be rows."""

_COST: Final = {syntax: family.cost * 1e-9 for family in FAMILIES for syntax in family.syntaxes}


def seconds_a_pixel(stored: Stored) -> float:
    """Return about what a pixel takes to decode; 0 where it costs next to nothing or must be done in this process."""
    if isinstance(stored.source, DatasetSource):
        return 0.0  # it may hold an open file, whose position processes would share
    return _COST.get(stored.transfer_syntax, 0.0)


def import_decoders() -> None:
    """Import what decodes, so that processes forked later need not do it each."""
    import pydicom.pixels.decoders.base  # noqa: PLC0415 (see stored_values)
    import pydicom.pixels.utils  # noqa: F401, PLC0415


def stored_values(stored: Stored, indices: Iterable[int], *, alone: bool = True) -> Iterator[NDArray[Any]]:
    """Decode some frames of one file.

    Parameters
    ----------
    stored : Stored
        How the file holds them.
    indices : iterable of int
        Numbers of the frames, from 0; at least one. The next is asked for when the frame before was taken.
    alone : bool
        Whether the other cores are free to help.

    Yields
    ------
    ndarray, shape (rows, columns)
        Stored values in the file's own integer or float type.

    Raises
    ------
    DecoderError
        When no installed decoder reads the transfer syntax.
    BadFileError
        When the pixel data cannot be decoded.
    """
    decoder = find_decoder(stored.transfer_syntax, stored.source.name)
    plugin = (PREFERRED if alone else PREFERRED_ON_ONE_CORE).get(stored.transfer_syntax, "")
    plugin = plugin if plugin in decoder.available_plugins else ""
    arrays = _encapsulated_frames if stored.transfer_syntax in ENCAPSULATED else _native_frames
    at = stored.source.name
    with warnings.catch_warnings():
        # pydicom warns of padding and of lengths it can live with; what it cannot live with raises.
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message=f".*{RLE_EXCESS.pattern}")
        try:
            wanted, named = tee(indices)
            frames = arrays(stored, wanted, decoder, plugin)
            for index in named:
                at = name_of(stored, index)
                yield _in_bits_stored(next(frames), stored)
        except (MemoryError, BadFileError):
            raise
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            if "12-bit" in reason:  # only libjpeg itself reads these, and its wheel is under GPL
                raise DecoderError(
                    f"{at}: JPEG of 12 bits needs a decoder: pip install 'viewer3d[gpl]' (GPL-3)"
                ) from error
            raise BadFileError(f"{at}: its pixel data cannot be decoded ({reason}); {BAD_FILE}") from error


def _in_bits_stored(values: NDArray[Any], stored: Stored) -> NDArray[Any]:
    """Clear bits above Bits Stored, or fill them with the sign: they may hold an overlay (PS3.5 8.1.1)."""
    unused = values.dtype.itemsize * 8 - stored.bits_stored
    if not unused or stored.keyword != "PixelData":
        return values
    signed = values.dtype.kind == "i"
    kept: NDArray[Any] = (values << unused) >> unused if signed else values & ((1 << stored.bits_stored) - 1)
    return kept


def _native_frames(stored: Stored, indices: Iterable[int], _decoder: Decoder, plugin: str) -> Iterator[NDArray[Any]]:
    from pydicom.pixels.utils import iter_pixels  # noqa: PLC0415 (see stored_values)

    dataset = _dataset(stored)
    value = _bytes_of(dataset, stored.keyword)
    check_length(stored, len(value), lambda start: value[start:])
    yield from iter_pixels(dataset, indices=indices, raw=True, decoding_plugin=plugin, correct_unused_bits=True)


def _encapsulated_frames(
    stored: Stored, indices: Iterable[int], decoder: Decoder, plugin: str
) -> Iterator[NDArray[Any]]:
    """Decode frames from where the pixel data begins: the header need not be read again (0.5 ms)."""
    options: dict[str, Any] = {
        "correct_unused_bits": True,
        "rows": stored.rows,
        "columns": stored.columns,
        "number_of_frames": 1,
        "samples_per_pixel": stored.samples,
        "photometric_interpretation": stored.photometric,
        "bits_allocated": stored.bits_allocated,
        "bits_stored": stored.bits_stored,
        "pixel_representation": int(stored.signed),
        "pixel_keyword": stored.keyword,
    }

    def decoded(codestream: bytes, by: str = plugin) -> NDArray[Any]:
        array: NDArray[Any]
        array, _ = decoder.as_array(encapsulated(codestream), index=0, raw=True, decoding_plugin=by, **options)
        return array

    try:
        data = _pixel_items(stored)
        places = split_codestreams(data, stored)
    except BrokenError as error:
        raise BadFileError(f"{stored.source.name}: truncated or damaged: {error}; {BAD_FILE}") from error
    for index in indices:
        codestream = b"".join(data[place] for place in places[index])
        if flaw := flaw_of(codestream, stored):
            raise BadFileError(f"{name_of(stored, index)}: truncated or damaged: {flaw}; {BAD_FILE}")
        try:
            array = decoded(codestream)
        except Exception as error:
            if (shorter := without_pad(codestream, stored)) is not None:
                array = decoded(shorter)
            elif _is_padding(error, stored):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    array = decoded(codestream)
            else:
                raise
        # Of the decoders of JPEG only Pillow prints nothing to the terminal when data is odd.
        quiet = partial(decoded, by="pillow" if "pillow" in decoder.available_plugins else plugin)
        if breaks_off(codestream, array, stored, quiet):
            raise BadFileError(
                f"{name_of(stored, index)}: truncated or damaged: its compressed data breaks off before the last "
                f"pixels; {BAD_FILE}"
            )
        yield array


def _is_padding(error: Exception, stored: Stored) -> bool:
    """Return whether pydicom complains of fewer bytes beyond the pixels of RLE than a row or column has."""
    found = RLE_EXCESS.search(str(error))
    return found is not None and int(found[1]) - int(found[2]) < min(stored.rows, stored.columns)


def _pixel_items(stored: Stored) -> bytes:
    """Read the value of encapsulated pixel data, from a file with all that comes behind it."""
    if stored.offset is None or isinstance(stored.source, DatasetSource):
        return _bytes_of(_dataset(stored), stored.keyword)
    with stored.source.open(buffering=0) as file:
        file.seek(stored.offset)
        return file.read()


def _bytes_of(dataset: Dataset, keyword: str) -> bytes:
    value = dataset[keyword].value
    if hasattr(value, "read"):  # pydicom lets a dataset hold an open file in place of bytes
        value.seek(0)
        value = value.read()
    found: bytes = value
    return found


def name_of(stored: Stored, index: int) -> str:
    """Return what messages call a frame: its file, and its number in a file of many."""
    return f"{stored.source.name} frame {index + 1}" if stored.frames > 1 else stored.source.name


def check_length(stored: Stored, held: int, tail: Callable[[int], bytes]) -> None:
    """Refuse native pixel data that is not of so many pixels as the header says, but for a little padding.

    Parameters
    ----------
    stored : Stored
    held : int
        Bytes that there are.
    tail : callable
        Returns the bytes from a place in the pixel data on.

    Raises
    ------
    BadFileError
        Names the file and both lengths: with rows of another length the picture would be sheared.
    """
    size = f"{stored.frames} x {stored.columns} x {stored.rows} pixels"
    needed = stored.rows * stored.columns * stored.frames * stored.bits_allocated // 8
    if held < needed:
        raise BadFileError(
            f"{stored.source.name}: truncated: {size} need {needed:,} bytes, the file holds {max(0, held):,}; "
            f"{BAD_FILE}"
        )
    even = needed + needed % 2
    if held > even and (held > needed + MOST_PADDING or any(tail(even))):
        raise BadFileError(
            f"{stored.source.name}: Rows, Columns and Number of Frames do not fit its pixel data: {size} need "
            f"{needed:,} bytes, the file holds {held:,}; {BAD_FILE}"
        )


def find_decoder(transfer_syntax: str, name: str) -> Decoder:
    """Return pydicom's decoder of a transfer syntax.

    Raises
    ------
    DecoderError
        With the install command when a plug-in is missing; by name when nobody decodes it.
    """
    from pydicom.pixels.decoders.base import get_decoder  # noqa: PLC0415 (see stored_values)
    from pydicom.uid import UID  # noqa: PLC0415

    uid = UID(transfer_syntax)
    called = f"{UID(transfer_syntax).name} ({transfer_syntax})" if transfer_syntax else "none"
    try:
        decoder = get_decoder(uid)
    except NotImplementedError as error:
        raise DecoderError(
            f"{name}: transfer syntax {called} has no decoder in Python; convert the files to an uncompressed one"
        ) from error
    if not decoder.is_available:
        packages = next((family.packages for family in FAMILIES if transfer_syntax in family.syntaxes), "")
        raise DecoderError(f"{name}: transfer syntax {called} needs a decoder: pip install {packages or 'pylibjpeg'}")
    return decoder


def _dataset(stored: Stored) -> Dataset:
    """Read a file whole, with the transfer syntax that its header was read by."""
    from pydicom import dcmread  # noqa: PLC0415 (see stored_values)
    from pydicom.dataset import FileMetaDataset  # noqa: PLC0415
    from pydicom.uid import UID  # noqa: PLC0415

    if isinstance(stored.source, DatasetSource):
        dataset = _shallow(stored.source.dataset)
    else:
        with stored.source.open() as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                dataset = dcmread(file, force=True)
            except Exception as error:
                raise BadFileError(f"{stored.source.name}: cannot be read ({error}); {BAD_FILE}") from error
    try:
        empty = stored.keyword not in dataset or not dataset[stored.keyword].value
    except Exception as error:
        raise BadFileError(f"{stored.source.name}: cannot be read ({error}); {BAD_FILE}") from error
    if empty:
        raise BadFileError(f"{stored.source.name}: its pixel data is empty; {BAD_FILE}")
    if not getattr(dataset, "file_meta", None) or not dataset.file_meta.get("TransferSyntaxUID"):
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = UID(stored.transfer_syntax)
    return dataset


def _shallow(own: Dataset) -> Dataset:
    """Return a dataset that shares the elements of the user's, so that theirs is not changed."""
    from pydicom import Dataset  # noqa: PLC0415 (see stored_values)

    dataset = Dataset(own)
    # What was left in the file by dcmread(..., defer_size=...) is read from there when it is asked for.
    for name in ("filename", "fileobj_type", "timestamp", "buffer"):
        if hasattr(own, name):
            setattr(dataset, name, getattr(own, name))
    return dataset


def plugins_of(family: Family) -> tuple[str, ...]:
    """Return the plug-ins here that decode every transfer syntax of a family."""
    from pydicom.pixels.decoders.base import get_decoder  # noqa: PLC0415 (see stored_values)
    from pydicom.uid import UID  # noqa: PLC0415

    first, *others = (get_decoder(UID(syntax)).available_plugins for syntax in family.syntaxes)
    return tuple(name for name in first if all(name in plugins for plugins in others))
