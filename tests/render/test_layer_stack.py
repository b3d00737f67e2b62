"""Layers that are strange or do not fit a state: a sensible picture, or one clear line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import viewer3d
import viewer3d.core.layers
from tests.phantom_files import write_phantom
from viewer3d import phantom, screenshot
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.errors import ViewError, WindowError
from viewer3d.render.first_state import first_look, first_state, with_first_looks
from viewer3d.render.layer_stack import LayerStack
from viewer3d.render.scene import Scene

SIZE = (300, 240)


@pytest.fixture(scope="module")
def base():
    return phantom.volume(shape=(90, 76, 40), noise=0)


def over(base, values, **about):
    """A volume of some values in the middle of the base, in its frame of reference."""
    values = np.asarray(values)
    affine = np.diag([6.0, 6.0, 6.0, 1.0])
    affine[:3, 3] = np.array(base.geometry.center) - 3.0 * (np.array(values.shape) - 1)
    return Volume.from_array(values, affine, frame_of_reference=base.frame_of_reference, **about)


def drawn(base, overlays, **looks):
    state = with_first_looks(first_state(base, "axial", at=base.geometry.center), place_layers(base, overlays))
    for number in range(1, len(state.layers)):
        state = state.with_look(number, **{"value_bar": False, **looks})
    with Scene(base, SIZE, overlays=overlays) as scene:
        scene.apply(state)
        return scene.screenshot().astype(int)


def alone(base):
    return screenshot(base, view="axial", at=base.geometry.center, size=SIZE).astype(int)


def middle(picture):
    return picture[124:134, 154:164]


@pytest.mark.parametrize("value", [0, 7, -1000])
def test_a_constant_layer_is_one_colour_or_nothing(base, value):
    layer = over(base, np.full((12, 12, 12), value, np.int16), modality="MR")
    picture = drawn(base, layer, opacity=1.0)
    assert np.isfinite(picture).all()
    assert len(np.unique(middle(picture).reshape(-1, 3), axis=0)) == 1
    ramped = drawn(base, layer, opacity=1.0, ramp=0.5, window=Window(500, 100))
    np.testing.assert_array_equal(middle(ramped), middle(alone(base)))  # below its window: nothing is veiled


def test_what_has_no_number_is_not_drawn(base):
    values = np.full((12, 12, 12), 5.0, np.float32)
    values[:6] = np.nan
    picture = drawn(base, over(base, values, unit="SUVbw", modality="PT"), opacity=1.0, ramp=0.0)
    whole = drawn(base, over(base, np.full_like(values, np.nan), unit="SUVbw", modality="PT"), opacity=1.0)
    np.testing.assert_array_equal(middle(whole), middle(alone(base)))
    differs = (picture != alone(base)).any(axis=2)[98:116, 130:170]
    assert 0.2 < differs.mean() < 0.8


def test_one_slice_is_drawn_where_it_is_and_nowhere_else(base):
    layer = over(base, np.full((12, 12, 1), 900, np.int16), modality="MR")
    here = drawn(base, layer, opacity=1.0, window=Window(500, 100))
    assert (middle(here) == 255).all()
    with Scene(base, SIZE, overlays=layer) as scene:
        state = with_first_looks(first_state(base, "axial"), scene.placed).with_look(1, window=Window(500, 100))
        x, y, z = state.cursor
        scene.apply(replace(state, cursor=(x, y, z + 10.0)))
        away = scene.screenshot()
        hidden = state.with_look(1, shown=False)
        scene.apply(replace(hidden, cursor=(x, y, z + 10.0)))
        np.testing.assert_array_equal(away[60:200, 60:220], scene.screenshot()[60:200, 60:220])


def test_another_unit_and_other_times_are_no_error(base):
    times = [
        over(base, np.full((12, 12, 12), 100 * n, np.float32), unit="Bq/ml", modality="PT", which={"time": float(n)})
        for n in range(1, 4)
    ]
    state = with_first_looks(first_state(base, "axial"), place_layers(base, [times]))
    pictures = []
    with Scene(base, SIZE, overlays=[times]) as scene:
        for member in range(3):
            scene.apply(state.with_look(1, member=member, window=Window(200, 400), ramp=0.0, value_bar=False))
            pictures.append(middle(scene.screenshot()).mean())
    assert len(set(pictures)) == 3
    with (
        pytest.raises(ViewError, match="volume 4 of a set, and here are 3"),
        Scene(base, SIZE, overlays=[times]) as scene,
    ):
        scene.apply(state.with_look(1, member=3))


def test_twenty_layers_are_drawn(base):
    layers = [over(base, np.full((12, 12, 12), 10 * n, np.int16), modality="MR") for n in range(20)]
    picture = drawn(base, layers, window=Window(100, 200), opacity=0.2)
    assert (middle(picture) != middle(alone(base))).any()


def test_a_state_for_other_layers_is_one_clear_line(base):
    layer = over(base, np.full((12, 12, 12), 10, np.int16), modality="MR")
    two = with_first_looks(first_state(base, "axial"), place_layers(base, layer))
    with pytest.raises(ViewError, match=r"the state shows 2 layers, and here are 1 \(CT\): give the overlays"):
        screenshot(base, state=two)
    with (
        pytest.raises(ViewError, match=r"shows 2 layers, and here are 3 \(CT, MR, MR 2\)"),
        Scene(base, SIZE, overlays=[layer, layer]) as scene,
    ):
        scene.apply(two)
    # One that lacks a look is given its first.
    saved, layers = ViewState.from_json(two.to_json()), [layer, Layer(layer, look={"opacity": 1.0})]
    three = with_first_looks(saved, place_layers(base, layers))
    assert three.layers[:2] == saved.layers
    assert three.layers[2].opacity == 1
    given = screenshot(base, size=SIZE, state=saved, overlays=layers)
    np.testing.assert_array_equal(given, screenshot(base, size=SIZE, state=three, overlays=[layer, layer]))


def test_what_is_hidden_costs_nothing_and_shows_nothing(base):
    layer = over(base, np.full((12, 12, 12), 10, np.int16), modality="MR")
    np.testing.assert_array_equal(middle(drawn(base, layer, shown=False)), middle(alone(base)))
    stack = LayerStack(base, layer)
    state = with_first_looks(first_state(base, "axial"), stack.placed)
    assert [len(stack.slice_layers(state.with_look(n, shown=False))) for n in (0, 1)] == [1, 1]
    nothing = state.with_look(0, shown=False).with_look(1, shown=False)
    with Scene(base, SIZE, overlays=layer) as scene:
        scene.apply(nothing)
        assert not scene.screenshot()[150:160, 60:80].any()


@pytest.mark.parametrize(
    ("look", "error", "says"),
    [
        ({"window": "bone"}, WindowError, "window bone is for values in HU"),
        ({"colors": "pink"}, ViewError, "no colour map is named 'pink'"),
        ({"rendering": "ct-bone"}, ViewError, "ct-bone"),
        ({"member": 4}, ViewError, "volume 5 of a set, and here are 1"),
        ({"opacity": 3}, ViewError, "opacity 3 of a layer: give 0 to 1"),
    ],
)
def test_a_first_look_that_a_layer_cannot_have_is_refused(base, look, error, says):
    pet = over(base, np.full((12, 12, 12), 10, np.float32), unit="SUVbw", modality="PT")
    with pytest.raises(error, match=says):
        screenshot(base, size=SIZE, overlays=Layer(pet, look=look))


def test_first_looks_are_those_of_the_modality(base):
    pet = over(base, np.full((12, 12, 12), 10, np.float32), unit="SUVbw", modality="PT")
    _, placed = place_layers(base, Layer(pet, look={"window": "0-10", "opacity": 0.25})).layers
    look = first_look(placed)
    assert (look.window.bounds, look.colors, look.opacity, look.ramp) == ((0, 10), "hot-iron", 0.25, 0.25)
    assert (look.value_bar, look.inverted, look.rendering, look.shown) == (True, False, "none", True)
    mr = first_look(place_layers(base, over(base, np.full((12, 12, 12), 10, np.int16), modality="MR")).layers[1])
    assert (mr.colors, mr.opacity, mr.ramp, mr.value_bar) == ("grey", 0.5, 0.0, False)


def test_a_shot_loads_an_overlay_once(base, tmp_path, monkeypatch):
    loaded = []
    original = viewer3d.core.layers.as_layer_data
    monkeypatch.setattr("viewer3d.core.layers.as_layer_data", lambda *what: loaded.append(what[0]) or original(*what))
    write_phantom(tmp_path, shape=(24, 20, 12), spacing=(16, 14, 60))
    picture = screenshot(base, size=SIZE, view="axial", overlays=str(tmp_path))
    assert loaded.count(str(tmp_path)) == 1
    np.testing.assert_array_equal(picture, screenshot(base, size=SIZE, view="axial", overlays=viewer3d.load(tmp_path)))
