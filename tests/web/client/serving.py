"""A small server of the tests' own, whose viewer the test's thread processes: page, socket, and what goes wrong."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.chromium import Page
from viewer3d.app.browser import Browser
from viewer3d.web import client
from viewer3d.web.loop import Served
from viewer3d.web.screen import WebScreen

FILES = Path(client.__file__).parent
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
TOKEN = "once"
PATIENCE = 20.0


class Serving:
    """Carries messages between a viewer and pages.

    Attributes
    ----------
    requests : list of (path, headers)
    messages : list of dict
        What pages have sent, one by one.
    cuts_sockets, is_down : bool
        Whether websockets are refused, or all is.
    """

    def __init__(self, served: Served) -> None:
        self.served, self.requests, self.messages = served, [], []
        self.cuts_sockets = self.is_down = False
        self.port = 0
        self._cookies = 0
        self._sockets: set[ServerConnection] = set()
        self._loop = asyncio.new_event_loop()
        self._stop: asyncio.Event | None = None
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._run(ready)), daemon=True)
        self._thread.start()
        ready.wait()

    @property
    def url(self) -> str:
        """Address of the page, without a token."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def link(self) -> str:
        """What is printed for a person."""
        return f"{self.url}#token={TOKEN}"

    @property
    def screen(self) -> WebScreen:
        return self.served.screen

    @property
    def viewer(self) -> Any:
        source = self.served.source
        return source.viewer if isinstance(source, Browser) else source

    @property
    def barriers(self) -> int:
        return sum(one["t"] == "full" for one in self.messages)

    def drop(self) -> None:
        """End all connections, as a broken line does."""
        for one in tuple(self._sockets):
            self._loop.call_soon_threadsafe(one.transport.abort)

    def pump(self) -> None:
        """Process what has come, and send what is due."""
        self.served.process_events()

    def until(self, condition: Callable[[], object], what: str = "it") -> None:
        """Process events until something holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"{what} did not happen"
            self.pump()
            time.sleep(0.002)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()
        self.served.close()

    async def _run(self, ready: threading.Event) -> None:
        self._stop = asyncio.Event()
        how = {"compression": None, "process_request": self._answer}
        async with serve(self._talk, "127.0.0.1", 0, **how) as server:
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await self._stop.wait()
            for one in tuple(self._sockets):
                one.transport.abort()

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        path = request.path
        self.requests.append((path, request.headers))
        if self.is_down:
            connection.transport.abort()
            return Response(HTTPStatus.SERVICE_UNAVAILABLE.value, "", Headers())
        has_cookie = f"viewer-{self.port}=yes" in request.headers.get("Cookie", "")
        if path == "/socket":
            return None if has_cookie and not self.cuts_sockets else connection.respond(HTTPStatus.FORBIDDEN, "cut")
        if path == "/session":
            return self._exchange(connection, request.headers.get("X-Viewer3d-Token"), has_cookie=has_cookie)
        file = FILES / (path.removeprefix("/") or "page.html")
        if not file.is_file():
            return connection.respond(HTTPStatus.NOT_FOUND, "nothing is here")
        headers = Headers({"Content-Type": TYPES[file.suffix], "Content-Security-Policy": POLICY})
        headers["Cache-Control"] = "no-store"
        return self._response(200, headers, file.read_bytes())

    def _exchange(self, connection: ServerConnection, token: str | None, *, has_cookie: bool) -> Response:
        if has_cookie:
            return self._response(204, Headers())
        if token != TOKEN:
            return connection.respond(HTTPStatus.FORBIDDEN, "this browser was not let in: open the link")
        self._cookies += 1
        if self._cookies > 1:
            return connection.respond(HTTPStatus.FORBIDDEN, "this link was used already")
        return self._response(
            204, Headers({"Set-Cookie": f"viewer-{self.port}=yes; Path=/; HttpOnly; SameSite=Strict"})
        )

    @staticmethod
    def _response(status: int, headers: Headers, body: bytes = b"") -> Response:
        headers["Connection"] = "close"
        if status != 204:
            headers["Content-Length"] = str(len(body))
        return Response(status, HTTPStatus(status).phrase, headers, body)

    async def _talk(self, socket: ServerConnection) -> None:
        loop, out = asyncio.get_running_loop(), asyncio.Queue()

        def send(header: dict[str, Any], buffers: Any) -> None:
            loop.call_soon_threadsafe(out.put_nowait, _packed(header, buffers))

        async def write() -> None:
            while True:
                await socket.send(await out.get())

        self._sockets.add(socket)
        one = self.served.screen.connect(send)
        writing = asyncio.create_task(write())
        try:
            async for text in socket:
                message = json.loads(text)
                one.receive(message)
                self.messages += message if isinstance(message, list) else [message]
        except ConnectionClosed:
            pass
        finally:
            one.disconnect()
            writing.cancel()
            with suppress(asyncio.CancelledError, ConnectionClosed):
                await writing
            self._sockets.discard(socket)


class Seen:
    """A page that shows what is served, driven by a test.

    Parameters
    ----------
    page : Page
    serving : Serving
    """

    def __init__(self, page: Page, serving: Serving) -> None:
        self.page, self.serving = page, serving

    def open(self, url: str = "") -> None:
        """Open the page, and wait for its first picture."""
        self.page.go(url or self.serving.link)
        self.settle()

    def app(self, name: str) -> str:
        return self.page.run(f"document.querySelector('.viewer3d-app').dataset.{name} ?? ''")

    def barrier(self) -> None:
        """Wait until all that the page has sent is processed."""
        before = self.serving.barriers
        self.page.run("document.dispatchEvent(new Event('fullscreenchange'))")
        self.serving.until(lambda: self.serving.barriers > before, "a message of the page")
        self.serving.until(lambda: not self.serving.screen.has_events, "handling it")

    def settle(self) -> None:
        """Wait until the page shows the last picture without loss."""
        self.serving.until(lambda: self.app("still") == "true", "a still picture")

    def rest(self) -> None:
        """Wait until nothing changes any more, and the page shows that."""
        self.barrier()
        screen, calm = self.serving.screen, time.monotonic()
        end = calm + PATIENCE
        before = self.app("serial")
        while time.monotonic() < calm + 0.6 or self.app("still") != "true":
            assert time.monotonic() < end, "it did not come to rest"
            if self.serving.served.process_events() or self.app("serial") != before:
                calm, before = time.monotonic(), self.app("serial")
            time.sleep(0.005)
        assert screen.can_take

    @property
    def line(self) -> str:
        """What the line says; empty while it is hidden."""
        return self.page.run("(l => l.hidden ? '' : l.textContent)(document.querySelector('.viewer3d-line'))")

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """What is on the canvas, shape (height, width, 3)."""
        code = """(async () => {
          const c = document.querySelector('.viewer3d-picture');
          const copy = new OffscreenCanvas(c.width, c.height).getContext('2d', {willReadFrequently: true});
          copy.drawImage(c, 0, 0);
          const data = copy.getImageData(0, 0, c.width, c.height).data;
          const url = await new Promise(r => { const f = new FileReader(); f.onload = () => r(f.result);
            f.readAsDataURL(new Blob([data])); });
          return [c.width, c.height, url.split(',')[1]];
        })()"""
        width, height, data = self.page.run(code)
        return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)[..., :3]


def _packed(header: dict[str, Any], buffers: Any) -> str | bytes:
    # Written apart from the package's own, so that both sides of the protocol are held.
    if not buffers:
        return json.dumps(header)
    text = json.dumps({**header, "bytes": [len(one) for one in buffers]}).encode()
    return struct.pack("<I", len(text)) + text + b"".join(buffers)


@contextmanager
def serving(served: Served) -> Iterator[Serving]:
    """Serve a viewer for as long as the block runs."""
    one = Serving(served)
    try:
        yield one
    finally:
        one.close()
