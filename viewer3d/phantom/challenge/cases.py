"""The series of the challenge: one fault each, and what readers that fall for it make of places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from operator import mul
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.vectors import Vector
from viewer3d.phantom.body import MARKERS, grid
from viewer3d.phantom.challenge.edits import BQ_PER_SUV, as_measured_activity, with_second_scan, with_wrong_spacing
from viewer3d.phantom.files import write, write_enhanced, write_pet
from viewer3d.phantom.pet import LESIONS
from viewer3d.phantom.series import Faults, tilted

_SHAPE: Final = (80, 80, 69)
_SPACING: Final = (2.5, 2.5, 3.0)
_CENTER: Final = (0.0, -40.0, 115.0)
"""A grid of the chest that has two of the markers in it, and no third."""

_MISSING: Final = 5
"""Slices that are missing in a row."""

_MORE: Final = 1.5
"""mm that the upper slices of an uneven series are further apart than the others."""

_PRONE: Final = np.diag([-1.0, -1.0, 1.0])
_FEET_FIRST: Final = np.diag([-1.0, 1.0, -1.0])
_SAGITTAL: Final = np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])

Moved = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Takes points in LPS mm, shape (N, 3); returns where a reader that made a mistake says that they are."""


@dataclass(frozen=True)
class Mistake:
    """What a reader may do wrong with a series.

    Attributes
    ----------
    cause : str
        What it did, in words.
    moved : callable, optional
        Where it then says that points are.
    value : callable, optional
        Takes a value; returns what it then gives for it.
    """

    cause: str
    moved: Moved | None = None
    value: Callable[[float], float] | None = None


@dataclass(frozen=True)
class Case:
    """One series of the challenge.

    Attributes
    ----------
    name : str
        Of its folder.
    fault : str
        What is irregular.
    slices : int
        That hold the volume, each counted once.
    balls : tuple of tuple of float
        The middles of the two bright balls or lesions, LPS mm, that nearer to the feet first.
    points : tuple of tuple of float
        Where values are asked for, LPS mm.
    make : callable
        Writes the files into a folder.
    unit : str
    sided : {"feet", "head"}
        Which of the balls is asked for its side: that nearer to these.
    mistakes : tuple of Mistake
        The most likely first.
    """

    name: str
    fault: str
    slices: int
    make: Callable[[Path], object]
    mistakes: tuple[Mistake, ...] = ()
    balls: tuple[Vector, Vector] = (MARKERS["inside-stomach"], MARKERS["right-front-chest"])
    points: tuple[Vector, ...] = ((48.0, -50.0, 117.0), (-30.0, 28.0, 60.0))
    unit: str = "HU"
    sided: Literal["feet", "head"] = "head"


@dataclass(frozen=True)
class _Grid:
    """The grid of a case, and what may be said of it."""

    shape: tuple[int, int, int] = _SHAPE
    spacing: tuple[float, float, float] = _SPACING
    direction: NDArray[np.float64] | None = None
    center: Vector = _CENTER
    faults: Faults = field(default_factory=Faults)

    @property
    def options(self) -> dict[str, Any]:
        """Arguments of the functions that write."""
        return {"shape": self.shape, "spacing": self.spacing, "direction": self.direction, "center": self.center}

    @property
    def geometry(self) -> Geometry:
        """Where the voxels are."""
        return grid(**self.options)

    def taken_for(self, affine: NDArray[np.float64]) -> Moved:
        """Return where points are for a reader that takes the voxels to lie by another affine."""
        true = tilted(self.geometry, self.faults.tilt)
        M = affine @ np.linalg.inv(true)
        return lambda points: points @ M[:3, :3].T + M[:3, 3]

    def stretched(self, step: float) -> Moved:
        """Return where points are for a reader that takes another distance between slices."""
        affine = tilted(self.geometry, self.faults.tilt)
        affine = affine.copy()
        affine[:3, 2] *= step / self.spacing[2]
        return self.taken_for(affine)

    def upright(self) -> Moved:
        """Return where points are for a reader that takes columns, rows and slices to run along x, y and z."""
        affine = np.diag([*self.spacing, 1.0])
        affine[:3, 3] = self.geometry.affine[:3, 3]
        return self.taken_for(affine)

    def reversed(self) -> Moved:
        """Return where points are for a reader that stacks the slices from the other end."""
        affine = tilted(self.geometry, self.faults.tilt).copy()
        affine[:3, 3] += affine[:3, 2] * (self.shape[2] - 1)
        affine[:3, 2] *= -1
        return self.taken_for(affine)


def _case(name: str, fault: str, plan: _Grid, *mistakes: Mistake, slices: int | None = None) -> Case:
    def make(folder: Path) -> object:
        return write(folder, **plan.options, noise=0, faults=plan.faults)

    return Case(name, fault, plan.shape[2] if slices is None else slices, make, mistakes)


def _plain_cases() -> list[Case]:
    shuffled, falling = _Grid(faults=Faults(order="shuffled")), _Grid(faults=Faults(order="falling"))
    unnumbered = _Grid(faults=Faults(order="shuffled", without=("InstanceNumber", "SliceLocation")))
    by_number = "slices were stacked by Instance Number or file name, not by Image Position (Patient)"
    return [
        _case("plain", "none: what any reader should get right", _Grid()),
        _case("shuffled", "Instance Numbers and file names in no order", shuffled, Mistake(by_number)),
        _case(
            "falling", "Instance Numbers that run from head to feet", falling, Mistake(by_number, falling.reversed())
        ),
        _case("unnumbered", "no Instance Number, no Slice Location", unnumbered, Mistake(by_number)),
    ]


def _spacing_cases() -> list[Case]:
    thick = _Grid(faults=Faults(thickness=5.0))
    moved = tuple((n, _MORE * (n - 29)) for n in range(30, _SHAPE[2]))
    uneven, missing = _Grid(faults=Faults(moved=moved)), _Grid(faults=Faults(missing=tuple(range(20, 20 + _MISSING))))
    coarse = _Grid((160, 160, 22), (1.25, 1.25, 10.0), faults=Faults(thickness=3.0))
    tall = _Grid((160, 80, 69), (1.25, 2.5, 3.0))
    swapped = np.diag([2.5, 1.25, 3.0, 1.0])
    swapped[:3, 3] = tall.geometry.affine[:3, 3]
    low, step = float(_Grid().geometry.affine[2, 3]), _SPACING[2]

    def closed(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return points - np.multiply.outer(points[:, 2] > low + 20.5 * step, (0, 0, _MISSING * step))

    def evened(points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take the steps of the upper slices for those of the lower ones."""
        above = np.maximum(points[:, 2] - (low + 29 * step), 0)
        return points - np.multiply.outer(above * (1 - step / (step + _MORE)), (0, 0, 1))

    taken, even = "Slice Thickness was taken for the distance between slices", "slices were taken to be evenly spaced"
    lying = _Grid()
    return [
        _case("thickness", "slices of 5 mm every 3 mm", thick, Mistake(taken, thick.stretched(5.0))),
        _case("gaps", "slices of 3 mm every 10 mm", coarse, Mistake(taken, coarse.stretched(3.0))),
        _case(
            "missing",
            "five slices are missing",
            missing,
            Mistake(f"{even}: none missing", closed),
            slices=_SHAPE[2] - _MISSING,
        ),
        _case("uneven", "slices every 3 mm, from the middle on every 4.5 mm", uneven, Mistake(even, evened)),
        Case(
            "wrong_spacing",
            "Spacing Between Slices says 2 mm where it is 3",
            _SHAPE[2],
            lambda folder: with_wrong_spacing(write(folder, **lying.options, noise=0), 2.0),
            (Mistake("Spacing Between Slices was believed, not the positions", lying.stretched(2.0)),),
        ),
        _case(
            "non_square",
            "pixels of 1.25 x 2.5 mm",
            tall,
            Mistake("Pixel Spacing was read as columns before rows", tall.taken_for(swapped)),
            Mistake("pixels were taken to be square", tall.taken_for(np.diag([1.25, 1.25, 3.0, 1.0]))),
        ),
    ]


def _orientation_cases() -> list[Case]:
    tilt = _Grid(faults=Faults(tilt=15.0))
    angle = np.deg2rad(20)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])
    about_x = np.array([[1.0, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    oblique = _Grid(direction=turn @ about_x)
    sagittal = _Grid((80, 83, 67), (2.5, 2.5, 3.0), _SAGITTAL)
    prone, feet = _Grid(direction=_PRONE), _Grid(direction=_FEET_FIRST)
    unread = "Image Orientation (Patient) was not read: rows were taken to run from right to left"
    return [
        _case("tilted", "a gantry tilted by 15 degrees", tilt, Mistake("the tilt was ignored", tilt.upright())),
        _case("oblique", "slices turned about two axes", oblique, Mistake(unread, oblique.upright())),
        _case("sagittal", "sagittal slices", sagittal, Mistake(unread, sagittal.upright())),
        _case("prone", "a patient who lies prone", prone, Mistake(unread, prone.upright())),
        _case("feet_first", "a patient who went in with the feet first", feet, Mistake(unread, feet.upright())),
    ]


def _value_cases() -> list[Case]:
    slopes = _Grid(faults=Faults(slopes=(1.0, 0.5, 2.0), signed=True))
    first = "one Rescale Slope was taken for all slices"
    lesions = LESIONS["right-lung"], LESIONS["mediastinum"]
    pet: dict[str, Any] = {
        "shape": (50, 40, 40),
        "spacing": (4.0, 4.0, 4.0),
        "center": (-40.0, -5.0, 215.0),
        "noise": 0,
    }
    return [
        _case(
            "slopes",
            "a Rescale Slope of its own in every slice",
            slopes,
            *(Mistake(first, None, partial(mul, factor)) for factor in (0.5, 2.0, 0.25, 4.0)),
        ),
        _case(
            "monochrome1",
            "stored values whose low ones are white",
            _Grid(faults=Faults(inverted=True)),
            # 12 bits, of which the intercept takes 1024.
            Mistake("values of MONOCHROME1 were inverted, which only their picture is", None, lambda hu: 2047 - hu),
            Mistake("values are without Rescale Slope and Intercept", None, lambda hu: hu + 1024),
        ),
        _case(
            "padding",
            "signed values, and padding outside of a round field",
            _Grid((100, 100, 69), faults=Faults(signed=True, padding=-2000)),
        ),
        Case(
            "pet",
            "PET in Bq/ml; SUV (body weight) is asked for",
            40,
            lambda folder: as_measured_activity(write_pet(folder, **pet)),
            (Mistake("values are in Bq/ml, not SUV", None, lambda suv: suv * BQ_PER_SUV),),
            lesions,
            lesions,
            "SUVbw",
            "feet",
        ),
    ]


def _file_cases() -> list[Case]:
    enhanced = _Grid(faults=Faults(order="shuffled"))
    every = "every image was counted, or took part in the volume"
    return [
        _case(
            "duplicates", "two slices that are there twice", _Grid(faults=Faults(duplicated=(10, 40))), Mistake(every)
        ),
        _case(
            "localizer", "a coronal localizer in the same series", _Grid(faults=Faults(localizer=True)), Mistake(every)
        ),
        Case(
            "two_scans",
            "two scans in one series: the finer one is asked for",
            _SHAPE[2],
            lambda folder: with_second_scan(folder, _Grid().options),
            (Mistake("the slices of both scans were put into one stack"),),
        ),
        Case(
            "enhanced",
            "one file with all slices as frames, in no order",
            _SHAPE[2],
            lambda folder: write_enhanced(folder / "IM0001.dcm", **enhanced.options, noise=0, faults=enhanced.faults),
            (Mistake("frames were stacked as they lie in the file"),),
        ),
        *(
            _case(name, f"compressed: {words}", _Grid(faults=Faults(syntax=syntax)))  # type: ignore[arg-type]
            for name, words, syntax in (
                ("jpeg2000", "JPEG 2000, without loss", "JPEG2000Lossless"),
                ("jpeg_ls", "JPEG-LS, without loss", "JPEGLSLossless"),
            )
        ),
        _case("big_endian", "big-endian, a syntax long retired", _Grid(faults=Faults(syntax="ExplicitVRBigEndian"))),
    ]


CASES: Final = tuple(_plain_cases() + _spacing_cases() + _orientation_cases() + _value_cases() + _file_cases())
"""All series, in the order of the sheet."""
