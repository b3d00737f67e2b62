"""Pictures of several viewers at once, which share what OpenGL has: each is the one that a viewer alone draws."""

from __future__ import annotations

import gc
from dataclasses import replace

import numpy as np
import pytest

from tests.render.volume.shapes import phantom_in_air
from viewer3d.core.view.state import Box
from viewer3d.render.first_state import first_state
from viewer3d.render.scene import Scene, refine_still

SIZES = ((90, 70), (70, 100), (64, 64))
PRESETS = ("ct-bone", "ct-skin", "ct-mip", "ct-lung")


@pytest.fixture
def alone(monkeypatch):
    """Return a function that draws a state in a scene of its own, of a copy of the volumes that VTK keeps."""
    pictures = {}

    def draw(volumes, state, size):
        key = id(volumes), state, size
        if key not in pictures:
            copies = tuple(replace(volume, voxels=volume.voxels.copy(order="F")) for volume in volumes)
            with monkeypatch.context() as patch, Scene(copies, size) as scene:
                patch.setattr("viewer3d.render.volume.renderer.can_lend", lambda _: False)
                scene.apply(state)
                pictures[key] = scene.screenshot()
        return pictures[key]

    return draw


def sets():
    """Three sets of volumes: one with a couch, one of float32 without, and one of two times."""
    volume = phantom_in_air()
    turned = replace(volume, voxels=volume.voxels[::-1, ::-1].astype(np.float32) * 1.1)
    later = replace(volume, voxels=np.roll(volume.voxels, 9, 2))
    return (volume,), (turned,), (volume, later)


def another(rng, volumes, state):
    """Return a state that differs in the 3D pane."""
    look = state.layers[0]
    box = volumes[0].geometry.corners
    low, high = box.min(0) + rng.integers(0, 30, 3), box.max(0) - rng.integers(0, 30, 3)
    ways = (
        lambda: replace(look, rendering=str(rng.choice(PRESETS))),
        lambda: replace(look, rendering_shift=float(rng.choice([-60, 0, 100]))),
        lambda: replace(look, couch_hidden=not look.couch_hidden),
        lambda: replace(look, member=int(rng.integers(len(volumes)))),
    )
    which = int(rng.integers(7))
    if which < 4:
        return replace(state, layers=(ways[which](),))
    if which == 4:
        return replace(state, crop=None if state.crop else Box(tuple(map(float, low)), tuple(map(float, high))))
    if which == 5:
        return replace(state, planes_shown=not state.planes_shown)
    return replace(state, camera=replace(state.camera, up=(float(rng.choice([-0.4, 0.0, 0.4])), 0.0, 1.0)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_of_what_viewers_do_gives_the_pictures_of_a_viewer_alone(opengl, alone, seed):
    rng = np.random.default_rng(seed)
    choices = sets()

    def opened():
        volumes = choices[rng.choice([0, 0, 0, 1, 2])]
        return volumes, Scene(volumes, SIZES[0]), first_state(volumes[0], "3d")

    viewers = [opened() for _ in range(4)]
    for _ in range(100):
        number = int(rng.integers(len(viewers)))
        volumes, scene, state = viewers[number]
        match str(rng.choice(["change", "change", "change", "size", "strips", "move", "close", "drop", "again"])):
            case "change":
                state = another(rng, volumes, state)
            case "size":
                scene.resize(SIZES[rng.integers(3)])
            case "strips":  # some of those of another picture, which is left unfinished or not
                state = another(rng, volumes, state)
                scene.apply(state, "interactive")
                for _ in range(rng.integers(1, 40)):
                    if refine_still(scene):
                        break
                    at = int(rng.integers(len(viewers)))
                    if at != number and rng.random() < 0.5:
                        others, other, shown = viewers[at]
                        viewers[at] = others, other, another(rng, others, shown)
                        other.apply(viewers[at][2])
            case "move":
                scene.apply(replace(state, planes_shown=not state.planes_shown), "interactive")
            case "close":
                scene.close()
            case "drop":  # and let the garbage collector have it, at once or later
                viewers[number] = volumes, scene, state = opened()
                gc.collect(int(rng.integers(3)))
            case "again":
                scene.close()
                viewers[number] = volumes, scene, state = opened()
        viewers[number] = volumes, scene, state
        scene.apply(state)
        np.testing.assert_array_equal(scene.screenshot(), alone(volumes, state, scene.size))
    for _, scene, _ in viewers:
        scene.close()
