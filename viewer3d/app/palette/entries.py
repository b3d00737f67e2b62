"""List what the palette offers in a state: every action of the table that can be done, with its keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from viewer3d.app.input.binding import Action, Binding
from viewer3d.app.input.context import Context
from viewer3d.app.input.find_binding import can_be_done, keys_of_actions
from viewer3d.app.input.keys.own_keys import key_groups
from viewer3d.core.view.state import ViewState


@dataclass(frozen=True)
class Entry:
    """One line of the palette.

    Attributes
    ----------
    title : str
        What it is called.
    keys : tuple of str
        Keys that do the same, as the keyboard has them, else gestures; empty without any.
    heading : str
        Of its group in the table.
    description : str
        What the help says of its binding, where that does nothing else; else empty.
    action : Action
        What it does.
    also : str
        Other words that it is found by.
    """

    title: str
    keys: tuple[str, ...]
    heading: str
    description: str
    action: Action
    also: str = ""


def entries(state: ViewState, context: Context) -> tuple[Entry, ...]:
    """Return all that can be done in a state and is no drag, in the order of the table.

    Parameters
    ----------
    state : ViewState
    context : Context

    Returns
    -------
    tuple of Entry
        Each action once, however many inputs do it.
    """
    keys = keys_of_actions(context.screen)
    found: dict[Action, Entry] = {}
    for heading, bindings in key_groups().items():
        for binding in bindings:
            if not can_be_done(binding, state, context):
                continue
            named = tuple(_named(binding, state, context))
            said = binding.description if len(named) == 1 and binding.choices is None else ""
            for title, action in named:
                found.setdefault(action, Entry(title, keys.get(action, ()), heading, said, action, binding.also))
    return tuple(found.values())


def _named(binding: Binding, state: ViewState, context: Context) -> Iterator[tuple[str, Action]]:
    if binding.choices is not None:
        for choice in binding.choices(state, context):
            yield choice.title, Action(gesture=choice.gesture, scope=binding.scope)
    else:
        yield from zip(binding.action_titles, binding.actions, strict=True)
