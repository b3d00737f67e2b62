"""The attributes of classic files that tell images at one position apart, and times in every form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from tests.dicom.made import found, save, series, whole

CLASSIC: list[tuple[str, str, str, list[Any], list[Any]]] = [
    ("MR", "FlipAngle", "flip_angle", [2.0, 15.0], [2.0, 15.0]),
    ("MR", "InversionTime", "inversion_time", [100.0, 1500.0, 2000.0], [100.0, 1500.0, 2000.0]),
    ("CT", "ConvolutionKernel", "kernel", ["B31f", "B70f"], ["B31f", "B70f"]),
    ("CT", "ConvolutionKernel", "kernel", [["I26f", "2"], ["I26f", "3"]], ["I26f 2", "I26f 3"]),
    ("CT", "KVP", "kvp", [80, 140], [80.0, 140.0]),
    ("MR", "ReceiveCoilName", "coil", ["C1", "C2"], ["C1", "C2"]),
    ("MR", "ContrastBolusAgent", "contrast", ["", "Gadolinium"], ["none", "Gadolinium"]),
    ("MR", "ComplexImageComponent", "component", ["MAGNITUDE", "PHASE"], ["MAGNITUDE", "PHASE"]),
    ("MR", "MagnetizationTransfer", "magnetization_transfer", ["NONE", "ON_RESONANCE"], ["NONE", "ON_RESONANCE"]),
    ("MR", "ASLContext", "asl_context", ["LABEL", "CONTROL"], ["LABEL", "CONTROL"]),
    ("MR", "DiffusionBValue", "b_value", [0.0, 500.0, 1000.0], [0.0, 500.0, 1000.0]),
    ("CT", "NominalPercentageOfCardiacPhase", "cardiac_percent", [30.0, 75.0], [30.0, 75.0]),
    ("CT", "NominalPercentageOfRespiratoryPhase", "respiratory_percent", [0.0, 50.0], [0.0, 50.0]),
    (
        "MR",
        "CardiacCyclePosition",
        "cardiac_position",
        ["END_SYSTOLE", "END_DIASTOLE"],
        ["END_SYSTOLE", "END_DIASTOLE"],
    ),
    (
        "CT",
        "RespiratoryCyclePosition",
        "respiratory_position",
        ["END_INSPIR", "END_EXPIR"],
        ["END_INSPIR", "END_EXPIR"],
    ),
    ("MR", "NominalCardiacTriggerDelayTime", "phase", [0.0, 35.5, 71.0], [0.0, 1.0, 2.0]),
    ("PT", "FrameReferenceTime", "time", [5000.0, 25000.0, 155000.0], [0.0, 1.0, 2.0]),
    ("MR", "SeriesDescription", "description", ["before", "behind"], ["before", "behind"]),
    ("MR", "SeriesNumber", "series_number", [5, 501], [5.0, 501.0]),
]


@pytest.mark.parametrize(("modality", "keyword", "name", "values", "told"), CLASSIC)
def test_an_attribute_of_classic_files(
    modality: str, keyword: str, name: str, values: list[Any], told: list[Any], tmp_path: Path
) -> None:
    made = series([{keyword: one} for one in values], modality)
    expected = whole([{name: one} for one in told])
    assert found(save(tmp_path / "explicit", made)) == expected
    assert found(save(tmp_path / "implicit", made, implicit=True)) == expected
    assert found(made) == expected
    (volume, *_) = viewer3d.load_all(made)
    assert not any("guess" in note for note in volume.notes)


def test_phases_of_a_heartbeat_that_differs_from_slice_to_slice_go_by_trigger_time() -> None:
    made = series([{} for _ in range(4)])
    for dataset in made:
        v, k = divmod(int(np.frombuffer(dataset.PixelData, np.uint16)[0]), 1000)
        dataset.TriggerTime, dataset.AcquisitionTime = v * (30 + k / 50), "100000"
    assert found(made) == whole([{"phase": float(v)} for v in range(4)])


def test_trigger_times_of_single_pictures_are_no_phases() -> None:
    """Perfusion takes one picture a heartbeat, a little earlier or later each time: when it was taken is the order."""
    made = series([{"AcquisitionTime": f"1000{v:02}"} for v in range(4)])
    for n, dataset in enumerate(made):
        dataset.AcquisitionTime = f"{dataset.AcquisitionTime}.{n:02}"
        dataset.TriggerTime = 500 + (7 * n) % 11
    assert found(made) == whole([{"time": float(v)} for v in range(4)])


@pytest.mark.parametrize(
    ("times", "modality"),
    [
        ([("20240105", "235950"), ("20240106", "000000")], "CT"),  # over midnight
        ([("20240105", "0930"), ("20240105", "093000.5"), ("20240105", "10")], "MR"),
        ([("20240105", "093000"), ("20240105", "093000.09"), ("20240105", "093000.1")], "MR"),
        ([("20231231", "235959.999999"), ("20240101", "00")], "MR"),
    ],
)
def test_times_are_in_order_of_date_and_time(times: list[tuple[str, str]], modality: str) -> None:
    made = series([{"AcquisitionDate": date, "AcquisitionTime": time} for date, time in times], modality)
    assert found(made) == whole([{"time": float(v)} for v in range(len(times))])


def test_times_with_an_offset_are_compared_in_one_zone() -> None:
    """The clocks are set back by an hour while it is taken."""
    moments = ["20241027025900+0200", "20241027020100+0100", "202410270300+0100"]
    made = series([{"AcquisitionDateTime": one} for one in moments])
    assert found(made) == whole([{"time": float(v)} for v in range(3)])


def test_the_same_time_in_two_forms_is_one_time() -> None:
    made = series([{"AcquisitionTime": "0930"}, {"AcquisitionTime": "0931"}])
    for dataset in made[::2]:
        dataset.AcquisitionTime = f"{dataset.AcquisitionTime}00.0"
    assert found(made) == whole([{"time": 0.0}, {"time": 1.0}])
