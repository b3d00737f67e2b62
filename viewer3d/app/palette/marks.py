"""Draw the palette: a list over the picture, in a window of any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from viewer3d.app.palette.entries import Entry
from viewer3d.app.palette.palette import Palette
from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, PLANE_COLORS, Color, DisplayList, Line, Mark, Text
from viewer3d.render.marks.metrics import CAP_HEIGHT, SMALLEST_TEXT
from viewer3d.render.marks.typesetting import fitted, fitted_end, text_width

_TEXT_SHARE: Final = 50
"""The window is so many text sizes high, where that is a size that is read well."""

_TEXT_SIZES: Final = (12, 16)

_WIDTH: Final = 42
"""Width of the palette where there is room, in text sizes."""

_ROW: Final = 1.9
"""Height of a row, in text sizes."""

_MOST_ROWS: Final = 14

_HEIGHT_SHARE: Final = 0.8
"""Share of the window's height that it takes at most."""

_TOP_SHARE: Final = 0.08
"""Share of the window's height above it."""

_MOST_KEYS: Final = 2
"""Keys of an entry that are told: the others are in the help."""

_KEYS_SHARE: Final = 0.4
"""Share of the width that keys take at most."""

_GROUND: Color = (20, 21, 25)
_CHOSEN: Color = (46, 50, 58)
_EDGE: Color = (64, 68, 76)


EMPTY_HINT: Final = "a few letters of what to do"
NOTHING_FOUND: Final = "nothing of that name can be done here now"


@dataclass(frozen=True)
class PaletteWords:
    """What is said around the entries of a palette.

    Attributes
    ----------
    sign : str
        Before what is typed.
    hint : str
        In its place while nothing is.
    nothing : str
        Where nothing was found.
    keys : str
        In the last line, where no entry is chosen.
    """

    sign: str = "/"
    hint: str = EMPTY_HINT
    nothing: str = NOTHING_FOUND
    keys: str = "Return does it   Esc closes"


OF_COMMANDS: Final = PaletteWords()


@dataclass(frozen=True)
class PaletteLayout:
    """Where the palette and its rows lie in the picture, in pixels.

    Attributes
    ----------
    left, top, width : int
        Of the whole, from the left and the top of the picture.
    text : int
        Size of text.
    row : int
        Height of a row; the line that is typed and the last line take one each.
    rows : int
        Entries that are seen at once where so many were found, 1 at least.
    """

    left: int
    top: int
    width: int
    text: int
    row: int
    rows: int

    @property
    def first_row(self) -> int:
        """The row of pixels at which the entries begin."""
        return self.top + round(1.4 * self.row)

    def height(self, found: int) -> int:
        """Return its height with so many entries found."""
        return round(2.6 * self.row) + self.row * max(1, min(self.rows, found))


def palette_layout(size: tuple[int, int]) -> PaletteLayout:
    """Return where the palette lies in a picture of a width and height in pixels."""
    width, height = size
    smallest, largest = _TEXT_SIZES
    text = max(SMALLEST_TEXT, min(largest, max(smallest, height // _TEXT_SHARE), height // 12, width // 24))
    row, top = round(_ROW * text), max(2, round(_TOP_SHARE * height))
    wide = max(min(_WIDTH * text, width - 2 * text), 1)
    rows = max(1, min(_MOST_ROWS, int(_HEIGHT_SHARE * height / row - 2.6)))
    return PaletteLayout((width - wide) // 2, top, wide, text, row, rows)


def palette_entry_at(palette: Palette, size: tuple[int, int], x: float, y: float) -> int | None:
    """Return which of the entries that were found is at a pixel of the picture; None where none is."""
    place = palette_layout(size)
    number = palette.first + int((y - place.first_row) // place.row)
    is_in = place.left <= x < place.left + place.width and 0 <= y - place.first_row < place.row * place.rows
    return number if is_in and number < len(palette.found) else None


def is_over_palette(palette: Palette, size: tuple[int, int], x: float, y: float) -> bool:
    """Return whether a pixel of the picture is in the palette."""
    place = palette_layout(size)
    is_across = place.left <= x < place.left + place.width
    return is_across and place.top <= y < place.top + place.height(len(palette.found))


def palette_marks(palette: Palette, size: tuple[int, int], words: PaletteWords = OF_COMMANDS) -> DisplayList:
    """List the marks of the palette.

    Parameters
    ----------
    palette : Palette
    size : tuple of int
        Width and height of the picture in pixels.
    words : PaletteWords
    """
    place, found = palette_layout(size), palette.found
    text, pad, high = place.text, place.text, place.height(len(found))
    left, right = place.left + pad, place.left + place.width - pad
    marks: list[Mark] = [*_box(place, high)]
    begin = left + max(text, text_width(words.sign, text) + 0.7 * text)
    shown = fitted_end(f"{palette.text}_", text, right - begin)
    typed = Text(begin, _baseline(place.top + 0.7 * place.row, text), shown, text, outline=None)
    marks += [Text(left, typed.y, words.sign, text, MUTED, outline=None), typed]
    if not palette.text:
        hint = fitted(words.hint, text, right - begin - 1.2 * text)
        marks.append(Text(begin + 1.2 * text, typed.y, hint, text, MUTED, outline=None))
    for turn, entry in enumerate(found[palette.first : palette.first + place.rows]):
        middle = place.first_row + (turn + 0.5) * place.row
        if palette.first + turn == palette.selected:
            marks += _bar(place.left, middle, place)
        marks += _row(entry, (left, right), _baseline(middle, text), text)
    if not found:
        middle = place.first_row + 0.5 * place.row
        nothing = fitted(words.nothing, text, right - left)
        marks.append(Text(left, _baseline(middle, text), nothing, text, MUTED, outline=None))
    marks += _scroll_bar(palette, place)
    return (*marks, *_last_line(palette, place, (left, right), place.top + high - 0.6 * place.row, words.keys))


def _box(place: PaletteLayout, high: int) -> DisplayList:
    right, bottom = place.left + place.width - 1, place.top + high - 1
    middle = place.top + (high - 1) / 2
    line = round(place.top + 1.3 * place.row)
    last = place.top + high - round(1.15 * place.row)
    return (
        Line(place.left, middle, right, middle, high, _GROUND),
        Line(place.left, place.top, right, place.top, 1, _EDGE),
        Line(place.left, bottom, right, bottom, 1, _EDGE),
        Line(place.left, place.top, place.left, bottom, 1, _EDGE),
        Line(right, place.top, right, bottom, 1, _EDGE),
        Line(place.left + 1, line, right - 1, line, 1, _EDGE, 0.6),
        Line(place.left + 1, last, right - 1, last, 1, _EDGE, 0.6),
    )


def _bar(left: int, middle: float, place: PaletteLayout) -> DisplayList:
    return (
        Line(left + 1, middle, left + place.width - 2, middle, place.row, _CHOSEN),
        Line(left + 1, middle, left + 3, middle, place.row, PLANE_COLORS["sagittal"]),
    )


def _row(entry: Entry, ends: tuple[int, int], baseline: float, text: int) -> DisplayList:
    left, right = ends
    keys = fitted("   ".join(entry.keys[:_MOST_KEYS]), text, _KEYS_SHARE * (right - left))
    room = right - left - (text_width(keys, text) + 1.5 * text if keys else 0)
    return (
        Text(left, baseline, fitted(entry.title, text, room), text, OFF_WHITE, outline=None),
        *((Text(right, baseline, keys, text, MUTED, "right", None),) if keys else ()),
    )


def _last_line(palette: Palette, place: PaletteLayout, ends: tuple[int, int], middle: float, keys: str) -> DisplayList:
    small = max(SMALLEST_TEXT, place.text - 2)
    left, right = ends
    counted = f"{palette.selected + 1} of {len(palette.found)}" if palette.found else ""
    chosen = palette.chosen
    said = keys if chosen is None else _last_words(chosen)
    room = right - left - text_width(counted, small) - 1.5 * small
    baseline = _baseline(middle, small)
    return (
        Text(left, baseline, fitted(said, small, room), small, MUTED, outline=None),
        *((Text(right, baseline, counted, small, MUTED, "right", None),) if counted else ()),
    )


def _last_words(entry: Entry) -> str:
    # A description often begins as a sentence whose subject is the group.
    is_said = entry.description in (entry.title, "")
    return entry.heading if is_said else f"{entry.heading}: {entry.description}"


def _scroll_bar(palette: Palette, place: PaletteLayout) -> DisplayList:
    count = len(palette.found)
    if count <= place.rows:
        return ()
    x, high = place.left + place.width - 4, place.row * place.rows
    begin = place.first_row + high * palette.first / count
    end = begin + max(high * place.rows / count, place.text)
    return (Line(x, begin, x, min(end, place.first_row + high), 3, _EDGE),)


def _baseline(middle: float, text: int) -> float:
    return middle + CAP_HEIGHT * text / 2
