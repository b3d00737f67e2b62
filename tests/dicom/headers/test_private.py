"""Private elements of the vendors: b-values, directions and the like, in whatever block and form they come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset

import viewer3d
from tests.dicom.made import found, save, series, whole

VENDORS: list[tuple[str, int, str, dict[int, tuple[str, list[Any]]], str, list[Any]]] = [
    ("Siemens b", 0x19, "SIEMENS MR HEADER", {0x0C: ("IS", ["0", "800"])}, "b_value", [0.0, 800.0]),
    (
        "Siemens direction", 0x19, "SIEMENS MR HEADER",
        {0x0E: ("FD", [[1.0, 0.0, 0.0], [0.0, 0.70710678, -0.70710678]])}, "direction", ["1 0 0", "0 0.7071 -0.7071"],
    ),
    ("GE b", 0x43, "GEMS_PARM_01", {0x39: ("IS", [[0, 8, 0, 0], [1000000750, 8, 0, 0]])}, "b_value", [0.0, 750.0]),
    (
        "GE direction", 0x19, "GEMS_ACQU_01",
        {0xBB: ("DS", ["1", "0"]), 0xBC: ("DS", ["0", "0.6"]), 0xBD: ("DS", ["0", "0.8"])},
        "direction", ["1 0 0", "0 0.6 0.8"],
    ),
    ("GE component", 0x43, "GEMS_PARM_01", {0x2F: ("SS", [0, 1, 2])}, "component", ["MAGNITUDE", "PHASE", "REAL"]),
    ("Philips b", 0x2001, "Philips Imaging DD 001", {0x03: ("FL", [0.0, 600.0])}, "b_value", [0.0, 600.0]),
    (
        "Philips direction", 0x2005, "Philips MR Imaging DD 001",
        {0xB0: ("FL", [1.0, 0.0]), 0xB1: ("FL", [0.0, 1.0]), 0xB2: ("FL", [0.0, 0.0])}, "direction", ["1 0 0", "0 1 0"],
    ),
    ("Philips label", 0x2005, "Philips MR Imaging DD 005", {0x29: ("CS", ["CONTROL", "LABEL"])}, "asl_context",
     ["CONTROL", "LABEL"]),
    ("UIH b", 0x65, "Image Private Header", {0x09: ("FD", [0.0, 50.0])}, "b_value", [0.0, 50.0]),
    ("UIH direction", 0x65, "Image Private Header", {0x37: ("FD", [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])}, "direction",
     ["0 1 0", "0 0 1"]),
]  # fmt: skip


def with_private(
    datasets: list[Dataset], creator: str, number: int, elements: dict[int, tuple[str, list[Any]]], before: int = 0
) -> list[Dataset]:
    for dataset in datasets:
        v = int(np.frombuffer(dataset.PixelData, np.uint16)[0]) // 1000
        for other in range(before):
            dataset.private_block(number, f"SOMEBODY {other}", create=True)
        block = dataset.private_block(number, creator, create=True)
        for element, (vr, values) in elements.items():
            block.add_new(element, vr, values[v])
    return datasets


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize(("who", "number", "creator", "elements", "name", "told"), VENDORS, ids=[v[0] for v in VENDORS])
def test_the_private_elements_of_the_vendors(
    who: str,
    number: int,
    creator: str,
    elements: dict[int, tuple[str, list[Any]]],
    name: str,
    told: list[Any],
    before: int,
    tmp_path: Path,
) -> None:
    made = with_private(series([{} for _ in told]), creator, number, elements, before)
    expected = whole([{name: one} for one in told])
    assert found(save(tmp_path / "explicit", made)) == expected, who
    assert found(save(tmp_path / "implicit", made, implicit=True)) == expected
    assert found(made) == expected


@pytest.mark.parametrize("vr", ["UN", "OB"])
def test_private_values_that_were_copied_as_bytes(vr: str, tmp_path: Path) -> None:
    elements = {0x0C: (vr, [b"0 ", b"1000"]), 0x0E: (vr, [b"", np.array([0.6, 0.0, 0.8]).tobytes()])}
    made = with_private(series([{}, {}]), "SIEMENS MR HEADER", 0x19, elements)
    assert found(save(tmp_path, made)) == whole([{"b_value": 0.0}, {"b_value": 1000.0}])


def test_the_same_element_of_another_vendor_is_something_else(tmp_path: Path) -> None:
    made = with_private(series([{}, {}]), "GEMS_ACQU_01", 0x19, {0x0C: ("IS", ["0", "800"])})
    (volume, _) = viewer3d.load_all(save(tmp_path, made))
    assert volume.which == {"time": 0.0}
    assert any("guess, by the order of Instance Number (0020,0013)" in note for note in volume.notes)


def test_ge_directions_are_said_to_lie_in_the_axes_of_the_image() -> None:
    elements = {n: ("DS", values) for n, values in ((0xBB, ["1", "0"]), (0xBC, ["0", "1"]), (0xBD, ["0", "0"]))}
    made = with_private(series([{}, {}]), "GEMS_ACQU_01", 0x19, elements)
    assert any("in the axes of the image" in note for note in viewer3d.load_all(made)[1].notes)
