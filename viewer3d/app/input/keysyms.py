"""The letters that keys type, from X11's names of keys, and the names of keys that type a letter."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_ACCENTS: Final = {
    "grave": "\u0300",
    "acute": "\u0301",
    "circumflex": "\u0302",
    "tilde": "\u0303",
    "macron": "\u0304",
    "breve": "\u0306",
    "abovedot": "\u0307",
    "diaeresis": "\u0308",
    "hook": "\u0309",
    "ring": "\u030a",
    "doubleacute": "\u030b",
    "caron": "\u030c",
    "horn": "\u031b",
    "belowdot": "\u0323",
    "cedilla": "\u0327",
    "ogonek": "\u0328",
}
"""What names of Latin letters end with, as ``ccaron`` and ``Acircumflexacute``."""

_OTHER_LETTERS: Final = {
    # Latin letters and signs whose names say something else.
    "ssharp": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "oslash": "ø", "Oslash": "Ø", "Ooblique": "Ø",
    "ooblique": "ø", "kra": "ĸ", "zstroke": "ƶ", "Zstroke": "Ƶ", "obarred": "ɵ", "Obarred": "Ɵ", "ezh": "ʒ", "EZH": "Ʒ",
    "eth": "ð", "ETH": "Ð", "thorn": "þ", "THORN": "Þ", "dstroke": "đ", "Dstroke": "Đ", "hstroke": "ħ", "Hstroke": "Ħ",
    "lstroke": "ł", "Lstroke": "Ł", "tslash": "ŧ", "Tslash": "Ŧ", "eng": "ŋ", "ENG": "Ŋ", "idotless": "ı",
    "schwa": "ə", "SCHWA": "Ə", "degree": "°", "mu": "µ", "plusminus": "±", "multiply": "×", "division": "÷",
    "onesuperior": "¹", "twosuperior": "²", "threesuperior": "³", "onehalf": "½", "section": "§", "paragraph": "¶",
    "EuroSign": "€", "sterling": "£", "yen": "¥", "cent": "¢", "numerosign": "№", "periodcentered": "·",
    "questiondown": "¿", "exclamdown": "¡", "guillemotleft": "«", "guillemotright": "»", "endash": "–", "emdash": "—",
    "ellipsis": "…", "leftdoublequotemark": "“", "rightdoublequotemark": "”", "doublelowquotemark": "„",
    "leftsinglequotemark": "‘", "rightsinglequotemark": "’", "ordfeminine": "ª", "masculine": "º",
}  # fmt: skip

_SCRIPTS: Final = {
    "Cyrillic": "CYRILLIC",
    "Ukrainian": "CYRILLIC",
    "Byelorussian": "CYRILLIC",
    "Serbian": "CYRILLIC",
    "Macedonia": "CYRILLIC",
    "Greek": "GREEK",
}
"""What names of letters of other scripts begin with, before an underscore."""

_UNICODE_NAMES: Final = {
    # Where Unicode calls a letter otherwise than X11.
    "SHORTI": "SHORT I", "SOFTSIGN": "SOFT SIGN", "HARDSIGN": "HARD SIGN", "SHORTU": "SHORT U", "DSE": "DZE",
    "LAMBDA": "LAMDA", "FINALSMALLSIGMA": "FINAL SIGMA", "U_STRAIGHT": "STRAIGHT U", "O_BAR": "BARRED O",
    "U_STRAIGHT_BAR": "STRAIGHT U WITH STROKE", "GHE_WITH_UPTURN": "GHE WITH UPTURN",
    "Ukrainian_I": "BYELORUSSIAN-UKRAINIAN I", "Ukrainian_IE": "UKRAINIAN IE",
}  # fmt: skip

_SIGNS: Final = {
    "_bar": " WITH STROKE",
    "_descender": " WITH DESCENDER",
    "_vertstroke": " WITH VERTICAL STROKE",
    "_macron": " WITH MACRON",
}
"""What names of Cyrillic letters end with."""

_ASCII_SIGNS: Final = {
    "!": "exclam", '"': "quotedbl", "#": "numbersign", "$": "dollar", "%": "percent", "&": "ampersand",
    "'": "apostrophe", "(": "parenleft", ")": "parenright", "*": "asterisk", "+": "plus", ",": "comma", "-": "minus",
    ".": "period", "/": "slash", ":": "colon", ";": "semicolon", "<": "less", "=": "equal", ">": "greater",
    "?": "question", "@": "at", "[": "bracketleft", "\\": "backslash", "]": "bracketright", "^": "asciicircum",
    "_": "underscore", "`": "grave", "{": "braceleft", "|": "bar", "}": "braceright", "~": "asciitilde", " ": "space",
}  # fmt: skip
"""Names of what is neither letter nor digit in ASCII (``keysymdef.h``)."""

_KEYPAD: Final = {"+": "KP_Add", "-": "KP_Subtract", "*": "KP_Multiply", "/": "KP_Divide", ".": "KP_Decimal"}

_WITH_SIGNS: Final = re.compile("([A-Z]+|[a-z]+?)(accent)?(dieresis)?((?:_[A-Za-z]+)*)")
_LATIN: Final = re.compile(f"([A-Za-z])((?:{'|'.join(_ACCENTS)})+)")
_BY_NUMBER: Final = re.compile("U([0-9A-Fa-f]{4,6})")


def letter_of(name: str) -> str:
    """Return the letter that a key types, from X11's name of the key.

    Parameters
    ----------
    name : str
        Its name in X11 (``keysymdef.h``), without ``XK_``.

    Returns
    -------
    str
        One letter; empty for a key that types none, as Escape and F2, and for ASCII, of which VTK gives the character.

    Examples
    --------
    >>> [letter_of(name) for name in ("udiaeresis", "Cyrillic_ZHE", "Greek_alphaaccent", "U1EC5", "F2")]
    ['ü', 'Ж', 'ά', 'ễ', '']
    """
    if name in _OTHER_LETTERS:
        return _OTHER_LETTERS[name]
    if number := _BY_NUMBER.fullmatch(name):
        code = int(number[1], 16)
        return chr(code) if code <= 0x10FFFF and chr(code).isprintable() else ""
    if latin := _LATIN.fullmatch(name):
        parts = re.findall("|".join(sorted(_ACCENTS, key=len, reverse=True)), latin[2])
        letter = unicodedata.normalize("NFC", latin[1] + "".join(_ACCENTS[part] for part in parts))
        return letter if len(letter) == 1 else ""
    script, _, rest = name.partition("_")
    return _of_script(script, rest) if script in _SCRIPTS else ""


def _of_script(script: str, name: str) -> str:
    found = _WITH_SIGNS.fullmatch(name)
    if found is None:
        return ""
    letter, accent, dieresis, more = found.groups(default="")
    size, key = "CAPITAL" if letter.isupper() else "SMALL", (letter + more).upper()
    signs = " AND ".join(sign for sign, there in (("DIALYTIKA", dieresis), ("TONOS", accent)) if there)
    word = _UNICODE_NAMES.get(f"{script}_{key}") or _UNICODE_NAMES.get(key) or letter.upper() + _SIGNS.get(more, more)
    try:
        return unicodedata.lookup(f"{_SCRIPTS[script]} {size} LETTER {word}{' WITH ' * bool(signs)}{signs}")
    except KeyError:
        return ""


def name_of_character(character: str, *, keypad: bool = False) -> str:
    """Return what X11 names the key that types a character.

    Parameters
    ----------
    character : str
        One, or none: then the name is empty too.
    keypad : bool
        Whether the key is one of the keypad.

    Examples
    --------
    >>> [name_of_character(one) for one in "aA5[é"], name_of_character("+", keypad=True)
    (['a', 'A', '5', 'bracketleft', 'U00E9'], 'KP_Add')
    """
    if keypad and (character in _KEYPAD or character.isdigit()):
        return _KEYPAD.get(character, f"KP_{character}")
    if not character or not character.isascii():
        return f"U{ord(character):04X}" if character else ""
    return _ASCII_SIGNS.get(character, character)
