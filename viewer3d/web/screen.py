"""A screen for a viewer that is seen in browsers, whatever carries the messages to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.keys.own_keys import key_groups
from viewer3d.app.opening import error_message, report
from viewer3d.app.window.screen import EventHandler, Screen
from viewer3d.errors import Viewer3DError, ViewError
from viewer3d.render.display.device_pixels import DevicePixels
from viewer3d.render.panes import Rect, check_size
from viewer3d.web.acting import Acting, handle, is_act, placed
from viewer3d.web.damage import ChangingPicture
from viewer3d.web.folding import Inbox
from viewer3d.web.keys import finger_buttons, prevented
from viewer3d.web.messages import Ack, Full, Hello, Message, Paste, PointsShown, Resize, media_type, read_messages
from viewer3d.web.pictures import FrameMaker, Sending

Send = Callable[[Mapping[str, Any], Sequence[bytes]], object]
"""Sends a message to a browser: its header, as JSON has it, and its buffers."""

SMALLEST_SIDE, LARGEST_SIDE = 64, 8192
"""Pixels along a side of the picture: less shows nothing, more than a wall of screens has nobody."""

LEAST_SCALE, MOST_SCALE = 0.5, 4.0
"""Device pixels a CSS pixel: a page at half its size, and a phone's screen at a third more."""

EVENT_SECONDS: Final = 0.5
"""So long events are handled before what they have led to is drawn: who sends many sees them at work."""


class WebClient:
    """A browser that sees a screen: made by :meth:`WebScreen.connect`."""

    def __init__(self, screen: WebScreen, send: Send) -> None:
        self.size, self.scale, self.is_full = (1, 1), 1.0, False
        self.says_hello = False
        self.sending: Sending | None = None  # once its hello was taken
        self._screen, self._send = screen, send

    def receive(self, message: object) -> None:
        """Take a message of the browser, or a list of them; from any thread.

        Raises
        ------
        WebError
            When it is no message of the viewer's page, or too many wait: then nothing of it counts.
        """
        self._screen.receive(self, read_messages(message))

    def disconnect(self) -> None:
        """Send nothing any more, and release what the browser holds; from any thread, once or more."""
        self._screen.disconnect(self)

    def send(self, header: Mapping[str, Any], buffers: Sequence[bytes] = ()) -> None:
        """Send a message to the browser, in the thread of the viewer; one that cannot be reached is gone."""
        try:
            self._send(header, buffers)
        except Exception as error:  # noqa: BLE001, RUF100 (one browser must not end the others' picture)
            if not isinstance(error, OSError | Viewer3DError):
                report(error)
            self.disconnect()


class WebScreen(Screen):
    """Shows the picture in browsers and sends their events to the viewer.

    What carries messages, a socket or a notebook, calls :meth:`connect` for every browser. Methods are called in the
    thread of the viewer, but for :meth:`connect` and those of a client.

    Parameters
    ----------
    size : tuple of int
        Width and height in points before a browser has told its own.
    wake : callable
        Is called, from any thread, when there is something to process.

    Attributes
    ----------
    wake : callable

    Raises
    ------
    ViewError
        When the size is none.
    """

    def __init__(self, size: tuple[int, int] = (1200, 900), *, wake: Callable[[], object] = lambda: None) -> None:
        self.wake = wake
        self._size, self._scale = check_size(size), 1.0
        self._sized: WebClient | None = None  # whose size it has
        self._resized: WebClient | None = None  # whose size it is to have
        self._inbox: Inbox[WebClient] = Inbox()
        self._acting: Acting[WebClient] = Acting()
        self._handler: EventHandler | None = None
        self._is_open, self._is_new = True, True
        self._is_partial = False
        self._title, self._pasted = "", ""
        table = [binding for bindings in key_groups().values() for binding in bindings]
        self._keys, self._buttons = prevented(table), finger_buttons(table)
        self._picture = ChangingPicture(self._size)
        self._frames = FrameMaker(self._picture)

    @property
    def is_open(self) -> bool:
        """Whether it is open: only the program closes it, a browser goes and comes back."""
        return self._is_open

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in points: those of the browser that has acted or was resized last."""
        return self._size

    @property
    def scale(self) -> float:
        """Device pixels along one point of that browser's screen."""
        return self._scale

    @property
    def is_sized(self) -> bool:
        """Whether its size is that of a page, and no longer the one that it began with."""
        return self._sized is not None

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """What browsers are to show, shape (height, width, 3)."""
        return self._picture.pixels

    @property
    def clients(self) -> int:
        """How many browsers are connected."""
        return len(self._inbox.senders)

    @property
    def can_take(self) -> bool:
        """Whether a picture would go anywhere now: with no browser it is kept for the next one."""
        live = [sending for _, sending in self._ready() if not sending.is_stalled]
        return not live or self._is_greeted or any(one.has_room for one in live)

    @property
    def is_watched(self) -> bool:
        """Whether any browser shows what it is sent, or is about to: not one that sleeps."""
        return self._is_greeted or any(not sending.is_stalled for _, sending in self._ready())

    @property
    def has_events(self) -> bool:
        """Whether messages wait to be processed."""
        return bool(self._inbox)

    def connect(self, send: Send) -> WebClient:
        """Add a browser; it is sent everything once it has said hello. From any thread.

        Parameters
        ----------
        send : callable
            Is given a header and buffers in the thread of the viewer, and hands them to its own.
        """
        client = WebClient(self, send)
        self._inbox.connect(client)
        self.wake()
        return client

    def receive(self, client: WebClient, messages: Sequence[Message]) -> None:
        """Keep messages of a browser for the next events; acknowledgements count at once. From any thread.

        Raises
        ------
        WebError
            When too many wait.
        """
        waiting: list[Message | PointsShown] = []
        for one in messages:
            if not isinstance(one, Ack):
                client.says_hello |= isinstance(one, Hello)
                waiting.append(one)
            elif client.sending is not None and (points := client.sending.acknowledge(one.n)) is not None:
                waiting.append(PointsShown(points))
        self._inbox.add(client, waiting)
        self.wake()

    def disconnect(self, client: WebClient) -> None:
        """Drop a browser, and what it holds with the next events. From any thread."""
        self._inbox.disconnect(client)
        self.wake()

    def open(self, handler: EventHandler) -> None:
        """Begin to send events to a handler."""
        self._handler = handler

    def process_events(self) -> bool:
        """Send the events that wait to the handler; return whether the whole picture must be shown again.

        Raises
        ------
        Viewer3DError
            What a handler has raised; of what is not expected, a sentence that says so. What waits behind it stays.
        """
        self._is_partial = False  # what follows never came
        self._drop_gone()
        until = time.monotonic() + EVENT_SECONDS
        while self._is_open and time.monotonic() < until and (found := self._inbox.take()) is not None:
            self._take(*found)
        if self._is_open and self._inbox:
            self.wake()  # the others come next
        if self._resized is not None and self._acting.holder is None:  # a drag goes on in the size that it began in
            self._sized, self._resized = self._resized, None
            self._size, self._scale = self._sized.size, self._sized.scale
        self._fit()
        is_new, self._is_new = self._is_new, False
        return is_new

    def show(self, picture: NDArray[np.uint8], rects: Iterable[Rect], left: int = 0, *, is_more: bool = False) -> None:
        """Keep parts of the picture; they are sent with :meth:`send_due`."""
        self._fit()
        self._is_partial = is_more
        if self._picture.put(picture, rects, left):
            self._frames.note_change()

    def send_due(self, *, is_busy: bool = False) -> bool:
        """Send browsers what they lack of the picture, and return whether there was anything to send.

        In motion it is sent as JPEG; where nothing was shown for a moment, without loss what was sent with loss.

        Parameters
        ----------
        is_busy : bool
            Whether the viewer goes on drawing what is to be seen at rest.
        """
        if self._is_partial or not self._is_open:
            return False
        worked = False
        for client, sending in self._ready():
            found = self._frames.next_frame(sending, self._size, is_busy=is_busy)
            if found is not None:
                client.send(*found)
                worked = True
        return worked

    def say(self, text: str, kind: str) -> None:
        """Tell browsers a text for who does not see the picture.

        Parameters
        ----------
        text : str
        kind : {"note", "choice", "place", "layout", "window"}
        """
        self._send_to_all({"t": "say", "text": text, "kind": kind})

    def set_title(self, title: str) -> None:
        """Set the title of the pages."""
        if title != self._title:
            self._title = title
            self._inform()

    @property
    def is_full_screen(self) -> bool:
        """Whether the page of who has acted last fills the screen."""
        return self._acting.actor is not None and self._acting.actor.is_full

    def set_full_screen(self, *, is_full: bool) -> bool:
        """Ask the page of who has acted last to fill the screen, or no longer; return whether there is one."""
        return self._send_to_actor({"t": "full", "on": is_full})

    def give_file(self, name: str, data: bytes) -> bool:
        """Have the browser of who has acted last download a file; return whether there is one."""
        return self._send_to_actor({"t": "file", "name": name, "type": media_type(name)}, [data])

    def copy_text(self, text: str) -> bool:
        """Have the browser of who has acted last copy a text; return whether there is one."""
        return self._send_to_actor({"t": "copy", "text": text})

    def paste_text(self) -> str | None:
        """Return what is being pasted in a browser; empty where nothing is."""
        return self._pasted

    @property
    def opens_places(self) -> bool:
        """Whether who sees it may open other folders: not from another machine."""
        return False

    @property
    def in_browser(self) -> bool:
        """Whether it is shown in a browser: always."""
        return True

    @property
    def how_to_close(self) -> str:
        """How a person closes it."""
        return "close the tab"

    def close(self, why: str = "the viewer was closed") -> None:
        """Close it and tell the pages why: the program does, keys say :attr:`how_to_close`."""
        if not self._is_open:
            return
        self._is_open = False
        self._send_to_all({"t": "end", "why": why})

    @property
    def _is_greeted(self) -> bool:
        return any(one.says_hello for one in self._inbox.senders)

    def _ready(self) -> list[tuple[WebClient, Sending]]:
        # Those that have said hello.
        return [(one, one.sending) for one in self._inbox.senders if one.sending is not None]

    def _send_to_all(self, header: Mapping[str, Any]) -> None:
        for client, _ in self._ready():
            client.send(header)

    def _send_to_actor(self, header: Mapping[str, Any], buffers: Sequence[bytes] = ()) -> bool:
        client = self._acting.actor
        if client is None or client not in self._inbox.senders:
            return False
        client.send(header, buffers)
        return client in self._inbox.senders

    def _inform(self) -> None:
        ready = self._ready()
        for one, _ in ready:
            about = {"clients": len(ready), "title": self._title, "full": one.is_full}
            one.send({"t": "info", **about, "keys": self._keys, "buttons": self._buttons})

    def _take(self, client: WebClient, message: Message | PointsShown) -> None:
        if isinstance(message, Hello):
            self._let_go(client)  # a page that begins anew
            client.sending, client.says_hello = Sending(), False
            self._acting.actor = self._acting.actor or client
            self._inform()
        if isinstance(message, Hello | Resize):
            self._resize(client, message)
        elif isinstance(message, Full):
            client.is_full = message.on
        elif client.sending is None:
            return
        elif isinstance(message, PointsShown):
            client.sending.shown_points = message.points
        else:
            self._act(client, client.sending, message)

    def _act(self, client: WebClient, sending: Sending, message: Message) -> None:
        holder = self._acting.holder
        if holder is not None and holder is not client and (holder.sending is None or not holder.sending.answers()):
            self._let_go(holder)  # it sleeps, with a button down
        if self._acting.may_act(client, message):
            if is_act(message) and client is not self._sized:
                self._resized = client
            self._handle(placed(message, sending.shown_points, self._size))

    def _handle(self, message: Message) -> None:
        if self._handler is None:
            return
        self._frames.note_event()
        try:
            if isinstance(message, Paste):
                self._pasted = message.text
                self._handler.key("ctrl+v")
            else:
                handle(self._handler, message)
        except Viewer3DError:
            raise
        except Exception as error:
            report(error)
            raise ViewError(error_message(error)) from error
        finally:
            self._pasted = ""

    def _drop_gone(self) -> None:
        gone = self._inbox.take_gone()
        for client in gone:
            client.sending = None
            self._let_go(client)
            if self._acting.actor is client:
                self._acting.actor = next((one for one, _ in self._ready()), None)
        if gone:
            self._inform()

    def _let_go(self, client: WebClient) -> None:
        for message in self._acting.let_go(client):
            self._handle(message)

    def _resize(self, client: WebClient, message: Hello | Resize) -> None:
        scale = min(max(message.scale, LEAST_SCALE), MOST_SCALE)
        # In pixels, for it is these that take memory.
        sides = (min(max(side * scale, SMALLEST_SIDE), LARGEST_SIDE) / scale for side in message.size)
        width, height = (max(round(side), 1) for side in sides)
        client.size, client.scale = (width, height), scale
        self._resized = client

    def _fit(self) -> None:
        size = DevicePixels(self._scale).size(self._size)
        if size != self._picture.size:
            self._picture.resize(size)
            self._frames.note_change()
            self._is_new = True
