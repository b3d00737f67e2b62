"""What workers run: an item, an item whose workers died, and what they are asked of themselves."""

from __future__ import annotations

import os
import pickle
import platform
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

import viewer3d
from viewer3d.archive.item import Item
from viewer3d.archive.outcome import Outcome
from viewer3d.archive.plan import Plan
from viewer3d.archive.work import work
from viewer3d.core.files import write_whole
from viewer3d.dicom.memory import format_memory
from viewer3d.dicom.pixels.workers import WORKERS

WORKER_SHARE: Final = 0.95
"""Share of a worker's memory beyond which a process is killed: that of Dask's nannies (``memory.terminate``)."""

POLL_SECONDS: Final = 0.1
"""How often a process that runs an item alone is looked at."""

MOST_STDERR: Final = 64 << 10
"""Bytes that are kept of what a process wrote before it died."""


class UnfitWorkerError(Exception):
    """A worker that is not as this run needs it; the text says why."""


@dataclass(frozen=True)
class Versions:
    """What must be the same in the driver, the scheduler and all workers."""

    python: str
    viewer3d: str
    dask: str
    distributed: str


@dataclass(frozen=True)
class WorkerFacts:
    """What a worker says of itself.

    Attributes
    ----------
    versions : Versions
    threads : int
        Tasks that it runs at once.
    memory : int
        Bytes that it may take; 0 when nothing limits it.
    process : int
        Number of its process.
    """

    versions: Versions
    threads: int
    memory: int
    process: int


def versions_here() -> Versions:
    """Return the versions of this process."""
    import dask  # noqa: PLC0415 (both are there where this is called, but not where this module is imported first)
    import distributed  # noqa: PLC0415

    python = ".".join(platform.python_version_tuple()[:2])
    return Versions(python, viewer3d.__version__, dask.__version__, distributed.__version__)


def worker_facts(dask_worker: Any) -> WorkerFacts:
    """Return the facts of a worker; ``Client.run`` gives it."""
    limit = int(dask_worker.memory_manager.memory_limit or 0)
    return WorkerFacts(versions_here(), dask_worker.state.nthreads, limit, os.getpid())


def check_worker(facts: WorkerFacts, expected: Versions, name: str) -> None:
    """Check that a worker is as this run needs it.

    Raises
    ------
    UnfitWorkerError
        When its versions differ from those of the driver, or it runs several tasks at once.
    """
    check_versions(facts.versions, expected, f"the worker {name}")
    if facts.threads != 1:
        raise UnfitWorkerError(
            f"the worker {name} has {facts.threads} threads, and OpenGL is for one: start workers with --nthreads 1"
        )


def check_versions(found: Versions, expected: Versions, name: str) -> None:
    """Check that versions are those of the driver, see :func:`check_worker`."""
    for package, version in vars(expected).items():
        if (other := getattr(found, package)) != version:
            raise UnfitWorkerError(
                f"{name} has {package} {other}, and this program {version}: install the same on all machines"
            )


def render(packed: bytes, plan: Plan, expected: Versions) -> Outcome:
    """Make of a pickled item what the plan asks for; this is the task of Dask."""
    here, item = _prepare(expected), _unpacked(packed)
    report_path(item, plan).unlink(missing_ok=True)  # of an earlier run
    return work_without_exit(item, _plan_of(here, plan))


def work_without_exit(item: Item, plan: Plan) -> Outcome:
    """Return what becomes of an item also where a job, as some libraries do, ends the program."""
    try:
        return work(item, plan)
    except SystemExit as error:
        why = f"a job wanted to end the program (exit code {error.code if isinstance(error.code, int) else 1})"
        return Outcome(item.key, "bad", why, worker=f"{platform.node()} {os.getpid()}", version=viewer3d.__version__)


def _unpacked(packed: bytes) -> Item:
    item: Item = pickle.loads(packed)
    return item


def render_alone(packed: bytes, plan: Plan, expected: Versions, deaths: int) -> Outcome:
    """Make of an item what the plan asks for in a process of its own, and say how that ended.

    Parameters
    ----------
    packed : bytes
        One whose workers died, pickled.
    plan : Plan
    expected : Versions
    deaths : int
        How many have died of it.

    Returns
    -------
    Outcome
        That of :func:`~viewer3d.archive.work.work`; ``lost``, with the cause, when this process died as well.
    """
    here, item = _prepare(expected), _unpacked(packed)
    plan = _plan_of(here, plan)
    folder = Path(here.local_directory) / f"alone-{item.key}"  # which goes with the worker, however it ends
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    (folder / "task").write_bytes(pickle.dumps((item, plan)))
    code, stderr = _run_process(folder, int(WORKER_SHARE * (here.memory_manager.memory_limit or 0)))
    if (answer := folder / "outcome").is_file():
        outcome: Outcome = pickle.loads(answer.read_bytes())
        return replace(outcome, deaths=deaths)
    why = f"{deaths} workers died of it, and a process of its own too: {exit_cause(code, stderr)}"
    if kept := stderr if plan.identify else stack_of(stderr):
        path = report_path(item, plan)
        write_whole(path, lambda file: file.write(kept.encode()))
        why += f" (what it wrote is kept: {path.relative_to(plan.out).as_posix()})"
    seconds = time.monotonic() - started
    return Outcome(item.key, "lost", why, seconds=seconds, worker=f"{platform.node()} {os.getpid()}", deaths=deaths + 1)


def report_path(item: Item, plan: Plan) -> Path:
    """Return the path of what the process of a lost item wrote before it died."""
    return plan.out / item.key[:2] / f"{item.key}-lost.txt"


def _run_process(folder: Path, most: int) -> tuple[int | str, str]:
    """Run :mod:`viewer3d.archive.cluster.alone`; return its code, or why it was killed, and what it wrote."""
    import psutil  # noqa: PLC0415 (it comes with distributed)

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "viewer3d.archive.cluster.alone", str(folder)]
    with (folder / "stderr").open("w+b") as stderr:
        # That this end of the pipe of its standard input closes tells it that this worker has ended.
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=stderr, stderr=stderr, env=environment, start_new_session=True
        )
        try:
            while process.poll() is None:
                with suppress(psutil.Error):
                    if 0 < most < (taken := psutil.Process(process.pid).memory_info().rss):
                        words = f"it took {format_memory(taken)} of memory, more than the {format_memory(most)} allowed"
                        return words, ""
                with suppress(subprocess.TimeoutExpired):
                    process.wait(POLL_SECONDS)
        finally:
            process.kill()
            process.wait()
            if process.stdin:
                process.stdin.close()
        stderr.seek(max(0, stderr.seek(0, os.SEEK_END) - MOST_STDERR))
        return process.returncode, stderr.read().decode(errors="replace")


def exit_cause(code: int | str, stderr: str) -> str:
    """Say how a process ended: by which signal, and where in Python it was.

    Parameters
    ----------
    code : int or str
        As :attr:`subprocess.Popen.returncode`; or the words why it was ended.
    stderr : str
        What it wrote.
    """
    if isinstance(code, str):
        return code
    how = f"exit code {code}"
    if code < 0:
        with suppress(ValueError):
            how = signal.Signals(-code).name
        if how == "SIGKILL":
            how += ", as when memory runs out"
    call = re.search(r'File "(?:.*[\\/])?([^\\/"]+)", line (\d+) in (\S+)', stack_of(stderr))
    return f"{how} in {call[3]} ({call[1]}:{call[2]})" if call else how


def stack_of(stderr: str) -> str:
    """Return the stack that :mod:`faulthandler` has written of a crash; nothing where there is none.

    The latest call is first. It has places in programs and no values, and so names no patient; what else was written
    might.
    """
    _, head, stack = stderr.rpartition("Current thread")  # the stacks of the others come before
    lines = stack.splitlines()[1:]
    calls = list(takewhile(lambda line: line.startswith("  "), lines))
    return "\n".join([head + stack.splitlines()[0], *calls, ""]) if head and calls else ""


_checked: set[Versions] = set()


def _prepare(expected: Versions) -> Any:
    """Return this worker once it is checked; it keeps to one decoding child, as others use other cores."""
    from distributed import get_worker  # noqa: PLC0415

    here = get_worker()
    if expected not in _checked:
        check_worker(worker_facts(here), expected, here.address)
        WORKERS.limit(1)
        _checked.add(expected)
    return here


def _plan_of(here: Any, plan: Plan) -> Plan:
    """Return the plan with no more memory for an item than this worker may have."""
    limit = int(here.memory_manager.memory_limit or 0)
    return replace(plan, max_memory=limit) if 0 < limit < plan.max_memory else plan


def dask_setup(_worker: Any) -> None:
    """Leave Ctrl+C to the driver: a terminal sends it to all processes. Dask calls this in a new worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
