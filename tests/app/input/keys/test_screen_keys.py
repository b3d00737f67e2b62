"""Keys as the help has them in a browser, held against the table and what a browser's keys are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from viewer3d.app.input.binding import Action
from viewer3d.app.input.bindings import BINDINGS, GROUPS
from viewer3d.app.input.find_binding import keys_of_actions
from viewer3d.app.input.keys.key_names import is_key, key_label, parse_key
from viewer3d.app.input.keys.screen_keys import KEPT_BY_BROWSERS, browser_table, help_lines, key_on
from viewer3d.app.input.keys.screen_traits import ON_DESKTOP, ScreenTraits
from viewer3d.app.window.bar.tool_bar import bar_table
from viewer3d.app.window.help_pages import help_layout, help_marks
from viewer3d.render.marks.display_list import Text
from viewer3d.web.keys import x11_name

BROWSER = ScreenTraits(in_browser=True, opens_places=False, closes_by_keys=False)
INPUTS = {name for one in BINDINGS for name in one.inputs if is_key(name)}
SHIFTED = {"N", "T", "W", "Q", "P"}


def pressed(label):
    """Return the fields of the event that pressing what a label names sends."""
    *held, key = label.split(" + ")
    key = {"Return": "Enter", "Page Up": "PageUp", "Page Down": "PageDown"}.get(key, key)
    key = key.upper() if "Shift" in held else key
    return {"key": key, "ctrl": "Ctrl" in held, "alt": "Alt" in held, "shift": "Shift" in held}


@pytest.mark.parametrize("name", sorted(KEPT_BY_BROWSERS))
def test_what_the_help_names_instead_of_a_kept_key_does_the_same(name):
    label = key_on(name, BROWSER)
    assert label != key_label(name)
    assert not label.startswith("Ctrl")
    assert x11_name(pressed(label))[0] == name


def test_all_other_keys_are_called_as_elsewhere():
    for name in INPUTS - KEPT_BY_BROWSERS:
        assert key_on(name, BROWSER) == key_label(name)
    assert all(key_on(name, ON_DESKTOP) == key_label(name) for name in INPUTS)


def test_the_documentation_has_the_table():
    table = browser_table()
    assert table in (Path(__file__).parents[4] / "docs" / "window.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    assert {parse_key(row[0]) for row in rows} == INPUTS & KEPT_BY_BROWSERS
    assert {x11_name(pressed(row[1]))[0] for row in rows} == INPUTS & KEPT_BY_BROWSERS


def test_help_palette_and_tool_bar_name_the_keys_of_the_browser():
    lines = {does: keys for _, rows in help_lines(GROUPS, BROWSER) for keys, does in rows}
    before = {does: keys for _, rows in help_lines(GROUPS, ON_DESKTOP) for keys, does in rows}
    assert (lines["fills the screen, and back (Esc)"], before["fills the screen, and back (Esc)"]) == (
        "Alt + Return",
        "F11",
    )
    assert lines["plots times, profile of a line, histogram"] == "Alt + t, p, i"
    assert lines["does what Ctrl does, with every key"] == "Alt"
    assert "opens another folder or file: its path, Tab completes" in before.keys() - lines.keys()
    assert (lines["closes what is over the picture, full screen"], before["closes"]) == ("q, Esc", "q, Esc")
    same = lines.items() & before.items()
    assert len(before) - len(same) == 4  # times, full screen, folders, closing
    actions = Action(command="full screen"), Action(command="save state")
    assert [keys_of_actions(BROWSER)[one] for one in actions] == [("Alt + Return",), ("Ctrl + s",)]
    buttons = {button.title: button.key for _, _, rows in bar_table(BROWSER) for _, button in rows}
    assert all(not key.startswith("Ctrl + t") for key in buttons.values())


@pytest.mark.parametrize("size", [(390, 844), (700, 500), (1200, 900), (1920, 1080)])
def test_the_help_of_a_browser_stands_in_every_window(size):
    shown = {
        mark.text
        for page in range(len(help_layout(size, BROWSER).pages))
        for mark in help_marks(size, page, BROWSER)
        if isinstance(mark, Text)
    }
    assert {"In a browser", "Alt + Return", "Alt + t, p, i"} <= shown
    assert "F11" not in shown
    assert not any("folder" in text for text in shown)
