"""What the terminal on standard output can show, and how large it is: asked of the terminal itself.

Names mislead: over ssh, in tmux and in a terminal that was started from another, variables are missing or the other's.
So the terminal is sent questions while the volume loads, the last of which every terminal answers (primary device
attributes, DA1); what was not answered before that is not there. The variables count where nothing answers at all.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from viewer3d.cli.overlay_options import OverlayCommand
from viewer3d.cli.reading_options import with_options
from viewer3d.errors import OutputError

if TYPE_CHECKING:
    from viewer3d.cli.terminals.protocols import TerminalKind

_PATIENCE: Final = 1.0
"""Seconds until a terminal that has not answered is taken for one that does not: a round trip by ssh takes 0.3."""

_KINDS: Final = ("kitty", "iterm2", "sixel", "blocks")
"""See :data:`viewer3d.cli.terminals.protocols.TerminalKind`."""

_QUESTIONS: Final = (
    b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"  # kitty's graphics: a pixel that is not shown
    b"\x1b[>0q"  # the terminal's name (XTVERSION)
    b"\x1b[?1;1;0S\x1b[?2;1;0S"  # how many colours sixels have, and how large they may be (XTSMGRAPHICS)
    b"\x1b[16t"  # pixels of a cell (XTWINOPS)
    b"\x1b[c"  # DA1
)
"""Control sequences of kitty's graphics protocol and of xterm (invisible-island.net/xterm/ctlseqs)."""

_WIPE: Final = b"\r\x1b[K"
"""Removes what a terminal has written of questions that it does not know."""

_DA1: Final = re.compile(rb"\x1b\[\?([\d;]*)c")
_NAME: Final = re.compile(rb"\x1bP>\|([^\x1b]*)\x1b")
_NUMBERS: Final = {
    "colors": re.compile(rb"\x1b\[\?1;0;(\d+)S"),
    "most": re.compile(rb"\x1b\[\?2;0;(\d+);(\d+)S"),
    "cell": re.compile(rb"\x1b\[6;(\d+);(\d+)t"),
}

_OF_ITERM2: Final = ("iTerm", "WezTerm", "mintty")
"""How the names of terminals begin that show inline images of iTerm2, and by that better than by sixels."""

_CELL: Final = {"sixel": (10, 20)}
"""Pixels of a cell where none are said: the VT340's for sixels, which others imitate."""

_OTHER_CELL: Final = (8, 16)

_ALL: Final = 1 << 24
"""Colours of a terminal that takes red, green and blue."""

_ENDING: Final = ("SIGTERM", "SIGHUP")
"""Signals that end a process at once: with these caught, the terminal is first left as it was."""


_OPTIONS: Final = (
    click.option(
        "--terminal",
        metavar="[KIND]",
        type=click.Choice(("auto", *_KINDS)),
        help="Draw here, in place of -o: kitty, iterm2, sixel or blocks; asked of the terminal where it is not said.",
    ),
    click.option("--interactive", is_flag=True, help="Draw here, and go through slices by arrow keys; q ends it."),
)


def terminal_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that draw in the terminal to a verb, made with :class:`ShotCommand`."""
    return with_options(command, _OPTIONS)


class ShotCommand(OverlayCommand):
    """Verb with ``--terminal``, which a kind may follow."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of the command line: after ``--terminal`` what is no kind is another."""
        words = iter(args)
        given: list[str] = []
        for word in words:
            if word != "--terminal":
                given.append(word)
                continue
            following = next(words, None)
            is_kind = following in ("auto", *_KINDS)
            given.append(f"--terminal={following if is_kind else 'auto'}")
            given += [] if following is None or is_kind else [following]
        return super().parse_args(ctx, given)


@dataclass(frozen=True)
class TerminalScreen:
    """What a terminal can show.

    Attributes
    ----------
    kind : {"kitty", "iterm2", "sixel", "blocks"}
    cells : tuple of int
        Columns and rows.
    cell : tuple of int
        Width and height of a cell, in pixels.
    colors : int
        At once: of sixels, or of blocks.
    most : tuple of int, optional
        Width and height of the largest picture of sixels.
    """

    kind: TerminalKind
    cells: tuple[int, int]
    cell: tuple[int, int]
    colors: int
    most: tuple[int, int] | None = None

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height in pixels of a picture that leaves one row free; of blocks a pixel is half a cell."""
        columns, rows = self.cells[0], max(self.cells[1] - 1, 1)
        if self.kind == "blocks":
            return columns, 2 * rows
        size = columns * self.cell[0], rows * self.cell[1]
        if self.kind == "sixel":
            size = size if self.most is None else (min(size[0], self.most[0]), min(size[1], self.most[1]))
            return size[0], max(size[1] // 6 * 6, 6)  # whole lines of sixels: the last would scroll
        return size


def screen_from(reply: bytes, kind: TerminalKind | Literal["auto"], names: Mapping[str, str]) -> TerminalScreen:
    """Return what a terminal can show, by its reply.

    Parameters
    ----------
    reply : bytes
        To the questions; empty where it did not answer.
    kind : str
        What a person said it is, or ``"auto"``.
    names : mapping of str to str
        Variables of the environment.
    """
    found: TerminalKind = _kind_of(reply, names) if kind == "auto" else kind
    numbers = {name: pattern.search(reply) for name, pattern in _NUMBERS.items()}
    said = {name: tuple(map(int, match.groups())) for name, match in numbers.items() if match}
    cell = said.get("cell", (0, 0))[::-1]
    cells, window = _window_size()
    if not all(cell):
        cell = window[0] // cells[0], window[1] // cells[1]
    if not all(cell):
        cell = _CELL.get(found, _OTHER_CELL)
    is_exact = names.get("COLORTERM") in ("truecolor", "24bit") or names.get("TERM", "").endswith("-direct")
    colors = max(2, *said.get("colors", (256,))) if found == "sixel" else _ALL if is_exact else 256
    screen = TerminalScreen(found, cells, (cell[0], cell[1]), min(colors, 256) if found == "sixel" else colors)
    most = said.get("most")
    return screen if most is None or not all(most) else replace(screen, most=(most[0], most[1]))


def _kind_of(reply: bytes, names: Mapping[str, str]) -> TerminalKind:
    if b"_Gi=31;OK" in reply:
        return "kitty"
    name = _NAME.search(reply)
    if name is not None and name[1].decode("ascii", "replace").startswith(_OF_ITERM2):
        return "iterm2"
    attributes = _DA1.search(reply)
    if attributes is not None and b"4" in attributes[1].split(b";"):
        return "sixel"
    within = names.get("TERM", "").startswith(("tmux", "screen")) or "TMUX" in names or "STY" in names
    if within or (name is not None):  # the variables are of the terminal around it
        return "blocks"
    if names.get("TERM_PROGRAM") in ("iTerm.app", "WezTerm"):
        return "iterm2"
    if attributes is None and names.get("TERM") in ("xterm-kitty", "xterm-ghostty"):
        return "kitty"
    return "blocks"


def _window_size() -> tuple[tuple[int, int], tuple[int, int]]:
    """Return columns and rows of the terminal, and its width and height in pixels or 0."""
    import shutil  # noqa: PLC0415 (only what asks for it)

    size = shutil.get_terminal_size()
    with suppress(ImportError, AttributeError, OSError, ValueError):
        import fcntl  # noqa: PLC0415 (POSIX alone has them)
        import struct  # noqa: PLC0415
        import termios  # noqa: PLC0415

        answer = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, bytes(8))
        rows, columns, width, height = struct.unpack("HHHH", answer)
        if rows and columns:
            return (columns, rows), (width, height)
    return (size.columns, size.lines), (0, 0)


class TerminalSession:
    """The terminal of this process, asked at once; on any exit it is left as it was.

    Parameters
    ----------
    kind : str
        What a person said it is, or ``"auto"``.

    Raises
    ------
    OutputError
        When standard output is no terminal and no kind was said.
    """

    def __init__(self, kind: TerminalKind | Literal["auto"]) -> None:
        self._kind = kind
        self._is_terminal = sys.stdout is not None and sys.stdout.isatty()
        if not self._is_terminal and kind == "auto":
            raise OutputError(
                "--terminal: standard output is a file or a pipe, no terminal; -o - writes a PNG there, and a kind "
                "(--terminal kitty, iterm2, sixel or blocks) what such a terminal would be sent"
            )
        if self._is_terminal and os.environ.get("TERM") == "dumb":
            raise OutputError("--terminal: TERM=dumb is no terminal that shows pictures or colours; -o writes a file")
        self._undo = ExitStack()
        self._number = -1
        self._deadline = 0.0

    def __enter__(self) -> TerminalSession:
        """Ask the terminal; its answer is read later, see :meth:`screen`."""
        with suppress(ImportError, OSError):
            self._begin()
        return self

    def _begin(self) -> None:
        import termios  # noqa: PLC0415 (POSIX alone has it)
        import tty  # noqa: PLC0415

        if not self._is_terminal:
            return
        number = os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY)
        self._undo.callback(os.close, number)
        before = termios.tcgetattr(number)
        for name in _ENDING:
            if signal.getsignal(getattr(signal, name)) is signal.SIG_DFL:
                self._undo.callback(signal.signal, getattr(signal, name), signal.SIG_DFL)
                signal.signal(getattr(signal, name), _end)
        # Without what came too late, which the shell would take for typed.
        self._undo.callback(termios.tcsetattr, number, termios.TCSAFLUSH, before)
        tty.setcbreak(number, termios.TCSANOW)
        self._number, self._deadline = number, time.monotonic() + _PATIENCE
        os.write(number, _QUESTIONS)

    def __exit__(self, *_error: object) -> None:
        self._undo.close()

    def screen(self) -> TerminalScreen:
        """Return what the terminal can show: wait for its answer, where there is none yet."""
        reply = b""
        while self._number >= 0 and _DA1.search(reply) is None:
            part = self.read(self._deadline - time.monotonic())
            if not part:
                break
            reply += part
        if self._number >= 0:
            os.write(self._number, _WIPE)
        return screen_from(reply, self._kind, os.environ)

    @property
    def is_read(self) -> bool:
        """Whether keys can be read."""
        return self._number >= 0

    def read(self, seconds: float) -> bytes:
        """Return what the terminal has sent, or nothing after so many seconds."""
        import select  # noqa: PLC0415 (as above)

        ready, _, _ = select.select([self._number], [], [], max(seconds, 0))
        return os.read(self._number, 1 << 12) if ready else b""

    def begin_keys(self) -> None:
        """Read keys that else interrupt or suspend as all others, so that no screen is left behind."""
        import termios  # noqa: PLC0415 (as above)

        mode = termios.tcgetattr(self._number)
        mode[3] &= ~termios.ISIG
        termios.tcsetattr(self._number, termios.TCSANOW, mode)

    def resized(self, screen: TerminalScreen) -> TerminalScreen:
        """Return what a terminal can show that may have another size by now."""
        cells, _ = _window_size()
        return screen if cells == screen.cells else replace(screen, cells=cells)

    def callback(self, function: Any, *arguments: Any) -> None:
        """Call a function before the terminal is left as it was."""
        self._undo.callback(function, *arguments)


def _end(number: int, _frame: object) -> None:
    """Leave as the signal would, by way of all that is to be undone."""
    raise SystemExit(128 + number)
