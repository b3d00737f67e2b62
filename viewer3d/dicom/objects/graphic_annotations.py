"""Read graphic annotations of presentation states: PS3.3 C.10.5 and C.10.7."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.graphics.curves import circle_points, ellipse_points, smooth_points
from viewer3d.core.graphics.slice_graphics import GraphicLine, GraphicText, Rgb
from viewer3d.core.text import printable
from viewer3d.dicom.headers.values import all_values
from viewer3d.dicom.objects.overlay_planes import FARTHEST
from viewer3d.dicom.objects.roi_table import text_of, whole_number
from viewer3d.dicom.objects.segment_table import cielab_color

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_GRAPHIC_POINTS: Final = 200_000
"""Points of all graphics of a presentation state, which take 2 s to draw on one slice; reports have some hundred."""

MOST_CAPTIONS: Final = 10_000
"""Texts of a presentation state."""

MOST_TEXT_LINES: Final = 20
"""Lines of a text that are drawn, each of at most :data:`MOST_LETTERS`."""

MOST_LETTERS: Final = 200

_GRAPHIC_DATA: Final = 0x00700022

_COUNTS: Final = {"POINT": (1, 1), "POLYLINE": (2, 0), "INTERPOLATED": (2, 0), "CIRCLE": (2, 2), "ELLIPSE": (4, 4)}
"""Graphic Type to how many points it has at least, and exactly (0: any number)."""

Units = Literal["PIXEL", "DISPLAY"]


@dataclass(frozen=True)
class GraphicLayer:
    """A graphic layer (PS3.3 C.10.7): its name, what it is drawn after, and its colour."""

    name: str
    order: int
    color: Rgb | None = None


@dataclass(frozen=True, eq=False)
class Graphic:
    """A graphic object as it is in the file.

    Attributes
    ----------
    kind : str
        Graphic Type (0070,0023): POINT, POLYLINE, INTERPOLATED, CIRCLE or ELLIPSE.
    points : ndarray of float64, shape (N, 2)
        In its units: of PIXEL columns and rows from the corner of the first pixel, of DISPLAY shares of the displayed
        area.
    units : {"PIXEL", "DISPLAY"}
    filled : bool
    color : tuple of int, optional
    """

    kind: str
    points: NDArray[np.float64]
    units: Units
    filled: bool = False
    color: Rgb | None = None

    def line(self, place: PlaceOnSlice) -> GraphicLine:
        """Return it as a line on a slice."""
        points = place.points(self.points, self.units)
        if self.kind == "CIRCLE":
            return GraphicLine(circle_points(points[0], points[1], place.aspect), True, self.filled, self.color)
        if self.kind == "ELLIPSE":
            return GraphicLine(ellipse_points(points), True, self.filled, self.color)
        closed = len(points) > 2 and bool((points[0] == points[-1]).all())
        points = points[:-1] if closed else points
        if self.kind == "INTERPOLATED":
            points = smooth_points(points, closed=closed)
        return GraphicLine(points, closed, self.filled and closed, self.color)


@dataclass(frozen=True)
class Caption:
    """A text object as it is in the file, see :class:`viewer3d.core.graphics.slice_graphics.GraphicText`."""

    lines: tuple[str, ...]
    box: tuple[float, float, float, float] | None
    box_units: Units
    anchor: tuple[float, float] | None
    anchor_units: Units
    leader: bool
    align: Literal["left", "middle", "right"]
    color: Rgb | None = None

    def text(self, place: PlaceOnSlice) -> GraphicText:
        """Return it as a text on a slice."""
        box = anchor = None
        if self.box is not None:
            (left, top), (right, bottom) = place.points(np.reshape(self.box, (2, 2)), self.box_units).tolist()
            box = min(left, right), min(top, bottom), max(left, right), max(top, bottom)
        if self.anchor is not None:
            ((column, row),) = place.points(np.reshape(self.anchor, (1, 2)), self.anchor_units).tolist()
            anchor = column, row
        return GraphicText(self.lines, box, anchor, self.leader, self.align, self.color)


@dataclass(frozen=True, eq=False)
class PlaceOnSlice:
    """How places of a presentation state lie on a slice.

    Attributes
    ----------
    origin, right, down : ndarray, shape (2,)
        Column and row of the upper left corner of the displayed area, and the ways along its sides.
    begin : tuple of int
        Column and row of the stored image at which the slice begins.
    aspect : float
        Height of a pixel over its width.
    """

    origin: NDArray[np.float64]
    right: NDArray[np.float64]
    down: NDArray[np.float64]
    begin: tuple[int, int] = (0, 0)
    aspect: float = 1.0

    def points(self, points: NDArray[np.float64], units: Units) -> NDArray[np.float64]:
        """Return columns and rows on the slice, whose whole numbers are pixel centres.

        In a file the upper left corner of the first pixel is 0, 0 and its centre 0.5, 0.5 (PS3.3 C.10.5.1.2).
        """
        if units == "DISPLAY":
            points = self.origin + points[:, :1] * self.right + points[:, 1:] * self.down
        return np.asarray(points - 0.5 - self.begin, np.float64)


@dataclass(eq=False)
class AnnotationReader:
    """Reads graphics and texts, within limits; what cannot be drawn is counted by its reason.

    Attributes
    ----------
    wrong : dict of str to int
        Why graphics or texts were left out, and how many.
    """

    wrong: dict[str, int] = field(default_factory=dict)
    _points: int = 0
    _texts: int = 0

    def graphics(self, annotation: Dataset, color: Rgb | None) -> Iterator[Graphic]:
        """Yield the graphics of an item of Graphic Annotation Sequence, in the colour of their layer."""
        for item in annotation.get("GraphicObjectSequence") or ():
            made = self._graphic(item, color)
            if isinstance(made, str):
                self._leave_out(made)
            else:
                yield made

    def captions(self, annotation: Dataset, color: Rgb | None) -> Iterator[Caption]:
        """Yield the texts of an item of Graphic Annotation Sequence, in the colour of their layer."""
        for item in annotation.get("TextObjectSequence") or ():
            self._texts += 1
            beyond = self._texts > MOST_CAPTIONS
            made = f"beyond the first {MOST_CAPTIONS:,} texts" if beyond else _caption(item, color)
            if isinstance(made, str):
                self._leave_out(made)
            else:
                yield made
        if several := len(annotation.get("CompoundGraphicSequence") or ()):
            self._leave_out("compound graphics, of which only the simple ones that stand for them are drawn", several)

    def _leave_out(self, why: str, times: int = 1) -> None:
        self.wrong[why] = self.wrong.get(why, 0) + times

    def _graphic(self, item: Dataset, color: Rgb | None) -> Graphic | str:
        kind = text_of(item, "GraphicType")
        if kind not in _COUNTS:
            return f"the Graphic Type {printable(kind)[:20] or '(none)'}"
        units = _units(item, "GraphicAnnotationUnits")
        if units is None:
            return "other units than PIXEL and DISPLAY"
        values = _graphic_data(item)
        least, exactly = _COUNTS[kind]
        if values.size % 2 or values.size < 2 * least or (exactly and values.size != 2 * exactly):
            return f"{values.size} coordinates, which are no {kind}"
        if not _is_near(values):
            return "coordinates that are not finite or far beyond any image"
        self._points += values.size // 2
        if self._points > MOST_GRAPHIC_POINTS:
            return f"beyond the first {MOST_GRAPHIC_POINTS:,} points"
        filled = text_of(item, "GraphicFilled") == "Y"
        own = _first_color(item, "LineStyleSequence", "PatternOnColorCIELabValue")
        return Graphic(kind, values.reshape(-1, 2).astype(np.float64), units, filled, own or color)


def read_graphic_layers(dataset: Dataset) -> dict[str, GraphicLayer]:
    """Return the graphic layers of a presentation state by their names."""
    found = {}
    for item in dataset.get("GraphicLayerSequence") or ():
        name = text_of(item, "GraphicLayer")
        order = whole_number(item.get("GraphicLayerOrder")) or 0
        found[name] = GraphicLayer(name, order, color_in(item, "GraphicLayerRecommendedDisplayCIELabValue"))
    return found


def color_in(item: Dataset, keyword: str) -> Rgb | None:
    """Return a CIELab value of a dataset as sRGB; None where there is none."""
    parts = [whole_number(one) for one in all_values(item.get(keyword))]
    known = [one for one in parts if one is not None and 0 <= one <= 0xFFFF]
    return cielab_color((known[0], known[1], known[2])) if len(known) == 3 else None


def _first_color(item: Dataset, sequence: str, keyword: str) -> Rgb | None:
    styles = item.get(sequence)
    return color_in(styles[0], keyword) if styles else None


def _units(item: Dataset, keyword: str) -> Units | None:
    value = text_of(item, keyword) or "PIXEL"
    return "PIXEL" if value == "PIXEL" else "DISPLAY" if value == "DISPLAY" else None


def _graphic_data(item: Dataset) -> NDArray[Any]:
    """Return Graphic Data (0070,0022) as it is in the file: pydicom makes an object of each number."""
    element = item.get_item(_GRAPHIC_DATA) if _GRAPHIC_DATA in item else None
    value = None if element is None else element.value
    if isinstance(value, bytes):
        order = "<" if getattr(element, "is_little_endian", True) else ">"
        return np.frombuffer(value[: len(value) // 4 * 4], f"{order}f4")
    return np.array([float(one) for one in all_values(value)])


def _is_near(values: NDArray[Any]) -> bool:
    return bool(np.isfinite(values).all() and np.abs(values).max(initial=0) <= FARTHEST)


def _caption(item: Dataset, color: Rgb | None) -> Caption | str:
    text = str(item.get("UnformattedTextValue") or "")
    lines = [printable(" ".join(line.split()))[:MOST_LETTERS] for line in text.splitlines()[:MOST_TEXT_LINES]]
    while lines and not lines[-1]:
        lines.pop()
    box_units, anchor_units = _units(item, "BoundingBoxAnnotationUnits"), _units(item, "AnchorPointAnnotationUnits")
    if box_units is None or anchor_units is None:
        return "other units than PIXEL and DISPLAY"
    corners = [_numbers(item, f"BoundingBox{corner}HandCorner", 2) for corner in ("TopLeft", "BottomRight")]
    anchor = _numbers(item, "AnchorPoint", 2)
    whole = None if corners[0] is None or corners[1] is None else (*corners[0], *corners[1])
    if not lines:
        return "no text"
    if whole is None and anchor is None:
        return "neither a box nor an anchor"
    box = None if whole is None else (whole[0], whole[1], whole[2], whole[3])
    justified = text_of(item, "BoundingBoxTextHorizontalJustification")
    align: Literal["left", "middle", "right"] = (
        "middle" if justified == "CENTER" else "right" if justified == "RIGHT" else "left"
    )
    leader = text_of(item, "AnchorPointVisibility") == "Y"
    own = _first_color(item, "TextStyleSequence", "TextColorCIELabValue")
    point = None if anchor is None else (anchor[0], anchor[1])
    return Caption(tuple(lines), box, box_units, point, anchor_units, leader, align, own or color)


def _numbers(item: Dataset, keyword: str, count: int) -> list[float] | None:
    try:
        values = np.array([float(one) for one in all_values(item.get(keyword))])
    except (TypeError, ValueError):
        return None
    return values.tolist() if values.size == count and _is_near(values) else None
