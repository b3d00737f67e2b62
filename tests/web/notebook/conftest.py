from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import numpy as np
import pytest

from viewer3d import phantom


@pytest.fixture(scope="session")
def volume():
    return phantom.volume(shape=(48, 40, 32))


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    """An IPython without a prompt, as in a kernel, whose outputs are kept; no display and nothing kept of views."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    shell = SimpleNamespace(
        kernel=object(), user_ns={"Out": {}}, user_ns_hidden={}, displayhook=SimpleNamespace(), outputs=[]
    )
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)

    def publish(data, metadata=None, *, transient=None, update=False):
        shell.outputs.append((data, metadata or {}, transient or {}, update))

    monkeypatch.setattr("viewer3d.web.notebook.display.publish_display_data", publish)
    for name, seconds in (("LOOK", 0.01), ("BUSY", 0.02), ("QUIET", 0.3)):  # 3D is sharp after 0.2 s
        monkeypatch.setattr(f"viewer3d.web.notebook.cell.{name}_SECONDS", seconds)
    monkeypatch.setattr("viewer3d.web.pictures.LOSSLESS_SECONDS", 0.02)
    return shell


class Page:
    """A cell that shows a widget, in place of a screen for :class:`tests.web.canvas.Canvas`."""

    def __init__(self, widget, name="0123"):
        self.widget, self.name = widget, name
        self.draw = None
        before = widget.send

        def send(content, buffers=()):
            before(content, buffers)
            if content["view"] == self.name:
                self.draw(content["header"], buffers)

        widget.send = send

    def connect(self, draw):
        self.draw = draw
        return self

    def receive(self, message):
        self.widget._handle_custom_msg({"view": self.name, "messages": message}, [])

    def leave(self):
        self.widget._handle_custom_msg({"view": self.name, "gone": True}, [])


def in_loop(cell):
    """Run an asynchronous function, as a kernel runs a cell, and return what it returns."""
    return asyncio.run(cell())


async def settle(seconds=0.15):
    await asyncio.sleep(seconds)


async def until(condition):
    """Wait until something is true, for a while at most."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def same(canvas, source):
    """Wait until a canvas shows what the screen has, at rest."""
    await until(lambda: canvas.frames and canvas.frames[-1]["still"] and source._cell._timer is None)
    assert canvas.pixels.any()
    np.testing.assert_array_equal(canvas.pixels, source._cell.screen.pixels)
