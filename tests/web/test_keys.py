"""Keys of a browser have the names that the table of bindings has for them."""

from __future__ import annotations

import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from viewer3d.app.input.binding import Binding
from viewer3d.app.input.bindings import BINDINGS
from viewer3d.app.input.keys.key_names import is_key, parse_key
from viewer3d.app.input.keys.own_keys import key_groups
from viewer3d.web.keys import finger_buttons, prevented, x11_name

KEYS = sorted({name for one in BINDINGS for name in one.inputs if is_key(name)})


def name(key: str, *held: str, **fields: Any) -> tuple[str, str]:
    return x11_name({"t": "key", "key": key} | dict.fromkeys(held, True) | fields)


def test_letters_digits_and_signs() -> None:
    for letter in string.ascii_letters + string.digits:
        assert name(letter) == (letter, letter)
    assert [name(one)[0] for one in "[]\\+-=*&/?,.<>( )"] == [
        *("bracketleft", "bracketright", "backslash", "plus", "minus", "equal", "asterisk", "ampersand", "slash"),
        *("question", "comma", "period", "less", "greater", "parenleft", "space", "parenright"),
    ]
    # What is typed counts, on every layout: Shift is a part of it.
    assert name("?", "shift", code="Slash") == name("?", "shift", code="Minus") == ("question", "?")
    assert name("é") == ("U00E9", "é")
    assert name("ж", code="Semicolon") == ("U0436", "ж")
    assert name("😀") == ("U1F600", "😀")


def test_keys_that_type_nothing() -> None:
    pairs = {"Enter": "Return", "Backspace": "BackSpace", "PageUp": "Prior", "ArrowLeft": "Left", "F12": "F12"}
    assert {key: name(key) for key in pairs} == {key: (named, "") for key, named in pairs.items()}
    assert name("Tab") == ("Tab", "")
    assert name("Tab", "shift") == ("ISO_Left_Tab", "")
    assert name("ArrowLeft", "ctrl") == ("ctrl+Left", "")


@pytest.mark.parametrize("key", ["Shift", "Control", "AltGraph", "Dead", "Process", "Unidentified", "CapsLock", ""])
def test_what_has_no_name(key: str) -> None:
    assert name(key) == name(key, "ctrl") == ("", "")


@pytest.mark.parametrize("garbage", [{}, {"key": None}, {"key": 5}, {"key": "\x00"}, {"key": "ab"}, {"key": ["a"]}])
def test_garbage_has_no_name(garbage: dict[str, Any]) -> None:
    assert x11_name(garbage) == ("", "")
    assert x11_name({"key": "a", "location": "x", "code": 7, "shift": "no"}) == ("a", "a")
    assert x11_name({"key": "\ud800"}) == ("", "")


@pytest.mark.parametrize("held", ["ctrl", "alt"])
def test_alt_does_what_ctrl_does(held: str) -> None:
    assert name("c", held) == ("ctrl+c", "")
    assert name("Z", held, "shift") == ("ctrl+Z", "")
    assert name("Z", held) == ("ctrl+z", "")  # Caps Lock
    assert name("[", held) == ("ctrl+bracketleft", "")
    assert name("Backspace", held) == ("ctrl+BackSpace", "")
    # On a Cyrillic keyboard the place of the key counts.
    assert name("\N{CYRILLIC SMALL LETTER ES}", held, code="KeyC") == ("ctrl+c", "")
    assert name("Я", held, "shift", code="KeyZ") == ("ctrl+Z", "")
    assert name("ё", held, code="Backquote") == ("ctrl+U0451", "")


def test_alt_with_return_does_what_f11_does() -> None:
    assert name("Enter", "alt") == name("Enter", "alt", location=3) == ("F11", "")
    assert name("Enter", "ctrl") == ("ctrl+Return", "")


def test_command_is_ctrl_on_macos_alone_and_option_types() -> None:
    assert name("c", "meta", "mac") == ("ctrl+c", "")
    assert name("z", "meta", "shift", "mac") == ("ctrl+Z", "")  # as Chrome tells of it there
    assert name("c", "meta") == ("", "")
    assert name("t", "ctrl", "mac") == ("ctrl+t", "")
    assert name("[", "alt", "mac") == ("bracketleft", "[")
    assert name("ArrowLeft", "alt", "mac") == ("ctrl+Left", "")
    assert name("Enter", "alt", "mac") == ("F11", "")


def test_altgr_types() -> None:
    assert name("@", "altgraph") == name("@", "altgraph", "ctrl", "alt") == ("at", "@")
    assert name("[", "ctrl", "alt") == ("bracketleft", "[")  # Windows, where AltGr is both
    assert name("ą", "ctrl", "alt", code="KeyA") == ("U0105", "ą")
    assert name("t", "ctrl", "alt") == ("ctrl+t", "")


def test_the_keypad_is_told_by_its_place() -> None:
    assert name("+", location=3) == ("KP_Add", "+")
    assert name("5", location=3) == ("KP_5", "5")
    assert name("Enter", location=3) == ("KP_Enter", "")
    assert name("Home", location=3) == ("Home", "")
    assert name("+") == ("plus", "+")


def test_the_page_keeps_what_is_bound_and_leaves_the_rest_to_the_browser() -> None:
    kept = prevented(BINDINGS)
    assert {"F1", "F2", "F3", "F11", "Tab", "PageUp", "ctrl+s", "ctrl+Z", "ctrl+ArrowLeft", "ctrl+p"} <= set(kept)
    # Reloading, the browser's own tools, its search, its zoom.
    assert not {"F5", "F12", "ctrl+n", "ctrl+h", "ctrl++", "ctrl+-", "ctrl+v"} & set(kept)
    own = prevented((*BINDINGS, Binding(("ctrl+n", "F5", "x", "ctrl+plus"), "", "")))
    assert set(own) - set(kept) == {"ctrl+n", "F5", "ctrl++"}
    assert all(key.isascii() for key in kept)


def test_every_key_of_the_table_can_be_pressed_in_a_browser() -> None:
    """What the page keeps, or what types a character, has the name of each."""
    pressed = set()
    for one in [*prevented(BINDINGS), *(chr(code) for code in range(0x20, 0x7F))]:
        key = one.removeprefix("ctrl+")
        held = ["ctrl"] * one.startswith("ctrl+") + ["shift"] * (len(key) == 1 and key.isupper())
        pressed |= {name(key, *held)[0], name(key, *held, location=3)[0]}
    assert set(KEYS) <= pressed


def test_the_rows_of_the_page_on_browser_keys() -> None:
    """What it says that a key does is what the key is named."""
    page = (Path(__file__).parents[2] / "docs" / "browser_keys.md").read_text(encoding="utf-8")
    rows = [tuple(part.strip() for part in line.split("|")[1:3]) for line in page.splitlines() if line.startswith("|")]
    rows = rows[2 : rows.index(("hand", "does"))]
    pressed = {
        "Alt + t": name("t", "alt"),
        "Alt + Shift + z": name("Z", "alt", "shift"),
        "Alt + Left": name("ArrowLeft", "alt"),
        "Alt + Return": name("Enter", "alt"),
        "AltGr + 8, where that types [": name("[", "altgraph", code="Digit8"),
        "Command + s, on macOS": name("s", "meta", "mac"),
        "Ctrl + \N{CYRILLIC CAPITAL LETTER ES}, a Cyrillic key": name(
            "\N{CYRILLIC SMALL LETTER ES}", "ctrl", code="KeyC"
        ),
        "keypad +": name("+", location=3),
        "Tab": name("Tab"),
    }
    assert [row[0] for row in rows] == list(pressed)
    for key, does in rows:
        words = {"zooms in": "KP_Add", "shows the panel": "Tab"}
        assert pressed[key][0] == (words.get(does) or parse_key(does)), key
        assert pressed[key][0] in KEYS


def test_buttons_for_fingers_have_the_keys_of_the_table() -> None:
    table = [binding for bindings in key_groups().values() for binding in bindings]
    keys = {icon: key for icon, _, key in finger_buttons(table)}
    assert keys == {
        "panel": "Tab", "search": "/", "undo": "ctrl+z", "A": "z", "C": "y", "S": "x", "3D": "v", "four": "g",
        "distance": "d", "picture": "s", "?": "?",
    }  # fmt: skip
    assert finger_buttons([replace(one, inputs=()) for one in table if "search" in one.icons]) == []
