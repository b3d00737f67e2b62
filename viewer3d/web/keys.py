"""Name the keys of a browser as X11 names them, which is how the table of bindings has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from viewer3d.app.input.binding import Binding
from viewer3d.app.input.keys.key_names import is_key
from viewer3d.app.input.keysyms import letter_of, name_of_character

_NAMED: Final = {
    "Enter": "Return",
    "Backspace": "BackSpace",
    "ArrowLeft": "Left",
    "ArrowUp": "Up",
    "ArrowRight": "Right",
    "ArrowDown": "Down",
    "PageUp": "Prior",
    "PageDown": "Next",
    "ContextMenu": "Menu",
    **{name: name for name in ("Escape", "Tab", "Insert", "Delete", "Home", "End")},
    **{f"F{number}": f"F{number}" for number in range(1, 25)},
}
"""Keys that type nothing: their values in the DOM (UI Events KeyboardEvent key Values, W3C), and X11's names."""

_KEYPAD: Final = 3
"""``KeyboardEvent.DOM_KEY_LOCATION_NUMPAD``."""

_SIGNS: Final = {
    name_of_character(character, keypad=keypad): character
    for keypad in (False, True)
    for character in map(chr, range(0x20, 0x7F))
}
"""What keys type, by their names."""

_ALWAYS: Final = (
    *("Return", "KP_Enter", "Escape", "BackSpace", "Delete", "Tab", "Up", "Down", "Left", "Right", "Prior", "Next"),
    *("Home", "End", "ctrl+u", "ctrl+w", "ctrl+BackSpace"),
)
"""Keys that lists, panel, palette and the lines that are typed in take, besides those of the table."""


_FINGER_ICONS: Final = ("panel", "search", "undo", "A", "C", "S", "3D", "four", "distance", "picture", "?")
"""Of the tool bar, whose buttons are too small for fingers: what a page has larger ones for."""


def x11_name(message: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name of a key, and what it types.

    Alt does what Ctrl does, because browsers keep Ctrl+w, Ctrl+t and Ctrl+n for themselves; Alt with Return does what
    F11 does. On macOS Command does it, and Option types, as it does elsewhere in that system. AltGr types.

    Parameters
    ----------
    message : mapping
        The fields of a ``KeyboardEvent``: ``key``, ``code``, ``location``, ``shift``, ``ctrl``, ``alt``, ``meta``,
        ``altgraph``; and ``mac``, whether the browser runs on macOS. What lacks is not held; what is no key has no
        name.

    Returns
    -------
    name : str
        As X11 has it (``keysymdef.h``), with ``ctrl+`` before it where that is held; empty for what has no name here,
        as Shift alone, a dead key or a key of an input method.
    character : str
        Empty where it types none, and with Ctrl.

    Examples
    --------
    >>> x11_name({"key": "PageUp"}), x11_name({"key": "z", "alt": True, "shift": True}), x11_name({"key": "é"})
    (('Prior', ''), ('ctrl+Z', ''), ('U00E9', 'é'))
    """
    key = message.get("key")
    if not isinstance(key, str):
        return "", ""
    typed = key if len(key) == 1 and key.isprintable() else ""
    has_ctrl, has_alt, has_meta, is_mac = (bool(message.get(name)) for name in ("ctrl", "alt", "meta", "mac"))
    if (has_meta and not is_mac) or not (typed or key in _NAMED):
        return "", ""  # the key with the sign of the system is the system's
    if has_alt and key == "Enter" and not has_ctrl:
        return "F11", ""
    held = has_ctrl or has_alt or has_meta
    if held and not _types(message, typed):
        name = _NAMED.get(key) or _name_with_ctrl(message, typed)
        return (f"ctrl+{name}" if name else ""), ""
    if key == "Tab" and message.get("shift"):
        return "ISO_Left_Tab", ""
    is_keypad = message.get("location") == _KEYPAD
    if not typed:
        return ("KP_Enter" if is_keypad and key == "Enter" else _NAMED[key]), ""
    return name_of_character(typed, keypad=is_keypad), typed


def prevented(bindings: Iterable[Binding]) -> list[str]:
    """Return the keys that the page keeps from the browser, besides all that type a character.

    What is not among them goes to the browser alone, so that F5 loads the page again and Ctrl with + enlarges it.

    Parameters
    ----------
    bindings : iterable of Binding
        The table, with a person's own keys, see :func:`viewer3d.app.input.keys.own_keys.key_groups`.

    Returns
    -------
    list of str
        Values of ``KeyboardEvent.key``, with ``ctrl+`` before those with which Ctrl, or what does as it does, is held:
        letters are small, or capital where Shift is held too.

    Examples
    --------
    >>> table = (Binding(("ctrl+Z", "ctrl+bracketleft", "Prior", "a"), "", ""),)
    >>> sorted(set(prevented(table)) - set(prevented(())))
    ['ctrl+Z', 'ctrl+[']
    """
    inputs = (*_ALWAYS, *(name for binding in bindings for name in binding.inputs if is_key(name)))
    return sorted({found for name in inputs if (found := _dom_name(name))})


def finger_buttons(bindings: Iterable[Binding]) -> list[tuple[str, str, str]]:
    """Return the commands that a page has buttons for, for fingers, in their order.

    Parameters
    ----------
    bindings : iterable of Binding
        The table, with a person's own keys.

    Returns
    -------
    list of (str, str, str)
        The icon in the tool bar, or its letters; what it does; and the key that does it, as :func:`prevented` has it,
        or the character that it types. Commands that have no key are left out.
    """
    found = {}
    for binding in bindings:
        keys = [
            (action, dom)
            for name, action in zip(binding.inputs, binding.input_actions, strict=False)
            if is_key(name) and (dom := _dom_name(name) or _SIGNS.get(name) or letter_of(name))
        ]
        for icon, title, action in zip(binding.icons, binding.action_titles, binding.actions, strict=False):
            key = next((dom for one, dom in keys if one == action), "")
            if icon in _FINGER_ICONS and key:
                found[icon] = (icon, title, key)
    return [found[icon] for icon in _FINGER_ICONS if icon in found]


def _dom_name(name: str) -> str:
    # What the page compares; empty for what types a character.
    names = {x11: dom for dom, x11 in _NAMED.items()} | {"KP_Enter": "Enter"}
    has_ctrl, key = name.startswith("ctrl+"), name.removeprefix("ctrl+")
    found = names.get(key) or ((_SIGNS.get(key) or letter_of(key)) if has_ctrl else "")
    return f"ctrl+{found}" if has_ctrl and found else found


def _types(message: Mapping[str, Any], typed: str) -> bool:
    """Return whether what is held makes another character of a key, and no command."""
    if not typed:
        return False
    has_ctrl, has_alt = bool(message.get("ctrl")), bool(message.get("alt"))
    if message.get("mac"):
        return has_alt and not has_ctrl and not message.get("meta")  # Option
    # Windows may tell of AltGr as Ctrl and Alt; what it types is no letter or digit of ASCII.
    return bool(message.get("altgraph")) or (has_ctrl and has_alt and not (typed.isascii() and typed.isalnum()))


def _name_with_ctrl(message: Mapping[str, Any], typed: str) -> str:
    # On a keyboard of another script the place of the key counts, as browsers have it for their own keys. Shift tells
    # of a capital, for Caps Lock and Command change the letter.
    code = message.get("code")
    if not typed.isascii() and isinstance(code, str) and code.startswith("Key"):
        typed = code.removeprefix("Key")[:1]
    if typed.isascii() and typed.isalpha():
        typed = typed.upper() if message.get("shift") else typed.lower()
    return name_of_character(typed, keypad=message.get("location") == _KEYPAD)
