"""Pictures, figures and movies hide a face wherever they show one, and stay as they were where not asked to."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from viewer3d import figures, phantom
from viewer3d.app.opening import begin_view
from viewer3d.app.window.presenter import volume_view
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.mesh import Mesh
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.view.state import ViewState
from viewer3d.errors import ViewError
from viewer3d.phantom.head import NOSE_TIP
from viewer3d.render.face.removal import face_to_hide
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.volume.request import render_request

SMALL = {"size": (300, 260)}


@pytest.fixture(scope="module")
def head():
    return phantom.head(shape=(64, 78, 91), spacing=(3, 3, 3))


def seen_from(head, side, **how):
    return figures.directions(head, side, "ct-skin", **SMALL, **how).pixels.astype(int).sum(2) > 150


@pytest.mark.slow
@pytest.mark.usefixtures("opengl")
def test_the_profile_is_cut_from_both_sides(head):
    state = first_state(head, "3d", rendering="ct-skin")
    pictures = []
    for hidden in (False, True):
        for side in "LR":
            made = figures.directions(head, side, state=state, face_hidden=hidden, size=(300, 300))
            pictures.append(made.pixels.astype(int).sum(2) > 150)
    left, right, left_hidden, right_hidden = pictures
    for whole, hidden in ((left, left_hidden), (right, right_hidden)):
        assert np.count_nonzero(hidden) < np.count_nonzero(whole)
    # From behind nothing is seen to be missing.
    behind = [np.count_nonzero(seen_from(head, "P", face_hidden=hidden)) for hidden in (False, True)]
    assert abs(behind[0] - behind[1]) < 0.05 * behind[0]


@pytest.mark.usefixtures("opengl")
def test_a_picture_says_that_a_face_is_hidden_and_replays(head, tmp_path):
    path, data = tmp_path / "head.png", viewer3d.save(head, tmp_path / "head.nii")
    made = viewer3d.screenshot(data, path, view="3d", face_hidden=True, **SMALL)
    assert (made != viewer3d.screenshot(data, view="3d", **SMALL)).any()
    assert viewer3d.read_recipe(path).state.layers[0].face_hidden
    again = tmp_path / "again.png"
    assert viewer3d.replay(path, data, again).is_same
    assert again.read_bytes() == path.read_bytes()


def test_slices_stay(head):
    plain = viewer3d.screenshot(head, view="mpr", **SMALL)
    assert (viewer3d.screenshot(head, view="mpr", face_hidden=True, **SMALL) == plain).all()


def test_states_hold_it_and_others_are_written_as_ever(head):
    state = first_state(head, "mpr")
    assert "face_hidden" not in state.to_json()
    hidden = state.with_look(0, face_hidden=True)
    assert json.loads(hidden.to_json())["version"] == 8
    assert ViewState.from_json(hidden.to_json()) == hidden
    assert volume_view(hidden) != volume_view(state)  # the window draws 3D again


def test_a_face_that_is_not_there_is_an_error_of_all_that_could_show_one():
    torso = phantom.volume(shape=(30, 22, 28))
    calls = [
        lambda: viewer3d.screenshot(torso, view="3d", face_hidden=True),
        lambda: viewer3d.screenshot(torso, view="axial", face_hidden=True),
        lambda: figures.mips(torso, face_hidden=True),
        lambda: figures.quad(torso, face_hidden=True),
        lambda: figures.turntable(torso, 2, face_hidden=True),
        lambda: viewer3d.surface(torso, -300, face_hidden=True),
    ]
    for call in calls:
        with pytest.raises(ViewError, match="no face was found"):
            call()


def test_maxima_are_without_the_face_and_keep_it_in_their_state(head):
    whole, hidden = (figures.mips(head, size=(900, 400), face_hidden=one, window=(0, 400)) for one in (False, True))
    third = slice(300, 600)
    seen = [np.count_nonzero(one.pixels[:, third].max(2) > 60) for one in (whole, hidden)]
    assert seen[1] < seen[0] - 300
    assert hidden.state.layers[0].face_hidden
    again = figures.mips(head, size=(900, 400), window=(0, 400), state=hidden.state)
    assert (again.pixels == hidden.pixels).all()
    assert "face hidden" in hidden.caption()
    assert "face" not in whole.caption()
    shown = figures.mips(head, size=(900, 400), window=(0, 400), state=hidden.state, face_hidden=False)
    assert (shown.pixels == whole.pixels).all()


def test_maxima_replay(head, tmp_path):
    data = viewer3d.save(head, tmp_path / "head.nii")
    path = figures.mips(data, face_hidden=True, size=(900, 400)).save(tmp_path / "mips.png")
    again = tmp_path / "again.png"
    assert viewer3d.replay(path, data, again).is_same
    assert again.read_bytes() == path.read_bytes()


def test_what_lies_over_it_is_cut_too(head):
    # A second acquisition of the head on another grid, as contrast over it.
    other = phantom.head(shape=(50, 60, 70), spacing=(4, 4, 4))
    state = first_state(head, "3d", face_hidden=True)
    placed = place_layers(head, [Layer(other, look={"rendering": "ct-skin"})])
    state = with_first_looks(state, placed)
    request = render_request(head, state, (100, 100), placed.layers[1:])
    (over,) = request.others
    assert over.look.face == request.look.face
    cut = face_to_hide(head)
    shown = over.look.whole_shown_volume(other)
    world = other.geometry.index_to_world(np.stack(np.nonzero(shown.voxels > -900), 1))
    assert not cut.contains(world).any()
    flat = figures.mips(head, overlays=[other], face_hidden=True, size=(600, 260))
    assert (flat.pixels != figures.mips(head, overlays=[other], size=(600, 260)).pixels).any()


def test_a_face_that_one_layer_hides_is_hidden_in_all(head):
    over = Layer(
        phantom.head(shape=(50, 60, 70), spacing=(4, 4, 4)), look={"rendering": "ct-skin", "face_hidden": True}
    )
    placed = place_layers(head, [over])
    request = render_request(head, with_first_looks(first_state(head, "3d"), placed), (90, 90), placed.layers[1:])
    assert request.look.face is not None
    assert request.others[0].look.face == request.look.face
    flats = [figures.mips(head, overlays=[over], face_hidden=hidden, size=(600, 260)) for hidden in (None, True)]
    seen = [np.count_nonzero(one.pixels[:, 200:400].max(2) > 60) for one in flats]
    assert abs(seen[0] - seen[1]) < 0.01 * seen[1]


def regions_over(head):
    labels = np.where(head.voxels > -300, 1, 0).astype(np.uint8)  # the skin and all in it
    world = head.geometry.index_to_world(np.stack(np.nonzero(labels), 1))
    inner = np.linalg.norm(world - (0, 10, 40), axis=1) < 40
    labels[tuple(np.argwhere(labels)[inner].T)] = 2
    return Segmentation.from_array(labels, head.affine, names={1: "outside", 2: "lesion"})


def test_surfaces_that_would_show_it_are_left_out_and_said(head):
    segmentation = regions_over(head).with_info(frame_of_reference=head.frame_of_reference)
    nose = np.add(NOSE_TIP, [(0, 0, 0), (3, 0, 0), (0, 3, 0), (0, 0, 3)])
    mesh = Mesh(nose.astype(np.float32), np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]), name="mask")
    placed = place_layers(head, [Layer(segmentation), Layer(mesh, same_frame=True)])
    state = with_first_looks(first_state(head, "3d", face_hidden=True), placed)
    request = render_request(head, state, (100, 100), (), placed.regions)
    assert [one.name for one in request.surfaces] == ["lesion"]
    assert sorted(request.left_out) == [
        "mask: no surface, it would show the face",
        "outside: no surface, it would show the face",
    ]
    whole = render_request(head, state.with_look(0, face_hidden=False), (100, 100), (), placed.regions)
    assert len(whole.surfaces) == 3
    with pytest.raises(ViewError, match="'outside' reaches into the face"):
        figures.mips(head, overlays=[segmentation], face_hidden=True)
    lesion = Layer(segmentation, look={"segments": "lesion"})
    assert figures.mips(head, overlays=[lesion], face_hidden=True, size=(600, 260)).pixels.any()


@pytest.mark.usefixtures("opengl")
def test_a_turntable_hides_it(head):
    movie = figures.turntable(head, 4, rendering="ct-skin", face_hidden=True)
    assert all(state.layers[0].face_hidden for state in movie.states)


def test_a_printed_surface_has_no_face(head):
    cut = face_to_hide(head)
    whole, hidden = (viewer3d.surface(head, -300, face_hidden=one) for one in (False, True))
    inside = [cut.contains(np.add(one.points, (0, 4.5, 0))).mean() for one in (whole, hidden)]
    assert inside[0] > 0.1
    assert inside[1] < 0.01
    assert any(note.id == "face.hidden" for note in hidden.notes)
    assert any(note.id == "face.visible" for note in whole.notes)


def test_nothing_is_looked_for_where_nobody_asks(head, monkeypatch):
    def fail(_volume):
        raise AssertionError("a face is looked for")

    monkeypatch.setattr("viewer3d.render.face.removal.find_face", fail)
    fresh = replace(head)
    viewer3d.screenshot(fresh, view="mpr", **SMALL)
    figures.mips(fresh, size=(600, 260))
    render_request(fresh, first_state(fresh, "3d"), (100, 100))


def test_a_window_keeps_it_hidden_in_other_series_and_after_a_reset(head):
    torso = phantom.volume(shape=(30, 22, 28))
    hiding = first_state(head, "quad", face_hidden=True)
    placed, other = place_layers(head, []), place_layers(torso, [])
    assert begin_view(placed, "quad", hiding).layers[0].face_hidden
    assert not begin_view(other, "quad", hiding).layers[0].face_hidden  # there is none
    assert not begin_view(placed, "quad").layers[0].face_hidden
