"""The signs of notes: one corner, seen on black and white, and none where there is nothing to tell."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.graphics.srgb import to_linear
from viewer3d.core.notes.note import Note
from viewer3d.figures.contrast import legible_on
from viewer3d.render.marks.boxes import mark_box
from viewer3d.render.marks.display_list import PLANE_COLORS, Area, Text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.note_marks import MENDED, NO_NOTES, NOWHERE, PaneNotes, place_notes
from viewer3d.render.marks.raster import Rasterizer

TILTED = Note("The gantry was tilted.", "slices.tilted")
MISSING = Note("A slice is missing.", "slices.missing")
LOSSY = Note("The pixels were compressed with loss.", "values.lossy", ratio=10)
MENDED_ONCE, BOTH = PaneNotes((TILTED,)), PaneNotes((TILTED, MISSING), (LOSSY,))


def drawn(width, height, notes, others=(), grey=0):
    picture = np.full((height, width, 3), grey, np.uint8)
    Rasterizer().draw(picture, place_notes(MarkMetrics(width, height), notes, others).marks)
    return picture


def changed(picture, grey=0):
    rows, columns = np.nonzero((picture != grey).any(-1))
    return rows.min(), rows.max(), columns.min(), columns.max()


def luminance(color):
    return float(to_linear(np.array(color) / 255) @ (0.2126, 0.7152, 0.0722))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_nothing_to_tell_is_nothing_drawn():
    placed = place_notes(MarkMetrics(400, 300), NO_NOTES, ())
    assert (placed.marks, placed.box) == ((), NOWHERE)
    assert not placed.box.contains(0, 0)
    assert place_notes(MarkMetrics(400, 300), PaneNotes(written=(LOSSY,)), ()).marks == ()


@pytest.mark.parametrize(("width", "height"), [(1200, 900), (600, 450), (256, 256), (128, 128), (64, 64), (90, 700)])
@pytest.mark.parametrize("notes", [MENDED_ONCE, BOTH, PaneNotes((), (LOSSY,))])
def test_signs_stand_in_the_upper_left_corner_alone(width, height, notes):
    top, bottom, left, right = changed(drawn(width, height, notes))
    page = MarkMetrics(width, height)
    assert 0 < top < bottom <= page.pad + 2 * page.size
    assert 0 < left < right < (width / 2 if width > 80 else width)
    assert bottom < height / 3  # never over the middle
    box = place_notes(page, notes, ()).box
    assert box.contains(left, top)
    assert box.contains(right, bottom)


def test_signs_stand_after_the_title_and_below_where_there_is_no_room():
    page = MarkMetrics(600, 450)
    title = Text(page.pad, page.pad + page.cap, "Axial", page.size, PLANE_COLORS["axial"])
    after = place_notes(page, MENDED_ONCE, (title,)).box
    assert mark_box(title).right < after.left + 0.45 * page.size < mark_box(title).right + page.size
    assert after.common(mark_box(title)) == 0
    long = Text(page.pad, page.pad + page.cap, "A title that leaves no room in its half of the pane", page.size)
    below = place_notes(page, MENDED_ONCE, (long,)).box
    assert below.left < page.pad
    assert below.top > page.pad + page.cap


def test_what_is_pointed_at_and_the_other_corners_do_not_move_them():
    page = MarkMetrics(600, 450)
    alone = place_notes(page, MENDED_ONCE, ()).box
    row = page.pad + page.cap
    far = (
        Text(page.right, row, "H 12 mm", page.size, align="right"),
        Text(300, row, "A", page.size, align="middle"),
        Text(140, row, "Liver", page.size),
        Text(page.pad, page.bottom, "W 400", page.size),
    )
    assert place_notes(page, MENDED_ONCE, far).box == alone


def test_the_colour_is_seen_on_black_and_on_white():
    assert contrast(MENDED, (0, 0, 0)) >= 4.5
    assert contrast(MENDED, (255, 255, 255)) >= 2.9
    for grey in (0, 128, 255):
        picture = drawn(600, 450, MENDED_ONCE, grey=grey)
        assert (picture == MENDED).all(-1).sum() > 20, grey


def test_on_a_white_page_what_is_not_shown_is_dark():
    page = np.full((450, 600, 3), 255, np.uint8)
    marks = legible_on(page, place_notes(MarkMetrics(600, 450), BOTH, ()).marks)
    ring = [mark for mark in marks if isinstance(mark, Area)][-4:]
    assert [max(mark.color) < 110 for mark in ring] == [False, False, True, True]
    assert any(isinstance(mark, Area) and mark.color == MENDED for mark in marks)


def test_several_are_counted_and_one_is_not():
    def numbers(notes):
        return [mark.text for mark in place_notes(MarkMetrics(600, 450), notes, ()).marks if isinstance(mark, Text)]

    assert numbers(BOTH) == ["2"]
    assert numbers(MENDED_ONCE) == []
    assert numbers(PaneNotes((), (LOSSY, TILTED, MISSING))) == ["3"]


def test_the_two_signs_differ_without_their_colours():
    mended, lost = (drawn(600, 450, one).max(-1) for one in (MENDED_ONCE, PaneNotes((), (LOSSY,))))
    assert ((mended > 60) != (lost > 60)).sum() > 30


def test_notes_of_two_panes_are_joined_without_repeats():
    joined = MENDED_ONCE.joined(BOTH)
    assert joined.marked == (TILTED, MISSING)
    assert joined.missing == (LOSSY,)
