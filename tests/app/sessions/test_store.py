"""The files of what is kept: private, whole, bounded, and never in the way."""

from __future__ import annotations

import json
import os
import stat
import time
from threading import Thread

import msgspec
import pytest

from viewer3d.app.sessions import store
from viewer3d.app.sessions.kept_view import KeptView
from viewer3d.app.sessions.store import (
    BackgroundWriter,
    forget_all,
    forget_series,
    prune,
    read_views,
    write_view,
)
from viewer3d.errors import OutputError

A, B = "a" * 64, "b" * 64
POSIX = pytest.mark.skipif(os.name == "nt", reason="modes are those of POSIX")


def view(window="w", measured=1, state=b"{}"):
    return KeptView(window, "2026-11-26T12:00:00+00:00", "g", msgspec.Raw(state), measured=measured)


@POSIX
def test_files_and_folders_are_the_persons_alone(kept_folder):
    umask = os.umask(0)
    try:
        write_view(A, view())
        os.chmod(kept_folder / f"{A}.json", 0o644)  # noqa: PTH101 (as a restored backup may be)
        write_view(A, view("x"))
    finally:
        os.umask(umask)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (kept_folder, *kept_folder.iterdir())}
    assert modes == {"series": 0o700, f"{A}.json": 0o600, ".lock": 0o600}


def test_views_of_several_windows_lie_in_one_file(kept_folder):
    write_view(A, view("x"))
    write_view(A, view("y"))
    write_view(B, view("z"))
    assert [one.window for one in read_views(A).views] == ["y", "x"]
    assert sorted(one.name for one in kept_folder.glob("*.json")) == [f"{A}.json", f"{B}.json"]
    assert read_views("c" * 64) == store.FoundViews()


@pytest.mark.parametrize("locks", [True, False])
def test_windows_that_write_at_once_lose_nothing(monkeypatch, locks):
    if not locks:  # as on Windows: those of one process
        monkeypatch.setattr(store, "fcntl", None)
    windows = [f"w{number}" for number in range(8)]
    threads = [Thread(target=write_view, args=(A, view(one))) for one in windows]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one.window for one in read_views(A).views) == windows


@pytest.mark.parametrize(
    "text", [b"", b"{", b'{"form": 1, "views": [3]}', b"\xff\xfe", b"[" * 100_000, b'{"form": "x"}']
)
def test_a_damaged_file_is_told_in_one_line_and_put_aside(kept_folder, text):
    write_view(A, view())
    path = kept_folder / f"{A}.json"
    path.write_bytes(text)
    found = read_views(A)
    assert found.views == ()
    assert found.problem.startswith("what was kept of this series is damaged")
    assert "\n" not in found.problem
    write_view(A, view("new"))
    assert [one.window for one in read_views(A).views] == ["new"]
    assert path.with_suffix(".damaged").read_bytes() == text
    assert forget_series(A)
    assert [one.name for one in kept_folder.iterdir()] == [".lock"]


def test_a_file_of_a_later_version_stays_as_it_is(kept_folder):
    write_view(A, view())
    path = kept_folder / f"{A}.json"
    path.write_text(json.dumps({"form": 99, "more": 1}))
    assert "later viewer3d" in read_views(A).problem
    with pytest.raises(OutputError, match="later viewer3d"):
        write_view(A, view("new"))
    assert json.loads(path.read_text()) == {"form": 99, "more": 1}


def test_what_is_no_file_is_told_and_put_aside(kept_folder):
    (kept_folder / f"{A}.json").mkdir(parents=True)
    assert "cannot be read" in read_views(A).problem
    write_view(A, view())
    assert len(read_views(A).views) == 1


@POSIX
def test_a_pipe_is_not_waited_for(kept_folder):
    kept_folder.mkdir(parents=True)
    os.mkfifo(kept_folder / f"{A}.json")
    assert "cannot be read" in read_views(A).problem


def test_a_file_that_is_too_large_is_not_read(kept_folder, monkeypatch):
    write_view(A, view())
    monkeypatch.setattr(store, "MOST_FILE_BYTES", 20)
    assert "more than 20" in read_views(A).problem


def test_views_that_are_too_large_together_leave_the_newest(monkeypatch):
    big = json.dumps({"x": "y" * 3000}).encode()
    write_view(A, view("old", state=big))
    monkeypatch.setattr(store, "MOST_FILE_BYTES", 5000)
    write_view(A, view("new", state=big))
    assert [one.window for one in read_views(A).views] == ["new"]
    monkeypatch.setattr(store, "MOST_FILE_BYTES", 3500)
    with pytest.raises(OutputError, match="3,500 are kept at most"):
        write_view(A, view("newer", state=json.dumps({"x": "y" * 4000}).encode()))


def test_the_oldest_go_where_there_are_too_many_or_too_old_or_too_large_ones(kept_folder, monkeypatch):
    names = [f"{number:064x}" for number in range(6)]
    for number, name in enumerate(names):
        write_view(name, view())
        when = time.time() - 1000 * (10 - number)
        os.utime(kept_folder / f"{name}.json", (when, when))
    other = kept_folder / "notes.json"
    other.write_text("mine")
    monkeypatch.setattr(store, "MOST_FILES", 4)
    prune()
    assert sorted(one.stem for one in kept_folder.glob("0*.json")) == names[2:]
    size = (kept_folder / f"{names[-1]}.json").stat().st_size
    monkeypatch.setattr(store, "MOST_KEPT_BYTES", 2 * size)
    prune(keep=names[2])
    assert sorted(one.stem for one in kept_folder.glob("0*.json")) == [names[2], *names[4:]]
    old = time.time() - 86_400 * (store.MOST_DAYS + 1)
    os.utime(kept_folder / f"{names[5]}.json", (old, old))
    prune()
    assert names[5] not in [one.stem for one in kept_folder.glob("0*.json")]
    assert other.read_text() == "mine"
    left = len([*kept_folder.glob("0*.json")])
    assert forget_all() == left > 0
    assert other.exists()


def test_forgetting_what_is_not_there():
    assert not forget_series(A)
    assert forget_all() == 0


def test_a_folder_that_cannot_be_made_is_said_once(kept_folder):
    kept_folder.parents[1].mkdir(parents=True)
    kept_folder.parent.write_text("a file where the folder is to be")
    with pytest.raises(OutputError, match="cannot be written"):
        write_view(A, view())
    writer = BackgroundWriter()
    for _ in range(2):
        writer.write(A, view)
        writer.finish()
    assert writer.take_problem().startswith("not kept: ")
    assert writer.take_problem() == ""


def test_a_full_disk_leaves_what_was_there(monkeypatch):
    write_view(A, view("old"))

    def full(file, text):
        file.write(text[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_write_private", full)
    with pytest.raises(OutputError, match="no space left"):
        write_view(A, view("new"))
    assert [one.window for one in read_views(A).views] == ["old"]


def test_no_home_is_an_error_that_says_so(monkeypatch):
    import platformdirs

    def nowhere(_):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(platformdirs, "user_state_path", nowhere)
    with pytest.raises(OutputError, match="set HOME"):
        read_views(A)
    writer = BackgroundWriter()
    writer.write(A, view)
    writer.finish()
    assert "set HOME" in writer.take_problem()


def test_of_one_series_the_latest_view_is_written():
    writer = BackgroundWriter()
    for number in range(30):
        writer.write(A, lambda number=number: view("w", number))
    writer.finish()
    assert [one.measured for one in read_views(A).views] == [29]
