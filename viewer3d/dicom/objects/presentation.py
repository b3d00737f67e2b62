"""Read Grayscale Softcopy Presentation States: how images are to be shown (PS3.3 A.33.1, PS3.4 N.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer3d.core.digest import digest_of_text
from viewer3d.core.graphics.slice_graphics import Shutter
from viewer3d.core.notes.note import Note
from viewer3d.core.window import Window
from viewer3d.dicom.headers.frame import Frame, ModalityTable
from viewer3d.dicom.headers.scaling import numbers_or_text
from viewer3d.dicom.headers.values import all_values, modality_table, text, voi_tables, voi_windows
from viewer3d.dicom.objects.dicom_object import PRESENTATION_STATE
from viewer3d.dicom.objects.find_objects import FoundObject, reading
from viewer3d.dicom.objects.graphic_annotations import (
    AnnotationReader,
    Caption,
    Graphic,
    GraphicLayer,
    PlaceOnSlice,
    read_graphic_layers,
)
from viewer3d.dicom.objects.overlay_planes import (
    OverlayPlane,
    activated_groups,
    read_planes,
    read_shutter,
    shutter_group,
)
from viewer3d.dicom.objects.roi_table import text_of, whole_number
from viewer3d.errors import BadFileError

if TYPE_CHECKING:
    from pydicom import Dataset

PRESENTATION_CLASSES: Final = frozenset({PRESENTATION_STATE})
"""SOP Classes that ``presentation=`` takes."""

References = Mapping[str, frozenset[int]]
"""SOP Instance UID of an image to the numbers of its frames, from 1; none of them: all."""


@dataclass(frozen=True, eq=False)
class Annotation:
    """The annotations of a layer on some images.

    Attributes
    ----------
    images : mapping, optional
        On which; None: on all that the presentation state refers to.
    layer : GraphicLayer
    graphics : tuple of Graphic
    captions : tuple of Caption
    """

    images: References | None
    layer: GraphicLayer
    graphics: tuple[Graphic, ...]
    captions: tuple[Caption, ...]


@dataclass(frozen=True, eq=False)
class DisplayedArea:
    """The part of images that is displayed, which DISPLAY units are of (PS3.3 C.10.4).

    Attributes
    ----------
    images : mapping, optional
        Of which; None: of all.
    first, last : tuple of float
        Column and row, from 1, of the pixels in the upper left and lower right corner, after any rotation and flip.
    """

    images: References | None
    first: tuple[float, float]
    last: tuple[float, float]


@dataclass(frozen=True, eq=False)
class PresentationState:
    """A Grayscale Softcopy Presentation State.

    Attributes
    ----------
    name : str
        Its Content Label, or that of its file, in messages.
    digest : str
        SHA-256 of its SOP Instance UID.
    images : mapping of str to frozenset of int
        The images that it refers to.
    series : tuple of str
        Series Instance UIDs of these.
    slope, intercept : float
        Of its own Modality LUT, by which its windows are of values.
    is_rescaled : bool
        Whether it says these.
    table : ModalityTable, optional
        Instead of these.
    windows : tuple of (mapping or None, tuple of Window)
        Windows and VOI LUTs, each for some images or for all.
    inverted : bool, optional
        Whether low values are white; None where the state does not say.
    annotations : tuple of Annotation
        In the order in which they are drawn.
    planes : tuple of OverlayPlane
        Its own that are drawn.
    activated : mapping of int to str
        Groups of the images' planes that are drawn, and the layers they are in.
    layers : mapping of str to GraphicLayer
    shutter : Shutter, optional
    areas : tuple of DisplayedArea
    rotation : int
        Degrees clockwise by which images are to be turned, before any flip.
    is_flipped : bool
        Whether left and right are to be changed.
    notes : tuple of Note
        What of it is not shown.
    """

    name: str
    digest: str
    images: References
    series: tuple[str, ...]
    slope: float = 1.0
    intercept: float = 0.0
    is_rescaled: bool = False
    table: ModalityTable | None = None
    windows: tuple[tuple[References | None, tuple[Window, ...]], ...] = ()
    inverted: bool | None = None
    annotations: tuple[Annotation, ...] = ()
    planes: tuple[OverlayPlane, ...] = ()
    activated: Mapping[int, str] = field(default_factory=dict)
    layers: Mapping[str, GraphicLayer] = field(default_factory=dict)
    shutter: Shutter | None = None
    areas: tuple[DisplayedArea, ...] = ()
    rotation: int = 0
    is_flipped: bool = False
    notes: tuple[Note, ...] = ()

    def refers_to(self, frame: Frame, images: References | None = None) -> bool:
        """Return whether a frame is among the images that are meant, or among all that the state refers to."""
        return is_among(frame, self.images) and (images is None or is_among(frame, images))

    def place_on(self, frame: Frame) -> PlaceOnSlice:
        """Return how places of the state lie on a frame; see :class:`PlaceOnSlice`."""
        first, last = (1.0, 1.0), (float(frame.stored.columns), float(frame.stored.rows))
        for area in self.areas:
            if area.images is None or is_among(frame, area.images):
                first, last = area.first, area.last
                break
        low, high = np.minimum(first, last) - 1, np.maximum(first, last)
        right, down = display_axes(self.rotation, is_flipped=self.is_flipped)
        corner = np.where((right + down) > 0, low, high)  # each of both is along one axis
        begin = (frame.tile.left, frame.tile.top) if frame.tile else (0, 0)
        spacing = frame.pixel_spacing or (1.0, 1.0)
        return PlaceOnSlice(corner, right * (high - low), down * (high - low), begin, spacing[0] / spacing[1])

    def windows_of(self, frame: Frame) -> tuple[Window, ...]:
        """Return the windows of a frame, in its values: those that its slope and intercept lead to.

        The Modality LUT of a presentation state replaces that of the image, and where there is none, windows are of
        stored values (PS3.4 N.2.1).
        """
        meant = [found for images, found in self.windows if images is None or is_among(frame, images)]
        if not meant or self.table is not None or frame.table is not None:
            return ()
        factor = frame.slope / self.slope
        offset = frame.intercept - self.intercept * factor
        if factor <= 0:
            return ()
        same = abs(factor - 1) < 1e-9 and abs(offset) < 1e-6
        return tuple(one if same else one.scaled(factor, offset) for found in meant for one in found)


def is_among(frame: Frame, images: References) -> bool:
    """Return whether a frame is among images."""
    numbers = images.get(frame.sop_uid)
    return numbers is not None and (not numbers or frame.index + 1 in numbers)


def display_axes(rotation: int, *, is_flipped: bool) -> tuple[Any, Any]:
    """Return the ways on the image, (column, row), that lead right and down on the display (PS3.3 C.10.6)."""
    right, down = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    for _ in range(rotation // 90):  # clockwise: what was on the left is at the top
        right, down = -down, right
    return (-right if is_flipped else right), down


def read_presentation(found: FoundObject) -> PresentationState:
    """Read a presentation state.

    Parameters
    ----------
    found : FoundObject

    Raises
    ------
    BadFileError
        When it refers to no image, or its header is damaged.
    """
    with reading(found, "its presentation state"):
        return _read(found)


def presentation_name(dataset: Dataset | None, file: str) -> str:
    """Return the Content Label of a presentation state, else the name of its file."""
    return (text_of(dataset, "ContentLabel") if dataset is not None else "") or file


def _read(found: FoundObject) -> PresentationState:
    dataset, file = found.dataset, found.source.name
    images, series = referenced_images(dataset)
    if not images:
        raise BadFileError(f"{file}: a presentation state that refers to no image (0008,1115) says nothing of any")
    notes: list[Note] = []
    layers = read_graphic_layers(dataset)
    annotations = _annotations(dataset, layers, notes)
    planes = read_planes(dataset, notes)
    bitmap = shutter_group(dataset)
    slope, intercept = (_one_number(dataset, keyword) for keyword in ("RescaleSlope", "RescaleIntercept"))
    rotation, is_flipped = _turns(dataset, notes)
    notes += _not_shown(dataset)
    return PresentationState(
        name=presentation_name(dataset, file),
        digest=digest_of_text(text(found.attributes, "SOPInstanceUID")),
        images=images,
        series=series,
        slope=slope or 1.0,
        intercept=intercept or 0.0,
        is_rescaled=slope is not None,
        table=modality_table(dataset),
        windows=_windows(dataset, notes),
        inverted=_inverted(dataset),
        annotations=annotations,
        planes=tuple(one for one in planes if one.layer and one.group != bitmap and one.bit < 0),
        activated=activated_groups(dataset),
        layers=layers,
        shutter=read_shutter(dataset, planes, notes),
        areas=_areas(dataset),
        rotation=rotation,
        is_flipped=is_flipped,
        notes=tuple(notes),
    )


def referenced_images(dataset: Dataset) -> tuple[References, tuple[str, ...]]:
    """Return the images that a presentation state refers to, and their series (PS3.3 C.11.11)."""
    images: dict[str, frozenset[int]] = {}
    series = []
    for one in dataset.get("ReferencedSeriesSequence") or ():
        if uid := text_of(one, "SeriesInstanceUID"):
            series.append(uid)
        images.update(_references(one) or {})
    return images, tuple(dict.fromkeys(series))


def _references(item: Dataset) -> References | None:
    """Return the images of Referenced Image Sequence (0008,1140); None where it is absent."""
    items = item.get("ReferencedImageSequence")
    if items is None:
        return None
    found: dict[str, frozenset[int]] = {}
    for one in items:
        numbers = [whole_number(number) for number in all_values(one.get("ReferencedFrameNumber"))]
        known = frozenset(number for number in numbers if number is not None)
        if uid := text_of(one, "ReferencedSOPInstanceUID"):
            before = found.get(uid)
            found[uid] = known if before is None else (before | known if before and known else frozenset())
    return found


def _annotations(dataset: Dataset, layers: dict[str, GraphicLayer], notes: list[Note]) -> tuple[Annotation, ...]:
    reader = AnnotationReader()
    found = []
    for item in dataset.get("GraphicAnnotationSequence") or ():
        name = text_of(item, "GraphicLayer")
        layer = layers.get(name) or GraphicLayer(name, 0)
        graphics, captions = (
            tuple(reader.graphics(item, layer.color)),
            tuple(reader.captions(item, layer.color)),
        )
        found.append(Annotation(_references(item), layer, graphics, captions))
    notes += [
        Note(f"{times:,} annotations were left out: {why}.", "not_shown.annotations")
        for why, times in reader.wrong.items()
    ]
    return tuple(sorted(found, key=lambda one: one.layer.order))


def _windows(dataset: Dataset, notes: list[Note]) -> tuple[tuple[References | None, tuple[Window, ...]], ...]:
    found = []
    for item in dataset.get("SoftcopyVOILUTSequence") or ():
        tables, unread = voi_tables(item)
        pairs = [_all_numbers(item, keyword) for keyword in ("WindowCenter", "WindowWidth")]
        plain, problems = voi_windows(pairs[0], pairs[1], text_of(item, "VOILUTFunction"))
        notes += [
            Note(f"A window of it was left out: {problem}.", "windows.left_out") for problem in (*unread, *problems)
        ]
        if tables or plain:
            found.append((_references(item), (*tables, *plain)))
    return tuple(found)


def _all_numbers(item: Dataset, keyword: str) -> tuple[float, ...]:
    values = numbers_or_text(item, keyword)
    return values if isinstance(values, tuple) else ()


def _one_number(item: Dataset, keyword: str) -> float | None:
    values = _all_numbers(item, keyword)
    return values[0] if values else None


def _inverted(dataset: Dataset) -> bool | None:
    shape = text_of(dataset, "PresentationLUTShape")
    return {"INVERSE": True, "IDENTITY": False}.get(shape)


def _areas(dataset: Dataset) -> tuple[DisplayedArea, ...]:
    found = []
    for item in dataset.get("DisplayedAreaSelectionSequence") or ():
        corners = [_all_numbers(item, f"DisplayedArea{corner}HandCorner") for corner in ("TopLeft", "BottomRight")]
        if all(len(corner) == 2 for corner in corners):
            (left, top), (right, bottom) = corners
            found.append(DisplayedArea(_references(item), (left, top), (right, bottom)))
    return tuple(sorted(found, key=lambda one: one.images is None))


def _turns(dataset: Dataset, notes: list[Note]) -> tuple[int, bool]:
    rotation = (whole_number(dataset.get("ImageRotation")) or 0) % 360
    flip = text_of(dataset, "ImageHorizontalFlip") == "Y"
    if rotation or flip:
        ways = " and ".join([*([f"turned by {rotation} degrees"] if rotation else []), *(["flipped"] if flip else [])])
        notes.append(
            Note(f"It asks for images {ways}, which is not done: slices lie as the patient does.", "not_shown.rotation")
        )
    return rotation // 90 * 90, flip


def _not_shown(dataset: Dataset) -> Iterable[Note]:
    if dataset.get("PresentationLUTSequence"):
        yield Note("Its Presentation LUT Sequence (2050,0010) is not applied.", "not_shown.presentation_table")
    if dataset.get("MaskSubtractionSequence"):
        yield Note("Its mask subtraction is not applied.", "not_shown.subtraction")
    if text_of(dataset, "PresentationLUTShape") not in ("", "INVERSE", "IDENTITY"):
        yield Note(
            "Its Presentation LUT Shape is none that is known, and was not applied.", "not_shown.presentation_table"
        )
