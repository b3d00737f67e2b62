"""Standard streams of the program: they may be closed or full, and are written nothing but text."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import TextIO

import click

from viewer3d.core.text import printable


def settle_streams() -> None:
    """Make the standard streams fit to be written to, before any other file is opened.

    A closed one (``2>&-``) leaves its number free: the next file would get it, and what a library tells there would be
    written into that file. A terminal or pipe that is not Unicode has the code of a letter that it lacks.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def print_lines(text: str) -> None:
    """Print lines on standard output.

    Raises
    ------
    OSError
        When there is nowhere to print it.
    """
    with _standard_output():
        click.echo(printable(text, lines=True))


def print_bytes(data: bytes) -> None:
    """Print bytes on standard output as they are: a picture, or what draws one.

    Raises
    ------
    OSError
        When there is nowhere to print it.
    """
    with _standard_output() as output:
        output.flush()
        output.buffer.write(data)
        output.buffer.flush()


def print_aside(text: str) -> None:
    """Print one line on standard error, or nothing where that is closed.

    Raises
    ------
    OSError
        When it is there and cannot be written to.
    """
    with _not_again_at_exit():
        click.echo(printable(text), err=True)


def is_watched() -> bool:
    """Return whether standard error is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


def give_up(error: OSError) -> None:
    """Print why the program ends, where that is possible; nothing is written at exit again."""
    where = f"{error.filename}: " if error.filename else ""
    with suppress(OSError):
        print_aside(f"viewer3d: {where}{(error.strerror or str(error)).lower()}: give what can be read and written")
    drop_unwritten()


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed")
    with _not_again_at_exit():
        yield sys.stdout


@contextmanager
def _not_again_at_exit() -> Iterator[None]:
    """Keep what could not be written from being written again.

    Python tries it again at exit, and then ends with 120 after all went well.
    """
    try:
        yield
    except OSError:
        drop_unwritten()
        raise


def drop_unwritten() -> None:
    """Drop what is left in standard streams that cannot be written to."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), number)
