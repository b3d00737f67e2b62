"""Serve the page and its websockets in a thread, beside that of the viewer and its OpenGL."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from viewer3d.errors import WebError
from viewer3d.web.messages import Hello, packed, read_messages, read_text
from viewer3d.web.screen import WebScreen
from viewer3d.web.server.access import HEADERS, Access, Answer, PageRequest
from viewer3d.web.server.addresses import Listener
from viewer3d.web.server.limits import Limits

HAND: Final = ("press", "move", "release", "double", "wheel", "key", "paste")
"""Messages that a hand sends; all else a page sends by itself."""

ACCEPTED_AT_ONCE: Final = 16
"""Connections that are accepted before others are served: each takes a file descriptor, until the oldest is closed."""


class PageServer:
    """Gives pages what a screen shows, and the screen what pages send.

    Parameters
    ----------
    screen : WebScreen
    access : Access
    listener : Listener
        It is closed with the server.
    limits : Limits

    Attributes
    ----------
    acted_at : float
        When a hand last did something in a page, or a page came; of :func:`time.monotonic`.
    failures : list of Exception
        What nobody expected, for who mends it; the server goes on.
    """

    def __init__(self, screen: WebScreen, access: Access, listener: Listener, limits: Limits = Limits()) -> None:  # noqa: B008 (frozen)
        self.acted_at = time.monotonic()
        self.failures: list[Exception] = []
        self._screen, self._access, self._listener, self._limits = screen, access, listener, limits
        self._tabs: set[_Outbox] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._has_begun, self._thread = (
            threading.Event(),
            threading.Thread(target=self._run, name="viewer3d-serve", daemon=True),
        )

    @property
    def tabs(self) -> int:
        """How many pages see the viewer now."""
        return len(self._tabs)

    @property
    def is_running(self) -> bool:
        """Whether it serves: it was begun, and neither stopped nor failed."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to serve, and return when pages can come."""
        self._thread.start()
        self._has_begun.wait()

    def stop(self) -> None:
        """Send what is left, close all connections and end the thread."""
        if self._loop is None or self._ended is None:
            self._listener.close()
            return
        with suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(3 * self._limits.close_seconds)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # it calls the listener's accept
                runner.run(self._serve())
        except Exception as error:  # told by who runs the viewer
            self.failures.append(error)
        finally:
            self._has_begun.set()
            self._listener.close()

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(lambda _loop, _context: None)  # a connection that breaks is no news
        limits = self._limits
        serving = serve(
            self._talk,
            sock=self._listener,
            backlog=ACCEPTED_AT_ONCE,
            ssl=self._listener.secure,
            process_request=self._process_request,
            process_response=_add_headers,
            server_header=None,
            compression=None,  # pictures are compressed
            create_connection=_bounded(limits),
            max_size=limits.message_bytes,
            open_timeout=limits.open_seconds,
            close_timeout=limits.close_seconds,
            ping_interval=limits.ping_seconds,
            ping_timeout=limits.dead_seconds - limits.ping_seconds,
            logger=_silent_logger(),
        )
        async with serving:
            self._has_begun.set()
            await self._ended.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(limits.close_seconds):
                    await asyncio.gather(*(one.flush() for one in self._tabs))
            self._listener.end_waiting()

    def _process_request(self, _connection: ServerConnection, request: Request) -> Response | None:
        try:
            asked = PageRequest(request.path, tuple(request.headers.raw_items()), getattr(request, "method", "GET"))
            answer = self._access.answer(asked)
        except Exception as error:  # no request ends the server
            self._fail(error)
            answer = Answer(500)
        return None if answer is None else _response(answer)

    async def _talk(self, connection: ServerConnection) -> None:
        """Serve one websocket for as long as it is open."""
        self._listener.keep(_number(connection))
        if len(self._tabs) >= self._limits.tabs:  # told here, as a browser hides from the page why a handshake failed
            await connection.close(CloseCode.TRY_AGAIN_LATER, f"{len(self._tabs)} pages see this viewer: close one")
            return
        outbox, peer = _Outbox(connection, self._limits), None
        self._tabs.add(outbox)
        try:
            async with asyncio.timeout(self._limits.open_seconds):
                first = _hello(await connection.recv())
            self.acted_at = time.monotonic()
            outbox.begin()
            peer = self._screen.connect(outbox.send)
            peer.receive(first)
            async for text in connection:
                message = read_text(text)
                if _is_by_hand(message):
                    self.acted_at = time.monotonic()
                peer.receive(message)
        except (WebError, TimeoutError):
            await connection.close(CloseCode.POLICY_VIOLATION, "no message of the page")
        except ConnectionClosed:
            pass
        except Exception as error:  # no client ends the server
            self._fail(error)
            await connection.close(CloseCode.INTERNAL_ERROR)
        finally:
            self._tabs.discard(outbox)
            outbox.writing.cancel()
            if peer is not None:
                peer.disconnect()

    def _fail(self, error: Exception) -> None:
        if len(self.failures) < 100:
            self.failures.append(error)


class _Outbox:
    """What is on its way to one page."""

    def __init__(self, connection: ServerConnection, limits: Limits) -> None:
        self._connection, self._limits, self._loop = connection, limits, asyncio.get_running_loop()
        self._waiting: asyncio.Queue[str | bytes] = asyncio.Queue()
        self._bytes = 0
        # A page does not see pings: it learns how long nothing may come before the line is dead.
        self._alive = {"t": "alive", "within": limits.dead_seconds}
        self.writing = asyncio.create_task(self._write())

    def begin(self) -> None:
        """Tell the page how long the line may be silent."""
        self.send(self._alive)

    def send(self, header: Mapping[str, Any], buffers: Sequence[bytes] = ()) -> None:
        """Send a message to the page, from any thread."""
        message = packed(header, buffers)
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._put, message)

    async def _write(self) -> None:
        """Write what waits, in its order, and a sign of life where nothing does."""
        with suppress(ConnectionClosed):
            while True:
                if (message := await self._next()) is None:
                    await self._connection.send(packed(self._alive, ()))
                    continue
                await self._connection.send(message)
                self._bytes -= len(message)
                self._waiting.task_done()

    async def _next(self) -> str | bytes | None:
        """Return what is to be written next; None where nothing came for some seconds."""
        try:
            async with asyncio.timeout(self._limits.ping_seconds):
                return await self._waiting.get()
        except TimeoutError:
            return None

    async def flush(self) -> None:
        """Wait until all is written that was sent until now, or nothing can be any more."""
        await asyncio.sleep(0)  # what other threads have sent is put here first
        await asyncio.wait((asyncio.create_task(self._waiting.join()), self.writing), return_when="FIRST_COMPLETED")

    def _put(self, message: str | bytes) -> None:
        self._bytes += len(message)
        self._waiting.put_nowait(message)
        if self._bytes > self._limits.queued_bytes or self._waiting.qsize() > self._limits.queued_messages:
            self._connection.transport.abort()


def _bounded(limits: Limits) -> type[ServerConnection]:
    """Return a class of connections that end where what is answered to them is not read."""

    class Bounded(ServerConnection):
        """Answers no more pings than fit into what may be on its way."""

        def data_received(self, data: bytes) -> None:
            """Take what has come; websockets writes pongs without waiting until earlier ones are read."""
            super().data_received(data)
            if self.transport.get_write_buffer_size() > limits.queued_bytes:
                self.transport.abort()

    return Bounded


def _hello(text: str | bytes) -> object:
    """Return the first message of a page, which says how large it is."""
    message = read_text(text)
    if not isinstance(next(iter(read_messages(message)), None), Hello):
        raise WebError("the first message of a page is hello")
    return message


def _is_by_hand(message: object) -> bool:
    parts = message if isinstance(message, list) else [message]
    return any(isinstance(one, dict) and one.get("t") in HAND for one in parts)


def _response(answer: Answer) -> Response:
    headers = Headers(answer.headers)
    headers["Content-Length"] = str(len(answer.body))
    headers["Connection"] = "close"
    return Response(answer.status, HTTPStatus(answer.status).phrase, headers, answer.body)


def _add_headers(_connection: ServerConnection, _request: Request, response: Response) -> None:
    """Give every answer the headers of all, those of websockets itself, to what is no handshake, too."""
    for name, value in HEADERS:
        response.headers[name] = value


def _number(connection: ServerConnection) -> int:
    return int(connection.transport.get_extra_info("socket").fileno())


def _silent_logger() -> logging.Logger:
    """Return a logger that writes nothing: what clients send is not for a log, and none of it is news."""
    logger = logging.getLogger("viewer3d.web.server")
    logger.disabled = True
    return logger
