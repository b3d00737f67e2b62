"""Label maps of NIfTI and NRRD files: their arrays and where they lie."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import to_ras
from viewer3d.dicom.pixels.memory_demand import check_bytes
from viewer3d.errors import BadFileError, DecoderError, Viewer3DError
from viewer3d.formats.label_names import LabelNames

_MM: Final = {"meter": 1000.0, "mm": 1.0, "micron": 0.001, "unknown": 1.0}
_COPIES: Final = 3
"""Arrays that are in memory at once: as read, as whole numbers, as label layers."""

_LABEL: Final = re.compile(rb"<Label\b([^>]*)>\s*(?:<!\[CDATA\[)?([^<\]]{1,200})")
_ATTRIBUTE: Final = re.compile(rb'(\w+)="([^"]*)"')

Read = TypeVar("Read")


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
    notes : tuple of str
    """

    arrays: list[NDArray[Any]]
    affine: NDArray[np.float64]
    labels: LabelNames
    places: dict[int, tuple[int, int]]
    notes: tuple[str, ...] = ()


def read_nifti(path: Path, max_memory: int | str | None) -> LabelGrid:
    """Read a NIfTI file.

    Raises
    ------
    DecoderError
        When nibabel is not installed.
    BadFileError
        When it cannot be read, or is no label map of three dimensions.
    LimitError
        When it needs more memory than allowed.
    """
    try:
        import nibabel  # noqa: PLC0415 (an extra)
    except ImportError:
        raise DecoderError(f"{path}: NIfTI needs nibabel: pip install 'viewer3d[formats]'") from None
    image: Any = _reading(path, "NIfTI", lambda: nibabel.load(path))
    shape = tuple(int(n) for n in image.shape)
    check_bytes(str(path), _COPIES * int(np.prod(shape, dtype=object)) * 8, max_memory)
    array = _reading(path, "NIfTI", lambda: np.asanyarray(image.dataobj))
    while array.ndim > 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 3:
        raise BadFileError(f"{path}: has {' x '.join(map(str, shape))} values: a label map has three dimensions")
    header = image.header
    unit = header.get_xyzt_units()[0] if hasattr(header, "get_xyzt_units") else "mm"
    affine = to_ras(image.affine)  # and back: NIfTI has its places in RAS
    affine[:3] *= _MM.get(unit, 1.0)
    placed = not hasattr(header, "get_sform") or int(header["sform_code"]) > 0 or int(header["qform_code"]) > 0
    notes = () if placed else ("The file does not say where it lies: neither sform nor qform is set.",)
    return LabelGrid([array], affine, _nifti_names(header), {}, notes)


def _nifti_names(header: Any) -> LabelNames:
    """Return the names of a table in a header's extension, as Caret and TotalSegmentator write it."""
    found = LabelNames()
    for extension in getattr(header, "extensions", ()):
        content = extension.get_content()
        raw = content if isinstance(content, bytes) else str(content).encode(errors="replace")
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


def read_nrrd(path: Path, max_memory: int | str | None) -> LabelGrid:
    """Read an NRRD file, also one of 3D Slicer (``.seg.nrrd``) with overlapping segments.

    Raises
    ------
    DecoderError
        When pynrrd is not installed.
    BadFileError
        When it cannot be read, does not say where it lies, or is no label map.
    LimitError
        When it needs more memory than allowed.
    """
    try:
        import nrrd  # noqa: PLC0415 (an extra)
    except ImportError:
        raise DecoderError(f"{path}: NRRD needs pynrrd: pip install 'viewer3d[formats]'") from None
    header: Any = _reading(path, "NRRD", lambda: nrrd.read_header(str(path)))
    sizes = [int(n) for n in header.get("sizes", ())]
    check_bytes(str(path), _COPIES * int(np.prod(sizes, dtype=object)) * 8, max_memory)
    array, header = _reading(path, "NRRD", lambda: nrrd.read(str(path), index_order="F"))
    affine, listed = _nrrd_affine(path, header, array.ndim)
    arrays = [array] if listed is None else [np.take(array, n, axis=listed) for n in range(array.shape[listed])]
    if arrays[0].ndim != 3:
        raise BadFileError(f"{path}: has {' x '.join(map(str, sizes))} values: a label map has three dimensions")
    labels, places = _slicer_segments(header)
    return LabelGrid(arrays, affine, labels, places)


def _nrrd_affine(path: Path, header: Any, dimensions: int) -> tuple[NDArray[np.float64], int | None]:
    """Return the affine to LPS mm of the axes in space, and which axis lists layers."""
    directions, origin = header.get("space directions"), header.get("space origin")
    if directions is None or origin is None:
        raise BadFileError(f"{path}: does not say where it lies: it has no space directions or origin")
    rows = np.array([np.full(3, np.nan) if row is None else row for row in directions], np.float64)
    in_space = np.flatnonzero(np.isfinite(rows).all(1))
    listed = [axis for axis in range(dimensions) if axis not in in_space]
    if rows.shape != (dimensions, 3) or len(in_space) != 3 or len(listed) > 1:
        raise BadFileError(f"{path}: {len(in_space)} of its {dimensions} axes lie in space: a label map has three")
    space = str(header.get("space", "")).lower().replace("-", " ").replace("_", " ")
    letters = "".join(word[0] for word in space.split()) if " " in space else space
    if letters not in ("lps", "ras", "las"):
        raise BadFileError(f"{path}: its space is {space or 'not said'!r}: give one in LPS, RAS or LAS")
    affine = np.eye(4)
    affine[:3, :3] = rows[in_space].T
    affine[:3, 3] = np.asarray(origin, np.float64)
    signs = [1.0 if own == lps else -1.0 for own, lps in zip(letters, "lps", strict=True)]
    return np.diag([*signs, 1.0]) @ affine, listed[0] if listed else None


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


def _reading(path: Path, what: str, read: Callable[[], Read]) -> Read:
    try:
        return read()
    except (Viewer3DError, MemoryError):
        raise
    except Exception as error:  # libraries raise errors of any kind at damaged files
        why = " ".join(str(error).split()) or type(error).__name__
        raise BadFileError(f"{path}: cannot be read as {what} ({why:.200}); fetch it again") from error
