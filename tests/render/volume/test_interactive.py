"""Interactive quality: as bright as the last still, and as sharp as there is time for. Needs OpenGL."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d import phantom
from viewer3d.core.view.camera import front_camera
from viewer3d.core.volume import Volume
from viewer3d.render.volume.request import RenderRequest
from viewer3d.render.volume.transfer import choose_preset, transfer_function
from viewer3d.render.volume.volume_look import VolumeLook

SIZE = (260, 190)


@pytest.fixture(scope="module")
def body():
    return phantom.volume(shape=(60, 50, 60))


@pytest.fixture
def still(opengl, body):
    """Return a function that renders a picture in full quality."""
    from viewer3d.render.volume.actor import STILL
    from viewer3d.render.volume.interactive import StillPicture
    from viewer3d.render.volume.renderer import OffscreenRenderer

    renderer = OffscreenRenderer(opengl, body, STILL)
    yield lambda request: StillPicture(request, renderer.draw(request))
    renderer.close()


@pytest.fixture
def interactive(opengl, body):
    from viewer3d.render.volume.interactive import InteractiveRenderer

    renderer = InteractiveRenderer(opengl, body)
    yield renderer
    renderer.close()


@pytest.mark.parametrize("preset", ["ct-bone", "ct-skin", "ct-mip"])
def test_it_is_as_bright_as_the_last_still(interactive, still, body, preset):
    from viewer3d.render.volume.interactive import enlarged

    request = RenderRequest(front_camera(body.geometry.corners), VolumeLook(preset), SIZE)
    picture = still(request)
    interactive.prepare(request.look, picture)
    drawn = enlarged(interactive.draw(request), SIZE)
    assert drawn.shape == picture.pixels.shape
    light, own = (pixels[..., :3].mean() for pixels in (picture.pixels, drawn))
    assert own == pytest.approx(light, rel=0.1)
    # What is cropped or shifted after the still keeps its gain; another transfer function has none of it.
    gain = interactive._gain_of(replace(request.look, shift=30.0))
    np.testing.assert_array_equal(gain, interactive._gain_of(request.look))
    assert (interactive._gain_of(VolumeLook("ct-lung")) == 1.6).all()
    assert (interactive._gain_of(VolumeLook("mr-mip")) == 1.0).all()


@pytest.mark.parametrize(("taken", "scale"), [(1.0, 0.16), (0.001, 0.6), (1 / 30, 0.4)])
def test_its_sharpness_follows_the_time_it_takes(interactive, body, monkeypatch, taken, scale):
    from viewer3d.render.volume import interactive as module

    clock = iter(np.arange(100) * taken)
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
    request = RenderRequest(front_camera(body.geometry.corners), VolumeLook("ct-bone"), SIZE)
    for _ in range(12):
        interactive.draw(request)
    assert interactive._scale == pytest.approx(scale)


@pytest.mark.parametrize(
    ("spacing", "most", "steps"),
    [
        ((0.7, 0.7, 2.5), None, (2, 2, 1)),
        ((0.3, 0.9, 2.0), None, (6, 2, 1)),
        ((0.9, 0.9, 1.0), 2000, (3, 3, 2)),  # two of each would leave 4000
    ],
)
def test_voxels_are_joined_to_two_mm_and_to_what_can_be_prepared(opengl, monkeypatch, spacing, most, steps):
    from viewer3d.render.volume import interactive as module

    monkeypatch.setattr(module, "MOST_VOXELS", most or module.MOST_VOXELS)
    volume = Volume.from_array(np.zeros((40, 40, 20), np.int16), np.diag([*spacing, 1.0]), unit="HU")
    block = module.INTERACTIVE.choose_block(volume, transfer_function(volume, choose_preset(volume, "ct-bone")))
    assert block == tuple(slice(0, length, step) for length, step in zip(volume.shape, steps, strict=True))
