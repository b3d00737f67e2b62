"""Surfaces of segments: one way in one process. ``python surfaces.py WAY [FILE]``.

Without a file, of 20 balls in 512 x 512 x 84 voxels of 0.8 x 0.8 x 2.5 mm.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

ORGANS: Final = 20
SHAPE: Final = (512, 512, 84)
SPACING: Final = (0.8, 0.8, 2.5)


def balls() -> Any:
    """Return a segmentation of 20 balls of 15 to 70 mm."""
    from viewer3d import Segmentation

    rng = np.random.default_rng(0)
    labels = np.zeros(SHAPE, np.uint8, order="F")
    index = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    for number in range(1, ORGANS + 1):
        middle, radius = rng.uniform(0.25, 0.75, 3) * SHAPE, rng.uniform(15, 70)
        away = sum(((at - m) * mm) ** 2 for at, m, mm in zip(index, middle, SPACING, strict=True))
        labels[(away < radius**2) & (labels == 0)] = number
    return Segmentation.from_array(labels, np.diag([*SPACING, 1.0]))


def own(segmentation: Any) -> int:
    """Make them as the 3D pane does."""
    from viewer3d.render.volume.label_surface import label_surface

    segmentation._made.clear()
    return sum(len(label_surface(segmentation, one.number).mesh.triangles) for one in segmentation.segments)


def flying_edges(segmentation: Any) -> int:
    """Make them by VTK's filters alone, each on its crop, with VTK's 20 iterations."""
    from vtkmodules.vtkFiltersCore import vtkWindowedSincPolyDataFilter
    from vtkmodules.vtkFiltersGeneral import vtkDiscreteFlyingEdges3D

    triangles = 0
    for one in segmentation.segments:
        edges, sinc = vtkDiscreteFlyingEdges3D(), vtkWindowedSincPolyDataFilter()
        edges.SetInputData(_padded(segmentation, one))
        edges.SetValue(0, 1)
        sinc.SetInputConnection(edges.GetOutputPort())
        sinc.SetPassBand(0.01)
        sinc.SetNumberOfIterations(20)
        sinc.NormalizeCoordinatesOn()
        sinc.Update()
        triangles += sinc.GetOutput().GetNumberOfCells()
    return triangles


def surface_nets(segmentation: Any) -> int:
    """Make them by VTK's surface nets with their smoothing, each on its crop."""
    from vtkmodules.vtkFiltersCore import vtkSurfaceNets3D

    triangles = 0
    for one in segmentation.segments:
        nets = vtkSurfaceNets3D()
        nets.SetInputData(_padded(segmentation, one))
        nets.SetValue(0, 1)
        nets.SetOutputMeshTypeToTriangles()
        nets.Update()
        triangles += nets.GetOutput().GetNumberOfCells()
    return triangles


def _padded(segmentation: Any, segment: Any) -> Any:
    from viewer3d.render.image_data import array_grid

    box = segmentation.index_box(segment.number)
    inside = segmentation.labels[segment.layer][box] == segment.value
    grid = array_grid(np.asfortranarray(np.pad(inside, 1).astype(np.uint8)))
    grid.SetSpacing(*segmentation.geometry.spacing)
    return grid


def least(make: Callable[[], object], runs: int = 3) -> float:
    """Return the CPU seconds of the quickest making, the first one apart."""
    make()
    times = []
    for _ in range(runs):
        start = time.process_time()
        make()
        times.append(time.process_time() - start)
    return min(times)


WAYS: Final = {"viewer3d": own, "VTK flying edges, 20 iterations": flying_edges, "VTK surface nets": surface_nets}


if __name__ == "__main__":
    if len(sys.argv) > 2:
        from viewer3d import load_segmentation

        given = load_segmentation(sys.argv[2])
    else:
        given = balls()
    cpu = least(lambda: WAYS[sys.argv[1]](given))
    print(json.dumps({"wall": cpu, "cpu": cpu, "thousand triangles": WAYS[sys.argv[1]](given) / 1000}))
