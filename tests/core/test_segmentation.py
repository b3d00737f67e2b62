"""A segmentation: its segments, their masks on any grid, and what it refuses."""

from __future__ import annotations

import pickle
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import viewer3d
from viewer3d.core.geometry import Geometry
from viewer3d.core.segmentation import Segment, Segmentation, color_of
from viewer3d.core.vectors import rotation
from viewer3d.errors import GeometryError, SegmentError, ViewError

RNG = np.random.default_rng(3)
AFFINE = np.array([[0.8, 0, 0, -20], [0, 0.9, 0, -30], [0, 0, 2.5, 40], [0, 0, 0, 1]])


def labels(shape: tuple[int, int, int] = (9, 8, 7), count: int = 4) -> np.ndarray[Any, Any]:
    return RNG.integers(0, count, shape)


def by_hand(found: Segmentation, number: int, geometry: Geometry) -> np.ndarray[Any, Any]:
    """The mask on another grid voxel by voxel: that of the voxel whose centre is nearest."""
    own = found.mask(number)
    mask = np.zeros(geometry.shape, bool)
    for index in np.ndindex(*geometry.shape):
        at = np.floor(found.geometry.world_to_index(geometry.index_to_world(index)) + 0.5).astype(int)
        if (at >= 0).all() and (at < own.shape).all():
            mask[index] = own[tuple(at)]
    return mask


def turned(angle: float, axis: tuple[float, float, float] = (0.6, 0, 0.8)) -> np.ndarray[Any, Any]:
    affine = np.eye(4)
    affine[:3, :3] = rotation(axis, angle) @ np.diag([0.7, 1.1, 1.9])
    affine[:3, 3] = np.array([-16.8, -26.9, 47.5]) - affine[:3, :3] @ (5, 4, 3.5)  # about the middle of the other
    return affine


def sheared() -> np.ndarray[Any, Any]:
    affine = AFFINE.copy()
    affine[1, 2] = 0.7
    return affine


def permuted() -> np.ndarray[Any, Any]:
    """A coronal grid: i to the right, j to the feet, k to the back."""
    return np.array([[1.1, 0, 0, -21.03], [0, 0, 1.3, -31.02], [0, -1.7, 0, 56.01], [0, 0, 0, 1]])


GRIDS = {
    "its own": (AFFINE, (9, 8, 7)),
    "finer, cut off": (
        np.array([[0.3, 0, 0, -18.03], [0, 0.4, 0, -29.02], [0, 0, 1.1, 45.01], [0, 0, 0, 1]]),
        (10, 12, 9),
    ),
    "coarser, beyond": (
        np.array([[2.3, 0, 0, -28.03], [0, 2.9, 0, -39.02], [0, 0, 4.1, 25.01], [0, 0, 0, 1]]),
        (9, 9, 9),
    ),
    "coronal": (permuted(), (8, 10, 6)),
    "oblique": (turned(0.4), (11, 9, 8)),
    "oblique, turned over": (turned(2.6, (0, 1, 0)), (11, 9, 8)),
    "far away": (AFFINE + np.array([[0, 0, 0, 500]] * 3 + [[0] * 4]), (9, 8, 7)),
    "oblique, far away": (turned(0.4) + np.array([[0, 0, 0, 500]] * 3 + [[0] * 4]), (9, 8, 7)),
}


@pytest.mark.parametrize("own", ["upright", "sheared"])
@pytest.mark.parametrize("name", GRIDS)
def test_a_mask_on_another_grid_is_of_the_nearest_voxels(name: str, own: str) -> None:
    found = Segmentation.from_array(labels(), sheared() if own == "sheared" else AFFINE)
    geometry = Geometry(*GRIDS[name])
    for number in (1, 3):
        mask = found.mask(number, geometry)
        np.testing.assert_array_equal(mask, by_hand(found, number, geometry))
        assert mask.flags.f_contiguous
        assert mask.any() == ("far" not in name)


def test_a_mask_with_one_voxel_lands_where_it_is() -> None:
    array = np.zeros((9, 8, 7), int)
    array[8, 0, 6] = 2  # in a corner of the grid
    found = Segmentation.from_array(array, AFFINE)
    assert found.index_box(2) == (slice(8, 9), slice(0, 1), slice(6, 7))
    affine = np.diag([0.1, 0.1, 0.1, 1])
    affine[:3, 3] = -14.23, -30.52, 53.01
    fine = Geometry(affine, (20, 20, 40))
    held = np.argwhere(found.mask(2, fine))
    world = fine.index_to_world(held)
    centre = np.array([-20 + 8 * 0.8, -30, 40 + 6 * 2.5])
    assert np.abs(world - centre).max(0) == pytest.approx([0.4, 0.45, 1.25], abs=0.1)


def test_segments_are_found_by_number_and_name() -> None:
    found = Segmentation.from_array(
        labels(), AFFINE, names={1: "Liver", 2: "Spleen", 3: "Liver"}, colors={2: (1, 2, 3)}
    )
    assert found.segment(2) is found.segment("Spleen")
    assert found.segment(2).color == (1, 2, 3)
    with pytest.raises(SegmentError, match=r"2 segments are called 'Liver': .* 1 Liver, 2 Spleen, 3 Liver"):
        found.mask("Liver")
    with pytest.raises(SegmentError, match="no segment 9"):
        found.mask(9)
    with pytest.raises(SegmentError, match=r"is no grid: give a Geometry, as volume.geometry"):
        found.mask(1, found)  # type: ignore[arg-type]
    with pytest.raises(ViewError, match=r"give what viewer3d\.load returns, or a path"):
        found.measure(1, 12)  # type: ignore[arg-type]
    assert (found.mask(1).sum(), found.voxels(1)) == ((found.labels[0] == 1).sum(), (found.labels[0] == 1).sum())


def test_a_left_handed_affine_moves_no_voxel() -> None:
    array = labels()
    affine = AFFINE @ np.diag([1, 1, -1, 1])
    found = Segmentation.from_array(array, affine)
    for index in ((0, 0, 0), (8, 7, 6), (3, 2, 5)):
        world = (affine @ [*index, 1])[:3]
        number = int(array[index])
        assert [one.number for one in found.segments_at(world)] == ([number] if number else [])


def test_segments_at_a_point_are_those_of_its_voxel() -> None:
    one, two = np.zeros((3, 3, 3), int), np.zeros((3, 3, 3), int)
    one[1, 1, 1], two[1, 1] = 5, 6
    found = Segmentation.from_array([one, two], np.eye(4), names={5: "In", 6: "Out"})
    assert [s.name for s in found.segments_at((1.4, 0.6, 1.4))] == ["In", "Out"]
    assert [s.name for s in found.segments_at((1, 1, -0.5))] == ["Out"]
    assert [s.name for s in found.segments_at((1, 1, 2.5))] == ["Out"]
    assert found.segments_at((1, 1, 2.6)) == ()


def test_labels_of_any_size_are_kept_apart() -> None:
    array = np.zeros((4, 4, 2), np.int64)
    array[0, 0, 0], array[1, 0, 0], array[2, 0, 1] = 3, 70_000, 5_000_000_000
    found = Segmentation.from_array(array, np.eye(4))
    assert found.labels[0].dtype == np.uint8
    assert [(s.number, s.value) for s in found.segments] == [(3, 1), (70_000, 2), (5_000_000_000, 3)]
    assert found.mask(5_000_000_000)[2, 0, 1]
    wide = Segmentation.from_array(np.where(array > 3, 2035, array), np.eye(4))
    assert (wide.labels[0].dtype, wide.segment(2035).value) == (np.int16, 2035)


def test_bool_and_whole_floats_are_labels_too() -> None:
    mask = RNG.random((4, 3, 2)) > 0.5
    np.testing.assert_array_equal(Segmentation.from_array(mask, np.eye(4)).mask(1), mask)
    np.testing.assert_array_equal(Segmentation.from_array(mask.astype(float), np.eye(4)).mask(1), mask)


def test_names_in_a_list_are_of_1_2_3_and_need_no_voxel() -> None:
    found = Segmentation.from_array(np.ones((2, 2, 2), int), np.eye(4), names=["Heart", "Lung"])
    assert [(s.name, found.voxels(s.number)) for s in found.segments] == [("Heart", 8), ("Lung", 0)]
    assert not found.mask("Lung").any()
    assert not found.mask("Lung", Geometry(np.eye(4), (3, 3, 3))).any()


BAD = {
    "fractions": (np.full((2, 2, 2), 0.5), "no whole numbers"),
    "nan": (np.full((2, 2, 2), np.nan), "no whole numbers"),
    "negative": (np.full((2, 2, 2), -1), "label -1 is negative"),
    "text": (np.full((2, 2, 2), "a"), "give bool or whole numbers"),
    "in two": ([np.ones((2, 2, 2), int)] * 2, "label 1 is in two arrays"),
}


@pytest.mark.parametrize("name", BAD)
def test_labels_that_mean_nothing_are_refused(name: str) -> None:
    array, says = BAD[name]
    with pytest.raises(SegmentError, match=says):
        Segmentation.from_array(array, np.eye(4))


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(GeometryError, match="4 dimensions"):
        Segmentation.from_array(np.zeros((2, 2, 2, 2), int), np.eye(4))
    with pytest.raises(GeometryError, match="give the same"):
        Segmentation.from_array([np.zeros((2, 2, 2), int), np.zeros((2, 2, 3), int)], np.eye(4))
    geometry = Geometry(np.eye(4), (2, 2, 2))
    with pytest.raises(GeometryError, match="labels have shape"):
        Segmentation((np.zeros((2, 2, 3), np.uint8),), geometry, ())
    with pytest.raises(SegmentError, match="a label layer is int64"):
        Segmentation((np.zeros((2, 2, 2), np.int64),), geometry, ())


def test_tables_that_contradict_themselves_are_refused() -> None:
    layer, geometry = np.zeros((2, 2, 2), np.uint8), Geometry(np.eye(4), (2, 2, 2))
    one = Segment(1, "A", (0, 0, 0))
    with pytest.raises(SegmentError, match="2 segments have the number 1"):
        Segmentation((layer,), geometry, (one, one))
    with pytest.raises(SegmentError, match="layer 0 by the value 1"):
        Segmentation((layer,), geometry, (one, Segment(2, "B", (0, 0, 0), value=1)))
    with pytest.raises(SegmentError, match="a layer that is not there: 1 were given"):
        Segmentation((layer,), geometry, (Segment(1, "A", (0, 0, 0), layer=1),))
    with pytest.raises(SegmentError, match="begin with 1"):
        Segment(0, "A", (0, 0, 0))
    with pytest.raises(SegmentError, match="is not red, green and blue"):
        Segment(1, "A", (0, 0, 256))
    with pytest.raises(ViewError, match="name"):
        Segmentation.from_array(layer, np.eye(4), title="x")


def test_labels_cannot_be_changed_and_are_not_the_callers() -> None:
    array = np.ones((2, 2, 2), np.uint8)
    found = Segmentation.from_array(array, np.eye(4))
    with pytest.raises(ValueError, match="read-only"):
        found.labels[0][0, 0, 0] = 2
    array[0, 0, 0] = 0
    assert found.voxels(1) == 8


def test_a_digest_tells_labels_and_their_table() -> None:
    array = labels()
    one = Segmentation.from_array(array, AFFINE)
    assert one.digest == Segmentation.from_array(array.astype(np.uint8), AFFINE).digest
    assert one.digest != Segmentation.from_array(np.roll(array, 1), AFFINE).digest
    assert one.digest != Segmentation.from_array(array * 2, AFFINE).digest


def test_it_can_be_sent_and_copied_with_other_notes() -> None:
    found = Segmentation.from_array(labels(), AFFINE, frame_of_reference="1.2.3", notes=("One.",))
    found.measure(1)
    again = pickle.loads(pickle.dumps(found))
    assert (again.digest, again.segments, again.frame_of_reference) == (found.digest, found.segments, "1.2.3")
    assert found.with_info(notes=("Two.",)).notes == ("Two.",)
    assert "3 segments (Segment 1, Segment 2, Segment 3), 9 x 8 x 7, 1 notes" in repr(found)
    assert viewer3d.Segmentation is Segmentation


def test_colours_of_many_segments_differ() -> None:
    colors = [color_of(turn) for turn in range(40)]
    assert len(set(colors)) == 40
    near = [np.abs(np.subtract(a, b)).sum() for a, b in pairwise(colors)]
    assert min(near) > 100
