"""A viewer in the cells of a notebook, without Jupyter: messages, the kernel's loop, what is freed."""

from __future__ import annotations

import asyncio
import gc
import re
import threading
from weakref import ref

import pytest

import viewer3d
from tests.web.canvas import Canvas
from tests.web.notebook.conftest import Page, in_loop, same, settle, until
from viewer3d.errors import ViewError, WebError
from viewer3d.web.notebook.screen import NotebookScreen
from viewer3d.web.notebook.widget import module_text, style_text

SIZE = (320, 240)
AXIAL = {"x": 80, "y": 60}


def test_a_viewer_in_a_kernel_needs_no_display_and_moves_with_hands_and_program(kernel, volume):
    async def cell():
        viewer = viewer3d.Viewer(volume, "mpr")
        widget = viewer.widget(height=400)
        assert viewer.widget() is widget
        assert (widget.height, viewer.is_open, viewer.show()) == (400, True, viewer)
        seen = []
        viewer.on_state(seen.append)
        canvas = Canvas(Page(widget), SIZE)
        await same(canvas, viewer)
        assert viewer.size == SIZE
        before = viewer.state.cursor
        canvas.say("wheel", n=3, **AXIAL)
        await until(lambda: viewer.state.cursor != before)
        await same(canvas, viewer)
        assert viewer.state.cursor[2] > before[2]
        assert seen[-1] == viewer.state
        frames = len(canvas.frames)
        viewer.state = viewer.state.with_cursor(before)
        await until(lambda: len(canvas.frames) > frames)
        await same(canvas, viewer)
        threading.Thread(target=setattr, args=(viewer, "state", viewer.state.with_cursor((1, 2, 3)))).start()
        await until(lambda: seen[-1].cursor == (1, 2, 3))
        await same(canvas, viewer)
        viewer.close()
        assert canvas.headers[-1]["t"] == "end"
        assert "closed" in canvas.headers[-1]["why"]
        with pytest.raises(ViewError, match="closed: make another"):
            viewer.widget()

    in_loop(cell)


@pytest.mark.slow
def test_at_rest_nothing_runs(kernel, volume, monkeypatch):
    async def cell():
        viewer = viewer3d.Viewer(volume, "axial")
        canvas = Canvas(Page(viewer.widget()), SIZE)
        await same(canvas, viewer)
        calls = []
        monkeypatch.setattr(viewer, "process_events", lambda: calls.append(1))
        await settle(0.3)
        assert not calls
        canvas.say("wheel", n=1, **AXIAL)
        await until(lambda: calls)
        viewer.close()

    in_loop(cell)


def test_what_a_cell_draws_itself_is_seen_while_it_runs(kernel, volume):
    async def cell():
        viewer = viewer3d.Viewer(volume, "axial")
        canvas = Canvas(Page(viewer.widget()), SIZE)
        await same(canvas, viewer)
        frames = len(canvas.frames)
        for step in range(5):
            viewer.state = viewer.state.with_cursor((0, 0, 10 * step))
            viewer.render()
        assert len(canvas.frames) == frames + 5
        viewer.close()

    in_loop(cell)


def test_what_is_off_screen_takes_a_screen_and_keeps_state_history_and_callbacks(kernel, volume):
    async def cell():
        viewer = viewer3d.Viewer(volume, "mpr", off_screen=True)
        seen, first = [], viewer.state
        viewer.on_state(seen.append)
        viewer.state = first.with_look(0, inverted=True)
        canvas = Canvas(Page(viewer.widget()), SIZE)
        await same(canvas, viewer)
        assert viewer.state.look.inverted
        canvas.say("key", key="z", code="KeyZ", ctrl=True)
        await until(lambda: not viewer.state.look.inverted)
        assert seen[-1] == viewer.state
        viewer.close()

    in_loop(cell)


@pytest.mark.slow
def test_two_cells_of_one_viewer_see_one_view_and_another_viewer_its_own(kernel, volume):
    async def cell():
        one, other = viewer3d.Viewer(volume, "mpr"), viewer3d.Viewer(volume, "axial")
        first, second = (Canvas(Page(one.widget(), name), SIZE) for name in ("a", "b"))
        third = Canvas(Page(other.widget(), "a"), SIZE)
        await same(second, one)
        first.say("wheel", n=2, **AXIAL)
        await settle(0.05)
        await same(first, one)
        await same(second, one)
        await same(third, other)
        assert (first.pixels != third.pixels).any()
        for viewer in (one, other):
            viewer.close()

    in_loop(cell)


def test_an_exception_of_a_callback_is_told_and_ends_nothing(kernel, volume, capsys):
    async def cell():
        viewer = viewer3d.Viewer(volume, "mpr")
        viewer.on_cursor(lambda _: 1 / 0)
        canvas = Canvas(Page(viewer.widget()), SIZE)
        await same(canvas, viewer)
        canvas.say("wheel", n=1, **AXIAL)
        await until(lambda: "ZeroDivisionError" in viewer.note)
        before = viewer.state.cursor
        canvas.say("wheel", n=1, **AXIAL)
        await until(lambda: viewer.state.cursor != before)
        viewer.close()

    in_loop(cell)
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.slow
def test_what_no_cell_shows_is_freed_where_no_name_is_left(kernel, volume, monkeypatch):
    monkeypatch.setattr("viewer3d.web.notebook.cell.RELEASE_SECONDS", 0.02)

    async def cell():
        freed, suspended, before = [], [], viewer3d.Viewer.suspend
        monkeypatch.setattr(viewer3d.Viewer, "suspend", lambda viewer: suspended.append(before(viewer)))
        for is_named in (True, False):
            viewer = viewer3d.Viewer(volume, "axial")
            page = Page(viewer.widget())
            canvas = Canvas(page, SIZE)
            await same(canvas, viewer)
            kernel.user_ns["Out"][3] = kernel.user_ns["_3"] = kernel.user_ns["_"] = viewer
            kernel.user_ns_hidden["_3"] = kernel.user_ns_hidden["_"] = kernel.displayhook._ = viewer
            if is_named:
                kernel.user_ns["viewer"] = viewer
            freed.append(ref(viewer))
            page.leave()
            del viewer, page, canvas
            await until(lambda: not kernel.user_ns["Out"])
            await settle(0.1)
            assert (kernel.user_ns["Out"], "_3" in kernel.user_ns, kernel.user_ns["_"]) == ({}, False, "")
        gc.collect()
        assert len(suspended) == 2
        assert [one() is None for one in freed] == [False, True]
        named = kernel.user_ns["viewer"]
        again = Canvas(Page(named.widget()), SIZE)
        await same(again, named)
        named.close()

    in_loop(cell)


def test_a_cell_that_comes_back_in_time_keeps_what_is_drawn(kernel, volume, monkeypatch):
    monkeypatch.setattr("viewer3d.web.notebook.cell.RELEASE_SECONDS", 0.2)

    async def cell():
        viewer = viewer3d.Viewer(volume, "axial")
        suspended = []
        monkeypatch.setattr(viewer, "suspend", lambda: suspended.append(1))
        page = Page(viewer.widget())
        Canvas(page, SIZE)
        await settle(0.05)
        page.leave()
        Canvas(Page(viewer.widget(), "other"), SIZE)
        await settle(0.3)
        assert not suspended
        viewer.close()

    in_loop(cell)


def test_keys_that_close_windows_give_the_keys_back(kernel, volume):
    async def cell():
        viewer = viewer3d.Viewer(volume, "axial")
        canvas = Canvas(Page(viewer.widget()), SIZE)
        await same(canvas, viewer)
        canvas.say("key", key="Escape", code="Escape")
        await until(lambda: {"t": "leave"} in canvas.headers)
        assert viewer.is_open
        viewer.close()

    in_loop(cell)


@pytest.mark.parametrize("content", [None, [], {}, {"view": 3}, {"view": ""}, {"view": "a" * 65}, {"view": "a"}])
def test_garbage_ends_nothing(kernel, volume, capsys, content):
    async def cell():
        viewer = viewer3d.Viewer(volume, "axial")
        widget = viewer.widget()
        with pytest.raises(WebError):
            viewer._cell.receive(content)
        widget._handle_custom_msg(content, [])
        await asyncio.sleep(0)
        assert viewer.is_open
        viewer.close()

    in_loop(cell)
    assert "WebError" in capsys.readouterr().err


def test_a_cell_loads_nothing_and_makes_no_markup_or_code_of_texts():
    for text in (module_text().replace("http://www.w3.org/2000/svg", ""), style_text()):  # a name, not an address
        assert not re.search(r"https?://|//[a-z]+\.|@import|url\(|^import\b|\bimport\(|importScripts", text, re.M)
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function", text)


def test_what_cannot_be_a_widget_says_why(kernel, volume, monkeypatch):
    with viewer3d.Viewer(volume, screen=NotebookScreen(SIZE)) as viewer:
        for height in (0, 99, 4001):
            with pytest.raises(ViewError, match="100 to 4000"):
                in_loop(lambda height=height: as_cell(lambda: viewer.widget(height=height)))
    monkeypatch.setattr("viewer3d.web.notebook.cell.find_spec", lambda _: None)
    with viewer3d.Viewer(volume) as viewer, pytest.raises(ViewError, match=r"pip install 'viewer3d\[notebook\]'"):
        viewer.widget()


async def as_cell(work):
    return work()


def test_elsewhere_there_is_no_widget(volume):
    with viewer3d.Viewer(volume, off_screen=True) as viewer:
        assert viewer._repr_mimebundle_() is None
        with pytest.raises(NotImplementedError):
            viewer._ipython_display_()
        with pytest.raises(ViewError, match=r"kernel of a notebook.*show\(\)"):
            viewer.widget()
