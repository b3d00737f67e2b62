from __future__ import annotations

import asyncio
from types import SimpleNamespace

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
    shell = SimpleNamespace(kernel=object(), user_ns={"Out": {}}, displayhook=SimpleNamespace(), outputs=[])
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)

    def publish(data, metadata=None, *, transient=None, update=False):
        shell.outputs.append((data, metadata or {}, transient or {}, update))

    monkeypatch.setattr("viewer3d.web.notebook.display.publish_display_data", publish)
    monkeypatch.setattr("viewer3d.web.notebook.cell.LOOK_SECONDS", 0.01)
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


async def settle(seconds=0.4):
    await asyncio.sleep(seconds)
