"""Labels keep clear of each other and of what is drawn, stay where they are, and are joined to what they belong to."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import marker_volume
from viewer3d.core.view.measurement import Measurement
from viewer3d.measurements.results import MeasurementCache
from viewer3d.render.first_state import first_state
from viewer3d.render.marks.boxes import PixelBox
from viewer3d.render.marks.display_list import Path, Text
from viewer3d.render.marks.labels import ShapeLabel, label_marks, place_labels
from viewer3d.render.marks.measurements import measurement_marks, placed_labels
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.panes import pane_geometry

PAGE = MarkMetrics(800, 600)
BLUE = (98, 205, 236)
LINES = ("mean 41.3 ± 0.9  SD 9.8 HU", "min 12  max 77", "area 398 ± 4 mm2")


def square(x: float, y: float, half: float = 12, **about: object) -> ShapeLabel:
    shape = np.array([(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)])
    return ShapeLabel(shape, LINES, is_closed=True, **about)  # type: ignore[arg-type]


def boxes(labels: list[ShapeLabel]) -> list[PixelBox]:
    return [one.box for one in place_labels(PAGE, labels) if one is not None]


def shape_box(one: ShapeLabel) -> PixelBox:
    return PixelBox(*one.shape.min(0), *one.shape.max(0))


def test_in_a_crowd_no_label_covers_a_shape_or_another() -> None:
    crowd = [square(300 + 60 * a, 220 + 60 * b) for a in range(3) for b in range(3)]
    placed = boxes(crowd)
    assert len(placed) == 9
    for one, other in itertools.combinations(placed, 2):
        assert one.common(other) == 0
    for one in placed:
        assert sum(one.common(shape_box(shape)) for shape in crowd) == 0
    # Those that stand further away are joined to their shapes, the others are not.
    away = [one for one in place_labels(PAGE, crowd) if one is not None and one.is_away]
    lines = [mark for mark in label_marks(PAGE, crowd, BLUE) if isinstance(mark, Path)]
    assert 0 < len(away) < 9
    assert len(lines) == 2 * len(away)
    for line in lines:
        assert any(shape_box(shape).left - 1 <= line.points[0][0] <= shape_box(shape).right + 1 for shape in crowd)


def test_a_label_may_stand_beside_an_oblique_line_within_its_box() -> None:
    line = np.array([(100.0, 100.0), (600.0, 500.0)])
    labels = [ShapeLabel(line, ("641 mm",), drawn=line), square(520, 160)]
    (_, beside) = boxes(labels)
    assert beside.left == pytest.approx(532 + 0.7 * PAGE.size)  # the first place of all, though the line's box has it


def test_what_a_hand_has_placed_stays_and_the_others_give_way() -> None:
    alone = boxes([square(400, 300)])[0]
    middle = np.array([(alone.left + alone.right) / 2, (alone.top + alone.bottom) / 2])
    dragged = square(200, 500, place=middle)
    first, second = boxes([square(400, 300), dragged])
    assert (second.left + second.right) / 2 == pytest.approx(middle[0])
    assert first.common(second) == 0
    assert place_labels(PAGE, [dragged])[0].is_away  # type: ignore[union-attr]
    near = square(200, 500, place=np.array([200.0, 470.0]))
    assert not place_labels(PAGE, [near])[0].is_away  # type: ignore[union-attr]


def test_a_label_that_was_in_the_way_is_no_longer_and_all_is_as_before() -> None:
    """The place is of the state alone: what moves past leaves no trace."""
    still, far = square(400, 300), square(100, 500)
    before = boxes([still])[0]
    for x in range(100, 760, 20):
        passing = square(x, 300)
        _, after = boxes([passing, still])
        shape, own = shape_box(passing), boxes([passing, still])[0]
        if not own.common(PixelBox(before.left - 9, before.top - 9, before.right + 9, before.bottom + 9)):
            assert after == before or shape.common(before) > 0
    assert boxes([far, still])[1] == before


def test_labels_do_not_jump_from_slice_to_slice() -> None:
    """Two that are seen together on some slices only: neither moves when the other comes or goes."""
    volume = marker_volume(np.eye(3))
    state = first_state(volume, "axial")
    z = volume.geometry.index_to_world((0, 0, 5))[2]
    step = volume.geometry.spacing[2]
    size = (600, 450)
    pane = pane_geometry(volume.geometry, state.with_cursor((*state.cursor[:2], z)), "axial", size)

    def drawn(x: float, away: float) -> Measurement:
        ends = [np.add(pane.to_world((x + d, 200 + d)), (0, 0, away)) for d in (0, 20)]
        return Measurement("ellipse", tuple(tuple(map(float, one)) for one in ends), pane.plane.right, pane.plane.down)

    state = replace(state, measurements=(drawn(220, 0), drawn(260, 0.6 * step), drawn(300, 1.2 * step)))
    seen: dict[int, set[PixelBox]] = {0: set(), 1: set(), 2: set()}
    together = set()
    for away in np.linspace(-0.5, 1.7, 23) * step:
        there = pane_geometry(volume.geometry, state.with_cursor((*state.cursor[:2], z + away)), "axial", size)
        found = placed_labels(volume.geometry, state, there, MeasurementCache(volume))
        together.add(tuple(number for number, _ in found))
        for number, placed in found:
            seen[number].add(placed.box)
        texts = [
            m for m in measurement_marks(volume.geometry, state, there, MeasurementCache(volume)) if type(m) is Text
        ]
        assert len(texts) == 3 * len(found)
    assert {(0,), (0, 1), (1,), (1, 2), (2,)} <= together
    assert [len(one) for one in seen.values()] == [1, 1, 1]
