"""Searching places folder by folder: what is read again, and trees that are odd or change."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import viewer3d
from tests.archive.small_archives import rows, run, write_archive, write_series
from viewer3d.archive import folders, items
from viewer3d.archive.folders import search
from viewer3d.archive.index.write import read_rows
from viewer3d.archive.manifest import Manifest, open_manifest, read_manifest
from viewer3d.archive.places import listed_places
from viewer3d.archive.plan import Plan
from viewer3d.dicom.files.sources import FILE_REMEDY, Source
from viewer3d.dicom.headers import read
from viewer3d.errors import ArchiveError, BadFileError

PLAN = ("tests.archive.own_jobs:mean",)


@pytest.fixture
def manifest(tmp_path: Path) -> Iterator[Manifest]:
    with open_manifest(tmp_path / "out", Plan(PLAN, tmp_path / "out")) as opened:
        yield opened


@pytest.fixture
def headers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose headers are read while searching."""
    found: list[str] = []

    def counted(source: Source) -> object:
        found.append(source.name)
        return read.read_frames(source)

    monkeypatch.setattr(folders, "read_frames", counted)
    return found


def test_only_folders_that_have_changed_are_read_again(tmp_path: Path, manifest: Manifest, headers: list[str]) -> None:
    archive = write_archive(tmp_path / "in", 4)
    search(manifest, [str(archive)])
    assert len(headers) == 12
    headers.clear()
    search(manifest, [str(archive)])
    assert headers == []
    changed = archive / "patient002" / "series" / "IM0001.dcm"
    os.utime(changed, (0, 0))  # a clock that has jumped back
    search(manifest, [str(archive)])
    assert {str(Path(name).parent) for name in headers} == {str(changed.parent)}
    headers.clear()
    os.utime(changed, (4e9, 4e9))  # or far ahead
    search(manifest, [str(archive)])
    assert len(headers) == 3
    headers.clear()
    search(manifest, [str(archive)])
    assert headers == []


def test_a_search_that_is_killed_goes_on(tmp_path: Path, headers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    archive = write_archive(tmp_path / "in", 4)
    monkeypatch.setattr(folders, "_COMMIT", 0.0)
    plan = Plan(PLAN, tmp_path / "out")

    def stop(count: int, _all: int) -> None:
        if count == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), open_manifest(plan.out, plan) as opened:
        search(opened, [str(archive)], stop)
    assert len(headers) in (6, 9)
    with open_manifest(plan.out, plan) as opened:
        search(opened, [str(archive)])
    assert len(headers) <= 15


def test_a_zip_is_read_again_when_it_has_changed(tmp_path: Path, manifest: Manifest, headers: list[str]) -> None:
    paths = write_series(tmp_path / "a", 1)
    for count in (2, 3):
        with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
            for path in paths[:count]:
                archive.write(path, path.name)
        for _ in range(2):
            search(manifest, [str(tmp_path / "in.zip")])
        assert len(headers) == {2: 2, 3: 5}[count]


def test_names_of_any_bytes_are_found_and_kept(tmp_path: Path) -> None:
    odd = os.path.join(os.fsencode(tmp_path / "in"), b"caf\xe9\n\xff")  # noqa: PTH118
    try:
        os.makedirs(odd)  # noqa: PTH103
    except OSError:
        pytest.skip("this file system takes text alone")
    for number, path in enumerate(write_series(tmp_path / "a", 1)):
        os.rename(path, os.path.join(odd, b"\xfe%d.dcm" % number))  # noqa: PTH104, PTH118
    out = tmp_path / "out"
    (made,) = run(tmp_path / "in", out)
    assert made.status == "done"
    assert rows(out, "SELECT place FROM items") == [(odd,)]
    with read_manifest(out) as opened:
        assert [row.place for row in read_rows(opened)] == [os.fsdecode(odd)]
    assert run(tmp_path / "in", out) == []
    (tmp_path / "list.txt").write_bytes(os.fsencode(tmp_path / "in") + b"\n")
    assert run(f"@{tmp_path / 'list.txt'}", out) == []


def test_a_file_that_goes_between_search_and_work_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, out = write_archive(tmp_path / "in", 2), tmp_path / "out"
    monkeypatch.setattr(folders, "MOST_KEPT", 0)
    gone = archive / "patient001" / "series" / "IM0001.dcm"
    before = gone.read_bytes()

    def progress(stage: str, count: int, _all: int) -> None:
        if (stage, count) == ("folders", 5):  # the last
            gone.unlink()

    made = list(viewer3d.archive.run(archive, PLAN, out, workers=0, progress=progress))
    assert sorted(one.status for one in made) == ["bad", "done"]
    assert "IM0001.dcm: cannot be read (No such file or directory)" in next(
        one.why for one in made if one.status == "bad"
    )
    gone.write_bytes(before)
    (made_again,) = run(archive, out)
    assert made_again.status == "done"
    assert rows(out, "SELECT COUNT(*), SUM(status = 'done') FROM items") == [(2, 2)]


def test_a_series_that_goes_while_the_run_goes_on_is_said(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 3), tmp_path / "out"
    going = viewer3d.archive.run(archive, PLAN, out, workers=0)
    assert next(going).status == "done"
    shutil.rmtree(archive / "patient003")
    assert [one.status for one in going] == ["done", "bad"]
    assert run(archive, out) == []
    assert viewer3d.archive.status(out).counts == {"done": 2}


def test_a_file_that_comes_while_the_run_goes_on_is_of_the_next(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 2), tmp_path / "out"
    going = viewer3d.archive.run(archive, PLAN, out, workers=0)
    next(going)
    write_series(archive / "new", 9)
    assert len(list(going)) == 1
    assert len(run(archive, out)) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_folders_that_cannot_be_read_are_said_and_forget_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, out = write_archive(tmp_path / "in", 2), tmp_path / "out"
    assert len(run(archive, out)) == 2
    scandir = os.scandir

    def refused(path: str) -> object:
        if os.fspath(path) == str(archive / "patient001"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    assert run(archive, out) == []
    status = viewer3d.archive.status(out)
    assert (status.counts, status.gone) == ({"done": 2}, 0)
    assert status.left_out == {"a folder that cannot be listed (Permission denied)": 1}


def test_what_is_damaged_in_an_archive_stops_nothing_else(tmp_path: Path) -> None:
    write_series(tmp_path / "in" / "a", 1)
    (tmp_path / "in" / "broken.zip").write_bytes(b"PK\x03\x04 no zip")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in" / "nowhere").symlink_to(tmp_path / "no")
    os.mkfifo(tmp_path / "in" / "pipe")
    (tmp_path / "in" / "notes.txt").write_text("none")
    assert [one.status for one in run(tmp_path / "in", tmp_path / "out")] == ["done"]
    left = viewer3d.archive.status(tmp_path / "out").left_out
    assert left.pop("not DICOM") == 1
    assert sorted(reason.partition(" (")[0] for reason in left) == [
        "a broken or truncated zip",
        "a link that leads nowhere",
        "a link to a folder, which is not followed: give that folder besides",
        "a named pipe",
    ]
    with pytest.raises(BadFileError, match="a broken or truncated zip"):
        run(tmp_path / "in" / "broken.zip", tmp_path / "other")


def test_another_place_joins_a_run_and_works_on_nothing_else(tmp_path: Path) -> None:
    first, second, out = write_archive(tmp_path / "a", 3), tmp_path / "b", tmp_path / "out"
    write_series(second, 9)
    assert len(run(first, out, limit=1)) == 1
    assert len(run(second, out)) == 1
    assert viewer3d.archive.status(out).counts == {"done": 2, "pending": 2}
    assert len(run([first, second], out)) == 2


def test_an_error_that_nobody_has_thought_of_is_of_one_file_or_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, out = write_archive(tmp_path / "in", 3), tmp_path / "out"

    def failing(source: Source) -> object:
        if "patient001" in source.name and source.name.endswith("1.dcm"):
            raise RecursionError("too deep")
        return read.read_frames(source)

    make_series = items.make_series
    monkeypatch.setattr(folders, "read_frames", failing)
    monkeypatch.setattr(
        items, "make_series", lambda frames, _: 1 / 0 if frames[0].series.number == 2 else make_series(frames)
    )
    made = {one.status: one.why for one in run(archive, out) if one.status == "bad" and "Zero" in one.why}
    assert made == {"bad": "series 2 CT: none of its 1 files can be read (ZeroDivisionError: division by zero)"}
    assert rows(out, "SELECT status, why FROM items WHERE series_uid = '1.2.2.1'") == [
        ("bad", f"IM0001.dcm: its header cannot be read (RecursionError); {FILE_REMEDY}")
    ]
    assert rows(out, "SELECT status FROM items WHERE series_uid = '1.2.2.3'") == [("done",)]


def test_places_within_places_are_searched_once(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert listed_places([inner, tmp_path / "a", tmp_path / "a", tmp_path / "a" / "b" / ".."]) == [str(tmp_path / "a")]


def test_a_tar_that_is_compressed_as_a_whole_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path / "a", 1)
    path = shutil.make_archive(str(tmp_path / "a"), "gztar", tmp_path / "a")
    with pytest.raises(ArchiveError, match="a tar compressed as a whole, which workers cannot share; unpack it"):
        run(path, tmp_path / "out")


MEMORY = """
import resource, sys, viewer3d
from viewer3d.archive import folders
folders.MOST_KEPT = 600
for count in (500, 2000):
    places, out = f"{sys.argv[1]}/{count}", f"{sys.argv[1]}/out{count}"
    list(viewer3d.archive.run(places, "tests.archive.own_jobs:mean", out, workers=0))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="counts KiB as Linux does")
def test_memory_does_not_grow_with_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for count in (500, 2000):
        write_archive(tmp_path / str(count), 1)
        (first,) = (tmp_path / str(count)).iterdir()
        template = [path.read_bytes() for path in sorted((first / "series").iterdir())]
        for number in range(2, count + 1):
            folder = tmp_path / str(count) / f"patient{number:05}"
            folder.mkdir()
            for turn, data in enumerate(template):
                uid = f"{number:07}".encode()
                (folder / f"{turn}").write_bytes(
                    data.replace(b"1.2.2.1\0", b"1" + uid).replace(b"1.2.3.1.", b"1." + uid[1:])
                )
    done = subprocess.run([sys.executable, "-c", MEMORY, str(tmp_path)], capture_output=True, text=True, check=True)
    small, large = map(int, done.stdout.split())
    assert large < small + (15 << 10)  # KiB
    assert rows(tmp_path / "out2000", "SELECT COUNT(*), SUM(status = 'done') FROM items") == [(2000, 2000)]
