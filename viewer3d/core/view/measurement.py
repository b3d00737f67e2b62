"""Measurements that are drawn on a slice, in world mm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.vectors import LARGEST_MM, Vector, are_upright, is_near
from viewer3d.core.view.threshold import FIRST_THRESHOLD, Threshold
from viewer3d.errors import ViewError

MeasurementKind = Literal[
    "distance", "angle", "ellipse", "rectangle", "probe", "freehand", "polygon", "bidirectional", "arrow", "text",
    "isocontour",
]  # fmt: skip

POINTS: Final[dict[MeasurementKind, int]] = {
    "distance": 2, "angle": 3, "ellipse": 2, "rectangle": 2, "probe": 1, "bidirectional": 4, "arrow": 2, "text": 1,
    "isocontour": 2,
}  # fmt: skip
"""How many points make one of each kind that has a fixed number: an angle's second is its vertex, an ellipse's and a
rectangle's are corners of the box around it; a bidirectional has the ends of its long axis and then those of the
short one; an arrow has its tip and then its tail; an isocontour has the centre of its sphere and then a point on it."""

OUTLINES: Final[tuple[MeasurementKind, ...]] = ("freehand", "polygon")
"""Kinds whose points are the corners of a closed line: the last is joined to the first."""

WRITTEN: Final[tuple[MeasurementKind, ...]] = ("arrow", "text")
"""Kinds that say something of a place, by their name, and measure nothing."""

FEWEST_CORNERS: Final = 3
"""Points of an outline: fewer enclose nothing."""

MOST_CORNERS: Final = 1000
"""Points of an outline: what a hand draws has some hundred, once it is simplified to what a pixel can show."""

PLANE_TOLERANCE = 1e-3
"""mm: how far the points of a region may be from one plane, and those of a bidirectional's short axis from its place;
points of a mouse are exact to 1e-9."""

NEW_KINDS: Final[tuple[MeasurementKind, ...]] = ("freehand", "polygon", "bidirectional", "arrow", "text", "isocontour")
"""Kinds that came with version 9 of the state."""

LATER_MEASUREMENT_FIELDS: Final = ("label", "threshold")
"""Fields that came with version 9 of the state, and are written where they are not at their defaults."""


@dataclass(frozen=True)
class Measurement:
    """One distance, angle, region, probe, arrow or text, in world mm.

    Attributes
    ----------
    kind : str
        ``"distance"``, ``"angle"``, ``"ellipse"``, ``"rectangle"``, ``"probe"``, ``"freehand"``, ``"polygon"``,
        ``"bidirectional"``, ``"arrow"``, ``"text"`` or ``"isocontour"``.
    points : tuple of tuple of float
        World points (LPS, mm), as many as :data:`POINTS` says; of a freehand or polygon 3 to 1000 in one plane, the
        corners of its outline in order. A bidirectional has the ends of its long axis, then those of its short axis,
        which is perpendicular to the long one and crosses it, all in one plane. An isocontour has the centre of the
        sphere that it is grown in, and a point on that.
    right, down : tuple of float
        World directions of the slice it was drawn on: of unit length and perpendicular. The sides of a rectangle and
        the axes of an ellipse lie along them.
    name : str
        What a person calls it; of a text and an arrow what stands there.
    label : tuple of float, optional
        Where its label was dragged to: from :attr:`center` to the label's middle, in mm along right and down. None
        leaves it where it covers least.
    threshold : Threshold, optional
        From which value on voxels belong to an isocontour; without it 41 % of the maximum. No other kind has one.
    """

    kind: MeasurementKind
    points: tuple[Vector, ...]
    right: Vector
    down: Vector
    name: str = ""
    label: tuple[float, float] | None = None
    threshold: Threshold | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(MeasurementKind):
            raise ViewError(f"no measurement is a {self.kind!r}: give one of {', '.join(get_args(MeasurementKind))}")
        fewest, most = _counts(self.kind)
        if not fewest <= len(self.points) <= most or not is_near(self.points):
            count = f"{fewest} points" if fewest == most else f"{fewest} to {most} points"
            raise ViewError(
                f"{self.kind} through {_shown(self.points)}: give {count} in finite LPS mm up to {LARGEST_MM:g}"
            )
        axes = np.array([self.right, self.down])
        if axes.shape != (2, 3) or not are_upright(axes, 1e-6):
            raise ViewError(f"{self.kind} along {self.right} and {self.down}: give two perpendicular unit directions")
        if self.label is not None and (len(self.label) != 2 or not is_near(self.label)):
            raise ViewError(f"label {self.label} of a {self.kind}: give mm along right and down, up to {LARGEST_MM:g}")
        if self.kind == "isocontour" and self.threshold is None:
            object.__setattr__(self, "threshold", FIRST_THRESHOLD)
        elif self.kind != "isocontour" and self.threshold is not None:
            raise ViewError(f"threshold of a {self.kind}: give one to an isocontour alone")
        if (self.has_area or self.kind == "bidirectional") and self._depth > PLANE_TOLERANCE:
            many = "two corners" if self.is_boxed else "points"
            raise ViewError(f"{self.kind} through {_shown(self.points)}: give {many} in one plane of right and down")
        if self.kind == "bidirectional" and not _are_crossed(self.flat):
            raise ViewError(
                f"bidirectional through {self.points}: give the ends of a long axis, and then those of a short one "
                "that crosses it at a right angle"
            )

    @property
    def has_area(self) -> bool:
        """True for an ellipse, rectangle, freehand or polygon, which has statistics of what lies in it."""
        return self.is_boxed or self.is_outline

    @property
    def has_voxels(self) -> bool:
        """True for what holds voxels: a region with an area, and an isocontour."""
        return self.has_area or self.kind == "isocontour"

    @property
    def is_boxed(self) -> bool:
        """True for an ellipse or rectangle, whose points are corners of the box around it."""
        return self.kind in ("ellipse", "rectangle")

    @property
    def is_outline(self) -> bool:
        """True for a freehand or polygon, whose points are the corners of its outline."""
        return self.kind in OUTLINES

    @property
    def radius(self) -> float:
        """Of the sphere of an isocontour, in mm; of all else 0."""
        return float(np.linalg.norm(np.subtract(self.points[1], self.points[0]))) if self.kind == "isocontour" else 0.0

    @property
    def normal(self) -> NDArray[np.float64]:
        """World direction that its slice is perpendicular to, shape (3,), of unit length."""
        return np.cross(self.right, self.down)

    @property
    def flat(self) -> NDArray[np.float64]:
        """Its points in the plane, shape (N, 2): mm along right and down, from the patient's origin."""
        return np.array(self.points, np.float64) @ np.array([self.right, self.down], np.float64).T

    @property
    def center(self) -> NDArray[np.float64]:
        """The mean of its points (mm), shape (3,): of a region and a sphere the middle."""
        points = np.array(self.points, np.float64)
        if self.kind == "isocontour":
            return points[0]  # type: ignore[no-any-return]
        if not self.is_outline:
            return points.mean(0)  # type: ignore[no-any-return]
        flat = self.flat
        way = (flat.min(0) + flat.max(0)) / 2 - flat[0]
        return points[0] + way @ np.array([self.right, self.down])  # type: ignore[no-any-return]

    @property
    def sides(self) -> tuple[float, float]:
        """Of the box around a region: how long it is along right and along down, in mm."""
        if self.is_outline:
            width, height = np.ptp(self.flat, axis=0).tolist()
            return width, height
        way = np.subtract(self.points[-1], self.points[0])
        return abs(float(way @ self.right)), abs(float(way @ self.down))

    @property
    def corners(self) -> NDArray[np.float64]:
        """World points (mm), shape (N, 3), that hold it between them; of a sphere its centre."""
        points = np.array(self.points, np.float64)
        if self.kind == "isocontour":
            return points[:1]  # as a sphere does, from all sides
        if not self.is_boxed:
            return points
        along = np.array(self.right) * ((points[1] - points[0]) @ self.right)
        return np.stack([points[0], points[0] + along, points[1], points[1] - along])

    @property
    def handles(self) -> NDArray[np.float64]:
        """World points (mm), shape (N, 3), to drag it by: its :attr:`corners`; a freehand has none."""
        return np.empty((0, 3)) if self.kind == "freehand" else self.corners

    def moved(self, way: ArrayLike) -> Measurement:
        """Return it moved by a world vector (mm), shape (3,); a region stays in its plane."""
        return replace(self, points=_vectors(np.add(self.points, self._kept(way))))

    def with_handle(self, number: int, way: ArrayLike) -> Measurement:
        """Return it with one handle moved by a world vector (mm).

        The opposite corner of an ellipse or rectangle stays. The short axis of a bidirectional goes with the long one,
        and stays perpendicular to it and across it wherever its own ends are moved.

        Parameters
        ----------
        number : int
            Of the handle, from 0 in the order of :attr:`handles`.
        way : array_like, shape (3,)
            In mm; of a region and a bidirectional, the part within its plane counts.
        """
        if self.kind == "isocontour":
            return self.moved(way)
        handles = self.handles
        handles[number] += self._kept(way)
        if self.kind == "bidirectional":
            return replace(self, points=_vectors(self._crossed(handles, number)))
        return replace(self, points=_vectors(handles[[number - 2, number]] if self.is_boxed else handles))

    def with_radius(self, radius: float) -> Measurement:
        """Return an isocontour with another radius of its sphere, in mm."""
        center, ends = np.array(self.points, np.float64)
        way = (ends - center) / self.radius if self.radius > 0 else np.array(self.right, np.float64)
        return replace(self, points=_vectors(np.stack([center, center + radius * way])))

    def with_corner(self, after: int, world: ArrayLike) -> Measurement:
        """Return a polygon with one corner more, in its plane.

        Parameters
        ----------
        after : int
            The corner before it, from 0.
        world : array_like, shape (3,)
            Where it is to be (LPS, mm).

        Raises
        ------
        ViewError
            When it has :data:`MOST_CORNERS` already.
        """
        place = np.add(self.points[0], self._kept(np.subtract(world, self.points[0])))
        return replace(self, points=(*self.points[: after + 1], *_vectors(place[None]), *self.points[after + 1 :]))

    def without_corner(self, number: int) -> Measurement:
        """Return a polygon without one of its corners, from 0; three are left at least.

        Raises
        ------
        ViewError
            When it has no more than :data:`FEWEST_CORNERS`.
        """
        return replace(self, points=(*self.points[:number], *self.points[number + 1 :]))

    def _kept(self, way: ArrayLike) -> NDArray[np.float64]:
        # What of a way a region can go without leaving its plane.
        away = np.asarray(way, np.float64)
        is_flat = self.has_area or self.kind == "bidirectional"
        return away - (away @ self.normal) * self.normal if is_flat else away

    @property
    def _depth(self) -> float:
        # How far its points are from the plane through the first.
        return float(np.abs(np.subtract(self.points, self.points[0]) @ self.normal).max())

    def _crossed(self, moved: NDArray[np.float64], number: int) -> NDArray[np.float64]:
        """Return the points of a bidirectional one of whose ends was moved, its axes crossed at a right angle."""
        share, offsets = _crossing(self.flat)
        begin, end = moved[:2]
        length = float(np.linalg.norm(end - begin))
        if length <= 0:
            return np.repeat(begin[None], 4, axis=0)
        along = (end - begin) / length
        across = np.cross(self.normal, along)
        if number >= 2:
            own, other = offsets[number - 2], offsets[3 - number]
            away = moved[number] - begin
            share = float(np.clip(away @ along / length, 0, 1))
            reached = float(away @ across)
            # The end keeps its side: the axes go on crossing each other.
            side = np.sign(own) or -np.sign(other) or np.sign(reached)
            offsets = offsets.copy()
            offsets[number - 2] = side * max(side * reached, 0.0)
        middle = begin + share * (end - begin)
        return np.concatenate([moved[:2], middle + offsets[:, None] * across])


def crossed_axes(long: Sequence[ArrayLike], toward: ArrayLike, normal: ArrayLike) -> tuple[Vector, ...]:
    """Return the points of a bidirectional whose short axis ends beside a place.

    The short axis crosses the long one where the place lies beside it, and reaches as far to the other side.

    Parameters
    ----------
    long : sequence of two array_like, shape (3,)
        Ends of the long axis (LPS, mm).
    toward : array_like, shape (3,)
        A world point that the short axis reaches.
    normal : array_like, shape (3,)
        Of the slice, of unit length.
    """
    begin, end = (np.asarray(one, np.float64) for one in long)
    length = float(np.linalg.norm(end - begin))
    if length <= 0:
        return _vectors(np.stack([begin] * 4))
    along = (end - begin) / length
    across = np.cross(np.asarray(normal, np.float64), along)
    away = np.asarray(toward, np.float64) - begin
    middle = begin + float(np.clip(away @ along, 0, length)) * along
    half = float(away @ across) * across
    return _vectors(np.stack([begin, end, middle - half, middle + half]))


def _counts(kind: MeasurementKind) -> tuple[int, int]:
    return (FEWEST_CORNERS, MOST_CORNERS) if kind in OUTLINES else (POINTS[kind],) * 2


def _shown(points: tuple[Vector, ...]) -> str:
    # Of many, the count says enough.
    return str(points) if len(points) <= 4 else f"{len(points)} points"


def _crossing(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return where along a long axis (0 to 1) a short one crosses it, and its ends beside it in mm."""
    begin, end, *ends = flat
    length = float(np.hypot(*(end - begin)))
    if length <= 0:
        return 0.0, np.zeros(2)
    along = (end - begin) / length
    away = np.array(ends) - begin
    share = float((away @ along).mean() / length)
    return share, away @ np.array([-along[1], along[0]])


def _are_crossed(flat: NDArray[np.float64]) -> bool:
    """Return whether the axes of a bidirectional cross at a right angle, to :data:`PLANE_TOLERANCE`."""
    begin, end = flat[:2]
    length = float(np.hypot(*(end - begin)))
    if length <= 0:
        return bool(np.abs(flat - begin).max() <= PLANE_TOLERANCE)
    along = (end - begin) / length
    places = (flat[2:] - begin) @ along
    one, other = _crossing(flat)[1]
    is_within = places.min() >= -PLANE_TOLERANCE and places.max() <= length + PLANE_TOLERANCE
    return bool(
        is_within
        and np.ptp(places) <= PLANE_TOLERANCE
        and min(one, other) <= PLANE_TOLERANCE
        and max(one, other) >= -PLANE_TOLERANCE
    )


def _vectors(points: NDArray[np.float64]) -> tuple[Vector, ...]:
    return tuple((float(x), float(y), float(z)) for x, y, z in points)
