"""Uncertainty of the mean of a region in a plane: of its noise, and of where a hand set its edge."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.grids.place_errors import RECTANGULAR
from viewer3d.core.vectors import Points
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume
from viewer3d.measurements.outlines import area_of
from viewer3d.measurements.uncertainty.means import NOISE_REACH, mean_uncertainty, noise_of_mean, resolution_variance
from viewer3d.measurements.uncertainty.outlines import corners_together, outline_edge_slopes, pixel_area

_AROUND: Final = 48
"""Points of the edge whose values are taken: some 15 degrees of the edge of an organ are told apart."""

_COUNTED_IN_PLANE: Final = 0.0728
"""Variance of a counted area over perimeter times the cube of the voxel's side: as
:mod:`viewer3d.measurements.uncertainty.counted` has it for volumes, in a plane (H. J. G. Gundersen and E. B. Jensen, J
Microsc 1987; 147: 229)."""


class GridValues(NamedTuple):
    """Values on a grid of two dimensions, which are of a region, and its steps (world, mm)."""

    values: NDArray[np.float64]
    inside: NDArray[np.bool_]
    axes: tuple[NDArray[np.float64], ...] = ()


def noise_reach(volume: Volume, step: NDArray[np.float64]) -> int:
    """Return how many steps (mm), shape (3,), apart the noise of a volume may be alike."""
    size = float(np.linalg.norm(step))
    way = step / size
    errors = volume.info.place_errors
    resampled = (abs(float(np.asarray(one) @ way)) for one in (*errors.interpolated, *errors.rounded))
    return int(np.ceil(NOISE_REACH * max(volume.geometry.step(way), *resampled, size) / size))


def region_mean_uncertainty(
    volume: Volume,
    shape: Measurement,
    part: GridValues,
    found: tuple[float, float, int],
    covariance: NDArray[np.float64],
) -> float | None:
    """Return the expanded uncertainty (95 %) of the mean of an ellipse, rectangle or outline, in its unit.

    Parameters
    ----------
    volume : Volume
    shape : Measurement
    part : GridValues
        Of the region, or of a part of it.
    found : tuple of float, float and int
        Mean, SD and count of all of its values.
    covariance : ndarray, shape (3, 3)
        Of each of its corners (mm2).
    """
    mean, sd, count = found
    noise = noise_of_mean(part.values, part.inside, count, [noise_reach(volume, one) for one in part.axes])
    if noise is None:
        return None
    return mean_uncertainty(noise, _edge(volume, shape, mean, covariance), resolution_variance(volume.voxels, sd))


def _edge(volume: Volume, shape: Measurement, mean: float, covariance: NDArray[np.float64]) -> float:
    """Return the variance of a mean that comes of where its edge was set, and of which voxels lie in it.

    A side that is moved by d takes in a strip along it: it moves the mean by d times the mean of (value there - mean)
    over the region's width.
    """
    if min(shape.sides) <= 0:
        return 0.0
    axes = np.array([shape.right, shape.down])
    if shape.is_outline:
        return _edge_of_outline(volume, shape, mean, axes @ covariance @ axes.T)
    variances = np.einsum("ai,ij,aj->a", axes, covariance, axes)
    if shape.kind == "ellipse":
        return _edge_of_ellipse(volume, shape, mean, variances)
    along, ends = np.linspace(-1, 1, _AROUND // 4), np.ones(_AROUND // 4)
    u, v = np.concatenate([-ends, ends, along, along]), np.concatenate([along, along, -ends, ends])
    slopes = _contrast(volume, shape, u, v, mean).reshape(2, 2, -1).mean(-1) / np.array(shape.sides)[:, None]
    # A whole row of voxels at once lies inside or outside.
    rows = RECTANGULAR * np.square(axes @ volume.geometry.affine[:3, :3]).sum(1)
    return float((np.square(slopes).sum(1) * (variances + rows)).sum())


def _edge_of_ellipse(volume: Volume, shape: Measurement, mean: float, variances: NDArray[np.float64]) -> float:
    """Return the same of an ellipse: where a side of its box is moved, its edge moves with (1 + cos) / 2."""
    turn = np.arange(_AROUND) * (2 * np.pi / _AROUND)
    cosines = np.array([np.cos(turn), np.sin(turn)])
    ring = _contrast(volume, shape, cosines[0], cosines[1], mean)
    width, height = shape.sides
    # Ramanujan's perimeter of an ellipse, and the voxel's part of the plane.
    perimeter = np.pi * (1.5 * (width + height) - ((3 * width + height) * (width + 3 * height)) ** 0.5 / 2)
    voxel = pixel_area(volume.geometry, shape.normal)
    counted = _COUNTED_IN_PLANE * perimeter * voxel**1.5 / (np.pi / 4 * width * height) ** 2
    slopes = np.array([(ring * (1 + sign * cosines) * sign * cosines).mean(1) for sign in (-1, 1)]) * 2 / shape.sides
    return float(np.mean(ring**2) * counted + (np.square(slopes) * variances).sum())


def _edge_of_outline(volume: Volume, shape: Measurement, mean: float, covariance: NDArray[np.float64]) -> float:
    """Return the same of a freehand or polygon; the covariance (mm2), shape (2, 2), is of each corner."""
    flat = shape.flat
    area, parts = area_of(flat), max(2, -(-_AROUND // len(flat)))
    if area <= 0:
        return 0.0
    axes = np.array([shape.right, shape.down])
    ways = np.roll(flat, -1, axis=0) - flat
    share = (np.arange(parts) + 0.5) / parts
    places = flat[:, None] + share[:, None] * ways[:, None] - flat[0]
    contrast = _away(volume, (np.array(shape.points[0]) + places @ axes).reshape(-1, 3), mean).reshape(-1, parts)
    pixel = pixel_area(volume.geometry, shape.normal)
    slopes = outline_edge_slopes(flat, contrast) / area
    moved = corners_together(flat, pixel) * float(np.einsum("ni,ij,nj->", slopes, covariance, slopes))
    lengths = np.hypot(*ways.T)
    around = float((np.square(contrast).mean(1) * lengths).sum())  # of the perimeter, times its mean square
    counted = _COUNTED_IN_PLANE * around * pixel**1.5 / area**2
    # An edge along a row of the grid has all of the row inside, or nothing of it.
    steps = np.abs(ways @ axes @ volume.geometry.inverse[:3, :3].T)
    straight = np.sort(steps, axis=1)[:, -2] < 1
    rows = RECTANGULAR * pixel * np.square(contrast.mean(1) * lengths / area) * straight
    return float(moved + counted + rows.sum())


def _contrast(
    volume: Volume, shape: Measurement, u: NDArray[np.float64], v: NDArray[np.float64], mean: float
) -> NDArray[np.float64]:
    """Return the nearest values less a mean, at places in halves of a shape's box; 0 where is none."""
    width, height = shape.sides
    points: Points = (
        shape.center
        + u[:, None] * (width / 2) * np.array(shape.right)
        + v[:, None] * (height / 2) * np.array(shape.down)
    )
    return _away(volume, points, mean)


def _away(volume: Volume, points: Points, mean: float) -> NDArray[np.float64]:
    """Return the nearest values less a mean at world points (mm), (N, 3); 0 where is none."""
    index = np.rint(volume.geometry.world_to_index(points))
    within = ((index >= 0) & (index < volume.shape)).all(1)
    i, j, k = index[within].astype(int).T
    values = volume.voxels[i, j, k].astype(np.float64)
    if volume.padding is not None:
        values[values == volume.padding] = mean
    found = np.zeros(len(points))
    found[within] = np.nan_to_num(values - mean, nan=0.0, posinf=0.0, neginf=0.0)
    return found
