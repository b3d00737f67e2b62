"""Load a segmentation of any kind: DICOM, NIfTI, NRRD, or a folder of NIfTI files with an organ each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import on_one_grid
from viewer3d.core.notes.note import Note
from viewer3d.core.segmentation import Segment, Segmentation, color_of
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.voxels import labels_in
from viewer3d.dicom.files.sources import DicomInput, name_of
from viewer3d.dicom.objects.dicom_object import DicomObject
from viewer3d.dicom.objects.frame_pixels import pack_bits
from viewer3d.dicom.objects.label_packing import PackedSegment, label_values, pack_layers
from viewer3d.dicom.objects.segmentation import read_segmentation
from viewer3d.dicom.pixels.memory_demand import check_bytes
from viewer3d.errors import BadFileError, GeometryError, SegmentError
from viewer3d.formats.grid_files import is_grid_file, suffix_of
from viewer3d.formats.label_grids import LabelGrid, read_label_grid
from viewer3d.formats.label_names import LabelNames, read_names

NIFTI: Final = (".nii", ".nii.gz")


Names = Mapping[int, str] | str | os.PathLike[str] | None


def load_segmentation(
    where: DicomInput | DicomObject,
    series: int | str | None = None,
    *,
    names: Names = None,
    frame_of_reference: str = "",
    max_memory: int | str | None = None,
) -> Segmentation:
    """Load a segmentation.

    Of DICOM: binary and fractional segmentations and label maps, compressed or not; a slice without a frame is empty.
    Of NIfTI (``.nii``, ``.nii.gz``), NRRD (``.nrrd``, ``.seg.nrrd`` of 3D Slicer), MetaImage, VTI and npz: label maps.
    A folder with NIfTI files and no subfolders, as TotalSegmentator writes it, has a
    segment in each file, called as the file is. The grid is that of the file.

    Parameters
    ----------
    where : path, pydicom.Dataset, or sequence of them, or DicomObject
        The file, a folder or archive in which a DICOM segmentation lies beside others, or one of ``scan(...).objects``.
    series : int or str, optional
        Of DICOM: Series Number, Series Instance UID or SOP Instance UID; needed when there are several.
    names : mapping of int to str, or path, optional
        Of label maps: what labels are called, or a table of it (JSON, CSV, FreeSurfer's or ITK-SNAP's). Without it
        those that the file has.
    frame_of_reference : str
        Of label maps, which do not say it: Frame of Reference UID of the images that they were made on, as
        ``volume.frame_of_reference``. Without it they go with a volume on the same grid, and with others where a
        transform or ``same_frame`` is given.
    max_memory : int or str, optional
        Bytes that loading may take, or ``"4G"``; see :func:`viewer3d.load`.

    Returns
    -------
    Segmentation

    Raises
    ------
    NotFoundError, NoVolumeError
        When there is no path, no DICOM or no segmentation there.
    ChoiceError
        When there are several; lists each with the call to choose it.
    BadFileError
        When a file is truncated, cannot be decoded or contradicts itself.
    DecoderError
        When the library that reads a file is not installed; has the install command.
    StackError
        When frames lie on no even grid.
    SegmentError
        When values are no labels, or names were given for DICOM, which has its own.
    LimitError
        When a header asks for more memory or frames than allowed.

    Examples
    --------
    >>> organs = load_segmentation("seg.dcm")    # doctest: +SKIP
    >>> organs.measure("Liver", volume).mean     # doctest: +SKIP
    98.4
    """
    path = Path(where) if isinstance(where, str | os.PathLike) else None
    if path is not None and is_grid_file(path):
        return _of_grid(path, read_label_grid(path, max_memory), read_names(names), frame_of_reference)
    if path is not None and path.is_dir() and (files := _organ_files(path)):
        return _of_organs(path, files, read_names(names), frame_of_reference, max_memory)
    if names is not None or frame_of_reference:
        place = where.file if isinstance(where, DicomObject) else name_of(where)
        raise SegmentError(
            f"{place}: names and frame_of_reference are for label maps in NIfTI and NRRD: a DICOM "
            "segmentation has its own; leave them out"
        )
    return read_segmentation(where, series, max_memory=max_memory)


def is_label_map(where: object) -> bool:
    """Return whether a place can be a label map: a file that is not DICOM, or a folder of NIfTI files."""
    if not isinstance(where, str | os.PathLike):
        return False
    path = Path(where)
    try:
        if path.is_file():
            return is_grid_file(path)
        return path.is_dir() and bool(_organ_files(path))
    except OSError:  # a folder that may not be listed, which reading it says
        return False


def label_map_files(where: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Return the files that are read of a label map; none where there is no such."""
    path = Path(where)
    if not is_label_map(path):
        return ()
    return (path,) if path.is_file() else tuple(_organ_files(path))


def _of_grid(path: Path, grid: LabelGrid, given: LabelNames, frame_of_reference: str) -> Segmentation:
    names = grid.labels.names | given.names
    colors = grid.labels.colors | given.colors
    arrays, notes = (grid.arrays, ()) if not grid.places else _numbered(grid)
    info = SeriesInfo(
        notes=(*grid.notes, *notes),
        modality="SEG",
        description=_stem(path),
        frame_of_reference=frame_of_reference,
    )
    try:
        return Segmentation.from_array(arrays, grid.affine, names=names, colors=colors, info=info)
    except (GeometryError, SegmentError) as error:
        raise type(error)(f"{path}: {error}") from None


def _numbered(grid: LabelGrid) -> tuple[list[NDArray[Any]], tuple[Note, ...]]:
    """Return arrays whose labels are the numbers of segments, and which labels are of none."""
    arrays, notes = [], []
    for layer, array in enumerate(grid.arrays):
        numbered = np.zeros(array.shape, np.int32)
        here = {value: number for number, (own, value) in grid.places.items() if own == layer}
        for value, number in here.items():
            numbered[array == value] = number
        if others := [str(label) for label in labels_in(array) if label not in here]:
            text = f"Labels {', '.join(others[:8])} of layer {layer} are of no segment; they were left out."
            notes.append(Note(text, "labels.left_out"))
        arrays.append(numbered)
    return arrays, tuple(notes)


def _stem(path: Path) -> str:
    suffix = ".seg.nrrd" if path.name.lower().endswith(".seg.nrrd") else suffix_of(path) or path.suffix
    return path.name.removesuffix(path.name[len(path.name) - len(suffix) :]) if suffix else path.name


def _organ_files(folder: Path) -> list[Path]:
    """Return the NIfTI files of a folder by name; none where there is DICOM, or a folder, beside them."""
    entries = [one for one in sorted(folder.iterdir()) if not one.name.startswith(".")]  # as a desktop leaves them
    found = [one for one in entries if one.is_file() and one.name.lower().endswith(NIFTI)]
    others = [
        one for one in entries if one not in found and (one.is_dir() or one.suffix.lower() in ("", ".dcm", ".ima"))
    ]
    return [] if others else found


def _of_organs(
    folder: Path, files: Sequence[Path], given: LabelNames, frame_of_reference: str, max_memory: int | str | None
) -> Segmentation:
    """Read a folder with a mask in each file; what is above 0 is in the segment."""
    first = Segmentation.from_array(*_mask(files[0], max_memory))
    geometry = first.geometry
    table = [
        Segment(number, given.names.get(number, _stem(path)), given.colors.get(number, color_of(number - 1)))
        for number, path in enumerate(files, 1)
    ]

    def packed() -> Iterator[PackedSegment]:
        for path, segment in zip(files, table, strict=True):
            own = Segmentation.from_array(*_mask(path, max_memory))
            if not on_one_grid(own.geometry, geometry):
                raise BadFileError(
                    f"{path}: lies on another grid than {files[0].name}: put each grid into its own folder"
                )
            box = own.index_box(1) if own.segments else None
            slices = range(box[2].start, box[2].stop) if box else range(0)
            yield PackedSegment(segment, slices, [pack_bits(own.labels[0][:, :, k].T != 0) for k in slices])

    def check_layers(layers: int) -> None:
        check_bytes(str(folder), layers * int(np.prod(geometry.shape, dtype=object)) * 9 // 8, max_memory)

    values, dtype = label_values(one.number for one in table)
    layers, segments = pack_layers(packed(), values, dtype, geometry.shape, check_layers)
    info = SeriesInfo(modality="SEG", description=folder.name, frame_of_reference=frame_of_reference)
    return Segmentation(layers, geometry, tuple(segments), replace(info, notes=first.notes))


def _mask(path: Path, max_memory: int | str | None) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    grid = read_label_grid(path, max_memory)
    return np.asarray(grid.arrays[0] > 0), grid.affine
