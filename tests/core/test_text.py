"""Text from outside, harmless for terminals, lines, tables and XML."""

from __future__ import annotations

import sys
import unicodedata
from xml.etree import ElementTree

import pytest

from viewer3d.core.text import is_number, one_line, printable
from viewer3d.core.volume import Volume
from viewer3d.errors import BadFileError, ChoiceError

STEERING = ("Cc", "Cs", "Zl", "Zp")
TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def test_every_code_that_steers_or_turns_is_spelled_and_no_other() -> None:
    spelled = {code for code in range(sys.maxunicode + 1) if printable(chr(code)) != chr(code)}
    steers = {code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in STEERING}
    turns = {code for code in range(sys.maxunicode + 1) if unicodedata.bidirectional(chr(code)) in TURNING}
    assert spelled == steers | turns | {0x061C, 0x200E, 0x200F, 0xFFFE, 0xFFFF}
    assert all(printable(chr(code)).isascii() and printable(chr(code)).isprintable() for code in spelled)


def test_what_is_left_is_xml_and_can_be_encoded() -> None:
    text = printable("".join(map(chr, range(0x11000))))
    root = ElementTree.Element("text")
    root.text = text
    assert ElementTree.fromstring(ElementTree.tostring(root, "utf-8")).text == text


@pytest.mark.parametrize(
    ("text", "lines", "line"),
    [
        ("head\r\nneck", "head\\r\nneck", "head  neck"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07", "\\x1b]0;owned\\x07"),
        ("Schädel 頭 \u200d", "Schädel 頭 \u200d", "Schädel 頭 \u200d"),
    ],
)
def test_lines_and_one_line(text: str, lines: str, line: str) -> None:
    assert printable(text, lines=True) == lines
    assert one_line(text) == line


def test_errors_are_one_plain_line_but_lists() -> None:
    assert str(BadFileError("a\n\x1b[2J.dcm: truncated")) == "a\\n\\x1b[2J.dcm: truncated"
    assert str(ChoiceError("choose:\n  --series 1\x1b")) == "choose:\n  --series 1\\x1b"


def test_a_volumes_repr_is_plain() -> None:
    volume = Volume.from_array(
        [[[1, 2], [3, 4]], [[1, 2], [3, 4]]], [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], unit="H\x1bU"
    )
    assert "H\\x1bU" in repr(volume)
    assert repr(volume).isprintable()


@pytest.mark.parametrize("text", ["1", "-2.5", "+1e-3", "007", ".5", "1E6"])
def test_numbers_as_people_write_them(text: str) -> None:
    assert is_number(text)


@pytest.mark.parametrize("text", ["", "nan", "inf", "1_000", "1,5", "one", "0x10", "1e"])
def test_what_is_no_number_as_people_write_it(text: str) -> None:
    assert not is_number(text)
