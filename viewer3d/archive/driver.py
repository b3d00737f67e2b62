"""Run jobs over an archive: find its volumes, have them worked on, and keep what became of each."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from viewer3d.archive.cluster.options import ClusterOptions, TLSFiles, Watch
from viewer3d.archive.folders import search
from viewer3d.archive.index.write import index_kept, left_out
from viewer3d.archive.item import Item
from viewer3d.archive.items import find_items
from viewer3d.archive.jobs.job import jobs_of
from viewer3d.archive.made_files import are_as_written, remove_all_leftovers
from viewer3d.archive.manifest import ItemRow, Manifest, copied_manifest, open_manifest, read_manifest
from viewer3d.archive.outcome import ItemStatus, Outcome
from viewer3d.archive.places import listed_places
from viewer3d.archive.plan import AnyOverlay, Plan, options_of
from viewer3d.archive.work import work
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.provenance import Irregular
from viewer3d.dicom.memory import MEMORY_SHARE, memory_left, parse_memory
from viewer3d.dicom.pixels.workers import cores
from viewer3d.errors import ArchiveError, OutputError

RETRIED: Final[tuple[ItemStatus, ...]] = ("bad", "lost", "too large")
"""What can be tried again."""

AnyPlaces = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""A folder, a file, a zip or ``@list.txt`` with a path a line, or several of these."""


def run(
    places: AnyPlaces,
    jobs: str | Sequence[str],
    out: str | os.PathLike[str],
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    scheduler_file: str | os.PathLike[str] | None = None,
    host: str = "127.0.0.1",
    tls: TLSFiles | None = None,
    overlay: AnyOverlay = "none",
    retry: str | Sequence[str] = (),
    limit: int | None = None,
    dry_run: bool = False,
    identify: bool = False,
    max_memory: int | str | None = None,
    irregular: Irregular = "resample",
    skip_bad: bool = False,
    unit: str | None = None,
    strict: bool = False,
    face_hidden: bool = False,
    progress: Progress | None = None,
    watch: Watch | None = None,
) -> Iterator[Outcome]:
    """Make pictures, tables or other files of every volume of an archive, and give what becomes of each.

    Each stack of each series is an item, and each volume of a file that is not DICOM. A series may be spread over
    several folders, or be there twice: it is one. What became of the items is kept in ``manifest.sqlite`` in the folder
    `out`: run again, items that are done and whose files are still there as they were written are passed over, and a
    driver that was killed costs nothing that was done. ``index.html``, a page to look through, and ``table.csv``, a row
    an item, are written when it ends, also when it is interrupted.

    Parameters
    ----------
    places : path or sequence of paths
        Folders (searched at any depth, the zip and tar archives in them too), files, archives, a DICOMDIR, or lists:
        ``"@list.txt"`` has a path a line.
    jobs : str or sequence of str
        What is made of each volume: ``"thumbnail"``, ``"mpr"``, ``"quad"``, ``"lightbox"``, ``"mips"``,
        ``"turntable"``, ``"info"``, ``"statistics"``, ``"nifti"``, or functions of your own by their import path,
        ``"package.module:function"``, see :data:`Job`.
    out : path
        A new folder, or that of an earlier run of the same jobs and options.
    workers : int, optional
        How many processes work at once; one a core unless given. 0 works in this process, without Dask.
    scheduler : str, optional
        Address of a scheduler of Dask that is there already: ``"tcp://host:8786"``, ``"tls://host:8786"``. It and its
        workers have the versions of this program, and the workers one thread each.
    scheduler_file : path, optional
        Or the file that it has written its address to.
    host : str
        Where the scheduler of workers of this machine listens: on loopback, or with `tls` as ``"10.0.0.5:8786"``, so
        that workers of other machines can join.
    tls : TLSFiles, optional
        Certificates, as ``dask scheduler`` takes them; without them Dask's own configuration counts.
    overlay : {"none", "auto"}
        ``"auto"`` lays over each volume what the archive has of it: segmentations, structure sets, PET and dose.
    retry : {"bad", "lost", "too large"}, or sequence of them
        What of an earlier run is tried again.
    limit : int, optional
        Work on so many items and no more.
    dry_run : bool
        Do nothing, and give an outcome ``"pending"`` for each item that would be worked on.
    identify : bool
        Let pictures and tables say who the patient is.
    max_memory : int or str, optional
        Bytes that a worker may need for one item, or ``"4G"``; an item that needs more is ``"too large"``. Without it
        three quarters of the memory that is left, shared by the workers.
    irregular, skip_bad, unit, strict
        How volumes are read, see :func:`viewer3d.load`; what `strict` refuses is ``"bad"``.
    face_hidden : bool
        Whether quad, mips and turntable leave out the front of a face; the table says of each volume whether one was
        found and hidden.
    progress : callable, optional
        Called with ``"folders"``, how many were searched and 0, and with ``"items"``, how many have an outcome or were
        passed over, and how many there are as far as is known.
    watch : callable, optional
        Called with :class:`WorkersSeen` when the number of workers has changed, or there is something to say of them.

    Yields
    ------
    Outcome
        As soon as it is known and written into the manifest; in no order. Items of which the manifest has one already
        are not given again.

    Raises
    ------
    NotFoundError
        When a place is not there.
    ArchiveError
        When a job or an option means nothing, `out` is of another run or version, another run writes there, or no
        workers can be had.
    OutputError
        When nothing can be written to `out`, as when there is no room left: what is done stays, and a later run goes
        on.

    Examples
    --------
    >>> for outcome in viewer3d.archive.run("archive", "thumbnail", "out"):  # doctest: +SKIP
    ...     print(outcome.status, outcome.why)
    """
    names = (jobs,) if isinstance(jobs, str) else tuple(jobs)
    folder = Path(os.path.abspath(out))  # noqa: PTH100 (links in it stay)
    options = ClusterOptions(workers, scheduler, None if scheduler_file is None else Path(scheduler_file), host, tls)
    plan = Plan(
        names,
        folder,
        overlay,
        identify=identify,
        max_memory=_memory(max_memory, options),
        irregular=irregular,
        skip_bad=skip_bad,
        unit=unit,
        strict=strict,
        face_hidden=face_hidden,
    )
    found = listed_places(places)
    how = _How(frozenset([retry] if isinstance(retry, str) else retry), limit, progress)
    _check(plan, found, options, how)
    if dry_run:
        return _dry_run(found, plan, how)
    return _run(found, plan, how, _engine(options, watch))


def status(out: str | os.PathLike[str]) -> RunStatus:
    """Return how far a run is, from its folder; also while it goes on.

    Parameters
    ----------
    out : path
        The folder of a run.

    Raises
    ------
    ArchiveError
        When there is no run.
    """
    folder = Path(os.path.abspath(out))  # noqa: PTH100 (as above)
    with read_manifest(folder) as manifest:
        return RunStatus(
            folder,
            manifest.plan,
            manifest.query("SELECT version FROM run")[0][0],
            manifest.counts(),
            manifest.gone(),
            left_out(manifest),
        )


@dataclass(frozen=True)
class RunStatus:
    """How far a run over an archive is.

    Attributes
    ----------
    out : Path
    plan : dict
        Jobs and options, by name.
    version : str
        That of this package that made it.
    counts : dict
        How many items there are of each status.
    gone : int
        Items that were found once and are no longer in the archive; their files stay.
    left_out : dict
        How many files belong to no item, by the reason.
    """

    out: Path
    plan: dict[str, Any]
    version: str
    counts: dict[ItemStatus, int]
    gone: int
    left_out: dict[str, int]

    @property
    def items(self) -> int:
        """How many items there are."""
        return sum(self.counts.values())


Engine = Callable[[Iterator[Item], Plan], Generator[Outcome]]


@dataclass
class _How:
    """Which items are worked on, and how many were so far."""

    retry: frozenset[str]
    limit: int | None
    progress: Progress | None
    unread: int = 0  # series, each of which is taken for one item until it is read
    found: int = 0
    worked: int = 0
    passed: int = 0

    def count(self, found: int) -> None:
        """Add the items of a series."""
        self.found += found
        self.unread = max(0, self.unread - 1)

    def end(self) -> None:
        """Count an item that was worked on, and tell."""
        self.worked += 1
        self._report()

    def pass_over(self) -> None:
        """Count an item that has an outcome already, and tell."""
        self.passed += 1
        self._report()

    def _report(self) -> None:
        if self.progress is not None:
            known = self.found + self.unread
            total = known if self.limit is None else min(known, self.passed + self.limit)
            self.progress("items", self.worked + self.passed, total)


def _memory(given: int | str | None, options: ClusterOptions) -> int:
    if given is not None:
        return parse_memory(given)
    # Workers elsewhere know themselves how much they may have.
    together = (cores() if options.workers is None else options.workers) if options.is_local else 1
    return int(MEMORY_SHARE * memory_left().bytes) // max(1, together)


def _check(plan: Plan, places: Sequence[str], options: ClusterOptions, how: _How) -> None:
    if not plan.jobs or len(set(plan.jobs)) < len(plan.jobs):
        raise ArchiveError(f"jobs {', '.join(plan.jobs) or 'none'}: give one or several, each once, as thumbnail,info")
    jobs_of(plan.jobs)
    options_of(plan)
    if plan.overlay not in ("none", "auto"):
        raise ArchiveError(f"overlay {plan.overlay!r}: give none or auto")
    if unknown := how.retry - set(RETRIED):
        raise ArchiveError(f"retry {', '.join(sorted(map(str, unknown)))}: give some of {', '.join(RETRIED)}")
    if how.limit is not None and how.limit < 1:
        raise ArchiveError(f"limit {how.limit}: give a number of items, 1 or more")
    if options.workers is not None and options.workers < 0:
        raise ArchiveError(f"workers {options.workers}: give a number of processes, or 0 to work in this one")
    if sum(one is not None for one in (options.workers, options.scheduler, options.scheduler_file)) > 1:
        raise ArchiveError("workers, scheduler, scheduler_file: give one of them; a scheduler has workers of its own")
    real = os.path.realpath(plan.out)
    for place in places:
        inside = os.path.realpath(place)
        if real == inside or inside.startswith(real + os.sep):
            raise ArchiveError(f"{plan.out}: is searched itself ({place}): give another folder to write to")


def _engine(options: ClusterOptions, watch: Watch | None) -> Engine:
    if options.workers == 0:
        return _in_process
    from viewer3d.archive.cluster.connect import check_cluster  # noqa: PLC0415 (it is not imported to list items)
    from viewer3d.archive.cluster.dispatch import cluster_outcomes  # noqa: PLC0415

    check_cluster(options)
    return partial(cluster_outcomes, options=options, watch=watch)


def _in_process(items: Iterator[Item], plan: Plan) -> Generator[Outcome]:
    return (work(item, plan) for item in items)


def _run(places: Sequence[str], plan: Plan, how: _How, engine: Engine) -> Iterator[Outcome]:
    with open_manifest(plan.out, plan) as manifest:
        remove_all_leftovers(plan.out)
        try:
            with index_kept(manifest):
                items = _items(manifest, places, plan, how)
                if (first := next(items, None)) is None:
                    return  # no worker is started for nothing
                # Closed, workers have ended when what they left half written is removed.
                with closing(engine(chain([first], items), plan)) as outcomes:
                    yield from _recorded(manifest, outcomes, plan, how)
        finally:
            remove_all_leftovers(plan.out)


def _recorded(manifest: Manifest, outcomes: Iterator[Outcome], plan: Plan, how: _How) -> Iterator[Outcome]:
    """Yield outcomes that were written into the manifest."""
    for outcome in outcomes:
        if outcome.stops:
            raise OutputError(f"{outcome.why.rstrip('.')}. Nothing that is done is lost: run it again, and it goes on")
        manifest.record(outcome, plan.max_memory)
        how.end()
        yield outcome


def _dry_run(places: Sequence[str], plan: Plan, how: _How) -> Iterator[Outcome]:
    with copied_manifest(plan.out, plan) as manifest:
        for item in _items(manifest, places, plan, how):
            how.end()
            yield Outcome(item.key, "pending")


def _items(manifest: Manifest, places: Sequence[str], plan: Plan, how: _How) -> Iterator[Item]:
    """Yield the items that are to be worked on."""
    kept = search(manifest, places, stage_progress(how.progress, "folders"))
    how.unread = manifest.series_count()

    def wants(row: ItemRow) -> bool:
        if _is_wanted(manifest, row, plan, how.retry):
            return True
        how.pass_over()
        return False

    yield from islice(find_items(manifest, plan, kept, wants, how.count), how.limit)


def _is_wanted(manifest: Manifest, row: ItemRow, plan: Plan, retry: frozenset[str]) -> bool:
    """Return whether an item is to be worked on, for it is not done, or its files are no longer there."""
    if row.status == "pending" or row.status in retry:
        return True
    if row.status == "too large":
        return plan.max_memory > row.allowed
    return row.status == "done" and not are_as_written(plan.out, manifest.files_of(row.key))
