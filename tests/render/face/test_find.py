"""A face is found however the head was acquired, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from viewer3d import phantom
from viewer3d.core.geometry import Geometry
from viewer3d.core.volume import Volume
from viewer3d.phantom.head import CHIN, EYES, LIPS, NOSE_TIP
from viewer3d.render.face.find import find_face

FEATURES = np.array([NOSE_TIP, *EYES, LIPS, CHIN])
NOSE_ROOT = -16.0


def rotation(axis: int, degrees: float) -> np.ndarray:
    """Return the rotation matrix about an axis of the patient."""
    a, b = [n for n in range(3) if n != axis]
    R = np.eye(3)
    R[a, a] = R[b, b] = np.cos(np.radians(degrees))
    R[a, b], R[b, a] = -np.sin(np.radians(degrees)), np.sin(np.radians(degrees))
    return R


def moved(volume: Volume, turn: np.ndarray) -> Volume:
    """Return a volume whose patient is turned: voxels and grid go together."""
    M = np.eye(4)
    M[:3, :3] = turn
    return replace(volume, geometry=Geometry(M @ volume.affine, volume.shape))


def check_cut(volume: Volume, features: np.ndarray) -> None:
    """Check that a face is found and all of some points of its skin are well within what is cut away."""
    cut = find_face(volume)
    assert cut is not None
    depth = cut.surface(features[:, 0], features[:, 2]) - features[:, 1]
    assert (depth >= 6).all(), depth


def test_nose_and_eyes_are_found_where_they_are(head):
    cut = find_face(head)
    assert cut is not None
    assert abs(cut.middle) <= 4
    assert abs(cut.root - NOSE_ROOT) <= 10
    assert abs(cut.tip - NOSE_TIP[2]) <= 8
    check_cut(head, FEATURES)


SAGITTAL = np.array([[0.0, 0, -1], [1, 0, 0], [0, -1, 0]])
SAGITTAL_BACK = np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]])
CORONAL = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


@pytest.mark.parametrize(
    "direction",
    [
        SAGITTAL,
        CORONAL,
        np.diag([-1.0, -1, 1]),
        np.diag([1.0, -1, -1]),
        rotation(0, 20),
        rotation(2, 30),
        SAGITTAL_BACK,
    ],
    ids=["sagittal", "coronal", "rows and columns back", "feet first", "tilted", "oblique", "sagittal back"],
)
def test_however_the_grid_lies(direction):
    volume = phantom.head(shape=(80, 84, 88), spacing=(3, 3, 3), direction=direction)
    check_cut(volume, FEATURES)


def test_thick_slices():
    check_cut(phantom.head(shape=(192, 232, 45), spacing=(1, 1, 6)), FEATURES)
    check_cut(phantom.head(shape=(232, 250, 38), spacing=(1, 1, 5), direction=SAGITTAL), FEATURES)


@pytest.mark.parametrize(("axis", "degrees"), [(2, 25), (2, -25), (0, 15), (0, -15), (1, 12)])
def test_heads_that_are_turned_and_nod(head, axis, degrees):
    R = rotation(axis, degrees)
    check_cut(moved(head, R), FEATURES @ R.T)


def test_values_without_a_unit(head):
    # As T1 weighted: air and bone are dark, fat is bright, skin is darker than both tissues that it lies over.
    hu = head.voxels.astype(np.float64)
    values = np.interp(hu, [-1000, -500, -100, 35, 55, 300, 900], [4, 10, 1000, 400, 500, 80, 30])
    noise = np.random.default_rng(1).rayleigh(8, hu.shape)
    mr = Volume.from_array((values + noise).astype(np.int16), head.affine, modality="MR")
    check_cut(mr, FEATURES)
    check_cut(Volume.from_array((hu + 1024).astype(np.int16), head.affine, modality="CT"), FEATURES)


def part(head: Volume, low: float, high: float) -> Volume:
    """Return the slices of a head between two heights in mm."""
    first, last = (int(np.clip((z - head.affine[2, 3]) / 2, 0, head.shape[2])) for z in (low, high))
    affine = head.affine.copy()
    affine[2, 3] += 2 * first
    return replace(
        head, voxels=head.voxels[:, :, first:last], geometry=Geometry(affine, (*head.shape[:2], last - first))
    )


def test_parts_of_a_head(head):
    check_cut(part(head, -200, 30), FEATURES)  # the face alone
    check_cut(part(head, -60, 130), FEATURES[:3])  # without mouth and chin
    check_cut(part(head, -44, 130), FEATURES[1:3])  # a brain scan that ends above the tip of the nose
    assert find_face(part(head, 10, 130)) is None  # above the eyes
    assert find_face(part(head, -200, -120)) is None  # a neck


def test_a_head_cropped_before_its_face_shows_none(head):
    affine = head.affine.copy()
    affine[1, 3] += 2 * 40
    behind = replace(head, voxels=head.voxels[:, 40:], geometry=Geometry(affine, (96, 76, 136)))
    assert find_face(behind) is None


def test_nothing_else_has_a_face(head):
    assert find_face(phantom.volume(shape=(135, 100, 160))) is None
    assert find_face(head.with_info(modality="PT")) is None
    skull = np.where(head.voxels > 300, head.voxels, np.int16(-1000))
    assert find_face(Volume.from_array(skull, head.affine, unit="HU", modality="CT")) is None
    noise = np.random.default_rng(0).normal(0, 100, (60, 70, 80)).astype(np.float32)
    for values in (noise, np.zeros_like(noise), np.full_like(noise, np.nan)):
        assert find_face(Volume.from_array(values, np.diag([3.0, 3, 3, 1]), modality="MR")) is None


def test_what_is_as_large_and_round_as_a_head_is_taken_for_one():
    # Heads of which a nose is not seen are such: a picture of one is rather said to show a face than not.
    ball = np.indices((80, 80, 80)) - 39.5
    voxels = np.where((ball**2).sum(0) < 30**2, 40, -1000).astype(np.int16)
    assert find_face(Volume.from_array(voxels, np.diag([2.5, 2.5, 2.5, 1]), unit="HU", modality="CT")) is not None
    assert find_face(Volume.from_array(voxels, np.diag([1.5, 1.5, 1.5, 1]), unit="HU", modality="CT")) is None


def test_what_reaches_all_borders_has_none(head):
    inner = replace(head, voxels=head.voxels[30:66, 40:80, 30:110], geometry=Geometry(head.affine, (36, 40, 80)))
    assert find_face(inner) is None


AROUND = {
    "shoulders": lambda x, y, z: ((x / 220) ** 2 + ((y - 20) / 110) ** 2 < 1) & (z < -170),
    "arms beside it": lambda x, y, _z: np.hypot(np.abs(x) - 150, y - 10) < 42,
    "couch and head-holder": lambda x, y, _z: (
        ((np.abs(y - 112) < 5) & (np.abs(x) < 200)) | ((np.abs(np.hypot(x, y - 10) - 108) < 4) & (y > 0))
    ),
    "a tube in the mouth": lambda x, y, z: (np.hypot(x - 10, z + 85) < 5) & (y < -80),
    "hands before the chin": lambda x, y, z: (np.abs(x) < 60) & (np.abs(y + 150) < 15) & (z < -100) & (z > -200),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", AROUND)
def test_what_is_around_a_head_changes_nothing(what):
    wide = phantom.head(shape=(160, 120, 170), spacing=(3, 3, 3), center=(0, 0, -100))
    world = wide.geometry.index_to_world(np.stack(np.nonzero(wide.voxels > -5000), 1))
    voxels = wide.voxels.copy()
    voxels[AROUND[what](*world.T).reshape(wide.shape)] = 40
    check_cut(replace(wide, voxels=voxels), FEATURES)


@pytest.mark.parametrize("name", ["mr_sag_hfs", "ct_head_64_slicer"])
def test_real_faces(real, name):
    assert find_face(viewer3d.load(real(name))) is not None


@pytest.mark.parametrize(
    "name",
    [
        "ct_head_philips",
        "ct_head_tilt_philips12",
        pytest.param("ct_torso_acrin", marks=pytest.mark.slow),
        "mr_enh_philips",
        "mr_phase_slope2",
        "ct_seg_liver",
    ],
)
def test_real_series_without_the_skin_of_a_face(real, name):
    # Those of heads are phantoms: a bare skull, without skin, and its base; and a phase, which shows no skin.
    assert all(find_face(volume) is None for volume in viewer3d.load_all(real(name))[:2])
