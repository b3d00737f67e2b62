"""Panes that are turned and mirrored: where each pixel is, and that all over it stays true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from viewer3d.core.geometry import letters
from viewer3d.core.vectors import rotation
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import SlicePane, ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.measurements.results import MeasurementCache
from viewer3d.recipes.make import shot_recipe
from viewer3d.recipes.words.pictures import picture_words
from viewer3d.render.first_state import first_state
from viewer3d.render.marks.annotations import MIRRORED_TEXT, slice_marks
from viewer3d.render.marks.crosshair import cross_lines
from viewer3d.render.marks.display_list import Text
from viewer3d.render.marks.measurements import measurement_marks
from viewer3d.render.panes import pane_geometry
from viewer3d.render.scene import Scene
from viewer3d.render.slices.compose import SliceSource
from viewer3d.render.slices.pixels import PanePixels

TURNS = [(turned, mirrored) for turned in range(4) for mirrored in (False, True)]
SIZE = (161, 90)


@pytest.fixture(scope="module")
def volume() -> Volume:
    voxels = np.random.default_rng(5).integers(-200, 300, (12, 15, 9)).astype(np.int16)
    return Volume.from_array(voxels, np.diag([1.0, 1.5, 2.0, 1.0]), unit="HU", modality="CT")


def turned(state: ViewState, name: str, quarters: int, mirrored: bool) -> ViewState:
    return state.with_pane(name, replace(state.slice_pane(name), turned=quarters, mirrored=mirrored))


def seen(picture: np.ndarray, quarters: int, mirrored: bool) -> np.ndarray:
    """Return a picture, shape (rows, columns), as it looks when it is turned clockwise and then mirrored."""
    picture = np.rot90(picture, -quarters)
    return picture[:, ::-1] if mirrored else picture


@pytest.mark.parametrize(("quarters", "mirrored"), TURNS)
@pytest.mark.parametrize("name", PLANES)
@pytest.mark.parametrize("is_oblique", [False, True])
def test_the_point_under_each_pixel_is_that_of_the_turned_picture(volume, name, quarters, mirrored, is_oblique):
    state = first_state(volume, "mpr").with_pane(name, SlicePane(1.7, (2.5, -1.25)))
    if is_oblique:
        state = replace(state, axes=tuple(map(tuple, rotation((0.6, 0.0, 0.8), 0.5).T.tolist())))
    wide, high = SIZE[::-1] if quarters % 2 else SIZE
    usual = pane_geometry(volume.geometry, state, name, (wide, high))
    rows, columns = np.mgrid[:high, :wide]
    points = usual.to_world(np.stack([columns, rows], -1))
    pane = pane_geometry(volume.geometry, turned(state, name, quarters, mirrored), name, SIZE)
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    pixels = np.stack([columns, rows], -1)
    expected = np.stack([seen(points[..., axis], quarters, mirrored) for axis in range(3)], -1)
    assert np.allclose(pane.to_world(pixels), expected, atol=1e-9)
    assert np.allclose(pane.to_pixel(expected), pixels, atol=1e-7)
    assert pane.mm_per_pixel == pytest.approx(usual.mm_per_pixel)


@pytest.mark.parametrize(("quarters", "mirrored"), TURNS)
@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
def test_values_are_those_of_the_point_under_the_pixel(volume, quarters, mirrored, interpolation):
    state = turned(first_state(volume, "axial", at=(5.2, 8.1, 7.3)), "axial", quarters, mirrored)
    pane = pane_geometry(volume.geometry, state, "axial", SIZE)
    values = SliceSource(volume).values(PanePixels(pane, state.slab), interpolation)
    for column, row in ((80, 45), (70, 30), (95, 60), (84, 22)):
        value = volume.value_at(pane.to_world((column, row)), interpolation)
        assert abs(float(values[row, column]) - (value if value is not None else -32768)) <= 1


@pytest.mark.parametrize(("quarters", "mirrored"), TURNS)
def test_letters_are_those_of_the_sides_that_are_seen(volume, quarters, mirrored):
    usual = {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    clockwise = ["top", "right", "bottom", "left"]
    expected = {clockwise[(n + quarters) % 4]: usual[side] for n, side in enumerate(clockwise)}
    if mirrored:
        expected["left"], expected["right"] = expected["right"], expected["left"]
    state = turned(first_state(volume, "axial"), "axial", quarters, mirrored)
    marks = slice_marks(state, pane_geometry(volume.geometry, state, "axial", (200, 150)))
    found = [mark.text for mark in marks if isinstance(mark, Text)]
    assert found[:4] == [expected[side] for side in ("left", "right", "top", "bottom")]
    assert found[4:] == ([MIRRORED_TEXT] if mirrored else [])  # in small panes as well


def test_a_pane_says_how_it_is_turned(volume):
    for quarters, mirrored in TURNS:
        state = turned(first_state(volume, "axial"), "axial", quarters, mirrored)
        marks = slice_marks(state, pane_geometry(volume.geometry, state, "axial", (600, 450)))
        found = [mark.text for mark in marks if isinstance(mark, Text)]
        assert (f"turned {90 * quarters}°" in found) == (quarters > 0)
        assert (MIRRORED_TEXT in found) == mirrored
        words = picture_words(shot_recipe([volume], state, (600, 450), ())).sentence
        text = " and ".join([f"turned {90 * quarters} degrees"] * (quarters > 0) + ["mirrored"] * mirrored)
        assert (text in words) if text else ("turned" not in words and "mirrored" not in words)


@pytest.mark.parametrize(("quarters", "mirrored"), TURNS)
@pytest.mark.parametrize("name", PLANES)
def test_the_crosshair_lies_where_the_other_planes_cut(volume, name, quarters, mirrored):
    state = turned(first_state(volume, "mpr"), name, quarters, mirrored)
    pane = pane_geometry(volume.geometry, state, name, SIZE)
    first, second = cross_lines(state, pane)
    assert abs(first.along_y) > 0.99  # the upright one is the first
    assert abs(second.along_x) > 0.99
    for line in (first, second):
        assert (line.x, line.y) == pytest.approx(tuple(pane.to_pixel(state.cursor)))
        way = pane.to_world(line.point(10)) - pane.to_world(line.point(0))
        assert abs(way @ np.array(state.plane(line.plane).normal)) < 1e-9


@pytest.mark.parametrize(("quarters", "mirrored"), TURNS)
def test_measurements_and_regions_stay_on_the_anatomy(volume, quarters, mirrored):
    state = first_state(volume, "axial")
    z = state.cursor[2]
    one = viewer3d.Measurement("rectangle", ((2.0, 4.0, z), (8.0, 9.0, z)), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    state = turned(state.with_measurement(one), "axial", quarters, mirrored)
    pane = pane_geometry(volume.geometry, state, "axial", (600, 450))
    drawn = measurement_marks(volume.geometry, state, pane, MeasurementCache(volume))
    corners = np.array(drawn[0].points)
    assert np.allclose(pane.to_world(corners), one.handles, atol=1e-9)


@pytest.mark.parametrize("slab", [0.0, 6.0])
def test_regions_are_seen_as_in_a_mirror_and_from_the_same_side(volume, slab):
    labels = np.zeros(volume.shape, np.uint8)
    labels[2:9, 3:9, 2:4], labels[4:10, 5:12, 4:6] = 1, 2
    segmentation = viewer3d.Segmentation.from_array(labels, volume.geometry.affine)
    state = first_state(volume, "axial", at=(5.0, 8.0, 7.0))
    with Scene(volume, (100, 100), overlays=[segmentation]) as scene:
        state = viewer3d.render.first_state.with_first_looks(state, scene.placed)
        state = replace(state, slab=viewer3d.Slab(slab), interpolation="nearest")
        source, look = scene._stack._region_sources[0], state.regions[0]
        usual = pane_geometry(volume.geometry, state, "axial", (100, 100))
        expected = source.seen(PanePixels(usual, state.slab), look)._labels(0)[0]
        for quarters, mirrored in TURNS:
            pane = pane_geometry(volume.geometry, turned(state, "axial", quarters, mirrored), "axial", (100, 100))
            found = source.seen(PanePixels(pane, state.slab), look)._labels(0)[0]
            assert (found != 0).any()
            assert (found == seen(expected, quarters, mirrored)).mean() > 0.99  # a pixel on a face may go either way


def test_a_turned_state_is_json_and_replays_to_the_byte(volume, tmp_path):
    state = turned(turned(first_state(volume, "mpr"), "axial", 1, True), "sagittal", 2, False)
    again = ViewState.from_json(state.to_json())
    assert again == state
    assert '"version": 9' in state.to_json()
    plain = first_state(volume, "mpr")
    assert "turned" not in plain.to_json()
    assert '"version": 3' in plain.to_json()
    assert ViewState.from_json(plain.to_json()).to_json() == plain.to_json()


def test_a_turned_picture_replays_to_the_byte(tmp_path):
    viewer3d.phantom.write(tmp_path / "ct", shape=(24, 24, 12), spacing=(18, 18, 40))
    loaded = viewer3d.load(tmp_path / "ct")
    state = turned(turned(first_state(loaded, "mpr"), "axial", 1, True), "sagittal", 2, False)
    viewer3d.screenshot(loaded, tmp_path / "one.png", size=(960, 320), state=state)
    assert viewer3d.replay(tmp_path / "one.png", tmp_path / "ct").verdict == "identical"
    assert viewer3d.read_recipe(tmp_path / "one.png").state == state


@pytest.mark.parametrize("given", [{"turned": 4}, {"turned": -1}, {"turned": 1.5}, {"mirrored": 1}])
def test_what_is_no_turn_is_refused(given):
    with pytest.raises(ViewError, match="give 0 to 3 quarter turns"):
        SlicePane(**given)


@pytest.mark.parametrize(("quarters", "mirrored"), [(1, False), (0, True), (3, True)])
def test_figures_show_a_pane_as_it_is_turned(volume, quarters, mirrored):
    state = first_state(volume, "axial")
    figure = viewer3d.figures.plane(volume, state=turned(state, "axial", quarters, mirrored), width=40, dpi=100)
    assert (MIRRORED_TEXT.lower() in figure.alt_text()) == mirrored
    section = viewer3d.figures.sections.sections_of(
        turned(state, "axial", quarters, mirrored), ["axial"], volume.geometry
    )
    usual = viewer3d.figures.sections.sections_of(state, ["axial"], volume.geometry)
    assert section[0].sides == (usual[0].sides[::-1] if quarters % 2 else usual[0].sides)
    right = letters(section[0].plane.right)
    assert right == {(1, False): "A", (0, True): "R", (3, True): "A"}[quarters, mirrored]
