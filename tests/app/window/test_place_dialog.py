"""The desktop's dialog: which program shows it, and what it answers."""

from __future__ import annotations

import sys
import time

import pytest

from viewer3d.app.window import place_dialog as dialog
from viewer3d.app.window.place_dialog import PlaceDialog, dialog_command


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these have one dialog each")
def test_the_program_of_the_desktop_comes_first(monkeypatch):
    there = {"zenity", "kdialog"}
    monkeypatch.setattr(dialog.shutil, "which", lambda name: name if name in there else None)
    assert dialog_command({})[0] == "zenity"
    assert dialog_command({"XDG_CURRENT_DESKTOP": "KDE"})[0] == "kdialog"
    there.remove("zenity")
    assert dialog_command({})[0] == "kdialog"
    there.clear()
    monkeypatch.setattr(dialog, "find_spec", lambda _name: True)
    assert dialog_command({})[0] == sys.executable
    monkeypatch.setattr(dialog, "find_spec", lambda _name: None)
    assert dialog_command({}) is None


@pytest.mark.parametrize(
    ("program", "answer"),
    [
        ("print('/a/my study')", "/a/my study"),
        ("pass", ""),
        ("raise SystemExit(1)", ""),
        ("raise SystemExit(3)", None),
    ],
)
def test_what_it_answers(program, answer):
    one = PlaceDialog([sys.executable, "-c", program])
    end = time.monotonic() + 10
    while not one.is_over and time.monotonic() < end:
        time.sleep(0.01)
    assert one.answer() == answer


def test_a_dialog_that_is_open_is_closed_with_its_window():
    one = PlaceDialog([sys.executable, "-c", "import time; time.sleep(60)"])
    assert not one.is_over
    one.close()
    assert one.is_over
