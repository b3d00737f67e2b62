from dataclasses import replace

import numpy as np
import pytest

from viewer3d.core.geometry import Geometry
from viewer3d.core.view.link import Link, LinkedVolume
from viewer3d.core.view.side_by_side import SideBySide, plain_matrix
from viewer3d.core.view.slab import Slab
from viewer3d.core.view.state import SlicePane, state_of_geometry
from viewer3d.core.window import Window
from viewer3d.errors import ViewError
from viewer3d.render.panes import layout, pane_geometry

SIZE = (300, 220)
LARGE = Geometry(np.diag([1.0, 1, 2, 1]), (200, 200, 100))
SMALL = Geometry(np.array([[2.0, 0, 0, 40], [0, 2, 0, 60], [0, 0, 2, 50], [0, 0, 0, 1]]), (40, 30, 20))
SHARED = (0, 0)


def linked_volume(geometry, size=SIZE):
    def fitted(state, plane):
        rect = layout(state.shown, size)[plane]
        pane = pane_geometry(geometry, state, plane, rect.size)
        return pane.mm_per_pixel * state.slice_pane(plane).zoom

    return LinkedVolume(geometry, fitted)


VOLUMES = (linked_volume(LARGE), linked_volume(SMALL, (140, 333)))
SIZES = (SIZE, (140, 333))


def first(geometry, view="axial"):
    return state_of_geometry(geometry, Window(40, 400), view)


def both(**fields):
    return SideBySide((first(LARGE), first(SMALL)), **{"worlds": SHARED, **fields})


def pane(side, number, plane="axial"):
    geometry, size = (LARGE, SMALL)[number], SIZES[number]
    return pane_geometry(geometry, side.cells[number], plane, layout(side.cells[number].shown, size)[plane].size)


def middle(side, number, plane="axial"):
    shown = pane(side, number, plane)
    return shown.to_world((np.array(shown.size) - 1) / 2)


def turned(degrees, shift=(0, 0, 0)):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0, shift[0]], [s, c, 0, shift[1]], [0, 0, 1, shift[2]], [0, 0, 0, 1.0]])


def test_aligned_cells_show_the_same_mm_a_pixel_and_the_same_place_in_the_middle():
    active = replace(first(LARGE), cursor=(77.0, 81, 70)).with_pane("axial", SlicePane(2.5, (-20.0, -12)))
    side = SideBySide((active, first(SMALL)), worlds=SHARED).aligned(VOLUMES)
    assert pane(side, 1).mm_per_pixel == pytest.approx(pane(side, 0).mm_per_pixel, rel=1e-12)
    np.testing.assert_allclose(middle(side, 1), middle(side, 0), atol=1e-9)
    assert side.cells[1].cursor == (77.0, 81, 70)
    assert side.cells[0] is active


def test_a_step_a_zoom_and_a_pan_go_over_and_nothing_else_does():
    side = both().aligned(VOLUMES)
    stepped = side.with_cell(0, side.cells[0].with_cursor((90.0, 80, 64)), VOLUMES)
    assert stepped.cells[1] == side.cells[1].with_cursor((90.0, 80, 64))
    zoomed = stepped.with_cell(0, stepped.cells[0].with_pane("axial", SlicePane(4.0, (3.0, 5))), VOLUMES)
    assert pane(zoomed, 1).mm_per_pixel == pytest.approx(pane(zoomed, 0).mm_per_pixel, rel=1e-12)
    np.testing.assert_allclose(middle(zoomed, 1), middle(zoomed, 0), atol=1e-9)
    back = zoomed.with_cell(1, zoomed.cells[1].with_pane("axial", SlicePane(1.0, (1.0, 2))), VOLUMES)
    np.testing.assert_allclose(middle(back, 1), middle(back, 0), atol=1e-9)
    windowed = zoomed.with_cell(0, zoomed.cells[0].with_window(Window(1, 2)), VOLUMES)
    assert windowed.cells[1] is zoomed.cells[1]
    thick = zoomed.with_cell(1, replace(zoomed.cells[1], slab=Slab(10)), VOLUMES)
    assert thick.cells[0].slab == Slab(10)
    free = replace(side, is_linked=False)
    assert free.with_cell(0, stepped.cells[0], VOLUMES).cells[1] is side.cells[1]


def test_oblique_planes_and_every_pixel_are_one_place_in_both():
    side = SideBySide((first(LARGE, "mpr"), first(SMALL, "mpr")), worlds=SHARED)
    sizes = ((600, 220), (500, 333))
    volumes = tuple(linked_volume(geometry, size) for geometry, size in zip((LARGE, SMALL), sizes, strict=True))
    way = turned(20)[:3, :3] @ np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])
    oblique = replace(side.cells[0], axes=tuple(map(tuple, way.T.tolist()))).with_cursor((80.0, 90, 70))
    side = side.with_cell(0, oblique, volumes).aligned(volumes)
    assert side.cells[1].axes == side.cells[0].axes
    for plane in ("axial", "coronal", "sagittal"):
        panes = [
            pane_geometry(geometry, state, plane, layout("mpr", size)[plane].size)
            for geometry, state, size in zip((LARGE, SMALL), side.cells, sizes, strict=True)
        ]
        # From the middle on, so many pixels right and down are one place in both.
        for away in ((0, 0), (31, -12), (-40, 25)):
            one, other = (shown.to_world((np.array(shown.size) - 1) / 2 + away) for shown in panes)
            np.testing.assert_allclose(other, one, atol=1e-9)


def test_a_place_outside_of_the_other_volume_stays_at_its_edge_and_is_told():
    side = both()
    far = side.with_cell(0, side.cells[0].with_cursor((90.0, 80, 150)), VOLUMES)
    assert far.cells[1].cursor == (90.0, 80.0, 88.0)  # the centre of the last voxel
    assert far.outside(1, VOLUMES) == pytest.approx(150 - 89)
    assert far.outside(0, VOLUMES) == 0
    assert replace(far, is_linked=False).outside(1, VOLUMES) == 0
    back = far.with_cell(0, far.cells[0].with_cursor((90.0, 80, 60)), VOLUMES)
    assert back.cells[1].cursor == (90.0, 80, 60)
    assert back.outside(1, VOLUMES) == 0


def test_frames_of_their_own_scroll_together_by_offset_alone():
    side = both(worlds=(0, 1))
    stepped = side.with_cell(0, side.cells[0].with_cursor((90.0, 80, 64)), VOLUMES)
    assert stepped.cells[1] is side.cells[1]
    panned = side.with_cell(0, side.cells[0].with_pane("axial", SlicePane(2.0, (10.0, -4))), VOLUMES)
    assert panned.cells[1].axial.pan == (10.0, -4.0)
    assert pane(panned, 1).mm_per_pixel == pytest.approx(pane(panned, 0).mm_per_pixel, rel=1e-12)

    apart = replace(side, cells=(side.cells[0], side.cells[1].with_cursor((70.0, 80, 56))))
    by_offset = apart.linked_by_offset(VOLUMES)
    assert [cell.cursor for cell in by_offset.cells] == [cell.cursor for cell in apart.cells]
    x, y, z = by_offset.cells[0].cursor
    moved = by_offset.with_cell(0, by_offset.cells[0].with_cursor((x + 3, y + 2, z + 8)), VOLUMES)
    np.testing.assert_allclose(moved.cells[1].cursor, (73, 82, 64), atol=1e-12)
    back = moved.with_cell(1, by_offset.cells[1], VOLUMES)
    np.testing.assert_allclose(back.cells[0].cursor, (x, y, z), atol=1e-12)
    assert moved.linked_by_place(VOLUMES).offsets is None


def test_an_offset_can_be_kept_where_places_are_known_as_well():
    side = both().with_cell(0, first(LARGE).with_cursor((80.0, 80, 64)), VOLUMES)
    free = side.linked(VOLUMES, is_linked=False)
    free = free.with_cell(1, free.cells[1].with_cursor((80.0, 80, 70)), VOLUMES)
    by_offset = free.linked_by_offset(VOLUMES)
    moved = by_offset.with_cell(0, by_offset.cells[0].with_cursor((80.0, 80, 68)), VOLUMES)
    np.testing.assert_allclose(moved.cells[1].cursor, (80, 80, 74))
    assert moved.linked_by_place(VOLUMES).cells[1].cursor == (80.0, 80.0, 68.0)


def test_cells_of_one_world_are_linked_among_cells_of_another():
    side = SideBySide((first(LARGE), first(SMALL)) * 2, worlds=(0, 1, 0, 1))
    volumes = VOLUMES * 2
    moved = side.with_cell(3, side.cells[3].with_cursor((90.0, 80, 64)), volumes)
    assert [cell.cursor for cell in moved.cells] == [
        side.cells[0].cursor, (90.0, 80, 64), side.cells[2].cursor, (90.0, 80, 64),
    ]  # fmt: skip
    assert moved.rows == 2


def test_the_camera_goes_over_by_the_way_between_the_worlds():
    side = SideBySide((first(LARGE, "3d"), first(SMALL, "3d")), worlds=SHARED)
    camera = side.cells[1].camera.around(25)
    assert side.with_cell(1, side.cells[1].with_camera(camera), VOLUMES).cells[0].camera == camera
    unknown = replace(side, worlds=())
    after = unknown.with_cell(1, side.cells[1].with_camera(camera), VOLUMES).cells[0].camera
    for name in ("position", "focal_point"):
        away = np.subtract(getattr(after, name), LARGE.center)
        np.testing.assert_allclose(away, np.subtract(getattr(camera, name), SMALL.center), atol=1e-9)


def test_window_and_time_go_over_where_they_are_linked():
    volumes = (VOLUMES[0], replace(VOLUMES[1], members=3))
    changed = first(LARGE).with_look(0, window=Window(1, 2), member=4)
    assert both().with_cell(0, changed, volumes).cells[1] == first(SMALL)
    linked = both(link=Link(window=True, time=True)).with_cell(0, changed, volumes)
    assert linked.cells[1] == first(SMALL).with_look(0, window=Window(1, 2), member=2)


@pytest.mark.parametrize(
    "side",
    [
        both(),
        both(active=1, columns=1, link=Link(window=True, time=True), is_linked=False),
        both(transforms=(None, plain_matrix(turned(1 / 3, (1, 2, 0.7)))), offsets=((0.0,) * 3, (1 / 3, 0.1, -2e-7))),
        SideBySide((first(LARGE),) * 4, worlds=(0, 1, 1, 0), columns=2),
    ],
)  # fmt: skip
def test_json_holds_every_bit(side):
    again = SideBySide.from_json(side.to_json())
    assert again == side
    assert again.to_json() == side.to_json()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cells": (first(LARGE),)}, "2 to 4"),
        ({"cells": (first(LARGE),) * 5}, "2 to 4"),
        ({"active": 2}, "view 2 active"),
        ({"columns": 0}, "0 in a row"),
        ({"transforms": (None,)}, "1 transforms for 2"),
        ({"worlds": (0, 0, 0)}, "3 worlds for 2"),
        ({"transforms": (None, plain_matrix(np.diag([-1.0, 1, 1, 1])))}, "mirrors"),
        ({"offsets": ((0.0, 0.0, 0.0),)}, "offsets"),
        ({"offsets": ((0.0, 0.0, 0.0), (np.inf, 0.0, 0.0))}, "offsets"),
    ],
)
def test_what_cannot_be_side_by_side_is_refused(change, words):
    with pytest.raises(ViewError, match=words):
        replace(both(), **change)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "not views side by side"),
        ('{"version": 99}', "version 99"),
        ('{"version": 1, "cells": 3}', "not views side by side"),
        ('{"version": 1, "cells": [], "more": 1}', "unknown fields more"),
        ('{"version": 1, "cells": [{"version": 3}, {"version": 3}]}', "not a view state"),
    ],
)
def test_other_json_is_refused(text, words):
    with pytest.raises(ViewError, match=words):
        SideBySide.from_json(text)
    with pytest.raises(ViewError, match="no view 5"):
        both().with_cell(5, first(LARGE), VOLUMES)
