"""Segmentations as Part 10 files, written with pydicom frame by frame, right or wrong as a test asks."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import imagecodecs
import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, SegmentationStorage

from tests.dicom import encoded
from tests.dicom.made import item

Pixels = np.ndarray[Any, Any]
Frames = Sequence[tuple[int, float, Pixels]]
"""Segment number, place along the step in steps, and pixels of shape (rows, columns)."""

LABEL_MAP_STORAGE: Final = "1.2.840.10008.5.1.4.1.1.66.7"
DEFLATED_FRAMES: Final = "1.2.840.10008.1.2.8.1"
FRAME_OF_REFERENCE: Final = "1.2.9.1"
LIVER_LAB: Final = [41661, 41167, 40792]
ORIGIN: Final = (-10.0, -20.0, 30.0)
SPACING: Final = (1.5, 0.75)
STEP: Final = 2.5


def segment(number: int, name: str = "", **values: Any) -> Dataset:
    """An item of the Segment Sequence: a liver of dcmqi's colour, unless told otherwise."""
    made = item(
        SegmentNumber=number,
        SegmentLabel=name or f"Part {number}",
        SegmentAlgorithmType="MANUAL",
        RecommendedDisplayCIELabValue=LIVER_LAB,
        SegmentedPropertyCategoryCodeSequence=[
            item(CodeValue="123037004", CodingSchemeDesignator="SCT", CodeMeaning="Anatomical Structure")
        ],
        SegmentedPropertyTypeCodeSequence=[
            item(CodeValue="10200004", CodingSchemeDesignator="SCT", CodeMeaning="Liver")
        ],
    )
    for keyword, value in values.items():
        if value is None:
            delattr(made, keyword)
        else:
            setattr(made, keyword, value)
    return made


def seg(
    frames: Frames,
    segments: Sequence[Dataset] | None = None,
    *,
    kind: str = "BINARY",
    measures: Mapping[str, Any] | None = None,
    orientation: Sequence[float] = (1, 0, 0, 0, 1, 0),
    step: Sequence[float] = (0, 0, STEP),
    **values: Any,
) -> Dataset:
    """A segmentation of some frames; `values` are set on the dataset at last, None deletes."""
    rows, columns = frames[0][2].shape
    bits = {"BINARY": 1, "FRACTIONAL": 8}.get(kind, frames[0][2].dtype.itemsize * 8)
    numbers = dict.fromkeys(number for number, _, _ in frames if kind != "LABELMAP")
    dataset = item(
        SOPClassUID=LABEL_MAP_STORAGE if kind == "LABELMAP" else SegmentationStorage,
        SOPInstanceUID="1.2.3.77", StudyInstanceUID="1.2.1", SeriesInstanceUID="1.2.7", SeriesNumber=7, Modality="SEG",
        SeriesDescription="Organs", FrameOfReferenceUID=FRAME_OF_REFERENCE, Rows=rows, Columns=columns,
        SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", BitsAllocated=bits, BitsStored=bits,
        HighBit=bits - 1, PixelRepresentation=0, SegmentationType=kind, NumberOfFrames=len(frames),
    )  # fmt: skip
    dataset.SegmentSequence = [segment(number) for number in numbers] if segments is None else list(segments)
    given = {"PixelSpacing": list(SPACING), "SpacingBetweenSlices": STEP, "SliceThickness": STEP}
    if measures is not None:
        given = {"PixelSpacing": list(SPACING), **measures}
    dataset.SharedFunctionalGroupsSequence = [
        item(
            PlaneOrientationSequence=[item(ImageOrientationPatient=list(orientation))],
            PixelMeasuresSequence=[item(**given)],
        )
    ]
    groups = []
    for number, place, _ in frames:
        position = [float(o + place * s) for o, s in zip(ORIGIN, step, strict=True)]
        made = item(PlanePositionSequence=[item(ImagePositionPatient=position)])
        if kind != "LABELMAP":
            made.SegmentIdentificationSequence = [item(ReferencedSegmentNumber=number)]
        groups.append(made)
    dataset.PerFrameFunctionalGroupsSequence = groups
    stacked = np.stack([pixels for _, _, pixels in frames])
    data = np.packbits(stacked.reshape(-1) != 0, bitorder="little").tobytes() if bits == 1 else stacked.tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    dataset["PixelData"].VR = "OW" if bits == 16 else "OB"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword, value in values.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def compressed(dataset: Dataset, frames: Frames, syntax: str) -> Dataset:
    """The same segmentation with compressed frames; those of single bits stay packed (PS3.5 8.2)."""
    packed = dataset.BitsAllocated == 1
    streams = []
    for _, _, pixels in frames:
        raw = np.packbits(pixels.reshape(-1) != 0, bitorder="little") if packed else pixels
        if syntax == RLELossless:
            streams.append(encoded.rle(raw.reshape(1, -1) if packed else raw))
        elif syntax == DEFLATED_FRAMES:
            packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            streams.append(packer.compress(raw.tobytes()) + packer.flush())
        else:
            streams.append(imagecodecs.jpegls_encode(pixels.astype(np.uint8) if packed else raw))
    dataset.PixelData = encapsulate([bytes(stream) for stream in streams])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


def save(dataset: Dataset, folder: Path, name: str = "seg.dcm") -> Path:
    path = folder / name
    if dataset.file_meta.TransferSyntaxUID == DEFLATED_FRAMES:
        return encoded.save(dataset, DEFLATED_FRAMES, path)
    dataset.save_as(path, enforce_file_format=True)
    return path
