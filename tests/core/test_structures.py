"""Structure sets: masks on any grid of slices, volumes in closed form, and what is said and refused."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import viewer3d
from tests.core.contours.test_polygons import by_hand, is_inside
from tests.dicom.objects.structure_files import circle
from viewer3d.core.contours import polygons as polygons_module
from viewer3d.core.geometry import Geometry
from viewer3d.core.structures import Contour, Roi, StructureSet
from viewer3d.core.vectors import rotation
from viewer3d.errors import LimitError, StructureError, ViewError

RNG = np.random.default_rng(5)
FRAME = "1.2.9.1"
RED = (255, 0, 0)
Array = np.ndarray[Any, Any]


def grid(
    shape: tuple[int, int, int] = (40, 36, 12),
    spacing: tuple[float, float, float] = (1.5, 1.25, 2.5),
    turn: float = 0.0,
    shear: float = 0.0,
) -> Geometry:
    affine = np.eye(4)
    affine[:3, :3] = rotation((0.6, 0, 0.8), turn) @ np.array([[1, 0, 0], [0, 1, shear], [0, 0, 1]]) @ np.diag(spacing)
    affine[:3, 3] = (-20, -15, 30)
    return Geometry(affine, shape)


def drawn(geometry: Geometry, polygons: dict[float, Sequence[Array]], **values: Any) -> StructureSet:
    """A set of one ROI, whose polygons are given by columns and rows of slices."""
    contours = [
        Contour(geometry.index_to_world(np.column_stack([one, np.full(len(one), float(k))])), **values)
        for k, each in polygons.items()
        for one in each
    ]
    return set_of(contours)


def set_of(*rois: Sequence[Contour], frame: str = FRAME) -> StructureSet:
    made = [Roi(n, f"Part {n}", RED, contours=tuple(one), frame_of_reference=frame) for n, one in enumerate(rois, 1)]
    return StructureSet(tuple(made))


def scribble(points: int = 9) -> Array:
    return RNG.uniform(-3, 42, (points, 2))


@pytest.mark.parametrize(("turn", "shear"), [
    (0, 0), (0.7, -0.2), *(pytest.param(*one, marks=pytest.mark.slow) for one in ((0.4, 0), (1.3, 0), (0, 0.3)))
])  # fmt: skip
def test_masks_are_exact_on_straight_oblique_and_sheared_grids(turn: float, shear: float) -> None:
    geometry = grid(turn=turn, shear=shear)
    polygons = {k: [scribble() for _ in range(1 + k % 3)] for k in range(2, 9)}
    found = drawn(geometry, polygons).mask("Part 1", geometry)
    assert found.flags.f_contiguous
    for k in range(12):
        expected = by_hand(list(polygons.get(k, ())), (40, 36)).T
        np.testing.assert_array_equal(found[:, :, k], expected, str(k))


def test_a_contour_in_another_is_a_hole_unless_asked_otherwise() -> None:
    geometry = grid()
    outer, inner = circle(15, center=(20, 18))[:, :2], circle(6, center=(20, 18))[:, :2]
    found = drawn(geometry, {3: [outer, inner], 4: [outer, inner], 5: [outer]})
    solid = drawn(geometry, {3: [outer], 4: [outer], 5: [outer]})
    hole = drawn(geometry, {3: [inner], 4: [inner]})
    filled = found.mask(1, geometry, rule="or")
    np.testing.assert_array_equal(filled, solid.mask(1, geometry))
    np.testing.assert_array_equal(found.mask(1, geometry), filled & ~hole.mask(1, geometry))
    (note,) = found.rasterize(1, geometry).notes
    assert note == f"Part 1: contours lie in others and make holes: {hole.mask(1, geometry).sum():,} voxels, which " + (
        "the rule 'or' fills."
    )
    assert found.rasterize(1, geometry, rule="or").notes == ()
    assert found.measure(1).ml == pytest.approx(solid.measure(1).ml - 2 * hole.measure(1, geometry).ml / 2)


def test_contours_that_say_so_make_holes_by_either_rule() -> None:
    geometry = grid()
    rings = [circle(15, center=(20, 18))[:, :2], circle(6, center=(20, 18))[:, :2]]
    said = drawn(geometry, {3: rings, 4: rings, 5: rings}, type="CLOSEDPLANAR_XOR")
    found = said.rasterize(1, geometry, rule="or")
    np.testing.assert_array_equal(found.voxels, said.mask(1, geometry))
    assert found.voxels.sum() == pytest.approx(3 * np.pi * (15**2 - 6**2), rel=0.01)


def test_a_sphere_and_a_cylinder_with_a_hole_have_their_volumes() -> None:
    """Within the error of the polygons, 200 points on a circle, which have 1.6e-4 less than it."""
    less = 200 / (2 * np.pi) * np.sin(2 * np.pi / 200)
    z = np.arange(-29.5, 30, 1)
    sphere = set_of([Contour(circle(np.sqrt(900 - one**2), z=one)) for one in z])
    discs = np.pi * (900 - z**2).sum() * less / 1000
    measured = sphere.measure(1)
    assert measured.ml == pytest.approx(discs, rel=1e-12)
    assert measured.ml == pytest.approx(4 / 3 * np.pi * 27, rel=5e-4)
    assert measured.centroid == pytest.approx((0, 0, 0), abs=1e-9)
    assert (measured.step, measured.planes, measured.contours, measured.notes) == (1, 60, 60, ())
    tube = set_of([Contour(circle(r, z=k * 3.0, center=(5, -7))) for k in range(10) for r in (20.0, 8.0)])
    measured = tube.measure("Part 1")
    assert measured.ml == pytest.approx(np.pi * (400 - 64) * 30 * less / 1000, rel=1e-12)
    assert measured.centroid == pytest.approx((5, -7, 13.5))


@pytest.mark.parametrize("turn", [0.0, 0.5, 2.1])
def test_an_oblique_prism_has_its_volume_and_its_voxels(turn: float) -> None:
    geometry = grid((60, 60, 20), (0.8, 0.8, 2.5), turn)
    polygon = np.array([(10.3, 8.2), (50.1, 12.7), (44.6, 51.3), (15.2, 40.4)])
    found = drawn(geometry, {k: [polygon] for k in range(4, 16)})
    x, y = polygon.T
    area = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2 * 0.64
    measured = found.measure(1)
    assert measured.ml == pytest.approx(area * 12 * 2.5 / 1000, rel=1e-9)
    mask = found.mask(1, geometry)
    assert mask.sum() * 0.64 * 2.5 / 1000 == pytest.approx(measured.ml, rel=0.01)
    centroid = geometry.index_to_world(np.argwhere(mask).mean(0))
    np.testing.assert_allclose(measured.centroid or (), centroid, atol=0.1)


def test_contours_finer_or_coarser_than_slices_are_not_mixed() -> None:
    """Contours of 2.5 mm on slices of 7.5 and of 0.5 mm: a slice takes the nearest plane's, and no two at once."""
    own = grid()
    found = drawn(own, {k: [circle(8 + k, center=(20, 18))[:, :2]] for k in range(1, 11)})
    coarse = grid((40, 36, 4), (1.5, 1.25, 7.5))
    mask = found.rasterize(1, coarse)
    np.testing.assert_array_equal(mask.voxels[:, :, 1:], found.mask(1, own)[:, :, [3, 6, 9]])
    assert any("6 of 10 planes of contours are nearest to no slice" in one or "7 of 10" in one for one in mask.notes)
    fine = grid((40, 36, 60), (1.5, 1.25, 0.5))
    mask = found.rasterize(1, fine)
    assert mask.voxels.sum() == 5 * found.mask(1, own).sum()
    np.testing.assert_array_equal(mask.voxels[:, :, 23:28], np.repeat(found.mask(1, own)[:, :, 5:6], 5, axis=2))
    assert any("each plane of contours stands for 2.5 mm" in one for one in mask.notes)


def test_contours_beyond_and_between_slices_are_told() -> None:
    geometry = grid()
    disc = circle(9, center=(20, 18))[:, :2]
    found = drawn(geometry, {k: [disc] for k in range(8, 16)}).rasterize(1, geometry)
    assert found.notes == ("Part 1: 4 of 8 planes of contours lie beyond the slices.",)
    np.testing.assert_array_equal(np.flatnonzero(found.voxels.any((0, 1))), [8, 9, 10, 11])
    between = drawn(geometry, {k + 0.3: [disc] for k in range(3, 7)}).rasterize(1, geometry)
    assert between.notes == ("Part 1: 4 of 4 planes of contours lie between slices, which take the nearest.",)
    np.testing.assert_array_equal(np.flatnonzero(between.voxels.any((0, 1))), [3, 4, 5, 6])
    away = drawn(geometry, {k: [disc + 30] for k in range(3, 7)}).rasterize(1, geometry)
    assert away.notes == ("Part 1: 4 of 4 contours reach beyond the sides of the grid and are cut there.",)


def test_parts_on_single_slices_are_as_thick_as_slices() -> None:
    geometry = grid()
    disc = circle(9, center=(20, 18))[:, :2]
    area = 200 / 2 * 81 * np.sin(2 * np.pi / 200) * 1.5 * 1.25
    found = drawn(geometry, {2: [disc], 9: [disc]})
    mask = found.rasterize(1, geometry)
    np.testing.assert_array_equal(np.flatnonzero(mask.voxels.any((0, 1))), [2, 9])
    assert mask.notes == ("Part 1: its planes are taken to be 2.5 mm thick, the distance between slices.",)
    assert found.measure(1, geometry).ml == pytest.approx(2 * area * 2.5 / 1000)
    unknown = found.measure(1)
    assert (unknown.ml, unknown.planes) == (None, 2)
    assert unknown.notes == (
        "Part 1: its planes do not tell how thick they are: give the geometry of the series it was drawn on.",
    )
    said = drawn(geometry, {2: [disc], 9: [disc]}, thickness=3.0).measure(1)
    assert said.ml == pytest.approx(2 * area * 3 / 1000)
    beside = drawn(geometry, {k: [disc] for k in range(5)}).rois[0].contours
    assert set_of(found.rois[0].contours, beside).measure(1).ml == pytest.approx(2 * area * 2.5 / 1000)


def test_a_gap_is_not_filled_and_every_second_slice_is() -> None:
    geometry = grid()
    disc = circle(9, center=(20, 18))[:, :2]
    parts = drawn(geometry, {k: [disc] for k in (1, 2, 3, 7, 8, 9)}).rasterize(1, geometry)
    np.testing.assert_array_equal(np.flatnonzero(parts.voxels.any((0, 1))), [1, 2, 3, 7, 8, 9])
    assert parts.notes == (
        "Part 1: 1 of the 5 gaps between its planes is larger than their step of 2.5 mm: nothing lies in it.",
    )
    second = drawn(geometry, {k: [disc] for k in (2, 4, 6, 8)})
    mask = second.rasterize(1, geometry)
    assert mask.voxels.any((0, 1)).sum() == 8
    assert mask.notes == (
        "Part 1: each plane of contours stands for 5 mm: slices of 2.5 mm between them take the nearest.",
    )
    assert second.measure(1).ml == pytest.approx(mask.voxels.sum() * 1.5 * 1.25 * 2.5 / 1000, rel=0.02)


def test_scribbles_are_measured_nearly_and_told_and_many_of_them_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = drawn(grid(), {k: [scribble(40)] for k in range(6)})
    exact = found.measure(1)
    monkeypatch.setattr(polygons_module, "_MOST_SPLITS", 300)
    nearly = found.measure(1)
    assert exact.notes == ()
    assert nearly.notes == ("Part 1: its contours cross themselves so often that their area is not exact.",)
    assert nearly.ml == pytest.approx(exact.ml, rel=0.05)
    monkeypatch.setattr(polygons_module, "MOST_CROSSINGS", 2000)  # a plane has about 500 of them
    with pytest.raises(LimitError, match="give contours with fewer points"):
        found.measure(1)


def test_what_encloses_nothing_is_told_and_empty() -> None:
    geometry = grid()
    point = Contour(np.array([[1.0, 2, 3]]), "POINT")
    line = Contour(circle(9), "OPEN_PLANAR")
    few = Contour(np.zeros((2, 3)))
    found = set_of([point, line, few], [])
    for number in (1, 2):
        mask = found.rasterize(number, geometry)
        assert (mask.voxels.shape, mask.voxels.sum()) == (geometry.shape, 0)
        assert mask.notes == (f"Part {number} has no closed contour: no voxel lies in it.",)
        measured = found.measure(number)
        assert (measured.ml, measured.contours) == (None, 0)
        assert measured.notes == (f"Part {number}: no volume: has no closed contour.",)


@pytest.mark.parametrize("rule", ["xor", "or"])
def test_contours_across_the_slices_give_each_voxel_what_the_nearest_plane_has(rule: Any) -> None:
    own = grid(turn=0.3)
    polygons = {k: [scribble() for _ in range(2)] for k in range(3, 9)}
    found = drawn(own, polygons)
    other = grid((15, 14, 13), (4.1, 3.7, 3.9), turn=1.2)
    mask = found.rasterize(1, other, rule=rule)
    expected = np.zeros(other.shape, bool)
    for index in np.ndindex(*other.shape):
        i, j, k = own.world_to_index(other.index_to_world(index))
        near = polygons.get(int(np.floor(k + 0.5)), [])
        groups = [near] if rule == "xor" else [[one] for one in near]
        expected[index] = any(is_inside(i, j, one) for one in groups)
    np.testing.assert_array_equal(mask.voxels, expected)
    assert 50 < expected.sum() < expected.size / 2
    assert mask.notes == ("Part 1: 12 of 12 contours lie across the slices: voxels take the nearest plane's.",)


def test_a_sphere_is_as_large_on_a_coronal_and_on_a_turned_grid() -> None:
    z = np.arange(-29.5, 30, 1)
    sphere = set_of([Contour(circle(np.sqrt(900 - one**2), z=one)) for one in z])
    for turn in (rotation((1, 0, 0), np.pi / 2), rotation((0.6, 0, 0.8), 0.7)):
        affine = np.eye(4)
        affine[:3, :3] = turn @ np.diag([1.5, 1.5, 2])
        affine[:3, 3] = -affine[:3, :3] @ (24.5, 24.5, 19.5)
        mask = sphere.mask(1, Geometry(affine, (50, 50, 40)))
        assert mask.sum() * 4.5 / 1000 == pytest.approx(4 / 3 * np.pi * 27, rel=0.005)
        np.testing.assert_allclose(np.argwhere(mask).mean(0), (24.5, 24.5, 19.5), atol=0.1)


def test_contours_in_several_directions_are_refused() -> None:
    sagittal = Contour(circle(9)[:, [2, 0, 1]] + np.array((0, 5, 45)))
    both = set_of([sagittal, Contour(circle(9, z=45))])
    with pytest.raises(StructureError, match="its contours lie in several directions"):
        both.mask(1, grid())
    measured = both.measure(1)
    assert (measured.ml, measured.notes) == (
        None,
        ("Part 1: no volume: its contours have no area or lie in several directions.",),
    )
    assert set_of([sagittal]).mask(1, grid()).any()


def test_the_frame_of_reference_of_a_volume_is_checked() -> None:
    geometry = grid()
    found = drawn(geometry, {k: [circle(9, center=(20, 18))[:, :2]] for k in (3, 4, 5)})
    own = viewer3d.Volume(np.zeros(geometry.shape, np.int16, order="F"), geometry)
    same, other = own.with_info(frame_of_reference=FRAME), own.with_info(frame_of_reference="1.2.9.2")
    expected = found.mask(1, geometry)
    np.testing.assert_array_equal(found.mask(1, same), expected)
    for volume in (other, own):
        with pytest.raises(ViewError, match=r"Part 1: its frame of reference is another .* same_frame"):
            found.mask(1, volume)
    trusted = found.rasterize(1, other, same_frame=True)
    np.testing.assert_array_equal(trusted.voxels, expected)
    assert "as was asked for" in trusted.notes[0]
    moved = np.eye(4)
    moved[:3, 3] = (3, 2.5, 5)  # two voxels along each axis
    placed = found.mask(1, other, transform=moved)
    np.testing.assert_array_equal(placed[2:, 2:, 2:], expected[:-2, :-2, :-2])


def test_rois_are_found_by_number_or_name() -> None:
    disc = Contour(circle(9))
    found = set_of([disc], [disc])
    assert found.roi("Part 2") is found.roi(2) is found.rois[1]
    for which in (3, "Part", "2"):
        with pytest.raises(StructureError, match=r"no ROI .*: give the number of one of: 1 Part 1, 2 Part 2"):
            found.roi(which)
    twins = StructureSet((Roi(1, "A", RED), Roi(2, "A", RED)))
    with pytest.raises(StructureError, match="2 ROIs are called 'A'"):
        twins.roi("A")
    with pytest.raises(StructureError, match="2 ROIs have the number 1"):
        StructureSet((Roi(1, "A", RED), Roi(1, "B", RED)))
    with pytest.raises(StructureError, match="give 'xor'"):
        found.mask(1, grid(), rule="and")  # type: ignore[arg-type]


@pytest.mark.parametrize("points", [np.zeros((0, 3)), np.zeros((4, 2)), np.full((3, 3), np.nan)])
def test_a_contour_has_points_in_space(points: Array) -> None:
    with pytest.raises(StructureError, match="give finite x, y, z"):
        Contour(points)


def test_values_are_frozen_and_have_a_digest() -> None:
    points = circle(9)
    found = set_of([Contour(points)], [])
    points[0] = 0
    assert found.rois[0].contours[0].points[0, 0] == 9
    with pytest.raises(ValueError, match="read-only"):
        found.rois[0].contours[0].points[0] = 0
    assert found.digest == pickle.loads(pickle.dumps(found)).digest
    assert found.digest != set_of([Contour(points)], []).digest
    assert found.digest != set_of([], found.rois[0].contours).digest
    assert repr(found) == "StructureSet(2 ROIs (Part 1, Part 2), 0 notes)"
    assert found.with_info(notes=("Seen.",)).notes == ("Seen.",)
    assert Roi(1, "a\x1bb", RED).name == "a\\x1bb"
    with pytest.raises(StructureError, match="is not red, green and blue"):
        Roi(1, "A", (256, 0, 0))
