"""Blended layers against a float reference, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import rotation
from viewer3d import load
from viewer3d.core.geometry import Geometry
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import Slab
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window, table_window
from viewer3d.render.colors import color_maps, palette
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.blend import word_writer
from viewer3d.render.slices.compose import (
    SliceLayer,
    SliceLook,
    SliceSource,
    compose,
)
from viewer3d.render.slices.pixels import PanePixels, PlanePixels
from viewer3d.render.slices.sample import Sampler
from viewer3d.render.slices.slab import OUTSIDE

SIZE = (90, 70)
TURNED = rotation(0, 20) @ rotation(2, 35)


def random_volume(rng, dtype, *, lowest=-1000.0, highest=1000.0, turned=False, nan=0.0):
    """Smooth along i, so that neighbouring pixels have close values, and of every value there is between two."""
    shape = tuple(rng.integers(6, 16, 3))
    voxels = rng.uniform(lowest, highest, shape)
    voxels[rng.random(shape) < 0.3] = rng.choice([lowest, 0.0, highest])
    if dtype == np.float32:
        voxels[rng.random(shape) < nan] = np.nan
    else:
        voxels[rng.random(shape) < nan] = OUTSIDE
    affine = np.eye(4)
    affine[:3, :3] = (TURNED if turned else np.eye(3)) * rng.uniform(1.0, 3.0, 3)
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape) / 2) + rng.uniform(-3, 3, 3)
    return Volume(np.asfortranarray(voxels.astype(dtype)), Geometry(affine, shape))


def pane(*, oblique=False, mm=0.4):
    plane = PLANES["axial"]
    if oblique:
        ways = {name: tuple((TURNED.T @ getattr(plane, name)).tolist()) for name in ("right", "down", "normal")}
        plane = replace(plane, **ways)
    middle = -mm * ((SIZE[0] - 1) / 2 * np.array(plane.right) + (SIZE[1] - 1) / 2 * np.array(plane.down))
    return PaneGeometry(plane, tuple(middle.tolist()), mm, SIZE)


def random_window(rng, scale=1000.0):
    kind = rng.integers(6)
    center, width = rng.uniform(-scale, scale), scale * 10 ** rng.uniform(-3, 0.5)
    if kind == 0:
        return Window(center, max(width, 1))
    if kind == 1:
        return Window(center, width, "SIGMOID")
    if kind == 2:
        return table_window(center, rng.integers(0, 256, int(rng.integers(2, 200))))
    if kind == 3:
        return Window(round(center), 1)
    if kind == 4:
        return Window(0.0, 255.0, "LINEAR_EXACT")
    return Window(center, width, "LINEAR_EXACT")


def random_look(rng):
    return SliceLook(
        random_window(rng),
        str(rng.choice(list(color_maps()))),
        inverted=bool(rng.random() < 0.3),
        interpolation="nearest" if rng.random() < 0.2 else "linear",
        opacity=float(rng.choice([0.0, 1.0, rng.random()])),
        ramp=float(rng.choice([0.0, 0.0, 0.25, 1.0, 10 ** rng.uniform(-4, 0)])),
        blend=str(rng.choice(["over", "over", "checkerboard", "split"])),
        split=float(rng.random()),
    )


def seen_part(look, shape):
    """Where a look draws, in a pane."""
    width = shape[1]
    rows, columns = np.indices(shape)
    if look.blend == "checkerboard":
        side = round(min(shape) / 8)
        return (rows // side + columns // side) % 2 == 1
    return columns >= round(look.split * width) if look.blend == "split" else np.ones(shape, bool)


def reference(layers, pixels, ground=(0, 0, 0)):
    """The float blend: colour and opacity of each value by the formulae, rounded once at the end."""
    result = np.empty((*pixels.shape, 3))
    result[...] = ground
    for n, layer in enumerate(layers):
        look, volume = layer.look, layer.source.volume
        sampler = Sampler(volume, look.interpolation, in_float=True)
        values, covered = sampler.values(pixels.pane, pixels.slab), sampler.covers(pixels.pane, pixels.slab)
        share = look.window.apply(values)
        grey = np.rint(255 * (1 - share if look.inverted else share)).astype(int)
        color = palette(look.colors)[grey].astype(float)
        is_number = np.isfinite(values)
        low, high = look.window.bounds
        with np.errstate(divide="ignore", invalid="ignore"):
            rise = np.clip((values.astype(float) - low) / (look.ramp * (high - low)), 0, 1) if look.ramp else 1.0
        rise = np.where(values > low, np.nan_to_num(rise, nan=1.0), 0.0) if look.ramp else rise
        opacity = np.where(covered & is_number & seen_part(look, pixels.shape), look.opacity * rise, 0.0)
        if n == 0 and look.is_opaque:
            color[~is_number], opacity = 0, covered.astype(float)
        result = result * (1 - opacity[..., None]) + color * opacity[..., None]
    return np.rint(result)


def some_quick(count, quick):
    return [pytest.param(n, marks=pytest.mark.slow if n >= quick else ()) for n in range(count)]


def farthest(layers, pixels, ground=(0, 0, 0)):
    drawn = compose(layers, pixels, ground).astype(float)
    return np.abs(drawn - reference(layers, pixels, ground)).max()


@pytest.mark.parametrize("seed", some_quick(60, 20))
def test_two_layers_are_the_float_blend_to_one_level(seed):
    rng = np.random.default_rng(seed)
    base = random_volume(rng, rng.choice([np.int16, np.float32]), nan=0.05 * (seed % 2))
    over = random_volume(rng, rng.choice([np.int16, np.float32]), turned=bool(seed % 2), nan=0.05 * (seed % 3))
    pixels = PanePixels(pane(oblique=seed % 5 == 0), Slab(4.0, "mean") if seed % 7 == 0 else Slab())
    lower = SliceLook(random_window(rng), str(rng.choice(["grey", "grey", "viridis"])), inverted=bool(seed % 4 == 0))
    ground = (0, 0, 0) if seed % 3 else (255, 240, 11)
    sources = SliceSource(base, {}), SliceSource(over, {})
    for _ in range(4):  # one after another, so that what was kept serves the next
        layers = SliceLayer(sources[0], lower), SliceLayer(sources[1], random_look(rng))
        assert farthest(layers, pixels, ground) <= 1
        lower = replace(lower, window=random_window(rng))


@pytest.mark.parametrize("seed", range(12))
def test_many_layers_are_the_float_blend_rounded_once(seed):
    rng = np.random.default_rng(100 + seed)
    volumes = [random_volume(rng, dtype, turned=bool(n % 2)) for n, dtype in enumerate([np.int16, np.float32] * 3)]
    looks = [SliceLook(random_window(rng)), *(random_look(rng) for _ in volumes[1:])]
    layers = [SliceLayer(SliceSource(volume), look) for volume, look in zip(volumes, looks, strict=True)]
    assert farthest(layers, PanePixels(pane(), Slab()), (200, 200, 200)) <= 1


@pytest.mark.parametrize("seed", range(12))
def test_an_overlay_alone_lies_over_the_ground(seed):
    rng = np.random.default_rng(200 + seed)
    layer = SliceLayer(SliceSource(random_volume(rng, np.float32, nan=0.1)), replace(random_look(rng), opacity=0.6))
    assert farthest([layer], PanePixels(pane(), Slab()), (9, 200, 31)) <= 1


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("seed", range(8))
def test_a_clear_layer_changes_no_byte_and_a_solid_one_is_as_if_alone(seed, dtype):
    rng = np.random.default_rng(300 + seed)
    base, over = SliceSource(random_volume(rng, np.int16)), SliceSource(random_volume(rng, dtype))
    pixels, ground = PanePixels(pane(), Slab()), (0, 0, 0) if seed % 2 else (255, 255, 255)
    lower = SliceLayer(base, SliceLook(random_window(rng)))
    look = SliceLook(random_window(rng), "pet", inverted=bool(seed % 3))
    alone = compose([lower], pixels, ground)
    np.testing.assert_array_equal(compose([lower, SliceLayer(over, replace(look, opacity=0.0))], pixels, ground), alone)
    both = compose([lower, SliceLayer(over, look)], pixels, ground)
    covered = Sampler(over.volume).covers(pixels.pane)
    np.testing.assert_array_equal(both[covered], compose([SliceLayer(over, look)], pixels, ground)[covered])
    np.testing.assert_array_equal(both[~covered], alone[~covered])


@pytest.mark.parametrize(
    "window", [Window(0, 255, "LINEAR_EXACT"), Window(0.5, 256), Window(10, 20, "SIGMOID")], ids=str
)
@pytest.mark.parametrize("inverted", [False, True])
def test_greys_of_values_at_the_very_steps_are_those_of_the_standard(window, inverted):
    # Halves of a grey, where rounding decides; a palette of which neighbours differ shows each.
    steps = np.arange(-140.0, 140.0, 0.5).astype(np.float32)
    values = np.concatenate([steps, np.nextafter(steps, np.float32(np.inf)), np.nextafter(steps, np.float32(-np.inf))])
    volume = Volume.from_array(np.repeat(values[:, None, None], 2, axis=1), np.eye(4))
    place = PaneGeometry(PLANES["axial"], (0.0, 0.0, 0.0), 1.0, (len(values), 2))
    pixels, look = PanePixels(place, Slab()), SliceLook(window, "rainbow", inverted=inverted)
    layer = SliceLayer(SliceSource(volume), look)
    under = SliceLayer(SliceSource(volume), SliceLook(window))
    np.testing.assert_array_equal(compose([under, layer], pixels), compose([layer], pixels))


def test_below_a_ramp_there_is_nothing_and_above_it_the_opacity():
    values = np.linspace(-1, 11, 49, dtype=np.float32)
    volume = Volume.from_array(np.repeat(values[:, None, None], 2, axis=1), np.eye(4))
    place = PaneGeometry(PLANES["axial"], (0.0, 0.0, 0.0), 1.0, (49, 2))
    look = SliceLook(Window(5, 10, "LINEAR_EXACT"), "grey", opacity=0.5, ramp=0.2)
    for inverted in (False, True):  # by the values all the same
        layer = SliceLayer(SliceSource(volume), replace(look, inverted=inverted))
        drawn = compose([layer], PanePixels(place, Slab()), (100, 0, 0))[0].astype(int)
        grey = np.rint(25.5 * np.clip(values, 0, 10)) if not inverted else np.rint(255 - 25.5 * np.clip(values, 0, 10))
        opacity = 0.5 * np.clip(values / 2, 0, 1)
        assert (drawn[values <= 0] == (100, 0, 0)).all()
        np.testing.assert_allclose(drawn[:, 0], 100 * (1 - opacity) + grey * opacity, atol=1)
        np.testing.assert_allclose(drawn[:, 1], grey * opacity, atol=1)


def test_a_checkerboard_has_eight_squares_and_a_split_one_line():
    source = SliceSource(Volume.from_array(np.full((60, 60, 2), 100, np.int16), np.diag([2.0, 2.0, 2.0, 1.0])))
    place = PaneGeometry(PLANES["axial"], (5.0, 5.0, 0.0), 1.0, (100, 80))
    look = SliceLook(Window(50, 101), opacity=0.5)
    under = SliceLayer(source, SliceLook(Window(500, 10)))
    drawn = compose([under, SliceLayer(source, replace(look, blend="checkerboard"))], PanePixels(place, Slab()))[..., 0]
    squares = drawn.reshape(8, 10, 10, 10)
    assert (squares == squares[:, :1, :, :1]).all()
    assert len(set(squares[0, 0, ::2, 0])) == len(set(squares[0, 0, 1::2, 0])) == 1
    assert squares[0, 0, 0, 0] == squares[1, 0, 1, 0] != squares[0, 0, 1, 0] == squares[1, 0, 0, 0]
    for split, column in ((0.0, 0), (0.3, 30), (1.0, 100)):
        layer = SliceLayer(source, replace(look, blend="split", split=split))
        row = compose([layer], PanePixels(place, Slab()))[40, :, 0]
        assert (row[:column] == 0).all()
        assert (row[column:] == 128).all()
    # A plane in 3D is in no pane: there is nothing for squares and lines to be shares of.
    flat = PlanePixels(place.affine, slice(0, 80), slice(0, 100))
    for blend in ("checkerboard", "split"):
        assert (compose([SliceLayer(source, replace(look, blend=blend))], flat) == 128).all()


def test_a_layer_that_misses_the_pane_changes_nothing_and_no_layer_is_the_ground():
    rng = np.random.default_rng(1)
    base, pixels = SliceSource(random_volume(rng, np.int16)), PanePixels(pane(), Slab())
    away = Geometry(np.diag([1.0, 1.0, 1.0, 1.0]) + 1e4 * np.eye(4, k=3)[:, :4], (4, 4, 4))
    over = SliceLayer(SliceSource(Volume(np.zeros((4, 4, 4), np.float32, "F"), away)), SliceLook(Window(0, 1), "pet"))
    under = SliceLayer(base, SliceLook(Window(0, 500)))
    for ground in ((0, 0, 0), (1, 2, 3)):
        np.testing.assert_array_equal(compose([under, over], pixels, ground), compose([under], pixels, ground))
        assert (compose([over, over], pixels, ground) == ground).all()
        assert (compose([], pixels, ground) == ground).all()


def test_layers_of_one_source_do_not_disturb_each_other():
    rng = np.random.default_rng(2)
    source, pixels = SliceSource(random_volume(rng, np.float32), {}), PanePixels(pane(), Slab())
    layers = [SliceLayer(source, look) for look in (SliceLook(Window(0, 900)), random_look(rng), random_look(rng))]
    for _ in range(2):
        assert farthest(layers, pixels) <= 1
        assert farthest(layers[:2], pixels) <= 1


def test_a_look_that_changes_costs_no_sampling_and_of_other_layers_nothing(monkeypatch):
    rng = np.random.default_rng(3)
    pixels, calls = PanePixels(pane(), Slab()), []
    sources = SliceSource(random_volume(rng, np.int16), {}), SliceSource(random_volume(rng, np.float32), {})
    lower, upper = SliceLook(Window(0, 500)), SliceLook(Window(0, 500, "LINEAR_EXACT"), "pet", opacity=0.5)
    compose([SliceLayer(sources[0], lower), SliceLayer(sources[1], upper)], pixels)
    for module, name in (("kept", "int16_entries"), ("kept", "float_entries"), ("reslice", "vtk_to_numpy")):
        monkeypatch.setattr(f"viewer3d.render.slices.{module}.{name}", recorded(module, name, calls))
    monkeypatch.setattr(
        "viewer3d.render.slices.entries._buckets", recorded("entries", "_buckets", calls, only=lambda a: a[0].ndim == 2)
    )
    for change, made in (
        ({"opacity": 0.3}, []),
        ({"colors": "viridis"}, []),
        ({"window": Window(10, 510, "LINEAR_EXACT")}, ["float_entries"]),
        ({"ramp": 0.25}, ["float_entries"]),
        ({"window": Window(10, 50, "LINEAR_EXACT")}, ["_buckets", "float_entries"]),  # finer than was counted
    ):
        upper = replace(upper, **change)
        layers = SliceLayer(sources[0], lower), SliceLayer(sources[1], upper)
        calls.clear()
        drawn = compose(layers, pixels)
        assert calls == made
        calls.clear()
        assert np.abs(drawn - reference(layers, pixels)).max() <= 1
    calls.clear()
    compose([SliceLayer(sources[0], replace(lower, window=Window(1, 500))), SliceLayer(sources[1], upper)], pixels)
    assert calls == ["int16_entries"]


def recorded(module, name, calls, only=lambda _: True):
    original = getattr(__import__(f"viewer3d.render.slices.{module}", fromlist=[name]), name)

    def record(*what, **how):
        if only(what):
            calls.append(name)
        return original(*what, **how)

    return record


def test_words_are_written_into_a_part_and_into_no_pixel_beside_it():
    rng = np.random.default_rng(4)
    words = rng.integers(0, 1 << 32, (5, 7), np.uint32)
    expected = words.view(np.uint8).reshape(5, 7, 4)[..., :3]
    page = np.full((9, 11, 3), 77, np.uint8)
    for part in (page[2:7, 3:10], page[2:7, 4:11], page[6:1:-1, 3:10], page[2:7, 9:2:-1], page[2:7, 3:10, ::-1]):
        page[...] = 77
        word_writer(part)((slice(0, 5), slice(0, 7)), words)
        np.testing.assert_array_equal(part, expected)
        part[...] = 77
        assert (page == 77).all()
    one = np.zeros((5, 1, 3), np.uint8)
    word_writer(one)((slice(0, 5), slice(0, 1)), words[:, :1])
    np.testing.assert_array_equal(one, expected[:, :1])


@pytest.mark.slow
def test_the_real_pair_is_the_float_blend(real):
    ct, pet = SliceSource(load(real("ct_torso_acrin")), {}), SliceSource(load(real("pet_ac_bqml")), {})
    plane = PLANES["coronal"]
    place = PaneGeometry(
        plane, tuple(np.subtract((0.0, 0.0, -140.0), 300 * np.add(plane.right, plane.down))), 2.0, (300, 300)
    )
    for look in (
        SliceLook(pet.volume.default_window, "hot-iron", opacity=0.6, ramp=0.25),
        SliceLook(pet.volume.default_window, "pet", opacity=0.5),
    ):
        assert (
            farthest([SliceLayer(ct, SliceLook(Window(40, 400))), SliceLayer(pet, look)], PanePixels(place, Slab()))
            <= 1
        )


@pytest.mark.parametrize("ramp", [0.0, 0.25, 1e-3])
@pytest.mark.parametrize(
    "window",
    [
        Window(0, 1e-33, "LINEAR_EXACT"),
        Window(1e6, 1e-4, "LINEAR_EXACT"),
        Window(0, 1e39, "LINEAR_EXACT"),
        Window(3e38, 1e38, "SIGMOID"),
        Window(5, 4, "TABLE", ((3.0, 9),)),
    ],
    ids=str,
)
def test_windows_at_the_ends_of_float32_are_drawn(window, ramp):
    values = np.array([0, 3, -3, 1e6, np.nextafter(np.float32(1e6), 2e6), 2.9e38, -3e38, np.inf, -np.inf, 1e-33, 7])
    voxels = np.repeat(values.astype(np.float32)[:, None, None], 2, axis=1)
    place = PaneGeometry(PLANES["axial"], (0.0, 0.0, 0.0), 1.0, (len(values), 2))
    look = SliceLook(window, "rainbow", opacity=0.7, ramp=ramp, interpolation="nearest")
    layer = SliceLayer(SliceSource(Volume.from_array(voxels, np.eye(4))), look)
    drawn = compose([layer], PanePixels(place, Slab()), (80, 80, 80))
    share = window.apply(values)
    colors = palette("rainbow")[np.rint(255 * share).astype(int)]
    low, high = window.bounds
    opacity = 0.7 * np.clip((values - low) / (ramp * (high - low)), 0, 1) if ramp else np.full(len(values), 0.7)
    expected = np.rint(80 * (1 - opacity[:, None]) + colors * opacity[:, None])
    assert np.abs(drawn[0] - expected).max() <= 1


@pytest.mark.parametrize("seed", some_quick(16, 5))
def test_what_is_black_is_left_out_and_found_when_it_is_not_black_any_more(seed):
    """Volumes of few spots in a pane of many tiles; one look follows another, and what was kept serves it."""
    rng = np.random.default_rng(400 + seed)
    sources = []
    for dtype in (np.int16, np.float32):
        spots = random_volume(rng, dtype, turned=bool(seed % 4 == 0), nan=0.02)
        voxels = np.where(rng.random(spots.shape) < 0.04, spots.voxels, dtype(0))
        sources.append(SliceSource(replace(spots, voxels=np.asfortranarray(voxels)), {}))
    plane = PLANES["axial"]
    place = PaneGeometry(plane, (-22.0, -16.0, 0.0), 0.1, (440, 330))
    lower, upper = SliceLook(Window(500, 900)), SliceLook(Window(500, 900), "hot-iron", opacity=0.6)
    for n in range(8):
        at = replace(place, origin=(-22.0, -16.0, float(n // 4)))
        layers = SliceLayer(sources[0], lower), SliceLayer(sources[1], upper)
        assert farthest(layers, PanePixels(at, Slab())) <= 1
        if n % 2:
            lower = SliceLook(replace(random_window(rng)), inverted=bool(rng.random() < 0.2))
        else:
            upper = replace(random_look(rng), colors=str(rng.choice(["hot-iron", "pet", "viridis", "grey"])))
