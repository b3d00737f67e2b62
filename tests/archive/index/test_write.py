"""The page and the table that a run leaves, also when it is interrupted."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

import viewer3d
from tests.archive.small_archives import MEAN, leftovers, rows, run, write_archive, write_series
from tests.phantom_files import write_phantom
from viewer3d.archive.jobs.info import QUALITY_COLUMNS
from viewer3d.errors import OutputError

REFUSE = "tests.archive.own_jobs:refuse"


def table(out: Path) -> list[dict[str, str]]:
    with (out / "table.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def shown(out: Path) -> dict[str, Any]:
    text = (out / "index.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_both_have_every_item_and_why_it_is_not_done(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 3), tmp_path / "out"
    write_series(archive / "even", 9, slices=4, SeriesDescription="=even\x1b", Modality="MR")
    (archive / "note.txt").write_text("no image")
    made = {one.key: one for one in run(archive, out, [REFUSE, MEAN])}
    found = table(out)
    assert [(one["place"], one["status"]) for one in found] == [
        (str(archive / "even"), "done"),
        *((str(archive / f"patient{number:03}" / "series"), "bad") for number in (1, 2, 3)),
    ]
    assert {one["key"] for one in found} == made.keys()
    assert [one["place_uri"] for one in found] == [Path(one["place"]).as_uri() for one in found]
    assert [one["series_uid"] for one in found] == ["1.2.2.9", "1.2.2.1", "1.2.2.2", "1.2.2.3"]
    assert {one["why"] for one in found} == {"", "refuse: ValueError: an odd number of slices"}
    done = found[0]
    assert (done["modality"], done["description"]) == ("MR", "'=even\\x1b")
    assert float(done["mean.mean"]) == made[done["key"]].numbers["mean.mean"]
    assert done[f"{MEAN}_files"] == made[done["key"]].files[0].path
    assert (out / done[f"{MEAN}_files"]).is_file()
    page = shown(out)
    assert page["items"]["key"] == [one["key"] for one in found]
    assert [page["words"]["status"][one] for one in page["items"]["status"]] == ["done", "bad", "bad", "bad"]
    assert page["left"] == [["not DICOM", 1]]
    assert page["about"].endswith("1 done, 3 bad")


def test_files_are_in_the_order_of_the_jobs(tmp_path: Path) -> None:
    write_series(tmp_path / "in", 1)
    run(tmp_path / "in", tmp_path / "out", ["thumbnail", MEAN, "mips"])
    (rows_of_one,) = (path.read_text() for path in (tmp_path / "out" / "index").glob("rows-*.js"))
    (files, *_), *_ = json.loads(rows_of_one.partition(",")[2].removesuffix(");\n"))
    assert [one[0] for one in files] == ["thumbnail", MEAN, "mips"]
    key = table(tmp_path / "out")[0]["key"]
    for (_, pattern, size, sha256), suffix in zip(files, ("-thumbnail.png", "-mean.txt", "-mips.png"), strict=True):
        assert pattern == f"?/*{suffix}"
        data = (tmp_path / "out" / key[:2] / f"{key}{suffix}").read_bytes()
        assert (size, sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_names_of_any_bytes_lead_back(tmp_path: Path) -> None:
    folder = os.fsdecode(os.fsencode(tmp_path / "in") + b"/\xff\xfe \x1b")
    write_series(Path(folder), 1)
    run(tmp_path / "in", tmp_path / "out")
    (one,) = table(tmp_path / "out")
    assert one["place_uri"].endswith("/in/%FF%FE%20%1B")
    assert one["place"].endswith("\\udcff\\udcfe \\x1b")


def test_a_run_that_is_left_early_shows_what_it_has(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 5), tmp_path / "out"
    outcomes = viewer3d.archive.run(archive, MEAN, out, workers=0)
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    assert [one["status"] for one in table(out)].count("done") == 1
    assert "1 done" in shown(out)["about"]
    run(archive, out)
    assert [one["status"] for one in table(out)] == ["done"] * 5
    assert shown(out)["about"].endswith("5 done")


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_run_shows_what_it_has(
    error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from viewer3d.archive import driver

    archive, out = write_archive(tmp_path / "in", 4), tmp_path / "out"
    done: list[str] = []

    def breaking(item: Any, plan: Any) -> Any:
        if len(done) == 2:
            raise error
        done.append(item.key)
        return work(item, plan)

    work = driver.work
    monkeypatch.setattr(driver, "work", breaking)
    with pytest.raises(error):
        run(archive, out)
    assert {one["key"] for one in table(out) if one["status"] == "done"} == set(done)
    assert leftovers(out) == []


def test_nothing_is_written_anew_where_nothing_has_changed(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 3), tmp_path / "out"
    run(archive, out)
    files = (out / "index.html", out / "table.csv")
    before = [file.stat().st_ino for file in files]
    run(archive, out)
    assert [file.stat().st_ino for file in files] == before
    files[0].unlink()
    run(archive, out)
    assert shown(out)["about"].endswith("3 done")
    for path in (archive / "patient003" / "series").iterdir():
        path.unlink()
    run(archive, out)
    assert len(table(out)) == len(shown(out)["items"]["key"]) == 2


def test_a_driver_that_was_killed_before_it_wrote_them_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, out = write_archive(tmp_path / "in", 2), tmp_path / "out"
    run(archive, out, limit=1)
    with monkeypatch.context() as patch:
        patch.setattr("viewer3d.archive.index.write.write_index", lambda _manifest: os._exit(9))
        if (child := os.fork()) == 0:
            run(archive, out)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert rows(out, "SELECT SUM(status = 'done') FROM items") == [(2,)]
    assert [one["status"] for one in table(out)] == ["done"]
    assert run(archive, out) == []
    assert [one["status"] for one in table(out)] == ["done", "done"]


def test_what_cannot_be_written_is_told_and_an_earlier_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, out = write_archive(tmp_path / "in", 2), tmp_path / "out"
    run(archive, out, limit=1)
    before = (out / "table.csv").read_bytes()

    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("viewer3d.archive.index.table._cells", full)
        with pytest.raises(OutputError, match=r"table\.csv: cannot be written \(no space left on device\): make room"):
            run(archive, out)
    assert (out / "table.csv").read_bytes() == before
    assert rows(out, "SELECT SUM(status = 'done') FROM items") == [(2,)]
    run(archive, out)
    assert len(table(out)) == 2


@pytest.mark.parametrize("identify", [False, True])
def test_patient_and_date_are_there_only_when_they_are_asked_for(identify: bool, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_phantom(tmp_path / "in", shape=(14, 12, 6), spacing=(20.0, 22.0, 40.0))
    run(tmp_path / "in", out, "info", identify=identify)
    files = [path for path in out.rglob("*") if path.suffix in (".html", ".csv", ".js")]
    assert len(files) > 20
    found = {path.suffix for path in files if "PHANTOM" in path.read_text()}
    assert found == ({".html", ".csv", ".js"} if identify else set())
    (one,) = table(out)
    assert one["info.patient"] == ("Phantom, Viewer3D, ID PHANTOM" if identify else "")
    assert one["info.date"] == ("2020-01-02" if identify else "")
    (summary,) = shown(out)["words"]["summary"]
    named = f" · {one['info.date']} · {one['info.patient']}" if identify else ""
    assert summary == f"14 x 12 x 6 · 20 x 22 x 40 mm · HU{named}"


def test_quality_columns_are_there_whatever_became_of_the_items(tmp_path: Path) -> None:
    write_series(tmp_path / "in", 1)
    run(tmp_path / "in", tmp_path / "out", [REFUSE, "info"])
    (one,) = table(tmp_path / "out")
    assert one["status"] == "bad"
    assert [name for name in one if name.startswith("info.")] == [f"info.{name}" for name in QUALITY_COLUMNS]
    meanings = shown(tmp_path / "out")["meanings"]
    assert meanings["info.resampled"] == "whether slices were interpolated onto an upright, even grid"
