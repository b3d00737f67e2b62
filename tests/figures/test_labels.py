from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import marker_volume
from viewer3d import figures
from viewer3d.core.view.look import ImageLook
from viewer3d.core.view.state import state_of_geometry
from viewer3d.core.window import Window
from viewer3d.figures.labels import (
    Labels,
    ValueScale,
    layer_scales,
    page_value_bar,
    pane_marks,
    panel_letter,
    tick_texts,
    ticks,
)
from viewer3d.figures.style import PAGE_COLORS
from viewer3d.render.marks.boxes import mark_box
from viewer3d.render.marks.display_list import MUTED, Line, Ramp, Text
from viewer3d.render.marks.layer_labels import MATRIX_NOTE, LayerLabel
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.panes import Rect, pane_geometry

CT = LayerLabel("CT", "HU", ImageLook(Window(40, 400)))
PET = LayerLabel("PET", "SUVbw", ImageLook(Window(5, 10, "LINEAR_EXACT"), "hot-iron"), how="50 %", note=MATRIX_NOTE)
NAMED = LayerLabel("Dose of the second plan", "g/ml{SUVlbm} and more", ImageLook(Window(0.5, 1, "LINEAR_EXACT")))


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (-160, 240, ["-100", "0", "100", "200"]),
        (0, 2.5, ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]),
        (0.001, 0.004, ["0.001", "0.002", "0.003", "0.004"]),
        (-1, 1, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        (39.5, 39.5, ["39.5"]),
    ],
)
def test_ticks_are_round_and_written_alike(low, high, texts):
    values = ticks(low, high)
    assert tick_texts(values) == texts
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in values)


def test_letters_go_on_after_z():
    assert [panel_letter(n) for n in (0, 1, 25, 26, 27, 52)] == ["A", "B", "Z", "AA", "AB", "BA"]


def test_the_values_stand_where_the_bar_has_their_colour():
    colors = tuple((n, n, n) for n in range(256))
    marks = page_value_bar(Rect(400, 0, 100, 500), 20, ValueScale(-100, 155, "HU", colors), PAGE_COLORS["white"])
    ramp = next(mark for mark in marks if isinstance(mark, Ramp))
    rows = {mark.text: mark.y - 0.36 * 20 for mark in marks if isinstance(mark, Text)}
    for value in (-50, 0, 100):
        share = (ramp.top + ramp.height - 0.5 - rows[str(value)]) / ramp.height
        assert abs(-100 + 255 * share - value) < 1.5
    assert all(mark.color == (26, 27, 30) for mark in marks if isinstance(mark, Text))
    assert 400 <= ramp.left < ramp.left + ramp.width < 500


@pytest.mark.parametrize("window", [Window(40, 1), Window(0.5, 1e-6, "LINEAR_EXACT"), Window(40, 400, "SIGMOID")])
def test_a_bar_of_any_window(head, window):
    page = figures.plane(head, window=window, value_bar=True, size=(400, 300)).page
    assert np.isfinite([mark.y for mark in page.marks if isinstance(mark, Text)]).all()


def test_each_layer_has_its_window_on_a_page_and_none_is_muted():
    volume = marker_volume(np.eye(3))
    pane = pane_geometry(volume.geometry, state_of_geometry(volume.geometry, Window(40, 400)), "axial", (600, 450))
    marks = pane_marks(MarkMetrics(600, 450), pane, Labels("Axial", layers=(CT, PET)), "", "mm")
    rows = {}
    for mark in marks:
        if isinstance(mark, Text) and mark.y > 400 and mark.x < 290:
            rows.setdefault(mark.y, []).append(mark.text)
    assert [rows[y] for y in sorted(rows)] == [["PET", "W 10.0", "L 5.0 SUVbw", "50 %"], ["CT", "W 400", "L 40 HU"]]
    assert f"PET {MATRIX_NOTE}" in [mark.text for mark in marks if isinstance(mark, Text)]


@pytest.mark.parametrize("size", [(110, 110), (160, 140), (200, 110), (300, 200), (600, 450)], ids=str)
@pytest.mark.parametrize("layers", [(CT, PET), (CT, PET, NAMED, NAMED), (CT, *[PET] * 19)], ids=len)
@pytest.mark.parametrize("scale", [True, False])
def test_nothing_covers_anything_in_panes_of_pages(size, layers, scale):
    volume = marker_volume(np.eye(3))
    pane = pane_geometry(volume.geometry, state_of_geometry(volume.geometry, Window(40, 400)), "axial", size)
    labels = Labels("Axial", how="MIP 5 mm", position=size[0] > 200, layers=layers, scale=scale)
    marks = pane_marks(MarkMetrics(*size, 10), pane, labels, "A", "mm")
    boxes = [(one, mark_box(one)) for one in marks if isinstance(one, Text | Line)]
    for n, (one, box) in enumerate(boxes):
        assert box.right <= size[0]
        assert box.bottom <= size[1]
        for other, taken in boxes[:n]:
            of_scale = [isinstance(mark, Line) or mark.text.endswith(" mm") for mark in (one, other)]
            assert all(of_scale) or box.common(taken) == 0, (one, other)


def test_bars_of_layers_beside_a_page_say_name_and_unit():
    ct, pet = reversed(layer_scales((CT, PET)))
    assert (ct.name, ct.low, ct.high, pet.name, pet.unit, pet.colors[-1]) == (
        "CT",
        -160,
        239,
        "PET",
        "SUVbw",
        (255,) * 3,
    )
    (named,) = layer_scales((NAMED,))
    room = Rect(400, 0, 100, 250)
    marks = page_value_bar(room, 20, named, PAGE_COLORS["white"])
    texts = [mark for mark in marks if isinstance(mark, Text)]
    name, unit = (
        next(one for one in texts if one.text.startswith("Do")),
        next(one for one in texts if "g/ml" in one.text),
    )
    assert 0 < name.y < unit.y - 20
    assert max(mark_box(one).right for one in texts) <= 500
    assert max(one.y for one in texts) < 250
    assert page_value_bar(Rect(400, 0, 100, 120), 20, named, PAGE_COLORS["white"]) == ()


def test_a_narrow_pane_of_a_lightbox_says_windows_and_placing_in_full():
    volume = marker_volume(np.eye(3))
    pane = pane_geometry(volume.geometry, state_of_geometry(volume.geometry, Window(40, 400)), "axial", (163, 300))
    pet = replace(PET, look=ImageLook(Window(2.5, 5, "LINEAR_EXACT")))
    labels = Labels("1", position=True, layers=(CT, pet))
    marks = [mark for mark in pane_marks(MarkMetrics(163, 300, 13), pane, labels, "", "mm") if isinstance(mark, Text)]
    assert {"W 5.0", "L 2.5 SUVbw", "W 400", "L 40 HU"} < {mark.text for mark in marks}
    narrow = replace(pane, size=(150, 300))
    marks_of_narrow = pane_marks(MarkMetrics(150, 300, 13), narrow, labels, "", "mm")
    stacked = [mark for mark in marks_of_narrow if isinstance(mark, Text)]
    lower = sorted((mark.y, mark.x, mark.text) for mark in stacked if mark.y > 200 and mark.text != "P")
    assert [text for _, _, text in lower] == ["PET   50 %", "W 5.0", "L 2.5 SUVbw", "CT", "W 400", "L 40 HU"]
    assert len({y for y, _, _ in lower}) == 4
    notes = [mark.text for mark in marks if mark.align == "right" and mark.color == MUTED]
    assert " ".join(notes) == f"PET {MATRIX_NOTE}"
