"""Rows of a finished or interrupted run, as its page and its table show them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from viewer3d.archive.jobs.job import SEPARATOR, Number
from viewer3d.archive.outcome import ItemStatus, MadeFile

STATUSES: Final[tuple[ItemStatus, ...]] = ("done", "bad", "lost", "too large", "pending")
"""In the order in which they are counted and sorted."""

INFO: Final = "info."
"""What the names of quality columns begin with: they come first."""

NOTES: Final = "info.notes"
"""The column that holds the notes on a volume."""

_QUOTED: Final = re.compile(r"""(?<!\w)'[^']*'(?!\w)|"[^"]*\"""")
_PATH: Final = re.compile(r"\S*[/\\]\S*|\S+\.(?:dcm|ima|nii|gz|nrrd|mha|mhd|zip)\b", re.IGNORECASE)
_NUMBER: Final = re.compile(
    r"(\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\))"
    r"|(?<![A-Za-z0-9_])[-+]?\d[\d.,:]*(?:e[-+]?\d+)?(?:[x ]+\d[\d.,]*)*(?![A-Za-z0-9_])"
)
"""A tag, which stays, or a number; several in a row are one."""


@dataclass(frozen=True)
class Row:
    """What is known of one item of a run.

    Attributes
    ----------
    key : str
    status : {"pending", "done", "bad", "lost", "too large"}
    why : str
        Why it is not done; empty where it is.
    place : str
        The folder, file or archive it came from; bytes that are no text are lone surrogates, as Python has them.
    series_uid : str
    stack : int or None
        From 1, where the series or file has several.
    modality, description : str
    run : mapping
        What it took, by name: ``seconds``, ``cpu_seconds``, ``memory``, ``deaths``, ``worker``, ``version``.
    files : tuple of MadeFile
    numbers : mapping
        By ``"job.name"``.
    """

    key: str
    status: ItemStatus
    why: str = ""
    place: str = ""
    series_uid: str = ""
    stack: int | None = None
    modality: str = ""
    description: str = ""
    run: Mapping[str, Number] = field(default_factory=dict)
    files: tuple[MadeFile, ...] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences about what was irregular in it."""
        return tuple(filter(None, str(self.numbers.get(NOTES) or "").split(SEPARATOR)))


@dataclass(frozen=True)
class ColumnUse:
    """How a column of numbers is filled.

    Attributes
    ----------
    name : str
        ``"job.name"``.
    count : int
        How many rows have a value.
    numeric : bool
        Whether all values are numbers.
    """

    name: str
    count: int
    numeric: bool


def ordered_columns(found: Iterable[ColumnUse], first: Iterable[str] = ()) -> tuple[ColumnUse, ...]:
    """Return columns in an order that depends on their names alone.

    Parameters
    ----------
    found : iterable of ColumnUse
        Each name once.
    first : iterable of str
        Names that come first, and are columns even where no row has them, in this order.
    """
    known = {one.name: one for one in found}
    told = list(dict.fromkeys(first))
    others = sorted(known.keys() - set(told), key=lambda name: (not name.startswith(INFO), _natural(name)))
    return tuple(known.get(name, ColumnUse(name, 0, numeric=True)) for name in (*told, *others))


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    # p5 before p25: numbers within names by their value
    return tuple((int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name))


def kind_of_sentence(text: str) -> str:
    r"""Return what many sentences of one kind have in common: numbers, paths and quoted words are left out.

    Examples
    --------
    >>> kind_of_sentence("3 of 120 slices are missing at z = -31.5 mm (gap 10 mm).")
    '… of … slices are missing at z = … mm (gap … mm).'
    >>> kind_of_sentence("IM0001.dcm: Rows (0028,0010) is 'abc'")
    'Rows (0028,0010) is …'
    """
    text = _QUOTED.sub("…", text)
    text = _PATH.sub(lambda found: "…:" if found[0].endswith(":") else "…", text)
    text = _NUMBER.sub(lambda found: found[1] or "…", text)
    return re.sub(r"…(?:[ ,;]+…)+", "…", text).removeprefix("…: ")
