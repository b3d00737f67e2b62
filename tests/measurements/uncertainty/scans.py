"""Bodies of known size, scanned on random grids, and a hand that measures them: what coverage is tested with.

A scanner's value of a voxel is the mean over the voxel's box of the phantom's shapes (`viewer3d.phantom.shapes`), whose
edges are at half height exactly where the shape's distance is 0. Grids are straight, turned, tilted as by a gantry (put
upright by the code that loads such series) or resampled by :meth:`viewer3d.Volume.resample`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.vectors import Points
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume
from viewer3d.dicom.pixels.resample import place_errors_of, plan_grid, resample
from viewer3d.dicom.series.slice_layout import SliceLayout
from viewer3d.phantom.body import sample_grid
from viewer3d.phantom.shapes import Array, BodyPart, SamplePoints, ellipsoid, solid, sphere

Kind = Literal["straight", "turned", "tilted", "resampled"]
KINDS: tuple[Kind, ...] = ("straight", "turned", "tilted", "resampled")
Floats = NDArray[np.float64]

BODY_HU, AIR_HU = 40.0, -1000.0
FINEST = 2.0
"""mm: less than the width of the phantom's edges; larger voxels are means of such parts."""


def turn(rng: np.random.Generator) -> Floats:
    """Return a random rotation, uniform over all."""
    Q, R = np.linalg.qr(rng.normal(size=(3, 3)))
    Q *= np.sign(np.diag(R))
    if np.linalg.det(Q) < 0:
        Q[:, 0] *= -1
    return Q


def ball(center: Floats, radius: float) -> BodyPart:
    at = tuple(center.tolist())
    return solid(center - radius, center + radius, lambda w: sphere(w, at, radius), (0.0, BODY_HU))


def egg(center: Floats, radii: Floats) -> BodyPart:
    at, by = tuple(center.tolist()), tuple(radii.tolist())
    return solid(center - radii, center + radii, lambda w: ellipsoid(w, at, by), (0.0, BODY_HU))


def box(center: Floats, halves: Floats) -> BodyPart:
    def distance(w: SamplePoints) -> Array:
        sides = zip((w.x, w.y, w.z), center, halves, strict=True)
        away = [np.abs(c - np.float32(middle)) - np.float32(half) for c, middle, half in sides]
        found: Array = np.maximum(np.maximum(away[0], away[1]), away[2])
        return found

    return solid(center - halves, center + halves, distance, (0.0, BODY_HU))


def scanned(part: BodyPart | tuple[BodyPart, ...], affine: Floats, shape: tuple[int, int, int]) -> Array:
    """Return the values (columns, rows, slices) of a scanner, sheared grids too: means over the voxels' boxes."""
    parts = part if isinstance(part, tuple) else (part,)
    fine = np.ceil(np.linalg.norm(affine[:3, :3], axis=0) / FINEST).astype(int)
    finer = affine.copy()
    finer[:3, :3] = affine[:3, :3] / fine
    finer[:3, 3] -= affine[:3, :3] @ ((1 - 1 / fine) / 2)
    values = sample_grid(finer, tuple((shape * fine).tolist()), parts=parts).T
    i, j, k = shape
    a, b, c = fine
    return values.reshape(i, a, j, b, k, c).mean((1, 3, 5))


def spacings(rng: np.random.Generator, low: float = 0.7, high: float = 2.4, slices: float = 5.0) -> Floats:
    pixel = rng.uniform(low, high)
    return np.array([pixel, pixel * rng.uniform(0.8, 1.25), rng.uniform(low, slices)])


def lattice(rng: np.random.Generator, center: Floats, reach: float, steps: Floats, axes: Floats) -> tuple[Floats, Any]:
    """Return an affine and a shape that hold all within a reach (mm) of a centre, at a random offset."""
    shape = tuple((np.ceil(2 * reach / steps).astype(int) + 3).tolist())
    affine = np.eye(4)
    affine[:3, :3] = axes * steps
    affine[:3, 3] = center - affine[:3, :3] @ ((np.array(shape) - 1) / 2 + rng.uniform(-0.5, 0.5, 3))
    return affine, shape


def scan(
    rng: np.random.Generator,
    kind: Kind,
    part: BodyPart | tuple[BodyPart, ...],
    center: Floats,
    reach: float,
    steps: Floats,
    axes: Floats,
    noise: Callable[[tuple[int, ...]], Floats] | None = None,
) -> Volume:
    """Return a volume of a body on a grid of some kind, as the package makes it."""
    affine, shape = lattice(rng, center, reach + steps.max(), steps, axes)
    layout = None
    if kind == "tilted":
        angle = np.radians(rng.uniform(5, 25)) * rng.choice([-1, 1])
        row, column, normal = axes.T
        step = steps[2] * (normal + np.tan(angle) * column)
        affine[:3, 2] = step
        affine[:3, 3] = center - affine[:3, :3] @ ((np.array(shape) - 1) / 2 + rng.uniform(-0.5, 0.5, 3))
        positions = affine[:3, 3] + np.arange(shape[2])[:, None] * step
        layout = SliceLayout(row, column, normal, (float(steps[0]), float(steps[1])), positions)
    values = scanned(part, affine, shape)
    if noise is not None:
        values = values + noise(shape)
    info = SeriesInfo()
    if layout is not None:
        grid = plan_grid(layout, *shape[:2])
        values, affine = resample(np.float32(values), grid, AIR_HU), grid.affine
        info = SeriesInfo(place_errors=place_errors_of(layout, "resample"))
    made = Volume(np.asfortranarray(values, np.float32), Geometry(affine, values.shape), "HU", info)
    if kind == "resampled":
        made = made.resample(tuple((steps * rng.uniform(0.4, 0.95, 3)).tolist()))
    return made


def shown(volume: Volume, points: Points) -> Floats:
    """Return the values at points (N, 3) as pictures show them: linear between voxels."""
    last = np.array(volume.shape) - 1
    index = np.clip(volume.geometry.world_to_index(points), 0, last)
    first = np.minimum(np.floor(index).astype(int), last - 1)
    share = index - first
    found = np.zeros(len(points))
    for corner in np.ndindex(2, 2, 2):
        i, j, k = (first + corner).T
        found += np.where(corner, share, 1 - share).prod(1) * volume.voxels[i, j, k]
    return found


def edge_seen(volume: Volume, start: Floats, way: Floats, far: float) -> Floats | None:
    """Return where a hand sees the edge on a line from within a body: where the picture is at half height."""
    t = np.linspace(0, far, 300)
    dark = shown(volume, start + t[:, None] * way) < (BODY_HU + AIR_HU) / 2
    if not dark.any() or dark[0]:
        return None
    found: Floats = start + t[int(dark.argmax())] * way
    return found


def on_voxel(volume: Volume, point: Floats) -> Floats:
    """Return the centre of the voxel that a point lies in, where a hand sets an end."""
    return volume.geometry.index_to_world(np.rint(volume.geometry.world_to_index(point)))


def measurement(kind: Any, points: Any, ways: Any) -> Measurement:
    return Measurement(kind, tuple(tuple(map(float, one)) for one in points), *(tuple(map(float, w)) for w in ways))
