"""Which fonts there are, and that they have the letters they are said to have."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from tests.render.fonts import stand_in
from viewer3d.render.marks import fonts
from viewer3d.render.marks.fonts import AILERON, PLAIN_LETTERS, WIDER, Font, system_fonts

COVERED = [
    (0xA0, 0x250, "Latin-1, Latin Extended-A and B"),
    (0x1E00, 0x1F00, "Latin Extended Additional: Vietnamese and more"),
    (0x370, 0x400, "Greek"),
    (0x1F00, 0x2000, "Greek with breathings"),
    (0x400, 0x530, "Cyrillic"),
    (0x300, 0x370, "accents"),
    (0x2200, 0x2300, "operators"),
]
COPTIC = set(range(0x3E2, 0x3F0))  # stands in the block of Greek and is another script


def test_plain_letters_are_those_of_aileron_and_of_windows_1252() -> None:
    has = set(map(chr, TTFont(io.BytesIO(AILERON.sized(10).font_bytes)).getBestCmap()))
    assert has >= PLAIN_LETTERS
    assert {letter for letter in has if letter.encode("cp1252", "ignore")} == PLAIN_LETTERS
    assert all(letter.encode("cp1252") for letter in PLAIN_LETTERS)


@pytest.mark.parametrize(("first", "end", "what"), COVERED)
def test_the_font_that_comes_along_has_every_letter(first: int, end: int, what: str) -> None:
    letters = [chr(code) for code in range(first, end) if unicodedata.category(chr(code))[0] in "LMNPS"]
    lacking = [letter for letter in letters if not WIDER.has(letter) and ord(letter) not in COPTIC]
    assert lacking == [], what
    assert len(letters) > 50


def test_the_font_that_comes_along_has_signs_of_the_trade() -> None:
    assert all(map(WIDER.has, "°²³µ±×÷←↑→↓↔↕⇒⇔≈≠≤≥∞∅−√∑∆Ωℓ№™®†‡•–—‰€£¥½¼¾₂⁰"))  # noqa: RUF001


def test_digits_of_the_font_that_comes_along_are_all_as_wide() -> None:
    assert len({WIDER.sized(13).getlength(digit) for digit in "0123456789"}) == 1


def test_the_font_that_comes_along_is_small_and_has_its_licence_beside_it() -> None:
    assert Path(WIDER.path).stat().st_size < 260_000
    licence = Path(WIDER.path).with_name("OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "Copyright 2015 Google LLC" in licence


@pytest.mark.parametrize("letter", ["\ufffd", "\ufffc", "\u200d", "\u202e", "\x07", "\ue000", "\uffff"])
def test_what_has_no_shape_is_no_letter_of_any_font(letter: str) -> None:
    assert not AILERON.has(letter)
    assert not WIDER.has(letter)


def test_fonts_of_the_system_are_found_at_any_depth_those_with_more_letters_first(tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    late = stand_in(shared / "a", "NanumGothic.ttf", "홍")
    early = stand_in(shared / "z/deep", "NotoSansCJKjp-Regular.otf", "山")
    mine = stand_in(own, "NotoSansCJKjp-Regular.otf", "田")
    stand_in(own, "Unknown.ttf", "山")
    assert system_fonts([own, shared, tmp_path / "absent"]) == [mine, late]
    assert system_fonts([shared]) == [early, late]


def test_fonts_that_cannot_be_used_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = stand_in(tmp_path, "malgun.ttf", "홍")
    stand_in(tmp_path, "ipagp.ttf", "山", fsType=0x0002)  # its maker forbids that pictures carry it
    (tmp_path / "meiryo.ttc").write_bytes(b"no font")
    (tmp_path / "msgothic.ttc").write_bytes(good.read_bytes()[:5000])
    monkeypatch.setattr(fonts, "system_folders", lambda: [tmp_path])
    monkeypatch.setattr(fonts, "EXTRA", ("no_such_package", "x.otf"))
    assert fonts.east_asian_fonts.__wrapped__() == (Font(str(good)),)


def test_the_extra_comes_before_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path / "system", "malgun.ttf", "홍")
    extra = stand_in(tmp_path / "site/some_font_package", "Some.otf", "山")
    (extra.parent / "__init__.py").write_text("raise SystemExit('is not to be imported')")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr(fonts, "system_folders", lambda: [tmp_path / "system"])
    monkeypatch.setattr(fonts, "EXTRA", ("some_font_package", "Some.otf"))
    assert fonts.east_asian_fonts.__wrapped__() == (Font(str(extra)),)


def test_other_scripts_of_a_system_font_are_not_taken(tmp_path: Path) -> None:
    font = Font(str(stand_in(tmp_path, "Arial Unicode.ttf", "山あ홍①עبका")))
    assert all(map(font.has, "山あ홍①Aä"))
    assert not any(map(font.has, "עبक"))  # right to left, or joined: one shape after the other is not that letter


def test_a_label_tells_fonts_apart(tmp_path: Path) -> None:
    one, other = (Font(str(stand_in(tmp_path / name, "a.ttf", name))) for name in "山田")
    assert one.label != other.label
    assert one.label.startswith("Noto Sans 2.004 (")
