"""A person's own keys: moved, freed and refused, and what the table, the help and the palette then say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from viewer3d.app.input.bindings import GROUPS
from viewer3d.app.input.find_binding import find_command, find_gesture, find_tool
from viewer3d.app.input.keys.key_names import is_key, key_label, parse_key
from viewer3d.app.input.keys.own_keys import checked_key_groups, key_groups, own_note
from viewer3d.app.window.controls import help_marks
from viewer3d.errors import SettingsError, ViewError
from viewer3d.settings.read import parse_settings


@pytest.fixture
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "settings.toml"
    monkeypatch.setenv("VIEWER3D_SETTINGS", str(path))

    def write(*lines: str) -> None:
        path.write_text("\n".join(["[keys]", *lines]), encoding="utf-8")

    return write


def groups_with(*lines: str):
    return checked_key_groups(parse_settings("\n".join(["[keys]", *lines]), "own.toml"))


def lines_of(groups) -> dict[str, str]:
    return {one.description: one.label for bindings in groups.values() for one in bindings}


def test_without_own_keys_the_table_is_the_built_in_one():
    assert key_groups() is GROUPS
    assert own_note() == ""


def test_a_command_by_its_title(own_keys):
    invert, save = find_gesture("i", in_3d=False), find_command("s")
    own_keys('"Black and white exchanged" = "F5"', '"save picture" = ["Ctrl + j", "F6"]')
    assert find_gesture("F5", in_3d=False) is invert
    assert find_gesture("i", in_3d=False) is None
    assert find_command("ctrl+j") == find_command("F6") == save
    assert find_command("s") is None
    texts = {mark.text for mark in help_marks((1200, 900))}
    assert {"F5", "Ctrl + j, F6"} <= texts


def test_one_of_several_of_a_line(own_keys):
    following, before = find_gesture("k", in_3d=False), find_gesture("K", in_3d=False)
    own_keys('"next colours" = "F5"')
    assert find_gesture("F5", in_3d=False) is following
    assert find_gesture("K", in_3d=False) is before
    assert find_gesture("k", in_3d=False) is None
    said = lines_of(key_groups())
    assert said["next colours"] == "F5"
    assert said["colours: hot iron, PET, viridis, ..., and back"] == "Shift + k"


def test_a_key_by_its_name_moves_alone(own_keys):
    step = find_gesture("f", in_3d=False)
    own_keys('f = "F7"', '"2" = "Ctrl + 2"')
    assert find_gesture("F7", in_3d=False) is step
    assert find_gesture("f", in_3d=False) is None
    assert find_gesture("Up", in_3d=False) is step
    assert find_gesture("wheel up", in_3d=False) is step
    assert find_gesture("ctrl+2", in_3d=False) is not None
    assert find_gesture("2", in_3d=False) is None


def test_two_keys_change_places(own_keys):
    gestures = find_gesture("i", in_3d=False), find_gesture("j", in_3d=False)
    own_keys('i = "j"', 'j = "i"')
    assert (find_gesture("j", in_3d=False), find_gesture("i", in_3d=False)) == gestures


def test_a_key_is_freed(own_keys):
    own_keys('"Close the window" = []')
    assert find_command("q") is None
    assert "close the window" in lines_of(key_groups())  # which the palette lists
    own_keys("q = []")
    assert find_command("q") is None
    assert find_command("Escape") == "close"


def test_a_tool_and_a_command_without_a_key(own_keys):
    start = find_tool("d")
    own_keys('d = "F8"')
    assert find_tool("F8") is start
    assert find_tool("d") is None


def test_keys_of_slices_and_of_3d_move_together(own_keys):
    own_keys('plus = "F5"')
    assert find_gesture("F5", in_3d=False) is not None
    assert find_gesture("F5", in_3d=True) is not None
    assert find_gesture("F5", in_3d=False) is not find_gesture("F5", in_3d=True)
    assert find_gesture("plus", in_3d=True) is None
    assert find_gesture("equal", in_3d=True) is not None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('"black and white exchanged" = "j"', "j is the key of 'value bar': give another, or move that too"),
        ('i = "F99"', "no key is named 'F99': did you mean F9?"),
        ('i = "alt+x"', "no key is named 'alt+x': give one as k, Shift + k, Ctrl + s or F5"),
        ('i = "Shift + F5"', "Shift goes with letters alone"),
        ('F5 = "i"', "nothing is on this key: give the title of a command"),
        ('"valeu bar" = "F5"', "no command has this title, and no key this name: did you mean 'value bar'"),
        ('"left drag" = "F5"', "no command has this title, and no key this name"),
        ('i = ["F5", "j"]', "j is the key of 'value bar'"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(line, words):
    with pytest.raises(SettingsError) as told:
        groups_with("# nothing", line)
    assert str(told.value).startswith("own.toml, line 3, [keys]: ")
    assert words in str(told.value)
    assert len(str(told.value)) < 400


def test_wrong_keys_leave_the_built_in_ones_and_are_told(own_keys):
    own_keys('i = "j"')
    assert key_groups() is GROUPS
    assert own_note().startswith("Own keys are left out. ")
    assert f"{os.sep}settings.toml, line 2, [keys]: i: j is the key of" in own_note()


@pytest.mark.parametrize(
    "binding", [one for bindings in GROUPS.values() for one in bindings], ids=lambda one: one.label
)
def test_every_key_of_the_table_is_read_as_the_help_has_it(binding):

    for name in filter(is_key, binding.inputs):
        assert parse_key(name) == name or name in ("ctrl+Z", "ctrl+G")  # people write Ctrl + Shift + z
        if not name.startswith("KP_"):
            assert parse_key(key_label(name)) == name


def test_what_is_no_key():
    for text in ("", "wheel up", "left click", "hyper+x", "double-click"):
        with pytest.raises(ViewError, match="no key is named"):
            parse_key(text)


@pytest.mark.parametrize("heading", GROUPS)
def test_every_key_can_be_moved_and_every_line_stays_whole(heading):
    """Icons of the tool bar, titles and actions stay in step, whichever key of a line moves."""
    for name in (name for one in GROUPS[heading] for name in one.inputs if is_key(name)):
        for binding in (one for bindings in groups_with(f'"{name}" = "F9"').values() for one in bindings):
            each = (binding.gestures, binding.commands, binding.tool_starters)
            count = len(binding.inputs or binding.titles)
            assert all(len(what) == count for what in each if what)
            if binding.choices is None:
                assert len(binding.action_titles) == len(binding.actions)
            assert len(binding.icons) in (0, len(binding.actions))


def test_the_tool_bar_follows(own_keys, viewer):
    from viewer3d.app.window.bar.tool_bar import bar_buttons

    def keys():
        return {one.title: one.key for one in bar_buttons(viewer.state, viewer.steering.context, None)}

    before = keys()
    moved = next(title for title, key in before.items() if key == "d")
    own_keys('d = "F9"')
    after = keys()
    assert after[moved] == "F9"
    assert set(after) == set(before)
    assert {title: key for title, key in after.items() if title != moved} == {
        title: key for title, key in before.items() if title != moved
    }
