"""Each letter as itself, or as its code."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer3d.render.marks import fonts, typesetting
from viewer3d.render.marks.display_list import Text
from viewer3d.render.marks.fonts import AILERON, PLAIN_LETTERS, WIDER, Font
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.marks.typesetting import (
    columns_of,
    drawable_text,
    fitted,
    font_spans,
    foreign_fonts,
    shortened,
    text_width,
    typeset,
    wrapped,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.fixture
def none_east_asian(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(typesetting, "east_asian_fonts", lambda: ())
    font_spans.cache_clear()
    yield
    font_spans.cache_clear()


def fonts_of(text: str) -> list[Font]:
    return [span.font for span in font_spans(text)]


@pytest.mark.parametrize("text", ["Axial", "W 400", "F 12.5 mm", "45.0°", "Name…", "“a” ±3"])
def test_plain_text_keeps_its_font(text: str) -> None:
    assert (drawable_text(text), fonts_of(text)) == (text, [AILERON])


@pytest.mark.parametrize(
    "text",
    [
        "Müller, Ångström",
        "Čeněk Šídlo",
        "Γιάννης Παπαδόπουλος",
        "Наталья Щукина",
        "Nguyễn Thị Ánh",
        "Adébáyọ̀",
        "25 µm²",
    ],
)
def test_latin_greek_and_cyrillic_are_of_one_piece(text: str) -> None:
    assert (drawable_text(text), fonts_of(text)) == (text, [WIDER])


def test_accents_that_stand_apart_are_composed() -> None:
    assert drawable_text(unicodedata.normalize("NFD", "Müller Nguyễn")) == "Müller Nguyễn"


@pytest.mark.parametrize("text", ["山田太郎", "王小明", "김철수", "Müller 王小明 42"])
def test_chinese_japanese_and_korean_by_a_font_that_is_there(text: str, east_asian: Font) -> None:
    assert (drawable_text(text.replace("ü", "ä")), fonts_of(text.replace("ü", "ä"))) == (
        text.replace("ü", "ä"),
        [east_asian],
    )
    assert foreign_fonts([text, "Axial", "Müller"]) == (east_asian,)


def test_what_no_font_has_alone_is_in_pieces(east_asian: Font) -> None:
    assert [(span.font, span.text) for span in font_spans("Čeněk 山田")] == [(WIDER, "Čeněk "), (east_asian, "山田")]


@pytest.mark.usefixtures("none_east_asian")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("山田", "U+5C71 U+7530"),
        ("Müller 王", "Müller U+738B"),
        ("😀", "U+1F600"),
        ("a😀b", "a U+1F600 b"),
        ("עב", "U+05E2 U+05D1"),
        ("\ufffd \ufffe", "U+FFFD U+FFFE"),
        ("\ud800x\x07", "U+D800 x U+0007"),
        ("a\u20dd", "a U+20DD"),
        ("one\ntwo\tthree\u00a0four\u3000five", "one two three four five"),
        ("\u202eab\u200d\u00adc\ufeff", "abc"),
        ("☺\ufe0f", "U+263A"),
        ("", ""),
    ],
)
def test_what_cannot_be_drawn_is_spelled_as_its_code(text: str, shown: str) -> None:
    assert drawable_text(text) == shown
    assert foreign_fonts([text]) == ()


def test_what_selects_a_variant_leaves_the_letter(east_asian: Font) -> None:
    assert drawable_text("山\U000e0100田") == "山田"


@pytest.mark.usefixtures("none_east_asian")
@given(ANY_TEXT)
def test_of_any_text_every_letter_is_one_its_font_has(text: str) -> None:
    assert all(span.font.has(letter) for span in font_spans(text) for letter in span.text)
    assert drawable_text(drawable_text(text)) == drawable_text(text)


@pytest.mark.usefixtures("none_east_asian")
@given(ANY_TEXT)
def test_any_text_is_drawn(text: str) -> None:
    picture = np.zeros((40, 90, 3), np.uint8)
    Rasterizer().draw(picture, (Text(5, 30, text, 13), Text(45, 30, text, 10, align="middle", outline=None)))
    assert picture.any() or not drawable_text(text).strip()


def test_accents_stand_over_and_under_their_letter() -> None:
    low, high = (typeset(f"{base}\u0323\u0301", 100).runs for base in "oO")  # ọ́, Ọ́: no font has them in one
    assert [run.text for run in low] == ["ọ", "\u0301"]
    font = WIDER.sized(100)
    for runs in (low, high):
        base, accent = (typesetting._ink_box(font, run.text) for run in runs)
        assert abs((accent[0] + accent[2]) / 2 + runs[1].x - (base[0] + base[2]) / 2) <= 1
        assert accent[3] + runs[1].y < base[1]  # its lower edge is above the letter's upper one
    assert high[1].y < low[1].y
    assert typeset("a\u0331b", 100).runs[1].text == "\u0331"


def test_more_accents_go_further_from_the_letter() -> None:
    _, first, second = typeset("x\u030c\u0301", 100).runs
    font = WIDER.sized(100)
    lower, upper = (typesetting._ink_box(font, run.text) for run in (first, second))
    assert upper[3] + second.y < lower[1] + first.y


def test_a_line_is_as_long_as_its_letters_and_accents_take_no_room() -> None:
    assert typeset("W 400", 13).width == AILERON.sized(13).getlength("W 400")
    assert typeset("Ọ̀ṣun", 13).width == WIDER.sized(13).getlength("Ọṣun")


@pytest.mark.parametrize("align", ["left", "middle", "right"])
def test_pieces_stand_side_by_side_wherever_the_text_is(align: str, east_asian: Font) -> None:
    picture = np.zeros((40, 200, 3), np.uint8)
    Rasterizer().draw(picture, (Text(100, 30, "Č山", 20, (255, 255, 255), align, None),))
    columns = np.nonzero(picture[..., 0].max(0) > 60)[0]
    width = WIDER.sized(20).getlength("Č") + east_asian.sized(20).getlength("山")
    begin = 100 - {"left": 0, "middle": 0.5, "right": 1}[align] * width
    assert begin <= columns.min() <= begin + 4
    assert begin + width - 4 <= columns.max() <= begin + width
    assert np.diff(columns).max() <= 5


@pytest.mark.usefixtures("east_asian")
def test_columns_are_counted_as_letters_are_wide() -> None:
    assert [columns_of(text) for text in ("Axial", "Müller", "Ọ̀", "山田 x", "😀")] == [5, 6, 1, 6, 7]


@pytest.mark.usefixtures("east_asian")
@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [
        ("Axial", 5, "Axial"),
        ("Axial", 4, "Axi…"),
        ("Ab cd", 4, "Ab…"),
        ("山田太郎", 8, "山田太郎"),
        ("山田太郎", 6, "山田…"),
        ("ABC", 0, "…"),
    ],
)
def test_shortened(text: str, room: int, shown: str) -> None:
    assert shortened(text, room) == shown


@pytest.mark.usefixtures("east_asian")
def test_lines_are_broken_by_width() -> None:
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("山田太郎王小明", 6) == ["山田太", "郎王小", "明"]
    assert wrapped("a 山田太郎", 4) == ["a", "山田", "太郎"]
    assert wrapped("abcdefgh ij", 4) == ["abcdefgh", "ij"]
    assert wrapped("abcdefgh ij", 4, plain_words=True) == ["abcd", "efgh", "ij"]
    assert wrapped("", 4) == [""]


def test_plain_text_asks_for_no_other_font(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Font, "tables", refuse)
    monkeypatch.setattr(typesetting, "east_asian_fonts", refuse)
    font_spans.cache_clear()
    assert drawable_text("".join(sorted(PLAIN_LETTERS))) == "".join(sorted(PLAIN_LETTERS))
    assert fonts.AILERON.sized(12).getlength("x") > 0


@given(ANY_TEXT, st.integers(0, 200))
def test_a_text_fits_the_width_it_is_given_whole_or_cut(text: str, width: int) -> None:
    got = fitted(text, 20, width)
    assert text_width(got, 20) <= width or not got
    assert got in (text, "") or got.endswith("…")
