"""The manifest of a run: a file of SQLite with what was found, what became of it, and what was made.

The driver alone writes it; one driver at a time. Others may read it meanwhile.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from viewer3d import __version__
from viewer3d.archive.database import Database, connect, locked, text_or_bytes
from viewer3d.archive.outcome import ItemStatus, MadeFile, Outcome
from viewer3d.archive.plan import Plan
from viewer3d.core.files import write_error
from viewer3d.core.text import printable
from viewer3d.errors import ArchiveError

MANIFEST: Final = "manifest.sqlite"
"""Its name in the folder of a run."""

LOCK: Final = "manifest.lock"
"""A file beside it that the driver keeps locked."""

SCHEMA: Final = 1
"""Number of the form of the tables below; another one is refused."""

CHANGED: Final = 1
"""The user version of the file where page and table of the run do not show all that is in it; else 0."""

_TABLES: Final = """
CREATE TABLE run(
    id INTEGER PRIMARY KEY CHECK (id = 1), schema INTEGER NOT NULL, version TEXT NOT NULL, plan TEXT NOT NULL,
    digest TEXT NOT NULL, driver TEXT NOT NULL DEFAULT '', walk INTEGER NOT NULL DEFAULT 0);
CREATE TABLE folders(
    id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, stamp TEXT NOT NULL, walk INTEGER NOT NULL);
CREATE TABLE parts(
    series TEXT NOT NULL, folder INTEGER NOT NULL, kind TEXT NOT NULL, stamp TEXT NOT NULL, names BLOB NOT NULL,
    PRIMARY KEY (series, folder)) WITHOUT ROWID;
CREATE INDEX parts_of_folder ON parts(folder);
CREATE TABLE left_out(
    folder INTEGER NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
    damaged INTEGER NOT NULL, unseen INTEGER NOT NULL);
CREATE INDEX left_out_of_folder ON left_out(folder);
CREATE TABLE series(id INTEGER PRIMARY KEY, series TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL DEFAULT '');
CREATE TABLE items(
    key TEXT PRIMARY KEY, series TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'pending', why TEXT NOT NULL DEFAULT '',
    place NOT NULL, series_uid TEXT NOT NULL, stack INTEGER, modality TEXT NOT NULL, description TEXT NOT NULL,
    needed INTEGER NOT NULL, stamp TEXT NOT NULL, allowed INTEGER NOT NULL DEFAULT 0,
    deaths INTEGER NOT NULL DEFAULT 0, seconds REAL, cpu_seconds REAL, memory INTEGER, worker TEXT, version TEXT);
CREATE INDEX items_of_series ON items(series);
CREATE TABLE files(
    key TEXT NOT NULL, job TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (key, path)) WITHOUT ROWID;
CREATE TABLE numbers(key TEXT NOT NULL, name TEXT NOT NULL, value, PRIMARY KEY (key, name)) WITHOUT ROWID;
"""

PRESENT: Final = "EXISTS (SELECT 1 FROM parts WHERE parts.series = items.series)"
"""Whether an item is still in the archive: rows of those that are gone stay, and are not counted."""


@dataclass(frozen=True)
class ItemRow:
    """What the manifest knows of an item, for deciding whether it is to be worked on.

    Attributes
    ----------
    key : str
    status : {"pending", "done", "bad", "lost", "too large"}
    stamp : str
        Of its files, by their sizes and times.
    needed, allowed : int
        Bytes of memory that it needs, and that it was allowed when it was last worked on.
    """

    key: str
    status: ItemStatus
    stamp: str
    needed: int
    allowed: int


@dataclass(frozen=True)
class NewItem:
    """What is written of an item when it is found.

    Attributes
    ----------
    key, place, series_uid, modality, description, stamp : str
    stack : int or None
    needed : int
    """

    key: str
    place: str
    series_uid: str
    stack: int | None
    modality: str
    description: str
    needed: int
    stamp: str


class Manifest(Database):
    """An open manifest; see :func:`open_manifest` and :func:`read_manifest`."""

    @property
    def plan(self) -> dict[str, Any]:
        """The plan that the run was begun with, by the names of its fields."""
        ((text,),) = self.query("SELECT plan FROM run")
        found: dict[str, Any] = json.loads(text)
        return found

    def put_items(self, series: str, stamp: str, items: Sequence[NewItem]) -> list[ItemRow]:
        """Write the items of a series that was found or has changed.

        Items that it no longer has go, with their files. An item whose files have changed is pending again.

        Returns
        -------
        list of ItemRow
            Of the items, in their order.
        """
        with self.transaction():
            known = {row.key: row for row in self.items_of(series)}
            for key in known.keys() - {one.key for one in items}:
                self._forget(key)
            for one in items:
                old = known.get(one.key)
                if old is not None and old.stamp != one.stamp:
                    self.set_pending(one.key)
            self.insert(
                "INSERT INTO items(key, series, place, series_uid, stack, modality, description, needed, stamp)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO UPDATE SET series = excluded.series,"
                " place = excluded.place, stack = excluded.stack, needed = excluded.needed, stamp = excluded.stamp",
                [
                    (
                        *(one.key, series, text_or_bytes(one.place), one.series_uid, one.stack),
                        *(printable(one.modality), printable(one.description), one.needed, one.stamp),
                    )
                    for one in items
                ],
            )
            self.query("UPDATE series SET stamp = ? WHERE series = ?", (stamp, series))
            rows = {row.key: row for row in self.items_of(series)}
        return [rows[one.key] for one in items]

    def items_of(self, series: str) -> list[ItemRow]:
        """Return what is known of the items of a series."""
        found = self.query("SELECT key, status, stamp, needed, allowed FROM items WHERE series = ?", (series,))
        return [ItemRow(*row) for row in found]

    def files_of(self, key: str) -> list[MadeFile]:
        """Return the files of an item."""
        found = self.query("SELECT job, path, sha256, bytes FROM files WHERE key = ?", (key,))
        return [MadeFile(*row) for row in found]

    def set_pending(self, key: str) -> None:
        """Make an item one that is to be worked on."""
        self.query("UPDATE items SET status = 'pending', why = '' WHERE key = ?", (key,))

    def record(self, outcome: Outcome, allowed: int) -> None:
        """Write what became of an item.

        Parameters
        ----------
        outcome : Outcome
        allowed : int
            Bytes of memory that a worker might have.
        """
        with self.transaction():
            self.query(
                "UPDATE items SET status = ?, why = ?, allowed = ?, deaths = deaths + ?, seconds = ?, cpu_seconds = ?,"
                " memory = ?, worker = ?, version = ? WHERE key = ?",
                (
                    *(outcome.status, printable(outcome.why), allowed, outcome.deaths, outcome.seconds),
                    *(outcome.cpu_seconds, outcome.memory, outcome.worker, outcome.version, outcome.key),
                ),
            )
            self.query(f"PRAGMA user_version = {CHANGED}")
            self.query("DELETE FROM files WHERE key = ?", (outcome.key,))
            self.query("DELETE FROM numbers WHERE key = ?", (outcome.key,))
            self.insert(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
                [(outcome.key, one.job, one.path, one.sha256, one.bytes) for one in outcome.files],
            )
            self.insert(
                "INSERT OR REPLACE INTO numbers VALUES (?, ?, ?)",
                [(outcome.key, printable(name), _cell(value)) for name, value in outcome.numbers.items()],
            )

    def counts(self) -> dict[ItemStatus, int]:
        """Return how many items of the archive there are of each status.

        A series that was found, and of which the items are not known yet, counts as one that is pending.
        """
        found: dict[ItemStatus, int]
        found = dict(self.query(f"SELECT status, COUNT(*) FROM items WHERE {PRESENT} GROUP BY status"))
        new = "EXISTS (SELECT 1 FROM parts WHERE parts.series = series.series)"
        ((unlisted,),) = self.query(f"SELECT COUNT(*) FROM series WHERE stamp = '' AND {new}")
        return found | {"pending": found.get("pending", 0) + unlisted} if unlisted else found

    def series_count(self) -> int:
        """Return how many series, and files that are not DICOM, the last search has found."""
        is_there = "SELECT series FROM parts JOIN folders ON folders.id = folder JOIN run WHERE folders.walk = run.walk"
        return int(self.query(f"SELECT COUNT(*) FROM series WHERE series IN ({is_there})")[0][0])

    def gone(self) -> int:
        """Return how many items were found once and are no longer in the archive."""
        return int(self.query(f"SELECT COUNT(*) FROM items WHERE NOT {PRESENT}")[0][0])

    def _forget(self, key: str) -> None:
        """Remove an item and its files."""
        for one in self.files_of(key):
            with suppress(OSError):
                (self.path.parent / one.path).unlink()
        for table in ("items", "files", "numbers"):
            self.query(f"DELETE FROM {table} WHERE key = ?", (key,))


@contextmanager
def open_manifest(out: Path, plan: Plan) -> Iterator[Manifest]:
    """Open the manifest of a folder to go on with its run, or begin one; no other driver can meanwhile.

    Parameters
    ----------
    out : Path
        A folder of an earlier run of the same plan and version, or one that is empty or not there yet.
    plan : Plan

    Raises
    ------
    ArchiveError
        When the folder holds something else, or another run; or another driver is at work.
    OutputError
        When nothing can be written there.
    """
    try:
        out.mkdir(exist_ok=True)
        if not (out / MANIFEST).exists() and (other := _other_file(out)):
            raise ArchiveError(f"{out}: holds files that are of no run ({other}): give a new folder, or empty it")
    except OSError as error:
        raise write_error(str(out), error) from error
    with locked(out / LOCK) as is_mine:
        if not is_mine:
            with read_manifest(out) as manifest:
                who = manifest.query("SELECT driver FROM run")[0][0]
            raise ArchiveError(f"{out}: another run writes there ({who}): wait for it, or give another folder")
        with connect(out / MANIFEST) as connection:
            manifest = Manifest(connection, out / MANIFEST)
            with manifest.transaction():
                if not manifest.query("SELECT 1 FROM sqlite_master"):
                    _begin(manifest, plan)
                _check(manifest, plan)
                manifest.query("UPDATE run SET driver = ?", (f"process {os.getpid()} of {platform.node()}",))
            yield manifest


@contextmanager
def read_manifest(out: Path) -> Iterator[Manifest]:
    """Open the manifest of a folder to read it, also while a run goes on.

    Raises
    ------
    ArchiveError
        When there is none, or it is of another form.
    """
    if not (out / MANIFEST).is_file():
        raise ArchiveError(f"{out}: holds no run over an archive: give the folder that one was written to")
    with connect(out / MANIFEST) as connection:
        manifest = Manifest(connection, out / MANIFEST)
        _check(manifest, None)
        yield manifest


@contextmanager
def copied_manifest(out: Path, plan: Plan) -> Iterator[Manifest]:
    """Open a copy of the manifest of a folder that vanishes at the end, so that a dry run changes nothing.

    Raises
    ------
    ArchiveError
        As for :func:`open_manifest`, but for another driver at work.
    """
    with connect(None) as copy:
        manifest = Manifest(copy, out / MANIFEST)
        if (out / MANIFEST).is_file():
            with read_manifest(out) as found:
                found.copy_to(manifest)
        else:
            _begin(manifest, plan)
        _check(manifest, plan)
        yield manifest


def _begin(manifest: Manifest, plan: Plan) -> None:
    for statement in _TABLES.split(";"):
        if statement.strip():
            manifest.query(statement)
    values = (1, SCHEMA, __version__, json.dumps(plan.values), plan.digest)
    manifest.query("INSERT INTO run(id, schema, version, plan, digest) VALUES (?, ?, ?, ?, ?)", values)


def _check(manifest: Manifest, plan: Plan | None) -> None:
    """Check that a manifest is of this form, and of a plan and this version where one is given."""
    out = manifest.path.parent
    tables = {name for (name,) in manifest.query("SELECT name FROM sqlite_master")}
    if "run" not in tables:
        raise ArchiveError(f"{out / MANIFEST}: is no manifest of a run: give another folder")
    ((schema, version, digest),) = manifest.query("SELECT schema, version, digest FROM run")
    if schema != SCHEMA:
        raise ArchiveError(
            f"{out}: its manifest is of form {schema}, written by viewer3d {version}, and this version knows form "
            f"{SCHEMA}: use that version, or give another folder"
        )
    if plan is None:
        return
    if version != __version__:
        raise ArchiveError(
            f"{out}: was made by viewer3d {version}, and this is {__version__}, whose files may differ: give another "
            "folder, or go on with that version"
        )
    if digest != plan.digest:
        own, old = plan.values, manifest.plan
        differing = [name for name in {**old, **own} if own.get(name) != old.get(name)] or ["plan"]
        was = "; ".join(f"{name} was {_shown(old.get(name))}, now {_shown(own.get(name))}" for name in differing)
        raise ArchiveError(f"{out}: is of another run ({was}): give another folder, or the same options")


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _other_file(out: Path) -> str:
    """Return the name of something in a folder that is no part of a run; empty where there is nothing."""
    with os.scandir(out) as entries:
        return next((printable(one.name) for one in entries if not one.name.startswith((LOCK, MANIFEST))), "")


def _cell(value: object) -> object:
    """Return a number as SQLite can hold it."""
    if isinstance(value, bool | float) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < 1 << 63 else float(value)
    return printable(str(value))
