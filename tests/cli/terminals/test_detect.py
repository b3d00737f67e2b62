from __future__ import annotations

import sys

import click
import pytest

from viewer3d.cli.terminals.detect import (
    _KINDS,
    ShotCommand,
    TerminalScreen,
    TerminalSession,
    screen_from,
    terminal_options,
)
from viewer3d.cli.terminals.protocols import TerminalKind
from viewer3d.errors import OutputError

DA1 = b"\x1b[?62;22c"
SIXEL = b"\x1b[?63;1;2;4;6;9;15;22c"
KITTY = b"\x1b_Gi=31;OK\x1b\\"


@pytest.mark.parametrize(
    ("reply", "names", "kind"),
    [
        (KITTY + b"\x1bP>|kitty(0.35.2)\x1b\\" + DA1, {"TERM": "xterm-256color"}, "kitty"),
        (b"\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\" + SIXEL, {}, "sixel"),
        (b"\x1bP>|iTerm2 3.5.0\x1b\\" + SIXEL, {}, "iterm2"),
        (b"\x1bP>|XTerm(379)\x1b\\" + SIXEL, {"TERM_PROGRAM": "iTerm.app", "KITTY_WINDOW_ID": "1"}, "sixel"),
        (b"\x1bP>|XTerm(379)\x1b\\" + DA1, {"TERM_PROGRAM": "iTerm.app"}, "blocks"),  # started from within another
        (DA1, {"TERM": "xterm-256color"}, "blocks"),
        (DA1, {"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),  # an older one, which has no name
        (DA1, {"TERM": "tmux-256color", "TMUX": "/tmp/1", "TERM_PROGRAM": "iTerm.app"}, "blocks"),
        (b"\x1bP>|tmux 3.4\x1b\\" + SIXEL, {"TERM": "tmux-256color", "TMUX": "/tmp/1"}, "sixel"),
        (DA1, {"TERM": "xterm-kitty"}, "blocks"),  # its graphics are off
        (b"", {"TERM": "xterm-kitty"}, "kitty"),  # it is asked, and the answer is lost
        (b"", {"TERM": "screen", "TERM_PROGRAM": "WezTerm"}, "blocks"),
        (b"", {}, "blocks"),
        (b"\x1b[?64c", {}, "blocks"),  # 64 is a level, not attribute 4
    ],
)
def test_a_terminal_is_what_it_answers(reply: bytes, names: dict[str, str], kind: str) -> None:
    assert screen_from(reply, "auto", names).kind == kind


def test_what_a_person_says_counts() -> None:
    for kind in _KINDS:
        assert screen_from(KITTY + SIXEL, kind, {}).kind == kind  # type: ignore[arg-type]
    assert set(TerminalKind.__args__) == set(_KINDS)  # type: ignore[attr-defined]


def test_sizes_and_colors_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: __import__("os").terminal_size((100, 30)))
    monkeypatch.setattr(sys, "stdout", None)
    reply = b"\x1b[?1;0;16S\x1b[?2;0;800;1000S\x1b[6;18;9t"
    screen = screen_from(reply + SIXEL, "auto", {})
    assert screen == TerminalScreen("sixel", (100, 30), (9, 18), 16, (800, 1000))
    assert screen.picture_size == (800, 29 * 18 // 6 * 6)
    assert screen_from(SIXEL, "auto", {}).picture_size == (1000, 29 * 20 // 6 * 6)
    assert screen_from(KITTY + reply + DA1, "auto", {}).picture_size == (900, 29 * 18)
    assert screen_from(DA1, "auto", {}).picture_size == (100, 58)
    assert screen_from(DA1, "auto", {}).colors == 256
    assert screen_from(DA1, "auto", {"COLORTERM": "truecolor"}).colors == 1 << 24


def test_no_terminal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutputError, match="standard output is a file or a pipe"):
        TerminalSession("auto")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(OutputError, match="TERM=dumb"):
        TerminalSession("auto")


@pytest.mark.parametrize(
    ("words", "kind", "path"),
    [
        (["--terminal", "PATH"], "auto", ("PATH",)),
        (["PATH", "--terminal"], "auto", ("PATH",)),
        (["--terminal", "sixel", "PATH"], "sixel", ("PATH",)),
        (["--terminal=kitty", "PATH", "blocks"], "kitty", ("PATH", "blocks")),
        (["--terminal", "--interactive", "PATH"], "auto", ("PATH",)),
        (["PATH"], None, ("PATH",)),
    ],
)
def test_a_kind_may_follow(words: list[str], kind: str | None, path: tuple[str, ...]) -> None:
    @click.command(cls=ShotCommand)
    @click.argument("path", nargs=-1)
    @terminal_options
    def verb(**given: object) -> None: ...

    context = verb.make_context("verb", list(words))
    assert (context.params["terminal"], context.params["path"]) == (kind, path)
