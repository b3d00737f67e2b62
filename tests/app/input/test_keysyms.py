"""Letters by the names that X11 has for keys: keysymdef.h says which is which."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from viewer3d.app.input.keysyms import letter_of

NAMES = {
    "udiaeresis": "ü", "Aring": "Å", "ccaron": "č", "odoubleacute": "ő", "Lstroke": "Ł", "ssharp": "ß", "gbreve": "ğ",
    "Iabovedot": "İ", "idotless": "ı", "tcedilla": "ţ", "aogonek": "ą", "ohorn": "ơ", "acircumflexacute": "ấ",
    "Ebelowdot": "Ẹ", "ytilde": "ỹ", "Cyrillic_a": "а", "Cyrillic_SHORTI": "Й", "Cyrillic_hardsign": "ъ",
    "Cyrillic_ka_descender": "қ", "Cyrillic_U_straight_bar": "Ұ", "Cyrillic_o_bar": "ө", "Ukrainian_yi": "ї",
    "Ukrainian_I": "І", "Ukrainian_ie": "є", "Ukrainian_GHE_WITH_UPTURN": "Ґ", "Byelorussian_shortu": "ў",
    "Serbian_tshe": "ћ", "Macedonia_dse": "ѕ", "Greek_ALPHA": "Α", "Greek_finalsmallsigma": "ς", "Greek_lambda": "λ",
    "Greek_OMEGAaccent": "Ώ", "Greek_iotaaccentdieresis": "ΐ", "Greek_UPSILONdieresis": "Ϋ", "U1EC5": "ễ",
    "U5C71": "山", "degree": "°", "mu": "µ", "twosuperior": "²",
}  # fmt: skip

HEADER = Path("/usr/include/X11/keysymdef.h")


@pytest.mark.parametrize(("name", "letter"), NAMES.items())
def test_letters(name: str, letter: str) -> None:
    assert letter_of(name) == letter


@pytest.mark.parametrize(
    "name",
    ["", "a", "F2", "Up", "Escape", "Shift_L", "dead_acute", "Greek_switch", "U110000", "U0007", "UD800", "xcaron"],
)
def test_keys_that_type_no_letter_of_their_own(name: str) -> None:
    assert letter_of(name) == ""


@pytest.mark.skipif(not HEADER.exists(), reason="libx11-dev is not here")
def test_no_letter_is_another_than_x11_says() -> None:
    rows = re.findall(r"#define XK_(\w+) +0x\w+ +/\* ?\(?U\+([0-9A-F]+) ", HEADER.read_text())
    known = {name: letter_of(name) for name, _ in rows if letter_of(name)}
    assert len(known) > 500
    assert known == {name: chr(int(code, 16)) for name, code in rows if name in known}
