"""The couch is gone and the body is whole: on the phantom, whose every voxel is known, and on real series."""

from __future__ import annotations

import gc
import time
import weakref
from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from tests.combinations import each_value
from tests.render import couch_scenes as scenes
from tests.render.markers import DIRECTIONS, rotation
from viewer3d import phantom
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.phantom import body as phantom_body
from viewer3d.phantom.shapes import BodyPart, SamplePoints
from viewer3d.render.couch.carved import CarvedVolume
from viewer3d.render.couch.removal import begins_hidden, body_span, hide_couch

COUCH, *PATIENT = phantom_body.PARTS


def raised(by):
    """The couch so many mm nearer to the front: the back lies on it, then in it."""
    low = (COUCH.low[0], COUCH.low[1] - by, COUCH.low[2])
    return BodyPart(low, COUCH.high, lambda w, hu: COUCH.apply(SamplePoints(w.x, w.y + np.float32(by), w.z), hu))


@pytest.fixture
def scan():
    """Sample parts of the phantom, without noise: float32 HU [i, j, k]."""
    return lambda parts, geometry: phantom_body.sample_grid(geometry.affine, geometry.shape, parts=tuple(parts)).T


def parts_of(scan, geometry, by=0.0):
    """A noisy scan, and which of its voxels are the body's and the couch's alone."""
    patient, both = scan(PATIENT, geometry), scan([raised(by), *PATIENT], geometry)
    noise = np.random.default_rng(0).normal(0, phantom_body.NOISE, both.shape)
    volume = Volume(phantom_body.rounded_hu(both + noise), geometry, "HU", SeriesInfo(modality="CT"))
    return volume, patient > -950, (patient < -990) & (both > -950)


def gone(scene, volume):
    """Which part of the body's and of the couch's voxels is hidden, and all that is."""
    changed = hide_couch(volume).volume.voxels != volume.voxels
    return changed[scene.body].mean(), changed[scene.couch].mean() if scene.couch.any() else 0.0


# A couch that is pushed into the back takes the place of the skin's blur, and stays where the back lies in it.
@pytest.mark.parametrize(
    ("by", "kept", "removed"),
    [
        pytest.param(0, 1.0, 0.999, marks=pytest.mark.slow),
        (6, 0.9997, 0.99),
        pytest.param(20, 0.9999, 0.89, marks=pytest.mark.slow),
    ],
)
def test_the_couch_goes_and_the_body_stays(scan, by, kept, removed):
    volume, body, couch = parts_of(scan, phantom.grid((180, 140, 60)), by)
    shown = hide_couch(volume).volume
    assert shown.geometry is volume.geometry
    changed = shown.voxels != volume.voxels
    assert 1 - changed[body].mean() >= kept
    dense = couch & (volume.voxels > -500)
    assert dense.mean() > 0.005
    assert changed[dense].mean() > removed


@pytest.mark.parametrize(
    "direction", ["sagittal", *(pytest.param(name, marks=pytest.mark.slow) for name in ("oblique", "flipped"))]
)
def test_however_the_grid_lies(scan, direction):
    geometry = phantom.grid((126, 126, 84), (3.0, 3.0, 6.0), DIRECTIONS[direction])
    if direction == "sagittal":
        geometry = phantom.grid((84, 126, 126), (6.0, 3.0, 3.0), DIRECTIONS[direction][:, [2, 0, 1]])
    volume, body, couch = parts_of(scan, geometry)
    changed = hide_couch(volume).volume.voxels != volume.voxels
    assert not changed[body].any()
    assert changed[couch & (volume.voxels > -500)].mean() > 0.95


def test_both_legs_and_all_limbs_stay(scan):
    for height in (-310.0, 340.0):  # two thighs; a neck between two arms
        geometry = phantom.grid((200, 150, 8), (2.0, 2.0, 3.0), center=(0.0, 20.0, height))
        volume, _, _ = parts_of(scan, geometry)
        assert hide_couch(volume).volume is volume  # in 24 mm all looks the same from slice to slice
        geometry = phantom.grid((200, 150, 34), (2.0, 2.0, 3.0), center=(0.0, 20.0, height))
        volume, body, couch = parts_of(scan, geometry)
        changed = hide_couch(volume).volume.voxels != volume.voxels
        assert not changed[body].any()
        assert changed[couch & (volume.voxels > -500)].mean() > 0.9


@pytest.mark.parametrize(
    ("make", "position"),
    each_value(
        [
            scenes.trunk_on_couch,
            scenes.forearms_beside_the_trunk,
            scenes.arm_on_the_couch,
            scenes.flat_hand_on_the_couch,
            scenes.stump,
            scenes.markers_on_the_skin,
            scenes.lead_outside,
            scenes.head_in_a_holder,
            scenes.two_mice,
            scenes.mouse_in_a_narrow_bed,
            scenes.phantom_on_a_couch,
            scenes.bowl_on_the_belly,
            scenes.couch_after_a_holder,
            scenes.arm_beside_and_below,
            scenes.arms_of_a_short_scan,
        ],
        ["HFS", ""],
    ),
)
def test_only_what_looks_like_a_couch_goes(make, position):
    scene = make()
    volume = scene.volume(position)
    assert gone(scene, volume) == (0.0, 1.0)
    assert begins_hidden(volume)


def test_a_hand_beside_the_head_stays():
    scene = scenes.hand_beside_the_head()
    assert gone(scene, scene.volume("HFS")) == (0.0, 1.0)
    # The head touches the couch nowhere for long: where nothing says what is down, it is in doubt.
    assert gone(scene, scene.volume("")) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("make", "lying"),
    each_value([scenes.trunk_on_couch, scenes.arm_on_the_couch, scenes.head_in_a_holder], [
        (0, "FFS", 1.0), (180, "HFP", 1.0), (180, "FFP", 1.0),
        (90, "HFDR", 1.0), (90, "FFDR", 1.0), (-90, "HFDL", 1.0), (-90, "", 1.0),
        # What is said to be beside or over the patient is no couch.
        (180, "HFS", 0.0), (0, "HFP", 0.0), (90, "HFDL", 0.0), (0, "FFDR", 0.0),
    ]),
)  # fmt: skip
def test_the_couch_is_below_as_the_patient_lies(make, lying):
    degrees, position, found = lying
    scene = make()
    supine, turn = scene.volume(), np.eye(4)
    turn[:3, :3] = rotation(2, degrees)  # prone, or on the right side: its left is up, and -x down
    volume = Volume.from_array(supine.voxels, turn @ supine.affine, unit="HU", modality="CT", patient_position=position)
    assert gone(scene, volume) == (0.0, found)


@pytest.mark.parametrize(("position", "degrees"), [("LFS", 0), ("AFDR", 90)])
def test_along_the_scanner_the_patient_may_lie_across(position, degrees):
    scene = scenes.trunk_on_couch()
    about_y = rotation(1, 90)  # the scanner's axis is the patient's x
    turn = np.eye(4)
    turn[:3, :3] = about_y if not degrees else rotation(2, 90) @ about_y
    plain = scene.volume()
    volume = Volume.from_array(plain.voxels, turn @ plain.affine, unit="HU", modality="CT", patient_position=position)
    assert gone(scene, volume) == (0.0, 1.0)


@pytest.mark.parametrize("degrees", [1, pytest.param(12, marks=pytest.mark.slow), -20])
def test_a_tilted_grid(degrees):
    scene = scenes.Scene((150, 140, 70), (2.8, 2.8, 5.0), rotation(0, degrees))
    scene.trunk()
    scene.slab()
    body, couch = gone(scene, scene.volume("HFS"))
    assert body == 0
    assert couch > 0.99


@pytest.mark.parametrize(
    "make",
    [
        scenes.couch_alone,
        scenes.body_alone,
        scenes.hollow_cylinder_on_a_couch,
        scenes.short_scan,
        scenes.arm_under_the_couch,
        scenes.mouse_in_a_tube,
        scenes.legs_of_a_child,
        *(lambda wall=wall, shift=shift: scenes.thin_chest(wall, shift) for wall in (8, 12, 16) for shift in (0, 40)),
    ],
)
def test_in_doubt_all_stays(make):
    scene = make()
    for position in ("HFS", ""):
        volume = scene.volume(position)
        assert hide_couch(volume).volume is volume
        assert hide_couch(volume).text == "no couch found"
        assert not hide_couch(volume).notes
        assert not begins_hidden(volume)


def test_a_limb_that_is_pressed_into_a_mattress_stays():
    scene = scenes.sunk_elbow()
    volume = scene.volume("HFS")
    changed = hide_couch(volume).volume.voxels != volume.voxels
    assert not changed[scene.body & (np.abs(scene.y - 108.5) > 3)].any()  # but for the cover's own 5 mm
    assert changed[scene.body].mean() < 0.0005
    assert changed[scene.couch].mean() > 0.99


def test_noise_makes_no_difference():
    scene = scenes.forearms_beside_the_trunk()
    for noise in (0, 100, 200):
        assert gone(scene, scene.volume("HFS", noise=noise)) == (0.0, 1.0)


def test_what_was_hidden_is_told_in_ml():
    scene = scenes.trunk_on_couch()
    volume = scene.volume("HFS", noise=0.0)
    hidden = hide_couch(volume)
    ml = scene.couch.sum() * np.prod(scene.spacing) / 1000
    assert hidden.ml == pytest.approx(ml, rel=1e-6)
    assert hidden.text == f"couch hidden, {ml:.0f} ml"
    assert hidden.notes == (
        f"3D leaves out what lies and looks like a couch or holder: {ml:.0f} ml denser than -800 HU; "
        "couch_hidden=False (--show-couch, u in the window) shows it.",
    )


def test_a_couch_is_looked_for_at_first_in_ct_alone():
    volume = scenes.trunk_on_couch().volume("HFS")
    assert begins_hidden(volume)
    assert not begins_hidden(volume.with_info(modality="PT"))
    assert not begins_hidden(replace(volume.with_info(modality="MR"), unit=""))
    assert not begins_hidden(volume.with_info(modality=""))


def test_the_body_begins_and_ends_where_it_does(scan):
    geometry = phantom.grid((120, 100, 60))
    volume, body, couch = parts_of(scan, geometry)
    for axis in range(3):
        others = tuple({0, 1, 2} - {axis})
        found, there = body_span(volume, axis), np.flatnonzero(body.any(others))
        # But for planes with less than 3 % of the fullest: here the skin in front of the chest, 9 mm.
        assert np.abs(np.subtract(found, there[[0, -1]])).max() <= 3
    assert np.flatnonzero(couch.any((0, 2)))[-1] > body_span(volume, 1)[1] + 5


@pytest.mark.parametrize("unit", ["", "Bq/ml", "SUVbw"])
def test_only_hu_tell_the_couch_from_the_body(unit):
    with pytest.raises(ViewError, match=r"by HU, this volume is in .*: leave the couch in"):
        hide_couch(Volume.from_array(np.zeros((4, 4, 4)), np.eye(4), unit=unit))


def test_where_there_is_no_body_nothing_changes():
    for voxels in (np.full((9, 8, 7), -1000, np.int16), np.full((9, 8, 1), np.nan, np.float32)):
        volume = Volume.from_array(voxels, np.eye(4), unit="HU")
        assert hide_couch(volume).volume is volume
    small = Volume.from_array(np.full((3, 2, 1), 50, np.int16), np.eye(4), unit="HU")
    assert hide_couch(small).volume is small
    assert body_span(volume, 1) == (0, 7)
    assert body_span(small, 0) == (0, 2)


@pytest.mark.parametrize(
    ("shape", "direction"),
    each_value(
        [(1, 1, 50), (2, 90, 40), (90, 1, 40), (5, 5, 5), (64, 64, 1), (20, 25, 80)],
        [*DIRECTIONS.values(), rotation(0, 45)],
    ),
)
def test_noise_of_any_shape_is_no_couch(shape, direction):
    random, affine = np.random.default_rng(0), np.eye(4)
    affine[:3, :3] = direction * (1.0, 2.0, 3.0)
    voxels = random.integers(-1100, 300, shape).astype(np.float32)
    voxels[random.random(shape) < 0.1] = np.nan
    for position in ("", "HFS", "AFDR", "as he likes"):
        volume = Volume.from_array(voxels, affine, unit="HU", modality="CT", patient_position=position)
        assert hide_couch(volume).volume is volume
        assert all(
            0 <= low <= high < length
            for low, high, length in zip(
                *zip(*(body_span(volume, axis) for axis in range(3)), strict=True), shape, strict=True
            )
        )


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("turned", [0.0, 4.0])
def test_any_part_without_a_couch_is_that_of_the_whole(dtype, turned):
    """Voxels are made as they are read: what is read is the same, and no other copy is kept."""
    turn = np.deg2rad(turned)
    direction = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    volume = phantom.volume(shape=(60, 70, 40), direction=direction)
    volume = replace(volume, voxels=volume.voxels.astype(dtype))
    removal = hide_couch(volume)
    shown, voxels = removal.shown, removal.volume.voxels
    assert isinstance(shown, CarvedVolume)
    assert (shown.shape, shown.voxels.dtype) == (volume.shape, dtype)
    assert (voxels != volume.voxels).any()
    assert shown.voxels.source is volume.voxels
    for index in (np.s_[:, :, :], np.s_[3:50, 40:70, 5:6], np.s_[:, :10, 2:9], np.s_[58:, 55:, 39:], np.s_[:, :, 7:7]):
        part = shown.voxels[index]
        np.testing.assert_array_equal(part, voxels[index])
        assert part.flags.f_contiguous
        np.testing.assert_array_equal(shown.voxels.part(index)[:, 1:, :], voxels[index][:, 1:, :])


def test_it_is_found_once():
    volume = phantom.volume(shape=(60, 70, 40))
    shown = hide_couch(volume).couchless
    assert shown is not None
    start = time.process_time()
    assert hide_couch(volume).couchless is shown
    assert time.process_time() - start < 1e-3


def test_what_was_found_keeps_no_volume_alive():
    volume = phantom.volume(shape=(60, 70, 40))
    assert hide_couch(volume).couchless is not None
    alive = weakref.ref(volume)
    gc.disable()
    try:
        del volume
        assert alive() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("name", "couch", "body"),
    [
        # Below the back from feet to head; the U around the head, at its sides and behind it.
        pytest.param("ct_torso_acrin", [np.s_[:, 380:, :]], np.s_[140:380, 80:350, 10:90], marks=pytest.mark.slow),
        ("ct_head_philips", [np.s_[:40, :, :], np.s_[-40:, :, :]], np.s_[90:420, 30:400, :]),
    ],
)
def test_real_couches_and_holders(real, name, couch, body):
    volume = viewer3d.load(real(name))
    shown = hide_couch(volume).volume
    matter = volume.voxels[body] > -300
    assert (shown.voxels[body] == volume.voxels[body])[matter].mean() > 0.9999
    for part in couch:
        dense = volume.voxels[part] > -300
        assert dense.mean() > 0.01
        assert (shown.voxels[part] != volume.voxels[part])[dense].mean() > 0.99


def test_a_real_holder_is_not_where_the_head_begins(real):
    volume = viewer3d.load(real("ct_head_philips"))
    for axis, (low, high) in enumerate([(80, 430), (20, 460), (0, 27)]):
        first, last = body_span(volume, axis)
        assert low <= first <= low + 20
        assert high - 30 <= last <= high
