"""The program in a terminal: a pseudo-terminal that answers as one does."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from click.testing import CliRunner

import viewer3d
from tests.cli.terminals.decoding import block_colors, kitty_pixels
from viewer3d import phantom
from viewer3d.cli import main

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals", allow_module_level=True)

import fcntl
import pty
import struct
import termios

DA1 = b"\x1b[?62;22c"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("series")
    phantom.write(path, shape=(40, 30, 12), spacing=(9, 8, 5))
    return path


class Seen(NamedTuple):
    """What a program sent to its terminal, how it ended, and whether it left the terminal as it was."""

    sent: bytes
    status: int
    is_restored: bool


def run(words: Sequence[str], reply: bytes, keys: Sequence[Any] = ()) -> Seen:
    """Run the program in a terminal of 60 x 20 cells of 8 x 16 pixels; keys (or signals) follow each status line."""
    pid, number = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        os.execv(sys.executable, [sys.executable, "-m", "viewer3d", *words])
    fcntl.ioctl(number, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 60, 480, 320))
    before, after = termios.tcgetattr(number), None
    sent, left, answered, end = b"", list(keys), False, time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([number], [], [], 0.05)[0]:
            after = termios.tcgetattr(number)
            try:
                part = os.read(number, 1 << 16)
            except OSError:  # the program has ended
                break
            sent += part
            if not answered and b"\x1b[c" in sent:
                assert not termios.tcgetattr(number)[3] & termios.ECHO
                os.write(number, reply)
                answered = True
        elif left and sent.count(b"q: end") > len(keys) - len(left):
            key = left.pop(0)
            os.kill(pid, key) if isinstance(key, signal.Signals) else os.write(number, key)
    os.close(number)
    return Seen(sent, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), after == before)


def test_kitty_is_sent_the_very_picture(folder: Path) -> None:
    seen = run(["shot", str(folder), "--terminal", "--view", "mpr"], b"\x1b_Gi=31;OK\x1b\\" + DA1)
    assert (seen.status, seen.is_restored) == (0, True)
    picture = viewer3d.screenshot(folder, view="mpr", size=(480, 19 * 16))
    np.testing.assert_array_equal(kitty_pixels(seen.sent), picture)


def pictures_of_blocks(sent: bytes) -> list[np.ndarray[Any, Any]]:
    parts = re.split(rb"\x1b\[H", sent)[1:]
    return [block_colors(part.partition(b"\x1b[20;1H")[0] + b"\r\n") for part in parts]


def test_arrow_keys_step_slices_until_q(folder: Path) -> None:
    words = ["shot", str(folder), "--interactive", "--view", "axial", "--window", "bone"]
    seen = run(words, DA1, [b"\x1b[A", b"\x1bOB", b"\x1b[F", b"q"])
    assert (seen.status, seen.is_restored) == (0, True)
    assert seen.sent.count(b"\x1b[?1049h\x1b[?25l") == 1
    assert seen.sent.endswith(b"\x1b[?25h\x1b[?1049l")
    first, up, back, last = pictures_of_blocks(seen.sent)
    assert first.shape == (38, 60, 3)
    assert (first != up).any()
    np.testing.assert_array_equal(first, back)
    from PIL import Image

    volume = viewer3d.load(folder)
    for shown, k in ((first, 6), (up, 7), (last, 0)):
        at = volume.geometry.index_to_world((19.5, 14.5, k))
        pixels = viewer3d.screenshot(volume, view="axial", window="bone", size=(180, 114), at=at)
        wanted = np.asarray(Image.fromarray(pixels).resize((60, 38), Image.Resampling.BOX)).astype(int)
        assert np.abs(shown - wanted).max() <= 2, k


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(folder: Path, sign: signal.Signals) -> None:
    seen = run(["shot", str(folder), "--interactive", "--view", "axial"], DA1, [b"\x1b[A", sign])
    assert (seen.status, seen.is_restored) == (128 + sign, True)
    assert b"\x1b[?25h\x1b[?1049l" in seen.sent[-80:]


@pytest.mark.slow
def test_an_error_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    seen = run(["shot", str(tmp_path), "--interactive"], DA1)
    assert (seen.status, seen.is_restored) == (2, True)
    assert b"viewer3d: " in seen.sent


def test_a_pipe_gets_the_bytes_of_the_file(folder: Path, tmp_path: Path) -> None:
    words = ["shot", str(folder), "--view", "axial", "--size", "90x60", "--irregular", "keep"]
    piped, filed = (CliRunner().invoke(main, [*words, "-o", to]) for to in ("-", str(tmp_path / "a.png")))
    assert (piped.exit_code, filed.exit_code) == (0, 0)
    assert piped.stdout_bytes == (tmp_path / "a.png").read_bytes()
    assert piped.stderr == filed.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--terminal"], "standard output is a file or a pipe"),
        (["--interactive"], "standard output is a file or a pipe"),
        (["--interactive", "--terminal", "blocks"], "no keys can be read"),
        (["--terminal", "-o", "a.png"], "Give one of -o"),
        ([], "Give one of -o"),
        (["--terminal", "blocks", "--no-identity"], "names nobody"),
    ],
)
def test_what_cannot_be_is_refused(folder: Path, words: list[str], message: str) -> None:
    done = CliRunner().invoke(main, ["shot", str(folder), *words])
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_a_kind_that_is_said_goes_to_a_pipe(folder: Path) -> None:
    words = ["shot", str(folder), "--view", "axial", "--size", "90x60", "--terminal"]
    done = CliRunner().invoke(main, [*words, "kitty"])
    np.testing.assert_array_equal(
        kitty_pixels(done.stdout_bytes), viewer3d.screenshot(folder, view="axial", size=(90, 60))
    )
    done = CliRunner(env={"COLUMNS": "30", "LINES": "11", "COLORTERM": "truecolor"}).invoke(main, [*words, "blocks"])
    assert block_colors(done.stdout_bytes).shape == (20, 30, 3)
