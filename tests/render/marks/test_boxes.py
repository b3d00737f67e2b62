"""A mark takes the box that it is said to take."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.render.marks.boxes import PixelBox, mark_box
from viewer3d.render.marks.display_list import Area, Line, Path, Ramp, Text
from viewer3d.render.marks.raster import Rasterizer

WHITE = (255, 255, 255)


@pytest.mark.parametrize(
    "mark",
    [
        *(Text(450, 60, "PET 51.09 SUVbw, g/ml", size, WHITE, align, None)
          for size in (10, 13, 26) for align in ("left", "middle", "right")),
        Text(20, 60, "Σειρά Ñ 序", 20, WHITE, "left", None),
        Line(20, 30, 80, 30, 3, WHITE),
        Line(20, 30, 80, 70, 2, WHITE),
        Path(((20, 30), (80, 40), (50, 80)), closed=True, width=2, color=WHITE),
        Area(((20, 30), (80, 40), (50, 80)), WHITE),
        Ramp(20, 30, 9, 40, (WHITE,) * 4),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_drawn_lies_in_the_box_and_fills_it(mark):
    picture = np.zeros((120, 900, 3), np.uint8)
    Rasterizer().draw(picture, (mark,))
    rows, columns = np.nonzero(picture.max(-1) > 40)
    box = mark_box(mark)
    assert box.left - 1 <= columns.min() <= box.left + 3
    assert box.right - 4 <= columns.max() <= box.right + 1
    below = 0.3 * mark.size if isinstance(mark, Text) else 2  # not every letter reaches as high or as low
    assert box.top - below <= rows.min() <= box.top + below
    assert box.bottom - below <= rows.max() <= box.bottom + 1


def test_boxes_share_what_lies_in_both_and_are_moved_into_others():
    box = PixelBox(0, 0, 10, 4)
    assert box.common(PixelBox(8, 1, 20, 9)) == 6
    assert box.common(PixelBox(10, 0, 12, 4)) == 0
    assert box.within(PixelBox(3, -9, 40, 3)) == PixelBox(3, -1, 13, 3)
