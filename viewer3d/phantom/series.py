"""A series to be written, as values: its grid, its faults, and where its slices lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from viewer3d.core.geometry import Affine, Geometry
from viewer3d.core.vectors import Points
from viewer3d.errors import DicomError
from viewer3d.phantom.body import DESCRIPTION

Order = Literal["rising", "falling", "shuffled"]
Syntax = Literal[
    "ImplicitVRLittleEndian",
    "ExplicitVRLittleEndian",
    "ExplicitVRBigEndian",
    "DeflatedExplicitVRLittleEndian",
    "RLELossless",
    "JPEGLosslessSV1",
    "JPEGLSLossless",
    "JPEG2000Lossless",
    "HTJ2KLossless",
]
"""Transfer syntaxes by the names PS3.6 A gives them."""


@dataclass(frozen=True)
class Faults:
    """Irregularities that a written series is to have; by default none. Any may be combined.

    Slices are numbered from 0 along the grid's k axis, whatever their files are called.

    Parameters
    ----------
    tilt : float
        Gantry tilt in degrees: the slices are turned about their rows, the table still moves along k.
    moved : sequence of (int, float)
        Slices that lie off their place, and by how many mm along k.
    missing, duplicated : sequence of int
        Slices without a file; with two files that differ in their SOP Instance UID only.
    order : {"rising", "falling", "shuffled"}
        How file names and Instance Number (0020,0013) run along k.
    without : sequence of str
        Keywords of attributes to leave out, ``"ImagePositionPatient"`` for one.
    thickness : float, optional
        Slice Thickness (0018,0050), mm, when it is not the distance between slices.
    slopes : sequence of float
        Rescale Slope (0028,1053) of slices 0, 1, ...; then from the start again.
    signed : bool
        Store 16-bit signed HU with intercept 0; else 12-bit unsigned with intercept -1024.
    padding : int, optional
        Stored value outside the round field of view, and Pixel Padding Value (0028,0120).
    inverted : bool
        MONOCHROME1: low values are meant to be shown white; the stored values stay.
    syntax : str
        Keyword of the transfer syntax.
    localizer, second_series, text_file : bool
        More in the folder: a coronal localizer in the same series; another series; a file that is no DICOM.
    truncated : sequence of int
        Slices whose files end in the middle of their pixels.

    Raises
    ------
    DicomError
        When order, syntax or slopes are ones nothing can be written with.
    """

    tilt: float = 0.0
    moved: tuple[tuple[int, float], ...] = ()
    missing: tuple[int, ...] = ()
    duplicated: tuple[int, ...] = ()
    order: Order = "rising"
    without: tuple[str, ...] = ()
    thickness: float | None = None
    slopes: tuple[float, ...] = (1.0,)
    signed: bool = False
    padding: int | None = None
    inverted: bool = False
    syntax: Syntax = "ExplicitVRLittleEndian"
    localizer: bool = False
    second_series: bool = False
    text_file: bool = False
    truncated: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for value, choices in ((self.order, get_args(Order)), (self.syntax, get_args(Syntax))):
            if value not in choices:
                raise DicomError(f"{value!r} cannot be written: give one of {', '.join(choices)}")
        if not self.slopes or min(self.slopes) < LEAST_SLOPE:
            raise DicomError(f"slopes {self.slopes} do not fit 16 bits: give at least one, each {LEAST_SLOPE} or more")
        if not abs(self.tilt) < 90:
            raise DicomError(f"tilt {self.tilt} is no tilt: give degrees between -90 and 90")


LEAST_SLOPE = 0.125
"""With 4096 whole HU, a finer slope would need more than 15 bits."""


@dataclass(frozen=True, eq=False)
class Slice:
    """One slice to write.

    Attributes
    ----------
    number : int
        Along k, from 0; it keys the noise.
    affine : ndarray, shape (4, 4)
        Of the grid whose slice `number` this is.
    slope : float
    copy : int
        0, and 1 for the second file of the same slice.
    instance : int
        Instance Number, from 1.
    """

    number: int
    affine: Affine
    slope: float
    copy: int
    instance: int

    @property
    def position(self) -> Points:
        """Centre of the first pixel in LPS mm, shape (3,): Image Position (Patient)."""
        position: Points = self.affine[:3, 3] + self.affine[:3, 2] * self.number
        return position


@dataclass(frozen=True, eq=False)
class SyntheticSeries:
    """A series to be written: all that decides its bytes.

    Attributes
    ----------
    geometry : Geometry
        The grid without faults.
    noise : float
        Standard deviation, HU.
    seed : int
    faults : Faults
    number : int
        Series Number (0020,0011).
    description : str
        Series Description (0008,103E).
    """

    geometry: Geometry
    noise: float
    seed: int
    faults: Faults
    number: int = 2
    description: str = DESCRIPTION

    @property
    def words(self) -> tuple[str, ...]:
        """What distinguishes this series from any other: its UIDs are made of it."""
        about = (self.geometry.affine.tolist(), self.geometry.shape, self.noise, self.seed, self.faults, self.number)
        return tuple(repr(word) for word in about)


def tilted(geometry: Geometry, degrees: float) -> Affine:
    """Return the affine (4, 4) of a grid whose slices are each turned about their middle row."""
    affine = geometry.affine.copy()
    if degrees:
        D, (_, row, _) = geometry.direction, geometry.spacing
        angle = np.deg2rad(degrees)
        affine[:3, 1] = row * (np.cos(angle) * D[:, 1] + np.sin(angle) * D[:, 2])
        affine[:3, 3] += (geometry.affine[:3, 1] - affine[:3, 1]) * (geometry.shape[1] - 1) / 2
    return affine


def slices(geometry: Geometry, faults: Faults) -> list[Slice]:
    """Return the slices that get a file, in the order of their files.

    Raises
    ------
    DicomError
        When a fault names a slice that the grid does not have, or no slice is left.
    """
    count = geometry.shape[2]
    named = {*faults.missing, *faults.duplicated, *faults.truncated, *(n for n, _ in faults.moved)}
    if outside := sorted(n for n in named if not 0 <= n < count):
        raise DicomError(f"faults name slices {outside}, but there are {count}: give numbers from 0 to {count - 1}")
    base, moved = tilted(geometry, faults.tilt), dict(faults.moved)
    k = geometry.direction[:, 2]
    files: list[tuple[int, int]] = []
    for n in range(count):
        if n not in faults.missing:
            files += [(n, 0), (n, 1)] if n in faults.duplicated else [(n, 0)]
    if not files:
        raise DicomError(f"all {count} slices are missing: leave at least one")
    made = []
    for instance, (n, copy) in enumerate(_ordered(files, faults.order), 1):
        affine = base
        if n in moved:
            affine = base.copy()
            affine[:3, 3] += k * moved[n]
        made.append(Slice(n, affine, faults.slopes[n % len(faults.slopes)], copy, instance))
    return made


def _ordered(files: Sequence[tuple[int, int]], order: Order) -> list[tuple[int, int]]:
    if order == "falling":
        return list(files[::-1])
    if order == "shuffled":
        return [files[n] for n in np.random.Generator(np.random.SFC64(len(files))).permutation(len(files))]
    return list(files)
