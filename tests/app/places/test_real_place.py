"""A real window that is opened empty: a folder by its path, another by the desktop's dialog, one dropped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.test_real_window import desk, press_last, run, started, until, window_of  # noqa: F401 (desk is a fixture)
from tests.phantom_files import write_phantom
from viewer3d.phantom import Faults

pytestmark = pytest.mark.slow

SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}
SIZE = (700, 500)


def title_of(desk: dict[str, str], window: str) -> str:  # noqa: F811
    found = subprocess.run(("xdotool", "getwindowname", window), env=desk, check=False, capture_output=True, text=True)
    return found.stdout.strip()


DROP = """
from vtkmodules.vtkCommonCore import vtkStringArray
from viewer3d.app.window.desktop import Desktop
desktop, dropped = Desktop((200, 150)), []
desktop.take_drops(dropped.append)
paths = vtkStringArray()
for one in ("/data/a", "/data/b"):
    paths.InsertNextValue(one)
desktop._interactor.InvokeEvent("DropFilesEvent", paths)
print(dropped)
"""


def test_what_vtk_says_was_dropped_is_a_list_of_paths(desk):  # noqa: F811
    done = subprocess.run([sys.executable, "-c", DROP], env=desk, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[['/data/a', '/data/b']]"), done.stderr


def test_folders_are_opened_in_an_empty_window(desk, without_tool_bar, tmp_path: Path) -> None:  # noqa: F811
    write_phantom(tmp_path / "first", **SMALL)
    write_phantom(tmp_path / "second", faults=Faults(second_series=True), **SMALL)
    (tmp_path / "settings.toml").write_text("[session]\ntool_bar = false\nrecent = true\n")
    programs = tmp_path / "programs"
    programs.mkdir()
    zenity = programs / "zenity"
    zenity.write_text(f"#!/bin/sh\necho {tmp_path / 'second'}\n")
    zenity.chmod(0o755)
    desk = {
        **desk,
        "PATH": f"{programs}{os.pathsep}{desk['PATH']}",
        "VIEWER3D_SETTINGS": str(tmp_path / "settings.toml"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    kept = tmp_path / "state" / "viewer3d" / "recent.json"
    with started(desk, "-m", "viewer3d", "show", "--size", f"{SIZE[0]}x{SIZE[1]}") as process:
        window = window_of(desk, process)
        run(desk, "xdotool", "windowfocus", "--sync", window)
        run(desk, "xdotool", "key", "--window", window, "ctrl+o")
        run(desk, "xdotool", "type", "--window", window, "--delay", "30", f"{tmp_path}/fir")
        until(lambda: process.poll() is None)
        run(desk, "xdotool", "key", "--window", window, "--delay", "300", "Tab", "Return")
        until(lambda: title_of(desk, window) not in ("", "viewer3d"))
        until(kept.exists)
        assert json.loads(kept.read_text()) == [str(tmp_path / "first")]
        run(desk, "xdotool", "mousemove", "--window", window, "40", str(SIZE[1] - 6), "click", "1")
        until(lambda: json.loads(kept.read_text())[0] == str(tmp_path / "second"))
        press_last(desk, window, "q")
        assert process.wait(20) == 0
