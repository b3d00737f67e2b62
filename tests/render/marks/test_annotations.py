from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, marker_volume
from viewer3d.core.vectors import rotation
from viewer3d.core.view.camera import Camera, front_camera
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import Slab, SlicePane, state_of_geometry
from viewer3d.core.window import Window
from viewer3d.render.marks.annotations import (
    bar_length,
    identity_marks,
    image_text,
    message_marks,
    position_text,
    slice_marks,
    volume_marks,
)
from viewer3d.render.marks.display_list import PLANE_COLORS, Line, Text
from viewer3d.render.marks.layer_labels import LayerLabel
from viewer3d.render.marks.metrics import BAR_SHARE, SMALLEST_TEXT, MarkMetrics
from viewer3d.render.marks.typesetting import text_width
from viewer3d.render.marks.value_texts import window_numbers
from viewer3d.render.panes import pane_geometry

VOLUME = marker_volume(np.eye(3))
STATE = state_of_geometry(VOLUME.geometry, Window(40, 400))


def marks(name="axial", size=(600, 450), state=STATE, unit="HU"):
    labels = (LayerLabel("", unit, state.layers[0]),)
    return slice_marks(state, pane_geometry(VOLUME.geometry, state, name, size), labels)


def texts(marks):
    return [mark.text for mark in marks if isinstance(mark, Text)]


@pytest.mark.parametrize(
    ("name", "expected"), [("axial", "RLAP"), ("coronal", "RLHF"), ("sagittal", "APHF")], ids=list(PLANES)
)
@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_letters_are_those_of_the_screen_whatever_the_acquisition(name, expected, direction):
    geometry = marker_volume(DIRECTIONS[direction]).geometry
    pane = pane_geometry(geometry, state_of_geometry(geometry, STATE.look.window), name, (200, 150))
    letters = slice_marks(STATE, pane)
    assert "".join(texts(letters)) == expected
    left, right, top, bottom = letters
    assert (left.x < 20, right.x > 180) == (True, True)
    assert (top.y < 25, bottom.y > 125) == (True, True)
    assert left.align == "left"
    assert right.align == "right"


def test_small_panes_show_letters_only_and_others_everything():
    assert len(marks(size=(600, 290))) == 4
    full = texts(marks())
    assert {"Axial", "W 400", "L 40 HU"} < set(full)
    assert [t for t in full if t.endswith(" mm")]
    # All panes of a picture of 800 x 600 are written in alike.
    assert len(marks(size=(400, 299))) == len(marks(size=(400, 300)))


@pytest.mark.parametrize("size", [(300, 300), (400, 500), (600, 450), (1200, 900), (2400, 1800)])
@pytest.mark.parametrize("name", list(PLANES))
def test_nothing_overlaps_and_all_lies_in_the_pane(name, size):
    state = STATE.with_window(Window(12345, 23456))
    boxes = []
    for mark in marks(name, size, state, "Bq/ml"):
        if isinstance(mark, Text):
            wide = 0.62 * mark.size * len(mark.text)
            left = mark.x - wide * {"left": 0, "middle": 0.5, "right": 1}[mark.align]
            box = (left, mark.y - 0.75 * mark.size, left + wide, mark.y + 0.2 * mark.size)
            assert mark.size >= SMALLEST_TEXT
        else:
            half = mark.width / 2
            box = (mark.x0 - half, mark.y0 - half, mark.x1 + half, mark.y1 + half)
        assert box[0] >= 0
        assert box[1] >= 0
        assert box[2] <= size[0]
        assert box[3] <= size[1]
        boxes.append((mark, box))
    for n, (one, a) in enumerate(boxes):
        for other, b in boxes[:n]:
            if isinstance(one, Line) and isinstance(other, Line):
                continue
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert apart, (one, other)


def test_text_grows_with_the_pane():
    sizes = [marks(size=size)[-1].size for size in ((300, 300), (600, 450), (1200, 900))]
    assert sizes == [SMALLEST_TEXT, 13, 26]


def test_the_crosshair_crosses_at_the_cursor_with_a_gap_in_the_planes_colours():
    world = np.add(VOLUME.geometry.center, (4.0, -3.0, 5.0))
    state = STATE.with_cursor(world)
    for name, (upright, level) in {
        "axial": ("sagittal", "coronal"),
        "coronal": ("sagittal", "axial"),
        "sagittal": ("coronal", "axial"),
    }.items():
        x, y = pane_geometry(VOLUME.geometry, state, name, (600, 450)).to_pixel(world)
        lines = [mark for mark in marks(name, state=state) if isinstance(mark, Line) and mark.opacity < 1]
        assert len(lines) == 4
        for line in lines:
            if line.color == PLANE_COLORS[upright]:
                assert line.x0 == line.x1 == pytest.approx(x)
                assert min(abs(line.y0 - y), abs(line.y1 - y)) >= 6
            else:
                assert line.color == PLANE_COLORS[level]
                assert line.y0 == line.y1 == pytest.approx(y)
                assert min(abs(line.x0 - x), abs(line.x1 - x)) >= 6


def test_a_cursor_out_of_sight_draws_no_crosshair():
    state = STATE.with_pane("axial", SlicePane(20.0, (15.0, 15.0)))
    assert not [mark for mark in marks(state=state) if isinstance(mark, Line) and mark.opacity < 1]


@pytest.mark.parametrize(
    ("name", "cursor", "text"),
    [
        ("axial", (0, 0, 12.54), "H 12.5 mm"),
        ("axial", (0, 0, -12.5), "F 12.5 mm"),
        ("axial", (0, 0, -0.04), "H 0.0 mm"),
        ("coronal", (0, -3, 0), "A 3.0 mm"),
        ("sagittal", (7.25, 0, 0), "L 7.2 mm"),
        ("sagittal", (-7, 0, 0), "R 7.0 mm"),
    ],
)
def test_positions_name_the_patients_side(name, cursor, text):
    state = STATE.with_cursor(cursor)
    assert position_text(pane_geometry(VOLUME.geometry, state, name, (400, 400))) == text


@pytest.mark.parametrize(
    ("window", "numbers"),
    [
        (Window(40, 400), ("400", "40")),
        (Window(40.4, 400.4), ("400", "40")),
        (Window(-0.2, 80), ("80", "0")),
        (Window(2.5, 5), ("5.0", "2.5")),
        (Window(0.5, 0.25, "SIGMOID"), ("0.250", "0.500")),
        (Window(15000, 30000), ("30000", "15000")),
    ],
)
def test_window_numbers_have_fixed_decimals(window, numbers):
    assert window_numbers(window) == numbers


def test_numbers_do_not_push_each_other():
    narrow, wide = (
        {
            m.text[0]: m.x
            for m in marks(state=STATE.with_window(w))
            if isinstance(m, Text) and m.text[:2] in ("W ", "L ")
        }
        for w in (Window(5, 80), Window(-1200, 4000))
    )
    assert narrow == wide


@pytest.mark.parametrize(
    ("mm_per_pixel", "room", "length"),
    [(0.5, 130, 50), (1, 100, 100), (1, 99.9, 50), (0.01, 130, 1), (0.02, 130, 2), (3.7, 132, 200), (0.001, 100, 0.1)],
)
def test_scale_bars_are_round_and_the_longest_that_fit(mm_per_pixel, room, length):
    assert bar_length(mm_per_pixel, room) == pytest.approx(length)


@pytest.mark.parametrize("zoom", [0.3, 1.0, 2.7, 40.0])
def test_the_scale_bar_is_as_long_as_it_says(zoom):
    state = STATE.with_pane("axial", SlicePane(zoom))
    pane = pane_geometry(VOLUME.geometry, state, "axial", (600, 450))
    listed = slice_marks(state, pane, (LayerLabel("", "", state.layers[0]),))
    bar = next(mark for mark in listed if isinstance(mark, Line) and mark.opacity == 1 and mark.width == 1)
    said = float(listed[-1].text.removesuffix(" mm"))
    assert (bar.x1 - bar.x0) * pane.mm_per_pixel == pytest.approx(said)
    assert bar.x1 - bar.x0 <= BAR_SHARE * 600


def test_the_3d_pane_names_the_sides_of_the_camera():
    def named(camera, size=(600, 450)):
        return texts(volume_marks(camera, size, "Bone"))

    assert named(front_camera(VOLUME.geometry.corners)) == ["R", "L", "H", "F", "Bone", "A"]
    assert named(Camera((0, 500, 0), (0, 0, 0)))[:2] == ["L", "R"]
    assert named(Camera((0, 0, 500), (0, 0, 0), up=(0, -1, 0)), (200, 200)) == ["L", "R", "A", "P"]


def test_what_is_left_out_stands_below_the_title():
    listed = volume_marks(front_camera(VOLUME.geometry.corners), (600, 450), "Bone", "couch hidden, 12 ml")
    title, hidden = (mark for mark in listed if isinstance(mark, Text) and mark.text in ("Bone", "couch hidden, 12 ml"))
    assert (hidden.x, hidden.text) == (title.x, "couch hidden, 12 ml")
    assert hidden.y > title.y + title.size


def test_messages_fit_the_pane():
    sentence = "No 3D here: no OpenGL works on this machine and so on and on"
    short, long = (message_marks((width, 300), (sentence,)) for width in (900, 200))
    assert len(short) == 1
    assert len(long) == 2
    assert " ".join(texts(long)) == sentence


def test_no_list_depends_on_anything_but_its_arguments():
    assert marks() == marks()
    assert marks() != marks(state=replace(STATE, cursor=(0.0, 20.0, 250.0)))


@pytest.mark.parametrize("size", [(600, 450), (300, 200)])
@pytest.mark.parametrize("slab", [Slab(), Slab(20)])
def test_who_the_patient_is_stands_below_what_is_in_the_corner(size, slab):
    others = marks(size=size, state=replace(STATE, slab=slab))
    named = identity_marks(MarkMetrics(*size), ("Doe, Jane", "ID 7"), others)
    assert texts(named) == ["Doe, Jane", "ID 7"]
    corner = [one.y for one in others if isinstance(one, Text) and one.x == named[0].x and one.y < size[1] / 3]
    lines = [*corner, *(one.y for one in named)]
    assert np.diff(lines).min() >= named[0].size  # no line over another
    assert lines[0] < 30


def test_a_long_name_stays_on_its_half_of_the_pane():
    named = identity_marks(MarkMetrics(600, 450), ("Longname-" * 4 + " Secondname " + "Third" * 6,), ())
    assert len(named) > 1
    assert max(len(one.text) for one in named) * 0.55 * named[0].size < 300


def numbered(name="axial", size=(600, 450), state=STATE, geometry=VOLUME.geometry):
    """Return the text and the mark of the image number of a pane."""
    pane = pane_geometry(geometry, state, name, size)
    listed = slice_marks(state, pane, (LayerLabel("", "HU", state.layers[0]),), geometry=geometry)
    found = [mark for mark in listed if isinstance(mark, Text) and "/" in mark.text]
    text = image_text(geometry, state, pane)
    assert [mark.text for mark in found] == ([text] if text and min(size) > 296 else [])
    return text, found[0] if found else None


@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_images_are_counted_along_the_grids_own_axes(direction):
    geometry = marker_volume(DIRECTIONS[direction]).geometry
    is_straight = np.isin(np.abs(geometry.direction).round(9), (0, 1)).all()
    for index in ((0, 0, 0), (3, 5, 2), tuple(np.subtract(geometry.shape, 1))):
        state = STATE.with_cursor(geometry.index_to_world(index))
        for name, plane in PLANES.items():
            axis = int(np.argmax(np.abs(geometry.direction.T @ plane.normal)))
            number = f"{index[axis] + 1}/{geometry.shape[axis]}"
            assert numbered(name, state=state, geometry=geometry)[0] == (number if is_straight else "")
            along = replace(state, axes=tuple(map(tuple, geometry.direction.T.tolist())))
            assert (
                numbered(name, state=along, geometry=geometry)[0]
                == f"{index[plane.axis] + 1}/{geometry.shape[plane.axis]}"
            )


def test_the_first_image_of_an_axial_stack_is_nearest_to_the_feet():
    first = STATE.with_cursor(VOLUME.geometry.index_to_world((1, 1, 0)))
    assert numbered(state=first)[0] == f"1/{VOLUME.shape[2]}"
    assert VOLUME.geometry.index_to_world((1, 1, 0))[2] < VOLUME.geometry.center[2]


def test_between_images_outside_and_aslant_none_is_told():
    index = np.array([3.0, 5.0, 2.0])

    def text(k, **changes):
        world = VOLUME.geometry.index_to_world(index * (1, 1, 0) + (0, 0, k))
        return numbered(state=replace(STATE.with_cursor(world), **changes))[0]

    count = VOLUME.shape[2]
    assert [text(2.4), text(2.005), text(1.995)] == ["", f"3/{count}", f"3/{count}"]
    assert [text(2.4, interpolation="nearest"), text(2.6, interpolation="nearest")] == [f"3/{count}", f"4/{count}"]
    assert [text(-0.4), text(-0.6), text(count - 0.6), text(count - 0.4)] == [f"1/{count}", "", f"{count}/{count}", ""]
    tilted = rotation((1, 0, 0), 0.01)
    assert text(2.0, axes=tuple(tuple(row) for row in tilted.T.tolist())) == ""


def test_a_slab_tells_the_images_whose_middles_lie_in_it():
    step, count = VOLUME.geometry.spacing[2], VOLUME.shape[2]
    state = STATE.with_cursor(VOLUME.geometry.index_to_world((3, 5, 3)))

    def text(slices, state=state):
        return numbered(state=replace(state, slab=Slab(slices * step)))[0]

    assert [text(0.5), text(2), text(3.9), text(1000)] == [
        f"4/{count}",
        f"3-5/{count}",
        f"3-5/{count}",
        f"1-{count}/{count}",
    ]
    between = state.with_cursor(VOLUME.geometry.index_to_world((3, 5, 3.5)))
    assert [text(0.5, between), text(1, between)] == ["", f"4-5/{count}"]


def test_the_number_stands_beside_the_position_and_does_not_jump():
    places = [STATE.with_cursor(VOLUME.geometry.index_to_world((3, 5, k))) for k in range(5)]
    found = [numbered(state=state)[1] for state in places]
    assert {mark.x for mark in found if mark is not None} == {found[0].x}
    position = next(m for m in marks(state=places[0]) if isinstance(m, Text) and m.text.endswith(" mm") and m.y < 40)
    assert found[0].y == position.y
    assert found[0].x < position.x - text_width(position.text, position.size)
    assert numbered(size=(400, 280))[1] is None  # letters alone


@pytest.mark.parametrize(
    ("size", "text"), [((1200, 900), 16), ((1920, 1080), 19), ((2400, 1800), 32), ((600, 450), 10)]
)
def test_text_of_a_pane_that_fills_the_picture_is_no_larger_than_it_need_be(size, text):
    alone = replace(STATE, view="axial")
    enlarged = replace(STATE, enlarged="axial")
    for state in (alone, enlarged):
        assert {mark.size for mark in marks(size=size, state=state) if isinstance(mark, Text)} == {text}
    # Panes beside others are written in as large as ever.
    beside = {mark.size for mark in marks(size=(size[0] // 2, size[1] // 2)) if isinstance(mark, Text)}
    assert beside == {max(SMALLEST_TEXT, round(0.029 * (size[1] // 2)))}
