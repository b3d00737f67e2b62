"""Cine and the keys of 4-D sets, by a clock of the test's own."""

from __future__ import annotations

import time

import numpy as np
import pytest

from viewer3d.app.input.cine import (
    Cine,
    advanced,
    after_command,
    go_to_member,
    is_overridden,
    stopped,
    toggled,
    with_faster_rate,
)
from viewer3d.app.input.context import EventPosition
from viewer3d.app.viewer import Viewer
from viewer3d.core.view.planes import PLANES
from viewer3d.core.volume import Volume

NOWHERE = EventPosition(-1, -1)


@pytest.fixture
def times(box):
    return [box.with_info(which={"echo": e, "time": t}) for e in (1.0, 2.0) for t in (0.0, 1.0, 2.0)]


@pytest.fixture
def fourth(times):
    with Viewer(times, "mpr", (640, 480), off_screen=True) as viewer:
        yield viewer


def play(cine, state, context, seconds, per_second=1000):
    seen = [state]
    for now in np.linspace(0, seconds, round(seconds * per_second) + 1):
        cine, state = advanced(cine, state, context, float(now))
        if state != seen[-1]:
            seen.append(state)
    return seen


@pytest.mark.parametrize("plane", tuple(PLANES))
def test_through_all_slices_and_again(viewer, plane):
    context, axis = viewer.interactor.context, PLANES[plane].axis
    seen = play(toggled(Cine(), plane, 0.0), viewer.state, context, 5)
    assert len(seen) - 1 == 5 * 20
    places = [state.cursor[axis] for state in seen[1:]]
    steps = np.diff(places) * {"axial": -1, "coronal": 1, "sagittal": 1}[plane]
    loops = np.nonzero(steps < 0)[0]
    low, high = context.cursor_bounds[0][axis], context.cursor_bounds[1][axis]
    assert len(loops) >= 1
    assert (np.delete(steps, loops) <= context.slice_step(PLANES[plane]) + 1e-9).all()
    assert max(places) > high - context.slice_step(PLANES[plane])
    assert min(places) < low + context.slice_step(PLANES[plane])


def test_through_times_of_one_echo(fourth):
    state = fourth.state.with_look(member=4)
    seen = play(toggled(Cine(), "time", 0.0), state, fourth.interactor.context, 0.65)
    assert [one.look.member for one in seen] == [4, 5, 3, 4, 5, 3, 4]


def test_nothing_waits_in_a_queue(fourth):
    cine = toggled(Cine(), "time", 0.0)
    state, context = fourth.state, fourth.interactor.context
    cine, state = advanced(cine, state, context, 7.0)  # drawing took 70 pictures' time
    assert state.look.member == 1
    cine, state = advanced(cine, state, context, 7.0)
    assert state.look.member == 2  # late: the next is due at once, one picture and no more
    for now, member in ((7.05, 2), (7.1, 0), (7.11, 0)):
        cine, state = advanced(cine, state, context, now)
        assert state.look.member == member


def test_rates():
    cine = toggled(Cine(), "axial", 0.0)
    assert (cine.rate, with_faster_rate(cine, 1).rate, with_faster_rate(cine, -1).rate) == (20, 25, 15)
    assert (with_faster_rate(cine, -99).rate, with_faster_rate(cine, 99).rate) == (1, 60)
    times = toggled(with_faster_rate(cine, 1), "time", 0.0)
    assert (times.rate, toggled(times, "axial", 0.0).rate) == (10, 25)
    assert with_faster_rate(Cine(), 1) == Cine()


def test_a_second_key_stops_and_another_goes_on_elsewhere():
    cine = toggled(Cine(), "axial", 0.0)
    assert toggled(cine, "axial", 1.0).through is None
    assert toggled(cine, "coronal", 1.0).through == "coronal"
    assert toggled(cine, None, 1.0).through is None
    assert "20 axial slices" in cine.note


def test_where_nothing_can_be_gone_through_nothing_goes(viewer):
    state = viewer.state.with_view("3d")
    assert after_command(Cine(), "cine slices", state, viewer.interactor.context, NOWHERE, now=0.0).through is None
    assert after_command(Cine(), "cine time", viewer.state, viewer.interactor.context, NOWHERE, now=0.0).through is None
    lone = Volume.from_array(np.zeros((5, 5, 1), np.int16), np.eye(4))
    with Viewer(lone, "axial", (64, 64), off_screen=True) as one:
        assert play(toggled(Cine(), "axial", 0.0), one.state, one.interactor.context, 1) == [one.state]


def test_the_pane_pointed_at_goes(viewer):
    position = EventPosition(500, 200, "sagittal")
    assert (
        after_command(Cine(), "cine slices", viewer.state, viewer.interactor.context, position, now=0.0).through
        == "sagittal"
    )
    assert (
        after_command(Cine(), "cine slices", viewer.state, viewer.interactor.context, NOWHERE, now=0.0).through
        == "axial"
    )


def test_hands_that_move_the_same_take_over(fourth):
    cine, state = toggled(Cine(), "axial", 0.0), fourth.state
    x, y, z = state.cursor
    assert is_overridden(cine, state, state.with_cursor((x, y, z + 3)))
    assert not is_overridden(cine, state, state.with_cursor((x + 3, y, z)))
    assert not is_overridden(cine, state, state.with_look(inverted=True, member=1))
    assert is_overridden(toggled(Cine(), "time", 0.0), state, state.with_look(member=1))
    assert not is_overridden(stopped(cine), state, state.with_cursor((x, y, z + 3)))


def test_keys(fourth):
    members = []
    for key in ("period", "period", "period", "greater", "comma", "less"):
        fourth.interactor.key(key)
        members.append(fourth.state.look.member)
    assert members == [1, 2, 2, 5, 4, 1]
    fourth.interactor.key("C")
    fourth.interactor.key("parenleft")
    assert "7 times a second" in fourth.note
    fourth.interactor.key("comma")
    assert fourth.note == "cine stopped"


def test_keys_of_a_lone_volume_do_nothing(viewer):
    before = viewer.state
    for key in ("period", "less", "C", "Tab", "parenright"):
        viewer.interactor.key(key)
    assert viewer.state == before
    assert go_to_member(1, "first")(viewer.state, viewer.interactor.context, NOWHERE) == viewer.state


def test_it_goes_by_turns_and_what_is_pointed_at_goes_along(box):
    with Viewer(box, "axial", (200, 200), off_screen=True) as viewer:
        viewer.interactor.move(100, 100)
        viewer.interactor.key("c")
        time.sleep(0.06)  # 20 pictures a second
        before = viewer.state
        assert viewer.process_events()
        assert viewer.state.cursor[2] != before.cursor[2]
        assert viewer.state.pointer.world[2] == viewer.state.cursor[2]


def test_times_are_played_in_their_order_and_begin_again(box):
    mixed = [box.with_info(which={"time": t}) for t in (0.0, 2.0, 3.0, 1.0)]
    with Viewer(mixed, "mpr", (640, 480), off_screen=True) as viewer:
        seen = play(toggled(Cine(), "time", 0.0), viewer.state, viewer.interactor.context, 0.65)
    assert [mixed[one.look.member].which["time"] for one in seen] == [0, 1, 2, 3, 0, 1, 2]
