"""Names and colours of labels, from tables that are given beside label maps."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from viewer3d.core.files import open_file
from viewer3d.core.segmentation import SegmentColor
from viewer3d.errors import BadFileError

MOST_TABLE_BYTES: Final = 4 << 20
"""Bytes of a table of names: FreeSurfer's has 100 KB."""


@dataclass(frozen=True)
class LabelNames:
    """What labels are called, and their colours where those are known.

    Attributes
    ----------
    names : dict of int to str
    colors : dict of int to (r, g, b)
        0 to 255 each.
    """

    names: dict[int, str] = field(default_factory=dict, hash=False)
    colors: dict[int, SegmentColor] = field(default_factory=dict, hash=False)


def read_names(given: Mapping[int, str] | str | os.PathLike[str] | None) -> LabelNames:
    """Return names that were given as a mapping or as a table.

    Parameters
    ----------
    given : mapping of int to str, path or None
        A table is JSON (``{"1": "Liver"}``, or ``{"labels": {"liver": 1}}`` as nnU-Net has it), or text with a line a
        label: a number, a name and three numbers of a colour, in any order that has the number first, parted by
        commas, tabs or blanks (FreeSurfer's LUT, ITK-SNAP's label descriptions, CSV). Other lines are passed over.

    Raises
    ------
    BadFileError
        When the table cannot be read, or names nothing.
    """
    if given is None:
        return LabelNames()
    if isinstance(given, Mapping):
        return LabelNames({int(number): str(name) for number, name in given.items()})
    path = Path(given)
    try:
        with open(path, "rb", opener=open_file) as file:
            text = file.read(MOST_TABLE_BYTES + 1).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise BadFileError(f"{path}: names of labels cannot be read ({why}); give a table, or a dict") from None
    if len(text) > MOST_TABLE_BYTES:
        raise BadFileError(f"{path}: larger than {MOST_TABLE_BYTES >> 20} MiB, which no table of names is")
    found = _from_json(path, text) if path.suffix.lower() == ".json" else _from_lines(text)
    if not found.names:
        raise BadFileError(f'{path}: names no label: give JSON as {{"1": "Liver"}}, or lines as 1,Liver,221,130,101')
    return found


def _from_json(path: Path, text: str) -> LabelNames:
    try:
        held: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFileError(f'{path}: is no JSON; give a table of names as {{"1": "Liver"}}') from None
    table = held.get("labels", held) if isinstance(held, dict) else None
    names = {}
    for key, value in table.items() if isinstance(table, dict) else ():
        if isinstance(value, int) and value > 0:
            names[value] = str(key)
        elif isinstance(value, str) and str(key).isdecimal() and int(key) > 0:
            names[int(key)] = value
    return LabelNames(names)


def _from_lines(text: str) -> LabelNames:
    found = LabelNames()
    for line in text.splitlines():
        parts = _parts(line)
        if len(parts) < 2 or not parts[0].isdecimal() or int(parts[0]) < 1:
            continue
        numbers = [int(part) for part in parts[1:] if part.isdecimal()]
        words = [part for part in parts[1:] if not re.fullmatch(r"[0-9.]*", part)]
        if words:
            number = int(parts[0])
            found.names[number] = " ".join(words)
            if len(numbers) >= 3 and max(numbers[:3]) <= 255:
                found.colors[number] = numbers[0], numbers[1], numbers[2]
    return found


def _parts(line: str) -> list[str]:
    if re.match(r"\s*\d+ ", line) and line.count('"') == 2:  # ITK-SNAP's, in whose names there may be commas
        return shlex.split(line, posix=True)
    if "," in line or "\t" in line:
        rows = csv.reader([line], delimiter="\t" if "\t" in line else ",", skipinitialspace=True)
        with suppress(csv.Error):  # a field of more than csv.field_size_limit
            return [part.strip() for row in rows for part in row]
        return []
    try:
        return shlex.split(line, comments=True, posix=True)
    except ValueError:  # an apostrophe in a name
        return line.split()
