"""Answers come in time: in a cine, and when hundreds of events come at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chromium import Page, chromium
from tests.phantom_files import write_phantom
from tests.web.long.lines import program
from viewer3d.core.view.state import ViewState
from viewer3d.render.gl import find_opengl

pytestmark = pytest.mark.slow

SERIAL = "Number(document.querySelector('.viewer3d-app').dataset.serial)"
STILL = "document.querySelector('.viewer3d-app')?.dataset.still === 'true'"
AXIAL = (400, 150)

WATCH = """(() => {
  const app = document.querySelector('.viewer3d-app');
  window.seen = [];
  new MutationObserver(() => window.seen.push(performance.now())).observe(app, {attributeFilter: ['data-serial']});
})()"""

TURN = """((steps, [x, y]) => {
  for (const step of steps) {
    const fields = {cancelable: true, bubbles: true, deltaY: -120 * step, clientX: x, clientY: y};
    const event = new WheelEvent('wheel', fields);
    Object.defineProperty(event, 'wheelDeltaY', {value: 120 * step});
    document.querySelector('canvas').dispatchEvent(event);
  }
})"""


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Page]:
    if not (found := find_opengl()).works:
        pytest.skip(found.why_not)
    with chromium(tmp_path) as page:
        page.size(900, 640)
        yield page


def enter(page: Page, served) -> None:
    page.go(f"http://127.0.0.1:{served.port}/#token={served.token}")
    page.wait(STILL)
    served.until(lambda facts: not facts["loading"])
    page.wait(STILL)


def test_a_cine_keeps_its_rate_or_skips_and_never_queues(browser, tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", shape=(60, 50, 90), spacing=(6.0, 6.0, 3.0))
    with program(tmp_path / "ct", tmp_path, "--view", "axial") as served:
        enter(browser, served)
        browser.mouse("moved", *AXIAL)
        browser.press("c", "KeyC")
        for _ in range(8):
            browser.press(")", "Digit0", held=("shift",))
        time.sleep(0.5)
        browser.run(WATCH)
        time.sleep(4)
        seen = browser.run("window.seen")
        rate = (len(seen) - 1) / (seen[-1] - seen[0]) * 1000
        # A stop is seen at once: nothing waits in a queue.
        began = browser.run("performance.now()")
        browser.press("c", "KeyC")
        time.sleep(1)
        last = browser.run("window.seen.filter(one => one > 0).at(-1)") - began
        assert rate > 12  # 25 on a machine that does nothing else
        browser.wait(STILL)
        assert last < 1000


def test_300_steps_of_the_wheel_at_once_are_few_pictures_and_the_state_of_single_ones(browser, tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", shape=(40, 36, 120), spacing=(8.0, 8.0, 2.0))
    steps = [1 if number % 9 < 5 else -1 for number in range(300)]
    with program(tmp_path / "ct", tmp_path, "--view", "axial") as served:
        enter(browser, served)
        browser.mouse("moved", *AXIAL)
        time.sleep(0.5)
        browser.wait(STILL)
        first, serial = ViewState.from_json(served.ask("facts")["state"]).cursor, browser.run(SERIAL)

        def turned(part: list[int]) -> ViewState:
            browser.run(f"{TURN}({part}, {list(AXIAL)})")
            browser.run("new Promise(done => setTimeout(done, 0))")
            served.until(lambda facts: not facts["waiting"])
            return ViewState.from_json(served.ask("facts")["state"])

        turned(steps)
        time.sleep(1)
        at_once = ViewState.from_json(served.ask("facts")["state"])
        browser.wait(STILL)
        assert browser.run(SERIAL) - serial <= 30
        assert at_once.cursor != first
        turned([-sum(steps)])
        time.sleep(0.5)
        assert ViewState.from_json(served.ask("facts")["state"]).cursor == first
        for one in steps:
            turned([one])
        time.sleep(0.5)
        assert ViewState.from_json(served.ask("facts")["state"]).cursor == at_once.cursor
