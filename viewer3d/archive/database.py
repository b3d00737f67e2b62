"""A file of SQLite: opened, written in transactions, kept from others, and its errors in words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from viewer3d.errors import ArchiveError, OutputError

_WAIT: Final = 30.0
"""Seconds to wait for a reader that keeps the file locked, as a program that copies it does."""


class Database:
    """An open file of SQLite; it is used by one thread.

    Parameters
    ----------
    connection : sqlite3.Connection
        See :func:`connect`.
    path : Path
        Where it is, in messages.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self.path = connection, path

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run one statement and return its rows, each a tuple.

        Raises
        ------
        OutputError
            When there is no room left for what it writes.
        ArchiveError
            When the manifest is damaged.
        """
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise _error(self.path, error) from error

    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        """Run one statement that only reads, and yield its rows one by one."""
        try:
            yield from self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise _error(self.path, error) from error

    def insert(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each of several rows; raises as :meth:`query`."""
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise _error(self.path, error) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that is written in a block, or nothing of it; within another it is a part of that."""
        if self._connection.in_transaction:
            yield
            return
        self.query("BEGIN IMMEDIATE")
        try:
            yield
            self.query("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # after an error of the disk SQLite may have rolled back already
                self._connection.execute("ROLLBACK")
            raise

    def copy_to(self, other: Database) -> None:
        """Copy all of it to another one, in place of what that holds."""
        try:
            self._connection.backup(other._connection)
        except sqlite3.Error as error:
            raise _error(self.path, error) from error


@contextmanager
def connect(path: Path | None) -> Iterator[sqlite3.Connection]:
    """Open a file of SQLite, or one that vanishes at the end, in the folder for temporary files.

    Raises
    ------
    OutputError, ArchiveError
        When it cannot be opened, or is no such file.
    """
    with closing(_opened(path)) as connection:
        yield connection


def _opened(path: Path | None) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect("" if path is None else path, isolation_level=None, timeout=_WAIT)
        try:
            connection.execute("PRAGMA journal_mode = WAL")  # where it cannot be (a network drive), the old one stays
            connection.execute("PRAGMA synchronous = NORMAL")  # whole after any crash; a killed driver loses nothing
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise _error(path or Path("the folder for temporary files"), error) from error
    return connection


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Keep a file of SQLite locked, if nobody does; the system lets go when this process is killed.

    Yields
    ------
    bool
        Whether it is locked by this call.
    """
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
            is_mine = True
        except sqlite3.Error as error:
            if _code(error) != sqlite3.SQLITE_BUSY:
                raise _error(path, error) from error
            is_mine = False
        yield is_mine


def text_or_bytes(path: str) -> str | bytes:
    """Return a path as SQLite can hold it: bytes where it has some that are no text."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF  # without what extends it


def _error(path: Path, error: sqlite3.Error) -> OutputError | ArchiveError:
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        return OutputError(f"{path}: there is no room left for it: make room and run it again, it goes on")
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
        return OutputError(
            f"{path}: cannot be written ({error}): make room there and the folder writable, and run it again"
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return ArchiveError(f"{path}: another program keeps it locked: close that, and run it again")
    return ArchiveError(f"{path}: is damaged or no manifest ({error}): give another folder")
