"""Items: what a worker is sent, and what lies over a volume in its archive."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

import viewer3d
from tests.archive.small_archives import rows, run, write_series
from viewer3d import phantom
from viewer3d.archive.folders import search
from viewer3d.archive.item import Item
from viewer3d.archive.items import find_items
from viewer3d.archive.manifest import open_manifest
from viewer3d.archive.plan import AnyOverlay, Plan


def items_in(archive: Path, out: Path, overlay: AnyOverlay = "none", *, kept: bool = True) -> list[Item]:
    """All items of an archive, as workers are sent them."""
    plan = Plan(("info",), out, overlay)
    with open_manifest(out, plan) as manifest:
        headers = search(manifest, [str(archive)])
        found = find_items(manifest, plan, headers if kept else {}, lambda _: True, lambda _: None)
        return [pickle.loads(pickle.dumps(item)) for item in found]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A CT with a structure set and a dose, each in a folder of its own."""
    place = tmp_path / "study"
    phantom.write(place / "a" / "ct", shape=(24, 20, 16))
    (place / "b").mkdir()
    phantom.write_structures(place / "b" / "rs.dcm", viewer3d.load(place / "a").geometry)
    phantom.write_dose(place / "b" / "dose.dcm", shape=(8, 8, 8), spacing=(15, 15, 15))
    return place


@pytest.mark.parametrize("kept", [True, False])
def test_what_lies_over_a_volume_in_another_folder_is_sent_with_it(study: Path, tmp_path: Path, kept: bool) -> None:
    found = {item.series.modality: item for item in items_in(study, tmp_path / "out", "auto", kept=kept) if item.series}
    assert [one.title.split(" ")[2] for one in found["CT"].overlays] == ["RTDOSE", "RTSTRUCT"]
    assert [one.title.split(" ")[2] for one in found["RTDOSE"].overlays] == ["RTSTRUCT"]
    assert all(not item.overlays for item in items_in(study, tmp_path / "other"))


def test_what_comes_to_lie_over_a_volume_or_changes_makes_it_anew(study: Path, tmp_path: Path) -> None:
    out, structures = tmp_path / "out", study / "b" / "rs.dcm"
    content = structures.read_bytes()
    structures.unlink()
    write_series(study / "c", 1)  # elsewhere: nothing lies over it
    assert len(run(study, out, "info", overlay="auto")) == 3
    assert run(study, out, "info", overlay="auto") == []
    structures.write_bytes(content)
    made = run(study, out, "info", overlay="auto")
    assert len(made) == 2
    assert {one.numbers["overlay.names"] for one in made} == {"dose, structures", "structures"}
    os.utime(structures, (1e9, 1e9))
    assert {one.key for one in run(study, out, "info", overlay="auto")} == {one.key for one in made}
    assert run(study, out, "info", overlay="auto") == []
    assert rows(out, "SELECT COUNT(*), SUM(status = 'done') FROM items") == [(3, 3)]


def test_the_volume_of_an_item_is_that_of_load(tmp_path: Path, real: object) -> None:
    folder = real("mr_4d_ge")  # type: ignore[operator]
    (series,) = viewer3d.scan(folder)
    items = items_in(folder, tmp_path / "out")
    assert len(items) == len(series.stacks) > 1
    plan = Plan(("info",), tmp_path)
    for number, item in enumerate(items, 1):
        volume, wanted = item.load(plan), viewer3d.load(folder, stack=number)
        assert volume.info == wanted.info
        assert (volume.voxels == wanted.voxels).all()


def test_an_item_of_many_volumes_is_small(tmp_path: Path) -> None:
    for time in range(12):
        where, said = tmp_path / "in" / f"{time:03}", f"12{time:02}00"
        write_series(where, 1, slices=5, first=5 * time, TemporalPositionIdentifier=time + 1, AcquisitionTime=said)
    items = items_in(tmp_path / "in", tmp_path / "out")
    (whole,) = viewer3d.scan(tmp_path / "in")
    assert len(items) == len(whole.stacks) == 12
    assert max(len(pickle.dumps(item)) for item in items) < len(pickle.dumps(whole)) / 2
    volume, wanted = items[-1].load(Plan(("info",), tmp_path)), viewer3d.load(tmp_path / "in", stack=12)
    assert volume.info == wanted.info
    assert volume.info.seconds == 11 * 60


def test_volumes_of_a_file_that_is_not_dicom_are_items(tmp_path: Path) -> None:
    write_series(tmp_path / "a", 1)
    volume = viewer3d.load(tmp_path / "a")
    (tmp_path / "in").mkdir()
    viewer3d.save([volume, volume], tmp_path / "in" / "two.nii.gz")
    first, second = items_in(tmp_path / "in", tmp_path / "out")
    assert (first.stack, second.stack, first.frames) == (1, 2, 3)
    assert first.key != second.key
    plan = Plan(("info",), tmp_path)
    assert (second.load(plan).voxels == volume.voxels).all()
    moved = (tmp_path / "in").rename(tmp_path / "elsewhere")
    assert [item.key for item in items_in(moved, tmp_path / "other")] == [first.key, second.key]


def test_a_volume_that_memory_does_not_suffice_for_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_series(tmp_path / "a", 1)
    (tmp_path / "in").mkdir()
    viewer3d.save(viewer3d.load(tmp_path / "a"), tmp_path / "in" / "one.nii.gz")

    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("viewer3d.formats.grid_header.load_volumes", full)
    (made,) = run(tmp_path / "in", tmp_path / "out")
    assert (made.status, made.why) == (
        "too large",
        "one.nii.gz: there is not enough memory for it; close other programs, or load fewer slices",
    )


def test_a_file_that_goes_before_it_is_an_item_is_named(tmp_path: Path) -> None:
    write_series(tmp_path / "a", 1)
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "one.nii.gz"
    viewer3d.save(viewer3d.load(tmp_path / "a"), path)

    def progress(stage: str, *_: int) -> None:
        if stage == "folders":
            path.unlink()

    (made,) = viewer3d.archive.run(tmp_path / "in", "info", tmp_path / "out", workers=0, progress=progress)
    assert made.status == "bad"
    assert made.why.startswith("one.nii.gz: none of its 1 files can be read (")
