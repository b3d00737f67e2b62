"""One job of the guard in one process, with whatever viewer3d is on the path. ``python guard_jobs.py JOB PLACE``.

Only public names that are kept are used, so that older revisions can do the same. Folders of PLACE are made by
``guard.py``: ``ct``, ``pet``, ``compressed``.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

import numpy as np

import viewer3d
from viewer3d import figures

STEPS = 40
FRAMES = 24


def cpu_seconds() -> float:
    """Return the CPU time of this process, of those it started that have ended, and of those that run (Linux)."""
    tick, own = os.sysconf("SC_CLK_TCK"), str(os.getpid())
    running = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            values = path.read_text().rpartition(")")[2].split()
            running += int(values[11]) + int(values[12]) if values[1] == own else 0
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used) + running / tick


def load(place: Path) -> Callable[[], object]:
    return lambda: viewer3d.load(place / "ct")


def compressed(place: Path) -> Callable[[], object]:
    return lambda: viewer3d.load(place / "compressed")


def scan(place: Path) -> Callable[[], object]:
    return lambda: viewer3d.scan(place)


def steps(scene: viewer3d.Scene, volume: viewer3d.Volume) -> Callable[[], object]:
    scene.screenshot()
    state = scene.state
    assert state is not None

    def act() -> None:
        for number in range(STEPS):
            scene.apply(state.with_cursor(np.add(volume.geometry.center, number - STEPS / 2)))

    return act


def step(place: Path) -> Callable[[], object]:
    volume = viewer3d.load(place / "ct")
    scene = viewer3d.Scene(volume, (1200, 900))
    scene.apply(viewer3d.first_state(volume, "mpr"))
    return steps(scene, volume)


def fused_step(place: Path) -> Callable[[], object]:
    volume = viewer3d.load(place / "ct")
    scene = viewer3d.Scene(volume, (1200, 900), overlays=[viewer3d.load(place / "pet")])
    return steps(scene, volume)


def first_quad(place: Path) -> Callable[[], object]:
    volume = viewer3d.load(place / "ct")
    return lambda: viewer3d.screenshot(volume, view="quad", size=(1200, 900))


def frames(place: Path) -> Callable[[], object]:
    volume = viewer3d.load(place / "ct")

    def act() -> None:
        for _ in figures.turntable(volume, FRAMES, size=(256, 256)).frames():
            pass

    return act


def lightbox(place: Path) -> Callable[[], object]:
    volume = viewer3d.load(place / "ct")

    def act() -> None:
        with tempfile.TemporaryDirectory() as scratch:
            figures.lightbox(volume).save(Path(scratch, "a.png"))

    return act


JOBS: dict[str, Callable[[Path], Callable[[], object]]] = {
    "load": load,
    "compressed": compressed,
    "scan": scan,
    "step": step,
    "fused step": fused_step,
    "first quad": first_quad,
    "24 frames": frames,
    "lightbox": lightbox,
}


def main(job: str, place: str) -> None:
    """Do one job, and print its seconds as JSON."""
    act = JOBS[job](Path(place))
    wall, cpu = time.perf_counter(), cpu_seconds()
    act()
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu}))


if __name__ == "__main__":
    main(*sys.argv[1:])
