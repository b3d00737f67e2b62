"""Write Part 10 files of images: colour of each kind, radiographs, cine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
RADIOGRAPH = "1.2.840.10008.5.1.4.1.1.1"
ULTRASOUND = "1.2.840.10008.5.1.4.1.1.3.1"
JPEG_BASELINE, JPEG_LS, JPEG_2000, RLE = (f"1.2.840.10008.1.2.{end}" for end in ("4.50", "4.80", "4.90", "5"))


def picture(rows: int = 24, columns: int = 32) -> NDArray[np.uint8]:
    """Return a picture in colour with smooth and sharp parts, (rows, columns, 3)."""
    y, x = np.mgrid[:rows, :columns]
    squares = np.where((x // 8 + y // 8) % 2, 200, 40)
    return np.stack([255 * x / (columns - 1), 255 * y / (rows - 1), squares], -1).astype(np.uint8)


def dataset(pixels: NDArray[Any], modality: str = "OT", sop_class: str = CAPTURE, **elements: Any) -> Dataset:
    """Return a dataset of frames of grey, (frames, rows, columns), or with three samples behind."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = sop_class
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = generate_uid()
    made.PatientName, made.PatientID = "Doe^Jane", "4711"
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.2.3", "1.2.3.4"
    made.SeriesNumber, made.InstanceNumber, made.Modality = 7, 1, modality
    made.Rows, made.Columns = pixels.shape[1:3]
    if len(pixels) > 1:
        made.NumberOfFrames = len(pixels)
    bits = 8 * pixels.dtype.itemsize
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = bits, bits, bits - 1, 0
    is_color = pixels.ndim == 4
    made.SamplesPerPixel = 3 if is_color else 1
    made.PhotometricInterpretation = "RGB" if is_color else "MONOCHROME2"
    if is_color:
        made.PlanarConfiguration = 0
    made.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def write(made: Dataset, path: Path) -> Path:
    """Write a dataset as a file."""
    made.save_as(path, enforce_file_format=True)
    return path


def ybr_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return YBR_FULL of colours (PS3.3 C.7.6.3.1.2), rounded."""
    matrix = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])
    return np.clip(np.rint(rgb @ matrix.T + (0, 128, 128)), 0, 255).astype(np.uint8)


def native(kind: str, rgb: NDArray[np.uint8]) -> Dataset:
    """Return colours, (rows, columns, 3), uncompressed: of a Photometric Interpretation, or in planes."""
    if kind == "planes":
        made = dataset(rgb[None], PlanarConfiguration=1)
        made.PixelData = rgb.transpose(2, 0, 1).tobytes()
        return made
    made = dataset((rgb if kind == "RGB" else ybr_of(rgb))[None], PhotometricInterpretation=kind)
    if kind == "YBR_FULL_422":  # two pixels share a blue and a red (PS3.3 C.7.6.3.1.2)
        ybr = ybr_of(rgb)
        parts = [ybr[:, ::2, 0], ybr[:, 1::2, 0], ybr[:, ::2, 1], ybr[:, ::2, 2]]
        made.PixelData = np.stack(parts, -1).tobytes()
    return made


def coded(syntax: str, rgb: NDArray[np.uint8]) -> Dataset:
    """Return colours, (rows, columns, 3), compressed."""
    streams = {
        JPEG_BASELINE: ("YBR_FULL_422", lambda: imagecodecs.jpeg8_encode(rgb, level=95, subsampling="422")),
        JPEG_LS: ("RGB", lambda: imagecodecs.jpegls_encode(rgb)),
        JPEG_2000: ("YBR_RCT", lambda: imagecodecs.jpeg2k_encode(rgb, codecformat="J2K", mct=True, reversible=True)),
    }
    made = dataset(rgb[None])
    if syntax == RLE:
        made.compress(RLE, generate_instance_uid=False)
        return made
    made.PhotometricInterpretation, encode = streams[syntax]
    made.PixelData = encapsulate([encode()])
    made["PixelData"].is_undefined_length = True
    made.file_meta.TransferSyntaxUID = syntax
    return made


def palette(bits: int = 8) -> tuple[Dataset, NDArray[np.uint8]]:
    """Return a dataset of a palette with words of 16 bits, and its colours, (rows, columns, 3)."""
    count, first = 64, 10
    tables = np.random.default_rng(1).integers(0, 1 << 16, (3, count)).astype("<u2")
    y, x = np.mgrid[:24, :32]
    values = ((x + y) % 90).astype(np.uint8 if bits == 8 else np.uint16)  # some lie beyond both ends
    made = dataset(values[None], PhotometricInterpretation="PALETTE COLOR")
    for name, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        setattr(made, f"{name}PaletteColorLookupTableDescriptor", [count, first, 16])
        setattr(made, f"{name}PaletteColorLookupTableData", table.tobytes())
    places = np.clip(values.astype(int) - first, 0, count - 1)
    return made, (np.moveaxis(tables[:, places], 0, -1) >> 8).astype(np.uint8)
