"""Numbers, lists and plurals in English, and names of presets; none of it comes from a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from viewer3d.core.view.own_looks import is_built_in, preset_file

_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_PLURALS: Final = {"axis": "axes", "is": "are", "was": "were", "pair of diameters": "pairs of diameters"}
"""What does not become a plural by an s."""

MOST_LISTED: Final = 12
"""Of a list: the rest is counted."""


def enumerated(parts: Iterable[str], *, word: str = "and") -> str:
    """Return parts as a list in a sentence.

    Examples
    --------
    >>> enumerated(["axial", "coronal", "sagittal"])
    'axial, coronal and sagittal'
    """
    *first, last = list(parts) or [""]
    return f"{', '.join(first)} {word} {last}" if first else last


def counted(count: int, noun: str, *, in_words: bool = False) -> str:
    """Return how many there are of something.

    Examples
    --------
    >>> counted(1, "slice"), counted(3, "slice"), counted(2, "axis", in_words=True)
    ('1 slice', '3 slices', 'two axes')
    """
    number = _NUMBERS[count] if in_words and count < len(_NUMBERS) else f"{count:,}"
    return f"{number} {plural(noun, count)}"


def plural(noun: str, count: int) -> str:
    """Return a noun as it is said of so many."""
    return noun if count == 1 else _PLURALS.get(noun, f"{noun}s")


def first_upper(text: str) -> str:
    """Return text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def an(noun: str) -> str:
    """Return a noun with its indefinite article.

    Examples
    --------
    >>> an("segmentation"), an("image")
    ('a segmentation', 'an image')
    """
    return f"{'an' if noun[:1] in 'aeio' else 'a'} {noun}"


def in_digits(value: float) -> str:
    """Return a number with the digits that it needs, six at most.

    Examples
    --------
    >>> in_digits(40.0), in_digits(-0.0), in_digits(0.1 + 0.2), in_digits(1234567)
    ('40', '0', '0.3', '1,234,567')
    """
    text = f"{value:.6g}"
    if "e" in text:
        exact = float(value)
        text = f"{exact:,.0f}" if 1e6 <= abs(exact) < 1e15 else text
    return "0" if text == "-0" else text


def tenths(value: float) -> str:
    """Return a number with one decimal, as places and angles are told.

    Examples
    --------
    >>> tenths(40), tenths(-0.04)
    ('40.0', '0.0')
    """
    text = f"{value:.1f}"
    return "0.0" if text == "-0.0" else text


def hundredths(value: float) -> str:
    """Return a number with two decimals, as directions and spacings are told."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text


def some(values: Sequence[str]) -> str:
    """Return a list of values, of which the last are counted where there are many.

    Examples
    --------
    >>> some(["a"] * 13)
    'a, a, a, a, a, a, a, a, a, a, a, a and 1 more'
    """
    left = len(values) - MOST_LISTED
    return enumerated([*values[:MOST_LISTED], f"{left} more"] if left > 0 else values)


def preset_name(name: str, table: str) -> str:
    """Return a name of a preset; empty where there is none, so that no other text comes into a sentence.

    Parameters
    ----------
    name : str
    table : {"colors", "rendering"}
        The file in ``presets`` that has it.
    """
    return name if is_built_in(name, table) else ""


@cache
def window_names() -> dict[tuple[float, float], str]:
    """Return the names of windows in HU by their center and width, the first of each.

    A picture of slices has no other use for TOML, which takes 2 ms to load, and this file has one thing a line.
    """
    found: dict[tuple[float, float], str] = {}
    for row in preset_file("windows").split("[[window]]")[1:]:
        fields = dict(line.split(" = ") for line in row.splitlines() if " = " in line)
        if {"center", "width"} <= fields.keys():
            found.setdefault((float(fields["center"]), float(fields["width"])), fields["name"].strip('"'))
    return found
