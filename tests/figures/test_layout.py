from __future__ import annotations

import pytest

from viewer3d.errors import ViewError
from viewer3d.figures.layout import LABEL_MARGIN, best_columns, lay_out_page
from viewer3d.figures.style import Style


@pytest.mark.parametrize("options", [{}, {"width": 85}, {"size": (900, 500)}, {"size": (301, 997)}])
@pytest.mark.parametrize("strip", [False, True])
def test_panes_fill_the_page_apart_by_gaps(options, strip):
    grid = lay_out_page([200, 100], [150, 120, 90], Style(**options), strip=strip)
    assert len(grid.cells) == 3
    assert {len(row) for row in grid.cells} == {2}
    first, last = grid.panes[0], grid.panes[-1]
    assert (first.left, first.top) == (0, 0)
    assert last.left + last.width == grid.strip.left
    assert grid.strip.left + grid.strip.width == grid.size[0]
    assert last.top + last.height == grid.size[1]
    assert (grid.strip.width > 0) == strip
    gap = grid.cells[0][1].left - first.width
    assert gap == grid.cells[1][0].top - first.height >= 1


def test_what_is_to_be_seen_fits_with_its_margin():
    grid = lay_out_page([200, 100], [150, 120], Style(size=(900, 500)))
    for row, high in zip(grid.cells, (150, 120), strict=True):
        for rect, wide in zip(row, (200, 100), strict=True):
            assert rect.width - wide / grid.mm_per_pixel >= 2 * LABEL_MARGIN * grid.text - 2
            assert rect.height - high / grid.mm_per_pixel >= 2 * LABEL_MARGIN * grid.text - 2


def test_without_a_size_the_page_is_as_high_as_needed():
    grid = lay_out_page([200, 100], [150], Style(width=100))
    rect = grid.panes[0]
    assert abs(rect.height - 150 / grid.mm_per_pixel - 2 * LABEL_MARGIN * grid.text) <= 2
    assert abs(rect.width - 200 / grid.mm_per_pixel - 2 * LABEL_MARGIN * grid.text) <= 2


def test_two_sizes_look_alike():
    small, large = (lay_out_page([200, 100], [150], Style(size=size)) for size in ((800, 400), (2400, 1200)))
    assert abs(large.text - 3 * small.text) <= 2
    assert abs(large.mm_per_pixel * 3 / small.mm_per_pixel - 1) < 0.01


def test_too_many_panes_for_the_pixels():
    with pytest.raises(ViewError, match="too small for 20 x 1 panes"):
        lay_out_page([10] * 20, [10], Style(size=(100, 100)))
    with pytest.raises(ViewError, match="picture size"):
        lay_out_page([10], [1000], Style())


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (3, 3), (6, 3), (12, 4), (20, 5), (21, 7)])
def test_columns_leave_few_panes_blank(count, columns):
    assert best_columns(count, (100, 100), Style()) == columns


def test_columns_follow_the_page():
    assert best_columns(4, (100, 100), Style(size=(1000, 260))) == 4
    assert best_columns(4, (100, 100), Style(size=(260, 1000))) == 1
