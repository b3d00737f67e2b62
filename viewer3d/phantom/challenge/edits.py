"""Files of the synthetic patient, changed as real ones are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydicom import dcmread
from pydicom.dataset import Dataset

from viewer3d.phantom.files import write
from viewer3d.phantom.headers import decimal, item

_WEIGHT: Final = 80.0
"""kg."""

_DOSE: Final = 300e6
"""Bq, when it was given."""

_HALF_LIFE: Final = 6586.2
"""Seconds, of fluorine 18."""

_UPTAKE: Final = 3600
"""Seconds from the injection to the scan, at 03:04:05."""

BQ_PER_SUV: Final = _DOSE * 2 ** (-_UPTAKE / _HALF_LIFE) / (_WEIGHT * 1000)
"""Bq/ml at 1 SUV (body weight): the dose that is left when the scan starts, by grams of the patient."""


def _changed(paths: Iterable[Path], change: Callable[[Dataset], None]) -> None:
    for path in paths:
        ds = dcmread(path)
        change(ds)
        ds.save_as(path, enforce_file_format=True)


def with_wrong_spacing(paths: Iterable[Path], mm: float) -> None:
    """Put a Spacing Between Slices (0018,0088) into files that is not theirs."""

    def change(ds: Dataset) -> None:
        ds.SpacingBetweenSlices = decimal(mm)

    _changed(paths, change)


def as_measured_activity(paths: Iterable[Path]) -> None:
    """Turn files of PET in SUV into such in Bq/ml, with all that SUV takes (PS3.3 C.8.9.1)."""

    def change(ds: Dataset) -> None:
        ds.Units = "BQML"
        del ds.SUVType
        ds.PatientWeight = decimal(_WEIGHT)
        ds.RescaleSlope = decimal(float(ds.RescaleSlope) * BQ_PER_SUV)
        ds.RadiopharmaceuticalInformationSequence = [
            item(
                RadiopharmaceuticalStartTime="020405",
                RadiopharmaceuticalStartDateTime="20200102020405",
                RadionuclideTotalDose=decimal(_DOSE),
                RadionuclideHalfLife=decimal(_HALF_LIFE),
                RadionuclidePositronFraction=decimal(0.967),
            )
        ]

    _changed(paths, change)


def with_second_scan(folder: Path, options: Mapping[str, Any]) -> None:
    """Write a series, and a second, coarser scan of the same place into it."""
    first = write(folder, **options, noise=0)
    series = dcmread(first[0], stop_before_pixels=True).SeriesInstanceUID
    x, y, z = options["shape"]
    dx, dy, dz = options["spacing"]
    coarse = {**options, "shape": (x, y, z // 4), "spacing": (dx, dy, 4 * dz)}
    second = write(folder / "second", **coarse, noise=0)

    def change(ds: Dataset) -> None:
        ds.SeriesInstanceUID, ds.AcquisitionNumber = series, 2
        ds.InstanceNumber = len(first) + ds.InstanceNumber

    _changed(second, change)
    for path in second:
        path.rename(folder / f"IN{path.name[2:]}")
    (folder / "second").rmdir()
