"""Files: their modes, what is left of dead processes, what may not be written over, and what is read."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.phantom_files import write_phantom
from viewer3d.cli import main
from viewer3d.core import files
from viewer3d.core.files import check_not_read, read_whole, temporary_folder, write_whole
from viewer3d.errors import OutputError

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes, umask, pipes in folders or ulimit")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_a_new_file_follows_the_umask_and_one_that_replaces_keeps_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    before = os.umask(0o027)
    try:
        write_whole(path, lambda file: file.write(b"1"))
        assert mode(path) == 0o640
        path.chmod(0o604)
        write_whole(path, lambda file: file.write(b"2"))
    finally:
        os.umask(before)
    assert (mode(path), path.read_bytes()) == (0o604, b"2")


@posix
def test_through_a_link_the_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.bin").symlink_to(tmp_path / "real" / "a.bin")
    write_whole(tmp_path / "link.bin", lambda file: file.write(b"1"))
    assert (tmp_path / "link.bin").is_symlink()
    assert (tmp_path / "real" / "a.bin").read_bytes() == b"1"


@posix
def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(OutputError, match="is a pipe or a device"):
        write_whole(tmp_path / "pipe.png", lambda file: file.write(b"1"))


def test_a_temporary_file_says_host_and_process(tmp_path: Path) -> None:
    seen: list[str] = []
    write_whole(tmp_path / "a.bin", lambda _file: seen.extend(one.name for one in tmp_path.iterdir()))
    assert len(seen) == 1
    assert seen[0].startswith(f".viewer3d-{files._HOST}-{os.getpid()}-")
    assert seen[0].endswith(".part")


KILLED = """
import os, signal, sys
from viewer3d.core.files import write_whole
write_whole(sys.argv[1], lambda file: (file.write(b"half"), file.flush(), os.kill(os.getpid(), signal.SIGKILL)))
"""


@posix
def test_what_a_killed_process_left_is_swept_at_the_next_write(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "a.bin")], check=False)
    (left,) = tmp_path.iterdir()
    other_host = tmp_path / ".viewer3d-elsewhere-1-aabbccdd.part"
    other_host.touch()
    own = tmp_path / f".viewer3d-{files._HOST}-{os.getppid()}-aabbccdd.part"
    own.touch()
    write_whole(tmp_path / "b.bin", lambda file: file.write(b"1"))
    assert not left.exists()
    assert other_host.exists()
    assert own.exists()  # its process lives


@posix
def test_two_writers_of_one_process_do_not_sweep_each_other(tmp_path: Path) -> None:
    def write(file: object) -> None:
        write_whole(tmp_path / "b.bin", lambda other: other.write(b"2"))
        file.write(b"1")  # type: ignore[attr-defined]

    write_whole(tmp_path / "a.bin", write)
    assert (tmp_path / "a.bin").read_bytes() == b"1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bin", "b.bin"]


def test_what_was_read_is_not_written_by_any_name(tmp_path: Path) -> None:
    read = tmp_path / "a.dcm"
    read.write_bytes(b"1")
    (tmp_path / "hard.png").hardlink_to(read)
    for name in (read, tmp_path / "x" / ".." / "a.dcm", tmp_path / "hard.png"):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(OutputError, match=r"was read as input .*a\.dcm.*: give another name"):
            check_not_read(name, [tmp_path / "none", read])
    check_not_read(tmp_path / "new.png", [read])


@posix
def test_pipes_devices_folders_and_what_is_too_large_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"123")
    for path, says in ((tmp_path / "pipe", "pipe"), (Path("/dev/zero"), "device"), (tmp_path / "large", "more than 2")):
        with pytest.raises(OSError, match=says):
            read_whole(path, 2)
    with pytest.raises(IsADirectoryError):
        read_whole(tmp_path, 2)
    assert read_whole(tmp_path / "large", 3) == b"123"


def test_no_room_for_temporary_files_is_a_clear_error() -> None:
    with pytest.raises(OutputError, match=r"TMPDIR.*no space left.*make room there"), temporary_folder():
        raise OSError(28, "No space left on device")


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ct")
    write_phantom(folder, shape=(16, 16, 4), spacing=(20, 20, 20))
    return folder


def test_no_verb_writes_over_what_it_read(series: Path, tmp_path: Path) -> None:
    slice_ = next(series.iterdir())
    (tmp_path / "s.png").hardlink_to(slice_)
    with zipfile.ZipFile(tmp_path / "ct.zip", "w") as archive:
        for path in series.iterdir():
            archive.write(path, path.name)
    (tmp_path / "zip.png").symlink_to(tmp_path / "ct.zip")
    (tmp_path / "m.gif").hardlink_to(slice_)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for words in (
        ("shot", series, "--view", "axial", "-o", tmp_path / "s.png"),
        ("shot", tmp_path / "ct.zip", "--view", "axial", "-o", tmp_path / "zip.png"),
        ("figure", "mpr", series, "-o", tmp_path / "s.png"),
        ("movie", series, "-o", tmp_path / "m.gif"),
    ):
        done = run(*words)
        assert done.exit_code == 2, done
        assert "was read as input" in done.stderr
        assert done.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_replay_does_not_write_over_its_picture_or_its_data(series: Path, tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    assert run("shot", series, "--view", "axial", "--size", "64x64", "-o", picture).exit_code == 0
    (tmp_path / "b.png").hardlink_to(picture)
    (tmp_path / "c.png").hardlink_to(next(series.iterdir()))
    for name in ("b.png", "c.png"):
        done = run("replay", picture, series, "-o", tmp_path / name)
        assert (done.exit_code, "was read as input" in done.stderr) == (2, True)
    # A picture that lies in the folder of the series was not read into it: it may be drawn anew.
    (series / "own.png").write_bytes(picture.read_bytes())
    done = run("shot", series, "--view", "axial", "--size", "64x64", "-o", series / "own.png")
    assert done.exit_code == 0, done.stderr
    (series / "own.png").unlink()


def test_a_file_is_read_in_the_room_that_it_takes(tmp_path: Path) -> None:
    """Python makes room for all that is asked for before it reads: 2 GiB for a picture end a process in a container."""
    (tmp_path / "small").write_bytes(b"123")
    tracemalloc.start()
    try:
        assert read_whole(tmp_path / "small", 1 << 28) == b"123"
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
