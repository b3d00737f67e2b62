"""What a client that is no browser sends: odd requests, odd frames, floods, and lies about what it has shown."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.web.server.peers import CLIENTS, HELLO, Client, Turning, receive, send, served
from viewer3d import Volume, phantom
from viewer3d.web.server.access import SESSION_PATH, SOCKET_PATH, TOKEN_HEADER
from viewer3d.web.server.limits import Limits

TEXT, BINARY, PING, MORE = 1, 2, 9, 0
"""Kinds of frames (RFC 6455, 5.2); the last goes on with a message."""

UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
"""What else a handshake has (4.1)."""


@pytest.fixture(scope="module")
def volume() -> Volume:
    return phantom.volume(shape=(24, 20, 16))


@pytest.fixture(scope="module")
def turning(volume: Volume) -> Iterator[Turning]:
    with served(volume, Limits(close_seconds=0.2)) as made:
        yield made
        assert made.failures == []


@pytest.fixture
def client(turning: Turning) -> Client:
    return turning.client()


def answer(client: Client, request: bytes) -> bytes:
    """Send a request with ``HERE`` for the host and ``PORT`` for its port, and return all that is answered."""
    with socket.create_connection(("127.0.0.1", client.port), 20) as there:
        there.sendall(request.replace(b"HERE", client.host.encode()).replace(b"PORT", str(client.port).encode()))
        data = b""
        with suppress(ConnectionResetError):
            while part := there.recv(65536):
                data += part
        return data


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        (b"GET http://HERE/viewer.js HTTP/1.1\r\nHost: HERE\r\n\r\n", (404,)),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: HERE\r\n\r\n", (404,)),
        (b"GET //evil.example/ HTTP/1.1\r\nHost: HERE\r\n\r\n", (404,)),
        (b"GET / HTTP/1.1\r\n\r\n", (403,)),
        (b"GET / HTTP/1.0\r\n\r\n", (0, 403)),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nHOST: HERE\r\n\r\n", (0, 403)),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nhost: evil.example\r\n\r\n", (403,)),
        (b"GET / HTTP/1.1\r\nHost: HERE, evil.example\r\n\r\n", (403,)),
        (b"GET / HTTP/1.1\r\nHost : HERE\r\n\r\n", (0, 400)),
        (b"GET / HTTP/1.1\r\nHost: user@HERE\r\n\r\n", (403,)),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1.\r\n\r\n", (403,)),
        (b"GET / HTTP/1.1\r\nHost: 127.1\r\n\r\n", (403,)),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1%00\r\n\r\n", (403,)),
        (b"GET / HTTP/1.1\r\nHost: [::1%25lo]\r\n\r\n", (403,)),
        (b"GET / HTTP/1.1\r\nHost: [::1]:PORT:1\r\n\r\n", (403,)),
        (b"GET / HTTP/1.1\r\nHost: \xd9\xa1\r\n\r\n", (403,)),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nOrigin: http://HERE\r\nORIGIN: http://HERE\r\n\r\n", (403,)),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nOrigin: HTTP://HERE\r\n\r\n", (403,)),
        (b"GET /session HTTP/1.1\r\nHost: HERE\r\nX-Viewer3d-Token: a\r\nX-Viewer3d-Token: b\r\n\r\n", (403,)),
        (b"GET /session HTTP/1.1\r\nHost: HERE\r\nX-Viewer3d-Token: \xe9\xff\r\n\r\n", (403,)),
        (b"GET /session HTTP/1.1\r\nHost: HERE\r\nCookie: viewer3d-PORT=\xe9\xff\r\n\r\n", (403,)),
        (b"GET /session HTTP/1.1\r\nHost: HERE\r\n" + b"Cookie: viewer3d-PORT=x\r\n" * 100 + b"\r\n", (0, 403)),
        (b"GET /session?X-Viewer3d-Token=a HTTP/1.1\r\nHost: HERE\r\n\r\n", (404,)),
        (b"GET /../server/access.py HTTP/1.1\r\nHost: HERE\r\n\r\n", (404,)),
        (b"GET /..%2f..%2fserver/access.py HTTP/1.1\r\nHost: HERE\r\n\r\n", (404,)),
        (b"GET /%76iewer.js HTTP/1.1\r\nHost: HERE\r\n\r\n", (404,)),
        (b"GET /./viewer.js HTTP/1.1\r\nHost: HERE\r\n\r\n", (404,)),
        (b"GET /viewer.js\0.html HTTP/1.1\r\nHost: HERE\r\n\r\n", (0, 404)),
        (b"GET /__init__.py HTTP/1.1\r\nHost: HERE\r\n\r\n", (404,)),
        (b"GET \\viewer.js HTTP/1.1\r\nHost: HERE\r\n\r\n", (0, 404)),
        (b"HEAD / HTTP/1.1\r\nHost: HERE\r\n\r\n", (0, 405)),
        (b"OPTIONS * HTTP/1.1\r\nHost: HERE\r\nOrigin: http://evil.example\r\n\r\n", (0, 403, 405)),
        (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: HERE\r\n\r\n", (0, 405)),
        (b"TRACE / HTTP/1.1\r\nHost: HERE\r\n\r\n", (0, 405)),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (0, 400)),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nContent-Length: 3\r\nContent-Length: 0\r\n\r\n", (0, 400)),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nX: a\r\n folded\r\n\r\n", (0, 400)),
        (b"GET / HTTP/1.1\nHost: HERE\n\n", (0, 400)),
    ],
    ids=lambda value: value[:40].decode("latin-1").strip() if isinstance(value, bytes) else "",
)
def test_an_odd_request_is_refused_or_ended(client: Client, request_: bytes, statuses: tuple[int, ...]) -> None:
    """Nothing of the page is in an answer; 0 stands for an end without one."""
    data = answer(client, request_)
    status = int(data[9:12]) if data else 0
    assert status in statuses
    assert b"<script" not in data
    assert b"Set-Cookie" not in data


def test_a_request_behind_a_request_is_never_answered(client: Client) -> None:
    """Nobody between can be made to take an answer for another's (request smuggling): each connection has one."""
    second = f"GET /viewer.js HTTP/1.1\r\nHost: {client.host}\r\n\r\n".encode()
    for more in (b"", b"Content-Length: %d\r\n" % len(second), b"Transfer-Encoding: chunked\r\n"):
        data = answer(client, b"GET /page HTTP/1.1\r\nHost: HERE\r\n" + more + b"\r\n" + second)
        assert data.count(b"HTTP/1.1 ") <= 1
        assert b"export function" not in data


def test_the_token_is_in_no_answer_and_opens_no_websocket_by_itself(turning: Turning, client: Client) -> None:
    token = turning.token.encode()
    for path in ("/", "/page.js", SESSION_PATH, SOCKET_PATH, f"/#token={turning.token}", f"/?token={turning.token}"):
        data = answer(client, f"GET {path} HTTP/1.1\r\nHost: HERE\r\n\r\n".encode())
        assert token not in data
        assert client.cookie.encode() not in data
    handshake = (
        f"GET {SOCKET_PATH} HTTP/1.1\r\nHost: HERE\r\nOrigin: http://HERE\r\n{UPGRADE}"
        f"{TOKEN_HEADER}: {turning.token}\r\nCookie: viewer3d-PORT={turning.token}\r\n\r\n"
    )
    assert answer(client, handshake.encode()).startswith(b"HTTP/1.1 403 ")


def test_a_cookie_of_one_viewer_opens_no_other(turning: Turning, client: Client, volume: Volume) -> None:
    with served(volume) as other:
        value = client.cookie.partition("=")[2]
        stranger = Client(other.port)
        assert stranger.get(SESSION_PATH, {"Cookie": f"viewer3d-{other.port}={value}"})[0] == 403
        with other.client().socket() as there, client.socket() as here:  # two in one process
            other.beside(lambda: receive(there, "frame"))
            turning.beside(lambda: receive(here, "frame"))
            before = turning.viewer.state.look
            send(there, {"t": "key", "key": "i"})
            other.until(lambda: other.viewer.state.look.inverted)
            turning.serving.process_events()
            assert turning.viewer.state.look == before


@contextmanager
def bare(client: Client, headers: str = "", buffer: int = 0) -> Iterator[socket.socket]:
    """Open the websocket without a library."""
    with closing(socket.socket()) as there:
        if buffer:
            there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        there.settimeout(20)
        there.connect(("127.0.0.1", client.port))
        request = (
            f"GET {SOCKET_PATH} HTTP/1.1\r\nHost: {client.host}\r\nOrigin: http://{client.host}\r\n"
            f"Cookie: {client.cookie}\r\n{UPGRADE}{headers}\r\n"
        )
        there.sendall(request.encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += there.recv(1)
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"Sec-WebSocket-Extensions" not in head
        yield there


def frame(kind: int, data: bytes = b"", *, is_last: bool = True, reserved: int = 0, is_masked: bool = True) -> bytes:
    """Return a frame of a websocket (RFC 6455, 5.2), masked with zeros."""
    length, mask = len(data), 0x80 if is_masked else 0
    if length < 126:
        size = bytes([mask | length])
    else:
        size = bytes([mask | 126]) + struct.pack(">H", length) if length < 65536 else b""
        size = size or bytes([mask | 127]) + struct.pack(">Q", length)
    return bytes([0x80 * is_last | reserved << 4 | kind]) + size + (b"\0\0\0\0" if is_masked else b"") + data


GREETING = json.dumps(HELLO).encode()


def ended(there: socket.socket) -> int:
    """Return the code with which the other end has ended it; 0 without one."""
    data = b""
    with suppress(ConnectionResetError):
        while part := there.recv(65536):
            data = (data + part)[-200:]
    found = data.rfind(b"\x88")
    return int(struct.unpack(">H", data[found + 2 : found + 4])[0]) if found >= 0 else 0


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([frame(TEXT, GREETING, reserved=4)], 1002),  # compressed, which was not agreed upon
        ([frame(TEXT, GREETING, is_masked=False)], 1002),
        ([frame(3, GREETING)], 1002),
        ([frame(PING, b"x" * 126)], 1002),
        ([frame(MORE, GREETING)], 1002),
        ([frame(TEXT, b"\xff")], 1007),
        ([frame(TEXT, GREETING), frame(TEXT, b" " * 40_000, is_last=False), frame(MORE, b" " * 40_000)], 1009),
        ([frame(TEXT, GREETING), bytes([0x81, 0xFF]) + struct.pack(">Q", 2**62)], 1009),
        ([frame(TEXT, GREETING), frame(BINARY, b"\0")], 1008),
    ],
    ids=["compressed", "bare", "kind", "ping", "no begin", "no text", "parts", "huge", "binary"],
)
def test_an_odd_frame_ends_its_socket_alone(turning: Turning, client: Client, frames: list[bytes], code: int) -> None:
    with bare(client, "Sec-WebSocket-Extensions: permessage-deflate\r\n") as there:
        there.sendall(b"".join(frames))
        assert turning.beside(lambda: ended(there)) == code
    turning.until(lambda: turning.serving.tabs == 0)


def test_a_hello_in_parts_is_a_hello(turning: Turning, client: Client) -> None:
    with bare(client) as there:
        parts = [frame(TEXT, GREETING[:5], is_last=False), frame(PING, b"between"), frame(MORE, GREETING[5:])]
        there.sendall(b"".join(parts))
        turning.until(lambda: turning.screen.clients == 1 and turning.screen.is_watched)
    turning.until(lambda: turning.serving.tabs == 0)


def test_pongs_that_nobody_reads_are_bounded(volume: Volume) -> None:
    with served(volume, Limits(queued_bytes=2_000_000)) as turning:
        client = turning.client()
        with bare(client, buffer=4096) as there:
            there.sendall(frame(TEXT, GREETING))
            turning.until(lambda: turning.screen.clients == 1)
            pings = frame(PING, b"x" * 125) * 1000

            def flood() -> bool:
                try:
                    for _ in range(200):  # 26 MB
                        there.sendall(pings)
                except OSError:
                    return True
                return False

            assert turning.beside(flood)
        turning.until(lambda: turning.serving.tabs == 0)
        assert turning.failures == []


def test_what_is_on_its_way_to_a_tab_that_never_reads_is_bounded(volume: Volume) -> None:
    with served(volume, Limits(queued_bytes=2_000_000, queued_messages=10**6)) as turning:
        client = turning.client()
        with bare(client, buffer=4096) as there:
            there.sendall(frame(TEXT, GREETING))
            turning.until(lambda: turning.screen.clients == 1 and turning.screen.is_watched)
            turning.serving.process_events()
            for _ in range(200):  # 40 MB
                turning.screen.say("x" * 200_000, "note")
            turning.until(lambda: turning.serving.tabs == 0)
        assert turning.failures == []


def test_who_lies_about_what_was_shown_gets_pictures_all_the_same(turning: Turning, client: Client) -> None:
    with client.socket() as there:
        for number in (10**15, 0, 7, 1, 1):
            send(there, {"t": "ack", "n": number})
        send(there, [HELLO, HELLO, {"t": "resize", "size": [320, 240], "scale": 1}, HELLO])  # four sizes at once
        sent = turning.beside(lambda: receive(there, "frame"))
        assert sent["points"] in ([300, 200], [320, 240])
        before = turning.viewer.state.cursor
        send(there, {"t": "wheel", "n": 1, "x": 50, "y": 50})
        turning.until(lambda: turning.viewer.state.cursor != before)
        turning.beside(lambda: receive(there, "frame"))


def test_many_starts_and_ends_leave_no_file_and_no_thread(volume: Volume) -> None:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("this system does not list open files there")

    def round_(number: int) -> None:
        with served(volume) as turning:
            if number % 10 == 0:
                client = turning.client()
                with client.socket() as there:
                    turning.beside(lambda: receive(there, "frame"))
            else:
                with socket.create_connection(("127.0.0.1", turning.port)) as half:
                    half.sendall(b"GET")
        CLIENTS.clear()

    def held() -> tuple[int, int]:
        return len(list(folder.iterdir())), threading.active_count()

    known = dict(CLIENTS)  # of other servers of these tests
    round_(0)
    before = held()
    for number in range(50):
        round_(number)
    end = time.monotonic() + 10
    while held() != before and time.monotonic() < end:  # a client's own thread may still end
        time.sleep(0.01)
    assert held() == before
    CLIENTS.update(known)
