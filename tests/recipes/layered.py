"""A CT and a PET of the phantom that lie in one frame of reference, and files of them that were changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydicom import dcmread

from tests.phantom_files import write_phantom

SMALL: dict[str, Any] = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}
SIZE = (302, 100)


def changed(source: Path, target: Path, change: Callable[[Any], None]) -> Path:
    """Copy DICOM files, each changed."""
    target.mkdir(parents=True)
    for path in sorted(source.glob("*.dcm")):
        dataset = dcmread(path)
        change(dataset)
        dataset.save_as(target / path.name)
    return target


def to_pet(dataset: Any) -> None:
    """Make a PET in Bq/ml of a slice of CT, half as bright, another series in the same frame of reference."""
    dataset.Modality, dataset.Units, dataset.RescaleIntercept = "PT", "BQML", 0
    dataset.SeriesInstanceUID, dataset.SeriesNumber = "1.2.8.77", 9
    dataset.SOPInstanceUID = f"1.2.8.77.{dataset.InstanceNumber}"
    dataset.PixelData = (dataset.pixel_array // 2).tobytes()
    del dataset.WindowCenter, dataset.WindowWidth, dataset.RescaleType


def write_pair(folder: Path) -> tuple[Path, Path]:
    """Write a CT and a PET into folders beside one another, and return these."""
    write_phantom(folder / "ct", **SMALL)
    return folder / "ct", changed(folder / "ct", folder / "pet", to_pet)
