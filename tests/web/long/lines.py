"""A line between a browser and the viewer that a test cuts, or lets fall silent; and the program at its end."""

from __future__ import annotations

import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection

from tests.chromium import Page
from tests.web.server.peers import Client as Peer

URL = re.compile(r"http://127\.0\.0\.1:(\d+)/#token=(\S+)")
PATIENCE = 60.0


class Line:
    """Passes connections on to a port of this machine.

    Attributes
    ----------
    port : int
        Where it listens.
    to : int
        Where it passes to.
    is_down : bool
        Whether new connections are refused.
    """

    def __init__(self, to: int) -> None:
        self.to, self.is_down = to, False
        self._ends: list[tuple[socket.socket, socket.socket]] = []
        self._silent: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._ends)

    def cut(self, *, rudely: bool = False) -> None:
        """End all connections, with a reset where that is asked for."""
        for pair in tuple(self._ends):
            for one in pair:
                with suppress(OSError):
                    if rudely:
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    one.shutdown(socket.SHUT_RDWR)

    def fall_silent(self) -> None:
        """Pass nothing on any more in the connections of now, without closing them: a machine sleeps."""
        for pair in tuple(self._ends):
            self._silent.update(pair)

    def close(self) -> None:
        self.is_down = True
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                try:
                    if self.is_down:
                        raise OSError
                    there = socket.create_connection(("127.0.0.1", self.to))
                except OSError:
                    here.close()
                    continue
                pair = (here, there)
                self._ends.append(pair)
                for a, b in (pair, pair[::-1]):
                    threading.Thread(target=self._pass, args=(a, b, pair), daemon=True).start()

    def _pass(self, a: socket.socket, b: socket.socket, pair: tuple[socket.socket, socket.socket]) -> None:
        with suppress(OSError):
            while data := a.recv(1 << 16):
                if a not in self._silent:
                    b.sendall(data)
        if a in self._silent:
            return  # the other end hears nothing of it
        with suppress(OSError):
            b.shutdown(socket.SHUT_WR)
        with suppress(ValueError):
            self._ends.remove(pair)
            return
        for one in pair:
            one.close()


class Program:
    """`viewer3d serve` in a process of its own, that is looked at.

    Attributes
    ----------
    process : Popen
    port : int
    token : str
    home : Path
        Where it lives, and keeps what it keeps.
    """

    def __init__(self, folder: Path, home: Path, *words: str, seconds: tuple[float, float] = (20.0, 60.0)) -> None:
        root, self.home = Path(__file__).parents[3], home
        self._path = home / f"observer-{time.monotonic_ns()}"
        self._errors = home / "errors.txt"
        environment = {
            **os.environ, "PYTHONPATH": str(root), "HOME": str(home), "XDG_STATE_HOME": str(home / "state"),
            "XDG_CACHE_HOME": str(home / "cache"),
        }  # fmt: skip
        command = (sys.executable, "-m", "tests.web.long.observed", str(self._path), *map(str, seconds))
        with self._errors.open("a", encoding="utf-8") as errors:
            words = ("serve", str(folder), "--no-browser", *words)
            how: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": errors, "text": True, "cwd": home}
            self.process = subprocess.Popen([*command, *words], env=environment, **how)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = URL.match(line)
        assert found is not None, (line, self.errors)
        self.port, self.token = int(found[1]), found[2]
        self._connection: Connection = Client(str(self._path), "AF_UNIX")

    @property
    def errors(self) -> str:
        """What it has written to standard error."""
        return self._errors.read_text(encoding="utf-8")

    def ask(self, question: str) -> Any:
        """Return the answer of the observer."""
        self._connection.send(question)
        assert self._connection.poll(PATIENCE), f"no answer to {question}"
        return self._connection.recv()

    def until(self, condition: Callable[[dict[str, Any]], object], seconds: float = PATIENCE) -> None:
        """Wait until something holds of the facts."""
        end = time.monotonic() + seconds
        while not condition(facts := self.ask("facts")):
            assert time.monotonic() < end, facts
            time.sleep(0.02)

    @contextmanager
    def socket(self, page: Page) -> Iterator[ClientConnection]:
        """Open another websocket with the cookie of a page, which shows nothing of what it is sent."""
        client = Peer(self.port)
        found = page.send("Network.getCookies")["cookies"]
        # Cookies are named by the port that the browser knows: this one may come by another.
        client.cookie = next(f"viewer3d-{client.port}={one['value']}" for one in found)
        with client.socket(reads=False) as there:
            yield there

    @property
    def memory(self) -> int:
        """Resident bytes of the process."""
        return int(self._proc("statm").split()[1]) * os.sysconf("SC_PAGE_SIZE")

    @property
    def cpu(self) -> float:
        """Seconds of CPU that the process has used."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def files(self) -> int:
        """How many file descriptors it has."""
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/fd").iterdir())

    @property
    def threads(self) -> int:
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/task").iterdir())

    def close(self) -> int:
        """End it in order, and return its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            self._connection.close()
            if self.process.stdout is not None:
                self.process.stdout.close()

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text(encoding="ascii")


@contextmanager
def program(folder: Path, home: Path, *words: str) -> Iterator[Program]:
    """Run it for as long as the block does."""
    one = Program(folder, home, *words)
    try:
        yield one
    finally:
        one.close()
