"""The program that decodes compressed frames, in a process that holds nothing else.

No decoder survives all damaged data: some end their process, some never return. So they run here, one frame at a time,
as told on standard input and answered on standard output (see :mod:`viewer3d.dicom.pixels.workers`). The process ends
with its parent, whose end closes standard input: at once, also while a decoder does not return.
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
"""Magic, number of the decoder, bytes of a pixel by the header, whether it is signed, rows, columns, seconds
of CPU, bytes of memory, bytes of the codestream, which follows."""

REPLY: Final = struct.Struct("<4sBcBxQ")
"""Magic, whether it was decoded, kind (as in numpy) and bytes of a pixel, bytes that follow: pixels, or why not."""

MAGIC: Final = b"v3d1"

ORPHAN_FACTOR: Final = 8
"""Times the seconds of CPU after which a worker ends itself by the clock, where the system does not bound CPU time: a
parent ends it sooner, so that one that lives no more is all who could have left it."""


class FrameError(Exception):
    """A frame that could not be decoded; says why, without its name."""


Decode = Callable[[bytes, "DecodeRequest"], "NDArray[Any]"]


class DecodeRequest(NamedTuple):
    """What a request asks for: its numbers in the order of :data:`REQUEST`.

    Attributes
    ----------
    decoder : int
        Its place in :data:`DECODERS`.
    itemsize : int
        Bits Allocated over 8.
    signed : bool
        Pixel Representation.
    rows, columns : int
    seconds : int
        Of CPU time that it may take.
    memory : int
        Bytes that it may take besides what the program takes.
    length : int
        Of the codestream, in bytes.
    """

    decoder: int
    itemsize: int
    signed: bool
    rows: int
    columns: int
    seconds: int
    memory: int
    length: int


def _rle(data: bytes, asked: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import dicomrle_decode  # noqa: PLC0415 (each decoder is a library of its own)
    from numpy import dtype, frombuffer  # noqa: PLC0415

    kind = dtype(f"{'i' if asked.signed else 'u'}{asked.itemsize}")
    return _of_size(frombuffer(dicomrle_decode(data, kind), kind), asked)


def _rle_padded(data: bytes, asked: DecodeRequest) -> NDArray[Any]:
    """Decode RLE whose segments hold a little more than the pixels (PS3.5 G.5), which the other decoder refuses."""
    from imagecodecs import packbits_decode  # noqa: PLC0415
    from numpy import dtype, empty, frombuffer, uint8  # noqa: PLC0415

    count, *starts = struct.unpack_from("<16I", data)
    if count != asked.itemsize or not all(64 <= start < len(data) for start in starts[:count]):
        raise ValueError(f"it has {count} segments where the header says {asked.itemsize} bytes a pixel")
    ends = [*starts[1:count], len(data)]
    parts = [packbits_decode(data[start:end]) for start, end in zip(starts[:count], ends, strict=True)]
    planes = [_of_size(frombuffer(part, uint8), asked) for part in parts]
    pixels = empty((asked.rows, asked.columns), dtype(f"<{'i' if asked.signed else 'u'}{asked.itemsize}"))
    octets = pixels.view(uint8).reshape(asked.rows, asked.columns, asked.itemsize)
    for number, plane in enumerate(planes):  # the most significant byte first
        octets[:, :, asked.itemsize - 1 - number] = plane
    return pixels


def _of_size(pixels: NDArray[Any], asked: DecodeRequest) -> NDArray[Any]:
    """Return pixels as rows and columns; less than a row or column beyond the last is padding, more another width."""
    count = asked.rows * asked.columns
    if not 0 <= pixels.size - count < min(asked.rows, asked.columns):
        raise ValueError(f"it holds {pixels.size} pixels where the header says {count}")
    return pixels[:count].reshape(asked.rows, asked.columns)


def _jpeg(data: bytes, _asked: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import jpeg8_decode  # noqa: PLC0415

    return jpeg8_decode(data)


def _jpeg_lossless(data: bytes, _asked: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import ljpeg_decode  # noqa: PLC0415

    return ljpeg_decode(data)


def _jpeg_lossless_2(data: bytes, _asked: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import jpegsof3_decode  # noqa: PLC0415

    return jpegsof3_decode(data)


def _jpeg_ls(data: bytes, _asked: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import jpegls_decode  # noqa: PLC0415

    return jpegls_decode(data)


def _jpeg_2000(data: bytes, _asked: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import jpeg2k_decode  # noqa: PLC0415

    return jpeg2k_decode(data, numthreads=1)


def _jpeg_xl(data: bytes, _asked: DecodeRequest) -> NDArray[Any]:
    from imagecodecs import jpegxl_decode  # noqa: PLC0415

    return jpegxl_decode(data, numthreads=1)


def _deflate(data: bytes, asked: DecodeRequest) -> NDArray[Any]:
    from zlib import MAX_WBITS, decompressobj  # noqa: PLC0415

    from numpy import dtype, frombuffer  # noqa: PLC0415

    kind = dtype(f"<{'i' if asked.signed else 'u'}{asked.itemsize}")
    count = asked.rows * asked.columns
    size = count * kind.itemsize
    stream = decompressobj(-MAX_WBITS)
    pixels = stream.decompress(data, size + 2)
    if len(pixels) not in (size, size + size % 2):  # a byte may be added to make the length even
        told = f"{len(pixels)} bytes" if len(pixels) < size else f"more than {size} bytes"
        raise ValueError(f"it holds {told} where the header says {asked.rows} rows x {asked.columns} columns")
    if not stream.eof:
        raise ValueError("its deflated data break off")
    return frombuffer(pixels, kind, count).reshape(asked.rows, asked.columns)


DECODERS: Final[dict[str, Decode]] = {
    "RLE": _rle,
    "RLE, padded": _rle_padded,
    "JPEG": _jpeg,
    "JPEG lossless": _jpeg_lossless,
    "JPEG lossless, another": _jpeg_lossless_2,
    "JPEG-LS": _jpeg_ls,
    "JPEG 2000": _jpeg_2000,
    "JPEG XL": _jpeg_xl,
    "deflate": _deflate,
}
"""Decoder by name; requests give its place."""


def serve() -> None:
    """Answer requests until standard input ends."""
    source, target = _own_pipes()
    tether = _Tether(source)
    import numpy as np  # noqa: F401, PLC0415 (now, before the first request; all decoders need it)

    with suppress(BrokenPipeError, KeyboardInterrupt):  # the parent has gone
        while head := _read(source, REQUEST.size):
            magic, *numbers = REQUEST.unpack(head)
            asked = DecodeRequest(*numbers)
            data = _read(source, asked.length)
            if magic != MAGIC or len(data) != asked.length:
                return
            _answer(target, data, asked, tether)


def _answer(target: int, data: bytes, asked: DecodeRequest, tether: _Tether) -> None:
    try:
        with tether, _Limits(asked):
            pixels = _decoded(data, asked)
        _write(target, REPLY.pack(MAGIC, True, pixels.dtype.kind.encode(), pixels.dtype.itemsize, pixels.nbytes))
        _write(target, pixels.data.cast("B"))
    except BrokenPipeError:
        raise
    except MemoryError:
        _refuse(target, f"it takes more than {asked.memory >> 20} MiB")
    except Exception as error:  # whatever a decoder raises is told to the parent  # noqa: BLE001, RUF100
        _refuse(target, " ".join(str(error).split()) or type(error).__name__)


def _refuse(target: int, reason: str) -> None:
    text = reason[:500].encode(errors="replace")
    _write(target, REPLY.pack(MAGIC, False, b"-", 0, len(text)) + text)


def _decoded(data: bytes, asked: DecodeRequest) -> NDArray[Any]:
    import numpy as np  # noqa: PLC0415

    found = np.asarray(list(DECODERS.values())[asked.decoder](data, asked))
    pixels = found.reshape(found.shape[:2]) if found.ndim == 3 and found.shape[2] == 1 else found  # one sample a pixel
    if pixels.shape != (asked.rows, asked.columns):
        raise ValueError(
            f"it holds {' x '.join(map(str, found.shape))} where the header says {asked.rows} rows x {asked.columns} "
            "columns"
        )
    if pixels.dtype.kind not in "iu":
        raise ValueError(f"it holds {pixels.dtype.name} where stored values are whole numbers")
    little = pixels.dtype.newbyteorder("<")
    return np.ascontiguousarray(pixels, little)


class _Tether:
    """Lets the system end this process when its parent ends, while a decoder runs (not on Windows).

    Nothing is sent while a frame is decoded, so that only the end of the pipe raises SIGIO, whose default is to end.
    """

    def __init__(self, source: int) -> None:
        self._source, self._flags = source, 0
        with suppress(ImportError, AttributeError, OSError):  # what the parent ignores or blocks is inherited
            import fcntl  # noqa: PLC0415
            import signal  # noqa: PLC0415

            ends = {signal.SIGIO, signal.SIGXCPU}
            for one in ends:
                signal.signal(one, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
            fcntl.fcntl(source, fcntl.F_SETOWN, os.getpid())
            self._flags = os.O_ASYNC

    def __enter__(self) -> None:
        if self._flags:
            import select  # noqa: PLC0415

            self._set(self._flags)
            poll = select.poll()
            poll.register(self._source, 0)
            if poll.poll(0):  # it ended before SIGIO was asked for
                raise BrokenPipeError

    def __exit__(self, *_error: object) -> None:
        if self._flags:
            self._set(0)

    def _set(self, flags: int) -> None:
        import fcntl  # noqa: PLC0415

        old = fcntl.fcntl(self._source, fcntl.F_GETFL)
        fcntl.fcntl(self._source, fcntl.F_SETFL, old & ~self._flags | flags)


class _Limits:
    """Bounds CPU time and memory while a frame is decoded, as far as the system does.

    Linux bounds both. macOS bounds CPU time: its RLIMIT_AS is not kept. On Windows, which has no such limits, a timer
    of Python's own ends the process. What bounds time everywhere is the parent, by the clock.
    """

    def __init__(self, asked: DecodeRequest) -> None:
        self._asked = asked

    def __enter__(self) -> None:
        try:
            import resource  # noqa: PLC0415
        except ImportError:
            # In a thread of C, which needs no turn of the decoder's; what it writes goes nowhere.
            faulthandler.dump_traceback_later(ORPHAN_FACTOR * self._asked.seconds, exit=True, file=2)
            return
        used = resource.getrusage(resource.RUSAGE_SELF)
        # Past the soft limit the system sends SIGXCPU, which ends the process: also one whose parent was killed.
        self._set(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + self._asked.seconds)
        if size := _address_space():
            self._set(resource.RLIMIT_AS, size + self._asked.memory)

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
    """Return the bytes of address space that are in use; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 (once a frame)
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def _own_pipes() -> tuple[int, int]:
    """Keep standard input and output for requests and replies; what libraries print goes nowhere."""
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
    """Read so many bytes, fewer only where the input ends."""
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
