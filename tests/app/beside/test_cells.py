"""Series side by side in a window in memory: events, links, sizes and what is shown where."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import viewer3d
from tests.app.conftest import MemoryDesktop
from tests.app.sessions.conftest import as_if_from_files
from viewer3d.app.beside.screens import ACTIVE
from viewer3d.app.commands import COMMANDS
from viewer3d.app.input.bindings import BINDINGS
from viewer3d.app.show import put_others
from viewer3d.app.viewer import Viewer
from viewer3d.core.layers import Layer
from viewer3d.core.view.side_by_side import SideBySide
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.recipes.embed import read_recipe
from viewer3d.render.cells import cell_columns, cell_rects

SIZE = (640, 400)


def volume(shape=(40, 36, 20), spacing=(2.0, 2, 3), origin=(0.0, 0, 0), frame="1.2", seed=0, **about):
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = origin
    voxels = np.random.default_rng(seed).integers(0, 1000, shape).astype(np.int16)
    return Volume.from_array(voxels, affine, frame_of_reference=frame, modality="MR", **about)


def small(**about):
    return volume((20, 20, 10), (3.0, 3, 4), (12.0, 9, 8), seed=1, **about)


@pytest.fixture
def window():
    """What opens a viewer on a window in memory, with others beside it; all are closed in the end."""
    opened = []

    def open_window(first, *others, size=SIZE, keep="keep"):
        desktop = MemoryDesktop(size)
        viewer = Viewer(first, "mpr", size, screen=desktop, keep=keep)
        opened.append(viewer)
        viewer.open()
        settle(viewer)
        cells = viewer.steering.screen.shared.cells
        for other in others:
            cells.put(other if isinstance(other, list) else [other])
        settle(viewer)
        return desktop, viewer, cells

    yield open_window
    for viewer in opened:
        viewer.close()


def settle(viewer, times=8):
    for _ in range(times):
        viewer.process_events()


def rect(cells, number):
    return cells._shared.rects()[number]


def middle(cells, number):
    place = rect(cells, number)
    return place.left + place.width // 2, place.top + place.height // 2


def world_at(cells, number, x, y):
    viewer, place = cells.viewers[number], rect(cells, number)
    context, state = viewer.steering.context, viewer.state
    return context.to_world(state, context.locate(state, x - place.left, y - place.top), state.panes[0])


def test_the_same_place_lies_under_the_same_pixel_of_linked_cells(window):
    desktop, viewer, cells = window(volume(), small())
    assert [one.state.panes for one in cells.viewers] == [("axial",), ("axial",)]
    desktop.handler.move(*middle(cells, 0))
    desktop.handler.wheel(2, *middle(cells, 0))
    desktop.handler.wheel(3, *middle(cells, 0), ctrl=True)
    x, y = middle(cells, 0)
    desktop.handler.press("middle", x, y)
    desktop.handler.move(x + 17, y - 9)
    desktop.handler.release("middle")
    settle(viewer)
    one, other = cells.viewers
    assert one.state.axial.zoom > 1.3
    step = rect(cells, 1).left - rect(cells, 0).left
    for away in ((0, 0), (40, -60), (-35, 77)):
        place = world_at(cells, 0, x + away[0], y + away[1])
        np.testing.assert_allclose(world_at(cells, 1, x + step + away[0], y + away[1]), place, atol=1e-9)
    desktop.handler.press("left", x + 20, y + 10)
    desktop.handler.release("left")
    assert other.state.cursor == one.state.cursor


def test_what_is_shown_is_drawn_in_the_cells_and_the_active_one_has_a_frame(window):
    desktop, viewer, cells = window(volume(), small())
    for number, one in enumerate(cells.viewers):
        place = rect(cells, number)
        assert one.size == place.size
        shown = desktop.pixels[place.rows, place.columns]
        own = one.steering.presenter.scene.picture
        top = slice(place.height // 4, place.height // 2)  # where no note is
        np.testing.assert_array_equal(shown[top], own[top])
    assert tuple(desktop.pixels[0, 0]) == ACTIVE
    desktop.handler.wheel(1, *middle(cells, 1))
    settle(viewer)
    assert tuple(desktop.pixels[0, 0]) != ACTIVE
    assert tuple(desktop.pixels[0, rect(cells, 1).left]) == ACTIVE
    assert cells.active == 1
    assert cells.viewer is cells.viewers[1]
    desktop.exposed = True
    desktop.pixels[:] = 0
    settle(viewer)
    assert tuple(desktop.pixels[-1, -1]) == ACTIVE


def test_events_go_to_the_cell_under_the_pointer_and_motion_makes_none_active(window):
    desktop, _viewer, cells = window(volume(), small())
    desktop.handler.move(*middle(cells, 1))
    assert cells.viewers[1].state.pointer is not None
    assert cells.viewers[0].state.pointer is None
    assert cells.active == 0
    desktop.handler.key("i", "i")
    assert cells.active == 1
    assert [one.state.look.inverted for one in cells.viewers] == [False, True]
    desktop.handler.move(*middle(cells, 0))
    assert cells.viewers[1].state.pointer is None
    # A drag stays with the cell that it began in.
    x, y = middle(cells, 0)
    desktop.handler.press("left", x - 40, y - 40)  # of no line of the crosshair
    desktop.handler.move(*middle(cells, 1))
    desktop.handler.release("left")
    assert cells.viewers[0].state.look.window != cells.viewers[0].steering.context.first.look.window
    assert cells.viewers[1].state.look.window == cells.viewers[1].steering.context.first.look.window
    desktop.handler.leave()
    desktop.handler.key("y", "y")
    assert [one.state.view for one in cells.viewers] == ["coronal", "axial"]


def test_the_palette_of_a_cell_takes_keys_and_mouse_wherever_the_pointer_is(window):
    desktop, first, cells = window(volume(), small())
    handler = desktop.handler
    handler.move(*middle(cells, 0))
    handler.key("slash", "/")
    handler.move(*middle(cells, 1))
    for letter in "laycoronal":
        handler.key(letter, letter)
    before = [one.state for one in cells.viewers]
    handler.wheel(-1, *middle(cells, 1))
    assert [one.state for one in cells.viewers] == before
    handler.key("Return")
    assert (cells.viewers[0].state.view, cells.viewers[1].state.view) == ("coronal", before[1].view)
    handler.key("question", "?")
    handler.key("F1")
    assert first.interactor.modal is None


def test_one_event_draws_one_cell_unless_they_are_linked(window):
    desktop, viewer, cells = window(volume(), small())
    drawn = []
    for number, one in enumerate(cells.viewers):
        scene = one.steering.presenter.scene
        apply = scene.apply
        scene.apply = lambda *a, n=number, apply=apply, **k: drawn.append((n, changed := apply(*a, **k))) or changed
    desktop.handler.move(*middle(cells, 1))
    settle(viewer)
    assert {number for number, _ in drawn} == {1}
    drawn.clear()
    desktop.handler.key("i", "i")
    settle(viewer)
    assert {number for number, changed in drawn if changed} == {1}
    drawn.clear()
    desktop.handler.wheel(1, *middle(cells, 1))
    settle(viewer)
    assert sorted(number for number, changed in drawn if changed) == [0, 1]
    desktop.handler.key("F3")
    settle(viewer)
    drawn.clear()
    desktop.handler.wheel(1, *middle(cells, 1))
    settle(viewer)
    assert {number for number, changed in drawn if changed} == {1}


def test_f3_unlinks_and_links_where_the_active_one_is(window):
    desktop, _viewer, cells = window(volume(), small())
    desktop.handler.move(*middle(cells, 0))
    desktop.handler.key("F3")
    assert "unlinked" in cells.viewers[0].note
    before = cells.viewers[1].state.cursor
    desktop.handler.wheel(2, *middle(cells, 0))
    assert cells.viewers[1].state.cursor == before
    desktop.handler.key("F3")
    assert cells.viewers[1].state.cursor == cells.viewers[0].state.cursor != before


def test_f4_keeps_the_difference_of_other_frames_of_reference(window):
    desktop, _viewer, cells = window(volume(), small(frame="9.9"))
    assert "another frame of reference" in cells.viewers[1].note
    one, other = cells.viewers
    before = other.state.cursor
    desktop.handler.move(*middle(cells, 0))
    desktop.handler.wheel(1, *middle(cells, 0))
    assert other.state.cursor == before
    desktop.handler.key("F4")
    away = np.subtract(other.state.cursor, one.state.cursor)
    assert f"{away[2]:+.1f} mm ({away[2] / 4:+.1f} slices)" in one.note
    desktop.handler.wheel(2, *middle(cells, 0))
    np.testing.assert_allclose(np.subtract(other.state.cursor, one.state.cursor), away, atol=1e-9)
    desktop.handler.wheel(-1, *middle(cells, 1))
    np.testing.assert_allclose(np.subtract(other.state.cursor, one.state.cursor), away, atol=1e-9)
    desktop.handler.key("F4")
    before = other.state.cursor
    desktop.handler.wheel(1, *middle(cells, 0))
    assert other.state.cursor == before


def test_what_lies_outside_of_the_other_is_told_until_it_is_inside_again(window):
    desktop, viewer, cells = window(volume(), small())
    desktop.handler.move(*middle(cells, 0))
    desktop.handler.key("Home")
    assert cells.viewers[1].note == "outside of this series by 11 mm: its nearest slice is shown"
    assert cells.viewers[1].state.cursor[2] == 44
    settle(viewer)
    desktop.handler.wheel(-5, *middle(cells, 0))
    assert cells.viewers[1].note == ""
    assert cells.viewers[1].state.cursor == cells.viewers[0].state.cursor


def test_two_times_of_a_set_stand_side_by_side_and_share_all_voxels(window):
    times = [volume(seed=n, which={"time": float(n)}) for n in range(3)]
    desktop, viewer, cells = window(times)
    desktop.handler.key("ctrl+b", "b")
    settle(viewer)
    assert [one.state.layers[0].member for one in cells.viewers] == [0, 1]
    assert all(
        np.shares_memory(a.voxels, b.voxels) for a, b in zip(*(one.volumes for one in cells.viewers), strict=True)
    )
    desktop.handler.move(*middle(cells, 1))
    desktop.handler.key("period", ".")
    assert [one.state.layers[0].member for one in cells.viewers] == [0, 2]
    desktop.handler.wheel(1, *middle(cells, 1))
    assert cells.viewers[0].state.cursor == cells.viewers[1].state.cursor


def test_four_are_the_most_and_a_cell_can_be_taken_away(window):
    desktop, viewer, cells = window(volume(), small(), small(frame="9.9"), size=(900, 600))
    assert cells.side_by_side.worlds == (0, 0, 1)
    assert cells.side_by_side.columns == 3
    desktop.handler.key("ctrl+b", "b")
    settle(viewer)
    assert cells.count == 4
    assert cells.side_by_side.columns == 2
    desktop.handler.key("ctrl+b", "b")
    assert "4 series stand side by side" in viewer.note
    closed = cells.viewers[1]
    desktop.handler.wheel(1, *middle(cells, 1))
    closed.steering.obey("close cell")
    settle(viewer)
    assert closed not in cells.viewers
    assert not closed.is_open
    assert viewer.is_open
    assert cells.side_by_side.worlds == (0, 1, 0)
    while cells.count > 1:
        cells.close_cell(1)
    settle(viewer)
    assert (viewer.state.view, viewer.size) == ("mpr", (900, 600))
    assert cells.side_by_side is None
    with pytest.raises(ViewError, match="only series"):
        cells.close_cell(0)
    assert "Ctrl + b" in cells.toggle_link() + cells.link_by_offset()


def test_other_sizes_keep_the_same_mm_a_pixel(window):
    desktop, viewer, cells = window(volume(), small())
    for size in ((500, 700), (1000, 300), (300, 260)):
        desktop.size, desktop.pixels = size, np.zeros((size[1], size[0], 3), np.uint8)
        settle(viewer)
        scales = [one.steering.context.pane(one.state, "axial").mm_per_pixel for one in cells.viewers]
        assert scales[1] == pytest.approx(scales[0], rel=1e-9)


def test_the_states_survive_json_and_come_back(window):
    desktop, _viewer, cells = window(volume(), small(), small(frame="9.9"))
    desktop.handler.wheel(2, *middle(cells, 1), ctrl=True)
    desktop.handler.key("F4")
    saved = SideBySide.from_json(cells.side_by_side.to_json())
    assert saved == cells.side_by_side
    desktop.handler.wheel(3, *middle(cells, 2))
    desktop.handler.key("F3")
    cells.take(saved)
    assert cells.side_by_side == saved
    with pytest.raises(ViewError, match="3 series are shown"):
        cells.take(replace(saved, cells=saved.cells[:2], worlds=(), offsets=None, active=0, columns=2))


def test_a_transform_places_a_series_in_the_world_of_the_first(window):
    _desktop, _viewer, cells = window(volume())
    c, s = np.cos(0.3), np.sin(0.3)
    way = np.array([[c, -s, 0, 8], [s, c, 0, -5], [0, 0, 1, 2], [0, 0, 0, 1.0]])
    moved = cells.put([small(frame="9.9")], transform=way)
    np.testing.assert_allclose(moved.volume.affine, way @ small().affine)
    assert cells.side_by_side.worlds == (0, 0)
    np.testing.assert_allclose(cells.side_by_side.transforms[1], way)
    with pytest.raises(ViewError, match="singular"):
        cells.put([small()], transform=np.zeros((4, 4)) + np.diag([0, 0, 0, 1.0]))
    assert cells.count == 2


def test_another_series_in_a_cell_goes_where_the_others_are(window):
    desktop, _viewer, cells = window(volume(), small())
    desktop.handler.wheel(2, *middle(cells, 0))
    place = cells.viewers[0].state.cursor
    cells.viewers[1].exchange(small(description="another"))
    assert [one.state.cursor for one in cells.viewers] == [place, place]


def test_closing_the_window_from_any_cell_ends_all(window):
    desktop, viewer, cells = window(volume(), small())
    ended = []
    for one in cells.viewers:
        one.on_close(lambda: ended.append(1))
    desktop.handler.move(*middle(cells, 1))
    desktop.handler.key("q", "q")
    settle(viewer, 1)
    viewer.close()
    assert not desktop.is_open
    assert len(ended) == 2


def test_the_commands_are_in_the_table_and_off_screen_they_say_what_they_need():
    names = {command for one in BINDINGS for command in one.commands}
    for command in ("put beside", "link", "link by offset", "close cell"):
        assert command in names
        with viewer3d.Viewer(volume(), off_screen=True) as viewer:
            viewer.steering.obey(command)
            assert "desktop window" in viewer.note
        assert command in COMMANDS


@pytest.mark.parametrize(
    ("count", "size", "columns"),
    [
        (2, (1000, 900), 2),
        (2, (500, 900), 1),
        (3, (1000, 900), 2),
        (3, (1720, 900), 3),
        (4, (1000, 900), 2),
        (4, (400, 900), 1),
    ],
)
def test_cells_are_as_large_as_they_can_be_and_never_overlap(count, size, columns):
    assert cell_columns(count, size) == columns
    taken = np.zeros((size[1], size[0]), int)
    for place in cell_rects(count, columns, size):
        taken[place.rows, place.columns] += 1
    assert taken.max() == 1
    assert taken.sum() == sum(one.width * one.height for one in cell_rects(count, columns, size))


def test_ctrl_s_saves_the_states_of_all_and_none_names_where_the_pointer_was(window, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    desktop, _viewer, cells = window(volume(), small())
    desktop.handler.move(*middle(cells, 1))
    desktop.handler.key("ctrl+s", "s")
    (path,) = tmp_path.iterdir()
    saved = SideBySide.from_json(path.read_text())
    assert saved == cells.side_by_side
    assert all(cell.pointer is None for cell in saved.cells)
    assert cells.viewers[1].note == f"saved {path}"


def test_s_saves_the_picture_of_all_as_it_is_seen(window, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    times = [volume(seed=n, which={"time": float(n)}) for n in range(3)]
    desktop, viewer, cells = window(times)
    desktop.handler.key("ctrl+b", "b")
    heat = small(description="heat")
    cells.viewers[1].set_overlays([heat])
    settle(viewer)
    desktop.handler.wheel(2, *middle(cells, 1), ctrl=True)
    settle(viewer)  # the panel of its layers comes
    desktop.handler.key("s", "s")
    (path,) = tmp_path.glob("*.png")
    settle(viewer)
    saved = np.asarray(Image.open(path))
    assert saved.shape[1::-1] == cells.size
    for number, one in enumerate(cells.viewers):
        place = rect(cells, number)
        one.state = replace(one.state, pointer=None)
        one.render()
        picture = one.steering.presenter.scene.picture
        difference = (saved[place.rows, place.columns] != picture).any(-1)
        assert difference.mean() < 0.01  # the turn of a time in a set of two is another than in one of three
    recipe = read_recipe(path)
    assert (recipe.figure, recipe.overlay_bases, len(recipe.volumes)) == ("beside", (1,), 2)


def test_programs_put_series_beside_and_see_all(window):
    _desktop, viewer, cells = window(volume())
    assert (viewer.beside, viewer.side_by_side) == ((), None)
    other = viewer.put_beside(small(frame="9.9"), transform=np.eye(4))
    assert viewer.beside == (other,)
    assert other.beside == (viewer,)
    assert viewer.side_by_side == cells.side_by_side
    assert viewer.side_by_side.worlds == (0, 0)
    put_others(viewer, [Layer(small(frame="8.8"), transform=np.eye(4)), small(frame="7.7")])
    assert viewer.side_by_side.worlds == (0, 0, 0, 1)
    with viewer3d.Viewer(volume(), off_screen=True) as alone, pytest.raises(ViewError, match="no window"):
        alone.put_beside(small())


@pytest.mark.slow
@pytest.mark.parametrize("names", [("ct_torso_acrin", "pet_ac_bqml"), ("ct_head_philips", "ct_head_tilt_philips12")])
def test_a_place_of_real_series_is_under_the_same_pixel(window, real, names):
    desktop, viewer, cells = window(*(viewer3d.load(real(name)) for name in names), size=(900, 500))
    x, y = middle(cells, 0)
    desktop.handler.wheel(4, x + 30, y + 20, ctrl=True)
    desktop.handler.wheel(-2, x, y)
    desktop.handler.press("left", x + 11, y - 17)
    desktop.handler.release("left")
    settle(viewer)
    assert cells.side_by_side.worlds == (0, 0)
    step = rect(cells, 1).left - rect(cells, 0).left
    normal = np.array(cells.viewers[0].state.plane("axial").normal, float)
    for away in ((0, 0), (90, -120), (-75, 133)):
        place = world_at(cells, 0, x + away[0], y + away[1])
        other = world_at(cells, 1, x + step + away[0], y + away[1])
        apart = np.subtract(other, place)
        np.testing.assert_allclose(apart - (apart @ normal) * normal, 0, atol=1e-6)
    inside = cells.viewers[1].volume.geometry.contains(cells.viewers[0].state.cursor)
    assert inside == (cells.viewers[0].state.cursor == cells.viewers[1].state.cursor)


def test_the_series_whose_window_it_is_stays_and_the_window_goes_on(window):
    desktop, viewer, cells = window(volume(), small(), small(frame="9.9"))
    viewer.steering.obey("close cell")
    settle(viewer)
    assert "q closes the window" in viewer.note
    assert cells.count == 3
    assert viewer.is_open
    desktop.handler.wheel(1, *middle(cells, 1))
    viewer.steering.obey("close cell")
    assert cells.count == 2


def test_what_a_transform_placed_can_stand_there_twice(window):
    _desktop, _viewer, cells = window(volume())
    way = np.array([[1.0, 0, 0, 8], [0, 1, 0, -5], [0, 0, 1, 2], [0, 0, 0, 1]])
    cells.put([small(frame="9.9")], transform=way)
    again = cells.put_again(1)
    np.testing.assert_allclose(again.volume.affine, way @ small().affine)
    np.testing.assert_allclose(cells.side_by_side.transforms[2], way)
    np.testing.assert_array_equal(cells.shown_volumes[2].affine, small().affine)
    assert cells.side_by_side.worlds == (0, 0, 0)


def test_what_was_kept_of_a_series_is_resumed_beside_others_with_one_pane(window):
    one, other = as_if_from_files(volume(), 1), as_if_from_files(small(), 2)
    for known in (one, other):
        _desktop, viewer, _cells = window(known)
        viewer.state = viewer.state.with_look(0, inverted=True)
        viewer.close()
    _desktop, viewer, cells = window(one, keep="resume")
    cells.put([other])
    settle(viewer)
    assert [(cell.state.view, cell.state.look.inverted) for cell in cells.viewers] == [("axial", True)] * 2
    assert cells.viewers[0].state.cursor == cells.viewers[1].state.cursor


def test_what_is_left_of_cells_and_layouts_is_gone_when_there_are_others(window):
    desktop, viewer, cells = window(volume(), *(small(description=name) for name in "abc"), size=(700, 620))
    controls = [one.steering.presenter.controls for one in cells.viewers]

    def shown():
        for one in controls:
            one.show_note("")
        settle(viewer)
        return desktop.pixels.copy()

    def shown_anew():
        desktop.pixels[...], desktop.exposed = 7, True
        settle(viewer)
        return desktop.pixels

    np.testing.assert_array_equal(shown(), shown_anew())
    cells.close_cell(3)
    np.testing.assert_array_equal(shown(), shown_anew())  # the place of the fourth
    for view in ("axial", "mpr", "coronal", "mpr"):
        viewer.state = viewer.state.with_view(view)
        np.testing.assert_array_equal(shown(), shown_anew())  # the lines between panes
    desktop.scale = 1.25
    desktop.pixels = np.zeros((775, 875, 3), np.uint8)
    for number in (1, 0, 2):
        cells.activate(number)
        np.testing.assert_array_equal(shown(), shown_anew())  # the frame of the active one
