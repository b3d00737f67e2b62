import json
from dataclasses import replace

import numpy as np
import pytest

from viewer3d.core.geometry import Geometry
from viewer3d.core.view.look import ImageLook, RegionLook
from viewer3d.core.view.slab import Slab
from viewer3d.core.view.state import ViewState, state_of_geometry
from viewer3d.core.view.versions import LOOK_FIELDS, ORDER, STATE_VERSION, upgraded, with_layers, without_layers
from viewer3d.core.window import Window
from viewer3d.errors import ViewError

STATE = state_of_geometry(Geometry(np.diag([1.0, 1, 2, 1]), (20, 20, 10)), Window(40, 400), "mpr", "ct-bone")
TWO = replace(STATE, layers=(*STATE.layers, ImageLook(Window(5, 10), "hot-iron", opacity=0.5, ramp=0.25)), active=1)


def test_the_look_of_an_old_state_is_that_of_its_one_layer():
    old = {"cursor": [0, 0, 0], "window": {"center": 1}, "colors": "pet", "member": 2, "slab": {"thickness": 5}}
    assert with_layers(old) == {
        "cursor": [0, 0, 0],
        "slab": {"thickness": 5},
        "layers": [{"window": {"center": 1}, "colors": "pet", "member": 2}],
    }
    assert without_layers(with_layers(old)) == old
    assert list(without_layers(with_layers(old))) == [name for name in ORDER if name in old]


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
def test_every_older_version_becomes_one_layer(version):
    written = json.loads(STATE.with_look(colors="pet", inverted=True).to_json())
    assert "layers" not in written
    read = ViewState.from_json(json.dumps({**written, "version": version}))
    assert read.version == STATE_VERSION
    assert read.layers == (ImageLook(Window(40, 400), "pet", inverted=True, rendering="ct-bone"),)
    assert upgraded(written, version)["version"] == STATE_VERSION
    assert all(name in written for name in LOOK_FIELDS)


def test_layers_come_back_to_the_bit():
    text = TWO.to_json()
    assert json.loads(text)["version"] == 6
    assert ViewState.from_json(text) == TWO
    assert ViewState.from_json(text).to_json() == text


def test_one_layer_that_shows_what_is_new_is_written_as_layers():
    shown = STATE.with_look(opacity=1 / 3)
    written = json.loads(shown.to_json())
    assert written["version"] == 6
    assert written["layers"][0]["opacity"] == 1 / 3
    assert ViewState.from_json(shown.to_json()) == shown


def test_a_look_is_changed_by_its_number_or_as_the_active_one():
    assert TWO.look is TWO.layers[1]
    assert TWO.with_look(opacity=1).layers == (TWO.layers[0], replace(TWO.layers[1], opacity=1))
    assert TWO.with_look(0, colors="pet").layers == (replace(TWO.layers[0], colors="pet"), TWO.layers[1])
    assert TWO.with_window(Window(1, 2)).layers[1].window == Window(1, 2)
    with pytest.raises(ViewError, match="there is no layer 2: the state has 2, counted from 0"):
        TWO.with_look(2, opacity=0.1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"layers": ()}, "0 layers, number 1 active: give 1 to 100"),
        ({"active": 2}, "2 layers, number 2 active"),
        ({"active": -1}, "number -1 active"),
    ],
)
def test_layers_that_cannot_be_are_refused(change, says):
    with pytest.raises(ViewError, match=says):
        replace(TWO, **change)


@pytest.mark.parametrize(
    "text",
    [
        '{"version": 6, "window": {}}',
        TWO.to_json().replace("hot-iron", "hot-iron", 1).replace('"ramp": 0.25', '"ramp": 7'),
        TWO.to_json().replace('"opacity": 0.5', '"opacity": "much"'),
        STATE.to_json().replace('"member": 0', '"member": -1'),
    ],
)
def test_a_record_of_layers_that_is_none_is_a_clear_error(text):
    with pytest.raises(ViewError):
        ViewState.from_json(text)


def test_what_all_layers_share_stays_in_the_state():
    both = replace(TWO, slab=Slab(10, "mean"))
    assert json.loads(both.to_json())["slab"] == {"thickness": 10.0, "blend": "mean"}


def test_regions_come_back_and_are_written_as_version_7():
    shown = replace(STATE, regions=(RegionLook(), RegionLook(segments=(3, 1), fill=0.0)))
    written = json.loads(shown.to_json())
    assert written["version"] == 7
    assert written["regions"] == [{}, {"segments": [1, 3], "fill": 0.0}]
    assert ViewState.from_json(shown.to_json()) == shown
    assert ViewState.from_json(json.dumps(written)).to_json() == shown.to_json()
    assert "regions" not in json.loads(TWO.to_json())


def test_levels_come_back_and_are_written_as_version_7():
    lines = TWO.with_look(levels=(20, 40.5), level_base=60, level_base_name="prescription")
    written = json.loads(lines.to_json())
    assert written["version"] == 7
    assert written["layers"][1]["levels"] == [20.0, 40.5]
    assert ViewState.from_json(lines.to_json()) == lines


@pytest.mark.parametrize(
    ("look", "says"),
    [
        ({"outline": -1}, "outline -1 of a layer: give 0 to 20 pixels"),
        ({"fill": 1.5}, "fill 1.5 of a layer: give 0 to 1"),
        ({"rendering": "bone"}, "rendering 'bone' of regions: give surface or none"),
    ],
)
def test_a_look_that_regions_cannot_have_is_one_clear_line(look, says):
    with pytest.raises(ViewError, match=says):
        RegionLook(**look)
    written = {**json.loads(replace(STATE, regions=(RegionLook(),)).to_json()), "regions": [look]}
    with pytest.raises(ViewError, match=says):
        ViewState.from_json(json.dumps(written))


def test_regions_are_seen_by_number_where_any_are_shown():
    look = RegionLook(segments=(2,))
    assert [look.sees(n) for n in (1, 2)] == [False, True]
    assert RegionLook().sees(9)
    assert not RegionLook(shown=False).sees(9)
    state = replace(STATE, regions=(look,)).with_region(0, shown=False)
    assert not state.regions[0].sees(2)
    with pytest.raises(ViewError, match="there are no regions 1: the state has 1"):
        state.with_region(1, shown=True)


def test_a_stretched_transfer_function_is_written_as_version_9_and_others_as_ever():
    wide = STATE.with_look(0, rendering_stretch=2.5)
    written = json.loads(wide.to_json())
    assert (written["version"], written["layers"][0]["rendering_stretch"]) == (9, 2.5)
    assert ViewState.from_json(wide.to_json()) == wide
    assert wide.with_look(0, rendering_stretch=1.0).to_json() == STATE.to_json()
    assert "rendering_stretch" not in STATE.to_json()
