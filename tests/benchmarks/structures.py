"""Contours to masks: one way in one process. ``python structures.py WAY``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

CONTOURS: Final = 441
POINTS: Final = 200
SHAPE: Final = (512, 512, 98)
SPACING: Final = (0.976562, 0.976562, 3.0)
ROIS: Final = 9

Polygons = dict[int, list[np.ndarray[Any, Any]]]
"""By slice, each of shape (points, 2), in voxels."""


def make_rois() -> list[Polygons]:
    """Return 9 organs of 441 contours and 88,200 points in all; two have a hole in every slice."""
    rng = np.random.default_rng(0)
    rois = []
    for n in range(ROIS):
        holes = n in (0, 1)
        slices = CONTOURS // ROIS // (2 if holes else 1)
        first, column, row, radius = 2 + 5 * n, *rng.uniform(150, 350, 2), rng.uniform(20, 110)
        polygons: Polygons = {}
        for k in range(slices + (holes and n == 0)):
            outer = radius * np.sqrt(1 - ((k - slices / 2) / (slices / 2 + 1)) ** 2)
            sizes = (outer, outer / 2) if holes else (outer,)
            polygons[first + k] = [_wavy(column, row, size, rng) for size in sizes]
        rois.append(polygons)
    return rois


def _wavy(column: float, row: float, radius: float, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    angle = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    own = radius * (1 + 0.05 * np.sin(7 * angle + rng.uniform(0, 6)))
    return np.stack([column + own * np.cos(angle), row + own * np.sin(angle)], -1)


def own(rois: list[Polygons]) -> Callable[[], int]:
    """Make masks as ``StructureSet.mask`` does."""
    import viewer3d
    from viewer3d.core.geometry import Geometry

    geometry = Geometry(np.diag([*SPACING, 1.0]), SHAPE)
    made = [
        viewer3d.Roi(
            n + 1,
            f"ROI {n + 1}",
            (255, 0, 0),
            contours=tuple(
                viewer3d.Contour(geometry.index_to_world(np.column_stack([one, np.full(len(one), float(k))])))
                for k, polygons in roi.items()
                for one in polygons
            ),
        )
        for n, roi in enumerate(rois)
    ]
    structures = viewer3d.StructureSet(tuple(made))
    return lambda: sum(int(structures.mask(n + 1, geometry).sum()) for n in range(len(rois)))


def skimage(rois: list[Polygons]) -> Callable[[], int]:
    """Make them with scikit-image's polygon, contours of a slice by exclusive or."""
    from skimage.draw import polygon2mask  # type: ignore[import-not-found, unused-ignore]

    return _each(rois, lambda points: polygon2mask(SHAPE[:2], points))


def matplotlib(rois: list[Polygons]) -> Callable[[], int]:
    """Make them with matplotlib's paths, of the voxels in the box around each contour."""
    from matplotlib.path import Path

    def inside(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        low, high = np.floor(points.min(0)).astype(int), np.ceil(points.max(0)).astype(int) + 1
        columns, rows = np.mgrid[low[0] : high[0], low[1] : high[1]]
        mask = np.zeros(SHAPE[:2], bool)
        found = Path(points).contains_points(np.stack([columns.ravel(), rows.ravel()], -1))
        mask[low[0] : high[0], low[1] : high[1]] = found.reshape(columns.shape)
        return mask

    return _each(rois, inside)


def pillow(rois: list[Polygons]) -> Callable[[], int]:
    """Make them with Pillow, which takes the voxels on the border to be inside."""
    from PIL import Image, ImageDraw

    def inside(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        image = Image.new("1", SHAPE[:2])
        ImageDraw.Draw(image).polygon([(x, y) for x, y in points.tolist()], outline=1, fill=1)
        return np.asarray(image).T

    return _each(rois, inside)


def _each(rois: list[Polygons], inside: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]) -> Callable[[], int]:
    def make() -> int:
        total = 0
        for roi in rois:
            mask = np.zeros(SHAPE, bool, order="F")
            for k, polygons in roi.items():
                for points in polygons:
                    mask[:, :, k] ^= inside(points)
            total += int(mask.sum())
        return total

    return make


WAYS: Final = {"viewer3d": own, "skimage": skimage, "matplotlib": matplotlib, "pillow": pillow}


if __name__ == "__main__":
    make = WAYS[sys.argv[1]](make_rois())
    make()
    times = []
    for _ in range(3):
        start = time.process_time()
        voxels = make()
        times.append(time.process_time() - start)
    print(json.dumps({"wall": min(times), "cpu": min(times), "voxels": voxels}))
