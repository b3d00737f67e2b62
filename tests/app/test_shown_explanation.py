"""Why a pixel has its colour, over the window's picture: shown, copied, and closed again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from tests.app.conftest import MemoryScreen
from viewer3d import Viewer, Volume
from viewer3d.app.shown_explanation import WHY_HELP, text_marks
from viewer3d.render.marks.display_list import Text

SIZE = (900, 600)


@pytest.fixture
def viewer() -> Iterator[Viewer]:
    i, j, k = np.meshgrid(*(np.arange(n) for n in (24, 20, 12)), indexing="ij")
    volume = Volume.from_array((10 * i + 3 * j - 7 * k).astype(np.int16), np.diag([4.0, 5.0, 9.0, 1.0]), unit="HU")
    with Viewer(volume, "axial", SIZE, screen=MemoryScreen(SIZE)) as one:
        one.process_events()
        yield one


def shown(viewer: Viewer) -> np.ndarray:
    viewer.process_events()
    screen = viewer._screen
    assert isinstance(screen, MemoryScreen)
    return screen.pixels.copy()


def test_the_key_explains_the_pixel_that_is_pointed_at_and_closes_again(viewer: Viewer) -> None:
    viewer.interactor.move(400, 250)
    before = shown(viewer)
    viewer.interactor.key("W")
    assert (shown(viewer) != before).any()
    for key in ("W", "Escape"):
        viewer.interactor.key(key)
        assert np.array_equal(shown(viewer), before), key
        assert viewer.is_open
        viewer.interactor.key("W")
    viewer.interactor.key("Up")  # of another slice it was not asked
    there = shown(viewer)
    viewer.interactor.key("Down")
    assert (shown(viewer) != before).any()  # it is back with the slice
    viewer.interactor.key("W")
    viewer.interactor.key("Up")
    assert np.array_equal(shown(viewer), there)
    viewer.interactor.key("q")
    assert not viewer.is_open


def test_what_is_explained_is_the_pixel_and_can_be_copied(viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setitem(
        sys.modules, "pyperclip", SimpleNamespace(copy=copied.append, set_clipboard=str, PyperclipException=OSError)
    )
    viewer.interactor.move(400, 250)
    shown(viewer)
    grey = int(viewer.screenshot()[250, 400, 0])
    viewer.interactor.key("W")
    viewer.interactor.key("ctrl+c")
    assert copied[0].startswith(f"axial pane: grey {grey}, because of")
    assert "voxel " in copied[0]
    assert viewer.note == "copied why this pixel has its colour"


def test_where_there_is_no_pane_it_says_what_to_do(viewer: Viewer) -> None:
    viewer.interactor.key("W")
    assert viewer.note == "why this grey: point at a pixel of a pane, and press W"


def test_long_explanations_are_cut_to_the_window() -> None:
    marks = text_marks((400, 300), "\n".join(f"line {n}" for n in range(100)))
    texts = [mark for mark in marks if isinstance(mark, Text)]
    assert min(mark.y for mark in texts) > 0
    assert texts[0].text == "line 0"
    assert "..." in [mark.text for mark in texts]
    assert "".join(mark.text for mark in texts).replace(" ", "").endswith(WHY_HELP.replace(" ", ""))
