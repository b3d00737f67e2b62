"""Label maps in files that are not DICOM: their arrays, where they lie, and what they are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.notes.note import Note
from viewer3d.core.voxels import labels_in
from viewer3d.dicom.pixels.memory_demand import check_bytes
from viewer3d.errors import BadFileError
from viewer3d.formats.grid_files import read_grid_header
from viewer3d.formats.grid_header import scale_values
from viewer3d.formats.label_names import LabelNames

_COPIES: Final = 3
"""Arrays that are in memory at once: as read, as whole numbers, as label layers."""

_LABEL: Final = re.compile(rb"<Label\b([^>]*)>\s*(?:<!\[CDATA\[)?([^<\]]{1,200})")
_ATTRIBUTE: Final = re.compile(rb'(\w+)="([^"]*)"')


@dataclass(frozen=True, eq=False)
class LabelGrid:
    """The arrays of a label map.

    Attributes
    ----------
    arrays : list of ndarray, shape (columns, rows, slices)
        Label layers as they are in the file.
    affine : ndarray of float64, shape (4, 4)
        Voxel index to LPS mm; it may be left-handed.
    labels : LabelNames
        What the file itself says of its labels.
    places : dict of int to (layer, value)
        Where numbers and values differ: the array and the value of each number.
    notes : tuple of Note
    """

    arrays: list[NDArray[Any]]
    affine: NDArray[np.float64]
    labels: LabelNames
    places: dict[int, tuple[int, int]]
    notes: tuple[Note, ...] = ()


def read_label_grid(path: Path, max_memory: int | str | None) -> LabelGrid:
    """Read a label map in a file that is not DICOM.

    Those of 3D Slicer (``.seg.nrrd``) may have segments that overlap.

    Raises
    ------
    DecoderError
        When the library that reads it is not installed.
    BadFileError
        When it cannot be read, or is no label map of three dimensions.
    LimitError
        When it needs more memory than allowed.
    """
    header = read_grid_header(path)
    layers = header.values.shape[3]
    check_bytes(str(path), _COPIES * int(np.prod(header.values.shape, dtype=object)) * 8, max_memory)
    if layers > 1 and header.kind != "NRRD":
        raise BadFileError(f"{path}: has {layers} volumes: a label map has three dimensions")
    values = header.values.read()
    arrays = [scale_values(values[..., n], header.slope, header.intercept)[0] for n in range(layers)]
    labels, places = LabelNames(), dict[int, tuple[int, int]]()
    if header.kind == "NRRD":
        labels, places = _slicer_segments(header.fields)
    elif header.kind == "NIfTI":
        labels = _nifti_names(header.fields())
    return LabelGrid(arrays, header.affine, labels, places, header.notes)


def holds_labels(path: Path, max_memory: int | str | None = None) -> bool:
    """Return whether the values of a file are labels, and not those of an image.

    What the header says of it holds. Else labels are whole numbers from 0 on, few of which are different, and where
    they are more than :data:`_FEW`, most voxels have the label of the one beside them, as no measured values do.

    Raises
    ------
    Viewer3DError
        When it cannot be read.
    """
    header = read_grid_header(path)
    if header.is_label_map is not None or header.values.shape[3] > 1:
        return bool(header.is_label_map)
    check_bytes(str(path), _COPIES * int(np.prod(header.shape, dtype=object)) * 8, max_memory)
    values, _ = scale_values(header.values.read()[..., 0], header.slope, header.intercept)
    if values.dtype.kind == "f":
        low, high = float(values.min()), float(values.max())
        if not (low >= 0 and high <= _HIGHEST and np.array_equal(values, np.rint(values))):  # also of NaN
            return False
        values = values.astype(np.int32)
    if values.dtype.kind == "b":
        return True
    if values.min() < 0:
        return False
    found = labels_in(values)
    if len(found) <= _FEW:
        return True
    inside = values[1:] != 0
    alike = np.count_nonzero(inside & (values[1:] == values[:-1]))
    return len(found) <= _MOST and 2 * int(alike) >= int(np.count_nonzero(inside))


_FEW: Final = 16
"""Different labels; of an image no more values are an exception."""

_MOST: Final = 4096
"""Different labels: FreeSurfer's largest maps have some 200, atlases of the brain a thousand."""

_HIGHEST: Final = 1 << 24
"""Labels that are floats: float32 holds no whole number above without others."""


def _nifti_names(raw: bytes) -> LabelNames:
    """Return the names of a table in a header's extension, as Caret and TotalSegmentator write it."""
    found = LabelNames()
    for attributes, name in _LABEL.findall(raw):
        held = dict(_ATTRIBUTE.findall(attributes))
        if held.get(b"Key", b"").isdigit() and int(held[b"Key"]) > 0:
            number = int(held[b"Key"])
            found.names[number] = name.decode(errors="replace").strip()
            shares = [_share(held.get(color, b"")) for color in (b"Red", b"Green", b"Blue")]
            if None not in shares:
                red, green, blue = (round(255 * (share or 0)) for share in shares)
                found.colors[number] = red, green, blue
    return found


def _share(text: bytes | str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _slicer_segments(header: Any) -> tuple[LabelNames, dict[int, tuple[int, int]]]:
    """Return the segments of a header of 3D Slicer, and where they lie.

    Their numbers are their labels; where two layers have one label, they are numbered from 1 in the header's order.
    """
    turns = 0
    while f"Segment{turns}_Name" in header or f"Segment{turns}_ID" in header:
        turns += 1
    held = [(header.get(f"Segment{turn}_Layer"), header.get(f"Segment{turn}_LabelValue")) for turn in range(turns)]
    # Files of before 2020 have neither: a layer for each segment, in which it is 1.
    places = [(turn, 1) if None in one else (int(one[0]), int(one[1])) for turn, one in enumerate(held)]
    values = [value for _, value in places]
    numbers = values if len(set(values)) == turns and min(values, default=1) > 0 else list(range(1, turns + 1))
    labels = LabelNames()
    for turn, number in enumerate(numbers):
        labels.names[number] = str(header.get(f"Segment{turn}_Name", header.get(f"Segment{turn}_ID")))
        shares = [_share(part) for part in str(header.get(f"Segment{turn}_Color", "")).split()]
        if len(shares) == 3 and None not in shares:
            red, green, blue = (round(255 * (share or 0)) for share in shares)
            labels.colors[number] = red, green, blue
    return labels, dict(zip(numbers, places, strict=True))
