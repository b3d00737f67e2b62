"""What a step of the history changed, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from viewer3d.app.sessions.history import FieldChange, HistoryStep
from viewer3d.core.view.key_image import KeyImage
from viewer3d.core.view.measurement import Measurement

_WORDS: Final = {
    "axes": "turn of planes",
    "slab": "slab",
    "crop": "crop box",
    "planes_shown": "slices in 3D",
    "interpolation": "interpolation",
    "key_images": "key images",
    "window": "window",
    "colors": "colours",
    "inverted": "black and white",
    "value_bar": "value bar",
    "rendering": "transfer function",
    "rendering_shift": "shift of the transfer function",
    "rendering_stretch": "width of the transfer function",
    "couch_hidden": "couch",
    "face_hidden": "face",
    "shown": "what is hidden",
    "blend": "blend",
    "split": "split line",
    "levels": "lines of levels",
    "level_base": "lines of levels",
    "level_base_name": "lines of levels",
    "graphics": "graphics of the files",
    "segments": "segments shown",
}
"""Fields of states and looks as a note calls them; others are called by their own names."""

_REGION_WORDS: Final = {"rendering": "surfaces in 3D"}

_MOST_WORDS: Final = 3
"""Of one note: what more has changed is counted."""


def step_words(step: HistoryStep) -> str:
    """Return what a step changed in a few words, as ``"distance removed"`` or ``"window changed"``."""
    if step.name:
        return step.name
    phrases: list[str] = []
    words: dict[str, None] = {}
    for change in step.changes:
        if change.path == ("measurements",):
            phrases.append(_measurement_words(change.before, change.after))
        elif change.path == ("crop",) and (change.before is None or change.after is None):
            phrases.append(f"crop box {'removed' if change.after is None else 'set'}")
        elif change.path == ("key_images",) and len(change.before) != len(change.after):
            phrases.append(_key_image_words(change.before, change.after))
        elif change.is_edit:
            words[_word(change)] = None
    if words:
        more = len(words) - _MOST_WORDS
        phrases.append(f"{', '.join([*words][:_MOST_WORDS])}{f' and {more} more' if more > 0 else ''} changed")
    return "; ".join(phrases)


def _key_image_words(before: Sequence[KeyImage], after: Sequence[KeyImage]) -> str:
    count = abs(len(after) - len(before))
    what = "key image" if count == 1 else f"{count} key images"
    return f"{what} {'marked' if len(after) > len(before) else 'removed'}"


def changed_measurements(before: Sequence[Measurement], after: Sequence[Measurement]) -> tuple[list[int], list[int]]:
    """Return the numbers of the measurements that are in one list alone: those gone, those come."""
    return _without(before, after), _without(after, before)


def _measurement_words(before: Sequence[Measurement], after: Sequence[Measurement]) -> str:
    gone, come = changed_measurements(before, after)
    if len(gone) == len(come) == 1:
        one, other = before[gone[0]], after[come[0]]
        if replace(one, label=other.label) == other:
            return f"label of {other.kind} moved"
        return f"{other.kind} {'renamed' if replace(one, name=other.name) == other else 'changed'}"
    if gone and come:
        return "measurements changed"
    which = [before[number] for number in gone] or [after[number] for number in come]
    what = which[0].kind if len(which) == 1 else f"{len(which)} measurements"
    if not which:
        return "measurements reordered"
    return f"{what} {'removed' if gone else 'added'}"


def _without(ones: Sequence[Measurement], others: Iterable[Measurement]) -> list[int]:
    left = list(others)
    found = []
    for number, one in enumerate(ones):
        if one in left:
            left.remove(one)
        else:
            found.append(number)
    return found


def _word(change: FieldChange) -> str:
    name = change.path[-1]
    assert isinstance(name, str)
    words = {**_WORDS, **_REGION_WORDS} if change.path[0] == "regions" else _WORDS
    return words.get(name, name.replace("_", " "))
