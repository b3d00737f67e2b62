"""Wheels with notches, fine ones and touch pads: whole steps, pans and zooms."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("application")


class Recorder:
    """A handler that writes down what it is called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        assert x >= 0 <= y
        self.calls.append(("ctrl+wheel" if ctrl else "wheel", steps))

    def press(self, button: str, x: float, y: float) -> None:
        self.calls.append((button, x, y))

    def move(self, x: float, y: float) -> None:
        self.calls.append(("move", x, y))

    def release(self, button: str) -> None:
        self.calls.append(("release", button))


@pytest.fixture
def send():
    """A function that turns the wheel and returns what the handler was asked."""
    from qtpy.QtCore import QPoint, QPointF, Qt
    from qtpy.QtGui import QWheelEvent

    from viewer3d.app.qt.wheel import Wheel

    wheel = Wheel()

    def turn(angle=(0, 0), pixels=(0, 0), phase="NoScrollPhase", held="NoModifier") -> list[tuple[Any, ...]]:
        recorder, keys = Recorder(), getattr(Qt, held)
        point = QPointF(50, 60)
        event = QWheelEvent(point, point, QPoint(*pixels), QPoint(*angle), Qt.NoButton, keys, getattr(Qt, phase), False)
        wheel.turn(event, recorder, 50, 60)
        return recorder.calls

    return turn


def test_a_notch_is_a_step(send) -> None:
    assert send((0, 120)) == [("wheel", 1)]
    assert send((0, -240)) == [("wheel", -2)]
    assert send((0, 120), held="ControlModifier") == [("ctrl+wheel", 1)]
    assert send((120, 0), held="ShiftModifier") == [("wheel", 1)]  # which some systems turn to the side


def test_fine_deltas_add_up(send) -> None:
    assert [send((0, 40)) for _ in range(6)] == [[], [], [("wheel", 1)]] * 2
    assert send((0, 100)) == []
    assert send((0, -100)) == []  # the other way begins anew
    assert send((0, -20)) == [("wheel", -1)]


def test_two_fingers_go_through_slices_or_move_the_picture(send) -> None:
    assert send(phase="ScrollBegin") == []
    assert send((0, 60), (0, 15), "ScrollUpdate") == []
    assert send((0, 60), (0, 15), "ScrollUpdate") == [("wheel", 1)]
    assert send((60, 0), (40, 2), "ScrollUpdate") == []  # a swipe stays what it began as
    assert send(phase="ScrollEnd") == []
    assert send(phase="ScrollBegin") == []
    assert send((60, 0), (12, 3), "ScrollUpdate") == [("middle", 50, 60), ("move", 62, 63)]
    assert send((0, 60), (0, -20), "ScrollUpdate") == [("move", 62, 43)]
    assert send(phase="ScrollEnd") == [("release", "middle")]
    assert send((9, 9), (12, 30), "ScrollMomentum") == []
    send(phase="ScrollBegin")
    assert send((0, 60), (0, 30), "ScrollUpdate", "ShiftModifier") == [("middle", 50, 60), ("move", 50, 90)]
    send(phase="ScrollEnd")


def test_a_pinch_zooms() -> None:
    from qtpy.QtCore import Qt

    from viewer3d.app.qt.wheel import Wheel

    class Pinch:
        def __init__(self, value: float, kind: Any = Qt.ZoomNativeGesture) -> None:
            self.value, self.gestureType = lambda: value, lambda: kind

    wheel, recorder = Wheel(), Recorder()
    assert [wheel.pinch(Pinch(0.05), recorder, 0, 0) for _ in range(5)] == [True] * 5
    assert recorder.calls == [("ctrl+wheel", 1)] * 2
    assert not wheel.pinch(Pinch(1.0, Qt.RotateNativeGesture), recorder, 0, 0)
