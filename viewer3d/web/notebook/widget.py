"""The widget of a cell: the page's script, with messages of the kernel instead of a socket."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

import anywidget
import traitlets
from ipywidgets.widgets import widget as ipywidgets_widget

from viewer3d.web.notebook.display import display

if TYPE_CHECKING:
    from viewer3d.web.notebook.cell import Cell


MOST_STILLS: Final = 100
"""Outputs of one viewer whose still pictures are hidden: nobody shows it in more cells."""


@cache
def module_text() -> str:
    """Return the module that a cell runs: the script of the page, and what makes a widget of it."""
    return _text("viewer3d.web.client", "viewer.js") + "\n" + _text("viewer3d.web.notebook", "cell.js")


@cache
def style_text() -> str:
    """Return the style of a cell."""
    return _text("viewer3d.web.client", "viewer.css") + "\n" + _text("viewer3d.web.notebook", "cell.css")


class CellWidget(anywidget.AnyWidget):
    """Shows a viewer in the cells that it is displayed in.

    Parameters
    ----------
    cell : Cell
        What is shown.
    height : int
        In CSS pixels; 0 for three quarters of the width.
    stills : list of str
        The ends of still pictures in outputs before it (base64), which are hidden while this shows the viewer.
    """

    height = traitlets.Int(0).tag(sync=True)
    stills = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, cell: Cell, **traits: Any) -> None:
        self._esm, self._css = module_text(), style_text()
        super().__init__(**traits)
        self.cell = cell
        # The kernel knows its comms for good: with a weak name for this widget it goes when nobody else has one.
        found = ref(self)

        def handle(message: Any) -> None:
            if (widget := found()) is not None:
                widget._handle_msg(message)

        self.comm.on_msg(handle)
        self.on_msg(_receive)

    def _ipython_display_(self) -> None:
        display(self.cell.source)

    def _send(self, message: Any, buffers: Any = None) -> None:
        # ipykernel 7.4 leads answers to the thread that has spoken last, here the one that cells run in: what a page
        # acknowledges would wait until a cell has run. Without this they go to the subshell that the page has chosen.
        super()._send(message, buffers)
        if hasattr(self.comm, "_reply_subshell_id"):
            del self.comm._reply_subshell_id

    def hide(self, still: str) -> None:
        """Have the script hide one more still picture in the output before it."""
        self.stills = [*self.stills, still][-MOST_STILLS:]

    def keep(self) -> None:
        """Have ipywidgets keep this, because a cell shows it."""
        ipywidgets_widget._instances[self.model_id] = self

    def forget(self) -> None:
        """Have ipywidgets keep this no longer: it goes with the last name for it."""
        if self.comm is not None:
            ipywidgets_widget._instances.pop(self.model_id, None)


def _receive(widget: CellWidget, content: Any, buffers: Any) -> None:  # noqa: ARG001 (as ipywidgets calls it)
    widget.cell.take(content)


def _text(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text(encoding="utf-8")
