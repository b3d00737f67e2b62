"""What is cut away of a face: all that tells it, and nothing of the brain."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from viewer3d import phantom
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.phantom.head import _CRANIUM, BRAIN_DEPTH
from viewer3d.phantom.shapes import SamplePoints, ellipsoid
from viewer3d.render.couch.carved import CarvedVolume
from viewer3d.render.face.cut import FULL_HALF_WIDTH, FaceCut
from viewer3d.render.face.removal import face_notes, face_of, face_to_hide, with_face_hidden, without_face
from viewer3d.render.volume.volume_look import VolumeLook

LEAST_MM = 8.0
"""By how much the skin of a face must be further back, everywhere: less than that is the depth of no feature."""


def front(volume: Volume, least: float) -> np.ndarray:
    """Return y of the foremost dense voxel of each column and slice of an axial volume, in mm; 1000 for none."""
    dense = volume.voxels > least
    y = volume.affine[1, 3] + volume.affine[1, 1] * dense.argmax(1)
    return np.where(dense.any(1), y, 1000.0)


def check_skin_is_gone(volume: Volume, least: float, below_tip: float) -> None:
    """Check that the skin of a face is further back in all columns of an axial volume, and how it is no longer seen."""
    cut = face_to_hide(volume)
    hidden = with_face_hidden([volume], cut)[0]
    before, after = front(volume, least), front(hidden, least)
    x = volume.affine[0, 3] + volume.affine[0, 0] * np.arange(volume.shape[0])
    z = volume.affine[2, 3] + volume.affine[2, 2] * np.arange(volume.shape[2])
    face = (np.abs(x - cut.middle) < 45)[:, None] & ((z < cut.root) & (z > cut.tip - below_tip))
    skin = cut.skin(x[:, None], z[None])
    face &= before < skin + 10  # where there is a face at all: not beside a narrow chin
    assert np.count_nonzero(face) > 500
    assert (after - before)[face].min() >= LEAST_MM
    # What is seen then lies at the smooth surface or behind it.
    assert (after >= cut.surface(x[:, None], z[None]) - 1e-6)[face].all()


def test_the_skin_is_gone_from_brow_to_chin(head):
    check_skin_is_gone(head, -300, below_tip=50)


def test_nothing_of_the_brain_is_cut(head):
    cut = face_to_hide(head)
    head = phantom.head(shape=(64, 78, 91), spacing=(3, 3, 3))
    i, j, k = np.nonzero(head.voxels > -2000)
    world = head.geometry.index_to_world(np.stack([i, j, k], 1))
    points = SamplePoints(*world.T.astype(np.float32))
    brain = ellipsoid(points, *_CRANIUM) < -BRAIN_DEPTH
    assert np.count_nonzero(brain) > 50_000
    assert not cut.contains(world[brain]).any()


def test_all_else_is_as_it_was(head):
    cut = face_to_hide(head)
    hidden = with_face_hidden([head], cut)[0]
    world = head.geometry.index_to_world(np.stack(np.nonzero(head.voxels > -2000), 1))
    gone = cut.contains(world).reshape(head.shape)
    assert (hidden.voxels[gone] == -1000).all()
    assert (hidden.voxels[~gone] == head.voxels[~gone]).all()
    assert 0.02 < gone.mean() < 0.2


def test_the_cut_tells_nothing_but_size_and_place(head):
    # A head with another nose, lips and chin, but the same cheeks and forehead, is cut all but alike.
    world = head.geometry.index_to_world(np.stack(np.nonzero(head.voxels > -2000), 1))
    narrow = (np.abs(world[:, 0]) < 16) & (world[:, 2] < -60) & (world[:, 1] < -84)
    voxels = head.voxels.copy()
    voxels[narrow.reshape(head.shape)] = -1000
    other = face_to_hide(replace(head, voxels=voxels))
    cut = face_to_hide(head)
    x, z = np.meshgrid(np.linspace(-50, 50, 11), np.linspace(cut.tip - 40, cut.root, 11))
    assert np.abs(other.surface(x, z) - cut.surface(x, z)).max() < 2


def test_it_is_smooth_and_ends_at_the_skin():
    cut = FaceCut(0, 0, -40, (-80, 0, 0.01, 0), forehead=4.0)
    z = np.linspace(-100, 28, 1000)
    y = cut.surface(np.zeros_like(z), z)
    assert np.abs(np.diff(y)).max() < 0.2
    assert y[-1] == pytest.approx(-84)
    assert cut.surface(np.array([0.0, 0.0, 70.0]), np.array([29.0, -136.0, -40.0])).tolist() == [-np.inf] * 3
    x = np.linspace(FULL_HALF_WIDTH, 66, 100)
    assert np.abs(np.diff(cut.surface(x, np.full_like(x, -40.0)))).max() < 0.4


@pytest.mark.parametrize(
    "direction", [np.eye(3), [[0, 0, -1], [1, 0, 0], [0, -1, 0]], [[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]]]
)
def test_masks_are_those_of_the_function(direction):
    volume = phantom.head(shape=(60, 64, 66), spacing=(4, 4, 4), direction=np.array(direction))
    cut = face_to_hide(volume)
    world = volume.geometry.index_to_world(np.stack(np.nonzero(volume.voxels > -2000), 1))
    wanted = cut.contains(world).reshape(volume.shape)
    found = np.zeros_like(wanted)
    for index, part in cut.voxel_masks(volume.geometry):
        found[index] |= part
    assert (found == wanted).all()
    assert wanted.any()


def test_parts_are_made_as_they_are_read(head):
    cut = face_to_hide(head)
    shown = without_face(head, cut)
    assert isinstance(shown, CarvedVolume)
    assert without_face(head, face_to_hide(head)) is shown  # kept with the volume
    whole = shown.voxels[:, :, :]
    assert (shown.voxels[10:70, 5:50, 40:41] == whole[10:70, 5:50, 40:41]).all()
    assert shown.voxels.part((slice(10, 70), slice(5, 50), slice(0, 136))).is_changed
    assert not shown.voxels.part((slice(0, 96), slice(80, 116), slice(0, 136))).is_changed
    far = replace(cut, middle=cut.middle + 1000)
    assert without_face(head, far) is head


def test_couch_and_face_are_hidden_together(head):
    voxels = head.voxels.copy()
    voxels[20:76, 112:115] = -150
    lying = replace(head, voxels=voxels)
    cut = face_to_hide(lying)
    both = VolumeLook("ct-skin", couch_hidden=True, face=cut).whole_shown_volume(lying)
    couch, face = (VolumeLook("ct-skin", couch_hidden=one, face=None if one else cut) for one in (True, False))
    without_couch, without_the_face = (look.whole_shown_volume(lying).voxels for look in (couch, face))
    assert (without_couch != voxels).any()
    assert (both.voxels == np.where(without_the_face != voxels, without_the_face, without_couch)).all()


def test_values_without_a_unit_become_their_own_air(head):
    mr = Volume.from_array((head.voxels + np.int16(1040)), head.affine, modality="MR")
    hidden = with_face_hidden([mr], face_to_hide(mr))[0]
    gone = hidden.voxels != mr.voxels
    values = np.unique(hidden.voxels[gone])
    assert len(values) == 1
    assert values[0] <= 60  # of air, not of tissue


def test_notes_say_what_pictures_show(head):
    assert viewer3d.face_notes(head) == face_notes(head, is_hidden=False)
    (note,) = face_notes(head, is_hidden=False)
    assert note.id == "face.visible"
    assert "--hide-face" in note
    (note,) = face_notes(head, is_hidden=True)
    assert note.id == "face.hidden"
    assert "de-identifies nothing" in note
    assert not face_notes(phantom.volume(shape=(40, 30, 40)), is_hidden=False)


def test_what_cannot_be_hidden_is_refused(head):
    for volume, why in (
        (phantom.volume(shape=(40, 30, 40)), "no face was found"),
        (head.with_info(modality="PT"), "PT"),
    ):
        with pytest.raises(ViewError, match=f"face_hidden: .*{why}.* leave face_hidden"):
            face_to_hide(volume)


def test_volumes_are_freed_with_what_is_kept():
    volume = phantom.head(shape=(48, 58, 68), spacing=(4, 4, 4), noise=0)
    without_face(volume, face_to_hide(volume))
    gone = weakref.ref(volume)
    del volume
    gc.disable()
    try:
        assert gone() is None
    finally:
        gc.enable()


def test_the_skin_of_real_faces_is_gone(real):
    # Sagittal slices of 4.8 mm; axial ones of 1.5 mm, which are not said to be in HU.
    mr = viewer3d.load(real("mr_sag_hfs")).reoriented("LPS")
    check_skin_is_gone(mr, 150, below_tip=45)
    check_skin_is_gone(viewer3d.load(real("ct_head_64_slicer")), 500, below_tip=40)
    assert face_of(mr) is not None
