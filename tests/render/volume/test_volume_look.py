"""How the 3D pane shows a volume."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import MARKER
from viewer3d import Scene, phantom
from viewer3d.core.view.state import Box
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.recipes.words.views import rendering_words
from viewer3d.render.first_state import first_state
from viewer3d.render.volume.volume_look import VolumeLook, volume_look


def test_a_state_says_how(marked):
    box = Box((0, 0, 0), (1, 1, 1))
    state = replace(first_state(marked, "mpr"), crop=box).with_look(rendering_shift=-40.0, couch_hidden=True)
    assert volume_look(marked, state) == VolumeLook("ct-skin", -40.0, box, couch_hidden=True)
    assert volume_look(marked, state.with_look(rendering="CT Bones")).preset == "ct-bone"


def test_the_couch_is_known_in_hu_only(marked):
    plain = Volume(marked.voxels, marked.geometry)
    state = first_state(plain, "mpr")
    assert volume_look(plain, state).preset == "mr-default"
    with pytest.raises(ViewError, match="leave the couch in"):
        volume_look(plain, state.with_look(couch_hidden=True))
    with pytest.raises(ViewError, match="leave the couch in"):
        first_state(plain, "mpr", couch_hidden=True)


@pytest.mark.parametrize(
    ("shift", "unit", "title"),
    [(0.0, "HU", "Bone"), (40.0, "HU", "Bone +40 HU"), (-2.5, "HU", "Bone -2.5 HU"), (3 * 0.1, "", "Bone +0.3")],
)
def test_the_title_says_the_shift(shift, unit, title):
    volume = Volume.from_array(np.zeros((2, 2, 2)), np.eye(4), unit=unit)
    assert VolumeLook("ct-bone", shift).title(volume) == title


def test_a_state_and_the_title_say_how_wide(marked):
    state = first_state(marked, "mpr").with_look(rendering_stretch=1.5, rendering_shift=40.0, rendering="ct-bone")
    look = volume_look(marked, state)
    assert (look.stretch, look.title(marked)) == (1.5, "Bone +40 HU, width 150 %")
    assert replace(look, shift=0.0).title(marked) == "Bone, width 150 %"
    assert "shifted by 40 HU and 150 % as wide" in rendering_words(state, "HU")[0]
    assert rendering_words(state.with_look(rendering_shift=0.0), "HU")[0].endswith(" 150 % as wide")


def test_a_wider_transfer_function_shows_more(marked, opengl):
    body = phantom.volume(shape=(40, 34, 40))
    state = first_state(body, "3d", rendering="ct-bone")
    with Scene(body, (120, 100)) as scene:
        seen = []
        for stretch in (0.25, 0.5, 1.0, 2.0, 4.0):
            scene.apply(state.with_look(0, rendering_stretch=stretch))
            seen.append(int((scene.picture.max(-1)[20:80, 20:100] > 40).sum()))
    assert seen == sorted(set(seen))


def test_the_extent_is_around_all_that_is_visible(marked):
    world, bounds = marked.geometry.index_to_world(MARKER), marked.geometry.bounds
    box = VolumeLook("ct-bone").extent(marked)
    corners = marked.geometry.index_to_world(np.add(MARKER, [[-1.5] * 3, [1.5] * 3]))
    assert (np.array(box.low) <= corners.min(0)).all()
    assert (np.array(box.high) >= corners.max(0)).all()
    assert (np.abs(np.subtract([box.low, box.high], world)) < 8).all()
    whole = VolumeLook("ct-bone", shift=5000.0).extent(marked)  # nothing is
    np.testing.assert_allclose([whole.low, whole.high], bounds)


@pytest.fixture
def lying():
    """A block of 40 x 40 voxels on a plate of 60 x 2."""
    voxels = np.full((60, 60, 40), -1000, np.int16)
    voxels[10:50, 5:45] = 50
    voxels[:, 55:57] = 50
    return Volume.from_array(voxels, np.diag([2.0, 2.0, 2.0, 1.0]), unit="HU", modality="CT")


def test_the_couch_is_out_of_the_points(lying):
    highest = [VolumeLook("ct-skin", couch_hidden=hidden).points(lying)[:, 1].max() for hidden in (False, True)]
    assert highest == [112.0, 88.0]


def test_how_much_is_left_out_is_said(lying):
    ml = 60 * 2 * 40 * 8 / 1000
    assert VolumeLook("ct-skin", couch_hidden=True).couch_text(lying) == f"couch hidden, {ml:.0f} ml"
    assert not VolumeLook("ct-skin").couch_text(lying)
    nothing = Volume.from_array(np.full((9, 9, 9), -1000, np.int16), np.eye(4), unit="HU")
    assert VolumeLook("ct-skin", couch_hidden=True).couch_text(nothing) == "no couch found"


def test_a_ct_begins_without_a_plain_couch(lying):
    assert first_state(lying, "3d").look.couch_hidden
    assert first_state(lying, "quad").look.couch_hidden
    assert not first_state(lying, "mpr").look.couch_hidden  # shows no 3D: nothing is looked for
    assert not first_state(lying, "3d", couch_hidden=False).look.couch_hidden
    for other in (lying.with_info(modality="PT"), replace(lying, unit=""), lying.with_info(patient_position="HFP")):
        assert not first_state(other, "3d").look.couch_hidden
    without, whole = (first_state(lying, "3d", couch_hidden=hidden).camera for hidden in (None, False))
    assert without.focal_point[1] < whole.focal_point[1]  # it looks at the block alone
