"""Split mosaics of Siemens and UIH, which hold the slices of a volume side by side, into slices.

The private CSA headers of Siemens are undocumented by their maker; their form is as in nibabel's documentation
("Siemens format DICOM with CSA header").
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.vectors import Points, Vector
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.headers.frame import Frame, MosaicTile
from viewer3d.dicom.headers.private import SIEMENS_MR, UIH
from viewer3d.dicom.headers.values import optional_vector

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_TILES: Final = 1024
"""Most slices of one mosaic: no scanner makes more, so that a larger number is damage."""

PARALLEL: Final = math.cos(math.radians(5))
"""Least cosine between two normals of the same slices (5 degrees); headers have them to 8 digits."""

_ENTRY: Final = struct.Struct("<64si4siii")  # name, count of values, VR, type, count of items, a mark
_ITEM: Final = struct.Struct("<4i")
_MOST_ITEMS: Final = 1000  # elements of a header, and items of an element: there are about 100, and 128

_SLICE: Final = re.compile(rb"sSliceArray\.asSlice\[(\d+)\]\.sPosition\.d(Sag|Cor|Tra)\s*=\s*([-+.\deE]+)")
_SIZE: Final = re.compile(rb"sSliceArray\.lSize\s*=\s*(\d+)")
_AXES: Final = {b"Sag": 0, b"Cor": 1, b"Tra": 2}


@dataclass(frozen=True)
class _Grid:
    """Columns and rows of tiles of a mosaic, and the position of each slice.

    Attributes
    ----------
    across, down : int
    positions : ndarray, shape (n, 3)
        Centre of the first pixel of each slice, LPS mm.
    """

    across: int
    down: int
    positions: Points


class _LacksError(Exception):
    """Something that a header lacks."""


def mosaic_frames(mosaic: Frame, dataset: Dataset) -> tuple[Frame, ...] | RefusedFile:
    """Split a mosaic into frames, one for each slice.

    Slices lie row by row in a grid of ceil(sqrt(n)) columns (Siemens: as many rows; UIH: as few rows as hold them).

    Siemens gives the Image Position (Patient) of an image that has the size of the mosaic and the centre of the first
    slice: half of the difference in size must be added along rows and columns (nibabel's DICOM documentation,
    "Siemens mosaic"). Slices are Spacing Between Slices apart, along the normal in the CSA image header, or
    towards the last slice of the protocol in the CSA series header. UIH gives a position for each slice.

    Returns
    -------
    tuple of Frame, or RefusedFile
        RefusedFile with the reason when the header lacks what is needed.
    """
    maker = "UIH" if "VFRAME" in mosaic.image_type else "Siemens"
    try:
        grid = _uih_grid(dataset) if maker == "UIH" else _siemens_grid(mosaic, dataset)
        columns, rows = _tile_size(mosaic, grid)
    except _LacksError as lack:
        reason = f"a {maker} mosaic, many slices tiled side by side, that cannot be taken apart: {lack}"
        return RefusedFile(mosaic.stored.source.name, reason, mosaic.series)
    frames = []
    for number, position in enumerate(grid.positions):
        down, across = divmod(number, grid.across)
        tile = MosaicTile(number, across * columns, down * rows, columns, rows)
        frames.append(replace(mosaic, position=optional_vector(position), tile=tile))
    return tuple(frames)


def _uih_grid(dataset: Dataset) -> _Grid:
    """Read the grid of UIH: (0065,xx50) is the number of slices, (0065,xx51) has an item for each."""
    count = _count(_private(dataset, 0x0065, UIH, 0x50))
    if count is None:
        raise _LacksError("no number of slices (0065,xx50)")
    items = _private(dataset, 0x0065, UIH, 0x51) or ()
    positions = [_numbers(item.get("ImagePositionPatient"), 3) for item in items]
    if len(positions) != count or any(position is None for position in positions):
        raise _LacksError(f"{count} slices, but no position for each in (0065,xx51)")
    across = math.isqrt(count - 1) + 1
    return _Grid(across, -(-count // across), np.array(positions, np.float64))


def _siemens_grid(mosaic: Frame, dataset: Dataset) -> _Grid:
    """Find the grid of Siemens from the CSA headers and the position of the mosaic."""
    image = csa_values(_csa(dataset, 0x10))
    protocol = protocol_slices(_csa(dataset, 0x20))
    counts = (
        image.get("NumberOfImagesInMosaic", (None,))[0],
        _private(dataset, 0x0019, SIEMENS_MR, 0x0A),
        len(protocol),
    )
    count = next((number for value in counts if (number := _count(value))), None)
    if count is None or count < 2:
        raise _LacksError("the number of slices is in no CSA header and not in (0019,xx0A)")
    if mosaic.position is None or mosaic.orientation is None or mosaic.pixel_spacing is None:
        raise _LacksError("no Image Position, Image Orientation (Patient) or Pixel Spacing")
    across = math.isqrt(count - 1) + 1
    row, column = (np.array(mosaic.orientation[part]) for part in (slice(3), slice(3, 6)))
    normal = np.cross(row, column)
    between_rows, between_columns = mosaic.pixel_spacing
    extra = np.array([mosaic.stored.columns, mosaic.stored.rows]) * (1 - 1 / across) / 2
    first = np.array(mosaic.position) + row * extra[0] * between_columns + column * extra[1] * between_rows
    middle = first + (row * (mosaic.stored.columns / across) * between_columns) / 2
    middle += (column * (mosaic.stored.rows / across) * between_rows) / 2
    array = protocol if len(protocol) == count else np.zeros((0, 3))
    direction = _slice_direction(normal, _numbers(image.get("SliceNormalVector"), 3), middle, array)
    step = mosaic.between or (float(np.linalg.norm(array[-1] - array[0])) / (count - 1) if len(array) else 0.0)
    if not step > 0:
        raise _LacksError("no Spacing Between Slices (0018,0088)")
    steps = np.arange(count)[:, None]
    return _Grid(across, across, first + steps * step * direction)


def _slice_direction(normal: Points, given: Vector | None, middle: Points, array: Points) -> Points:
    """Return the normal, pointing from the first slice to the last."""
    if given is not None and any(given):
        along = float(np.dot(given, normal) / np.linalg.norm(given))
        return normal * np.sign(along) if abs(along) > PARALLEL else _not_parallel()
    if not len(array):
        raise _LacksError("no Slice Normal Vector and no positions of the slices in its CSA headers")
    # The protocol may have the slices in the opposite order to the mosaic: the first slice is at one of its two ends.
    ends = np.linalg.norm(array[[0, -1]] - middle, axis=1)
    far, near = array[int(np.argmax(ends))], array[int(np.argmin(ends))]
    along = float(np.dot(far - near, normal))
    return normal * np.sign(along) if along else _not_parallel()


def _not_parallel() -> Points:
    raise _LacksError("its slices are not told to be parallel to the picture")


def _tile_size(mosaic: Frame, grid: _Grid) -> tuple[int, int]:
    stored = mosaic.stored
    if stored.columns % grid.across or stored.rows % grid.down or stored.frames != 1:
        size = f"{stored.columns} x {stored.rows}"
        raise _LacksError(f"{len(grid.positions)} slices are no even grid of a picture of {size} pixels")
    return stored.columns // grid.across, stored.rows // grid.down


def _csa(dataset: Dataset, element: int) -> bytes:
    """Return a CSA header, also where an anonymizer has removed its creator (0029,0010)."""
    found = _private(dataset, 0x0029, "SIEMENS CSA HEADER", element)
    if found is None and (0x0029, 0x1000 + element) in dataset:
        found = dataset[0x0029, 0x1000 + element].value
    return found if isinstance(found, bytes) else b""


def _private(dataset: Dataset, group: int, creator: str, element: int) -> Any:
    try:
        return dataset.private_block(group, creator)[element].value
    except KeyError:
        return None


def _count(value: Any) -> int | None:
    text = str(value).strip()
    number = int(float(text)) if re.fullmatch(r"\d{1,4}(\.0*)?", text) else 0
    return number if 0 < number <= MOST_TILES else None


def _numbers(value: Any, count: int) -> Vector | None:
    try:
        parts = [float(part) for part in value or ()]
    except (TypeError, ValueError):
        return None
    return optional_vector(parts) if len(parts) == count and np.isfinite(parts).all() else None


def csa_values(header: bytes) -> dict[str, tuple[str, ...]]:
    """Read a CSA header, of the newer form ("SV10") or the older one.

    Returns
    -------
    dict
        Name to the values that are not empty; empty when the bytes are no such header.
    """
    newer = header[:4] == b"SV10"
    found: dict[str, tuple[str, ...]] = {}
    try:
        (count,) = struct.unpack_from("<I", header, 8 if newer else 0)
        at = 16 if newer else 8
        extra: int | None = None  # the older form adds the count of the first element's items to every length
        for _ in range(count if count <= _MOST_ITEMS else 0):
            name, _, _, _, items, _ = _ENTRY.unpack_from(header, at)
            at += _ENTRY.size
            extra = items if extra is None else extra
            values = []
            for _ in range(min(items, _MOST_ITEMS)):
                lengths = _ITEM.unpack_from(header, at)
                length = lengths[1] if newer else lengths[0] - extra
                at += _ITEM.size
                if not 0 <= length <= len(header) - at:
                    return found
                values.append(header[at : at + length].split(b"\0")[0].decode("latin-1").strip())
                at += -(-length // 4) * 4
            found[name.split(b"\0")[0].decode("latin-1")] = tuple(value for value in values if value)
    except struct.error:
        pass  # the complete elements before the end are kept
    return found


def protocol_slices(header: bytes) -> NDArray[np.float64]:
    """Read the centres of the planned slices from the protocol in a CSA series header.

    Coordinates of 0 are not written (so a slice through the isocentre has no line).

    Returns
    -------
    ndarray of float64, shape (n, 3)
        LPS mm; n is 0 without a protocol.
    """
    protocol = header[max(0, header.rfind(b"### ASCCONV BEGIN")) :]
    size = _SIZE.search(protocol)
    count = min(int(size[1]), _MOST_ITEMS) if size else 0
    slices = np.zeros((count, 3))
    for number, axis, value in _SLICE.findall(protocol):
        if int(number) < count:
            slices[int(number), _AXES[axis]] = float(value)
    return slices
