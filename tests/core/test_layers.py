import numpy as np
import pytest

import viewer3d
from viewer3d.core.geometry import Geometry
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.placing.overlap import overlap, share_within
from viewer3d.core.sampling import measured_mask
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError

FRAME, OTHER = "1.2.3.4", "1.2.3.5"


def volume(affine=None, shape=(20, 16, 10), frame=FRAME, **about):
    matrix = np.diag([2.0, 2.0, 3.0, 1.0]) if affine is None else np.asarray(affine, float)
    values = np.arange(np.prod(shape), dtype=np.int16).reshape(shape, order="F")
    return Volume.from_array(values, matrix, unit="HU", frame_of_reference=frame, **{"modality": "CT", **about})


def shifted(x=0.0, y=0.0, z=0.0, spacing=(4.0, 4.0, 4.0)):
    matrix = np.diag([*spacing, 1.0])
    matrix[:3, 3] = x, y, z
    return matrix


def turned(degrees, shift=(0, 0, 0)):
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[c, -s, 0, shift[0]], [s, c, 0, shift[1]], [0, 0, 1, shift[2]], [0, 0, 0, 1]], float)


def test_data_of_one_frame_of_reference_lie_where_they_say():
    base, other = volume(), volume(shifted(5), (8, 8, 8), modality="PT")
    below, above = place_layers(base, [other]).layers
    assert (below.volume, below.name, below.notes) == (base, "CT", ())
    assert above.volume is other
    assert (above.name, above.notes, above.transform) == ("PET", (), None)


@pytest.mark.parametrize("overlays", [volume(), Layer(volume()), [volume()], (Layer(volume()),)])
def test_one_overlay_needs_no_list(overlays):
    assert [layer.name for layer in place_layers(volume(), overlays).layers] == ["CT", "CT 1"]


def test_names_differ():
    layers = place_layers(volume(), [volume(modality=""), volume(modality="MR"), Layer(volume(), "after")]).layers
    assert [layer.name for layer in layers] == ["CT", "layer 1", "MR", "after"]


@pytest.mark.parametrize("frames", [(FRAME, OTHER), (FRAME, ""), ("", OTHER), ("", "")])
def test_another_frame_of_reference_is_refused_in_words(frames):
    base, other = volume(frame=frames[0]), volume(shifted(5), (8, 8, 8), frame=frames[1])
    with pytest.raises(ViewError, match=r"its frame of reference is .*: give a transform .*or same_frame") as told:
        place_layers(base, other)
    assert not any(frame and frame in str(told.value) for frame in frames)  # it identifies an examination
    _, trusted = place_layers(base, Layer(other, same_frame=True)).layers
    assert trusted.volume is other
    assert trusted.notes == ("CT 1 is taken to be in the frame of reference of the base, as was asked for.",)


@pytest.mark.parametrize("frames", [(FRAME, ""), ("", OTHER), ("", "")])
def test_a_grid_that_is_the_bases_needs_no_frame_of_reference(frames):
    base, other = volume(frame=frames[0]), volume(frame=frames[1])
    _, placed = place_layers(base, other).layers
    assert placed.volume is other
    (note,) = placed.notes
    assert "does not say its frame of reference; it lies on the grid of the base" in note
    with pytest.raises(ViewError, match="give a transform"):
        place_layers(base, volume(shifted(0.1, spacing=(2, 2, 3)), frame=frames[1]))


def test_a_transform_leads_to_the_world_of_the_base():
    base, other, matrix = volume(), volume(shifted(5), (8, 8, 8), frame=OTHER), turned(30, (3, -2, 1))
    _, placed = place_layers(base, Layer(other, "moved", transform=matrix)).layers
    np.testing.assert_allclose(placed.volume.affine, matrix @ other.affine, atol=1e-12)
    world = np.array([12.0, 9.0, 7.0])
    moved = matrix[:3, :3] @ world + matrix[:3, 3]
    assert placed.volume.value_at(moved) == pytest.approx(other.value_at(world), abs=0.51)
    assert np.shares_memory(placed.volume.voxels, other.voxels)
    assert placed.data == (other,)
    assert placed.notes == ("moved was placed by a given matrix.",)


def test_all_members_of_a_set_move_together():
    times = [volume(shifted(5), (8, 8, 8), which={"time": float(n)}) for n in range(3)]
    _, placed = place_layers(volume(), [Layer(times, transform=turned(10))]).layers
    assert len(placed.members) == 3
    assert all(one.geometry is placed.members[0].geometry for one in placed.members)
    assert [one.which["time"] for one in placed.members] == [0, 1, 2]


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        (np.diag([-1.0, 1, 1, 1]), "mirrors: left would be right"),
        (np.diag([1.0, 1, 0, 1]), "is singular"),
        ([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], "is singular"),
        (np.eye(3), "not a finite 4 x 4 matrix"),
        (np.full((4, 4), np.nan), "not a finite 4 x 4 matrix"),
        (np.diag([1.0, 1, 1, 2]), "not a finite 4 x 4 matrix"),
        (["identity"], "not a finite 4 x 4 matrix"),
        ([[1, 2], [3]], "not a finite 4 x 4 matrix"),
    ],
)
def test_a_matrix_that_places_nothing_is_refused(matrix, says):
    with pytest.raises(ViewError, match=says):
        Layer(volume(), transform=matrix)


SHEARS = {
    "slices along rows": [(0, 2, 0.2)],
    "rows along columns": [(0, 1, -0.15)],
    "columns along slices": [(2, 0, 0.1)],
    "all, with scales": [(0, 1, 0.02), (0, 2, -0.03), (1, 2, 0.05), (2, 1, 0.01), (0, 0, 1.1), (2, 2, 0.9)],
}


def sheared(case):
    matrix = turned(20, (3, -2, 5))
    for row, column, value in SHEARS[case]:
        matrix[row, column] += value - (row == column)
    return matrix


@pytest.mark.parametrize("case", SHEARS)
@pytest.mark.parametrize("whole", [True, False], ids=["int16", "float32"])
def test_a_matrix_that_shears_is_drawn_on_a_grid_of_right_angles(case, whole):
    """A field that is linear in space is the same at the same place of the patient."""
    slope, matrix, given = np.array([3.0, -2.0, 1.5]), sheared(case), volume()
    places = given.geometry.index_to_world(np.stack(np.meshgrid(*map(np.arange, given.shape), indexing="ij"), -1))
    field = places @ slope
    over = Volume.from_array(np.rint(field).astype(np.int16) if whole else field, given.affine, modality="MR")
    _, placed = place_layers(volume(), Layer(over, "MR", transform=matrix)).layers
    found = placed.volume
    assert found.geometry.shear < 1e-9
    assert found.voxels.dtype == over.voxels.dtype
    assert found.shape[2] == over.shape[2]
    inside = measured_mask(found.measured, found.shape)
    assert inside.mean() > 0.4
    index = np.argwhere(inside)
    before = (found.geometry.index_to_world(index) - matrix[:3, 3]) @ np.linalg.inv(matrix[:3, :3]).T
    np.testing.assert_allclose(found.voxels[inside], before @ slope, atol=1.01 if whole else 1e-3)
    assert "MR: its transform shears (cosine 0." in placed.notes[1]
    assert placed.data[0] is over
    np.testing.assert_array_equal(placed.transform, matrix)


def test_the_whole_sheared_grid_lies_in_the_upright_one_and_the_rest_is_air():
    matrix = sheared("all, with scales")
    over = Volume.from_array(np.full((20, 16, 10), 40, np.int16), volume().affine, unit="HU", modality="CT")
    low = np.array(over.voxels)
    low[0, 0, 0] = -1000
    over = Volume.from_array(low, over.affine, unit="HU", modality="CT")
    found = place_layers(volume(), Layer(over, transform=matrix)).layers[1].volume
    centres = [(i, j, k) for i in (0, 19) for j in (0, 15) for k in (0, 9)]
    inner = over.geometry.index_to_world(centres) @ matrix[:3, :3].T + matrix[:3, 3]
    assert all(found.geometry.contains(point) for point in inner)
    back = found.geometry.index_to_world(np.argwhere(found.voxels == 40)) - matrix[:3, 3]
    index = over.geometry.world_to_index(back @ np.linalg.inv(matrix[:3, :3]).T)
    assert index.min() > -0.51
    assert (index < np.array(over.shape) - 0.49).all()
    assert np.count_nonzero(found.voxels == -1000) > 100


def test_what_was_not_measured_stays_so_where_a_matrix_shears():
    over = volume()
    part = np.tile(np.array([4, 16, 3, 12], np.int32), (10, 1))
    over = Volume.from_array(over.voxels, over.affine, unit="HU", modality="CT", measured=part)
    found = place_layers(volume(), Layer(over, transform=sheared("rows along columns"))).layers[1].volume
    index = np.argwhere(measured_mask(found.measured, found.shape))
    matrix = sheared("rows along columns")
    back = (found.geometry.index_to_world(index) - matrix[:3, 3]) @ np.linalg.inv(matrix[:3, :3]).T
    own = over.geometry.world_to_index(back)
    assert len(index) > 300
    assert (own[:, 0] > 4 - 1e-3).all()
    assert (own[:, 0] < 15 + 1e-3).all()
    assert (own[:, 1] > 3 - 1e-3).all()
    assert (own[:, 1] < 11 + 1e-3).all()


def test_a_matrix_that_shears_without_end_is_refused():
    shear = np.eye(4)
    shear[0, 2] = 5
    with pytest.raises(ViewError, match="shears by too much"):
        place_layers(volume(), Layer(volume(), transform=shear))


@pytest.mark.slow  # with the peers, which only the long tests have
def test_simpleitk_resamples_a_sheared_overlay_the_same(tmp_path):
    sitk = pytest.importorskip("SimpleITK")
    values = np.random.default_rng(3).normal(0, 100, (20, 16, 10)).astype(np.float32)
    over = Volume.from_array(values, volume().affine, modality="MR")
    affine = sitk.AffineTransform(3)
    affine.SetMatrix([1.02, 0.03, -0.02, 0.01, 0.97, 0.04, -0.03, 0.02, 1.05])
    affine.SetCenter([10.0, 10.0, 10.0])
    affine.SetTranslation([1.0, -2.0, 3.0])
    sitk.WriteTransform(affine, str(tmp_path / "a.mat"))
    found = place_layers(volume(), Layer(over, "MR", transform=tmp_path / "a.mat")).layers[1].volume
    moving = sitk.GetImageFromArray(values.T)
    moving.SetSpacing(over.spacing)
    grid = sitk.Image([int(n) for n in found.shape], sitk.sitkFloat32)
    grid.SetSpacing(found.spacing)
    grid.SetOrigin(found.geometry.origin)
    grid.SetDirection(found.geometry.direction.ravel().tolist())
    expected = sitk.GetArrayFromImage(sitk.Resample(moving, grid, affine, sitk.sitkLinear, 0.0)).T
    inside = measured_mask(found.measured, found.shape)
    # Slices at both ends lie on the edge of ITK's grid but for rounding.
    inside[:, :, [0, -1]] = False
    assert inside.sum() > 1000
    np.testing.assert_allclose(found.voxels[inside], expected[inside], atol=0.01)


def test_scales_along_the_axes_are_placed():
    _, placed = place_layers(volume(), Layer(volume(), transform=np.diag([1.1, 1.1, 0.9, 1]))).layers
    np.testing.assert_allclose(placed.volume.spacing, (2.2, 2.2, 2.7))


def test_both_a_transform_and_trust_are_too_much():
    with pytest.raises(ViewError, match="give the transform alone"):
        Layer(volume(), transform=np.eye(4), same_frame=True)


def test_what_does_not_overlap_is_an_error_with_both_extents():
    with pytest.raises(ViewError, match=r"PET does not overlap the base: it reaches x 498 to 530.*the base x -1 to 39"):
        place_layers(volume(), volume(shifted(500), (8, 8, 8), modality="PT"))


def test_little_overlap_is_a_note():
    _, placed = place_layers(volume(), volume(shifted(36), (20, 16, 10))).layers
    assert placed.notes == ("Little of CT 1 lies in the base: 3 % of its grid.",)  # 5 of 80 mm, half of y, most of z
    _, large = place_layers(volume(), volume(shifted(-100, -100, -100, (20.0, 20.0, 20.0)))).layers
    assert large.notes == ()  # it holds all of the base


def test_a_slice_across_a_slice_overlaps():
    axial = Geometry(np.diag([1.0, 1, 0.01, 1]), (200, 200, 1))
    across = Geometry(np.array([[0, 0, 0.01, 77.3], [1, 0, 0, 0], [0, 1, 0, -50], [0, 0, 0, 1]], float), (200, 100, 1))
    assert overlap(axial, across)
    assert not overlap(axial, Geometry(shifted(200, spacing=(1, 1, 1)) @ across.affine, across.shape))
    # Boxes around both meet, they do not.
    diamond = Geometry(turned(45, (27, -3, 0)) @ np.diag([1.0, 1, 1, 1]), (10, 10, 1))
    square = Geometry(np.diag([1.0, 1, 1, 1]), (21, 3, 1))
    assert (diamond.bounds[0] < square.bounds[1]).all()
    assert (square.bounds[0] < diamond.bounds[1]).all()
    assert not overlap(square, diamond)


def test_shares_are_those_of_the_grids():
    whole = Geometry(np.diag([1.0, 1, 1, 1]), (100, 10, 10))
    part = Geometry(shifted(50, spacing=(1, 1, 1)), (100, 10, 10))
    assert share_within(whole, part) == pytest.approx(0.5, abs=0.05)
    assert share_within(whole, whole) == 1


def test_looks_have_known_fields():
    with pytest.raises(ViewError, match=r"look has no colour, windows: give some of window, colors"):
        Layer(volume(), look={"colour": "pet", "windows": 1})


def test_too_many_overlays_are_refused():
    one = volume()
    assert len(place_layers(one, [one] * 20).layers) == 21
    with pytest.raises(ViewError, match="100 overlays: a scene has 99 at most"):
        place_layers(one, [one] * 100)


def test_what_is_no_data_is_refused():
    with pytest.raises(ViewError, match="an array does not say where its voxels are"):
        place_layers(volume(), [np.zeros((3, 3, 3))])


@pytest.mark.slow
def test_the_real_pair_lies_in_one_world(real):
    ct, pet = (viewer3d.load(real(name)) for name in ("ct_torso_acrin", "pet_ac_bqml"))
    below, above = place_layers(ct, pet).layers
    assert (below.name, above.name) == ("CT", "PET")
    assert above.notes == ()
    assert above.volume is pet
