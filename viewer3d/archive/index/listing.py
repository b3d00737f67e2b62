"""The data of the page: what it needs of all items at once, in columns, and what it asks for later."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from viewer3d.archive.index.rows import NOTES, STATUSES, ColumnUse, Row, kind_of_sentence
from viewer3d.core.text import printable

CHUNK: Final = 250
"""Items whose files and numbers are in one file: a page of pictures rarely needs two."""

MOST_COLUMNS: Final = 150
"""Columns that the page can filter, sort and list by; all others are in the panel of an item and in the table."""

_PICTURES: Final = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg", ".avif")
"""Suffixes of files that a browser shows as a picture."""

_PREFERRED: Final = {job: n for n, job in enumerate(("thumbnail", "mpr", "quad", "lightbox", "mips", "turntable"))}
"""Jobs whose picture stands for an item, the best one first; then any other job with a picture."""

_SIZE: Final = ("columns", "rows", "slices")
_SPACING: Final = ("spacing_columns_mm", "spacing_rows_mm", "spacing_slices_mm")

_IDENTITY: Final = ("info.date", "info.patient")
"""Numbers that there are only where it was asked who the patient is."""

_IN_TABLE: Final = tuple(
    f"info.{name}" for name in ("slices", "spacing_slices_mm", "residual_mm", "tilt_degrees", "missing", "unit")
)
"""Quality columns that the table of the page shows before others are chosen: what is most often wrong."""


class _Texts:
    """Texts of a column, each kept once; an item has the number of its text."""

    def __init__(self, *known: str) -> None:
        self._numbers: dict[str, int] = {text: number for number, text in enumerate(known)}

    def number(self, text: str) -> int:
        """Return the number of a text."""
        return self._numbers.setdefault(text, len(self._numbers))

    @property
    def texts(self) -> list[str]:
        """All texts, in the order of their numbers."""
        return list(self._numbers)


class Listing:
    """Collects what the page shows of all items; rows are added one by one.

    Parameters
    ----------
    columns : sequence of ColumnUse
        Of all rows.
    """

    def __init__(self, columns: Sequence[ColumnUse]) -> None:
        self.names = {one.name: number for number, one in enumerate(columns)}
        offered = [one for one in columns if one.count and one.name != NOTES]
        self.columns = sorted(offered, key=lambda one: -one.count)[:MOST_COLUMNS]
        self.columns.sort(key=lambda one: self.names[one.name])
        self._values: dict[str, list[Any]] = {one.name: [] for one in self.columns}
        self._words = {
            name: _Texts()
            for name in ("modality", "description", "place", "why", "reason", "note", "picture", "summary")
        }
        self._words["status"] = _Texts(*STATUSES)
        self._series: list[str] = []
        self._items: dict[str, list[Any]] = {name: [] for name in (*self._words, "key", "stack")}

    def add(self, row: Row) -> list[Any]:
        """Add a row; return what the page is told of it when it is opened.

        Returns
        -------
        list
            Files (job, path, bytes, SHA-256), numbers (number of the column, value), notes, and pairs of what it took.
        """
        words, items = self._words, self._items
        for name in ("status", "modality", "description", "place"):
            items[name].append(words[name].number(printable(getattr(row, name)).strip()))
        items["key"].append(row.key)
        items["stack"].append(row.stack)
        self._series.append(row.series_uid or row.place)
        why, picture = printable(row.why), picture_of(row)
        items["why"].append(words["why"].number(why) if why else -1)
        items["reason"].append(words["reason"].number(kind_of_sentence(why)) if why else -1)
        items["note"].append(sorted({words["note"].number(kind_of_sentence(printable(one))) for one in row.notes}))
        items["picture"].append(-1 if picture is None else words["picture"].number(_pattern(picture, row.key)))
        items["summary"].append(words["summary"].number(summary_of(row.numbers)))
        plain = {name: _plain(value) for name, value in row.numbers.items()}
        for column, values in self._values.items():
            values.append(plain.get(column))
        numbers = sorted([self.names[one], value] for one, value in plain.items() if one != NOTES)
        files = [[printable(one.job), _pattern(one.path, row.key), one.bytes, one.sha256] for one in row.files]
        return [files, numbers, [printable(note) for note in row.notes], _pairs(row.run)]

    def values(self, name: str) -> list[Any]:
        """Return the values of a column, an item each."""
        return self._values[name]

    def data(self) -> dict[str, Any]:
        """Return what the page holds itself, as values for JSON."""
        words = {name: one.texts for name, one in self._words.items()}
        alone = {series for series, count in Counter(self._series).items() if count == 1}
        stacks = [None if one in alone else n for one, n in zip(self._series, self._items["stack"], strict=True)]
        return {
            "words": words,
            "items": {**self._items, "stack": stacks},
            "names": [printable(name) for name in self.names],
        }

    def first_columns(self) -> set[str]:
        """Return the names of columns that the table of the page begins with."""
        return {one.name for one in self.columns} & set(_IN_TABLE)


def picture_of(row: Row) -> str | None:
    """Return the path of the picture that stands for an item; None where it has none."""
    pictures = [one for one in row.files if one.path.lower().endswith(_PICTURES)]
    found = min(pictures, key=lambda one: _PREFERRED.get(one.job, len(_PREFERRED)), default=None)
    return None if found is None else found.path


def summary_of(numbers: Mapping[str, Any]) -> str:
    """Return size, spacing and unit in a few words, and patient and date where that was asked for."""
    parts = []
    for names, unit in ((_SIZE, ""), (_SPACING, " mm")):
        values = [numbers.get(f"info.{name}") for name in names]
        if all(isinstance(value, int | float) for value in values):
            parts.append(" x ".join(f"{value:.4g}" for value in values) + unit)
    if of_values := numbers.get("info.unit"):
        parts.append(printable(str(of_values)))
    parts += [printable(str(numbers[name])) for name in _IDENTITY if numbers.get(name)]
    return " · ".join(parts)


def _pattern(path: str, key: str) -> str:
    # Most paths of a job differ by the key alone: kept once, they are a fifth of the page.
    if "*" in path or "?" in path:
        return f"={path}"
    folder, _, name = path.partition("/")
    return f"?/{name.replace(key, '*')}" if name and folder == key[:2] else path.replace(key, "*")


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _pairs(values: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> list[list[Any]]:
    return [[name, _plain(value)] for name, value in dict(values).items()]
