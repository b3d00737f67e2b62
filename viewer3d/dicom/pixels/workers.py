"""Start, keep and replace the worker processes that decode compressed frames.

A worker is :mod:`viewer3d.dicom.pixels.decode_worker`, started as a program: nothing is forked, so that it is safe with
OpenGL and threads; the script of the user is not run again; daemonic processes may start it too. Requests and pixels go
through its standard input and output, a frame at a time.
"""

from __future__ import annotations

import atexit
import io
import os
import signal
import sys
import threading
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from viewer3d.dicom.pixels.decode_worker import DECODERS, MAGIC, REPLY, REQUEST, DecodeRequest, FrameError

if TYPE_CHECKING:
    from viewer3d.dicom.headers.frame import StoredPixels

PROGRAM: Final = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from viewer3d.dicom.pixels.decode_worker import answer_requests; answer_requests()"
)
"""The script of a worker. It is given ``sys.path``, because without ``site`` Python starts in half the time."""

MOST_WORKERS: Final = 16
"""Most workers: a host of 64 cores that gives a container two of them still shows all 64."""

LEAST_SECONDS: Final = 5
"""Seconds that any frame may take: the machine may be busy, and the first frame loads a library."""

PIXELS_A_SECOND: Final = 100_000
"""Pixels that allow another second: JPEG 2000, the slowest, has 10 million a second on a core of 2024."""

WALL_FACTOR: Final = 4
"""Times its CPU time that a frame may take by the clock: other processes use the cores as well."""

SPARE_MEMORY: Final = 256 << 20
"""Bytes that a decoder may take for a frame of any size."""

MEMORY_A_PIXEL: Final = 64
"""Bytes that a decoder may take for each pixel: JPEG 2000 takes some 20."""

MOST_TEXT: Final = 1 << 12
"""Most bytes of the reason why a frame cannot be decoded."""

PIPE_BYTES: Final = 1 << 20
"""Capacity of a pipe where it can be set (Linux allows unprivileged processes that much)."""

CREATE_NO_WINDOW: Final = 0x08000000
"""Flag of Windows: no console appears (``subprocess`` has its name only there)."""


class Worker:
    """A process that decodes one frame at a time; started with the object, ended by :meth:`end`."""

    def __init__(self) -> None:
        import json  # noqa: PLC0415 (files that are not compressed need no worker)
        import subprocess  # noqa: PLC0415 (as above)

        paths = json.dumps([os.path.abspath(path) for path in sys.path])  # noqa: PTH100 ("" is the current directory)
        # Nothing is written into this pipe: that this end of it closes says that this process has ended.
        watched, self._life = _life_pipe()
        # Ctrl-C in a terminal goes to this process alone, which ends its workers.
        posix: dict[str, Any] = {"start_new_session": True, "pass_fds": watched}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", PROGRAM, paths, *map(str, watched)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                **(posix if watched else {"creationflags": CREATE_NO_WINDOW}),
            )
        except OSError:
            self._close_life()
            raise
        finally:
            for end in watched:
                os.close(end)
        self._requests, self._replies = (cast("io.FileIO", end) for end in (self._process.stdin, self._process.stdout))
        _enlarge(self._requests, self._replies)
        self._deadline = float("inf")
        self._overdue = False

    @property
    def id(self) -> int:
        """The ID of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def decode(self, stored: StoredPixels, decoder: str, data: bytes, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Decode one frame.

        Parameters
        ----------
        stored : StoredPixels
            How its pixels are stored in the file.
        decoder : str
            One of :data:`~viewer3d.dicom.pixels.decode_worker.DECODERS`.
        data : bytes
            The codestream.
        out : ndarray, shape (rows, columns), optional
            Array for the result; it is used where the decoded pixels are of its item size.

        Returns
        -------
        ndarray of integers, shape (rows, columns)
            Stored values.

        Raises
        ------
        FrameError
            When it cannot be decoded. After a crash or a timeout the worker is no longer alive.
        """
        pixels = stored.rows * stored.columns
        seconds = LEAST_SECONDS + pixels // PIXELS_A_SECOND
        memory = SPARE_MEMORY + MEMORY_A_PIXEL * pixels + 4 * len(data)
        number = list(DECODERS).index(decoder)
        sides = (stored.rows, stored.columns)
        request = DecodeRequest(number, stored.bits_allocated // 8, stored.signed, *sides, seconds, memory, len(data))
        self._overdue, self._deadline = False, time.monotonic() + WALL_FACTOR * seconds
        try:
            self._send(REQUEST.pack(MAGIC, *request))
            self._send(data)
            return self._reply(stored, out)
        except (EOFError, OSError):
            raise FrameError(self._exit_reason(seconds)) from None
        finally:
            self._deadline = float("inf")

    def check(self, now: float) -> None:
        """Kill the process when its frame takes too long, while another thread is in :meth:`decode`."""
        if now > self._deadline:
            self._overdue = True
            self.kill()

    def kill(self) -> None:
        """Kill the process, even while it decodes."""
        with suppress(OSError):
            self._process.kill()

    def end(self) -> None:
        """End the process, and wait for its end."""
        with suppress(OSError):
            self._requests.close()
        self.kill()
        self._process.wait()
        self._replies.close()
        self._close_life()

    def close_pipes(self) -> None:
        """Close this process's ends of the pipes, and leave the worker to the process that started it."""
        for pipe in (self._requests, self._replies):
            with suppress(OSError):
                pipe.close()
        self._close_life()

    def _close_life(self) -> None:
        ends, self._life = self._life, ()
        for end in ends:
            os.close(end)

    def _send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._requests.write(rest) or 0 :]

    def _receive(self, buffer: memoryview) -> None:
        while buffer:
            got = self._replies.readinto(buffer)
            if not got:
                raise EOFError
            buffer = buffer[got:]

    def _reply(self, stored: StoredPixels, out: NDArray[Any] | None) -> NDArray[Any]:
        head = bytearray(REPLY.size)
        self._receive(memoryview(head))
        magic, decoded, kind, itemsize, length = REPLY.unpack(head)
        expected = stored.rows * stored.columns * itemsize if decoded else min(length, MOST_TEXT)
        if magic != MAGIC or length != expected or (decoded and (kind not in b"iu" or itemsize not in (1, 2, 4, 8))):
            self.kill()
            raise FrameError("its decoder answered what it was not asked")
        if not decoded:
            text = bytearray(length)
            self._receive(memoryview(text))
            raise FrameError(text.decode(errors="replace"))
        dtype = np.dtype(f"<{kind.decode()}{itemsize}")
        shape = (stored.rows, stored.columns)
        fits = out is not None and out.itemsize == itemsize and out.flags.c_contiguous
        pixels: NDArray[Any] = out.view(dtype) if fits and out is not None else np.empty(shape, dtype)
        self._receive(pixels.data.cast("B"))
        return pixels

    def _exit_reason(self, seconds: int) -> str:
        code = self._process.wait()
        overspent = getattr(signal, "SIGXCPU", None)  # Windows has none
        if self._overdue or (overspent is not None and code == -overspent):
            return f"its decoder took longer than {seconds} s"
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"its decoder was ended by {how}"


def _life_pipe() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the end of a pipe that a worker watches, and ours; none on Windows, where it could not."""
    if sys.platform == "win32":
        return (), ()
    watched, ours = os.pipe()
    return (watched,), (ours,)


def _enlarge(*pipes: io.RawIOBase) -> None:
    """Enlarge the buffers of pipes, where the system can, for fewer process switches."""
    with suppress(ImportError, AttributeError):  # Windows has no fcntl, macOS no such command of it
        import fcntl  # noqa: PLC0415

        for pipe in pipes:
            with suppress(OSError):
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


class Workers:
    """The pool of workers of this process, started when first needed and kept for the next series."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._started: weakref.WeakSet[Worker] = weakref.WeakSet()
        self.most = MOST_WORKERS

    def limit(self, most: int) -> None:
        """Use no more workers than that from now on, where other processes keep the other cores busy."""
        self.most = max(1, most)

    def start(self, count: int) -> None:
        """Start workers until that many are idle, without waiting for them."""
        with self._lock:
            while len(self._idle) < count:
                self._idle.append(self._new())

    def take(self) -> Worker:
        """Return an idle worker, or a new one."""
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    return worker
                worker.end()
            return self._new()

    def give_back(self, worker: Worker) -> None:
        """Keep a worker for later, unless it has ended or enough are idle."""
        with self._lock:
            if worker.alive and len(self._idle) < cores():
                self._idle.append(worker)
                return
        worker.end()

    def end(self) -> None:
        """End the idle workers."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def detach(self) -> None:
        """Drop all workers in a forked process, whose parent owns them.

        With its copies of their pipes they would live as long as this process.
        """
        for worker in list(self._started):
            worker.close_pipes()
        # The lock too: a thread of the parent may have held it.
        self._lock, self._idle, self._started = threading.Lock(), [], weakref.WeakSet()

    def _new(self) -> Worker:
        worker = Worker()
        self._started.add(worker)
        return worker


WORKERS: Final = Workers()
"""The workers of this process."""

atexit.register(WORKERS.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=WORKERS.detach)


def cores() -> int:
    """Return how many workers this process may keep busy."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, WORKERS.most)
