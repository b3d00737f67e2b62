"""The key of levels: each with its line's own colour, in percent and in the unit, and what percent are of."""

from __future__ import annotations

from typing import Any

import pytest

from viewer3d import Layer, Volume, figures, phantom
from viewer3d.core.layers import place_layers
from viewer3d.core.view.look import ImageLook
from viewer3d.core.window import Window
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.marks.boxes import mark_box
from viewer3d.render.marks.display_list import MUTED, Path, Ramp, Text
from viewer3d.render.marks.layer_labels import LayerLabel, opacity_text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.region_key import level_entries
from viewer3d.render.marks.value_bar import layer_bars
from viewer3d.render.scene import Scene
from viewer3d.render.slices.windowing import value_color


def dose_label(name: str = "dose", unit: str = "Gy", **look: Any) -> LayerLabel:
    known = {"levels": (30.0, 57.0, 60.0), "level_base": 60.0, "level_base_name": "prescription", "opacity": 0.0}
    return LayerLabel(name, unit, ImageLook(Window(40, 40, "LINEAR_EXACT"), "rainbow", **{**known, **look}))


def texts(marks: Any) -> list[str]:
    return [mark.text for mark in sorted((m for m in marks if isinstance(m, Text)), key=lambda m: (m.y, m.x))]


def test_each_level_stands_beside_its_own_line() -> None:
    page = MarkMetrics(600, 450)
    label = dose_label()
    marks = layer_bars(page, [label], ())
    assert texts(marks) == [
        "dose", "% of 60 Gy (prescription)", "100 %", "60 Gy", "95 %", "57 Gy", "50 %", "30 Gy"
    ]  # fmt: skip
    lines = sorted((mark for mark in marks if isinstance(mark, Path)), key=lambda mark: mark.points[0][1])
    assert [line.color for line in lines] == [
        value_color(value, label.look.window, "rainbow") for value in (60.0, 57.0, 30.0)
    ]
    for line, row in zip(lines, ("60 Gy", "57 Gy", "30 Gy"), strict=True):
        (text,) = [mark for mark in marks if isinstance(mark, Text) and mark.text == row]
        assert text.y - text.size < line.points[0][1] < text.y
        assert mark_box(text).right < line.points[0][0] < line.points[1][0] <= page.right
    assert max(mark_box(mark).bottom for mark in marks) < page.height / 2


def test_without_a_base_there_are_values_alone_and_no_unit_is_made_up() -> None:
    page = MarkMetrics(600, 450)
    assert texts(layer_bars(page, [dose_label("", "", level_base=0.0, level_base_name="")], ())) == ["60", "57", "30"]
    relative = layer_bars(page, [dose_label(unit="relative", level_base=60.0, level_base_name="maximum")], ())
    assert "% of 60 (maximum)" in texts(relative)
    assert not any("Gy" in text for text in texts(relative))


def test_a_bar_and_a_key_of_one_layer_stand_over_each_other_and_cover_nothing() -> None:
    page = MarkMetrics(600, 450)
    title = Text(page.right, page.pad + page.cap, "F 268.0 mm", page.size, align="right")
    marks = layer_bars(page, [dose_label(value_bar=True)], (title,))
    (ramp,) = [mark for mark in marks if isinstance(mark, Ramp)]
    key = [mark for mark in marks if isinstance(mark, Path) or (isinstance(mark, Text) and "%" in mark.text)]
    assert ramp.top > max(mark_box(mark).bottom for mark in key)
    assert not any(mark_box(mark).common(mark_box(title)) for mark in marks)


def test_of_more_levels_than_there_is_room_for_the_highest_stay() -> None:
    page = MarkMetrics(500, 240)
    many = dose_label(levels=tuple(float(one) for one in range(20, 61, 2)))
    marks = layer_bars(page, [many], ())
    found = texts(marks)
    left = next(text for text in found if text.startswith("and "))
    shown = sum(text.endswith(" Gy") and text[0].isdigit() for text in found)
    assert left == f"and {21 - shown} more"
    assert "60 Gy" in found
    assert "20 Gy" not in found
    assert max(mark_box(mark).bottom for mark in marks) <= page.height / 2
    assert layer_bars(MarkMetrics(500, 90), [many], ()) == ()  # no room for any


def test_a_narrow_pane_says_what_percent_are_of_in_two_lines() -> None:
    marks = layer_bars(MarkMetrics(340, 400, 15), [dose_label()], ())
    muted = [mark.text for mark in marks if isinstance(mark, Text) and mark.color == MUTED]
    assert muted == ["% of 60 Gy", "(prescription)"]
    assert min(mark_box(mark).left for mark in marks) >= 170


@pytest.fixture(scope="module")
def ct() -> Volume:
    return phantom.volume(shape=(60, 44, 30), spacing=(6, 6, 6), center=(0, 5, -250))


@pytest.fixture(scope="module")
def layer() -> Layer:
    dose = phantom.dose(shape=(41, 31, 17), spacing=(9, 9, 9))
    return Layer(dose, plan=60, look={"levels": "50%:95%"})


def test_a_pane_has_the_key_and_says_that_there_are_lines_alone(ct: Volume, layer: Layer) -> None:
    placed = place_layers(ct, layer)
    state = with_first_looks(first_state(ct, "axial", at=(0, -24, -268)), placed)
    assert opacity_text(state.layers[1]) == "lines"
    assert opacity_text(ImageLook(Window(0, 1), opacity=0.0)) == "0 %"
    with Scene(ct, (600, 450), overlays=layer) as scene:
        scene.apply(state)
        drawn = scene.screenshot()
        scene.apply(state.with_look(1, levels=()))
        bare = scene.screenshot()
    right = slice(420, 600)
    assert (drawn[20:160, right] != bare[20:160, right]).any()
    assert (drawn[225:380, right] == bare[225:380, right]).all()


def test_a_page_has_levels_in_its_key(ct: Volume, layer: Layer) -> None:
    made = figures.plane(ct, overlays=layer, at=(0, -24, -268))
    assert {"95 %  57 Gy", "50 %  30 Gy", "dose, % of 60 Gy (prescription)"} <= set(texts(made.page.marks))
    assert made.overlays[0].look["levels"] == (30.0, 57.0)
    without = figures.plane(ct, overlays=layer, at=(0, -24, -268), legend=False)
    assert not any("Gy (prescription)" in text for text in texts(without.page.marks))


def test_rows_of_a_key_are_lines_with_the_highest_first() -> None:
    heading, *rows = level_entries([dose_label("CT", levels=()), dose_label()])
    assert (heading.name, heading.color) == ("dose, % of 60 Gy (prescription)", None)
    assert [(row.name, row.is_line) for row in rows] == [
        ("100 %  60 Gy", True),
        ("95 %  57 Gy", True),
        ("50 %  30 Gy", True),
    ]


def test_a_dose_alone_has_lines_and_their_key_too() -> None:
    dose = phantom.dose(shape=(41, 31, 17), spacing=(9, 9, 9))
    state = first_state(dose, "axial", at=(0, -24, -268), colors="rainbow")
    with Scene(dose, (600, 450)) as scene:
        scene.apply(state)
        bare = scene.screenshot()
        scene.apply(state.with_look(0, levels=(20.0, 40.0)))
        drawn = scene.screenshot()
    color = value_color(40.0, state.layers[0].window, "rainbow")
    assert (drawn[20:120, 540:598] == color).all(-1).sum() > 10  # its swatch
    assert not (bare[20:120, 540:598] == color).all(-1).any()
    assert (drawn[150:300, 200:400] != bare[150:300, 200:400]).any()  # its line
