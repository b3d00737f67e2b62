"""Small series made with pydicom: every pixel of an image is the value it was given, so that none is mistaken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset, uid
from pydicom.dataset import FileMetaDataset

import viewer3d

ROWS, COLUMNS, STEP = 6, 8, 2.5
"""Of an image; and mm between slices."""

CLASSES = {"MR": uid.MRImageStorage, "CT": uid.CTImageStorage, "PT": uid.PositronEmissionTomographyImageStorage}


def item(**values: Any) -> Dataset:
    """Return a dataset of some attributes."""
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def header(number: int, modality: str, sop_class: str) -> Dataset:
    """Return what every image has: 16 bits without sign, and no rescale."""
    dataset = item(
        SOPClassUID=sop_class, SOPInstanceUID=f"1.2.3.{number}", StudyInstanceUID="1.2.1", SeriesInstanceUID="1.2.2",
        SeriesNumber=1, Modality=modality, InstanceNumber=number, ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
        Rows=ROWS, Columns=COLUMNS, SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", BitsAllocated=16,
        BitsStored=16, HighBit=15, PixelRepresentation=0,
    )  # fmt: skip
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def image(number: int, k: int, value: int, modality: str = "MR", **values: Any) -> Dataset:
    """Return a classic image: the k-th slice, all of whose pixels have one value."""
    dataset = header(number, modality, CLASSES[modality])
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [0, 0, STEP * k], [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing = [1.5, 0.75]
    dataset.PixelData = np.full((ROWS, COLUMNS), value, np.uint16).tobytes()
    for keyword, one in values.items():
        setattr(dataset, keyword, one)
    return dataset


def enhanced(groups: Sequence[Dataset], values: Sequence[int], pointers: Sequence[int] = ()) -> Dataset:
    """Return an Enhanced MR Image of some per-frame groups, a value for each frame."""
    dataset = header(1, "MR", uid.EnhancedMRImageStorage)
    dataset.NumberOfFrames = len(groups)
    dataset.DimensionIndexSequence = [item(DimensionIndexPointer=pointer) for pointer in pointers]
    dataset.SharedFunctionalGroupsSequence = [
        item(
            PixelMeasuresSequence=[item(PixelSpacing=[1.5, 0.75], SliceThickness=STEP)],
            PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        )
    ]
    dataset.PerFrameFunctionalGroupsSequence = list(groups)
    dataset.PixelData = b"".join(np.full((ROWS, COLUMNS), value, np.uint16).tobytes() for value in values)
    return dataset


def group(k: int, indices: Sequence[int] = (), content: Sequence[tuple[str, Any]] = (), **macros: Dataset) -> Dataset:
    """Return the functional groups of a frame: the k-th slice, its Dimension Index Values, and macros by name."""
    frame = item(StackID="1", InStackPositionNumber=k + 1, **dict(content))
    if indices:
        frame.DimensionIndexValues = list(indices)
    return item(
        FrameContentSequence=[frame],
        PlanePositionSequence=[item(ImagePositionPatient=[0, 0, STEP * k])],
        **{name: [macro] for name, macro in macros.items()},
    )


def save(folder: Path, datasets: Iterable[Dataset], *, implicit: bool = False) -> Path:
    """Write datasets as files, in a folder that is made."""
    folder.mkdir(parents=True, exist_ok=True)
    syntax = uid.ImplicitVRLittleEndian if implicit else uid.ExplicitVRLittleEndian
    for number, dataset in enumerate(datasets):
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.save_as(folder / f"{number:04d}.dcm", enforce_file_format=True)
    return folder


SLICES = 3
"""Of a series, where nothing else is said."""


def value(v: int, k: int) -> int:
    """Return the value of the k-th slice of a volume."""
    return 1000 * v + 100 * k


def series(volumes: Sequence[dict[str, Any]], modality: str = "MR", slices: int = SLICES) -> list[Dataset]:
    """Return images of some volumes. Their numbers run the other way at every second position: they tell nothing."""
    made = []
    for k in range(slices):
        for n, (v, own) in enumerate(list(enumerate(volumes))[:: -1 if k % 2 else 1]):
            made.append(image(1 + k * len(volumes) + n, k, value(v, k), modality, **own))
    return made


def found(place: Path | list[Dataset]) -> list[tuple[dict[str, Any], list[int]]]:
    """Return what each volume is told by, and the value of each of its slices; a slice lies where it was made."""
    volumes = viewer3d.load_all(place)
    for volume in volumes:
        assert np.allclose(volume.affine[:3, 3], 0)
        assert np.allclose(volume.affine[:3, 2], [0, 0, STEP])
        assert len({*volume.voxels[:, :, 0].ravel().tolist()}) == 1
    return [(volume.which, [int(v) for v in volume.voxels[0, 0]]) for volume in volumes]


def whole(which: Sequence[dict[str, Any]], slices: int = SLICES) -> list[tuple[dict[str, Any], list[int]]]:
    """Return what :func:`found` does of volumes that are told so."""
    return [(one, [value(v, k) for k in range(slices)]) for v, one in enumerate(which)]


def passes(whole_ones: int, left: int, each: Callable[[int, int], dict[str, Any]], slices: int = 4) -> list[Dataset]:
    """Passes over all slices, and the beginning of another; taken in this order."""
    places = [(v, k) for v in range(whole_ones) for k in range(slices)] + [(whole_ones, k) for k in range(left)]
    return [image(n, k, value(v, k), **each(n, v)) for n, (v, k) in enumerate(places, 1)]
