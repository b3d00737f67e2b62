"""PDF as ISO 32000-1 has it, read here with as little as it takes."""

from __future__ import annotations

import re
import zlib

import numpy as np

from viewer3d.figures.page import Page, Panel
from viewer3d.figures.pdf import pdf_bytes
from viewer3d.render.faces import AILERON
from viewer3d.render.marks import Area, Line, Text
from viewer3d.render.panes import Rect
from viewer3d.render.xmp import texts_in


def page(background="white"):
    rng = np.random.default_rng(1)
    grey = np.repeat(rng.integers(0, 256, (40, 30, 1), np.uint8), 3, axis=2)
    panels = (
        Panel(Rect(20, 10, 30, 40), rng.integers(0, 256, (40, 30, 3), np.uint8), (Text(5, 9, "A (1\\2)", 8),)),
        Panel(Rect(55, 10, 30, 40), grey, (Line(3, 4, 13, 4, 2, (255, 0, 0), 0.4),)),
    )
    marks = (Area(((1, 1), (5, 5), (9, 1)), (0, 255, 0)), Text(70, 55, "100 °", 12, (0, 0, 0), "right", None))
    return Page((90, 60), 144, background, panels, marks)


def objects(content):
    """Bodies by number, found through the table of places."""
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", content)[1])
    count = int(re.match(rb"xref\n0 (\d+)\n", content[start:])[1])
    places = [int(row) for row in re.findall(rb"(\d{10}) 00000 n \n", content[start:])]
    assert len(places) == count - 1
    found = {}
    for number, place in enumerate(places, 1):
        head = b"%d 0 obj\n" % number
        assert content[place : place + len(head)] == head
        found[number] = content[place + len(head) : content.index(b"\nendobj", place)]
    return found


def stream(body):
    data = body[body.index(b"stream\n") + 7 : -len(b"\nendstream")]
    assert int(re.search(rb"/Length (\d+)", body)[1]) == len(data)
    return zlib.decompress(data) if b"/FlateDecode" in body else data


def operators(content):
    found = objects(content)
    number = int(re.search(rb"/Contents (\d+) 0 R", content)[1])
    return stream(found[number]).decode("cp1252")


def test_every_object_is_where_the_table_says_and_refers_to_one_that_is_there():
    content = pdf_bytes(page(), {})
    found = objects(content)
    for body in found.values():
        head = body.partition(b"stream\n")[0]
        assert all(int(number) in found for number in re.findall(rb"(\d+) 0 R", head))
    root = int(re.search(rb"/Root (\d+) 0 R", content)[1])
    assert b"/Catalog" in found[root]
    parents = {int(number) for number in re.findall(rb"/Parent (\d+) 0 R", content)}
    assert all(b"/Pages" in found[number] for number in parents)


def test_the_page_has_its_size_on_paper():
    assert b"/MediaBox [0 0 45.0000 30.0000]" in pdf_bytes(page(), {})


def test_panels_are_pictures_in_place_grey_where_they_are():
    content = pdf_bytes(page(), {})
    pictures = [body for body in objects(content).values() if b"/Image" in body]
    colour, grey = (np.frombuffer(stream(body), np.uint8) for body in pictures)
    np.testing.assert_array_equal(colour.reshape(40, 30, 3), page().panels[0].pixels)
    np.testing.assert_array_equal(grey.reshape(40, 30), page().panels[1].pixels[..., 0])
    assert b"/DeviceGray" in pictures[1]
    assert "q 30 0 0 -40 20 50 cm /I0 Do Q" in operators(content)


def test_text_is_text_and_its_outline_is_none():
    text = operators(pdf_bytes(page(), {}))
    assert text.count("(A \\(1\\\\2\\)) Tj") == 2
    assert text.count("/Span << /ActualText () >> BDC") == text.count("EMC") == 1
    assert text.count("(100 °) Tj") == 1


def test_text_ends_where_it_is_told():
    text = operators(pdf_bytes(page(), {}))
    x, y = (float(v) for v in re.search(r"1 0 0 -1 (\S+) (\S+) Tm \(100 °\)", text).groups())
    assert y == 55
    assert abs(x + AILERON.font(1200).getlength("100 °") / 100 - 70) < 0.05


def test_the_font_is_that_of_pixels_whole_and_with_its_widths():
    content = pdf_bytes(page(), {})
    bodies = list(objects(content).values())
    assert any(b"/Length1" in body and stream(body) == AILERON.font(10).font_bytes for body in bodies)
    font = next(body for body in bodies if b"/Subtype /TrueType" in body)
    widths = [int(one) for one in re.search(rb"/Widths \[([\d ]+)\]", font)[1].split()]
    assert len(widths) == 224
    assert widths[ord("W") - 32] == round(AILERON.font(1000).getlength("W"))


def test_lines_hold_their_end_pixels_and_let_through():
    content = pdf_bytes(page(), {})
    assert "/A102 gs 1 0 0 RG 2 w 2.500 4.000 m 13.500 4.000 l S" in operators(content)
    assert b"/A102 << /CA 0.4000 /ca 0.4000 >>" in content


def test_the_ground_is_left_out_of_a_transparent_page():
    assert "0 0 90 60 re f" in operators(pdf_bytes(page(), {}))
    assert "0 0 90 60 re f" not in operators(pdf_bytes(page("transparent"), {}))


def test_texts_come_back_and_bytes_are_the_same():
    texts = {"viewer3d": '{"a": "<&>", "b": 1}'}
    content = pdf_bytes(page(), texts)
    assert texts_in(content) == texts
    assert content == pdf_bytes(page(), texts)
