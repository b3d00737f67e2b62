"""The page as `viewer3d serve` gives it, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chromium import Page
from viewer3d import phantom

pytestmark = pytest.mark.slow


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    phantom.write(tmp_path / "ct", shape=(24, 20, 12), spacing=(9, 9, 12))
    command = [sys.executable, "-m", "viewer3d", "serve", str(tmp_path / "ct"), "--no-browser"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "HOME": str(tmp_path)}
    ) as one:
        yield one
        one.kill()


LINE = "document.querySelector('.viewer3d-line').textContent"
STATE = "document.querySelector('.viewer3d-app').dataset"
BRIGHT = """(c => { const copy = new OffscreenCanvas(c.width, c.height).getContext('2d', {willReadFrequently: true});
  copy.drawImage(c, 0, 0);
  const data = copy.getImageData(0, 0, c.width, c.height).data;
  return data.reduce((sum, value, index) => index % 4 < 3 ? sum + value : sum, 0);
})(document.querySelector('canvas'))"""


def test_it_shows_a_folder_is_steered_and_tells_its_end(program: subprocess.Popen[str], browser: Page) -> None:
    assert program.stdout is not None
    browser.size(720, 480)
    browser.go(program.stdout.readline().strip())
    browser.wait(f"{STATE}.still === 'true'")
    time.sleep(1.5)  # the folder is read, and drawn
    browser.wait(f"{STATE}.still === 'true'")
    before = browser.run(BRIGHT)
    assert "#" not in browser.run("location.href")
    browser.mouse("moved", 300, 100)
    browser.press("2", "Digit2")
    browser.wait(f"{BRIGHT} > {1.2 * before}")  # the window of the lung
    assert browser.console == []
    # A reload comes back to it.
    browser.reload()
    browser.wait(f"{STATE}.still === 'true'")
    browser.wait(f"{BRIGHT} > {1.2 * before}")
    second = browser.beside()
    second.go(browser.run("location.href"))
    for page in (browser, second):
        page.wait("document.querySelector('.viewer3d-tabs').textContent === '2 tabs'")
    second.close()
    program.send_signal(signal.SIGTERM)
    browser.wait(f"{STATE}.state === 'ended'")
    assert browser.run(LINE)
    assert program.wait(20) == 0
