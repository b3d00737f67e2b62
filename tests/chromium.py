"""A page in headless Chromium, driven through its pipe: no network, no driver to install."""

from __future__ import annotations

import base64
import json
import os
import select
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
VIRTUAL_KEYS = {
    "Escape": 27, "Enter": 13, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Tab": 9,
    "Backspace": 8, "Delete": 46,
}  # fmt: skip
"""What the system numbers keys by; the browser itself does what some of them mean by it."""


class _Pipe:
    """What is said through the pipe of a browser, by all its pages."""

    def __init__(self, commands: int, answers: int) -> None:
        self.commands, self.answers, self.left = commands, answers, b""
        self.number, self.pages = 0, dict[str, "Page"]()

    def receive(self) -> dict[str, Any]:
        while b"\0" not in self.left:
            if not select.select([self.answers], (), (), PATIENCE)[0]:
                raise TimeoutError(f"the browser has said nothing for {PATIENCE:g} s")
            more = os.read(self.answers, 1 << 20)
            assert more, "the browser has ended"
            self.left += more
        text, _, self.left = self.left.partition(b"\0")
        answer: dict[str, Any] = json.loads(text)
        page = self.pages.get(answer.get("sessionId", ""))
        if page is not None and "method" in answer:
            page.note(answer["method"], answer["params"])
        return answer


class Page:
    """One page of a browser; what it tells on its console, and what it loads, is kept."""

    def __init__(self, program: subprocess.Popen[bytes], pipe: _Pipe) -> None:
        self.program = program
        self.console: list[str] = []
        self.requests: list[str] = []
        self._pipe, self._session, self._loaded = pipe, "", 0
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        pipe.pages[self._session] = self
        for domain in ("Page", "Runtime", "Network", "Log", "Performance"):
            self.send(f"{domain}.enable")

    def beside(self) -> Page:
        """Open another page of the same browser, which has the same cookies."""
        return Page(self.program, self._pipe)

    def send(self, method: str, **params: Any) -> Any:
        """Send a command of the DevTools protocol and return its result."""
        self._pipe.number += 1
        number = self._pipe.number
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._pipe.commands, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = self._pipe.receive()
            if answer.get("id") == number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
        raise TimeoutError(method)

    def note(self, method: str, params: dict[str, Any]) -> None:
        """Keep what the browser tells of the page."""
        if method == "Runtime.exceptionThrown":
            self.console.append(params["exceptionDetails"].get("exception", {}).get("description", str(params)))
        elif method == "Log.entryAdded":
            self.console.append(params["entry"]["text"])
        elif method == "Runtime.consoleAPICalled":
            self.console.append(str(params["args"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.requests.append(params["url"])
        elif method == "Page.loadEventFired":
            self._loaded += 1

    def size(self, width: int, height: int, scale: float = 1) -> None:
        how = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600}
        self.send("Emulation.setDeviceMetricsOverride", **how)

    def scheme(self, name: str) -> None:
        """Have the system prefer ``"dark"`` or ``"light"``."""
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, path: Path, fragment: str = "") -> None:
        self.go(path.as_uri() + fragment)

    def go(self, url: str) -> None:
        """Go to an address, and wait until the page there is loaded."""
        self.send("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def reload(self) -> None:
        """Load the page again, and wait for it: an expression in its way would be refused."""
        before = self._loaded
        self.send("Page.reload")
        while self._loaded == before:
            self._pipe.receive()

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
        code = VIRTUAL_KEYS.get(name, ord(name.upper()) if len(name) == 1 else 0)
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=code, **text)

    def press(self, key: str, code: str = "", *, held: tuple[str, ...] = (), location: int = 0) -> None:
        """Press a key with others held, by its DOM value and code; what types a letter would insert it."""
        kind = "keyDown" if len(key) == 1 and not set(held) & {"ctrl", "alt", "meta"} else "rawKeyDown"
        how = {"key": key, "code": code, "modifiers": _modifiers(held), "isKeypad": location == 3, "location": location}
        if kind == "keyDown":
            how["text"] = key
        if len(key) == 1 and key.isascii() and key.isalnum():
            how["windowsVirtualKeyCode"] = ord(key.upper())
        elif key in VIRTUAL_KEYS:
            how["windowsVirtualKeyCode"] = VIRTUAL_KEYS[key]
        self.send("Input.dispatchKeyEvent", type=kind, **how)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=code, modifiers=_modifiers(held))

    def mouse(
        self, kind: str, x: float, y: float, button: str = "none", *, held: tuple[str, ...] = (), clicks: int = 0
    ) -> None:
        """Send an event of the mouse: moved, pressed or released."""
        how = {
            "button": button,
            "buttons": {"none": 0, "left": 1, "right": 2, "middle": 4}[button],
            "clickCount": clicks,
        }
        if kind == "released":
            how["buttons"] = 0
        kind = f"mouse{kind.capitalize()}"
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, modifiers=_modifiers(held), **how)

    def turn(self, x: float, y: float, delta: float, *, held: tuple[str, ...] = ()) -> None:
        """Turn the wheel; a notch is 120, below 0 away from the user."""
        how = {"x": x, "y": y, "deltaX": 0, "deltaY": delta, "modifiers": _modifiers(held)}
        self.send("Input.dispatchMouseEvent", type="mouseWheel", **how)

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        """Send an event of fingers, Start, Move or End, with where they are."""
        where = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.send("Input.dispatchTouchEvent", type=f"touch{kind}", touchPoints=where)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))

    def cpu(self) -> float:
        """Return the CPU seconds that all processes of the browser have used."""
        listed = json.loads(json.dumps(self.of_browser("SystemInfo.getProcessInfo")))["processInfo"]
        return sum(one["cpuTime"] for one in listed)

    def close(self) -> None:
        """Close the page; the browser stays."""
        self.send("Page.close")
        del self._pipe.pages[self._session]

    def of_browser(self, method: str, **params: Any) -> Any:
        """Send a command that is for the browser, and not for the page."""
        session, self._session = self._session, ""
        try:
            return self.send(method, **params)
        finally:
            self._session = session


def _modifiers(held: tuple[str, ...]) -> int:
    return sum({"alt": 1, "ctrl": 2, "meta": 4, "shift": 8}[one] for one in held)


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
        yield Page(browser, _Pipe(commands, answers))
    finally:
        os.close(commands)
        with suppress(subprocess.TimeoutExpired):
            browser.wait(10)
        browser.kill()
        browser.wait()
        os.close(answers)
