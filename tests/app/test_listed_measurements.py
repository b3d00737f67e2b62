"""The list of measurements: rows are chosen and gone to, scroll and are deleted; labels are dragged in the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.app.conftest import MemoryScreen
from viewer3d import Measurement, Viewer, Volume
from viewer3d.app.window.row_list import list_layout
from viewer3d.render.marks.display_list import Text

SIZE = (900, 700)
R, D, U = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)


@pytest.fixture
def viewer() -> Iterator[Viewer]:
    i, j, k = np.meshgrid(*(np.arange(n) for n in (40, 40, 20)), indexing="ij")
    volume = Volume.from_array((10 * i + 3 * j - 7 * k).astype(np.int16), np.diag([4.0, 4.0, 6.0, 1.0]), unit="HU")
    with Viewer(volume, "mpr", SIZE, screen=MemoryScreen(SIZE)) as one:
        one.process_events()
        yield one


def measured(viewer: Viewer, *ones: Measurement) -> None:
    viewer.state = replace(viewer.state, measurements=ones)
    viewer.process_events()


def box(z: float, name: str = "", x: float = 40.0) -> Measurement:
    return Measurement("rectangle", ((x, 60.0, z), (x + 20, 80.0, z)), R, D, name)


def row(viewer: Viewer, number: int, first: int | None = None) -> tuple[float, float]:
    """A pixel of the row of a measurement in the list."""
    shown = list_layout(viewer.size, len(viewer.state.measurements), first)
    return 300.0, shown.top + shown.step * (number - shown.first + 1.8)


def listed(viewer: Viewer) -> list[str]:
    return [mark.text for mark in viewer._steering.listed.marks() if isinstance(mark, Text)]


def test_a_click_on_a_row_goes_to_the_slice_and_marks_it(viewer: Viewer) -> None:
    flat = Measurement("distance", ((30.0, 72.0, 18.0), (90.0, 72.0, 42.0)), R, U, "in the coronal")
    measured(viewer, box(12.0, "low"), box(96.0, "high"), flat)
    viewer.interactor.key("M")
    assert {"low", "high", "rectangle", "distance", "1", "3"} <= set(listed(viewer))
    for number, center in ((1, (50.0, 70.0, 96.0)), (2, (60.0, 72.0, 30.0)), (0, (50.0, 70.0, 12.0))):
        viewer.interactor.press("left", *row(viewer, number))
        viewer.interactor.release("left")
        assert viewer.state.cursor == center
        assert viewer._steering.listed.chosen == number
        marked = viewer._steering.listed.pane_marks()
        assert set(marked) == ({"coronal"} if number == 2 else {"axial"})
        viewer.process_events()
    assert viewer.state.pointer is None  # what lies under the list is not pointed at
    # Beside the list the picture takes what it did.
    viewer.interactor.press("left", 100, 100)
    viewer.interactor.release("left")
    assert viewer.state.cursor != (50.0, 70.0, 12.0)


def test_arrows_and_return_go_there_and_delete_deletes_the_chosen_one(viewer: Viewer) -> None:
    measured(viewer, box(12.0, "low"), box(60.0, "middle"), box(96.0, "high"))
    viewer.interactor.key("M")
    before = viewer.state
    for key in ("Up", "Up"):
        viewer.interactor.key(key)
    assert (viewer.state, viewer._steering.listed.chosen) == (before, 1)
    viewer.interactor.key("Return")
    assert viewer.state.cursor == (50.0, 70.0, 60.0)
    viewer.interactor.key("Delete")
    assert [one.name for one in viewer.state.measurements] == ["low", "high"]
    assert viewer._steering.listed.chosen == 1
    viewer.interactor.key("F2")
    for letter in "er":
        viewer.interactor.key(letter, letter)
    viewer.interactor.key("Return")
    assert [one.name for one in viewer.state.measurements] == ["low", "higher"]
    viewer.interactor.key("ctrl+z")
    viewer.interactor.key("ctrl+z")
    assert [one.name for one in viewer.state.measurements] == ["low", "middle", "high"]
    viewer.interactor.key("Escape")  # closes the list and not the window
    assert viewer.is_open
    assert listed(viewer) == []
    cursor = viewer.state.cursor
    viewer.interactor.move(100, 100)
    viewer.interactor.key("Up")
    assert viewer.state.cursor != cursor


def test_a_long_list_scrolls(viewer: Viewer) -> None:
    measured(viewer, *(box(6.0 * (n % 20), f"no {n}") for n in range(60)))
    viewer.interactor.key("M")
    rows = list_layout(viewer.size, 60).count
    assert "no 59" in listed(viewer)
    assert listed(viewer)[0] == f"Measurements, the last {rows} of 60"
    viewer.interactor.wheel(200, *row(viewer, 59))
    assert "no 0" in listed(viewer)
    assert "no 59" not in listed(viewer)
    assert listed(viewer)[0] == f"Measurements, 1 to {rows} of 60"
    viewer.interactor.press("left", *row(viewer, 3, 0))
    viewer.interactor.release("left")
    assert viewer._steering.listed.chosen == 3
    for _ in range(rows):
        viewer.interactor.key("Down")
    assert f"no {3 + rows}" in listed(viewer)
    cursor = viewer.state.cursor
    viewer.interactor.wheel(1, 100, 100)  # over the picture it steps slices
    assert viewer.state.cursor != cursor


def test_an_oblique_one_turns_the_planes_to_it(viewer: Viewer) -> None:
    right, down = (0.8, 0.0, 0.6), (0.0, 1.0, 0.0)
    corner = np.array([60.0, 60.0, 50.0])
    other = corner + 30 * np.array(right) + 20 * np.array(down)
    measured(viewer, Measurement("ellipse", (tuple(corner), tuple(other)), right, down))
    viewer.interactor.key("M")
    viewer.interactor.press("left", *row(viewer, 0))
    assert viewer.state.cursor == pytest.approx((corner + other) / 2)
    assert abs(np.dot(viewer.state.plane("axial").normal, np.cross(right, down))) == pytest.approx(1)
    assert set(viewer._steering.listed.pane_marks()) == {"axial"}
    viewer.interactor.key("o")
    assert not viewer.state.is_oblique


def test_one_that_no_pane_shows_has_its_pane_shown_and_in_sight(viewer: Viewer) -> None:
    measured(viewer, box(96.0))
    viewer.state = viewer.state.with_view("coronal")
    viewer.interactor.key("M")
    viewer.interactor.press("left", *row(viewer, 0))
    assert viewer.state.panes == ("axial",)
    axial = viewer.state.axial
    viewer.state = replace(viewer.state, axial=replace(axial, zoom=8.0, pan=(300.0, 0.0)))
    viewer.interactor.press("left", *row(viewer, 0))
    pixel = viewer.interactor.context.pane(viewer.state, "axial").to_pixel(viewer.state.measurements[0].center)
    assert pixel == pytest.approx([450, 350], abs=1)


def label_of(viewer: Viewer, number: int) -> tuple[float, float]:
    """A pixel of the window in the middle of a label of the axial pane."""
    context, state = viewer.interactor.context, viewer.state
    there = dict(context.placed_labels(state, "axial"))[number].box
    rect = context.rect(state, "axial")
    return rect.left + (there.left + there.right) / 2, rect.top + (there.top + there.bottom) / 2


def test_a_label_is_dragged_and_put_back_by_a_double_click(viewer: Viewer) -> None:
    measured(viewer, box(60.0, "lesion"))
    viewer.state = viewer.state.with_cursor((50, 70, 60))
    first, plain = label_of(viewer, 0), viewer.screenshot()
    viewer.interactor.move(*first)
    viewer.interactor.press("left", *first)
    for part in (0.2, 0.6, 1.0):
        viewer.interactor.move(first[0] - 80 * part, first[1] + 90 * part)
        assert label_of(viewer, 0) == pytest.approx((first[0] - 80 * part, first[1] + 90 * part), abs=0.01)
    viewer.interactor.release("left")
    (one,) = viewer.state.measurements
    assert one == replace(box(60.0, "lesion"), label=one.label)  # the shape stays
    pane = viewer.interactor.context.pane(viewer.state, "axial")
    rect = viewer.interactor.context.rect(viewer.state, "axial")
    assert one.label is not None
    middle = np.add(pane.to_pixel(np.add(one.center, (*one.label, 0.0))), (rect.left, rect.top))
    assert middle == pytest.approx((first[0] - 80, first[1] + 90), abs=0.01)
    assert (viewer.screenshot() != plain).any()
    # It goes along with its shape, and back by a double click, which enlarges nothing.
    viewer.interactor.press("left", *label_of(viewer, 0))
    viewer.interactor.release("left")
    viewer.interactor.double_click(*label_of(viewer, 0))
    viewer.interactor.release("left")
    assert viewer.state.measurements == (box(60.0, "lesion"),)
    assert viewer.state.enlarged is None
    viewer.interactor.key("ctrl+z")
    assert "label of rectangle moved" in viewer.note
    assert viewer.state.measurements == (one,)
    viewer.interactor.key("ctrl+z")
    assert viewer.state.measurements == (box(60.0, "lesion"),)
    assert np.array_equal(viewer.screenshot(), plain)


def test_a_click_on_a_label_still_sets_the_crosshair(viewer: Viewer) -> None:
    measured(viewer, box(60.0))
    viewer.state = viewer.state.with_cursor((50, 70, 60))
    at = label_of(viewer, 0)
    viewer.interactor.press("left", *at)
    viewer.interactor.release("left")
    assert viewer.state.measurements == (box(60.0),)
    assert viewer.state.cursor[:2] != (50, 70)
