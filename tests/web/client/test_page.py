"""The page: how it gets in, comes back, follows its size, and what leaves it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.app.qt.test_keys import scene  # noqa: F401 (a fixture)
from tests.web.client.serving import POLICY, Seen, Serving
from viewer3d.app.input.binding import Binding
from viewer3d.app.input.bindings import BINDINGS
from viewer3d.web.keys import prevented, x11_name

pytestmark = pytest.mark.slow

Look = Callable[..., Seen]
TEXT = "viewer3d show 'a b' --window 400/40\nnext é"


@pytest.fixture
def one(serve: Callable[..., Serving], scene: Any) -> Serving:  # noqa: F811
    """What a single test serves."""
    return serve(scene[0])


def screenshot(seen: Seen, folder: Path) -> np.ndarray[Any, Any]:
    seen.page.picture(folder / "page.png")
    return np.asarray(Image.open(io.BytesIO((folder / "page.png").read_bytes())).convert("RGB"))


def test_it_is_let_in_once_and_loads_nothing_else(one: Serving, look: Look) -> None:
    seen = look(one)
    assert seen.page.run("location.href") == one.url  # the token is gone from the address
    assert seen.page.requests == [
        *(one.url + name for name in ("", "viewer.css", "page.js", "viewer.js", "session")),
        f"ws://127.0.0.1:{one.port}/socket",
    ]
    assert [path for path, headers in one.requests if "X-Viewer3d-Token" in headers] == ["/session"]
    assert not [path for path, headers in one.requests if "once" in path or "once" in headers.get("Referer", "")]
    assert POLICY.startswith("default-src 'none'")
    assert seen.page.console == []
    assert seen.page.run("document.title") == one.screen._title
    assert seen.line == ""
    one.viewer.state = one.viewer.state.with_cursor((3.0, 8.0, 9.0))
    seen.rest()
    assert np.array_equal(seen.pixels, one.screen.pixels)


@pytest.mark.parametrize("scale", [1, 1.5, 2])
def test_a_pixel_of_the_picture_is_a_pixel_of_the_screen(
    one: Serving, look: Look, tmp_path: Path, scale: float
) -> None:
    seen = look(one, scale=scale)
    seen.rest()
    assert one.screen.scale == scale
    assert one.screen.pixels.shape == (480 * scale, 720 * scale, 3)
    assert np.array_equal(seen.pixels, one.screen.pixels)
    assert np.array_equal(screenshot(seen, tmp_path), one.screen.pixels)
    # Where one clicks is counted in points, from their centers.
    seen.page.mouse("moved", 100, 50)
    seen.barrier()
    moved = [message for message in one.messages if message["t"] == "move"][-1]
    assert (moved["x"], moved["y"]) == pytest.approx((100 + 0.5 / scale - 0.5, 50 + 0.5 / scale - 0.5), abs=0.01)


def test_it_follows_the_window_and_a_screen_of_other_density(one: Serving, look: Look) -> None:
    seen = look(one)
    for size, scale in (((500, 400), 1), ((501, 400), 2), ((801, 333), 1.25)):
        seen.page.size(*size, scale)
        one.until(lambda size=size, scale=scale: (one.screen.size, one.screen.scale) == (size, scale), "a new size")
        seen.rest()
        assert np.array_equal(seen.pixels, one.screen.pixels)
    assert seen.page.console == []


def test_a_reload_comes_back_to_the_view(one: Serving, look: Look) -> None:
    seen = look(one)
    seen.page.mouse("moved", 300, 100)
    seen.page.press("i", "KeyI")
    seen.rest()
    state, before = one.viewer.state, seen.pixels
    assert state.layers[0].inverted
    seen.page.reload()
    seen.settle()
    seen.rest()
    assert one.viewer.state.layers == state.layers
    assert seen.page.console == []
    one.viewer.state = state
    seen.rest()
    assert np.array_equal(seen.pixels, before)


def test_a_dropped_connection_comes_back(one: Serving, look: Look, tmp_path: Path) -> None:
    seen = look(one)
    seen.rest()
    assert not is_grey(screenshot(seen, tmp_path))
    one.is_down = True
    one.drop()
    one.until(lambda: "does not answer" in seen.line, "words of a lost connection")
    assert seen.app("state") == "waiting"
    seen.page.wait("document.querySelector('canvas').getAnimations().length === 0")
    assert is_grey(screenshot(seen, tmp_path)[:300])  # the last picture stays, but not as if it were of now
    one.is_down = False
    one.until(lambda: seen.app("state") == "open", "the connection")
    seen.rest()
    assert seen.line == ""
    assert np.array_equal(seen.pixels, one.screen.pixels)
    assert one.screen.clients == 1


def is_grey(picture: np.ndarray[Any, Any]) -> bool:
    return int((picture.max(axis=2).astype(int) - picture.min(axis=2)).max()) < 6


def test_it_connects_at_once_when_the_network_is_back(one: Serving, look: Look) -> None:
    seen = look(one)
    one.is_down = True
    one.drop()
    one.until(lambda: len([path for path, _ in one.requests[-4:] if path == "/session"]) == 4, "some tries")
    one.is_down, before = False, len(one.requests)
    seen.page.run("window.dispatchEvent(new Event('online'))")
    one.until(lambda: len(one.requests) > before, "a try")
    one.until(lambda: seen.app("state") == "open", "the connection")


def test_who_has_no_token_is_told_what_to_open(one: Serving, look: Look) -> None:
    seen = look(one, wait=False)
    seen.page.go(one.url)
    one.until(lambda: seen.line.startswith("This browser was not let in: open the link"), "words")
    assert seen.app("state") == "ended"
    assert "/socket" not in [path for path, _ in one.requests]


def test_a_link_that_was_used_is_told(one: Serving, look: Look) -> None:
    look(one)
    other = look(one, wait=False)
    other.page.send("Network.clearBrowserCookies")  # as another browser
    other.page.go(one.link)
    one.until(lambda: other.line.startswith("This link was used already"), "words")
    assert other.page.run("location.href") == one.url


def test_a_proxy_that_cuts_websockets_is_told(one: Serving, look: Look) -> None:
    one.cuts_sockets = True
    seen = look(one, wait=False)
    seen.page.go(one.link)
    one.until(lambda: "websocket does not" in seen.line, "words")
    assert "ssh -L" in seen.line
    one.cuts_sockets = False
    one.until(lambda: seen.app("state") == "open", "the connection")


def test_why_it_has_ended_is_told_and_stays(one: Serving, look: Look) -> None:
    seen = look(one)
    one.screen.close("the viewer ended: nobody used it for 8 hours")
    one.until(lambda: "nobody used it" in seen.line, "words")
    one.drop()
    one.is_down = True
    before = len(one.requests)
    seen.page.run("window.dispatchEvent(new Event('online'))")
    seen.page.run("new Promise(done => setTimeout(done, 400))")
    assert "nobody used it" in seen.line
    assert len(one.requests) == before


def test_two_tabs_show_and_steer_one_view(one: Serving, look: Look) -> None:
    first = look(one)
    tabs = "(t => t.hidden ? '' : t.textContent)(document.querySelector('.viewer3d-tabs'))"
    assert first.page.run(tabs) == ""
    second = look(one, size=(480, 480))
    one.until(lambda: [one.page.run(tabs) for one in (first, second)] == ["2 tabs"] * 2, "two tabs")
    # The picture has the size of the tab that was opened last; the other shows it fitted, and points where it shows.
    first.rest()
    first.page.run("window.canvas = document.querySelector('canvas'); 0")
    assert one.screen.size == (480, 480)
    assert np.array_equal(first.pixels, one.screen.pixels)
    box = first.page.run("(b => [b.left, b.top, b.width, b.height])(canvas.getBoundingClientRect())")
    assert box == [120, 0, 480, 480]
    first.page.mouse("moved", 120 + 90, 60)
    first.barrier()
    assert [message for message in one.messages if message["t"] == "move"][-1] == {
        "t": "move", "x": 90, "y": 60, "shift": False,
    }  # fmt: skip
    # Who acts has the size.
    first.page.press("i", "KeyI")
    first.barrier()
    one.until(lambda: one.screen.size == (720, 480), "the size of who acts")
    second.rest()
    for seen in (first, second):
        assert np.array_equal(seen.pixels, one.screen.pixels)
    second.page.close()
    second.page.close = lambda: None
    one.until(lambda: first.page.run(tabs) == "", "one tab")


def test_a_picture_of_another_density_is_pointed_at_where_it_is(one: Serving, look: Look) -> None:
    """As many pixels, but twice the points: the place is counted in those of the picture."""
    first = look(one)
    second = look(one, size=(360, 240), scale=2)
    first.rest()
    assert one.screen.size == (360, 240)
    first.page.mouse("moved", 201, 101)
    first.barrier()
    moved = [message for message in one.messages if message["t"] == "move"][-1]
    assert (moved["x"], moved["y"]) == (100.25, 50.25)
    assert second.page.console == []


def test_files_are_downloaded_byte_by_byte(one: Serving, look: Look, folder: Path) -> None:
    seen = look(one)
    data = bytes(range(256)) * 300
    seen.page.mouse("moved", 300, 100)
    seen.page.press("i", "KeyI")
    seen.barrier()
    assert one.screen.give_file("picture-1.png", data)
    one.until((folder / "picture-1.png").exists, "a download")
    assert (folder / "picture-1.png").read_bytes() == data
    assert seen.page.console == []


def test_a_picture_is_saved_from_the_page(one: Serving, look: Look, folder: Path) -> None:
    seen = look(one)
    seen.page.mouse("moved", 300, 100)
    seen.page.press("s", "KeyS")
    seen.barrier()
    one.until(lambda: list(folder.glob("*.png")), "a download")
    with Image.open(next(folder.glob("*.png"))) as saved:
        assert saved.size[1] >= 400


def test_texts_are_copied_and_pasted(one: Serving, look: Look, browser: Any) -> None:
    seen = look(one)
    seen.page.send("Page.bringToFront")
    how = {"origin": one.url, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.of_browser("Browser.grantPermissions", **how)
    seen.page.press("i", "KeyI")
    seen.barrier()
    one.screen.copy_text(TEXT)
    one.until(lambda: seen.page.run("navigator.clipboard.readText()") == TEXT, "a copied text")
    seen.page.run("""(data => { data.setData('text/plain', 'a line\\nand more');
      document.querySelector('.viewer3d-keys').dispatchEvent(
        new ClipboardEvent('paste', {clipboardData: data, cancelable: true})) })(new DataTransfer())""")
    seen.barrier()
    assert {"t": "paste", "text": "a line\nand more"} in one.messages
    browser.of_browser("Browser.resetPermissions")


def test_words_of_the_viewer_are_texts_in_the_page(one: Serving, look: Look, folder: Path) -> None:
    """Descriptions, names and paths come from files, which anybody may have written."""
    seen = look(one)
    seen.page.run("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    seen.page.press("i", "KeyI")
    seen.barrier()
    hostile = "</title></textarea><img src=x onerror='hit=1'><script>hit=1</script>\u202e\u2028\"'&lt;{{hit=1}}"
    elements = "document.querySelectorAll('*').length"
    before = seen.page.run(elements)
    for kind in ("note", "choice", "place"):
        one.screen.say(hostile, kind)
    one.screen.set_title(hostile)
    assert one.screen.give_file(f"../../{hostile}/a.html", f"<script>{hostile}</script>".encode())
    one.until(lambda: seen.page.run("document.title").startswith("</title>"), "the title")
    one.until(lambda: list(folder.glob("*a.html")), "a download")
    said = "[...document.querySelectorAll('[aria-live]')].map(e => e.textContent)"
    assert all(text.startswith(hostile) for text in seen.page.run(said))
    assert seen.page.run(elements) == before
    one.screen.copy_text(hostile)
    seen.page.wait("document.querySelector('dialog textarea')")
    assert seen.page.run("document.querySelector('dialog textarea').value") == hostile
    assert seen.page.run("typeof hit") == "undefined"
    assert seen.page.run("document.querySelectorAll('img, script:not([src]), title ~ title').length") == 0
    assert seen.page.console == []
    one.screen.set_title("viewer3d")


def test_a_text_that_may_not_be_copied_is_shown(one: Serving, look: Look) -> None:
    seen = look(one)
    seen.page.run("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    seen.page.press("i", "KeyI")
    seen.barrier()
    one.screen.copy_text(TEXT)
    one.until(lambda: seen.page.run("Boolean(document.querySelector('dialog[open]'))"), "a dialog")
    assert seen.page.run("document.activeElement.value") == TEXT
    assert seen.page.run("getSelection().toString()") == TEXT
    assert seen.page.run("document.querySelector('dialog').getAttribute('aria-label')") == "Text to copy"
    before = len(one.messages)
    seen.page.press("r", "KeyR")  # not for the viewer
    seen.page.key("Escape")
    one.until(lambda: not seen.page.run("document.querySelector('dialog')"), "its end")
    assert seen.page.run("document.activeElement.className") == "viewer3d-keys"
    seen.barrier()
    assert [message for message in one.messages[before:] if message["t"] == "key"] == []


@pytest.mark.parametrize("key", [("F11", ()), ("Enter", ("alt",))])
def test_the_page_fills_the_screen_and_says_so(one: Serving, look: Look, key: tuple[str, tuple[str, ...]]) -> None:
    seen = look(one)
    seen.page.send("Page.bringToFront")
    seen.page.press(key[0], key[0], held=key[1])
    one.until(lambda: one.screen.is_full_screen, "the full screen")
    assert seen.page.run("document.fullscreenElement.id") == "viewer3d"
    seen.page.run("document.exitFullscreen()")  # as Esc does, in the browser
    one.until(lambda: not one.screen.is_full_screen, "its end")
    assert seen.page.console == []


def test_a_screen_that_may_not_be_filled_is_told(one: Serving, look: Look) -> None:
    seen = look(one)
    seen.page.run("document.querySelector('#viewer3d').requestFullscreen = () => Promise.reject(new Error('no'))")
    seen.page.press("F11", "F11")
    one.until(lambda: "did not let the page fill the screen" in seen.line, "words")
    seen.barrier()
    assert not one.screen.is_full_screen


def test_what_the_browser_keeps_and_what_the_page_does(one: Serving, look: Look) -> None:
    seen = look(one)
    seen.barrier()

    def is_kept(**fields: Any) -> bool:
        seen.barrier()
        before = len(one.messages)
        code = f"""(fields => document.querySelector('.viewer3d-keys').dispatchEvent(
          new KeyboardEvent('keydown', {{cancelable: true, bubbles: true, ...fields}})))({fields})"""
        left = seen.page.run(code.replace("True", "true"))
        seen.barrier()
        assert any(message["t"] == "key" for message in one.messages[before:]) is not left
        return not left

    for name in prevented(BINDINGS):
        key = name.removeprefix("ctrl+")
        held = {"ctrlKey": True} if name != key else {}
        if name == "Escape":  # closes whatever is open
            continue
        assert is_kept(key=key, **held, **({"shiftKey": True} if len(key) == 1 and key.isupper() else {})), name
    assert is_kept(key="a")
    assert is_kept(key="?", shiftKey=True)
    assert is_kept(key=" ")
    assert is_kept(key="w", altKey=True)
    assert not is_kept(key="F5")
    assert not is_kept(key="r", ctrlKey=True, metaKey=True)
    assert not is_kept(key="+", ctrlKey=True)
    assert not is_kept(key="-", ctrlKey=True)
    assert not is_kept(key="v", ctrlKey=True)  # a paste follows
    assert not is_kept(key="Tab", shiftKey=True)
    assert not is_kept(key="Shift", shiftKey=True)
    assert not is_kept(key="Dead")
    assert not is_kept(key="a", keyCode=229)  # an input method's


def test_what_is_dropped_on_the_page_does_not_take_its_place(one: Serving, look: Look) -> None:
    seen = look(one)
    code = """['dragover', 'drop'].map(name => document.querySelector('canvas').dispatchEvent(
      new DragEvent(name, {cancelable: true, bubbles: true})))"""
    assert seen.page.run(code) == [False, False]
    assert seen.line.startswith("Nothing is opened by dropping it here")


def test_page_and_viewer_mean_the_same_by_every_key(one: Serving, look: Look) -> None:
    """What the page sends and keeps is decided there, what it means here: all keys with all that is held."""
    seen = look(one)
    keys = ["Enter", "Tab", "ArrowLeft", "Backspace", "F2", "F11", "Home", "PageUp", "Escape", *"azAZ05[+?/ @{é€ąß"]
    cyrillic = [("\N{CYRILLIC SMALL LETTER ES}", "KeyC"), ("\N{CYRILLIC CAPITAL LETTER YA}", "KeyZ")]
    flags = ("shift", "ctrl", "alt", "meta", "altgraph", "mac")
    cases = [
        {"key": key, "code": code, **dict(zip(flags, held, strict=True))}
        for key, code in [*((key, "") for key in keys), *cyrillic]
        for held in product((False, True), repeat=len(flags))
    ]
    code = f"""(async () => {{
      const {{meaning}} = await import('/viewer.js');
      return {json.dumps(cases)}.map(one => meaning(one, one.mac));
    }})()"""
    for case, said in zip(cases, seen.page.run(code), strict=True):
        name, typed = x11_name(case)
        assert said["types"] is bool(typed), case
        if name.startswith("ctrl+") or (name and not typed and name != "ISO_Left_Tab"):
            assert said["name"] in prevented([Binding((name,), "", "")]), (case, said, name)


def test_what_was_seen_before_a_connection_is_not_shown_as_if_it_were_of_now(
    one: Serving, look: Look, tmp_path: Path
) -> None:
    seen = look(one)
    seen.rest()
    one.drop()
    seen.page.wait("document.querySelector('.viewer3d-app').dataset.state === 'waiting'")
    seen.page.wait("document.querySelector('.viewer3d-app').dataset.state === 'open'")  # and nobody draws
    seen.page.wait("document.querySelector('canvas').getAnimations().length === 0")
    assert is_grey(screenshot(seen, tmp_path)[:300])
    one.until(lambda: seen.app("fresh"), "a picture")
    seen.rest()
    assert not is_grey(screenshot(seen, tmp_path))


def test_a_part_that_cannot_be_decoded_leaves_no_mixture_on_the_canvas(one: Serving, look: Look) -> None:
    seen = look(one)
    seen.rest()
    seen.page.run(
        "(real => { globalThis.createImageBitmap = (...all) => { globalThis.createImageBitmap = real; "
        "return Promise.reject(new Error('no memory')); }; })(createImageBitmap)"
    )
    cursor = one.viewer.state.cursor
    one.viewer.state = one.viewer.state.with_cursor((cursor[0], cursor[1], cursor[2] + 20))
    one.until(lambda: not seen.app("fresh"), "a picture that cannot be decoded")
    assert "cannot decode a part of the picture: no memory" in seen.line
    one.until(lambda: seen.app("fresh"), "the whole picture")
    seen.rest()
    assert np.array_equal(seen.pixels, one.screen.pixels)
