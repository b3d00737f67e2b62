"""Write texts into a picture's file, and read the recipe among them.

PNG has them in text chunks (iTXt), which :mod:`viewer3d.render.png` writes, and GIF in its comment; JPEG, TIFF, WebP,
PDF, SVG and HTML in an XMP packet, which is found in the bytes of any of them. Beside the recipe stand the words that
are made of it (:mod:`viewer3d.recipes.words`), but in a GIF, whose comment has no parts.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from viewer3d.core.files import read_whole
from viewer3d.errors import OutputError, RecipeError
from viewer3d.recipes.record import ALT_KEY, TEXT_KEY, WORD_KEYS, Recipe

MOST_IN_JPEG: Final = 65_502
"""Bytes of XMP that one segment of a JPEG holds (XMP specification part 3, 1.1.3)."""

MOST_BYTES: Final = 2 << 30
"""Of a picture or movie whose recipe is looked for."""

MOST_JSON: Final = 16 << 20
"""Of a state or recipe: some 30 times one with a thousand measurements."""

XMP_IN_PNG: Final = "XML:com.adobe.xmp"
"""The keyword of an XMP packet in a PNG (XMP specification part 3, 1.1.5)."""

_XMP_IN_TIFF: Final = 700  # the tag of an XMP packet (XMP specification part 3, 3.3)


def texts_of(recipe: Recipe) -> dict[str, str]:
    """Return the texts of a picture's file, by key: its recipe as JSON, and the words that are made of it."""
    from viewer3d.recipes.words.words import words_of  # noqa: PLC0415 (only what is written has words)

    return {**recipe.texts, **words_of(recipe).texts}


def png_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """Return texts by the keywords of a PNG (11.3.3.1); the alternative text is in XMP."""
    if ALT_KEY not in texts:
        return {**texts}
    from viewer3d.recipes.xmp import xmp_packet  # noqa: PLC0415 (a PNG without words has none)

    words = {key: text for key, text in texts.items() if key in WORD_KEYS}
    return {**{key: text for key, text in texts.items() if key != ALT_KEY}, XMP_IN_PNG: xmp_packet(words)}


def without_words(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts but the words of a picture, as of a picture from before it had some."""
    return {key: text for key, text in texts.items() if key not in WORD_KEYS}


def save_options(form: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments of Pillow's ``save`` that put texts into a file.

    Parameters
    ----------
    form : {"GIF", "JPEG", "TIFF", "WEBP"}
    texts : mapping of str to str
        By key; a GIF holds the first alone.

    Raises
    ------
    OutputError
        When they are more than the format holds.
    """
    if form == "GIF":
        return {"comment": next(iter(texts.values())).encode()}
    from viewer3d.recipes.xmp import xmp_packet  # noqa: PLC0415 (3 ms, and PNG has none)

    packet = xmp_packet(texts).encode()
    if form == "JPEG" and len(packet) > MOST_IN_JPEG:  # what makes the picture again comes before what is said of it
        packet = xmp_packet(without_words(texts)).encode()
    if form == "TIFF":
        return {"tiffinfo": {_XMP_IN_TIFF: packet}}
    if form == "JPEG" and len(packet) > MOST_IN_JPEG:
        raise OutputError(f"the recipe takes {len(packet):,} bytes, more than a JPEG holds: give another format")
    return {"xmp": packet}


def read_recipe(path: str | os.PathLike[str]) -> Recipe:
    """Read the recipe of a picture, or one that was saved as JSON.

    Raises
    ------
    RecipeError
        When the file cannot be read, or holds no recipe or a later one.
    """
    text = embedded_text(path)
    if not holds_recipe(text):
        state = "a view state but no recipe of its data: viewer3d show --state opens it"
        other = "no recipe: give a picture that viewer3d made"
        raise RecipeError(f"{path}: holds {state if 'cursor' in _keys(text) else other}")
    try:
        return Recipe.from_json(text)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from error


def embedded_text(path: str | os.PathLike[str]) -> str:
    """Return the JSON of a recipe or state that a picture's file or a JSON file holds.

    Raises
    ------
    RecipeError
        When the file cannot be read or holds none.
    """
    file = Path(path)
    try:
        text = _text_of(file)
    except OSError as error:
        reason = (error.strerror or "it is cut or broken").lower()
        raise RecipeError(f"{file}: cannot be read ({reason}): give a picture that viewer3d made, or JSON") from None
    if text is None:
        raise RecipeError(f"{file}: holds no recipe: give a picture that viewer3d made, or JSON")
    return text


def holds_recipe(text: str) -> bool:
    """Return whether a text of a file is a recipe, not a state."""
    return "figure" in _keys(text)


def _text_of(file: Path) -> str | None:
    content = read_whole(file, MOST_BYTES)
    if content.lstrip().startswith(b"{"):
        if len(content) > MOST_JSON:
            raise OSError(errno.EFBIG, f"{len(content):,} bytes of JSON, more than {MOST_JSON:,}")
        return content.decode(errors="replace")
    if content.startswith((b"\x89PNG", b"GIF8")):
        text = _text_of_picture(file)
    else:
        from viewer3d.recipes.xmp import texts_in  # noqa: PLC0415 (as above)

        text = texts_in(content).get(TEXT_KEY, "")
    return text if _keys(text) & {"figure", "cursor"} else None


def _text_of_picture(file: Path) -> str:
    from PIL import Image  # noqa: PLC0415 (only for pictures)

    try:
        with Image.open(file) as picture:
            found = picture.info.get(TEXT_KEY) or picture.info.get("comment") or ""
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):  # what Pillow raises at broken pictures
        raise OSError from None
    return found.decode(errors="replace") if isinstance(found, bytes) else str(found)


def _keys(text: str) -> set[str]:
    try:
        return set(msgspec.json.decode(text, type=dict[str, Any]))
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return set()
