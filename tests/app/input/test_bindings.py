"""The table of keys and gestures, and what is written from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from viewer3d.app.input.bindings import BINDINGS, SCOPES_3D, SCOPES_SLICES, markdown_table
from viewer3d.app.window.controls import help_marks

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_has_the_table():
    assert markdown_table() in README.read_text(encoding="utf-8"), "put bindings.markdown_table() into the README"


@pytest.mark.parametrize("binding", BINDINGS, ids=lambda binding: binding.label)
def test_every_binding_does_one_thing(binding):
    for_each = (binding.gestures, binding.commands, binding.tool_starters)
    assert sum((binding.drag is not None, *(bool(what) for what in for_each))) == 1
    assert all(len(what) == len(binding.inputs) for what in for_each if what)


@pytest.mark.parametrize("in_3d", [False, True])
def test_no_input_means_two_things(in_3d):
    here = SCOPES_3D if in_3d else SCOPES_SLICES
    inputs = [name for binding in BINDINGS if binding.scope in here for name in binding.inputs]
    assert len(inputs) == len(set(inputs))


@pytest.mark.parametrize("size", [(1200, 900), (640, 480), (1920, 1080), (16, 16)])
def test_the_help_holds_every_line(size):
    texts = {mark.text for mark in help_marks(size)}
    assert all(binding.label in texts and binding.description in texts for binding in BINDINGS)
