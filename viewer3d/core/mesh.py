"""A surface of triangles in the patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.digest import begin_digest, digest_of_text
from viewer3d.core.geometry import Affine
from viewer3d.core.notes.note import Note, as_notes
from viewer3d.core.segmentation import color_of
from viewer3d.core.series_info import Described, SeriesInfo
from viewer3d.core.text import printable
from viewer3d.core.vectors import LARGEST_MM, Points, is_near
from viewer3d.errors import GeometryError

MESH_MODALITY: Final = "M3D"
"""Modality (0008,0060) of models for 3D manufacturing, which are meshes (PS3.3 C.7.3.1.1.1)."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """A surface of triangles in the patient; how it looks is not part of it.

    Parameters
    ----------
    points : array_like, shape (N, 3)
        World (LPS, mm); kept as float64, read-only and a copy.
    triangles : array_like of int, shape (M, 3)
        Numbers of the points at the corners of each; kept as int32, read-only and a copy.
    frame_of_reference : str
        Frame of Reference UID (0020,0052) of the points; empty where it is not known.
    name : str
        What it is the surface of, as ``"Liver"``.
    color : tuple of int, optional
        Red, green and blue, 0 to 255 each (sRGB), as it is recommended for it; None where it is not known.
    notes : sequence of Note or str
        What a reader should know of it: how far smoothing moved it, what its file did not say.

    Raises
    ------
    GeometryError
        When points or triangles have another shape, a point is not finite or farther from the origin than
        :data:`viewer3d.core.vectors.LARGEST_MM`, a triangle has a corner that is no point, or the colour is none.

    Examples
    --------
    >>> mesh = Mesh([(0, 0, 0), (10, 0, 0), (0, 10, 0)], [(0, 1, 2)], name="Corner")
    >>> mesh.bounds.tolist()
    [[0.0, 0.0, 0.0], [10.0, 10.0, 0.0]]
    """

    points: Points
    triangles: NDArray[np.int32]
    frame_of_reference: str = ""
    name: str = ""
    color: tuple[int, int, int] | None = None
    notes: tuple[Note, ...] = ()
    _digest: list[str] = field(default_factory=list, repr=False, init=False)

    def __post_init__(self) -> None:
        points = np.array(self.points, np.float64, ndmin=2)
        corners = np.asarray(self.triangles)
        if points.size == 0:
            points = points.reshape(0, 3)
        if corners.size == 0:
            corners = np.zeros((0, 3), np.int32)
        if points.ndim != 2 or points.shape[1] != 3:
            raise GeometryError(f"points of a mesh have shape {points.shape}: give an array of shape (N, 3) in LPS mm")
        if corners.ndim != 2 or corners.shape[1] != 3 or corners.dtype.kind not in "iu":
            raise GeometryError(
                f"triangles of a mesh are {corners.dtype} of shape {corners.shape}: give whole numbers of shape (M, 3)"
            )
        if not is_near(points):
            raise GeometryError(f"a point of a mesh is not finite or beyond {LARGEST_MM:g} mm: give LPS mm")
        if corners.size and not 0 <= int(corners.min()) <= int(corners.max()) < len(points):
            raise GeometryError(
                f"triangles of a mesh name points {corners.min()} to {corners.max()}, it has {len(points)}: "
                "count them from 0"
            )
        triangles = np.array(corners, np.int32, order="C")
        points.flags.writeable = triangles.flags.writeable = False
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "triangles", triangles)
        object.__setattr__(self, "notes", as_notes(self.notes))
        if self.color is not None:
            object.__setattr__(self, "color", tuple(int(part) for part in self.color))
            if len(self.color) != 3 or not all(0 <= part <= 255 for part in self.color):
                raise GeometryError(f"color {self.color} of a mesh is not red, green and blue, 0 to 255 each")

    def __repr__(self) -> str:
        what = f"{self.name!r} " if self.name else ""
        return f"Mesh({what}{len(self.points)} points, {len(self.triangles)} triangles)"

    @property
    def bounds(self) -> Points:
        """Lowest and highest world coordinates (LPS, mm), shape (2, 3); NaN without points."""
        if not len(self.points):
            return np.full((2, 3), np.nan)
        return np.stack([self.points.min(0), self.points.max(0)])

    @property
    def ml(self) -> float:
        """Volume that its triangles enclose, in ml: of a closed mesh, negative where they face inwards.

        By the divergence theorem it is the sum of the volumes of the tetrahedra from one point to each triangle.
        """
        if not len(self.triangles):
            return 0.0
        places = self.points - self.points.mean(0)  # far from it the sums would lose their last digits
        first, second, third = (places[self.triangles[:, n]] for n in range(3))
        return float(np.einsum("ij,ij->", first, np.cross(second, third))) / 6000

    @property
    def is_closed(self) -> bool:
        """Whether it has an inside: each edge is passed as often in one direction as in the other."""
        ends = np.concatenate([self.triangles[:, [n, (n + 1) % 3]] for n in range(3)]).astype(np.int64)
        there = np.sort(ends[:, 0] * len(self.points) + ends[:, 1])
        back = np.sort(ends[:, 1] * len(self.points) + ends[:, 0])
        return bool(len(ends)) and bool(np.array_equal(there, back))

    @property
    def digest(self) -> str:
        """SHA-256 of points, triangles and frame of reference, 64 hexadecimal digits; cached."""
        if not self._digest:
            parts = [begin_digest(values)() for values in (self.points, self.triangles)]
            self._digest.append(digest_of_text(*parts, self.frame_of_reference))
        return self._digest[0]


@dataclass(frozen=True, eq=False)
class MeshRegion:
    """A mesh as a region: it has an outline, a name, a colour, and an inside where it is closed.

    Attributes
    ----------
    number : int
        From 1 on, in the order of the file.
    mesh : Mesh
    """

    number: int
    mesh: Mesh
    _made: dict[str, Any] = field(default_factory=dict, repr=False, init=False)

    @property
    def name(self) -> str:
        """What it is called in pictures."""
        return printable(self.mesh.name) or f"Mesh {self.number}"

    @property
    def color(self) -> tuple[int, int, int]:
        """Red, green and blue, 0 to 255 each: its own, else one that differs from those of its neighbours."""
        return color_of(self.number - 1) if self.mesh.color is None else self.mesh.color

    @property
    def type(self) -> str:
        """Empty: meshes do not say what they are the surface of, as regions of interest do."""
        return ""

    @cached_property
    def is_closed(self) -> bool:
        """Whether it has an inside, see :attr:`Mesh.is_closed`."""
        return self.mesh.is_closed

    @cached_property
    def ml(self) -> float | None:
        """Volume that it encloses, in ml; None where it is not closed."""
        return abs(self.mesh.ml) if self.is_closed else None


@dataclass(frozen=True, eq=False)
class MeshSet(Described):
    """Meshes that lie over images together: those of one file, or one alone.

    Parameters
    ----------
    meshes : sequence of Mesh
        In the order of the file.
    info : SeriesInfo
        Its frame of reference is that of all meshes, its notes are theirs.

    Raises
    ------
    GeometryError
        When there is none, or they are of several frames of reference.
    """

    meshes: tuple[Mesh, ...]
    info: SeriesInfo = field(init=False)
    regions: tuple[MeshRegion, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        meshes = tuple(self.meshes)
        frames = {one.frame_of_reference for one in meshes}
        if len(frames) != 1:
            what = "no mesh" if not meshes else "meshes of several frames of reference"
            raise GeometryError(f"{what} in one layer: give those of one, at least one")
        notes = tuple(dict.fromkeys(note for one in meshes for note in one.notes))
        info = SeriesInfo(notes, MESH_MODALITY, frame_of_reference=frames.pop())
        object.__setattr__(self, "meshes", meshes)
        object.__setattr__(self, "info", info)
        object.__setattr__(self, "regions", tuple(MeshRegion(n, one) for n, one in enumerate(meshes, 1)))

    @property
    def points(self) -> Points:
        """The corners of all bounds (LPS, mm), shape (N, 3)."""
        parts = [one.bounds for one in self.meshes if len(one.points)]
        return np.concatenate(parts) if parts else np.zeros((0, 3))

    @property
    def digest(self) -> str:
        """SHA-256 of all points and triangles, 64 hexadecimal digits."""
        return digest_of_text(*(replace(one, frame_of_reference="").digest for one in self.meshes))

    def moved(self, transform: Affine) -> MeshSet:
        """Return the meshes carried by a transform, shape (4, 4), which does not mirror."""
        return MeshSet(
            tuple(replace(one, points=one.points @ transform[:3, :3].T + transform[:3, 3]) for one in self.meshes)
        )

    def with_info(self, *, frame_of_reference: str) -> MeshSet:
        """Return the meshes in another frame of reference."""
        return MeshSet(tuple(replace(one, frame_of_reference=frame_of_reference) for one in self.meshes))

    def colored(self, colors: Sequence[tuple[int, int, int]]) -> MeshSet:
        """Return the meshes in other colours, one for each."""
        return MeshSet(tuple(replace(one, color=color) for one, color in zip(self.meshes, colors, strict=True)))


def as_mesh_set(what: Any) -> MeshSet | None:
    """Return a mesh or a sequence of such as a set; None of what is neither."""
    if isinstance(what, MeshSet):
        return what
    if isinstance(what, Mesh):
        return MeshSet((what,))
    is_several = isinstance(what, list | tuple) and bool(what) and all(isinstance(one, Mesh) for one in what)
    return MeshSet(tuple(what)) if is_several else None
