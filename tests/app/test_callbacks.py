"""Callbacks of a viewer: what is called when, with what, and what an error in one does."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from tests.app.conftest import MemoryScreen
from viewer3d.app.viewer import Viewer
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.measurements.results import measure

EVENTS = ("state", "cursor", "window", "measurement", "close")


@pytest.fixture
def seen(box):
    """A viewer on a screen in memory; closed by the test or at its end."""
    with Viewer(box, "axial", screen=MemoryScreen((300, 200))) as viewer:
        viewer.process_events()
        yield viewer


def probe(viewer, name=""):
    return Measurement("probe", (viewer.state.cursor,), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), name)


def record(viewer):
    calls = []
    for event in EVENTS:
        getattr(viewer, f"on_{event}")(lambda *values, event=event: calls.append((event, *values)))
    return calls


def test_each_is_called_with_the_new_value_when_that_has_changed(seen):
    calls = record(seen)
    seen.state = state = seen.state.with_cursor((1, 2, 3))
    assert calls == [("state", state), ("cursor", (1, 2, 3))]
    calls.clear()
    seen.state = state = state.with_window(Window(1, 2))
    assert calls == [("state", state), ("window", Window(1, 2))]
    calls.clear()
    seen.state = state = state.with_look(inverted=not state.look.inverted)
    assert calls == [("state", state)]
    calls.clear()
    seen.state = state
    assert calls == []


def test_events_of_the_user_call_back_too(seen):
    calls = record(seen)
    before = seen.state.cursor
    seen.interactor.wheel(1, 150, 100)
    assert [call[0] for call in calls] == ["state", "cursor"]
    assert calls[1][1] == seen.state.cursor == (before[0], before[1], before[2] + 3)
    seen.interactor.key("i")
    assert [call[0] for call in calls[2:]] == ["state"]


def test_a_measurement_calls_back_with_the_table_of_all(seen):
    tables = []
    seen.on_measurement(tables.append)
    one = probe(seen, "here")
    seen.state = seen.state.with_measurement(one)
    assert tables == [seen.measurements]
    (row,) = tables[0]
    assert (row["name"], row["kind"], row["unit"]) == ("here", "probe", "HU")
    assert row["value"] == measure(seen.volume, one).value
    seen.state = replace(seen.state, measurements=())
    assert tables[1:] == [[]]


def test_the_table_is_of_the_member_of_the_state_also_before_it_is_drawn(box):
    members = [box.with_info(which={"time": 0.0}), replace(box, voxels=box.voxels + 7).with_info(which={"time": 1.0})]
    with Viewer(members, "axial", (64, 64), off_screen=True) as viewer:
        viewer.render()
        viewer.state = viewer.state.with_measurement(probe(viewer))
        (before,) = viewer.measurements
        viewer.state = viewer.state.with_look(member=1)
        (after,) = viewer.measurements
        assert after["value"] == before["value"] + 7


def test_closing_calls_back_once_and_leaves_what_was_seen_last(seen):
    calls = record(seen)
    seen.interactor.move(150, 100)
    seen.interactor.key("e")
    seen.interactor.press("left", 120, 80)
    seen.interactor.move(160, 110)
    assert len(seen.state.measurements) == 1
    assert seen.state.pointer is not None
    seen.interactor.key("Escape")  # the tool is put down
    seen.interactor.key("e")
    seen.interactor.press("left", 120, 80)
    seen.interactor.move(160, 110)
    pictures = []
    seen.on_close(lambda: pictures.append((seen.is_open, seen.screenshot())))
    seen.close()
    seen.close()
    assert calls.count(("close",)) == 1
    assert calls[-1] == ("close",)
    assert (seen.state.measurements, seen.state.pointer, seen.measurements) == ((), None, [])
    assert pictures[0][0] is False
    np.testing.assert_array_equal(pictures[0][1], seen.screenshot())


def test_a_window_that_the_user_closes_calls_back_from_the_loop(seen):
    calls = record(seen)
    seen.interactor.key("q")
    assert not seen.process_events()
    seen.process_events()
    assert [call for call in calls if call[0] == "close"] == [("close",)]


def test_what_was_added_is_removed(seen):
    calls = []
    remove, keep = seen.on_cursor(calls.append), seen.on_cursor(calls.append)  # the same function twice
    remove()
    remove()
    seen.state = seen.state.with_cursor((1, 2, 3))
    assert calls == [(1, 2, 3)]
    keep()
    seen.state = seen.state.with_cursor((4, 5, 6))
    assert calls == [(1, 2, 3)]


def test_callbacks_can_be_removed_and_added_while_they_are_called(seen):
    calls, removes = [], {}

    def first(_):
        calls.append("first")
        removes["first"]()
        removes["second"]()
        seen.on_state(lambda _: calls.append("added"))

    removes["first"] = seen.on_state(first)
    removes["second"] = seen.on_state(lambda _: calls.append("second"))
    seen.on_state(lambda _: calls.append("third"))
    seen.state = seen.state.with_cursor((1, 2, 3))
    assert calls == ["first", "third"]
    seen.state = seen.state.with_cursor((1, 2, 4))
    assert calls == ["first", "third", "third", "added"]


def test_a_callback_that_sets_the_state_is_heard_by_all_in_order(seen):
    cursors, others = [], []

    def snap(cursor):
        cursors.append(cursor)
        seen.state = seen.state.with_cursor(tuple(float(round(x)) for x in cursor))

    seen.on_cursor(snap)
    seen.on_cursor(others.append)
    seen.state = seen.state.with_cursor((1.25, 2.0, 3.0))
    assert cursors == others == [(1.25, 2.0, 3.0), (1.0, 2.0, 3.0)]


@pytest.mark.parametrize("off_screen", [False, True])
def test_an_error_in_a_callback_is_told_and_all_else_goes_on(box, off_screen, capsys):
    how = {"off_screen": True} if off_screen else {"screen": MemoryScreen((300, 200))}
    with Viewer(box, "axial", (300, 200), **how) as viewer:
        cursors = []
        viewer.on_cursor(lambda _: 1 / 0)
        viewer.on_cursor(cursors.append)
        viewer.interactor.wheel(1, 150, 100)
        viewer.state = viewer.state.with_cursor((1, 2, 3))
        viewer.process_events()
        assert len(cursors) == 2
        assert viewer.note == "on_cursor: ZeroDivisionError: division by zero"
        assert viewer.is_open is not off_screen
    errors = capsys.readouterr().err
    assert errors.count("ZeroDivisionError: division by zero") == 2
    assert "test_callbacks.py" in errors  # where it was raised


def test_states_set_by_another_thread_call_back_on_the_thread_of_the_loop(seen):
    threads = []
    seen.on_cursor(lambda cursor: threads.append((threading.get_ident(), cursor)))

    def work():
        seen.state = seen.state.with_cursor((1, 2, 3))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert threads == []
    seen.process_events()
    assert threads == [(threading.get_ident(), (1, 2, 3))]


def test_another_series_keeps_the_callbacks(seen, box):
    calls = record(seen)
    seen.exchange(Volume.from_array(box.voxels[:, :, :7], box.affine, unit="HU"))
    assert calls[0] == ("state", seen.state)
    assert ("cursor", seen.state.cursor) in calls
