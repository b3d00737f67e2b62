"""The synthetic patient as DICOM Part 10 files, with the faults that real series have.

Nothing in a file depends on the clock or on chance: the same call writes the same bytes.
"""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from viewer3d.core.files import write_error
from viewer3d.core.geometry import Geometry
from viewer3d.core.vectors import Vector
from viewer3d.errors import DecoderError, DicomError, OutputError
from viewer3d.phantom.body import NOISE, SHAPE, grid, sample_grid, scanned_hu, worker_pool
from viewer3d.phantom.headers import enhanced, image, intercept, pet_image, series_uid
from viewer3d.phantom.pet import PET_DESCRIPTION, PET_NOISE, PET_SHAPE, SUV_STEP, stored_uptake
from viewer3d.phantom.series import Faults, Slice, SyntheticSeries, slices
from viewer3d.phantom.shapes import Array

COMPRESSED = ("RLELossless", "JPEGLosslessSV1", "JPEGLSLossless", "JPEG2000Lossless", "HTJ2KLossless")
"""Those of the transfer syntaxes that are encoded: RLE by pydicom, the others by imagecodecs."""

LEAST_JPEG2000 = 32
"""OpenJPEG halves a picture five times and refuses smaller ones."""

_SLICES_AT_ONCE = 16
"""Slices sampled at once: a slab of them still fits a processor's cache."""


def write(
    folder: str | os.PathLike[str],
    *,
    shape: tuple[int, int, int] = SHAPE,
    spacing: tuple[float, float, float] | None = None,
    direction: ArrayLike | None = None,
    center: Vector | None = None,
    noise: float = NOISE,
    seed: int = 0,
    faults: Faults | None = None,
) -> list[Path]:
    """Write the patient as a folder of CT images (PS3.3 A.3), one file a slice.

    Parameters
    ----------
    folder : path
        Made when it is not there; files in it stay, those of the same name are replaced.
    shape, spacing, direction, center, noise, seed
        As in :func:`viewer3d.phantom.volume`; without faults the files hold the very voxels it returns.
    faults : Faults, optional
        What is irregular.

    Returns
    -------
    list of Path
        The slices in the order of their Instance Number, then whatever else was written.

    Raises
    ------
    OutputError
        When the folder cannot be written.
    DecoderError
        When the encoder of the transfer syntax is not installed.
    DicomError
        When faults name slices that are not there, or the pixels are too few for the transfer syntax.
    """
    series = SyntheticSeries(grid(shape, spacing, direction, center), noise, seed, faults or Faults())
    target = _folder(folder)
    paths = _series(series, target, "IM")
    if series.faults.localizer:
        paths.append(_localizer(series, target / "LOC0001.dcm"))
    if series.faults.second_series:
        coarse = grid((*shape[:2], max(1, shape[2] // 2)), _coarse(series.geometry), direction, center)
        kept = replace(Faults(), syntax=series.faults.syntax)
        paths += _series(
            replace(series, geometry=coarse, faults=kept, number=3, description="Thick slices"), target, "TH"
        )
    if series.faults.text_file:
        paths.append(target / "README.txt")
        paths[-1].write_text("Synthetic images. This file is no DICOM.\n", encoding="utf-8")
    return paths


def write_pet(
    folder: str | os.PathLike[str],
    *,
    shape: tuple[int, int, int] = PET_SHAPE,
    spacing: tuple[float, float, float] | None = None,
    direction: ArrayLike | None = None,
    center: Vector | None = None,
    noise: float = PET_NOISE,
    seed: int = 0,
) -> list[Path]:
    """Write the patient as a folder of PET images (PS3.3 A.21), in the frame of reference of the CT.

    Parameters
    ----------
    folder : path
        Made when it is not there; files in it stay, those of the same name are replaced.
    shape, spacing, direction, center, noise, seed
        As in :func:`viewer3d.phantom.pet`; the files hold the very voxels it returns.

    Returns
    -------
    list of Path
        The slices in the order of their Instance Number.

    Raises
    ------
    OutputError
        When the folder cannot be written.
    """
    geometry, faults = grid(shape, spacing, direction, center), Faults(signed=True)
    series = SyntheticSeries(geometry, noise, seed, faults, number=4, description=PET_DESCRIPTION)
    target, stored = _folder(folder), stored_uptake(geometry.affine, shape, noise, seed)
    made = [replace(s, slope=SUV_STEP) for s in slices(geometry, faults)]
    return [_save(pet_image(series, s), stored[s.number], faults, target / f"PT{s.instance:04d}.dcm") for s in made]


def write_enhanced(
    path: str | os.PathLike[str],
    *,
    shape: tuple[int, int, int] = SHAPE,
    spacing: tuple[float, float, float] | None = None,
    direction: ArrayLike | None = None,
    center: Vector | None = None,
    noise: float = NOISE,
    seed: int = 0,
    faults: Faults | None = None,
) -> Path:
    """Write the patient as one Enhanced CT file (PS3.3 A.38), one frame a slice.

    Parameters
    ----------
    path : path
        The file; its folder must be there.
    shape, spacing, direction, center, noise, seed
        As in :func:`viewer3d.phantom.volume`.
    faults : Faults, optional
        Those of the slices themselves: tilt, moved, missing, duplicated, order, thickness, slopes, signed, padding,
        inverted, syntax. What is about several files has no meaning here and is passed over.

    Returns
    -------
    Path

    Raises
    ------
    OutputError, DecoderError, DicomError
        As :func:`write`.
    """
    series = SyntheticSeries(grid(shape, spacing, direction, center), noise, seed, faults or Faults())
    frames = slices(series.geometry, series.faults)
    pixels = np.stack([_stored(series, s, *_hu_of(series, [s])) for s in frames])
    ds = enhanced(series, frames)
    return _save(ds, pixels, series.faults, Path(path))


# --- a series ---------------------------------------------------------------------------------------------------


def _series(series: SyntheticSeries, target: Path, name: str) -> list[Path]:
    def some(block: list[Slice]) -> list[tuple[int, Path]]:
        return [(s.instance, one(s, hu)) for s, hu in zip(block, _hu_of(series, block), strict=True)]

    def one(s: Slice, hu: Array) -> Path:
        path = _save(image(series, s), _stored(series, s, hu), series.faults, target / f"{name}{s.instance:04d}.dcm")
        if s.number in series.faults.truncated:
            _truncate(path, series.geometry)
        return path

    with worker_pool() as pool:
        blocks = pool.map(some, _blocks(slices(series.geometry, series.faults)))
        return [path for _, path in sorted(pair for block in blocks for pair in block)]


def _blocks(every: list[Slice]) -> list[list[Slice]]:
    """Group neighbouring slices of one grid: to sample many at once takes a third of the time."""
    ordered = sorted(every, key=lambda s: (s.number, s.copy))
    blocks: list[list[Slice]] = []
    for s in ordered:
        last = blocks[-1] if blocks else []
        if last and s.affine is last[0].affine and s.number - last[0].number < _SLICES_AT_ONCE:
            last.append(s)
        else:
            blocks.append([s])
    return blocks


def _hu_of(series: SyntheticSeries, block: list[Slice]) -> list[Array]:
    """Return the HU of slices on one grid without noise, each of shape (rows, columns)."""
    columns, rows, _ = series.geometry.shape
    first, last = block[0].number, block[-1].number
    hu = sample_grid(block[0].affine, (columns, rows, last - first + 1), first)
    return [hu[s.number - first].copy() for s in block]


def _folder(folder: str | os.PathLike[str]) -> Path:
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{target}: cannot be made a folder ({error.strerror}); give another") from None
    return target


def _coarse(geometry: Geometry) -> tuple[float, float, float]:
    x, y, z = geometry.spacing
    return x, y, 2 * z


def _truncate(path: Path, geometry: Geometry) -> None:
    """Cut a file in the middle of its pixels, or of what is left of them after compression."""
    data = path.read_bytes()
    pixels = min(len(data) // 2, 2 * geometry.shape[0] * geometry.shape[1])
    path.write_bytes(data[: len(data) - pixels // 2])


def _localizer(series: SyntheticSeries, path: Path) -> Path:
    """Write a coronal picture of the patient with the same series UID: rows run from head to foot."""
    x, y, z = series.geometry.spacing
    columns, _, rows = series.geometry.shape
    turn = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
    view = grid((columns, rows, 1), (x, z, y), series.geometry.direction @ turn, series.geometry.center)
    s = Slice(0, view.affine, 1.0, 0, 9000)
    scout = replace(series, faults=Faults(syntax=series.faults.syntax), geometry=view)
    ds = image(scout, s)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    ds.SeriesInstanceUID = series_uid(series)
    return _save(ds, _stored(scout, s, *_hu_of(scout, [s])), scout.faults, path)


# --- pixels -----------------------------------------------------------------------------------------------------


def _stored(series: SyntheticSeries, s: Slice, hu: Array) -> NDArray[Any]:
    """Return the stored values of one slice, uint16 or int16, shape (rows, columns)."""
    columns, rows, _ = series.geometry.shape
    values = scanned_hu(hu, series.noise, series.seed, s.number).astype(np.float64)
    values = np.rint((values - intercept(series.faults)) / s.slope)
    stored = values.astype(np.int16 if series.faults.signed else np.uint16)
    if series.faults.padding is not None:
        u, v = (np.abs(np.arange(n) - (n - 1) / 2) / (n / 2) for n in (columns, rows))
        stored[u**2 + v[:, None] ** 2 > 1] = series.faults.padding
    return stored


def _save(ds: Dataset, stored: NDArray[Any], faults: Faults, path: Path) -> Path:
    """Write a file, its pixels in their transfer syntax, without the attributes that are to be missing."""
    syntax = getattr(uid, faults.syntax)
    ds.PixelData = stored.astype(">u2" if faults.syntax == "ExplicitVRBigEndian" else "<u2").tobytes()
    ds["PixelData"].VR = "OW"
    ds.file_meta.TransferSyntaxUID = syntax
    if faults.syntax in COMPRESSED:
        _compress(ds, stored, faults.syntax)
    for keyword in faults.without:
        if keyword in ds:
            del ds[keyword]
    content = io.BytesIO()  # written at once below: pydicom would wrap the error of a disk that is full
    ds.save_as(content, enforce_file_format=True)
    try:
        path.write_bytes(content.getbuffer())
    except OSError as error:
        raise write_error(str(path), error) from None
    return path


def _compress(ds: Dataset, stored: NDArray[Any], syntax: str) -> None:
    if "2K" in syntax.replace("2000", "2K") and min(ds.Rows, ds.Columns) < LEAST_JPEG2000:
        size = f"{ds.Columns} x {ds.Rows}"
        raise DicomError(f"{size} pixels are too few for {syntax}: give {LEAST_JPEG2000} or more columns and rows")
    if syntax == "RLELossless":
        ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
        ds.compress(uid.RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
        return
    ds.PixelData = encapsulate([_encoded(stored, syntax)])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True


def _encoded(stored: NDArray[Any], syntax: str) -> bytes:
    """Encode one picture without loss; only JPEG 2000 knows a sign, the others hold the bits."""
    try:
        import imagecodecs  # noqa: PLC0415 (only these need it)
    except ImportError as error:
        raise DecoderError(f"{syntax} has no encoder here: pip install imagecodecs") from error
    if syntax == "JPEGLosslessSV1":
        return bytes(imagecodecs.ljpeg_encode(stored.view(np.uint16), bitspersample=16))
    if syntax == "JPEGLSLossless":
        return bytes(imagecodecs.jpegls_encode(stored.view(np.uint16)))
    if syntax == "HTJ2KLossless":
        return bytes(imagecodecs.htj2k_encode(stored, reversible=True))
    return bytes(imagecodecs.jpeg2k_encode(stored, level=0, codecformat="j2k", reversible=True, numthreads=1))
