"""The table of keys and gestures, and what is written from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from viewer3d.app.input.bindings import ACTIONS, IN_3D, IN_SLICES, table
from viewer3d.app.window.help import help_marks

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_has_the_table():
    assert table() in README.read_text(encoding="utf-8"), (
        "put what viewer3d.app.input.bindings.table() gives in the README"
    )


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.written)
def test_every_action_does_one_thing(action):
    for_each = (action.gestures, action.commands, action.takes)
    assert sum((action.drag is not None, *(bool(what) for what in for_each))) == 1
    assert all(len(what) == len(action.inputs) for what in for_each if what)


@pytest.mark.parametrize("in_3d", [False, True])
def test_no_input_means_two_things(in_3d):
    here = IN_3D if in_3d else IN_SLICES
    inputs = [name for action in ACTIONS if action.where in here for name in action.inputs]
    assert len(inputs) == len(set(inputs))


@pytest.mark.parametrize("size", [(1200, 900), (640, 480), (1920, 1080), (16, 16)])
def test_the_help_holds_every_line(size):
    texts = {mark.text for mark in help_marks(size)}
    assert all(action.written in texts and action.words in texts for action in ACTIONS)
