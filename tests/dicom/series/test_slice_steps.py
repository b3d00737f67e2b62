"""Positions along the normal: which are one position, and which follow each other at even steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.dicom.small import firsts, image, save
from viewer3d.dicom.series.slice_steps import distinct, is_even


def test_positions_are_one_within_a_hundredth_of_a_millimetre() -> None:
    along = np.array([0.3, 0.0, 0.005, 0.02, 0.6])
    assert distinct(along).tolist() == [0.0, 0.02, 0.3, 0.6]


@pytest.mark.parametrize("step", [0.02, 0.1, 0.4])
def test_fine_slices_are_each_a_slice(step: float, tmp_path: Path) -> None:
    """Cone-beam and micro CT have slices of 0.02 to 0.4 mm."""
    volume = viewer3d.load(save(tmp_path, [image(10 * k, (0, 0, step * k)) for k in range(6)]))
    assert firsts(volume) == [0, 10, 20, 30, 40, 50]
    assert volume.spacing[2] == pytest.approx(step)


def test_copies_whose_positions_are_rounded_are_at_one_position(tmp_path: Path) -> None:
    images = [image(10 * k, (0, 0, 3 * k)) for k in range(4)]
    rounded = [image(10 * k, (0, 0, 3 * k + 0.004), SOPInstanceUID=f"1.9.{k}") for k in range(4)]
    volume = viewer3d.load(save(tmp_path, [*images, *rounded]))
    assert firsts(volume) == [0, 10, 20, 30]
    assert any(note.startswith("4 images are the same picture at the same position") for note in volume.notes)


@pytest.mark.parametrize(
    ("gaps", "even"),
    [
        ([3, 3, 3, 3], True),
        ([3, 3.05, 3, 3], True),  # 1.7 % off, of 2 % that two positions may be off together
        ([3, 3.1, 3, 3], False),
        ([3, 3.4, 3, 3], False),
        ([3, 6.1, 3, 3], True),  # one is missing, and a gap of two steps may be off by twice as much
        ([3, 6.2, 3, 3], False),
        ([3, 15, 3], False),  # more are missing than there
    ],
)
def test_even_gaps_are_whole_multiples_of_the_finest_within_two_percent(gaps: list[float], *, even: bool) -> None:
    assert is_even(np.array(gaps, np.float64)) == even
