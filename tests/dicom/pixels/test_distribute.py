"""Decoding side by side: which error is raised, progress, and an interrupt."""

from __future__ import annotations

import time

import pytest

from viewer3d.dicom.pixels.distribute import distribute_work, workers_for
from viewer3d.dicom.pixels.workers import WORKERS, Worker


def test_the_error_is_that_of_the_first_frame_and_what_was_begun_is_finished() -> None:
    done = []

    def work(_worker: Worker, number: int) -> None:
        if number in (3, 4):
            time.sleep(0.2 * (5 - number))
            raise ValueError(number)
        done.append(number)

    with pytest.raises(ValueError, match="3"):
        distribute_work(work, 100, 2)
    assert sorted(done)[:3] == [0, 1, 2]
    assert len(done) < 20


def test_progress_counts_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    distribute_work(lambda _worker, _number: None, 9, 2, lambda done, count: told.append((done, count)))
    assert told[-1] == (9, 9)
    assert told == sorted(told)


def test_an_interrupt_of_the_caller_ends_what_decodes() -> None:
    def stop(_done: int, _count: int) -> None:
        raise KeyboardInterrupt

    ids: list[int] = []

    def work(worker: Worker, _number: int) -> None:
        ids.append(worker.id)
        time.sleep(0.05)

    with pytest.raises(KeyboardInterrupt):
        distribute_work(work, 100, 2, stop)
    assert len(ids) < 10


def test_a_process_can_be_kept_to_one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of Dask, which are one for each core."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: set(range(8)), raising=False)
    monkeypatch.setattr(WORKERS, "most", WORKERS.most)
    assert workers_for(10.0) == 8
    WORKERS.limit(1)
    assert workers_for(10.0) == 1
    spare = [WORKERS.take(), WORKERS.take()]
    for worker in spare:
        WORKERS.give_back(worker)
    assert [worker.alive for worker in spare].count(True) <= 1
