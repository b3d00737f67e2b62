"""Correct texts in character sets of DICOM that pydicom does not decode completely."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

_ESCAPES: Final = re.compile(r"\x1b[$()-]+[@-_]")
"""Sequences that change the character set (PS3.3 C.12.1.1.2); pydicom leaves those of ISO 2022 IR 58 in the text."""

_UNDECLARED: Final = ("", "ISO_IR 6", "ISO 2022 IR 6")
"""Names of the default repertoire, which is ASCII (PS3.5 6.1.2.1): bytes above 127 are not in it."""


def whole_text(text: str, character_set: Sequence[object]) -> str:
    """Return a text of a pydicom dataset in the right characters, without escape sequences.

    Parameters
    ----------
    text : str
        As pydicom decodes it.
    character_set : sequence
        Values of Specific Character Set (0008,0005); none where it is absent.

    Returns
    -------
    str
        Where no character set is declared, bytes above 127 are undefined, and pydicom reads them as Latin-1; here they
        are read as UTF-8 where they are valid UTF-8, which other text hardly ever is.
    """
    if text.isascii() and "\x1b" not in text:
        return text
    if all(str(name) in _UNDECLARED for name in character_set):
        with suppress(UnicodeError):  # text that is no UTF-8 stays as pydicom has it
            text = text.encode("latin-1").decode()
    return _ESCAPES.sub("", text)


def character_set_of(value: object) -> tuple[object, ...]:
    """Return the values of Specific Character Set as a tuple, from one, several or none."""
    if value is None or value == "":
        return ()
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Sequence) else (value,)
