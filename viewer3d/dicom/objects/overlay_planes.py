"""Read overlay planes (60xx) and display shutters of images and presentation states.

PS3.3 C.9.2 (Overlay Plane), C.9.3 (Multi-frame Overlay), C.7.6.11 and C.7.6.15 (Display Shutter, as a bitmap too).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.graphics.slice_graphics import GraphicPlane, Shutter
from viewer3d.core.notes.note import Note
from viewer3d.dicom.headers.attributes import OVERLAYS
from viewer3d.dicom.headers.dataset_checks import transfer_syntax_of
from viewer3d.dicom.headers.values import all_values
from viewer3d.dicom.objects.roi_table import whole_number
from viewer3d.dicom.pixels.transfer_syntaxes import EXPLICIT_BIG_ENDIAN

if TYPE_CHECKING:
    from pydicom import Dataset

FARTHEST: Final = 100_000.0
"""Columns or rows from the first pixel: no image is as large, and places beyond are damaged."""

MOST_PIXELS: Final = 1 << 26
"""Of an overlay plane: 8192 x 8192; a larger one is a damaged header."""


@dataclass(frozen=True, eq=False)
class OverlayPlane:
    """An overlay plane of a dataset, of one frame or many.

    Attributes
    ----------
    group : int
        0x6000, 0x6002, ... 0x601E.
    plane : GraphicPlane
        With the bits of all its frames, one after another.
    first : int
        Number of the image's frame that its first frame is for, from 1; 0 where its only frame is for all.
    frames : int
    layer : str
        Overlay Activation Layer (60xx,1001).
    bit : int
        Which bit of the pixels holds it, of those that are embedded there (retired); -1 of all others.
    """

    group: int
    plane: GraphicPlane
    first: int = 0
    frames: int = 1
    layer: str = ""
    bit: int = -1

    def on_frame(self, number: int) -> GraphicPlane | None:
        """Return the plane of a frame of the image, by its number from 1; None where it has none."""
        if self.first == 0:
            return self.plane
        at = number - self.first
        if not 0 <= at < self.frames:
            return None
        size = self.plane.shape[0] * self.plane.shape[1]
        if at * size % 8 == 0:
            part = self.plane.bits[at * size // 8 : (at * size + size + 7) // 8]
        else:  # frames follow each other bit by bit
            begin = at * size // 8
            whole = np.unpackbits(self.plane.bits[begin : (at * size + size + 7) // 8], bitorder="little")
            part = np.packbits(whole[at * size % 8 :][:size], bitorder="little")
        return replace(self.plane, bits=part)


def read_planes(dataset: Dataset, notes: list[Note]) -> tuple[OverlayPlane, ...]:
    """Return the overlay planes of a dataset that can be drawn; those that cannot are noted.

    Parameters
    ----------
    dataset : pydicom.Dataset
    notes : list of Note
        Is added to.
    """
    found = (_plane(dataset, group, notes) for group in _groups(dataset))
    return tuple(one for one in found if one is not None)


def activated_groups(dataset: Dataset) -> dict[int, str]:
    """Return the groups of the images' own planes that a presentation state draws, and in which layer.

    PS3.3 C.11.7: an Overlay Activation Layer without a plane of its own.
    """
    found = {}
    for turn in range(OVERLAYS):
        group = 0x6000 + 2 * turn
        layer = _value(dataset, group, 0x1001)
        if layer and (group << 16 | 0x3000) not in dataset:
            found[group] = str(layer)
    return found


def read_shutter(dataset: Dataset, planes: tuple[OverlayPlane, ...], notes: list[Note]) -> Shutter | None:
    """Return the display shutter of a dataset; None where there is none that can be drawn.

    Parameters
    ----------
    dataset : pydicom.Dataset
    planes : tuple of OverlayPlane
        Those of the dataset: one may be its bitmap.
    notes : list of Note
        Is added to.
    """
    shapes = [str(one) for one in all_values(dataset.get("ShutterShape"))]
    shutter = Shutter()
    for shape in shapes:
        try:
            shutter = _with_shape(shutter, shape, dataset, planes)
        except Exception:  # pydicom raises any kind of error at a value that breaks its VR
            text = f"A shutter of the shape {shape:.20} lacks what says where it is: it is not drawn."
            notes.append(Note(text, "not_shown.shutter"))
    parts = (shutter.rectangle, shutter.circle, shutter.polygon, shutter.plane)
    return None if all(one is None for one in parts) else shutter


def shutter_group(dataset: Dataset) -> int | None:
    """Return the overlay group that is a bitmap shutter and no graphics."""
    if "BITMAP" not in [str(one) for one in all_values(dataset.get("ShutterShape"))]:
        return None
    return whole_number(dataset.get("ShutterOverlayGroup"))


def _with_shape(shutter: Shutter, shape: str, dataset: Dataset, planes: tuple[OverlayPlane, ...]) -> Shutter:
    # Places are numbers of pixels from 1: an edge is that of the whole pixel.
    if shape == "RECTANGULAR":
        left, right = (_place(dataset, f"Shutter{side}VerticalEdge") for side in ("Left", "Right"))
        top, bottom = (_place(dataset, f"Shutter{side}HorizontalEdge") for side in ("Upper", "Lower"))
        return replace(shutter, rectangle=(left - 1.5, top - 1.5, right - 0.5, bottom - 0.5))
    if shape == "CIRCULAR":
        row, column = _places(dataset, "CenterOfCircularShutter", 2)
        radius = _place(dataset, "RadiusOfCircularShutter")
        return replace(shutter, circle=(column - 1, row - 1, radius))
    if shape == "POLYGONAL":
        vertices = np.array(_places(dataset, "VerticesOfThePolygonalShutter", 0)).reshape(-1, 2)
        if len(vertices) < 3:
            raise ValueError
        return replace(shutter, polygon=vertices[:, ::-1] - 1)
    if shape == "BITMAP":
        group = shutter_group(dataset)
        (plane,) = (one.plane for one in planes if one.group == group)  # ValueError where there is none
        return replace(shutter, plane=plane)
    raise ValueError


def _place(dataset: Dataset, keyword: str) -> float:
    return _places(dataset, keyword, 1)[0]


def _places(dataset: Dataset, keyword: str, count: int) -> list[float]:
    values = [float(one) for one in all_values(dataset.get(keyword))]
    if (count and len(values) != count) or not values or not all(abs(one) <= FARTHEST for one in values):
        raise ValueError
    return values


def _groups(dataset: Dataset) -> Iterator[int]:
    for turn in range(OVERLAYS):
        group = 0x6000 + 2 * turn
        if (group << 16 | 0x0010) in dataset:
            yield group


def _plane(dataset: Dataset, group: int, notes: list[Note]) -> OverlayPlane | None:
    rows, columns = (whole_number(_value(dataset, group, element)) for element in (0x0010, 0x0011))
    if not rows or not columns or min(rows, columns) < 0 or rows * columns > MOST_PIXELS:
        notes.append(
            Note(f"Overlay plane {group:04X} has no size that an image can have: it is not drawn.", "not_shown.plane")
        )
        return None
    said, origin_frame = (whole_number(_value(dataset, group, element)) for element in (0x0015, 0x0051))
    frames = max(1, said or 1)
    row, column = [*(whole_number(one) or 1 for one in all_values(_value(dataset, group, 0x0050))), 1, 1][:2]
    is_region = str(_value(dataset, group, 0x0040) or "") == "R"
    data = _data(dataset, group)
    bit = -1
    needed = (frames * rows * columns + 7) // 8
    if data is None and (whole_number(_value(dataset, group, 0x0100)) or 1) > 1:
        bit = whole_number(_value(dataset, group, 0x0102)) or 0
        data = np.zeros(0, np.uint8)
    elif data is None or data.size < needed:
        had = 0 if data is None else data.size
        text = (
            f"Overlay plane {group:04X} has {had:,} bytes where {columns} x {rows} pixels"
            f"{f' of {frames} frames' if frames > 1 else ''} take {needed:,}: it is not drawn."
        )
        notes.append(Note(text, "not_shown.plane"))
        return None
    plane = GraphicPlane(data[:needed], (rows, columns), (column - 1, row - 1), is_region)
    layer = str(_value(dataset, group, 0x1001) or "")
    first = 0 if said is None and origin_frame is None else max(1, origin_frame or 1)
    return OverlayPlane(group, plane, first, frames, layer, bit)


def _value(dataset: Dataset, group: int, element: int) -> Any:
    tag = group << 16 | element
    try:
        return dataset[tag].value if tag in dataset else None
    except Exception:  # pydicom raises any kind of error at a value that breaks its VR
        return None


def _data(dataset: Dataset, group: int) -> NDArray[np.uint8] | None:
    value = _value(dataset, group, 0x3000)
    if not isinstance(value, bytes):
        return None
    if transfer_syntax_of(dataset) == EXPLICIT_BIG_ENDIAN and len(value) % 2 == 0:
        return np.frombuffer(value, ">u2").astype("<u2").view(np.uint8)  # OW has its bytes in pairs
    return np.frombuffer(value, np.uint8)
