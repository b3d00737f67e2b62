"""Several viewers in one process, each on a screen of its own and drawn in turn in one thread."""

from __future__ import annotations

import numpy as np

from tests.app.conftest import MemoryDesktop
from viewer3d.app.viewer import Viewer

SIZE = (360, 280)
LEFT = (
    lambda hand: hand.wheel(2, 90, 70),
    lambda hand: hand.key("i", "i"),
    lambda hand: hand.press("left", 270, 210),  # in the 3D pane, or in a slice
    lambda hand: hand.move(290, 190),
    lambda hand: hand.release("left"),
    lambda hand: hand.key("slash", "/"),
)
RIGHT = (
    lambda hand: hand.wheel(-1, 90, 70),
    lambda hand: hand.press("left", 90, 70),
    lambda hand: hand.move(120, 40),
    lambda hand: hand.key("question", "?"),
    lambda hand: hand.release("left"),
    lambda hand: hand.key("ctrl+l", ""),
)


def worked(volume, *numbers):
    """Return state and pixels that each of some viewers ends with, whose events come in turn."""
    kinds = [("quad", LEFT), ("mpr", RIGHT)]
    screens = [MemoryDesktop(SIZE) for _ in numbers]
    viewers = [Viewer(volume, kinds[n][0], SIZE, screen=one) for n, one in zip(numbers, screens, strict=True)]
    for viewer in viewers:
        viewer.open()
        viewer.process_events()
    for turn in range(len(LEFT)):
        for number, viewer, screen in zip(numbers, viewers, screens, strict=True):
            kinds[number][1][turn](screen.handler)
            viewer.process_events()
    found = []
    for viewer, screen in zip(viewers, screens, strict=True):
        viewer.render()
        found.append((viewer.state, screen.pixels))
        viewer.close()  # what is shown after it must not need it
    return found


def test_each_is_as_it_would_be_alone(box, desktop):
    together = worked(box, 0, 1)
    for number, (state, pixels) in enumerate(together):
        (alone,) = worked(box, number)
        assert state == alone[0]
        np.testing.assert_array_equal(pixels, alone[1])
    assert together[0][0] != together[1][0]


def test_each_has_its_own_palette_lists_notes_and_recent_commands(box, desktop):
    screens = MemoryDesktop(SIZE), MemoryDesktop(SIZE)
    one, other = (Viewer(box, "mpr", SIZE, screen=screen) for screen in screens)
    with one, other:
        one.open()
        other.open()
        one.steering.palette.open("save the state")
        assert other.steering.palette.palette is None
        screens[1].handler.key("ctrl+l")
        assert (one.steering.rows, other.steering.rows is None) == (None, False)
        one.steering.presenter.controls.show_note("of one")
        assert (one.note, other.note) == ("of one", "")
        one.steering.palette.open("layout")
        first = one.steering.palette.palette.chosen.title
        screens[0].handler.key("Return")
        one.steering.palette.open()
        other.steering.palette.open()
        assert one.steering.palette.palette.chosen.title == first
        assert other.steering.palette.palette.chosen.title != first
