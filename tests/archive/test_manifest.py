"""The manifest of a run: one driver at a time, other runs refused, nothing lost when there is no room."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

import viewer3d
from tests.archive.small_archives import MEAN, digests, rows, run, write_archive
from viewer3d.archive.index.write import read_rows
from viewer3d.archive.manifest import read_manifest
from viewer3d.errors import ArchiveError, OutputError

WAITING = """
import sys, time, viewer3d
for outcome in viewer3d.archive.run(sys.argv[1], "tests.archive.own_jobs:mean", sys.argv[2], workers=0):
    print(outcome.status, flush=True)
    time.sleep(100)
"""


def edit(out: Path, sql: str) -> None:
    with closing(sqlite3.connect(out / "manifest.sqlite")) as connection, connection:
        connection.execute(sql)


def test_a_second_driver_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 3), tmp_path / "out"
    arguments = [sys.executable, "-c", WAITING, str(archive), str(out)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as first:
        try:
            assert first.stdout is not None
            assert first.stdout.readline() == "done\n"
            with pytest.raises(
                ArchiveError, match=f"out: another run writes there .process {first.pid} of .*: wait for it"
            ):
                run(archive, out)
            assert viewer3d.archive.status(out).counts == {"done": 1, "pending": 2}  # looking is allowed
            assert len(run(archive, out, dry_run=True)) == 2
        finally:
            os.kill(first.pid, signal.SIGKILL)
    assert len(run(archive, out)) == 2
    assert rows(out, "SELECT COUNT(*), SUM(status = 'done') FROM items") == [(3, 3)]


def test_two_drivers_of_one_process_are_refused_too(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 2), tmp_path / "out"
    first = viewer3d.archive.run(archive, MEAN, out, workers=0)
    next(first)
    with pytest.raises(ArchiveError, match=f"another run writes there .process {os.getpid()} of"):
        run(archive, out)
    first.close()  # type: ignore[attr-defined]
    assert len(run(archive, out)) == 1


def test_another_run_or_version_or_form_is_refused(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 1), tmp_path / "out"
    run(archive, out)
    before = digests(out)
    other = "tests.archive.own_jobs:refuse"
    with pytest.raises(
        ArchiveError, match=f"of another run .jobs was {MEAN}, now {other}; identify was False, now True"
    ):
        run(archive, out, other, identify=True)
    edit(out, "UPDATE run SET version = '0.0.9'")
    with pytest.raises(ArchiveError, match=r"was made by viewer3d 0.0.9, and this is .*: give another folder"):
        run(archive, out)
    edit(out, "UPDATE run SET schema = 99")
    with pytest.raises(
        ArchiveError, match=r"its manifest is of form 99, written by viewer3d 0.0.9, and this version knows"
    ):
        viewer3d.archive.status(out)
    assert digests(out) == before


def test_a_folder_that_is_of_no_run_is_refused(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 1), tmp_path / "out"
    out.mkdir()
    (out / "thesis.doc").write_text("mine")
    with pytest.raises(
        ArchiveError, match=r"holds files that are of no run .thesis.doc.: give a new folder, or empty it"
    ):
        run(archive, out)
    assert [path.name for path in out.iterdir()] == ["thesis.doc"]
    with pytest.raises(ArchiveError, match="holds no run over an archive"):
        viewer3d.archive.status(out)
    with pytest.raises(OutputError, match=r"cannot be written .no such file or directory"):
        run(archive, tmp_path / "no" / "out")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot be written .file exists"):
        run(archive, tmp_path / "file")


def test_a_damaged_manifest_is_said(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 1), tmp_path / "out"
    out.mkdir()
    (out / "manifest.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(ArchiveError, match=r"manifest.sqlite: is damaged or no manifest .file is not a database"):
        run(archive, out)
    (out / "manifest.sqlite").unlink()
    edit(out, "CREATE TABLE another(a)")
    with pytest.raises(ArchiveError, match=r"manifest.sqlite: is no manifest of a run"):
        run(archive, out)


def test_a_manifest_without_room_stops_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, out = write_archive(tmp_path / "in", 40), tmp_path / "out"
    made = run(archive, out, limit=1)
    pages = rows(out, "PRAGMA page_count")[0][0]
    connect = sqlite3.connect

    def small(*args: object, **how: object) -> sqlite3.Connection:
        connection = connect(*args, **how)  # type: ignore[arg-type]
        connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        return connection

    monkeypatch.setattr(sqlite3, "connect", small)
    with pytest.raises(OutputError, match=r"manifest.sqlite: there is no room left for it: make room and run it again"):
        made.extend(viewer3d.archive.run(archive, MEAN, out, workers=0))  # those that it gave are in it
    monkeypatch.undo()
    assert 1 < len(made) < 40
    assert rows(out, "SELECT COUNT(*) FROM items WHERE status = 'done'") == [(len(made),)]
    again = run(archive, out)
    assert not {one.key for one in again} & {one.key for one in made}
    assert len(again) + len(made) == 40


def test_rows_have_all_that_is_known(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 2), tmp_path / "out"
    made = {one.key: one for one in run(archive, out)}
    with read_manifest(out) as manifest:
        found = list(read_rows(manifest))
    assert [row.place for row in found] == [str(archive / f"patient{n:03}" / "series") for n in (1, 2)]
    for row in found:
        one = made[row.key]
        assert (row.status, row.files, row.numbers) == ("done", one.files, one.numbers)
        assert (row.modality, row.stack) == ("CT", 1)
        assert row.run["seconds"] == one.seconds > 0
        assert row.run["memory"] == one.memory > 10 << 20
        assert row.run["deaths"] == 0


@pytest.mark.slow
def test_a_driver_that_is_killed_at_any_moment_costs_nothing_that_was_done(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 60), tmp_path / "out"
    run(archive, tmp_path / "undisturbed")
    script = WAITING.replace("time.sleep(100)", "")
    told, done_before = 0, set[str]()
    for turn in range(40):
        arguments = [sys.executable, "-c", script, str(archive), str(out)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as driver:
            assert driver.stdout is not None
            first = driver.stdout.readline()  # it has begun; or there was nothing to do
            time.sleep(0.002 * turn % 0.03)
            os.kill(driver.pid, signal.SIGKILL)
            told += len(first.splitlines()) + len(driver.stdout.read().splitlines())
        done = {key for key, status in rows(out) if status == "done"}
        assert done_before <= done
        assert len(done) >= told  # a row is written before it is told
        done_before = done
        if not first:
            break
    run(archive, out)
    assert len(done_before) > 1
    assert digests(out) == digests(tmp_path / "undisturbed")
    assert rows(out, "SELECT COUNT(*), COUNT(DISTINCT key), SUM(status = 'done') FROM items") == [(60, 60, 60)]
