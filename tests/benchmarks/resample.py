"""A volume onto other grids: ``python -m tests.benchmarks.resample WAY`` prints ms of CPU a grid as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from math import cos, radians, sin
from typing import Any

import numpy as np

from tests.benchmarks.runs import Figures, cpu_seconds
from viewer3d.core.geometry import Geometry
from viewer3d.core.sampling import Interpolation
from viewer3d.core.volume import Volume

WAYS = ("viewer3d", "SimpleITK")

LIMIT = 1.5
"""Of the CPU time of SimpleITK, where it does the same work: it smooths nothing before a coarser grid by itself."""

SHAPE, SPACING = (256, 256, 120), (0.8, 0.8, 2.0)
ROUNDS = 4

Case = tuple[Geometry, Interpolation]


def volume() -> Volume:
    """Return noise: what takes no time at all nowhere."""
    affine = np.diag([*SPACING, 1.0])
    voxels = (np.random.default_rng(1).normal(size=SHAPE[::-1]) * 200).astype(np.int16).transpose(2, 1, 0)
    return Volume.from_array(voxels, affine, unit="HU")


def grid(center: Sequence[float], degrees: float, spacing: Sequence[float], shape: tuple[int, int, int]) -> Geometry:
    """Return a grid about a centre, turned about two axes."""
    c, s = cos(radians(degrees)), sin(radians(degrees))
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ [[1, 0, 0], [0, c, -s], [0, s, c]]
    affine = np.eye(4)
    affine[:3, :3] = turn * spacing
    affine[:3, 3] = center - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Geometry(affine, shape)


def cases(center: Sequence[float]) -> dict[str, Case]:
    """Return the grids and interpolations by name; those with "smoothed" need a Gaussian first."""
    even, fine = (0.8, 0.8, 0.8), (256, 256, 250)
    coarse = (102, 102, 80)
    return {
        "finer, linear": (grid(center, 0, even, (256, 256, 300)), "linear"),
        "finer, nearest": (grid(center, 0, even, (256, 256, 300)), "nearest"),
        "turned, linear": (grid(center, 10, even, fine), "linear"),
        "turned, nearest": (grid(center, 10, even, fine), "nearest"),
        "turned by 40, linear": (grid(center, 40, even, fine), "linear"),
        "turned and coarser, nearest": (grid(center, 10, (2, 2, 3), coarse), "nearest"),
        "coarser, linear, smoothed": (grid(center, 0, (2, 2, 3), coarse), "linear"),
        "turned and coarser, linear, smoothed": (grid(center, 10, (2, 2, 3), coarse), "linear"),
    }


def own_way(source: Volume) -> Callable[[str, Case], object]:
    """Return what resamples by viewer3d."""
    return lambda _name, case: source.resample(like=case[0], interpolation=case[1])


def simpleitk_way(source: Volume) -> Callable[[str, Case], object]:
    """Return what resamples by SimpleITK."""
    import SimpleITK as sitk  # noqa: N813 (its users' name)

    image = source.to_sitk()
    ways = {"linear": sitk.sitkLinear, "nearest": sitk.sitkNearestNeighbor}

    def resample(name: str, case: Case) -> Any:
        target, how = case
        like = sitk.Image([int(one) for one in target.shape], sitk.sitkInt16)
        like.SetOrigin([float(one) for one in target.origin])
        like.SetSpacing([float(one) for one in target.spacing])
        like.SetDirection(target.direction.ravel().tolist())
        before = image
        if "smoothed" in name:
            # The Gaussian of viewer3d: the difference of the variances of two voxels, see core/grids/resample.py.
            wider = np.maximum((np.array(target.spacing) / SPACING) ** 2 - 1, 1e-6) / (8 * np.log(2))
            before = sitk.DiscreteGaussian(sitk.Cast(image, sitk.sitkFloat32), (wider * np.square(SPACING)).tolist())
        return sitk.Resample(before, like, sitk.Transform(), ways[how], -1000.0, sitk.sitkInt16)

    return resample


def side_by_side(figures: Mapping[str, Figures]) -> str:
    """Return a table: ms of CPU of both, and viewer3d's over SimpleITK's."""
    own, other = (figures[name].told for name in WAYS)
    lines = [f"{'':40}{'viewer3d ms':>13}{'SimpleITK ms':>14}{'x':>7}{'at most':>9}"]
    for name, ms in own.items():
        lines.append(f"{name:40}{ms:13.1f}{other[name]:14.1f}{ms / other[name]:7.2f}{LIMIT:9}")
    return "\n".join([*lines, "(CPU time; x: viewer3d over SimpleITK; medians of the least of a process)"])


def main(way: str) -> None:
    """Resample onto all grids some times; print the least CPU time of each."""
    source = volume()
    run = own_way(source) if way == WAYS[0] else simpleitk_way(source)
    least: dict[str, float] = {}
    start = time.perf_counter()
    for _ in range(ROUNDS):
        for name, case in cases(tuple(source.geometry.center)).items():
            before = cpu_seconds(resource.RUSAGE_SELF)
            run(name, case)
            took = 1e3 * (cpu_seconds(resource.RUSAGE_SELF) - before)
            least[name] = min(least.get(name, took), took)
    print(json.dumps({"wall": time.perf_counter() - start, "cpu": sum(least.values()), **least}))


if __name__ == "__main__":
    main(sys.argv[1])
