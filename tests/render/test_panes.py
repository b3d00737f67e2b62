from __future__ import annotations

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, marker_volume
from viewer3d.core.view.planes import PANES, PLANES
from viewer3d.core.view.state import SlicePane, state_of_geometry
from viewer3d.core.window import Window
from viewer3d.errors import ViewError
from viewer3d.render.panes import FIT_MARGIN, Rect, check_size, layout, pane_geometry

WINDOW = Window(40, 400)


@pytest.mark.parametrize("view", list(PANES))
@pytest.mark.parametrize("size", [(16, 16), (17, 23), (1200, 900), (1201, 901), (2400, 1800), (300, 40)])
def test_panes_tile_the_picture(view, size):
    rects = layout(view, size)
    covered = np.zeros(size[::-1], int)
    for rect in rects.values():
        assert rect.width > 0
        assert rect.height > 0
        covered[rect.rows, rect.columns] += 1
    assert covered.max() == 1
    assert tuple(rects) == PANES[view]
    gaps = covered == 0
    # What no pane covers is whole rows and columns.
    assert (gaps == (gaps.all(1)[:, None] | gaps.all(0)[None])).all()
    assert rects[PANES[view][0]].left == 0
    assert covered[-1, -1] == 1


def test_quad_is_two_over_two_and_mpr_three_in_a_row():
    quad = layout("quad", (1201, 901))
    assert quad["axial"] == Rect(0, 0, 600, 450)
    assert quad["sagittal"] == Rect(601, 451, 600, 450)
    mpr = layout("mpr", (602, 100))
    assert [rect.left for rect in mpr.values()] == [0, 201, 402]
    assert {rect.size for rect in mpr.values()} == {(200, 100)}


def test_rect_contains_its_own_pixels_only():
    rect = Rect(10, 20, 5, 4)
    assert rect.contains(10, 20)
    assert rect.contains(14, 23)
    assert not rect.contains(15, 20)
    assert not rect.contains(9, 20)


@pytest.mark.parametrize("size", [(15, 100), (100, 9000), (100.5, 100), (100,), "ab", None, (float("nan"), 100)])
def test_impossible_sizes_are_refused(size):
    with pytest.raises(ViewError, match=r"16 to 8192"):
        check_size(size)


def test_possible_sizes_are_ints():
    assert check_size((np.int64(16), 8192.0)) == (16, 8192)


@pytest.mark.parametrize("direction", list(DIRECTIONS))
@pytest.mark.parametrize("name", list(PLANES))
def test_pixels_and_world_round_trip(direction, name):
    geometry = marker_volume(DIRECTIONS[direction]).geometry
    state = state_of_geometry(geometry, WINDOW).with_pane(name, SlicePane(1.7, (12.0, -8.0)))
    pane = pane_geometry(geometry, state, name, (321, 200))
    pixels = np.random.default_rng(1).uniform(-10, 400, (50, 2))
    np.testing.assert_allclose(pane.to_pixel(pane.to_world(pixels)), pixels, atol=1e-9)
    np.testing.assert_allclose(pane.to_world(pixels)[:, pane.plane.axis], state.cursor[pane.plane.axis])
    affine_world = (pane.affine @ [7, 9, 0, 1])[:3]
    np.testing.assert_allclose(affine_world, pane.to_world([7, 9]), atol=1e-9)


@pytest.mark.parametrize("name", list(PLANES))
@pytest.mark.parametrize("size", [(600, 450), (200, 900)])
def test_zoom_one_fits_the_bounds_with_a_margin_and_square_pixels(name, size):
    geometry = marker_volume(DIRECTIONS["oblique"]).geometry
    pane = pane_geometry(geometry, state_of_geometry(geometry, WINDOW), name, size)
    corners = pane.to_pixel(geometry.corners) + 0.5
    low, high = corners.min(0), corners.max(0)
    np.testing.assert_allclose(low + high, size, atol=1e-6)  # centred
    assert max((high - low) / size) == pytest.approx(1 - 2 * FIT_MARGIN)
    assert np.linalg.norm(pane.right) == pytest.approx(np.linalg.norm(pane.down))


def test_zoom_and_pan():
    geometry = marker_volume(np.eye(3)).geometry
    state = state_of_geometry(geometry, WINDOW).with_cursor(geometry.center)
    plain = pane_geometry(geometry, state, "coronal", (301, 301))
    moved = pane_geometry(geometry, state.with_pane("coronal", SlicePane(2.0, (5.0, 3.0))), "coronal", (301, 301))
    assert moved.mm_per_pixel == pytest.approx(plain.mm_per_pixel / 2)
    # Pan is along the screen's right (+x) and down (-z).
    np.testing.assert_allclose(moved.to_world((150, 150)), np.add(geometry.center, (5, 0, -3)), atol=1e-9)


def test_radiological_convention():
    geometry = marker_volume(np.eye(3)).geometry
    state = state_of_geometry(geometry, WINDOW)
    for name, right, down in (("axial", 0, 1), ("coronal", 0, 2), ("sagittal", 1, 2)):
        pane = pane_geometry(geometry, state, name, (100, 100))
        step_right, step_down = pane.to_world([(1, 0), (0, 1)]) - pane.origin
        assert step_right[right] > 0
        assert step_down[down] * (1 if name == "axial" else -1) > 0
