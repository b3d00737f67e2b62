"""What is said about a series: decisions, notes, units."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.dicom.series.test_stack import SERIES, frame
from tests.phantom_files import write_phantom
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.meaning.explain import decisions
from viewer3d.dicom.meaning.stack_notes import notes_of
from viewer3d.dicom.meaning.units import unit_of
from viewer3d.dicom.series.scan import scan
from viewer3d.phantom import Faults

CT, PT = (replace(SERIES, modality=modality) for modality in ("CT", "PT"))


def told(folder: Path) -> dict[str, tuple[str, str]]:
    series = scan(folder)[0]
    return {row.topic: (row.value, row.reason) for row in decisions(series, series.stacks[0])}


@pytest.mark.parametrize(
    ("thickness", "says"), [(5.0, "slices touch"), (8.0, "overlap by 3 mm"), (2.0, "gaps of 3 mm: anatomy between")]
)
def test_thickness_is_told_against_the_increment(thickness: float, says: str, tmp_path: Path) -> None:
    write_phantom(tmp_path, shape=(12, 10, 6), spacing=(9, 8, 5), faults=Faults(thickness=thickness))
    rows = told(tmp_path)
    assert rows["thickness"][0] == f"{thickness:g} mm"
    assert says in rows["thickness"][1]
    assert rows["slice spacing"][0] == "5 mm"
    assert "Image Position (Patient)" in rows["slice spacing"][1]
    series = scan(tmp_path)[0]
    assert any("not measured" in note for note in notes_of(series, series.stacks[0])) == (thickness == 2.0)


def test_every_decision_of_a_plain_series(tmp_path: Path) -> None:
    write_phantom(tmp_path, shape=(12, 10, 6), spacing=(9, 8, 5))
    rows = told(tmp_path)
    assert rows["slices"] == ("6", "6 files; 12 x 10 pixels")
    assert rows["order"][0] == "towards H"
    assert rows["pixel spacing"] == ("9 x 8 mm", "Pixel Spacing (0028,0030)")
    assert rows["grid"][0] == "as acquired"
    assert rows["unit"] == ("HU", "declared as HU")
    assert rows["values"] == ("stored x 1, plus -1024", "Rescale Slope and Intercept, the same for all slices")


def test_a_resampled_series_says_why_and_how_far(tmp_path: Path) -> None:
    write_phantom(tmp_path, shape=(12, 10, 6), spacing=(9, 8, 5), faults=Faults(tilt=10, missing=(2,)))
    value, reason = told(tmp_path)["grid"]
    assert value == "resampled"
    assert "tilted by 10.00 degrees" in reason
    assert "uneven, up to" in reason


@pytest.mark.parametrize(
    ("changes", "unit"),
    [
        ({"series": CT, "declared_unit": "HU"}, "HU"),
        ({"series": CT, "rescaled": True, "intercept": -1024.0}, "HU"),
        ({"series": CT, "rescaled": True, "intercept": 0.0}, "HU"),  # by the CT Image Module
        ({"series": CT, "rescaled": True, "image_type": ("ORIGINAL", "PRIMARY", "AXIAL")}, "HU"),
        (
            {"series": CT, "rescaled": True, "image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER"), "intercept": -1024.0},
            "",
        ),
        ({"series": CT, "rescaled": True, "multi_energy": True, "intercept": -1024.0}, ""),
        ({"series": CT, "rescaled": True, "image_type": ("DERIVED", "SECONDARY", "AXIAL")}, ""),
        ({"series": CT, "rescaled": True, "image_type": ("DERIVED", "SECONDARY"), "intercept": -1024.0}, "HU"),
        ({"series": CT, "rescaled": True, "image_type": ()}, ""),
        ({"series": CT, "rescaled": True, "image_type": (), "intercept": -1000.0}, "HU"),
        ({"series": CT, "rescaled": True, "sop_class": "1.2.840.10008.5.1.4.1.1.7"}, ""),
        ({"series": CT, "rescaled": True, "declared_unit": "US"}, ""),
        ({"series": CT, "rescaled": True, "declared_unit": "HU", "flaw": "Rescale Slope is 0"}, ""),
        ({"series": CT, "rescaled": False}, ""),
        ({"series": CT, "rescaled": False, "scaled_by": ("Rescale Slope (0028,1053)",)}, ""),
        ({"series": CT, "declared_unit": "US"}, ""),
        ({"series": CT, "declared_unit": "HU_MOD"}, "HU_MOD"),
        ({"declared_unit": "HU"}, ""),
        ({}, ""),
        ({"series": PT, "declared_unit": "BQML", "scaled_by": ("Rescale Slope (0028,1053)",)}, "Bq/ml"),
        ({"series": PT, "declared_unit": "BQML"}, ""),  # Rescale Slope is required, and says what the pixels are
        ({"series": replace(SERIES, modality="RTDOSE"), "declared_unit": "GY"}, "Gy"),
    ],
)
def test_units(changes: dict[str, Any], unit: str) -> None:
    got, why = unit_of([frame(1, **changes)])
    assert got == unit
    assert why


def test_units_that_differ_are_none() -> None:
    frames: list[Frame] = [frame(1, series=CT, declared_unit="HU"), frame(2, series=CT, declared_unit="US")]
    assert unit_of(frames) == ("", "the images declare different units: HU, US")


def test_no_person_is_named(tmp_path: Path) -> None:
    write_phantom(tmp_path, shape=(12, 10, 6), spacing=(9, 8, 5))
    series = scan(tmp_path)[0]
    said = repr(series) + repr(decisions(series, series.stacks[0])) + repr(notes_of(series, series.stacks[0]))
    assert "Phantom^" not in said
    assert "PHANTOM" not in said
