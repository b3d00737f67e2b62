"""What the tests of the window share: volumes, a viewer off screen, a screen in memory, an X server."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, marker_volume
from viewer3d.app.viewer import Viewer
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.structures import Contour, Roi, StructureSet
from viewer3d.core.volume import Volume
from viewer3d.render import gl

SIZE = (640, 480)
BROWSER_SIZE = (900, 400)


class MemoryScreen:
    """A desktop window in memory: what it shows is in its pixels."""

    is_full_screen = False

    def __init__(self, size=(300, 200)):
        self.size, self.is_open, self.exposed, self.title = size, True, False, ""
        self.pixels, self.event_files = np.zeros((size[1], size[0], 3), np.uint8), ()

    def process_events(self):
        exposed, self.exposed = self.exposed, False
        return exposed

    def show(self, picture, rects, left=0, *, is_more=False):
        self.frames = getattr(self, "frames", 0) + (not is_more)
        for rect in rects:
            place = self.pixels[rect.rows, left + rect.left : left + rect.left + rect.width]
            place[...] = picture[rect.rows, rect.columns][: place.shape[0], : place.shape[1]]

    def set_full_screen(self, *, is_full):
        self.is_full_screen = is_full
        return True

    def set_title(self, title):
        self.title = title

    def close(self):
        self.is_open = False


class MemoryDesktop(MemoryScreen):
    """A desktop window in memory, with the handler of its events and a script of what a user does.

    Each step of the script is called with the window until it returns anything but False.
    """

    latest: MemoryDesktop
    script: ClassVar[list[Callable[[MemoryDesktop], object]]] = []

    def __init__(self, size):
        super().__init__(size)
        MemoryDesktop.latest = self

    def open(self, handler):
        self.handler = handler

    def process_events(self):
        if self.script and self.script[0](self) is not False:
            self.script.pop(0)
        return super().process_events()


class RemoteDesktop(MemoryDesktop):
    """A window on another machine, in a browser there: it keeps what it is given, and no key closes it."""

    opens_places, in_browser, how_to_close = False, True, "close the tab"
    is_connected = True

    def __init__(self, size=SIZE):
        super().__init__(size)
        self.files, self.texts = {}, []

    def give_file(self, name, data):
        if self.is_connected:
            self.files[name] = data
        return self.is_connected

    def copy_text(self, text):
        self.texts.append(text)
        return True

    def paste_text(self):
        return self.texts[-1] if self.texts else ""

    def choose_place(self, _then):
        raise AssertionError("a dialog on the desktop of the server")

    def take_drops(self, _handler):
        raise AssertionError("what is dropped there is not on the server")


class Slow:
    """An entry's loader that waits to be let go, and can be stopped."""

    def __init__(self, *volumes):
        self.volumes = volumes
        self.go, self.begun, self.reported, self.ended = (threading.Event() for _ in range(4))

    def __call__(self, progress):
        self.begun.set()
        try:
            while not self.go.wait(0.002):
                progress("slices", 1, 4)
                self.reported.set()
        finally:
            self.ended.set()
        if isinstance(self.volumes[0], Exception):
            raise self.volumes[0]
        return self.volumes


@pytest.fixture(autouse=True, scope="session")
def _no_tool_bar():
    """Windows have all of their width for panel and picture; tests/app/window/bar has the tool bar."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("viewer3d.app.window.bar.shown_bar.bar_width", lambda _size: 0)
        yield


@pytest.fixture
def desktop(monkeypatch):
    """Windows that are opened are in memory."""
    if not gl.find_opengl().works:
        pytest.skip("importing VTK's interactors wants an OpenGL, and none works here")
    monkeypatch.setattr("viewer3d.app.window.desktop.Desktop", MemoryDesktop)
    monkeypatch.setattr("viewer3d.app.steering.HINT_SECONDS", -1.0)  # tests/app/window/test_help_pages.py has it
    monkeypatch.setattr(MemoryDesktop, "script", [])


@pytest.fixture
def browse(desktop):
    """A function that opens a window in memory on a folder."""
    from viewer3d.app.browser import Browser

    made = []

    def begin(source, **how):
        one = Browser(source, "mpr", BROWSER_SIZE, **how)
        one.open()
        made.append(one)
        return one

    yield begin
    for one in made:
        one.close()


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
def ct(box) -> Volume:
    """The same with a frame of reference."""
    return box.with_info(modality="CT", frame_of_reference="1.2.3")


@pytest.fixture
def pet() -> Volume:
    """Coarser than the CT, in its frame of reference and in most of its extent."""
    uptake = np.random.default_rng(5).uniform(0, 12, (10, 9, 8)).astype(np.float32)
    affine = np.diag([2.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = (1.0, 2.0, 2.0)
    return Volume.from_array(uptake, affine, unit="SUVbw", modality="PT", frame_of_reference="1.2.3")


@pytest.fixture
def fused(ct: Volume, pet: Volume) -> Iterator[Viewer]:
    """The CT with the PET over it."""
    with Viewer(ct, "mpr", SIZE, off_screen=True, overlays=[pet]) as one:
        yield one


@pytest.fixture
def organs() -> Segmentation:
    """Two organs that overlap and one without a voxel, on the CT's grid and in its frame of reference."""
    liver, tumour = np.zeros((24, 20, 12), np.uint8), np.zeros((24, 20, 12), np.uint8)
    liver[4:16, 4:14, 3:8] = 1
    liver[5:15, 5:13, 8] = 1
    tumour[10:13, 6:9, 4:7] = 2
    return Segmentation.from_array(
        [liver, tumour],
        np.diag([1.0, 2.0, 3.0, 1.0]),
        names={1: "Liver", 2: "Tumour", 5: "Spleen"},
        colors={1: (221, 130, 101), 2: (20, 20, 160)},
        frame_of_reference="1.2.3",
    )


@pytest.fixture
def plan() -> StructureSet:
    """A target on three slices, and a point."""
    square = np.array([[4.0, 8, 12], [14, 8, 12], [14, 20, 12], [4, 20, 12]])
    contours = tuple(Contour(square + np.array([0, 0, 3 * n])) for n in range(3))
    rois = (
        Roi(7, "PTV", (255, 0, 0), "PTV", contours, "1.2.3"),
        Roi(9, "Isocentre", (0, 255, 0), "ISOCENTER", (Contour(np.array([[9.0, 14, 15]]), "POINT"),), "1.2.3"),
    )
    return StructureSet(rois).with_info(frame_of_reference="1.2.3")


@pytest.fixture
def outlined(ct: Volume, organs: Segmentation, plan: StructureSet) -> Iterator[Viewer]:
    """The CT with segments and structures over it."""
    with Viewer(ct, "mpr", SIZE, off_screen=True, overlays=[organs, plan]) as one:
        yield one


@pytest.fixture(scope="session")
def without_tool_bar(tmp_path_factory) -> Path:
    """A settings file for processes of their own: panel and picture have all of the window."""
    own = tmp_path_factory.mktemp("settings") / "settings.toml"
    own.write_text("[session]\ntool_bar = false\n")
    return own


@pytest.fixture
def display(monkeypatch, without_tool_bar):
    """An X server of its own, and xdotool for events."""
    monkeypatch.setenv("VIEWER3D_SETTINGS", str(without_tool_bar))
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
