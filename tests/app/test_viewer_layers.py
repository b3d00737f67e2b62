"""A viewer of layers: what it draws, samples, saves and calls back, and what it begins with."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from tests.app.conftest import SIZE, MemoryScreen
from viewer3d.app.opening import overlays_over
from viewer3d.app.show import read_state
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.handles import handle_marks
from viewer3d.app.window.measurement_list import list_marks
from viewer3d.app.window.presenter import volume_view
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.provenance import Provenance
from viewer3d.core.view.look import NOT_RENDERED, RegionLook
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.state import ViewState
from viewer3d.core.window import Window
from viewer3d.errors import ViewError
from viewer3d.render.shot import screenshot
from viewer3d.render.slices.sample import Sampler


def test_what_is_seen_is_what_a_screenshot_of_its_state_is(fused, ct, pet, tmp_path):
    for keys in ((), ("N", "4", "asterisk"), ("B", "k"), ("B", "N", "2"), ("space",)):
        for key in keys:
            fused.interactor.key(key)
        fused.render()
        pixels = fused.screenshot(tmp_path / "a.png")
        np.testing.assert_array_equal(pixels, screenshot(ct, state=fused.state, size=SIZE, overlays=[pet]))
        np.testing.assert_array_equal(fused._scene.picture, pixels)
    assert read_state(tmp_path / "a.png") == fused.state
    assert [layer.name for layer in fused.layers] == ["CT", "PET"]


def test_the_screen_shows_the_picture_of_layers(ct, pet):
    screen = MemoryScreen((400, 300))
    with Viewer(ct, "mpr", screen=screen, overlays=pet) as viewer:
        viewer.process_events()
        np.testing.assert_array_equal(screen.pixels, screenshot(ct, view="mpr", size=(400, 300), overlays=[pet]))
        assert screen.title == "viewer3d CT + PET"


def test_a_saved_picture_and_state_keep_the_overlay(fused, ct, pet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for key in ("N", "3", "ampersand", "s", "ctrl+s"):
        fused.interactor.key(key)
    assert fused.note.startswith("saved ")
    (picture,), (state,) = tmp_path.glob("*.png"), tmp_path.glob("*.json")
    assert read_state(picture) == read_state(state) == fused.state
    assert len(json.loads(state.read_text())["layers"]) == 2
    again = viewer3d.screenshot(ct, state=read_state(state), size=SIZE, overlays=[pet])
    np.testing.assert_array_equal(again, fused.screenshot())


@pytest.fixture
def sampled(monkeypatch):
    """The names of the volumes that are sampled."""
    seen, values = [], Sampler.values

    def counted(self, *given):
        seen.append(self)
        return values(self, *given)

    monkeypatch.setattr(Sampler, "values", counted)
    return seen


@pytest.mark.parametrize("active", [0, 1])
def test_window_colours_opacity_and_blend_cost_no_sampling(fused, sampled, active):
    fused.state = replace(fused.state, active=active)
    fused.render()
    assert sampled
    sampled.clear()
    rect = fused.interactor.context.rect(fused.state, "axial")
    fused.interactor.press("left", rect.left + 40, rect.top + 100)
    for step in range(1, 4):
        fused.interactor.move(rect.left + 40 + 9 * step, rect.top + 100)
        fused.render()
    fused.interactor.release("left")
    for key in ("ampersand", "k", "j", "B", "B", "space", "space", "i", "2"):
        fused.interactor.key(key)
        fused.render()
    fused.state = fused.state.with_look(1, split=0.2)
    fused.render()
    assert sampled == []
    fused.interactor.key("Up")
    fused.render()
    assert sampled


def test_3d_is_not_drawn_again_for_looks_that_it_does_not_show(fused):
    state = fused.state
    assert state.layers[1].rendering == NOT_RENDERED
    changes = {"window": Window(1, 2), "opacity": 0.1, "colors": "viridis", "shown": False, "member": 3, "split": 0.1}
    for name, value in changes.items():
        changed = state.with_look(1, **{name: value})
        assert volume_view(changed) == volume_view(state), name
        with_slices = replace(state, planes_shown=True)
        assert volume_view(replace(changed, planes_shown=True)) != volume_view(with_slices), name
    assert volume_view(state.with_look(1, rendering="auto")) != volume_view(state)
    assert volume_view(replace(state, active=1)) == volume_view(state)


def test_the_split_line_has_a_handle_in_every_slice(fused):
    fused.state = fused.state.with_look(1, blend="split", split=0.25)
    for plane, marks in handle_marks(fused.state, fused.interactor.context, fused.interactor.position).items():
        column = round(0.25 * fused.interactor.context.rect(fused.state, plane).width) - 0.5
        points = np.array([point for mark in marks for point in mark.points])
        assert points[:, 0].min() + points[:, 0].max() == pytest.approx(2 * column)
    assert (
        handle_marks(fused.state.with_look(1, shown=False), fused.interactor.context, fused.interactor.position) == {}
    )


def test_callbacks_get_the_window_of_the_active_layer(fused):
    calls = []
    fused.on_window(calls.append)
    fused.interactor.key("3")
    assert calls == [fused.state.layers[0].window]
    fused.interactor.key("N")
    fused.interactor.key("3")
    assert calls[1:] == [Window(2.5, 5, "LINEAR_EXACT"), fused.state.layers[1].window]
    fused.interactor.key("ampersand")
    assert len(calls) == 3


def test_a_state_of_fewer_layers_is_filled_and_of_more_refused(ct, pet, fused):
    of_one = Viewer(ct, "axial", SIZE, off_screen=True).state
    with Viewer(ct, size=SIZE, off_screen=True, state=of_one, overlays=[pet]) as viewer:
        assert viewer.state.layers == fused.state.layers
        assert viewer.state.view == "axial"
    with pytest.raises(ViewError, match="the state shows 2 layers, and here are 1"):
        Viewer(ct, size=SIZE, off_screen=True, state=fused.state)
    with pytest.raises(ViewError, match="volume 4 of a set"):
        Viewer(ct, size=SIZE, off_screen=True, state=fused.state.with_look(1, member=3), overlays=[pet])
    with pytest.raises(ViewError, match="frame of reference"):
        Viewer(ct, size=SIZE, off_screen=True, overlays=[pet.with_info(frame_of_reference="9")])


def test_how_an_overlay_was_placed_is_told(ct, pet):
    with Viewer(ct, "mpr", SIZE, off_screen=True, overlays=[Layer(pet, transform=np.eye(4))]) as viewer:
        assert viewer.note == "PET was placed by a given matrix."


def test_another_volume_has_no_overlay_unless_it_is_given(fused, ct, pet):
    fused.interactor.key("N")
    other = ct.with_info(description="other")
    fused.exchange(other)
    assert (len(fused.state.layers), fused.state.active) == (1, 0)
    fused.exchange(ct, overlays=[pet], note="back")
    assert (len(fused.state.layers), fused.note) == (2, "back")
    np.testing.assert_array_equal(fused.screenshot(), screenshot(ct, view="mpr", size=SIZE, overlays=[pet]))


def series(volume, name):
    return volume.with_info(provenance=Provenance(name))


def test_overlays_stay_where_they_lie_and_come_back(ct, pet):
    first, over = series(ct, "ct"), series(pet, "pet")
    placed = place_layers(first, [over]).layers[1:]
    kept, note = overlays_over([series(ct, "other")], placed, [first])
    assert [layer.data for layer in kept] == [(over,)]
    assert note == ""
    elsewhere = [series(ct.with_info(frame_of_reference="9"), "far")]
    assert overlays_over(elsewhere, placed, [first]) == (
        (),
        "PET does not lie in this series and will be back with the first",
    )
    assert overlays_over([over], placed, [first]) == ((), "")  # it is shown itself


@pytest.mark.parametrize("how", [{"transform": np.eye(4)}, {"same_frame": True}])
def test_a_given_place_holds_in_the_frame_of_reference_of_the_first(ct, pet, how):
    unknown = pet.with_info(frame_of_reference="7")
    placed = place_layers(ct, [Layer(unknown, **how)]).layers[1:]
    assert len(overlays_over([ct.with_info(description="same frame")], placed, [ct])[0]) == 1
    assert overlays_over([ct.with_info(frame_of_reference="9")], placed, [ct])[0] == ()
    # Without any frame of reference the same series is known by its digest.
    bare = series(ct.with_info(frame_of_reference=""), "ct")
    placed = place_layers(bare, [Layer(unknown, **how)]).layers[1:]
    assert len(overlays_over([bare.with_info(description="again")], placed, [bare])[0]) == 1
    assert overlays_over([series(bare, "other")], placed, [bare])[0] == ()


def test_twenty_layers(ct, pet):
    with Viewer(ct, "mpr", SIZE, off_screen=True, overlays=[pet] * 20) as viewer:
        for _ in range(21):
            for key in ("N", "1", "ampersand", "B"):
                viewer.interactor.key(key)
        viewer.render()
        assert viewer.state.active == 0
        assert ViewState.from_json(viewer.state.to_json()) == viewer.state


def test_what_is_measured_is_the_active_layer(fused, ct, pet, tmp_path, monkeypatch):
    """Its values with its unit, in the picture, the list, the table and the files; lengths are of no layer."""
    monkeypatch.chdir(tmp_path)
    box = Measurement("rectangle", ((4, 8, 15), (14, 24, 15)), (1, 0, 0), (0, 1, 0))
    length = Measurement("distance", ((4, 8, 15), (14, 8, 15)), (1, 0, 0), (0, 1, 0))
    fused.state = replace(fused.state, measurements=(box, length)).with_cursor((8, 16, 15))
    of_ct, of_pet = viewer3d.measure(ct, box), viewer3d.measure(pet, box)
    assert fused.measurements[0]["mean"] == of_ct.mean
    assert "layer" not in fused.measurements[0]
    fused.state = replace(fused.state, active=1)
    row, other = fused.measurements
    assert (row["mean"], row["unit"], row["layer"]) == (of_pet.mean, "SUVbw", "PET")
    assert "layer" not in other
    assert fused.results.texts(box)[0] == f"PET: {of_pet.texts[0]}"
    assert fused.results.of(length).length == viewer3d.measure(ct, length).length
    assert fused.results.texts(length) == viewer3d.measure(pet, length).texts  # as sure as the layer's voxels are fine
    fused.render()
    np.testing.assert_array_equal(
        fused._scene.picture, screenshot(ct, state=fused.state, size=SIZE, overlays=[pet])
    )  # a picture that is made again has the same numbers
    marks = list_marks(SIZE, fused.state.measurements, fused.results)
    assert any(of_pet.texts[0] in getattr(mark, "text", "") for mark in marks)
    fused.interactor.key("ctrl+e")
    (table,) = tmp_path.glob("*.csv")
    first = next(csv.DictReader(table.read_text().splitlines()))
    assert (float(first["mean"]), first["layer"]) == (of_pet.mean, "PET")
    fused.state = replace(fused.state, active=0)
    assert fused.results.texts(box) == of_ct.texts


def test_other_overlays_over_the_same_view(fused, ct, pet, organs, plan):
    fused.state = replace(fused.state, active=1).with_look(1, opacity=0.3).with_cursor((8, 16, 15))
    before = fused.state
    fused.set_overlays([*fused.placed.overlays, organs])
    assert fused.state == replace(before, regions=(RegionLook(),))
    fused.state = fused.state.with_region(0, segments=(2,))
    fused.set_overlays([*fused.placed.overlays, plan])
    assert [look.segments for look in fused.state.regions] == [(2,), None]
    np.testing.assert_array_equal(
        fused.screenshot(), screenshot(ct, state=fused.state, size=SIZE, overlays=[pet, organs, plan])
    )
    kept = fused.state
    with pytest.raises(ViewError, match="frame of reference"):
        fused.set_overlays([organs.with_info(frame_of_reference="9")])
    assert (fused.state, [one.name for one in fused.placed.overlays]) == (kept, ["PET", "segments", "structures"])
    fused.set_overlays(fused.placed.regions[:1])
    assert (len(fused.layers), fused.state.active, fused.state.regions) == (1, 0, kept.regions[:1])
    fused.interactor.key("r")
    fused.interactor.key("J")
    fused.render()
    fused.set_overlays(())
    assert fused.state.regions == ()
    np.testing.assert_array_equal(fused.screenshot(), screenshot(ct, state=fused.state, size=SIZE))


def test_regions_lie_over_another_series_of_their_frame_of_reference(ct, pet, organs, plan):
    placed = place_layers(ct, [organs, plan])
    over, note = overlays_over((pet,), placed.overlays, (ct,))
    assert ([layer.data for layer in over], note) == ([organs, plan], "")
    elsewhere = pet.with_info(frame_of_reference="9")
    over, note = overlays_over((elsewhere,), placed.overlays, (ct,))
    assert (over, note) == ((), "segments, structures do not lie in this series and will be back with the first")
