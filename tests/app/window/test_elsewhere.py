"""What a screen that is elsewhere takes, through the area beside the panel and the cells of series side by side."""

from __future__ import annotations

import viewer3d
from tests.app.conftest import MemoryScreen, RemoteDesktop
from viewer3d.app.beside.screens import SharedArea
from viewer3d.app.window.elsewhere import copy_to, give_file, how_to_close, is_in_browser, opens_places, paste_from
from viewer3d.app.window.screen import PictureArea, takes_files


class Plain(viewer3d.Screen):
    """A screen that has the defaults alone."""


def parts(screen):
    area = PictureArea(screen)
    return screen, area, SharedArea(area, None).add()


def test_a_screen_elsewhere_takes_files_and_texts_also_through_its_parts():
    for number in range(3):
        screen = RemoteDesktop()
        part = parts(screen)[number]
        assert takes_files(part)
        assert give_file(part, "viewer3d.png", b"png")
        assert screen.files == {"viewer3d.png": b"png"}
        assert copy_to(part, "two")
        assert paste_from(part) == "two"
        assert screen.texts == ["two"]
        assert (opens_places(part), is_in_browser(part), how_to_close(part)) == (False, True, "close the tab")


def test_screens_take_nothing_by_default_whether_they_know_of_it_or_not():
    for part in (*parts(MemoryScreen()), *parts(Plain()), None):
        assert not takes_files(part)
        assert not give_file(part, "viewer3d.png", b"png")
        assert not copy_to(part, "two")
        assert paste_from(part) is None
        assert (opens_places(part), is_in_browser(part), how_to_close(part)) == (True, False, "")
