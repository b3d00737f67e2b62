"""What keys save and copy: here as files and on the clipboard, on a screen elsewhere by what it takes."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.app.conftest import MemoryDesktop, RemoteDesktop
from tests.app.sessions.conftest import as_if_from_files
from viewer3d.app import saving
from viewer3d.app.saving import save_files, write_text
from viewer3d.app.viewer import Viewer
from viewer3d.core.view.key_image import KeyImage
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.side_by_side import SideBySide
from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError
from viewer3d.recipes.embed import read_recipe

SIZE = (640, 480)
SAVING = ("s", "ctrl+s", "ctrl+e", "save key images", "save plot")
"""Keys, and commands without one, that save something."""


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """What opens a viewer on a window, with a measurement, a key image and a plot; all are closed in the end."""
    monkeypatch.chdir(tmp_path)
    made = []

    def begin(desktop, *, of=None, beside=()):
        viewer = Viewer(of or block(3), "mpr", SIZE, screen=desktop)
        made.append(viewer)
        viewer.open()
        for one in beside:
            viewer.put_beside(one)
        line = Measurement("distance", ((2.0, 4, 9), (14, 4, 9)), (1.0, 0, 0), (0.0, 1, 0))
        marked = KeyImage("axial", viewer.state.cursor, viewer.state.look.window)
        viewer.state = replace(viewer.state, measurements=(line,), key_images=(marked,))
        viewer.steering.obey("histogram")
        while viewer.process_events():
            pass
        return viewer

    yield begin
    for viewer in made:
        viewer.close()


def block(seed):
    voxels = np.random.default_rng(seed).integers(-200, 400, (24, 20, 12)).astype(np.int16)
    return Volume.from_array(voxels, np.diag([1.0, 2.0, 3.0, 1.0]), unit="HU", modality="CT", frame_of_reference="1.2")


def refuse(why):
    raise OutputError(why)


def do(viewer, desktop, what):
    if " " in what:
        viewer.steering.obey(what)
    else:
        desktop.handler.key(what, what[-1])


def test_a_screen_elsewhere_is_given_what_the_current_folder_gets_byte_for_byte(opened, tmp_path):
    here, there = MemoryDesktop(SIZE), RemoteDesktop(SIZE)
    notes = []
    for desktop in (here, there):
        viewer = opened(desktop)
        for what in SAVING:
            do(viewer, desktop, what)
            notes.append(viewer.note)
    saved = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    assert {name.replace("-1.", "."): data for name, data in saved.items()} == there.files
    assert len(there.files) == 6
    assert read_recipe(tmp_path / "viewer3d-1.png").state.key_images == viewer.state.key_images
    names = (
        "viewer3d.png",
        "viewer3d.json",
        "viewer3d-measurements.json",
        "viewer3d-key-images.png",
        "viewer3d-plot.csv",
    )
    paths = [tmp_path / name.replace(".", "-1.") for name in names]
    assert notes[:5] == [f"saved {path}{' and .csv' if 'meas' in path.name else ''}" for path in paths]
    both = "viewer3d-measurements.json and viewer3d-measurements.csv are given to the browser"
    assert notes[5:] == [both if "meas" in name else f"{name} is given to the browser" for name in names]


def test_series_side_by_side_are_given_as_one_picture_and_one_state(opened, tmp_path):
    there = RemoteDesktop(SIZE)
    viewer = opened(there, beside=[block(4)])
    for what in ("s", "ctrl+s"):
        do(viewer, there, what)
    assert not list(tmp_path.iterdir())
    assert len(SideBySide.from_json(there.files["viewer3d.json"].decode()).cells) == 2
    with Image.open(BytesIO(there.files["viewer3d.png"])) as picture:
        assert picture.size == viewer.steering.screen.shared.cells.size


def test_pages_of_a_set_are_numbered(opened):
    there = RemoteDesktop(SIZE)
    viewer = opened(there, of=[block(n).with_info(which={"time": float(n)}) for n in range(2)])
    (first,) = viewer.state.key_images
    viewer.state = replace(viewer.state, key_images=(first, replace(first, member=1)))
    viewer.steering.obey("save key images")
    assert list(there.files) == ["viewer3d-key-images-1.png", "viewer3d-key-images-2.png"]
    assert viewer.note == "viewer3d-key-images-1.png and viewer3d-key-images-2.png are given to the browser"


def test_a_screen_that_nobody_sees_leaves_files_to_the_current_folder(opened, tmp_path):
    there = RemoteDesktop(SIZE)
    viewer = opened(there)
    there.is_connected = False
    viewer.steering.obey("save measurements")
    assert viewer.note == f"saved {tmp_path / 'viewer3d-measurements-1.json'} and .csv"
    assert len(list(tmp_path.iterdir())) == 2


def test_what_cannot_be_made_is_told_and_gives_nothing(opened, tmp_path, monkeypatch):
    there = RemoteDesktop(SIZE)
    viewer = opened(there)
    monkeypatch.setattr(viewer, "screenshot", lambda path: refuse(f"{path.name}: the disk is full"))
    viewer.steering.obey("save picture")
    assert viewer.note == "not saved: viewer3d.png: the disk is full"
    assert (there.files, list(tmp_path.iterdir())) == ({}, [])


def test_a_screen_of_another_program_is_not_called_a_browser(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    there = RemoteDesktop(SIZE)
    there.in_browser = False
    note = save_files(there, "a", [{".txt": write_text("one")}])
    assert (note, there.files) == ("a.txt is given to the machine of this screen", {"a.txt": b"one"})


def test_texts_are_copied_and_pasted_where_the_screen_is(opened, monkeypatch):
    monkeypatch.setattr(saving, "_with_clipboard", lambda _act: refuse("the clipboard of the server"))
    there = RemoteDesktop(SIZE)
    viewer = opened(there, of=as_if_from_files(block(3)))
    for key in ("ctrl+c", "Y", "ctrl+y"):
        there.handler.key(key, key[-1])
        assert viewer.note.startswith("copied")
    viewer.steering.obey("close")  # the plot
    there.handler.key("ctrl+c", "c")
    assert [text.split()[0] for text in there.texts] == ["from_HU", "viewer3d", "import", "name"]
    there.handler.move(100, 100)
    there.handler.key("W", "W")
    there.handler.key("ctrl+c", "c")
    assert viewer.note == "copied why this pixel has its colour"
    assert saving.paste_text(viewer.steering.screen) == there.texts[-1]


def test_two_screens_have_a_clipboard_each(opened):
    one, other = RemoteDesktop(SIZE), RemoteDesktop(SIZE)
    opened(one), opened(other)
    one.handler.key("ctrl+c", "c")
    assert (len(one.texts), len(other.texts)) == (1, 0)
