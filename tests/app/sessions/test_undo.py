"""Undo and redo by keys, in a viewer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from tests.app.conftest import SIZE
from viewer3d.app.viewer import Viewer
from viewer3d.core.volume import Volume


@pytest.fixture
def one(box):
    with Viewer(box, "mpr", SIZE, off_screen=True) as viewer:
        viewer.interactor.move(100, 200)
        yield viewer


def middle(viewer, pane="axial"):
    rect = viewer.interactor.context.rect(viewer.state, pane)
    return rect.left + rect.width // 2, rect.top + rect.height // 2


def drag(viewer, begin, end, button="left", steps=4):
    viewer.interactor.press(button, *begin)
    for x, y in np.linspace(begin, end, steps + 1)[1:]:
        viewer.interactor.move(x, y)
    viewer.interactor.release(button)


def draw_distance(viewer, far=30):
    x, y = middle(viewer)
    viewer.interactor.key("d")
    drag(viewer, (x - far, y - far), (x, y))


def undo(viewer):
    assert viewer.interactor.key("ctrl+z")
    return viewer.note


def redo(viewer):
    assert viewer.interactor.key("ctrl+Z")
    return viewer.note


def without_pointer(state):
    return replace(state, pointer=None)


def test_a_drag_is_one_step_and_the_next_drag_another(one):
    first, (x, y) = one.state.look.window, middle(one)
    drag(one, (x + 40, y + 40), (x + 80, y + 40))
    second = one.state.look.window
    drag(one, (x + 40, y + 40), (x + 40, y + 80))
    assert undo(one) == "undone: window changed"
    assert one.state.look.window == second != first
    undo(one)
    assert one.state.look.window == first
    assert undo(one) == "nothing to undo"
    assert redo(one) == "done again: window changed"
    assert one.state.look.window == second


def test_keys_that_follow_each_other_are_one_step(one):
    for _ in range(4):
        one.interactor.key("bracketright")
    assert one.state.slab.thickness > 0
    undo(one)
    assert one.state.slab.thickness == 0


def test_a_measurement_is_drawn_removed_and_back(one):
    draw_distance(one)
    (drawn,) = one.state.measurements
    one.interactor.key("Delete")
    assert undo(one) == "undone: distance removed"
    assert one.state.measurements == (drawn,)
    assert undo(one) == "undone: distance added"
    assert one.state.measurements == ()
    redo(one)
    redo(one)
    assert one.state.measurements == ()
    assert redo(one) == "nothing to do again"


def test_an_angle_of_three_clicks_and_motions_between_is_one_step(one):
    x, y = middle(one)
    one.interactor.key("n")
    for at in ((x - 30, y - 30), (x, y - 30), (x, y)):
        one.interactor.move(*at)
        one.interactor.move(at[0] + 1, at[1])
        one.interactor.press("left", *at)
        one.interactor.release("left")
    assert [each.kind for each in one.state.measurements] == ["angle"]
    undo(one)
    assert one.state.measurements == ()
    assert undo(one) == "nothing to undo"


def test_undo_while_something_is_drawn_drops_that_alone(one):
    draw_distance(one)
    x, y = middle(one)
    one.interactor.key("n")
    one.interactor.press("left", x - 30, y + 20)
    one.interactor.release("left")
    one.interactor.move(x, y + 20)
    assert len(one.state.measurements) == 2
    assert undo(one) == "undone: what was being drawn"
    assert [each.kind for each in one.state.measurements] == ["distance"]
    undo(one)
    assert one.state.measurements == ()


def test_escape_while_drawing_keeps_what_can_be_done_again(one):
    one.interactor.key("i")
    undo(one)
    x, y = middle(one)
    one.interactor.key("d")
    one.interactor.press("left", x - 30, y)
    one.interactor.move(x, y)
    one.interactor.key("Escape")
    assert redo(one) == "done again: black and white changed"


def test_reset_is_taken_back_with_place_zoom_and_camera(box):
    with Viewer(box, "quad", SIZE, off_screen=True) as viewer:
        viewer.interactor.move(*middle(viewer))
        viewer.interactor.key("Up")
        viewer.interactor.key("plus")
        viewer.state = viewer.state.with_camera(replace(viewer.state.camera, position=(900.0, 3.0, 5.0)))
        draw_distance(viewer)
        viewer.interactor.key("i")
        seen = without_pointer(viewer.state)
        viewer.interactor.key("r")
        assert without_pointer(viewer.state) != seen
        assert len(viewer.state.measurements) == 1
        assert undo(viewer) == "undone: everything as it was at first"
        assert without_pointer(viewer.state) == seen


def test_reset_of_a_place_alone_is_taken_back(one):
    one.interactor.key("Up")
    seen = one.state
    one.interactor.key("r")
    undo(one)
    assert one.state == seen
    assert undo(one) == "nothing to undo"


def test_place_zoom_camera_and_time_are_no_history(one):
    for key in ("Up", "plus", "z", "m", "Prior"):
        one.interactor.key(key)
    assert undo(one) == "nothing to undo"


def test_what_a_program_sets_is_a_step(one):
    first = one.state
    one.state = first.with_window(viewer3d.Window(5, 10)).with_cursor((3, 4, 5))
    undo(one)
    assert one.state == first


def test_slices_go_to_a_measurement_that_comes_back_elsewhere_and_stay_where_it_is_seen(one):
    draw_distance(one)
    (drawn,) = one.state.measurements
    place = one.state.cursor
    one.interactor.key("Delete")
    undo(one)
    assert one.state.cursor == place
    one.interactor.key("Delete")
    one.interactor.key("End")
    away = one.state.cursor
    assert away[2] != place[2]
    undo(one)
    assert one.state.cursor == pytest.approx(drawn.center)
    one.interactor.key("End")
    redo(one)
    assert one.state.cursor[2] == pytest.approx(drawn.center[2])


def test_in_a_fused_view_steps_of_layers_stay_with_their_layers(fused, organs):
    viewer = fused
    viewer.state = viewer.state.with_look(1, opacity=0.25)
    viewer.state = viewer.state.with_look(0, inverted=True)
    pet = viewer.placed.overlays[0]
    viewer.set_overlays([organs, pet])
    assert undo(viewer) == "undone: black and white changed"
    assert undo(viewer) == "undone: opacity changed"
    assert viewer.state.layers[1].opacity != 0.25
    redo(viewer)
    viewer.set_overlays([])
    assert undo(viewer) == "nothing to undo"


def test_another_series_has_a_history_of_its_own(one):
    one.interactor.key("i")
    one.exchange(Volume.from_array(np.zeros((8, 8, 8), np.int16), np.eye(4)))
    assert undo(one) == "nothing to undo"
    assert redo(one) == "nothing to do again"


def test_every_state_on_the_way_is_seen_and_survives_json(one):
    draw_distance(one)
    for key in ("i", "k", "bracketright", "Delete", "r"):
        one.interactor.key(key)
    for turn in (undo, redo, undo):
        while not turn(one).startswith("nothing"):
            assert viewer3d.ViewState.from_json(one.state.to_json()) == one.state
            one.render()


def test_a_step_that_is_undone_calls_back(one):
    windows = []
    one.on_window(windows.append)
    first = one.state.look.window
    one.interactor.key("2")
    undo(one)
    assert windows[-1] == first


def click(viewer, x, y):
    viewer.interactor.move(x, y)
    viewer.interactor.press("left", x, y)
    viewer.interactor.release("left")


@pytest.mark.parametrize("kind", ["polygon", "polygon by double click", "freehand", "bidirectional", "arrow", "text"])
def test_each_kind_that_is_drawn_is_one_step_with_its_text(one, kind):
    x, y = middle(one)
    keys = {"polygon": "Q", "freehand": "E", "bidirectional": "X", "arrow": "ctrl+a", "text": "T"}
    assert one.interactor.key(keys[kind.split()[0]])
    if kind.startswith("polygon"):
        for at in ((x - 40, y - 40), (x, y - 40), (x, y)):
            click(one, *at)
        if kind == "polygon":
            one.interactor.key("Return")
        else:
            one.interactor.double_click(x, y)
            one.interactor.release("left")
    elif kind == "text":
        click(one, x - 20, y - 20)
    elif kind == "freehand":
        one.interactor.press("left", x - 40, y - 40)
        for at in ((x, y - 40), (x, y), (x - 40, y), (x - 40, y - 38)):
            one.interactor.move(*at)
        one.interactor.release("left")
    else:
        drag(one, (x - 40, y - 40), (x + 20, y + 10))
        if kind == "bidirectional":
            click(one, x, y - 30)
    if kind in ("arrow", "text"):
        for letter in "node":
            one.interactor.key(letter, letter)
        one.interactor.key("Return", "\r")
    (drawn,) = one.state.measurements
    assert drawn.name == ("node" if kind in ("arrow", "text") else "")
    assert undo(one) == f"undone: {kind.split()[0]} added"
    assert one.state.measurements == ()
    assert undo(one) == "nothing to undo"
    redo(one)
    assert one.state.measurements == (drawn,)
    drag(one, (x + 60, y + 60), (x + 80, y + 60))
    assert undo(one) == "undone: window changed"


def test_a_text_without_letters_is_no_step(one):
    one.interactor.key("i")
    undo(one)
    one.interactor.key("T")
    click(one, *middle(one))
    one.interactor.key("Escape")
    assert one.state.measurements == ()
    assert redo(one) == "done again: black and white changed"
