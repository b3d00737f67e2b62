"""What a window keeps: for when a series is chosen again, and for another day."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from tests.app.conftest import MemoryDesktop, MemoryScreen
from tests.app.sessions.conftest import DISTANCE, PROBE, as_if_from_files, measured
from tests.phantom_files import write_phantom
from viewer3d.app.sessions import keeping
from viewer3d.app.sessions.kept_view import key_of
from viewer3d.app.sessions.store import read_views
from viewer3d.app.show import show
from viewer3d.app.viewer import Viewer
from viewer3d.core.provenance import Provenance
from viewer3d.errors import ViewError

SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}


def views_of(viewer):
    return read_views(key_of(viewer.placed).series).views


def without_pointer(state):
    return replace(state, pointer=None)


def test_a_glance_at_what_is_new_says_nothing_and_writes_nothing(window, kept_folder):
    viewer = window()
    assert viewer.note == ""
    viewer.interactor.move(100, 100)
    viewer.close()
    assert not kept_folder.exists()


def test_another_day_it_is_offered_and_taken_by_a_key(window):
    first = window()
    seen = replace(first.state, view="axial").with_window(viewer3d.Window(7, 70)).with_cursor((3.0, 4.0, 15.0))
    first.state = seen
    left = measured(first, DISTANCE, PROBE)
    first.close()
    viewer = window()
    assert viewer.note.startswith("2 measurements and a view were kept today at ")
    assert viewer.note.endswith(": Ctrl+r takes them")
    assert viewer.state.measurements == ()
    begun = viewer.state
    viewer.interactor.key("ctrl+r")
    assert "2 measurements" in viewer.note
    assert without_pointer(viewer.state) == left
    viewer.interactor.key("ctrl+z")
    assert viewer.note.startswith("undone: view kept today at ")
    assert viewer.state.with_view("axial") == begun.with_view("axial")
    viewer.interactor.key("ctrl+Z")
    assert viewer.state.measurements == left.measurements
    viewer.interactor.key("ctrl+r")
    assert viewer.note == "nothing more was kept of this series"


def test_what_was_measured_before_it_is_taken_stays(window):
    first = window()
    measured(first, DISTANCE)
    first.close()
    viewer = window()
    measured(viewer, PROBE)
    viewer.interactor.key("ctrl+r")
    assert viewer.state.measurements == (DISTANCE, PROBE)
    viewer.close()
    third = window(keep="resume")
    assert third.state.measurements == (DISTANCE, PROBE)
    third.interactor.key("ctrl+r")
    assert third.note == "nothing more was kept of this series"


def test_what_was_not_taken_is_still_there_after_other_work(window):
    first = window()
    measured(first, DISTANCE)
    first.close()
    glance = window()
    glance.interactor.move(100, 100)
    glance.interactor.key("Up")
    glance.close()
    viewer = window()
    assert viewer.note.startswith("a measurement and a view")
    viewer.interactor.key("ctrl+r")
    assert viewer.state.measurements == (DISTANCE,)
    assert "Ctrl+r again takes what was kept today" in viewer.note
    viewer.interactor.key("ctrl+r")
    assert viewer.state.measurements == (DISTANCE,)


def test_what_was_taken_and_undone_is_offered_again(window):
    first = window()
    measured(first, DISTANCE)
    first.close()
    second = window()
    second.interactor.key("ctrl+r")
    second.interactor.key("ctrl+z")
    second.interactor.key("i")
    second.close()
    assert window().note.startswith("a measurement and a view")


def test_what_was_taken_and_deleted_is_not_offered_again(window):
    first = window()
    measured(first, DISTANCE)
    first.close()
    second = window()
    second.interactor.key("ctrl+r")
    second.interactor.key("Delete")
    second.close()
    assert window().note.startswith("a view was kept")


def test_resume_takes_it_at_once_and_there_is_nothing_to_undo(window):
    first = window()
    left = measured(first, DISTANCE)
    first.close()
    viewer = window(keep="resume")
    assert viewer.state == left
    assert "a measurement" in viewer.note
    viewer.interactor.key("ctrl+z")
    assert viewer.note == "nothing to undo"
    assert viewer.state == left


def test_resume_of_what_was_never_kept_says_so(window, box):
    assert window(keep="resume").note == "nothing was kept of this series"
    assert window(box, keep="resume").note == "nothing is kept of what was never in files"


def test_forget_deletes_it_and_keeps_nothing(window):
    first = window()
    measured(first, DISTANCE)
    first.close()
    viewer = window(keep="forget")
    assert viewer.note == "forgot what was kept of this series"
    measured(viewer, PROBE)
    viewer.close()
    assert views_of(viewer) == ()
    assert window().note == ""


def test_the_setting_switches_it_off_and_resume_reads_all_the_same(window, tmp_path, monkeypatch):
    first = window()
    measured(first, DISTANCE)
    first.close()
    path = tmp_path / "settings.toml"
    path.write_text("[session]\nkeep = false\n")
    monkeypatch.setenv("VIEWER3D_SETTINGS", str(path))
    viewer = window()
    assert viewer.note == ""
    viewer.interactor.key("ctrl+r")
    assert viewer.note == "nothing is kept: it is switched off"
    measured(viewer, PROBE)
    viewer.close()
    resumed = window(keep="resume")
    assert resumed.state.measurements == (DISTANCE,)
    resumed.close()
    path.write_text("[session]\nkeep = 7\n")  # what it says is not known: so nothing is written
    viewer = window()
    measured(viewer, PROBE)
    viewer.close()
    assert [one.measured for one in views_of(viewer)] == [1]


def test_off_screen_nothing_is_kept_or_read(window, known, kept_folder):
    with Viewer(known, "mpr", (300, 200), off_screen=True) as viewer:
        measured(viewer, DISTANCE)
        viewer.process_events()
    assert not kept_folder.exists()
    first = window()
    measured(first, DISTANCE)
    first.close()
    with Viewer(known, "mpr", (300, 200), off_screen=True, keep="resume") as viewer:
        assert (viewer.note, viewer.state.measurements) == ("", ())
        viewer.interactor.key("ctrl+r")
        assert viewer.state.measurements == ()


def test_two_windows_on_one_series_keep_both(window):
    one, other = window(), window()
    measured(one, DISTANCE)
    measured(other, PROBE)
    one.close()
    other.close()
    assert sorted(each.measured for each in views_of(one)) == [1, 1]
    viewer = window()
    viewer.interactor.key("ctrl+r")
    viewer.interactor.key("ctrl+r")
    assert set(viewer.state.measurements) == {DISTANCE, PROBE}


def test_changes_are_written_after_some_seconds_and_not_while_something_is_drawn(window, monkeypatch):
    viewer = window()
    measured(viewer, DISTANCE)
    viewer.process_events()
    assert views_of(viewer) == ()
    monkeypatch.setattr(keeping, "SAVE_SECONDS", 0.0)
    viewer.interactor.key("d")
    viewer.interactor.press("left", 60, 150)
    viewer.interactor.move(90, 150)
    viewer.process_events()
    assert viewer.interactor.is_drawing
    assert views_of(viewer) == ()
    viewer.interactor.key("Escape")
    viewer.process_events()
    end = time.monotonic() + 10
    while not views_of(viewer) and time.monotonic() < end:
        time.sleep(0.005)
    assert [one.measured for one in views_of(viewer)] == [1]


def test_a_disk_that_cannot_be_written_is_said_once_and_in_the_way_of_nothing(window, kept_folder, monkeypatch):
    monkeypatch.setattr(keeping, "SAVE_SECONDS", 0.0)
    viewer = window()
    kept_folder.parents[1].mkdir(parents=True)
    kept_folder.parent.write_text("a file where the folder is to be")
    measured(viewer, DISTANCE)
    end = time.monotonic() + 10
    while not viewer.note and time.monotonic() < end:
        viewer.process_events()
    assert viewer.note.startswith("not kept: ")
    measured(viewer, PROBE)
    viewer.process_events()
    viewer.close()
    assert viewer.state.measurements == (DISTANCE, PROBE)


def test_a_disk_that_is_found_full_at_the_end_is_said_aside(window, kept_folder, capsys):
    viewer = window()
    measured(viewer, DISTANCE)
    kept_folder.parents[1].mkdir(parents=True)
    kept_folder.parent.write_text("a file where the folder is to be")
    viewer.close()
    assert capsys.readouterr().err.startswith("viewer3d: not kept: ")


@pytest.mark.parametrize("text", ["{", '{"form": 7}', '{"form": 1, "views": [{}]}'])
def test_what_cannot_be_read_is_said_and_the_series_opens(window, kept_folder, text):
    first = window()
    measured(first, DISTANCE)
    first.close()
    (path,) = kept_folder.glob("*.json")
    path.write_text(text)
    for keep in ("keep", "resume"):
        viewer = window(keep=keep)
        assert viewer.note.startswith("what was kept of this series is ")
        assert viewer.state.measurements == ()


def test_a_view_of_a_later_version_is_said_when_it_is_taken_and_stays(window, kept_folder):
    first = window()
    measured(first, DISTANCE)
    first.close()
    (path,) = kept_folder.glob("*.json")
    path.write_text(re.sub(r'"version":\d+', '"version":99', path.read_text()))
    viewer = window()
    viewer.interactor.key("ctrl+r")
    assert "cannot be taken: state has version 99" in viewer.note
    measured(viewer, PROBE)
    viewer.close()
    assert len(views_of(viewer)) == 2


def test_nothing_in_a_file_names_anybody(window, kept_folder, tmp_path):
    write_phantom(tmp_path / "Doe^Jane", **SMALL)
    volume = viewer3d.load(tmp_path / "Doe^Jane")
    viewer = window(volume)
    measured(viewer, replace(PROBE, name="left kidney"))
    viewer.state = viewer.state.with_window(volume.windows[0] if volume.windows else viewer3d.Window(1, 2))
    viewer.close()
    (path,) = kept_folder.glob("*.json")
    text = path.name + path.read_text()
    assert "left kidney" in text  # typed by the person whose file it is
    header = viewer3d.scan(tmp_path / "Doe^Jane")[0]
    for word in ("Doe", str(tmp_path), volume.description, volume.frame_of_reference, header.uid):
        assert word
        assert word not in text


def test_a_series_that_is_chosen_again_is_as_it_was_left_with_its_history(window, known, box):
    other = as_if_from_files(type(box).from_array(np.zeros((9, 9, 9), np.int16), np.eye(4)), 2)
    viewer = window()
    viewer.interactor.move(100, 100)
    for key in ("Up", "plus", "i", "bracketright", "z"):
        viewer.interactor.key(key)
    left = measured(viewer, DISTANCE)
    viewer.exchange(other)
    assert viewer.state.measurements == ()
    viewer.interactor.key("i")
    viewer.interactor.key("m")
    viewer.exchange(known)
    assert without_pointer(viewer.state) == left
    assert viewer.note == ""
    viewer.interactor.key("ctrl+z")
    assert viewer.note == "undone: distance added"
    viewer.interactor.key("ctrl+Z")
    viewer.exchange(other)
    assert viewer.state.look.inverted
    viewer.interactor.key("ctrl+z")
    assert viewer.note == "undone: black and white changed"
    viewer.close()
    assert window().note.startswith("a measurement")
    assert window(other).note.startswith("a view was kept")


def test_history_of_overlays_is_of_the_same_overlays_when_a_series_comes_back(window, ct, pet, organs):
    base, over = as_if_from_files(ct, 1), as_if_from_files(pet, 2)
    segments = organs.with_info(provenance=Provenance("e" * 64))
    viewer = window(base, overlays=[over])
    viewer.state = viewer.state.with_look(1, opacity=0.25)
    viewer.exchange(as_if_from_files(ct, 5))
    viewer.exchange(base, overlays=[segments, as_if_from_files(pet, 3), over])
    assert [look.opacity for look in viewer.state.layers][2] == 0.25
    viewer.interactor.key("ctrl+z")
    assert viewer.note == "undone: opacity changed"
    assert viewer.state.layers[2].opacity != 0.25


def test_a_folder_in_a_window_keeps_each_series(desktop, browse, tmp_path):
    from tests.app.test_browser import seen, turned

    for number in (1, 2):
        write_phantom(tmp_path / str(number), seed=number, **SMALL)
    browser = seen(browse(tmp_path))
    viewer = browser.viewer
    viewer.state = viewer.state.with_measurement(replace(PROBE, points=(viewer.state.cursor,)))
    first = browser.panel.opened
    other = 1 - first
    for entry, count in ((other, 0), (first, 1)):
        browser.choose(entry)
        turned(browser, lambda: not browser.is_loading)
        assert len(browser.viewer.state.measurements) == count
    browser.close()
    again = seen(browse(tmp_path, keep="resume"))
    assert len(again.viewer.state.measurements) == 1


def test_show_resumes_and_forgets(desktop, known, kept_folder):
    def close(one):
        one.is_open = False

    def add(one):
        one.handler.key("i")

    MemoryDesktop.script += [add, close]
    first = show(known, "mpr", (400, 300))
    MemoryDesktop.script += [close]
    assert show(known, "mpr", (400, 300)).state.look.inverted == (not first.state.look.inverted)
    MemoryDesktop.script += [close]
    assert show(known, "mpr", (400, 300), resume=True).state.look.inverted == first.state.look.inverted
    MemoryDesktop.script += [add, close]
    show(known, "mpr", (400, 300), forget=True)
    assert [*kept_folder.glob("*.json")] == []
    with pytest.raises(ViewError, match="give one of them"):
        show(known, resume=True, forget=True)
    with pytest.raises(ViewError, match="give one of them"):
        show(known, resume=True, state=first.state)


@pytest.mark.slow
def test_a_window_that_is_killed_has_lost_some_seconds_at_most(tmp_path, kept_folder):
    write_phantom(tmp_path / "series", **SMALL)
    script = f"""
import sys, time
sys.path[:0] = {sys.path!r}
import viewer3d
from tests.app.conftest import MemoryScreen
from tests.app.sessions.conftest import PROBE
from viewer3d.app.viewer import Viewer
viewer = Viewer(viewer3d.load({str(tmp_path / "series")!r}), "mpr", (400, 300), screen=MemoryScreen((400, 300)))
at = time.monotonic()
while True:
    viewer.process_events()
    if time.monotonic() > at:
        viewer.state = viewer.state.with_measurement(PROBE)
        print(len(viewer.state.measurements), flush=True)
        at += 0.5
    time.sleep(0.01)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        try:
            drawn = [int(process.stdout.readline()) for _ in range(16)][-1]
        finally:
            process.send_signal(signal.SIGKILL)
    (path,) = kept_folder.glob("*.json")
    (view,) = read_views(path.stem).views
    assert drawn - view.measured <= (keeping.SAVE_SECONDS + 0.5) / 0.5
    screen = MemoryScreen((400, 300))
    with Viewer(viewer3d.load(tmp_path / "series"), "mpr", (400, 300), screen=screen, keep="resume") as viewer:
        assert len(viewer.state.measurements) == view.measured
