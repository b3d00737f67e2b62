"""Presentation states as Part 10 files, written with pydicom, right or wrong as a test asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, GrayscaleSoftcopyPresentationStateStorage

from tests.dicom.made import item

AXIAL: Final = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL: Final = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
COLUMNS, ROWS, SLICES = 80, 60, 5
SPACING: Final = (1.5, 1.0)
"""Between rows and between columns, mm: pixels are higher than wide, so that none is mistaken for the other."""
STEP: Final = 4.0


def ct(
    number: int, orientation: Sequence[float] = AXIAL, step: float = STEP, series: str = "1.2.2", **values: Any
) -> Dataset:
    """The image of a number, from 0: air, of which all pixels store 24, with a rescale to HU."""
    normal = np.cross(orientation[:3], orientation[3:])
    dataset = item(
        SOPClassUID=CTImageStorage, SOPInstanceUID=f"{series}.{number + 1}", StudyInstanceUID="1.2.1",
        SeriesInstanceUID=series, SeriesNumber=int(series.rpartition(".")[2]), Modality="CT", InstanceNumber=number + 1,
        ImageType=["ORIGINAL", "PRIMARY", "AXIAL"], FrameOfReferenceUID="1.2.9.1", Rows=ROWS, Columns=COLUMNS,
        SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", BitsAllocated=16, BitsStored=12, HighBit=11,
        PixelRepresentation=0, RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU", PixelSpacing=list(SPACING),
        WindowCenter=40, WindowWidth=400, ImageOrientationPatient=list(orientation),
        ImagePositionPatient=(np.array([-30.0, -40.0, 20.0]) + number * step * normal).tolist(),
    )  # fmt: skip
    dataset.PixelData = np.full((ROWS, COLUMNS), 24, "<u2").tobytes()
    return finished(dataset, values)


def finished(dataset: Dataset, values: dict[str, Any]) -> Dataset:
    """Set values on a dataset at last (None deletes), and give it File Meta Information."""
    for keyword, value in values.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def write(folder: Path, datasets: Iterable[Dataset]) -> Path:
    """Write datasets as files of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, dataset in enumerate(datasets):
        dataset.save_as(folder / f"{dataset.Modality}{dataset.SeriesNumber}-{number:03}.dcm", enforce_file_format=True)
    return folder


def refer(images: Iterable[Dataset], **values: Any) -> list[Dataset]:
    """Items of Referenced Image Sequence."""
    return [
        item(ReferencedSOPClassUID=one.SOPClassUID, ReferencedSOPInstanceUID=one.SOPInstanceUID, **values)
        for one in images
    ]


def graphic(kind: str, points: Any, units: str = "PIXEL", *, filled: bool = False, **values: Any) -> Dataset:
    """An item of Graphic Object Sequence; points are columns and rows from the corner of the first pixel."""
    data = np.asarray(points, float).ravel().tolist()
    return item(
        GraphicAnnotationUnits=units, GraphicDimensions=2, NumberOfGraphicPoints=len(data) // 2, GraphicData=data,
        GraphicType=kind, GraphicFilled="Y" if filled else "N", **values,
    )  # fmt: skip


def words(text: str, units: str = "PIXEL", **values: Any) -> Dataset:
    """An item of Text Object Sequence."""
    return item(UnformattedTextValue=text, BoundingBoxAnnotationUnits=units, AnchorPointAnnotationUnits=units, **values)


def annotation(*objects: Dataset, images: Iterable[Dataset] = (), layer: str = "FINDINGS") -> Dataset:
    """An item of Graphic Annotation Sequence, of graphics and texts."""
    made = item(GraphicLayer=layer)
    if meant := refer(images):
        made.ReferencedImageSequence = meant
    if graphics := [one for one in objects if "GraphicType" in one]:
        made.GraphicObjectSequence = graphics
    if texts := [one for one in objects if "UnformattedTextValue" in one]:
        made.TextObjectSequence = texts
    return made


def state(images: Sequence[Dataset], annotations: Sequence[Dataset] = (), number: int = 7, **values: Any) -> Dataset:
    """A presentation state of images with a window of 60/300 HU; `values` are set at last, None deletes."""
    dataset = item(
        SOPClassUID=GrayscaleSoftcopyPresentationStateStorage, SOPInstanceUID=f"1.2.77.{number}",
        StudyInstanceUID="1.2.1", SeriesInstanceUID=f"1.2.70.{number}", SeriesNumber=number, Modality="PR",
        InstanceNumber=1, ContentLabel="KEY", RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU",
        PresentationLUTShape="IDENTITY", GraphicAnnotationSequence=list(annotations),
        ReferencedSeriesSequence=[
            item(SeriesInstanceUID=images[0].SeriesInstanceUID, ReferencedImageSequence=refer(images))
        ],
        SoftcopyVOILUTSequence=[item(WindowCenter=60, WindowWidth=300)],
        GraphicLayerSequence=[item(GraphicLayer="FINDINGS", GraphicLayerOrder=1)],
        DisplayedAreaSelectionSequence=[
            item(DisplayedAreaTopLeftHandCorner=[1, 1], DisplayedAreaBottomRightHandCorner=[COLUMNS, ROWS])
        ],
    )  # fmt: skip
    return finished(dataset, values)


def overlay(
    dataset: Dataset, mask: Any, group: int = 0x6000, origin: Sequence[int] = (1, 1), **elements: Any
) -> Dataset:
    """Give a dataset an overlay plane of a mask (rows, columns) or (frames, rows, columns); origin is row, column."""
    bits = np.asarray(mask, bool)
    values = {
        0x0010: ("US", bits.shape[-2]), 0x0011: ("US", bits.shape[-1]), 0x0040: ("CS", "G"),
        0x0050: ("SS", list(origin)), 0x0100: ("US", 1), 0x0102: ("US", 0),
        0x3000: ("OW", np.packbits(bits.ravel(), bitorder="little").tobytes()),
    } | {int(name[1:], 16): value for name, value in elements.items()}  # fmt: skip
    for element, value in values.items():
        if value is not None:
            vr, content = value
            if vr == "OW" and len(content) % 2:
                content += b"\0"
            dataset.add_new(group << 16 | element, vr, content)
    return dataset
