"""Frames at one position that an attribute distinguishes: by echo, b-value, direction or time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import viewer3d
from tests.dicom.made import SLICES, found, image, passes, save, series, value, whole
from viewer3d.dicom.series.stack_sets import find_sets

DTI = [
    {"DiffusionBValue": 0.0, "AcquisitionTime": "100000"},
    {"DiffusionBValue": 1000.0, "DiffusionGradientOrientation": [0.0, 0.0, 1.0], "AcquisitionTime": "100010"},
    {"DiffusionBValue": 1000.0, "DiffusionGradientOrientation": [0.0, 1.0, 0.0], "AcquisitionTime": "100020"},
    {"DiffusionBValue": 0.0, "AcquisitionTime": "100030"},
    {"DiffusionBValue": 1000.0, "DiffusionGradientOrientation": [1.0, 0.0, -0.0], "AcquisitionTime": "100040"},
    {"DiffusionBValue": 1000.0, "DiffusionDirectionality": "ISOTROPIC", "AcquisitionTime": "100050"},
]


def test_dti_is_one_set_of_a_volume_for_each_direction_and_b_value_in_order(tmp_path: Path) -> None:
    made = [image(1 + v * SLICES + k, k, value(v, k), **own) for v, own in enumerate(DTI) for k in range(SLICES)]
    order = [0, 3, 1, 2, 4, 5]
    told: list[dict[str, Any]] = [
        {"b_value": 0.0, "time": 0.0},
        {"b_value": 0.0, "time": 1.0},
        {"b_value": 1000.0, "direction": "0 0 1"},
        {"b_value": 1000.0, "direction": "0 1 0"},
        {"b_value": 1000.0, "direction": "1 0 0"},
        {"b_value": 1000.0, "direction": "isotropic"},
    ]
    folder = save(tmp_path, made)
    assert found(folder) == [(one, [value(v, k) for k in range(SLICES)]) for one, v in zip(told, order, strict=True)]
    (one,) = find_sets(viewer3d.scan(folder))
    assert [stack.which for stack in one.stacks] == told
    assert viewer3d.load(folder, which={"direction": "0 1 0"}).voxels[0, 0, 1] == value(2, 1)


def test_directions_of_one_b_value_name_it_as_well() -> None:
    made = series([{"DiffusionBValue": 700.0, "DiffusionGradientOrientation": one} for one in ([1, 0, 0], [0, 1, 0])])
    assert found(made) == whole([{"b_value": 700.0, "direction": "1 0 0"}, {"b_value": 700.0, "direction": "0 1 0"}])


def test_b_values_and_echoes_at_once() -> None:
    each = [{"EchoTime": e, "DiffusionBValue": b} for e in (60.0, 90.0) for b in (0.0, 500.0, 1000.0)]
    told = [{"echo": float(e), "b_value": b} for e in (1, 2) for b in (0.0, 500.0, 1000.0)]
    assert found(series(each)) == whole(told)


def test_times_within_times_have_one_number() -> None:
    """Two temporal positions, and at each two acquisitions that their times tell apart."""
    each = [{"TemporalPositionIdentifier": 1 + v // 2, "AcquisitionTime": f"10000{v}"} for v in (0, 1, 2, 3)]
    assert found(series(each)) == whole([{"time": float(v)} for v in range(4)])


def test_an_echo_that_two_attributes_tell_has_two_names() -> None:
    each = [{"EchoTime": 5.0 * (1 + v // 2), "EchoNumbers": 1 + v % 2} for v in range(4)]
    told = [{"echo": 1.0 + v // 2, "echo_2": 1 + v % 2} for v in range(4)]
    assert found(series(each)) == whole(told)


def test_numbers_that_jitter_from_slice_to_slice_are_one() -> None:
    made = series([{"EchoTime": 5.0}, {"EchoTime": 10.0}])
    for n, dataset in enumerate(made):
        dataset.EchoTime = float(dataset.EchoTime) + 0.002 * n
    assert found(made) == whole([{"echo": 1.0}, {"echo": 2.0}])


def test_an_interrupted_series_of_directions_is_whole_but_for_the_last() -> None:
    vectors = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    made = passes(2, 3, lambda _n, v: {"DiffusionBValue": 1000.0, "DiffusionGradientOrientation": vectors[v]})
    assert [which["direction"] for which, _ in found(made)] == ["1 0 0", "0 1 0"]
    rest = viewer3d.load(made, which={"direction": "0 0 1"})
    assert [int(v) for v in rest.voxels[0, 0]] == [2000, 2100, 2200]


def test_two_short_volumes_are_no_interruption() -> None:
    made = passes(4, 0, lambda _n, v: {"TemporalPositionIdentifier": v})
    del made[15], made[11]
    assert [len(slices) for _, slices in found(made)] == [4, 4, 3, 3]


def test_more_than_a_hundred_times_stay_as_many() -> None:
    made = [
        image(1 + v * 2 + k, k, 100 * v + k, TemporalPositionIdentifier=100 + v) for v in range(120) for k in range(2)
    ]
    assert [slices for _, slices in found(made)] == [[100 * v, 100 * v + 1] for v in range(120)]


def test_a_short_volume_beside_one_other_is_no_interruption() -> None:
    made = passes(1, 2, lambda _n, v: {"TemporalPositionIdentifier": v})
    assert found(made) == [({"time": 0.0}, [0, 100, 200, 300]), ({"time": 1.0}, [1000, 1100])]


def test_a_slice_that_lacks_where_all_know_their_time_is_a_gap() -> None:
    made = passes(3, 0, lambda _n, v: {"TemporalPositionIdentifier": v})
    del made[5]
    assert sorted(slices for _, slices in found(made)) == [
        [0, 100, 200, 300],
        [1000, 1100, 1200, 1300],  # resampled by position: what lies between 1000 and 1200
        [2000, 2100, 2200, 2300],
    ]


@pytest.mark.parametrize("spacing", [[0, 0], [0, 1.5]])
def test_pictures_of_no_size_lie_in_no_regions(spacing: list[float], tmp_path: Path) -> None:
    images = series([{"EchoTime": "10"}, {"EchoTime": "10"}])
    for number, one in enumerate(images):
        one.PixelSpacing = spacing
        one.ImagePositionPatient = [0, 0, 5 * (number // 2)]
    with pytest.raises(viewer3d.errors.NoVolumeError, match="no Pixel Spacing above 0"):
        viewer3d.load(save(tmp_path / "mr", images))
