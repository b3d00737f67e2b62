"""Values of the graphics that belong to original slices, with where these slices lie in the patient.

Places on a slice are columns and rows of its pixels; whole numbers are pixel centres, so the upper left corner of a
slice is (-0.5, -0.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Affine

Rgb = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

SAME_NORMAL: Final = float(np.cos(np.radians(0.5)))
"""Of the normals of a slice and of a plane that shows its graphics: over 200 mm they part by 1.7 mm at most."""

ON_SLICE: Final = 1e-6
"""mm by which a plane may lie beyond half a spacing: rounding decides nothing."""


@dataclass(frozen=True, eq=False)
class GraphicLine:
    """A line or an area on a slice.

    Attributes
    ----------
    points : ndarray of float64, shape (N, 2)
        Columns and rows; a single one is a point, drawn as a cross.
    closed : bool
        Whether the last is joined to the first.
    filled : bool
        Whether what it encloses is filled.
    color : tuple of int, optional
        Red, green and blue, 0 to 255, where the file recommends them.
    """

    points: NDArray[np.float64]
    closed: bool = False
    filled: bool = False
    color: Rgb | None = None


@dataclass(frozen=True)
class GraphicText:
    """A text on a slice.

    Attributes
    ----------
    lines : tuple of str
    box : tuple of float, optional
        Left, top, right and bottom of where it stands.
    anchor : tuple of float, optional
        Column and row of what it is about.
    leader : bool
        Whether a line from the text to its anchor is drawn.
    align : {"left", "middle", "right"}
        Of its lines, in the box.
    color : tuple of int, optional
        Red, green and blue, 0 to 255, where the file recommends them.
    """

    lines: tuple[str, ...]
    box: tuple[float, float, float, float] | None = None
    anchor: tuple[float, float] | None = None
    leader: bool = False
    align: Literal["left", "middle", "right"] = "left"
    color: Rgb | None = None


@dataclass(frozen=True, eq=False)
class GraphicPlane:
    """An overlay plane (60xx,3000): a bit for each pixel of a part of a slice.

    Attributes
    ----------
    bits : ndarray of uint8, shape (bytes,)
        Row after row, the lowest bit of a byte first, as DICOM packs them (PS3.5 8.1.2).
    shape : tuple of int
        Rows and columns.
    origin : tuple of int
        Column and row, from 0, of its first pixel on the slice.
    is_region : bool
        Whether it marks a region of interest (Overlay Type R) and not graphics (G).
    color : tuple of int, optional
        Red, green and blue, 0 to 255, where the file recommends them.
    """

    bits: NDArray[np.uint8]
    shape: tuple[int, int]
    origin: tuple[int, int] = (0, 0)
    is_region: bool = False
    color: Rgb | None = None

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The bits, shape (rows, columns)."""
        rows, columns = self.shape
        bits = np.unpackbits(self.bits, count=rows * columns, bitorder="little")
        return bits.reshape(rows, columns).view(np.bool_)


@dataclass(frozen=True, eq=False)
class Shutter:
    """What of a slice is seen: what lies outside of any of its shapes is not.

    PS3.3 C.7.6.11 and C.7.6.15.

    Attributes
    ----------
    rectangle : tuple of float, optional
        Left, top, right and bottom edge.
    circle : tuple of float, optional
        Column and row of its centre, and its radius in columns.
    polygon : ndarray of float64, shape (N, 2), optional
        Columns and rows of its corners.
    plane : GraphicPlane, optional
        What has a 1 in it is not seen.
    """

    rectangle: tuple[float, float, float, float] | None = None
    circle: tuple[float, float, float] | None = None
    polygon: NDArray[np.float64] | None = None
    plane: GraphicPlane | None = None


@dataclass(frozen=True, eq=False)
class SliceGraphics:
    """All that is drawn on one original slice.

    Attributes
    ----------
    affine : ndarray of float64, shape (4, 4)
        Column, row, 0, 1 to LPS mm; its third column is the unit normal.
    shape : tuple of int
        Columns and rows of the slice.
    planes, lines, texts : tuple
        In the order in which they are drawn.
    shutter : Shutter, optional
    """

    affine: Affine
    shape: tuple[int, int]
    planes: tuple[GraphicPlane, ...] = ()
    lines: tuple[GraphicLine, ...] = ()
    texts: tuple[GraphicText, ...] = ()
    shutter: Shutter | None = None

    @property
    def normal(self) -> NDArray[np.float64]:
        """The unit normal of the slice, shape (3,)."""
        return np.asarray(self.affine[:3, 2], np.float64)


@dataclass(frozen=True, eq=False)
class Graphics:
    """The graphics of a series, slice by slice; each belongs to its own original slice and to no other.

    Attributes
    ----------
    slices : tuple of SliceGraphics
    reach : float
        mm from its slice within which a plane shows what is on it: half the distance between slices.
    name : str
        What they are from, as notes have it.
    """

    slices: tuple[SliceGraphics, ...]
    reach: float
    name: str = ""
    _normals: NDArray[np.float64] = field(init=False, repr=False)
    _along: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        normals = np.array([one.normal for one in self.slices]).reshape(-1, 3)
        origins = np.array([one.affine[:3, 3] for one in self.slices]).reshape(-1, 3)
        object.__setattr__(self, "_normals", normals)
        object.__setattr__(self, "_along", (normals * origins).sum(1))

    def on(self, point: ArrayLike, normal: ArrayLike) -> SliceGraphics | None:
        """Return the graphics that a plane shows: those of the parallel slice nearest to it, within reach.

        Parameters
        ----------
        point : array_like, shape (3,)
            Of the plane, LPS in mm.
        normal : array_like, shape (3,)
            Of the plane; of either direction.
        """
        if not self.slices:
            return None
        way = np.asarray(normal, np.float64)
        parallel = np.abs(self._normals @ (way / np.linalg.norm(way))) >= SAME_NORMAL
        away = np.abs(self._normals @ np.asarray(point, np.float64) - self._along)
        away[~parallel] = np.inf
        nearest = int(away.argmin())
        return self.slices[nearest] if away[nearest] <= self.reach + ON_SLICE else None

    def moved(self, transform: Affine) -> Graphics:
        """Return the same graphics where a transform, shape (4, 4), puts their slices."""
        slices = []
        for one in self.slices:
            affine = transform @ one.affine
            normal = np.cross(affine[:3, 0], affine[:3, 1])
            affine[:3, 2] = normal / np.linalg.norm(normal)
            slices.append(replace(one, affine=affine))
        return Graphics(tuple(slices), self.reach, self.name)


def slice_affine(position: Sequence[float], orientation: Sequence[float], spacing: tuple[float, float]) -> Affine:
    """Return the affine of a slice: column, row, 0, 1 to LPS mm (PS3.3 C.7.6.2.1.1).

    Parameters
    ----------
    position : sequence of float
        Image Position (Patient).
    orientation : sequence of 6 floats
        Image Orientation (Patient).
    spacing : tuple of float
        Between rows and between columns, mm.

    Returns
    -------
    ndarray of float64, shape (4, 4)
        Its third column is the unit normal.
    """
    affine = np.eye(4)
    across, down = np.asarray(orientation[:3], np.float64), np.asarray(orientation[3:], np.float64)
    affine[:3, 0], affine[:3, 1] = across * spacing[1], down * spacing[0]
    normal = np.cross(across, down)
    affine[:3, 2] = normal / np.linalg.norm(normal)
    affine[:3, 3] = position
    return affine
