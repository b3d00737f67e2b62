"""Small series as Part 10 files, and the same again with other headers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian

from tests.dicom.made import image, item
from viewer3d import phantom
from viewer3d.phantom import Faults

SHAPE: Final = (32, 32, 6)
SPACING: Final = (8.0, 8.0, 20.0)

MR: Final[dict[str, Any]] = {
    "ScanningSequence": "GR", "SequenceVariant": "SP", "RepetitionTime": "2000", "EchoTime": "30",
    "InversionTime": "900", "FlipAngle": "77", "MagneticFieldStrength": "3", "DiffusionBValue": 0.0,
    "PatientPosition": "HFS", "ManufacturerModelName": "One",
}  # fmt: skip

PET: Final[dict[str, Any]] = {
    "Units": "BQML", "PatientWeight": "70", "ReconstructionMethod": "PSF+TOF 3i21s",
    "ConvolutionKernel": "XYZ Gauss5.00", "AttenuationCorrectionMethod": "CT", "ScatterCorrectionMethod": "Model-based",
    "SeriesTime": "110000", "AcquisitionTime": "110000",
}  # fmt: skip


def tracer(time: str = "100000", nuclide: str = "18F") -> list[Dataset]:
    """The Radiopharmaceutical Information Sequence of an injection at a time of the day of the phantom."""
    code = item(CodeValue="C-111A1", CodingSchemeDesignator="SRT", CodeMeaning=nuclide)
    return [
        item(
            RadiopharmaceuticalStartTime=time, RadiopharmaceuticalStartDateTime=f"20200102{time}",
            RadionuclideTotalDose="370000000", RadionuclideHalfLife="6586.2", RadionuclideCodeSequence=[code],
        )
    ]  # fmt: skip


def ct(folder: Path, **faults: Any) -> Path:
    """Six slices of the phantom as CT."""
    phantom.write(folder, shape=SHAPE, spacing=SPACING, noise=10, faults=Faults(**faults))
    return folder


def pet(folder: Path) -> Path:
    """Six slices of the phantom as PET with all that a header has of its reconstruction."""
    phantom.write_pet(folder, shape=SHAPE, spacing=SPACING)
    return edited(folder, folder, RadiopharmaceuticalInformationSequence=tracer(), **PET)


def mr(folder: Path) -> Path:
    """Four slices of MR."""
    folder.mkdir(parents=True)
    for k in range(4):
        one = image(1 + k, k, k, **MR)
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.save_as(folder / f"{k}.dcm", enforce_file_format=True)
    return folder


def edited(source: Path, target: Path, change: Callable[[Dataset, int], None] | None = None, **values: Any) -> Path:
    """The files of a folder with other values: None takes an attribute out, a callable changes the whole header."""
    if source != target:
        shutil.copytree(source, target)
    for number, path in enumerate(sorted(target.iterdir())):
        dataset = dcmread(path)
        for keyword, value in values.items():
            if value is None:
                dataset.pop(keyword, None)
            else:
                setattr(dataset, keyword, value)
        if change is not None:
            change(dataset, number)
        dataset.save_as(path, enforce_file_format=True)
    return target
