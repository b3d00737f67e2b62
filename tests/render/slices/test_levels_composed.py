"""Lines of levels in composed slices: over the images, below regions, with their layer and whatever its opacity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.render.slices.test_labels import pane, world_of
from tests.render.slices.test_pixels import perspective
from tests.render.slices.test_regions import FINE, RED, ball, segmentation, source
from viewer3d.core.view.look import RegionLook
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import Slab
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.render.slices import level_lines
from viewer3d.render.slices.compose import SQUARES, SliceLayer, SliceLook, SliceSource, compose
from viewer3d.render.slices.pixels import PanePixels
from viewer3d.render.slices.regions import RegionSlice
from viewer3d.render.slices.windowing import value_color

LEVELS = (8.0, 15.0)
GREY = SliceLook(Window(50, 100))
DOSE = SliceLook(Window(10, 20), "rainbow", opacity=0.0, levels=LEVELS)


@pytest.fixture(scope="module")
def image():
    some = np.random.default_rng(2)
    return Volume(np.asfortranarray(some.integers(0, 100, FINE.shape).astype(np.int16)), FINE, "HU")


@pytest.fixture(scope="module")
def dose():
    """Values that are the distance from the middle, in mm."""
    world = FINE.index_to_world(np.stack(np.indices(FINE.shape), -1))
    return Volume(np.asfortranarray(np.linalg.norm(world - FINE.center, axis=-1).astype(np.float32)), FINE, "Gy")


@pytest.fixture
def pixels():
    return PanePixels(pane(FINE, PLANES["axial"], (150, 140), 0.4), Slab())


def radius_in(pixels):
    return np.linalg.norm(world_of(pixels) - FINE.center, axis=-1)


def expected_over(picture, radius, mm, *, chosen=True):
    """A picture with the circles of both levels, in closed form."""
    drawn = picture.astype(float)
    for level in LEVELS:
        share = np.where(chosen, np.clip(1.5 - np.abs(radius - level) / mm, 0, 1), 0)[..., None]
        drawn = drawn * (1 - share) + share * np.array(value_color(level, DOSE.window, DOSE.colors))
    return drawn


@pytest.mark.parametrize("ground", [(0, 0, 0), (255, 255, 255)])
def test_of_a_layer_without_opacity_lines_alone_are_seen(image, dose, pixels, ground):
    base = SliceLayer(SliceSource(image), GREY)
    alone = compose([base], pixels, ground)
    drawn = compose([base, SliceLayer(SliceSource(dose), DOSE)], pixels, ground)
    assert np.abs(drawn - expected_over(alone, radius_in(pixels), 0.4)).max() < 255 * 0.15
    beside = np.abs(radius_in(pixels)[..., None] - LEVELS).min(-1) > 0.9
    np.testing.assert_array_equal(drawn[beside], alone[beside])


@pytest.mark.parametrize("opacity", [0.3, 1.0])
def test_opacity_does_not_fade_lines(image, dose, pixels, opacity):
    look = replace(DOSE, opacity=opacity)
    layers = [SliceLayer(SliceSource(image), GREY), SliceLayer(SliceSource(dose), look)]
    wash = compose([layers[0], SliceLayer(layers[1].source, replace(look, levels=()))], pixels)
    drawn = compose(layers, pixels)
    for level in LEVELS:
        on = np.abs(radius_in(pixels) - level) < 0.15
        assert np.abs(drawn[on].astype(int) - value_color(level, look.window, look.colors)).max() <= 30
    assert (drawn != wash).any(-1).mean() < 0.1


def test_lines_of_the_base_lie_over_what_covers_it(image, dose, pixels):
    covered = [SliceLayer(SliceSource(dose), replace(DOSE, opacity=1.0)), SliceLayer(SliceSource(image), GREY)]
    drawn = compose(covered, pixels)
    alone = compose([covered[1]], pixels)
    assert np.abs(drawn - expected_over(alone, radius_in(pixels), 0.4)).max() < 255 * 0.15


@pytest.mark.parametrize("blend", ["split", "checkerboard"])
def test_lines_are_where_their_layer_is(image, dose, pixels, blend):
    base = SliceLayer(SliceSource(image), GREY)
    row, column = np.indices(pixels.shape)
    side = round(min(pixels.shape) / SQUARES)
    chosen = column >= 45 if blend == "split" else (row // side + column // side) % 2 == 1
    look = replace(DOSE, blend=blend, split=0.3)
    drawn = compose([base, SliceLayer(SliceSource(dose), look)], pixels)
    alone = compose([base], pixels)
    assert np.abs(drawn - expected_over(alone, radius_in(pixels), 0.4, chosen=chosen)).max() < 255 * 0.15
    np.testing.assert_array_equal(drawn[~chosen], alone[~chosen])


def test_regions_lie_over_lines(image, dose, pixels):
    region = RegionSlice(source(segmentation(FINE, [ball(FINE, 20.0)])), RegionLook(outline=0, fill=1.0))
    layers = [SliceLayer(SliceSource(image), GREY), SliceLayer(SliceSource(dose), DOSE), region]
    drawn = compose(layers, pixels)
    assert (drawn[radius_in(pixels) < 19] == RED).all()


def test_in_perspective_lines_are_where_the_values_are(image, dose):
    eye = FINE.center - np.array((10.0, 30.0, 80.0))
    pixels = perspective(np.array((0.36, 0.48, 0.8)), FINE.center, eye, slice(9, 250), slice(20, 280))
    base = SliceLayer(SliceSource(image), GREY)
    drawn = compose([base, SliceLayer(SliceSource(dose), DOSE)], pixels)
    changed = (drawn != compose([base], pixels)).any(-1)
    radius = radius_in(pixels)
    away = np.abs(radius[..., None] - LEVELS).min(-1)
    inside = np.all(
        np.abs(FINE.world_to_index(world_of(pixels)) + 0.5 - np.array(FINE.shape) / 2) < np.array(FINE.shape) / 2 - 1,
        axis=-1,
    )
    across, down = np.gradient(radius)
    step = np.hypot(across, down)  # mm of the radius to a pixel
    assert changed[inside & (away < 0.5 * step)].all()
    assert (inside & (away < 0.5 * step)).sum() > 200
    assert not changed[away > 2 * step + 0.05].any()


def test_a_slab_has_the_lines_of_its_values(dose):
    pixels = PanePixels(pane(FINE, PLANES["axial"], (150, 140), 0.4, 5.0), Slab(20.0, "minimum"))
    drawn = compose([SliceLayer(SliceSource(dose), replace(DOSE, opacity=1.0, levels=(15.0,)))], pixels)
    flat = world_of(pixels) - FINE.center
    from_axis = np.linalg.norm(flat[..., :2], axis=-1)  # the least of a slab through the middle
    on = np.abs(from_axis - 15.0) < 0.15
    assert np.abs(drawn[on].astype(int) - value_color(15.0, DOSE.window, DOSE.colors)).max() <= 30


def test_lines_are_found_once(image, dose, pixels, monkeypatch):
    calls = []
    find = level_lines.level_strokes
    monkeypatch.setattr(level_lines, "level_strokes", lambda *what: calls.append(what) or find(*what))
    layers = [SliceLayer(SliceSource(image, {}), GREY), SliceLayer(SliceSource(dose, {}), DOSE)]

    def drawn(**changes):
        look = replace(DOSE, **changes)
        picture = compose([layers[0], replace(layers[1], look=look)], pixels)
        fresh = compose([SliceLayer(SliceSource(image), GREY), SliceLayer(SliceSource(dose), look)], pixels)
        np.testing.assert_array_equal(picture, fresh)
        return len(calls) - 1  # but for the fresh one

    assert drawn() == 1
    calls.clear()
    for changes in ({"window": Window(12, 9)}, {"opacity": 0.7}, {"colors": "viridis"}, {"blend": "split"}):
        assert drawn(**changes) == 0, changes
        calls.clear()
    assert drawn(levels=(9.0,)) == 1
