"""Find what an input is bound to, in the table of keys and gestures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from viewer3d.app.input.binding import Action, Binding, BindingScope, Command
from viewer3d.app.input.context import Context, Drag, Gesture
from viewer3d.app.input.keys.key_names import is_key
from viewer3d.app.input.keys.own_keys import key_groups
from viewer3d.app.input.keys.screen_keys import key_on
from viewer3d.app.input.keys.screen_traits import ON_DESKTOP, ScreenTraits
from viewer3d.app.input.tools import ToolStarter
from viewer3d.core.view.planes import PaneName
from viewer3d.core.view.state import ViewState

_KEYPAD: Final = ("KP_", "ctrl+KP_")

SCOPES_3D: tuple[BindingScope, ...] = ("anywhere", "3d")
"""Scopes of the bindings for the 3D pane."""

SCOPES_SLICES: tuple[BindingScope, ...] = ("anywhere", "slices")
"""Scopes of the bindings for slice panes."""


def find_gesture(name: str, *, in_3d: bool) -> Gesture | None:
    """Return the gesture that a key, click or wheel is bound to in a pane, or None."""
    binding = _find(name, in_3d=in_3d)
    return binding.gestures[binding.inputs.index(name)] if binding is not None and binding.gestures else None


def find_drag(name: str, *, in_3d: bool) -> Drag | None:
    """Return the drag that a button is bound to in a pane, or None."""
    binding = _find(name, in_3d=in_3d)
    return None if binding is None else binding.drag


def find_command(name: str) -> Command | None:
    """Return the command that a key is bound to, or None."""
    binding = next((binding for binding in _bindings() if binding.commands and name in binding.inputs), None)
    return None if binding is None else binding.commands[binding.inputs.index(name)]


def find_tool(name: str) -> ToolStarter | None:
    """Return what starts the tool that a key is bound to, or None."""
    binding = next((binding for binding in _bindings() if binding.tool_starters and name in binding.inputs), None)
    return None if binding is None else binding.tool_starters[binding.inputs.index(name)]


def _bindings() -> Iterator[Binding]:
    return (binding for bindings in key_groups().values() for binding in bindings)


def _find(name: str, *, in_3d: bool) -> Binding | None:
    here = SCOPES_3D if in_3d else SCOPES_SLICES
    return next((binding for binding in _bindings() if name in binding.inputs and binding.scope in here), None)


def panes_of(scope: BindingScope, state: ViewState) -> tuple[PaneName, ...]:
    """Return the panes that are seen in which bindings of a scope do something."""
    return tuple(pane for pane in state.panes if scope in (SCOPES_3D if pane == "3d" else SCOPES_SLICES))


def can_be_done(binding: Binding, state: ViewState, context: Context) -> bool:
    """Return whether what a binding does can be done in a state, in a pane that is seen."""
    return bool(panes_of(binding.scope, state)) and binding.when(state, context)


def keys_of_actions(screen: ScreenTraits = ON_DESKTOP) -> dict[Action, tuple[str, ...]]:
    """Return the keys of each action, else its gestures; not those of the keypad, which do the same.

    Parameters
    ----------
    screen : ScreenTraits
        Where they are pressed: in a browser others may do what it keeps.
    """
    inputs: dict[Action, list[str]] = {}
    for bindings in key_groups().values():
        for binding in bindings:
            for name, action in zip(binding.inputs, binding.input_actions, strict=False):  # a drag has no action
                if not name.startswith(_KEYPAD):
                    inputs.setdefault(action, []).append(name)
    return {
        action: tuple(key_on(name, screen) for name in [one for one in names if is_key(one)] or names)
        for action, names in inputs.items()
    }
