"""Labelled parts of a patient: which voxels of a grid belong to each segment, and what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.digest import begin_digest, digest_of_text
from viewer3d.core.geometry import Geometry
from viewer3d.core.grids.exchange import LabelExchangeMethods
from viewer3d.core.option_names import called, check_option_names, numbered_list
from viewer3d.core.series_info import INFO_FIELDS, Described, SeriesInfo
from viewer3d.core.text import printable
from viewer3d.core.voxels import (
    MOST_LABELS,
    IndexBox,
    as_labels,
    box_of_label,
    label_layers,
    label_mask_on,
    labels_by_slice,
)
from viewer3d.errors import GeometryError, SegmentError

if TYPE_CHECKING:
    from viewer3d.core.inputs import AnyVolume
    from viewer3d.measurements.segments import SegmentStatistics

SegmentColor = tuple[int, int, int]
"""Red, green and blue, 0 to 255 each (sRGB)."""

FractionKind = Literal["PROBABILITY", "OCCUPANCY"]
"""What a fraction is: how sure the segment is there, or which part of the voxel it fills (PS3.3 C.8.20.2.1)."""

LABEL_AT: Final = 0.5
"""Fraction from which on a voxel belongs to a segment."""


@dataclass(frozen=True)
class CodedConcept:
    """A coded term (PS3.3 8.8), as ``CodedConcept("10200004", "SCT", "Liver")``.

    Attributes
    ----------
    value : str
        Code Value (0008,0100).
    scheme : str
        Coding Scheme Designator (0008,0102).
    meaning : str
        Code Meaning (0008,0104), in words.
    """

    value: str
    scheme: str
    meaning: str = ""

    def __post_init__(self) -> None:
        for name in ("value", "scheme", "meaning"):
            object.__setattr__(self, name, printable(getattr(self, name)))

    def __str__(self) -> str:
        return self.meaning or f"{self.value} ({self.scheme})"


@dataclass(frozen=True)
class Segment:
    """What one segment is, and by which label it is found.

    Attributes
    ----------
    number : int
        Segment Number (0062,0004), or the label in a file that has labels alone: at least 1. Of masks of a structure
        set the ROI Number (3006,0022), which may be 0.
    name : str
        Segment Label (0062,0005).
    color : tuple of int
        Red, green and blue, 0 to 255 each.
    category, type : CodedConcept, optional
        Segmented Property Category and Type (0062,0003 and 0062,000F): "Anatomical Structure", "Liver".
    algorithm : str
        Segment Algorithm Type (0062,0008): ``"AUTOMATIC"``, ``"SEMIAUTOMATIC"``, ``"MANUAL"``; empty where not known.
    layer : int
        Number of the label layer that it is in, from 0.
    value : int
        What its voxels have there; 0, as given, stands for its number.
    """

    number: int
    name: str
    color: SegmentColor
    category: CodedConcept | None = None
    type: CodedConcept | None = None
    algorithm: str = ""
    layer: int = 0
    value: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", printable(self.name))
        object.__setattr__(self, "color", tuple(int(part) for part in self.color))
        object.__setattr__(self, "value", int(self.value) or int(self.number))
        if not 1 <= self.value <= MOST_LABELS or self.layer < 0:
            raise SegmentError(
                f"segment {self.number} in layer {self.layer} by {self.value}: values begin with 1 and end with "
                f"{MOST_LABELS}, layers begin with 0"
            )
        if len(self.color) != 3 or not all(0 <= part <= 255 for part in self.color):
            raise SegmentError(f"segment {self.number}: color {self.color} is not red, green and blue, 0 to 255 each")


@dataclass(frozen=True, eq=False)
class Fractions:
    """Of a fractional segment the part of each voxel, of the slices that have any.

    Attributes
    ----------
    values : ndarray of uint8, shape (columns, rows, slices)
    first : int
        Number of its first slice in the grid.
    maximum : int
        Maximum Fractional Value (0062,000E): the value that stands for 1.
    kind : {"PROBABILITY", "OCCUPANCY"}
    """

    values: NDArray[np.uint8]
    first: int
    maximum: int
    kind: FractionKind


@dataclass(frozen=True, eq=False)
class Segmentation(Described, LabelExchangeMethods):
    """Which voxels of a grid belong to which segments.

    Parameters
    ----------
    labels : sequence of ndarray of uint8 or int16, shape (columns, rows, slices)
        Label layers, in Fortran order and read-only: 0 is no segment. Segments of one layer do not overlap; those that
        do are in several layers.
    geometry : Geometry
        Where the grid is, of the same shape. It may be sheared, as images of a tilted gantry are.
    segments : sequence of Segment
        In the order of the file; each says in which layer it lies and by which value. One may have no voxel.
    info : SeriesInfo
        What is known of its series; its fields are readable here as well: ``segmentation.notes``.
    fractions : mapping of int to Fractions
        Of fractional segments, by number. Their labels are where the fraction is at least :data:`LABEL_AT`.

    Raises
    ------
    GeometryError
        When a layer has another shape than the geometry.
    SegmentError
        When layers have another dtype, two segments have one number or one place, or a segment's layer is not there.
    """

    labels: tuple[NDArray[Any], ...]
    geometry: Geometry
    segments: tuple[Segment, ...]
    info: SeriesInfo = field(default_factory=lambda: SeriesInfo(modality="SEG"))
    fractions: Mapping[int, Fractions] = field(default_factory=dict)
    _made: dict[Any, Any] = field(default_factory=dict, repr=False, init=False)

    def __post_init__(self) -> None:
        layers = tuple(map(as_labels, self.labels))
        for layer in layers:
            if layer.shape != self.geometry.shape:
                raise GeometryError(
                    f"labels have shape {layer.shape}, the geometry {self.geometry.shape}: give the same"
                )
        object.__setattr__(self, "labels", layers)
        object.__setattr__(self, "segments", tuple(self.segments))
        object.__setattr__(self, "fractions", dict(self.fractions))
        for what, count in Counter(one.number for one in self.segments).items():
            if count > 1:
                raise SegmentError(f"{count} segments have the number {what}: give each its own")
        for place, count in Counter((one.layer, one.value) for one in self.segments).items():
            if count > 1:
                raise SegmentError(f"{count} segments lie in layer {place[0]} by the value {place[1]}: give one")
        if missing := [one.number for one in self.segments if one.layer >= len(layers)]:
            raise SegmentError(f"segment {missing[0]} lies in a layer that is not there: {len(layers)} were given")

    @classmethod
    def from_array(
        cls,
        labels: ArrayLike | Sequence[ArrayLike],
        affine: ArrayLike,
        *,
        names: Mapping[int, str] | Sequence[str] | None = None,
        colors: Mapping[int, SegmentColor] | None = None,
        info: SeriesInfo | None = None,
        **about: Any,
    ) -> Segmentation:
        """Make a segmentation from label arrays and their affine.

        Parameters
        ----------
        labels : array_like, shape (columns, rows, slices), bool or whole numbers; or a list of such
            0 is no segment, each other number one. Several arrays hold segments that overlap: a number is in one of
            them alone.
        affine : array_like, shape (4, 4)
            Voxel index (i, j, k, 1) to LPS mm. A left-handed one is made right-handed by reversing the slices.
        names : mapping of int to str, or sequence of str, optional
            By number, or those of 1, 2, 3, ...; a named number without a voxel is a segment without voxels.
        colors : mapping of int to (r, g, b), optional
            By number, 0 to 255 each.
        info : SeriesInfo, optional
        **about
            Fields of :class:`SeriesInfo`, instead of those in `info`: ``frame_of_reference="1.2.3"``.

        Raises
        ------
        GeometryError
            When the arrays or the affine are none that a grid can have.
        SegmentError
            When labels are no whole numbers, negative or more than :data:`MOST_LABELS`.

        Examples
        --------
        >>> import numpy as np
        >>> labels = np.zeros((4, 4, 2), int)
        >>> labels[1:3, 1:3, 0] = 7
        >>> liver = Segmentation.from_array(labels, np.diag([2, 2, 5, 1]), names={7: "Liver"})
        >>> liver.segments[0].name, liver.measure(7).ml
        ('Liver', 0.08)
        """
        check_option_names("Segmentation.from_array", about, ("names", "colors", "info", *INFO_FIELDS))
        several = isinstance(labels, list | tuple) and len(labels) > 0 and np.ndim(labels[0]) == 3
        arrays = cast("Sequence[ArrayLike]", labels if several else [labels])
        named = dict(names) if isinstance(names, Mapping) else dict(enumerate(names or (), 1))
        layers, geometry, places = label_layers(arrays, affine, named)
        given = dict(colors or {})
        segments = [
            Segment(
                number, named.get(number, f"Segment {number}"), given.get(number) or color_of(turn), layer=n, value=v
            )
            for turn, (number, (n, v)) in enumerate(sorted(places.items()))
        ]
        return cls(layers, geometry, tuple(segments), replace(info or SeriesInfo(modality="SEG"), **about))

    def segment(self, which: int | str) -> Segment:
        """Return a segment by its number or its name.

        Raises
        ------
        SegmentError
            When there is none, or several have the name; lists those that are there.
        """
        found = called(self.segments, which)
        if len(found) == 1:
            return found[0]
        what = f"{len(found)} segments are called {which!r:.60}" if found else f"no segment {which!r:.60}"
        raise SegmentError(f"{what}: give the number of one of: {numbered_list(self.segments, 'it has no segments')}")

    def mask(self, which: int | str, geometry: Geometry | None = None) -> NDArray[np.bool_]:
        """Return which voxels belong to a segment, on its own grid or on another.

        Parameters
        ----------
        which : int or str
            Number or name of the segment.
        geometry : Geometry, optional
            A grid in the same frame of reference, as ``volume.geometry``: a voxel of it belongs to the segment if its
            centre lies in a voxel of the segment. Nothing checks the frame of reference here.

        Returns
        -------
        ndarray of bool, shape (columns, rows, slices), Fortran order
        """
        segment = self.segment(which)
        box = self.index_box(which)
        if geometry is not None and not isinstance(geometry, Geometry):
            raise SegmentError(f"{geometry!r:.60} is no grid: give a Geometry, as volume.geometry")
        if box is None or geometry is None or geometry is self.geometry:
            mask: NDArray[np.bool_] = np.zeros((geometry or self.geometry).shape, np.bool_, order="F")
            if box is not None:
                np.equal(self.labels[segment.layer][box], segment.value, out=mask[box])
            return mask
        return label_mask_on(self.labels[segment.layer], segment.value, box, self.geometry, geometry)

    def index_box(self, which: int | str) -> IndexBox | None:
        """Return the smallest box of voxels around a segment, as three slices; None where it has no voxel."""
        segment = self.segment(which)
        key = ("box", segment.number)
        if key not in self._made:
            counts = self._slice_counts(segment.layer)
            self._made[key] = box_of_label(self.labels[segment.layer], segment.value, counts)
        found: IndexBox | None = self._made[key]
        return found

    def voxels(self, which: int | str) -> int:
        """Return how many voxels belong to a segment."""
        segment = self.segment(which)
        counts = self._slice_counts(segment.layer)
        return int(counts[:, segment.value].sum()) if segment.value < counts.shape[1] else 0

    def segments_at(self, world: ArrayLike) -> tuple[Segment, ...]:
        """Return the segments at a point of the patient.

        Parameters
        ----------
        world : array_like, shape (3,)
            LPS, in mm.
        """
        if not self.geometry.contains(world):
            return ()
        last = np.array(self.geometry.shape) - 1
        i, j, k = np.clip(np.floor(self.geometry.world_to_index(world) + 0.5), 0, last).astype(int)
        values = [int(layer[i, j, k]) for layer in self.labels]
        return tuple(one for one in self.segments if values[one.layer] == one.value)

    def measure(
        self,
        which: int | str,
        volume: AnyVolume | None = None,
        *,
        transform: ArrayLike | None = None,
        same_frame: bool = False,
    ) -> SegmentStatistics:
        """Return what a segment measures, and the statistics of a volume in it.

        Parameters
        ----------
        which : int or str
            Number or name of the segment.
        volume : Volume or what :func:`viewer3d.load` takes, optional
            Whose values are measured, of the same frame of reference.
        transform : array_like, shape (4, 4), optional
            From the world of the segmentation to that of the volume, both LPS in mm; without it the two must say that
            they are in one frame of reference.
        same_frame : bool
            Whether to trust that they are in one frame of reference, whatever they say.

        Returns
        -------
        SegmentStatistics

        Raises
        ------
        ViewError
            When the volume is of another frame of reference and nothing says how they lie, see
            :func:`viewer3d.core.placing.frames.check_frame`.
        """
        from viewer3d.measurements.segments import measure_segment  # noqa: PLC0415 (a door to what measures)

        return measure_segment(self, self.segment(which), volume, transform=transform, same_frame=same_frame)

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel index (i, j, k, 1) to LPS mm: float64 of shape (4, 4), read-only and right-handed."""
        return self.geometry.affine

    @property
    def digest(self) -> str:
        """SHA-256 of the labels of all layers and of which segment has which; cached."""
        if "digest" not in self._made:
            layers = [begin_digest(one)() for one in self.labels]
            places = [f"{one.number} {one.layer} {one.value}" for one in self.segments]
            self._made["digest"] = digest_of_text(*layers, *places)
        found: str = self._made["digest"]
        return found

    def with_info(self, **about: Any) -> Segmentation:
        """Return the same segments with other fields of :class:`SeriesInfo`, as ``with_info(notes=())``."""
        check_option_names("Segmentation.with_info", about, INFO_FIELDS)
        return replace(self, info=replace(self.info, **about))

    def _slice_counts(self, layer: int) -> NDArray[np.int64]:
        if ("counts", layer) not in self._made:
            self._made["counts", layer] = labels_by_slice(self.labels[layer])
        found: NDArray[np.int64] = self._made["counts", layer]
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_made": {}}

    def __repr__(self) -> str:
        names = ", ".join(one.name for one in self.segments[:3]) + (", ..." if len(self.segments) > 3 else "")
        size = " x ".join(map(str, self.geometry.shape))
        return f"Segmentation({len(self.segments)} segments ({names}), {size}, {len(self.notes)} notes)"


_GOLDEN_TURN: Final = 0.618033988749895
"""Of a circle of hues: multiples of it are as far apart as any sequence can have them."""


def color_of(turn: int) -> SegmentColor:
    """Return a colour for a segment that has none of its own, different for each turn (from 0)."""
    hue = 6 * ((turn * _GOLDEN_TURN + 0.02) % 1)
    bright = 235 - 45 * (turn // 6 % 2)
    channels = (abs(hue - 3) - 1, 2 - abs(hue - 2), 2 - abs(hue - 4))
    r, g, b = (round(bright * (0.35 + 0.65 * min(max(one, 0.0), 1.0))) for one in channels)
    return r, g, b
