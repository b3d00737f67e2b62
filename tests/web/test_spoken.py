"""What is said to who does not see the picture."""

from __future__ import annotations

import numpy as np

from tests.web.canvas import Canvas
from tests.web.conftest import SIZE, settle
from viewer3d.app.browser import Browser
from viewer3d.app.viewer import Viewer
from viewer3d.core.images.image2d import Image2D, flat_volume
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.window import Window
from viewer3d.phantom import write
from viewer3d.web import spoken
from viewer3d.web.spoken import spoken_texts


def press(canvas, *keys):
    for key in keys:
        canvas.say("key", key=key)


def test_place_note_and_chosen_rows_are_said_at_rest(served, monkeypatch):
    monkeypatch.setattr(spoken, "CALM_SECONDS", 0.01)
    canvas, viewer = Canvas(served.screen, SIZE), served.source
    viewer.state = viewer.state.with_cursor((-12.3, 4, 5.67))
    settle(served)
    value = round(viewer.volume.value_at((-12.3, 4, 5.67)))
    assert canvas.said == [("place", f"R 12.3  P 4.0  H 5.7 mm: {value} HU")]
    press(canvas, "/")
    settle(served)
    first = canvas.said[-1][1]
    press(canvas, *["ArrowDown"] * 4, "ArrowUp")
    settle(served)
    rows = viewer.steering.palette.palette.found
    assert canvas.said[-1] == ("choice", spoken_texts(viewer)["choice"])
    assert canvas.said[-1][1].startswith(rows[3].title)
    assert canvas.said[-1][1].endswith(f"4 of {len(rows)}")
    assert first.startswith(rows[0].title)
    assert len(canvas.said) == 3  # rows that were passed by are not said
    press(canvas, *"xyzzy")
    settle(served)
    assert canvas.said[-1] == ("choice", "nothing is found for xyzzy")
    press(canvas, "Escape", "d")
    settle(served)
    assert canvas.said[-1] == ("note", viewer.note)


def test_rows_of_lists_are_said(served):
    viewer = served.source
    points = ((0.0, 0.0, 0.0), (10.0, 0.0, 0.0))
    plane = viewer.state.axes
    line = Measurement("distance", points, tuple(plane[0]), tuple(plane[1]), name="long")
    viewer.state = viewer.state.with_measurement(line)
    canvas = Canvas(served.screen, SIZE)
    press(canvas, "M", "ArrowDown")
    settle(served)
    assert spoken_texts(viewer)["choice"] == "1; distance; long; 10 ± 16 mm"


def test_message_and_selected_series_of_a_folder_are_said(tmp_path, serve):
    write(tmp_path / "one", shape=(16, 16, 8))
    screen = serve().screen
    browser = Browser(tmp_path, screen=screen, keep="forget")
    browser.open()
    try:
        while browser.viewer is None:
            browser.process_events()
        assert spoken_texts(browser)["choice"] == ""
        assert spoken_texts(browser)["place"].endswith("HU")
    finally:
        browser.close()


def test_layout_window_and_help_are_said_when_they_have_changed(served, monkeypatch):
    monkeypatch.setattr(spoken, "CALM_SECONDS", 0.01)
    canvas, viewer = Canvas(served.screen, SIZE), served.source
    settle(served)
    assert [kind for kind, _ in canvas.said] == ["place"]  # what is there at first is not
    for keys, text in (
        ("z", ("layout", "layout: axial alone")),
        ("v", ("layout", "layout: 3D alone")),
        ("m", ("layout", "layout: three slices")),
        ("?", ("layout", spoken._HELP)),
    ):
        press(canvas, *keys)
        settle(served)
        assert canvas.said[-1] == text
    press(canvas, "Escape")
    settle(served)
    viewer.state = viewer.state.with_window(Window(center=50, width=350))
    settle(served)
    assert canvas.said[-1] == ("window", "window: W 350, L 50 HU")


def test_of_an_image_in_colour_no_window_and_no_layout_are_said():
    picture = Image2D(np.zeros((2, 20, 30, 3), np.uint8))
    words = spoken_texts(Viewer(flat_volume(picture), "axial", off_screen=True))
    assert (words["layout"], words["window"], words["place"]) == ("", "", "")
