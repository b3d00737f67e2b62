"""The forms that states of a view had as JSON, and how each becomes the next.

A record says the first version that knows all it holds: what shows nothing new is written as ever, so the same picture
is the same file. Versions before 6 held the look of their one layer among their own fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

STATE_VERSION: Final = 8
"""2 has inverted, enlarged and pointer; 3 has axes, slab, colors and all after them; 4 has interpolation; 5 has series;
6 has layers and active; 7 has regions, and levels of layers; 8 has faces hidden."""

LATER_FIELDS: Final = {"interpolation": 4, "series": 5, "active": 6, "regions": 7}
"""Fields that came after version 3 and are written where they are not at their defaults."""

FIRST_VERSION: Final = 3
"""The version of a state that holds nothing newer."""

ORDER: Final[tuple[str, ...]] = (
    *("cursor", "window", "camera", "view", "axial", "coronal", "sagittal", "rendering", "inverted", "enlarged"),
    *("pointer", "axes", "slab", "colors", "value_bar", "rendering_shift", "crop", "couch_hidden", "planes_shown"),
    *("measurements", "member", "version", "interpolation", "series"),
)
"""The fields of version 5, as they are written."""

LOOK_FIELDS: Final[tuple[str, ...]] = (
    *("window", "colors", "inverted", "value_bar", "rendering", "rendering_shift", "couch_hidden", "member"),
)
"""Fields of version 5 that decide how its one layer looks."""

LAYERS_VERSION: Final = 6
"""The version of a state with looks of layers that holds nothing newer."""

LATER_LOOK_FIELDS: Final = {"levels": 7, "level_base": 7, "level_base_name": 7, "graphics": 7, "face_hidden": 8}
"""Fields of a layer's look that came after version 6."""

State = dict[str, Any]
"""A state as plain values, as JSON holds it."""


def upgraded(state: Mapping[str, Any], version: int) -> State:
    """Return a state of any version in today's form.

    Parameters
    ----------
    state : mapping
        Plain values of a version that is known, 1 to :data:`STATE_VERSION`.
    version : int
        That version.
    """
    plain = dict(state)
    if version < LAYERS_VERSION:
        for upgrade in _UPGRADES:
            plain = upgrade(plain)
    return {**plain, "version": STATE_VERSION}


class _Versioned(msgspec.Struct):
    version: int


def version_of(text: str | bytes) -> int:
    """Return the version that a record in JSON says it has.

    Raises
    ------
    msgspec.MsgspecError
        When the text is not JSON or says none.
    """
    return msgspec.json.decode(text, type=_Versioned).version


def window_to_builtins(window: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a window as plain values the table that few have: one without is written as ever."""
    return {name: value for name, value in window.items() if name != "table" or value}


def with_layers(state: Mapping[str, Any]) -> State:
    """Return a state of versions 1 to 5 with its look as that of a layer, as version 6 has it."""
    look = {name: state[name] for name in LOOK_FIELDS if name in state}
    return {name: value for name, value in state.items() if name not in LOOK_FIELDS} | {"layers": [look]}


def without_layers(state: Mapping[str, Any]) -> State:
    """Return a state of one layer in the form of version 5, which :func:`with_layers` takes back.

    Parameters
    ----------
    state : mapping
        Plain values in today's form, one layer without any field that version 5 does not know.
    """
    flat = {**state, **state["layers"][0]}
    return {name: flat[name] for name in ORDER if name in flat}


_UPGRADES: Final[tuple[Callable[[State], State], ...]] = (with_layers,)
"""One after another, from the oldest form; what versions 2 to 5 added was left out before, which is its default."""
