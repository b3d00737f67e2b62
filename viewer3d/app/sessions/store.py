"""The files in which it is kept how series were seen: private, written whole, bounded."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Thread
from typing import BinaryIO, Final, NamedTuple

import msgspec

from viewer3d.app.sessions.kept_view import FORM, KeptFile, KeptView, with_view
from viewer3d.core.files import fcntl, read_whole, write_error, write_whole
from viewer3d.core.text import one_line
from viewer3d.errors import OutputError

MOST_FILES: Final = 1000
"""Series of which anything is kept; those that were seen longest ago go first."""

MOST_KEPT_BYTES: Final = 64 << 20
"""Of all files together."""

MOST_FILE_BYTES: Final = 8 << 20
"""Of one file: eight views with a thousand measurements each have about 4 MiB."""

MOST_DAYS: Final = 365
"""Days after which what is kept of a series that was not seen again goes."""

_PRIVATE_FILE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700
_SUFFIX: Final = ".json"
_DAMAGED: Final = ".damaged"
_LOCK: Final = ".lock"
_LONGEST_SECONDS: Final = 10.0
_LOCK_TRIES, _LOCK_SECONDS = 40, 0.05

_IN_PROCESS: Final = Lock()
"""Holds the windows of one process apart where the system has no locks of files."""


class FoundViews(NamedTuple):
    """What is kept of a series.

    Attributes
    ----------
    views : tuple of KeptView
    problem : str
        Why what is there cannot be read, in one line; empty where it can, or nothing is there.
    is_later : bool
        Whether it is of a later version of this package, and so is not to be replaced.
    """

    views: tuple[KeptView, ...] = ()
    problem: str = ""
    is_later: bool = False


def kept_folder() -> Path:
    """Return the folder of the files, which need not be there yet.

    Raises
    ------
    OutputError
        When this person has no folder.
    """
    import platformdirs  # noqa: PLC0415 (where nothing is kept no folder is asked for)

    try:
        return platformdirs.user_state_path("viewer3d") / "series"
    except RuntimeError as error:
        raise OutputError(f"there is no home folder: {error}; set HOME") from error


def read_views(series: str) -> FoundViews:
    """Return what is kept of a series, or why it cannot be read; nothing where nothing is.

    Parameters
    ----------
    series : str
        See :class:`viewer3d.app.sessions.kept_view.SeriesKey`.

    Raises
    ------
    OutputError
        When this person has no folder.
    """
    path = _path_of(series)
    try:
        text = read_whole(path, MOST_FILE_BYTES)
        form = msgspec.json.decode(text, type=_AnyForm).form
        if form > FORM:
            problem = f"what was kept of this series is of a later viewer3d: update it, or delete {path}"
            return FoundViews((), problem, is_later=True)
        return FoundViews(msgspec.json.decode(text, type=KeptFile).views)
    except FileNotFoundError:
        return FoundViews()
    except OSError as error:
        return FoundViews((), f"what was kept of this series cannot be read ({_reason(error)}): {path}")
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return FoundViews((), one_line(f"what was kept of this series is damaged ({error}): {path}"))


def write_view(series: str, view: KeptView) -> None:
    """Keep a view of a series, beside those of other windows.

    A file that is damaged is put aside, one of a later version stays.

    Raises
    ------
    OutputError
        When it cannot be written, completely.
    """
    path = _path_of(series)
    _make_folder(path.parent)
    with _locked(path.parent):
        found = read_views(series)
        if found.is_later:
            raise OutputError(found.problem)
        if found.problem:
            with suppress(OSError):
                path.replace(path.with_suffix(_DAMAGED))
        text = msgspec.json.encode(KeptFile(FORM, with_view(found.views, view)))
        if len(text) > MOST_FILE_BYTES:
            text = msgspec.json.encode(KeptFile(FORM, (view,)))
        if len(text) > MOST_FILE_BYTES:
            raise OutputError(f"a view of {len(text):,} bytes: {MOST_FILE_BYTES:,} are kept at most")
        _replace_private(path, text)


def change_private(path: Path, make: Callable[[], bytes]) -> None:
    """Replace a file that this person alone can read, whole or not at all, and make its folder.

    Parameters
    ----------
    path : path
    make : callable
        Returns what is to be in it. No other window changes what it reads there before that is written.

    Raises
    ------
    OutputError
        When it cannot be written, completely.
    """
    _make_folder(path.parent)
    with _locked(path.parent):
        _replace_private(path, make())


def forget_series(series: str) -> bool:
    """Delete what is kept of a series, and return whether anything was.

    Raises
    ------
    OutputError
        When it cannot be deleted.
    """
    path = _path_of(series)
    try:
        found = [one for one in (path, path.with_suffix(_DAMAGED)) if one.exists()]
        for one in found:
            one.unlink(missing_ok=True)
    except OSError as error:
        raise _delete_error(path, error) from error
    return bool(found)


def forget_all() -> int:
    """Delete what is kept of all series, and return of how many there was something.

    Raises
    ------
    OutputError
        When a file cannot be deleted.
    """
    files = _files()
    for path, _ in files:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _delete_error(path, error) from error
    return len({path.stem for path, _ in files})


def prune(*, keep: str = "") -> None:
    """Delete the oldest files where there are too many, or too old or too large ones.

    Parameters
    ----------
    keep : str
        The series whose file stays.
    """
    files = sorted(_files(), key=lambda one: one[1].st_mtime, reverse=True)
    oldest, size = time.time() - MOST_DAYS * 86_400, 0
    for number, (path, found) in enumerate(files):
        size += found.st_size
        is_left = number < MOST_FILES and size <= MOST_KEPT_BYTES and found.st_mtime >= oldest
        if not is_left and path.stem != keep:
            with suppress(OSError):
                path.unlink()


class _AnyForm(msgspec.Struct):
    form: int


class BackgroundWriter:
    """Keeps views in a thread of its own, the latest of each series, and remembers what went wrong."""

    def __init__(self) -> None:
        self._due: dict[str, Callable[[], KeptView]] = {}
        self._lock = Lock()
        self._thread: Thread | None = None
        self._problem, self._has_said, self._has_pruned = "", False, False

    def write(self, series: str, make: Callable[[], KeptView]) -> None:
        """Keep a view of a series soon.

        Parameters
        ----------
        series : str
        make : callable
            Returns the view; it is called in the thread.
        """
        with self._lock:
            self._due[series] = make
            if self._thread is None:
                # A daemon: a disk that does not answer must not keep the program from its end.
                self._thread = Thread(target=self._run, name="viewer3d-keeping", daemon=True)
                self._thread.start()

    def finish(self) -> None:
        """Wait until all is written, for as long as a disk may take."""
        thread = self._thread
        if thread is not None:
            thread.join(_LONGEST_SECONDS)

    def take_problem(self) -> str:
        """Return why something was not kept, once; empty where all was."""
        if self._has_said or not self._problem:
            return ""
        self._has_said = True
        return f"not kept: {self._problem}"

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._due:
                    self._thread = None
                    return
                series, make = self._due.popitem()
            try:
                write_view(series, make())
                if not self._has_pruned:
                    self._has_pruned = True
                    prune(keep=series)
            except Exception as error:  # noqa: BLE001, RUF100 (whatever it is, the window goes on and says so)
                self._problem = str(error) or type(error).__name__


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _path_of(series: str) -> Path:
    return kept_folder() / f"{series}{_SUFFIX}"


def _files() -> list[tuple[Path, os.stat_result]]:
    """Return the files that are kept, and no others that may lie there."""
    found = []
    with suppress(OSError), os.scandir(kept_folder()) as entries:
        for entry in entries:
            name, suffix = os.path.splitext(entry.name)  # noqa: PTH122 (of a name, a thousand times)
            if len(name) == 64 and suffix in (_SUFFIX, _DAMAGED):
                with suppress(OSError):  # deleted meanwhile
                    found.append((Path(entry.path), entry.stat(follow_symlinks=False)))
    return found


def _make_folder(folder: Path) -> None:
    try:
        for one in (folder.parent, folder):
            one.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        folder.chmod(_PRIVATE_FOLDER)
    except OSError as error:
        raise write_error(str(folder), error) from error


def _replace_private(path: Path, text: bytes) -> None:
    with suppress(OSError):  # the new file has the mode of the one that it replaces
        path.chmod(_PRIVATE_FILE)
    write_whole(path, lambda file: _write_private(file, text))


def _write_private(file: BinaryIO, text: bytes) -> None:
    if hasattr(os, "fchmod"):
        os.fchmod(file.fileno(), _PRIVATE_FILE)
    file.write(text)


def _delete_error(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path}: cannot be deleted ({_reason(error)}): make it writable")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one window at a time read and replace a file; without locks of files, those of one process."""
    if fcntl is None:
        with _IN_PROCESS:
            yield
        return
    try:
        number = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, _PRIVATE_FILE)
    except OSError as error:
        raise write_error(str(folder), error) from error
    try:
        for _ in range(_LOCK_TRIES):
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    break  # a file system without locks
                time.sleep(_LOCK_SECONDS)
        yield
    finally:
        os.close(number)
