"""What is written of several layers: complete, each at its place, and nothing over anything else."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from tests.combinations import each_value
from tests.render.markers import marker_volume
from viewer3d.core.view.look import ImageLook
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import Slab, SlicePane, state_of_geometry
from viewer3d.core.window import Window
from viewer3d.render.marks.annotations import slice_marks
from viewer3d.render.marks.boxes import PixelBox, mark_box
from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, Line, Ramp, Text
from viewer3d.render.marks.layer_labels import MATRIX_NOTE, LayerLabel, Readout, most_important
from viewer3d.render.marks.layer_lines import SPLIT_OPACITY, placing_marks, window_marks
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.value_bar import layer_bars
from viewer3d.render.panes import pane_geometry

VOLUME = marker_volume(np.eye(3))
STATE = state_of_geometry(VOLUME.geometry, Window(40, 400))
CT = LayerLabel("CT", "HU", ImageLook(Window(40, 400)), is_muted=True)
PET = LayerLabel("PET", "SUVbw", ImageLook(Window(5, 10, "LINEAR_EXACT"), "hot-iron", value_bar=True), how="50 %")
DOSE = LayerLabel(
    "Dose of the second plan, with a long name",
    "relative",
    ImageLook(Window(0.5, 1, "LINEAR_EXACT"), "rainbow", value_bar=True),
    how="30 %   checkerboard",
    member="time 2 of 5",
    note=MATRIX_NOTE,
    is_muted=True,
)
HOSTILE = LayerLabel(
    "\u05d0\U0001f600 name\u0301 " + "mMWw" * 40,
    "counts per second and more",
    ImageLook(Window(12345, 23456, "SIGMOID"), value_bar=True, opacity=0.25),
    how="25 %",
    member="echo 12, b-value 1000, direction 30 of 64",
    note="frame of reference not checked",
    is_muted=True,
)
READ = Readout((-143.4, -116.2, -1123.3), (511, 511, 1135), has_index=True, values=(-1024.0, 51.0933))
SIZES = [(64, 48), (296, 296), (300, 300), (400, 300), (300, 900), (600, 450), (500, 400), (900, 500), (1200, 900)]


def marks_of(labels, size=(600, 450), name="axial", state=STATE, readout=READ):
    values = (*READ.values, *(0.0001234,) * len(labels))[: len(labels)]
    pointed = readout and replace(readout, values=values)
    return slice_marks(state, pane_geometry(VOLUME.geometry, state, name, size), labels, pointed)


def lines_of(marks):
    """The texts of each row, from the left, and the rows from the top."""
    rows = {}
    for mark in marks:
        if isinstance(mark, Text):
            rows.setdefault(round(mark.y), []).append(mark)
    return [[one.text for one in sorted(rows[y], key=lambda one: one.x)] for y in sorted(rows)]


def written_boxes(marks):
    """The boxes of texts, of value bars, and of the scale bar."""
    bars = [one for one in marks if isinstance(one, Line) and one.opacity == 1 and one.color == OFF_WHITE]
    scale = [mark_box(one) for one in bars if one.y0 == one.y1]
    return [(one, mark_box(one)) for one in marks if isinstance(one, Text | Ramp)] + [("scale", box) for box in scale]


LABELS = {
    "two": (CT, PET),
    "bars": (replace(CT, look=replace(CT.look, value_bar=True)), PET),
    "four": (replace(CT, look=replace(CT.look, value_bar=True)), PET, replace(PET, name="PET 2", is_muted=True), DOSE),
    "hostile": (CT, PET, HOSTILE, DOSE),
    "worst": (HOSTILE, HOSTILE, HOSTILE, HOSTILE),
    "twenty": (CT, PET, *(replace(DOSE, name=f"layer {n}") for n in range(2, 20))),
    "overlay alone": (PET,),
}


@pytest.mark.parametrize(
    ("labels_and_size", "name", "readout"), each_value(list(product(LABELS, SIZES)), PLANES, [None, READ])
)
def test_nothing_covers_anything_and_all_lies_in_the_pane(labels_and_size, name, readout):
    labels, size = LABELS[labels_and_size[0]], labels_and_size[1]
    for state in (
        STATE,
        replace(STATE, slab=Slab(20), interpolation="nearest", **{name: SlicePane(2.0)}),
        replace(STATE, axes=((0.8, 0.6, 0.0), (-0.6, 0.8, 0.0), (0.0, 0.0, 1.0))),
    ):
        boxes = written_boxes(marks_of(labels, size, name, state, readout))
        for _, box in boxes:
            assert min(box.left, box.top) >= 0
            assert box.right <= size[0]
            assert box.bottom <= size[1]
        for (one, a), (other, b) in combinations(boxes, 2):
            assert a.common(b) == 0, (one, other)


def test_the_layers_stand_as_they_lie_over_each_other():
    assert lines_of(window_marks(MarkMetrics(600, 450), (CT, PET), READ)) == [
        ["PET", "51.09 SUVbw"],
        ["CT", "-1024 HU   511  511  1135"],
        ["R 143.4  A 116.2  F 1123.3 mm"],
        ["PET", "W 10.0", "L 5.0 SUVbw", "50 %"],
        ["CT", "W 400", "L 40 HU"],
    ]


def test_columns_begin_where_no_number_moves_them():
    def begins(width, value):
        label = replace(PET, look=replace(PET.look, window=Window(5, width, "LINEAR_EXACT")))
        found = window_marks(MarkMetrics(600, 450), (CT, label), replace(READ, values=(0, value)))
        return {(one.x, one.y) for one in found}

    assert begins(10, 0.5) == begins(123, 51.0933)


def test_all_but_the_active_layer_are_muted():
    colors = {}
    for mark in marks_of((CT, PET), readout=None):
        if isinstance(mark, Text) and mark.text[:2] in ("W ", "L ") and mark.text[2:3].isdigit():
            colors.setdefault(mark.y, set()).add(mark.color)
    assert [colors[y] for y in sorted(colors)] == [{OFF_WHITE}, {MUTED}]


def test_outside_of_a_layer_the_readout_says_so():
    outside = Readout((0, 0, 0), (-4, 600, 3), has_index=False, values=(None, 2.4635))
    found = lines_of(window_marks(MarkMetrics(600, 450), (CT, PET), outside))
    assert found[:3] == [["PET", "2.463 SUVbw"], ["CT", "outside"], ["L 0.0  P 0.0  H 0.0 mm"]]


def test_where_there_is_no_room_the_active_the_base_and_the_uppermost_stay():
    labels = [replace(PET, name=f"layer {n}", is_muted=n != 3) for n in range(20)]
    assert most_important(labels, 4) == [0, 3, 18, 19]
    texts = [mark.text for mark in marks_of(labels, (300, 300)) if isinstance(mark, Text)]
    named = [text for text in texts if text.startswith("layer ")]
    assert named[0] == "layer 0"
    assert "layer 3" in named
    assert "layer 19" in named
    assert f"and {20 - len(set(named))} more" in texts


@pytest.mark.parametrize("size", [(300, 300), (600, 450), (1200, 900)])
def test_bars_of_two_layers_stand_over_one_another_and_say_name_and_unit(size):
    ct = replace(CT, look=replace(CT.look, value_bar=True))
    marks = marks_of((ct, PET), size, readout=None)
    upper, lower = (one for one in marks if isinstance(one, Ramp))
    assert upper.left == lower.left
    assert upper.top + upper.height < size[1] / 2 < lower.top
    texts = [one for one in marks if isinstance(one, Text)]
    for ramp, texts_of_bar in ((upper, ("PET", "10.0 SUVbw", "5.0", "0.0")), (lower, ("CT", "239 HU", "40", "-160"))):
        area = PixelBox(size[0] / 2, ramp.top - 1.3 * texts[0].size, size[0], ramp.top + ramp.height + 1)
        assert tuple(one.text for one in texts if mark_box(one).common(area)) == texts_of_bar


def test_the_bar_of_the_active_layer_is_the_last_to_be_left_out():
    # In a low pane there is room for two bars over one another, in a narrow one beside lines for no second column.
    labels = [replace(PET, name=f"layer {n}", is_muted=n != 1) for n in range(6)]
    names = [one.text for one in marks_of(labels, (300, 300), readout=None) if isinstance(one, Text) and one.x > 150]
    shown = [text for text in names if text.startswith("layer ")]
    assert 1 <= len(shown) < 6
    assert "layer 1" in shown


def test_members_and_placing_stand_below_the_position():
    lines = lines_of(marks_of((replace(CT, member="time 1 of 3"), replace(PET, note=MATRIX_NOTE))))
    assert lines[0][0] == "Axial"
    assert lines[1:3] == [[f"PET {MATRIX_NOTE}"], ["CT time 1 of 3"]]


def test_a_small_pane_has_letters_alone():
    assert len(marks_of((CT, DOSE), (290, 290))) == 4


@pytest.mark.parametrize("split", [0.0, 0.25, 0.5, 1.0])
def test_a_line_stands_where_a_layer_begins(split):
    label = replace(PET, look=replace(PET.look, blend="split", split=split))
    lines = [one for one in marks_of((CT, label, label)) if isinstance(one, Line) and one.opacity == SPLIT_OPACITY]
    column = round(600 * split)
    assert [(one.x0, one.x1) for one in lines] == [(column, column)] * (0 < split < 1)
    assert all(20 < one.y0 < 40 and 410 < one.y1 < 430 for one in lines)  # the letters stand at the ends


def test_members_begin_below_what_reaches_into_their_half():
    page, label = MarkMetrics(300, 300), replace(PET, note=MATRIX_NOTE)
    how = Text(page.pad, page.pad + page.cap + page.step, "MIP 20 mm   nearest   oblique   zoom 2.00", page.size)
    assert mark_box(how).right > 150
    for others, row in (((), how.y), ((how,), how.y + page.step)):
        assert placing_marks(page, (label,), others)[0].y == pytest.approx(row)


def test_bars_keep_clear_of_what_is_written():
    ct = replace(CT, look=replace(CT.look, value_bar=True))
    page = MarkMetrics(600, 450)
    text = Text(page.right, 300, "something long in the lower right", page.size, align="right")

    def tops(others):
        return [one.top for one in layer_bars(page, (ct, PET), others) if isinstance(one, Ramp)]

    assert [top > 225 for top in tops(())] == [False, True]
    moved = tops((text,))
    assert [top < 225 for top in moved] == [True, True]  # side by side in the upper half
    assert min(tops((replace(text, y=60),))) > 60  # below a note, and still in the upper half
    assert min(tops((replace(text, y=60),))) < 100
