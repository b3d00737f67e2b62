"""The list of series: where rows and scroll bar are, and how it scrolls."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from viewer3d.app.window.panel import Panel, panel_text_size, panel_width
from viewer3d.app.window.series.series_list import (
    BAR_COLUMNS,
    footer_height,
    grab_of,
    is_on_footer,
    is_on_scroll_bar,
    last_first,
    list_ends,
    row_at,
    row_kind,
    row_tops,
    scroll_thumb,
    with_row_in_sight,
    with_scroll,
    with_selection_moved,
    with_thumb_at,
)

SIZE = (1200, 900)
MIXED = Panel(30, 5, 4, can_open=True, is_wanted=True)


def test_rows_follow_each_other_by_their_kinds():
    kinds = [row_kind(MIXED, row) for row in range(MIXED.listed)]
    assert kinds[29:31] == [("entry", 29), ("refused", 0)]
    assert kinds[34:36] == [("refused", 4), ("recent", 0)]
    tops, text = row_tops(MIXED, SIZE), panel_text_size(SIZE)
    heights = [round((after - before) / text, 1) for before, after in pairwise(tops)]
    assert heights == [5.5] * 30 + [5.8] + [3.6] * 4 + [5.8] + [3.6] * 3


@pytest.mark.parametrize("first", [0, 7, 31])
def test_every_row_is_found_where_it_is_drawn(first):
    panel, tops = replace(MIXED, first=first), row_tops(MIXED, SIZE)
    (top, bottom) = list_ends(panel, SIZE)
    for row in range(first, panel.listed):
        y = top + tops[row] - tops[first]
        assert row_at(panel, SIZE, y) == (row if y < bottom else None)
        assert row_at(panel, SIZE, y - 1) == (row - 1 if row > first and y - 1 < bottom else None)


def test_the_last_row_opens_and_is_no_row_of_the_list():
    high = footer_height(MIXED, SIZE)
    assert high > 20
    assert is_on_footer(MIXED, SIZE, 899)
    assert not is_on_footer(MIXED, SIZE, 899 - high)
    assert row_at(MIXED, SIZE, 899) is None
    assert footer_height(replace(MIXED, can_open=False), SIZE) == 0
    assert 3 * footer_height(MIXED, (40, 10)) <= 10
    assert Panel(can_open=True, is_wanted=True).is_shown


def test_scrolled_to_the_end_the_last_row_is_whole_and_no_more_than_needed_is_away():
    panel, tops = with_scroll(MIXED, SIZE, 10**6), row_tops(MIXED, SIZE)
    top, bottom = list_ends(panel, SIZE)
    assert panel.first == last_first(panel, SIZE)
    assert tops[-1] - tops[panel.first] <= bottom - top < tops[-1] - tops[panel.first - 1]
    assert with_scroll(panel, SIZE, -(10**6)).first == 0


def test_a_row_comes_into_sight_with_as_little_scrolling_as_it_needs():
    tops, (top, bottom) = row_tops(MIXED, SIZE), list_ends(MIXED, SIZE)
    for row in range(MIXED.listed):
        for first in (0, 10, 30):
            panel = with_row_in_sight(replace(MIXED, first=first), SIZE, row)
            assert panel.first <= row
            assert tops[row + 1] - tops[panel.first] <= bottom - top
            if first <= row and tops[row + 1] - tops[first] <= bottom - top:
                assert panel.first == first
    assert with_row_in_sight(MIXED, SIZE, -1) is MIXED
    assert with_selection_moved(MIXED, SIZE, 10**6).selected == MIXED.listed - 1


def test_the_scroll_bar_is_there_where_it_is_needed_and_wide_enough_to_hit():
    assert scroll_thumb(Panel(4), SIZE) is None
    assert not is_on_scroll_bar(Panel(4), SIZE, panel_width(SIZE) - 1, 50)
    assert BAR_COLUMNS >= 12
    assert is_on_scroll_bar(MIXED, SIZE, panel_width(SIZE) - BAR_COLUMNS, 50)
    assert not is_on_scroll_bar(MIXED, SIZE, panel_width(SIZE) - BAR_COLUMNS - 1, 50)
    first, last = scroll_thumb(MIXED, SIZE), scroll_thumb(with_scroll(MIXED, SIZE, 10**6), SIZE)
    top, bottom = list_ends(MIXED, SIZE)
    assert first.top == top
    assert last.top + last.height == pytest.approx(bottom)
    assert scroll_thumb(Panel(5000), SIZE).height >= 24


def test_a_thumb_that_is_dragged_is_where_the_hand_is_to_half_a_row():
    thumb = scroll_thumb(MIXED, SIZE)
    grab = grab_of(MIXED, SIZE, thumb.top + 10)
    assert grab == 10
    top, bottom = list_ends(MIXED, SIZE)
    room = bottom - top - thumb.height
    step = room * 5.5 * panel_text_size(SIZE) / row_tops(MIXED, SIZE)[last_first(MIXED, SIZE)]
    for y in range(int(thumb.top + 10), int(bottom - thumb.height), 7):
        moved = with_thumb_at(MIXED, SIZE, y, grab)
        assert abs(scroll_thumb(moved, SIZE).top - (y - grab)) <= step / 2 + 1
    assert with_thumb_at(MIXED, SIZE, 10**5, grab).first == last_first(MIXED, SIZE)
    assert with_thumb_at(MIXED, SIZE, -(10**5), grab).first == 0
    assert grab_of(MIXED, SIZE, bottom - 1) == thumb.height / 2


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (300, 40), (900, 20)])
def test_any_size(size):
    panel = with_scroll(with_selection_moved(MIXED, size, 20), size, -3)
    assert 0 <= panel.first < panel.listed
    scroll_thumb(panel, size)
    with_thumb_at(panel, size, 5, grab_of(panel, size, 5))
