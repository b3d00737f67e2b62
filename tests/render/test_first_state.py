"""What a volume is first seen with."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.render.markers import DIRECTIONS
from viewer3d import Layer, phantom
from viewer3d.core.layers import place_layers
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.first_state import first_look, first_slices_state, first_state


@pytest.mark.parametrize("direction", list(DIRECTIONS))
@pytest.mark.parametrize("shape", [(6, 8, 4), (7, 8, 5), (1, 2, 300)])
def test_the_first_cursor_lies_on_the_centre_of_a_voxel(direction, shape):
    affine = np.eye(4)
    affine[:3, :3] = DIRECTIONS[direction] * (0.7, 1.1, 2.5)
    affine[:3, 3] = -310.7, 22.45, 1403.3
    volume = Volume.from_array(np.zeros(shape, np.int16), affine)
    index = volume.geometry.world_to_index(first_state(volume).cursor)
    np.testing.assert_allclose(index, np.array(shape) // 2, atol=1e-6)


@pytest.fixture
def pet():
    values = np.random.default_rng(3).integers(0, 900, (12, 10, 8)).astype(np.int16)
    return Volume.from_array(values, np.diag([2.0, 2, 3, 1]), modality="PT", unit="Bq/ml")


def test_pet_is_first_seen_dark_on_white_in_grey_alone(pet):
    assert first_state(pet, "axial").look.inverted
    hot = first_state(pet, "axial", colors="hot")
    assert (hot.look.colors, hot.look.inverted) == ("hot", False)
    assert first_slices_state(pet, None, "hot") == first_slices_state(pet).with_look(colors="hot", inverted=False)


@pytest.mark.parametrize(("blend", "opacity", "ramp"), [("over", 0.7, 0.25), ("split", 1, 0), ("checkerboard", 1, 0)])
def test_layers_that_part_a_pane_are_first_opaque(pet, blend, opacity, ramp):
    (_, layer) = place_layers(pet, Layer(pet, look={"blend": blend})).layers
    assert (first_look(layer).opacity, first_look(layer).ramp) == (opacity, ramp)
    (_, layer) = place_layers(pet, Layer(pet, look={"blend": blend, "opacity": 0.4, "ramp": 0.1})).layers
    assert (first_look(layer).opacity, first_look(layer).ramp) == (0.4, 0.1)


def test_a_first_state_goes_through_the_place_that_is_given(pet):
    state = first_state(pet, "mpr", at="index:2,3,4")
    np.testing.assert_allclose(pet.geometry.world_to_index(state.cursor), (2, 3, 4), atol=1e-9)
    assert replace(state, cursor=first_state(pet, "mpr").cursor) == first_state(pet, "mpr")
    with pytest.raises(ViewError, match="outside"):
        first_state(pet, "mpr", at=(1e5, 0, 0))


def test_the_first_state_of_slices_is_that_of_a_view_without_3d():
    body = phantom.volume(shape=(90, 76, 40))
    assert first_slices_state(body, view="mpr") == first_state(body, "mpr")
    whole, slices = first_state(body, "quad"), first_slices_state(body)
    assert whole.look.couch_hidden
    assert whole.camera != slices.camera
    assert replace(whole, camera=slices.camera).with_look(couch_hidden=False) == slices


def test_states_begin_in_no_other_place():
    package = Path(viewer3d.__file__).parent
    callers = [path for path in package.rglob("*.py") if re.search(r"\bstate_of_geometry\(", path.read_text())]
    assert sorted(path.relative_to(package).as_posix() for path in callers) == [
        "core/view/state.py",
        "render/first_state.py",
    ]
