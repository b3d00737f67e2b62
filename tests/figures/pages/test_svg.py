from __future__ import annotations

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from viewer3d.figures.pages.page import Page, PagePanel
from viewer3d.figures.pages.svg import svg_bytes
from viewer3d.recipes.xmp import texts_in
from viewer3d.render.marks.display_list import Area, Line, Path, Ramp, Text
from viewer3d.render.marks.typesetting import drawable_text
from viewer3d.render.panes import Rect

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


def page(background="white"):
    rng = np.random.default_rng(1)
    panel = PagePanel(Rect(20, 10, 30, 40), rng.integers(0, 256, (40, 30, 3), np.uint8), (Text(5, 9, 'A <&"B', 8),))
    marks = (
        Line(3, 4, 13, 4, 2, (255, 0, 0), 0.5),
        Path(((1, 1), (5, 5), (9, 1)), closed=True),
        Area(((1, 1), (5, 5), (9, 1)), (0, 255, 0)),
        Ramp(60, 10, 4, 20, ((0, 0, 0), (255, 255, 255))),
        Text(70, 50, "100 HU", 12, (0, 0, 0), "right", None),
    )
    return Page((90, 60), 144, background, (panel,), marks)


def drawn(element):
    with Image.open(io.BytesIO(base64.b64decode(element.get(HREF).partition(",")[2]))) as picture:
        return np.asarray(picture.convert("RGB"))


def root(**options):
    return ElementTree.fromstring(svg_bytes(page(**options), {}))


def test_the_page_has_its_size_on_paper_and_pixels_as_units():
    svg = root()
    assert (svg.get("width"), svg.get("height"), svg.get("viewBox")) == ("45pt", "30pt", "0 0 90 60")


def test_panels_are_pictures_in_place():
    svg = root()
    group = next(one for one in svg.iter(f"{SVG}g") if one.get("clip-path"))
    assert group.get("transform") == "translate(20 10)"
    np.testing.assert_array_equal(drawn(group.find(f"{SVG}image")), page().panels[0].pixels)


def test_text_is_text_with_its_outline_below():
    below, text, plain = root().iter(f"{SVG}text")
    assert below.text == text.text == 'A <&"B'
    assert below.get("stroke") == "#08090b"
    assert text.get("stroke") is None
    assert (plain.text, plain.get("text-anchor"), plain.get("x")) == ("100 HU", "end", "70")


def test_lines_hold_their_end_pixels():
    line = next(root().iter(f"{SVG}line"))
    assert [line.get(name) for name in ("x1", "y1", "x2", "y2")] == ["2.5", "4", "13.5", "4"]
    assert (line.get("stroke"), line.get("stroke-width"), line.get("stroke-opacity")) == ("#ff0000", "2", "0.5")


def test_ramps_are_drawn_from_below():
    ramp = list(root().iter(f"{SVG}image"))[-1]
    column = drawn(ramp)[:, 0, 0]
    assert (column[:10] == 255).all()
    assert (column[10:] == 0).all()


def test_the_ground_is_left_out_of_a_transparent_page():
    assert sum(one.get("fill") == "#ffffff" for one in root().iter(f"{SVG}rect")) == 1
    assert all(one.get("fill") is None for one in root(background="transparent").iter(f"{SVG}rect"))


def lines_of(*texts):
    marks = tuple(Text(5, 20 + 20 * n, text, 12, (0, 0, 0), outline=None) for n, text in enumerate(texts))
    return Page((300, 200), 96, "white", (), marks)


@settings(max_examples=20)
@given(st.text(st.characters(exclude_categories=())))
def test_it_is_well_formed_whatever_a_text_holds(text):
    content = svg_bytes(lines_of(text), {"viewer3d": text})
    (found,) = ElementTree.fromstring(content).iter(f"{SVG}text")
    assert (found.text or "") == drawable_text(text)
    assert isinstance(texts_in(content), dict)


def fonts_of(content):
    """Letters by font, of those the file brings."""
    style = next(ElementTree.fromstring(content).iter(f"{SVG}style")).text
    faces = re.findall(r'font-family:(.+?);src:url\("data:font/ttf;base64,(.+?)"\)', style)
    return {name: set(TTFont(io.BytesIO(base64.b64decode(code))).getBestCmap()) for name, code in faces}


def test_a_plain_page_brings_one_font_alone():
    assert list(fonts_of(svg_bytes(page(), {}))) == ["Aileron"]


def test_the_letters_of_other_fonts_come_with_the_page():
    content = svg_bytes(lines_of("Müller", "Čeněk", "W 400"), {})
    fonts = fonts_of(content)
    assert fonts["'Noto Sans'"] == set(map(ord, "MüllerČeněk"))
    families = [one.get("font-family") for one in ElementTree.fromstring(content).iter(f"{SVG}text")]
    assert families == ["'Noto Sans', Helvetica, Arial, sans-serif"] * 2 + [None]
    assert len(content) < 50_000


def test_texts_come_back_and_bytes_are_the_same():
    texts = {"viewer3d": '{"a": "<&>", "b": 1}'}
    content = svg_bytes(page(), texts)
    assert texts_in(content) == texts
    assert content == svg_bytes(page(), texts)
