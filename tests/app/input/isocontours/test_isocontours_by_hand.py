"""Isocontours by hand: a sphere is dragged, its circle and its centre, and thresholds change by keys and by typing."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.app.conftest import MemoryScreen
from viewer3d import Viewer, ViewState, Volume
from viewer3d.app.input.isocontours.tools import parse_threshold
from viewer3d.app.palette.entries import entries
from viewer3d.core.view.threshold import Threshold
from viewer3d.measurements.values import Isocontour
from viewer3d.render.marks.display_list import Path as LinePath
from viewer3d.render.marks.display_list import Text

SIZE = (1000, 800)
PERCENT = Threshold(41, of_maximum=True)


def pet(unit: str = "SUVbw") -> Volume:
    i, j, k = np.meshgrid(*(np.arange(n) * mm for n, mm in ((40, 4), (40, 4), (30, 5))), indexing="ij")
    lesion = 12 * np.exp(-((i - 80) ** 2 + (j - 70) ** 2 + (k - 60) ** 2) / (2 * 12**2))
    return Volume.from_array((lesion + 0.5).astype(np.float32), np.diag([4.0, 4.0, 5.0, 1.0]), unit=unit, modality="PT")


@pytest.fixture
def viewer() -> Iterator[Viewer]:
    with Viewer(pet(), "mpr", SIZE, screen=MemoryScreen(SIZE)) as one:
        one.state = one.state.with_cursor((80, 70, 60))
        one.process_events()
        yield one


def at(viewer: Viewer, world: tuple[float, float, float], plane: viewer3d.PlaneName = "axial") -> tuple[float, float]:
    context, state = viewer.interactor.context, viewer.state
    rect, pixel = context.rect(state, plane), context.pane(state, plane).to_pixel(world)
    return rect.left + float(pixel[0]), rect.top + float(pixel[1])


def drag(viewer: Viewer, begin: tuple[float, float], *ends: tuple[float, float]) -> None:
    viewer.interactor.move(*begin)
    viewer.interactor.press("left", *begin)
    for end in ends:
        viewer.interactor.move(*end)
    viewer.interactor.release("left")


def grown(viewer: Viewer) -> None:
    viewer.interactor.key("ctrl+g")
    assert "41 % of the maximum" in viewer.interactor.prompt
    drag(viewer, at(viewer, (80, 70, 60)), at(viewer, (100, 70, 60)), at(viewer, (110, 70, 60)))


def result(viewer: Viewer) -> Isocontour:
    found = viewer3d.measure(viewer.volume, viewer.state.measurements[0])
    assert isinstance(found, Isocontour)
    return found


def test_a_drag_grows_it_and_its_outline_is_in_all_three_planes(viewer: Viewer) -> None:
    grown(viewer)
    (one,) = viewer.state.measurements
    assert (one.kind, one.threshold, viewer.interactor.prompt) == ("isocontour", PERCENT, "")
    assert one.points[0] == pytest.approx((80, 70, 60), abs=0.3)
    assert one.radius == pytest.approx(30, abs=0.3)
    found = result(viewer)
    values = viewer.volume.voxels
    assert found.count == (values >= 0.41 * values.max()).sum()
    assert not found.leaks
    viewer.process_events()
    assert viewer.state.panes == ("axial", "coronal", "sagittal")
    for plane in viewer.state.panes:
        assert plane != "3d"
        marks = viewer._scene._marks[plane]
        texts = [mark.text for mark in marks if isinstance(mark, Text)]
        assert set(found.texts) <= set(texts)
        # The outline goes around the voxels of the slice, edge by edge.
        pane = viewer.interactor.context.pane(viewer.state, plane)
        closed = [mark for mark in marks if isinstance(mark, LinePath) and mark.closed and mark.opacity == 1]
        (line,) = closed
        axis = {"axial": 2, "coronal": 1, "sagittal": 0}[plane]
        index = viewer.volume.geometry.world_to_index(viewer.state.cursor)
        flat = np.take(values >= found.threshold, int(np.rint(index[axis])), axis)
        sides = [mm for n, mm in enumerate(viewer.volume.spacing) if n != axis]
        size = np.ptp(np.argwhere(flat), axis=0) + 1
        wanted = np.sort(size * sides)
        assert np.sort(np.ptp(line.points, axis=0) * pane.mm_per_pixel) == pytest.approx(wanted, abs=0.01)
        x, y = np.array(line.points).T
        area = abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2 * pane.mm_per_pixel**2
        assert area == pytest.approx(flat.sum() * sides[0] * sides[1], rel=0.02)


def test_its_circle_changes_the_radius_and_its_cross_moves_it(viewer: Viewer) -> None:
    grown(viewer)
    drag(viewer, at(viewer, (80, 100, 60)), at(viewer, (80, 115, 60)))
    assert viewer.state.measurements[0].radius == pytest.approx(45, abs=0.7)
    assert viewer.state.measurements[0].points[0] == pytest.approx((80, 70, 60), abs=0.3)
    # In another plane, too, and on a slice beside the centre.
    viewer.state = viewer.state.with_cursor((80, 70, 80))
    ring = np.sqrt(viewer.state.measurements[0].radius ** 2 - 20**2)
    drag(viewer, at(viewer, (80, 70 - ring, 80)), at(viewer, (80, 70 - 21, 80)))
    assert viewer.state.measurements[0].radius == pytest.approx(29, abs=0.7)
    drag(viewer, at(viewer, (80, 70, 60), "coronal"), at(viewer, (90, 70, 70), "coronal"))
    assert viewer.state.measurements[0].points[0] == pytest.approx((90, 70, 70), abs=0.7)
    assert viewer.state.measurements[0].radius == pytest.approx(29, abs=0.7)
    viewer.interactor.key("ctrl+z")
    assert viewer.state.measurements[0].points[0] == pytest.approx((80, 70, 60), abs=0.3)


def test_a_small_sphere_is_told_to_be_reached(viewer: Viewer) -> None:
    viewer.interactor.key("ctrl+g")
    drag(viewer, at(viewer, (80, 70, 60)), at(viewer, (88, 70, 60)))
    assert "reaches the edge of the sphere" in result(viewer).texts
    viewer.interactor.move(1, 1)


def test_keys_palette_and_typing_change_the_threshold(viewer: Viewer) -> None:
    grown(viewer)
    seen = [viewer.state.measurements[0].threshold]
    for _ in range(4):
        viewer.interactor.key("ctrl+G")
        seen.append(viewer.state.measurements[0].threshold)
    assert seen == [PERCENT, Threshold(50, of_maximum=True), Threshold(2.5), Threshold(4), PERCENT]
    offered = {one.title: one.action for one in entries(viewer.state, viewer.interactor.context)}
    viewer.interactor.perform(offered["threshold: 4 SUV"])
    assert viewer.state.measurements[0].threshold == Threshold(4)
    for typed, wanted in (("3,5", Threshold(3.5)), ("60 %", Threshold(60, of_maximum=True))):
        viewer.interactor.perform(offered["threshold: type a value, or % of the maximum"])
        for letter in typed:
            viewer.interactor.key(letter, letter)
        viewer.interactor.key("Return")
        assert viewer.state.measurements[0].threshold == wanted
    viewer.interactor.perform(offered["threshold: type a value, or % of the maximum"])
    viewer.interactor.key("x", "x")
    viewer.interactor.key("Return")  # is no number: it goes on
    assert "threshold" in viewer.interactor.prompt
    viewer.interactor.key("Escape")
    assert viewer.state.measurements[0].threshold == Threshold(60, of_maximum=True)
    # The next one begins with it, and the state holds it.
    viewer.interactor.key("ctrl+g")
    drag(viewer, at(viewer, (40, 40, 60)), at(viewer, (50, 40, 60)))
    assert viewer.state.measurements[1].threshold == Threshold(60, of_maximum=True)
    assert ViewState.from_json(viewer.state.to_json()) == viewer.state
    assert '"version":9' in viewer.state.to_json().replace(" ", "")


def test_in_hu_it_begins_with_the_level_of_the_window() -> None:
    volume = Volume.from_array(np.full((20, 20, 20), 70, np.int16), np.diag([4.0, 4.0, 4.0, 1.0]), unit="HU")
    with Viewer(volume, "axial", (500, 500), screen=MemoryScreen((500, 500))) as one:
        one.state = one.state.with_window(viewer3d.Window(50, 400))
        one.interactor.key("ctrl+g")
        drag(one, (250, 250), (300, 250))
        assert one.state.measurements[0].threshold == Threshold(50)
        titles = {each.title for each in entries(one.state, one.interactor.context)}
        assert "threshold: 50 % of the maximum" in titles
        assert "threshold: 4 SUV" not in titles
        one.interactor.key("ctrl+G")
        assert one.state.measurements[0].threshold == PERCENT


def test_it_is_in_tables_and_its_label_can_be_dragged(
    viewer: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    grown(viewer)
    viewer.interactor.key("ctrl+e")
    (table,) = tmp_path.glob("*.csv")
    row = next(csv.DictReader(table.read_text().splitlines()))
    assert (float(row["volume_ml"]), float(row["tlg"])) == (result(viewer).ml, result(viewer).tlg)
    context = viewer.interactor.context
    box = dict(context.placed_labels(viewer.state, "axial"))[0].box
    rect = context.rect(viewer.state, "axial")
    begin = rect.left + (box.left + box.right) / 2, rect.top + (box.top + box.bottom) / 2
    drag(viewer, begin, (begin[0] - 20, begin[1] + 60))
    assert viewer.state.measurements[0].label is not None
    assert replace(viewer.state.measurements[0], label=None).radius == pytest.approx(30, abs=0.3)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("2.5", Threshold(2.5)), ("41%", PERCENT), (" 41 % ", PERCENT), ("-400", Threshold(-400)), ("", None),
     ("%", None), ("0 %", None), ("nan", None), ("2.5 SUV", None)],
)  # fmt: skip
def test_what_is_typed_is_a_value_or_a_part_of_the_maximum(text: str, wanted: Threshold | None) -> None:
    assert parse_threshold(text) == wanted
