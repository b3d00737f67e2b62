"""Subsets of fonts: font files with the letters of a page and no more."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Final

from viewer3d.render.marks.fonts import AILERON, Font
from viewer3d.render.marks.typesetting import font_spans

_TABLES: Final = ("CFF ", "OS/2", "cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name", "post")
"""Of a font (OpenType 1.9), what draws letters side by side; the rest is for layout and hinting."""

_NAME_IDS: Final = (0, 1, 2, 3, 4, 5, 6, 13, 14)
"""Of a font: copyright, names, version and licence."""


def letters_of(texts: Iterable[str]) -> dict[Font, str]:
    """Return the fonts of texts and the letters that each draws, but for Aileron, which is embedded whole."""
    letters: dict[Font, set[str]] = {}
    for text in sorted(set(texts)):
        for span in font_spans(text):
            letters.setdefault(span.font, set()).update(span.text)
    return {font: "".join(sorted(found)) for font, found in letters.items() if font != AILERON}


def subset(font: Font, letters: str) -> bytes:
    """Make a font file, TrueType or OpenType as the font is, with some of its letters.

    Parameters
    ----------
    font : Font
        Any but Aileron.
    letters : str

    Returns
    -------
    bytes
        The same for the same font and letters: there is no date in it.
    """
    from fontTools.subset import Options, Subsetter  # noqa: PLC0415 (50 ms, and only for text that is not plain)

    options = Options(hinting=False, notdef_outline=True, name_IDs=list(_NAME_IDS), desubroutinize=True)
    file = io.BytesIO()
    with font.tables() as tables:
        options.drop_tables = sorted(set(tables.keys()) - set(_TABLES))
        tables.recalcTimestamp = False
        part = Subsetter(options)
        part.populate(text=letters)
        part.subset(tables)
        tables.save(file)
    return file.getvalue()
