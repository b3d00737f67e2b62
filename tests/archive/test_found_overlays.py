"""What lies over volumes is found in the manifest of a run, and followed when it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

import viewer3d
from tests.archive.small_archives import rows, run
from viewer3d import phantom
from viewer3d.archive import found_overlays


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A patient of whom all is in folders of its own."""
    place = tmp_path / "archive"
    phantom.write(place / "a ct", shape=(24, 20, 16))
    phantom.write_pet(place / "b pet", shape=(12, 10, 8))
    (place / "c more").mkdir()
    phantom.write_structures(place / "c more" / "rs.dcm", viewer3d.load(place / "a ct").geometry)
    return place


def named(out: Path) -> dict[str, str]:
    """What lies over each volume, by its modality."""
    return dict(rows(out, "SELECT modality, value FROM items JOIN numbers USING (key) WHERE name = 'overlay.names'"))


def test_all_jobs_know_what_lies_over_a_volume(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    outcomes = run(archive, out, ["thumbnail", "statistics", "info"], overlay="auto")
    assert [one.status for one in outcomes] == ["done", "done"]
    assert named(out) == {"CT": "PET, structures", "PT": "structures"}
    sql = "SELECT value FROM numbers JOIN items USING (key) WHERE name = 'statistics.Bladder.mean' AND modality = 'CT'"
    ((bladder,),) = rows(out, sql)
    assert -20 < bladder < 60
    picture = next(out.glob("*/*-thumbnail.png"))
    assert viewer3d.replay(picture, archive).verdict == "identical"


def test_without_the_option_nothing_lies_over_it(archive: Path, tmp_path: Path) -> None:
    run(archive, tmp_path / "out", "statistics")
    assert named(tmp_path / "out") == {}
    assert rows(tmp_path / "out", "SELECT * FROM numbers WHERE name LIKE 'statistics.%.%'") == []


def test_headers_that_are_not_kept_are_read_again(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viewer3d.archive.folders.MOST_KEPT", 0)
    run(archive, tmp_path / "out", "thumbnail", overlay="auto")
    assert named(tmp_path / "out") == {"CT": "PET, structures", "PT": "structures"}


def test_a_second_run_reads_no_header(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(archive, tmp_path / "out", "thumbnail", overlay="auto")

    def refuse(*_: object) -> None:
        raise AssertionError("a header is read")

    monkeypatch.setattr(found_overlays, "read_frames", refuse)
    monkeypatch.setattr("viewer3d.archive.items.read_frames", refuse)
    assert run(archive, tmp_path / "out", "thumbnail", overlay="auto") == []


def test_what_comes_to_lie_over_a_volume_is_drawn_by_the_next_run(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    structures = archive / "c more" / "rs.dcm"
    content = structures.read_bytes()
    structures.unlink()
    run(archive, out, "thumbnail", overlay="auto")
    assert named(out) == {"CT": "PET", "PT": ""}
    structures.write_bytes(content)
    assert len(run(archive, out, "thumbnail", overlay="auto")) == 2
    assert named(out) == {"CT": "PET, structures", "PT": "structures"}
    phantom.write_dose(archive / "c more" / "dose.dcm", shape=(8, 8, 8), spacing=(15, 15, 15))
    outcomes = run(archive, out, "thumbnail", overlay="auto")
    assert len(outcomes) == 2  # the CT, over which it lies, and the dose itself; over the PET all is as it was
    assert named(out) == {"CT": "PET, dose, structures", "PT": "structures", "RTDOSE": "structures"}


def test_one_that_cannot_be_read_is_noted_and_the_volume_done(archive: Path, tmp_path: Path) -> None:
    pet = sorted((archive / "b pet").iterdir())[3]
    pet.write_bytes(pet.read_bytes()[:-60])
    outcomes = run(archive, tmp_path / "out", "thumbnail", overlay="auto")
    assert sorted(one.status for one in outcomes) == ["bad", "done"]
    assert named(tmp_path / "out") == {"CT": "structures"}
    (note,) = rows(tmp_path / "out", "SELECT value FROM numbers WHERE name = 'overlay.notes'")
    assert note[0].startswith("series 4 PT Synthetic torso, FDG is not laid over it: ")
    assert str(archive) not in note[0]
