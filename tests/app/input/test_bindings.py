"""The table of keys and gestures, and what is written from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from viewer3d.app.commands import COMMANDS
from viewer3d.app.input.bindings import BINDINGS, markdown_table
from viewer3d.app.input.find_binding import SCOPES_3D, SCOPES_SLICES

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_has_the_table():
    assert markdown_table() in README.read_text(encoding="utf-8"), "put bindings.markdown_table() into the README"


@pytest.mark.parametrize("binding", BINDINGS, ids=lambda binding: binding.label or binding.description)
def test_every_binding_does_one_thing(binding):
    for_each = (binding.gestures, binding.commands, binding.tool_starters)
    if binding.inputs or binding.choices is None:
        assert sum((binding.drag is not None, *(bool(what) for what in for_each))) == 1
    count = len(binding.inputs or binding.titles)
    assert all(len(what) == count for what in for_each if what)
    assert bool(binding.inputs) == bool(binding.label)


@pytest.mark.parametrize("binding", BINDINGS, ids=lambda binding: binding.label or binding.description)
def test_every_action_but_drags_has_a_title_of_its_own(binding):
    titles = binding.action_titles
    if binding.choices is None:
        assert len(titles) == len(set(titles)) == len(binding.actions)
        assert bool(titles) == (binding.drag is None)


def test_one_title_is_of_one_action():
    fixed = [one for one in BINDINGS if one.choices is None]
    named = {(title, action) for one in fixed for title, action in zip(one.action_titles, one.actions, strict=True)}
    assert len(named) == len({title for title, _ in named}) == len({action for _, action in named})


def test_every_command_is_bound_and_obeyed():
    assert {command for one in BINDINGS for command in one.commands} == set(COMMANDS)


@pytest.mark.parametrize("in_3d", [False, True])
def test_no_input_means_two_things(in_3d):
    here = SCOPES_3D if in_3d else SCOPES_SLICES
    inputs = [name for binding in BINDINGS if binding.scope in here for name in binding.inputs]
    assert len(inputs) == len(set(inputs))
