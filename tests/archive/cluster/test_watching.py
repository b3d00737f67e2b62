"""What is said of workers that are gone, and when a run ends for want of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from viewer3d.archive import Plan
from viewer3d.archive.cluster import dispatch
from viewer3d.archive.cluster.options import WorkersSeen
from viewer3d.errors import ArchiveError

pytestmark = pytest.mark.slow
pytest.importorskip("distributed", reason="Dask is not installed: pip install 'viewer3d[archive]'")


@dataclass
class Workers:
    """A cluster of which a test says how many workers it has, and the time."""

    asked: int
    is_local: bool = True
    name: str = "tcp://10.0.0.5:8786"
    address: str = ""
    scheduler_answers: bool = True
    there: int = 0
    now: float = 1000.0
    seen: list[WorkersSeen] = field(default_factory=list)

    def alive(self) -> int:
        return self.there

    def monotonic(self) -> float:
        return self.now


def look(workers: Workers, watcher: dispatch._Watcher, there: int, seconds: float) -> WorkersSeen | None:
    """Let some seconds pass, and return what is told then."""
    before = len(workers.seen)
    workers.there, workers.now = there, workers.now + seconds
    watcher.look()
    return workers.seen[-1] if len(workers.seen) > before else None


def watched(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> dispatch._Watcher:
    monkeypatch.setattr(dispatch, "time", workers)
    return dispatch._Watcher(workers, workers.seen.append)  # type: ignore[arg-type]


def test_one_that_does_not_come_back_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers(4)
    watcher = watched(workers, monkeypatch)
    assert look(workers, watcher, 4, 0) == WorkersSeen(4, 4)
    assert look(workers, watcher, 4, 10) is None
    assert look(workers, watcher, 3, 10) == WorkersSeen(3, 4)
    assert look(workers, watcher, 4, 30) == WorkersSeen(4, 4)  # it came back
    assert look(workers, watcher, 3, 10) == WorkersSeen(3, 4)
    assert look(workers, watcher, 3, 40) is None
    said = "1 of 4 workers is gone, and did not come back: the run goes on with 3"
    assert look(workers, watcher, 3, 10) == WorkersSeen(3, 4, said)
    assert look(workers, watcher, 3, 100) is None
    assert watcher.workers == 4  # as many as were asked for: Dask goes on trying


def test_without_any_worker_of_this_machine_a_run_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers(2)
    watcher = watched(workers, monkeypatch)
    look(workers, watcher, 2, 0)
    look(workers, watcher, 0, 10)
    assert look(workers, watcher, 0, 100) == WorkersSeen(
        0, 2, "2 of 2 workers are gone, and did not come back: the run waits for new ones"
    )
    with pytest.raises(ArchiveError, match="all 2 workers have died, and none could be started again"):
        look(workers, watcher, 0, 30)


def test_a_scheduler_elsewhere_may_have_none_and_get_more(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers(0, is_local=False)
    watcher = watched(workers, monkeypatch)
    assert look(workers, watcher, 0, 0) == WorkersSeen(0, 0)
    assert watcher.workers == 1  # so that an adaptive cluster sees something to do
    said = "the scheduler (tcp://10.0.0.5:8786) has no worker yet: the run waits for the first"
    assert look(workers, watcher, 0, 60) == WorkersSeen(0, 0, said)
    assert look(workers, watcher, 0, 10_000) is None
    assert look(workers, watcher, 7, 10) == WorkersSeen(7, 7)
    assert watcher.workers == 7
    assert look(workers, watcher, 2, 10) == WorkersSeen(2, 7)
    assert watcher.workers == 2


def test_no_worker_is_started_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "connect_workers", None)
    assert list(dispatch.cluster_outcomes([], Plan(("info",), Path()))) == []


def test_workers_of_other_machines_are_told_where_to_join(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers(2, address="tls://10.0.0.9:8786")
    told = look(workers, watched(workers, monkeypatch), 2, 0)
    assert told is not None
    assert "`dask worker tls://10.0.0.9:8786 --nthreads 1`" in told.note


def test_a_scheduler_that_goes_away_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers(2, is_local=False)
    watcher = watched(workers, monkeypatch)
    look(workers, watcher, 2, 0)
    workers.scheduler_answers = False
    with pytest.raises(ArchiveError, match=r"tcp://10.0.0.5:8786\) has gone: what was done is kept"):
        look(workers, watcher, 2, 0)
    with pytest.raises(ArchiveError, match=r"has gone \(ConnectionResetError\)"), watcher.errors():
        raise ConnectionResetError
