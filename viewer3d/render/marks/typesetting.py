"""Split a text into spans of one font each, and place its letters in a line.

A letter that no font has is written as its code.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from PIL import ImageFont

from viewer3d.render.marks.fonts import AILERON, EAST_ASIAN, PLAIN_LETTERS, WIDER, Font, east_asian_fonts

MOST_TEXTS: Final = 1024
"""Texts whose spans are kept: as many as :mod:`viewer3d.render.marks.raster` keeps drawn."""

_MOST_FONTS: Final = 64
"""Fonts kept open, each in one size."""

NARROWEST: Final = 0.2
"""Width of the narrowest letters, of the text size."""

_BELOW: Final = (202, 214, 218, 220, 222, 233, 240)
"""Combining classes (Unicode Standard, 4.3) of what stands under a letter; 228 and above, but these, stands over it."""

_OVER: Final = 228

_ACCENT_GAP: Final = 0.06
"""Between accents over each other, of the text size."""


@dataclass(frozen=True)
class FontSpan:
    """A part of a text that is drawn with one font."""

    font: Font
    text: str


@dataclass(frozen=True)
class Run:
    """A text in one font, or an accent alone, and where it begins.

    Attributes
    ----------
    font : Font
    text : str
    x, y : float
        Where it begins on the baseline, from where the line begins: right and down, in pixels of the text's size.
    """

    font: Font
    text: str
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True)
class SetLine:
    """A line of text in one size: its runs, and how far it reaches."""

    runs: tuple[Run, ...]
    width: float


def drawable_text(text: str) -> str:
    """Return a text as it can be drawn: letters that no font has are written as their codes.

    Parameters
    ----------
    text : str
        Anything, control characters and lone surrogates included.

    Returns
    -------
    str
        One line in Unicode's composed form (NFC). A letter that no font has, or that the basic layout cannot set
        (Hebrew, Arabic, Indic scripts), is spelled as its code, ``U+1F600``; white space is a space each; what has no
        shape of its own, as variation selectors and marks of direction, is left out.
    """
    return "".join(span.text for span in font_spans(text))


@lru_cache(maxsize=MOST_TEXTS)
def font_spans(text: str) -> tuple[FontSpan, ...]:
    """Split a text into spans of one font each: one, wherever a font has all of its letters."""
    if PLAIN_LETTERS.issuperset(text):
        return (FontSpan(AILERON, text),)
    line = "".join(" " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", text))
    fonts = (WIDER, *(east_asian_fonts() if any(map(_is_east_asian, line)) else ()))
    clusters = _clusters(_with_codes(_clusters(line), fonts))
    if PLAIN_LETTERS.issuperset("".join(clusters)):
        return (FontSpan(AILERON, "".join(clusters)),)
    main = max(fonts, key=lambda font: sum(_has_all(font, one) for one in clusters))
    chosen = [next(font for font in (main, *fonts) if _has_all(font, one)) for one in clusters]
    pairs = groupby(zip(chosen, clusters, strict=True), key=lambda pair: pair[0])
    return tuple(FontSpan(font, "".join(one for _, one in group)) for font, group in pairs)


@lru_cache(maxsize=_MOST_FONTS)
def opened_font(font: Font, size: int) -> ImageFont.FreeTypeFont:
    """Return a font in a size in pixels; those that were used last stay open."""
    return font.sized(size)


def typeset(text: str, size: int, sized_font: Callable[[Font, int], ImageFont.FreeTypeFont] = opened_font) -> SetLine:
    """Place a text in a line: where each of its runs begins.

    Parameters
    ----------
    text : str
    size : int
        In pixels.
    sized_font : callable
        Opens a font in a size.
    """
    runs: list[Run] = []
    x = 0.0
    for span in font_spans(text):
        sized = sized_font(span.font, size)
        for is_accented, group in groupby(_clusters(span.text), key=lambda one: len(one) > 1):
            for part in group if is_accented else ["".join(group)]:
                run = Run(span.font, part, x)
                runs += _accented(run, sized) if is_accented else [run]
                x += sized.getlength(part[0] if is_accented else part)
    return SetLine(tuple(runs), x)


@lru_cache(maxsize=MOST_TEXTS)
def text_width(text: str, size: int) -> float:
    """Return how wide a text of a size is, in pixels."""
    return typeset(text, size).width


def foreign_fonts(texts: Iterable[str]) -> tuple[Font, ...]:
    """List the fonts of texts that are not in this package, each once."""
    fonts = {span.font for text in set(texts) if not PLAIN_LETTERS.issuperset(text) for span in font_spans(text)}
    return tuple(sorted((font for font in fonts if not font.is_bundled), key=lambda font: font.path))


def columns_of(text: str) -> int:
    """Count how many letters of usual width a text takes; an East Asian one takes two."""
    if PLAIN_LETTERS.issuperset(text):
        return len(text)
    return sum(map(_columns, drawable_text(text)))


def shortened(text: str, room: int) -> str:
    """Shorten a text to so many columns, with an ellipsis in place of what is left out."""
    if columns_of(text) <= room:
        return text
    kept = ""
    for one in _clusters(drawable_text(text)):
        if columns_of(kept + one) > max(room - 1, 0):
            break
        kept += one
    return kept.rstrip() + "…"


def fitted(text: str, size: int, width: float) -> str:
    """Shorten a text of a size to a width in pixels, with an ellipsis in place of what is left out."""
    if text_width(text, size) <= width:
        return text
    most = min(columns_of(text) - 1, int(width / (NARROWEST * size)))
    shorter = (shortened(text, room) for room in range(most, 0, -1))
    return next((one for one in shorter if text_width(one, size) <= width), "")


def fitted_end(text: str, size: int, width: float) -> str:
    """Shorten a text of a size to a width in pixels, with an ellipsis in place of its beginning."""
    if text_width(text, size) <= width:
        return text
    begin = max(len(text) - max(int(3 * width / size), 1), 0)
    shorter = (f"…{text[n:]}" for n in range(begin, len(text)))
    return next((one for one in shorter if text_width(one, size) <= width), "")


def wrapped(text: str, room: int, *, plain_words: bool = False) -> list[str]:
    """Break a text into lines of so many columns: between words, and within words that are too long.

    Parameters
    ----------
    text : str
    room : int
        Columns of a line.
    plain_words : bool
        Whether a word of plain letters is broken as well; Chinese and Japanese have no spaces and always are.
    """
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if columns_of(longer) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
        if PLAIN_LETTERS.issuperset(word) and not plain_words:
            continue
        while columns_of(lines[-1]) > room and len(clusters := _clusters(drawable_text(lines[-1]))) > 1:
            count = _fitting(clusters, room)
            lines[-1:] = ["".join(clusters[:count]), "".join(clusters[count:])]
    return lines


def _fitting(clusters: Sequence[str], room: int) -> int:
    """Count the clusters that fit, one at least."""
    count, taken = 1, columns_of(clusters[0])
    while count < len(clusters) and (taken := taken + columns_of(clusters[count])) <= room:
        count += 1
    return count


def _columns(letter: str) -> int:
    if unicodedata.category(letter).startswith("M"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _is_east_asian(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in EAST_ASIAN) and not WIDER.has(letter)


def _has_all(font: Font, letters: str) -> bool:
    return all(map(font.has, letters))


def _clusters(text: str) -> list[str]:
    """Split a text into letters, each with the accents that follow it."""
    clusters: list[str] = []
    for letter in text:
        if clusters and unicodedata.category(letter) in ("Mn", "Me"):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    return clusters


def _with_codes(clusters: Iterable[str], fonts: Sequence[Font]) -> str:
    parts: list[str] = []
    was_code = False
    for cluster in clusters:
        whole = any(_has_all(font, cluster) for font in fonts)
        for part in [cluster] if whole else [one for one in cluster if not _is_shapeless(one)]:
            drawn = whole or (unicodedata.category(part)[0] != "M" and any(font.has(part) for font in fonts))
            # A code stands alone: after it a digit or a letter from A to F would be read as a part of it.
            if parts and part != " " and parts[-1] != " " and (was_code or not drawn):
                parts.append(" ")
            parts.append(part if drawn else f"U+{ord(part):04X}")
            was_code = not drawn
    return "".join(parts)


def _is_shapeless(letter: str) -> bool:
    # Variation selectors (Unicode Standard, 23.4) and what only tells how its neighbours are set.
    selects = "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"
    return selects or unicodedata.category(letter) == "Cf"


def _accented(cluster: Run, sized: ImageFont.FreeTypeFont) -> list[Run]:
    # Fonts place accents by tables that the basic layout does not read. As HarfBuzz does without such tables: over the
    # middle of the letter, and as far above it, or below, as above a small x.
    base, accents = cluster.text[0], cluster.text[1:]
    left, high, right, low = _ink_box(sized, base)
    up, down = min(high - _ink_box(sized, "x")[1], 0), max(low, 0)
    runs = [Run(cluster.font, base, cluster.x, cluster.y)]
    for accent in accents:
        x0, y0, x1, y1 = _ink_box(sized, accent)
        kind = unicodedata.combining(accent)
        y = down if kind in _BELOW else up if kind >= _OVER else 0
        runs.append(Run(cluster.font, accent, cluster.x + round((left + right - x0 - x1) / 2), cluster.y + y))
        distance = y1 - y0 + round(_ACCENT_GAP * sized.size)
        up, down = up - distance * (kind >= _OVER and kind not in _BELOW), down + distance * (kind in _BELOW)
    return runs


def _ink_box(sized: ImageFont.FreeTypeFont, letter: str) -> tuple[int, int, int, int]:
    # Of what is drawn alone: getbbox takes in where the letter begins.
    mask, (x, y) = sized.getmask2(letter, "L", anchor="ls")
    left, top, right, bottom = mask.getbbox() or (0, 0, 0, 0)
    return x + left, y + top, x + right, y + bottom
