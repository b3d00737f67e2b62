"""What became of an item: files, numbers, or why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from viewer3d.archive.jobs.job import Number

ItemStatus = Literal["pending", "done", "bad", "lost", "too large"]
"""What an item is: waiting; made; refused with words; given up after workers died of it; refused for its size."""


@dataclass(frozen=True)
class MadeFile:
    """A file that a job wrote.

    Attributes
    ----------
    job : str
    path : str
        Relative to the folder of the run, with ``/``.
    sha256 : str
    bytes : int
    """

    job: str
    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Outcome:
    """What became of an item; small, for the driver writes it as rows.

    Attributes
    ----------
    key : str
    status : {"pending", "done", "bad", "lost", "too large"}
        ``"pending"`` only in a dry run.
    why : str
        Why it is not done, in one line that names no patient; empty where it is.
    files : tuple of MadeFile
    numbers : mapping
        By ``"job.name"``: ``"statistics.mean"``.
    seconds, cpu_seconds : float
    memory : int
        Most bytes that the worker's process has had so far.
    worker : str
        Which process it was: host and number.
    version : str
        That of this package in the worker.
    deaths : int
        How many workers died of it.
    stops : bool
        Whether the run cannot go on, as when there is no room left for files; then `why` says it, and the item stays
        pending.
    """

    key: str
    status: ItemStatus
    why: str = ""
    files: tuple[MadeFile, ...] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict, hash=False)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory: int = 0
    worker: str = ""
    version: str = ""
    deaths: int = 0
    stops: bool = False
