"""Segmentations beside highdicom, which reads them by other code, and how long both take."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.benchmarks import segmentation as benchmark
from tests.benchmarks.runs import in_turn

pytestmark = pytest.mark.slow
highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed: pip install '.[bench]'")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return benchmark.make_file(tmp_path_factory.mktemp("seg") / "many.dcm")


def compare(path: Path) -> None:
    """All masks are the same, voxel by voxel at its place in the patient."""
    found = viewer3d.load_segmentation(path)
    theirs = highdicom.seg.segread(path).get_volume(combine_segments=False)
    to_ours = found.geometry.inverse @ theirs.affine  # of (slice, row, column)
    for turn, segment in enumerate(found.segments):
        held = np.argwhere(theirs.array[..., turn])
        index = held @ to_ours[:3, :3].T + to_ours[:3, 3]
        assert np.abs(index - np.rint(index)).max() < 1e-3
        mask = np.zeros(found.geometry.shape, bool)
        mask[tuple(np.rint(index).astype(int).T)] = True
        np.testing.assert_array_equal(found.mask(segment.number), mask)


@pytest.mark.parametrize("name", ["seg_liver", "seg_torso_acrin", "pet_seg"])
def test_real_masks_are_those_of_highdicom(name: str, real: Callable[[str], Path]) -> None:
    compare(next(real(name).glob("*.dcm")))


def test_masks_that_overlap_are_those_of_highdicom(many: Path) -> None:
    compare(many)


def test_reading_takes_at_most_a_fifth_of_highdicoms_cpu(many: Path) -> None:
    ways = {name: [sys.executable, benchmark.__file__, name, str(many)] for name in benchmark.WAYS}
    rows = in_turn(ways, 2)
    assert rows["viewer3d"].cpu <= 0.2 * rows["highdicom"].cpu
