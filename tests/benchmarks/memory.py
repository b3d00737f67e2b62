"""Memory of a volume and of viewers on it, beyond the imports. ``python memory.py FOLDER`` prints JSON; Linux alone."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import viewer3d
from viewer3d import phantom

SIZE = (1200, 900)


class Meter:
    """Resident memory of this process since the meter was made, in sizes of a volume."""

    def __init__(self) -> None:
        self._first = self._megabytes("VmRSS")
        self.volume_megabytes = 1.0

    def held(self) -> float:
        """Return what is in memory now."""
        return (self._megabytes("VmRSS") - self._first) / self.volume_megabytes

    def peak(self) -> float:
        """Return the most that was in memory since this was asked last."""
        most = (self._megabytes("VmHWM") - self._first) / self.volume_megabytes
        Path("/proc/self/clear_refs").write_text("5")  # proc(5): VmHWM becomes VmRSS
        return most

    @staticmethod
    def _megabytes(name: str) -> float:
        found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
        assert found is not None
        return int(found[1]) / 1024


def viewer(volume: viewer3d.Volume, view: str) -> viewer3d.Viewer:
    """Return a viewer without a window that has drawn its first picture."""
    one = viewer3d.Viewer(volume, view=view, size=SIZE, off_screen=True)
    one.screenshot()
    return one


def main(folder: str) -> None:
    """Load a volume, show it in viewers one after another, and print what each takes as JSON."""
    viewer(phantom.volume(shape=(48, 48, 48)), "quad").close()  # imports, OpenGL's driver and what it compiles
    meter = Meter()
    volume = viewer3d.load(folder)
    meter.volume_megabytes = volume.voxels.nbytes / 2**20
    told = {"load": meter.held(), "load, peak": meter.peak()}
    viewer(volume, "mpr").close()
    told |= {"mpr": meter.held(), "mpr, peak": meter.peak()}
    quad = viewer(volume, "quad")
    told |= {"quad": meter.held(), "quad, peak": meter.peak()}
    before = meter.held()
    second = viewer(volume, "quad")
    told |= {"second viewer": meter.held() - before, "second viewer, peak": meter.peak() - before}
    second.close()
    before = meter.held()
    quad.close()
    told["OpenGL's copy, in quad"] = before - meter.held()
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
