"""Recipes made before series were parted as they are now still find what they were made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import viewer3d
from tests.dicom import made
from tests.dicom.small import image, save, turned
from viewer3d.core.digest import digest_of_text
from viewer3d.dicom.series.identity import series_digest, stacks_of_digest
from viewer3d.dicom.series.old_labels import old_labels

Real = Callable[[str], Path]


def test_all_that_loaded_before_is_called_as_before(real: Real) -> None:
    """Of every real series: the digest of then finds the stack, and it is the digest of now."""
    count = 0
    for folder in sorted(real(".").iterdir()):
        if not folder.is_dir() or folder.name in ("LICENSES", "single", "mr_mosaic"):
            continue
        for series in viewer3d.scan(folder):
            before = {digest_of_text(series.uid, label) for label, _ in old_labels(series.frames)}
            for stack in series.volumes:
                digest = series_digest(series, stack)
                assert digest in before
                assert stacks_of_digest(series, digest) == [stack]
                count += 1
    assert count > 15


@pytest.fixture
def head(tmp_path: Path) -> Path:
    """Two Image Types, which were two volumes and are one."""
    types = (["AXIAL"], ["AXIAL", "ADD"])
    images = [
        image(100 * half + 10 * k, (0, 0, 15 * half + 3 * k), ImageType=["ORIGINAL", "PRIMARY", *types[half]])
        for half in (0, 1)
        for k in range(5)
    ]
    return save(tmp_path / "head", images)


def test_what_was_two_kinds_is_found_in_what_is_one(head: Path) -> None:
    (series,) = viewer3d.scan(head)
    assert [label for label, _ in old_labels(series.frames)] == ["AXIAL", "AXIAL ADD"]
    for name in ("AXIAL", "AXIAL ADD"):
        assert stacks_of_digest(series, digest_of_text(series.uid, name)) == [series.stacks[0]]
    assert stacks_of_digest(series, digest_of_text(series.uid, "MPR")) == []
    assert stacks_of_digest(series, digest_of_text("1.2", "AXIAL")) == []


def recipe_of_before(volume: viewer3d.Volume, uid: str, label: str, path: Path) -> Path:
    """A picture whose recipe calls its series by a label of then."""
    from dataclasses import replace

    assert volume.provenance is not None
    named = replace(volume.provenance, series=digest_of_text(uid, label))
    viewer3d.screenshot(volume.with_info(provenance=named), path, view="axial", size=(120, 100))
    return path


def test_a_picture_of_a_stack_that_was_renamed_is_made_again(tmp_path: Path) -> None:
    """Two planes of one name were told apart by number alone; each now has an angle."""
    images = [
        image(
            1000 * n + 10 * k,
            (0, 0, 3 * k - 80 * n),
            ImageOrientationPatient=turned(degrees),
            SOPInstanceUID=f"1.{n}.{k}",
        )
        for n, degrees in enumerate((0, 9, 16))
        for k in range(4)
    ]
    folder = save(tmp_path / "discs", images)
    (series,) = viewer3d.scan(folder)
    assert [label for label, _ in old_labels(series.frames)] == ["axial", "axial", "axial oblique"]
    for number, label in enumerate(("axial", "axial", "axial oblique"), 1):
        volume = viewer3d.load(folder, stack=number)
        picture = recipe_of_before(volume, series.uid, label, tmp_path / f"{number}.png")
        assert viewer3d.replay(picture, folder).verdict == "identical"


def test_a_picture_of_a_part_of_what_is_one_now_is_other_data(head: Path, tmp_path: Path) -> None:
    volume = viewer3d.load(sorted(head.iterdir())[:5])
    picture = recipe_of_before(volume, "1.2.2", "AXIAL", tmp_path / "a.png")
    made = viewer3d.replay(picture, head)
    assert made.verdict == "other data"
    assert "voxels" in made.reason


def test_studies_were_series_of_their_own(tmp_path: Path) -> None:
    images = [image(10 * k, (0, 0, 3 * k), StudyInstanceUID=f"1.2.7.{k % 2}") for k in range(6)]
    (series,) = viewer3d.scan(save(tmp_path, images))
    assert [len(frames) for _, frames in old_labels(series.frames)] == [3, 3]
    assert stacks_of_digest(series, digest_of_text(series.uid, "")) == [series.stacks[0]]


def test_what_is_told_apart_otherwise_now_is_found_by_what_told_it_then() -> None:
    """Flip angles were not read: acquisitions told them; times of frames are under their own name now."""
    each = [{"FlipAngle": angle, "AcquisitionNumber": number} for angle, number in ((2.0, 7), (15.0, 8))]
    (found,) = viewer3d.scan(made.series(each))
    assert [stack.label for stack in found.stacks] == ["flip-angle 2", "flip-angle 15"]
    for number, stack in zip((7, 8), found.stacks, strict=True):
        assert stacks_of_digest(found, digest_of_text(found.uid, f"acquisition {number}")) == [stack]
    groups = [
        made.group(k, content=[("FrameAcquisitionDateTime", f"2024010100000{time}"), ("TemporalPositionIndex", time)])
        for time in (1, 2)
        for k in range(3)
    ]
    (enhanced,) = viewer3d.scan([made.enhanced(groups, range(6))])
    assert [label for label, _ in old_labels(enhanced.frames)] == ["time 0", "time 1"]
    timed = [made.group(k, content=[("FrameAcquisitionDateTime", f"2024010{d}")]) for d in (1, 2) for k in range(3)]
    (enhanced,) = viewer3d.scan([made.enhanced(timed, range(6))])
    assert [label for label, _ in old_labels(enhanced.frames)] == ["time 0", "time 1"]
    assert [stack.label for stack in enhanced.stacks] == ["time 0", "time 1"]
