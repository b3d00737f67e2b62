"""What a picture does not show of the data, kind by kind: a value of the picture, and a sign in the pane."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pydicom
import pytest

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import phantom
from viewer3d.core.geometry import Geometry
from viewer3d.core.layers import place_layers
from viewer3d.core.view.state import Box
from viewer3d.core.volume import Volume
from viewer3d.figures import plane, quad
from viewer3d.render import gl
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.pane_notes import COARSE_TEXT, is_outside
from viewer3d.render.panes import layout, pane_geometry
from viewer3d.render.scene import Scene, drawn_of, signs_of

SMALL = {"shape": (44, 36, 20), "spacing": (8.0, 8.0, 8.0)}
SIZE = (340, 320)


@pytest.fixture(scope="module")
def plain() -> Volume:
    return phantom.volume(**SMALL, noise=0)


@pytest.fixture
def software() -> None:
    if not gl.find_opengl().works or not gl.find_opengl().is_software:
        pytest.skip("no OpenGL that draws on the processor here")


def ids(notes):
    return [note.id for note in notes]


def over(base, low, shape):
    """A volume of ones with its first voxel in a corner (LPS, mm), in the base's frame of reference."""
    affine = np.diag([8.0, 8.0, 8.0, 1.0])
    affine[:3, 3] = low
    return Volume.from_array(np.ones(shape, np.int16), affine, frame_of_reference=base.frame_of_reference)


def test_a_plain_volume_shows_all(plain):
    with Scene(plain, SIZE) as scene:
        scene.apply(first_state(plain, "mpr"))
        assert scene.not_shown == ()
    assert plane(plain).not_shown == ()


def test_a_layer_beside_the_slice_is_told_where_it_is_beside(plain):
    low, high = plain.geometry.bounds
    small = over(plain, low + 8, (10, 10, 3))
    state = with_first_looks(first_state(plain, "mpr", at=plain.geometry.center), place_layers(plain, [small]))
    with Scene(plain, (900, 300), overlays=[small]) as scene:
        inside = np.array(small.geometry.center)
        scene.apply(state.with_cursor(inside))
        assert scene.not_shown == ()
        scene.apply(state.with_cursor([inside[0], inside[1], high[2] - 8]))
        assert [ids(signs_of(scene)[name].notes.not_shown) for name in ("axial", "coronal", "sagittal")] == [
            ["not_shown.outside"],
            [],
            [],
        ]
        (note,) = scene.not_shown
        assert scene.layers[1].name in note
        scene.apply(state.with_cursor([inside[0], inside[1], high[2] - 8]).with_look(1, shown=False))
        assert scene.not_shown == ()


def test_boxes_are_outside_just_where_they_share_nothing():
    rng = np.random.default_rng(3)
    base = Volume.from_array(np.zeros((40, 40, 40), np.int16), np.diag([2.0, 2, 2, 1]))
    found = []
    for _ in range(120):
        lean = np.radians(rng.uniform(-50, 50))
        axes = ((1.0, 0.0, 0.0), (0.0, float(np.cos(lean)), float(np.sin(lean))))
        axes = (*axes, tuple(float(one) for one in np.cross(*axes)))
        state = replace(first_state(base, "axial", at=rng.uniform(10, 70, 3)), axes=axes)
        pane = pane_geometry(base.geometry, state, "axial", (64, 48))
        angle = rng.uniform(0, np.pi)
        affine = np.eye(4)
        affine[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        affine[:3, 3] = state.cursor + rng.uniform(-1, 1, 3) * (55, 55, 12)
        other = Geometry(affine, (9, 7, 5))
        # By brute force: points of the grid's box, in a slab of 1 mm.
        points = other.index_to_world(rng.uniform(-0.5, 0.5, (40_000, 3)) * (9, 7, 5) + (4, 3, 2))
        near = points[np.abs((points - pane.origin) @ np.array(pane.plane.normal)) < 0.5]
        column, row = pane.to_pixel(near).T if len(near) else (np.zeros(0), np.zeros(0))
        is_seen = ((np.abs(column - 31.5) <= 32) & (np.abs(row - 23.5) <= 24)).any()
        outside = is_outside(other, pane, 1.0)
        assert not (is_seen and outside)
        found.append((bool(is_seen), outside))
    assert sum(one[0] for one in found) > 10
    assert sum(one[0] == one[1] for one in found) <= 1  # but for a corner that no point hit


def test_of_a_set_the_others_are_told_and_the_pane_says_it_in_words(plain):
    several = [plain.with_info(which={"time": float(n)}) for n in range(3)]
    with Scene(several, SIZE) as scene:
        scene.apply(first_state(several[0], "axial").with_look(0, member=1))
        (note,) = scene.not_shown
        assert note.id == "not_shown.members"
        assert note.startswith("2 of 3 volumes of the set are not shown")
        assert signs_of(scene)["axial"].marks == ()


def test_hidden_graphics_are_told(tmp_path):
    volume = viewer3d.load(with_plane(tmp_path / "s"), presentation="own")
    with Scene(volume, SIZE) as scene:
        state = first_state(volume, "axial")
        scene.apply(state)
        assert scene.not_shown == ()
        scene.apply(state.with_look(0, graphics=False))
        assert ids(scene.not_shown) == ["not_shown.graphics"]
        assert signs_of(scene)["axial"].marks


def with_plane(folder):
    """The phantom as files with an overlay plane each, of one square (PS3.3 C.9.2)."""
    paths = write_phantom(folder, **SMALL)
    for path in paths:
        ds = pydicom.dcmread(path)
        bits = np.zeros((ds.Rows, ds.Columns), np.uint8)
        bits[10:20, 10:20] = 1
        ds.add_new(0x60000010, "US", ds.Rows)
        ds.add_new(0x60000011, "US", ds.Columns)
        ds.add_new(0x60000040, "CS", "G")
        ds.add_new(0x60000050, "SS", [1, 1])
        ds.add_new(0x60000100, "US", 1)
        ds.add_new(0x60000102, "US", 0)
        packed = np.packbits(bits.ravel(), bitorder="little").tobytes()
        ds.add_new(0x60003000, "OW", packed + b"\0" * (len(packed) % 2))
        ds.save_as(path)
    return folder


def test_a_crop_box_is_told_in_3d_alone(plain, software):
    low, high = plain.geometry.bounds
    box = Box(tuple(low), tuple((low + high) / 2))
    state = replace(first_state(plain, "quad"), crop=box)
    with Scene(plain, SIZE) as scene:
        scene.apply(state)
        assert ids(signs_of(scene)["3d"].notes.not_shown) == ["not_shown.crop"]
        assert signs_of(scene)["axial"].notes.not_shown == ()
        assert ids(scene.not_shown)[0] == "not_shown.crop"
    assert "not_shown.crop" in ids(quad(plain, state=state).not_shown)


def test_a_side_that_is_reduced_for_3d_is_told_with_its_ratio(software):
    voxels = np.zeros((2100, 12, 10), np.int16)
    voxels[2:-2, 3:9, 3:7] = 900
    volume = Volume.from_array(voxels, np.diag([0.1, 2, 2, 1.0]), unit="HU", modality="CT")
    with Scene(volume, SIZE) as scene:
        scene.apply(first_state(volume, "3d", rendering="ct-bone", couch_hidden=False))
        (note,) = scene.not_shown
        assert (note.id, note.ratio) == ("not_shown.reduced", 2.0)
        assert "2 x 1 x 1 voxels as one" in note
        assert signs_of(scene)["3d"].marks
        scene.apply(first_state(volume, "axial"))
        assert scene.not_shown == ()


def test_in_motion_it_says_so_until_the_still_is_there(plain, software):
    state = first_state(plain, "3d")
    with Scene(plain, SIZE) as scene:
        scene.apply(state, "interactive")
        assert "not_shown.coarse" in ids(scene.not_shown)
        words = [mark.text for mark in drawn_of(scene, "3d")[1] if hasattr(mark, "text")]
        assert COARSE_TEXT in words
        coarse = scene.screenshot()
        scene.apply(state)
        assert "not_shown.coarse" not in ids(scene.not_shown)
        assert COARSE_TEXT not in [mark.text for mark in drawn_of(scene, "3d")[1] if hasattr(mark, "text")]
        np.testing.assert_array_equal(scene.screenshot(), viewer3d.screenshot(plain, state=state, size=SIZE))
        assert (coarse != scene.screenshot()).any()


def test_layers_that_3d_leaves_out_are_told(plain, software):
    other = plain.with_info(modality="MR")
    state = with_first_looks(first_state(plain, "3d", rendering="ct-mip"), place_layers(plain, [other]))
    with Scene(plain, SIZE, overlays=[other]) as scene:
        scene.apply(state.with_look(1, rendering="mr-default"))
        assert "not_shown.in_volume" in ids(scene.not_shown)
    assert layout("3d", SIZE)["3d"].size == SIZE
