"""Steps through slices with regions or lines of levels over them, beside the slices alone. ``python regions.py``.

All take turns in one process; the least CPU time of each counts. What overlays add has limits; what peers take for the
same pixels is printed too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import count
from typing import Any, Final

import numpy as np

SIZE: Final = (1200, 900)
SHAPE: Final = (512, 512, 98)
ROUNDS: Final = 4
STEPS: Final = 8
"""Of each way in each round."""

LIMITS: Final = {"20 segments": 20.0, "20 segments, lines alone": 20.0, "9 structures": 20.0, "3 levels": 15.0}
"""Milliseconds that a step of one axial pane may take more than that of the volume alone."""

LEVELS: Final = (10.0, 25.0, 45.0)

OBLIQUE: Final = ((0.8, 0.48, 0.36), (-0.6, 0.64, 0.48), (0.0, -0.6, 0.8))

Act = Callable[[], object]


def body() -> viewer3d.Volume:
    """Return a CT with noise, of 512 x 512 x 98 voxels."""
    noise = np.random.default_rng(0).normal(40, 30, SHAPE[:2]).astype(np.int16)
    voxels = np.empty(SHAPE, np.int16, order="F")
    for k in range(SHAPE[2]):
        voxels[:, :, k] = np.roll(noise, k * 37, axis=0)
    return viewer3d.Volume(voxels, Geometry(np.diag([*structures_module.SPACING, 1.0]), SHAPE), "HU", CT)


def organs(ct: viewer3d.Volume) -> viewer3d.Segmentation:
    """Return 20 segments side by side that fill two thirds of each slice."""
    i, j, k = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    labels = (1 + (i - 60) // 100 + 4 * ((j - 60) // 80)).astype(np.uint8)
    wavy = 12 * np.sin(i / 15) * np.sin(j / 17 + k / 9)
    labels = np.where((np.hypot(i - 256, j - 256) + wavy < 235) & (labels <= 20), labels, 0)
    return viewer3d.Segmentation.from_array(labels, ct.affine)


def dose(ct: viewer3d.Volume) -> viewer3d.Volume:
    """Return a smooth dose on a grid of 3 mm."""
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in (150, 150, 90)), indexing="ij", sparse=True)
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    affine[:3, 3] = np.array(ct.geometry.center) - 3 * np.array((149, 149, 89)) / 2
    values = (60 * np.exp(-3 * (x**2 + 1.5 * y**2 + z**2))).astype(np.float32)
    return viewer3d.Volume.from_array(values, affine, unit="Gy", modality="RTDOSE")


def contours(ct: viewer3d.Volume) -> viewer3d.StructureSet:
    """Return 9 regions of interest of 441 contours with 88,200 points."""
    rois = []
    for number, slices in enumerate(structures_module.make_rois(), 1):
        found = [
            viewer3d.Contour(ct.geometry.index_to_world(np.column_stack([one, np.full(len(one), float(k))])))
            for k, polygons in slices.items()
            for one in polygons
        ]
        rois.append(viewer3d.Roi(number, f"ROI {number}", color_of(number), contours=tuple(found)))
    return viewer3d.StructureSet(tuple(rois))


def scenes(ct: viewer3d.Volume) -> dict[str, tuple[viewer3d.Scene, Callable[[Any], Any]]]:
    """Return a scene of each way, and what makes its state of the first one."""
    segments, structures = organs(ct), contours(ct)
    layers = {
        "alone": [],
        "20 segments": [viewer3d.Layer(segments, same_frame=True)],
        "20 segments, lines alone": [viewer3d.Layer(segments, same_frame=True, look={"fill": 0.0})],
        "9 structures": [viewer3d.Layer(structures, same_frame=True, look={"fill": 0.3})],
        "3 levels": [viewer3d.Layer(dose(ct), same_frame=True, look={"opacity": 0.0, "levels": LEVELS})],
    }
    return {name: viewer3d.Scene(ct, SIZE, overlays=overlays) for name, overlays in layers.items()}


def steps(scene: viewer3d.Scene, ct: viewer3d.Volume, view: str, axes: Any) -> Act:
    """Return what draws one slice after another; none comes twice."""
    scene.screenshot()
    state = replace(scene.state, view=view, axes=axes)
    number = count()
    return lambda: scene.apply(state.with_cursor(np.add(ct.geometry.center, 0.3 + 2.0 * (next(number) % 41) - 40)))


def peers(ct: viewer3d.Volume) -> Iterator[tuple[str, Act]]:
    """Yield what peers do with labels or values that are sampled already."""
    pane = pane_geometry(ct.geometry, viewer3d.first_state(ct, "axial"), "axial", SIZE)
    pixels = PanePixels(pane, Slab())
    segmentation = organs(ct)
    labels = LabelSampler(segmentation.labels[0], segmentation.geometry).values(pixels, np.ones(256, np.bool_))[0]
    values = SliceSource(dose(ct)).values(pixels)
    picture = np.full((*pixels.shape, 3), 80, np.uint8)
    if find_spec("skimage"):
        from skimage.color import label2rgb
        from skimage.segmentation import mark_boundaries

        def drawn() -> object:
            return mark_boundaries(label2rgb(labels, picture, alpha=0.3, bg_label=0), labels, mode="inner")

        yield "scikit-image: 20 segments", drawn
    if find_spec("contourpy"):
        from contourpy import contour_generator

        yield "contourpy: lines of 3 levels", lambda: [contour_generator(z=values).lines(one) for one in LEVELS]


def least(acts: dict[str, Act]) -> dict[str, float]:
    """CPU milliseconds of the quickest of each, taken in turn."""
    best = dict.fromkeys(acts, np.inf)
    for _ in range(ROUNDS):
        for name, act in acts.items():
            act()
            for _ in range(STEPS):
                start = time.process_time()
                act()
                best[name] = min(best[name], 1000 * (time.process_time() - start))
    return best


def main() -> None:
    """Print the milliseconds of each way, what it adds to the slices alone, the limits, and all as JSON."""
    ct = body()
    told = {}
    drawn = scenes(ct)
    upright = tuple(tuple(row) for row in np.eye(3).tolist())
    ways = {"axial": ("axial", upright), "oblique": ("axial", OBLIQUE), "three panes": ("mpr", upright)}
    for title, (view, axes) in ways.items():
        best = told[title] = least({name: steps(scene, ct, view, axes) for name, scene in drawn.items()})
        print(f"{title:32}{'cpu ms':>9}{'added':>9}{'limit':>8}")
        for name, ms in best.items():
            limit = f"{LIMITS[name]:8.0f}" if title == "axial" and name in LIMITS else ""
            print(f"{name:32}{ms:9.2f}{ms - best['alone']:9.2f}{limit}")
    told["peers"] = least(dict(peers(ct)))
    for name, ms in told["peers"].items():
        print(f"{name:32}{ms:9.2f}")
    print(json.dumps(told))


if __name__ == "__main__":
    from dataclasses import replace

    import viewer3d
    from tests.benchmarks import structures as structures_module
    from viewer3d.core.geometry import Geometry
    from viewer3d.core.segmentation import color_of
    from viewer3d.core.series_info import SeriesInfo
    from viewer3d.core.view.state import Slab
    from viewer3d.render.panes import pane_geometry
    from viewer3d.render.slices.compose import SliceSource
    from viewer3d.render.slices.labels import LabelSampler
    from viewer3d.render.slices.pixels import PanePixels

    CT: Final = SeriesInfo(modality="CT")
    main()
