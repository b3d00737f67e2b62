"""Streams that are closed or full, and text from files that would steer a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydicom import dcmread

from tests.cli.conftest import run
from tests.phantom_files import write_phantom

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a POSIX shell closes and fills the streams")

EVIL = "a\x1b]0;owned\x07\r\nb\u202ec"


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ct")
    write_phantom(folder, shape=(16, 16, 4), spacing=(20, 20, 20))
    return folder


def shell(words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = f'"{sys.executable}" -m viewer3d {words}'
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, cwd=folder)


full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")


def slow(*words: str) -> list[Any]:
    return [pytest.param(one, marks=pytest.mark.slow) for one in words]


@full
@pytest.mark.parametrize("words", ["list ct", "--help", *slow("list ct --json", "info ct", "--version", "shot --help")])
def test_a_full_standard_output_is_told_once_and_ends_with_2(words: str, series: Path, tmp_path: Path) -> None:
    (tmp_path / "ct").symlink_to(series)
    done = shell(f"{words} >/dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr == "viewer3d: no space left on device: give what can be read and written\n"


def test_a_closed_standard_output_is_told(series: Path) -> None:
    done = shell("list . >&-", series)
    assert (done.returncode, done.stderr) == (
        2,
        "viewer3d: standard output is closed: give what can be read and written\n",
    )


@full
@pytest.mark.parametrize(
    "words",
    ["list none 2>&-", "list . >/dev/full 2>/dev/full", *slow("list none 2>/dev/full", "list none >&- 2>&-")],
)
def test_an_error_that_cannot_be_told_is_an_exit_code(words: str, series: Path) -> None:
    done = shell(words, series)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", *slow("2>&-", "<&- 2>&-")])
def test_without_standard_error_the_picture_is_drawn_and_nothing_else_gets_into_it(
    closed: str, series: Path, tmp_path: Path
) -> None:
    done = shell(f"shot . --view axial --size 64x64 -o '{tmp_path}/a.png' {closed}", series)
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (64, 64)
        picture.verify()
    plain = shell(f"shot . --view axial --size 64x64 -o '{tmp_path}/b.png'", series)
    assert plain.returncode == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_no_room_for_a_picture_or_for_temporary_files(series: Path, tmp_path: Path) -> None:
    # Without -B Python would cut its own files of compiled modules at that size.
    program = f'"{sys.executable}" -B -m viewer3d'
    limited = f"ulimit -f 1; {program} shot . --view axial --size 900x900 -o '{tmp_path}/a.tif'"
    done = subprocess.run(["sh", "-c", limited], capture_output=True, text=True, check=False, cwd=series)
    assert done.returncode == 2
    assert done.stderr.endswith("cannot be written (file too large): make room there, or give another folder\n")
    assert list(tmp_path.iterdir()) == []
    demo = f"TMPDIR='{tmp_path}'; export TMPDIR; ulimit -f 8; {program} demo -o '{tmp_path}/d.png'"
    done = subprocess.run(["sh", "-c", demo], capture_output=True, text=True, check=False, cwd=series)
    assert done.returncode == 2
    assert done.stderr.startswith("viewer3d: ")
    assert (done.stderr.count("\n"), "make room there" in done.stderr) == (1, True)


def test_text_of_a_file_never_steers_the_terminal(series: Path, tmp_path: Path) -> None:
    folder = tmp_path / "evil\x1b[31m\nname"
    folder.mkdir()
    for path in series.iterdir():
        dataset = dcmread(path)
        dataset.SpecificCharacterSet = "ISO_IR 192"
        dataset.SeriesDescription = EVIL
        dataset.Manufacturer = "C\x07T"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom warns of what it is told to write
            dataset.save_as(folder / path.name)
    (folder / "cut\x1b.dcm").write_bytes(path.read_bytes()[:700])
    listed = shell("list *", tmp_path)
    assert "a\\x1b]0;owned\\x07  b\\u202ec" in listed.stdout.splitlines()[1]
    refused = shell("list */cut*", tmp_path)
    # All commands write by one printer: the others need no process of their own.
    picture, told = tmp_path / "a.png", [listed.stdout + listed.stderr, refused.stdout + refused.stderr]
    for words in (
        ("info", folder),
        ("shot", folder, "-o", picture),
        ("shot", folder, "--skip-bad", "-o", picture, "--view", "axial"),
        ("list", tmp_path / "no\x1b"),
    ):
        done = run(*words)
        told.append(done.stdout + done.stderr)
    for text in told:
        assert text.strip()
        assert all(line.isprintable() for line in text.splitlines()), text
        assert not set(text) & set("\x1b\x07\r\u202e"), text
