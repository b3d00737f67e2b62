"""Measuring with real VTK events: keys, clicks and drags in every pane, and what they leave."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tests.app.conftest import MemoryScreen
from tests.app.window.test_desktop import NAMES, Fingers, in_pane
from viewer3d.app.show import read_state
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.handles import handle_marks
from viewer3d.app.window.measurement_list import list_marks
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume
from viewer3d.measurements.results import MeasurementCache, measure
from viewer3d.render import gl
from viewer3d.render.marks.raster import Rasterizer


@pytest.fixture
def fingers(viewer):
    if not gl.find_opengl().works:
        pytest.skip("importing VTK's interactors wants an OpenGL, and none works here")
    return Fingers(viewer)


def write(fingers, *names):
    """Press keys that write what they are named."""
    for name in names:
        x, y = fingers.interactor.GetEventPosition()
        character = {"space": " "}.get(name, name if len(name) == 1 else "\0")
        fingers.interactor.SetEventInformation(x, y, 0, 0, character, 0, name)
        fingers.send("KeyPress", "Char", "KeyRelease")


def click(fingers, at):
    fingers.at(*at).send("MouseMove", "LeftButtonPress", "LeftButtonRelease")


def kinds(viewer):
    return [one.kind for one in viewer.state.measurements]


def off(viewer, plane, point, at):
    """Pixels between a world point and a place in the window."""
    rect = viewer.interactor.context.rect(viewer.state, plane)
    column, row = viewer.interactor.context.pane(viewer.state, plane).to_pixel(point)
    return max(abs(rect.left + column - at[0]), abs(rect.top + row - at[1]))


@pytest.mark.parametrize("plane", NAMES)
@pytest.mark.parametrize(("key", "kind"), [("d", "distance"), ("e", "ellipse"), ("w", "rectangle")])
def test_a_key_and_a_drag_draw_where_the_pointer_was(fingers, plane, key, kind):
    viewer = fingers.viewer
    window, cursor = viewer.state.look.window, viewer.state.cursor
    begin, end = in_pane(viewer, plane, 0.3, 0.25), in_pane(viewer, plane, 0.7, 0.65)
    fingers.key(key)
    assert kind in viewer.interactor.prompt
    fingers.drag("Left", begin, end)
    (one,) = viewer.state.measurements
    assert (one.kind, viewer.interactor.prompt) == (kind, "")
    assert off(viewer, plane, one.points[0], begin) <= 0.5
    assert off(viewer, plane, one.points[1], end) <= 0.5
    assert (viewer.state.look.window, viewer.state.cursor) == (window, cursor)
    frame = viewer.interactor.context.pane(viewer.state, plane)
    width, height = np.abs(np.subtract(end, begin)) * frame.mm_per_pixel
    result = measure(viewer.volume, one)
    if kind == "distance":
        assert result.length == pytest.approx(np.hypot(width, height))
    else:
        assert result.area == pytest.approx(width * height * (np.pi / 4 if kind == "ellipse" else 1))
    # The tool is laid down: a drag means the window again.
    fingers.drag("Left", in_pane(viewer, plane, 0.1, 0.8), in_pane(viewer, plane, 0.2, 0.9))
    assert viewer.state.look.window != window
    assert kinds(viewer) == [kind]


@pytest.mark.parametrize("plane", NAMES)
def test_an_angle_by_clicks_and_by_a_drag_and_a_click(fingers, plane):
    viewer = fingers.viewer
    places = [in_pane(viewer, plane, *at) for at in ((0.7, 0.3), (0.3, 0.3), (0.3, 0.7))]
    fingers.key("n")
    for at in places:
        click(fingers, at)
    fingers.key("n")
    fingers.drag("Left", places[0], places[1])
    assert len(viewer.state.measurements) == 2  # the second follows the pointer
    click(fingers, places[2])
    one, other = viewer.state.measurements
    assert one == other
    assert measure(viewer.volume, one).angle == pytest.approx(90, abs=0.01)
    assert viewer.interactor.prompt == ""


def test_clicks_in_quick_succession_are_no_double_click(fingers):
    viewer = fingers.viewer
    fingers.key("d")
    click(fingers, in_pane(viewer, "axial", 0.3, 0.3))
    fingers.at(*in_pane(viewer, "axial", 0.6, 0.3), repeat=1).send("MouseMove", "LeftButtonPress", "LeftButtonRelease")
    assert kinds(viewer) == ["distance"]
    assert viewer.state.enlarged is None


@pytest.mark.parametrize("plane", NAMES)
def test_p_probes_what_is_pointed_at(fingers, plane):
    viewer = fingers.viewer
    at = in_pane(viewer, plane, 0.45, 0.55)
    fingers.at(*at).send("MouseMove")
    fingers.key("p")
    (one,) = viewer.state.measurements
    assert off(viewer, plane, one.points[0], at) <= 0.5
    assert measure(viewer.volume, one).value == viewer.volume.value_at(one.points[0], "nearest")


@pytest.mark.parametrize("plane", NAMES)
def test_handles_and_lines_are_dragged_before_window_and_crosshair(fingers, plane):
    viewer = fingers.viewer
    places = [in_pane(viewer, plane, *at) for at in ((0.3, 0.3), (0.7, 0.7))]
    fingers.key("w")
    fingers.drag("Left", *places)
    before = viewer.state
    # The crosshair's lines run below these places.
    to = in_pane(viewer, plane, 0.5, 0.3)
    corner = places[0]
    fingers.drag("Left", corner, np.add(corner, (-12, 9)))
    one = viewer.state.measurements[0]
    assert min(off(viewer, plane, point, np.add(corner, (-12, 9))) for point in one.handles) <= 0.5
    assert min(off(viewer, plane, point, places[1]) for point in one.handles) <= 0.5
    fingers.drag("Left", np.add(to, (0, 9)), np.add(to, (20, 29)))
    way = viewer.state.measurements[0].center - one.center
    np.testing.assert_allclose(way, 20 * sum(step(viewer, plane)), atol=1e-6)
    assert (viewer.state.look.window, viewer.state.cursor) == (before.look.window, before.cursor)


def step(viewer, plane):
    frame = viewer.interactor.context.pane(viewer.state, plane)
    return frame.right, frame.down


def test_escape_lays_the_tool_down_and_takes_back_what_is_not_complete(fingers):
    viewer = fingers.viewer
    fingers.key("d")
    fingers.key("Escape")
    assert viewer.interactor.prompt == ""
    fingers.key("n")
    for at in ((0.3, 0.3), (0.6, 0.6)):
        click(fingers, in_pane(viewer, "axial", *at))
    assert kinds(viewer) == ["angle"]
    fingers.key("Escape")
    assert kinds(viewer) == []
    # In the middle of a drag as well.
    fingers.key("e")
    fingers.at(*in_pane(viewer, "axial", 0.3, 0.3)).send("MouseMove", "LeftButtonPress")
    fingers.at(*in_pane(viewer, "axial", 0.5, 0.5)).send("MouseMove")
    assert kinds(viewer) == ["ellipse"]
    fingers.key("Escape")
    fingers.at(*in_pane(viewer, "axial", 0.6, 0.5)).send("MouseMove", "LeftButtonRelease")
    assert kinds(viewer) == []


def test_what_is_not_complete_does_not_outlive_the_window(fingers):
    viewer = fingers.viewer
    fingers.key("p")
    fingers.key("e")
    click(fingers, in_pane(viewer, "axial", 0.3, 0.3))
    fingers.at(*in_pane(viewer, "axial", 0.5, 0.5)).send("MouseMove")
    assert kinds(viewer)[-1] == "ellipse"
    viewer.interactor.cancel()
    assert "ellipse" not in kinds(viewer)
    assert viewer.interactor.prompt == ""


def test_another_tool_takes_the_place_of_the_one_in_hand(fingers):
    viewer = fingers.viewer
    fingers.key("d")
    click(fingers, in_pane(viewer, "axial", 0.3, 0.3))
    fingers.at(*in_pane(viewer, "axial", 0.4, 0.4)).send("MouseMove")
    fingers.key("w")
    assert kinds(viewer) == []
    fingers.drag("Left", in_pane(viewer, "axial", 0.3, 0.3), in_pane(viewer, "axial", 0.5, 0.5))
    assert kinds(viewer) == ["rectangle"]


def test_slices_and_zoom_go_on_while_drawing(fingers):
    viewer = fingers.viewer
    fingers.key("d")
    begin = in_pane(viewer, "axial", 0.3, 0.3)
    click(fingers, begin)
    fingers.at(*in_pane(viewer, "axial", 0.5, 0.5), ctrl=1).send("MouseMove", "MouseWheelForward")
    end = in_pane(viewer, "axial", 0.55, 0.5)
    click(fingers, end)
    (one,) = viewer.state.measurements
    assert off(viewer, "axial", one.points[1], end) <= 0.5
    assert off(viewer, "axial", one.points[0], begin) > 3  # it stays where the anatomy is


@pytest.mark.parametrize("key", ["Delete", "BackSpace"])
def test_deleting(fingers, key):
    viewer = fingers.viewer
    for tool in "dw":
        fingers.key(tool)
        right = {"d": 0.2, "w": 0.6}[tool]
        fingers.drag("Left", in_pane(viewer, "axial", right, 0.3), in_pane(viewer, "axial", right + 0.2, 0.6))
    fingers.at(*in_pane(viewer, "axial", 0.2, 0.3)).send("MouseMove")
    fingers.key(key)
    assert kinds(viewer) == ["rectangle"]
    fingers.at(*in_pane(viewer, "axial", 0.9, 0.9)).send("MouseMove")
    fingers.key(key)
    fingers.key(key)
    assert kinds(viewer) == []


def test_renaming_takes_all_keys_until_return(fingers):
    viewer = fingers.viewer
    fingers.at(*in_pane(viewer, "axial", 0.4, 0.4)).send("MouseMove")
    fingers.key("p")
    window = viewer.state.look.window
    fingers.key("F2")
    write(fingers, "3", "d", "space", "Shift_L", "Q", "x", "BackSpace")
    assert viewer.interactor.prompt.endswith("3d Q_")
    write(fingers, "Return")
    (one,) = viewer.state.measurements
    assert one.name == "3d Q"
    assert (viewer.state.look.window, viewer.interactor.prompt) == (window, "")
    fingers.key("F2")
    write(fingers, "z", "Escape")
    assert viewer.state.measurements == (one,)
    assert viewer.state.view == "mpr"


def test_names_are_written_in_letters_of_other_keyboards(fingers):
    viewer = fingers.viewer
    fingers.at(*in_pane(viewer, "axial", 0.4, 0.4)).send("MouseMove")
    fingers.key("p")
    fingers.key("F2")
    write(fingers, "Ccaron", "a", "dead_acute", "Cyrillic_ya", "space", "U5C71", "Return")
    assert viewer.state.measurements[0].name == "Čaя 山"


def test_the_list_is_over_the_window_and_in_no_screenshot(volume):
    screen = MemoryScreen((1200, 400))
    with Viewer(volume, "mpr", screen.size, screen=screen) as viewer:

        def shown():
            viewer.process_events()
            return screen.pixels.copy()

        def with_list():
            picture = viewer.screenshot()
            Rasterizer().draw(picture, list_marks(viewer.size, viewer.state.measurements, MeasurementCache(volume)))
            return picture

        plain = viewer.screenshot()
        viewer.interactor.key("M")
        np.testing.assert_array_equal(shown(), with_list())
        assert (with_list() != plain).any()
        one = Measurement("probe", (viewer.state.cursor,), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), "here")
        viewer.state = viewer.state.with_measurement(one)
        np.testing.assert_array_equal(shown(), with_list())
        texts = {getattr(mark, "text", "") for mark in list_marks(viewer.size, (one,), MeasurementCache(volume))}
        assert {"here", "probe", "1"} <= texts
        viewer.state = replace(viewer.state, measurements=())
        np.testing.assert_array_equal(viewer.screenshot(), plain)
        viewer.interactor.key("M")
        np.testing.assert_array_equal(shown(), plain)


def test_handles_are_shown_where_one_could_take_hold(fingers):
    viewer = fingers.viewer
    fingers.key("e")
    fingers.drag("Left", in_pane(viewer, "axial", 0.3, 0.3), in_pane(viewer, "axial", 0.6, 0.6))
    counts = []
    for down in (0.3, 0.45):
        fingers.at(*in_pane(viewer, "axial", 0.45, down)).send("MouseMove")
        marks = handle_marks(viewer.state, viewer.interactor.context, viewer.interactor.position)
        counts.append(len(marks.get("axial", ())))
    assert counts[0] - counts[1] == 8  # four corners, each a frame on a darker one


@pytest.fixture
def measured(fingers):
    fingers.at(*in_pane(fingers.viewer, "axial", 0.4, 0.4)).send("MouseMove")
    fingers.key("p")
    fingers.key("d")
    fingers.drag("Left", in_pane(fingers.viewer, "axial", 0.3, 0.3), in_pane(fingers.viewer, "axial", 0.6, 0.6))
    return fingers


def test_copied_with_tabs(measured, monkeypatch):
    copied = []
    monkeypatch.setitem(
        sys.modules, "pyperclip", SimpleNamespace(copy=copied.append, set_clipboard=str, PyperclipException=OSError)
    )
    measured.key("c", ctrl=1)
    rows = list(csv.DictReader(copied[0].splitlines(), delimiter="\t"))
    assert [row["kind"] for row in rows] == ["probe", "distance"]
    assert "copied 2" in measured.viewer.note


def test_without_a_clipboard_it_says_what_to_install(measured, monkeypatch):
    pyperclip = pytest.importorskip("pyperclip")

    def fail(text):
        raise pyperclip.PyperclipException("many\nlines")

    monkeypatch.setattr(pyperclip, "copy", fail)
    measured.key("c", ctrl=1)
    note = measured.viewer.note
    assert note.startswith("not copied")
    assert "xclip" in note
    assert "\n" not in note


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system has a clipboard of its own")
@pytest.mark.parametrize(
    ("here", "session", "expected"),
    [((), "", "no"), (("xclip", "wl-copy"), "", "xclip"), (("wl-copy", "xsel"), "wayland-0", "wl-clipboard")],
)
def test_qt_is_never_taken_for_the_clipboard(here, session, expected, measured, monkeypatch):
    """Where Qt cannot begin, it ends the process."""
    chosen = []
    own = SimpleNamespace(copy=str, set_clipboard=chosen.append, PyperclipException=OSError)
    monkeypatch.setitem(sys.modules, "pyperclip", own)
    monkeypatch.setattr("shutil.which", lambda name: name if name in here else None)
    monkeypatch.setenv("WAYLAND_DISPLAY", session)
    measured.key("c", ctrl=1)
    assert chosen == [expected]


def test_saved_beside_the_pictures(measured, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    viewer = measured.viewer
    measured.key("e", ctrl=1)
    measured.key("e", ctrl=1)
    measured.key("s")
    names = [f"viewer3d-measurements-{n}.{suffix}" for n in (1, 2) for suffix in ("csv", "json")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["viewer3d-1.png", *names]
    rows = json.loads((tmp_path / "viewer3d-measurements-2.json").read_text())["measurements"]
    assert rows[1]["length_mm"] == measure(viewer.volume, viewer.state.measurements[1]).length
    assert read_state(tmp_path / "viewer3d-1.png").measurements == viewer.state.measurements


def test_with_nothing_measured_nothing_is_written(fingers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for key in "ce":
        fingers.key(key, ctrl=1)
        assert "nothing" in fingers.viewer.note
    fingers.key("F2")
    assert fingers.viewer.interactor.prompt == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [(1, 1), (17, 16), (40, 900)])
def test_windows_of_any_size_and_odd_volumes(size):
    voxels = np.full((12, 10, 1), np.nan, np.float32)
    voxels[3] = 7
    screen, odd = MemoryScreen((64, 64)), Volume.from_array(voxels, np.diag([1.0, 1.0, 5.0, 1.0]))
    with Viewer(odd, "mpr", size=(64, 64), screen=screen) as one:
        screen.size = size
        one.process_events()
        width, height = one.size
        for tool in "dnewp":
            one.interactor.move(width * 0.1, height * 0.4)
            one.interactor.key(tool, tool)
            for share in (0.1, 0.2, 0.3):
                one.interactor.press("left", width * share, height * 0.4)
                one.interactor.move(width * share + 4, height * 0.9)
                one.interactor.release("left")
            one.interactor.key("M")
            one.render()
            one.process_events()
        one.interactor.key("Escape")
        for two in one.state.measurements:
            assert measure(one.volume, two).texts


def moved_through(fingers, places):
    """Press at the first place, move through all, release at the last."""
    fingers.at(*places[0]).send("MouseMove", "LeftButtonPress")
    for place in places[1:]:
        fingers.at(*place).send("MouseMove")
    fingers.send("LeftButtonRelease")


@pytest.mark.parametrize("plane", NAMES)
def test_a_freehand_region_is_drawn_by_a_drag_around_it(fingers, plane):
    viewer = fingers.viewer
    turns = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    places = [in_pane(viewer, plane, 0.5 + 0.2 * np.cos(t), 0.5 + 0.3 * np.sin(t)) for t in turns]
    fingers.key("E")
    assert "freehand: drag around it" in viewer.interactor.prompt
    click(fingers, places[0])  # encloses nothing: the tool stays
    assert kinds(viewer) == []
    moved_through(fingers, places)
    (one,) = viewer.state.measurements
    assert (one.kind, viewer.interactor.prompt) == ("freehand", "")
    assert 16 <= len(one.points) < 100  # what a pixel cannot show is left out
    rect = viewer.interactor.context.rect(viewer.state, plane)
    scale = viewer.interactor.context.pane(viewer.state, plane).mm_per_pixel
    result = measure(viewer.volume, one)
    assert result.area == pytest.approx(np.pi * 0.2 * rect.width * 0.3 * rect.height * scale**2, rel=0.02)
    assert result.count > 0
    # It goes as a whole, by its line.
    begin, end = places[0], np.add(places[0], (9, -7))
    fingers.drag("Left", begin, tuple(end))
    (after,) = viewer.state.measurements
    np.testing.assert_allclose(
        np.subtract(after.points, one.points), np.subtract(after.points, one.points)[:1].repeat(len(one.points), 0)
    )
    assert after != one
    assert measure(viewer.volume, after).area == pytest.approx(result.area)


CORNERS = ((0.3, 0.3), (0.7, 0.35), (0.6, 0.7), (0.35, 0.65))


@pytest.mark.parametrize("plane", NAMES)
@pytest.mark.parametrize("how", ["double click", "Return", "first"])
def test_a_polygon_by_clicks_is_closed_in_three_ways(fingers, plane, how):
    viewer = fingers.viewer
    places = [in_pane(viewer, plane, *at) for at in CORNERS]
    fingers.key("Q")
    for place in places:
        click(fingers, place)
    assert len(viewer.state.measurements) == 1  # it is seen as it grows
    if how == "double click":
        fingers.at(*places[-1], repeat=1).send("LeftButtonPress", "LeftButtonRelease")
    elif how == "Return":
        fingers.at(*in_pane(viewer, plane, 0.1, 0.1)).send("MouseMove")
        write(fingers, "Return")
    else:
        click(fingers, np.add(places[0], (3, -3)))
    (one,) = viewer.state.measurements
    assert (one.kind, len(one.points), viewer.interactor.prompt) == ("polygon", 4, "")
    assert viewer.state.enlarged is None
    assert all(off(viewer, plane, point, at) <= 0.5 for point, at in zip(one.points, places, strict=True))
    scale = viewer.interactor.context.pane(viewer.state, plane).mm_per_pixel
    x, y = np.array(places, float).T * scale
    shoelace = abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    assert measure(viewer.volume, one).area == pytest.approx(shoelace)


def test_corners_of_a_polygon_are_taken_back_moved_added_and_removed(fingers):
    viewer = fingers.viewer
    places = [in_pane(viewer, "axial", *at) for at in CORNERS]
    fingers.key("Q")
    for place in (*places[:2], in_pane(viewer, "axial", 0.9, 0.9)):
        click(fingers, place)
    write(fingers, "BackSpace")
    write(fingers, "Return")  # two corners enclose nothing: it goes on
    assert "polygon" in viewer.interactor.prompt
    for place in (*places[2:], places[0]):
        click(fingers, place)
    (one,) = viewer.state.measurements
    assert len(one.points) == 4
    fingers.drag("Left", places[2], in_pane(viewer, "axial", 0.65, 0.75))
    (moved,) = viewer.state.measurements
    assert off(viewer, "axial", moved.points[2], in_pane(viewer, "axial", 0.65, 0.75)) <= 0.5
    assert moved.points[:2] == one.points[:2]
    cursor = viewer.state.cursor
    edge = in_pane(viewer, "axial", 0.5, 0.325)
    fingers.at(*edge, ctrl=1).send("MouseMove", "LeftButtonPress", "LeftButtonRelease")
    (more,) = viewer.state.measurements
    assert more.points == (moved.points[0], more.points[1], *moved.points[1:])
    assert off(viewer, "axial", more.points[1], edge) <= 0.5
    fingers.at(*edge, ctrl=1).send("LeftButtonPress", "LeftButtonRelease")
    assert viewer.state.measurements == (moved,)
    assert viewer.state.cursor == cursor
    for _ in range(3):  # three are left
        where = viewer.interactor.context.pane(viewer.state, "axial").to_pixel(viewer.state.measurements[0].points[0])
        fingers.at(*np.rint(where).astype(int), ctrl=1).send("MouseMove", "LeftButtonPress", "LeftButtonRelease")
    assert len(viewer.state.measurements[0].points) == 3


def test_a_polygon_is_given_up_with_escape(fingers):
    viewer = fingers.viewer
    fingers.key("Q")
    for at in CORNERS[:3]:
        click(fingers, in_pane(viewer, "axial", *at))
    write(fingers, "Escape")
    assert (viewer.state.measurements, viewer.interactor.prompt) == ((), "")


@pytest.mark.parametrize("plane", NAMES)
def test_two_diameters_by_a_drag_and_a_click(fingers, plane):
    viewer = fingers.viewer
    begin, end, side = (in_pane(viewer, plane, *at) for at in ((0.3, 0.5), (0.7, 0.5), (0.45, 0.45)))
    fingers.key("X")
    fingers.drag("Left", begin, end)
    assert "longest" in viewer.interactor.prompt
    click(fingers, side)
    (one,) = viewer.state.measurements
    assert (one.kind, viewer.interactor.prompt) == ("bidirectional", "")
    for number, at in ((0, begin), (1, end), (3, side)):
        assert off(viewer, plane, one.points[number], at) <= 0.5
    scale = viewer.interactor.context.pane(viewer.state, plane).mm_per_pixel
    result = measure(viewer.volume, one)
    assert result.long == pytest.approx((end[0] - begin[0]) * scale)
    assert result.short == pytest.approx(2 * (begin[1] - side[1]) * scale)
    # An end of the long axis takes the short one with it, at a right angle.
    fingers.drag("Left", end, in_pane(viewer, plane, 0.6, 0.7))
    (after,) = viewer.state.measurements
    long, short = (np.subtract(after.points[n + 1], after.points[n]) for n in (0, 2))
    assert abs(long @ short) < 1e-6
    assert measure(viewer.volume, after).short == pytest.approx(result.short)


def test_an_arrow_and_a_text_are_drawn_and_written(fingers):
    viewer = fingers.viewer
    tip, tail, place = (in_pane(viewer, "axial", *at) for at in ((0.4, 0.4), (0.6, 0.3), (0.3, 0.7)))
    fingers.at(*tip).send("MouseMove")
    fingers.key("a", ctrl=True)
    assert "arrow" in viewer.interactor.prompt
    fingers.drag("Left", tip, tail)
    write(fingers, "c", "a", "l", "c", "i", "f", "i", "c", "q")
    assert viewer.interactor.prompt.startswith("arrow: calcificq_")
    write(fingers, "BackSpace", "Return")
    fingers.key("T")
    click(fingers, place)
    write(fingers, "h", "i", "Return")
    arrow, text = viewer.state.measurements
    assert [(one.kind, one.name) for one in (arrow, text)] == [("arrow", "calcific"), ("text", "hi")]
    assert off(viewer, "axial", arrow.points[0], tip) <= 0.5
    assert off(viewer, "axial", arrow.points[1], tail) <= 0.5
    assert off(viewer, "axial", text.points[0], place) <= 0.5
    # A text without letters says nothing: it is not kept. An arrow without any still points.
    for name, left in (("Escape", 2), ("Return", 2)):
        fingers.key("T")
        click(fingers, in_pane(viewer, "axial", 0.8, 0.8))
        write(fingers, name)
        assert (len(viewer.state.measurements), viewer.interactor.prompt) == (left, "")
    fingers.key("a", ctrl=True)
    fingers.drag("Left", in_pane(viewer, "axial", 0.8, 0.8), in_pane(viewer, "axial", 0.9, 0.7))
    write(fingers, "Escape")
    assert viewer.state.measurements[2].name == ""
    fingers.key("M")
    marks = list_marks((900, 700), viewer.state.measurements, MeasurementCache(viewer.volume))
    rows = [mark.text for mark in marks if hasattr(mark, "text")]
    assert {"arrow", "text", "calcific", "hi"} <= set(rows)


def test_an_isocontour_by_events_of_vtk(fingers):
    viewer = fingers.viewer
    fingers.key("g", ctrl=True)
    assert "isocontour" in viewer.interactor.prompt
    begin, end = in_pane(viewer, "axial", 0.5, 0.5), in_pane(viewer, "axial", 0.7, 0.5)
    fingers.drag("Left", begin, end)
    (one,) = viewer.state.measurements
    frame = viewer.interactor.context.pane(viewer.state, "axial")
    assert (one.kind, off(viewer, "axial", one.points[0], begin) <= 0.5) == ("isocontour", True)
    assert one.radius == pytest.approx((end[0] - begin[0]) * frame.mm_per_pixel, abs=0.01)
    fingers.key("z", ctrl=True)
    assert kinds(viewer) == []


def test_every_kind_undoes_as_one_step(fingers):
    viewer = fingers.viewer
    fingers.key("Q")
    for at in (*CORNERS, CORNERS[0]):
        click(fingers, in_pane(viewer, "axial", *at))
    assert kinds(viewer) == ["polygon"]
    fingers.key("z", ctrl=True)
    assert kinds(viewer) == []
    fingers.key("E")
    moved_through(fingers, [in_pane(viewer, "axial", *at) for at in CORNERS])
    assert kinds(viewer) == ["freehand"]
    fingers.key("z", ctrl=True)
    assert kinds(viewer) == []
