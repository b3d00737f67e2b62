"""Contours are lines in their own slices alone, where their polygons are; points and open contours where they lie."""

from __future__ import annotations

import numpy as np
import pytest

from tests.core.test_structures import drawn, grid, set_of
from tests.render.slices.test_labels import pane, world_of
from tests.render.slices.test_pixels import perspective
from viewer3d.core.structures import Contour
from viewer3d.core.vectors import rotation
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import Slab
from viewer3d.render.marks.strokes import FULL
from viewer3d.render.slices import contour_lines
from viewer3d.render.slices.contour_lines import RoiContours, along_slices
from viewer3d.render.slices.pixels import PanePixels

ONE_PLANE = Slab()
AXIAL = PLANES["axial"]
SHAPE = np.array([(8, 6), (30, 9), (25, 28), (17, 14), (9, 27)], float)
"""A polygon by columns and rows of a grid of 40 x 36."""


def prepared(structures, geometry):
    return RoiContours.of(structures.rois[0], structures, geometry)


def strokes_of(contours, pixels, width):
    return contours.strokes(pixels, width, along_slices=along_slices(pixels, contours.base))


def of_slice(geometry, k, plane=AXIAL, slab=ONE_PLANE, **how):
    """Pixels of a plane through the middle of a slice."""
    middle = geometry.index_to_world((*(np.array(geometry.shape[:2]) - 1) / 2, k))
    away = float((middle - geometry.center) @ np.array(plane.normal))
    return PanePixels(pane(geometry, plane, away=away, **how), slab)


def picture(found, shape):
    drawn_so = np.zeros(shape)
    drawn_so[found.rows, found.columns] = found.shares / FULL
    return drawn_so


def away_from(corners, shape, *, closed=True):
    """How far each pixel is from a polygon's lines."""
    row, column = np.indices(shape)
    at = np.stack([column, row], -1)
    ends = np.roll(corners, -1, axis=0) if closed else corners[1:]
    least = np.full(shape, np.inf)
    for begin, end in zip(corners, ends, strict=False):
        way = end - begin
        along = np.clip((at - begin) @ way / (way @ way), 0, 1)
        least = np.minimum(least, np.linalg.norm(at - begin - along[..., None] * way, axis=-1))
    return least


def turned_axial(turn):
    """The plane of the slices of a grid that was turned so."""
    return AXIAL.rotated(tuple(map(tuple, rotation((0.6, 0, 0.8), turn).T.tolist())))


@pytest.mark.parametrize("turn", [0.0, 0.7])
@pytest.mark.parametrize("mm", [0.6, 0.11])
@pytest.mark.parametrize("points", [5, 3000])
def test_in_its_own_slice_a_polygon_is_drawn_where_it_is(turn, mm, points):
    geometry = grid(turn=turn)
    corners = SHAPE
    if points > 5:  # the same in many points
        ends = np.append(SHAPE, SHAPE[:1], axis=0)
        place = np.linspace(0, 5, points, endpoint=False)
        corners = np.stack([np.interp(place, np.arange(6), ends[:, n]) for n in (0, 1)], axis=-1)
    contours = prepared(drawn(geometry, {k: [corners] for k in (4, 5, 6)}), geometry)
    pixels = of_slice(geometry, 5, turned_axial(turn), mm=mm)
    found, has_closed = strokes_of(contours, pixels, 2)
    assert has_closed
    world = geometry.index_to_world(np.column_stack([SHAPE, np.full(5, 5.0)]))
    expected = np.clip(1.5 - away_from(pixels.pane.to_pixel(world), pixels.shape), 0, 1)
    assert np.abs(picture(found, pixels.shape) - expected).max() < 0.2
    if points == 5:
        np.testing.assert_allclose(picture(found, pixels.shape), expected, atol=0.006)


def test_a_slice_has_the_contour_of_its_plane_or_none():
    geometry = grid()
    contours = prepared(drawn(geometry, {2: [SHAPE], 3: [SHAPE + 2], 4.4: [SHAPE + 4]}), geometry)
    for k, shift in ((1, None), (2, 0), (3, 2), (4, 4), (5, None)):
        for off in (-0.45, 0, 0.45):
            pixels = of_slice(geometry, k + off)
            found, has_closed = strokes_of(contours, pixels, 2)
            assert has_closed, "there is no contour, and the outline of the mask is not drawn either"
            if shift is None:
                assert not found.rows.size, (k, off)
                continue
            world = geometry.index_to_world(np.column_stack([SHAPE + shift, np.full(5, float(k))]))
            expected = np.clip(1.5 - away_from(pixels.pane.to_pixel(world), pixels.shape), 0, 1)
            np.testing.assert_allclose(picture(found, pixels.shape), expected, atol=0.006, err_msg=f"{k} {off}")


@pytest.mark.parametrize("plane", [PLANES["coronal"], PLANES["sagittal"], turned_axial(0.1)])
def test_in_other_planes_the_outline_is_that_of_the_mask(plane):
    geometry = grid()
    contours = prepared(drawn(geometry, {k: [SHAPE] for k in range(3, 9)}), geometry)
    found, has_closed = strokes_of(contours, of_slice(geometry, 5, plane), 2)
    assert not has_closed
    assert not found.rows.size


@pytest.mark.parametrize(("thickness", "has_lines"), [(0.0, True), (2.5, True), (2.6, False), (20.0, False)])
def test_a_slab_thicker_than_a_slice_has_the_outline_of_the_mask(thickness, has_lines):
    geometry = grid()
    contours = prepared(drawn(geometry, {k: [SHAPE] for k in range(3, 9)}), geometry)
    assert strokes_of(contours, of_slice(geometry, 5, slab=Slab(thickness, "mean")), 2)[1] == has_lines


def test_contours_across_the_slices_are_lines_in_planes_of_their_own():
    geometry = grid()
    y = geometry.center[1] + 3.0 * np.arange(-1, 2)
    flat = np.array([(-15.0, 35.0), (25.0, 38.0), (10.0, 55.0)])
    structures = set_of([Contour(np.stack([flat[:, 0] + n, np.full(3, at), flat[:, 1]], -1)) for n, at in enumerate(y)])
    contours = prepared(structures, geometry)
    for n, at in enumerate(y):
        pixels = PanePixels(pane(geometry, PLANES["coronal"], away=at - geometry.center[1] + 1.4), Slab())
        found, has_closed = strokes_of(contours, pixels, 2)
        assert has_closed
        world = np.stack([flat[:, 0] + n, np.full(3, at), flat[:, 1]], -1)
        expected = np.clip(1.5 - away_from(pixels.pane.to_pixel(world), pixels.shape), 0, 1)
        np.testing.assert_allclose(picture(found, pixels.shape), expected, atol=0.006)
    beyond = PanePixels(pane(geometry, PLANES["coronal"], away=4.6), Slab())
    assert strokes_of(contours, beyond, 2)[0].rows.size == 0
    assert not strokes_of(contours, of_slice(geometry, 5), 2)[1]


def test_in_perspective_a_polygon_is_where_its_points_are_seen():
    geometry = grid()
    contours = prepared(drawn(geometry, {k: [SHAPE] for k in range(14)}), geometry)
    middle = geometry.index_to_world((20, 17, 6))
    eye = middle - 90 * rotation((0.2, 0.9, 0.1), 0.4)[:, 2]
    pixels = perspective(np.array((0.0, 0.0, 1.0)), middle, eye, slice(5, 270), slice(30, 320))
    found, has_closed = strokes_of(contours, pixels, 2)
    assert has_closed
    assert found.rows.size > 100
    seen = world_of(pixels)[found.rows, found.columns]
    lines = geometry.index_to_world(np.column_stack([SHAPE, np.full(5, 6.0)]))
    corners = pixels.to_pixel(lines)
    expected = np.clip(1.5 - away_from(corners, pixels.shape), 0, 1)
    np.testing.assert_allclose(picture(found, pixels.shape), expected, atol=0.006)
    index = geometry.world_to_index(seen)
    np.testing.assert_allclose(index[:, 2], 6, atol=1e-6)


@pytest.mark.parametrize("name", ["axial", "coronal", "sagittal"])
def test_points_are_crosses_in_the_slice_that_holds_them(name):
    geometry = grid()
    plane = PLANES[name]
    point = geometry.index_to_world((20.2, 17.3, 6.1))
    structures = set_of([Contour(point[None], "POINT"), Contour(point[None] + 300, "POINT")])
    contours = prepared(structures, geometry)
    step = geometry.spacing[plane.axis]
    for off, is_seen in ((0.0, True), (0.45, True), (-0.45, True), (0.55, False), (-0.55, False)):
        away = float((point - geometry.center) @ np.array(plane.normal)) + off * step
        pixels = PanePixels(pane(geometry, plane, away=away), Slab())
        found, has_closed = strokes_of(contours, pixels, 2)
        assert not has_closed
        assert (found.rows.size > 0) == is_seen, off
        if is_seen:
            middle = pixels.pane.to_pixel(point)
            arms = [np.array([middle - arm, middle + arm]) for arm in ((5, 0), (0, 5))]
            away = np.min([away_from(one, pixels.shape, closed=False) for one in arms], axis=0)
            np.testing.assert_allclose(picture(found, pixels.shape), np.clip(1.5 - away, 0, 1), atol=0.006)


def test_of_an_open_contour_a_slice_has_what_lies_in_it():
    geometry = grid()
    flat = geometry.index_to_world(np.column_stack([SHAPE, np.full(5, 5.0)]))
    contours = prepared(set_of([Contour(flat, "OPEN_PLANAR")]), geometry)
    pixels = of_slice(geometry, 5)
    found, has_closed = strokes_of(contours, pixels, 2)
    assert not has_closed
    away = away_from(pixels.pane.to_pixel(flat), pixels.shape, closed=False)
    np.testing.assert_allclose(picture(found, pixels.shape), np.clip(1.5 - away, 0, 1), atol=0.006)
    for k in (4, 6):
        assert not strokes_of(contours, of_slice(geometry, k), 2)[0].rows.size
    # A needle through all slices: of each slice the part between its faces.
    needle = geometry.index_to_world([(10, 10, -0.5), (24, 10, 13.5)])
    contours = prepared(set_of([Contour(needle, "OPEN_NONPLANAR")]), geometry)
    pixels = of_slice(geometry, 5)
    ends = pixels.pane.to_pixel(geometry.index_to_world([(15, 10, 4.5), (16, 10, 5.5)]))
    away = away_from(ends, pixels.shape, closed=False)
    np.testing.assert_allclose(
        picture(strokes_of(contours, pixels, 2)[0], pixels.shape), np.clip(1.5 - away, 0, 1), atol=0.01
    )


def test_what_encloses_nothing_is_left_out():
    geometry = grid()
    two = geometry.index_to_world([(10, 10, 5), (20, 20, 5)])
    contours = prepared(set_of([Contour(two), Contour(two[:1])]), geometry)
    found, has_closed = strokes_of(contours, of_slice(geometry, 5), 2)
    assert not has_closed
    assert not found.rows.size
    assert not strokes_of(prepared(set_of([]), geometry), of_slice(geometry, 5), 2)[0].rows.size


@pytest.mark.parametrize(("limit", "most"), [("MOST_LINES", 4), ("_MOST_POINTS", 4), ("_MOST_PANES", 0.8)])
def test_of_too_many_lines_the_mask_has_the_outline(monkeypatch, limit, most):
    geometry = grid()
    contours = prepared(drawn(geometry, {5: [SHAPE], 6: [SHAPE[:4] / 2]}), geometry)
    monkeypatch.setattr(contour_lines, limit, most)
    assert strokes_of(contours, of_slice(geometry, 6), 2)[1]
    found, has_closed = strokes_of(contours, of_slice(geometry, 5), 2)
    assert not has_closed
    assert not found.rows.size
