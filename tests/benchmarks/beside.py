"""A step through one series, and through two that are linked side by side, in turn. ``python beside.py``."""

from __future__ import annotations

import time

import numpy as np

from tests.app.conftest import MemoryDesktop
from viewer3d.app.viewer import Viewer
from viewer3d.core.volume import Volume

CELL = (600, 600)
STEPS, RUNS = 40, 7
MOST = 2.1
"""What two linked series may take, in times of one."""


def ct(seed: int) -> Volume:
    """A CT of noise: what is in it takes no time of its own."""
    voxels = np.random.default_rng(seed).integers(-1000, 1000, (512, 512, 60)).astype(np.int16)
    affine = np.diag([0.8, 0.8, 2.0, 1.0])
    return Volume.from_array(voxels, affine, frame_of_reference="1.2", unit="HU", modality="CT")


def window(*volumes: Volume) -> tuple[MemoryDesktop, Viewer]:
    """Open some series side by side on a window in memory, each in a cell of one size, no note over it."""
    size = (CELL[0] * len(volumes), CELL[1])
    desktop = MemoryDesktop(size)
    viewer = Viewer(volumes[0], "axial", size, screen=desktop, keep="forget")
    viewer.open()
    for other in volumes[1:]:
        viewer.put_beside(other)
    for one in (viewer, *viewer.beside):
        one.steering.presenter.controls.show_note("", 0)
    for _ in range(20):
        viewer.process_events()
    return desktop, viewer


def step(desktop: MemoryDesktop, viewer: Viewer) -> float:
    """CPU seconds of a step of the wheel, events and drawing."""
    desktop.handler.move(100, 100)
    start = time.process_time()
    for number in range(STEPS):
        desktop.handler.wheel(1 if number % 2 else -1, 100, 100)
        viewer.process_events()
    return (time.process_time() - start) / STEPS


def main() -> None:
    """Time both in turn, print the least of each and their ratio, and fail where that is too much."""
    first, second = ct(0), ct(1)
    alone, linked = window(first), window(first, second)
    times = [(step(*alone), step(*linked)) for _ in range(RUNS)]
    one, two = (1000 * min(found) for found in zip(*times, strict=True))
    print(f"one series {one:.2f} ms, two linked {two:.2f} ms a step: {two / one:.2f} times (at most {MOST})")
    raise SystemExit(two > MOST * one)


if __name__ == "__main__":
    main()
