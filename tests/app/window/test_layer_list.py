"""The list of layers: what is where, what a press does, and that it is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.app.window.layer_list import (
    ROW,
    WIDTH,
    LayerPart,
    LayerRow,
    draw_list,
    layer_rows,
    list_height,
    part_at,
    pressed,
    slider_share,
)
from viewer3d.core.layers import PlacedLayers, place_layers
from viewer3d.core.view.state import ViewState
from viewer3d.render.colors import palette
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.marks.display_list import EMPTY
from viewer3d.render.marks.raster import Rasterizer

TEXT, WIDE = 14, 14 * WIDTH
BASE = LayerRow("CT", True, None, "grey", False, True)
OVER = LayerRow("PET", True, 0.5, "hot-iron", False, False)


@pytest.fixture
def layers(ct, pet):
    return place_layers(ct, [pet]).layers


@pytest.fixture
def state(ct, layers) -> ViewState:
    return with_first_looks(first_state(ct, "mpr"), PlacedLayers(layers))


def drawn(*rows, first=0, size=(300, WIDE), text=TEXT):
    picture = np.zeros((*size, 3), np.uint8)
    draw_list(picture, rows, first, text, Rasterizer())
    return picture


def changed_rows(one, other):
    """Return which rows of a list differ between two pictures, 0 the heading."""
    return {int(row / (ROW * TEXT)) for row in np.nonzero((one != other).any((1, 2)))[0]}


def test_rows_say_how_the_layers_of_a_state_look(ct, pet, layers, state):
    assert layer_rows(layers, state) == (
        LayerRow("CT", True, None, "grey", False, True),
        LayerRow("PET", True, 0.7, "hot-iron", False, False),
    )
    assert layer_rows(layers[:1], state) == ()
    of_low = place_layers(ct.with_info(inverted=True), [pet]).layers
    assert layer_rows(of_low, replace(state, active=1))[0] == LayerRow("CT", True, None, "grey", True, False)


def at(column, row, rows=2, first=0):
    return part_at(column * TEXT, (row + 0.5) * ROW * TEXT, rows=rows, first=first, text=TEXT, width=WIDE)


def test_the_highest_layer_is_on_top_and_each_part_where_it_is_drawn():
    assert at(1.5, 0) is None  # the heading
    assert at(1.5, 1) == LayerPart(1, "eye")
    assert at(1.5, 2) == LayerPart(0, "eye")
    assert at(6, 1) == LayerPart(1, "name")
    assert at(12, 2) == LayerPart(0, "name")  # the base has no opacity
    assert at(1.5, 3) is None
    assert at(1.5, -3) is None
    assert at(13.1, 1) == LayerPart(1, "slider", pytest.approx(0.5))
    assert at(1.5, 1, rows=20, first=7) == LayerPart(12, "eye")


@pytest.mark.parametrize(("opacity", "share"), [(0.0, 0.0), (0.35, 0.35), (1.0, 1.0)])
def test_the_thumb_is_where_its_opacity_is_pressed(opacity, share):
    middle = round(1.5 * ROW * TEXT - 0.5)
    bright = (drawn(BASE, replace(OVER, opacity=opacity))[middle - 5] > 150).all(-1)
    columns = np.nonzero(bright[: round(15.9 * TEXT)])[0]
    columns = columns[columns > 10.3 * TEXT]  # neither the name nor the number
    assert len(columns) == 3
    assert slider_share(columns.mean(), WIDE) == pytest.approx(share, abs=0.01)


def test_what_a_press_does(state):
    assert pressed(state, LayerPart(1, "eye")) == state.with_look(1, shown=False)
    assert pressed(state.with_look(0, shown=False), LayerPart(0, "eye")) == state
    assert pressed(state, LayerPart(1, "name")) == replace(state, active=1)
    assert pressed(state, LayerPart(1, "slider", 0.3333)) == state.with_look(1, opacity=0.33)
    for part in ("eye", "name", "slider"):  # of a layer that has gone since it was seen
        assert pressed(state, LayerPart(2, part)) == state


def test_only_the_row_that_changes_changes():
    plain = drawn(BASE, OVER)
    for changes in ({"shown": False}, {"opacity": 0.9}, {"colors": "viridis"}, {"inverted": True}, {"name": "PET 2"}):
        assert changed_rows(plain, drawn(BASE, replace(OVER, **changes))) == {1}, changes
    assert changed_rows(plain, drawn(replace(BASE, is_active=False), replace(OVER, is_active=True))) == {1, 2}
    assert changed_rows(plain, np.full_like(plain, EMPTY)) == {0, 1, 2}


def test_the_swatch_has_the_colours_of_the_layer():
    row = drawn(BASE, replace(OVER, colors="viridis"))[round(1.5 * ROW * TEXT)]
    colors = row[round(3 * TEXT) : round(4.4 * TEXT)]
    assert (colors[0] == palette("viridis")[0]).all()
    assert (colors[-1] == palette("viridis")[-1]).all()


@pytest.mark.parametrize("name", ["", "PET \x1b[31m", "\u202eTEP", "\u8089\u773c\u3067\u898b\u308b" * 9, "W" * 80])
def test_no_name_reaches_the_slider(name):
    plain, named = drawn(BASE, replace(OVER, name="")), drawn(BASE, replace(OVER, name=name))
    columns = np.nonzero((plain != named).any((0, 2)))[0]
    assert columns.size == 0 or columns.max() < 10.7 * TEXT


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (40, 8), (90, 133), (400, 266), (2000, 600)])
@pytest.mark.parametrize("count", [2, 20])
def test_any_size(size, count):
    rows = [BASE, *(replace(OVER, name=f"a layer of a very long name {n}") for n in range(count - 1))]
    for first in (0, count - 1):
        assert drawn(*rows, first=first, size=size, text=10).shape == (*size, 3)
    assert list_height(0, 10) == 0
    assert list_height(count, 10) >= (count + 1) * ROW * 10
