"""Text from files, made safe to print on a terminal, in one line and into a file."""

from __future__ import annotations

import re
from typing import Final

BIDI_CONTROLS: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""What has the Bidi_Control property (Unicode Standard Annex 9, 2): it can make a text read as another."""

_NO_TEXT: Final = re.compile(f"[\0-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff{BIDI_CONTROLS}]")
_NO_TEXT_BUT_LINES: Final = re.compile(_NO_TEXT.pattern.replace("\0-\x1f", "\0-\x09\x0b-\x1f"))


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return text with control characters, line ends and direction marks written as escape codes.

    Parameters
    ----------
    text : str
        Of a file's header, of a file's name, or of a message with either in it.
    lines : bool
        Whether it is several lines, whose ends are kept.

    Returns
    -------
    str
        The same text, but for control characters (C0, DEL and C1), separators of lines and paragraphs, marks of
        direction, lone surrogates and the two codes that are no characters and that XML cannot hold: these are written
        as Python writes them.

    Examples
    --------
    >>> printable("skull\x1b[31m\n")
    'skull\\x1b[31m\\n'
    """
    if text.isprintable():  # nearly all texts are, and this is quick
        return text
    pattern = _NO_TEXT_BUT_LINES if lines else _NO_TEXT
    # What needs no change stays what it is: a note is more than its text.
    return pattern.sub(lambda found: _code(found[0]), text) if pattern.search(text) else text


def one_line(text: str) -> str:
    r"""Return text as one line: white space as spaces, all else as :func:`printable` returns it.

    Examples
    --------
    >>> one_line("head\r\nneck\x1b[0m")
    'head  neck\\x1b[0m'
    """
    return text if text.isprintable() else printable("".join(" " if letter.isspace() else letter for letter in text))


def is_number(text: str) -> bool:
    """Return whether text is a finite number as people write it, which ``nan`` and ``1_000`` are not."""
    try:
        float(text)
    except ValueError:
        return False
    return not text.strip("+-.0123456789eE")


def _code(letter: str) -> str:
    return repr(letter)[1:-1]
