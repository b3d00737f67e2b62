"""Start workers on this machine, or connect to those of a scheduler that runs already."""

from __future__ import annotations

import json
import logging
import multiprocessing.process
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from viewer3d.archive.cluster.on_worker import (
    UnfitWorkerError,
    Versions,
    WorkerFacts,
    check_versions,
    check_worker,
    versions_here,
    worker_facts,
)
from viewer3d.archive.cluster.options import LOOPBACK, ClusterOptions
from viewer3d.archive.plan import Plan
from viewer3d.dicom.memory import MEMORY_SHARE, memory_left
from viewer3d.errors import ArchiveError

INSTALL: Final = "pip install 'viewer3d[archive]'"

CONNECT_SECONDS: Final = 30
"""How long a scheduler may take to answer."""

LEAST_MEMORY: Final = 512 << 20
"""Bytes that a worker of this machine may have at least: after its first picture in 3D it has 290 MB, and with less it
would be ended again and again, whatever it works on."""

CONFIG: Final[dict[str, Any]] = {
    "distributed.scheduler.allowed-failures": 2,  # of three, for one death may be another's fault
    "distributed.scheduler.worker-saturation": 1.0,  # what waits does so in the scheduler: a death has one suspect
    "distributed.scheduler.work-stealing": False,  # no worker has more than one
    "distributed.scheduler.worker-ttl": None,  # OpenGL may not answer for minutes; nannies see who dies
    "distributed.scheduler.active-memory-manager.start": False,  # no result is kept
    "distributed.worker.profile.enabled": False,  # it looks at every thread 100 times a second
    "distributed.worker.memory.target": False,  # there are no results to write to disk,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,  # and a worker that waits for itself to shrink would wait forever
    # With it each array that is freed goes back to the system, and 16,000 pages of a quad picture are asked for again.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    "distributed.worker.memory.monitor-interval": "250ms",
    "distributed.admin.tick.interval": "1s",  # 20 ms wake each process 50 times a second, beside its job
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.client.scheduler-info-interval": "60s",  # this program counts workers itself
    "distributed.diagnostics.nvml": False,  # which would ask for graphics cards in each process
    "distributed.scheduler.http.routes": [],  # no page says what is worked on,
    "distributed.worker.http.routes": [],  # to whoever can open a port
}
"""What is set for workers of this machine, in Dask's words. Each costs time, or blames an item for another's death."""

ENVIRONMENT: Final = {"LP_NUM_THREADS": "1"}
"""What is set in workers of this machine: OpenGL in software (llvmpipe) draws with one thread, as there is a worker for
each core."""

UNGUARDED: Final = (
    'workers import the script that starts them: put what runs in it under `if __name__ == "__main__":`, or use '
    "the program `viewer3d batch`, or workers=0"
)


@dataclass(frozen=True)
class Cluster:
    """Workers that can be sent items.

    Attributes
    ----------
    client : distributed.Client
    name : str
        Where its scheduler is, for messages.
    asked : int
        How many workers were asked for; of a scheduler that ran already how many it had, which may change.
    is_local : bool
        Whether they were started here.
    address : str
        Of the scheduler, where workers of other machines can join it; else empty.
    memory : int or None
        Bytes that all workers may take together, where they are on this machine.
    versions : Versions
        What all of them must have.
    """

    client: Any
    name: str
    asked: int
    is_local: bool
    address: str
    memory: int | None
    versions: Versions

    @property
    def scheduler_answers(self) -> bool:
        """Whether the connection to the scheduler stands."""
        return bool(self.client.status == "running")

    def alive(self) -> int:
        """Return how many workers the scheduler has."""
        if self.is_local:
            return len(self.client.cluster.scheduler.workers)  # which is in this process
        return len(self.client.nthreads())


@contextmanager
def connect_workers(options: ClusterOptions, plan: Plan) -> Iterator[Cluster]:
    """Find the workers of a run; those that are started for it are ended in the end.

    Raises
    ------
    ArchiveError
        When Dask is not installed, no scheduler answers, or workers are not as this run needs them.
    """
    check_cluster(options)
    try:
        import distributed  # noqa: F401, PLC0415 (half a second, and only the extra brings it)
    except ModuleNotFoundError as error:
        raise _not_installed(error.name) from error
    way = _started_here(options, plan) if options.is_local else _scheduler_of(options)
    with _silenced(), way as cluster:
        yield cluster


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep Dask from printing: what it would say is said in a line, and without the arguments of tasks."""
    levels = {handler: handler.level for handler in logging.getLogger("distributed").handlers}
    for handler in levels:
        handler.setLevel(logging.CRITICAL)
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise  # the program ends, and Dask may yet have to end workers that were just starting
    except BaseException:
        _set_levels(levels)
        raise
    _set_levels(levels)


def _set_levels(levels: Mapping[logging.Handler, int]) -> None:
    for handler, level in levels.items():
        handler.setLevel(level)


def check_cluster(options: ClusterOptions) -> None:
    """Check what can be checked before anything is written or started.

    Raises
    ------
    ArchiveError
        When Dask is not installed, or options contradict each other.
    """
    if options.is_local:
        _check_script()
    if find_spec("distributed") is None:  # it is not imported yet: there may be nothing to do
        raise _not_installed("distributed")
    if options.is_local:
        _host_and_port(options)
    else:
        _address(options)
    if options.tls is not None:
        _security(options)


def _check_script() -> None:
    """Check that workers can be started from the script that runs: each of them imports it."""
    if getattr(multiprocessing.process.current_process(), "_inheriting", False):
        # This is a worker, which just imports the script. Its driver says so in words.
        sys.exit(f"viewer3d: {UNGUARDED}")
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    if path and getattr(main, "__spec__", None) is None and not Path(path).exists():
        raise ArchiveError(
            f"the script is read from {Path(path).name}, which workers cannot: write it to a file, use the program "
            "`viewer3d batch`, or workers=0 (--workers 0)"
        )


def _not_installed(module: str | None) -> ArchiveError:
    return ArchiveError(
        f"workers need Dask, and {module} is not installed: {INSTALL}, or --workers 0 for this process alone"
    )


@contextmanager
def _started_here(options: ClusterOptions, plan: Plan) -> Iterator[Cluster]:
    import dask  # noqa: PLC0415
    from dask.system import CPU_COUNT  # noqa: PLC0415
    from distributed import Client, LocalCluster, Nanny  # noqa: PLC0415

    class QuietNanny(Nanny):  # type: ignore[misc]
        """One of these settings, also where it is started later."""

        def __init__(self, *args: Any, **options: Any) -> None:
            with dask.config.set(CONFIG):
                super().__init__(*args, **options)

    count = CPU_COUNT if options.workers is None else options.workers
    security = _security(options)
    host, port = _host_and_port(options)
    environment = dict(os.environ)  # nannies set variables in it, for the processes that they start
    loop = _start_loop()
    _silence_loop(loop.loop)
    with dask.config.set(CONFIG), _start_errors(count):
        local = LocalCluster(
            loop=loop.loop,
            n_workers=count,
            threads_per_worker=1,
            worker_class=QuietNanny,
            host=host,
            scheduler_port=port,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": f"{LOOPBACK}:0"},  # any port; nothing is there
            silence_logs=logging.CRITICAL,
            memory_limit=max(plan.max_memory, LEAST_MEMORY),
            security=security,
            config=CONFIG,  # of workers that are started later too
            env=ENVIRONMENT,
            preload=[on_worker_module()],
        )
    # Without it, a worker that dies while it starts is never replaced.
    adaptive = local.adapt(minimum=count, maximum=count)
    try:
        with Client(local, set_as_default=False) as client:
            memory = max(plan.max_memory, int(MEMORY_SHARE * memory_left().bytes))
            address = "" if host in _LOOPBACKS else str(local.scheduler_address)
            yield Cluster(client, "this machine", count, True, address, memory, versions_here())
    finally:
        _end_workers(local, adaptive)
        local.close()
        loop.stop()
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)


def _start_loop() -> Any:
    """Start the thread that starts workers, without Ctrl+C, which a terminal sends to all its processes.

    What a thread blocks, the processes that it starts block as well, so that only the driver is interrupted.
    """
    from distributed.utils import LoopRunner  # noqa: PLC0415

    runner = LoopRunner(asynchronous=False)
    if not hasattr(signal, "pthread_sigmask"):  # Windows has none
        runner.start()
        return runner
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        runner.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return runner


def _silence_loop(loop: Any) -> None:
    """Let the loop of a cluster say nothing of tasks that nobody waits for any more, as after Ctrl+C."""
    loop.asyncio_loop.set_exception_handler(lambda _loop, _context: None)


def _end_workers(local: Any, adaptive: Any) -> None:
    """End the workers of this machine at once.

    What still runs is not wanted, and is done again another time. Asked to close, they would wait for their jobs, and
    those that are just starting would fill the terminal.
    """
    adaptive.stop()
    for nanny in list(local.workers.values()):
        nanny.close_gracefully()  # it starts no other
        if process := nanny.pid:
            with suppress(OSError):
                os.kill(process, getattr(signal, "SIGKILL", signal.SIGTERM))


def on_worker_module() -> str:
    """Return the module that workers load when they start."""
    return worker_facts.__module__


@contextmanager
def _start_errors(count: int) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, OSError) as error:
        reason = str(error.__cause__ or error) or type(error).__name__
        main = getattr(sys.modules["__main__"], "__file__", None)
        hint = f"; {UNGUARDED}" if main and sys.modules["__main__"].__spec__ is None else ""
        raise ArchiveError(f"none of {count} workers could be started on this machine ({reason}){hint}") from error


@contextmanager
def _scheduler_of(options: ClusterOptions) -> Iterator[Cluster]:
    from distributed import Client  # noqa: PLC0415

    name = _address(options)
    security = _security(options)
    try:
        client = Client(name, security=security, timeout=CONNECT_SECONDS, set_as_default=False, name="viewer3d")
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ArchiveError(
            f"{name}: no scheduler of Dask answers there ({_words(error)}): start one with `dask scheduler`, and give "
            "its address as tcp://host:8786, or tls://host:8786 with --tls-ca-file, --tls-cert and --tls-key"
        ) from error
    with client:
        _silence_loop(client.loop)
        versions = versions_here()
        facts = _ask(client, name, versions)
        yield Cluster(client, name, len(facts), False, "", None, versions)


_LOOPBACKS: Final = {LOOPBACK, "localhost", "::1"}


def _host_and_port(options: ClusterOptions) -> tuple[str, int]:
    """Return where a scheduler of this machine listens: a host, and a port or 0 for any."""
    host, colon, port = options.host.rpartition(":")
    if not colon or (options.host.count(":") > 1 and not options.host.startswith("[")):  # of IPv6
        host, port = options.host, "0"
    if not port.isdecimal():
        raise ArchiveError(f"host {options.host}: give a host, or a host and a port as 10.0.0.5:8786")
    if host not in _LOOPBACKS and not _security(options).require_encryption:
        raise ArchiveError(
            f"host {host}: whoever reaches a scheduler of Dask can run programs here: give --tls-ca-file, --tls-cert "
            f"and --tls-key, or leave it at {LOOPBACK}"
        )
    return host, int(port)


def _address(options: ClusterOptions) -> str:
    """Return the address of the scheduler that is given, or that stands in the file that is."""
    file = options.scheduler_file
    if options.scheduler is not None and file is not None:
        raise ArchiveError("give the address of a scheduler or its file, not both (--scheduler, --scheduler-file)")
    name = options.scheduler or ""
    if file is not None:
        try:
            name = str(json.loads(file.read_bytes())["address"])
        except (OSError, ValueError, LookupError, TypeError) as error:
            reason = getattr(error, "strerror", None) or "it holds no address of a scheduler"
            raise ArchiveError(f"{file}: {reason}: `dask scheduler --scheduler-file {file}` writes one") from error
    if name.startswith("tls://") and not _security(options).tls_ca_file:
        raise ArchiveError(f"{name}: give the files of its TLS: --tls-ca-file, --tls-cert and --tls-key")
    return name


def _ask(client: Any, name: str, versions: Versions) -> dict[str, WorkerFacts]:
    """Ask scheduler and workers for their versions and threads, and check them."""
    try:
        check_versions(client.run_on_scheduler(versions_here), versions, f"the scheduler at {name}")
        facts: dict[str, WorkerFacts] = client.run(worker_facts)
        for address, one in facts.items():
            check_worker(one, versions, address)
    except UnfitWorkerError as error:
        raise ArchiveError(str(error)) from error
    except ModuleNotFoundError as error:
        raise ArchiveError(
            f"{name}: {error.name} is not installed where the scheduler or its workers run: install viewer3d "
            f"{versions.viewer3d} there ({INSTALL})"
        ) from error
    return facts


def _security(options: ClusterOptions) -> Any:
    """Return the TLS of Dask for the files given; without any that of Dask's own configuration."""
    from distributed.security import Security  # noqa: PLC0415

    files = options.tls
    if files is None:
        return Security()
    for name, path in vars(files).items():
        if path is not None and not os.access(path, os.R_OK):
            raise ArchiveError(f"--tls-{name.replace('_', '-')} {path}: the file cannot be read")
    roles: dict[str, Any] = {}
    for role in ("client", "scheduler", "worker"):
        roles[f"tls_{role}_cert"] = str(files.cert)
        roles[f"tls_{role}_key"] = None if files.key is None else str(files.key)
    return Security(tls_ca_file=str(files.ca_file), require_encryption=True, **roles)


def _words(error: BaseException) -> str:
    words = ""
    with suppress(Exception):
        words = " ".join(str(error).split())
    return words[:300] or type(error).__name__
