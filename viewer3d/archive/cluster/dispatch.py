"""Send items to workers, and give what becomes of each as it comes."""

from __future__ import annotations

import pickle
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from queue import Empty, SimpleQueue
from typing import Any, Final, NoReturn

from viewer3d.archive.cluster.admission import FUTURES_A_WORKER, Admission
from viewer3d.archive.cluster.connect import Cluster, connect_workers
from viewer3d.archive.cluster.on_worker import UnfitWorkerError, render, render_alone
from viewer3d.archive.cluster.options import ClusterOptions, Watch, WorkersSeen
from viewer3d.archive.item import Item
from viewer3d.archive.outcome import Outcome
from viewer3d.archive.plan import Plan
from viewer3d.core.text import printable
from viewer3d.errors import ArchiveError

WATCH_SECONDS: Final = 2.0
"""How often workers are counted; those of this machine cost nothing, a scheduler elsewhere is asked."""

GONE_SECONDS: Final = 45.0
"""After how long a worker that is not there counts as gone for good: Dask replaces one within 15 s and its start."""

NONE_SECONDS: Final = 120.0
"""After how long without any worker of this machine a run ends."""


def cluster_outcomes(
    items: Iterable[Item], plan: Plan, options: ClusterOptions | None = None, watch: Watch | None = None
) -> Generator[Outcome]:
    """Have items worked on by workers of Dask, and yield what becomes of each as it comes.

    An item whose workers died is tried once more, alone, in a process of its own, and is ``lost`` when that dies too.

    Parameters
    ----------
    items : iterable of Item
        Drawn from as workers become free: at most four a worker are under way.
    plan : Plan
        The same for all.
    options : ClusterOptions, optional
        Where the workers are; one a core of this machine unless given.
    watch : callable, optional
        Called with :class:`WorkersSeen`.

    Raises
    ------
    ArchiveError
        When no workers can be had, they are not as they must be, or their scheduler goes away.
    """
    rest = iter(items)
    first = next(rest, None)
    if first is None:
        return  # no worker is started for nothing
    with _ended_by_sigterm(), connect_workers(options or ClusterOptions(), plan) as cluster:
        run = _Run(cluster, chain((first,), rest), plan, watch or (lambda _seen: None))
        try:
            yield from run.outcomes()
        finally:
            run.cancel()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the program as Ctrl+C does: what was begun is closed, and no process is left."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def end(number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        with suppress(ValueError):  # a generator may be closed by the garbage collector, in another thread
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


@dataclass(frozen=True)
class _Sent:
    """An item that is with the scheduler."""

    item: Item
    future: Any
    deaths: int  # 0 unless it runs alone


class _Run:
    """What is under way in a run."""

    def __init__(self, cluster: Cluster, items: Iterable[Item], plan: Plan, watch: Watch) -> None:
        self._cluster, self._plan = cluster, plan
        self._admission = Admission(items, cluster.memory)
        self._sent: dict[str, _Sent] = {}
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._killed: deque[tuple[Item, int]] = deque()  # with how many workers died
        self._watcher = _Watcher(cluster, watch)

    def outcomes(self) -> Iterator[Outcome]:
        """Give what becomes of each item."""
        self._watcher.look()
        while True:
            self._send()
            if not self._sent:
                self._watcher.look(is_last=True)
                return
            ended = self._wait()
            self._watcher.look()
            yield from self._gather(ended)

    def cancel(self) -> None:
        """Let the scheduler forget what has not begun."""
        for sent in self._sent.values():
            sent.future.release()
        self._sent.clear()

    def _send(self) -> None:
        workers = self._watcher.workers
        # Those whose workers died wait until nothing else runs, so that none shares their deaths, or their memory.
        if len(self._killed) < FUTURES_A_WORKER * workers:
            needed = [sent.item.needed for sent in self._sent.values()]
            items = list(self._admission.draw(needed, workers))
            if items:
                self._submit(render, items, 0)
        if not self._sent and self._killed:
            item, deaths = self._killed.popleft()
            self._submit(render_alone, [item], deaths)

    def _submit(self, task: Callable[..., Outcome], items: list[Item], deaths: int) -> None:
        import dask  # noqa: PLC0415

        # One prefix for all keys, and all at once, so that the scheduler queues them.
        keys = [f"{'alone' if deaths else 'render'}-{item.key}" for item in items]
        more: dict[str, Any] = {"deaths": deaths} if deaths else {}
        # As bytes, which scheduler and workers pass on; objects each of them would take apart and put together again.
        packed = [pickle.dumps(item, pickle.HIGHEST_PROTOCOL) for item in items]
        # Items of 57 kB, for 64 workers four each, are no reason for a warning.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}):
            futures = self._cluster.client.map(
                task, packed, plan=self._plan, expected=self._cluster.versions, key=keys, pure=False, **more
            )
        for item, future in zip(items, futures, strict=True):
            self._sent[future.key] = _Sent(item, future, deaths)
            future.add_done_callback(self._ended.put)

    def _wait(self) -> list[Any]:
        """Return the futures that have ended; none after some seconds."""
        ended = []
        try:
            ended.append(self._ended.get(timeout=WATCH_SECONDS))
            while True:
                ended.append(self._ended.get_nowait())
        except Empty:
            return ended

    def _gather(self, ended: list[Any]) -> Iterator[Outcome]:
        """Give the outcomes of futures, and let the scheduler and the workers forget them at once."""
        finished = [future for future in ended if future.status == "finished"]
        results: dict[str, Outcome] = {}
        if finished:
            with self._watcher.errors():
                gathered = self._cluster.client.gather(finished, errors="skip")
            results = {outcome.key: outcome for outcome in gathered}
        for future in ended:
            sent = self._sent[future.key]
            outcome = results.get(sent.item.key)
            if outcome is None and future.status != "error":
                self._watcher.look()
                if future.status == "cancelled":
                    self._watcher.fail()
                # Its worker died before it gave the result away: the scheduler has it done again.
                future.add_done_callback(self._ended.put)
                continue
            outcome = outcome or self._failure(sent)
            del self._sent[future.key]
            future.release()  # or it would be done again whenever its worker dies
            if outcome is not None:
                yield outcome

    def _failure(self, sent: _Sent) -> Outcome | None:
        """Return the outcome of an item whose task has failed; None when it is tried once more."""
        from distributed import KilledWorker  # noqa: PLC0415

        with self._watcher.errors():
            error = sent.future.exception()
        if isinstance(error, KilledWorker):
            deaths = int(error.allowed_failures) + 1
            if not sent.deaths:
                self._killed.append((sent.item, deaths))
                return None
            deaths += sent.deaths
            why = f"{deaths} workers died while they worked on it, or waited for a process of its own"
            return Outcome(sent.item.key, "lost", why, deaths=deaths)
        if isinstance(error, UnfitWorkerError | ModuleNotFoundError):
            raise ArchiveError(f"{self._cluster.name}: {error}") from error
        words = printable(" ".join(str(error).split()))[:500]
        return Outcome(sent.item.key, "bad", f"its worker failed ({type(error).__name__}: {words})")


class _Watcher:
    """Counts workers, and says when some are gone for good or the scheduler is."""

    def __init__(self, cluster: Cluster, watch: Watch) -> None:
        self._cluster, self._watch = cluster, watch
        self._asked = cluster.asked
        self._alive = -1
        self._looked = float("-inf")
        self._missing_since: float | None = None
        self._said = False

    @property
    def workers(self) -> int:
        """How many workers items are sent for."""
        return max(1, self._asked if self._cluster.is_local else self._alive)

    def look(self, *, is_last: bool = False) -> None:
        """Count the workers, unless that was done a moment ago and this is not the last time.

        Raises
        ------
        ArchiveError
            When the scheduler has gone, or no worker of this machine comes back.
        """
        if not self._cluster.scheduler_answers:
            self.fail()
        now = time.monotonic()
        if now - self._looked < WATCH_SECONDS and not is_last:
            return
        with self.errors():
            alive = self._cluster.alive()
        self._looked = now
        self._asked = max(self._asked, alive)
        missing = max(self._asked, 1) - alive
        if missing <= 0:
            self._missing_since, self._said = None, False
        elif self._missing_since is None:
            self._missing_since = now
        note = self._note(alive, now) if missing > 0 else ""
        if self._alive < 0 and self._cluster.address:
            note = f"workers of other machines join by `dask worker {self._cluster.address} --nthreads 1`, with TLS"
        if note or alive != self._alive:
            self._alive = alive
            self._watch(WorkersSeen(alive, self._asked, note))

    def fail(self) -> NoReturn:
        """Say that the scheduler has gone."""
        raise ArchiveError(
            f"the scheduler of the workers ({self._cluster.name}) has gone: what was done is kept; start it again, and "
            "the same run goes on"
        )

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Say that the scheduler has gone where a question to it fails for that reason."""
        from distributed import CancelledError  # noqa: PLC0415
        from distributed.comm import CommClosedError  # noqa: PLC0415

        try:
            yield
        except (CommClosedError, CancelledError, OSError) as error:
            raise ArchiveError(
                f"the scheduler of the workers ({self._cluster.name}) has gone ({type(error).__name__}): what was done "
                "is kept; start it again, and the same run goes on"
            ) from error

    def _note(self, alive: int, now: float) -> str:
        since = now - (self._missing_since or now)
        if self._cluster.is_local and not alive and since > NONE_SECONDS:
            raise ArchiveError(
                f"all {self._asked} workers have died, and none could be started again: see what memory and disk are "
                "left; what was done is kept, and the same run goes on"
            )
        if self._said or since <= GONE_SECONDS:
            return ""
        self._said = True
        if not self._asked:
            return f"the scheduler ({self._cluster.name}) has no worker yet: the run waits for the first"
        gone = self._asked - alive
        rest = f"the run goes on with {alive}" if alive else "the run waits for new ones"
        return f"{gone} of {self._asked} workers {'is' if gone == 1 else 'are'} gone, and did not come back: {rest}"
