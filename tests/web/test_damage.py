"""What of a picture has changed."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.render.panes import Rect
from viewer3d.web.damage import BLOCK, ChangingPicture, blocks_in

SIZE = (107, 75)


@pytest.fixture
def random():
    return np.random.default_rng(3)


def test_blocks_that_change_are_exactly_those_whose_pixels_do(random):
    one = ChangingPicture(SIZE)
    for _ in range(60):
        before = one.pixels.copy()
        picture = random.integers(0, 2, (60, 80, 3)).astype(np.uint8)
        x, y = random.integers(0, 70), random.integers(0, 55)
        rect = Rect(int(x), int(y), int(random.integers(1, 40)), int(random.integers(1, 30)))
        left, serial = int(random.integers(0, 60)), one.serial
        if random.random() < 0.5:  # as it is already, but for one pixel
            part = before[rect.rows, left + rect.left : left + rect.left + rect.width]
            height, width = part[: 60 - rect.top].shape[:2]
            picture[rect.top : rect.top + height, rect.left : rect.left + width] = part[:height, : 80 - rect.left]
            picture[rect.top, rect.left, 1] ^= 1
        other = one.put(picture, [rect], left)
        expected = before.copy()
        part = picture[rect.rows, rect.columns][: SIZE[1] - rect.top, : max(SIZE[0] - left - rect.left, 0)]
        expected[rect.top : rect.top + part.shape[0], left + rect.left :][:, : part.shape[1]] = part
        np.testing.assert_array_equal(one.pixels, expected)
        changed = np.zeros(one.changed.shape, bool)
        rows, columns = np.nonzero((before != expected).any(axis=2))
        changed[rows // BLOCK, columns // BLOCK] = True
        np.testing.assert_array_equal(one.changed > serial, changed)
        assert other == changed.any() == (one.serial > serial)


def test_rectangles_hold_all_blocks_and_little_else(random):
    one = ChangingPicture((640, 480))
    for share in (0.002, 0.02, 0.4):
        blocks = random.random(one.changed.shape) < share
        rects = one.rects(blocks)
        held = blocks_in(blocks.shape, rects)
        assert (held >= blocks).all()
        assert sum(rect.width * rect.height for rect in rects) == held.sum() * BLOCK**2  # none lies over another
        assert all(rect.left + rect.width <= 640 and rect.top + rect.height <= 480 for rect in rects)
    blocks = np.zeros(one.changed.shape, bool)
    blocks[2:4], blocks[20:22, 30:34] = True, True
    assert one.rects(blocks) == [Rect(0, 32, 640, 32), Rect(480, 320, 64, 32)]


def test_last_blocks_end_with_the_picture():
    one = ChangingPicture(SIZE)
    assert one.rects(np.ones(one.changed.shape, bool)) == [Rect(0, 0, *SIZE)]
    assert one.pixels.shape == (75, 107, 3)


def test_in_another_size_all_has_changed():
    one = ChangingPicture(SIZE)
    serial = one.serial
    one.resize((30, 40))
    assert one.size == (30, 40)
    assert (one.changed > serial).all()
    assert not one.put(one.pixels.copy(), [Rect(0, 0, 30, 40)])
