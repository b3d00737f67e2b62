"""Sample a volume along the patient's axes, and find in it what is as wide and deep as a head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkImagingCore import vtkImageReslice

from viewer3d.core.volume import Volume
from viewer3d.render.couch.masks import Mask, connected_regions, opened
from viewer3d.render.image_data import index_grid

SAMPLE_MM: Final = 4.0
"""mm between samples: a nose has five across, and a torso's million of them take 20 ms."""

NOT_SAMPLED: Final = -30000.0
"""Value of samples that lie outside of the volume."""

SKIN_HU: Final = -300.0
"""HU: half way from air to skin."""

THIN: Final = 2
"""Samples: what is thinner along an axis is noise, a tube or a mask's shell, and no skin."""

NARROW: Final = 5
"""Samples: what is narrower in a slice is an ear, a nose or a holder, and not counted to a head's width."""

WIDTHS: Final = (60.0, 212.0)
"""mm: the least that is seen of a head in narrow stacks, and more than the widest: heads of adults are about 135 to 175
mm wide (C. C. Gordon et al., ANSUR II, 2014), hair and blur come to it."""

DEPTHS: Final = (100.0, 260.0)
"""mm from front to back: 175 to 220 of adults (the same), less of small children and in short stacks."""

MAX_DRIFT: Final = 24.0
"""mm that the middle of a head's front moves at most from one plane of samples to the next."""

LEAST_PLANES: Final = 10
"""Planes of samples (40 mm): in fewer, no face can be told."""


@dataclass(frozen=True, eq=False)
class CoarseSamples:
    """Samples of a volume along the patient's axes.

    Attributes
    ----------
    values : ndarray, shape (planes, rows, columns)
        Planes ascend towards the head, rows towards the back, columns towards the left; :data:`NOT_SAMPLED` where there
        are none.
    origin : ndarray of float64, shape (3,)
        World (LPS, mm) of the first sample.
    """

    values: NDArray[Any]
    origin: NDArray[np.float64]

    @property
    def air(self) -> float:
        """The lowest value in the volume, as far as was sampled."""
        inside = self.values[self.values > NOT_SAMPLED]
        return float(np.nanmin(inside)) if inside.size else 0.0


def coarse_samples(volume: Volume) -> CoarseSamples:
    """Return samples of a volume every :data:`SAMPLE_MM` mm, interpolated linearly."""
    low, high = volume.geometry.bounds
    counts = np.maximum(1, np.floor((high - low) / SAMPLE_MM)).astype(int)
    origin = low + SAMPLE_MM / 2
    to_world = np.diag([SAMPLE_MM, SAMPLE_MM, SAMPLE_MM, 1.0])
    to_world[:3, 3] = origin
    matrix = vtkMatrix4x4()
    matrix.DeepCopy([float(v) for v in (volume.geometry.inverse @ to_world).ravel()])
    reslice = vtkImageReslice()
    reslice.SetInputData(index_grid(volume))
    reslice.SetInterpolationModeToLinear()
    reslice.SetBackgroundLevel(NOT_SAMPLED)
    reslice.SetOutputDimensionality(3)
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.SetOutputSpacing(1, 1, 1)
    reslice.SetOutputExtent(0, int(counts[0]) - 1, 0, int(counts[1]) - 1, 0, int(counts[2]) - 1)
    reslice.SetResliceAxes(matrix)
    reslice.Update()
    values: NDArray[Any] = vtk_to_numpy(reslice.GetOutput().GetPointData().GetScalars())  # type: ignore[no-untyped-call]
    return CoarseSamples(values.reshape(counts[::-1]), origin)


def tissue_of(samples: CoarseSamples, unit: str) -> Mask:
    """Return which samples are of the body: in HU by :data:`SKIN_HU`, else by their histogram.

    Without a unit it is half way from the lowest value to the threshold of N. Otsu (IEEE Trans. Syst. Man Cybern. 9,
    1979), for skin is darker than most tissue in MR.

    Returns
    -------
    ndarray of bool, shape (planes, rows, columns)
        Without what is thinner than :data:`THIN` samples.
    """
    values = samples.values
    threshold = SKIN_HU if unit == "HU" else _threshold(values[values > NOT_SAMPLED])
    return opened(values > threshold, dict.fromkeys(range(3), THIN))


def _threshold(values: NDArray[Any]) -> float:
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size or finite.min() == finite.max():
        return np.inf
    finite = np.minimum(finite, np.percentile(finite, 99.5))
    counts, edges = np.histogram(finite, 256)
    middles = (edges[1:] + edges[:-1]) / 2
    below, sums = np.cumsum(counts)[:-1], np.cumsum(counts * middles)[:-1]
    total, mean = finite.size, float((counts * middles).sum()) / finite.size
    between = (mean * below - sums) ** 2 / (below * (total - below.astype(np.float64)))
    return float((finite.min() + middles[int(np.nanargmax(between))]) / 2)


@dataclass(frozen=True, eq=False)
class Head:
    """Planes of samples, one after another, in which something is as wide and deep as a head.

    Attributes
    ----------
    planes : ndarray of int, shape (N,)
        Their numbers, which ascend towards the head.
    middles : ndarray of int, shape (N,)
        The column in the middle of each.
    boxes : ndarray of int, shape (N, 4)
        First and last row, first and last column.
    """

    planes: NDArray[np.intp]
    middles: NDArray[np.intp]
    boxes: NDArray[np.intp]


def find_heads(tissue: Mask) -> list[Head]:
    """Return all runs of planes that may be of a head, the longest first.

    Parameters
    ----------
    tissue : ndarray of bool, shape (planes, rows, columns)
    """
    # An empty plane between any two, so that what hangs together does so in its plane alone.
    wide = opened(tissue, {1: NARROW, 2: NARROW})[:, ::2, ::2]  # every other sample: a quarter of the time
    apart = np.zeros((2 * len(wide), *wide.shape[1:]), np.bool_)
    apart[::2] = wide
    if not apart.any():
        return []
    _, extents = connected_regions(apart)
    planes = extents[:, 0, 0] // 2
    extents = extents[:, 1:] * 2 + (0, 1)
    depths, widths = ((extents[:, axis, 1] - extents[:, axis, 0] + 1) * SAMPLE_MM for axis in (0, 1))
    fits = (widths >= WIDTHS[0]) & (widths <= WIDTHS[1]) & (depths >= DEPTHS[0]) & (depths <= DEPTHS[1])
    open_runs: list[list[NDArray[np.intp]]] = []
    runs: list[list[NDArray[np.intp]]] = []
    for plane in range(len(tissue)):
        rest = list(open_runs)
        open_runs = []
        for extent in extents[fits & (planes == plane)].astype(np.intp):
            row = np.array([plane, *extent[0], *extent[1]])
            near = [run for run in rest if _is_next(run[-1], row)]
            if near:
                rest = [run for run in rest if run is not near[0]]
            open_runs.append([*(near[0] if near else []), row])
        runs += rest
    found = [np.array(run) for run in (*runs, *open_runs) if len(run) >= LEAST_PLANES]
    found.sort(key=len, reverse=True)
    return [Head(run[:, 0], (run[:, 3] + run[:, 4]) // 2, run[:, 1:]) for run in found]


def _is_next(last: NDArray[np.intp], row: NDArray[np.intp]) -> bool:
    columns = abs((last[3] + last[4]) - (row[3] + row[4])) / 2
    return bool(max(columns, abs(last[1] - row[1])) * SAMPLE_MM <= MAX_DRIFT)
