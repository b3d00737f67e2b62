"""A few tiny series as items of a run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d.archive import Item, Plan

NEEDED = 200 << 20


def write_items(folder: Path, count: int) -> list[Item]:
    """Write tiny series, each in a folder of its own, and return them as items."""
    items = []
    for number in range(count):
        write_phantom(folder / f"{number:03}", shape=(12, 10, 3), seed=number)
        series = viewer3d.scan(folder / f"{number:03}").series[0]
        key = hashlib.sha256(f"{number}".encode()).hexdigest()
        items.append(Item(key, series, 1, None, str(folder / f"{number:03}"), NEEDED, frames=3))
    return items


def plan_of(out: Path, job: str) -> Plan:
    """Return a plan with a job of :mod:`tests.archive.cluster.jobs`."""
    out.mkdir(exist_ok=True)
    return Plan((f"tests.archive.cluster.jobs:{job}",), out)
