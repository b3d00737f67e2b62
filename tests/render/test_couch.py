"""The couch is gone and the body is whole: on the phantom, whose every voxel is known, and on real series."""

from __future__ import annotations

import time

import numpy as np
import pytest

import viewer3d
from tests.render.markers import DIRECTIONS
from viewer3d import phantom
from viewer3d.errors import ViewError
from viewer3d.phantom import body as phantom_body
from viewer3d.phantom.shapes import Part, Where
from viewer3d.render.couch import AIR, body_span, without_couch
from viewer3d.volume import Volume

COUCH, *PATIENT = phantom_body.PARTS


def raised(by):
    """The couch so many mm nearer to the front: the back lies on it, then in it."""
    low = (COUCH.low[0], COUCH.low[1] - by, COUCH.low[2])
    return Part(low, COUCH.high, lambda w, hu: COUCH.paint(Where(w.x, w.y + np.float32(by), w.z), hu))


@pytest.fixture
def scan(monkeypatch):
    """Sample parts of the phantom, without noise: float32 HU [i, j, k]."""

    def sample(parts, geometry):
        monkeypatch.setattr(phantom_body, "PARTS", tuple(parts))
        monkeypatch.setattr(phantom_body, "_LOW", np.array([part.low for part in parts]))
        monkeypatch.setattr(phantom_body, "_HIGH", np.array([part.high for part in parts]))
        return phantom_body.sample(geometry.affine, geometry.shape).T

    return sample


def parts_of(scan, geometry, by=0.0):
    """A noisy scan, and which of its voxels are the body's and the couch's alone."""
    patient, both = scan(PATIENT, geometry), scan([raised(by), *PATIENT], geometry)
    noise = np.random.default_rng(0).normal(0, phantom_body.NOISE, both.shape)
    volume = Volume(phantom_body.quantised(both + noise), geometry, unit="HU", modality="CT")
    return volume, patient > -950, (patient < -990) & (both > -950)


@pytest.mark.parametrize(("by", "removed"), [(0, 0.999), (6, 0.98), (20, 0.93)])
def test_the_couch_goes_and_the_body_stays(scan, by, removed):
    volume, body, couch = parts_of(scan, phantom.grid((180, 140, 60)), by)
    shown = without_couch(volume)
    assert shown.geometry is volume.geometry
    same = shown.voxels == volume.voxels
    assert same[body].mean() > 0.9999
    assert couch.mean() > 0.01
    assert (shown.voxels == AIR)[couch].mean() > removed


@pytest.mark.parametrize("direction", ["sagittal", "oblique", "flipped"])
def test_however_the_grid_lies(scan, direction):
    geometry = phantom.grid((84, 84, 84), (4.5, 4.5, 6.0), DIRECTIONS[direction])
    volume, body, couch = parts_of(scan, geometry)
    shown = without_couch(volume)
    assert (shown.voxels == volume.voxels)[body].mean() > 0.999
    assert (shown.voxels == AIR)[couch].mean() > 0.95


def test_both_legs_and_all_limbs_stay(scan):
    for height in (-310.0, 340.0):  # two thighs; a neck between two arms
        geometry = phantom.grid((200, 150, 8), (2.0, 2.0, 3.0), center=(0.0, 20.0, height))
        volume, body, couch = parts_of(scan, geometry)
        shown = without_couch(volume)
        assert (shown.voxels == volume.voxels)[body].mean() > 0.9999
        assert (shown.voxels == AIR)[couch].mean() > 0.95


def test_what_is_thin_stays_where_it_is_short():
    # A head with an ear and lying on a plate, both 3 mm thick; what floats within it stays as well.
    voxels = np.full((220, 160, 100), -1000, np.int16)
    i, j, k = np.ogrid[:220, :160, :100]
    ball = ((i - 110) / 60) ** 2 + ((j - 80) / 60) ** 2 + ((k - 50) / 80) ** 2
    voxels[ball < 1] = 40
    voxels[ball < 0.5] = -900
    voxels[105:112, 70:75, 40:60] = 200
    ear, plate = np.s_[166:190, 70:73, 40:65], np.s_[:, 140:143, :]
    voxels[ear] = voxels[plate] = 30
    shown = without_couch(Volume.from_array(voxels, np.eye(4), unit="HU")).voxels
    assert (shown[ear] == 30).all()
    assert (shown[ball < 1] == voxels[ball < 1]).mean() > 0.999
    kept = shown[plate] == 30
    assert not kept[:70].any()
    assert kept.mean() < 0.2


def test_the_body_begins_and_ends_where_it_does(scan):
    geometry = phantom.grid((120, 100, 60))
    volume, body, couch = parts_of(scan, geometry)
    for axis in range(3):
        others = tuple({0, 1, 2} - {axis})
        found, there = body_span(volume, axis), np.flatnonzero(body.any(others))
        # To two rough voxels, 8 mm across the couch and 22 mm along it.
        assert np.abs(np.subtract(found, there[[0, -1]])).max() <= 2
    assert np.flatnonzero(couch.any((0, 2)))[-1] > body_span(volume, 1)[1] + 5


@pytest.mark.parametrize("unit", ["", "Bq/ml", "SUVbw"])
def test_only_hu_tell_the_couch_from_the_body(unit):
    with pytest.raises(ViewError, match=r"by HU, this volume is in .*: leave the couch in"):
        without_couch(Volume.from_array(np.zeros((4, 4, 4)), np.eye(4), unit=unit))


def test_where_there_is_no_body_nothing_changes():
    for voxels in (np.full((9, 8, 7), -1000, np.int16), np.full((9, 8, 1), np.nan, np.float32)):
        volume = Volume.from_array(voxels, np.eye(4), unit="HU")
        assert without_couch(volume) is volume
    small = Volume.from_array(np.full((3, 2, 1), 50, np.int16), np.eye(4), unit="HU")
    np.testing.assert_array_equal(without_couch(small).voxels, small.voxels)
    assert body_span(volume, 1) == (0, 7)
    assert body_span(small, 0) == (0, 2)


def test_it_is_found_once():
    volume = phantom.volume(shape=(40, 30, 20))
    shown = volume.once(without_couch)
    start = time.perf_counter()
    assert volume.once(without_couch) is shown
    assert time.perf_counter() - start < 1e-3


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
    shown = without_couch(volume)
    matter = volume.voxels[body] > -300
    assert (shown.voxels[body] == volume.voxels[body])[matter].mean() > 0.9999
    for part in couch:
        assert (volume.voxels[part] > 0).mean() > 0.01
        assert (shown.voxels[part] == AIR).mean() > 0.999


def test_a_real_holder_is_not_where_the_head_begins(real):
    volume = viewer3d.load(real("ct_head_philips"))
    for axis, (low, high) in enumerate([(80, 430), (20, 460), (0, 27)]):
        first, last = body_span(volume, axis)
        assert low <= first <= low + 20
        assert high - 30 <= last <= high
