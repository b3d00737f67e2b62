"""Images that lie in no space, in the window: frames, window, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.app.test_browser import seen
from tests.dicom.images.made_images import dataset, picture, write
from tests.phantom_files import write_phantom
from viewer3d import Image2D
from viewer3d.app.viewer import Viewer
from viewer3d.core.images.image2d import flat_volume

GREY = np.arange(2 * 30 * 40, dtype=np.int16).reshape(2, 30, 40)
SIZE = (400, 300)


@pytest.fixture
def cine():
    with Viewer(flat_volume(Image2D(GREY)), "quad", SIZE, off_screen=True) as viewer:
        yield viewer


def test_the_wheel_steps_frames_and_a_drag_anywhere_changes_the_window(cine):
    assert (cine.state.view, cine.state.cursor[2]) == ("axial", 0)
    cine.interactor.wheel(1, 200, 150)
    assert cine.state.cursor[2] == 1
    before, held = cine.state.look.window, cine.state.cursor
    cine.interactor.press("left", 200, 150)  # where the lines of a crosshair would meet
    cine.interactor.move(260, 150)
    cine.interactor.release("left")
    assert cine.state.look.window.width > before.width
    assert cine.state.cursor == held


@pytest.mark.parametrize("key", ["g", "m", "v", "x", "y"])
def test_keys_of_other_layouts_say_why_they_do_nothing(cine, key):
    before = cine.state
    cine.interactor.move(200, 150)
    cine.interactor.key(key, key)
    assert cine.state.view == before.view
    assert "images lie in no space" in cine.note
    cine.render()


@pytest.mark.parametrize("act", ["drag", "2", "i", "k"])
def test_of_a_colour_it_is_said_that_no_window_applies(act):
    color = np.random.default_rng(3).integers(0, 256, (1, 30, 40, 3), dtype=np.uint8)
    with Viewer(flat_volume(Image2D(color)), "quad", SIZE, off_screen=True) as viewer:
        before = viewer.state.look
        viewer.interactor.move(200, 150)
        if act == "drag":
            viewer.interactor.press("left", 200, 150)
            viewer.interactor.move(260, 170)
            viewer.interactor.release("left")
        else:
            viewer.interactor.key(act, act)
        assert (viewer.state.look, viewer.note) == (before, "colour has no window: it is shown as it is")
        viewer.interactor.key("plus", "+")
        assert viewer.state.slice_pane("axial").zoom > 1


def test_what_is_drawn_by_hand_is_in_pixels(cine):
    cine.interactor.move(100, 100)
    cine.interactor.key("d", "d")
    cine.interactor.press("left", 100, 100)
    cine.interactor.move(180, 160)
    cine.interactor.release("left")
    (one,) = cine.state.measurements
    assert cine.results.texts(one)[0].endswith(" px")
    assert "length_px" in cine.measurements[0]


def test_a_folder_with_images_keeps_the_layout_of_its_volumes(browse, tmp_path):
    write_phantom(tmp_path / "ct", shape=(34, 30, 12), spacing=(9.0, 8.0, 6.0))
    write(dataset(np.stack([picture(), picture()]), SeriesNumber=900), tmp_path / "page.dcm")
    browser = seen(browse(tmp_path))
    assert browser.viewer.state.view == "mpr"
    titles = [one.title for one in browser._catalog.rows]
    browser.choose(titles.index("900  OT"))
    assert seen(browser).viewer.volume.image_kind == "px, colour"
    assert browser.viewer.state.view == "axial"
    browser.choose(1 - titles.index("900  OT"))
    assert seen(browser).viewer.state.view == "mpr"


def test_show_begins_with_an_image_that_is_named(tmp_path):
    from viewer3d.cli.drawing_options import HELD
    from viewer3d.cli.windows.opening import first_shown

    volume = flat_volume(Image2D(GREY))
    drawing = dict.fromkeys((*HELD, "view", "inverted", "slab", "interpolation", "at", "colors"))
    assert first_shown(volume, drawing).view == "axial"
