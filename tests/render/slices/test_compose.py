"""Slices composed: their values, colours and ground; of a 4-D set the member of the state, nothing sampled twice."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.view.state import Pointer, Slab
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.errors import ViewError
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.redraw import redraw
from viewer3d.render.colors import palette
from viewer3d.render.first_state import first_state
from viewer3d.render.panes import pane_geometry
from viewer3d.render.scene import Scene
from viewer3d.render.shot import screenshot
from viewer3d.render.slices.compose import (
    SliceLayer,
    SliceLook,
    SliceSource,
    compose,
    slice_look,
)
from viewer3d.render.slices.pixels import PanePixels, PlanePixels
from viewer3d.render.slices.sample import Sampler
from viewer3d.render.slices.slab import is_inside

SIZE = (900, 300)


@pytest.fixture
def times(ramp):
    return [
        Volume((ramp.voxels + 100 * t).astype(np.int16), ramp.geometry, "HU", SeriesInfo(which={"time": float(t)}))
        for t in range(4)
    ]


def test_each_member_is_drawn_as_it_is_alone_but_for_its_name(times):
    state = first_state(times[0], "mpr")
    with Scene(times, SIZE) as scene:
        for member in (2, 0, 3, 2):
            assert scene.apply(state.with_look(member=member)) == ("axial", "coronal", "sagittal")
            assert scene.volume is times[member]
            differ = (scene.screenshot() != screenshot(times[member], state=state, size=SIZE)).any(-1)
            rows, columns = np.nonzero(differ)
            assert 0 < differ.mean() < 0.02
            assert rows.max() < 50  # nothing but the line below the slice's position, at the right
            assert (columns % 300).min() > 150


def test_the_picture_of_a_state_is_the_scenes(times):
    state = first_state(times[0], "mpr").with_look(member=2)
    with Scene(times, SIZE) as scene:
        scene.apply(state.with_look(member=1))
        scene.apply(state)
        np.testing.assert_array_equal(scene.screenshot(), screenshot(times, state=state, size=SIZE))


def test_what_is_pointed_at_is_read_from_the_member(times):
    state = first_state(times[0], "axial")
    state = replace(state, pointer=Pointer("axial", state.cursor))
    with Scene(times, (400, 400)) as scene:
        values = []
        for member in range(4):
            scene.apply(state.with_look(member=member))
            values.append(scene.volume.value_at(state.cursor))
            seen = [scene.seen(state.with_look(member=n), "axial") for n in (0, member)]
            assert set(np.unique(seen[1] - seen[0])) == {100 * member}
    assert np.diff(values).tolist() == [100, 100, 100]


def test_a_member_that_is_not_there_is_told(times):
    for volumes in (times, times[0]):
        with pytest.raises(ViewError, match="shows volume 9 of a set"):
            screenshot(volumes, state=first_state(times[0], "axial").with_look(member=8), size=(64, 64))


def test_nothing_is_sampled_twice(times, monkeypatch):
    calls = []
    sample = Sampler.values
    monkeypatch.setattr(Sampler, "values", lambda self, *what: calls.append(what) or sample(self, *what))
    with Scene(times, SIZE) as scene:
        pane = scene.apply(first_state(times[0], "mpr")) and scene.pane("axial")
    recent = {}
    sources = [SliceSource(volume, recent) for volume in times]
    calls.clear()
    first = sources[1].values(PanePixels(pane, Slab()))
    assert sources[1].values(PanePixels(pane, Slab())) is first
    assert len(calls) == 1
    last = sources[3].values(PanePixels(pane, Slab()))
    np.testing.assert_array_equal(last[5:9, 5:9] - first[5:9, 5:9], 200 * (first[5:9, 5:9] > -9999))
    assert len(calls) == 2


def test_a_picture_of_a_set_is_made_again_from_its_recipe(times, tmp_path):
    state = first_state(times[0], "mpr").with_look(member=2)
    screenshot(times, tmp_path / "a.png", state=state, size=(300, 100))
    recipe = read_recipe(tmp_path / "a.png")
    assert len(recipe.volumes) == 4
    redraw(recipe, times, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_in_motion_3d_stays_with_its_volume_and_at_rest_it_follows(times, opengl):
    state = first_state(times[0], "quad", rendering="ct-mip")
    with Scene(times, (600, 600)) as scene:
        scene.apply(state)
        moved = state.with_look(member=3)
        assert "3d" not in scene.apply(moved, "interactive")
        assert scene.apply(moved) == ("3d",)
        np.testing.assert_array_equal(scene.screenshot(), screenshot(times, state=moved, size=(600, 600)))


def test_a_pane_and_the_same_pixels_by_a_matrix_are_one_picture(ramp):
    look, pane = SliceLook(Window(50, 300), "rainbow"), axial_pane(ramp, (30, 26))
    wide, high = pane.size
    by_pane = compose((SliceLayer(SliceSource(ramp), look),), PanePixels(pane, Slab()))
    by_matrix = compose(
        (SliceLayer(SliceSource(ramp), look),), PlanePixels(pane.affine, slice(0, high), slice(0, wide))
    )
    assert by_pane.shape == (high, wide, 3)
    np.testing.assert_array_equal(by_pane, by_matrix)


@pytest.mark.parametrize("colors", ["grey", "rainbow"])
@pytest.mark.parametrize("ground", [(0, 0, 0), (255, 255, 255), (9, 20, 31)])
def test_what_lies_outside_has_the_colour_of_the_ground_and_no_more(ramp, colors, ground):
    source, pixels = SliceSource(ramp), PanePixels(axial_pane(ramp, (120, 40)), Slab())
    inside = is_inside(source.values(pixels))
    assert 0 < inside.mean() < 1
    look = SliceLook(Window(50, 300), colors, inverted=True)
    picture = compose((SliceLayer(source, look),), pixels, ground)
    assert (picture[~inside] == ground).all()
    np.testing.assert_array_equal(picture[inside], compose((SliceLayer(source, look),), pixels)[inside])


def test_a_picture_is_drawn_into_a_part_of_a_larger_one(ramp):
    source, look, pixels = SliceSource(ramp), SliceLook(Window(50, 300)), PanePixels(axial_pane(ramp, (30, 26)), Slab())
    page = np.full((50, 60, 3), 7, np.uint8)
    part = page[10:36, 20:50]
    assert compose((SliceLayer(source, look),), pixels, out=part) is part
    np.testing.assert_array_equal(part, compose((SliceLayer(source, look),), pixels))
    page[10:36, 20:50] = 7
    assert (page == 7).all()


@pytest.mark.parametrize(("of_volume", "of_state"), [(True, True), (True, False), (False, True), (False, False)])
def test_low_values_are_white_where_volume_or_state_say_so_but_not_both(ramp, of_volume, of_state):
    state = replace(first_state(ramp, "axial"), interpolation="nearest").with_look(inverted=of_state, colors="hot")
    look = slice_look(ramp.with_info(inverted=of_volume), state)
    assert look == SliceLook(state.look.window, "hot", of_volume != of_state, "nearest")


def test_overlays_are_as_clear_as_the_state_says_and_the_base_is_opaque(ramp):
    changes = {"opacity": 0.5, "ramp": 0.25, "blend": "split", "split": 0.1}
    state = first_state(ramp, "axial")
    state = replace(state, layers=(replace(state.look, **changes), replace(state.look, colors="pet", **changes)))
    assert slice_look(ramp, state) == SliceLook(state.look.window)
    assert slice_look(ramp, state, 1) == SliceLook(state.look.window, "pet", **changes)


def test_slices_are_sampled_and_windowed_in_no_other_place():
    """A histogram's strip and the key of levels are of no slice: their values are those of an axis and of levels."""
    package, found = Path(viewer3d.__file__).parent, {}
    for path in package.rglob("*.py"):
        for name in re.findall(r"^ *from viewer3d\.render\.slices\.(sample|windowing) import", path.read_text(), re.M):
            found.setdefault(name, set()).add(path.relative_to(package).as_posix())
    assert found == {
        "sample": {"render/slices/compose.py"},
        "windowing": {
            "render/slices/compose.py",
            "render/slices/entries.py",
            "render/marks/region_key.py",
            "figures/histogram.py",
        },
    }


def axial_pane(volume, size):
    return pane_geometry(volume.geometry, first_state(volume, "axial"), "axial", size)


@pytest.mark.parametrize("ground", [(0, 0, 0), (255, 255, 255)])
@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("colors", ["grey", "viridis"])
@pytest.mark.parametrize("slab", [Slab(), Slab(2.0, "mean"), Slab(2.0, "minimum")], ids=str)
def test_a_voxel_of_the_lowest_int16_is_drawn_as_the_window_says(slab, colors, inverted, ground):
    volume = Volume.from_array(np.full((9, 9, 3), -32768, np.int16), np.eye(4))
    pixels = PanePixels(axial_pane(volume, (120, 40)), slab)
    source, covered = SliceSource(volume), Sampler(volume).covers(axial_pane(volume, (120, 40)))
    for window in (Window(0, 100), Window(-32700, 1000), Window(-40000, 100)):
        look = SliceLook(window, colors, inverted=inverted)
        picture = compose((SliceLayer(source, look),), pixels, ground)
        share = window.apply(-32768)
        grey = int(np.rint(255 * (1 - share if inverted else share)))
        assert (picture[covered] == (palette(colors)[grey] if colors != "grey" else grey)).all()
        assert (picture[~covered] == ground).all()
        over = (SliceLayer(source, SliceLook(Window(0, 1))), SliceLayer(source, look))
        np.testing.assert_array_equal(compose(over, pixels, ground), picture)


def test_a_voxel_without_a_value_is_black_in_the_base_and_nothing_in_an_overlay():
    voxels = np.full((9, 9, 3), 100, np.float32)
    voxels[2:6, 3:7] = np.nan
    volume = Volume.from_array(voxels, np.eye(4))
    pixels = PanePixels(axial_pane(volume, (120, 40)), Slab())
    source, other = SliceSource(volume), SliceSource(Volume.from_array(np.full((9, 9, 3), 50, np.int16), np.eye(4)))
    nothing = np.isnan(source.values(pixels)) & Sampler(volume).covers(pixels.pane)
    assert 0.02 < nothing.mean() < 0.2
    for ground in ((0, 0, 0), (255, 255, 255), (3, 4, 5)):
        look = SliceLook(Window(0, 100), "viridis")
        base = compose((SliceLayer(source, look),), pixels, ground)
        assert (base[nothing] == 0).all()
        below = SliceLayer(other, SliceLook(Window(0, 100)))
        alone = compose((below,), pixels, ground)
        np.testing.assert_array_equal(
            compose((below, SliceLayer(source, look)), pixels, ground)[nothing], alone[nothing]
        )
        clear = SliceLayer(other, SliceLook(Window(0, 100), opacity=0.0))
        np.testing.assert_array_equal(compose((SliceLayer(source, look), clear), pixels, ground), base)
