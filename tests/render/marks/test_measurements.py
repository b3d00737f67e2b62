"""Measurements are drawn where their millimetres are, and only on slices they lie in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageFont

from tests.render.markers import DIRECTIONS, MARKER, SHAPE, marker_volume, rotation
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import Slab, SlicePane
from viewer3d.core.volume import Volume
from viewer3d.measurements.results import MeasurementCache, measure
from viewer3d.render.first_state import first_state
from viewer3d.render.marks.boxes import mark_box
from viewer3d.render.marks.display_list import Path, Text
from viewer3d.render.marks.measurements import COLOR, measurement_marks, outline, reach, shown_measurements
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.panes import PaneGeometry, pane_geometry
from viewer3d.render.scene import Scene
from viewer3d.render.shot import screenshot

NAMES = tuple(PLANES)
SIZE = (600, 450)
TURNED = tuple(tuple(float(v) for v in row) for row in (rotation(0, 20) @ rotation(2, 30)).T)


@pytest.fixture(params=["identity", "sagittal", "oblique"])
def volume(request):
    return marker_volume(DIRECTIONS[request.param])


def drawn_on(pane, kind, *pixels, name=""):
    points = tuple(tuple(float(v) for v in pane.to_world(pixel)) for pixel in pixels)
    return Measurement(kind, points, pane.plane.right, pane.plane.down, name)


def pane_of(volume, name, *, turned, zoom=1.0):
    state = first_state(volume, "mpr").with_cursor(volume.geometry.index_to_world(MARKER))
    state = state.with_pane(name, SlicePane(zoom))
    pane = pane_geometry(volume.geometry, state, name, SIZE)
    if turned:
        pane = PaneGeometry(PLANES[name].rotated(TURNED), pane.origin, pane.mm_per_pixel, SIZE)
    return state, pane


def blue(picture):
    """Columns and rows of what is drawn in the measurements' colour."""
    rows, columns = np.nonzero((np.abs(picture.astype(int) - COLOR) < 90).all(-1))
    return columns, rows


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_outlines_are_where_their_millimetres_are(volume, name, turned):
    state, pane = pane_of(volume, name, turned=turned)
    results = MeasurementCache(volume)
    for kind in ("rectangle", "ellipse"):
        one = drawn_on(pane, kind, (150.3, 120.7), (330.8, 300.2))
        picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        marks = measurement_marks(volume.geometry, state.with_measurement(one), pane, results)
        Rasterizer().draw(picture, tuple(mark for mark in marks if isinstance(mark, Path)))
        columns, rows = blue(picture)
        ends = pane.to_pixel(one.handles)
        assert np.abs(np.array([columns.min(), rows.min()]) - ends.min(0)).max() <= 1
        assert np.abs(np.array([columns.max(), rows.max()]) - ends.max(0)).max() <= 1
        middle = (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2
        assert np.abs(np.array(middle) - pane.to_pixel(one.center)).max() <= 0.5
    probe = drawn_on(pane, "probe", (201.4, 99.8))
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    marks = measurement_marks(volume.geometry, state.with_measurement(probe), pane, results)
    Rasterizer().draw(picture, tuple(mark for mark in marks if isinstance(mark, Path)))
    columns, rows = blue(picture)
    assert np.abs(np.array([columns.mean() - 201.4, rows.mean() - 99.8])).max() <= 0.5
    assert not picture[100, 201].any()  # what is measured stays in sight


@pytest.mark.parametrize("name", NAMES)
def test_a_distance_ends_where_its_points_are(volume, name):
    _, pane = pane_of(volume, name, turned=False)
    lines = outline(drawn_on(pane, "distance", (100, 80), (300, 200)), pane, 13)
    np.testing.assert_allclose(lines[0][0], [(100, 80), (300, 200)], atol=1e-6)
    # The strokes at its ends have their middles there and lie across.
    for points, end in ((lines[1][0], (100, 80)), (lines[2][0], (300, 200))):
        np.testing.assert_allclose(np.mean(points, 0), end, atol=1e-6)
        assert np.subtract(*points) @ (200, 120) == pytest.approx(0, abs=1e-6)


def test_an_arc_is_between_the_arms():
    volume = marker_volume(np.eye(3))
    _, pane = pane_of(volume, "axial", turned=False)
    for arm in ((300, 100), (250, 300), (100, 205), (160, 90)):
        lines = outline(drawn_on(pane, "angle", (320, 200), (200, 200), arm), pane, 13)
        middle = np.array(lines[1][0])[11:13].mean(0) - (200, 200)
        ways = np.array([(1, 0), np.subtract(arm, (200, 200)) / np.hypot(*np.subtract(arm, (200, 200)))])
        np.testing.assert_allclose(middle / np.hypot(*middle), ways.sum(0) / np.hypot(*ways.sum(0)), atol=1e-3)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_only_slices_within_reach_show_it(volume, name, turned):
    state, pane = pane_of(volume, name, turned=turned)
    geometry, normal = volume.geometry, np.array(pane.plane.normal)
    one = drawn_on(pane, "ellipse", (200, 200), (220, 230))
    far = reach(geometry, state, pane)
    steps = [abs(float(way @ normal)) / s for way, s in zip(geometry.direction.T, geometry.spacing, strict=True)]
    assert far == pytest.approx(0.5 / max(steps), abs=1e-5)
    for away, seen in ((0, True), (0.99 * far, True), (-0.99 * far, True), (1.01 * far, False), (-1.01 * far, False)):
        moved = replace(one, points=tuple(tuple(np.array(p) + away * normal) for p in one.points))
        assert bool(shown_measurements(geometry, state.with_measurement(moved), pane)) is seen
    thick = replace(state, slab=Slab(8 * far))
    moved = replace(one, points=tuple(tuple(np.array(p) + 3.9 * far * normal) for p in one.points))
    assert shown_measurements(geometry, thick.with_measurement(moved), pane)
    # A distance that leaves the slice is not shown as a shorter one.
    leaving = Measurement("distance", (one.points[0], moved.points[0]), one.right, one.down)
    assert not shown_measurements(geometry, state.with_measurement(leaving), pane)


def test_half_way_between_two_slices_both_show_it():
    volume = Volume.from_array(np.zeros((9, 9, 4), np.int16), np.diag([1.0, 1, 2.5, 1]))
    state = first_state(volume, "axial").with_cursor((4, 4, 3.75))
    pane = pane_geometry(volume.geometry, state, "axial", SIZE)
    state = state.with_measurement(drawn_on(pane, "probe", (200, 200)))
    for z, seen in ((0, 0), (2.5, 1), (3.75, 1), (5, 1), (7.5, 0)):
        pane = pane_geometry(volume.geometry, state.with_cursor((4, 4, z)), "axial", SIZE)
        assert len(shown_measurements(volume.geometry, state, pane)) == seen


def boxes_of(marks):
    for mark in marks:
        if isinstance(mark, Text):
            wide = ImageFont.load_default(mark.size).getlength(mark.text)
            left = mark.x - wide * {"left": 0, "middle": 0.5, "right": 1}[mark.align]
            yield left, mark.y - 0.75 * mark.size, left + wide, mark.y + 0.2 * mark.size


@pytest.mark.parametrize("size", [(300, 300), (600, 450), (1200, 900)])
@pytest.mark.parametrize("kind", ["distance", "angle", "ellipse", "rectangle", "probe"])
def test_labels_stand_beside_the_shape_and_in_the_pane(kind, size):
    volume = marker_volume(np.eye(3))
    state = first_state(volume, "axial")
    pane = pane_geometry(volume.geometry, state, "axial", size)
    for x, y in ((0.5, 0.5), (0.12, 0.15), (0.85, 0.5), (0.5, 0.88), (0.8, 0.8)):
        middle = np.array([x * size[0], y * size[1]])
        ways = {"probe": 1, "angle": 3}.get(kind, 2)
        pixels = [middle + 0.09 * np.array(way) * size[0] for way in ((-1, -1), (1, 0.7), (-0.5, 1))[:ways]]
        one = drawn_on(pane, kind, *pixels, name="a name")
        marks = measurement_marks(volume.geometry, state.with_measurement(one), pane, MeasurementCache(volume))
        texts = [mark.text for mark in marks if isinstance(mark, Text)]
        assert texts == ["a name", *MeasurementCache(volume).of(one).texts]
        lines = np.concatenate([np.array(mark.points) for mark in marks if isinstance(mark, Path)])
        low, high = (lines.min(0), lines.max(0)) if kind not in ("distance", "angle") else (middle, middle)
        for box in boxes_of(marks):
            assert box[0] >= 0
            assert box[1] >= 0
            assert box[2] <= size[0]
            assert box[3] <= size[1]
            assert box[2] <= low[0] or box[0] >= high[0] or box[3] <= low[1] or box[1] >= high[1]


def test_a_level_line_has_a_label_too():
    volume = marker_volume(np.eye(3))
    state, pane = pane_of(volume, "axial", turned=False)
    for end in ((300, 200), (200, 300)):
        one = drawn_on(pane, "distance", (200, 200), end)
        marks = measurement_marks(volume.geometry, state.with_measurement(one), pane, MeasurementCache(volume))
        assert [mark.text for mark in marks if isinstance(mark, Text)] == list(MeasurementCache(volume).of(one).texts)


def test_labels_keep_off_each_other():
    volume = marker_volume(np.eye(3))
    state = first_state(volume, "axial")
    pane = pane_geometry(volume.geometry, state, "axial", SIZE)
    for x in (220, 260, 300):
        state = state.with_measurement(drawn_on(pane, "ellipse", (x, 200), (x + 20, 220)))
    boxes = list(boxes_of(measurement_marks(volume.geometry, state, pane, MeasurementCache(volume))))
    labels = [boxes[n : n + 3] for n in (0, 3, 6)]
    for n, one in enumerate(labels):
        for other in labels[n + 1 :]:
            for a in one:
                for b in other:
                    assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_small_panes_show_shapes_and_no_numbers():
    volume = marker_volume(np.eye(3))
    state = first_state(volume, "axial")
    pane = pane_geometry(volume.geometry, state, "axial", (200, 150))
    one = drawn_on(pane, "ellipse", (80, 50), (120, 90))
    marks = measurement_marks(volume.geometry, state.with_measurement(one), pane, MeasurementCache(volume))
    assert {type(mark) for mark in marks} == {Path}


def test_out_of_sight_no_label_is_left_over():
    volume = marker_volume(np.eye(3))
    state, pane = pane_of(volume, "axial", turned=False, zoom=30.0)
    one = drawn_on(pane, "distance", (-3000, -50), (-2000, 900))
    marks = measurement_marks(volume.geometry, state.with_measurement(one), pane, MeasurementCache(volume))
    assert not [mark for mark in marks if isinstance(mark, Text)]


def test_only_panes_that_show_it_are_drawn_again_and_nothing_is_measured_twice(volume, monkeypatch):
    calls = []
    monkeypatch.setattr(
        "viewer3d.measurements.results.measure", lambda *given: calls.append(given[1]) or measure(*given)
    )
    state = first_state(volume, "mpr").with_cursor(volume.geometry.index_to_world(MARKER))
    with Scene(volume, (1350, 450)) as scene:
        scene.apply(state)
        pane = scene.pane("coronal")
        one = drawn_on(pane, "ellipse", (150, 120), (250, 170))
        measured = state.with_measurement(one)
        assert scene.apply(measured) == ("coronal",)
        for window in ("bone", "lung"):
            scene.apply(measured.with_window(scene.volume.default_window.scaled(2 if window == "bone" else 3)))
        assert calls == [one]
        scene.apply(measured)
        assert scene.apply(replace(measured, measurements=(one.moved((1, 0, 0)),))) == ("coronal",)
        assert len(calls) == 2
        assert scene.apply(state) == ("coronal",)


def test_a_screenshot_of_a_state_has_its_measurements(volume):
    state = first_state(volume, "axial")
    pane = pane_geometry(volume.geometry, state, "axial", (400, 300))
    shape = drawn_on(pane, "rectangle", (100, 100), (200, 200))
    plain, measured = (screenshot(volume, state=one, size=(400, 300)) for one in (state, state.with_measurement(shape)))
    assert (plain[100, 101:200] != measured[100, 101:200]).any(-1).mean() > 0.9


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_it_is_told_from_any_grey_by_its_colour_and_from_white_by_its_under_line(grey):
    volume = Volume.from_array(np.zeros(SHAPE, np.int16), np.eye(4))
    state = first_state(volume, "axial")
    pane = pane_geometry(volume.geometry, state, "axial", SIZE)
    one = drawn_on(pane, "distance", (100, 100), (300, 100))
    picture = np.full((SIZE[1], SIZE[0], 3), grey, np.uint8)
    Rasterizer().draw(
        picture, measurement_marks(volume.geometry, state.with_measurement(one), pane, MeasurementCache(volume))
    )
    assert (np.abs(picture[100, 150:250].astype(int) - COLOR) < 10).all()
    beside = picture[[99, 101], 200].max()
    assert beside <= max(0.4 * grey, 8)


def test_labels_keep_clear_of_what_else_is_written(volume):
    state, pane = pane_of(volume, "axial", turned=False)
    state = state.with_measurement(drawn_on(pane, "distance", (150, 300), (250, 300), name="lesion"))

    def label(others=()):
        marks = measurement_marks(volume.geometry, state, pane, MeasurementCache(volume), others=others)
        return [mark_box(mark) for mark in marks if isinstance(mark, Text)]

    alone = label()
    words = tuple(Text(box.left - 10, box.bottom, "words of layers", 13) for box in alone)
    assert sum(box.common(mark_box(text)) for box in label() for text in words) > 0
    assert sum(box.common(mark_box(text)) for box in label(words) for text in words) == 0


BENT = ((150.0, 120.0), (330.0, 110.0), (300.0, 290.0), (180.0, 250.0))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_outlines_and_axes_go_through_their_points(volume, name, turned):
    _, pane = pane_of(volume, name, turned=turned)
    for kind in ("polygon", "freehand"):
        ((points, closed),) = outline(drawn_on(pane, kind, *BENT), pane, 13)
        assert closed
        np.testing.assert_allclose(points, BENT, atol=1e-6)
    cross = ((100, 200), (300, 200), (160, 150), (160, 230))
    (long, _), (short, _) = outline(drawn_on(pane, "bidirectional", *cross), pane, 13)
    np.testing.assert_allclose((*long, *short), cross, atol=1e-6)
    shaft, head = outline(drawn_on(pane, "arrow", (200, 200), (280, 260)), pane, 20)
    np.testing.assert_allclose(shaft[0], [(200, 200), (280, 260)], atol=1e-6)
    one, tip, other = np.array(head[0])
    np.testing.assert_allclose(tip, (200, 200), atol=1e-6)
    for end in (one, other):  # back along the shaft, 25 degrees to either side
        way = (end - tip) @ (0.8, 0.6) / np.hypot(*(end - tip))
        assert way == pytest.approx(np.cos(np.radians(25)))
    assert np.hypot(*(one - tip)) == pytest.approx(18)
    ((dot, closed),) = outline(drawn_on(pane, "text", (99.5, 80.25)), pane, 20)
    np.testing.assert_allclose(np.mean(dot, 0), (99.5, 80.25), atol=1e-6)


def test_an_arrow_of_no_length_has_no_head():
    _, pane = pane_of(marker_volume(np.eye(3)), "axial", turned=False)
    assert len(outline(drawn_on(pane, "arrow", (200, 200), (200, 200)), pane, 20)) == 1


def test_a_polygon_is_shown_where_all_of_it_is_within_reach():
    volume = marker_volume(np.eye(3))
    state, pane = pane_of(volume, "axial", turned=False)
    one = drawn_on(pane, "freehand", *BENT)
    there = state.with_measurement(one)
    assert shown_measurements(volume.geometry, there, pane) == ((0, one),)
    beside = pane_geometry(volume.geometry, there.with_cursor(np.add(there.cursor, (0, 0, 9))), "axial", SIZE)
    assert shown_measurements(volume.geometry, there, beside) == ()
    assert shown_measurements(volume.geometry, there, pane_geometry(volume.geometry, there, "coronal", SIZE)) == ()


def texts_of(volume, state, pane, one):
    marks = measurement_marks(volume.geometry, state.with_measurement(one), pane, MeasurementCache(volume))
    return [mark for mark in marks if isinstance(mark, Text)]


def test_texts_are_written_beside_their_places_and_broken():
    volume = marker_volume(np.eye(3))
    state, pane = pane_of(volume, "axial", turned=False)
    long = "motion between the two beds, see the next series of the same day"
    text = drawn_on(pane, "text", (300, 200), name=long)
    lines = texts_of(volume, state, pane, text)
    assert " ".join(mark.text for mark in lines) == long
    assert len(lines) == 2
    arrow = drawn_on(pane, "arrow", (200, 200), (300, 120), name="here")
    (label,) = texts_of(volume, state, pane, arrow)
    box = mark_box(label)
    # At its tail, and not over what it points at.
    middle = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    away = [np.hypot(*np.subtract(middle, end)) for end in ((300, 120), (200, 200))]
    assert away[0] < 60 < away[1]
    assert texts_of(volume, state, pane, replace(arrow, name="")) == []


@pytest.mark.parametrize("kind", ["distance", "polygon"])
def test_a_label_that_was_dragged_is_where_it_was_put(kind):
    volume = marker_volume(np.eye(3))
    state, pane = pane_of(volume, "axial", turned=False)
    one = drawn_on(pane, kind, *BENT[: 2 if kind == "distance" else 4], name="it")
    for zoom in (1.0, 1.7):
        closer = state.with_pane("axial", SlicePane(zoom))
        frame = pane_geometry(volume.geometry, closer, "axial", SIZE)
        mm = frame.mm_per_pixel
        dragged = replace(one, label=(40 * mm, 60 * mm))
        boxes = [mark_box(mark) for mark in texts_of(volume, closer, frame, dragged)]
        middle = frame.to_pixel(one.center) + np.array([40, 60])
        across = (min(b.left for b in boxes) + max(b.right for b in boxes)) / 2
        down = (min(b.top for b in boxes) + max(b.bottom for b in boxes)) / 2
        assert np.abs(np.subtract((across, down), middle)).max() <= 4
    far = texts_of(volume, state, pane, replace(one, label=(1e6, 1e6)))  # it is kept within the pane
    assert all(mark_box(mark).left >= 0 and mark_box(mark).right <= SIZE[0] for mark in far)
    assert far
