"""PDF as ISO 32000-1 has it, read here with as little as it takes."""

from __future__ import annotations

import io
import re
import zlib

import numpy as np
from fontTools.cffLib import FDArrayIndex, FDSelect, FontDict
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.ttLib import TTFont

from viewer3d.figures.pages.page import Page, PagePanel
from viewer3d.figures.pages.pdf import pdf_bytes
from viewer3d.recipes.xmp import texts_in
from viewer3d.render.marks import typesetting
from viewer3d.render.marks.display_list import Area, Line, Text
from viewer3d.render.marks.fonts import AILERON, WIDER, Font
from viewer3d.render.panes import Rect


def page(background="white"):
    rng = np.random.default_rng(1)
    grey = np.repeat(rng.integers(0, 256, (40, 30, 1), np.uint8), 3, axis=2)
    panels = (
        PagePanel(Rect(20, 10, 30, 40), rng.integers(0, 256, (40, 30, 3), np.uint8), (Text(5, 9, "A (1\\2)", 8),)),
        PagePanel(Rect(55, 10, 30, 40), grey, (Line(3, 4, 13, 4, 2, (255, 0, 0), 0.4),)),
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
    assert abs(x + AILERON.sized(1200).getlength("100 °") / 100 - 70) < 0.05


def test_the_font_is_that_of_pixels_whole_and_with_its_widths():
    content = pdf_bytes(page(), {})
    bodies = list(objects(content).values())
    assert any(b"/Length1" in body and stream(body) == AILERON.sized(10).font_bytes for body in bodies)
    font = next(body for body in bodies if b"/Subtype /TrueType" in body)
    widths = [int(one) for one in re.search(rb"/Widths \[([\d ]+)\]", font)[1].split()]
    assert len(widths) == 224
    assert widths[ord("W") - 32] == round(AILERON.sized(1000).getlength("W"))


def lines_of(*texts, align="left"):
    marks = tuple(Text(150, 20 + 20 * n, text, 12, (0, 0, 0), align, None) for n, text in enumerate(texts))
    return Page((300, 200), 96, "white", (), marks)


class Composite:
    """The font F1 of a page."""

    def __init__(self, content):
        found = objects(content)
        referred = lambda body, key: found[int(re.search(rb"/%s \[?(\d+) 0 R" % key, body)[1])]  # noqa: E731
        outer = referred(content, b"F1")
        self.inner = referred(outer, b"DescendantFonts")
        pairs = re.findall(rb"<(....)> <([0-9A-F]+)>\n", stream(referred(outer, b"ToUnicode")))
        self.unicode = {int(a, 16): bytes.fromhex(b.decode()).decode("utf-16-be") for a, b in pairs if a != b"0000"}
        descriptor = referred(self.inner, b"FontDescriptor")
        self.file = stream(referred(descriptor, b"FontFile[23]"))
        self.widths = {int(a): int(b) for a, b in re.findall(rb"(\d+) \[(\d+)\]", self.inner)}

    def read(self, code):
        return "".join(self.unicode[int(code[n : n + 4], 16)] for n in range(0, len(code), 4))


def test_letters_that_aileron_lacks_are_text_in_a_font_of_their_own():
    texts = ["Müller, Ångström", "Γιάννης", "Наталья", "Nguyễn Thị Ánh"]
    content = pdf_bytes(lines_of(*texts), {})
    font = Composite(content)
    assert [font.read(code) for code in re.findall(r"<([0-9A-F]+)> Tj", operators(content))] == texts
    with TTFont(io.BytesIO(font.file)) as part:
        letters = {chr(code): name for code, name in part.getBestCmap().items()}
        assert set(letters) == set("".join(texts))
        assert {part.getGlyphID(letters[letter]): letter for letter in letters} == font.unicode
        assert {part.getGlyphID(letters[letter]): part["hmtx"][letters[letter]][0] for letter in letters} == font.widths
    assert len(content) < 40_000
    assert content == pdf_bytes(lines_of(*texts), {})


def test_such_text_ends_where_it_is_told():
    text = operators(pdf_bytes(lines_of("Müller", align="right"), {}))
    x = float(re.search(r"/F1 12 Tf 1 0 0 -1 (\S+) 20.000 Tm", text)[1])
    assert abs(x + WIDER.sized(1200).getlength("Müller") / 100 - 150) < 0.05


def test_an_accent_of_its_own_is_set_over_its_letter():
    content = pdf_bytes(lines_of("x̌"), {})
    rows = re.findall(r"/F1 12 Tf 1 0 0 -1 (\S+) (\S+) Tm <(....)> Tj", operators(content))
    assert [Composite(content).read(code) for *_, code in rows] == ["x", "\u030c"]
    assert float(rows[0][1]) == 20


def test_fonts_with_cubic_outlines_are_embedded_by_their_own_numbers(tmp_path, monkeypatch):
    font = Font(str(cubic(tmp_path / "NotoSansCJKjp-Regular.otf", "山田")))
    monkeypatch.setattr(typesetting, "east_asian_fonts", lambda: (font,))
    typesetting.font_spans.cache_clear()
    content = pdf_bytes(lines_of("山田"), {})
    typesetting.font_spans.cache_clear()
    font = Composite(content)
    assert b"/CIDFontType0" in font.inner
    assert font.unicode == {701: "山", 702: "田"}  # what the font calls them, whatever is left of it
    assert font.widths == {701: 1000, 702: 1000}
    assert re.findall(r"<([0-9A-F]+)> Tj", operators(content)) == ["02BD02BE"]


def cubic(path, letters):
    """An OpenType font of which each letter is a square, keyed by numbers as Noto Sans CJK is."""
    pen = T2CharStringPen(1000, None)
    for n, point in enumerate([(0, 0), (900, 0), (900, 900), (0, 900)]):
        (pen.lineTo if n else pen.moveTo)(point)
    pen.closePath()
    shape = pen.getCharString()
    names = [".notdef", *(f"cid{number:05}" for number in range(700, 703 + len(letters)))]
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder(names)
    plain = dict.fromkeys(range(32, 127), "cid00700")
    builder.setupCharacterMap(plain | {ord(letter): f"cid{701 + n:05}" for n, letter in enumerate(letters)})
    builder.setupCFF("Square", {"FullName": "Square"}, dict.fromkeys(names, shape), {})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": "Square", "styleName": "Regular", "psName": "Square"})
    builder.setupOS2()
    builder.setupPost()
    top = builder.font["CFF "].cff.topDictIndex[0]
    top.ROS, top.CIDCount = ("Adobe", "Identity", 0), 1000
    part, top.FDSelect, top.FDArray = FontDict(), FDSelect(), FDArrayIndex()
    part.Private, top.FDSelect.gidArray, top.FDSelect.format = top.Private, [0] * len(names), 3
    top.FDArray.append(part)
    top.CharStrings.fdSelect, top.CharStrings.fdArray = top.FDSelect, top.FDArray
    del top.Private
    builder.save(path)
    return path


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
