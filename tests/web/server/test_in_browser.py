"""The program in a real browser: through a tunnel, in two tabs, refused to another browser and to another page."""

from __future__ import annotations

import http.server
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.chromium import chromium
from tests.phantom_files import write_phantom

pytestmark = pytest.mark.slow

SHOWN = (
    "(() => { const c = document.querySelector('canvas'); if (!c?.width) return false; "
    "const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; "
    "let sum = 0; for (let i = 0; i < data.length; i += 4) sum += data[i]; return sum > c.width * c.height; })()"
)
"""Whether the canvas has a picture."""


@contextmanager
def tunnel(port: int) -> Iterator[int]:
    """Give what goes in at one port out at another, as ``ssh -L`` does."""

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def run() -> None:
        with suppress(OSError):
            while True:
                here, _ = listening.accept()
                there = socket.create_connection(("127.0.0.1", port))
                ends.extend((here, there))
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    ends: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        accepting = threading.Thread(target=run)
        accepting.start()
        yield listening.getsockname()[1]
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        accepting.join(5)
    for one in ends:
        one.close()


@contextmanager
def program(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the program and give its URL."""
    command = [sys.executable, "-m", "viewer3d", "serve", str(folder), "--view", "mpr", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield running, running.stdout.readline().strip()
        finally:
            running.terminate()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "ct"
    write_phantom(folder, shape=(48, 40, 16), spacing=(7.0, 6.0, 10.0))
    return folder


def test_a_browser_is_let_in_through_a_tunnel_and_no_other(folder: Path, tmp_path: Path) -> None:
    with program(folder) as (running, url), tunnel(urlsplit(url).port or 0) as port:
        root = f"http://127.0.0.1:{port}/"
        link = f"{root}#{urlsplit(url).fragment}"
        (tmp_path / "one").mkdir()
        (tmp_path / "two").mkdir()
        with chromium(tmp_path / "one") as page:
            page.go(link)
            page.wait(SHOWN)
            assert page.run("location.href") == root
            assert page.run("document.title") == "viewer3d"
            assert page.run("document.cookie") == ""  # HttpOnly
            page.reload()
            page.wait(SHOWN)
            second = page.beside()
            second.go(link)  # the same link, in the browser that was let in
            second.wait(SHOWN)
            assert second.run("location.href") == root
            page.wait("document.body.innerText.includes('2 tabs')")
            assert {urlsplit(one).netloc for one in (*page.requests, *second.requests)} == {f"127.0.0.1:{port}"}
            assert not any("token" in one for one in (*page.requests, *second.requests))
            assert [one for one in (*page.console, *second.console) if "getImageData" not in one] == []  # of the test
            with chromium(tmp_path / "two") as stranger:
                stranger.go(link)
                stranger.wait("document.body.innerText.includes('This link was used already')")
                assert not any(one.startswith("ws") for one in stranger.requests)
            running.send_signal(signal.SIGINT)
            for one in (page, second):
                one.wait("document.body.innerText.includes('The viewer has ended: it was stopped where it runs.')")
            assert running.wait(20) == 0


ATTEMPTS = """
(async () => {
  const root = "%s", found = {};
  const late = () => new Promise((done) => setTimeout(() => done("silent"), 5000));
  const attempt = async (name, work) => {
    try { found[name] = await Promise.race([work(), late()]); } catch { found[name] = "refused"; }
  };
  const socket = (address) => new Promise((done) => {
    const one = new WebSocket(address);
    one.onopen = () => done("open"); one.onerror = () => done("refused");
  });
  await attempt("socket", () => socket(root.replace("http", "ws") + "socket"));
  await attempt("session", async () => (await fetch(root + "session", {credentials: "include"})).status);
  await attempt("token", async () => (await fetch(root + "session", {headers: {"X-Viewer3d-Token": "%s"}})).status);
  await attempt("page", async () => (await fetch(root)).status);
  await attempt("opaque", async () => {
    await fetch(root + "session", {mode: "no-cors", credentials: "include"});
    return performance.getEntriesByName(root + "session").at(-1)?.responseStatus ?? 0;
  });
  await attempt("script", () => new Promise((done) => {
    const one = document.createElement("script");
    one.src = root + "viewer.js"; one.type = "module";
    one.onload = () => done("loaded"); one.onerror = () => done("refused");
    document.head.append(one);
  }));
  await attempt("frame", () => new Promise((done) => {
    const one = document.createElement("iframe");
    one.src = root;
    one.onload = () => {
      try { done(one.contentDocument ? "seen" : "refused"); } catch { done("refused"); }
    };
    document.body.append(one);
  }));
  return found;
})()
"""
"""What a page of another site tries."""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves an empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><head></head><body></body>")

    def log_message(self, *_: object) -> None: ...


def test_a_page_of_another_site_in_the_same_browser_gets_nothing(folder: Path, tmp_path: Path) -> None:
    """Also of another port of the same host, which is the same site to cookies."""
    with program(folder) as (_, url), http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        root = url.partition("#")[0]
        token = urlsplit(url).fragment.removeprefix("token=")
        with chromium(tmp_path) as page:
            page.go(url)
            page.wait(SHOWN)
            for host in ("127.0.0.1", "localhost"):  # the same site, and another
                evil = page.beside()
                evil.go(f"http://{host}:{other.server_address[1]}/")
                found = evil.run(ATTEMPTS % (root, token))
                assert found.pop("opaque") in (0, 403, "refused")
                assert set(found.values()) == {"refused"}, found
            page.wait(SHOWN)
        other.shutdown()
