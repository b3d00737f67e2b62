"""What an explanation says, as frozen values: every number that a colour is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from viewer3d.core.sampling import Interpolation
from viewer3d.core.vectors import Vector
from viewer3d.core.window import Window
from viewer3d.render.marks.display_list import Color

VoxelIndex = tuple[int, int, int]
"""Column, row and slice of a voxel, from 0."""


@dataclass(frozen=True)
class StoredValue:
    """A stored value of a file that has a part in a voxel.

    Attributes
    ----------
    series : str
        Number, modality and description of its series, or the kind of a file that is not DICOM.
    file : str
        As the path that was given leads to it.
    frame : int
        Of the file, from 1.
    column, row : int
        In the frame, from 0.
    bits : str
        The word of the file in hexadecimal, before bits beyond Bits Stored are cleared; empty of compressed frames.
    encoding : str
        How the file stores it: bits, sign, compression.
    stored : float
        The stored value.
    slope, intercept : float
        Of the file: the modality value is ``stored * slope + intercept``, unless a table says it.
    table : float, optional
        The entry of the Modality LUT (0028,3000) for the stored value.
    scaled_by : tuple of str
        The attributes that slope and intercept come from.
    factor, offset : float
        From the modality value to the unit of the volume: of SUV, for one.
    value : float
        In the unit of the volume, before it is rounded to the type of the voxels.
    weight : float
        Its share in the voxel: 1 where slices were not resampled.
    """

    series: str
    file: str
    frame: int
    column: int
    row: int
    bits: str
    encoding: str
    stored: float
    slope: float
    intercept: float
    table: float | None
    scaled_by: tuple[str, ...]
    factor: float
    offset: float
    value: float
    weight: float = 1.0


@dataclass(frozen=True)
class VoxelShare:
    """A voxel that has a part in a value.

    Attributes
    ----------
    index : tuple of int
        Column, row and slice, from 0.
    world : tuple of float
        Its centre (LPS, mm).
    value : float
        In the unit of the volume.
    weight : float
        Its share, 0 to 1.
    is_measured : bool
        False of a voxel that was filled in, beside what a tilted gantry measured.
    stored : tuple of StoredValue
        What it was made of; empty where the files were not given.
    """

    index: VoxelIndex
    world: Vector
    value: float
    weight: float
    is_measured: bool = True
    stored: tuple[StoredValue, ...] = ()


@dataclass(frozen=True)
class Sample:
    """The value of a volume at a point: the sum of some voxels, each times its weight.

    Attributes
    ----------
    offset : float
        How far the point is from the plane along its normal, in mm.
    weight : float
        What it counts in the mean of a slab.
    index : tuple of float
        Column, row and slice of the point.
    world : tuple of float
        The point (LPS, mm).
    voxels : tuple of VoxelShare
        Up to eight; none outside of the volume.
    value : float, optional
        Rounded as the volume's type asks; None outside of the volume.
    """

    offset: float
    weight: float
    index: Vector
    world: Vector
    voxels: tuple[VoxelShare, ...]
    value: float | None


@dataclass(frozen=True)
class LayerShare:
    """What a layer has at a pixel, from its voxels to the colour that it leaves.

    Attributes
    ----------
    name : str
    unit : str
    why_unit : str
        Why the values are in that unit; empty where the files were not given.
    dtype : str
        Of the voxels: int16 is rounded to whole numbers.
    interpolation : {"linear", "nearest"}
    slab : str
        ``"plane"``, or how the samples of a slab become one value: ``"maximum"``, ``"minimum"`` or ``"mean"``;
        ``"ray"`` of a 3D pane that shows the highest value behind each pixel.
    thickness : float
        Of the slab, in mm.
    samples : tuple of Sample
        One of a plane; of a slab all that are blended for a mean, and that of the extreme alone for a maximum or
        minimum.
    count : int
        How many planes of the slab were looked at.
    value : float, optional
        None outside of the volume.
    window : Window, optional
        None of a 3D pane, which has a transfer function.
    inverted : bool
    colors : str
        Name of the colour map.
    grey : int, optional
        0 to 255, what the window makes of the value; None where nothing is drawn.
    color : tuple of int, optional
        What the colour map makes of the grey.
    opacity : float
        With which it is blended over what lies below: 0 where nothing is drawn.
    left : tuple of float
        Red, green and blue after it was blended.
    why_unseen : str
        Why nothing of it is seen here.
    notes : tuple of str
        What else bears on its values.
    """

    name: str
    unit: str
    why_unit: str
    dtype: str
    interpolation: Interpolation
    slab: str
    thickness: float
    samples: tuple[Sample, ...]
    count: int
    value: float | None
    window: Window | None
    inverted: bool
    colors: str
    grey: int | None
    color: Color | None
    opacity: float
    left: tuple[float, ...]
    why_unseen: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cover:
    """What is drawn over the values of a pixel.

    Attributes
    ----------
    what : {"level", "region inside", "region outline", "graphic", "mark"}
        Marks are the writing and lines of a pane; all others are a part of its slice.
    name : str
        Of the region, the level, or what is written.
    color : tuple of int, optional
        Its own.
    opacity : float
        0 to 1, of its colour over what is below.
    left : tuple of int
        Red, green and blue after it was drawn.
    """

    what: Literal["level", "region inside", "region outline", "graphic", "mark"]
    name: str
    color: Color | None
    opacity: float
    left: Color


@dataclass(frozen=True)
class RaySample:
    """A sample along the ray behind a pixel of a 3D pane.

    Attributes
    ----------
    distance : float
        From the eye, in mm.
    world : tuple of float
        The point (LPS, mm).
    value : float
        In the unit of the volume.
    color : tuple of int
        What the transfer function makes of it, before it is lit.
    opacity : float
        Of this step of the ray, 0 to 1.
    light : float
        The share of the light of the pixel that comes from here: what lies before it lets the rest through.
    """

    distance: float
    world: Vector
    value: float
    color: Color
    opacity: float
    light: float


@dataclass(frozen=True)
class PicturePlace:
    """Where a pixel of a picture lies.

    Attributes
    ----------
    pane : str
        The pane or panel of the picture, in words.
    plane : str
        Name of the plane.
    pixel : tuple of float
        Column and row in the pane, from 0.
    world : tuple of float
        The point of the plane (LPS, mm).
    normal : tuple of float
        Direction across the plane, of unit length.
    mm_per_pixel : float
    """

    pane: str
    plane: str
    pixel: tuple[float, float]
    world: Vector
    normal: Vector
    mm_per_pixel: float


@dataclass(frozen=True)
class Explanation:
    """Why a pixel has its colour.

    ``str()`` of it is the text that ``viewer3d why`` prints.

    Attributes
    ----------
    place : PicturePlace
    layers : tuple of LayerShare
        The lowest first.
    ground : tuple of int
        Red, green and blue of what lies outside of all layers.
    values : tuple of int
        Red, green and blue of the values of the layers, before anything is drawn over them.
    covers : tuple of Cover
        What is drawn over them, in order.
    color : tuple of int
        Red, green and blue in the end.
    picture : tuple of int, optional
        The pixel of the picture's file; None where none was given.
    notes : tuple of str
        What cannot be said to the digit, and why.
    ray : tuple of RaySample
        Of a 3D pane the samples that give the pixel most of its light, the nearest first.
    """

    place: PicturePlace
    layers: tuple[LayerShare, ...]
    ground: Color
    values: Color
    covers: tuple[Cover, ...]
    color: Color
    picture: Color | None = None
    notes: tuple[str, ...] = ()
    ray: tuple[RaySample, ...] = ()

    @property
    def is_covered(self) -> bool:
        """True where a line, a text or a region is drawn over the values."""
        return bool(self.covers)

    def to_dict(self) -> dict[str, object]:
        """Return all of it as plain values, as ``viewer3d why --json`` prints them."""
        from viewer3d.explanations.words import plain  # noqa: PLC0415 (words are made of values)

        return plain(self)

    def __str__(self) -> str:
        from viewer3d.explanations.words import explanation_text  # noqa: PLC0415 (as above)

        return explanation_text(self)


def rgb(values: Sequence[float]) -> Color:
    """Return three numbers as red, green and blue."""
    red, green, blue = (int(one) for one in values)
    return red, green, blue
