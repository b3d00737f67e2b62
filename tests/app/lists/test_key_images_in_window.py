"""Key images in a real window: keys and clicks of an X server reach the slice, the list and the file."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.phantom_files import write_phantom
from viewer3d import ViewState
from viewer3d.app.window.row_list import list_layout

pytestmark = pytest.mark.slow

SIZE = (600, 450)
SHOW = f"""
import sys, viewer3d
viewer3d.Viewer(viewer3d.load(sys.argv[1]), view="mpr", size={SIZE}).show()
"""


def test_a_slice_is_marked_listed_named_and_gone_to(display: str, tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", shape=(34, 30, 12), spacing=(9.0, 8.0, 6.0))
    here = {**os.environ, "DISPLAY": display, "PYTHONPATH": str(Path(__file__).parents[3])}

    def do(*words: object) -> str:
        words = ("xdotool", *map(str, words))
        return subprocess.run(words, env=here, check=True, capture_output=True, text=True, timeout=60).stdout

    with subprocess.Popen([sys.executable, "-c", SHOW, str(tmp_path / "ct")], env=here, cwd=tmp_path) as program:
        try:
            do("search", "--sync", "--onlyvisible", "--name", "viewer3d")
            time.sleep(2)
            do("mousemove", 100, 200, "key", "ctrl+d", "key", "Up", "key", "Up", "key", "3", "key", "ctrl+d")
            do("mousemove", 100, 60, "key", "ctrl+l", "key", "F2", "key", "a", "key", "b", "key", "Return")
            row = list_layout(SIZE, 2).middle(0)
            time.sleep(1)
            do("mousemove", 300, round(row), "click", 1)
            time.sleep(1)
            do("key", "ctrl+s")
            deadline = time.monotonic() + 20
            while not (saved := sorted(tmp_path.glob("*.json"))) and time.monotonic() < deadline:
                time.sleep(0.2)
            do("key", "Escape")
            time.sleep(0.5)
            assert program.poll() is None  # it closed the list
        finally:
            program.terminate()
            program.wait(30)
    state = ViewState.from_json(saved[0].read_text())
    first, second = state.key_images
    assert (first.plane, second.plane) == ("axial", "axial")
    assert first.window != second.window
    assert (first.name, second.name) == ("", "ab")
    assert (state.cursor, state.layers[0].window) == (first.cursor, first.window)
