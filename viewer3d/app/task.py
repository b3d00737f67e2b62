"""Work in the background: a thread that reports its progress, can be stopped, and gives a result."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from viewer3d.core.progress import Progress

_Result = TypeVar("_Result")

_STOP_SECONDS = 2.0
"""How long a stopped thread is waited for: one frame or header is decoded in a fraction of it."""


@dataclass(frozen=True)
class Step:
    """The progress that was reported last.

    Attributes
    ----------
    stage : str
        Empty before the first report.
    done, total : int
        How many are done, and how many there are.
    """

    stage: str = ""
    done: int = 0
    total: int = 0

    @property
    def share(self) -> float:
        """The share that is done, 0 to 1."""
        return self.done / self.total if self.total else 0.0


class _StopError(Exception):
    """Raised by the report of progress, to end the work."""


class Task(Generic[_Result]):
    """Does work in the background, beginning at once.

    Parameters
    ----------
    work : callable
        Is called with a :data:`Progress`, which it calls often: there it is stopped.
    """

    def __init__(self, work: Callable[[Progress], _Result]) -> None:
        self._stopped = threading.Event()
        self._step = Step()
        self._results: list[_Result] = []
        self._error: Exception | None = None
        # A daemon: a program that ends does not wait for a file on a disk that does not answer.
        self._thread = threading.Thread(target=self._do, args=(work,), name="viewer3d", daemon=True)
        self._thread.start()

    @property
    def step(self) -> Step:
        """The progress that was reported last."""
        return self._step

    @property
    def is_over(self) -> bool:
        """Whether the work has ended: done, failed or stopped."""
        return not self._thread.is_alive()

    def result(self) -> _Result | None:
        """Return what the work returned; None when it was stopped.

        Raises
        ------
        Exception
            What the work raised.
        """
        if self._error is not None:
            raise self._error
        return self._results[0] if self._results else None

    def stop(self) -> None:
        """Stop the work at its next report, and wait for that, :data:`_STOP_SECONDS` at most."""
        self._stopped.set()
        self._thread.join(_STOP_SECONDS)

    def cancel(self) -> None:
        """Stop the work at its next report, without waiting for that."""
        self._stopped.set()

    def _do(self, work: Callable[[Progress], _Result]) -> None:
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
