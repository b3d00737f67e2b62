"""What of a state's layers the 3D pane draws, and what is said of it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.render.couch_scenes import trunk_on_couch
from viewer3d.core.layers import Layer
from viewer3d.core.view.state import Box
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.scene import Scene, prepare_interactive, refine_still
from viewer3d.render.volume.request import render_request, together_notes

ROOT = Path(__file__).parents[3]
SIZE = (340, 330)
MATRIX = np.array([[0.96, -0.28, 0, 4], [0.28, 0.96, 0, -3], [0, 0, 1, 2], [0, 0, 0, 1]])


def block(inside, outside, part, **about):
    """A block of one value in another, 2 mm voxels about the origin."""
    voxels = np.full((40, 40, 40), outside, np.float32)
    voxels[part] = inside
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -39
    return Volume.from_array(voxels, affine, **about)


CT = block(1000, -1000, np.s_[20:34, 6:34, 6:34], unit="HU", modality="CT")
PET = block(7, 0, np.s_[8:18, 10:30, 10:30], unit="SUVbw", modality="PT")


def scene_of(look, *more):
    return Scene(CT, SIZE, overlays=[Layer(PET, transform=MATRIX, look=look), *more])


def state_of(scene, view="3d"):
    return with_first_looks(first_state(CT, view), scene.placed)


def test_an_overlay_is_in_3d_where_it_was_asked_for():
    scene = scene_of({"rendering": "auto"})
    state = state_of(scene)
    assert state.layers[1].rendering == "pet-uptake"  # a projection of the highest activity lies at no depth
    request = render_request(CT, state, SIZE, scene.layers[1:])
    assert [(other.name, other.look.preset) for other in request.others] == [("PET", "pet-uptake")]
    np.testing.assert_allclose(request.others[0].volume.affine, MATRIX @ PET.affine)
    assert request.others[0].titles("still") == ("PET: Uptake, SUV 2.5 to 12",)
    assert request.others[0].titles("interactive") == ("PET: not drawn while this moves",)
    for change in ({"rendering": "none"}, {"shown": False}):
        assert render_request(CT, state.with_look(1, **change), SIZE, scene.layers[1:]).others == ()
    first = state_of(scene_of({}))
    assert first.layers[1].rendering == "none"
    assert render_request(CT, first, SIZE, scene.layers[1:]) == render_request(CT, first_state(CT, "3d"), SIZE)


def test_the_couch_of_a_second_ct_is_left_out_as_that_of_the_first():
    ct = trunk_on_couch().volume()
    scene = Scene(ct, SIZE, overlays=[Layer(ct, "after", look={"rendering": "ct-skin"}, same_frame=True)])
    state = with_first_looks(first_state(ct, "3d"), scene.placed)
    assert [look.couch_hidden for look in state.layers] == [True, True]
    (other,) = render_request(ct, state, SIZE, scene.layers[1:]).others
    assert other.titles("still")[0] == "after: Skin"
    assert other.titles("still")[1].startswith("after: couch hidden, ")
    asked = Layer(ct, same_frame=True, look={"rendering": "ct-skin", "couch_hidden": False})
    scene = Scene(ct, SIZE, overlays=[asked])
    assert not with_first_looks(first_state(ct, "3d"), scene.placed).layers[1].couch_hidden


ODD = {
    "constant": np.full((6, 5, 4), 3.0),
    "of nothing": np.full((6, 5, 4), np.nan),
    "one slice": np.arange(30.0).reshape(6, 5, 1),
    "some nothing": np.where(np.arange(120).reshape(6, 5, 4) % 3 == 0, np.nan, 9.0),
    "longer than a texture": np.where(np.arange(2500) % 2, 9.0, 0.0).reshape(1, 1, -1) * np.ones((2, 2, 1)),
    "whole numbers": np.arange(120, dtype=np.int16).reshape(6, 5, 4),
}


@pytest.mark.parametrize("values", list(ODD.values()), ids=list(ODD))
@pytest.mark.parametrize("unit", ["SUVbw", ""])
def test_odd_overlays_are_drawn_and_what_is_before_them_stays(opengl, values, unit):
    other = Volume.from_array(values, np.diag([3.0, 3.0, 3.0 if values.shape[2] < 9 else 0.02, 1.0]), unit=unit)
    size = SIZE[0] // 3, SIZE[1] // 3
    with Scene(CT, size, overlays=[Layer(other, transform=np.eye(4), look={"rendering": "pet-uptake"})]) as scene:
        state = state_of(scene)
        scene.apply(state.with_look(1, shown=False))
        alone = scene.screenshot()
        scene.apply(state)
        assert scene.picture.max() > 200
        assert np.abs(scene.picture.astype(int) - alone).mean() < 8  # samples lie elsewhere


def test_what_it_costs_is_said_before():
    scene = scene_of({"rendering": "auto"})
    for view in ("3d", "quad"):
        (note,) = together_notes(state_of(scene, view))
        assert "two to four times as long" in note
    (note,) = together_notes(state_of(scene).with_look(0, rendering="ct-mip"))
    assert note.startswith("The 3D pane shows the base alone: ct-mip")
    for state in (state_of(scene, "mpr"), state_of(scene_of({})), first_state(CT, "3d")):
        assert together_notes(state) == ()


def test_an_overlay_that_cannot_be_drawn_beside_another_volume_is_refused():
    for name, message in (
        ("pet-mip", "pet-mip shows the highest value behind each pixel, at no depth: beside .* auto, mr-default"),
        ("ct-bone", "ct-bone is for values in HU"),
        ("bones", "no transfer function is named 'bones': give one of auto, mr-default, mr-angio, pet-uptake"),
    ):
        with pytest.raises(ViewError, match=message):
            state_of(scene_of({"rendering": name}))
        with scene_of({"rendering": "auto"}) as scene, pytest.raises(ViewError, match=message):
            scene.apply(state_of(scene).with_look(1, rendering=name))


def test_what_a_key_leaves_no_room_for_is_said_in_the_pane(opengl):
    """A window goes through transfer functions of the base and hides overlays: nothing of that is an error."""
    scene = scene_of({"rendering": "auto"}, Layer(PET, "later", transform=np.eye(4), look={"rendering": "auto"}))
    state = state_of(scene)
    request = render_request(CT, state, SIZE, scene.layers[1:])
    assert [other.name for other in request.others] == ["later"]  # the highest
    assert request.left_out == ("PET: not drawn, 2 volumes at most",)
    request = render_request(CT, state.with_look(2, shown=False), SIZE, scene.layers[1:])
    assert [other.name for other in request.others] == ["PET"]
    mip = state.with_look(0, rendering="ct-mip")
    request = render_request(CT, mip, SIZE, scene.layers[1:])
    assert request.others == ()
    assert request.left_out[0] == "later: not drawn beside MIP, which has no depth"
    with scene:
        scene.apply(mip)
        said = scene.screenshot()
        scene.apply(mip.with_look(1, shown=False).with_look(2, shown=False))
        assert (said != scene.picture).any()


def orange(pixels):
    return (pixels[..., 0] > pixels[..., 2].astype(int) + 80).sum()


def test_a_scene_draws_both_in_a_still_and_the_base_while_it_moves(opengl):
    with scene_of({"rendering": "auto"}) as scene:
        state = state_of(scene)
        scene.apply(state.with_look(1, rendering="none"))
        alone = scene.screenshot()
        scene.apply(state)
        both = scene.screenshot()
        assert orange(both) > 1000 > 5 * orange(alone)
        # The law of redraws: nothing is drawn twice, and any change of a look that is seen is drawn.
        assert scene.apply(state) == ()
        shifted = state.with_look(1, rendering_shift=20.0)
        assert scene.apply(shifted) == ("3d",)
        assert orange(scene.picture) < 300
        cropped = replace(state, crop=Box((-100, -100, 0), (100, 100, 100)))
        assert scene.apply(cropped) == ("3d",)
        assert 0.3 < orange(scene.picture) / orange(both) < 0.7
        moved = state.with_camera(replace(state.camera, up=(0.2, 0, 1)))
        assert scene.apply(moved, "interactive") == ("3d",)
        if opengl.is_software:
            assert orange(scene.picture) < 300
            assert scene.apply(moved) == ("3d",)
        assert orange(scene.picture) > 1000
        scene.apply(state)
        np.testing.assert_array_equal(scene.picture, both)


def test_between_events_both_are_drawn_in_strips(opengl):
    """As a window does when it rests: it is what is drawn at once, also when a motion came in between."""
    if not opengl.is_software:
        pytest.skip("a graphics card draws all in one go")
    with scene_of({"rendering": "auto"}) as scene, scene_of({"rendering": "auto"}) as other:
        state = state_of(scene)
        moved = state.with_camera(replace(state.camera, up=(0.3, 0, 1)))
        scene.apply(state)
        prepare_interactive(scene)
        scene.apply(moved, "interactive")
        for _ in range(3):
            assert not refine_still(scene)
        scene.apply(state, "interactive")
        scene.apply(moved, "interactive")
        strips = 1
        while not refine_still(scene):
            strips += 1
        assert strips > 2
        scene.apply(moved)
        other.apply(moved)
        np.testing.assert_array_equal(scene.picture, other.picture)


def test_slices_that_stand_in_3d_are_fused(opengl):
    looks = {"opacity": 1.0, "ramp": 0.25, "window": "0-10"}
    with scene_of(looks) as scene:
        state = replace(state_of(scene).with_cursor((0, 0, 0)), planes_shown=True)
        scene.apply(state)
        fused = scene.screenshot()
        scene.apply(state.with_look(1, shown=False))
        assert orange(fused) > orange(scene.picture) + 500


SCRIPT = """
import hashlib
from tests.render.volume.test_request import scene_of, state_of
with scene_of({"rendering": "auto"}) as scene:
    scene.apply(state_of(scene))
    print(hashlib.sha256(scene.picture.tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_two_processes_draw_the_same_bytes(opengl):
    with scene_of({"rendering": "auto"}) as scene:
        scene.apply(state_of(scene))
        own = hashlib.sha256(scene.picture.tobytes()).hexdigest()
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == own
