"""Find entries of the palette by a few letters, best first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from viewer3d.app.palette.entries import Entry

_WORD: Final = re.compile(r"\w+")

_WHOLE, _KEY, _BEGINNING, _INITIALS, _WITHIN, _ELSEWHERE = range(6)
"""How well a word that was typed fits an entry, best first."""


def matching(entries: Sequence[Entry], text: str) -> tuple[Entry, ...]:
    """Return the entries that a text finds, best first; all of them for an empty text.

    Every word of the text must fit, in any order: a word of the title, its key, the beginning of a word of the title
    (``win lung``), beginnings of several in their order (``wl``, ``winlu``), a part of the title, or the beginning of
    a word that is said of it elsewhere.

    Parameters
    ----------
    entries : sequence of Entry
    text : str
    """
    typed = text.split()
    scored = []
    for number, entry in enumerate(entries):
        fits = [_fit(entry, word) for word in typed]
        if all(fit is not None for fit in fits):
            known = [fit for fit in fits if fit is not None]
            scored.append((sum(how for how, _ in known), sum(place for _, place in known), number, entry))
    return tuple(entry for *_, entry in sorted(scored, key=lambda one: one[:3]))


def _fit(entry: Entry, typed: str) -> tuple[int, int] | None:
    """Return how well a word fits an entry, and at which word of its title; None where it does not."""
    word, words = _plain(typed), _words(entry.title)
    if word in words:
        return _WHOLE, words.index(word)
    if typed in entry.keys:
        return _KEY, 0
    for place, one in enumerate(words):
        if one.startswith(word):
            return _BEGINNING, place
    for place in range(len(words)):
        if len(word) > 1 and _is_chain(word, words[place:]):
            return _INITIALS, place
    if len(word) > 1 and word in _plain(entry.title):
        return _WITHIN, 0
    elsewhere = _words(f"{entry.description} {entry.also} {entry.heading}")
    return (_ELSEWHERE, 0) if any(one.startswith(word) for one in elsewhere) else None


@lru_cache(maxsize=4096)
def _is_chain(word: str, words: tuple[str, ...]) -> bool:
    """Return whether a word is made of beginnings of words in their order, the first among them."""
    if not word:
        return True
    if not words:
        return False
    first, *rest = words
    for length in range(1, min(len(word), len(first)) + 1):
        if not first.startswith(word[:length]):
            break
        if any(_is_chain(word[length:], tuple(rest[skipped:])) for skipped in range(len(rest) + 1)):
            return True
    return False


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(_plain(text)))


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    # Without accents: who looks for a segment need not have its letters on the keyboard.
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
