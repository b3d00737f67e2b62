"""Name the keys of Qt as X11 names them, which is how the table of bindings has them."""

from __future__ import annotations

from typing import Final

from qtpy.QtCore import Qt

from viewer3d.app.input.keysyms import name_of_character

_SPECIAL: Final = {
    Qt.Key_Escape: "Escape",
    Qt.Key_Tab: "Tab",
    Qt.Key_Backtab: "ISO_Left_Tab",
    Qt.Key_Backspace: "BackSpace",
    Qt.Key_Return: "Return",
    Qt.Key_Enter: "KP_Enter",
    Qt.Key_Insert: "Insert",
    Qt.Key_Delete: "Delete",
    Qt.Key_Home: "Home",
    Qt.Key_End: "End",
    Qt.Key_Left: "Left",
    Qt.Key_Up: "Up",
    Qt.Key_Right: "Right",
    Qt.Key_Down: "Down",
    Qt.Key_PageUp: "Prior",
    Qt.Key_PageDown: "Next",
    Qt.Key_Space: "space",
    Qt.Key_Menu: "Menu",
}
"""Keys that type nothing, or a blank."""

_CONTROL_CODES: Final = 0x20
"""Characters below it are what Ctrl makes of letters."""


def key_name(key: int, text: str, *, ctrl: bool = False, shift: bool = False, keypad: bool = False) -> tuple[str, str]:
    """Return the name of a key and what it types.

    Parameters
    ----------
    key : int
        Its number, a ``Qt.Key``.
    text : str
        What Qt says that it types.
    ctrl, shift : bool
        Whether they are held.
    keypad : bool
        Whether it is a key of the keypad.

    Returns
    -------
    name : str
        As X11 has it, with ``ctrl+`` before it where that is held; empty for keys without a name, as Shift alone.
    character : str
        Empty where it types none, and with Ctrl.

    Examples
    --------
    >>> key_name(Qt.Key_PageUp, ""), key_name(Qt.Key_Z, "Z", ctrl=True, shift=True)
    (('Prior', ''), ('ctrl+Z', ''))
    """
    typed = text if len(text) == 1 and text.isprintable() and ord(text) >= _CONTROL_CODES else ""
    name = _SPECIAL.get(Qt.Key(key), "") if _is_known(key) else ""
    if not name and Qt.Key_F1 <= key <= Qt.Key_F35:
        name = f"F{key - Qt.Key_F1 + 1}"
    if not name:
        # With Ctrl Qt types a control code or nothing: the key itself says which letter is meant.
        character = typed if typed and not ctrl else _letter_on(key, shift=shift)
        name = name_of_character(character, keypad=keypad)
    if ctrl:
        return (f"ctrl+{name}" if name else ""), ""
    return name, typed


def _is_known(key: int) -> bool:
    try:
        Qt.Key(key)
    except ValueError:  # a key of a keyboard that Qt has no name for
        return False
    return True


def _letter_on(key: int, *, shift: bool) -> str:
    if not _CONTROL_CODES <= key < 0x7F:
        return ""
    return chr(key) if shift else chr(key).lower()
