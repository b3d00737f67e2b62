"""The figure of views side by side: pixels, states, recipe and replay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import figures
from viewer3d.core.view.side_by_side import plain_matrix
from viewer3d.core.view.state import SlicePane
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.phantom import Faults
from viewer3d.recipes.embed import read_recipe
from viewer3d.render.cells import cell_rects
from viewer3d.render.scene import Scene

SIZE = (600, 300)


def volume(shape=(40, 36, 20), spacing=(2.0, 2, 3), origin=(0.0, 0, 0), frame="1.2", seed=0, **about):
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = origin
    voxels = np.random.default_rng(seed).integers(0, 1000, shape).astype(np.int16)
    return Volume.from_array(voxels, affine, frame_of_reference=frame, **{"modality": "MR", **about})


def small(**about):
    return volume((20, 20, 10), (3.0, 3, 4), (12.0, 9, 8), seed=1, **about)


def _value(figure):
    from viewer3d.figures.calls import from_plain

    return from_plain(figure.arguments["state"])


def test_each_cell_is_what_a_scene_of_its_size_shows():
    first, other = volume(), small()
    made = figures.beside(first, other, size=SIZE)
    value = _value(made)
    assert (value.worlds, value.columns, value.is_linked) == ((0, 0), 2, True)
    for one, state, place in zip((first, other), value.cells, cell_rects(2, 2, SIZE), strict=True):
        with Scene(one, place.size) as scene:
            scene.apply(state)
            np.testing.assert_array_equal(made.pixels[place.rows, place.columns], scene.screenshot())
    assert made.pixels.shape == (300, 600, 3)


def test_the_same_place_is_under_the_same_pixel_at_any_size():
    first, other = volume(), small()
    saved = _value(figures.beside(first, other, size=SIZE))
    view = replace(saved.cells[0], cursor=(42.0, 36, 24)).with_pane("axial", SlicePane(3.0, (5.0, -8)))
    saved = replace(saved, cells=(view, saved.cells[1]))
    for size in (SIZE, (900, 700)):
        middles = []
        dark, lit = ([with_voxel(one, value) for one in (first, other)] for value in (0, 1000))
        pictures = [figures.beside(*both, size=size, state=saved).pixels.astype(int) for both in (dark, lit)]
        changed = np.abs(pictures[1] - pictures[0]).sum(-1)
        for place in cell_rects(2, 2, size):
            rows, columns = np.nonzero(changed[place.rows, place.columns])
            weights = changed[place.rows, place.columns][rows, columns]
            middles.append((np.average(columns, weights=weights), np.average(rows, weights=weights)))
        np.testing.assert_allclose(middles[1], middles[0], atol=1.0)  # the crosshair covers parts of it


def with_voxel(one, value):
    """A dark volume with one voxel of a value at a place that is the centre of a voxel in both grids."""
    voxels = np.zeros(one.shape, np.int16)
    voxels[tuple(np.rint(one.geometry.world_to_index((42, 36, 24))).astype(int))] = value
    return replace(one, voxels=voxels)


def test_two_times_of_a_set_say_which_they_are():
    times = [volume(seed=n, which={"time": float(n)}) for n in range(2)]
    made = figures.beside(*times, size=SIZE)
    one, other = (made.pixels[place.rows, place.columns] for place in cell_rects(2, 2, SIZE))
    assert (one != other).any()


def test_overlays_lie_over_the_volume_that_is_said():
    first, other = volume(), small(frame="9.9")
    heat = small(frame="9.9", description="heat")
    with pytest.raises(ViewError, match="frame of reference"):
        figures.beside(first, other, overlays=heat, size=SIZE)
    made = figures.beside(first, other, overlays=heat, over=[1], size=SIZE)
    bare = figures.beside(first, other, size=SIZE)
    places = cell_rects(2, 2, SIZE)
    changed = [(made.pixels != bare.pixels)[place.rows, place.columns].any() for place in places]
    assert changed == [False, True]
    assert made.recipe.overlay_bases == (1,)
    with pytest.raises(ViewError, match="over"):
        figures.beside(first, other, overlays=heat, over=[2], size=SIZE)


def test_a_transform_of_the_state_places_a_volume():
    first, other = volume(), small(frame="9.9")
    way = np.eye(4)
    way[:3, 3] = 8, 2, -4
    value = _value(figures.beside(first, other, size=SIZE))
    placed = replace(value, worlds=(0, 0), transforms=(None, plain_matrix(way)))
    made = figures.beside(first, other, size=SIZE, state=placed)
    moved = other.with_info(frame_of_reference="1.2")
    moved = replace(moved, geometry=replace(moved.geometry, affine=way @ other.affine))
    again = figures.beside(first, moved, size=SIZE, state=replace(placed, transforms=()))
    np.testing.assert_array_equal(made.pixels, again.pixels)
    with pytest.raises(ViewError, match="placed by a transform"):
        figures.beside(first, other, overlays=small(frame="9.9"), over=[1], size=SIZE, state=placed)


def test_a_transform_places_what_was_loaded_from_files(tmp_path):
    write_phantom(tmp_path / "files", faults=Faults(second_series=True), shape=(34, 30, 12), spacing=(9.0, 8.0, 6.0))
    found = viewer3d.scan(tmp_path / "files")
    one, other = (viewer3d.load(found, series) for series in found.series[:2])
    way = np.eye(4)
    way[:3, 3] = 27, 16, -12
    value = _value(figures.beside(one, other, size=SIZE))
    placed = replace(value, worlds=(0, 0), transforms=(None, plain_matrix(way)))
    picture = tmp_path / "both.png"
    made = figures.beside(one, other, size=SIZE, state=placed)
    made.save(picture)
    moved = replace(other, geometry=replace(other.geometry, affine=way @ other.affine))
    again = figures.beside(one, moved, size=SIZE, state=replace(placed, transforms=()))
    np.testing.assert_array_equal(made.pixels, again.pixels)
    assert viewer3d.replay(picture, tmp_path / "files").verdict == "identical"


def test_what_it_has_not_is_refused():
    with pytest.raises(ViewError, match="beside has no colors, slab"):
        figures.beside(volume(), small(), colors="viridis", slab=3)
    saved = _value(figures.beside(volume(), small(), size=SIZE))
    with pytest.raises(ViewError, match="2 views were saved side by side, and 3 volumes"):
        figures.beside(volume(), small(), small(), size=SIZE, state=saved)


def test_it_is_made_again_to_the_byte_from_its_files(tmp_path):
    write_phantom(tmp_path / "files", faults=Faults(second_series=True), shape=(34, 30, 12), spacing=(9.0, 8.0, 6.0))
    found = viewer3d.scan(tmp_path / "files")
    one, other = (viewer3d.load(found, series) for series in found.series[:2])
    value = _value(figures.beside(one, other, size=SIZE))
    value = replace(value, offsets=((0.0, 0.0, 0.0), (0.0, 0.0, 6.0)), active=1)
    picture = tmp_path / "both.png"
    figures.beside(one, other, size=SIZE, state=value).save(picture)
    assert read_recipe(picture).arguments["state"]["offsets"] == [[0.0, 0.0, 0.0], [0.0, 0.0, 6.0]]
    again = viewer3d.replay(picture, tmp_path / "files")
    assert (again.verdict, again.reason) == ("identical", "to the byte")
    recipe = read_recipe(picture)
    assert "side by side" in figures.beside(one, other, size=SIZE, state=value).caption()
    assert recipe.figure == "beside"
