"""What is to be written of the layers of a scene."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from tests.conftest import SHARED
from viewer3d import Volume
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.state import Pointer
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.marks.boxes import mark_box
from viewer3d.render.marks.display_list import Text
from viewer3d.render.marks.layer_labels import (
    MATRIX_NOTE,
    TRUST_NOTE,
    UNKNOWN_NOTE,
    identity_lines,
    layer_labels,
    read_layers,
)
from viewer3d.render.marks.measurements import COLOR
from viewer3d.render.panes import pane_geometry
from viewer3d.render.scene import Scene

TIMES = np.arange(4 * 4 * 4, dtype=np.float32).reshape(4, 4, 4)


def made(unit="HU", frame="1.2", **about):
    modality = {"HU": "CT", "SUVbw": "PT"}.get(unit, "OT")
    return Volume.from_array(TIMES, np.eye(4), unit=unit, modality=modality).with_info(
        frame_of_reference=frame, **about
    )


def placed(base, *overlays):
    found = place_layers(base, overlays)
    return found.layers, with_first_looks(first_state(found.layers[0].volume, "axial"), found)


def drawn_texts(monkeypatch, base, overlays, state, size=(600, 450)):
    """The texts of all panes that are drawn."""
    return [one.text for one in drawn_marks(monkeypatch, base, overlays, state, size) if isinstance(one, Text)]


def drawn_marks(monkeypatch, base, overlays, state, size=(600, 450)):
    found = []
    with Scene(base, size, overlays=overlays) as scene:
        draw = scene._raster.draw
        monkeypatch.setattr(
            scene._raster, "draw", lambda pixels, marks: found.extend(marks) or draw(pixels, marks), raising=False
        )
        scene.apply(state)
    return found


def test_a_scene_of_one_layer_needs_no_name():
    layers, state = placed(made())
    (label,) = layer_labels(layers, state)
    assert (label.name, label.unit, label.is_muted, label.how) == ("", "HU", False, "")


def test_layers_that_are_not_shown_are_not_written_and_the_others_keep_their_names():
    layers, state = placed(made(), made("SUVbw"))
    assert [one.name for one in layer_labels(layers, state)] == ["CT", "PET"]
    assert [one.name for one in layer_labels(layers, state.with_look(1, shown=False))] == ["CT"]
    hidden = state.with_look(0, shown=False)
    assert [one.name for one in layer_labels(layers, hidden)] == ["PET"]
    read = read_layers(layers, hidden, (1, 1, 1))
    assert (read.values, read.has_index) == ((21.0,), False)


def test_all_but_the_active_layer_are_muted_in_a_window_and_none_on_a_page():
    layers, state = placed(made(), made("SUVbw"))
    state = replace(state, active=1)
    assert [one.is_muted for one in layer_labels(layers, state)] == [True, False]
    assert not any(one.is_muted for one in layer_labels(layers, state, marks_active=False))


def test_the_base_is_everywhere_whatever_its_look_says():
    layers, state = placed(made(), made("SUVbw"))
    state = state.with_look(0, blend="split").with_look(1, opacity=1.0)
    assert [(one.how, one.look.blend) for one in layer_labels(layers, state)] == [("", "over")] * 2


@pytest.mark.parametrize(
    ("look", "text"),
    [
        ({"opacity": 1.0}, ""),
        ({"opacity": 0.5}, "50 %"),
        ({"opacity": 1.0, "blend": "split"}, "right of the line"),
        ({"opacity": 0.254, "blend": "checkerboard"}, "25 %   checkerboard"),
    ],
)
def test_opacity_and_blend_are_said_where_they_are_not_the_usual_ones(look, text):
    layers, state = placed(made(), made("SUVbw"))
    state = state.with_look(1, **look).with_look(0, opacity=0.3)
    assert [one.how for one in layer_labels(layers, state)] == ["", text]


@pytest.mark.parametrize(
    ("own", "frame", "given", "note"),
    [
        ("1.2", "1.2", {}, ""),
        ("1.2", "1.2", {"same_frame": True}, ""),
        ("1.2", "1.3", {"same_frame": True}, TRUST_NOTE),
        ("", "", {"same_frame": True}, TRUST_NOTE),
        ("1.2", "", {}, UNKNOWN_NOTE),
        ("", "", {}, UNKNOWN_NOTE),
        ("1.2", "1.3", {"transform": np.eye(4)}, MATRIX_NOTE),
        ("1.2", "1.2", {"transform": np.eye(4)}, MATRIX_NOTE),
    ],
)
def test_it_is_said_what_a_layer_was_placed_by(own, frame, given, note, monkeypatch):
    base, overlay = made(frame=own), Layer(made("SUVbw", frame), **given)
    layers, state = placed(base, overlay)
    assert [one.note for one in layer_labels(layers, state)] == ["", note]
    texts = drawn_texts(monkeypatch, base, [overlay], state)
    assert (f"PET {note}" in texts) == bool(note)


@pytest.mark.parametrize("is_monochrome1", [False, True])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_bar_is_white_where_the_slice_is(is_monochrome1, inverted):
    layers, state = placed(made(), made("SUVbw", inverted=is_monochrome1))
    label = layer_labels(layers, state.with_look(1, inverted=inverted))[1]
    assert label.inverted == (is_monochrome1 != inverted)


def test_labels_of_measurements_keep_clear_of_the_texts_of_layers(monkeypatch):
    base, pet = made(), made("SUVbw")
    state = placed(base, pet)[1]
    pane = pane_geometry(base.geometry, state, "axial", (600, 450))
    points = tuple(tuple(float(v) for v in pane.to_world(pixel)) for pixel in ((120, 380), (200, 380)))
    line = Measurement("distance", points, pane.plane.right, pane.plane.down, "lesion")
    state = replace(state, measurements=(line,), pointer=Pointer("axial", (1.0, 1.0, 1.5)))
    texts = [one for one in drawn_marks(monkeypatch, base, [pet], state) if isinstance(one, Text)]
    own = [one for one in texts if one.color == COLOR]
    others = [one for one in texts if one.color != COLOR]
    assert own[0].text == "lesion"
    assert sum(mark_box(one).common(mark_box(other)) for one in own for other in others) == 0


def test_members_of_each_set_are_named(monkeypatch):
    times = [made("SUVbw", which={"time": float(n)}) for n in range(3)]
    layers, state = placed(made(), Layer(times))
    assert [one.member for one in layer_labels(layers, state.with_look(1, member=1))] == ["", "time 2 of 3"]
    assert "PET time 2 of 3" in drawn_texts(monkeypatch, made(), [Layer(times)], state.with_look(1, member=1))


def test_names_of_the_patient_are_written_once_and_others_with_their_layers(monkeypatch):
    jane, john = ("Doe, Jane", "ID 7"), ("Doe, John", "ID 8")
    base, same, other = made(identity=jane), made("SUVbw", identity=jane), made("relative", identity=john)
    layers, state = placed(base, same, Layer(other, name="dose"))
    texts = drawn_texts(monkeypatch, base, [same, Layer(other, name="dose")], state)
    expected = ("CT, PET: Doe, Jane", "ID 7", "dose: Doe, John", "ID 8")
    assert identity_lines(layers, state) == expected
    assert [text for text in texts if "Doe" in text or text.startswith("ID")] == list(expected)
    assert identity_lines(layers, state.with_look(2, shown=False)) == jane
    assert identity_lines(layers, state.with_look(0, shown=False)) == expected
    assert identity_lines(*placed(made())) == ()


@pytest.mark.parametrize("interpolation", ["linear", pytest.param("nearest", marks=pytest.mark.slow)])
def test_readouts_of_the_real_pair_are_written_on_the_picture(real, interpolation, monkeypatch):
    ct, pet = viewer3d.load(real("ct_torso_acrin")), viewer3d.load(real("pet_ac_bqml"))
    fusion = json.loads((SHARED / "expected-overlays.json").read_text(encoding="utf-8"))["fusion"]
    first = with_first_looks(first_state(ct, "axial"), place_layers(ct, [pet]))
    for one in fusion["readouts"]:
        lps = tuple(map(float, one["lps"]))
        state = replace(first.with_cursor(lps), pointer=Pointer("axial", lps), interpolation=interpolation)
        texts = drawn_texts(monkeypatch, ct, [pet], state)
        if interpolation == "nearest":
            hounsfield = one.get("ct_hu", one.get("ct_hu_nearest"))
            assert any(text.startswith(f"{hounsfield} HU   ") for text in texts)
        suv = one.get(f"pet_suvbw_{interpolation}", one["pet_suvbw_nearest"])
        (written,) = {text for text in texts if text.endswith(" SUVbw") and text[0].isdigit()} - {"5.0 SUVbw"}
        assert float(written.split()[0]) == pytest.approx(suv, rel=5.1e-4)  # four digits
