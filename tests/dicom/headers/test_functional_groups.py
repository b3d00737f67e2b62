"""Frames of enhanced files at one position: told apart by every functional group, and by Dimension Index Values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset

import viewer3d
from tests.dicom.made import SLICES, enhanced, found, group, item, save, value, whole
from viewer3d.dicom.meaning.explain import decisions


def macro(name: str, **values: Any) -> dict[str, Dataset]:
    return {name: item(**values)}


def gradient(b: float, vector: Sequence[float] = (), directionality: str = "") -> dict[str, Dataset]:
    values: dict[str, Any] = {"DiffusionBValue": b, "DiffusionDirectionality": directionality}
    if vector:
        values["DiffusionGradientDirectionSequence"] = [item(DiffusionGradientOrientation=list(vector))]
    return macro("MRDiffusionSequence", **values)


GROUPS: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]]]] = [
    (
        "directions",
        [
            gradient(0.0, (), "NONE"),
            gradient(900.0, (1, 0, 0)),
            gradient(900.0, (0, 1, 0)),
            gradient(900.0, (), "ISOTROPIC"),
        ],
        [{"b_value": 0.0}] + [{"b_value": 900.0, "direction": one} for one in ("1 0 0", "0 1 0", "isotropic")],
    ),
    (
        "directionality alone",
        [gradient(900.0, (), "NONE"), gradient(900.0, (), "BMATRIX")],
        [{"directionality": "NONE"}, {"directionality": "BMATRIX"}],
    ),
    (
        "label",
        [macro("MRArterialSpinLabelingSequence", ASLContext=one) for one in ("LABEL", "CONTROL", "M_ZERO_SCAN")],
        [{"asl_context": one} for one in ("LABEL", "CONTROL", "M_ZERO_SCAN")],
    ),
    (
        "percent of heartbeat",
        [macro("CardiacSynchronizationSequence", NominalPercentageOfCardiacPhase=one) for one in (0.0, 45.0)],
        [{"cardiac_percent": 0.0}, {"cardiac_percent": 45.0}],
    ),
    (
        "delay in heartbeat",
        [macro("CardiacSynchronizationSequence", NominalCardiacTriggerDelayTime=one) for one in (0.0, 45.0)],
        [{"phase": 0.0}, {"phase": 1.0}],
    ),
    (
        "percent of breath",
        [macro("RespiratorySynchronizationSequence", NominalPercentageOfRespiratoryPhase=one) for one in (0.0, 50.0)],
        [{"respiratory_percent": 0.0}, {"respiratory_percent": 50.0}],
    ),
    (
        "delay in breath",
        [macro("RespiratorySynchronizationSequence", NominalRespiratoryTriggerDelayTime=one) for one in (0.0, 50.0)],
        [{"respiratory_delay": 0.0}, {"respiratory_delay": 50.0}],
    ),
    (
        "inversion times",
        [macro("MRModifierSequence", InversionTimes=one) for one in (100.0, [100.0, 2000.0])],
        [{"inversion_time": 100.0}, {"inversion_time": "100 2000"}],
    ),
    (
        "magnetization transfer",
        [macro("MRModifierSequence", MagnetizationTransfer=one) for one in ("NONE", "ON_RESONANCE")],
        [{"magnetization_transfer": "NONE"}, {"magnetization_transfer": "ON_RESONANCE"}],
    ),
    (
        "flip angle",
        [macro("MRTimingAndRelatedParametersSequence", FlipAngle=one) for one in (5.0, 26.0)],
        [{"flip_angle": 5.0}, {"flip_angle": 26.0}],
    ),
    (
        "coil",
        [macro("MRReceiveCoilSequence", ReceiveCoilName=one) for one in ("C1", "C2")],
        [{"coil": "C1"}, {"coil": "C2"}],
    ),
    (
        "component",
        [macro("MRImageFrameTypeSequence", ComplexImageComponent=one) for one in ("REAL", "IMAGINARY")],
        [{"component": "REAL"}, {"component": "IMAGINARY"}],
    ),
    (
        "velocity",
        [macro("MRVelocityEncodingSequence", VelocityEncodingDirection=one) for one in ([1.0, 0, 0], [0, 0, 1.0])],
        [{"velocity": "1 0 0"}, {"velocity": "0 0 1"}],
    ),
    (
        "contrast",
        [macro("ContrastBolusUsageSequence", ContrastBolusAgentPhase=one) for one in ("PRE_CONTRAST", "POST_CONTRAST")],
        [{"contrast_phase": "PRE_CONTRAST"}, {"contrast_phase": "POST_CONTRAST"}],
    ),
    (
        "kernel",
        [macro("CTReconstructionSequence", ConvolutionKernel=one) for one in ("Br40", "Br64")],
        [{"kernel": "Br40"}, {"kernel": "Br64"}],
    ),
    (
        "time offset",
        [macro("TemporalPositionSequence", TemporalPositionTimeOffset=one) for one in (0.0, 2.5)],
        [{"time": 0.0}, {"time": 1.0}],
    ),
    (
        "echo",
        [macro("MREchoSequence", EffectiveEchoTime=one) for one in (4.6, 2.3)],
        [{"echo": 2.0}, {"echo": 1.0}],
    ),
]


@pytest.mark.parametrize(("what", "macros", "told"), GROUPS, ids=[one[0] for one in GROUPS])
def test_a_functional_group_that_varies(
    what: str, macros: list[dict[str, Any]], told: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Frames lie in the order of their slices, those at one position backwards at every second one."""
    groups, values = [], []
    for k in range(SLICES):
        for v, own in list(enumerate(macros)):
            groups.append(group(k, **own))
            values.append(value(v, k))
    folder = save(tmp_path, [enhanced(groups, values)])
    assert sorted(found(folder), key=lambda one: one[1]) == whole(told), what


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([("TemporalPositionIndex", 1), ("TemporalPositionIndex", 2)], "time"),
        ([("FrameAcquisitionNumber", 1), ("FrameAcquisitionNumber", 2)], "acquisition"),
        ([("FrameAcquisitionDateTime", "20231231235958"), ("FrameAcquisitionDateTime", "20240101")], "time"),
        ([("FrameReferenceDateTime", "202401010930"), ("FrameReferenceDateTime", "202401010930-0100")], "time"),
        ([("CardiacCyclePosition", "END_SYSTOLE"), ("CardiacCyclePosition", "END_DIASTOLE")], "cardiac_position"),
        (
            [("RespiratoryCyclePosition", "END_EXPIR"), ("RespiratoryCyclePosition", "END_INSPIR")],
            "respiratory_position",
        ),
    ],
)
def test_what_the_frame_content_says(content: list[tuple[str, Any]], told: str) -> None:
    groups = [group(k, content=[one]) for one in content for k in range(SLICES)]
    values = [value(v, k) for v in range(2) for k in range(SLICES)]
    assert [(list(which), slices) for which, slices in found([enhanced(groups, values)])] == [
        ([told], slices) for _, slices in whole([{}, {}])
    ]


def test_dimension_index_values_tell_whatever_they_mean() -> None:
    """Stack ID, In-Stack Position Number, Temporal Position Index and a private attribute, as Philips writes labels."""
    pointers = (0x00209056, 0x00209057, 0x00209128, 0x20051429)
    each = [(time, label) for label in (0, 1) for time in (1, 2, 3)]
    groups = [
        group(k, (1, k + 1, time, label), [("TemporalPositionIndex", time)])
        for k in range(SLICES)
        for time, label in each
    ]
    values = [value(v, k) for k in range(SLICES) for v in range(6)]
    place = [enhanced(groups, values, pointers)]
    told = [{"time": float(time - 1), "dimension_4": float(label)} for time, label in each]
    assert sorted(found(place), key=lambda one: one[1]) == whole(told)
    (scanned,) = viewer3d.scan(place)
    rows = {row.topic: row for row in decisions(scanned, scanned.stacks[0])}
    assert "Dimension Index Value 4 of (2005,1429)" in rows["told apart"].reason
    assert "Temporal Position Index (0020,9128)" in rows["told apart"].reason


def test_dimension_index_values_alone_tell_and_are_named_by_what_they_point_at() -> None:
    pointers = (0x00209057, 0x00209153, 0x00189087, 0x00289145)
    each = [(phase, b, odd) for phase in (1, 2) for b in (1, 2) for odd in (1, 2)]
    groups = [group(k, (k + 1, *own)) for k in range(SLICES) for own in each]
    values = [value(v, k) for k in range(SLICES) for v in range(8)]
    told = [{"phase": phase - 1.0, "dimension_3": float(b), "dimension_4": float(odd)} for phase, b, odd in each]
    assert sorted(found([enhanced(groups, values, pointers)]), key=lambda one: one[1]) == whole(told)
