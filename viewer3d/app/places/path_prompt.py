"""The line in which a path is typed, with what it may go on with, as pure functions."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Final

from viewer3d.app.input.binding import Action
from viewer3d.app.palette.entries import Entry
from viewer3d.app.palette.palette import Palette, with_chosen, with_key

LONGEST_PATH: Final = 4096
"""Letters that can be typed: the longest path of Linux (PATH_MAX)."""

LONGEST_LISTING: Final = 5000
"""Names of a folder that are listed."""

_PERCENT: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
"""Bytes of UTF-8 in an address (RFC 3986, 2.1)."""

_SEPARATORS: Final = tuple(one for one in (os.sep, os.altsep) if one)


@dataclass(frozen=True)
class PlaceRow:
    """One line below the path that is typed.

    Attributes
    ----------
    title : str
    path : str
        Which folder or file it is of.
    is_into : bool
        Whether choosing it goes on in that folder, instead of opening it.
    said : str
        What it is.
    """

    title: str
    path: str
    is_into: bool = False
    said: str = ""


@dataclass(frozen=True)
class PathPrompt(Palette):
    """What is shown of the line and the rows below it.

    Attributes
    ----------
    rows : tuple of PlaceRow
    problem : str
        Why there are none; empty where that is not known.
    """

    rows: tuple[PlaceRow, ...] = ()
    problem: str = ""

    @cached_property
    def found(self) -> tuple[Entry, ...]:
        """The rows, as the palette lists them."""
        return tuple(
            Entry(one.title, (), one.said, one.path if one.path != one.title else "", Action()) for one in self.rows
        )

    @property
    def chosen_row(self) -> PlaceRow | None:
        """The row that Return chooses; None where there is none."""
        return self.rows[self.selected] if self.selected < len(self.rows) else None


def split_path(text: str) -> tuple[str, str]:
    """Return the folder of a path that is being typed, home written out, and the rest."""
    if text.startswith("~") and not any(one in text for one in _SEPARATORS):
        text += os.sep
    text = os.path.expanduser(text)  # noqa: PTH111 (a str, whose end matters)
    head, tail = os.path.split(text)
    return head or (os.curdir + os.sep if text else ""), tail


def plain_path(text: str) -> str:
    """Return a path as it was pasted without what desktops write around it: spaces, quotes, ``file://``."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if text.startswith("file:"):
        text = _PERCENT.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode(errors="replace"), text)
        text = text.removeprefix("file:").removeprefix("//").removeprefix("localhost")
        text = text.removeprefix("/") if os.name == "nt" else text
    return text


def list_names(folder: str) -> tuple[str, ...]:
    """Return the names in a folder, those of folders first and with a separator at their end.

    Raises
    ------
    OSError, ValueError
        When it cannot be read, or no folder can have such a path.
    """
    with os.scandir(folder) as entries:
        found = [one.name + os.sep if _is_folder(one) else one.name for one in islice(entries, LONGEST_LISTING)]
    return tuple(sorted(found, key=lambda name: (not name.endswith(os.sep), name.casefold())))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def matching_names(names: Sequence[str], begin: str) -> tuple[str, ...]:
    """Return the names that begin so, whatever the case; hidden ones only where the point is typed."""
    begin = begin.casefold()
    return tuple(one for one in names if one.casefold().startswith(begin) and (begin or not one.startswith(".")))


def rows_of_folder(text: str, names: Sequence[str]) -> tuple[PlaceRow, ...]:
    """Return the rows below a path that is typed: the folder itself, and what in it goes on so.

    Parameters
    ----------
    text : str
    names : sequence of str
        Of its folder, as :func:`list_names` gives them.
    """
    folder, begin = split_path(text)
    rows = [] if begin else [PlaceRow("open this folder", folder.rstrip(os.sep) or folder, said="Return opens it")]
    for name in matching_names(names, begin):
        path, is_folder = os.path.join(folder, name), name.endswith(os.sep)  # noqa: PTH118 (a str, whose end matters)
        if is_folder and name.rstrip(os.sep) == begin:
            rows.insert(0, PlaceRow(f"open {name}", path.rstrip(os.sep), said="Return opens it"))
        said = "Return or Tab goes into it" if is_folder else "Return opens it"
        rows.append(PlaceRow(name, path, is_folder, said))
    return tuple(rows)


def with_rows(prompt: PathPrompt, rows: tuple[PlaceRow, ...], problem: str = "") -> PathPrompt:
    """Return the prompt with other rows, the first of them selected."""
    return PathPrompt((), prompt.text, rows=rows, problem=problem)


def with_text(prompt: PathPrompt, text: str) -> PathPrompt:
    """Return the prompt with another path, whose rows are not known yet."""
    return PathPrompt((), text[:LONGEST_PATH], rows=prompt.rows if text == prompt.text else ())


def with_path_key(prompt: PathPrompt, name: str, character: str, rows: int) -> PathPrompt:
    """Return the prompt after a key that moves in it, types or completes.

    Parameters
    ----------
    prompt : PathPrompt
    name : str
        As VTK names it.
    character : str
        What it types.
    rows : int
        Rows that are seen at once.
    """
    if name in {"Tab", "Right"}:
        return completed(prompt)
    if name == "BackSpace":
        return with_text(prompt, prompt.text[:-1])
    if name in {"ctrl+BackSpace", "ctrl+w", "Left"}:
        return with_text(prompt, _parent(prompt.text))
    if name == "ctrl+u":
        return with_text(prompt, "")
    if len(character) == 1 and character.isprintable() and not name.startswith("ctrl+"):
        return with_text(prompt, prompt.text + character)
    moved = with_key(prompt, name, "", rows)
    return prompt if not isinstance(moved, PathPrompt) else moved


def completed(prompt: PathPrompt) -> PathPrompt:
    """Return the prompt with the path as far as all rows that go on with it agree, else the chosen one's."""
    _, begin = split_path(prompt.text)
    names = [one.title for one in prompt.rows if one.is_into or one.title == os.path.basename(one.path)]  # noqa: PTH119
    common = _common_beginning(names)
    if begin and len(common) > len(begin) and prompt.selected == 0:
        return with_text(prompt, prompt.text[: len(prompt.text) - len(begin)] + common)
    row = prompt.chosen_row
    if row is None:
        return prompt
    if row.title != "open this folder":
        return with_text(prompt, row.path + (os.sep if os.path.isdir(row.path) and not row.is_into else ""))  # noqa: PTH112 (a str)
    into = next((one for one in prompt.rows if one.is_into), None)
    return prompt if into is None else with_text(prompt, into.path)


def with_row_chosen(prompt: PathPrompt, number: int, rows: int) -> PathPrompt:
    """Return the prompt with another row selected, scrolled no further than it needs to be seen."""
    moved = with_chosen(prompt, number, rows)
    return replace(prompt, selected=moved.selected, first=moved.first)


def _common_beginning(names: Sequence[str]) -> str:
    # As the first has it, whatever the case of the others; letter by letter, because casefold may make two of one.
    known = [[letter.casefold() for letter in name] for name in names]
    count = 0
    for letters in zip(*known, strict=False):
        if len(set(letters)) > 1:
            break
        count += 1
    return names[0][:count] if names else ""


def _parent(text: str) -> str:
    cut = text.rstrip("".join(_SEPARATORS))
    last = max((cut.rfind(one) for one in _SEPARATORS), default=-1)
    return cut[: last + 1]
