"""Frames to stacks: split, ordered, measured; problems said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from viewer3d.dicom.files.sources import FileSource
from viewer3d.dicom.headers.frame import Frame, SeriesTags, StoredPixels
from viewer3d.dicom.series.stack import make_stacks

SERIES = SeriesTags("1.1", "1.2", 5, "test", "MR")
AXIAL = (1.0, 0, 0, 0, 1, 0)
SAGITTAL = (0.0, 1, 0, 0, 0, -1)


def frame(number: int, z: float = 0.0, **changes: Any) -> Frame:
    source, syntax = FileSource(f"{number}.dcm"), "1.2.840.10008.1.2.1"
    stored = StoredPixels(source, syntax, 8, 9, 1, 1, "MONOCHROME2", 16, 12, 11, signed=False)
    made = Frame(
        series=SERIES, stored=stored, index=0, sop_uid=f"1.3.{number}", sop_class="", position=(1.0, 2.0, z),
        orientation=AXIAL, pixel_spacing=(1.5, 2.0), spacing_tag="", thickness=None, between=None, slope=1.0,
        intercept=0.0, rescaled=False, table=None, declared_unit="", windows=(), image_type=("ORIGINAL", "PRIMARY"),
        padding=None, activity=None, burned_in=False, dimension_values={"InstanceNumber": float(number)},
    )  # fmt: skip
    return replace(made, **changes)


def test_order_is_by_position_whatever_the_numbers_say() -> None:
    (stack,) = make_stacks([frame(1, 6), frame(2, 0), frame(3, 3)])
    assert [one.sop_uid for one in stack.frames] == ["1.3.2", "1.3.3", "1.3.1"]
    assert stack.layout is not None
    assert np.array_equal(stack.layout.affine, [[2, 0, 0, 1], [0, 1.5, 0, 2], [0, 0, 3, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize("keyword", ["EchoTime", "DiffusionBValue", "TemporalPositionIdentifier", "AcquisitionNumber"])
def test_frames_at_one_position_are_told_apart(keyword: str) -> None:
    frames = [
        frame(10 * value + k, 3.0 * k, dimension_values={keyword: float(value)}) for value in (2, 1) for k in range(4)
    ]
    first, second = make_stacks(frames)
    assert len(first.frames) == len(second.frames) == 4
    assert {one.dimension_values[keyword] for one in first.frames} == {1.0}
    (name,) = first.which
    told = (0, 1) if name == "time" else (1, 2)
    assert (first.which[name], second.which[name]) == told
    assert first.label.endswith(f" {told[0]}")


def test_two_attributes_at_once() -> None:
    frames = [
        frame(
            100 * echo + 10 * time + k,
            3.0 * k,
            dimension_values={"EchoTime": 5.0 * echo, "TemporalPositionIdentifier": time},
        )
        for echo in (1, 2)
        for time in (1, 2, 3)
        for k in range(4)
    ]
    stacks = make_stacks(frames)
    assert len(stacks) == 6
    assert stacks[0].label == "echo 1, time 0"
    assert all(stack.is_volume and len(stack.frames) == 4 for stack in stacks)


def test_turns_are_told_by_number_when_nothing_else_differs() -> None:
    stacks = make_stacks([frame(4 * turn + k, 3.0 * k) for turn in range(2) for k in range(4)])
    assert [stack.label for stack in stacks] == ["time 0", "time 1"]
    assert [one.sop_uid for one in stacks[1].frames] == ["1.3.4", "1.3.5", "1.3.6", "1.3.7"]


def test_an_attribute_that_differs_everywhere_tells_nothing() -> None:
    frames = [
        frame(k, 3.0 * k, dimension_values={"AcquisitionTime": str(k), "InstanceNumber": float(k)}) for k in range(5)
    ]
    (stack,) = make_stacks(frames)
    assert len(stack.frames) == 5
    assert stack.label == ""


def test_a_copied_file_is_a_double_not_another_time() -> None:
    frames = [frame(k, 3.0 * k) for k in range(3)]
    copies = [replace(one, stored=replace(one.stored, source=FileSource(f"copy{n}"))) for n, one in enumerate(frames)]
    (stack,) = make_stacks([*frames, *copies])
    assert len(stack.frames) == 3
    assert len(stack.doubles) == 3


def test_another_orientation_kind_or_size_is_another_stack() -> None:
    axial = [frame(k, 3.0 * k) for k in range(4)]
    sagittal = [frame(10 + k, orientation=SAGITTAL, position=(3.0 * k, 0, 0)) for k in range(3)]
    scout = [frame(20, image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"))]
    stacks = make_stacks([*scout, *sagittal, *axial])
    assert [(len(stack.frames), stack.label) for stack in stacks] == [
        (4, "no image type, axial"),
        (3, "no image type, sagittal"),
        (1, "LOCALIZER"),
    ]
    assert [stack.is_volume for stack in stacks] == [True, True, False]


def test_jitter_is_one_volume_and_disorder_is_none() -> None:
    def jittered(by: float) -> list[Frame]:
        return [frame(k, 3.0 * k, orientation=(1, by * (k % 2), 0, -by * (k % 2), 1, 0)) for k in range(4)]

    (fine,) = make_stacks(jittered(1e-4))
    assert fine.is_volume
    (coarse,) = make_stacks(jittered(1e-2))
    assert "differs by up to 0.01" in coarse.problem


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"position": None}, "no Image Position"),
        ({"orientation": None}, "no Image Orientation"),
        ({"pixel_spacing": None}, "no Pixel Spacing"),
        ({"pixel_spacing": (0.0, 1.0)}, "no Pixel Spacing above 0"),
        ({"orientation": (1.0, 0, 0, 0.5, 1, 0)}, "not two perpendicular unit vectors"),
        ({"orientation": (2.0, 0, 0, 0, 2.0, 0)}, "not two perpendicular unit vectors"),
    ],
)
def test_what_forbids_a_volume_is_said(changes: dict[str, Any], says: str) -> None:
    (stack,) = make_stacks([frame(k, **{"position": (0.0, 0.0, 3.0 * k), **changes}) for k in range(3)])
    assert says in stack.problem
    assert not stack.is_volume
    assert stack.layout is None


def test_measures_of_a_tilted_and_uneven_stack() -> None:
    (stack,) = make_stacks([frame(k, position=(0.0, 0.5 * z, float(z))) for k, z in enumerate((0, 2, 4, 8))])
    assert stack.layout is not None
    assert stack.layout.gaps.tolist() == [2, 2, 4]
    assert not stack.layout.even
    assert not stack.layout.upright
    assert stack.layout.lean == pytest.approx(np.degrees(np.arctan(0.5)))
    # Even steps would be 8/3 mm: the third frame is the farthest off, by 4/3 mm along a direction of length sqrt(1.25).
    assert stack.layout.residual == pytest.approx(4 / 3 * np.sqrt(1.25))


def test_positions_that_jitter_by_half_a_percent_are_even() -> None:
    (stack,) = make_stacks([frame(k, 3.27 * k + (0.014 if k == 2 else 0)) for k in range(5)])
    assert stack.layout is not None
    assert stack.layout.even
    assert stack.layout.residual == pytest.approx(0.014)


def test_frames_run_up_along_their_own_normal() -> None:
    flipped = (-1.0, 0, 0, 0, 1, 0)  # row x column points to the feet
    (stack,) = make_stacks([frame(k, 3.0 * k, orientation=flipped) for k in range(3)])
    assert stack.layout is not None
    assert stack.layout.step.tolist() == [0, 0, -3]
    assert np.linalg.det(stack.layout.affine[:3, :3]) > 0
