"""The page and its websocket over real sockets: what is let in, what is refused, what a client cannot do."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.web.server.peers import HELLO, Client, Turning, receive, send, served
from viewer3d import Volume, phantom
from viewer3d.web.server.access import HEADERS, SESSION_PATH, SOCKET_PATH, TOKEN_HEADER
from viewer3d.web.server.addresses import PageAddress
from viewer3d.web.server.limits import Limits


@pytest.fixture(scope="module")
def volume() -> Volume:
    return phantom.volume(shape=(24, 20, 16))


@pytest.fixture(scope="module")
def turning(volume: Volume) -> Iterator[Turning]:
    with served(volume) as made:
        yield made


@pytest.fixture
def client(turning: Turning) -> Client:
    return turning.client()


def test_a_page_sees_and_steers(turning: Turning, client: Client) -> None:
    viewer = turning.viewer
    with client.socket() as there:
        frame = turning.beside(lambda: receive(there, "frame"))
        assert (frame["size"], frame["points"]) == ([300, 200], [300, 200])
        before = viewer.state.cursor
        send(there, {"t": "wheel", "n": 1, "x": 50, "y": 50, "ctrl": False})
        turning.until(lambda: viewer.state.cursor != before)
        turning.beside(lambda: receive(there, "frame"))
    turning.until(lambda: turning.serving.tabs == 0)


def test_two_tabs_see_and_steer_the_same(turning: Turning, client: Client) -> None:
    with client.socket() as first, client.socket() as second:
        for there in (first, second):
            told = turning.beside(lambda there=there: receive(there, "info"))
            while told["clients"] < 2:
                told = turning.beside(lambda there=there: receive(there, "info"))
        before = turning.viewer.state.cursor
        send(second, {"t": "wheel", "n": 1, "x": 50, "y": 50, "ctrl": False})
        turning.until(lambda: turning.viewer.state.cursor != before)
        for there in (first, second):
            turning.beside(lambda there=there: receive(there, "frame"))
        second.close()
        turning.until(lambda: turning.serving.tabs == 1)
        assert turning.beside(lambda: receive(first, "info"))["clients"] == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Origin": "https://127.0.0.1"},
        {"Cookie": None},
        {"Cookie": "viewer3d-8000=guessed"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_the_socket_is_refused(client: Client, headers: dict[str, str | None]) -> None:
    with pytest.raises(InvalidStatus) as refused, client.socket(**headers):
        pass
    assert refused.value.response.status_code == 403
    assert b"\n" in refused.value.response.body


def upgrade(host: str, client: Client) -> dict[str, str]:
    """The headers of a handshake that is right but for its host."""
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
    how = {"Connection": "Upgrade", "Upgrade": "websocket", **key}
    return {**how, "Host": host, "Origin": f"http://{host}", "Cookie": client.cookie}


def test_a_foreign_host_is_refused(client: Client) -> None:
    """A name that another site has pointed at this machine (DNS rebinding)."""
    for path in ("/", "/viewer.js", SESSION_PATH, SOCKET_PATH):
        for host in ("evil.example", f"evil.example:{client.port}"):
            assert client.get(path, upgrade(host, client))[0] == 403
    assert client.get(SOCKET_PATH, {"Host": client.host})[0] == 403


def test_another_port_is_what_a_tunnel_has(turning: Turning, client: Client) -> None:
    """The host is right at every port, and the cookie has the name of the browser's port."""
    assert client.get("/", {"Host": "localhost:1234"})[0] in (200, 404)
    value = client.cookie.partition("=")[2]
    headers = upgrade("localhost:1234", client)
    assert client.get(SOCKET_PATH, {**headers, "Cookie": f"viewer3d-1234={value}", "Upgrade": "x"})[0] == 426
    assert client.get(SOCKET_PATH, headers)[0] == 403


def test_a_token_lets_one_browser_in_once(volume: Volume) -> None:
    with served(volume) as turning:
        guess = Client(turning.port, "guessed")
        assert guess.enter() == 403
        first, second = Client(turning.port, turning.token), Client(turning.port, turning.token)
        assert first.enter() == 204
        assert second.enter() == 403
        assert second.cookie == ""
        assert first.get(SESSION_PATH, {"Cookie": first.cookie})[0] == 204
        assert first.get(SESSION_PATH, {"Cookie": first.cookie, TOKEN_HEADER: turning.token})[0] == 204
        foreign = {"Cookie": first.cookie, "Origin": "http://evil.example", TOKEN_HEADER: turning.token}
        assert first.get(SESSION_PATH, foreign)[0] == 403


def test_every_answer_is_for_no_cache_no_frame_and_no_other_page(client: Client) -> None:
    asked = [("/", {}, "GET"), ("/nothing", {}, "GET"), ("/", {"Host": "evil"}, "GET"), ("/", {}, "POST")]
    asked.append((SOCKET_PATH, {"Origin": f"http://{client.host}", "Cookie": client.cookie}, "GET"))  # no handshake
    for path, headers, method in asked:
        status, given, _ = client.get(path, headers, method)
        assert status in (200, 403, 404, 405, 426)
        assert all(given[name] == value for name, value in HEADERS), (path, given)
        assert "Server" not in given
    assert client.get("/", {}, "OPTIONS")[0] == 405


def raw(client: Client, data: bytes) -> bytes:
    """Send bytes and return what is answered until the end."""
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as there:
        there.sendall(data)
        answer = b""
        try:
            while part := there.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
        return answer


def test_bytes_that_are_no_request_end_the_connection(turning: Turning, client: Client) -> None:
    host = f"Host: {client.host}\r\n".encode()
    for data in (
        b"\0\xff garbage\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"x" * 10000 + b" HTTP/1.1\r\n" + host + b"\r\n",
        b"GET / HTTP/1.1\r\n" + host + b"X: " + b"y" * 10000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + host + b"".join(b"X%d: y\r\n" % one for one in range(300)) + b"\r\n",
        b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 5\r\n\r\nhello",
        b"GET / HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200 + b"\n",  # TLS where there is none
    ):
        assert b"200 OK" not in raw(client, data)
    injected = raw(client, b"GET /viewer.js HTTP/1.1\r\n" + host + b"Origin: x\r\nSet-Cookie: a=b\r\n\r\n")
    assert injected.startswith(b"HTTP/1.1 403 ")
    assert b"a=b" not in injected
    assert raw(client, b"GET /\rSet-Cookie:a=b HTTP/1.1\r\n" + host + b"\r\n").count(b"a=b") == 0
    assert turning.failures == []
    with client.socket() as there:
        turning.beside(lambda: receive(there, "frame"))


def test_garbage_on_the_socket_ends_it_and_nothing_else(turning: Turning, client: Client) -> None:
    with client.socket() as good:
        turning.beside(lambda: receive(good, "frame"))
        for hello, data in (
            ("hello", None),
            ({"t": "wheel", "n": 1, "x": 1, "y": 1}, None),  # before hello
            ([], None),
            ({**HELLO, "v": 2}, None),
            (HELLO, "{"),
            (HELLO, b"\0\1"),
            (HELLO, '{"t": "press", "b": 7, "x": 1, "y": 1}'),
            (HELLO, '{"t": "move", "x": NaN, "y": 1}'),
            (HELLO, '{"t": "move", "x": 1e999, "y": 1}'),
            (HELLO, '{"t": "nothing"}'),
            (HELLO, "[" * 30000),
            (HELLO, '{"t": "key", "key": "' + "x" * 100 + '"}'),
        ):
            with client.socket(hello=hello) as there:
                if data is not None:
                    there.send(data)
                with pytest.raises(ConnectionClosed) as ended:
                    turning.beside(lambda there=there: receive(there, "nothing"))
                assert ended.value.rcvd is not None
                assert ended.value.rcvd.code == 1008
        turning.until(lambda: turning.serving.tabs == 1)
        before = turning.viewer.state.cursor
        send(good, {"t": "wheel", "n": -1, "x": 50, "y": 50, "ctrl": False})
        turning.until(lambda: turning.viewer.state.cursor != before)
    assert turning.failures == []


def test_a_message_that_is_too_long_ends_the_socket(turning: Turning, client: Client) -> None:
    for message in ("x" * 65537, b"x" * 10_000_000):
        with client.socket() as there:
            with suppress(ConnectionClosed):
                there.send(message)
            with pytest.raises(ConnectionClosed) as ended:
                turning.beside(lambda there=there: receive(there, "nothing"))
            assert ended.value.rcvd is None or ended.value.rcvd.code == 1009
    with client.socket() as there:
        send(there, {"t": "paste", "text": "x" * 60000})
        turning.beside(lambda: receive(there, "frame"))


def test_more_pages_than_there_may_be_are_told(volume: Volume) -> None:
    with served(volume, Limits(tabs=2)) as turning:
        client = turning.client()
        with client.socket(), client.socket():
            turning.until(lambda: turning.serving.tabs == 2)
            with client.socket(hello=None) as there, pytest.raises(ConnectionClosed) as refused:
                there.recv(20)
            assert refused.value.rcvd is not None
            assert (refused.value.rcvd.code, refused.value.rcvd.reason) == (1013, "2 pages see this viewer: close one")
        turning.until(lambda: turning.serving.tabs == 0)
        with client.socket() as there:
            turning.beside(lambda: receive(there, "frame"))


def test_who_sends_half_of_a_request_or_says_no_hello_is_let_go(volume: Volume) -> None:
    with served(volume, Limits(open_seconds=0.15)) as turning:
        client = turning.client()
        begun = time.monotonic()
        assert raw(client, b"GET / HTTP/1.1\r\nHost: ") == b""
        with client.socket(hello=None) as there, pytest.raises(ConnectionClosed) as ended:
            there.recv(20)
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == 1008
        assert time.monotonic() - begun < 5
        with client.socket() as there:
            turning.beside(lambda: receive(there, "frame"))


FLOOD = """
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
held = []
for number in range(1000):
    there = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
    there.sendall((b"", b"GET / HTTP/1.1", b"\\x16\\x03\\x01\\x02")[number % 3])
    held.append(there)
print("held", flush=True)
sys.stdin.read()
"""
"""Opens a thousand connections, says nothing whole on any, and keeps them."""


def open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


@pytest.mark.parametrize("is_secure", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_thousand_connections_at_once_leave_a_good_tab_alone(
    volume: Volume, make_certificate: Callable[..., tuple[Path, Path]], is_secure: bool
) -> None:
    pytest.importorskip("resource")
    certificate, key = make_certificate()
    address = PageAddress(certificate=certificate, key=key) if is_secure else PageAddress()
    with served(volume, address=address) as turning:
        client = turning.client(certificate if is_secure else None)
        with client.socket() as good:
            turning.beside(lambda: receive(good, "frame"))
            command = [sys.executable, "-S", "-c", FLOOD, str(turning.port)]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as flood:
                assert flood.stdin is not None
                assert flood.stdout is not None
                assert turning.beside(flood.stdout.readline) == b"held\n"
                assert open_files() < 400
                before = turning.viewer.state.cursor
                send(good, {"t": "wheel", "n": 1, "x": 50, "y": 50, "ctrl": False})
                turning.until(lambda: turning.viewer.state.cursor != before)
                turning.beside(lambda: receive(good, "frame"))
                assert client.get(SESSION_PATH, {"Cookie": client.cookie})[0] == 204  # while they are held
                with client.socket() as another:
                    turning.beside(lambda: receive(another, "frame"))
                flood.stdin.close()
        assert turning.failures == []


@pytest.mark.slow
def test_a_page_that_does_not_read_is_cut_off(volume: Volume) -> None:
    with served(volume, Limits(queued_messages=20)) as turning:
        client = turning.client()
        with client.socket(reads=False) as there:
            turning.beside(lambda: receive(there, "frame"))
            for _ in range(2000):
                turning.screen.say("x" * 50_000, "note")
                if turning.serving.tabs == 0:
                    break
                turning.serving.process_events()
            turning.until(lambda: turning.serving.tabs == 0)
        with client.socket() as there:
            turning.beside(lambda: receive(there, "frame"))


def test_a_page_is_told_how_long_silence_may_last_and_hears_something_before(volume: Volume) -> None:
    with served(volume, Limits(ping_seconds=0.1, dead_seconds=0.4)) as turning, turning.client().socket() as there:

        def waits() -> list[float]:
            assert receive(there, "alive") == {"t": "alive", "within": 0.4}
            found = []
            for _ in range(15):
                began = time.monotonic()
                receive(there, "alive")
                found.append(time.monotonic() - began)
            return found

        assert 0.05 < min(turning.beside(waits)[5:]) < 0.4


def test_a_connection_that_falls_silent_is_let_go(volume: Volume) -> None:
    limits = Limits(ping_seconds=0.1, dead_seconds=0.4)
    with served(volume, limits) as turning, turning.client().socket(reads=False) as there:
        turning.until(lambda: turning.serving.tabs == 1)
        there.socket.settimeout(None)
        turning.until(lambda: turning.serving.tabs == 0)  # it answers no ping, as it reads nothing
        assert turning.failures == []


def test_closing_tells_the_pages_and_ends_the_thread(volume: Volume) -> None:
    with served(volume) as turning:
        client = turning.client()
        with client.socket() as there:
            turning.beside(lambda: receive(there, "frame"))
            begun = time.monotonic()
            turning.serving.end("it was asked to")
            turning.serving.process_events()
            assert not turning.serving.is_open
            closing = threading.Thread(target=turning.serving.close)
            closing.start()
            assert receive(there, "end")["why"] == "The viewer has ended: it was asked to."
            with pytest.raises(ConnectionClosed):
                receive(there, "nothing")
            closing.join()
            assert time.monotonic() - begun < 3
        assert not turning.serving._server._thread.is_alive()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", turning.port), 5)


def test_with_a_certificate_all_is_encrypted(
    volume: Volume, make_certificate: Callable[..., tuple[Path, Path]]
) -> None:
    certificate, key = make_certificate()
    with served(volume, address=PageAddress(certificate=certificate, key=key)) as turning:
        assert turning.serving.url.startswith("https://127.0.0.1:")
        client = Client(turning.port, turning.token, certificate)
        status, headers, _ = client.get(SESSION_PATH, {TOKEN_HEADER: turning.token})
        assert status == 204
        assert headers["Set-Cookie"].endswith("SameSite=Strict; Secure")
        client.cookie = headers["Set-Cookie"].partition(";")[0]
        with client.socket() as there:
            turning.beside(lambda: receive(there, "frame"))
        with pytest.raises(InvalidStatus), client.socket(Origin=f"http://{client.host}"):
            pass
        assert raw(client, f"GET / HTTP/1.1\r\nHost: {client.host}\r\n\r\n".encode()) == b""


def test_it_ends_when_no_hand_does_anything(volume: Volume) -> None:
    with served(volume, idle=0.4) as turning:
        client = turning.client()
        with client.socket() as there:
            turning.beside(lambda: receive(there, "frame"))
            begun = time.monotonic()
            while time.monotonic() < begun + 0.5:
                send(there, {"t": "move", "x": 50, "y": 50})
                turning.serving.process_events()
                time.sleep(0.02)
            assert turning.serving.is_open
            turning.until(lambda: not turning.serving.is_open)  # though the page is still there
            assert turning.serving.why == "nothing was done for 0.4 seconds"
            assert receive(there, "end")["why"] == "The viewer has ended: nothing was done for 0.4 seconds."


def test_the_title_says_nothing_of_a_series_unless_it_is_asked_for(volume: Volume) -> None:
    for identify in (False, True):
        with served(volume, identify=identify) as turning, turning.client().socket() as there:
            title = turning.beside(lambda there=there: receive(there, "info"))["title"]
            assert title.startswith("viewer3d CT") if identify else title == "viewer3d"
            assert "CT" not in turning.serving.url.replace(turning.token, "")  # which is random
