"""The page for who sees little or uses the keyboard alone, looked at as axe does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.app.qt.test_keys import scene  # noqa: F401 (a fixture)
from tests.web.client.serving import Seen, Serving

pytestmark = pytest.mark.slow

Look = Callable[..., Seen]
CONTRAST = """
function luminance(text) {
  const [r, g, b] = text.match(/[\\d.]+/g).map(Number);
  const part = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
}
function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}
"""


@pytest.fixture
def one(serve: Callable[..., Serving], scene: Any) -> Serving:  # noqa: F811
    return serve(scene[0])


def test_every_control_has_a_name_and_the_page_a_language(one: Serving, look: Look) -> None:
    seen = look(one)
    tree = seen.page.send("Accessibility.getFullAXTree")["nodes"]
    named = {
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if not node.get("ignored")
        and node["role"]["value"] in ("application", "button", "textbox", "main", "RootWebArea")
    }
    assert named == {
        ("RootWebArea", one.screen._title),
        ("main", ""),
        ("application", "Viewer of medical images"),
        ("button", "Skip the viewer"),
        ("textbox", "Keys of the viewer"),
    }
    keys = next(node for node in tree if node.get("name", {}).get("value") == "Keys of the viewer")
    assert "question mark shows help" in keys["description"]["value"]
    assert "Shift and Tab leave" in keys["description"]["value"]
    assert seen.page.run("document.documentElement.lang") == "en"
    ids = seen.page.run("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(set(ids)) == len(ids)


def test_the_keyboard_reaches_all_and_is_not_trapped(one: Serving, look: Look) -> None:
    seen = look(one)
    seen.page.send("Page.bringToFront")
    active = "document.activeElement.className"
    assert seen.page.run(active) == "viewer3d-keys"  # where keys work at once
    ring = "getComputedStyle(document.querySelector('.viewer3d-app'), '::after').borderTopWidth"
    assert seen.page.run(ring) == "0px"  # nobody came by the keyboard
    seen.page.press("Tab", "Tab", held=("shift",))
    assert seen.page.run(active) == "viewer3d-skip"
    shown = "(s => [s.clipPath, s.outlineStyle, s.outlineWidth])(getComputedStyle(document.activeElement))"
    assert seen.page.run(shown) == ["none", "solid", "2px"]
    seen.page.press("Tab", "Tab")
    assert seen.page.run(active) == "viewer3d-keys"
    assert seen.page.run(ring) == "2px"
    seen.page.press("Tab", "Tab")  # shows the panel
    assert seen.page.run(active) == "viewer3d-keys"
    # A pointer needs no ring.
    seen.page.mouse("pressed", 300, 100, "left", clicks=1)
    seen.page.mouse("released", 300, 100, "left", clicks=1)
    assert seen.page.run(ring) == "0px"
    # By the keyboard alone past the viewer.
    seen.page.press("Tab", "Tab", held=("shift",))
    seen.page.key("Enter")
    assert seen.page.run("document.activeElement.textContent") == "End of the viewer"


def test_contrast_is_that_of_wcag_aa(one: Serving, look: Look) -> None:
    seen = look(one)
    one.is_down = True
    one.drop()
    one.until(lambda: "does not answer" in seen.line, "words")
    seen.page.run("document.querySelector('.viewer3d-tabs').hidden = false")
    code = f"""(() => {{ {CONTRAST}
      const found = {{}};
      for (const name of ['line', 'tabs', 'skip', 'keyboard']) {{
        const style = getComputedStyle(document.querySelector('.viewer3d-' + name));
        found[name] = contrast(style.color, style.backgroundColor);
      }}
      const app = document.querySelector('.viewer3d-app');
      app.classList.add('viewer3d-ring');
      found.ring = contrast(getComputedStyle(app, '::after').borderTopColor, 'rgb(11, 12, 14)');
      return found;
    }})()"""
    found = seen.page.run(code)
    assert found.pop("ring") >= 3
    assert all(value >= 4.5 for value in found.values()), found


def test_what_is_told_is_said(one: Serving, look: Look) -> None:
    seen = look(one)
    for kind in ("note", "choice", "place"):
        one.screen.say(f"a {kind}", kind)
    live = "[...document.querySelectorAll('[aria-live=polite]')].map(e => e.textContent)"
    one.until(lambda: seen.page.run(live) == ["a note", "a choice", "a place"], "words")
    one.screen.say("a note", "note")  # once more: it is another text to a screen reader
    one.until(lambda: seen.page.run(live)[0] == "a note\u00a0", "the same words")
    assert seen.page.run("document.querySelector('.viewer3d-line').getAttribute('role')") == "status"
    assert seen.page.run("document.querySelector('canvas').getAttribute('aria-hidden')") == "true"


def test_less_motion_where_that_is_wished(one: Serving, look: Look) -> None:
    seen = look(one)
    seen.rest()
    seen.page.run("delete document.querySelector('.viewer3d-app').dataset.fresh")  # a picture that is not of now
    transition = "getComputedStyle(document.querySelector('canvas')).transitionDuration"
    assert seen.page.run(transition) != "0s"
    seen.page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    assert seen.page.run(transition) == "0s"


def test_it_is_dark_in_every_scheme(one: Serving, look: Look) -> None:
    seen = look(one)
    for scheme in ("dark", "light"):
        seen.page.scheme(scheme)
        style = "(s => [s.backgroundColor, s.colorScheme])(getComputedStyle(document.querySelector('.viewer3d')))"
        assert seen.page.run(style) == ["rgb(11, 12, 14)", "dark"]
        assert seen.page.run("getComputedStyle(document.body).backgroundColor") == "rgb(11, 12, 14)"


def test_a_page_can_be_scrolled_past_a_viewer_that_wants_the_wheel_with_the_focus_alone(
    one: Serving, look: Look
) -> None:
    """And all is taken away again in the end."""
    seen = look(one, wait=False)
    seen.page.go(one.url + "viewer.css")
    seen.page.run("""(async () => {
      const {start} = await import('/viewer.js');
      document.body.replaceChildren(document.createElement('div'));
      window.sent = [];
      window.link = {send: m => sent.push(m)};
      window.stop = start(document.body.firstChild, link, {wheel: 'focused'});
      link.onstate('open');
    })()""")
    turn = """document.querySelector('canvas').dispatchEvent(
      new WheelEvent('wheel', {cancelable: true, bubbles: true, deltaY: -3, deltaMode: 1}))"""
    assert seen.page.run(turn) is True
    seen.page.run("document.querySelector('.viewer3d-keys').focus()")
    assert seen.page.run(turn) is False
    kinds = [one["t"] for one in seen.page.run("sent.flat()") if one["t"] != "resize"]  # without a style it grows
    assert kinds == ["hello", "wheel"]
    before = seen.page.run("sent.length")
    seen.page.run("stop()")
    assert seen.page.run("document.body.firstChild.outerHTML") == '<div class=""></div>'
    assert seen.page.run("document.dispatchEvent(new Event('fullscreenchange')); sent.length") == before
