"""Pictures a second while the camera goes around, of every transfer function for a series. ``python motion.py PATH``.

Limit: at least 20 at 1024 x 768, with two quiet cores and no graphics card. What the display takes is not in it.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from typing import Any, Final

os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

SIZE: Final = (1024, 768)
DEGREES: Final = 6.0
FIRST: Final = 15
"""Pictures that are not counted: meanwhile sharpness adapts to this machine."""

COUNTED: Final = 60
LEAST: Final = 20.0


def moved(volume: Any, rendering: str, view: str) -> tuple[list[float], list[float]]:
    """Return the wall and the CPU seconds of each picture of a view of one volume."""
    scene = viewer3d.Scene(volume, SIZE)
    state = viewer3d.first_state(volume, view)
    state = replace(state, layers=(replace(state.layers[0], rendering=rendering),))
    scene.apply(state)  # whose brightness is measured
    walls, cpus = [], []
    for number in range(FIRST + COUNTED):
        turned = replace(state, camera=state.camera.around(DEGREES * (number + 1)))
        wall, cpu = time.perf_counter(), time.process_time()
        scene.apply(turned, "interactive")
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    scene.close()
    return walls[FIRST:], cpus[FIRST:]


def main(path: str) -> None:
    """Print a line for each transfer function and view: pictures a second, and what one takes of the processor."""
    volume = viewer3d.load(path)
    kind = {"CT": "ct", "PT": "pet"}.get(volume.modality, "mr")
    for rendering in (name for name in presets() if name.startswith(kind)):
        for view in ("3d", "quad"):
            walls, cpus = moved(volume, rendering, view)
            rate, cpu = 1 / statistics.median(walls), statistics.median(cpus)
            verdict = "" if rate >= LEAST else f"  below {LEAST:.0f}"
            print(f"{rendering:16}{view:6}{rate:6.1f} a second, cpu {1000 * cpu:5.1f} ms{verdict}", flush=True)


if __name__ == "__main__":
    from dataclasses import replace

    import viewer3d
    from viewer3d.render.volume.transfer import presets

    main(*sys.argv[1:])
