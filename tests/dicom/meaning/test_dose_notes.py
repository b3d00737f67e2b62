"""Doses: their unit is the file's, and it is told what they are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_testdata_file

import viewer3d
from viewer3d import phantom
from viewer3d.cli.report import info_text
from viewer3d.errors import BadFileError


def changed(folder: Path, **values: Any) -> Path:
    """The dose of the phantom with other attributes; None deletes."""
    dataset = pydicom.dcmread(phantom.write_dose(folder / "dose.dcm", shape=(6, 5, 4)))
    for keyword, value in values.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.save_as(folder / "dose.dcm")
    return folder / "dose.dcm"


@pytest.mark.parametrize(
    ("values", "unit", "told"),
    [
        ({}, "Gy", ""),
        ({"DoseUnits": "RELATIVE"}, "relative", ""),
        ({"DoseUnits": None}, "", "The values have no unit"),
        ({"DoseSummationType": "FRACTION"}, "Gy", "not that of a whole plan"),
        ({"DoseSummationType": "MULTI_PLAN"}, "Gy", ""),
        ({"DoseSummationType": None}, "Gy", "not said what the dose is the sum of"),
        ({"DoseType": "ERROR"}, "Gy", "errors of a dose and no dose"),
        ({"DoseType": "EFFECTIVE"}, "Gy", "weighted by its biological effect"),
    ],
)
def test_unit_type_and_sum_are_told(values: dict[str, Any], unit: str, told: str, tmp_path: Path) -> None:
    loaded = viewer3d.load(changed(tmp_path, **values))
    assert loaded.unit == unit
    assert len(loaded.notes) == bool(told)
    assert told in " ".join(loaded.notes)


def test_info_has_a_row_on_the_sum(tmp_path: Path) -> None:
    assert "PLAN, PHYSICAL" in info_text(viewer3d.scan(changed(tmp_path)), None, None)


def test_a_dose_of_a_beam_in_one_frame_says_so() -> None:
    """Of pydicom; a file of a single frame is read without pydicom."""
    loaded = viewer3d.load(str(get_testdata_file("rtdose_1frame.dcm")))
    assert loaded.unit == "relative"
    assert any("(3004,000A) is BEAM" in note for note in loaded.notes)


@pytest.mark.parametrize("scaling", [None, 0, -0.001])
def test_a_dose_without_scaling_is_refused(scaling: float | None, tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match=r"dose\.dcm frame 1: Dose Grid Scaling \(3004,000E\) is"):
        viewer3d.load(changed(tmp_path, DoseGridScaling=scaling))
