"""Frozen values of one frame, read from its header; none of them names a person."""

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
    """The tags of a file that its series shares (General Study, General Series, Frame of Reference).

    Attributes
    ----------
    frame_of_reference : str
        Frame of Reference UID (0020,0052).
    patient : tuple of str
        Tokens of Patient ID and Patient's Name, see :func:`viewer3d.dicom.headers.attributes.decode`; empty where
        there is none. They distinguish patients and are never shown.
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
    """The part of a stored image that is one slice of a mosaic.

    Attributes
    ----------
    number : int
        Number of the tile in its image, from 0, row by row.
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
    """How a file stores its pixels (Image Pixel module, PS3.3 C.7.6.3).

    Attributes
    ----------
    source : Source
        The file, member or dataset that has the bytes.
    offset, length : int or None
        First byte of the value of the pixel data in the file, and its length in bytes when it is native (uncompressed,
        little endian). None where only pydicom can find it; the length is None too where it is encapsulated.
    stamp : tuple of int, optional
        When its file was last changed (ns since 1970) and its size in bytes, when its header was read: the offset is
        valid for that file only. None for what cannot change, and for members of a zip, which have a checksum.
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
        """Return the name of a frame in messages: its file, and its number in a file of many."""
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
class RealWorldMapping:
    """An item of the Real World Value Mapping Sequence (PS3.3 C.7.6.16.2.11): what stored values are.

    Attributes
    ----------
    label : str
        LUT Label (0040,9210).
    quantity : str
        What was measured, as ``"Apparent Diffusion Coefficient"``; empty where no code says it.
    unit : str
        As this package writes it; empty for numbers without one.
    spelled : str
        The unit as its code spells it, with the code's meaning.
    slope, intercept : float
        From stored values to those in the unit.
    table : ModalityTable or None
        Instead of slope and intercept, where the mapping is none of a line.
    ends : tuple of float, optional
        The lowest and the highest stored value that the mapping is for.
    """

    label: str
    quantity: str
    unit: str
    spelled: str
    slope: float
    intercept: float
    table: ModalityTable | None = None
    ends: tuple[float, float] | None = None

    @property
    def name(self) -> str:
        """The quantity, else the label."""
        return self.quantity or self.label


@dataclass(frozen=True, slots=True)
class ActivityTags:
    """The tags of a PET header that turn activity into uptake (PS3.3 C.8.9.1 and C.8.9.2).

    Values that are absent or unreadable are None.

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
        Radiopharmaceutical Start and Series Date and Time, in s since 1900.
    dated : bool
        Whether the day of the injection is known; else that of the series is assumed.
    late : bool
        Whether Series Time is later than Acquisition Time: then it was changed and is not the start of the scan.
    scan_began : float or None
        GE's private time of the start of the scan (0009,xx0D), in s since 1900.
    injections : int
        Items of the Radiopharmaceutical Information Sequence (0054,0016).
    suv_type : str
        SUV Type (0054,1006).
    suv_of_counts, activity_of_counts : float or None
        Philips' private factors of counts: to SUVbw (7053,xx00) and to Bq/ml (7053,xx09).
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
    """A DICOM frame: its geometry, the meaning of its values, and what distinguishes it from others.

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
        Slice Thickness and Spacing Between Slices in mm; reported, never used for geometry.
    slope, intercept : float
        Of the modality transform; 1 and 0 when there is none.
    rescaled : bool
        Whether the file has both Rescale Slope and Intercept, or a Dose Grid Scaling.
    windows : tuple of Window
        Those of the file, the first to be shown first.
    padding : int or None
        Pixel Padding Value, a stored value.
    activity : ActivityTags or None
        Of PET: the tags that standardized uptake values need.
    burned_in : bool
        Whether Burned In Annotation (0028,0301) says that the pixels themselves hold text that names the patient.
    window_problems : tuple of str
        Why windows of the file were left out.
    dimension_values : dict
        Attributes that may distinguish frames at one position (echo time, b-value, ...), only those present.
    tile : MosaicTile or None
        The part of the stored image, for a slice of a mosaic.
    scaled_by : tuple of str
        The attributes that slope and intercept come from, as messages call them.
    flaw : str
        Why slope and intercept are not known, see :mod:`viewer3d.dicom.headers.scaling`; empty when they are.
    multi_energy : bool
        Whether Multi-energy CT Acquisition (0018,9361) is YES: then values need not be HU.
    lossy : str
        Methods and ratios of lossy compression, in words; empty when the header does not report any.
    lossy_ratio : float, optional
        The ratio of all of it.
    not_drawn : tuple of str
        What the file asks to draw over its pixels, and is not drawn: overlay planes, shutters.
    patient_position : str
        Patient Position (0018,5100), for one HFS; empty where it is absent.
    mappings : tuple of RealWorldMapping
        Of parametric maps: the first is the one that slope, intercept and unit come from.
    dose : tuple of str
        Of RT Dose, Dose Type (3004,0004) and Dose Summation Type (3004,000A), for one PHYSICAL and PLAN.
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
    scaled_by: tuple[str, ...] = field(default=(), hash=False)  # the fields above suffice for a hash
    flaw: str = field(default="", hash=False)
    multi_energy: bool = field(default=False, hash=False)
    lossy: str = field(default="", hash=False)
    lossy_ratio: float | None = field(default=None, hash=False)
    not_drawn: tuple[str, ...] = field(default=(), hash=False)
    patient_position: str = field(default="", hash=False)
    mappings: tuple[RealWorldMapping, ...] = field(default=(), hash=False)
    dose: tuple[str, ...] = field(default=(), hash=False)

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
        """Its name in messages: its file, and its number in a file of many."""
        if self.tile:
            return f"{self.stored.source.name} tile {self.tile.number + 1}"
        return self.stored.name_of(self.index)


Frames = tuple[Frame, ...]
"""Frames in an order; immutable, so that results can share them."""
