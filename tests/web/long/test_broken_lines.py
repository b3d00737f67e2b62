"""What ends without a word: the viewer, the browser, the line between; each end finds out, and goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.chromium import Page, chromium
from tests.phantom_files import write_phantom
from tests.web.client.serving import Seen
from tests.web.long.lines import Line, Program
from viewer3d.render.gl import find_opengl

pytestmark = pytest.mark.slow

STATE = "document.querySelector('.viewer3d-app')?.dataset.state"
STILL = "document.querySelector('.viewer3d-app')?.dataset.still === 'true'"
LINE = "document.querySelector('.viewer3d-line').textContent"
CANVAS = (400.0, 150.0)
"""A place in the axial pane."""


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Page]:
    """A browser of one's own: it is stopped and killed."""
    if not (found := find_opengl()).works:
        pytest.skip(found.why_not)
    with chromium(tmp_path) as page:
        page.size(720, 480)
        yield page


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_phantom(tmp_path / "ct", shape=(24, 20, 12), spacing=(14.0, 12.0, 16.0))
    return tmp_path / "ct"


@pytest.fixture
def start(folder: Path, tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """A function that starts the program."""
    begun: list[Program] = []

    def begin(*words: str, **how: Any) -> Program:
        begun.append(Program(folder, tmp_path, "--view", "mpr", *words, **how))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


def enter(page: Page, port: int, token: str) -> None:
    page.go(f"http://127.0.0.1:{port}/#token={token}")
    page.wait(f"{STATE} === 'open' && {STILL}")


def canvas(page: Page) -> np.ndarray[Any, Any]:
    return Seen(page, None).pixels  # type: ignore[arg-type]  # nothing is served from here


def drag(page: Page, x: float, y: float) -> None:
    """Begin a drag of the window, and hold it."""
    page.mouse("moved", x, y)
    page.mouse("pressed", x, y, "right", clicks=1)
    page.mouse("moved", x + 20, y + 20, "right")


def browser_processes(page: Page) -> list[int]:
    """Return the numbers of the browser's own processes, the first of all last."""
    parents = {}
    for one in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(one.name)] = int((one / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    found = [page.program.pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[::-1]


@contextmanager
def standing_still(processes: list[int]) -> Iterator[None]:
    """Stop processes for as long as the block runs."""
    try:
        for one in processes:
            os.kill(one, signal.SIGSTOP)
        yield
    finally:
        for one in processes[::-1]:
            os.kill(one, signal.SIGCONT)


def test_a_viewer_that_is_killed_is_told_and_another_link_works_in_the_same_tab(start, browser) -> None:
    first = start()
    enter(browser, first.port, first.token)
    drag(browser, *CANVAS)
    first.until(lambda facts: facts["holder"] and not facts["waiting"])
    time.sleep(1)
    browser.wait(STILL)
    before = canvas(browser)
    first.process.kill()
    first.process.wait()
    browser.wait(f"{LINE}.includes('does not answer')")
    assert browser.run(STATE) == "waiting"
    np.testing.assert_array_equal(canvas(browser), before)
    second = start("--port", str(first.port))  # its cookie has the name of the old one
    browser.wait(f"{STATE} === 'ended'")
    assert "was started again: open the link" in browser.run(LINE)
    assert second.ask("facts")["tabs"] == 0
    browser.mouse("released", *CANVAS, "right", clicks=1)
    # The address alone changes where a link of the same page is opened.
    browser.run(f"location.href = 'http://127.0.0.1:{first.port}/#token={second.token}'")
    browser.wait(f"{STATE} === 'open' && {STILL} && !location.hash")
    assert browser.run(f"{LINE}") == ""
    assert second.ask("facts")["tabs"] == 1


def test_a_browser_that_is_killed_lets_go_and_others_can_act(start, browser, tmp_path: Path) -> None:
    served = start()
    enter(browser, served.port, served.token)
    cookies = browser.send("Network.getCookies")["cookies"]
    drag(browser, *CANVAS)
    served.until(lambda facts: facts["holder"])
    for one in browser_processes(browser):
        os.kill(one, signal.SIGKILL)
    served.until(lambda facts: facts["tabs"] == 0 and not facts["holder"], 5)
    (tmp_path / "other").mkdir()
    with chromium(tmp_path / "other") as other:
        other.size(720, 480)
        given = {name: cookies[0][name] for name in ("name", "value", "path", "httpOnly", "sameSite")}
        other.send("Network.setCookie", url=f"http://127.0.0.1:{served.port}/", **given)
        other.go(f"http://127.0.0.1:{served.port}/")
        other.wait(f"{STATE} === 'open' && {STILL}")
        before = served.ask("facts")["state"]
        other.press("i", "KeyI")
        served.until(lambda facts: facts["state"] != before, 10)


def test_a_browser_that_stands_still_for_a_while_comes_back_whole_and_holds_up_nobody(start, browser) -> None:
    served = start()
    enter(browser, served.port, served.token)
    drag(browser, *CANVAS)
    served.until(lambda facts: facts["holder"])
    processes = browser_processes(browser)
    with served.socket(browser) as other, standing_still(processes):
        began, before = time.monotonic(), served.ask("facts")["state"]
        while served.ask("facts")["state"] == before:  # it lets go when it shows nothing
            assert time.monotonic() < began + 9
            other.send('{"t":"key","key":"i"}')
            time.sleep(0.3)
        time.sleep(max(0.0, began + 10 - time.monotonic()))
    browser.mouse("released", *CANVAS, "right", clicks=1)
    _assert_whole(served, browser)
    before = served.ask("facts")["state"]
    browser.press("i", "KeyI")
    served.until(lambda facts: facts["state"] != before, 10)
    assert browser.console == []


def test_a_line_that_falls_silent_is_found_out_at_both_ends(start, browser) -> None:
    served = start(seconds=(1, 3))
    line = Line(served.port)
    try:
        enter(browser, line.port, served.token)
        drag(browser, *CANVAS)
        served.until(lambda facts: facts["holder"])
        line.fall_silent()
        line.is_down = True
        began = time.monotonic()
        browser.wait(f"{LINE}.includes('does not answer')")
        served.until(lambda facts: facts["tabs"] == 0 and not facts["holder"])
        assert time.monotonic() - began < 12
        browser.mouse("released", *CANVAS, "right", clicks=1)
        line.is_down = False
        browser.wait(f"{STATE} === 'open' && {STILL}")
        _assert_whole(served, browser)
        assert served.ask("facts")["tabs"] == 1
    finally:
        line.close()


def _assert_whole(served: Program, page: Page) -> None:
    """The canvas comes to have the picture, without a difference."""
    end = time.monotonic() + 20
    while not (page.run(STILL) and np.array_equal(canvas(page), served.ask("picture")[0])):
        assert time.monotonic() < end, "the canvas is not the picture"
        time.sleep(0.1)
