"""What the loader knows of one frame, read once from its header. All values are frozen and free of person tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.vectors import Vector
from viewer3d.core.window import Window
from viewer3d.dicom.files.sources import Source

PixelKeyword = Literal["PixelData", "FloatPixelData", "DoubleFloatPixelData"]


@dataclass(frozen=True, slots=True)
class SeriesTags:
    """What a file says of the series it belongs to (General Study, General Series, Frame of Reference).

    Attributes
    ----------
    frame_of_reference : str
        Frame of Reference UID (0020,0052).
    patient : tuple of str
        Tokens of Patient ID and Patient's Name, see :func:`viewer3d.dicom.headers.attributes.decode`; empty where
        there is none. They tell two patients apart and are never shown.
    """

    study_uid: str
    uid: str
    number: int | None
    description: str
    modality: str
    frame_of_reference: str = field(default="", repr=False)
    patient: tuple[str, str] = field(default=("", ""), repr=False)


@dataclass(frozen=True, slots=True)
class MosaicTile:
    """The part of a stored picture that is one slice of a mosaic.

    Attributes
    ----------
    number : int
        Of the tile in its picture, from 0, row by row.
    left, top : int
        The first column and row.
    columns, rows : int
        Its size.
    """

    number: int
    left: int
    top: int
    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class StoredPixels:
    """How one file holds its stored values (Image Pixel module, PS3.3 C.7.6.3).

    Attributes
    ----------
    source : Source
        Where the bytes are.
    offset, length : int or None
        Where the value of the pixel data begins in the file, and how long it is when it is native (uncompressed,
        little endian), in bytes; None where only pydicom knows, and the length of what is encapsulated.
    stamp : tuple of int, optional
        When its file was last changed (ns since 1970) and its size in bytes, as its header was read: the places above
        are those of that file alone. None of what cannot change, and of members of a zip, which have a checksum.
    """

    source: Source
    transfer_syntax: str
    rows: int
    columns: int
    frames: int
    samples: int
    photometric: str
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    keyword: PixelKeyword = "PixelData"
    offset: int | None = None
    length: int | None = None
    stamp: tuple[int, int] | None = field(default=None, compare=False)

    @property
    def range(self) -> tuple[int, int]:
        """The lowest and highest stored value that the bits can hold."""
        if self.signed:
            return -(1 << (self.bits_stored - 1)), (1 << (self.bits_stored - 1)) - 1
        return 0, (1 << self.bits_stored) - 1

    def name_of(self, index: int) -> str:
        """Return what messages call a frame: its file, and its number in a file of many."""
        return f"{self.source.name} frame {index + 1}" if self.frames > 1 else self.source.name


@dataclass(frozen=True, slots=True, eq=False)
class ModalityTable:
    """A Modality LUT Sequence item (PS3.3 C.11.1): stored value ``first + n`` becomes ``entries[n]``."""

    first: int
    entries: NDArray[Any]
    kind: str

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ModalityTable):
            return NotImplemented
        return (self.first, self.kind) == (other.first, other.kind) and np.array_equal(self.entries, other.entries)

    def __hash__(self) -> int:
        return hash((self.first, self.kind, self.entries.tobytes()))


@dataclass(frozen=True, slots=True)
class ActivityTags:
    """What a PET header says that makes uptake out of activity (PS3.3 C.8.9.1 and C.8.9.2); None where it does not.

    Attributes
    ----------
    corrected : tuple of str
        Corrected Image (0028,0051).
    decay : str
        Decay Correction (0054,1102).
    weight : float or None
        Patient Weight (0010,1030), kg.
    dose : float or None
        Radionuclide Total Dose (0018,1074), Bq.
    half_life : float or None
        Radionuclide Half Life (0018,1075), s.
    injected, scanned : float or None
        Radiopharmaceutical Start and Series Date and Time, in seconds since 1900.
    dated : bool
        Whether the day of the injection is known; else it was taken for that of the series.
    late : bool
        Whether Series Time is later than Acquisition Time: then it was changed and is no start of the scan.
    scan_began : float or None
        GE's own time of that (0009,xx0D).
    injections : int
        Items of the Radiopharmaceutical Information Sequence (0054,0016).
    suv_type : str
        SUV Type (0054,1006).
    suv_of_counts, activity_of_counts : float or None
        Philips' own factors of counts: to SUVbw (7053,xx00) and to Bq/ml (7053,xx09).
    """

    corrected: tuple[str, ...]
    decay: str
    weight: float | None
    dose: float | None
    half_life: float | None
    injected: float | None
    scanned: float | None
    late: bool
    dated: bool = True
    scan_began: float | None = None
    injections: int = 1
    suv_type: str = ""
    suv_of_counts: float | None = None
    activity_of_counts: float | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: where it is, what its numbers mean, and what tells it from its neighbours.

    Attributes
    ----------
    index : int
        Number of the frame in its file, from 0.
    position : tuple of float or None
        Image Position (Patient), LPS mm, of the centre of the first pixel.
    orientation : tuple of 6 floats or None
        Image Orientation (Patient): unit vectors along a row and along a column.
    pixel_spacing : tuple of float or None
        (between rows, between columns) in mm, as Pixel Spacing (0028,0030) has it.
    spacing_tag : str
        The attribute the pixel spacing came from.
    thickness, between : float or None
        Slice Thickness and Spacing Between Slices in mm; told, never used for geometry.
    slope, intercept : float
        Of the modality transform; 1 and 0 when there is none.
    rescaled : bool
        Whether the file has both Rescale Slope and Intercept, or a Dose Grid Scaling.
    windows : tuple of Window
        The file's own, the first to be shown first.
    padding : int or None
        Pixel Padding Value, a stored value.
    activity : ActivityTags or None
        Of PET: what standardized uptake values need.
    burned_in : bool
        Whether Burned In Annotation (0028,0301) says that the pixels themselves hold text that names the patient.
    window_problems : tuple of str
        Why windows of the file were left out.
    dimension_values : dict
        Attributes that may tell frames at one position apart (echo time, b-value, ...), those present only.
    tile : MosaicTile or None
        Where in the stored picture a slice of a mosaic is.
    scaled_by : tuple of str
        The attributes that slope and intercept come from, as messages call them.
    flaw : str
        Why slope and intercept cannot be told, see :mod:`viewer3d.dicom.headers.scaling`; empty when they can.
    multi_energy : bool
        Whether Multi-energy CT Acquisition (0018,9361) is YES: then values need not be HU.
    lossy : str
        How the source was compressed with loss, in words; empty when the header does not say that it was.
    not_drawn : tuple of str
        What the file has that is to be drawn over its pixels: overlay planes, shutters.
    patient_position : str
        Patient Position (0018,5100), which says what was down; empty where it is absent.
    """

    series: SeriesTags
    stored: StoredPixels
    index: int
    sop_uid: str
    sop_class: str
    position: Vector | None
    orientation: tuple[float, ...] | None
    pixel_spacing: tuple[float, float] | None
    spacing_tag: str
    thickness: float | None
    between: float | None
    slope: float
    intercept: float
    rescaled: bool
    table: ModalityTable | None
    declared_unit: str
    windows: tuple[Window, ...]
    image_type: tuple[str, ...]
    padding: int | None
    activity: ActivityTags | None
    burned_in: bool
    dimension_values: dict[str, str | float] = field(hash=False)
    window_problems: tuple[str, ...] = ()
    tile: MosaicTile | None = None
    scaled_by: tuple[str, ...] = field(default=(), hash=False)  # the fields above tell frames apart well enough
    flaw: str = field(default="", hash=False)
    multi_energy: bool = field(default=False, hash=False)
    lossy: str = field(default="", hash=False)
    not_drawn: tuple[str, ...] = field(default=(), hash=False)
    patient_position: str = field(default="", hash=False)

    @property
    def columns(self) -> int:
        """Pixels in a row of the slice."""
        return self.tile.columns if self.tile else self.stored.columns

    @property
    def rows(self) -> int:
        """Pixels in a column of the slice."""
        return self.tile.rows if self.tile else self.stored.rows

    @property
    def name(self) -> str:
        """What messages call the frame: its file, and its number in a file of many."""
        if self.tile:
            return f"{self.stored.source.name} tile {self.tile.number + 1}"
        return self.stored.name_of(self.index)


Frames = tuple[Frame, ...]
"""Frames in an order; immutable, so that results can share them."""
