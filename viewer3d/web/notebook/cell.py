"""Show a viewer in cells of a notebook: their messages, and its events in the kernel's event loop."""

from __future__ import annotations

import asyncio
import gc
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from viewer3d.app.browser import Browser
from viewer3d.app.on_screen import NO_CELL
from viewer3d.app.opening import report
from viewer3d.app.prompt import BUSY_SECONDS, IDLE_SECONDS, in_kernel
from viewer3d.app.show import viewer_of
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.screen import Screen
from viewer3d.errors import ViewError, WebError
from viewer3d.web.loop import Served
from viewer3d.web.notebook.screen import NotebookScreen
from viewer3d.web.screen import WebClient

if TYPE_CHECKING:
    from viewer3d.web.notebook.widget import CellWidget

LOOK_SECONDS: Final = 0.25
"""Between two looks a moment after the last event: notes fade, and changes are kept."""

QUIET_SECONDS: Final = 15.0
"""So long after the last event nothing is looked at any more: no note that fades stands longer."""

RELEASE_SECONDS: Final = 5.0
"""So long after the last cell has gone its memory is freed: changes are kept after 3 s, and cells come back."""

HEIGHTS: Final = (100, 4000)
"""CSS pixels that a cell may be high."""

WIDGET_EXTRA: Final = "pip install 'viewer3d[notebook]'"
"""What brings the widget."""

_LATEST: Final = ("_", "__", "___")
"""Names that IPython has for the last three outputs."""


def cell_of(source: Any, screen: Screen) -> Cell:
    """Return what shows a viewer or browser in cells: made when it is first asked for.

    Raises
    ------
    ViewError
        When this is no kernel, anywidget is not installed, or the source has another screen or was closed.
    """
    found: Cell | None = source._cell
    if found is not None and screen.is_open:
        return found
    if not isinstance(screen, NotebookScreen):
        raise ViewError("this viewer is shown on a screen of its own: make it without one for a widget")
    if not screen.is_open:
        raise ViewError("this viewer was closed: make another one for a widget")
    if find_spec("anywidget") is None:
        raise ViewError(f"a widget needs anywidget, which is not installed: {WIDGET_EXTRA}")
    source._cell = made = Cell(source, screen, kernel_loop())
    return made


def kernel_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of the kernel, in whose thread cells run.

    Raises
    ------
    ViewError
        When this is no kernel.
    """
    with suppress(RuntimeError):
        return asyncio.get_running_loop()  # a cell runs within it
    if not in_kernel():
        raise ViewError(NO_CELL)
    from IPython import get_ipython  # noqa: PLC0415 (it runs, so it is there)

    found: asyncio.AbstractEventLoop = get_ipython().kernel.io_loop.asyncio_loop
    return found


class Cell:
    """A viewer or browser in the cells of a notebook that show it.

    All cells show one view. Messages come in any thread (JupyterLab has them sent to a subshell of the kernel, a thread
    of its own); what they ask for is done in the kernel's main thread, in which OpenGL is, between two cells that run.

    Parameters
    ----------
    source : Viewer or Browser
    screen : NotebookScreen
        Its screen.
    loop : asyncio.AbstractEventLoop
        Of the kernel.
    """

    def __init__(self, source: Viewer | Browser, screen: NotebookScreen, loop: asyncio.AbstractEventLoop) -> None:
        self.source, self.screen = source, screen
        self._loop, self._lock = loop, RLock()
        self._clients: dict[str, WebClient] = {}
        self._is_waked = self._is_processing = self._is_over = False
        self._busy_until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._widget: CellWidget | None = None
        self._stills_due: tuple[str, ...] = ()
        screen.wake, screen.after_show = self.wake, self._send_drawn
        self._served = Served(source, screen, waits=False)
        source.open()
        self.wake()

    def widget(self, height: int | None = None) -> CellWidget:
        """Return the widget, with another height where one is given.

        Raises
        ------
        ViewError
            When the height is no number of pixels.
        """
        low, high = HEIGHTS
        if height is not None and not low <= height <= high:
            raise ViewError(f"a cell cannot be {height} pixels high: give {low} to {high}, or none for its own")
        if self._widget is None:
            from viewer3d.web.notebook.widget import CellWidget  # noqa: PLC0415 (it needs the extra)

            self._widget = CellWidget(self, height=height or 0)
        elif height is not None:
            self._widget.height = height
        return self._widget

    def show_still_later(self, place: str) -> None:
        """Show the still picture in the place of an output when a series was loaded."""
        self._stills_due = (*self._stills_due, place)

    def wake(self) -> None:
        """Process events as soon as the kernel has time; any thread may ask."""
        with self._lock:
            if self._is_waked or self._is_over:
                return
            self._is_waked = True
        with suppress(RuntimeError):  # the loop is closed: the kernel ends
            self._loop.call_soon_threadsafe(self._process)

    def take(self, content: Any) -> None:
        """Take what a cell says, as :meth:`receive` does; what is nothing that it says is reported alone."""
        try:
            self.receive(content)
        except WebError as error:
            report(error)

    def receive(self, content: Mapping[str, Any]) -> None:
        """Take what a cell says: its own name, and messages of the page or that it is gone; from any thread.

        Raises
        ------
        WebError
            When it is nothing that a cell says.
        """
        name = content.get("view") if isinstance(content, dict) else None
        if not isinstance(name, str) or not 0 < len(name) <= 64:
            raise WebError("a message of a cell does not say which one it is of")
        with self._lock:
            client = self._clients.get(name)
            if content.get("gone"):
                self._clients.pop(name, None)
        if content.get("gone"):
            if client is not None:
                client.disconnect()
                self._loop.call_soon_threadsafe(self._loop.call_later, RELEASE_SECONDS, self._release)
            return
        if client is None:
            with self._lock:
                client = self._clients[name] = self.screen.connect(partial(self._send, name))
            if self._widget is not None:
                self._widget.keep()
        client.receive(content.get("messages"))

    def _send(self, name: str, header: Mapping[str, Any], buffers: Sequence[bytes]) -> None:
        if self._widget is not None:
            self._widget.send({"view": name, "header": {**header}}, [*buffers])

    def _send_drawn(self) -> None:
        # A cell that runs has called render or process_events: nobody else sends until it has run.
        if not self._is_processing and self.screen.can_take:
            self.screen.send_due()

    def _process(self) -> None:
        """Process events, and look again while there is something to do or a note to fade."""
        with self._lock:
            self._is_waked = False
        if self._is_processing or self._is_over:
            return
        self._stop_looking()
        self._is_processing, worked = True, False
        try:
            worked = self._served.process_events()
            self._show_stills()
        except Exception as error:  # noqa: BLE001, RUF100 (nothing leaves through the kernel's loop)
            report(error)
            self._end(str(error))
        finally:
            self._is_processing = False
        if not self._is_over:
            self._look_again(worked=worked)

    def _look_again(self, *, worked: bool) -> None:
        if not self._served.is_open:
            self._end("the viewer was closed")
            return
        now = time.monotonic()
        if worked:
            self._busy_until = now + BUSY_SECONDS
        rested = now - self._busy_until
        if worked or rested < 0:
            self._timer = self._loop.call_later(0 if worked else IDLE_SECONDS, self._process)
        elif rested < QUIET_SECONDS or self._is_loading:
            self._timer = self._loop.call_later(LOOK_SECONDS, self._process)

    def _stop_looking(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _show_stills(self) -> None:
        viewer = self.source.viewer if isinstance(self.source, Browser) else None
        if viewer is None or not self._stills_due or self._widget is None:
            return
        from viewer3d.web.notebook.display import show_still  # noqa: PLC0415 (it needs IPython)

        places, self._stills_due = self._stills_due, ()
        for place in places:
            self._widget.hide(show_still(viewer, place))

    @property
    def _is_loading(self) -> bool:
        return isinstance(self.source, Browser) and self.source.is_loading

    def _end(self, why: str) -> None:
        """Say in the cells that nothing comes any more, and free what is held."""
        self._is_over = True
        self.screen.close(why)
        self._served.close()
        self._forget()

    def _release(self) -> None:
        """Free what drawing holds when no cell shows it, and all of it where no name is left for it."""
        if self._clients or self._is_over:
            return
        for viewer in viewers_of(self.source):
            viewer.suspend()
        self._stop_looking()  # what waits in the loop is a name for all this
        self._forget()
        gc.collect()  # what has no name is in circles, with the voxels

    def _forget(self) -> None:
        forget_outputs([self.source, *viewers_of(self.source), self._widget])
        if self._widget is not None:
            self._widget.forget()


def viewers_of(source: Viewer | Browser) -> tuple[Viewer, ...]:
    """Return the viewers in the window of a viewer or browser; none until a series was loaded."""
    viewer = viewer_of(source)
    return () if viewer is None else (viewer, *viewer.beside)


def forget_outputs(objects: Sequence[object]) -> None:
    """Drop objects from ``Out`` and from the names that IPython has for outputs; names of a person's stay.

    Their cells are empty or show something else.
    """
    from IPython import get_ipython  # noqa: PLC0415 (it runs, so it is there)

    shell: Any = get_ipython()
    if shell is None:
        return

    def is_one(value: object) -> bool:
        return value is not None and any(value is one for one in objects)

    kept = shell.user_ns.get("Out") or {}
    for number in [number for number, value in kept.items() if is_one(value)]:
        del kept[number]
    for names in (shell.user_ns, shell.user_ns_hidden):  # the second has values too, of what a person did not name
        for name in [name for name, value in names.items() if is_one(value)]:
            if name in _LATEST:
                names[name] = ""
            elif re.fullmatch("_[0-9]+", name):
                del names[name]
    for name in _LATEST:
        if is_one(getattr(shell.displayhook, name, None)):
            setattr(shell.displayhook, name, "")
