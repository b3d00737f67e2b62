"""Running jobs over an archive in this process: what is made, and how a run goes on."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from pathlib import Path

import pytest

import viewer3d
from tests.archive.small_archives import MEAN, digests, leftovers, rows, run, write_archive, write_series
from viewer3d.core.files import write_whole
from viewer3d.errors import ArchiveError, NotFoundError, OutputError


def test_each_series_is_made_once(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 4), tmp_path / "out"
    made = run(archive, out)
    assert [one.status for one in made] == ["done"] * 4
    assert sorted(one.numbers["mean.mean"] for one in made) == [10 + 24.5, 20 + 24.5, 30 + 24.5, 40 + 24.5]
    assert {one.numbers["mean.slices"] for one in made} == {3}
    for one in made:
        (file,) = one.files
        data = (out / file.path).read_bytes()
        assert file.path == f"{one.key[:2]}/{one.key}-mean.txt"
        assert (file.sha256, file.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert rows(out, "SELECT COUNT(*), SUM(status = 'done') FROM items") == [(4, 4)]
    assert rows(out, "SELECT COUNT(DISTINCT key) FROM files") == [(4,)]
    assert viewer3d.archive.status(out).counts == {"done": 4}


def test_a_second_run_has_nothing_to_do_and_reads_no_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, out = write_archive(tmp_path / "in", 3), tmp_path / "out"
    run(archive, out)
    before = digests(out)
    monkeypatch.setattr("viewer3d.archive.folders.read_frames", None)
    monkeypatch.setattr("viewer3d.archive.items.read_frames", None)
    assert run(archive, out) == []
    assert digests(out) == before


def test_what_is_missing_or_changed_in_the_output_is_made_again(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 3), tmp_path / "out"
    first = run(archive, out)
    before = digests(out)
    (out / first[0].files[0].path).unlink()
    (out / first[1].files[0].path).write_text("another")
    assert {one.key for one in run(archive, out)} == {first[0].key, first[1].key}
    assert digests(out) == before


def test_the_path_is_not_in_the_key(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "in", 2)
    keys = {one.key for one in run(archive, tmp_path / "out")}
    moved = archive.rename(tmp_path / "elsewhere")
    assert run(moved, tmp_path / "out") == []
    assert rows(tmp_path / "out", "SELECT COUNT(*) FROM items") == [(2,)]
    assert {one.key for one in run(moved, tmp_path / "other")} == keys


def test_a_series_spread_over_folders_is_one_item(tmp_path: Path) -> None:
    for turn, path in enumerate(write_series(tmp_path / "in", 1, 6)):
        (tmp_path / "in" / f"disk{turn % 3}").mkdir(exist_ok=True)
        path.rename(tmp_path / "in" / f"disk{turn % 3}" / path.name)
    (made,) = run(tmp_path / "in", tmp_path / "out")
    assert made.numbers["mean.slices"] == 6
    assert rows(tmp_path / "out", "SELECT place FROM items") == [(str(tmp_path / "in"),)]


def test_a_series_that_is_there_twice_is_one_item(tmp_path: Path) -> None:
    write_series(tmp_path / "in" / "a", 1)
    shutil.copytree(tmp_path / "in" / "a", tmp_path / "in" / "copy")
    (made,) = run(tmp_path / "in", tmp_path / "out")
    assert made.status == "done"
    assert made.numbers["mean.slices"] == 3


def test_headers_that_do_not_fit_into_memory_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = write_archive(tmp_path / "in", 5)
    kept = {one.key for one in run(archive, tmp_path / "out")}
    monkeypatch.setattr("viewer3d.archive.folders.MOST_KEPT", 4)
    assert {one.key for one in run(archive, tmp_path / "other")} == kept
    assert digests(tmp_path / "other") == digests(tmp_path / "out")


def test_zips_and_files_that_are_not_dicom_are_items_too(tmp_path: Path) -> None:
    source = write_series(tmp_path / "a", 1)
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for path in source:
            archive.write(path, path.name)
    viewer3d.save(viewer3d.load(tmp_path / "a"), tmp_path / "b.nii.gz")
    (tmp_path / "tree").mkdir()
    (tmp_path / "in.zip").rename(tmp_path / "tree" / "in.zip")
    (tmp_path / "b.nii.gz").rename(tmp_path / "tree" / "b.nii.gz")
    made = run(tmp_path / "tree", tmp_path / "out")
    assert [one.status for one in made] == ["done", "done"]
    assert {one.numbers["mean.mean"] for one in made} == {34.5}
    places = {place for (place,) in rows(tmp_path / "out", "SELECT place FROM items")}
    assert places == {str(tmp_path / "tree" / "in.zip"), str(tmp_path / "tree" / "b.nii.gz")}
    assert run(tmp_path / "tree", tmp_path / "out") == []


def test_places_are_listed_in_a_file(tmp_path: Path) -> None:
    write_series(tmp_path / "a", 1)
    write_series(tmp_path / "b", 2)
    (tmp_path / "list.txt").write_text(f"{tmp_path / 'a'}\n\n{tmp_path / 'b'}\n")
    assert len(run(f"@{tmp_path / 'list.txt'}", tmp_path / "out")) == 2
    (tmp_path / "list.txt").write_text(f"{tmp_path / 'a'}\n{tmp_path / 'c'}\n")
    with pytest.raises(NotFoundError, match="/c: no such file or folder; give folders, files, zips"):
        run(f"@{tmp_path / 'list.txt'}", tmp_path / "out")
    with pytest.raises(NotFoundError, match=r"no.txt: the list of places cannot be read"):
        run(f"@{tmp_path / 'no.txt'}", tmp_path / "out")


def test_a_series_that_changes_is_made_again_and_what_it_was_goes(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 2), tmp_path / "out"
    first = run(archive, out)
    write_series(archive / "patient001" / "series", 1, slices=4)
    (made,) = run(archive, out)
    assert made.numbers["mean.slices"] == 4
    assert made.key not in {one.key for one in first}
    assert rows(out, "SELECT COUNT(*) FROM items") == [(2,)]
    assert len(digests(out)) == 2
    assert run(archive, out) == []


def test_a_file_that_was_written_anew_is_worked_on_again(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 2), tmp_path / "out"
    first = run(archive, out)
    folder = archive / "patient002" / "series"
    write_series(folder, 2, RescaleSlope=2, RescaleIntercept=0)
    (made,) = run(archive, out)
    assert made.key in {one.key for one in first}
    assert made.numbers["mean.mean"] == 2 * 44.5
    assert (out / made.files[0].path).read_text() == "89.0"


def test_rows_of_series_that_are_gone_stay_and_are_not_counted(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 3), tmp_path / "out"
    run(archive, out)
    shutil.rmtree(archive / "patient002")
    assert run(archive, out) == []
    status = viewer3d.archive.status(out)
    assert (status.counts, status.gone) == ({"done": 2}, 1)
    assert len(digests(out)) == 3


def test_bad_items_are_told_passed_over_and_retried_when_asked(tmp_path: Path) -> None:
    write_series(tmp_path / "in" / "Doe_Jane" / "even", 1, 4)
    write_series(tmp_path / "in" / "Doe_Jane" / "odd", 2, 3)
    out, job = tmp_path / "out", "tests.archive.own_jobs:refuse"
    made = {one.status: one for one in run(tmp_path / "in", out, job)}
    assert made["bad"].why == "ValueError: an odd number of slices"
    assert made["done"].why == ""
    assert run(tmp_path / "in", out, job) == []
    assert [one.key for one in run(tmp_path / "in", out, job, retry=["bad"])] == [made["bad"].key]
    assert run(tmp_path / "in", out, job, retry="lost") == []


def test_what_other_jobs_made_stays_where_one_fails(tmp_path: Path) -> None:
    write_series(tmp_path / "in", 2, 3)
    out, jobs = tmp_path / "out", ["tests.archive.own_jobs:refuse", MEAN]
    (made,) = run(tmp_path / "in", out, jobs)
    assert (made.status, made.why) == ("bad", "refuse: ValueError: an odd number of slices")
    assert [one.job for one in made.files] == [MEAN]
    assert made.numbers["mean.slices"] == 3
    assert rows(out, "SELECT name FROM numbers WHERE name = 'mean.mean'") == [("mean.mean",)]
    assert run(tmp_path / "in", out, jobs) == []


def test_the_reason_names_files_and_no_folder(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "in" / "Doe_Jane" / "series", 1)
    paths[1].write_bytes(paths[1].read_bytes()[:-50])
    (made,) = run(tmp_path / "in", tmp_path / "out")
    assert made.status == "bad"
    assert made.why.startswith("IM0001.dcm: truncated")
    assert "Doe" not in made.why


def test_a_series_of_which_no_file_can_be_read_is_an_item(tmp_path: Path) -> None:
    write_series(tmp_path / "in", 1, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    (made,) = run(tmp_path / "in", tmp_path / "out")
    assert made.status == "bad"
    assert "none of its 3 files can be read (colour (RGB)" in made.why


def test_too_large_is_known_by_the_headers_and_tried_with_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, out = write_archive(tmp_path / "in", 2), tmp_path / "out"
    monkeypatch.setattr("viewer3d.archive.item.Item.load", None)  # nothing is loaded
    made = run(archive, out, max_memory="100M")
    assert [one.status for one in made] == ["too large"] * 2
    assert "needs about 235 MiB, more than the 100 MiB that a worker may have" in made[0].why
    assert run(archive, out, max_memory="90M") == []
    monkeypatch.undo()
    assert [one.status for one in run(archive, out, max_memory="300M")] == ["done"] * 2


def test_limit_and_dry_run(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 5), tmp_path / "out"
    assert [one.status for one in run(archive, out, dry_run=True)] == ["pending"] * 5
    assert not out.exists()
    assert len(run(archive, out, limit=2)) == 2
    assert viewer3d.archive.status(out).counts == {"done": 2, "pending": 3}
    before = (out / "manifest.sqlite").read_bytes()
    assert len(run(archive, out, dry_run=True)) == 3
    assert (out / "manifest.sqlite").read_bytes() == before
    assert len(run(archive, out)) == 3


def test_progress_counts_folders_and_items(tmp_path: Path) -> None:
    archive, told = write_archive(tmp_path / "in", 3), list[tuple[str, int, int]]()
    run(archive, tmp_path / "out", progress=lambda *one: told.append(one))
    assert told[-1] == ("items", 3, 3)
    assert [one for one in told if one[0] == "folders"][-1] == ("folders", 7, 0)
    told.clear()
    run(archive, tmp_path / "out", progress=lambda *one: told.append(one))
    assert told[-1] == ("items", 3, 3)


def test_a_full_disk_stops_the_run_which_goes_on_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, out, full = write_archive(tmp_path / "in", 3), tmp_path / "out", tmp_path / "full"
    monkeypatch.setenv("VIEWER3D_TEST_FULL", str(full))
    made = []
    with pytest.raises(OutputError, match=r"No space left on device.*Nothing that is done is lost: run it again"):  # noqa: PT012
        for one in viewer3d.archive.run(archive, "tests.archive.own_jobs:full_disk", out, workers=0):
            made.append(one.key)
            full.touch()
    assert len(made) == 1
    assert rows(out, "SELECT status FROM items WHERE status != 'pending'") == [("done",)]
    full.unlink()
    assert len(run(archive, out, "tests.archive.own_jobs:full_disk")) == 2


def test_an_output_folder_that_goes_stops_the_run(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 3), tmp_path / "out"
    going = viewer3d.archive.run(archive, MEAN, out, workers=0)
    next(going)
    shutil.rmtree(out)
    with pytest.raises(OutputError, match=r"out/..: cannot be written \(no such file or directory\).*it goes on"):
        list(going)
    assert not out.exists()
    assert len(run(archive, out)) == 3


def test_half_written_files_of_killed_workers_go(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "in", 1), tmp_path / "out"
    (made,) = run(archive, out)
    folder = (out / made.files[0].path).parent
    name = next(iter(_name_of_part(folder)))
    host, _, _ = name.removesuffix(".part").rpartition("-")
    part = folder / f"{host.rpartition('-')[0]}-{2**22 + 5}-0badcafe.part"  # a number that no process has
    old = folder / ".viewer3d-another.host-17-0badcafe.part"
    young = folder / ".viewer3d-another.host-18-0badcafe.part"
    for path in (part, old, young):
        path.touch()
    os.utime(old, (0, 0))
    run(archive, out)
    assert leftovers(out) == [young.name]


def _name_of_part(folder: Path) -> list[str]:
    names: list[str] = []
    write_whole(folder / "a.txt", lambda file: names.append(Path(file.name).name))
    (folder / "a.txt").unlink()
    return names


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"jobs": "thumbnial"}, "'thumbnial': no job: give some of thumbnail, mpr"),
        ({"jobs": ()}, "jobs none: give one or several"),
        ({"jobs": (MEAN, MEAN)}, "give one or several, each once"),
        ({"jobs": "tests.archive.no:mean"}, "there is no module"),
        ({"retry": "done"}, "retry done: give some of bad, lost, too large"),
        ({"limit": 0}, "limit 0: give a number of items, 1 or more"),
        ({"overlay": "all"}, "overlay 'all': give none or auto"),
        ({"places": ()}, "no place is given"),
        ({"scheduler": "tcp://host"}, "give one of them"),
    ],
)
def test_options_that_mean_nothing_are_refused_at_once(tmp_path: Path, how: dict[str, object], words: str) -> None:
    write_series(tmp_path / "in", 1)
    arguments = {"places": tmp_path / "in", "jobs": MEAN, "out": tmp_path / "out", "workers": 0} | how
    with pytest.raises(ArchiveError, match=words):
        viewer3d.archive.run(**arguments)
    assert not (tmp_path / "out").exists()


def test_the_output_may_lie_in_the_archive_but_not_be_it(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "in", 1)
    out = archive / "out"
    assert len(run(archive, out)) == 1
    viewer3d.save(viewer3d.load(archive / "patient001"), out / "a.nii.gz")
    assert run(archive, out) == []
    with pytest.raises(ArchiveError, match="is searched itself"):
        run(archive, archive)
