"""The palette's state: typed in, moved in, scrolled; and where it lies in pictures of any size."""

from __future__ import annotations

import pytest

from viewer3d.app.input.binding import Action
from viewer3d.app.palette.entries import Entry
from viewer3d.app.palette.marks import (
    EMPTY_HINT,
    NOTHING_FOUND,
    is_over_palette,
    palette_entry_at,
    palette_layout,
    palette_marks,
)
from viewer3d.app.palette.palette import LONGEST_TEXT, Palette, new_palette, with_key, with_palette_scrolled
from viewer3d.render.marks.display_list import Line, Text
from viewer3d.render.marks.typesetting import text_width

ENTRIES = tuple(Entry(f"command {n}", ("Page Down",), "Group", "does it", Action(command=str(n))) for n in range(30))
ROWS = 10
SIZES = [(700, 500), (1200, 900), (1920, 1080), (320, 240)]


def pressed(palette: Palette, *names: str) -> Palette:
    for name in names:
        palette = with_key(palette, name, name if len(name) == 1 else "", ROWS)
    return palette


def test_arrows_pages_and_ends_move_the_selection_which_stays_in_sight():
    one = Palette(ENTRIES)
    assert pressed(one, "Up").selected == 0
    assert (pressed(one, "Down", "Down").selected, pressed(one, "Down", "Down").first) == (2, 0)
    assert (pressed(one, "Next").selected, pressed(one, "Next").first) == (10, 1)
    last = pressed(one, "End")
    assert (last.selected, last.first) == (29, 20)
    assert (pressed(last, "Prior").selected, pressed(last, "Prior").first) == (19, 19)
    assert pressed(last, "Home") == one
    assert pressed(last, "Down") == last


def test_typing_begins_again_at_the_best():
    one = pressed(Palette(ENTRIES), "Down", "Down", "1", "7")
    assert (one.text, one.selected, [entry.title for entry in one.found]) == ("17", 0, ["command 17"])
    assert pressed(one, "BackSpace").text == "1"
    assert pressed(one, "ctrl+u") == Palette(ENTRIES)
    assert pressed(one, "F5", "ctrl+z") == one
    none = pressed(one, "x")
    assert (none.found, none.chosen) == ((), None)
    assert pressed(none, "Down", "End", "Next").selected == 0
    assert len(pressed(one, *"y" * 100).text) == LONGEST_TEXT


def test_the_wheel_scrolls_and_takes_the_selection_along():
    one = with_palette_scrolled(Palette(ENTRIES), 3, ROWS)
    assert (one.first, one.selected) == (3, 3)
    assert with_palette_scrolled(one, 1000, ROWS).first == 20
    assert (with_palette_scrolled(one, -1000, ROWS).first, with_palette_scrolled(one, -1000, ROWS).selected) == (0, 3)


def test_what_was_chosen_last_stands_first():
    assert [one.title for one in new_palette(ENTRIES, ("command 7", "gone", "command 3")).found[:3]] == [
        "command 7", "command 3", "command 0",
    ]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_it_lies_in_the_picture_and_its_rows_are_where_they_are_drawn(size):
    palette, place = pressed(Palette(ENTRIES), "Next"), palette_layout(size)
    marks = palette_marks(palette, size)
    assert place.top + place.height(len(ENTRIES)) < size[1] > 0
    for mark in marks:
        if isinstance(mark, Text):
            wide = text_width(mark.text, mark.size)
            left = mark.x - (wide if mark.align == "right" else 0)
            assert place.left <= left
            assert left + wide <= place.left + place.width
            assert place.top <= mark.y <= place.top + place.height(len(ENTRIES))
    for mark in marks:
        if isinstance(mark, Text) and mark.text.startswith("command "):
            number = palette_entry_at(palette, size, mark.x + 2, mark.y)
            assert number is not None
            assert palette.found[number].title == mark.text
    assert all(mark.width > 0 for mark in marks if isinstance(mark, Line))
    assert is_over_palette(palette, size, place.left + 1, place.top + 1)
    assert not is_over_palette(palette, size, place.left - 1, place.top + 1)
    assert palette_entry_at(palette, size, place.left + 5, place.top + 2) is None


def test_text_is_read_well_and_what_it_finds_is_told():
    assert [palette_layout(size).text for size in SIZES[:3]] == [12, 16, 16]
    said = {mark.text for mark in palette_marks(Palette(ENTRIES), (700, 500)) if isinstance(mark, Text)}
    assert {EMPTY_HINT, "1 of 30", "Group: does it", "Page Down"} <= said
    said = {mark.text for mark in palette_marks(Palette(ENTRIES, "zzz"), (700, 500)) if isinstance(mark, Text)}
    assert NOTHING_FOUND in said


def test_a_tiny_picture_is_drawn_too():
    assert palette_marks(Palette(ENTRIES), (16, 16))
