"""Keys of Qt are named as VTK names them: every binding, pressed in both, leads to the same state."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.app.window.test_desktop import Fingers
from viewer3d.app.input.bindings import BINDINGS
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.panel import panel_width
from viewer3d.core.view.measurement import Measurement

SIZE = (720, 480)
KEYS = sorted({name for one in BINDINGS for name in one.inputs if " " not in name and name != "shift+move"})
SIGNS = {
    "ampersand": "&", "asterisk": "*", "backslash": "\\", "braceleft": "{", "braceright": "}", "bracketleft": "[",
    "bracketright": "]", "comma": ",", "equal": "=", "greater": ">", "less": "<", "minus": "-", "parenleft": "(",
    "parenright": ")", "period": ".", "plus": "+", "question": "?", "slash": "/", "space": " ",
}  # fmt: skip
NAMED = {
    "Prior": "PageUp", "Next": "PageDown", "BackSpace": "Backspace", "KP_Add": "Plus", "KP_Subtract": "Minus",
    "KP_Multiply": "Asterisk", "KP_Divide": "Slash", "KP_Enter": "Enter",
}  # fmt: skip
DRAGS = {"left drag": "left", "middle drag": "middle", "right drag": "right", "shift+left drag": "left"}


class Pair:
    """A widget and a viewer off screen whose picture is as large, with the commands that each was given."""

    def __init__(self, widget: Any, viewer: Viewer) -> None:
        self.widget, self.viewer, self.fingers = widget, viewer, Fingers(viewer)
        self.left = panel_width(SIZE)
        self.commands: dict[str, list[str]] = {"qt": [], "vtk": []}
        for name, one in (("qt", widget.viewer), ("vtk", viewer)):
            handlers = one._steering.handlers
            for command in tuple(handlers):
                handlers[command] = lambda _, command=command, name=name: self.commands[name].append(command)

    def begin(self, pane: str) -> tuple[int, int]:
        """Show the first state in both, the pointer in a pane; return where it is in the picture."""
        for one in (self.widget.viewer, self.viewer):
            one.interactor.cancel()
            one.state = self.state
            one._steering.presenter.controls.show_note("")
        rect = self.viewer.interactor.context.rect(self.viewer.state, pane)
        x, y = rect.left + round(0.37 * rect.width), rect.top + round(0.61 * rect.height)
        self.fingers.at(x, y).send("MouseMove")
        self.mouse("Move", x, y)
        for commands in self.commands.values():
            commands.clear()
        assert self.widget.state == self.viewer.state
        return x, y

    def mouse(self, kind: str, x: float, y: float, button: str = "No", held: str = "No", keys: Any = None) -> None:
        """Send an event of the mouse, at a pixel of the picture, through Qt."""
        from qtpy.QtCore import QEvent, QPointF, Qt
        from qtpy.QtGui import QMouseEvent
        from qtpy.QtWidgets import QApplication

        point = QPointF(x + self.left, y)
        types = (getattr(Qt, f"{button.title()}Button"), getattr(Qt, f"{held.title()}Button"))
        event = QMouseEvent(getattr(QEvent, f"Mouse{kind}"), point, point, *types, keys or Qt.NoModifier)
        QApplication.sendEvent(self.widget, event)

    def assert_same(self) -> None:
        assert self.widget.state == self.viewer.state
        assert self.commands["qt"] == self.commands["vtk"]
        assert self.widget.viewer.note == self.viewer.note


@pytest.fixture(scope="module")
def scene() -> Any:
    """What the fixtures of the window have, once for all keys."""
    from viewer3d.core.segmentation import Segmentation
    from viewer3d.core.volume import Volume

    k = np.arange(12)[None, None, :]
    voxels = np.broadcast_to(100 * k - 300, (24, 20, 12)).astype(np.int16)
    affine = np.diag([1.0, 2.0, 3.0, 1.0])
    about = {"frame_of_reference": "1.2.3"}
    times = [Volume.from_array(voxels + n, affine, unit="HU", modality="CT", **about) for n in (0, 1)]
    uptake = np.random.default_rng(5).uniform(0, 12, (24, 20, 12)).astype(np.float32)
    pet = Volume.from_array(uptake, affine, unit="SUVbw", modality="PT", **about)
    labels = np.zeros((24, 20, 12), np.uint8)
    labels[4:16, 4:14, 3:8] = 1
    return times[0], [pet, Segmentation.from_array([labels], affine, names={1: "Liver"}, **about)]


@pytest.fixture(scope="module")
def pair(application: Any, scene: Any) -> Iterator[Pair]:
    from viewer3d.qt import ViewerWidget

    volume, overlays = scene
    widget = ViewerWidget(volume, overlays=overlays)
    widget.resize(*SIZE)
    widget._process()  # the panel takes its room, and the picture the rest
    widget._process()
    size = (SIZE[0] - panel_width(SIZE), SIZE[1])
    assert widget.viewer.size == size
    with Viewer(volume, "quad", size, off_screen=True, overlays=overlays) as viewer:
        one = Pair(widget, viewer)
        line = Measurement("distance", ((5.0, 10.0, 15.0), (12.0, 22.0, 15.0)), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
        state = viewer.state.with_cursor((8.0, 20.0, 15.0))
        one.state = replace(state, measurements=(line,), active=1)
        yield one
    widget.close()


def press(widget: Any, name: str) -> None:
    """Press a key of Qt that VTK has this name for, as a keyboard does."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    held = Qt.NoModifier
    *control, name = name.split("+")
    if control:
        held |= Qt.ControlModifier
    if name.startswith("KP_") and name != "KP_Enter":
        held |= Qt.KeypadModifier
    if (name.isupper() and len(name) == 1) or name in ("plus", "question", "asterisk"):
        held |= Qt.ShiftModifier
    if len(name) == 1 or name in SIGNS:
        QTest.keyClick(widget, SIGNS.get(name, name), held)
    else:
        QTest.keyClick(widget, getattr(Qt, f"Key_{NAMED.get(name, name)}"), held)


@pytest.mark.parametrize("pane", ["axial", "3d"])
def test_every_key_does_what_it_does_in_the_window(pair: Pair, pane: str) -> None:
    idle = set()
    for name in KEYS:
        if name == "Tab":  # of the panel alone, below
            continue
        pair.begin(pane)
        before = pair.viewer.state
        press(pair.widget, name)
        *control, key = name.split("+")
        pair.fingers.key(key, ctrl=bool(control))
        pair.assert_same()
        if pair.viewer.state == before and not pair.commands["qt"] and not pair.viewer.note:
            idle.add(name)
    # Most do something here, so that the comparison is of something: there are no other times, and few windows of SUV.
    assert len(idle) < (0.3 if pane == "axial" else 0.5) * len(KEYS), sorted(idle)


@pytest.mark.parametrize("pane", ["axial", "3d"])
@pytest.mark.parametrize("name", sorted(DRAGS))
def test_every_drag_does_what_it_does_in_the_window(pair: Pair, pane: str, name: str) -> None:
    from qtpy.QtCore import Qt

    x, y = pair.begin(pane)
    button, shift = DRAGS[name], name.startswith("shift")
    keys = Qt.ShiftModifier if shift else Qt.NoModifier
    before = pair.viewer.state
    pair.fingers.drag(button.title(), (x, y), (x + 30, y - 20), steps=2, shift=int(shift))
    pair.mouse("Move", x, y, keys=keys)
    pair.mouse("ButtonPress", x, y, button, button, keys)
    for share in (0.5, 1.0):
        pair.mouse("Move", x + 30 * share, y - 20 * share, "No", button, keys)
    pair.mouse("ButtonRelease", x + 30, y - 20, button, "No", keys)
    pair.assert_same()
    assert pair.viewer.state != before


def test_a_click_a_double_click_and_moving_with_shift(pair: Pair) -> None:
    from qtpy.QtCore import Qt

    x, y = pair.begin("axial")
    pair.fingers.at(x, y).send("LeftButtonPress", "LeftButtonRelease")
    pair.mouse("ButtonPress", x, y, "left", "left")
    pair.mouse("ButtonRelease", x, y, "left")
    pair.assert_same()
    assert pair.viewer.state.cursor != pair.state.cursor
    pair.fingers.at(x + 9, y, shift=1).send("MouseMove")
    pair.mouse("Move", x + 9, y, keys=Qt.ShiftModifier)
    pair.assert_same()
    pair.fingers.at(x, y).send("LeftButtonDoubleClick", "LeftButtonRelease")
    pair.mouse("ButtonDblClick", x, y, "left", "left")
    pair.mouse("ButtonRelease", x, y, "left")
    pair.assert_same()
    assert pair.widget.state.enlarged == "axial"
    # Leaving drops the pointer.
    from qtpy.QtCore import QEvent
    from qtpy.QtWidgets import QApplication

    assert pair.widget.state.pointer is not None
    QApplication.sendEvent(pair.widget, QEvent(QEvent.Leave))
    assert pair.widget.state.pointer is None


def test_tab_shows_and_hides_the_panel_and_leaves_the_focus(pair: Pair) -> None:
    pair.begin("axial")
    before = pair.widget._source._panel.panel.is_shown
    press(pair.widget, "Tab")
    assert pair.widget._source._panel.panel.is_shown is not before
    press(pair.widget, "Tab")
    assert pair.widget._source._panel.panel.is_shown is before


def test_letters_with_signs_are_typed_into_names(pair: Pair) -> None:
    from qtpy.QtGui import QInputMethodEvent
    from qtpy.QtWidgets import QApplication

    pair.begin("axial")
    press(pair.widget, "F2")
    for sign in "Tm 1":
        press(pair.widget, sign)
    composed = QInputMethodEvent("", [])
    composed.setCommitString("é")  # of a dead key and a letter
    QApplication.sendEvent(pair.widget, composed)
    press(pair.widget, "Return")
    assert pair.widget.state.measurements[0].name == "Tm 1é"


@pytest.mark.usefixtures("application")
def test_names_are_those_of_x11() -> None:
    from qtpy.QtCore import Qt

    from viewer3d.app.qt.keys import key_name

    for letter in string.ascii_letters + string.digits:
        assert key_name(ord(letter.upper()), letter) == (letter, letter)
    assert key_name(Qt.Key_C, "\x03", ctrl=True) == ("ctrl+c", "")
    assert key_name(Qt.Key_Z, "\x1a", ctrl=True, shift=True) == ("ctrl+Z", "")
    assert key_name(Qt.Key_Left, "", ctrl=True) == ("ctrl+Left", "")
    # AltGr: what is typed counts.
    assert key_name(Qt.Key_BraceLeft, "{") == ("braceleft", "{")
    assert key_name(Qt.Key_5, "5", keypad=True) == ("KP_5", "5")
    assert key_name(Qt.Key_Left, "", keypad=True) == ("Left", "")  # as macOS marks all arrows
    assert key_name(Qt.Key_Adiaeresis, "ä") == ("U00E4", "ä")
    assert key_name(Qt.Key_F11, "") == ("F11", "")
    assert key_name(Qt.Key_Shift, "") == ("", "")
    assert key_name(0x1FFFFFF + 77, "") == ("", "")


def test_menus_keep_their_keys_and_letters_are_the_viewers(pair: Pair) -> None:
    from qtpy.QtCore import QEvent, Qt
    from qtpy.QtGui import QKeyEvent
    from qtpy.QtWidgets import QApplication

    def is_taken(kind: Any, key: Any, held: Any, text: str) -> bool:
        event = QKeyEvent(kind, key, held, text)
        event.setAccepted(kind == QEvent.KeyPress)
        QApplication.sendEvent(pair.widget, event)
        return event.isAccepted()

    pair.begin("axial")
    assert is_taken(QEvent.ShortcutOverride, Qt.Key_I, Qt.NoModifier, "i")
    assert not is_taken(QEvent.ShortcutOverride, Qt.Key_S, Qt.ControlModifier, "\x13")
    assert not is_taken(QEvent.KeyPress, Qt.Key_F, Qt.AltModifier, "f")
    assert pair.widget.state.cursor == pair.state.cursor
    # On Windows AltGr is both.
    assert is_taken(QEvent.KeyPress, Qt.Key_BraceRight, Qt.ControlModifier | Qt.AltModifier, "}")
    assert not is_taken(QEvent.KeyPress, Qt.Key_F9, Qt.NoModifier, "")
