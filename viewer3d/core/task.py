"""Work in a thread of its own: how far it is, how it ended, and that it can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Result = TypeVar("Result")

Progress = Callable[[str, int, int], None]
"""Called by the work with a stage, how many are done and how many there are."""

LAST_SECONDS = 2.0
"""What a stopped thread is waited for: one frame or header is decoded in a fraction of it."""


@dataclass(frozen=True)
class Step:
    """How far work is.

    Attributes
    ----------
    stage : str
        Empty before it tells of one.
    done, total : int
    """

    stage: str = ""
    done: int = 0
    total: int = 0

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.done / self.total if self.total else 0.0


class _StopError(Exception):
    # Ends the work from within its own report of progress.
    pass


class Task(Generic[Result]):
    """Does some work in the background, begun at once.

    Parameters
    ----------
    work : callable
        Is called with a :data:`Progress`, and calls it often: there it is stopped.
    """

    def __init__(self, work: Callable[[Progress], Result]) -> None:
        self._stopped = threading.Event()
        self._step = Step()
        self._results: list[Result] = []
        self._error: Exception | None = None
        # A daemon: a program that ends does not wait for a file on a disk that does not answer.
        self._thread = threading.Thread(target=self._do, args=(work,), name="viewer3d", daemon=True)
        self._thread.start()

    @property
    def step(self) -> Step:
        """How far it is."""
        return self._step

    @property
    def is_over(self) -> bool:
        """Whether it has ended, however."""
        return not self._thread.is_alive()

    def result(self) -> Result | None:
        """Return what the work that is over gave; None when it was stopped.

        Raises
        ------
        Exception
            What the work raised.
        """
        if self._error is not None:
            raise self._error
        return self._results[0] if self._results else None

    def stop(self) -> None:
        """Let it end at its next report, and wait until it has: :data:`LAST_SECONDS` at most."""
        self._stopped.set()
        self._thread.join(LAST_SECONDS)

    def _do(self, work: Callable[[Progress], Result]) -> None:
        try:
            self._results.append(work(self._report))
        except _StopError:
            pass
        except Exception as error:  # noqa: BLE001, RUF100 (raised again in the thread that asks for the result)
            self._error = error

    def _report(self, stage: str, done: int, total: int) -> None:
        if self._stopped.is_set():
            raise _StopError
        self._step = Step(stage, done, total)
