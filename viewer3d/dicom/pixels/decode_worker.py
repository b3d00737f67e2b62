"""The program of the worker processes that decode compressed frames.

No decoder survives all damaged data: some crash their process, some never return. So they run here, one frame at a
time, requested on standard input and answered on standard output (see :mod:`viewer3d.dicom.pixels.workers`). The
process ends as soon as its parent does, which closes standard input, also while a decoder does not return.
"""

from __future__ import annotations

import faulthandler
import os
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import NDArray

REQUEST: Final = struct.Struct("<4sBBBxIIIQQ")
"""Magic, number of the decoder, bytes per pixel in the header, whether it is signed, rows, columns, seconds
of CPU, bytes of memory, bytes of the codestream, which follows."""

REPLY: Final = struct.Struct("<4sBcBxQ")
"""Magic, whether it was decoded, kind (as in numpy) and bytes per pixel, bytes that follow: pixels or the reason."""

MAGIC: Final = b"v3d1"

ORPHAN_FACTOR: Final = 8
"""Where the system does not limit CPU time, a worker ends itself after the allowed seconds of CPU times this, by the
clock. Its parent ends it sooner, so that only a worker without a parent gets so far."""


class FrameError(Exception):
    """A frame that could not be decoded; the text is the reason, without the name of the frame."""


Decode = Callable[[bytes, "DecodeRequest"], "NDArray[Any]"]


class DecodeRequest(NamedTuple):
    """A request to decode a frame: its numbers in the order of :data:`REQUEST`.

    Attributes
    ----------
    decoder : int
        Index in :data:`DECODERS`.
    itemsize : int
        Bits Allocated over 8.
    signed : bool
        Pixel Representation.
    rows, columns : int
    seconds : int
        CPU time that it may take.
    memory : int
        Bytes that it may take besides those of the program.
    length : int
        Bytes of the codestream.
    """

    decoder: int
    itemsize: int
    signed: bool
    rows: int
    columns: int
    seconds: int
    memory: int
    length: int


def _rle(data: bytes, request: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import dicomrle_decode  # noqa: PLC0415 (each decoder is another library)
    from numpy import dtype, frombuffer  # noqa: PLC0415

    kind = dtype(f"{'i' if request.signed else 'u'}{request.itemsize}")
    return _of_size(frombuffer(dicomrle_decode(data, kind), kind), request)


def _rle_colors(data: bytes, request: DecodeRequest) -> NDArray[Any]:
    """Decode RLE of three samples a pixel: the planes of their bytes, sample by sample (PS3.5 G.2)."""
    from imagecodecs import packbits_decode  # noqa: PLC0415
    from numpy import dtype, empty, frombuffer, uint8  # noqa: PLC0415

    count, *starts = struct.unpack_from("<16I", data)
    if count != 3 * request.itemsize or not all(64 <= start < len(data) for start in starts[:count]):
        raise ValueError(f"it has {count} segments where the header says three samples of {request.itemsize} bytes")
    one = request._replace(columns=request.columns // 3)
    ends = [*starts[1:count], len(data)]
    parts = [packbits_decode(data[start:end]) for start, end in zip(starts[:count], ends, strict=True)]
    pixels = empty((one.rows, request.columns), dtype(f"<u{request.itemsize}"))
    octets = pixels.view(uint8).reshape(one.rows, one.columns, 3, request.itemsize)
    for number, part in enumerate(parts):
        sample, octet = divmod(number, request.itemsize)
        octets[:, :, sample, request.itemsize - 1 - octet] = _of_size(frombuffer(part, uint8), one)
    return pixels


def _rle_padded(data: bytes, request: DecodeRequest) -> NDArray[Any]:
    """Decode RLE with padded segments (PS3.5 G.5), which the other decoder refuses."""
    from imagecodecs import packbits_decode  # noqa: PLC0415
    from numpy import dtype, empty, frombuffer, uint8  # noqa: PLC0415

    count, *starts = struct.unpack_from("<16I", data)
    if count != request.itemsize or not all(64 <= start < len(data) for start in starts[:count]):
        raise ValueError(f"it has {count} segments where the header says {request.itemsize} bytes a pixel")
    ends = [*starts[1:count], len(data)]
    parts = [packbits_decode(data[start:end]) for start, end in zip(starts[:count], ends, strict=True)]
    planes = [_of_size(frombuffer(part, uint8), request) for part in parts]
    pixels = empty((request.rows, request.columns), dtype(f"<{'i' if request.signed else 'u'}{request.itemsize}"))
    octets = pixels.view(uint8).reshape(request.rows, request.columns, request.itemsize)
    for number, plane in enumerate(planes):  # the most significant byte first
        octets[:, :, request.itemsize - 1 - number] = plane
    return pixels


def _of_size(pixels: NDArray[Any], request: DecodeRequest) -> NDArray[Any]:
    """Return pixels as an array of rows and columns, without padding.

    Less than a row or column behind the last is padding; more shows that the image has another size.
    """
    count = request.rows * request.columns
    if not 0 <= pixels.size - count < min(request.rows, request.columns):
        raise ValueError(f"it holds {pixels.size} pixels where the header says {count}")
    return pixels[:count].reshape(request.rows, request.columns)


def _jpeg(data: bytes, _request: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import jpeg8_decode  # noqa: PLC0415

    return jpeg8_decode(data)


def _jpeg_ybr(data: bytes, _request: DecodeRequest) -> NDArray[Any]:
    """Decode JPEG that a header calls YBR, unless its Adobe marker says it has red, green and blue."""
    from imagecodecs import jpeg8_decode  # noqa: PLC0415

    return jpeg8_decode(data, colorspace="RGB" if _adobe_transform(data) == 0 else "YCBCR", outcolorspace="RGB")


def _jpeg_rgb(data: bytes, _request: DecodeRequest) -> NDArray[Any]:
    """Decode JPEG that a header calls RGB, unless markers of JFIF or Adobe say it is YCbCr."""
    from imagecodecs import jpeg8_decode  # noqa: PLC0415

    transform = _adobe_transform(data)
    is_ybr = transform == 1 or (transform is None and b"\xff\xe0" in data[:4] and data[6:10] == b"JFIF")
    return jpeg8_decode(data, colorspace="YCBCR" if is_ybr else "RGB", outcolorspace="RGB")


def _adobe_transform(data: bytes) -> int | None:
    """Return the transform that an Adobe marker says (APP14, T.872 6.5.3); None where there is none."""
    at = data.find(b"\xff\xee", 0, max(0, data.find(b"\xff\xda")))
    return data[at + 15] if at > 0 and data[at + 4 : at + 9] == b"Adobe" and at + 15 < len(data) else None


def _jpeg_lossless(data: bytes, _request: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import ljpeg_decode  # noqa: PLC0415

    return ljpeg_decode(data)


def _jpeg_lossless_2(data: bytes, _request: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import jpegsof3_decode  # noqa: PLC0415

    return jpegsof3_decode(data)


def _jpeg_ls(data: bytes, _request: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import jpegls_decode  # noqa: PLC0415

    return jpegls_decode(data)


def _jpeg_2000(data: bytes, _request: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import jpeg2k_decode  # noqa: PLC0415

    return jpeg2k_decode(data, numthreads=1)


def _jpeg_xl(data: bytes, _request: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import jpegxl_decode  # noqa: PLC0415

    return jpegxl_decode(data, numthreads=1)


def _deflate(data: bytes, request: DecodeRequest) -> NDArray[Any]:
    from zlib import MAX_WBITS, decompressobj  # noqa: PLC0415

    from numpy import dtype, frombuffer  # noqa: PLC0415

    kind = dtype(f"<{'i' if request.signed else 'u'}{request.itemsize}")
    count = request.rows * request.columns
    size = count * kind.itemsize
    stream = decompressobj(-MAX_WBITS)
    pixels = stream.decompress(data, size + 2)
    if len(pixels) not in (size, size + size % 2):  # a byte may be added to make the length even
        held = f"{len(pixels)} bytes" if len(pixels) < size else f"more than {size} bytes"
        raise ValueError(f"it holds {held} where the header says {request.rows} rows x {request.columns} columns")
    if not stream.eof:
        raise ValueError("its deflated data break off")
    return frombuffer(pixels, kind, count).reshape(request.rows, request.columns)


DECODERS: Final[dict[str, Decode]] = {
    "RLE": _rle,
    "RLE, padded": _rle_padded,
    "RLE, colour": _rle_colors,
    "JPEG": _jpeg,
    "JPEG, YBR": _jpeg_ybr,
    "JPEG, RGB": _jpeg_rgb,
    "JPEG lossless": _jpeg_lossless,
    "JPEG lossless, another": _jpeg_lossless_2,
    "JPEG-LS": _jpeg_ls,
    "JPEG 2000": _jpeg_2000,
    "JPEG XL": _jpeg_xl,
    "deflate": _deflate,
}
"""Decoders by name; requests give their index."""


def answer_requests() -> None:
    """Answer requests until standard input ends."""
    source, target = _claim_pipes()
    _end_with_parent()
    import numpy as np  # noqa: F401, PLC0415 (now, before the first request; all decoders need it)

    with suppress(BrokenPipeError, KeyboardInterrupt):  # the parent has gone
        while head := _read(source, REQUEST.size):
            magic, *numbers = REQUEST.unpack(head)
            request = DecodeRequest(*numbers)
            data = _read(source, request.length)
            if magic != MAGIC or len(data) != request.length:
                return
            _answer(target, data, request)


def _answer(target: int, data: bytes, request: DecodeRequest) -> None:
    try:
        with _Limits(request):
            pixels = _decoded(data, request)
        _write(target, REPLY.pack(MAGIC, True, pixels.dtype.kind.encode(), pixels.dtype.itemsize, pixels.nbytes))
        _write(target, pixels.data.cast("B"))
    except BrokenPipeError:
        raise
    except MemoryError:
        _refuse(target, f"it takes more than {request.memory >> 20} MiB")
    except Exception as error:  # all errors of decoders are reported to the parent  # noqa: BLE001, RUF100
        _refuse(target, " ".join(str(error).split()) or type(error).__name__)


def _refuse(target: int, reason: str) -> None:
    text = reason[:500].encode(errors="replace")
    _write(target, REPLY.pack(MAGIC, False, b"-", 0, len(text)) + text)


def _decoded(data: bytes, request: DecodeRequest) -> NDArray[Any]:
    import numpy as np  # noqa: PLC0415

    found = np.asarray(list(DECODERS.values())[request.decoder](data, request))
    # The samples of a pixel lie side by side: three times as many columns are asked for where there are three.
    pixels = found.reshape(len(found), -1) if found.ndim == 3 else found
    if pixels.shape != (request.rows, request.columns):
        raise ValueError(
            f"it holds {' x '.join(map(str, found.shape))} where the header says {request.rows} rows x "
            f"{request.columns} columns"
        )
    if pixels.dtype.kind not in "iu":
        raise ValueError(f"it holds {pixels.dtype.name} where stored values are whole numbers")
    little = pixels.dtype.newbyteorder("<")
    return np.ascontiguousarray(pixels, little)


def _end_with_parent() -> None:
    """Let the system end this process with its parent, even while a decoder runs (Linux).

    The parent holds the other end of a pipe (its number is the second argument) and writes nothing into it, so that
    only the end of the parent raises SIGIO, which ends a process by default. The pipe of the requests will not do: its
    signal for data may come after the data was read, while the decoder runs.
    """
    with suppress(ImportError, AttributeError, IndexError):  # Windows has neither
        import fcntl  # noqa: PLC0415
        import select  # noqa: PLC0415
        import signal  # noqa: PLC0415

        pipe = int(sys.argv[2])
        ends = {signal.SIGIO, signal.SIGXCPU}
        for one in ends:  # the parent may ignore or block them, which is inherited
            signal.signal(one, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
        fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
        poll = select.poll()
        poll.register(pipe, 0)
        if poll.poll(0):  # the parent ended before SIGIO was requested
            sys.exit()


class _Limits:
    """Limits CPU time and memory while a frame is decoded, as far as the system can.

    Linux limits both. macOS limits CPU time, but ignores RLIMIT_AS. On Windows, which has neither, a timer of Python
    ends the process. Everywhere the parent limits time by the clock.
    """

    def __init__(self, request: DecodeRequest) -> None:
        self._request = request

    def __enter__(self) -> None:
        try:
            import resource  # noqa: PLC0415
        except ImportError:
            # In a thread of C, which does not wait for the decoder; its output is discarded.
            faulthandler.dump_traceback_later(ORPHAN_FACTOR * self._request.seconds, exit=True, file=2)
            return
        used = resource.getrusage(resource.RUSAGE_SELF)
        # Beyond the soft limit the system sends SIGXCPU, which ends the process, even if its parent was killed.
        self._set(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + self._request.seconds)
        if size := _address_space():
            self._set(resource.RLIMIT_AS, size + self._request.memory)

    def __exit__(self, *_error: object) -> None:
        try:
            import resource  # noqa: PLC0415
        except ImportError:
            faulthandler.cancel_dump_traceback_later()
        else:
            self._set(resource.RLIMIT_AS, resource.RLIM_INFINITY)

    @staticmethod
    def _set(what: int, soft: int) -> None:
        import resource  # noqa: PLC0415

        hard = resource.getrlimit(what)[1]
        if hard != resource.RLIM_INFINITY:
            soft = hard if soft == resource.RLIM_INFINITY else min(soft, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (soft, hard))


def _address_space() -> int:
    """Return the bytes of address space in use; 0 where the system does not report them."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 (called for each frame)
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def _claim_pipes() -> tuple[int, int]:
    """Take standard input and output for requests and replies, and discard what libraries print."""
    source, target = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        for stream in (source, target):
            msvcrt.setmode(stream, os.O_BINARY)
    return source, target


def _read(source: int, count: int) -> bytes:
    """Read a number of bytes, fewer only where the input ends."""
    if not count:
        return b""
    first = os.read(source, min(count, 1 << 20))
    if len(first) == count or not first:
        return first
    parts, got = [first], len(first)
    while got < count and (part := os.read(source, min(count - got, 1 << 20))):
        parts.append(part)
        got += len(part)
    return b"".join(parts)


def _write(target: int, data: bytes | memoryview) -> None:
    """Write all bytes."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(target, rest) :]
