"""What the tests of the window share: volumes, a viewer off screen, a screen in memory, an X server."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, marker_volume
from viewer3d.app.viewer import Viewer
from viewer3d.core.volume import Volume

SIZE = (640, 480)


class MemoryScreen:
    """A desktop window in memory: what it shows is in its pixels."""

    def __init__(self, size=(300, 200)):
        self.size, self.is_open, self.exposed, self.title = size, True, False, ""
        self.pixels, self.event_files = np.zeros((size[1], size[0], 3), np.uint8), ()

    def process_events(self):
        exposed, self.exposed = self.exposed, False
        return exposed

    def show(self, picture, rects, left=0):
        for rect in rects:
            place = self.pixels[rect.rows, left + rect.left : left + rect.left + rect.width]
            place[...] = picture[rect.rows, rect.columns][: place.shape[0], : place.shape[1]]

    def set_title(self, title):
        self.title = title

    def close(self):
        self.is_open = False


@pytest.fixture(params=["identity", "sagittal", "oblique"])
def volume(request: pytest.FixtureRequest) -> Volume:
    return marker_volume(DIRECTIONS[request.param])


@pytest.fixture
def viewer(volume: Volume) -> Iterator[Viewer]:
    with Viewer(volume, "mpr", SIZE, off_screen=True) as one:
        yield one


@pytest.fixture
def box() -> Volume:
    """Small, upright, anisotropic."""
    k = np.arange(12)[None, None, :]
    voxels = np.broadcast_to(100 * k - 300, (24, 20, 12)).astype(np.int16)
    return Volume.from_array(voxels, np.diag([1.0, 2.0, 3.0, 1.0]), unit="HU")


@pytest.fixture
def display():
    """An X server of its own, and xdotool for events."""
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} here: apt-get install xvfb xdotool")
    read, write = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(write)
        with os.fdopen(read) as numbers:
            number = numbers.readline().strip()
        yield f":{number}"
        server.terminate()
