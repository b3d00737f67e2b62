"""Files that are opened as such alone, written completely or not at all, and never over an input.

A pipe, a device or a socket is never opened to read: its opening or reading might never end.
"""

from __future__ import annotations

import errno
import os
import platform
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from viewer3d.errors import OutputError

fcntl: Any = None
with suppress(ImportError):  # Windows has none
    import fcntl

PARTIAL_PREFIX: Final = ".viewer3d-"
PARTIAL_SUFFIX: Final = ".part"
"""A file that is being written is called ``.viewer3d-HOST-PROCESS-RANDOM.part``."""

_HOST: Final = re.sub(r"[^A-Za-z0-9.]", "_", platform.node())[:64]

NO_ROOM: Final = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
"""What a system says when there is no room for a file; Windows knows no quota."""


OPEN_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
"""How ``os.open`` opens what is read: a pipe that nobody writes into does not wait, a terminal is not taken over, and
Windows, which alone has the last, does not take the bytes for text."""

NO_FILE: Final = "a pipe or a device, no file"

_KINDS: Final = {
    stat.S_IFIFO: "a named pipe (FIFO), which is no file",
    stat.S_IFSOCK: "a socket, which is no file",
    stat.S_IFCHR: "a device, which is no file",
    stat.S_IFBLK: "a device, which is no file",
}


def open_file(path: str | os.PathLike[str], _flags: int = 0) -> int:
    """Open a file to read; it can be the ``opener`` of :func:`open`.

    Returns
    -------
    int
        The number of the open file.

    Raises
    ------
    OSError
        When it cannot be opened; also when it is a folder, or no file but a pipe or a device.
    """
    number = os.open(path, OPEN_FLAGS)
    mode = os.fstat(number).st_mode
    if stat.S_ISREG(mode):
        return number
    os.close(number)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    raise OSError(errno.EINVAL, NO_FILE)


def kind_of(mode: int) -> str:
    """Return what something is that is neither file nor folder, by its mode (``st_mode``)."""
    return _KINDS.get(stat.S_IFMT(mode), "neither a file nor a folder")


def check_folder(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file to be written, after a check that its folder exists.

    Raises
    ------
    OutputError
        When its folder is not there or it is itself a folder.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise OutputError(f"{target}: there is no folder {target.parent}: make it first, or give another")
    if target.is_dir():
        raise OutputError(f"{target} is a folder: give the name of a file")
    return target


def check_new_folder(path: str | os.PathLike[str]) -> Path:
    """Return the path of a folder to be written, after a check that it is new or empty.

    Raises
    ------
    OutputError
        When the folder it is to be in is not there, or it is a file or holds something.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise OutputError(f"{target}: there is no folder {target.parent}: make it first, or give another")
    try:
        with os.scandir(target) as entries:
            if next(entries, None) is not None:
                raise OutputError(f"{target}: the folder holds files already: give a new one, or empty it")
    except FileNotFoundError:
        pass
    except NotADirectoryError:
        raise OutputError(f"{target}: is a file: give the name of a new folder") from None
    except OSError as error:
        raise write_error(str(target), error) from error
    return target


def check_suffix(path: str | os.PathLike[str], suffixes: Iterable[str], what: str) -> Path:
    """Return the path of a file, after a check that its suffix is a known format.

    Parameters
    ----------
    path : path-like
    suffixes : iterable of str
        What its name may end with, in small letters.
    what : str
        What is to be in it: ``"picture"``, ``"movie"``.

    Raises
    ------
    OutputError
        When its suffix is none of these; the message lists them.
    """
    target, known = Path(path), tuple(suffixes)
    if target.suffix.lower() not in known:
        raise OutputError(
            f"{target}: no {what} format has the suffix {target.suffix!r}: give one of {', '.join(known)}"
        )
    return target


def write_whole(path: str | os.PathLike[str], write: Callable[[BinaryIO], object]) -> Path:
    """Write a file completely or not at all: an earlier one stays until the new one is complete.

    A new file has the mode that the umask leaves, one that replaces another has the other's; through a link the file it
    leads to is written. What a killed process of this host left in that folder is removed.

    Parameters
    ----------
    path : path-like
    write : callable
        Is called with an open file and writes all that is to be in it.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When it cannot be written there; no part of a file is left.
    """
    return write_together([(path, write)])[0]


def write_together(files: Sequence[tuple[str | os.PathLike[str], Callable[[BinaryIO], object]]]) -> tuple[Path, ...]:
    """Write files that belong together, all of them completely or none; each as :func:`write_whole` does.

    All are complete before the first takes its place. Where then one cannot, those that replaced no file are removed.

    Raises
    ------
    OutputError
        When one cannot be written there; no part of a file is left.
    """
    targets = [check_folder(path) for path, _ in files]
    places = [Path(os.path.realpath(target)) for target in targets]
    for target, place in zip(targets, places, strict=True):
        if place.exists() and not place.is_file():
            raise OutputError(f"{target}: is a pipe or a device, which cannot be replaced: give the name of a file")
    for folder in dict.fromkeys(place.parent for place in places):
        remove_leftovers(folder)
    parts = [_part_of(place) for place in places]
    made: list[Path] = []
    at = ""
    try:
        with ExitStack() as opened:
            written: list[BinaryIO] = []
            for target, part, place, (_, write) in zip(targets, parts, places, files, strict=True):
                at = str(target)
                written.append(opened.enter_context(part.open("xb")))
                _write_part(written[-1], place, write)
            for target, file, part, place in zip(targets, written, parts, places, strict=True):
                at = str(target)
                file.close()  # locked till then, so that nothing takes it for a leftover
                is_new = not place.exists()
                part.replace(place)
                made += [place] * is_new
    except BaseException as error:
        for left in (*parts, *made):
            with suppress(OSError):
                left.unlink()
        if isinstance(error, OSError):
            raise write_error(at, error) from error
        raise
    return tuple(targets)


def write_folder(
    path: str | os.PathLike[str], files: Sequence[tuple[str, Callable[[BinaryIO], object]]]
) -> tuple[Path, ...]:
    """Write files into a new folder, all of them completely, or leave nothing of it.

    The folder is written beside its place and takes it when it is complete.

    Raises
    ------
    OutputError
        When it cannot be written there, or the folder is not new and holds something.
    """
    target = check_new_folder(path)
    place = Path(os.path.realpath(target))
    remove_leftovers(place.parent)
    part, at = _part_of(place), str(target)
    try:
        part.mkdir()
        with _locked_folder(part):
            for name, write in files:
                at = str(target / name)
                with (part / name).open("xb") as file:
                    write(file)
        at = str(target)
        if place.exists():
            place.rmdir()
        part.rename(place)
    except BaseException as error:
        import shutil  # noqa: PLC0415 (few need it, and it loads five libraries)

        shutil.rmtree(part, ignore_errors=True)
        if isinstance(error, OSError):
            raise write_error(at, error) from error
        raise
    return tuple(target / name for name, _ in files)


def _part_of(place: Path) -> Path:
    return place.with_name(f"{PARTIAL_PREFIX}{_HOST}-{os.getpid()}-{os.urandom(4).hex()}{PARTIAL_SUFFIX}")


def _write_part(file: BinaryIO, place: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write the new form of a file beside it, with its mode."""
    _lock(file)
    write(file)
    file.flush()
    if place.exists() and hasattr(os, "fchmod"):
        os.fchmod(file.fileno(), stat.S_IMODE(place.stat().st_mode) & 0o777)


def write_error(what: str, error: OSError) -> OutputError:
    """Return the error that says what could not be written, why, and what helps."""
    reason = (error.strerror or str(error)).lower()
    mend = "make room there" if error.errno in NO_ROOM else "make its folder writable"
    return OutputError(f"{what}: cannot be written ({reason}): {mend}, or give another folder")


def remove_leftovers(folder: Path) -> None:
    """Remove from a folder what ended processes of this host left half written, see :func:`write_whole`."""
    try:
        with os.scandir(folder) as entries:
            left = [
                entry.path
                for entry in entries
                if entry.name.startswith(PARTIAL_PREFIX) and entry.name.endswith(PARTIAL_SUFFIX)
            ]
    except OSError:  # a folder that may be written to, but not listed
        return
    for path in left:
        host, _, rest = Path(path).name.removeprefix(PARTIAL_PREFIX).rpartition("-")[0].rpartition("-")
        if host == _HOST and rest.isdecimal() and not _is_running(int(rest)):
            with suppress(OSError):  # Windows removes no file that is open
                if not is_free(path):
                    continue
                if Path(path).is_dir():
                    import shutil  # noqa: PLC0415 (as above)

                    shutil.rmtree(path)
                else:
                    Path(path).unlink()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a temporary folder, and remove it at the end.

    Raises
    ------
    OutputError
        When there is nowhere to make it, or no room left in it.
    """
    import tempfile  # noqa: PLC0415 (few need it)

    try:
        with tempfile.TemporaryDirectory(prefix="viewer3d-", ignore_cleanup_errors=True) as scratch:
            yield Path(scratch)
    except OSError as error:
        if error.errno in NO_ROOM or isinstance(error, FileNotFoundError | PermissionError):
            raise write_error("the folder for temporary files (TMPDIR)", error) from error
        raise


def check_not_read(path: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str]]) -> None:
    """Check that a file to be written is not one of the inputs, by any path or link.

    Raises
    ------
    OutputError
        When it is one of the inputs.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 (as below)
    except OSError:
        return  # what is not there was not read
    for one in inputs:
        with suppress(OSError):  # a file that has vanished since
            read = os.stat(one)  # noqa: PTH116 (a str, 10,000 times)
            if (read.st_dev, read.st_ino) == (found.st_dev, found.st_ino):
                raise OutputError(f"{os.fspath(path)}: was read as input ({os.fspath(one)}): give another name")


def read_whole(path: str | os.PathLike[str], most: int) -> bytes:
    """Read a file of limited size completely.

    Raises
    ------
    OSError
        When it cannot be read; also when it is no file but a pipe or a device, which might never end, or has more than
        so many bytes.
    """
    with open(path, "rb", opener=open_file) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise OSError(errno.EFBIG, f"{size:,} bytes, more than {most:,}")
        return file.read(size)  # it makes room for all that it is asked for


def _lock(file: BinaryIO) -> None:
    """Lock a file while it is open, so that no process takes it for a leftover."""
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks: the number of the process must do
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def _locked_folder(folder: Path) -> Iterator[None]:
    """Lock a folder while it is written, as :func:`_lock` does a file."""
    if fcntl is None:
        yield
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(number)


def is_free(path: str) -> bool:
    """Return whether nothing locks a file or folder: in two containers, processes may have one number."""
    if fcntl is None:
        return True
    number = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        os.close(number)
    return True


def _is_running(process: int) -> bool:
    if process == os.getpid() or os.name == "nt":  # there, what is open cannot be removed
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def free_paths(folder: Path, name: str, suffixes: Sequence[str]) -> tuple[Path, ...]:
    """Return paths ``name-1``, or of the next number that is free with all of the suffixes."""
    number = 1
    while any((folder / f"{name}-{number}{suffix}").exists() for suffix in suffixes):
        number += 1
    return tuple(folder / f"{name}-{number}{suffix}" for suffix in suffixes)
