"""What panes write of segmentations and structure sets, and the names where one points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.core.graphics.srgb import legible_color
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.structures import Contour, Roi, StructureSet
from viewer3d.core.view.state import Pointer
from viewer3d.core.volume import Volume
from viewer3d.render.first_state import first_slices_state, with_first_looks
from viewer3d.render.marks.annotations import slice_marks
from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, SHADE, Text
from viewer3d.render.marks.layer_labels import (
    MATRIX_NOTE,
    TRUST_NOTE,
    PointedRegion,
    layer_labels,
    read_layers,
)
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.region_labels import (
    MOST_NAMES,
    MOST_SETS,
    TEXT_CONTRAST,
    pointed_line,
    pointer_marks,
    read_regions_at,
    region_labels,
    region_lines,
)
from viewer3d.render.marks.typesetting import text_width
from viewer3d.render.panes import pane_geometry
from viewer3d.render.scene import Scene

FRAME = "1.2.3"
MOVE = np.array([[1, 0, 0, 6.0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])


@pytest.fixture
def ct() -> Volume:
    return Volume.from_array(
        np.zeros((24, 20, 12), np.int16), np.diag([1.0, 2, 3, 1]), unit="HU", modality="CT", frame_of_reference=FRAME
    )


@pytest.fixture
def organs() -> Segmentation:
    """Two that overlap, on a grid of their own: half the voxels along i."""
    liver, tumour = np.zeros((12, 20, 12), np.uint8), np.zeros((12, 20, 12), np.uint8)
    liver[2:8, 4:14, 3:9], tumour[5:7, 6:9, 4:7] = 1, 2
    affine = np.diag([2.0, 2, 3, 1])
    affine[0, 3] = 0.5
    return Segmentation.from_array(
        [liver, tumour],
        affine,
        names={1: "Liver", 2: "Tumour"},
        colors={1: (221, 130, 101), 2: (20, 20, 160)},
        frame_of_reference=FRAME,
    )


@pytest.fixture
def plan() -> StructureSet:
    square = np.array([[4.0, 8, 12], [14, 8, 12], [14, 20, 12], [4, 20, 12]])
    contours = tuple(Contour(square + np.array([0, 0, 3 * n])) for n in range(3))
    return StructureSet((Roi(7, "PTV", (255, 0, 0), "PTV", contours, FRAME),)).with_info(frame_of_reference=FRAME)


def state_of(ct, *overlays):
    placed = place_layers(ct, overlays)
    return placed, with_first_looks(first_slices_state(ct, view="mpr"), placed)


def names(pointed):
    return [one.name for one in pointed]


def texts(marks):
    return [mark.text for mark in marks if isinstance(mark, Text)]


def test_where_one_points_are_all_regions_that_are_seen(ct, organs, plan):
    placed, state = state_of(ct, organs, plan)
    both = (11.0, 14.0, 15.0)
    assert read_regions_at(placed.regions, state, both) == (
        PointedRegion("Liver", (221, 130, 101)),
        PointedRegion("Tumour", (20, 20, 160)),
        PointedRegion("PTV", (255, 0, 0)),
    )
    assert names(read_regions_at(placed.regions, state, (7.0, 10.0, 12.0))) == ["Liver", "PTV"]
    assert names(read_regions_at(placed.regions, state, (7.0, 10.0, 21.0))) == ["Liver"]  # past the last contour
    assert read_regions_at(placed.regions, state, (1.0, 1.0, 1.0)) == ()
    alone = state.with_region(0, segments=(2,))
    assert names(read_regions_at(placed.regions, alone, both)) == ["Tumour", "PTV"]
    assert names(read_regions_at(placed.regions, alone.with_region(1, shown=False), both)) == ["Tumour"]


def test_regions_that_were_moved_are_read_where_they_lie(ct, organs):
    placed, state = state_of(ct, Layer(organs, transform=MOVE))
    assert read_regions_at(placed.regions, state, (7.0, 10.0, 12.0)) == ()
    assert names(read_regions_at(placed.regions, state, (13.0, 10.0, 12.0))) == ["Liver"]


def test_a_set_has_one_line_that_says_what_is_seen(ct, organs, plan):
    placed, state = state_of(ct, organs, Layer(plan, "Plan A", same_frame=True))
    (base,) = placed.layers

    def hows(state):
        return [one.how for one in region_labels(base, placed.regions, state)]

    assert [one.name for one in region_labels(base, placed.regions, state)] == ["segments", "Plan A"]
    assert hows(state) == ["all 2", "PTV"]
    assert hows(state.with_region(0, segments=(2,), opacity=0.5)) == ["Tumour, 1 of 2   50 %", "PTV"]
    assert hows(state.with_region(0, segments=())) == ["0 of 2", "PTV"]
    assert hows(state.with_region(0, shown=False)) == ["PTV"]


@pytest.mark.parametrize(
    ("layer", "note"), [({}, ""), ({"transform": MOVE}, MATRIX_NOTE), ({"same_frame": True}, TRUST_NOTE)]
)
def test_a_line_says_what_regions_were_placed_by(ct, organs, layer, note):
    data = organs.with_info(frame_of_reference="9.9") if layer else organs
    placed, state = state_of(ct, Layer(data, **layer))
    (label,) = region_labels(placed.layers[0], placed.regions, state)
    assert label.note == note
    pane = pane_geometry(ct.geometry, state, "axial", (600, 450))
    marks = slice_marks(state, pane, layer_labels(placed.layers, state), None, [label])
    assert [one for one in texts(marks) if note and one.startswith("segments placed")] == (
        [f"segments {MATRIX_NOTE}"] if note == MATRIX_NOTE else []
    )
    assert any(TRUST_NOTE.split()[-1] in one for one in texts(marks)) == (note == TRUST_NOTE)


def marks_of(ct, placed, state, size, world=None):
    pane = pane_geometry(ct.geometry, state, "axial", size)
    readout = None
    if world is not None:
        readout = replace(
            read_layers(placed.layers, state, world), regions=read_regions_at(placed.regions, state, world)
        )
    labels = layer_labels(placed.layers, state)
    return slice_marks(state, pane, labels, readout, region_labels(placed.layers[0], placed.regions, state)), pane


def test_without_a_pointer_a_pane_has_one_line_more_and_a_small_one_none(ct, organs):
    placed, state = state_of(ct, organs)
    marks, pane = marks_of(ct, placed, state, (600, 450))
    without = slice_marks(state, pane, layer_labels(placed.layers, state))
    (line,) = [mark for mark in marks if mark not in without]
    page = MarkMetrics(600, 450)
    assert (line.text, line.color, line.x, line.y) == ("segments   all 2", MUTED, page.pad, page.bottom - page.step)
    assert "segments   all 2" not in texts(marks_of(ct, placed, state, (290, 290))[0])
    hidden = state.with_region(0, shown=False)
    assert marks_of(ct, placed, hidden, (600, 450))[0] == without


@pytest.mark.parametrize("size", [(600, 450), (290, 290)])
def test_names_stand_at_the_pointer_in_colours_that_are_read(ct, organs, size):
    placed, state = state_of(ct, organs)
    world = (11.0, 14.0, state.cursor[2])
    marks, pane = marks_of(ct, placed, state, size, world)
    x, y = pane.to_pixel(world)
    page = MarkMetrics(*size)
    written = [one for one in marks if isinstance(one, Text)]
    near = [one for one in written if abs(one.x - x) < 2 * page.size and abs(one.y - y) < 4 * page.size]
    assert texts(near) == ["Liver", "Tumour"]
    assert near[0].color == (221, 130, 101)
    assert near[1].color == legible_color((20, 20, 160), SHADE, TEXT_CONTRAST) != (20, 20, 160)
    assert near[0].y < near[1].y < y
    in_readout = [one for one in written if one.text == "Tumour" and one not in near]
    assert [one.color for one in in_readout] == ([] if page.is_small else [near[1].color])


@pytest.mark.parametrize("corner", [(1, 1), (598, 1), (1, 448), (598, 448)])
def test_names_at_the_pointer_stay_in_the_pane(ct, organs, corner):
    placed, state = state_of(ct, organs)
    pane = pane_geometry(ct.geometry, state, "axial", (600, 450))
    many = tuple(PointedRegion(f"{'Long name of segment ' * 4}{n}", (n, n, n)) for n in range(9))
    readout = replace(read_layers(placed.layers, state, tuple(pane.to_world(corner))), regions=many)
    page = MarkMetrics(600, 450)
    marks = [one for one in pointer_marks(page, pane, readout) if isinstance(one, Text)]
    assert len(marks) == MOST_NAMES + 1
    assert (marks[-1].text, marks[-1].color) == ("and 5 more", OFF_WHITE)  # of no region's colour
    for mark in marks:
        wide = text_width(mark.text, mark.size)
        left = mark.x if mark.align == "left" else mark.x - wide
        assert left >= page.pad - 1
        assert left + wide <= page.right + 1
        assert page.pad <= mark.y - page.cap
        assert mark.y <= page.bottom + 1


def test_the_line_of_names_ends_before_its_column_and_counts_the_rest():
    page = MarkMetrics(600, 450)
    many = [PointedRegion(f"Segment {n}", (200, 200, 200)) for n in range(9)]
    assert texts(pointed_line(page, many, 100, 590)) == [*(one.name for one in many[:MOST_NAMES]), "and 5 more"]
    narrow = pointed_line(page, many, 100, 160)
    assert texts(narrow)[-1] == f"and {9 - len(narrow) + 1} more"
    assert max(one.x + text_width(one.text, one.size) for one in narrow) <= 160
    assert pointed_line(page, (), 100, 590) == []


def test_many_sets_have_a_count(ct, organs):
    placed, state = state_of(ct, *(Layer(organs, f"set {n}") for n in range(6)))
    labels = region_labels(placed.layers[0], placed.regions, state)
    page = MarkMetrics(600, 450)
    marks, row = region_lines(page, labels, 400, 500)
    assert texts(marks) == ["set 4   all 2", "set 5   all 2", "and 4 more"]
    assert row == 400 - MOST_SETS * page.step


def test_a_scene_writes_names_only_where_one_points(ct, organs):
    with Scene(ct, (900, 400), overlays=[organs]) as scene:
        state = with_first_looks(first_slices_state(ct, view="mpr"), scene.placed)
        scene.apply(state)
        before = scene.screenshot()
        pointing = replace(state, pointer=Pointer("axial", (11.0, 14.0, state.cursor[2])))
        assert scene.apply(pointing) == ("axial",)
        assert (scene.picture != before).any()
        outside = replace(state, pointer=Pointer("coronal", (1.0, state.cursor[1], 1.0)))
        assert scene.apply(outside) == ("axial", "coronal")
        assert scene.apply(state) == ("coronal",)
        np.testing.assert_array_equal(scene.screenshot(), before)
