"""Where the frames of a stack are: even within 1 % of the step, else resampled by their true positions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.dicom.small import firsts, image, save
from viewer3d.dicom.series.slice_layout import SliceLayout


def layout(heights: list[float]) -> SliceLayout:
    positions = np.array([(0.0, 0.0, z) for z in heights])
    return SliceLayout(*np.eye(3), (1.0, 1.0), positions)


@pytest.mark.parametrize(("off", "even"), [(0.0, True), (0.03, True), (0.039, True), (0.041, False), (0.3, False)])
def test_frames_are_even_within_one_percent_of_the_step(off: float, *, even: bool) -> None:
    measured = layout([0, 4, 8 + off, 12, 16])
    assert measured.residual == pytest.approx(off)
    assert measured.even == even
    assert measured.regular == even


def test_slices_that_stray_by_more_are_resampled_by_their_true_positions(tmp_path: Path) -> None:
    """The third slice is 0.2 mm (5 % of the step) too high: at 8 mm is what lies 3.8 mm above the second."""
    heights = (0, 4, 8.2, 12, 16)
    values = (0, 1000, 2000, 3000, 4000)
    images = [image(value, (0, 0, z)) for value, z in zip(values, heights, strict=True)]
    volume = viewer3d.load(save(tmp_path, images))
    true = np.interp([volume.affine[2, 3] + volume.spacing[2] * k for k in range(volume.shape[2])], heights, values)
    assert firsts(volume) == pytest.approx(true, abs=1)
    assert 2000 not in firsts(volume)
    assert any(note.startswith("Slices are uneven: gaps of 3.8 to 4.2 mm.") for note in volume.notes)


def test_slices_that_stray_by_less_stay_as_they_are_and_that_is_said(tmp_path: Path) -> None:
    heights = (0, 4, 8.03, 12, 16)
    volume = viewer3d.load(save(tmp_path, [image(10 * k, (0, 0, z)) for k, z in enumerate(heights)]))
    assert firsts(volume) == [0, 10, 20, 30, 40]
    assert volume.spacing[2] == 4
    assert "Positions stray from even steps by up to 0.030 mm and were taken as even." in volume.notes
