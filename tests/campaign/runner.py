"""Hands cases out to processes, and watches each from outside: who ends or takes too long is replaced."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tests.campaign.kinds import SHARES
from tests.campaign.outcomes import BAD, Outcome, Result

SECONDS = 60.0
"""A case may take by the clock: a decoder is stopped after 5 s of CPU, and other processes want the cores as well."""

CASES = 10_000
"""After which a process is replaced, so that what it keeps cannot grow for ever."""

PLACE = Path(__file__).parents[2]


class Child:
    """One process that does cases."""

    def __init__(self, seed: int, scratch: Path) -> None:
        self.done = 0
        self._told = tempfile.TemporaryFile()  # noqa: SIM115 (closed by end)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaign.child", str(seed), str(scratch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._told,
            cwd=PLACE,
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def ask(self, kind: str, number: int, seconds: float, keep: Path | None = None) -> Result:
        """Do a case; after a crash or a hang the process has ended."""
        begun = time.monotonic()
        asked = {"kind": kind, "number": number, "keep": None if keep is None else str(keep)}
        stdin = self._process.stdin
        assert stdin is not None
        with suppress(OSError):  # it has ended, which is told below
            stdin.write(json.dumps(asked).encode() + b"\n")
            stdin.flush()
        self.done += 1
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            self._stop()
            return self._ended(kind, number, Outcome.HANG, f"longer than {seconds:g} s", time.monotonic() - begun)
        if line:
            return Result.from_plain(json.loads(line))
        code = self._process.wait()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return self._ended(kind, number, Outcome.CRASH, f"ended by {how}", time.monotonic() - begun)

    def end(self) -> None:
        """End the process."""
        with suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._told.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(b"")

    def _stop(self) -> None:
        """End what hangs, in a way that tells where it is (faulthandler)."""
        self._process.send_signal(getattr(signal, "SIGABRT", signal.SIGTERM))
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ended(self, kind: str, number: int, outcome: Outcome, text: str, seconds: float) -> Result:
        self._told.seek(0)
        said = self._told.read()[-6000:].decode(errors="replace")
        return Result(kind, number, "", "", outcome, f"{text}\n{said}".strip(), seconds)


class Slot:
    """A place for one process at a time."""

    def __init__(self, seed: int, scratch: Path, seconds: float = SECONDS) -> None:
        self._seed, self._scratch, self._seconds = seed, scratch, seconds
        self._child: Child | None = None

    def ask(self, kind: str, number: int) -> Result:
        """Do a case; what is bad is done again in a process of its own, so that no earlier case is to blame."""
        if self._child is None or self._child.done >= CASES:
            self.end()
            self._child = Child(self._seed, self._scratch)
        first = self._child.ask(kind, number, self._seconds)
        if first.outcome not in BAD:
            return first
        self.end()
        again = self.alone(kind, number)
        if again.outcome in BAD:
            return again
        if first.outcome == Outcome.HANG:  # a busy machine, not the case
            return replace(again, text=f"{again.text} (took {first.seconds:.0f} s at first)")
        return replace(first, text=f"not again when it is done alone, then: {again.outcome}\n{first.text}")

    def alone(self, kind: str, number: int, keep: Path | None = None) -> Result:
        """Do a case in a process that does nothing else."""
        child = Child(self._seed, self._scratch)
        try:
            return child.ask(kind, number, 2 * self._seconds, keep)
        finally:
            child.end()

    def end(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.end()
            self._child = None


def in_turn(only: Iterable[str], first: int = 0) -> Iterator[tuple[str, int]]:
    """Yield kinds and numbers without end: every kind from the start, each as often as its share asks."""
    shares = {kind: SHARES.get(kind, 1) for kind in only}
    numbers = dict.fromkeys(shares, first)
    owed = dict.fromkeys(shares, 0.0)
    while True:
        for kind, share in shares.items():
            owed[kind] += share
        kind = max(owed, key=lambda one: owed[one])
        owed[kind] -= sum(shares.values())
        yield kind, numbers[kind]
        numbers[kind] += 1


def run(
    cases: Iterator[tuple[str, int]],
    seed: int,
    scratch: Path,
    *,
    workers: int,
    minutes: float,
    seconds: float = SECONDS,
    told: Callable[[Result], object],
) -> None:
    """Do cases until there are no more or the time is up; each result is told, in the calling order of one thread."""
    deadline = time.monotonic() + 60 * minutes
    results: queue.Queue[Result | BaseException | None] = queue.Queue()
    lock, stopped = threading.Lock(), threading.Event()

    def take() -> tuple[str, int] | None:
        with lock:
            return None if stopped.is_set() or time.monotonic() > deadline else next(cases, None)

    def drive() -> None:
        slot = Slot(seed, scratch, seconds)
        try:
            while (one := take()) is not None:
                results.put(slot.ask(*one))
        except BaseException as error:  # the campaign's own error
            results.put(error)
        finally:
            slot.end()
            results.put(None)

    threads = [threading.Thread(target=drive) for _ in range(workers)]
    for thread in threads:
        thread.start()
    try:
        running = workers
        while running:
            found = results.get()
            running -= found is None
            if isinstance(found, BaseException):
                raise found
            if found is not None:
                told(found)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
