"""A run over an archive: by workers of Dask, by a pool of processes, and by a plain loop in one process.

``python archive.py WAY ARCHIVE OUT JOBS WORKERS`` runs the jobs, and prints what it took as JSON.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pydicom

from tests.benchmarks.runs import Figures, least, once
from viewer3d import archive, phantom
from viewer3d.archive import Item, Outcome, Plan, driver
from viewer3d.archive.work import work

SHAPE = (64, 64, 93)
DASK, POOL, LOOP = "workers of Dask", "pool", "loop"
WAYS = (DASK, POOL, LOOP)

DRIVER_SHARE = 0.15
"""Most that driver and scheduler may take, of the CPU time of the jobs of 200 quad pictures."""

DRIVER_SECONDS = 0.04
"""Most that they may take of CPU time for a series."""

POOL_RATIO = 1.1
"""Most that the jobs may take of CPU time, of that in a pool."""

GROWTH = 1.2
"""Most memory that a worker may have after 100 series, of that after 10."""


def write_archive(folder: Path, series: int, shape: tuple[int, int, int] = SHAPE) -> Path:
    """Write series of the phantom that differ in their UIDs alone; one that is there is kept."""
    first = folder / "0000"
    if not first.exists():
        phantom.write(first, shape=shape)
    files = {path.name: path.read_bytes() for path in sorted(first.iterdir())}
    for number in range(1, series):
        target = folder / f"{number:04}"
        if target.exists():
            continue
        target.mkdir()
        for name, data in files.items():
            (target / name).write_bytes(_with_uids(data, number))
    return folder


def _with_uids(data: bytes, number: int) -> bytes:
    """Return a file with other UIDs of as many characters: the last but four of its series are its number."""
    header = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True)
    for uid in (header.SeriesInstanceUID, header.SOPInstanceUID):
        other = f"{uid[:-9]}{number + 1:05}{uid[-4:]}"
        data = data.replace(uid.encode(), other.encode())
    return data


def pool_outcomes(items: Iterator[Item], plan: Plan, workers: int) -> Generator[Outcome]:
    """Work on items by a pool of processes that are spawned, four items each under way."""
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        sent: set[Future[Outcome]] = {pool.submit(work, item, plan) for item in islice(items, 4 * workers)}
        while sent:
            done, sent = wait(sent, return_when=FIRST_COMPLETED)
            sent |= {pool.submit(work, item, plan) for item in islice(items, len(done))}
            yield from (future.result() for future in done)


def run_once(way: str, place: str, out: str, jobs: str, workers: int) -> dict[str, float]:
    """Run jobs in one way, and return what it took."""
    if way == POOL:
        driver._engine = lambda _options, _watch: partial(pool_outcomes, workers=workers)
    options: dict[str, Any] = {"workers": 0 if way == LOOP else workers}
    before, start = os.times(), time.perf_counter()
    memory: dict[str, list[int]] = {}
    found = []
    for outcome in archive.run(place, jobs.split(","), out, **options):
        assert outcome.status == "done", outcome
        found.append(outcome)
        memory.setdefault(outcome.worker, []).append(outcome.memory)
    wall, after = time.perf_counter() - start, os.times()
    own = after.user + after.system - before.user - before.system
    children = after.children_user + after.children_system - before.children_user - before.children_system
    jobs_cpu = sum(outcome.cpu_seconds for outcome in found)
    driving = own - jobs_cpu if way == LOOP else own
    grown = [peaks[-1] / peaks[9] for peaks in memory.values() if len(peaks) >= 100]
    return {
        "wall": wall,
        "cpu": own + children,
        "a second": len(found) / wall,
        "a cpu second": len(found) / (own + children),
        "jobs s": jobs_cpu,
        "driver ms": 1000 * driving / len(found),
        "driver %": 100 * driving / jobs_cpu,
        "peak MiB": max(max(peaks) for peaks in memory.values()) / (1 << 20),
        "growth": max(grown, default=float("nan")),
    }


def timed(place: Path, jobs: str, workers: int, runs: int) -> dict[str, Figures]:
    """Run jobs over an archive in all ways in turn, each into a new folder; the least of the runs."""
    rows: dict[str, list[Figures]] = {way: [] for way in WAYS}
    for _ in range(runs):
        for way in WAYS:
            with tempfile.TemporaryDirectory() as scratch:
                out = str(Path(scratch) / "out")
                rows[way].append(once([sys.executable, __file__, way, str(place), out, jobs, str(workers)]))
    return {way: least(figures) for way, figures in rows.items()}


def limits(figures: dict[str, Figures]) -> Iterator[str]:
    """Say how the workers of Dask keep the limits of 200 quad pictures; more than 100 series a worker show growth."""
    dask, pool = figures[DASK].told, figures[POOL].told
    yield f"driver and scheduler: {dask['driver %']:.3g} % of the jobs' CPU, at most {DRIVER_SHARE:.0%}"
    yield f"driver and scheduler: {dask['driver ms']:.3g} ms of CPU a series, at most {1000 * DRIVER_SECONDS:.3g}"
    yield f"jobs: {dask['jobs s'] / pool['jobs s']:.3g} of the CPU time in a pool, at most {POOL_RATIO}"
    yield f"a worker's memory after its last series: {dask['growth']:.3g} of that after 10, at most {GROWTH}"


if __name__ == "__main__":
    print(json.dumps(run_once(*sys.argv[1:5], int(sys.argv[5]))))
