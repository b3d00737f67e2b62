"""Curves of 4-D sets, held against numpy and real series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from viewer3d import Layer, Measurement, Segmentation, Volume, load_all, measure
from viewer3d.core.view.threshold import Threshold
from viewer3d.errors import ViewError
from viewer3d.measurements.isocontours import grown_region
from viewer3d.measurements.plots.regions import values_in
from viewer3d.measurements.plots.time_curve import curve_axis, time_curve

ROW, COLUMN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
BOX = Measurement("rectangle", ((2, 2, 3), (6, 7, 3)), ROW, COLUMN, "lesion")


def _set(which: list[Mapping[str, Any]], seconds: list[float | None] | None = None) -> list[Volume]:
    random = np.random.default_rng(5)
    return [
        Volume.from_array(
            random.normal(100 * n, 20, (9, 10, 7)).astype(np.int16),
            np.eye(4),
            unit="HU",
            which=dict(one),
            seconds=None if seconds is None else seconds[n],
        )
        for n, one in enumerate(which)
    ]


def test_a_point_has_the_readout_of_each_member_at_its_second() -> None:
    members = _set([{"time": n} for n in range(5)], [0, 4, 9, 20, 60])
    curve = time_curve(members, (3.3, 4.5, 2.2))
    assert curve.axis.title == "time, s"
    assert curve.axis.places.tolist() == [0, 4, 9, 20, 60]
    assert curve.values.tolist() == [one.value_at((3.3, 4.5, 2.2)) for one in members]
    assert list(curve.columns) == ["member", "time_s", "value_HU"]


def test_members_stand_in_the_order_of_their_times() -> None:
    curve = time_curve(_set([{"time": 2}, {"time": 0}, {"time": 1}], [9, 0, 3]), (3, 4, 2))
    assert curve.axis.members == (1, 2, 0)
    assert curve.axis.places.tolist() == [0, 3, 9]


@pytest.mark.parametrize("seconds", [None, [0, 0, 0], [0, None, 4]])
def test_times_that_are_not_known_are_counted(seconds: list[float | None] | None) -> None:
    axis = curve_axis(_set([{"time": n} for n in range(3)], seconds))
    assert (axis.title, axis.places.tolist()) == ("time", [1, 2, 3])


def test_b_values_are_numbers_and_directions_are_counted() -> None:
    axis = curve_axis(_set([{"b_value": 1000.0}, {"b_value": 0.0}]))
    assert (axis.title, axis.members, axis.places.tolist()) == ("b-value, s/mm2", (1, 0), [0, 1000])
    directed = [{"b_value": 0.0}, *({"b_value": 1000.0, "direction": f"{n} 0 0"} for n in range(3))]
    axis = curve_axis(_set(directed))
    assert (axis.name, axis.members, axis.places.tolist()) == ("volume", (0, 1, 2, 3), [1, 2, 3, 4])


def test_of_times_and_echoes_the_curve_has_the_times_of_one_echo() -> None:
    members = _set([{"echo": e, "time": t} for e in (1.0, 2.0) for t in range(3)], [0, 2, 5] * 2)
    curve = time_curve(members, (3, 4, 2), member=4)
    assert curve.axis.members == (3, 4, 5)
    assert curve.values.tolist() == [float(one.voxels[3, 4, 2]) for one in members[3:]]


@pytest.mark.parametrize("is_oblique", [False, True])
def test_a_region_has_the_statistics_of_measure_and_of_numpy(*, is_oblique: bool) -> None:
    members = _set([{"time": n} for n in range(3)], [0, 1, 2])
    box = BOX
    if is_oblique:
        turned = np.sqrt(0.5), np.sqrt(0.5), 0.0
        box = Measurement("ellipse", ((2, 4, 1), (6, 8, 5)), turned, (0, 0, 1), "lesion")
    curve = time_curve(members, box)
    results: list[Any] = [measure(one, box) for one in members]
    assert curve.of == "lesion"
    assert curve.values.tolist() == [one.mean for one in results]
    assert curve.sd is not None
    assert curve.sd.tolist() == [one.sd for one in results]
    assert curve.minimum is not None
    assert curve.minimum.tolist() == [one.minimum for one in results]
    assert curve.maximum is not None
    assert curve.maximum.tolist() == [one.maximum for one in results]
    assert curve.count is not None
    assert curve.count.tolist() == [one.count for one in results]
    if not is_oblique:
        assert curve.values.tolist() == [float(one.voxels[2:7, 2:8, 3].mean(dtype=np.float64)) for one in members]


def test_a_segment_has_the_statistics_of_the_voxels_in_it() -> None:
    members = _set([{"time": n} for n in range(3)], [0, 1, 2])
    labels = np.zeros((9, 10, 7), np.uint8)
    labels[2:5, 3:8, 1:4] = 1
    segmentation = Segmentation.from_array(labels, np.eye(4), names={1: "tumour"})
    curve = time_curve(members, overlays=[Layer(segmentation, same_frame=True)], segment="tumour")
    assert curve.of == "tumour"
    assert curve.values.tolist() == [float(one.voxels[2:5, 3:8, 1:4].mean(dtype=np.float64)) for one in members]
    assert list(curve.columns)[2:] == ["mean_HU", "sd_HU", "min_HU", "max_HU", "count"]


def test_an_isocontour_has_the_voxels_of_one_member_at_all_times() -> None:
    members = _set([{"time": n} for n in range(3)], [0, 4, 9])
    shape = Measurement(
        "isocontour", ((4, 5, 3), (7, 5, 3)), ROW, COLUMN, "lesion", threshold=Threshold(60, of_maximum=True)
    )
    for member in (0, 2):
        region = grown_region(members[member], shape)
        curve = time_curve(members, shape, member=member)
        assert curve.of == "lesion"
        assert curve.count is not None
        assert curve.count.tolist() == [measure(members[member], shape).count] * 3
        assert curve.values.tolist() == [float(one.voxels[region.box][region.mask].mean()) for one in members]
    assert not np.array_equal(time_curve(members, shape).values, curve.values)
    found = values_in(members[1], shape)
    assert found.tolist() == values_in(members[1], grown_region(members[1], shape)).tolist()
    assert found.mean() == measure(members[1], shape).mean


def test_a_region_outside_has_no_value() -> None:
    away = Measurement("rectangle", ((50, 50, 3), (60, 60, 3)), ROW, COLUMN)
    curve = time_curve(_set([{"time": 0}, {"time": 1}], [0, 1]), away)
    assert np.isnan(curve.values).all()
    assert curve.count is not None
    assert curve.count.tolist() == [0, 0]


def test_a_probe_has_the_values_of_its_voxel() -> None:
    members = _set([{"time": 0}, {"time": 1}], [0, 1])
    curve = time_curve(members, Measurement("probe", ((3.4, 4.4, 2.4),), ROW, COLUMN))
    assert curve.values.tolist() == [float(one.voxels[3, 4, 2]) for one in members]


def test_what_has_no_curve_is_refused() -> None:
    members = _set([{"time": 0}, {"time": 1}])
    with pytest.raises(ViewError, match="one volume has no curve"):
        time_curve(members[:1], (1, 1, 1))
    with pytest.raises(ViewError, match="holds no values"):
        time_curve(members, Measurement("distance", ((0, 0, 0), (1, 0, 0)), ROW, COLUMN))
    with pytest.raises(ViewError, match="give a point"):
        time_curve(members, (1, 1))
    with pytest.raises(ViewError, match="give one of them"):
        time_curve(members)
    with pytest.raises(ViewError, match="a segment of 0"):
        time_curve(members, segment="tumour")


def test_the_real_4d_series_has_the_values_of_its_voxels(real: Callable[[str], Path]) -> None:
    members = load_all(real("mr_4d_ge"))
    middle = members[0].geometry.middle
    curve = time_curve(members, middle)
    i, j, k = np.rint(members[0].geometry.world_to_index(middle)).astype(int)
    assert curve.values.tolist() == [float(members[n].voxels[i, j, k]) for n in curve.axis.members]
    if all(one.seconds is not None for one in members):
        assert curve.axis.places.tolist() == [members[n].seconds for n in curve.axis.members]
    box = Measurement("ellipse", (middle, tuple(np.add(middle, (30, 30, 0)))), ROW, COLUMN)
    found = time_curve(members, box)
    assert found.values.tolist() == [float(values_in(members[n], box).mean()) for n in found.axis.members]
