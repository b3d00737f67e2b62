"""Regions over slices: insides and outlines where they lie, all of them, over whatever is below, and sampled once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from tests.core.test_structures import drawn, set_of
from tests.render.slices.test_contour_lines import SHAPE, away_from, of_slice, turned_axial
from tests.render.slices.test_labels import PLANES_SEEN, grid, pane, world_of
from tests.render.slices.test_pixels import perspective
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.core.structures import Contour, Roi, StructureSet
from viewer3d.core.view.look import RegionLook
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import Slab
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.render.first_state import first_state
from viewer3d.render.marks.coverage import coverage
from viewer3d.render.panes import pane_geometry
from viewer3d.render.slices.compose import SliceLayer, SliceLook, SliceSource, compose
from viewer3d.render.slices.labels import LabelSampler
from viewer3d.render.slices.pixels import PanePixels
from viewer3d.render.slices.regions import RegionSlice, RegionSource, draw_regions

RED, GREEN, BLUE = (250, 10, 20), (30, 240, 0), (0, 60, 255)
BELOW = 80


def segmentation(geometry, *layers, colors=(RED, GREEN, BLUE), dtype=np.uint8):
    """Of masks, a list for each label layer; they are numbered in turn."""
    arrays, segments = [], []
    for layer, masks in enumerate(layers):
        labels = np.zeros(geometry.shape, dtype, order="F")
        for mask in masks:
            number = len(segments) + 1
            value = number if dtype == np.uint8 else 1000 * number
            labels[mask] = value
            segments.append(Segment(number, f"Part {number}", colors[number - 1], layer=layer, value=value))
        arrays.append(labels)
    return Segmentation(tuple(arrays), geometry, tuple(segments))


def source(data, base=None, **how):
    return RegionSource(PlacedRegions(data, data, "SEG", base or data.geometry), **how)


def over_grey(pixels, *slices):
    picture = np.full((*pixels.shape, 3), BELOW, np.uint8)
    draw_regions(picture, pixels, slices)
    return picture.astype(int)


def inside_color(color, opacity, below=BELOW):
    return np.array(below) * (1 - opacity) + np.array(color) * opacity


def is_color(picture, color, within=1):
    return np.abs(picture - np.asarray(color)).max(-1) <= within


def ball(geometry, radius, middle=(0.0, 0.0, 0.0)):
    world = geometry.index_to_world(np.stack(np.indices(geometry.shape), -1))
    return np.linalg.norm(world - geometry.center - middle, axis=-1) < radius


FINE = grid((110, 100, 80), (0.5, 0.5, 0.75))


@pytest.mark.parametrize("plane", PLANES_SEEN)
@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
@pytest.mark.parametrize("away", [0.0, 9.0])
def test_a_ball_is_a_disc_with_a_line_within_its_edge(plane, dtype, away):
    data = segmentation(FINE, [ball(FINE, 18.0)], dtype=dtype)
    mm = 0.4
    pixels = PanePixels(pane(FINE, plane, (150, 140), mm, away), Slab())
    picture = over_grey(pixels, RegionSlice(source(data), RegionLook(outline=4, fill=0.25)))
    flat = world_of(pixels) - FINE.center
    radius = np.sqrt(18.0**2 - away**2)
    edge = np.linalg.norm(flat - (flat @ pixels.normal)[..., None] * pixels.normal, axis=-1) - radius
    voxel = 0.75 * 18 / radius  # a voxel's half diagonal and more, along the plane
    assert is_color(picture, (BELOW,) * 3, 0)[edge > voxel].all()
    assert is_color(picture, inside_color(RED, 0.25))[edge < -(voxel + 4.25 * mm)].all()
    band = (edge < -voxel) & (edge > voxel - 4 * mm)
    if band.any():
        assert is_color(picture, RED, 0)[band].all()
    line = is_color(picture, RED, 0)
    assert line.sum() / (2 * np.pi * (radius / mm - 2)) == pytest.approx(4, rel=0.25)


def test_labels_of_a_sheared_grid_are_where_it_has_them():
    geometry = grid(shear=0.4)
    data = segmentation(geometry, [np.ones(geometry.shape, np.bool_)])
    pixels = PanePixels(pane(geometry, PLANES["sagittal"], (150, 140)), Slab())
    inside = np.all(
        np.abs(geometry.world_to_index(world_of(pixels)) + 0.5 - np.array(geometry.shape) / 2)
        < np.array(geometry.shape) / 2,
        axis=-1,
    )
    picture = over_grey(pixels, RegionSlice(source(data), RegionLook(outline=0, fill=1.0)))
    np.testing.assert_array_equal(is_color(picture, RED, 0), inside)
    assert 0.2 < inside.mean() < 0.9


def test_at_the_border_of_the_grid_is_an_outline_and_none_at_that_of_the_pane():
    geometry = grid()
    data = segmentation(geometry, [np.ones(geometry.shape, np.bool_)])
    look = RegionSlice(source(data), RegionLook(outline=3, fill=0.5))
    whole = PanePixels(pane(geometry, PLANES["axial"], (120, 90)), Slab())
    picture = is_color(over_grey(whole, look), RED, 0)
    rows, columns = np.nonzero(picture.any(1))[0], np.nonzero(picture.any(0))[0]
    box = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert np.abs(np.array(box.shape) - np.array((36 * 1.25, 40 * 1.5)) / 0.613).max() <= 1
    assert box[:3].all()
    assert box[:, -3:].all()
    assert not box[3:-3, 3:-3].any()
    close = over_grey(PanePixels(pane(geometry, PLANES["axial"], (60, 40), 0.2), Slab()), look)
    assert is_color(close, inside_color(RED, 0.5)).all()


def test_two_beside_each_other_have_both_outlines():
    geometry = grid()
    left = np.indices(geometry.shape)[0] < 20
    data = segmentation(geometry, [left, ~left])
    pixels = PanePixels(pane(geometry, PLANES["axial"], (40, 30), 0.2), Slab())
    picture = over_grey(pixels, RegionSlice(source(data), RegionLook(outline=2, fill=0.4)))
    row = picture[15]
    middle = 20
    colors = (
        [inside_color(RED, 0.4)] * (middle - 2) + [RED] * 2 + [GREEN] * 2 + [inside_color(GREEN, 0.4)] * (38 - middle)
    )
    np.testing.assert_allclose(row, colors, atol=1)
    # One that is hidden takes its colours with it and leaves the other its outline.
    alone = over_grey(pixels, RegionSlice(source(data), RegionLook(outline=2, fill=0.4, segments=(1,))))
    np.testing.assert_array_equal(alone[:, :middle], picture[:, :middle])
    assert (alone[:, middle:] == BELOW).all()


def test_where_segments_overlap_all_are_seen():
    i, j, _ = np.indices(FINE.shape)
    masks = [(i > 20) & (i < 70) & (j > 20) & (j < 70), (i > 40) & (i < 95) & (j > 40) & (j < 90)]
    data = segmentation(FINE, masks[:1], masks[1:])
    pixels = PanePixels(pane(FINE, PLANES["axial"], (150, 140), 0.4), Slab())
    picture = over_grey(pixels, RegionSlice(source(data), RegionLook(fill=0.3)))

    def seen(world):
        column, row = np.rint(pixels.pane.to_pixel(world)).astype(int)
        return picture[row, column]

    both = FINE.index_to_world((55, 55, 40))
    np.testing.assert_allclose(seen(both), inside_color(GREEN, 0.3, inside_color(RED, 0.3)), atol=1.5)
    np.testing.assert_allclose(seen(FINE.index_to_world((30, 30, 40))), inside_color(RED, 0.3), atol=1)
    # The outline of the lower one lies over the inside of the upper one, whole.
    assert seen(FINE.index_to_world((69.2, 55, 40))).tolist() == list(RED)
    assert seen(FINE.index_to_world((41.0, 55, 40))).tolist() == list(GREEN)


@pytest.mark.parametrize("opacity", [1.0, 0.5])
def test_opacity_is_of_outline_and_fill(opacity):
    data = segmentation(FINE, [ball(FINE, 15.0)])
    pixels = PanePixels(pane(FINE, PLANES["axial"], (150, 140), 0.4), Slab())
    look = RegionLook(fill=0.3, opacity=opacity)
    picture = over_grey(pixels, RegionSlice(source(data), look))
    inside = inside_color(RED, 0.3 * opacity)
    assert is_color(picture, inside)[70, 75]
    line = is_color(picture, inside_color(RED, opacity, inside), 1.5)
    assert 300 < line.sum() < 700
    for nothing in (
        replace(look, opacity=0.0),
        replace(look, shown=False),
        replace(look, segments=()),
        replace(look, outline=0, fill=0.0),
    ):
        assert (over_grey(pixels, RegionSlice(source(data), nothing)) == BELOW).all()


def test_in_a_slab_one_that_is_hidden_hides_none():
    front, behind = ball(FINE, 8.0, (0, 0, -12.0)), ball(FINE, 8.0, (0, 0, 12.0))
    data = segmentation(FINE, [front, behind])
    own = source(data, keeps_labels=True)
    pixels = PanePixels(pane(FINE, PLANES["axial"], (150, 140), 0.4), Slab(40.0, "mean"))
    look = RegionLook(outline=0, fill=1.0)
    first = over_grey(pixels, RegionSlice(own, look))
    assert is_color(first, RED, 0).sum() > 900  # an axial slice is seen from the feet
    assert not is_color(first, GREEN, 0).any()
    second = over_grey(pixels, RegionSlice(own, replace(look, segments=(2,))))
    np.testing.assert_array_equal(is_color(second, GREEN, 0), is_color(first, RED, 0))
    np.testing.assert_array_equal(over_grey(pixels, RegionSlice(own, look)), first)


def test_in_perspective_regions_are_where_they_are():
    data = segmentation(FINE, [ball(FINE, 18.0)])
    pixels = perspective(
        np.array((0.36, 0.48, 0.8)),
        FINE.center,
        FINE.center - np.array((10.0, 30.0, 80.0)),
        slice(9, 250),
        slice(20, 280),
    )
    picture = over_grey(pixels, RegionSlice(source(data), RegionLook(outline=0, fill=1.0)))
    away = np.linalg.norm(world_of(pixels) - FINE.center, axis=-1)
    assert is_color(picture, RED, 0)[away < 17.3].all()
    assert (away < 17.3).sum() > 1000
    assert not is_color(picture, RED, 0)[away > 18.7].any()


def test_a_change_of_look_samples_nothing(monkeypatch):
    calls = []
    through = LabelSampler._through
    monkeypatch.setattr(LabelSampler, "_through", lambda *what: calls.append(what) or through(*what))
    data = segmentation(FINE, [ball(FINE, 10.0)], [ball(FINE, 12.0)])
    own = source(data, keeps_labels=True)
    pixels = PanePixels(pane(FINE, PLANES["axial"], (150, 140), 0.4), Slab())
    looks = [
        RegionLook(),
        RegionLook(fill=0.8),
        RegionLook(outline=5),
        RegionLook(segments=(2,)),
        RegionLook(opacity=0.3),
    ]
    for number, look in enumerate(looks):
        calls.clear()
        picture = over_grey(pixels, RegionSlice(own, look))
        assert len(calls) == (2 if number == 0 else 0)
        np.testing.assert_array_equal(picture, over_grey(pixels, RegionSlice(source(data), look)))
    other = replace(pixels, pane=pane(FINE, PLANES["axial"], (150, 140), 0.4, 3.0))
    np.testing.assert_array_equal(
        over_grey(other, RegionSlice(own, looks[0])), over_grey(other, RegionSlice(source(data), looks[0]))
    )
    np.testing.assert_array_equal(
        over_grey(pixels, RegionSlice(own, looks[0])), over_grey(pixels, RegionSlice(source(data), looks[0]))
    )


def test_slices_are_equal_where_they_show_the_same():
    one, other = (source(segmentation(FINE, [ball(FINE, 5.0)])) for _ in range(2))
    assert RegionSlice(one, RegionLook()) == RegionSlice(one, RegionLook())
    assert hash(RegionSlice(one, RegionLook())) == hash(RegionSlice(one, RegionLook()))
    assert RegionSlice(one, RegionLook()) != RegionSlice(other, RegionLook())
    assert RegionSlice(one, RegionLook()) != RegionSlice(one, RegionLook(fill=0.1))
    assert RegionSlice(one, RegionLook()).regions is one.regions


@pytest.mark.parametrize("blend", ["over", "split", "checkerboard"])
def test_regions_lie_over_all_images(blend):
    some = np.random.default_rng(2)
    volumes = [
        Volume(np.asfortranarray(some.integers(0, 100, FINE.shape).astype(np.int16)), FINE, "HU") for _ in range(2)
    ]
    look = SliceLook(Window(50, 100))
    images = [
        SliceLayer(SliceSource(volumes[0]), look),
        SliceLayer(SliceSource(volumes[1]), replace(look, colors="hot-iron", opacity=0.6, blend=blend)),
    ]
    regions = RegionSlice(source(segmentation(FINE, [ball(FINE, 15.0)])), RegionLook())
    pixels = PanePixels(pane(FINE, PLANES["axial"], (150, 140), 0.4), Slab())
    expected = compose(images, pixels)
    draw_regions(expected, pixels, [regions])
    np.testing.assert_array_equal(compose([*images, regions], pixels), expected)
    np.testing.assert_array_equal(compose([images[0], regions, images[1]], pixels), expected)


# Structures


@pytest.mark.parametrize("turn", [0.0, 0.7])
def test_structures_have_lines_in_their_slices_and_insides_of_the_mask(turn):
    geometry = grid(turn=turn)
    structures = drawn(geometry, {k: [SHAPE] for k in (4, 5, 6)})
    own = source(structures, geometry)
    pixels = of_slice(geometry, 5, turned_axial(turn), mm=0.25, size=(260, 220))
    color = structures.rois[0].color
    corners = pixels.pane.to_pixel(geometry.index_to_world(np.column_stack([SHAPE, np.full(5, 5.0)])))
    away = away_from(corners, pixels.shape)
    lines = over_grey(pixels, RegionSlice(own, RegionLook(fill=0.0)))
    alpha = np.clip(1.5 - away, 0, 1)[..., None]
    assert np.abs(lines - (BELOW * (1 - alpha) + np.array(color) * alpha)).max() <= 2
    assert "masks" not in own.regions._made, "lines alone need no masks"
    filled = over_grey(pixels, RegionSlice(own, RegionLook(fill=0.5)))
    mask = structures.mask(1, geometry)
    index = np.floor(geometry.world_to_index(world_of(pixels)) + 0.5).astype(int)
    inside = np.zeros(pixels.shape, np.bool_)
    there = ((index >= 0) & (index < geometry.shape)).all(-1)
    inside[there] = mask[tuple(index[there].T)]
    clear = away > 1.6
    np.testing.assert_array_equal(is_color(filled, inside_color(color, 0.5))[clear], inside[clear])


def test_elsewhere_structures_have_the_outline_of_their_mask():
    geometry = grid()
    structures = drawn(geometry, {k: [SHAPE] for k in range(3, 10)})
    mask = structures.mask(1, geometry)
    alike = segmentation(geometry, [mask], colors=[structures.rois[0].color])
    coronal = PanePixels(pane(geometry, PLANES["coronal"]), Slab())
    thick = of_slice(geometry, 5, slab=Slab(9.0, "mean"))
    for pixels in (coronal, thick, PanePixels(pane(geometry, PLANES_SEEN[3]), Slab())):
        for look in (RegionLook(), RegionLook(fill=0.0, outline=3)):
            found = over_grey(pixels, RegionSlice(source(structures, geometry), look))
            np.testing.assert_array_equal(found, over_grey(pixels, RegionSlice(source(alike), look)))
            assert (found != BELOW).any()


def test_of_several_each_is_drawn_as_its_planes_have_it():
    geometry = grid()
    upright = np.array([(-15.0, 35.0), (25.0, 38.0), (10.0, 55.0)])
    across = [
        Contour(np.stack([upright[:, 0], np.full(3, at), upright[:, 1]], -1))
        for at in geometry.center[1] + 3.0 * np.arange(-1, 2)
    ]
    flat = drawn(geometry, {k: [SHAPE] for k in range(3, 10)}).rois[0].contours
    structures = set_of(flat, across)
    structures = replace(
        structures, rois=tuple(replace(r, color=c) for r, c in zip(structures.rois, (RED, GREEN), strict=True))
    )
    own = source(structures, geometry)
    axial = over_grey(of_slice(geometry, 5), RegionSlice(own, RegionLook(fill=0.0)))
    assert not is_color(axial, GREEN, 0).all()
    segments = segmentation(geometry, [structures.mask(1, geometry)], [structures.mask(2, geometry)])
    outlines = over_grey(of_slice(geometry, 5), RegionSlice(source(segments), RegionLook(fill=0.0)))
    assert is_color(outlines, GREEN, 0)[is_color(axial, GREEN, 0)].all()
    assert is_color(axial, GREEN, 0).any()
    assert not (is_color(outlines, RED, 0) == is_color(axial, RED, 0)).all()


def test_a_slice_without_a_contour_shows_nothing():
    geometry = grid()
    structures = drawn(geometry, {k: [SHAPE] for k in (2, 3, 8, 9)})
    for k in (1, 5, 6, 10):
        assert (
            over_grey(of_slice(geometry, k), RegionSlice(source(structures, geometry), RegionLook())) == BELOW
        ).all()
    for k in (2, 3, 8, 9):
        assert (
            over_grey(of_slice(geometry, k), RegionSlice(source(structures, geometry), RegionLook())) != BELOW
        ).any()


def test_a_region_of_the_number_0_is_one_like_others():
    geometry = grid()
    one = drawn(geometry, {5: [SHAPE], 6: [SHAPE], 7: [SHAPE]}).rois[0]
    structures = StructureSet((Roi(1, "One", GREEN), Roi(0, "Zero", RED, contours=one.contours)))
    pixels = PanePixels(pane(geometry, PLANES["coronal"]), Slab())
    for segments, is_seen in ((None, True), ((0,), True), ((1,), False)):
        picture = over_grey(pixels, RegionSlice(source(structures, geometry), RegionLook(segments=segments)))
        assert is_color(picture, RED, 0).any() == is_seen


# Real series


def test_a_liver_fills_as_much_of_its_slice_as_it_has_there(real):
    ct, data = viewer3d.load(real("ct_seg_liver")), viewer3d.load_segmentation(real("seg_liver"))
    own = source(data, ct.geometry)
    center = data.measure(1).centroid
    state = first_state(ct, "axial").with_cursor(center)
    pixels = PanePixels(pane_geometry(ct.geometry, state, "axial", (1200, 900)), Slab())
    picture = over_grey(pixels, RegionSlice(own, RegionLook(outline=0, fill=1.0)))
    mm2 = (picture != BELOW).any(-1).sum() * pixels.pane.mm_per_pixel**2
    k = round(float(data.geometry.world_to_index(center)[2]))
    voxels = np.count_nonzero(data.mask(1)[:, :, k])
    assert mm2 == pytest.approx(voxels * np.prod(data.geometry.spacing[:2]), rel=1e-3)
    row, column = np.nonzero((picture != BELOW).any(-1))
    middle = data.geometry.index_to_world([*np.argwhere(data.mask(1)[:, :, k]).mean(0), k])
    np.testing.assert_allclose([column.mean(), row.mean()], pixels.pane.to_pixel(middle), atol=0.2)


def test_structures_that_refer_to_no_image_are_drawn_as_their_polygons(real):
    ct = viewer3d.load(real("ct_rtstruct"))
    structures = viewer3d.load_structures(real("ct_rtstruct") / "invalid_reference_rt.dcm")
    own = source(structures, ct.geometry)
    for k in range(2):
        state = first_state(ct, "axial").with_cursor(ct.geometry.index_to_world((256, 256, k)))
        pixels = PanePixels(pane_geometry(ct.geometry, state, "axial", (1200, 900)), Slab())
        picture = np.zeros((*pixels.shape, 3), np.uint8)
        draw_regions(picture, pixels, [RegionSlice(own, RegionLook(fill=0.0))])
        expected = np.zeros(pixels.shape)
        z = ct.geometry.index_to_world((0, 0, k))[2]
        for roi in structures.rois:
            for contour in roi.closed:
                if abs(contour.points[0, 2] - z) < 0.1:
                    ends = pixels.pane.to_pixel(contour.points)
                    found = coverage(tuple(map(tuple, [*ends.tolist(), ends[0].tolist()])), 2, pixels.shape)
                    expected[found[0], found[1]] = np.maximum(expected[found[0], found[1]], found[2])
        assert (expected > 0).sum() > 1000
        np.testing.assert_allclose(picture.max(-1) / 255, expected, atol=0.2)
