"""Numbered pieces of work dealt out to forked processes that write into the same memory.

The decoders hold Python's lock, so threads gain nothing. Forked processes need no start-up and no copying: what they
write into a :func:`shared_array` is there for all. Nothing is sent back either. Every process takes the next number
when it is free, and marks in shared memory what it took and what it did. What is not done when all have stopped, the
caller's own process does in order: an error is then raised where it would have been without any of this.
"""

from __future__ import annotations

import gc
import mmap
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

Work = Callable[[Iterator[int]], Iterator[int]]
"""Does the pieces it is given the numbers of, one after the other, and yields each number when it is done."""

WORTH_FORKING: Final = 0.1
"""Seconds of work: a fork takes 5 to 10 ms, and the first use of shared memory as much again."""

MOST_PROCESSES: Final = 16
"""A host of 64 cores that lends a container two of them still shows all 64."""

LIVE_GL: Final = "vtkmodules.vtkRenderingOpenGL2"
"""Where this module is loaded, OpenGL may live here with threads and connections that no fork should copy."""

_TAKEN, _DONE = 1, 2
_NUMBER = np.dtype(np.int32)
_MOST_NUMBERS = 4096 // _NUMBER.itemsize  # what any pipe holds (PIPE_BUF); with more pieces, several go by one number


class CrashError(Exception):
    """A process ended in the middle of its work.

    Attributes
    ----------
    number : int
        What it was doing.
    how : str
        The signal that ended it, or its exit code.
    """

    def __init__(self, number: int, how: str) -> None:
        super().__init__(f"ended by {how} while doing {number}")
        self.number, self.how = number, how


def processes_for(seconds: float) -> int:
    """Return how many processes to give some work, this one included; 1 where a fork is not safe or not worth it.

    Parameters
    ----------
    seconds : float
        What the work takes on one core.
    """
    if seconds < WORTH_FORKING or sys.platform != "linux" or threading.active_count() > 1 or LIVE_GL in sys.modules:
        return 1
    return max(1, min(len(os.sched_getaffinity(0)), MOST_PROCESSES, int(2 * seconds / WORTH_FORKING)))


def shared_array(shape: Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array of zeros in memory that processes forked from now on share; it is freed with the array."""
    dtype = np.dtype(dtype)
    memory = mmap.mmap(-1, int(np.prod(shape, dtype=object)) * dtype.itemsize)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel built without them
            memory.madvise(mmap.MADV_HUGEPAGE)  # a tenth of the page faults, where the kernel allows it
    return np.frombuffer(memory, dtype).reshape(shape)


def deal_out(work: Work, count: int, processes: int, progress: Callable[[int, int], None] | None = None) -> None:
    """Do the pieces 0 to count - 1.

    Parameters
    ----------
    work : callable
        Where there are several processes, each calls it, and only what it writes into a :func:`shared_array` stays.
    count, processes : int
        How many pieces; how many processes at most, this one included.
    progress : callable, optional
        Called in this process with (pieces done by all, pieces in all).

    Raises
    ------
    CrashError
        When another process was ended.
    Exception
        The one that ``work`` raises at the lowest number.
    """
    report = progress or (lambda _done, _count: None)
    if processes < 2:
        for done, _ in enumerate(work(iter(range(count))), 1):
            report(done, count)
        return
    table = _Table.set(count)
    children: list[int] = []
    try:
        _fork(work, table, children, processes - 1)
        crash: int | None = None
        for _ in table.do(work):
            report(table.done, count)
            crash = crash or _reap(children, os.WNOHANG)
            if crash:
                table.stop()
        crash = crash or _reap(children, 0)
    finally:
        _end(children)
        os.close(table.numbers)
    left = table.left()
    if crash and left:
        raise CrashError(left[0], signal.Signals(-crash).name if crash < 0 else f"exit code {crash}")
    for _ in work(iter(left)):
        report(table.done, count)
    report(count, count)


@dataclass(frozen=True)
class _Table:
    """What the processes share: a pipe that holds the numbers to take, each of `step` pieces, and marks of pieces."""

    numbers: int
    step: int
    marks: NDArray[np.uint8]
    parent: int

    @classmethod
    def set(cls, count: int) -> _Table:
        marks, step = shared_array((count,), np.uint8), -(-count // _MOST_NUMBERS)
        numbers, end = os.pipe()
        os.write(end, np.arange(0, count, step, dtype=_NUMBER).tobytes())
        os.close(end)
        return cls(numbers, step, marks, os.getpid())

    @property
    def done(self) -> int:
        return int(np.count_nonzero(self.marks == _DONE))

    def left(self) -> list[int]:
        """Return what is not done; first what somebody had taken."""
        return [n for mark in (_TAKEN, 0) for n in np.flatnonzero(self.marks == mark).tolist()]

    def stop(self) -> None:
        """Let nobody take any more."""
        while os.read(self.numbers, _MOST_NUMBERS * _NUMBER.itemsize):
            pass

    def do(self, work: Work) -> Iterator[int]:
        """Work until there is no more to take. An exception is not kept: who does what is left will meet it again."""
        try:
            for number in work(self._take()):
                self.marks[number] = _DONE
                yield number
        except Exception:
            self.stop()

    def _take(self) -> Iterator[int]:
        # A pipe is read by one process at a time. A shared position is not safe: memfd's is not locked.
        while taken := os.read(self.numbers, _NUMBER.itemsize):
            first = int.from_bytes(taken, sys.byteorder)
            for number in range(first, min(first + self.step, len(self.marks))):
                if self.parent not in (os.getpid(), os.getppid()):
                    return  # this is a child whose parent was killed
                self.marks[number] = _TAKEN
                yield number


def _fork(work: Work, table: _Table, children: list[int], count: int) -> None:
    """Start processes and put their ids into a list, as many as the system allows."""
    # No signal may come between a fork and the line that notes it. A child keeps all of them blocked: the parent ends
    # it, and handlers written for the parent must not run twice.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        for _ in range(count):
            with warnings.catch_warnings():
                # Python 3.12 warns of threads it does not know, which are those of numpy's OpenBLAS: it has a fork
                # handler, and nothing here calls it.
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                _work_and_exit(work, table)
            children.append(child)
    except OSError:  # no room for one more process: those there are do the work
        pass
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work_and_exit(work: Work, table: _Table) -> None:
    """Live as a child: no handler at exit, no buffer and no finalizer of the parent's may run here a second time."""
    code = 1
    try:
        gc.freeze()
        for _ in table.do(work):
            pass
        code = 0
    finally:
        os._exit(code)


def _reap(children: list[int], options: int) -> int:
    """Take children that have ended off the list; return the first exit code that is not 0, a signal's negative."""
    crash = 0
    for child in tuple(children):
        try:
            ended, status = os.waitpid(child, options)
        except ChildProcessError:  # a SIGCHLD handler of the program's was first; the marks tell the rest
            ended, status = child, 0
        if ended:
            children.remove(child)
            crash = crash or os.waitstatus_to_exitcode(status)
    return crash


def _end(children: list[int]) -> None:
    """Kill what is still running, after an interrupt or an error of the caller's."""
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    _reap(children, 0)
