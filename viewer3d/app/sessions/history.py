"""The history of a view, a frozen value: what was changed, undone and done again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from viewer3d.core.view.look import ImageLook, RegionLook
from viewer3d.core.view.state import ViewState

PLACE_FIELDS: Final = frozenset({"cursor", "camera", "axial", "coronal", "sagittal"})
"""Where one looks at: no step by itself, but a step that changes it with something else takes it back as well."""

SELECTION_FIELDS: Final = frozenset({"view", "enlarged", "pointer", "active", "version", "series"})
"""What no step ever changes: which panes there are, what is pointed at and which layer is meant."""

MEMBER: Final = "member"
"""The field of a look that says which time is seen: as a cursor through times, it is a place."""

SINGLE_FIELDS: Final = frozenset({"measurements", "key_images"})
"""Fields whose changes are steps of their own, however fast they follow: each adds or removes something."""

MOST_STEPS: Final = 100
"""Steps that can be undone; 3D Slicer keeps as many of its scene (vtkMRMLScene, UndoStackSize)."""

BURST_SECONDS: Final = 1.0
"""Changes of the same kind that follow each other within this are one step: turns of the wheel, a key held down."""

_FIELDS: Final = tuple(f.name for f in fields(ViewState) if f.name not in SELECTION_FIELDS)
_LOOKS: Final[dict[str, tuple[str, ...]]] = {
    "layers": tuple(f.name for f in fields(ImageLook)),
    "regions": tuple(f.name for f in fields(RegionLook)),
}

FieldPath = tuple[str, int, str] | tuple[str]
"""A field of a state, or of one of its looks: ``("crop",)``, ``("layers", 0, "window")``."""


@dataclass(frozen=True)
class FieldChange:
    """One field of a state, before and after it was changed.

    Attributes
    ----------
    path : tuple
        See :data:`FieldPath`.
    before, after : object
        Frozen values.
    """

    path: FieldPath
    before: Any
    after: Any

    @property
    def is_edit(self) -> bool:
        """Whether it makes a step: not where a place alone has changed."""
        return self.path[0] not in PLACE_FIELDS and self.path[-1] != MEMBER


@dataclass(frozen=True)
class HistoryStep:
    """What one key, drag or program has changed, which is undone as a whole.

    Attributes
    ----------
    changes : tuple of FieldChange
        Each path once.
    gesture : int, optional
        Number of the press of a button that it belongs to; None for a key, the wheel or a program.
    at : float
        When it was changed last, in seconds of any clock.
    name : str
        What to call it; empty where what has changed says it.
    """

    changes: tuple[FieldChange, ...]
    gesture: int | None = None
    at: float = float("-inf")
    name: str = ""


@dataclass(frozen=True)
class History:
    """What can be undone and done again.

    Attributes
    ----------
    done : tuple of HistoryStep
        The latest last.
    undone : tuple of HistoryStep
        The one that was undone last is last.
    set_aside : tuple of HistoryStep
        What had been undone before the latest step: back if nothing comes of that.
    """

    done: tuple[HistoryStep, ...] = ()
    undone: tuple[HistoryStep, ...] = ()
    set_aside: tuple[HistoryStep, ...] = ()


def find_changes(before: ViewState, after: ViewState) -> tuple[FieldChange, ...]:
    """Return what has changed between two states of the same layers, but for selections."""
    found: list[FieldChange] = []
    for name in _FIELDS:
        one, other = getattr(before, name), getattr(after, name)
        if one is other or one == other:
            continue
        if name in _LOOKS:
            if len(one) == len(other):  # else there are other layers, and no field of one of them has changed
                found += _find_look_changes(name, one, other)
        else:
            found.append(FieldChange((name,), one, other))
    return tuple(found)


def recorded(
    history: History,
    before: ViewState,
    after: ViewState,
    *,
    gesture: int | None = None,
    at: float = float("-inf"),
    name: str = "",
) -> History:
    """Return the history with a change of the state, as a step or as a part of the latest one.

    Parameters
    ----------
    history : History
    before, after : ViewState
    gesture : int, optional
        See :class:`HistoryStep`: all changes of one press are one step.
    at : float
        Now, in seconds.
    name : str
        What to call the step; such a one is recorded where a place alone has changed, too, and is never a part of
        another.
    """
    changes = find_changes(before, after)
    if not (changes if name else any(change.is_edit for change in changes)):
        return history
    step = HistoryStep(changes, gesture, at, name)
    last = history.done[-1] if history.done else None
    if last is None or history.undone or not _continues(step, last):
        return History((*history.done, step)[-MOST_STEPS:], (), history.undone)
    both = merge_changes(last.changes, changes)
    if not any(change.is_edit for change in both):
        return History(history.done[:-1], history.set_aside)
    return replace(history, done=(*history.done[:-1], replace(last, changes=both, at=at)))


def undo(history: History, state: ViewState) -> tuple[History, ViewState, HistoryStep | None]:
    """Take the latest step back.

    Returns
    -------
    history : History
    state : ViewState
    step : HistoryStep or None
        What was undone; None where there is nothing.
    """
    if not history.done:
        return history, state, None
    step = history.done[-1]
    changed = replace(history, done=history.done[:-1], undone=(*history.undone, step), set_aside=())
    return changed, _with_values(state, {change.path: change.before for change in step.changes}), step


def redo(history: History, state: ViewState) -> tuple[History, ViewState, HistoryStep | None]:
    """Do again what was undone last; as :func:`undo`."""
    if not history.undone:
        return history, state, None
    step = history.undone[-1]
    closed = replace(step, gesture=None, at=float("-inf"))  # nothing that follows becomes a part of it
    changed = replace(history, done=(*history.done, closed), undone=history.undone[:-1], set_aside=())
    return changed, _with_values(state, {change.path: change.after for change in step.changes}), step


def renumbered(history: History, numbers: Mapping[str, Mapping[int, int]]) -> History:
    """Return the history of layers that have other numbers now, without the steps of those gone.

    Parameters
    ----------
    history : History
    numbers : mapping
        For ``"layers"`` and ``"regions"``: the numbers of now by those of then.
    """
    kept = {
        name: tuple(step for one in getattr(history, name) if (step := _renumbered_step(one, numbers)).changes)
        for name in ("done", "undone")
    }
    return History(kept["done"], kept["undone"])


def merge_changes(first: Iterable[FieldChange], then: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    """Return what two sets of changes come to; none where the second takes the first back."""
    merged = {change.path: change for change in first}
    for change in then:
        begun = merged.get(change.path)
        merged[change.path] = change if begun is None else FieldChange(change.path, begun.before, change.after)
    return tuple(change for change in merged.values() if change.before != change.after)


def _continues(step: HistoryStep, last: HistoryStep) -> bool:
    if step.name or last.name:
        return False
    if step.gesture is not None or last.gesture is not None:
        return step.gesture == last.gesture
    paths = {change.path for change in step.changes if change.is_edit}
    is_same = paths == {change.path for change in last.changes if change.is_edit}
    return is_same and step.at - last.at <= BURST_SECONDS and not {path[0] for path in paths} & SINGLE_FIELDS


def _find_look_changes(
    name: str, before: tuple[ImageLook | RegionLook, ...], after: tuple[ImageLook | RegionLook, ...]
) -> list[FieldChange]:
    return [
        FieldChange((name, number, field), getattr(one, field), getattr(other, field))
        for number, (one, other) in enumerate(zip(before, after, strict=True))
        if one is not other
        for field in _LOOKS[name]
        if getattr(one, field) != getattr(other, field)
    ]


def _with_values(state: ViewState, values: Mapping[FieldPath, Any]) -> ViewState:
    changed: dict[str, Any] = {path[0]: value for path, value in values.items() if len(path) == 1}
    for name in _LOOKS:
        looks = list(getattr(state, name))
        for number in {path[1] for path in values if path[0] == name and len(path) == 3}:
            fields_of = {path[2]: value for path, value in values.items() if path[:2] == (name, number)}  # type: ignore[misc]
            looks[number] = replace(looks[number], **fields_of)
        changed[name] = tuple(looks)
    return replace(state, **changed)


def _renumbered_step(step: HistoryStep, numbers: Mapping[str, Mapping[int, int]]) -> HistoryStep:
    found: list[FieldChange] = []
    for change in step.changes:
        if len(change.path) == 1:
            found.append(change)
        elif (number := numbers[change.path[0]].get(change.path[1])) is not None:
            found.append(replace(change, path=(change.path[0], number, change.path[2])))
    return replace(step, changes=tuple(found))
