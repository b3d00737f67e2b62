from __future__ import annotations

import numpy as np
import pytest

from viewer3d import phantom
from viewer3d.core.view.camera import Camera, front_camera
from viewer3d.core.view.state import Box
from viewer3d.core.volume import Volume
from viewer3d.render.volume.empty_space import empty_distances
from viewer3d.render.volume.request import RenderRequest
from viewer3d.render.volume.transfer import choose_preset, transfer_function
from viewer3d.render.volume.visibility import visible_blocks, visible_points
from viewer3d.render.volume.volume_look import VolumeLook

SIZE = (160, 130)


def distances_of(voxels, rendering="ct-bone"):
    volume = Volume.from_array(voxels, np.eye(4), unit="HU")
    return empty_distances(visible_blocks(volume, transfer_function(volume, choose_preset(volume, rendering))))


def test_distances_count_the_blocks_to_what_is_seen():
    voxels = np.full((160, 40, 40), -1000, np.int16)
    voxels[81, 21, 22] = 1000  # in block 20, 5, 5 alone
    distances = distances_of(voxels)
    assert distances.shape == (40, 10, 10)
    away = np.abs(np.indices(distances.shape) - np.array([20, 5, 5])[:, None, None, None]).max(0)
    known = np.array([0, 1, 2, 3, 5, 9, 17])  # itself and 0, 1, 2, 4, 8, 16 around
    np.testing.assert_array_equal(distances, known[np.searchsorted(known, away, "right") - 1])


@pytest.fixture
def window(opengl):
    from viewer3d.render.volume.actor import STILL
    from viewer3d.render.volume.renderer import OffscreenRenderer

    windows = []

    def make(volume):
        windows.append(OffscreenRenderer(opengl, volume, STILL))
        return windows[-1]

    yield make
    for one in windows:
        one.close()


@pytest.fixture(scope="module")
def body():
    return phantom.volume(shape=(90, 70, 50), direction=np.eye(3)[:, [1, 2, 0]])


@pytest.mark.parametrize("rendering", ["ct-bone", "ct-skin", "ct-lung", "mr-default"])
@pytest.mark.parametrize("from_inside", [False, True])
def test_skipping_changes_no_pixel(window, body, monkeypatch, rendering, from_inside):
    x, y, z = body.geometry.center
    points = visible_points(body, transfer_function(body, choose_preset(body, rendering)))
    # From within along a world axis: rays in the middle stay in their row of blocks.
    camera = Camera((x, y, z), (x, y - 1, z)) if from_inside else front_camera(points)
    # The box cuts obliquely to the eye, and through blocks.
    look = VolumeLook(rendering, crop=Box((x - 150, y - 90, z - 170), (x + 93, y + 200, z + 300)))
    request = RenderRequest(camera, look, SIZE)
    skipped = window(body).draw(request)
    monkeypatch.setattr("viewer3d.render.volume.empty_space.empty_distances", lambda seen: 0 * empty_distances(seen))
    assert skipped.std() > 10
    np.testing.assert_array_equal(skipped, window(body).draw(request))


def test_another_transfer_function_skips_something_else(window, body):
    camera = front_camera(body.geometry.corners)
    one = window(body)
    for rendering in ("ct-bone", "ct-lung", "ct-mip", "ct-skin", "ct-bone"):
        request = RenderRequest(camera, VolumeLook(rendering), SIZE)
        np.testing.assert_array_equal(one.draw(request), window(body).draw(request))


def test_what_counts_as_transparent_is_skipped(window, body, monkeypatch):
    monkeypatch.setattr(
        "viewer3d.render.volume.empty_space.empty_distances", lambda seen: np.full_like(empty_distances(seen), 5)
    )
    request = RenderRequest(front_camera(body.geometry.corners), VolumeLook("ct-bone"), SIZE)
    assert not window(body).draw(request).any()
