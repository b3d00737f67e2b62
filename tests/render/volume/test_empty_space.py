from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vtkmodules.vtkRenderingCore import vtkLight

import viewer3d
from viewer3d import phantom
from viewer3d.core.view.camera import Camera, front_camera
from viewer3d.core.view.state import Box
from viewer3d.core.volume import Volume
from viewer3d.errors import RenderError
from viewer3d.render.volume.empty_space import EmptySpaceSkipper, empty_distances
from viewer3d.render.volume.request import RenderRequest
from viewer3d.render.volume.transfer import choose_preset, presets, transfer_function
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

    def make(volume, casting=None):
        windows.append(OffscreenRenderer(opengl, volume, casting or STILL))
        return windows[-1]

    yield make
    for one in windows:
        one.close()


@pytest.fixture(scope="module")
def body():
    return phantom.volume(shape=(90, 70, 50), direction=np.eye(3)[:, [1, 2, 0]])


def assert_all_but_equal(picture, full):
    """Of all values 99.9 % differ by 2 at most, none by more than 8, and on the whole it is no brighter."""
    difference = picture.astype(int) - full
    assert full.std() > 10
    assert (np.abs(difference) > 2).mean() < 0.001
    assert np.abs(difference).max() <= 8
    assert abs(difference.mean()) < 0.3


@pytest.mark.parametrize("rendering", ["ct-bone", "ct-skin", "ct-lung", "mr-default"])
@pytest.mark.parametrize("from_inside", [False, True])
def test_skipping_changes_no_more_than_which_samples_are_lit_together(
    window, body, monkeypatch, rendering, from_inside
):
    x, y, z = body.geometry.center
    points = visible_points(body, transfer_function(body, choose_preset(body, rendering)))
    # From within along a world axis: rays in the middle stay in their row of blocks.
    camera = Camera((x, y, z), (x, y - 1, z)) if from_inside else front_camera(points)
    # The box cuts obliquely to the eye, and through blocks.
    look = VolumeLook(rendering, crop=Box((x - 150, y - 90, z - 170), (x + 93, y + 200, z + 300)))
    request = RenderRequest(camera, look, SIZE)
    skipped = window(body).draw(request)
    monkeypatch.setattr("viewer3d.render.volume.empty_space.empty_distances", lambda seen: 0 * empty_distances(seen))
    full = window(body).draw(request)
    assert skipped.std() > 10
    np.testing.assert_allclose(skipped.astype(int), full, atol=1)
    assert (skipped != full).mean() < 0.01


def full_picture(monkeypatch, window, volume, request, lights=(), casting=None):
    """The picture of VTK's own shader: all samples, each lit."""
    with monkeypatch.context() as patch:
        patch.setattr(EmptySpaceSkipper, "show", lambda *_: None)
        return picture_of(window(volume, casting), request, lights)


def picture_of(renderer, request, lights):
    if lights:
        renderer.draw(request)  # in a vtkRenderer, which it has from then on
    for light in lights:
        renderer._renderer.AddLight(light)
    return renderer.draw(request)


COMPOSITES = [name for name, preset in presets().items() if preset.blend == "composite"]


@pytest.mark.parametrize("rendering", COMPOSITES)
def test_a_picture_is_all_but_that_of_all_samples_each_lit(window, body, monkeypatch, rendering):
    camera = front_camera(visible_points(body, transfer_function(body, choose_preset(body, rendering))))
    request = RenderRequest(camera, VolumeLook(rendering), SIZE)
    assert_all_but_equal(window(body).draw(request), full_picture(monkeypatch, window, body, request))


@pytest.mark.slow
@pytest.mark.parametrize("rendering", [name for name in COMPOSITES if name.startswith("ct")])
def test_so_is_that_of_a_patient(window, real, monkeypatch, rendering):
    volume = viewer3d.load(real("ct_torso_acrin"))
    camera = front_camera(visible_points(volume, transfer_function(volume, choose_preset(volume, rendering))))
    request = RenderRequest(camera, VolumeLook(rendering), (512, 512))
    grouped = window(volume).draw(request)
    # Each sample lit, at the same places: VTK's own shader adds up steps, and rounds others.
    monkeypatch.setattr("viewer3d.render.volume.empty_space.GROUP_SAMPLES", 1)
    assert_all_but_equal(grouped, window(volume).draw(request))
    if rendering in ("ct-lung", "ct-skin"):  # of edges of bone two of a thousand are elsewhere, by that rounding
        full = full_picture(monkeypatch, window, volume, request)
        assert (np.abs(grouped.astype(int) - full) > 2).mean() < 0.001


def test_in_a_plotter_lights_are_the_plotters(window, body, monkeypatch):
    from viewer3d.render.volume.actor import IN_PLOTTER

    side = vtkLight()
    side.SetLightTypeToCameraLight()
    side.SetPosition(-1, 1, 0.3)
    side.SetColor(1.0, 0.5, 0.2)
    request = RenderRequest(front_camera(body.geometry.corners), VolumeLook("ct-skin"), SIZE)
    picture = picture_of(window(body, IN_PLOTTER), request, [side])
    assert_all_but_equal(picture, full_picture(monkeypatch, window, body, request, [side], IN_PLOTTER))
    assert np.abs(picture.astype(int) - window(body).draw(request)).mean() > 1


def test_the_same_picture_comes_from_every_window(window, body):
    request = RenderRequest(front_camera(body.geometry.corners), VolumeLook("ct-lung"), SIZE)
    np.testing.assert_array_equal(window(body).draw(request), window(body).draw(request))


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


@pytest.mark.parametrize(
    ("replaced", "code", "fault"),
    [("Base::Impl", "nonsense;", "Impl"), ("Gone::Impl", "float l_gone;", "code for Gone::Impl of")],
)
def test_a_shader_that_does_not_take_the_code_is_told(window, body, monkeypatch, replaced, code, fault):
    monkeypatch.setattr("viewer3d.render.volume.empty_space.sampling_code", lambda *_, **__: {replaced: code})
    renderer = window(body)
    request = RenderRequest(front_camera(body.geometry.corners), VolumeLook("ct-bone"), SIZE)
    for _ in range(2):
        with pytest.raises(RenderError, match=fault):
            renderer.draw(request)
    with pytest.raises(RenderError, match=fault):
        list(renderer.draw_progressively(request, np.empty((*SIZE[::-1], 4), np.uint8)))
    monkeypatch.undo()
    np.testing.assert_array_equal(
        renderer.draw(replace(request, look=VolumeLook("ct-mip"))),
        window(body).draw(replace(request, look=VolumeLook("ct-mip"))),
    )


def test_in_a_plotter_it_is_a_warning(opengl, body, monkeypatch):
    import pyvista

    from viewer3d.render.volume.actor import add_volume

    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", opengl.window_class)
    monkeypatch.setattr(
        "viewer3d.render.volume.empty_space.sampling_code", lambda *_, **__: {"Gone::Impl": "float l_gone;"}
    )
    plotter = pyvista.Plotter(off_screen=True, window_size=SIZE)
    add_volume(plotter, body, "ct-bone")
    with pytest.warns(RuntimeWarning, match="code for Gone::Impl of"):
        plotter.show(auto_close=False)
    plotter.close()
