"""Labels are sampled where their voxels are: upright, sheared, oblique, in slabs and in perspective."""

from __future__ import annotations

import numpy as np
import pytest

from tests.render.slices.test_pixels import perspective
from viewer3d.core.geometry import Geometry
from viewer3d.core.vectors import rotation
from viewer3d.core.view.planes import PLANES, Plane
from viewer3d.core.view.state import Slab
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.labels import LabelSampler, part_of
from viewer3d.render.slices.pixels import PanePixels

ALL = np.ones(1 << 15, np.bool_)
TURNED = tuple(map(tuple, rotation((0.48, 0.6, 0.64), 0.7).T.tolist()))


def grid(shape=(40, 36, 14), spacing=(1.5, 1.25, 3.0), shear=0.0, turn=0.0):
    affine = np.eye(4)
    affine[:3, :3] = rotation((0.6, 0, 0.8), turn) @ np.array([[1, 0, 0], [0, 1, shear], [0, 0, 1]]) @ np.diag(spacing)
    affine[:3, 3] = (-20, -15, 30)
    return Geometry(affine, shape)


def some_labels(shape, dtype=np.uint8, most=200):
    some = np.random.default_rng(7)
    return np.asfortranarray((some.random(shape) < 0.5) * some.integers(1, most, shape)).astype(dtype)


def pane(geometry, plane, size=(120, 90), mm=0.613, away=0.0):
    right, down, normal = (np.array(way, np.float64) for way in (plane.right, plane.down, plane.normal))
    origin = geometry.center - mm * ((size[0] - 1) / 2 * right + (size[1] - 1) / 2 * down) + away * normal
    return PaneGeometry(plane, tuple(origin.tolist()), mm, size)


def at_points(labels, geometry, world):
    """The labels of the voxels that hold points, and how far each point is from a face of its voxel, in voxels."""
    index = geometry.world_to_index(world)
    nearest = np.floor(index + 0.5).astype(int)
    inside = ((nearest >= 0) & (nearest < labels.shape)).all(-1)
    nearest = np.clip(nearest, 0, np.array(labels.shape) - 1)
    found = np.where(inside, labels[tuple(np.moveaxis(nearest, -1, 0))], 0)
    return found, (0.5 - np.abs(index - np.floor(index + 0.5))).min(-1)


def world_of(pixels, shift=0.0):
    column, row = np.meshgrid(np.arange(pixels.shape[1]), np.arange(pixels.shape[0]))
    if isinstance(pixels, PanePixels):
        return pixels.pane.to_world(np.stack([column, row], -1)) + shift * pixels.normal
    seen = (
        np.stack([column + pixels.columns.start, row + pixels.rows.start, 0 * row, 0 * row + 1], -1) @ pixels.matrix.T
    )
    return seen[..., :3] / seen[..., 3:]


PLANES_SEEN = [PLANES["axial"], PLANES["coronal"], PLANES["sagittal"], PLANES["axial"].rotated(TURNED)]


@pytest.mark.parametrize("plane", PLANES_SEEN)
@pytest.mark.parametrize(("shear", "turn"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.6), (-0.2, 1.1)])
@pytest.mark.parametrize(("dtype", "most"), [(np.uint8, 255), (np.int16, 32000)])
def test_each_pixel_has_the_label_of_the_voxel_that_holds_it(plane, shear, turn, dtype, most):
    geometry = grid(shear=shear, turn=turn)
    labels = some_labels(geometry.shape, dtype, most)
    pixels = PanePixels(pane(geometry, plane, away=0.37), Slab())
    found, part = LabelSampler(labels, geometry).values(pixels, ALL)
    assert found.dtype == dtype
    expected, sure = at_points(labels, geometry, world_of(pixels))
    sure = sure > 1e-3
    assert sure.mean() > 0.9
    np.testing.assert_array_equal(found[sure], expected[sure])
    assert (expected == 0).any()
    assert found.any()
    assert part == part_of(found)


def test_in_perspective_too():
    geometry = grid(shear=0.2)
    labels = some_labels(geometry.shape)
    pixels = perspective(
        np.array((0.36, 0.48, 0.8)), geometry.center, np.array((-10.0, -30.0, -60.0)), slice(9, 250), slice(20, 280)
    )
    found, _ = LabelSampler(labels, geometry).values(pixels, ALL)
    expected, sure = at_points(labels, geometry, world_of(pixels))
    np.testing.assert_array_equal(found[sure > 1e-3], expected[sure > 1e-3])
    assert found.any()


@pytest.mark.parametrize("name", ["axial", "coronal", "sagittal"])
def test_on_the_face_between_two_slices_all_pixels_have_the_upper_one(name):
    geometry = grid(spacing=(1.5, 1.5, 1.5))
    plane = PLANES[name]
    index = np.array(geometry.shape) // 2 - np.eye(3)[plane.axis] / 2
    labels = np.asfortranarray(
        np.broadcast_to(1 + np.indices(geometry.shape)[plane.axis], geometry.shape).astype(np.uint8)
    )
    place = PaneGeometry(plane, tuple(geometry.index_to_world(index).tolist()), 0.3, (20, 20))
    found, _ = LabelSampler(labels, geometry).values(PanePixels(place, Slab()), ALL)
    assert set(found.ravel().tolist()) == {1 + geometry.shape[plane.axis] // 2}


@pytest.mark.parametrize("plane", PLANES_SEEN[:3])
def test_a_slab_shows_what_lies_first_behind_each_pixel(plane):
    geometry = grid()
    labels = some_labels(geometry.shape, most=4)
    labels[np.random.default_rng(1).random(geometry.shape) < 0.7] = 0
    pixels = PanePixels(pane(geometry, plane), Slab(13.0, "mean"))
    is_seen = ALL[:256].copy()
    is_seen[2] = False
    found, part = LabelSampler(labels, geometry).values(pixels, is_seen)
    seen = np.where(labels == 2, 0, labels)
    expected, sure = np.zeros(pixels.shape, int), np.ones(pixels.shape, np.bool_)
    into = np.cross(plane.right, plane.down) @ np.array(plane.normal)
    step = geometry.spacing[plane.axis]
    for shift in np.arange(-6.4, 6.41, 0.2):  # from before the screen on
        here, _ = at_points(seen, geometry, world_of(pixels, shift * into))
        expected = np.where(expected == 0, here, expected)
        across = [geometry.world_to_index(world_of(pixels))[..., n] for n in range(3) if n != plane.axis]
        sure &= np.all([np.abs(one - np.floor(one) - 0.5) > 1e-3 for one in across], axis=0)
    assert step < 13
    np.testing.assert_array_equal(found[sure], expected[sure])
    assert set(np.unique(found).tolist()) == {0, 1, 3}
    assert part == part_of(found)


def test_an_oblique_slab_is_the_shadow_of_what_lies_in_it():
    geometry = grid((60, 60, 40), (1, 1, 1.5))
    center = np.array(geometry.center)
    away = np.linalg.norm(geometry.index_to_world(np.stack(np.indices(geometry.shape), -1)) - center, axis=-1)
    ball = np.asfortranarray((away < 20).astype(np.uint8))
    pixels = PanePixels(pane(geometry, PLANES_SEEN[3], away=12.0), Slab(30.0, "maximum"))
    found, _ = LabelSampler(ball, geometry).values(pixels, ALL)
    flat = world_of(pixels) - center
    from_axis = np.sqrt(np.maximum((flat**2).sum(-1) - (flat @ pixels.normal) ** 2, 0))
    assert found[from_axis < 18.8].all()
    assert not found[from_axis > 21.2].any()
    thin, _ = LabelSampler(ball, geometry).values(PanePixels(pixels.pane, Slab()), ALL)
    assert thin[from_axis < 14.8].all()  # sqrt(20^2 - 12^2) is 16
    assert not thin[from_axis > 17.2].any()


def test_beside_the_grid_there_is_nothing():
    geometry = grid()
    labels = np.ones(geometry.shape, np.uint8, order="F")
    for place in (pane(geometry, PLANES["axial"], away=21.1), pane(geometry, PLANES["axial"], away=-21.1)):
        found, part = LabelSampler(labels, geometry).values(PanePixels(place, Slab()), ALL)
        assert not found.any()
        assert part == (slice(0, 0), slice(0, 0))
    far = Plane("axial", (1, 0, 0), (0, 1, 0), 2, (0, 0, 1))
    found, part = LabelSampler(labels, geometry).values(
        PanePixels(PaneGeometry(far, (900.0, 0.0, 50.0), 1.0, (30, 20)), Slab(5.0)), ALL
    )
    assert not found.any()
    assert found.shape == (20, 30)


@pytest.mark.parametrize(
    ("where", "part"),
    [
        ([], (slice(0, 0), slice(0, 0))),
        ([(3, 4)], (slice(3, 4), slice(4, 5))),
        ([(3, 9), (7, 2)], (slice(3, 8), slice(2, 10))),
    ],
)
def test_the_part_holds_all_labels(where, part):
    labels = np.zeros((12, 15), np.uint8)
    for one in where:
        labels[one] = 1
    assert part_of(labels) == part
