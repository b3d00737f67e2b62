"""The grid of a volume in the patient: its affine from voxel index to mm, and what follows from it.

World is the patient coordinate system of DICOM, LPS in mm: x grows to the patient's Left, y to the Posterior,
z to the Head (PS3.3 C.7.6.2.1.1). Index is (i, j, k) = (column, row, slice), and whole numbers are voxel centres.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.vectors import Points, Vector, vector
from viewer3d.errors import GeometryError, ViewError

Affine = NDArray[np.float64]

Space = Literal["LPS", "RAS"]
"""In which coordinates places are told: as in DICOM and ITK, or as in NIfTI and 3D Slicer."""

LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))
"""For each world axis, the letters of its negative and positive end, as DICOM writes them (PS3.3 C.7.6.1.1.1)."""

OBLIQUE_LETTER = 0.25
"""A world axis is named in :func:`letters` when a unit direction has at least this much of it (about 14.5 degrees)."""

SHEAR_TOLERANCE = 1e-4
"""Axes are orthogonal when their cosines stay below this: 0.05 mm over 500 mm, the noise of 6-digit DICOM cosines."""

SAME_GRID = 1e-3
"""mm: grids whose corners are no further apart are one; what a processor rounds otherwise is far less."""

LPS_TO_RAS: Final = np.diag([-1.0, -1.0, 1.0, 1.0])
"""From LPS, as DICOM and ITK have it, to RAS, as NIfTI and 3D Slicer do, both in mm; it is its own inverse."""

LPS_TO_RAS.flags.writeable = False


def to_ras(places: ArrayLike) -> NDArray[np.float64]:
    """Convert points, or an affine, from LPS to RAS, or from RAS to LPS: x and y change their signs.

    Parameters
    ----------
    places : array_like, shape (4, 4) or (..., 3)
        An affine that leads to one of the two, or points in it, in mm.

    Returns
    -------
    ndarray of float64, of the same shape
        An affine has the same index as before: no voxel moves.

    Raises
    ------
    GeometryError
        When it is neither.

    Examples
    --------
    >>> to_ras((1, 2, 3)).tolist()
    [-1.0, -2.0, 3.0]
    """
    array = np.asarray(places, np.float64)
    if array.shape == (4, 4):
        return LPS_TO_RAS @ array
    if array.shape[-1:] != (3,):
        raise GeometryError(f"shape {array.shape} is no affine (4, 4) and no points (..., 3): give one of them, in mm")
    return array * LPS_TO_RAS.diagonal()[:3]


def check_space(space: str) -> Space:
    """Return the name of a space, if it is one.

    Raises
    ------
    ViewError
        When it is neither.
    """
    if space not in get_args(Space):
        raise ViewError(f"space {space!r:.20}: places are told in LPS or RAS: give one of them")
    return cast("Space", space)


def place_in(place: Vector, space: Space) -> Vector:
    """Return the coordinates in a space of a place or direction of LPS, exact and without a negative zero."""
    x, y, z = place
    return (x, y, z) if space == "LPS" else (0.0 - x, 0.0 - y, z)


@dataclass(frozen=True, eq=False)
class Geometry:
    """A grid of voxels in the patient, without the voxels.

    Parameters
    ----------
    affine : array_like, shape (4, 4)
        Voxel index (i, j, k, 1) to world (LPS, mm). Finite, invertible and right-handed; it may be sheared.
    shape : tuple of int
        Number of voxels along i, j and k, each at least 1.

    Raises
    ------
    GeometryError
        When the affine or the shape is not one a volume can have.
    """

    affine: Affine
    shape: tuple[int, int, int]

    def __post_init__(self) -> None:
        affine = np.array(self.affine, np.float64)
        shape = tuple(int(n) for n in self.shape)
        if affine.shape != (4, 4) or not np.isfinite(affine).all() or not np.array_equal(affine[3], (0, 0, 0, 1)):
            raise GeometryError(
                f"affine is not a finite 4 x 4 matrix with last row 0 0 0 1, but {affine.tolist()}: "
                "give voxel index to LPS mm"
            )
        if len(shape) != 3 or min(shape) < 1:
            raise GeometryError(f"shape {shape} is not three counts of at least 1: give (columns, rows, slices)")
        steps = np.linalg.norm(affine[:3, :3], axis=0)
        if steps.min() <= 0 or (volume := np.linalg.det(affine[:3, :3] / steps)) == 0:
            raise GeometryError("affine is singular: two of its axes are parallel or one has no length")
        if volume < 0:
            raise GeometryError("affine is left-handed: reverse one axis of the voxels and of the affine with it")
        affine.flags.writeable = False
        object.__setattr__(self, "affine", affine)
        object.__setattr__(self, "shape", shape)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxel centres along i, j and k, in mm."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)

    @property
    def direction(self) -> NDArray[np.float64]:
        """Unit vectors of i, j and k in world, the columns of a float64 array of shape (3, 3)."""
        direction: NDArray[np.float64] = self.affine[:3, :3] / np.linalg.norm(self.affine[:3, :3], axis=0)
        return direction

    @property
    def origin(self) -> tuple[float, float, float]:
        """Centre of voxel (0, 0, 0) in world, in mm."""
        x, y, z = self.affine[:3, 3]
        return float(x), float(y), float(z)

    @property
    def center(self) -> tuple[float, float, float]:
        """The middle of the grid in world, in mm: between the two middle voxels when a count is even."""
        x, y, z = self.index_to_world((np.array(self.shape) - 1) / 2)
        return float(x), float(y), float(z)

    @property
    def middle(self) -> tuple[float, float, float]:
        """Centre of the middle voxel in world, in mm; of an even count, the later of the two."""
        x, y, z = self.index_to_world(np.array(self.shape) // 2)
        return float(x), float(y), float(z)

    @property
    def shear(self) -> float:
        """The largest cosine between two axes: 0 when they are orthogonal, sin(angle) of a gantry tilt."""
        D = self.direction
        return float(np.abs(D.T @ D - np.eye(3)).max())

    @cached_property
    def inverse(self) -> Affine:
        """World (LPS, mm) to voxel index, float64 of shape (4, 4)."""
        inverse = np.linalg.inv(self.affine).astype(np.float64)
        inverse.flags.writeable = False
        return inverse

    def index_to_world(self, index: ArrayLike) -> Points:
        """Return the world points (LPS, mm), shape (..., 3), of voxel indices, shape (..., 3)."""
        index = np.asarray(index, np.float64)
        return index @ self.affine[:3, :3].T + self.affine[:3, 3]

    def world_to_index(self, world: ArrayLike) -> Points:
        """Return the voxel indices, float64 of shape (..., 3), of world points (LPS, mm), shape (..., 3)."""
        world = np.asarray(world, np.float64)
        return (world - self.affine[:3, 3]) @ self.inverse[:3, :3].T

    def contains(self, world: ArrayLike) -> bool:
        """Return whether a world point (mm), shape (3,), lies in the grid, outer half voxels included."""
        index = self.world_to_index(world)
        return bool(np.all(index >= -0.5) and np.all(index <= np.array(self.shape) - 0.5))

    def step(self, direction: ArrayLike) -> float:
        """Return the distance between slices along a unit direction in world, shape (3,): one voxel, in mm."""
        return float(1 / np.abs(self.inverse[:3, :3] @ np.asarray(direction, np.float64)).max())

    @property
    def corners(self) -> Points:
        """The eight outer corners (half a voxel beyond the centres) in world mm, shape (8, 3)."""
        ends = [(-0.5, n - 0.5) for n in self.shape]
        return self.index_to_world(np.stack(np.meshgrid(*ends, indexing="ij"), -1).reshape(8, 3))

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """The box around :attr:`corners` in world mm, shape (2, 3): the lowest x, y and z, the highest."""
        corners = self.corners
        bounds = np.stack([corners.min(0), corners.max(0)])
        bounds.flags.writeable = False
        return bounds


def on_one_grid(one: Geometry, other: Geometry) -> bool:
    """Return whether two grids are the same: of equal shape, and corners within :data:`SAME_GRID`.

    At the corners a difference of spacing or direction has added up over all voxels: 0.001 mm a slice is 0.5 mm there.
    """
    if one.shape != other.shape:
        return False
    return bool(np.linalg.norm(one.corners - other.corners, axis=1).max() <= SAME_GRID)


def letters(direction: ArrayLike) -> str:
    """Name a world direction by the patient's sides, the largest part first.

    Parameters
    ----------
    direction : array_like, shape (3,)
        A direction in LPS; its length does not matter.

    Returns
    -------
    str
        ``"L"`` for +x, ``"P"`` for +y, ``"H"`` for +z; ``"AR"`` for a direction between, as DICOM's Patient
        Orientation (0020,0020) writes it.

    Examples
    --------
    >>> letters((0, 0, -2))
    'F'
    >>> letters((-0.5, -1, 0.1))
    'AR'
    """
    return _letters(vector(direction))


@lru_cache(maxsize=64)  # each pane asks for five at each step, and its planes are seldom turned
def _letters(direction: Vector) -> str:
    unit = np.array(direction, np.float64)
    unit = unit / np.linalg.norm(unit)
    order = np.argsort(-np.abs(unit), kind="stable")
    return "".join(LETTERS[a][int(unit[a] > 0)] for a in order if abs(unit[a]) >= OBLIQUE_LETTER)


class OnGrid:
    """Base of data with voxels on one grid: reads what follows from its :class:`Geometry`."""

    geometry: Geometry

    @property
    def affine(self) -> Affine:
        """Voxel index (i, j, k, 1) to LPS mm: float64 of shape (4, 4), read-only and right-handed."""
        return self.geometry.affine

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxel centres along i, j and k, in mm."""
        return self.geometry.spacing

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along i (columns), j (rows) and k (slices)."""
        return self.geometry.shape
