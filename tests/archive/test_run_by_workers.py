"""Whole runs by workers of Dask: killed, poisoned, interrupted, gone on with."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import viewer3d
from tests.archive.cluster.processes import children, workers_of
from tests.archive.small_archives import MEAN, digests, leftovers, rows, run, write_archive
from tests.dicom.processes import wait_until_gone
from viewer3d.archive import Outcome

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'viewer3d[archive]'")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
JOBS = ("thumbnail", "tests.archive.cluster.jobs:slow_mean")

DRIVER = """
import sys
import viewer3d

def say(seen):
    print("workers", seen.alive, seen.asked, seen.note, flush=True)

if __name__ == "__main__":
    for one in viewer3d.archive.run(sys.argv[1], sys.argv[3:], sys.argv[2], workers=2, watch=say):
        print("item", one.status, flush=True)
"""


class Driver:
    """A program that runs jobs over an archive by two workers, and is read line by line."""

    def __init__(self, script: Path, *arguments: str | Path, seconds: float = 0.0) -> None:
        script.write_text(DRIVER)
        words = [sys.executable, str(script), *map(str, arguments)]
        environment = {**os.environ, "VIEWER3D_TEST_SECONDS": f"{seconds}"}
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
        self.alive: list[int] = []
        self.notes: list[str] = []

    def read(self, items: int) -> int:
        """Read until that many more items have ended, or all have; return how many did."""
        count = 0
        assert self.process.stdout is not None
        while count < items and (line := self.process.stdout.readline()):
            words = line.split(maxsplit=3)
            count += words[0] == "item"
            if words[0] == "workers":
                self.alive.append(int(words[1]))
                self.notes += words[3:]
        return count

    def kill_a_worker(self, dice: random.Random) -> None:
        """Kill one of the workers that there are at the moment."""
        deadline = time.monotonic() + 20
        while not (there := sorted(workers_of(self.process.pid))):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(dice.uniform(0, 0.2))
        try:
            os.kill(dice.choice(there), signal.SIGKILL)
        except ProcessLookupError:
            self.kill_a_worker(dice)


def test_six_killed_workers_and_a_killed_driver_cost_nothing(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "in", 200)
    undisturbed = run(archive, tmp_path / "undisturbed", JOBS)
    assert len(undisturbed) == 200
    dice, out = random.Random(15), tmp_path / "out"
    ended = 0
    for kills, last in ((3, signal.SIGKILL), (3, None)):
        driver = Driver(tmp_path / "driver.py", archive, out, *JOBS, seconds=0.1)
        for _ in range(kills):
            ended += driver.read(20)
            driver.kill_a_worker(dice)
        ended += driver.read(20)
        if last is not None:
            started = children(driver.process.pid)
            driver.process.send_signal(last)
            wait_until_gone(started, 20)
        ended += driver.read(200)
        driver.process.communicate(timeout=30)
        assert driver.process.returncode == (-9 if last else 0)
        if last is None:
            assert driver.alive[-1] == 2
            assert driver.notes == []
    assert 198 <= ended <= 200  # a killed driver may have written a row and not said so
    assert len(rows(out)) == 200
    assert {status for _, status in rows(out)} == {"done"}
    assert len(rows(out, "SELECT DISTINCT path FROM files")) == len(rows(out, "SELECT path FROM files")) == 400
    assert leftovers(out) == []
    assert made_files(out) == made_files(tmp_path / "undisturbed")
    assert len(made_files(out)) == 400
    again = run(archive, out, JOBS)
    assert again == []


def made_files(out: Path) -> dict[str, bytes]:
    """Return the files of items, without the page and the table of the run."""
    return {name: data for name, data in digests(out).items() if name[2:3] == "/"}


def by_workers(archive: Path, out: Path, jobs: object = MEAN, **how: object) -> dict[str, Outcome]:
    found = list(viewer3d.archive.run(archive, jobs, out, workers=2, **how))  # type: ignore[arg-type]
    assert len({one.key for one in found}) == len(found)
    return {one.key: one for one in found}


def test_a_poison_is_lost_and_tried_again_on_request(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 30), tmp_path / "out"
    poison = archive / "patient007" / "series" / "poison"
    poison.touch()
    job = "tests.archive.cluster.jobs:poison"
    found = by_workers(archive, out, job)
    assert sorted(one.status for one in found.values()) == ["done"] * 29 + ["lost"]
    ((key, status, why, deaths),) = rows(out, "SELECT key, status, why, deaths FROM items WHERE status != 'done'")
    assert (status, deaths) == ("lost", 4)
    assert "a process of its own too: SIGSEGV in poison (jobs.py:29)" in why
    assert f"{key[:2]}/{key}-lost.txt" in made_files(out)
    assert by_workers(archive, out, job) == {}
    poison.unlink()
    assert list(by_workers(archive, out, job, retry="lost")) == [key]
    assert rows(out, "SELECT DISTINCT status FROM items") == [("done",)]
    assert made_files(out) == made_files_in_process(archive, tmp_path / "other", job)


def made_files_in_process(archive: Path, out: Path, job: str) -> dict[str, bytes]:
    run(archive, out, job)
    return made_files(out)


def test_what_is_too_large_is_refused_by_name(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 4), tmp_path / "out"
    needed = max(item.needed for item in items_of(archive, out))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIEWER3D_TEST_SECONDS", "0")
        found = by_workers(archive, out, max_memory=needed - 1)
    assert {one.status for one in found.values()} == {"too large"}
    assert all("more than the" in one.why and "--max-memory" in one.why for one in found.values())
    assert {one.status for one in by_workers(archive, out, max_memory=needed).values()} == {"done"}


def items_of(archive: Path, out: Path) -> list[viewer3d.archive.Item]:
    """Return the items of an archive as the driver finds them."""
    from viewer3d.archive.folders import search
    from viewer3d.archive.items import find_items
    from viewer3d.archive.manifest import copied_manifest

    plan = viewer3d.archive.Plan((MEAN,), out)
    with copied_manifest(out, plan) as manifest:
        kept = search(manifest, [str(archive)], None)
        return list(find_items(manifest, plan, kept, lambda _row: True, lambda _count: None))
