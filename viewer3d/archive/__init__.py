"""Thousands of series at once: pictures, tables and conversions of every volume of an archive.

>>> for outcome in viewer3d.archive.run("archive", ["thumbnail", "info"], "out"):  # doctest: +SKIP
...     print(outcome.status, outcome.why)

A run goes on where it was stopped. Names load when they are first used, and Dask only where workers are asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from viewer3d.archive.cluster.options import TLSFiles as TLSFiles
    from viewer3d.archive.cluster.options import WorkersSeen as WorkersSeen
    from viewer3d.archive.driver import RunStatus as RunStatus
    from viewer3d.archive.driver import run as run
    from viewer3d.archive.driver import status as status
    from viewer3d.archive.item import Item as Item
    from viewer3d.archive.jobs.job import Context as Context
    from viewer3d.archive.jobs.job import Job as Job
    from viewer3d.archive.jobs.job import Made as Made
    from viewer3d.archive.outcome import MadeFile as MadeFile
    from viewer3d.archive.outcome import Outcome as Outcome
    from viewer3d.archive.overlays import OverlaySource as OverlaySource
    from viewer3d.archive.plan import Plan as Plan

_HOMES: Final = {
    "Context": "jobs.job",
    "Item": "item",
    "Job": "jobs.job",
    "Made": "jobs.job",
    "MadeFile": "outcome",
    "Outcome": "outcome",
    "OverlaySource": "overlays",
    "Plan": "plan",
    "RunStatus": "driver",
    "TLSFiles": "cluster.options",
    "WorkersSeen": "cluster.options",
    "run": "driver",
    "status": "driver",
}
"""The module of each public name, within this folder."""

__all__ = [*_HOMES]  # noqa: PLE0604 (the keys are strings)


def __getattr__(name: str) -> object:
    if name in _HOMES:
        value = getattr(import_module(f"viewer3d.archive.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
