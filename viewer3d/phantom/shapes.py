"""Signed-distance shapes and how tissues are blended: what the synthetic patient is made of.

Every shape is a function of :class:`SamplePoints` and gives a distance in mm: negative inside, zero on the surface. The
distances are close to true ones near the surface, which is where they matter. Distances and tissues are arrays of
float32 with the shape of the points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.vectors import Vector, vector

Array = NDArray[np.float32]

BOUNDARY_WIDTH = 2.6
"""Width of every boundary between tissues, mm: a little more than the voxels of a body CT."""

BOX_MARGIN = BOUNDARY_WIDTH / 2 + 0.1
"""How far beyond its surface a shape still colours, mm."""


@dataclass(frozen=True, eq=False)
class SamplePoints:
    """Points of the patient: three float32 arrays of LPS mm that broadcast to one shape.

    On a grid along the patient's axes each has length 1 along two dimensions, so what depends on x alone is worked
    out once a column and not once a voxel.
    """

    x: Array
    y: Array
    z: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The common shape of the three."""
        return np.broadcast_shapes(self.x.shape, self.y.shape, self.z.shape)

    def pick(self, mask: NDArray[np.bool_]) -> SamplePoints:
        """Return the points where a mask of the full shape is true, as flat arrays."""
        shape = mask.shape
        return SamplePoints(*(np.broadcast_to(c, shape)[mask] for c in (self.x, self.y, self.z)))

    def part(self, box: tuple[slice, ...]) -> SamplePoints:
        """Return the points in a box of indices, as views of the three arrays."""
        return SamplePoints(
            *(
                c[tuple(slice(None) if n == 1 else s for n, s in zip(c.shape, box, strict=True))]
                for c in (self.x, self.y, self.z)
            )
        )


TissueLayer = Callable[[SamplePoints, Array], None]
"""Changes the HU at some points, in place."""

Tissue = float | Callable[[SamplePoints], Array]
"""What something is made of: HU, the same all through or varying."""


@dataclass(frozen=True, eq=False)
class BodyPart:
    """A part of the patient: the box it lies in, and what it does to the HU there.

    Parameters
    ----------
    low, high : tuple of float
        World box, mm, outside of which `apply` changes nothing: a grid may well call it there.
    apply : callable
        Called with points inside the box and their HU so far, which it changes in place.
    """

    low: Vector
    high: Vector
    apply: TissueLayer


def blend_tissue(hu: Array, distance: Array, tissue: float | Array) -> None:
    """Blend tissue over `hu` in place: fully inside of a shape, and less over half a boundary's width."""
    weight = distance * np.float32(-1 / BOUNDARY_WIDTH)
    weight += np.float32(0.5)
    np.clip(weight, 0, 1, out=weight)
    if isinstance(tissue, np.ndarray):
        weight = weight * (tissue - hu)
    elif weight.shape == hu.shape:
        weight *= np.float32(tissue) - hu
    else:
        weight = weight * (np.float32(tissue) - hu)
    hu += weight


def solid(
    low: ArrayLike, high: ArrayLike, distance: Callable[[SamplePoints], Array], *layers: tuple[float, Tissue]
) -> BodyPart:
    """Build a part of one shape in layers: each (depth in mm, tissue) fills what lies at least so deep."""

    def apply(w: SamplePoints, hu: Array) -> None:
        d = distance(w)
        for depth, tissue in layers:
            blend_tissue(hu, d + np.float32(depth) if depth else d, tissue(w) if callable(tissue) else tissue)

    return BodyPart(vector(np.subtract(low, BOX_MARGIN)), vector(np.add(high, BOX_MARGIN)), apply)


def mirrored(part: BodyPart) -> tuple[BodyPart, ...]:
    """Return a part of the left side and its mirror image in the plane x = 0.

    They are one part when the box reaches the middle, so that no point there is changed twice.
    """
    (x0, y0, z0), (x1, y1, z1) = part.low, part.high

    def folded(w: SamplePoints, hu: Array) -> None:
        part.apply(SamplePoints(np.abs(w.x), w.y, w.z), hu)

    def right(w: SamplePoints, hu: Array) -> None:
        part.apply(SamplePoints(-w.x, w.y, w.z), hu)

    if x0 <= 0:
        return (BodyPart((-x1, y0, z0), part.high, folded),)
    return part, BodyPart((-x1, y0, z0), (-x0, y1, z1), right)


# --- shapes -----------------------------------------------------------------------------------------------------


def sphere(w: SamplePoints, centre: Vector, radius: float) -> Array:
    """Return the distance to a sphere, in mm; float32, shape of the points."""
    flat = np.square(w.x - np.float32(centre[0])) + np.square(w.y - np.float32(centre[1]))
    d: Array = flat + np.square(w.z - np.float32(centre[2]))
    np.sqrt(d, out=d)
    d -= np.float32(radius)
    return d


_TINY = 1e-4
"""Makes the distance at the very centre of an ellipsoid its least radius, and moves its surface by 0.01 mm."""


def ellipsoid(w: SamplePoints, centre: Vector, radii: Vector) -> Array:
    """Return the distance to an ellipsoid along x, y and z, to first order (exact on the surface)."""
    norm: Array | float = 0.0
    slope: Array | float = 0.0
    for c, m, r in zip((w.x, w.y, w.z), centre, radii, strict=True):
        u = np.square((c - np.float32(m)) / np.float32(r))
        norm = norm + u
        slope = slope + u / np.float32(r * r)
    k = np.sqrt(np.asarray(norm, np.float32))
    g = np.sqrt(np.asarray(slope, np.float32))
    k += np.float32(_TINY)
    g += np.float32(_TINY / min(radii))
    d: Array = k - 1
    d *= k
    d /= g
    return d


def rotated_points(w: SamplePoints, centre: Vector, axis: Vector) -> SamplePoints:
    """Return points in coordinates about `centre` with z along `axis`, and x as level as possible."""
    ez = np.asarray(axis, np.float64) / np.linalg.norm(axis)
    ex = np.cross((0.0, 1.0, 0.0), ez)
    ex /= np.linalg.norm(ex)
    ey = np.cross(ez, ex)
    x, y, z = (c - np.float32(m) for c, m in zip((w.x, w.y, w.z), centre, strict=True))
    return SamplePoints(*(np.float32(e[0]) * x + np.float32(e[1]) * y + np.float32(e[2]) * z for e in (ex, ey, ez)))


def round_cone(w: SamplePoints, p: Vector, q: Vector, rp: float, rq: float) -> Array:
    """Return the distance to a rod with round ends from `p` (radius `rp`) to `q` (radius `rq`)."""
    axis = np.subtract(q, p)
    length2 = float(axis @ axis)
    x, y, z = (c - np.float32(m) for c, m in zip((w.x, w.y, w.z), p, strict=True))
    t = np.float32(axis[0] / length2) * x + np.float32(axis[1] / length2) * y
    t = t + np.float32(axis[2] / length2) * z
    h = np.clip(t, 0, 1)
    d: Array = np.square(x) + np.square(y) + np.square(z)
    # |w - p - h axis|^2 without three more arrays.
    t *= 2
    t -= h
    t *= h
    t *= np.float32(length2)
    d -= t
    np.maximum(d, 0, out=d)
    np.sqrt(d, out=d)
    h *= np.float32(rq - rp)
    d -= h
    d -= np.float32(rp)
    return d


def union(a: Array, b: Array, k: float) -> Array:
    """Return the distance to the union of two shapes, its seam rounded over about `k` mm."""
    h: Array = np.float32(k) - np.abs(a - b)
    np.maximum(h, 0, out=h)
    h *= h
    h *= np.float32(-0.25 / k)
    h += np.minimum(a, b)
    return h


def intersection(a: Array, b: Array, k: float) -> Array:
    """Return the distance to the intersection of two shapes, its edge rounded over about `k` mm."""
    return -union(-a, -b, k)


# --- curves -----------------------------------------------------------------------------------------------------


class Profile:
    """A smooth function of one coordinate: a cubic Hermite curve (Catmull-Rom) through knots.

    Parameters
    ----------
    *knots : tuple of float
        (coordinate in mm, value), coordinates rising. Beyond the ends the end values hold.
    """

    _STEP = 2.0  # mm; between tabulated points of the cubic the function is linear

    def __init__(self, *knots: tuple[float, float]) -> None:
        at, values = np.array(knots, np.float64).T
        slopes = np.gradient(values, at)
        slopes[[0, -1]] = 0
        s = np.arange(at[0], at[-1] + self._STEP, self._STEP)
        i = np.clip(np.searchsorted(at, s, side="right") - 1, 0, len(at) - 2)
        h = at[i + 1] - at[i]
        t = np.minimum((s - at[i]) / h, 1)
        self._at = s
        self._values = (
            (1 + 2 * t) * (1 - t) ** 2 * values[i]
            + t * (1 - t) ** 2 * h * slopes[i]
            + t * t * (3 - 2 * t) * values[i + 1]
            + t * t * (t - 1) * h * slopes[i + 1]
        )
        self._at.flags.writeable = self._values.flags.writeable = False

    def __call__(self, coordinate: Array) -> Array:
        """Return the value at each coordinate, as float32 of the same shape."""
        values: Array = np.interp(coordinate, self._at, self._values).astype(np.float32)
        return values

    def at(self, coordinate: float) -> float:
        """Return the value at one coordinate."""
        return float(np.interp(coordinate, self._at, self._values))


Node = tuple[float, float, float, float]
"""x, y, z and radius, mm."""


def smooth_path(nodes: Sequence[Node], step: float = 14.0) -> list[Node]:
    """Return points with radii along a Catmull-Rom curve through nodes, about `step` mm apart at most."""
    p = np.array(nodes, np.float64)
    if len(p) < 3:
        return list(nodes)
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    points: list[Node] = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True):
        n = max(1, round(float(np.linalg.norm((c - b)[:3])) / step))
        for t in np.arange(n) / n:
            v = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * (b - c) + d - a) * t**3)
            points.append((float(v[0]), float(v[1]), float(v[2]), float(v[3])))
    return [*points, nodes[-1]]


def tube(nodes: Sequence[Node], *layers: tuple[float, Tissue], step: float = 14.0) -> list[BodyPart]:
    """Build a bent tube in layers, of rods: first the outer layer of all rods, then the next."""
    points = smooth_path(nodes, step)
    return [_rod(a, b, layer) for layer in layers for a, b in pairwise(points)]


def _rod(a: Node, b: Node, layer: tuple[float, Tissue]) -> BodyPart:
    p, q = np.array(a[:3]), np.array(b[:3])
    r = max(a[3], b[3])
    depth, tissue = layer

    def distance(w: SamplePoints) -> Array:
        return round_cone(w, a[:3], b[:3], a[3] - depth, b[3] - depth)

    return solid(np.minimum(p, q) - r, np.maximum(p, q) + r, distance, (0.0, tissue))
