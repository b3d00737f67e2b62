"""What a name of a person's own means, in full: so that a state or recipe that holds it needs no file.

A name that is built in is returned as it is, and no file is looked for. So is one that nothing has: whoever draws it
says which names there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from viewer3d.core.view.own_looks import is_built_in, is_in_full, plain_name
from viewer3d.core.view.state import ViewState
from viewer3d.core.window import NamedWindow

if TYPE_CHECKING:
    from viewer3d.settings.values import Settings


def own_windows() -> dict[str, NamedWindow]:
    """Return the windows of a person's own by name, in the order of their file."""
    return {one.name: one.row for one in _settings().windows}


def own_colors() -> dict[str, str]:
    """Return the colour maps of a person's own, in full, by name."""
    return {one.name: one.own.text for one in _settings().colors}


def own_transfers() -> dict[str, str]:
    """Return the transfer functions of a person's own, in full, by name."""
    return {one.name: one.own.text for one in _settings().transfer_functions}


def _settings() -> Settings:
    from viewer3d.settings.read import settings  # noqa: PLC0415 (a picture of what is built in reads no file)

    return settings()


def colors_in_full(name: str) -> str:
    """Return a colour map in full where it is a person's own, else its name as it is.

    Raises
    ------
    SettingsError
        When the name is not built in, and the person's file is damaged.
    """
    if is_in_full(name) or is_built_in(name, "colors"):
        return name
    return own_colors().get(plain_name(name), name)


def rendering_in_full(name: str) -> str:
    """Return a transfer function in full where it is a person's own, else its name as it is.

    Raises
    ------
    SettingsError
        When the name is not built in, and the person's file is damaged.
    """
    if name in ("auto", "none") or is_in_full(name) or is_built_in(name, "rendering"):
        return name
    return own_transfers().get(plain_name(name), name)


def look_in_full(look: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of a look with what is a person's own in full; its window is left.

    Parameters
    ----------
    look : mapping
        Fields of :class:`~viewer3d.core.view.look.ImageLook` by name.
    """
    found = {"colors": colors_in_full, "rendering": rendering_in_full}
    full = {name: how(look[name]) for name, how in found.items() if isinstance(look.get(name), str)}
    return {**look, **full} if any(look[name] != one for name, one in full.items()) else look


def state_in_full(state: ViewState) -> ViewState:
    """Return a state with what is a person's own in full: colour maps, transfer functions."""
    layers = tuple(
        look
        if (look.colors, look.rendering) == (full := (colors_in_full(look.colors), rendering_in_full(look.rendering)))
        else replace(look, colors=full[0], rendering=full[1])
        for look in state.layers
    )
    return state if layers == state.layers else replace(state, layers=layers)
