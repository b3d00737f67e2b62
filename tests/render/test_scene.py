from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, MARKER, centroid, marker_volume
from viewer3d import measure, phantom
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.state import Pointer, SlicePane
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window, auto_window, named_windows
from viewer3d.errors import ViewError, WindowError
from viewer3d.render.first_state import first_state
from viewer3d.render.marks.display_list import EMPTY
from viewer3d.render.scene import Scene
from viewer3d.render.shot import screenshot
from viewer3d.render.slices.sample import Sampler
from viewer3d.render.window_choice import choose_window


@pytest.fixture
def volume():
    return marker_volume(DIRECTIONS["oblique"])


@pytest.fixture
def resliced(monkeypatch):
    """The planes that were sampled, in their order."""
    names = []
    true = Sampler.values
    monkeypatch.setattr(Sampler, "values", lambda self, *how: names.append(how[0].plane.name) or true(self, *how))
    return names


def test_the_marker_is_in_its_place_in_the_whole_picture(marked):
    world = marked.geometry.index_to_world(MARKER)
    # A narrow pane shows letters only, so what is bright between them is the marker.
    with Scene(marked, (880, 290)) as scene:
        scene.apply(first_state(marked, "mpr", Window(0, 2000)).with_cursor(world))
        picture = scene.screenshot()
        for name, rect in scene.rects().items():
            pixels = picture[rect.rows, rect.columns, 0].copy()
            pixels[:, :25] = pixels[:, -25:] = pixels[:25] = pixels[-25:] = 0
            assert np.abs(centroid(pixels, 200) - scene.pane(name).to_pixel(world)).max() < 1


def test_only_what_changed_is_drawn_again(volume, resliced):
    state = first_state(volume, "mpr")
    with Scene(volume, (1200, 400)) as scene:
        assert scene.apply(state) == ("axial", "coronal", "sagittal")
        assert resliced == ["axial", "coronal", "sagittal"]
        resliced.clear()
        assert scene.apply(state) == ()
        assert not resliced
        # The cursor along z: only the axial slice is another, but the others' crosshairs move.
        assert scene.apply(state.with_cursor(np.add(state.cursor, (0, 0, 1)))) == ("axial", "coronal", "sagittal")
        assert resliced == ["axial"]
        resliced.clear()
        assert scene.apply(scene.state.with_window(Window(1, 2))) == ("axial", "coronal", "sagittal")
        assert not resliced
        assert scene.apply(scene.state.with_pane("coronal", SlicePane(2.0))) == ("coronal",)
        assert resliced == ["coronal"]


@pytest.mark.parametrize("view", ["axial", "mpr"])
def test_step_by_step_is_the_same_as_at_once(volume, view):
    first = first_state(volume, "mpr")
    last = first.with_cursor(np.add(first.cursor, 3)).with_window(Window(100, 900)).with_view(view)
    with Scene(volume, (900, 400)) as one, Scene(volume, (900, 400)) as other:
        for state in (first, first.with_view("sagittal"), last.with_view("mpr"), last):
            one.apply(state)
        other.apply(last)
        np.testing.assert_array_equal(one.screenshot(), other.screenshot())


def test_a_screenshot_is_a_copy_of_its_own(volume):
    with Scene(volume, (64, 48)) as scene:
        scene.apply(first_state(volume, "axial"))
        picture = scene.screenshot()
        assert picture.shape == (48, 64, 3)
        assert picture.dtype == np.uint8
        picture[...] = 77
        assert not (scene.screenshot() == 77).all()


def test_rects_before_any_state_say_what_to_do(volume):
    with pytest.raises(ViewError, match=r"scene\.apply"):
        Scene(volume).rects()


def test_slices_need_no_opengl(volume, monkeypatch):
    monkeypatch.setattr("viewer3d.render.gl.find_opengl", lambda *_: pytest.fail("asked for OpenGL"))
    screenshot(volume, view="mpr", size=(90, 40))


def test_without_opengl_the_3d_pane_says_why(volume, no_opengl, capfd):
    picture = screenshot(volume, view="quad", size=(1200, 900))
    pane = picture[:450, 601:]
    assert (pane[5, 5] == EMPTY).all()
    rows, columns = np.nonzero((pane != EMPTY).any(-1))
    assert len(rows) > 200
    # In the middle, and nothing of the sentence is cut off.
    assert abs(rows.mean() - 225) < 15
    assert abs(columns.mean() - 300) < 40
    assert columns.min() > 5
    assert columns.max() < 594
    assert capfd.readouterr() == ("", "")


def test_a_quad_with_opengl_shows_bone_and_keeps_it(volume, opengl):
    state = first_state(volume)
    with Scene(volume, (300, 240)) as scene:
        assert "3d" in scene.apply(state)
        rect = scene.rects()["3d"]
        pane = scene.screenshot()[rect.rows, rect.columns]
        assert (pane[40:80, 55:95].max(-1) > 100).any()
        assert "3d" not in scene.apply(state.with_cursor(volume.geometry.index_to_world(MARKER)))
        moved = replace(state.camera, position=tuple(np.add(state.camera.position, 5.0)))
        assert scene.apply(scene.state.with_camera(moved)) == ("3d",)
        assert scene.apply(scene.state.with_look(rendering="ct-mip")) == ("3d",)


def test_the_couch_is_in_the_picture_or_not(opengl):
    body = phantom.volume(shape=(120, 100, 60))
    states = [first_state(body, "3d", rendering="skin", couch_hidden=hidden) for hidden in (False, True)]
    shown, hidden = (screenshot(body, state=state, size=(200, 160)) for state in states)
    np.testing.assert_array_equal(
        screenshot(body, view="3d", rendering="ct-skin", couch_hidden=True, size=(200, 160)), hidden
    )
    same_eye = screenshot(body, state=states[0].with_look(couch_hidden=True), size=(200, 160))
    # What goes was seen beside the body: nothing comes to be seen but what was behind.
    assert ((same_eye == EMPTY).all(-1) & (shown != EMPTY).any(-1)).sum() > 100
    assert ((shown == EMPTY).all(-1) & (same_eye != EMPTY).any(-1)).sum() < 20
    for choice in (True, False):
        with pytest.raises(ViewError, match="both a state"):
            screenshot(body, state=states[0], couch_hidden=choice)


def test_a_closed_scene_can_be_used_again(volume, opengl):
    scene = Scene(volume, (64, 48))
    state = first_state(volume, "3d")
    scene.apply(state)
    before = scene.screenshot()
    scene.close()
    scene.apply(state.with_view("axial"))
    scene.apply(state)
    np.testing.assert_array_equal(scene.screenshot(), before)
    scene.close()


def test_windows_a_caller_can_mean(volume):
    assert choose_window(volume, None) == named_windows()["soft-tissue"]
    assert choose_window(volume, Window(1, 2)) == Window(1, 2)
    assert choose_window(volume, "lung") == named_windows()["lung"]
    assert choose_window(volume, "-5/30") == Window(-5, 30)
    assert choose_window(volume, "auto") == auto_window(volume.sample())
    assert choose_window(volume.with_info(windows=(Window(3, 4),)), "file") == Window(3, 4)
    with pytest.raises(WindowError, match="hold no window"):
        choose_window(volume, "file")
    with pytest.raises(WindowError, match="no window is named"):
        choose_window(volume, "brian")


def test_inverted_volumes_are_white_where_values_are_low_and_black_outside():
    inverted = marker_volume(DIRECTIONS["identity"]).with_info(inverted=True)
    picture = screenshot(inverted, view="axial", size=(200, 200))
    assert (picture[100, 60] == 255).all()
    assert (picture[60, 2] == 0).all()


def test_a_3d_pane_with_nothing_to_see_says_so(opengl):
    air = Volume.from_array(np.full((9, 9, 9), -1000, np.int16), np.eye(4), unit="HU")
    picture = screenshot(air, view="3d", size=(600, 450))
    assert (picture[200:250, 150:450] != EMPTY).any()


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_a_default_picture_is_a_slice_and_not_the_mean_of_two(plane):
    # Slices of 0 and 100 in turn: between the two in the middle all is 50, and a region there measured 0.
    axis = {"sagittal": 0, "coronal": 1, "axial": 2}[plane]
    voxels = np.zeros((20, 20, 20), np.int16)
    np.moveaxis(voxels, axis, 0)[1::2] = 100
    volume = Volume.from_array(voxels, np.diag([1.0, 1, 1, 1]), unit="HU")
    pixels = screenshot(volume, view=plane, window=Window(50, 100, "LINEAR_EXACT"), size=(100, 100))
    state = first_state(volume, plane)
    seen = Scene(volume, (100, 100)).seen(state, plane)
    assert np.unique(seen).tolist() in ([0], [100])
    assert pixels[50, 50, 0] == (255 if seen[0] else 0)
    right, down = (np.array(way) for way in (state.plane(plane).right, state.plane(plane).down))
    corners = [tuple(np.array(state.cursor) + 4 * (a * right + b * down)) for a, b in ((-1, -1), (1, 1))]
    region = Measurement("rectangle", corners, tuple(right), tuple(down))
    assert measure(volume, region).mean == seen[0]


def test_nearest_shows_each_voxel_as_a_box(volume):
    small = Volume.from_array(np.arange(64, dtype=np.int16).reshape(4, 4, 4) * 10, np.diag([1.0, 1, 1, 1]))
    state = first_state(small, "axial", Window(320, 640, "LINEAR_EXACT"))
    with Scene(small, (290, 290)) as scene:
        linear = scene.seen(state, "axial")
        nearest = scene.seen(replace(state, interpolation="nearest"), "axial")
        assert set(np.unique(nearest)) == set(small.voxels[:, :, 2].ravel())
        assert len(np.unique(linear)) > 2 * len(np.unique(nearest))
        scene.apply(state)
        before = scene.screenshot()
        assert scene.apply(replace(state, interpolation="nearest")) == ("axial",)
        assert (scene.screenshot() != before).any()
        assert scene.apply(state) == ("axial",)
        assert (scene.screenshot() == before).all()


def test_nearest_holds_for_slices_in_3d_too(volume, opengl):
    state = replace(first_state(volume, "3d"), planes_shown=True)
    with Scene(volume, (200, 200)) as scene:
        assert scene.apply(state) == ("3d",)
        assert scene.apply(replace(state, interpolation="nearest")) == ("3d",)


def test_a_quality_that_is_none_is_refused(ramp: Volume) -> None:
    with (
        Scene(ramp, (60, 50)) as scene,
        pytest.raises(ViewError, match="no quality 'moving': give one of still"),
    ):
        scene.apply(first_state(ramp, "axial"), "moving")  # type: ignore[arg-type]


@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
def test_the_readout_is_of_the_interpolation_that_the_slice_is_drawn_with(interpolation, monkeypatch):
    volume = Volume.from_array(np.array([0.0, 10.0] * 8, np.float32).reshape(2, 2, 4, order="F"), np.eye(4), unit="Gy")
    told = []
    texts = "viewer3d.render.marks.annotations.readout_texts"
    monkeypatch.setattr(texts, lambda *given: told.append(given[2:]) or ("", "", ""))
    state = replace(first_state(volume, "axial"), interpolation=interpolation, pointer=Pointer("axial", (0.3, 0, 2)))
    screenshot(volume, state=state, size=(400, 300))
    assert told == [(pytest.approx(3.0) if interpolation == "linear" else 0.0, "Gy")]
