"""The page and the table of a run, made of its manifest: all that a run leaves for people to read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from viewer3d.archive.index.page import PAGE_FILE, write_page
from viewer3d.archive.index.rows import INFO, STATUSES, ColumnUse, Row, ordered_columns
from viewer3d.archive.index.table import RUN_COLUMNS, TABLE_FILE, write_table
from viewer3d.archive.jobs.job import Number
from viewer3d.archive.manifest import PRESENT, Manifest
from viewer3d.archive.outcome import MadeFile
from viewer3d.errors import Viewer3DError

_AT_ONCE: Final = 500
"""Items whose files and numbers are asked for at once; SQLite takes 999 values in a statement of any age."""

_ITEMS: Final = (
    f"SELECT key, status, why, place, series_uid, stack, modality, description, {', '.join(RUN_COLUMNS)}"
    f" FROM items WHERE {PRESENT} ORDER BY CAST(place AS BLOB), series_uid, stack, key"
)


def write_index(manifest: Manifest) -> None:
    """Write ``index.html`` and ``table.csv`` beside a manifest, each completely or not at all.

    Parameters
    ----------
    manifest : Manifest
        Of a run that has ended, was interrupted, or goes on.

    Raises
    ------
    OutputError
        When one cannot be written; an earlier one stays.
    """
    from viewer3d.archive.jobs.info import QUALITY_COLUMNS  # noqa: PLC0415 (what has nothing to do needs none of it)

    out, plan, counts = manifest.path.parent, manifest.plan, manifest.counts()
    jobs: Sequence[str] = plan["jobs"]
    quality = QUALITY_COLUMNS if "info" in jobs else {}
    meanings = {f"{INFO}{name}": meaning.replace("`", "") for name, meaning in quality.items()}
    columns = _columns(manifest, tuple(meanings))
    write_table(read_rows(manifest), columns, jobs, out)
    told = [f"{counts[one]:,} {one}" for one in STATUSES if counts.get(one)]
    ((version,),) = manifest.query("SELECT version FROM run")
    about = " · ".join([f"viewer3d {version}", ", ".join(jobs), ", ".join(told) or "no items"])
    title = out.name or str(out)
    write_page(
        read_rows(manifest), columns, out, title=title, about=about, left_out=left_out(manifest), meanings=meanings
    )


@contextmanager
def index_kept(manifest: Manifest) -> Iterator[None]:
    """Write page and table at the end of a block, also after an error, where what they show has changed.

    Raises
    ------
    OutputError
        When they cannot be written and nothing else went wrong.
    """
    before = _shown(manifest)
    try:
        yield
    except BaseException:  # Ctrl+C too: what was made until now is shown
        with suppress(Viewer3DError):  # what went wrong first is told
            _write_if_changed(manifest, before)
        raise
    _write_if_changed(manifest, before)


def _write_if_changed(manifest: Manifest, before: object) -> None:
    out = manifest.path.parent
    ((is_changed,),) = manifest.query("PRAGMA user_version")
    is_there = (out / PAGE_FILE).is_file() and (out / TABLE_FILE).is_file()
    if is_changed or not is_there or _shown(manifest) != before:
        write_index(manifest)
        manifest.query("PRAGMA user_version = 0")


def _shown(manifest: Manifest) -> object:
    return manifest.counts(), left_out(manifest)


def left_out(manifest: Manifest) -> dict[str, int]:
    """Return how many files of an archive belong to no item, by the reason, the most frequent first."""
    return dict(manifest.query("SELECT reason, SUM(count) FROM left_out GROUP BY reason ORDER BY 2 DESC, 1"))


def read_rows(manifest: Manifest) -> Iterator[Row]:
    """Yield the rows of all items in the archive, by their places; files in the order of the jobs."""
    order = {job: turn for turn, job in enumerate(manifest.plan["jobs"])}
    chunk: list[tuple[Any, ...]] = []
    for item in manifest.stream(_ITEMS):
        chunk.append(item)
        if len(chunk) == _AT_ONCE:
            yield from _rows(manifest, chunk, order)
            chunk = []
    yield from _rows(manifest, chunk, order)


def _rows(manifest: Manifest, items: Sequence[tuple[Any, ...]], order: Mapping[str, int]) -> Iterator[Row]:
    keys = [item[0] for item in items]
    marks = ", ".join("?" * len(keys))
    files: dict[str, list[MadeFile]] = {key: [] for key in keys}
    numbers: dict[str, dict[str, Number]] = {key: {} for key in keys}
    for key, *made in manifest.stream(f"SELECT key, job, path, sha256, bytes FROM files WHERE key IN ({marks})", keys):
        files[key].append(MadeFile(*made))
    for key, name, value in manifest.stream(f"SELECT key, name, value FROM numbers WHERE key IN ({marks})", keys):
        numbers[key][name] = value
    for key, status, why, place, uid, stack, modality, description, *run in items:
        yield Row(
            key,
            status,
            why,
            os.fsdecode(place),  # bytes where they are no text
            uid,
            stack,
            modality,
            description,
            dict(zip(RUN_COLUMNS, run, strict=True)),
            tuple(sorted(files[key], key=lambda one: order.get(one.job, len(order)))),
            numbers[key],
        )


def _columns(manifest: Manifest, first: Sequence[str]) -> tuple[ColumnUse, ...]:
    found = manifest.query(
        "SELECT name, COUNT(value), SUM(typeof(value) = 'text') FROM numbers JOIN items USING (key)"
        f" WHERE {PRESENT} GROUP BY name"
    )
    return ordered_columns((ColumnUse(name, count, numeric=not texts) for name, count, texts in found), first)
