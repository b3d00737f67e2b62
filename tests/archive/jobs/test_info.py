"""The quality report: its columns are those of the page on archives, and say what is wrong in a series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from tests.archive.items import context_of, grid_item, item_of
from viewer3d import phantom
from viewer3d.archive.jobs.info import QUALITY_COLUMNS, quality_numbers, report_quality
from viewer3d.archive.jobs.job import Number, as_made
from viewer3d.core.volume import Volume
from viewer3d.phantom import Faults


def report(place: Path, tmp_path: Path, **options: Any) -> dict[str, Number]:
    """The numbers of the first volume at a place."""
    series = next(one for one in viewer3d.scan(place) if one.volumes)
    context = context_of(item_of(series), tmp_path, "info")
    return dict(as_made("info", report_quality(viewer3d.load(series, stack=1, **options), context), tmp_path).numbers)


def test_a_plain_series_has_nothing_wrong(tmp_path: Path) -> None:
    phantom.write(tmp_path, shape=(24, 20, 16), spacing=(9, 8, 5))
    found = report(tmp_path, tmp_path)
    assert list(found) == list(QUALITY_COLUMNS)
    wanted = {
        "modality": "CT",
        "kind": "DICOM",
        "series_number": 2,
        "stack": 1,
        "which": "",
        "images": 16,
        "columns": 24,
        "rows": 20,
        "slices": 16,
        "spacing_columns_mm": 9.0,
        "spacing_rows_mm": 8.0,
        "orientation": "LPH",
        "resampled": False,
        "missing": 0,
        "thickness_mm": 5.0,
        "unmeasured_mm": 0.0,
        "duplicates": 0,
        "unplaced": 0,
        "left_out": 0,
        "set_apart": 0,
        "unit": "HU",
        "inverted": False,
        "patient_position": "HFS",
        "burned_in": 0,
        "problem": "",
        "note_count": 0,
        "notes": "",
        "note_ids": "",
        "marked": 0,
        "lossy": "",
        "patient": None,
        "date": None,
        "filled_percent": None,
        "transfer_syntax": "1.2.840.10008.1.2.1",
    }
    assert {name: found[name] for name in wanted} == wanted
    assert found["spacing_slices_mm"] == pytest.approx(5)
    assert found["gap_max_mm"] == pytest.approx(5)
    assert found["residual_mm"] == pytest.approx(0, abs=1e-4)
    assert found["tilt_degrees"] == pytest.approx(0, abs=1e-4)
    volume = viewer3d.load(tmp_path)
    assert (found["min"], found["max"]) == (volume.voxels.min(), volume.voxels.max())
    assert found["frame_of_reference"] == volume.frame_of_reference_digest


@pytest.mark.parametrize(
    ("faults", "wanted"),
    [
        (Faults(tilt=12), {"resampled": True, "tilt_degrees": 12}),
        (Faults(missing=(5, 6)), {"resampled": True, "missing": 1, "gap_min_mm": 5, "gap_max_mm": 15, "images": 14}),
        (Faults(moved=((7, 1.5),)), {"resampled": True, "missing": 0, "residual_mm": 1.5, "gap_min_mm": 3.5}),
        (Faults(duplicated=(3, 4)), {"duplicates": 2, "images": 16, "resampled": False}),
        (Faults(thickness=2.0), {"thickness_mm": 2, "unmeasured_mm": 3, "gap_max_mm": 5}),
        (Faults(localizer=True), {"set_apart": 1, "images": 16}),
        (Faults(inverted=True), {"inverted": True}),
    ],
)
def test_what_is_wrong_is_in_its_column(faults: Faults, wanted: dict[str, object], tmp_path: Path) -> None:
    phantom.write(tmp_path, shape=(24, 20, 16), spacing=(9, 8, 5), faults=faults)
    found = report(tmp_path, tmp_path)
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, abs=1e-3)
    if set(wanted) - {"inverted"}:
        assert found["note_count"] == found["notes"].count(" | ") + 1  # type: ignore[union-attr]
    if wanted.get("tilt_degrees"):
        assert 0 < found["filled_percent"] < 50  # type: ignore[operator]
        assert (found["note_ids"], found["marked"]) == ("slices.tilted | slices.filled", 1)


def test_a_series_that_cannot_be_loaded_is_told_by_its_headers(tmp_path: Path) -> None:
    phantom.write(tmp_path, shape=(12, 10, 4), spacing=(9, 8, 5), faults=Faults(without=("PixelSpacing",)))
    (series,) = viewer3d.scan(tmp_path)
    found = quality_numbers(item_of(series))
    assert list(found) == list(QUALITY_COLUMNS)
    assert (found["modality"], found["images"], found["columns"], found["min"]) == ("CT", 4, None, None)
    assert "Pixel Spacing" in str(found["problem"])


def test_a_series_of_which_no_file_can_be_read_is_told(tmp_path: Path) -> None:
    phantom.write(tmp_path, shape=(12, 10, 4), spacing=(9, 8, 5))
    (series,) = viewer3d.scan(tmp_path)
    item = replace(item_of(series), stack=None)
    assert quality_numbers(item)["modality"] == "CT"


def test_who_it_is_is_told_only_when_it_is_asked(tmp_path: Path) -> None:
    phantom.write(tmp_path, shape=(12, 10, 4), spacing=(9, 8, 5))
    named = report(tmp_path, tmp_path, identify=True)
    identity = viewer3d.load(tmp_path, identify=True).identity
    assert named["date"] == identity[-1]
    assert named["patient"] == ", ".join(identity[:-1])
    plain = report(tmp_path, tmp_path)
    for line in identity:
        assert not any(line.removeprefix("ID ") in str(value) for value in plain.values())


def test_folders_which_may_be_called_as_patients_are_not_named(tmp_path: Path) -> None:
    place = tmp_path / "Doe^John"
    phantom.write(place, shape=(12, 10, 4), spacing=(9, 8, 5), faults=Faults(duplicated=(2,)))
    notes = str(report(place, tmp_path)["notes"])
    assert "left out (IM" in notes
    assert "Doe" not in notes


def test_files_that_are_not_dicom_have_the_same_columns(tmp_path: Path) -> None:
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    volume = Volume.from_array(np.arange(60).reshape(3, 4, 5) - 7, affine, unit="HU")
    item = grid_item(viewer3d.save(volume, tmp_path / "a.nii.gz").path)
    found = quality_numbers(item, item.grid.load([0], viewer3d.dicom.read_options.ReadOptions(), None)[0])  # type: ignore[union-attr,attr-defined]
    assert list(found) == list(QUALITY_COLUMNS)
    assert (found["kind"], found["columns"], found["rows"], found["slices"]) == ("NIfTI", 3, 4, 5)
    assert (found["spacing_slices_mm"], found["min"], found["max"]) == (pytest.approx(4), -7, 52)
    assert found["tilt_degrees"] is None


def test_the_page_on_jobs_has_all_columns() -> None:
    page = Path(__file__).parents[3] / "docs" / "archive_jobs.md"
    text = page.read_text(encoding="utf-8")
    for name, what in QUALITY_COLUMNS.items():
        assert f"| `{name}` | {what} |" in text


def test_columns_of_real_series(real: Callable[[str], Path], tmp_path: Path) -> None:
    tilted = report(real("ct_head_tilt_philips12"), tmp_path)
    assert tilted["tilt_degrees"] == pytest.approx(18.0, abs=10)
    assert tilted["resampled"] is True
    gap = report(real("ct_gap_5_10"), tmp_path)
    assert (gap["missing"], gap["gap_min_mm"], gap["gap_max_mm"]) == (1, pytest.approx(5), pytest.approx(10))
