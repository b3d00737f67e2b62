"""Compare what headers of two series say of their values and places.

Nothing that names a patient is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.pixels.transfer_syntaxes import FAMILY_OF
from viewer3d.exports.items import ExportItem

_MOST: Final = 3
"""Values that are written of one attribute; of more it is said how many."""


@dataclass(frozen=True)
class HeaderDifference:
    """An attribute, or several together, that differ between two series, and what comes of it.

    Attributes
    ----------
    name : str
    before, after : str
        The values; empty where a word says enough, as of UIDs.
    effect : str
    """

    name: str
    before: str
    after: str
    effect: str

    def __str__(self) -> str:
        values = f" {self.before} against {self.after}" if self.before or self.after else ""
        return f"{self.name}{values}: {self.effect}"


def compare_headers(one: ExportItem, before: Volume, other: ExportItem, after: Volume) -> tuple[HeaderDifference, ...]:
    """Compare headers of two items that were loaded."""
    found = []
    for name, read, effect in _OF_VOLUMES:
        values = read(before), read(after)
        if values[0] != values[1]:
            found.append(HeaderDifference(name, *values, effect))
    uids = before.frame_of_reference, after.frame_of_reference
    if uids[0] and uids[1] and uids[0] != uids[1]:
        found.append(HeaderDifference("frame of reference", "", "", _OTHER_FRAME))
    if one.frames and other.frames:
        for name, of_frame, effect in _OF_FRAMES:
            texts = _texts(map(of_frame, one.frames)), _texts(map(of_frame, other.frames))
            if texts[0] != texts[1]:
                found.append(HeaderDifference(name, *texts, effect))
    return tuple(found)


_OTHER_FRAME: Final = (
    "it has another UID: coordinates are compared as numbers, and whether they mean the same places is not said"
)


def _compression(frame: Frame) -> str:
    family = FAMILY_OF.get(frame.stored.transfer_syntax)
    return "none" if family is None else family.name


def _windows(volume: Volume) -> str:
    return _texts(map(str, volume.windows))


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


_OF_VOLUMES: Final[tuple[tuple[str, Callable[[Volume], str], str], ...]] = (
    ("window", _windows, "pictures open otherwise; values are not changed"),
    ("inverted", lambda volume: str(volume.inverted).lower(), "pictures open with black and white exchanged"),
    (
        "background value",
        lambda volume: _number(volume.background),
        "what was not measured counts as measured, or the other way round: windows and statistics change",
    ),
)
_OF_FRAMES: Final[tuple[tuple[str, Callable[[Frame], str], str], ...]] = (
    (
        "rescale",
        lambda frame: "by table" if frame.table is not None else f"x {frame.slope:.6g} + {frame.intercept:.6g}",
        "stored numbers mean other values; a program that does not rescale shows others",
    ),
    ("declared unit", lambda frame: frame.declared_unit or "none", "who trusts it takes values for others"),
    (
        "stored bits",
        lambda frame: f"{frame.stored.bits_stored}{' signed' if frame.stored.signed else ''}",
        "a program that ignores it reads other numbers",
    ),
    ("compression", _compression, "what is lossless keeps every value"),
    ("lossy compression", lambda frame: frame.lossy or "none told", "values were changed before they came here"),
    ("image type", lambda frame: "\\".join(frame.image_type) or "none", "some programs choose and sort by it"),
)


def _texts(values: Iterable[Any]) -> str:
    """Return the different values as text, at most so many."""
    texts: Sequence[str] = list(dict.fromkeys(printable(str(one)) for one in values))
    more = f" and {len(texts) - _MOST} more" if len(texts) > _MOST else ""
    return ", ".join(texts[:_MOST]) + more or "none"
