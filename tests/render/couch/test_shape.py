"""The rules by which a couch is told, one by one, on arrays of a few blocks."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.render.couch.shape import ALL_DIRECTIONS, DownDirection, find_couch

SPACING = np.array([8.0, 3.0, 3.0])
SIZE = 300.0


def blocks():
    """A body of 40 x 30 over a plate of 80 x 2, in 30 planes of 100 x 100."""
    dense = np.zeros((30, 100, 100), bool)
    dense[:, 40:70, 30:70] = True
    dense[:, 73:75, 10:90] = True
    return dense


def found(dense, directions=ALL_DIRECTIONS, hu=-1000.0):
    return find_couch(dense, SPACING, SIZE, lambda mask: np.full(np.count_nonzero(mask), hu), directions)


@pytest.mark.parametrize("way", ALL_DIRECTIONS)
def test_the_one_way_that_is_down(way):
    dense = way.restored(blocks())
    assert (way.oriented(dense) == blocks()).all()
    for directions in (ALL_DIRECTIONS, (way,)):
        taken = way.oriented(found(dense, directions))
        assert taken[:, 73:75, 10:90].all()
        assert not taken[:, :71].any()
    opposite = DownDirection(way.axis, not way.rises)
    assert not found(dense, (opposite,)).any()


def test_all_below_the_couch_goes_and_nothing_beside():
    taken = found(blocks(), ALL_DIRECTIONS[:1])
    assert taken[:, 75:, 10:90].all()
    assert not taken[:, :, :8].any()
    assert not taken[:, :, 92:].any()


def test_a_couch_that_ends_soon_is_none():
    dense = blocks()
    dense[10:, 73:75] = False  # 80 mm of 240: no couch is as short
    assert not found(dense).any()


def test_a_narrow_one_is_none():
    dense = blocks()
    dense[:, 73:75, :40] = dense[:, 73:75, 65:] = False
    assert not found(dense).any()


def test_a_thick_one_is_none():
    dense = blocks()
    dense[:, 73:80, 10:90] = True
    assert not found(dense).any()


def test_one_that_changes_from_plane_to_plane_is_none():
    dense = blocks()
    dense[::2, 75:77, 10:90] = True
    dense[1::2, 71:73, 10:90] = True
    assert not found(dense).any()


def test_one_with_lung_beside_it_is_none():
    assert not found(blocks(), hu=-850.0).any()
    assert found(blocks(), hu=-940.0).any()  # foam


def test_a_ring_is_none():
    dense = blocks()
    dense[:, 73:75] = False
    dense[:, 10:90, 10:12] = dense[:, 10:90, 88:90] = dense[:, 88:90, 10:90] = True
    holder = found(dense, ALL_DIRECTIONS[:1])
    assert holder[:, 10:90, 10:12].all()
    assert not holder[:, 40:70, 30:70].any()
    dense[:, 10:12, 10:90] = True
    assert not found(dense, ALL_DIRECTIONS[:1]).any()


def test_few_planes_say_nothing():
    assert find_couch(blocks()[:4], np.array([40.0, 3, 3]), SIZE, lambda mask: np.full(mask.sum(), -1000.0)).any() == 0


def test_what_lies_on_it_stays_whole():
    dense = blocks()
    dense[8:14, 69:73, 74:86] = True  # a hand, 12 mm thick
    taken = found(dense)
    assert not taken[8:14, 69:73, 74:86].any()
    assert taken[:, 74, 10:90].all()


def test_a_drive_under_the_couch_goes_with_it():
    dense = blocks()
    dense[3:5, 80:95, 40:60] = True
    assert found(dense)[3:5, 80:95, 40:60].all()
    dense[3:25, 80:95, 40:60] = True  # below so much of it, it may be a body
    assert not found(dense).any()
