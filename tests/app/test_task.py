"""Work in the background: told of, stopped, failed."""

from __future__ import annotations

import threading
import time

import pytest

from tests.phantom_files import write_phantom
from viewer3d.app.task import Step, Task
from viewer3d.errors import NotFoundError
from viewer3d.formats.load import load


def finished(task, seconds=10):
    until = time.monotonic() + seconds
    while not task.is_over and time.monotonic() < until:
        time.sleep(0.002)
    assert task.is_over
    return task


def test_it_tells_and_gives():
    go = threading.Event()

    def work(progress):
        progress("slices", 3, 12)
        go.wait(10)
        return "all"

    task = Task(work)
    while task.step == Step():
        time.sleep(0.001)
    assert (task.step, task.step.share, task.is_over) == (Step("slices", 3, 12), 0.25, False)
    go.set()
    assert finished(task).result() == "all"


def test_it_is_stopped_at_its_next_report_and_leaves_nothing():
    begun, after = threading.Event(), []

    def work(progress):
        for done in range(10**6):
            progress("slices", done, 10**6)
            begun.set()
            time.sleep(0.001)
        after.append("too far")

    threads = threading.active_count()
    task = Task(work)
    begun.wait(10)
    task.stop()
    assert (task.is_over, task.result(), after) == (True, None, [])
    assert threading.active_count() == threads


def test_what_it_raises_is_raised_where_its_result_is_asked_for():
    def work(progress):
        raise NotFoundError("not there; give another")

    with pytest.raises(NotFoundError, match="not there"):
        finished(Task(work)).result()


def test_a_load_is_stopped(tmp_path):
    write_phantom(tmp_path, shape=(34, 30, 40), spacing=(9.0, 8.0, 2.0))
    steps = []

    def work(progress):
        def slow(*step):
            steps.append(step)
            time.sleep(0.02)
            progress(*step)

        return load(tmp_path, progress=slow)

    task = Task(work)
    while not steps:
        time.sleep(0.001)
    task.stop()
    assert (task.is_over, task.result()) == (True, None)
    assert len(steps) < 40
