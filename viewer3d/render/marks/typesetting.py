"""Typesetting: a text as the pieces that are drawn, each letter as itself or, where no font has it, as its code."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from PIL import ImageFont

from viewer3d.render.marks.fonts import AILERON, EAST_ASIAN, PLAIN, WIDER, Face, east_asian_faces

MOST_TEXTS: Final = 1024
"""Texts whose pieces are kept: as many as :mod:`viewer3d.render.marks.raster` keeps drawn."""

BELOW: Final = (202, 214, 218, 220, 222, 233, 240)
"""Combining classes (Unicode Standard, 4.3) of what stands under a letter; 228 and above, but these, stands over it."""

OVER: Final = 228

GAP: Final = 0.06
"""Between accents over each other, of the text size."""


@dataclass(frozen=True)
class Piece:
    """A part of a text that is drawn with one font."""

    face: Face
    text: str


@dataclass(frozen=True)
class Run:
    """A piece, or an accent alone, in its place.

    Attributes
    ----------
    face : Face
    text : str
    x, y : float
        Where it begins on the baseline, from where the line begins: right and down, in pixels of the text's size.
    """

    face: Face
    text: str
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True)
class SetLine:
    """A line of text in one size: its runs, and how far it reaches."""

    runs: tuple[Run, ...]
    width: float


def spelled(text: str) -> str:
    """Write a text with what can be drawn here: the same text, but for what no font has.

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
    return "".join(piece.text for piece in pieces_of(text))


@lru_cache(maxsize=MOST_TEXTS)
def pieces_of(text: str) -> tuple[Piece, ...]:
    """Part a text into pieces of one font each: one, wherever a font has all of its letters."""
    if PLAIN.issuperset(text):
        return (Piece(AILERON, text),)
    line = "".join(" " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", text))
    faces = (WIDER, *(east_asian_faces() if any(map(_is_east_asian, line)) else ()))
    clusters = _clusters(_with_codes(_clusters(line), faces))
    if PLAIN.issuperset("".join(clusters)):
        return (Piece(AILERON, "".join(clusters)),)
    main = max(faces, key=lambda face: sum(_has_all(face, one) for one in clusters))
    chosen = [next(face for face in (main, *faces) if _has_all(face, one)) for one in clusters]
    pairs = groupby(zip(chosen, clusters, strict=True), key=lambda pair: pair[0])
    return tuple(Piece(face, "".join(one for _, one in group)) for face, group in pairs)


def set_line(text: str, size: int, font_of: Callable[[Face, int], ImageFont.FreeTypeFont] = Face.font) -> SetLine:
    """Set a text: where each of its runs begins.

    Parameters
    ----------
    text : str
    size : int
        In pixels.
    font_of : callable
        Opens a face in a size.
    """
    runs: list[Run] = []
    x = 0.0
    for piece in pieces_of(text):
        font = font_of(piece.face, size)
        for is_accented, group in groupby(_clusters(piece.text), key=lambda one: len(one) > 1):
            for part in group if is_accented else ["".join(group)]:
                run = Run(piece.face, part, x)
                runs += _accented(run, font) if is_accented else [run]
                x += font.getlength(part[0] if is_accented else part)
    return SetLine(tuple(runs), x)


def foreign_faces(texts: Iterable[str]) -> tuple[Face, ...]:
    """List the fonts of texts that do not come along, each once."""
    faces = {piece.face for text in set(texts) if not PLAIN.issuperset(text) for piece in pieces_of(text)}
    return tuple(sorted((face for face in faces if not face.comes_along), key=lambda face: face.path))


def columns_of(text: str) -> int:
    """Count how many letters of usual width a text takes; an East Asian one takes two."""
    if PLAIN.issuperset(text):
        return len(text)
    return sum(map(_columns, spelled(text)))


def shortened(text: str, room: int) -> str:
    """Shorten a text to so many columns, with an ellipsis in place of what is left out."""
    if columns_of(text) <= room:
        return text
    kept = ""
    for one in _clusters(spelled(text)):
        if columns_of(kept + one) > max(room - 1, 0):
            break
        kept += one
    return kept.rstrip() + "…"


def wrapped(text: str, room: int, *, plain_words: bool = False) -> list[str]:
    """Break a text into lines of so many columns: between words, and within one that is longer than a line.

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
        if PLAIN.issuperset(word) and not plain_words:
            continue
        while columns_of(lines[-1]) > room and len(clusters := _clusters(spelled(lines[-1]))) > 1:
            count = _fitting(clusters, room)
            lines[-1:] = ["".join(clusters[:count]), "".join(clusters[count:])]
    return lines


def _fitting(clusters: Sequence[str], room: int) -> int:
    """How many clusters fit, one at least."""
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


def _has_all(face: Face, letters: str) -> bool:
    return all(map(face.has, letters))


def _clusters(text: str) -> list[str]:
    """Part a text into letters, each with the accents that follow it."""
    clusters: list[str] = []
    for letter in text:
        if clusters and unicodedata.category(letter) in ("Mn", "Me"):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    return clusters


def _with_codes(clusters: Iterable[str], faces: Sequence[Face]) -> str:
    parts: list[str] = []
    was_code = False
    for cluster in clusters:
        whole = any(_has_all(face, cluster) for face in faces)
        for part in [cluster] if whole else [one for one in cluster if not _is_shapeless(one)]:
            drawn = whole or (unicodedata.category(part)[0] != "M" and any(face.has(part) for face in faces))
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


def _accented(cluster: Run, font: ImageFont.FreeTypeFont) -> list[Run]:
    # Fonts place accents by tables that the basic layout does not read. As HarfBuzz does without such tables: over the
    # middle of the letter, and as far above it, or below, as above a small x.
    base, accents = cluster.text[0], cluster.text[1:]
    left, high, right, low = _ink_box(font, base)
    up, down = min(high - _ink_box(font, "x")[1], 0), max(low, 0)
    runs = [Run(cluster.face, base, cluster.x, cluster.y)]
    for accent in accents:
        x0, y0, x1, y1 = _ink_box(font, accent)
        kind = unicodedata.combining(accent)
        y = down if kind in BELOW else up if kind >= OVER else 0
        runs.append(Run(cluster.face, accent, cluster.x + round((left + right - x0 - x1) / 2), cluster.y + y))
        apart = y1 - y0 + round(GAP * font.size)
        up, down = up - apart * (kind >= OVER and kind not in BELOW), down + apart * (kind in BELOW)
    return runs


def _ink_box(font: ImageFont.FreeTypeFont, letter: str) -> tuple[int, int, int, int]:
    # Of what is drawn alone: getbbox takes in the place where the letter begins.
    mask, (x, y) = font.getmask2(letter, "L", anchor="ls")
    left, top, right, bottom = mask.getbbox() or (0, 0, 0, 0)
    return x + left, y + top, x + right, y + bottom
