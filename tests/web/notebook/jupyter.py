"""JupyterLab and Notebook on a free port, with a notebook open in headless Chromium."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import nbformat

from tests.chromium import Page, chromium

TOKEN = "a-token-of-a-test"
MODULES = {"lab": "jupyterlab", "notebook": "notebook"}
PLACES = {"lab": "lab/tree", "notebook": "notebooks"}
PATIENCE = 60.0
SHIFT = 8


class Jupyter:
    """A notebook that is open in a page.

    Parameters
    ----------
    page : Page
    folder : Path
    address : str
        Of the server, without its token.
    program : {"lab", "notebook"}
    """

    def __init__(self, page: Page, folder: Path, address: str, program: str) -> None:
        self.page, self.folder, self.address, self.program = page, folder, address, program

    @property
    def file(self) -> Path:
        return self.folder / "a.ipynb"

    def open(self) -> None:
        self.page.send("Page.navigate", url=f"{self.address}/{PLACES[self.program]}/a.ipynb?token={TOKEN}")
        self.page.wait("document.querySelector('.jp-Notebook .jp-CodeCell .cm-content')")
        self.page.wait("document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'")
        end = time.monotonic() + PATIENCE
        while not self._is_idle():
            assert time.monotonic() < end
            time.sleep(0.1)
        time.sleep(0.5)

    def _is_idle(self) -> bool:
        try:
            return [one["execution_state"] for one in self.ask("kernels")] == ["idle"]
        except HTTPError:  # asked while the kernel starts
            return False

    def ask(self, path: str, method: str = "GET") -> Any:
        request = urllib.request.Request(
            f"{self.address}/api/{path}", method=method, headers={"Authorization": f"token {TOKEN}"}
        )
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def cell(self, number: int) -> str:
        return f"document.querySelectorAll('.jp-Notebook .jp-CodeCell')[{number}]"

    def run(self, number: int, *, waits: bool = True) -> str:
        """Run a cell by Shift + Enter, wait for its end, and return the text of its output."""
        page, prompt = self.page, f"{self.cell(number)}.querySelector('.jp-InputPrompt')"
        page.run(f"{self.cell(number)}.scrollIntoView({{block: 'center'}})")
        page.run(f"{self.cell(number)}.querySelector('.cm-content').focus()")
        before = page.run(f"{prompt}.innerText")
        press(page, "Enter", "Enter", 13, SHIFT, "\r")
        if waits:
            page.wait(f"/[0-9]/.test({prompt}.innerText) && {prompt}.innerText !== {json.dumps(before)}")
            time.sleep(0.2)
        outputs = f"Array.from({self.cell(number)}.querySelectorAll('.jp-OutputArea-output'), (one) => one.innerText)"
        return str(page.run(f"{outputs}.join('\\n')")).strip()

    def place(self, number: int, share: tuple[float, float] = (0.25, 0.25)) -> tuple[float, float]:
        """Bring the canvas of a cell into view and return a place on it, in the page."""
        at = f"{self.cell(number)}.querySelector('canvas')"
        self.page.run(f"{at}.scrollIntoView({{block: 'center'}})")
        time.sleep(0.3)
        left, top, width, height = self.page.run(
            f"(({{x, y, width, height}}) => [x, y, width, height])({at}.getBoundingClientRect())"
        )
        return left + share[0] * width, top + share[1] * height

    def wait_for_picture(self, number: int) -> None:
        self.page.wait(f"{self.cell(number)}?.querySelector('canvas')?.width > 1")

    def digest(self, number: int) -> str:
        """Return the SHA-256 of the pixels of a canvas: red, green and blue."""
        return str(
            self.page.run(
                f"""(async () => {{
                const canvas = {self.cell(number)}.querySelector('canvas');
                const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                const rgb = new Uint8Array(data.length / 4 * 3);
                for (let i = 0, j = 0; i < data.length; i += 4) {{
                  rgb[j++] = data[i]; rgb[j++] = data[i + 1]; rgb[j++] = data[i + 2];
                }}
                const found = new Uint8Array(await crypto.subtle.digest('SHA-256', rgb));
                return Array.from(found, (one) => one.toString(16).padStart(2, '0')).join('');
                }})()"""
            )
        )

    def has_focus(self, number: int) -> bool:
        return bool(
            self.page.run(f"{self.cell(number)}.querySelector('.viewer3d-cell').contains(document.activeElement)")
        )

    def restart(self) -> None:
        """Restart the kernel, as a person does."""
        self.page.run("document.querySelector('.jp-Notebook .jp-Cell').focus()")
        for _ in range(2):
            press(self.page, "0", "Digit0", 48, text="0")
        self.page.wait("document.querySelector('.jp-Dialog .jp-mod-accept')")
        self.page.run("document.querySelector('.jp-Dialog .jp-mod-accept').click()")

    def save(self) -> Any:
        """Save the notebook and return what is in the file."""
        before = self.file.stat().st_mtime_ns
        self.page.run("document.querySelector('.jp-Notebook').focus()")
        press(self.page, "s", "KeyS", 83, 2)
        end = time.monotonic() + PATIENCE
        while self.file.stat().st_mtime_ns == before:
            assert time.monotonic() < end
            time.sleep(0.1)
        time.sleep(0.3)
        return nbformat.read(self.file, 4)


def press(page: Page, key: str, code: str, number: int, modifiers: int = 0, text: str = "") -> None:
    """Press a key and release it; modifiers: 1 Alt, 2 Ctrl, 4 Meta, 8 Shift."""
    more = {"text": text} if text else {}
    for kind in ("keyDown", "keyUp"):
        page.send(
            "Input.dispatchKeyEvent",
            type=kind,
            key=key,
            code=code,
            windowsVirtualKeyCode=number,
            modifiers=modifiers,
            **more,
        )
        more = {}


def mouse(page: Page, kind: str, at: tuple[float, float], **more: Any) -> None:
    page.send("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], **more)


def click(page: Page, at: tuple[float, float]) -> None:
    for kind in ("mousePressed", "mouseReleased"):
        mouse(page, kind, at, button="left", clickCount=1)


def wheel(page: Page, at: tuple[float, float], up: int) -> None:
    for _ in range(abs(up)):
        mouse(page, "mouseWheel", at, deltaX=0, deltaY=-120 if up > 0 else 120)


@contextmanager
def jupyter(folder: Path, cells: Sequence[str], program: str = "lab", *, dark: bool = False) -> Iterator[Jupyter]:
    """Open a notebook of some cells in a folder; no display is there."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata={"kernelspec": kernel}
    )
    nbformat.write(made, folder / "a.ipynb")
    settings = folder / ".config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    news = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(news))
    (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": "JupyterLab Dark"} if dark else {}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{name}_DIR": str(folder / f".{name.lower()}") for name in ("CONFIG", "DATA", "RUNTIME")}
    here = str(Path(__file__).parents[3])
    # With an arena for each thread, as glibc has it, freed memory stays with some of them: up to 400 MB in all.
    own["MALLOC_ARENA_MAX"] = "1"
    environment = {**os.environ, **own, "PYTHONPATH": here, "HOME": str(folder), "JUPYTER_PREFER_ENV_PATH": "1"}
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    options = ["--no-browser", f"--port={port}", f"--IdentityProvider.token={TOKEN}", "--ServerApp.ip=127.0.0.1"]
    options += [f"--ServerApp.root_dir={folder}", "--allow-root"]
    command = [sys.executable, "-m", MODULES[program], *options]
    with (folder / "jupyter.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, server)
        with chromium(folder) as page:
            page.size(1300, 1000)
            opened = Jupyter(page, folder, address, program)
            opened.open()
            yield opened
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"{address}/api?token={TOKEN}"):
                return
        except OSError:
            assert server.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
