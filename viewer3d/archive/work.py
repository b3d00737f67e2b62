"""Work on one item: load its volume, run the jobs, and say what became of it."""

from __future__ import annotations

import errno
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from viewer3d import __version__
from viewer3d.archive.folder_names import without_folders
from viewer3d.archive.item import Item
from viewer3d.archive.jobs.job import SEPARATOR, Context, Number, as_made, jobs_of, label_of
from viewer3d.archive.made_files import digest_of_file, folder_of
from viewer3d.archive.outcome import ItemStatus, MadeFile, Outcome
from viewer3d.archive.overlays import lay_over
from viewer3d.archive.plan import Plan, options_of
from viewer3d.core.notes.note import refuse_marked
from viewer3d.core.text import printable
from viewer3d.dicom.memory import format_memory
from viewer3d.errors import ArchiveError, LimitError, OutputError, Viewer3DError

resource: Any = None
with suppress(ImportError):  # Windows has none
    import resource

MOST_NUMBERS: Final = 4000
"""Most numbers that one job may return for an item: each is a column of the table of all items."""

_LONGEST_WHY: Final = 1000
"""Letters of a reason; an error that lists choices has hundreds."""


def work(item: Item, plan: Plan) -> Outcome:
    """Load the volume of an item, run all jobs of a plan on it, and return what became of it.

    Whatever goes wrong is said in the outcome: where a job fails the item is bad, and what the other jobs made of it is
    kept. Done twice, it writes the same files.

    Parameters
    ----------
    item : Item
    plan : Plan

    Returns
    -------
    Outcome
    """
    began, cpu = time.perf_counter(), time.process_time()
    status: ItemStatus = "done"
    why, stops, files, numbers = "", False, list[MadeFile](), dict[str, Number]()
    try:
        check_needed(item, plan)
        failed = _run_jobs(item, plan, files, numbers)
        if failed:
            status, why = "bad", "; ".join(_why_of_job(name, error, item, plan) for name, error in failed.items())
    except LimitError as error:
        status, why = "too large", reason(error, item)
    except Exception as error:  # of own jobs and of damaged files any; it is said, and the others go on
        status, why, stops = "bad", reason(error, item), is_of_output(error)
    if status == "too large" or stops:
        files, numbers = [], {}
    if status != "done":
        numbers = _by_headers(item, plan) | numbers
    return Outcome(
        item.key,
        status,
        why,
        tuple(files),
        numbers,
        seconds=time.perf_counter() - began,
        cpu_seconds=time.process_time() - cpu,
        memory=peak_memory(),
        worker=f"{platform.node()} {os.getpid()}",
        version=__version__,
        stops=stops,
    )


def check_needed(item: Item, plan: Plan) -> None:
    """Check by the headers that an item needs no more memory than a worker may have.

    Raises
    ------
    LimitError
        When it needs more.
    """
    if item.needed > plan.max_memory:
        raise LimitError(
            f"{item}: needs about {format_memory(item.needed)}, more than the {format_memory(plan.max_memory)} that a "
            "worker may have: allow more by max_memory (--max-memory)"
        )


def _run_jobs(item: Item, plan: Plan, files: list[MadeFile], numbers: dict[str, Number]) -> dict[str, Exception]:
    """Run all jobs on an item, and return what those that failed have raised: what the others made stays."""
    jobs = jobs_of(plan.jobs)
    volume = item.load(plan)
    tags = None if item.series is None else item.series.tags
    overlays, notes = lay_over(volume, item.overlays, options_of(plan), tags) if item.overlays else ((), ())
    if plan.strict:
        refuse_marked(str(item), (note for one in overlays for note in one.notes))
    if plan.overlay == "auto":
        numbers |= {"overlay.names": ", ".join(one.name for one in overlays), "overlay.notes": SEPARATOR.join(notes)}
    folder, failed = folder_of(plan.out, item.key), dict[str, Exception]()
    for name, job in jobs.items():
        context = Context(item.key, folder, plan.identify, overlays, item, name, face_hidden=plan.face_hidden)
        try:
            made = as_made(name, job(volume, context), folder)
            if len(made.numbers) > MOST_NUMBERS:
                raise ArchiveError(f"{name}: returned {len(made.numbers)} numbers, more than {MOST_NUMBERS}")
            files += list(_made_files(name, made.files, plan.out))
        except LimitError:
            raise
        except Exception as error:  # of own jobs any
            if is_of_output(error):
                raise
            failed[name] = error
            continue
        numbers |= {f"{label_of(name)}.{column}": value for column, value in made.numbers.items()}
    return failed


def _why_of_job(name: str, error: Exception, item: Item, plan: Plan) -> str:
    words = reason(error, item)
    return words if len(plan.jobs) == 1 or words.startswith(f"{name}: ") else f"{label_of(name)}: {words}"


def _by_headers(item: Item, plan: Plan) -> dict[str, Number]:
    """Return the quality report of an item that is not done: what is wrong in it is told by its headers."""
    if "info" not in plan.jobs:
        return {}
    from viewer3d.archive.jobs.info import quality_numbers  # noqa: PLC0415 (what is imported when the job is)

    try:
        return {f"info.{column}": value for column, value in quality_numbers(item).items()}
    except Exception:  # of damaged headers any; why the item is not done is said already
        return {}


def _made_files(name: str, files: Sequence[Path], out: Path) -> Iterator[MadeFile]:
    for file in files:
        digest, size = digest_of_file(file)
        yield MadeFile(name, file.relative_to(out).as_posix(), digest, size)


def reason(error: BaseException, item: Item) -> str:
    """Return why an item is not done: the words of an error, without the paths of folders."""
    words = " ".join(str(error).split())
    if not isinstance(error, Viewer3DError):
        words = f"{type(error).__name__}: {words}" if words else type(error).__name__
    place = printable(item.place)
    words = without_folders(words, item.folders).replace(place, Path(place).name)
    return printable(words)[:_LONGEST_WHY]


def is_of_output(error: BaseException) -> bool:
    """Return whether an error is that nothing can be written any more, for any item."""
    cause = error.__cause__ if isinstance(error, OutputError) else error
    return isinstance(cause, OSError) and (isinstance(error, OutputError) or cause.errno in _NO_ROOM)


_NO_ROOM: Final = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def peak_memory() -> int:
    """Return the most bytes of memory that this process has had; 0 where the system does not say it."""
    if resource is None:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) * (1 if sys.platform == "darwin" else 1024)  # Linux counts KiB, macOS bytes
