"""Names of keys: what VTK calls them, what is on them, and what a person writes of them."""

from __future__ import annotations

import re
from typing import Final

from viewer3d.core.option_names import nearest_name
from viewer3d.errors import ViewError

_LABELS: Final = {
    "Prior": "Page Up", "Next": "Page Down", "Escape": "Esc", "BackSpace": "Backspace", "space": "Space",
    "plus": "+", "minus": "-", "equal": "=", "asterisk": "*", "ampersand": "&", "slash": "/", "backslash": "\\",
    "bracketleft": "[", "bracketright": "]", "braceleft": "{", "braceright": "}", "parenleft": "(", "parenright": ")",
    "comma": ",", "period": ".", "less": "<", "greater": ">", "question": "?", "left click": "click",
    "double click": "double-click", "ctrl+left click": "Ctrl + click", "shift+move": "Shift + move",
    "label double click": "double-click on it",
}  # fmt: skip
"""What is on the keys, by the names that VTK has for them."""

_OTHER_KEYS: Final = (
    *(f"F{number}" for number in range(1, 13)),
    *("Home", "End", "Up", "Down", "Left", "Right", "Tab", "Delete", "Insert", "Return"),
)
"""Keys that are called what is on them."""


def key_label(name: str) -> str:
    """Return what is on a key, with those that are held.

    Parameters
    ----------
    name : str
        As :class:`viewer3d.app.input.binding.Binding` has it.

    Examples
    --------
    >>> [key_label(name) for name in ("d", "M", "ctrl+s", "ctrl+Z", "Prior", "bracketleft", "ctrl+wheel up")]
    ['d', 'Shift + m', 'Ctrl + s', 'Ctrl + Shift + z', 'Page Up', '[', 'Ctrl + wheel up']
    """
    if name in _LABELS:
        return _LABELS[name]
    *held, key = name.split("+")
    label = _LABELS.get(key, key)
    if len(label) == 1 and label.isupper():
        held, label = [*held, "shift"], label.lower()
    return " + ".join([*(one.capitalize() for one in dict.fromkeys(held)), label])


def is_key(name: str) -> bool:
    """Return whether an input is a key, and no gesture of the mouse or the wheel."""
    return " " not in name and name != "shift+move"


def parse_key(text: str) -> str:
    """Return what VTK calls the key that a person writes.

    Parameters
    ----------
    text : str
        As the help has it, or as VTK does: ``"k"``, ``"Shift + k"`` or ``"K"``, ``"Ctrl + s"``, ``"F5"``, ``"["``.

    Raises
    ------
    ViewError
        When it is no key.

    Examples
    --------
    >>> [parse_key(one) for one in ("K", "Shift + k", "ctrl+shift+z", "Ctrl + +", "page up", "bracketleft")]
    ['K', 'K', 'ctrl+Z', 'ctrl+plus', 'Prior', 'bracketleft']
    """
    found = re.fullmatch(r"\s*((?:\w+\s*\+\s*)*)(\S.*?)\s*", text)
    held = [] if found is None else [one.strip().lower() for one in found[1].split("+") if one.strip()]
    key = "" if found is None else found[2]
    if found is None or not set(held) <= {"ctrl", "shift"}:
        raise ViewError(f"no key is named {text!r:.40}: give one as k, Shift + k, Ctrl + s or F5")
    if len(key) == 1 and key.isascii() and key.isalnum():
        name = key.upper() if "shift" in held else key
        if "ctrl" in held and "shift" not in held:
            name = key.lower()
        held = [one for one in held if one != "shift" or key.isdigit()]
    else:
        name = _name_of(key, text)
    if "shift" in held:
        raise ViewError(f"key {text!r:.40}: Shift goes with letters alone; give what the key types, as ! or {{")
    return f"ctrl+{name}" if held else name


def _name_of(key: str, text: str) -> str:
    labels = {label.lower(): name for name, label in _LABELS.items() if is_key(name) and " click" not in f" {label}"}
    labels |= {name.lower(): name for name in (*_OTHER_KEYS, *_LABELS) if is_key(name)}
    if key.lower() in labels or re.fullmatch(r"KP_\w+", key):
        return labels.get(key.lower(), key)
    keys = [label for name, label in _LABELS.items() if is_key(name) and len(label) > 1]
    raise ViewError(f"no key is named {text!r:.40}: {nearest_name(key, [*_OTHER_KEYS, *keys])}")
