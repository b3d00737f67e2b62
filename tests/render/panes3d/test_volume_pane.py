"""A still in strips, and slices that stand in the volume. Needs OpenGL."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.combinations import each_pair, each_value
from tests.render.markers import DIRECTIONS, MARKER
from viewer3d import phantom
from viewer3d.core.view.camera import Camera, front_camera
from viewer3d.core.view.state import state_of_geometry
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.render.panes3d.volume_pane import VolumePane
from viewer3d.render.planes3d.cuts import cuts_of
from viewer3d.render.volume.request import RenderRequest
from viewer3d.render.volume.volume_look import VolumeLook

SIZE = (260, 190)


@pytest.fixture
def window(opengl):
    from viewer3d.render.volume.actor import STILL
    from viewer3d.render.volume.interactive import INTERACTIVE
    from viewer3d.render.volume.renderer import OffscreenRenderer

    windows = []

    def make(volume, quality="still"):
        windows.append(OffscreenRenderer(opengl, volume, STILL if quality == "still" else INTERACTIVE))
        return windows[-1]

    yield make
    for one in windows:
        one.close()


def in_strips(window, request):
    pixels = np.full((request.size[1], request.size[0], 4), 7, np.uint8)
    steps = sum(1 for _ in window.draw_progressively(request, pixels))
    return pixels, steps


def with_cuts(volume, request, cursor):
    state = state_of_geometry(volume.geometry, Window(0, 1)).with_cursor(cursor)
    return replace(request, cuts=cuts_of(volume.geometry, state))


@pytest.mark.parametrize(
    ("rendering", "size", "cut"),
    each_value(["ct-bone", "ct-skin", "ct-lung", "ct-mip"], [SIZE, (101, 151)], [False, True]),
)
def test_strips_together_are_the_whole_picture_to_the_byte(window, rendering, size, cut):
    volume = phantom.volume(shape=(60, 50, 60))
    request = RenderRequest(front_camera(volume.geometry.corners), VolumeLook(rendering), size)
    if cut:
        request = with_cuts(volume, request, volume.geometry.center)
    one, other = window(volume), window(volume)
    whole = one.draw(request)
    assert whole[..., 3].max() > 100
    pixels, steps = in_strips(other, request)
    assert steps > 5
    np.testing.assert_array_equal(pixels, whole)
    # Nothing of a strip stays behind.
    np.testing.assert_array_equal(other.draw(request), whole)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ct_head_philips", "mr_sag_hfs", "ct_torso_acrin"])
def test_strips_of_real_series(window, real, name):
    import viewer3d
    from viewer3d.render.first_state import first_state

    volume = viewer3d.load(real(name))
    state = first_state(volume, "3d")
    request = RenderRequest(state.camera, VolumeLook("ct-bone" if volume.unit == "HU" else "mr-default"), (600, 450))
    one = window(volume)
    pixels, _ = in_strips(one, request)
    np.testing.assert_array_equal(pixels, one.draw(request))


@pytest.mark.parametrize(
    ("marked", "quality", "rendering"),
    each_pair(DIRECTIONS, ["still", "interactive"], ["ct-bone", "ct-mip"]),
    indirect=["marked"],
)
def test_a_slice_hides_what_is_behind_it_and_only_that(window, marked, quality, rendering):
    world = marked.geometry.index_to_world(MARKER)
    camera = Camera(tuple(np.add(world, (10, -200, 20))), tuple(world), angle=20)
    request = RenderRequest(camera, VolumeLook(rendering), SIZE)
    one = window(marked, quality)
    assert one.draw(request)[..., 3].max() > 100
    for away, is_hidden in ((-8, True), (8, False)):
        cuts = with_cuts(marked, request, np.add(world, (0, away, 0))).cuts
        coronal = tuple(cut for cut in cuts if cut.plane.name == "coronal")
        pixels = one.draw(replace(request, cuts=coronal))
        assert (pixels[..., 3].max() < 2) == is_hidden
    assert one.draw(request)[..., 3].max() > 100


@pytest.mark.parametrize("quality", ["still", "interactive"])
def test_the_corner_before_three_slices_is_open(window, marked, quality):
    world = marked.geometry.index_to_world(MARKER)
    request = RenderRequest(
        Camera(tuple(np.add(world, (30, -150, 20))), tuple(world), angle=20), VolumeLook("ct-bone"), SIZE
    )
    one = window(marked, quality)
    for aside, is_seen in (
        ((-6, 6, -6), False),  # left of, before and above the planes: in the corner that the eye looks into
        ((-6, 6, 6), True),  # below the axial plane, and the eye looks in under it
        ((-6, -6, -6), False),  # behind the coronal plane
    ):
        pixels = one.draw(with_cuts(marked, request, np.add(world, aside)))
        assert (pixels[..., 3].max() > 100) == is_seen
    inside = Camera(tuple(np.add(world, (0.5, 0, 0))), tuple(np.add(world, (0.5, 50, 0))))
    assert not one.draw(with_cuts(marked, replace(request, camera=inside), world)).any()


def test_an_abandoned_still_leaves_no_trace(opengl):
    if not opengl.is_software:
        pytest.skip("a graphics card draws all in one go")
    volume = phantom.volume(shape=(60, 50, 60))
    request = RenderRequest(front_camera(volume.geometry.corners), VolumeLook("ct-bone"), SIZE)
    aside = replace(request, camera=replace(request.camera, up=(0.3, 0, 1)))
    pane, other = VolumePane(volume), VolumePane(volume)
    try:
        for one in (request, aside, request):  # begun, given up, and something else drawn in between
            assert not pane.refine(one)
            assert not pane.refine(one)
        pictures = [np.full((SIZE[1], SIZE[0], 3), 9, np.uint8) for _ in range(3)]
        pane.draw(pictures[0], aside, None, "still")
        steps = 1
        while not pane.refine(request):
            steps += 1
        assert steps > 3
        pane.draw(pictures[1], request, None, "still")
        other.draw(pictures[2], request, None, "still")
        np.testing.assert_array_equal(pictures[1], pictures[2])
        assert (pictures[0] != pictures[1]).any()
    finally:
        pane.close()
        other.close()


def test_on_a_graphics_card_nothing_is_left_to_refine(opengl, monkeypatch):
    volume = Volume.from_array(np.zeros((5, 5, 5), np.int16), np.eye(4), unit="HU")
    pane = VolumePane(volume)
    monkeypatch.setattr(pane, "_opengl", replace(opengl, renderer="a graphics card"))
    assert pane.refine(RenderRequest(front_camera(volume.geometry.corners), VolumeLook("ct-bone"), SIZE))
