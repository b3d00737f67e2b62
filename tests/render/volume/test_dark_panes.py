"""A 3D pane is never black without a word."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.core.view.camera import Camera
from viewer3d.core.view.state import Box, ViewState
from viewer3d.core.volume import Volume
from viewer3d.render.first_state import first_state
from viewer3d.render.marks.display_list import Text
from viewer3d.render.scene import Scene, drawn_of

SIZE = (300, 300)


def cube(value: int) -> Volume:
    voxels = np.full((24, 24, 24), -1000, np.int16)
    voxels[8:16, 8:16, 8:16] = value
    return Volume.from_array(voxels, np.diag([2.0, 2.0, 2.0, 1.0]), unit="HU", modality="CT")


def words(volume: Volume, state: ViewState, quality: str = "still") -> list[str]:
    """Return the sentences in the middle of the 3D pane."""
    with Scene(volume, SIZE) as scene:
        scene.apply(state, quality)
        marks = drawn_of(scene, "3d")[1]
        return [
            one.text for one in marks if isinstance(one, Text) and abs(one.y - SIZE[1] / 2) < 60 and len(one.text) > 3
        ]


def bone(volume: Volume) -> ViewState:
    return first_state(volume, "3d").with_look(0, rendering="ct-bone")


@pytest.mark.parametrize("quality", ["still", "interactive"])
def test_what_is_seen_needs_no_word(opengl, quality):
    assert words(cube(1500), bone(cube(1500)), quality) == []


@pytest.mark.parametrize("quality", ["still", "interactive"])
def test_a_transfer_function_that_shows_nothing_is_named(opengl, quality):
    assert " ".join(words(cube(-900), bone(cube(-900)), quality)) == "Nothing is visible here with Bone."


def test_a_crop_box_around_nothing_is_named(opengl):
    state = replace(bone(cube(1500)), crop=Box((0.0, 0.0, 0.0), (6.0, 6.0, 6.0)))
    assert " ".join(words(cube(1500), state)) == "Nothing is visible in the crop box with Bone."


def test_a_few_specks_are_hardly_anything(opengl):
    far = bone(cube(1500)).with_camera(Camera((23.0, -3000.0, 23.0), (23.0, 23.0, 23.0)))
    assert " ".join(words(cube(1500), far)) == "Hardly anything is visible here with Bone."


@pytest.mark.parametrize(
    ("camera", "said"),
    [
        (Camera((23.0, -200.0, 23.0), (23.0, -400.0, 23.0)), "The volume lies behind the eye."),
        (Camera((823.0, -200.0, 23.0), (823.0, 23.0, 23.0)), "The volume lies beside what this pane shows."),
    ],
)
def test_a_volume_out_of_sight_is_told(opengl, camera, said):
    assert " ".join(words(cube(1500), bone(cube(1500)).with_camera(camera))) == said
