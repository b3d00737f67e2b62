"""Processes of our own that decode compressed frames: started beside this one, kept warm, replaced when they end.

A worker is :mod:`viewer3d.dicom.pixels.decode_worker`, started as a program: nothing is forked, so it may be started
beside
OpenGL and threads; no script of the user's runs again; a daemonic process may start it too. Requests and pixels go
through its standard input and output, a frame at a time.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.progress import StageProgress
from viewer3d.dicom.pixels.decode_worker import DECODERS, MAGIC, REPLY, REQUEST, DecodeRequest, FrameError

if TYPE_CHECKING:
    from viewer3d.dicom.headers.frame import StoredPixels

PROGRAM: Final = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from viewer3d.dicom.pixels.decode_worker import serve; serve()"
)
"""What a worker runs. Its path is this process's, told by hand: without ``site`` Python starts in half the time."""

MOST_WORKERS: Final = 16
"""A host of 64 cores that lends a container two of them still shows all 64."""

WORTH_A_WORKER: Final = 0.05
"""Seconds of decoding: a worker takes some 0.1 s of CPU to start."""

LEAST_SECONDS: Final = 5
"""What any frame may take: a machine may be busy, and a library is loaded with the first."""

PIXELS_A_SECOND: Final = 100_000
"""What each further second must bring: JPEG 2000, the slowest, has 10 million a second on a core of 2024."""

WALL_FACTOR: Final = 4
"""Times the CPU time that a frame may take by the clock: other processes want the cores as well."""

SPARE_MEMORY: Final = 256 << 20
"""Bytes that a decoder may take for a frame of any size."""

MEMORY_A_PIXEL: Final = 64
"""Bytes that a decoder may take for each pixel: JPEG 2000 takes some 20."""

MOST_TEXT: Final = 1 << 12
"""Bytes in which a worker may say why a frame cannot be decoded."""

PIPE_BYTES: Final = 1 << 20
"""What a pipe holds where it can be told (Linux; an unprivileged process may have that much)."""


CREATE_NO_WINDOW: Final = 0x08000000
"""Of Windows: no console appears (its name is in ``subprocess`` there alone)."""


class Worker:
    """One process that decodes a frame at a time; it starts with the object and ends with :meth:`end`."""

    def __init__(self) -> None:
        paths = json.dumps([os.path.abspath(path) for path in sys.path])  # noqa: PTH100 ("" is where this process is)
        # Ctrl-C in a terminal goes to this process alone, which ends its workers.
        windows = sys.platform == "win32"
        apart: dict[str, Any] = {"creationflags": CREATE_NO_WINDOW} if windows else {"start_new_session": True}
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", PROGRAM, paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            **apart,
        )
        self._requests, self._replies = (cast("io.FileIO", end) for end in (self._process.stdin, self._process.stdout))
        _enlarge(self._requests, self._replies)
        self._deadline = float("inf")
        self._overdue = False

    @property
    def id(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def decode(
        self, stored: StoredPixels, decoder: str, data: bytes, place: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        """Decode one frame.

        Parameters
        ----------
        stored : StoredPixels
            How the file holds it.
        decoder : str
            One of :data:`~viewer3d.dicom.pixels.decode_worker.DECODERS`.
        data : bytes
            The codestream.
        place : ndarray, optional
            Where pixels of its size are put: what is returned then lies there.

        Returns
        -------
        ndarray, shape (rows, columns)

        Raises
        ------
        FrameError
            When it cannot be decoded. After a crash or a hang the worker is no longer alive.
        """
        pixels = stored.rows * stored.columns
        seconds = LEAST_SECONDS + pixels // PIXELS_A_SECOND
        memory = SPARE_MEMORY + MEMORY_A_PIXEL * pixels + 4 * len(data)
        number = list(DECODERS).index(decoder)
        sides = (stored.rows, stored.columns)
        asked = DecodeRequest(number, stored.bits_allocated // 8, stored.signed, *sides, seconds, memory, len(data))
        self._overdue, self._deadline = False, time.monotonic() + WALL_FACTOR * seconds
        try:
            self._send(REQUEST.pack(MAGIC, *asked))
            self._send(data)
            return self._reply(stored, place)
        except (EOFError, OSError):
            raise FrameError(self._how_it_ended(seconds)) from None
        finally:
            self._deadline = float("inf")

    def check(self, now: float) -> None:
        """Kill the process when its frame takes too long; another thread waits for it in :meth:`decode`."""
        if now > self._deadline:
            self._overdue = True
            self.kill()

    def kill(self) -> None:
        """End the process whatever it does."""
        with suppress(OSError):
            self._process.kill()

    def end(self) -> None:
        """End the process, and wait until it has."""
        with suppress(OSError):
            self._requests.close()
        self.kill()
        self._process.wait()
        self._replies.close()

    def let_go(self) -> None:
        """Close this process's ends of the pipes, and leave the worker to who started it."""
        for pipe in (self._requests, self._replies):
            with suppress(OSError):
                pipe.close()

    def _send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._requests.write(rest) or 0 :]

    def _receive(self, place: memoryview) -> None:
        while place:
            got = self._replies.readinto(place)
            if not got:
                raise EOFError
            place = place[got:]

    def _reply(self, stored: StoredPixels, place: NDArray[Any] | None) -> NDArray[Any]:
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
        fits = place is not None and place.itemsize == itemsize and place.flags.c_contiguous
        pixels: NDArray[Any] = place.view(dtype) if fits and place is not None else np.empty(shape, dtype)
        self._receive(pixels.data.cast("B"))
        return pixels

    def _how_it_ended(self, seconds: int) -> str:
        code = self._process.wait()
        overspent = getattr(signal, "SIGXCPU", None)  # Windows has none
        if self._overdue or (overspent is not None and code == -overspent):
            return f"its decoder took longer than {seconds} s"
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"its decoder was ended by {how}"


def _enlarge(*pipes: io.RawIOBase) -> None:
    """Let pipes hold more, where the system can: fewer turns from process to process."""
    with suppress(ImportError, AttributeError):  # Windows has no fcntl, macOS no such command of it
        import fcntl  # noqa: PLC0415

        for pipe in pipes:
            with suppress(OSError):
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


class Workers:
    """The workers of this process, started when they are first wanted and kept for the next series."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._started: weakref.WeakSet[Worker] = weakref.WeakSet()

    def start(self, count: int) -> None:
        """Have so many ready, without waiting for them."""
        with self._lock:
            while len(self._idle) < count:
                self._idle.append(self._new())

    def take(self) -> Worker:
        """Return a worker that nobody uses."""
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    return worker
                worker.end()
            return self._new()

    def give_back(self, worker: Worker) -> None:
        """Keep a worker for the next, unless it has ended or there are enough."""
        with self._lock:
            if worker.alive and len(self._idle) < cores():
                self._idle.append(worker)
                return
        worker.end()

    def end(self) -> None:
        """End those that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def forget(self) -> None:
        """Let go of all workers: in a forked process they are its parent's, and would live as long as this one."""
        for worker in list(self._started):
            worker.let_go()
        # The lock too: a thread that is not here may have held it.
        self._lock, self._idle, self._started = threading.Lock(), [], weakref.WeakSet()

    def _new(self) -> Worker:
        worker = Worker()
        self._started.add(worker)
        return worker


WORKERS: Final = Workers()
"""Those of this process."""

atexit.register(WORKERS.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=WORKERS.forget)


def cores() -> int:
    """Return how many workers this process may keep busy."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, MOST_WORKERS)


def workers_for(seconds: float) -> int:
    """Return how many workers to give some decoding.

    Parameters
    ----------
    seconds : float
        What it takes on one core.
    """
    return max(1, min(cores(), int(seconds / WORTH_A_WORKER)))


Work = Callable[[Worker, int], None]
"""Does the piece of a number by means of a worker."""


def distribute_work(work: Work, count: int, workers: int, progress: StageProgress | None = None) -> None:
    """Do the pieces 0 to count - 1 with so many workers.

    Parameters
    ----------
    work : callable
        Called in threads of its own, one for each worker.
    count, workers : int
    progress : callable, optional
        Called in this thread with (pieces done, pieces in all).

    Raises
    ------
    Exception
        The one that ``work`` raises at the lowest number; what was begun is finished first.
    """
    report = progress or (lambda _done, _count: None)
    job = _Job(work, count)
    threads = [threading.Thread(target=job.drive, daemon=True) for _ in range(min(workers, count))]
    told = 0
    try:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            job.wait(told)
            if job.done != told:
                told = job.done
                report(told, count)
    finally:
        job.stop()  # after an interrupt, or an error of the caller's: what still decodes is ended
        for thread in threads:
            if thread.ident is not None:
                thread.join()
    if job.errors:
        raise job.errors[min(job.errors)]
    if told != count:
        report(count, count)


class _Job:
    """What threads share while they do numbered pieces of work."""

    def __init__(self, work: Work, count: int) -> None:
        self._work = work
        self._numbers = iter(range(count))
        self._changed = threading.Condition()
        self._busy: list[Worker] = []
        self._stopped = False
        self.done = 0
        self.errors: dict[int, BaseException] = {}

    def drive(self) -> None:
        """Do pieces one after another with a worker of its own, until there are no more or one has failed."""
        worker: Worker | None = None
        for number in self._take():
            try:
                if worker is None or not worker.alive:
                    worker = self._exchange(worker)
                self._work(worker, number)
            except BaseException as error:  # raised again by the caller's thread  # noqa: BLE001, RUF100
                self.errors[number] = error
            with self._changed:
                self.done += 1
                self._changed.notify()
        with self._changed:
            if worker is not None:
                self._busy.remove(worker)
                WORKERS.give_back(worker)
            self._changed.notify()

    def wait(self, told: int) -> None:
        """Wait until more is done than was told, some time at most; end workers that take too long."""
        with self._changed:
            if self.done == told:
                self._changed.wait(0.05)
            now = time.monotonic()
            for worker in self._busy:
                worker.check(now)

    def stop(self) -> None:
        """Let nobody take any more, and end what still decodes."""
        with self._changed:
            self._stopped = True
            for worker in self._busy:
                worker.kill()

    def _take(self) -> Iterator[int]:
        while True:
            with self._changed:
                number = None if self._stopped or self.errors else next(self._numbers, None)
            if number is None:
                return
            yield number

    def _exchange(self, worker: Worker | None) -> Worker:
        """Return a worker that runs, in the place of one that has ended."""
        with self._changed:
            if worker is not None:
                self._busy.remove(worker)
                worker.end()
            found = WORKERS.take()
            self._busy.append(found)
        return found
