"""What was rendered for a pane of another size is drawn as large as a camera shows it in this one."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d import Volume
from viewer3d.render.marks.display_list import EMPTY
from viewer3d.render.panes3d.volume_pane import VolumePane


@pytest.mark.parametrize(
    ("size", "share"),
    [((240, 120), 2.0), ((60, 200), 1.0), ((60, 30), 0.5), ((120, 60), 1.0), ((300, 90), 1.5)],
)
def test_a_square_stays_in_the_middle_and_grows_with_the_shorter_side(size, share):
    rgba = np.zeros((60, 120, 4), np.uint8)
    rgba[20:40, 50:70] = 200, 100, 50, 255
    pixels = np.empty((size[1], size[0], 3), np.uint8)
    pixels[...] = EMPTY
    pane = VolumePane(Volume.from_array(np.zeros((2, 2, 2), np.int16), np.eye(4)))
    pane.draw_fitted(pixels, rgba, EMPTY)
    rows, columns = np.nonzero(np.abs(pixels.astype(int) - (200, 100, 50)).max(-1) < 60)
    width, height = size
    assert (rows.min() + rows.max()) / 2 == pytest.approx((height - 1) / 2, abs=1)
    assert (columns.min() + columns.max()) / 2 == pytest.approx((width - 1) / 2, abs=1)
    assert np.ptp(rows) + 1 == pytest.approx(20 * share, abs=2)
    assert np.ptp(columns) + 1 == pytest.approx(20 * share, abs=2)
    assert (pixels[0, 0] == EMPTY).all()
