"""Key images by hand: marked, listed, gone to, named, removed, undone, saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.app.conftest import MemoryScreen
from viewer3d import Viewer, ViewState, Volume, Window
from viewer3d.app.lists.handler import RowListHandler
from viewer3d.app.lists.key_images import NO_KEY_IMAGES, key_image_list
from viewer3d.app.window.row_list import list_layout
from viewer3d.core.view.key_image import MOST_KEY_IMAGES
from viewer3d.recipes.embed import read_recipe

SIZE = (900, 700)


@pytest.fixture
def viewer() -> Iterator[Viewer]:
    i, j, k = np.meshgrid(*(np.arange(n) for n in (24, 20, 12)), indexing="ij")
    affine = np.diag([4.0, 5.0, 9.0, 1.0])
    volume = Volume.from_array((10 * i + 3 * j - 7 * k).astype(np.int16), affine, unit="HU")
    with Viewer(volume, "mpr", SIZE, screen=MemoryScreen(SIZE)) as one:
        one.process_events()
        yield one


def at(viewer: Viewer, pane: str) -> tuple[float, float]:
    rect = viewer.interactor.context.rect(viewer.state, pane)  # type: ignore[arg-type]
    return rect.left + rect.width / 2, rect.top + rect.height / 3


def mark(viewer: Viewer, pane: str) -> None:
    viewer.interactor.move(*at(viewer, pane))
    viewer.interactor.key("ctrl+d")


def listed(viewer: Viewer) -> RowListHandler:
    handler = viewer.interactor.listed
    assert isinstance(handler, RowListHandler)
    return handler


def row_middle(viewer: Viewer, number: int) -> tuple[float, float]:
    return SIZE[0] / 2, list_layout(SIZE, len(viewer.state.key_images)).middle(number)


def rows_of(viewer: Viewer) -> list[tuple[str, ...]]:
    shown = key_image_list(viewer.steering)
    return [shown.cells(number, 300) for number in range(shown.count)]


@pytest.fixture
def three(viewer: Viewer) -> Viewer:
    """An axial slice, one three further up in another window, and a coronal one."""
    mark(viewer, "axial")
    for _ in range(3):
        viewer.interactor.key("Up")
    viewer.state = viewer.state.with_window(Window(10, 20))
    mark(viewer, "axial")
    mark(viewer, "coronal")
    return viewer


def test_the_slice_at_the_pointer_is_marked_and_unmarked(viewer: Viewer) -> None:
    mark(viewer, "coronal")
    (one,) = viewer.state.key_images
    assert (one.plane, one.cursor, one.window) == ("coronal", viewer.state.cursor, viewer.state.layers[0].window)
    assert viewer.note == "key image 1 marked: Ctrl + l lists it"
    mark(viewer, "sagittal")
    assert [one.plane for one in viewer.state.key_images] == ["coronal", "sagittal"]
    mark(viewer, "coronal")
    assert [one.plane for one in viewer.state.key_images] == ["sagittal"]
    assert viewer.note == "no key image any more: 1 of 2 removed, Ctrl + z brings it back"
    viewer.interactor.key("ctrl+z")
    assert [one.plane for one in viewer.state.key_images] == ["coronal", "sagittal"]
    assert viewer.note == "undone: key image removed"


def test_without_a_pointer_it_is_the_first_slice_and_in_3d_alone_none(viewer: Viewer) -> None:
    viewer.interactor.key("ctrl+d")
    assert viewer.state.key_images[0].plane == "axial"
    viewer.state = replace(viewer.state, view="3d")
    viewer.interactor.key("ctrl+d")
    assert len(viewer.state.key_images) == 1
    assert viewer.note == "a key image is a slice: none is seen here"


def test_where_no_more_can_be_kept_it_says_so(viewer: Viewer) -> None:
    mark(viewer, "axial")
    full = viewer.state.key_images * MOST_KEY_IMAGES
    viewer.state = replace(viewer.state, key_images=full)
    mark(viewer, "coronal")
    assert viewer.state.key_images == full
    assert viewer.note == "not marked: there are 200 key images, and no more are kept"


def test_the_picture_says_which_slice_is_marked(viewer: Viewer) -> None:
    plain = viewer.screenshot()
    mark(viewer, "axial")
    viewer.interactor.leave()
    marked = viewer.screenshot()
    rect = viewer.interactor.context.rect(viewer.state, "coronal")
    where = np.argwhere((plain != marked).any(-1))
    assert len(where)
    assert where[:, 1].max() < rect.left
    viewer.interactor.key("Up")
    assert not any("Key image" in text for text in texts_over(viewer))
    viewer.interactor.key("Down")
    assert "Key image 1" in texts_over(viewer)


def texts_over(viewer: Viewer) -> list[str]:
    viewer.process_events()
    marks = viewer.steering.presenter.scene._marks["axial"]
    return [one.text for one in marks if hasattr(one, "text")]


def test_a_small_pane_has_the_star_alone(viewer: Viewer) -> None:
    mark(viewer, "axial")
    state = viewer.state
    with Viewer(viewer.volume, "mpr", (300, 120), off_screen=True) as small:
        small.interactor.leave()
        plain = small.screenshot()
        small.state = replace(small.state, key_images=state.key_images)
        changed = np.argwhere((plain != small.screenshot()).any(-1))
    assert len(changed)
    assert changed[:, 0].max() < 30
    assert changed[:, 1].min() > 70  # at the upper right of the first of three panes: notes have the left corner
    assert changed[:, 1].max() < 100


def test_rows_say_plane_image_place_window_and_name(three: Viewer) -> None:
    rows = rows_of(three)
    assert [row[:3] for row in rows] == [
        ("1", "Axial 7/12", "H 54.0 mm"),
        ("2", "Axial 10/12", "H 81.0 mm"),
        ("3", "Coronal 11/20", "P 50.0 mm"),
    ]
    assert rows[1][3] == "W 20.0 L 10.0 HU"


def test_return_and_click_show_it_as_it_was(three: Viewer) -> None:
    first, second, third = three.state.key_images
    three.interactor.key("0")
    for _ in range(5):
        three.interactor.key("Down")
    three.interactor.leave()
    three.interactor.key("ctrl+l")
    for key in ("Home", "Return"):
        assert three.interactor.key(key)
    assert three.state.cursor == first.cursor
    three.interactor.key("Down")
    three.interactor.key("KP_Enter")
    assert (three.state.cursor, three.state.layers[0].window) == (second.cursor, Window(10, 20))
    three.state = three.state.with_view("axial")
    three.interactor.press("left", *row_middle(three, 2))
    three.interactor.release("left")
    assert (three.state.shown, three.state.cursor) == ("coronal", third.cursor)
    assert listed(three).chosen == 2
    # What was clicked on is the list, and not the picture below it.
    assert three.state.key_images == (first, second, third)


def test_delete_removes_the_chosen_row_and_f2_names_it(three: Viewer) -> None:
    _, second, third = three.state.key_images
    three.interactor.key("ctrl+l")
    three.interactor.key("Home")
    three.interactor.key("Delete")
    assert three.state.key_images == (second, third)
    three.interactor.key("F2")
    assert three.note == "name of key image 1: _"
    for letter in "cyst":
        three.interactor.key(letter, letter)
    three.interactor.key("x", "x")
    three.interactor.key("BackSpace")
    three.interactor.key("Return")
    assert three.state.key_images == (replace(second, name="cyst"), third)
    three.interactor.key("F2")
    three.interactor.key("y", "y")
    three.interactor.key("Escape")
    assert three.state.key_images[0].name == "cyst"
    three.interactor.key("ctrl+z")
    three.interactor.key("ctrl+z")
    assert len(three.state.key_images) == 3


def test_keys_are_for_the_picture_after_a_press_in_it_and_for_the_list_after_one_on_it(three: Viewer) -> None:
    before = three.state.cursor
    three.interactor.key("ctrl+l")
    three.interactor.key("Up")
    assert three.state.cursor == before
    assert three.interactor.key("i")  # what is not for the list is for the picture
    assert three.state.layers[0].inverted
    three.interactor.press("left", *at(three, "axial"))
    three.interactor.release("left")
    clicked = three.state.cursor
    three.interactor.key("Up")
    assert three.state.cursor != clicked
    three.interactor.press("right", *row_middle(three, 0))
    three.interactor.release("right")
    assert listed(three).has_focus
    there = three.state.cursor
    three.interactor.key("Up")
    assert three.state.cursor == there


def test_below_the_list_nothing_is_pointed_at_and_the_wheel_scrolls_it(three: Viewer) -> None:
    many = tuple(replace(three.state.key_images[0], name=str(n)) for n in range(60))
    three.state = replace(three.state, key_images=many)
    three.interactor.key("ctrl+l")
    three.interactor.key("End")
    cursor, spot = three.state.cursor, row_middle(three, 59)
    three.interactor.move(*spot)
    assert three.state.pointer is None
    place = list_layout(SIZE, 60, 0)
    assert place.count < 60
    three.interactor.wheel(100, *spot)
    assert three.state.cursor == cursor
    three.interactor.press("left", SIZE[0] / 2, place.middle(0))
    assert listed(three).chosen == 0
    three.interactor.key("Next")
    assert listed(three).chosen == place.count


def test_escape_closes_the_list_before_the_window_and_so_does_its_key(three: Viewer) -> None:
    three.process_events()
    plain = three.screenshot()
    for key in ("Escape", "ctrl+l", "M"):
        three.interactor.key("ctrl+l")
        three.process_events()
        assert (three._screen.pixels != plain).any()  # type: ignore[union-attr]
        three.interactor.key(key)
        assert three.steering.listed.is_shown == (key == "M")
        assert three.steering.rows is None
        assert three.is_open
    assert np.array_equal(three.screenshot(), plain)  # no picture holds it


def test_without_any_it_says_how_to_mark_one(viewer: Viewer) -> None:
    viewer.interactor.key("ctrl+l")
    shown = key_image_list(viewer.steering)
    assert (shown.count, shown.nothing) == (0, NO_KEY_IMAGES)
    for key in ("Return", "Delete", "F2"):
        viewer.interactor.key(key)
    assert listed(viewer).chosen is None
    assert viewer.state.key_images == ()


def test_the_next_one_follows_all_around(three: Viewer) -> None:
    from viewer3d.app.palette.entries import entries

    by_title = {one.title: one.action for one in entries(three.state, three.interactor.context)}
    three.state = three.state.with_view("axial")
    seen = []
    for _ in range(4):
        three.interactor.perform(by_title["next key image"])
        seen.append((three.state.shown, three.state.cursor))
    first, second, third = three.state.key_images
    assert seen == [("coronal", third.cursor), ("axial", first.cursor), ("axial", second.cursor), seen[0]]
    three.interactor.perform(by_title["previous key image"])
    assert (three.state.shown, three.state.cursor) == ("axial", second.cursor)
    assert any(title.startswith("key image 2: Axial 10/12") for title in by_title)


def test_r_leaves_them_and_json_has_them(three: Viewer) -> None:
    marked = three.state.key_images
    three.interactor.key("r")
    assert three.state.key_images == marked
    assert ViewState.from_json(three.state.to_json()).key_images == marked


def test_a_page_of_them_is_saved(three: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    three.steering.obey("save key images")
    (path,) = tmp_path.glob("*.png")
    assert three.note == f"saved {path}"
    recipe = read_recipe(path)
    assert recipe.figure == "key_images"
    assert recipe.state is not None
    assert recipe.state.key_images == three.state.key_images
    three.state = replace(three.state, key_images=())
    three.steering.obey("save key images")
    assert three.note == f"not saved: {NO_KEY_IMAGES}"


def test_of_a_set_each_volume_has_a_page(box: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    volumes = [box.with_info(which={"time": float(n)}) for n in range(3)]
    with Viewer(volumes, "axial", (300, 300), off_screen=True) as times:
        times.interactor.key("ctrl+d")
        times.interactor.key("period")
        times.interactor.key("period")
        times.interactor.key("ctrl+d")
        assert [one.member for one in times.state.key_images] == [0, 2]
        assert rows_of(times)[1][1].endswith("time 3 of 3")
        times.steering.obey("save key images")
    found = [read_recipe(path).state for path in sorted(tmp_path.glob("*.png"))]
    assert [state.layers[0].member for state in found if state is not None] == [0, 2]
