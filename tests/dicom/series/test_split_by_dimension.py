"""Frames at one position: in which order they are, what is a guess, what is left over, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset

import viewer3d
from tests.dicom.made import SLICES, enhanced, found, group, image, save, series, value, whole
from viewer3d.dicom.meaning.explain import decisions
from viewer3d.dicom.series.stack_sets import find_sets
from viewer3d.errors import ChoiceError, NoVolumeError, StackError

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


def passes(whole_ones: int, left: int, each: Callable[[int, int], dict[str, Any]], slices: int = 4) -> list[Dataset]:
    """Passes over all slices, and the beginning of another; taken in this order."""
    places = [(v, k) for v in range(whole_ones) for k in range(slices)] + [(whole_ones, k) for k in range(left)]
    return [image(n, k, value(v, k), **each(n, v)) for n, (v, k) in enumerate(places, 1)]


@pytest.mark.parametrize(
    ("each", "name", "guess"),
    [
        (lambda n, _v: {"AcquisitionTime": f"1000{n:02}"}, "time", True),
        (lambda _n, _v: {}, "time", True),  # by Instance Number
        (lambda _n, v: {"AcquisitionTime": f"1000{v:02}"}, "time", False),
        (lambda _n, v: {"TemporalPositionIdentifier": v + 1}, "time", False),
        (lambda _n, v: {"AcquisitionNumber": v}, "acquisition", False),
        (lambda _n, v: {"FrameReferenceTime": 1000.0 * v}, "time", False),
    ],
)
def test_the_whole_volumes_of_an_interrupted_series_load_and_the_rest_by_name(
    each: Callable[[int, int], dict[str, Any]], name: str, guess: bool, tmp_path: Path
) -> None:
    folder = save(tmp_path, passes(2, 3, each))
    assert found(folder) == whole([{name: 0.0}, {name: 1.0}], 4)
    scanned = viewer3d.scan(folder)
    assert [stack.is_volume for stack in scanned[0].stacks] == [True, True, False]
    assert "left over: 3 of 4 images" in scanned[0].stacks[2].problem
    rest = viewer3d.load(folder, which={name: 2})
    assert [int(v) for v in rest.voxels[0, 0]] == [2000, 2100, 2200]
    assert any(note.startswith("This is left over: 3 of 4 images") for note in rest.notes)
    assert np.array_equal(viewer3d.load(folder, stack=3).voxels, rest.voxels)
    (first, _) = viewer3d.load_all(folder)
    (told,) = [note for note in first.notes if "interrupted" in note]
    assert "3 images" in told
    assert f"{name} 2, stack 3" in told
    assert any("is a guess" in note for note in first.notes) == guess
    with pytest.raises(ChoiceError, match="there is no"):
        viewer3d.load(folder, which={name: 3})


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


def test_frames_of_one_file_that_nothing_tells_apart_are_refused_before_they_are_read() -> None:
    made = [enhanced([group(k) for _ in range(2) for k in range(SLICES)], range(2 * SLICES))]
    (scanned,) = viewer3d.scan(made)
    assert scanned.stacks[0].problem == "2 images at each position, and nothing tells which belong together"
    assert not scanned.volumes


def test_one_pass_and_the_beginning_of_another_at_another_time() -> None:
    made = passes(1, 2, lambda n, _v: {"AcquisitionTime": f"1000{n:02}"})
    assert found(made) == whole([{"time": 0.0}], 4)


def test_a_short_volume_beside_one_other_is_no_interruption() -> None:
    made = passes(1, 2, lambda _n, v: {"TemporalPositionIdentifier": v})
    assert found(made) == [({"time": 0.0}, [0, 100, 200, 300]), ({"time": 1.0}, [1000, 1100])]


def test_a_slice_that_lacks_in_the_middle_is_not_filled_from_the_next_pass() -> None:
    made = passes(3, 0, lambda n, _v: {"AcquisitionTime": f"1000{n:02}"})
    del made[5]
    (scanned,) = viewer3d.scan(made)
    assert not scanned.volumes
    (stack,) = scanned.stacks
    assert "2 to 3 images at each position that differ in Acquisition Time (0008,0032)" in stack.problem
    with pytest.raises(StackError, match="nothing tells which belong together"):
        viewer3d.load(made, stack=1)
    with pytest.raises(NoVolumeError, match="nothing tells which belong together"):
        viewer3d.load_all(made)


def test_a_slice_that_lacks_where_all_know_their_time_is_a_gap() -> None:
    made = passes(3, 0, lambda _n, v: {"TemporalPositionIdentifier": v})
    del made[5]
    assert sorted(slices for _, slices in found(made)) == [
        [0, 100, 200, 300],
        [1000, 1100, 1200, 1300],  # resampled by position: what lies between 1000 and 1200
        [2000, 2100, 2200, 2300],
    ]


def test_what_is_known_and_contradicts_the_order_is_refused_by_its_name() -> None:
    made = series([{"FlipAngle": 5.0}, {"FlipAngle": 15.0}])
    made[-1].FlipAngle = made[-2].FlipAngle
    (scanned,) = viewer3d.scan(made)
    (stack,) = scanned.stacks
    assert not stack.is_volume
    assert "Flip Angle (0018,1314) differs" in stack.problem
    assert decisions(scanned, stack)[0].reason == stack.problem
    with pytest.raises(StackError, match=r"Flip Angle \(0018,1314\) differs"):
        viewer3d.load(made, stack=1)
    with pytest.raises(StackError, match=r"Flip Angle \(0018,1314\) differs"):
        viewer3d.load(made, stack=1, spacing=(1, 1, 1))


def test_what_is_the_same_for_all_at_a_position_contradicts_nothing() -> None:
    made = [
        image(1 + v * SLICES + k, k, value(v, k), ReceiveCoilName=f"C{k}", InversionTime=100.0 * k)
        for v in range(2)
        for k in range(SLICES)
    ]
    assert found(made) == whole([{"time": 0.0}, {"time": 1.0}])


def test_the_order_of_numbers_is_a_guess_and_said_where_it_is_used() -> None:
    made = [image(1 + v * SLICES + k, k, value(v, k)) for v in range(2) for k in range(SLICES)]
    assert found(made) == whole([{"time": 0.0}, {"time": 1.0}])
    (volume, _) = viewer3d.load_all(made)
    assert any(
        note.endswith("by the order of Instance Number (0020,0013): nothing else tells them apart.")
        for note in volume.notes
    )
    (scanned,) = viewer3d.scan(made)
    rows = {row.topic: row for row in decisions(scanned, scanned.stacks[0])}
    assert rows["told apart"].reason.startswith("by Instance Number (0020,0013), a guess")
    assert "InstanceNumber" not in rows["order"].reason


def test_images_with_the_same_number_and_time_are_copies_or_refused() -> None:
    made = [image(1 + k, k, 100 * k, SOPInstanceUID=f"1.9.{v}.{k}") for v in range(2) for k in range(SLICES)]
    assert found(made) == whole([{}])
    made[-1].PixelData = bytes(len(made[-1].PixelData))
    assert not viewer3d.scan(made)[0].volumes
    with pytest.raises(NoVolumeError, match="two different images at position"):
        viewer3d.load(made)


def test_one_slice_taken_twice_at_another_time_is_not_taken_for_its_copy() -> None:
    """The headers tell that they are two pictures, so the list says the same as loading."""
    made = [image(1 + k, k, 100 * k, AcquisitionTime=f"10000{k}") for k in range(SLICES)]
    made.append(image(9, 1, 150, AcquisitionTime="100001.5"))
    (scanned,) = viewer3d.scan(made)
    assert not scanned.volumes
    assert "Acquisition Time" in scanned.stacks[0].problem


@pytest.mark.parametrize("spacing", [[0, 0], [0, 1.5]])
def test_pictures_of_no_size_lie_in_no_regions(spacing: list[float], tmp_path: Path) -> None:
    images = series([{"EchoTime": "10"}, {"EchoTime": "10"}])
    for number, one in enumerate(images):
        one.PixelSpacing = spacing
        one.ImagePositionPatient = [0, 0, 5 * (number // 2)]
    with pytest.raises(viewer3d.errors.NoVolumeError, match="no Pixel Spacing above 0"):
        viewer3d.load(save(tmp_path / "mr", images))
