"""The history of a view: pure, and of any sequence of edits."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer3d.app.sessions.change_words import step_words
from viewer3d.app.sessions.history import (
    MOST_STEPS,
    History,
    find_changes,
    merge_changes,
    recorded,
    redo,
    renumbered,
    undo,
)
from viewer3d.core.geometry import Geometry
from viewer3d.core.view.look import ImageLook, RegionLook
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.slab import Slab
from viewer3d.core.view.state import Box, SlicePane, ViewState, state_of_geometry
from viewer3d.core.window import Window

FIRST = replace(
    state_of_geometry(Geometry(np.diag([1.0, 2.0, 3.0, 1.0]), (24, 20, 12)), Window(40, 400)),
    layers=(ImageLook(Window(40, 400)), ImageLook(Window(5, 10), colors="hot", opacity=0.5)),
    regions=(RegionLook(),),
)
RIGHT, DOWN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
A = Measurement("distance", ((1.0, 2.0, 3.0), (4.0, 5.0, 3.0)), RIGHT, DOWN)
B = Measurement("probe", ((7.0, 8.0, 9.0),), RIGHT, DOWN)


def run(history, states, **how):
    """Record a sequence of states, a second and more apart."""
    for number, (before, after) in enumerate(pairwise(states)):
        history = recorded(history, before, after, **{"at": 10.0 * number, **how})
    return history


def test_a_place_alone_is_no_step():
    moved = replace(FIRST.with_cursor((3, 4, 5)), axial=SlicePane(2.0), view="axial", active=1).with_look(0, member=1)
    assert recorded(History(), FIRST, moved) == History()


def test_a_place_that_changes_with_something_else_goes_back_with_it():
    changed = FIRST.with_cursor((3, 4, 5)).with_window(Window(1, 2))
    _, back, step = undo(recorded(History(), FIRST, changed), changed)
    assert back == FIRST
    assert step_words(step) == "window changed"


def test_only_what_the_step_changed_goes_back():
    one = FIRST.with_window(Window(1, 2))
    later = one.with_cursor((9, 9, 9)).with_look(1, member=2)
    _, back, _ = undo(recorded(History(), FIRST, one), later)
    assert back == FIRST.with_cursor((9, 9, 9)).with_look(1, member=2)


def test_what_one_press_does_is_one_step_however_long_it_takes():
    states = [FIRST.with_window(Window(center, 400)) for center in (40, 41, 45, 60)]
    history = run(History(), states, gesture=3)
    assert len(history.done) == 1
    assert undo(history, states[-1])[1] == FIRST
    again = recorded(history, states[-1], FIRST.with_window(Window(70, 400)), gesture=4, at=30.001)
    assert len(again.done) == 2


@pytest.mark.parametrize(("apart", "steps"), [(0.9, 1), (1.1, 3)])
def test_a_burst_of_keys_of_a_kind_is_one_step(apart, steps):
    history, state = History(), FIRST
    for number in range(3):
        after = replace(state, slab=Slab(5.0 * (number + 1), "mean"))
        history, state = recorded(history, state, after, at=apart * number), after
    assert len(history.done) == steps


def test_keys_of_other_kinds_and_measurements_are_steps_of_their_own():
    states = [FIRST, FIRST.with_window(Window(1, 2))]
    states.append(replace(states[-1], slab=Slab(5.0, "mean")))
    states += [states[-1].with_measurement(A), states[-1].with_measurement(A).with_measurement(B)]
    assert [step_words(step) for step in run(History(), states, at=1.0).done] == [
        "window changed",
        "slab changed",
        "distance added",
        "probe added",
    ]


def test_what_was_begun_and_left_again_is_no_step_and_drops_nothing():
    one = FIRST.with_window(Window(1, 2))
    history, state, _ = undo(recorded(History(), FIRST, one), one)
    drawn = state.with_measurement(A)
    begun = recorded(history, state, drawn, gesture=1)
    assert begun.undone == ()
    left = recorded(begun, drawn, state, gesture=1)
    assert (left.done, left.undone) == (history.done, history.undone)
    assert redo(left, state)[1] == one


def test_a_new_change_drops_what_was_undone_and_is_no_part_of_what_is_left():
    one, two = FIRST.with_window(Window(1, 2)), FIRST.with_window(Window(3, 4))
    history = recorded(recorded(History(), FIRST, one, at=0.0), one, two, at=5.0)
    history, state, _ = undo(history, two)
    history = recorded(history, state, FIRST.with_window(Window(5, 6)), at=0.5)
    assert (len(history.done), history.undone) == (2, ())
    done_again = redo(*undo(history, FIRST.with_window(Window(5, 6)))[:2])[0]
    assert len(recorded(done_again, one, two, at=0.6).done) == 3


def test_a_named_step_holds_a_place_alone_and_is_called_so():
    moved = FIRST.with_cursor((3, 4, 5))
    history = recorded(History(), moved, FIRST, name="as at first")
    _, back, step = undo(history, FIRST)
    assert (back, step_words(step)) == (moved, "as at first")


def test_it_is_bounded():
    states = [FIRST.with_window(Window(center, 400)) for center in range(MOST_STEPS + 50)]
    assert len(run(History(), states).done) == MOST_STEPS


def test_there_may_be_nothing():
    assert undo(History(), FIRST) == (History(), FIRST, None)
    assert redo(History(), FIRST) == (History(), FIRST, None)


def test_layers_that_got_other_numbers_keep_their_steps_and_those_gone_have_none():
    states = [FIRST, FIRST.with_look(1, opacity=0.2), FIRST.with_look(1, opacity=0.2).with_window(Window(1, 2))]
    states.append(states[-1].with_region(0, fill=0.9))
    history = run(History(), states)
    moved = renumbered(history, {"layers": {0: 0, 1: 2}, "regions": {}})
    assert [step.changes[0].path for step in moved.done] == [("layers", 2, "opacity"), ("layers", 0, "window")]
    grown = replace(states[-1], layers=(states[-1].layers[0], ImageLook(Window(0, 1)), states[-1].layers[1]))
    for _ in range(2):
        moved, grown, _ = undo(moved, grown)
    assert grown.layers == (FIRST.layers[0], ImageLook(Window(0, 1)), FIRST.layers[1])


def test_states_of_other_layers_have_no_look_in_common():
    assert find_changes(FIRST, replace(FIRST, layers=FIRST.layers[:1])) == ()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ((), (A,), "distance added"),
        ((A, B), (B,), "distance removed"),
        ((A, B), (), "2 measurements removed"),
        ((A,), (replace(A, name="nodule"),), "distance renamed"),
        ((A, B), (A.moved((1, 0, 0)), B), "distance changed"),
        ((A,), (B, B), "measurements changed"),
        ((A, B), (B, A), "measurements reordered"),
        ((A, A), (A,), "distance removed"),
    ],
)
def test_words_of_measurements(before, after, words):
    history = recorded(History(), replace(FIRST, measurements=before), replace(FIRST, measurements=after))
    assert step_words(history.done[-1]) == words


def test_words_of_many_things():
    box = Box((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    after = replace(FIRST, crop=box, planes_shown=True).with_look(0, inverted=True, colors="hot", value_bar=True)
    (step,) = recorded(History(), FIRST, after).done
    assert step_words(step) == "crop box set; colours, black and white, value bar and 1 more changed"
    (step,) = recorded(History(), after, replace(after, crop=None)).done
    assert step_words(step) == "crop box removed"
    (step,) = recorded(History(), FIRST, FIRST.with_region(0, rendering="none")).done
    assert step_words(step) == "surfaces in 3D changed"


WINDOWS = st.sampled_from([Window(40, 400), Window(0, 1), Window(-600, 1500, "SIGMOID")])
NUMBERS = st.integers(0, 1)
EDITS = st.one_of(
    st.tuples(WINDOWS, NUMBERS).map(lambda one: lambda state: state.with_look(one[1], window=one[0])),
    st.tuples(st.floats(0, 1), NUMBERS).map(lambda one: lambda state: state.with_look(one[1], opacity=one[0])),
    st.sampled_from([None, (1,), (2, 5)]).map(lambda one: lambda state: state.with_region(0, segments=one)),
    st.sampled_from([A, B]).map(lambda one: lambda state: state.with_measurement(one)),
    st.integers(0, 5).map(
        lambda one: lambda state: replace(state, measurements=state.measurements[:one] + state.measurements[one + 1 :])
    ),
    st.floats(1, 50).map(lambda one: lambda state: replace(state, crop=Box((0.0,) * 3, (one,) * 3))),
    st.just(lambda state: replace(state, crop=None)),
    st.floats(0.1, 40).map(lambda one: lambda state: replace(state, slab=Slab(one, "maximum"))),
    st.just(lambda state: replace(state, planes_shown=not state.planes_shown)),
    st.just(lambda state: replace(state, axes=((0.0, 1.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)))),
    st.just(lambda _: FIRST),
)
MOVES = st.tuples(st.floats(-9, 9), st.floats(0.5, 4)).map(
    lambda one: lambda state: replace(state.with_cursor((one[0], 1, 2)), axial=SlicePane(one[1]))
)
WHEN = st.tuples(st.sampled_from([None, None, 1, 2, 3]), st.floats(0, 1.5))


def edits_of(state):
    """What undo and redo bring back: all but places and selections."""
    return replace(
        FIRST, **{name: getattr(state, name) for name in ("layers", "regions", "measurements", "crop", "slab")},
        planes_shown=state.planes_shown, axes=state.axes,
    )  # fmt: skip


@given(st.lists(st.tuples(EDITS, WHEN), max_size=30), MOVES)
def test_any_edits_undone_are_the_first_state_and_done_again_the_last(edits, move):
    history, state, now, gesture = History(), FIRST, 0.0, 0
    for edit, (kind, wait) in edits:
        now, before = now + wait, state
        state = edit(state)
        gesture += kind == 1  # else the press before goes on
        history = recorded(history, before, state, gesture=None if kind is None else gesture, at=now)
    last, seen = state, move(state)
    for turn, goal in ((undo, FIRST), (redo, last), (undo, FIRST), (redo, last)):
        step = True
        while step:
            history, seen, step = turn(history, seen)
            assert ViewState.from_json(seen.to_json()) == seen
        assert edits_of(seen) == edits_of(goal)


@given(st.lists(EDITS, min_size=2, max_size=6))
def test_changes_that_are_merged_are_those_between_the_ends(edits):
    states = [FIRST]
    for edit in edits:
        states.append(edit(states[-1]))
    merged = ()
    for before, after in pairwise(states):
        merged = merge_changes(merged, find_changes(before, after))
    assert {change.path: change for change in merged} == {c.path: c for c in find_changes(FIRST, states[-1])}
