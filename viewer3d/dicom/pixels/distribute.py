"""Distribute the decoding of many frames over the workers of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from viewer3d.core.progress import StageProgress
from viewer3d.dicom.pixels.workers import WORKERS, Worker, cores

WORTH_A_WORKER: Final = 0.05
"""Seconds of decoding that justify another worker, which takes some 0.1 s of CPU to start."""


def workers_for(seconds: float) -> int:
    """Return how many workers to use for decoding that takes some seconds on one core."""
    return max(1, min(cores(), int(seconds / WORTH_A_WORKER)))


Work = Callable[[Worker, int], None]
"""Does the job of a number by means of a worker."""


def distribute_work(work: Work, count: int, workers: int, progress: StageProgress | None = None) -> None:
    """Run the jobs 0 to count - 1 on a number of workers.

    Parameters
    ----------
    work : callable
        Called in threads of its own, one for each worker.
    count, workers : int
    progress : callable, optional
        Called in this thread with (jobs done, jobs in all).

    Raises
    ------
    Exception
        The error that ``work`` raises for the lowest number; jobs in progress are finished first.
    """
    report = progress or (lambda _done, _count: None)
    run = _Run(work, count)
    threads = [threading.Thread(target=run.run_jobs, daemon=True) for _ in range(min(workers, count))]
    reported = 0
    try:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            run.wait(reported)
            if run.done != reported:
                reported = run.done
                report(reported, count)
    finally:
        run.stop()  # after an interrupt, or an error of the caller: running decoders are ended
        for thread in threads:
            if thread.ident is not None:
                thread.join()
    if run.errors:
        raise run.errors[min(run.errors)]
    if reported != count:
        report(count, count)


class _Run:
    """The state that threads share while they run numbered jobs."""

    def __init__(self, work: Work, count: int) -> None:
        self._work = work
        self._numbers = iter(range(count))
        self._changed = threading.Condition()
        self._busy: list[Worker] = []
        self._stopped = False
        self.done = 0
        self.errors: dict[int, BaseException] = {}

    def run_jobs(self) -> None:
        """Run jobs with a worker of this thread, until there are no more or one has failed."""
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

    def wait(self, reported: int) -> None:
        """Wait until more is done than was reported, or 50 ms have passed; kill workers that take too long."""
        with self._changed:
            if self.done == reported:
                self._changed.wait(0.05)
            now = time.monotonic()
            for worker in self._busy:
                worker.check(now)

    def stop(self) -> None:
        """Start no more jobs, and kill the workers that still decode."""
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
        """Return a running worker, instead of one that has ended."""
        with self._changed:
            if worker is not None:
                self._busy.remove(worker)
                worker.end()
            found = WORKERS.take()
            self._busy.append(found)
        return found
