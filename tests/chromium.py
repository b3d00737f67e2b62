"""A page in headless Chromium, driven through its pipe: no network, no driver to install."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 60.0
"""Seconds that one answer may take on a busy machine."""


class Page:
    """One page of a browser; what it tells on its console, and what it loads, is kept."""

    def __init__(self, program: subprocess.Popen[bytes], commands: int, answers: int) -> None:
        self.program = program
        self.console: list[str] = []
        self.requests: list[str] = []
        self._commands, self._answers, self._left = commands, answers, b""
        self._number, self._session, self._loaded = 0, "", 0
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "Performance"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> Any:
        """Send a command of the DevTools protocol and return its result."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
        raise TimeoutError(method)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            more = os.read(self._answers, 1 << 20)
            assert more, "the browser has ended"
            self._left += more
        text, _, self._left = self._left.partition(b"\0")
        answer: dict[str, Any] = json.loads(text)
        params = answer.get("params", {})
        if answer.get("method") == "Runtime.exceptionThrown":
            self.console.append(params["exceptionDetails"].get("exception", {}).get("description", str(params)))
        elif answer.get("method") == "Log.entryAdded":
            self.console.append(params["entry"]["text"])
        elif answer.get("method") == "Runtime.consoleAPICalled":
            self.console.append(str(params["args"]))
        elif answer.get("method") == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif answer.get("method") == "Page.loadEventFired":
            self._loaded += 1
        return answer

    def size(self, width: int, height: int) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def scheme(self, name: str) -> None:
        """Have the system prefer ``"dark"`` or ``"light"``."""
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, path: Path, fragment: str = "") -> None:
        self.send("Page.navigate", url=path.as_uri() + fragment)
        self.wait("document.readyState === 'complete'")

    def reload(self) -> None:
        """Load the page again, and wait for it: an expression in its way would be refused."""
        before = self._loaded
        self.send("Page.reload")
        while self._loaded == before:
            self._receive()

    def run(self, code: str) -> Any:
        """Return the value of an expression; a promise is awaited."""
        done = self.send("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait(self, code: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not self.run(f"Boolean({code})"):
            assert time.monotonic() < end, code
            time.sleep(0.02)

    def key(self, name: str) -> None:
        """Press a key, by its DOM name."""
        text = {"text": name} if len(name) == 1 else ({"text": "\r"} if name == "Enter" else {})
        codes = {"Escape": 27, "Enter": 13, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Tab": 9}
        code = codes.get(name, ord(name.upper()) if len(name) == 1 else 0)
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=code, **text)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))

    def cpu(self) -> float:
        """Return the CPU seconds that all processes of the browser have used."""
        listed = json.loads(json.dumps(self._of_browser("SystemInfo.getProcessInfo")))["processInfo"]
        return sum(one["cpuTime"] for one in listed)

    def _of_browser(self, method: str) -> Any:
        session, self._session = self._session, ""
        try:
            return self.send(method)
        finally:
            self._session = session


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """Start a browser with a profile in a folder; skip the test where there is none."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no Chromium is installed: none of {', '.join(NAMES)}")
    their_in, commands = os.pipe()
    answers, their_out = os.pipe()

    def place_pipes() -> None:  # the browser reads from 3 and writes to 4
        first, second = os.dup(their_in), os.dup(their_out)
        os.dup2(first, 3)
        os.dup2(second, 4)

    flags = ("--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--disable-extensions")
    flags += ("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage")
    flags += ("--no-sandbox",)  # in a container, and for root, it has none
    with (folder / "chromium.log").open("wb") as log:
        browser = subprocess.Popen(
            [program, *flags, f"--user-data-dir={folder / 'profile'}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(3, 4), preexec_fn=place_pipes,  # noqa: PLW1509
        )  # fmt: skip
    os.close(their_in)
    os.close(their_out)
    try:
        yield Page(browser, commands, answers)
    finally:
        os.close(commands)
        with suppress(subprocess.TimeoutExpired):
            browser.wait(10)
        browser.kill()
        browser.wait()
        os.close(answers)
