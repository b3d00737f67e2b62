"""The verb batch."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.archive.small_archives import MEAN, digests, rows, write_archive, write_series
from tests.cli.conftest import run
from viewer3d.archive import Outcome
from viewer3d.archive.cluster.options import TLSFiles
from viewer3d.archive.index.table import RUN_COLUMNS
from viewer3d.cli.files import batch_progress
from viewer3d.cli.files.batch_progress import RunMeter

REFUSE = "tests.archive.own_jobs:refuse"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_archive(tmp_path / "in", 3)


def batch(*words: Any) -> Any:
    return run("batch", *words, "--workers", "0")


def test_a_run_ends_with_what_there_is_and_goes_on(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = batch(archive, "-o", out, "--make", MEAN)
    assert (done.exit_code, done.stdout) == (0, "3 volumes: 3 done\n")
    assert (out / "index.html").is_file()
    assert (out / "table.csv").is_file()
    write_series(archive / "more", 7)
    (archive / "more" / "a.txt").write_text("no image")
    done = batch(archive, "-o", out, "--make", MEAN, "--dry-run")
    assert (done.exit_code, done.stdout) == (
        0,
        "1 volume to work on, 3 done or not to be tried again; nothing was written\n",
    )
    assert rows(out, "SELECT COUNT(*) FROM items") == [(3,)]
    done = batch(archive, "-o", out, "--make", MEAN)
    assert done.exit_code == 0
    assert done.stdout == "4 volumes: 4 done\n1 file of no volume, see the page or --status\n"


def test_what_is_bad_makes_another_exit_code_and_is_tried_again_when_asked(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_series(archive / "even", 8, slices=4)
    words = (archive, "-o", out, "--make", f"{REFUSE},{MEAN}")
    done = batch(*words)
    assert (done.exit_code, done.stdout) == (1, "4 volumes: 1 done, 3 bad\n")
    assert batch(*words, "--dry-run").stdout.startswith("0 volumes to work on, 4 done")
    assert batch(*words, "--retry", "bad,lost", "--dry-run").stdout.startswith("3 volumes to work on, 1 done")
    assert batch(*words, "--retry", "too-large", "--dry-run").stdout.startswith("0 volumes to work on, 4 done")


def test_a_limit_leaves_the_rest_pending(archive: Path, tmp_path: Path) -> None:
    done = batch(archive, "-o", tmp_path / "out", "--make", MEAN, "--limit", "2")
    assert done.exit_code == 0
    assert "2 done" in done.stdout
    assert rows(tmp_path / "out", "SELECT SUM(status = 'done') FROM items") == [(2,)]


def test_what_is_too_large_is_said_by_name(archive: Path, tmp_path: Path) -> None:
    done = batch(archive, "-o", tmp_path / "out", "--make", MEAN, "--max-memory", "1M")
    assert (done.exit_code, done.stdout) == (1, "3 volumes: 3 too large\n")
    assert len(re.findall(r"^too large: series \d .*: needs about .* max_memory", done.stderr, re.MULTILINE)) == 3


def test_status_is_said_in_words_and_as_json(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (archive / "a.txt").write_text("no image")
    batch(archive, "-o", out, "--make", f"{REFUSE},{MEAN}")
    done = run("batch", "-o", out, "--status")
    assert (done.exit_code, done.stdout.splitlines()) == (
        0,
        [
            "3 volumes: 3 bad",
            "1 file of no volume, see the page or --status",
            f"made: {REFUSE}, {MEAN}; viewer3d 0.1.0",
            "left out: 1 not DICOM",
        ],
    )
    found = json.loads(run("batch", "-o", out, "--status", "--json").stdout)
    assert (found["folder"], found["items"], found["counts"]) == (str(out), 3, {"bad": 3})
    assert (found["plan"]["jobs"], found["left_out"]) == ([REFUSE, MEAN], {"not DICOM": 1})
    done = run("batch", "-o", tmp_path / "none", "--status")
    assert done.exit_code == 2
    assert "holds no run over an archive" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "out"), "PLACE: give a folder"),
        ((".", "-o", "../out", "--make", ","), "--make ',': give one or several"),
        ((".", "-o", "../out", "--make", "thumb"), "'thumb'"),
        ((".", "-o", "../out", "--retry", "done"), "--retry done: give some of bad, lost, too-large"),
        ((".", "-o", "../out", "--json"), "--json: is of --status"),
        ((".", "-o", "../out", "--limit", "0"), "limit 0: give a number of items"),
        ((".", "-o", ".", "--make", MEAN), "is searched itself"),
        ((".", "-o", "../out", "--max-memory", "much"), "much"),
        ((".", "-o", "../out", "--tls-cert", "a.pem"), "TLS needs --tls-ca-file too"),
        ((".", "-o", "../out", "--tls-key", "a.pem"), "TLS needs --tls-ca-file and --tls-cert too"),
        ((".", "-o", "../out", "--scheduler", "tcp://127.0.0.1:1"), "give one of them"),
    ],
)
def test_what_means_nothing_is_refused_before_anything_is_written(
    words: tuple[str, ...], said: str, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(archive)
    done = run("batch", *words, "--workers", "0")
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (archive / "manifest.sqlite").exists()
    assert not (archive.parent / "out").exists()


def test_ctrl_c_leaves_all_that_is_done_and_says_how_it_goes_on(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from viewer3d.archive import driver

    out, work = tmp_path / "out", driver.work
    done: list[str] = []

    def breaking(item: Any, plan: Any) -> Outcome:
        if done:
            raise KeyboardInterrupt
        done.append(item.key)
        return work(item, plan)

    with monkeypatch.context() as patch:
        patch.setattr(driver, "work", breaking)
        stopped = batch(archive, "-o", out, "--make", MEAN)
    assert stopped.exit_code == 130
    assert "1 done" in stopped.stdout
    assert stopped.stderr == "viewer3d: stopped; nothing that is done is lost: the same call goes on\n"
    assert (out / "index.html").is_file()
    assert batch(archive, "-o", out, "--make", MEAN).stdout == "3 volumes: 3 done\n"


def test_ctrl_c_before_anything_was_begun(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("viewer3d.archive.driver.open_manifest", stopped)
    done = batch(archive, "-o", tmp_path / "out", "--make", MEAN)
    assert (done.exit_code, done.stdout) == (130, "")
    assert done.stderr.startswith("viewer3d: stopped;")


def test_a_full_disk_stops_with_a_word_and_goes_on_after(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, out = tmp_path / "full", tmp_path / "out"
    full.write_bytes(b"")
    monkeypatch.setenv("VIEWER3D_TEST_FULL", str(full))
    words = (archive, "-o", out, "--make", "tests.archive.own_jobs:full_disk")
    done = batch(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert re.fullmatch(r"viewer3d: .*no space left.*run it again, and it goes on\.?\n", done.stderr, re.IGNORECASE)
    full.unlink()
    done = batch(*words)
    assert (done.exit_code, done.stdout) == (0, "3 volumes: 3 done\n")


class Clock:
    """Time that goes on when it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(batch_progress, "time", SimpleNamespace(monotonic=lambda: self.now))


def outcome(status: Any = "done", why: str = "") -> Outcome:
    return Outcome("0" * 64, status, why)


def test_progress_has_rate_time_left_failures_and_workers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock(monkeypatch)
    meter = RunMeter()
    meter("folders", 12, 0)
    assert meter.words() == "12 folders searched"
    meter("items", 400, 1000)  # passed over: they are no part of the rate
    for number in range(100):
        clock.now += 0.5
        meter("items", 401 + number, 1000)
        meter.add(outcome("bad" if number % 50 == 7 else "done"))
    meter.watch(SimpleNamespace(alive=7, asked=8, note=""))
    assert meter.words() == "500 of 1,000, 2.0/s, 4 min left, 2 bad, 7 of 8 workers"
    assert capsys.readouterr().err.splitlines() == [
        "420 of 1,000, 2.0/s, 5 min left, 1 bad",
        "460 of 1,000, 2.0/s, 4 min left, 2 bad",
    ]
    meter.watch(SimpleNamespace(alive=7, asked=8, note="a worker is gone for good: 7 of 8 are left"))
    meter.add(outcome("lost", "its workers died"))
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "viewer3d: a worker is gone for good: 7 of 8 are left",
        "lost: its workers died",
    ]


def test_a_log_has_some_lines_and_not_thousands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock(monkeypatch)
    meter = RunMeter()
    for number in range(36_000):
        clock.now += 1.0  # ten hours
        meter("items", number, 36_000)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("9 of 36,000")
    assert 55 < len(lines) < 80


def test_a_terminal_has_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock(monkeypatch)
    monkeypatch.setattr(batch_progress, "is_watched", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with RunMeter() as meter:
        for number in range(5):
            clock.now += 1
            meter("items", number + 1, 5)
            meter.add(outcome())
        clock.now += 1
        meter.watch(SimpleNamespace(alive=2, asked=2, note="note"))
    text = capsys.readouterr().err
    assert "volumes" in text
    assert "5 of 5, 1.0/s, 0 s left, 2 of 2 workers" in text
    assert "\r\x1b[2Kviewer3d: note\n" in text


def test_options_of_a_cluster_reach_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: dict[str, Any] = {}

    def take(places: Any, jobs: Any, out: Any, **more: Any) -> Any:
        asked.update(more, places=places, jobs=jobs, out=out)
        return iter(())

    monkeypatch.setattr("viewer3d.archive.driver.run", take)
    words = ("--scheduler", "tls://a:1", "--tls-ca-file", "ca", "--tls-cert", "cert", "--host", "10.0.0.5:1")
    run("batch", "a", "b.zip", "-o", tmp_path, *words, "--overlay", "auto", "--retry", "lost,too-large", "--identify")
    assert asked.pop("progress") is not None
    assert asked.pop("watch") is not None
    assert asked == {
        "places": ("a", "b.zip"),
        "jobs": ("thumbnail", "info"),
        "out": str(tmp_path),
        "scheduler": "tls://a:1",
        "tls": TLSFiles(Path("ca"), Path("cert")),
        "host": "10.0.0.5:1",
        "overlay": "auto",
        "workers": None,
        "retry": ("lost", "too large"),
        "identify": True,
        "scheduler_file": None,
        "limit": None,
        "dry_run": False,
        "max_memory": None,
        "irregular": "resample",
        "skip_bad": False,
        "face_hidden": False,
        "strict": False,
        "unit": None,
    }


@pytest.mark.slow
def test_no_worker_is_started_where_nothing_is_to_do(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")  # which is asked for before anything is looked for
    batch(archive, "-o", tmp_path / "out", "--make", MEAN)
    monkeypatch.setattr("viewer3d.archive.cluster.dispatch.cluster_outcomes", lambda *_, **__: 1 / 0)
    done = run("batch", archive, "-o", tmp_path / "out", "--make", MEAN, "--workers", "2")
    assert (done.exit_code, done.stdout) == (0, "3 volumes: 3 done\n")


@pytest.mark.slow
def test_two_workers_leave_the_same_page_and_pictures_as_none(archive: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    found = []
    for workers in (0, 2):
        out = tmp_path / f"out{workers}"
        words = ["batch", archive, "-o", out, "--make", "thumbnail,info", "--workers", workers]
        command = [sys.executable, "-m", "viewer3d", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
        assert done.stdout == "3 volumes: 3 done\n"
        assert done.stderr == ""
        with (out / "table.csv").open(encoding="utf-8", newline="") as file:
            lines = [{name: one[name] for name in one if name not in RUN_COLUMNS} for one in csv.DictReader(file)]
        found.append((digests(out), lines, re.sub("rows-[0-9a-f]+", "", (out / "index.html").read_text())))
    assert len(found[0][0]) == 3
    assert found[0][:2] == found[1][:2]
    assert found[0][2].replace("out0", "out2") == found[1][2]
