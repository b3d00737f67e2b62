"""The page in headless Chromium, from a disk: hands on it, without scripts, narrow, and what it asks of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.chromium import Page, chromium
from viewer3d.core.volume import Volume
from viewer3d.render import gl
from viewer3d.web.page.remake_page import decode_picture, page_pictures
from viewer3d.web.page.save_page import save_page

pytestmark = pytest.mark.slow

COUNTS = {"axial": 16, "coronal": 20, "sagittal": 24}
SIZE = (240, 240)


def volume() -> Volume:
    i, j, k = np.indices((24, 20, 16))
    voxels = (40 * i - 30 * j + 20 * k).astype(np.int16)
    affine = np.diag([4.0, 5.0, 6.0, 1.0])
    affine[:3, 3] = (-50, -40, 10)
    return Volume.from_array(voxels, affine, unit="HU", modality="CT")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not gl.find_opengl().works:
        pytest.skip("no OpenGL works here")
    path = tmp_path_factory.mktemp("page") / "page.html"
    save_page(volume(), path, windows=["soft-tissue", "bone"], size=SIZE, frames=8)
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture
def page(browser: Page, file: Path) -> Iterator[Page]:
    browser.size(1200, 900)
    browser.open(file)
    browser.wait("document.documentElement.classList.contains('scripted')")
    yield browser
    assert browser.console == []
    assert {one for one in browser.requests if not one.startswith("data:")} == {file.as_uri()}


def index(page: Page, pane: str) -> int:
    found: int = (
        page.run(f"Number(document.querySelector('#{pane} input').value)")
        if pane != "3d"
        else page.run("Number(document.getElementById('3d').querySelector('input').value)")
    )
    return found


def shows(page: Page, pane: str, number: int, window: int = 0) -> None:
    """Wait until a pane shows the picture of a slice in a window."""
    page.wait(
        f"document.getElementById('{pane}').querySelector('img').src.endsWith("
        f"document.getElementById('{pane}-{window}').textContent.split('\\n')[{number}])"
    )


def focus(page: Page, pane: str) -> None:
    page.run(f"document.getElementById('{pane}').querySelector('input').focus()")


def box(page: Page, pane: str) -> dict[str, float]:
    page.run(f"document.getElementById('{pane}').scrollIntoView()")
    found: dict[str, float] = page.run(
        f"(() => {{ const b = document.getElementById('{pane}').querySelector('img').getBoundingClientRect();"
        "return {x: b.left, y: b.top, w: b.width, h: b.height}; })()"
    )
    return found


def mouse(page: Page, kind: str, at: dict[str, float], x: float, y: float, **more: Any) -> None:
    given = {"button": "left", "buttons": 1, "clickCount": 1} | more
    page.send("Input.dispatchMouseEvent", type=kind, x=at["x"] + x * at["w"], y=at["y"] + y * at["h"], **given)


def press(page: Page, name: str, code: int) -> None:
    for kind in ("keyDown", "keyUp"):
        page.send("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)


def test_a_slider_by_keys_and_the_lines_that_follow(page: Page) -> None:
    assert [index(page, name) for name in COUNTS] == [8, 10, 12]
    before = page.run("document.querySelector('#coronal path.axial').getAttribute('d')")
    focus(page, "axial")
    page.key("ArrowRight")
    shows(page, "axial", 9)
    assert page.run("document.querySelector('#axial output').value") == "10/16  ·  H 64.0 mm"
    assert page.run("document.querySelector('#axial input').getAttribute('aria-valuetext')") == "10 of 16, H 64.0 mm"
    after = page.run("document.querySelector('#coronal path.axial').getAttribute('d')")
    # A slice 6 mm nearer to the head is a line 6 mm higher: 96 mm fill nine tenths of 240 pixels.
    heights = [float(d.split()[1].partition("L")[0]) for d in (before, after)]
    assert heights[0] - heights[1] == pytest.approx(6 / (96 / 0.9) * 240)
    press(page, "Home", 36)
    shows(page, "axial", 0)
    press(page, "End", 35)
    shows(page, "axial", 15)
    assert "H 100.0 mm" in page.run("document.getElementById('place').textContent")


def test_the_picture_shown_is_the_picture_made(page: Page, file: Path) -> None:
    focus(page, "coronal")
    page.key("ArrowLeft")
    shows(page, "coronal", 9)
    read = (
        "(async () => { const img = document.querySelector('#coronal img'); await img.decode();"
        "const canvas = document.createElement('canvas'); canvas.width = img.naturalWidth;"
        "canvas.height = img.naturalHeight; const c = canvas.getContext('2d'); c.drawImage(img, 0, 0);"
        "return Array.from(c.getImageData(0, 0, canvas.width, canvas.height).data); })()"
    )
    shown = np.array(page.run(read), np.uint8).reshape(*SIZE, 4)[..., :3]
    np.testing.assert_array_equal(shown, decode_picture(page_pictures(file)["coronal-0"][9]))


def test_a_click_takes_the_other_planes_there(page: Page) -> None:
    at = box(page, "axial")
    mouse(page, "mousePressed", at, 0.25, 0.7)
    mouse(page, "mouseReleased", at, 0.25, 0.7)
    # The axial pane is as wide as 100 mm / 0.9, with the middle of the volume, x = -4 and y = 7.5 mm, in its middle.
    x, y = -4 - 0.25 * 100 / 0.9, 7.5 + 0.2 * 100 / 0.9
    assert index(page, "sagittal") == round((x + 50) / 4)
    assert index(page, "coronal") == round((y + 40) / 5)
    assert index(page, "axial") == 8
    mouse(page, "mousePressed", at, 0.5, 0.5)
    mouse(page, "mouseMoved", at, 0.75, 0.5)
    mouse(page, "mouseReleased", at, 0.75, 0.5)
    assert index(page, "sagittal") == round((-4 + 0.25 * 100 / 0.9 + 50) / 4)


def test_the_wheel_goes_to_the_head_and_back(page: Page) -> None:
    at = box(page, "axial")
    mouse(page, "mouseWheel", at, 0.5, 0.5, deltaX=0, deltaY=-120, button="none", buttons=0)
    page.wait("document.querySelector('#axial input').value == 9")  # a notch, a slice
    mouse(page, "mouseWheel", at, 0.5, 0.5, deltaX=0, deltaY=120, button="none", buttons=0)
    page.wait("document.querySelector('#axial input').value == 8")
    for _ in range(3):  # as a touch pad gives it
        mouse(page, "mouseWheel", at, 0.5, 0.5, deltaX=0, deltaY=-20, button="none", buttons=0)
    page.wait("document.querySelector('#axial input').value == 10")


def test_windows_by_key_and_by_button(page: Page) -> None:
    page.key("2")
    for name, number in zip(COUNTS, (8, 10, 12), strict=True):
        shows(page, name, number, window=1)
    assert "W 1800 L 400 HU" in page.run("document.querySelector('#axial img').alt")
    page.run("document.querySelector('#windows input').click()")
    shows(page, "axial", 8, window=0)
    page.key("7")  # there is none
    assert page.run("document.querySelector('#windows input:checked').value") == "0"


def test_the_turntable_is_dragged_and_played(page: Page) -> None:
    at = box(page, "3d")
    mouse(page, "mousePressed", at, 0.8, 0.5)
    mouse(page, "mouseMoved", at, 0.3, 0.5)
    mouse(page, "mouseReleased", at, 0.3, 0.5)
    assert index(page, "3d") == 4  # half a turn
    focus(page, "3d")
    for _ in range(5):
        page.key("ArrowRight")
    assert index(page, "3d") == 1  # on where it began
    page.key(" ")
    page.wait("document.getElementById('3d').querySelector('input').value > 3")
    assert page.run("document.querySelector('.play').textContent") == "Stop"
    page.key(" ")
    assert page.run("document.querySelector('.play').getAttribute('aria-pressed')") == "false"


def test_nothing_moves_by_itself(page: Page) -> None:
    page.run("new Promise((done) => setTimeout(done, 400))")
    assert index(page, "3d") == 0


def test_one_pane_is_enlarged_and_put_back(page: Page) -> None:
    wide = box(page, "axial")["w"]
    at = box(page, "coronal")
    for count in (1, 2):
        mouse(page, "mousePressed", at, 0.5, 0.5, clickCount=count)
        mouse(page, "mouseReleased", at, 0.5, 0.5, clickCount=count)
    assert box(page, "coronal")["w"] > 1.5 * wide
    assert page.run("getComputedStyle(document.getElementById('axial')).display") == "none"
    page.key("Escape")
    assert box(page, "axial")["w"] == wide
    focus(page, "sagittal")
    page.key("f")
    assert box(page, "sagittal")["w"] > 1.5 * wide
    page.run("document.querySelector('#sagittal .large').click()")
    assert box(page, "axial")["w"] == wide


def test_fingers_on_a_narrow_screen(page: Page, file: Path) -> None:
    page.size(390, 844)
    page.send("Emulation.setTouchEmulationEnabled", enabled=True)
    try:
        page.open(file)
        page.wait("document.documentElement.classList.contains('scripted')")
        assert page.run("document.documentElement.scrollWidth") == 390
        at = box(page, "axial")

        def touch(kind: str, *points: tuple[float, float]) -> None:
            listed = [{"x": at["x"] + x * at["w"], "y": at["y"] + y * at["h"]} for x, y in points]
            page.send("Input.dispatchTouchEvent", type=kind, touchPoints=listed)

        touch("touchStart", (0.25, 0.7))
        touch("touchEnd")
        page.wait("document.querySelector('#sagittal input').value == 5")
        assert index(page, "axial") == 8
        touch("touchStart", (0.5, 0.5))
        for x in (0.55, 0.6, 0.65, 0.7):
            touch("touchMove", (x, 0.5))
        touch("touchEnd")
        page.wait("document.querySelector('#axial input').value == 11")  # a fifth of 16 slices
        assert page.run("document.querySelector('#sagittal input').value") == "5"
    finally:
        page.send("Emulation.setTouchEmulationEnabled", enabled=False)


def test_every_control_has_a_name(page: Page) -> None:
    unnamed = (
        "[...document.querySelectorAll('button, input')].filter((one) => !one.getAttribute('aria-label')"
        " && !one.textContent.trim() && !(one.labels && one.labels[0].textContent.trim())).length"
    )
    assert page.run(unnamed) == 0
    assert page.run("[...document.images].every((one) => one.alt.length > 20)")
    assert page.run("document.title") == "Axial, coronal and sagittal CT slices, and a 3D rendering"


def test_without_scripts_the_first_pictures_are_there_and_it_says_so(browser: Page, file: Path) -> None:
    browser.size(1200, 900)
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(file)
        assert browser.run("[...document.images].every((one) => one.complete && one.naturalWidth === 240)")
        assert browser.run("document.images.length") == 4
        assert browser.run("document.querySelector('.off').getClientRects().length") == 1
        assert browser.run("document.querySelector('.row').getClientRects().length") == 0
        assert browser.run("document.querySelector('#windows').getClientRects().length") == 0
    finally:
        browser.send("Emulation.setScriptExecutionDisabled", value=False)


def test_on_paper_there_are_pictures_and_words_alone(page: Page) -> None:
    page.send("Emulation.setEmulatedMedia", media="print")
    try:
        assert page.run(
            "[...document.querySelectorAll('button, input[type=range]')].every((one) => !one.getClientRects().length)"
        )
        assert page.run("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
        assert page.run("document.images[0].getClientRects().length") == 1
    finally:
        page.send("Emulation.setEmulatedMedia", media="")
