"""Standardized uptake: what makes it, and why there is none; by cases of public reports and QIBA's pseudo-code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d.dicom.meaning.explain import decisions
from viewer3d.dicom.meaning.suv import HALF_LIVES
from viewer3d.errors import StackError

SHAPE = (6, 5, 3)
WEIGHT, DOSE, F18 = 83.25, 370e6, 6586.2
FACTOR = WEIGHT * 1000 / (DOSE * 0.5 ** (3600 / F18))
ZR89 = {"RadionuclideHalfLife": 282276, "RadionuclideTotalDose": 50e6}
TAGS = {"suv": 0x00, "activity": 0x09}


def pet(folder: Path, **changes: Any) -> Path:
    """Write a PET series whose header justifies SUV, but for the changes; private values begin with Philips or GE."""
    for n, path in enumerate(write_phantom(folder, shape=SHAPE, spacing=(9, 8, 7), noise=0.0)):
        dataset, item = dcmread(path), Dataset()
        item.RadionuclideTotalDose, item.RadionuclideHalfLife = DOSE, F18
        item.RadiopharmaceuticalStartTime = "100000"
        values = {
            "Modality": "PT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.128", "Units": "BQML", "PatientWeight": WEIGHT,
            "CorrectedImage": ["ATTN", "DECY"], "DecayCorrection": "START", "SeriesDate": "20200102",
            "SeriesTime": "110000", "AcquisitionDate": "20200102", "AcquisitionTime": "110000", "RescaleType": None,
            "RescaleSlope": 0.5 + 0.1 * n, "RescaleIntercept": 0, "RadiopharmaceuticalInformationSequence": [item],
        }  # fmt: skip
        for key, given in {**values, **changes}.items():
            value = given[n] if isinstance(given, tuple) else given
            if key.startswith("Philips"):
                block = dataset.private_block(0x7053, "Philips PET Private Group", create=True)
                block.add_new(TAGS[key.removeprefix("Philips_")], "DS", value)
            elif key.startswith("GE"):
                dataset.private_block(0x0009, "GEMS_PETD_01", create=True).add_new(0x0D, "DT", value)
            else:
                target = item if key.startswith("Radio") and not key.endswith("Sequence") else dataset
                if value is None and key in target:
                    del target[key]
                elif value is not None:
                    setattr(target, key, value)
        dataset.save_as(path)
    return folder


def factor_of(folder: Path, native: str = "Bq/ml") -> float:
    volume, plain = viewer3d.load(folder), viewer3d.load(folder, unit=native)
    assert volume.unit == "SUVbw"
    factor = float(volume.voxels.max() / plain.voxels.max())
    assert np.allclose(volume.voxels, plain.voxels * factor, rtol=1e-5)
    assert any(f"x {factor:.4g}"[:8] in note for note in volume.notes)
    return factor


def refusal(folder: Path) -> str:
    """Return why a series has no SUV: the same in info and in the error of who asks for it."""
    (series,) = viewer3d.scan(folder)
    (row,) = [row for row in decisions(series, series.stacks[0]) if row.topic == "unit"]
    assert row.value != "SUVbw"
    with pytest.raises(StackError, match="cannot be had in SUVbw") as told:
        viewer3d.load(folder, unit="SUVbw")
    reason = row.reason.split("not SUVbw: ")[1]
    assert reason in str(told.value)
    notes = [note for note in viewer3d.load(folder).notes if "not in SUVbw" in note]
    assert notes == [f"The values are in {row.value} and not in SUVbw: {reason}."]
    assert not any("SUVbw" in note for note in viewer3d.load(folder, unit=row.value).notes)  # who asks for it knows
    return reason


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("suv_series_time_5_microseconds_later", 0.00040691568561534785), ("suv_time_hhmm", 0.00022864801061323923),
        ("suv_zr89_six_days", 0.006816747632418154),
    ],
)  # fmt: skip
def test_cases_of_public_reports(name: str, factor: float, case: Callable[[str], Path]) -> None:
    assert factor_of(case(name)) == pytest.approx(factor, rel=1e-5)


@pytest.mark.parametrize("name", ["suv_start_datetime_days_after_scan", "suv_start_datetime_years_after_scan"])
def test_an_injection_after_the_scan_is_refused(name: str, case: Callable[[str], Path]) -> None:
    assert viewer3d.load(case(name)).unit == "Bq/ml"
    assert "hours after the scan: one of the dates is wrong" in refusal(case(name))


@pytest.mark.slow
def test_the_factor_of_a_real_pet_is_that_of_its_real_world_value_mapping(real: Callable[[str], Path]) -> None:
    (path,) = real("pet_rwv").glob("*")
    items = [item for group in dcmread(path).ReferencedImageRealWorldValueMappingSequence
             for item in group.RealWorldValueMappingSequence]  # fmt: skip
    slopes = [item.RealWorldValueSlope for item in items if "SUVbw" in str(item)]
    assert factor_of(real("pet_ac_bqml")) == pytest.approx(slopes[0], rel=1e-4)


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({}, 3600),
        ({"RadiopharmaceuticalStartTime": "1000"}, 3600),
        ({"RadiopharmaceuticalStartTime": "10"}, 3600),
        ({"RadiopharmaceuticalStartTime": "100000.500000"}, 3599.5),
        ({"RadiopharmaceuticalStartDateTime": "20200102093000.000000"}, 5400),
        ({"RadiopharmaceuticalStartDateTime": "20200102093000+0100"}, 5400),  # the clock on the wall, as the series has
        ({"RadiopharmaceuticalStartDateTime": "20200102083000+0000", "TimezoneOffsetFromUTC": "+0100"}, 5400),
        ({"RadiopharmaceuticalStartDateTime": "20200102"}, 3600),  # a day, and the time from its own attribute
        ({"RadiopharmaceuticalStartDateTime": "2020"}, 3600),
        ({"SeriesTime": "003000", "AcquisitionTime": "003000", "RadiopharmaceuticalStartTime": "233000"}, 3600),
        ({"RadiopharmaceuticalStartTime": "110130"}, -90),  # a dynamic scan begins before the injection
        ({"SeriesTime": "110000.000005"}, 3600),  # Siemens
        ({"SeriesTime": "153000", "GE": "20200102110000.00"}, 3600),  # made anew later; GE keeps when the scan began
        ({**ZR89, "RadiopharmaceuticalStartDateTime": "20191227100000"}, 6 * 86400 + 3600),
        ({"DecayCorrection": "ADMIN", "RadiopharmaceuticalStartTime": None}, 0),
    ],
)
def test_the_time_from_injection_to_scan(changes: dict[str, Any], seconds: float, tmp_path: Path) -> None:
    half_life, dose = changes.get("RadionuclideHalfLife", F18), changes.get("RadionuclideTotalDose", DOSE)
    true = WEIGHT * 1000 / (dose * 0.5 ** (seconds / half_life))
    assert factor_of(pet(tmp_path, **changes)) == pytest.approx(true, rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"RadionuclideHalfLife": 1.8295}, "of 1.8295 s is of no nuclide: in hours it is that of F-18"),
        ({"RadionuclideHalfLife": 109.77}, "of 109.77 s is of no nuclide: in minutes it is that of F-18"),
        ({"RadionuclideHalfLife": 78.41}, "of 78.41 s is of no nuclide: in hours it is that of Zr-89"),
        ({"RadionuclideHalfLife": 3.267}, "in days it is that of Zr-89"),
        ({"RadionuclideHalfLife": 6586200}, "in milliseconds it is that of F-18"),
        ({"RadionuclideHalfLife": 33}, "shorter than that of any nuclide in use"),
        ({"RadionuclideTotalDose": 370}, "Dose (0018,1074) of 370 Bq is too little for that weight"),
        ({"RadionuclideTotalDose": 370e3}, "is too little for that weight"),
        ({"RadionuclideTotalDose": 370e12}, "is too much for that weight"),
        ({"PatientWeight": 75000}, "Patient Weight (0010,1030) is not between 0.005 and 1000 kg: is it in g?"),
        ({"PatientWeight": 0.0001}, "is not between 0.005 and 1000 kg"),
        ({"RadiopharmaceuticalStartDateTime": "20200101100000"}, "25.0 hours from injection to scan are not to be"),
        ({"RadiopharmaceuticalStartDateTime": "20200102120000"}, "the injection is 1.0 hours after the scan"),
        ({"RadiopharmaceuticalStartTime": "120000"}, "23.0 hours from injection"),
        ({**ZR89}, "only the time of the injection is known, and with a half-life of 78.4 hours"),
        ({**ZR89, "RadiopharmaceuticalStartDateTime": "20191101100000"}, "19.0 half-lives"),
        ({"SeriesTime": "110002"}, "Series Time is later than Acquisition Time"),
        ({"PatientWeight": (83, 83, 80)}, "the images differ in Patient Weight (0010,1030)"),
        ({"RadionuclideTotalDose": (370e6, 370e6, 371e6)}, "the images differ in Radionuclide Total Dose (0018,1074)"),
        ({"DecayCorrection": None}, "Decay Correction (0054,1102) is missing"),
        ({"CorrectedImage": None}, "lacks ATTN and DECY"),
    ],
)
def test_what_cannot_be_believed_is_refused_with_the_reason(
    changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    assert viewer3d.load(pet(tmp_path, **changes)).unit == "Bq/ml"
    said = refusal(tmp_path)
    assert reason in said
    assert "83" not in said.replace("0083", "")  # the weight is the patient's own affair


@pytest.mark.parametrize("name", HALF_LIVES)
def test_every_nuclide_is_known_by_its_half_life(name: str, tmp_path: Path) -> None:
    half_life = HALF_LIVES[name] * 1.01
    changes = {"RadionuclideHalfLife": half_life, "RadiopharmaceuticalStartDateTime": "20200102105900"}
    true = WEIGHT * 1000 / (DOSE * 0.5 ** (60 / half_life))
    assert factor_of(pet(tmp_path, **changes)) == pytest.approx(true, rel=1e-5)


def test_a_value_that_breaks_its_vr_is_missing_and_the_series_loads(tmp_path: Path) -> None:
    for path in sorted(pet(tmp_path).iterdir()):
        data = path.read_bytes()
        assert data.count(b"DS\x06\x0083.25 ") == 1
        path.write_bytes(data.replace(b"DS\x06\x0083.25 ", b"DS\x06\x0083,25 "))
    assert "Patient Weight (0010,1030) missing" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("changes", "unit", "factor", "says"),
    [
        ({"Philips_suv": 0.00042}, "SUVbw", 0.00042, "Philips' SUV factor (7053,xx00)"),
        ({"Philips_suv": 0.00042, "Philips_activity": 2.5}, "SUVbw", 0.00042, "Philips' SUV factor (7053,xx00)"),
        ({"Philips_suv": 0, "Philips_activity": 2.5}, "SUVbw", 2.5 * FACTOR, "60.0 minutes after injection"),
        ({"Philips_activity": 2.5}, "SUVbw", 2.5 * FACTOR, "60.0 minutes after injection"),
        ({"Philips_activity": 2.5, "PatientWeight": None}, "Bq/ml", 2.5, "Philips' activity factor (7053,xx09)"),
        ({"Philips_suv": 0.00042, "CorrectedImage": ["DECY"]}, "counts", 1, "lacks ATTN"),
        ({}, "counts", 1, "Philips' SUV factor (7053,xx00) and Philips' activity factor (7053,xx09) are missing"),
        ({"Philips_suv": (0.1, 0.1, 0.2)}, "counts", 1, "the images differ in Philips' SUV factor"),
    ],
)
def test_counts_of_philips(changes: dict[str, Any], unit: str, factor: float, says: str, tmp_path: Path) -> None:
    folder = pet(tmp_path, Units="CNTS", **changes)
    volume, counts = viewer3d.load(folder), viewer3d.load(folder, unit="counts")
    assert (volume.unit, counts.unit) == (unit, "counts")
    assert np.allclose(volume.voxels, counts.voxels * factor, rtol=1e-5)
    (series,) = viewer3d.scan(folder)
    assert says in next(row.reason for row in decisions(series, series.stacks[0]) if row.topic == "unit")
    if "Philips_activity" in changes:
        assert np.allclose(viewer3d.load(folder, unit="Bq/ml").voxels, counts.voxels * 2.5, rtol=1e-5)


@pytest.mark.parametrize(
    ("kind", "unit"),
    [(None, "SUVbw"), ("BW", "SUVbw"), ("LBM", "SUVlbm"), ("LBMJANMA", "SUVlbm"), ("IBW", "SUVibw"), ("X", "g/ml")],
)
def test_g_per_ml_is_the_suv_it_declares(kind: str | None, unit: str, tmp_path: Path) -> None:
    volume = viewer3d.load(pet(tmp_path, Units="GML", SUVType=kind))
    assert volume.unit == unit
    assert np.array_equal(volume.voxels, viewer3d.load(tmp_path, unit="g/ml").voxels)


def test_g_per_ml_of_two_kinds_is_neither(tmp_path: Path) -> None:
    assert viewer3d.load(pet(tmp_path, Units="GML", SUVType=("BW", "LBM", "BW"))).unit == "g/ml"


def test_two_injections_are_no_dose(tmp_path: Path) -> None:
    for path in sorted(pet(tmp_path).iterdir()):
        dataset = dcmread(path)
        dataset.RadiopharmaceuticalInformationSequence = [*dataset.RadiopharmaceuticalInformationSequence] * 2
        dataset.save_as(path)
    assert "there are 2 radiopharmaceuticals" in refusal(tmp_path)


def test_a_unit_is_earned_by_a_slope(tmp_path: Path) -> None:
    volume = viewer3d.load(pet(tmp_path, RescaleSlope=None, RescaleIntercept=None))
    assert volume.unit == ""
    assert any("declared as BQML, but there is no Rescale Slope" in note for note in volume.notes)
