"""Scripts wait, the prompt of IPython does not, a notebook has none."""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from itertools import repeat
from types import ModuleType, SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

import viewer3d
from tests.app.conftest import MemoryDesktop, Slow
from viewer3d.app import prompt as module
from viewer3d.app.prompt import HOOK, run_beside_prompt, run_until_closed
from viewer3d.dicom.series.catalog import Catalog, CatalogEntry
from viewer3d.errors import NotFoundError, ViewError


class Window:
    """Open for some calls that process events."""

    def __init__(self, calls=3):
        self.left, self.calls, self.closed = calls, 0, 0

    @property
    def is_open(self):
        return self.left > 0

    @property
    def event_files(self):
        return ()

    def process_events(self):
        self.calls += 1
        self.left -= 1
        return True

    def close(self):
        self.left = 0
        self.closed += 1


class Shell:
    """An IPython with a prompt."""

    pt_app = object()

    def __init__(self, gui=None):
        self.active_eventloop, self.shown = gui, 0
        self.parent = SimpleNamespace(interact=True)

    def enable_gui(self, gui):
        self.active_eventloop = gui

    def showtraceback(self):
        self.shown += 1


@pytest.fixture
def hooks(monkeypatch):
    """What IPython keeps of input hooks, in a module of that name."""
    hooks = ModuleType("IPython.terminal.pt_inputhooks")
    hooks.registered = {}
    hooks.register = hooks.registered.__setitem__
    monkeypatch.setitem(sys.modules, "IPython.terminal.pt_inputhooks", hooks)
    return hooks.registered


@pytest.fixture
def prompt(monkeypatch, hooks):
    shell = Shell()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return shell


def context(ready_after):
    asked = repeat(False, ready_after)
    return SimpleNamespace(input_is_ready=lambda: next(asked, True))


def test_a_script_stays_until_it_is_closed():
    window = Window(5)
    run_until_closed(window)
    assert (window.calls, window.closed) == (5, 1)


def test_an_error_closes_it():
    window = Window()
    window.process_events = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        run_until_closed(window)
    assert window.closed == 1


@pytest.mark.parametrize("what", ["nothing", "no shell", "script", "simple prompt"])
def test_where_there_is_no_prompt_it_is_a_script(monkeypatch, hooks, what):
    shell = Shell()
    shell.parent.interact = what != "script"
    if what == "simple prompt":
        shell.pt_app = None
    if what == "nothing":
        monkeypatch.delitem(sys.modules, "IPython", raising=False)
    else:
        found = None if what == "no shell" else shell
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: found))
    assert run_beside_prompt(Window()) is False
    assert hooks == {}


def test_at_a_prompt_windows_are_turned_while_it_waits(prompt, hooks):
    window, other = Window(3), Window(100)
    assert run_beside_prompt(window)
    assert run_beside_prompt(other)
    assert run_beside_prompt(other)
    assert (prompt.active_eventloop, list(hooks)) == (HOOK, [HOOK])
    hook = hooks[HOOK]
    hook(context(2))
    assert (window.calls, other.calls) == (2, 2)
    hook(context(20))
    assert (window.calls, window.closed, other.calls) == (3, 1, 22)
    other.left = 1
    hook(context(10**9))  # without windows it does not wait for input
    assert other.closed == 1


def test_the_prompt_outlives_an_error_of_a_window(prompt, hooks):
    window = Window()
    window.process_events = lambda: 1 / 0
    run_beside_prompt(window)
    hooks[HOOK](context(10**9))
    assert (prompt.shown, window.closed) == (1, 1)


def test_windows_of_another_toolkit_are_left_alone(prompt, hooks):
    prompt.active_eventloop = "qt"
    with pytest.raises(ViewError, match=r"windows of qt.*%gui"):
        run_beside_prompt(Window())


def test_a_notebook_has_no_prompt(prompt, hooks):
    prompt.kernel = object()
    assert not run_beside_prompt(Window())
    assert not hooks


def test_at_rest_a_window_is_turned_when_something_happens(monkeypatch):
    """The connection wakes it at once; without that it is looked at a few times a second."""
    read, write = os.pipe()

    class Resting(Window):
        turned_at: ClassVar[list[float]] = []

        @property
        def event_files(self):
            return (read,)

        def process_events(self):
            self.turned_at.append(time.monotonic())
            self.left -= len(select.select([read], [], [], 0)[0])
            return False

    monkeypatch.setattr(module, "BUSY_SECONDS", 0.0)
    monkeypatch.setattr(module, "REST_SECONDS", 30.0)
    window = Resting(calls=1)
    threading.Timer(0.3, os.write, (write, b"x")).start()
    begun = time.monotonic()
    run_until_closed(window)
    assert time.monotonic() - begun < 10
    assert len(window.turned_at) <= 3
    for end in (read, write):
        os.close(end)


def test_at_a_prompt_show_returns_a_viewer_that_lives_on(prompt, hooks, desktop, box):
    viewer = viewer3d.show(box, "axial", (200, 150))
    assert viewer.is_open
    cursors, closed = [], []
    viewer.on_cursor(cursors.append)
    viewer.on_close(lambda: closed.append(viewer.state))
    viewer.state = viewer.state.with_cursor((1, 2, 3))
    hooks[HOOK](context(3))
    np.testing.assert_array_equal(MemoryDesktop.latest.pixels, viewer.screenshot())
    MemoryDesktop.script += [lambda window: window.handler.wheel(1, 100, 75), lambda window: window.handler.key("q")]
    hooks[HOOK](context(10**9))
    assert cursors == [(1, 2, 3), (1, 2, 6)]
    assert (viewer.is_open, closed) == (False, [viewer.state])


def test_at_a_prompt_show_of_a_folder_returns_when_a_series_is_loaded(prompt, hooks, desktop, box, monkeypatch):
    slow = Slow(box)
    catalog = Catalog((CatalogEntry("1", "", "", None, slow),), 0)
    monkeypatch.setattr("viewer3d.app.browser.build_catalog", lambda *_: catalog)
    MemoryDesktop.script += [lambda _: slow.reported.is_set(), lambda _: slow.go.set()]
    viewer = viewer3d.show("folder", "axial", (200, 150))
    assert (viewer.is_open, viewer.volume) == (True, box)
    MemoryDesktop.script.append(lambda window: window.handler.key("q"))
    hooks[HOOK](context(10**9))
    assert not viewer.is_open


def test_at_a_prompt_nothing_is_left_open_where_nothing_is_found(prompt, hooks, desktop, tmp_path):
    with pytest.raises(NotFoundError):
        viewer3d.show(tmp_path / "none")
    assert not MemoryDesktop.latest.is_open
    hooks[HOOK](context(10**9))
    assert prompt.shown == 0
