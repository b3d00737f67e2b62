"""Surfaces of volumes at a value: closed, outwards, where the values are, and capped where the volume ends."""

from __future__ import annotations

import numpy as np
import pytest

import viewer3d
from viewer3d.core.mesh import Mesh
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.structures import Contour, Roi, StructureSet
from viewer3d.core.volume import Volume
from viewer3d.errors import LimitError, SegmentError, StructureError, ViewError
from viewer3d.render.volume import isosurface
from viewer3d.render.volume.isosurface import surface

RADIUS = 20.0
SPACING = (0.7, 0.9, 2.0)


def oblique() -> np.ndarray:
    """An affine whose axes are those of no patient side."""
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    turn[:, 0] *= np.linalg.det(turn)
    affine = np.eye(4)
    affine[:3, :3] = turn * SPACING
    affine[:3, 3] = (100, -200, 900)
    return affine


AFFINE = oblique()
SHAPE = (80, 70, 40)
INDEX = np.stack(np.meshgrid(*[np.arange(float(n)) for n in SHAPE], indexing="ij"), -1)
MIDDLE = AFFINE[:3, :3] @ (40.2, 33.1, 19.7) + AFFINE[:3, 3]
DISTANCE = np.linalg.norm(INDEX @ AFFINE[:3, :3].T + AFFINE[:3, 3] - MIDDLE, axis=-1)


def ball(*, whole: bool = False) -> Volume:
    """Values that are 0 on a sphere in the middle of an oblique grid, as float32 or as whole numbers."""
    values = np.round(50 * (RADIUS - DISTANCE)).astype(np.int16) if whole else RADIUS - DISTANCE
    return Volume.from_array(values, AFFINE, unit="HU", frame_of_reference="1.2.3")


def error_of(mesh: Mesh) -> float:
    """How far corners and middles of triangles are from the sphere at most, in mm."""
    places = np.concatenate([mesh.points, mesh.points[mesh.triangles].mean(1)])
    return float(np.abs(np.linalg.norm(places - MIDDLE, axis=1) - RADIUS).max())


@pytest.mark.parametrize("whole", [False, True])
def test_it_is_where_the_values_are_on_an_oblique_grid(whole: bool):
    mesh = surface(ball(whole=whole), 0)
    assert mesh.is_closed
    assert error_of(mesh) < 0.25 * min(SPACING)
    assert mesh.ml == pytest.approx(4 / 3 * np.pi * RADIUS**3 / 1000, rel=3e-3)  # positive: it faces outwards
    assert (mesh.frame_of_reference, mesh.name, mesh.notes) == ("1.2.3", "0 HU", ())


def test_levels_that_voxels_have_give_no_triangles_without_area():
    mesh = surface(ball(whole=True), 0)
    first, second, third = (mesh.points[mesh.triangles[:, n]] for n in range(3))
    assert np.linalg.norm(np.cross(second - first, third - first), axis=1).min() > 0
    assert len(np.unique(mesh.points, axis=0)) == len(mesh.points)


@pytest.mark.parametrize("level", [50, 100])
def test_a_volume_that_is_all_inside_is_its_box(level: int):
    volume = Volume.from_array(np.full((5, 6, 7), 100), AFFINE)
    mesh = surface(volume, level)
    assert mesh.is_closed
    assert mesh.ml == pytest.approx(5 * 6 * 7 * np.prod(SPACING) / 1000, rel=1e-6)
    np.testing.assert_allclose(mesh.bounds, volume.geometry.bounds, atol=1e-4)


def test_what_leaves_the_volume_is_capped_at_its_faces():
    mesh = surface(Volume.from_array(RADIUS - DISTANCE[:, 33:, :20], AFFINE), 0)  # its first voxel is another's place
    assert mesh.is_closed
    index = Volume.from_array(np.zeros((1, 1, 1)), AFFINE).geometry.world_to_index(mesh.points)
    assert index[:, 1].min() == pytest.approx(-0.5, abs=1e-4)
    assert index[:, 2].max() == pytest.approx(19.5, abs=1e-4)
    # Half of the ball by j, and what of it lies below the face 0.2 slices under its middle.
    height = 0.2 * SPACING[2]
    lower = 2 / 3 * np.pi * RADIUS**3 - np.pi * height * (RADIUS**2 - height**2 / 3)
    left = (33.1 - 32.5) * SPACING[1]
    share = 0.5 + left * 0.75 / RADIUS - left**3 / (4 * RADIUS**3)  # of a ball above a plane so far from its middle
    assert mesh.ml == pytest.approx(lower * share / 1000, rel=0.01)


def test_noise_is_closed_too():
    mesh = surface(Volume.from_array(np.random.default_rng(0).integers(0, 5, (20, 21, 22)), AFFINE), 2)
    assert mesh.is_closed
    assert mesh.ml > 0


def test_voxels_that_are_no_numbers_lie_outside():
    values = np.full((8, 8, 8), 10, np.float32)
    values[:, :, 4:] = np.nan
    values[0, 0, 0] = 1
    mesh = surface(Volume.from_array(values, np.eye(4)), 5)
    assert mesh.is_closed
    assert mesh.bounds[1, 2] == pytest.approx(3 + 5 / 9)  # between 10 and 1, the next value below


@pytest.mark.parametrize(
    ("options", "start"),
    [
        ({"smoothing": 0.5}, "Smoothed by 0.5: its volume changed by +0.00 %, the largest distance"),
        ({"reduction": 0.8}, "Reduced from 14,380 to 2,876 triangles: its volume changed by -0."),
        ({"smoothing": 0.3, "reduction": 0.9}, "Smoothed by 0.3 and reduced from 14,380 to 1,438 triangles"),
    ],
)
def test_notes_say_what_smoothing_and_reduction_changed(options: dict[str, float], start: str):
    exact, mesh = surface(ball(), 0), surface(ball(), 0, **options)
    assert mesh.is_closed
    assert mesh.notes[0].startswith(start)
    said = float(mesh.notes[0].split(" is ")[1].removesuffix(" mm."))
    nearest = max(np.linalg.norm(mesh.points - one, axis=1).min() for one in exact.points[::200])
    assert 0.005 < said < 0.4
    assert np.abs(np.linalg.norm(mesh.points - MIDDLE, axis=1) - RADIUS).max() < said + 0.05
    assert nearest > 0  # points moved or went
    assert mesh.ml == pytest.approx(exact.ml, rel=0.01)


def test_progress_is_told():
    told: list[tuple[str, int, int]] = []
    surface(ball(), 0, progress=lambda *what: told.append(what))
    assert told[0] == ("surface", 0, 4)
    assert told[-1] == ("surface", 4, 4)


def box_segmentation() -> viewer3d.Segmentation:
    labels = np.zeros((12, 12, 8), np.uint8)
    labels[2:9, 3:9, 1:6] = 4
    colors = {4: (221, 130, 101)}
    return viewer3d.Segmentation.from_array(
        labels, AFFINE, names={4: "Liver", 5: "None"}, colors=colors, frame_of_reference="1.2.3"
    )


def test_a_segment_has_a_surface_by_number_or_name():
    organs = box_segmentation()
    mesh = surface(organs, "Liver")
    assert (mesh.name, mesh.color, mesh.frame_of_reference) == ("Liver", (221, 130, 101), "1.2.3")
    assert mesh.is_closed
    assert mesh.ml == pytest.approx(7 * 6 * 5 * np.prod(SPACING) / 1000, rel=5e-4)
    assert mesh.digest == surface(organs, 4).digest
    assert len(surface(organs, 4, reduction=0.5).triangles) < len(mesh.triangles)
    with pytest.raises(ViewError, match="None: has no voxel"):
        surface(organs, 5)
    with pytest.raises(SegmentError, match="Spleen"):
        surface(organs, "Spleen")
    with pytest.raises(ViewError, match="leave smoothing out"):
        surface(organs, 4, smoothing=0.5)


def test_contours_need_a_grid():
    square = np.array([(2, 2), (2, 8), (8, 8), (8, 2)], float)
    contours = [Contour(np.column_stack([square, np.full(4, z)])) for z in (2.0, 3.0, 4.0)]
    structures = StructureSet((Roi(0, "GTV", (255, 0, 0), contours=tuple(contours), frame_of_reference="1.2"),))
    volume = Volume.from_array(np.zeros((12, 12, 8)), np.eye(4), frame_of_reference="1.2")
    mesh = surface(structures, "GTV", like=volume)
    assert (mesh.name, mesh.color, mesh.frame_of_reference) == ("GTV", (255, 0, 0), "1.2")
    assert mesh.ml == pytest.approx(structures.mask("GTV", volume).sum() / 1000, rel=1e-3)
    assert surface(structures, 0, like=volume.geometry).digest == mesh.digest
    with pytest.raises(ViewError, match="give like=volume"):
        surface(structures, "GTV")
    with pytest.raises(StructureError, match="PTV"):
        surface(structures, "PTV", like=volume)


@pytest.mark.parametrize(
    ("value", "options", "message"),
    [
        (30, {}, r"at least 30 HU: its values are -\d+(\.\d+)? to 19.\d+; give one between"),
        (float("nan"), {}, "value nan: of a volume give a number"),
        ("Liver", {}, "value 'Liver': of a volume give a number"),
        (0, {"smoothing": 1.5}, "smoothing 1.5: give a number from 0"),
        (0, {"smoothing": float("nan")}, "smoothing nan"),
        (0, {"reduction": 1.0}, "reduction 1.0: give the share"),
    ],
)
def test_what_means_nothing_is_refused(value, options, message):
    with pytest.raises(ViewError, match=message):
        surface(ball(), value, **options)


def test_a_surface_of_noise_is_refused_before_it_is_made(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(isosurface, "MOST_ISO_POINTS", 5000)
    with pytest.raises(LimitError, match=r"has about 14,384 triangles, more than 10,000: give a value"):
        surface(ball(), 0)


def islands() -> Volume:
    """A ball of 12 voxels with a cavity of 5, in which a ball of 2 floats, and a box of 4 in a corner."""
    away = np.linalg.norm(np.indices((48, 40, 36)).T[..., :3] - (20.0, 19.0, 18.0), axis=-1).T
    values = np.where((away < 12) & ((away > 5) | (away < 2)), 100, 0).astype(np.int16)
    values[40:44, 30:34, 2:6] = 100
    affine = np.diag([0.8, 0.8, 1.5, 1.0])
    return Volume.from_array(values, affine, unit="HU", frame_of_reference="1.2.3")


@pytest.mark.parametrize("smoothing", [None, 0.3])
def test_the_largest_part_is_kept_with_its_cavities(smoothing: float | None):
    volume = islands()
    away = np.linalg.norm(np.indices(volume.shape).T[..., :3] - (20.0, 19.0, 18.0), axis=-1).T
    alone = Volume.from_array(np.where(away < 3, 0, volume.voxels), volume.affine, unit="HU")
    alone = Volume.from_array(np.where(np.indices(volume.shape)[0] > 36, 0, alone.voxels), volume.affine, unit="HU")
    whole = surface(volume, 50, smoothing=smoothing)
    mesh, right = surface(volume, 50, smoothing=smoothing, largest=True), surface(alone, 50, smoothing=smoothing)
    assert mesh.is_closed
    assert len(mesh.triangles) == len(right.triangles) < len(whole.triangles)
    assert mesh.ml == pytest.approx(right.ml, rel=1e-6)
    assert mesh.notes[0].startswith("The largest part was kept; 2 others, ")
    assert surface(alone, 50, largest=True).notes == ("It has one part: nothing was left out.",)


def test_what_touches_by_an_edge_stays_closed():
    values = np.zeros((9, 9, 9), np.int16)
    values[2:4, 2:4, 2:7] = values[4:6, 4:6, 2:7] = 100
    mesh = surface(Volume.from_array(values, np.eye(4)), 50, largest=True)
    assert mesh.is_closed
    assert mesh.ml > 0


def test_the_largest_part_of_a_segment():
    volume = islands()
    labels = viewer3d.Segmentation.from_array(
        (volume.voxels > 50).astype(np.uint8) * 7, volume.affine, names={7: "Bone"}, colors={7: (1, 2, 3)}
    )
    whole, mesh = surface(labels, "Bone"), surface(labels, "Bone", largest=True)
    assert mesh.is_closed
    assert (mesh.name, mesh.color) == ("Bone", (1, 2, 3))
    assert mesh.bounds[1, 0] < 34 * 0.8 < whole.bounds[1, 0]
    count = np.count_nonzero(volume.voxels > 50)
    left = np.count_nonzero(volume.voxels[36:] > 50) + 27
    assert mesh.ml == pytest.approx((count - left) * np.prod(volume.spacing) / 1000, rel=5e-3)


def test_the_couch_is_left_out_of_a_ct_alone():
    volume = viewer3d.phantom.volume(shape=(64, 64, 24), spacing=(8, 8, 16))
    mesh = surface(volume, -300, couch_hidden=True)
    assert mesh.is_closed
    assert "ouch" in mesh.notes[0]
    assert mesh.ml <= surface(volume, -300).ml
    with pytest.raises(ViewError, match="HU"):
        surface(Volume.from_array(np.ones((3, 3, 3)), np.eye(4)), 1, couch_hidden=True)
    labels = viewer3d.Segmentation.from_array(np.ones((3, 3, 3), np.uint8), np.eye(4))
    with pytest.raises(ViewError, match="hold no couch"):
        surface(labels, 1, couch_hidden=True)


MOVE = np.array([[0, -1, 0, 5.0], [1, 0, 0, -3], [0, 0, 1, 8], [0, 0, 0, 1]])


def structures_of(frame: str) -> StructureSet:
    """A tube of 20 x 20 mm over slices of 2 mm, drawn in some frame of reference."""
    square = np.array([(0, 0), (20, 0), (20, 20), (0, 20)], float) + 40.1
    contours = tuple(Contour(np.column_stack([square, np.full(4, z)])) for z in np.arange(30, 50, 2.0))
    return StructureSet((Roi(1, "Tube", (255, 0, 0), contours=contours, frame_of_reference=frame),))


def grid_volume(frame: str = "1.2.3") -> Volume:
    return Volume.from_array(
        np.zeros((100, 110, 60), np.int16), np.diag([1, 1, 2.0, 1]) + BEGIN, frame_of_reference=frame
    )


BEGIN = np.array([[0, 0, 0, -80.0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])


def test_contours_of_another_frame_are_placed_by_a_transform_or_trust(tmp_path):
    structures, volume = structures_of("9.8"), grid_volume()
    with pytest.raises(ViewError, match="its frame of reference is another"):
        surface(structures, "Tube", like=volume)
    placed = surface(structures, "Tube", like=volume, transform=MOVE)
    assert placed.frame_of_reference == "1.2.3"
    np.testing.assert_allclose(placed.bounds.mean(0), (MOVE @ (50.1, 50.1, 39, 1))[:3], atol=0.6)
    assert any("was placed by a given matrix" in note for note in placed.notes)
    np.savetxt(tmp_path / "move.txt", MOVE)
    assert surface(structures, "Tube", like=volume, transform=tmp_path / "move.txt").digest == placed.digest
    near = Volume.from_array(np.zeros((100, 100, 60), np.int16), np.diag([1, 1, 2.0, 1]), frame_of_reference="1.2.3")
    trusted = surface(structures, 1, like=near, same_frame=True)
    assert trusted.frame_of_reference == "1.2.3"
    np.testing.assert_allclose(trusted.bounds.mean(0), (50.1, 50.1, 39), atol=0.6)
    with pytest.raises(ViewError, match="give the transform alone"):
        surface(structures, "Tube", like=volume, transform=MOVE, same_frame=True)


def test_segments_of_another_frame_go_to_the_world_of_a_volume():
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[5:15, 6:12, 4:9] = 1
    segmentation = Segmentation.from_array(labels, np.eye(4), names={1: "Box"}, frame_of_reference="9.8")
    own = surface(segmentation, "Box")
    with pytest.raises(ViewError, match="its frame of reference is another"):
        surface(segmentation, "Box", like=grid_volume())
    placed = surface(segmentation, "Box", like=grid_volume(), transform=MOVE)
    assert (placed.frame_of_reference, placed.is_closed) == ("1.2.3", True)
    np.testing.assert_allclose(placed.points, own.points @ MOVE[:3, :3].T + MOVE[:3, 3], atol=1e-4)
    trusted = surface(segmentation, "Box", like=grid_volume(), same_frame=True)
    np.testing.assert_array_equal(trusted.points, own.points)
    assert trusted.frame_of_reference == "1.2.3"
    with pytest.raises(ViewError, match="give it, like=volume"):
        surface(segmentation, "Box", transform=MOVE)
    with pytest.raises(ViewError, match="leave like, transform and same_frame out"):
        surface(ball(), 0, like=grid_volume())
