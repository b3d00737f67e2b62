"""What the browser is given, as files: small, without a build step, of no other host."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from viewer3d import app
from viewer3d.app.beside.screens import ACTIVE
from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE
from viewer3d.web import client
from viewer3d.web.messages import LONGEST_MESSAGE, PROTOCOL
from viewer3d.web.server.access import SESSION_PATH, SOCKET_PATH, TOKEN_HEADER

FOLDER = Path(client.__file__).parent
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix in (".html", ".js", ".css"))


def test_page_and_scripts_are_small() -> None:
    assert [path.name for path in FILES] == ["page.html", "page.js", "viewer.css", "viewer.js"]
    sizes = {path.name: path.stat().st_size for path in FILES}
    assert sum(size for name, size in sizes.items() if name != "viewer.css") <= 38_000, sizes
    assert sizes["viewer.css"] <= 8_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_of_another_host_or_made_of_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")  # a name: nothing is loaded
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", text)
    # A text is never markup or code; the page's policy refuses styles and handlers in attributes.
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function", text)
    assert path.suffix != ".html" or not re.search(r"\bstyle=|\bon\w+=|<style|<script>", text)
    assert [line for line in text.splitlines() if len(line) > 120] == []


def test_colors_are_those_of_the_window() -> None:
    style = (FOLDER / "viewer.css").read_text(encoding="utf-8")
    for color in (EMPTY, MUTED, OFF_WHITE, ACTIVE):
        assert "#{:02x}{:02x}{:02x}".format(*color) in style


def test_the_module_has_one_door_for_page_and_notebook() -> None:
    script = (FOLDER / "viewer.js").read_text(encoding="utf-8")
    assert re.findall(r"^export function (\w+)", script, re.M) == ["start", "meaning"]
    assert "import" not in re.sub(r"//.*", "", script).split()


def test_page_and_server_mean_the_same_by_names_and_steps() -> None:
    page, script = ((FOLDER / name).read_text(encoding="utf-8") for name in ("page.js", "viewer.js"))
    assert f'"{TOKEN_HEADER}"' in page
    assert f'ADDRESS("{SESSION_PATH[1:]}")' in page
    assert f'ADDRESS("{SOCKET_PATH[1:]}")' in page
    constants = dict(re.findall(r"^const ([A-Z_]+) = ([0-9.]+);", script, re.M))
    wheel = (Path(app.__file__).parent / "qt" / "wheel.py").read_text(encoding="utf-8")
    for name in ("PIXELS_A_STEP", "PINCH_A_STEP", "UNITS_A_STEP"):
        assert re.search(rf"^{name}: Final = {re.escape(constants[name])}$", wheel, re.M)
    assert int(constants["MOST_PASTED"]) * 6 < LONGEST_MESSAGE  # each may be written as \\uXXXX
    assert f"v: {PROTOCOL}" in script
