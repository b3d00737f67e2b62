"""Gestures on layers: which is meant, and that each acts on its own window, values and members."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.app.input import layer_gestures as layers
from viewer3d.app.input import slice_gestures as slices
from viewer3d.app.input.cine import Cine, advanced, after_command, go_to_member, is_overridden, toggled
from viewer3d.app.input.context import EventPosition
from viewer3d.app.viewer import Viewer
from viewer3d.core.layers import Layer
from viewer3d.core.window import auto_window
from viewer3d.render.window_choice import named_windows_of

NOWHERE = EventPosition(-1, -1)
KEYS = ("N", "space", "asterisk", "KP_Multiply", "ampersand", "KP_Divide", "B")


def place(viewer, plane, x, y):
    """Return the position at shares of a pane's width and height."""
    rect = viewer.interactor.context.rect(viewer.state, plane)
    return EventPosition(rect.left + x * rect.width, rect.top + y * rect.height, plane)


def drag(viewer, begin, right, down):
    viewer.interactor.press("left", begin.x, begin.y)
    viewer.interactor.move(begin.x + right, begin.y + down)
    viewer.interactor.release("left")


def test_keys_of_layers_do_nothing_to_a_volume_alone(viewer):
    before = viewer.state
    for key in KEYS:
        assert viewer.interactor.key(key)
    assert viewer.state == before


def test_the_next_layer_is_active_and_after_the_last_the_base(fused):
    for active, name in ((1, "PET"), (0, "CT")):
        fused.interactor.key("N")
        assert fused.state.active == active
        assert fused.note == f"window, digits and colours: {name}"


def test_the_overlay_that_keys_mean(fused, ct, pet):
    state = fused.state
    assert layers.overlay_meant(state) == 1  # the base has no opacity: the highest is meant
    three = replace(state, layers=(*state.layers, state.layers[1]))
    assert [layers.overlay_meant(replace(three, active=n)) for n in range(3)] == [2, 1, 2]
    assert layers.overlay_meant(replace(state, layers=state.layers[:1])) is None


@pytest.mark.parametrize("active", [0, 1])
def test_the_overlay_blinks(fused, active):
    fused.state = before = replace(fused.state, active=active)
    fused.interactor.key("space")
    assert fused.state == before.with_look(1, shown=False)
    assert fused.note == "PET: hidden"
    alone = fused.screenshot()
    fused.interactor.key("space")
    assert fused.state == before
    assert (fused.screenshot() != alone).any()


def test_opacity_goes_by_tenths_from_clear_to_opaque(fused):
    fused.state = fused.state.with_look(1, opacity=0.34)
    seen = []
    for key in [*("asterisk",) * 8, *("ampersand",) * 12]:
        fused.interactor.key(key)
        seen.append(fused.state.layers[1].opacity)
    assert seen[:8] == [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.0]
    assert seen[8:] == [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0, 0.0]
    assert fused.state.layers[0].opacity == 1


def test_blends_go_round(fused):
    seen = []
    for _ in range(3):
        fused.interactor.key("B")
        seen.append((fused.state.layers[1].blend, fused.note))
    assert seen == [
        ("checkerboard", "PET: in every other square"),
        ("split", "PET: right of a line"),
        ("over", "PET: everywhere"),
    ]


def test_a_split_line_is_dragged_where_it_is(fused):
    fused.state = fused.state.with_look(1, blend="split", split=0.3)
    line = place(fused, "axial", 0.3, 0.2)
    width = fused.interactor.context.rect(fused.state, "axial").width
    drag(fused, line, 0.25 * width, -40)
    assert fused.state.layers[1].split == pytest.approx(0.55, abs=1e-9)
    drag(fused, place(fused, "coronal", 0.55, 0.2), -width, 0)  # beyond the edge
    assert fused.state.layers[1].split == 0
    for changes in ({"shown": False}, {"blend": "over"}):
        state = fused.state.with_look(1, **{"split": 0.3, **changes})
        assert layers.split_at(state, fused.interactor.context, line) == ()
    # Where nothing of it is, a drag is what it ever was.
    before = fused.state
    drag(fused, place(fused, "axial", 0.8, 0.2), 30, 0)
    assert fused.state.layers[1] == before.layers[1]
    assert fused.state.look.window.width > before.look.window.width


def test_of_crosshair_and_split_line_in_one_place_each_can_be_dragged(fused):
    """Both begin in the middle: the split line has a handle, the rest is the crosshair's."""
    context = fused.interactor.context
    fused.state = fused.state.with_look(1, blend="split")
    x, _ = context.pane(fused.state, "axial").to_pixel(fused.state.cursor)
    rect = context.rect(fused.state, "axial")
    fused.state = fused.state.with_look(1, split=(x + 0.5) / rect.width)
    before, column = fused.state, rect.left + x
    drag(fused, EventPosition(column, rect.top + layers.GRIP_ROW * rect.height, "axial"), 20, 0)
    assert fused.state.cursor == before.cursor
    assert fused.state.layers[1].split == pytest.approx(before.layers[1].split + 20 / rect.width, abs=1e-9)
    fused.state = before
    drag(fused, EventPosition(column, rect.top + 0.15 * rect.height, "axial"), 20, 0)
    assert fused.state.cursor != before.cursor
    assert fused.state.layers == before.layers


def test_a_window_is_dragged_by_the_span_of_its_own_layer(fused, ct, pet):
    begin = place(fused, "axial", 0.8, 0.2)
    spans = [float(np.ptp(one.voxels)) for one in (ct, pet)]
    for active, span in enumerate(spans):
        fused.state = before = replace(fused.state, active=active)
        drag(fused, begin, 100, -50)
        changed = fused.state.layers[active].window
        was = before.layers[active].window
        assert changed.width - was.width == pytest.approx(100 * span / slices.WINDOW_DRAG, rel=1e-6)
        assert changed.center - was.center == pytest.approx(-50 * span / slices.WINDOW_DRAG, rel=1e-6)
        assert fused.state.layers[1 - active] == before.layers[1 - active]


def test_digits_and_the_first_window_are_those_of_the_active_layer(fused, ct, pet):
    for active, volume in enumerate((ct, pet)):
        fused.state = before = replace(fused.state, active=active)
        for digit, window in enumerate(list(named_windows_of(volume).values())[:9], 1):
            fused.interactor.key(str(digit))
            assert fused.state == before.with_look(active, window=window)
        fused.interactor.key("0")
        assert fused.state == before


def test_a_window_is_found_from_what_the_pane_shows_of_the_active_layer(fused, pet):
    fused.state = replace(fused.state, active=1)
    fused.interactor.move(*(round(v) for v in vars(place(fused, "axial", 0.5, 0.5)).values() if not isinstance(v, str)))
    fused.interactor.key("a")
    expected = auto_window(fused._scene.seen(fused.state, "axial"))
    assert fused.state.layers[1].window == expected
    assert 0 < expected.width < 13  # SUV


def test_colours_bar_and_inversion_are_those_of_the_active_layer(fused):
    for active in (0, 1):
        fused.state = before = replace(fused.state, active=active)
        for key in ("k", "j", "i"):
            fused.interactor.key(key)
        look, was = fused.state.layers[active], before.layers[active]
        assert (look.colors != was.colors, look.inverted) == (True, not was.inverted)
        assert fused.state.layers[1 - active] == before.layers[1 - active]


def test_3d_keys_are_those_of_the_base(fused):
    fused.state = replace(fused.state, active=1)
    before = fused.state
    for key in ("t", "braceright", "u"):
        fused.interactor.key(key)
    assert fused.state.layers[1] == before.layers[1]
    assert fused.state.layers[0].rendering != before.layers[0].rendering


def test_reset_returns_to_the_first_looks(fused):
    first = fused.state
    for key in ("N", "5", "k", "ampersand", "B", "space", "N", "2", "r"):
        fused.interactor.key(key)
    assert fused.state.layers == (first.layers[0], replace(first.layers[1], shown=False))  # what is seen stays


@pytest.fixture
def times(ct, pet):
    """A CT, and a PET of three times over it."""
    members = [pet.with_info(which={"time": float(time)}) for time in range(3)]
    with Viewer(ct, "mpr", (640, 480), off_screen=True, overlays=[Layer(members)]) as viewer:
        yield viewer


def test_times_are_those_of_the_layer_that_has_some(times):
    context, later = times.interactor.context, go_to_member(1, "first")
    for active in (0, 1):
        state = later(replace(times.state, active=active), context, NOWHERE)
        assert [look.member for look in state.layers] == [0, 1]
        cine = after_command(Cine(), "cine time", state, context, NOWHERE, now=0.0)
        assert cine.through == "time"
        seen = []
        for now in (1.0, 2.0, 3.0):
            cine, state = advanced(cine, state, context, now)
            seen.append(state.layers[1].member)
        assert seen == [2, 0, 1]
        # Another active layer is no other time.
        assert not is_overridden(cine, state, replace(state, active=1 - active))
        assert is_overridden(cine, state, later(state, context, NOWHERE))


def test_the_active_set_goes_before_others(ct, pet):
    base = [ct.with_info(which={"time": float(time)}) for time in range(2)]
    over = [pet.with_info(which={"time": float(time)}) for time in range(3)]
    with Viewer(base, "mpr", (640, 480), off_screen=True, overlays=[Layer(over)]) as viewer:
        for active in (0, 1):
            viewer.state = replace(viewer.state, active=active)
            viewer.interactor.key("period")
        assert [look.member for look in viewer.state.layers] == [1, 1]
        viewer.interactor.key("period")
        assert [look.member for look in viewer.state.layers] == [1, 2]


def test_a_volume_alone_has_no_times(fused):
    assert after_command(Cine(), "cine time", fused.state, fused.interactor.context, NOWHERE, now=0.0).through is None
    _, state = advanced(toggled(Cine(), "time", 0.0), fused.state, fused.interactor.context, 9.0)
    assert state == fused.state


def test_a_note_says_what_one_key_did_and_nothing_of_all_else(fused):
    state, context = fused.state, fused.interactor.context
    assert layers.layer_note(state, state.with_cursor((1, 2, 3)), context) == ""
    assert layers.layer_note(state, state.with_look(1, split=0.1), context) == ""
    both = state.with_look(0, inverted=True).with_look(1, opacity=0.1)
    assert layers.layer_note(state, both, context) == ""
    assert layers.layer_note(state, state.with_look(1, opacity=0.25), context) == "PET: opacity 25 %"
