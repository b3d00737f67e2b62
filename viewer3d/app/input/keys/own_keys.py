"""A person's own keys, laid over the table that help, palette and interactor follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeAlias

from viewer3d.app.input.binding import Action, Binding
from viewer3d.app.input.bindings import GROUPS
from viewer3d.app.input.keys.key_names import is_key, key_label, parse_key
from viewer3d.core.view.state import ViewState
from viewer3d.errors import SettingsError, ViewError
from viewer3d.settings.read import SettingsFile, read_settings_file, settings_or_built_in

Groups: TypeAlias = Mapping[str, tuple[Binding, ...]]
"""Bindings under the headings of the help."""

OwnKeys: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Of a title, or of a key, the keys that are to do the same instead."""


class _KeyError(Exception):
    # What is wrong with an entry of a person's keys; the entry is the first argument, what is wrong the second.
    pass


def key_groups() -> Groups:
    """Return the table with a person's own keys; the built-in one where their file cannot be followed."""
    try:
        return checked_key_groups(read_settings_file())
    except SettingsError:
        return GROUPS


def own_note() -> str:
    """Return what a window says where a person's file cannot be followed; empty where it can."""
    note = settings_or_built_in()[1]
    if note:
        return note
    try:
        checked_key_groups(read_settings_file())
    except SettingsError as error:
        return f"Own keys are left out. {error}"
    return ""


def checked_key_groups(source: SettingsFile) -> Groups:
    """Return the table with the keys of a file.

    Raises
    ------
    SettingsError
        When there is no such command or key, or one key would do two things.
    """
    said = source.settings.keys
    keys = tuple((name, (one,) if isinstance(one, str) else one) for name, one in said.items())
    try:
        return _groups_with(keys) if keys else GROUPS
    except _KeyError as error:
        entry, message = error.args
        raise source.error("keys", entry, f"{entry}: {message}") from error


@lru_cache(maxsize=4)
def _groups_with(keys: OwnKeys) -> Groups:
    groups: Groups = GROUPS
    moved: list[tuple[str, Action, tuple[str, ...]]] = []
    gone: set[tuple[str, Action]] = set()
    for entry, wanted in keys:
        try:
            names = tuple(dict.fromkeys(map(parse_key, wanted)))
        except ViewError as error:
            raise _KeyError(entry, str(error)) from error
        before = _inputs_of(entry)
        gone |= set(before)
        moved += [(entry, action, names) for action in dict.fromkeys(action for _, action in before)]
    groups = {title: tuple(_moved(bindings, gone, moved)) for title, bindings in GROUPS.items()}
    _check_conflicts(groups, moved)
    return groups


def _inputs_of(entry: str) -> list[tuple[str, Action]]:
    """Return the keys of a title or command with what they do, or a key with what it does."""
    bound = [
        (name, action, title)
        for bindings in GROUPS.values()
        for binding in bindings
        for name, action, title in _rows(binding)
    ]
    names = entry.lower(), entry
    mine = [(name, action) for name, action, title in bound if title.lower() == names[0] or action.command in names]
    if mine:
        return [one for one in mine if is_key(one[0])] or [("", action) for _, action in mine]
    from difflib import get_close_matches  # noqa: PLC0415 (only an error needs it)

    try:
        key = parse_key(entry)
    except ViewError:
        near = get_close_matches(entry.lower(), {title for _, _, title in bound if title}, n=3, cutoff=0.5)
        meant = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
        told = f"no command has this title, and no key this name: {meant}viewer3d presets lists all"
        raise _KeyError(entry, told) from None
    if found := [(name, action) for name, action, _ in bound if name == key]:
        return found
    raise _KeyError(entry, "nothing is on this key: give the title of a command, as viewer3d presets lists them")


def _rows(binding: Binding) -> list[tuple[str, Action, str]]:
    """Return inputs, what they do and its title, of a binding; an empty input where it has none."""
    titles = {} if binding.choices is not None else dict(zip(binding.actions, binding.action_titles, strict=True))
    if binding.inputs:
        pairs = zip(binding.inputs, binding.input_actions, strict=False)  # a drag has no action
        return [(name, action, titles.get(action, "")) for name, action in pairs]
    return [("", action, titles.get(action, "")) for action in binding.actions]


def _moved(
    bindings: tuple[Binding, ...], gone: set[tuple[str, Action]], moved: list[tuple[str, Action, tuple[str, ...]]]
) -> list[Binding]:
    """Return the bindings of a group without the keys that are gone, with what was moved."""
    found: list[Binding] = []
    done: set[tuple[str, Action]] = set()
    for binding in bindings:
        rows = _rows(binding)
        mine = [(entry, action, names) for entry, action, names in moved if any(action == row[1] for row in rows)]
        if not mine:
            found.append(binding)
            continue
        kept = [row for row in rows if (row[0], row[1]) not in gone]
        if len(kept) == len(rows):
            found.append(binding)
        elif kept or binding.choices is not None:
            found.append(_with_rows(binding, kept))
        for entry, action, names in mine:
            if (entry, action) not in done:
                done.add((entry, action))
                title = next((row[2] for row in rows if row[1] == action and row[2]), "")
                found.append(_with_rows(binding, [(name, action, title) for name in names or ("",)], alone=True))
    return found


def _with_rows(binding: Binding, rows: list[tuple[str, Action, str]], *, alone: bool = False) -> Binding:
    """Return a binding with other inputs; one that stands alone is described by what it does."""
    inputs = tuple(name for name, _, _ in rows if name)
    titles = tuple(dict.fromkeys(title for _, _, title in rows if title))
    labels = dict.fromkeys(key_label(name) for name in inputs)
    changed = replace(
        binding,
        inputs=inputs,
        label=", ".join(labels),
        gestures=tuple(action.gesture for _, action, _ in rows if action.gesture is not None),
        commands=tuple(action.command for _, action, _ in rows if action.command is not None),
        tool_starters=tuple(action.tool_starter for _, action, _ in rows if action.tool_starter is not None),
        titles=titles,
        **_icons_of(binding, tuple(dict.fromkeys(action for _, action, _ in rows))),
    )
    if not alone or not titles:
        return replace(changed, choices=None) if alone else changed
    return replace(changed, description=titles[0], choices=None)


def _icons_of(binding: Binding, actions: tuple[Action, ...]) -> dict[str, Any]:
    """Return what the tool bar has of some actions: an icon each, and which of them is chosen."""
    if not binding.icons:
        return {}
    before, chosen = binding.actions, binding.chosen
    icons = dict(zip(before, binding.icons, strict=True))

    def chosen_of(state: ViewState) -> int | None:
        number = None if chosen is None else chosen(state)
        return None if number is None or before[number] not in actions else actions.index(before[number])

    return {"icons": tuple(icons[one] for one in actions), "chosen": None if chosen is None else chosen_of}


def _check_conflicts(groups: Groups, moved: list[tuple[str, Action, tuple[str, ...]]]) -> None:
    """Refuse keys that would do two things in one pane."""
    for entry, action, names in moved:
        for name in names:
            others = [
                binding
                for bindings in groups.values()
                for binding in bindings
                for key, other in zip(binding.inputs, binding.input_actions, strict=False)
                if key == name and other != action and {other.scope, action.scope} != {"slices", "3d"}
            ]
            if others:
                what = others[0].titles[0] if len(others[0].titles) == 1 else others[0].description
                raise _KeyError(entry, f"{key_label(name)} is the key of {what!r}: give another, or move that too")
