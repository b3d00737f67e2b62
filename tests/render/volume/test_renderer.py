"""The camera of a renderer, and strips of rows that are drawn in the time there is."""

from __future__ import annotations

import ctypes
import threading
from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import project
from tests.render.volume.shapes import phantom_in_air
from viewer3d.core.mesh import Mesh
from viewer3d.core.view.camera import Camera, front_camera
from viewer3d.render.gl import find_opengl
from viewer3d.render.volume.request import RenderRequest, Surface
from viewer3d.render.volume.volume_look import VolumeLook


@pytest.mark.parametrize("size", [(220, 160), (150, 230)])
def test_a_camera_sees_points_where_vtk_does(opengl, size):
    from vtkmodules.vtkRenderingCore import vtkRenderer

    from viewer3d.render.gl import offscreen_window
    from viewer3d.render.volume.renderer import aim_camera

    window, renderer = offscreen_window(opengl, size), vtkRenderer()
    window.AddRenderer(renderer)
    camera = Camera((30, -290, 45), (1, 2, 3), up=(0.1, 0.2, 0.9), angle=25.0)
    aim_camera(renderer, camera, size)
    for world in np.random.default_rng(0).uniform(-60, 60, (20, 3)):
        renderer.SetWorldPoint(*world, 1)
        renderer.WorldToDisplay()
        x, y, _ = renderer.GetDisplayPoint()
        # VTK counts from a corner of the window, to the top; pixels are counted from their centres, to the bottom.
        expected = x - 0.5, size[1] - y - 0.5
        np.testing.assert_allclose(camera.to_pixel(world, size), expected, atol=1e-3)
        np.testing.assert_allclose(project(camera, world, size), expected, atol=1e-3)
    window.Finalize()


@pytest.fixture
def renderer(opengl):
    """The module, which needs OpenGL."""
    from viewer3d.render.volume import renderer

    return renderer


@pytest.fixture
def drawn(renderer, monkeypatch):
    """Return a function that draws so many rows, each as slow as is said, and lists strips and their times."""
    clock = [0.0]
    monkeypatch.setattr(renderer.time, "perf_counter", lambda: clock[0])

    def draw(height, seconds, own=0.0):
        done = []

        def one(first, last):
            took = own + sum(seconds(row) for row in range(first, last))
            clock[0] += took
            done.append((first, last, took))

        steps = sum(1 for _ in renderer.draw_in_strips(height, one))
        assert steps == len(done)
        return done

    return draw


@pytest.mark.parametrize("height", [1, 7, 64, 901])
@pytest.mark.parametrize("seconds", [1e-6, 0.003, 0.2])
def test_every_row_is_drawn_once(drawn, height, seconds):
    done = drawn(height, lambda _: seconds)
    assert sorted(row for first, last, _ in done for row in range(first, last)) == list(range(height))
    # Two rows are drawn as fast as one: strips begin and end on even ones.
    assert all(first % 2 == 0 and (last % 2 == 0 or last == height) for first, last, _ in done)


@pytest.mark.parametrize("own", [0.0, 0.01])
def test_a_strip_takes_its_time_and_little_more(renderer, drawn, own):
    done = drawn(900, lambda _: 0.002, own)
    assert done[0][1] - done[0][0] == 2 * renderer.STRIP_ROWS[0]
    assert max(took for *_, took in done) <= 1.2 * renderer.STRIP_SECONDS
    assert len(done) < 1.5 * 900 * 0.002 / (renderer.STRIP_SECONDS - own)


def test_rows_that_miss_the_volume_do_not_make_the_others_slow(renderer, drawn):
    done = drawn(900, lambda row: 0.003 if 300 < row < 600 else 1e-5)
    assert max(took for *_, took in done) <= 1.5 * renderer.STRIP_SECONDS
    assert max(last - first for first, last, _ in drawn(2000, lambda _: 1e-7)) == renderer.STRIP_ROWS[1]


def test_one_slow_moment_is_forgotten(drawn):
    done = drawn(900, lambda row: 0.5 if row == 460 else 0.001)
    assert min(last - first for first, last, _ in done[10:-4]) > 15


@pytest.fixture
def make(opengl, renderer):
    """Return a function that makes renderers of a volume in full quality."""
    from viewer3d.render.volume.actor import STILL

    made = []

    def one(volume):
        made.append(renderer.OffscreenRenderer(opengl, volume, STILL))
        return made[-1]

    yield one
    for each in made:
        each.close()


def requests_of(volume):
    """Two pictures of the same voxels that have nothing else in common, and one of others."""
    corners = volume.geometry.corners
    triangle = Mesh(corners[[0, 3, 6]], np.array([[0, 1, 2]]))
    front = RenderRequest(front_camera(corners), VolumeLook("ct-bone"), (140, 110))
    return (
        replace(front, surfaces=(Surface(triangle, (40.0, 80.0, 250.0)),)),
        replace(front, camera=replace(front.camera, up=(0.4, 0, 1)), look=VolumeLook("ct-bone", 30.0), size=(90, 170)),
        replace(front, look=VolumeLook("ct-skin")),
    )


def test_renderers_of_one_volume_share_its_voxels_and_draw_what_each_draws_alone(make):
    volume = phantom_in_air()
    first, second, third = requests_of(volume)
    alone = [make(replace(volume, voxels=volume.voxels.copy(order="F"))).draw(one) for one in (first, second, third)]
    one, other = make(volume), make(volume)
    for _ in range(2):  # in turn
        np.testing.assert_array_equal(one.draw(first), alone[0])
        np.testing.assert_array_equal(other.draw(second), alone[1])
        assert one._shared is other._shared
    for number, request in enumerate((first, second)):
        strips = np.zeros_like(alone[number])
        for _ in one.draw_progressively(request, strips):  # another picture between any two strips
            other.draw((second, first)[number])
        np.testing.assert_array_equal(strips, alone[number])
    other.close()
    np.testing.assert_array_equal(one.draw(first), alone[0])


def test_between_two_strips_its_context_is_not_current(make):
    """A desktop window that draws then, through GLX, would end the process."""
    if find_opengl().window_class != "vtkEGLRenderWindow":
        pytest.skip("only EGL says which context is current")
    current = ctypes.CDLL("libEGL.so.1").eglGetCurrentContext
    current.restype = ctypes.c_void_p
    volume = phantom_in_air()
    renderer = make(volume)
    for request in requests_of(volume):  # the later ones in another size or with other voxels
        for _ in renderer.draw_progressively(request, np.zeros((*request.size[::-1], 4), np.uint8)):
            assert current() is None


def test_a_renderer_that_shows_other_voxels_leaves_those_that_are_shared_to_the_rest(make):
    volume = phantom_in_air()
    first, _, third = requests_of(volume)
    one, other = make(volume), make(volume)
    picture = one.draw(first)
    other.draw(first)
    shared = one._shared
    assert len(shared.users) == 2
    loaded = shared.actor.loaded
    different = other.draw(third)
    assert shared.actor.loaded == loaded
    assert (different != picture).any()
    assert other._shared is not shared
    assert list(shared.users) == [one]
    np.testing.assert_array_equal(one.draw(first), picture)
    np.testing.assert_array_equal(other.draw(first), picture)  # and comes back
    assert other._shared is one._shared


def test_threads_share_nothing(make):
    volume = phantom_in_air()
    first = requests_of(volume)[1]
    one, drawn = make(volume), []
    one.draw(first)

    def draw():
        other = make(volume)
        drawn.append(other.draw(first))
        assert other._shared is not one._shared
        drawn.append(len(one._shared.users))
        other.close()

    thread = threading.Thread(target=draw)
    thread.start()
    thread.join()
    np.testing.assert_array_equal(drawn[0], one.draw(first))
    assert drawn[1] == 1
