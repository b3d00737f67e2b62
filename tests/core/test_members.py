"""The volumes of a 4-D set: what tells them, and which comes next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.core.members import (
    as_members,
    check_member,
    member_text,
    next_member,
    ordered_members,
    timed_member_text,
    varying_dimensions,
)
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError

ECHOES_AND_TIMES = [{"echo": float(echo), "time": float(time)} for echo in (1, 2) for time in range(3)]
B_VALUES = [{"b_value": b} for b in (0.0, 500.0, 1000.0)]
DTI = [
    {"b_value": 0.0},
    *({"b_value": 1000.0, "direction": one} for one in ("1 0 0", "0 1 0")),
    *({"b_value": 2000.0, "direction": one} for one in ("1 0 0", "0 1 0")),
]
SHELLS = [{"b_value": b, "direction": one} for b, one in ((800.0, "1 0 0"), (800.0, "0 1 0"), (900.0, "0 0 1"))]


def volume(shift=0.0, **about):
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    affine[0, 3] = shift
    return Volume.from_array(np.zeros((3, 4, 5), np.int16), affine, **about)


def test_one_volume_is_a_set_of_one():
    one = volume()
    assert as_members(one) == (one,)
    assert member_text([one.which], 0) == ""


def test_a_set_has_one_geometry():
    one, other = volume(), volume(1e-5)
    members = as_members([one, other])
    assert members[0] is one
    assert members[1].geometry is one.geometry
    assert members[1].voxels.base is other.voxels.base


@pytest.mark.parametrize(
    "odd", [[], "volume", [volume(), 3], [volume(), volume(1.0)], [volume(unit="HU"), volume(unit="")]]
)
def test_what_is_no_set_is_refused(odd):
    with pytest.raises(ViewError, match=r"give|alone"):
        as_members(odd)


def test_a_member_that_is_not_there_is_refused():
    members = [volume(), replace(volume())]
    assert check_member(members, 1) == 1
    with pytest.raises(ViewError, match="volume 3 of a set, and here are 2: give all of them"):
        check_member(members, 2)


@pytest.mark.parametrize(
    ("which", "member", "text"),
    [
        (ECHOES_AND_TIMES, 4, "time 2 of 3, echo 2"),
        (B_VALUES, 1, "b-value 500"),
        ([{"kind": "water", "echo": 1.0}, {"kind": "fat", "echo": 1.0}], 1, "fat"),
        ([{"phase": 0.0}, {"phase": 1.0}], 0, "phase 1 of 2"),
        ([{}, {}, {}], 2, "3 of 3"),
    ],
)
def test_what_is_not_the_same_tells_a_member(which, member, text):
    assert member_text(which, member) == text


def test_time_comes_before_all_else():
    assert varying_dimensions(ECHOES_AND_TIMES) == ("time", "echo")
    assert varying_dimensions(B_VALUES) == ("b_value",)
    assert varying_dimensions([{}, {}]) == ()


@pytest.mark.parametrize(
    ("which", "member", "steps", "along", "to"),
    [
        (ECHOES_AND_TIMES, 0, 1, "first", 1),
        (ECHOES_AND_TIMES, 2, 1, "first", 2),
        (ECHOES_AND_TIMES, 4, -9, "first", 3),
        (ECHOES_AND_TIMES, 1, 1, "second", 4),
        (ECHOES_AND_TIMES, 4, 1, "second", 4),
        (ECHOES_AND_TIMES, 4, -1, "second", 1),
        (ECHOES_AND_TIMES[:5], 2, 1, "second", 3),  # the third time of the second echo is missing
        (B_VALUES, 0, 1, "first", 1),
        (B_VALUES, 0, 1, "second", 1),
        ([{}, {}, {}], 1, 1, "first", 2),
        # Directions do not cross with b-values: both keys go through all in their order.
        *((DTI, n, 1, along, min(n + 1, 4)) for n in range(5) for along in ("first", "second")),
        (DTI, 2, -9, "first", 0),
        *((SHELLS, n, 1, "first", min(n + 1, 2)) for n in range(3)),
        ([{}], 0, 1, "first", 0),
    ],
)
def test_neighbours(which, member, steps, along, to):
    assert next_member(which, member, steps, along) == to


MIXED = [{"echo": float(echo), "time": float(time)} for echo in (1, 2) for time in (0, 2, 3, 1)]
"""As they come where one time has another number of slices: the larger ones first."""


def test_times_follow_one_another_whatever_order_they_are_in():
    assert [MIXED[n]["time"] for n in ordered_members(MIXED)] == [0, 1, 2, 3] * 2
    assert [MIXED[n]["echo"] for n in ordered_members(MIXED)] == [1] * 4 + [2] * 4
    member, seen = 4, []
    for _ in range(5):
        seen.append((MIXED[member]["time"], MIXED[member]["echo"]))
        member = next_member(MIXED, member, 1, "first")
    assert seen == [(0, 2), (1, 2), (2, 2), (3, 2), (3, 2)]
    assert next_member(MIXED, 3, 1, "second") == 7
    assert ordered_members(B_VALUES) == [0, 1, 2]
    assert ordered_members([{}, {}, {}]) == [0, 1, 2]


def test_a_time_keeps_its_number_where_another_is_not_there():
    rest = [{"time": float(time)} for time in (0, 1, 3, 4)]
    assert [member_text(rest, n) for n in range(4)] == [f"time {n} of 5" for n in (1, 2, 4, 5)]
    assert [member_text([{"time": 0.5}, {"time": 2.5}], n) for n in (0, 1)] == ["time 1 of 2", "time 2 of 2"]


def test_what_is_on_another_grid_is_named():
    times = [volume(which={"time": 0.0}), volume(which={"time": 1.0}), volume(2.0, which={"time": 2.0})]
    with pytest.raises(ViewError, match=r"volume 3 \(time 3 of 3\) is not on the grid or in the unit of the first"):
        as_members(times)


def test_volumes_of_other_shapes_are_no_set_even_where_their_corners_are_the_same():
    coarse, fine = np.diag([2.0, 1.0, 1.0, 1.0]), np.eye(4)
    fine[:3, 3] = -0.5, 0, 0  # 6 voxels of 1 mm are where 3 of 2 mm are
    one = Volume.from_array(np.zeros((3, 4, 5), np.int16), coarse)
    other = Volume.from_array(np.zeros((6, 4, 5), np.int16), fine)
    assert np.allclose(one.geometry.corners, other.geometry.corners)
    with pytest.raises(ViewError, match="volume 2 is not on the grid"):
        as_members([one, other])


def test_a_time_says_when_it_was_measured_where_that_is_known() -> None:
    def told(*seconds):
        members = [volume(which={"time": float(n)}, seconds=at) for n, at in enumerate(seconds)]
        return [timed_member_text(members, n) for n in range(len(members))]

    assert told(0.0, 12.5, 3600.0) == ["time 1 of 3, 0 s", "time 2 of 3, 12.5 s", "time 3 of 3, 3600 s"]
    assert told(0.0, 12345.6)[1] == "time 2 of 2, 12346 s"  # and no 1.235e+04
    assert told(0.0, None) == ["time 1 of 2", "time 2 of 2"]
    assert told(0.0) == [""]
