"""Frames at one position that no attribute distinguishes: their order, what is a guess, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from tests.dicom.made import SLICES, enhanced, found, group, image, passes, save, series, value, whole
from viewer3d.dicom.meaning.explain import decisions
from viewer3d.errors import ChoiceError, NoVolumeError, StackError


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


def test_frames_of_one_file_that_nothing_tells_apart_are_refused_before_they_are_read() -> None:
    made = [enhanced([group(k) for _ in range(2) for k in range(SLICES)], range(2 * SLICES))]
    (scanned,) = viewer3d.scan(made)
    assert scanned.stacks[0].problem == "2 images at each position, and nothing tells which belong together"
    assert not scanned.volumes


def test_one_pass_and_the_beginning_of_another_at_another_time() -> None:
    made = passes(1, 2, lambda n, _v: {"AcquisitionTime": f"1000{n:02}"})
    assert found(made) == whole([{"time": 0.0}], 4)


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
