"""Small series as Part 10 files, each slice told by its first pixel."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage

COLUMNS, ROWS = 8, 6
AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def turned(degrees: float) -> list[float]:
    """The orientation of axial slices turned about the patient's left-right axis."""
    angle = np.radians(degrees)
    return [1.0, 0.0, 0.0, 0.0, float(np.cos(angle)), float(np.sin(angle))]


def image(value: int, position: Iterable[float] | None, **tags: Any) -> Dataset:
    """A slice whose first pixel is a value and whose others count on; a tag that is None is left out."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    modality = tags.get("Modality", "CT")
    said: dict[str, Any] = {
        "SOPClassUID": MRImageStorage if modality == "MR" else CTImageStorage,
        "SOPInstanceUID": f"1.2.3.{value + 1}",
        "StudyInstanceUID": "1.2.1",
        "SeriesInstanceUID": "1.2.2",
        "SeriesNumber": 1,
        "Modality": modality,
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "InstanceNumber": value + 1,
        "ImagePositionPatient": None if position is None else [float(mm) for mm in position],
        "ImageOrientationPatient": AXIAL,
        "PixelSpacing": [1.5, 0.75],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": ROWS,
        "Columns": COLUMNS,
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
        **tags,
    }
    for keyword, told in said.items():
        if told is not None:
            setattr(dataset, keyword, told)
    count = dataset.Rows * dataset.Columns * int(said.get("NumberOfFrames", 1))
    dataset.PixelData = (value + np.arange(count)).astype("<i2").tobytes()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def save(folder: Path, images: Iterable[Dataset]) -> Path:
    """Write images into a folder, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, dataset in enumerate(images):
        dataset.save_as(folder / f"{number:03}.dcm", enforce_file_format=True)
    return folder


def firsts(volume: Any) -> list[int]:
    """The first pixel of each slice."""
    return [int(value) for value in volume.voxels[0, 0, :]]
