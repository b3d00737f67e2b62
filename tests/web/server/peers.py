"""A viewer that is served, and clients that speak to it over real sockets."""

from __future__ import annotations

import http.client
import json
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from viewer3d import Viewer, Volume
from viewer3d.web.server.access import SESSION_PATH, SOCKET_PATH, TOKEN_HEADER
from viewer3d.web.server.addresses import PageAddress, listen
from viewer3d.web.server.limits import Limits
from viewer3d.web.server.serve import PageChoice, Serving, _PageScreen

HELLO = {"t": "hello", "v": 1, "size": [300, 200], "scale": 1}


class Client:
    """What a browser does, with what it knows of the page: its port, and the cookie."""

    def __init__(self, port: int, token: str = "", certificate: Path | None = None) -> None:
        self.port, self.token, self.cookie = port, token, ""
        self.host = f"127.0.0.1:{port}"
        self.secure = None if certificate is None else ssl.create_default_context(cafile=certificate)
        if self.secure is not None:
            # With TLS 1.3 a server sends tickets after the handshake. The client of websockets reads them in one thread
            # while it writes in another, which Python before 3.13 does not guard: now and then its request is lost.
            self.secure.maximum_version = ssl.TLSVersion.TLSv1_2

    def get(self, path: str, headers: Mapping[str, str] = {}, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of an answer."""
        if self.secure is None:
            asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        else:
            asked = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=self.secure)
        try:
            asked.request(method, path, headers={"Host": self.host, **headers})
            answer = asked.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            asked.close()

    def enter(self) -> int:
        """Exchange the token for the cookie, and return the status."""
        status, headers, _ = self.get(SESSION_PATH, {TOKEN_HEADER: self.token})
        self.cookie = headers.get("Set-Cookie", "").partition(";")[0]
        return status

    @contextmanager
    def socket(self, *, hello: Any = HELLO, reads: bool = True, **headers: str | None) -> Iterator[ClientConnection]:
        """Open the websocket; None leaves a header out."""
        ends = "" if self.secure is None else "s"
        given = {"Origin": f"http{ends}://{self.host}", "Cookie": self.cookie, **headers}
        with connect(
            f"ws{ends}://{self.host}{SOCKET_PATH}",
            ssl=self.secure,
            additional_headers={name: value for name, value in given.items() if value is not None},
            compression=None,
            max_size=None,
            max_queue=None if reads else 1,  # what a test does not read must not keep its end from being read
            ping_interval=20 if reads else None,  # else it ends by itself
            open_timeout=20,
            close_timeout=0.2,
            proxy=None,
        ) as there:
            if hello is not None:
                send(there, hello)
            yield there


def send(there: ClientConnection, message: Any) -> None:
    """Send a message as the page does."""
    there.send(json.dumps(message))


def receive(there: ClientConnection, kind: str, timeout: float = 20) -> dict[str, Any]:
    """Return the next message of a kind, and acknowledge frames."""
    while True:
        data = there.recv(timeout)
        if isinstance(data, bytes):
            (length,) = struct.unpack("<I", data[:4])
            header = json.loads(data[4 : 4 + length])
            assert len(data) == 4 + length + sum(header["bytes"])
        else:
            header = json.loads(data)
        if header["t"] == "frame":
            with suppress(ConnectionClosed):  # what has come before the end is read all the same
                send(there, {"t": "ack", "n": header["n"]})
        if header["t"] == kind:
            return dict(header)


class Turning:
    """A viewer that is served, whose events are processed in this thread by :meth:`until`."""

    def __init__(self, serving: Serving, viewer: Viewer, screen: _PageScreen) -> None:
        self.serving, self.viewer, self.screen = serving, viewer, screen
        address, _, token = serving.url.partition("/#token=")
        self.port, self.token = int(address.rpartition(":")[2]), token

    @property
    def failures(self) -> list[Exception]:
        """What the server did not expect."""
        return self.serving._server.failures

    def client(self, certificate: Path | None = None) -> Client:
        """Return a browser that was let in."""
        made = Client(self.port, self.token, certificate)
        if not CLIENTS.get(self.token):
            assert made.enter() == 204
            CLIENTS[self.token] = made.cookie
        made.cookie = CLIENTS[self.token]
        return made

    def until(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        """Process events until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it never came"
            if not self.serving.process_events():
                time.sleep(0.002)

    def beside(self, work: Callable[[], Any], seconds: float = 20) -> Any:
        """Return what a function gives that waits for the viewer, whose events are processed meanwhile."""
        results: list[Any] = []

        def run() -> None:
            try:
                results.append(work())
            except BaseException as error:
                results.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        self.until(lambda: bool(results), seconds)
        thread.join()
        if isinstance(results[0], BaseException):
            raise results[0]
        return results[0]


CLIENTS: dict[str, str] = {}
"""Cookies, by the token that they were exchanged for."""


@contextmanager
def served(volume: Volume, limits: Limits | None = None, **page: Any) -> Iterator[Turning]:
    """Serve slices of a volume."""
    choice = PageChoice(**{"address": PageAddress(), "open_browser": False, **page})
    limits = limits or Limits()
    listener = listen(choice.address, limits)
    screen = _PageScreen((300, 200), is_titled=choice.identify, is_own=not listener.hosts.any_address)
    viewer = Viewer(volume, "mpr", (300, 200), screen=screen, keep="forget")
    serving = Serving(viewer, screen, listener, choice, limits)
    serving.begin()
    try:
        yield Turning(serving, viewer, screen)
    finally:
        serving.close()
