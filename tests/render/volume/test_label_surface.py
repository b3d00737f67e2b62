"""Surfaces of segments: closed, smooth, where the voxels are, and around as much as they are."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.combinations import each_value
from tests.render.volume.shapes import TILTED, ball, enclosed, is_closed, normals
from viewer3d import load_segmentation
from viewer3d.core.segmentation import Segmentation
from viewer3d.errors import SegmentError
from viewer3d.render.volume import label_surface as module
from viewer3d.render.volume.label_surface import is_surface_made, label_surface, surface_steps
from viewer3d.render.volume.mesh_shape import mesh_shells

RNG = np.random.default_rng(3)
DISC = (np.indices((40, 40, 1))[:2] - 19.5) ** 2
HOLLOW = np.pad(np.ones((24, 24, 24), bool), 1)
HOLLOW[9:15, 10:16, 8:14] = False
VESSEL = ((np.indices((60, 40, 40))[1:] - 19.6) ** 2).sum(0) < 2.3**2
ISLANDS = np.zeros((50, 40, 30), bool)
ISLANDS[4:30, 5:31, 4:25] = ISLANDS[35:37, 5:7, 5:7] = ISLANDS[42, 20, 10] = True
SHAPES = {
    "one voxel": np.ones((1, 1, 1), bool),
    "a row of voxels": np.ones((1, 60, 1), bool),
    "one slice": DISC.sum(0) < 15**2,
    "hollow": HOLLOW,
    "a vessel": VESSEL,
    "islands": ISLANDS,
    "noise": RNG.random((16, 16, 16)) < 0.4,  # touches itself along edges and at corners
    "at all borders": np.ones((9, 8, 7), bool),
}
GRIDS = {
    "cubes": np.eye(4),
    "thick slices": np.diag([0.5, 0.5, 5, 1]),
    "tilted": TILTED,
    "turned": np.array([[0.0, 0, -2, 7], [-0.6, 0, 0, 8], [0, 0.6, 0, 9], [0, 0, 0, 1]]),
}


@pytest.mark.parametrize(("shape", "grid"), each_value(SHAPES, GRIDS))
def test_it_is_closed_and_encloses_what_the_voxels_do(shape, grid):
    segmentation = Segmentation.from_array(SHAPES[shape], GRIDS[grid])
    mesh = label_surface(segmentation, 1).mesh
    assert is_closed(mesh.triangles)
    truth = segmentation.voxels(1) * np.linalg.det(segmentation.affine[:3, :3])
    assert enclosed(mesh.points, mesh.triangles) == pytest.approx(truth, rel=5e-4)  # so it faces outwards, too


@pytest.mark.parametrize(("sides", "degrees"), [((1, 1, 1), 4), ((0.8, 0.8, 2.6), 6)])
@pytest.mark.parametrize("radius", [8, 25])
def test_a_balls_surface_is_smooth_and_within_half_a_voxel(radius, sides, degrees):
    mesh = label_surface(ball(radius, sides), 1).mesh
    away = np.linalg.norm(mesh.points, axis=1)
    assert np.abs(away - radius).max() < np.linalg.norm(sides) / 2
    assert np.sqrt(((away - radius) ** 2).mean()) < 0.1 * max(sides)
    assert np.abs(mesh.points.mean(0)).max() < 0.1 * max(sides)
    cosines = np.einsum("ij,ij->i", normals(mesh), mesh.points / away[:, None])
    assert np.degrees(np.arccos(np.minimum(cosines, 1))).mean() < degrees  # the steps themselves: 20 and 40
    assert (mesh.name, mesh.frame_of_reference) == ("Ball", "1.2.3")


@pytest.mark.parametrize("grid", GRIDS)
def test_faces_of_a_box_are_those_of_its_voxels(grid):
    """On a grid of any kind: half a voxel beyond the centres of the outer ones."""
    labels = np.zeros((40, 44, 30), np.uint8)
    labels[10:32, 8:36, 6:24] = 1
    segmentation = Segmentation.from_array(labels, GRIDS[grid])
    index = segmentation.geometry.world_to_index(label_surface(segmentation, 1).mesh.points)
    low, high = (9.5, 7.5, 5.5), (31.5, 35.5, 23.5)
    # Edges are sharper than what the filter leaves. A box that is 18 slices of 0.5 x 0.5 x 5 mm is all edges.
    beyond = np.maximum(low - index, index - high).max()
    assert beyond < (0.75 if grid == "thick slices" else 0.52)
    for axis in range(3):
        others = [n for n in range(3) if n != axis]
        # In the middle of a face it is flat; smoothing of a corner reaches as far as slices are thick.
        room = 9 if grid == "cubes" else 11
        inner = np.all(
            [np.abs(index[:, n] - (low[n] + high[n]) / 2) < (high[n] - low[n]) / 2 - room for n in others], 0
        )
        on_low = inner & (index[:, axis] < (low[axis] + high[axis]) / 2)
        if on_low.any():
            assert np.abs(index[on_low, axis] - low[axis]).max() < 0.1
            assert np.abs(index[inner & ~on_low, axis] - high[axis]).max() < 0.1


def test_a_thin_vessel_of_an_organ_keeps_its_width():
    """The filter alone makes it thinner, and what it loses would be given to the organ."""
    labels = np.zeros((70, 40, 40), bool)
    labels[:60] = VESSEL
    labels |= ((np.indices(labels.shape) - np.array([55, 19.6, 19.6])[:, None, None, None]) ** 2).sum(0) < 14**2
    points = label_surface(Segmentation.from_array(labels, np.eye(4)), 1).mesh.points
    part = points[(points[:, 0] > 10) & (points[:, 0] < 30)][:, 1:] - 19.6
    assert np.hypot(*part.T).mean() == pytest.approx(np.sqrt(VESSEL[0].sum() / np.pi), abs=0.2)


def test_islands_and_holes_are_shells_of_their_own():
    for name, boxes in (("islands", (14196, 8, 1)), ("hollow", (13824, -216))):
        mesh = label_surface(Segmentation.from_array(SHAPES[name], np.eye(4)), 1).mesh
        shells = mesh_shells(mesh.triangles, len(mesh.points))
        assert shells.max() + 1 == len(boxes)
        volumes = [enclosed(mesh.points, mesh.triangles[shells[mesh.triangles[:, 0]] == n]) for n in range(len(boxes))]
        assert sorted(volumes) == pytest.approx(sorted(boxes), rel=1e-3)


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "number"),
    [
        pytest.param("seg_torso_acrin", 1, marks=SLOW),
        pytest.param("seg_torso_acrin", 2, marks=SLOW),
        pytest.param("seg_liver", 1, marks=SLOW),
    ],
)
def test_real_segments(real, name, number):
    segmentation = load_segmentation(real(name))
    told = json.loads(real("expected-overlays.json").read_text())[name]["segments"][number - 1]
    surface = label_surface(segmentation, number)
    mesh = surface.mesh
    assert enclosed(mesh.points, mesh.triangles) / 1000 == pytest.approx(told["volume_ml"], rel=1e-3)
    assert is_closed(mesh.triangles)
    assert len(surface.coarse.triangles) < len(mesh.triangles) / 4
    # Corners of its box are centres of voxels.
    low, high = np.array(told["bbox_centres_lps"])
    half = np.array(segmentation.geometry.spacing) / 2
    assert np.abs(mesh.bounds - (low - half, high + half)).max() < half.max()


@pytest.mark.parametrize("number", [1, 2])
def test_small_real_segments(real, number):
    """Of 2,548 and 23,730 voxels."""
    segmentation = load_segmentation(real("pet_seg"))
    told = json.loads(real("expected-overlays.json").read_text())["pet_seg"]["segments"][number - 1]
    mesh = label_surface(segmentation, number).mesh
    assert enclosed(mesh.points, mesh.triangles) / 1000 == pytest.approx(told["volume_ml"], rel=1e-3)


def test_it_is_made_once_and_kept_with_the_segmentation():
    segmentation = ball(5)
    assert not is_surface_made(segmentation, 1)
    surface = label_surface(segmentation, 1)
    assert is_surface_made(segmentation, 1)
    assert label_surface(segmentation, 1) is surface
    assert surface.note == ""
    with pytest.raises(SegmentError, match="no segment 2"):
        label_surface(segmentation, 2)


def test_a_segment_without_voxels_has_no_triangles():
    segmentation = Segmentation.from_array(np.zeros((3, 3, 3), np.uint8), np.eye(4), names={4: "Nothing"})
    mesh = label_surface(segmentation, 4).mesh
    assert mesh.triangles.shape == (0, 3)
    assert mesh.name == "Nothing"


@pytest.mark.parametrize("limit", ["MOST_CROPPED", "MOST_SURFACE_POINTS"])
def test_what_is_too_large_is_taken_in_blocks_which_is_said(monkeypatch, limit):
    fine = ball(20, (0.5, 0.5, 1.5))
    monkeypatch.setattr(module, limit, {"MOST_CROPPED": 60_000, "MOST_SURFACE_POINTS": 10_000}[limit])
    surface = label_surface(fine, 1)
    assert surface.step[0] == surface.step[1] > surface.step[2]  # the shortest sides first
    assert surface.note.endswith("voxels taken together")
    assert len(surface.mesh.points) < 10_000
    assert is_closed(surface.mesh.triangles)
    truth = fine.voxels(1) * 0.375
    assert enclosed(surface.mesh.points, surface.mesh.triangles) == pytest.approx(truth, rel=1e-3)
    assert np.abs(np.linalg.norm(surface.mesh.points, axis=1) - 20).max() < 1.5
    assert np.abs(surface.mesh.points.mean(0)).max() < 0.3


def test_what_is_thinner_than_the_blocks_everywhere_is_not_lost(monkeypatch):
    labels = np.zeros((30, 30, 30), bool)
    labels[3, 4, 2:28] = labels[20, 8:25, 9] = True
    monkeypatch.setattr(module, "MOST_CROPPED", 2_000)
    mesh = label_surface(Segmentation.from_array(labels, np.eye(4)), 1).mesh
    assert is_closed(mesh.triangles)
    assert mesh_shells(mesh.triangles, len(mesh.points)).max() + 1 == 2
    assert np.abs(mesh.bounds - ((2.5, 3.5, 1.5), (20.5, 24.5, 27.5))).max() < 2


def test_other_segments_are_no_part_of_it():
    labels = np.ones((20, 20, 20), np.int16)
    labels[5:15, 5:15, 5:15] = 300
    segmentation = Segmentation.from_array(labels, np.eye(4))
    for number, voxels in ((1, 7000), (300, 1000)):
        mesh = label_surface(segmentation, number).mesh
        assert enclosed(mesh.points, mesh.triangles) == pytest.approx(voxels, rel=1e-3)


@pytest.mark.parametrize("grid", GRIDS)
def test_the_coarse_one_is_where_the_fine_one_is(grid):
    labels = np.zeros((50, 45, 40), bool)
    labels[6:40, 9:35, 8:30] = True
    labels[2, 2, 2] = True
    surface = label_surface(Segmentation.from_array(labels, GRIDS[grid]), 1)
    fine, coarse = surface.mesh, surface.coarse
    assert 100 < len(coarse.triangles) <= len(fine.triangles)  # fewer where there are more than a pane could show
    assert (
        np.abs(coarse.bounds - fine.bounds).max()
        < module.COARSE_SHARE * np.linalg.norm(np.ptp(fine.bounds, axis=0)) * 2
    )
    single = label_surface(Segmentation.from_array(np.ones((1, 1, 1), bool), GRIDS[grid]), 1)
    assert len(single.coarse.triangles) == 8


def test_it_is_the_same_whenever_it_is_made_and_at_whatever_pace():
    first = label_surface(ball(12, (0.8, 0.8, 2)), 1).mesh
    segmentation = ball(12, (0.8, 0.8, 2))
    steps = surface_steps(segmentation, 1)
    for _ in range(3):
        next(steps)
    assert not is_surface_made(segmentation, 1)
    assert label_surface(segmentation, 1).mesh.digest == first.digest  # one that another needs at once
    assert sum(1 for _ in steps) >= 1
    assert label_surface(segmentation, 1).mesh.digest == first.digest
    assert list(surface_steps(segmentation, 1)) == []
